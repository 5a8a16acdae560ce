//! What a document says is a function of its text and the cursor, however the text came about.

use proptest::prelude::*;
use proptest::sample::Index;
use rnn_lsp::document::{Change, Document, Encoding, Position};
use rnn_lsp::model::{Model, Scratch};
use rnn_lsp::text::Ending;
use rnn_lsp::text::prose::{Break, Language, Passage};
use std::sync::{Arc, LazyLock};

static MODEL: LazyLock<Model> = LazyLock::new(|| Model::tiny(1));

const ENCODINGS: [Encoding; 3] = [Encoding::Utf8, Encoding::Utf16, Encoding::Utf32];

/// What is typed, pasted and deleted: words, what joins them, structure that changes what follows, and characters of
/// every length.
const SCRAPS: [&str; 44] = [
    "a",
    "e",
    " ",
    " ",
    " the",
    "word ",
    "Another",
    "don't ",
    "Anna’s ",
    "’",
    "'",
    ".",
    ". ",
    ", ",
    "\"",
    "(",
    "-",
    "3",
    "1990",
    "é",
    "e\u{301}",
    "ß",
    "日本",
    "😀",
    "👩\u{200d}🚀",
    "\u{2028}",
    "\u{a0}",
    "\t",
    "\n",
    "\n\n",
    "\r\n",
    "\r",
    "\r\n\r\n",
    "# ",
    "\n## A heading\n",
    "\n- ",
    "\n> ",
    "`",
    "```",
    "\n```\n",
    "**",
    "[link](http://a.b)",
    "---\n",
    "<!--",
];

/// Blocks that documents are made of.
const BLOCKS: [&str; 12] = [
    "# The heading of a section\n\n",
    "A short paragraph.\n\n",
    "The quick brown fox, which did not know better, jumped over the lazy dog; the dog, for its part, slept on.\n\n",
    "Don’t say \"never\": Anna’s brother said it\nand nobody (not even 3 of 1990) answered. Naïve 😀 café.\r\n\r\n",
    "- an item\n- another item\n  that goes on\n\n",
    "> Quoted words that somebody said,\n> and more of them.\n\n",
    "```rust\nlet x = \"not prose\";\n\nfn f() {}\n```\n\n",
    "See `code` and [a link](http://example.org) and **strong *words* here**.\n\n",
    "| a | b |\n|---|---|\n| c | d |\n\n",
    "日本語の文章です。これは段落。\n\n",
    "one\rtwo\rthree\r\r",
    "The words went on and on, because a paragraph may be long, and then longer still; it was told once more, from the \
     start to the end, how the words went on and on, because a paragraph may be long, and then longer still. It was told \
     again, and again there was no end to it, so that the reader (who had long since put the book away) forgot what the \
     beginning was. So it goes. It goes on, as it must, until the last word of the last sentence has been read aloud.\n\n",
];

#[derive(Clone, Debug)]
enum Edit {
    /// Replace so many characters somewhere.
    Replace(Index, usize, String),
    /// The same where the last edit ended: typing on.
    Here(usize, String),
    /// A whole new text.
    Full(Vec<usize>),
    /// Only look.
    Nothing,
}

fn scraps(most: usize) -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(&SCRAPS[..]), 0..most)
        .prop_map(|scraps| scraps.concat())
}

fn blocks(most: usize) -> impl Strategy<Value = Vec<usize>> {
    prop::collection::vec(0..BLOCKS.len(), 0..most)
}

fn edit() -> impl Strategy<Value = Edit> {
    prop_oneof![
        6 => (any::<Index>(), 0..4usize, scraps(4)).prop_map(|(at, len, text)| Edit::Replace(at, len, text)),
        1 => (any::<Index>(), 0..3000usize, scraps(2)).prop_map(|(at, len, text)| Edit::Replace(at, len, text)),
        1 => (any::<Index>(), blocks(40)).prop_map(|(at, blocks)| Edit::Replace(at, 0, document(&blocks))),
        6 => (0..2usize, scraps(3)).prop_map(|(len, text)| Edit::Here(len, text)),
        1 => blocks(20).prop_map(Edit::Full),
        2 => Just(Edit::Nothing),
    ]
}

