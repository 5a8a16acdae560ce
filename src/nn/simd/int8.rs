//! Integer matrix-vector products for inference.
//!
//! `out = scale_w · scale_x · (W · x)` with 8-bit W, a scale for each row, and 8-bit x, a scale for the vector. Sums are exact 32-bit integers, so every kernel
//! gives the same bits, alone or in a batch. W is stored `(rows / 64, columns / 4, 64, 4)`: 64 rows side by side, four columns at a time, as dot-product
//! instructions of bytes want them; rows are padded to 64 with zeros, columns to 4.

use super::{cpu, multiversion};
use std::sync::OnceLock;

/// Rows of a panel.
pub const PANEL: usize = 64;
/// Columns that stand together.
pub const GROUP: usize = 4;
/// Vectors that a pass over a panel serves: four sums of 16 rows each for four vectors fill half the registers.
const VECTORS: usize = 4;

/// A matrix of 8-bit weights, as it lies in a model file.
#[derive(Clone, Copy, Debug)]
pub struct Matrix<'a> {
    /// `(rows / 64, columns / 4, 64, 4)`, padded.
    pub data: &'a [i8],
    /// (rows): what a unit of the row is worth.
    pub scales: &'a [f32],
    /// (rows): sum of the row's weights, for kernels whose vectors are unsigned.
    pub sums: &'a [i32],
    /// Columns, a multiple of 4.
    pub columns: usize,
}

impl Matrix<'_> {
    /// Number of rows, without padding.
    pub fn rows(&self) -> usize {
        self.scales.len()
    }

    /// One row as it stands, 8-bit.
    pub fn row(&self, row: usize, out: &mut [i8]) {
        let panel = &self.data[row / PANEL * PANEL * self.columns..][..PANEL * self.columns];
        let groups = panel.chunks_exact(PANEL * GROUP);
        for (out, group) in out.chunks_exact_mut(GROUP).zip(groups) {
            out.copy_from_slice(&group[row % PANEL * GROUP..][..GROUP]);
        }
    }
}

/// Rows of one matrix, each in one piece of memory. In the matrix a row lies in as many cache lines as it has groups of columns, so
/// a panel of which a row is asked for is unpacked, once.
#[derive(Debug)]
pub struct Rows {
    panels: Box<[OnceLock<Box<[i8]>>]>,
}

impl Rows {
    /// None unpacked yet, of a matrix of so many rows.
    pub fn new(rows: usize) -> Rows {
        Rows {
            panels: (0..rows.div_ceil(PANEL)).map(|_| OnceLock::new()).collect(),
        }
    }

    /// One row as it stands, 8-bit. The matrix is the same at every call.
    pub fn row(&self, matrix: Matrix<'_>, row: usize) -> &[i8] {
        let panel = self.panels[row / PANEL].get_or_init(|| {
            let mut rows = vec![0; PANEL * matrix.columns];
            for (at, out) in rows.chunks_exact_mut(matrix.columns).enumerate() {
                matrix.row(row / PANEL * PANEL + at, out);
            }
            rows.into_boxed_slice()
        });
        &panel[row % PANEL * matrix.columns..][..matrix.columns]
    }
}

/// A matrix's tensors, owned.
#[derive(Clone, Debug, PartialEq)]
pub struct Packed {
    /// As [`Matrix::data`].
    pub data: Vec<i8>,
    /// As [`Matrix::scales`].
    pub scales: Vec<f32>,
    /// As [`Matrix::sums`].
    pub sums: Vec<i32>,
}

/// Bytes of a packed matrix.
pub fn packed_len(rows: usize, columns: usize) -> usize {
    rows.next_multiple_of(PANEL) * columns
}

/// Rounds a matrix to 8 bits, `weight(row, column)` being its elements: each row's largest becomes 127.
///
/// # Panics
/// When `columns` is not a multiple of 4.
pub fn pack(rows: usize, columns: usize, weight: impl Fn(usize, usize) -> f32) -> Packed {
    assert!(
        columns.is_multiple_of(GROUP),
        "{columns} columns, expected a multiple of {GROUP}"
    );
    let mut packed = Packed {
        data: vec![0; packed_len(rows, columns)],
        scales: Vec::with_capacity(rows),
        sums: Vec::with_capacity(rows),
    };
    let mut row_values = vec![0.0; columns];
    let mut quantized = vec![0; columns];
    for row in 0..rows {
        row_values
            .iter_mut()
            .enumerate()
            .for_each(|(column, value)| *value = weight(row, column));
        packed.scales.push(quantize(&row_values, &mut quantized));
        packed
            .sums
            .push(quantized.iter().map(|q| i32::from(*q)).sum());
        let panel = &mut packed.data[row / PANEL * PANEL * columns..][..PANEL * columns];
        for (group, quantized) in panel
            .chunks_exact_mut(PANEL * GROUP)
            .zip(quantized.chunks_exact(GROUP))
        {
            group[row % PANEL * GROUP..][..GROUP].copy_from_slice(quantized);
        }
    }
    packed
}

