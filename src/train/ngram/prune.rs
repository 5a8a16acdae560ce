//! Choosing: which contexts and followers are worth their bytes.

use super::count::{Candidates, Counted, Follower};
use crate::model::ngram::{BYTES, Entry, Table, hash};
use crate::text::{Kind, TokenId, Vocabulary};

/// More followers of a context than fit in a length.
const MOST: usize = 255;
/// Letters of a word beyond which a longer one is not worth more: it will be found by its first letters.
const LETTERS: usize = 7;

/// The table of at most `bytes` that saves the most over the shorter contexts on the corpus it was counted from (Seymore and
/// Rosenfeld 1996). A nat counts as much as the letters that are typed where the word is not foreseen, so that no byte goes to
/// punctuation, which nobody is offered.
pub fn prune(candidates: &Candidates, vocabulary: &Vocabulary, bytes: usize) -> Table {
    let worth: Vec<f32> = (0..vocabulary.len() as u32)
        .map(|id| worth(vocabulary, TokenId(id)))
        .collect();
    let mut gains: Vec<f32> = candidates
        .iter()
        .flat_map(|counted| {
            counted
                .followers
                .iter()
                .map(|f| gain(f, counted.seen, &worth))
        })
        .filter(|&gain| gain > 0.0)
        .collect();
    // A context's own bytes are shared by its followers; how many those are, the threshold decides. It is searched for.
    gains.sort_unstable_by(|a, b| b.total_cmp(a));
    let (mut few, mut many) = (0, gains.len());
    while many - few > 1 + many / 1000 {
        let middle = few + (many - few) / 2;
        match size(candidates, gains[middle], &worth) <= bytes {
            true => few = middle,
            false => many = middle,
        }
    }
    let least = gains.get(few).copied().unwrap_or(f32::INFINITY);
    let entries = candidates.iter().filter_map(|counted| {
        let kept = kept(counted, least, &worth);
        let share = |follower: &Follower| (follower.token, follower.count / counted.seen as f32);
        (!kept.is_empty()).then(|| Entry {
            hash: hash(&counted.context),
            seen: counted.seen,
            followers: kept.iter().map(share).collect(),
        })
    });
    Table::new(entries.collect())
}

/// Keys that knowing a token saves.
fn worth(vocabulary: &Vocabulary, id: TokenId) -> f32 {
    let letters = vocabulary.text(id).chars().count().min(LETTERS) as f32;
    match vocabulary.kind(id) {
        Kind::Word => letters - 1.0,
        Kind::Piece => letters,
        _ => 0.0,
    }
}

/// What a follower saves.
fn gain(follower: &Follower, seen: u32, worth: &[f32]) -> f32 {
    let nats = follower.count * (follower.count / (seen as f32 * follower.lower)).ln();
    nats * worth[usize::from(follower.token)]
}

/// The followers that save at least so much, the best first.
fn kept(counted: &Counted, least: f32, worth: &[f32]) -> Vec<Follower> {
    let gain = |follower: &Follower| gain(follower, counted.seen, worth);
    let mut kept: Vec<Follower> = counted
        .followers
        .iter()
        .filter(|follower| gain(follower) >= least)
        .copied()
        .collect();
    kept.sort_by(|a, b| gain(b).total_cmp(&gain(a)).then(a.token.cmp(&b.token)));
    kept.truncate(MOST);
    // The context has to be worth its bytes too.
    let saved: f32 = kept.iter().map(gain).sum();
    if saved < least * (kept.len() as f32 + BYTES.0 as f32 / BYTES.1 as f32) {
        kept.clear();
    }
    kept
}

fn size(candidates: &Candidates, least: f32, worth: &[f32]) -> usize {
    candidates
        .iter()
        .map(|counted| match kept(counted, least, worth).len() {
            0 => 0,
            n => BYTES.0 + n * BYTES.1,
        })
        .sum()
}
