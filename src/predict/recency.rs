//! What the writer has already written: the document's own words, how long ago, and after which words.
//!
//! People repeat themselves: names, terms, turns of phrase. A network of this size forgets a name after a paragraph;
//! counting does not (Kuhn and De Mori 1990; Grave 2017). Words are counted whole and without case, so that a word
//! the vocabulary lacks is one unit here, and `The` at a sentence start is `the`.

use super::own::{Evidence, History, Mark, ORDERS, Past, Rest, Rests, Weight};
use super::spelling::{self, Habit, Variety};
use crate::text::words::{is_letter, is_mark};
use crate::text::{Kind, TokenId, Vocabulary};
use std::collections::{BTreeMap, HashMap};
use std::ops::Bound;

/// Cache and online n-gram over the tokens that stand before the prefix.
///
/// A stack: tokens are pushed in reading order (the same that the state has read, breaks included) and taken back with
/// [`Recency::truncate`], so that it is a pure function of the tokens on it. The caller bounds it by where it starts.
#[derive(Clone, Debug, Default)]
pub struct Recency {
    tokens: Vec<TokenId>,
    units: Vec<Unit>,
    words: Vec<Word>, // by id - MARKS; a word leaves with its first occurrence
    by_text: BTreeMap<String, u32>, // folded text -> id
    after: [HashMap<u64, Vec<u32>>; ORDERS], // the last one, two, three units -> units, words all, that followed
    habit: Habit,
}

/// Words after which an occurrence counts half in [`Evidence::recent`].
pub const HALF_LIFE: f32 = 200.0;

/// Occurrences looked at in one list: the newest say the most, and a bound on them bounds the time of a request.
const NEWEST: usize = 256;

/// No word has more tokens before its last.
const LONGEST: usize = 64;

/// Occurrences at which what hangs on a word is looked at.
const NEWEST_JOINED: usize = 32;

/// What hangs on a word has no more words.
const LONGEST_REST: usize = 4;

/// Words read last that are proposed before the first letter.
const LATELY: usize = 64;

/// Evidence at one place in the text.
#[derive(Debug)]
pub(super) struct Query<'a> {
    recency: &'a Recency,
    followers: [Vec<(u32, f32)>; ORDERS], // word id -> share, by id
    lately: f32,                          // all words, older ones counting less and less
    weight: Weight,
}

/// A word where it was read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Occurrence<'a> {
    /// What stood before it.
    pub history: History,
    /// The word in lower case.
    pub folded: &'a str,
    /// As it was written, with straight apostrophes.
    pub form: &'a str,
    /// Whether it stood where no capital is due, so that its form is its own.
    pub inside: bool,
    /// Whether it hangs on the word before by a hyphen.
    pub hangs: bool,
    index: usize,
}

/// One word, number or punctuation mark read.
#[derive(Clone, Debug)]
struct Unit {
    id: u32,
    next: History,       // of what comes after it
    end: u32,            // number of tokens on the stack with it
    words: u32,          // number of words with it
    lately: f32,         // a word's occurrences up to this one, older ones counting less and less
    form: u32,           // index in the word's forms
    inside: bool,        // a word that is capitalized only if it is always
    heading: bool,       // in a heading, where capitals say nothing
    joint: Option<char>, // by which a word hangs on the word before
}

#[derive(Clone, Debug)]
struct Word {
    folded: String,
    variety: Option<Variety>,
    at: Vec<u32>, // indices of units
    carries: u32, // words that hang on it
    forms: Vec<Form>,
}

#[derive(Clone, Debug)]
struct Form {
    text: String,
    seen: u32,
    inside: u32, // of these, inside a sentence
}

// Ids of units: marks, then words.
const BREAK: u32 = Mark::Break as u32;
const STOP: u32 = Mark::Stop as u32;
const QUOTE: u32 = Mark::Quote as u32;
const BRACKET: u32 = Mark::Bracket as u32;
const NUMBER: u32 = Mark::Number as u32;
const MARKS: u32 = Mark::Nothing as u32;

impl Recency {
    /// Nothing read.
    pub fn new() -> Recency {
        Recency::default()
    }

    /// Number of tokens on it.
    pub fn len(&self) -> usize {
        self.tokens.len()
    }

    /// Whether nothing was read.
    pub fn is_empty(&self) -> bool {
        self.tokens.is_empty()
    }

