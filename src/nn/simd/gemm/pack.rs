//! Operands of a product in panels.

use super::{Precision, View, cpu};

/// Panels of `W` columns of a (k, outer) matrix, into `out`: (panels, words, W), columns padded with zeros.
pub(super) fn panels<const W: usize>(
    precision: Precision,
    view: View,
    outer: usize,
    k: usize,
    out: &mut [u32],
) {
    #[cfg(target_arch = "x86_64")]
    {
        #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
        fn avx512<const W: usize>(
            precision: Precision,
            view: View,
            outer: usize,
            k: usize,
            out: &mut [u32],
        ) {
            body::<W>(precision, view, outer, k, out);
        }
        if cpu().avx512 {
            // SAFETY: the features were detected.
            return unsafe { avx512::<W>(precision, view, outer, k, out) };
        }
    }
    body::<W>(precision, view, outer, k, out);
}

#[inline(always)]
fn body<const W: usize>(precision: Precision, view: View, outer: usize, k: usize, out: &mut [u32]) {
    for (panel, out) in out
        .chunks_exact_mut((precision.words(k) * W).max(1))
        .enumerate()
    {
        let first = panel * W;
        let width = W.min(outer - first);
        match (precision, view.transposed) {
            (Precision::F32, false) => f32_rows::<W>(view, first, width, out),
            (Precision::F32, true) => f32_columns::<W>(view, first, width, k, out),
            (Precision::Bf16, false) => bf16_rows::<W>(view, first, width, k, out),
            (Precision::Bf16, true) => bf16_columns::<W>(view, first, width, k, out),
        }
    }
}

#[inline(always)]
fn f32_rows<const W: usize>(view: View, first: usize, width: usize, out: &mut [u32]) {
    for (k, out) in out.chunks_exact_mut(W).enumerate() {
        let row = &view.data[k * view.stride + first..][..width];
        for (o, x) in out.iter_mut().zip(row) {
            *o = x.to_bits();
        }
        out[width..].fill(0);
    }
}

#[inline(always)]
fn f32_columns<const W: usize>(view: View, first: usize, width: usize, k: usize, out: &mut [u32]) {
    if width < W {
        out.fill(0);
    }
    for j in 0..width {
        let column = &view.data[(first + j) * view.stride..][..k];
        for (out, x) in out.chunks_exact_mut(W).zip(column) {
            out[j] = x.to_bits();
        }
    }
}

#[inline(always)]
fn bf16_rows<const W: usize>(view: View, first: usize, width: usize, k: usize, out: &mut [u32]) {
    for (pair, out) in out.chunks_exact_mut(W).enumerate() {
        let low = &view.data[2 * pair * view.stride + first..][..width];
        if 2 * pair + 1 < k {
            let high = &view.data[(2 * pair + 1) * view.stride + first..][..width];
            for ((o, l), h) in out.iter_mut().zip(low).zip(high) {
                *o = bf16_pair(*l, *h);
            }
        } else {
            for (o, l) in out.iter_mut().zip(low) {
                *o = bf16_pair(*l, 0.0);
            }
        }
        out[width..].fill(0);
    }
}

#[inline(always)]
fn bf16_columns<const W: usize>(view: View, first: usize, width: usize, k: usize, out: &mut [u32]) {
    if width < W {
        out.fill(0);
    }
    for j in 0..width {
        let column = &view.data[(first + j) * view.stride..][..k];
        let pairs = column.chunks_exact(2);
        let rest = pairs.remainder();
        for (out, pair) in out.chunks_exact_mut(W).zip(pairs) {
            out[j] = bf16_pair(pair[0], pair[1]);
        }
        if let [last] = rest {
            let at = (k / 2) * W + j;
            out[at] = bf16_pair(*last, 0.0);
        }
    }
}

/// Two floats rounded to nearest even bfloat16, the first in the low half. NaN stays NaN only by its top bits; the trainer stops on NaN losses.
#[inline(always)]
pub(super) fn bf16_pair(low: f32, high: f32) -> u32 {
    #[inline(always)]
    fn round(x: f32) -> u32 {
        let bits = x.to_bits();
        bits.wrapping_add(0x7fff + ((bits >> 16) & 1))
    }
    (round(low) >> 16) | (round(high) & 0xffff_0000)
}
