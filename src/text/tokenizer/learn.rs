//! Learning a vocabulary: counting, then byte pair encoding of the counted words.

use std::collections::HashMap;

use tokenizers::AddedToken;
use tokenizers::models::bpe::{BPE, BpeTrainer};
use tokenizers::utils::parallelism;

use crate::text::vocabulary::base_len;
use crate::text::words::{is_letter, is_mark, word_len};

/// What a tokenizer is made of.
pub(super) struct Learned {
    pub(super) punctuation: Vec<char>,
    pub(super) letters: Vec<char>,
    /// Left and right part of each merge, and whether the right one ends a word.
    pub(super) merges: Vec<(String, String, bool)>,
}

/// Ends the last piece of a word inside the trainer; no word contains it.
const END: &str = "</w>";
/// Always in the vocabulary besides ASCII: what word processors and writers of technical prose use, seen or not.
const TYPOGRAPHIC: [char; 18] = [
    '“', '”', '‘', '’', '–', '—', '…', '•', '·', '«', '»', '§', '©', '°', '£', '€', '×', '→',
];
/// Other characters are in it if one character in so many is one, and at most so many of them.
const RARE_PUNCTUATION: u64 = 3_000_000;
const MAX_PUNCTUATION: usize = 64;
/// Letters rarer than one character in so many become bytes.
const RARE_LETTER: u64 = 10_000_000;
/// Nothing is in the vocabulary that was not seen so often.
const MIN_COUNT: u64 = 4;
/// Longer words teach nothing about words.
const MAX_WORD_CHARS: usize = 40;

/// Learns at most `size` tokens. The same texts give the same result, in any order.
pub(super) fn learn<'a>(texts: impl Iterator<Item = &'a str>, size: usize) -> Learned {
    let counts = Counts::of(texts);
    let punctuation = counts.punctuation(size);
    let left = size.saturating_sub(base_len(punctuation.len()));
    // Each letter takes two tokens; at most two thirds of what is left go to them.
    let letters = counts.letters(left / 3);
    let merges = learn_merges(&counts, &letters, left);
    Learned {
        punctuation,
        letters,
        merges,
    }
}

#[derive(Default)]
struct Counts {
    characters: u64,
    words: HashMap<String, u64>,
    others: HashMap<char, u64>,
}

impl Counts {
    fn of<'a>(texts: impl Iterator<Item = &'a str>) -> Counts {
        let mut counts = Counts::default();
        for text in texts {
            let mut rest = text;
            while let Some(c) = rest.chars().next() {
                let len = word_len(rest);
                if len > 0 {
                    counts.word(&rest[..len]);
                } else if !c.is_ascii() && !is_letter(c) && !is_mark(c) && !c.is_control() {
                    *counts.others.entry(c).or_default() += 1;
                }
                rest = &rest[len.max(c.len_utf8())..];
            }
            counts.characters += text.len() as u64;
        }
        counts
    }

    fn word(&mut self, word: &str) {
        if word.contains('\u{2019}') {
            *self.words.entry(word.replace('\u{2019}', "'")).or_default() += 1;
        } else if let Some(count) = self.words.get_mut(word) {
            *count += 1;
        } else {
            self.words.insert(word.to_owned(), 1);
        }
    }

    fn punctuation(&self, size: usize) -> Vec<char> {
        let mut chosen: Vec<char> = (0..128u8)
            .map(char::from)
            .filter(char::is_ascii_punctuation)
            .collect();
        chosen.extend(TYPOGRAPHIC);
        let at_least = MIN_COUNT.max(self.characters / RARE_PUNCTUATION);
        let others = self.others.iter().filter(|(c, _)| !TYPOGRAPHIC.contains(c));
        chosen.extend(most_frequent(
            others.map(|(&c, &n)| (c, n)),
            at_least,
            MAX_PUNCTUATION.min(size / 256),
        ));
        chosen
    }

    fn letters(&self, most: usize) -> Vec<char> {
        let mut letters: HashMap<char, u64> = HashMap::new();
        for (word, count) in &self.words {
            for c in word.chars() {
                *letters.entry(c).or_default() += count;
            }
        }
        let at_least = MIN_COUNT.max(self.characters / RARE_LETTER);
        let mut chosen = most_frequent(letters.into_iter(), at_least, most);
        chosen.sort_unstable();
        chosen
    }
}

/// The most frequent characters, most frequent first, equals by code point.
fn most_frequent(
    counts: impl Iterator<Item = (char, u64)>,
    at_least: u64,
    most: usize,
) -> Vec<char> {
    let mut sorted: Vec<(char, u64)> = counts.filter(|&(_, count)| count >= at_least).collect();
    sorted.sort_unstable_by_key(|&(c, count)| (std::cmp::Reverse(count), c));
    sorted.truncate(most);
    sorted.into_iter().map(|(c, _)| c).collect()
}

fn learn_merges(counts: &Counts, letters: &[char], size: usize) -> Vec<(String, String, bool)> {
    let known = |word: &str| {
        word.chars().count() <= MAX_WORD_CHARS
            && word.chars().all(|c| letters.binary_search(&c).is_ok())
    };
    // The trainer adds up in 32 bits; a pair occurs at most once a character.
    let scale = counts.characters / (i32::MAX as u64) + 1;
    let words = counts
        .words
        .iter()
        .filter(|(word, _)| known(word))
        .map(|(word, count)| (word.as_str().into(), count.div_ceil(scale)))
        .collect();
    // The trainer numbers characters as it meets them in a hash map and breaks ties by number; naming them all
    // beforehand makes it deterministic, and gives each letter both of its forms.
    let alphabet = letters
        .iter()
        .flat_map(|c| [c.to_string(), format!("{c}{END}")]);
    let trainer = BpeTrainer::builder()
        .show_progress(false)
        .vocab_size(size)
        .min_frequency(2)
        .special_tokens(alphabet.map(|text| AddedToken::from(text, true)).collect())
        .end_of_word_suffix(END.into())
        .build();
    // The trainer meets its threads at every merge. On busy cores that took 150 seconds where one thread takes seven.
    parallelism::set_parallelism(false);
    let mut model = BPE::default();
    trainer
        .do_train(&words, &mut model)
        .expect("the trainer only fails where it reads files");
    // Serializing is the one way to get at the merges.
    let serialized = serde_json::to_value(&model).expect("a byte pair encoding is plain data");
    let merges: Vec<(String, String)> =
        serde_json::from_value(serialized["merges"].clone()).expect("merges are pairs of strings");
    merges
        .into_iter()
        .map(|(left, right)| match right.strip_suffix(END) {
            Some(right) => (left, right.to_owned(), true),
            None => (left, right, false),
        })
        .collect()
}
