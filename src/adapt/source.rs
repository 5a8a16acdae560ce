//! What was learned from one file: its prose, without what is private, paragraph by paragraph.
//!
//! The prose itself is kept, not counts: counting anew what is left is what makes forgetting exact, weights can be
//! rebuilt without a file, and a move to another machine takes everything along. It lies beside nobody's eyes but the
//! user's (see [`super::files`]), as the file it came from does.

use super::letters::Letters;
use super::private::{CODE, Filter, Withheld, private_regions};
use crate::text::prose::{self, Break, Language};
use crate::text::{Vocabulary, words};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

/// A longer file is a log, a data set or a book that somebody else wrote.
pub const MOST_BYTES: usize = 2 << 20;

/// No paragraph of a person is longer.
const LONGEST_PARAGRAPH: usize = 20_000;

/// In a paragraph of so many words...
const FEWEST_WORDS: usize = 6;

/// ...this share must be in the vocabulary, or it is another language's prose. Of English novels it is 94 to 99 %, and 1 paragraph in 200 lies
/// below 70; of Spanish, Dutch, Italian and Danish notes it is 52 to 65 %, since the ends of longer words look like short ones
/// there ("la", "de", "en").
const FAMILIAR: f32 = 0.6;

/// In a file of so many words...
const FEWEST_WORDS_OF_A_FILE: usize = 30;

/// ...this share must be, or its short paragraphs, and those that look like English, follow the rest.
const FAMILIAR_OF_A_FILE: f32 = 0.7;

/// One file's prose.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Source {
    /// Where the file is, or was.
    pub path: PathBuf,
    /// Of the file's bytes.
    pub fingerprint: u64,
    /// When it was learned last, in seconds since 1970.
    pub learned: u64,
    /// Its prose.
    pub paragraphs: Vec<Paragraph>,
    /// What was left out.
    pub withheld: Withheld,
    /// How often something was taken back that had been learned: marked as private, or all of it.
    #[serde(default)]
    pub withdrawn: u64,
}

/// A paragraph's prose.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Paragraph {
    /// The day since 1970 on which it was first seen as it is.
    pub day: u32,
    /// What stands before it.
    #[serde(with = "breaks")]
    pub starts: Break,
    /// Its text, with [`CODE`] for inline code; between two runs something was left out.
    pub runs: Vec<String>,
}

/// Why a file was not learned.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Not text.
    #[error("not UTF-8 text")]
    NotText,
    /// Too long.
    #[error("{0} bytes, expected at most {MOST_BYTES}")]
    TooLong(u64),
}

/// What reading files needs besides them.
#[derive(Debug)]
pub struct Reader<'a> {
    /// The model's words.
    pub vocabulary: &'a Vocabulary,
    /// Their habits.
    pub letters: &'a Letters,
    /// Fingerprints of the words that the user forgot, in lower case.
    pub forgotten: &'a BTreeSet<u64>,
}

