//! `rnn-lsp mix`.

use super::Outcome;
use super::eval::{counted, read};
use crate::eval::tokens;
use crate::model::gates::Gates;
use crate::model::{Model, write_whole};
use crate::text::TokenId;
use crate::train::folder::Folder;
use crate::train::gates::{Fit, Places};
use crate::train::ngram;
use crate::train::prepare::{self, Corpus};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

/// Tokens of a text that gates are learned from: the start of many texts says more than one long text.
const LONGEST: usize = 600;
/// Tokens of all texts together.
const MOST: usize = 60_000;

/// Words of earlier prose that trust in it is learned from: it must hold for little and for much.
const EARLIER_WORDS: [usize; 2] = [4_000, 20_000];

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The model file
    model: PathBuf,
    /// Where the new model file goes
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Count the corpus of the run that made this model: `FILE.run` is a folder that `rnn-lsp train` left [default: the model]
    #[arg(long, value_name = "FILE")]
    run: Option<PathBuf>,
    /// The seed of that run: it tells which documents were held out
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Size of the table in millions of bytes; 0 is none
    #[arg(long, value_name = "MB", default_value_t = 8.0, value_parser = megabytes)]
    size: f64,
    /// Keep the model's table as it is and only learn how far to trust it
    #[arg(long, conflicts_with_all = ["size", "run"])]
    keep_table: bool,
    /// Texts to learn that from; none: the documents that the run held out
    #[arg(long, value_name = "TEXT", num_args = 1..)]
    texts: Vec<PathBuf>,
    /// Keep all that and only learn how far to trust a writer's earlier prose: folders of one writer's texts each, as for
    /// `eval --adapt`
    #[arg(long, value_name = "FOLDER", num_args = 1.., conflicts_with_all = ["size", "run", "texts", "keep_table"])]
    writers: Vec<PathBuf>,
}

pub(super) fn run(args: Args) -> Outcome {
    let name = args.model.display();
    let mut model = Model::open(&args.model).map_err(|error| format!("{name}: {error}"))?;
    let folder = Folder::of(args.run.as_ref().unwrap_or(&args.model));
    if !args.writers.is_empty() {
        return fit_earlier(&args, model);
    }
    let mut corpus = match args.keep_table && !args.texts.is_empty() {
        true => None,
        false => Some(corpus(&args, &folder, &model)?),
    };
    if let Some(corpus) = corpus.as_mut().filter(|_| !args.keep_table) {
        let (shard, parts) = &mut corpus.train;
        let counted = ngram::count(shard, parts, |done| {
            eprintln!("counting: {:.0} %", 100.0 * done);
        })?;
        let table = ngram::prune(
            &counted,
            model.tokenizer().vocabulary(),
            (args.size * 1e6) as usize,
        );
        let (contexts, followers) = table.view().len();
        eprintln!("{contexts} contexts with {followers} followers");
        model = Model::from_bytes(model.with_ngram(&table))?;
    }

    let mut places = Places::default();
    let mut read_so_far = 0;
    let mut learn_from = |tokens: &[TokenId]| {
        places.read(&model, &tokens[..tokens.len().min(LONGEST)], None);
        read_so_far += tokens.len().min(LONGEST);
        read_so_far < MOST
    };
    for path in &args.texts {
        let text = read(path, None)?;
        if !learn_from(&tokens(&model, text.language, &text.text)) {
            break;
        }
    }
    if let Some(corpus) = corpus.as_mut().filter(|_| args.texts.is_empty()) {
        let (shard, parts) = &mut corpus.valid;
        for part in parts {
            let mut tokens = vec![0; LONGEST.min(part.len as usize)];
            shard.read(part.start, &mut tokens)?;
            tokens[0] = TokenId::DOC.0;
            let tokens: Vec<TokenId> = tokens.into_iter().map(TokenId).collect();
            if !learn_from(&tokens) {
                break;
            }
        }
    }
    // Not from the model's own: the same texts give the same gates, whatever was fitted before.
    let mut gates = Gates::default();
    print(&places.fit(&mut gates));
    let bytes = model.with_gates(&gates);
    write_whole(&args.out, &bytes).map_err(|error| format!("{}: {error}", args.out.display()))?;
    eprintln!("{}: {} bytes", args.out.display(), bytes.len());
    Ok(ExitCode::SUCCESS)
}

/// Learns how far to trust earlier prose from writers whose newest texts are read after those before them.
fn fit_earlier(args: &Args, model: Model) -> Outcome {
    let model = Arc::new(model);
    let mut places = Places::default();
    for folder in &args.writers {
        for amount in EARLIER_WORDS {
            let (counts, newest) = counted(&model, folder, amount)?;
            for text in newest {
                let tokens = tokens(&model, text.language, &text.text);
                places.read(
                    &model,
                    &tokens[..tokens.len().min(LONGEST / 2)],
                    Some(&counts),
                );
            }
        }
    }
    let mut gates = *model.gates();
    let fit = places.fit_earlier(&mut gates);
    let bits = |nats: f64| nats / std::f64::consts::LN_2;
    eprintln!(
        "{} words: {:.3} bits each with the gates as they were, {:.3} with those learned",
        fit.words,
        bits(fit.word),
        bits(fit.own)
    );
    write_whole(&args.out, &model.with_gates(&gates))
        .map_err(|error| format!("{}: {error}", args.out.display()))?;
    Ok(ExitCode::SUCCESS)
}

/// The corpus of the model's run.
fn corpus(args: &Args, folder: &Folder, model: &Model) -> Result<Corpus, String> {
    let corpus = prepare::open(args.seed, folder).map_err(|error| error.to_string())?;
    if corpus.tokenizer.to_bytes() != model.tokenizer().to_bytes() {
        return Err(format!(
            "{} is of another vocabulary than {}",
            folder.run().display(),
            args.model.display()
        ));
    }
    Ok(corpus)
}

fn print(fit: &Fit) {
    let bits = |nats: f64| nats / std::f64::consts::LN_2;
    eprintln!(
        "{} words and pieces: {:.3} bits each from the network, {:.3} with the table",
        fit.tokens,
        bits(fit.network),
        bits(fit.table)
    );
    eprintln!(
        "{} words: {:.3} bits each with the table, {:.3} with the document's own words",
        fit.words,
        bits(fit.word),
        bits(fit.own)
    );
}

fn megabytes(argument: &str) -> Result<f64, String> {
    match argument.parse() {
        Ok(size) if (0.0..=1000.0).contains(&size) => Ok(size),
        _ => Err("expected a number from 0 to 1000".to_owned()),
    }
}
