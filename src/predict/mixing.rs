//! One probability out of what the network, the training text's counts and the writer's own words say.
//!
//! Both mixtures here are chains of [`Gate`]s, from the least to the most specific source. The first is over tokens, before
//! anything is asked of a distribution: the table of the training text raises the few tokens that it knows better and scales
//! all others, so that it costs what it touches. The second is over words, when the writer's own come in. It is linear in its
//! inputs, so the probability of a set of words is the mixture of the set's probabilities, and a typed letter shifts trust
//! to the source that expected it without further ado.

use super::own::{Evidence, ORDERS, SOURCES, Weight};
use crate::model::gates::{FEATURES, Gate, Gates, SourceGates};
use crate::model::ngram::{LONGEST, Ngram};
use crate::text::TokenId;

/// Mixes the table into the network's distribution after `tail`, newest token last. `weights` are the tokens' probabilities times
/// `1 / scale`; the answer is the new scale.
pub(super) fn mix_table(
    weights: &mut [f32],
    mut scale: f32,
    table: &Ngram<'_>,
    tail: &[TokenId],
    gates: &[Gate; LONGEST],
) -> f32 {
    let sure = scale; // the largest weight is one
    for (order, gate) in gates.iter().enumerate() {
        let Some(from) = tail.len().checked_sub(order + 1) else {
            break;
        };
        if let Some(followers) = table.after(&tail[from..]) {
            let known = followers.iter().map(|(id, share)| (id.0 as usize, share));
            let step = TableStep::new(weights, scale, known.clone(), followers.seen(), sure);
            scale = step.let_in(weights, scale, known, gate.open(&step.features));
        }
    }
    scale
}

/// One context of the table on its way into a distribution.
#[derive(Clone, Copy, Debug)]
pub struct TableStep {
    /// What the gate sees.
    pub features: [f32; FEATURES],
    /// By how much the tokens that the table does not know become more probable, were the gate open.
    pub others: f32,
}

impl TableStep {
    /// `followers` are indices into `weights` and shares; what is beyond them, as in a damaged file, does not count.
    pub fn new(
        weights: &[f32],
        scale: f32,
        followers: impl Iterator<Item = (usize, f32)>,
        seen: f32,
        sure: f32,
    ) -> TableStep {
        let (mut table, mut network) = (0.0, 0.0);
        for (at, share) in followers {
            if let Some(weight) = weights.get(at) {
                table += share;
                network += weight * scale;
            }
        }
        let (left, others) = ((1.0 - table).max(1e-4), (1.0 - network).max(1e-4));
        TableStep {
            features: [
                1.0,
                seen,
                (left + 0.01).ln(),
                (others + 0.01).ln(),
                sure.ln(),
            ],
            others: left / others,
        }
    }

    /// Lets the followers in by as much as the gate is `open`; the answer is the new scale.
    pub fn let_in(
        &self,
        weights: &mut [f32],
        scale: f32,
        followers: impl Iterator<Item = (usize, f32)>,
        open: f32,
    ) -> f32 {
        let new_scale = scale * (1.0 - open + open * self.others);
        for (at, share) in followers {
            if let Some(weight) = weights.get_mut(at) {
                *weight = ((1.0 - open) * *weight * scale + open * share) / new_scale;
            }
        }
        new_scale
    }
}

/// A mixture of words at one place: the sum of each source's probability times its weight. The weights sum to one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mixture {
    network: f32,
    own: [Evidence; SOURCES], // the weight of each
}

impl Mixture {
    /// The mixture where so much was seen, and the network gives its first token the probability `sure`.
    pub fn new(gates: &Gates, seen: &[Weight; SOURCES], sure: f32) -> Mixture {
        let mut mixture = Mixture {
            network: 1.0,
            own: [Evidence::default(); SOURCES],
        };
        for step in steps(gates) {
            if let Some(features) = step.features(seen, sure) {
                let open = step.gate.open(&features);
                mixture.scale(1.0 - open);
                *step.part.of(&mut mixture.own[step.source]) = open;
            }
        }
        mixture
    }

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

/// One step of the chain of words.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    source: usize,
    part: Part,
    /// Lets the step's evidence in.
    pub gate: Gate,
}

/// What of a source's evidence enters at a step.
#[derive(Clone, Copy, Debug)]
enum Part {
    Share,
    Recent,
    Follows(usize),
}

/// The steps in order: words as such, then what followed longer and longer histories; the document after earlier prose.
pub fn steps(gates: &Gates) -> impl Iterator<Item = Step> {
    let sources = [(1, gates.earlier), (0, gates.document)];
    let parts = [Part::Share, Part::Recent]
        .into_iter()
        .chain((0..ORDERS).map(Part::Follows));
    parts.flat_map(move |part| {
        sources.map(|(source, gates)| Step {
            source,
            part,
            gate: part.gate(&gates),
        })
    })
}

