//! Operands of a product in panels.

use std::ops::Range;

use ndarray::{ArrayView1, ArrayView2};

use super::Precision;
#[cfg(target_arch = "x86_64")]
use super::cpu;

/// Where packed words go: `out` is (panels, words, W), and `first` the first of the words to write.
pub(super) struct Place<'a> {
    pub(super) out: &'a mut [u32],
    pub(super) words: usize,
    pub(super) first: usize,
}

/// Panels of `W` columns of a (k, outer) matrix, columns padded with zeros.
pub(super) fn panels<const W: usize>(
    precision: Precision,
    view: ArrayView2<f32>,
    place: Place<'_>,
) {
    #[cfg(target_arch = "x86_64")]
    {
        let by_rows = view.strides()[1] == 1;
        if precision == Precision::Bf16 && cpu().bf16 {
            // SAFETY: the features were detected.
            return unsafe {
                if by_rows {
                    x86_64::bf16_rows::<W>(view, place)
                } else {
                    x86_64::bf16_columns::<W>(view, place)
                }
            };
        }
        #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
        fn avx512<const W: usize>(precision: Precision, view: ArrayView2<f32>, place: Place<'_>) {
            body::<W>(precision, view, place);
        }
        if cpu().avx512 {
            // SAFETY: the features were detected.
            return unsafe { avx512::<W>(precision, view, place) };
        }
    }
    body::<W>(precision, view, place);
}

