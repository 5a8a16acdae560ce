//! Matrix products of the trainer, on packed operands.
//!
//! `C (m, n) = A (m, k) · B (k, n)`, optionally added to what C holds. Both operands are packed into panels first: A by `MR` rows, B by `NR` columns, so that the
//! inner loop reads both in order. Operands that serve many products (recurrent weights: once a time step) are packed once.
//!
//! With [`Precision::Bf16`] the operands are rounded to bfloat16 and multiplied in pairs, sums staying in f32 (`vdpbf16ps`): twice the rate of f32 where the
//! processor has it. The bfloat16 product without that instruction is computed by the portable tile, for tests.

mod pack;

use super::cpu;
use ndarray::{ArrayView2, ShapeBuilder};

/// Rows of a tile of C.
const MR: usize = 8;
/// Columns of a tile of C.
const NR: usize = 32;
/// Longest stretch of packed k that a tile sums before it goes back to memory: B's panel then stays in the first two cache levels.
const KC: usize = 512;

/// Packed words of A that all of B passes by: a quarter of a second-level cache.
const MC: usize = 1 << 16;

type Tile = [[f32; NR]; MR];

/// How operands are stored for a product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precision {
    /// 32-bit floats.
    F32,
    /// bfloat16 pairs, sums in f32.
    Bf16,
}

impl Precision {
    /// The fastest that the processor multiplies natively.
    pub fn fastest() -> Precision {
        if cpu().bf16 {
            Precision::Bf16
        } else {
            Precision::F32
        }
    }

    /// Packed words (4 bytes) for `k` elements.
    fn words(self, k: usize) -> usize {
        match self {
            Precision::F32 => k,
            Precision::Bf16 => k.div_ceil(2),
        }
    }
}

/// A row-major matrix as the products take it, `stride` elements from row to row; its transpose is `.reversed_axes()`.
///
/// # Panics
/// When `data` is too short.
pub fn matrix(data: &[f32], rows: usize, columns: usize, stride: usize) -> ArrayView2<'_, f32> {
    let view = match rows {
        0 => ArrayView2::from_shape((0, columns), data),
        _ => ArrayView2::from_shape((rows, columns).strides((stride, 1)), data),
    };
    view.expect("data is long enough")
}

/// An operand in panels: `(panels, words, width)`.
#[derive(Clone, Debug)]
pub struct Packed {
    data: Vec<u32>,
    outer: usize, // m or n
    k: usize,
    precision: Precision,
}

impl Packed {
    /// An empty operand to pack into.
    pub fn new(precision: Precision) -> Packed {
        Packed {
            data: Vec::new(),
            outer: 0,
            k: 0,
            precision,
        }
    }

    /// Packs A (m, k) by rows.
    pub fn left(&mut self, a: ArrayView2<f32>) {
        let (m, k) = a.dim();
        self.room_for_left(m, k);
        self.left_from(0, a);
    }

    /// Makes room for A (m, k), all of which is then packed by [`Packed::left_from`].
    pub fn room_for_left(&mut self, m: usize, k: usize) {
        self.room::<MR>(m, k);
    }

    /// Packs some columns (m, some) of A, the first of which is column `first`, an even number.
    ///
    /// # Panics
    /// When A has no such columns.
    pub fn left_from(&mut self, first: usize, columns: ArrayView2<f32>) {
        // A's panels run along k as B's do: packing A by rows is packing its transpose by columns.
        self.pack::<MR>(first, columns.reversed_axes());
    }

    /// Packs B (k, n) by columns.
    pub fn right(&mut self, b: ArrayView2<f32>) {
        let (k, n) = b.dim();
        self.room::<NR>(n, k);
        self.pack::<NR>(0, b);
    }

    fn room<const W: usize>(&mut self, outer: usize, k: usize) {
        (self.outer, self.k) = (outer, k);
        let words = self.precision.words(k);
        self.data.resize(outer.div_ceil(W) * words * W, 0);
    }

    fn pack<const W: usize>(&mut self, first: usize, view: ArrayView2<f32>) {
        let (k, outer) = view.dim();
        assert!(
            first.is_multiple_of(2) && first + k <= self.k && outer == self.outer,
            "a stretch of another matrix"
        );
        let place = pack::Place {
            out: &mut self.data,
            words: self.precision.words(self.k),
            first: self.precision.words(first),
        };
        pack::panels::<W>(self.precision, view, place);
    }
}

