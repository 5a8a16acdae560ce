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

/// The document as it is read, a paragraph a line, with braces around its code.
fn read(language: Language, text: &str) -> Vec<String> {
    let marked = |paragraph: &Paragraph| {
        let RunningText { mut text, code } = paragraph.running(text);
        for code in code.iter().rev() {
            text.insert(code.end, '}');
            text.insert(code.start, '{');
        }
        text.replace('\n', "\\n")
    };
    paragraphs(language, text).iter().map(marked).collect()
}

#[test]
fn code_is_read_where_it_stands() {
    use Language::*;
    let long = format!("a `{}` b", "x".repeat(65));
    for (language, text, expected) in [
        (
            Markdown,
            "Use `x`, `y` or ``a ` b``.",
            "Use {x}, {y} or {a ` b}.",
        ),
        (Markdown, "`x` is **`y`** too", "{x} is {y} too"),
        (Markdown, "- `x`: [`y`](z) `w`", "{x}: {y} {w}"),
        (Markdown, "see\n`x`\nand", "see\\n{x}\\nand"),
        (Markdown, "`x`\n`y`\n**`z`**\nand", "{x}\\n{y}\\n{z}\\nand"),
        (Markdown, "> see\n> `x`\n> and", "see\\n{x}\\nand"),
        (Markdown, "a ` x ` b", "a {x} b"),
        (Markdown, "a `b\nc` d", "a  d"),
        (Markdown, &long, "a  b"),
        (Rst, "Use ``x`` or :func:`y`, `z`.", "Use {x} or {y}, {z}."),
        (Rst, ":ref:`the text <x>` ``a", "the text"),
        (Org, "Use =x= or ~y~.", "Use {x} or {y}."),
        (Org, "Use $//$ and =a//=.", "Use {//} and {a//}."),
        (Asciidoc, "Use `x` or ``y``.", "Use {x} or {y}."),
        (GitCommit, "Use `x`, not `y`", "Use {x}, not {y}"),
        (Latex, "Use \\verb|x| or \\lstinline{y}.", "Use {x} or {y}."),
        (
            Html,
            "<p>Use <code>x</code>, <kbd>&lt;</kbd>.",
            "Use {x}, .",
        ),
        (Typst, "Use `x` or ```y```.", "Use {x} or ."),
        (Markdown, "Let $x_1$ be $$y$$ a", "Let {x_1} be  a"),
        (Markdown, "Let `$x` be $`y`$ a", "Let {$x} be {`y`} a"),
        (Org, "Let $x_1$ be \\(y\\) a", "Let {x_1} be  a"),
        (
            Latex,
            "Let $x_1$ be~\\(y\\) $$z$$ \\[w\\] a",
            "Let {x_1} be {y}   a",
        ),
        (
            Latex,
            "by D.~Knuth in Figure~\\ref{a} or $x",
            "by D. Knuth in Figure or",
        ),
        (
            Latex,
            "a \\term{proof}, \\key{a1}, \\cite{a}, \\pair{b}{c}",
            "a {proof}, , ,",
        ),
        (Typst, "Let $x_1$ be $ y $ a~b", "Let {x_1} be  a b"),
        (Plain, "Use `x`.", "Use `x`."),
    ] {
        assert_eq!(read(language, text), [expected], "{text:?}");
    }
}

