//! Puts a run together from its arguments: a new one, or one that goes on at its checkpoint.

use std::error::Error;
use std::time::Duration;

use super::screen::millions;
use super::settings::Args;
use crate::model::known::WordTree;
use crate::model::{Config, Model};
use crate::nn::random::Random;
use crate::text::Tokenizer;
use crate::train::checkpoint;
use crate::train::export;
use crate::train::folder::Folder;
use crate::train::known;
use crate::train::network::Parameters;
use crate::train::prepare::Corpus;
use crate::train::report::Curve;
use crate::train::run::{Ledger, Limit, Plan, Run};
use crate::train::shards::Part;
use crate::train::streams::Streams;
use crate::train::trainer::{Settings, Trainer};

type Failure = Box<dyn Error + Send + Sync>;

/// The run, and the tokenizer and the words of several tokens that its model is written with.
pub(super) fn assemble(
    args: &Args,
    corpus: Corpus,
    from: Option<&Model>,
    folder: Folder,
) -> Result<(Run, Tokenizer, WordTree), Failure> {
    let Corpus {
        tokenizer,
        train: (mut shard, parts),
        valid: (valid_shard, valid_parts),
    } = corpus;
    let counts = shard.counts()?;
    let words = known::count(&mut shard, &parts, tokenizer.vocabulary())?;
    let resumed = args.resume && folder.checkpoint().exists();
    let mut settings = match resumed {
        true => checkpoint::read_header::<Ledger>(&folder.checkpoint())?.settings,
        false => new_settings(args, tokenizer.vocabulary().len(), from),
    };
    let mut streams = Streams::open(shard, &parts, settings.batch, settings.seed)?;
    settings.tokens = match (args.tokens, args.minutes) {
        (Some(tokens), _) => tokens,
        // The schedule learns from the clock how far it is.
        (None, Some(_)) => u64::MAX,
        (None, None) => (args.epochs.unwrap_or(3.0) * streams.epoch_tokens() as f64) as u64,
    };
    if !resumed {
        let known = match args.minutes {
            Some(_) => streams.epoch_tokens(),
            None => settings.tokens,
        };
        settings.warmup = args.warmup.unwrap_or((known / 50).min(500_000));
    }
    let (trainer, ledger) = match (resumed, from) {
        (true, _) => checkpoint::read::<Ledger>(&folder.checkpoint(), settings, &counts)?,
        (false, Some(model)) => {
            let parameters = export::parameters(model);
            (
                Trainer::new(settings, parameters, &counts),
                Ledger::default(),
            )
        }
        (false, None) => {
            let parameters = Parameters::random(&settings.network, &mut Random::new(settings.seed));
            (
                Trainer::new(settings, parameters, &counts),
                Ledger::default(),
            )
        }
    };
    if resumed && !streams.seek(&ledger.cursor) {
        return Err(format!(
            "{} belongs to another corpus",
            folder.checkpoint().display()
        )
        .into());
    }
    let path = folder.curve();
    let curve = if resumed {
        Curve::resume(&path, trainer.tokens)
    } else {
        Curve::create(&path)
    };
    let curve = curve.map_err(|error| format!("{}: {error}", path.display()))?;
    let notes = notes(&trainer.settings, &streams, &valid_parts);
    let valid_batch = trainer.settings.batch.clamp(1, 16);
    let run = Run {
        valid: Streams::once(valid_shard, &valid_parts, valid_batch),
        trainer,
        streams,
        curve,
        ledger,
        folder,
        notes,
    };
    Ok((run, tokenizer, words))
}

/// What the arguments mean for a new run; its length is not known yet.
fn new_settings(args: &Args, vocabulary: usize, from: Option<&Model>) -> Settings {
    let network = match from {
        Some(model) => model.config().clone(),
        None => Config {
            vocabulary,
            embedding: args.embedding.unwrap_or(256) as usize,
            hidden: args.hidden.unwrap_or(512) as usize,
            layers: args.layers.unwrap_or(2) as usize,
        },
    };
    Settings {
        network,
        batch: args.batch.unwrap_or(16) as usize,
        bptt: args.bptt.unwrap_or(64) as usize,
        dropout: args.dropout.unwrap_or(0.0) as f32,
        rate: args.learning_rate.unwrap_or(0.002) as f32,
        warmup: 0,
        decay: args.decay.unwrap_or(0.3) as f32,
        tokens: 0,
        clip: args.clip.unwrap_or(1.0) as f32,
        classes: args.sampled_classes.unwrap_or(4096) as usize,
        seed: args.seed(),
        threads: args.threads(),
        bf16: !args.f32,
    }
}

fn notes(settings: &Settings, streams: &Streams, valid: &[Part]) -> Vec<String> {
    let Config {
        vocabulary,
        embedding,
        hidden,
        layers,
    } = settings.network;
    let parameters = millions(settings.network.parameters() as u64);
    let (train, valid) = (
        streams.epoch_tokens(),
        valid.iter().map(|part| part.len).sum(),
    );
    let mut notes = vec![
        format!(
            "{parameters} parameters: {layers} layers of {hidden}, embedding {embedding}, vocabulary {vocabulary}"
        ),
        format!(
            "{} tokens to learn from, {} to judge by",
            millions(train),
            millions(valid)
        ),
    ];
    if (1..vocabulary).contains(&settings.classes) {
        notes.push(format!(
            "training loss over {} sampled classes: lower than over all",
            settings.classes
        ));
    }
    notes
}

/// When to do what.
pub(super) fn plan(args: &Args, run: &Run) -> Plan {
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
