//! Words and ids: tokenization, and which parts of a document are prose.
//!
//! Imports nothing of ours and reads no file, clock or environment.

pub mod prose;
pub mod tokenizer;
pub mod vocabulary;
pub mod words;

pub use tokenizer::{Encoded, Ending, Tokenizer};
pub use vocabulary::{Kind, TokenId, Vocabulary};
pub use words::prefix_start;
