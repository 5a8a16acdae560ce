//! One LSTM layer (Hochreiter and Schmidhuber 1997, with the forget gate of Gers 2000): forward and backward over a window.
//!
//! ```text
//! z_t = W_xᵀ x_t + W_hᵀ h_{t-1} + b,   z = (i, f, g, o)
//! c_t = σ(f) ⊙ c_{t-1} + σ(i) ⊙ tanh(g)
//! h_t = σ(o) ⊙ tanh(c_t)
//! ```
//! Windows are time-major: row `t · batch + b`. Where `starts` is set the state is zeroed before the token is read.

use super::pointwise::{sigmoid, tanh};
use super::simd::gemm::{Into, Packed, Precision, matrix, product};
use super::simd::multiversion;

/// A layer's weights, or their gradients.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Weights {
    /// (input, 4 · hidden)
    pub input: Vec<f32>,
    /// (hidden, 4 · hidden)
    pub recurrent: Vec<f32>,
    /// (4 · hidden)
    pub bias: Vec<f32>,
}

/// Lengths of a layer's vectors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Length of x.
    pub input: usize,
    /// Length of h and c.
    pub hidden: usize,
}

impl Weights {
    /// All zero.
    pub fn zeros(shape: Shape) -> Weights {
        let gates = 4 * shape.hidden;
        Weights {
            input: vec![0.0; shape.input * gates],
            recurrent: vec![0.0; shape.hidden * gates],
            bias: vec![0.0; gates],
        }
    }
}

/// Weights as the products of a window want them; made once a step and shared by its threads.
#[derive(Debug)]
pub struct PackedWeights {
    input: Packed,
    input_transposed: Packed,
    recurrent: Packed,
    recurrent_transposed: Packed,
    bias: Vec<f32>,
    shape: Shape,
    precision: Precision,
}

impl PackedWeights {
    /// Buffers to pack into.
    pub fn new(shape: Shape, precision: Precision) -> PackedWeights {
        let packed = || Packed::new(precision);
        PackedWeights {
            input: packed(),
            input_transposed: packed(),
            recurrent: packed(),
            recurrent_transposed: packed(),
            bias: Vec::new(),
            shape,
            precision,
        }
    }

    /// Packs for forward passes.
    pub fn pack_forward(&mut self, weights: &Weights) {
        let Shape { input, hidden } = self.shape;
        self.input
            .right(matrix(&weights.input, input, 4 * hidden, 4 * hidden));
        self.recurrent
            .right(matrix(&weights.recurrent, hidden, 4 * hidden, 4 * hidden));
        self.bias.clone_from(&weights.bias);
    }

    /// Packs for backward passes.
    pub fn pack_backward(&mut self, weights: &Weights) {
        let Shape { input, hidden } = self.shape;
        self.input_transposed
            .right(matrix(&weights.input, input, 4 * hidden, 4 * hidden).reversed_axes());
        self.recurrent_transposed
            .right(matrix(&weights.recurrent, hidden, 4 * hidden, 4 * hidden).reversed_axes());
    }
}

/// h and c of a batch of streams, each (batch, hidden).
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    /// Hidden state.
    pub h: Vec<f32>,
    /// Cell state.
    pub c: Vec<f32>,
}

impl State {
    /// All zero.
    pub fn zeros(batch: usize, hidden: usize) -> State {
        State {
            h: vec![0.0; batch * hidden],
            c: vec![0.0; batch * hidden],
        }
    }
}

/// What a forward pass leaves for the backward pass.
#[derive(Debug)]
pub struct Tape {
    precision: Precision,
    batch: usize,
    gates: Vec<f32>, // (time · batch, 4 · hidden): σ(i), σ(f), tanh(g), σ(o); then dz in the backward pass
    h_in: Vec<f32>,  // (time · batch, hidden): h_{t-1} as read
    c_in: Vec<f32>,  // (time · batch, hidden): c_{t-1} as read
    tanh_c: Vec<f32>, // (time · batch, hidden)
    left: Packed,
    right: Packed,
    dh: Vec<f32>, // (batch, hidden)
    dc: Vec<f32>, // (batch, hidden)
}

