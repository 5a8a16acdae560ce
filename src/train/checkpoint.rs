//! All that a training run needs to go on to the same weights, in one safetensors file: the parameters, the optimizer's
//! means, the streams' hidden states; counts and the streams' cursor are JSON in its metadata.
//!
//! The file is written under another name and renamed, so there is always a whole one.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde::{Deserialize, Serialize};

use super::network::Parameters;
use super::run::Ledger;
use super::trainer::{Settings, Trainer};
use crate::nn::random::Random;

const FORMAT: &str = "rnn-lsp checkpoint 1";
/// The one entry of the metadata.
const ENTRY: &str = "checkpoint";

/// Why a checkpoint could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The system said no.
    #[error("{path}: {source}")]
    Io {
        /// The checkpoint.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file is not a checkpoint, or not a whole one.
    #[error("{path}: {what}")]
    Format {
        /// The checkpoint.
        path: PathBuf,
        /// What was found and what was expected.
        what: String,
    },
}

#[derive(Serialize, Deserialize)]
struct Notes {
    format: String,
    settings: Settings,
    tokens: u64,
    steps: u64,
    ledger: Ledger,
}

/// Writes a checkpoint in place of the one at `path`.
pub fn save(path: &Path, trainer: &Trainer, ledger: &Ledger) -> Result<(), Error> {
    let io = |source| Error::Io {
        path: path.to_owned(),
        source,
    };
    let notes = Notes {
        format: FORMAT.to_owned(),
        settings: trainer.settings.clone(),
        tokens: trainer.tokens,
        steps: trainer.adam.steps,
        ledger: ledger.clone(),
    };
    let notes = serde_json::to_string(&notes).map_err(|error| io(error.into()))?;
    let bytes: Vec<(String, Vec<u8>)> = tensors(trainer)
        .into_iter()
        .map(|(name, values)| {
            (
                name,
                values
                    .iter()
                    .flat_map(|value| value.to_le_bytes())
                    .collect(),
            )
        })
        .collect();
    let views = bytes.iter().map(|(name, bytes)| {
        let view =
            TensorView::new(Dtype::F32, vec![bytes.len() / 4], bytes).expect("four bytes a value");
        (name.as_str(), view)
    });
    let metadata = HashMap::from([(ENTRY.to_owned(), notes)]);
    let temporary = path.with_extension("partial");
    let written = safetensors::serialize_to_file(views, Some(metadata), &temporary)
        .map_err(|error| match error {
            safetensors::SafeTensorError::IoError(error) => error,
            error => io::Error::other(error),
        })
        .and_then(|()| File::open(&temporary)?.sync_all())
        .and_then(|()| fs::rename(&temporary, path));
    written.map_err(|source| {
        // Half a checkpoint on a full disk is in the way of the next one.
        let _ = fs::remove_file(&temporary);
        io(source)
    })
}

/// Reads the checkpoint at `path`. `counts` (vocabulary) are those of the corpus.
pub fn load(path: &Path, counts: &[u64]) -> Result<(Trainer, Ledger), Error> {
    let broken = |what: String| Error::Format {
        path: path.to_owned(),
        what,
    };
    let bytes = fs::read(path).map_err(|source| Error::Io {
        path: path.to_owned(),
        source,
    })?;
    let (_, metadata) =
        SafeTensors::read_metadata(&bytes).map_err(|error| broken(error.to_string()))?;
    let file = SafeTensors::deserialize(&bytes).map_err(|error| broken(error.to_string()))?;
    let notes = metadata
        .metadata()
        .as_ref()
        .and_then(|entries| entries.get(ENTRY));
    let notes = notes.ok_or_else(|| broken("not a checkpoint of rnn-lsp".to_owned()))?;
    let notes: Notes = serde_json::from_str(notes).map_err(|error| broken(error.to_string()))?;
    if notes.format != FORMAT {
        return Err(broken(format!(
            "format {:?}, expected {FORMAT:?}",
            notes.format
        )));
    }
    notes.settings.network.check().map_err(broken)?;
    let vocabulary = notes.settings.network.vocabulary;
    if vocabulary != counts.len() {
        return Err(broken(format!(
            "a vocabulary of {vocabulary}, {} in the corpus",
            counts.len()
        )));
    }
    let parameters = Parameters::random(&notes.settings.network, &mut Random::new(0));
    let mut trainer = Trainer::new(notes.settings, parameters, counts);
    for (name, values) in tensors_mut(&mut trainer) {
        let tensor = file
            .tensor(&name)
            .map_err(|error| broken(error.to_string()))?;
        if tensor.dtype() != Dtype::F32 || tensor.data().len() != 4 * values.len() {
            let (found, kind) = (tensor.data().len(), tensor.dtype());
            return Err(broken(format!(
                "{name}: {found} bytes of {kind:?}, expected {} of F32",
                4 * values.len()
            )));
        }
        for (value, bytes) in values.iter_mut().zip(tensor.data().as_chunks::<4>().0) {
            *value = f32::from_le_bytes(*bytes);
        }
    }
    trainer.tokens = notes.tokens;
    trainer.adam.steps = notes.steps;
    Ok((trainer, notes.ledger))
}

fn tensors(trainer: &Trainer) -> Vec<(String, &Vec<f32>)> {
    let mut all = Vec::new();
    for (name, parameters) in [
        ("weights", &trainer.parameters),
        ("mean", &trainer.adam.mean),
        ("square", &trainer.adam.square),
    ] {
        all.push((format!("{name}.table"), &parameters.table));
        all.push((format!("{name}.bias"), &parameters.bias));
        let dense = parameters.dense().into_iter().enumerate();
        all.extend(dense.map(|(at, values)| (format!("{name}.dense.{at}"), values)));
    }
    for (thread, worker) in trainer.workers.iter().enumerate() {
        for (layer, state) in worker.states.iter().enumerate() {
            all.push((format!("state.{thread}.{layer}.h"), &state.h));
            all.push((format!("state.{thread}.{layer}.c"), &state.c));
        }
    }
    all
}

fn tensors_mut(trainer: &mut Trainer) -> Vec<(String, &mut Vec<f32>)> {
    let mut all = Vec::new();
    for (name, parameters) in [
        ("weights", &mut trainer.parameters),
        ("mean", &mut trainer.adam.mean),
        ("square", &mut trainer.adam.square),
    ] {
        let Parameters {
            table,
            bias,
            layers,
            projection,
        } = parameters;
        all.push((format!("{name}.table"), table));
        all.push((format!("{name}.bias"), bias));
        let layers = layers
            .iter_mut()
            .flat_map(|layer| [&mut layer.input, &mut layer.recurrent, &mut layer.bias]);
        let dense = layers.chain([projection]).enumerate();
        all.extend(dense.map(|(at, values)| (format!("{name}.dense.{at}"), values)));
    }
    for (thread, worker) in trainer.workers.iter_mut().enumerate() {
        for (layer, state) in worker.states.iter_mut().enumerate() {
            all.push((format!("state.{thread}.{layer}.h"), &mut state.h));
            all.push((format!("state.{thread}.{layer}.c"), &mut state.c));
        }
    }
    all
}
