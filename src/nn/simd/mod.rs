//! Kernels that depend on the processor: one scalar reference each, one dispatch each.
//!
//! Everything unsafe of the numeric code is here: calls of `#[target_feature]` functions after the feature was detected, and vector loads.

#![allow(unsafe_code)] // SAFETY lines stand at each block

pub mod gemm;
pub mod int8;

use std::sync::OnceLock;

/// What the processor offers, as far as a kernel here uses it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cpu {
    /// AVX2 and FMA.
    pub avx2: bool,
    /// AVX-512 F, BW, DQ and VL.
    pub avx512: bool,
    /// AVX-512 BF16: dot products of bfloat16 pairs.
    pub bf16: bool,
    /// AVX-512 VNNI: dot products of bytes.
    pub vnni: bool,
    /// AVX-VNNI: the same on 256 bits, for processors without AVX-512.
    pub avx_vnni: bool,
    /// NEON, of 64-bit ARM.
    pub neon: bool,
}

impl std::fmt::Display for Cpu {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names = [
            (self.bf16, "AVX-512 BF16"),
            (self.avx512, "AVX-512"),
            (self.avx2, "AVX2 and FMA"),
        ];
        let best = names.iter().find(|(is_there, _)| *is_there);
        f.write_str(best.map_or("portable", |(_, name)| name))
    }
}

/// The processor's features, detected once.
pub fn cpu() -> Cpu {
    static CPU: OnceLock<Cpu> = OnceLock::new();
    *CPU.get_or_init(detect)
}

#[cfg(target_arch = "x86_64")]
fn detect() -> Cpu {
    let avx512 = is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512dq")
        && is_x86_feature_detected!("avx512vl");
    Cpu {
        avx2: is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma"),
        avx512,
        bf16: avx512 && is_x86_feature_detected!("avx512bf16"),
        vnni: avx512 && is_x86_feature_detected!("avx512vnni"),
        avx_vnni: is_x86_feature_detected!("avx2") && is_x86_feature_detected!("avxvnni"),
        neon: false,
    }
}

#[cfg(not(target_arch = "x86_64"))]
fn detect() -> Cpu {
    Cpu {
        avx2: false,
        avx512: false,
        bf16: false,
        vnni: false,
        avx_vnni: false,
        neon: cfg!(target_feature = "neon"),
    }
}

/// Compiles one loop body for AVX-512, AVX2 and the baseline, and calls the best the processor has.
///
/// The body is written once as plain Rust over slices, which the compiler vectorizes to the width it is allowed.
macro_rules! multiversion {
    ($(#[$meta:meta])* $visible:vis fn $name:ident($($arg:ident: $ty:ty),* $(,)?) $(-> $ret:ty)? $body:block) => {
        $(#[$meta])*
        $visible fn $name($($arg: $ty),*) $(-> $ret)? {
            #[inline(always)]
            fn body($($arg: $ty),*) $(-> $ret)? $body

            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
                fn avx512($($arg: $ty),*) $(-> $ret)? { body($($arg),*) }
                #[target_feature(enable = "avx2,fma")]
                fn avx2($($arg: $ty),*) $(-> $ret)? { body($($arg),*) }

                let cpu = $crate::nn::simd::cpu();
                if cpu.avx512 {
                    // SAFETY: the features were detected.
                    #[allow(unsafe_code)]
                    return unsafe { avx512($($arg),*) };
                }
                if cpu.avx2 {
                    // SAFETY: the features were detected.
                    #[allow(unsafe_code)]
                    return unsafe { avx2($($arg),*) };
                }
            }
            body($($arg),*)
        }
    };
}
pub(crate) use multiversion;
