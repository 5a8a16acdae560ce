//! Writing model files.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::time::Duration;

use safetensors::tensor::{Dtype, TensorView};

use super::super::Config;
use super::super::gates::{COUNT, FEATURES, Gates};
use super::super::known::WordTree;
use super::super::ngram::Table;
use super::{ALIGNMENT, FORMAT, ModelFile};
use crate::nn::simd::int8::{self, Packed};

/// What a model file is made of.
#[derive(Debug)]
pub struct Parts {
    /// Hyperparameters.
    pub config: Config,
    /// [`crate::text::Tokenizer::to_bytes`].
    pub tokenizer: Vec<u8>,
    /// (vocabulary)
    pub bias: Vec<f32>,
    /// (vocabulary, embedding)
    pub embedding: Packed,
    /// (embedding, hidden)
    pub projection: Packed,
    /// Input, recurrent and bias of each layer.
    pub layers: Vec<(Packed, Packed, Vec<f32>)>,
}

/// Name, type, shape and bytes.
pub(super) type Tensor = (String, Dtype, Vec<usize>, Vec<u8>);

/// The bytes of a model file.
pub fn to_bytes(parts: &Parts) -> Vec<u8> {
    let mut tensors: Vec<Tensor> = Vec::new();
    let floats = |x: &[f32]| x.iter().flat_map(|x| x.to_le_bytes()).collect::<Vec<u8>>();
    let mut matrix = |name: &str, packed: &Packed| {
        let rows = packed.scales.len();
        let columns = packed.data.len() / rows.next_multiple_of(int8::PANEL);
        let shape = vec![
            rows.div_ceil(int8::PANEL),
            columns / int8::GROUP,
            int8::PANEL,
            int8::GROUP,
        ];
        tensors.push((
            name.to_owned(),
            Dtype::I8,
            shape,
            packed.data.iter().map(|x| *x as u8).collect(),
        ));
        tensors.push((
            format!("{name}.scale"),
            Dtype::F32,
            vec![rows],
            floats(&packed.scales),
        ));
        tensors.push((
            format!("{name}.sum"),
            Dtype::I32,
            vec![rows],
            packed.sums.iter().flat_map(|x| x.to_le_bytes()).collect(),
        ));
    };
    matrix("embedding", &parts.embedding);
    matrix("projection", &parts.projection);
    for (layer, (input, recurrent, _)) in parts.layers.iter().enumerate() {
        matrix(&format!("lstm.{layer}.input"), input);
        matrix(&format!("lstm.{layer}.recurrent"), recurrent);
    }
    for (layer, (_, _, bias)) in parts.layers.iter().enumerate() {
        tensors.push((
            format!("lstm.{layer}.bias"),
            Dtype::F32,
            vec![bias.len()],
            floats(bias),
        ));
    }
    tensors.push((
        "bias".to_owned(),
        Dtype::F32,
        vec![parts.bias.len()],
        floats(&parts.bias),
    ));
    tensors.push((
        "tokenizer".to_owned(),
        Dtype::U8,
        vec![parts.tokenizer.len()],
        parts.tokenizer.clone(),
    ));

    serialize(&tensors, &parts.config)
}

/// The bytes of the same model with another table of what follows what.
pub fn with_ngram(file: &ModelFile, table: &Table) -> Vec<u8> {
    let mut tensors = file.tensors();
    tensors.retain(|(name, ..)| !name.starts_with("ngram."));
    let u16s = |x: &[u16]| x.iter().flat_map(|x| x.to_le_bytes()).collect::<Vec<u8>>();
    let buckets = table.buckets.iter().flat_map(|x| x.to_le_bytes()).collect();
    if !table.fingerprints.is_empty() {
        for (name, dtype, shape, data) in [
            (
                "buckets",
                Dtype::U32,
                vec![table.buckets.len() / 2, 2],
                buckets,
            ),
            (
                "fingerprints",
                Dtype::U16,
                vec![table.fingerprints.len()],
                u16s(&table.fingerprints),
            ),
            (
                "seen",
                Dtype::U8,
                vec![table.seen.len()],
                table.seen.clone(),
            ),
            (
                "lengths",
                Dtype::U8,
                vec![table.lengths.len()],
                table.lengths.clone(),
            ),
            (
                "tokens",
                Dtype::U16,
                vec![table.tokens.len()],
                u16s(&table.tokens),
            ),
            (
                "shares",
                Dtype::U8,
                vec![table.shares.len()],
                table.shares.clone(),
            ),
        ] {
            tensors.push((format!("ngram.{name}"), dtype, shape, data));
        }
    }
    serialize(&tensors, &file.config)
}

/// The bytes of the same model with the network of another: table, gates and words stay.
pub fn with_network(file: &ModelFile, network: &ModelFile) -> Vec<u8> {
    let mut tensors = network.tensors();
    tensors.retain(|(name, ..)| is_network(name));
    tensors.extend(
        file.tensors()
            .into_iter()
            .filter(|(name, ..)| !is_network(name)),
    );
    serialize(&tensors, &file.config)
}

fn is_network(name: &str) -> bool {
    let counted = ["ngram.", "known.", "gates"];
    !counted.iter().any(|start| name.starts_with(start))
}

