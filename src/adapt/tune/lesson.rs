//! What a training reads: the writer's prose as tokens, and the newest of it kept apart to judge by.

use super::typing::{self, Piece};
use crate::adapt::source::{Paragraph, Source, folded, without_code};
use crate::adapt::store::Store;
use crate::model::Model;
use crate::text::prose::Break;
use crate::text::{Ending, Kind, TokenId, Tokenizer, words};
use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

/// Newest words that are learned from: what is older has less to say, and the time that a training takes is bounded.
const MOST_WORDS: usize = 50_000;

/// One word in so many is kept for judging...
const HELD_OUT: usize = 10;

/// ...but not more than this.
const MOST_HELD_OUT: usize = 2_000;

/// Fewer words than this teach too little to be judged.
pub(super) const FEWEST_WORDS: usize = 1_000;

/// A word of several tokens is learned when it stood in so many paragraphs: as with counts, what stands in one place
/// only may be nobody else's business.
const WORD_SIGHTINGS: u32 = 2;

/// No target: the place is read, not learned.
pub(super) const NONE: u32 = crate::train::streams::Window::NONE;

/// Tokens to read, and what is to be learned at each: the token that follows, or [`NONE`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Tokens {
    pub(super) inputs: Vec<u32>,
    pub(super) targets: Vec<u32>,
}

/// The writer's prose.
#[derive(Clone, Debug, Default)]
pub(super) struct Lesson {
    /// To learn from, the oldest first.
    pub(super) own: Tokens,
    /// To judge by: the newest.
    pub(super) newest: Tokens,
    /// Some of that, to type.
    pub(super) pieces: Vec<Piece>,
    /// Words in both.
    pub(super) words: usize,
}

impl Lesson {
    /// Of all that was learned.
    pub(super) fn of(store: &Store, model: &Model) -> Lesson {
        let chosen = choose(store);
        let all: usize = chosen.iter().map(|paragraphs| count(paragraphs)).sum();
        let mut left = (all / HELD_OUT).min(MOST_HELD_OUT);
        let mut writer = Writer::new(model.tokenizer(), &chosen);
        let mut lesson = Lesson {
            words: all,
            ..Lesson::default()
        };
        // Whole files, or a file's end: a paragraph is judged with what stands before it.
        let mut newest = Vec::new();
        let mut own = chosen;
        while left > 0
            && let Some(mut last) = own.pop()
        {
            let mut tail = Vec::new();
            while left > 0
                && let Some(paragraph) = last.pop()
            {
                left = left.saturating_sub(paragraph.word_count());
                tail.insert(0, paragraph);
            }
            newest.push(tail);
            if !last.is_empty() {
                own.push(last);
            }
        }
        lesson.pieces = typing::pieces(&newest);
        for paragraphs in own {
            writer.write(&paragraphs, &mut lesson.own);
        }
        for paragraphs in newest.into_iter().rev() {
            writer.write(&paragraphs, &mut lesson.newest);
        }
        lesson
    }
}

/// The paragraphs to read, file by file, the file written last at the end. Templates and signatures stand in many files and
/// are read once.
fn choose(store: &Store) -> Vec<Vec<&Paragraph>> {
    let mut files: Vec<&Source> = store.sources().collect();
    files.sort_by_cached_key(|source| Reverse(source.written()));
    let mut seen = HashSet::new();
    let mut words = 0;
    let mut chosen = Vec::new();
    for source in files {
        let mut paragraphs: Vec<&Paragraph> = Vec::new();
        for paragraph in &source.paragraphs {
            if words < MOST_WORDS && seen.insert(paragraph.fingerprint()) {
                words += paragraph.word_count();
                paragraphs.push(paragraph);
            }
        }
        if !paragraphs.is_empty() {
            chosen.push(paragraphs);
        }
    }
    chosen.reverse();
    chosen
}

fn count(paragraphs: &[&Paragraph]) -> usize {
    paragraphs
        .iter()
        .map(|paragraph| paragraph.word_count())
        .sum()
}

/// Makes tokens of paragraphs.
struct Writer<'a> {
    tokenizer: &'a Tokenizer,
    sightings: HashMap<String, u32>, // paragraphs that a word stands in, by the word in lower case
}

