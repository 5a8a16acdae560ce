//! The trainable network against PyTorch: loss, final states and every gradient of a window with carried and zeroed
//! states; `golden/lstm.json` was made by `golden/lstm.py`. And against the trainer in models/pretrain: logits and sampled
//! losses of the whole network over two windows; `golden/network.json` was made by `golden/network.py`.

use rnn_lsp::model::Config;
use rnn_lsp::nn::embedding::Slots;
use rnn_lsp::nn::lstm::{self, Shape};
use rnn_lsp::nn::simd::gemm::Precision;
use rnn_lsp::nn::softmax::NO_TARGET;
use rnn_lsp::train::network::{Packed, Parameters, Window, Worker};
use serde_json::Value;

const BATCH: usize = 3;
const STEPS: usize = 5;

/// Value i of tensor number `tensor`, as in the script.
fn formula(tensor: usize, count: usize) -> Vec<f32> {
    let value = |i: usize| 0.4 * (1.7 * i as f64 + 0.9 * tensor as f64 + 0.3).sin();
    (0..count).map(|i| value(i) as f32).collect()
}

fn parameters(config: &Config) -> Parameters {
    let Config {
        vocabulary,
        embedding,
        hidden,
        layers,
    } = *config;
    let layer = |layer: usize| {
        let input = config.layer_input(layer);
        let mut weights = lstm::Weights::zeros(Shape { input, hidden });
        weights.input = formula(2 + 3 * layer, input * 4 * hidden);
        weights.recurrent = formula(3 + 3 * layer, hidden * 4 * hidden);
        weights.bias = formula(4 + 3 * layer, 4 * hidden);
        weights
    };
    Parameters {
        table: formula(0, vocabulary * embedding),
        bias: formula(1, vocabulary),
        layers: (0..layers).map(layer).collect(),
        projection: formula(10, hidden * embedding),
    }
}

fn numbers(value: &Value) -> Vec<f32> {
    let list = value.as_array().expect("a list of numbers");
    list.iter()
        .map(|number| number.as_f64().expect("a number") as f32)
        .collect()
}

fn check(name: &str, ours: &[f32], golden: &Value) {
    let golden = numbers(golden);
    assert_eq!(ours.len(), golden.len(), "{name}");
    for (at, (ours, golden)) in ours.iter().zip(&golden).enumerate() {
        let close = (ours - golden).abs() <= 2e-6 + 2e-4 * golden.abs();
        assert!(close, "{name}[{at}] is {ours}, {golden} in PyTorch");
    }
}

#[test]
fn forward_pass_loss_and_gradients_are_those_of_pytorch() {
    let golden: Value = serde_json::from_str(include_str!("golden/lstm.json")).expect("JSON");
    let config = Config {
        vocabulary: 11,
        embedding: 6,
        hidden: 8,
        layers: 2,
    };
    let parameters = parameters(&config);
    let count = BATCH * STEPS;
    let inputs: Vec<u32> = (0..count).map(|at| (7 * at as u32 + 3) % 11).collect();
    let targets: Vec<u32> = (0..count)
        .map(|at| {
            if at % 7 == 6 {
                NO_TARGET
            } else {
                (5 * at as u32 + 1) % 11
            }
        })
        .collect();
    let starts: Vec<bool> = (0..count).map(|at| at % 4 == 3).collect();
    let window = Window {
        inputs: &inputs,
        targets: &targets,
        starts: &starts,
    };

    // All classes: the sampled softmax is the exact one.
    let all: Vec<u32> = (0..11).collect();
    let no_correction = vec![0.0; 11];
    let mut slots = Slots::new(11);
    slots.extend(&all);
    let mut packed = Packed::new(&config, Precision::F32);
    packed.pack(&parameters, &all, &no_correction, 1);
    let worker = || {
        let mut worker = Worker::new(&config, BATCH, Precision::F32);
        for (layer, state) in worker.states.iter_mut().enumerate() {
            state.h = formula(20 + 2 * layer, BATCH * 8);
            state.c = formula(21 + 2 * layer, BATCH * 8);
        }
        worker
    };

    let counted = targets
        .iter()
        .filter(|&&target| target != NO_TARGET)
        .count();
    let mut learner = worker();
    let loss = learner.learn(
        &parameters,
        &packed,
        &no_correction,
        &slots,
        window,
        1.0 / counted as f32,
        0.0,
        1,
    );
    let golden_loss = golden["loss"].as_f64().expect("a number");
    assert!(
        (loss - golden_loss).abs() < 1e-4,
        "loss {loss}, {golden_loss} in PyTorch"
    );
    let exact = worker().evaluate(&parameters, &packed, window);
    assert!(
        (exact - golden_loss).abs() < 1e-4,
        "exact loss {exact}, {golden_loss} in PyTorch"
    );
    for (layer, state) in learner.states.iter().enumerate() {
        check(
            &format!("h of layer {layer}"),
            &state.h,
            &golden["states"][layer][0],
        );
        check(
            &format!("c of layer {layer}"),
            &state.c,
            &golden["states"][layer][1],
        );
    }

    let gradients = &learner.gradients;
    check("table", &gradients.table, &golden["gradients"]["table"]);
    check("bias", &gradients.bias, &golden["gradients"]["bias"]);
    check(
        "projection",
        &gradients.projection,
        &golden["gradients"]["projection"],
    );
    for (at, layer) in gradients.layers.iter().enumerate() {
        for (name, values) in [
            ("input", &layer.input),
            ("recurrent", &layer.recurrent),
            ("bias", &layer.bias),
        ] {
            let name = format!("lstm.{at}.{name}");
            check(&name, values, &golden["gradients"][&name]);
        }
    }
}

