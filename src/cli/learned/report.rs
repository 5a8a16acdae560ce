//! What was learned as one page for a browser: no script, no other file, nothing from the network.

use crate::adapt::{Scores, Status, day};
use std::fmt::Write;
use std::time::SystemTime;

/// Weeks in the chart.
const WEEKS: u32 = 26;

/// Trainings in the curve.
const TRIALS: usize = 40;

/// Words in the cloud.
const WORDS: usize = 150;

const STYLE: &str = "
:root { color-scheme: light dark; --ink: #23262b; --soft: #6b7078; --line: #e3e1da; --page: #fbfaf6; --bar: #4a7c59 }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e8e6df; --soft: #9a9fa8; --line: #34373d; --page: #1b1d21; --bar: #8fbf9f } }
body { margin: 0 auto; max-width: 46rem; padding: 3rem 1.5rem; background: var(--page); color: var(--ink);
  font: 17px/1.55 Georgia, 'Iowan Old Style', serif }
h1 { font-size: 2rem; font-weight: 500; margin: 0 0 .3rem } h2 { font-size: 1.15rem; font-weight: 600; margin: 3rem 0 .8rem }
p, li { color: var(--soft) } .numbers { display: flex; flex-wrap: wrap; gap: 2.5rem; margin: 2rem 0 }
.numbers b { display: block; font-size: 2.2rem; font-weight: 400; color: var(--ink); line-height: 1.1 }
.words { line-height: 2.1 } .words span { margin-right: .9rem; color: var(--ink); white-space: nowrap }
table { border-collapse: collapse; width: 100%; font-size: .9rem } td, th { padding: .35rem .6rem .35rem 0; text-align: left;
  border-bottom: 1px solid var(--line); overflow-wrap: anywhere } th { color: var(--soft); font-weight: 400 }
td.n { text-align: right; white-space: nowrap } svg { width: 100%; height: auto } svg rect { fill: var(--bar) }
svg text { fill: var(--soft); font: 11px sans-serif } svg line { stroke: var(--line) }
code { font-size: .9em } footer { margin-top: 3rem; font-size: .85rem; color: var(--soft) }
";

/// The page.
pub(super) fn page(status: &Status, now: SystemTime) -> String {
    let mut html = String::new();
    let Status {
        words,
        files,
        new_words,
        folder,
        bytes,
        ..
    } = status;
    let withheld = status.withheld();
    let left_out = withheld.secrets + withheld.addresses + withheld.numbers;
    let _ = write!(
        html,
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>\
         <title>What rnn-lsp learned</title><style>{STYLE}</style><h1>What rnn-lsp learned</h1>\
         <p>From your own prose, on this computer, for your eyes.</p><div class=numbers>"
    );
    for (number, what) in [
        (*words, "words read"),
        (files.len(), "files"),
        (new_words.len(), "new words"),
        (status.all_accepted().keys as usize, "keystrokes saved"),
        (left_out as usize, "things left out"),
    ] {
        let _ = write!(html, "<p><b>{}</b>{what}</p>", grouped(number));
    }
    html += "</div>";
    if files.is_empty() {
        html += "<p>Nothing yet. Prose that you save in an editor is learned; <code>rnn-lsp learn FOLDER</code> \
                 learns what is there already.</p>";
    } else {
        html += "<h2>Written, week by week</h2>";
        html += &chart(&weeks(&status.days, day(now)), "words");
        html += &saved(status, day(now));
        html += &weights(status);
        html += &cloud(new_words);
        let _ = write!(
            html,
            "<h2>Left out</h2><p>{} keys, passwords and the like, {} addresses and identifiers, {} long numbers; {} \
             paragraphs marked as private, {} quoted ones, {} in another language.</p>",
            withheld.secrets,
            withheld.addresses,
            withheld.numbers,
            withheld.private,
            withheld.quoted,
            withheld.foreign
        );
        if let Some(unwanted) = status.unwanted() {
            let _ = write!(html, "<p>{unwanted}.</p>");
        }
        html += "<h2>Files</h2><table><tr><th>file<th>words";
        for file in files {
            let name = escaped(&file.path.display().to_string());
            let _ = write!(html, "<tr><td>{name}<td class=n>{}", grouped(file.words));
        }
        html += "</table>";
    }
    let _ = write!(
        html,
        "<h2>Forgetting</h2><p><code>rnn-lsp forget</code> with a file, a folder, a word, or <code>--all</code>.</p>\
         <footer>Kept in {} ({:.1} MB), readable by you alone.</footer></html>",
        escaped(&folder.display().to_string()),
        *bytes as f64 / 1e6
    );
    html
}

/// Keystrokes saved by week, and how menus are taken.
fn saved(status: &Status, today: u32) -> String {
    let keys = status.accepted.iter();
    let days: Vec<(u32, usize)> = keys
        .map(|&(day, accepted)| (day, accepted.keys as usize))
        .collect();
    if days.is_empty() {
        return String::new();
    }
    let menus = status.reception().map(|how| format!("<p>{how}.</p>"));
    let menus = menus.unwrap_or_default();
    let chart = chart(&weeks(&days, today), "keystrokes");
    format!("<h2>Saved, week by week</h2>{chart}{menus}")
}

/// Counts by week, the last one being this.
fn weeks(days: &[(u32, usize)], today: u32) -> Vec<usize> {
    let mut weeks = vec![0; WEEKS as usize];
    for &(day, words) in days {
        let ago = today.saturating_sub(day) / 7;
        if ago < WEEKS {
            weeks[(WEEKS - 1 - ago) as usize] += words;
        }
    }
    weeks
}

fn chart(weeks: &[usize], what: &str) -> String {
    let most = weeks.iter().copied().max().unwrap_or(0).max(1);
    let (width, height) = (700.0 / weeks.len() as f64, 140.0);
    let mut svg = format!(
        "<svg viewBox='0 0 700 180' role=img aria-label='{what} by week, at most {most}'>\
         <line x1=0 y1=150 x2=700 y2=150 />"
    );
    for (index, &words) in weeks.iter().enumerate() {
        let tall = height * words as f64 / most as f64;
        let _ = write!(
            svg,
            "<rect x={:.1} y={:.1} width={:.1} height={tall:.1} rx=2><title>{} {what}</title></rect>",
            index as f64 * width,
            150.0 - tall,
            width * 0.75,
            grouped(words)
        );
    }
    let _ = write!(
        svg,
        "<text x=0 y=170>{} weeks ago</text><text x=700 y=170 text-anchor=end>this week</text>\
         <text x=700 y=12 text-anchor=end>most: {} {what}</text></svg>",
        weeks.len() - 1,
        grouped(most)
    );
    svg
}

/// What tuning the weights came to, training by training.
fn weights(status: &Status) -> String {
    let judged: Vec<(bool, Scores)> = status
        .trials
        .iter()
        .filter_map(|trial| Some((trial.generation.is_some(), trial.scores?)))
        .collect();
    let Some(last) = status.trials.last().filter(|_| !judged.is_empty()) else {
        return String::new();
    };
    let use_now = match status.generation {
        Some(number) => format!("Generation {number} is in use."),
        None => "The model\u{2019}s own weights are in use.".to_owned(),
    };
    format!(
        "<h2>The network, tuned to you</h2><p>{use_now} How many words it hesitates between on your newest prose (its \
         perplexity), which it has not seen, before and after each training: lower is better. Hollow are those that were not \
         good enough to be used.</p>{}<p>Last: {}. {:.1} seconds of the processor for each 1,000 words.</p>",
        curve(&judged),
        escaped(&last.sentence()),
        last.seconds_per_1000()
    )
}

/// A line from before to after for each training.
fn curve(judged: &[(bool, Scores)]) -> String {
    let shown = &judged[judged.len().saturating_sub(TRIALS)..];
    let values = shown
        .iter()
        .flat_map(|(_, scores)| [scores.before.perplexity, scores.after.perplexity]);
    let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
        (low.min(value), high.max(value))
    });
    let y = |value: f64| 20.0 + 110.0 * (high - value) / (high - low).max(1e-9);
    let step = 700.0 / shown.len() as f64;
    let mut svg =
        String::from("<svg viewBox='0 0 700 160' role=img aria-label='perplexity by training'>");
    for (index, (is_used, scores)) in shown.iter().enumerate() {
        let (from, to) = ((index as f64 + 0.2) * step, (index as f64 + 0.7) * step);
        let (before, after) = (scores.before.perplexity, scores.after.perplexity);
        let fill = if *is_used {
            "var(--bar)"
        } else {
            "var(--page)"
        };
        let _ = write!(
            svg,
            "<line x1={from:.1} y1={:.1} x2={to:.1} y2={:.1} /><circle cx={to:.1} cy={:.1} r=5 stroke='var(--bar)' \
             fill='{fill}'><title>{before:.1} to {after:.1}</title></circle>",
            y(before),
            y(after),
            y(after)
        );
    }
    let _ = write!(
        svg,
        "<text x=0 y=12>{high:.1}</text><text x=0 y=150>{low:.1}</text></svg>"
    );
    svg
}

