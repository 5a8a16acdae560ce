//! How far the sources of a prediction are trusted, and when.
//!
//! A prediction is made in steps: what the network says, then, from the least to the most specific, what counts say. At each step
//! a gate decides how much of the new source is let in: `g = σ(w · x)` with a few features `x` of the place, so that
//! `p ← (1 - g) p + g q`. With the right weights a gate is Witten and Bell's (1991); fitted, it also knows when the network is sure of
//! itself. Gates belong to the model that they were fitted with and lie in its file.

use super::ngram::LONGEST;

/// Longest history of words counted by the sources of a writer's own words.
pub const ORDERS: usize = 3;
/// Features of a place.
pub const FEATURES: usize = 5;
/// Gates in all.
pub const COUNT: usize = LONGEST + 2 * (2 + ORDERS);

/// The weights of one gate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gate(pub [f32; FEATURES]);

/// The gates of one source of a writer's own words.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SourceGates {
    /// Of the words' shares in all that was read.
    pub share: Gate,
    /// Of the words read lately.
    pub recent: Gate,
    /// Of what followed the same one, two, three units.
    pub follows: [Gate; ORDERS],
}

/// All gates.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gates {
    /// Of what followed one, two, three tokens in the training text.
    pub ngram: [Gate; LONGEST],
    /// Of the writer's earlier prose.
    pub earlier: SourceGates,
    /// Of the open document.
    pub document: SourceGates,
}

impl Gate {
    /// Lets nothing in.
    pub const CLOSED: Gate = Gate([f32::NEG_INFINITY, 0.0, 0.0, 0.0, 0.0]);

    /// Of a history seen `n` times with `k` different followers, lets in `n / (n + doubt · k)`.
    const fn witten_bell(minus_ln_doubt: f32) -> Gate {
        Gate([minus_ln_doubt, 1.0, -1.0, 0.0, 0.0])
    }

    /// How far it is open.
    pub fn open(&self, features: &[f32; FEATURES]) -> f32 {
        let x: f32 = self.0.iter().zip(features).map(|(w, x)| w * x).sum();
        1.0 / (1.0 + (-x).exp())
    }
}

impl SourceGates {
    /// Lets nothing in.
    pub const CLOSED: SourceGates = SourceGates {
        share: Gate::CLOSED,
        recent: Gate::CLOSED,
        follows: [Gate::CLOSED; ORDERS],
    };
}

impl Default for Gates {
    /// For a model without a table that nothing was fitted to.
    fn default() -> Gates {
        let source = SourceGates {
            share: Gate([-5.4, 0.3, 0.0, 0.0, 0.0]),
            recent: Gate([-4.4, 0.3, 0.0, 0.0, 0.0]),
            follows: [-1.95, -1.25, -0.69].map(Gate::witten_bell),
        };
        // Fitted by `rnn-lsp mix --writers` to two blogs, after 4,000 and 20,000 words of each (7.34 bits a word in place of 7.37):
        // earlier prose is about other things.
        let earlier = SourceGates {
            share: Gate([-4.94, -0.2, 0.0, 0.3, 0.0]),
            recent: Gate([-5.5, -0.09, 0.0, -0.74, 0.0]),
            follows: [
                Gate([-3.62, 0.35, -0.21, 0.06, 0.0]),
                Gate([-1.14, 0.06, -1.69, 0.23, 0.0]),
                Gate([0.53, 0.52, -0.76, 0.62, 0.0]),
            ],
        };
        Gates {
            ngram: [Gate([-2.0, 0.0, 0.0, 0.0, 0.0]); LONGEST],
            earlier,
            document: source,
        }
    }
}

impl Gates {
    /// The network alone.
    pub const CLOSED: Gates = Gates {
        ngram: [Gate::CLOSED; LONGEST],
        earlier: SourceGates::CLOSED,
        document: SourceGates::CLOSED,
    };

    /// Reads them as they lie in a file: [`COUNT`] times [`FEATURES`] weights.
    pub fn from_weights(weights: &[f32]) -> Result<Gates, String> {
        if let Some(weight) = weights.iter().find(|weight| !weight.is_finite()) {
            return Err(format!(
                "gates have a weight of {weight}, expected a number"
            ));
        }
        let (gates, rest) = weights.as_chunks::<FEATURES>();
        if gates.len() != COUNT || !rest.is_empty() {
            return Err(format!(
                "gates have {} weights, expected {COUNT} times {FEATURES}",
                weights.len()
            ));
        }
        let mut all = Gates::default();
        for (gate, weights) in all.each_mut().zip(gates) {
            *gate = Gate(*weights);
        }
        Ok(all)
    }

    /// As they lie in a file.
    pub fn weights(mut self) -> Vec<f32> {
        self.each_mut().flat_map(|gate| gate.0).collect()
    }

    /// In the order of a file.
    fn each_mut(&mut self) -> impl Iterator<Item = &mut Gate> {
        let own = [&mut self.earlier, &mut self.document].into_iter();
        let own = own.flat_map(|source| {
            [&mut source.share, &mut source.recent]
                .into_iter()
                .chain(&mut source.follows)
        });
        self.ngram.iter_mut().chain(own)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closed_lets_nothing_in() {
        assert_eq!(Gate::CLOSED.open(&[1.0, 9.0, -3.0, 2.0, 0.0]), 0.0);
    }

    #[test]
    fn a_gate_can_be_witten_bells() {
        let gate = Gate::witten_bell(-(2.0f32.ln()));
        let open = gate.open(&[1.0, 6.0f32.ln(), 3.0f32.ln(), 0.0, 0.0]);
        assert!((open - 0.5).abs() < 1e-6); // 6 / (6 + 2 · 3)
    }

    #[test]
    fn what_is_written_is_read() {
        let gates = Gates::default();
        let mut weights = gates.weights();
        assert_eq!(Gates::from_weights(&weights), Ok(gates));
        assert!(Gates::from_weights(&weights[1..]).is_err());
        weights[7] = f32::NAN;
        assert!(Gates::from_weights(&weights).is_err());
    }
}