    /// The token read last.
    pub fn last(&self) -> Option<TokenId> {
        self.tokens.last().copied()
    }

    /// The tokens read last, at most so many, newest last.
    pub fn tail(&self, most: usize) -> &[TokenId] {
        &self.tokens[self.tokens.len().saturating_sub(most)..]
    }

    /// Reads one more token.
    pub fn push(&mut self, token: TokenId, vocabulary: &Vocabulary) {
        self.tokens.push(token);
        match vocabulary.kind(token) {
            Kind::Break => {
                self.push_mark(Mark::Break);
                if let Some(unit) = self.units.last_mut() {
                    unit.heading = token == TokenId::HEAD;
                }
            }
            // A number is one unit, however many digits it has.
            Kind::Digit if self.units.last().is_some_and(|unit| unit.id == NUMBER) => {}
            Kind::Digit => self.push_mark(Mark::Number),
            Kind::Punctuation => self.push_mark(mark_of(vocabulary.text(token))),
            Kind::Word => {
                let (first, text) = self.last_word(vocabulary);
                let joint = self.joint_before(first, vocabulary);
                self.push_word(text, joint);
            }
            Kind::Piece | Kind::Layout | Kind::Byte => {}
        }
    }

    /// Reads one more token, of inline code: what follows it is counted, but nobody writes its words as words.
    pub fn push_code(&mut self, token: TokenId, vocabulary: &Vocabulary) {
        self.tokens.push(token);
        match vocabulary.kind(token) {
            Kind::Word => {
                let (_, text) = self.last_word(vocabulary);
                let next = self.history().with_word(&text.to_lowercase());
                self.push_unit(Mark::Other as u32, next);
            }
            Kind::Digit | Kind::Punctuation | Kind::Break => self.push_mark(Mark::Other),
            Kind::Piece | Kind::Layout | Kind::Byte => {}
        }
    }

    /// Reads something of which nothing is known but that it stands here.
    pub fn push_gap(&mut self) {
        self.push_mark(Mark::Other);
    }

    /// The word whose last token was read last, and the index of its first token.
    fn last_word(&self, vocabulary: &Vocabulary) -> (usize, String) {
        let parts = self.tokens.iter().rev().skip(1).take(LONGEST);
        let is_part = |&&id: &&TokenId| matches!(vocabulary.kind(id), Kind::Piece | Kind::Byte);
        let first = self.tokens.len() - 1 - parts.take_while(is_part).count();
        let mut bytes = Vec::new();
        for &id in &self.tokens[first..] {
            match vocabulary.byte(id) {
                // A letter that the vocabulary lacks.
                Some(byte) => bytes.push(byte),
                None => bytes.extend_from_slice(vocabulary.text(id).as_bytes()),
            }
        }
        let text = String::from_utf8_lossy(&bytes);
        // An emoji before a word is not part of it.
        let start = text.rfind(|c: char| !is_letter(c) && !is_mark(c) && c != '\'');
        let start = start.map_or(0, |at| text.ceil_char_boundary(at + 1));
        (first, text[start..].to_owned())
    }

    /// Takes back all but the first `len` tokens.
    pub fn truncate(&mut self, len: usize) {
        self.tokens.truncate(len);
        while self
            .units
            .last()
            .is_some_and(|unit| unit.end as usize > len)
        {
            self.pop();
        }
    }

    /// What makes one word of the word before and the one whose tokens start at `first`.
    fn joint_before(&self, first: usize, vocabulary: &Vocabulary) -> Option<char> {
        let joint = vocabulary.joint(*self.tokens[..first].last()?)?;
        let before = self.units.iter().rev().nth(1)?;
        let touches = before.id >= MARKS && before.end as usize == first - 1;
        touches.then_some(joint)
    }

    /// The word before the last unit, which is a joint.
    fn carrier(&mut self) -> Option<&mut Word> {
        let unit = self.units.iter().rev().nth(1)?;
        self.words.get_mut(unit.id.checked_sub(MARKS)? as usize)
    }

    /// What hangs on a word.
    fn rest(&self, unit: usize) -> String {
        let mut rest = String::new();
        for unit in self.units[unit..]
            .iter()
            .skip(2)
            .step_by(2)
            .take(LONGEST_REST)
        {
            let Some(joint) = unit.joint else { break };
            rest.push(joint);
            let word = &self.words[(unit.id - MARKS) as usize];
            rest.push_str(&word.forms[unit.form as usize].text);
        }
        rest
    }

