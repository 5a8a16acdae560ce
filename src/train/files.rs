//! What can be wrong with a training's files: tokens, checkpoints, models, curves.

use std::io;
use std::path::{Path, PathBuf};

/// Why a file could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The system said no: no space, no permission, no such file.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file is not what its name says, or belongs to another training.
    #[error("{path}: {what}")]
    Format {
        /// The file.
        path: PathBuf,
        /// What was found and what was expected.
        what: String,
    },
}

impl FileError {
    /// The system said no.
    pub fn io(path: &Path, source: io::Error) -> FileError {
        let path = path.to_owned();
        FileError::Io { path, source }
    }

    /// The file says something else.
    pub fn format(path: &Path, what: String) -> FileError {
        let path = path.to_owned();
        FileError::Format { path, what }
    }
}
