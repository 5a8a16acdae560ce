//! The folder of what was learned: one write-once file for each file of the user's, and a list of what was forgotten.
//!
//! ```text
//! learned/0123456789abcdef.source   a Source; the name is the fingerprint of its path
//! learned/forgotten.*               what is not to be learned again: see `forgotten`
//! learned/*.damaged                 what could not be read, set aside
//! learned/personal-*, trials        weights tuned to all of it: see `generations`
//! learned/accepted, menus           what was taken of what was shown: see `accepted`, `reception`
//! ```
//!
//! Any number of programs may share a folder. None keeps anything open: each writes whole files and looks again
//! ([`Store::refresh`]) at what the others wrote.

use super::files;
use super::forgotten::{DAMAGED, Forgotten, List, Stamp, key_of, set_aside, stamp};
use super::reception::{self, Reception};
use super::sealed::{self, Broken};
use super::source::Source;
use crate::eval::Menus;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What the first line of a source says before its checksum.
const FIRST_LINE: &str = "rnn-lsp learned 1 ";

/// No source is longer: four times the longest file.
const MOST_BYTES: u64 = 8 << 20;

/// All sources together; the ones that were not learned for longest make room.
const MOST_BYTES_IN_ALL: u64 = 64 << 20;

const SOURCE: &str = "source";

/// How the names of files end that are there to be locked.
pub(super) const LOCK: &str = "lock";

/// What a crash left is removed when it is so old.
const LEFT_FOR: Duration = Duration::from_secs(3600);

/// No file is being written for so long: with what is forgotten, even newer remains go.
const WRITING_FOR: Duration = Duration::from_secs(10);

/// Why the folder cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("cannot {what} {path}: {source}")]
pub struct Error {
    what: &'static str,
    path: PathBuf,
    source: io::Error,
}

/// Why a file of the folder was set aside.
#[derive(Debug, thiserror::Error)]
enum Damage {
    #[error("{0} bytes, expected at most {MOST_BYTES}")]
    TooLong(u64),
    #[error("{0}")]
    Broken(#[from] Broken),
    #[error("{0}")]
    Json(serde_json::Error),
    #[error("{0}")]
    Io(io::Error),
    #[error("the source of {0}, which belongs under another name")]
    Misplaced(PathBuf),
}

/// See the module.
#[derive(Debug)]
pub struct Store {
    folder: PathBuf,
    sources: BTreeMap<u64, Kept>,
    list: List,
    warnings: Vec<String>,
}

/// Where something was learned: fingerprints of a file's path and of its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Origin {
    path: u64,
    content: u64,
    #[serde(default)]
    withdrawn: u64,
}

/// A source and the file it came from.
#[derive(Debug)]
struct Kept {
    source: Source,
    stamp: Option<Stamp>, // `None` where it was just written
}

impl Store {
    /// Opens the folder, which need not exist.
    pub fn open(folder: &Path) -> Store {
        let mut store = Store::unread(folder);
        store.refresh();
        for path in files::unfinished(folder, None) {
            if is_older(&path, LEFT_FOR) {
                let _ = files::remove(&path); // Somebody else may have removed it.
            }
        }
        store
    }

    /// The words that were forgotten in a folder, without reading what was learned there.
    pub(super) fn forgotten_words_in(folder: &Path) -> BTreeSet<u64> {
        let mut list = List::of(folder);
        list.refresh();
        list.forgotten().words().clone()
    }

    fn unread(folder: &Path) -> Store {
        Store {
            folder: folder.to_owned(),
            sources: BTreeMap::new(),
            list: List::of(folder),
            warnings: Vec::new(),
        }
    }

