//! Where the pieces of a document lie.
//!
//! A piece ([`prose::next_cut`]) is read on its own, so an edit concerns the pieces it touches and no other. The outline
//! finds them again after edits by scanning from the piece before the first change to the first old cut behind the last
//! change that is met again; what lies behind keeps its readings. Where the pieces lie is a function of the text alone.

use super::reading::Reading;
use crate::text::prose::{self, Language, Part};
use ropey::Rope;
use std::ops::Range;

/// Where a piece ends is looked for in so many bytes behind its start, then in four times as many, and so on: a scanner
/// that looks for a closing tag then sees the same text whatever was scanned before.
fn window(language: Language) -> usize {
    match language {
        // Their cuts are found line by line; only front matter is looked for further on.
        Language::Plain | Language::Markdown => prose::OPENING,
        _ => 32 << 10,
    }
}

/// So much of a line says what it is.
const LONG_LINE: usize = 4 << 10;

/// At least so many bytes before the cursor's piece are remembered for their words, and at most twice as many: some ten
/// to twenty thousand words.
const MEMORY: usize = 64 << 10;

/// The memory starts at one of so many pieces, drawn by their first bytes: while the cursor moves on, the start stays
/// where it is for a while, and what was learned need not be learned again.
const LANDMARKS: u64 = 4;

/// A piece of a document.
#[derive(Debug)]
struct Piece {
    start: usize,
    is_landmark: bool,
    reading: Option<(ReadingId, Reading)>,
}

/// Tells what was read of one piece from what was read of another, or of the same one before it changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ReadingId(u64);

/// The pieces of one document.
#[derive(Debug, Default)]
pub(super) struct Outline {
    /// Never empty once updated; the first starts at 0.
    pieces: Vec<Piece>,
    /// Length of the text that the pieces divide.
    len: usize,
    /// What has not changed since: so many bytes at the start...
    head: usize,
    /// ...and at the end.
    tail: usize,
    /// How many pieces have a reading, and how many readings there ever were.
    readings: usize,
    read: u64,
}

impl Outline {
    /// Notes that `range` of a text of `len` bytes is being replaced.
    pub(super) fn edit(&mut self, range: &Range<usize>, len: usize) {
        self.head = self.head.min(range.start);
        self.tail = self.tail.min(len - range.end);
    }

    /// Finds the pieces again after edits.
    pub(super) fn update(&mut self, language: Language, text: &Rope) {
        let len = text.len_bytes();
        let is_changed = self.head < self.len || self.tail < len;
        if !self.pieces.is_empty() && !is_changed {
            return;
        }
        // Of "oo" both the first and the last letter stay when one is deleted, but there is only one left.
        let tail = self.tail.min(self.len - self.head).min(len - self.head);
        let first = self.first_to_scan(language);
        let start = self.pieces.get(first).map_or(0, |piece| piece.start);

        let mut scan = Scan {
            language,
            text,
            window: String::new(),
            base: start,
        };
        let mut found = Vec::new();
        let mut met = self.pieces.len();
        let mut next = Some(start);
        while let Some(start) = next {
            if start > self.head && start >= len - tail {
                let before = start + self.len - len;
                if let Ok(index) = self
                    .pieces
                    .binary_search_by_key(&before, |piece| piece.start)
                {
                    met = index;
                    break;
                }
            }
            next = scan.next_cut(start);
            let reading = self.unchanged(start, next.unwrap_or(len));
            found.push(Piece {
                start,
                is_landmark: scan.is_landmark(start),
                reading,
            });
        }

        for piece in &mut self.pieces[met..] {
            piece.start = piece.start + len - self.len;
        }
        let with_reading = |pieces: &[Piece]| pieces.iter().filter(|p| p.reading.is_some()).count();
        self.readings += with_reading(&found);
        self.readings -= with_reading(&self.pieces[first..met]);
        self.pieces.splice(first..met, found);
        (self.len, self.head, self.tail) = (len, len, len);
    }

    /// The first piece that the changes may have moved.
    ///
    /// Front matter and preambles are looked for from the start. Scanners that match tags and environments may look
    /// further than the contract of [`prose::next_cut`] has it, but never past their [`window`].
    fn first_to_scan(&self, language: Language) -> usize {
        let window = window(language);
        if self.head < window {
            return 0;
        }
        let behind = self
            .pieces
            .partition_point(|piece| piece.start <= self.head);
        let before = behind.saturating_sub(2);
        match language {
            Language::Plain | Language::Markdown => before,
            _ => before.min(
                self.pieces
                    .partition_point(|piece| piece.start + window < self.head),
            ),
        }
    }

