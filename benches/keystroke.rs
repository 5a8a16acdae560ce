//! Where the time of a keystroke goes: `cargo bench --bench keystroke`.
//!
//! Types a page at the end of a document with the shipped model, without a server, and prints what the parts of a request
//! take, by how many letters of the word are typed: applying the change, finding the state at the cursor, suggesting.
//! Times are of the processor, so that other programs disturb little; what they do to the caches still shows.

#![allow(clippy::print_stdout)]

mod clock;

use clock::processor_time;
use rnn_lsp::document::{Change, Document, Encoding};
use rnn_lsp::model::{Model, Scratch};
use rnn_lsp::predict::{Options, Own, Predictor, suggest};
use rnn_lsp::text::prose::Language;
use std::hint::black_box;
use std::time::Duration;

/// What is typed, and what stands before.
const TYPED: &str = include_str!("stdio/typed.txt");
const BEFORE: &str = include_str!("../ARCHITECTURE.md");

/// Letters told apart; the last row is of all words typed further.
const LETTERS: usize = 5;

fn main() {
    let model = Model::shipped();
    let mut document = Document::open(Language::Markdown, 0, BEFORE);
    let (mut scratch, mut predictor) = (Scratch::default(), Predictor::default());
    let options = Options::default();
    let mut times: [[Vec<Duration>; 3]; LETTERS + 1] = Default::default();
    let mut typed = 0;
    let mut offset = BEFORE.len();
    for letter in TYPED.replace('\n', " ").chars() {
        let at = document.position(offset, Encoding::Utf16);
        let change = Change::Partial(at..at, letter.to_string());
        let start = processor_time();
        document
            .apply(0, &[change], Encoding::Utf16)
            .expect("the position is of this text");
        offset += letter.len_utf8();
        let applied = processor_time();
        let context = document.context(offset, &model, &mut scratch);
        let read = processor_time();
        if let Some(context) = context {
            let own = Own::from(document.recency());
            black_box(suggest(&model, &context, own, &options, &mut predictor));
        }
        let done = processor_time();
        typed = if letter.is_alphanumeric() {
            typed + 1
        } else {
            0
        };
        let row = &mut times[typed.min(LETTERS)];
        row[0].push(applied - start);
        row[1].push(read - applied);
        row[2].push(done - read);
    }
    println!("median (99 of 100), us");
    println!("| letters | requests | change | state | suggestions |");
    println!("|---|---|---|---|---|");
    for (letters, parts) in times.iter_mut().enumerate() {
        let more = if letters == LETTERS { " or more" } else { "" };
        let count = parts[0].len();
        let [change, state, suggestions] = parts.each_mut().map(|times| percentiles(times));
        println!("| {letters}{more} | {count} | {change} | {state} | {suggestions} |");
    }
}

fn percentiles(times: &mut [Duration]) -> String {
    times.sort_unstable();
    let at = |q: f64| times[((times.len() - 1) as f64 * q) as usize].as_secs_f64() * 1e6;
    format!("{:.0} ({:.0})", at(0.5), at(0.99))
}
