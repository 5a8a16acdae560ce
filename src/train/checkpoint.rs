//! Training interrupted and continued: everything that the next step depends on, in one safetensors file.
//!
//! Tensors are f32: `parameters.*`, `mean.*` and `square.*` (see [`Parameters`]), and `state.LAYER.h` and `.c`, (batch, hidden). The settings and the place in the
//! corpus are JSON in the header's metadata.

use std::collections::HashMap;
use std::path::Path;

use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView};
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use super::files::FileError;
use super::network::Parameters;
use super::trainer::{Settings, Trainer};
use crate::model::Config;

const FORMAT: &str = "rnn-lsp checkpoint 1";

/// What a checkpoint says besides its tensors. `P` is the caller's own progress: the place in the corpus, the best score.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Header<P> {
    /// How the training goes.
    pub settings: Settings,
    /// Tokens trained on.
    pub tokens: u64,
    /// The optimizer's steps.
    pub steps: u64,
    /// The caller's.
    pub progress: P,
}

/// Writes a checkpoint: to a temporary name, synced, then renamed, so that a crash leaves the previous one.
pub fn write<P: Serialize>(path: &Path, trainer: &Trainer, progress: &P) -> Result<(), FileError> {
    let header = Header {
        settings: trainer.settings.clone(),
        tokens: trainer.tokens,
        steps: trainer.adam.steps,
        progress,
    };
    let json = serde_json::to_string(&header).expect("plain data");
    let states = states(trainer);
    let mut tensors: Vec<(String, &[f32])> = Vec::new();
    for (group, parameters) in [
        ("parameters", &trainer.parameters),
        ("mean", &trainer.adam.mean),
        ("square", &trainer.adam.square),
    ] {
        tensors.extend(
            named(parameters)
                .into_iter()
                .map(|(name, data)| (format!("{group}.{name}"), &data[..])),
        );
    }
    tensors.extend(states.iter().map(|(name, data)| (name.clone(), &data[..])));
    let bytes: Vec<(String, Vec<u8>)> = tensors
        .into_iter()
        .map(|(name, data)| (name, data.iter().flat_map(|x| x.to_le_bytes()).collect()))
        .collect();
    let views = bytes.iter().map(|(name, bytes)| {
        let view = TensorView::new(Dtype::F32, vec![bytes.len() / 4], bytes)
            .expect("length and shape agree");
        (name.as_str(), view)
    });
    let metadata = HashMap::from([
        ("format".to_owned(), FORMAT.to_owned()),
        ("header".to_owned(), json),
    ]);
    let bytes = safetensors::serialize(views, Some(metadata)).expect("tensors are valid");
    crate::model::write_whole(path, &bytes).map_err(|source| FileError::io(path, source))
}

/// Reads a checkpoint's header: settings and progress.
pub fn read_header<P: for<'a> Deserialize<'a>>(path: &Path) -> Result<Header<P>, FileError> {
    let bytes = read_bytes(path)?;
    parse_header(path, &bytes)
}

/// The weights in a checkpoint.
#[derive(Debug)]
pub struct Weights {
    /// Their shapes.
    pub config: Config,
    /// Tokens they were trained on.
    pub tokens: u64,
    /// The weights.
    pub parameters: Parameters,
}

impl Weights {
    /// Goes so far towards other weights of the same shapes. Trainings that part from each other late end on the sides of one valley,
    /// whose floor is between them (Izmailov et al. 2018, arXiv:1803.05407; Wortsman et al. 2022, arXiv:2203.05482).
    ///
    /// # Errors
    /// What the other network is, if it is another.
    pub fn blend(&mut self, other: &Weights, share: f32) -> Result<(), String> {
        if self.config != other.config {
            return Err(format!("{:?}, expected {:?}", other.config, self.config));
        }
        self.parameters.pull_to(&other.parameters, share);
        Ok(())
    }
}

/// Reads a checkpoint's weights alone, whoever wrote it.
pub fn read_parameters(path: &Path) -> Result<Weights, FileError> {
    let bytes = read_bytes(path)?;
    let header: Header<IgnoredAny> = parse_header(path, &bytes)?;
    let format = |what: String| FileError::format(path, what);
    let config = header.settings.network;
    config.check().map_err(format)?;
    let (found, expected) = (bytes.len(), 4 * config.parameters());
    if found < expected {
        return Err(format(format!(
            "{found} bytes, expected {expected} for the weights of {config:?} alone"
        )));
    }
    let tensors = SafeTensors::deserialize(&bytes).map_err(|error| format(error.to_string()))?;
    let mut parameters = Parameters::zeros(&config);
    for (name, data) in named_mut(&mut parameters) {
        fill(path, &tensors, &format!("parameters.{name}"), data)?;
    }
    Ok(Weights {
        config,
        tokens: header.tokens,
        parameters,
    })
}

