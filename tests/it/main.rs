//! The one integration test binary.

mod format;
mod golden;
mod incremental;
mod layering;
mod lsp;
mod quantization;
