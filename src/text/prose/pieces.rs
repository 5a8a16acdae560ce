//! Where a document can be cut so that its pieces can be read separately.

use std::ops::Range;

use super::lines::{Line, lines, with_next};
use super::{Language, asciidoc, git, html, latex, markdown, org, plain, rst, typst};

/// A piece is cut as soon as it is this long and a cut is possible: it is read again at every keystroke. A few paragraphs,
/// so that few meet a cut that only looks possible.
pub(super) const LENGTH: usize = 2 << 10;

/// Front matter is looked for in so many bytes at the start of a document.
pub const OPENING: usize = 8 << 10;

/// A piece that is this long and has nothing open but a paragraph, a list or a quote is cut at its next line, or its next
/// word: a megabyte without a blank line must not be read at every keystroke.
const MAX_LENGTH: usize = 32 << 10;

/// Which piece of a document: front matter and preambles stand in the first only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    /// The document's first piece.
    Opening,
    /// Any other.
    Later,
}

/// What a line says about a cut right before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cut {
    /// Everything before the line is closed.
    Here,
    /// Only text goes on: good enough when the piece is too long.
    Text,
    /// The line goes on with something.
    Not,
}

/// Where the piece that begins at the start of `text` ends, or `None` if it is the last; `text` goes on to the
/// document's end.
///
/// The answer depends on the piece and on the first line behind it only. So after an edit the pieces are right again
/// once they have been recomputed from the piece *before* the one in which the edit begins up to the first old cut behind
/// the edit that is met again.
pub fn next_cut(language: Language, part: Part, text: &str) -> Option<usize> {
    if text.len() <= LENGTH {
        return None;
    }
    match language {
        Language::Markdown => {
            let mut lines = markdown::Cuts::new(text, part);
            first_cut(text, |line| lines.before(line))
        }
        Language::Latex => latex::next_cut(text, part),
        Language::GitCommit => git::next_cut(text),
        Language::Rst => rst::next_cut(text),
        Language::Org => org::next_cut(text),
        Language::Asciidoc => asciidoc::next_cut(text, part),
        Language::Html => html::next_cut(text),
        Language::Typst => typst::next_cut(text),
        Language::Plain => plain::next_cut(text),
    }
}

fn first_cut(text: &str, mut before: impl FnMut(&str) -> Cut) -> Option<usize> {
    lines(text).find_map(|line| {
        let cut = before(line.text);
        let is_due = match cut {
            Cut::Here => line.start >= LENGTH,
            Cut::Text => line.start >= MAX_LENGTH,
            Cut::Not => false,
        };
        if is_due {
            return Some(line.start);
        }
        if cut == Cut::Not || line.next <= MAX_LENGTH {
            return None;
        }
        // A letter, because nothing else is sure not to be markup where a line starts.
        let end = line.start + line.text.len();
        let from = text.ceil_char_boundary(line.start.max(MAX_LENGTH)).min(end);
        let inner = &text[from..end];
        let mut words = inner.match_indices([' ', '\t']).map(|(at, _)| at + 1);
        let word = words.find(|&at| inner[at..].starts_with(char::is_alphabetic));
        word.map(|at| from + at)
    })
}

/// The first line at the margin behind a blank one, once a piece is long enough. `read` reads a line, with the one behind
/// it, and says whether nothing is open that goes over blank lines.
pub(super) fn cut_at_margin<'t>(
    text: &'t str,
    mut read: impl FnMut(Line<'t>, Option<Line<'t>>) -> bool,
) -> Option<usize> {
    let mut cuttable = false;
    for (line, next) in with_next(text) {
        let blank = line.is_blank();
        if cuttable && !blank && line.start >= LENGTH && !line.text.starts_with([' ', '\t']) {
            return Some(line.start);
        }
        cuttable = read(line, next) && blank;
    }
    None
}

/// The pieces of a document, in order; an empty document is one empty piece.
pub fn pieces(language: Language, text: &str) -> impl Iterator<Item = (Part, Range<usize>)> {
    let mut next = Some((Part::Opening, 0));
    std::iter::from_fn(move || {
        let (part, start) = next?;
        let cut = next_cut(language, part, &text[start..]).map(|cut| start + cut);
        next = cut.map(|cut| (Part::Later, cut));
        Some((part, start..cut.unwrap_or(text.len())))
    })
}
