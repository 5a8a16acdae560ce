//! What is read before a document's first word.
//!
//! A network that begins with nothing takes some eighty words to find the tone of a text. In training it always came from
//! another document, so it is given one: the end of what the same writer wrote last in the same place.

use super::reading::{CONTEXT_TOKENS, Memory, Reading};
use crate::text::prose::{Passage, RunningText};
use crate::text::{Ending, TokenId, Tokenizer};
use std::sync::Arc;

/// A passage and its tokens.
#[derive(Debug, Default)]
pub(super) struct Preface {
    passage: Option<Arc<Passage>>,
    tokens: Option<Vec<TokenId>>, // once read
}

impl Preface {
    /// Another passage, or none.
    pub(super) fn follow(&mut self, passage: Option<Arc<Passage>>) {
        if self.passage != passage {
            *self = Preface {
                passage,
                tokens: None,
            };
        }
    }

    /// Forgets what another tokenizer has read.
    pub(super) fn forget_tokens(&mut self) {
        self.tokens = None;
    }

    /// What comes before a document's tokens: a document of its own, or nothing.
    pub(super) fn tokens(&mut self, tokenizer: &Tokenizer) -> &[TokenId] {
        self.tokens.get_or_insert_with(|| {
            let Some(passage) = &self.passage else {
                return Vec::new();
            };
            let (mut reading, mut memory) = (Reading::default(), Memory::default());
            for (starts, text) in &passage.0 {
                let running = RunningText::from(&**text);
                reading.paragraph(*starts, &running, Ending::Spaced, tokenizer, &mut memory);
            }
            // As everywhere, no break stands where a document starts.
            let first = reading.tokens.len().saturating_sub(CONTEXT_TOKENS).max(1);
            let end = reading.tokens.get(first..).unwrap_or_default();
            let tokens = end.iter().map(|read| read.token);
            std::iter::once(TokenId::DOC).chain(tokens).collect()
        })
    }
}
