//! The writer's words and what follows them, counted over everything learned: a read-only table, made anew when
//! anything changes.

use super::private::CODE;
use super::source::is_listed;
use crate::predict::Recency;
use crate::predict::own::{Counts, Evidence, History, ORDERS, Past, Rest, Rests, Weight};
use crate::text::prose::Break;
use crate::text::{Ending, TokenId, Tokenizer, words};
use std::collections::{BTreeSet, HashMap, HashSet};

/// A word that the vocabulary lacks is offered when it was seen in so many paragraphs: what stands in one place only
/// may be a slip, or nobody else's business.
const WORD_SIGHTINGS: u32 = 2;

/// The same for a word behind one, two, three others. The longer the phrase, the more it is a quotation.
const PHRASE_SIGHTINGS: [u32; ORDERS] = [1, 2, 3];

/// Newest words that are counted; what is older has faded anyway, and memory is bounded.
const MOST_WORDS: usize = 200_000;

/// Most words that one question is answered with, besides those that followed the same units: the ones written most.
const MOST_ANSWERS: usize = 128;

/// Words proposed before the first letter besides those that followed the same units.
const LIKELY: usize = 16;

/// Counted prose. See the module.
#[derive(Debug, Default)]
pub struct PersonalCounts {
    words: Vec<Word>,                   // sorted by `folded`
    likely: Vec<u32>,                   // the heaviest new words, indices
    total: f32,                         // weight of all words
    keys: Vec<u64>,                     // sorted: histories that something followed
    ends: Vec<u32>,                     // where the followers of each key end
    sums: Vec<(f32, f32)>, // of each key: weight of all that followed, and how many different words
    followers: Vec<(u32, f32)>, // of each key by word: index and weight
    rests: Vec<(u32, Rest)>, // what hangs on words by hyphens, by the word's index
    pub(super) unwanted: BTreeSet<u64>, // fingerprints of the words that the user forgot
}

#[derive(Debug)]
struct Word {
    folded: Box<str>,
    form: Box<str>,
    is_sure: bool,
    is_new: bool,
    weight: f32,
}

/// What followed one history.
struct Followers<'a> {
    words: &'a [(u32, f32)], // that may be offered: index and weight, by index
    sum: f32,                // weight of all words
    kinds: f32,              // how many different words
}

/// Counts paragraphs. The caller hands in the newest first.
#[derive(Debug)]
pub(super) struct Counter<'a> {
    tokenizer: &'a Tokenizer,
    ids: HashMap<Box<str>, u32>,
    words: Vec<Tally>, // by id
    follows: Vec<Follow>,
    rests: HashMap<(u32, Box<str>, Box<str>), Seen>, // by word, its form, what hangs on it
    paragraph: u32,
    counted: usize,
}

/// How often something was seen.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    weight: f32,
    paragraphs: u32,
    last: u32,
}

#[derive(Debug, Default)]
struct Tally {
    weight: f32,
    paragraphs: u32,
    last: u32,
    forms: Vec<(Box<str>, u32, u32)>, // text, how often inside a sentence, how often at all
}

/// A word behind a history.
#[derive(Clone, Copy, Debug)]
struct Follow {
    key: u64,
    word: u32,
    paragraph: u32,
    weight: f32,
    order: u8,
}

