//! One open document and the hidden state at its cursor.
//!
//! Imports `text`, `model` and the plain types of `predict` (a [`Context`] and the [`Recency`] that goes with it).
//! Never reads a file, a clock or an environment variable, and knows nothing of the protocol but positions.

mod position;

pub use position::{Encoding, Position};

use crate::model::{Model, Scratch};
use crate::predict::{Context, Recency};
use crate::text::prose::Language;
use ropey::Rope;
use std::ops::Range;

/// A text open in an editor.
#[derive(Debug)]
pub struct Document {
    language: Language,
    version: i32,
    text: Rope,
    in_step: bool,
    recency: Recency,
}

/// One element of a `didChange` notification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// The whole text anew.
    Full(String),
    /// What stands in a range is replaced.
    Partial(Range<Position>, String),
}

/// Why a position or a change cannot be one of this text: the client sees another text than we do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OutOfStep {
    /// The line does not exist.
    #[error("line {line} of a text of {lines} lines")]
    NoSuchLine {
        /// The line asked for, from zero.
        line: usize,
        /// How many there are.
        lines: usize,
    },
    /// The column lies inside a character.
    #[error("column {column} of line {line} is inside a character ({encoding:?})")]
    InsideCharacter {
        /// The line, from zero.
        line: usize,
        /// The column in code units.
        column: usize,
        /// The unit.
        encoding: Encoding,
    },
    /// A range ends before it starts.
    #[error("a range that ends before it starts")]
    Reversed,
    /// An earlier change did not fit and no full text has come since.
    #[error("an earlier change did not fit")]
    Earlier,
}

impl Document {
    /// A document as `didOpen` brings it. Costs a scan of the text; nothing is read before [`Document::context`].
    pub fn open(language: Language, version: i32, text: &str) -> Document {
        Document {
            language,
            version,
            text: Rope::from_str(text),
            in_step: true,
            recency: Recency::new(),
        }
    }

    /// How it is marked up.
    pub fn language(&self) -> Language {
        self.language
    }

    /// The version of the last notification, as the client counts.
    pub fn version(&self) -> i32 {
        self.version
    }

    /// Its text.
    pub fn text(&self) -> &Rope {
        &self.text
    }

    /// Whether the text is the client's: see [`Document::apply`].
    pub fn in_step(&self) -> bool {
        self.in_step
    }

    /// Makes the document say nothing until a full text arrives.
    pub fn lose(&mut self) {
        self.in_step = false;
    }

    /// Applies the changes of one notification in order. After one that does not fit, the document says nothing until
    /// a full text arrives.
    pub fn apply(
        &mut self,
        version: i32,
        changes: &[Change],
        encoding: Encoding,
    ) -> Result<(), OutOfStep> {
        self.version = version;
        let mut result = if self.in_step {
            Ok(())
        } else {
            Err(OutOfStep::Earlier)
        };
        for change in changes {
            match change {
                Change::Full(text) => {
                    self.text = Rope::from_str(text);
                    result = Ok(());
                }
                Change::Partial(range, text) if result.is_ok() => {
                    match position::range(&self.text, range, encoding) {
                        Ok(range) => self.splice(range, text),
                        Err(error) => result = Err(error),
                    }
                }
                Change::Partial(..) => {}
            }
        }
        self.in_step = result.is_ok();
        result
    }

    /// Replaces a byte range, which must lie on character boundaries.
    pub fn splice(&mut self, range: Range<usize>, text: &str) {
        let start = self.text.byte_to_char(range.start);
        let end = self.text.byte_to_char(range.end);
        self.text.remove(start..end);
        self.text.insert(start, text);
    }

    /// The byte offset of a position of the current text.
    pub fn offset(&self, position: Position, encoding: Encoding) -> Result<usize, OutOfStep> {
        if !self.in_step {
            return Err(OutOfStep::Earlier);
        }
        position::offset(&self.text, position, encoding)
    }

    /// The position of a byte offset.
    pub fn position(&self, offset: usize, encoding: Encoding) -> Position {
        position::position(&self.text, offset, encoding)
    }

    /// The state and the prefix at a cursor; `None` where the text is not prose or the document is out of step.
    /// What the document's own words teach stands in [`Document::recency`] afterwards.
    pub fn context(
        &mut self,
        offset: usize,
        model: &Model,
        scratch: &mut Scratch,
    ) -> Option<Context> {
        let _ = (offset, model, scratch);
        None
    }

    /// The tokens before the prefix of the last [`Document::context`], as far back as they are remembered.
    pub fn recency(&self) -> &Recency {
        &self.recency
    }
}
