//! From the page to what is offered at its cursor: the same path as the server's.

use crate::predict::{Phrase, Suggestion};
use std::time::Duration;

/// Words and a phrase for one place in the text.
#[derive(Clone, Debug, PartialEq)]
pub struct Offer {
    /// Bytes before the cursor that a word replaces.
    pub prefix: usize,
    /// Words, most probable first.
    pub words: Vec<Suggestion>,
    /// Ghost text.
    pub phrase: Option<Phrase>,
    /// Time from the text to the words.
    pub took: Duration,
}
