//! What was offered for a word and not taken: a free and honest sign that it is something else.
//!
//! A writer who reads the menu and types on has seen that the word is not there. Some do not look, and some type on to be
//! sure, so a word that was offered becomes less probable, and is never hidden.

use super::{Suggestion, casing};
use std::collections::HashMap;

/// Of the times when the right word stood in the menu, how often it is passed over.
const PASSED_OVER: f32 = 0.5;
/// Words of a menu that are read.
const READ: usize = 3;

/// The menus that were shown for the word at the cursor, each by what was typed.
#[derive(Debug, Default)]
pub(super) struct Shown(Vec<(String, Vec<String>)>);

impl Shown {
    /// Another word has begun.
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// A menu is shown.
    pub(super) fn record(&mut self, typed: &str, menu: &[Suggestion]) {
        let words = menu.iter().take(READ).map(|s| s.text.to_lowercase());
        let words = words.collect();
        match self.0.iter_mut().find(|(at, _)| at == typed) {
            Some((_, known)) => *known = words,
            None => self.0.push((typed.to_owned(), words)),
        }
    }

    /// What remains of a word's probability, for the words in lower case that were passed over on the way to `typed`.
    pub(super) fn refused(&self, typed: &str) -> HashMap<&str, f32> {
        let mut refused = HashMap::new();
        let before = |at: &str| at.len() < typed.len() && casing::starts_with_folded(typed, at);
        for word in self
            .0
            .iter()
            .filter(|(at, _)| before(at))
            .flat_map(|(_, words)| words)
        {
            *refused.entry(word.as_str()).or_insert(1.0) *= PASSED_OVER;
        }
        refused
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_passed_over_is_less_probable() {
        let menu = |words: &[&str]| -> Vec<Suggestion> {
            let suggestion = |word: &&str| Suggestion {
                text: (*word).to_owned(),
                probability: 0.1,
            };
            words.iter().map(suggestion).collect()
        };
        let mut shown = Shown::default();
        shown.record("", &menu(&["The", "to", "a", "they"]));
        shown.record("t", &menu(&["the", "this", "to"]));
        let of = |typed: &str, word: &str| shown.refused(typed).get(word).copied().unwrap_or(1.0);
        assert_eq!(of("", "the"), 1.0);
        assert_eq!(of("t", "the"), 0.5);
        assert_eq!(of("Th", "the"), 0.25);
        assert_eq!(of("th", "this"), 0.5);
        assert_eq!(of("th", "they"), 1.0);
        assert_eq!(of("a", "the"), 0.5);
        assert_eq!(of("an", "this"), 1.0);
    }
}
