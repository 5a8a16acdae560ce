//! Hyperparameters of a network.

use serde::{Deserialize, Serialize};

/// What fixes the shapes of all weights.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)] // a flipped bit in a name, or a network that only a later program knows
pub struct Config {
    /// Number of tokens: rows of the embedding, which is also the softmax's matrix.
    pub vocabulary: usize,
    /// Length of an embedding.
    pub embedding: usize,
    /// Length of a layer's h and c.
    pub hidden: usize,
    /// Number of LSTM layers.
    pub layers: usize,
}

impl Config {
    /// Length of the vectors that a layer reads.
    pub fn layer_input(&self, layer: usize) -> usize {
        if layer == 0 {
            self.embedding
        } else {
            self.hidden
        }
    }

    /// Number of weights.
    pub fn parameters(&self) -> usize {
        let layers: usize = (0..self.layers)
            .map(|l| 4 * self.hidden * (self.layer_input(l) + self.hidden + 1))
            .sum();
        self.vocabulary * (self.embedding + 1) + layers + self.hidden * self.embedding
    }

    /// Rejects shapes that no network has, and sizes whose products would overflow.
    pub fn check(&self) -> Result<(), String> {
        for (name, value, limit) in [
            ("vocabulary", self.vocabulary, 1 << 20),
            ("embedding", self.embedding, 1 << 14),
            ("hidden", self.hidden, 1 << 14),
            ("layers", self.layers, 16),
        ] {
            if value == 0 || value > limit {
                return Err(format!("{name} is {value}, expected 1 to {limit}"));
            }
        }
        Ok(())
    }
}
