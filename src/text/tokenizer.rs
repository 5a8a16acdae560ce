//! Text to tokens and back.
//!
//! Between two tokens one space is implied unless the left one joins right or the right one joins left. What punctuation and
//! digits join is what their neighbors in the text are: white space, or not.
//!
//! **Restarting.** Encoding `text[offset..]` gives the tokens that encoding `text` gives past `offset` wherever a word
//! starts at `offset`, or white space (or the text's start) precedes `offset` and something else follows it. It does not
//! where punctuation or a digit touches what precedes `offset`: it would be encoded as if nothing did.

mod block;
mod bpe;
mod encode;
mod learn;
#[cfg(test)]
mod tests;

use crate::text::vocabulary::{Kind, TokenId, Vocabulary};

use bpe::Merges;
use encode::Encoder;
use learn::learn;

/// How a text's end is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// More follows without a space: the cursor touches the last character.
    Touching,
    /// A word follows without a space: as `Touching`, and after what joins nothing on its right comes a `JOIN`.
    Word,
    /// A space or the end of the document follows.
    Spaced,
}

/// The tokens of a text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Encoded {
    /// What the network reads.
    pub ids: Vec<TokenId>,
    /// Byte offset in the text where each token ends. The bytes of one character all end where it does.
    pub ends: Vec<u32>,
    /// Tokens (indices) whose apostrophes are U+2019 in the text.
    pub curly: Vec<u32>,
}

/// A vocabulary with its merges.
#[derive(Debug)]
pub struct Tokenizer {
    vocabulary: Vocabulary,
    merges: Merges,
}

impl Tokenizer {
    /// Learns a vocabulary of at most `size` tokens (all kinds together) from texts.
    ///
    /// Bytes, digits, punctuation and layout are always in it, however small `size` is.
    pub fn train<'a>(texts: impl Iterator<Item = &'a str>, size: usize) -> Tokenizer {
        let learned = learn(texts, size);
        let mut vocabulary = Vocabulary::with_characters(
            &learned.punctuation,
            &learned.letters,
            learned.merges.len(),
        );
        let mut merges = Merges::with_capacity(learned.merges.len());
        for (left, right, ends_word) in &learned.merges {
            let right_id = if *ends_word {
                vocabulary.word(right)
            } else {
                vocabulary.piece(right)
            };
            let (Some(left_id), Some(right_id)) = (vocabulary.piece(left), right_id) else {
                continue;
            };
            let kind = if *ends_word { Kind::Word } else { Kind::Piece };
            let result = vocabulary.push_word(&format!("{left}{right}"), kind);
            merges.push((left_id, right_id), result);
        }
        Tokenizer {
            vocabulary: vocabulary.finish(),
            merges,
        }
    }

    /// The vocabulary.
    pub fn vocabulary(&self) -> &Vocabulary {
        &self.vocabulary
    }

    /// Tokens of `text`, lossless.
    pub fn encode(&self, text: &str, ending: Ending) -> Encoded {
        Encoder::new(&self.vocabulary, &self.merges).encode(text, ending)
    }

    /// The tokens of `text` that the network reads: all but white space.
    pub fn read(&self, text: &str, ending: Ending) -> Vec<TokenId> {
        let mut ids = self.encode(text, ending).ids;
        ids.retain(|id| id.is_read());
        ids
    }

    /// The text of tokens.
    pub fn decode(&self, encoded: &Encoded) -> String {
        let vocabulary = &self.vocabulary;
        let mut bytes: Vec<u8> = Vec::with_capacity(encoded.ids.len() * 5);
        let mut curly = encoded.curly.iter().copied().peekable();
        let mut joined = true;
        for (index, &id) in encoded.ids.iter().enumerate() {
            if !joined && !vocabulary.joins_left(id) {
                bytes.push(b' ');
            }
            joined = vocabulary.joins_right(id);
            if curly.next_if_eq(&(index as u32)).is_some() {
                bytes.extend(vocabulary.text(id).replace('\'', "\u{2019}").into_bytes());
            } else if let Some(byte) = vocabulary.byte(id) {
                bytes.push(byte);
            } else {
                bytes.extend(vocabulary.text(id).as_bytes());
            }
        }
        String::from_utf8(bytes)
            .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
    }
}
