//! Text to tokens and back.

use super::vocabulary::{TokenId, Vocabulary};

/// How a text's end is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// More follows without a space: the cursor touches the last character.
    Touching,
    /// A space or the end of the document follows.
    Spaced,
}

/// The tokens of a text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Encoded {
    /// What the network reads.
    pub ids: Vec<TokenId>,
    /// Byte offset in the text where each token ends.
    pub ends: Vec<u32>,
    /// Tokens (indices) whose apostrophes are U+2019 in the text.
    pub curly: Vec<u32>,
}

/// A vocabulary with its merges.
#[derive(Debug)]
pub struct Tokenizer {}

impl Tokenizer {
    /// Learns a vocabulary of at most `size` tokens (all kinds together) from texts.
    pub fn train<'a>(_texts: impl Iterator<Item = &'a str>, _size: usize) -> Tokenizer {
        unimplemented!()
    }
    /// The vocabulary.
    pub fn vocabulary(&self) -> &Vocabulary {
        unimplemented!()
    }
    /// Tokens of `text`, lossless.
    pub fn encode(&self, _text: &str, _ending: Ending) -> Encoded {
        unimplemented!()
    }
    /// The text of tokens.
    pub fn decode(&self, _encoded: &Encoded) -> String {
        unimplemented!()
    }
    /// One self-contained block of bytes for the model file.
    pub fn to_bytes(&self) -> Vec<u8> {
        unimplemented!()
    }
    /// Reads what [`Tokenizer::to_bytes`] wrote; hostile input gives an error.
    pub fn from_bytes(_bytes: &[u8]) -> Result<Tokenizer, String> {
        unimplemented!()
    }
}
