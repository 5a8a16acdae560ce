//! What a token costs: `cargo bench --bench inference`.
//!
//! Reading a token and the distribution of the next one (`step` and `logits`), for one text and for eight hypotheses at once,
//! with the shipped model on one thread, in time of the
//! processor; then what it costs that the softmax learns from what is read. `benches/inference.py` puts PyTorch and onnxruntime beside it.

#![allow(clippy::print_stdout)]

mod clock;

use clock::processor_time;
use rnn_lsp::model::{Model, Scratch};
use rnn_lsp::nn::simd::int8;
use rnn_lsp::text::{Ending, TokenId};
use std::time::Duration;

/// Rounds; the median counts.
const ROUNDS: usize = 400;

/// Tokens that are read from a place where reading starts.
const CONTEXT: usize = 400;

fn main() {
    let model = Model::shipped();
    let config = model.config();
    println!(
        "{} layers of {}, embedding {}, {} tokens; kernel {}",
        config.layers,
        config.hidden,
        config.embedding,
        config.vocabulary,
        int8::kernel_names()[0]
    );
    for states in [1, 8] {
        let [all, step, logits] = times(&model, states);
        println!("{states} at once: {all:.0} us (step {step:.0}, logits {logits:.0})");
    }
    let [advance, logits] = learning(&model);
    let passage = passage(&model);
    println!(
        "learned from: {advance:.0} us a token, then logits {logits:.0}; {passage:.0} us a token of a passage"
    );
}

/// Median, in microseconds for each token, of reading and learning from a few hundred in one go.
fn passage(model: &Model) -> f64 {
    let mut scratch = Scratch::default();
    let text = include_str!("../models/adaptation/general.txt");
    let tokens = model.tokenizer().read(text, Ending::Spaced);
    let passages = tokens.chunks_exact(CONTEXT).take(20);
    let times = passages.map(|tokens| {
        let mut state = model.zero_state();
        let start = processor_time();
        model.advance_all(&mut state, tokens, &mut scratch, |_, _| {});
        processor_time() - start
    });
    median(times.collect()) / CONTEXT as f64
}

/// Medians, in microseconds, of reading and learning from a token after some hundred others, and of the logits then.
fn learning(model: &Model) -> [f64; 2] {
    let mut scratch = Scratch::default();
    let mut state = model.zero_state();
    let mut logits = vec![0.0; model.vocabulary_size()];
    let mut times: [Vec<Duration>; 2] = Default::default();
    let text = include_str!("../models/adaptation/general.txt");
    let tokens = model.tokenizer().read(text, Ending::Spaced);
    for (round, &token) in tokens.iter().enumerate().take(3 * CONTEXT) {
        if round % CONTEXT == 0 {
            state = model.zero_state();
        }
        let start = processor_time();
        model.advance(&mut state, token, &mut scratch);
        let read = processor_time();
        model.logits(&state, &mut logits, &mut scratch);
        let done = processor_time();
        if round % CONTEXT >= CONTEXT / 2 {
            times[0].push(read - start);
            times[1].push(done - read);
        }
    }
    times.map(median)
}

/// Medians, in microseconds: both, the step, the logits.
fn times(model: &Model, count: usize) -> [f64; 3] {
    let mut scratch = Scratch::default();
    let mut states = vec![model.zero_state(); count];
    let mut logits = vec![0.0; count * model.vocabulary_size()];
    let mut times: [Vec<Duration>; 3] = Default::default();
    for round in 0..ROUNDS + 20 {
        let token = |i: usize| TokenId((round * 97 + i * 31) as u32 % 20_000 + 1000);
        let tokens: Vec<TokenId> = (0..count).map(token).collect();
        let start = processor_time();
        model.step_batch(&mut states, &tokens, &mut scratch);
        let stepped = processor_time();
        model.logits_batch(&states, &mut logits, &mut scratch);
        let done = processor_time();
        if round >= 20 {
            times[0].push(done - start);
            times[1].push(stepped - start);
            times[2].push(done - stepped);
        }
    }
    times.map(median)
}

/// In microseconds.
fn median(mut times: Vec<Duration>) -> f64 {
    times.sort_unstable();
    times[times.len() / 2].as_secs_f64() * 1e6
}