impl Reader<'_> {
    /// Reads a file's prose. A paragraph that `before` has as well keeps its day; others are of `day`.
    pub fn read(
        &self,
        path: &Path,
        language: Language,
        text: &str,
        day: u32,
        before: Option<&Source>,
    ) -> Source {
        let known: HashMap<&[String], u32> = before
            .map(|source| {
                source
                    .paragraphs
                    .iter()
                    .map(|paragraph| (&*paragraph.runs, paragraph.day))
                    .collect()
            })
            .unwrap_or_default();
        let private = private_regions(text);
        let mut filter = Filter::new(self.letters);
        let mut paragraphs = Vec::new();
        let all = prose::paragraphs(language, text);
        let is_all_foreign = {
            let own = all
                .iter()
                .filter(|paragraph| paragraph.starts != Break::Quote);
            let words = own.fold(Words::default(), |words, paragraph| {
                words.plus(self.words(&paragraph.text(text)))
            });
            words.all >= FEWEST_WORDS_OF_A_FILE && words.share() < FAMILIAR_OF_A_FILE
        };
        for paragraph in all {
            let is_private = |range: &std::ops::Range<usize>| {
                private
                    .iter()
                    .any(|region| range.start < region.end && region.start < range.end)
            };
            if paragraph.ranges.iter().any(is_private) {
                filter.withheld.private += 1;
                continue;
            }
            let prose = paragraph.marked_text(text, CODE);
            if paragraph.starts == Break::Quote {
                filter.withheld.quoted += 1;
            } else if is_all_foreign || self.is_foreign(&prose) {
                filter.withheld.foreign += 1;
            } else if prose.len() <= LONGEST_PARAGRAPH {
                let runs = filter.runs(paragraph.starts, &prose);
                let mut runs: Vec<String> = runs
                    .iter()
                    .flat_map(|run| self.without_forgotten(run))
                    .collect();
                runs.retain(|run| words::words(run).next().is_some());
                if !runs.is_empty() {
                    let day = known.get(&*runs).copied().unwrap_or(day);
                    paragraphs.push(Paragraph {
                        day,
                        starts: paragraph.starts,
                        runs,
                    });
                }
            }
        }
        Source {
            path: path.to_owned(),
            fingerprint: fingerprint(text.as_bytes()),
            learned: 0,
            paragraphs,
            withheld: filter.withheld,
            withdrawn: 0,
        }
    }

    /// Whether a paragraph's words are not the model's.
    fn is_foreign(&self, prose: &str) -> bool {
        let words = self.words(prose);
        words.all >= FEWEST_WORDS && words.share() < FAMILIAR
    }

    fn words(&self, prose: &str) -> Words {
        let mut found = Words::default();
        // A small vocabulary says nothing.
        if self.letters.are_few() {
            return found;
        }
        // Names are the same in all languages.
        for word in words::words(prose).filter(|word| !word.starts_with(char::is_uppercase)) {
            let word = word.replace('\u{2019}', "'");
            found.all += 1;
            found.known += usize::from(self.vocabulary.word(&word).is_some());
        }
        found
    }

    /// A run, split where forgotten words stood.
    fn without_forgotten(&self, run: &str) -> Vec<String> {
        if self.forgotten.is_empty() {
            return vec![run.to_owned()];
        }
        let mut runs = Vec::new();
        let mut start = 0;
        for word in words::words(run) {
            let at = word.as_ptr() as usize - run.as_ptr() as usize;
            if is_listed(word, self.forgotten) {
                runs.push(run[start..at].trim().to_owned());
                start = at + word.len();
            }
        }
        runs.push(run[start..].trim().to_owned());
        runs
    }

    /// Takes forgotten words out of what was learned before. Whether there were any.
    pub fn scrub(&self, source: &mut Source) -> bool {
        let before = source.word_count();
        for paragraph in &mut source.paragraphs {
            paragraph.runs = paragraph
                .runs
                .iter()
                .flat_map(|run| self.without_forgotten(run))
                .collect();
            paragraph
                .runs
                .retain(|run| words::words(run).next().is_some());
        }
        source
            .paragraphs
            .retain(|paragraph| !paragraph.runs.is_empty());
        source.word_count() != before
    }
}

/// Words without capitals, and how many of them are the model's.
#[derive(Clone, Copy, Debug, Default)]
struct Words {
    all: usize,
    known: usize,
}

impl Words {
    fn plus(self, other: Words) -> Words {
        Words {
            all: self.all + other.all,
            known: self.known + other.known,
        }
    }

    fn share(self) -> f32 {
        self.known as f32 / self.all as f32
    }
}

impl Source {
    /// What was written later compares greater: by the day of the newest paragraph, then by when it was learned. What was learned at once
    /// stands in the order of its names, as chapters do.
    pub fn written(&self) -> (u32, u64, &Path) {
        let days = self.paragraphs.iter().map(|paragraph| paragraph.day);
        (days.max().unwrap_or(0), self.learned, &self.path)
    }

