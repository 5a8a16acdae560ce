//! `rnn-lsp predict`.

use super::Outcome;
use std::process::ExitCode;

#[derive(Debug, clap::Args)]
pub(super) struct Args {}

pub(super) fn run(_args: Args) -> Outcome {
    Ok(ExitCode::SUCCESS)
}
