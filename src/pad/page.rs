//! The text being written: what the widget holds, with whole words undone at a time and the file's own line breaks.

use super::layout;
use ratatui_textarea::{CursorMove, Input, TextArea};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Range;

/// How many single changes can be undone.
const HISTORY: usize = 100_000;

/// A page of text with a cursor, a selection and a history.
#[derive(Debug)]
pub struct Page {
    area: TextArea<'static>,
    line_break: &'static str,
    /// Text before each step that can be undone, as a hash: the widget undoes single changes, a person undoes words.
    undo: Vec<u64>,
    /// Text before and after each step that was undone.
    redo: Vec<(u64, u64)>,
    /// The last change, while the next one may still belong to the same step.
    running: Option<Change>,
    revision: u64,
    hash: u64, // of the text
}

/// A change as a person sees it; what continues the last one is undone with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Change {
    Letter { white: bool },
    Erase,
    Whole,
}

impl Change {
    fn continues(self, last: Option<Change>) -> bool {
        match (last, self) {
            // A step is a word with the white space after it.
            (Some(Change::Letter { white: before }), Change::Letter { white }) => white || !before,
            (Some(Change::Erase), Change::Erase) => true,
            _ => false,
        }
    }
}

impl Page {
    /// A page that holds `text`, the cursor at its end. Lines may end in `\n` or, all of them, in `\r\n`; a `\r` among
    /// lines of both kinds stays in the text, so that nothing is lost when it is written back.
    pub fn new(text: &str) -> Page {
        let breaks = text.matches('\n').count();
        let line_break = match breaks > 0 && text.matches("\r\n").count() == breaks {
            true => "\r\n",
            false => "\n",
        };
        let mut area = TextArea::new(text.split(line_break).map(String::from).collect());
        area.set_max_histories(HISTORY);
        area.move_cursor(CursorMove::Bottom);
        area.move_cursor(CursorMove::End);
        let hash = hash(area.lines());
        Page {
            hash,
            area,
            line_break,
            undo: Vec::new(),
            redo: Vec::new(),
            running: None,
            revision: 0,
        }
    }

    /// The lines, without their breaks.
    pub fn lines(&self) -> &[String] {
        self.area.lines()
    }

    /// The text, lines joined by `\n`: what [`Page::cursor`] counts in.
    pub fn text(&self) -> String {
        self.lines().join("\n")
    }

    /// The text with the line breaks it came with.
    pub fn to_file(&self) -> String {
        self.lines().join(self.line_break)
    }

    /// Grows with every change.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// Whether nothing is written yet.
    pub fn is_empty(&self) -> bool {
        self.area.is_empty()
    }

    /// The cursor as a line and a byte in it.
    pub fn position(&self) -> (usize, usize) {
        let cursor = self.area.cursor();
        (cursor.0, byte_at(&self.lines()[cursor.0], cursor.1))
    }

    /// The cursor as a byte offset in [`Page::text`].
    pub fn cursor(&self) -> usize {
        let (line, byte) = self.position();
        let above: usize = self.lines()[..line].iter().map(|line| line.len() + 1).sum();
        above + byte
    }

    /// What is selected: line and byte, from and to.
    pub fn selection(&self) -> Option<Range<(usize, usize)>> {
        let (from, to) = self.area.selection_range()?;
        let at = |(line, column): (usize, usize)| (line, byte_at(&self.lines()[line], column));
        (from != to).then(|| at(from)..at(to))
    }

    /// The text of the cursor's line, before and after the cursor.
    pub fn around(&self) -> (&str, &str) {
        let (line, byte) = self.position();
        self.lines()[line].split_at(byte)
    }

    /// Puts the cursor at a byte of a line.
    pub fn move_to(&mut self, line: usize, byte: usize) {
        self.running = None;
        self.area.cancel_selection();
        self.jump(line, byte);
    }

    /// As [`Page::move_to`], selecting on the way.
    pub fn select_to(&mut self, line: usize, byte: usize) {
        self.running = None;
        if !self.area.is_selecting() {
            self.area.start_selection();
        }
        self.jump(line, byte);
    }

    fn jump(&mut self, line: usize, byte: usize) {
        let line = line.min(self.lines().len() - 1);
        let text = &self.lines()[line];
        let column = text[..layout::floor(text, byte)].chars().count();
        let clamp = |n: usize| u16::try_from(n).unwrap_or(u16::MAX);
        self.area
            .move_cursor(CursorMove::Jump(clamp(line), clamp(column)));
    }

    /// Types a character.
    pub fn type_char(&mut self, c: char) {
        let white = c.is_whitespace();
        self.change(Change::Letter { white }, |area| {
            area.insert_char(c);
        });
    }

    /// Erases the character before the cursor, or the selection.
    pub fn erase(&mut self) {
        self.change(Change::Erase, |area| {
            area.delete_char();
        });
    }

