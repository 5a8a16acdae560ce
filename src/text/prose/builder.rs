//! Collects ranges into paragraphs and keeps their promises: in order, not overlapping, never empty, on character
//! boundaries, whatever a format's scanner believes it has seen.

use std::ops::Range;

use super::{Break, Paragraph, artifacts};

/// Appends the spans of a paragraph's source that are markup.
pub(super) type Markup = fn(&str, Range<usize>, &mut Vec<Range<usize>>);

/// Longer code is no word of its sentence but something shown in it.
const MOST_CODE: usize = 64;

/// Paragraphs under construction.
#[derive(Debug)]
pub(super) struct Builder<'t> {
    text: &'t str,
    done: Vec<Paragraph>,
    open: Option<Paragraph>,
    /// Whether the open paragraph was begun, so that it is one even without text.
    is_begun: bool,
    /// What a paragraph is that begins with its first text.
    expected: Break,
    /// Finds the format's inline markup.
    markup: Markup,
    /// Marks around inline code, where it is part of that markup.
    code_marks: &'static [u8],
    /// Whether `~` is a space.
    ties: bool,
    /// No range starts before this.
    floor: usize,
}

impl<'t> Builder<'t> {
    /// For formats whose text is pushed without its markup.
    pub(super) fn new(text: &'t str) -> Builder<'t> {
        Builder::with_markup(text, |_, _, _| {}, b"")
    }

    /// For formats whose paragraphs are pushed as they stand; their markup is taken out of the whole paragraph, since it
    /// may go over several lines. Markup that begins and ends with one of `code_marks` is inline code.
    pub(super) fn with_markup(
        text: &'t str,
        markup: Markup,
        code_marks: &'static [u8],
    ) -> Builder<'t> {
        Builder {
            text,
            done: Vec::new(),
            open: None,
            is_begun: false,
            expected: Break::Paragraph,
            markup,
            code_marks,
            ties: false,
            floor: 0,
        }
    }

    /// For formats in which `~` is a space that keeps its line together.
    pub(super) fn with_ties(self) -> Builder<'t> {
        Builder { ties: true, ..self }
    }

    /// Ends the open paragraph; the next begins with the next text and is of this kind.
    pub(super) fn expect(&mut self, starts: Break) {
        self.end();
        self.expected = starts;
    }

    /// Ends the open paragraph and starts another.
    pub(super) fn begin(&mut self, starts: Break) {
        self.expect(Break::Paragraph);
        self.is_begun = true;
        self.open = Some(Paragraph {
            starts,
            ranges: Vec::new(),
            code: Vec::new(),
            ties: self.ties,
        });
    }

    /// Whether a paragraph is open.
    pub(super) fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// Adds text to the open paragraph, or to a new one.
    pub(super) fn push(&mut self, range: Range<usize>) {
        let Some(start) = self.pass(&range) else {
            return;
        };
        if self.open.is_none() && self.text[start..range.end].trim().is_empty() {
            return;
        }
        let open = self.open_at(start);
        match open.ranges.last_mut() {
            Some(last) if last.end == start => last.end = range.end,
            _ => open.ranges.push(start..range.end),
        }
    }

    /// Adds inline code, without its marks, to the open paragraph or to a new one. What goes over a line's end is no word of
    /// the sentence.
    pub(super) fn push_code(&mut self, range: Range<usize>) {
        if let Some(start) = self.pass(&range)
            && let Some(code) = readable(self.text, start..range.end)
        {
            self.open_at(code.start).code.push(code);
        }
    }

    /// The open paragraph, or a new one that is as expected, with the white space before `start`.
    fn open_at(&mut self, start: usize) -> &mut Paragraph {
        let open = self.open.get_or_insert_with(|| Paragraph {
            starts: std::mem::replace(&mut self.expected, Break::Paragraph),
            ranges: Vec::new(),
            code: Vec::new(),
            ties: self.ties,
        });
        bridge(self.text, open, start);
        open
    }

    /// Where a range goes on behind everything that was passed, which it now is, too; `None` if nothing of it is left.
    fn pass(&mut self, range: &Range<usize>) -> Option<usize> {
        let start = range.start.max(self.floor);
        let whole = self.text.is_char_boundary(start) && self.text.is_char_boundary(range.end);
        if start >= range.end || !whole {
            return None;
        }
        self.floor = range.end;
        Some(start)
    }

    /// Ends the open paragraph, if there is one.
    pub(super) fn end(&mut self) {
        let is_begun = std::mem::take(&mut self.is_begun);
        let Some(mut paragraph) = self.open.take() else {
            return;
        };
        if paragraph.ranges.is_empty() && !is_begun {
            // Code alone is no paragraph: what it would have been is still to come.
            self.expected = paragraph.starts;
        }
        if let (Some(first), Some(last)) = (paragraph.ranges.first(), paragraph.ranges.last()) {
            let code = paragraph
                .code
                .first()
                .map_or(first.start, |code| code.start);
            let source = first.start.min(code)..last.end;
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
                // What is taken for an address as well is code but once.
                let mut read = 0;
                for hole in &holes {
                    if hole.start >= read
                        && let Some(code) = self.code_in(hole.clone())
                    {
                        read = hole.end;
                        paragraph.code.push(code);
                    }
                }
                paragraph.ranges = subtract(&paragraph.ranges, &holes);
            }
        }
        trim(self.text, &mut paragraph);
        if !paragraph.ranges.is_empty() {
            self.done.push(paragraph);
        }
    }

    /// The code that markup encloses, as in ``x``, =x= or :py:func:`x`.
    fn code_in(&self, markup: Range<usize>) -> Option<Range<usize>> {
        let whole = self.text.get(markup.clone())?;
        let opens = whole.find(|c: char| !c.is_ascii_alphanumeric() && !":-_.+".contains(c))?;
        let mark = *whole.as_bytes().get(opens)?;
        let is_role = opens == 0 || whole[..opens].ends_with(':');
        if !is_role || !self.code_marks.contains(&mark) {
            return None;
        }
        let inner = whole[opens..].trim_start_matches(mark as char);
        let code = inner
            .strip_suffix(mark as char)?
            .trim_end_matches(mark as char);
        let start = markup.end - inner.len();
        readable(self.text, start..start + code.len())
    }

    /// The paragraphs.
    pub(super) fn finish(mut self) -> Vec<Paragraph> {
        self.end();
        self.done
    }
}

