//! Truncated BPTT: one step a window, on a fixed number of threads.
//!
//! A window's streams are dealt out to the threads, each of which reads its streams through all layers and time steps alone; gradients are then added in the
//! order of the threads. So a step needs no lock and three joins, and the same seed and number of threads give the same weights.

use super::network::{self, Packed, Parameters, Worker};
use super::optim::{self, Adam, Schedule};
use super::streams::Window;
use super::threads::{on_threads, share};
use crate::model::Config;
use crate::nn::embedding::Slots;
use crate::nn::random::Random;
use crate::nn::simd::gemm::Precision;
use crate::nn::softmax::NO_TARGET;
use serde::{Deserialize, Serialize};

/// How to train; what a checkpoint must agree on to go on to the same weights.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// The network.
    pub network: Config,
    /// Streams read side by side.
    pub batch: usize,
    /// Tokens that gradients flow back through.
    pub bptt: usize,
    /// Probability of dropping an activation.
    pub dropout: f32,
    /// Learning rate of the plateau.
    pub rate: f32,
    /// Tokens over which the rate rises.
    pub warmup: u64,
    /// Fraction of the tokens over which it falls to zero at the end.
    pub decay: f32,
    /// Tokens to train on.
    pub tokens: u64,
    /// Gradients of a larger norm are scaled down to this.
    pub clip: f32,
    /// Classes of the sampled softmax, on average; 0 or the vocabulary's size: the exact softmax.
    pub classes: usize,
    /// Seeds the weights, the samples and the dropout.
    pub seed: u64,
    /// Threads.
    pub threads: usize,
    /// bfloat16 products: only where the processor has them.
    pub bf16: bool,
}

/// What a step did.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// Mean loss in nats a token, by the (sampled) softmax.
    pub loss: f64,
    /// Norm of the gradient before clipping.
    pub norm: f32,
    /// Learning rate.
    pub rate: f32,
}

/// Parameters in training, and all that a step needs.
#[derive(Debug)]
pub struct Trainer {
    /// How.
    pub settings: Settings,
    /// The weights.
    pub parameters: Parameters,
    /// The optimizer's state.
    pub adam: Adam,
    /// One a thread; their states are part of a checkpoint.
    pub workers: Vec<Worker>,
    /// Tokens trained on.
    pub tokens: u64,
    inclusion: Vec<f32>, // (vocabulary): probability of being among a step's classes
    log_counts: Vec<f32>, // (vocabulary): its logarithm
    packed: Packed,
    slots: Slots,
}

impl Trainer {
    /// A trainer of `parameters`. `counts` (vocabulary) says how often each token occurs in the corpus.
    pub fn new(settings: Settings, parameters: Parameters, counts: &[u64]) -> Trainer {
        let precision = settings.precision();
        let threads = settings.threads.clamp(1, settings.batch);
        let workers = (0..threads)
            .map(|t| {
                Worker::new(
                    &settings.network,
                    share(settings.batch, threads, t).len(),
                    precision,
                )
            })
            .collect();
        let inclusion = inclusion(counts, settings.classes);
        Trainer {
            adam: Adam::new(&settings.network),
            parameters,
            workers,
            tokens: 0,
            log_counts: inclusion.iter().map(|p| p.ln()).collect(),
            inclusion,
            packed: Packed::new(&settings.network, precision),
            slots: Slots::new(settings.network.vocabulary),
            settings,
        }
    }

    /// Where the learning rate goes.
    pub fn schedule(&self) -> Schedule {
        let Settings {
            rate,
            warmup,
            decay,
            tokens,
            ..
        } = self.settings;
        Schedule {
            peak: rate,
            warmup,
            decay,
            total: tokens,
        }
    }

