//! `rnn-lsp eval --adapt`: what learning a writer's earlier prose does for the newest.
//!
//! Each folder holds one writer's texts, named so that their order is that of time (`2024-05-01-name.txt`; the date counts
//! for how much a text has faded). The newest texts are typed, those right before them are learned, more and more of them:
//! by counting, by going on from the end of the last one, by tuning the weights, and by all of it. As a control the same is
//! typed after learning as much of another writer's prose. Everything goes the way that it goes in an editor, the gate
//! included.

use super::read;
use crate::adapt::gather::whole;
use crate::adapt::{Library, PersonalCounts, TrainingNow, Trial, day, time_of};
use crate::cli::Outcome;
use crate::eval::{Accuracy, Earlier, Keystrokes, Settings, Text, type_texts};
use crate::model::Model;
use crate::model::gates::SourceGates;
use crate::text::prose::Passage;
use serde::Serialize;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::SystemTime;

/// Newest texts that have so many words are typed.
const SHORTEST: usize = 150;

/// Newest texts that trust in earlier ones is learned from.
const TYPED: usize = 12;

/// One measurement.
#[derive(Debug, Serialize)]
struct Row {
    writer: String,
    /// What was learned before, and of whom.
    learned: &'static str,
    words: usize,
    new_words: usize,
    keystrokes: Keystrokes,
    accuracy: Vec<Accuracy>,
    /// Where weights were tuned.
    trial: Option<Trial>,
}

/// What is measured besides the texts.
#[derive(Clone, Debug)]
pub(super) struct Plan<'a> {
    /// How many words are learned.
    pub(super) amounts: &'a [usize],
    /// How many of the newest texts are typed.
    pub(super) texts: usize,
    /// Whether weights are tuned.
    pub(super) train: bool,
}

/// A writer's texts, the oldest first.
struct Writer {
    name: String,
    texts: Vec<Text>,
}

/// Measures each writer. `unlearning` is the same model, which learns nothing while it reads.
pub(super) fn run(
    model: &Arc<Model>,
    unlearning: &Model,
    folders: &[PathBuf],
    plan: &Plan,
    settings: &Settings,
    json: bool,
) -> Outcome {
    let writers: Vec<Writer> = folders
        .iter()
        .map(|folder| writer(folder, plan.texts))
        .collect::<Result<_, _>>()?;
    let mut rows = Vec::new();
    let mut out = std::io::stdout().lock();
    if !json {
        writeln!(
            out,
            "writer\tlearned\twords\tnew\tKSR-tap\ttop1\ttop3\tforgetting\tseconds/1000"
        )?;
    }
    for (index, writer) in writers.iter().enumerate() {
        let (earlier, newest) = writer.split(plan.texts);
        let bench = Bench {
            writer,
            newest: &newest,
            settings: *settings,
        };
        let mut nothing = *settings;
        let mut gates = settings.options.gates.unwrap_or(*model.gates());
        gates.document = SourceGates::CLOSED;
        nothing.options.gates = Some(gates);
        let mut show = |row: Row| {
            if !json {
                print(&mut out, &row)?;
            }
            rows.push(row);
            Ok::<_, std::io::Error>(())
        };
        show(bench.measure("nothing", unlearning, Earlier::default(), &nothing))?;
        show(bench.measure("document", model, Earlier::default(), settings))?;
        for &amount in plan.amounts.iter().filter(|&&amount| amount > 0) {
            let learned = learn(model, earlier, amount, plan.train)?;
            let (counts, passage) = (learned.counts(), learned.passage());
            show(bench.after("counts", model, counts, &learned))?;
            show(bench.after("passage", model, passage, &learned))?;
            if let Some(tuned) = &learned.tuned {
                show(bench.after("weights", tuned, Earlier::default(), &learned))?;
            }
            let tuned = learned.tuned.as_ref().unwrap_or(model);
            show(bench.after("all", tuned, learned.all(), &learned))?;
        }
        let other = &writers[(index + 1) % writers.len()];
        if other.name != writer.name {
            let most = plan.amounts.iter().copied().max().unwrap_or(0);
            let learned = learn(model, &other.texts, most, plan.train)?;
            let tuned = learned.tuned.as_ref().unwrap_or(model);
            show(bench.after("another's", tuned, learned.all(), &learned))?;
        }
    }
    if json {
        serde_json::to_writer_pretty(&mut out, &rows)?;
        writeln!(out)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// A writer's newest texts, and counts of so many words before them.
pub(in crate::cli) fn counted(
    model: &Arc<Model>,
    folder: &Path,
    amount: usize,
) -> Result<(PersonalCounts, Vec<Text>), Box<dyn std::error::Error + Send + Sync>> {
    let writer = writer(folder, TYPED)?;
    let (earlier, newest) = writer.split(TYPED);
    let counts = learn(model, earlier, amount, false)?.counts;
    Ok((counts, newest))
}

struct Bench<'a> {
    writer: &'a Writer,
    newest: &'a [Text],
    settings: Settings,
}

/// What some prose taught.
struct Taught {
    words: usize,
    counts: PersonalCounts,
    /// What a text in the same folder follows.
    passage: Option<Arc<Passage>>,
    /// The weights that an editor would use: the model's own, where the gate let no others in. Absent where none were tuned.
    tuned: Option<Arc<Model>>,
    trial: Option<Trial>,
}

impl Taught {
    fn counts(&self) -> Earlier<'_> {
        Earlier {
            counts: Some(&self.counts),
            passage: None,
        }
    }

    fn passage(&self) -> Earlier<'_> {
        Earlier {
            counts: None,
            passage: self.passage.as_ref(),
        }
    }

    fn all(&self) -> Earlier<'_> {
        Earlier {
            passage: self.passage.as_ref(),
            ..self.counts()
        }
    }
}