/// New words, the frequent ones larger.
fn cloud(words: &[(String, f32)]) -> String {
    let Some((_, most)) = words.first() else {
        return String::new();
    };
    let mut shown: Vec<&(String, f32)> = words.iter().take(WORDS).collect();
    shown.sort_by_key(|(word, _)| word.to_lowercase());
    let mut html = String::from(
        "<h2>Your words</h2><p>Not in the model's vocabulary, offered since you wrote them.</p><p class=words>",
    );
    for (word, weight) in shown {
        let size = 0.85 + 0.9 * f64::from(weight / most).sqrt();
        let _ = write!(
            html,
            "<span style='font-size:{size:.2}rem'>{}</span> ",
            escaped(word)
        );
    }
    html + "</p>"
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('\'', "&#39;")
        .replace('"', "&quot;")
}

/// 12345 as 12,345.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapt::{Accepted, File, Score, Trial, private::Withheld, time_of};
    use crate::eval::Menus;
    use crate::eval::menus::{BINS, Offers};

    fn status() -> Status {
        Status {
            folder: "/data".into(),
            bytes: 1_500_000,
            words: 12_345,
            new_words: vec![("<b>".to_owned(), 4.0), ("Tharb".to_owned(), 1.0)],
            forgotten_words: 3,
            days: vec![(1000, 7), (993, 1), (2, 9)],
            accepted: vec![(
                1000,
                Accepted {
                    words: 2,
                    keys: 4321,
                },
            )],
            menus: Menus {
                words: Offers {
                    shown: [4.0; BINS],
                    taken: [1.0; BINS],
                },
                ..Menus::default()
            },
            threshold: 0.12,
            files: vec![File {
                path: "/a & b.md".into(),
                words: 12_345,
                learned: 5,
                withheld: Withheld {
                    secrets: 2,
                    ..Withheld::default()
                },
            }],
            generation: Some(2),
            training: false,
            trials: vec![
                trial(Some(1), 88.4),
                trial(Some(2), 85.2),
                trial(None, 91.0),
            ],
        }
    }

    fn trial(generation: Option<u32>, perplexity: f64) -> Trial {
        let score = |perplexity| Score {
            perplexity,
            ..Score::default()
        };
        Trial {
            words: 2000,
            seconds: 3.0,
            generation,
            reason: generation.is_none().then(|| "not <b> enough".to_owned()),
            scores: Some(Scores {
                before: score(90.0),
                after: score(perplexity),
                forgetting: 0.5,
            }),
            ..Trial::default()
        }
    }

    #[test]
    fn a_page_escapes_what_it_shows_and_needs_nothing_else() {
        let page = page(&status(), time_of(1000));
        for part in [
            "12,345",
            "4,321",
            "&lt;b&gt;",
            "/a &amp; b.md",
            "Tharb",
            "7 words",
            "Generation 2 is in use",
            "90.0 to 88.4",
            "not used: not &lt;b&gt; enough",
            "1.5 seconds",
            "4,321 keystrokes",
            "25 % of the menus",
            "at least 12 % likely",
            "3 words that you forgot are never offered",
        ] {
            assert!(page.contains(part), "{part}");
        }
        for absent in ["http", "<script", "src=", "<b>\"", "url("] {
            assert!(!page.contains(absent), "{absent}");
        }
    }

    #[test]
    fn an_empty_page_says_what_to_do() {
        let empty = Status {
            files: Vec::new(),
            words: 0,
            new_words: Vec::new(),
            days: Vec::new(),
            ..status()
        };
        assert!(page(&empty, time_of(1000)).contains("rnn-lsp learn"));
    }

    #[test]
    fn words_fall_into_weeks() {
        let weeks = weeks(&status().days, 1000);
        assert_eq!(
            (weeks[25], weeks[24], weeks.iter().sum::<usize>()),
            (7, 1, 8)
        );
    }
}
