//! LSP positions and byte offsets.
//!
//! The protocol counts lines and, within a line, code units of the encoding that client and server agreed on. Inside
//! the server there is one unit, the byte offset; everything is converted here, once, at the edge.

use super::OutOfStep;
use ropey::Rope;
use std::ops::Range;

/// Code units of a [`Position`]'s column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// Bytes.
    Utf8,
    /// 16-bit units: what every client offers, and the only one many do.
    Utf16,
    /// Characters.
    Utf32,
}

/// A place in a document as the protocol names it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// From zero. Lines end at \n, \r\n or \r, nothing else.
    pub line: u32,
    /// Code units from the start of the line.
    pub column: u32,
}

/// The byte offset of a position. A column past the end of its line means the line's end, as the protocol says; a line
/// that does not exist or a column inside a character means that client and server see different texts.
pub(super) fn offset(
    text: &Rope,
    position: Position,
    encoding: Encoding,
) -> Result<usize, OutOfStep> {
    let line = position.line as usize;
    if line >= text.len_lines() {
        return Err(OutOfStep::NoSuchLine {
            line,
            lines: text.len_lines(),
        });
    }
    let characters = line_characters(text, line);
    let column = position.column as usize;
    let inside = OutOfStep::InsideCharacter {
        line,
        column,
        encoding,
    };
    match encoding {
        Encoding::Utf8 => {
            let start = text.line_to_byte(line);
            let end = text.char_to_byte(characters.end);
            let offset = start.saturating_add(column).min(end);
            if text.char_to_byte(text.byte_to_char(offset)) == offset {
                Ok(offset)
            } else {
                Err(inside)
            }
        }
        Encoding::Utf16 => {
            let start = text.char_to_utf16_cu(characters.start);
            let end = text.char_to_utf16_cu(characters.end);
            let unit = start.saturating_add(column).min(end);
            let character = text.utf16_cu_to_char(unit);
            if text.char_to_utf16_cu(character) == unit {
                Ok(text.char_to_byte(character))
            } else {
                Err(inside)
            }
        }
        Encoding::Utf32 => {
            let character = characters.start.saturating_add(column).min(characters.end);
            Ok(text.char_to_byte(character))
        }
    }
}

/// The byte range between two positions.
///
/// Its end may lie one line past the last, which is how some clients say "the end of the text", and any number of lines
/// past it when the range covers everything: nothing is left then that could be out of step.
pub(super) fn range(
    text: &Rope,
    range: &Range<Position>,
    encoding: Encoding,
) -> Result<Range<usize>, OutOfStep> {
    if range.start > range.end {
        return Err(OutOfStep::Reversed);
    }
    let start = offset(text, range.start, encoding)?;
    let line = range.end.line as usize;
    let covers_all = range.start == Position::default() && line > text.len_lines();
    let end = if line == text.len_lines() || covers_all {
        text.len_bytes()
    } else {
        offset(text, range.end, encoding)?
    };
    Ok(start..end)
}

/// The position of a byte offset: of the character that contains it, and of the text's end when it lies past that.
pub(super) fn position(text: &Rope, offset: usize, encoding: Encoding) -> Position {
    let character = text.byte_to_char(offset.min(text.len_bytes()));
    let line = text.char_to_line(character);
    // Between \r and \n is no place of its own.
    let characters = line_characters(text, line);
    let character = character.min(characters.end);
    let column = match encoding {
        Encoding::Utf8 => text.char_to_byte(character) - text.line_to_byte(line),
        Encoding::Utf16 => {
            text.char_to_utf16_cu(character) - text.char_to_utf16_cu(characters.start)
        }
        Encoding::Utf32 => character - characters.start,
    };
    Position {
        line: line as u32,
        column: column as u32,
    }
}

