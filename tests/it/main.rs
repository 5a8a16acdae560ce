//! The one integration test binary.

mod canaries;
mod cli;
mod docs;
mod format;
mod generations;
mod golden;
mod incremental;
mod install;
mod layering;
mod lsp;
mod manners;
mod prose;
mod quantization;
mod shipped;
