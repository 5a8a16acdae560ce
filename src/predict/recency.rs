//! What the writer has already written: the document's own words, how long ago, and after which words.

use crate::text::{TokenId, Vocabulary};

/// Cache and online n-gram over the tokens that stand before the prefix.
///
/// A stack: tokens are pushed in reading order (the same that the state has read, breaks included) and taken back with
/// [`Recency::truncate`], so that it is a pure function of the tokens on it. The caller bounds it by where it starts.
#[derive(Clone, Debug, Default)]
pub struct Recency {
    tokens: Vec<TokenId>,
}

impl Recency {
    /// Nothing read.
    pub fn new() -> Recency {
        Recency::default()
    }
    /// Number of tokens on it.
    pub fn len(&self) -> usize {
        self.tokens.len()
    }
    /// Whether nothing was read.
    pub fn is_empty(&self) -> bool {
        self.tokens.is_empty()
    }
    /// Reads one more token.
    pub fn push(&mut self, token: TokenId, _vocabulary: &Vocabulary) {
        self.tokens.push(token);
    }
    /// Takes back all but the first `len` tokens.
    pub fn truncate(&mut self, len: usize) {
        self.tokens.truncate(len);
    }
}
