//! From a state and a prefix to suggestions. Imports `text`, `nn` and `model`; cannot learn.
//!
//! [`suggest`] in five steps, a file each: the network's distribution at the last word boundary, computed once
//! (`distribution`); words of several tokens (`beam`); the writer's own words (`own`, `recency`); one probability out of both
//! (`mixing`, `candidates`); case, manners and order (`casing`, `manners`, `rank`). [`phrase`] goes on from the first suggestion.

mod article;
mod beam;
mod candidates;
mod casing;
mod compound;
mod distribution;
mod manners;
pub mod mixing;
pub mod own;
mod phrase;
mod rank;
pub mod recency;
mod refusal;
mod spelling;

pub use own::Own;
pub use recency::Recency;
pub use refusal::Attention;

use crate::model::gates::Gates;
use crate::model::ngram::LONGEST;
use crate::model::{Model, Scratch, State};
use crate::text::{Kind, TokenId, Vocabulary};
use beam::{Beam, Root};
use candidates::{Place, Proposals};
use distribution::{Distribution, Tables};
use manners::Rules;
use rank::Setting;
use refusal::Shown;

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
    /// A phrase less probable than this is cut short, down to nothing.
    pub phrase_threshold: f32,
    /// How far counts are trusted, if not as the model says.
    pub gates: Option<Gates>,
    /// How the writer reads menus: what becomes of words that were passed over.
    pub attention: Attention,
}

impl Options {
    /// How far counts are trusted.
    fn gates(&self, model: &Model) -> Gates {
        self.gates.unwrap_or(*model.gates())
    }
}

impl Default for Options {
    /// Measured on validation text, with a table of counts (`rnn-lsp eval --threshold T --phrase-threshold T`). Where each menu that
    /// is not taken from costs half a key, net savings are best with thresholds of 0.10 and 0.12; two of three phrases of 0.4
    /// are right to the end.
    fn default() -> Options {
        Options {
            max_items: 5,
            threshold: 0.12,
            max_phrase_words: 5,
            phrase_threshold: 0.4,
            gates: None,
            attention: Attention::default(),
        }
    }
}

/// Buffers of suggesting, and what was computed for the last state, so that a further letter only filters.
/// One a session; make a new one when the model changes.
#[derive(Debug, Default)]
pub struct Predictor {
    scratch: Scratch,
    tables: Tables,
    /// At the last state, and at the one that was foreseen.
    here: Expected,
    ahead: Expected,
    shown: Shown,
}

/// The words to be expected after one state.
#[derive(Debug, Default)]
struct Expected {
    after: Option<Read>,
    next: Distribution,
    beam: Beam,
}

/// What a distribution is computed for.
#[derive(Debug, PartialEq)]
struct Read {
    state: State,
    tail: Vec<TokenId>,
    gates: Gates,
}

/// Words for the prefix, most probable first. Empty when the best is too weak.
///
/// `own.document` has read the tokens that `context.state` has read.
pub fn suggest(
    model: &Model,
    context: &Context,
    own: Own<'_>,
    options: &Options,
    predictor: &mut Predictor,
) -> Vec<Suggestion> {
    let vocabulary = model.tokenizer().vocabulary();
    let recency = own.document;
    if context.boundary == Boundary::Touching
        && !recency
            .last()
            .is_none_or(|last| opens_word(vocabulary, last))
    {
        return Vec::new();
    }
    let typed = straight(&context.prefix);
    // In capitals all words look alike, and the network has read few: they are found as if nobody shouted.
    let shouts = recency.shouts() && !typed.chars().any(char::is_lowercase);
    let wanted = if shouts {
        typed.to_lowercase()
    } else {
        typed.clone()
    };
    let rules = Rules::of(vocabulary);
    if !manners::may_continue(rules, &wanted.to_lowercase()) {
        return Vec::new();
    }
    let gates = options.gates(model);
    predictor.read(
        model,
        Read {
            state: context.state.clone(),
            tail: recency.tail(LONGEST).to_vec(),
            gates,
        },
    );
    let proposals = predictor.propose(model, context.boundary, &wanted, options.max_items);
    let past = own.at(&recency.history());
    // What hangs on a word already has no compounds of its own.
    let hangs = recency
        .last()
        .is_some_and(|last| vocabulary.joint(last).is_some());
    let rests = |text: &str| match hangs {
        true => Vec::new(),
        false => compound::rests(model, &past, text),
    };
    let place = Place {
        typed: &wanted,
        sentence_start: recency.at_sentence_start(),
        past: &past,
    };
    let is_word = |text: &str| vocabulary.word(text).is_some();
    let candidates = candidates::mix(&proposals, &place, &gates, is_word);
    let setting = Setting {
        typed: &wanted,
        rules,
        previous: recency.previous_word(),
        habit: recency.habit(),
        refused: predictor.shown.refused(&typed, &options.attention),
        unwanted: &|word| own.is_unwanted(word),
        rests: &rests,
    };
    let mut suggestions = rank::rank(candidates, &setting, options);
    for suggestion in &mut suggestions {
        if shouts {
            suggestion.text = suggestion.text.to_uppercase();
        }
        suggestion.text = in_the_writers_hand(&suggestion.text, &typed, context);
    }
    suggestions
}

