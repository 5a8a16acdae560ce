//! Documents to type in, made of the sentences of this repository's own prose.

use rnn_lsp::nn::random::Random;
use std::path::Path;

/// Prose that stands in the repository.
const OWN: [&str; 4] = [
    include_str!("../../README.md"),
    include_str!("../../ARCHITECTURE.md"),
    include_str!("../../models/README.md"),
    include_str!("../../editors/README.md"),
];

/// What the typist types: nobody has read it before.
pub(crate) const TYPED: &str = include_str!("typed.txt");

/// Sentences.
#[derive(Debug)]
pub(crate) struct Text {
    sentences: Vec<String>,
}

impl Text {
    /// Those of a file, or the repository's.
    pub(crate) fn new(file: Option<&Path>) -> Text {
        let text = match file {
            Some(path) => std::fs::read_to_string(path).expect("a text in UTF-8"),
            None => OWN.join("\n\n"),
        };
        let is_prose = |line: &&str| !line.starts_with(['#', '|', '`', ' ', '<', '!', '-']);
        let paragraphs = text.split("\n\n").filter(is_prose);
        let joined = paragraphs.map(|paragraph| paragraph.replace('\n', " "));
        let sentences = joined.flat_map(|paragraph| {
            let ends = paragraph.split_inclusive(". ").map(str::trim);
            ends.map(str::to_owned).collect::<Vec<_>>()
        });
        Text {
            sentences: sentences.filter(|s| s.len() > 20).collect(),
        }
    }

    /// A document of about so many bytes: headings, paragraphs, lists and code.
    pub(crate) fn markdown(&self, bytes: usize, seed: u64) -> String {
        let mut random = Random::new(seed);
        let mut text = String::with_capacity(bytes + 1000);
        while text.len() < bytes {
            match random.below(12) {
                0 => text.push_str("## "),
                1 => text.push_str("- "),
                2 => text.push_str("```\nlet code = 1;\n```\n\n"),
                _ => {}
            }
            for _ in 0..1 + random.below(6) {
                let at = random.below(self.sentences.len() as u32) as usize;
                text.push_str(&self.sentences[at]);
                text.push(' ');
            }
            text.pop();
            text.push_str("\n\n");
        }
        text.truncate(text.trim_end().len());
        text
    }
}
