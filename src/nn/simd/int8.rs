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

    /// The matrix of its first rows, as many as there are at most.
    pub fn first(self, rows: usize) -> Self {
        let rows = rows.min(self.rows());
        Matrix {
            data: &self.data[..packed_len(rows, self.columns)],
            scales: &self.scales[..rows],
            sums: &self.sums[..rows],
            columns: self.columns,
        }
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
    let mut sums = [[0; PANEL]; VECTORS];
    // Panels outside, vectors inside: a panel is read from memory once, however many vectors there are.
    for (at, panel) in matrix.data.chunks_exact(PANEL * columns).enumerate() {
        let range = at * PANEL..rows.min((at + 1) * PANEL);
        let (row_sums, row_scales) = (&matrix.sums[range.clone()], &matrix.scales[range.clone()]);
        let batches = x
            .data
            .chunks(VECTORS * columns)
            .zip(x.scales.chunks(VECTORS));
        for ((x, x_scales), out) in batches.zip(out.chunks_mut(VECTORS * rows)) {
            kernel(panel, x, columns, row_sums, &mut sums);
            for ((out, sums), x_scale) in out.chunks_exact_mut(rows).zip(&sums).zip(x_scales) {
                add_scaled(&mut out[range.clone()], sums, row_scales, *x_scale);
            }
        }
    }
}

multiversion! {
    /// Adds sums of products of integers, each worth as much as its row's and the vector's units say.
    fn add_scaled(out: &mut [f32], sums: &[i32], row_scales: &[f32], x_scale: f32) {
        for ((out, sum), scale) in out.iter_mut().zip(sums).zip(row_scales) {
            *out += *sum as f32 * (scale * x_scale);
        }
    }
}

/// Sums of a panel's rows for up to four vectors: panel `(columns / 4, 64, 4)`, vectors `(up to 4, columns)`, sums of the rows' weights.
type Kernel = fn(&[i8], &[i8], usize, &[i32], &mut [[i32; PANEL]; VECTORS]);

/// The kernels that this processor has, best first; the portable one is always there.
fn kernels() -> Vec<(&'static str, Kernel)> {
    let mut kernels: Vec<(&'static str, Kernel)> = Vec::new();
    #[cfg(target_arch = "x86_64")]
    {
        if cpu().vnni {
            // SAFETY: AVX-512 F, BW and VNNI were detected.
            kernels.push(
                ("AVX-512 VNNI", |panel, x, columns, row_sums, sums| unsafe {
                    x86_64::panel_vnni(panel, x, columns, row_sums, sums)
                }),
            );
        }
        if cpu().avx_vnni {
            // SAFETY: AVX2 and AVX-VNNI were detected.
            kernels.push(("AVX-VNNI", |panel, x, columns, row_sums, sums| unsafe {
                x86_64::panel_avx_vnni(panel, x, columns, row_sums, sums)
            }));
        }
        if cpu().avx2 {
            // SAFETY: AVX2 was detected.
            kernels.push(("AVX2", |panel, x, columns, _, sums| unsafe {
                x86_64::panel_avx2(panel, x, columns, sums)
            }));
        }
    }
    #[cfg(target_arch = "aarch64")]
    if cpu().neon {
        // SAFETY: NEON was detected.
        kernels.push(("NEON", |panel, x, columns, _, sums| unsafe {
            aarch64::panel_neon(panel, x, columns, sums)
        }));
    }
    kernels.push(("portable", portable));
    kernels
}

/// The best one.
fn kernel() -> Kernel {
    static KERNEL: OnceLock<Kernel> = OnceLock::new();
    *KERNEL.get_or_init(|| kernels()[0].1)
}

/// The names of the kernels that this processor has, the one in use first.
pub fn kernel_names() -> Vec<&'static str> {
    kernels().into_iter().map(|(name, _)| name).collect()
}