    /// What hangs on an occurrence of this recency's; empty if nothing does.
    pub fn rest_of(&self, occurrence: &Occurrence<'_>) -> String {
        self.rest(occurrence.index)
    }

    /// Whether the next word begins a sentence: nothing but quotes and brackets stands between it and a full stop,
    /// a break or the start.
    pub fn at_sentence_start(&self) -> bool {
        let mark = self
            .units
            .iter()
            .rev()
            .map(|unit| unit.id)
            .find(|&id| id != QUOTE && id != BRACKET);
        matches!(mark, None | Some(BREAK | STOP))
    }

    /// The word that stands right before, in lower case.
    pub fn previous_word(&self) -> Option<&str> {
        let id = self.units.last()?.id.checked_sub(MARKS)?;
        Some(&self.words[id as usize].folded)
    }

    /// Whether the last two words are in capitals, so that the next one will be.
    pub fn shouts(&self) -> bool {
        let mut last = self.units.iter().rev().take(2).map(|unit| {
            let word = self.words.get(unit.id.checked_sub(MARKS)? as usize)?;
            Some(word.forms.get(unit.form as usize)?.text.as_str())
        });
        let mut next = || last.next().flatten().unwrap_or_default();
        let two = [next(), next()];
        let letters: usize = two.iter().map(|word| word.chars().count()).sum();
        // "A" and "I" are capitals anywhere, and "US" or "TV" are names.
        letters > 4 && two.iter().all(|word| is_upper(word))
    }

    /// British or American, as far as the text tells.
    pub(super) fn habit(&self) -> &Habit {
        &self.habit
    }

    /// The last units.
    pub fn history(&self) -> History {
        self.units.last().map_or(History::START, |unit| unit.next)
    }