multiversion! {
    /// Rounds a vector to 8 bits, ties to even, and returns what a unit is worth: the largest magnitude becomes 127.
    pub fn quantize(x: &[f32], out: &mut [i8]) -> f32 {
        let mut lanes = [0.0f32; 16];
        let (chunks, rest) = x.as_chunks::<16>();
        for chunk in chunks {
            for (lane, x) in lanes.iter_mut().zip(chunk) {
                *lane = if x.abs() > *lane { x.abs() } else { *lane };
            }
        }
        let largest = lanes.iter().chain(rest).fold(0.0f32, |largest, x| largest.max(x.abs()));
        if !(largest > 0.0 && largest.is_finite()) {
            out.fill(0);
            return 0.0;
        }
        let inverse = 127.0 / largest;
        for (out, x) in out.iter_mut().zip(x) {
            // Adding 1.5 · 2²³ leaves the rounded integer in the lowest bits.
            *out = (x * inverse + 12_582_912.0).to_bits() as i8;
        }
        largest / 127.0
    }
}

multiversion! {
    /// The product of two rounded vectors, exact.
    pub fn dot(a: &[i8], b: &[i8]) -> i32 {
        a.iter().zip(b).map(|(&a, &b)| i32::from(a) * i32::from(b)).sum()
    }
}

/// Vectors rounded to 8 bits, side by side.
#[derive(Clone, Copy, Debug)]
pub struct Vectors<'a> {
    /// (vectors, columns)
    pub data: &'a [i8],
    /// (vectors): what a unit is worth.
    pub scales: &'a [f32],
}

/// `out (vectors, rows) += W · x` for each vector.
pub fn product_add(matrix: Matrix, x: Vectors, out: &mut [f32]) {
    let (rows, columns) = (matrix.rows(), matrix.columns);
    let kernel = kernel();
    // Panels outside, vectors inside: a panel is read from memory once, however many vectors there are.
    for (at, panel) in matrix.data.chunks_exact(PANEL * columns).enumerate() {
        let range = at * PANEL..rows.min((at + 1) * PANEL);
        let (row_sums, row_scales) = (&matrix.sums[range.clone()], &matrix.scales[range.clone()]);
        let batches = x
            .data
            .chunks(VECTORS * columns)
            .zip(x.scales.chunks(VECTORS));
        for ((x, x_scales), out) in batches.zip(out.chunks_mut(VECTORS * rows)) {
            let mut sums = [[0; PANEL]; VECTORS];
            kernel(panel, x, columns, row_sums, &mut sums);
            for ((out, sums), x_scale) in out.chunks_exact_mut(rows).zip(&sums).zip(x_scales) {
                for ((out, sum), scale) in out[range.clone()].iter_mut().zip(sums).zip(row_scales) {
                    *out += *sum as f32 * (scale * x_scale);
                }
            }
        }
    }
}

/// Sums of a panel's rows for up to four vectors: panel `(columns / 4, 64, 4)`, vectors `(up to 4, columns)`, sums of the rows' weights.
type Kernel = fn(&[i8], &[i8], usize, &[i32], &mut [[i32; PANEL]; VECTORS]);

fn kernel() -> Kernel {
    #[cfg(target_arch = "x86_64")]
    {
        if cpu().vnni {
            // SAFETY: AVX-512 F and VNNI were detected.
            return |panel, x, columns, row_sums, sums| unsafe {
                x86_64::panel_vnni(panel, x, columns, row_sums, sums)
            };
        }
        if cpu().avx2 {
            // SAFETY: AVX2 was detected.
            return |panel, x, columns, _, sums| unsafe {
                x86_64::panel_avx2(panel, x, columns, sums)
            };
        }
    }
    portable
}

/// The name of the kernel in use.
pub fn kernel_name() -> &'static str {
    match cpu() {
        cpu if cpu.vnni => "AVX-512 VNNI",
        cpu if cpu.avx2 => "AVX2",
        _ => "portable",
    }
}

