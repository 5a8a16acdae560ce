//! Drawing the pad. Reads the state, changes nothing but the layout's size.

use super::{Pad, Question, layout};
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Margin, Position, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, BorderType, Clear};

/// Longer rows are hard to read.
const WIDEST: u16 = 72;

const DIM: Style = Style::new().fg(Color::DarkGray);
const BAR: Style = Style::new().fg(Color::Gray);
const KEY: Style = Style::new().fg(Color::Cyan);
const CHOSEN: Style = Style::new().fg(Color::Black).bg(Color::Cyan);

/// Draws everything.
pub fn draw(pad: &mut Pad, frame: &mut Frame<'_>) {
    let [title, page, status, keys] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Min(1),
        Constraint::Length(1),
        Constraint::Length(1),
    ])
    .areas(frame.area());
    let page = column(page);
    // One cell beside the text is for the cursor after a full row.
    pad.lay_out(
        usize::from(page.width.saturating_sub(1)),
        usize::from(page.height),
    );

    draw_title(pad, frame, title);
    let cursor = draw_text(pad, frame, page);
    if pad.page.is_empty() && pad.question.is_none() {
        draw_hint(frame, page);
    }
    draw_ghost(pad, frame, page, cursor);
    draw_popup(pad, frame, page, cursor);
    draw_status(pad, frame, status.inner(Margin::new(1, 0)));
    draw_keys(pad, frame, keys.inner(Margin::new(1, 0)));
    if pad.question.is_none() {
        frame.set_cursor_position(cursor);
    }
}

/// The middle of an area, with a blank row above.
fn column(area: Rect) -> Rect {
    let width = area.width.saturating_sub(4).clamp(1, WIDEST + 1);
    Rect {
        x: area.x + (area.width.saturating_sub(width)) / 2,
        y: area.y + u16::from(area.height > 3),
        width: width.min(area.width),
        height: area.height.saturating_sub(u16::from(area.height > 3)),
    }
}

fn draw_title(pad: &Pad, frame: &mut Frame<'_>, area: Rect) {
    let name = pad
        .path()
        .map_or_else(|| "new page".to_owned(), |path| path.display().to_string());
    let dot = if pad.unsaved() { " •" } else { "" };
    let title = Line::from(vec![
        Span::styled(" rnn-lsp ", BAR.add_modifier(Modifier::BOLD)),
        Span::styled(layout::shown(&name).into_owned(), DIM),
        Span::styled(dot, KEY),
    ]);
    frame.render_widget(title, area);
}

/// Draws the rows in view and says where the cursor stands.
fn draw_text(pad: &Pad, frame: &mut Frame<'_>, area: Rect) -> Position {
    let lines = pad.page.lines();
    let selection = pad.page.selection();
    let in_view = pad.rows.iter().skip(pad.scroll).take(area.height.into());
    for (y, row) in (area.y..).zip(in_view) {
        let text = &lines[row.line];
        // The selected part of this row, as bytes of its line.
        let bound = |(line, byte): (usize, usize)| match line.cmp(&row.line) {
            std::cmp::Ordering::Less => row.start,
            std::cmp::Ordering::Equal => byte.clamp(row.start, row.end),
            std::cmp::Ordering::Greater => row.end,
        };
        let (from, to) = match &selection {
            Some(range) => (bound(range.start), bound(range.end)),
            None => (row.end, row.end),
        };
        let reversed = Style::new().add_modifier(Modifier::REVERSED);
        let line = Line::from(vec![
            Span::raw(layout::shown(&text[row.start..from])),
            Span::styled(layout::shown(&text[from..to]), reversed),
            Span::raw(layout::shown(&text[to..row.end])),
        ]);
        frame.render_widget(
            line,
            Rect {
                y,
                height: 1,
                ..area
            },
        );
    }
    let (line, byte) = pad.page.position();
    let row = pad.row();
    let column = layout::column_of(&lines[line], pad.rows[row], byte);
    Position {
        x: area.x + cells(column).min(area.width.saturating_sub(1)),
        y: area.y + cells(row.saturating_sub(pad.scroll)).min(area.height.saturating_sub(1)),
    }
}

fn draw_hint(frame: &mut Frame<'_>, area: Rect) {
    let hint = "Start writing: words appear as you type, and Tab takes one.";
    frame.render_widget(Span::styled(hint, DIM), Rect { height: 1, ..area });
}

/// Grey text after the cursor, on the cursor's row and, below the last line, on the rows after it.
fn draw_ghost(pad: &Pad, frame: &mut Frame<'_>, area: Rect, cursor: Position) {
    let Some(ghost) = pad.ghost() else {
        return;
    };
    let last_row = pad.row() + 1 == pad.rows.len();
    let (mut x, mut y) = (cursor.x, cursor.y);
    for (index, word) in ghost.split_inclusive(' ').enumerate() {
        let fits = x + cells(layout::width(word.trim_end())) <= area.right();
        if !fits && index > 0 {
            if !last_row || y + 1 >= area.bottom() {
                return;
            }
            (x, y) = (area.x, y + 1);
        }
        let room = area.right().saturating_sub(x);
        let (end, _) = frame.buffer_mut().set_stringn(x, y, word, room.into(), DIM);
        x = end;
    }
}

