//! The model compiled into the program, so that one file installs.

/// Bytes that start at a multiple of 64, as tensors in a model file expect.
#[repr(C, align(64))]
struct Aligned<B: ?Sized>(B);

static ENGLISH: &Aligned<[u8]> = &Aligned(*include_bytes!("../../models/english.safetensors"));

/// The default English model's file; `models/README.md` says what it was made of.
pub(super) fn bytes() -> &'static [u8] {
    &ENGLISH.0
}
