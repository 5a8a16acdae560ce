//! Training text: from files and folders to a shard of tokens.
//!
//! Two passes, each with one document at a time in memory for each thread: [`sample`] draws the text from which the
//! vocabulary is learned, [`encode`] writes every document as tokens. The corpus may be larger than memory.

mod breaks;
mod documents;
mod encode;
mod gather;
mod sample;
mod unpack;

use std::fmt::Display;
use std::path::Path;

use super::files::FileError;

pub use encode::{Encode, encode};
pub use gather::{Source, gather};
pub use sample::{SAMPLE, Sample, sample};

/// Why a corpus could not be read. Files that are not text are no reason; they are [`Skips`].
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A path given by name could not be read, or the tokens not written.
    #[error(transparent)]
    File(#[from] FileError),
    /// Nobody wants the result any more.
    #[error("interrupted")]
    Stopped,
}

/// Whether to go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// Go on.
    On,
    /// Stop here.
    Stop,
}

impl Flow {
    /// Goes on only if both do.
    pub fn or(self, other: Flow) -> Flow {
        if self == Flow::On { other } else { Flow::Stop }
    }
}

/// Files and documents that were left out, with the reason.
#[derive(Clone, Debug, Default)]
pub struct Skips {
    /// How many.
    pub count: usize,
    /// The first of them: a line each.
    pub named: Vec<String>,
}

/// More than this many are counted and not named.
const NAMED: usize = 50;

impl Skips {
    fn add(&mut self, path: &Path, reason: impl Display) {
        self.count += 1;
        if self.named.len() < NAMED {
            self.named.push(format!("{}: {reason}", path.display()));
        }
    }

    fn extend(&mut self, more: Skips) {
        self.count += more.count;
        let room = NAMED - self.named.len();
        self.named.extend(more.named.into_iter().take(room));
    }
}

/// Calls `each` with every document and its language, numbered in corpus order.
fn each_document(
    sources: &[Source],
    skips: &mut Skips,
    each: &mut dyn FnMut(&Source, u64, String) -> Flow,
) -> Flow {
    let mut number = 0;
    for source in sources {
        let flow = documents::each_document(&source.path, skips, &mut |text| {
            number += 1;
            each(source, number - 1, text)
        });
        if flow == Flow::Stop {
            return Flow::Stop;
        }
    }
    Flow::On
}

#[cfg(test)]
mod tests;
