//! Learning and forgetting: the store, with what reading a file and counting words needs.

use super::counts::{Counter, PersonalCounts};
use super::earlier::Writing;
use super::gather::whole;
use super::generations::Generations;
use super::latest::Latest;
use super::letters::Letters;
use super::source::{self, Paragraph, Reader, Source, folded};
use super::store::{Error, Store};
use super::task::Forget;
use super::tuner;
use crate::model::Model;
use crate::text::prose::Language;
use std::cell::OnceCell;
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Days after which an occurrence counts half.
const HALF_LIFE: f32 = 365.0;

/// An occurrence never counts less.
const LEAST: f32 = 0.1;

/// See the module.
#[derive(Debug)]
pub struct Library {
    /// What was learned.
    pub store: Store,
    /// The weights tuned to it.
    pub(super) generations: Generations,
    model: Arc<Model>,
    letters: OnceCell<Letters>, // of the model's vocabulary, once something is read: making them takes longer than all else at the start
}

/// What became of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Learned {
    /// It was read: words in it that are learned now.
    Words(usize),
    /// It is as it was when it was learned last.
    Unchanged,
    /// Another file with the same content was learned.
    Copy(PathBuf),
    /// The user forgot it.
    Forgotten,
}

impl Library {
    /// Over a folder that need not exist.
    pub fn open(folder: &Path, model: Arc<Model>) -> Library {
        Library {
            store: Store::open(folder),
            letters: OnceCell::new(),
            generations: Generations::of(folder),
            model,
        }
    }

    /// Goes on with another model.
    pub fn use_model(&mut self, model: Arc<Model>) {
        self.letters = OnceCell::new();
        self.model = model;
    }

    /// Learns a file that says `text`. What is new in it was written at `written`.
    pub fn learn(
        &mut self,
        path: &Path,
        language: Language,
        text: &str,
        written: SystemTime,
    ) -> Result<Learned, Error> {
        let path = whole(path);
        if self.store.is_forgotten(&path) {
            return Ok(Learned::Forgotten);
        }
        let fingerprint = source::fingerprint(text.as_bytes());
        if self.store.is_text_forgotten(&path, fingerprint) {
            return Ok(Learned::Forgotten);
        }
        let before = self.store.source(&path);
        let is_read = |source: &Source| {
            source.fingerprint == fingerprint && !self.store.may_lack_words(source)
        };
        if before.is_some_and(is_read) {
            return Ok(Learned::Unchanged);
        }
        let moved = self.store.moved_from(&path, fingerprint).cloned();
        // What was learned of the file itself must give way to what it says now, which may stand elsewhere, too.
        if moved.is_none()
            && before.is_none()
            && let Some(copy) = self
                .store
                .sources()
                .find(|source| source.fingerprint == fingerprint && source.path != path)
        {
            return Ok(Learned::Copy(copy.path.clone()));
        }
        let mut source = self.reader().read(
            &path,
            language,
            text,
            day(written),
            before.or(moved.as_ref()),
        );
        if let Some(before) = before.or(moved.as_ref()) {
            let is_emptied = source.paragraphs.is_empty() && !before.paragraphs.is_empty();
            let is_hidden = source.withheld.private > before.withheld.private;
            source.withdrawn = before.withdrawn + u64::from(is_emptied || is_hidden);
        }
        source.learned = seconds(SystemTime::now());
        let words = source.word_count();
        self.store.put(source)?;
        if let Some(moved) = moved {
            self.store.drop_source(&moved.path)?;
        }
        Ok(Learned::Words(words))
    }

    /// Forgets a word wherever it was learned. In how many files it was.
    fn forget_word(&mut self, word: &str) -> Result<usize, Error> {
        let noted = self.store.forget_word(&folded(word));
        let count = self.scrub()?;
        noted.or_else(|_| self.store.forget_word(&folded(word)))?;
        Ok(count)
    }

