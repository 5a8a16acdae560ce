//! The arguments of `rnn-lsp train`, and what they mean together.

use std::path::{Path, PathBuf};

use clap::{Args as ClapArgs, value_parser};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What a resumed run may be told anew; everything else would lead to other weights.
const CHANGEABLE: [&str; 6] = [
    "tokens",
    "epochs",
    "minutes",
    "valid-every",
    "patience",
    "checkpoint-every",
];
const LENGTHS: [&str; 3] = ["tokens", "epochs", "minutes"];

/// `rnn-lsp train`.
///
/// Everything that has a default is an option here, so that a resumed run can tell what it was told.
#[derive(Clone, Debug, Default, ClapArgs, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub(in crate::cli) struct Args {
    /// Files and folders of text: plain, Markdown and other prose, .zst and .gz too; folders as .gitignore says
    #[arg(value_name = "PATH", required_unless_present_any = ["resume", "pack"])]
    pub paths: Vec<PathBuf>,

    /// The model to write; its run's files stand beside it
    #[arg(long, value_name = "MODEL")]
    #[serde(skip)]
    pub out: PathBuf,

    /// Go on with an interrupted run, to the weights that it would have reached
    #[arg(long)]
    #[serde(skip)]
    pub resume: bool,

    /// Replace the model and the run that are there
    #[arg(long, conflicts_with = "resume")]
    #[serde(skip)]
    pub force: bool,

    /// Only turn the texts into tokens, for another trainer (models/pretrain) or for --resume
    #[arg(long, conflicts_with_all = ["resume", "from"])]
    #[serde(skip)]
    pub prepare: bool,

    /// Only write the model of the run's last checkpoint, as another trainer left it
    #[arg(long, conflicts_with_all = ["resume", "prepare", "from"])]
    #[serde(skip)]
    pub pack: bool,

    /// Take the mean of the run's weights and of those in this checkpoint; may be given several times
    #[arg(long, value_name = "CHECKPOINT", requires = "pack")]
    #[serde(skip)]
    pub average: Vec<PathBuf>,

    /// Go on from the weights and the vocabulary of this model
    #[arg(long, value_name = "MODEL", conflicts_with_all = ["layers", "hidden", "embedding", "vocabulary"])]
    pub from: Option<PathBuf>,

    /// Text to judge by; may be given several times [default: documents held out]
    #[arg(long, value_name = "PATH")]
    pub valid: Vec<PathBuf>,

    /// End after this many tokens, such as 500k or 90M
    #[arg(long, value_name = "N", value_parser = count, group = "length", help_heading = "How long")]
    pub tokens: Option<u64>,

    /// End after reading the corpus this often [default: 3]
    #[arg(long, value_name = "N", value_parser = positive, group = "length", help_heading = "How long")]
    pub epochs: Option<f64>,

    /// End after this many minutes of training
    #[arg(long, value_name = "N", value_parser = positive, group = "length", help_heading = "How long")]
    pub minutes: Option<f64>,

    /// End after this many validations without a better model; 0: never [default: 10]
    #[arg(long, value_name = "N", help_heading = "How long")]
    pub patience: Option<u32>,

    /// LSTM layers [default: 2]
    #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(1..=16), help_heading = "Network")]
    pub layers: Option<u32>,

    /// Values of a layer's hidden state [default: 512]
    #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(1..=16384), help_heading = "Network")]
    pub hidden: Option<u32>,

    /// Values of a token's embedding [default: 256]
    #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(1..=16384), help_heading = "Network")]
    pub embedding: Option<u32>,

    /// Tokens in the vocabulary, at most [default: 24576]
    #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(300..=1_000_000), help_heading = "Network")]
    pub vocabulary: Option<u32>,

    /// Streams of text read side by side [default: 16]
    #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(1..=4096), help_heading = "Learning")]
    pub batch: Option<u32>,

    /// Tokens that gradients flow back through [default: 64]
    #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(1..=4096), help_heading = "Learning")]
    pub bptt: Option<u32>,

    /// Probability of dropping an activation [default: 0]
    #[arg(long, value_name = "P", value_parser = probability, help_heading = "Learning")]
    pub dropout: Option<f64>,

    /// Learning rate after the warm-up [default: 0.002]
    #[arg(long, value_name = "R", value_parser = positive, help_heading = "Learning")]
    pub learning_rate: Option<f64>,

    /// Tokens over which the learning rate rises [default: a fiftieth of all, at most 500k]
    #[arg(long, value_name = "N", value_parser = count, help_heading = "Learning")]
    pub warmup: Option<u64>,

    /// Fraction of the training over which the learning rate falls to zero [default: 0.3]
    #[arg(long, value_name = "F", value_parser = probability, help_heading = "Learning")]
    pub decay: Option<f64>,

    /// Norm to which larger gradients are scaled down [default: 1]
    #[arg(long, value_name = "NORM", value_parser = positive, help_heading = "Learning")]
    pub clip: Option<f64>,

    /// Classes of the sampled softmax; 0: all [default: 4096]
    #[arg(long, value_name = "N", value_parser = count, help_heading = "Learning")]
    pub sampled_classes: Option<u64>,

    /// Seed of everything random: same seed and threads, same weights [default: 1]
    #[arg(long, value_name = "N", help_heading = "Learning")]
    pub seed: Option<u64>,

    /// Threads [default: all cores]
    #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(1..=1024), help_heading = "Machine")]
    pub threads: Option<u32>,

    /// Compute in f32 throughout, even where the processor multiplies bfloat16 faster
    #[arg(long, help_heading = "Machine")]
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub f32: bool,

    /// Tokens between validations [default: thirty validations in all, at most 3M]
    #[arg(long, value_name = "N", value_parser = count, help_heading = "Machine")]
    pub valid_every: Option<u64>,

    /// Minutes between checkpoints: what a crash may cost [default: 3]
    #[arg(long, value_name = "N", value_parser = positive, help_heading = "Machine")]
    pub checkpoint_every: Option<f64>,
}

