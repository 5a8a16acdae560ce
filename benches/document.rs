//! What an open document costs besides the network: `cargo bench --bench document`.
//!
//! The model is the tiny one, so the times are those of text: edits, pieces, tokens, the words remembered. Each token
//! read adds a step of the model in use.

#![allow(clippy::print_stdout)]

use rnn_lsp::document::{Change, Document, Encoding};
use rnn_lsp::model::{Model, Scratch};
use rnn_lsp::text::prose::Language;
use std::time::{Duration, Instant};

const WORDS: &str = "the of and a to in is that it was for on are as with his they be at one have this from or had by hot but \
    some what there we can out other were all your when up use word how said an each she which do their time if will way \
    about many then them would write like so these her long make thing see him two has look more day could go come did my \
    sound no most number who over know water than call first people may down side been now find any new work part take \
    get place made live where after back little only round man year came show every good give our under name very through \
    form much great think say help low line before turn cause same mean differ move right boy old too does tell sentence \
    set three want air well also play small end put home read hand port large spell add even land here must big high such";

/// Words drawn by a linear congruential generator; the common ones more often.
struct Writer {
    words: Vec<&'static str>,
    seed: u64,
}

impl Writer {
    fn new() -> Writer {
        Writer {
            words: WORDS.split_whitespace().collect(),
            seed: 1,
        }
    }

    fn below(&mut self, bound: usize) -> usize {
        self.seed = self
            .seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (self.seed >> 33) as usize % bound
    }

    fn sentence(&mut self, out: &mut String) {
        for _ in 0..6 + self.below(20) {
            let bound = self.below(self.words.len()) + 1;
            let word = self.below(bound);
            out.push_str(self.words[word]);
            out.push(' ');
        }
        out.pop();
        out.push_str(". ");
    }

    fn markdown(&mut self, bytes: usize) -> String {
        let mut text = String::with_capacity(bytes);
        while text.len() < bytes {
            match self.below(12) {
                0 => text.push_str("## "),
                1 => text.push_str("- "),
                2 => text.push_str("```\nlet code = 1;\n```\n\n"),
                _ => {}
            }
            for _ in 0..1 + self.below(8) {
                self.sentence(&mut text);
            }
            text.push_str("\n\n");
        }
        text
    }
}

/// Prints percentiles.
fn report(what: &str, mut times: Vec<Duration>, steps: u64) {
    times.sort();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e6;
    let (p50, p99, most) = (at(0.5), at(0.99), at(1.0));
    println!(
        "{what:34} p50 {p50:8.1} us   p99 {p99:8.1} us   most {most:9.1} us   {steps:6} steps"
    );
}

/// Types a hundred sentences at an offset, asking for a context after every letter.
fn typing(
    what: &str,
    document: &mut Document,
    mut offset: usize,
    model: &Model,
    writer: &mut Writer,
) {
    let mut scratch = Scratch::default();
    let start = Instant::now();
    let steps = document.tokens_read();
    document.context(offset, model, &mut scratch);
    report(
        &format!("{what}, first"),
        vec![start.elapsed()],
        document.tokens_read() - steps,
    );

    let steps = document.tokens_read();
    let mut typed = String::new();
    for _ in 0..100 {
        writer.sentence(&mut typed);
    }
    let mut times = Vec::new();
    for letter in typed.chars() {
        let at = document.position(offset, Encoding::Utf16);
        let change = Change::Partial(at..at, letter.to_string());
        let start = Instant::now();
        document
            .apply(0, &[change], Encoding::Utf16)
            .expect("the position is of this text");
        offset += letter.len_utf8();
        document.context(offset, model, &mut scratch);
        times.push(start.elapsed());
    }
    report(what, times, document.tokens_read() - steps);
}

fn main() {
    let model = Model::tiny(1);
    for (name, bytes) in [
        ("100 pages", 300_000),
        ("1 MB", 1_000_000),
        ("10 MB", 10_000_000),
    ] {
        let mut writer = Writer::new();
        let text = writer.markdown(bytes);
        let start = Instant::now();
        let mut document = Document::open(Language::Markdown, 0, &text);
        report(&format!("{name}, open"), vec![start.elapsed()], 0);
        typing(
            &format!("{name}, at the end"),
            &mut document,
            text.len(),
            &model,
            &mut writer,
        );
        let middle = text[..text.len() / 2].rfind(". ").map_or(0, |at| at + 2);
        typing(
            &format!("{name}, in the middle"),
            &mut document,
            middle,
            &model,
            &mut writer,
        );
        typing(
            &format!("{name}, at the start"),
            &mut document,
            0,
            &model,
            &mut writer,
        );
    }
    let mut writer = Writer::new();
    let text = writer.markdown(1_000_000).replace('\n', " ");
    let mut document = Document::open(Language::Plain, 0, &text);
    typing(
        "a line of 1 MB, in the middle",
        &mut document,
        text.len() / 2,
        &model,
        &mut writer,
    );
}
