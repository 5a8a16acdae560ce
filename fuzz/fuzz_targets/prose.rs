#![no_main]

#[path = "../../tests/it/fuzz/input.rs"]
mod input;
#[path = "../../tests/it/fuzz/prose.rs"]
mod prose;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| prose::run(bytes));