impl<'a> Counter<'a> {
    /// Nothing counted.
    pub(super) fn new(tokenizer: &'a Tokenizer) -> Counter<'a> {
        Counter {
            tokenizer,
            ids: HashMap::new(),
            words: Vec::new(),
            follows: Vec::new(),
            rests: HashMap::new(),
            paragraph: 0,
            counted: 0,
        }
    }

    /// Whether [`MOST_WORDS`] were counted.
    pub(super) fn is_full(&self) -> bool {
        self.counted >= MOST_WORDS
    }

    /// Counts a paragraph's runs, each occurrence as much as `weight`.
    pub(super) fn paragraph<'t>(
        &mut self,
        starts: Break,
        runs: impl Iterator<Item = &'t str>,
        weight: f32,
    ) {
        self.paragraph += 1;
        for (index, run) in runs.enumerate() {
            let vocabulary = self.tokenizer.vocabulary();
            let mut recency = Recency::new();
            // Behind a gap nothing is known of what stands before; a heading's capitals say nothing of its words.
            let before = match (starts, index) {
                (Break::Heading, _) => TokenId::HEAD,
                (Break::Item, 0) => TokenId::ITEM,
                _ => TokenId::PAR,
            };
            recency.push(TokenId::DOC, vocabulary);
            recency.push(before, vocabulary);
            for (part, text) in run.split(CODE).enumerate() {
                if part > 0 {
                    recency.push_gap();
                }
                for token in self.tokenizer.read(text.trim(), Ending::Spaced) {
                    recency.push(token, vocabulary);
                }
            }
            // Where the vocabulary lacks a letter, the tokens of a word's rest look like a word.
            let whole: HashSet<String> = words::words(run)
                .map(|word| word.replace('\u{2019}', "'"))
                .collect();
            for occurrence in recency
                .occurrences()
                .filter(|occurrence| whole.contains(occurrence.form))
            {
                let id = self.word(
                    occurrence.folded,
                    occurrence.form,
                    occurrence.inside,
                    weight,
                );
                let rest = recency.rest_of(&occurrence);
                let is_whole = |part: &str| whole.contains(part);
                if !rest.is_empty()
                    && !occurrence.hangs
                    && rest.split(words::is_joint).skip(1).all(is_whole)
                {
                    self.rest(id, occurrence.form, rest, weight);
                }
                for order in 0..ORDERS {
                    if let Some(key) = occurrence.history.key(order) {
                        self.follows.push(Follow {
                            key,
                            word: id,
                            paragraph: self.paragraph,
                            weight,
                            order: order as u8,
                        });
                    }
                }
            }
        }
    }

    fn word(&mut self, folded: &str, form: &str, inside: bool, weight: f32) -> u32 {
        self.counted += 1;
        let id = match self.ids.get(folded) {
            Some(&id) => id,
            None => {
                let id = self.words.len() as u32;
                self.ids.insert(folded.into(), id);
                self.words.push(Tally::default());
                id
            }
        };
        let tally = &mut self.words[id as usize];
        tally.weight += weight;
        tally.paragraphs += u32::from(tally.last != self.paragraph);
        tally.last = self.paragraph;
        let inside = u32::from(inside);
        match tally.forms.iter_mut().find(|(text, ..)| **text == *form) {
            Some((_, in_sentence, all)) => {
                *in_sentence += inside;
                *all += 1;
            }
            None => tally.forms.push((form.into(), inside, 1)),
        }
        id
    }

    fn rest(&mut self, word: u32, form: &str, rest: String, weight: f32) {
        let key = (word, form.into(), rest.into());
        let seen = self.rests.entry(key).or_default();
        seen.weight += weight;
        seen.paragraphs += u32::from(seen.last != self.paragraph);
        seen.last = self.paragraph;
    }

    /// The table.
    pub(super) fn finish(self) -> PersonalCounts {
        let Counter {
            tokenizer,
            ids,
            words: tallies,
            mut follows,
            rests,
            ..
        } = self;
        let vocabulary = tokenizer.vocabulary();
        let mut named: Vec<(Box<str>, u32)> = ids.into_iter().collect();
        named.sort_unstable();
        let mut index = vec![u32::MAX; tallies.len()]; // id -> index in `words`
        let mut counts = PersonalCounts::default();
        for (folded, id) in named {
            let tally = &tallies[id as usize];
            let is_new = vocabulary.word(&folded).is_none()
                && tally
                    .forms
                    .iter()
                    .all(|(form, ..)| vocabulary.word(form).is_none());
            counts.total += tally.weight;
            if is_new && tally.paragraphs < WORD_SIGHTINGS {
                continue;
            }
            let form = tally
                .forms
                .iter()
                .max_by_key(|(_, inside, all)| (*inside, *all));
            index[id as usize] = counts.words.len() as u32;
            counts.words.push(Word {
                form: form.map_or_else(|| folded.clone(), |(form, ..)| form.clone()),
                is_sure: form.is_some_and(|(_, inside, _)| *inside > 0),
                is_new,
                weight: tally.weight,
                folded,
            });
        }
        follows.sort_unstable_by_key(|follow| {
            (
                follow.key,
                index[follow.word as usize],
                follow.word,
                follow.paragraph,
            )
        });
        for same in follows.chunk_by(|a, b| a.key == b.key) {
            counts.add_followers(same, &index);
        }
        counts.likely = counts.most_likely();
        let often = rests.into_iter().filter_map(|((id, first, text), seen)| {
            let word = index[id as usize];
            let rest = Rest {
                first: first.into(),
                text: text.into(),
                weight: seen.weight,
            };
            (word != u32::MAX && seen.paragraphs >= WORD_SIGHTINGS).then_some((word, rest))
        });
        counts.rests = often.collect();
        counts
            .rests
            .sort_unstable_by(|(a, x), (b, y)| (a, &x.text, &x.first).cmp(&(b, &y.text, &y.first)));
        counts
    }
}

