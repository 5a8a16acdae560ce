//! The writing pad of `rnn-lsp try`: what it holds and what each key does.
//!
//! Keys go in, effects come out; drawing ([`view`]), files ([`file`]) and suggesting ([`assistant`]) are apart, so that
//! everything here can be tested without a terminal. Imports `model`, `text`, `predict` and `document`.

pub mod assistant;
pub mod file;
pub mod layout;
mod motion;
pub mod page;
mod saving;
pub mod view;

pub use assistant::{Assistant, Offer};
pub use page::Page;
pub use saving::{Question, Then};

use file::Expected;
use layout::Row;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui_textarea::{Input, Key};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Punctuation that belongs to the word before it: the space that came with a taken word makes room for it.
const CLOSING: &str = ".,;:!?)]}…’”»";

/// The pad.
#[derive(Debug)]
pub struct Pad {
    page: Page,
    path: Option<PathBuf>,
    on_disk: Expected,
    /// Whether the file is the pad's own, so that its last line gets its end.
    new_file: bool,
    /// The text as it was read or saved last, to tell whether there is something to lose.
    saved: String,
    offer: Option<Offer>,
    selected: usize,
    /// Whether a change asks for a new offer.
    stale: bool,
    /// Whether the writer sent the popup away; holds until the next word.
    quiet: bool,
    /// Whether the space before the cursor came with a taken word.
    given_space: bool,
    tally: Tally,
    /// The revision that a taken word made, and what it saved: undoing it at once gives that back.
    taken: Option<(u64, isize)>,
    question: Option<Question>,
    notice: Option<String>,
    latency: Option<Duration>,
    /// Rows of the page, as drawn last: what up and down mean.
    rows: Vec<Row>,
    width: usize,
    height: usize,
    /// The column that up and down keep to.
    goal: Option<usize>,
    scroll: usize,
}

/// Keys pressed, and keys that taken words made needless.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Keys that wrote, erased, chose or took.
    pub pressed: usize,
    /// Characters that came without being typed, less the keys that brought them.
    pub saved: isize,
}

/// What a key asks of the world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Nothing.
    None,
    /// Write the page; then call [`Pad::saved`].
    Save {
        /// Where to.
        path: PathBuf,
        /// What.
        text: String,
        /// What may be overwritten.
        expected: Expected,
        /// What follows.
        then: Then,
    },
    /// End.
    Leave,
}

impl Pad {
    /// A pad with a file's text, or an empty one; `path` is where it will be saved.
    pub fn new(path: Option<PathBuf>, text: Option<String>) -> Pad {
        let expected = text.clone().map_or(Expected::Absent, Expected::Text);
        let page = Page::new(&text.unwrap_or_default());
        Pad {
            saved: page.to_file(),
            stale: !page.is_empty(),
            page,
            path,
            new_file: expected == Expected::Absent,
            on_disk: expected,
            offer: None,
            selected: 0,
            quiet: false,
            given_space: false,
            tally: Tally::default(),
            taken: None,
            question: None,
            notice: None,
            latency: None,
            rows: Vec::new(),
            width: 72,
            height: 20,
            goal: None,
            scroll: 0,
        }
    }

    /// The text.
    pub fn page(&self) -> &Page {
        &self.page
    }

    /// Where it is saved.
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// Whether leaving now would lose text.
    pub fn unsaved(&self) -> bool {
        self.page.to_file() != self.saved
    }

    /// Keys pressed and saved.
    pub fn tally(&self) -> Tally {
        self.tally
    }

    /// Whether the offer belongs to an older text; [`Assistant::offer`] makes the next one.
    pub fn wants_offer(&self) -> bool {
        self.stale
    }

    /// Shows an offer for the text and cursor as they are now.
    pub fn show(&mut self, offer: Option<Offer>) {
        self.stale = false;
        self.selected = 0;
        self.latency = offer.as_ref().map(|offer| offer.took).or(self.latency);
        self.offer = offer;
    }

