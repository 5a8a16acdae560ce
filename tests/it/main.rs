//! The one integration test binary.

mod format;
mod golden;
mod layering;
mod quantization;
mod lsp;