    /// Words learned.
    pub fn word_count(&self) -> usize {
        self.paragraphs.iter().map(Paragraph::word_count).sum()
    }
}

impl Paragraph {
    /// Words in it.
    pub fn word_count(&self) -> usize {
        self.runs.iter().map(|run| words::words(run).count()).sum()
    }

    /// Its text as far as it was learned, without code.
    pub fn text(&self) -> String {
        without_code(&self.runs.join(" "))
    }

    /// Of its text: where two paragraphs are the same, only one is counted.
    pub fn fingerprint(&self) -> u64 {
        fingerprint(self.runs.join("\n").as_bytes())
    }
}

/// A run without the places of inline code.
pub fn without_code(run: &str) -> String {
    let parts = run
        .split(CODE)
        .map(str::trim)
        .filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join(" ")
}

/// A word as it is compared: in lower case, with straight apostrophes.
pub fn folded(word: &str) -> String {
    word.to_lowercase().replace('\u{2019}', "'")
}

/// Whether a word, or the word that it is the possessive of, is on a list of fingerprints.
pub fn is_listed(word: &str, list: &BTreeSet<u64>) -> bool {
    let folded = folded(word);
    let is_there = |word: &str| list.contains(&fingerprint(word.as_bytes()));
    is_there(&folded) || folded.strip_suffix("'s").is_some_and(is_there)
}

/// The text of a file, without the mark that programs of Windows put before UTF-8: editors do not show it.
pub fn text(bytes: Vec<u8>) -> Result<String, Refused> {
    if bytes.len() > MOST_BYTES {
        return Err(Refused::TooLong(bytes.len() as u64));
    }
    let text = String::from_utf8(bytes).map_err(|_| Refused::NotText)?;
    if text.contains('\0') {
        return Err(Refused::NotText);
    }
    match text.strip_prefix('\u{feff}') {
        Some(rest) => Ok(rest.to_owned()),
        None => Ok(text),
    }
}

/// FNV-1a of 64 bits: the same in every run and on every machine.
pub fn fingerprint(bytes: &[u8]) -> u64 {
    let step = |hash: u64, &byte: &u8| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, step)
}

