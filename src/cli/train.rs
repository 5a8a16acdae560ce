//! `rnn-lsp train`.

mod screen;
mod settings;

use std::cell::RefCell;
use std::fs::{self, File};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::Outcome;
use crate::model::Config;
use crate::nn::random::Random;
use crate::train::checkpoint;
use crate::train::corpus::{self, Flow};
use crate::train::folder::Folder;
use crate::train::network::Parameters;
use crate::train::prepare::{self, Corpus, Texts, is_prepared, prepare};
use crate::train::report::Curve;
use crate::train::run::{End, Event, Ledger, Limit, Plan, Run};
use crate::train::streams::Streams;
use crate::train::trainer::{self, Trainer};
use screen::{Screen, millions, time};

pub(super) use settings::Args;

/// What shells say of a program that Ctrl-C ended.
const INTERRUPTED: u8 = 130;

pub(super) fn run(args: Args) -> Outcome {
    let folder = Folder::of(&args.out);
    let args = if args.resume {
        args.resuming(&folder.settings())?
    } else {
        refuse_to_overwrite(&args, &folder)?;
        args
    };
    let _lock = begin(&args, &folder)?;
    let stop = stop_on_interrupt()?;
    let flow = || {
        if stop.load(Ordering::Relaxed) {
            Flow::Stop
        } else {
            Flow::On
        }
    };
    let mut screen = Screen::new();

    let from = None;
    let corpus = match corpus(&args, from, &folder, &mut screen, &flow) {
        Err(prepare::Error::Corpus(corpus::Error::Stopped)) => {
            screen.finish();
            eprintln!("interrupted before training began");
            return Ok(ExitCode::from(INTERRUPTED));
        }
        corpus => corpus?,
    };
    let mut run = assemble(&args, corpus, folder)?;
    let plan = plan(&args, &run);
    screen.line(&format!(
        "{} threads; {}",
        run.trainer.workers.len(),
        run.notes.join("; ")
    ));
    screen.start(run.ledger.best);
    let screen = RefCell::new(screen);
    let end = run.train(&plan, &mut |_| Ok(()), &mut |event| {
        let mut screen = screen.borrow_mut();
        match event {
            Event::Step(status) => screen.step(&status),
            Event::Point(point) => screen.point(point),
            Event::Best | Event::Checkpoint => {}
        }
        flow()
    });
    screen.borrow().finish();
    let end = end.map_err(|error| match run.folder.checkpoint().exists() {
        true => format!("{error}; the last checkpoint is kept, {}", go_on(&args.out)),
        false => error.to_string(),
    })?;
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
    let lock = folder.run().join("lock");
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
    tokenizer: Option<crate::text::Tokenizer>,
    folder: &Folder,
    screen: &mut Screen,
    flow: &impl Fn() -> Flow,
) -> Result<Corpus, prepare::Error> {
    let seed = args.seed.unwrap_or(1);
    if args.resume && is_prepared(folder) {
        return prepare::open(seed, folder);
    }
    let texts = Texts {
        train: &args.paths,
        valid: &args.valid,
        vocabulary: args.vocabulary.unwrap_or(24_576) as usize,
        seed,
        threads: threads(args),
    };
    prepare(&texts, tokenizer, folder, &mut |progress| {
        screen.preparing(&progress);
        flow()
    })
}

/// Puts a run together: a new one, or one that goes on at its checkpoint.
fn assemble(
    args: &Args,
    corpus: Corpus,
    folder: Folder,
) -> Result<Run, Box<dyn std::error::Error + Send + Sync>> {
    let Corpus {
        tokenizer,
        train: (mut shard, parts),
        valid: (valid_shard, valid_parts),
    } = corpus;
    let counts = shard.counts()?;
    let mut settings = new_settings(args, tokenizer.vocabulary().len());
    let mut streams = Streams::open(shard, &parts, settings.batch, settings.seed)?;
    settings.tokens = match (args.tokens, args.minutes) {
        (Some(tokens), _) => tokens,
        // The schedule learns from the clock how far it is.
        (None, Some(_)) => u64::MAX,
        (None, None) => (args.epochs.unwrap_or(3.0) * streams.epoch_tokens() as f64) as u64,
    };
    settings.warmup = args.warmup.unwrap_or((settings.tokens / 50).min(500_000));
    let (trainer, ledger) = if args.resume && folder.checkpoint().exists() {
        let (trainer, ledger) =
            checkpoint::read::<Ledger>(&folder.checkpoint(), settings, &counts)?;
        if !streams.seek(&ledger.cursor) {
            return Err(format!(
                "{} belongs to another corpus",
                folder.checkpoint().display()
            )
            .into());
        }
        (trainer, ledger)
    } else {
        let parameters = Parameters::random(&settings.network, &mut Random::new(settings.seed));
        (
            Trainer::new(settings, parameters, &counts),
            Ledger::default(),
        )
    };
    let path = folder.curve();
    let curve = match trainer.tokens {
        0 => Curve::create(&path),
        tokens => Curve::resume(&path, tokens),
    };
    let curve = curve.map_err(|error| format!("{}: {error}", path.display()))?;
    let network = &trainer.settings.network;
    let notes = vec![
        format!(
            "{} parameters: {} layers of {}, embedding {}, vocabulary {}",
            millions(network.parameters() as u64),
            network.layers,
            network.hidden,
            network.embedding,
            network.vocabulary
        ),
        format!(
            "{} tokens to learn from, {} to judge by",
            millions(streams.epoch_tokens()),
            millions(valid_parts.iter().map(|part| part.len).sum())
        ),
    ];
    let valid_batch = trainer.settings.batch.clamp(1, 16);
    Ok(Run {
        valid: Streams::once(valid_shard, &valid_parts, valid_batch),
        trainer,
        streams,
        curve,
        ledger,
        folder,
        notes,
    })
}

fn new_settings(args: &Args, vocabulary: usize) -> trainer::Settings {
    trainer::Settings {
        network: Config {
            vocabulary,
            embedding: args.embedding.unwrap_or(256) as usize,
            hidden: args.hidden.unwrap_or(512) as usize,
            layers: args.layers.unwrap_or(2) as usize,
        },
        batch: args.batch.unwrap_or(16) as usize,
        bptt: args.bptt.unwrap_or(64) as usize,
        dropout: args.dropout.unwrap_or(0.0) as f32,
        rate: args.learning_rate.unwrap_or(0.002) as f32,
        warmup: 0,
        decay: args.decay.unwrap_or(0.3) as f32,
        tokens: 0,
        clip: args.clip.unwrap_or(1.0) as f32,
        classes: args.sampled_classes.unwrap_or(4096) as usize,
        seed: args.seed.unwrap_or(1),
        threads: threads(args),
        bf16: !args.f32,
    }
}

fn threads(args: &Args) -> usize {
    let all = || std::thread::available_parallelism().map_or(1, usize::from);
    args.threads.map_or_else(all, |threads| threads as usize)
}

fn plan(args: &Args, run: &Run) -> Plan {
    let total = match args.minutes {
        Some(_) => run.streams.epoch_tokens(),
        None => run.trainer.settings.tokens,
    };
    Plan {
        limit: args
            .minutes
            .map_or(Limit::Tokens, |minutes| Limit::Seconds(60.0 * minutes)),
        valid_every: args.valid_every.unwrap_or((total / 30).clamp(1, 3_000_000)),
        patience: args.patience.unwrap_or(10),
        checkpoint_every: Duration::from_secs_f64(60.0 * args.checkpoint_every.unwrap_or(3.0)),
    }
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
