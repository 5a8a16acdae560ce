//! A writer who types a text and takes the word as soon as it is among the first three offered.
//!
//! A text is split at white space. The *core* of a chunk is what remains without the characters at its ends that are
//! neither letters nor digits; chunks without a letter are typed, not measured. Before each letter of a core the writer
//! looks at five suggestions at most. *KSR-tap*: taking one costs one key. *KSR-menu*: taking the one of rank r costs r
//! keys, or the letters left if those are fewer. The space after the word is typed either way.

use super::Settings;
use super::calibration::Calibration;
use super::menus::Menus;
use super::misses::{self, Miss};
use crate::predict::{Attention, Phrase, Suggestion};
use serde::Serialize;
use std::time::{Duration, Instant};

/// Suggestions looked at.
const LOOKED_AT: usize = 5;
/// Ranks at which the writer takes the word.
const TAKEN: usize = 3;
/// Letters typed up to which accuracy is measured on all words, taken before or not.
const PROBED: usize = 2;

/// Misses remembered.
const MISSES: usize = 1000;

/// Who types: appends to a text and asks what may come next.
pub(super) trait Writer {
    /// Appends to the text.
    fn write(&mut self, text: &str);
    /// Where the word at the end starts (a byte offset) and what it may become.
    fn suggestions(&mut self) -> (usize, Vec<Suggestion>);
    /// Ghost text, and where it starts.
    fn phrase(&mut self) -> Option<(usize, Phrase)> {
        None
    }
    /// A word that was offered for `typed` is taken.
    fn take(&mut self, typed: &str, word: &str) -> Attention {
        let _ = (typed, word);
        Attention::default()
    }
    /// What was offered for this word counts as not seen.
    fn look_away(&mut self) {}
}

/// Keystrokes without and with suggestions.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Keystrokes {
    /// Words typed.
    pub words: usize,
    /// Keystrokes that they take without suggestions.
    pub keys: usize,
    /// Share of keystrokes saved, in percent, when any of the first three suggestions costs one key.
    pub ksr_tap: f64,
    /// The same when the suggestion of rank r costs r keys.
    pub ksr_menu: f64,
    /// The most that could be saved.
    pub ksr_ceiling: f64,
    /// Share of words taken from a menu, in percent.
    pub taken: f64,
    /// Requests that were answered by suggestions, in percent.
    pub answered: f64,
    /// KSR-tap, were reading costs half a key for each menu that appears or changes and is not taken from.
    pub ksr_net: f64,
}

/// How often the word was among the first ones.
#[derive(Clone, Debug, Serialize)]
pub struct Accuracy {
    /// Letters typed.
    pub letters: usize,
    /// Words of more letters than that.
    pub words: usize,
    /// In percent: it was first.
    pub top1: f64,
    /// It was among three.
    pub top3: f64,
    /// It was among five.
    pub top5: f64,
}

/// Ghost text offered before the first letters of words.
#[derive(Clone, Debug, Serialize)]
pub struct Phrases {
    /// Phrases offered.
    pub offered: usize,
    /// Before how many of a hundred words.
    pub rate: f64,
    /// Words in a phrase.
    pub words: f64,
    /// In percent: right to the end.
    pub right: f64,
    /// The same of phrases of several words.
    pub right_of_several: f64,
    /// Characters of right phrases for a hundred that were typed.
    pub characters: f64,
}

/// Milliseconds from a keystroke to its suggestions.
#[derive(Clone, Debug, Serialize)]
pub struct Latency {
    /// Keystrokes measured.
    pub requests: usize,
    /// The median.
    pub p50_ms: f64,
    /// Exceeded by one in a hundred.
    pub p99_ms: f64,
    /// The slowest.
    pub max_ms: f64,
}

/// What typing came to.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
    words: usize,
    taken: usize,
    plain: usize,
    tap: usize,
    menu: usize,
    ceiling: usize,
    requests: usize,
    answered: usize,
    asked: [usize; PROBED + 1],
    hits: [[usize; 3]; PROBED + 1], // [letters][first, among three, among five]
    calibration: [Calibration; PROBED + 1],
    pub(super) menus: Menus,
    phrases: [(usize, usize); 2], // of one word, of several: offered, right to the end
    phrase_words: usize,
    phrase_characters: usize,
    times: Vec<Duration>,
    misses: Vec<Miss>,
}