impl PersonalCounts {
    /// The words that the vocabulary lacks, by weight.
    pub fn new_words(&self) -> Vec<(&str, f32)> {
        let mut new: Vec<(&str, f32)> = self
            .words
            .iter()
            .filter(|word| word.is_new && !self.is_unwanted(&word.form))
            .map(|word| (&*word.form, word.weight))
            .collect();
        new.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(b.0)));
        new
    }

    /// Nothing counted, and words that are not to be offered, by their fingerprints.
    pub(super) fn unwanting(unwanted: BTreeSet<u64>) -> PersonalCounts {
        PersonalCounts {
            unwanted,
            ..PersonalCounts::default()
        }
    }

    /// Whether nothing was counted, and nothing is unwanted.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty() && self.unwanted.is_empty()
    }

    fn add_followers(&mut self, all: &[Follow], index: &[u32]) {
        let fewest = PHRASE_SIGHTINGS[usize::from(all[0].order)];
        let (mut sum, mut kinds) = (0.0, 0.0);
        let before = self.followers.len();
        // Words that are not offered have the same index, but stand for as many kinds as there are.
        for same in all.chunk_by(|a, b| a.word == b.word) {
            let weight: f32 = same.iter().map(|follow| follow.weight).sum();
            let paragraphs = same.chunk_by(|a, b| a.paragraph == b.paragraph).count() as u32;
            sum += weight;
            kinds += 1.0;
            let word = index[same[0].word as usize];
            if word != u32::MAX && paragraphs >= fewest {
                self.followers.push((word, weight));
            }
        }
        if self.followers.len() > before {
            self.keys.push(all[0].key);
            self.ends.push(self.followers.len() as u32);
            self.sums.push((sum, kinds));
        }
    }

    fn most_likely(&self) -> Vec<u32> {
        let mut new: Vec<u32> = (0..self.words.len() as u32)
            .filter(|&at| self.words[at as usize].is_new)
            .collect();
        new.sort_by(|&a, &b| {
            self.words[b as usize]
                .weight
                .total_cmp(&self.words[a as usize].weight)
                .then(a.cmp(&b))
        });
        new.truncate(LIKELY);
        new
    }

    /// What followed a history.
    fn find(&self, key: u64) -> Option<Followers<'_>> {
        let at = self.keys.binary_search(&key).ok()?;
        let start = at
            .checked_sub(1)
            .map_or(0, |before| self.ends[before] as usize);
        let (sum, kinds) = self.sums[at];
        let words = &self.followers[start..self.ends[at] as usize];
        Some(Followers { words, sum, kinds })
    }

    fn index(&self, word: &str) -> Option<u32> {
        let at = self
            .words
            .binary_search_by(|entry| (*entry.folded).cmp(word));
        at.ok().map(|at| at as u32)
    }
}

impl Counts for PersonalCounts {
    /// A word that was forgotten, a possessive of it ("Anna's") or a compound with it ("Anna-like").
    fn is_unwanted(&self, word: &str) -> bool {
        if self.unwanted.is_empty() {
            return false;
        }
        let is_one = |word: &str| is_listed(word, &self.unwanted);
        is_one(word) || words::words(word).any(is_one)
    }

