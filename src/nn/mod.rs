//! Numbers: layers, their gradients and the kernels below them.
//!
//! Imports nothing of ours; no I/O, no clock, no threads of its own. Matrices are row-major slices; every buffer's shape is in a comment beside it.
//! A layer's forward and backward pass live side by side, with a check of its gradients against finite differences.

pub mod embedding;
pub mod linear;
pub mod lstm;
pub mod pointwise;
pub mod random;
pub mod simd;
pub mod softmax;
