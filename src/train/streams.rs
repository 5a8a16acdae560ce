//! Contiguous streams of tokens for truncated BPTT.
//!
//! A batch is `batch` streams read side by side. Each stream reads whole documents end to end; when one ends, the
//! stream takes the next document of the epoch's order, a shuffle that depends on the seed and the epoch alone, and of
//! the next epoch's order when this one is used up. So there is no padding, every token is read once an epoch, and
//! where the streams stand is a small value, the [`Cursor`].

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::files::FileError;
use super::shards::{Part, Shard, mix};
use crate::text::TokenId;

/// Parts are cut so that a batch never has fewer than this many to choose from for each stream.
const PARTS_PER_STREAM: u64 = 8;
/// ... but not shorter than this: carried state is what the network is for.
const SHORTEST_CUT: u64 = 1024;
/// Tokens read from the shard at a time, for each stream.
const READ: usize = 4096;

/// One step of truncated BPTT: `steps` tokens of each of `batch` streams, time-major.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// Number of streams.
    pub batch: usize,
    /// Tokens of each.
    pub steps: usize,
    /// What is read; (steps, batch).
    pub inputs: Vec<u32>,
    /// What comes next, or [`Window::NONE`]; (steps, batch).
    pub targets: Vec<u32>,
    /// Whether the input starts a document (it is DOC): the state is zeroed before it is read; (steps, batch).
    pub starts: Vec<bool>,
}

impl Window {
    /// The target of a position that does not count. Only [`Streams::once`] has such positions.
    pub const NONE: u32 = u32::MAX;

    /// An empty window of this shape.
    pub fn new(batch: usize, steps: usize) -> Window {
        let len = batch * steps;
        Window {
            batch,
            steps,
            inputs: vec![TokenId::DOC.0; len],
            targets: vec![Window::NONE; len],
            starts: vec![true; len],
        }
    }

    /// Number of positions with a target.
    pub fn counted(&self) -> usize {
        self.targets
            .iter()
            .filter(|&&target| target != Window::NONE)
            .count()
    }
}

/// Where streams stand: all that is needed to go on as if nothing had happened.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// Tokens handed out since the start, all streams together.
    pub tokens: u64,
    /// The epoch from whose order the next part will be taken.
    pub epoch: u64,
    /// How many parts of that order were taken.
    pub taken: usize,
    /// For each stream the part it reads (an index) and the tokens of it that it has read.
    pub places: Vec<(usize, u64)>,
}

/// Streams over parts of a shard.
#[derive(Debug)]
pub struct Streams {
    shard: Shard,
    parts: Vec<Part>,
    order: Order,
    epoch_tokens: u64,
    words: u64,
    cursor: Cursor,
    queue: Vec<usize>,
    ahead: Vec<VecDeque<u32>>,
}

#[derive(Clone, Copy, Debug)]
enum Order {
    /// Shuffled anew each epoch, without end.
    Shuffled { seed: u64 },
    /// Once, longest first, so that the streams end at about the same time.
    Once,
}

impl Streams {
    /// Endless streams over `parts`, for training.
    pub fn open(
        mut shard: Shard,
        parts: &[Part],
        batch: usize,
        seed: u64,
    ) -> Result<Streams, FileError> {
        let tokens: u64 = parts.iter().map(|part| part.len).sum();
        let longest = (tokens / (PARTS_PER_STREAM * batch.max(1) as u64)).max(SHORTEST_CUT);
        let parts = shard.cut(parts, longest)?;
        Ok(Streams::new(shard, parts, batch, Order::Shuffled { seed }))
    }

    /// Streams that read `parts` once, for judging.
    pub fn once(shard: Shard, parts: &[Part], batch: usize) -> Streams {
        Streams::new(shard, parts.to_vec(), batch, Order::Once)
    }

