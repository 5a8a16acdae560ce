//! Adam (Kingma and Ba 2015) with clipping by the global norm, and the learning rate's course.

use super::network::Parameters;
use crate::model::Config;
use crate::nn::embedding::Slots;
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

    /// Moves the parameters against `gradients` times `scale`. Rows of the embedding that the step did not touch stay as they are, and so do their means.
    pub fn step(
        &mut self,
        parameters: &mut Parameters,
        gradients: &mut Parameters,
        slots: &Slots,
        width: usize,
        scale: f32,
        rate: f32,
    ) {
        self.steps += 1;
        let steps = self.steps.min(100_000) as i32;
        let rule = Rule {
            scale,
            rate: rate * (1.0 - BETA2.powi(steps)).sqrt() / (1.0 - BETA1.powi(steps)),
        };
        let Adam { mean, square, .. } = self;
        let (table, bias) = (&gradients.table, &gradients.bias);
        let rows = |parameters: &mut Parameters, mean: &mut Parameters, square: &mut Parameters| {
            for (slot, id) in slots.ids().iter().enumerate() {
                let (id, row) = (
                    *id as usize,
                    *id as usize * width..(*id as usize + 1) * width,
                );
                update(
                    &table[slot * width..][..width],
                    &mut parameters.table[row.clone()],
                    &mut mean.table[row.clone()],
                    &mut square.table[row],
                    rule,
                );
                update(
                    &bias[slot..][..1],
                    &mut parameters.bias[id..][..1],
                    &mut mean.bias[id..][..1],
                    &mut square.bias[id..][..1],
                    rule,
                );
            }
        };
        rows(parameters, mean, square);
        let means = mean.dense_mut().into_iter().zip(square.dense_mut());
        for ((parameters, gradients), (mean, square)) in parameters
            .dense_mut()
            .into_iter()
            .zip(gradients.dense_mut())
            .zip(means)
        {
            update(gradients, parameters, mean, square, rule);
        }
    }
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