impl Tape {
    /// An empty tape; its buffers grow to the window on first use.
    pub fn new(precision: Precision) -> Tape {
        Tape {
            precision,
            batch: 0,
            gates: Vec::new(),
            h_in: Vec::new(),
            c_in: Vec::new(),
            tanh_c: Vec::new(),
            left: Packed::new(precision),
            right: Packed::new(precision),
            dh: Vec::new(),
            dc: Vec::new(),
        }
    }
}

/// Reads a window: `x` is (time · batch, input), `out` becomes h, (time · batch, hidden); `state` moves on.
pub fn forward(
    weights: &PackedWeights,
    x: &[f32],
    starts: &[bool],
    state: &mut State,
    out: &mut [f32],
    tape: &mut Tape,
) {
    let Shape { input, hidden } = weights.shape;
    let rows = starts.len();
    let batch = state.h.len() / hidden;
    tape.batch = batch;
    for buffer in [&mut tape.h_in, &mut tape.c_in, &mut tape.tanh_c] {
        buffer.resize(rows * hidden, 0.0);
    }
    tape.gates.resize(rows * 4 * hidden, 0.0);
    tape.left.left(matrix(x, rows, input, input));
    product(
        &tape.left,
        &weights.input,
        &mut tape.gates,
        4 * hidden,
        Into::Store,
    );
    for (time, starts) in starts.chunks_exact(batch).enumerate() {
        let at = time * batch * hidden..(time + 1) * batch * hidden;
        let (h_in, c_in) = (&mut tape.h_in[at.clone()], &mut tape.c_in[at.clone()]);
        h_in.copy_from_slice(&state.h);
        c_in.copy_from_slice(&state.c);
        for (b, _) in starts.iter().enumerate().filter(|(_, start)| **start) {
            h_in[b * hidden..][..hidden].fill(0.0);
            c_in[b * hidden..][..hidden].fill(0.0);
        }
        let gates = &mut tape.gates[4 * at.start..4 * at.end];
        tape.left.left(matrix(h_in, batch, hidden, hidden));
        product(&tape.left, &weights.recurrent, gates, 4 * hidden, Into::Add);
        let rows = gates
            .chunks_exact_mut(4 * hidden)
            .zip(c_in.chunks_exact(hidden));
        let outs = state
            .c
            .chunks_exact_mut(hidden)
            .zip(state.h.chunks_exact_mut(hidden))
            .zip(tape.tanh_c[at.clone()].chunks_exact_mut(hidden));
        for ((gates, c_in), ((c, h), tanh_c)) in rows.zip(outs) {
            cell_with_bias(&weights.bias, gates, c_in, c, h, tanh_c);
        }
        out[at].copy_from_slice(&state.h);
    }
}

multiversion! {
    /// One row: gates' sums to their activations, then c, tanh(c) and h.
    pub fn cell(gates: &mut [f32], c_in: &[f32], c: &mut [f32], h: &mut [f32], tanh_c: &mut [f32]) {
        activate(gates, c_in, c, h, tanh_c);
    }
}

multiversion! {
    /// The same, the bias not being in the sums yet.
    pub fn cell_with_bias(bias: &[f32], gates: &mut [f32], c_in: &[f32], c: &mut [f32], h: &mut [f32], tanh_c: &mut [f32]) {
        for (gate, bias) in gates.iter_mut().zip(bias) {
            *gate += bias;
        }
        activate(gates, c_in, c, h, tanh_c);
    }
}

#[inline(always)]
fn activate(gates: &mut [f32], c_in: &[f32], c: &mut [f32], h: &mut [f32], tanh_c: &mut [f32]) {
    let n = c_in.len();
    let (i, rest) = gates.split_at_mut(n);
    let (f, rest) = rest.split_at_mut(n);
    let (g, o) = rest.split_at_mut(n);
    let (o, c, h, tanh_c) = (&mut o[..n], &mut c[..n], &mut h[..n], &mut tanh_c[..n]);
    for j in 0..n {
        i[j] = sigmoid(i[j]);
        f[j] = sigmoid(f[j]);
        g[j] = tanh(g[j]);
        o[j] = sigmoid(o[j]);
        c[j] = f[j] * c_in[j] + i[j] * g[j];
        tanh_c[j] = tanh(c[j]);
        h[j] = o[j] * tanh_c[j];
    }
}

