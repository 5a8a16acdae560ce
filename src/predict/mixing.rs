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
            share: 0.05,
            share_words: 400.0,
            recent: 0.1,
            recent_words: 100.0,
            doubt: [7.0, 3.5, 2.0],
        }
    }
}

/// A mixture at one place: the sum of each source's probability times its weight. The weights sum to one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mixture {
    network: f32,
    share: f32,
    recent: f32,
    follows: [f32; ORDERS],
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

    /// The mixture where so much was seen.
    pub fn mixture(&self, weight: &Weight) -> Mixture {
        let share = self.share * weight.words / (weight.words + self.share_words);
        let recent = self.recent * weight.words / (weight.words + self.recent_words);
        let mut mixture = Mixture {
            network: 1.0 - share - recent,
            share,
            recent,
            follows: [0.0; ORDERS],
        };
        for order in 0..ORDERS {
            if weight.seen[order] > 0.0 {
                // Seen n times with k different followers: doubt * k / (doubt * k + n), written to stand infinite doubt.
                let rest =
                    1.0 / (1.0 + weight.seen[order] / (self.doubt[order] * weight.kinds[order]));
                mixture.network *= rest;
                mixture.share *= rest;
                mixture.recent *= rest;
                mixture
                    .follows
                    .iter_mut()
                    .for_each(|follows| *follows *= rest);
                mixture.follows[order] = 1.0 - rest;
            }
        }
        mixture
    }
}

impl Mixture {
    /// Probability of a word, or of a set of words when `network` and `evidence` are sums over the set.
    pub fn mix(&self, network: f32, evidence: &Evidence) -> f32 {
        let follows: f32 = self
            .follows
            .iter()
            .zip(evidence.follows)
            .map(|(weight, share)| weight * share)
            .sum();
        self.network * network
            + self.share * evidence.share
            + self.recent * evidence.recent
            + follows
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
            Trust::default()
                .mixture(&Weight::default())
                .mix(0.3, &Evidence::default()),
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
        assert_eq!(
            Trust::NETWORK_ALONE.mixture(&weight).mix(0.3, &evidence),
            0.3
        );
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
        assert!((Trust::default().mixture(&weight).mix(1.0, &all) - 1.0).abs() < 1e-6);
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
        let mixture = Trust::default().mixture(&weight);
        assert!(mixture.mix(0.0, &evidence) > mixture.mix(0.5, &Evidence::default()));
    }
}
