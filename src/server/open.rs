//! A document as the session keeps it: the text, what the client calls it, and the last answers.

use super::proto::{Ghost, Selected, Words};
use super::taken::{self, Answer};
use crate::adapt::{Accepted, Earlier, Latest, Menus, Writing, gather};
use crate::document::{Change, Document, Encoding, Position};
use crate::model::{Model, Scratch};
use crate::predict::{self, Own, Predictor};
use crate::text::prose::Language;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What suggesting needs besides a document.
#[derive(Debug)]
pub(super) struct Tools {
    model: Arc<Model>,
    /// What the writer wrote earlier.
    pub(super) earlier: Earlier,
    scratch: Scratch,
    predictor: Predictor,
    pub(super) options: predict::Options,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Open {
    /// Its file, if it is one.
    path: Option<PathBuf>,
    /// The same as the learner keeps it.
    whole: Option<PathBuf>,
    language_id: String,
    /// Absent for languages that hold no prose.
    document: Option<Document>,
    /// The last answers. Clients ask the same several times over, and what is taken is recognized by them.
    words: Option<(Position, Option<Words>)>,
    /// Whether the client got them.
    is_shown: bool,
    ghost: Option<(Position, Option<Selected>, Option<Ghost>)>,
    /// Whether the last words would be other ones by now: they are what the writer sees, but they are not given again.
    words_outdated: bool,
    /// The same of the ghost text.
    ghost_outdated: bool,
    /// Where the next question is to be expected, unless it is where the last one was: where the last change ended, before the
    /// first one the end.
    ahead: Option<usize>,
    asked: Option<usize>,
    /// Where the learner believes the cursor to be.
    told: Option<usize>,
}

/// A change so many bytes from the last question is typing on: all that stands before it has been read.
const NEAR: usize = 256;

/// The learner is told where the cursor is when it has moved so many bytes...
const FAR: usize = 4 << 10;

/// ...and what stands before it, up to so many: about as much as a document remembers.
const BEFORE: usize = 64 << 10;

/// What comes after a word is computed before its space is typed if the word is finished with at least this probability.
const FINISHED: f32 = 0.2;

impl Tools {
    pub(super) fn new(model: Arc<Model>, earlier: Earlier, options: predict::Options) -> Tools {
        Tools {
            model,
            earlier,
            scratch: Scratch::default(),
            predictor: Predictor::default(),
            options,
        }
    }

    /// Drops what may have been left half done.
    pub(super) fn forget(&mut self) {
        *self = Tools::new(self.model.clone(), self.earlier.clone(), self.options);
    }
}

impl Open {
    pub(super) fn new(
        path: Option<PathBuf>,
        language_id: String,
        version: i32,
        text: &str,
    ) -> Open {
        let language = Language::of(&language_id, path.as_deref());
        tracing::debug!(
            language_id,
            version,
            bytes = text.len(),
            is_prose = language.is_some(),
            "opened"
        );
        let document = language.map(|language| Document::open(language, version, text));
        Open {
            whole: path.as_deref().map(gather::whole),
            path,
            language_id,
            document,
            words: None,
            is_shown: false,
            ghost: None,
            words_outdated: false,
            ghost_outdated: false,
            ahead: Some(text.len()),
            asked: None,
            told: None,
        }
    }

    /// What was learned has changed, and with it perhaps what the document's first words follow.
    pub(super) fn follow(&mut self, latest: &Latest) {
        if let (Some(document), Some(path)) = (&mut self.document, &self.whole) {
            document.follow(latest.before(path).cloned());
        }
    }

    /// Where the last question was, if the learner does not know that yet or `anew` has to be told.
    pub(super) fn writing(&mut self, anew: bool) -> Option<Writing> {
        let (path, document) = (self.path.as_ref()?, self.document.as_ref()?);
        let text = document.text();
        let at = self.asked.filter(|&at| at <= text.len_bytes())?;
        let is_known = self.told.is_some_and(|told| at.abs_diff(told) <= FAR);
        if is_known && !anew {
            return None;
        }
        self.told = Some(at);
        let character = |at: usize| text.byte_to_char(at);
        let before = text.slice(character(at.saturating_sub(BEFORE))..character(at));
        Some(Writing {
            path: path.clone(),
            language: document.language(),
            before: before.to_string(),
        })
    }

