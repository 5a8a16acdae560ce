//! The one integration test binary.

mod canaries;
mod cli;
mod docs;
mod format;
mod fuzz;
mod generations;
mod golden;
mod home;
mod incremental;
mod install;
mod kills;
mod layering;
mod links;
mod lsp;
mod manners;
mod prose;
mod quantization;
mod shipped;
