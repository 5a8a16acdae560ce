//! Looking tokens up by text: what encoding spends its time on.

use std::hash::Hasher;
use std::num::NonZeroU32;

use super::{Texts, TokenId};

/// Token ids in an open-addressing table. The texts stay where they are, so that filling it allocates nothing a token.
#[derive(Debug)]
pub(super) struct TextTable {
    slots: Vec<Option<Slot>>, // a power of two, at most half of them taken
    len: usize,
}

/// A token, and part of its text's hash: what differs there need not be fetched and compared.
#[derive(Clone, Copy, Debug)]
struct Slot {
    tag: NonZeroU32,
    id: TokenId,
}

impl TextTable {
    pub(super) fn with_capacity(tokens: usize) -> TextTable {
        TextTable {
            slots: vec![None; (tokens * 2).next_power_of_two()],
            len: 0,
        }
    }

    pub(super) fn get(&self, text: &str, texts: &Texts) -> Option<TokenId> {
        let (mut at, tag) = self.first(text);
        while let Some(slot) = self.slots[at] {
            if slot.tag == tag && texts.get(slot.id.0 as usize) == text {
                return Some(slot.id);
            }
            at = (at + 1) & (self.slots.len() - 1);
        }
        None
    }

    /// Adds a token that is not in the table; `texts` holds those that are.
    pub(super) fn insert(&mut self, id: TokenId, text: &str, texts: &Texts) {
        if (self.len + 1) * 2 > self.slots.len() {
            let slots = vec![None; self.slots.len() * 2];
            for old in std::mem::replace(&mut self.slots, slots)
                .into_iter()
                .flatten()
            {
                self.place(old.id, texts.get(old.id.0 as usize));
            }
        }
        self.place(id, text);
        self.len += 1;
    }

    fn place(&mut self, id: TokenId, text: &str) {
        let (mut at, tag) = self.first(text);
        while self.slots[at].is_some() {
            at = (at + 1) & (self.slots.len() - 1);
        }
        self.slots[at] = Some(Slot { tag, id });
    }

    /// The slot where the search for `text` begins, and its tag.
    fn first(&self, text: &str) -> (usize, NonZeroU32) {
        let mut hasher = QuickHasher::default();
        hasher.write(text.as_bytes());
        let hash = hasher.finish();
        (
            hash as usize & (self.slots.len() - 1),
            NonZeroU32::MIN.saturating_add((hash >> 32) as u32),
        )
    }
}

/// Hash for keys that nobody chooses to collide: a model's own tokens (Fx, as the Rust compiler uses it).
#[derive(Clone, Default)]
pub(in crate::text) struct QuickHasher(u64);

impl QuickHasher {
    fn mix(&mut self, value: u64) {
        self.0 = (self.0.rotate_left(5) ^ value).wrapping_mul(0x517c_c1b7_2722_0a95);
    }
}

impl Hasher for QuickHasher {
    fn write(&mut self, bytes: &[u8]) {
        let (chunks, rest) = bytes.as_chunks::<8>();
        for chunk in chunks {
            self.mix(u64::from_le_bytes(*chunk));
        }
        let mut last = [0; 8];
        last[..rest.len()].copy_from_slice(rest);
        self.mix(u64::from_le_bytes(last));
    }

    fn write_u64(&mut self, value: u64) {
        self.mix(value);
    }

    fn finish(&self) -> u64 {
        // Only the upper bits of a product depend on all of the key; tables look at the lower ones.
        self.0.rotate_left(26)
    }
}