    /// Where it lies.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Looks at what other programs did to the folder. Whether anything changed.
    pub fn refresh(&mut self) -> bool {
        let (mut changed, warning) = self.list.refresh();
        self.warnings.extend(warning);
        let mut seen = BTreeSet::new();
        let entries = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        for path in entries.map(|entry| entry.path()) {
            if path.extension().is_none_or(|extension| extension != SOURCE) {
                continue;
            }
            let stamp = stamp(&path);
            let key = path
                .file_stem()
                .and_then(|stem| u64::from_str_radix(stem.to_str()?, 16).ok());
            let known = key.and_then(|key| self.sources.get_mut(&key));
            if let Some(kept) = known
                && (kept.stamp.is_none() || kept.stamp == stamp)
            {
                kept.stamp = stamp;
                seen.extend(key);
                continue;
            }
            changed = true;
            match read(&path) {
                Ok(source) => {
                    let key = key_of(&source.path);
                    self.sources.insert(key, Kept { source, stamp });
                    seen.insert(key);
                }
                // Gone since the folder was listed.
                Err(Damage::Io(error)) if error.kind() == io::ErrorKind::NotFound => {}
                Err(damage) => self.warnings.push(set_aside(&path, &damage.to_string())),
            }
        }
        let before = self.sources.len();
        self.sources.retain(|key, _| seen.contains(key));
        changed || self.sources.len() != before
    }

    /// What was learned, by path.
    pub fn sources(&self) -> impl Iterator<Item = &Source> {
        self.sources.values().map(|kept| &kept.source)
    }

    /// Words learned in all.
    pub fn word_count(&self) -> usize {
        self.sources().map(Source::word_count).sum()
    }

    /// What was learned of a file.
    pub fn source(&self, path: &Path) -> Option<&Source> {
        self.sources.get(&key_of(path)).map(|kept| &kept.source)
    }

    /// What was learned, by fingerprints of path and content.
    pub(super) fn origins(&self) -> Vec<Origin> {
        let origin = |(&path, kept): (&u64, &Kept)| Origin {
            path,
            content: kept.source.fingerprint,
            withdrawn: kept.source.withdrawn,
        };
        self.sources.iter().map(origin).collect()
    }

    /// Whether what was learned from there is still learned: from the file, of which nothing was taken back since, or from the same
    /// text elsewhere.
    pub(super) fn has(&self, origin: &Origin) -> bool {
        let is_same = |kept: &Kept| kept.source.fingerprint == origin.content;
        let from_there = self.sources.get(&origin.path);
        from_there.is_some_and(|kept| kept.source.withdrawn == origin.withdrawn)
            || self.sources.values().any(is_same)
    }

    /// What went wrong since this was asked last.
    pub fn take_warnings(&mut self) -> Vec<String> {
        std::mem::take(&mut self.warnings)
    }

    /// Bytes on disk.
    pub fn bytes(&self) -> u64 {
        let entries = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        entries
            .filter_map(|entry| Some(entry.metadata().ok()?.len()))
            .sum()
    }

    /// Keeps what was learned of a file, in place of what was before.
    pub fn put(&mut self, source: Source) -> Result<(), Error> {
        files::make_folder(&self.folder)
            .map_err(|error| self.error("make", &self.folder, error))?;
        let path = self.path_of(key_of(&source.path));
        files::write(&path, &bytes_of(&source))
            .map_err(|error| self.error("write", &path, error))?;
        let stamp = stamp(&path);
        self.sources
            .insert(key_of(&source.path), Kept { source, stamp });
        self.make_room()
    }

    /// Whether the user said that a file, or a folder that it lies in, is not to be learned.
    pub fn is_forgotten(&self, path: &Path) -> bool {
        self.list.forgotten().has_path(path)
    }

    /// Whether a file's text, by its fingerprint, was forgotten under another name.
    pub(super) fn is_text_forgotten(&self, path: &Path, text: u64) -> bool {
        self.list.forgotten().has_text(path, text)
    }

    /// Fingerprints of the words that the user forgot, in lower case.
    pub fn forgotten_words(&self) -> &BTreeSet<u64> {
        self.list.forgotten().words()
    }