    fn after<'a>(&'a self, history: &History) -> Box<dyn Past + 'a> {
        let mut query = Query {
            counts: self,
            followers: [&[]; ORDERS],
            weight: Weight {
                words: self.total,
                ..Weight::default()
            },
        };
        for order in 0..ORDERS {
            let found = history.key(order).and_then(|key| self.find(key));
            if let Some(found) = found {
                query.followers[order] = found.words;
                query.weight.seen[order] = found.sum;
                query.weight.kinds[order] = found.kinds;
            }
        }
        Box::new(query)
    }
}

/// One place in a text.
#[derive(Debug)]
struct Query<'a> {
    counts: &'a PersonalCounts,
    followers: [&'a [(u32, f32)]; ORDERS],
    weight: Weight,
}

impl Query<'_> {
    fn evidence_of(&self, index: u32) -> Evidence {
        let word = &self.counts.words[index as usize];
        let share = word.weight / self.counts.total;
        let mut evidence = Evidence {
            share,
            recent: share, // nothing in earlier prose was read lately; ages are in the weights
            ..Evidence::default()
        };
        for order in 0..ORDERS {
            if let Ok(at) = self.followers[order].binary_search_by_key(&index, |&(word, _)| word) {
                evidence.follows[order] = self.followers[order][at].1 / self.weight.seen[order];
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
        let words = &self.counts.words;
        let of = |index: u32| &words[index as usize];
        let followers = self.followers.iter().copied().flatten();
        let followers = followers.map(|&(index, _)| index);
        let mut indices: Vec<u32> = if prefix.is_empty() {
            followers
                .chain(self.counts.likely.iter().copied())
                .collect()
        } else {
            let has_prefix = |word: &Word| word.folded.starts_with(prefix);
            let start = words.partition_point(|word| &*word.folded < prefix);
            let count = words[start..].partition_point(has_prefix);
            let mut indices: Vec<u32> = (start as u32..(start + count) as u32).collect();
            if indices.len() > MOST_ANSWERS {
                let heavier = |a: &u32, b: &u32| of(*b).weight.total_cmp(&of(*a).weight);
                indices.select_nth_unstable_by(MOST_ANSWERS, heavier);
                indices.truncate(MOST_ANSWERS);
                indices.extend(followers.filter(|&index| has_prefix(of(index))));
            }
            indices
        };
        indices.sort_unstable();
        indices.dedup();
        let answer = |index: u32| (&*of(index).folded, self.evidence_of(index));
        indices.into_iter().map(answer).collect()
    }

    fn evidence(&self, word: &str) -> Option<Evidence> {
        self.counts.index(word).map(|index| self.evidence_of(index))
    }

    fn form(&self, word: &str) -> Option<(&str, bool)> {
        let word = &self.counts.words[self.counts.index(word)? as usize];
        Some((&word.form, word.is_sure))
    }

    fn rests(&self, word: &str) -> Rests {
        let Some(index) = self.counts.index(word) else {
            return Rests::default();
        };
        let rests = &self.counts.rests;
        let start = rests.partition_point(|&(word, _)| word < index);
        let of_word = rests[start..]
            .iter()
            .take_while(|&&(word, _)| word == index);
        Rests {
            seen: self.counts.words[index as usize].weight,
            rests: of_word.map(|(_, rest)| rest.clone()).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapt::source::fingerprint;

    fn tokenizer() -> Tokenizer {
        let text = "abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ the cat met again and in";
        Tokenizer::train([text; 8].into_iter(), 700)
    }

    fn count(paragraphs: &[&str]) -> PersonalCounts {
        let tokenizer = tokenizer();
        let mut counter = Counter::new(&tokenizer);
        for text in paragraphs {
            counter.paragraph(Break::Paragraph, [*text].into_iter(), 1.0);
        }
        counter.finish()
    }

    fn words(counts: &PersonalCounts, prefix: &str) -> Vec<String> {
        let past = counts.after(&History::START);
        past.words(prefix)
            .into_iter()
            .map(|(word, _)| word.to_owned())
            .collect()
    }

    #[test]
    fn a_new_word_counts_from_its_second_paragraph() {
        assert_eq!(words(&count(&["the Tharb met Tharb"]), "t"), ["the"]);
        assert_eq!(
            words(&count(&["the Tharb", "a Tharb"]), "th"),
            ["tharb", "the"]
        );
        let counts = count(&["the Tharb", "a Tharb"]);
        let past = counts.after(&History::START);
        assert_eq!(past.form("tharb"), Some(("Tharb", true)));
        assert_eq!(past.evidence("tharb").unwrap().share, 0.5);
        assert_eq!(past.evidence("never"), None);
    }

    #[test]
    fn what_stands_around_code_are_no_neighbours() {
        let met_after_cat = |text: &str| {
            let history = History::START.with_word("the").with_word("cat");
            let evidence = count(&[text]).after(&history).evidence("met").unwrap();
            evidence.follows[0]
        };
        assert_eq!(met_after_cat("the cat met"), 1.0);
        assert_eq!(met_after_cat("the cat \u{fffc} met"), 0.0);
        assert_eq!(met_after_cat("the cat \u{fffc}-met"), 0.0);
    }

    #[test]
    fn a_compound_counts_from_its_second_paragraph() {
        let rests = |paragraphs: &[&str]| {
            let found = count(paragraphs).after(&History::START).rests("cat");
            let texts = found.rests.into_iter().map(|rest| rest.text);
            (texts.collect::<Vec<_>>(), found.seen)
        };
        assert_eq!(rests(&["the cat-like cat-like cat"]), (vec![], 3.0));
        let expected = (vec!["-like".to_owned()], 4.0);
        assert_eq!(rests(&["the cat-like cat", "a cat-like cat"]), expected);
    }

    #[test]
    fn a_long_phrase_counts_from_its_third_paragraph() {
        let follows = |paragraphs: usize| {
            let counts = count(&vec!["in the cat met"; paragraphs]);
            let history = ["in", "the", "cat"]
                .iter()
                .fold(History::START, |history, word| history.with_word(word));
            counts.after(&history).evidence("met").unwrap().follows
        };
        assert_eq!(follows(1), [1.0, 0.0, 0.0]);
        assert_eq!(follows(2), [1.0, 1.0, 0.0]);
        assert_eq!(follows(3), [1.0, 1.0, 1.0]);
    }

    #[test]
    fn what_is_not_offered_yet_still_takes_its_share() {
        let counts = count(&["the Tharb Tharb and the Tharb", "the cat"]);
        let past = counts.after(&History::START.with_word("the"));
        assert_eq!(past.evidence("tharb"), None);
        assert!((past.evidence("cat").unwrap().follows[0] - 1.0 / 3.0).abs() < 1e-6);
        assert_eq!((past.weight().seen[0], past.weight().kinds[0]), (3.0, 2.0));
    }

    #[test]
    fn a_forgotten_word_is_unwanted_in_every_form() {
        let mut counts = count(&["Anna sat in the well."]);
        assert!(!counts.is_unwanted("Anna"));
        counts.unwanted = ["anna", "well-known"]
            .map(|word| fingerprint(word.as_bytes()))
            .into();
        for word in [
            "Anna",
            "ANNA",
            "Anna's",
            "Anna’s",
            "Anna-like",
            "Well-known",
        ] {
            assert!(counts.is_unwanted(word), "{word}");
        }
        for word in ["Annabel", "well", "known", "well-being"] {
            assert!(!counts.is_unwanted(word), "{word}");
        }
        counts.words.clear();
        assert!(!counts.is_empty());
    }

    #[test]
    fn newer_prose_weighs_more() {
        let tokenizer = tokenizer();
        let mut counter = Counter::new(&tokenizer);
        counter.paragraph(Break::Paragraph, ["the cat"].into_iter(), 1.0);
        counter.paragraph(Break::Paragraph, ["the again"].into_iter(), 0.25);
        let counts = counter.finish();
        let past = counts.after(&History::START.with_word("the"));
        assert_eq!(past.evidence("cat").unwrap().follows[0], 0.8);
    }
}
