//! The trainable network: parameters, and one window's loss and gradients.
//!
//! embedding → LSTM layers → projection → softmax tied to the embedding; dropout on the embedding's output, between layers and before the softmax
//! (Zaremba et al. 2014).

use super::threads::on_threads;
use crate::model::Config;
use crate::nn::embedding::{self, Slots};
use crate::nn::linear;
use crate::nn::lstm::{self, Shape};
use crate::nn::random::Random;
use crate::nn::simd::gemm::Precision;
use crate::nn::softmax::{self, Classes};

/// All weights, in f32.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameters {
    /// (vocabulary, embedding)
    pub table: Vec<f32>,
    /// (vocabulary)
    pub bias: Vec<f32>,
    /// The recurrent layers, first to last.
    pub layers: Vec<lstm::Weights>,
    /// (hidden, embedding)
    pub projection: Vec<f32>,
}

impl Parameters {
    /// Random weights: uniform with the variance of Glorot and Bengio (2010), forget gates open (bias 1, Jozefowicz et al. 2015).
    pub fn random(config: &Config, random: &mut Random) -> Parameters {
        let hidden = config.hidden;
        let mut uniform = |n: usize, bound: f32| {
            (0..n)
                .map(|_| bound * (2.0 * random.uniform() - 1.0))
                .collect::<Vec<f32>>()
        };
        let table = uniform(config.vocabulary * config.embedding, 0.1);
        let layers = (0..config.layers)
            .map(|layer| {
                let input = config.layer_input(layer);
                let mut weights = lstm::Weights::zeros(Shape { input, hidden });
                weights.input = uniform(input * 4 * hidden, (6.0 / (input + hidden) as f32).sqrt());
                weights.recurrent = uniform(hidden * 4 * hidden, (3.0 / hidden as f32).sqrt());
                weights.bias[hidden..2 * hidden].fill(1.0);
                weights
            })
            .collect();
        let projection = uniform(
            hidden * config.embedding,
            (6.0 / (hidden + config.embedding) as f32).sqrt(),
        );
        Parameters {
            table,
            bias: vec![0.0; config.vocabulary],
            layers,
            projection,
        }
    }

    /// All zero.
    pub fn zeros(config: &Config) -> Parameters {
        let shape = |layer| Shape {
            input: config.layer_input(layer),
            hidden: config.hidden,
        };
        Parameters {
            table: vec![0.0; config.vocabulary * config.embedding],
            bias: vec![0.0; config.vocabulary],
            layers: (0..config.layers)
                .map(|l| lstm::Weights::zeros(shape(l)))
                .collect(),
            projection: vec![0.0; config.hidden * config.embedding],
        }
    }

    /// The dense tensors, in a fixed order; the embedding's table and bias stand apart, their gradients being sparse.
    pub fn dense(&self) -> Vec<&Vec<f32>> {
        let layers = self
            .layers
            .iter()
            .flat_map(|l| [&l.input, &l.recurrent, &l.bias]);
        layers.chain([&self.projection]).collect()
    }

    /// The same, to write.
    pub fn dense_mut(&mut self) -> Vec<&mut Vec<f32>> {
        let mut all = self.all_mut();
        all.truncate(all.len() - 2);
        all
    }

    /// Every tensor, the embedding's table and bias last.
    pub fn all_mut(&mut self) -> Vec<&mut Vec<f32>> {
        let layers = self
            .layers
            .iter_mut()
            .flat_map(|l| [&mut l.input, &mut l.recurrent, &mut l.bias]);
        layers
            .chain([&mut self.projection, &mut self.table, &mut self.bias])
            .collect()
    }

    /// Goes a share of the way to others of the same shape, in a straight line.
    pub fn pull_to(&mut self, others: &Parameters, share: f32) {
        let Parameters { table, bias, .. } = others;
        let others = others.dense().into_iter().chain([table, bias]);
        for (tensor, other) in self.all_mut().into_iter().zip(others) {
            for (x, other) in tensor.iter_mut().zip(other) {
                *x += share * (other - *x);
            }
        }
    }

    /// Makes room for the embedding's gradients, by slot.
    fn resize(&mut self, slots: usize, config: &Config) {
        self.table.resize(slots * config.embedding, 0.0);
        self.bias.resize(slots, 0.0);
    }
}

