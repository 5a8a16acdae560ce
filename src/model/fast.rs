//! Fast weights: what the softmax learns while a document is read.
//!
//! Dynamic evaluation (Krause et al. 2018, arXiv:1709.07432) held to the rows of the softmax: when a token has come, its row takes a step
//! towards the vector that should have foretold it, and the rows of the few that were expected instead take a step away
//! from it (gradient descent on the loss of that token). No gradient goes further back, so a step costs less than reading
//! the token does, and what was learned is a sum of as many small terms as were read (fast weights: Schmidhuber 1992; Ba et al. 2016,
//! arXiv:1610.06258). A state keeps the list of them, which states along one reading share.

use crate::nn::simd::int8;
use std::sync::Arc;

/// What was learned from so many tokens counts: about as far back as the hidden state reaches.
const SPAN: usize = 512;

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
        // What counts no more is let go of now and then.
        lesson.before = match self.len() < 2 * SPAN {
            true => self.clone(),
            false => self.latest(SPAN),
        };
        lesson.len = lesson.before.len() + 1;
        Lessons(Some(Arc::new(lesson)))
    }

    /// The same without any before the last `count`.
    fn latest(&self, count: usize) -> Lessons {
        let latest: Vec<&Lesson> = self.iter().take(count).collect();
        let again = |lessons: Lessons, lesson: &&Lesson| {
            lessons.and(Lesson::new(lesson.rows.clone(), &lesson.y))
        };
        latest.iter().rev().fold(Lessons::default(), again)
    }

    /// How many there are.
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
    /// One after the other: not a thousand deep in the stack.
    fn drop(&mut self) {
        let mut next = self.before.0.take();
        while let Some(mut lesson) = next.and_then(Arc::into_inner) {
            next = lesson.before.0.take();
        }
    }
}

/// What lessons add to the logits after one vector: the sum of `weight · (y · vector)` over them, for each row that one of them
/// moved. Adding up rows first would give the same and take many times as much memory to go through.
#[derive(Debug, Default)]
pub(super) struct FastWeights {
    sums: Vec<f32>,   // (vocabulary)
    is_in: Vec<bool>, // (vocabulary)
    tokens: Vec<u32>, // whose rows were moved
}

impl FastWeights {
    /// Makes it what `lessons` say of a vector, in 8 bits with what a unit is worth. The terms are added in the order of the list,
    /// so the sums depend on nothing else.
    pub(super) fn ask(&mut self, lessons: &Lessons, (x, scale): (&[i8], f32), vocabulary: usize) {
        if self.sums.len() != vocabulary {
            self.sums = vec![0.0; vocabulary];
            self.is_in = vec![false; vocabulary];
            self.tokens.clear();
        }
        for token in self.tokens.drain(..) {
            self.sums[token as usize] = 0.0;
            self.is_in[token as usize] = false;
        }
        for lesson in lessons.iter().take(SPAN) {
            let alike = int8::dot(&lesson.y, &x[..lesson.y.len()]) as f32 * scale;
            for &(token, weight) in &lesson.rows {
                let at = token as usize;
                self.sums[at] += weight * alike;
                if !std::mem::replace(&mut self.is_in[at], true) {
                    self.tokens.push(token);
                }
            }
        }
    }

    /// The tokens that it says anything about.
    pub(super) fn tokens(&self) -> &[u32] {
        &self.tokens
    }

    /// What it adds to a token's logit.
    pub(super) fn of(&self, token: u32) -> f32 {
        self.sums[token as usize]
    }

    /// Adds to all logits.
    pub(super) fn add_to(&self, logits: &mut [f32]) {
        for &token in &self.tokens {
            logits[token as usize] += self.of(token);
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

    #[test]
    fn sums_are_those_of_rows() {
        let (x, scale) = ([1i8, 2, -3], 0.5);
        let mut weights = FastWeights::default();
        for end in [40, 8, 0, 70] {
            let lessons = learned(0..end, &Lessons::default());
            weights.ask(&lessons, (&x, scale), 12);
            let mut rows = [[0.0f32; 3]; 12];
            for token in 0..end {
                for (row, weight) in [(token % 10, 0.1), (token % 7, -0.03)] {
                    for (sum, y) in rows[row as usize].iter_mut().zip([3.0, -5.0, token as f32]) {
                        *sum += weight * y;
                    }
                }
            }
            let mut logits = [0.0; 12];
            weights.add_to(&mut logits);
            for (token, row) in (0..).zip(rows) {
                let sum = scale * (row[0] + 2.0 * row[1] - 3.0 * row[2]);
                assert!(
                    (weights.of(token) - sum).abs() < 1e-3,
                    "{token} after {end}"
                );
                assert_eq!(logits[token as usize], weights.of(token));
                assert_eq!(weights.tokens().contains(&token), token < end.min(10));
            }
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
    fn the_last_count_and_few_others_are_kept() {
        let x = ([1i8, 2, -3], 0.5);
        let sums = |lessons: &Lessons| {
            let mut weights = FastWeights::default();
            weights.ask(lessons, (&x.0, x.1), 12);
            weights.sums
        };
        let start = 100_000 - SPAN as u32;
        let long = learned(0..100_000, &Lessons::default());
        assert!(long.len() <= 2 * SPAN, "{long:?}");
        assert_eq!(long.iter().count(), long.len());
        let last = learned(start..100_000, &Lessons::default());
        assert_eq!(sums(&long), sums(&last));
        let one_less = learned(start + 1..100_000, &Lessons::default());
        assert_ne!(sums(&long), sums(&one_less));
    }
}