/// Continues a training: a trainer in the state in which [`write`] saw it. `settings` may differ from the checkpoint's in what does not touch shapes: the number of tokens,
/// threads, rates.
pub fn read<P: for<'a> Deserialize<'a>>(
    path: &Path,
    settings: Settings,
    counts: &[u64],
) -> Result<(Trainer, P), FileError> {
    let bytes = read_bytes(path)?;
    let header: Header<P> = parse_header(path, &bytes)?;
    let format = |what: String| FileError::format(path, what);
    if (&header.settings.network, header.settings.batch) != (&settings.network, settings.batch) {
        return Err(format(format!(
            "the checkpoint has {:?} and {} streams, expected {:?} and {}",
            header.settings.network, header.settings.batch, settings.network, settings.batch
        )));
    }
    let tensors = SafeTensors::deserialize(&bytes).map_err(|error| format(error.to_string()))?;
    let fill = |name: &str, out: &mut [f32]| fill(path, &tensors, name, out);
    let mut groups = Vec::new();
    for group in ["parameters", "mean", "square"] {
        let mut parameters = Parameters::zeros(&settings.network);
        for (name, data) in named_mut(&mut parameters) {
            fill(&format!("{group}.{name}"), data)?;
        }
        groups.push(parameters);
    }
    let [parameters, mean, square] =
        <[Parameters; 3]>::try_from(groups).expect("three groups were read");
    let mut trainer = Trainer::new(settings, parameters, counts);
    (trainer.adam.mean, trainer.adam.square, trainer.adam.steps) = (mean, square, header.steps);
    trainer.tokens = header.tokens;
    let hidden = trainer.settings.network.hidden;
    let mut whole = vec![0.0; trainer.settings.batch * hidden];
    for layer in 0..trainer.settings.network.layers {
        for part in ["h", "c"] {
            fill(&format!("state.{layer}.{part}"), &mut whole)?;
            let mut rest = &whole[..];
            for worker in &mut trainer.workers {
                let state = &mut worker.states[layer];
                let own = if part == "h" {
                    &mut state.h
                } else {
                    &mut state.c
                };
                let (head, tail) = rest.split_at(own.len());
                own.copy_from_slice(head);
                rest = tail;
            }
        }
    }
    Ok((trainer, header.progress))
}

/// Parameters by name, for files.
pub fn named(parameters: &Parameters) -> Vec<(String, &Vec<f32>)> {
    let mut all = vec![
        ("table".to_owned(), &parameters.table),
        ("bias".to_owned(), &parameters.bias),
        ("projection".to_owned(), &parameters.projection),
    ];
    for (layer, weights) in parameters.layers.iter().enumerate() {
        all.push((format!("lstm.{layer}.input"), &weights.input));
        all.push((format!("lstm.{layer}.recurrent"), &weights.recurrent));
        all.push((format!("lstm.{layer}.bias"), &weights.bias));
    }
    all
}

fn named_mut(parameters: &mut Parameters) -> Vec<(String, &mut Vec<f32>)> {
    let Parameters {
        table,
        bias,
        layers,
        projection,
    } = parameters;
    let mut all = vec![
        ("table".to_owned(), table),
        ("bias".to_owned(), bias),
        ("projection".to_owned(), projection),
    ];
    for (layer, weights) in layers.iter_mut().enumerate() {
        all.push((format!("lstm.{layer}.input"), &mut weights.input));
        all.push((format!("lstm.{layer}.recurrent"), &mut weights.recurrent));
        all.push((format!("lstm.{layer}.bias"), &mut weights.bias));
    }
    all
}

/// The streams' states, workers put together: (batch, hidden).
fn states(trainer: &Trainer) -> Vec<(String, Vec<f32>)> {
    let mut all = Vec::new();
    for layer in 0..trainer.settings.network.layers {
        let h = trainer
            .workers
            .iter()
            .flat_map(|worker| worker.states[layer].h.iter().copied());
        let c = trainer
            .workers
            .iter()
            .flat_map(|worker| worker.states[layer].c.iter().copied());
        all.push((format!("state.{layer}.h"), h.collect()));
        all.push((format!("state.{layer}.c"), c.collect()));
    }
    all
}

/// Fills `out` with a tensor of its length.
fn fill(path: &Path, tensors: &SafeTensors, name: &str, out: &mut [f32]) -> Result<(), FileError> {
    let format = |what: String| FileError::format(path, what);
    let tensor = tensors
        .tensor(name)
        .map_err(|_| format(format!("no tensor {name}")))?;
    if tensor.dtype() != Dtype::F32 || tensor.data().len() != 4 * out.len() {
        return Err(format(format!(
            "{name} has {} bytes of {:?}, expected {} of F32",
            tensor.data().len(),
            tensor.dtype(),
            4 * out.len()
        )));
    }
    for (x, bytes) in out.iter_mut().zip(tensor.data().as_chunks::<4>().0) {
        *x = f32::from_le_bytes(*bytes);
    }
    Ok(())
}

fn read_bytes(path: &Path) -> Result<Vec<u8>, FileError> {
    std::fs::read(path).map_err(|source| FileError::io(path, source))
}

fn parse_header<P: for<'a> Deserialize<'a>>(
    path: &Path,
    bytes: &[u8],
) -> Result<Header<P>, FileError> {
    let format = |what: String| FileError::format(path, what);
    let (_, metadata) = SafeTensors::read_metadata(bytes)
        .map_err(|error| format(format!("not a checkpoint: {error}")))?;
    let metadata = metadata.metadata().clone().unwrap_or_default();
    let found = metadata.get("format").map_or("none", |f| f);
    if found != FORMAT {
        return Err(format(format!("format {found:?}, expected {FORMAT:?}")));
    }
    let json = metadata.get("header").map_or("", |h| h);
    serde_json::from_str(json).map_err(|error| format(format!("header: {error}")))
}
