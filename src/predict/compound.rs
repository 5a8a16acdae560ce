//! Compounds, offered whole: "third-party" when "thi" is typed.
//!
//! A hyphen ends a word, for the network as for the beam, so the probability of "third" is that of all that begins with it. How it is
//! shared out is counted: what hung on the word in the training text ([`crate::model::known`]), in this document, and in the
//! writer's earlier prose.

use super::own::{History, Past, Rest};
use super::recency::mark_of;
use crate::model::Model;
use crate::text::words::is_joint;
use crate::text::{Kind, TokenId, Vocabulary};
use std::collections::BTreeMap;

/// The training text's shares count as so many occurrences of the word: on validation documents, half and twice as many do no better.
const BELIEF: f32 = 1.0;

/// What hangs on a word in a smaller share of its occurrences is not offered.
const LEAST: f32 = 0.005;

/// What may hang on a candidate, and which share of the candidate's probability each has.
pub(super) fn rests(model: &Model, past: &[Box<dyn Past + '_>], text: &str) -> Vec<(String, f32)> {
    let folded = text.to_lowercase();
    // At most the capital of a sentence's start.
    let is_plain = is_same_behind_first(text, &folded);
    let mut shares: BTreeMap<String, f32> = BTreeMap::new();
    for (rest, share) in known(model, text, is_plain.then_some(&folded)) {
        *shares.entry(rest).or_default() += share * BELIEF;
    }
    let mut seen = BELIEF;
    for past in past {
        let of_word = past.rests(&folded);
        seen += of_word.seen;
        for Rest {
            first,
            text: rest,
            weight,
        } in of_word.rests
        {
            // "Third-Party" in a title says nothing of "third".
            if first == text || (is_plain && !rest.chars().any(char::is_uppercase)) {
                *shares.entry(rest).or_default() += weight;
            }
        }
    }
    let shares = shares.into_iter().map(|(rest, p)| (rest, p / seen));
    shares.filter(|&(_, share)| share > LEAST).collect()
}

fn is_same_behind_first(a: &str, b: &str) -> bool {
    a.chars().skip(1).eq(b.chars().skip(1))
}

/// What hung on a word in the training text, or else on the same in lower case.
fn known(model: &Model, text: &str, folded: Option<&String>) -> Vec<(String, f32)> {
    let vocabulary = model.tokenizer().vocabulary();
    let Some(known) = model.known() else {
        return Vec::new();
    };
    let of = |word: &str| vocabulary.word(word).map(|id| known.rests(id));
    let own = of(text).filter(|rests| !rests.is_empty());
    let rests = own.or_else(|| of(folded?)).unwrap_or_default();
    let rests = rests.into_iter();
    rests
        .filter_map(|(tokens, share)| Some((text_of(vocabulary, &tokens)?, share)))
        .collect()
}

fn text_of(vocabulary: &Vocabulary, tokens: &[TokenId]) -> Option<String> {
    let is_part = |&id: &TokenId| {
        matches!(vocabulary.kind(id), Kind::Piece | Kind::Word) || vocabulary.joint(id).is_some()
    };
    let texts = tokens.iter().map(|&id| vocabulary.text(id));
    tokens.iter().all(is_part).then(|| texts.collect())
}

/// What stands before the next word once a word, or a compound, in lower case, is written.
pub(super) fn history_with(history: History, folded: &str) -> History {
    let mut history = history;
    for part in folded.split_inclusive(is_joint) {
        let word = part.trim_end_matches(is_joint);
        history = history.with_word(word);
        if word.len() < part.len() {
            history = history.with_mark(mark_of(&part[word.len()..]));
        }
    }
    history
}