    /// The reading of a piece that is found again although it was scanned again.
    fn unchanged(&mut self, start: usize, end: usize) -> Option<(ReadingId, Reading)> {
        if end > self.head {
            return None;
        }
        let index = self
            .pieces
            .binary_search_by_key(&start, |piece| piece.start)
            .ok()?;
        let is_whole = self
            .pieces
            .get(index + 1)
            .is_some_and(|next| next.start == end);
        let reading = is_whole.then(|| self.pieces[index].reading.take())?;
        self.readings -= usize::from(reading.is_some());
        reading
    }

    /// The piece that an offset lies in; between two, the second.
    pub(super) fn at(&self, offset: usize) -> usize {
        self.pieces.partition_point(|piece| piece.start <= offset) - 1
    }

    /// Where a piece lies.
    pub(super) fn range(&self, piece: usize) -> Range<usize> {
        let end = self
            .pieces
            .get(piece + 1)
            .map_or(self.len, |next| next.start);
        self.pieces[piece].start..end
    }

    /// The first piece remembered at a cursor in `piece`.
    pub(super) fn memory(&self, piece: usize) -> usize {
        let cursor = self.pieces[piece].start;
        let mut first = piece;
        for before in (0..piece).rev() {
            let length = cursor - self.pieces[before].start;
            if length > 2 * MEMORY {
                break;
            }
            first = before;
            if length >= MEMORY && self.pieces[before].is_landmark {
                break;
            }
        }
        first
    }

    /// What was read of a piece.
    pub(super) fn reading(&self, piece: usize) -> Option<&Reading> {
        self.pieces[piece]
            .reading
            .as_ref()
            .map(|(_, reading)| reading)
    }

    /// Which reading of a piece that is.
    pub(super) fn reading_id(&self, piece: usize) -> Option<ReadingId> {
        self.pieces[piece].reading.as_ref().map(|(id, _)| *id)
    }

    /// Keeps what was read of a piece.
    pub(super) fn keep(&mut self, piece: usize, reading: Reading) {
        self.read += 1;
        let before = self.pieces[piece]
            .reading
            .replace((ReadingId(self.read), reading));
        self.readings += usize::from(before.is_none());
    }

    /// How many pieces have a reading.
    pub(super) fn readings(&self) -> usize {
        self.readings
    }

    /// Drops what was read of all pieces but these.
    pub(super) fn forget_all_but(&mut self, pieces: Range<usize>) {
        for (index, piece) in self.pieces.iter_mut().enumerate() {
            if !pieces.contains(&index) && piece.reading.take().is_some() {
                self.readings -= 1;
            }
        }
    }
}

/// Which part of a document a piece is.
pub(super) fn part(start: usize) -> Part {
    if start == 0 {
        Part::Opening
    } else {
        Part::Later
    }
}

/// A forward scan over a rope.
struct Scan<'t> {
    language: Language,
    text: &'t Rope,
    /// The text from `base` on, as far as it was needed.
    window: String,
    base: usize,
}

impl Scan<'_> {
    /// Where the piece that starts at `start` ends, or `None` if it is the last.
    fn next_cut(&mut self, start: usize) -> Option<usize> {
        let mut reach = window(self.language);
        loop {
            self.cover(start, reach);
            let rest = &self.window[start - self.base..];
            let rest = &rest[..rest.floor_char_boundary(reach)];
            let is_whole = start + rest.len() == self.text.len_bytes();
            match prose::next_cut(self.language, part(start), rest) {
                Some(cut) if is_whole || has_line(&rest[cut..]) => return Some(start + cut),
                None if is_whole => return None,
                _ => reach = reach.saturating_mul(4),
            }
        }
    }

    /// Makes the window reach so many bytes behind `start`, if there are as many.
    fn cover(&mut self, start: usize, reach: usize) {
        let from = self.base + self.window.len();
        let len = self.text.len_bytes();
        if from == len || from - start > reach {
            return;
        }
        self.window.drain(..start - self.base);
        self.base = start;
        // Further than needed, so that not every piece moves the window.
        let to = start.saturating_add(reach.saturating_mul(2)).min(len);
        let to = self.text.char_to_byte(self.text.byte_to_char(to));
        self.window.reserve(to - from);
        self.window.extend(self.text.byte_slice(from..to).chunks());
    }

    /// Whether the memory may start at a piece.
    fn is_landmark(&self, start: usize) -> bool {
        let bytes = &self.window.as_bytes()[start - self.base..];
        // FNV-1a; its high bits are the better mixed ones.
        let hash = bytes
            .iter()
            .take(64)
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, &byte| {
                (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
            });
        (hash >> 32) % LANDMARKS == 0
    }
}

/// Whether a text begins with a whole line, its break included: cuts depend on the line behind them. A very long line
/// is told by its beginning.
fn has_line(text: &str) -> bool {
    match text.find(['\n', '\r']) {
        Some(end) => text[end..] != *"\r",
        None => text.len() >= LONG_LINE,
    }
}