    /// Every word read, in order: what counts of many documents are made of.
    pub fn occurrences(&self) -> impl Iterator<Item = Occurrence<'_>> {
        let before = std::iter::once(History::START).chain(self.units.iter().map(|unit| unit.next));
        let units = before.zip(&self.units).enumerate();
        units.filter_map(|(index, (history, unit))| {
            let word = &self.words[unit.id.checked_sub(MARKS)? as usize];
            Some(Occurrence {
                history,
                folded: &word.folded,
                form: &word.forms[unit.form as usize].text,
                inside: unit.inside,
                hangs: unit.joint.is_some(),
                index,
            })
        })
    }

    /// What is known of the words that may come after `history`.
    pub(super) fn query(&self, history: &History) -> Query<'_> {
        let mut followers = [const { Vec::new() }; ORDERS];
        let mut weight = Weight {
            words: self.word_count() as f32,
            ..Weight::default()
        };
        for (order, followers) in followers.iter_mut().enumerate() {
            let Some(at) = history
                .key(order)
                .and_then(|key| self.after[order].get(&key))
            else {
                continue;
            };
            let mut ids: Vec<u32> = newest(at)
                .iter()
                .map(|&i| self.units[i as usize].id)
                .collect();
            ids.sort_unstable();
            let total = ids.len() as f32;
            *followers = ids
                .chunk_by(|a, b| a == b)
                .map(|same| (same[0], same.len() as f32 / total))
                .collect();
            weight.seen[order] = total;
            weight.kinds[order] = followers.len() as f32;
        }
        Query {
            recency: self,
            followers,
            lately: (1.0 - decay(self.word_count())) / (1.0 - decay(1)), // a geometric series
            weight,
        }
    }

    fn word_count(&self) -> u32 {
        self.units.last().map_or(0, |unit| unit.words)
    }

    fn push_mark(&mut self, mark: Mark) {
        self.push_unit(mark as u32, self.history().with_mark(mark));
    }

    fn push_unit(&mut self, id: u32, next: History) {
        let heading = self.units.last().is_some_and(|unit| unit.heading);
        let unit = Unit {
            id,
            next,
            end: self.tokens.len() as u32,
            words: self.word_count(),
            lately: 0.0,
            form: 0,
            inside: false,
            heading,
            joint: None,
        };
        self.units.push(unit);
    }

    fn push_word(&mut self, text: String, joint: Option<char>) {
        let folded = text.to_lowercase();
        let inside =
            !self.at_sentence_start() && !self.units.last().is_some_and(|unit| unit.heading);
        let index = self.units.len() as u32;
        let history = self.history();
        let next = history.with_word(&folded);
        for order in 0..ORDERS {
            if let Some(key) = history.key(order) {
                self.after[order].entry(key).or_default().push(index);
            }
        }
        let id = match self.by_text.get(&folded) {
            Some(&id) => id,
            None => {
                let id = MARKS + self.words.len() as u32;
                self.words.push(Word {
                    variety: spelling::variety(&folded),
                    folded: folded.clone(),
                    at: Vec::new(),
                    carries: 0,
                    forms: Vec::new(),
                });
                self.by_text.insert(folded, id);
                id
            }
        };
        if let Some(before) = joint.and_then(|_| self.carrier()) {
            before.carries += 1;
        }
        let count = self.word_count() + 1;
        let word = &mut self.words[(id - MARKS) as usize];
        let earlier = word.at.last().map_or(0.0, |&last| {
            let last = &self.units[last as usize];
            last.lately * decay(count - last.words)
        });
        self.push_unit(id, next);
        let word = &mut self.words[(id - MARKS) as usize];
        word.at.push(index);
        word.variety
            .into_iter()
            .for_each(|side| self.habit.add(side));
        let form = word
            .forms
            .iter()
            .position(|form| form.text == text)
            .unwrap_or_else(|| {
                word.forms.push(Form {
                    text,
                    seen: 0,
                    inside: 0,
                });
                word.forms.len() - 1
            });
        word.forms[form].seen += 1;
        word.forms[form].inside += u32::from(inside);
        if let Some(unit) = self.units.last_mut() {
            (unit.form, unit.inside, unit.joint) = (form as u32, inside, joint);
            (unit.words, unit.lately) = (count, 1.0 + earlier);
        }
    }

    /// Takes back the last unit. Everything it added was added last, so all lists lose their ends only.
    fn pop(&mut self) {
        let Some(unit) = self.units.pop() else { return };
        let Some(index) = unit.id.checked_sub(MARKS) else {
            return;
        };
        let history = self.history();
        for order in 0..ORDERS {
            let Some(key) = history.key(order) else {
                continue;
            };
            if let Some(at) = self.after[order].get_mut(&key) {
                at.pop();
                if at.is_empty() {
                    self.after[order].remove(&key);
                }
            }
        }
        if let Some(before) = unit.joint.and_then(|_| self.carrier()) {
            before.carries -= 1;
        }
        let word = &mut self.words[index as usize];
        word.at.pop();
        word.variety
            .into_iter()
            .for_each(|side| self.habit.remove(side));
        let form = &mut word.forms[unit.form as usize];
        form.seen -= 1;
        form.inside -= u32::from(unit.inside);
        if form.seen == 0 {
            word.forms.pop();
        }
        if word.at.is_empty() {
            // Its first occurrence was the newest of first occurrences: it stands last.
            self.by_text.remove(&word.folded);
            self.words.pop();
        }
    }
}

impl<'a> Query<'a> {
    fn word(&self, id: u32) -> &'a Word {
        &self.recency.words[(id - MARKS) as usize]
    }

    fn evidence_of(&self, id: u32) -> Evidence {
        let recency = self.recency;
        let word = self.word(id);
        let words = recency.word_count();
        let lately = word.at.last().map_or(0.0, |&last| {
            let last = &recency.units[last as usize];
            last.lately * decay(words - last.words)
        });
        let mut evidence = Evidence {
            share: word.at.len() as f32 / words as f32,
            recent: lately / self.lately,
            ..Evidence::default()
        };
        for (share, followers) in evidence.follows.iter_mut().zip(&self.followers) {
            if let Ok(i) = followers.binary_search_by_key(&id, |&(id, _)| id) {
                *share = followers[i].1;
            }
        }
        evidence
    }
}

