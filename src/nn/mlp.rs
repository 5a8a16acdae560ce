//! A gated MLP beside what it reads (Shazeer 2020, SwiGLU), normalized first by its root mean square (Zhang and Sennrich
//! 2019): forward and backward over rows.
//!
//! ```text
//! n = x / √(mean x² + ε),   (v, g) = W_enterᵀ n,   y = x + W_leaveᵀ (v ⊙ g ⊙ σ(g))
//! ```
//! The norm has no weights of its own: a factor a column of n is a factor a row of W_enter. While W_leave is zero, y is x.

use super::linear;
use super::pointwise::{dot, sigmoid};
use super::simd::gemm::Precision;
use super::simd::multiversion;

/// ε above: rows of zeros stay zeros.
const EPSILON: f32 = 1e-6;

/// The weights, or their gradients.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Weights {
    /// (width, 2 · inner): values, then gates.
    pub enter: Vec<f32>,
    /// (inner, width)
    pub leave: Vec<f32>,
}

impl Weights {
    /// All zero.
    pub fn zeros(width: usize, inner: usize) -> Weights {
        Weights {
            enter: vec![0.0; width * 2 * inner],
            leave: vec![0.0; inner * width],
        }
    }
}

/// Weights as products want them; made once a step and shared by its threads.
#[derive(Debug)]
pub struct PackedWeights {
    enter: linear::PackedWeights,
    leave: linear::PackedWeights,
    width: usize,
    inner: usize,
}

impl PackedWeights {
    /// Buffers to pack into.
    pub fn new(width: usize, inner: usize, precision: Precision) -> PackedWeights {
        PackedWeights {
            enter: linear::PackedWeights::new(width, 2 * inner, precision),
            leave: linear::PackedWeights::new(inner, width, precision),
            width,
            inner,
        }
    }

    /// Packs for both directions.
    pub fn pack(&mut self, weights: &Weights) {
        self.enter.pack(&weights.enter);
        self.leave.pack(&weights.leave);
    }
}

/// What a forward pass leaves for the backward pass.
#[derive(Debug)]
pub struct Tape {
    normed: Vec<f32>, // (rows, width): n
    scales: Vec<f32>, // (rows): 1 / √(mean x² + ε)
    gates: Vec<f32>,  // (rows, 2 · inner): v and g; then their gradients in the backward pass
    inner: Vec<f32>,  // (rows, inner): v ⊙ g ⊙ σ(g)
    added: Vec<f32>,  // (rows, width): what is added to x; then the gradient of n
    flow: Vec<f32>,   // (rows, inner): the gradient of `inner`
    products: linear::Scratch,
}

impl Tape {
    /// An empty tape; its buffers grow to the window on first use.
    pub fn new(precision: Precision) -> Tape {
        Tape {
            normed: Vec::new(),
            scales: Vec::new(),
            gates: Vec::new(),
            inner: Vec::new(),
            added: Vec::new(),
            flow: Vec::new(),
            products: linear::Scratch::new(precision),
        }
    }
}

/// The factor that brings a vector's root mean square to one.
pub fn scale(x: &[f32]) -> f32 {
    (dot(x, x) / x.len() as f32 + EPSILON).sqrt().recip()
}

multiversion! {
    /// One row: v becomes `v ⊙ g ⊙ σ(g)`.
    pub fn activate(values: &mut [f32], gates: &[f32]) {
        for (v, g) in values.iter_mut().zip(gates) {
            *v *= g * sigmoid(*g);
        }
    }
}

multiversion! {
    /// Its gradient, in place of v and g.
    pub fn activate_backward(d_inner: &[f32], gates: &mut [f32]) {
        let n = d_inner.len();
        let (values, gates) = gates.split_at_mut(n);
        let gates = &mut gates[..n];
        for j in 0..n {
            let (v, g) = (values[j], gates[j]);
            let open = sigmoid(g);
            values[j] = d_inner[j] * g * open;
            gates[j] = d_inner[j] * v * open * (1.0 + g * (1.0 - open));
        }
    }
}

multiversion! {
    /// One row of a norm's backward pass: the gradient of x is added to `d`.
    pub fn norm_backward(normed: &[f32], d_normed: &[f32], scale: f32, mean: f32, d: &mut [f32]) {
        for ((d, d_normed), normed) in d.iter_mut().zip(d_normed).zip(normed) {
            *d += scale * (d_normed - mean * normed);
        }
    }
}

