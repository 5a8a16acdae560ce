//! What a token that was written teaches the softmax.

use super::Model;
use super::fast::{FastWeights, Lesson, Lessons};
use crate::nn::pointwise::exponentiate;
use crate::nn::simd::int8::{self, Vectors};
use crate::text::TokenId;

/// The first so many tokens stand for all when probability is shared out: byte pair encoding finds frequent tokens first, and
/// two thirds of a text are of these.
const FIRST: usize = 2048;

/// Tokens that were expected and did not come which learn that, at most...
const RIVALS: usize = 4;

/// ...and as probable as this at least.
const LEAST: f32 = 2e-3;

/// Length of a step, for the row of a usual token.
const RATE: f32 = 0.008;

/// Rows of tokens of a larger bias move less, as much as it is larger: all of a text pulls at those of the most frequent tokens, whose
/// gradients were larger in training too.
const FREQUENT: f32 = 0.5;

impl Model {
    /// Learns from each of `tokens`, which came where the vectors `x` were the softmax's input; `lessons` become those after each.
    pub(super) fn learn(
        &self,
        before: &Lessons,
        tokens: &[TokenId],
        x: Vectors<'_>,
        scratch: (&mut FastWeights, &mut Learners),
        lessons: &mut Vec<Lessons>,
    ) {
        let (fast, learners) = scratch;
        let (softmax, bias) = (self.file.embedding(), self.file.bias());
        let first = FIRST.min(bias.len());
        let logits = &mut learners.first;
        logits.clear();
        tokens
            .iter()
            .for_each(|_| logits.extend_from_slice(&bias[..first]));
        int8::product_add(softmax.first(first), x, logits);
        let places = x.data.chunks_exact(softmax.columns).zip(x.scales);
        let mut latest = before.clone();
        for (at, (&token, (x, &scale))) in tokens.iter().zip(places).enumerate() {
            if token != TokenId::DOC {
                learners.logits.clear();
                learners
                    .logits
                    .extend_from_slice(&learners.first[at * first..][..first]);
                let lesson = self.lesson(&latest, token, (x, scale), fast, learners);
                latest = latest.and(lesson);
            }
            lessons.push(latest.clone());
        }
    }

    /// What one token teaches. `learners.logits` are those of the first tokens, without fast weights.
    fn lesson(
        &self,
        before: &Lessons,
        token: TokenId,
        (x, scale): (&[i8], f32),
        fast: &mut FastWeights,
        learners: &mut Learners,
    ) -> Lesson {
        let bias = self.file.bias();
        let first = learners.logits.len();
        fast.ask(before, (x, scale), self.vocabulary_size());
        learners.tokens.clear();
        learners.tokens.extend(0..first as u32);

        // Of the others those may be probable that have come before.
        let raised = fast.tokens().iter().copied();
        let raised = raised.filter(|&other| fast.of(other) > 0.0 && other != token.0);
        for other in raised.chain([token.0]) {
            if other as usize >= first {
                learners.tokens.push(other);
                learners.logits.push(self.logit(TokenId(other), x, scale));
            }
        }
        for (&token, logit) in learners.tokens.iter().zip(&mut learners.logits) {
            *logit += fast.of(token);
        }

        let (_, sum) = exponentiate(&mut learners.logits);
        let mut came = 0.0;
        learners.rivals.clear();
        for (&other, &weight) in learners.tokens.iter().zip(&learners.logits) {
            let p = weight / sum;
            if other == token.0 {
                came = p;
            } else if p > LEAST {
                learners.rivals.push((other, p));
            }
        }
        let order = |a: &(u32, f32), b: &(u32, f32)| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0));
        learners.rivals.sort_unstable_by(order);
        learners.rivals.truncate(RIVALS);

        // The gradient of -ln p(token) by row i is (p(i) - [i = token]) y.
        let rate = |token: u32| RATE * scale / (bias[token as usize] - FREQUENT).exp().max(1.0);
        let rivals = learners
            .rivals
            .iter()
            .map(|&(other, p)| (other, -p * rate(other)));
        let rows = rivals.chain([(token.0, (1.0 - came) * rate(token.0))]);
        Lesson::new(rows.collect(), &x[..self.config().embedding])
    }
}

/// Buffers of learning: the tokens among which probability is shared out.
#[derive(Debug, Default)]
pub(super) struct Learners {
    first: Vec<f32>, // (places, first tokens): logits without fast weights
    tokens: Vec<u32>,
    logits: Vec<f32>,
    rivals: Vec<(u32, f32)>,
}

#[cfg(test)]
mod tests {
    use super::super::{Scratch, State};
    use super::*;

    /// The probability of a token after a state.
    fn probability(model: &Model, state: &State, token: TokenId, scratch: &mut Scratch) -> f32 {
        let mut logits = vec![0.0; model.vocabulary_size()];
        model.logits(state, &mut logits, scratch);
        let (_, sum) = exponentiate(&mut logits);
        logits[token.0 as usize] / sum
    }

    #[test]
    fn what_came_is_more_probable_where_it_came() {
        let model = Model::tiny(3);
        let mut scratch = Scratch::default();
        let read = |state: &mut State, scratch: &mut Scratch| {
            for token in [5, 90, 300, 17] {
                model.advance(state, TokenId(token), scratch);
            }
        };
        let mut state = model.zero_state();
        read(&mut state, &mut scratch);
        let first = probability(&model, &state, TokenId(5), &mut scratch);
        for _ in 0..20 {
            read(&mut state, &mut scratch);
        }
        let later = probability(&model, &state, TokenId(5), &mut scratch);
        assert!(later > 1.1 * first, "{first} became {later}");
        let mut unlearned = model.zero_state();
        for _ in 0..21 {
            for token in [5, 90, 300, 17] {
                model.step(&mut unlearned, TokenId(token), &mut scratch);
            }
        }
        assert_eq!(
            (&state.h, &state.c),
            (&unlearned.h, &unlearned.c),
            "nothing but the softmax learns"
        );
        let stays = probability(&model, &unlearned, TokenId(5), &mut scratch);
        assert!(later > 1.1 * stays, "{stays}, with fast weights {later}");
    }

    #[test]
    fn whatever_was_asked_between_a_state_says_the_same() {
        let model = Model::tiny(3);
        let (mut scratch, mut other) = (Scratch::default(), Scratch::default());
        let size = model.vocabulary_size();
        let (mut a, mut b) = (model.zero_state(), model.zero_state());
        let (mut early, mut left, mut right) = (None, vec![0.0; size], vec![0.0; size]);
        for round in 0..60u32 {
            let token = TokenId(5 + round * 7 % 40);
            model.advance(&mut a, token, &mut scratch);
            model.advance(&mut b, token, &mut other);
            early = early.or((round == 20).then(|| a.clone()));
            if let Some(early) = &early {
                model.logits(early, &mut left, &mut scratch);
            }
        }
        assert!(a == b && Some(&a) != early.as_ref());
        model.logits(&a, &mut left, &mut scratch);
        model.logits(&b, &mut right, &mut other);
        assert_eq!(left, right);
        let of = model.logits_of(&[a.clone()], &[vec![TokenId(5), TokenId(9)]], &mut scratch);
        for (of, all) in of[0].iter().zip([left[5], left[9]]) {
            assert!((of - all).abs() < 1e-4, "{of} and {all}");
        }
        let mut fresh = model.zero_state();
        model.advance(&mut fresh, TokenId(5), &mut scratch);
        model.logits(&fresh, &mut left, &mut scratch);
        model.logits(&fresh, &mut right, &mut Scratch::default());
        assert_eq!(left, right, "another document is asked about");
    }
}
