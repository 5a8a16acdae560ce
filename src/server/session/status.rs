//! What a session says of itself.

use super::Session;
use crate::document::Encoding;
use crate::server::event::Notice;
use serde_json::{Value, json};

/// What the status command tells of the session so far.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counts {
    pub(super) words: u64,
    pub(super) ghosts: u64,
    pub(super) empty: u64,
    pub(super) repeated: u64,
    pub(super) overtaken: u64,
    pub(super) failures: u64,
}

impl Session {
    /// For the command `rnn-lsp.status`.
    pub(super) fn status(&self) -> Value {
        let documents = self.documents.iter().map(|(uri, open)| {
            let mut status = open.status();
            status["uri"] = json!(uri.as_str());
            status["enabled"] = json!(self.is_on(uri));
            status
        });
        json!({
            "version": env!("CARGO_PKG_VERSION"),
            "enabled": self.switches.everywhere(self.settings.enabled),
            "model": self.loading.path().map(|path| path.display().to_string()),
            "loading": self.loading.is_busy(),
            "encoding": match self.features.encoding {
                Encoding::Utf8 => "utf-8",
                Encoding::Utf16 => "utf-16",
                Encoding::Utf32 => "utf-32",
            },
            "settings": self.settings.to_json(),
            "warnings": self.warned.iter().collect::<Vec<_>>(),
            "newWords": self.tools.earlier.all().new_words().len(),
            "generation": self.generation,
            "threshold": self.tools.options.threshold,
            "phraseThreshold": self.tools.options.phrase_threshold,
            "passedOver": self.tools.options.attention.passed_over(),
            "documents": documents.collect::<Vec<_>>(),
            "requests": {
                "completion": self.counts.words,
                "completionEmpty": self.counts.empty,
                "completionRepeated": self.counts.repeated,
                "inlineCompletion": self.counts.ghosts,
                "overtaken": self.counts.overtaken,
                "failed": self.counts.failures,
            },
        })
    }

    /// What a status line shows; said again only when it has changed.
    pub(super) fn tell_state(&mut self) {
        let documents = self
            .documents
            .keys()
            .map(|uri| (uri.as_str().to_owned(), json!(self.is_on(uri))));
        let state = json!({
            "enabled": self.switches.everywhere(self.settings.enabled),
            "model": self.loading.path().map(|path| path.display().to_string()),
            "loading": self.loading.is_busy(),
            "learning": self.settings.learn && self.learner.is_some() && !self.is_learning_paused,
            "generation": self.generation,
            "newWords": self.tools.earlier.all().new_words().len(),
            "documents": documents.collect::<serde_json::Map<_, _>>(),
        });
        if state != self.told {
            self.told = state.clone();
            self.tell(Notice::State(state));
        }
    }
}
