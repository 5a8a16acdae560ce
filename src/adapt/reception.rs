//! How a writer takes what is shown: below which probability a menu, or ghost text, is not worth their while.
//!
//! A menu interrupts, so it should be shown where a word is taken from it often enough: three times in ten, which is how often one
//! at the default threshold is taken by a writer who takes every word that is right. Somebody who mostly types on takes
//! fewer from menus of the same strength, and is shown stronger ones only; somebody whose words are guessed better than most
//! is shown weaker ones. Older menus count less and less, so what was not shown for a while is tried again. The same goes for ghost
//! text, which has to be taken two times in five.

use super::files;
use super::sealed::{self, Broken};
use crate::eval::Menus;
use crate::eval::menus::{BINS, EDGES, Edges, Offers, PHRASE_EDGES};
use crate::predict::Attention;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// A line of JSON for each time that some were counted, added at the end: any number of servers may write the same file.
const NAME: &str = "menus";

/// A longer file is shortened to one line.
const LONGEST: u64 = 64 << 10;

/// What the first line says before its checksum where it is exported.
const FIRST_LINE: &str = "rnn-lsp menus 1 ";

/// What makes an offer worth its while.
struct Bar {
    edges: Edges,
    /// The share of offers that are taken, by the edges, by a writer who takes everything that is right: the simulated one, on 180
    /// validation documents (`rnn-lsp eval`, which prints them).
    usual: [f64; BINS],
    /// An offer is worth showing where such a share is taken.
    worth: f64,
    /// What is known beforehand counts as so many offers of each kind...
    belief: f64,
    /// ...and how readily they are taken at all as so many that were.
    readiness: f64,
    /// The threshold is one of the edges from here...
    loudest: f32,
    /// ...to here, whatever is taken.
    quietest: f32,
}

/// Menus: what they are worth is between the shares of those on both sides of the threshold that is best for the simulated writer, where
/// a menu that is not taken from costs half a key.
const WORDS: Bar = Bar {
    edges: EDGES,
    usual: [0.17, 0.215, 0.28, 0.3, 0.35, 0.46, 0.58, 0.73, 0.88],
    worth: 0.285,
    belief: 200.0,
    readiness: 400.0,
    loudest: 0.08,
    quietest: 0.3,
};

/// Ghost text stands in the line that is being written, so it has to be right more often than menus.
const PHRASES: Bar = Bar {
    edges: PHRASE_EDGES,
    usual: [0.28, 0.35, 0.5, 0.59, 0.7, 0.75, 0.85, 0.92, 0.98],
    worth: 0.42,
    belief: 50.0,
    readiness: 100.0,
    loudest: 0.3,
    quietest: 0.8,
};

/// Menus after which one counts half.
const HALF_LIFE: f64 = 4000.0;

/// See the module.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Reception(Menus);

impl Reception {
    /// Of what is kept in a folder. Lines that are none are passed over.
    pub fn of(folder: &Path) -> Reception {
        let mut reception = Reception::default();
        let text = fs::read_to_string(path(folder)).unwrap_or_default();
        let lines = text
            .lines()
            .filter_map(|line| serde_json::from_str(line).ok());
        lines
            .filter(is_possible)
            .for_each(|menus| reception.add(&menus));
        reception
    }

    /// For another machine: nothing where nothing was counted.
    pub(super) fn export(folder: &Path) -> Vec<u8> {
        let Reception(menus) = Reception::of(folder);
        match menus.count() > 0.0 {
            true => sealed::seal(FIRST_LINE, line(&menus).as_bytes()),
            false => Vec::new(),
        }
    }

    /// What [`Reception::export`] wrote, if `bytes` are that.
    pub(super) fn import(bytes: &[u8]) -> Option<Result<Menus, Broken>> {
        let is_ours = bytes.starts_with(FIRST_LINE.as_bytes());
        is_ours.then(|| {
            let json = sealed::open(FIRST_LINE, bytes)?;
            let menus = serde_json::from_slice(json).ok().filter(is_possible);
            menus.ok_or(Broken::FirstLine(FIRST_LINE))
        })
    }

    /// What was counted, older menus counting less.
    pub fn menus(&self) -> &Menus {
        &self.0
    }

    /// Takes in menus that came after all others.
    pub fn add(&mut self, newer: &Menus) {
        self.0 = self.0.times((-newer.count() / HALF_LIFE).exp2());
        self.0 += *newer;
    }

    /// The probability of the best word below which no menu is to be shown.
    pub fn threshold(&self) -> f32 {
        WORDS.threshold(&self.0.words)
    }

    /// The probability below which no ghost text is to be shown.
    pub fn phrase_threshold(&self) -> f32 {
        PHRASES.threshold(&self.0.phrases)
    }
}

impl Bar {
    fn threshold(&self, Offers { shown, taken }: &Offers) -> f32 {
        let expected = shown.iter().zip(self.usual);
        let usual: f64 = expected.map(|(shown, usual)| shown * usual).sum();
        let readiness = (taken.iter().sum::<f64>() + self.readiness) / (usual + self.readiness);
        let is_worth = |bin: usize| {
            let believed = (readiness * self.usual[bin]).min(1.0);
            (taken[bin] + self.belief * believed) / (shown[bin] + self.belief) >= self.worth
        };
        // What is stronger than something worth while is worth while.
        let lowest = (0..BINS).find(|&bin| is_worth(bin));
        lowest.map_or(self.quietest, |bin| {
            self.edges[bin].clamp(self.loudest, self.quietest)
        })
    }
}

