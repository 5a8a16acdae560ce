//! Tables drawn with lines, as reStructuredText has them. Their cells are prose, row by row.

use std::ops::Range;

use super::Break;
use super::builder::Builder;
use super::lines::Line;

/// An open table.
#[derive(Debug)]
pub(super) struct Table {
    shape: Shape,
    /// Bytes before it in a line.
    indent: usize,
    /// The column of the cell that was read last, if the next line may go on with it.
    column: Option<usize>,
}

#[derive(Debug)]
enum Shape {
    /// Drawn with `+---+` and `|`, which stand at these columns, in characters; ends at a blank line.
    Grid(Vec<usize>),
    /// Columns below `==== ====`, between these gaps, in characters; ends at the last such line.
    Simple(Vec<Range<usize>>),
}

impl Table {
    /// The table, if any, that begins with this line.
    pub(super) fn begin(line: Line) -> Option<Table> {
        let indent = line.indent();
        let content = line.text[indent..].trim_end();
        let shape = if content.starts_with("+-") || content.starts_with("+=") {
            Shape::Grid(Vec::new())
        } else if is_border(content) {
            Shape::Simple(gaps(content))
        } else {
            return None;
        };
        let mut table = Table {
            shape,
            indent,
            column: None,
        };
        table.rule(content);
        Some(table)
    }

    /// Whether a blank line ends it; else the line ends a row.
    pub(super) fn ends_at_blank(&mut self) -> bool {
        self.column = None;
        matches!(self.shape, Shape::Grid(_))
    }

    /// Reads the next line. Whether the table goes on behind it.
    pub(super) fn line(&mut self, line: Line, next: Option<Line>, builder: &mut Builder) -> bool {
        let indent = self.indent.min(line.indent());
        let content = line.text[indent..].trim_end();
        if self.rule(content) {
            self.column = None;
            builder.end();
            let is_last = matches!(self.shape, Shape::Simple(_)) && is_border(content);
            return !(is_last && next.is_none_or(|next| next.is_blank()));
        }
        let cells = self.cells(content);
        let goes_on = matches!(&*cells, [(column, ..)] if Some(*column) == self.column);
        for &(column, start, end) in &cells {
            if !goes_on {
                builder.expect(Break::Item);
            }
            let start = line.start + indent + start;
            builder.push(start..line.start + indent + end);
            self.column = Some(column);
        }
        true
    }

    /// Whether a line has no cells. Those of a grid tell where its columns are.
    fn rule(&mut self, content: &str) -> bool {
        match &mut self.shape {
            Shape::Simple(_) => content.bytes().all(|b| matches!(b, b'=' | b'-' | b' ')),
            Shape::Grid(columns) => {
                let is_rule = content
                    .bytes()
                    .all(|b| matches!(b, b'+' | b'-' | b'=' | b' ' | b'|'));
                if is_rule {
                    for (at, _) in content.match_indices('+') {
                        if !columns.contains(&at) {
                            columns.push(at);
                        }
                    }
                }
                is_rule
            }
        }
    }

    /// Column, start and end of each cell that is not blank. A column goes by its place among the others, or by where it begins.
    fn cells(&self, content: &str) -> Vec<(usize, usize, usize)> {
        let mut cells = Vec::new();
        let (mut column, mut start) = (0, 0);
        let mut cell = |column, range: Range<usize>| {
            let text = &content[range.clone()];
            let inner = text.trim();
            let is_rule = inner.bytes().all(|b| matches!(b, b'+' | b'-' | b'='));
            if !is_rule {
                let start = range.start + text.len() - text.trim_start().len();
                cells.push((column, start, start + inner.len()));
            }
        };
        for (index, (at, c)) in content.char_indices().enumerate() {
            let (before, behind) = (&content[..at], &content[at + c.len_utf8()..]);
            let touches = before.ends_with(|c: char| !c.is_whitespace())
                || behind.starts_with(|c: char| !c.is_whitespace());
            match &self.shape {
                Shape::Grid(columns) if c == '|' && (columns.contains(&index) || !touches) => {
                    cell(column, start..at);
                    (column, start) = (column + 1, at + 1);
                }
                Shape::Grid(_) => {}
                Shape::Simple(gaps) => {
                    // What reaches over the gap between columns is one cell.
                    let is_clear = |gap: &&Range<usize>| {
                        let last = before.chars().rev().take(gap.len());
                        gap.end == index && last.filter(|c| *c == ' ').count() == gap.len()
                    };
                    if let Some(gap) = gaps.iter().find(is_clear) {
                        cell(column, start..at);
                        (column, start) = (gap.end, at);
                    }
                }
            }
        }
        cell(column, start..content.len());
        cells
    }
}

/// What stands between the columns below a border.
fn gaps(border: &str) -> Vec<Range<usize>> {
    let ends = border.match_indices(" =");
    ends.map(|(at, _)| border[..at].trim_end().len()..at + 1)
        .collect()
}

/// A line of `=` that stands above or below columns.
fn is_border(content: &str) -> bool {
    let columns = content.contains("= =") || content.contains("=  ");
    columns && content.starts_with("==") && content.bytes().all(|b| matches!(b, b'=' | b' '))
}

#[cfg(test)]
mod tests {
    use super::super::Language::Rst;
    use super::super::tests::{check, check_cursor};

    #[test]
    fn grids() {
        check(
            Rst,
            "+----+-----+\n| A  | B c |\n+====+=====+\n| d  | e   |\n|    | f   |\n+    +-----+\n| g  | h   |\n+----+-----+\n\nyes",
            &["I A", "I B c", "I d", r"I e|\n|f", "I g", "I h", "P yes"],
        );
        check(
            Rst,
            "   +---+\n   |a b|\n   +---+\n\nyes",
            &["I a b", "P yes"],
        );
    }

    #[test]
    fn simple_tables() {
        check(
            Rst,
            "====  ====\nA     B\n====  ====\none   two\n      more\n----------\nwhole line\n\nthe   end\n====  ====\n\nyes",
            &[
                "I A",
                "I B",
                "I one",
                r"I two\n|more",
                "I whole line",
                "I the",
                "I end",
                "P yes",
            ],
        );
        check(Rst, "== ==\na  ü b\n== ==", &["I a", "I ü b"]);
    }

    #[test]
    fn cursors() {
        check_cursor(
            Rst,
            "+----+-----+\n| A  | B $0  |\n+----+-----+\n",
            "Item B ",
        );
        check_cursor(
            Rst,
            "+----+-----+\n| A  | B c d e$0  |\n+----+-----+\n",
            "Item B c d e",
        );
        check_cursor(Rst, "+----+---$0--+\n", "-");
        check_cursor(Rst, "==== ====\none  two $0\n==== ====\n", "Item two ");
        check_cursor(Rst, "==== ====\none  $0\n==== ====\n", "Item ");
    }
}
