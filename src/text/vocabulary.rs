//! Token ids and what each one stands for.
//!
//! Ids are laid out in this order: breaks and layout, the 256 bytes, digits (ten free, ten left-joined), punctuation (four
//! forms a character), letters (as a piece and as a word), then what the merges make, in order.

mod hash;
mod prefix;

use super::prose::Break;
use super::words::is_joint;
use std::collections::HashMap;

pub(in crate::text) use hash::QuickHasher;
use hash::TextTable;
use prefix::PrefixIndex;

/// Index of a token: a row of the embedding and of the softmax.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TokenId(pub u32);

impl TokenId {
    /// Start of reading; fed to the zero state.
    pub const DOC: TokenId = TokenId(0);
    /// Break before an ordinary paragraph.
    pub const PAR: TokenId = TokenId(1);
    /// Break before a heading.
    pub const HEAD: TokenId = TokenId(2);
    /// Break before a list item.
    pub const ITEM: TokenId = TokenId(3);
    /// Break before a block quote.
    pub const QUOTE: TokenId = TokenId(4);
    /// No space here although one would be implied.
    pub const JOIN: TokenId = TokenId(5);
    /// A space where none is implied. Layout: dropped by the reader.
    pub const SPACE: TokenId = TokenId(6);
    /// Layout: dropped by the reader.
    pub const NEWLINE: TokenId = TokenId(7);
    /// Layout: dropped by the reader.
    pub const RETURN: TokenId = TokenId(8);
    /// Layout: dropped by the reader.
    pub const TAB: TokenId = TokenId(9);

    /// Whether the network reads the token: all but white space, which is layout.
    pub const fn is_read(self) -> bool {
        self.0 < Self::SPACE.0 || self.0 > Self::TAB.0
    }
}

impl From<Break> for TokenId {
    /// The token before a paragraph.
    fn from(starts: Break) -> TokenId {
        match starts {
            Break::Paragraph => TokenId::PAR,
            Break::Heading => TokenId::HEAD,
            Break::Item => TokenId::ITEM,
            Break::Quote => TokenId::QUOTE,
        }
    }
}

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `DOC`, `PAR`, `HEAD`, `ITEM`, `QUOTE`.
    Break,
    /// `JOIN`, `SPACE`, `NEWLINE`, `RETURN`, `TAB`.
    Layout,
    /// One byte of a character outside the vocabulary; joins on both sides.
    Byte,
    /// A digit.
    Digit,
    /// One punctuation character or symbol, in one of its four forms.
    Punctuation,
    /// A piece of a word that is not its last: joins right.
    Piece,
    /// A whole word, or the last piece of one.
    Word,
}

const BYTES: u32 = 10;
const DIGITS: u32 = BYTES + 256;
const PUNCTUATION: u32 = DIGITS + 20;
const LEFT: u8 = 1;
const RIGHT: u8 = 2;

/// Number of tokens that every vocabulary with so many punctuation characters has before its letters.
pub(in crate::text) const fn base_len(punctuation: usize) -> usize {
    PUNCTUATION as usize + 4 * punctuation
}

/// Token ids and their strings.
#[derive(Debug)]
pub struct Vocabulary {
    texts: Texts,
    kinds: Vec<Kind>,
    joins: Vec<u8>, // LEFT | RIGHT
    punctuation: HashMap<char, u32>,
    letters: HashMap<char, u32>,
    words: TextTable,
    pieces: TextTable,
    lower: Texts,
    prefixes: PrefixIndex, // of `lower`
}

