//! `rnn-lsp predict`.

use super::Outcome;
use crate::document::Document;
use crate::model::{Model, Scratch};
use crate::predict::{Options, Predictor, phrase, suggest};
use crate::text::prose::Language;
use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The model file; the one built in when not given
    #[arg(long, value_name = "FILE")]
    model: Option<PathBuf>,
    /// At most so many words
    #[arg(long, value_name = "N", default_value_t = 5)]
    items: usize,
    /// How the text is marked up (an editor's language id)
    #[arg(long, value_name = "ID", default_value = "markdown")]
    language: String,
}

pub(super) fn run(args: Args) -> Outcome {
    let language = Language::from_id(&args.language)
        .ok_or_else(|| format!("no language is called {:?}", args.language))?;
    let model = match &args.model {
        Some(path) => Model::open(path).map_err(|error| format!("{}: {error}", path.display()))?,
        None => Model::shipped(),
    };
    let mut bytes = Vec::new();
    std::io::stdin().lock().read_to_end(&mut bytes)?;
    let mut text = String::from_utf8_lossy(&bytes).into_owned();
    // What `echo` adds is not part of the text: the cursor stands behind the last word.
    if text.ends_with('\n') {
        text.pop();
    }
    let mut document = Document::open(language, 0, &text);
    let Some(context) = document.context(text.len(), &model, &mut Scratch::default()) else {
        return Err("the text ends where there is no prose".into());
    };
    let options = Options {
        max_items: args.items,
        threshold: 0.0,
        ..Options::default()
    };
    let mut predictor = Predictor::default();
    let mut out = std::io::stdout().lock();
    for suggestion in suggest(
        &model,
        &context,
        document.recency().into(),
        &options,
        &mut predictor,
    ) {
        writeln!(out, "{:6.3}  {}", suggestion.probability, suggestion.text)?;
    }
    if let Some(phrase) = phrase(
        &model,
        &context,
        document.recency().into(),
        &options,
        &mut predictor,
    ) {
        writeln!(out, "phrase\n{:6.3}  {}", phrase.probability, phrase.text)?;
    }
    Ok(ExitCode::SUCCESS)
}
