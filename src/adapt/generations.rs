//! Weights tuned to the writer, generation by generation.
//!
//! ```text
//! learned/personal-000012.model   a whole model, written once
//! learned/personal-000012.json    a Generation, written after it: without this the weights are not there
//! ```
//!
//! A generation holds only while everything that it learned from is still learned, so that forgetting takes the weights
//! along, whoever forgets and whenever. The newest that holds is in use; the last three are kept.

use super::store::{Origin, Store};
use super::trials::Trials;
use super::{files, sealed};
use crate::model::Model;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Generations kept of the model in use, and as many of others.
const KEPT: usize = 3;

/// What the first line of a generation says before its checksum.
const FIRST_LINE: &str = "rnn-lsp personal 1 ";

const PREFIX: &str = "personal-";
const FACTS: &str = "json";
const WEIGHTS: &str = "model";

/// What is known of a generation besides its weights.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Generation {
    /// Which.
    pub(super) number: u32,
    /// The model that it was tuned from, by its identity.
    base: u64,
    /// Its own identity.
    weights: u64,
    /// What it learned from.
    origins: Vec<Origin>,
    /// The words that had been forgotten by then.
    forgotten: BTreeSet<u64>,
}

/// What was learned when a training began: what its outcome is to be judged by when it ends.
#[derive(Clone, Debug)]
pub(super) struct Basis {
    base: u64,
    origins: Vec<Origin>,
    forgotten: BTreeSet<u64>,
}

impl Basis {
    /// As things are.
    pub(super) fn of(store: &Store, base: &Model) -> Basis {
        Basis {
            base: base.identity(),
            origins: store.origins(),
            forgotten: store.forgotten_words().clone(),
        }
    }

    /// The identity of the model that it starts from.
    pub(super) fn base(&self) -> u64 {
        self.base
    }

    /// Whether nothing of it was forgotten since.
    pub(super) fn holds(&self, store: &Store) -> bool {
        holds(&self.origins, &self.forgotten, store)
    }
}

fn holds(origins: &[Origin], forgotten: &BTreeSet<u64>, store: &Store) -> bool {
    origins.iter().all(|origin| store.has(origin)) && store.forgotten_words().is_subset(forgotten)
}

/// The generations of a folder. Nothing is kept open: others may add and remove some at any time.
#[derive(Debug)]
pub(super) struct Generations {
    folder: PathBuf,
    warnings: Vec<String>,
}

impl Generations {
    /// Of a folder that need not exist.
    pub(super) fn of(folder: &Path) -> Generations {
        Generations {
            folder: folder.to_owned(),
            warnings: Vec::new(),
        }
    }

    /// Those that hold, the newest first.
    pub(super) fn all(&mut self, store: &Store) -> Vec<Generation> {
        let mut all = self.readable();
        all.retain(|generation| holds(&generation.origins, &generation.forgotten, store));
        all
    }

    /// Removes those that learned from what is not learned any more. The store has looked at what others did.
    pub(super) fn remove_lost(&mut self, store: &Store) {
        for generation in self.readable() {
            if !holds(&generation.origins, &generation.forgotten, store) {
                self.remove(generation.number);
            }
        }
    }

    fn readable(&mut self) -> Vec<Generation> {
        let mut numbers = self.numbers();
        numbers.sort_unstable_by(|a, b| b.cmp(a));
        let mut all = Vec::new();
        for number in numbers {
            match self.read(number) {
                Ok(generation) => all.push(generation),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {} // removed meanwhile
                Err(error) => self.set_aside(number, &error.to_string()),
            }
        }
        all
    }

    /// The newest that was tuned from `base`.
    pub(super) fn newest_number(&mut self, store: &Store, base: &Model) -> Option<u32> {
        let all = self.all(store);
        let newest = all
            .iter()
            .find(|generation| generation.base == base.identity());
        newest.map(|generation| generation.number)
    }

    /// The same, and its weights.
    pub(super) fn newest(&mut self, store: &Store, base: &Model) -> Option<(u32, Model)> {
        for generation in self.all(store) {
            if generation.base != base.identity() {
                continue;
            }
            match self.open(&generation) {
                Ok(model) => return Some((generation.number, model)),
                Err(error) => self.set_aside(generation.number, &error),
            }
        }
        None
    }