impl Past for Query<'_> {
    fn weight(&self) -> Weight {
        self.weight
    }

    fn words(&self, prefix: &str) -> Vec<(&str, Evidence)> {
        let recency = self.recency;
        if !prefix.is_empty() {
            let from = (Bound::Included(prefix), Bound::Unbounded);
            let range = recency.by_text.range::<str, _>(from);
            return range
                .take_while(|(text, _)| text.starts_with(prefix))
                .map(|(text, &id)| (text.as_str(), self.evidence_of(id)))
                .collect();
        }
        let followers = self.followers.iter().flatten().map(|&(id, _)| id);
        let lately = recency
            .units
            .iter()
            .rev()
            .map(|unit| unit.id)
            .filter(|&id| id >= MARKS)
            .take(LATELY);
        let mut ids: Vec<u32> = followers.chain(lately).collect();
        ids.sort_unstable();
        ids.dedup();
        ids.into_iter()
            .map(|id| (self.word(id).folded.as_str(), self.evidence_of(id)))
            .collect()
    }

    fn evidence(&self, word: &str) -> Option<Evidence> {
        let id = self.recency.by_text.get(word)?;
        Some(self.evidence_of(*id))
    }

    fn form(&self, word: &str) -> Option<(&str, bool)> {
        let word = self.word(*self.recency.by_text.get(word)?);
        let form = word
            .forms
            .iter()
            .max_by_key(|form| (form.inside, form.seen))?;
        Some((&form.text, form.inside > 0))
    }

    fn rests(&self, word: &str) -> Rests {
        let mut found = Rests::default();
        let Some(&id) = self.recency.by_text.get(word) else {
            return found;
        };
        let word = self.word(id);
        if word.carries == 0 {
            found.seen = word.at.len().min(NEWEST_JOINED) as f32;
            return found;
        }
        for &at in word.at.iter().rev().take(NEWEST_JOINED) {
            let unit = &self.recency.units[at as usize];
            if unit.joint.is_some() {
                continue;
            }
            found.seen += 1.0;
            let text = self.recency.rest(at as usize);
            if !text.is_empty() {
                found.rests.push(Rest {
                    first: word.forms[unit.form as usize].text.clone(),
                    text,
                    weight: 1.0,
                });
            }
        }
        found
    }
}

/// What an occurrence counts after so many words.
fn decay(age: u32) -> f32 {
    (-(age as f32) / HALF_LIFE).exp2()
}

fn newest(at: &[u32]) -> &[u32] {
    &at[at.len().saturating_sub(NEWEST)..]
}

fn is_upper(word: &str) -> bool {
    !word.is_empty() && !word.chars().any(char::is_lowercase)
}

