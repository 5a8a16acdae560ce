//! Model files: one self-contained safetensors file, memory-mapped.
//!
//! Metadata: `format`, `config` (JSON), `crc32` of the data. Tensors: `tokenizer` (bytes), `bias` (vocabulary), and for each 8-bit matrix M — `embedding`,
//! `lstm.LAYER.input`, `lstm.LAYER.recurrent`, `projection` — `M` packed as [`int8::Matrix`] describes, `M.scale` and `M.sum`; `lstm.LAYER.bias` stands beside.
//! Where a table of what follows what was counted, [`Ngram`]'s arrays are tensors `ngram.NAME`, and `gates` (gates, features) says how far to trust counts.
//! Where the words of several tokens were counted, [`KnownWords`]'s arrays are tensors `known.NAME`.
//! Data starts at a multiple of 64 bytes. Opening checks names, types, shapes and bounds, and reads no tensor but the tokenizer; [`ModelFile::verify`] reads all.

#![allow(unsafe_code)] // mapping a file, and reading floats where they lie; SAFETY lines stand at each

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use memmap2::Mmap;
use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView};

use super::Config;
use super::gates::{COUNT, FEATURES, Gates};
use super::known::{self, KnownWords, WordTree};
use super::ngram::{LARGEST_VOCABULARY, Ngram, Table};
use crate::nn::simd::int8::{self, Matrix, Packed};

const FORMAT: &str = "rnn-lsp model 1";
/// Data starts at a multiple of this.
const ALIGNMENT: usize = 64;
/// More than any header we write.
const LONGEST_HEADER: usize = 1 << 20;

/// Why a model could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The system said no: no permission, no such file.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// The file is not a model, or not one that this program reads.
    #[error("{0}")]
    Format(String),
}

/// Where a model's bytes are.
#[derive(Debug)]
pub enum Bytes {
    /// In a mapped file.
    Mapped(Mmap),
    /// In the program.
    Static(&'static [u8]),
    /// In memory.
    Owned(Vec<u8>),
}

impl AsRef<[u8]> for Bytes {
    fn as_ref(&self) -> &[u8] {
        match self {
            Bytes::Mapped(map) => map,
            Bytes::Static(bytes) => bytes,
            Bytes::Owned(bytes) => bytes,
        }
    }
}

/// Start and length of a tensor, in bytes of the file.
#[derive(Clone, Copy, Debug)]
struct Span(usize, usize);

#[derive(Clone, Copy, Debug)]
struct MatrixSpans {
    data: Span,
    scales: Span,
    sums: Span,
    columns: usize,
}

#[derive(Debug)]
struct Layer {
    input: MatrixSpans,
    recurrent: MatrixSpans,
    bias: Span,
}

/// An open model file.
#[derive(Debug)]
pub struct ModelFile {
    bytes: Bytes,
    config: Config,
    crc32: u32,
    data: usize, // where tensors start
    tokenizer: Span,
    bias: Span,
    embedding: MatrixSpans,
    projection: MatrixSpans,
    layers: Vec<Layer>,
    ngram: Option<NgramSpans>,
    gates: Option<Span>,
    known: Option<KnownSpans>,
}

/// In the order of [`KnownWords`]' fields.
#[derive(Clone, Copy, Debug)]
struct KnownSpans {
    nodes: Span,
    tokens: Span,
    shares: Span,
}

/// In the order of [`Ngram`]'s fields.
#[derive(Clone, Copy, Debug)]
struct NgramSpans {
    buckets: Span,
    fingerprints: Span,
    seen: Span,
    lengths: Span,
    tokens: Span,
    shares: Span,
}

impl ModelFile {
    /// Maps a file.
    pub fn open(path: &Path) -> Result<ModelFile, Error> {
        let file = File::open(path)?;
        // SAFETY: a mapping is unsound when the file shrinks under it; models are write-once files, replaced by rename, never written in place.
        let map = unsafe { Mmap::map(&file) }?;
        ModelFile::new(Bytes::Mapped(map))
    }