    fn new(shard: Shard, parts: Vec<Part>, batch: usize, order: Order) -> Streams {
        let mut streams = Streams {
            epoch_tokens: parts.iter().map(|part| part.len).sum(),
            words: parts.iter().map(|part| part.words).sum(),
            shard,
            parts,
            order,
            cursor: Cursor::default(),
            queue: Vec::new(),
            ahead: vec![VecDeque::new(); batch],
        };
        streams.rewind();
        streams
    }

    /// Tokens an epoch has: predictions made in it.
    pub fn epoch_tokens(&self) -> u64 {
        self.epoch_tokens
    }

    /// Words an epoch has, for a perplexity per word.
    pub fn words(&self) -> u64 {
        self.words
    }

    /// Number of streams.
    pub fn batch(&self) -> usize {
        self.ahead.len()
    }

    /// Where the streams stand.
    pub fn cursor(&self) -> &Cursor {
        &self.cursor
    }

    /// Back to the start.
    pub fn rewind(&mut self) {
        let batch = self.ahead.len();
        let cursor = Cursor {
            // No stream has a part yet; the first token asked for takes one.
            places: vec![(usize::MAX, 0); batch],
            ..Cursor::default()
        };
        self.stand_at(cursor);
    }

    /// Goes on where [`Streams::cursor`] said. `false` if the cursor belongs to another corpus or batch size.
    pub fn seek(&mut self, cursor: &Cursor) -> bool {
        let fits = |&(part, offset): &(usize, u64)| {
            part == usize::MAX || self.parts.get(part).is_some_and(|part| offset <= part.len)
        };
        let same = cursor.places.len() == self.ahead.len()
            && cursor.taken <= self.parts.len()
            && cursor.places.iter().all(fits);
        if same {
            self.stand_at(cursor.clone());
        }
        same
    }

    fn stand_at(&mut self, cursor: Cursor) {
        self.queue = self.epoch_order(cursor.epoch);
        self.cursor = cursor;
        self.ahead.iter_mut().for_each(VecDeque::clear);
    }

    /// Fills the window with what comes next. `false`, and no target, when there is nothing more.
    pub fn next(&mut self, window: &mut Window) -> Result<bool, FileError> {
        assert_eq!(window.batch, self.batch(), "a window of another batch size");
        let mut any = false;
        for step in 0..window.steps {
            for stream in 0..window.batch {
                let at = step * window.batch + stream;
                let (input, target) = match self.token(stream)? {
                    Some(pair) => pair,
                    None => (TokenId::DOC.0, Window::NONE),
                };
                any |= target != Window::NONE;
                window.inputs[at] = input;
                window.targets[at] = target;
                window.starts[at] = input == TokenId::DOC.0;
            }
        }
        Ok(any)
    }

    /// The next token of a stream and the one after it.
    fn token(&mut self, stream: usize) -> Result<Option<(u32, u32)>, FileError> {
        let (mut at, mut offset) = self.cursor.places[stream];
        if at == usize::MAX || offset == self.parts[at].len {
            match self.take() {
                Some(next) => (at, offset) = (next, 0),
                None => return Ok(None),
            }
            self.ahead[stream].clear();
        }
        let part = self.parts[at];
        if self.ahead[stream].len() < 2 {
            // One more than the part has, for the target of its last token.
            let missing = READ.min((part.len + 1 - offset) as usize);
            let mut tokens = vec![0; missing];
            self.shard.read(part.start + offset, &mut tokens)?;
            self.ahead[stream] = tokens.into();
        }
        let ahead = &mut self.ahead[stream];
        let read = ahead.pop_front().expect("at least two tokens were read");
        let target = *ahead.front().expect("at least two tokens were read");
        let input = if offset == 0 { TokenId::DOC.0 } else { read };
        self.cursor.places[stream] = (at, offset + 1);
        self.cursor.tokens += 1;
        Ok(Some((input, target)))
    }

    /// The next part of the order.
    fn take(&mut self) -> Option<usize> {
        if self.cursor.taken == self.queue.len() {
            if matches!(self.order, Order::Once) || self.parts.is_empty() {
                return None;
            }
            self.cursor.epoch += 1;
            self.cursor.taken = 0;
            self.queue = self.epoch_order(self.cursor.epoch);
        }
        self.cursor.taken += 1;
        Some(self.queue[self.cursor.taken - 1])
    }

