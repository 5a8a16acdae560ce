//! AsciiDoc: a line scanner for blocks and one for inline markup.

use std::ops::Range;

use super::builder::Builder;
use super::inline::{emphasis, enclosed, line_end, run_before};
use super::lines::{Line, lines, list_marker};
use super::pieces::cut_at_margin;
use super::{Break, Part};

/// Block styles whose paragraph is not prose.
const CODE_STYLES: &[&str] = &[
    "source",
    "listing",
    "literal",
    "stem",
    "latexmath",
    "asciimath",
    "pass",
    "plantuml",
    "ditaa",
    "graphviz",
    "mermaid",
];

/// Reads a piece of AsciiDoc.
pub(super) fn extract(text: &str, part: Part, builder: &mut Builder) {
    let mut reader = Reader::new(part);
    for line in lines(text) {
        reader.line(line, builder);
    }
}

/// A line at the margin behind a blank one, outside delimited blocks.
pub(super) fn next_cut(text: &str, part: Part) -> Option<usize> {
    let mut reader = Reader::new(part);
    let mut builder = Builder::new(text);
    cut_at_margin(text, |line, _| {
        reader.line(line, &mut builder);
        reader.end.is_none()
            && reader.quotes.is_none()
            && !reader.style
            && !reader.table
            && !reader.term
    })
}

#[derive(Debug)]
struct Reader {
    /// The line that ends the block being left out.
    end: Option<String>,
    /// A table is open.
    table: bool,
    /// What was read last is a term, whose definition may be indented.
    term: bool,
    /// The line that ends an open quote.
    quotes: Option<String>,
    /// The next paragraph is code by its style; then, that it is being left out.
    style: bool,
    code: bool,
    /// The document's title may still come; then, that the lines below it are authors and attributes.
    title: bool,
    header: bool,
}

impl Reader {
    fn new(part: Part) -> Reader {
        Reader {
            end: None,
            table: false,
            term: false,
            quotes: None,
            style: false,
            code: false,
            title: part == Part::Opening,
            header: false,
        }
    }

    fn line(&mut self, line: Line, builder: &mut Builder) {
        let content = line.text.trim_end();
        if let Some(end) = &self.end {
            if content == end {
                self.end = None;
            }
            return;
        }
        if content.trim().is_empty() {
            (self.code, self.header) = (false, false);
            return builder.expect(Break::Paragraph);
        }
        if self.code || self.header {
            return;
        }
        if content == "|===" {
            self.table = !self.table;
            self.style = false;
            return builder.expect(Break::Paragraph);
        }
        if self.delimiter(content, builder) || self.is_left_out(content, builder) {
            return;
        }
        if self.table {
            return cells(line.from(0), line.text, builder);
        }
        let level = content.bytes().take_while(|b| *b == b'=').count();
        let level = if level == 0 {
            content.bytes().take_while(|b| *b == b'#').count()
        } else {
            level
        };
        if (1..=6).contains(&level) && line.text[level..].starts_with(' ') {
            self.header = self.title && level == 1;
            self.title = false;
            builder.begin(Break::Heading);
            builder.push(line.from(level + 1));
            return builder.end();
        }
        self.title = false;
        if std::mem::take(&mut self.style) {
            self.code = true;
            return;
        }
        self.paragraph(line, builder);
    }

    /// Lines that begin and end blocks.
    fn delimiter(&mut self, content: &str, builder: &mut Builder) -> bool {
        let first = content.bytes().next().unwrap_or(b' ');
        let run = content.len() >= 4 && content.bytes().all(|b| b == first);
        let table = matches!(content, ",===" | ":===" | "!===");
        let fence = content.starts_with("```");
        if table || fence || (run && matches!(first, b'-' | b'.' | b'+' | b'/')) {
            self.end = Some(if fence {
                "```".to_owned()
            } else {
                content.to_owned()
            });
        } else if run && first == b'_' {
            let closes = self.quotes.as_deref() == Some(content);
            self.quotes = if closes {
                None
            } else {
                Some(content.to_owned())
            };
            builder.expect(if closes {
                Break::Paragraph
            } else {
                Break::Quote
            });
            return true;
        } else if !(run && matches!(first, b'=' | b'*') || content == "--") {
            return false;
        }
        self.style = false;
        builder.expect(Break::Paragraph);
        true
    }

