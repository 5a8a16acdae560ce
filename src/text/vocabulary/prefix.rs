//! Tokens by how their texts begin.

use super::{Texts, TokenId};

/// Tokens sorted by a text of theirs, byte by byte.
#[derive(Debug, Default)]
pub(super) struct PrefixIndex {
    ids: Vec<TokenId>,
    /// The first bytes of each one's text: a search reads one array and not texts all over the memory.
    first: Vec<u64>,
}

/// Bytes of a text that stand in the index.
const FIRST: usize = 8;

impl PrefixIndex {
    pub(super) fn new(ids: &[TokenId], texts: &Texts) -> PrefixIndex {
        // Opening a model waits for this sort. Numbers of the first twelve bytes and the id sort without branches; texts
        // are only compared where those bytes are equal.
        let key = |&id: &TokenId| first_bytes(text(texts, id)) << 32 | u128::from(id.0);
        let mut keys: Vec<u128> = ids.iter().map(key).collect();
        keys.sort_unstable();
        for equal in keys.chunk_by_mut(|a, b| a >> 32 == b >> 32) {
            equal.sort_by_key(|&key| text(texts, id(key)));
        }
        PrefixIndex {
            first: keys.iter().map(|key| (key >> 64) as u64).collect(),
            ids: keys.into_iter().map(id).collect(),
        }
    }

    /// `texts` must be those that the index was sorted by.
    pub(super) fn with_prefix(&self, prefix: &str, texts: &Texts) -> &[TokenId] {
        let least = (first_bytes(prefix) >> 32) as u64;
        let free = 8 * (FIRST - prefix.len().min(FIRST));
        let most = least | u64::MAX.checked_shr(64 - free as u32).unwrap_or(0);
        let start = self.first.partition_point(|&first| first < least);
        let len = self.first[start..].partition_point(|&first| first <= most);
        let ids = &self.ids[start..start + len];
        // A text that ends early is as one that goes on with zeros.
        if prefix.len() <= FIRST && !prefix.ends_with('\0') {
            return ids;
        }
        let start = ids.partition_point(|&id| text(texts, id) < prefix);
        let len = ids[start..].partition_point(|&id| text(texts, id).starts_with(prefix));
        &ids[start..start + len]
    }
}

fn text(texts: &Texts, id: TokenId) -> &str {
    texts.get(id.0 as usize)
}

fn id(key: u128) -> TokenId {
    TokenId(key as u32)
}

/// The first twelve bytes as a number that orders as they do.
fn first_bytes(text: &str) -> u128 {
    let mut bytes = [0; 16];
    let len = text.len().min(12);
    bytes[4..4 + len].copy_from_slice(&text.as_bytes()[..len]);
    u128::from_be_bytes(bytes)
}
