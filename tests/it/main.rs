//! The one integration test binary.

mod canaries;
mod cli;
mod docs;
mod format;
mod golden;
mod incremental;
mod layering;
mod lsp;
mod manners;
mod quantization;
mod shipped;
