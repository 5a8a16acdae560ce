//! Counting: which tokens followed which contexts how often.
//!
//! Every place of the corpus becomes one number, made of the three tokens before it, newest first, and the token that stands
//! there. Sorted, the numbers that share a context lie together, whatever the context's length. What does not fit into memory is
//! counted in several passes, each over the contexts that end in some of the tokens.

use crate::model::ngram::LONGEST;
use crate::text::TokenId;
use crate::train::files::FileError;
use crate::train::shards::{Part, Shard, mix};

/// Bytes that a pass may use for its numbers.
const MEMORY: u64 = 1 << 29;
/// A follower seen less often is chance, by length of the context.
const FEWEST: [u32; LONGEST] = [3, 3, 3];
/// A context seen less often is not worth its bytes.
const RAREST: u32 = 4;
/// Bits of a token in a number.
const BITS: u32 = 16;

/// A context with what followed it.
#[derive(Clone, Debug)]
pub struct Counted {
    /// The context, newest token last.
    pub context: Vec<TokenId>,
    /// How often it was followed by anything.
    pub seen: u32,
    /// Followers with the share of the occurrences that each has by itself, its chance share taken off, and the share that
    /// shorter contexts give it.
    pub followers: Vec<Follower>,
}

/// A token that followed a context.
#[derive(Clone, Copy, Debug)]
pub struct Follower {
    /// The token.
    pub token: u16,
    /// How often it followed, less the discount.
    pub count: f32,
    /// Probability of it after the context without its oldest token.
    pub lower: f32,
}

/// All contexts that were seen often enough, by length, in a fixed order.
pub type Candidates = Vec<Counted>;

/// What is taken off a count of one, two, three or more (Chen and Goodman 1998).
type Discounts = [f32; 3];

/// Counts what follows what in `parts` of a shard.
pub fn count(
    shard: &mut Shard,
    parts: &[Part],
    mut progress: impl FnMut(f64),
) -> Result<Candidates, FileError> {
    let total: u64 = parts.iter().map(|part| part.len).sum();
    let passes = (total * 8).div_ceil(MEMORY).max(1);
    let unigrams = shares(shard, parts)?;
    let mut candidates = Candidates::new();
    for pass in 0..passes {
        let mut places = Vec::with_capacity((total / passes + total / passes / 4) as usize);
        read(shard, parts, |number| {
            if mix(1, number >> (3 * BITS)) % passes == pass {
                places.push(number);
            }
        })?;
        places.sort_unstable();
        for block in places.chunk_by(|a, b| a >> (3 * BITS) == b >> (3 * BITS)) {
            contexts(block, &unigrams, &mut candidates);
        }
        progress((pass + 1) as f64 / passes as f64);
    }
    Ok(candidates)
}

/// How often each token occurs, as a share.
fn shares(shard: &mut Shard, parts: &[Part]) -> Result<Vec<f32>, FileError> {
    let mut counts = vec![0u64; shard.header().vocabulary];
    read(shard, parts, |number| {
        counts[(number & 0xffff) as usize] += 1
    })?;
    let all: u64 = counts.iter().sum();
    let share = |n: u64| (n as f32 + 0.5) / all.max(1) as f32;
    Ok(counts.into_iter().map(share).collect())
}

/// Calls `each` with the number of every place: newest context token highest, then older ones, then the token there.
fn read(shard: &mut Shard, parts: &[Part], mut each: impl FnMut(u64)) -> Result<(), FileError> {
    let mut tokens = vec![0; 1 << 18];
    for part in parts {
        let mut history = 0u64; // newest token lowest
        let mut start = part.start;
        while start < part.start + part.len {
            let len = (tokens.len() as u64).min(part.start + part.len - start) as usize;
            shard.read(start, &mut tokens[..len])?;
            for (at, &token) in tokens[..len].iter().enumerate() {
                if start + at as u64 > part.start {
                    let [a, b, c] = [history, history >> BITS, history >> (2 * BITS)]
                        .map(|token| token & 0xffff);
                    each(a << 48 | b << 32 | c << 16 | u64::from(token));
                }
                history = history << BITS | u64::from(token);
            }
            start += len as u64;
        }
    }
    Ok(())
}

