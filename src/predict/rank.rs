//! From candidates to what is offered. Knows no network: words with probabilities come in, suggestions go out.

use super::candidates::Candidate;
use super::manners::{self, Rules};
use super::spelling::Habit;
use super::{Options, Suggestion};
use std::collections::{HashMap, HashSet};

/// What besides their probability decides whether words are offered.
pub(super) struct Setting<'a> {
    /// The letters typed, with straight apostrophes.
    pub(super) typed: &'a str,
    /// What is not offered, whatever it is worth.
    pub(super) rules: Rules,
    /// The word before, in lower case.
    pub(super) previous: Option<&'a str>,
    /// British or American.
    pub(super) habit: &'a Habit,
    /// What remains of the probability of words, in lower case, that were offered for this word before.
    pub(super) refused: HashMap<&'a str, f32>,
    /// Whether the writer does not want to be offered a word.
    pub(super) unwanted: &'a dyn Fn(&str) -> bool,
    /// What may hang on a word by a hyphen, and in which share of its occurrences.
    pub(super) rests: &'a dyn Fn(&str) -> Vec<(String, f32)>,
}

/// Compounds of words less probable than this are not looked for.
const BEGINS: f32 = 0.01;

/// A suggestion this much less probable than the threshold is noise below the ones that earned the menu its place.
const FAINT: f32 = 0.1;

/// What of the candidates is offered, the most probable first.
pub(super) fn rank(
    candidates: Vec<Candidate>,
    setting: &Setting<'_>,
    options: &Options,
) -> Vec<Suggestion> {
    let mut offers: HashMap<String, f32> = HashMap::new();
    let mut gone = 0.0;
    let mut refuse = |folded: &str, p: f32| {
        let remains = setting.refused.get(folded).copied().unwrap_or(1.0);
        gone += p * (1.0 - remains);
        p * remains
    };
    for Candidate { text, folded, p } in candidates {
        let mut alone = p;
        if p > BEGINS {
            for (rest, share) in (setting.rests)(&text) {
                let compound = text.clone() + &rest;
                let p = p * share;
                alone -= p;
                *offers.entry(compound).or_default() +=
                    refuse(&(folded.clone() + &rest.to_lowercase()), p);
            }
        }
        *offers.entry(text).or_default() += refuse(&folded, alone.max(0.0));
    }
    // The others share what the refused words lost.
    let all = (1.0 - gone).max(0.01);
    offers.values_mut().for_each(|p| *p /= all);
    if setting.rules == Rules::English {
        setting.habit.follow(&mut offers, setting.typed);
    }
    choose(offers, setting, options)
}

/// A word this much less probable than the threshold only makes the menu longer: behind a sure word stand words that
/// hardly exist.
const FLOOR: f32 = 0.1;

/// Drops what must not or need not be offered, and sorts the rest.
fn choose(
    offers: HashMap<String, f32>,
    setting: &Setting<'_>,
    options: &Options,
) -> Vec<Suggestion> {
    let typed = setting.typed.to_lowercase();
    let offered = |text: &str, folded: &str| {
        text != setting.typed
            && folded != typed
            && saves_a_key(text, setting.typed)
            && manners::may_offer(setting.rules, text, setting.previous)
            && !(setting.unwanted)(text)
    };
    let mut offers: Vec<(String, f32)> = offers
        .into_iter()
        .filter(|(_, p)| *p > options.threshold * FLOOR)
        .collect();
    offers.sort_unstable_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    // "the" below "The" tells the writer nothing. Their probabilities stay apart: each is that of its own spelling.
    let mut shown = HashSet::new();
    let mut suggestions: Vec<Suggestion> = offers
        .into_iter()
        .filter(|(text, _)| {
            let folded = text.to_lowercase();
            offered(text, &folded) && shown.insert(folded)
        })
        .take(options.max_items)
        .map(|(text, probability)| Suggestion {
            text,
            probability: probability.min(1.0),
        })
        .collect();
    suggestions.retain(|suggestion| suggestion.probability >= FAINT * options.threshold);
    if suggestions
        .first()
        .is_none_or(|best| best.probability < options.threshold)
    {
        suggestions.clear();
    }
    suggestions
}

/// Whether taking a word saves a key: one more letter is typed as fast as a suggestion is taken. On validation text
/// the places in the menu are worth 0.7 points of keystroke savings to longer words, for "a", "I" and last letters.
fn saves_a_key(text: &str, typed: &str) -> bool {
    text.chars().count() > typed.chars().count() + 1
}

