//! From the page to what is offered at its cursor: the same path as the server's.

use crate::document::Document;
use crate::model::{Model, Scratch};
use crate::predict::{self, Options, Phrase, Predictor, Suggestion};
use crate::text::prose::Language;
use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Words and a phrase for one place in the text.
#[derive(Clone, Debug, PartialEq)]
pub struct Offer {
    /// Bytes before the cursor that a word replaces.
    pub prefix: usize,
    /// Words, most probable first.
    pub words: Vec<Suggestion>,
    /// Ghost text.
    pub phrase: Option<Phrase>,
    /// Time from the text to the words and the phrase.
    pub took: Duration,
}

/// Reads along and suggests.
#[derive(Debug)]
pub struct Assistant {
    model: Arc<Model>,
    document: Document,
    text: String,
    options: Options,
    predictor: Predictor,
    scratch: Scratch,
}

impl Assistant {
    /// One that has read nothing yet.
    pub fn new(model: Arc<Model>, language: Language, options: Options) -> Assistant {
        Assistant {
            model,
            document: Document::open(language, 0, ""),
            text: String::new(),
            options,
            predictor: Predictor::default(),
            scratch: Scratch::default(),
        }
    }

    /// What may come at byte `cursor` of `text`; `None` where nothing should be said: inside a word, in code, when
    /// unsure.
    pub fn offer(&mut self, text: &str, cursor: usize) -> Option<Offer> {
        let start = Instant::now();
        self.read(text);
        if text[cursor..].starts_with(char::is_alphanumeric) {
            return None;
        }
        let context = self
            .document
            .context(cursor, &self.model, &mut self.scratch)?;
        let own = self.document.recency().into();
        let (model, options, predictor) = (&self.model, &self.options, &mut self.predictor);
        let words = predict::suggest(model, &context, own, options, predictor);
        if words.is_empty() {
            return None;
        }
        predictor.show(&context.prefix, &words);
        let phrase = predict::phrase(model, &context, own, options, predictor);
        Some(Offer {
            prefix: cursor - context.prefix_start,
            words,
            phrase,
            took: start.elapsed(),
        })
    }

    /// Tells the document what changed, as an editor would.
    fn read(&mut self, text: &str) {
        let (range, with) = difference(&self.text, text);
        if range.is_empty() && with.is_empty() {
            return;
        }
        self.document.splice(range.clone(), with);
        self.text.replace_range(range, with);
    }
}

/// The range of `old` that has become something else in `new`, and what it has become.
fn difference<'a>(old: &str, new: &'a str) -> (Range<usize>, &'a str) {
    let start: usize = old
        .chars()
        .zip(new.chars())
        .take_while(|(old, new)| old == new)
        .map(|(c, _)| c.len_utf8())
        .sum();
    let end: usize = old[start..]
        .chars()
        .rev()
        .zip(new[start..].chars().rev())
        .take_while(|(old, new)| old == new)
        .map(|(c, _)| c.len_utf8())
        .sum();
    (start..old.len() - end, &new[start..new.len() - end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_are_small_and_right() {
        for (old, new, range, with) in [
            ("", "", 0..0, ""),
            ("", "a", 0..0, "a"),
            ("one two", "one  two", 4..4, " "),
            ("aaa", "aa", 2..3, ""),
            ("é", "è", 0..2, "è"),
            ("🦀🦀", "🦀", 4..8, ""),
        ] {
            assert_eq!(difference(old, new), (range.clone(), with), "{old} {new}");
            let mut text = old.to_owned();
            text.replace_range(range, with);
            assert_eq!(text, new);
        }
    }

    fn offers(assistant: &mut Assistant, text: &str) -> Option<Vec<Suggestion>> {
        let cursor = text.find('$').expect("a cursor");
        let offer = assistant.offer(&text.replace('$', ""), cursor)?;
        let (_, typed) = text[..cursor].split_at(cursor - offer.prefix);
        assert!(typed.chars().all(char::is_alphabetic), "{typed:?}");
        Some(offer.words)
    }

    #[test]
    fn reading_along_equals_reading_afresh() {
        let model = Arc::new(Model::tiny(1));
        let options = Options {
            threshold: 0.0,
            ..Options::default()
        };
        let fresh = || Assistant::new(Arc::clone(&model), Language::Markdown, options);
        let mut along = fresh();
        for text in [
            "It was th$",
            "It was the $",
            "It was the n$",
            "# É 🦀\n\nIt was the n$",
            "# É 🦀\n\nIt w$\n\nIt was the n",
        ] {
            along.predictor.forget_shown(); // what was offered and passed over counts: see `predict::refusal`
            let words = offers(&mut along, text);
            assert_eq!(words, offers(&mut fresh(), text), "{text}");
            assert!(words.is_some(), "{text}");
        }
    }

    #[test]
    fn silent_inside_words_and_code() {
        let options = Options {
            threshold: 0.0,
            ..Options::default()
        };
        let model = Arc::new(Model::tiny(1));
        let mut assistant = Assistant::new(model, Language::Markdown, options);
        for text in ["It was th$e", "a `th$", "```\nth$\n```\n"] {
            assert_eq!(offers(&mut assistant, text), None, "{text}");
        }
    }
}
