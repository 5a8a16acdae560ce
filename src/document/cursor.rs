//! What stands at a cursor: the tokens of its piece before the unfinished word, and that word.
//!
//! Whether that is prose, and what is read before it, is asked of the text in which one letter stands for all letters right before
//! the cursor. So the answer is the same for every letter of a word, and only the first of them costs reading the piece.

use super::reading::{Memory, Reading, is_curly};
use crate::predict::Boundary;
use crate::text::prose::{self, Edge, Language, Part, Place, RunningText};
use crate::text::{Ending, Tokenizer, prefix_start};

/// No word is longer, so the prefix is looked for in so many bytes before the cursor.
const MAX_PREFIX: usize = 128;

/// No word has so many letters in a row.
const MAX_LETTERS: usize = 64;

/// Stands for them.
const LETTER: &str = "x";

/// A cursor in prose.
#[derive(Clone, Debug)]
pub(super) struct Cursor {
    /// Of its piece, up to the prefix.
    pub(super) reading: Reading,
    pub(super) prefix: String,
    pub(super) boundary: Boundary,
}

/// The piece in which a cursor stood last, and what stood there.
#[derive(Debug, Default)]
pub(super) struct Last {
    asked: Option<(Part, usize, String)>, // the offset and the text of the question
    cursor: Option<Cursor>,
}

impl Last {
    /// What stands at `offset` of the piece `text`; `None` where that is not prose. All but the text is the same at every call.
    pub(super) fn at(
        &mut self,
        (language, part): (Language, Part),
        text: &str,
        offset: usize,
        tokenizer: &Tokenizer,
        memory: &mut Memory,
    ) -> Option<Cursor> {
        let (before, after) = text.split_at(offset);
        let letters = before.bytes().rev().take(MAX_LETTERS);
        let letters = letters.take_while(u8::is_ascii_alphabetic).count();
        let (before, letters) = before.split_at(offset - letters);
        let letter = if letters.is_empty() { "" } else { LETTER };
        let at = before.len() + letter.len();

        let is_same = self.asked.as_ref().is_some_and(|(of, then, text)| {
            let rest = text.strip_prefix(before);
            let rest = rest.and_then(|rest| rest.strip_prefix(letter));
            *of == part && *then == at && rest == Some(after)
        });
        if !is_same {
            let text = [before, letter, after].concat();
            let place = prose::place(language, part, &text, at);
            self.cursor =
                place.and_then(|place| Cursor::new(&place, &text[..at], tokenizer, memory));
            self.asked = Some((part, at, text));
        }
        let mut cursor = self.cursor.clone()?;
        if !letter.is_empty() && cursor.prefix.ends_with(letter) {
            cursor.prefix.truncate(cursor.prefix.len() - letter.len());
            cursor.prefix.push_str(letters);
        }
        Some(cursor)
    }
}

impl Cursor {
    /// In a piece of which `text` stands before the cursor. `None` where markup runs through the prefix: replacing it
    /// would tear the markup apart.
    fn new(
        place: &Place,
        text: &str,
        tokenizer: &Tokenizer,
        memory: &mut Memory,
    ) -> Option<Cursor> {
        let mut reading = Reading::default();
        for paragraph in &place.before {
            let running = paragraph.running(text);
            reading.paragraph(
                paragraph.starts,
                &running,
                Ending::Spaced,
                tokenizer,
                memory,
            );
        }
        let mut before = place.paragraph.running(text);
        let last = place.paragraph.ranges.last().cloned().unwrap_or_default();
        let all = &before.text;
        let tail = all.ceil_char_boundary(all.len().saturating_sub(MAX_PREFIX));
        let start = match place.edge {
            Edge::Open if last.end == text.len() => tail + prefix_start(&all[tail..]),
            _ => all.len(),
        };
        let prefix = all[start..].to_owned();
        if prefix.len() > last.len() {
            return None;
        }
        before.truncate(start);
        let is_spaced =
            !before.text.ends_with(|c: char| !c.is_whitespace()) && place.edge == Edge::Open;
        let ending = if is_spaced {
            Ending::Spaced
        } else {
            Ending::Word
        };
        reading.paragraph(place.paragraph.starts, &before, ending, tokenizer, memory);
        reading.curly = is_curly(&RunningText::from(&*prefix)).or(reading.curly);
        let boundary = if is_spaced {
            Boundary::Spaced
        } else {
            Boundary::Touching
        };
        Some(Cursor {
            reading,
            prefix,
            boundary,
        })
    }
}