/// The bytes of the same model with other words of several tokens.
pub fn with_known(file: &ModelFile, words: &WordTree) -> Vec<u8> {
    let mut tensors = file.tensors();
    tensors.retain(|(name, ..)| !name.starts_with("known."));
    if !words.view().is_empty() {
        let nodes = words.nodes.iter().flat_map(|x| x.to_le_bytes()).collect();
        let tokens = words.tokens.iter().flat_map(|x| x.to_le_bytes()).collect();
        let children = vec![words.tokens.len()];
        let shape = vec![words.nodes.len() / 2, 2];
        tensors.extend([
            ("known.nodes".to_owned(), Dtype::U32, shape, nodes),
            (
                "known.tokens".to_owned(),
                Dtype::U16,
                children.clone(),
                tokens,
            ),
            (
                "known.shares".to_owned(),
                Dtype::U8,
                children,
                words.shares.clone(),
            ),
        ]);
    }
    serialize(&tensors, &file.config)
}

/// The bytes of the same model with other gates.
pub fn with_gates(file: &ModelFile, gates: &Gates) -> Vec<u8> {
    let mut tensors = file.tensors();
    tensors.retain(|(name, ..)| name != "gates");
    let weights = gates
        .weights()
        .iter()
        .flat_map(|x| x.to_le_bytes())
        .collect();
    tensors.push((
        "gates".to_owned(),
        Dtype::F32,
        vec![COUNT, FEATURES],
        weights,
    ));
    serialize(&tensors, &file.config)
}

/// A safetensors file with a checksum.
fn serialize(tensors: &[Tensor], config: &Config) -> Vec<u8> {
    let config = serde_json::to_string(config).expect("plain data");
    let serialize = |crc32: u32| {
        let views = tensors.iter().map(|(name, dtype, shape, bytes)| {
            let view =
                TensorView::new(*dtype, shape.clone(), bytes).expect("length and shape agree");
            (name.as_str(), view)
        });
        let metadata = [
            ("format", FORMAT.to_owned()),
            ("config", config.clone()),
            ("crc32", format!("{crc32:08x}")),
        ];
        let metadata: HashMap<String, String> = metadata
            .into_iter()
            .map(|(k, v)| (k.to_owned(), v))
            .collect();
        align(safetensors::serialize(views, Some(metadata)).expect("tensors are valid"))
    };
    let unsigned = serialize(0);
    let header = u64::from_le_bytes(*unsigned.first_chunk().expect("a header")) as usize;
    serialize(crc32fast::hash(&unsigned[8 + header..]))
}

/// Sorts the header's keys, because the metadata comes from a hash map and the same weights are to be the same bytes, and pads it with spaces so that data starts
/// at a multiple of [`ALIGNMENT`].
fn align(bytes: Vec<u8>) -> Vec<u8> {
    let header = u64::from_le_bytes(*bytes.first_chunk().expect("a header")) as usize;
    let sorted: BTreeMap<String, BTreeMap<String, serde_json::Value>> =
        serde_json::from_slice(&bytes[8..8 + header]).expect("a header is objects in an object");
    let sorted = serde_json::to_vec(&sorted).expect("JSON that was just read");
    let padded = (8 + sorted.len()).next_multiple_of(ALIGNMENT) - 8;
    let mut aligned = Vec::with_capacity(bytes.len() + ALIGNMENT);
    aligned.extend_from_slice(&(padded as u64).to_le_bytes());
    aligned.extend_from_slice(&sorted);
    aligned.resize(8 + padded, b' ');
    aligned.extend_from_slice(&bytes[8 + header..]);
    aligned
}

/// Writes a file that appears whole or not at all: to a temporary name in the same folder, synced, then renamed.
pub fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".partial");
    let temporary = path.with_file_name(name);
    let written = File::create(&temporary).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    let result = written.and_then(|()| patiently(|| std::fs::rename(&temporary, path)));
    if result.is_err() {
        let _ = std::fs::remove_file(&temporary);
    }
    result
}

/// Renames or removes a file. On Windows that is refused while another program has it open, and some open every file that is new or
/// changed, to scan or to index it: it is tried again for half a second.
pub fn patiently(mut change: impl FnMut() -> io::Result<()>) -> io::Result<()> {
    let pauses: &[u64] = match cfg!(windows) {
        true => &[5, 10, 20, 40, 80, 160, 320],
        false => &[],
    };
    for pause in pauses {
        match change() {
            Err(error) if is_held(&error) => std::thread::sleep(Duration::from_millis(*pause)),
            result => return result,
        }
    }
    change()
}

/// Whether that is how Windows says that somebody has a file open.
fn is_held(error: &io::Error) -> bool {
    /// ERROR_SHARING_VIOLATION
    const SHARED: i32 = 32;
    /// ERROR_USER_MAPPED_FILE
    const MAPPED: i32 = 1224;
    let is_denied = error.kind() == io::ErrorKind::PermissionDenied;
    is_denied || [Some(SHARED), Some(MAPPED)].contains(&error.raw_os_error())
}

#[cfg(all(test, windows))]
mod tests {
    use super::*;
    use std::os::windows::fs::OpenOptionsExt;

    #[test]
    fn a_file_that_somebody_looks_at_is_replaced_when_they_are_done() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model");
        write_whole(&path, b"old").unwrap();
        let (opened, is_open) = std::sync::mpsc::channel();
        let scanned = path.clone();
        let scanner = std::thread::spawn(move || {
            let file = File::options().read(true).share_mode(1).open(scanned);
            opened.send(()).unwrap();
            std::thread::sleep(Duration::from_millis(50));
            drop(file.unwrap());
        });
        is_open.recv().unwrap();
        write_whole(&path, b"new").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"new");
        scanner.join().unwrap();
    }
}
