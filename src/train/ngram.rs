//! A table of what follows what, counted from a corpus: the contexts and followers that tell the most for their bytes.

mod count;
mod prune;

pub use count::{Candidates, count};
pub use prune::prune;
