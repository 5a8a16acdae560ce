//! Whether a run of letters looks like a word.
//!
//! Keys and passwords are drawn at random, names and jargon are not: even an invented name follows the habits of its
//! language. The habits are those of the model's own vocabulary, so nothing here is English.

use crate::text::{Kind, TokenId, Vocabulary, words};
use std::collections::HashMap;
use unicode_normalization_alignments::UnicodeNormalization;

/// Vocabularies with fewer words say too little about a language.
const FEWEST_WORDS: usize = 2000;

/// Words of fewer letters may look like anything: abbreviations, units, names.
const SHORTEST: usize = 6;

/// Bits a letter beyond which a word of so many letters was not made by a person. Measured with the English model:
/// letters drawn at random cost 8 in the median, and 95 of 100 draws of eight letters are caught, 98 of twelve; of the
/// 7,096 distinct words outside of the vocabulary that six bloggers wrote at least twice, 99 of 100 are let through.
fn most_bits(letters: usize) -> f32 {
    if letters < 8 { 7.0 } else { 6.0 }
}

/// The same of a name: a capital and small letters behind it, which nothing drawn at random from both looks like, one of 128 draws of eight
/// letters apart. "Krzysztof" costs 9.0, "Cthulhu" 8.1.
const MOST_BITS_OF_A_NAME: f32 = 9.2;

/// Longer names are none.
const LONGEST_NAME: usize = 12;

/// Letter trigrams of the vocabulary's words, smoothed by bigrams and those by letters (Witten and Bell 1991).
#[derive(Debug)]
pub struct Letters {
    after: HashMap<[char; 3], f32>, // history of two, one or no letters (padded by EDGE), then a letter -> count
    seen: HashMap<[char; 2], (f32, f32)>, // history -> its count, and how many different letters follow
    words: usize,
}

/// Before the first letter of a word, and after its last.
const EDGE: char = ' ';
/// Stands for the letters that a shorter history does not know.
const ANY: char = '\0';

impl Letters {
    /// The habits of a vocabulary.
    pub fn of(vocabulary: &Vocabulary) -> Letters {
        let mut letters = Letters {
            after: HashMap::new(),
            seen: HashMap::new(),
            words: 0,
        };
        for id in (0..vocabulary.len() as u32).map(TokenId) {
            let text = vocabulary.text(id);
            if vocabulary.kind(id) == Kind::Word && text.chars().count() > 1 {
                letters.add(text);
            }
        }
        letters
    }

    /// Whether the vocabulary is too small to say anything about its language.
    pub fn are_few(&self) -> bool {
        self.words < FEWEST_WORDS
    }

    /// Whether a person may have made this word.
    pub fn are_plausible(&self, word: &str) -> bool {
        let length = word.chars().count();
        let most = match length <= LONGEST_NAME && is_name(word) {
            true => MOST_BITS_OF_A_NAME,
            false => most_bits(length),
        };
        self.are_few() || length < SHORTEST || self.bits_per_letter(word) < most
    }

    fn add(&mut self, word: &str) {
        self.words += 1;
        for [a, b, c] in trigrams(word) {
            for history in [[a, b], [ANY, b], [ANY, ANY]] {
                let count = self.after.entry([history[0], history[1], c]).or_default();
                let (total, kinds) = self.seen.entry(history).or_default();
                *kinds += f32::from(u8::from(*count == 0.0));
                *count += 1.0;
                *total += 1.0;
            }
        }
    }

    /// Mean surprise of a word's letters and its end, the cost of the worst letters counting in full.
    fn bits_per_letter(&self, word: &str) -> f32 {
        let costs = trigrams(word).map(|[a, b, c]| {
            // An alphabet of a hundred letters, evenly, is where nothing is known.
            let mut p = 0.01;
            for history in [[ANY, ANY], [ANY, b], [a, b]] {
                let (total, kinds) = self.seen.get(&history).copied().unwrap_or((0.0, 1.0));
                let count = self.after.get(&[history[0], history[1], c]);
                p = (count.copied().unwrap_or(0.0) + kinds * p) / (total + kinds);
            }
            -p.log2()
        });
        let (sum, n) = costs.fold((0.0, 0.0), |(sum, n), cost| (sum + cost, n + 1.0));
        sum / n
    }
}

/// Each letter of a word and its end, after the two letters before it. Accents make no difference: a vocabulary has few of the letters
/// with one, and keys have none.
fn trigrams(word: &str) -> impl Iterator<Item = [char; 3]> {
    let letters = word.nfd().map(|(c, _)| c).filter(|c| !words::is_mark(*c));
    let letters = letters.flat_map(char::to_lowercase).flat_map(plain);
    let letters = letters.chain([EDGE]);
    letters.scan([EDGE, EDGE], |history, letter| {
        let trigram = [history[0], history[1], letter];
        *history = [history[1], letter];
        Some(trigram)
    })
}

/// Whether a word has a capital and small letters behind it.
fn is_name(word: &str) -> bool {
    let mut letters = word.chars().filter(|c| c.is_alphabetic());
    letters.next().is_some_and(char::is_uppercase) && letters.all(char::is_lowercase)
}

/// Letters that are no others with an accent, but read like these.
fn plain(letter: char) -> impl Iterator<Item = char> {
    let (first, second) = match letter {
        'æ' => ('a', Some('e')),
        'œ' => ('o', Some('e')),
        'ß' => ('s', Some('s')),
        'þ' => ('t', Some('h')),
        'ø' => ('o', None),
        'ł' => ('l', None),
        'đ' | 'ð' => ('d', None),
        'ı' => ('i', None),
        _ => (letter, None),
    };
    std::iter::once(first).chain(second)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Model;

    #[test]
    fn names_are_plausible_and_random_letters_are_not() {
        let model = Model::shipped();
        let letters = Letters::of(model.tokenizer().vocabulary());
        let check = |words: &str, expected: bool| {
            for word in words.split(' ') {
                let bits = letters.bits_per_letter(word);
                assert_eq!(letters.are_plausible(word), expected, "{word}: {bits}");
            }
        };
        check(
            "Zanthorel Kubernetes Siobhan Nguyen Quibblethorpe spontaneously cocktails Feynman ChatGPT xylophone",
            true,
        );
        check("Tharb qx zzz", true);
        check(
            "Krzysztof Tadeusz Szczepański Cthulhu Yggdrasil Ljubljana Reykjavík Dvořák Hélène Étienne Müller Æthelred Guðrún \
             Raskolnikov Erdoğan Conceição Muñoz smörgåsbord naïveté Bürgermeister",
            true,
        );
        check(
            "xkqzvbnm Qzxkvjwbtrmpf qzxkvjwbtrmp wJalrXUtnFEMI fkjwqhbxz vqnmzkxh PqLzXvBnKw",
            false,
        );
    }

    #[test]
    fn a_small_vocabulary_says_nothing() {
        let model = Model::tiny(1);
        let letters = Letters::of(model.tokenizer().vocabulary());
        assert!(letters.are_plausible("xkqzvbnm"));
    }
}