    /// Comments, attributes, block macros, block attributes.
    fn is_left_out(&mut self, content: &str, builder: &mut Builder) -> bool {
        if content.starts_with('[') && content.ends_with(']') {
            let style = content[1..]
                .split([',', '%', ']', '#', '.'])
                .next()
                .unwrap_or("");
            self.style = CODE_STYLES.contains(&style) || content.starts_with("[,");
            builder.expect(if style == "quote" {
                Break::Quote
            } else {
                Break::Paragraph
            });
            return true;
        }
        // "[source," on its way to be one.
        let is_begun = content.strip_prefix('[').is_some_and(|rest| {
            rest.starts_with(|c: char| c.is_ascii_alphabetic() || "[.#%,".contains(c))
                && !rest.contains(']')
        });
        if is_begun && !builder.is_open() {
            return true;
        }
        let comment = content.starts_with("//") && !content.starts_with("///");
        let attribute = content.strip_prefix(':').is_some_and(|rest| {
            rest.split_once(':').is_some_and(|(name, value)| {
                !name.is_empty()
                    && !name.contains(' ')
                    && (value.is_empty() || value.starts_with(' '))
            })
        });
        let block_macro = content.ends_with(']')
            && content.split_once("::").is_some_and(|(name, rest)| {
                rest.contains('[')
                    && !name.is_empty()
                    && name.bytes().all(|b| b.is_ascii_lowercase())
            });
        let rule = matches!(content, "'''" | "---" | "***" | "<<<");
        if content == "+" || block_macro || rule {
            builder.expect(Break::Paragraph);
        }
        comment || attribute || block_macro || rule || content == "+"
    }

    fn paragraph(&mut self, line: Line, builder: &mut Builder) {
        let indent = line.indent();
        let content = &line.text[indent..];
        let marker = marker(content);
        let mut skip = indent;
        if marker > 0 {
            builder.begin(Break::Item);
            skip += marker;
            for checkbox in ["[ ] ", "[x] ", "[*] "] {
                if line.text[skip..].starts_with(checkbox) {
                    skip += checkbox.len();
                }
            }
        } else if indent > 0 && !builder.is_open() && !self.term {
            self.code = true;
            return;
        } else if let Some(term) = content
            .find(":: ")
            .or_else(|| content.trim_end().strip_suffix("::").map(str::len))
        {
            builder.begin(Break::Item);
            builder.push(line.start + indent..line.start + indent + term);
            skip += (term + 2).min(content.len());
            builder.expect(Break::Paragraph);
            self.term = line.text[skip..].trim().is_empty();
            return builder.push(line.from(skip));
        } else if let Some(title) = content
            .strip_prefix('.')
            .filter(|t| t.starts_with(char::is_alphanumeric))
        {
            builder.begin(Break::Paragraph);
            builder.push(
                line.next - (line.next - line.start - line.text.len()) - title.len()..line.next,
            );
            return builder.end();
        } else if !builder.is_open() {
            for label in ["NOTE: ", "TIP: ", "IMPORTANT: ", "WARNING: ", "CAUTION: "] {
                if content.starts_with(label) {
                    skip += label.len();
                }
            }
        }
        self.term = false;
        builder.push(line.from(skip));
    }
}

/// A line of a table: text that goes on with the cell above, and cells behind `|`.
fn cells(range: Range<usize>, line: &str, builder: &mut Builder) {
    let mut at = range.start;
    for (index, cell) in line.split('|').enumerate() {
        if index > 0 {
            builder.expect(Break::Item);
        }
        let is_last = at + cell.len() == range.start + line.len();
        // In front of the first, how many columns and rows it spans, and its style, stand in one piece.
        let is_style = index == 0 && !is_last && !cell.trim_end().contains(' ');
        let end = if is_last { range.end } else { at + cell.len() };
        if !is_style {
            builder.push(at..end);
        }
        at += cell.len() + 1;
    }
}

/// The length of a list marker: `* `, `** `, `. `, `.. `, `1. `, `<1> `.
fn marker(content: &str) -> usize {
    let first = content.bytes().next().unwrap_or(b' ');
    let run = content.bytes().take_while(|b| *b == first).count();
    if matches!(first, b'*' | b'.' | b'-') && run <= 5 && content[run..].starts_with(' ') {
        return content.len() - content[run..].trim_start().len();
    }
    if first == b'<'
        && let Some(close) = content.find("> ")
        && content[1..close]
            .bytes()
            .all(|b| b.is_ascii_digit() || b == b'.')
    {
        return close + 2;
    }
    list_marker(content)
}

