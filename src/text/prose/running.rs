//! A paragraph as somebody reads it: its prose, and the inline code that stands in its sentences.

use std::ops::Range;

/// Text and which bytes of it are inline code.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunningText {
    /// The text.
    pub text: String,
    /// Ranges of it, in order, not overlapping.
    pub code: Vec<Range<usize>>,
}

impl RunningText {
    /// Adds a piece of text.
    pub(super) fn push(&mut self, text: &str, is_code: bool) {
        let start = self.text.len();
        self.text.push_str(text);
        if is_code {
            self.code.push(start..self.text.len());
        }
    }

    /// The code in a range of the text; offsets count from the range's start.
    pub fn code_within(&self, range: Range<usize>) -> Vec<Range<usize>> {
        let first = self.code.partition_point(|code| code.end <= range.start);
        let code = self.code[first..].iter();
        code.take_while(|code| code.start < range.end)
            .map(|code| {
                let start = code.start.max(range.start);
                start - range.start..code.end.min(range.end) - range.start
            })
            .collect()
    }

    /// The text before `end`, a character boundary.
    pub fn truncate(&mut self, end: usize) {
        self.code = self.code_within(0..end);
        self.text.truncate(end);
    }

    /// Whether some of a range is code.
    pub fn is_code(&self, range: &Range<usize>) -> bool {
        let first = self.code.partition_point(|code| code.end <= range.start);
        self.code
            .get(first)
            .is_some_and(|code| code.start < range.end)
    }
}

impl From<&str> for RunningText {
    /// Text without code.
    fn from(text: &str) -> RunningText {
        RunningText {
            text: text.to_owned(),
            code: Vec::new(),
        }
    }
}