    /// Forgets a file, or all files of a folder, and does not learn them again until [`Store::allow`]. Returns what
    /// was forgotten.
    pub fn forget_path(&mut self, path: &Path) -> Result<Vec<PathBuf>, Error> {
        let gone: Vec<&Source> = self
            .sources()
            .filter(|source| source.path.starts_with(path))
            .collect();
        let texts: Vec<u64> = gone
            .iter()
            .filter(|source| source.word_count() > 0)
            .map(|source| source.fingerprint)
            .collect();
        let paths: Vec<PathBuf> = gone.iter().map(|source| source.path.clone()).collect();
        // Where there is no room for the note, the text goes all the same, and may leave the room.
        let noted = self
            .list
            .change(|forgotten| forgotten.add_path(path, texts.into_iter()));
        self.erase(key_of(path))?;
        for path in &paths {
            self.erase(key_of(path))?;
        }
        self.remove_remains()?;
        noted
            .or_else(|_| self.list.write())
            .map_err(|error| self.list_error(error))?;
        Ok(paths)
    }

    /// Notes that a word is not to be learned or offered; the caller takes it out of the sources ([`Store::put`]).
    pub fn forget_word(&mut self, word: &str) -> Result<(), Error> {
        let noted = self.list.change(|forgotten| forgotten.add_word(word));
        self.remove_remains()?;
        noted.map_err(|error| self.list_error(error))
    }

    /// Lets a file or a folder be learned again.
    pub fn allow(&mut self, path: &Path) -> Result<(), Error> {
        let mut after = self.list.forgotten().clone();
        after.allow_path(path);
        if after == *self.list.forgotten() {
            return Ok(());
        }
        let noted = self.list.change(|forgotten| forgotten.allow_path(path));
        noted.map_err(|error| self.list_error(error))
    }

    /// Lets a word be learned and offered again from `now` on, in seconds since 1970. Whether it was forgotten.
    pub fn allow_word(&mut self, word: &str, now: u64) -> Result<bool, Error> {
        let mut after = self.list.forgotten().clone();
        if !after.allow_word(word, now) {
            return Ok(false);
        }
        let noted = self
            .list
            .change(|forgotten| forgotten.allow_word(word, now));
        noted.map_err(|error| self.list_error(error))
    }

    /// Whether a source was read before a word was taken off the list, which it may lack.
    pub(super) fn may_lack_words(&self, source: &Source) -> bool {
        source.learned <= self.list.forgotten().allowed()
    }

    /// Forgets everything, that something was forgotten included.
    pub fn forget_all(&mut self) -> Result<(), Error> {
        let entries = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let mut kept = Ok(());
        for path in entries.map(|entry| entry.path()) {
            // What holds the lock must go on to hold it, and folders are somebody else's.
            let is_lock = path.extension().is_some_and(|extension| extension == LOCK);
            if !is_lock
                && !path.is_dir()
                && let Err(error) = files::remove(&path)
            {
                kept = Err(self.error("remove", &path, error));
            }
        }
        self.sources.clear();
        self.list.clear();
        kept
    }

    /// Writes everything that was learned into one file. How many files' prose it holds.
    pub fn export(&self, path: &Path) -> Result<usize, Error> {
        let mut bytes: Vec<u8> = self.sources().flat_map(bytes_of_line).collect();
        bytes.extend(self.list.forgotten().export());
        bytes.extend(Reception::export(&self.folder));
        files::write(path, &bytes).map_err(|error| self.error("write", path, error))?;
        Ok(self.sources.len())
    }

    /// Takes over what [`Store::export`] wrote, unless something newer is known of a file or it was forgotten here, and what was
    /// forgotten there. How many files were taken over; the caller takes forgotten words out of them. A file that is damaged
    /// anywhere is not taken over at all.
    pub fn import(&mut self, path: &Path) -> Result<usize, Error> {
        let bytes = fs::read(path).map_err(|error| self.error("read", path, error))?;
        let mut sources = Vec::new();
        let mut menus = None;
        let mut forgotten = None;
        for (index, line) in bytes
            .split_inclusive(|&byte| byte == b'\n')
            .collect::<Vec<_>>()
            .chunks(2)
            .enumerate()
        {
            let line = line.concat();
            let line = line.trim_ascii_end();
            if let Some(Ok(found)) = Forgotten::import(line) {
                forgotten = Some(found);
                continue;
            }
            let read = match Reception::import(line) {
                Some(Ok(found)) => {
                    menus = Some(found);
                    continue;
                }
                Some(Err(broken)) => Err(Damage::Broken(broken)),
                None => source_of(line),
            };
            let source = read.map_err(|damage| {
                let reason = format!("file {} in it: {damage}", index + 1);
                self.error(
                    "read",
                    path,
                    io::Error::new(io::ErrorKind::InvalidData, reason),
                )
            })?;
            sources.push(source);
        }
        if let Some(theirs) = forgotten {
            let noted = self.list.change(|forgotten| forgotten.merge(theirs));
            noted.map_err(|error| self.list_error(error))?;
        }
        let is_wanted = |source: &Source| {
            let known = self.source(&source.path).map(|known| known.learned);
            known.is_none_or(|known| known < source.learned)
                && !self.is_forgotten(&source.path)
                && !self.is_text_forgotten(&source.path, source.fingerprint)
        };
        sources.retain(is_wanted);
        let count = sources.len();
        for source in sources {
            self.put(source)?;
        }
        // Who has their own habits here keeps them.
        if let Some(menus) = menus.filter(|_| Reception::of(&self.folder) == Reception::default()) {
            self.keep_menus(&menus)?;
        }
        Ok(count)
    }