#[cfg(test)]
mod tests {
    use super::super::candidates::{Place, Proposals, mix};
    use super::*;
    use crate::model::gates::Gates;
    use crate::predict::Recency;
    use crate::predict::casing;
    use crate::text::{Ending, TokenId, Tokenizer};
    use proptest::prelude::*;
    use std::sync::LazyLock;

    static TOKENIZER: LazyLock<Tokenizer> = LazyLock::new(|| {
        let text = "abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ don't";
        Tokenizer::train([text; 8].into_iter(), 700)
    });

    /// What is offered after `before` when `typed` stands typed and the network says `words`.
    fn offer(
        before: &str,
        typed: &str,
        words: &[(&str, f32)],
        options: &Options,
    ) -> Vec<Suggestion> {
        let mut recency = Recency::new();
        recency.push(TokenId::DOC, TOKENIZER.vocabulary());
        for id in TOKENIZER.read(before, Ending::Spaced) {
            recency.push(id, TOKENIZER.vocabulary());
        }
        let past = super::super::Own::from(&recency).at(&recency.history());
        let place = Place {
            typed,
            sentence_start: recency.at_sentence_start(),
            past: &past,
        };
        let setting = Setting {
            rules: Rules::English,
            typed,
            previous: recency.previous_word(),
            habit: recency.habit(),
            refused: HashMap::new(),
            unwanted: &|_| false,
            rests: &|_| Vec::new(),
        };
        let proposals = Proposals {
            words: words
                .iter()
                .map(|&(word, p)| (word.to_owned(), p))
                .collect(),
            mass: match typed {
                "" => 1.0,
                _ => words
                    .iter()
                    .map(|&(word, p)| p * casing::agreement(word, typed))
                    .sum(),
            },
            sure: 0.5,
        };
        let known = [
            "the", "they", "then", "is", "often", "he", "doctor", "we", "rest",
        ];
        let is_word = |word: &str| known.contains(&word);
        let candidates = mix(&proposals, &place, &Gates::default(), is_word);
        rank(candidates, &setting, options)
    }

    fn check(before: &str, typed: &str, words: &[(&str, f32)], expected: &[&str]) {
        let options = Options {
            threshold: 0.0,
            ..Options::default()
        };
        let got = offer(before, typed, words, &options);
        let got: Vec<&str> = got.iter().map(|s| s.text.as_str()).collect();
        assert_eq!(got, expected, "after {before:?} with {typed:?}");
    }

    #[test]
    fn the_most_probable_comes_first() {
        check(
            "",
            "",
            &[("then", 0.1), ("they", 0.3), ("the", 0.2)],
            &["they", "the", "then"],
        );
    }

