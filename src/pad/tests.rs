//! Keys go in; the text, the screen and the effects are looked at.

use super::*;
use crate::predict::{Phrase, Suggestion};
use ratatui::Terminal;
use ratatui::backend::TestBackend;

/// A pad on a small screen whose offers are made up.
struct Desk {
    pad: Pad,
    terminal: Terminal<TestBackend>,
}

impl Desk {
    fn new(text: &str) -> Desk {
        Desk {
            pad: Pad::new(None, (!text.is_empty()).then(|| text.to_owned())),
            terminal: Terminal::new(TestBackend::new(50, 14)).expect("a screen in memory"),
        }
    }

    /// Presses keys: characters as they are, others as `<Tab>`, `<C-s>`.
    fn press(&mut self, keys: &str) -> Effect {
        let mut effect = Effect::None;
        let mut rest = keys;
        while let Some(c) = rest.chars().next() {
            let (key, length) = match rest.find('>').filter(|_| c == '<') {
                Some(end) => (named(&rest[1..end]), end + 1),
                None => (KeyCode::Char(c).into(), c.len_utf8()),
            };
            effect = self.pad.key(key);
            rest = &rest[length..];
        }
        effect
    }

    /// Offers words, as the model would after the last key.
    fn offer(&mut self, prefix: usize, words: &[&str], phrase: &str) {
        let suggestion = |(rank, word): (usize, &&str)| Suggestion {
            text: (*word).to_owned(),
            probability: 0.5 / (rank + 1) as f32,
        };
        self.pad.show(Some(Offer {
            prefix,
            words: words.iter().enumerate().map(suggestion).collect(),
            phrase: (!phrase.is_empty()).then(|| Phrase {
                text: phrase.to_owned(),
                words: phrase.split(' ').count(),
                probability: 0.1,
            }),
            took: Duration::from_micros(85),
        }));
    }

    fn screen(&mut self) -> String {
        self.terminal
            .draw(|frame| view::draw(&mut self.pad, frame))
            .expect("drawing in memory cannot fail");
        self.terminal.backend().to_string()
    }

    fn text(&self) -> String {
        self.pad.page().text()
    }
}

fn named(name: &str) -> KeyEvent {
    match name {
        "Tab" => KeyCode::Tab.into(),
        "Esc" => KeyCode::Esc.into(),
        "Enter" => KeyCode::Enter.into(),
        "Up" => KeyCode::Up.into(),
        "Down" => KeyCode::Down.into(),
        "Left" => KeyCode::Left.into(),
        "Right" => KeyCode::Right.into(),
        "Home" => KeyCode::Home.into(),
        "End" => KeyCode::End.into(),
        "BS" => KeyCode::Backspace.into(),
        "C-Right" => KeyEvent::new(KeyCode::Right, KeyModifiers::CONTROL),
        "S-Left" => KeyEvent::new(KeyCode::Left, KeyModifiers::SHIFT),
        "AltGr-@" => KeyEvent::new(
            KeyCode::Char('@'),
            KeyModifiers::CONTROL | KeyModifiers::ALT,
        ),
        name => {
            let c = name.strip_prefix("C-").and_then(|rest| rest.chars().next());
            let c = c.unwrap_or_else(|| panic!("no key is called {name}"));
            KeyEvent::new(KeyCode::Char(c), KeyModifiers::CONTROL)
        }
    }
}

#[test]
fn an_empty_page_says_what_to_do() {
    let screen = Desk::new("").screen();
    assert!(screen.contains("Start writing"), "{screen}");
    assert!(screen.contains("Tab word"), "{screen}");
}

#[test]
fn the_popup_and_the_grey_text_are_shown() {
    let mut desk = Desk::new("");
    desk.press("It was a dar");
    desk.offer(3, &["dark", "dare", "darling"], "dark and stormy night");
    let screen = desk.screen();
    for expected in [
        "It was a dark and stormy night",
        "│ dark     50 % │",
        "│ darling  17 % │",
        "85 µs",
    ] {
        assert!(screen.contains(expected), "no {expected:?} in\n{screen}");
    }
}