fn document(blocks: &[usize]) -> String {
    blocks.iter().map(|&block| BLOCKS[block]).collect()
}

/// A byte offset as a position, counted the slow way, and the offset that position means: between \r and \n is no
/// place, so it may be one less.
fn position(text: &str, offset: usize, encoding: Encoding) -> (Position, usize) {
    let inside = text[..offset].ends_with('\r') && text[offset..].starts_with('\n');
    let offset = offset - usize::from(inside);
    let before = text[..offset].replace("\r\n", "\n").replace('\r', "\n");
    let line = before.rsplit('\n').next().unwrap_or_default();
    let column = match encoding {
        Encoding::Utf8 => line.len(),
        Encoding::Utf16 => line.encode_utf16().count(),
        Encoding::Utf32 => line.chars().count(),
    };
    let lines = before.matches('\n').count();
    (
        Position {
            line: lines as u32,
            column: column as u32,
        },
        offset,
    )
}

fn boundary(text: &str, near: usize) -> usize {
    text.floor_char_boundary(near.min(text.len()))
}

/// Everything the document says at a cursor.
fn said(document: &mut Document, offset: usize) -> Option<(String, Vec<(u32, bool)>)> {
    let context = document.context(offset, &MODEL, &mut Scratch::default())?;
    let tokens = document
        .remembered()
        .iter()
        .map(|read| (read.token.0, read.is_code))
        .collect();
    assert_eq!(document.recency().len(), document.remembered().len());
    Some((format!("{context:?}"), tokens))
}

/// The end of another document.
fn passage() -> Arc<Passage> {
    Arc::new(Passage(vec![
        (Break::Heading, "Another document".to_owned()),
        (
            Break::Paragraph,
            "It stood beside this one, and ends here.".to_owned(),
        ),
    ]))
}

/// Applies edits one after the other, and compares with a fresh document after each.
fn check(
    language: Language,
    text: String,
    edits: &[(Edit, Index, bool)],
    encoding: Encoding,
) -> Result<(), TestCaseError> {
    let mut text = text;
    let mut edited = Document::open(language, 0, &text);
    let mut here = text.len();
    let passage = passage();
    for (version, (edit, cursor, elsewhere)) in edits.iter().enumerate() {
        let (at, len, new) = match edit {
            Edit::Replace(at, len, new) => (at.index(text.len() + 1), *len, new.clone()),
            Edit::Here(len, new) => (here.saturating_sub(*len), *len, new.clone()),
            Edit::Full(blocks) => (0, usize::MAX, document(blocks)),
            Edit::Nothing => (here, 0, String::new()),
        };
        let (start, from) = position(&text, boundary(&text, at), encoding);
        let (end, to) = position(
            &text,
            boundary(&text, from.saturating_add(len)).max(from),
            encoding,
        );
        let change = match edit {
            Edit::Full(_) => Change::Full(new.clone()),
            _ => Change::Partial(start..end, new.clone()),
        };
        if !matches!(edit, Edit::Nothing) {
            text.replace_range(from..to, &new);
            prop_assert_eq!(edited.apply(version as i32, &[change], encoding), Ok(()));
            here = from + new.len();
        }
        prop_assert_eq!(edited.text().to_string(), text.as_str());

        let offset = if *elsewhere {
            boundary(&text, cursor.index(text.len() + 1))
        } else {
            here
        };
        let follows = (version % 4 < 2).then(|| passage.clone());
        edited.follow(follows.clone());
        // Reading ahead, here or elsewhere, as far as it comes.
        let near = boundary(&text, cursor.index(text.len() + 1));
        for ahead in [near, offset] {
            for _ in 0..version % 4 {
                edited.read_ahead(ahead, &MODEL, &mut Scratch::default());
            }
        }
        let mut fresh = Document::open(language, 0, &text);
        fresh.follow(follows);
        prop_assert_eq!(
            said(&mut edited, offset),
            said(&mut fresh, offset),
            "at {} of {:?}",
            offset,
            text
        );
        if version % 2 == 1 {
            edited.foresee("foreseen", &MODEL, &mut Scratch::default());
        }
    }
    Ok(())
}

