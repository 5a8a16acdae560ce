//! A corpus as token ids on disk: written once by [`super::corpus`], read in windows by [`super::streams`].
//!
//! ```text
//! tokens      16 or 32 bits each, little-endian; every document starts with DOC
//! documents   for each: where it ends (64 bits, in tokens) and how many words it has (32 bits)
//! header      JSON
//! its length  64 bits
//! ```
//!
//! The header comes last because the counts in it are known last, so a shard is written in one pass. Only the list of
//! documents is kept in memory. A shard is complete or absent: it is written under another name and renamed.

use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::files::FileError;
use crate::model::patiently;
use crate::text::TokenId;

const FORMAT: &str = "rnn-lsp tokens 1";
/// More than any header we write; a length beyond it means that the file is not a shard.
const LONGEST_HEADER: u64 = 1 << 16;
/// Bytes of a document's entry in the list.
const ENTRY: u64 = 12;
/// How far behind a wanted cut a break token is looked for.
const CUT_SEARCH: usize = 1 << 16;

/// What a shard holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    format: String,
    /// Bytes of a token id: 2 or 4.
    width: u64,
    /// Number of tokens in the vocabulary they were encoded with.
    pub vocabulary: usize,
    /// Fingerprint of the tokenizer, see [`fingerprint`].
    pub tokenizer: u64,
    /// Tokens, the document starts included.
    pub tokens: u64,
    /// Documents.
    pub documents: u64,
    /// Words between white space.
    pub words: u64,
    /// Bytes of prose.
    pub bytes: u64,
}

/// A stretch of tokens that is read in order from the zero state: a document, or a part of a long one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Its first token: DOC, or the break token that is read as DOC because nothing before it is known.
    pub start: u64,
    /// Number of tokens.
    pub len: u64,
    /// Number of words; an estimate where a document was cut.
    pub words: u64,
}

/// A shard open for reading.
#[derive(Debug)]
pub struct Shard {
    path: PathBuf,
    file: File,
    header: Header,
    documents: Vec<Part>,
}

impl Shard {
    /// Opens a shard and reads its list of documents.
    pub fn open(path: &Path) -> Result<Shard, FileError> {
        let io = |source| FileError::io(path, source);
        let mut file = File::open(path).map_err(io)?;
        let size = file.metadata().map_err(io)?.len();
        let header = read_header(path, &mut file, size)?;
        let documents = read_documents(path, &mut file, &header)?;
        Ok(Shard {
            path: path.to_owned(),
            file,
            header,
            documents,
        })
    }

    /// What it holds.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// Its documents, in corpus order.
    pub fn documents(&self) -> &[Part] {
        &self.documents
    }

    /// Reads tokens `start..start + out.len()`; past the end of the shard the next document would start, so DOC stands there.
    pub fn read(&mut self, start: u64, out: &mut [u32]) -> Result<(), FileError> {
        let there = out
            .len()
            .min(self.header.tokens.saturating_sub(start) as usize);
        let (inside, beyond) = out.split_at_mut(there);
        beyond.fill(TokenId::DOC.0);
        let width = self.header.width as usize;
        let mut bytes = vec![0; inside.len() * width];
        let result = self
            .file
            .seek(SeekFrom::Start(start * width as u64))
            .and_then(|_| self.file.read_exact(&mut bytes));
        result.map_err(|source| FileError::io(&self.path, source))?;
        for (token, bytes) in inside.iter_mut().zip(bytes.chunks_exact(width)) {
            let mut id = [0; 4];
            id[..width].copy_from_slice(bytes);
            *token = u32::from_le_bytes(id);
        }
        match inside
            .iter()
            .find(|&&id| id as usize >= self.header.vocabulary)
        {
            None => Ok(()),
            Some(id) => Err(FileError::format(
                &self.path,
                format!("token {id} in a vocabulary of {}", self.header.vocabulary),
            )),
        }
    }

    /// How often each token of the vocabulary occurs.
    pub fn counts(&mut self) -> Result<Vec<u64>, FileError> {
        let mut counts = vec![0; self.header.vocabulary];
        let mut tokens = vec![0; 1 << 18];
        let mut start = 0;
        while start < self.header.tokens {
            let len = (tokens.len() as u64).min(self.header.tokens - start) as usize;
            self.read(start, &mut tokens[..len])?;
            tokens[..len]
                .iter()
                .for_each(|&id| counts[id as usize] += 1);
            start += len as u64;
        }
        Ok(counts)
    }

