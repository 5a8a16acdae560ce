//! Ghost text: the first suggestion and the words after it, as far as reading them pays.

use super::distribution::{Distribution, Place};
use super::manners::{self, Rules};
use super::mixing::Mixture;
use super::own::{self, Own, Past};
use super::spelling::Habit;
use super::{Options, Phrase, Predictor, Suggestion, compound};
use crate::model::gates::Gates;
use crate::model::ngram::LONGEST;
use crate::model::{Model, State};
use crate::text::words::is_joint;
use crate::text::{Ending, Kind, TokenId, Vocabulary};

/// Keys that reading one more word is worth. A word is added while the keys it is expected to save exceed this.
const READING_COST: f32 = 1.5;

/// Words looked at for each place of a phrase.
const LOOKED_AT: usize = 8;

/// Goes on from `first`, which was suggested for `state`.
pub(super) fn extend(
    model: &Model,
    state: &State,
    own: Own<'_>,
    first: Suggestion,
    options: &Options,
    predictor: &mut Predictor,
) -> Phrase {
    let vocabulary = model.tokenizer().vocabulary();
    let mut phrase = Phrase {
        text: first.text,
        words: 1,
        probability: first.probability,
    };
    let mut state = state.clone();
    let mut history = compound::history_with(own.document.history(), &phrase.text.to_lowercase());
    let gates = options.gates(model);
    let mut tail = own.document.tail(LONGEST).to_vec();
    for token in model.tokenizer().read(&phrase.text, Ending::Spaced) {
        model.step(&mut state, token, &mut predictor.scratch);
        tail.push(token);
    }
    while phrase.words < options.max_phrase_words {
        let mut logits = vec![0.0; model.vocabulary_size()];
        model.logits(&state, &mut logits, &mut predictor.scratch);
        let place = Place {
            model,
            gates: &gates,
            tail: &tail,
        };
        let next = Distribution::new(logits, &predictor.tables, place);
        let past = own.at(&history);
        let last = |c: char| c == ' ' || is_joint(c);
        let previous = phrase.text.rsplit(last).next().map(str::to_lowercase);
        let before = (previous.as_deref(), own.document.habit());
        let Some((token, probability)) = best_word(&next, vocabulary, own, &past, before, &gates)
        else {
            break;
        };
        let word = vocabulary.text(token);
        let joint = phrase.probability * probability;
        let keys = word.chars().count() as f32 + 1.0;
        if joint < options.phrase_threshold || joint * keys < READING_COST {
            break;
        }
        phrase.text.push(' ');
        phrase.text.push_str(word);
        phrase.words += 1;
        phrase.probability = joint;
        history = history.with_word(&word.to_lowercase());
        model.step(&mut state, token, &mut predictor.scratch);
        tail.push(token);
    }
    phrase
}

/// The most probable next word of one token, if it is more probable than any punctuation or break.
fn best_word(
    next: &Distribution,
    vocabulary: &Vocabulary,
    writer: Own<'_>,
    past: &[Box<dyn Past + '_>],
    (previous, habit): (Option<&str>, &Habit),
    gates: &Gates,
) -> Option<(TokenId, f32)> {
    let words = next.matching(vocabulary, "", Kind::Word);
    let room = words.mass;
    let rules = Rules::of(vocabulary);
    let mixture = Mixture::new(gates, &own::weights(past), next.sure);
    let best = words.best.iter().take(LOOKED_AT).map(|&(id, network)| {
        let word = vocabulary.text(id);
        let folded = word.to_lowercase();
        // What stands behind the space is a word with the probability that a space comes at all: the writer's own
        // words say nothing about that, so they share what the network leaves for words.
        let own = own::evidence(past, &folded).unwrap_or_default();
        (id, room * mixture.mix(network / room, &own), word, folded)
    });
    let (id, p, ..) = best
        .filter(|(_, _, word, folded)| {
            manners::may_offer(rules, word, previous)
                && !(rules == Rules::English && habit.is_against(folded))
                && !writer.is_unwanted(word)
        })
        .max_by(|a, b| a.1.total_cmp(&b.1))?;
    (p > 1.0 - next.spaced_mass).then_some((id, p))
}
