//! `rnn-lsp serve`: the language server.

use super::Outcome;
use std::path::PathBuf;
use std::process::ExitCode;

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
    /// error, warn, info, debug or trace; trace may contain what you write
    #[arg(long, value_name = "LEVEL")]
    log_level: Option<String>,
    /// The editor's process; the server ends when it is gone
    #[arg(long = "clientProcessId", value_name = "PID", hide = true)]
    client_process_id: Option<u32>,
}

pub(super) fn run(_args: Args) -> Outcome {
    Ok(ExitCode::SUCCESS)
}
