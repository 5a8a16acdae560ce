//! Org mode: a line scanner for blocks and one for inline markup.

use std::ops::Range;

use super::Break;
use super::builder::Builder;
use super::inline::{emphasis, enclosed};
use super::lines::{Line, lines, list_marker};
use super::pieces::cut_at_margin;

/// Blocks whose content is none. Of all others it is text: a name without a meaning makes a special block.
const CODE: &[&str] = &[
    "src", "example", "export", "comment", "latex", "html", "ascii", "ditaa", "dot", "equation",
    "align",
];

/// Lines that begin with `#+` and hold text.
const TITLES: &[(&str, Break)] = &[
    ("#+title:", Break::Heading),
    ("#+subtitle:", Break::Heading),
    ("#+description:", Break::Paragraph),
    ("#+caption:", Break::Paragraph),
];

/// Reads a piece of Org.
pub(super) fn extract(text: &str, builder: &mut Builder) {
    let mut reader = Reader::default();
    for line in lines(text) {
        reader.line(line, builder);
    }
}

/// A line at the margin behind a blank one, outside blocks and drawers.
pub(super) fn next_cut(text: &str) -> Option<usize> {
    let mut reader = Reader::default();
    let mut builder = Builder::new(text);
    cut_at_margin(text, |line, _| {
        reader.line(line, &mut builder);
        reader.end.is_none()
    })
}

#[derive(Debug, Default)]
struct Reader {
    /// The line that ends what is being left out, in lower case.
    end: Option<String>,
}

impl Reader {
    fn line(&mut self, line: Line, builder: &mut Builder) {
        let indent = line.indent();
        let content = line.text[indent..].trim_end();
        if let Some(end) = &self.end {
            if content.len() >= end.len()
                && content.is_char_boundary(end.len())
                && content[..end.len()].eq_ignore_ascii_case(end)
            {
                self.end = None;
            }
            return;
        }
        let stars = content.bytes().take_while(|b| *b == b'*').count();
        if indent == 0 && stars > 0 && line.text[stars..].starts_with(' ') {
            heading(line, stars, builder);
        } else if content.is_empty() {
            builder.expect(Break::Paragraph);
        } else if content.starts_with("#+") {
            self.keyword(line, indent, content, builder);
        } else if content == "#" || content.starts_with("# ") || is_left_out(content) {
            builder.end();
        } else if content.starts_with('|') {
            cells(line, builder);
        } else if is_drawer(content) {
            builder.end();
            self.end = Some(":end:".to_owned());
        } else if let Some(name) = content.strip_prefix("\\begin{") {
            self.end = Some(format!(
                "\\end{{{}",
                name.split('}').next().unwrap_or("").to_ascii_lowercase()
            ));
            builder.end();
        } else {
            paragraph(line, indent, content, builder);
        }
    }

    /// `#+begin_src`, `#+title: ...`.
    fn keyword(&mut self, line: Line, indent: usize, content: &str, builder: &mut Builder) {
        let lower = content.to_ascii_lowercase();
        let name = |rest: &str| rest.split_whitespace().next().unwrap_or("").to_owned();
        builder.expect(Break::Paragraph);
        if let Some(block) = lower.strip_prefix("#+begin_") {
            let block = name(block);
            if block == "quote" {
                builder.expect(Break::Quote);
            } else if CODE.contains(&block.as_str()) {
                self.end = Some(format!("#+end_{block}"));
            }
        } else if lower.starts_with("#+begin:") {
            self.end = Some("#+end".to_owned());
        } else if let Some((key, starts)) = TITLES.iter().find(|(key, _)| lower.starts_with(key)) {
            builder.begin(*starts);
            builder.push(line.from(indent + key.len()));
            builder.end();
        }
    }
}

/// `* TODO [#A] The title :tag:`
fn heading(line: Line, stars: usize, builder: &mut Builder) {
    const STATES: [&str; 9] = [
        "TODO",
        "DONE",
        "NEXT",
        "WAITING",
        "WAIT",
        "HOLD",
        "CANCELLED",
        "CANCELED",
        "COMMENT",
    ];
    let text = line.text;
    let mut start = stars + 1;
    let word = text[start..].split(' ').next().unwrap_or("");
    if STATES.contains(&word) {
        start = (start + word.len() + 1).min(text.len());
    }
    if text[start..].starts_with("[#") {
        start += text[start..].find(']').map_or(0, |end| end + 1);
    }
    let title = text[start..].trim_end();
    let tags = title.rsplit(' ').next().unwrap_or("");
    let tagged = tags.len() > 2 && tags.starts_with(':') && tags.ends_with(':');
    let length = if tagged {
        title.len() - tags.len()
    } else {
        text.len() - start
    };
    builder.begin(Break::Heading);
    builder.push(line.start + start..line.start + start + length);
    builder.end();
}

