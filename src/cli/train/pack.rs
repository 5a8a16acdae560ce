//! `--pack`: a model of a checkpoint that another trainer wrote, so that weights become 8 bits in one place.

use std::process::ExitCode;

use super::super::Outcome;
use super::screen::millions;
use super::settings::Args;
use crate::train::checkpoint;
use crate::train::export::write_parameters;
use crate::train::folder::Folder;
use crate::train::prepare;

pub(super) fn pack(args: &Args, folder: &Folder) -> Outcome {
    let out = &args.out;
    if out.exists() && !args.force {
        return Err(format!("{} exists: --force replaces it", out.display()).into());
    }
    let tokenizer = prepare::tokenizer(folder)?;
    let checkpoint = checkpoint::read_parameters(&folder.checkpoint())?;
    let (found, expected) = (checkpoint.config.vocabulary, tokenizer.vocabulary().len());
    if found != expected {
        return Err(format!(
            "{}: a vocabulary of {found} tokens, expected {expected} as in {}",
            folder.checkpoint().display(),
            folder.tokenizer().display()
        )
        .into());
    }
    write_parameters(out, &checkpoint.config, &checkpoint.parameters, &tokenizer)
        .map_err(|error| format!("{}: {error}", out.display()))?;
    let tokens = millions(checkpoint.tokens);
    eprintln!("{}: the weights after {tokens} tokens", out.display());
    Ok(ExitCode::SUCCESS)
}
