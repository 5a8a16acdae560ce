//! One open document and the hidden state at its cursor.
//!
//! Imports `text`, `model` and the plain types of `predict` (a [`Context`] and the [`Recency`] that goes with it).
//! Never reads a file, a clock or an environment variable, and knows nothing of the protocol but positions.

//!
//! What a document knows is a function of its text, the cursor and the passage that it follows, never of the edits that led there:
//!
//! - the text falls into pieces that are read separately ([`outline`]), and each piece into tokens and *anchors*, places
//!   where reading may start ([`reading`]);
//! - what stands at a cursor is asked once a word ([`cursor`]);
//! - the hidden state at a cursor is that of reading from the last anchor that leaves enough context before it, and
//!   whatever was read of the same tokens before is not read again ([`checkpoint`]); before the document's first word stands
//!   the end of another one, if it follows one ([`preface`]);
//! - the [`Recency`] holds the tokens of some hundred kilobytes before the cursor.

mod checkpoint;
mod cursor;
mod outline;
mod position;
mod preface;
mod reading;

pub use position::{Encoding, Position};

use crate::model::{Model, Scratch, State};
use crate::predict::{Context, Recency};
use crate::text::prose::{self, Language, Passage};
use crate::text::{Ending, TokenId, Tokenizer, Vocabulary};
use checkpoint::{Checkpoints, common};
use cursor::Cursor;
use outline::{Outline, ReadingId};
use preface::Preface;
pub use reading::Read;
use reading::{CONTEXT_TOKENS, Memory, Reading};
use ropey::Rope;
use std::ops::Range;
use std::sync::Arc;

/// A piece longer than this (a code block, a blob) is left alone: reading it at every keystroke would be felt.
const MAX_PIECE: usize = 128 << 10;

/// What [`Document::read_ahead`] does at a time, at most: bytes of pieces made tokens, tokens remembered, tokens read by the network.
const AHEAD_BYTES: usize = 8 << 10;
const AHEAD_WORDS: usize = 1000;
const AHEAD_STEPS: usize = 16;

/// Readings of pieces away from the cursor are kept while they are no more than this (some 3 MB).
const MAX_READINGS: usize = 256;

/// A text open in an editor.
#[derive(Debug)]
pub struct Document {
    language: Language,
    version: i32,
    text: Rope,
    in_step: bool,
    outline: Outline,
    memory: Memory,
    preface: Preface,
    last: cursor::Last,
    checkpoints: Checkpoints,
    /// What `recency` has read.
    tokens: Vec<Read>,
    /// Where reading may start: indices of tokens.
    anchors: Vec<usize>,
    /// The pieces that `tokens` and `anchors` begin with, and whether those are the document's first.
    pieces: Vec<Remembered>,
    is_whole: bool,
    recency: Recency,
    /// Whose tokens and states these are.
    model: Option<u64>,
}

