//! `rnn-lsp serve`: the language server.

use super::Outcome;
use crate::server::{self, Options};
use crate::{adapt, config, confine};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Mutex;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Speak LSP on standard input and output (the only transport; accepted because editors pass it)
    #[arg(long)]
    stdio: bool,
    /// Model to use in place of the one compiled in
    #[arg(long, value_name = "FILE")]
    model: Option<PathBuf>,
    /// Settings file, in place of the one in the user's configuration folder
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Write logs to this file instead of standard error
    #[arg(long, value_name = "FILE")]
    log_file: Option<PathBuf>,
    /// off, error, warn, info, debug or trace; trace contains what you write
    #[arg(long, value_name = "LEVEL")]
    log_level: Option<LevelFilter>,
    /// The editor's process, which `initialize` names as well; accepted because editors pass it
    #[arg(long = "clientProcessId", value_name = "PID", hide = true)]
    client_process_id: Option<u32>,
}

pub(super) fn run(args: Args) -> Outcome {
    let level = args.log_level.unwrap_or(LevelFilter::INFO);
    let log_control = match &args.log_file {
        None => log_to(std::io::stderr, level),
        Some(path) => {
            let file = std::fs::OpenOptions::new()
                .create(true)
                .append(true)
                .open(path);
            log_to(
                Mutex::new(
                    file.map_err(|error| format!("cannot log to {}: {error}", path.display()))?,
                ),
                level,
            )
        }
    };
    log_panics();
    let learned = config::learned_folder();
    confine_to(learned.as_deref());
    let mut options = Options::default()
        .learned_folder(learned)
        .user_settings(user_settings(args.config.as_deref()))
        .command_line_settings(json!({ "model": args.model, "logLevel": args.log_level.map(|level| level.to_string()) }));
    if let Some(control) = log_control {
        options = options.log_control(control);
    }
    let ended = server::serve_stdio(options)?;
    Ok(ExitCode::from(ended.code()))
}

/// Gives up all that a server has no use for. It writes beside what it learns, and nowhere else; the log is open already.
fn confine_to(learned: Option<&Path>) {
    let own = learned.and_then(Path::parent);
    if let Some(folder) = own
        && let Err(error) = adapt::make_folder(folder)
    {
        tracing::warn!(%error, folder = %folder.display(), "cannot make the folder of what is learned");
    }
    // It may lie elsewhere, behind a link.
    let linked = learned.and_then(|folder| std::fs::canonicalize(folder).ok());
    let folders: Vec<PathBuf> = own.map(Path::to_owned).into_iter().chain(linked).collect();
    confine::confine(&folders);
}

/// The user's settings; a file that cannot be used costs a warning, not the server.
fn user_settings(file: Option<&Path>) -> Value {
    let Some(path) = file.map(Path::to_owned).or_else(config::user_file) else {
        return Value::Null;
    };
    config::read(&path).unwrap_or_else(|error| {
        tracing::warn!("{error}");
        Value::Null
    })
}

/// Starts logging; returns what changes the level later. Nothing is returned where a log was set up already.
fn log_to<W>(writer: W, level: LevelFilter) -> Option<Box<dyn Fn(LevelFilter) + Send>>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let subscriber = tracing_subscriber::fmt()
        .with_writer(writer)
        .with_ansi(false)
        .with_env_filter(filter(level))
        .with_filter_reloading();
    let handle = subscriber.reload_handle();
    subscriber.try_init().ok()?;
    Some(Box::new(move |level| {
        let _ = handle.reload(filter(level)); // Fails only when the log is gone.
    }))
}

/// Ours at `level`. The protocol library reports ordinary events loudly, and its finest level is the messages
/// themselves, which contain what the user writes.
fn filter(level: LevelFilter) -> EnvFilter {
    let theirs = if level == LevelFilter::TRACE {
        level
    } else {
        level.min(LevelFilter::WARN)
    };
    EnvFilter::new(format!("{theirs},rnn_lsp={level}"))
}

/// A panic's message can quote the text at hand, so only its place is logged.
fn log_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string);
        let thread = std::thread::current();
        tracing::error!(place, thread = thread.name(), "panic");
        tracing::trace!(panic = panic.payload().downcast_ref::<String>(), "panic");
    }));
}