/// Weights as the products of a step want them, shared by its threads.
#[derive(Debug)]
pub struct Packed {
    /// The recurrent layers.
    pub layers: Vec<lstm::PackedWeights>,
    /// The projection.
    pub projection: linear::PackedWeights,
    /// The softmax's classes.
    pub classes: Classes,
}

impl Packed {
    /// Buffers to pack into.
    pub fn new(config: &Config, precision: Precision) -> Packed {
        let shape = |layer| Shape {
            input: config.layer_input(layer),
            hidden: config.hidden,
        };
        Packed {
            layers: (0..config.layers)
                .map(|l| lstm::PackedWeights::new(shape(l), precision))
                .collect(),
            projection: linear::PackedWeights::new(config.hidden, config.embedding, precision),
            classes: Classes::new(config.vocabulary, config.embedding, precision),
        }
    }

    /// Packs the parameters on up to `threads` threads, with `classes` as the softmax's.
    pub fn pack(
        &mut self,
        parameters: &Parameters,
        classes: &[u32],
        log_counts: &[f32],
        threads: usize,
    ) {
        let weights = softmax::Weights {
            table: &parameters.table,
            bias: &parameters.bias,
        };
        let Packed {
            layers,
            projection,
            classes: packed_classes,
        } = self;
        let mut jobs: Vec<Box<dyn FnOnce() + Send + '_>> = Vec::new();
        for (packed, weights) in layers.iter_mut().zip(&parameters.layers) {
            jobs.push(Box::new(move || {
                packed.pack_forward(weights);
                packed.pack_backward(weights);
            }));
        }
        jobs.push(Box::new(move || {
            projection.pack(&parameters.projection);
            packed_classes.set(classes, weights, log_counts);
        }));
        let mut shares: Vec<Vec<_>> = (0..threads.min(jobs.len())).map(|_| Vec::new()).collect();
        for (job, share) in jobs.into_iter().zip((0..shares.len()).cycle()) {
            shares[share].push(job);
        }
        on_threads(shares, |_, jobs| jobs.into_iter().for_each(|job| job()));
    }
}

/// How a window is read.
#[derive(Clone, Copy, Debug)]
pub struct Window<'a> {
    /// (time · batch): the tokens read.
    pub inputs: &'a [u32],
    /// (time · batch): the tokens that follow them.
    pub targets: &'a [u32],
    /// (time · batch): whether the state is zeroed before the token.
    pub starts: &'a [bool],
}

/// One thread's streams: their hidden states, and the buffers of a window.
#[derive(Debug)]
pub struct Worker {
    config: Config,
    /// One a layer, each (batch, hidden).
    pub states: Vec<lstm::State>,
    /// The last window's gradients: dense ones whole, of the embedding (slots, embedding) and (slots).
    pub gradients: Parameters,
    random: Random,
    tapes: Vec<lstm::Tape>,
    activations: Vec<Vec<f32>>, // input of each layer, then of the projection, then the softmax's
    masks: Vec<Vec<f32>>,       // dropout, as `activations`
    flow: [Vec<f32>; 2],        // gradients of activations
    linear: linear::Scratch,
    softmax: softmax::Scratch,
}

impl Worker {
    /// `batch` streams at the zero state.
    pub fn new(config: &Config, batch: usize, precision: Precision) -> Worker {
        Worker {
            config: config.clone(),
            states: vec![lstm::State::zeros(batch, config.hidden); config.layers],
            gradients: Parameters::zeros(config),
            random: Random::new(0),
            tapes: (0..config.layers)
                .map(|_| lstm::Tape::new(precision))
                .collect(),
            activations: vec![Vec::new(); config.layers + 2],
            masks: vec![Vec::new(); config.layers + 2],
            flow: [Vec::new(), Vec::new()],
            linear: linear::Scratch::new(precision),
            softmax: softmax::Scratch::new(precision),
        }
    }

    /// Reads a window and returns what the softmax takes: (time · batch, embedding).
    pub fn read(&mut self, parameters: &Parameters, packed: &Packed, window: Window) -> &[f32] {
        self.forward(parameters, packed, window, 0.0);
        self.activations.last().expect("the softmax has an input")
    }

