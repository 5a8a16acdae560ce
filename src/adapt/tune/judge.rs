//! How a network does on prose that it did not learn from, a little at a time.

use super::lesson::{NONE, Tokens};
use crate::adapt::trials::Score;
use crate::model::{Model, Scratch, State};
use crate::nn::pointwise::exponentiate;
use crate::text::TokenId;

/// Tokens read between two looks at the clock: about 10 ms.
const SLICE: usize = 24;

/// A reading under way.
#[derive(Debug)]
pub(super) struct Reading {
    at: usize,
    state: State,
    scratch: Scratch,
    logits: Vec<f32>,
    tally: Tally,
}

/// What a reading came to.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally {
    pub(super) nats: f64,
    tokens: usize,
    first: usize,
    in_three: usize,
}

impl Reading {
    pub(super) fn new(model: &Model) -> Reading {
        Reading {
            at: 0,
            state: model.zero_state(),
            scratch: Scratch::default(),
            logits: vec![0.0; model.vocabulary_size()],
            tally: Tally::default(),
        }
    }

    /// Reads on; the tally when the end is reached.
    pub(super) fn step(&mut self, model: &Model, tokens: &Tokens) -> Option<Tally> {
        let end = tokens.len().min(self.at + SLICE);
        for at in self.at..end {
            let input = TokenId(tokens.inputs[at]);
            if input == TokenId::DOC {
                self.state = model.zero_state();
            }
            model.advance(&mut self.state, input, &mut self.scratch);
            if tokens.targets[at] != NONE {
                model.logits(&self.state, &mut self.logits, &mut self.scratch);
                self.tally
                    .add(&mut self.logits, tokens.targets[at] as usize);
            }
        }
        self.at = end;
        (end == tokens.len()).then_some(self.tally)
    }
}

impl Tally {
    /// Of one token, for tests.
    #[cfg(test)]
    pub(super) fn of(nats: f64) -> Tally {
        Tally {
            nats,
            tokens: 1,
            ..Tally::default()
        }
    }

    fn add(&mut self, logits: &mut [f32], target: usize) {
        let logit = logits[target];
        let better = logits.iter().filter(|other| **other > logit).count();
        let (max, sum) = exponentiate(logits);
        self.nats += f64::from(max + sum.ln() - logit);
        self.tokens += 1;
        self.first += usize::from(better == 0);
        self.in_three += usize::from(better < 3);
    }

    /// As people read it.
    pub(super) fn score(&self) -> Score {
        let tokens = self.tokens.max(1) as f64;
        Score {
            perplexity: (self.nats / tokens).exp(),
            top1: 100.0 * self.first as f64 / tokens,
            top3: 100.0 * self.in_three as f64 / tokens,
            saved: None,
        }
    }
}
