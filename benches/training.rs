//! What training costs: `cargo bench --bench training`.
//!
//! Tokens a second by number of threads, then the parts of a step on one thread, each alone and as a share of the step.
//! Times are of the processor, all threads together, so that other programs disturb little; what they do to the caches
//! still shows; `--wall` takes the clock on the wall instead, for a machine that does nothing else. `--steps` leaves the parts out. The tokens are random, as often as those of a language are: speed does not depend on what they mean.

#![allow(clippy::print_stdout)]

use rnn_lsp::model::Config;
use rnn_lsp::nn::embedding::Slots;
use rnn_lsp::nn::linear;
use rnn_lsp::nn::lstm::{self, State, Tape};
use rnn_lsp::nn::random::Random;
use rnn_lsp::nn::simd::gemm::{self, Precision};
use rnn_lsp::nn::softmax;
use rnn_lsp::train::network::{Packed, Parameters};
use rnn_lsp::train::optim::{self, Adam};
use rnn_lsp::train::streams::Window;
use rnn_lsp::train::trainer::{Settings, Trainer};
use std::time::Duration;

const NETWORK: Config = Config {
    vocabulary: 24_576,
    embedding: 256,
    hidden: 512,
    layers: 2,
};
const BATCH: usize = 16;
const STEPS: usize = 64;
const ROWS: usize = BATCH * STEPS;
const CLASSES: u32 = 4096;
/// Repetitions of what is timed; the quickest quarter's slowest counts.
const TIMES: usize = 12;

fn main() {
    println!("LSTM {NETWORK:?}, {BATCH} streams of {STEPS} tokens, {CLASSES} classes");
    let available = std::thread::available_parallelism().map_or(1, |n| n.get());
    let mut step = Duration::ZERO;
    for threads in (0..).map(|n| 1 << n).take_while(|n| *n <= available) {
        let mut trainer = trainer(threads);
        let mut random = Random::new(2);
        let time = quick(|| {
            trainer.step(&window(&mut random));
        });
        if threads == 1 {
            step = time;
        }
        let speed = ROWS as f64 / time.as_secs_f64();
        if is_told("--wall") {
            println!("{threads} threads: {speed:.0} tokens a second");
            continue;
        }
        println!(
            "{threads} threads: {speed:.0} tokens a second of one, {:.0} of all if none waits",
            speed * threads as f64
        );
    }
    if is_told("--steps") {
        return;
    }
    for (name, time) in parts() {
        let share = 100.0 * time.as_secs_f64() / step.as_secs_f64();
        println!(
            "{name:<28} {:6.1} ms {share:5.1} %",
            time.as_secs_f64() * 1e3
        );
    }
    println!(
        "{:.0} billion operations a second in the products of a step, were they all of it; {:.0} in one whose operands lie in the first cache",
        operations() / step.as_secs_f64() / 1e9,
        roof() / 1e9
    );
}

/// Multiplications and additions of a step's products, forward and twice as many backward; the targets beside the classes left out.
fn operations() -> f64 {
    let (hidden, width) = (NETWORK.hidden, NETWORK.embedding);
    let layers =
        (0..NETWORK.layers).map(|layer| 4 * hidden * (NETWORK.layer_input(layer) + hidden));
    let weights = layers.sum::<usize>() + hidden * width + CLASSES as usize * width;
    (6 * weights * ROWS) as f64
}

/// Operations a second of one thread in a small product, many times over.
fn roof() -> f64 {
    const M: usize = 64;
    const K: usize = 128;
    const N: usize = 32;
    const REPEATED: usize = 20_000;
    let mut random = Random::new(4);
    let mut numbers = |n: usize| (0..n).map(|_| random.normal()).collect::<Vec<f32>>();
    let (x, y, mut z) = (numbers(M * K), numbers(K * N), vec![0.0; M * N]);
    let mut left = gemm::Packed::new(Precision::fastest());
    let mut right = gemm::Packed::new(Precision::fastest());
    left.left(gemm::matrix(&x, M, K, K));
    right.right(gemm::matrix(&y, K, N, N));
    let time = quick(|| {
        for _ in 0..REPEATED {
            gemm::product(&left, &right, &mut z, N, gemm::Into::Store);
        }
    });
    (2 * M * K * N * REPEATED) as f64 / time.as_secs_f64()
}

fn is_told(option: &str) -> bool {
    std::env::args().any(|argument| argument == option)
}

fn trainer(threads: usize) -> Trainer {
    let settings = Settings {
        network: NETWORK,
        batch: BATCH,
        bptt: STEPS,
        dropout: 0.0,
        rate: 2e-3,
        warmup: 0,
        decay: 0.2,
        tokens: 1 << 30,
        clip: 1.0,
        classes: CLASSES as usize,
        seed: 1,
        threads,
        bf16: true,
    };
    let counts: Vec<u64> = (0..NETWORK.vocabulary as u64)
        .map(|rank| 20_000_000 / (rank + 10))
        .collect();
    let parameters = Parameters::random(&NETWORK, &mut Random::new(1));
    Trainer::new(settings, parameters, &counts)
}