    /// Learns from a window.
    pub fn step(&mut self, window: &Window) -> Step {
        let Settings {
            dropout,
            clip,
            seed,
            ..
        } = self.settings;
        let width = self.settings.network.embedding;
        let counted = window.counted().max(1);
        let mut random = Random::new(seed ^ self.tokens.wrapping_mul(0x2545_f491_4f6c_dd1d));
        self.slots.clear();
        self.slots.extend(&sample(&self.inclusion, &mut random));
        let classes = self.slots.ids().len();
        self.packed.pack(
            &self.parameters,
            self.slots.ids(),
            &self.log_counts,
            self.workers.len(),
        );
        debug_assert!(classes > 0);
        for ids in [&window.targets, &window.inputs] {
            self.slots.extend_known(ids, NO_TARGET);
        }

        let (parameters, packed, log_counts, slots) = (
            &self.parameters,
            &self.packed,
            &self.log_counts,
            &self.slots,
        );
        let threads = self.workers.len();
        let scale = 1.0 / counted as f32;
        let losses = on_threads(&mut self.workers, |thread, worker| {
            let part = Columns::of(window, share(window.batch, threads, thread));
            worker.learn(
                parameters,
                packed,
                log_counts,
                slots,
                part.window(),
                scale,
                dropout,
                seed ^ random.state ^ thread as u64,
            )
        });

        let rate = self.schedule().rate(self.tokens);
        let mut gradients: Vec<&mut Parameters> =
            self.workers.iter_mut().map(|w| &mut w.gradients).collect();
        let norm = optim::sum(&mut gradients);
        let scale = if norm > clip { clip / norm } else { 1.0 };
        self.adam.step(
            &mut self.parameters,
            gradients[0],
            &self.slots,
            width,
            (scale, rate),
            threads,
        );
        self.tokens += counted as u64;
        Step {
            loss: losses.iter().sum::<f64>() / counted as f64,
            norm,
            rate,
        }
    }
}

/// Judges parameters by the exact softmax.
#[derive(Debug)]
pub struct Evaluator {
    packed: Packed,
    workers: Vec<Worker>,
}

impl Evaluator {
    /// For `batch` streams, starting at the zero state.
    pub fn new(settings: &Settings, parameters: &Parameters, batch: usize) -> Evaluator {
        let precision = settings.precision();
        let config = &settings.network;
        let threads = settings.threads.clamp(1, batch);
        let mut packed = Packed::new(config, precision);
        let all: Vec<u32> = (0..config.vocabulary as u32).collect();
        packed.pack(parameters, &all, &vec![0.0; config.vocabulary], threads);
        let workers = (0..threads)
            .map(|t| Worker::new(config, share(batch, threads, t).len(), precision))
            .collect();
        Evaluator { packed, workers }
    }

    /// Sum of the exact losses of a window in nats.
    pub fn loss(&mut self, parameters: &Parameters, window: &Window) -> f64 {
        let threads = self.workers.len();
        let packed = &self.packed;
        let losses = on_threads(&mut self.workers, |thread, worker| {
            worker.evaluate(
                parameters,
                packed,
                Columns::of(window, share(window.batch, threads, thread)).window(),
            )
        });
        losses.iter().sum()
    }
}

impl Settings {
    fn precision(&self) -> Precision {
        if self.bf16 {
            Precision::fastest()
        } else {
            Precision::F32
        }
    }
}

/// Some streams of a window.
struct Columns {
    inputs: Vec<u32>,
    targets: Vec<u32>,
    starts: Vec<bool>,
}

impl Columns {
    fn of(window: &Window, columns: std::ops::Range<usize>) -> Columns {
        fn pick<T: Copy>(rows: &[T], batch: usize, columns: &std::ops::Range<usize>) -> Vec<T> {
            rows.chunks_exact(batch)
                .flat_map(|row| &row[columns.clone()])
                .copied()
                .collect()
        }
        Columns {
            inputs: pick(&window.inputs, window.batch, &columns),
            targets: pick(&window.targets, window.batch, &columns),
            starts: pick(&window.starts, window.batch, &columns),
        }
    }

    fn window(&self) -> network::Window<'_> {
        network::Window {
            inputs: &self.inputs,
            targets: &self.targets,
            starts: &self.starts,
        }
    }
}