/// Code alone is no paragraph, and takes nothing from the one behind it.
#[test]
fn a_paragraph_has_prose() {
    use Language::*;
    for (language, text, expected) in [
        (Markdown, "`x`\n\n`y` `z`\n", ""),
        (Markdown, "- `x`\n\n  text", "I text\n"),
        (Markdown, "# `x`\n\ntext", "P text\n"),
        (Org, "=x=\n\n- =y=\n", ""),
        (Typst, "~\n\n~ text~", "P text\n"),
        (Latex, "~{}\n\n~a~", "P a\n"),
    ] {
        assert_eq!(shown(language, text), expected, "{text:?}");
    }
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
        let mut all = [&paragraph.ranges[..], &paragraph.code[..]].concat();
        all.sort_by_key(|range| range.start);
        assert!(all.windows(2).all(|pair| pair[0].end <= pair[1].start));
        assert!(paragraph.code.is_sorted_by_key(|code| code.start));
        assert!(
            paragraph
                .code
                .iter()
                .all(|code| text.get(code.clone()).is_some())
        );
        let running = paragraph.running(text);
        assert!(
            running
                .code
                .iter()
                .all(|code| running.text.get(code.clone()).is_some())
        );
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
        "!!! note",
        "???+ note \"T\"",
        "=== \"T\"",
        "```{note}",
        ":::{tip} x",
        ":::",
        "<Aside>\n",
        "</Aside>\n",
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

/// A document of this language, long enough for several pieces, with everything that may stand open across them.
fn long_document(language: Language) -> String {
    let block = match language {
        Language::Plain => "One two three.\n\n- item\n  more\n\n> quote\n\n",
        Language::Markdown => {
            "# Head\n\nOne `two` *three*.\n\n- item\n\n  ```\n  code\n\nout\n\n```\n\n# no\n\n```\n\n<!-- a\n\n# b\n-->\n\n> quote [a][b]\n\n"
        }
        Language::Latex => {
            "\\section{Head}\nOne \\emph{two}.\n\n\\begin{verbatim}\nno\n\nno\n\\end{verbatim}\n\n\\item three\n\n"
        }
        Language::GitCommit => "One `two`.\n\n```\nno\n\nno\n```\n\n    code\n\n- item\n\n",
        Language::Rst => {
            "Head\n====\n\nOne ``two``::\n\n   no\n\n   no\n\n.. note:: Text\n\n   more\n\n== ==\na  b\n\nc  d\n== ==\n\n"
        }
        Language::Asciidoc => {
            "== Head\n\nOne `two`.\n\n----\nno\n\nno\n----\n\n____\nsaid\n\nmore\n____\n\n[source]\n\nno\n\n"
        }
        Language::Org => "* Head\nOne =two=.\n\n#+begin_src c\nno\n\nno\n#+end_src\n\n- item\n\n",
        Language::Typst => {
            "= Head\nOne `two`.\n\n#figure(\n  [A\n\n  b],\n)\n\n```\nno\n\nno\n```\n\n- item\n\n"
        }
        Language::Html => {
            "<h1>Head</h1>\n<p>One <code>two</code>.</p>\n\n<pre>\n\n<p>no</pre>\n<ul><li>item</ul>\n\n"
        }
    };
    block.repeat((40 << 10) / block.len())
}

#[test]
fn pieces_read_like_the_whole() {
    for language in Language::ALL {
        let text = long_document(language);
        let all: Vec<_> = pieces(language, &text).collect();
        assert!(all.len() >= 4, "{language:?}: {} pieces", all.len());
        assert_eq!(all[0].1.start, 0);
        assert_eq!(all[all.len() - 1].1.end, text.len());
        assert!(
            all.windows(2)
                .all(|two| two[0].1.end == two[1].1.start && two[1].0 == Part::Later)
        );
        assert_eq!(
            paragraphs(language, &text),
            piece(language, Part::Opening, &text),
            "{language:?}"
        );
    }
}

#[test]
fn a_cut_depends_on_its_piece_and_the_line_behind() {
    for language in Language::ALL {
        let text = long_document(language);
        let cut = next_cut(language, Part::Opening, &text).expect("a cut");
        let line = lines::lines(&text[cut..])
            .next()
            .expect("a line")
            .text
            .len();
        let shorter = format!("{}\n", &text[..cut + line]);
        assert_eq!(
            next_cut(language, Part::Opening, &shorter),
            Some(cut),
            "{language:?}"
        );
    }
}