/// Inline code as it is read, without white space around it.
fn readable(text: &str, code: Range<usize>) -> Option<Range<usize>> {
    let start = code.end - text[code.clone()].trim_start().len();
    let inner = text[start..code.end].trim_end();
    let is_one_line = !inner.contains(['\n', '\r']);
    (!inner.is_empty() && inner.len() <= MOST_CODE && is_one_line)
        .then(|| start..start + inner.len())
}

/// White space between the last range and `start` belongs to the prose, except what stands before a continuation line.
/// A line break survives even when something left out precedes it, or the words around it would run together.
fn bridge(text: &str, paragraph: &mut Paragraph, start: usize) {
    let Paragraph { ranges, code, .. } = paragraph;
    let code = code.last().map_or(0, |code| code.end);
    let read = ranges.last().map_or(code, |last| last.end.max(code));
    let mut last = ranges.last_mut().filter(|last| last.end == read);
    let gap = &text[read..start];
    if read == 0 || gap.is_empty() {
        return;
    }
    let Some(newline) = gap.rfind(['\n', '\r']) else {
        // Behind a line break this is the indentation of the next line.
        let is_indent = text[..read].ends_with(['\n', '\r']);
        if let Some(last) = &mut last
            && !is_indent
            && gap.bytes().all(|b| matches!(b, b' ' | b'\t'))
        {
            last.end = start;
        }
        return;
    };
    let after = read + newline + 1;
    match last {
        Some(last) if text[read..after].trim().is_empty() => last.end = after,
        _ if text[start..].starts_with(['\n', '\r', ' ']) => {}
        _ => {
            let crlf = text[..after].ends_with("\r\n");
            ranges.push(after - 1 - usize::from(crlf)..after);
        }
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

/// Drops white space at both ends of a paragraph, and everything of one that is nothing but code.
fn trim(text: &str, paragraph: &mut Paragraph) {
    let Paragraph {
        ranges, code, ties, ..
    } = paragraph;
    let is_space = |c: char| c.is_whitespace() || *ties && c == '~';
    let blank = |range: &Range<usize>| text[range.clone()].chars().all(is_space);
    if ranges.iter().all(blank) {
        ranges.clear();
        return;
    }
    let (first, last) = match &**code {
        [first, .., last] | [first @ last] => (first.start, last.end),
        [] => (usize::MAX, 0),
    };
    while let Some(end) = ranges.last_mut().filter(|range| range.start >= last) {
        end.end = end.start + text[end.clone()].trim_end_matches(is_space).len();
        if end.start < end.end {
            break;
        }
        ranges.pop();
    }
    let leading = |range: &&Range<usize>| range.end <= first && blank(range);
    let leading = ranges.iter().take_while(leading).count();
    ranges.drain(..leading);
    if let Some(start) = ranges.first_mut().filter(|range| range.end <= first) {
        start.start = start.end - text[start.clone()].trim_start_matches(is_space).len();
    }
}
