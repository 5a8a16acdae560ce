//! One probability out of the network's and the document's own words.
//!
//! A mixture in steps, from the least to the most specific source, each trusted by how much it has seen (Witten and
//! Bell 1991): first the network with the writer's words as such, then what followed the last one, two, three units.
//! It is linear in its inputs, so the probability of a set of words is the mixture of the set's probabilities, and a
//! typed letter shifts trust to the source that expected it without further ado.

use super::recency::{Evidence, ORDERS, Weight};

/// How far each source is trusted. Fitted on validation text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Trust {
    /// Largest weight of the words' shares in the whole text.
    pub share: f32,
    /// Words after which half of that is reached.
    pub share_words: f32,
    /// Largest weight of the words read lately.
    pub recent: f32,
    /// Words after which half of that is reached.
    pub recent_words: f32,
    /// For each length of history: how many occurrences of the history a new word after it is worth. The larger, the
    /// less the history is trusted.
    pub doubt: [f32; ORDERS],
}

impl Default for Trust {
    fn default() -> Trust {
        Trust {
            share: 0.04,
            share_words: 400.0,
            recent: 0.08,
            recent_words: 100.0,
            doubt: [12.0, 6.0, 4.0],
        }
    }
}

impl Trust {
    /// The writer's own words count for nothing.
    pub const NETWORK_ALONE: Trust = Trust {
        share: 0.0,
        share_words: 1.0,
        recent: 0.0,
        recent_words: 1.0,
        doubt: [f32::INFINITY; ORDERS],
    };

    /// The mixture. `network` and `evidence` are of one word, or sums over the same set of words.
    pub fn mix(&self, network: f32, evidence: &Evidence, weight: &Weight) -> f32 {
        let share = self.share * weight.words / (weight.words + self.share_words);
        let recent = self.recent * weight.words / (weight.words + self.recent_words);
        let mut p =
            (1.0 - share - recent) * network + share * evidence.share + recent * evidence.recent;
        for order in 0..ORDERS {
            if weight.seen[order] > 0.0 {
                // Seen n times with k different followers: doubt * k / (doubt * k + n), written to stand infinite doubt.
                let network =
                    1.0 / (1.0 + weight.seen[order] / (self.doubt[order] * weight.kinds[order]));
                p = network * p + (1.0 - network) * evidence.follows[order];
            }
        }
        p
    }
}

impl std::ops::AddAssign<&Evidence> for Evidence {
    fn add_assign(&mut self, other: &Evidence) {
        self.share += other.share;
        self.recent += other.recent;
        for (sum, x) in self.follows.iter_mut().zip(other.follows) {
            *sum += x;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_read_leaves_the_network_alone() {
        assert_eq!(
            Trust::default().mix(0.3, &Evidence::default(), &Weight::default()),
            0.3
        );
    }

    #[test]
    fn the_network_can_be_left_alone() {
        let weight = Weight {
            words: 50.0,
            seen: [7.0, 3.0, 1.0],
            kinds: [4.0, 1.0, 1.0],
        };
        let evidence = Evidence {
            share: 1.0,
            recent: 1.0,
            follows: [1.0; ORDERS],
        };
        assert_eq!(Trust::NETWORK_ALONE.mix(0.3, &evidence, &weight), 0.3);
    }

    #[test]
    fn a_mixture_of_distributions_is_a_distribution() {
        let weight = Weight {
            words: 50.0,
            seen: [7.0, 3.0, 0.0],
            kinds: [4.0, 1.0, 0.0],
        };
        let all = Evidence {
            share: 1.0,
            recent: 1.0,
            follows: [1.0, 1.0, 0.0],
        };
        assert!((Trust::default().mix(1.0, &all, &weight) - 1.0).abs() < 1e-6);
    }

    #[test]
    fn what_always_followed_wins() {
        let weight = Weight {
            words: 500.0,
            seen: [9.0, 9.0, 9.0],
            kinds: [1.0, 1.0, 1.0],
        };
        let evidence = Evidence {
            share: 0.02,
            recent: 0.02,
            follows: [1.0, 1.0, 1.0],
        };
        let trust = Trust::default();
        assert!(trust.mix(0.0, &evidence, &weight) > trust.mix(0.5, &Evidence::default(), &weight));
    }
}