    /// Its file, if it is one.
    pub(super) fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// How it is marked up; absent for languages that hold no prose.
    pub(super) fn language(&self) -> Option<Language> {
        self.document.as_ref().map(Document::language)
    }

    pub(super) fn language_id(&self) -> &str {
        &self.language_id
    }

    /// The client's number for the text, where there is one.
    pub(super) fn version(&self) -> Option<i32> {
        self.document.as_ref().map(Document::version)
    }

    /// Whether changes take what was offered last, in the popup or as ghost text.
    pub(super) fn accepted(&self, changes: &[Change]) -> Option<Accepted> {
        let word = || match &self.words {
            Some((at, Some(words))) => taken::word(changes, *at, words).map(|(_, saved)| saved),
            _ => None,
        };
        let ghost = || match &self.ghost {
            Some((at, _, Some(ghost))) => taken::ghost(changes, *at, ghost),
            _ => None,
        };
        word().or_else(ghost)
    }

    /// The words of the last answer are shown to the writer.
    pub(super) fn show(&mut self, tools: &mut Tools) {
        if let Some((_, Some(words))) = self.words.as_ref().filter(|_| !self.is_shown) {
            tools.predictor.show(&words.prefix, &words.items);
        }
        self.is_shown = true;
    }

    /// What changes say to the popup that was shown last, and to those before it about the same word, and to ghost text: nothing if they
    /// are about something else.
    pub(super) fn answer(&self, changes: &[Change], tools: &Tools) -> Menus {
        let mut menus = Menus::default();
        let popup = self.words.as_ref().filter(|_| self.is_shown);
        let popup = popup.and_then(|(at, words)| Some((*at, words.as_ref()?)));
        let best = popup.and_then(|(_, words)| words.items.first());
        if let (Some((at, words)), Some(best)) = (popup, best)
            && let Some(answer) = taken::answer(changes, at, words)
        {
            menus.add(best.probability, matches!(answer, Answer::Takes(_)));
            if let Answer::Takes(word) = answer {
                let passed = tools.predictor.sightings(&words.prefix, &word);
                menus.attention.add(passed);
            }
        }
        // Behind the first letters of a word it would be the same ghost text once more. Beside a popup that offers the same word nobody can
        // tell which was taken, and some editors show one of them only.
        if let Some((at, None, Some(ghost))) = &self.ghost
            && best.is_none()
            && ghost.replaced.is_empty()
            && let Some(is_taken) = taken::ghost_answer(changes, *at, ghost)
        {
            menus.add_phrase(ghost.probability, is_taken);
        }
        menus
    }

    /// Changes are applied in the order in which they come, whatever the client counts: the order is what it relies on.
    pub(super) fn change(&mut self, version: i32, changes: &[Change], encoding: Encoding) {
        self.forget_answers();
        let Some(document) = &mut self.document else {
            return;
        };
        if version <= document.version() {
            tracing::warn!(last = document.version(), version, "versions do not grow");
        }
        let was_in_step = document.in_step();
        if let Err(error) = document.apply(version, changes, encoding)
            && was_in_step
        {
            tracing::warn!(version, %error, "out of step: silent until the whole text comes");
        }
        // A whole text does not tell where its writer is.
        self.ahead = match changes.last() {
            Some(Change::Partial(range, text)) => document
                .offset(range.start, encoding)
                .ok()
                .map(|start| start + text.len()),
            _ => None,
        };
        self.ahead = self
            .ahead
            .filter(|at| self.asked.is_none_or(|asked| at.abs_diff(asked) > NEAR));
    }