/// Whether a product replaces C or is added to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Into {
    /// C = A·B
    Store,
    /// C += A·B
    Add,
}

/// `C (m, n) = A·B` or `C += A·B`; C is row-major with `stride` elements a row.
///
/// # Panics
/// When the inner lengths or precisions of A and B differ, or C is too small.
pub fn product(a: &Packed, b: &Packed, c: &mut [f32], stride: usize, into: Into) {
    assert_eq!(
        (a.k, a.precision),
        (b.k, b.precision),
        "operands do not fit"
    );
    let (m, n) = (a.outer, b.outer);
    let words = a.precision.words(a.k);
    if words == 0 || m == 0 || n == 0 {
        return;
    }
    assert!(
        stride >= n && c.len() >= (m - 1) * stride + n,
        "C is too small"
    );
    let strip = strip(a.precision);
    let rows = (MC / words).next_multiple_of(MR).max(MR);
    for row in (0..m).step_by(rows) {
        let rows = rows.min(m - row);
        let a = &a.data[row * words..][..rows.next_multiple_of(MR) * words];
        for (column, b) in b.data.chunks_exact(words * NR).enumerate() {
            for block in (0..words).step_by(KC) {
                let length = KC.min(words - block);
                strip(
                    Rows { a, words, block },
                    &b[block * NR..][..length * NR],
                    Part {
                        c: &mut c[row * stride + column * NR..],
                        stride,
                        rows,
                        columns: NR.min(n - column * NR),
                        add: into == Into::Add || block > 0,
                    },
                );
            }
        }
    }
}

/// Row panels of A, from word `block` of each on.
#[derive(Clone, Copy)]
struct Rows<'a> {
    a: &'a [u32],
    words: usize,
    block: usize,
}

impl Rows<'_> {
    /// Calls `tile` with each panel's next `length` words and its rows of C.
    #[inline(always)]
    fn each(self, length: usize, strip: Part, mut tile: impl FnMut(&[u32], Part)) {
        let stride = strip.stride;
        for (panel, a) in self.a.chunks_exact(self.words * MR).enumerate() {
            tile(
                &a[self.block * MR..][..length * MR],
                Part {
                    c: &mut strip.c[panel * MR * stride..],
                    rows: MR.min(strip.rows - panel * MR),
                    ..strip
                },
            );
        }
    }
}

/// Where a tile goes: `rows` by `columns` of C, from the first element of `c` on.
struct Part<'a> {
    c: &'a mut [f32],
    stride: usize,
    rows: usize,
    columns: usize,
    add: bool,
}

impl Part<'_> {
    /// Stores or adds a tile's sums.
    #[inline(always)]
    fn take(self, tile: &Tile) {
        for (row, sums) in tile.iter().enumerate().take(self.rows) {
            let out = &mut self.c[row * self.stride..][..self.columns];
            if self.add {
                for (o, s) in out.iter_mut().zip(sums) {
                    *o += s;
                }
            } else {
                out.copy_from_slice(&sums[..out.len()]);
            }
        }
    }
}

/// Sums over a stretch of A's panels times one of B's.
type Strip = fn(Rows, &[u32], Part);

/// The best kernel for a precision.
fn strip(precision: Precision) -> Strip {
    #[cfg(target_arch = "x86_64")]
    {
        let cpu = cpu();
        if precision == Precision::Bf16 && cpu.bf16 {
            // SAFETY: AVX-512 F and BF16 were detected.
            return |rows, b, strip| unsafe { x86_64::bf16(rows, b, strip) };
        }
        if precision == Precision::F32 && cpu.avx512 {
            // SAFETY: AVX-512 F was detected.
            return |rows, b, strip| unsafe { x86_64::avx512(rows, b, strip) };
        }
        if precision == Precision::F32 && cpu.avx2 {
            // SAFETY: AVX2 and FMA were detected.
            return |rows, b, strip| unsafe { x86_64::avx2(rows, b, strip) };
        }
    }
    match precision {
        Precision::F32 => portable::f32,
        Precision::Bf16 => portable::bf16,
    }
}

/// The reference of every kernel, and what processors without one use.
mod portable {
    use super::{MR, NR, Part, Rows, Tile};

