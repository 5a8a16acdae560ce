//! Which parts of a document are prose.
//!
//! One answer serves suggesting, reading and learning. It rests on two ideas:
//!
//! - **Pieces.** A document falls into pieces of a few kilobytes ([`pieces`]), cut only where every construct of its
//!   language is closed, and the prose of a document is *defined* as the prose of its pieces, one after the other. An
//!   edit therefore changes the prose of the pieces it touches and of no other, and [`next_cut`] finds the changed
//!   pieces again without looking at the rest.
//! - **Probing.** Whether a cursor stands in prose ([`place`]) is asked of the text that would result from typing a
//!   letter there. So the empty document, the empty line, the bare list marker and the space after the last word need
//!   no rules of their own, in any language.
//!
//! Extraction never fails: text that does not follow its language's grammar gives some ranges, in order and on
//! character boundaries.

mod artifacts;
mod asciidoc;
mod builder;
mod containers;
mod dialects;
mod front_matter;
mod git;
mod grid;
mod html;
mod inline;
mod language;
mod latex;
mod lines;
mod markdown;
mod org;
mod passage;
mod pieces;
mod plain;
mod rst;
mod running;
mod templates;
mod typst;

use std::borrow::Cow;
use std::ops::Range;

pub use language::Language;
pub use passage::Passage;
pub use pieces::{OPENING, Part, next_cut, pieces};
pub use running::RunningText;

/// What stands before a paragraph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Break {
    /// An ordinary paragraph.
    Paragraph,
    /// A heading.
    Heading,
    /// A list item.
    Item,
    /// A block quote.
    Quote,
}

/// A paragraph's prose: byte ranges of the document in order, never empty, not overlapping.
///
/// The prose is its ranges joined. What lies between two of them (inline code, a link's target, markup, the
/// `> ` before a continued quote) is skipped; soft line breaks are inside a range.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paragraph {
    /// What kind of paragraph starts here.
    pub starts: Break,
    /// Its text.
    pub ranges: Vec<Range<usize>>,
    /// Inline code between them, in order: no prose, but part of the sentence.
    pub code: Vec<Range<usize>>,
    /// Whether `~` is a space in it.
    pub ties: bool,
}

/// A cursor in prose: everything of its piece that is read before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The paragraphs of the piece before the cursor's own.
    pub before: Vec<Paragraph>,
    /// The cursor's paragraph, cut off at the cursor. No ranges: it would start here.
    pub paragraph: Paragraph,
    /// What stands right before the cursor.
    pub edge: Edge,
}

/// What stands right before a cursor in prose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edge {
    /// Prose, white space, opening markup or nothing: what is typed follows the paragraph's text as it stands.
    Open,
    /// The end of something left out, as in "`code`|": what is typed would touch it.
    Touching,
}

/// The prose of a document, paragraph by paragraph, in order.
pub fn paragraphs(language: Language, text: &str) -> Vec<Paragraph> {
    let mut all = Vec::new();
    for (part, range) in pieces(language, text) {
        let base = range.start;
        all.extend(
            piece(language, part, &text[range])
                .into_iter()
                .map(|paragraph| paragraph.moved(base)),
        );
    }
    all
}

/// The prose of one piece; offsets count from the piece's start.
pub fn piece(language: Language, part: Part, text: &str) -> Vec<Paragraph> {
    use builder::Builder;
    let mut builder = match language {
        Language::Markdown => Builder::with_markup(text, dialects::markup, b""),
        Language::GitCommit => Builder::with_markup(text, git::markup, b"`"),
        Language::Rst => Builder::with_markup(text, rst::markup, b"`"),
        Language::Org => Builder::with_markup(text, org::markup, b"=~$"),
        Language::Asciidoc => Builder::with_markup(text, asciidoc::markup, b"`"),
        Language::Html => Builder::with_markup(text, dialects::templates, b""),
        Language::Latex | Language::Typst => Builder::new(text).with_ties(),
        _ => Builder::new(text),
    };
    match language {
        Language::Markdown => markdown::extract(text, part, &mut builder),
        Language::Latex => latex::extract(text, part, &mut builder),
        Language::GitCommit => git::extract(text, &mut builder),
        Language::Rst => rst::extract(text, &mut builder),
        Language::Org => org::extract(text, &mut builder),
        Language::Asciidoc => asciidoc::extract(text, part, &mut builder),
        Language::Html => html::extract(text, &mut builder),
        Language::Typst => typst::extract(text, &mut builder),
        Language::Plain => plain::extract(text, part, &mut builder),
    }
    builder.finish()
}

