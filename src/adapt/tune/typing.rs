//! How many keystrokes weights save on prose that they did not learn from: what their owner wants to know.
//!
//! The typist is that of `rnn-lsp eval`, the prose the newest, what stands before it in its file included; of the writer's own words
//! only those of the text itself are counted.

use crate::adapt::source::Paragraph;
use crate::eval::{Earlier, Settings, Text, type_texts};
use crate::model::Model;
use crate::predict::Options;
use crate::text::prose::Language;

/// Words typed with each of two models: a second of the processor.
const MOST_WORDS: usize = 200;

/// Words typed between two looks at the clock.
const SLICE: usize = 25;

/// Paragraphs in front of the typed one that are there already.
const BEFORE: usize = 3;

/// A paragraph to type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    text: String,
    from: usize, // characters that stand there before
}

/// Keystrokes with one model.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    all: f64,
    saved: f64,
}

/// Typing with what is in use, then with what is new.
#[derive(Debug)]
pub(super) struct Typing {
    pieces: Vec<Piece>,
    done: usize,
    tallies: [Tally; 2],
}

/// The last paragraphs of what was kept apart, the newest file first.
pub(super) fn pieces(newest: &[Vec<&Paragraph>]) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut words = 0;
    for file in newest {
        for at in (0..file.len()).rev() {
            if words >= MOST_WORDS {
                return pieces;
            }
            let text = |paragraphs: &[&Paragraph]| {
                let texts = paragraphs.iter().map(|paragraph| paragraph.text());
                texts.map(|text| text + "\n\n").collect::<String>()
            };
            let before = text(&file[at.saturating_sub(BEFORE)..at]);
            pieces.push(Piece {
                from: before.chars().count(),
                text: before + &text(&file[at..=at]),
            });
            words += file[at].word_count().min(SLICE);
        }
    }
    pieces
}

impl Typing {
    pub(super) fn new(pieces: Vec<Piece>) -> Typing {
        Typing {
            pieces,
            done: 0,
            tallies: [Tally::default(); 2],
        }
    }

    /// Types one piece; `true` when all were typed with both.
    pub(super) fn step(&mut self, before: &Model, after: &Model) -> bool {
        let (round, at) = (
            self.done / self.pieces.len().max(1),
            self.done % self.pieces.len().max(1),
        );
        let (Some(piece), Some(tally)) = (self.pieces.get(at), self.tallies.get_mut(round)) else {
            return true;
        };
        tally.add(piece, [before, after][round]);
        self.done += 1;
        false
    }

    /// Percent of keystrokes saved, before and after; nothing where there was nothing to type.
    pub(super) fn saved(&self) -> [Option<f64>; 2] {
        self.tallies
            .map(|tally| (tally.all > 0.0).then(|| 100.0 * tally.saved / tally.all))
    }
}

impl Tally {
    fn add(&mut self, piece: &Piece, model: &Model) {
        let count = piece.text.chars().count();
        let settings = Settings {
            max_words: SLICE,
            // Half a character further, or rounding might take one away.
            from_fraction: (piece.from as f64 + 0.5) / count.max(1) as f64,
            options: Options {
                threshold: 0.0,
                phrase_threshold: 1.0,
                ..Options::default()
            },
            taking: 1.0,
            looks_from: 0,
            one_writer: true,
            perplexity: false,
        };
        let text = Text {
            name: String::new(),
            language: Language::Plain,
            text: piece.text.clone(),
        };
        let (keystrokes, _) = type_texts(model, Earlier::default(), &[text], &settings);
        self.all += keystrokes.keys as f64;
        self.saved += keystrokes.keys as f64 * keystrokes.ksr_tap / 100.0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::prose::Break;

    fn paragraph(text: &str) -> Paragraph {
        Paragraph {
            day: 1,
            starts: Break::Paragraph,
            runs: vec![text.to_owned()],
        }
    }

    #[test]
    fn the_newest_paragraphs_are_typed_behind_those_before_them() {
        let all = ["one two", "three", "four", "five", "six"].map(paragraph);
        let (new, old): (Vec<&Paragraph>, Vec<&Paragraph>) =
            (all[1..].iter().collect(), vec![&all[0]]);
        let pieces = pieces(&[new, old]);
        let shown: Vec<(usize, &str)> = pieces
            .iter()
            .map(|piece| (piece.from, piece.text.as_str()))
            .collect();
        assert_eq!(shown[0], (19, "three\n\nfour\n\nfive\n\nsix\n\n"));
        assert_eq!(shown[3..], [(0, "three\n\n"), (0, "one two\n\n")]);
    }

    #[test]
    fn both_models_type_the_same() {
        let all = [
            "The old man said that they would be there.",
            "She said that it is the house.",
        ]
        .map(paragraph);
        let mut typing = Typing::new(pieces(&[all.iter().collect()]));
        let (one, two) = (Model::tiny(1), Model::tiny(2));
        assert_eq!(typing.saved(), [None, None]);
        while !typing.step(&one, &two) {}
        let [before, after] = typing.saved();
        assert!(before.is_some() && after.is_some() && before != after);
        let words = typing.tallies.map(|tally| tally.all);
        assert_eq!(words[0], words[1]);
        assert!(words[0] > 40.0);
        let mut nothing = Typing::new(Vec::new());
        assert!(nothing.step(&one, &two));
    }
}
