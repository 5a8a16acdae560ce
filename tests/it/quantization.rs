//! The model that serves computes what the trainer trained, but for rounding to 8 bits.

use rnn_lsp::model::{Config, Model, Scratch, model_bytes};
use rnn_lsp::nn::random::Random;
use rnn_lsp::text::{TokenId, Tokenizer};
use rnn_lsp::train::network::Parameters;
use rnn_lsp::train::streams::Window;
use rnn_lsp::train::trainer::{Evaluator, Settings};

const STEPS: usize = 40;

#[test]
fn serving_agrees_with_training() {
    let text = "People write letters, notes and stories every day; she said that they would be there in the morning.";
    let tokenizer = Tokenizer::train(std::iter::repeat_n(text, 4), 700);
    let network = Config {
        vocabulary: tokenizer.vocabulary().len(),
        embedding: 24,
        hidden: 40,
        layers: 2,
    };
    let mut random = Random::new(9);
    let mut parameters = Parameters::random(&network, &mut random);
    parameters
        .table
        .iter_mut()
        .for_each(|x| *x = 1.5 * random.normal());
    let settings = Settings {
        network: network.clone(),
        batch: 1,
        bptt: STEPS,
        dropout: 0.0,
        rate: 0.0,
        warmup: 0,
        decay: 0.0,
        tokens: 0,
        clip: 1.0,
        classes: 0,
        seed: 0,
        threads: 1,
        bf16: false,
    };
    let mut window = Window::new(1, STEPS);
    for step in 0..STEPS {
        window.inputs[step] = random.below(network.vocabulary as u32);
        window.targets[step] = random.below(network.vocabulary as u32);
        window.starts[step] = step == 0 || step == 25;
    }
    let trained =
        Evaluator::new(&settings, &parameters, 1).loss(&parameters, &window) / STEPS as f64;

    let model = Model::from_bytes(model_bytes(
        &network,
        &tokenizer,
        &rnn_lsp::train::export::network(&parameters),
    ))
    .expect("a model");
    let mut scratch = Scratch::default();
    let mut state = model.zero_state();
    let mut logits = vec![0.0; network.vocabulary];
    let mut served = 0.0;
    for step in 0..STEPS {
        if window.starts[step] {
            state = model.zero_state();
        }
        model.step(&mut state, TokenId(window.inputs[step]), &mut scratch);
        model.logits(&state, &mut logits, &mut scratch);
        let sum: f64 = logits.iter().map(|x| f64::from(*x).exp()).sum();
        served += sum.ln() - f64::from(logits[window.targets[step] as usize]);
    }
    served /= STEPS as f64;
    let uniform = (network.vocabulary as f64).ln();
    assert!(
        (trained - uniform).abs() > 0.1,
        "the network says nothing: {trained} nats"
    );
    assert!(
        (served - trained).abs() < 0.01 * trained,
        "{served} nats served, {trained} trained"
    );
}
