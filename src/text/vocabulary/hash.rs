//! Looking tokens up by text: what encoding spends its time on.

use std::hash::Hasher;

use super::{Texts, TokenId};

/// Token ids in an open-addressing table. The texts stay where they are, so that filling it allocates nothing a token.
#[derive(Debug, Default)]
pub(super) struct TextTable {
    slots: Vec<Option<TokenId>>, // a power of two, at most half of them taken
    len: usize,
}

impl TextTable {
    pub(super) fn get(&self, text: &str, texts: &Texts) -> Option<TokenId> {
        let mut slot = self.first_slot(text)?;
        while let Some(id) = self.slots[slot] {
            if texts.get(id.0 as usize) == text {
                return Some(id);
            }
            slot = (slot + 1) & (self.slots.len() - 1);
        }
        None
    }

    /// Adds a token that is not in the table; `texts` holds those that are.
    pub(super) fn insert(&mut self, id: TokenId, text: &str, texts: &Texts) {
        if self.len * 2 >= self.slots.len() {
            let slots = vec![None; (self.slots.len() * 2).max(1024)];
            for old in std::mem::replace(&mut self.slots, slots)
                .into_iter()
                .flatten()
            {
                self.place(old, texts.get(old.0 as usize));
            }
        }
        self.place(id, text);
        self.len += 1;
    }

    fn place(&mut self, id: TokenId, text: &str) {
        let mut slot = self
            .first_slot(text)
            .expect("there are slots before anything is placed");
        while self.slots[slot].is_some() {
            slot = (slot + 1) & (self.slots.len() - 1);
        }
        self.slots[slot] = Some(id);
    }

    fn first_slot(&self, text: &str) -> Option<usize> {
        let mut hasher = QuickHasher::default();
        hasher.write(text.as_bytes());
        Some(hasher.finish() as usize & self.slots.len().checked_sub(1)?)
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
        self.0 ^ (self.0 >> 32)
    }
}
