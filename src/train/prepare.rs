//! Before training: a corpus becomes tokens in the run's folder, once; a resumed run finds them there.

use std::fs;
use std::path::{Path, PathBuf};

use super::corpus::{self, Encode, Flow, Skips, encode, gather, sample};
use super::files::FileError;
use super::folder::Folder;
use super::shards::{Header, Part, Shard, Split, fingerprint};
use crate::text::Tokenizer;

/// What to read.
#[derive(Clone, Debug)]
pub struct Texts<'a> {
    /// Files and folders to learn from.
    pub train: &'a [PathBuf],
    /// Files and folders to judge by; none: documents are held out.
    pub valid: &'a [PathBuf],
    /// Tokens a new vocabulary may have.
    pub vocabulary: usize,
    /// Chooses the documents that are held out.
    pub seed: u64,
    /// Threads.
    pub threads: usize,
}

/// A corpus ready to be trained on.
#[derive(Debug)]
pub struct Corpus {
    /// What made the tokens.
    pub tokenizer: Tokenizer,
    /// What to learn from.
    pub train: (Shard, Vec<Part>),
    /// What to judge by.
    pub valid: (Shard, Vec<Part>),
}

/// How preparing goes.
#[derive(Debug)]
pub enum Progress<'a> {
    /// So many bytes were read, to draw text for the vocabulary.
    Reading(u64),
    /// The vocabulary is being learned from this much text.
    Vocabulary(usize),
    /// So much was encoded.
    Encoding(&'a Header),
    /// Texts were encoded, and some files were left out.
    Encoded(&'a Header, &'a Skips),
}

/// Why there is nothing to train on.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The corpus could not be read or written.
    #[error(transparent)]
    Corpus(#[from] corpus::Error),
    /// A file of the run.
    #[error(transparent)]
    File(#[from] FileError),
    /// No words.
    #[error("no prose in {0}")]
    Empty(String),
    /// Too few words to hold any out.
    #[error("only {0} tokens of prose: too few to learn from and to judge by")]
    Small(u64),
}

/// Reads the texts into the run's folder. The tokenizer is `tokenizer`, or learned from the texts.
pub fn prepare(
    texts: &Texts<'_>,
    tokenizer: Option<Tokenizer>,
    folder: &Folder,
    progress: &mut dyn FnMut(Progress<'_>) -> Flow,
) -> Result<Corpus, Error> {
    let mut skips = Skips::default();
    let sources = gather(texts.train, &mut skips)?;
    let valid_sources = gather(texts.valid, &mut skips)?;
    let tokenizer = match tokenizer {
        Some(tokenizer) => tokenizer,
        None => {
            let drawn = sample(&sources, corpus::SAMPLE, &mut |bytes| {
                progress(Progress::Reading(bytes))
            })?;
            if drawn.texts.iter().all(|text| text.trim().is_empty()) {
                return Err(empty(texts.train, &skips));
            }
            progress(Progress::Vocabulary(
                drawn.texts.iter().map(String::len).sum(),
            ));
            Tokenizer::train(drawn.texts.iter().map(String::as_str), texts.vocabulary)
        }
    };
    let path = folder.tokenizer();
    fs::write(&path, tokenizer.to_bytes()).map_err(|source| FileError::io(&path, source))?;
    let mut written =
        |sources: &[corpus::Source], named: &[PathBuf], path: &Path, mut skips: Skips| {
            let what = Encode {
                sources,
                tokenizer: &tokenizer,
                seed: texts.seed,
                threads: texts.threads,
            };
            let header = encode(&what, path, &mut skips, &mut |header| {
                progress(Progress::Encoding(header))
            })?;
            progress(Progress::Encoded(&header, &skips));
            match header.words {
                0 => Err(empty(named, &skips)),
                _ => Ok(()),
            }
        };
    if !texts.valid.is_empty() {
        written(
            &valid_sources,
            texts.valid,
            &folder.valid_tokens(),
            Skips::default(),
        )?;
    }
    // Last, because its presence says that the folder is complete.
    written(&sources, texts.train, &folder.tokens(), skips)?;
    open(texts.seed, folder)
}

/// Whether [`prepare`] came to its end in an earlier run.
pub fn is_prepared(folder: &Folder) -> bool {
    folder.tokens().exists()
}

/// The tokenizer of what [`prepare`] wrote.
pub fn tokenizer(folder: &Folder) -> Result<Tokenizer, Error> {
    let path = folder.tokenizer();
    let bytes = fs::read(&path).map_err(|source| FileError::io(&path, source))?;
    if Shard::open(&folder.tokens())?.header().tokenizer != fingerprint(&bytes) {
        let what = format!("not the tokenizer that made {}", folder.tokens().display());
        return Err(FileError::format(&path, what).into());
    }
    Tokenizer::from_bytes(&bytes).map_err(|what| FileError::format(&path, what).into())
}

/// Opens what [`prepare`] wrote.
pub fn open(seed: u64, folder: &Folder) -> Result<Corpus, Error> {
    let tokenizer = tokenizer(folder)?;
    let mut shard = Shard::open(&folder.tokens())?;
    let (train, valid) = if folder.valid_tokens().exists() {
        let valid = Shard::open(&folder.valid_tokens())?;
        let parts = valid.documents().to_vec();
        (shard.documents().to_vec(), (valid, parts))
    } else {
        let Split { train, valid } = shard.hold_out(seed)?;
        (train, (Shard::open(&folder.tokens())?, valid))
    };
    if train.is_empty() || valid.1.is_empty() {
        return Err(Error::Small(shard.header().tokens));
    }
    Ok(Corpus {
        tokenizer,
        train: (shard, train),
        valid,
    })
}

fn empty(paths: &[PathBuf], skips: &Skips) -> Error {
    let names: Vec<String> = paths
        .iter()
        .take(3)
        .map(|path| path.display().to_string())
        .collect();
    let more = if paths.len() > 3 { ", …" } else { "" };
    let left_out = match skips.named.first() {
        Some(first) => format!(" ({} left out: {first})", skips.count),
        None => String::new(),
    };
    Error::Empty(format!("{}{more}{left_out}", names.join(", ")))
}