    /// Puts `text` in place of the `erase` bytes before the cursor, in one step.
    pub fn replace(&mut self, erase: usize, text: &str) {
        let (before, _) = self.around();
        let erased = &before[layout::floor(before, before.len().saturating_sub(erase))..];
        // What stays is left alone, so that undo and the eye see the least change.
        let kept = common_prefix(erased, text);
        let count = erased[kept..].chars().count();
        let added = text[kept..].to_owned();
        self.change(Change::Whole, |area| {
            area.cancel_selection();
            for _ in 0..count {
                area.delete_char();
            }
            area.insert_str(added);
        });
    }

    /// Inserts pasted text, or whatever else comes as a block.
    pub fn paste(&mut self, text: &str) {
        // Terminals send line breaks inside a paste as carriage returns.
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        self.change(Change::Whole, |area| {
            area.insert_str(text);
        });
    }

    /// Gives a key to the widget, which knows the usual ones: arrows, words, lines, selection, cut and paste.
    pub fn input(&mut self, input: Input) {
        self.change(Change::Whole, |area| {
            area.input(input);
        });
        self.running = None;
    }

    /// Undoes the last step. False where there is none.
    pub fn undo(&mut self) -> bool {
        let Some(before) = self.undo.pop() else {
            return false;
        };
        let after = self.hash;
        while self.area.undo() && hash(self.lines()) != before {}
        self.redo.push((before, after));
        self.changed()
    }

    /// Does again what was undone. False where there is nothing.
    pub fn redo(&mut self) -> bool {
        let Some((before, after)) = self.redo.pop() else {
            return false;
        };
        while self.area.redo() && hash(self.lines()) != after {}
        self.undo.push(before);
        self.changed()
    }

    fn changed(&mut self) -> bool {
        self.running = None;
        self.revision += 1;
        self.hash = hash(self.lines());
        true
    }

    fn change(&mut self, kind: Change, edit: impl FnOnce(&mut TextArea<'static>)) {
        let before = self.hash;
        edit(&mut self.area);
        self.hash = hash(self.lines());
        if self.hash == before {
            return;
        }
        if !kind.continues(self.running) {
            self.undo.push(before);
        }
        self.redo.clear();
        self.running = Some(kind);
        self.revision += 1;
    }
}

fn hash(lines: &[String]) -> u64 {
    let mut hasher = DefaultHasher::new();
    lines.hash(&mut hasher);
    hasher.finish()
}

fn byte_at(line: &str, column: usize) -> usize {
    line.char_indices()
        .nth(column)
        .map_or(line.len(), |(byte, _)| byte)
}

fn common_prefix(a: &str, b: &str) -> usize {
    a.chars()
        .zip(b.chars())
        .take_while(|(a, b)| a == b)
        .map(|(a, _)| a.len_utf8())
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(text: &str) -> Page {
        let mut page = Page::new("");
        text.chars().for_each(|c| page.type_char(c));
        page
    }

    #[test]
    fn every_text_comes_back_as_it_was() {
        for text in [
            "",
            "\n",
            "one",
            "one\n",
            "one\r\ntwo\r\n",
            "one\r\ntwo\n",
            "a\rb\nc",
            "\u{feff}é 🦀\n\n",
        ] {
            assert_eq!(Page::new(text).to_file(), text);
        }
    }

    #[test]
    fn words_are_undone_whole() {
        let mut page = typed("two words  here");
        for text in ["two words  ", "two ", "", ""] {
            page.undo();
            assert_eq!(page.text(), text);
        }
        for text in ["two ", "two words  ", "two words  here"] {
            assert!(page.redo());
            assert_eq!(page.text(), text);
        }
        assert!(!page.redo());
    }

    #[test]
    fn a_replacement_is_one_step() {
        let mut page = typed("a phd");
        page.replace(3, "PhD ");
        assert_eq!(page.text(), "a PhD ");
        page.undo();
        assert_eq!(page.text(), "a phd");
        page.redo();
        assert_eq!(page.text(), "a PhD ");
    }

    #[test]
    fn erasing_is_undone_together() {
        let mut page = typed("word");
        page.erase();
        page.erase();
        assert_eq!(page.text(), "wo");
        page.undo();
        assert_eq!(page.text(), "word");
    }

    #[test]
    fn the_cursor_counts_bytes() {
        let mut page = typed("é🦀\nab");
        assert_eq!(page.cursor(), 9);
        page.move_to(0, 2);
        assert_eq!((page.cursor(), page.around()), (2, ("é", "🦀")));
        page.move_to(9, 9);
        assert_eq!(page.cursor(), 9);
    }

    #[test]
    fn pasted_lines_are_lines() {
        let mut page = typed("x");
        page.paste("a\rb\r\nc");
        assert_eq!(page.lines(), ["xa", "b", "c"]);
    }
}
