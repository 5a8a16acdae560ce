//! Rows of the embedding that one step touches, and their gradients: a step reads a few thousand rows of a table of tens of thousands.

use super::pointwise::add_scaled;

/// The distinct ids of a step, each with a slot: gradients are (slots, embedding).
#[derive(Clone, Debug, Default)]
pub struct Slots {
    ids: Vec<u32>,
    slot: Vec<u32>, // (vocabulary): u32::MAX where absent
}

impl Slots {
    /// For a vocabulary of `size` tokens.
    pub fn new(size: usize) -> Slots {
        Slots {
            ids: Vec::new(),
            slot: vec![u32::MAX; size],
        }
    }

    /// Forgets all ids.
    pub fn clear(&mut self) {
        for id in self.ids.drain(..) {
            self.slot[id as usize] = u32::MAX;
        }
    }

    /// Adds ids that are not there yet.
    pub fn extend(&mut self, ids: &[u32]) {
        for id in ids {
            let slot = &mut self.slot[*id as usize];
            if *slot == u32::MAX {
                *slot = self.ids.len() as u32;
                self.ids.push(*id);
            }
        }
    }

    /// The same, leaving out `except`.
    pub fn extend_known(&mut self, ids: &[u32], except: u32) {
        for id in ids.iter().filter(|id| **id != except) {
            self.extend(std::slice::from_ref(id));
        }
    }

    /// The ids, by slot.
    pub fn ids(&self) -> &[u32] {
        &self.ids
    }

    /// The slot of an id that was added.
    pub fn slot(&self, id: u32) -> usize {
        self.slot[id as usize] as usize
    }

    /// Whether the id was added.
    pub fn contains(&self, id: u32) -> bool {
        self.slot[id as usize] != u32::MAX
    }
}

/// `x` (ids, width): the rows of `table` (vocabulary, width).
pub fn forward(table: &[f32], width: usize, ids: &[u32], x: &mut [f32]) {
    for (id, x) in ids.iter().zip(x.chunks_exact_mut(width)) {
        x.copy_from_slice(&table[*id as usize * width..][..width]);
    }
}

/// Adds `dx` (ids, width) to the rows of `gradient` (slots, width).
pub fn backward(slots: &Slots, width: usize, ids: &[u32], dx: &[f32], gradient: &mut [f32]) {
    for (id, dx) in ids.iter().zip(dx.chunks_exact(width)) {
        add_scaled(1.0, dx, &mut gradient[slots.slot(*id) * width..][..width]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeated_ids_add_up() {
        let table: Vec<f32> = (0..8).map(|i| i as f32).collect();
        let ids = [3, 1, 3];
        let mut slots = Slots::new(4);
        slots.extend(&ids);
        assert_eq!(slots.ids(), [3, 1]);
        let mut x = [0.0; 6];
        forward(&table, 2, &ids, &mut x);
        assert_eq!(x, [6.0, 7.0, 2.0, 3.0, 6.0, 7.0]);
        let mut gradient = [0.0; 4];
        backward(
            &slots,
            2,
            &ids,
            &[1.0, 2.0, 3.0, 4.0, 10.0, 20.0],
            &mut gradient,
        );
        assert_eq!(gradient, [11.0, 22.0, 3.0, 4.0]);
        slots.clear();
        assert!(!slots.contains(3) && slots.ids().is_empty());
    }
}
