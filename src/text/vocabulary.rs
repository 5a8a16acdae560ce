//! Token ids and what each one stands for.

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

/// Token ids and their strings.
#[derive(Debug)]
pub struct Vocabulary {}

impl Vocabulary {
    /// Number of tokens.
    pub fn len(&self) -> usize {
        unimplemented!()
    }
    /// Whether there are no tokens.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// The token's characters, without marks; "" for breaks.
    pub fn text(&self, _id: TokenId) -> &str {
        unimplemented!()
    }
    /// What the token is.
    pub fn kind(&self, _id: TokenId) -> Kind {
        unimplemented!()
    }
    /// Whether no space is implied between the token and the one before it.
    pub fn joins_left(&self, _id: TokenId) -> bool {
        unimplemented!()
    }
    /// Whether no space is implied between the token and the one after it.
    pub fn joins_right(&self, _id: TokenId) -> bool {
        unimplemented!()
    }
    /// `Piece` and `Word` tokens whose text starts with `prefix`, case-sensitively, as a slice of an index sorted by text (bytes).
    pub fn with_prefix(&self, _prefix: &str) -> &[TokenId] {
        unimplemented!()
    }
    /// The same, but by lower-cased text, `prefix` being given in lower case.
    pub fn with_prefix_folded(&self, _prefix: &str) -> &[TokenId] {
        unimplemented!()
    }
}