    /// Checks bytes, wherever they are.
    pub fn new(bytes: Bytes) -> Result<ModelFile, Error> {
        let format = |what: String| Error::Format(what);
        let all = bytes.as_ref();
        let header = all
            .first_chunk()
            .map_or(0, |length| u64::from_le_bytes(*length));
        if header == 0
            || header > LONGEST_HEADER as u64
            || header as usize > all.len().saturating_sub(8)
        {
            let found = all.len();
            return Err(format(format!(
                "not a model: {found} bytes with a header of {header}, expected a safetensors header of at most {LONGEST_HEADER}"
            )));
        }
        let data = 8 + header as usize;
        let (_, metadata) = SafeTensors::read_metadata(all)
            .map_err(|error| format(format!("not a model: {error}")))?;
        let fields = metadata.metadata().clone().unwrap_or_default();
        let field = |name: &str| fields.get(name).map_or("", |value| value);
        if field("format") != FORMAT {
            return Err(format(format!(
                "format {:?} in the header, expected {FORMAT:?}",
                field("format")
            )));
        }
        let config: Config = serde_json::from_str(field("config"))
            .map_err(|error| format(format!("config in the header: {error}")))?;
        config
            .check()
            .map_err(|what| format(format!("config in the header: {what}")))?;
        // Only as it is written, so that no flipped bit goes unnoticed.
        let crc32 = u32::from_str_radix(field("crc32"), 16)
            .ok()
            .filter(|crc32| format!("{crc32:08x}") == field("crc32"))
            .ok_or_else(|| {
                format(format!(
                    "crc32 {:?} in the header, expected 8 hexadecimal digits",
                    field("crc32")
                ))
            })?;

        let tensors = SafeTensors::deserialize(all)
            .map_err(|error| format(format!("not a model: {error}")))?;
        let span = |name: &str, dtype: Dtype, shape: &[usize]| -> Result<Span, Error> {
            let tensor = tensors
                .tensor(name)
                .map_err(|_| format(format!("no tensor {name}")))?;
            if tensor.dtype() != dtype || tensor.shape() != shape {
                return Err(format(format!(
                    "{name} is {:?} of {:?}, expected {:?} of {dtype:?}",
                    tensor.shape(),
                    tensor.dtype(),
                    shape
                )));
            }
            let start = tensor.data().as_ptr().addr() - all.as_ptr().addr();
            let start = if tensor.data().is_empty() {
                data
            } else {
                start
            };
            if !(all.as_ptr().addr() + start).is_multiple_of(dtype.bitsize() / 8) {
                return Err(format(format!(
                    "{name} starts at byte {start}, which is not aligned for {dtype:?}"
                )));
            }
            Ok(Span(start, tensor.data().len()))
        };
        let matrix = |name: &str, rows: usize, columns: usize| -> Result<MatrixSpans, Error> {
            let padded = columns.next_multiple_of(int8::GROUP);
            let shape = [
                rows.div_ceil(int8::PANEL),
                padded / int8::GROUP,
                int8::PANEL,
                int8::GROUP,
            ];
            Ok(MatrixSpans {
                data: span(name, Dtype::I8, &shape)?,
                scales: span(&format!("{name}.scale"), Dtype::F32, &[rows])?,
                sums: span(&format!("{name}.sum"), Dtype::I32, &[rows])?,
                columns: padded,
            })
        };
        let Config {
            vocabulary,
            embedding,
            hidden,
            ..
        } = config;
        let layer = |layer: usize| -> Result<Layer, Error> {
            Ok(Layer {
                input: matrix(
                    &format!("lstm.{layer}.input"),
                    4 * hidden,
                    config.layer_input(layer),
                )?,
                recurrent: matrix(&format!("lstm.{layer}.recurrent"), 4 * hidden, hidden)?,
                bias: span(&format!("lstm.{layer}.bias"), Dtype::F32, &[4 * hidden])?,
            })
        };
        let layers = (0..config.layers).map(layer).collect::<Result<_, _>>()?;
        let len = |name: &str| {
            tensors
                .tensor(name)
                .map_or(0, |tensor| tensor.shape().iter().product())
        };
        let known = match tensors.tensor("known.nodes") {
            Err(_) => None,
            Ok(_) if vocabulary > known::LARGEST_VOCABULARY => {
                return Err(format(format!(
                    "known.nodes beside a vocabulary of {vocabulary}, expected one of at most {}",
                    known::LARGEST_VOCABULARY
                )));
            }
            Ok(_) => {
                let nodes = len("known.nodes") / 2;
                let tokens = len("known.tokens");
                Some(KnownSpans {
                    nodes: span("known.nodes", Dtype::U32, &[nodes, 2])?,
                    tokens: span("known.tokens", Dtype::U16, &[tokens])?,
                    shares: span("known.shares", Dtype::U8, &[tokens])?,
                })
            }
        };
        let ngram = match tensors.tensor("ngram.buckets") {
            Err(_) => None,
            Ok(_) if vocabulary > LARGEST_VOCABULARY => {
                return Err(format(format!(
                    "ngram.buckets beside a vocabulary of {vocabulary}, expected one of at most {LARGEST_VOCABULARY}"
                )));
            }
            Ok(buckets) => {
                let buckets = buckets.shape().first().copied().unwrap_or(0);
                let (contexts, followers) = (len("ngram.fingerprints"), len("ngram.tokens"));
                Some(NgramSpans {
                    buckets: span("ngram.buckets", Dtype::U32, &[buckets, 2])?,
                    fingerprints: span("ngram.fingerprints", Dtype::U16, &[contexts])?,
                    seen: span("ngram.seen", Dtype::U8, &[contexts])?,
                    lengths: span("ngram.lengths", Dtype::U8, &[contexts])?,
                    tokens: span("ngram.tokens", Dtype::U16, &[followers])?,
                    shares: span("ngram.shares", Dtype::U8, &[followers])?,
                })
            }
        };
        let tokenizer = tensors
            .tensor("tokenizer")
            .map_or(0, |tensor| tensor.data().len());
        let (tokenizer, bias) = (
            span("tokenizer", Dtype::U8, &[tokenizer])?,
            span("bias", Dtype::F32, &[vocabulary])?,
        );
        let (embedding, projection) = (
            matrix("embedding", vocabulary, embedding)?,
            matrix("projection", embedding, hidden)?,
        );
        let gates = match tensors.tensor("gates") {
            Ok(_) => Some(span("gates", Dtype::F32, &[COUNT, FEATURES])?),
            Err(_) => None,
        };
        // What is optional must not vanish by a flipped bit in its name, which no checksum covers.
        let expected = 8
            + 7 * config.layers
            + if ngram.is_some() { 6 } else { 0 }
            + if known.is_some() { 3 } else { 0 }
            + usize::from(gates.is_some());
        if tensors.len() != expected {
            return Err(format(format!(
                "{} tensors, expected {expected}",
                tensors.len()
            )));
        }
        let file = ModelFile {
            crc32,
            data,
            tokenizer,
            bias,
            embedding,
            projection,
            layers,
            ngram,
            gates,
            known,
            config,
            bytes,
        };
        match file.ngram().map(|ngram| ngram.check()) {
            Some(Err(what)) => Err(format(what)),
            _ => Ok(file),
        }
    }

