//! Element-wise functions, written so that the compiler vectorizes them.

use super::simd::multiversion;

/// exp(x), relative error below 2e-7 for x in [-87, 88]; outside it saturates. The polynomial is Cephes' `expf` (Moshier 1989).
#[inline(always)]
pub fn exp(x: f32) -> f32 {
    const ROUND: f32 = 12_582_912.0; // 1.5 · 2^23: adding it rounds to an integer
    let x = x.clamp(-87.0, 88.0);
    let rounded = x * std::f32::consts::LOG2_E + ROUND;
    let n = rounded - ROUND;
    let r = x - n * 0.693_359_4;
    let r = r - n * -2.121_944_4e-4;
    let mut p = 1.987_569_1e-4;
    p = p * r + 1.398_2e-3;
    p = p * r + 8.333_452e-3;
    p = p * r + 4.166_579_6e-2;
    p = p * r + 1.666_666_5e-1;
    p = p * r + 0.5;
    let p = p * r * r + r + 1.0;
    // Scaling by 2^n through the exponent's bits. The lowest bits of `rounded` are n, and the shift leaves no others: a conversion
    // that saturates would take three times as long as all the rest.
    p * f32::from_bits(rounded.to_bits().wrapping_add(127) << 23)
}

/// tanh(x), absolute error below 1e-6: the rational approximation of Eigen (`ptanh_float`, Eigen/src/Core/MathFunctionsImpl.h).
#[inline(always)]
pub fn tanh(x: f32) -> f32 {
    let x = x.clamp(-7.905_311, 7.905_311);
    let y = x * x;
    let mut p = -2.760_768_5e-16;
    p = p * y + 2.000_188e-13;
    p = p * y - 8.604_672e-11;
    p = p * y + 5.122_297e-8;
    p = p * y + 1.485_722_4e-5;
    p = p * y + 6.372_619_3e-4;
    p = p * y + 4.893_525e-3;
    let mut q = 1.198_258_4e-6;
    q = q * y + 1.185_347_1e-4;
    q = q * y + 2.268_434_6e-3;
    q = q * y + 4.893_525e-3;
    x * p / q
}

/// 1 / (1 + exp(-x)).
#[inline(always)]
pub fn sigmoid(x: f32) -> f32 {
    0.5 + 0.5 * tanh(0.5 * x)
}

multiversion! {
    /// Replaces logits by exp(logit - max) and returns (max, sum of those): log-sum-exp is `max + sum.ln()`.
    pub fn exponentiate(logits: &mut [f32]) -> (f32, f32) {
        let mut lanes = [f32::NEG_INFINITY; 16];
        let (chunks, rest) = logits.as_chunks::<16>();
        for chunk in chunks {
            for (lane, x) in lanes.iter_mut().zip(chunk) {
                *lane = if *x > *lane { *x } else { *lane };
            }
        }
        let max = lanes.iter().chain(rest).fold(f32::NEG_INFINITY, |a, b| a.max(*b));
        (max, exponentials(logits, max))
    }
}

/// Replaces logits by exp(logit - max) and returns their sum.
#[inline(always)]
fn exponentials(logits: &mut [f32], max: f32) -> f32 {
    let mut sums = [0.0f32; 16];
    let (chunks, rest) = logits.as_chunks_mut::<16>();
    for chunk in chunks {
        for (sum, x) in sums.iter_mut().zip(chunk) {
            *x = exp(*x - max);
            *sum += *x;
        }
    }
    for x in rest.iter_mut() {
        *x = exp(*x - max);
    }
    sums.iter().sum::<f32>() + rest.iter().sum::<f32>()
}

multiversion! {
    /// Adds `offsets` to the logits, then does as [`exponentiate`].
    pub fn exponentiate_with(offsets: &[f32], logits: &mut [f32]) -> (f32, f32) {
        let mut lanes = [f32::NEG_INFINITY; 16];
        let ((chunks, rest), (offsets, rest_offsets)) = (logits.as_chunks_mut::<16>(), offsets.as_chunks::<16>());
        for (chunk, offsets) in chunks.iter_mut().zip(offsets) {
            for ((lane, x), offset) in lanes.iter_mut().zip(chunk).zip(offsets) {
                *x += offset;
                *lane = if *x > *lane { *x } else { *lane };
            }
        }
        for (x, offset) in rest.iter_mut().zip(rest_offsets) {
            *x += offset;
        }
        let max = lanes.iter().chain(&*rest).fold(f32::NEG_INFINITY, |a, b| a.max(*b));
        (max, exponentials(logits, max))
    }
}

multiversion! {
    /// `x *= a`, and `sums += x` afterwards.
    pub fn scale_and_sum(a: f32, x: &mut [f32], sums: &mut [f32]) {
        for (x, sum) in x.iter_mut().zip(sums) {
            *x *= a;
            *sum += *x;
        }
    }
}

multiversion! {
    /// `y += a · x`
    pub fn add_scaled(a: f32, x: &[f32], y: &mut [f32]) {
        for (y, x) in y.iter_mut().zip(x) {
            *y += a * x;
        }
    }
}

multiversion! {
    /// Sum of products, in 16 lanes.
    pub fn dot(x: &[f32], y: &[f32]) -> f32 {
        let mut sums = [0.0f32; 16];
        let ((xs, x_rest), (ys, y_rest)) = (x.as_chunks::<16>(), y.as_chunks::<16>());
        for (x, y) in xs.iter().zip(ys) {
            for i in 0..16 {
                sums[i] += x[i] * y[i];
            }
        }
        sums.iter().sum::<f32>() + x_rest.iter().zip(y_rest).map(|(x, y)| x * y).sum::<f32>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn approximations_are_close() {
        for i in -2000..2000 {
            let x = i as f32 * 0.04;
            assert!(
                (exp(x) / x.exp() - 1.0).abs() < 3e-7,
                "exp({x}) = {} for {}",
                exp(x),
                x.exp()
            );
            assert!(
                (tanh(x) - x.tanh()).abs() < 1e-6,
                "tanh({x}) = {} for {}",
                tanh(x),
                x.tanh()
            );
        }
        assert_eq!((sigmoid(-1e30), sigmoid(0.0)), (sigmoid(-1e9), 0.5));
        assert!(exp(-1e30) < 1e-37 && exp(f32::NEG_INFINITY) < 1e-37);
    }

    #[test]
    fn exponentials_sum() {
        let mut x: Vec<f32> = (0..37).map(|i| (i as f32 * 0.7).sin() * 5.0).collect();
        let want = x.iter().map(|x| f64::from(*x).exp()).sum::<f64>().ln();
        let mut shifted: Vec<f32> = x.iter().map(|x| x - 2.0).collect();
        let (max, sum) = exponentiate(&mut x);
        assert!((f64::from(max + sum.ln()) - want).abs() < 1e-5);
        let (max, sum) = exponentiate_with(&[2.0; 37], &mut shifted);
        assert!((f64::from(max + sum.ln()) - want).abs() < 1e-5);
    }
}
