//! Hidden states kept at token boundaries.
//!
//! A state is a function of the tokens read since the zero state and of nothing else, so a checkpoint is filed under
//! the tokens that lead to it. Nothing has to be told of an edit: a request brings the tokens before its cursor, and
//! whatever was read of the same beginning is still good.

use crate::model::{Model, Scratch, State};
use crate::text::TokenId;

/// Places in a document that are remembered, most recently used first: where one writes, where one looked something
/// up, and what undo returns to.
const MAX_TRAILS: usize = 4;

/// A checkpoint stays at every so many tokens...
const SPACING: usize = 32;

/// ...and at each of the last few, where deleting and retyping happens.
const RECENT: usize = 12;

/// The states along one reading.
#[derive(Debug, Default)]
struct Trail {
    tokens: Vec<TokenId>,
    states: Vec<(usize, State)>, // after so many tokens, in order
}

/// All checkpoints of a document. With states of 8 KB, and 0.4 KB that the softmax learned from each of 540 tokens, they take some two
/// megabytes.
#[derive(Debug, Default)]
pub(super) struct Checkpoints {
    trails: Vec<Trail>,
    steps: u64,
}

impl Checkpoints {
    /// Forgets every state.
    pub(super) fn clear(&mut self) {
        self.trails.clear();
    }

    /// How many tokens were read since the document was opened.
    pub(super) fn steps(&self) -> u64 {
        self.steps
    }

    /// How many of `tokens` are covered: the state after them is known.
    pub(super) fn covered(&self, tokens: &[TokenId]) -> usize {
        let each = self.trails.iter().map(|trail| trail.covers(tokens));
        each.max().unwrap_or(0)
    }

    /// The state after `tokens`, reading only what no checkpoint covers.
    pub(super) fn state(
        &mut self,
        tokens: &[TokenId],
        model: &Model,
        scratch: &mut Scratch,
    ) -> State {
        let best = (0..self.trails.len()).max_by_key(|&index| self.trails[index].covers(tokens));
        let mut trail = match best {
            Some(index) if self.trails[index].leads_to(tokens) => self.trails.remove(index),
            Some(index) => self.trails[index].beginning(tokens),
            None => Trail::default(),
        };
        let (state, steps) = trail.read(tokens, model, scratch);
        self.steps += steps;
        self.trails.insert(0, trail);
        self.trails.truncate(MAX_TRAILS);
        state
    }
}

impl Trail {
    /// How many of `tokens` need not be read again.
    fn covers(&self, tokens: &[TokenId]) -> usize {
        let common = common(&self.tokens, tokens);
        let kept = self.states.partition_point(|&(at, _)| at <= common);
        kept.checked_sub(1).map_or(0, |last| self.states[last].0)
    }

    /// Whether the trail is the one that `tokens` go on: little of it is lost by following them.
    fn leads_to(&self, tokens: &[TokenId]) -> bool {
        let common = common(&self.tokens, tokens);
        common == tokens.len() || self.tokens.len() - common < SPACING
    }

    /// A new trail with the states that this one has in common with `tokens`.
    fn beginning(&self, tokens: &[TokenId]) -> Trail {
        let common = common(&self.tokens, tokens);
        let states = self.states.iter().take_while(|&&(at, _)| at <= common);
        Trail {
            tokens: tokens[..common].to_vec(),
            states: states.cloned().collect(),
        }
    }

    /// The state after `tokens`, and how many had to be read for it.
    fn read(&mut self, tokens: &[TokenId], model: &Model, scratch: &mut Scratch) -> (State, u64) {
        let common = common(&self.tokens, tokens);
        if common < tokens.len() {
            self.tokens.truncate(common);
            self.tokens.extend_from_slice(&tokens[common..]);
            self.states.retain(|&(at, _)| at <= common);
        }
        let mut next = self.states.partition_point(|&(at, _)| at <= tokens.len());
        let (start, mut state) = match next.checked_sub(1) {
            Some(last) => self.states[last].clone(),
            None => (0, model.zero_state()),
        };
        model.advance_all(&mut state, &tokens[start..], scratch, |index, state| {
            let at = start + index + 1;
            if at % SPACING == 0 || at + RECENT > tokens.len() {
                self.states.insert(next, (at, state.clone()));
                next += 1;
            }
        });
        let end = tokens.len();
        let whole = self.tokens.len();
        self.states.retain(|&(at, _)| {
            at % SPACING == 0 || at.abs_diff(end) < RECENT || at + RECENT > whole
        });
        (state, (end - start) as u64)
    }
}

/// Length of the common beginning.
pub(super) fn common<T: PartialEq>(a: &[T], b: &[T]) -> usize {
    a.iter().zip(b).take_while(|(a, b)| a == b).count()
}