/// Code, macros, references, attributes, emphasis.
pub(super) fn markup(text: &str, source: Range<usize>, holes: &mut Vec<Range<usize>>) {
    let bytes = text.as_bytes();
    let mut at = source.start;
    let special = |b: &u8| {
        matches!(
            b,
            b'`' | b'+'
                | b'*'
                | b'_'
                | b'#'
                | b'^'
                | b'~'
                | b'<'
                | b'{'
                | b'['
                | b']'
                | b'('
                | b':'
                | b'\\'
                | b')'
        )
    };
    while let Some(found) = bytes[at..source.end].iter().position(special) {
        at += found;
        let whole =
            |open: &str, close: &str| enclosed(text, &source, at, open, close).map(|end| at..end);
        let hole = match bytes[at] {
            b'`' => Some(code(text, &source, at)),
            b'+' => whole("+++", "+++")
                .or_else(|| whole("++", "++"))
                .or_else(|| hard_break(text, &source, at)),
            b'*' | b'_' | b'#' => emphasis(text, &source, at),
            b'^' | b'~' => {
                let mark = &text[at..at + 1];
                let close = whole(mark, mark).filter(|range| !text[range.clone()].contains(' '));
                close.map(|range| {
                    holes.push(range.end - 1..range.end);
                    at..at + 1
                })
            }
            b'<' => reference(text, &source, at, holes),
            b'{' => whole("{", "}").filter(|range| !text[range.clone()].contains(' ')),
            b'[' => whole("[[", "]]").or_else(|| bracket(text, &source, at, holes)),
            b'(' => whole("(((", ")))")
                .or_else(|| text[at..source.end].starts_with("((").then(|| at..at + 2)),
            b')' if text[at..source.end].starts_with("))") => Some(at..at + 2),
            b':' => stem(text, &source, at),
            b'\\' => Some(at..at + 1),
            _ => None,
        };
        at = match hole {
            Some(hole) => {
                let end = hole.end.max(at + 1);
                holes.push(hole);
                end
            }
            None => at + 1,
        };
    }
}

/// Code in backticks; an apostrophe's backtick, as in `"`quoted`"`, is left out alone.
fn code(text: &str, source: &Range<usize>, at: usize) -> Range<usize> {
    let run = text[at..source.end]
        .bytes()
        .take_while(|b| *b == b'`')
        .count();
    let before = &text[source.start..at];
    let after = &text[at + run..source.end];
    if before.ends_with(['"', '\'']) || after.starts_with(['"', '\'']) {
        return at..at + run;
    }
    let mark = if run >= 2 { "``" } else { "`" };
    let end = enclosed(text, source, at, mark, mark);
    at..end.unwrap_or_else(|| line_end(text, source, at))
}

/// The plus at a line's end.
fn hard_break(text: &str, source: &Range<usize>, at: usize) -> Option<Range<usize>> {
    let end = text[at + 1..source.end].starts_with(['\n', '\r']) || at + 1 == source.end;
    (end && text[source.start..at].ends_with(' ')).then_some(at..at + 1)
}

/// `<<id,text>>`
fn reference(
    text: &str,
    source: &Range<usize>,
    at: usize,
    holes: &mut Vec<Range<usize>>,
) -> Option<Range<usize>> {
    let end = enclosed(text, source, at, "<<", ">>")?;
    match text[at..end].find(',') {
        Some(comma) => {
            holes.push(end - 2..end);
            Some(at..at + comma + 1)
        }
        None => Some(at..end),
    }
}

/// The brackets of `link:target[text]`, `https://target[text]`, `image:target[text]`, `[.role]#text#`.
fn bracket(
    text: &str,
    source: &Range<usize>,
    at: usize,
    holes: &mut Vec<Range<usize>>,
) -> Option<Range<usize>> {
    let end = enclosed(text, source, at, "[", "]").unwrap_or(source.end);
    let target = run_before(text, source, at, |b| {
        !b.is_ascii_whitespace() && !matches!(b, b'(' | b'[' | b']' | b'"' | b'<' | b'>')
    });
    let before = &text[at - target..at];
    if target == 0 {
        let role =
            text[end..source.end].starts_with('#') || text[at + 1..end].starts_with(['.', '#']);
        return role.then_some(at..end);
    }
    let name = before.split(':').next().unwrap_or("");
    let known =
        before.contains(':') && name.bytes().all(|b| b.is_ascii_lowercase()) && !name.is_empty();
    if !known {
        return None;
    }
    let prose = matches!(
        name,
        "link" | "http" | "https" | "mailto" | "xref" | "footnote" | "ftp" | "irc"
    );
    if !prose || !text[..end].ends_with(']') {
        return Some(at - target..end);
    }
    let inner = &text[at + 1..end - 1];
    let attributes = inner
        .find(",window")
        .or_else(|| inner.find(",role"))
        .unwrap_or(inner.trim_end_matches('^').len());
    holes.push(at + 1 + attributes..end);
    Some(at - target..at + 1)
}

