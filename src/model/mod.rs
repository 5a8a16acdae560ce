//! A trained network: configuration, weights, state. Imports `text` and `nn`.
//!
//! The network is `embedding → LSTM layers → projection → softmax tied to the embedding`. Weights are 8-bit with a scale for each row, vectors are rounded to
//! 8 bits before a product, everything else is f32. The softmax learns from what is read ([`fast`]). The model is immutable and shared; the state is a small value that the caller owns.

mod config;
mod fast;
pub mod file;
mod full;
pub mod gates;
pub mod known;
mod learn;
pub mod ngram;
mod quantize;
mod read;
mod shipped;
mod state;

pub use config::Config;
pub use file::{Error, patiently, write_whole};
pub use quantize::{Network, NetworkLayer, Weights, model_bytes};
pub use state::State;

use std::path::Path;

use crate::nn::lstm;
use crate::nn::simd::int8::{self, Matrix, Rows, Vectors};
use crate::text::{TokenId, Tokenizer};
use fast::{FastWeights, Lessons};
use file::{Bytes, ModelFile};
use gates::Gates;
use known::{KnownWords, WordTree};
use learn::Learners;
use ngram::Ngram;
use read::Passage;

/// No model file is larger.
const LARGEST_FILE: u64 = 1 << 30;

/// Configuration, vocabulary and weights; immutable, shared by `Arc`.
#[derive(Debug)]
pub struct Model {
    file: ModelFile,
    tokenizer: Tokenizer,
    gates: Gates,
    full: Option<Weights>, // to compute with instead of the file's
    rows: Rows,            // of the softmax
    has_fast_weights: bool,
}

/// Buffers of a forward pass. One a thread; what it holds between calls changes no result.
#[derive(Debug, Default)]
pub struct Scratch {
    gates: Vec<f32>,  // (states, 4 · hidden)
    h: Vec<f32>,      // (hidden)
    c: Vec<f32>,      // (hidden)
    tanh_c: Vec<f32>, // (hidden)
    y: Vec<f32>,      // (states, embedding)
    input: Quantized, // of a layer, then of the softmax
    recurrent: Quantized,
    fast: FastWeights, // after the state that was asked about last
    learners: Learners,
    passage: Passage,
    lessons: Vec<Lessons>,
}

/// Vectors rounded to 8 bits.
#[derive(Debug, Default)]
struct Quantized {
    data: Vec<i8>,    // (states, columns)
    scales: Vec<f32>, // (states)
}

impl Quantized {
    fn clear(&mut self) {
        self.data.clear();
        self.scales.clear();
    }

    /// Appends a vector, padded to `columns`.
    fn push(&mut self, x: &[f32], columns: usize) {
        let at = self.data.len();
        self.data.resize(at + columns, 0);
        self.scales
            .push(int8::quantize(x, &mut self.data[at..][..x.len()]));
    }

    /// Appends a row of a matrix as it stands.
    fn push_row(&mut self, matrix: Matrix, row: usize) {
        let at = self.data.len();
        self.data.resize(at + matrix.columns, 0);
        matrix.row(row, &mut self.data[at..]);
        self.scales.push(matrix.scales[row]);
    }

    fn vectors(&self) -> Vectors<'_> {
        Vectors {
            data: &self.data,
            scales: &self.scales,
        }
    }
}

impl Model {
    /// Opens a model file, memory-mapped.
    pub fn open(path: &Path) -> Result<Model, Error> {
        Model::from_file(ModelFile::open(path)?)
    }

    /// Reads a model file. A process that lives long does not map files that others may write over: where a mapped file has become
    /// shorter, there is no memory any more.
    pub fn read(path: &Path) -> Result<Model, Error> {
        let about = std::fs::metadata(path)?;
        if !about.is_file() || about.len() > LARGEST_FILE {
            let found = about.len();
            return Err(Error::Format(match about.is_file() {
                true => format!("{found} bytes, expected {LARGEST_FILE} at most"),
                false => "not a file".to_owned(),
            }));
        }
        Model::from_bytes(std::fs::read(path)?)
    }

