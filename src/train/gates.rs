//! Fitting gates: how far counts are to be trusted beside a network, learned from texts that neither has seen.
//!
//! The texts are read once; what the sources say at each place is kept, so that weights can be tried without the network.
//! Then every weight follows the gradient of the log-likelihood of what came next, first those of the table, token by token, then
//! those of the writer's own words, word by word on top of the table as it is weighed by then.

use crate::model::gates::{FEATURES, Gate, Gates};
use crate::model::ngram::LONGEST;
use crate::model::{Model, Scratch};
use crate::nn::pointwise::exponentiate;
use crate::predict::mixing::{TableStep, steps};
use crate::predict::own::Counts;
use crate::predict::{Own, Recency, own};
use crate::text::{Kind, TokenId};

/// Steps of the descent.
const ROUNDS: usize = 120;
/// How often what a gate of the table sees is computed anew: it depends on the gates before it.
const PASSES: usize = 3;
/// Largest change of a weight in a step.
const RATE: f64 = 0.1;
/// Pull of the weights to zero: features that tell nothing get none.
const DECAY: f64 = 1e-4;

/// Which of two neighboring steps is whose, see [`steps`].
const EARLIER: usize = 0;
const DOCUMENT: usize = 1;

/// What the fit came to, in nats a token or a word.
#[derive(Clone, Copy, Debug, Default)]
pub struct Fit {
    /// Tokens learned from.
    pub tokens: usize,
    /// With the network alone.
    pub network: f64,
    /// With the table.
    pub table: f64,
    /// Words learned from.
    pub words: usize,
    /// Of a word, before the last gates were fitted.
    pub word: f64,
    /// Of a word, with them.
    pub own: f64,
}

/// What the sources said at the places of some texts, and what came.
#[derive(Debug, Default)]
pub struct Places {
    places: Vec<Place>,
    words: Vec<Word>,
}

/// A context of the table: its order, how often it was seen, and its followers with their shares as indices of weights.
type Context = (usize, f32, Vec<(usize, f32)>);

/// One token to predict.
#[derive(Debug)]
struct Place {
    word: bool, // whether the token is a word or a piece of one
    sure: f32,
    weights: Vec<f32>, // of the token that came, then of the table's followers, by first mention; times `sure`
    contexts: Vec<Context>,
}

/// One word to predict.
#[derive(Debug)]
struct Word {
    places: std::ops::Range<usize>,
    room: f32, // what the network leaves for words behind a space
    given: Vec<Given>,
}

/// What stands before a gate at one place.
#[derive(Clone, Copy, Debug)]
struct Given {
    gate: usize,
    features: [f32; FEATURES],
    value: Value,
}

/// What comes in through a gate, were it open.
#[derive(Clone, Copy, Debug)]
enum Value {
    /// This probability.
    Is(f32),
    /// So many times what it was before.
    Times(f32),
}

impl Places {
    /// Reads a text, given as its tokens with DOC in front, after `earlier` prose of its writer where there is some.
    pub fn read(&mut self, model: &Model, tokens: &[TokenId], earlier: Option<&dyn Counts>) {
        let vocabulary = model.tokenizer().vocabulary();
        let mut state = model.zero_state();
        let mut scratch = Scratch::default();
        let mut recency = Recency::new();
        let mut logits = vec![0.0; model.vocabulary_size()];
        let mut piece = false; // whether the token before is one, so that this one does not start a word
        for (at, &token) in tokens.iter().enumerate() {
            if at > 0 {
                model.logits(&state, &mut logits, &mut scratch);
                let (_, sum) = exponentiate(&mut logits);
                if !piece && matches!(vocabulary.kind(token), Kind::Word | Kind::Piece) {
                    let spaced = |id: &TokenId| !vocabulary.joins_left(*id);
                    let ids = (0..logits.len() as u32).map(TokenId);
                    let room = ids
                        .filter(spaced)
                        .map(|id| logits[id.0 as usize])
                        .sum::<f32>()
                        / sum;
                    let own = Own {
                        document: &recency,
                        earlier,
                    };
                    self.words
                        .extend(self.word(model, own, &tokens[at..], room, 1.0 / sum));
                }
                self.places
                    .push(place(model, &logits, 1.0 / sum, &recency, token));
            }
            piece = vocabulary.kind(token) == Kind::Piece;
            model.advance(&mut state, token, &mut scratch);
            recency.push(token, vocabulary);
        }
        // The last word may be cut off.
        let end = self.places.len();
        self.words.retain(|word| word.places.end <= end);
    }

    fn word(
        &self,
        model: &Model,
        own: Own,
        next: &[TokenId],
        room: f32,
        sure: f32,
    ) -> Option<Word> {
        let vocabulary = model.tokenizer().vocabulary();
        let len = 1 + next
            .iter()
            .position(|&id| vocabulary.kind(id) == Kind::Word)?;
        let text: String = next[..len].iter().map(|&id| vocabulary.text(id)).collect();
        let past = own.at(&own.document.history());
        let seen = own::weights(&past);
        let evidence = own::evidence(&past, &text.to_lowercase()).unwrap_or_default();
        let gates = Gates::default();
        let given = steps(&gates).enumerate().filter_map(|(gate, step)| {
            Some(Given {
                gate,
                features: step.features(&seen, sure)?,
                value: Value::Is(step.evidence(&evidence)),
            })
        });
        Some(Word {
            places: self.places.len()..self.places.len() + len,
            room,
            given: given.collect(),
        })
    }