/// The words in a box under the word they complete, or over it where there is no room below.
fn draw_popup(pad: &Pad, frame: &mut Frame<'_>, area: Rect, cursor: Position) {
    let words = pad.popup();
    let Some(offer) = pad.offer.as_ref().filter(|_| !words.is_empty()) else {
        return;
    };
    let longest = words.iter().map(|word| layout::width(&word.text)).max();
    let width = cells(longest.unwrap_or(0)).saturating_add(10);
    let height = cells(words.len()) + 2;
    let screen = frame.area();
    let back = cells(layout::width(pad.prefix(offer)));
    // Inside the frame the words stand right under the prefix.
    let x = cursor.x.saturating_sub(back + 2);
    let below = cursor.y + 1;
    let room_below = area.bottom().saturating_sub(below);
    let room_above = cursor.y.saturating_sub(area.top());
    let is_below = height <= room_below || room_below >= room_above;
    let height = height.min(if is_below { room_below } else { room_above });
    // Less than a frame and a word would hide what is written.
    if height < 3 {
        return;
    }
    let y = if is_below { below } else { cursor.y - height };
    let place = Rect::new(
        x.min(screen.right().saturating_sub(width)),
        y,
        width,
        height,
    );
    let place = place.intersection(screen);
    frame.render_widget(Clear, place);
    frame.render_widget(
        Block::bordered()
            .border_type(BorderType::Rounded)
            .border_style(DIM),
        place,
    );
    let inner = place.inner(Margin::new(1, 1));
    let first = (pad.selected + 1).saturating_sub(inner.height.into());
    let shown = words.iter().enumerate().skip(first);
    for (y, (index, word)) in (inner.y..inner.bottom()).zip(shown) {
        let (style, dim) = match index == pad.selected {
            true => (CHOSEN, CHOSEN),
            false => (Style::new(), DIM),
        };
        let percent = match (word.probability * 100.0).round() {
            0.0 => " <1 % ".to_owned(),
            percent => format!("{percent:>3} % "),
        };
        let gap =
            usize::from(inner.width).saturating_sub(layout::width(&word.text) + percent.len() + 1);
        let line = Line::from(vec![
            Span::styled(format!(" {}", word.text), style),
            Span::styled(" ".repeat(gap), style),
            Span::styled(percent, dim),
        ]);
        frame.render_widget(
            line,
            Rect {
                y,
                height: 1,
                ..inner
            },
        );
    }
}

fn draw_status(pad: &Pad, frame: &mut Frame<'_>, area: Rect) {
    if let Some(notice) = &pad.notice {
        frame.render_widget(Span::styled(layout::shown(notice).into_owned(), BAR), area);
        return;
    }
    let tally = pad.tally();
    let saved = tally.saved.max(0) as usize;
    let mut parts = Vec::new();
    if let Some(took) = pad.latency {
        parts.push(format!("last suggestion in {} µs", took.as_micros()));
    }
    if saved > 0 {
        let share = 100 * saved / (saved + tally.pressed);
        parts.push(format!(
            "{saved} keys saved of {} ({share} %)",
            saved + tally.pressed
        ));
    }
    frame.render_widget(Span::styled(parts.join("  ·  "), DIM), area);
}

fn draw_keys(pad: &Pad, frame: &mut Frame<'_>, area: Rect) {
    match &pad.question {
        Some(question) => draw_question(question, frame, area),
        None => {
            let hints = [
                ("Tab", "word"),
                ("→", "phrase"),
                ("↑↓", "choose"),
                ("Esc", "hide"),
                ("^Z", "undo"),
                ("^S", "save"),
                ("^Q", "leave"),
            ];
            frame.render_widget(key_line(&hints), area);
        }
    }
}

fn key_line<'a>(hints: &[(&'a str, &'a str)]) -> Line<'a> {
    let spans = hints.iter().flat_map(|(key, what)| {
        [
            Span::styled(*key, KEY),
            Span::raw(" "),
            Span::styled(*what, DIM),
            Span::raw("  "),
        ]
    });
    spans.collect::<Vec<_>>().into()
}

fn draw_question(question: &Question, frame: &mut Frame<'_>, area: Rect) {
    let (text, hints): (String, &[(&str, &str)]) = match question {
        Question::Name(name, _) => {
            let line = format!("Save as: {name}");
            frame.set_cursor_position(Position {
                x: (area.x + cells(layout::width(&line))).min(area.right().saturating_sub(1)),
                y: area.y,
            });
            (line, &[])
        }
        Question::Overwrite(path, _) => (
            format!("{} is another text by now.", path.display()),
            &[("o", "overwrite"), ("n", "another name"), ("Esc", "back")],
        ),
        Question::Leave => (
            "The page is not saved.".to_owned(),
            &[("s", "save"), ("d", "discard"), ("Esc", "back")],
        ),
    };
    let mut line = key_line(hints);
    line.spans
        .insert(0, Span::raw(format!("{}  ", layout::shown(&text))));
    frame.render_widget(line, area);
}

fn cells(n: usize) -> u16 {
    u16::try_from(n).unwrap_or(u16::MAX / 4)
}