    /// The words of the open popup; empty when it is closed.
    fn popup(&self) -> &[crate::predict::Suggestion] {
        match &self.offer {
            Some(offer) if !self.quiet && self.question.is_none() => &offer.words,
            _ => &[],
        }
    }

    /// The grey text after the cursor: what the selected word, or the phrase it begins, would add.
    fn ghost(&self) -> Option<&str> {
        let (_, after) = self.page.around();
        let word = &self.popup().get(self.selected)?.text;
        let offer = self.offer.as_ref()?;
        if !after.is_empty() {
            return None;
        }
        let phrase = offer
            .phrase
            .as_ref()
            .filter(|phrase| self.selected == 0 && phrase.text.starts_with(word.as_str()));
        let text = phrase.map_or(word, |phrase| &phrase.text);
        text.strip_prefix(self.prefix(offer))
            .filter(|rest| !rest.is_empty())
    }

    fn prefix(&self, offer: &Offer) -> &str {
        let (before, _) = self.page.around();
        let from = before.len().saturating_sub(offer.prefix);
        &before[layout::floor(before, from)..]
    }

    /// What a key press does.
    pub fn key(&mut self, key: KeyEvent) -> Effect {
        self.notice = None;
        match self.question.take() {
            Some(question) => self.answer(question, key),
            None => self.write(key),
        }
    }

    /// Pasted text.
    pub fn paste(&mut self, text: &str) {
        match &mut self.question {
            Some(Question::Name(name, _)) => name.extend(text.chars().filter(|c| !c.is_control())),
            Some(_) => {}
            None => {
                self.page.paste(text);
                self.given_space = false;
                self.changed();
            }
        }
    }

    fn write(&mut self, key: KeyEvent) -> Effect {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        let alt = key.modifiers.contains(KeyModifiers::ALT);
        let shift = key.modifiers.contains(KeyModifiers::SHIFT);
        let open = !self.popup().is_empty();
        // AltGr comes as Control and Alt together, with the character that it makes.
        let plain = control == alt;
        match key.code {
            KeyCode::Char(c) if plain => self.type_char(c),
            KeyCode::Enter => self.type_char('\n'),
            // Without bracketed paste a pasted line break comes as Ctrl-J.
            KeyCode::Char('j') if control => self.type_char('\n'),
            KeyCode::Tab if open => self.take_word(),
            // Elsewhere it was meant for a popup that has just gone.
            KeyCode::Tab if self.page.around().0.trim().is_empty() => self.type_char('\t'),
            KeyCode::Tab => {}
            KeyCode::Backspace if plain => self.erase(),
            KeyCode::Char('h') if control => self.erase(),
            KeyCode::Esc if open => self.quiet = true,
            KeyCode::Esc => {}
            KeyCode::Down if open => self.choose_next(),
            KeyCode::Char('n') if control && open => self.choose_next(),
            KeyCode::Up if open && self.selected > 0 => self.choose_previous(),
            KeyCode::Char('p') if control && open && self.selected > 0 => self.choose_previous(),
            KeyCode::Right if self.ghost().is_some() && !shift => match control || alt {
                true => self.take_ghost_word(),
                false => self.take_ghost(),
            },
            KeyCode::End if self.ghost().is_some() && !shift => self.take_ghost(),
            KeyCode::Char('s') if control => return self.save(Then::Stay),
            KeyCode::Char('q' | 'c') if control => {
                if !self.unsaved() {
                    return Effect::Leave;
                }
                self.question = Some(Question::Leave);
            }
            KeyCode::Char('z' | 'u') if control => self.travel(Page::undo),
            KeyCode::Char('y' | 'r') if control => self.travel(Page::redo),
            KeyCode::Char(' ' | '@') if control => {
                self.quiet = false;
                self.stale = true;
            }
            KeyCode::Char('v') if control => self.pass_on(Input {
                key: Key::Paste,
                ..Input::default()
            }),
            KeyCode::Char('p') if control => self.move_rows(-1, false),
            KeyCode::Char('n') if control => self.move_rows(1, false),
            KeyCode::Up => self.move_rows(-1, shift),
            KeyCode::Down => self.move_rows(1, shift),
            KeyCode::PageUp => self.move_rows(1 - self.height as isize, shift),
            KeyCode::PageDown => self.move_rows(self.height as isize - 1, shift),
            KeyCode::Home => self.move_in_row(shift, |row| row.start),
            KeyCode::End => self.move_in_row(shift, |row| row.end),
            _ => self.pass_on(key.into()),
        }
        Effect::None
    }

