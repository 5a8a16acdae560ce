//! Moving through the page by rows of the screen, as it is wrapped.

use super::Pad;
use super::layout::{self, Row};

impl Pad {
    /// Wraps the page for a text area of this size and brings the cursor into view.
    pub fn lay_out(&mut self, width: usize, height: usize) {
        (self.width, self.height) = (width.max(1), height.max(1));
        self.rows = layout::rows(self.page.lines(), self.width);
        let row = self.row();
        let last = (self.rows.len()).saturating_sub(self.height);
        self.scroll = self
            .scroll
            .clamp((row + 1).saturating_sub(self.height), row)
            .min(last.max((row + 1).saturating_sub(self.height)));
    }

    pub(super) fn row(&self) -> usize {
        let (line, byte) = self.page.position();
        layout::row_of(&self.rows, line, byte)
    }

    pub(super) fn move_rows(&mut self, by: isize, select: bool) {
        self.lay_out(self.width, self.height);
        let (line, byte) = self.page.position();
        let from = self.row();
        let lines = self.page.lines();
        let column = self
            .goal
            .unwrap_or_else(|| layout::column_of(&lines[line], self.rows[from], byte));
        let to = from.saturating_add_signed(by).min(self.rows.len() - 1);
        let row = self.rows[to];
        // Up from the first row goes to its start, down from the last one to its end.
        let byte = match to == from {
            true if by < 0 => row.start,
            true => row.end,
            false => layout::byte_at(&lines[row.line], row, column),
        };
        self.go(row.line, byte, select);
        self.goal = Some(column);
    }

    pub(super) fn move_in_row(&mut self, select: bool, place: fn(Row) -> usize) {
        self.lay_out(self.width, self.height);
        let row = self.rows[self.row()];
        let text = &self.page.lines()[row.line];
        let last = layout::byte_at(text, row, usize::MAX);
        self.go(row.line, place(row).min(last), select);
        self.goal = None;
    }

    pub(super) fn go(&mut self, line: usize, byte: usize, select: bool) {
        match select {
            true => self.page.select_to(line, byte),
            false => self.page.move_to(line, byte),
        }
        self.close();
    }
}