    /// A model in memory.
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Model, Error> {
        Model::from_file(ModelFile::new(Bytes::Owned(bytes))?)
    }

    /// A model that is part of the program.
    pub fn from_static(bytes: &'static [u8]) -> Result<Model, Error> {
        Model::from_file(ModelFile::new(Bytes::Static(bytes))?)
    }

    fn from_file(file: ModelFile) -> Result<Model, Error> {
        let tokenizer = Tokenizer::from_bytes(file.tokenizer())
            .map_err(|what| Error::Format(format!("tokenizer: {what}")))?;
        let (found, expected) = (tokenizer.vocabulary().len(), file.config().vocabulary);
        if found != expected {
            return Err(Error::Format(format!(
                "tokenizer of {found} tokens, expected {expected} as in the header"
            )));
        }
        let gates = match file.gates() {
            Some(weights) => Gates::from_weights(weights).map_err(Error::Format)?,
            None => Gates::default(),
        };
        Ok(Model {
            rows: Rows::new(expected),
            file,
            tokenizer,
            gates,
            full: None,
            has_fast_weights: true,
        })
    }

    /// A tiny untrained model with a small English vocabulary, for tests. Same seed, same weights.
    pub fn tiny(seed: u64) -> Model {
        Model::from_bytes(Model::tiny_bytes(seed)).expect("bytes that were just made")
    }

    /// The file of [`Model::tiny`].
    pub fn tiny_bytes(seed: u64) -> Vec<u8> {
        quantize::tiny(seed)
    }

    /// The model compiled into the binary.
    pub fn shipped() -> Model {
        Model::from_static(shipped::bytes()).expect("the file was checked when it was built in")
    }

    /// Number of bytes of the file.
    pub fn file_bytes(&self) -> usize {
        self.file.len()
    }

    /// Reads all of the file and compares its checksum.
    pub fn verify(&self) -> Result<(), Error> {
        self.file.verify()
    }

