//! Any text of any format leaves prose in order and on character boundaries, and every cursor has a place or none.

use super::input::Input;
use rnn_lsp::text::prose::{Language, Paragraph, paragraphs, pieces, place};

/// A language, where the cursor is, how often the text stands, the text.
pub(crate) fn run(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let language = input.pick(&Language::ALL);
    let cursor = input.number();
    // Pieces are ten kilobytes and more.
    let times = match input.byte() {
        many @ 240.. => usize::from(many - 220),
        _ => 1,
    };
    let text = input.text();
    let text = if text.len() < 2048 {
        text.repeat(times)
    } else {
        text
    };
    let found = paragraphs(language, &text);
    in_order(&found, &text);
    for paragraph in &found {
        assert!(!paragraph.text(&text).trim().is_empty(), "{text:?}");
    }
    let mut end = 0;
    let cursor = text.floor_char_boundary(cursor % (text.len() + 1));
    for (part, range) in pieces(language, &text) {
        assert_eq!(range.start, end, "pieces leave nothing out: {text:?}");
        end = range.end;
        let own = &text[range.clone()];
        if range.contains(&cursor) || (cursor == text.len() && end == cursor) {
            let offset = cursor - range.start;
            if let Some(place) = place(language, part, own, offset) {
                in_order(&place.before, own);
                let ranges = &place.paragraph.ranges;
                assert!(ranges.iter().all(|range| range.end <= offset), "{text:?}");
            }
        }
    }
    assert_eq!(end, text.len(), "{text:?}");
}

fn in_order(paragraphs: &[Paragraph], text: &str) {
    let mut floor = 0;
    for range in paragraphs.iter().flat_map(|paragraph| &paragraph.ranges) {
        assert!(
            floor <= range.start && range.start < range.end,
            "{range:?} of {text:?}"
        );
        assert!(text.get(range.clone()).is_some(), "{range:?} of {text:?}");
        floor = range.end;
    }
}
