//! From prose to the tokens that the network reads.

use crate::text::prose::{Break, RunningText};
use crate::text::{Ending, TokenId, Tokenizer};
use std::collections::HashMap;
use std::ops::Range;

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

/// A token as it stands in a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Read {
    /// The token.
    pub token: TokenId,
    /// Whether it is inline code, whose words are not the document's own.
    pub is_code: bool,
}

/// The tokens of a piece of a document, or of its part before the cursor.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Reading {
    /// Each paragraph's break, then its tokens.
    pub(super) tokens: Vec<Read>,
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
        running: &RunningText,
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
        self.tokens.push(Read::from(TokenId::from(starts)));
        let mut at = 0;
        loop {
            let rest = &running.text[at..];
            let end = at + segment_len(rest);
            let segment = Segment {
                text: running.text[at..end].into(),
                code: running.code_within(at..end),
            };
            if end == running.text.len() {
                // The only segment that typing changes; the memory is for those that stay.
                self.tokens.extend(segment.read(ending, tokenizer));
                break;
            }
            memory.read(segment, tokenizer, &mut self.tokens);
            self.anchor(INNER_SPACING);
            at = end;
        }
        self.curly = is_curly(running).or(self.curly);
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

impl From<TokenId> for Read {
    /// A token of prose.
    fn from(token: TokenId) -> Read {
        Read {
            token,
            is_code: false,
        }
    }
}

/// Whether the last apostrophe of a text's prose is U+2019, if it has one.
pub(super) fn is_curly(running: &RunningText) -> Option<bool> {
    let apostrophes = running.text.rmatch_indices(['\'', '\u{2019}']);
    let mut in_prose = apostrophes.filter(|(at, found)| !running.is_code(&(*at..at + found.len())));
    in_prose.next().map(|(_, found)| found == "\u{2019}")
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
    recent: HashMap<Segment, Box<[Read]>>,
    older: HashMap<Segment, Box<[Read]>>,
}

/// Part of a paragraph's text, and which of its bytes are code.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Segment {
    text: Box<str>,
    code: Vec<Range<usize>>,
}

impl Segment {
    /// The tokens that the network reads.
    fn read(&self, ending: Ending, tokenizer: &Tokenizer) -> Vec<Read> {
        if self.code.is_empty() {
            let tokens = tokenizer.read(&self.text, ending);
            return tokens.into_iter().map(Read::from).collect();
        }
        let encoded = tokenizer.encode(&self.text, ending);
        let mut from = 0;
        let mut read = Vec::with_capacity(encoded.ids.len());
        for (token, end) in encoded.ids.into_iter().zip(encoded.ends) {
            // The bytes of one character all end where it does.
            let last = (end as usize).saturating_sub(1).max(from);
            from = end as usize;
            if token.is_read() {
                let is_code = self.code.iter().any(|code| code.contains(&last));
                read.push(Read { token, is_code });
            }
        }
        read
    }
}

impl Memory {
    /// Appends the tokens of a segment that another one follows.
    fn read(&mut self, segment: Segment, tokenizer: &Tokenizer, out: &mut Vec<Read>) {
        if let Some(tokens) = self.recent.get(&segment) {
            out.extend_from_slice(tokens);
            return;
        }
        let tokens = self.older.remove(&segment).unwrap_or_else(|| {
            let is_cut = !segment.text.ends_with([' ', '\n', '\r', '\t']);
            let ending = if is_cut {
                Ending::Touching
            } else {
                Ending::Spaced
            };
            segment.read(ending, tokenizer).into()
        });
        out.extend_from_slice(&tokens);
        if self.recent.len() == MAX_REMEMBERED {
            self.older = std::mem::take(&mut self.recent);
        }
        self.recent.insert(segment, tokens);
    }
}