pub(super) fn mark_of(text: &str) -> Mark {
    match text {
        "." | "!" | "?" | "…" => Mark::Stop,
        "," | ";" | ":" => Mark::Comma,
        "\"" | "'" | "“" | "”" | "‘" | "’" | "«" | "»" | "„" => Mark::Quote,
        "(" | ")" | "[" | "]" | "{" | "}" => Mark::Bracket,
        "-" | "–" | "—" => Mark::Dash,
        _ => Mark::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::{Ending, Tokenizer};
    use proptest::prelude::*;

    fn tokenizer() -> Tokenizer {
        let text = "abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ the cat don't";
        Tokenizer::train([text; 8].into_iter(), 700)
    }

    fn read(tokenizer: &Tokenizer, text: &str) -> Recency {
        let mut recency = Recency::new();
        recency.push(TokenId::DOC, tokenizer.vocabulary());
        for id in tokenizer.read(text, Ending::Spaced) {
            recency.push(id, tokenizer.vocabulary());
        }
        recency
    }

    #[test]
    fn words_are_whole_and_without_case() {
        let tokenizer = tokenizer();
        let recency = read(&tokenizer, "Zebedee met Anna. The Zebedees don\u{2019}t");
        let query = recency.query(&recency.history());
        let words = |prefix| {
            query
                .words(prefix)
                .into_iter()
                .map(|(word, _)| word)
                .collect::<Vec<_>>()
        };
        assert_eq!(words("ze"), ["zebedee", "zebedees"]);
        assert_eq!(words("don'"), ["don't"]);
        assert_eq!(recency.previous_word(), Some("don't"));
    }

    #[test]
    fn a_form_counts_where_its_capital_is_not_due() {
        let tokenizer = tokenizer();
        let recency = read(&tokenizer, "Rust is fun. We use Rust. \u{201c}Often we do.");
        let query = recency.query(&recency.history());
        let form = |word| query.form(word);
        assert_eq!(form("rust"), Some(("Rust", true)));
        assert_eq!(form("we"), Some(("we", true)));
        assert_eq!(form("often"), Some(("Often", false)));
        assert_eq!(form("never"), None);
    }

    #[test]
    fn sentence_starts() {
        let tokenizer = tokenizer();
        let check = |text: &str, expected: bool| {
            assert_eq!(
                read(&tokenizer, text).at_sentence_start(),
                expected,
                "{text:?}"
            );
        };
        check("", true);
        check("It ended.", true);
        check("It ended. \u{201c}", true);
        check("It ended, \u{201c}", false);
        check("It ended (see above.) ", true);
        check("It", false);
        check("It cost 3", false);
    }

    #[test]
    fn code_is_context_and_no_word() {
        let tokenizer = tokenizer();
        let vocabulary = tokenizer.vocabulary();
        let push = |recency: &mut Recency, text: &str, is_code: bool| {
            for id in tokenizer.read(text, Ending::Spaced) {
                match is_code {
                    true => recency.push_code(id, vocabulary),
                    false => recency.push(id, vocabulary),
                }
            }
        };
        let mut recency = read(&tokenizer, "the");
        for after in ["cat", "don't"] {
            push(&mut recency, "mat.", true);
            assert!(!recency.at_sentence_start());
            assert_eq!(recency.previous_word(), None);
            push(&mut recency, after, false);
        }
        let before = format!("{recency:?}");
        let read = recency.len();
        push(&mut recency, "mat.", true);
        let query = recency.query(&recency.history());
        let words: Vec<&str> = query.words("").into_iter().map(|(word, _)| word).collect();
        assert!(!words.contains(&"mat"), "{words:?}");
        assert_eq!(query.evidence("mat"), None);
        assert_eq!(query.evidence("cat").unwrap().follows[0], 0.5);
        assert_eq!(query.weight.words, 3.0);
        recency.truncate(read);
        assert_eq!(format!("{recency:?}"), before);
    }

    #[test]
    fn what_hangs_on_a_word_is_known() {
        let tokenizer = tokenizer();
        let recency = read(
            &tokenizer,
            "a cat-like cat, a Cat/dog-fight and the-cat-like x - cat -like, cat",
        );
        let found = recency.query(&History::START).rests("cat");
        let mut rests: Vec<(&str, &str)> = found
            .rests
            .iter()
            .map(|rest| (&*rest.first, &*rest.text))
            .collect();
        rests.sort_unstable();
        assert_eq!(rests, [("Cat", "/dog-fight"), ("cat", "-like")]);
        assert_eq!(found.seen, 5.0);
        assert_eq!(recency.query(&History::START).rests("x").seen, 1.0);
    }

    #[test]
    fn what_followed_before_is_known() {
        let tokenizer = tokenizer();
        let recency = read(
            &tokenizer,
            "the red car and the red car and the blue car and the red",
        );
        let query = recency.query(&recency.history());
        assert_eq!(query.weight.seen, [2.0, 2.0, 1.0]);
        assert_eq!(query.evidence("car").unwrap().follows, [1.0, 1.0, 1.0]);
        let after_the = recency.query(&History::START.with_word("the"));
        let followed = |word| after_the.evidence(word).unwrap().follows[0];
        assert!(followed("red") > followed("blue"));
        assert_eq!(after_the.weight.kinds, [2.0, 0.0, 0.0]);
    }

    #[test]
    fn newer_words_weigh_more() {
        let tokenizer = tokenizer();
        let recency = read(&tokenizer, "old cat sat new");
        let query = recency.query(&recency.history());
        let of = |word| query.evidence(word).unwrap();
        assert!(of("new").recent > of("old").recent);
        assert_eq!(of("new").share, of("old").share);
        let all: f32 = ["old", "cat", "sat", "new"]
            .iter()
            .map(|word| of(word).recent)
            .sum();
        assert!((all - 1.0).abs() < 1e-4, "{all}");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        /// Reading and taking back leaves what reading less would have left.
        #[test]
        fn truncating_is_never_having_read(text in "[a-e ,.\u{2019}()0-9A-E\u{e9}-]{0,80}", keep in 0usize..60) {
            let tokenizer = tokenizer();
            let ids = tokenizer.read(&text, Ending::Touching);
            let keep = keep.min(ids.len());
            let (mut long, mut short) = (Recency::new(), Recency::new());
            ids.iter().for_each(|&id| long.push(id, tokenizer.vocabulary()));
            long.truncate(keep);
            ids[..keep].iter().for_each(|&id| short.push(id, tokenizer.vocabulary()));
            prop_assert_eq!(format!("{:?}", (&long.tokens, &long.units, &long.words, &long.by_text)),
                format!("{:?}", (&short.tokens, &short.units, &short.words, &short.by_text)));
            prop_assert_eq!(long.after, short.after);
        }
    }
}
