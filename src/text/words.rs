//! Where words begin and end.
//!
//! A word is a maximal run of letters and the marks on them, with apostrophes between letters inside it: "don't" is
//! one word. It starts with a letter.

/// Whether `c` is a letter: what words start with.
pub fn is_letter(c: char) -> bool {
    if c.is_ascii() {
        c.is_ascii_alphabetic()
    } else {
        c.is_alphabetic()
    }
}

/// Whether `c` is a combining mark: it belongs to the letter before it.
///
/// Vowel signs of Indic scripts are alphabetic already; what `char::is_alphabetic` lacks of their words are viramas and nuktas.
pub fn is_mark(c: char) -> bool {
    let c = c as u32;
    if c < 0x300 {
        return false;
    }
    matches!(c,
        0x300..=0x36F | 0x483..=0x487 | 0x591..=0x5BD | 0x610..=0x61A | 0x64B..=0x65F | 0x1AB0..=0x1AFF | 0x1DC0..=0x1DFF
        | 0x20D0..=0x20FF | 0x3099..=0x309A | 0xFE00..=0xFE0F | 0xFE20..=0xFE2F)
        || (matches!(c, 0x900..=0xDFF) && matches!(c & 0x7F, 0x3C | 0x4D))
}

/// Whether `c` is an apostrophe, straight or typographic.
pub fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '\u{2019}')
}

/// Whether `c`, between two letters, makes one word of two: "third-party", "and/or".
pub fn is_joint(c: char) -> bool {
    matches!(c, '-' | '\u{2010}' | '\u{2011}' | '/')
}

fn is_inner(c: char) -> bool {
    is_letter(c) || is_mark(c)
}

/// Length in bytes of the word that `text` starts with; 0 if it starts with none.
pub fn word_len(text: &str) -> usize {
    let mut chars = text.char_indices().peekable();
    match chars.next() {
        Some((_, c)) if is_letter(c) => {}
        _ => return 0,
    }
    while let Some((at, c)) = chars.next() {
        let inside = is_inner(c)
            || (is_apostrophe(c) && chars.peek().is_some_and(|&(_, next)| is_letter(next)));
        if !inside {
            return at;
        }
    }
    text.len()
}

/// The words of `text`, in order.
pub fn words(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        loop {
            let c = rest.chars().next()?;
            let len = word_len(rest);
            if len > 0 {
                let (word, after) = rest.split_at(len);
                rest = after;
                return Some(word);
            }
            rest = &rest[c.len_utf8()..];
        }
    })
}

/// Byte offset where the unfinished word that ends `text` begins; `text.len()` if it ends with none.
///
/// One apostrophe after the last letter belongs to it: what comes next may be the "t" of "don't".
pub fn prefix_start(text: &str) -> usize {
    if let Some(before) = text.strip_suffix(is_apostrophe) {
        let start = word_start(before);
        if start < before.len() {
            return start;
        }
    }
    word_start(text)
}

/// Byte offset where the word that ends `text` begins; `text.len()` if its last character is not inside a word.
fn word_start(text: &str) -> usize {
    let mut start = text.len();
    let mut rest = text;
    loop {
        // A word starts with a letter, so marks that lead a run belong to no word.
        let run = rest.trim_end_matches(is_inner).len();
        let marks = rest[run..].len() - rest[run..].trim_start_matches(is_mark).len();
        if run + marks == rest.len() {
            return start;
        }
        start = run + marks;
        match rest[..run].strip_suffix(is_apostrophe) {
            Some(before) if marks == 0 => rest = before,
            _ => return start,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn words_of_text() {
        let check = |text: &str, expected: &[&str]| {
            assert_eq!(words(text).collect::<Vec<_>>(), expected, "{text}")
        };
        check("", &[]);
        check(
            "Don't stop, Anna’s dogs' bowls!",
            &["Don't", "stop", "Anna’s", "dogs", "bowls"],
        );
        check("'tis rock'n'roll", &["tis", "rock'n'roll"]);
        check("x86 1st", &["x", "st"]);
        check("re\u{301}sume\u{301}s", &["re\u{301}sume\u{301}s"]);
        check("\u{301}a ''b", &["a", "b"]);
        check("don't-care_less", &["don't", "care", "less"]);
        check("क्षत्रिय", &["क्षत्रिय"]);
    }

    #[test]
    fn prefix_of_text() {
        let check =
            |text: &str, prefix: &str| assert_eq!(&text[prefix_start(text)..], prefix, "{text}");
        check("", "");
        check("the qui", "qui");
        check("the ", "");
        check("I don'", "don'");
        check("I don’", "don’");
        check("I don’t", "don’t");
        check("don''", "");
        check("('", "");
        check("'ti", "ti");
        check("1s", "s");
        check("mother-in", "in");
        check("\u{301}'a", "a");
        check("x \u{301}", "");
        check("b\u{301}'a", "b\u{301}'a");
        check("o''b", "b");
    }

    proptest! {
        #[test]
        fn the_prefix_is_the_last_word(text in "[ab'’\u{301}1. é]{0,12}") {
            let scanned = scanned_prefix(&text);
            prop_assert_eq!(prefix_start(&text), scanned);
        }
    }

    /// The same by scanning forward.
    fn scanned_prefix(text: &str) -> usize {
        let ends = |text: &str| match words(text).last() {
            Some(word) if text.ends_with(word) => Some(text.len() - word.len()),
            _ => None,
        };
        ends(text)
            .or_else(|| ends(text.strip_suffix(is_apostrophe)?))
            .unwrap_or(text.len())
    }
}
