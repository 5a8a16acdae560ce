//! The language server. Imports everything above it, and alone names a type of the protocol or of the runtime.
//!
//! ```text
//! client -> framing -> tower-lsp -> backend -- Event --> session (its own thread, owns everything)
//!    ^                     ^           ^------ reply -------'  |
//!    |                     '-- notices forwarded in order <----'
//!    '-- editor: is its process still there?
//! ```

mod backend;
mod commands;
mod editor;
mod event;
mod framing;
mod loading;
mod open;
mod paths;
mod proto;
mod repair;
mod session;
mod stdio;
mod switches;
mod taken;

use crate::config::{Layer, Layers};
use crate::model::Model;
use backend::{Backend, Signals};
use event::Event;
use loading::Loader;
use serde_json::Value;
use session::{LogControl, Start};
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, OnceLock, mpsc};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::oneshot;
use tower_lsp::{LspService, Server};
use tracing::level_filters::LevelFilter;

/// Handlers in flight. Each is a waiting answer and costs nothing, while at the library's default of four a fifth
/// message (an edit, a cancellation) would wait behind four questions.
const CONCURRENCY: usize = 256;

/// How long the last answers may take to be written after `exit`, in case nobody reads them.
const GRACE: Duration = Duration::from_millis(500);

/// How long learning what was saved last may take at the end.
const LAST_LESSON: Duration = Duration::from_secs(2);

/// How a server differs from the default one.
pub struct Options {
    user: Value,
    command_line: Value,
    loader: Loader,
    log_control: LogControl,
    learned: Option<PathBuf>,
}

/// Why the server ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// As the protocol wants it: `shutdown`, then `exit` or the end of the input.
    ShutDown,
    /// By `exit` or the end of the input, without `shutdown`.
    Abruptly,
    /// The editor's process is gone.
    EditorGone,
    /// By a bug of ours.
    Failed,
}

impl Ended {
    /// The exit code of the process: zero only where the protocol was kept.
    pub fn code(self) -> u8 {
        match self {
            Ended::ShutDown => 0,
            Ended::Abruptly | Ended::EditorGone | Ended::Failed => 1,
        }
    }
}

impl Default for Options {
    fn default() -> Options {
        Options {
            user: Value::Null,
            command_line: Value::Null,
            loader: Arc::new(load),
            log_control: Box::new(|_| ()),
            learned: None,
        }
    }
}

impl Options {
    /// Settings of the user's file.
    pub fn user_settings(mut self, value: Value) -> Options {
        self.user = value;
        self
    }

    /// Settings of the command line, which win over all others.
    pub fn command_line_settings(mut self, value: Value) -> Options {
        self.command_line = value;
        self
    }

    /// How models are opened; `None` is the model compiled in.
    pub fn loader(
        mut self,
        loader: impl Fn(Option<PathBuf>) -> Result<Model, String> + Send + Sync + 'static,
    ) -> Options {
        self.loader = Arc::new(loader);
        self
    }

    /// Where what is learned is kept; nothing is learned without.
    pub fn learned_folder(mut self, folder: Option<PathBuf>) -> Options {
        self.learned = folder;
        self
    }

    /// Called with the level of the log that the settings ask for.
    pub fn log_control(mut self, control: impl Fn(LevelFilter) + Send + 'static) -> Options {
        self.log_control = Box::new(control);
        self
    }
}

impl std::fmt::Debug for Options {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Options {
            user, command_line, ..
        } = self;
        f.debug_struct("Options")
            .field("user", user)
            .field("command_line", command_line)
            .finish_non_exhaustive()
    }
}

fn load(path: Option<PathBuf>) -> Result<Model, String> {
    match path {
        None => Ok(Model::shipped()),
        Some(path) => Model::read(&path)
            .map_err(|error| format!("cannot use the model {}: {error}", path.display())),
    }
}

/// Serves on standard input and output until the client, or the editor's process, ends it.
pub fn serve_stdio(options: Options) -> std::io::Result<Ended> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()?;
    let ended = runtime.block_on(serve(stdio::input()?, stdio::output(), options));
    // A thread of the runtime may be writing to standard output, which the client need not read.
    runtime.shutdown_background();
    Ok(ended)
}

/// Serves one client. Must run within a tokio runtime with a timer.
pub async fn serve(
    input: impl AsyncRead + Unpin,
    output: impl AsyncWrite,
    options: Options,
) -> Ended {
    let (events, inbox) = mpsc::channel();
    let (notices, notices_out) = tokio::sync::mpsc::unbounded_channel();
    let mut layers = Layers::default();
    layers.set(Layer::User, options.user);
    layers.set(Layer::CommandLine, options.command_line);
    let start = Start {
        layers,
        loader: options.loader,
        log_control: options.log_control,
        learned: options.learned,
        events: events.clone(),
        notices,
    };
    let (alive, mut session_ended) = oneshot::channel::<()>();
    let session = std::thread::Builder::new()
        .name("session".to_owned())
        .spawn(move || {
            let _alive = alive; // Dropped with the thread, however that ends.
            session::run(start, &inbox);
        });
    if let Err(error) = session {
        tracing::error!(%error, "no thread for the session");
        return Ended::Failed;
    }

    let signals = Arc::new(Signals::default());
    let (checked_in, checked_out) = tokio::io::duplex(64 << 10);
    let reading = framing::forward(input, checked_in, || signals.exit.notify_one());
    let (service, socket) = LspService::build(|client| Backend {
        client,
        events: events.clone(),
        notices: Mutex::new(Some(notices_out)),
        features: OnceLock::new(),
        signals: signals.clone(),
    })
    .custom_method("textDocument/inlineCompletion", Backend::inline_completion)
    .custom_method(framing::UNREADABLE, Backend::unreadable)
    .finish();
    let serving = Server::new(checked_out, output, socket)
        .concurrency_level(CONCURRENCY)
        .serve(service);
    let reading = async {
        if let Err(error) = reading.await {
            tracing::error!(%error, "the input ended");
        }
        // The library notices the end by itself and finishes what is under way.
        std::future::pending::<()>().await;
    };
    let exit = async {
        signals.exit.notified().await;
        tokio::time::sleep(GRACE).await;
    };
    let by_protocol = || match signals.has_shut_down.load(Ordering::SeqCst) {
        true => Ended::ShutDown,
        false => Ended::Abruptly,
    };
    let ended = tokio::select! {
        () = serving => by_protocol(),
        () = exit => by_protocol(),
        () = reading => by_protocol(),
        () = signals.editor_gone.notified() => Ended::EditorGone,
        _ = &mut session_ended => Ended::Failed,
    };
    tracing::info!(?ended, "ended");
    if ended != Ended::Failed {
        let _ = events.send(Event::Stop); // It may have ended already.
        // What was saved a moment ago is still being learned.
        let _ = tokio::time::timeout(LAST_LESSON, session_ended).await;
    }
    ended
}