    /// Hyperparameters.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The data's checksum, as the header gives it: tells weights apart.
    pub fn checksum(&self) -> u32 {
        self.crc32
    }

    /// Number of bytes.
    pub fn len(&self) -> usize {
        self.bytes.as_ref().len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Reads the whole file and compares its checksum with the header's.
    pub fn verify(&self) -> Result<(), Error> {
        let found = crc32fast::hash(&self.bytes.as_ref()[self.data..]);
        if found != self.crc32 {
            return Err(Error::Format(format!(
                "checksum {found:08x}, expected {:08x} as in the header: the file is damaged",
                self.crc32
            )));
        }
        if let Some(known) = self.known() {
            known.check(self.config.vocabulary).map_err(Error::Format)?;
        }
        self.ngram().map_or(Ok(()), |ngram| {
            ngram.verify(self.config.vocabulary).map_err(Error::Format)
        })
    }

    /// The words of several tokens, where the file has them.
    pub fn known(&self) -> Option<KnownWords<'_>> {
        let spans = self.known?;
        Some(KnownWords {
            nodes: self.cast(spans.nodes),
            tokens: self.cast(spans.tokens),
            shares: self.cast(spans.shares),
        })
    }

    /// The table of what follows what, where the file has one.
    pub fn ngram(&self) -> Option<Ngram<'_>> {
        let spans = self.ngram?;
        Some(Ngram {
            buckets: self.cast(spans.buckets),
            fingerprints: self.cast(spans.fingerprints),
            seen: self.cast(spans.seen),
            lengths: self.cast(spans.lengths),
            tokens: self.cast(spans.tokens),
            shares: self.cast(spans.shares),
        })
    }