/// Probability of each token to be among a step's classes so that `classes` are expected: 1 - (1 - q)ⁿ, the chance to turn up in n draws from q, the counts
/// to the power 3/4 (Mikolov et al. 2013).
fn inclusion(counts: &[u64], classes: usize) -> Vec<f32> {
    if classes == 0 || classes >= counts.len() {
        return vec![1.0; counts.len()];
    }
    let weights: Vec<f64> = counts
        .iter()
        .map(|n| (*n as f64 + 1.0).powf(0.75))
        .collect();
    let sum: f64 = weights.iter().sum();
    let probabilities = |draws: f64| weights.iter().map(move |w| -(-draws * w / sum).exp_m1());
    let (mut low, mut high) = (0.0, 1.0);
    while probabilities(high).sum::<f64>() < classes as f64 && high < 1e12 {
        high *= 2.0;
    }
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        *(if probabilities(middle).sum::<f64>() < classes as f64 {
            &mut low
        } else {
            &mut high
        }) = middle;
    }
    probabilities(high).map(|p| p as f32).collect()
}

/// Each token with its own probability, independently.
fn sample(inclusion: &[f32], random: &mut Random) -> Vec<u32> {
    let chosen = inclusion
        .iter()
        .enumerate()
        .filter(|(_, p)| random.uniform() < **p);
    chosen.map(|(id, _)| id as u32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(classes: usize) -> Settings {
        Settings {
            network: Config {
                vocabulary: 12,
                embedding: 8,
                hidden: 16,
                layers: 2,
            },
            batch: 4,
            bptt: 8,
            dropout: 0.0,
            rate: 0.02,
            warmup: 0,
            decay: 0.2,
            tokens: 8000,
            clip: 1.0,
            classes,
            seed: 1,
            threads: 2,
            bf16: false,
        }
    }

    /// Streams that count 0, 1, 2, … 11, 0, …: learnable to almost no loss.
    fn window(step: usize, settings: &Settings) -> Window {
        let mut window = Window::new(settings.batch, settings.bptt);
        for t in 0..settings.bptt {
            for b in 0..settings.batch {
                let at = t * settings.batch + b;
                let place = step * settings.bptt + t + 3 * b;
                (window.inputs[at], window.targets[at]) =
                    (place as u32 % 12, (place as u32 + 1) % 12);
                window.starts[at] = t == 0 && step.is_multiple_of(3);
            }
        }
        window
    }

    fn train(settings: &Settings) -> (Trainer, f64) {
        let parameters = Parameters::random(&settings.network, &mut Random::new(settings.seed));
        let mut trainer = Trainer::new(settings.clone(), parameters, &[5; 12]);
        for step in 0..200 {
            trainer.step(&window(step, settings));
        }
        let mut evaluator = Evaluator::new(settings, &trainer.parameters, settings.batch);
        let (first, second) = (window(0, settings), window(1, settings));
        evaluator.loss(&trainer.parameters, &first);
        let loss = evaluator.loss(&trainer.parameters, &second) / second.counted() as f64;
        (trainer, loss)
    }

    #[test]
    fn learns_to_count() {
        for (classes, limit) in [(0, 0.05), (6, 0.3)] {
            let (_, loss) = train(&settings(classes));
            assert!(loss < limit, "{classes} classes: {loss} nats");
        }
    }

    #[test]
    fn same_seed_same_weights() {
        let settings = Settings {
            dropout: 0.2,
            ..settings(6)
        };
        assert!(train(&settings).0.parameters == train(&settings).0.parameters);
    }

    #[test]
    fn expected_number_of_classes_is_met() {
        let counts: Vec<u64> = (1..=1000).map(|rank| 100_000 / rank).collect();
        let inclusion = inclusion(&counts, 100);
        assert!((inclusion.iter().sum::<f32>() - 100.0).abs() < 0.1);
        assert!(inclusion[0] > inclusion[10] && inclusion[10] > inclusion[900]);
    }
}
