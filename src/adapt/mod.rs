//! The writer's own prose, learned: what was read of which file, counts of it, and how to forget it.
//!
//! ```text
//! a saved file -> gather: is it the writer's? -> source: its prose, without what is private -> store: kept by file
//!                                                                store -> counts -> the mixture of `predict`
//!                                                                store -> tune -> generations -> the model in use
//! ```
//!
//! Imports `text`, `nn`, `model`, `predict`, `eval` and `train`. Never writes a file of the user's.

mod accepted;
mod activity;
mod announcement;
mod counts;
mod earlier;
mod files;
mod forgotten;
pub mod gather;
mod generations;
mod latest;
mod learner;
mod letters;
mod library;
pub mod private;
mod reception;
mod sealed;
pub mod source;
mod status;
mod store;
mod task;
mod trials;
mod tune;
mod tuner;
mod watch;

pub use crate::eval::Menus;
pub use accepted::Accepted;
pub use counts::PersonalCounts;
pub use earlier::{Earlier, Writing};
pub use files::{make_folder, write};
pub use latest::Latest;
pub use learner::Learner;
pub use library::{Learned, Library, day, seconds, time_of};
pub use reception::Reception;
pub use status::{File, Status};
pub use store::{Error, Store};
pub use task::{Choices, Forget, News, Reply, Task, Weights};
pub use trials::{Score, Scores, Trial};
pub use tuner::{Training, TrainingNow};
