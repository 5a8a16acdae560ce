//! `rnn-lsp eval --adapt`: what learning a writer's earlier prose does for the newest.
//!
//! Each folder holds one writer's texts, named so that their order is that of time (`2024-05-01-name.txt`; the date counts
//! for how much a text has faded). The newest texts are typed, those right before them are learned, more and more of them.
//! As a control the same is typed after learning as much of another writer's prose.

use super::read;
use crate::adapt::{Library, day, time_of};
use crate::cli::Outcome;
use crate::eval::{Accuracy, Keystrokes, Settings, Text, type_texts};
use crate::model::Model;
use crate::model::gates::SourceGates;
use crate::predict::own::Counts;
use serde::Serialize;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Instant, SystemTime};

/// So many of the newest texts are typed...
const TYPED: usize = 12;

/// ...that have at least so many words.
const SHORTEST: usize = 150;

/// One measurement.
#[derive(Debug, Serialize)]
struct Row {
    writer: String,
    /// What was learned before, and of whom.
    learned: String,
    words: usize,
    new_words: usize,
    seconds: f64,
    keystrokes: Keystrokes,
    accuracy: Vec<Accuracy>,
}

/// A writer's texts, the oldest first.
struct Writer {
    name: String,
    texts: Vec<Text>,
}

/// Measures each writer.
pub(super) fn run(
    model: Arc<Model>,
    folders: &[PathBuf],
    amounts: &[usize],
    settings: &Settings,
    json: bool,
) -> Outcome {
    let writers: Vec<Writer> = folders
        .iter()
        .map(|folder| writer(folder))
        .collect::<Result<_, _>>()?;
    let mut rows = Vec::new();
    let mut out = std::io::stdout().lock();
    if !json {
        writeln!(
            out,
            "writer\tlearned\twords\tnew\tKSR-tap\ttop1\ttop3\tseconds"
        )?;
    }
    for (index, writer) in writers.iter().enumerate() {
        let (earlier, newest) = writer.split();
        let mut bench = Bench {
            model: &model,
            writer,
            newest: &newest,
            settings: *settings,
        };
        let mut nothing = *settings;
        let mut gates = settings.options.gates.unwrap_or(*model.gates());
        gates.document = SourceGates::CLOSED;
        nothing.options.gates = Some(gates);
        let mut all = vec![
            bench.measure("nothing", None, &nothing),
            bench.measure("document", None, settings),
        ];
        for &amount in amounts.iter().filter(|&&amount| amount > 0) {
            all.push(bench.learn("own", earlier, amount)?);
        }
        let other = &writers[(index + 1) % writers.len()];
        if other.name != writer.name {
            let most = amounts.iter().copied().max().unwrap_or(0);
            all.push(bench.learn("another's", &other.texts, most)?);
        }
        for row in &all {
            if !json {
                print(&mut out, row)?;
            }
        }
        rows.extend(all);
    }
    if json {
        serde_json::to_writer_pretty(&mut out, &rows)?;
        writeln!(out)?;
    }
    Ok(ExitCode::SUCCESS)
}

struct Bench<'a> {
    model: &'a Arc<Model>,
    writer: &'a Writer,
    newest: &'a [Text],
    settings: Settings,
}

impl Bench<'_> {
    /// Learns the last texts that have so many words, and types the newest.
    fn learn(
        &mut self,
        what: &str,
        texts: &[Text],
        amount: usize,
    ) -> Result<Row, Box<dyn std::error::Error + Send + Sync>> {
        let folder = std::env::temp_dir().join(format!("rnn-lsp-eval-{}", std::process::id()));
        let mut library = Library::open(&folder, self.model.clone());
        let start = Instant::now();
        let mut words = 0;
        for text in texts.iter().rev() {
            if words >= amount {
                break;
            }
            words += text.text.split_whitespace().count();
            library.learn(
                &folder.join(&text.name),
                text.language,
                &text.text,
                time(&text.name),
            )?;
        }
        let counts = library.counts(time(
            &texts
                .last()
                .map(|text| text.name.clone())
                .unwrap_or_default(),
        ));
        let seconds = start.elapsed().as_secs_f64();
        library.store.forget_all()?;
        fs::remove_dir(&folder)?;
        let mut row = self.measure(what, Some(&counts), &self.settings);
        (row.words, row.new_words, row.seconds) = (words, counts.new_words().len(), seconds);
        Ok(row)
    }

    fn measure(&self, what: &str, earlier: Option<&dyn Counts>, settings: &Settings) -> Row {
        let (keystrokes, accuracy) = type_texts(self.model, earlier, self.newest, settings);
        Row {
            writer: self.writer.name.clone(),
            learned: what.to_owned(),
            words: 0,
            new_words: 0,
            seconds: 0.0,
            keystrokes,
            accuracy,
        }
    }
}

impl Writer {
    /// What is learned, and what is typed.
    fn split(&self) -> (&[Text], Vec<Text>) {
        let is_long = |text: &&Text| text.text.split_whitespace().count() >= SHORTEST;
        let newest: Vec<Text> = self
            .texts
            .iter()
            .rev()
            .filter(is_long)
            .take(TYPED)
            .cloned()
            .collect();
        let first = newest.last().map_or(0, |first| {
            self.texts.partition_point(|text| text.name < first.name)
        });
        (&self.texts[..first], newest)
    }
}

fn writer(folder: &Path) -> Result<Writer, String> {
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
    if texts.len() <= TYPED {
        return Err(format!(
            "{}: {} texts, expected more than {TYPED}",
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
    let Row {
        writer,
        learned,
        words,
        new_words,
        seconds,
        keystrokes,
        accuracy,
    } = row;
    let first = accuracy
        .first()
        .map_or((0.0, 0.0), |row| (row.top1, row.top3));
    writeln!(
        out,
        "{writer}\t{learned}\t{words}\t{new_words}\t{:.1}\t{:.1}\t{:.1}\t{seconds:.2}",
        keystrokes.ksr_tap, first.0, first.1
    )?;
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