/// The reference of every kernel, and what processors without one use.
fn portable(panel: &[i8], x: &[i8], columns: usize, _: &[i32], sums: &mut [[i32; PANEL]; VECTORS]) {
    for (x, sums) in x.chunks_exact(columns).zip(sums) {
        sums.fill(0);
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

    /// A kernel for so many vectors. Sums are variables, not elements of an array: the compiler would keep an array in memory and
    /// write it back for each group, which takes as long as the products.
    macro_rules! vnni {
        ($name:ident: $($n:literal $x:ident $a:ident $b:ident $c:ident $d:ident),*) => {
            #[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
            fn $name(panel: &[i8], x: &[i8], columns: usize, out: &mut [[i32; PANEL]; VECTORS]) {
                let sign = _mm512_set1_epi8(-128);
                let groups = panel.as_chunks::<{ PANEL * GROUP }>().0;
                $(
                    let $x = &x[$n * columns..][..columns].as_chunks::<GROUP>().0[..groups.len()];
                    let [mut $a, mut $b, mut $c, mut $d] = [_mm512_setzero_si512(); 4];
                )*
                for (k, group) in groups.iter().enumerate() {
                    let group: *const __m512i = group.as_ptr().cast();
                    // SAFETY: a group holds 256 bytes, four times 64.
                    let (v, w, y, z) = unsafe {
                        (
                            _mm512_loadu_si512(group),
                            _mm512_loadu_si512(group.add(1)),
                            _mm512_loadu_si512(group.add(2)),
                            _mm512_loadu_si512(group.add(3)),
                        )
                    };
                    $(
                        let x = _mm512_xor_si512(_mm512_set1_epi32(word(&$x[k])), sign);
                        $a = _mm512_dpbusd_epi32($a, x, v);
                        $b = _mm512_dpbusd_epi32($b, x, w);
                        $c = _mm512_dpbusd_epi32($c, x, y);
                        $d = _mm512_dpbusd_epi32($d, x, z);
                    )*
                }
                $(
                    let sums: *mut __m512i = out[$n].as_mut_ptr().cast();
                    // SAFETY: sums are 64 words, four times 16.
                    unsafe {
                        _mm512_storeu_si512(sums, $a);
                        _mm512_storeu_si512(sums.add(1), $b);
                        _mm512_storeu_si512(sums.add(2), $c);
                        _mm512_storeu_si512(sums.add(3), $d);
                    }
                )*
            }
        };
    }

    vnni!(vnni1: 0 x0 a0 b0 c0 d0);
    vnni!(vnni2: 0 x0 a0 b0 c0 d0, 1 x1 a1 b1 c1 d1);
    vnni!(vnni3: 0 x0 a0 b0 c0 d0, 1 x1 a1 b1 c1 d1, 2 x2 a2 b2 c2 d2);
    vnni!(vnni4: 0 x0 a0 b0 c0 d0, 1 x1 a1 b1 c1 d1, 2 x2 a2 b2 c2 d2, 3 x3 a3 b3 c3 d3);

    /// `vpdpbusd` multiplies unsigned by signed bytes: x + 128 is unsigned, and 128 times the row's sum is taken off at the end.
    #[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
    pub(super) fn panel_vnni(
        panel: &[i8],
        x: &[i8],
        columns: usize,
        row_sums: &[i32],
        sums: &mut [[i32; PANEL]; VECTORS],
    ) {
        let count = x.len() / columns;
        match count {
            1 => vnni1(panel, x, columns, sums),
            2 => vnni2(panel, x, columns, sums),
            3 => vnni3(panel, x, columns, sums),
            _ => vnni4(panel, x, columns, sums),
        }
        for sums in &mut sums[..count] {
            for (sum, row) in sums.iter_mut().zip(row_sums) {
                // A file may say anything of its rows' sums.
                *sum = sum.wrapping_sub(row.wrapping_mul(128));
            }
        }
    }

    /// A kernel on 256 bits, one vector after the other: a panel stays in the nearest cache. `$prepare` makes of four columns of x what
    /// `$multiply` adds with the weights of eight rows to their sums. Sums are variables here too.
    macro_rules! on_256_bits {
        ($name:ident, $features:literal, $prepare:expr, $multiply:expr, $($i:literal $sum:ident),*) => {
            #[target_feature(enable = $features)]
            fn $name(panel: &[i8], x: &[i8], columns: usize, out: &mut [[i32; PANEL]; VECTORS]) {
                let groups = panel.as_chunks::<{ PANEL * GROUP }>().0;
                for (x, out) in x.chunks_exact(columns).zip(out) {
                    $( let mut $sum = _mm256_setzero_si256(); )*
                    for (x, group) in x.as_chunks::<GROUP>().0.iter().zip(groups) {
                        let x = $prepare(_mm256_set1_epi32(word(x)));
                        let group: *const __m256i = group.as_ptr().cast();
                        $(
                            // SAFETY: a group holds 256 bytes, eight times 32.
                            let w = unsafe { _mm256_loadu_si256(group.add($i)) };
                            $sum = $multiply($sum, x, w);
                        )*
                    }
                    let out: *mut __m256i = out.as_mut_ptr().cast();
                    $(
                        // SAFETY: out holds 64 words, eight times 8.
                        unsafe { _mm256_storeu_si256(out.add($i), $sum) };
                    )*
                }
            }
        };
    }

    on_256_bits!(
        avx_vnni,
        "avx2,avxvnni",
        |x| _mm256_xor_si256(x, _mm256_set1_epi8(-128)),
        |sum, x, w| _mm256_dpbusd_avx_epi32(sum, x, w),
        0 a, 1 b, 2 c, 3 d, 4 e, 5 f, 6 g, 7 h
    );
    on_256_bits!(
        avx2,
        "avx2",
        |x| (x, _mm256_abs_epi8(x)),
        |sum, (x, magnitude), w| {
            let pairs = _mm256_maddubs_epi16(magnitude, _mm256_sign_epi8(w, x));
            _mm256_add_epi32(sum, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)))
        },
        0 a, 1 b, 2 c, 3 d, 4 e, 5 f, 6 g, 7 h
    );

    /// As [`panel_vnni`], on 256 bits.
    #[target_feature(enable = "avx2,avxvnni")]
    pub(super) fn panel_avx_vnni(
        panel: &[i8],
        x: &[i8],
        columns: usize,
        row_sums: &[i32],
        sums: &mut [[i32; PANEL]; VECTORS],
    ) {
        avx_vnni(panel, x, columns, sums);
        for sums in &mut sums[..x.len() / columns] {
            for (sum, row) in sums.iter_mut().zip(row_sums) {
                // A file may say anything of its rows' sums.
                *sum = sum.wrapping_sub(row.wrapping_mul(128));
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
        avx2(panel, x, columns, out);
    }
}

#[cfg(target_arch = "aarch64")]
mod aarch64 {
    use super::{GROUP, PANEL, VECTORS};
    use std::arch::aarch64::*;

    /// Rows whose sums are held in registers: four times four.
    const ROWS: usize = 16;

    /// Products of bytes are added in pairs in 16 bits, 2 · 127² < 2¹⁵ at most, and those in pairs to the rows' sums of 32. (The
    /// dot-product instructions do it in one step, but their intrinsics are not stable in the oldest compiler that this builds with.)
    #[target_feature(enable = "neon")]
    pub(super) fn panel_neon(
        panel: &[i8],
        x: &[i8],
        columns: usize,
        out: &mut [[i32; PANEL]; VECTORS],
    ) {
        let groups = panel.as_chunks::<{ PANEL * GROUP }>().0;
        for (x, out) in x.chunks_exact(columns).zip(out) {
            for (part, out) in out.as_chunks_mut::<ROWS>().0.iter_mut().enumerate() {
                let [mut a, mut b, mut c, mut d] = [vdupq_n_s32(0); 4];
                for (x, group) in x.as_chunks::<GROUP>().0.iter().zip(groups) {
                    let x =
                        vreinterpretq_s8_s32(vdupq_n_s32(i32::from_ne_bytes(x.map(|x| x as u8))));
                    let rows: *const i8 = group[part * ROWS * GROUP..][..ROWS * GROUP].as_ptr();
                    // SAFETY: sixteen rows of a group are 64 bytes, four times 16.
                    let rows = unsafe { vld1q_s8_x4(rows) };
                    a = vpadalq_s16(a, pairs(rows.0, x));
                    b = vpadalq_s16(b, pairs(rows.1, x));
                    c = vpadalq_s16(c, pairs(rows.2, x));
                    d = vpadalq_s16(d, pairs(rows.3, x));
                }
                // SAFETY: the sums of sixteen rows are four times four words.
                unsafe { vst1q_s32_x4(out.as_mut_ptr(), int32x4x4_t(a, b, c, d)) };
            }
        }
    }

    /// Sums of two products each.
    #[inline]
    #[target_feature(enable = "neon")]
    fn pairs(w: int8x16_t, x: int8x16_t) -> int16x8_t {
        vpaddq_s16(
            vmull_s8(vget_low_s8(w), vget_low_s8(x)),
            vmull_high_s8(w, x),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::random::Random;
    use proptest::prelude::*;

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

    proptest! {
        #[test]
        fn kernels_equal_the_portable_one(
            groups in 1usize..40,
            vectors in 1..=VECTORS,
            seed in any::<u64>(),
            // How many groups hold the largest products that there are.
            extreme in 0usize..40,
        ) {
            let columns = GROUP * groups;
            let mut random = Random::new(seed);
            let mut byte = |_| (random.below(255) as i32 - 127) as i8;
            let mut panel: Vec<i8> = (0..PANEL * columns).map(&mut byte).collect();
            let mut x: Vec<i8> = (0..vectors * columns).map(&mut byte).collect();
            let extreme = extreme.min(groups);
            panel[..PANEL * GROUP * extreme].fill(127);
            x[..GROUP * extreme].fill(if seed % 2 == 0 { -127 } else { 127 });
            let matrix = Matrix {
                data: &panel,
                scales: &[1.0; PANEL],
                sums: &[],
                columns,
            };
            let mut row = vec![0; columns];
            let mut sum_of = |r| {
                matrix.row(r, &mut row);
                row.iter().map(|w| i32::from(*w)).sum()
            };
            let row_sums: Vec<i32> = (0..PANEL).map(&mut sum_of).collect();
            let run = |kernel: Kernel| {
                let mut sums = [[0; PANEL]; VECTORS];
                kernel(&panel, &x, columns, &row_sums, &mut sums);
                sums[..vectors].to_vec()
            };
            let want = run(portable);
            for (name, kernel) in kernels() {
                prop_assert_eq!(run(kernel), want.clone(), "{}", name);
            }
            for (r, want) in (0..PANEL).zip(want[0]) {
                matrix.row(r, &mut row);
                prop_assert_eq!(dot(&row, &x[..columns]), want);
            }
        }
    }

    #[test]
    fn rows_are_those_of_the_matrix() {
        let (packed, ..) = case(130, 36, 1);
        let matrix = Matrix {
            data: &packed.data,
            scales: &packed.scales,
            sums: &packed.sums,
            columns: 36,
        };
        let rows = Rows::new(130);
        let mut row = vec![0; 36];
        for at in [129, 0, 64, 63, 129] {
            matrix.row(at, &mut row);
            assert_eq!(rows.row(matrix, at), row);
        }
    }
}
