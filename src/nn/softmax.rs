//! The softmax over the vocabulary, its rows tied to the embedding: exact, and sampled for training.
//!
//! Sampled softmax (Bengio and Senécal 2008; Jean et al. 2015): a step draws a set S of classes, and each row's loss is the cross-entropy of its target among
//! S ∪ {target}, every logit reduced by the log of the class's expected count in S, so that the gradient approaches the exact one. A class of S that is the row's
//! target is left out of that row's S. With S the whole vocabulary and no correction it is the exact softmax.

use super::embedding::Slots;
use super::pointwise::{add_scaled, dot, exponentiate_with, scale_and_sum};
use super::simd::gemm::{Into, Packed, Precision, matrix, product};

/// Rows of logits computed at a time, so that they stay in the cache.
const ROWS: usize = 64;
/// Added to the length of a row of logits: rows of exactly 2^n floats fall into the same cache sets.
const PADDING: usize = 48;

/// A row without a target: it costs nothing and has no gradient.
pub const NO_TARGET: u32 = u32::MAX;

/// The classes of a step, packed once and shared by its threads.
#[derive(Debug)]
pub struct Classes {
    ids: Vec<u32>,
    offsets: Vec<f32>,  // (classes): bias - log expected count
    forward: Packed,    // (embedding, classes)
    backward: Packed,   // (classes, embedding)
    gathered: Vec<f32>, // (classes, embedding)
    position: Slots,    // id -> index among the classes
    embedding: usize,
}

/// The tied softmax's weights.
#[derive(Clone, Copy, Debug)]
pub struct Weights<'a> {
    /// (vocabulary, embedding)
    pub table: &'a [f32],
    /// (vocabulary)
    pub bias: &'a [f32],
}

impl Classes {
    /// Buffers for classes of a vocabulary.
    pub fn new(vocabulary: usize, embedding: usize, precision: Precision) -> Classes {
        Classes {
            ids: Vec::new(),
            offsets: Vec::new(),
            forward: Packed::new(precision),
            backward: Packed::new(precision),
            gathered: Vec::new(),
            position: Slots::new(vocabulary),
            embedding,
        }
    }

    /// Takes the distinct classes `ids`; `log_counts` (vocabulary) is the log of each token's expected count among them (zero: no correction).
    pub fn set(&mut self, ids: &[u32], weights: Weights, log_counts: &[f32]) {
        let width = self.embedding;
        self.ids.clear();
        self.ids.extend_from_slice(ids);
        self.offsets.clear();
        self.offsets.extend(
            ids.iter()
                .map(|id| weights.bias[*id as usize] - log_counts[*id as usize]),
        );
        self.gathered.resize(ids.len() * width, 0.0);
        super::embedding::forward(weights.table, width, ids, &mut self.gathered);
        self.forward
            .right(matrix(&self.gathered, ids.len(), width, width).reversed_axes());
        self.backward
            .right(matrix(&self.gathered, ids.len(), width, width));
        self.position.clear();
        self.position.extend(ids);
    }

    /// The classes.
    pub fn ids(&self) -> &[u32] {
        &self.ids
    }
}

/// Buffers of one thread.
#[derive(Debug)]
pub struct Scratch {
    logits: Vec<f32>, // (ROWS, classes + PADDING)
    left: Packed,
    right: Packed,
    d_logits: Packed,    // (classes, rows of the window)
    d_targets: Vec<f32>, // (rows of the window)
}

impl Scratch {
    /// Empty buffers.
    pub fn new(precision: Precision) -> Scratch {
        Scratch {
            logits: Vec::new(),
            left: Packed::new(precision),
            right: Packed::new(precision),
            d_logits: Packed::new(precision),
            d_targets: Vec::new(),
        }
    }
}

/// Gradients of the softmax's rows that a step touches.
#[derive(Debug)]
pub struct Gradient<'a> {
    /// Which row is which token: the classes in their order come first, and all targets are there.
    pub slots: &'a Slots,
    /// (slots, embedding)
    pub table: &'a mut [f32],
    /// (slots)
    pub bias: &'a mut [f32],
}