/// Types a text.
pub(super) fn write(writer: &mut impl Writer, text: &str, settings: &Settings) -> Tally {
    let mut tally = Tally::default();
    let count = text.chars().count();
    let from = (count as f64 * settings.from_fraction) as usize;
    let from = text
        .char_indices()
        .nth(from)
        .map_or(text.len(), |(at, _)| at);
    let mut written = 0;
    let mut patience = Patience::new(settings);
    for chunk in chunks(text).filter(|chunk| chunk.start >= from) {
        if tally.words == settings.max_words {
            break;
        }
        if written == 0 {
            writer.write(&text[..chunk.start]);
            written = chunk.start;
        }
        let Some((start, end)) = core(text, chunk.start, chunk.end) else {
            continue;
        };
        let mut to = |writer: &mut _, at: usize| {
            Writer::write(writer, &text[written..at]);
            written = at;
        };
        type_word(writer, text, start, end, &mut to, &mut patience, &mut tally);
    }
    tally
}

fn type_word<W: Writer>(
    writer: &mut W,
    text: &str,
    start: usize,
    end: usize,
    to: &mut impl FnMut(&mut W, usize),
    patience: &mut Patience,
    tally: &mut Tally,
) {
    let word = &text[start..end];
    let letters = word.chars().count();
    let looks = patience.lasts();
    let mut taken = None;
    let mut first = Vec::new();
    for (typed, (at, _)) in word.char_indices().enumerate() {
        if taken.is_some() && typed > PROBED {
            break;
        }
        if taken.is_some() {
            // Nobody would type on: what was right is not passed over.
            writer.look_away();
        }
        let before = Instant::now();
        to(writer, start + at);
        let (from, suggestions) = writer.suggestions();
        let time = before.elapsed();
        if taken.is_none() {
            tally.times.push(time);
            tally.requests += 1;
            tally.answered += usize::from(!suggestions.is_empty());
        }
        let menu = menu(&suggestions, text, start, start + at, from);
        let rank = menu
            .iter()
            .position(|(offered, _)| offered == word)
            .map(|rank| rank + 1);
        if typed == 0 {
            first = menu.iter().map(|(offered, _)| offered.clone()).collect();
        }
        if typed <= PROBED {
            tally.asked[typed] += 1;
            for (hits, most) in tally.hits[typed].iter_mut().zip([1, 3, 5]) {
                *hits += usize::from(rank.is_some_and(|rank| rank <= most));
            }
        }
        if typed == 0
            && let Some((from, phrase)) = writer.phrase()
        {
            tally.add_phrase(&phrase, &text[from.min(start)..]);
        }
        if taken.is_none() {
            // Of menus that nobody sees it is known that the word stood in the one before: they would seem too modest.
            if let Some(calibration) = tally.calibration.get_mut(typed) {
                for (offered, probability) in &menu {
                    calibration.add(*probability, offered == word);
                }
            }
            let rank = rank.filter(|&rank| rank <= TAKEN && looks && typed >= patience.from);
            taken = rank.map(|rank| (typed, rank));
            if let Some(best) = suggestions.first() {
                tally.menus.add(best.probability, taken.is_some());
            }
            if taken.is_some() {
                let cursor = start + at;
                let from = from.min(cursor);
                tally.menus.attention += writer.take(&text[from..cursor], &text[from..end]);
            }
        }
    }
    to(writer, end);
    let plain = letters + 1;
    let (tap, menu) = taken.map_or((plain, plain), |(typed, rank)| {
        (typed + 2, typed + rank.min(letters - typed) + 1)
    });
    let typed = taken.map_or(letters, |(typed, _)| typed);
    if typed > 0 {
        let mut miss = Miss::new(text, start, end, typed);
        miss.offered = first;
        tally.misses.push(miss);
        if tally.misses.len() > 2 * MISSES {
            misses::keep_costliest(&mut tally.misses, MISSES);
        }
    }
    tally.words += 1;
    tally.taken += usize::from(taken.is_some());
    tally.plain += plain;
    tally.tap += tap;
    tally.menu += menu;
    tally.ceiling += 2;
}

/// Takes every n-th time, for an n that need not be whole: the same in every run.
#[derive(Clone, Copy, Debug)]
struct Patience {
    taking: f64,
    from: usize, // letters typed
    due: f64,
}

impl Patience {
    fn new(settings: &Settings) -> Patience {
        Patience {
            taking: settings.taking,
            from: settings.looks_from,
            due: 0.5,
        }
    }

    fn lasts(&mut self) -> bool {
        self.due += self.taking;
        let lasts = self.due >= 1.0;
        self.due -= f64::from(u8::from(lasts));
        lasts
    }
}

