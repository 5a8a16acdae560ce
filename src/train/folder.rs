//! The files of a training run, all named after the model it makes.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Where a run keeps what: `MODEL`, `MODEL.curve.*` beside it, and the folder `MODEL.run` with all that is only needed
/// to go on.
#[derive(Clone, Debug)]
pub struct Folder {
    model: PathBuf,
}

impl Folder {
    /// The run that makes `model`.
    pub fn of(model: &Path) -> Folder {
        Folder {
            model: model.to_owned(),
        }
    }

    /// The model: the best so far.
    pub fn model(&self) -> &Path {
        &self.model
    }

    /// The folder itself.
    pub fn run(&self) -> PathBuf {
        self.beside(".run")
    }

    /// The learning curve, JSON lines.
    pub fn curve(&self) -> PathBuf {
        self.beside(".curve.jsonl")
    }

    /// The learning curve, drawn.
    pub fn plot(&self) -> PathBuf {
        self.beside(".curve.html")
    }

    /// What the run was asked to do.
    pub fn settings(&self) -> PathBuf {
        self.run().join("settings.json")
    }

    /// The tokenizer.
    pub fn tokenizer(&self) -> PathBuf {
        self.run().join("tokenizer.bin")
    }

    /// The corpus as tokens.
    pub fn tokens(&self) -> PathBuf {
        self.run().join("tokens.bin")
    }

    /// The validation texts as tokens, where they were given apart.
    pub fn valid_tokens(&self) -> PathBuf {
        self.run().join("valid.bin")
    }

    /// The last checkpoint.
    pub fn checkpoint(&self) -> PathBuf {
        self.run().join("checkpoint.safetensors")
    }

    /// Removes a run that did not come to a checkpoint, and nothing that is not ours.
    pub fn discard(&self) {
        for path in [
            self.settings(),
            self.tokenizer(),
            self.tokens(),
            self.valid_tokens(),
            self.lock(),
        ] {
            let _ = std::fs::remove_file(path);
        }
        let _ = std::fs::remove_dir(self.run());
    }

    /// What keeps a second run away.
    pub fn lock(&self) -> PathBuf {
        self.run().join("lock")
    }

    fn beside(&self, suffix: &str) -> PathBuf {
        let mut name: OsString = self.model.as_os_str().to_owned();
        name.push(suffix);
        PathBuf::from(name)
    }
}
