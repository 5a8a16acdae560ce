//! Words of several tokens: a small beam over tokens, held to the typed prefix.
//!
//! A word's probability is the product of its pieces' (the end-of-word mark makes that exact), so a hypothesis that is
//! already less probable than the last candidate worth showing can never come back: most requests expand nothing.
//! What was expanded for a state stays until the state changes; a further letter only filters.

use super::casing;
use super::distribution::{Distribution, Place, Tables};
use crate::model::{Model, Scratch, State};
use crate::text::{Kind, TokenId, Vocabulary};

/// Hypotheses of one round: they share one pass over the weights.
const WIDTH: usize = 8;
/// Rounds of one request. With `WIDTH` it bounds the time of a request.
const ROUNDS: usize = 3;
/// Hypotheses kept for one state; each holds a distribution.
const CAPACITY: usize = 24;
/// Below this no hypothesis is worth a step.
const FLOOR: f32 = 1e-5;
/// Completions of one hypothesis that are looked at.
const COMPLETIONS: usize = 12;

/// The expanded hypotheses of one state.
#[derive(Debug, Default)]
pub(super) struct Beam {
    hypotheses: Vec<Hypothesis>,
    logits: Vec<f32>, // (WIDTH, vocabulary)
}

/// The first pieces of a word, all joined right, and what may come after them.
#[derive(Debug)]
struct Hypothesis {
    tokens: Vec<TokenId>,
    text: String,
    probability: f32,
    state: State,
    next: Distribution,
}

/// Where the beam starts: the state before the word.
#[derive(Clone, Copy, Debug)]
pub(super) struct Root<'a> {
    pub(super) state: &'a State,
    pub(super) next: &'a Distribution,
    pub(super) tables: &'a Tables,
    /// Of `next`.
    pub(super) place: Place<'a>,
}

/// What the beam found.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Words of two tokens or more with their probabilities.
    pub(super) words: Vec<(String, f32)>,
    /// Probability of all words of two tokens or more that agree with the prefix, as far as it was explored.
    pub(super) mass: f32,
}

/// A piece that could be read next.
#[derive(Debug)]
struct Step {
    parent: Option<usize>,
    token: TokenId,
    weight: f32,      // with the typed case
    probability: f32, // of the hypothesis it makes
}

impl Beam {
    /// Forgets everything: the state has changed.
    pub(super) fn clear(&mut self) {
        self.hypotheses.clear();
    }

    /// Words of several tokens that start with `typed`. Hypotheses less probable than `worth` are not followed.
    pub(super) fn search(
        &mut self,
        model: &Model,
        root: Root<'_>,
        typed: &str,
        worth: f32,
        scratch: &mut Scratch,
    ) -> Found {
        let vocabulary = model.tokenizer().vocabulary();
        for _ in 0..ROUNDS {
            if !self.has_room(typed) {
                break;
            }
            let mut steps = self.frontier(vocabulary, root, typed);
            steps.retain(|step| step.weight > worth.max(FLOOR));
            steps.truncate(WIDTH);
            if steps.is_empty() {
                break;
            }
            self.expand(model, root, &steps, scratch);
        }
        self.collect(vocabulary, root, typed)
    }

    /// Pieces not yet read that agree with the prefix, best first.
    fn frontier(&self, vocabulary: &Vocabulary, root: Root<'_>, typed: &str) -> Vec<Step> {
        let mut steps = Vec::new();
        let mut add = |parent: Option<usize>, next: &Distribution, probability: f32, text: &str| {
            let agreement = casing::agreement(text, typed);
            let Some(rest) = rest_of(typed, text).filter(|_| agreement > 0.0) else {
                return;
            };
            let known = parent.map_or(&[][..], |i| &self.hypotheses[i].tokens);
            let mut push = |(token, weight): (TokenId, f32)| {
                let expanded = self.hypotheses.iter().any(|h| {
                    h.tokens.len() == known.len() + 1
                        && h.tokens.starts_with(known)
                        && h.tokens.last() == Some(&token)
                });
                if !expanded {
                    let probability = probability * next.of(token);
                    steps.push(Step {
                        parent,
                        token,
                        weight: agreement * self.weight_of(parent) * weight,
                        probability,
                    });
                }
            };
            next.matching(vocabulary, rest, Kind::Piece)
                .best
                .iter()
                .copied()
                .for_each(&mut push);
            next.shorter(vocabulary, rest)
                .into_iter()
                .for_each(&mut push);
        };
        add(None, root.next, 1.0, "");
        for (i, hypothesis) in self.hypotheses.iter().enumerate() {
            add(
                Some(i),
                &hypothesis.next,
                hypothesis.probability,
                &hypothesis.text,
            );
        }
        steps.sort_by(|a, b| b.weight.total_cmp(&a.weight).then(a.token.cmp(&b.token)));
        steps
    }

