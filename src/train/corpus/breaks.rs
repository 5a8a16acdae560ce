//! Which paragraphs of a plain text are read as headings, list items and quotations.
//!
//! A plain text marks none of them, but writers' documents are Markdown: to a network that was trained on plain texts
//! alone, the tokens before an item and a quotation are noise. So what looks like one is read as one half of the time,
//! and half of the time as the paragraph that it is marked as; the network meets it both ways, as it will in documents.
//! A few other paragraphs are drawn, so that those tokens do not come to mean just what is recognized here.

use crate::text::prose::Break;
use crate::train::shards::mix;

/// The longest item of a list, in bytes.
const ITEM: usize = 300;
/// Of so many paragraphs that look like nothing else, one is read as an item and one as a quotation.
const DRAWN: u64 = 64;

/// What stands before each paragraph of a plain text. `seed` draws those that could be either.
pub(super) fn breaks(texts: &[String], seed: u64) -> Vec<Break> {
    let mut breaks = vec![Break::Paragraph; texts.len()];
    let draw = |at: usize| mix(seed, at as u64);
    let mut at = 1;
    while at < texts.len() {
        let next = texts.get(at + 1).map_or("", String::as_str);
        let items = list(texts, at);
        let coin = draw(at) & 1 == 0;
        if items > 1 {
            if coin {
                breaks[at..at + items].fill(Break::Item);
            }
            at += items;
            continue;
        }
        breaks[at] = if looks_like_heading(&texts[at], next) {
            coin.then_some(Break::Heading)
        } else if looks_like_quote(&texts[at - 1], &texts[at]) {
            coin.then_some(Break::Quote)
        } else {
            match draw(at) % DRAWN {
                0 => Some(Break::Item),
                1 => Some(Break::Quote),
                _ => None,
            }
        }
        .unwrap_or(Break::Paragraph);
        at += 1;
    }
    breaks
}

/// How many paragraphs from `at` on are probably a list: short ones after one that ends in a colon.
fn list(texts: &[String], at: usize) -> usize {
    if !announces(&texts[at - 1]) {
        return 0;
    }
    let item = |at: usize| {
        let (text, next) = (&texts[at], texts.get(at + 1).map_or("", String::as_str));
        text.len() <= ITEM
            && !announces(text)
            && !opens_quote(text)
            && !looks_like_heading(text, next)
    };
    (at..texts.len()).take_while(|at| item(*at)).count()
}

/// Whether a paragraph is probably somebody else's words: all of it in quotation marks, or a long one after a colon.
fn looks_like_quote(previous: &str, text: &str) -> bool {
    let closes = text.trim_end().ends_with(['"', '”', '’']);
    announces(previous) && (text.len() > ITEM || opens_quote(text) && closes)
}

fn announces(text: &str) -> bool {
    text.trim_end().ends_with(':')
}

fn opens_quote(text: &str) -> bool {
    text.trim_start().starts_with(['"', '“', '‘', '\''])
}

/// Whether a paragraph is probably a heading.
fn looks_like_heading(text: &str, next: &str) -> bool {
    let text = text.trim();
    let sentence = |c: char| {
        matches!(
            c,
            '.' | '!' | '?' | ':' | ';' | ',' | '…' | '"' | '”' | '’' | ')'
        )
    };
    text.len() <= 80
        && next.len() >= 120
        && text.starts_with(|c: char| c.is_uppercase() || c.is_ascii_digit())
        && !text.ends_with(sentence)
        && text.split_whitespace().count() <= 12
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings() {
        let long = "word ".repeat(30);
        let check = |text: &str, next: &str, expected: bool| {
            assert_eq!(looks_like_heading(text, next), expected, "{text}");
        };
        check("How to Read a Map", &long, true);
        check("3. Results", &long, true);
        check("It was late.", &long, false);
        check("for example", &long, false);
        check("How to Read a Map", "Yes, really.", false);
        check(&long, &long, false);
    }

    /// How often each paragraph is read as what, over many seeds.
    fn check(texts: &[&str], expected: &[Break]) {
        let texts: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
        let mut counts = vec![0; texts.len()];
        const SEEDS: u64 = 1000;
        for seed in 0..SEEDS {
            for ((count, found), expected) in counts
                .iter_mut()
                .zip(breaks(&texts, mix(3, seed)))
                .zip(expected)
            {
                *count += u64::from(found == *expected);
            }
        }
        for ((text, count), expected) in texts.iter().zip(counts).zip(expected) {
            let least = if *expected == Break::Paragraph {
                950
            } else {
                450
            };
            assert!(
                count >= least,
                "{text:?} is {expected:?} {count} of {SEEDS} times"
            );
        }
    }

    #[test]
    fn lists_and_quotations() {
        use Break::{Heading, Item, Paragraph, Quote};
        let long = "A long paragraph that says one thing after the other. ".repeat(8);
        check(
            &[
                "What to bring:",
                "a map",
                "a compass",
                "water for two days",
                &long,
            ],
            &[Paragraph, Item, Item, Item, Paragraph],
        );
        check(
            &[
                "She wrote:",
                &long,
                "And so it was.",
                "He answered:",
                "“No.”",
                "It rained.",
            ],
            &[Paragraph, Quote, Paragraph, Paragraph, Quote, Paragraph],
        );
        check(
            &[
                "It was late.",
                "The Second Day",
                &long,
                "“Go,” he said.",
                "She went.",
            ],
            &[Paragraph, Heading, Paragraph, Paragraph, Paragraph],
        );
    }
}