impl<'a> Writer<'a> {
    fn new(tokenizer: &'a Tokenizer, files: &[Vec<&Paragraph>]) -> Writer<'a> {
        let mut sightings = HashMap::new();
        for paragraph in files.iter().flatten() {
            let here: HashSet<String> = paragraph
                .runs
                .iter()
                .flat_map(|run| words::words(run))
                .map(folded)
                .collect();
            for word in here {
                *sightings.entry(word).or_default() += 1;
            }
        }
        Writer {
            tokenizer,
            sightings,
        }
    }

    /// Appends a file's paragraphs.
    fn write(&mut self, paragraphs: &[&Paragraph], out: &mut Tokens) {
        out.push(TokenId::DOC, NONE);
        for (index, paragraph) in paragraphs.iter().enumerate() {
            for (run, text) in paragraph.runs.iter().enumerate() {
                // Behind a gap nothing is known of what stands before.
                let starts = match (run, paragraph.starts) {
                    (0, Break::Heading) => TokenId::HEAD,
                    (0, Break::Item) => TokenId::ITEM,
                    (0, Break::Quote) => TokenId::QUOTE,
                    _ => TokenId::PAR,
                };
                if index + run > 0 {
                    out.push(starts, if run == 0 { starts.0 } else { NONE });
                }
                self.run(&without_code(text), out);
            }
        }
    }

    fn run(&self, text: &str, out: &mut Tokens) {
        let vocabulary = self.tokenizer.vocabulary();
        let ids = self.tokenizer.read(text, Ending::Spaced);
        let mut at = 0;
        while at < ids.len() {
            let pieces = ids[at..]
                .iter()
                .take_while(|&&id| vocabulary.kind(id) == Kind::Piece)
                .count();
            let end = (at + pieces + 1).min(ids.len());
            let word: String = ids[at..end].iter().map(|&id| vocabulary.text(id)).collect();
            let sighted = self.sightings.get(&folded(&word)).copied().unwrap_or(0);
            let is_learned = pieces == 0 || sighted >= WORD_SIGHTINGS;
            for id in &ids[at..end] {
                out.push(*id, if is_learned { id.0 } else { NONE });
            }
            at = end;
        }
    }
}

impl Tokens {
    pub(super) fn len(&self) -> usize {
        self.inputs.len()
    }

    /// Appends a token, and what is to be learned of its coming.
    pub(super) fn push(&mut self, id: TokenId, learned: u32) {
        if let Some(last) = self.targets.last_mut() {
            *last = learned;
        }
        self.inputs.push(id.0);
        self.targets.push(NONE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapt::library::{Library, time_of};
    use crate::text::prose::Language;
    use std::path::Path;
    use std::sync::Arc;

    fn lesson(files: &[(u32, &str)]) -> (Lesson, Arc<Model>) {
        let folder = tempfile::tempdir().unwrap();
        let model = Arc::new(Model::tiny(1));
        let mut library = Library::open(folder.path(), model.clone());
        for (day, text) in files {
            let path = format!("/notes/{day}.md");
            library
                .learn(Path::new(&path), Language::Markdown, text, time_of(*day))
                .unwrap();
        }
        (Lesson::of(&library.store, &model), model)
    }

    fn text(tokens: &Tokens, model: &Model) -> Vec<String> {
        let vocabulary = model.tokenizer().vocabulary();
        tokens
            .inputs
            .iter()
            .map(|&id| vocabulary.text(TokenId(id)).to_owned())
            .collect()
    }

    #[test]
    fn the_newest_is_kept_apart() {
        let old: String = (0..20)
            .map(|n| format!("The old man had been there {n} times.\n\n"))
            .collect();
        let new = "She said that the weather is quiet in the morning, and there they would be.\n";
        let (lesson, model) = lesson(&[(9, new), (5, &old)]);
        assert_eq!(lesson.words, 20 * 7 + 15);
        let (own, newest) = (text(&lesson.own, &model), text(&lesson.newest, &model));
        assert!(own.contains(&"old".to_owned()) && !own.contains(&"weather".to_owned()));
        assert!(newest.contains(&"weather".to_owned()) && !newest.contains(&"old".to_owned()));
        assert_eq!(lesson.own.targets.len(), lesson.own.len());
        let shifted = lesson.own.inputs[1..].iter().zip(&lesson.own.targets);
        assert!(
            shifted
                .into_iter()
                .all(|(next, target)| target == next || *target == NONE)
        );
    }

    #[test]
    fn a_word_of_several_tokens_is_learned_from_its_second_paragraph() {
        let learned = |old: &str| {
            let (lesson, model) = lesson(&[
                (5, old),
                (9, "She said that they would be there in the morning."),
            ]);
            let pieces = model.tokenizer().read("Tharbolan", Ending::Spaced);
            assert!(pieces.len() > 1);
            let last = pieces[pieces.len() - 1].0;
            lesson.own.targets.contains(&last)
        };
        assert!(!learned(
            "The old man saw Tharbolan. Then Tharbolan was there."
        ));
        assert!(learned(
            "The old man saw Tharbolan.\n\nThen Tharbolan was there."
        ));
    }
}