/// Sum of the rows' losses in nats. `y` (rows, embedding) is the network's output; `dy` and `gradient` are written, both times `scale`.
#[expect(clippy::too_many_arguments, reason = "one call, all of it needed")]
pub fn loss_and_gradient(
    classes: &Classes,
    weights: Weights,
    log_counts: &[f32],
    y: &[f32],
    targets: &[u32],
    scale: f32,
    dy: &mut [f32],
    gradient: &mut Gradient,
    scratch: &mut Scratch,
) -> f64 {
    let width = classes.embedding;
    let count = classes.ids.len();
    let stride = count + PADDING;
    debug_assert!(gradient.slots.ids().starts_with(&classes.ids));
    scratch.logits.resize(ROWS.min(targets.len()) * stride, 0.0);
    scratch.d_logits.room_for_left(count, targets.len());
    scratch.d_targets.clear();
    gradient.bias.fill(0.0);
    let mut total = 0.0;
    for (chunk, ((y, targets), dy)) in y
        .chunks(ROWS * width)
        .zip(targets.chunks(ROWS))
        .zip(dy.chunks_mut(ROWS * width))
        .enumerate()
    {
        let rows = targets.len();
        let logits = &mut scratch.logits[..rows * stride];
        scratch.left.left(matrix(y, rows, width, width));
        product(&scratch.left, &classes.forward, logits, stride, Into::Store);
        for ((logits, y), target) in logits
            .chunks_exact_mut(stride)
            .zip(y.chunks_exact(width))
            .zip(targets)
        {
            let logits = &mut logits[..count];
            if *target == NO_TARGET {
                logits.fill(0.0);
                scratch.d_targets.push(0.0);
                continue;
            }
            let id = *target as usize;
            if classes.position.contains(*target) {
                logits[classes.position.slot(*target)] = f32::NEG_INFINITY;
            }
            let row = &weights.table[id * width..][..width];
            let logit = dot(y, row) + weights.bias[id] - log_counts[id];
            let (max, sum) = exponentiate_with(&classes.offsets, logits);
            // log(e^logit + Σ e^logits) without overflow
            let top = max.max(logit);
            let others = sum * (max - top).exp();
            let own = (logit - top).exp();
            total += f64::from(top - logit) + f64::from(own + others).ln();
            let factor = scale * (max - top).exp() / (own + others);
            scale_and_sum(factor, logits, &mut gradient.bias[..count]);
            scratch.d_targets.push(scale * (own / (own + others) - 1.0));
        }
        let d_logits = matrix(logits, rows, count, stride);
        scratch.left.left(d_logits);
        product(&scratch.left, &classes.backward, dy, width, Into::Store);
        scratch
            .d_logits
            .left_from(chunk * ROWS, d_logits.reversed_axes());
    }
    scratch.right.right(matrix(y, targets.len(), width, width));
    let (of_classes, of_others) = gradient.table.split_at_mut(count * width);
    product(
        &scratch.d_logits,
        &scratch.right,
        of_classes,
        width,
        Into::Store,
    );
    of_others.fill(0.0);
    let rows = y.chunks_exact(width).zip(dy.chunks_exact_mut(width));
    for ((target, d_target), (y, dy)) in targets.iter().zip(&scratch.d_targets).zip(rows) {
        if *target != NO_TARGET {
            let row = &weights.table[*target as usize * width..][..width];
            add_scaled(*d_target, row, dy);
            let slot = gradient.slots.slot(*target);
            add_scaled(*d_target, y, &mut gradient.table[slot * width..][..width]);
            gradient.bias[slot] += *d_target;
        }
    }
    total
}