/// The first five suggestions as the words they make of the current one, in an editor's order: those that go on the
/// letters as typed stand before those that change their case.
fn menu(
    suggestions: &[Suggestion],
    text: &str,
    start: usize,
    cursor: usize,
    from: usize,
) -> Vec<(String, f32)> {
    let typed = &text[from.min(cursor)..cursor];
    let (exact, other): (Vec<&Suggestion>, Vec<&Suggestion>) =
        suggestions.iter().partition(|s| s.text.starts_with(typed));
    let mut menu: Vec<(String, f32)> = Vec::new();
    for suggestion in exact.into_iter().chain(other) {
        let made = if from >= start {
            text[start..from].to_owned() + &suggestion.text
        } else {
            suggestion
                .text
                .strip_prefix(&text[from..start])
                .unwrap_or(&suggestion.text)
                .to_owned()
        };
        let first = made.split_whitespace().next().unwrap_or_default();
        let Some((a, b)) = core_span(first) else {
            continue;
        };
        if menu.iter().all(|(offered, _)| *offered != first[a..b]) {
            menu.push((first[a..b].to_owned(), suggestion.probability));
        }
    }
    menu.truncate(LOOKED_AT);
    menu
}

/// The chunks between white space.
fn chunks(text: &str) -> impl Iterator<Item = std::ops::Range<usize>> {
    text.split_whitespace().map(|chunk| {
        let start = chunk.as_ptr() as usize - text.as_ptr() as usize;
        start..start + chunk.len()
    })
}

/// Byte offsets of the core of a chunk, if it has a letter.
fn core(text: &str, start: usize, end: usize) -> Option<(usize, usize)> {
    let (a, b) = core_span(&text[start..end])?;
    let core = &text[start + a..start + b];
    core.chars()
        .any(char::is_alphabetic)
        .then_some((start + a, start + b))
}

fn core_span(chunk: &str) -> Option<(usize, usize)> {
    let start = chunk.find(char::is_alphanumeric)?;
    let end = chunk.rfind(char::is_alphanumeric)?;
    Some((
        start,
        end + chunk[end..].chars().next().map_or(0, char::len_utf8),
    ))
}

impl Tally {
    /// Takes in another tally.
    pub(super) fn add(&mut self, other: Tally) {
        self.words += other.words;
        self.taken += other.taken;
        self.plain += other.plain;
        self.tap += other.tap;
        self.menu += other.menu;
        self.ceiling += other.ceiling;
        self.requests += other.requests;
        self.answered += other.answered;
        for letters in 0..=PROBED {
            self.asked[letters] += other.asked[letters];
            for k in 0..3 {
                self.hits[letters][k] += other.hits[letters][k];
            }
        }
        for (calibration, other) in self.calibration.iter_mut().zip(&other.calibration) {
            calibration.merge(other);
        }
        self.menus += other.menus;
        for (phrases, other) in self.phrases.iter_mut().zip(other.phrases) {
            phrases.0 += other.0;
            phrases.1 += other.1;
        }
        self.phrase_words += other.phrase_words;
        self.phrase_characters += other.phrase_characters;
        self.times.extend(other.times);
        self.misses.extend(other.misses);
        misses::keep_costliest(&mut self.misses, MISSES);
    }

    pub(super) fn keystrokes(&self) -> Keystrokes {
        let saved = |keys: f64| percent(self.plain as f64 - keys, self.plain as f64);
        Keystrokes {
            words: self.words,
            keys: self.plain,
            ksr_tap: saved(self.tap as f64),
            ksr_menu: saved(self.menu as f64),
            ksr_ceiling: saved(self.ceiling as f64),
            taken: percent(self.taken as f64, self.words as f64),
            answered: percent(self.answered as f64, self.requests as f64),
            ksr_net: saved(self.tap as f64 + 0.5 * (self.answered - self.taken) as f64),
        }
    }

    pub(super) fn accuracy(&self) -> Vec<Accuracy> {
        (0..=PROBED)
            .map(|letters| {
                let rate =
                    |k: usize| percent(self.hits[letters][k] as f64, self.asked[letters] as f64);
                Accuracy {
                    letters,
                    words: self.asked[letters],
                    top1: rate(0),
                    top3: rate(1),
                    top5: rate(2),
                }
            })
            .collect()
    }

    pub(super) fn misses(&self) -> Vec<Miss> {
        self.misses.clone()
    }

    pub(super) fn calibration(&self) -> Calibration {
        let mut all = Calibration::default();
        self.calibration.iter().for_each(|some| all.merge(some));
        all
    }

