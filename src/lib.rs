//! Next words of prose from a small recurrent network.
//!
//! The map, in reading order:
//!
//! - [`text`]: words and ids; which parts of a document are prose
//! - [`nn`]: layers, kernels, gradients; numbers only
//! - [`model`]: a trained network: configuration, weights, state, file
//! - [`predict`]: from a state and a prefix to suggestions
//! - [`document`]: one open document and the hidden state at its cursor
//! - [`eval`]: perplexity, accuracy, keystroke savings
//! - [`train`]: from a corpus to a model
//! - [`config`]: what can be set, and where from
//! - [`confine`]: what the server gives up: sockets, programs, writing elsewhere
//! - [`server`]: the language server
//! - [`pad`]: the writing pad of `rnn-lsp try`
//! - [`cli`]: the command line

pub mod adapt;
pub mod cli;
pub mod config;
pub mod confine;
pub mod document;
pub mod eval;
pub mod model;
pub mod nn;
pub mod pad;
pub mod predict;
pub mod server;
pub mod text;
pub mod train;
#[cfg(windows)]
mod windows;
