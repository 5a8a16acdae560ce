//! Model files: one self-contained safetensors file, memory-mapped where that binds nobody's hands.
//!
//! Metadata: `format`, `config` (JSON), `crc32` of the data. Tensors: `tokenizer` (bytes), `bias` (vocabulary), and for each 8-bit matrix M — `embedding`,
//! `lstm.LAYER.input`, `lstm.LAYER.recurrent`, `projection` — `M` packed as [`int8::Matrix`] describes, `M.scale` and `M.sum`; `lstm.LAYER.bias` stands beside.
//! Where a table of what follows what was counted, [`Ngram`]'s arrays are tensors `ngram.NAME`, and `gates` (gates, features) says how far to trust counts.
//! Where the words of several tokens were counted, [`KnownWords`]'s arrays are tensors `known.NAME`.
//! Data starts at a multiple of 64 bytes. Opening checks names, types, shapes and bounds, and reads no tensor but the tokenizer; [`ModelFile::verify`] reads all.

#![allow(unsafe_code)] // mapping a file, and reading floats where they lie; SAFETY lines stand at each

mod write;

pub use write::{
    Parts, patiently, to_bytes, with_gates, with_known, with_network, with_ngram, write_whole,
};

use std::fs::File;
use std::io;
use std::path::Path;

use memmap2::Mmap;
use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView};

use super::Config;
use super::gates::{COUNT, FEATURES};
use super::known::{self, KnownWords};
use super::ngram::{LARGEST_VOCABULARY, Ngram};
use crate::nn::simd::int8::{self, Matrix};
use write::Tensor;

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
    /// Maps a file. On Windows it is read: nobody could remove or replace it there while it is mapped, and generations of weights are to
    /// be forgotten, models to be trained anew.
    pub fn open(path: &Path) -> Result<ModelFile, Error> {
        if cfg!(windows) {
            return ModelFile::new(Bytes::Owned(std::fs::read(path)?));
        }
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
