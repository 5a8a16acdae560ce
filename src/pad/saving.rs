//! Saving, leaving, and what is asked on the way.

use super::file::{self, Expected};
use super::{Effect, Pad};
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use std::path::PathBuf;

/// What is asked on the last line, and takes the keys until it is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    /// The name to save under, as typed so far; whether to leave after.
    Name(String, Then),
    /// Whether to overwrite what someone else wrote there.
    Overwrite(PathBuf, Then),
    /// Whether to leave with unsaved text.
    Leave,
}

/// What follows a save.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    /// More writing.
    Stay,
    /// The end.
    Leave,
}

impl Pad {
    pub(super) fn save(&mut self, then: Then) -> Effect {
        match self.path.clone() {
            None => {
                self.question = Some(Question::Name(String::new(), then));
                Effect::None
            }
            Some(path) => self.save_to(path, self.on_disk.clone(), then),
        }
    }

    pub(super) fn save_to(&self, path: PathBuf, expected: Expected, then: Then) -> Effect {
        let mut text = self.page.to_file();
        if self.new_file && !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        Effect::Save {
            path,
            text,
            expected,
            then,
        }
    }

    /// What came of an [`Effect::Save`].
    pub fn saved(
        &mut self,
        path: PathBuf,
        text: String,
        result: Result<(), file::Error>,
        then: Then,
    ) -> Effect {
        match result {
            Ok(()) => {
                self.notice = Some(format!("saved {}", path.display()));
                self.path = Some(path);
                self.saved = self.page.to_file();
                self.on_disk = Expected::Text(text);
                match then {
                    Then::Leave => Effect::Leave,
                    Then::Stay => Effect::None,
                }
            }
            Err(file::Error::Changed(_)) => {
                self.question = Some(Question::Overwrite(path, then));
                Effect::None
            }
            Err(error) => {
                self.notice = Some(format!("not saved: {error}"));
                // Perhaps it can be saved elsewhere.
                self.question = Some(Question::Name(path.display().to_string(), then));
                Effect::None
            }
        }
    }

    pub(super) fn answer(&mut self, question: Question, key: KeyEvent) -> Effect {
        // AltGr comes as Control and Alt together, and makes `\` on many keyboards.
        let control = key.modifiers.contains(KeyModifiers::CONTROL)
            && !key.modifiers.contains(KeyModifiers::ALT);
        match (question, key.code) {
            (_, KeyCode::Esc) => Effect::None,
            (Question::Leave, KeyCode::Char('c' | 'q')) if control => {
                self.question = Some(Question::Leave);
                Effect::None
            }
            (_, KeyCode::Char('c' | 'q')) if control => Effect::None,
            (Question::Name(name, then), KeyCode::Enter) => match name.trim() {
                "" => Effect::None,
                name => {
                    let path = expanded(name);
                    let expected = match self.path.as_ref() == Some(&path) {
                        true => self.on_disk.clone(),
                        false => Expected::Absent,
                    };
                    self.save_to(path, expected, then)
                }
            },
            (Question::Name(mut name, then), code) => {
                match code {
                    KeyCode::Char(c) if !control => name.push(c),
                    KeyCode::Backspace => drop(name.pop()),
                    _ => {}
                }
                self.question = Some(Question::Name(name, then));
                Effect::None
            }
            (Question::Overwrite(path, then), KeyCode::Char('n' | 'N')) => {
                self.question = Some(Question::Name(path.display().to_string(), then));
                Effect::None
            }
            (Question::Overwrite(path, then), KeyCode::Char('o' | 'O')) => {
                self.save_to(path, Expected::Anything, then)
            }
            (Question::Leave, KeyCode::Char('s' | 'S')) => self.save(Then::Leave),
            (Question::Leave, KeyCode::Char('d' | 'D')) => Effect::Leave,
            (question, _) => {
                self.question = Some(question);
                Effect::None
            }
        }
    }
}

/// A path as it was typed, `~/` being the home folder.
fn expanded(name: &str) -> PathBuf {
    let below = name.strip_prefix("~/").zip(etcetera::home_dir().ok());
    below.map_or_else(|| PathBuf::from(name), |(rest, home)| home.join(rest))
}
