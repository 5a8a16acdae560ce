//! Byte pair encoding of one word: merges applied in the order they were learned.
//!
//! Our own loop, because a table of pair ranks and a stack of symbols need no cache, no lock and no error case; learning
//! the merges is left to the `tokenizers` crate.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;

use crate::text::vocabulary::{QuickHasher, TokenId};

/// Two adjacent tokens of a word become one.
pub(super) type Pair = (TokenId, TokenId);

/// Merges by pair.
#[derive(Debug)]
pub(super) struct Merges {
    pairs: Vec<Pair>, // by rank
    ranks: HashMap<u64, (u32, TokenId), BuildHasherDefault<QuickHasher>>,
}

/// Rank of what cannot be merged.
const NEVER: u32 = u32::MAX;

impl Merges {
    pub(super) fn with_capacity(count: usize) -> Merges {
        let ranks = HashMap::with_capacity_and_hasher(count, BuildHasherDefault::default());
        Merges {
            pairs: Vec::with_capacity(count),
            ranks,
        }
    }

    /// Adds the next merge; `false` if the pair has one already.
    pub(super) fn push(&mut self, pair: Pair, result: TokenId) -> bool {
        let rank = self.pairs.len() as u32;
        let new = *self.ranks.entry(key(pair)).or_insert((rank, result)) == (rank, result);
        if new {
            self.pairs.push(pair);
        }
        new
    }

    /// The pairs in order.
    pub(super) fn pairs(&self) -> &[Pair] {
        &self.pairs
    }

    /// Merges `symbols` until no pair of neighbors can be: the lowest rank first, the leftmost among equals.
    ///
    /// Quadratic in their number, which the caller bounds.
    pub(super) fn apply(&self, symbols: &mut Vec<TokenId>, ranks: &mut Vec<(u32, TokenId)>) {
        ranks.clear();
        ranks.extend(symbols.windows(2).map(|pair| self.rank((pair[0], pair[1]))));
        while let Some((at, &(rank, result))) =
            ranks.iter().enumerate().min_by_key(|(_, (rank, _))| *rank)
        {
            if rank == NEVER {
                break;
            }
            symbols[at] = result;
            symbols.remove(at + 1);
            ranks.remove(at);
            if at > 0 {
                ranks[at - 1] = self.rank((symbols[at - 1], result));
            }
            if at < ranks.len() {
                ranks[at] = self.rank((result, symbols[at + 1]));
            }
        }
    }

    fn rank(&self, pair: Pair) -> (u32, TokenId) {
        self.ranks
            .get(&key(pair))
            .copied()
            .unwrap_or((NEVER, TokenId::DOC))
    }
}

fn key((left, right): Pair) -> u64 {
    u64::from(left.0) << 32 | u64::from(right.0)
}
