//! Operands of a product in panels.

use std::ops::Range;

use ndarray::{ArrayView1, ArrayView2};

use super::{Precision, cpu};

/// Panels of `W` columns of a (k, outer) matrix, into `out`: (panels, words, W), columns padded with zeros.
pub(super) fn panels<const W: usize>(precision: Precision, view: ArrayView2<f32>, out: &mut [u32]) {
    #[cfg(target_arch = "x86_64")]
    {
        #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
        fn avx512<const W: usize>(precision: Precision, view: ArrayView2<f32>, out: &mut [u32]) {
            body::<W>(precision, view, out);
        }
        if cpu().avx512 {
            // SAFETY: the features were detected.
            return unsafe { avx512::<W>(precision, view, out) };
        }
    }
    body::<W>(precision, view, out);
}

#[inline(always)]
fn body<const W: usize>(precision: Precision, view: ArrayView2<f32>, out: &mut [u32]) {
    let (k, outer) = view.dim();
    let by_rows = view.strides()[1] == 1;
    for (panel, out) in out
        .chunks_exact_mut((precision.words(k) * W).max(1))
        .enumerate()
    {
        let columns = panel * W..outer.min((panel + 1) * W);
        match (precision, by_rows) {
            (Precision::F32, true) => f32_rows::<W>(view, columns, out),
            (Precision::F32, false) => f32_columns::<W>(view, columns, out),
            (Precision::Bf16, true) => bf16_rows::<W>(view, columns, out),
            (Precision::Bf16, false) => bf16_columns::<W>(view, columns, out),
        }
    }
}

/// A row or a column whose elements stand side by side.
#[inline(always)]
fn run<'a>(run: ArrayView1<'a, f32>) -> &'a [f32] {
    run.to_slice()
        .expect("a matrix has its rows or its columns in one piece")
}

#[inline(always)]
fn f32_rows<const W: usize>(view: ArrayView2<f32>, columns: Range<usize>, out: &mut [u32]) {
    for (k, out) in out.chunks_exact_mut(W).enumerate() {
        let row = &run(view.row(k))[columns.clone()];
        for (o, x) in out.iter_mut().zip(row) {
            *o = x.to_bits();
        }
        out[columns.len()..].fill(0);
    }
}

#[inline(always)]
fn f32_columns<const W: usize>(view: ArrayView2<f32>, columns: Range<usize>, out: &mut [u32]) {
    if columns.len() < W {
        out.fill(0);
    }
    for (j, column) in columns.enumerate() {
        for (out, x) in out.chunks_exact_mut(W).zip(run(view.column(column))) {
            out[j] = x.to_bits();
        }
    }
}

#[inline(always)]
fn bf16_rows<const W: usize>(view: ArrayView2<f32>, columns: Range<usize>, out: &mut [u32]) {
    for (pair, out) in out.chunks_exact_mut(W).enumerate() {
        let low = &run(view.row(2 * pair))[columns.clone()];
        if 2 * pair + 1 < view.nrows() {
            let high = &run(view.row(2 * pair + 1))[columns.clone()];
            for ((o, l), h) in out.iter_mut().zip(low).zip(high) {
                *o = bf16_pair(*l, *h);
            }
        } else {
            for (o, l) in out.iter_mut().zip(low) {
                *o = bf16_pair(*l, 0.0);
            }
        }
        out[columns.len()..].fill(0);
    }
}

#[inline(always)]
fn bf16_columns<const W: usize>(view: ArrayView2<f32>, columns: Range<usize>, out: &mut [u32]) {
    if columns.len() < W {
        out.fill(0);
    }
    for (j, column) in columns.enumerate() {
        let (pairs, last) = run(view.column(column)).as_chunks::<2>();
        for (out, pair) in out.chunks_exact_mut(W).zip(pairs) {
            out[j] = bf16_pair(pair[0], pair[1]);
        }
        if let [last] = last {
            out[pairs.len() * W + j] = bf16_pair(*last, 0.0);
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
