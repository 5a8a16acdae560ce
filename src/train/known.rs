//! The words of several tokens in a corpus, and its compounds: see [`crate::model::known`].

use std::collections::HashMap;

use super::compounds::Compounds;
use super::files::FileError;
use super::shards::{Part, Shard};
use crate::model::known::{LARGEST_VOCABULARY, WordTree};
use crate::text::{Kind, TokenId, Vocabulary};

/// A word seen less often is as likely a slip as a word. In 69 million words of English, 122,000 of several tokens were seen
/// three times, 95 % of their occurrences.
const LEAST_SEEN: u64 = 3;
/// No word has more tokens; those that do are no words.
pub(super) const LONGEST: usize = 12;
/// Tokens read at once.
const WINDOW: usize = 1 << 20;

/// Counts the words of some parts of a corpus; none where tokens need more than 16 bits.
pub fn count(
    shard: &mut Shard,
    parts: &[Part],
    vocabulary: &Vocabulary,
) -> Result<WordTree, FileError> {
    if vocabulary.len() > LARGEST_VOCABULARY {
        return Ok(WordTree::default());
    }
    let mut counts: HashMap<Box<[u16]>, u64> = HashMap::new();
    let mut word: Vec<u16> = Vec::new();
    let mut compounds = Compounds::default();
    let mut window = vec![0; WINDOW];
    let windows = parts.iter().flat_map(|part| {
        let starts = (part.start..part.start + part.len).step_by(WINDOW);
        starts.map(|start| (start, (part.start + part.len - start).min(WINDOW as u64)))
    });
    for (start, len) in windows {
        let window = &mut window[..len as usize];
        shard.read(start, window)?;
        for &id in &*window {
            compounds.read(vocabulary, id);
            let kind = vocabulary.kind(TokenId(id));
            if matches!(kind, Kind::Piece | Kind::Word) {
                word.push(id as u16); // Fits: the vocabulary does.
            }
            if kind == Kind::Piece {
                continue;
            }
            if kind == Kind::Word && (2..=LONGEST).contains(&word.len()) {
                count_one(&mut counts, &word);
            }
            word.clear();
        }
    }
    let often = counts.into_iter().filter(|&(_, seen)| seen >= LEAST_SEEN);
    let words = often.map(|(word, seen)| (word.into_vec(), seen));
    Ok(WordTree::new(words.chain(compounds.often()).collect()))
}

/// Counts a word once more; only a new one is copied.
pub(super) fn count_one(counts: &mut HashMap<Box<[u16]>, u64>, word: &[u16]) {
    match counts.get_mut(word) {
        Some(seen) => *seen += 1,
        None => drop(counts.insert(word.into(), 1)),
    }
}
