//! Fast weights: what the softmax learns while a document is read.
//!
//! Dynamic evaluation (Krause et al. 2018, arXiv:1709.07432) held to the rows of the softmax: when a token has come, its row takes a step
//! towards the vector that should have foretold it, and the rows of the few that were expected instead take a step away
//! from it (gradient descent on the loss of that token). No gradient goes further back, so a step costs less than reading
//! the token does, and what was learned is a sum of as many small terms as were read. A state keeps the list of them, which
//! states along one reading share; [`FastWeights`] is the sum for the state that was asked about last.

use crate::nn::pointwise::dot;
use std::sync::Arc;

/// What was learned since the zero state; a small value, cheap to clone.
#[derive(Clone, Default)]
pub(super) struct Lessons(Option<Arc<Lesson>>);

/// One step: `weight · y` for each of some rows.
pub(super) struct Lesson {
    before: Lessons,
    len: usize, // with those before
    rows: Box<[(u32, f32)]>,
    y: Box<[i8]>, // (embedding)
}

impl Lesson {
    /// Tokens with the weights of their rows' terms, and the vector in 8 bits.
    pub(super) fn new(rows: Box<[(u32, f32)]>, y: &[i8]) -> Lesson {
        Lesson {
            before: Lessons::default(),
            len: 1,
            rows,
            y: y.into(),
        }
    }
}

impl Lessons {
    /// These and one more.
    pub(super) fn and(&self, mut lesson: Lesson) -> Lessons {
        lesson.before = self.clone();
        lesson.len = self.len() + 1;
        Lessons(Some(Arc::new(lesson)))
    }

    /// How many tokens were learned from.
    fn len(&self) -> usize {
        self.0.as_ref().map_or(0, |lesson| lesson.len)
    }

    fn is_same(&self, other: &Lessons) -> bool {
        match (&self.0, &other.0) {
            (Some(a), Some(b)) => Arc::ptr_eq(a, b),
            (None, None) => true,
            _ => false,
        }
    }

    /// Latest first.
    fn iter(&self) -> impl Iterator<Item = &Lesson> {
        std::iter::successors(self.0.as_deref(), |lesson| lesson.before.0.as_deref())
    }
}

impl PartialEq for Lessons {
    fn eq(&self, other: &Lessons) -> bool {
        let (mut a, mut b) = (self, other);
        while !a.is_same(b) {
            match (&a.0, &b.0) {
                (Some(x), Some(y)) if x.len == y.len && x.rows == y.rows && x.y == y.y => {
                    (a, b) = (&x.before, &y.before);
                }
                _ => return false,
            }
        }
        true
    }
}

impl std::fmt::Debug for Lessons {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Lessons({})", self.len())
    }
}

impl Drop for Lesson {
    /// One after the other: a list of a hundred thousand would not fit on the stack.
    fn drop(&mut self) {
        let mut next = self.before.0.take();
        while let Some(mut lesson) = next.and_then(Arc::into_inner) {
            next = lesson.before.0.take();
        }
    }
}

/// The sum of some lessons, row by row.
#[derive(Debug, Default)]
pub(super) struct FastWeights {
    lessons: Lessons,
    at: Vec<u32>,     // (vocabulary) index into `tokens`, or NONE
    tokens: Vec<u32>, // whose rows there are
    rows: Vec<f32>,   // (tokens, embedding)
}

const NONE: u32 = u32::MAX;

impl FastWeights {
    /// Makes it the sum of these. The terms are always added in the order in which they were learned, so the sum is the same
    /// whatever was asked about before.
    pub(super) fn bring_to(&mut self, lessons: &Lessons, vocabulary: usize, embedding: usize) {
        if self.at.len() != vocabulary {
            self.clear();
            self.at = vec![NONE; vocabulary];
        }
        let known = self.lessons.len();
        let more = lessons.len().checked_sub(known);
        let mut new: Vec<&Lesson> = lessons.iter().take(more.unwrap_or(0)).collect();
        let base = new.last().map_or(lessons, |lesson| &lesson.before);
        if more.is_none() || !base.is_same(&self.lessons) {
            self.clear();
            new = lessons.iter().collect();
        }
        for lesson in new.into_iter().rev() {
            for &(token, weight) in &lesson.rows {
                let row = self.row_mut(token, embedding);
                for (sum, &y) in row.iter_mut().zip(&lesson.y) {
                    *sum += weight * f32::from(y);
                }
            }
        }
        self.lessons = lessons.clone();
    }