/// Adds to `x` (rows, width).
pub fn forward(weights: &PackedWeights, x: &mut [f32], tape: &mut Tape) {
    let PackedWeights { width, inner, .. } = *weights;
    let rows = x.len() / width;
    tape.normed.resize(rows * width, 0.0);
    tape.scales.resize(rows, 0.0);
    tape.gates.resize(rows * 2 * inner, 0.0);
    tape.inner.resize(rows * inner, 0.0);
    tape.added.resize(rows * width, 0.0);
    let normed = tape.normed.chunks_exact_mut(width);
    for ((x, normed), kept) in x.chunks_exact(width).zip(normed).zip(&mut tape.scales) {
        *kept = scale(x);
        for (normed, x) in normed.iter_mut().zip(x) {
            *normed = x * *kept;
        }
    }
    let products = &mut tape.products;
    linear::forward(&weights.enter, &tape.normed, &mut tape.gates, products);
    let gates = tape.gates.chunks_exact(2 * inner);
    for (gates, values) in gates.zip(tape.inner.chunks_exact_mut(inner)) {
        values.copy_from_slice(&gates[..inner]);
        activate(values, &gates[inner..]);
    }
    linear::forward(&weights.leave, &tape.inner, &mut tape.added, products);
    for (x, added) in x.iter_mut().zip(&tape.added) {
        *x += added;
    }
}

/// Gradients of a window whose forward pass left `tape`: `d` (rows, width), the gradient of what came out, becomes that of
/// what came in; `gradient` is written.
pub fn backward(weights: &PackedWeights, d: &mut [f32], gradient: &mut Weights, tape: &mut Tape) {
    let PackedWeights { width, inner, .. } = *weights;
    tape.flow.resize(tape.inner.len(), 0.0);
    let products = &mut tape.products;
    let d_leave = &mut gradient.leave;
    linear::backward(
        &weights.leave,
        &tape.inner,
        d,
        d_leave,
        &mut tape.flow,
        products,
    );
    let gates = tape.gates.chunks_exact_mut(2 * inner);
    for (gates, d_inner) in gates.zip(tape.flow.chunks_exact(inner)) {
        activate_backward(d_inner, gates);
    }
    let (d_enter, d_normed) = (&mut gradient.enter, &mut tape.added);
    linear::backward(
        &weights.enter,
        &tape.normed,
        &tape.gates,
        d_enter,
        d_normed,
        products,
    );
    let rows = tape
        .normed
        .chunks_exact(width)
        .zip(d_normed.chunks_exact(width));
    for ((d, (normed, d_normed)), scale) in d.chunks_exact_mut(width).zip(rows).zip(&tape.scales) {
        let mean = dot(normed, d_normed) / width as f32;
        norm_backward(normed, d_normed, *scale, mean, d);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::differences::{Field, check};
    use crate::nn::random::Random;

    const WIDTH: usize = 6;
    const INNER: usize = 5;
    const ROWS: usize = 4;

    struct Case {
        weights: Weights,
        x: Vec<f32>,
        direction: Vec<f32>, // the loss is the sum of direction · y
    }

    fn case() -> Case {
        let mut random = Random::new(3);
        let mut numbers = |n: usize| (0..n).map(|_| random.normal()).collect::<Vec<f32>>();
        Case {
            weights: Weights {
                enter: numbers(WIDTH * 2 * INNER),
                leave: numbers(INNER * WIDTH),
            },
            x: numbers(ROWS * WIDTH),
            direction: numbers(ROWS * WIDTH),
        }
    }

    fn run(case: &Case, gradient: Option<(&mut Weights, &mut Vec<f32>)>) -> f64 {
        let mut packed = PackedWeights::new(WIDTH, INNER, Precision::F32);
        packed.pack(&case.weights);
        let mut tape = Tape::new(Precision::F32);
        let mut y = case.x.clone();
        forward(&packed, &mut y, &mut tape);
        if let Some((gradient, d)) = gradient {
            d.clone_from(&case.direction);
            backward(&packed, d, gradient, &mut tape);
        }
        let terms = y.iter().zip(&case.direction);
        terms.map(|(y, d)| f64::from(*y) * f64::from(*d)).sum()
    }

    #[test]
    fn gradients_agree_with_finite_differences() {
        let mut base = case();
        let mut gradient = Weights::zeros(WIDTH, INNER);
        let mut d = Vec::new();
        run(&base, Some((&mut gradient, &mut d)));
        let fields: [(Field<Case>, &Vec<f32>); 3] = [
            (|c| &mut c.weights.enter, &gradient.enter),
            (|c| &mut c.weights.leave, &gradient.leave),
            (|c| &mut c.x, &d),
        ];
        check(&mut base, |case| run(case, None), &fields, 5e-3);
    }

    #[test]
    fn without_a_way_out_nothing_is_added() {
        let mut case = case();
        case.weights.leave.fill(0.0);
        let mut packed = PackedWeights::new(WIDTH, INNER, Precision::F32);
        packed.pack(&case.weights);
        let mut y = case.x.clone();
        forward(&packed, &mut y, &mut Tape::new(Precision::F32));
        assert_eq!(y, case.x);
    }
}