    /// Takes forgotten words out of everything. In how many files they were.
    fn scrub(&mut self) -> Result<usize, Error> {
        let mut changed: Vec<Source> = self.store.sources().cloned().collect();
        let reader = self.reader();
        changed.retain_mut(|source| reader.scrub(source));
        let count = changed.len();
        for source in changed {
            let path = source.path.clone();
            // Better nothing of the file than the word in it.
            if let Err(error) = self.store.put(source) {
                tracing::warn!(%error, "all that was learned of a file is forgotten instead");
                self.store.drop_source(&path)?;
            }
        }
        Ok(count)
    }

    /// Takes over what was exported elsewhere, but for words that were forgotten, there or here. From how many files.
    pub fn import(&mut self, path: &Path) -> Result<usize, Error> {
        let count = self.store.import(path)?;
        self.scrub()?;
        self.generations.remove_lost(&self.store);
        Ok(count)
    }

    /// Lets a word be learned and offered again: from what is saved from now on. Whether it was forgotten.
    pub fn allow_word(&mut self, word: &str) -> Result<bool, Error> {
        self.store
            .allow_word(&folded(word), seconds(SystemTime::now()))
    }

    /// Forgets. The number of files concerned.
    pub fn forget(&mut self, what: &Forget) -> Result<usize, Error> {
        let count = match what {
            Forget::Path(path) => self.store.forget_path(&whole(path)).map(|gone| gone.len()),
            Forget::Word(word) => self.forget_word(word),
            Forget::All => {
                let count = self.store.sources().count();
                self.store.forget_all().map(|()| count)
            }
        };
        // Weights that learned from it go at once.
        self.store.refresh();
        self.generations.remove_lost(&self.store);
        count
    }

    /// Counts everything, as of `now`.
    pub fn counts(&self, now: SystemTime) -> PersonalCounts {
        let paragraphs = self.store.sources().flat_map(|source| &source.paragraphs);
        self.count(now, paragraphs)
    }

    /// The same without what the document in use counts by itself; nothing where nothing was learned of its file.
    pub fn counts_for(&self, writing: &Writing, now: SystemTime) -> Option<PersonalCounts> {
        let own = self.store.source(&whole(&writing.path))?;
        let read = self
            .reader()
            .read(&own.path, writing.language, &writing.before, 0, None);
        let read: HashSet<u64> = read.paragraphs.iter().map(Paragraph::fingerprint).collect();
        let paragraphs = self.store.sources().flat_map(|source| {
            let is_own = source.path == own.path;
            let read = &read;
            source
                .paragraphs
                .iter()
                .filter(move |paragraph| !is_own || !read.contains(&paragraph.fingerprint()))
        });
        Some(self.count(now, paragraphs))
    }

    /// What was written last in each folder.
    pub fn latest(&self) -> Latest {
        Latest::of(self.store.sources())
    }

    fn count<'a>(
        &self,
        now: SystemTime,
        paragraphs: impl Iterator<Item = &'a Paragraph>,
    ) -> PersonalCounts {
        let today = day(now);
        let mut paragraphs: Vec<_> = paragraphs.collect();
        paragraphs.sort_by_key(|paragraph| std::cmp::Reverse(paragraph.day));
        let mut counter = Counter::new(self.model.tokenizer());
        let mut counted = HashSet::new();
        for paragraph in paragraphs {
            if counter.is_full() {
                break;
            }
            // Templates and signatures stand in many files, and were written once.
            if counted.insert(paragraph.fingerprint()) {
                let age = today.saturating_sub(paragraph.day) as f32;
                let weight = (-age / HALF_LIFE).exp2().max(LEAST);
                counter.paragraph(
                    paragraph.starts,
                    paragraph.runs.iter().map(String::as_str),
                    weight,
                );
            }
        }
        let mut counts = counter.finish();
        counts.unwanted = self.store.forgotten_words().clone();
        counts
    }

    /// The model that it was opened with.
    pub fn model(&self) -> Arc<Model> {
        self.model.clone()
    }

    /// The generation of weights that holds for what is learned.
    pub fn generation(&mut self) -> Option<u32> {
        self.generations.newest_number(&self.store, &self.model)
    }

    /// Those weights.
    pub fn tuned(&mut self) -> Option<Model> {
        let newest = self.generations.newest(&self.store, &self.model);
        newest.map(|(_, model)| model)
    }

    /// Takes the generation in use back: which it was.
    pub fn roll_back(&mut self) -> Result<u32, String> {
        let base = self.model.clone();
        tuner::roll_back(self, &base)
    }

    /// What went wrong since this was asked last.
    pub fn take_warnings(&mut self) -> Vec<String> {
        let mut warnings = self.store.take_warnings();
        warnings.extend(self.generations.take_warnings());
        warnings
    }

    fn reader(&self) -> Reader<'_> {
        Reader {
            vocabulary: self.model.tokenizer().vocabulary(),
            letters: self
                .letters
                .get_or_init(|| Letters::of(self.model.tokenizer().vocabulary())),
            forgotten: self.store.forgotten_words(),
        }
    }
}

