//! Reading what was written, many tokens in one go.
//!
//! What a layer makes of its inputs, unlike what it makes of its state, waits for nothing: it is computed for several tokens in
//! one pass over the weights, and so are the softmax's inputs and the logits that it learns by. Sums are those of reading
//! token by token, in the same order, so the states are the same bit for bit.

use super::{Model, Scratch, State};
use crate::nn::lstm;
use crate::nn::simd::int8;
use crate::text::TokenId;

/// Tokens read in one pass: what they need is a small part of what the weights take.
const TOGETHER: usize = 16;

/// Buffers of a pass.
#[derive(Debug, Default)]
pub(super) struct Passage {
    h: Vec<f32>,     // (tokens + 1, layers, hidden), the first before any
    c: Vec<f32>,     // likewise
    gates: Vec<f32>, // (tokens, 4 · hidden)
}

impl Model {
    /// Reads one token that was written, not merely supposed: the softmax learns that it came ([`super::fast`]), then [`Model::step`].
    ///
    /// # Panics
    /// When the token is not in the vocabulary.
    pub fn advance(&self, state: &mut State, token: TokenId, scratch: &mut Scratch) {
        self.advance_all(state, &[token], scratch, |_, _| {});
    }

    /// [`Model::advance`] for one token after the other, in half the time: `after` is given each one's index and the state that has
    /// read it.
    ///
    /// # Panics
    /// When a token is not in the vocabulary.
    pub fn advance_all(
        &self,
        state: &mut State,
        tokens: &[TokenId],
        scratch: &mut Scratch,
        mut after: impl FnMut(usize, &State),
    ) {
        if self.full.is_some() {
            for (index, &token) in tokens.iter().enumerate() {
                self.step(state, token, scratch);
                after(index, state);
            }
            return;
        }
        for (pass, tokens) in tokens.chunks(TOGETHER).enumerate() {
            self.pass(state, tokens, scratch);
            let Scratch {
                passage, lessons, ..
            } = scratch;
            let size = state.h.len();
            for at in 0..tokens.len() {
                let range = (at + 1) * size..(at + 2) * size;
                state.h.copy_from_slice(&passage.h[range.clone()]);
                state.c.copy_from_slice(&passage.c[range]);
                if let Some(lessons) = lessons.get(at) {
                    state.lessons = lessons.clone();
                }
                after(pass * TOGETHER + at, state);
            }
            lessons.clear();
        }
    }

    /// Reads a few tokens: `scratch.passage` has the layers' states, `scratch.lessons` what is learned up to each token.
    fn pass(&self, state: &State, tokens: &[TokenId], scratch: &mut Scratch) {
        let (hidden, layers) = (self.config().hidden, self.config().layers);
        let Scratch {
            passage: Passage { h, c, gates },
            tanh_c,
            input,
            recurrent,
            ..
        } = scratch;
        let size = layers * hidden;
        for (buffer, before) in [(&mut *h, &state.h), (&mut *c, &state.c)] {
            buffer.clear();
            buffer.extend_from_slice(before);
            buffer.resize((tokens.len() + 1) * size, 0.0);
        }
        tanh_c.resize(hidden, 0.0);
        input.clear();
        for token in tokens {
            input.push_row(self.file.embedding(), token.0 as usize);
        }
        for layer in 0..layers {
            let (input_matrix, recurrent_matrix, bias) = self.file.layer(layer);
            gates.clear();
            tokens.iter().for_each(|_| gates.extend_from_slice(bias));
            int8::product_add(input_matrix, input.vectors(), gates);
            input.clear();
            for (at, gates) in gates.chunks_exact_mut(4 * hidden).enumerate() {
                let before = at * size + layer * hidden;
                let old = before..before + hidden;
                recurrent.clear();
                recurrent.push(&h[old.clone()], recurrent_matrix.columns);
                int8::product_add(recurrent_matrix, recurrent.vectors(), gates);
                let (c_before, c_after) = c.split_at_mut(before + size);
                let h_after = &mut h[before + size..][..hidden];
                lstm::cell(
                    gates,
                    &c_before[old],
                    &mut c_after[..hidden],
                    h_after,
                    tanh_c,
                );
                input.push(h_after, recurrent_matrix.columns);
            }
        }
        if self.has_fast_weights {
            self.learn_passage(state, tokens, scratch);
        }
    }

    /// Learns from tokens that were just read.
    fn learn_passage(&self, state: &State, tokens: &[TokenId], scratch: &mut Scratch) {
        let Scratch {
            passage,
            y,
            input,
            fast,
            learners,
            lessons,
            ..
        } = scratch;
        let (hidden, size) = (self.config().hidden, state.h.len());
        let before = passage.h.chunks_exact(size).take(tokens.len());
        let last_layers = before.map(|h| &h[size - hidden..]);
        self.project(last_layers, y, input);
        let columns = self.file.embedding().columns;
        input.clear();
        for y in y.chunks_exact(self.config().embedding) {
            input.push(y, columns);
        }
        self.learn(
            &state.lessons,
            tokens,
            input.vectors(),
            (fast, learners),
            lessons,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_tokens_are_one_after_the_other() {
        for model in [Model::tiny(3), Model::tiny(3).without_fast_weights()] {
            let (mut scratch, mut other) = (Scratch::default(), Scratch::default());
            let size = model.vocabulary_size() as u32;
            let ids = (0..3 * TOGETHER as u32 + 5).map(|i| TokenId(i * i * 31 % 40 % size));
            let tokens: Vec<TokenId> = ids.collect();
            let (mut state, mut alone) = (model.zero_state(), model.zero_state());
            let mut states = Vec::new();
            model.advance_all(&mut state, &tokens, &mut scratch, |index, state| {
                assert_eq!(index, states.len());
                states.push(state.clone());
            });
            for (&token, state) in tokens.iter().zip(&states) {
                model.advance(&mut alone, token, &mut other);
                assert!(*state == alone);
            }
            assert!(state == alone && states.len() == tokens.len());
            let mut stepped = model.zero_state();
            for &token in &tokens {
                model.step(&mut stepped, token, &mut scratch);
            }
            assert_eq!((&state.h, &state.c), (&stepped.h, &stepped.c));
        }
    }
}
