//! The list of what is not to be learned again.
//!
//! ```text
//! learned/forgotten.json   the list: fingerprints of files, folders, texts and words
//! learned/forgotten.copy   the same, for the case that the other is damaged: what was forgotten must not come back by an accident
//! learned/forgotten.lock   locked while the list is changed
//! ```
//!
//! It holds fingerprints only: a list of secrets would be the last place where they stand.

use super::files;
use super::sealed::{self, Broken};
use super::source::fingerprint;
use crate::model::patiently;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, SystemTime};

const LIST: &str = "forgotten.json";
const COPY: &str = "forgotten.copy";
const LOCK: &str = "forgotten.lock";

/// What the first line says before its checksum where it is exported.
const FIRST_LINE: &str = "rnn-lsp forgotten 1 ";

/// How long another program may take to change the list; then it must have been stopped in the midst of that.
const PATIENCE: Duration = Duration::from_secs(2);

/// See the module.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Forgotten {
    /// Files and folders.
    paths: BTreeSet<u64>,
    /// What may be learned all the same, with the folders above it.
    exceptions: BTreeMap<u64, Vec<u64>>,
    /// Texts of files, and the file or folder that was forgotten with them: a copy or another name is no way back.
    texts: BTreeMap<u64, u64>,
    /// Words, in lower case.
    words: BTreeSet<u64>,
    /// When a word was taken off the list last, in seconds since 1970.
    allowed: u64,
}

/// Tells whether a file changed: every change is a new file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    pub(super) len: u64,
    pub(super) modified: Option<SystemTime>,
}

/// Of a file; nothing if it is not there.
pub(super) fn stamp(path: &Path) -> Option<Stamp> {
    let metadata = fs::metadata(path).ok()?;
    Some(Stamp {
        len: metadata.len(),
        modified: metadata.modified().ok(),
    })
}

/// The fingerprint of a path.
pub(super) fn key_of(path: &Path) -> u64 {
    fingerprint(path.as_os_str().as_encoded_bytes())
}

impl Forgotten {
    /// Whether a file, or a folder that it lies in, is not to be learned: what was said of the nearest holds.
    pub(super) fn has_path(&self, path: &Path) -> bool {
        let said = |key: &u64| self.paths.contains(key) || self.exceptions.contains_key(key);
        let nearest = path.ancestors().map(key_of).find(said);
        nearest.is_some_and(|key| !self.exceptions.contains_key(&key))
    }

    /// Whether a file says what was forgotten under another name.
    pub(super) fn has_text(&self, path: &Path, text: u64) -> bool {
        let Some(from) = self
            .texts
            .get(&text)
            .filter(|from| self.paths.contains(from))
        else {
            return false;
        };
        let is_excepted = |above: &Path| {
            let key = key_of(above);
            let except = self.exceptions.get(&key);
            except.is_some_and(|folders| above == path || folders.contains(from))
        };
        !path.ancestors().any(is_excepted)
    }

    /// Fingerprints of words.
    pub(super) fn words(&self) -> &BTreeSet<u64> {
        &self.words
    }

    /// When a word was taken off the list last.
    pub(super) fn allowed(&self) -> u64 {
        self.allowed
    }

    /// Adds a file or a folder, in which these texts were learned.
    pub(super) fn add_path(&mut self, path: &Path, texts: impl Iterator<Item = u64>) {
        let key = key_of(path);
        self.exceptions
            .retain(|except, folders| *except != key && !folders.contains(&key));
        self.texts.extend(texts.map(|text| (text, key)));
        self.paths.insert(key);
    }

    /// Takes a file or a folder off the list; one below a folder that stays on it becomes an exception.
    pub(super) fn allow_path(&mut self, path: &Path) {
        let key = key_of(path);
        self.paths.remove(&key);
        self.texts.retain(|_, from| *from != key);
        let folders: Vec<u64> = path.ancestors().skip(1).map(key_of).collect();
        let is_below = folders.iter().any(|folder| self.paths.contains(folder));
        if is_below || !self.texts.is_empty() {
            self.exceptions.insert(key, folders);
        }
    }

    /// Adds a word in lower case.
    pub(super) fn add_word(&mut self, word: &str) {
        self.words.insert(fingerprint(word.as_bytes()));
    }

    /// Takes a word off. Whether it was there.
    pub(super) fn allow_word(&mut self, word: &str, now: u64) -> bool {
        let was_there = self.words.remove(&fingerprint(word.as_bytes()));
        if was_there {
            self.allowed = now;
        }
        was_there
    }