/// The first suggestion and the words that follow it while they are worth reading.
pub fn phrase(
    model: &Model,
    context: &Context,
    own: Own<'_>,
    options: &Options,
    predictor: &mut Predictor,
) -> Option<Phrase> {
    let first = suggest(model, context, own, options, predictor)
        .into_iter()
        .next()?;
    if first.probability < options.phrase_threshold {
        return None;
    }
    Some(phrase::extend(
        model,
        &context.state,
        own,
        first,
        options,
        predictor,
    ))
}

/// A word that was chosen for the prefix, not necessarily the first suggestion, and the words that follow it.
pub fn phrase_after(
    model: &Model,
    context: &Context,
    own: Own<'_>,
    word: &str,
    options: &Options,
    predictor: &mut Predictor,
) -> Phrase {
    let chosen = Suggestion {
        text: word.to_owned(),
        probability: 1.0,
    };
    phrase::extend(model, &context.state, own, chosen, options, predictor)
}

/// The typographic apostrophe.
const CURLY: char = '\u{2019}';

/// As the network reads it: with straight apostrophes.
fn straight(text: &str) -> String {
    text.replace(CURLY, "'")
}

/// Whether a word may start right behind this token without a space: behind brackets, quotes, hyphens and the like,
/// but not behind a digit or a full stop, where identifiers and file names go on.
fn opens_word(vocabulary: &Vocabulary, last: TokenId) -> bool {
    match vocabulary.kind(last) {
        Kind::Break => true,
        // Where emphasis opens, not inside a name.
        Kind::Punctuation if vocabulary.text(last) == "_" => !vocabulary.joins_left(last),
        Kind::Punctuation => matches!(
            vocabulary.text(last),
            "(" | "["
                | "{"
                | "\""
                | "'"
                | "“"
                | "‘"
                | "’"
                | "„"
                | "«"
                | "‹"
                | "-"
                | "‐"
                | "‑"
                | "–"
                | "—"
                | "/"
                | "*"
                | "…"
                | "¿"
                | "¡"
        ),
        _ => false,
    }
}

/// The letters as typed, then the rest, with the writer's apostrophe.
fn in_the_writers_hand(text: &str, typed: &str, context: &Context) -> String {
    let rest = |rest: &str| {
        if context.curly {
            rest.replace('\'', "\u{2019}")
        } else {
            rest.to_owned()
        }
    };
    match text.strip_prefix(typed) {
        Some(end) => context.prefix.clone() + &rest(end),
        None => rest(text),
    }
}

impl Predictor {
    /// Probability that the word at the cursor is finished with the letters typed: what it has of all words that start so. As far
    /// as the last [`suggest`] tells, and for words of one token.
    pub fn is_finished(&self, model: &Model, typed: &str) -> f32 {
        let vocabulary = model.tokenizer().vocabulary();
        let typed = straight(typed);
        match (&self.here.after, vocabulary.word(&typed)) {
            (Some(_), Some(id)) => {
                let all = self.here.next.matching(vocabulary, &typed, Kind::Word).mass;
                self.here.next.of(id) / all.max(f32::MIN_POSITIVE)
            }
            _ => 0.0,
        }
    }

