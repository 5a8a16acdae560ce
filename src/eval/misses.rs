//! The words that cost the most keys: where a better model would help.

use serde::Serialize;

/// Characters kept of what stands before a word.
const BEFORE: usize = 48;

/// A word that was taken late or never.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Miss {
    /// The word.
    pub word: String,
    /// What stands before it.
    pub before: String,
    /// Letters typed until it was taken; all of them where it never was.
    pub typed: usize,
    /// What was offered before its first letter.
    pub offered: Vec<String>,
}

impl Miss {
    /// `start..end` of `text`, a word of which `typed` letters were typed.
    pub(super) fn new(text: &str, start: usize, end: usize, typed: usize) -> Miss {
        let tail = text[..start].char_indices().rev().take(BEFORE).last();
        let before = &text[tail.map_or(start, |(at, _)| at)..start];
        Miss {
            word: text[start..end].to_owned(),
            before: before.replace(char::is_whitespace, " "),
            typed,
            offered: Vec::new(),
        }
    }
}

/// Sorts the costliest first and keeps `most`.
pub(super) fn keep_costliest(misses: &mut Vec<Miss>, most: usize) {
    misses.sort_by_key(|miss| std::cmp::Reverse(miss.typed));
    misses.truncate(most);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_before_is_cut_between_letters() {
        let text = "é".repeat(60) + " word";
        let miss = Miss::new(&text, text.len() - 4, text.len(), 3);
        assert_eq!(miss.before.chars().count(), BEFORE);
        assert_eq!(miss.word, "word");
        assert_eq!(Miss::new("word", 0, 4, 1).before, "");
    }

    #[test]
    fn the_costliest_come_first() {
        let mut misses: Vec<Miss> = [2, 9, 4].map(|typed| Miss::new("a", 0, 1, typed)).into();
        keep_costliest(&mut misses, 2);
        assert_eq!(misses.iter().map(|m| m.typed).collect::<Vec<_>>(), [9, 4]);
    }
}
