//! The one integration test binary.
mod golden;
mod layering;

mod format;