    pub(super) fn f32(rows: Rows, b: &[u32], strip: Part) {
        rows.each(b.len() / NR, strip, |a, part| {
            tile(a, b, part, |a, b, sum| {
                sum + f32::from_bits(a) * f32::from_bits(b)
            })
        });
    }

    pub(super) fn bf16(rows: Rows, b: &[u32], strip: Part) {
        rows.each(b.len() / NR, strip, |a, part| {
            tile(a, b, part, |a, b, sum| {
                let (low, high) = ((a << 16, b << 16), (a & 0xffff_0000, b & 0xffff_0000));
                let sum = sum + f32::from_bits(low.0) * f32::from_bits(low.1);
                sum + f32::from_bits(high.0) * f32::from_bits(high.1)
            })
        });
    }

    /// Two rows at a time, so that the sums stay in registers on processors with 16 or 32 vectors of 4 floats.
    #[inline(always)]
    fn tile(a: &[u32], b: &[u32], part: Part, multiply: impl Fn(u32, u32, f32) -> f32 + Copy) {
        let mut sums: Tile = [[0.0; NR]; MR];
        for (pair, out) in sums.chunks_exact_mut(2).enumerate() {
            for (half, columns) in [(0, 0..NR / 2), (1, NR / 2..NR)] {
                let mut top = [0.0; NR / 2];
                let mut bottom = [0.0; NR / 2];
                for (a, b) in a.chunks_exact(MR).zip(b.chunks_exact(NR)) {
                    let b = &b[half * NR / 2..][..NR / 2];
                    for j in 0..NR / 2 {
                        top[j] = multiply(a[2 * pair], b[j], top[j]);
                        bottom[j] = multiply(a[2 * pair + 1], b[j], bottom[j]);
                    }
                }
                out[0][columns.clone()].copy_from_slice(&top);
                out[1][columns].copy_from_slice(&bottom);
            }
        }
        part.take(&sums);
    }
}

#[cfg(target_arch = "x86_64")]
mod x86_64 {
    use super::{MR, NR, Part, Rows, Tile};
    use std::arch::x86_64::*;