#[test]
fn tab_takes_the_chosen_word_and_makes_room_for_the_next() {
    let mut desk = Desk::new("");
    desk.press("It was a dar");
    desk.offer(3, &["dark", "dare", "darling"], "");
    desk.press("<Down><Down><Tab>");
    assert_eq!(desk.text(), "It was a darling ");
    // 5 characters came for 3 keys.
    assert_eq!(
        desk.pad.tally(),
        Tally {
            pressed: 15,
            saved: 2
        }
    );
}

#[test]
fn punctuation_and_spaces_know_about_the_given_space() {
    for (keys, text) in [
        (".", "dark."),
        (" ", "dark "),
        ("  ", "dark  "),
        (" .", "dark ."),
        ("(", "dark ("),
        ("x", "dark x"),
        ("<BS>.", "dark."),
        ("<Enter>", "dark\n"),
        ("<Left><End>.", "dark ."),
    ] {
        let mut desk = Desk::new("");
        desk.press("dar");
        desk.offer(3, &["dark"], "");
        desk.press(&format!("<Tab>{keys}"));
        assert_eq!(desk.text(), text, "after {keys:?}");
    }
}

#[test]
fn the_grey_text_is_taken_whole_or_by_the_word() {
    for (keys, text) in [
        ("<Right>", "a dark and stormy "),
        ("<End>", "a dark and stormy "),
        ("<C-Right>", "a dark "),
        ("<Down><Right>", "a dare "),
    ] {
        let mut desk = Desk::new("");
        desk.press("a da");
        desk.offer(2, &["dark", "dare"], "dark and stormy");
        desk.press(keys);
        assert_eq!(desk.text(), text, "after {keys:?}");
    }
}

#[test]
fn enter_and_space_are_the_writers() {
    let mut desk = Desk::new("");
    desk.press("da");
    desk.offer(2, &["dark"], "");
    desk.press("<Enter>");
    assert_eq!(desk.text(), "da\n");
    desk.offer(0, &["dark"], "");
    desk.press(" ");
    assert_eq!(desk.text(), "da\n ");
}

#[test]
fn a_popup_hides_no_text_of_its_line_in_a_short_terminal() {
    for height in 4..12 {
        for lines in 0..4 {
            let mut desk = Desk::new(&"above\n".repeat(lines));
            desk.terminal =
                Terminal::new(TestBackend::new(50, height)).expect("a screen in memory");
            desk.press("Hello wor");
            desk.offer(3, &["world", "work", "word", "worth", "worse"], "");
            desk.press("<Down><Down><Down>");
            let screen = desk.screen();
            assert!(screen.contains("Hello wor"), "{height} rows:\n{screen}");
        }
    }
}

#[test]
fn tab_without_a_popup_only_indents() {
    let mut desk = Desk::new("");
    desk.press("<Tab>word<Tab>");
    assert_eq!(desk.text(), "\tword");
}

#[test]
fn escape_closes_until_the_next_word() {
    let mut desk = Desk::new("");
    desk.press("da");
    desk.offer(2, &["dark"], "");
    desk.press("<Esc>r");
    desk.offer(3, &["dark"], "");
    assert!(!desk.screen().contains("dark"));
    desk.press(" ");
    desk.offer(0, &["night"], "");
    assert!(desk.screen().contains("night"));
}

#[test]
fn the_case_of_the_prefix_follows_the_word() {
    let mut desk = Desk::new("");
    desk.press("a phd");
    desk.offer(3, &["PhD"], "");
    desk.press("<Tab>");
    assert_eq!(desk.text(), "a PhD ");
    desk.press("<C-z>");
    assert_eq!(desk.text(), "a phd");
    desk.press("<C-z>");
    assert_eq!(desk.text(), "a ");
}

#[test]
fn undoing_a_word_gives_its_keys_back() {
    let mut desk = Desk::new("");
    desk.press("da");
    desk.offer(2, &["dark"], "");
    desk.press("<Tab><C-z>");
    assert_eq!(desk.text(), "da");
    assert_eq!(desk.pad.tally().saved, 0);
}

#[test]
fn inside_a_line_a_word_brings_no_space() {
    let mut desk = Desk::new("a night");
    desk.press("<Home><C-f><C-f>dar");
    desk.offer(3, &["dark"], "dark and");
    assert!(!desk.screen().contains("dark andnight"));
    desk.press("<Tab>");
    assert_eq!(desk.text(), "a darknight");
}