/// The reference of every kernel, and what processors without one use.
fn portable(panel: &[i8], x: &[i8], columns: usize, _: &[i32], sums: &mut [[i32; PANEL]; VECTORS]) {
    for (x, sums) in x.chunks_exact(columns).zip(sums) {
        for (x, group) in x
            .as_chunks::<GROUP>()
            .0
            .iter()
            .zip(panel.chunks_exact(PANEL * GROUP))
        {
            for (sum, weights) in sums.iter_mut().zip(group.as_chunks::<GROUP>().0) {
                *sum += weights
                    .iter()
                    .zip(x)
                    .map(|(w, x)| i32::from(*w) * i32::from(*x))
                    .sum::<i32>();
            }
        }
    }
}

#[cfg(target_arch = "x86_64")]
mod x86_64 {
    use super::{GROUP, PANEL, VECTORS};
    use std::arch::x86_64::*;

    /// Four bytes as they lie in memory.
    #[inline(always)]
    fn word(x: &[i8; GROUP]) -> i32 {
        i32::from_ne_bytes([x[0] as u8, x[1] as u8, x[2] as u8, x[3] as u8])
    }

    /// `vpdpbusd` multiplies unsigned by signed bytes: x + 128 is unsigned, and 128 times the row's sum is taken off at the end.
    #[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
    pub(super) fn panel_vnni(
        panel: &[i8],
        x: &[i8],
        columns: usize,
        row_sums: &[i32],
        sums: &mut [[i32; PANEL]; VECTORS],
    ) {
        match x.len() / columns {
            1 => vnni::<1>(panel, x, columns, sums),
            2 => vnni::<2>(panel, x, columns, sums),
            3 => vnni::<3>(panel, x, columns, sums),
            _ => vnni::<4>(panel, x, columns, sums),
        }
        for sums in sums {
            for (sum, row) in sums.iter_mut().zip(row_sums) {
                *sum -= 128 * row;
            }
        }
    }

    #[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
    fn vnni<const N: usize>(
        panel: &[i8],
        x: &[i8],
        columns: usize,
        out: &mut [[i32; PANEL]; VECTORS],
    ) {
        let sign = _mm512_set1_epi8(-128);
        let mut sums = [[_mm512_setzero_si512(); 4]; N];
        let x: [&[[i8; GROUP]]; N] =
            std::array::from_fn(|n| x[n * columns..][..columns].as_chunks().0);
        for (k, group) in panel.as_chunks::<{ PANEL * GROUP }>().0.iter().enumerate() {
            // A loop, not `array::from_fn`: that has not the features of this function, so it would be called, not inlined,
            // four times for each group, and half of the time would go there.
            let mut w = [_mm512_setzero_si512(); 4];
            for (i, w) in w.iter_mut().enumerate() {
                // SAFETY: a group holds 256 bytes, and 64 i + 64 <= 256.
                *w = unsafe { _mm512_loadu_si512(group.as_ptr().add(64 * i).cast()) };
            }
            for n in 0..N {
                let x = _mm512_xor_si512(_mm512_set1_epi32(word(&x[n][k])), sign);
                for i in 0..4 {
                    sums[n][i] = _mm512_dpbusd_epi32(sums[n][i], x, w[i]);
                }
            }
        }
        for (out, sums) in out.iter_mut().zip(&sums) {
            for (i, sum) in sums.iter().enumerate() {
                // SAFETY: out holds 64 words, and 16 i + 16 <= 64.
                unsafe { _mm512_storeu_si512(out.as_mut_ptr().add(16 * i).cast(), *sum) };
            }
        }
    }

