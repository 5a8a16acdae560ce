//! The second pass: documents to tokens, on all cores, in corpus order.

use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use super::breaks::breaks;
use super::{Error, Flow, Skips, Source, each_document};
use crate::text::prose::{self, Language};
use crate::text::{Ending, TokenId, Tokenizer};
use crate::train::shards::{self, Header, fingerprint, mix};

/// Bytes of text handed to a thread at a time: enough to make the hand-over cheap.
const JOB: usize = 1 << 18;
/// Jobs that wait for a thread, and results that wait to be written, for each thread.
const WAITING: usize = 2;

/// How to encode a corpus.
#[derive(Debug)]
pub struct Encode<'a> {
    /// The files, in order.
    pub sources: &'a [Source],
    /// What makes tokens of text.
    pub tokenizer: &'a Tokenizer,
    /// Decides which of a plain text's paragraphs are read as headings, items and quotations.
    pub seed: u64,
    /// Threads that encode; one more reads, one more writes.
    pub threads: usize,
}

/// A document to be encoded.
struct Text {
    number: u64,
    language: Language,
    text: String,
}

/// An encoded document.
struct Tokens {
    ids: Vec<u32>,
    words: u64,
    bytes: u64,
}

/// Writes all documents that have prose as a shard at `path`. `progress` is told what was written so far.
pub fn encode(
    what: &Encode<'_>,
    path: &Path,
    skips: &mut Skips,
    progress: &mut dyn FnMut(&Header) -> Flow,
) -> Result<Header, Error> {
    let tokenizer = what.tokenizer;
    let vocabulary = tokenizer.vocabulary().len();
    let mut writer = shards::Writer::create(path, vocabulary, fingerprint(&tokenizer.to_bytes()))?;
    thread::scope(|scope| {
        // Job n goes to thread n modulo their number and its result is fetched from there, so results come in order
        // without being sorted.
        let mut jobs = Vec::new();
        let mut results = Vec::new();
        for _ in 0..what.threads.max(1) {
            let (job, todo) = sync_channel(WAITING);
            let (done, result) = sync_channel(WAITING);
            scope.spawn(move || work(tokenizer, what.seed, &todo, &done));
            jobs.push(job);
            results.push(result);
        }
        let reader = scope.spawn(move || hand_out(what.sources, jobs));
        let written = collect(&results, &mut writer, progress);
        // Threads that still work notice that nobody takes their results.
        drop(results);
        let read = reader
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        skips.extend(read);
        written
    })?;
    Ok(writer.finish()?)
}

/// Reads documents and hands them out in turn, until there are no more or the threads are gone.
fn hand_out(sources: &[Source], jobs: Vec<SyncSender<Vec<Text>>>) -> Skips {
    let mut skips = Skips::default();
    let mut threads = jobs.iter().cycle();
    let mut job = Vec::new();
    let mut size = 0;
    let mut send = |job| match threads.next().map(|thread| thread.send(job)) {
        Some(Ok(())) => Flow::On,
        _ => Flow::Stop,
    };
    let flow = each_document(sources, &mut skips, &mut |source, number, text| {
        size += text.len();
        job.push(Text {
            number,
            language: source.language,
            text,
        });
        if size < JOB {
            return Flow::On;
        }
        size = 0;
        send(std::mem::take(&mut job))
    });
    if flow == Flow::On && !job.is_empty() {
        send(job);
    }
    skips
}

fn work(
    tokenizer: &Tokenizer,
    seed: u64,
    todo: &Receiver<Vec<Text>>,
    done: &SyncSender<Vec<Tokens>>,
) {
    for job in todo {
        let encoded = job.iter().map(|text| read(tokenizer, seed, text)).collect();
        if done.send(encoded).is_err() {
            return;
        }
    }
}

fn collect(
    results: &[Receiver<Vec<Tokens>>],
    writer: &mut shards::Writer,
    progress: &mut dyn FnMut(&Header) -> Flow,
) -> Result<(), Error> {
    for result in results.iter().cycle() {
        // The first thread that has no more had its last job before all others.
        let Ok(documents) = result.recv() else { break };
        for document in documents.iter().filter(|document| document.bytes > 0) {
            writer.push(&document.ids, document.words, document.bytes)?;
        }
        if progress(writer.header()) == Flow::Stop {
            return Err(Error::Stopped);
        }
    }
    Ok(())
}

/// What the network reads of a document: DOC, then the paragraphs with break tokens between them.
fn read(tokenizer: &Tokenizer, seed: u64, document: &Text) -> Tokens {
    let paragraphs = prose::paragraphs(document.language, &document.text);
    let texts: Vec<String> = paragraphs
        .iter()
        .map(|paragraph| paragraph.running(&document.text).text)
        .collect();
    let mut tokens = Tokens {
        ids: vec![TokenId::DOC.0],
        words: 0,
        bytes: 0,
    };
    let breaks = match document.language {
        Language::Plain => breaks(&texts, mix(seed, document.number)),
        _ => paragraphs
            .iter()
            .map(|paragraph| paragraph.starts)
            .collect(),
    };
    for (at, (starts, text)) in breaks.into_iter().zip(&texts).enumerate() {
        if at > 0 {
            tokens.ids.push(TokenId::from(starts).0);
        }
        tokens
            .ids
            .extend(tokenizer.read(text, Ending::Spaced).iter().map(|id| id.0));
        tokens.words += text.split_whitespace().count() as u64;
        tokens.bytes += text.len() as u64;
    }
    tokens
}
