//! From weights in f32 to a model file's bytes.

use super::Config;
use super::file::{Parts, to_bytes};
use crate::nn::random::Random;
use crate::nn::simd::int8::{self, Packed};
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