fn cases(fast: u32) -> ProptestConfig {
    let slow = std::env::var_os("RUN_SLOW_TESTS").is_some();
    ProptestConfig {
        cases: if slow { fast * 20 } else { fast },
        ..ProptestConfig::default()
    }
}

fn languages() -> impl Strategy<Value = Language> {
    prop_oneof![3 => Just(Language::Markdown), 1 => Just(Language::Plain), 1 => prop::sample::select(&Language::ALL[..])]
}

fn edits(most: usize) -> impl Strategy<Value = Vec<(Edit, Index, bool)>> {
    prop::collection::vec((edit(), any::<Index>(), prop::bool::weighted(0.3)), 1..most)
}

proptest! {
    #![proptest_config(cases(64))]
    #[test]
    fn a_small_document_is_what_a_fresh_one_is(
        language in languages(),
        blocks in blocks(12),
        edits in edits(12),
        encoding in prop::sample::select(&ENCODINGS[..]),
    ) {
        check(language, document(&blocks), &edits, encoding)?;
    }
}

proptest! {
    #![proptest_config(cases(6))]
    #[test]
    fn a_long_document_is_what_a_fresh_one_is(
        language in languages(),
        blocks in prop::collection::vec(0..BLOCKS.len(), 200..1200),
        edits in edits(10),
        encoding in prop::sample::select(&ENCODINGS[..]),
    ) {
        check(language, document(&blocks), &edits, encoding)?;
    }
}

/// Several changes in one notification apply in order, each to the text the one before left.
#[test]
fn changes_apply_in_order() {
    let at = |line, column| Position { line, column };
    let mut document = Document::open(Language::Plain, 1, "one\ntwo\n");
    let changes = [
        Change::Partial(at(1, 0)..at(1, 3), "2\n3".to_owned()),
        Change::Partial(at(2, 1)..at(2, 1), "!".to_owned()),
        Change::Partial(at(0, 0)..at(0, 99), "1".to_owned()),
    ];
    assert_eq!(document.apply(2, &changes, Encoding::Utf16), Ok(()));
    assert_eq!(document.text(), "1\n2\n3!\n");
    assert_eq!(document.version(), 2);
}

/// A change that does not fit silences the document until a full text arrives.
#[test]
fn out_of_step() {
    let at = |line, column| Position { line, column };
    let check = |range: std::ops::Range<Position>| {
        let mut document = Document::open(Language::Plain, 1, "a 😀 word");
        let end = "a 😀 word".len();
        assert!(said(&mut document, end).is_some());
        let changes = [
            Change::Partial(range, "x".to_owned()),
            Change::Partial(at(0, 0)..at(0, 0), "y".to_owned()),
        ];
        assert!(document.apply(2, &changes, Encoding::Utf16).is_err());
        assert_eq!(document.text(), "a 😀 word");
        assert!(said(&mut document, end).is_none());
        assert!(document.offset(at(0, 0), Encoding::Utf16).is_err());
        assert!(document.apply(3, &changes[1..], Encoding::Utf16).is_err());
        let changes = [
            Change::Full("new".to_owned()),
            Change::Partial(at(0, 3)..at(0, 3), " text".to_owned()),
        ];
        assert_eq!(document.apply(4, &changes, Encoding::Utf16), Ok(()));
        assert_eq!(document.text(), "new text");
        assert!(said(&mut document, 8).is_some());
    };
    check(at(0, 3)..at(0, 4));
    check(at(7, 0)..at(7, 0));
    check(at(0, 2)..at(0, 1));
}

