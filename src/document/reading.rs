//! From prose to the tokens that the network reads.

use crate::text::prose::Break;
use crate::text::{Ending, TokenId, Tokenizer};
use std::collections::HashMap;

/// Between an anchor and a cursor that is read from it lie at least so many tokens (unless the document's start or the
/// end of its memory comes first): an LSTM uses some two hundred tokens of context.
pub(super) const CONTEXT_TOKENS: usize = 256;

/// A paragraph that starts so many tokens after the last anchor is one.
const PARAGRAPH_SPACING: usize = 192;

/// A heading needs fewer.
const HEADING_SPACING: usize = 96;

/// Inside a paragraph the next segment after so many tokens is one.
const INNER_SPACING: usize = 240;

/// A paragraph is tokenized in segments that start with the first word after so many bytes...
const SEGMENT: usize = 96;

/// ...or after so many bytes where there is no white space to start a word.
const MAX_SEGMENT: usize = 512;

/// So many segments are remembered, and as many of those before them.
const MAX_REMEMBERED: usize = 1024;

/// The tokens of a piece of a document, or of its part before the cursor.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Reading {
    /// Each paragraph's break, then its tokens.
    pub(super) tokens: Vec<TokenId>,
    /// Where reading may start (indices of tokens). The first token is one. Whether another is depends only on what
    /// precedes it in the piece, so an edit moves no anchor before it and none in another piece.
    pub(super) anchors: Vec<usize>,
    /// Whether the last apostrophe is U+2019, if there is one.
    pub(super) curly: Option<bool>,
}

impl Reading {
    /// Adds a paragraph.
    pub(super) fn paragraph(
        &mut self,
        starts: Break,
        text: &str,
        ending: Ending,
        tokenizer: &Tokenizer,
        memory: &mut Memory,
    ) {
        let spacing = if starts == Break::Heading {
            HEADING_SPACING
        } else {
            PARAGRAPH_SPACING
        };
        self.anchor(spacing);
        self.tokens.push(match starts {
            Break::Paragraph => TokenId::PAR,
            Break::Heading => TokenId::HEAD,
            Break::Item => TokenId::ITEM,
            Break::Quote => TokenId::QUOTE,
        });
        let mut rest = text;
        loop {
            let (segment, after) = rest.split_at(segment_len(rest));
            if after.is_empty() {
                // The only segment that typing changes; the memory is for those that stay.
                self.tokens.extend(tokenizer.read(segment, ending));
                break;
            }
            memory.read(segment, tokenizer, &mut self.tokens);
            self.anchor(INNER_SPACING);
            rest = after;
        }
        self.curly = is_curly(text).or(self.curly);
    }

    /// Makes the next token an anchor if the last one is far enough.
    fn anchor(&mut self, spacing: usize) {
        let here = self.tokens.len();
        if self
            .anchors
            .last()
            .is_none_or(|last| here - last >= spacing)
        {
            self.anchors.push(here);
        }
    }
}

/// Whether the last apostrophe of a text is U+2019, if it has one.
pub(super) fn is_curly(text: &str) -> Option<bool> {
    let last = text.rfind(['\'', '\u{2019}'])?;
    Some(text[last..].starts_with('\u{2019}'))
}

/// Length of the first segment of a paragraph's text.
///
/// Encoding may restart where white space ends, so the tokens of the segments are those of the whole. Where a segment
/// ends depends on the text up to the next one's first character, so typing at the end leaves all but the last alone.
fn segment_len(text: &str) -> usize {
    let bytes = text.as_bytes();
    let is_white = |byte: u8| matches!(byte, b' ' | b'\n' | b'\r' | b'\t');
    let end = bytes.len().min(MAX_SEGMENT);
    let word = (SEGMENT..end).find(|&at| is_white(bytes[at - 1]) && !is_white(bytes[at]));
    word.unwrap_or_else(|| text.ceil_char_boundary(end))
}

/// Tokens of the segments read last, so that a keystroke tokenizes one segment and not a paragraph.
#[derive(Debug, Default)]
pub(super) struct Memory {
    recent: HashMap<Box<str>, Box<[TokenId]>>,
    older: HashMap<Box<str>, Box<[TokenId]>>,
}

impl Memory {
    /// Appends the tokens of a segment that another one follows.
    fn read(&mut self, segment: &str, tokenizer: &Tokenizer, out: &mut Vec<TokenId>) {
        if let Some(tokens) = self.recent.get(segment) {
            out.extend_from_slice(tokens);
            return;
        }
        let (key, tokens) = self.older.remove_entry(segment).unwrap_or_else(|| {
            let is_cut = !segment.ends_with([' ', '\n', '\r', '\t']);
            let ending = if is_cut {
                Ending::Touching
            } else {
                Ending::Spaced
            };
            (segment.into(), tokenizer.read(segment, ending).into())
        });
        out.extend_from_slice(&tokens);
        if self.recent.len() == MAX_REMEMBERED {
            self.older = std::mem::take(&mut self.recent);
        }
        self.recent.insert(key, tokens);
    }
}
