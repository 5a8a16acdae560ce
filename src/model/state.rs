//! What persists between two tokens.

use super::fast::Lessons;

/// `h` and `c` of every layer: a small cloneable value that the caller owns.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    /// (layers, hidden)
    pub(super) h: Vec<f32>,
    /// (layers, hidden)
    pub(super) c: Vec<f32>,
    /// What the softmax has learned on the way.
    pub(super) lessons: Lessons,
}
