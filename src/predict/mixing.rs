//! One probability out of the network's and the writer's own words.
//!
//! A mixture in steps, from the least to the most specific source, each trusted by how much it has seen (Witten and
//! Bell 1991): first the network with the writer's words as such, then what followed the last one, two, three units.
//! It is linear in its inputs, so the probability of a set of words is the mixture of the set's probabilities, and a
//! typed letter shifts trust to the source that expected it without further ado.

use super::own::{Evidence, ORDERS, SOURCES, Weight};

/// How far the sources are trusted. Fitted on validation text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Trust {
    /// In the order of [`super::Own`]: the document, earlier prose.
    pub sources: [TrustIn; SOURCES],
}

/// How far one source is trusted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TrustIn {
    /// Largest weight of the words' shares in all that was read.
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
        let document = TrustIn {
            share: 0.05,
            share_words: 400.0,
            recent: 0.1,
            recent_words: 100.0,
            doubt: [7.0, 3.5, 2.0],
        };
        Trust {
            sources: [document; SOURCES],
        }
    }
}

/// A mixture at one place: the sum of each source's probability times its weight. The weights sum to one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mixture {
    network: f32,
    own: [Evidence; SOURCES], // the weight of each
}

impl Trust {
    /// The writer's own words count for nothing.
    pub const NETWORK_ALONE: Trust = Trust {
        sources: [TrustIn {
            share: 0.0,
            share_words: 1.0,
            recent: 0.0,
            recent_words: 1.0,
            doubt: [f32::INFINITY; ORDERS],
        }; SOURCES],
    };

    /// The mixture where so much was seen.
    pub fn mixture(&self, seen: &[Weight; SOURCES]) -> Mixture {
        let mut mixture = Mixture {
            network: 1.0,
            own: [Evidence::default(); SOURCES],
        };
        for ((own, trust), seen) in mixture.own.iter_mut().zip(&self.sources).zip(seen) {
            own.share = trust.share * seen.words / (seen.words + trust.share_words);
            own.recent = trust.recent * seen.words / (seen.words + trust.recent_words);
            mixture.network -= own.share + own.recent;
        }
        for order in 0..ORDERS {
            // What the document says comes last: it is the most specific.
            for (source, (trust, seen)) in self.sources.iter().zip(seen).enumerate().rev() {
                if seen.seen[order] > 0.0 {
                    // Seen n times with k different followers: doubt * k / (doubt * k + n), written to stand infinite doubt.
                    let doubt = trust.doubt[order] * seen.kinds[order];
                    let rest = 1.0 / (1.0 + seen.seen[order] / doubt);
                    mixture.scale(rest);
                    mixture.own[source].follows[order] = 1.0 - rest;
                }
            }
        }
        mixture
    }
}

impl Mixture {
    /// Probability of a word, or of a set of words when `network` and `own` are sums over the set.
    pub fn mix(&self, network: f32, own: &[Evidence; SOURCES]) -> f32 {
        let of = |weight: &Evidence, own: &Evidence| {
            let follows = weight.follows.iter().zip(own.follows);
            weight.share * own.share
                + weight.recent * own.recent
                + follows.map(|(weight, share)| weight * share).sum::<f32>()
        };
        let own = self.own.iter().zip(own);
        self.network * network + own.map(|(weight, own)| of(weight, own)).sum::<f32>()
    }

    fn scale(&mut self, by: f32) {
        self.network *= by;
        for own in &mut self.own {
            own.share *= by;
            own.recent *= by;
            own.follows.iter_mut().for_each(|weight| *weight *= by);
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
                .mixture(&Default::default())
                .mix(0.3, &Default::default()),
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
            Trust::NETWORK_ALONE
                .mixture(&[weight; SOURCES])
                .mix(0.3, &[evidence; SOURCES]),
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
        assert!(
            (Trust::default()
                .mixture(&[weight; SOURCES])
                .mix(1.0, &[all; SOURCES])
                - 1.0)
                .abs()
                < 1e-6
        );
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
        let mixture = Trust::default().mixture(&[weight; SOURCES]);
        assert!(mixture.mix(0.0, &[evidence; SOURCES]) > mixture.mix(0.5, &Default::default()));
    }
}