impl Vocabulary {
    /// The tokens before the merges, of which there will be about so many. The characters must be distinct.
    pub(super) fn with_characters(
        punctuation: &[char],
        letters: &[char],
        merges: usize,
    ) -> Vocabulary {
        let mut vocabulary = Vocabulary {
            texts: Texts::default(),
            kinds: Vec::new(),
            joins: Vec::new(),
            punctuation: HashMap::new(),
            letters: HashMap::new(),
            words: TextTable::with_capacity(merges),
            pieces: TextTable::with_capacity(merges / 2),
            lower: Texts::default(),
            prefixes: PrefixIndex::default(),
        };
        for _ in TokenId::DOC.0..=TokenId::QUOTE.0 {
            vocabulary.push("", Kind::Break, LEFT | RIGHT);
        }
        for text in ["", " ", "\n", "\r", "\t"] {
            vocabulary.push(text, Kind::Layout, LEFT | RIGHT);
        }
        let mut buffer = [0; 4];
        for byte in 0..=255u8 {
            let text = if byte.is_ascii() {
                &*(byte as char).encode_utf8(&mut buffer)
            } else {
                ""
            };
            vocabulary.push(text, Kind::Byte, LEFT | RIGHT);
        }
        for joins in [0, LEFT] {
            for digit in '0'..='9' {
                vocabulary.push(digit.encode_utf8(&mut buffer), Kind::Digit, joins);
            }
        }
        for &c in punctuation {
            let id = vocabulary.push(c.encode_utf8(&mut buffer), Kind::Punctuation, 0);
            vocabulary.punctuation.insert(c, id.0);
            for joins in [LEFT, RIGHT, LEFT | RIGHT] {
                vocabulary.push(c.encode_utf8(&mut buffer), Kind::Punctuation, joins);
            }
        }
        for &c in letters {
            let id = vocabulary.push_word(c.encode_utf8(&mut buffer), Kind::Piece);
            vocabulary.letters.insert(c, id.0);
            vocabulary.push_word(c.encode_utf8(&mut buffer), Kind::Word);
        }
        vocabulary
    }

    /// Adds the piece or word `text`, or finds it.
    pub(super) fn push_word(&mut self, text: &str, kind: Kind) -> TokenId {
        let next = TokenId(self.len() as u32);
        let (table, joins) = match kind {
            Kind::Piece => (&mut self.pieces, RIGHT),
            _ => (&mut self.words, 0),
        };
        if let Some(id) = table.get(text, &self.texts) {
            return id;
        }
        table.insert(next, text, &self.texts);
        self.push(text, kind, joins)
    }

    fn push(&mut self, text: &str, kind: Kind, joins: u8) -> TokenId {
        self.texts.push(text);
        self.kinds.push(kind);
        self.joins.push(joins);
        TokenId(self.kinds.len() as u32 - 1)
    }

    /// Sorts the prefix index, once all tokens are there.
    pub(super) fn finish(mut self) -> Vocabulary {
        for id in 0..self.len() {
            self.lower.push_lower(self.texts.get(id));
        }
        let of_words = |id: &TokenId| matches!(self.kind(*id), Kind::Piece | Kind::Word);
        let ids: Vec<TokenId> = (0..self.len() as u32)
            .map(TokenId)
            .filter(of_words)
            .collect();
        self.prefixes = PrefixIndex::new(&ids, &self.lower);
        self
    }

    /// Number of tokens.
    pub fn len(&self) -> usize {
        self.kinds.len()
    }

    /// Whether there are no tokens.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The token's characters, without marks; "" for breaks, `JOIN` and bytes that are no character.
    pub fn text(&self, id: TokenId) -> &str {
        self.texts.get(id.0 as usize)
    }

    /// What the token is.
    pub fn kind(&self, id: TokenId) -> Kind {
        self.kinds[id.0 as usize]
    }

    /// Whether no space is implied between the token and the one before it.
    pub fn joins_left(&self, id: TokenId) -> bool {
        self.joins[id.0 as usize] & LEFT != 0
    }

    /// Whether no space is implied between the token and the one after it.
    pub fn joins_right(&self, id: TokenId) -> bool {
        self.joins[id.0 as usize] & RIGHT != 0
    }

    /// `Piece` and `Word` tokens whose text in lower case starts with `prefix`, given in lower case, sorted by that text (bytes).
    pub fn with_prefix_folded(&self, prefix: &str) -> &[TokenId] {
        self.prefixes.with_prefix(prefix, &self.lower)
    }