    /// Keeps how menus were received.
    pub(super) fn keep_menus(&self, menus: &Menus) -> Result<(), Error> {
        files::make_folder(&self.folder)
            .and_then(|()| reception::keep(&self.folder, menus))
            .map_err(|error| self.error("write in", &self.folder, error))
    }

    /// Drops what was learned of a file that has another name now.
    pub fn drop_source(&mut self, path: &Path) -> Result<(), Error> {
        self.erase(key_of(path))
    }

    /// A file that was learned under another name and is not there any more: what became of `path`, whose bytes have
    /// this fingerprint.
    pub fn moved_from(&self, path: &Path, fingerprint: u64) -> Option<&Source> {
        let same = |source: &&Source| source.fingerprint == fingerprint && source.path != path;
        self.sources()
            .filter(same)
            .find(|source| !source.path.exists())
    }

    /// Removes all that lies under a key.
    fn erase(&mut self, key: u64) -> Result<(), Error> {
        let path = self.path_of(key);
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let left = files::unfinished(&self.folder, Some(&name));
        for path in left.into_iter().chain([path.with_extension(DAMAGED), path]) {
            files::remove(&path).map_err(|error| self.error("remove", &path, error))?;
        }
        self.sources.remove(&key);
        Ok(())
    }

    fn make_room(&mut self) -> Result<(), Error> {
        let len = |kept: &Kept| kept.stamp.map_or(0, |stamp| stamp.len);
        let mut total: u64 = self.sources.values().map(len).sum();
        while total > MOST_BYTES_IN_ALL {
            let oldest = self
                .sources
                .iter()
                .min_by_key(|(_, kept)| kept.source.learned);
            let Some((&key, bytes)) = oldest.map(|(key, kept)| (key, len(kept))) else {
                break;
            };
            self.erase(key)?;
            total -= bytes;
        }
        Ok(())
    }

    fn path_of(&self, key: u64) -> PathBuf {
        self.folder.join(format!("{key:016x}.{SOURCE}"))
    }

    /// What damage or a crash left, of whatever file.
    fn remove_remains(&mut self) -> Result<(), Error> {
        let entries = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let paths = entries.map(|entry| entry.path());
        let damaged = paths.filter(|path| path.extension().is_some_and(|end| end == DAMAGED));
        let unfinished = files::unfinished(&self.folder, None);
        let unfinished = unfinished
            .into_iter()
            .filter(|path| is_older(path, WRITING_FOR));
        for path in damaged.chain(unfinished) {
            files::remove(&path).map_err(|error| self.error("remove", &path, error))?;
        }
        Ok(())
    }

    fn list_error(&self, error: io::Error) -> Error {
        self.error(
            "write the list of what was forgotten in",
            &self.folder,
            error,
        )
    }

    fn error(&self, what: &'static str, path: &Path, source: io::Error) -> Error {
        Error {
            what,
            path: path.to_owned(),
            source,
        }
    }
}

fn is_older(path: &Path, than: Duration) -> bool {
    let modified = stamp(path).and_then(|stamp| stamp.modified);
    modified.is_some_and(|at| at.elapsed().is_ok_and(|age| age > than))
}