impl Bench<'_> {
    fn after(&self, what: &'static str, model: &Model, earlier: Earlier, taught: &Taught) -> Row {
        let mut row = self.measure(what, model, earlier, &self.settings);
        (row.words, row.new_words) = (taught.words, taught.counts.new_words().len());
        row.trial = (taught.trial.clone()).filter(|_| !matches!(what, "counts" | "passage"));
        row
    }

    fn measure(
        &self,
        what: &'static str,
        model: &Model,
        earlier: Earlier,
        settings: &Settings,
    ) -> Row {
        let (keystrokes, accuracy) = type_texts(model, earlier, self.newest, settings);
        Row {
            writer: self.writer.name.clone(),
            learned: what,
            words: 0,
            new_words: 0,
            keystrokes,
            accuracy,
            trial: None,
        }
    }
}

/// Learns the last texts that have so many words.
fn learn(
    model: &Arc<Model>,
    texts: &[Text],
    amount: usize,
    train: bool,
) -> Result<Taught, Box<dyn std::error::Error + Send + Sync>> {
    let folder = std::env::temp_dir().join(format!("rnn-lsp-eval-{}", std::process::id()));
    let mut library = Library::open(&folder, model.clone());
    let (mut words, mut from) = (0, texts.len());
    while words < amount && from > 0 {
        from -= 1;
        words += texts[from].text.split_whitespace().count();
    }
    for text in &texts[from..] {
        let path = folder.join(&text.name);
        library.learn(&path, text.language, &text.text, time(&text.name))?;
    }
    let counts = library.counts(time(
        &texts
            .last()
            .map(|text| text.name.clone())
            .unwrap_or_default(),
    ));
    let latest = library.latest();
    let passage = latest.before(&whole(&folder.join("the next"))).cloned();
    let trial = match train {
        true => tune(&mut library)?,
        false => None,
    };
    let tuned = trial
        .is_some()
        .then(|| library.tuned().map_or(model.clone(), Arc::new));
    fs::remove_dir_all(&folder)?;
    Ok(Taught {
        words,
        counts,
        passage,
        tuned,
        trial,
    })
}

/// Tunes the weights to all that was learned; nothing where that is too little.
fn tune(library: &mut Library) -> Result<Option<Trial>, String> {
    let Ok(begun) = TrainingNow::begin(library) else {
        return Ok(None);
    };
    let mut training = begun.ok_or("another program trains in the same folder")?;
    loop {
        match training.step(library) {
            Ok(trial) => return trial.map(Some),
            Err(going) => training = going,
        }
    }
}

impl Writer {
    /// What is learned, and what is typed.
    fn split(&self, typed: usize) -> (&[Text], Vec<Text>) {
        let is_long = |text: &&Text| text.text.split_whitespace().count() >= SHORTEST;
        let newest: Vec<Text> = self
            .texts
            .iter()
            .rev()
            .filter(is_long)
            .take(typed)
            .cloned()
            .collect();
        let first = newest.last().map_or(0, |first| {
            self.texts.partition_point(|text| text.name < first.name)
        });
        (&self.texts[..first], newest)
    }
}

fn writer(folder: &Path, typed: usize) -> Result<Writer, String> {
    let entries = fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut paths: Vec<PathBuf> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.is_file())
        .collect();
    paths.sort();
    let texts: Vec<Text> = paths
        .iter()
        .map(|path| read(path, None))
        .collect::<Result<_, _>>()?;
    if texts.len() <= typed {
        return Err(format!(
            "{}: {} texts, expected more than {typed}",
            folder.display(),
            texts.len()
        ));
    }
    let name = folder
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    Ok(Writer { name, texts })
}

/// When a text was written, from its name; texts without a date are of today.
fn time(name: &str) -> SystemTime {
    let mut numbers = name.splitn(4, '-').map(|part| {
        part.get(..2.max(part.len().min(4)))
            .and_then(|part| part.parse::<i64>().ok())
    });
    let date = (
        numbers.next().flatten(),
        numbers.next().flatten(),
        numbers.next().flatten(),
    );
    match date {
        (Some(year), Some(month), Some(date)) => time_of(days(year, month, date)),
        _ => time_of(day(SystemTime::now())),
    }
}

/// Days since 1970 of a date of the Gregorian calendar (Howard Hinnant's days_from_civil).
fn days(year: i64, month: i64, date: i64) -> u32 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + date - 1;
    let day = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468;
    u32::try_from(day).unwrap_or(0)
}

fn print(out: &mut impl Write, row: &Row) -> std::io::Result<()> {
    let first = row.accuracy.first();
    let (top1, top3) = first.map_or((0.0, 0.0), |row| (row.top1, row.top3));
    write!(
        out,
        "{}\t{}\t{}\t{}\t{:.1}\t{top1:.1}\t{top3:.1}",
        row.writer, row.learned, row.words, row.new_words, row.keystrokes.ksr_tap
    )?;
    match &row.trial {
        None => writeln!(out, "\t\t")?,
        Some(trial) => {
            let forgetting = trial
                .generation
                .and(trial.scores)
                .map_or(0.0, |scores| scores.forgetting);
            writeln!(out, "\t{forgetting:+.2} %\t{:.2}", trial.seconds_per_1000())?;
        }
    }
    out.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_in_names() {
        assert_eq!(time("1970-01-02-a.txt"), time_of(1));
        assert_eq!(time("2000-03-01-a.txt"), time_of(11_017));
        assert_eq!(time("a.txt"), time_of(day(SystemTime::now())));
    }
}
