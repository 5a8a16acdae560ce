//! `rnn-lsp try`: the terminal around the writing pad.

use super::Outcome;
use super::eval::fraction;
use crate::model::Model;
use crate::pad::{self, Assistant, Effect, Pad, file};
use crate::predict::Options;
use crate::text::prose::Language;
use ratatui::DefaultTerminal;
use ratatui::crossterm::event::KeyEventKind;
use ratatui::crossterm::event::{self, DisableBracketedPaste, EnableBracketedPaste, Event};
use ratatui::crossterm::execute;
use std::io::{self, IsTerminal, Write};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver};
use std::thread;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// File to write in; made on the first save
    file: Option<PathBuf>,
    /// Model to use in place of the one compiled in
    #[arg(long, value_name = "FILE")]
    model: Option<PathBuf>,
    /// Offer words only when the best is at least so probable, from 0 to 1
    #[arg(long, value_name = "P", default_value_t = Options::default().threshold, value_parser = threshold)]
    threshold: f32,
}

fn threshold(argument: &str) -> Result<f32, String> {
    fraction(argument).map(|value| value as f32)
}

/// What the pad waits for.
enum Message {
    /// A key, a paste, a new size; or why there will be no more of them.
    Terminal(io::Result<Event>),
    /// The system wants the program to end.
    End,
}

pub(super) fn run(args: Args) -> Outcome {
    if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
        return Err("the pad needs a terminal; `rnn-lsp predict` reads standard input".into());
    }
    let text = match &args.file {
        Some(path) => file::read(path)?,
        None => None,
    };
    let model = match &args.model {
        Some(path) => Model::open(path)?,
        None => Model::shipped(),
    };
    let language = args.file.as_deref().and_then(Language::from_path);
    let options = Options {
        threshold: args.threshold,
        ..Options::default()
    };
    let assistant = Assistant::new(
        Arc::new(model),
        language.unwrap_or(Language::Markdown),
        options,
    );
    write(Pad::new(args.file, text), assistant)
}

/// Runs the pad and puts the terminal back, whatever happens; text that could not be saved is rescued.
fn write(mut pad: Pad, mut assistant: Assistant) -> Outcome {
    let (sender, messages) = mpsc::channel();
    let ended = sender.clone();
    // Nobody listens any more when the pad has ended by itself.
    ctrlc::set_handler(move || drop(ended.send(Message::End)))?;
    let mut terminal = ratatui::try_init()?;
    // Where the terminal has no such thing, what is pasted comes as keys.
    let _ = execute!(io::stdout(), EnableBracketedPaste);
    // Keys are read on a thread of their own: a read from a terminal that has gone may never return.
    thread::spawn(
        move || {
            while let Ok(()) = sender.send(Message::Terminal(event::read())) {}
        },
    );
    let result = catch_unwind(AssertUnwindSafe(|| {
        turn(&mut pad, &mut assistant, &mut terminal, &messages)
    }));
    // When the terminal has gone there is nothing to put back, and nobody to tell.
    let _ = execute!(io::stdout(), DisableBracketedPaste);
    let _ = ratatui::try_restore();
    let left = matches!(result, Ok(Ok(true)));
    if !left && pad.unsaved() {
        let rescued = file::rescue(pad.path(), &pad.page().to_file())?;
        let _ = writeln!(io::stderr(), "unsaved text is in {}", rescued.display());
    }
    match result {
        Ok(result) => result.map(|_| ExitCode::SUCCESS).map_err(Into::into),
        Err(panic) => resume_unwind(panic),
    }
}

/// Keys in, drawings out, until the writer leaves (true) or the system ends the pad (false).
fn turn(
    pad: &mut Pad,
    assistant: &mut Assistant,
    terminal: &mut DefaultTerminal,
    messages: &Receiver<Message>,
) -> io::Result<bool> {
    loop {
        if pad.wants_offer() {
            let page = pad.page();
            let offer = assistant.offer(&page.text(), page.cursor());
            pad.show(offer);
        }
        terminal.draw(|frame| pad::view::draw(pad, frame))?;
        // Keys that came together are taken together: nobody reads words between them.
        let first = messages.recv().into_iter();
        for message in first.chain(messages.try_iter()) {
            match message {
                Message::Terminal(event) => {
                    if take(pad, event?) {
                        return Ok(true);
                    }
                }
                Message::End => return Ok(false),
            }
        }
    }
}

/// Does what an event says. True when the writer leaves.
fn take(pad: &mut Pad, event: Event) -> bool {
    let mut effect = match event {
        Event::Key(key) if key.kind != KeyEventKind::Release => pad.key(key),
        Event::Paste(text) => {
            pad.paste(&text);
            Effect::None
        }
        _ => Effect::None,
    };
    loop {
        effect = match effect {
            Effect::None => return false,
            Effect::Leave => return true,
            Effect::Save {
                path,
                text,
                expected,
                then,
            } => {
                let result = file::save(&path, &text, &expected);
                pad.saved(path, text, result, then)
            }
        }
    }
}
