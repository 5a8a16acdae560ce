//! Plain text and mail: paragraphs are separated by blank lines, items and quotes begin with their markers. Where lines are not
//! wrapped, a line is a paragraph.

use super::builder::Builder;
use super::lines::{Line, lines, list_marker};
use super::pieces::LENGTH;
use super::{Break, Part};

/// Nobody wraps lines at more characters, so the next line is another paragraph.
const WIDEST: usize = 120;

/// Reads a piece of plain text.
pub(super) fn extract(text: &str, part: Part, builder: &mut Builder) {
    let head = match part {
        Part::Opening => mail_header(text),
        Part::Later => 0,
    };
    let mut paragraph = Paragraphs::default();
    for line in lines(text).skip_while(|line| line.start < head) {
        paragraph.line(line, builder);
    }
}

/// A blank line, or one that is a paragraph; in a paragraph that does not end, any line, and in a line that does not end, any space.
pub(super) fn next_cut(text: &str) -> Option<usize> {
    const ENDLESS: usize = 16 << 10;
    let mut ends = false;
    for line in lines(text) {
        if line.start >= LENGTH && (ends || line.start >= ENDLESS) {
            return Some(line.start);
        }
        if line.next >= 2 * ENDLESS
            && let Some(space) = memchr::memchr(b' ', &text.as_bytes()[2 * ENDLESS..line.next])
        {
            return Some(2 * ENDLESS + space + 1).filter(|cut| *cut < text.len());
        }
        ends = line.is_blank() || is_wide(line);
    }
    None
}

/// Lines to paragraphs, also for formats that are plain text but for a few lines.
#[derive(Debug, Default)]
pub(super) struct Paragraphs {
    /// How many `>` stand before the open paragraph's lines.
    quotes: usize,
    /// Whether the line before was too long to go on.
    was_wide: bool,
}

impl Paragraphs {
    /// Adds a line.
    pub(super) fn line(&mut self, line: Line, builder: &mut Builder) {
        let (quotes, prefix) = quote_prefix(line.text);
        let content = &line.text[prefix..];
        let after_wide = std::mem::replace(&mut self.was_wide, is_wide(line));
        if content.trim().is_empty() || is_rule(content) {
            builder.end();
            self.quotes = quotes;
            return;
        }
        let marker = list_marker(content);
        if marker > 0 {
            builder.begin(Break::Item);
        } else if !builder.is_open() || quotes != self.quotes || after_wide {
            builder.begin(if quotes > 0 {
                Break::Quote
            } else {
                Break::Paragraph
            });
        }
        self.quotes = quotes;
        // Spaces before a wrapped line are white space like any other, except behind a quote's marks.
        builder.push(line.from(prefix + marker));
    }
}

fn is_wide(line: Line) -> bool {
    line.text.len() > WIDEST && line.text.chars().count() > WIDEST
}

/// How many `>` a line begins with, and how many bytes they take with the white space around them.
fn quote_prefix(line: &str) -> (usize, usize) {
    let mut quotes = 0;
    let mut prefix = 0;
    for (at, b) in line.bytes().enumerate() {
        match b {
            b'>' => quotes += 1,
            b' ' | b'\t' => {}
            _ => break,
        }
        prefix = at + 1;
    }
    (quotes, prefix)
}

/// A line drawn from punctuation: `-----`, `* * *`, `=====`, the underline of a title.
pub(super) fn is_rule(line: &str) -> bool {
    let marks = line.bytes().filter(|b| !b.is_ascii_whitespace());
    let mut count = 0;
    for b in marks {
        if !matches!(b, b'-' | b'=' | b'*' | b'_' | b'~' | b'#' | b'+') {
            return false;
        }
        count += 1;
    }
    count >= 3
}

/// Where the header of a mail ends (`Subject: ...` and its like up to the first blank line); 0 without one.
fn mail_header(text: &str) -> usize {
    const FIELDS: [&str; 12] = [
        "delivered-to",
        "from",
        "to",
        "cc",
        "bcc",
        "subject",
        "date",
        "reply-to",
        "message-id",
        "mime-version",
        "received",
        "return-path",
    ];
    let mut known = false;
    for line in lines(text) {
        if line.is_blank() {
            return if known { line.start } else { 0 };
        }
        let folded = known && line.text.starts_with([' ', '\t']);
        let name = line.text.split_once(':').map_or("", |(name, _)| name);
        let is_field =
            !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        if !is_field && !folded {
            return 0;
        }
        if line.start == 0 && !FIELDS.contains(&name.to_ascii_lowercase().as_str()) {
            return 0;
        }
        known = true;
    }
    if known { text.len() } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::super::Language::Plain;
    use super::super::tests::{check, check_cursor};

    #[test]
    fn a_line_that_is_not_wrapped_is_a_paragraph() {
        let wide = "So it is. ".repeat(13);
        let wide = wide.trim_end();
        check(
            Plain,
            &format!("One\ntwo.\n{wide}\nThree\n- four\n\n{wide}\n{wide}\n> five"),
            &[
                &format!(r"P One\ntwo.\n{wide}"),
                "P Three",
                "I four",
                &format!("P {wide}"),
                &format!("P {wide}"),
                "Q five",
            ],
        );
        check_cursor(Plain, &format!("{wide}\n$0"), "Paragraph ");
        check_cursor(Plain, "One\ntwo $0", r"Paragraph One\ntwo ");
    }
}