#[test]
fn logits_are_those_of_the_pretraining_script() {
    const WINDOWS: usize = 2;
    let golden: Value = serde_json::from_str(include_str!("golden/network.json")).expect("JSON");
    let config = Config {
        vocabulary: 11,
        embedding: 6,
        hidden: 8,
        layers: 2,
    };
    let parameters = parameters(&config);
    let classes = [0, 2, 3, 7, 9];
    let log_counts: Vec<f32> = (0..11).map(|id| -0.1 * id as f32).collect();
    let mut slots = Slots::new(11);
    slots.extend(&classes);
    slots.extend(&(0..11).collect::<Vec<_>>());
    let mut packed = Packed::new(&config, Precision::F32);
    packed.pack(&parameters, &classes, &log_counts, 1);
    let (mut reader, mut learner) = (
        Worker::new(&config, BATCH, Precision::F32),
        Worker::new(&config, BATCH, Precision::F32),
    );
    let mut logits = Vec::new();
    for number in 0..WINDOWS {
        let places = (0..BATCH * STEPS).map(|at| at + 100 * number);
        let (inputs, targets): (Vec<u32>, Vec<u32>) = places
            .clone()
            .map(|at| ((7 * at as u32 + 3) % 11, (5 * at as u32 + 1) % 11))
            .unzip();
        let starts: Vec<bool> = places.map(|at| at % 4 == 3).collect();
        let window = Window {
            inputs: &inputs,
            targets: &targets,
            starts: &starts,
        };
        for y in reader.read(&parameters, &packed, window).chunks_exact(6) {
            let rows = parameters.table.chunks_exact(6).zip(&parameters.bias);
            let dot = |row: &[f32]| row.iter().zip(y).map(|(a, b)| a * b).sum::<f32>();
            logits.extend(rows.map(|(row, bias)| dot(row) + bias));
        }
        let loss = learner.learn(
            &parameters,
            &packed,
            &log_counts,
            &slots,
            window,
            1.0,
            0.0,
            1,
        );
        let theirs = golden["sampled losses"][number].as_f64().expect("a number");
        assert!((loss - theirs).abs() < 1e-4, "{loss}, {theirs} in PyTorch");
    }
    let theirs = numbers(&golden["logits"]);
    assert_eq!(logits.len(), theirs.len());
    for (at, (ours, theirs)) in logits.iter().zip(&theirs).enumerate() {
        assert!(
            (ours - theirs).abs() < 1e-4,
            "logit {at} is {ours}, {theirs} in PyTorch"
        );
    }
}
