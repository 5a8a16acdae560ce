#![no_main]

#[path = "../../tests/it/fuzz/settings.rs"]
mod settings;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| settings::run(bytes));
