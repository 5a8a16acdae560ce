//! Compounds of a corpus, and how often nothing hangs on the words that they begin with.

use std::collections::{HashMap, HashSet};

use super::known::{LONGEST, count_one};
use crate::model::known::ENDED;
use crate::text::{Kind, TokenId, Vocabulary};

/// A compound seen less often is hardly worth its bytes.
const LEAST_SEEN: u64 = 4;

/// Words of one token, and what hangs on them by hyphens.
#[derive(Debug, Default)]
pub(super) struct Compounds {
    counts: HashMap<Box<[u16]>, u64>,
    compound: Vec<u16>, // up to the last token read
    whole: usize,       // tokens of it up to the last word's end
    is_inside: bool,    // of a word of several tokens, or behind its joint
}

impl Compounds {
    /// Reads one more token.
    pub(super) fn read(&mut self, vocabulary: &Vocabulary, id: u32) {
        let token = TokenId(id);
        let kind = vocabulary.kind(token);
        let hangs = self.compound.len() > self.whole; // on a joint, or on a piece of a word
        let is_joint = vocabulary.joint(token).is_some();
        match kind {
            _ if is_joint && !self.is_inside && self.whole > 0 && !hangs => {
                self.compound.push(id as u16);
            }
            _ if is_joint => {
                self.end();
                self.is_inside = true;
            }
            Kind::Word if hangs => {
                self.compound.push(id as u16);
                self.whole = self.compound.len();
            }
            Kind::Piece if hangs => self.compound.push(id as u16),
            Kind::Word => {
                self.end();
                if !std::mem::take(&mut self.is_inside) {
                    self.compound.push(id as u16);
                    self.whole = 1;
                }
            }
            Kind::Piece => {
                self.end();
                self.is_inside = true;
            }
            _ => {
                self.end();
                self.is_inside = kind == Kind::Byte;
            }
        }
    }

    /// Counts what was read, as far as it is whole.
    fn end(&mut self) {
        self.compound.truncate(self.whole);
        if (1..LONGEST).contains(&self.whole) {
            self.compound.push(ENDED.0 as u16);
            count_one(&mut self.counts, &self.compound);
        }
        self.compound.clear();
        self.whole = 0;
    }

    /// The compounds that were seen often, and the words that they begin with.
    pub(super) fn often(mut self) -> impl Iterator<Item = (Vec<u16>, u64)> {
        self.end();
        let counts = self.counts;
        let is_kept = |tokens: &[u16], seen: u64| tokens.len() > 2 && seen >= LEAST_SEEN;
        let kept = counts
            .iter()
            .filter(|&(tokens, &seen)| is_kept(tokens, seen));
        let begin: HashSet<u16> = kept.map(|(tokens, _)| tokens[0]).collect();
        let often = counts
            .into_iter()
            .filter(move |(tokens, seen)| match tokens.len() {
                2 => begin.contains(&tokens[0]),
                _ => is_kept(tokens, *seen),
            });
        often.map(|(tokens, seen)| (tokens.into_vec(), seen))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::{Ending, Tokenizer};

    #[test]
    fn compounds_begin_with_a_word_of_one_token() {
        let letters = "abcdefghijklmnopqrstuvwxyz third party open and day to 0123456789-/";
        let tokenizer = Tokenizer::train([letters; 8].into_iter(), 700);
        let vocabulary = tokenizer.vocabulary();
        let text = "third-party day-to-day and/or a third third -party third- party 3-day-to open-xyzzy xyzzy-open. ";
        let mut compounds = Compounds::default();
        for id in tokenizer.read(&text.repeat(LEAST_SEEN as usize), Ending::Spaced) {
            compounds.read(vocabulary, id.0);
        }
        let texts = compounds.often().map(|(tokens, seen)| {
            let (&last, tokens) = tokens.split_last().expect("a word and its end");
            assert_eq!(u32::from(last), ENDED.0);
            let texts = tokens.iter().map(|&id| vocabulary.text(TokenId(id.into())));
            (texts.collect::<String>(), seen / LEAST_SEEN)
        });
        let mut found: Vec<(String, u64)> = texts.collect();
        found.sort();
        let expected = [
            ("and/or", 1),
            ("day-to-day", 1),
            ("open-xyzzy", 1),
            ("third", 3),
            ("third-party", 1),
        ];
        assert_eq!(found, expected.map(|(text, seen)| (text.to_owned(), seen)));
    }
}
