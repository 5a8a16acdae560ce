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
    /// What was asked for last; nothing is the model compiled in.
    asked: Option<PathBuf>,
    /// What is in use.
    used: Option<PathBuf>,
    is_busy: bool,
}

impl Loading {
    pub(super) fn new(loader: Loader, events: Sender<Event>) -> Loading {
        Loading {
            loader,
            events,
            asked: None,
            used: None,
            is_busy: false,
        }
    }

    /// Loads the first model while the session waits. Where the one asked for cannot be used, the one compiled in is,
    /// and the reason is returned with it.
    pub(super) fn first(&mut self, path: Option<PathBuf>) -> (Arc<Model>, Option<String>) {
        self.asked = path.clone();
        let (model, reason) = match (self.loader)(path) {
            Ok(model) => {
                self.used = self.asked.clone();
                (model, None)
            }
            Err(reason) => match (self.loader)(None) {
                Ok(model) => (model, Some(reason)),
                // The server ends: there is nothing that it could do.
                Err(error) => panic!("no model at all: {error}"),
            },
        };
        (Arc::new(model), reason)
    }

    /// The path of the model in use; nothing is the one compiled in.
    pub(super) fn path(&self) -> Option<&PathBuf> {
        self.used.as_ref()
    }

    pub(super) fn is_busy(&self) -> bool {
        self.is_busy
    }

    /// Begins to load `path` unless it was asked for last or another is being loaded; [`Event::Loaded`] follows.
    /// Returns what to tell the user.
    pub(super) fn begin(&mut self, path: Option<&PathBuf>) -> Option<String> {
        if self.is_busy || path == self.asked.as_ref() {
            return None;
        }
        self.is_busy = true;
        self.asked = path.cloned();
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

    /// What [`Loading::begin`] began has ended, with a model or not.
    pub(super) fn end(&mut self, is_used: bool) {
        self.is_busy = false;
        if is_used {
            self.used = self.asked.clone();
        }
    }

    /// What could not be used may be there now: it is loaded when it is asked for again.
    pub(super) fn try_again(&mut self) {
        if !self.is_busy {
            self.asked = self.used.clone();
        }
    }
}