/// Ids whose logarithms are uniform.
fn window(random: &mut Random) -> Window {
    let mut window = Window::new(BATCH, STEPS);
    let mut id = || (NETWORK.vocabulary as f32).powf(random.uniform()) as u32 - 1;
    window.inputs.fill_with(&mut id);
    window.targets.fill_with(&mut id);
    window.starts.fill(false);
    window
}

/// Each part of a step alone.
fn parts() -> Vec<(&'static str, Duration)> {
    let precision = Precision::fastest();
    let mut random = Random::new(3);
    let window = window(&mut random);
    let (hidden, width) = (NETWORK.hidden, NETWORK.embedding);
    let mut numbers = |n: usize| (0..n).map(|_| random.normal()).collect::<Vec<f32>>();
    let mut parameters = Parameters::random(&NETWORK, &mut Random::new(1));
    let log_counts = vec![-1.0; NETWORK.vocabulary];
    let classes: Vec<u32> = (0..CLASSES).collect();
    let mut slots = Slots::new(NETWORK.vocabulary);
    slots.extend(&classes);
    slots.extend(&window.targets);
    slots.extend(&window.inputs);

    let mut packed = Packed::new(&NETWORK, precision);
    let mut found = vec![(
        "packing the weights",
        quick(|| packed.pack(&parameters, &classes, &log_counts, 1)),
    )];

    let mut gradients = Parameters::zeros(&NETWORK);
    let (mut forward, mut backward) = (Duration::ZERO, Duration::ZERO);
    for layer in 0..NETWORK.layers {
        let input = NETWORK.layer_input(layer);
        let (x, d_out) = (numbers(ROWS * input), numbers(ROWS * hidden));
        let (mut out, mut dx) = (vec![0.0; ROWS * hidden], vec![0.0; ROWS * input]);
        let mut tape = Tape::new(precision);
        let mut state = State::zeros(BATCH, hidden);
        let weights = &packed.layers[layer];
        let mut read =
            || lstm::forward(weights, &x, &window.starts, &mut state, &mut out, &mut tape);
        forward += quick(&mut read);
        let gradient = &mut gradients.layers[layer];
        backward += quick(|| {
            lstm::backward(
                weights,
                &x,
                &window.starts,
                &d_out,
                gradient,
                &mut dx,
                &mut tape,
            )
        });
    }
    found.push(("LSTM layers, forward", forward));
    found.push(("LSTM layers, backward", backward));

    let (x, mut y) = (numbers(ROWS * hidden), vec![0.0; ROWS * width]);
    let (dy, mut dx) = (numbers(ROWS * width), vec![0.0; ROWS * hidden]);
    let mut scratch = linear::Scratch::new(precision);
    found.push((
        "projection, both",
        quick(|| {
            linear::forward(&packed.projection, &x, &mut y, &mut scratch);
            let gradient = &mut gradients.projection;
            linear::backward(&packed.projection, &x, &dy, gradient, &mut dx, &mut scratch);
        }),
    ));

    gradients.table.resize(slots.ids().len() * width, 0.0);
    gradients.bias.resize(slots.ids().len(), 0.0);
    let mut scratch = softmax::Scratch::new(precision);
    let mut dy = vec![0.0; ROWS * width];
    found.push((
        "softmax, both",
        quick(|| {
            softmax::loss_and_gradient(
                &packed.classes,
                softmax::Weights {
                    table: &parameters.table,
                    bias: &parameters.bias,
                },
                &log_counts,
                &y,
                &window.targets,
                1.0 / ROWS as f32,
                &mut dy,
                &mut softmax::Gradient {
                    slots: &slots,
                    table: &mut gradients.table,
                    bias: &mut gradients.bias,
                },
                &mut scratch,
            );
        }),
    ));

    let mut adam = Adam::new(&NETWORK);
    found.push((
        "norm and Adam",
        quick(|| {
            optim::sum(&mut [&mut gradients]);
            adam.step(&mut parameters, &gradients, &slots, width, (1.0, 1e-6), 1);
        }),
    ));
    found
}

/// Time of `work`: the lower quartile.
fn quick(mut work: impl FnMut()) -> Duration {
    work();
    let mut times: Vec<Duration> = (0..TIMES)
        .map(|_| {
            let before = now();
            work();
            now() - before
        })
        .collect();
    times.sort();
    times[TIMES / 4]
}

/// Processor time, all threads together, or what the clock on the wall says.
#[cfg(unix)]
fn now() -> Duration {
    let clock = match is_told("--wall") {
        true => rustix::time::ClockId::Monotonic,
        false => rustix::time::ClockId::ProcessCPUTime,
    };
    let time = rustix::time::clock_gettime(clock);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// Where the system does not say, the clock on the wall has to do.
#[cfg(not(unix))]
fn now() -> Duration {
    static START: std::sync::OnceLock<std::time::Instant> = std::sync::OnceLock::new();
    START.get_or_init(std::time::Instant::now).elapsed()
}