    fn weight_of(&self, parent: Option<usize>) -> f32 {
        parent.map_or(1.0, |i| self.hypotheses[i].probability)
    }

    /// Whether there is room for another round, once what no longer agrees with the prefix is dropped if need be.
    fn has_room(&mut self, typed: &str) -> bool {
        if self.hypotheses.len() + WIDTH > CAPACITY {
            self.hypotheses
                .retain(|h| rest_of(typed, &h.text).is_some());
        }
        self.hypotheses.len() + WIDTH <= CAPACITY
    }

    fn expand(&mut self, model: &Model, root: Root<'_>, steps: &[Step], scratch: &mut Scratch) {
        let vocabulary = model.tokenizer().vocabulary();
        let parents: Vec<Option<&Hypothesis>> = steps
            .iter()
            .map(|step| step.parent.map(|i| &self.hypotheses[i]))
            .collect();
        let mut states: Vec<State> = parents
            .iter()
            .map(|parent| parent.map_or(root.state, |h| &h.state).clone())
            .collect();
        let tokens: Vec<TokenId> = steps.iter().map(|step| step.token).collect();
        model.step_batch(&mut states, &tokens, scratch);
        let size = model.vocabulary_size();
        self.logits.resize(WIDTH * size, 0.0);
        model.logits_batch(&states, &mut self.logits[..steps.len() * size], scratch);
        let mut new = Vec::with_capacity(steps.len());
        for (i, (step, state)) in steps.iter().zip(states).enumerate() {
            let (mut tokens, mut text) =
                parents[i].map_or_else(Default::default, |h| (h.tokens.clone(), h.text.clone()));
            tokens.push(step.token);
            text.push_str(vocabulary.text(step.token));
            let tail = [root.place.tail, &tokens].concat();
            let place = Place {
                tail: &tail,
                ..root.place
            };
            let logits = self.logits[i * size..(i + 1) * size].to_vec();
            let next = Distribution::new(logits, root.tables, place);
            new.push(Hypothesis {
                tokens,
                text,
                probability: step.probability,
                state,
                next,
            });
        }
        self.hypotheses.append(&mut new);
    }

    fn collect(&self, vocabulary: &Vocabulary, root: Root<'_>, typed: &str) -> Found {
        let mut found = Found::default();
        for hypothesis in &self.hypotheses {
            let agreement = casing::agreement(&hypothesis.text, typed);
            let Some(rest) = rest_of(typed, &hypothesis.text).filter(|_| agreement > 0.0) else {
                continue;
            };
            let words = hypothesis.next.matching(vocabulary, rest, Kind::Word);
            found.mass += words.mass * hypothesis.probability * agreement;
            for &(id, _) in words.best.iter().take(COMPLETIONS) {
                let p = hypothesis.probability * hypothesis.next.of(id);
                found
                    .words
                    .push((hypothesis.text.clone() + vocabulary.text(id), p));
            }
        }
        // Longer pieces that were not read count as they are; shorter ones, too uncertain, do not.
        let unread = self.frontier(vocabulary, root, typed);
        let covers = |step: &&Step| {
            let start = step
                .parent
                .map_or(0, |i| self.hypotheses[i].text.chars().count());
            start + vocabulary.text(step.token).chars().count() >= typed.chars().count()
        };
        found.mass += unread
            .iter()
            .filter(covers)
            .map(|step| step.weight)
            .sum::<f32>();
        found
    }
}

/// What of `typed` remains after `text`: nothing if `text` is at least as long; `None` if they disagree (case aside).
fn rest_of<'a>(typed: &'a str, text: &str) -> Option<&'a str> {
    if casing::starts_with_folded(text, typed) {
        return Some("");
    }
    let count = text.chars().count();
    let (end, _) = typed.char_indices().nth(count)?;
    casing::starts_with_folded(&typed[..end], text).then(|| &typed[end..])
}
