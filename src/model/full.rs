//! The network in 32 bits, to measure what rounding weights and vectors to 8 bits costs. Plain loops: nothing that a
//! writer waits for runs this.

use super::{Config, State, Weights};
use crate::nn::lstm;
use crate::text::TokenId;

impl Weights {
    /// As [`super::Model::step`].
    pub(super) fn step(&self, config: &Config, state: &mut State, token: TokenId) {
        let (hidden, embedding) = (config.hidden, config.embedding);
        let row = token.0 as usize * embedding;
        let mut input = self.table[row..row + embedding].to_vec();
        let (mut c, mut h, mut tanh_c) = (vec![0.0; hidden], vec![0.0; hidden], vec![0.0; hidden]);
        for (layer, (from_input, recurrent, bias)) in self.layers.iter().enumerate() {
            let at = layer * hidden..(layer + 1) * hidden;
            let mut gates = bias.clone();
            add_product(&input, from_input, &mut gates);
            add_product(&state.h[at.clone()], recurrent, &mut gates);
            lstm::cell(
                &mut gates,
                &state.c[at.clone()],
                &mut c,
                &mut h,
                &mut tanh_c,
            );
            state.h[at.clone()].copy_from_slice(&h);
            state.c[at].copy_from_slice(&c);
            input.clone_from(&h);
        }
    }

    /// As [`super::Model::logits`].
    pub(super) fn logits(&self, config: &Config, state: &State, out: &mut [f32]) {
        let y = self.output(config, state);
        for (at, out) in out.iter_mut().enumerate() {
            *out = self.logit(&y, at);
        }
    }

    /// As [`super::Model::logits_of`], for one state.
    pub(super) fn logits_of(&self, config: &Config, state: &State, tokens: &[TokenId]) -> Vec<f32> {
        let y = self.output(config, state);
        let logit = |token: &TokenId| self.logit(&y, token.0 as usize);
        tokens.iter().map(logit).collect()
    }

    fn output(&self, config: &Config, state: &State) -> Vec<f32> {
        let mut y = vec![0.0; config.embedding];
        let last = &state.h[(config.layers - 1) * config.hidden..];
        add_product(last, &self.projection, &mut y);
        y
    }

    fn logit(&self, y: &[f32], at: usize) -> f32 {
        let row = &self.table[at * y.len()..][..y.len()];
        self.bias[at] + row.iter().zip(y).map(|(a, b)| a * b).sum::<f32>()
    }
}

/// `out += x · matrix`, a matrix of (x, out).
fn add_product(x: &[f32], matrix: &[f32], out: &mut [f32]) {
    for (x, row) in x.iter().zip(matrix.chunks_exact(out.len())) {
        for (out, weight) in out.iter_mut().zip(row) {
            *out += x * weight;
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::model::{Model, Scratch};
    use crate::text::TokenId;

    #[test]
    fn eight_bits_come_near_it() {
        let rounded = Model::tiny(3);
        let full = Model::tiny(3);
        let weights = full.weights();
        let full = full.in_full(weights).expect("weights of the same model");
        let mut scratch = Scratch::default();
        let (mut a, mut b) = (rounded.zero_state(), full.zero_state());
        let size = rounded.vocabulary_size();
        let (mut near, mut exact) = (vec![0.0; size], vec![0.0; size]);
        for token in [5, 90, 300, 17] {
            rounded.step(&mut a, TokenId(token), &mut scratch);
            full.step(&mut b, TokenId(token), &mut scratch);
            rounded.logits(&a, &mut near, &mut scratch);
            full.logits(&b, &mut exact, &mut scratch);
            let apart = near.iter().zip(&exact).map(|(a, b)| (a - b).abs());
            let largest = apart.fold(0.0, f32::max);
            assert!(largest > 0.0 && largest < 0.1, "logits are {largest} apart");
        }
        let of = full.logits_of(&[b], &[vec![TokenId(7)]], &mut scratch);
        assert_eq!(of[0][0], exact[7]);
    }

    #[test]
    fn weights_of_another_shape_are_refused() {
        let model = Model::tiny(1);
        let mut weights = model.weights();
        weights.projection.pop();
        let error = model.in_full(weights).expect_err("a weight is missing");
        assert!(error.contains("expected"), "{error}");
    }
}