#[inline(always)]
fn body<const W: usize>(precision: Precision, view: ArrayView2<f32>, place: Place<'_>) {
    let (k, outer) = view.dim();
    let by_rows = view.strides()[1] == 1;
    let panels = place.out.chunks_exact_mut((place.words * W).max(1));
    for (panel, out) in panels.enumerate() {
        let out = &mut out[place.first * W..][..precision.words(k) * W];
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

/// With the processor's own rounding, which takes numbers below 2⁻¹²⁶ for zero and is the portable one's otherwise.
#[cfg(target_arch = "x86_64")]
mod x86_64 {
    use super::{Place, run};
    use ndarray::ArrayView2;
    use std::arch::x86_64::*;

    /// Words of a row that one register holds.
    const WORDS: usize = 16;
    /// Rows read side by side.
    const ROWS: usize = 8;

    /// Rows stand in one piece: 8 of them at a time, so that what is written is a cache line or more, 16 columns at a time.
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512bf16")]
    pub(super) fn bf16_rows<const W: usize>(view: ArrayView2<f32>, place: Place<'_>) {
        let (k, outer) = view.dim();
        let words = k.div_ceil(2);
        let interleave = _mm512_set_epi16(
            31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24, 8, 23, 7, 22, 6, 21, 5, 20,
            4, 19, 3, 18, 2, 17, 1, 16, 0,
        );
        for first in (0..words).step_by(ROWS / 2) {
            let rows: [&[f32]; ROWS] = std::array::from_fn(|row| match 2 * first + row {
                row if row < k => run(view.row(row)),
                _ => &[],
            });
            let columns = outer.next_multiple_of(W);
            for column in (0..columns).step_by(WORDS) {
                for pair in 0..(words - first).min(ROWS / 2) {
                    let both = round(
                        load(rows[2 * pair], column),
                        load(rows[2 * pair + 1], column),
                    );
                    let both = _mm512_permutexvar_epi16(interleave, both);
                    let halves = [
                        _mm512_castsi512_si256(both),
                        _mm512_extracti64x4_epi64::<1>(both),
                    ];
                    for (half, values) in halves.into_iter().enumerate() {
                        let column = column + half * 8;
                        if column < columns {
                            let word = column / W * place.words + place.first + first + pair;
                            store(values, place.out, word * W + column % W);
                        }
                    }
                }
            }
        }
    }

    /// Columns stand in one piece: 8 columns by 32 elements at a time are rounded and transposed.
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512bf16")]
    pub(super) fn bf16_columns<const W: usize>(view: ArrayView2<f32>, place: Place<'_>) {
        let (k, outer) = view.dim();
        let words = k.div_ceil(2);
        for column in (0..outer.next_multiple_of(W)).step_by(ROWS) {
            let columns: [&[f32]; ROWS] = std::array::from_fn(|i| match column + i {
                column if column < outer => run(view.column(column)),
                _ => &[],
            });
            for first in (0..words).step_by(WORDS) {
                let mut rows = [_mm512_setzero_si512(); ROWS];
                for (row, column) in rows.iter_mut().zip(columns) {
                    *row = round(load(column, 2 * first), load(column, 2 * first + WORDS));
                }
                let word = column / W * place.words + place.first + first;
                let at = word * W + column % W;
                for (word, values) in transpose(rows).into_iter().enumerate().take(words - first) {
                    store(values, place.out, at + word * W);
                }
            }
        }
    }

    /// 8 rows of 16 words to 16 columns of 8.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512bf16")]
    fn transpose(rows: [__m512i; ROWS]) -> [__m256i; WORDS] {
        // Within the quarters of 4 words: fours[h][j] has, in quarter q, the words 4q + j of rows 4h to 4h + 3.
        let mut fours = [[_mm512_setzero_si512(); 4]; 2];
        for (fours, rows) in fours.iter_mut().zip(rows.as_chunks::<4>().0) {
            let [a, b, c, d] = *rows;
            let (ab, cd) = (_mm512_unpacklo_epi32(a, b), _mm512_unpacklo_epi32(c, d));
            let (ab_high, cd_high) = (_mm512_unpackhi_epi32(a, b), _mm512_unpackhi_epi32(c, d));
            *fours = [
                _mm512_unpacklo_epi64(ab, cd),
                _mm512_unpackhi_epi64(ab, cd),
                _mm512_unpacklo_epi64(ab_high, cd_high),
                _mm512_unpackhi_epi64(ab_high, cd_high),
            ];
        }
        let mut columns = [_mm256_setzero_si256(); WORDS];
        for j in 0..4 {
            let (top, bottom) = (fours[0][j], fours[1][j]);
            // Quarters 0 and 2 of both, 1 and 3 of both, then each pair put in order.
            let even = _mm512_shuffle_i32x4::<0b10_00_10_00>(top, bottom);
            let odd = _mm512_shuffle_i32x4::<0b11_01_11_01>(top, bottom);
            for (quarter, pair) in [(0, even), (1, odd)] {
                let pair = _mm512_shuffle_i32x4::<0b11_01_10_00>(pair, pair);
                columns[4 * quarter + j] = _mm512_castsi512_si256(pair);
                columns[4 * (quarter + 2) + j] = _mm512_extracti64x4_epi64::<1>(pair);
            }
        }
        columns
    }

    /// 32 bfloat16, those of `low` first.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512bf16")]
    fn round(low: __m512, high: __m512) -> __m512i {
        // SAFETY: __m512bh and __m512i are the same 64 bytes.
        unsafe { std::mem::transmute(_mm512_cvtne2ps_pbh(high, low)) }
    }

    /// 16 floats from `at` on, zeros after the last.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512bf16")]
    fn load(row: &[f32], at: usize) -> __m512 {
        let left = row.len().saturating_sub(at).min(WORDS);
        let mask = ((1u32 << left) - 1) as u16;
        // SAFETY: the mask's bits are elements of `row`; what is masked out is not accessed.
        unsafe { _mm512_maskz_loadu_ps(mask, row.as_ptr().wrapping_add(at)) }
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512bf16")]
    fn store(values: __m256i, out: &mut [u32], at: usize) {
        let out = &mut out[at..][..8];
        // SAFETY: out holds 8 words.
        unsafe { _mm256_storeu_si256(out.as_mut_ptr().cast(), values) };
    }
}

#[cfg(test)]
mod tests {
    use super::super::matrix;
    use super::*;
    use crate::nn::random::Random;

    fn check<const W: usize>(view: ArrayView2<f32>) {
        let (k, outer) = view.dim();
        for precision in [Precision::F32, Precision::Bf16] {
            let words = precision.words(k) + 3;
            let run = |pack: fn(Precision, ArrayView2<f32>, Place<'_>)| {
                let mut out = vec![7; outer.div_ceil(W) * words * W];
                let place = Place {
                    out: &mut out,
                    words,
                    first: 2,
                };
                pack(precision, view, place);
                out
            };
            let (got, want) = (run(panels::<W>), run(body::<W>));
            assert_eq!(got, want, "{k} by {outer} in panels of {W}, {precision:?}");
        }
    }

    #[test]
    fn panels_equal_the_portable_ones() {
        let mut random = Random::new(6);
        for (k, outer) in [(1, 1), (2, 8), (7, 33), (32, 40), (45, 9), (70, 100)] {
            let x: Vec<f32> = (0..k * (outer + 3)).map(|_| random.normal()).collect();
            let rows = matrix(&x, k, outer, outer + 3);
            let columns = matrix(&x, outer, k, k).reversed_axes();
            check::<8>(rows);
            check::<32>(rows);
            check::<8>(columns);
            check::<32>(columns);
        }
    }
}