    /// Fits the gates; those of sources that the texts say nothing about stay as they are.
    pub fn fit(&self, gates: &mut Gates) -> Fit {
        let mut fit = Fit {
            tokens: self.places.iter().filter(|place| place.word).count(),
            words: self.words.len(),
            ..Fit::default()
        };
        let closed = Gates::CLOSED.ngram;
        // Only words are offered, so only they are learned from.
        let words = || self.places.iter().filter(|place| place.word);
        fit.network = mean(words().map(|place| place.chain(&closed).1));
        if self.places.iter().any(|place| !place.contexts.is_empty()) {
            for _ in 0..PASSES {
                let rows: Vec<(f32, Vec<Given>)> = self
                    .places
                    .iter()
                    .filter(|place| place.word && !place.contexts.is_empty())
                    .map(|place| (place.weights[0] * place.sure, place.chain(&gates.ngram).0))
                    .collect();
                descend(&rows, &mut gates.ngram, |_| true);
            }
        }
        fit.table = mean(words().map(|place| place.chain(&gates.ngram).1));
        self.fit_own(gates, DOCUMENT, &mut fit);
        fit
    }

    /// Fits the gates of the writer's earlier prose, all others being as they are.
    pub fn fit_earlier(&self, gates: &mut Gates) -> Fit {
        let mut fit = Fit {
            words: self.words.len(),
            ..Fit::default()
        };
        self.fit_own(gates, EARLIER, &mut fit);
        fit
    }

    /// Fits the gates of one source of the writer's own words: of every second step, see [`steps`].
    fn fit_own(&self, gates: &mut Gates, source: usize, fit: &mut Fit) {
        let tokens: Vec<f32> = self
            .places
            .iter()
            .map(|place| place.chain(&gates.ngram).1)
            .collect();
        let rows: Vec<(f32, Vec<Given>)> = self
            .words
            .iter()
            .map(|word| {
                let p: f32 = tokens[word.places.clone()].iter().product();
                ((p / word.room).min(1.0), word.given.clone())
            })
            .collect();
        let mut own: Vec<Gate> = steps(gates).map(|step| step.gate).collect();
        let before = match source {
            EARLIER => mean(rows.iter().map(|(start, given)| chain(*start, given, &own))),
            _ => mean(rows.iter().map(|row| row.0)),
        };
        descend(&rows, &mut own, |gate| gate % 2 == source);
        (fit.word, fit.own) = (
            before,
            mean(rows.iter().map(|(start, given)| chain(*start, given, &own))),
        );
        let target = match source {
            EARLIER => &mut gates.earlier,
            _ => &mut gates.document,
        };
        let targets = [&mut target.share, &mut target.recent]
            .into_iter()
            .chain(&mut target.follows);
        for (target, gate) in targets.zip(own.iter().skip(source).step_by(2)) {
            *target = *gate;
        }
    }
}

/// What the network and the table say of one token.
fn place(model: &Model, network: &[f32], sure: f32, recency: &Recency, token: TokenId) -> Place {
    let mut ids = vec![token.0 as usize];
    let mut contexts = Vec::new();
    let tail = recency.tail(LONGEST);
    for order in 0..LONGEST.min(tail.len()) {
        let table = model.ngram();
        let Some(followers) = table.and_then(|table| table.after(&tail[tail.len() - order - 1..]))
        else {
            continue;
        };
        let mut index = |(id, share): (TokenId, f32)| {
            let id = id.0 as usize;
            let at = ids
                .iter()
                .position(|&known| known == id)
                .unwrap_or_else(|| {
                    ids.push(id);
                    ids.len() - 1
                });
            (at, share)
        };
        let known = followers
            .iter()
            .filter(|(id, _)| (id.0 as usize) < network.len());
        contexts.push((order, followers.seen(), known.map(&mut index).collect()));
    }
    let kind = model.tokenizer().vocabulary().kind(token);
    Place {
        word: matches!(kind, Kind::Word | Kind::Piece),
        sure,
        weights: ids.into_iter().map(|id| network[id]).collect(),
        contexts,
    }
}

impl Place {
    /// What the gates see, and what they make of the token that came.
    fn chain(&self, gates: &[Gate; LONGEST]) -> (Vec<Given>, f32) {
        let (mut weights, mut scale) = (self.weights.clone(), self.sure);
        let mut given = Vec::with_capacity(self.contexts.len());
        for (order, seen, followers) in &self.contexts {
            let known = || followers.iter().copied();
            let step = TableStep::new(&weights, scale, known(), *seen, self.sure);
            let came = followers.iter().find(|(at, _)| *at == 0);
            given.push(Given {
                gate: *order,
                features: step.features,
                value: came.map_or(Value::Times(step.others), |&(_, share)| Value::Is(share)),
            });
            scale = step.let_in(
                &mut weights,
                scale,
                known(),
                gates[*order].open(&step.features),
            );
        }
        (given, weights[0] * scale)
    }
}