impl Part {
    fn gate(self, gates: &SourceGates) -> Gate {
        match self {
            Part::Share => gates.share,
            Part::Recent => gates.recent,
            Part::Follows(order) => gates.follows[order],
        }
    }

    fn of(self, evidence: &mut Evidence) -> &mut f32 {
        match self {
            Part::Share => &mut evidence.share,
            Part::Recent => &mut evidence.recent,
            Part::Follows(order) => &mut evidence.follows[order],
        }
    }
}

impl Step {
    /// What the gate sees; `None` where nothing was seen that could come in.
    pub fn features(&self, seen: &[Weight; SOURCES], sure: f32) -> Option<[f32; FEATURES]> {
        let seen = &seen[self.source];
        let (seen, kinds) = match self.part {
            Part::Share | Part::Recent => (seen.words, 1.0),
            Part::Follows(order) => (seen.seen[order], seen.kinds[order]),
        };
        (seen > 0.0).then(|| [1.0, seen.ln(), kinds.ln(), sure.ln(), 0.0])
    }

    /// What would come in, for one word or summed over several.
    pub fn evidence(&self, own: &[Evidence; SOURCES]) -> f32 {
        let mut own = own[self.source];
        *self.part.of(&mut own)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ngram::{Entry, Table, hash};

    fn seen(seen: [f32; ORDERS], kinds: [f32; ORDERS]) -> [Weight; SOURCES] {
        [Weight {
            words: 50.0,
            seen,
            kinds,
        }; SOURCES]
    }

    #[test]
    fn nothing_read_leaves_the_network_alone() {
        let mixture = Mixture::new(&Gates::default(), &Default::default(), 0.5);
        assert_eq!(mixture.mix(0.3, &Default::default()), 0.3);
    }

    #[test]
    fn the_network_can_be_left_alone() {
        let all = Evidence {
            share: 1.0,
            recent: 1.0,
            follows: [1.0; ORDERS],
        };
        let mixture = Mixture::new(&Gates::CLOSED, &seen([7.0, 3.0, 1.0], [4.0, 1.0, 1.0]), 0.5);
        assert_eq!(mixture.mix(0.3, &[all; SOURCES]), 0.3);
    }

    #[test]
    fn a_mixture_of_distributions_is_a_distribution() {
        let all = Evidence {
            share: 1.0,
            recent: 1.0,
            follows: [1.0, 1.0, 0.0],
        };
        let seen = seen([7.0, 3.0, 0.0], [4.0, 1.0, 0.0]);
        let mixture = Mixture::new(&Gates::default(), &seen, 0.5);
        assert!((mixture.mix(1.0, &[all; SOURCES]) - 1.0).abs() < 1e-6);
    }

    #[test]
    fn what_always_followed_wins() {
        let evidence = Evidence {
            share: 0.02,
            recent: 0.02,
            follows: [1.0, 1.0, 1.0],
        };
        let mixture = Mixture::new(&Gates::default(), &seen([9.0; ORDERS], [1.0; ORDERS]), 0.5);
        let known = mixture.mix(0.0, &[evidence; SOURCES]);
        assert!(known > mixture.mix(0.5, &Default::default()));
    }

    #[test]
    fn a_table_raises_what_it_knows_and_keeps_the_sum() {
        let context = [TokenId(7), TokenId(9)];
        let table = Table::new(vec![
            Entry {
                hash: hash(&context),
                seen: 20,
                followers: vec![(0, 0.5), (2, 0.25), (99, 0.1)],
            },
            Entry {
                hash: hash(&context[1..]),
                seen: 100,
                followers: vec![(1, 0.25)],
            },
        ]);
        let network = [0.1f32, 0.4, 0.2, 0.3];
        let mix = |tail: &[TokenId], bias: f32| {
            let mut weights = network.map(|p| p / 0.4);
            let gate = Gate([bias, 0.0, 0.0, 0.0, 0.0]);
            let scale = mix_table(&mut weights, 0.4, &table.view(), tail, &[gate; LONGEST]);
            weights.map(|weight| weight * scale)
        };
        let near = |a: [f32; 4], b: [f32; 4]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-3);
        assert!(near(mix(&[TokenId(1)], 0.0), network), "an unknown context");
        assert!(
            near(mix(&context, f32::NEG_INFINITY), network),
            "a closed gate"
        );
        let half = mix(&context, 0.0);
        assert!((half.iter().sum::<f32>() - 1.0).abs() < 1e-3, "{half:?}");
        assert!(half[0] > 0.25 && half[3] < 0.3, "{half:?}");
        let open = mix(&context, 30.0);
        assert!(
            (open[0] - 0.5).abs() < 1e-3 && (open[2] - 0.25).abs() < 1e-3,
            "{open:?}"
        );
    }
}
