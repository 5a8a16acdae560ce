//! Inline markup that several formats share.

use std::ops::Range;

/// The run of `*`, `_` or another mark at `at`, if it opens or closes emphasis: one side touches a word, the other does
/// not. Pairs are not looked for, so that a mark counts while its partner is not typed yet.
pub(super) fn emphasis(text: &str, source: &Range<usize>, at: usize) -> Option<Range<usize>> {
    let mark = text.as_bytes()[at];
    let run = text[at..source.end]
        .bytes()
        .take_while(|b| *b == mark)
        .count();
    let before = text[source.start..at].chars().next_back();
    let after = text[at + run..source.end].chars().next();
    let word = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    let open = |c: Option<char>| {
        c.is_none_or(|c| c.is_whitespace() || (!c.is_alphanumeric() && c != '\\'))
    };
    let solid = |c: Option<char>| c.is_some_and(|c| !c.is_whitespace());
    let digit = after.is_some_and(|c| c.is_ascii_digit()) && !matches!(mark, b'*' | b'_');
    let opens = open(before) && solid(after) && !digit;
    let closes = solid(before) && open(after);
    let touches = word(before) || word(after) || (opens && closes);
    (run <= 2 && touches && (opens || closes)).then_some(at..at + run)
}

/// Nothing inline is longer than this; looking further would cost quadratic time in a paragraph of megabytes.
pub(super) const REACH: usize = 4 << 10;

/// Where what begins with `open` at `at` ends; `None` if it does not begin here or does not end within reach.
pub(super) fn enclosed(
    text: &str,
    source: &Range<usize>,
    at: usize,
    open: &str,
    close: &str,
) -> Option<usize> {
    let inside = text[at..source.end].strip_prefix(open)?;
    let mut reach = inside.len().min(REACH);
    while !inside.is_char_boundary(reach) {
        reach -= 1;
    }
    let length = inside[..reach].find(close)?;
    Some(at + open.len() + length + close.len())
}

/// The end of the line that `at` is in, or of the paragraph.
pub(super) fn line_end(text: &str, source: &Range<usize>, at: usize) -> usize {
    text[at..source.end]
        .find(['\n', '\r'])
        .map_or(source.end, |length| at + length)
}

/// How many bytes before `at` are characters for which `is` holds, all of them ASCII.
pub(super) fn run_before(
    text: &str,
    source: &Range<usize>,
    at: usize,
    is: impl Fn(u8) -> bool,
) -> usize {
    text.as_bytes()[source.start..at]
        .iter()
        .rev()
        .take_while(|b| is(**b))
        .count()
}
