//! `rnn-lsp eval`.

mod writers;

pub(super) use writers::counted;

use super::Outcome;
use crate::adapt::Reception;
use crate::eval::menus::{EDGES, Edges, Offers, PHRASE_EDGES};
use crate::eval::{Keystrokes, Miss, Report, Settings, Text, evaluate};
use crate::model::Model;
use crate::model::gates::{Gates, SourceGates};
use crate::predict::Options;
use crate::text::prose::Language;
use crate::train::{checkpoint, export};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The model file
    model: PathBuf,
    /// Texts to measure it on; Markdown, LaTeX and the others are told by their extension
    #[arg(required = true)]
    texts: Vec<PathBuf>,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
    /// Type at most so many words of each text
    #[arg(long, value_name = "N", default_value_t = usize::MAX, hide_default_value = true)]
    max_words: usize,
    /// Start typing here, from 0 to 1: what stands before is in the document already
    #[arg(long, value_name = "F", default_value_t = 0.0, value_parser = fraction)]
    from_fraction: f64,
    /// Offer nothing when the best suggestion is less probable than this
    #[arg(long, value_name = "T", default_value_t = 0.0, value_parser = fraction)]
    threshold: f64,
    /// Offer no ghost text less probable than this [default: what editors get]
    #[arg(long, value_name = "T", value_parser = fraction)]
    phrase_threshold: Option<f64>,
    /// The share of words at which the writer looks at what is offered
    #[arg(long, value_name = "F", default_value_t = 1.0, value_parser = fraction)]
    taking: f64,
    /// Letters of each word that the writer types before looking
    #[arg(long, value_name = "N", default_value_t = 0)]
    looks_from: usize,
    /// The texts are by one writer: how menus are read is learned from one text to the next, as it is with --adapt and
    /// --adapt-threshold
    #[arg(long)]
    one_writer: bool,
    /// Let the threshold follow what the writer takes, as it does in an editor, from text to text
    #[arg(long, conflicts_with_all = ["threshold", "adapt"])]
    adapt_threshold: bool,
    /// Do not read the texts to their ends for the perplexity
    #[arg(long)]
    no_perplexity: bool,
    /// List the N words that cost the most keys
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    misses: usize,
    /// Measure the network alone, without counts of any kind
    #[arg(long)]
    network_alone: bool,
    /// Compute in 32 bits with the weights of this checkpoint, which the model was rounded from, without fast weights
    #[arg(long, value_name = "CHECKPOINT", conflicts_with = "adapt")]
    full_precision: Option<PathBuf>,
    /// Measure without some of the counts, or without fast weights
    #[arg(long, value_name = "SOURCE", value_delimiter = ',')]
    without: Vec<Source>,
    /// The texts are folders, one for each writer: learn the older texts, type the newest
    #[arg(long)]
    adapt: bool,
    /// With --adapt: how many words to learn
    #[arg(
        long,
        value_name = "N,…",
        value_delimiter = ',',
        default_value = "1000,5000,20000,50000",
        requires = "adapt"
    )]
    amounts: Vec<usize>,
    /// With --adapt: how many of each writer's newest texts to type
    #[arg(long, value_name = "N", default_value_t = 12, requires = "adapt")]
    newest: usize,
    /// With --adapt: only count, do not tune the weights
    #[arg(long, requires = "adapt")]
    no_train: bool,
    /// Read the texts as this kind of markup (an editor's language id such as `markdown`)
    #[arg(long, value_name = "ID")]
    language: Option<String>,
}

/// A source of a prediction besides the network as it was trained.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Source {
    /// The model's table of what follows what
    Ngram,
    /// The document's own words
    Document,
    /// What the network learns from the document as it reads it
    FastWeights,
}

fn open(path: &Path) -> Result<Model, String> {
    Model::open(path).map_err(|error| format!("{}: {error}", path.display()))
}

