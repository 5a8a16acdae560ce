//! Prose of all formats: what each example leaves, and what holds for any text.

use proptest::prelude::*;

use super::*;

/// Paragraphs one a line: their break (`P`, `H`, `I`, `Q`), then their text with `\n` for line breaks and `|` where
/// something was left out.
pub(super) fn shown(language: Language, text: &str) -> String {
    let mut out = String::new();
    for paragraph in paragraphs(language, text) {
        out.push(match paragraph.starts {
            Break::Paragraph => 'P',
            Break::Heading => 'H',
            Break::Item => 'I',
            Break::Quote => 'Q',
        });
        out.push(' ');
        let mut end = None;
        for range in paragraph.ranges {
            if end.is_some_and(|end| end != range.start) {
                out.push('|');
            }
            out.push_str(
                &text[range.clone()]
                    .replace('\r', "\\r")
                    .replace('\n', "\\n"),
            );
            end = Some(range.end);
        }
        out.push('\n');
    }
    out
}

pub(super) fn check(language: Language, text: &str, expected: &[&str]) {
    let shown = shown(language, text);
    assert_eq!(
        shown.lines().collect::<Vec<_>>(),
        expected,
        "prose of {text:?}"
    );
}

/// Where the cursor `$0` stands: the break and the paragraph's text before it; "-" where that is not prose.
pub(super) fn check_cursor(language: Language, marked: &str, expected: &str) {
    let offset = marked.find("$0").expect("a cursor");
    let text = marked.replacen("$0", "", 1);
    let (part, range) = pieces(language, &text)
        .filter(|(_, range)| range.start <= offset)
        .last()
        .expect("a first piece");
    let shown = match place(language, part, &text[range.clone()], offset - range.start) {
        None => "-".to_owned(),
        Some(place) => {
            let touching = if place.edge == Edge::Touching {
                "^"
            } else {
                ""
            };
            format!(
                "{:?} {}{touching}",
                place.paragraph.starts,
                place.paragraph.text(&text[range]).replace('\n', "\\n")
            )
        }
    };
    assert_eq!(shown, expected, "cursor in {marked:?}");
}

/// What every extraction promises.
fn check_promises(language: Language, text: &str) {
    let mut floor = 0;
    for paragraph in paragraphs(language, text) {
        assert!(!paragraph.ranges.is_empty());
        for range in &paragraph.ranges {
            assert!(floor <= range.start && range.start < range.end, "{text:?}");
            assert!(text.get(range.clone()).is_some(), "{text:?}");
            floor = range.end;
        }
        assert!(!paragraph.text(text).trim().is_empty());
    }
}

fn check_places(language: Language, text: &str) {
    for (offset, _) in text.char_indices().chain([(text.len(), ' ')]) {
        for part in [Part::Opening, Part::Later] {
            let Some(place) = place(language, part, text, offset) else {
                continue;
            };
            let mut floor = 0;
            for range in place
                .before
                .iter()
                .chain([&place.paragraph])
                .flat_map(|p| &p.ranges)
            {
                assert!(floor <= range.start && range.start < range.end, "{text:?}");
                assert!(text.get(range.clone()).is_some(), "{text:?}");
                floor = range.end;
            }
            assert!(floor <= offset);
        }
    }
}

/// Words, line breaks and the marks that mean something in some format.
fn markup() -> impl Strategy<Value = String> {
    let marks = [
        "word",
        "two words",
        " ",
        "  ",
        "    ",
        "\t",
        "\n",
        "\n\n",
        "\r\n",
        "\r",
        "é",
        "𝒳",
        "\u{2028}",
        "`",
        "```",
        "~~~",
        "$",
        "$$",
        "*",
        "**",
        "_",
        "[",
        "]",
        "(",
        ")",
        "{",
        "}",
        "<",
        ">",
        "</",
        "<p>",
        "</p>",
        "<!--",
        "-->",
        "<pre>",
        "</pre>",
        "<script>",
        "</script>",
        "&amp;",
        "#",
        "# ",
        "## ",
        "- ",
        "1. ",
        "> ",
        "|",
        "| a | b |\n|---|---|\n",
        "---",
        "---\n",
        "+++\n",
        "===",
        "title: x",
        "[^1]: ",
        "[a]: b",
        "\\",
        "\\begin{",
        "\\end{",
        "verbatim}",
        "itemize}",
        "document}",
        "\\section{",
        "\\emph{",
        "\\item",
        "%",
        "%%",
        "\\(",
        "\\)",
        "\\[",
        "\\]",
        "::",
        ".. ",
        ".. note::",
        "``",
        ":ref:`",
        "====",
        "----",
        "....",
        "|===",
        "#+begin_src",
        "#+end_src",
        "#+begin_quote",
        ":PROPERTIES:",
        ":END:",
        "=",
        "~",
        "/",
        "* ",
        "TODO ",
        "[[",
        "]]",
        "[[a][b]]",
        "//",
        "/*",
        "*/",
        "#let ",
        "#fn(",
        "#[",
        "@",
        "@x",
        "a@b.c",
        "https://a.b/c",
        "/usr/bin",
        "{{",
        "}}",
        "# ------------------------ >8",
        "diff --git",
        "include::x[]",
        "image:",
        ":x: y",
        "[source]",
        "++++",
        "\\verb|",
        "\\\\",
        "&",
        "\0",
        "\u{feff}",
    ];
    prop::collection::vec(prop::sample::select(marks.to_vec()), 0..24)
        .prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn any_text_keeps_the_promises(text in "\\PC{0,80}") {
        for language in Language::ALL {
            check_promises(language, &text);
            check_places(language, &text);
        }
    }

    #[test]
    fn any_markup_keeps_the_promises(text in markup()) {
        for language in Language::ALL {
            check_promises(language, &text);
            check_places(language, &text);
        }
    }
}

#[test]
fn everywhere_a_word_can_be_typed() {
    for language in Language::ALL {
        check_cursor(language, "$0", "Paragraph ");
        check_cursor(language, "One two$0", "Paragraph One two");
        check_cursor(language, "One two $0", "Paragraph One two ");
        check_cursor(language, "One $0two", "Paragraph One ");
        check_cursor(language, "One two \n$0", "Paragraph One two \\n");
        if language != Language::Html {
            check_cursor(language, "One two\n\n$0", "Paragraph ");
            check_cursor(language, "One\n\ntwo$0\n\nthree", "Paragraph two");
        }
        check_cursor(language, "see https://exam$0", "-");
        check_cursor(language, "see https://example.com/a $0", "Paragraph see  ");
    }
}