/// Gradients of a window whose forward pass left `tape`: `d_out` is dh, (time · batch, hidden); `gradient` and `dx` (time · batch, input) are written.
/// The gradient does not flow into the state the window began with.
pub fn backward(
    weights: &PackedWeights,
    x: &[f32],
    starts: &[bool],
    d_out: &[f32],
    gradient: &mut Weights,
    dx: &mut [f32],
    tape: &mut Tape,
) {
    let Shape { input, hidden } = weights.shape;
    debug_assert_eq!(weights.precision, tape.precision);
    gradient.bias.fill(0.0);
    let rows = starts.len();
    let batch = tape.batch;
    for flow in [&mut tape.dh, &mut tape.dc] {
        flow.clear();
        flow.resize(batch * hidden, 0.0);
    }
    for (time, starts) in starts.chunks_exact(batch).enumerate().rev() {
        let at = time * batch * hidden..(time + 1) * batch * hidden;
        let gates = &mut tape.gates[4 * at.start..4 * at.end];
        let saved = tape.c_in[at.clone()]
            .chunks_exact(hidden)
            .zip(tape.tanh_c[at.clone()].chunks_exact(hidden));
        let flows = tape
            .dh
            .chunks_exact(hidden)
            .zip(tape.dc.chunks_exact_mut(hidden));
        for ((gates, (c_in, tanh_c)), ((dh, dc), d_out)) in gates
            .chunks_exact_mut(4 * hidden)
            .zip(saved)
            .zip(flows.zip(d_out[at].chunks_exact(hidden)))
        {
            cell_backward(gates, c_in, tanh_c, d_out, dh, dc, &mut gradient.bias);
        }
        tape.left.left(matrix(gates, batch, 4 * hidden, 4 * hidden));
        product(
            &tape.left,
            &weights.recurrent_transposed,
            &mut tape.dh,
            hidden,
            Into::Store,
        );
        for (b, _) in starts.iter().enumerate().filter(|(_, start)| **start) {
            tape.dh[b * hidden..][..hidden].fill(0.0);
            tape.dc[b * hidden..][..hidden].fill(0.0);
        }
    }
    let dz = &tape.gates;
    tape.right.right(matrix(dz, rows, 4 * hidden, 4 * hidden));
    tape.left
        .left(matrix(x, rows, input, input).reversed_axes());
    product(
        &tape.left,
        &tape.right,
        &mut gradient.input,
        4 * hidden,
        Into::Store,
    );
    tape.left
        .left(matrix(&tape.h_in, rows, hidden, hidden).reversed_axes());
    product(
        &tape.left,
        &tape.right,
        &mut gradient.recurrent,
        4 * hidden,
        Into::Store,
    );
    tape.left.left(matrix(dz, rows, 4 * hidden, 4 * hidden));
    product(
        &tape.left,
        &weights.input_transposed,
        dx,
        input,
        Into::Store,
    );
}

