//! What a learner is told, and what it tells.

use super::accepted::Accepted;
use super::earlier::{Earlier, Writing};
use super::reception::Reception;
use super::status::Status;
use super::tuner::Training;
use crate::eval::Menus;
use crate::model::Model;
use crate::text::prose::Language;
use std::path::PathBuf;
use std::sync::Arc;

/// What may be learned.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Choices {
    /// Whether anything is, and whether what was is used.
    pub learn: bool,
    /// Folders whose files are learned whoever saves them.
    pub folders: Vec<PathBuf>,
    /// Patterns, in the syntax of `.gitignore`, of files that are not.
    pub ignore: Vec<String>,
    /// What weights may be tuned.
    pub training: Training,
}

/// What to forget.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Forget {
    /// A file, or all of a folder.
    Path(PathBuf),
    /// A word.
    Word(String),
    /// Everything.
    All,
}

/// How a task is answered.
pub type Reply<T> = Box<dyn FnOnce(Result<T, String>) + Send>;

/// What the learner is told.
pub enum Task {
    /// What may be learned, anew.
    Choose(Choices),
    /// Another model is in use.
    UseModel(Arc<Model>),
    /// A file was saved in the editor.
    Saved {
        /// Where.
        path: PathBuf,
        /// How it is marked up.
        language: Language,
        /// What it says.
        text: String,
    },
    /// Somebody types.
    Typed,
    /// Another document is written in, or at another place.
    Writing(Writing),
    /// The writer took words from suggestions.
    Accepted(Accepted),
    /// Menus were shown, and taken from or not.
    Shown(Box<Menus>),
    /// These paths changed on disk.
    Seen(Vec<PathBuf>),
    /// Learn these files and folders now, forgotten or not. The answer is the number of files learned.
    Learn(Vec<PathBuf>, Reply<usize>),
    /// Forget. The answer is the number of files concerned.
    Forget(Forget, Reply<usize>),
    /// Learn and offer a word again. The answer is whether it was forgotten.
    Allow(String, Reply<bool>),
    /// What was learned.
    Status(Reply<Status>),
    /// Tune weights to what was learned, as soon as nobody types. The answer is that it will be done; how it goes is
    /// [`News`].
    Train(Reply<()>),
    /// Go back to the weights before those in use. The answer is the generation that was taken back.
    RollBack(Reply<u32>),
    /// Learn nothing, or learn again; what was learned stays in use. The answer is whether anything is learned.
    Pause(bool, Reply<bool>),
    /// Learn what waits, and end.
    Stop,
}

/// Weights of a generation, or a model's own.
#[derive(Debug)]
pub struct Weights {
    /// They.
    pub model: Arc<Model>,
    /// The generation, if they are of one.
    pub generation: Option<u32>,
    /// The identity of the model that they were tuned from: of no use to somebody who went on to another.
    pub base: u64,
}

/// What the learner tells.
#[derive(Debug)]
pub enum News {
    /// What it knows, anew.
    Counts(Earlier),
    /// Weights to use from now on.
    Weights(Weights),
    /// How this writer takes what is shown.
    Reception(Box<Reception>),
    /// A training that was asked for begins, or is so far.
    Training(String),
    /// It ended.
    Trained(String),
    /// Something that the user should know.
    Warning(String),
}

impl std::fmt::Debug for Task {
    /// Never the text.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Task::Choose(_) => "Choose",
            Task::UseModel(_) => "UseModel",
            Task::Saved { .. } => "Saved",
            Task::Typed => "Typed",
            Task::Writing(_) => "Writing",
            Task::Accepted(_) => "Accepted",
            Task::Shown(_) => "Shown",
            Task::Seen(_) => "Seen",
            Task::Learn(..) => "Learn",
            Task::Forget(..) => "Forget",
            Task::Allow(..) => "Allow",
            Task::Status(_) => "Status",
            Task::Train(_) => "Train",
            Task::RollBack(_) => "RollBack",
            Task::Pause(..) => "Pause",
            Task::Stop => "Stop",
        })
    }
}