    /// 8 rows by 2 vectors of 16: 16 sums in flight cover the latency of two products a cycle.
    #[target_feature(enable = "avx512f,avx512bf16")]
    pub(super) fn bf16(rows: Rows, b: &[u32], strip: Part) {
        rows.each(b.len() / NR, strip, |a, part| bf16_tile(a, b, part));
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512bf16")]
    fn bf16_tile(a: &[u32], b: &[u32], part: Part) {
        prefetch(&part);
        let mut sums = [[_mm512_setzero_ps(); 2]; MR];
        for (a, b) in a.as_chunks::<MR>().0.iter().zip(b.as_chunks::<NR>().0) {
            // SAFETY: b holds NR = 32 words.
            let (b0, b1) = unsafe {
                (
                    _mm512_loadu_si512(b.as_ptr().cast()),
                    _mm512_loadu_si512(b.as_ptr().add(16).cast()),
                )
            };
            // SAFETY: __m512bh and __m512i are the same 64 bytes.
            let [b0, b1]: [__m512bh; 2] = unsafe { std::mem::transmute([b0, b1]) };
            for i in 0..MR {
                // SAFETY: as above.
                let a: __m512bh = unsafe { std::mem::transmute(_mm512_set1_epi32(a[i] as i32)) };
                sums[i][0] = _mm512_dpbf16_ps(sums[i][0], a, b0);
                sums[i][1] = _mm512_dpbf16_ps(sums[i][1], a, b1);
            }
        }
        store(&sums, part);
    }

    #[target_feature(enable = "avx512f")]
    pub(super) fn avx512(rows: Rows, b: &[u32], strip: Part) {
        rows.each(b.len() / NR, strip, |a, part| avx512_tile(a, b, part));
    }

    #[inline]
    #[target_feature(enable = "avx512f")]
    fn avx512_tile(a: &[u32], b: &[u32], part: Part) {
        prefetch(&part);
        let mut sums = [[_mm512_setzero_ps(); 2]; MR];
        for (a, b) in a.as_chunks::<MR>().0.iter().zip(b.as_chunks::<NR>().0) {
            // SAFETY: b holds NR = 32 words.
            let (b0, b1) = unsafe {
                (
                    _mm512_loadu_ps(b.as_ptr().cast()),
                    _mm512_loadu_ps(b.as_ptr().add(16).cast()),
                )
            };
            for i in 0..MR {
                let a = _mm512_set1_ps(f32::from_bits(a[i]));
                sums[i][0] = _mm512_fmadd_ps(a, b0, sums[i][0]);
                sums[i][1] = _mm512_fmadd_ps(a, b1, sums[i][1]);
            }
        }
        store(&sums, part);
    }

    /// Asks for the lines of C that `store` will want when the sums are done: by then they would be long out of the window that the processor looks ahead.
    #[inline]
    #[target_feature(enable = "avx512f")]
    fn prefetch(part: &Part) {
        for row in 0..part.rows {
            let row = part.c.as_ptr().wrapping_add(row * part.stride);
            _mm_prefetch::<_MM_HINT_T0>(row.cast());
            _mm_prefetch::<_MM_HINT_T0>(row.wrapping_add(16).cast());
        }
    }

    #[inline]
    #[target_feature(enable = "avx512f")]
    fn store(sums: &[[__m512; 2]; MR], part: Part) {
        if part.rows < MR || part.columns < NR {
            return store_some(sums, part);
        }
        let c = &mut part.c[..(MR - 1) * part.stride + NR];
        for (row, sums) in sums.iter().enumerate() {
            for (half, sum) in sums.iter().enumerate() {
                let at = c.as_mut_ptr().wrapping_add(row * part.stride + 16 * half);
                // SAFETY: the tile's last row ends where `c` does.
                unsafe {
                    let sum = if part.add {
                        _mm512_add_ps(*sum, _mm512_loadu_ps(at))
                    } else {
                        *sum
                    };
                    _mm512_storeu_ps(at, sum);
                }
            }
        }
    }

    /// Columns that C does not have are masked out.
    #[cold]
    #[target_feature(enable = "avx512f")]
    fn store_some(sums: &[[__m512; 2]; MR], part: Part) {
        let mask = ((1u64 << part.columns) - 1) as u32;
        for (row, sums) in sums.iter().enumerate().take(part.rows) {
            let out = &mut part.c[row * part.stride..][..part.columns];
            for (half, sum) in sums.iter().enumerate() {
                let mask = (mask >> (16 * half)) as u16;
                let at = out.as_mut_ptr().wrapping_add(16 * half);
                // SAFETY: the mask's bits are columns of `out`; what is masked out is not accessed.
                unsafe {
                    let sum = if part.add {
                        _mm512_add_ps(*sum, _mm512_maskz_loadu_ps(mask, at))
                    } else {
                        *sum
                    };
                    _mm512_mask_storeu_ps(at, mask, sum);
                }
            }
        }
    }

    /// 4 rows by 16 columns at a time: 8 sums, 2 of B and one of A fit 16 registers.
    #[target_feature(enable = "avx2,fma")]
    pub(super) fn avx2(rows: Rows, b: &[u32], strip: Part) {
        rows.each(b.len() / NR, strip, |a, part| avx2_tile(a, b, part));
    }

    #[inline]
    #[target_feature(enable = "avx2,fma")]
    fn avx2_tile(a: &[u32], b: &[u32], part: Part) {
        let mut tile: Tile = [[0.0; NR]; MR];
        for half in 0..2 {
            for group in 0..2 {
                let mut sums = [[_mm256_setzero_ps(); 2]; 4];
                for (a, b) in a.as_chunks::<MR>().0.iter().zip(b.as_chunks::<NR>().0) {
                    let b = &b[half * 16..][..16];
                    // SAFETY: b holds 16 words.
                    let (b0, b1) = unsafe {
                        (
                            _mm256_loadu_ps(b.as_ptr().cast()),
                            _mm256_loadu_ps(b.as_ptr().add(8).cast()),
                        )
                    };
                    for i in 0..4 {
                        let a = _mm256_set1_ps(f32::from_bits(a[group * 4 + i]));
                        sums[i][0] = _mm256_fmadd_ps(a, b0, sums[i][0]);
                        sums[i][1] = _mm256_fmadd_ps(a, b1, sums[i][1]);
                    }
                }
                for (out, sums) in tile[group * 4..].iter_mut().zip(&sums) {
                    let out = &mut out[half * 16..][..16];
                    // SAFETY: out holds 16 floats.
                    unsafe {
                        _mm256_storeu_ps(out.as_mut_ptr(), sums[0]);
                        _mm256_storeu_ps(out.as_mut_ptr().add(8), sums[1]);
                    }
                }
            }
        }
        part.take(&tile);
    }
}

#[cfg(test)]
mod tests {
    use super::pack::bf16_pair;
    use super::*;
    use crate::nn::random::Random;

