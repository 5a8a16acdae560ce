//! From a state and a prefix to suggestions. Imports `text` and `model`; cannot learn.

/// What stands between the last token read and the prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Boundary {
    /// A space, a line break or the start of a paragraph: tokens that join left are impossible.
    Spaced,
    /// Nothing: the prefix touches an opening quote, a bracket, a hyphen.
    Touching,
}

/// A word offered, or a phrase.
#[derive(Clone, Debug, PartialEq)]
pub struct Suggestion {
    /// What the prefix becomes.
    pub text: String,
    /// Probability that it is what the writer types next, calibrated.
    pub probability: f32,
}
