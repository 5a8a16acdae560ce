//! What stood after one, two, three tokens in the training text, as far as counting knows it better than the network.
//!
//! A network of ten million weights needs to see a turn of phrase often before it is sure of it; counts are sure at once. The
//! table holds for some contexts the tokens that follow them and what share of the occurrences each one has; what is left of a
//! context's share is the network's to distribute. It is used where it lies in the file: nothing is decoded when it is opened.
//!
//! ```text
//! buckets       for each of 2^b buckets, and for the end: its first context and its first follower (32 bits each)
//! fingerprints  16 bits of each context's hash, ascending in a bucket
//! seen          how often the context was seen, in half octaves
//! lengths       how many followers the context has
//! tokens        the followers, ascending for each context
//! shares        share of the context's occurrences: 2^(-x/16)
//! ```
//!
//! A context is known by its bucket and its fingerprint, about 33 bits: a context that is not in the table is mistaken for one
//! that is once in ten thousand times, which is not worth a byte more for each.

use crate::text::TokenId;

/// The longest context, in tokens.
pub const LONGEST: usize = 3;
/// The largest vocabulary: followers have 16 bits.
pub const LARGEST_VOCABULARY: usize = 1 << 16;
/// Steps of a share for each halving.
const STEPS: f32 = 16.0;

/// The table, borrowed from the file.
#[derive(Clone, Copy, Debug)]
pub struct Ngram<'a> {
    pub(super) buckets: &'a [u32],
    pub(super) fingerprints: &'a [u16],
    pub(super) seen: &'a [u8],
    pub(super) lengths: &'a [u8],
    pub(super) tokens: &'a [u16],
    pub(super) shares: &'a [u8],
}

/// What followed a context.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Followers<'a> {
    tokens: &'a [u16],
    shares: &'a [u8],
    seen: u8,
}

impl<'a> Followers<'a> {
    /// The tokens that followed and their shares of the context's occurrences. The shares sum to one at most.
    pub fn iter(&self) -> impl Iterator<Item = (TokenId, f32)> + Clone + use<'a> {
        let shares = self.shares.iter().map(|&x| share(x));
        self.tokens
            .iter()
            .map(|&id| TokenId(u32::from(id)))
            .zip(shares)
    }

    /// Logarithm to base two of how often the context was seen.
    pub fn seen(&self) -> f32 {
        f32::from(self.seen) / 2.0
    }
}

impl<'a> Ngram<'a> {
    /// Number of contexts and of followers.
    pub fn len(&self) -> (usize, usize) {
        (self.fingerprints.len(), self.tokens.len())
    }

    /// Whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.fingerprints.is_empty()
    }

    /// What followed the whole of `context`, newest token last.
    pub fn after(&self, context: &[TokenId]) -> Option<Followers<'a>> {
        let (bucket, fingerprint) = place(hash(context), self.bits());
        let &[context, follower, next, _] = self.buckets.get(2 * bucket..2 * bucket + 4)? else {
            return None;
        };
        let fingerprints = self.fingerprints.get(context as usize..next as usize)?;
        let index = fingerprints.iter().position(|&f| f == fingerprint)?;
        let at = context as usize + index;
        let before: usize = self.lengths[context as usize..at]
            .iter()
            .map(|&n| usize::from(n))
            .sum();
        let start = follower as usize + before;
        let range = start..start + usize::from(self.lengths[at]);
        Some(Followers {
            tokens: self.tokens.get(range.clone())?,
            shares: self.shares.get(range)?,
            seen: self.seen[at],
        })
    }

    /// Number of bits of a bucket's number.
    fn bits(&self) -> u32 {
        (self.buckets.len() / 2 - 1).trailing_zeros()
    }

    /// Checks in constant time what [`Ngram::after`] relies on; what else is wrong in a damaged table is wrong words, not a
    /// panic.
    pub(super) fn check(&self) -> Result<(), String> {
        let contexts = self.fingerprints.len();
        let buckets = (self.buckets.len() / 2).saturating_sub(1);
        if !self.buckets.len().is_multiple_of(2) || !buckets.is_power_of_two() {
            return Err(format!(
                "ngram.buckets has {} numbers, expected two for each of a power of two and two more",
                self.buckets.len()
            ));
        }
        let end = &self.buckets[2 * buckets..];
        if end[0] as usize != contexts || end[1] as usize != self.tokens.len() {
            return Err(format!(
                "ngram.buckets ends at context {} and follower {}, expected {contexts} and {}",
                end[0],
                end[1],
                self.tokens.len()
            ));
        }
        Ok(())
    }

    /// Checks everything: that buckets, contexts and followers are in order, and that no share is missing.
    pub(super) fn verify(&self, vocabulary: usize) -> Result<(), String> {
        let (mut contexts, mut followers) = (0, 0);
        for (bucket, ends) in self.buckets.chunks_exact(2).enumerate() {
            if ends[0] < contexts || ends[1] as usize != followers {
                return Err(format!(
                    "ngram.buckets has context {} and follower {} at bucket {bucket}, expected at least {contexts} and {followers}",
                    ends[0], ends[1]
                ));
            }
            contexts = ends[0];
            if let Some(next) = self.buckets.get(2 * bucket + 2) {
                let range = contexts as usize..*next as usize;
                let lengths = self
                    .lengths
                    .get(range)
                    .ok_or_else(|| format!("ngram.buckets is out of order at bucket {bucket}"))?;
                followers += lengths.iter().map(|&n| usize::from(n)).sum::<usize>();
            }
        }
        match self
            .tokens
            .iter()
            .find(|&&id| usize::from(id) >= vocabulary)
        {
            Some(id) => Err(format!(
                "ngram.tokens has token {id}, expected one of {vocabulary}"
            )),
            None => Ok(()),
        }
    }
}

