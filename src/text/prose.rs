//! Which parts of a document are prose.
//!
//! One answer serves suggesting, reading and learning.

use std::ops::Range;

/// How a document is marked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Language {
    /// Paragraphs separated by blank lines.
    Plain,
    /// CommonMark with front matter, tables, footnotes and math.
    Markdown,
    /// LaTeX.
    Latex,
    /// A commit message: comment lines and the diff below scissors are left out.
    GitCommit,
    /// reStructuredText.
    Rst,
    /// AsciiDoc.
    Asciidoc,
    /// Org mode.
    Org,
    /// Typst.
    Typst,
    /// HTML.
    Html,
}

/// What stands before a paragraph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
/// What lies between two ranges (inline code, a link's target, markup) is skipped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paragraph {
    /// What kind of paragraph starts here.
    pub starts: Break,
    /// Its text.
    pub ranges: Vec<Range<usize>>,
}

impl Language {
    /// From the editor's language id (`markdown`, `plaintext`, `tex`, ...).
    pub fn from_id(_id: &str) -> Option<Language> {
        unimplemented!()
    }
    /// From a file name's extension.
    pub fn from_path(_path: &std::path::Path) -> Option<Language> {
        unimplemented!()
    }
}

/// The prose of a document, paragraph by paragraph, in order.
pub fn paragraphs(_language: Language, _text: &str) -> Vec<Paragraph> {
    unimplemented!()
}
