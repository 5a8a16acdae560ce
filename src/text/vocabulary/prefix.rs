//! Tokens by how their texts begin.

use super::{Texts, TokenId};

/// Tokens sorted by a text of theirs, byte by byte.
#[derive(Debug, Default)]
pub(super) struct PrefixIndex {
    ids: Vec<TokenId>,
}

impl PrefixIndex {
    pub(super) fn new(ids: Vec<TokenId>, texts: &Texts) -> PrefixIndex {
        // Comparing the first eight bytes as one number decides almost always; opening a model waits for this sort.
        let mut sorted: Vec<(u64, TokenId)> = ids
            .into_iter()
            .map(|id| (first_bytes(text(texts, id)), id))
            .collect();
        sorted.sort_unstable_by(|a, b| {
            let texts_of_equals = || text(texts, a.1).cmp(text(texts, b.1)).then(a.1.cmp(&b.1));
            a.0.cmp(&b.0).then_with(texts_of_equals)
        });
        PrefixIndex {
            ids: sorted.into_iter().map(|(_, id)| id).collect(),
        }
    }

    /// `texts` must be those that the index was sorted by.
    pub(super) fn with_prefix(&self, prefix: &str, texts: &Texts) -> &[TokenId] {
        let start = self.ids.partition_point(|&id| text(texts, id) < prefix);
        let len = self.ids[start..].partition_point(|&id| text(texts, id).starts_with(prefix));
        &self.ids[start..start + len]
    }
}

fn text(texts: &Texts, id: TokenId) -> &str {
    texts.get(id.0 as usize)
}

fn first_bytes(text: &str) -> u64 {
    let mut bytes = [0; 8];
    let len = text.len().min(8);
    bytes[..len].copy_from_slice(&text.as_bytes()[..len]);
    u64::from_be_bytes(bytes)
}