    /// For another machine: nothing where nothing was forgotten.
    pub(super) fn export(&self) -> Vec<u8> {
        match *self == Forgotten::default() {
            true => Vec::new(),
            false => [&*sealed::seal(FIRST_LINE, &self.json()), b"\n"].concat(),
        }
    }

    /// What [`Forgotten::export`] wrote, if `bytes` are that.
    pub(super) fn import(bytes: &[u8]) -> Option<Result<Forgotten, Broken>> {
        let is_ours = bytes.starts_with(FIRST_LINE.as_bytes());
        is_ours.then(|| {
            let json = sealed::open(FIRST_LINE, bytes)?;
            serde_json::from_slice(json).map_err(|_| Broken::FirstLine(FIRST_LINE))
        })
    }

    /// Takes in what was forgotten elsewhere.
    pub(super) fn merge(&mut self, other: Forgotten) {
        self.paths.extend(other.paths);
        self.exceptions.extend(other.exceptions);
        self.texts.extend(other.texts);
        self.words.extend(other.words);
        self.allowed = self.allowed.max(other.allowed);
    }

    fn json(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("plain numbers are JSON")
    }
}

/// The list of a folder, as it was read or written last.
#[derive(Debug)]
pub(super) struct List {
    folder: PathBuf,
    forgotten: Forgotten,
    stamp: Option<Stamp>,
}

impl List {
    /// Of a folder that need not exist; not yet read.
    pub(super) fn of(folder: &Path) -> List {
        List {
            folder: folder.to_owned(),
            forgotten: Forgotten::default(),
            stamp: None,
        }
    }

    /// What is on it.
    pub(super) fn forgotten(&self) -> &Forgotten {
        &self.forgotten
    }

    /// Looks at what other programs wrote: whether that is something else, and a sentence if the list was damaged.
    pub(super) fn refresh(&mut self) -> (bool, Option<String>) {
        let path = self.folder.join(LIST);
        let stamp = stamp(&path);
        if stamp == self.stamp {
            return (false, None);
        }
        self.stamp = stamp;
        let read = |name: &str| match fs::read(self.folder.join(name)) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|error| error.to_string()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Forgotten::default()),
            Err(error) => Err(error.to_string()),
        };
        let (forgotten, warning) = match read(LIST) {
            Ok(forgotten) => (forgotten, None),
            Err(error) => {
                let warning = set_aside(&path, &error);
                // What was read before holds as well.
                let mut forgotten = read(COPY).unwrap_or_default();
                forgotten.merge(self.forgotten.clone());
                (forgotten, Some(warning))
            }
        };
        let changed = forgotten != self.forgotten;
        self.forgotten = forgotten;
        if warning.is_some() {
            let _ = self.write(); // Until the next change, the copy is there.
        }
        (changed, warning)
    }

    /// Changes the list that is in the folder now. What cannot be written holds for this program all the same.
    pub(super) fn change<T>(&mut self, change: impl FnOnce(&mut Forgotten) -> T) -> io::Result<T> {
        let made = files::make_folder(&self.folder);
        let _locked = self.lock();
        self.refresh();
        let changed = change(&mut self.forgotten);
        made?;
        self.write()?;
        Ok(changed)
    }

    /// Writes it anew, as after failing to.
    pub(super) fn write(&mut self) -> io::Result<()> {
        let json = self.forgotten.json();
        files::write(&self.folder.join(LIST), &json)?;
        self.stamp = stamp(&self.folder.join(LIST));
        files::write(&self.folder.join(COPY), &json)
    }

    /// After everything was removed from the folder.
    pub(super) fn clear(&mut self) {
        *self = List::of(&self.folder);
    }

    /// Waits for others who change it; nothing where there are no locks, or somebody keeps one.
    fn lock(&self) -> Option<File> {
        let file = files::open_lock(&self.folder.join(LOCK)).ok()?;
        let pause = Duration::from_millis(10);
        for _ in 0..PATIENCE.as_millis() / pause.as_millis() {
            match file.try_lock() {
                Ok(()) => return Some(file),
                Err(fs::TryLockError::WouldBlock) => thread::sleep(pause),
                Err(fs::TryLockError::Error(_)) => return None,
            }
        }
        None
    }
}

