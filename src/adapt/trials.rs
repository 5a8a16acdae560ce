//! What every training came to, kept or not: a line of JSON for each, added at the end of one file.
//!
//! Numbers only, no word of what was learned, so nothing in it needs to be forgotten.

use super::files;
use super::library::day;
use serde::{Deserialize, Serialize};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

const NAME: &str = "trials";

/// A longer file loses its older half.
const LONGEST: u64 = 256 << 10;

/// One training.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Trial {
    /// When it ended, in seconds since 1970.
    pub time: u64,
    /// The model that it started from, by its identity.
    #[serde(default)]
    pub base: u64,
    /// Words of the writer's that were learned then, in all.
    #[serde(default)]
    pub learned: usize,
    /// Those of them that were read, the ones kept for judging included.
    pub words: usize,
    /// Of the processor.
    pub seconds: f64,
    /// Its number, where it was kept.
    pub generation: Option<u32>,
    /// Why not, where it was not.
    pub reason: Option<String>,
    /// Whether it ended before it came to anything: it took its time all the same.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub interrupted: bool,
    /// What it is worth; absent where it did not come so far.
    pub scores: Option<Scores>,
}

/// What was in use and what was new, on prose that neither learned from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Scores {
    /// On the writer's newest prose, of what was in use.
    pub before: Score,
    /// The same of what is new.
    pub after: Score,
    /// By how many percent more bits the new one needs for general prose than the model that it was tuned from.
    pub forgetting: f64,
}

/// How good weights are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Score {
    /// Of a token, by the network alone.
    pub perplexity: f64,
    /// Share of tokens that were the network's first guess, in percent.
    pub top1: f64,
    /// Share that was among its first three.
    pub top3: f64,
    /// Percent of keystrokes saved in some of it; absent where nothing was typed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub saved: Option<f64>,
}

impl Trial {
    /// Seconds of the processor for each 1,000 words.
    pub fn seconds_per_1000(&self) -> f64 {
        1000.0 * self.seconds / self.words.max(1) as f64
    }

    /// For a person.
    pub fn sentence(&self) -> String {
        let gain = self.scores.map(|Scores { before, after, .. }| {
            let keys = match (before.saved, after.saved) {
                (Some(before), Some(after)) => {
                    format!("; {after:.1} % of its keystrokes saved, before {before:.1} %")
                }
                _ => String::new(),
            };
            format!(
                "perplexity on your newest prose {:.1}, before {:.1}{keys}",
                after.perplexity, before.perplexity
            )
        });
        let gain = gain.unwrap_or_default();
        match (self.generation, &self.reason) {
            (Some(number), _) => format!("generation {number} is in use: {gain}"),
            (None, Some(reason)) => format!("not used: {reason}"),
            (None, None) => gain,
        }
    }
}

/// The trials of a folder.
#[derive(Clone, Debug)]
pub(super) struct Trials(PathBuf);

impl Trials {
    /// Of a folder that need not exist.
    pub(super) fn of(folder: &Path) -> Trials {
        Trials(folder.join(NAME))
    }

    /// Those that came to something, the oldest first.
    pub(super) fn all(&self) -> Vec<Trial> {
        let mut all = self.lines();
        all.retain(|trial| !trial.interrupted);
        all
    }

    /// The last of them that started from a model of this identity.
    pub(super) fn last_of(&self, base: u64) -> Option<Trial> {
        let mut all = self.all();
        let last = all.iter().rposition(|trial| trial.base == base)?;
        Some(all.swap_remove(last))
    }

    /// All, the oldest first. Lines that are none are passed over.
    fn lines(&self) -> Vec<Trial> {
        let text = fs::read_to_string(&self.0).unwrap_or_default();
        text.lines()
            .filter_map(|line| serde_json::from_str(line).ok())
            .collect()
    }

    /// Adds one.
    pub(super) fn add(&self, trial: &Trial) -> io::Result<()> {
        if fs::metadata(&self.0).is_ok_and(|file| file.len() > LONGEST) {
            let all = self.lines();
            let newer: String = all[all.len() / 2..].iter().map(line).collect();
            files::write(&self.0, newer.as_bytes())?;
        }
        files::append(&self.0, line(trial).as_bytes())
    }

    /// Seconds of the processor that training took on a day since 1970.
    pub(super) fn seconds_on(&self, today: u32) -> f64 {
        let on = |trial: &Trial| (trial.time / 86_400) as u32;
        let all = self.lines();
        let today = all.iter().filter(|trial| on(trial) == today);
        today.map(|trial| trial.seconds).sum()
    }

    /// The same of the day that it is.
    pub(super) fn seconds_today(&self) -> f64 {
        self.seconds_on(day(SystemTime::now()))
    }

    /// The highest number given so far.
    pub(super) fn last_generation(&self) -> Option<u32> {
        self.all().iter().filter_map(|trial| trial.generation).max()
    }
}

fn line(trial: &Trial) -> String {
    serde_json::to_string(trial).expect("numbers and text are JSON") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trials_add_up() {
        let folder = tempfile::tempdir().unwrap();
        let trials = Trials::of(folder.path());
        assert_eq!((trials.all(), trials.last_generation()), (vec![], None));
        let trial = |time, generation| Trial {
            time,
            seconds: 1.5,
            generation,
            ..Trial::default()
        };
        for (time, generation) in [(5, Some(1)), (86_399, None), (86_400, Some(2))] {
            trials.add(&trial(time, generation)).unwrap();
        }
        fs::write(
            &trials.0,
            fs::read_to_string(&trials.0).unwrap() + "torn {\n",
        )
        .unwrap();
        trials.add(&trial(86_401, None)).unwrap();
        assert_eq!(trials.all().len(), 4);
        assert_eq!((trials.seconds_on(0), trials.seconds_on(1)), (3.0, 3.0));
        assert_eq!(trials.last_generation(), Some(2));
        let of = |base, time, interrupted| Trial {
            base,
            interrupted,
            ..trial(time, None)
        };
        for other in [
            of(7, 90_000, false),
            of(8, 90_001, false),
            of(7, 90_002, true),
        ] {
            trials.add(&other).unwrap();
        }
        assert_eq!(trials.last_of(7), Some(of(7, 90_000, false)));
        assert_eq!((trials.last_of(9), trials.all().len()), (None, 6));
        assert_eq!(trials.seconds_on(1), 7.5);
    }
}