    fn clear(&mut self) {
        for &token in &self.tokens {
            self.at[token as usize] = NONE;
        }
        self.tokens.clear();
        self.rows.clear();
        self.lessons = Lessons::default();
    }

    fn row_mut(&mut self, token: u32, embedding: usize) -> &mut [f32] {
        let at = &mut self.at[token as usize];
        if *at == NONE {
            *at = self.tokens.len() as u32;
            self.tokens.push(token);
            self.rows.resize(self.tokens.len() * embedding, 0.0);
        }
        &mut self.rows[*at as usize * embedding..][..embedding]
    }

    /// The tokens that it says anything about.
    pub(super) fn tokens(&self) -> &[u32] {
        &self.tokens
    }

    /// What it adds to a token's logit.
    pub(super) fn of(&self, token: u32, y: &[f32]) -> f32 {
        match self.at[token as usize] {
            NONE => 0.0,
            at => dot(&self.rows[at as usize * y.len()..][..y.len()], y),
        }
    }

    /// Whether it says anything about a token.
    pub(super) fn is_known(&self, token: u32) -> bool {
        self.at[token as usize] != NONE
    }

    /// Adds to all logits.
    pub(super) fn add_to(&self, logits: &mut [f32], y: &[f32]) {
        for (&token, row) in self.tokens.iter().zip(self.rows.chunks_exact(y.len())) {
            logits[token as usize] += dot(row, y);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lesson(token: u32) -> Lesson {
        Lesson::new(
            [(token % 10, 0.1), (token % 7, -0.03)].into(),
            &[3, -5, token as i8],
        )
    }

    fn learned(tokens: std::ops::Range<u32>, from: &Lessons) -> Lessons {
        tokens.fold(from.clone(), |lessons, token| lessons.and(lesson(token)))
    }

    fn rows(weights: &FastWeights) -> Vec<(u32, f32)> {
        let y = [0.5, 1.0, -2.0];
        (0..10)
            .map(|token| (token, weights.of(token, &y)))
            .collect()
    }

    #[test]
    fn the_sum_is_the_same_on_every_way() {
        let short = learned(0..30, &Lessons::default());
        let long = learned(30..80, &short);
        let branch = learned(50..90, &short);
        let sum = |lessons: &Lessons| {
            let mut weights = FastWeights::default();
            weights.bring_to(lessons, 10, 3);
            rows(&weights)
        };
        let mut weights = FastWeights::default();
        for lessons in [
            &short,
            &long,
            &branch,
            &short,
            &Lessons::default(),
            &long,
            &long,
        ] {
            weights.bring_to(lessons, 10, 3);
            assert_eq!(rows(&weights), sum(lessons), "{lessons:?}");
        }
    }

    #[test]
    fn what_was_learned_alike_is_equal() {
        let (a, b) = (Lessons::default(), Lessons::default());
        assert_eq!(learned(0..40, &a), learned(0..40, &b));
        assert_ne!(learned(0..40, &a), learned(0..39, &b));
        assert_ne!(learned(0..40, &a), learned(1..41, &b));
    }

    #[test]
    fn long_lists_are_freed() {
        let mut lessons = Lessons::default();
        for token in 0..1_000_000 {
            lessons = lessons.and(lesson(token));
        }
        let half = lessons
            .iter()
            .nth(500_000)
            .expect("a lesson")
            .before
            .clone();
        drop(lessons);
        assert_eq!(half.len(), 499_999);
    }
}
