//! How training goes, on standard error: a bar on a terminal, plain lines elsewhere.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::train::corpus::Skips;
use crate::train::prepare::Progress;
use crate::train::report::Point;
use crate::train::run::Status;
use crate::train::shards::Header;

/// Time between plain lines.
const LINES: Duration = Duration::from_secs(30);
/// Time between changes of the bar.
const CHANGES: Duration = Duration::from_millis(200);
/// Steps of the bar: it shows shares, not counts, because the number of tokens may be an estimate.
const BAR: u64 = 1000;

/// Where progress is shown.
pub(super) struct Screen {
    bar: Option<ProgressBar>,
    shown: Option<Instant>,
    best: Option<f64>,
    speed: Speed,
}

impl Screen {
    /// A bar if standard error is a terminal. `best` is the validation perplexity to beat.
    pub(super) fn new() -> Screen {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new(BAR);
            bar.set_style(
                ProgressStyle::with_template("{spinner} {wide_msg}").expect("a valid template"),
            );
            bar
        });
        Screen {
            bar,
            shown: None,
            best: None,
            speed: Speed::default(),
        }
    }

    /// Prints a line above the bar.
    pub(super) fn line(&self, text: &str) {
        match &self.bar {
            Some(bar) => bar.suspend(|| eprintln!("{text}")),
            None => eprintln!("{text}"),
        }
    }

    /// Shows how preparing goes.
    pub(super) fn preparing(&mut self, progress: &Progress<'_>) {
        match progress {
            Progress::Reading(bytes) => {
                self.passing(|| format!("reading the corpus: {} MB", bytes / 1_000_000));
            }
            Progress::Vocabulary(bytes) => {
                self.line(&format!(
                    "learning a vocabulary from {:.1} MB of text",
                    *bytes as f64 / 1e6
                ));
            }
            Progress::Encoding(header) => {
                self.passing(|| format!("encoding: {} tokens", millions(header.tokens)));
            }
            Progress::Encoded(header, skips) => self.encoded(header, skips),
        }
    }

    fn encoded(&self, header: &Header, skips: &Skips) {
        self.line(&format!(
            "{} documents, {} words, {} tokens",
            header.documents,
            millions(header.words),
            millions(header.tokens)
        ));
        if skips.count > 0 {
            self.line(&format!("left out {}:", skips.count));
            skips
                .named
                .iter()
                .for_each(|line| self.line(&format!("  {line}")));
            if skips.count > skips.named.len() {
                self.line(&format!("  and {} more", skips.count - skips.named.len()));
            }
        }
    }

    /// Turns to training, `best` being the validation perplexity to beat.
    pub(super) fn start(&mut self, best: Option<f64>) {
        self.best = best;
        self.shown = None;
        if let Some(bar) = &self.bar {
            let style = ProgressStyle::with_template("[{bar:30}] {percent:>3}% {wide_msg}");
            bar.set_style(style.expect("a valid template").progress_chars("=> "));
        }
    }

    /// Shows a step.
    pub(super) fn step(&mut self, status: &Status) {
        self.speed.note(status);
        let share = status.tokens as f64 / status.total.max(1) as f64;
        if let Some(bar) = &self.bar {
            bar.set_position((share * BAR as f64) as u64);
        }
        let (loss, speed) = (self.speed.loss, self.speed.tokens_per_second);
        self.passing(|| {
            let percent = 100.0 * share;
            let counts = format!(
                "{} of {} tokens",
                millions(status.tokens),
                millions(status.total)
            );
            let mut text = format!("{percent:.1} %, {counts}, loss {loss:.3}");
            if speed > 0.0 {
                let left = status.total.saturating_sub(status.tokens) as f64 / speed;
                text += &format!(", {speed:.0} tokens/s, {} left", time(left));
            }
            text
        });
    }

    /// Shows a validation.
    pub(super) fn point(&mut self, point: &Point) {
        let (Some(token), Some(word)) = (point.perplexity_per_token, point.perplexity_per_word)
        else {
            return;
        };
        let better = self.best.is_none_or(|best| token < best);
        if better {
            self.best = Some(token);
        }
        self.line(&format!(
            "{} tokens, {}: validation perplexity {token:.2} per token, {word:.1} per word{}",
            millions(point.tokens),
            time(point.seconds),
            if better { ", the best so far" } else { "" }
        ));
    }

    /// Takes the bar away.
    pub(super) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    /// Shows what is true only for the moment.
    fn passing(&mut self, text: impl FnOnce() -> String) {
        let pause = if self.bar.is_some() { CHANGES } else { LINES };
        if self.shown.is_some_and(|shown| shown.elapsed() < pause) {
            return;
        }
        self.shown = Some(Instant::now());
        match &self.bar {
            Some(bar) => bar.set_message(text()),
            None => eprintln!("{}", text()),
        }
    }
}

/// Loss and speed, smoothed over some seconds so that they can be read.
#[derive(Default)]
struct Speed {
    tokens_per_second: f64,
    loss: f64,
    last: Option<(Instant, u64)>,
}

impl Speed {
    fn note(&mut self, status: &Status) {
        let now = Instant::now();
        if let Some((then, tokens)) = self.last.replace((now, status.tokens)) {
            let seconds = now.duration_since(then).as_secs_f64().max(1e-9);
            let keep = if self.tokens_per_second == 0.0 {
                0.0
            } else {
                (-seconds / 10.0).exp()
            };
            let speed = status.tokens.saturating_sub(tokens) as f64 / seconds;
            self.tokens_per_second = keep * self.tokens_per_second + (1.0 - keep) * speed;
            self.loss = keep * self.loss + (1.0 - keep) * status.loss;
        } else {
            self.loss = status.loss;
        }
    }
}

/// A number of tokens or words, short.
pub(super) fn millions(count: u64) -> String {
    match count {
        0..10_000 => count.to_string(),
        10_000..1_000_000 => format!("{:.1} k", count as f64 / 1e3),
        _ => format!("{:.2} M", count as f64 / 1e6),
    }
}

/// A duration, short.
pub(super) fn time(seconds: f64) -> String {
    let minutes = (seconds / 60.0) as u64;
    match (minutes / 60, minutes % 60) {
        (0, 0) => format!("{seconds:.0} s"),
        (0, minutes) => format!("{minutes} min"),
        (hours @ 0..1000, minutes) => format!("{hours} h {minutes:02} min"),
        _ => "a long time".to_owned(),
    }
}
