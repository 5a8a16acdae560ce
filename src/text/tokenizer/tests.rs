use std::sync::LazyLock;

use proptest::prelude::*;

use super::*;
use crate::text::words::word_len;

const TEXT: &str = "The quick brown fox doesn't jump over the lazy dog, and the dog doesn't mind. \
    “Café,” she said — “the café is over there.” The foxes’ den isn’t there; it’s over the hill.";

/// Knows "the", "doesn't" and the like, but not "zebra"; "é" is a letter, "ï" is not.
static SMALL: LazyLock<Tokenizer> = LazyLock::new(|| Tokenizer::train([TEXT; 8].into_iter(), 680));

/// Tokens as one string: `a~` piece, `~,` left-joined, `(~` right-joined, `<e9>` byte, `’` where flagged.
fn show(tokenizer: &Tokenizer, encoded: &Encoded) -> String {
    let vocabulary = tokenizer.vocabulary();
    let show = |(index, &id): (usize, &TokenId)| match (id, vocabulary.byte(id)) {
        (_, Some(byte)) => format!("<{byte:02x}>"),
        (TokenId::JOIN, _) => "<join>".into(),
        (TokenId::SPACE, _) => "<sp>".into(),
        (TokenId::NEWLINE, _) => "<nl>".into(),
        (TokenId::RETURN, _) => "<cr>".into(),
        (TokenId::TAB, _) => "<tab>".into(),
        _ => {
            let text = vocabulary.text(id);
            let text = if encoded.curly.contains(&(index as u32)) {
                text.replace('\'', "’")
            } else {
                text.into()
            };
            let left = if vocabulary.joins_left(id) { "~" } else { "" };
            let right = if vocabulary.joins_right(id) { "~" } else { "" };
            format!("{left}{text}{right}")
        }
    };
    encoded
        .ids
        .iter()
        .enumerate()
        .map(show)
        .collect::<Vec<_>>()
        .join(" ")
}

#[test]
fn tokens_of_text() {
    let check = |text: &str, expected: &str| {
        let encoded = SMALL.encode(text, Ending::Spaced);
        assert_eq!(show(&SMALL, &encoded), expected, "{text}");
        assert_eq!(SMALL.decode(&encoded), text);
    };
    check("", "");
    check("the fox", "the fox");
    check("The fox doesn't.", "The fox doesn't ~.");
    check("The fox doesn’t.", "The fox doesn’t ~.");
    check("the dog, (the fox)", "the dog ~, (~ the fox ~)");
    check("the-fox the - fox", "the ~-~ fox the - fox");
    check("“the fox.” she", "“~ the fox ~.~ ~” she");
    check("foxes’ den", "foxes ~’ den");
    check("'the'", "'~ the ~'");
    check("1990 1", "1 ~9 ~9 ~0 1");
    check("1the fox2", "1 <join> the fox ~2");
    check("the  fox ", "the <sp> <sp> fox <sp>");
    check(
        " the\nfox\r\n\tdog",
        "<sp> the <nl> fox <cr> <nl> <tab> dog",
    );
    check("café", "café");
    check("naïve", "n~ a~ <c3> <af> v~ e");
    check("thï the", "t~ h~ <c3> <af> <sp> the");
    check("ïs the", "<c3> <af> s the");
    check("the ïs", "the <sp> <c3> <af> s");
    check("the漢 1", "t~ h~ e~ <e6> <bc> <a2> <sp> 1");
    check("x'y’z", "x~ '~ y~ <e2> <80> <99> z");
    check("x’y'z", "x~ ’~ y~ <27> z");
    check("the\u{a0}fox", "the <c2> <a0> fox");
    check("\u{1F600}", "<f0> <9f> <98> <80>");
}

#[test]
fn endings() {
    let check = |text: &str, touching: &str, word: &str, spaced: &str| {
        assert_eq!(
            show(&SMALL, &SMALL.encode(text, Ending::Touching)),
            touching,
            "{text}"
        );
        assert_eq!(
            show(&SMALL, &SMALL.encode(text, Ending::Word)),
            word,
            "{text}"
        );
        assert_eq!(
            show(&SMALL, &SMALL.encode(text, Ending::Spaced)),
            spaced,
            "{text}"
        );
    };
    check("the.", "the ~.~", "the ~.~", "the ~.");
    check("(", "(~", "(~", "(");
    check("1", "1", "1 <join>", "1");
    check("the. ", "the ~. <sp>", "the ~. <sp>", "the ~. <sp>");
    check("", "", "", "");
}

