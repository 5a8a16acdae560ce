//! Somebody who writes: keys and the pauses between them, slips that are mended, visits to another place in the text,
//! pastes, and pastes taken back.
//!
//! No recording of a person is used, since none may be given away. The mean pause of 168,000 people was 238.66 ms, with a deviation
//! of 111.60 ms between them, and they took back 6.31 % of their keys (Dhakal, Feit, Kristensson and Oulasvirta 2018, table 3,
//! doi.org/10.1145/3173574.3174220). Pauses here are drawn from the log-normal distribution of that mean and deviation, which is
//! to assume that one person's pauses differ as much as people do. The same seed types the same.

use crate::text::TYPED;
use rnn_lsp::nn::random::Random;
use std::collections::VecDeque;
use std::ops::Range;
use std::time::Duration;

/// A place in the document: line and column.
pub(crate) type Place = (u32, u32);

/// What the typist does.
#[derive(Clone, Debug)]
pub(crate) enum Act {
    /// Replaces a range of the document.
    Replace { range: Range<Place>, text: String },
    /// Looks elsewhere.
    Wait,
}

/// What comes next, before places are known.
#[derive(Clone, Debug)]
enum Key {
    Letter(char),
    Back,
    Paste(&'static str),
    Undo,
    Visit,
    Return,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Typist {
    random: Random,
    cursor: Place,
    /// Where the typist came from.
    home: Option<Place>,
    text: std::iter::Cycle<std::str::SplitWhitespace<'static>>,
    words: u32,
    keys: VecDeque<Key>,
}

/// One slip in so many letters, as above; a visit, a paste after so many words, which is assumed.
const SLIP: u32 = 16;
const VISIT: u32 = 40;
const PASTE: u32 = 65;

const PASTED: &str = "What was copied from somewhere else is longer than what anybody types at once, and has a comma. ";

impl Typist {
    pub(crate) fn new(seed: u64, cursor: Place) -> Typist {
        Typist {
            random: Random::new(seed),
            cursor,
            home: None,
            text: TYPED.split_whitespace().cycle(),
            words: 0,
            keys: VecDeque::new(),
        }
    }

    /// Where the cursor is.
    pub(crate) fn cursor(&self) -> Place {
        self.cursor
    }

    /// So many letters were typed by somebody else.
    pub(crate) fn moved(&mut self, letters: u32) {
        self.cursor.1 += letters;
    }

    /// The next act and the pause before it.
    pub(crate) fn next(&mut self) -> (Duration, Act) {
        let key = loop {
            match self.keys.pop_front() {
                Some(key) => break key,
                None => self.plan(),
            }
        };
        let (line, column) = self.cursor;
        let replace = |range: Range<u32>, text: String| Act::Replace {
            range: (line, range.start)..(line, range.end),
            text,
        };
        let act = match key {
            Key::Letter(letter) => {
                self.cursor.1 += 1;
                replace(column..column, letter.to_string())
            }
            Key::Back => {
                self.cursor.1 -= 1;
                replace(column - 1..column, String::new())
            }
            Key::Paste(text) => {
                self.cursor.1 += text.len() as u32;
                replace(column..column, text.to_owned())
            }
            Key::Undo => {
                self.cursor.1 -= PASTED.len() as u32;
                replace(self.cursor.1..column, String::new())
            }
            Key::Visit => {
                self.home = Some(self.cursor);
                // The start of the text, on a line of its own: nothing below it moves.
                self.cursor = (0, 0);
                Act::Wait
            }
            Key::Return => {
                self.cursor = self.home.take().unwrap_or(self.cursor);
                Act::Wait
            }
        };
        let pause = match &act {
            Act::Wait => Duration::from_millis(1500),
            Act::Replace { .. } => self.pause(),
        };
        (pause, act)
    }

    /// One more word, and what goes with it.
    fn plan(&mut self) {
        self.words += 1;
        if self.words.is_multiple_of(VISIT) {
            self.keys.push_back(Key::Visit);
            for _ in 0..3 {
                self.word();
            }
            self.keys.push_back(Key::Return);
        }
        if self.words.is_multiple_of(PASTE) {
            self.keys.push_back(Key::Paste(PASTED));
            if self.words.is_multiple_of(2 * PASTE) {
                self.keys.push_back(Key::Undo);
            }
        }
        self.word();
    }

    fn word(&mut self) {
        let word = self.text.next().unwrap_or_default();
        for letter in word.chars().chain([' ']) {
            if self.random.below(SLIP) == 0 {
                // Noticed at once or one letter later.
                let wrong = char::from(b'a' + self.random.below(26) as u8);
                let late = self.random.below(2) == 0;
                self.keys.push_back(Key::Letter(wrong));
                if late {
                    self.keys.extend([Key::Letter(letter), Key::Back]);
                }
                self.keys.push_back(Key::Back);
            }
            self.keys.push_back(Key::Letter(letter));
        }
    }

    fn pause(&mut self) -> Duration {
        let (mean, deviation) = (238.66f64, 111.60f64);
        let variance = (1.0 + (deviation / mean).powi(2)).ln();
        let log = mean.ln() - variance / 2.0 + variance.sqrt() * f64::from(self.random.normal());
        Duration::from_secs_f64(log.exp() / 1e3)
    }
}
