//! `rnn-lsp status`, `learn`, `forget`, `allow`, `export` and `import`: what was learned, in the hands of its owner.
//!
//! Servers that are running notice by themselves what changed.

mod report;

use super::Outcome;
use crate::adapt;
use crate::adapt::gather::{Asked, Excluded};
use crate::adapt::{Forget, Learned, Library, Status, TrainingNow, gather, seconds, source};
use crate::config::{self, Layer, Layers};
use crate::model::Model;
use indicatif::{ProgressBar, ProgressStyle};
use std::fs;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::SystemTime;

/// Lines of the table of files that are printed.
const FILES_SHOWN: usize = 20;

/// Trainings that are printed.
const TRIALS_SHOWN: usize = 3;

/// Named files that are printed with why they are not learned.
const LEFT_OUT_SHOWN: usize = 10;

/// New words that are printed.
const WORDS_SHOWN: usize = 40;

#[derive(Debug, clap::Args)]
pub(super) struct StatusArgs {
    /// Print everything as JSON
    #[arg(long, conflicts_with = "html")]
    json: bool,
    /// Write a page to look at in a browser
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = "rnn-lsp-learned.html")]
    html: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
pub(super) struct LearnArgs {
    /// Files and folders of prose; without any, the folders of the setting learnFolders
    paths: Vec<PathBuf>,
    /// Do not tune the model's weights to what is learned; editors do it later, when nobody types
    #[arg(long)]
    no_train: bool,
    /// Learn also what a name, .gitignore, .rnnlspignore or learnIgnore says is not to be
    #[arg(long)]
    even_ignored: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct ForgetArgs {
    /// A file, a folder, or a word
    #[arg(required_unless_present = "all", conflicts_with = "all")]
    what: Option<String>,
    /// Forget everything that was ever learned
    #[arg(long)]
    all: bool,
    /// Take WHAT for a word even where a file has that name
    #[arg(long, conflicts_with = "all")]
    word: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct AllowArgs {
    /// The word
    word: String,
}

#[derive(Debug, clap::Args)]
pub(super) struct ExportArgs {
    /// The file to write; it holds the prose that was learned
    file: PathBuf,
}

#[derive(Debug, clap::Args)]
pub(super) struct ImportArgs {
    /// A file that `export` wrote
    file: PathBuf,
}

pub(super) fn status(args: StatusArgs) -> Outcome {
    let mut library = open()?;
    let status = Status::of(&mut library);
    let mut out = std::io::stdout().lock();
    if args.json {
        serde_json::to_writer_pretty(&mut out, &status)?;
        writeln!(out)?;
    } else if let Some(path) = args.html {
        adapt::write(&path, report::page(&status, SystemTime::now()).as_bytes())
            .map_err(|error| format!("cannot write {}: {error}", path.display()))?;
        writeln!(out, "{}", path.display())?;
    } else {
        print(&mut out, &status)?;
    }
    warn(&mut library);
    Ok(ExitCode::SUCCESS)
}

pub(super) fn learn(args: LearnArgs) -> Outcome {
    let settings = settings();
    let paths = if args.paths.is_empty() {
        settings.learn_folders.clone()
    } else {
        args.paths
    };
    if paths.is_empty() {
        return Err("nothing to learn: name files or folders, or set learnFolders".into());
    }
    let (rules, warnings) = gather::Rules::new(&settings.learn_ignore);
    warnings
        .iter()
        .for_each(|warning| eprintln!("warning: {warning}"));
    let mut library = open_with(model()?)?;
    let mut whole = Vec::new();
    for path in &paths {
        fs::metadata(path).map_err(|error| format!("{}: {error}", path.display()))?;
        whole.push(gather::whole(path));
    }
    let asked = match args.even_ignored {
        true => Asked::ForAll,
        false => Asked::ByTheRules,
    };
    if asked == Asked::ByTheRules {
        let left_out = rules.left_out(&whole);
        tell_left_out(&left_out);
        whole.retain(|path| left_out.iter().all(|(other, _)| other != path));
    }
    for path in &whole {
        library.store.allow(path)?;
    }
    let files = rules.files(&whole, asked);
    let bar = ProgressBar::new(files.len() as u64);
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} files, {eta} left  {wide_msg}");
    bar.set_style(style.expect("a template that is right"));
    let mut tally = Tally::default();
    for (path, language) in files {
        bar.set_message(path.display().to_string());
        match read_file(&path) {
            // Where one cannot be kept, none can.
            Ok((text, written)) => tally.add(library.learn(&path, language, &text, written)?),
            Err(reason) => bar.suspend(|| {
                tally.refused += 1;
                eprintln!("not learned: {}: {reason}", path.display());
            }),
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    say(&tally.sentence())?;
    if settings.train && !args.no_train {
        train(&mut library)?;
    }
    warn(&mut library);
    Ok(ExitCode::SUCCESS)
}

/// Says which of the files and folders that were named are not learned, and why.
fn tell_left_out(left_out: &[(PathBuf, Excluded)]) {
    for (path, reason) in left_out.iter().take(LEFT_OUT_SHOWN) {
        eprintln!("left out: {}: {reason}", path.display());
    }
    if let Some(more @ 1..) = left_out.len().checked_sub(LEFT_OUT_SHOWN) {
        eprintln!("left out: {more} more");
    }
    if !left_out.is_empty() {
        eprintln!("(--even-ignored learns them all the same)");
    }
}

/// Tunes the weights to what was learned. That there is too little of it is no error.
fn train(library: &mut Library) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let mut lesson = match TrainingNow::begin(library) {
        Ok(Some(lesson)) => lesson,
        Ok(None) => return Ok(say("another program is tuning the weights already")?),
        Err(reason) => return Ok(say(&format!("the weights stay as they are: {reason}"))?),
    };
    let bar = ProgressBar::new(1000);
    let style =
        ProgressStyle::with_template("{bar:30} {percent} % of tuning the weights, {eta} left");
    bar.set_style(style.expect("a template that is right"));
    let trial = loop {
        match lesson.step(library) {
            Ok(trial) => break trial?,
            Err(going) => lesson = going,
        }
        bar.set_position((1000.0 * lesson.progress()) as u64);
    };
    bar.finish_and_clear();
    say(&format!(
        "{} ({:.1} seconds of the processor for each 1,000 words)",
        trial.sentence(),
        trial.seconds_per_1000()
    ))?;
    Ok(())
}

pub(super) fn rollback() -> Outcome {
    let mut library = open()?;
    let taken = library.roll_back()?;
    let now = match library.generation() {
        Some(number) => format!("generation {number} is in use"),
        None => "the model's own weights are in use".to_owned(),
    };
    say(&format!("generation {taken} was taken back; {now}"))?;
    warn(&mut library);
    Ok(ExitCode::SUCCESS)
}

pub(super) fn forget(args: ForgetArgs) -> Outcome {
    let mut library = open()?;
    let what = match args.what {
        None => Forget::All,
        Some(text) if args.word => Forget::Word(text),
        Some(text) => path_or_word(&library, text)?,
    };
    let count = library.forget(&what)?;
    let all = files(count);
    let sentence = match (&what, count) {
        (Forget::All, _) => format!(
            "forgot everything: {all}, and what was forgotten before; the folders of the setting learnFolders are learned anew at the next start"
        ),
        (Forget::Word(word), 0) => {
            format!("{word} was not learned; it will not be, and it is not offered any more")
        }
        (Forget::Word(word), _) => {
            format!("forgot {word}, which was in {all}; it is not offered any more")
        }
        (Forget::Path(path), 0) => format!("{} was not learned; it will not be", path.display()),
        (Forget::Path(_), 1) => {
            format!("forgot {all}; it is not learned again unless you ask for it")
        }
        (Forget::Path(_), _) => {
            format!("forgot {all}; they are not learned again unless you ask for it")
        }
    };
    say(&sentence)?;
    warn(&mut library);
    Ok(ExitCode::SUCCESS)
}

pub(super) fn allow(args: AllowArgs) -> Outcome {
    let mut library = open()?;
    let word = args.word;
    say(&match library.allow_word(&word)? {
        true => format!("{word} is offered again, and learned with what is saved from now on"),
        false => format!("{word} was not forgotten"),
    })?;
    warn(&mut library);
    Ok(ExitCode::SUCCESS)
}

pub(super) fn export(args: ExportArgs) -> Outcome {
    let library = open()?;
    let count = library.store.export(&args.file)?;
    say(&format!(
        "{} holds what was learned from {}, in your own words",
        args.file.display(),
        files(count)
    ))?;
    Ok(ExitCode::SUCCESS)
}

pub(super) fn import(args: ImportArgs) -> Outcome {
    let mut library = open()?;
    let count = library.import(&args.file)?;
    say(&format!("took over {}", files(count)))?;
    warn(&mut library);
    Ok(ExitCode::SUCCESS)
}

fn say(sentence: &str) -> std::io::Result<()> {
    writeln!(std::io::stdout(), "{sentence}")
}

/// Over the user's folder, with the model that the settings name.
///
/// To look at it or to forget, a model that cannot be used is no hindrance.
fn open() -> Result<Library, String> {
    open_with(model().unwrap_or_else(|error| {
        eprintln!("warning: {error}");
        Model::shipped()
    }))
}

fn open_with(model: Model) -> Result<Library, String> {
    let folder = config::learned_folder().ok_or("no folder for data: there is no home")?;
    Ok(Library::open(&folder, Arc::new(model)))
}

/// The model that the settings name.
fn model() -> Result<Model, String> {
    match settings().model {
        None => Ok(Model::shipped()),
        Some(path) => Model::open(&path).map_err(|error| format!("{}: {error}", path.display())),
    }
}

/// Those of the user's file; what is wrong with it is said.
fn settings() -> config::Settings {
    let value = config::user_file().map(|path| config::read(&path));
    let mut layers = Layers::default();
    match value {
        Some(Ok(value)) => layers.set(Layer::User, value),
        Some(Err(error)) => eprintln!("warning: {error}"),
        None => {}
    }
    let (settings, warnings) = layers.settings();
    warnings
        .iter()
        .for_each(|warning| eprintln!("warning: {warning}"));
    settings
}

fn warn(library: &mut Library) {
    for warning in library.take_warnings() {
        eprintln!("warning: {warning}");
    }
}

/// What a file says, and when it was written.
fn read_file(path: &Path) -> Result<(String, SystemTime), String> {
    let metadata = fs::metadata(path).map_err(|error| error.to_string())?;
    if metadata.len() > source::MOST_BYTES as u64 {
        return Err(source::Refused::TooLong(metadata.len()).to_string());
    }
    let bytes = fs::read(path).map_err(|error| error.to_string())?;
    let text = source::text(bytes).map_err(|refused| refused.to_string())?;
    let written = metadata.modified().unwrap_or_else(|_| SystemTime::now());
    Ok((text, written))
}

/// A file or folder that is there or was learned; else a word, if it looks like one.
fn path_or_word(library: &Library, text: String) -> Result<Forget, String> {
    let path = gather::whole(Path::new(&text));
    let is_known = library
        .store
        .sources()
        .any(|source| source.path.starts_with(&path));
    if path.exists() || is_known {
        return Ok(Forget::Path(path));
    }
    let is_word = crate::text::words::word_len(&text) == text.len();
    if is_word {
        Ok(Forget::Word(text))
    } else {
        Err(format!(
            "{text:?} is no file that is there or was learned, and no word"
        ))
    }
}

/// What became of files.
#[derive(Debug, Default)]
struct Tally {
    files: usize,
    words: usize,
    unchanged: usize,
    copies: usize,
    refused: usize,
}

impl Tally {
    fn add(&mut self, learned: Learned) {
        match learned {
            Learned::Words(words) => {
                self.files += 1;
                self.words += words;
            }
            Learned::Unchanged => self.unchanged += 1,
            Learned::Copy(_) => self.copies += 1,
            Learned::Forgotten => self.refused += 1,
        }
    }

    fn sentence(&self) -> String {
        let mut sentence = format!("learned {} from {}", words(self.words), files(self.files));
        for (count, what) in [
            (self.unchanged, "were learned before"),
            (self.copies, "are copies"),
            (self.refused, "were not learned"),
        ] {
            if count > 0 {
                sentence += &format!("; {count} {what}");
            }
        }
        sentence
    }
}

fn print_unwanted(out: &mut impl Write, status: &Status) -> std::io::Result<()> {
    match status.unwanted() {
        Some(unwanted) => writeln!(out, "{unwanted}"),
        None => Ok(()),
    }
}

fn print(out: &mut impl Write, status: &Status) -> std::io::Result<()> {
    let Status {
        folder,
        bytes,
        words: count,
        new_words,
        files: learned,
        ..
    } = status;
    if learned.is_empty() {
        writeln!(out, "Nothing was learned yet.")?;
        writeln!(
            out,
            "Prose that you save in an editor is learned; `rnn-lsp learn FOLDER` learns what is there."
        )?;
        return print_unwanted(out, status);
    }
    writeln!(
        out,
        "{} learned from {}",
        words(*count),
        files(learned.len())
    )?;
    writeln!(
        out,
        "kept in {} ({:.1} MB)",
        folder.display(),
        *bytes as f64 / 1e6
    )?;
    let saved = status.all_accepted();
    if saved.words > 0 {
        writeln!(
            out,
            "{} keystrokes saved, by {} words taken from suggestions",
            saved.keys, saved.words
        )?;
    }
    if let Some(reception) = status.reception() {
        writeln!(out, "{reception}")?;
    }
    print_weights(out, status)?;
    let withheld = status.withheld();
    writeln!(
        out,
        "left out: {} secrets, {} addresses, {} long numbers; {} private, {} quoted and {} foreign paragraphs",
        withheld.secrets,
        withheld.addresses,
        withheld.numbers,
        withheld.private,
        withheld.quoted,
        withheld.foreign
    )?;
    print_unwanted(out, status)?;
    writeln!(
        out,
        "\n{} offered",
        counted(new_words.len(), "new word is", "new words are")
    )?;
    let width = if std::io::stdout().is_terminal() {
        76
    } else {
        usize::MAX
    };
    let mut line = String::from(" ");
    for (word, _) in new_words.iter().take(WORDS_SHOWN) {
        if line.len() + word.len() > width {
            writeln!(out, "{line}")?;
            line = String::from(" ");
        }
        line += &format!(" {word}");
    }
    writeln!(out, "{line}\n\nlearned last")?;
    let now = seconds(SystemTime::now());
    for file in learned.iter().take(FILES_SHOWN) {
        let ago = ago(now.saturating_sub(file.learned));
        writeln!(
            out,
            "  {:>7} words  {ago:>11}  {}",
            file.words,
            file.path.display()
        )?;
    }
    if learned.len() > FILES_SHOWN {
        writeln!(
            out,
            "  and {} more (--json lists all)",
            learned.len() - FILES_SHOWN
        )?;
    }
    Ok(())
}

/// What became of the weights.
fn print_weights(out: &mut impl Write, status: &Status) -> std::io::Result<()> {
    let Some(last) = status.trials.last() else {
        return Ok(());
    };
    match status.generation {
        Some(number) => writeln!(out, "weights: generation {number}, tuned to your prose")?,
        None => writeln!(out, "weights: the model's own")?,
    }
    let now = seconds(SystemTime::now());
    for trial in status.trials.iter().rev().take(TRIALS_SHOWN) {
        let when = ago(now.saturating_sub(trial.time));
        writeln!(out, "  {when:>11}  {}", trial.sentence())?;
    }
    if last.words > 0 {
        writeln!(
            out,
            "  the last training took {:.1} seconds of the processor for each 1,000 words, {:.0} in all",
            last.seconds_per_1000(),
            last.seconds
        )?;
    }
    Ok(())
}

/// So many files, for a person.
fn files(count: usize) -> String {
    counted(count, "file", "files")
}

/// So many words.
fn words(count: usize) -> String {
    counted(count, "word", "words")
}

fn counted(count: usize, one: &str, several: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { several })
}

/// How long ago something was, for a person.
fn ago(seconds: u64) -> String {
    let (count, unit) = match seconds {
        0..60 => return "just now".to_owned(),
        60..3600 => (seconds / 60, "min"),
        3600..86_400 => (seconds / 3600, "h"),
        86_400..172_800 => (1, "day"),
        _ => (seconds / 86_400, "days"),
    };
    format!("{count} {unit} ago")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_long_ago() {
        for (seconds, expected) in [
            (3, "just now"),
            (61, "1 min ago"),
            (7300, "2 h ago"),
            (100_000, "1 day ago"),
            (200_000, "2 days ago"),
        ] {
            assert_eq!(ago(seconds), expected);
        }
    }
}