#[test]
fn arrows_move_over_rows() {
    let mut desk = Desk::new("one two three four five six seven eight nine ten eleven twelve");
    desk.screen();
    // The second row is "ten eleven twelve"; the cursor keeps its column.
    desk.press("<Up>");
    assert_eq!(desk.pad.page().cursor(), 17);
    desk.press("<Home>");
    assert_eq!(desk.pad.page().cursor(), 0);
    desk.press("<End>");
    assert_eq!(desk.pad.page().around().1, " ten eleven twelve");
    desk.press("<Down><Down>");
    assert_eq!(desk.pad.page().around().1, "");
}

#[test]
fn nothing_is_lost_on_leaving() {
    let mut desk = Desk::new("");
    assert_eq!(desk.press("<C-q>"), Effect::Leave);
    desk.press("text");
    assert_eq!(desk.press("<C-c>"), Effect::None);
    assert!(desk.screen().contains("not saved"));
    assert_eq!(desk.press("<C-c>x"), Effect::None);
    assert_eq!(desk.press("<Esc>y"), Effect::None);
    assert_eq!(desk.text(), "texty");
    let effect = desk.press("<C-q>sa<AltGr-@>b.md<Enter>");
    let Effect::Save {
        path,
        text,
        expected,
        then,
    } = effect
    else {
        panic!("{effect:?}");
    };
    assert_eq!(
        (path.as_path(), text.as_str()),
        (Path::new("a@b.md"), "texty\n")
    );
    assert_eq!((&expected, then), (&Expected::Absent, Then::Leave));
    let refused = Err(file::Error::Changed(path.clone()));
    assert_eq!(
        desk.pad.saved(path.clone(), text.clone(), refused, then),
        Effect::None
    );
    let Effect::Save { expected, .. } = desk.press("o") else {
        panic!("asked and answered");
    };
    assert_eq!(expected, Expected::Anything);
    assert_eq!(desk.pad.saved(path, text, Ok(()), then), Effect::Leave);
    assert_eq!(desk.press("<C-q>"), Effect::Leave);
}

#[test]
fn discarding_is_possible() {
    let mut desk = Desk::new("");
    assert_eq!(desk.press("text<C-q>d"), Effect::Leave);
}

#[test]
fn a_failed_save_says_so_and_stays() {
    let mut desk = Desk::new("");
    desk.press("text<C-s>a/b<Enter>");
    let path = PathBuf::from("a/b");
    let result = Err(file::Error::NotAFile(path.clone()));
    assert_eq!(
        desk.pad.saved(path, String::new(), result, Then::Leave),
        Effect::None
    );
    assert!(desk.screen().contains("not saved"), "{}", desk.screen());
    assert!(desk.pad.unsaved());
    // It can be saved under another name, or be tried again.
    assert!(desk.screen().contains("Save as: a/b"), "{}", desk.screen());
    let Effect::Save { path, then, .. } = desk.press("<BS>c<Enter>") else {
        panic!("asked and answered");
    };
    assert_eq!((path.as_path(), then), (Path::new("a/c"), Then::Leave));
    let changed = Err(file::Error::Changed(path.clone()));
    desk.pad.saved(path, String::new(), changed, Then::Stay);
    let Effect::Save { path, expected, .. } = desk.press("nd<Enter>") else {
        panic!("asked and answered");
    };
    assert_eq!(
        (path.as_path(), expected),
        (Path::new("a/cd"), Expected::Absent)
    );
}

#[test]
fn small_screens_and_odd_text_are_drawn() {
    let mut desk =
        Desk::new("é🦀\ttab\u{1b}[31m\r\nx\n日本語日本語日本語日本語日本語日本語日本語日本語");
    desk.offer(0, &["日本語", "e\u{301}"], "日本語 tail");
    for (width, height) in [(1, 1), (2, 3), (5, 4), (12, 6), (300, 90)] {
        desk.terminal = Terminal::new(TestBackend::new(width, height)).expect("a screen in memory");
        desk.screen();
        desk.press("<S-Left>");
        desk.screen();
        desk.press("<Up><Down><End><Home>");
    }
}
