//! From words and probabilities to what is offered. Knows no network: candidates come in, suggestions go out.

use super::mixing::Trust;
use super::recency::{Evidence, Query};
use super::{Options, Suggestion, casing, manners};
use std::collections::HashMap;

/// What the network says of the words that agree with the prefix.
#[derive(Clone, Debug, Default)]
pub(super) struct Proposals {
    /// Words in their own case with their probabilities, in any order, each once.
    pub(super) words: Vec<(String, f32)>,
    /// Probability of all words that agree with the prefix, the ones above included.
    pub(super) mass: f32,
}

/// What is known of the place.
#[derive(Debug)]
pub(super) struct Place<'a> {
    /// The letters typed, with straight apostrophes.
    pub(super) typed: &'a str,
    /// Whether a capital is due.
    pub(super) sentence_start: bool,
    /// The word before, in lower case.
    pub(super) previous: Option<&'a str>,
    /// The writer's own words.
    pub(super) past: &'a Query<'a>,
}

/// Ranks the proposals and the writer's own words together. `is_word` tells whether the vocabulary has a word just so.
pub(super) fn rank(
    proposals: &Proposals,
    place: &Place<'_>,
    trust: &Trust,
    options: &Options,
    is_word: impl Fn(&str) -> bool,
) -> Vec<Suggestion> {
    let typed = place.typed.to_lowercase();
    if !manners::may_continue(&typed) {
        return Vec::new();
    }
    // The writer's words in the case in which they would stand here.
    let mut past: HashMap<String, Evidence> = HashMap::new();
    let mut known = Evidence::default();
    let proposed = proposals.words.iter().map(|(form, _)| form.to_lowercase());
    let mut folded: Vec<String> = place
        .past
        .words(&typed)
        .into_iter()
        .map(str::to_owned)
        .chain(proposed)
        .collect();
    folded.sort_unstable();
    folded.dedup();
    for word in folded {
        let Some(form) = form_here(&word, place, &is_word) else {
            continue;
        };
        let evidence = place.past.evidence(&word);
        known += &evidence;
        past.insert(form, evidence);
    }
    if typed.is_empty() {
        // Before the first letter not all words were looked at; together they have all the probability.
        let seen = |share: f32| if share > 0.0 { 1.0 } else { 0.0 };
        known = Evidence {
            share: seen(place.past.weight.words),
            recent: seen(place.past.weight.words),
            follows: place.past.weight.seen.map(seen),
        };
    }
    let total = trust
        .mix(proposals.mass, &known, &place.past.weight)
        .max(f32::MIN_POSITIVE);

    let mut candidates: HashMap<String, f32> = HashMap::new();
    let mut add = |form: &str, network: f32, evidence: &Evidence| {
        let Some(text) = casing::fit(form, place.typed, &is_word) else {
            return;
        };
        let p =
            trust.mix(network, evidence, &place.past.weight) * casing::agreement(form, place.typed);
        *candidates.entry(text).or_default() += p / total;
    };
    for (form, network) in &proposals.words {
        add(form, *network, &past.remove(form).unwrap_or_default());
    }
    for (form, evidence) in &past {
        add(form, 0.0, evidence);
    }
    choose(candidates, place, &typed, options)
}

/// Drops what must not or need not be offered, and sorts the rest.
fn choose(
    candidates: HashMap<String, f32>,
    place: &Place<'_>,
    typed: &str,
    options: &Options,
) -> Vec<Suggestion> {
    let offered = |text: &str| {
        let folded = text.to_lowercase();
        text != place.typed
            && folded != typed
            && worth_a_key(&folded)
            && manners::may_offer(&folded, place.previous)
    };
    let mut suggestions: Vec<Suggestion> = candidates
        .into_iter()
        .filter(|(text, p)| *p > 0.0 && offered(text))
        .map(|(text, probability)| Suggestion {
            text,
            probability: probability.min(1.0),
        })
        .collect();
    suggestions.sort_by(|a, b| {
        b.probability
            .total_cmp(&a.probability)
            .then_with(|| a.text.cmp(&b.text))
    });
    suggestions.truncate(options.max_items);
    if suggestions
        .first()
        .is_none_or(|best| best.probability < options.threshold)
    {
        suggestions.clear();
    }
    suggestions
}

/// Words of one letter are no help, but for the two that English has: they are what comes next so often that a menu
/// without them would be wrong.
fn worth_a_key(folded: &str) -> bool {
    folded.chars().nth(1).is_some() || matches!(folded, "a" | "i")
}

/// The case in which a word of the writer's would stand at this place.
fn form_here(folded: &str, place: &Place<'_>, is_word: impl Fn(&str) -> bool) -> Option<String> {
    let (form, sure) = place.past.form(folded)?;
    let form = if sure || !is_word(folded) {
        form
    } else {
        folded
    };
    Some(if place.sentence_start && form == folded {
        casing::capitalized(form)
    } else {
        form.to_owned()
    })
}
