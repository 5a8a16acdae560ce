//! The first pass: text from which the vocabulary is learned.

use std::collections::BinaryHeap;

use super::{Error, Flow, Skips, Source, each_document};
use crate::text::prose;
use crate::train::shards::mix;

/// Bytes of text that are enough to learn merges from; more changes the vocabulary little and the time much.
pub const SAMPLE: usize = 60_000_000;

/// Prose drawn from all over the corpus.
#[derive(Debug, Default)]
pub struct Sample {
    /// A document's prose each.
    pub texts: Vec<String>,
    /// Documents in the corpus.
    pub documents: u64,
    /// Bytes in the corpus, markup included.
    pub bytes: u64,
}

/// Draws whole documents of at most `limit` bytes of prose together, the ones with the smallest hashes of their
/// numbers, so that the same corpus gives the same vocabulary. `progress` is told the bytes read so far.
pub fn sample(
    sources: &[Source],
    limit: usize,
    progress: &mut dyn FnMut(u64) -> Flow,
) -> Result<Sample, Error> {
    let mut drawn = BinaryHeap::<(u64, u64, String)>::new();
    let mut size = 0;
    let mut full = false;
    let mut sample = Sample::default();
    // What is left out is told once, by the second pass.
    let mut skips = Skips::default();
    let flow = each_document(sources, &mut skips, &mut |source, number, text| {
        sample.documents += 1;
        sample.bytes += text.len() as u64;
        let hash = mix(0, number);
        if !full || drawn.peek().is_some_and(|(largest, ..)| hash < *largest) {
            let prose = prose_of(source, &text);
            size += prose.len();
            drawn.push((hash, number, prose));
        }
        while size > limit
            && drawn.len() > 1
            && let Some((_, _, prose)) = drawn.pop()
        {
            full = true;
            size -= prose.len();
        }
        progress(sample.bytes)
    });
    if flow == Flow::Stop {
        return Err(Error::Stopped);
    }
    let mut drawn = drawn.into_vec();
    drawn.sort_unstable_by_key(|&(_, number, _)| number);
    sample.texts = drawn.into_iter().map(|(_, _, prose)| prose).collect();
    Ok(sample)
}

/// A document's paragraphs, a line each.
fn prose_of(source: &Source, text: &str) -> String {
    let mut prose = String::new();
    for paragraph in prose::paragraphs(source.language, text) {
        prose.push_str(&paragraph.text(text));
        prose.push('\n');
    }
    prose
}