/// The whole of a document may be replaced by a range whose end lies anywhere behind it, as some clients do; nothing of
/// the old text is left that could be out of step.
#[test]
fn a_range_over_everything_is_a_full_text() {
    let at = |line, column| Position { line, column };
    for end in [at(1, 0), at(99, 0), at(u32::MAX, u32::MAX)] {
        let mut document = Document::open(Language::Plain, 1, "one");
        let change = Change::Partial(at(0, 0)..end, "two".to_owned());
        assert_eq!(
            document.apply(3, &[change], Encoding::Utf16),
            Ok(()),
            "{end:?}"
        );
        assert_eq!(document.text(), "two");
    }
}

/// The end of the line after the last is how some clients say "the end".
#[test]
fn a_range_may_end_one_line_past_the_last() {
    let at = |line, column| Position { line, column };
    let mut document = Document::open(Language::Plain, 1, "one\ntwo");
    let change = Change::Partial(at(1, 0)..at(2, 0), "2\n".to_owned());
    assert_eq!(document.apply(2, &[change], Encoding::Utf16), Ok(()));
    assert_eq!(document.text(), "one\n2\n");
}

/// Some hundred pages, no two alike.
fn long_text() -> String {
    let block = |index: usize| BLOCKS[(index * 7 + index / 5) % BLOCKS.len()];
    (0..3000)
        .map(|index| format!("{}Paragraph {index} ends here.\n\n", block(index)))
        .collect()
}

/// Nobody reads the end of another document once there is enough of this one, and its words are never this one's.
#[test]
fn what_a_document_follows_is_read_before_its_first_words() {
    let text = long_text();
    let far = text.len() / 2;
    let mut alone = Document::open(Language::Markdown, 0, &text);
    let mut following = Document::open(Language::Markdown, 0, &text);
    following.follow(Some(passage()));
    let mut states = |offset: usize| {
        [&mut alone, &mut following].map(|document| {
            let offset = text[..offset].rfind("ends").expect("a paragraph");
            let context = document.context(offset, &MODEL, &mut Scratch::default());
            let remembered = document.remembered().to_vec();
            (context.expect("prose").state, remembered)
        })
    };
    let [alone, following] = states(500);
    assert_ne!(alone.0, following.0);
    assert_eq!(alone.1, following.1);
    let [alone, following] = states(far);
    assert_eq!(alone, following);
}

/// What was read ahead need not be read when it is asked for, and each part is small.
#[test]
fn reading_ahead_leaves_nothing_to_read() {
    let text = long_text();
    for offset in [text.len(), text.len() / 2] {
        let mut document = Document::open(Language::Markdown, 0, &text);
        let offset = text[..offset].rfind("ends").expect("a paragraph");
        let mut read = 0;
        while document.read_ahead(offset, &MODEL, &mut Scratch::default()) {
            let part = document.tokens_read() - read;
            assert!(part <= 16, "{part} tokens at once");
            read += part;
        }
        assert!(document.tokens_read() > 200);
        assert_eq!(cost(&mut document, offset), 0);
        let mut fresh = Document::open(Language::Markdown, 0, &text);
        assert_eq!(said(&mut document, offset), said(&mut fresh, offset));
    }
}

/// Tokens read for a request.
#[test]
fn what_was_foreseen_is_not_read_again() {
    let text = "The weather was like that, and the morning was";
    let mut document = Document::open(Language::Markdown, 0, text);
    cost_at_end(&mut document);
    let (_, foreseen) = document
        .foresee("was", &MODEL, &mut Scratch::default())
        .expect("somebody asked");
    assert_eq!(cost_at_end(&mut document), 0);
    document.splice(text.len()..text.len(), " ");
    let read = document.tokens_read();
    let context = document.context(text.len() + 1, &MODEL, &mut Scratch::default());
    assert_eq!(document.tokens_read(), read);
    assert_eq!(context.expect("prose").state, foreseen);
}