fn mean(probabilities: impl Iterator<Item = f32>) -> f64 {
    let (mut sum, mut count) = (0.0, 0);
    for p in probabilities {
        sum -= f64::from(p.max(1e-9)).ln();
        count += 1;
    }
    sum / f64::from(count.max(1))
}

fn chain(start: f32, given: &[Given], gates: &[Gate]) -> f32 {
    given.iter().fold(start, |p, given| {
        let open = gates[given.gate].open(&given.features);
        (1.0 - open) * p + open * given.value.of(p)
    })
}

impl Value {
    fn of(self, before: f32) -> f32 {
        match self {
            Value::Is(p) => p,
            Value::Times(x) => x * before,
        }
    }
}

/// Moves the gates that are free along the gradient of the mean log-likelihood (Adam; Kingma and Ba 2015), with a rate that falls to zero.
fn descend(rows: &[(f32, Vec<Given>)], gates: &mut [Gate], is_free: impl Fn(usize) -> bool) {
    let mut moments = vec![[(0.0f64, 0.0f64); FEATURES]; gates.len()];
    let mut path: Vec<(f32, f32)> = Vec::new(); // the probability before each gate, and how far it is open
    for round in 1..=ROUNDS {
        let mut gradient = vec![[0.0f64; FEATURES]; gates.len()];
        for (start, given) in rows {
            let mut p = start.max(1e-9);
            path.clear();
            for given in given {
                let open = gates[given.gate].open(&given.features);
                path.push((p, open));
                p = (1.0 - open) * p + open * given.value.of(p);
            }
            let mut slope = -1.0 / f64::from(p.max(1e-9)); // of the loss, by the probability after the gate
            for (given, &(before, open)) in given.iter().zip(&path).rev() {
                let through =
                    f64::from(given.value.of(before) - before) * f64::from(open * (1.0 - open));
                for (gradient, x) in gradient[given.gate].iter_mut().zip(given.features) {
                    *gradient += slope * through * f64::from(x) / rows.len() as f64;
                }
                let times = match given.value {
                    Value::Is(_) => 0.0,
                    Value::Times(x) => x,
                };
                slope *= f64::from(1.0 - open + open * times);
            }
        }
        let rate = RATE * (1.0 - (round - 1) as f64 / ROUNDS as f64);
        let all = gates.iter_mut().zip(&gradient).zip(&mut moments);
        let free = all.enumerate().filter(|(index, _)| is_free(*index));
        for (_, ((gate, gradient), moments)) in free {
            for ((weight, &gradient), (m, v)) in gate.0.iter_mut().zip(gradient).zip(moments) {
                if gradient == 0.0 {
                    continue;
                }
                let gradient = gradient + DECAY * f64::from(*weight);
                *m = 0.9 * *m + 0.1 * gradient;
                *v = 0.99 * *v + 0.01 * gradient * gradient;
                let (m, v) = (
                    *m / (1.0 - 0.9f64.powi(round as i32)),
                    *v / (1.0 - 0.99f64.powi(round as i32)),
                );
                *weight -= (rate * m / (v.sqrt() + 1e-10)) as f32;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(value: Value, x: f32) -> Given {
        Given {
            gate: 0,
            features: [1.0, x, 0.0, 0.0, 0.0],
            value,
        }
    }

    #[test]
    fn a_gate_opens_where_its_source_is_right() {
        // Right where x is 1, wrong where it is -1.
        let rows = vec![
            (0.1, vec![given(Value::Is(0.9), 1.0)]),
            (0.4, vec![given(Value::Times(0.1), -1.0)]),
        ];
        let mut gates = [Gate([0.0; FEATURES])];
        descend(&rows, &mut gates, |_| true);
        assert!(gates[0].open(&rows[0].1[0].features) > 0.9);
        assert!(gates[0].open(&rows[1].1[0].features) < 0.1);
    }

    #[test]
    fn the_fit_is_better_than_the_network_alone() {
        let model = Model::tiny(1);
        let text = "the red car stops. the blue car stops. the red car stops. ".repeat(8);
        let mut tokens = vec![TokenId::DOC];
        tokens.extend(model.tokenizer().read(&text, crate::text::Ending::Spaced));
        let mut places = Places::default();
        places.read(&model, &tokens, None);
        let mut gates = Gates::default();
        let fit = places.fit(&mut gates);
        assert_eq!(fit.table, fit.network, "there is no table");
        assert!(fit.own < fit.word, "{fit:?}");
        assert_ne!(gates, Gates::default());
        let mut again = Gates::default();
        places.fit(&mut again);
        assert_eq!(gates, again);
    }
}