fn paragraph(line: Line, indent: usize, content: &str, builder: &mut Builder) {
    let marker = list_marker(content);
    let mut skip = indent + marker;
    if marker > 0 {
        builder.begin(Break::Item);
        let item = &line.text[skip..];
        for checkbox in ["[ ] ", "[X] ", "[-] "] {
            if item.starts_with(checkbox) {
                skip += checkbox.len();
            }
        }
    } else if content.starts_with("[fn:")
        && let Some(close) = content.find(']')
    {
        builder.begin(Break::Paragraph);
        skip = indent + close + 1;
    }
    builder.push(line.from(skip));
}

/// A row of a table.
fn cells(line: Line, builder: &mut Builder) {
    let mut at = line.start;
    for cell in line.text.split('|') {
        builder.expect(Break::Item);
        builder.push(at..at + cell.len());
        at += cell.len() + 1;
    }
    builder.expect(Break::Paragraph);
}

/// Rules of tables and tables of other programs, fixed-width lines, planning lines, rules.
fn is_left_out(content: &str) -> bool {
    let starts = |prefixes: &[&str]| prefixes.iter().any(|prefix| content.starts_with(prefix));
    content == ":"
        || starts(&[
            "|-",
            "+-",
            ": ",
            "SCHEDULED:",
            "DEADLINE:",
            "CLOSED:",
            "CLOCK:",
        ])
        || (content.len() >= 5 && content.bytes().all(|b| b == b'-'))
}

/// `:PROPERTIES:`
fn is_drawer(content: &str) -> bool {
    let name = content
        .strip_prefix(':')
        .and_then(|rest| rest.strip_suffix(':'));
    name.is_some_and(|name| {
        !name.is_empty()
            && name
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
    }) && !content.eq_ignore_ascii_case(":end:")
}

/// Code, math, links, footnotes, timestamps, emphasis.
pub(super) fn markup(text: &str, source: Range<usize>, holes: &mut Vec<Range<usize>>) {
    let bytes = text.as_bytes();
    let mut at = source.start;
    let special = |b: &u8| {
        matches!(
            b,
            b'=' | b'~'
                | b'*'
                | b'/'
                | b'_'
                | b'+'
                | b'['
                | b'<'
                | b'$'
                | b'\\'
                | b'{'
                | b'@'
                | b']'
        )
    };
    while let Some(found) = bytes[at..source.end].iter().position(special) {
        at += found;
        let whole =
            |open: &str, close: &str| enclosed(text, &source, at, open, close).map(|end| at..end);
        let hole = match bytes[at] {
            b'=' | b'~' => verbatim(text, &source, at),
            b'*' | b'/' | b'_' | b'+' => emphasis(text, &source, at).filter(|run| run.len() == 1),
            b'[' => bracket(text, &source, at),
            b']' if text[at..source.end].starts_with("]]") => Some(at..at + 2),
            b'<' => whole("<<", ">>")
                .or_else(|| whole("<", ">").filter(|range| is_date(&text[at + 1..range.end]))),
            b'$' => whole("$$", "$$").or_else(|| {
                whole("$", "$").filter(|range| {
                    let inner = &text[at + 1..range.end - 1];
                    !inner.is_empty()
                        && inner.trim() == inner
                        && !inner.starts_with(|c: char| c.is_ascii_digit())
                })
            }),
            b'\\' => whole("\\(", "\\)")
                .or_else(|| whole("\\[", "\\]"))
                .or_else(|| {
                    let letters = text[at + 1..source.end]
                        .bytes()
                        .take_while(u8::is_ascii_alphabetic)
                        .count();
                    let braces = usize::from(text[at + 1 + letters..].starts_with("{}")) * 2;
                    let line_break = text[at..].starts_with("\\\\");
                    if line_break {
                        Some(at..at + 2)
                    } else {
                        (letters > 0).then(|| at..at + 1 + letters + braces)
                    }
                }),
            b'{' => whole("{{{", "}}}"),
            b'@' => whole("@@", "@@"),
            _ => None,
        };
        at = match hole {
            Some(hole) => {
                at = hole.end;
                holes.push(hole);
                at
            }
            None => at + 1,
        };
    }
}

