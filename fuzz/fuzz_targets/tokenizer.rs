#![no_main]

#[allow(dead_code)] // no target takes all kinds of decisions
#[path = "../../tests/it/fuzz/input.rs"]
mod input;
#[path = "../../tests/it/fuzz/tokenizer.rs"]
mod tokenizer;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tokenizer::run(bytes));