/// Adds menus to what is kept in a folder.
pub(super) fn keep(folder: &Path, newer: &Menus) -> io::Result<()> {
    let path = path(folder);
    if fs::metadata(&path).is_ok_and(|file| file.len() > LONGEST) {
        let Reception(menus) = Reception::of(folder);
        files::write(&path, line(&menus).as_bytes())?;
    }
    files::append(&path, line(newer).as_bytes())
}

fn line(menus: &Menus) -> String {
    serde_json::to_string(menus).expect("numbers are JSON") + "\n"
}

fn is_possible(menus: &Menus) -> bool {
    let is_count = |count: &f64| (0.0..1e9).contains(count);
    let offers = [&menus.words, &menus.phrases];
    let mut pairs = offers
        .iter()
        .flat_map(|offers| offers.shown.iter().zip(&offers.taken));
    let Attention { taken, passed } = menus.attention;
    [taken, passed].iter().all(is_count)
        && pairs.all(|(shown, taken)| is_count(shown) && is_count(taken) && taken <= shown)
}

fn path(folder: &Path) -> PathBuf {
    folder.join(NAME)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::predict::Options;

    /// Of a writer who takes so many of a hundred of the menus, and of the ghost text, that others take.
    fn after(menus: f64, readiness: f64) -> Reception {
        let offers = |bar: &Bar| Offers {
            shown: [menus / BINS as f64; BINS],
            taken: bar
                .usual
                .map(|usual| (readiness * usual).min(1.0) * menus / BINS as f64),
        };
        let mut reception = Reception::default();
        reception.add(&Menus {
            words: offers(&WORDS),
            phrases: offers(&PHRASES),
            ..Menus::default()
        });
        reception
    }

    #[test]
    fn the_threshold_follows_what_is_taken() {
        let check = |threshold: fn(&Reception) -> f32, usual: f32, bar: Bar| {
            assert_eq!(threshold(&Reception::default()), usual);
            assert_eq!(threshold(&after(5000.0, 1.0)), usual);
            assert_eq!(threshold(&after(5000.0, 0.0)), bar.quietest);
            assert_eq!(threshold(&after(5000.0, 2.0)), bar.loudest);
            let some = threshold(&after(5000.0, 0.7));
            assert!(some > usual && some < bar.quietest, "{some}");
            // A page is no reason to change anything.
            assert_eq!(threshold(&after(10.0, 0.0)), usual);
        };
        let usual = Options::default();
        check(Reception::threshold, usual.threshold, WORDS);
        check(Reception::phrase_threshold, usual.phrase_threshold, PHRASES);
    }

    #[test]
    fn what_was_long_ago_counts_less() {
        let mut reception = after(5000.0, 0.0);
        for _ in 0..20 {
            reception.add(after(1000.0, 1.0).menus());
        }
        assert_eq!(reception.threshold(), Options::default().threshold);
    }

    #[test]
    fn what_is_kept_adds_up_and_stays_short() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Reception::of(folder.path()), Reception::default());
        assert_eq!(Reception::export(folder.path()), b"");
        let some = Menus {
            words: Offers {
                shown: [10.0; BINS],
                taken: [3.0; BINS],
            },
            phrases: Offers {
                shown: [2.0; BINS],
                taken: [1.0; BINS],
            },
            attention: Attention {
                taken: 27.0,
                passed: 9.0,
            },
        };
        keep(folder.path(), &some).unwrap();
        let mut expected = Reception::default();
        expected.add(&some);
        assert_eq!(Reception::of(folder.path()), expected);
        for bad in ["torn {", "{\"shown\":[1],\"taken\":[1]}", "{}"] {
            files::append(&path(folder.path()), format!("{bad}\n").as_bytes()).unwrap();
        }
        keep(folder.path(), &some.times(1e300)).unwrap();
        assert_eq!(Reception::of(folder.path()), expected);
        // Before there were others, menus alone were kept.
        let menus = serde_json::to_string(&some.words).unwrap();
        files::append(&path(folder.path()), (menus + "\n").as_bytes()).unwrap();
        expected.add(&Menus {
            words: some.words,
            ..Menus::default()
        });
        assert_eq!(Reception::of(folder.path()), expected);
        let exported = Reception::export(folder.path());
        let imported = Reception::import(&exported).unwrap().unwrap();
        assert_eq!(imported, *expected.menus());
        assert!(
            Reception::import(&exported[..exported.len() - 9])
                .unwrap()
                .is_err()
        );
        assert!(Reception::import(b"rnn-lsp learned 1 ").is_none());
        for _ in 0..1000 {
            keep(folder.path(), &some).unwrap();
        }
        assert!(fs::metadata(path(folder.path())).unwrap().len() < 2 * LONGEST);
    }
}