/// Sum of the rows' losses in nats under the exact softmax: `classes` are all tokens in order, without correction.
pub fn exact_loss(classes: &Classes, y: &[f32], targets: &[u32], scratch: &mut Scratch) -> f64 {
    let width = classes.embedding;
    let count = classes.ids.len();
    let stride = count + PADDING;
    let mut total = 0.0;
    for (y, targets) in y.chunks(ROWS * width).zip(targets.chunks(ROWS)) {
        scratch.logits.resize(ROWS * stride, 0.0);
        let logits = &mut scratch.logits[..targets.len() * stride];
        scratch.left.left(matrix(y, targets.len(), width, width));
        product(&scratch.left, &classes.forward, logits, stride, Into::Store);
        for (logits, target) in logits.chunks_exact_mut(stride).zip(targets) {
            if *target == NO_TARGET {
                continue;
            }
            let logits = &mut logits[..count];
            let target = *target as usize;
            let logit = logits[target] + classes.offsets[target];
            let (max, sum) = exponentiate_with(&classes.offsets, logits);
            total += f64::from(max - logit) + f64::from(sum).ln();
        }
    }
    total
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::random::Random;

    const VOCABULARY: usize = 11;
    const WIDTH: usize = 4;

    struct Case {
        table: Vec<f32>,
        bias: Vec<f32>,
        y: Vec<f32>,
        targets: Vec<u32>,
    }

    fn case() -> Case {
        let mut random = Random::new(2);
        let mut numbers = |n: usize| (0..n).map(|_| random.normal()).collect::<Vec<f32>>();
        Case {
            table: numbers(VOCABULARY * WIDTH),
            bias: numbers(VOCABULARY),
            y: numbers(6 * WIDTH),
            targets: vec![0, 5, NO_TARGET, 10, 3, 2],
        }
    }

    struct Outcome {
        loss: f64,
        dy: Vec<f32>,
        table: Vec<f32>,
        bias: Vec<f32>,
    }

    fn run(case: &Case, ids: &[u32], log_counts: &[f32]) -> Outcome {
        let weights = Weights {
            table: &case.table,
            bias: &case.bias,
        };
        let mut classes = Classes::new(VOCABULARY, WIDTH, Precision::F32);
        classes.set(ids, weights, log_counts);
        let mut slots = Slots::new(VOCABULARY);
        slots.extend(ids);
        slots.extend(&(0..VOCABULARY as u32).collect::<Vec<_>>());
        let (mut table, mut bias, mut dy) = (
            vec![0.0; case.table.len()],
            vec![0.0; VOCABULARY],
            vec![0.0; case.y.len()],
        );
        let mut gradient = Gradient {
            slots: &slots,
            table: &mut table,
            bias: &mut bias,
        };
        let mut scratch = Scratch::new(Precision::F32);
        let loss = loss_and_gradient(
            &classes,
            weights,
            log_counts,
            &case.y,
            &case.targets,
            1.0,
            &mut dy,
            &mut gradient,
            &mut scratch,
        );
        // From the order of slots to that of the vocabulary.
        let by_id = |of: &[f32], width: usize| -> Vec<f32> {
            (0..VOCABULARY as u32)
                .flat_map(|id| of[slots.slot(id) * width..][..width].to_vec())
                .collect()
        };
        Outcome {
            loss,
            dy,
            table: by_id(&table, WIDTH),
            bias: by_id(&bias, 1),
        }
    }

    #[test]
    fn gradients_agree_with_finite_differences() {
        let ids = [0, 3, 4, 5, 9];
        let log_counts: Vec<f32> = (0..VOCABULARY).map(|i| -0.1 * i as f32).collect();
        let mut base = case();
        let got = run(&base, &ids, &log_counts);
        type Field = fn(&mut Case) -> &mut Vec<f32>;
        let fields: [(Field, &Vec<f32>); 3] = [
            (|c| &mut c.y, &got.dy),
            (|c| &mut c.table, &got.table),
            (|c| &mut c.bias, &got.bias),
        ];
        const STEP: f32 = 1e-2;
        for (n, (field, gradient)) in fields.iter().enumerate() {
            for at in 0..gradient.len() {
                let kept = field(&mut base)[at];
                field(&mut base)[at] = kept + STEP;
                let up = run(&base, &ids, &log_counts).loss;
                field(&mut base)[at] = kept - STEP;
                let down = run(&base, &ids, &log_counts).loss;
                field(&mut base)[at] = kept;
                let want = (up - down) / f64::from(2.0 * STEP);
                assert!(
                    (f64::from(gradient[at]) - want).abs() < 3e-3,
                    "field {n}, {at}: {} for {want}",
                    gradient[at]
                );
            }
        }
    }

    #[test]
    fn all_classes_without_correction_are_the_exact_softmax() {
        let case = case();
        let ids: Vec<u32> = (0..VOCABULARY as u32).collect();
        let zeros = [0.0; VOCABULARY];
        let mut classes = Classes::new(VOCABULARY, WIDTH, Precision::F32);
        classes.set(
            &ids,
            Weights {
                table: &case.table,
                bias: &case.bias,
            },
            &zeros,
        );
        let exact = exact_loss(
            &classes,
            &case.y,
            &case.targets,
            &mut Scratch::new(Precision::F32),
        );
        let want: f64 = case
            .y
            .chunks_exact(WIDTH)
            .zip(&case.targets)
            .filter(|(_, target)| **target != NO_TARGET)
            .map(|(y, target)| {
                let logits: Vec<f64> = (0..VOCABULARY)
                    .map(|v| {
                        f64::from(case.bias[v])
                            + (0..WIDTH)
                                .map(|e| f64::from(y[e]) * f64::from(case.table[v * WIDTH + e]))
                                .sum::<f64>()
                    })
                    .collect();
                logits.iter().map(|l| l.exp()).sum::<f64>().ln() - logits[*target as usize]
            })
            .sum();
        assert!((exact - want).abs() < 1e-4, "{exact} for {want}");
        assert!((run(&case, &ids, &zeros).loss - want).abs() < 1e-4);
    }
}