multiversion! {
    /// One row, from activations to dz in place, which is added to the bias' gradient: `dh` is the gradient from the next time step, `dc` becomes the one for
    /// the previous.
    pub fn cell_backward(gates: &mut [f32], c_in: &[f32], tanh_c: &[f32], d_out: &[f32], dh: &[f32], dc: &mut [f32], d_bias: &mut [f32]) {
        let n = c_in.len();
        let (i, rest) = gates.split_at_mut(n);
        let (f, rest) = rest.split_at_mut(n);
        let (g, o) = rest.split_at_mut(n);
        let (o, tanh_c, d_out, dh, dc) = (&mut o[..n], &tanh_c[..n], &d_out[..n], &dh[..n], &mut dc[..n]);
        for j in 0..n {
            let dh = dh[j] + d_out[j];
            let dc_total = dc[j] + dh * o[j] * (1.0 - tanh_c[j] * tanh_c[j]);
            dc[j] = dc_total * f[j];
            let (d_i, d_f, d_g, d_o) = (dc_total * g[j], dc_total * c_in[j], dc_total * i[j], dh * tanh_c[j]);
            i[j] = d_i * i[j] * (1.0 - i[j]);
            f[j] = d_f * f[j] * (1.0 - f[j]);
            g[j] = d_g * (1.0 - g[j] * g[j]);
            o[j] = d_o * o[j] * (1.0 - o[j]);
        }
        for (sum, dz) in d_bias.iter_mut().zip(gates) {
            *sum += *dz;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::random::Random;

    const SHAPE: Shape = Shape {
        input: 3,
        hidden: 5,
    };
    const BATCH: usize = 2;
    const TIME: usize = 4;

    struct Case {
        weights: Weights,
        x: Vec<f32>,
        starts: Vec<bool>,
        direction: Vec<f32>, // the loss is the sum of direction · h
    }

    fn case() -> Case {
        let mut random = Random::new(1);
        let mut numbers = |n: usize| (0..n).map(|_| 0.5 * random.normal()).collect::<Vec<f32>>();
        let gates = 4 * SHAPE.hidden;
        let weights = Weights {
            input: numbers(SHAPE.input * gates),
            recurrent: numbers(SHAPE.hidden * gates),
            bias: numbers(gates),
        };
        let (x, direction) = (
            numbers(TIME * BATCH * SHAPE.input),
            numbers(TIME * BATCH * SHAPE.hidden),
        );
        let mut starts = vec![false; TIME * BATCH];
        starts[2 * BATCH + 1] = true;
        Case {
            weights,
            x,
            starts,
            direction,
        }
    }

    fn run(case: &Case, gradient: Option<(&mut Weights, &mut Vec<f32>)>) -> f64 {
        let mut packed = PackedWeights::new(SHAPE, Precision::F32);
        packed.pack_forward(&case.weights);
        packed.pack_backward(&case.weights);
        let mut tape = Tape::new(Precision::F32);
        let mut state = State {
            h: vec![0.3; BATCH * SHAPE.hidden],
            c: vec![-0.2; BATCH * SHAPE.hidden],
        };
        let mut out = vec![0.0; TIME * BATCH * SHAPE.hidden];
        forward(
            &packed,
            &case.x,
            &case.starts,
            &mut state,
            &mut out,
            &mut tape,
        );
        if let Some((gradient, dx)) = gradient {
            backward(
                &packed,
                &case.x,
                &case.starts,
                &case.direction,
                gradient,
                dx,
                &mut tape,
            );
        }
        out.iter()
            .zip(&case.direction)
            .map(|(h, d)| f64::from(*h) * f64::from(*d))
            .sum()
    }

    #[test]
    fn gradients_agree_with_finite_differences() {
        let mut base = case();
        let mut gradient = Weights::zeros(SHAPE);
        let mut dx = vec![0.0; base.x.len()];
        run(&base, Some((&mut gradient, &mut dx)));
        type Field = fn(&mut Case) -> &mut Vec<f32>;
        let fields: [(Field, &Vec<f32>); 4] = [
            (|c| &mut c.weights.input, &gradient.input),
            (|c| &mut c.weights.recurrent, &gradient.recurrent),
            (|c| &mut c.weights.bias, &gradient.bias),
            (|c| &mut c.x, &dx),
        ];
        const STEP: f32 = 1e-2;
        for (n, (field, gradient)) in fields.iter().enumerate() {
            for at in 0..gradient.len() {
                let kept = field(&mut base)[at];
                field(&mut base)[at] = kept + STEP;
                let up = run(&base, None);
                field(&mut base)[at] = kept - STEP;
                let down = run(&base, None);
                field(&mut base)[at] = kept;
                let want = (up - down) / f64::from(2.0 * STEP);
                assert!(
                    (f64::from(gradient[at]) - want).abs() < 2e-3,
                    "field {n}, {at}: {} for {want}",
                    gradient[at]
                );
            }
        }
    }

    #[test]
    fn two_windows_equal_one() {
        let case = case();
        let mut packed = PackedWeights::new(SHAPE, Precision::F32);
        packed.pack_forward(&case.weights);
        let mut tape = Tape::new(Precision::F32);
        let run = |split: usize, tape: &mut Tape| {
            let mut state = State::zeros(BATCH, SHAPE.hidden);
            let mut out = vec![0.0; TIME * BATCH * SHAPE.hidden];
            let row = split * BATCH;
            let (first, second) = out.split_at_mut(row * SHAPE.hidden);
            forward(
                &packed,
                &case.x[..row * SHAPE.input],
                &case.starts[..row],
                &mut state,
                first,
                tape,
            );
            forward(
                &packed,
                &case.x[row * SHAPE.input..],
                &case.starts[row..],
                &mut state,
                second,
                tape,
            );
            out
        };
        assert_eq!(run(0, &mut tape), run(1, &mut tape));
    }
}
