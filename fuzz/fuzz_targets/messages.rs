#![no_main]

#[allow(dead_code)] // no target takes all kinds of decisions
#[path = "../../tests/it/fuzz/input.rs"]
mod input;
#[path = "../../tests/it/fuzz/messages.rs"]
mod messages;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| messages::run(bytes));