fn cost(document: &mut Document, offset: usize) -> u64 {
    let before = document.tokens_read();
    assert!(said(document, offset).is_some(), "no prose at {offset}");
    document.tokens_read() - before
}

fn cost_at_end(document: &mut Document) -> u64 {
    let end = document.text().len_bytes();
    cost(document, end)
}

/// The most that one request reads.
const MOST: u64 = 640;

#[test]
fn typing_costs_the_tokens_typed() {
    let text = long_text();
    for start in [
        text.len(),
        text[..boundary(&text, text.len() / 2)]
            .rfind("\n\n")
            .expect("a paragraph ends")
            + 2,
    ] {
        let mut document = Document::open(Language::Markdown, 0, &text);
        assert!(cost(&mut document, start) <= MOST);
        let mut offset = start;
        let mut type_one = |letters: &str| {
            document.splice(offset..offset, letters);
            offset += letters.len();
            cost(&mut document, offset)
        };
        // The paragraph's break is there before its first word.
        assert_eq!(type_one("T"), 0);
        for letter in ["h", "e"] {
            assert_eq!(type_one(letter), 0, "inside a word");
        }
        for word in [" ", "words ", "and ", "more "] {
            let whole = MODEL
                .tokenizer()
                .read(word.trim(), Ending::Spaced)
                .len()
                .max(1) as u64;
            assert!(type_one(word) <= whole.max(3), "{word:?}");
        }
        assert_eq!(type_one("q"), 0);
        // A long while of typing: now and then the anchor moves on and the reading is longer.
        let mut steps = Vec::new();
        for _ in 0..150 {
            for letter in ["a", "n", "d", " "] {
                steps.push(type_one(letter));
            }
        }
        assert!(steps.iter().all(|&steps| steps <= MOST));
        let token = steps.iter().filter(|&&steps| steps > 0).count() as u64;
        assert!(steps.iter().sum::<u64>() < 4 * token, "{:?}", steps);
    }
}

#[test]
fn an_edit_in_the_middle_of_a_long_document_costs_little() {
    let text = long_text();
    let mut document = Document::open(Language::Markdown, 0, &text);
    cost(&mut document, text.len());
    let middle = text[..boundary(&text, text.len() / 2)]
        .rfind("The quick")
        .expect("a paragraph");
    document.splice(middle..middle + 3, "Some");
    assert!(cost(&mut document, middle + 4) <= MOST);
    assert_eq!(cost_at_end(&mut document), 0, "the end was read before");
    assert!(cost(&mut document, middle + 5) <= 4, "so was the middle");
    document.splice(0..0, "# A title\n\n");
    assert_eq!(
        cost_at_end(&mut document),
        0,
        "an edit at the top moves nothing"
    );
}

#[test]
fn a_line_of_a_megabyte_costs_little() {
    for language in [Language::Plain, Language::Markdown] {
        let text = "Words that go on and on without an end, said nobody. ".repeat(20_000);
        let mut document = Document::open(language, 0, &text);
        for offset in [text.len() / 2, text.len(), 100] {
            assert!(cost(&mut document, offset) <= MOST);
        }
    }
}

/// Forgetting an old model's states and tokens is what makes a new one speak.
#[test]
fn a_new_model_reads_for_itself() {
    let other = Model::tiny(2);
    let text = "The words of a short text";
    let mut document = Document::open(Language::Plain, 0, text);
    let mut scratch = Scratch::default();
    for model in [&*MODEL, &other, &*MODEL] {
        let mut fresh = Document::open(Language::Plain, 0, text);
        let context = document
            .context(text.len(), model, &mut scratch)
            .map(|context| context.state);
        assert_eq!(
            context,
            fresh
                .context(text.len(), model, &mut scratch)
                .map(|context| context.state)
        );
    }
}
