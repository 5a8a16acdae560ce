//! What was offered for a word and not taken: a free and honest sign that it is something else.
//!
//! A writer who reads the menu and types on has seen that the word is not there. Some do not look, and some type on to be
//! sure, so a word that was offered becomes less probable, and is never hidden. How much less is learned from the words that are
//! taken in the end: whether they are at first sight.

use super::casing;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::ops::AddAssign;

/// Of an unknown writer: of the times when a word that is taken stands in the menu, how often it is passed over. On validation text
/// this is best on the whole for simulated writers who look at the menu from the beginning of a word on, from its first letter, and
/// from its second (`models/adaptation/README.md`)...
const PASSED_OVER: f64 = 0.3;
/// ...and counts as so many times.
const BELIEF: f64 = 10.0;
/// Nobody never errs, and nobody's menus say nothing.
const RANGE: (f64, f64) = (0.01, 0.6);
/// Words of a menu that are read.
const READ: usize = 3;

/// How a writer reads menus, as far as words that are taken tell. What is never taken says nothing: there nobody looked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Attention {
    /// Words taken...
    pub taken: f64,
    /// ...and the menus before in which they stood already.
    pub passed: f64,
}

impl Attention {
    /// A word was taken that had stood in so many menus before.
    pub fn add(&mut self, passed: usize) {
        self.taken += 1.0;
        self.passed += passed as f64;
    }

    /// The same, each word counting so much.
    pub fn times(self, weight: f64) -> Attention {
        Attention {
            taken: self.taken * weight,
            passed: self.passed * weight,
        }
    }

    /// Of the times when the right word stood in the menu, how often it is passed over.
    pub fn passed_over(&self) -> f32 {
        let share = (BELIEF * PASSED_OVER + self.passed) / (BELIEF + self.passed + self.taken);
        share.clamp(RANGE.0, RANGE.1) as f32
    }
}

impl AddAssign for Attention {
    fn add_assign(&mut self, other: Attention) {
        self.taken += other.taken;
        self.passed += other.passed;
    }
}

/// The menus that were shown for the word at the cursor, each by what was typed.
#[derive(Debug, Default)]
pub(super) struct Shown(Vec<(String, Vec<String>)>);

impl Shown {
    /// Another word has begun.
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// A menu of these words is shown.
    pub(super) fn record(&mut self, typed: &str, menu: impl Iterator<Item = String>) {
        let words = menu.take(READ).map(|word| word.to_lowercase()).collect();
        match self.0.iter_mut().find(|(at, _)| at == typed) {
            Some((_, known)) => *known = words,
            None => self.0.push((typed.to_owned(), words)),
        }
    }

    /// The words in lower case that were passed over on the way to `typed`, as often as they were.
    fn passed<'a>(&'a self, typed: &str) -> impl Iterator<Item = &'a str> {
        let before = |at: &str| at.len() < typed.len() && casing::starts_with_folded(typed, at);
        let menus = self.0.iter().filter(move |(at, _)| before(at));
        menus.flat_map(|(_, words)| words).map(String::as_str)
    }

    /// What remains of a word's probability, for the words in lower case that were passed over on the way to `typed`.
    pub(super) fn refused(&self, typed: &str, attention: &Attention) -> HashMap<&str, f32> {
        let (mut refused, remains) = (HashMap::new(), attention.passed_over());
        for word in self.passed(typed) {
            *refused.entry(word).or_insert(1.0) *= remains;
        }
        refused
    }

    /// In how many menus on the way to `typed` a word stood.
    pub(super) fn sightings(&self, typed: &str, word: &str) -> usize {
        let word = word.to_lowercase();
        self.passed(typed).filter(|passed| *passed == word).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_passed_over_is_less_probable() {
        let mut shown = Shown::default();
        shown.record(
            "",
            ["The", "to", "a", "they"].map(str::to_owned).into_iter(),
        );
        shown.record("t", ["the", "this", "to"].map(str::to_owned).into_iter());
        let glancer = Attention {
            taken: 1000.0,
            passed: 1000.0,
        };
        let of = |typed: &str, word: &str| {
            let remains = shown.refused(typed, &glancer).get(word).copied();
            (100.0 * remains.unwrap_or(1.0)).round()
        };
        assert_eq!(of("", "the"), 100.0);
        assert_eq!(of("t", "the"), 50.0);
        assert_eq!(of("Th", "the"), 25.0);
        assert_eq!(of("th", "this"), 50.0);
        assert_eq!(of("th", "they"), 100.0);
        assert_eq!(of("a", "the"), 50.0);
        assert_eq!(of("an", "this"), 100.0);
        assert_eq!(shown.sightings("th", "The"), 2);
        assert_eq!(shown.sightings("t", "the"), 1);
        assert_eq!(shown.sightings("th", "they"), 0);
    }

    #[test]
    fn attention_is_learned_from_what_is_taken() {
        let after = |words: usize, passed: usize| {
            let mut attention = Attention::default();
            (0..words).for_each(|_| attention.add(passed));
            attention.passed_over()
        };
        assert_eq!(after(0, 0), PASSED_OVER as f32);
        assert!(after(1, 0) > 0.25, "a word is no habit");
        assert!(after(100, 0) < 0.03 && after(10_000, 0) >= 0.01);
        assert!(after(100, 1) > 0.45 && after(10_000, 9) <= 0.6);
    }
}