    /// Reads a window and returns the sum of its exact losses in nats; `packed` holds all classes without correction.
    pub fn evaluate(&mut self, parameters: &Parameters, packed: &Packed, window: Window) -> f64 {
        self.forward(parameters, packed, window, 0.0);
        softmax::exact_loss(
            &packed.classes,
            self.activations.last().expect("the softmax has an input"),
            window.targets,
            &mut self.softmax,
        )
    }

    /// Reads a window and leaves its gradients, times `scale`; returns the sum of its losses in nats. `seed` draws the dropout masks.
    #[expect(clippy::too_many_arguments, reason = "one call, all of it needed")]
    pub fn learn(
        &mut self,
        parameters: &Parameters,
        packed: &Packed,
        log_counts: &[f32],
        slots: &Slots,
        window: Window,
        scale: f32,
        dropout: f32,
        seed: u64,
    ) -> f64 {
        self.random = Random::new(seed);
        self.forward(parameters, packed, window, dropout);
        let width = self.config.embedding;
        let layers = self.config.layers;
        self.gradients.resize(slots.ids().len(), &self.config);
        let [upper, lower] = &mut self.flow;
        upper.resize(window.inputs.len() * width, 0.0);
        let mut gradient = softmax::Gradient {
            slots,
            table: &mut self.gradients.table,
            bias: &mut self.gradients.bias,
        };
        let weights = softmax::Weights {
            table: &parameters.table,
            bias: &parameters.bias,
        };
        let y = &self.activations[layers + 1];
        let loss = softmax::loss_and_gradient(
            &packed.classes,
            weights,
            log_counts,
            y,
            window.targets,
            scale,
            upper,
            &mut gradient,
            &mut self.softmax,
        );
        apply(&self.masks[layers + 1], upper);
        lower.resize(window.inputs.len() * self.config.hidden, 0.0);
        linear::backward(
            &packed.projection,
            &self.activations[layers],
            upper,
            &mut self.gradients.projection,
            lower,
            &mut self.linear,
        );
        for layer in (0..layers).rev() {
            std::mem::swap(upper, lower);
            apply(&self.masks[layer + 1], upper);
            lower.resize(window.inputs.len() * self.config.layer_input(layer), 0.0);
            let (x, gradient) = (&self.activations[layer], &mut self.gradients.layers[layer]);
            lstm::backward(
                &packed.layers[layer],
                x,
                window.starts,
                upper,
                gradient,
                lower,
                &mut self.tapes[layer],
            );
        }
        apply(&self.masks[0], lower);
        embedding::backward(
            slots,
            width,
            window.inputs,
            lower,
            &mut self.gradients.table,
        );
        loss
    }

    fn forward(&mut self, parameters: &Parameters, packed: &Packed, window: Window, dropout: f32) {
        let rows = window.inputs.len();
        let layers = self.config.layers;
        let widths = (0..=layers)
            .map(|l| self.config.layer_input(l))
            .chain([self.config.embedding]);
        for (activation, width) in self.activations.iter_mut().zip(widths) {
            activation.resize(rows * width, 0.0);
        }
        embedding::forward(
            &parameters.table,
            self.config.embedding,
            window.inputs,
            &mut self.activations[0],
        );
        self.drop(0, dropout);
        for layer in 0..layers {
            let [x, out] = self
                .activations
                .get_disjoint_mut([layer, layer + 1])
                .expect("two different layers");
            lstm::forward(
                &packed.layers[layer],
                x,
                window.starts,
                &mut self.states[layer],
                out,
                &mut self.tapes[layer],
            );
            self.drop(layer + 1, dropout);
        }
        let [x, y] = self
            .activations
            .get_disjoint_mut([layers, layers + 1])
            .expect("two different layers");
        linear::forward(&packed.projection, x, y, &mut self.linear);
        self.masks[layers + 1].clear();
    }

    /// Drops activations with probability `p` and scales the others up; an empty mask means that nothing was dropped.
    fn drop(&mut self, at: usize, p: f32) {
        let mask = &mut self.masks[at];
        mask.clear();
        if p > 0.0 {
            let random = &mut self.random;
            mask.extend(self.activations[at].iter().map(|_| {
                if random.uniform() < p {
                    0.0
                } else {
                    1.0 / (1.0 - p)
                }
            }));
            apply(&self.masks[at], &mut self.activations[at]);
        }
    }
}

fn apply(mask: &[f32], x: &mut [f32]) {
    for (x, m) in x.iter_mut().zip(mask) {
        *x *= m;
    }
}
