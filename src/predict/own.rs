//! The writer's own words, wherever they are counted: the door through which counts enter the mixture.
//!
//! The open document counts its words as it is read ([`Recency`]). Whoever keeps counts of the writer's earlier prose lends
//! them as [`Counts`]. Both speak of words in lower case, and of the units before a word as a [`History`], which means the
//! same in every document and every run, so that counts can be kept.

use super::recency::Recency;

/// Longest history counted, in units: words, numbers and punctuation marks.
pub use crate::model::gates::ORDERS;

/// Sources of counts: the document, and earlier prose.
pub const SOURCES: usize = 2;

/// The writer's own words.
#[derive(Clone, Copy, Debug)]
pub struct Own<'a> {
    /// Those of the open document. It has read the tokens that the state has read.
    pub document: &'a Recency,
    /// Those of earlier prose, where somebody keeps them.
    pub earlier: Option<&'a dyn Counts>,
}

impl<'a> From<&'a Recency> for Own<'a> {
    /// Only the document's.
    fn from(document: &'a Recency) -> Own<'a> {
        Own {
            document,
            earlier: None,
        }
    }
}

impl<'a> Own<'a> {
    /// Whether the writer does not want to be offered a word.
    pub(super) fn is_unwanted(&self, word: &str) -> bool {
        self.earlier.is_some_and(|counts| counts.is_unwanted(word))
    }

    /// What each source knows of the words that may come after `history`.
    pub fn at(&self, history: &History) -> Vec<Box<dyn Past + 'a>> {
        let document: Box<dyn Past> = Box::new(self.document.query(history));
        let earlier = self.earlier.map(|counts| counts.after(history));
        std::iter::once(document).chain(earlier).collect()
    }
}

/// Counted words of the writer's earlier prose.
pub trait Counts: std::fmt::Debug {
    /// What is known of the words that may come after `history`.
    fn after<'a>(&'a self, history: &History) -> Box<dyn Past + 'a>;
    /// Whether the writer does not want to be offered a word, wherever it comes from.
    fn is_unwanted(&self, word: &str) -> bool;
}

/// What one source of counts says of one place. All words are in lower case, with straight apostrophes.
pub trait Past: std::fmt::Debug {
    /// How much was seen here.
    fn weight(&self) -> Weight;
    /// The words counted that start with `prefix`. Before the first letter only those that followed the same units, and
    /// others that are likely for themselves: all would be too many.
    fn words(&self, prefix: &str) -> Vec<(&str, Evidence)>;
    /// What a word's past says; `None` if it was not counted.
    fn evidence(&self, word: &str) -> Option<Evidence>;
    /// How the writer writes a word inside a sentence. If it only stood where a capital is due, the answer is how it stood
    /// there, and `false`.
    fn form(&self, word: &str) -> Option<(&str, bool)>;
    /// What hung on a word by hyphens: "-party" on "third".
    fn rests(&self, word: &str) -> Rests;
}

/// What hung on a word, where it hung on no other.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rests {
    /// How often the word was seen.
    pub seen: f32,
    /// In any order.
    pub rests: Vec<Rest>,
}

/// The rest of a compound.
#[derive(Clone, Debug, PartialEq)]
pub struct Rest {
    /// The word before it, as it was written there.
    pub first: String,
    /// The hyphen and what follows it.
    pub text: String,
    /// How often it was seen.
    pub weight: f32,
}

/// What a word's past says about its coming next.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Evidence {
    /// Share of all words read.
    pub share: f32,
    /// Share of the words read lately, older ones counting less and less.
    pub recent: f32,
    /// Share among the words that followed the same one, two, three units.
    pub follows: [f32; ORDERS],
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

/// How much evidence there is in all: what a mixer trusts it by.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Weight {
    /// Words read.
    pub words: f32,
    /// How often the same one, two, three units were followed by a word.
    pub seen: [f32; ORDERS],
    /// How many different words followed.
    pub kinds: [f32; ORDERS],
}

/// What each source says of a word.
pub type ByOwn = [Evidence; SOURCES];

/// How much each source has seen.
pub fn weights(past: &[Box<dyn Past + '_>]) -> [Weight; SOURCES] {
    let mut weights = [Weight::default(); SOURCES];
    for (weight, past) in weights.iter_mut().zip(past) {
        *weight = past.weight();
    }
    weights
}

/// What each source says of a word in lower case; `None` if none knows it.
pub fn evidence(past: &[Box<dyn Past + '_>], folded: &str) -> Option<ByOwn> {
    let mut known = false;
    let mut own = ByOwn::default();
    for (own, past) in own.iter_mut().zip(past) {
        if let Some(evidence) = past.evidence(folded) {
            (*own, known) = (evidence, true);
        }
    }
    known.then_some(own)
}

/// The last units before a word, newest last: marks as small numbers, words as numbers made of their letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct History([u64; ORDERS]);

/// A unit that is no word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    Break,
    Stop,
    Comma,
    Quote,
    Bracket,
    Dash,
    Number,
    Other,
    /// Before the first unit.
    Nothing,
}

impl History {
    /// Before the first unit.
    pub const START: History = History([Mark::Nothing as u64; ORDERS]);

    /// The same place after one more word, given in lower case.
    pub fn with_word(self, word: &str) -> History {
        // FNV-1a; the highest bit tells words from marks.
        let step =
            |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        self.with(word.bytes().fold(0xcbf2_9ce4_8422_2325, step) | 1 << 63)
    }

    pub(super) fn with_mark(self, mark: Mark) -> History {
        self.with(mark as u64)
    }

    fn with(mut self, unit: u64) -> History {
        self.0.rotate_left(1);
        self.0[ORDERS - 1] = unit;
        self
    }

    /// A number for the last `order + 1` units, unless they reach across the start of the sentence, where they mean nothing.
    /// Different histories have different numbers but for one chance in 2^63, those of different lengths too.
    pub fn key(&self, order: usize) -> Option<u64> {
        let units = &self.0[ORDERS - 1 - order..];
        let is = |unit: u64, mark: Mark| unit == mark as u64;
        let crosses =
            |&unit: &u64| is(unit, Mark::Break) || is(unit, Mark::Stop) || is(unit, Mark::Nothing);
        if is(units[0], Mark::Nothing) || units[1..].iter().any(crosses) {
            return None;
        }
        // SplitMix64's finalizer at each unit.
        Some(units.iter().fold(order as u64, |hash, unit| {
            let mut z = (hash ^ unit).wrapping_add(0x9e37_79b9_7f4a_7c15);
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            z ^ (z >> 31)
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn histories_end_at_the_start_of_a_sentence() {
        let known = |history: History| [0, 1, 2].map(|order: usize| history.key(order).is_some());
        assert_eq!(known(History::START), [false, false, false]);
        assert_eq!(
            known(History::START.with_mark(Mark::Break)),
            [true, false, false]
        );
        let stop = History::START.with_word("so").with_mark(Mark::Stop);
        assert_eq!(known(stop), [true, false, false]);
        let one = stop.with_word("it");
        assert_eq!(known(one), [true, true, false]);
        let two = one.with_word("is");
        assert_eq!(known(two), [true, true, true]);
        assert_eq!(known(two.with_mark(Mark::Comma)), [true, true, true]);
    }

    #[test]
    fn histories_of_different_lengths_differ() {
        let history = History::START.with_word("a").with_word("a").with_word("a");
        let keys = [0, 1, 2].map(|order| history.key(order));
        assert!(keys[0] != keys[1] && keys[1] != keys[2] && keys[0] != keys[2]);
    }
}