    #[test]
    fn compounds_take_their_share_of_the_word() {
        let offer = |typed: &str, refused: &[(&'static str, f32)]| {
            let recency = Recency::new();
            let past = super::super::Own::from(&recency).at(&recency.history());
            let rests = |text: &str| match text {
                "third" | "Third" => vec![("-party".to_owned(), 0.25)],
                _ => Vec::new(),
            };
            let place = Place {
                typed,
                sentence_start: false,
                past: &past,
            };
            let setting = Setting {
                rules: Rules::English,
                typed,
                previous: None,
                habit: recency.habit(),
                refused: refused.iter().copied().collect(),
                unwanted: &|_| false,
                rests: &rests,
            };
            let proposals = Proposals {
                words: vec![("third".to_owned(), 0.4), ("thing".to_owned(), 0.2)],
                mass: if typed == "third" { 0.4 } else { 0.6 },
                sure: 0.5,
            };
            let options = Options {
                threshold: 0.0,
                ..Options::default()
            };
            let candidates = mix(&proposals, &place, &Gates::default(), |_| true);
            let found = rank(candidates, &setting, &options).into_iter();
            found
                .map(|s| (s.text, (s.probability * 100.0).round() as u32))
                .collect::<Vec<_>>()
        };
        let texts = |words: &[(&str, u32)]| {
            let words = words.iter();
            words
                .map(|&(word, p)| (word.to_owned(), p))
                .collect::<Vec<_>>()
        };
        assert_eq!(
            offer("thi", &[]),
            texts(&[("third", 50), ("thing", 33), ("third-party", 17)])
        );
        assert_eq!(offer("third", &[]), texts(&[("third-party", 25)]));
        // What is refused is refused for itself: the others share what it lost.
        assert_eq!(
            offer("thi", &[("third", 0.5)]),
            texts(&[("thing", 44), ("third", 33), ("third-party", 22)])
        );
    }

    #[test]
    fn what_is_typed_already_is_not_offered() {
        check("it ", "the", &[("the", 0.3), ("there", 0.1)], &["there"]);
        check("it ", "The", &[("the", 0.3), ("there", 0.1)], &["There"]);
    }

    #[test]
    fn one_spelling_of_a_word_is_enough() {
        check(
            "it ",
            "",
            &[("the", 0.2), ("The", 0.1), ("is", 0.05)],
            &["the", "is"],
        );
    }

    #[test]
    fn case_is_followed() {
        check(
            "it ",
            "Th",
            &[("then", 0.3), ("Thor", 0.1), ("Theo", 0.05)],
            &["Thor", "Theo", "Then"],
        );
        check(
            "it ",
            "TH",
            &[("then", 0.3), ("Thor", 0.1)],
            &["THEN", "THOR"],
        );
        check("it ", "th", &[("Then", 0.2), ("then", 0.1)], &["then"]);
        check(
            "in ",
            "par",
            &[("Paris", 0.2), ("parts", 0.01)],
            &["Paris", "parts"],
        );
    }

    #[test]
    fn the_writers_own_words_rise() {
        let names = "Zebedee met Quixby. Then Quixby met Zebedee. ";
        check(names, "Ze", &[("Zealand", 0.0001)], &["Zebedee", "Zealand"]);
        check(
            "We saw Quixby laugh. They saw Quixby",
            "",
            &[("is", 0.01)],
            &["laugh", "is", "saw", "they", "we"],
        );
    }

    #[test]
    fn the_writers_words_take_the_case_of_the_place() {
        check("it is often so. ", "", &[], &["So", "Often", "Is", "It"]);
        check("Often it is Rust. They say ", "r", &[], &["Rust"]);
        check("Often it is Rust. They say ", "of", &[], &["often"]);
    }

    #[test]
    fn manners() {
        check(
            "the doctor ",
            "",
            &[("he", 0.4), ("she", 0.2), ("is", 0.1)],
            &["is", "the"],
        );
    }

    #[test]
    fn what_saves_no_key_is_not_offered() {
        check(
            "",
            "b",
            &[("b", 0.9), ("be", 0.05), ("bee", 0.02)],
            &["bee"],
        );
        check("", "", &[("x", 0.9), ("a", 0.05), ("an", 0.04)], &["an"]);
    }

    #[test]
    fn nothing_is_offered_when_the_best_is_weak() {
        let options = Options {
            threshold: 0.3,
            ..Options::default()
        };
        assert!(offer("", "", &[("the", 0.2), ("they", 0.1)], &options).is_empty());
        assert_eq!(
            offer("", "", &[("the", 0.4), ("they", 0.1)], &options).len(),
            2
        );
        assert_eq!(
            offer("", "", &[("the", 0.4), ("they", 0.001)], &options).len(),
            1
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]
        #[test]
        fn whatever_comes_in(
            before in "(the |Rust |often |don't |[A-Z][a-z]{0,4}[.,]? ){0,12}",
            typed in "\\PC{0,4}|[a-zA-Z]{0,4}",
            words in prop::collection::vec(("[A-Z]?[a-z']{1,6}", 0.0f32..0.1), 0..20),
            max_items in 0usize..7,
        ) {
            let options = Options { threshold: 0.0, max_items, ..Options::default() };
            let words: Vec<(&str, f32)> = words.iter().map(|(word, p)| (word.as_str(), *p)).collect();
            let got = offer(&before, &typed, &words, &options);
            prop_assert!(got.len() <= max_items);
            prop_assert!(got.windows(2).all(|pair| pair[0].probability >= pair[1].probability && pair[0].text != pair[1].text));
            for suggestion in &got {
                prop_assert!(casing::starts_with_folded(&suggestion.text, &typed));
                prop_assert!(suggestion.text.to_lowercase() != typed.to_lowercase());
                prop_assert!((0.0..=1.0).contains(&suggestion.probability));
            }
        }
    }
}
