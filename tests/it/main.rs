//! The one integration test binary.

mod format;
mod golden;
mod layering;
mod lsp;
mod quantization;
