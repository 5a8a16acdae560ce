//! The model in the program: whole, small enough, and good for a sentence.

use rnn_lsp::document::Document;
use rnn_lsp::model::{Model, Scratch};
use rnn_lsp::predict::{Options, Predictor, suggest};
use rnn_lsp::text::prose::Language;

/// At most this many bytes ship.
const LARGEST: u64 = 25_000_000;

/// `wanted` is among the first three words offered where `text` ends.
fn check(model: &Model, text: &str, wanted: &str) {
    let mut document = Document::open(Language::Markdown, 0, text);
    let context = document
        .context(text.len(), model, &mut Scratch::default())
        .expect("prose");
    let options = Options {
        threshold: 0.0,
        ..Options::default()
    };
    let found = suggest(
        model,
        &context,
        document.recency().into(),
        &options,
        &mut Predictor::default(),
    );
    let first: Vec<&str> = found
        .iter()
        .take(3)
        .map(|suggestion| suggestion.text.as_str())
        .collect();
    assert!(
        first.contains(&wanted),
        "{text:?} is followed by {first:?}, not by {wanted:?}"
    );
}

#[test]
fn it_is_whole_and_small() {
    Model::shipped()
        .verify()
        .expect("the checksum in its header");
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/models/english.safetensors");
    let bytes = std::fs::metadata(path)
        .expect("the model in the repository")
        .len();
    assert!(
        bytes <= LARGEST,
        "{bytes} bytes, expected at most {LARGEST}"
    );
}

#[test]
fn it_fits_the_sentence() {
    let model = Model::shipped();
    for (text, wanted) in [
        ("The first thing to do is to make sure ", "that"),
        ("I have never been to the United ", "States"),
        ("It was one of the most impor", "important"),
        (
            "She looked at him for a long time and did not say a ",
            "word",
        ),
        ("Thank you very ", "much"),
        ("In the middle of the ni", "night"),
        ("# Getting st", "started"),
        ("This is why we haven", "haven't"),
    ] {
        check(&model, text, wanted);
    }
}
