//! What persists between two tokens.

/// `h` and `c` of every layer: a small cloneable value that the caller owns.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    /// (layers, hidden)
    pub(super) h: Vec<f32>,
    /// (layers, hidden)
    pub(super) c: Vec<f32>,
}

impl State {
    /// Bytes that a state takes.
    pub fn bytes(&self) -> usize {
        (self.h.len() + self.c.len()) * size_of::<f32>()
    }
}
