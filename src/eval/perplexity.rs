//! How a text surprises the model, token by token.

use crate::model::{Model, Scratch};
use crate::nn::pointwise::exponentiate;
use crate::text::prose::{self, Break, Language};
use crate::text::{Ending, TokenId};
use serde::ser::{Serialize, SerializeStruct, Serializer};

/// Surprise, and what to divide it by.
#[derive(Clone, Copy, Debug, Default)]
pub struct Perplexity {
    /// Sum of negative log-likelihoods of all tokens, in nats.
    pub nats: f64,
    /// Tokens read.
    pub tokens: usize,
    /// Words between white space.
    pub words: usize,
    /// Bytes of prose.
    pub bytes: usize,
}

/// Reads the prose of a text from its start to its end.
pub(super) fn measure(model: &Model, language: Language, text: &str) -> Perplexity {
    let mut result = Perplexity::default();
    let mut scratch = Scratch::default();
    let mut state = model.zero_state();
    let mut logits = vec![0.0; model.vocabulary_size()];
    for (at, token) in tokens(model, language, text).into_iter().enumerate() {
        if at > 0 {
            model.logits(&state, &mut logits, &mut scratch);
            let logit = logits[token.0 as usize];
            let (max, sum) = exponentiate(&mut logits);
            result.nats += f64::from(max + sum.ln() - logit);
            result.tokens += 1;
        }
        model.advance(&mut state, token, &mut scratch);
    }
    for prose in paragraphs(language, text) {
        result.words += prose.1.split_whitespace().count();
        result.bytes += prose.1.len();
    }
    result
}

/// The tokens of a text's prose, as the network reads them from the start of a document.
pub fn tokens(model: &Model, language: Language, text: &str) -> Vec<TokenId> {
    let mut tokens = vec![TokenId::DOC];
    for (at, (starts, prose)) in paragraphs(language, text).enumerate() {
        if at > 0 {
            tokens.push(TokenId::from(starts));
        }
        tokens.extend(model.tokenizer().read(&prose, Ending::Spaced));
    }
    tokens
}

fn paragraphs(language: Language, text: &str) -> impl Iterator<Item = (Break, String)> {
    prose::paragraphs(language, text)
        .into_iter()
        .map(move |paragraph| (paragraph.starts, paragraph.running(text).text))
}

impl Perplexity {
    /// Takes in another text's.
    pub(super) fn add(&mut self, other: &Perplexity) {
        self.nats += other.nats;
        self.tokens += other.tokens;
        self.words += other.words;
        self.bytes += other.bytes;
    }

    /// Perplexity per word: what a token costs shared out to words, so that vocabularies compare.
    pub fn per_word(&self) -> f64 {
        (self.nats / self.words.max(1) as f64).exp()
    }

    /// Perplexity per token.
    pub fn per_token(&self) -> f64 {
        (self.nats / self.tokens.max(1) as f64).exp()
    }

    /// Bits per byte of prose.
    pub fn bits_per_byte(&self) -> f64 {
        self.nats / std::f64::consts::LN_2 / self.bytes.max(1) as f64
    }
}

impl Serialize for Perplexity {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Perplexity", 5)?;
        fields.serialize_field("per_word", &self.per_word())?;
        fields.serialize_field("per_token", &self.per_token())?;
        fields.serialize_field("bits_per_byte", &self.bits_per_byte())?;
        fields.serialize_field("tokens", &self.tokens)?;
        fields.serialize_field("words", &self.words)?;
        fields.end()
    }
}