/// A piece whose tokens are remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Remembered {
    reading: ReadingId,
    /// How many tokens, and how many anchors, are remembered with it.
    tokens: usize,
    anchors: usize,
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
            outline: Outline::default(),
            memory: Memory::default(),
            preface: Preface::default(),
            last: cursor::Last::default(),
            checkpoints: Checkpoints::default(),
            tokens: Vec::new(),
            anchors: Vec::new(),
            pieces: Vec::new(),
            is_whole: false,
            recency: Recency::new(),
            model: None,
        }
    }

    /// What the network reads before the document's first word from now on. Nothing of it counts as the document's own words.
    pub fn follow(&mut self, passage: Option<Arc<Passage>>) {
        self.preface.follow(passage);
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

    /// Drops all that may have been left half done: the document says nothing until a full text arrives.
    pub fn lose(&mut self) {
        *self = Document {
            in_step: false,
            preface: std::mem::take(&mut self.preface),
            ..Document::open(self.language, self.version, "")
        };
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
                    self.outline = Outline::default();
                    self.pieces.clear();
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
        self.outline.edit(&range, self.text.len_bytes());
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
        let (cursor, pieces) = self.cursor(offset, model)?;
        for piece in pieces.clone() {
            self.read_piece(piece, model.tokenizer());
        }
        self.remember(
            pieces.clone(),
            &cursor.reading,
            model.tokenizer().vocabulary(),
            usize::MAX,
        );
        self.forget(pieces.clone());
        let curly = cursor.reading.curly.or_else(|| {
            pieces
                .rev()
                .find_map(|piece| self.outline.reading(piece)?.curly)
        });
        let tokens = self.read_from(model.tokenizer());
        Some(Context {
            state: self.checkpoints.state(&tokens, model, scratch),
            prefix_start: offset - cursor.prefix.len(),
            prefix: cursor.prefix,
            boundary: cursor.boundary,
            curly: curly.unwrap_or(false),
        })
    }

    /// The tokens of `word` and the state after them, as if it stood behind a space at the place of the last [`Document::context`]
    /// and a space behind it; `None` if there was none with this model. Nothing of it is seen before it is typed.
    pub fn foresee(
        &mut self,
        word: &str,
        model: &Model,
        scratch: &mut Scratch,
    ) -> Option<(Vec<TokenId>, State)> {
        self.read_for(model);
        let known = self.tokens.len();
        if known == 0 {
            return None;
        }
        let more = model.tokenizer().read(word, Ending::Spaced);
        self.tokens.extend(more.iter().copied().map(Read::from));
        let tokens = self.read_from(model.tokenizer());
        self.tokens.truncate(known);
        Some((more, self.checkpoints.state(&tokens, model, scratch)))
    }

    /// Does a small part of what [`Document::context`] at this offset would have to do, a millisecond or two; `false` when nothing
    /// is left to do.
    pub fn read_ahead(&mut self, offset: usize, model: &Model, scratch: &mut Scratch) -> bool {
        let Some((cursor, pieces)) = self.cursor(offset, model) else {
            return false;
        };
        let mut room = AHEAD_BYTES;
        for piece in pieces.clone() {
            if self.outline.reading(piece).is_some() {
                continue;
            }
            if room == 0 {
                return true;
            }
            room = room.saturating_sub(self.outline.range(piece).len());
            self.read_piece(piece, model.tokenizer());
        }
        let vocabulary = model.tokenizer().vocabulary();
        if !self.remember(pieces.clone(), &cursor.reading, vocabulary, AHEAD_WORDS) {
            return true;
        }
        self.forget(pieces);
        let tokens = self.read_from(model.tokenizer());
        let known = self.checkpoints.covered(&tokens);
        let end = tokens.len().min(known + AHEAD_STEPS);
        self.checkpoints.state(&tokens[..end], model, scratch);
        end < tokens.len()
    }

    /// What stands at an offset, up to its prefix, and the pieces before it that are remembered there.
    fn cursor(&mut self, offset: usize, model: &Model) -> Option<(Cursor, Range<usize>)> {
        if !self.in_step || !self.is_boundary(offset) {
            return None;
        }
        self.read_for(model);
        self.outline.update(self.language, &self.text);
        let piece = self.outline.at(offset);
        let range = self.outline.range(piece);
        if range.len() > MAX_PIECE {
            return None;
        }
        let text = self.slice(range.clone());
        let cursor = self.last.at(
            (self.language, outline::part(range.start)),
            &text,
            offset - range.start,
            model.tokenizer(),
            &mut self.memory,
        )?;
        Some((cursor, self.outline.memory(piece)..piece))
    }

    /// The tokens before the prefix of the last [`Document::context`], as far back as they are remembered.
    pub fn recency(&self) -> &Recency {
        &self.recency
    }

    /// The tokens that [`Document::recency`] holds.
    pub fn remembered(&self) -> &[Read] {
        &self.tokens
    }

    /// How many tokens the network has read for this document: what its states have cost.
    pub fn tokens_read(&self) -> u64 {
        self.checkpoints.steps()
    }

    /// Forgets what another model has read.
    fn read_for(&mut self, model: &Model) {
        if self.model.replace(model.identity()) == Some(model.identity()) {
            return;
        }
        self.outline.forget_all_but(0..0);
        self.memory = Memory::default();
        self.preface.forget_tokens();
        self.last = cursor::Last::default();
        self.checkpoints.clear();
        self.tokens.clear();
        self.anchors.clear();
        self.pieces.clear();
        self.recency = Recency::new();
    }

    fn is_boundary(&self, offset: usize) -> bool {
        offset <= self.text.len_bytes()
            && self.text.char_to_byte(self.text.byte_to_char(offset)) == offset
    }

    fn slice(&self, range: Range<usize>) -> String {
        self.text.byte_slice(range).into()
    }

    /// Reads a piece that was not read or has changed.
    fn read_piece(&mut self, piece: usize, tokenizer: &Tokenizer) {
        if self.outline.reading(piece).is_some() {
            return;
        }
        let range = self.outline.range(piece);
        let mut reading = Reading::default();
        if range.len() <= MAX_PIECE {
            let text = self.slice(range.clone());
            let part = outline::part(range.start);
            for paragraph in prose::piece(self.language, part, &text) {
                let running = paragraph.running(&text);
                reading.paragraph(
                    paragraph.starts,
                    &running,
                    Ending::Spaced,
                    tokenizer,
                    &mut self.memory,
                );
            }
        }
        self.outline.keep(piece, reading);
    }

    /// Brings `tokens`, `anchors` and `recency` to the cursor, which stands in the piece behind `pieces` at the end of `last`;
    /// `false` if more than `most` new tokens would have to be read for it, of which only the first were.
    ///
    /// The tokens begin with `DOC`, and a paragraph's break is left out where the document starts.
    fn remember(
        &mut self,
        pieces: Range<usize>,
        last: &Reading,
        vocabulary: &Vocabulary,
        most: usize,
    ) -> bool {
        let is_whole = pieces.start == 0;
        if is_whole != self.is_whole {
            self.pieces.clear();
            self.is_whole = is_whole;
        }
        // What stands before the first piece that has changed need not be looked at.
        let ids: Vec<Option<ReadingId>> = pieces
            .clone()
            .map(|piece| self.outline.reading_id(piece))
            .collect();
        let same = self.pieces.iter().map(|piece| Some(piece.reading));
        let same = same.zip(&ids).take_while(|(a, b)| a == *b).count();
        self.pieces.truncate(same);
        let before = self.pieces.last();
        let (base, anchors) = before.map_or((1, 0), |piece| (piece.tokens, piece.anchors));
        self.anchors.truncate(anchors);

        if self.tokens.is_empty() {
            self.tokens.push(Read::from(TokenId::DOC));
            self.recency.push(TokenId::DOC, vocabulary);
        }
        let mut rest = Vec::new();
        let readings = pieces.skip(same).map(|piece| self.outline.reading(piece));
        let readings = readings.chain([Some(last)]);
        for (reading, id) in readings.zip(ids[same..].iter().chain([&None])) {
            let Some(reading) = reading else { continue };
            let start = base + rest.len();
            let skipped = usize::from(is_whole && start == 1).min(reading.tokens.len());
            rest.extend_from_slice(&reading.tokens[skipped..]);
            let anchor = |&anchor: &usize| start + anchor.saturating_sub(skipped);
            self.anchors.extend(reading.anchors.iter().map(anchor));
            if let Some(id) = *id {
                self.pieces.push(Remembered {
                    reading: id,
                    tokens: base + rest.len(),
                    anchors: self.anchors.len(),
                });
            }
        }

        let kept = base + common(&self.tokens[base..], &rest);
        self.recency.truncate(kept);
        self.tokens.truncate(kept);
        let new = &rest[kept - base..];
        let is_all = new.len() <= most;
        for &read in &new[..new.len().min(most)] {
            match read.is_code {
                true => self.recency.push_code(read.token, vocabulary),
                false => self.recency.push(read.token, vocabulary),
            }
            self.tokens.push(read);
        }
        let len = self.tokens.len();
        let whole = self.pieces.partition_point(|piece| piece.tokens <= len);
        self.pieces.truncate(whole);
        is_all
    }

    /// The tokens that the network reads for the cursor: from the last anchor that leaves enough context, or the document's start and what
    /// it follows.
    fn read_from(&mut self, tokenizer: &Tokenizer) -> Vec<TokenId> {
        let latest = self.tokens.len().saturating_sub(CONTEXT_TOKENS);
        let anchor = self.anchors.iter().rev().find(|&&anchor| anchor <= latest);
        let from = anchor.copied().unwrap_or(1);
        let mut tokens = Vec::new();
        if self.is_whole && from == 1 {
            tokens.extend_from_slice(self.preface.tokens(tokenizer));
        }
        tokens.push(TokenId::DOC);
        tokens.extend(self.tokens[from..].iter().map(|read| read.token));
        tokens
    }

    /// Keeps memory bounded: in a long document only what the cursor needs.
    fn forget(&mut self, needed: Range<usize>) {
        if self.outline.readings() > MAX_READINGS + needed.len() {
            self.outline.forget_all_but(needed);
        }
    }
}
