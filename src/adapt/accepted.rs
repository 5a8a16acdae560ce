//! How many keystrokes suggestions saved: a line for each time that some were, added at the end of one file.
//!
//! Short lines added at the end do not tear, so any number of servers may write the same file.

use super::files;
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

const NAME: &str = "accepted";

/// A longer file is shortened to one line a day.
const LONGEST: u64 = 64 << 10;

/// Words taken from suggestions, and the keys that this saved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Accepted {
    /// Words taken.
    pub words: u64,
    /// Keys that need not be typed, the one for taking counted.
    pub keys: u64,
}

impl std::ops::AddAssign for Accepted {
    fn add_assign(&mut self, other: Accepted) {
        self.words = self.words.saturating_add(other.words);
        self.keys = self.keys.saturating_add(other.keys);
    }
}

/// What is kept in a folder, by day since 1970. Lines that are none are passed over.
pub(super) fn by_day(folder: &Path) -> BTreeMap<u32, Accepted> {
    let mut days = BTreeMap::<u32, Accepted>::new();
    for line in fs::read_to_string(path(folder)).unwrap_or_default().lines() {
        let mut numbers = line.split(' ').map(str::parse::<u64>);
        if let (Some(Ok(day)), Some(Ok(words)), Some(Ok(keys)), None) = (
            numbers.next(),
            numbers.next(),
            numbers.next(),
            numbers.next(),
        ) && let Ok(day) = u32::try_from(day)
        {
            *days.entry(day).or_default() += Accepted { words, keys };
        }
    }
    days
}

/// Adds to a day.
pub(super) fn add(folder: &Path, day: u32, accepted: Accepted) -> io::Result<()> {
    let path = path(folder);
    if fs::metadata(&path).is_ok_and(|file| file.len() > LONGEST) {
        let lines: String = by_day(folder)
            .into_iter()
            .map(|(day, accepted)| line(day, accepted))
            .collect();
        files::write(&path, lines.as_bytes())?;
    }
    files::append(&path, line(day, accepted).as_bytes())
}

fn line(day: u32, Accepted { words, keys }: Accepted) -> String {
    format!("{day} {words} {keys}\n")
}

fn path(folder: &Path) -> PathBuf {
    folder.join(NAME)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_add_up() {
        let folder = tempfile::tempdir().unwrap();
        assert!(by_day(folder.path()).is_empty());
        let one = Accepted { words: 1, keys: 5 };
        add(folder.path(), 3, one).unwrap();
        add(folder.path(), 3, one).unwrap();
        fs::write(
            path(folder.path()),
            fs::read_to_string(path(folder.path())).unwrap() + "4 1\nx\n-1 2 3\n",
        )
        .unwrap();
        add(folder.path(), 4, one).unwrap();
        let days = by_day(folder.path());
        assert_eq!(
            days,
            BTreeMap::from([(3, Accepted { words: 2, keys: 10 }), (4, one)])
        );
    }

    #[test]
    fn a_long_file_is_shortened() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(path(folder.path()), "7 1 2\n".repeat(20_000)).unwrap();
        add(folder.path(), 8, Accepted { words: 1, keys: 2 }).unwrap();
        assert!(fs::metadata(path(folder.path())).unwrap().len() < 100);
        assert_eq!(
            by_day(folder.path())[&7],
            Accepted {
                words: 20_000,
                keys: 40_000
            }
        );
    }
}