    /// The table of what follows what, where the file has one.
    pub fn ngram(&self) -> Option<Ngram<'_>> {
        self.file.ngram()
    }

    /// The words of several tokens that stood in the training text, where the file has them.
    pub fn known(&self) -> Option<KnownWords<'_>> {
        self.file.known()
    }

    /// The file of this model with other words of several tokens.
    pub fn with_known(&self, words: &WordTree) -> Vec<u8> {
        file::with_known(&self.file, words)
    }

    /// How far counts are to be trusted beside the network.
    pub fn gates(&self) -> &Gates {
        &self.gates
    }

    /// The file of this model with another table of what follows what.
    pub fn with_ngram(&self, table: &ngram::Table) -> Vec<u8> {
        file::with_ngram(&self.file, table)
    }

    /// The file of this model with other gates.
    pub fn with_gates(&self, gates: &Gates) -> Vec<u8> {
        file::with_gates(&self.file, gates)
    }

    /// The same model computing in 32 bits with these weights, which its own were rounded from, without fast weights: to measure what
    /// rounding costs.
    pub fn in_full(mut self, weights: Weights) -> Result<Model, String> {
        let (found, expected) = (weights.lengths(), self.weights().lengths());
        if found != expected {
            return Err(format!(
                "weights of tensors of {found:?} numbers, expected {expected:?}"
            ));
        }
        self.full = Some(weights);
        self.has_fast_weights = false;
        Ok(self)
    }

    /// Hyperparameters.
    pub fn config(&self) -> &Config {
        self.file.config()
    }

    /// Its tokenizer.
    pub fn tokenizer(&self) -> &Tokenizer {
        &self.tokenizer
    }

    /// Number of tokens: the length of a row of logits.
    pub fn vocabulary_size(&self) -> usize {
        self.config().vocabulary
    }

    /// Tells weights apart: the checksum of the file they are in. A state means nothing to a model of another identity.
    pub fn identity(&self) -> u64 {
        u64::from(self.file.checksum())
    }

    /// The state before anything is read.
    pub fn zero_state(&self) -> State {
        let n = self.config().layers * self.config().hidden;
        State {
            h: vec![0.0; n],
            c: vec![0.0; n],
            lessons: Lessons::default(),
        }
    }

    /// The same model without fast weights: to measure what they bring.
    pub fn without_fast_weights(mut self) -> Model {
        self.has_fast_weights = false;
        self
    }

    /// Whether the softmax learns from what is read.
    pub fn has_fast_weights(&self) -> bool {
        self.has_fast_weights
    }

    /// Reads one token as if it had been written; nothing is learned from it.
    pub fn step(&self, state: &mut State, token: TokenId, scratch: &mut Scratch) {
        self.step_batch(std::slice::from_mut(state), &[token], scratch);
    }

    /// Reads one token in each of several states (hypotheses); equals `step` on each, bit for bit, at less than their cost.
    ///
    /// # Panics
    /// When there are fewer tokens than states, or a token is not in the vocabulary.
    pub fn step_batch(&self, states: &mut [State], tokens: &[TokenId], scratch: &mut Scratch) {
        if let Some(full) = &self.full {
            for (state, token) in states.iter_mut().zip(tokens) {
                full.step(self.config(), state, *token);
            }
            return;
        }
        let Config { hidden, layers, .. } = *self.config();
        let Scratch {
            gates,
            h,
            c,
            tanh_c,
            input,
            recurrent,
            ..
        } = scratch;
        for buffer in [&mut *h, &mut *c, &mut *tanh_c] {
            buffer.resize(hidden, 0.0);
        }
        input.clear();
        for token in &tokens[..states.len()] {
            input.push_row(self.file.embedding(), token.0 as usize);
        }
        for layer in 0..layers {
            let at = layer * hidden..(layer + 1) * hidden;
            let (input_matrix, recurrent_matrix, bias) = self.file.layer(layer);
            recurrent.clear();
            gates.clear();
            for state in &*states {
                recurrent.push(&state.h[at.clone()], recurrent_matrix.columns);
                gates.extend_from_slice(bias);
            }
            int8::product_add(input_matrix, input.vectors(), gates);
            int8::product_add(recurrent_matrix, recurrent.vectors(), gates);
            input.clear();
            for (state, gates) in states.iter_mut().zip(gates.chunks_exact_mut(4 * hidden)) {
                lstm::cell(gates, &state.c[at.clone()], c, h, tanh_c);
                state.h[at.clone()].copy_from_slice(h);
                state.c[at.clone()].copy_from_slice(c);
                input.push(h, recurrent_matrix.columns);
            }
        }
    }

    /// Logits of the next token: `out` has `vocabulary_size` values.
    pub fn logits(&self, state: &State, out: &mut [f32], scratch: &mut Scratch) {
        self.logits_batch(std::slice::from_ref(state), out, scratch);
    }

    /// Logits of some tokens only, one list for each of several states. Equal to those of [`Model::logits`] but for the last bits.
    ///
    /// # Panics
    /// When a token is not in the vocabulary.
    pub fn logits_of(
        &self,
        states: &[State],
        tokens: &[Vec<TokenId>],
        scratch: &mut Scratch,
    ) -> Vec<Vec<f32>> {
        if let Some(full) = &self.full {
            let each = states.iter().zip(tokens);
            return each
                .map(|(state, tokens)| full.logits_of(self.config(), state, tokens))
                .collect();
        }
        self.output(states, scratch);
        let Scratch { y, input, fast, .. } = scratch;
        let columns = self.file.embedding().columns;
        let embedding = self.config().embedding;
        let each = states.iter().zip(y.chunks_exact(embedding)).zip(tokens);
        let logits = each.map(|((state, y), tokens)| {
            input.clear();
            input.push(y, columns);
            let (x, scale) = (&input.data, input.scales[0]);
            fast.ask(&state.lessons, (x, scale), self.vocabulary_size());
            let logit = |&token: &TokenId| self.logit(token, x, scale) + fast.of(token.0);
            tokens.iter().map(logit).collect()
        });
        logits.collect()
    }

    /// Logits in each of several states: `out` is (states, vocabulary_size). Equals `logits` on each, bit for bit.
    ///
    /// # Panics
    /// When `out` has another length.
    pub fn logits_batch(&self, states: &[State], out: &mut [f32], scratch: &mut Scratch) {
        let Config {
            vocabulary,
            embedding,
            ..
        } = *self.config();
        if let Some(full) = &self.full {
            for (state, out) in states.iter().zip(out.chunks_exact_mut(vocabulary)) {
                full.logits(self.config(), state, out);
            }
            return;
        }
        self.output(states, scratch);
        let Scratch { y, input, fast, .. } = scratch;
        let (softmax, bias) = (self.file.embedding(), self.file.bias());
        input.clear();
        for (y, out) in y
            .chunks_exact(embedding)
            .zip(out.chunks_exact_mut(vocabulary))
        {
            input.push(y, softmax.columns);
            out.copy_from_slice(bias);
        }
        int8::product_add(softmax, input.vectors(), out);
        let inputs = input.data.chunks_exact(softmax.columns).zip(&input.scales);
        for ((state, (x, &scale)), out) in states
            .iter()
            .zip(inputs)
            .zip(out.chunks_exact_mut(vocabulary))
        {
            fast.ask(&state.lessons, (x, scale), vocabulary);
            fast.add_to(out);
        }
    }

    /// The logit of one token without fast weights, from the softmax's input in 8 bits.
    fn logit(&self, token: TokenId, x: &[i8], scale: f32) -> f32 {
        let (softmax, at) = (self.file.embedding(), token.0 as usize);
        let dot = int8::dot(self.rows.row(softmax, at), x);
        self.file.bias()[at] + dot as f32 * scale * softmax.scales[at]
    }

    /// Projects each state's last layer: `scratch.y` becomes (states, embedding).
    fn output(&self, states: &[State], scratch: &mut Scratch) {
        let last = (self.config().layers - 1) * self.config().hidden;
        let last_layers = states.iter().map(|state| &state.h[last..]);
        self.project(last_layers, &mut scratch.y, &mut scratch.input);
    }

    /// Projects last layers: `y` becomes (layers, embedding).
    fn project<'a>(
        &self,
        last_layers: impl Iterator<Item = &'a [f32]>,
        y: &mut Vec<f32>,
        input: &mut Quantized,
    ) {
        let projection = self.file.projection();
        input.clear();
        last_layers.for_each(|h| input.push(h, projection.columns));
        y.clear();
        y.resize(input.scales.len() * self.config().embedding, 0.0);
        int8::product_add(projection, input.vectors(), y);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_equal_steps() {
        let model = Model::tiny(3);
        let mut scratch = Scratch::default();
        let mut states = vec![model.zero_state(); 6];
        let mut alone = states.clone();
        for round in 0..4u32 {
            let tokens: Vec<TokenId> = (0..6)
                .map(|i| TokenId((i * 97 + round * 31) % model.vocabulary_size() as u32))
                .collect();
            model.step_batch(&mut states, &tokens, &mut scratch);
            for (state, token) in alone.iter_mut().zip(&tokens) {
                model.step(state, *token, &mut scratch);
            }
        }
        assert_eq!(states, alone);
        let size = model.vocabulary_size();
        let (mut batch, mut single) = (vec![0.0; 6 * size], vec![0.0; size]);
        model.logits_batch(&states, &mut batch, &mut scratch);
        for (state, batch) in states.iter().zip(batch.chunks_exact(size)) {
            model.logits(state, &mut single, &mut scratch);
            assert_eq!(single, batch);
        }
        assert!(batch.iter().all(|x| x.is_finite()) && batch[0] != batch[1]);
    }

    #[test]
    fn a_damaged_file_is_noticed() {
        let mut bytes = Model::tiny_bytes(1);
        assert!(
            Model::from_bytes(bytes.clone())
                .expect("a whole file")
                .verify()
                .is_ok()
        );
        let at = bytes.len() - 5;
        bytes[at] ^= 4;
        let error = Model::from_bytes(bytes)
            .and_then(|model| model.verify())
            .expect_err("a flipped bit");
        assert!(error.to_string().contains("expected"), "{error}");
    }
}