/// A source as a file.
fn bytes_of(source: &Source) -> Vec<u8> {
    let json = serde_json::to_vec(source).expect("text and numbers are JSON");
    sealed::seal(FIRST_LINE, &json)
}

/// The same, followed by a line break: JSON has none of its own.
fn bytes_of_line(source: &Source) -> Vec<u8> {
    let mut bytes = bytes_of(source);
    bytes.push(b'\n');
    bytes
}

fn read(path: &Path) -> Result<Source, Damage> {
    let len = fs::metadata(path).map_err(Damage::Io)?.len();
    if len > MOST_BYTES {
        return Err(Damage::TooLong(len));
    }
    let source = source_of(&fs::read(path).map_err(Damage::Io)?)?;
    let is_in_place = path
        .file_stem()
        .is_some_and(|stem| *stem == *format!("{:016x}", key_of(&source.path)));
    if is_in_place {
        Ok(source)
    } else {
        Err(Damage::Misplaced(source.path))
    }
}

/// The source that a file holds.
fn source_of(bytes: &[u8]) -> Result<Source, Damage> {
    let json = sealed::open(FIRST_LINE, bytes)?;
    serde_json::from_slice(json).map_err(Damage::Json)
}

#[cfg(test)]
mod tests {
    use super::super::private::Withheld;
    use super::super::source::{Paragraph, fingerprint};
    use super::*;
    use crate::text::prose::Break;

    fn source(path: &str, text: &str) -> Source {
        Source {
            path: path.into(),
            fingerprint: fingerprint(text.as_bytes()),
            learned: 7,
            paragraphs: vec![Paragraph {
                day: 3,
                starts: Break::Item,
                runs: vec![text.to_owned()],
            }],
            withheld: Withheld {
                secrets: 2,
                ..Withheld::default()
            },
            withdrawn: 0,
        }
    }

    /// Everything that stands in a folder.
    fn all_bytes(folder: &Path) -> Vec<u8> {
        let entries = fs::read_dir(folder).unwrap().flatten();
        entries
            .flat_map(|entry| fs::read(entry.path()).unwrap())
            .collect()
    }

    fn has(folder: &Path, text: &str) -> bool {
        all_bytes(folder)
            .windows(text.len())
            .any(|window| window == text.as_bytes())
    }

