//! A tokenizer as one block of bytes: little-endian numbers of 32 bits.
//!
//! ```text
//! "rnntok" and the format's version in two bytes
//! n, then n punctuation characters
//! n, then n letters
//! n, then n merges, each two token ids
//! ```
//! Everything else follows from these, so nothing in a block can contradict anything else.

use std::collections::HashSet;

use super::Tokenizer;
use super::bpe::Merges;
use crate::text::vocabulary::{Kind, TokenId, Vocabulary};
use crate::text::words::{is_letter, is_mark};

const MAGIC: &[u8; 8] = b"rnntok\x01\0";
/// No token is longer, so a hostile block cannot double its tokens into gigabytes.
const MAX_TOKEN_BYTES: usize = 255;

impl Tokenizer {
    /// One self-contained block of bytes for the model file.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        let mut put = |number: u32| bytes.extend(number.to_le_bytes());
        for characters in [
            self.vocabulary.punctuation_characters(),
            self.vocabulary.letter_characters(),
        ] {
            put(characters.len() as u32);
            characters.into_iter().for_each(|c| put(c.into()));
        }
        put(self.merges.pairs().len() as u32);
        for (left, right) in self.merges.pairs() {
            put(left.0);
            put(right.0);
        }
        bytes
    }

    /// Reads what [`Tokenizer::to_bytes`] wrote; hostile input gives an error.
    pub fn from_bytes(bytes: &[u8]) -> Result<Tokenizer, String> {
        let rest = bytes.strip_prefix(MAGIC).ok_or_else(|| {
            let found = bytes[..bytes.len().min(MAGIC.len())].escape_ascii();
            format!(
                "tokenizer: expected a block that starts with {}, found {found}",
                MAGIC.escape_ascii()
            )
        })?;
        let mut reader = Reader { bytes: rest };
        let is_symbol =
            |c: char| !is_letter(c) && !is_mark(c) && (!c.is_ascii() || c.is_ascii_punctuation());
        let is_word_character = |c: char| is_letter(c) || is_mark(c) || c == '\'';
        let punctuation = reader.characters("punctuation", is_symbol)?;
        let letters = reader.characters("letters", is_word_character)?;
        let count = reader.count("merges", 8)?;
        let mut vocabulary = Vocabulary::with_characters(&punctuation, &letters, count);
        let mut merges = Merges::with_capacity(count);
        for rank in 0..count {
            let pair = (
                TokenId(reader.number("a merge")?),
                TokenId(reader.number("a merge")?),
            );
            add_merge(&mut vocabulary, &mut merges, pair)
                .map_err(|error| format!("tokenizer: merge {rank}: {error}"))?;
        }
        match reader.bytes.len() {
            0 => Ok(Tokenizer {
                vocabulary: vocabulary.finish(),
                merges,
            }),
            more => Err(format!(
                "tokenizer: expected the end of the block, found {more} bytes more"
            )),
        }
    }
}

fn add_merge(
    vocabulary: &mut Vocabulary,
    merges: &mut Merges,
    pair: (TokenId, TokenId),
) -> Result<(), String> {
    let kind = |id: TokenId| match (id.0 as usize) < vocabulary.len() {
        true => Ok(vocabulary.kind(id)),
        false => Err(format!(
            "expected an id below {}, found {}",
            vocabulary.len(),
            id.0
        )),
    };
    let kind = match (kind(pair.0)?, kind(pair.1)?) {
        (Kind::Piece, right @ (Kind::Piece | Kind::Word)) => right,
        (left, right) => {
            return Err(format!(
                "expected a piece and a piece or word, found {left:?} and {right:?}"
            ));
        }
    };
    let text = [vocabulary.text(pair.0), vocabulary.text(pair.1)].concat();
    if text.len() > MAX_TOKEN_BYTES {
        return Err(format!(
            "expected a token of at most {MAX_TOKEN_BYTES} bytes, found {}",
            text.len()
        ));
    }
    let result = vocabulary.push_word(&text, kind);
    match merges.push(pair, result) {
        true => Ok(()),
        false => Err(format!(
            "expected a new pair, found {} and {} again",
            pair.0.0, pair.1.0
        )),
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
}

impl Reader<'_> {
    fn number(&mut self, what: &str) -> Result<u32, String> {
        let (number, rest) = self.bytes.split_first_chunk::<4>().ok_or_else(|| {
            format!(
                "tokenizer: expected 4 bytes for {what}, found {}",
                self.bytes.len()
            )
        })?;
        self.bytes = rest;
        Ok(u32::from_le_bytes(*number))
    }

    /// A number of things of so many bytes each, all of which must be there.
    fn count(&mut self, what: &str, bytes_each: usize) -> Result<usize, String> {
        let count = self.number(what)? as usize;
        match self.bytes.len() / bytes_each {
            room if room < count => Err(format!(
                "tokenizer: expected {count} {what}, found room for {room}"
            )),
            _ => Ok(count),
        }
    }

    fn characters(
        &mut self,
        what: &str,
        allowed: impl Fn(char) -> bool,
    ) -> Result<Vec<char>, String> {
        let mut seen = HashSet::new();
        (0..self.count(what, 4)?)
            .map(|_| {
                let number = self.number(what)?;
                char::from_u32(number)
                    .filter(|&c| allowed(c) && seen.insert(c))
                    .ok_or_else(|| {
                        format!("tokenizer: expected distinct {what}, found U+{number:04X}")
                    })
            })
            .collect()
    }
}