#[test]
fn the_reader_skips_white_space() {
    let read = SMALL.read("the  fox\r\n1st\tdog", Ending::Spaced);
    let expected: Vec<TokenId> = SMALL.encode("the fox 1st dog", Ending::Spaced).ids;
    assert_eq!(read, expected);
}

#[test]
fn ends_of_tokens() {
    let check = |text: &str, expected: &[u32]| {
        assert_eq!(SMALL.encode(text, Ending::Spaced).ends, expected, "{text}")
    };
    check("the fox.", &[3, 7, 8]);
    check("doesn’t  1the", &[9, 10, 11, 12, 12, 15]);
    check("the 漢", &[3, 4, 7, 7, 7]);
    check("x’y", &[1, 4, 5]);
}

#[test]
fn training_is_deterministic_and_fills_the_size() {
    assert_eq!(
        Tokenizer::train([TEXT; 8].into_iter(), 600)
            .vocabulary()
            .len(),
        600
    );
    assert!(SMALL.vocabulary().len() <= 680);
    for _ in 0..3 {
        assert_eq!(
            Tokenizer::train([TEXT; 8].into_iter(), 680).to_bytes(),
            SMALL.to_bytes()
        );
    }
    let sentences: Vec<&str> = TEXT.split_inclusive(". ").collect();
    let forward = Tokenizer::train(sentences.iter().copied(), 600);
    let backward = Tokenizer::train(sentences.iter().rev().copied(), 600);
    assert_eq!(forward.to_bytes(), backward.to_bytes());
    let nothing = Tokenizer::train(std::iter::empty(), 0);
    assert_eq!(nothing.decode(&nothing.encode(TEXT, Ending::Spaced)), TEXT);
}

#[test]
fn prefixes() {
    let vocabulary = SMALL.vocabulary();
    let ids = || (0..vocabulary.len() as u32).map(TokenId);
    let lower = |id: TokenId| vocabulary.text(id).to_lowercase();
    let check = |prefix: &str| {
        let found = vocabulary.with_prefix_folded(prefix);
        assert!(found.is_sorted_by_key(|&id| lower(id)), "{prefix:?}");
        let mut found = found.to_vec();
        found.sort_unstable();
        let is_word = |id: &TokenId| matches!(vocabulary.kind(*id), Kind::Word | Kind::Piece);
        let expected = ids().filter(is_word);
        let expected: Vec<TokenId> = expected
            .filter(|&id| lower(id).starts_with(prefix))
            .collect();
        assert_eq!(found, expected, "{prefix:?}");
    };
    for id in ids() {
        let text = lower(id);
        for (end, _) in text.char_indices() {
            check(&text[..end]);
        }
        check(&text);
    }
    for prefix in [
        "",
        "thE",
        "doe",
        "zz",
        "a\0",
        "\u{10ffff}",
        "the\u{10ffff}",
        "everything that nobody said",
    ] {
        check(prefix);
    }
}

#[test]
fn bytes_give_the_same_tokenizer() {
    let bytes = SMALL.to_bytes();
    let read = Tokenizer::from_bytes(&bytes).expect("what was written can be read");
    assert_eq!(read.to_bytes(), bytes);
    assert_eq!(read.vocabulary().len(), SMALL.vocabulary().len());
    assert_eq!(
        read.encode(TEXT, Ending::Spaced),
        SMALL.encode(TEXT, Ending::Spaced)
    );
}

