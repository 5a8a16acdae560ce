//! What the session is told, and what it tells.

use super::proto::{Features, Ghost, Selected, Words};
use super::switches::{Action, Scope};
use crate::adapt::{News, Task};
use crate::config::Layer;
use crate::document::{Change, Position};
use crate::model::Model;
use serde_json::Value;
use std::sync::Arc;
use tokio::sync::oneshot;
use tower_lsp::ls_types::Uri;

/// Everything that can happen to the session. Events are handled one after the other, in the order of arrival.
#[derive(Debug)]
pub(super) enum Event {
    /// `initialize`: what was agreed on.
    Start { features: Features },
    /// One layer of settings, anew.
    Configure { layer: Layer, value: Value },
    /// `didOpen`.
    Open {
        uri: Uri,
        language_id: String,
        version: i32,
        text: String,
    },
    /// `didChange`.
    Change {
        uri: Uri,
        version: i32,
        changes: Vec<Change>,
    },
    /// `didSave` with the text that was saved.
    Save { uri: Uri, text: String },
    /// `didClose`.
    Close { uri: Uri },
    /// `textDocument/completion`.
    Words {
        place: Place,
        trigger: Trigger,
        reply: oneshot::Sender<Words>,
    },
    /// `textDocument/inlineCompletion`.
    Ghost {
        place: Place,
        selected: Option<Selected>,
        reply: oneshot::Sender<Ghost>,
    },
    /// A command that switches a scope; the answer is whether it is on now.
    Switch {
        scope: Scope,
        action: Action,
        reply: oneshot::Sender<bool>,
    },
    /// The status command.
    Status { reply: oneshot::Sender<Value> },
    /// What the learner tells.
    News(News),
    /// Something for the learner to do. It answers by itself.
    Learning(Task),
    /// A model that was being loaded.
    Loaded(Result<Arc<Model>, String>),
    /// The end of the session.
    Stop,
    /// A bug in the handling of a document's event.
    #[cfg(test)]
    Panic { uri: Uri },
}

/// A cursor in a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) uri: Uri,
    pub(super) position: Position,
}

/// Why the client asks for words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trigger {
    /// A space was typed.
    Space,
    /// The popup is open, and another character was typed.
    Incomplete,
    /// Anything else; clients do not tell a typed letter from a key that asks.
    Other,
}

/// What the session has to say to the client that is no answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Notice {
    /// For the client's log; never a popup.
    Warning(String),
    /// Something that takes long begins.
    Begin(String),
    /// How far it is.
    Report(String),
    /// It ended.
    End(String),
    /// The server's state, for a client that shows it.
    State(Value),
}

impl Event {
    /// The document whose text this event replaces or changes.
    pub(super) fn edits(&self) -> Option<&Uri> {
        match self {
            Event::Open { uri, .. } | Event::Change { uri, .. } | Event::Close { uri } => Some(uri),
            _ => None,
        }
    }

    /// Whether it belongs to typing, and so comes many times a second and changes nothing but a text.
    pub(super) fn is_typing(&self) -> bool {
        matches!(
            self,
            Event::Change { .. } | Event::Words { .. } | Event::Ghost { .. }
        )
    }

    /// The place that this event asks about.
    pub(super) fn place(&self) -> Option<&Place> {
        match self {
            Event::Words { place, .. } | Event::Ghost { place, .. } => Some(place),
            _ => None,
        }
    }

    /// The document this event is about.
    pub(super) fn document(&self) -> Option<&Uri> {
        match self {
            Event::Save { uri, .. } => Some(uri),
            #[cfg(test)]
            Event::Panic { uri } => Some(uri),
            _ => self
                .edits()
                .or_else(|| self.place().map(|place| &place.uri)),
        }
    }

    /// Whether nobody waits for the answer any more.
    pub(super) fn is_cancelled(&self) -> bool {
        match self {
            Event::Words { reply, .. } => reply.is_closed(),
            Event::Ghost { reply, .. } => reply.is_closed(),
            _ => false,
        }
    }
}
