//! Soft wrap: which bytes of which line stand on which row of the screen.

use ratatui::text::Span;
use std::borrow::Cow;

/// One row of the screen: a part of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// Index of the line.
    pub line: usize,
    /// First byte of the line on this row.
    pub start: usize,
    /// One past the last byte on this row. White space at a row's end may hang over the edge.
    pub end: usize,
}

/// All rows of a text at a width in cells.
pub fn rows(lines: &[String], width: usize) -> Vec<Row> {
    let mut rows = Vec::with_capacity(lines.len());
    for (line, text) in lines.iter().enumerate() {
        let mut start = 0;
        for end in breaks(text, width.max(1)) {
            rows.push(Row { line, start, end });
            start = end;
        }
    }
    rows
}

/// The row a position stands on: at a soft break, the lower one.
pub fn row_of(rows: &[Row], line: usize, byte: usize) -> usize {
    let after = rows.partition_point(|row| (row.line, row.start) <= (line, byte));
    after.saturating_sub(1)
}

/// Cells from the row's start to a byte of its line.
pub fn column_of(text: &str, row: Row, byte: usize) -> usize {
    width(&text[row.start..byte.clamp(row.start, row.end)])
}

/// The byte of the line that stands at a column of the row, or the last one that a cursor can have on it.
pub fn byte_at(text: &str, row: Row, column: usize) -> usize {
    let mut last = row.start;
    for (offset, _) in text[row.start..row.end].char_indices() {
        if width(&text[row.start..row.start + offset]) > column {
            return last;
        }
        last = row.start + offset;
    }
    // The end of a row that goes on below belongs to the row below.
    match row.end == text.len() && width(&text[row.start..]) <= column {
        true => row.end,
        false => last,
    }
}

/// Cells that a text takes.
pub fn width(text: &str) -> usize {
    // Nearly all text is this, and a page is measured at every key.
    if text.bytes().all(|b| matches!(b, b' '..=b'~')) {
        return text.len();
    }
    Span::raw(shown(text)).width()
}

/// A text as it is drawn: tabs as spaces, other control characters as their pictures.
pub fn shown(text: &str) -> Cow<'_, str> {
    if !text.contains(|c: char| c.is_control()) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\t' => out.push_str("    "),
            '\0'..'\x20' => out.extend(char::from_u32(0x2400 + u32::from(c))),
            c if c.is_control() => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// The nearest character boundary at or before a byte; the text's length for what lies beyond it.
pub fn floor(text: &str, byte: usize) -> usize {
    let byte = byte.min(text.len());
    (0..=byte)
        .rev()
        .find(|&byte| text.is_char_boundary(byte))
        .unwrap_or(0)
}

/// Where a line's rows end; the last one is the line's length.
fn breaks(text: &str, limit: usize) -> Vec<usize> {
    let mut ends = Vec::new();
    let mut used = 0;
    let mut at = 0;
    for chunk in text.split_inclusive(' ') {
        let word = width(chunk.trim_end_matches(' '));
        if used > 0 && used + word > limit {
            ends.push(at);
            used = 0;
        }
        if word > limit {
            // A word longer than a row is cut where it must be.
            for (offset, c) in chunk.char_indices() {
                let cells = width(c.encode_utf8(&mut [0; 4]));
                if used > 0 && used + cells > limit && c != ' ' {
                    ends.push(at + offset);
                    used = 0;
                }
                used += cells;
            }
        } else {
            used += width(chunk);
        }
        at += chunk.len();
    }
    ends.push(text.len());
    ends
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrapped(text: &str, width: usize) -> Vec<&str> {
        rows(&[text.to_owned()], width)
            .iter()
            .map(|row| &text[row.start..row.end])
            .collect()
    }

    #[test]
    fn wraps_between_words() {
        for (text, rows) in [
            ("", vec![""]),
            ("one two three", vec!["one two ", "three"]),
            // Neither the space nor the full stop starts a row.
            ("one two3 three", vec!["one two3 ", "three"]),
            ("one two3. x", vec!["one ", "two3. x"]),
            ("abcdefghijkl m", vec!["abcdefgh", "ijkl m"]),
            ("日本語日本語", vec!["日本語日", "本語"]),
            ("  in", vec!["  in"]),
        ] {
            assert_eq!(wrapped(text, 8), rows, "{text:?}");
        }
    }

    #[test]
    fn every_cursor_has_one_place() {
        let lines: Vec<String> = ["one two three é🦀 four", "", "x"].map(String::from).into();
        let rows = rows(&lines, 8);
        for (line, text) in lines.iter().enumerate() {
            for byte in (0..=text.len()).filter(|&byte| text.is_char_boundary(byte)) {
                let row = rows[row_of(&rows, line, byte)];
                assert_eq!(row.line, line);
                let column = column_of(text, row, byte);
                assert_eq!(byte_at(text, row, column), byte, "{text:?} at {byte}");
            }
        }
    }
}
