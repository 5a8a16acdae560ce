//! `--pack`: a model of a checkpoint that another trainer wrote, so that weights become 8 bits in one place.

use std::process::ExitCode;

use super::super::Outcome;
use super::screen::millions;
use super::settings::Args;
use crate::train::checkpoint;
use crate::train::export::write_parameters;
use crate::train::folder::Folder;
use crate::train::known;
use crate::train::prepare;

pub(super) fn pack(args: &Args, folder: &Folder) -> Outcome {
    let out = &args.out;
    if out.exists() && !args.force {
        return Err(format!("{} exists: --force replaces it", out.display()).into());
    }
    let corpus = prepare::open(args.seed(), folder)?;
    let (tokenizer, (mut shard, parts)) = (corpus.tokenizer, corpus.train);
    let mut checkpoint = checkpoint::read_parameters(&folder.checkpoint())?;
    for (at, other) in args.average.iter().enumerate() {
        let others = checkpoint::read_parameters(other)?;
        checkpoint
            .blend(&others, 1.0 / (at + 2) as f32)
            .map_err(|what| format!("{}: {what}", other.display()))?;
    }
    let (found, expected) = (checkpoint.config.vocabulary, tokenizer.vocabulary().len());
    if found != expected {
        return Err(format!(
            "{}: a vocabulary of {found} tokens, expected {expected} as in {}",
            folder.checkpoint().display(),
            folder.tokenizer().display()
        )
        .into());
    }
    let words = known::count(&mut shard, &parts, tokenizer.vocabulary())?;
    let (config, parameters) = (&checkpoint.config, &checkpoint.parameters);
    write_parameters(out, config, parameters, &tokenizer, &words)
        .map_err(|error| format!("{}: {error}", out.display()))?;
    let tokens = millions(checkpoint.tokens);
    let of = match args.average.len() {
        0 => String::new(),
        others => format!(", averaged with {others} more"),
    };
    eprintln!("{}: the weights after {tokens} tokens{of}", out.display());
    Ok(ExitCode::SUCCESS)
}