    pub(super) fn calibration_by_letters(&self) -> &[Calibration] {
        &self.calibration
    }

    /// Counts ghost text that stood before `rest`.
    fn add_phrase(&mut self, phrase: &Phrase, rest: &str) {
        let after = rest.strip_prefix(&*phrase.text);
        let right = after.is_some_and(|after| !after.starts_with(char::is_alphanumeric));
        self.menus.add_phrase(phrase.probability, right);
        let (offered, hits) = &mut self.phrases[usize::from(phrase.words > 1)];
        *offered += 1;
        *hits += usize::from(right);
        self.phrase_words += phrase.words;
        if right {
            self.phrase_characters += phrase.text.chars().count();
        }
    }

    pub(super) fn phrases(&self) -> Phrases {
        let [one, several] = self.phrases;
        let rate = |right: usize, offered: usize| percent(right as f64, offered as f64);
        let offered = one.0 + several.0;
        Phrases {
            offered,
            rate: rate(offered, self.words),
            words: rate(self.phrase_words, offered) / 100.0,
            right: rate(one.1 + several.1, offered),
            right_of_several: rate(several.1, several.0),
            characters: rate(self.phrase_characters, self.plain),
        }
    }

    pub(super) fn latency(&self) -> Latency {
        let mut times = self.times.clone();
        times.sort_unstable();
        let at = |q: f64| {
            let index = (q * times.len() as f64).ceil() as usize;
            times
                .get(index.saturating_sub(1).min(times.len().saturating_sub(1)))
                .map_or(0.0, |t| t.as_secs_f64() * 1e3)
        };
        Latency {
            requests: times.len(),
            p50_ms: at(0.5),
            p99_ms: at(0.99),
            max_ms: at(1.0),
        }
    }
}

fn percent(part: f64, whole: f64) -> f64 {
    if whole > 0.0 {
        100.0 * part / whole
    } else {
        0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::predict::Options;

    /// Offers the same words everywhere.
    struct Parrot {
        text: String,
        words: Vec<&'static str>,
    }

    impl Writer for Parrot {
        fn write(&mut self, text: &str) {
            self.text.push_str(text);
        }
        fn suggestions(&mut self) -> (usize, Vec<Suggestion>) {
            let start = crate::text::words::prefix_start(&self.text);
            let typed = &self.text[start..];
            let words = self.words.iter().filter(|word| word.starts_with(typed));
            (
                start,
                words
                    .map(|word| Suggestion {
                        text: (*word).to_owned(),
                        probability: 0.5,
                    })
                    .collect(),
            )
        }
    }

    fn check(words: &[&'static str], text: &str, saved_tap: usize, saved_menu: usize) {
        let mut parrot = Parrot {
            text: String::new(),
            words: words.to_vec(),
        };
        let settings = Settings {
            max_words: usize::MAX,
            from_fraction: 0.0,
            options: Options::default(),
            taking: 1.0,
            looks_from: 0,
            one_writer: true,
            perplexity: false,
        };
        let tally = write(&mut parrot, text, &settings);
        assert_eq!(
            (tally.plain - tally.tap, tally.plain - tally.menu),
            (saved_tap, saved_menu),
            "{words:?} for {text:?}"
        );
    }

    #[test]
    fn keystrokes_are_counted_as_the_typist_counts_them() {
        check(&[], "one two", 0, 0);
        check(&["one"], "one two", 2, 2); // 3 letters, taken for 1
        check(&["one", "two"], "one (two).", 4, 3); // the second by rank 2
        check(&["a", "b", "c", "hello"], "hello", 3, 3); // not among three before its first letter
        check(&["a", "b", "be"], "be", 1, 0); // rank 3 costs more than the letters left
        check(&["known"], "well-known", 4, 4); // five letters behind the hyphen
        check(&["One"], "one", 0, 0); // case counts
        check(&["word"], "2024 -- word", 3, 3); // what has no letter is typed
        check(&["don't"], "\u{201c}don't", 4, 4);
    }

    #[test]
    fn typing_starts_where_it_should() {
        let mut parrot = Parrot {
            text: String::new(),
            words: vec!["cc"],
        };
        let settings = Settings {
            max_words: 1,
            from_fraction: 0.5,
            options: Options::default(),
            taking: 1.0,
            looks_from: 0,
            one_writer: true,
            perplexity: false,
        };
        let tally = write(&mut parrot, "aa bb cc dd", &settings);
        assert_eq!((tally.words, tally.taken), (1, 1));
        assert_eq!(parrot.text, "aa bb cc");
    }
}
