//! Edits anywhere, in the document and outside of it: whatever they were, the document is what a fresh one with its text is.

use super::input::Input;
use rnn_lsp::document::{Change, Document, Encoding, Position};
use rnn_lsp::model::{Model, Scratch};
use rnn_lsp::text::prose::{Break, Language, Passage};
use std::sync::{Arc, LazyLock};

static MODEL: LazyLock<Model> = LazyLock::new(|| Model::tiny(1));

const ENCODINGS: [Encoding; 3] = [Encoding::Utf8, Encoding::Utf16, Encoding::Utf32];

/// What a random byte would not often come to.
const SCRAPS: [&str; 16] = [
    "", " ", "the ", "word", "\n\n", "\r\n", "\r", "😀", "é", "```\n", "# ", "- ", "’", "\u{2028}",
    "<!--", "$",
];

/// No text grows beyond: one input must stay a matter of milliseconds.
const LONGEST: usize = 1 << 14;

/// A language, an encoding, an edit a few bytes.
pub(crate) fn run(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let language = input.pick(&Language::ALL);
    let encoding = input.pick(&ENCODINGS);
    let length = input.number() % 2048;
    let text = String::from_utf8_lossy(input.bytes(length)).into_owned();
    let mut document = Document::open(language, 0, &text);
    let mut passage = None;
    for version in 1.. {
        if input.is_over() || version > 64 {
            break;
        }
        let action = input.byte();
        match action % 8 {
            0 => drop(document.apply(version, &[Change::Full(typed(&mut input))], encoding)),
            1 | 2 => wild(&mut document, version, &mut input, encoding),
            3 => {
                let offset = inside(&document, input.number());
                document.read_ahead(offset, &MODEL, &mut Scratch::default());
            }
            4 => {
                passage = follows(&mut input);
                document.follow(passage.clone());
            }
            _ => replace(&mut document, version, &mut input, encoding),
        }
        let cursor = inside(&document, input.number());
        compare(&mut document, passage.as_ref(), cursor);
    }
}

/// The end of another document, or none.
fn follows(input: &mut Input<'_>) -> Option<Arc<Passage>> {
    let paragraphs = usize::from(input.byte() % 3);
    let paragraph = |_| (Break::Paragraph, typed(input));
    let passage: Vec<_> = (0..paragraphs).map(paragraph).collect();
    (!passage.is_empty()).then(|| Arc::new(Passage(passage)))
}

/// What is typed.
fn typed(input: &mut Input<'_>) -> String {
    let choice = input.byte();
    let length = usize::from(choice) % 24;
    match choice {
        // A long paste now and then: pieces of a document are kilobytes.
        250.. => "The words go on, and on.\n\n".repeat(input.number() % 500),
        128..250 => input.pick(&SCRAPS).to_owned(),
        _ => String::from_utf8_lossy(input.bytes(length)).into_owned(),
    }
}

/// A byte offset of the document that a cursor can have.
fn inside(document: &Document, near: usize) -> usize {
    let text = document.text();
    text.char_to_byte(text.byte_to_char(near % (text.len_bytes() + 1)))
}

/// An edit between two places of the document does what it says.
fn replace(document: &mut Document, version: i32, input: &mut Input<'_>, encoding: Encoding) {
    let new = typed(input);
    let mut ends = [input.number(), input.number()].map(|near| inside(document, near));
    ends.sort_unstable();
    // Between \r and \n there is no place: what it says it means is where the change happens.
    let places = ends.map(|offset| document.position(offset, encoding));
    let Ok(from) = document.offset(places[0], encoding) else {
        assert!(!document.in_step());
        return;
    };
    let to = document
        .offset(places[1], encoding)
        .expect("its own position");
    let before = document.text().to_string();
    if before.len() + new.len() > LONGEST {
        return;
    }
    let change = Change::Partial(places[0]..places[1], new.clone());
    assert_eq!(document.apply(version, &[change], encoding), Ok(()));
    let mut expected = before;
    expected.replace_range(from..to, &new);
    assert_eq!(document.text().to_string(), expected);
}

/// An edit between any two positions is refused or done; refused, it leaves the text alone.
fn wild(document: &mut Document, version: i32, input: &mut Input<'_>, encoding: Encoding) {
    let mut place = || {
        let mut number = || match input.byte() {
            255 => u32::MAX,
            254 => i32::MAX as u32,
            small => u32::from(small % 32),
        };
        Position {
            line: number(),
            column: number(),
        }
    };
    let range = place()..place();
    let new = typed(input);
    let before = document.text().to_string();
    if before.len() + new.len() > LONGEST {
        return;
    }
    if document
        .apply(version, &[Change::Partial(range, new)], encoding)
        .is_err()
    {
        assert_eq!(document.text().to_string(), before);
        assert!(!document.in_step());
    }
}

fn compare(document: &mut Document, passage: Option<&Arc<Passage>>, cursor: usize) {
    let mut scratch = Scratch::default();
    let said = document.context(cursor, &MODEL, &mut scratch);
    if !document.in_step() {
        assert!(said.is_none(), "a document out of step speaks");
        return;
    }
    let text = document.text().to_string();
    let mut fresh = Document::open(document.language(), 0, &text);
    fresh.follow(passage.cloned());
    let expected = fresh.context(cursor, &MODEL, &mut scratch);
    assert_eq!(
        format!("{said:?}"),
        format!("{expected:?}"),
        "at {cursor} of {text:?}"
    );
    if said.is_some() {
        assert_eq!(
            document.remembered(),
            fresh.remembered(),
            "at {cursor} of {text:?}"
        );
    }
}
