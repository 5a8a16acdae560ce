//! The network's distribution over the next token, and what of it can start or go on a word.

use super::casing;
use crate::nn::pointwise::exponentiate;
use crate::text::{Kind, TokenId, Vocabulary};
use std::borrow::Cow;

/// Probabilities of the next token, with the best words and pieces picked out: the most frequent question.
#[derive(Clone, Debug, Default)]
pub(super) struct Distribution {
    probabilities: Vec<f32>, // (vocabulary)
    /// The best tokens that end a word.
    words: Matches,
    /// The best tokens that go on a word.
    pieces: Matches,
}

/// Tokens of one kind, with what remains of their probability under the typed case.
#[derive(Clone, Debug, Default)]
pub(super) struct Matches {
    /// Best first, [`KEPT`] at most.
    pub(super) best: Vec<(TokenId, f32)>,
    /// Probability of all of them.
    pub(super) mass: f32,
}

/// Tokens kept of those that match: more than any menu shows, so that the mixture has something to reorder.
const KEPT: usize = 48;
/// Less probable tokens are not worth sorting.
const LEAST: f32 = 1e-6;

impl Distribution {
    /// From logits.
    pub(super) fn new(mut logits: Vec<f32>, vocabulary: &Vocabulary) -> Distribution {
        let (_, sum) = exponentiate(&mut logits);
        logits.iter_mut().for_each(|p| *p /= sum);
        let (mut words, mut pieces) = (Matches::default(), Matches::default());
        for &id in vocabulary.with_prefix("") {
            let matches = match vocabulary.kind(id) {
                Kind::Word => &mut words,
                Kind::Piece => &mut pieces,
                _ => continue,
            };
            matches.add(id, logits[id.0 as usize]);
        }
        words.keep_best();
        pieces.keep_best();
        Distribution {
            probabilities: logits,
            words,
            pieces,
        }
    }

    /// Its buffer, to be used again.
    pub(super) fn into_buffer(self) -> Vec<f32> {
        self.probabilities
    }

    /// Probability of a token.
    pub(super) fn of(&self, id: TokenId) -> f32 {
        self.probabilities[id.0 as usize]
    }

    /// Probability of the tokens that can stand after a space that was typed: none that joins left, no break.
    pub(super) fn spaced_mass(&self, vocabulary: &Vocabulary) -> f32 {
        let ids = (0..self.probabilities.len() as u32).map(TokenId);
        let possible = |id: &TokenId| {
            !matches!(
                vocabulary.kind(*id),
                Kind::Break | Kind::Layout | Kind::Byte
            ) && !vocabulary.joins_left(*id)
        };
        ids.filter(possible)
            .map(|id| self.of(id))
            .sum::<f32>()
            .max(LEAST)
    }

    /// Probability of the tokens that join left or break: no word follows.
    pub(super) fn ending_mass(&self, vocabulary: &Vocabulary) -> f32 {
        1.0 - self.spaced_mass(vocabulary)
    }

    /// The tokens of `kind`, `Word` or `Piece`, that start with `typed`, whatever their case.
    pub(super) fn matching(
        &self,
        vocabulary: &Vocabulary,
        typed: &str,
        kind: Kind,
    ) -> Cow<'_, Matches> {
        if typed.is_empty() {
            return Cow::Borrowed(if kind == Kind::Word {
                &self.words
            } else {
                &self.pieces
            });
        }
        let mut matches = Matches::default();
        for &id in vocabulary.with_prefix_folded(&typed.to_lowercase()) {
            if vocabulary.kind(id) == kind {
                matches.add(
                    id,
                    self.of(id) * casing::agreement(vocabulary.text(id), typed),
                );
            }
        }
        matches.keep_best();
        Cow::Owned(matches)
    }

    /// Pieces shorter than `typed` that it starts with: the word goes on after them.
    pub(super) fn shorter(&self, vocabulary: &Vocabulary, typed: &str) -> Vec<(TokenId, f32)> {
        let mut pieces = Vec::new();
        for (end, _) in typed.char_indices().skip(1) {
            let start = &typed[..end];
            let folded = start.to_lowercase();
            // The index is sorted: tokens equal to the start stand before the longer ones.
            let same = vocabulary.with_prefix_folded(&folded).iter();
            for &id in same.take_while(|&&id| vocabulary.text(id).to_lowercase() == folded) {
                if vocabulary.kind(id) == Kind::Piece {
                    pieces.push((
                        id,
                        self.of(id) * casing::agreement(vocabulary.text(id), start),
                    ));
                }
            }
        }
        pieces
    }
}

impl Matches {
    fn add(&mut self, id: TokenId, probability: f32) {
        self.mass += probability;
        if probability > LEAST {
            self.best.push((id, probability));
        }
    }

    fn keep_best(&mut self) {
        let order =
            |a: &(TokenId, f32), b: &(TokenId, f32)| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0));
        if self.best.len() > KEPT {
            self.best.select_nth_unstable_by(KEPT - 1, order);
            self.best.truncate(KEPT);
        }
        self.best.sort_unstable_by(order);
    }
}