/// `=code=`; unclosed, the word that it begins.
fn verbatim(text: &str, source: &Range<usize>, at: usize) -> Option<Range<usize>> {
    let mark = &text[at..at + 1];
    let before = text[source.start..at].chars().next_back();
    let opens = before.is_none_or(|c| {
        c.is_whitespace() || matches!(c, '(' | '{' | '\'' | '"' | '-' | '–' | '—' | '/')
    });
    let rest = &text[at + 1..source.end];
    if !opens || !rest.starts_with(|c: char| !c.is_whitespace() && !c.is_ascii_digit()) {
        return None;
    }
    let closes = |index: &usize| {
        let after = rest[index + 1..].chars().next();
        !rest[..*index].ends_with(char::is_whitespace) && after.is_none_or(|c| !c.is_alphanumeric())
    };
    let end = rest
        .match_indices(mark)
        .map(|(index, _)| index)
        .find(closes);
    let end = end.map_or_else(
        || rest.find(char::is_whitespace).unwrap_or(rest.len()),
        |index| index + 1,
    );
    Some(at..at + 1 + end)
}

/// `[[target][text]]`, `[fn:1]`, `[cite:@key]`, a date, a cookie.
fn bracket(text: &str, source: &Range<usize>, at: usize) -> Option<Range<usize>> {
    let rest = &text[at..source.end];
    if rest.starts_with("[[") {
        let close = rest.find(']').map_or(source.end, |close| at + close);
        return if text[close..source.end].starts_with("][") {
            Some(at..close + 2)
        } else {
            Some(at..(close + 2).min(source.end)).filter(|hole| text.is_char_boundary(hole.end))
        };
    }
    let end = at + rest.find(']')? + 1;
    let inner = &text[at + 1..end - 1];
    if inner.starts_with("fn::") {
        return Some(at..at + 5);
    }
    let cookie = inner.ends_with(['%', '/'])
        || (inner.contains('/') && inner.bytes().all(|b| b.is_ascii_digit() || b == b'/'));
    (inner.starts_with("fn:") || inner.starts_with("cite") || is_date(inner) || cookie)
        .then_some(at..end)
}

/// `2024-01-31 ...`
fn is_date(inner: &str) -> bool {
    let bytes = inner.as_bytes();
    bytes.len() >= 10
        && bytes[4] == b'-'
        && bytes[7] == b'-'
        && bytes[..4].iter().all(u8::is_ascii_digit)
}

#[cfg(test)]
mod tests {
    use super::super::Language::Org;
    use super::super::tests::{check, check_cursor};

    #[test]
    fn blocks() {
        check(
            Org,
            "#+title: A title\n#+author: no\n* TODO [#A] One two :tag:\nText\nmore.\n",
            &["H A title", "H One two", r"P Text\nmore."],
        );
        check(
            Org,
            "a\n#+BEGIN_SRC c\nno\n\n* no\n#+END_SRC\nb",
            &["P a", "P b"],
        );
        check(
            Org,
            "#+begin_theorem\nIt is so.\n#+end_theorem\n#+CAPTION: A picture\n#+begin_export html\nno\n#+end_export",
            &["P It is so.", "P A picture"],
        );
        check(
            Org,
            "#+begin_quote\nsaid\n#+end_quote\nafter",
            &["Q said", "P after"],
        );
        check(
            Org,
            "* H\n:PROPERTIES:\n:ID: x\n:END:\nSCHEDULED: <2024-01-01>\ntext",
            &["H H", "P text"],
        );
        check(
            Org,
            "| a | *b* c |\n|---+---|\n\n: fixed\n# comment\n-----\ntext",
            &["I a", "I b| c", "P text"],
        );
        check(
            Org,
            "- one\n  more\n- [ ] two\n1. three\n",
            &[r"I one\n|more", "I two", "I three"],
        );
        check(Org, "[fn:1] The note.\n", &["P The note."]);
        check(Org, "\\begin{align}\nno\n\\end{align}\nyes", &["P yes"]);
    }

    #[test]
    fn spans() {
        check(
            Org,
            "a =b c= ~d~ *e* /f g/ _h_ i",
            &["P a | | |e| |f g| |h| i"],
        );
        check(
            Org,
            "[[http://a.b][the text]] and [[file:x]] [fn:1] <2024-01-01 Mon>",
            &["P the text| and"],
        );
        check(
            Org,
            "a = b and ~5 and 1/2 and $x$ and \\(y\\) \\alpha{} z",
            &["P a = b and ~5 and 1/2 and | and | | z"],
        );
        check(Org, "costs $5 and $6", &["P costs $5 and $6"]);
    }

    #[test]
    fn cursors() {
        check_cursor(Org, "* $0", "Heading ");
        check_cursor(Org, "- $0", "Item ");
        check_cursor(Org, "#+begin_src c\n$0\n#+end_src", "-");
        check_cursor(Org, "#+title: $0", "Heading ");
        check_cursor(Org, "#+author: $0", "-");
        check_cursor(Org, "a =b$0", "-");
        check_cursor(Org, "a [[b$0", "-");
        check_cursor(Org, "a [[b][c $0", "Paragraph a c ");
    }
}
