//! Collects ranges into paragraphs and keeps their promises: in order, not overlapping, never empty, on character
//! boundaries, whatever a format's scanner believes it has seen.

use std::ops::Range;

use super::{Break, Paragraph, artifacts};

/// Paragraphs under construction.
#[derive(Debug)]
pub(super) struct Builder<'t> {
    text: &'t str,
    done: Vec<Paragraph>,
    open: Option<Paragraph>,
    /// Spans of the source that are not prose although the format's own grammar calls them text; in order.
    holes: Vec<Range<usize>>,
    /// No range starts before this.
    floor: usize,
}

impl<'t> Builder<'t> {
    pub(super) fn new(text: &'t str) -> Builder<'t> {
        Builder {
            text,
            done: Vec::new(),
            open: None,
            holes: Vec::new(),
            floor: 0,
        }
    }

    /// Ends the open paragraph and starts another.
    pub(super) fn begin(&mut self, starts: Break) {
        self.end();
        self.open = Some(Paragraph {
            starts,
            ranges: Vec::new(),
        });
    }

    /// Whether a paragraph is open.
    pub(super) fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// Adds text to the open paragraph, or to a new ordinary one.
    pub(super) fn push(&mut self, range: Range<usize>) {
        let start = range.start.max(self.floor);
        let whole = self.text.is_char_boundary(start) && self.text.is_char_boundary(range.end);
        if start >= range.end || !whole {
            return;
        }
        self.floor = range.end;
        let open = self.open.get_or_insert(Paragraph {
            starts: Break::Paragraph,
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
            artifacts::find(self.text, first.start..last.end, &mut self.holes);
        }
        if !self.holes.is_empty() {
            self.holes.sort_by_key(|hole| hole.start);
            paragraph.ranges = subtract(&paragraph.ranges, &self.holes);
            self.holes.clear();
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
        if gap.bytes().all(|b| matches!(b, b' ' | b'\t')) {
            last.end = start;
        }
        return;
    };
    let after = last.end + newline + 1;
    if text[last.end..after].trim().is_empty() {
        last.end = after;
    } else {
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