/// The contexts that end in one token, from the sorted numbers of the places behind them.
fn contexts(block: &[u64], unigrams: &[f32], candidates: &mut Candidates) {
    let mut one = Distribution::default();
    one.fill(block.iter().map(|number| *number as u16));
    let lower = |token: u16| unigrams[usize::from(token)];
    one.emit(&[token(block[0], 0)], 0, lower, candidates);
    let (mut two, mut three) = (Distribution::default(), Distribution::default());
    for block in block.chunk_by(|a, b| a >> 32 == b >> 32) {
        if block.len() < RAREST as usize {
            continue;
        }
        two.fill(block.iter().map(|number| *number as u16));
        let lower = |follower: u16| one.probability(follower, unigrams[usize::from(follower)]);
        two.emit(
            &[token(block[0], 1), token(block[0], 0)],
            1,
            lower,
            candidates,
        );
        for block in block.chunk_by(|a, b| a >> 16 == b >> 16) {
            if block.len() < RAREST as usize {
                continue;
            }
            three.fill(block.iter().map(|number| *number as u16));
            let context = [2, 1, 0].map(|age| token(block[0], age));
            let lower = |follower: u16| {
                let one = one.probability(follower, unigrams[usize::from(follower)]);
                two.probability(follower, one)
            };
            three.emit(&context, 2, lower, candidates);
        }
    }
}

/// A context token, by age.
fn token(number: u64, age: u32) -> TokenId {
    TokenId((number >> (48 - BITS * age)) as u32 & 0xffff)
}

/// What followed one context.
#[derive(Debug, Default)]
struct Distribution {
    sorted: Vec<u16>,
    followers: Vec<(u16, u32)>, // by token
    kinds: [u32; 4],            // followers seen once, twice, three times, more often
}

impl Distribution {
    fn fill(&mut self, followers: impl Iterator<Item = u16>) {
        self.sorted.clear();
        self.sorted.extend(followers);
        self.sorted.sort_unstable();
        self.followers.clear();
        self.kinds = [0; 4];
        for same in self.sorted.chunk_by(|a, b| a == b) {
            self.followers.push((same[0], same.len() as u32));
            self.kinds[same.len().min(4) - 1] += 1;
        }
    }

    fn seen(&self) -> u32 {
        self.sorted.len() as u32
    }

    /// Interpolated with `lower`.
    fn probability(&self, token: u16, lower: f32) -> f32 {
        let count = self
            .followers
            .binary_search_by_key(&token, |&(token, _)| token)
            .map_or(0, |at| self.followers[at].1);
        let [one, two, three, more] = self.kinds.map(|n| n as f32);
        let left = one * DISCOUNTS[0] + two * DISCOUNTS[1] + (three + more) * DISCOUNTS[2];
        (count as f32 - discount(count) + left * lower) / self.seen() as f32
    }

    /// Adds the context if anything about it is worth a second look.
    fn emit(
        &self,
        context: &[TokenId],
        order: usize,
        lower: impl Fn(u16) -> f32,
        candidates: &mut Candidates,
    ) {
        let often = self
            .followers
            .iter()
            .filter(|&&(_, count)| count >= FEWEST[order]);
        let followers: Vec<Follower> = often
            .map(|&(token, count)| Follower {
                token,
                count: count as f32 - discount(count),
                lower: lower(token),
            })
            .filter(|follower| follower.count > 1.2 * follower.lower * self.seen() as f32)
            .collect();
        if !followers.is_empty() {
            candidates.push(Counted {
                context: context.to_vec(),
                seen: self.seen(),
                followers,
            });
        }
    }
}

/// Near what the counts of counts of English prose give for every length of context.
const DISCOUNTS: Discounts = [0.75, 1.1, 1.4];

fn discount(count: u32) -> f32 {
    match count {
        0 => 0.0,
        1..=3 => DISCOUNTS[count as usize - 1],
        _ => DISCOUNTS[2],
    }
}