/// Gives a file that cannot be used another name. What happened, as a sentence.
pub(super) fn set_aside(path: &Path, reason: &str) -> String {
    let aside = path.with_extension(DAMAGED);
    let outcome = match patiently(|| fs::rename(path, &aside)) {
        Ok(()) => format!("set aside as {}", aside.display()),
        Err(error) => format!("and it cannot be set aside: {error}"),
    };
    format!("cannot use {}: {reason}; {outcome}", path.display())
}

/// How the names of files end that were set aside.
pub(super) const DAMAGED: &str = "damaged";

#[cfg(test)]
mod tests {
    use super::*;

    fn forgotten(paths: &[&str]) -> Forgotten {
        let mut forgotten = Forgotten::default();
        for path in paths {
            forgotten.add_path(Path::new(path), [7].into_iter());
        }
        forgotten
    }

    fn check(forgotten: &Forgotten, path: &str, expected: bool) {
        assert_eq!(forgotten.has_path(Path::new(path)), expected, "{path}");
    }

    #[test]
    fn what_was_said_of_the_nearest_holds() {
        let mut list = forgotten(&["/n", "/n/a/b.md"]);
        check(&list, "/n/x.md", true);
        check(&list, "/m/x.md", false);
        list.allow_path(Path::new("/n/a"));
        check(&list, "/n/a/c.md", false);
        check(&list, "/n/a/b.md", true);
        check(&list, "/n/x.md", true);
        list.add_path(Path::new("/n"), [].into_iter());
        check(&list, "/n/a/c.md", true);
        list.allow_path(Path::new("/n"));
        check(&list, "/n/a/c.md", false);
        check(&list, "/n/a/b.md", true);
    }

    #[test]
    fn a_copy_is_no_way_back() {
        let mut list = forgotten(&["/n/a.md"]);
        let has = |list: &Forgotten, path: &str| list.has_text(Path::new(path), 7);
        assert!(has(&list, "/n/a (copy).md") && has(&list, "/m/b.md"));
        assert!(!list.has_text(Path::new("/n/a (copy).md"), 8));
        list.allow_path(Path::new("/n"));
        assert!(has(&list, "/n/a (copy).md"));
        list.allow_path(Path::new("/m/b.md"));
        assert!(!has(&list, "/m/b.md") && has(&list, "/n/a (copy).md"));
        list.allow_path(Path::new("/n/a.md"));
        assert!(!has(&list, "/n/a (copy).md"));
        let mut list = forgotten(&["/n"]);
        assert!(has(&list, "/old/a.md"));
        list.allow_path(Path::new("/n/d"));
        assert!(!has(&list, "/n/d/a.md") && has(&list, "/old/a.md"));
    }

    #[test]
    fn nothing_is_lost_where_many_change_it() {
        let folder = tempfile::tempdir().unwrap();
        thread::scope(|scope| {
            for word in ["one", "two", "three", "four", "five", "six"] {
                let mut list = List::of(folder.path());
                scope.spawn(move || list.change(|list| list.add_word(word)).unwrap());
            }
        });
        let mut list = List::of(folder.path());
        list.refresh();
        assert_eq!(list.forgotten().words().len(), 6);
    }

    #[test]
    fn a_damaged_list_is_set_aside_and_its_copy_holds() {
        let folder = tempfile::tempdir().unwrap();
        List::of(folder.path())
            .change(|list| list.add_word("one"))
            .unwrap();
        fs::write(folder.path().join(LIST), "{").unwrap();
        let mut list = List::of(folder.path());
        let (changed, warning) = list.refresh();
        assert!(changed && warning.unwrap().contains(LIST));
        assert!(folder.path().join("forgotten.damaged").exists());
        let mut again = List::of(folder.path());
        assert_eq!(again.refresh(), (true, None));
        assert_eq!(again.forgotten(), list.forgotten());
    }

    #[test]
    fn it_goes_along_to_another_machine() {
        let mut here = forgotten(&["/n"]);
        here.add_word("one");
        let bytes = here.export();
        let mut there = Forgotten::default();
        there.add_word("two");
        let line = bytes.trim_ascii_end();
        there.merge(Forgotten::import(line).unwrap().unwrap());
        assert!(there.has_path(Path::new("/n/a.md")) && there.words().len() == 2);
        assert!(Forgotten::default().export().is_empty());
        assert!(Forgotten::import(b"rnn-lsp learned 1 ").is_none());
        assert!(Forgotten::import(&line[..line.len() - 1]).unwrap().is_err());
    }
}