    #[test]
    fn what_is_put_is_there_again() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("learned");
        let mut store = Store::open(&folder);
        assert_eq!(store.sources().count(), 0);
        store.put(source("/a.md", "one")).unwrap();
        store.put(source("/b.md", "two")).unwrap();
        store.put(source("/a.md", "three")).unwrap();
        let again = Store::open(&folder);
        assert_eq!(again.sources().count(), 2);
        assert_eq!(
            again.source(Path::new("/a.md")),
            Some(&source("/a.md", "three"))
        );
        assert!(again.bytes() > 0 && !store.refresh());
    }

    #[test]
    fn others_changes_are_seen() {
        let folder = tempfile::tempdir().unwrap();
        let (mut ours, mut theirs) = (Store::open(folder.path()), Store::open(folder.path()));
        theirs.put(source("/a.md", "one")).unwrap();
        assert!(ours.refresh() && !ours.refresh());
        assert!(ours.source(Path::new("/a.md")).is_some());
        theirs.forget_path(Path::new("/a.md")).unwrap();
        assert!(ours.refresh());
        assert!(ours.source(Path::new("/a.md")).is_none() && ours.is_forgotten(Path::new("/a.md")));
    }

    #[test]
    fn what_is_forgotten_leaves_no_trace() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(folder.path());
        store.put(source("/notes/a.md", "quibblethorpe")).unwrap();
        store.put(source("/notes/b.md", "zanthorel")).unwrap();
        store.put(source("/other/c.md", "yggdrasil")).unwrap();
        // A crash while it was written.
        let name = format!("{:016x}.source.99-9.tmp", key_of(Path::new("/notes/a.md")));
        fs::write(folder.path().join(name), "quibblethorpe").unwrap();
        assert_eq!(
            store.forget_path(Path::new("/notes/a.md")).unwrap(),
            [Path::new("/notes/a.md")]
        );
        assert!(!has(folder.path(), "quibble") && !has(folder.path(), "/notes/a.md"));
        assert!(has(folder.path(), "zanthorel"));
        store.forget_path(Path::new("/notes")).unwrap();
        assert!(!has(folder.path(), "zanthorel") && has(folder.path(), "yggdrasil"));
        assert!(
            store.is_forgotten(Path::new("/notes/d/e.md"))
                && !store.is_forgotten(Path::new("/other/c.md"))
        );
        store.allow(Path::new("/notes/d/e.md")).unwrap();
        assert!(!Store::open(folder.path()).is_forgotten(Path::new("/notes/d/e.md")));
        store.forget_word("zanthorel").unwrap();
        assert_eq!(Store::open(folder.path()).forgotten_words().len(), 1);
        assert!(!has(folder.path(), "zanthorel"));
        store.forget_all().unwrap();
        let left = |path: &Path| path.extension().is_none_or(|end| end != LOCK);
        let left = fs::read_dir(folder.path())
            .unwrap()
            .flatten()
            .filter(|file| left(&file.path()));
        assert_eq!(left.count(), 0);
    }

    #[test]
    fn damaged_files_are_set_aside_and_said_so() {
        let good = bytes_of(&source("/a.md", "one"));
        let mut damaged: Vec<Vec<u8>> = (0..good.len())
            .step_by(7)
            .map(|end| good[..end].to_vec())
            .collect();
        damaged.extend((0..good.len()).step_by(5).map(|at| {
            let mut bytes = good.clone();
            bytes[at] ^= 4;
            bytes
        }));
        damaged.push(bytes_of(&source("/b.md", "under another name")));
        for bytes in damaged {
            let folder = tempfile::tempdir().unwrap();
            let name = format!("{:016x}.{SOURCE}", key_of(Path::new("/a.md")));
            fs::write(folder.path().join(&name), &bytes).unwrap();
            let mut store = Store::open(folder.path());
            assert_eq!(store.sources().count(), 0);
            let warnings = store.take_warnings();
            assert_eq!(warnings.len(), 1, "{warnings:?}");
            assert!(
                warnings[0].contains("expected") || warnings[0].contains("another name"),
                "{warnings:?}"
            );
            let aside = folder.path().join(&name).with_extension(DAMAGED);
            assert_eq!(fs::read(aside).unwrap(), bytes);
            store.put(source("/a.md", "one")).unwrap();
            assert!(Store::open(folder.path()).take_warnings().is_empty());
        }
    }

    #[test]
    fn what_is_exported_is_imported() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("all");
        let mut here = Store::open(&folder.path().join("here"));
        let mut there = Store::open(&folder.path().join("there"));
        here.put(source("/a.md", "one\u{2028}line")).unwrap();
        here.put(source("/b.md", "two")).unwrap();
        here.put(source("/c.md", "three")).unwrap();
        there
            .put(Source {
                learned: 9,
                ..source("/b.md", "newer")
            })
            .unwrap();
        there.forget_path(Path::new("/c.md")).unwrap();
        assert_eq!(here.export(&file).unwrap(), 3);
        assert_eq!(there.import(&file).unwrap(), 1);
        assert_eq!(
            there.source(Path::new("/a.md")),
            here.source(Path::new("/a.md"))
        );
        assert_eq!(there.source(Path::new("/b.md")).unwrap().learned, 9);
        let mut bytes = fs::read(&file).unwrap();
        bytes[60] ^= 1;
        fs::write(&file, bytes).unwrap();
        assert!(
            there
                .import(&file)
                .unwrap_err()
                .to_string()
                .contains("checksum")
        );
    }

    #[test]
    fn a_file_that_moved_is_found_by_its_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(&folder.path().join("learned"));
        let (old, new) = (folder.path().join("old.md"), folder.path().join("new.md"));
        fs::write(&old, "one").unwrap();
        store.put(source(old.to_str().unwrap(), "one")).unwrap();
        let found = |store: &Store| store.moved_from(&new, fingerprint(b"one")).is_some();
        assert!(!found(&store));
        fs::rename(&old, &new).unwrap();
        assert!(found(&store));
    }
}