    /// Adds one, and removes those that are too many by then.
    pub(super) fn add(&mut self, basis: &Basis, weights: &[u8]) -> Result<u32, String> {
        let model = Model::from_bytes(weights.to_vec()).map_err(|error| error.to_string())?;
        let last = self.numbers().into_iter().max();
        let last = last.max(Trials::of(&self.folder).last_generation());
        let number = last.map_or(1, |last| last + 1);
        let generation = Generation {
            number,
            base: basis.base,
            weights: model.identity(),
            origins: basis.origins.clone(),
            forgotten: basis.forgotten.clone(),
        };
        let json = serde_json::to_vec(&generation).expect("numbers are JSON");
        let written = files::write(&self.path(number, WEIGHTS), weights).and_then(|()| {
            files::write(&self.path(number, FACTS), &sealed::seal(FIRST_LINE, &json))
        });
        if let Err(error) = written {
            self.remove(number);
            return Err(format!("cannot write generation {number}: {error}"));
        }
        // Somebody may use two models in turns, and only two.
        let (same, others): (Vec<Generation>, Vec<Generation>) = self
            .readable()
            .into_iter()
            .partition(|generation| generation.base == basis.base);
        for old in same.iter().skip(KEPT).chain(others.iter().skip(KEPT)) {
            self.remove(old.number);
        }
        Ok(number)
    }

    /// Removes the newest, so that the one before it is in use. Which was removed.
    pub(super) fn roll_back(&mut self, store: &Store, base: &Model) -> Option<u32> {
        let newest = self.newest_number(store, base)?;
        self.remove(newest);
        Some(newest)
    }

    /// What went wrong since this was asked last.
    pub(super) fn take_warnings(&mut self) -> Vec<String> {
        std::mem::take(&mut self.warnings)
    }

    fn numbers(&self) -> Vec<u32> {
        let number = |path: PathBuf| {
            let stem = path.file_stem()?.to_str()?.strip_prefix(PREFIX)?;
            let is_facts = path.extension()? == FACTS;
            is_facts.then_some(stem.parse().ok()?)
        };
        let entries = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        entries.filter_map(|entry| number(entry.path())).collect()
    }

    fn read(&self, number: u32) -> io::Result<Generation> {
        let bad = |error: String| io::Error::new(io::ErrorKind::InvalidData, error);
        let bytes = fs::read(self.path(number, FACTS))?;
        let json = sealed::open(FIRST_LINE, &bytes).map_err(|broken| bad(broken.to_string()))?;
        let generation: Generation =
            serde_json::from_slice(json).map_err(|error| bad(error.to_string()))?;
        match generation.number == number {
            true => Ok(generation),
            false => Err(bad(format!("it is generation {}", generation.number))),
        }
    }

    fn open(&self, generation: &Generation) -> Result<Model, String> {
        let path = self.path(generation.number, WEIGHTS);
        let model = Model::open(&path).map_err(|error| error.to_string())?;
        model.verify().map_err(|error| error.to_string())?;
        match model.identity() == generation.weights {
            true => Ok(model),
            false => Err(format!(
                "weights {:08x}, expected {:08x}",
                model.identity(),
                generation.weights
            )),
        }
    }

    /// The facts first: then the weights are not there for anybody.
    fn remove(&mut self, number: u32) {
        for part in [FACTS, WEIGHTS] {
            let path = self.path(number, part);
            if let Err(error) = files::remove(&path) {
                self.warnings
                    .push(format!("cannot remove {}: {error}", path.display()));
            }
        }
    }

    fn set_aside(&mut self, number: u32, reason: &str) {
        self.warnings.push(format!(
            "generation {number} of the personal weights cannot be used and was removed: {reason}"
        ));
        self.remove(number);
    }

    fn path(&self, number: u32, part: &str) -> PathBuf {
        self.folder.join(format!("{PREFIX}{number:06}.{part}"))
    }
}
