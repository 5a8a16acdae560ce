//! How good a model is: perplexity, accuracy, keystrokes saved, calibration, latency.
//!
//! Typing goes through the same [`Document`] and [`suggest`] as the server, so that what is measured here is what an
//! editor shows. Imports `text`, `model`, `predict` and `document`.

mod calibration;
pub mod menus;
mod misses;
mod perplexity;
mod typist;

pub use calibration::{Bin, Calibration};
pub use menus::Menus;
pub use misses::Miss;
pub use perplexity::{Perplexity, tokens};
pub use typist::{Accuracy, Keystrokes, Latency, Phrases};

use crate::document::Document;
use crate::model::{Model, Scratch};
use crate::predict::own::Counts;
use crate::predict::{Attention, Options, Own, Phrase, Predictor, Suggestion, phrase, suggest};
use crate::text::prose::{Language, Passage};
use serde::Serialize;
use std::sync::Arc;
use typist::{Tally, Writer};

/// A text to measure on.
#[derive(Clone, Debug)]
pub struct Text {
    /// Its name in the report.
    pub name: String,
    /// How it is marked up.
    pub language: Language,
    /// The text.
    pub text: String,
}

/// What to measure.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Words typed in each text at most.
    pub max_words: usize,
    /// Where typing starts, as a fraction of the text: what stands before is there already.
    pub from_fraction: f64,
    /// What suggestions are asked for.
    pub options: Options,
    /// The share of words at which the writer looks at what is offered; the others are typed whatever is there.
    pub taking: f64,
    /// Letters of a word that the writer types before looking.
    pub looks_from: usize,
    /// Whether the texts are one writer's: how menus are read is learned from one text to the next. Else each has a writer of its own,
    /// as for a program that is started anew.
    pub one_writer: bool,
    /// Whether the texts are read to their ends for the perplexity, which takes longer than typing a part of them.
    pub perplexity: bool,
}

/// What was measured.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Keystrokes saved.
    pub keystrokes: Keystrokes,
    /// How often the word is among the first ones, by letters typed.
    pub accuracy: Vec<Accuracy>,
    /// How the texts as a whole surprise the model, if that was measured.
    pub perplexity: Option<Perplexity>,
    /// Whether 0.4 means 40 %.
    pub calibration: Calibration,
    /// The same by letters typed.
    pub calibration_by_letters: Vec<Calibration>,
    /// Menus by their best word, and how many were taken from.
    pub menus: Menus,
    /// Ghost text.
    pub phrases: Phrases,
    /// Of one keystroke: the change, the state and the suggestions.
    pub latency: Latency,
    /// Keystrokes saved in each text.
    pub texts: Vec<(String, Keystrokes)>,
    /// The costliest words, costliest first.
    pub misses: Vec<Miss>,
}

/// Measures a model on texts. `done` hears of each text that was typed, and says below which probability nothing is shown in
/// the next, if not as before.
pub fn evaluate(
    model: &Model,
    texts: &[Text],
    settings: &Settings,
    mut done: impl FnMut(&str, &Keystrokes, &Menus) -> Option<f32>,
) -> Report {
    let mut options = settings.options;
    let mut tally = Tally::default();
    let mut perplexity = settings.perplexity.then(Perplexity::default);
    let mut each = Vec::new();
    for text in texts {
        let mut writer = Desk::new(model, Earlier::default(), text.language, options);
        let one = typist::write(&mut writer, &text.text, settings);
        let next = done(&text.name, &one.keystrokes(), &one.menus);
        options.threshold = next.unwrap_or(options.threshold);
        if settings.one_writer {
            options.attention += one.menus.attention;
        }
        each.push((text.name.clone(), one.keystrokes()));
        tally.add(one);
        if let Some(perplexity) = &mut perplexity {
            perplexity.add(&perplexity::measure(model, text.language, &text.text));
        }
    }
    Report {
        keystrokes: tally.keystrokes(),
        accuracy: tally.accuracy(),
        perplexity,
        calibration: tally.calibration(),
        calibration_by_letters: tally.calibration_by_letters().to_vec(),
        menus: tally.menus,
        phrases: tally.phrases(),
        latency: tally.latency(),
        misses: tally.misses(),
        texts: each,
    }
}

