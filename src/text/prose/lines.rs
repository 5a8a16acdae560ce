//! Lines as every format of ours understands them: they end at `\n`, `\r\n` or `\r`.

use std::ops::Range;

/// One line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line<'t> {
    /// Its characters, without the line break.
    pub text: &'t str,
    /// Where it starts.
    pub start: usize,
    /// Where the next one starts.
    pub next: usize,
}

impl Line<'_> {
    /// Whether there is nothing but white space.
    pub(super) fn is_blank(&self) -> bool {
        self.text.bytes().all(|b| matches!(b, b' ' | b'\t')) || self.text.trim().is_empty()
    }

    /// Spaces and tabs at the start, in bytes.
    pub(super) fn indent(&self) -> usize {
        self.text.len() - self.text.trim_start_matches([' ', '\t']).len()
    }

    /// Everything but the first `skip` bytes, with the line break.
    pub(super) fn from(&self, skip: usize) -> Range<usize> {
        self.start + skip..self.next
    }
}

/// The lines of a text; none after a final line break.
pub(super) fn lines(text: &str) -> impl Iterator<Item = Line<'_>> + Clone {
    let mut start = 0;
    std::iter::from_fn(move || {
        if start >= text.len() {
            return None;
        }
        let bytes = text.as_bytes();
        let (end, next) = match memchr::memchr2(b'\n', b'\r', &bytes[start..]) {
            Some(at) if bytes[start + at..].starts_with(b"\r\n") => (start + at, start + at + 2),
            Some(at) => (start + at, start + at + 1),
            None => (bytes.len(), bytes.len()),
        };
        let line = Line {
            text: &text[start..end],
            start,
            next,
        };
        start = next;
        Some(line)
    })
}

/// How many bytes a list marker (`-`, `*`, `+`, `•`, `1.`, `2)`) and the white space behind it take; 0 without one.
pub(super) fn list_marker(text: &str) -> usize {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let marker = match text[digits..].chars().next() {
        Some('.' | ')') if (1..=3).contains(&digits) => digits + 1,
        Some(c @ ('-' | '*' | '+' | '•' | '–')) if digits == 0 => c.len_utf8(),
        _ => return 0,
    };
    let space = text[marker..]
        .bytes()
        .take_while(|b| matches!(b, b' ' | b'\t'))
        .count();
    if space == 0 { 0 } else { marker + space }
}

/// Each line with the one behind it.
pub(super) fn with_next(text: &str) -> impl Iterator<Item = (Line<'_>, Option<Line<'_>>)> {
    let behind = lines(text).skip(1).map(Some).chain(std::iter::once(None));
    lines(text).zip(behind)
}

/// The length of the line break that `text` begins with.
pub(super) fn line_break(text: &str) -> usize {
    if text.starts_with("\r\n") { 2 } else { 1 }
}

/// Where the blank lines end that begin at `at`, the start of a line; `None` if that line has text.
pub(super) fn blank_lines(text: &str, at: usize) -> Option<usize> {
    let mut end = None;
    for (index, b) in text.bytes().enumerate().skip(at) {
        match b {
            b'\n' | b'\r' => end = Some(index + 1),
            b' ' | b'\t' => {}
            _ => return end,
        }
    }
    end.map(|_| text.len())
}