    /// Reads a small part of what stands before the place that a question is to be expected about; whether there is more.
    pub(super) fn read_ahead(&mut self, tools: &mut Tools) -> bool {
        match (&mut self.document, self.ahead) {
            (Some(document), Some(at)) => document.read_ahead(at, &tools.model, &mut tools.scratch),
            _ => false,
        }
    }

    /// Computes what a question behind the space after the word asked about last will need, if that is likely to be the next key.
    pub(super) fn foresee(&mut self, tools: &mut Tools) {
        let (Some(document), Some((_, Some(words)))) = (&mut self.document, &self.words) else {
            return;
        };
        let model = &*tools.model;
        if tools.predictor.is_finished(model, &words.prefix) < FINISHED {
            return;
        }
        if let Some((tokens, state)) = document.foresee(&words.prefix, model, &mut tools.scratch) {
            let read = (document.recency(), &*tokens);
            tools.predictor.foresee(model, state, read, &tools.options);
        }
    }

    /// The saved text is the truth. It brings a document back that got out of step.
    pub(super) fn save(&mut self, text: String) {
        self.told = None;
        let Some(document) = &mut self.document else {
            return;
        };
        if document.in_step() && *document.text() == text {
            return;
        }
        tracing::warn!(
            version = document.version(),
            "the saved text is not ours; taking it"
        );
        let version = document.version();
        // A full text fits whatever stood there before.
        let _ = document.apply(version, &[Change::Full(text)], Encoding::Utf8);
        self.forget_answers();
    }

    /// After a failure nothing is known of the text any more.
    pub(super) fn lose(&mut self) {
        self.forget_answers();
        if let Some(document) = &mut self.document {
            document.lose();
        }
    }

    fn forget_answers(&mut self) {
        self.words = None;
        self.is_shown = false;
        self.ghost = None;
        (self.words_outdated, self.ghost_outdated) = (false, false);
    }

    /// Other settings, counts or weights: the next question is worked on anew. The text is the same, so what was offered
    /// for it may still be taken.
    pub(super) fn outdate_answers(&mut self) {
        (self.words_outdated, self.ghost_outdated) = (true, true);
    }

    pub(super) fn status(&self) -> Value {
        json!({
            "languageId": self.language_id,
            "isProse": self.document.is_some(),
            "version": self.version(),
            "inStep": self.document.as_ref().map(Document::in_step),
            "bytes": self.document.as_ref().map(|document| document.text().len_bytes()),
        })
    }

    /// Whether the words at a position are known from the last time.
    pub(super) fn knows_words(&self, at: Position) -> bool {
        let is_same = |(position, _): &(Position, _)| *position == at;
        !self.words_outdated && self.words.as_ref().is_some_and(is_same)
    }

    /// The words that may stand at a position; nothing where it is not prose.
    pub(super) fn words(
        &mut self,
        at: Position,
        encoding: Encoding,
        tools: &mut Tools,
    ) -> Option<Words> {
        if self.knows_words(at)
            && let Some((_, words)) = &self.words
        {
            return words.clone();
        }
        let path = self.path.as_deref();
        let words = self.document.as_mut().and_then(|document| {
            self.asked = document.offset(at, encoding).ok();
            words(document, path, at, encoding, tools)
        });
        self.words = Some((at, words.clone()));
        self.is_shown = false;
        self.words_outdated = false;
        words
    }