#[test]
fn damaged_bytes_are_refused_or_harmless() {
    let bytes = SMALL.to_bytes();
    for len in 0..bytes.len() {
        let error = Tokenizer::from_bytes(&bytes[..len]).expect_err("a truncated block");
        assert!(
            error.contains("expected") && error.contains("found"),
            "{error}"
        );
    }
    let longer = [&bytes[..], b"x"].concat();
    assert!(
        Tokenizer::from_bytes(&longer)
            .expect_err("a longer block")
            .contains("found 1 bytes more")
    );
    for at in 0..bytes.len() {
        for bit in [0, 3, 7] {
            let mut flipped = bytes.clone();
            flipped[at] ^= 1 << bit;
            match Tokenizer::from_bytes(&flipped) {
                Ok(other) => assert_eq!(other.decode(&other.encode(TEXT, Ending::Spaced)), TEXT),
                Err(error) => assert!(
                    error.contains("expected") && error.contains("found"),
                    "{error}"
                ),
            }
        }
    }
}

#[test]
fn endless_words_take_little_time() {
    let text = "thequickbrownfox".repeat(20_000) + &"漢".repeat(100_000);
    let encoded = SMALL.encode(&text, Ending::Spaced);
    assert_eq!(SMALL.decode(&encoded), text);
}

/// Texts made of what is hard.
fn hard_text() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        4 => prop::sample::select(vec!["the", "fox", "doesn't", "doesn’t", "x’y'z", "naïve", "Cafe\u{301}", "漢字", "1", "90", "dog"]),
        3 => prop::sample::select(vec![" ", "  ", "\n", "\r\n", "\r", "\t", "\u{a0}", "\u{2028}", "\0"]),
        3 => prop::sample::select(vec![".", ",", "“", "”", "'", "’", "(", ")", "—", "…", "\u{301}", "\u{1F600}", "🏳\u{fe0f}\u{200d}🌈"]),
    ];
    prop_oneof![
        4 => prop::collection::vec(part, 0..20).prop_map(|parts| parts.concat()),
        1 => any::<String>(),
    ]
}

fn ending() -> impl Strategy<Value = Ending> {
    prop::sample::select(vec![Ending::Touching, Ending::Word, Ending::Spaced])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn encoding_is_lossless(text in hard_text(), ending in ending()) {
        let encoded = SMALL.encode(&text, ending);
        prop_assert_eq!(SMALL.decode(&encoded), text);
    }

    #[test]
    fn ends_are_boundaries_in_order(text in hard_text(), ending in ending()) {
        let encoded = SMALL.encode(&text, ending);
        prop_assert_eq!(encoded.ids.len(), encoded.ends.len());
        let mut last = 0;
        for (&id, &end) in encoded.ids.iter().zip(&encoded.ends) {
            prop_assert!(text.is_char_boundary(end as usize));
            let may_be_empty = id == TokenId::JOIN || SMALL.vocabulary().kind(id) == Kind::Byte;
            prop_assert!(end > last || (may_be_empty && end == last));
            last = end;
        }
        prop_assert_eq!(last as usize, text.len());
        prop_assert!(encoded.curly.is_sorted_by(|a, b| a < b));
    }

    #[test]
    fn encoding_restarts_where_words_or_runs_start(text in hard_text(), ending in ending()) {
        let whole = SMALL.encode(&text, ending);
        let layout = |c: char| matches!(c, ' ' | '\n' | '\r' | '\t');
        let mut inside_word = 0; // bytes of the word that are still to come
        for (offset, c) in text.char_indices() {
            let word = if inside_word > 0 { 0 } else { word_len(&text[offset..]) };
            inside_word = inside_word.max(word);
            let after_space = text[..offset].chars().next_back().is_none_or(layout) && !layout(c);
            if word > 0 || after_space {
                let rest = SMALL.encode(&text[offset..], ending);
                let first = whole.ends.iter().filter(|&&end| end as usize <= offset).count();
                prop_assert_eq!(&rest.ids[..], &whole.ids[first..]);
                let ends: Vec<u32> = rest.ends.iter().map(|end| end + offset as u32).collect();
                prop_assert_eq!(&ends[..], &whole.ends[first..]);
                let curly: Vec<u32> = rest.curly.iter().map(|index| index + first as u32).collect();
                let expected: Vec<u32> = whole.curly.iter().copied().filter(|&index| index >= first as u32).collect();
                prop_assert_eq!(curly, expected);
            }
            inside_word = inside_word.saturating_sub(c.len_utf8());
        }
    }
}
