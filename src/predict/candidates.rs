//! From what the sources say to candidates with one probability each.

use super::casing;
use super::mixing::Mixture;
use super::own::{ByOwn, Evidence, Past, evidence, weights};
use crate::model::gates::Gates;
use std::borrow::Cow;
use std::collections::HashSet;

/// A word that may be offered.
#[derive(Clone, Debug)]
pub(super) struct Candidate {
    /// In the case that it would be offered in.
    pub(super) text: String,
    /// In lower case.
    pub(super) folded: String,
    /// Probability, of what agrees with the letters typed.
    pub(super) p: f32,
}

/// What the network says of the words that agree with the prefix.
#[derive(Clone, Debug, Default)]
pub(super) struct Proposals {
    /// Words in their own case with their probabilities, in any order, each once.
    pub(super) words: Vec<(String, f32)>,
    /// Probability of all words that agree with the prefix, the ones above included.
    pub(super) mass: f32,
    /// Probability of the network's first token.
    pub(super) sure: f32,
}

/// What is known of the place.
pub(super) struct Place<'a> {
    /// The letters typed, with straight apostrophes.
    pub(super) typed: &'a str,
    /// Whether a capital is due.
    pub(super) sentence_start: bool,
    /// The writer's own words, by source.
    pub(super) past: &'a [Box<dyn Past + 'a>],
}

/// The writer's own words that are looked at besides those that the network proposes.
const OWN: usize = 32;

/// The words that agree with the prefix: the proposals and the writer's own. What two of them become in the typed case may be the same
/// word. `is_word` tells whether the vocabulary has a word just so.
pub(super) fn mix(
    proposals: &Proposals,
    place: &Place<'_>,
    gates: &Gates,
    is_word: impl Fn(&str) -> bool,
) -> Vec<Candidate> {
    let typed = place.typed.to_lowercase();
    let seen = weights(place.past);
    let mixture = Mixture::new(gates, &seen, proposals.sure);

    // The writer's own words that agree with the prefix, the most probable by themselves first.
    let mut known = ByOwn::default();
    let mut own: Vec<(&str, ByOwn, f32)> = Vec::new();
    for (source, past) in place.past.iter().enumerate() {
        for (word, evidence) in past.words(&typed) {
            known[source] += &evidence;
            let mut of_word = ByOwn::default();
            of_word[source] = evidence;
            own.push((word, of_word, 0.0));
        }
    }
    own.sort_unstable_by(|a, b| a.0.cmp(b.0));
    own.dedup_by(|(word, other, _), (same, sum, _)| {
        let is_same = word == same;
        if is_same {
            sum.iter_mut().zip(&*other).for_each(|(sum, x)| *sum += x);
        }
        is_same
    });
    if typed.is_empty() {
        // Before the first letter not all words were looked at; all together have all the probability.
        let all = |seen: f32| if seen > 0.0 { 1.0 } else { 0.0 };
        known = seen.map(|seen| Evidence {
            share: all(seen.words),
            recent: all(seen.words),
            follows: seen.seen.map(all),
        });
    }
    let total = mixture.mix(proposals.mass, &known).max(f32::MIN_POSITIVE);
    for (_, of_word, p) in &mut own {
        *p = mixture.mix(0.0, of_word);
    }
    let best_first =
        |a: &(&str, ByOwn, f32), b: &(&str, ByOwn, f32)| b.2.total_cmp(&a.2).then(a.0.cmp(b.0));
    if own.len() > OWN {
        own.select_nth_unstable_by(OWN - 1, best_first);
        own.truncate(OWN);
    }
    own.sort_unstable_by(best_first);

    let mut candidates: Vec<Candidate> = Vec::new();
    let mut add = |form: &str, folded: String, network: f32, own: &ByOwn| {
        if let Some(text) = casing::fit(form, place.typed, &is_word) {
            let p = mixture.mix(network, own) * casing::agreement(form, place.typed) / total;
            candidates.push(Candidate { text, folded, p });
        }
    };
    let mut proposed: HashSet<String> = HashSet::new();
    for (form, network) in &proposals.words {
        // What the writer wrote counts for the form that would stand here, and no other.
        let folded = form.to_lowercase();
        let own =
            evidence(place.past, &folded).filter(|_| form_here(&folded, place, &is_word) == *form);
        if own.is_some() {
            proposed.insert(folded.clone());
        }
        add(form, folded, *network, &own.unwrap_or_default());
    }
    for (word, evidence, _) in own.iter().filter(|(word, ..)| !proposed.contains(*word)) {
        let form = form_here(word, place, &is_word);
        add(&form, (*word).to_owned(), 0.0, evidence);
        // Who writes of Zebedee's dog may write of Zebedee next.
        if let Some(owner) = form.strip_suffix("'s") {
            let folded = owner.to_lowercase();
            if self::evidence(place.past, &folded).is_none() {
                add(owner, folded, 0.0, evidence);
            }
        }
    }
    candidates
}

/// The case in which a word of the writer's would stand at this place.
fn form_here<'a>(
    folded: &'a str,
    place: &'a Place<'_>,
    is_word: impl Fn(&str) -> bool,
) -> Cow<'a, str> {
    let forms = || place.past.iter().filter_map(|past| past.form(folded));
    let sure = forms().find(|(_, sure)| *sure).map(|(form, _)| form);
    let form = match sure {
        Some(form) => form,
        None if is_word(folded) => folded,
        None => forms().next().map_or(folded, |(form, _)| form),
    };
    if place.sentence_start && form == folded {
        Cow::Owned(casing::capitalized(form))
    } else {
        Cow::Borrowed(form)
    }
}
