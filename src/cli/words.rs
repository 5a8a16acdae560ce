//! `rnn-lsp words`.

use super::Outcome;
use crate::model::{Model, write_whole};
use crate::train::known;
use crate::train::shards::{Shard, fingerprint};
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The model file
    model: PathBuf,
    /// The corpus as tokens: `tokens.bin` in the folder of a training run with the same vocabulary
    tokens: PathBuf,
    /// The model to write; the model itself when not given
    #[arg(long, value_name = "MODEL")]
    out: Option<PathBuf>,
}

pub(super) fn run(args: Args) -> Outcome {
    let model =
        Model::open(&args.model).map_err(|error| format!("{}: {error}", args.model.display()))?;
    let mut shard = Shard::open(&args.tokens)?;
    let (found, expected) = (
        shard.header().tokenizer,
        fingerprint(&model.tokenizer().to_bytes()),
    );
    if found != expected {
        return Err(format!(
            "{}: tokens of the vocabulary {found:016x}, expected {expected:016x} as in {}",
            args.tokens.display(),
            args.model.display()
        )
        .into());
    }
    let parts = shard.documents().to_vec();
    let words = known::count(&mut shard, &parts, model.tokenizer().vocabulary())?;
    let bytes = model.with_known(&words);
    let (count, beginnings) = words.view().len();
    let before = model.file_bytes();
    let out = args.out.as_ref().unwrap_or(&args.model);
    write_whole(out, &bytes).map_err(|error| format!("{}: {error}", out.display()))?;
    eprintln!(
        "{count} words with {beginnings} beginnings; {} bytes in place of {before}",
        bytes.len()
    );
    Ok(ExitCode::SUCCESS)
}
