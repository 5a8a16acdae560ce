//! Adam (Kingma and Ba 2015) with clipping by the global norm, and the learning rate's course.

use super::network::Parameters;
use super::threads::{on_threads, share, shares};
use crate::model::Config;
use crate::nn::embedding::Slots;
use crate::nn::pointwise::add_scaled;
use crate::nn::simd::multiversion;

/// Decay of the mean of gradients.
const BETA1: f32 = 0.9;
/// Decay of the mean of their squares: rare rows of the embedding are updated as they come, so a short memory suits them.
const BETA2: f32 = 0.99;
const EPSILON: f32 = 1e-8;

/// Adam's running means, shaped as the parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct Adam {
    /// Means of gradients.
    pub mean: Parameters,
    /// Means of squared gradients.
    pub square: Parameters,
    /// Steps taken.
    pub steps: u64,
}

impl Adam {
    /// No step taken.
    pub fn new(config: &Config) -> Adam {
        Adam {
            mean: Parameters::zeros(config),
            square: Parameters::zeros(config),
            steps: 0,
        }
    }

    /// Moves the parameters against `gradients` times `scale`, on `threads` threads. Rows of the embedding that the step did not touch stay as they are, and so
    /// do their means.
    pub fn step(
        &mut self,
        parameters: &mut Parameters,
        gradients: &Parameters,
        slots: &Slots,
        width: usize,
        (scale, rate): (f32, f32),
        threads: usize,
    ) {
        self.steps += 1;
        let steps = self.steps.min(100_000) as i32;
        let rule = Rule {
            scale,
            rate: rate * (1.0 - BETA2.powi(steps)).sqrt() / (1.0 - BETA1.powi(steps)),
        };
        let bounds = bounds(slots.ids(), parameters.bias.len(), threads);
        let cut = |of| parts(of, width, &bounds);
        let jobs = cut(parameters)
            .into_iter()
            .zip(cut(&mut self.mean).into_iter().zip(cut(&mut self.square)));
        on_threads(jobs, |thread, (parameters, (mean, square))| {
            let rows = parameters.first..parameters.first + parameters.bias.len();
            for (slot, id) in slots.ids().iter().enumerate() {
                if !rows.contains(&(*id as usize)) {
                    continue;
                }
                let at = *id as usize - rows.start;
                let row = at * width..(at + 1) * width;
                update(
                    &gradients.table[slot * width..][..width],
                    &mut parameters.table[row.clone()],
                    &mut mean.table[row.clone()],
                    &mut square.table[row],
                    rule,
                );
                update(
                    &gradients.bias[slot..][..1],
                    &mut parameters.bias[at..][..1],
                    &mut mean.bias[at..][..1],
                    &mut square.bias[at..][..1],
                    rule,
                );
            }
            let moments = mean.dense.into_iter().zip(square.dense);
            let tensors = gradients.dense().into_iter().zip(parameters.dense);
            for ((gradient, parameter), (mean, square)) in tensors.zip(moments) {
                let gradient = &gradient[share(gradient.len(), threads, thread)];
                update(gradient, parameter, mean, square, rule);
            }
        });
    }
}

/// A thread's part of some parameters: the embedding from row `first` on, and a share of each dense tensor.
struct Part<'a> {
    first: usize,
    table: &'a mut [f32],
    bias: &'a mut [f32],
    dense: Vec<&'a mut [f32]>,
}

/// Parts with the rows between neighboring bounds.
fn parts<'a>(of: &'a mut Parameters, width: usize, bounds: &[usize]) -> Vec<Part<'a>> {
    let mut tensors = of.all_mut();
    let mut take = || {
        tensors
            .pop()
            .expect("the embedding is there")
            .as_mut_slice()
    };
    let (mut bias, mut table) = (take(), take());
    let mut parts: Vec<Part> = bounds
        .windows(2)
        .map(|bounds| {
            let rows = bounds[1] - bounds[0];
            Part {
                first: bounds[0],
                table: table.split_off_mut(..rows * width).expect("a row a token"),
                bias: bias.split_off_mut(..rows).expect("a bias a token"),
                dense: Vec::new(),
            }
        })
        .collect();
    for tensor in tensors {
        let shares = shares(tensor, parts.len());
        for (part, share) in parts.iter_mut().zip(shares) {
            part.dense.push(share);
        }
    }
    parts
}