/// `stem:[x]`, whose brackets may contain brackets.
fn stem(text: &str, source: &Range<usize>, at: usize) -> Option<Range<usize>> {
    let name = run_before(text, source, at, |b| b.is_ascii_lowercase());
    let known = matches!(
        &text[at - name..at],
        "stem" | "latexmath" | "asciimath" | "pass" | "kbd" | "btn" | "menu"
    );
    if !known || !text[at..source.end].starts_with(":[") {
        return None;
    }
    let mut depth = 0;
    for (index, b) in text[at..source.end].bytes().enumerate() {
        depth += i32::from(b == b'[') - i32::from(b == b']');
        if b == b']' && depth == 0 {
            return Some(at - name..at + index + 1);
        }
    }
    Some(at - name..source.end)
}

#[cfg(test)]
mod tests {
    use super::super::Language::Asciidoc;
    use super::super::tests::{check, check_cursor};

    #[test]
    fn blocks() {
        check(
            Asciidoc,
            "one::\n  Its text\n  goes on.\n\ntwo::\nthree::\n\n  Both.\n\n  code\n\nend",
            &[
                "I one",
                r"P Its text\n|goes on.",
                "I two",
                "I three",
                "P Both.",
                "P end",
            ],
        );
        check(
            Asciidoc,
            "= Title\nAnna B <a@b.c>\n:toc:\n\n== Next\ntext\nmore\n",
            &["H Title", "H Next", r"P text\nmore"],
        );
        check(
            Asciidoc,
            "a\n\n[source,rust]\n----\nno\n\nno\n----\nb",
            &["P a", "P b"],
        );
        check(Asciidoc, "[source]\nno\nno\n\nyes", &["P yes"]);
        check(
            Asciidoc,
            "[cols=2]\n|===\n|One |Two\n\n2+|Three goes\non\na|\n----\nno\n----\n|===\nyes",
            &["I One", "I Two", r"I Three goes\non", "P yes"],
        );
        check(Asciidoc, ",===\na,b\n,===\nyes", &["P yes"]);
        check(
            Asciidoc,
            "* one\n** two\n. three\n<1> four\n",
            &["I one", "I two", "I three", "I four"],
        );
        check(
            Asciidoc,
            "term:: The definition.\n",
            &["I term", "P The definition."],
        );
        check(
            Asciidoc,
            "NOTE: Be careful.\n\n[NOTE]\n====\nHere.\n====\n",
            &["P Be careful.", "P Here."],
        );
        check(Asciidoc, "____\nsaid\n____\nafter", &["Q said", "P after"]);
        check(
            Asciidoc,
            "// no\n:name: value\ninclude::x[]\nimage::x.png[]\n\n////\nno\n////\n.Caption\ntext",
            &["P Caption", "P text"],
        );
        check(Asciidoc, "- one\n+\nmore\n", &["I one", "P more"]);
        check(Asciidoc, "a\n\n  literal\n  lines\n\nb", &["P a", "P b"]);
    }

    #[test]
    fn spans() {
        check(
            Asciidoc,
            "a `b` *c* _d e_ ``f``g #h#",
            &["P a | |c| |d e| |g |h"],
        );
        check(
            Asciidoc,
            "https://a.b[the text] link:x[other^] <<id>> <<id,see>> {attr}",
            &["P the text| |other| | |see"],
        );
        check(
            Asciidoc,
            "a footnote:[A note.] b stem:[x[1]] c +++<b>+++ d",
            &["P a |A note.| b | c | d"],
        );
        check(Asciidoc, "line +\nnext", &[r"P line |\nnext"]);
        check(Asciidoc, "a [sic] b", &["P a [sic] b"]);
    }

    #[test]
    fn cursors() {
        check_cursor(Asciidoc, "[sou$0", "-");
        check_cursor(Asciidoc, "[[the$0", "-");
        check_cursor(Asciidoc, "A\n[sic$0", "Paragraph A\\n[sic");
        check_cursor(Asciidoc, "--foo=<n>::\n\tI would $0", "Paragraph I would ");
        check_cursor(Asciidoc, "== $0", "Heading ");
        check_cursor(Asciidoc, "* $0", "Item ");
        check_cursor(Asciidoc, "----\n$0\n----", "-");
        check_cursor(Asciidoc, "a `b $0", "-");
        check_cursor(Asciidoc, ":name: v$0", "-");
        check_cursor(Asciidoc, "= Title\nAuthor$0", "-");
    }
}