/// What was learned of a writer's earlier prose.
#[derive(Clone, Copy, Debug, Default)]
pub struct Earlier<'a> {
    /// Counts of it.
    pub counts: Option<&'a dyn Counts>,
    /// What every text follows.
    pub passage: Option<&'a Arc<Passage>>,
}

/// Types texts with a model, and with what it was lent of the writer's earlier prose: keystrokes and accuracy.
pub fn type_texts(
    model: &Model,
    earlier: Earlier,
    texts: &[Text],
    settings: &Settings,
) -> (Keystrokes, Vec<Accuracy>) {
    let mut tally = Tally::default();
    for text in texts {
        let mut options = settings.options;
        if settings.one_writer {
            options.attention += tally.menus.attention;
        }
        let mut writer = Desk::new(model, earlier, text.language, options);
        tally.add(typist::write(&mut writer, &text.text, settings));
    }
    (tally.keystrokes(), tally.accuracy())
}

/// A document with the cursor at its end and suggestions at hand.
#[derive(Debug)]
struct Desk<'a> {
    model: &'a Model,
    counts: Option<&'a dyn Counts>,
    document: Document,
    options: Options,
    scratch: Scratch,
    predictor: Predictor,
}

impl<'a> Desk<'a> {
    fn new(
        model: &'a Model,
        earlier: Earlier<'a>,
        language: Language,
        options: Options,
    ) -> Desk<'a> {
        let mut document = Document::open(language, 0, "");
        document.follow(earlier.passage.cloned());
        Desk {
            model,
            counts: earlier.counts,
            document,
            options,
            scratch: Scratch::default(),
            predictor: Predictor::default(),
        }
    }
}

/// The words of a document, and those lent.
fn own<'a>(document: &'a Document, counts: Option<&'a dyn Counts>) -> Own<'a> {
    Own {
        document: document.recency(),
        earlier: counts,
    }
}

impl Writer for Desk<'_> {
    fn write(&mut self, text: &str) {
        let end = self.document.text().len_bytes();
        self.document.splice(end..end, text);
    }

    fn suggestions(&mut self) -> (usize, Vec<Suggestion>) {
        let end = self.document.text().len_bytes();
        let Some(context) = self.document.context(end, self.model, &mut self.scratch) else {
            return (end, Vec::new());
        };
        let own = own(&self.document, self.counts);
        let suggestions = suggest(
            self.model,
            &context,
            own,
            &self.options,
            &mut self.predictor,
        );
        self.predictor.show(&context.prefix, &suggestions);
        (context.prefix_start, suggestions)
    }

    fn phrase(&mut self) -> Option<(usize, Phrase)> {
        let end = self.document.text().len_bytes();
        let context = self.document.context(end, self.model, &mut self.scratch)?;
        let own = own(&self.document, self.counts);
        let phrase = phrase(
            self.model,
            &context,
            own,
            &self.options,
            &mut self.predictor,
        )?;
        Some((context.prefix_start, phrase))
    }

    fn take(&mut self, typed: &str, word: &str) -> Attention {
        let mut attention = Attention::default();
        attention.add(self.predictor.sightings(typed, word));
        self.options.attention += attention;
        attention
    }

    fn look_away(&mut self) {
        self.predictor.forget_shown();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Net savings in the first and in the second of two equal texts.
    fn twice(one_writer: bool) -> [f64; 2] {
        let text = "The first time that the people of the town came to see the old house, they had been told that it \
                    was going to be sold at the end of the year. Nobody knew who would want to live there. It \
                    had been built a long time ago by a man who wanted to look at the sea from every room.";
        let texts = ["first", "second"].map(|name| Text {
            name: name.to_owned(),
            language: Language::Plain,
            text: text.to_owned(),
        });
        let settings = Settings {
            max_words: 100,
            from_fraction: 0.0,
            options: Options {
                threshold: 0.0,
                ..Options::default()
            },
            taking: 1.0,
            looks_from: 0,
            one_writer,
            perplexity: false,
        };
        let report = evaluate(&Model::shipped(), &texts, &settings, |_, _, _| None);
        [0, 1].map(|at| report.texts[at].1.ksr_net)
    }

    #[test]
    fn each_text_has_a_writer_of_its_own_unless_they_are_one_writers() {
        let [first, second] = twice(false);
        assert_eq!(first, second);
        let [first, second] = twice(true);
        assert_ne!(first, second, "how the first was read is known by then");
    }
}