    fn naive(a: ArrayView2<f32>, b: ArrayView2<f32>, m: usize, n: usize, k: usize) -> Vec<f32> {
        (0..m * n)
            .map(|c| (0..k).map(|l| a[(c / n, l)] * b[(l, c % n)]).sum())
            .collect()
    }

    fn check(m: usize, n: usize, k: usize, precision: Precision) {
        let mut random = Random::new(7);
        let a: Vec<f32> = (0..m * k).map(|_| random.normal()).collect();
        let b: Vec<f32> = (0..k * n).map(|_| random.normal()).collect();
        let tolerance = if precision == Precision::F32 {
            1e-4
        } else {
            0.02
        } * (k as f32).sqrt();
        for (a, b) in [
            (matrix(&a, m, k, k), matrix(&b, k, n, n)),
            (matrix(&a, k, m, m).reversed_axes(), matrix(&b, k, n, n)),
            (matrix(&a, m, k, k), matrix(&b, n, k, k).reversed_axes()),
            (
                matrix(&a, k, m, m).reversed_axes(),
                matrix(&b, n, k, k).reversed_axes(),
            ),
        ] {
            let (mut left, mut right) = (Packed::new(precision), Packed::new(precision));
            left.left(a);
            right.right(b);
            let mut c = vec![0.5; m * (n + 3)];
            product(&left, &right, &mut c, n + 3, Into::Store);
            product(&left, &right, &mut c, n + 3, Into::Add);
            let want = naive(a, b, m, n, k);
            for (i, row) in c.chunks_exact(n + 3).enumerate() {
                for j in 0..n {
                    let want = 2.0 * want[i * n + j];
                    assert!(
                        (row[j] - want).abs() <= 2.0 * tolerance,
                        "{m}x{n}x{k} {precision:?} ({i}, {j}): {} for {want}",
                        row[j]
                    );
                }
                assert_eq!(row[n..], [0.5; 3], "padding of C was written");
            }
        }
    }

    #[test]
    fn products_equal_the_definition() {
        for (m, n, k) in [
            (1, 1, 1),
            (8, 32, 4),
            (9, 33, 5),
            (3, 70, 37),
            (20, 40, 1100),
        ] {
            check(m, n, k, Precision::F32);
            check(m, n, k, Precision::Bf16);
        }
    }

    #[test]
    fn kernels_equal_the_portable_ones() {
        let mut random = Random::new(3);
        for words in [1, 2, 31] {
            // As f32 these are numbers too, a bfloat16 in the upper half.
            let mut numbers = |n: usize| {
                (0..n)
                    .map(|_| bf16_pair(random.normal(), random.normal()))
                    .collect::<Vec<u32>>()
            };
            let (a, b) = (numbers(words * MR), numbers(words * NR));
            for (precision, portable) in [
                (Precision::F32, portable::f32 as Strip),
                (Precision::Bf16, portable::bf16),
            ] {
                let rows = Rows {
                    a: &a,
                    words,
                    block: 0,
                };
                let run = |strip: Strip| {
                    let mut c = vec![0.25; MR * NR];
                    strip(
                        rows,
                        &b,
                        Part {
                            c: &mut c,
                            stride: NR,
                            rows: MR,
                            columns: NR,
                            add: true,
                        },
                    );
                    strip(
                        rows,
                        &b,
                        Part {
                            c: &mut c,
                            stride: NR,
                            rows: 3,
                            columns: 17,
                            add: false,
                        },
                    );
                    c
                };
                for (got, want) in run(strip(precision)).iter().zip(&run(portable)) {
                    assert!(
                        (got - want).abs() <= 1e-4 * want.abs().max(1.0),
                        "{precision:?}: {got} for {want}"
                    );
                }
            }
        }
    }
}
