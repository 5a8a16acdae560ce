//! Whether an edit takes what was offered. No client tells: some send no command after accepting, some cannot, and ghost
//! text has parts. So it is seen from the change itself.

use super::proto::{Ghost, Words};
use crate::adapt::Accepted;
use crate::document::{Change, Position};
use std::ops::Range;

/// One of the words of a popup that was asked for `at` a cursor: the word, or its rest, in one piece and with or without a
/// space behind it.
pub(super) fn word(changes: &[Change], at: Position, words: &Words) -> Option<(String, Accepted)> {
    let made = made(changes, at, &words.range, &words.prefix)?;
    let is_offered = words.items.iter().any(|item| item.text == made);
    let saved = saved(&made, &words.prefix).filter(|_| is_offered)?;
    Some((made, saved))
}

/// What a writer does about a popup.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// Takes a word.
    Takes(String),
    /// Types a letter instead.
    Types,
}

/// What a change says to a popup that was shown `at` a cursor. Nothing if it is about something else.
pub(super) fn answer(changes: &[Change], at: Position, words: &Words) -> Option<Answer> {
    match word(changes, at, words) {
        Some((word, _)) => Some(Answer::Takes(word)),
        None => letter(changes, at).map(|_| Answer::Types),
    }
}

/// The letter that is typed `at` a cursor, if that is what a change is.
fn letter(changes: &[Change], at: Position) -> Option<&str> {
    match changes {
        [Change::Partial(range, text)] if range.start == at && range.end == at => {
            (text.chars().count() == 1).then_some(text)
        }
        _ => None,
    }
}

/// What a change says to ghost text that was shown `at` a cursor: whether it is taken, or a letter typed that it did not foresee. Nothing
/// if it is about something else, or one goes on to type what is there.
pub(super) fn ghost_answer(changes: &[Change], at: Position, shown: &Ghost) -> Option<bool> {
    if ghost(changes, at, shown).is_some() {
        return Some(true);
    }
    let typed = letter(changes, at)?;
    let rest = shown.text.strip_prefix(&*shown.replaced)?;
    (!rest.starts_with(typed)).then_some(false)
}

/// Ghost text that was asked for `at` a cursor, or a part of it that ends where a word does.
pub(super) fn ghost(changes: &[Change], at: Position, ghost: &Ghost) -> Option<Accepted> {
    let made = made(changes, at, &ghost.range, &ghost.replaced)?;
    let rest = ghost.text.strip_prefix(&made)?;
    let is_whole = !rest.starts_with(char::is_alphanumeric);
    is_whole.then(|| saved(&made, &ghost.replaced)).flatten()
}

/// What stands after a change from the beginning of the word on that the cursor was in.
fn made(changes: &[Change], at: Position, range: &Range<Position>, typed: &str) -> Option<String> {
    let [Change::Partial(changed, text)] = changes else {
        return None;
    };
    let made = if changed == range {
        text.clone()
    } else if changed.start == at && changed.end == at {
        format!("{typed}{text}")
    } else {
        return None;
    };
    match made.strip_suffix(' ') {
        Some(word) => Some(word.to_owned()),
        None => Some(made),
    }
}

/// A letter that is typed, though it was offered, saves nothing.
fn saved(made: &str, typed: &str) -> Option<Accepted> {
    let (made_keys, typed_keys) = (made.chars().count(), typed.chars().count());
    let keys = made_keys.checked_sub(typed_keys + 1)?;
    (keys > 0).then(|| Accepted {
        words: made.split_whitespace().count() as u64,
        keys: keys as u64,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::predict::Suggestion;

    fn at(column: u32) -> Position {
        Position { line: 0, column }
    }

    fn insert(column: u32, text: &str) -> Change {
        Change::Partial(at(column)..at(column), text.to_owned())
    }

    #[test]
    fn a_popup_is_taken_from_or_typed_past() {
        let words = Words {
            prefix: "qui".to_owned(),
            range: at(4)..at(7),
            items: vec![Suggestion {
                text: "quick".to_owned(),
                probability: 0.5,
            }],
            ..Words::default()
        };
        let check = |change: Change, expected: Option<Answer>| {
            let found = answer(std::slice::from_ref(&change), at(7), &words);
            assert_eq!(found, expected, "{change:?}");
        };
        let takes = || Some(Answer::Takes("quick".to_owned()));
        check(Change::Partial(at(4)..at(7), "quick ".to_owned()), takes());
        check(insert(7, "ck"), takes());
        check(insert(7, "c"), Some(Answer::Types));
        check(insert(7, " "), Some(Answer::Types));
        check(insert(7, "et pasted"), None);
        check(insert(9, "c"), None);
        check(Change::Partial(at(6)..at(7), String::new()), None);
        check(Change::Full("The qui".to_owned()), None);
    }

    #[test]
    fn parts_of_ghost_text() {
        let offered = Ghost {
            range: at(4)..at(7),
            replaced: "qui".to_owned(),
            text: "quick brown fox".to_owned(),
            probability: 0.5,
        };
        let check = |change: Change, expected: Option<(u64, u64)>| {
            let found = ghost(std::slice::from_ref(&change), at(7), &offered);
            let found = found.map(|accepted| (accepted.words, accepted.keys));
            assert_eq!(found, expected, "{change:?}");
        };
        check(insert(7, "ck brown fox"), Some((3, 11)));
        check(insert(7, "ck"), Some((1, 1)));
        check(insert(7, "ck "), Some((1, 1)));
        check(insert(7, "ck brown"), Some((2, 7)));
        check(
            Change::Partial(at(4)..at(7), "quick brown fox".to_owned()),
            Some((3, 11)),
        );
        // Typed, or not what was offered, or in the middle of a word, or elsewhere.
        check(insert(7, "c"), None);
        check(insert(7, "et brown"), None);
        check(insert(7, "ck bro"), None);
        let answer = |text: &str| ghost_answer(&[insert(7, text)], at(7), &offered);
        assert_eq!(answer("ck brown fox"), Some(true));
        assert_eq!(
            (answer("e"), answer("c"), answer("et al")),
            (Some(false), None, None)
        );
        check(insert(9, "ck brown"), None);
        check(Change::Full("The quick brown fox".to_owned()), None);
    }
}