/// A table that was built.
#[derive(Clone, Debug, Default)]
pub struct Table {
    pub(super) buckets: Vec<u32>,
    pub(super) fingerprints: Vec<u16>,
    pub(super) seen: Vec<u8>,
    pub(super) lengths: Vec<u8>,
    pub(super) tokens: Vec<u16>,
    pub(super) shares: Vec<u8>,
}

/// Followers of one context, to build a table from.
#[derive(Clone, Debug)]
pub struct Entry {
    /// [`hash`] of the context.
    pub hash: u64,
    /// How often the context was seen.
    pub seen: u32,
    /// Followers with their shares; at most 255.
    pub followers: Vec<(u16, f32)>,
}

/// Bytes that a context takes in a table, and bytes that each of its followers takes.
pub const BYTES: (usize, usize) = (5, 3);

impl Table {
    /// Lays out entries. Of two contexts that cannot be told apart the one seen more often stays.
    pub fn new(mut entries: Vec<Entry>) -> Table {
        let bits = (entries.len() / 8).next_power_of_two().trailing_zeros();
        let key = |entry: &Entry| place(entry.hash, bits);
        entries.sort_by_key(|entry| (key(entry), std::cmp::Reverse(entry.seen), entry.hash));
        entries.dedup_by_key(|entry| key(entry));
        let mut table = Table::default();
        let mut entries = entries.into_iter().peekable();
        for bucket in 0..1usize << bits {
            table.mark();
            while let Some(mut entry) = entries.next_if(|entry| key(entry).0 == bucket) {
                entry.followers.sort_by_key(|&(token, _)| token);
                table.fingerprints.push(key(&entry).1);
                table
                    .seen
                    .push((2.0 * (entry.seen as f32).log2()).round() as u8);
                table.lengths.push(entry.followers.len() as u8);
                for (token, share) in entry.followers {
                    table.tokens.push(token);
                    // Rounded down, so that shares never sum to more than one.
                    table
                        .shares
                        .push((-share.log2() * STEPS).ceil().clamp(0.0, 255.0) as u8);
                }
            }
        }
        table.mark();
        table
    }

    fn mark(&mut self) {
        self.buckets.push(self.fingerprints.len() as u32);
        self.buckets.push(self.tokens.len() as u32);
    }

    /// As it is used.
    pub fn view(&self) -> Ngram<'_> {
        Ngram {
            buckets: &self.buckets,
            fingerprints: &self.fingerprints,
            seen: &self.seen,
            lengths: &self.lengths,
            tokens: &self.tokens,
            shares: &self.shares,
        }
    }
}

/// A context's number: SplitMix64's finalizer at each token.
pub fn hash(context: &[TokenId]) -> u64 {
    context.iter().fold(context.len() as u64, |hash, token| {
        let mut z = (hash ^ u64::from(token.0)).wrapping_add(0x9e37_79b9_7f4a_7c15);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    })
}

/// Bucket and fingerprint.
fn place(hash: u64, bits: u32) -> (usize, u16) {
    let bucket = if bits == 0 { 0 } else { hash >> (64 - bits) };
    (bucket as usize, hash as u16)
}

fn share(x: u8) -> f32 {
    SHARES[usize::from(x)]
}

static SHARES: std::sync::LazyLock<[f32; 256]> =
    std::sync::LazyLock::new(|| std::array::from_fn(|x| (-(x as f32) / STEPS).exp2()));

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(context: &[u32], seen: u32, followers: &[(u16, f32)]) -> Entry {
        let context: Vec<TokenId> = context.iter().map(|&id| TokenId(id)).collect();
        Entry {
            hash: hash(&context),
            seen,
            followers: followers.to_vec(),
        }
    }

    #[test]
    fn what_is_put_in_is_found() {
        let entries = (0..1000u32).map(|i| {
            let follower = (i % 7 + 1) as u16;
            entry(&[i, i + 1], 4 * i + 1, &[(follower, 0.5), (0, 0.25)])
        });
        let table = Table::new(entries.collect());
        let ngram = table.view();
        assert_eq!(ngram.check(), Ok(()));
        assert_eq!(ngram.verify(8), Ok(()));
        assert_eq!(ngram.len(), (1000, 2000));
        let found = ngram.after(&[TokenId(8), TokenId(9)]).expect("an entry");
        assert_eq!(
            found.iter().collect::<Vec<_>>(),
            [(TokenId(0), 0.25), (TokenId(2), 0.5)]
        );
        assert_eq!(found.seen(), 5.0);
        assert_eq!(ngram.after(&[TokenId(8)]), None);
        assert_eq!(ngram.after(&[]), None);
    }

    #[test]
    fn an_empty_table_is_a_table() {
        let table = Table::new(Vec::new());
        assert_eq!(table.view().check(), Ok(()));
        assert_eq!(table.view().after(&[TokenId(1)]), None);
    }

    #[test]
    fn damage_is_named_or_harmless() {
        let table = Table::new(vec![
            entry(&[1], 9, &[(3, 0.5)]),
            entry(&[2], 9, &[(4, 0.5)]),
        ]);
        let mut short = table.clone();
        short.tokens.pop();
        assert!(short.view().check().is_err());
        for at in 0..table.buckets.len() - 2 {
            let mut wrong = table.clone();
            wrong.buckets[at] = u32::MAX;
            assert_eq!(wrong.view().after(&[TokenId(1)]).and(None::<()>), None);
            assert!(wrong.view().verify(10).is_err());
        }
    }
}