    /// Cuts parts longer than `longest` tokens, at break tokens: a stream that begins in the middle of a novel starts
    /// where the server would start reading it. Without this a corpus of a few books would have most of a batch read
    /// the same book.
    pub fn cut(&mut self, parts: &[Part], longest: u64) -> Result<Vec<Part>, FileError> {
        let mut cut = Vec::with_capacity(parts.len());
        let mut near = vec![0; CUT_SEARCH];
        for part in parts {
            let end = part.start + part.len;
            let pieces = part.len.div_ceil(longest.max(1)).max(1);
            let mut start = part.start;
            for piece in 1..pieces {
                let wanted = part.start + part.len * piece / pieces;
                if wanted <= start {
                    continue;
                }
                let near = &mut near[..CUT_SEARCH.min((end - wanted) as usize)];
                self.read(wanted, near)?;
                if let Some(at) = near.iter().position(|&id| is_break(id)) {
                    cut.push(part.slice(start, wanted + at as u64));
                    start = wanted + at as u64;
                }
            }
            cut.push(part.slice(start, end));
        }
        Ok(cut)
    }

    /// Splits off documents to judge the training by: about a hundredth of the tokens, at most [`HELD_OUT`], chosen by
    /// a hash of `seed`. Where there are too few documents for that, parts of documents are held out.
    pub fn hold_out(&mut self, seed: u64) -> Result<Split, FileError> {
        let tokens = self.header.tokens;
        let budget = (tokens / 100).max((tokens / 10).min(20_000)).min(HELD_OUT);
        let mut parts = self.documents.clone();
        // One long document would judge a style instead of the language.
        let mut longest = budget / 4;
        let short = parts.iter().filter(|part| part.len <= longest);
        let mut left = budget;
        if short.map(|part| part.len).sum::<u64>() < 4 * budget {
            parts = self.cut(&parts, (budget / 8).max(64))?;
            left = budget.max(SMALLEST_HELD_OUT);
            longest = left;
        }
        let mut order: Vec<usize> = (0..parts.len()).collect();
        order.sort_by_key(|&at| (mix(seed, at as u64), at));
        let mut held = vec![false; parts.len()];
        for at in order {
            if parts[at].len <= left && parts[at].len <= longest {
                left -= parts[at].len;
                held[at] = true;
            }
        }
        let mut split = Split::default();
        for (part, held) in parts.into_iter().zip(held) {
            if held {
                split.valid.push(part);
                continue;
            }
            match split.train.last_mut() {
                // Neighbors that were cut apart for nothing.
                Some(last)
                    if last.start + last.len == part.start && !self.is_document(part.start) =>
                {
                    last.len += part.len;
                    last.words += part.words;
                }
                _ => split.train.push(part),
            }
        }
        Ok(split)
    }

    fn is_document(&self, start: u64) -> bool {
        self.documents
            .binary_search_by_key(&start, |document| document.start)
            .is_ok()
    }
}

/// At most this many tokens are held out: enough for a perplexity good to a percent, read in seconds.
pub const HELD_OUT: u64 = 300_000;
/// A corpus of a few notes holds out some paragraphs of them.
const SMALLEST_HELD_OUT: u64 = 200;

/// What to learn from, and what to judge by.
#[derive(Clone, Debug, Default)]
pub struct Split {
    /// To learn from.
    pub train: Vec<Part>,
    /// To judge by.
    pub valid: Vec<Part>,
}

impl Part {
    fn slice(&self, start: u64, end: u64) -> Part {
        let len = end - start;
        Part {
            start,
            len,
            words: self.words * len / self.len.max(1),
        }
    }
}

/// Writes a shard document by document.
#[derive(Debug)]
pub struct Writer {
    path: PathBuf,
    temporary: PathBuf,
    file: BufWriter<File>,
    header: Header,
    entries: Vec<u8>,
}

impl Writer {
    /// Starts a shard that will appear at `path` when it is finished.
    pub fn create(path: &Path, vocabulary: usize, tokenizer: u64) -> Result<Writer, FileError> {
        let temporary = path.with_extension("partial");
        let file = File::create(&temporary).map_err(|source| FileError::io(&temporary, source))?;
        let header = Header {
            format: FORMAT.to_owned(),
            width: if vocabulary <= 1 << 16 { 2 } else { 4 },
            vocabulary,
            tokenizer,
            ..Header::default()
        };
        Ok(Writer {
            path: path.to_owned(),
            temporary,
            file: BufWriter::with_capacity(1 << 20, file),
            header,
            entries: Vec::new(),
        })
    }

