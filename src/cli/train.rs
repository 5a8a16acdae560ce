//! `rnn-lsp train`.

mod assemble;
mod pack;
mod screen;
mod settings;

use std::fs::{self, File};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::Outcome;
use crate::model::Model;
use crate::text::Tokenizer;
use crate::train::corpus::{self, Flow};
use crate::train::export::write_model;
use crate::train::folder::Folder;
use crate::train::prepare::{self, Corpus, Texts, is_prepared, prepare};
use crate::train::run::{End, Event, Run};
use crate::train::trainer::Trainer;
use assemble::{assemble, plan};
use screen::{Screen, millions, time};

pub(super) use settings::Args;

/// What shells say of a program that Ctrl-C ended.
const INTERRUPTED: u8 = 130;

pub(super) fn run(args: Args) -> Outcome {
    let folder = Folder::of(&args.out);
    if args.pack {
        return pack::pack(&args, &folder);
    }
    let args = if args.resume {
        args.resuming(&folder.settings())?
    } else {
        refuse_to_overwrite(&args, &folder)?;
        args
    };
    let from = match &args.from {
        Some(_) if args.resume && folder.checkpoint().exists() => None,
        Some(path) => {
            Some(Model::open(path).map_err(|error| format!("{}: {error}", path.display()))?)
        }
        None => None,
    };
    let lock = begin(&args, &folder)?;
    let stop = stop_on_interrupt()?;
    let flow = || {
        if stop.load(Ordering::Relaxed) {
            Flow::Stop
        } else {
            Flow::On
        }
    };
    let mut screen = Screen::new();

    let corpus = match corpus(&args, from.as_ref(), &folder, &mut screen, &flow) {
        Ok(corpus) => corpus,
        Err(error) => {
            screen.finish();
            if !args.resume {
                drop(lock);
                folder.discard();
            }
            if let prepare::Error::Corpus(corpus::Error::Stopped) = error {
                eprintln!("interrupted before training began");
                return Ok(ExitCode::from(INTERRUPTED));
            }
            return Err(error.into());
        }
    };
    if args.prepare {
        screen.finish();
        eprintln!("{} is ready; {}", folder.run().display(), go_on(&args.out));
        return Ok(ExitCode::SUCCESS);
    }
    let (mut run, tokenizer, words) = assemble(&args, corpus, from.as_ref(), folder)?;
    let plan = plan(&args, &run);
    screen.line(&format!(
        "{} threads; {}",
        run.trainer.workers.len(),
        run.notes.join("; ")
    ));
    screen.start(run.ledger.best);
    let mut write = |trainer: &Trainer| write_model(&args.out, trainer, &tokenizer, &words);
    let mut report = |event: Event<'_>| {
        match event {
            Event::Step(status) => screen.step(&status),
            Event::Point(point) => screen.point(point),
            Event::Best | Event::Checkpoint => {}
        }
        flow()
    };
    let begun = match from {
        // The model to beat is the one that training goes on from.
        Some(_) => run.validate(&mut write, &mut report).map(|_| ()),
        None => Ok(()),
    };
    let end = begun.and_then(|()| run.train(&plan, &mut write, &mut report));
    screen.finish();
    let end = end.map_err(|error| match run.folder.checkpoint().exists() {
        true => format!("{error}; the last checkpoint is kept, {}", go_on(&args.out)),
        false => error.to_string(),
    })?;
    drop(lock);
    Ok(conclude(&run, end))
}

/// Never replaces a model or a run that somebody may still want, unless told to.
fn refuse_to_overwrite(args: &Args, folder: &Folder) -> Result<(), String> {
    if args.force {
        return Ok(());
    }
    let out = args.out.display();
    if folder.checkpoint().exists() {
        return Err(format!(
            "{out} has a run: --resume goes on with it, --force starts another in its place"
        ));
    }
    if args.out.exists() {
        return Err(format!("{out} exists: --force replaces it"));
    }
    Ok(())
}

/// Makes the run's folder and locks it: two runs would overwrite each other's checkpoints.
fn begin(args: &Args, folder: &Folder) -> Result<File, String> {
    let said = |path: &Path| {
        let path = path.display().to_string();
        move |error: std::io::Error| format!("{path}: {error}")
    };
    fs::create_dir_all(folder.run()).map_err(said(&folder.run()))?;
    let lock = folder.lock();
    let file = File::create(&lock).map_err(said(&lock))?;
    file.try_lock()
        .map_err(|_| format!("{} is in use by another run", folder.run().display()))?;
    if !args.resume {
        for path in [folder.checkpoint(), folder.tokens(), folder.valid_tokens()] {
            match fs::remove_file(&path) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(said(&path)(error));
                }
                _ => {}
            }
        }
    }
    fs::write(folder.settings(), args.to_json()).map_err(said(&folder.settings()))?;
    Ok(file)
}

/// The first Ctrl-C ends training in order, the second at once.
fn stop_on_interrupt() -> Result<Arc<AtomicBool>, ctrlc::Error> {
    let stop = Arc::new(AtomicBool::new(false));
    let told = Arc::clone(&stop);
    ctrlc::set_handler(move || {
        if told.swap(true, Ordering::Relaxed) {
            std::process::exit(INTERRUPTED.into());
        }
    })?;
    Ok(stop)
}

fn corpus(
    args: &Args,
    from: Option<&Model>,
    folder: &Folder,
    screen: &mut Screen,
    flow: &impl Fn() -> Flow,
) -> Result<Corpus, prepare::Error> {
    let seed = args.seed();
    if args.resume && is_prepared(folder) {
        return prepare::open(seed, folder);
    }
    let texts = Texts {
        train: &args.paths,
        valid: &args.valid,
        vocabulary: args.vocabulary.unwrap_or(24_576) as usize,
        seed,
        threads: args.threads(),
    };
    let tokenizer = from.map(|model| {
        Tokenizer::from_bytes(&model.tokenizer().to_bytes())
            .expect("a model's tokenizer can be read again")
    });
    prepare(&texts, tokenizer, folder, &mut |progress| {
        screen.preparing(&progress);
        flow()
    })
}

fn conclude(run: &Run, end: End) -> ExitCode {
    let (folder, ledger) = (&run.folder, &run.ledger);
    let model = folder.model();
    let tokens = millions(run.trainer.tokens);
    match end {
        End::Finished => eprintln!("{tokens} tokens in {}", time(ledger.seconds)),
        End::NoProgress => eprintln!(
            "ended after {tokens} tokens: the validation perplexity did not fall any more"
        ),
        End::Interrupted => eprintln!("interrupted after {tokens} tokens; {}", go_on(model)),
    }
    if let Some(best) = ledger.best {
        eprintln!(
            "{}: validation perplexity {best:.2} per token",
            model.display()
        );
        eprintln!("{}: its learning curve", folder.plot().display());
    }
    match end {
        End::Interrupted => ExitCode::from(INTERRUPTED),
        End::Finished | End::NoProgress => ExitCode::SUCCESS,
    }
}

fn go_on(model: &Path) -> String {
    format!("rnn-lsp train --resume --out {} goes on", model.display())
}