/// The characters of a line without its line break.
fn line_characters(text: &Rope, line: usize) -> Range<usize> {
    let start = text.line_to_char(line);
    let mut end = text.line_to_char(line + 1);
    if end > start && text.char(end - 1) == '\n' {
        end -= 1;
        if end > start && text.char(end - 1) == '\r' {
            end -= 1;
        }
    } else if end > start && text.char(end - 1) == '\r' {
        end -= 1;
    }
    start..end
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Every line as (byte offset of its start, its text without the break), by the words of the protocol.
    fn lines(text: &str) -> Vec<(usize, &str)> {
        let mut lines = Vec::new();
        let mut start = 0;
        let mut rest = text.char_indices().peekable();
        while let Some((at, character)) = rest.next() {
            if !matches!(character, '\n' | '\r') {
                continue;
            }
            lines.push((start, &text[start..at]));
            start = at + 1;
            if character == '\r' && rest.next_if(|&(_, next)| next == '\n').is_some() {
                start += 1;
            }
        }
        lines.push((start, &text[start..]));
        lines
    }

    fn units(character: char, encoding: Encoding) -> usize {
        match encoding {
            Encoding::Utf8 => character.len_utf8(),
            Encoding::Utf16 => character.len_utf16(),
            Encoding::Utf32 => 1,
        }
    }

    /// What [`offset`] should say, counting one character at a time.
    fn naive(text: &str, position: Position, encoding: Encoding) -> Option<usize> {
        let (start, line) = *lines(text).get(position.line as usize)?;
        let mut column = 0;
        for (at, character) in line.char_indices() {
            if column >= position.column as usize {
                return (column == position.column as usize).then_some(start + at);
            }
            column += units(character, encoding);
        }
        (column <= position.column as usize).then_some(start + line.len())
    }

    const ENCODINGS: [Encoding; 3] = [Encoding::Utf8, Encoding::Utf16, Encoding::Utf32];

    #[test]
    fn lines_end_where_the_protocol_says() {
        fn check(text: &str, expected: usize) {
            assert_eq!(Rope::from_str(text).len_lines(), expected, "{text:?}");
        }
        check("", 1);
        check("a\nb", 2);
        check("a\r\nb", 2);
        check("a\rb", 2);
        check("a\n\rb", 3);
        check("a\r\r\nb\n", 4);
        check("a\u{b}b\u{c}c\u{85}d\u{2028}e\u{2029}f", 1);
    }

    #[test]
    fn positions_that_do_not_fit_are_errors() {
        fn check(line: u32, column: u32, encoding: Encoding, expected: Option<usize>) {
            let text = Rope::from_str("a😀b\r\nc");
            let found = offset(&text, Position { line, column }, encoding).ok();
            assert_eq!(found, expected, "{line}:{column} {encoding:?}");
        }
        check(0, 1, Encoding::Utf16, Some(1));
        check(0, 2, Encoding::Utf16, None);
        check(0, 3, Encoding::Utf16, Some(5));
        check(0, 2, Encoding::Utf8, None);
        check(0, 5, Encoding::Utf8, Some(5));
        check(0, 2, Encoding::Utf32, Some(5));
        check(0, 99, Encoding::Utf16, Some(6));
        check(0, u32::MAX, Encoding::Utf8, Some(6));
        check(1, 1, Encoding::Utf8, Some(9));
        check(2, 0, Encoding::Utf8, None);
    }

    proptest! {
        #[test]
        fn offsets_are_the_naive_ones(
            text in "[a-cé\u{301}😀\u{2028}\r\n]{0,24}",
            line in 0u32..8,
            column in 0u32..12,
        ) {
            let rope = Rope::from_str(&text);
            let position = Position { line, column };
            for encoding in ENCODINGS {
                prop_assert_eq!(
                    offset(&rope, position, encoding).ok(),
                    naive(&text, position, encoding),
                    "{:?} {:?}", position, encoding
                );
            }
        }

        #[test]
        fn positions_and_offsets_are_inverse(text in "[a-cé\u{301}😀\r\n]{0,24}") {
            let rope = Rope::from_str(&text);
            for (at, _) in text.char_indices().chain([(text.len(), ' ')]) {
                let inside_break = text[..at].ends_with('\r') && text[at..].starts_with('\n');
                for encoding in ENCODINGS {
                    let there = position(&rope, at, encoding);
                    let back = offset(&rope, there, encoding).unwrap();
                    prop_assert_eq!(back, at - usize::from(inside_break));
                }
            }
        }
    }
}
