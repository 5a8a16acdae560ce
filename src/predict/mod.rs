//! From a state and a prefix to suggestions. Imports `text` and `model`; cannot learn.

pub mod recency;

pub use recency::Recency;

use crate::model::{Model, Scratch, State};

/// What stands between the last token read and the prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Boundary {
    /// A space, a line break or the start of a paragraph: tokens that join left are impossible.
    Spaced,
    /// Nothing: the prefix touches an opening quote, a bracket, a hyphen.
    Touching,
}

/// A cursor in prose: everything before the unfinished word is in the state, the unfinished word is the prefix.
///
/// Sentence starts and the words before the prefix are read off the [`Recency`] that goes with it: both have seen
/// the same tokens.
#[derive(Clone, Debug)]
pub struct Context {
    /// After the last token before the prefix.
    pub state: State,
    /// Byte offset in the document where the prefix starts; the cursor's offset when the prefix is empty.
    pub prefix_start: usize,
    /// The unfinished word that ends at the cursor, as typed; may be empty.
    pub prefix: String,
    /// What stands right before the prefix.
    pub boundary: Boundary,
    /// Whether the last apostrophe before the cursor is U+2019: suggestions follow the writer.
    pub curly: bool,
}

/// A word offered.
#[derive(Clone, Debug, PartialEq)]
pub struct Suggestion {
    /// What the prefix becomes.
    pub text: String,
    /// Probability that it is what the writer types next, calibrated.
    pub probability: f32,
}

/// Ghost text: the rest of the current word and what may follow it.
#[derive(Clone, Debug, PartialEq)]
pub struct Phrase {
    /// What the prefix becomes; starts with the text of the first suggestion.
    pub text: String,
    /// Number of words in it, the current one included.
    pub words: usize,
    /// Probability that the writer types all of it.
    pub probability: f32,
}

/// What the caller wants.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Options {
    /// At most so many suggestions.
    pub max_items: usize,
    /// Nothing is offered when the best suggestion is less probable than this.
    pub threshold: f32,
    /// At most so many words in a phrase.
    pub max_phrase_words: usize,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            max_items: 5,
            threshold: 0.05,
            max_phrase_words: 5,
        }
    }
}

/// Buffers of suggesting, and what was computed for the last state, so that a further letter only filters.
/// One a session; make a new one when the model changes.
#[derive(Debug, Default)]
pub struct Predictor {
    scratch: Scratch,
    state: Option<State>,
    probabilities: Vec<f32>, // (vocabulary)
}

/// Words for the prefix, most probable first. Empty when the best is too weak.
pub fn suggest(
    model: &Model,
    context: &Context,
    _recency: &Recency,
    options: &Options,
    predictor: &mut Predictor,
) -> Vec<Suggestion> {
    predictor.read(model, &context.state);
    let vocabulary = model.tokenizer().vocabulary();
    let prefix = context.prefix.replace('\u{2019}', "'");
    let mut words: Vec<Suggestion> = vocabulary
        .with_prefix(&prefix)
        .iter()
        .filter(|&&id| {
            vocabulary.kind(id) == crate::text::Kind::Word && vocabulary.text(id) != prefix
        })
        .map(|&id| Suggestion {
            text: vocabulary.text(id).to_owned(),
            probability: predictor.probabilities[id.0 as usize],
        })
        .collect();
    words.sort_by(|a, b| {
        b.probability
            .total_cmp(&a.probability)
            .then_with(|| a.text.cmp(&b.text))
    });
    words.truncate(options.max_items);
    if words
        .first()
        .is_none_or(|best| best.probability < options.threshold)
    {
        words.clear();
    }
    words
}

/// The first suggestion and the words that follow it while they are worth reading.
pub fn phrase(
    model: &Model,
    context: &Context,
    recency: &Recency,
    options: &Options,
    predictor: &mut Predictor,
) -> Option<Phrase> {
    let first = suggest(model, context, recency, options, predictor)
        .into_iter()
        .next()?;
    Some(Phrase {
        text: first.text,
        words: 1,
        probability: first.probability,
    })
}

impl Predictor {
    /// Makes the cached distribution that of `state`.
    fn read(&mut self, model: &Model, state: &State) {
        if self.state.as_ref() == Some(state) {
            return;
        }
        self.probabilities.resize(model.vocabulary_size(), 0.0);
        model.logits(state, &mut self.probabilities, &mut self.scratch);
        let max = self
            .probabilities
            .iter()
            .copied()
            .fold(f32::NEG_INFINITY, f32::max);
        let mut sum = 0.0;
        for p in &mut self.probabilities {
            *p = (*p - max).exp();
            sum += *p;
        }
        for p in &mut self.probabilities {
            *p /= sum;
        }
        self.state = Some(state.clone());
    }
}