    /// `maddubs` adds pairs in 16 bits: |x| times w with x's sign stays below 2 · 127² < 2¹⁵.
    #[target_feature(enable = "avx2")]
    pub(super) fn panel_avx2(
        panel: &[i8],
        x: &[i8],
        columns: usize,
        out: &mut [[i32; PANEL]; VECTORS],
    ) {
        let ones = _mm256_set1_epi16(1);
        for (x, out) in x.chunks_exact(columns).zip(out) {
            let mut sums = [_mm256_setzero_si256(); 8];
            for (x, group) in x
                .as_chunks::<GROUP>()
                .0
                .iter()
                .zip(panel.as_chunks::<{ PANEL * GROUP }>().0)
            {
                let x = _mm256_set1_epi32(word(x));
                let magnitude = _mm256_abs_epi8(x);
                for (i, sum) in sums.iter_mut().enumerate() {
                    // SAFETY: a group holds 256 bytes, and 32 i + 32 <= 256.
                    let w = unsafe { _mm256_loadu_si256(group.as_ptr().add(32 * i).cast()) };
                    let pairs = _mm256_maddubs_epi16(magnitude, _mm256_sign_epi8(w, x));
                    *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(pairs, ones));
                }
            }
            for (i, sum) in sums.iter().enumerate() {
                // SAFETY: out holds 64 words, and 8 i + 8 <= 64.
                unsafe { _mm256_storeu_si256(out.as_mut_ptr().add(8 * i).cast(), *sum) };
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::random::Random;

    fn case(rows: usize, columns: usize, vectors: usize) -> (Packed, Vec<f32>, Vec<f32>) {
        let mut random = Random::new(11);
        let w: Vec<f32> = (0..rows * columns).map(|_| random.normal()).collect();
        let x: Vec<f32> = (0..vectors * columns).map(|_| random.normal()).collect();
        (
            pack(rows, columns, |row, column| w[row * columns + column]),
            w,
            x,
        )
    }

    fn multiply(packed: &Packed, columns: usize, x: &[f32]) -> Vec<f32> {
        let mut data = vec![0; x.len()];
        let scales: Vec<f32> = x
            .chunks_exact(columns)
            .zip(data.chunks_exact_mut(columns))
            .map(|(x, q)| quantize(x, q))
            .collect();
        let matrix = Matrix {
            data: &packed.data,
            scales: &packed.scales,
            sums: &packed.sums,
            columns,
        };
        let mut out = vec![0.0; scales.len() * matrix.rows()];
        product_add(
            matrix,
            Vectors {
                data: &data,
                scales: &scales,
            },
            &mut out,
        );
        out
    }

    #[test]
    fn products_are_close_to_the_definition() {
        for (rows, columns, vectors) in [(1, 4, 1), (64, 8, 3), (70, 32, 5), (200, 256, 9)] {
            let (packed, w, x) = case(rows, columns, vectors);
            let out = multiply(&packed, columns, &x);
            for (v, x) in x.chunks_exact(columns).enumerate() {
                for row in 0..rows {
                    let want: f32 = x.iter().zip(&w[row * columns..]).map(|(x, w)| x * w).sum();
                    let tolerance = 0.04 * (columns as f32).sqrt();
                    assert!(
                        (out[v * rows + row] - want).abs() < tolerance,
                        "{} for {want}",
                        out[v * rows + row]
                    );
                }
            }
        }
    }

    #[test]
    fn rounding_is_to_nearest() {
        let x: Vec<f32> = (0..37)
            .map(|i| (i as f32 * 0.9).sin() * 3.0)
            .chain([3.5, -3.5, 0.0])
            .collect();
        let mut out = vec![0; x.len()];
        let scale = quantize(&x, &mut out);
        for (x, q) in x.iter().zip(&out) {
            assert_eq!(*q, (x / scale).round_ties_even() as i8);
        }
        assert_eq!(quantize(&[0.0; 5], &mut out[..5]), 0.0);
        assert_eq!(
            quantize(&[f32::NAN, 1.0, f32::INFINITY], &mut out[..3]),
            0.0
        );
    }

    #[test]
    fn a_batch_equals_its_vectors() {
        let (packed, _, x) = case(130, 64, 7);
        let alone: Vec<f32> = x
            .chunks_exact(64)
            .flat_map(|x| multiply(&packed, 64, x))
            .collect();
        assert_eq!(multiply(&packed, 64, &x), alone);
    }

    #[test]
    fn kernels_equal_the_portable_one() {
        let columns = 36;
        let mut random = Random::new(4);
        let mut byte = |_| (random.below(255) as i32 - 127) as i8;
        let mut panel: Vec<i8> = (0..PANEL * columns).map(&mut byte).collect();
        let mut x: Vec<i8> = (0..3 * columns).map(&mut byte).collect();
        panel[..PANEL * 8].fill(127);
        x[..8].fill(-127);
        let matrix = Matrix {
            data: &panel,
            scales: &[1.0; PANEL],
            sums: &[],
            columns,
        };
        let mut row = vec![0; columns];
        let row_sums: Vec<i32> = (0..PANEL)
            .map(|r| {
                matrix.row(r, &mut row);
                row.iter().map(|w| i32::from(*w)).sum()
            })
            .collect();
        let run = |kernel: Kernel| {
            let mut sums = [[0; PANEL]; VECTORS];
            kernel(&panel, &x, columns, &row_sums, &mut sums);
            sums[..3].to_vec()
        };
        let want = run(portable);
        assert_eq!(run(kernel()), want);
        #[cfg(target_arch = "x86_64")]
        if cpu().avx2 {
            // SAFETY: AVX2 was detected.
            assert_eq!(
                run(|panel, x, columns, _, sums| unsafe {
                    x86_64::panel_avx2(panel, x, columns, sums)
                }),
                want
            );
        }
    }
}