    /// Appends a document: its tokens with DOC in front, and the words and bytes of prose it has.
    pub fn push(&mut self, tokens: &[u32], words: u64, bytes: u64) -> Result<(), FileError> {
        let width = self.header.width as usize;
        let mut encoded = Vec::with_capacity(tokens.len() * width);
        for token in tokens {
            encoded.extend_from_slice(&token.to_le_bytes()[..width]);
        }
        self.file
            .write_all(&encoded)
            .map_err(|source| FileError::io(&self.temporary, source))?;
        self.header.tokens += tokens.len() as u64;
        self.header.documents += 1;
        self.header.words += words;
        self.header.bytes += bytes;
        self.entries
            .extend_from_slice(&self.header.tokens.to_le_bytes());
        self.entries
            .extend_from_slice(&(words as u32).to_le_bytes());
        Ok(())
    }

    /// What was written so far.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// Completes the shard and gives it its name.
    pub fn finish(mut self) -> Result<Header, FileError> {
        let json =
            serde_json::to_vec(&self.header).expect("a plain struct of numbers and a string");
        let mut tail = std::mem::take(&mut self.entries);
        tail.extend_from_slice(&json);
        tail.extend_from_slice(&(json.len() as u64).to_le_bytes());
        let written = self
            .file
            .write_all(&tail)
            .and_then(|()| self.file.flush())
            .and_then(|()| self.file.get_ref().sync_all())
            .and_then(|()| patiently(|| std::fs::rename(&self.temporary, &self.path)));
        written.map_err(|source| FileError::io(&self.path, source))?;
        Ok(std::mem::take(&mut self.header))
    }
}

impl Drop for Writer {
    /// An unfinished shard is of no use to anyone, and on a full disk it is in the way.
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.temporary);
    }
}

/// A number that tells tokenizers apart: FNV-1a of their bytes.
pub fn fingerprint(bytes: &[u8]) -> u64 {
    let step = |hash: u64, &byte: &u8| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, step)
}

/// Hashes a number under a seed (SplitMix64's finalizer): the source of every random choice about documents, so that a
/// choice depends on the seed and the document alone, not on how many choices came before it.
pub(crate) fn mix(seed: u64, value: u64) -> u64 {
    let mut z = seed ^ value.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    for multiplier in [
        0xbf58_476d_1ce4_e5b9,
        0x94d0_49bb_1331_11eb,
        0xbf58_476d_1ce4_e5b9,
    ] {
        z = (z ^ (z >> 30)).wrapping_mul(multiplier);
    }
    z ^ (z >> 31)
}

fn is_break(id: u32) -> bool {
    [TokenId::PAR, TokenId::HEAD, TokenId::ITEM, TokenId::QUOTE].contains(&TokenId(id))
}

fn read_header(path: &Path, file: &mut File, size: u64) -> Result<Header, FileError> {
    let io = |source| FileError::io(path, source);
    let broken = |what: String| FileError::format(path, what);
    let mut len = [0; 8];
    if size < 8 {
        return Err(broken(format!(
            "{size} bytes, too few for a file of tokens"
        )));
    }
    file.seek(SeekFrom::End(-8)).map_err(io)?;
    file.read_exact(&mut len).map_err(io)?;
    let len = u64::from_le_bytes(len);
    if len > LONGEST_HEADER || len + 8 > size {
        return Err(broken("not a file of tokens, or cut off".to_owned()));
    }
    let mut json = vec![0; len as usize];
    file.seek(SeekFrom::End(-8 - len as i64)).map_err(io)?;
    file.read_exact(&mut json).map_err(io)?;
    let header: Header =
        serde_json::from_slice(&json).map_err(|error| broken(format!("header: {error}")))?;
    if header.format != FORMAT {
        return Err(broken(format!(
            "format {:?}, expected {FORMAT:?}",
            header.format
        )));
    }
    if header.width != 2 && header.width != 4 {
        return Err(broken(format!(
            "{} bytes a token, expected 2 or 4",
            header.width
        )));
    }
    let expected = header
        .tokens
        .checked_mul(header.width)
        .and_then(|bytes| bytes.checked_add(header.documents.checked_mul(ENTRY)?))
        .and_then(|bytes| bytes.checked_add(len + 8));
    match expected {
        Some(expected) if expected == size => Ok(header),
        Some(expected) => Err(broken(format!("{size} bytes, expected {expected}"))),
        None => Err(broken("sizes in the header that do not exist".to_owned())),
    }
}

