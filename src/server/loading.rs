//! Loading models beside the session: at most one at a time.

use super::event::Event;
use crate::model::Model;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::Sender;

/// Opens a model file, or the model compiled in.
pub(super) type Loader = Arc<dyn Fn(Option<PathBuf>) -> Result<Model, String> + Send + Sync>;

/// Which model is in use, or about to be.
pub(super) struct Loading {
    loader: Loader,
    events: Sender<Event>,
    path: Option<PathBuf>,
    is_busy: bool,
}

impl Loading {
    pub(super) fn new(loader: Loader, events: Sender<Event>) -> Loading {
        Loading {
            loader,
            events,
            path: None,
            is_busy: false,
        }
    }

    /// Loads the first model while the session waits. Where the one asked for cannot be used, the one compiled in is,
    /// and the reason is returned with it.
    pub(super) fn first(&mut self, path: Option<PathBuf>) -> (Arc<Model>, Option<String>) {
        self.path = path.clone();
        let (model, reason) = match (self.loader)(path) {
            Ok(model) => (model, None),
            Err(reason) => match (self.loader)(None) {
                Ok(model) => (model, Some(reason)),
                // The server ends: there is nothing that it could do.
                Err(error) => panic!("no model at all: {error}"),
            },
        };
        (Arc::new(model), reason)
    }

    /// The path that was last asked for; nothing is the model compiled in.
    pub(super) fn path(&self) -> Option<&PathBuf> {
        self.path.as_ref()
    }

    pub(super) fn is_busy(&self) -> bool {
        self.is_busy
    }

    /// Begins to load `path` unless it was asked for last or another is being loaded; [`Event::Loaded`] follows.
    /// Returns what to tell the user.
    pub(super) fn begin(&mut self, path: Option<&PathBuf>) -> Option<String> {
        if self.is_busy || path == self.path.as_ref() {
            return None;
        }
        self.is_busy = true;
        self.path = path.cloned();
        let (loader, events, path) = (self.loader.clone(), self.events.clone(), path.cloned());
        let name = path.as_ref().map(|path| path.display().to_string());
        let work = move || {
            let model = catch_unwind(AssertUnwindSafe(|| loader(path)));
            let model = model.unwrap_or_else(|_| Err("a bug: loading the model failed".to_owned()));
            let _ = events.send(Event::Loaded(model.map(Arc::new))); // Nobody listens at the end.
        };
        let thread = std::thread::Builder::new().name("loader".to_owned());
        if let Err(error) = thread.spawn(work) {
            let _ = self.events.send(Event::Loaded(Err(error.to_string())));
        }
        Some(format!(
            "Loading {}",
            name.as_deref().unwrap_or("the built-in model")
        ))
    }

    /// What [`Loading::begin`] began has ended.
    pub(super) fn end(&mut self) {
        self.is_busy = false;
    }
}