    fn type_char(&mut self, c: char) {
        self.tally.pressed += 1;
        let (before, _) = self.page.around();
        let given = std::mem::take(&mut self.given_space) && before.ends_with(' ');
        if given && (c == ' ' || c == '\n' || CLOSING.contains(c)) {
            // The space that came with the word was not wanted, or is typed again out of habit.
            self.tally.saved -= 1;
            match c {
                ' ' => {}
                '\n' => {
                    self.page.erase();
                    self.page.type_char(c);
                }
                c => self.page.replace(1, c.encode_utf8(&mut [0; 4])),
            }
        } else {
            self.page.type_char(c);
        }
        if c.is_whitespace() {
            self.quiet = false;
        }
        self.changed();
    }

    fn erase(&mut self) {
        self.tally.pressed += 1;
        self.given_space = false;
        self.page.erase();
        self.changed();
    }

    fn choose_next(&mut self) {
        self.tally.pressed += 1;
        self.tally.saved -= 1;
        self.selected = (self.selected + 1).min(self.popup().len() - 1);
    }

    fn choose_previous(&mut self) {
        self.tally.pressed += 1;
        self.tally.saved -= 1;
        self.selected -= 1;
    }

    /// Takes the selected word, with a space unless one is there or the writer is inside a line.
    fn take_word(&mut self) {
        if let (Some(word), Some(offer)) = (self.popup().get(self.selected), &self.offer) {
            let (word, prefix) = (word.text.clone(), offer.prefix);
            self.take(prefix, word);
        }
    }

    /// Takes all of the grey text.
    fn take_ghost(&mut self) {
        if let Some(text) = self.ghost().map(str::to_owned) {
            self.take(0, text);
        }
    }

    /// Takes the grey text up to the end of its first word.
    fn take_ghost_word(&mut self) {
        if let Some(text) = self.ghost() {
            let start = text.len() - text.trim_start().len();
            let word = text[start..].split(' ').next().unwrap_or_default();
            let text = text[..start + word.len()].to_owned();
            self.take(0, text);
        }
    }

    fn take(&mut self, prefix: usize, mut text: String) {
        let (_, after) = self.page.around();
        self.given_space = after.is_empty();
        if self.given_space {
            text.push(' ');
        }
        self.tally.pressed += 1;
        let before = self.page.text().chars().count() as isize;
        self.page.replace(prefix, &text);
        let gained = self.page.text().chars().count() as isize - before - 1;
        self.tally.saved += gained;
        self.taken = Some((self.page.revision(), gained));
        self.changed();
    }

    fn travel(&mut self, step: fn(&mut Page) -> bool) {
        self.given_space = false;
        if let Some((revision, gained)) = self.taken.take()
            && revision == self.page.revision()
        {
            self.tally.saved -= gained;
        }
        match step(&mut self.page) {
            true => self.changed(),
            false => self.notice = Some("nothing left to undo or redo".into()),
        }
        // Words that come back were just taken away: do not offer them again at once.
        self.close();
    }

    fn pass_on(&mut self, input: Input) {
        let (revision, cursor) = (self.page.revision(), self.page.cursor());
        self.page.input(input);
        if self.page.revision() != revision {
            self.given_space = false;
            self.changed();
        } else if self.page.cursor() != cursor {
            self.close();
            self.goal = None;
        }
    }

    fn changed(&mut self) {
        self.offer = None;
        self.stale = true;
        self.goal = None;
        self.lay_out(self.width, self.height);
    }

    fn close(&mut self) {
        self.offer = None;
        self.stale = false;
        self.given_space = false;
    }
}

#[cfg(test)]
mod tests;