fn read_documents(path: &Path, file: &mut File, header: &Header) -> Result<Vec<Part>, FileError> {
    let io = |source| FileError::io(path, source);
    file.seek(SeekFrom::Start(header.tokens * header.width))
        .map_err(io)?;
    let mut reader = BufReader::new(file);
    let mut documents = Vec::with_capacity(header.documents as usize);
    let mut start = 0;
    for _ in 0..header.documents {
        let (mut end, mut words) = ([0; 8], [0; 4]);
        reader.read_exact(&mut end).map_err(io)?;
        reader.read_exact(&mut words).map_err(io)?;
        let end = u64::from_le_bytes(end);
        if end <= start || end > header.tokens {
            let what = format!("a document of tokens {start}..{end} in {}", header.tokens);
            return Err(FileError::format(path, what));
        }
        let words = u64::from(u32::from_le_bytes(words));
        documents.push(Part {
            start,
            len: end - start,
            words,
        });
        start = end;
    }
    Ok(documents)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Documents of these lengths: DOC, then `100 + document` with a paragraph break at each tenth token.
    pub(crate) fn shard(folder: &Path, lengths: &[usize]) -> Shard {
        let path = folder.join("tokens.bin");
        let mut writer = Writer::create(&path, 70_000, 7).expect("a new file");
        for (document, &len) in lengths.iter().enumerate() {
            let token = |at: usize| match at {
                0 => TokenId::DOC.0,
                _ if at.is_multiple_of(10) => TokenId::PAR.0,
                _ => 100 + document as u32,
            };
            let tokens: Vec<u32> = (0..len).map(token).collect();
            writer
                .push(&tokens, len as u64, 5 * len as u64)
                .expect("space on the disk");
        }
        writer.finish().expect("space on the disk");
        Shard::open(&path).expect("the shard just written")
    }

    #[test]
    fn round_trip() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut shard = shard(folder.path(), &[3, 12]);
        assert_eq!(shard.header().tokens, 15);
        assert_eq!(
            shard.documents()[1],
            Part {
                start: 3,
                len: 12,
                words: 12
            }
        );
        let mut tokens = [9; 6];
        shard.read(12, &mut tokens).expect("a readable shard");
        assert_eq!(tokens, [101, 1, 101, 0, 0, 0]);
    }

    #[test]
    fn damage_is_named() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        shard(folder.path(), &[3, 12]);
        let path = folder.path().join("tokens.bin");
        let whole = std::fs::read(&path).expect("the shard just written");
        for len in 0..whole.len() {
            std::fs::write(&path, &whole[..len]).expect("space on the disk");
            assert!(Shard::open(&path).is_err(), "cut off at {len}");
        }
    }

    #[test]
    fn an_unfinished_shard_leaves_nothing() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("tokens.bin");
        let mut writer = Writer::create(&path, 300, 0).expect("a new file");
        writer.push(&[0, 1], 1, 1).expect("space on the disk");
        drop(writer);
        assert_eq!(
            std::fs::read_dir(folder.path()).expect("a folder").count(),
            0
        );
    }

    #[test]
    fn holds_out_whole_documents() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut shard = shard(folder.path(), &[100; 500]);
        let split = shard.hold_out(1).expect("a readable shard");
        assert!(
            split
                .valid
                .iter()
                .chain(&split.train)
                .all(|part| part.len == 100)
        );
        assert_eq!(split.valid.len() + split.train.len(), 500);
        assert_eq!(split.valid.len(), 50);
        assert_ne!(
            split.valid,
            shard.hold_out(2).expect("a readable shard").valid
        );
    }

    #[test]
    fn holds_out_a_paragraph_of_a_note() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut shard = shard(folder.path(), &[600, 700]);
        let split = shard.hold_out(1).expect("a readable shard");
        let held: u64 = split.valid.iter().map(|part| part.len).sum();
        assert!((60..=200).contains(&held), "{held}");
    }

    #[test]
    fn holds_out_parts_of_a_single_book() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut shard = shard(folder.path(), &[50_000]);
        let split = shard.hold_out(1).expect("a readable shard");
        let count = |parts: &[Part]| parts.iter().map(|part| part.len).sum::<u64>();
        assert_eq!(count(&split.train) + count(&split.valid), 50_000);
        assert!(
            (2_000..=5_000).contains(&count(&split.valid)),
            "{}",
            count(&split.valid)
        );
        assert!(
            split.train.len() <= split.valid.len() + 1,
            "neighbors are joined"
        );
    }
}
