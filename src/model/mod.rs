//! A trained network: configuration, weights, state. Imports `text` and `nn`.

mod config;
mod file;

pub use config::Config;
pub use file::write_whole;

use crate::text::{TokenId, Tokenizer};
use std::path::Path;

/// All that persists between two tokens: `h` and `c` of every layer. A small cloneable value that the caller owns.
#[derive(Clone, Debug, PartialEq)]
pub struct State {}

/// Buffers of a forward pass. One a thread; holds nothing between calls.
#[derive(Debug, Default)]
pub struct Scratch {}

/// Configuration, vocabulary and weights; immutable, shared by `Arc`.
#[derive(Debug)]
pub struct Model {}

/// Why a model could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file could not be read.
    #[error("{0}")]
    Io(#[from] std::io::Error),
}

impl Model {
    /// Opens a model file, memory-mapped.
    pub fn open(_path: &Path) -> Result<Model, Error> {
        unimplemented!()
    }
    /// The model compiled into the binary.
    pub fn shipped() -> Model {
        unimplemented!()
    }
    /// A tiny untrained model with a small English vocabulary, for tests. Same seed, same weights.
    pub fn tiny(_seed: u64) -> Model {
        unimplemented!()
    }
    /// Its tokenizer.
    pub fn tokenizer(&self) -> &Tokenizer {
        unimplemented!()
    }
    /// Number of tokens: the length of a row of logits.
    pub fn vocabulary_size(&self) -> usize {
        unimplemented!()
    }
    /// Tells weights apart: the checksum of the file they are in, or of the weights themselves when they are in none.
    /// A state means nothing to a model of another identity.
    pub fn identity(&self) -> u64 {
        unimplemented!()
    }
    /// The state before anything is read.
    pub fn zero_state(&self) -> State {
        unimplemented!()
    }
    /// Reads one token.
    pub fn step(&self, _state: &mut State, _token: TokenId, _scratch: &mut Scratch) {
        unimplemented!()
    }
    /// Reads one token in each of several states (hypotheses); equals `step` on each, bit for bit, at about a quarter of the cost.
    pub fn step_batch(&self, _states: &mut [State], _tokens: &[TokenId], _scratch: &mut Scratch) {
        unimplemented!()
    }
    /// Logits of the next token: `out` has `vocabulary_size` values.
    pub fn logits(&self, _state: &State, _out: &mut [f32], _scratch: &mut Scratch) {
        unimplemented!()
    }
    /// Logits in each of several states: `out` is (states, vocabulary_size).
    pub fn logits_batch(&self, _states: &[State], _out: &mut [f32], _scratch: &mut Scratch) {
        unimplemented!()
    }
}