/// Where a cursor stands that is at `offset` of a piece, or `None` where that is not prose; offsets count from the
/// piece's start. An offset at which one piece ends and the next begins belongs to the next.
///
/// # Panics
///
/// If `offset` is not on a character boundary of `text`.
pub fn place(language: Language, part: Part, text: &str, offset: usize) -> Option<Place> {
    let mut probed = String::with_capacity(text.len() + 1);
    probed.push_str(&text[..offset]);
    probed.push('x');
    probed.push_str(&text[offset..]);

    let mut before = piece(language, part, &probed);
    let holds = |range: &Range<usize>| range.contains(&offset);
    let index = before
        .iter()
        .position(|paragraph| paragraph.ranges.iter().any(holds))?;
    before.truncate(index + 1);
    let mut paragraph = before.pop()?;
    let opens = paragraph.ranges[0].start;
    if unfinished(language, &text[opens..offset]) {
        return None;
    }
    paragraph.ranges.retain(|range| range.start < offset);
    paragraph.code.retain(|code| code.end <= offset);
    if let Some(last) = paragraph.ranges.last_mut() {
        last.end = last.end.min(offset);
    }
    let edge = edge(text, &paragraph, offset);
    Some(Place {
        before,
        paragraph,
        edge,
    })
}

/// Whether a paragraph's source up to the cursor ends inside something that is not prose but that only its closing
/// delimiter, not yet typed, would show to the parser: "run `car|".
fn unfinished(language: Language, source: &str) -> bool {
    match language {
        Language::Markdown => markdown::unfinished(source),
        _ => false,
    }
}

fn edge(text: &str, paragraph: &Paragraph, offset: usize) -> Edge {
    let read = paragraph.ranges.last().map_or(0, |range| range.end);
    let gap = &text[read..offset];
    // Emphasis opens when nothing stands before it, and closes otherwise; brackets say it themselves.
    let marks = |c: char| {
        matches!(
            c,
            '*' | '_' | '~' | '=' | '+' | '#' | '-' | '"' | '\'' | '\\'
        )
    };
    let before_marks = gap.trim_end_matches(marks);
    let open = match before_marks.chars().next_back() {
        None => {
            gap.is_empty()
                || !text[..read]
                    .ends_with(|c: char| c.is_alphanumeric() || c.is_ascii_punctuation())
        }
        Some(c) => c.is_whitespace() || matches!(c, '{' | '[' | '(' | '!' | ':' | '|' | '/' | '>'),
    };
    if open { Edge::Open } else { Edge::Touching }
}

impl Paragraph {
    /// The same paragraph of a text in which `base` bytes stand before it.
    pub fn moved(mut self, base: usize) -> Paragraph {
        for range in self.ranges.iter_mut().chain(&mut self.code) {
            range.start += base;
            range.end += base;
        }
        self
    }

    /// The paragraph's prose.
    pub fn text(&self, document: &str) -> String {
        self.marked_text(document, "")
    }

    /// The paragraph's prose, with `mark` where code stands in it.
    pub fn marked_text(&self, document: &str, mark: &str) -> String {
        let mut text = String::new();
        let mut code = self.code.iter().peekable();
        for range in &self.ranges {
            while code.next_if(|code| code.start < range.start).is_some() {
                text.push_str(mark);
            }
            text.push_str(&self.read(&document[range.clone()]));
        }
        code.for_each(|_| text.push_str(mark));
        text
    }

    /// Text as it is read: of as many bytes.
    fn read<'t>(&self, text: &'t str) -> Cow<'t, str> {
        match self.ties && text.contains('~') {
            true => Cow::Owned(text.replace('~', " ")),
            false => Cow::Borrowed(text),
        }
    }

    /// The paragraph as it is read, with its code: the network learned from sentences that had theirs.
    pub fn running(&self, document: &str) -> RunningText {
        let mut running = RunningText::default();
        let mut code = self.code.iter().peekable();
        for range in &self.ranges {
            while let Some(code) = code.next_if(|code| code.start < range.start) {
                running.push(&document[code.clone()], true);
            }
            running.push(&self.read(&document[range.clone()]), false);
        }
        code.for_each(|code| running.push(&document[code.clone()], true));
        running
    }
}

#[cfg(test)]
mod tests;
