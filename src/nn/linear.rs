//! A linear layer without bias: `y = Wᵀ x`, forward and backward over rows.

use super::simd::gemm::{Into, Packed, Precision, matrix, product};

/// Weights (input, output) as products want them; made once a step and shared by its threads.
#[derive(Debug)]
pub struct PackedWeights {
    forward: Packed,
    backward: Packed,
    input: usize,
    output: usize,
}

impl PackedWeights {
    /// Buffers to pack into.
    pub fn new(input: usize, output: usize, precision: Precision) -> PackedWeights {
        PackedWeights {
            forward: Packed::new(precision),
            backward: Packed::new(precision),
            input,
            output,
        }
    }

    /// Packs `weights` (input, output) for both directions.
    pub fn pack(&mut self, weights: &[f32]) {
        self.forward
            .right(matrix(weights, self.input, self.output, self.output));
        self.backward
            .right(matrix(weights, self.input, self.output, self.output).reversed_axes());
    }
}

/// Operands of the products, kept between calls.
#[derive(Debug)]
pub struct Scratch {
    left: Packed,
    right: Packed,
}

impl Scratch {
    /// Empty buffers.
    pub fn new(precision: Precision) -> Scratch {
        Scratch {
            left: Packed::new(precision),
            right: Packed::new(precision),
        }
    }
}

/// `y` (rows, output) from `x` (rows, input).
pub fn forward(weights: &PackedWeights, x: &[f32], y: &mut [f32], scratch: &mut Scratch) {
    let rows = x.len() / weights.input;
    scratch
        .left
        .left(matrix(x, rows, weights.input, weights.input));
    product(
        &scratch.left,
        &weights.forward,
        y,
        weights.output,
        Into::Store,
    );
}

/// Writes `gradient` (input, output) and `dx` (rows, input), from `x` and `dy` (rows, output).
pub fn backward(
    weights: &PackedWeights,
    x: &[f32],
    dy: &[f32],
    gradient: &mut [f32],
    dx: &mut [f32],
    scratch: &mut Scratch,
) {
    let rows = x.len() / weights.input;
    scratch
        .left
        .left(matrix(dy, rows, weights.output, weights.output));
    product(
        &scratch.left,
        &weights.backward,
        dx,
        weights.input,
        Into::Store,
    );
    scratch
        .left
        .left(matrix(x, rows, weights.input, weights.input).reversed_axes());
    scratch
        .right
        .right(matrix(dy, rows, weights.output, weights.output));
    product(
        &scratch.left,
        &scratch.right,
        gradient,
        weights.output,
        Into::Store,
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::random::Random;

    #[test]
    fn gradients_agree_with_the_definition() {
        let (rows, input, output) = (4, 3, 2);
        let mut random = Random::new(5);
        let mut numbers = |n: usize| (0..n).map(|_| random.normal()).collect::<Vec<f32>>();
        let (w, x, dy) = (
            numbers(input * output),
            numbers(rows * input),
            numbers(rows * output),
        );
        let mut packed = PackedWeights::new(input, output, Precision::F32);
        packed.pack(&w);
        let mut scratch = Scratch::new(Precision::F32);
        let (mut y, mut dx, mut dw) = (
            vec![0.0; rows * output],
            vec![0.0; rows * input],
            vec![0.0; input * output],
        );
        forward(&packed, &x, &mut y, &mut scratch);
        backward(&packed, &x, &dy, &mut dw, &mut dx, &mut scratch);
        let close = |got: f32, want: f32| assert!((got - want).abs() < 1e-5, "{got} for {want}");
        for r in 0..rows {
            for o in 0..output {
                close(
                    y[r * output + o],
                    (0..input)
                        .map(|i| x[r * input + i] * w[i * output + o])
                        .sum(),
                );
            }
            for i in 0..input {
                close(
                    dx[r * input + i],
                    (0..output)
                        .map(|o| dy[r * output + o] * w[i * output + o])
                        .sum(),
                );
            }
        }
        for i in 0..input {
            for o in 0..output {
                close(
                    dw[i * output + o],
                    (0..rows)
                        .map(|r| x[r * input + i] * dy[r * output + o])
                        .sum(),
                );
            }
        }
    }
}