/// Seconds since 1970.
pub fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}

/// Days since 1970.
pub fn day(time: SystemTime) -> u32 {
    (seconds(time) / 86_400) as u32
}

/// The start of a day.
pub fn time_of(day: u32) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(u64::from(day) * 86_400)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn learn(library: &mut Library, path: &str, text: &str) -> Learned {
        let path = Path::new(path);
        library
            .learn(path, Language::Markdown, text, time_of(9))
            .unwrap()
    }

    #[test]
    fn what_a_file_does_not_say_any_more_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let mut library = Library::open(folder.path(), Arc::new(Model::tiny(1)));
        assert_eq!(learn(&mut library, "/a.md", ""), Learned::Words(0));
        assert_eq!(
            learn(&mut library, "/b.md", "The Tharb sat."),
            Learned::Words(3)
        );
        assert_eq!(learn(&mut library, "/b.md", ""), Learned::Words(0));
        assert_eq!(library.store.word_count(), 0);
    }

    #[test]
    fn what_is_taken_back_was_the_basis_of_weights() {
        let folder = tempfile::tempdir().unwrap();
        let mut library = Library::open(folder.path(), Arc::new(Model::tiny(1)));
        learn(&mut library, "/a.md", "The Tharb sat.\n\nThen it slept.");
        let mut check = |text: &str, holds: bool| {
            let basis = library.store.origins();
            learn(&mut library, "/a.md", text);
            let store = &library.store;
            assert_eq!(
                basis.iter().all(|origin| store.has(origin)),
                holds,
                "{text}"
            );
        };
        check("The Tharb sat down.\n\nThen it slept.", true);
        check("Then it slept.", true);
        check("<!-- rnn-lsp: private -->\nThen it slept.", false);
        check("<!-- rnn-lsp: private -->\nThen it slept well.", true);
        check("It slept well.", true);
        check("", false);
    }

    #[test]
    fn what_is_forgotten_does_not_come_back_under_another_name() {
        let folder = tempfile::tempdir().unwrap();
        let mut library = Library::open(&folder.path().join("learned"), Arc::new(Model::tiny(1)));
        let text = "The Tharb sat in the house.";
        let paths = ["a.md", "copy.md"].map(|name| whole(&folder.path().join(name)));
        for path in &paths {
            std::fs::write(path, text).unwrap();
        }
        let [first, copy] = paths.each_ref().map(|path| path.to_str().unwrap());
        learn(&mut library, first, text);
        let expected = Learned::Copy(first.into());
        assert_eq!(learn(&mut library, copy, text), expected);
        assert_eq!(library.forget(&Forget::Path(first.into())).unwrap(), 1);
        assert_eq!(learn(&mut library, copy, text), Learned::Forgotten);
        library.store.allow(Path::new(copy)).unwrap();
        assert_eq!(learn(&mut library, copy, text), Learned::Words(6));
    }

    #[test]
    fn forgotten_words_are_not_imported() {
        let folder = tempfile::tempdir().unwrap();
        let open = |name: &str| Library::open(&folder.path().join(name), Arc::new(Model::tiny(1)));
        let (mut here, mut there, mut third) = (open("here"), open("there"), open("third"));
        let file = folder.path().join("all");
        learn(
            &mut here,
            "/a.md",
            "The Tharb sat.\n\nThen the Tharb slept.",
        );
        here.store.export(&file).unwrap();
        there.forget(&Forget::Word("tharb".to_owned())).unwrap();
        assert_eq!(there.import(&file).unwrap(), 1);
        let said = |library: &Library| format!("{:?}", library.store.sources().collect::<Vec<_>>());
        assert!(!said(&there).contains("Tharb") && said(&there).contains("slept"));
        there.store.export(&file).unwrap();
        learn(&mut third, "/b.md", "Another Tharb.");
        third.import(&file).unwrap();
        assert!(!said(&third).contains("Tharb") && third.store.forgotten_words().len() == 1);
    }

    #[test]
    fn an_allowed_word_is_learned_from_files_that_have_not_changed() {
        let model = Arc::new(Model::tiny(1));
        let folder = tempfile::tempdir().unwrap();
        let mut library = Library::open(folder.path(), model);
        let text = "The Tharb sat in the house.\n\nThen the Tharb slept.\n";
        let learn = |library: &mut Library| {
            library
                .learn(Path::new("/a.md"), Language::Markdown, text, time_of(9))
                .unwrap()
        };
        let said = |library: &Library| format!("{:?}", library.counts(time_of(100)));
        assert_eq!(learn(&mut library), Learned::Words(10));
        let before = said(&library);
        library.forget(&Forget::Word("Tharb".to_owned())).unwrap();
        assert_eq!(learn(&mut library), Learned::Unchanged);
        assert!(!said(&library).contains("tharb"));
        assert!(library.allow_word("tharb").unwrap());
        assert_eq!(learn(&mut library), Learned::Words(10));
        assert_eq!(said(&library), before);
    }

    #[test]
    fn what_a_document_counts_is_left_out_as_if_it_had_never_been_read() {
        let model = Arc::new(Model::tiny(1));
        let own = [
            "The Tharb sat in the house.",
            "Then the Tharb slept.",
            "In the house the Zorb was.",
        ];
        let other = "The Tharb left.\n\nThen the Tharb slept.\n\nThen the Zorb.\n";
        let library = |own: &str| {
            let folder = tempfile::tempdir().unwrap();
            let mut library = Library::open(folder.path(), model.clone());
            for (path, written, text) in [("/a.md", 9, own), ("/b.md", 6, other)] {
                library
                    .learn(Path::new(path), Language::Markdown, text, time_of(written))
                    .unwrap();
            }
            (library, folder)
        };
        let counts = |library: &Library, path: &str, before: &str| {
            let writing = Writing {
                path: path.into(),
                language: Language::Markdown,
                before: before.to_owned(),
            };
            let counts = library.counts_for(&writing, time_of(100));
            counts.map(|counts| format!("{counts:?}"))
        };
        let (all, _folder) = library(&own.join("\n\n"));
        for (read, before) in [
            (0, String::new()),
            (0, "The Tharb sat".to_owned()),
            (1, own[..1].join("\n\n")),
            (2, own[..2].join("\n\n") + "\n\nSomething new. In the"),
            (3, "Something new.\n\n".to_owned() + &own.join("\n\n")),
        ] {
            let (never, _folder) = library(&own[read..].join("\n\n"));
            let never = never.counts(time_of(100));
            assert_eq!(
                counts(&all, "/a.md", &before),
                Some(format!("{never:?}")),
                "{before}"
            );
        }
        assert_eq!(counts(&all, "/c.md", ""), None);
    }
}
