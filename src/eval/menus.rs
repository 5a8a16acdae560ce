//! Menus that were shown, by how probable their best word was, and how many were taken from.

use crate::predict::Attention;
use serde::{Deserialize, Serialize};
use std::ops::AddAssign;

/// Menus are counted apart by the probability of their best word: from each of these to the next. Below the first nothing is ever
/// shown.
pub const EDGES: [f32; BINS] = [0.06, 0.08, 0.1, 0.12, 0.15, 0.2, 0.3, 0.45, 0.65];

/// How many such kinds of menus there are.
pub const BINS: usize = 9;

/// See the module. By the edges.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Menus {
    /// Menus that were shown...
    pub shown: [f64; BINS],
    /// ...and those that a word was taken from.
    pub taken: [f64; BINS],
    /// Whether the words taken were at first sight.
    #[serde(default)]
    pub attention: Attention,
}

impl Menus {
    /// Counts a menu.
    pub fn add(&mut self, best: f32, is_taken: bool) {
        let Some(bin) = EDGES.iter().rposition(|&edge| best >= edge) else {
            return;
        };
        self.shown[bin] += 1.0;
        self.taken[bin] += f64::from(u8::from(is_taken));
    }

    /// Menus in all.
    pub fn count(&self) -> f64 {
        self.shown.iter().sum()
    }

    /// The same, each counting so much.
    pub fn times(mut self, weight: f64) -> Menus {
        let all = self.shown.iter_mut().chain(&mut self.taken);
        all.for_each(|count| *count *= weight);
        self.attention = self.attention.times(weight);
        self
    }
}

impl AddAssign for Menus {
    fn add_assign(&mut self, other: Menus) {
        let ours = self.shown.iter_mut().chain(&mut self.taken);
        let theirs = other.shown.iter().chain(&other.taken);
        ours.zip(theirs).for_each(|(ours, theirs)| *ours += theirs);
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
        assert_eq!(menus.shown, [1.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 2.0]);
        assert_eq!(menus.taken, [0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0]);
        let mut twice = menus;
        twice += menus;
        assert_eq!((twice.count(), twice), (8.0, menus.times(2.0)));
    }
}
