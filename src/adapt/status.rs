//! What was learned, for its owner to look at.

use super::accepted::{self, Accepted};
use super::library::Library;
use super::private::Withheld;
use super::reception::Reception;
use super::trials::{Trial, Trials};
use crate::eval::Menus;
use serde::Serialize;
use std::path::PathBuf;
use std::time::SystemTime;

/// Everything that was learned, in numbers and names.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Status {
    /// Where it is kept.
    pub folder: PathBuf,
    /// Bytes on disk.
    pub bytes: u64,
    /// Words learned in all.
    pub words: usize,
    /// Words that the model's vocabulary lacks and that are offered now, the most frequent first, and their weights.
    pub new_words: Vec<(String, f32)>,
    /// How many words were forgotten: those are never learned or offered. What they are is not kept.
    pub forgotten_words: usize,
    /// Words first seen on a day (since 1970), by day.
    pub days: Vec<(u32, usize)>,
    /// Words taken from suggestions and keystrokes saved on a day (since 1970), by day.
    pub accepted: Vec<(u32, Accepted)>,
    /// Menus shown and taken from, by how probable the best word was; older ones count less.
    pub menus: Menus,
    /// The probability below which nothing is shown because of that, unless the user chose one.
    pub threshold: f32,
    /// By file, the one learned last first.
    pub files: Vec<File>,
    /// The generation of weights in use; absent where it is the model's own.
    pub generation: Option<u32>,
    /// Whether weights are being tuned at the moment, by the one who was asked.
    pub training: bool,
    /// What every training came to, the oldest first.
    pub trials: Vec<Trial>,
}

/// What was learned of a file.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct File {
    /// Where it is, or was.
    pub path: PathBuf,
    /// Words learned.
    pub words: usize,
    /// When, in seconds since 1970.
    pub learned: u64,
    /// What was left out.
    pub withheld: Withheld,
}

impl Status {
    /// Of what a library holds.
    pub fn of(library: &mut Library) -> Status {
        let counts = library.counts(SystemTime::now());
        let trials = Trials::of(library.store.folder()).all();
        let generation = library.generation();
        let reception = Reception::of(library.store.folder());
        let mut days = std::collections::BTreeMap::<u32, usize>::new();
        let mut files = Vec::new();
        for source in library.store.sources() {
            for paragraph in &source.paragraphs {
                *days.entry(paragraph.day).or_default() += paragraph.word_count();
            }
            files.push(File {
                path: source.path.clone(),
                words: source.word_count(),
                learned: source.learned,
                withheld: source.withheld,
            });
        }
        files.sort_by(|a, b| b.learned.cmp(&a.learned).then_with(|| a.path.cmp(&b.path)));
        Status {
            folder: library.store.folder().to_owned(),
            bytes: library.store.bytes(),
            words: files.iter().map(|file| file.words).sum(),
            new_words: counts
                .new_words()
                .into_iter()
                .map(|(word, weight)| (word.to_owned(), weight))
                .collect(),
            forgotten_words: library.store.forgotten_words().len(),
            days: days.into_iter().collect(),
            accepted: accepted::by_day(library.store.folder())
                .into_iter()
                .collect(),
            menus: *reception.menus(),
            threshold: reception.threshold(),
            files,
            generation,
            training: false,
            trials,
        }
    }

    /// All that suggestions saved.
    pub fn all_accepted(&self) -> Accepted {
        let mut sum = Accepted::default();
        self.accepted
            .iter()
            .for_each(|&(_, accepted)| sum += accepted);
        sum
    }

    /// How menus were taken, and what follows from it, for people; nothing where none was shown.
    pub fn reception(&self) -> Option<String> {
        (self.menus.words.count() > 0.0).then(|| {
            format!(
                "{:.0} % of the menus shown lately were taken from, so words are shown that are at least {:.0} % likely, unless you chose \
                 otherwise; of the times when a word that you took was there, you passed it over in {:.0} %",
                100.0 * self.menus.words.share(),
                100.0 * self.threshold,
                100.0 * self.menus.attention.passed_over()
            )
        })
    }

    /// Words that the user does not want, for people; nothing where there are none.
    pub fn unwanted(&self) -> Option<String> {
        match self.forgotten_words {
            0 => None,
            1 => Some("1 word that you forgot is never offered".to_owned()),
            several => Some(format!("{several} words that you forgot are never offered")),
        }
    }

    /// All that was left out.
    pub fn withheld(&self) -> Withheld {
        self.files
            .iter()
            .fold(Withheld::default(), |sum, file| sum.plus(file.withheld))
    }
}
