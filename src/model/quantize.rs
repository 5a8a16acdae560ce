//! From weights in f32 to a model file's bytes, and back.

use super::file::{Bytes, ModelFile, Parts, to_bytes, with_network};
use super::{Config, Model};
use crate::nn::random::Random;
use crate::nn::simd::int8::{self, Matrix, Packed};
use crate::text::Tokenizer;

/// A network's weights in f32, as the trainer holds them.
#[derive(Clone, Debug)]
pub struct Network<'a> {
    /// (vocabulary, embedding)
    pub table: &'a [f32],
    /// (vocabulary)
    pub bias: &'a [f32],
    /// First to last.
    pub layers: Vec<NetworkLayer<'a>>,
    /// (hidden, embedding)
    pub projection: &'a [f32],
}

/// One LSTM layer; gates in the order i, f, g, o.
#[derive(Clone, Copy, Debug)]
pub struct NetworkLayer<'a> {
    /// (input, 4 · hidden)
    pub input: &'a [f32],
    /// (hidden, 4 · hidden)
    pub recurrent: &'a [f32],
    /// (4 · hidden)
    pub bias: &'a [f32],
}

/// The bytes of a model file, weights rounded to 8 bits.
///
/// # Panics
/// When a tensor's length is not what `config` says.
pub fn model_bytes(config: &Config, tokenizer: &Tokenizer, network: &Network) -> Vec<u8> {
    let (hidden, embedding) = (config.hidden, config.embedding);
    let layers = network.layers.iter().enumerate().map(|(layer, weights)| {
        let input = transposed(weights.input, config.layer_input(layer), 4 * hidden);
        (
            input,
            transposed(weights.recurrent, hidden, 4 * hidden),
            weights.bias.to_vec(),
        )
    });
    to_bytes(&Parts {
        config: config.clone(),
        tokenizer: tokenizer.to_bytes(),
        bias: network.bias.to_vec(),
        embedding: rows(network.table, config.vocabulary, embedding),
        projection: transposed(network.projection, hidden, embedding),
        layers: layers.collect(),
    })
}

/// A model's weights in f32, shaped as [`Network`].
#[derive(Clone, Debug)]
pub struct Weights {
    /// (vocabulary, embedding)
    pub table: Vec<f32>,
    /// (vocabulary)
    pub bias: Vec<f32>,
    /// Input, recurrent and bias of each layer, shaped as [`NetworkLayer`].
    pub layers: Vec<(Vec<f32>, Vec<f32>, Vec<f32>)>,
    /// (hidden, embedding)
    pub projection: Vec<f32>,
}

impl Weights {
    /// The number of weights of each tensor, in a fixed order.
    pub(super) fn lengths(&self) -> Vec<usize> {
        let layers = self.layers.iter();
        let layers = layers.flat_map(|(input, recurrent, bias)| [input, recurrent, bias]);
        layers
            .chain([&self.projection, &self.table, &self.bias])
            .map(Vec::len)
            .collect()
    }
}

impl Model {
    /// The weights in f32, as far as 8 bits kept them.
    pub fn weights(&self) -> Weights {
        let config = self.config();
        let layers = (0..config.layers).map(|layer| {
            let (input, recurrent, bias) = self.file.layer(layer);
            (
                transposed_back(input, config.layer_input(layer)),
                transposed_back(recurrent, config.hidden),
                bias.to_vec(),
            )
        });
        Weights {
            table: rows_back(self.file.embedding(), config.embedding),
            bias: self.file.bias().to_vec(),
            layers: layers.collect(),
            projection: transposed_back(self.file.projection(), config.hidden),
        }
    }
}

impl Model {
    /// The file of this model with other weights, rounded to 8 bits.
    ///
    /// # Panics
    /// When a tensor's length is not what the configuration says.
    pub fn with_network(&self, network: &Network) -> Vec<u8> {
        let bytes = model_bytes(self.config(), self.tokenizer(), network);
        let network = ModelFile::new(Bytes::Owned(bytes)).expect("bytes that were just made");
        with_network(&self.file, &network)
    }
}

/// Undoes [`rows`]: (rows, columns).
fn rows_back(matrix: Matrix, columns: usize) -> Vec<f32> {
    let mut row = vec![0; matrix.columns];
    let mut all = Vec::with_capacity(matrix.rows() * columns);
    for (at, scale) in matrix.scales.iter().enumerate() {
        matrix.row(at, &mut row);
        all.extend(
            row[..columns]
                .iter()
                .map(|&weight| f32::from(weight) * scale),
        );
    }
    all
}

/// Undoes [`transposed`]: (input, output).
fn transposed_back(matrix: Matrix, input: usize) -> Vec<f32> {
    let output = matrix.rows();
    let rows = rows_back(matrix, input);
    let places = (0..input).flat_map(|i| (0..output).map(move |o| o * input + i));
    places.map(|place| rows[place]).collect()
}

/// Packs a (rows, columns) matrix, columns padded with zeros.
fn rows(matrix: &[f32], rows: usize, columns: usize) -> Packed {
    assert_eq!(matrix.len(), rows * columns);
    int8::pack(
        rows,
        columns.next_multiple_of(int8::GROUP),
        |row, column| {
            if column < columns {
                matrix[row * columns + column]
            } else {
                0.0
            }
        },
    )
}

/// Packs the transpose of an (input, output) matrix.
fn transposed(matrix: &[f32], input: usize, output: usize) -> Packed {
    assert_eq!(matrix.len(), input * output);
    int8::pack(
        output,
        input.next_multiple_of(int8::GROUP),
        |row, column| {
            if column < input {
                matrix[column * output + row]
            } else {
                0.0
            }
        },
    )
}

/// Text that the tiny model's vocabulary is learned from.
const TINY_TEXT: &str = "The quick brown fox jumps over the lazy dog, and the dog sleeps on. It doesn't matter what the weather is like; \
    people write letters, notes and stories every day. She said that they would be there in the morning, when the house was quiet. \
    A writer needs words: the next word, the end of a word, a name like Paris or Anna. He had been reading since the evening, and nobody knew why. \
    “Where are you going?” asked the old man. There is nothing better than this. We have to think about the future of the world.";

/// A tiny model of random weights.
pub(super) fn tiny(seed: u64) -> Vec<u8> {
    let tokenizer = Tokenizer::train(std::iter::repeat_n(TINY_TEXT, 8), 768);
    let config = Config {
        vocabulary: tokenizer.vocabulary().len(),
        embedding: 16,
        hidden: 24,
        layers: 2,
    };
    let mut random = Random::new(seed);
    let mut numbers = |n: usize| (0..n).map(|_| 0.5 * random.normal()).collect::<Vec<f32>>();
    let (table, bias) = (
        numbers(config.vocabulary * config.embedding),
        numbers(config.vocabulary),
    );
    let gates = 4 * config.hidden;
    let layers: Vec<_> = (0..config.layers)
        .map(|l| {
            (
                numbers(config.layer_input(l) * gates),
                numbers(config.hidden * gates),
                numbers(gates),
            )
        })
        .collect();
    let projection = numbers(config.hidden * config.embedding);
    let layers = layers
        .iter()
        .map(|(input, recurrent, bias)| NetworkLayer {
            input,
            recurrent,
            bias,
        })
        .collect();
    model_bytes(
        &config,
        &tokenizer,
        &Network {
            table: &table,
            bias: &bias,
            layers,
            projection: &projection,
        },
    )
}