    /// The ghost text at a position.
    pub(super) fn ghost(
        &mut self,
        at: Position,
        selected: Option<&Selected>,
        encoding: Encoding,
        tools: &mut Tools,
    ) -> Option<Ghost> {
        let is_outdated = self.ghost_outdated;
        let is_same = |kept: &&(Position, Option<Selected>, Option<Ghost>)| {
            !is_outdated && kept.0 == at && kept.1.as_ref() == selected
        };
        if let Some((_, _, ghost)) = self.ghost.as_ref().filter(is_same) {
            return ghost.clone();
        }
        let path = self.path.as_deref();
        let ghost = self
            .document
            .as_mut()
            .and_then(|document| ghost(document, path, at, selected, encoding, tools));
        self.ghost = Some((at, selected.cloned(), ghost.clone()));
        self.ghost_outdated = false;
        ghost
    }
}

/// The writer's own words: the document's, and those of other files if there are any.
fn own<'a>(document: &'a Document, path: Option<&Path>, earlier: &'a Earlier) -> Own<'a> {
    let earlier = earlier.lent_to(path);
    Own {
        document: document.recency(),
        earlier: (!earlier.is_empty()).then_some(earlier),
    }
}

fn words(
    document: &mut Document,
    path: Option<&Path>,
    at: Position,
    encoding: Encoding,
    tools: &mut Tools,
) -> Option<Words> {
    let offset = document.offset(at, encoding).ok()?;
    let context = document.context(offset, &tools.model, &mut tools.scratch)?;
    let items = predict::suggest(
        &tools.model,
        &context,
        own(document, path, &tools.earlier),
        &tools.options,
        &mut tools.predictor,
    );
    let word_end = offset + rest_of_word(document, offset);
    Some(Words {
        range: document.position(context.prefix_start, encoding)
            ..document.position(offset, encoding),
        word_end: document.position(word_end, encoding),
        after_space: text_before(document, offset)
            .next()
            .is_some_and(char::is_whitespace),
        begins_line: begins_line(document, offset),
        prefix: context.prefix,
        items,
    })
}

fn ghost(
    document: &mut Document,
    path: Option<&Path>,
    at: Position,
    selected: Option<&Selected>,
    encoding: Encoding,
    tools: &mut Tools,
) -> Option<Ghost> {
    let offset = document.offset(at, encoding).ok()?;
    if !is_line_done(document, offset) {
        return None;
    }
    let context = document.context(offset, &tools.model, &mut tools.scratch)?;
    if context.prefix.is_empty() && begins_line(document, offset) {
        return None;
    }
    let range =
        document.position(context.prefix_start, encoding)..document.position(offset, encoding);
    let (model, own) = (&*tools.model, own(document, path, &tools.earlier));
    let (options, predictor) = (&tools.options, &mut tools.predictor);
    let phrase = match selected {
        None => predict::phrase(model, &context, own, options, predictor)?,
        // An item of another source that is no word here: there is nothing to go on from.
        Some(Selected { range: at, text })
            if at.start != range.start || text.contains(char::is_whitespace) =>
        {
            return None;
        }
        Some(Selected { text, .. }) => {
            predict::phrase_after(model, &context, own, text, options, predictor)
        }
    };
    // The selected item alone is what the popup shows already.
    let says_more = selected.is_none() || phrase.words > 1;
    says_more.then_some(Ghost {
        range,
        replaced: context.prefix,
        text: phrase.text,
        probability: phrase.probability,
    })
}

/// The characters of the line before the cursor, backwards.
fn text_before(document: &Document, offset: usize) -> impl Iterator<Item = char> {
    let text = document.text();
    let before = text.chars_at(text.byte_to_char(offset)).reversed();
    before.take_while(|character| !matches!(character, '\n' | '\r'))
}

/// Whether nothing but indentation and marks of a list, a quotation or a heading stands before the cursor on its line.
/// There Tab indents and Enter ends a list, and text that is not asked for would take those keys.
fn begins_line(document: &Document, offset: usize) -> bool {
    !text_before(document, offset).any(char::is_alphabetic)
}

/// Bytes from the cursor to the end of the word that it stands in.
fn rest_of_word(document: &Document, offset: usize) -> usize {
    let text = document.text();
    let rest = text.chars_at(text.byte_to_char(offset));
    rest.take_while(|character| character.is_alphanumeric())
        .map(char::len_utf8)
        .sum()
}

/// Whether nothing but spaces and punctuation follows on the line: ghost text in front of a sentence's other half would
/// not know that half.
fn is_line_done(document: &Document, offset: usize) -> bool {
    let text = document.text();
    let mut rest = text
        .chars_at(text.byte_to_char(offset))
        .take_while(|character| !matches!(character, '\n' | '\r'));
    !rest.any(char::is_alphanumeric)
}