/// Breaks by their names.
mod breaks {
    use crate::text::prose::Break;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(
        starts: &Break,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(match starts {
            Break::Paragraph => "paragraph",
            Break::Heading => "heading",
            Break::Item => "item",
            Break::Quote => "quote",
        })
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Break, D::Error> {
        Ok(match String::deserialize(deserializer)?.as_str() {
            "paragraph" => Break::Paragraph,
            "heading" => Break::Heading,
            "item" => Break::Item,
            "quote" => Break::Quote,
            other => {
                return Err(serde::de::Error::custom(format!(
                    "expected a kind of paragraph, found {other:?}"
                )));
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Model;
    use std::sync::LazyLock;

    static MODEL: LazyLock<Model> = LazyLock::new(Model::shipped);
    static LETTERS: LazyLock<Letters> =
        LazyLock::new(|| Letters::of(MODEL.tokenizer().vocabulary()));

    fn read(text: &str, day: u32, before: Option<&Source>, forgotten: &str) -> Source {
        let reader = Reader {
            vocabulary: MODEL.tokenizer().vocabulary(),
            letters: &LETTERS,
            forgotten: &BTreeSet::from([fingerprint(forgotten.as_bytes())]),
        };
        reader.read(Path::new("/a.md"), Language::Markdown, text, day, before)
    }

    fn runs(source: &Source) -> Vec<&str> {
        source
            .paragraphs
            .iter()
            .flat_map(|paragraph| &paragraph.runs)
            .map(String::as_str)
            .collect()
    }

    #[test]
    fn only_the_writers_own_prose() {
        let text = "# A title\n\nMine, with `code` in it.\n\n> Somebody's.\n\n```\ncode\n```\n\n\
                    <!-- rnn-lsp: private -->\nHidden.\n<!-- rnn-lsp: public -->\n\n\
                    Das ist kein Englisch und deshalb gehört es nicht in dieses Netz.\n";
        let source = read(text, 1, None, "");
        assert_eq!(runs(&source), ["A title", "Mine, with \u{fffc} in it."]);
        assert_eq!(source.paragraphs[1].text(), "Mine, with in it.");
        assert_eq!(
            source.withheld,
            Withheld {
                quoted: 1,
                private: 1,
                foreign: 1,
                ..Withheld::default()
            }
        );
    }

    #[test]
    fn another_language_is_not_learned() {
        let check = |text: &str, expected: [u32; 2]| {
            let source = read(text, 1, None, "");
            let learned = source.paragraphs.len() as u32;
            assert_eq!([learned, source.withheld.foreign], expected, "{text}");
        };
        check(
            "Ayer fuimos a la casa de mi abuela y comimos en el patio con mis primos.",
            [0, 1],
        );
        check(
            "Gisteren gingen we naar het huis van mijn oma en we aten in de tuin met de buren.",
            [0, 1],
        );
        check(
            "Ieri siamo andati a casa di mia nonna e abbiamo mangiato in giardino con i cugini.",
            [0, 1],
        );
        let notes = "Ayer fuimos a la casa de mi abuela y comimos en el patio con mis primos.\n\n- la casa de papel\n- pan\n\n\
                     Luego hablamos de las vacaciones y de los planes que tenemos para el verano que viene.";
        check(notes, [0, 4]);
        check(
            "The hotel \u{201c}La Casa de Papel\u{201d} was full, so we went home.\n\n- la casa de papel",
            [2, 0],
        );
        check(
            "Tharbolan rode to Quenthar with Zanthorel, and the elves of Mirkvale sang of Yggdrasil and Belegorn.",
            [1, 0],
        );
        let both = "We went home and had dinner with the others.\n\nAyer fuimos a la casa de mi abuela y comimos en el patio.";
        check(both, [1, 1]);
    }

    #[test]
    fn what_stays_keeps_its_day() {
        let first = read("One old paragraph.\n\nAnother.", 10, None, "");
        let second = read("One old paragraph.\n\nA new one.", 20, Some(&first), "");
        let days: Vec<u32> = second
            .paragraphs
            .iter()
            .map(|paragraph| paragraph.day)
            .collect();
        assert_eq!(days, [10, 20]);
        assert_eq!(second.word_count(), 6);
    }

    #[test]
    fn a_forgotten_word_leaves_a_gap() {
        let mut source = read(
            "Once Tharb met Anna. Tharb\u{2019}s gone.",
            1,
            None,
            "tharb",
        );
        assert_eq!(runs(&source), ["Once", "met Anna.", "gone."]);
        let letters = &*LETTERS;
        let reader = Reader {
            vocabulary: MODEL.tokenizer().vocabulary(),
            letters,
            forgotten: &BTreeSet::from([fingerprint(b"anna")]),
        };
        assert!(reader.scrub(&mut source) && !reader.scrub(&mut source));
        assert_eq!(runs(&source), ["Once", "met", "gone."]);
    }

    #[test]
    fn files_that_are_no_text() {
        assert_eq!(text(b"a\xff".to_vec()), Err(Refused::NotText));
        assert_eq!(text(b"a\0b".to_vec()), Err(Refused::NotText));
        assert_eq!(
            text(vec![b'a'; MOST_BYTES + 1]),
            Err(Refused::TooLong(MOST_BYTES as u64 + 1))
        );
        assert_eq!(text(b"a".to_vec()), Ok("a".to_owned()));
        assert_eq!(text("\u{feff}a".into()), Ok("a".to_owned()));
    }
}
