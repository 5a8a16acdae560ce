//! `rnn-lsp try`: the terminal around the writing pad.

use super::Outcome;
use crate::model::Model;
use crate::pad::{self, Assistant, Effect, Pad, file};
use crate::predict::Options;
use crate::text::prose::Language;
use ratatui::DefaultTerminal;
use ratatui::crossterm::event::{self, DisableBracketedPaste, EnableBracketedPaste, Event};
use ratatui::crossterm::event::{KeyEventKind, poll};
use ratatui::crossterm::execute;
use std::io::{self, IsTerminal};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// File to write in; made on the first save
    file: Option<PathBuf>,
    /// Model to use in place of the one compiled in
    #[arg(long, value_name = "FILE")]
    model: Option<PathBuf>,
    /// Offer words only when the best is at least so probable, from 0 to 1
    #[arg(long, value_name = "P", default_value_t = Options::default().threshold)]
    threshold: f32,
}

/// How often a signal to end is looked for while no key is pressed.
const PULSE: Duration = Duration::from_millis(500);

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
    let ended = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&ended);
    ctrlc::set_handler(move || flag.store(true, Ordering::Relaxed))?;
    let mut terminal = ratatui::try_init()?;
    let pasting = execute!(io::stdout(), EnableBracketedPaste);
    let result = catch_unwind(AssertUnwindSafe(|| {
        pasting.and_then(|()| turn(&mut pad, &mut assistant, &mut terminal, &ended))
    }));
    // The terminal may be gone: then there is nothing to put back.
    let _ = execute!(io::stdout(), DisableBracketedPaste);
    ratatui::restore();
    let left = matches!(result, Ok(Ok(true)));
    if !left && pad.unsaved() {
        let rescued = file::rescue(pad.path(), &pad.page().to_file())?;
        eprintln!("unsaved text is in {}", rescued.display());
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
    ended: &AtomicBool,
) -> io::Result<bool> {
    loop {
        if pad.wants_offer() {
            let page = pad.page();
            let offer = assistant.offer(&page.text(), page.cursor());
            pad.show(offer);
        }
        terminal.draw(|frame| pad::view::draw(pad, frame))?;
        while !poll(PULSE)? {
            if ended.load(Ordering::Relaxed) {
                return Ok(false);
            }
        }
        // Keys that came together are taken together: nobody reads words between them.
        loop {
            if take(pad, event::read()?) {
                return Ok(true);
            }
            if !poll(Duration::ZERO)? {
                break;
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
