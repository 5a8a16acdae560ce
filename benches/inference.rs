//! What a token costs: `cargo bench --bench inference`.
//!
//! Reading a token and the distribution of the next one (`step` and `logits`), for one text and for eight hypotheses at once,
//! with the shipped model on one thread, in time of the
//! processor. `benches/inference.py` puts PyTorch and onnxruntime beside it.

#![allow(clippy::print_stdout)]

mod clock;

use clock::processor_time;
use rnn_lsp::model::{Model, Scratch};
use rnn_lsp::nn::simd::int8;
use rnn_lsp::text::TokenId;
use std::time::Duration;

/// Rounds; the median counts.
const ROUNDS: usize = 400;

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
    times.map(|mut times| {
        times.sort_unstable();
        times[ROUNDS / 2].as_secs_f64() * 1e6
    })
}