    /// The token that is the whole word `text`, with straight apostrophes.
    pub fn word(&self, text: &str) -> Option<TokenId> {
        self.words.get(text, &self.texts)
    }

    /// Whether it is that of English text, where "the" is among the very first words of several letters; in other languages it is a name's
    /// or a quotation's, if it is there at all. Merges come in the order of how often they apply.
    pub fn is_english(&self) -> bool {
        /// It is the first in English; in French technical documents the 26th.
        const FIRST: usize = 8;
        let Some(the) = self.word("the") else {
            return false;
        };
        let is_word =
            |id: &TokenId| self.kind(*id) == Kind::Word && self.text(*id).chars().nth(1).is_some();
        (0..the.0).map(TokenId).filter(is_word).take(FIRST).count() < FIRST
    }

    /// The token that is `text` inside a word, more of which follows.
    pub fn piece(&self, text: &str) -> Option<TokenId> {
        self.pieces.get(text, &self.texts)
    }

    /// The character of a token that makes one word of the two that it touches.
    pub fn joint(&self, id: TokenId) -> Option<char> {
        let touches = self.joins[id.0 as usize] == LEFT | RIGHT;
        let is_mark = touches && self.kind(id) == Kind::Punctuation;
        self.text(id)
            .chars()
            .next()
            .filter(|&c| is_mark && is_joint(c))
    }

    /// The byte that a token of kind `Byte` stands for.
    pub fn byte(&self, id: TokenId) -> Option<u8> {
        id.0.checked_sub(BYTES)
            .and_then(|byte| u8::try_from(byte).ok())
    }

    pub(super) fn byte_id(byte: u8) -> TokenId {
        TokenId(BYTES + u32::from(byte))
    }

    /// A digit, by whether it touches what precedes.
    pub fn digit(&self, digit: char, joins_left: bool) -> Option<TokenId> {
        let value = digit.to_digit(10)?;
        Some(TokenId(DIGITS + value + if joins_left { 10 } else { 0 }))
    }

    /// A punctuation character or symbol, by what it touches.
    pub fn punctuation(&self, c: char, joins_left: bool, joins_right: bool) -> Option<TokenId> {
        let free = *self.punctuation.get(&c)?;
        Some(TokenId(
            free + u32::from(joins_left) + 2 * u32::from(joins_right),
        ))
    }

    /// The letter `c` as a piece; the next id is the same letter as a word.
    pub(super) fn letter(&self, c: char) -> Option<TokenId> {
        self.letters.get(&c).map(|&id| TokenId(id))
    }

    pub(super) fn punctuation_characters(&self) -> Vec<char> {
        by_id(&self.punctuation)
    }

    pub(super) fn letter_characters(&self) -> Vec<char> {
        by_id(&self.letters)
    }
}

fn by_id(characters: &HashMap<char, u32>) -> Vec<char> {
    let mut sorted: Vec<(u32, char)> = characters.iter().map(|(&c, &id)| (id, c)).collect();
    sorted.sort_unstable();
    sorted.into_iter().map(|(_, c)| c).collect()
}

/// Many short strings in one, by token.
#[derive(Debug, Default)]
struct Texts {
    all: String,
    ends: Vec<u32>,
}

impl Texts {
    fn push(&mut self, text: &str) {
        self.all.push_str(text);
        self.ends.push(self.all.len() as u32);
    }

    fn push_lower(&mut self, text: &str) {
        if text.is_ascii() {
            let start = self.all.len();
            self.all.push_str(text);
            self.all[start..].make_ascii_lowercase();
        } else {
            self.all.push_str(&text.to_lowercase());
        }
        self.ends.push(self.all.len() as u32);
    }

    fn get(&self, index: usize) -> &str {
        let start = if index == 0 {
            0
        } else {
            self.ends[index - 1] as usize
        };
        &self.all[start..self.ends[index] as usize]
    }
}
