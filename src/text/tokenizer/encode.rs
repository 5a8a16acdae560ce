//! One pass over a text: what is between the words, then each word by its merges.

use super::bpe::Merges;
use super::{Encoded, Ending};
use crate::text::vocabulary::{TokenId, Vocabulary};
use crate::text::words::{is_apostrophe, word_len};

/// Merging is quadratic, so a longer word is merged in parts of so many characters.
const MAX_MERGED: usize = 48;

pub(super) struct Encoder<'a> {
    vocabulary: &'a Vocabulary,
    merges: &'a Merges,
    out: Encoded,
    straight: String, // a word with its apostrophes straightened
    symbols: Vec<TokenId>,
    ranks: Vec<(u32, TokenId)>,
}

impl<'a> Encoder<'a> {
    pub(super) fn new(vocabulary: &'a Vocabulary, merges: &'a Merges) -> Encoder<'a> {
        let (symbols, ranks) = (Vec::new(), Vec::new());
        Encoder {
            vocabulary,
            merges,
            out: Encoded::default(),
            straight: String::new(),
            symbols,
            ranks,
        }
    }

    pub(super) fn encode(mut self, text: &str, ending: Ending) -> Encoded {
        // Nothing precedes the first token, so no space is implied before it.
        let mut joined = true;
        let mut at = 0;
        loop {
            let gap = at;
            at += text[at..]
                .bytes()
                .take_while(|&c| layout(c).is_some())
                .count();
            let one_space = at > 0 && gap > 0 && at < text.len() && &text[gap..at] == " ";
            if at > gap && !one_space {
                for (index, c) in text[gap..at].bytes().enumerate() {
                    self.out
                        .push(layout(c).expect("the gap is layout"), gap + index + 1);
                }
                joined = true;
            }
            let Some(c) = text[at..].chars().next() else {
                break;
            };
            let first = self.out.ids.len();
            let end = self.unit(text, at, c, gap > 0 && at == gap, ending);
            // Joined to what precedes by their kinds, against touching it in the text.
            match (
                joined || self.vocabulary.joins_left(self.out.ids[first]),
                one_space,
            ) {
                (true, true) => self.out.insert(first, TokenId::SPACE, at),
                (false, false) => self.out.insert(first, TokenId::JOIN, at),
                _ => {}
            }
            joined = self
                .out
                .ids
                .last()
                .is_none_or(|&last| self.vocabulary.joins_right(last));
            at = end;
        }
        if ending == Ending::Word && !joined {
            self.out.push(TokenId::JOIN, text.len());
        }
        self.out
    }

    /// The tokens of the word, digit or other character `c` at `at`; returns where it ends.
    fn unit(
        &mut self,
        text: &str,
        at: usize,
        c: char,
        touches_left: bool,
        ending: Ending,
    ) -> usize {
        let len = word_len(&text[at..]);
        if len > 0 {
            self.word(&text[at..at + len], at);
            return at + len;
        }
        let end = at + c.len_utf8();
        let touches_right = match text.as_bytes().get(end) {
            Some(&next) => layout(next).is_none(),
            None => ending != Ending::Spaced,
        };
        let token = self.vocabulary.punctuation(c, touches_left, touches_right);
        match token.or_else(|| self.vocabulary.digit(c, touches_left)) {
            Some(id) => self.out.push(id, end),
            None => self.bytes(c, end),
        }
        end
    }

    fn bytes(&mut self, c: char, end: usize) {
        for &byte in c.encode_utf8(&mut [0; 4]).as_bytes() {
            self.out.push(Vocabulary::byte_id(byte), end);
        }
    }

    fn word(&mut self, word: &str, at: usize) {
        // The network reads one kind of apostrophe. A word's first says which it has; others in it become bytes.
        let apostrophe = word.chars().find(|&c| is_apostrophe(c));
        if apostrophe != Some('\u{2019}') {
            return match self.vocabulary.word(word) {
                Some(id) => self.out.push(id, at + word.len()),
                None => self.parts(word, at, '\''),
            };
        }
        let mut straight = std::mem::take(&mut self.straight);
        straight.clear();
        straight.extend(word.chars().map(|c| if c == '\u{2019}' { '\'' } else { c }));
        let first = self.out.ids.len();
        match self
            .vocabulary
            .word(&straight)
            .filter(|_| !word.contains('\''))
        {
            Some(id) => self.out.push(id, at + word.len()),
            None => self.parts(word, at, '\u{2019}'),
        }
        for index in first..self.out.ids.len() {
            let id = self.out.ids[index];
            if self.vocabulary.byte(id).is_none() && self.vocabulary.text(id).contains('\'') {
                self.out.curly.push(index as u32);
            }
        }
        self.straight = straight;
    }

    /// A word in several tokens. `apostrophe` is the one that is a letter here.
    fn parts(&mut self, word: &str, at: usize, apostrophe: char) {
        let mut start = at; // of the symbols that wait to be merged
        for (index, c) in word.char_indices() {
            let known = match c {
                c if c == apostrophe => self.vocabulary.letter('\''),
                c if is_apostrophe(c) => None,
                c => self.vocabulary.letter(c),
            };
            if known.is_none() || self.symbols.len() == MAX_MERGED {
                self.merge(start, apostrophe);
                start = at + index;
            }
            let end = at + index + c.len_utf8();
            match known {
                Some(id) if end == at + word.len() => self.symbols.push(TokenId(id.0 + 1)),
                Some(id) => self.symbols.push(id),
                None => {
                    self.bytes(c, end);
                    start = end;
                }
            }
        }
        self.merge(start, apostrophe);
    }

    /// Merges the waiting symbols, which start at `start` in the text, and moves them out.
    fn merge(&mut self, start: usize, apostrophe: char) {
        self.merges.apply(&mut self.symbols, &mut self.ranks);
        let mut end = start;
        for &id in &self.symbols {
            let text = self.vocabulary.text(id);
            let apostrophes = text.bytes().filter(|&c| c == b'\'').count();
            end += text.len() + apostrophes * (apostrophe.len_utf8() - 1);
            self.out.push(id, end);
        }
        self.symbols.clear();
    }
}

impl Encoded {
    fn push(&mut self, id: TokenId, end: usize) {
        self.ids.push(id);
        self.ends.push(end as u32);
    }

    /// Inserts a token before those of the last word, at `index`.
    fn insert(&mut self, index: usize, id: TokenId, end: usize) {
        self.ids.insert(index, id);
        self.ends.insert(index, end as u32);
        for token in self
            .curly
            .iter_mut()
            .rev()
            .take_while(|token| **token >= index as u32)
        {
            *token += 1;
        }
    }
}

/// The token of a white-space character that has one; other white space is a symbol or bytes.
fn layout(c: u8) -> Option<TokenId> {
    match c {
        b' ' => Some(TokenId::SPACE),
        b'\n' => Some(TokenId::NEWLINE),
        b'\r' => Some(TokenId::RETURN),
        b'\t' => Some(TokenId::TAB),
        _ => None,
    }
}