    /// Does most of what [`suggest`] will have to do at a state that has read the document's tokens and `more`, behind a space. What
    /// is known for the present state stays.
    pub fn foresee(
        &mut self,
        model: &Model,
        state: State,
        (document, more): (&Recency, &[TokenId]),
        options: &Options,
    ) {
        let mut tail = [document.tail(LONGEST), more].concat();
        tail.drain(..tail.len().saturating_sub(LONGEST));
        let gates = options.gates(model);
        let Predictor {
            scratch,
            tables,
            ahead,
            ..
        } = self;
        ahead.read(model, Read { state, tail, gates }, tables, scratch);
        ahead.propose(
            model,
            Boundary::Spaced,
            "",
            options.max_items,
            tables,
            scratch,
        );
    }

    /// What the network says of the words that start with `typed`.
    fn propose(
        &mut self,
        model: &Model,
        boundary: Boundary,
        typed: &str,
        max_items: usize,
    ) -> Proposals {
        let Predictor {
            scratch,
            tables,
            here,
            ..
        } = self;
        here.propose(model, boundary, typed, max_items, tables, scratch)
    }

    /// Makes the cached distribution that of `read`.
    fn read(&mut self, model: &Model, read: Read) {
        if self.here.after.as_ref() == Some(&read) {
            return;
        }
        if self.ahead.after.as_ref() == Some(&read) {
            std::mem::swap(&mut self.here, &mut self.ahead);
        }
        let Predictor {
            scratch,
            tables,
            here,
            ..
        } = self;
        here.read(model, read, tables, scratch);
        self.shown.clear();
    }

    /// The writer sees these words, which [`suggest`] made for `typed`, in a menu. Words that are nowhere seen are not passed over.
    pub fn show(&mut self, typed: &str, menu: &[Suggestion]) {
        let words = menu.iter().map(|suggestion| straight(&suggestion.text));
        self.shown.record(&straight(typed), words);
    }

    /// In how many menus a word stood that is taken now, before the one that was made for `typed`.
    pub fn sightings(&self, typed: &str, word: &str) -> usize {
        self.shown.sightings(&straight(typed), &straight(word))
    }

    /// Forgets what was offered for the word at the cursor: nobody has seen it.
    pub fn forget_shown(&mut self) {
        self.shown.clear();
    }
}

impl Expected {
    /// Computes the distribution after `read`, unless it is there.
    fn read(&mut self, model: &Model, read: Read, tables: &mut Tables, scratch: &mut Scratch) {
        if self.after.as_ref() == Some(&read) {
            return;
        }
        let mut logits = std::mem::take(&mut self.next).into_buffer();
        logits.resize(model.vocabulary_size(), 0.0);
        model.logits(&read.state, &mut logits, scratch);
        if tables.len() != logits.len() {
            *tables = Tables::new(model.tokenizer().vocabulary());
        }
        self.next = Distribution::new(logits, tables, read.place(model));
        self.beam.clear();
        self.after = Some(read);
    }

    /// The words that start with `typed`.
    fn propose(
        &mut self,
        model: &Model,
        boundary: Boundary,
        typed: &str,
        max_items: usize,
        tables: &Tables,
        scratch: &mut Scratch,
    ) -> Proposals {
        let vocabulary = model.tokenizer().vocabulary();
        let scale = match boundary {
            Boundary::Spaced => 1.0 / self.next.spaced_mass,
            Boundary::Touching => 1.0,
        };
        let single = self.next.matching(vocabulary, typed, Kind::Word);
        // What is less probable than the last word of the menu, or much less than the first, is not worth a step.
        let p = |rank: usize| single.best.get(rank).map_or(0.0, |&(_, p)| p);
        let worth = p(max_items.saturating_sub(1)).max(0.3 * p(0));
        let Some(read) = &self.after else {
            return Proposals::default();
        };
        let root = Root {
            state: &read.state,
            next: &self.next,
            tables,
            place: read.place(model),
            single: single.mass,
        };
        let several = self.beam.search(model, root, typed, worth, scratch);
        let starts_word = |id: TokenId| vocabulary.text(id).starts_with(char::is_alphabetic);
        let single_words = single.best.iter().filter(|&&(id, _)| starts_word(id));
        let mut words: Vec<(String, f32)> = single_words
            .map(|&(id, _)| (vocabulary.text(id).to_owned(), self.next.of(id) * scale))
            .collect();
        for (word, p) in several.words {
            match words.iter_mut().find(|(text, _)| *text == word) {
                Some((_, sum)) => *sum += p * scale,
                None => words.push((word, p * scale)),
            }
        }
        // Before the first letter, what may come is anything, numbers and opening quotes included.
        let mass = if typed.is_empty() {
            1.0
        } else {
            (single.mass + several.mass) * scale
        };
        Proposals {
            words,
            mass,
            sure: self.next.sure,
        }
    }
}