    /// How far counts are to be trusted, where that was fitted to this model.
    pub fn gates(&self) -> Option<&[f32]> {
        self.gates.map(|span| self.cast(span))
    }

    /// The tokenizer's bytes.
    pub fn tokenizer(&self) -> &[u8] {
        &self.bytes.as_ref()[self.tokenizer.0..][..self.tokenizer.1]
    }

    /// The softmax's bias, (vocabulary).
    pub fn bias(&self) -> &[f32] {
        self.cast(self.bias)
    }

    /// The embedding, which is also the softmax's matrix: (vocabulary, embedding).
    pub fn embedding(&self) -> Matrix<'_> {
        self.matrix(&self.embedding)
    }

    /// (embedding, hidden)
    pub fn projection(&self) -> Matrix<'_> {
        self.matrix(&self.projection)
    }

    /// A layer's input (4 · hidden, input), recurrent (4 · hidden, hidden) and bias (4 · hidden).
    pub fn layer(&self, layer: usize) -> (Matrix<'_>, Matrix<'_>, &[f32]) {
        let layer = &self.layers[layer];
        (
            self.matrix(&layer.input),
            self.matrix(&layer.recurrent),
            self.cast(layer.bias),
        )
    }

    /// All tensors as they are.
    fn tensors(&self) -> Vec<Tensor> {
        let all = SafeTensors::deserialize(self.bytes.as_ref()).expect("it was opened");
        let tensor = |(name, tensor): (&str, TensorView<'_>)| {
            let data = tensor.data().to_vec();
            (
                name.to_owned(),
                tensor.dtype(),
                tensor.shape().to_vec(),
                data,
            )
        };
        all.iter().map(tensor).collect()
    }

    fn matrix(&self, spans: &MatrixSpans) -> Matrix<'_> {
        Matrix {
            data: self.cast(spans.data),
            scales: self.cast(spans.scales),
            sums: self.cast(spans.sums),
            columns: spans.columns,
        }
    }

    fn cast<T: Number>(&self, span: Span) -> &[T] {
        let bytes = &self.bytes.as_ref()[span.0..][..span.1];
        // SAFETY: any bits are a valid T (see `Number`); alignment and length were checked when the file was opened, and align_to checks them again.
        let (before, values, after) = unsafe { bytes.align_to::<T>() };
        debug_assert!(before.is_empty() && after.is_empty());
        values
    }
}

/// Types of which any bits are a value.
trait Number {}
impl Number for u8 {}
impl Number for u16 {}
impl Number for u32 {}
impl Number for i8 {}
impl Number for i32 {}
impl Number for f32 {}

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
type Tensor = (String, Dtype, Vec<usize>, Vec<u8>);

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
    let result = written.and_then(|()| std::fs::rename(&temporary, path));
    if result.is_err() {
        let _ = std::fs::remove_file(&temporary);
    }
    result
}
