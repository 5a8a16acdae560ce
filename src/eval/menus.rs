//! What was shown, by how probable it was, and what was taken: menus by their best word, and ghost text.

use crate::predict::Attention;
use serde::{Deserialize, Serialize};
use std::ops::AddAssign;

/// Menus are counted apart by the probability of their best word: from each of these to the next. Below the first nothing is ever
/// shown.
pub const EDGES: Edges = [0.06, 0.08, 0.1, 0.12, 0.15, 0.2, 0.3, 0.45, 0.65];

/// The same of ghost text.
pub const PHRASE_EDGES: Edges = [0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95];

/// How many kinds of offers are told apart.
pub const BINS: usize = 9;

/// Where each kind begins.
pub type Edges = [f32; BINS];

/// Offers by their probability.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Offers {
    /// Those that were shown...
    pub shown: [f64; BINS],
    /// ...and those that were taken.
    pub taken: [f64; BINS],
}

/// See the module.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Menus {
    /// Menus, by [`EDGES`].
    #[serde(flatten)]
    pub words: Offers,
    /// Ghost text, by [`PHRASE_EDGES`].
    #[serde(default)]
    pub phrases: Offers,
    /// Whether the words taken were at first sight.
    #[serde(default)]
    pub attention: Attention,
}

impl Offers {
    fn add(&mut self, edges: &Edges, probability: f32, is_taken: bool) {
        let Some(bin) = edges.iter().rposition(|&edge| probability >= edge) else {
            return;
        };
        self.shown[bin] += 1.0;
        self.taken[bin] += f64::from(u8::from(is_taken));
    }

    /// Offers shown in all.
    pub fn count(&self) -> f64 {
        self.shown.iter().sum()
    }

    /// Share of them that were taken; no number where there were none.
    pub fn share(&self) -> f64 {
        self.taken.iter().sum::<f64>() / self.count()
    }

    fn times(mut self, weight: f64) -> Offers {
        let all = self.shown.iter_mut().chain(&mut self.taken);
        all.for_each(|count| *count *= weight);
        self
    }
}

impl Menus {
    /// Counts a menu.
    pub fn add(&mut self, best: f32, is_taken: bool) {
        self.words.add(&EDGES, best, is_taken);
    }

    /// Counts ghost text.
    pub fn add_phrase(&mut self, probability: f32, is_taken: bool) {
        self.phrases.add(&PHRASE_EDGES, probability, is_taken);
    }

    /// All that was shown.
    pub fn count(&self) -> f64 {
        self.words.count() + self.phrases.count()
    }

    /// The same, each counting so much.
    pub fn times(self, weight: f64) -> Menus {
        Menus {
            words: self.words.times(weight),
            phrases: self.phrases.times(weight),
            attention: self.attention.times(weight),
        }
    }
}

impl AddAssign for Offers {
    fn add_assign(&mut self, other: Offers) {
        let ours = self.shown.iter_mut().chain(&mut self.taken);
        let theirs = other.shown.iter().chain(&other.taken);
        ours.zip(theirs).for_each(|(ours, theirs)| *ours += theirs);
    }
}

impl AddAssign for Menus {
    fn add_assign(&mut self, other: Menus) {
        self.words += other.words;
        self.phrases += other.phrases;
        self.attention += other.attention;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn menus_are_counted_by_their_best_word() {
        let mut menus = Menus::default();
        for (best, is_taken) in [
            (0.01, true),
            (0.06, false),
            (0.125, true),
            (1.0, true),
            (0.99, false),
        ] {
            menus.add(best, is_taken);
        }
        assert_eq!(
            menus.words.shown,
            [1.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 2.0]
        );
        assert_eq!(
            menus.words.taken,
            [0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0]
        );
        let mut twice = menus;
        twice += menus;
        assert_eq!((twice.count(), twice), (8.0, menus.times(2.0)));
    }
}