    fn epoch_order(&self, epoch: u64) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.parts.len()).collect();
        match self.order {
            Order::Shuffled { seed } => {
                order.sort_by_key(|&at| (mix(mix(seed, epoch), at as u64), at))
            }
            Order::Once => order.sort_by_key(|&at| (std::cmp::Reverse(self.parts[at].len), at)),
        }
        order
    }
}

#[cfg(test)]
mod tests {
    use super::super::shards::tests::shard;
    use super::*;

    fn streams(lengths: &[usize], batch: usize) -> Streams {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let shard = shard(folder.path(), lengths);
        let parts = shard.documents().to_vec();
        Streams::open(shard, &parts, batch, 3).expect("a readable shard")
    }

    fn windows(streams: &mut Streams, steps: usize, count: usize) -> Vec<Window> {
        let mut window = Window::new(streams.batch(), steps);
        let mut next = || {
            streams.next(&mut window).expect("a readable shard");
            window.clone()
        };
        (0..count).map(|_| next()).collect()
    }

    #[test]
    fn a_target_is_the_next_input_unless_a_document_starts() {
        let mut streams = streams(&[30, 7, 12, 5000, 44, 9], 3);
        let all = windows(&mut streams, 8, 300);
        let column = |of: fn(&Window) -> &Vec<u32>, stream: usize| -> Vec<u32> {
            all.iter()
                .flat_map(|w| of(w).iter().skip(stream).step_by(3).copied())
                .collect()
        };
        for stream in 0..3 {
            let inputs = column(|w| &w.inputs, stream);
            let targets = column(|w| &w.targets, stream);
            assert_eq!(inputs[0], 0);
            for at in 1..inputs.len() {
                assert!(
                    inputs[at] == targets[at - 1] || inputs[at] == 0,
                    "stream {stream} at {at}"
                );
            }
        }
    }

    #[test]
    fn every_token_once_an_epoch() {
        let mut streams = streams(&[30, 7, 12, 400, 44, 7], 1);
        assert_eq!(streams.epoch_tokens(), 500);
        let count = |windows: &[Window]| {
            let mut seen = [0; 6];
            let ids = windows.iter().flat_map(|window| &window.inputs);
            ids.filter(|&&id| id >= 100)
                .for_each(|&id| seen[id as usize - 100] += 1);
            seen
        };
        let first = windows(&mut streams, 10, 50);
        let second = windows(&mut streams, 10, 50);
        assert_eq!(count(&first), count(&second));
        assert_eq!(count(&first), [27, 6, 10, 360, 39, 6]);
        assert_ne!(first, second, "the order is another each epoch");
    }

    #[test]
    fn goes_on_where_the_cursor_says() {
        let mut first = streams(&[30, 7, 12, 9000, 44, 9], 2);
        windows(&mut first, 16, 77);
        let cursor: Cursor =
            serde_json::from_str(&serde_json::to_string(first.cursor()).expect("plain numbers"))
                .expect("what was just written");
        let mut second = streams(&[30, 7, 12, 9000, 44, 9], 2);
        assert!(second.seek(&cursor));
        assert_eq!(windows(&mut first, 16, 700), windows(&mut second, 16, 700));
        assert!(!streams(&[30, 7], 2).seek(&Cursor { taken: 9, ..cursor }));
    }

    #[test]
    fn once_ends() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let shard = shard(folder.path(), &[30, 7, 12]);
        let parts = shard.documents().to_vec();
        let mut streams = Streams::once(shard, &parts, 2);
        let mut window = Window::new(2, 8);
        let mut counted = 0;
        while streams.next(&mut window).expect("a readable shard") {
            counted += window.counted();
        }
        assert_eq!(counted as u64, streams.epoch_tokens());
    }
}