impl Args {
    /// The arguments of the run that is to go on, with those that may change and were given now.
    pub(super) fn resuming(&self, settings: &Path) -> Result<Args, String> {
        let text = std::fs::read_to_string(settings)
            .map_err(|error| format!("nothing to resume: {}: {error}", settings.display()))?;
        let damaged = |error: serde_json::Error| format!("{}: {error}", settings.display());
        let Value::Object(mut stored) = serde_json::from_str(&text).map_err(damaged)? else {
            return Err(format!("{}: not settings of a run", settings.display()));
        };
        let Ok(Value::Object(given)) = serde_json::to_value(self.absolute()) else {
            unreachable!("a struct becomes an object");
        };
        let given: Vec<_> = given
            .into_iter()
            .filter(|(_, value)| !is_absent(value))
            .collect();
        if given
            .iter()
            .any(|(name, _)| LENGTHS.contains(&name.as_str()))
        {
            stored.retain(|name, _| !LENGTHS.contains(&name.as_str()));
        }
        for (name, value) in given {
            let before = stored.get(&name).filter(|value| !is_absent(value));
            if !CHANGEABLE.contains(&name.as_str()) && before != Some(&value) {
                let before = before.map_or("not given".to_owned(), Value::to_string);
                return Err(format!(
                    "{} is {value} now and was {before} when the run began: leave it out, or start another run",
                    if name == "paths" {
                        "the corpus".to_owned()
                    } else {
                        format!("--{name}")
                    },
                ));
            }
            stored.insert(name, value);
        }
        let merged: Args = serde_json::from_value(Value::Object(stored)).map_err(damaged)?;
        Ok(Args {
            out: self.out.clone(),
            resume: true,
            ..merged
        })
    }

    /// Seed of everything random.
    pub(super) fn seed(&self) -> u64 {
        self.seed.unwrap_or(1)
    }

    /// Threads to work on.
    pub(super) fn threads(&self) -> usize {
        let all = || std::thread::available_parallelism().map_or(1, usize::from);
        self.threads.map_or_else(all, |threads| threads as usize)
    }

    /// As JSON, with paths that mean the same from anywhere.
    pub(super) fn to_json(&self) -> String {
        serde_json::to_string_pretty(&self.absolute()).expect("paths were typed in")
    }

    fn absolute(&self) -> Args {
        let all = |paths: &[PathBuf]| {
            let absolute =
                |path: &PathBuf| std::path::absolute(path).unwrap_or_else(|_| path.clone());
            paths.iter().map(absolute).collect()
        };
        Args {
            paths: all(&self.paths),
            valid: all(&self.valid),
            from: self
                .from
                .as_ref()
                .map(|path| std::path::absolute(path).unwrap_or_else(|_| path.clone())),
            ..self.clone()
        }
    }
}

fn is_absent(value: &Value) -> bool {
    value.is_null() || value.as_array().is_some_and(Vec::is_empty)
}

/// A count as people write it: `4096`, `500k`, `1.5M`, `2G`.
fn count(text: &str) -> Result<u64, String> {
    let (number, factor) = match text.char_indices().next_back() {
        Some((at, 'k' | 'K')) => (&text[..at], 1e3),
        Some((at, 'm' | 'M')) => (&text[..at], 1e6),
        Some((at, 'g' | 'G')) => (&text[..at], 1e9),
        _ => (text, 1.0),
    };
    match number.parse::<f64>() {
        Ok(value) if (0.0..1e15).contains(&(value * factor)) => Ok((value * factor).round() as u64),
        _ => Err("expected a count such as 4096, 500k or 1.5M".to_owned()),
    }
}

fn positive(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if value > 0.0 && value.is_finite() => Ok(value),
        _ => Err("expected a number above 0".to_owned()),
    }
}

fn probability(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if (0.0..1.0).contains(&value) => Ok(value),
        _ => Err("expected a number from 0 to 1".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts() {
        let check =
            |text: &str, expected: Option<u64>| assert_eq!(count(text).ok(), expected, "{text}");
        check("4096", Some(4096));
        check("1.5M", Some(1_500_000));
        check("500k", Some(500_000));
        check("-3", None);
        check("many", None);
        check("", None);
    }

    #[test]
    fn a_resumed_run_keeps_what_it_was_told() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("settings.json");
        let before = Args {
            paths: vec!["text".into()],
            epochs: Some(2.0),
            hidden: Some(64),
            dropout: Some(0.1),
            ..Args::default()
        };
        std::fs::write(&path, before.to_json()).expect("space on the disk");
        let longer = Args {
            tokens: Some(1000),
            dropout: Some(0.1),
            ..Args::default()
        };
        let merged = longer
            .resuming(&path)
            .expect("nothing but the length changes");
        assert_eq!(
            (merged.tokens, merged.epochs, merged.hidden),
            (Some(1000), None, Some(64))
        );
        assert_eq!(merged.paths.len(), 1);
        let wider = Args {
            hidden: Some(128),
            ..Args::default()
        };
        let error = wider.resuming(&path).expect_err("another network");
        assert!(error.contains("--hidden is 128 now and was 64"), "{error}");
    }
}