/// Bounds of `parts` ranges of ids with as many of these `ids` each.
fn bounds(ids: &[u32], vocabulary: usize, parts: usize) -> Vec<usize> {
    let mut sorted = ids.to_vec();
    sorted.sort_unstable();
    let inner = (1..parts).map(|part| sorted.get(sorted.len() * part / parts));
    let inner = inner.map(|id| id.map_or(vocabulary, |id| *id as usize));
    [0].into_iter().chain(inner).chain([vocabulary]).collect()
}

/// The norm of the gradients' sum, which the first become, on as many threads as there are gradients.
pub fn sum(gradients: &mut [&mut Parameters]) -> f32 {
    let threads = gradients.len();
    let (first, others) = gradients.split_first_mut().expect("a gradient");
    let others: Vec<Vec<&mut Vec<f32>>> = others.iter_mut().map(|of| of.all_mut()).collect();
    let mut jobs: Vec<Vec<&mut [f32]>> = (0..threads).map(|_| Vec::new()).collect();
    for tensor in first.all_mut() {
        for (job, share) in jobs.iter_mut().zip(shares(tensor, threads)) {
            job.push(share);
        }
    }
    let squares = on_threads(jobs, |thread, sums| {
        let tensors = sums.into_iter().enumerate();
        let squares = tensors.map(|(tensor, sum)| {
            for other in &others {
                let other = &other[tensor];
                add_scaled(1.0, &other[share(other.len(), threads, thread)], sum);
            }
            f64::from(squares(sum))
        });
        squares.sum::<f64>()
    });
    squares.iter().sum::<f64>().sqrt() as f32
}

/// A step's factors.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    scale: f32,
    rate: f32,
}

multiversion! {
    /// One tensor's Adam step; bias corrections are in the rate.
    pub fn update(gradient: &[f32], parameter: &mut [f32], mean: &mut [f32], square: &mut [f32], rule: Rule) {
        for (((p, g), m), v) in parameter.iter_mut().zip(gradient).zip(mean).zip(square) {
            let g = g * rule.scale;
            *m = BETA1 * *m + (1.0 - BETA1) * g;
            *v = BETA2 * *v + (1.0 - BETA2) * g * g;
            *p -= rule.rate * *m / (v.sqrt() + EPSILON);
        }
    }
}

multiversion! {
    /// Sum of squares, in 16 lanes.
    pub fn squares(x: &[f32]) -> f32 {
        let mut sums = [0.0f32; 16];
        let (chunks, rest) = x.as_chunks::<16>();
        for chunk in chunks {
            for (sum, x) in sums.iter_mut().zip(chunk) {
                *sum += x * x;
            }
        }
        sums.iter().sum::<f32>() + rest.iter().map(|x| x * x).sum::<f32>()
    }
}

/// Learning rate: a linear rise over `warmup` of the way, a plateau, and a linear fall to zero over the last `decay` of the way.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Schedule {
    /// The plateau.
    pub peak: f32,
    /// Tokens of the rise.
    pub warmup: u64,
    /// Fraction of all tokens in the fall.
    pub decay: f32,
    /// All tokens.
    pub total: u64,
}

impl Schedule {
    /// The rate after `tokens`.
    pub fn rate(&self, tokens: u64) -> f32 {
        let rise = (tokens as f32 + 1.0) / (self.warmup as f32 + 1.0);
        let left =
            self.total.saturating_sub(tokens) as f32 / (self.decay * self.total as f32).max(1.0);
        self.peak * rise.min(left).min(1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rate_rises_stays_and_falls() {
        let schedule = Schedule {
            peak: 2.0,
            warmup: 100,
            decay: 0.5,
            total: 1000,
        };
        let check = |tokens, want: f32| {
            assert!(
                (schedule.rate(tokens) - want).abs() < 0.03,
                "{tokens}: {}",
                schedule.rate(tokens)
            )
        };
        check(0, 0.02);
        check(50, 1.0);
        check(300, 2.0);
        check(750, 1.0);
        check(1000, 0.0);
        check(2000, 0.0);
    }

    #[test]
    fn adam_moves_by_the_rate_at_first() {
        let (mut p, mut m, mut v) = ([1.0, 1.0], [0.0; 2], [0.0; 2]);
        let rate = 0.1 * (1.0 - BETA2).sqrt() / (1.0 - BETA1);
        update(
            &[3.0, -0.5],
            &mut p,
            &mut m,
            &mut v,
            Rule { scale: 1.0, rate },
        );
        assert!(
            (p[0] - 0.9).abs() < 1e-4 && (p[1] - 1.1).abs() < 1e-4,
            "{p:?}"
        );
    }
}