pub(super) fn run(args: Args) -> Outcome {
    let mut model = open(&args.model)?;
    if let Some(path) = &args.full_precision {
        let checkpoint = checkpoint::read_parameters(path)?;
        model = model
            .in_full(export::weights(checkpoint.parameters))
            .map_err(|error| format!("{}: {error}", path.display()))?;
    }
    let language = match &args.language {
        Some(id) => {
            Some(Language::from_id(id).ok_or_else(|| format!("no language is called {id:?}"))?)
        }
        None => None,
    };
    let mut gates = match args.network_alone {
        true => Gates::CLOSED,
        false => *model.gates(),
    };
    for source in &args.without {
        match source {
            Source::Ngram => gates.ngram = Gates::CLOSED.ngram,
            Source::Document => gates.document = SourceGates::CLOSED,
            Source::FastWeights => model = model.without_fast_weights(),
        }
    }
    let mut reception = Reception::default();
    let options = Options {
        threshold: match args.adapt_threshold {
            true => reception.threshold(),
            false => args.threshold as f32,
        },
        gates: Some(gates),
        phrase_threshold: args
            .phrase_threshold
            .map_or(Options::default().phrase_threshold, |t| t as f32),
        ..Options::default()
    };
    let settings = Settings {
        max_words: args.max_words,
        from_fraction: args.from_fraction,
        options,
        taking: args.taking,
        looks_from: args.looks_from,
        one_writer: args.one_writer || args.adapt || args.adapt_threshold,
        perplexity: !args.no_perplexity,
    };
    if args.adapt {
        if !model.has_fast_weights() {
            return Err("--adapt measures what is learned, fast weights included: expected it without --without fast-weights".into());
        }
        let plan = writers::Plan {
            amounts: &args.amounts,
            texts: args.newest,
            train: !args.no_train,
        };
        let unlearning = open(&args.model)?.without_fast_weights();
        return writers::run(
            &Arc::new(model),
            &unlearning,
            &args.texts,
            &plan,
            &settings,
            args.json,
        );
    }
    let texts: Vec<Text> = args
        .texts
        .iter()
        .map(|path| read(path, language))
        .collect::<Result<_, _>>()?;
    let mut report = evaluate(&model, &texts, &settings, |name, keystrokes, menus| {
        reception.add(menus);
        let next = args.adapt_threshold.then(|| reception.threshold());
        if !args.json {
            let next = next.map(|next| format!(", threshold {next} from here on"));
            eprintln!(
                "{name}: {}{}",
                one_line(keystrokes),
                next.unwrap_or_default()
            );
        }
        next
    });
    report.misses.truncate(args.misses);
    let mut out = std::io::stdout().lock();
    if args.json {
        serde_json::to_writer_pretty(&mut out, &report)?;
        writeln!(out)?;
    } else {
        print(&mut out, &report)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Reads a text.
pub(super) fn read(path: &Path, language: Option<Language>) -> Result<Text, String> {
    let bytes = std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let text = String::from_utf8_lossy(&bytes).replace("\r\n", "\n");
    let name = path
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    Ok(Text {
        name,
        language: language
            .or_else(|| Language::from_path(path))
            .unwrap_or(Language::Plain),
        text,
    })
}

pub(super) fn fraction(argument: &str) -> Result<f64, String> {
    let value: f64 = argument
        .parse()
        .map_err(|_| "expected a number".to_owned())?;
    if (0.0..=1.0).contains(&value) {
        Ok(value)
    } else {
        Err("expected a number from 0 to 1".to_owned())
    }
}

fn one_line(keystrokes: &Keystrokes) -> String {
    let Keystrokes {
        words,
        ksr_tap,
        ksr_menu,
        ..
    } = keystrokes;
    format!("{words} words, KSR-tap {ksr_tap:.1}, KSR-menu {ksr_menu:.1}")
}

fn print_offers(out: &mut impl Write, edges: &Edges, offers: &Offers) -> std::io::Result<()> {
    for (bin, edge) in edges.iter().enumerate() {
        let (shown, taken) = (offers.shown[bin], offers.taken[bin]);
        let share = 100.0 * taken / shown.max(1.0);
        writeln!(out, "  {edge:5.2}  {shown:6}  {share:5.1} %")?;
    }
    Ok(())
}

fn print(out: &mut impl Write, report: &Report) -> std::io::Result<()> {
    let Report {
        keystrokes,
        accuracy,
        perplexity,
        calibration,
        calibration_by_letters,
        menus,
        phrases,
        latency,
        misses,
        ..
    } = report;
    let Keystrokes {
        words,
        ksr_tap,
        ksr_menu,
        ksr_net,
        ksr_ceiling,
        taken,
        answered,
        ..
    } = keystrokes;
    writeln!(
        out,
        "keystrokes saved over {words} words (at most {ksr_ceiling:.1} %)"
    )?;
    writeln!(
        out,
        "  KSR-tap   {ksr_tap:5.1} %   any of the first three costs one key"
    )?;
    writeln!(
        out,
        "  KSR-menu  {ksr_menu:5.1} %   the one of rank r costs r keys"
    )?;
    writeln!(
        out,
        "  KSR-net   {ksr_net:5.1} %   as tap; each menu not taken from costs half a key"
    )?;
    writeln!(
        out,
        "  {taken:.1} % of words taken, {answered:.1} % of keystrokes answered"
    )?;
    writeln!(
        out,
        "the right word, by letters typed   first  in three  in five"
    )?;
    for row in accuracy {
        writeln!(
            out,
            "  {} ({} words) {:>20.1} {:>9.1} {:>8.1} %",
            row.letters, row.words, row.top1, row.top3, row.top5
        )?;
    }
    if let Some(perplexity) = perplexity {
        writeln!(
            out,
            "perplexity {:.1} per word, {:.1} per token; {:.3} bits per byte ({} words)",
            perplexity.per_word(),
            perplexity.per_token(),
            perplexity.bits_per_byte(),
            perplexity.words
        )?;
    }
    writeln!(
        out,
        "calibration error {:.3}: suggestions of probability .. are right ..",
        calibration.error()
    )?;
    for bin in calibration.bins().iter().filter(|bin| bin.suggestions > 0) {
        let share = |x: f64| 100.0 * x / bin.suggestions as f64;
        writeln!(
            out,
            "  {:5.1} %  {:5.1} %  of {}",
            share(bin.expected),
            share(bin.right as f64),
            bin.suggestions
        )?;
    }
    let by_letters = calibration_by_letters.iter().enumerate();
    for (letters, calibration) in by_letters {
        writeln!(
            out,
            "  calibration error {:.3} after {letters} letters",
            calibration.error()
        )?;
    }
    writeln!(
        out,
        "menus by their best word: from .. on, of so many, were taken"
    )?;
    print_offers(out, &EDGES, &menus.words)?;
    let crate::eval::Phrases {
        offered,
        rate,
        words,
        right,
        right_of_several,
        characters,
    } = phrases;
    writeln!(
        out,
        "{offered} phrases before {rate:.1} % of words, {words:.2} words long: {right:.1} % right to the end \
         ({right_of_several:.1} % of several words), {characters:.1} % of characters; from .. on, of so many, were right"
    )?;
    print_offers(out, &PHRASE_EDGES, &menus.phrases)?;
    let crate::eval::Latency {
        requests,
        p50_ms,
        p99_ms,
        max_ms,
    } = latency;
    writeln!(
        out,
        "a keystroke takes {p50_ms:.3} ms (p99 {p99_ms:.3}, longest {max_ms:.3}, of {requests})"
    )?;
    for miss in misses {
        let Miss {
            word,
            before,
            typed,
            offered,
        } = miss;
        let offered = offered.join(", ");
        writeln!(
            out,
            "{typed:3} letters: {before}[{word}] - offered: {offered}"
        )?;
    }
    Ok(())
}
