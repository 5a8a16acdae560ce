//! Collects ranges into paragraphs and keeps their promises: in order, not overlapping, never empty, on character
//! boundaries, whatever a format's scanner believes it has seen.

use std::ops::Range;

use super::{Break, Paragraph, artifacts};

/// Appends the spans of a paragraph's source that are markup.
pub(super) type Markup = fn(&str, Range<usize>, &mut Vec<Range<usize>>);

/// Paragraphs under construction.
#[derive(Debug)]
pub(super) struct Builder<'t> {
    text: &'t str,
    done: Vec<Paragraph>,
    open: Option<Paragraph>,
    /// What a paragraph is that begins with its first text.
    expected: Break,
    /// Finds the format's inline markup.
    markup: Markup,
    /// No range starts before this.
    floor: usize,
}

impl<'t> Builder<'t> {
    /// For formats whose text is pushed without its markup.
    pub(super) fn new(text: &'t str) -> Builder<'t> {
        Builder::with_markup(text, |_, _, _| {})
    }

    /// For formats whose paragraphs are pushed as they stand; their markup is taken out of the whole paragraph, since it
    /// may go over several lines.
    pub(super) fn with_markup(text: &'t str, markup: Markup) -> Builder<'t> {
        Builder {
            text,
            done: Vec::new(),
            open: None,
            expected: Break::Paragraph,
            markup,
            floor: 0,
        }
    }

    /// Ends the open paragraph; the next begins with the next text and is of this kind.
    pub(super) fn expect(&mut self, starts: Break) {
        self.end();
        self.expected = starts;
    }

    /// Ends the open paragraph and starts another.
    pub(super) fn begin(&mut self, starts: Break) {
        self.expect(Break::Paragraph);
        self.open = Some(Paragraph {
            starts,
            ranges: Vec::new(),
        });
    }

    /// Whether a paragraph is open.
    pub(super) fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// Adds text to the open paragraph, or to a new one.
    pub(super) fn push(&mut self, range: Range<usize>) {
        let start = range.start.max(self.floor);
        let whole = self.text.is_char_boundary(start) && self.text.is_char_boundary(range.end);
        if start >= range.end || !whole {
            return;
        }
        self.floor = range.end;
        if self.open.is_none() && self.text[start..range.end].trim().is_empty() {
            return;
        }
        let expected = &mut self.expected;
        let open = self.open.get_or_insert_with(|| Paragraph {
            starts: std::mem::replace(expected, Break::Paragraph),
            ranges: Vec::new(),
        });
        bridge(self.text, &mut open.ranges, start);
        match open.ranges.last_mut() {
            Some(last) if last.end == start => last.end = range.end,
            _ => open.ranges.push(start..range.end),
        }
    }

    /// Ends the open paragraph, if there is one.
    pub(super) fn end(&mut self) {
        let Some(mut paragraph) = self.open.take() else {
            return;
        };
        if let (Some(first), Some(last)) = (paragraph.ranges.first(), paragraph.ranges.last()) {
            let source = first.start..last.end;
            let mut holes = Vec::new();
            artifacts::find(self.text, source.clone(), &mut holes);
            (self.markup)(self.text, source, &mut holes);
            // What begins inside something left out is not what it looks like: "`{` and `}`".
            holes.retain(|hole| {
                let next = paragraph
                    .ranges
                    .partition_point(|range| range.end <= hole.start);
                paragraph
                    .ranges
                    .get(next)
                    .is_some_and(|range| range.start <= hole.start)
            });
            if !holes.is_empty() {
                holes.sort_unstable_by_key(|hole| hole.start);
                paragraph.ranges = subtract(&paragraph.ranges, &holes);
            }
        }
        trim(self.text, &mut paragraph.ranges);
        if !paragraph.ranges.is_empty() {
            self.done.push(paragraph);
        }
    }

    /// The paragraphs.
    pub(super) fn finish(mut self) -> Vec<Paragraph> {
        self.end();
        self.done
    }
}

/// White space between the last range and `start` belongs to the prose, except what stands before a continuation line.
/// A line break survives even when something left out precedes it, or the words around it would run together.
fn bridge(text: &str, ranges: &mut Vec<Range<usize>>, start: usize) {
    let Some(last) = ranges.last_mut() else {
        return;
    };
    let gap = &text[last.end..start];
    if gap.is_empty() {
        return;
    }
    let Some(newline) = gap.rfind(['\n', '\r']) else {
        // Behind a line break this is the indentation of the next line.
        let is_indent = text[..last.end].ends_with(['\n', '\r']);
        if !is_indent && gap.bytes().all(|b| matches!(b, b' ' | b'\t')) {
            last.end = start;
        }
        return;
    };
    let after = last.end + newline + 1;
    if text[last.end..after].trim().is_empty() {
        last.end = after;
    } else if !text[start..].starts_with(['\n', '\r', ' ']) {
        let crlf = text[..after].ends_with("\r\n");
        ranges.push(after - 1 - usize::from(crlf)..after);
    }
}

/// `ranges` without `holes`, both in order.
fn subtract(ranges: &[Range<usize>], holes: &[Range<usize>]) -> Vec<Range<usize>> {
    let mut kept = Vec::with_capacity(ranges.len() + holes.len());
    let mut holes = holes.iter().peekable();
    let mut floor = 0;
    for range in ranges {
        let mut start = range.start.max(floor);
        while let Some(hole) = holes.peek() {
            if hole.start >= range.end {
                break;
            }
            if hole.start > start {
                kept.push(start..hole.start);
            }
            floor = floor.max(hole.end);
            start = start.max(hole.end);
            if hole.end > range.end {
                break;
            }
            holes.next();
        }
        if start < range.end {
            kept.push(start..range.end);
        }
    }
    kept
}

/// Drops white space at both ends of a paragraph.
fn trim(text: &str, ranges: &mut Vec<Range<usize>>) {
    while let Some(last) = ranges.last_mut() {
        last.end = last.start + text[last.clone()].trim_end().len();
        if last.start < last.end {
            break;
        }
        ranges.pop();
    }
    let blank = |range: &&Range<usize>| text[(*range).clone()].trim_start().is_empty();
    let leading = ranges.iter().take_while(blank).count();
    ranges.drain(..leading);
    if let Some(first) = ranges.first_mut() {
        first.start = first.end - text[first.clone()].trim_start().len();
    }
}