impl Read {
    fn place<'a>(&'a self, model: &'a Model) -> distribution::Place<'a> {
        distribution::Place {
            model,
            gates: &self.gates,
            tail: &self.tail,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::sync::LazyLock;

    static MODEL: LazyLock<Model> = LazyLock::new(|| Model::tiny(1));

    /// A cursor behind `before`, with `prefix` typed.
    fn place(before: &str, prefix: &str, boundary: Boundary, curly: bool) -> (Context, Recency) {
        let vocabulary = MODEL.tokenizer().vocabulary();
        let ending = match boundary {
            Boundary::Spaced => crate::text::Ending::Spaced,
            Boundary::Touching => crate::text::Ending::Touching,
        };
        let (mut state, mut recency) = (MODEL.zero_state(), Recency::new());
        let mut scratch = Scratch::default();
        for id in std::iter::once(TokenId::DOC).chain(MODEL.tokenizer().read(before, ending)) {
            MODEL.step(&mut state, id, &mut scratch);
            recency.push(id, vocabulary);
        }
        (
            Context {
                state,
                prefix_start: before.len(),
                prefix: prefix.to_owned(),
                boundary,
                curly,
            },
            recency,
        )
    }

    fn offer(before: &str, prefix: &str, boundary: Boundary, curly: bool) -> Vec<Suggestion> {
        let (context, recency) = place(before, prefix, boundary, curly);
        let options = Options {
            threshold: 0.0,
            ..Options::default()
        };
        suggest(
            &MODEL,
            &context,
            Own::from(&recency),
            &options,
            &mut Predictor::default(),
        )
    }

    #[test]
    fn words_are_offered_where_words_can_start() {
        let check = |before: &str, boundary: Boundary, expected: bool| {
            assert_eq!(
                !offer(before, "", boundary, false).is_empty(),
                expected,
                "behind {before:?}"
            );
        };
        check("", Boundary::Spaced, true);
        check("It is", Boundary::Spaced, true);
        for opening in [
            "(",
            "\"",
            "\u{201c}",
            "[",
            "well-",
            "either/",
            "so\u{2014}",
            "'",
        ] {
            check(opening, Boundary::Touching, true);
        }
        for closed in ["3", "1.", "name@", "a,", "really?", "no:"] {
            check(closed, Boundary::Touching, false);
        }
    }

    #[test]
    fn what_is_foreseen_is_what_comes() {
        let options = Options {
            threshold: 0.0,
            ..Options::default()
        };
        let ask = |predictor: &mut Predictor, before: &str, prefix: &str| {
            let (context, recency) = place(before, prefix, Boundary::Spaced, false);
            suggest(&MODEL, &context, Own::from(&recency), &options, predictor)
        };
        let mut predictor = Predictor::default();
        let word = ask(&mut predictor, "It is", "the");
        assert!(predictor.is_finished(&MODEL, "the") > 0.0);
        assert_eq!(predictor.is_finished(&MODEL, "theth"), 0.0);
        let (_, recency) = place("It is", "", Boundary::Spaced, false);
        let (next, _) = place("It is the", "", Boundary::Spaced, false);
        let tokens = MODEL.tokenizer().read("the", crate::text::Ending::Spaced);
        predictor.foresee(&MODEL, next.state, (&recency, &tokens), &options);
        assert!(predictor.ahead.after.is_some());
        // The present word is as it was, and the next one as if nobody had foreseen it.
        assert_eq!(ask(&mut predictor, "It is", "the"), word);
        let foreseen = predictor.ahead.next.of(TokenId(300));
        let after = ask(&mut predictor, "It is the", "");
        assert_eq!(after, ask(&mut Predictor::default(), "It is the", ""));
        assert_eq!(predictor.here.next.of(TokenId(300)), foreseen);
    }

    #[test]
    fn a_name_the_vocabulary_lacks_is_offered_again() {
        let words = |prefix: &str| -> Vec<String> {
            let offered = offer(
                "Tharb met Ivor\u{2019}s aunt. Tharb met",
                prefix,
                Boundary::Spaced,
                true,
            );
            offered
                .into_iter()
                .map(|suggestion| suggestion.text)
                .collect()
        };
        assert_eq!(words("Tha")[0], "Tharb");
        assert_eq!(words("tha")[0], "Tharb");
        assert_eq!(words("THA")[0], "THARB");
        assert!(words("Ivo").contains(&"Ivor\u{2019}s".to_owned()));
        assert!(words("Tharb").iter().all(|word| word != "Tharb"));
    }

    #[test]
    fn what_is_cached_for_a_state_changes_nothing() {
        let options = Options {
            threshold: 0.0,
            ..Options::default()
        };
        let mut kept = Predictor::default();
        let places = [
            ("It is", ""),
            ("It is", "t"),
            ("It is", "th"),
            ("It is", "t"),
            ("Once", "t"),
            ("It is", "a"),
        ];
        for (before, prefix) in places {
            let (context, recency) = place(before, prefix, Boundary::Spaced, false);
            let first: Vec<String> =
                suggest(&MODEL, &context, Own::from(&recency), &options, &mut kept)
                    .into_iter()
                    .map(|suggestion| suggestion.text)
                    .collect();
            let again = suggest(&MODEL, &context, Own::from(&recency), &options, &mut kept);
            assert_eq!(
                first,
                again
                    .into_iter()
                    .map(|suggestion| suggestion.text)
                    .collect::<Vec<_>>()
            );
        }
    }

    #[test]
    fn a_phrase_starts_with_the_first_suggestion() {
        let (context, recency) = place(
            "the red car stops. the red car stops. the red",
            "",
            Boundary::Spaced,
            false,
        );
        let options = Options {
            threshold: 0.0,
            phrase_threshold: 0.0,
            ..Options::default()
        };
        let mut predictor = Predictor::default();
        let first = suggest(
            &MODEL,
            &context,
            Own::from(&recency),
            &options,
            &mut predictor,
        )
        .remove(0);
        let phrase = phrase(
            &MODEL,
            &context,
            Own::from(&recency),
            &options,
            &mut predictor,
        )
        .expect("the threshold is zero");
        assert!(phrase.text.starts_with(&first.text));
        assert!(phrase.words >= 1 && phrase.words <= options.max_phrase_words);
        assert!(phrase.probability <= first.probability);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn no_prefix_is_too_strange(
            before in "\\PC{0,12}|([a-z]{1,5} ){0,6}",
            prefix in "\\PC{0,6}|[a-zA-Z]{0,3}|[a-z]{1,4}['\u{2019}][a-z]?|\u{1f44d}\u{1f3fd}|\u{4f60}\u{597d}|\u{130}s",
            touching: bool,
            curly: bool,
        ) {
            let boundary = if touching { Boundary::Touching } else { Boundary::Spaced };
            let offered = offer(&before, &prefix, boundary, curly);
            prop_assert!(offered.len() <= 5);
            prop_assert!(offered.windows(2).all(|pair| pair[0].probability >= pair[1].probability));
            for suggestion in &offered {
                let straight = |text: &str| text.replace(CURLY, "'");
                prop_assert!(casing::starts_with_folded(&straight(&suggestion.text), &straight(&prefix)));
                prop_assert!(suggestion.text != prefix);
                prop_assert!(suggestion.probability.is_finite());
            }
        }
    }
}
