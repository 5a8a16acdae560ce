//! The distribution over the next token, and what of it can start or go on a word.

use super::casing;
use super::mixing::mix_table;
use crate::model::Model;
use crate::model::gates::Gates;
use crate::nn::pointwise::{dot, exponentiate};
use crate::text::{Kind, TokenId, Vocabulary};
use std::borrow::Cow;

/// Which tokens are what, by token, so that sums and searches over a whole distribution go straight through memory.
#[derive(Clone, Debug, Default)]
pub(super) struct Tables {
    words: Vec<f32>,  // 1 where the token ends a word
    pieces: Vec<f32>, // 1 where a word goes on after it
    spaced: Vec<f32>, // 1 where the token can stand after a space that was typed: none that joins left, no break
}

/// Probabilities of the next token, with the best words and pieces picked out: the most frequent question.
#[derive(Clone, Debug, Default)]
pub(super) struct Distribution {
    probabilities: Vec<f32>, // (vocabulary)
    words: Matches,
    pieces: Matches,
    /// Probability of the tokens that can stand after a space that was typed.
    pub(super) spaced_mass: f32,
    /// Probability of the network's first token, before anything was mixed in.
    pub(super) sure: f32,
}

/// Where a distribution stands: the model with its table, how far the table is trusted, and the tokens before.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'a> {
    pub(super) model: &'a Model,
    pub(super) gates: &'a Gates,
    pub(super) tail: &'a [TokenId],
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
/// Less probable tokens are not worth looking at.
const LEAST: f32 = 1e-6;
/// When all tokens that match are together less probable, each is looked at.
const RARE: f32 = 1e-4;
/// Less probable ones are looked at only if fewer than [`FEW`] words reach it.
const USUAL: f32 = 3e-4;
const FEW: usize = 16;
/// Tokens looked at together.
const CHUNK: usize = 16;

impl Tables {
    pub(super) fn new(vocabulary: &Vocabulary) -> Tables {
        let of = |is: &dyn Fn(TokenId) -> bool| {
            (0..vocabulary.len() as u32)
                .map(|id| if is(TokenId(id)) { 1.0 } else { 0.0 })
                .collect()
        };
        let possible = |id: TokenId| {
            !matches!(vocabulary.kind(id), Kind::Break | Kind::Layout | Kind::Byte)
                && !vocabulary.joins_left(id)
        };
        Tables {
            words: of(&|id| vocabulary.kind(id) == Kind::Word),
            pieces: of(&|id| vocabulary.kind(id) == Kind::Piece),
            spaced: of(&possible),
        }
    }

    /// Number of tokens.
    pub(super) fn len(&self) -> usize {
        self.words.len()
    }
}

impl Distribution {
    /// From the network's logits and the table of what follows what.
    pub(super) fn new(mut logits: Vec<f32>, tables: &Tables, place: Place<'_>) -> Distribution {
        let (_, sum) = exponentiate(&mut logits);
        let sure = 1.0 / sum;
        let scale = place.model.ngram().map_or(sure, |table| {
            mix_table(&mut logits, sure, &table, place.tail, &place.gates.ngram)
        });
        logits.iter_mut().for_each(|p| *p *= scale);
        let (words, pieces) = best_of_both(&logits, tables);
        Distribution {
            words,
            pieces,
            spaced_mass: dot(&logits, &tables.spaced).max(LEAST),
            sure,
            probabilities: logits,
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
        let tokens = vocabulary.with_prefix_folded(&typed.to_lowercase());
        for least in [LEAST, 0.0] {
            matches = Matches::default();
            for &id in tokens {
                let p = self.of(id);
                if p > least && vocabulary.kind(id) == kind {
                    matches.add(id, p * casing::agreement(vocabulary.text(id), typed));
                }
            }
            // Letters that nobody expected are typed all the same, and then one of the rare words is meant.
            if matches.mass > RARE {
                break;
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

/// The best of all words and of all pieces.
fn best_of_both(probabilities: &[f32], tables: &Tables) -> (Matches, Matches) {
    let mut words = Matches {
        best: Vec::new(),
        mass: dot(probabilities, &tables.words),
    };
    let mut pieces = Matches {
        best: Vec::new(),
        mass: dot(probabilities, &tables.pieces),
    };
    for least in [USUAL, LEAST] {
        words.best.clear();
        pieces.best.clear();
        for (chunk, some) in probabilities.chunks(CHUNK).enumerate() {
            // Hardly any holds a probable token, and that is seen without a branch for each.
            if !some.iter().fold(false, |any, &p| any | (p > least)) {
                continue;
            }
            for (id, &p) in (chunk * CHUNK..).zip(some).filter(|&(_, &p)| p > least) {
                if tables.words[id] > 0.0 {
                    words.best.push((TokenId(id as u32), p));
                } else if tables.pieces[id] > 0.0 {
                    pieces.best.push((TokenId(id as u32), p));
                }
            }
        }
        if words.best.len() >= FEW {
            break;
        }
    }
    words.keep_best();
    pieces.keep_best();
    (words, pieces)
}

impl Matches {
    fn add(&mut self, id: TokenId, probability: f32) {
        self.mass += probability;
        self.best.push((id, probability));
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
