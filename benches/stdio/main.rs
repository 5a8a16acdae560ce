//! What a writer waits for: `cargo bench --bench stdio`.
//!
//! Starts the program as an editor does, opens documents and types, asking for words after every change as editors do.
//! A time is that from the first byte of `didChange` written to the last byte of the answer read. Arguments, all
//! optional, choose rows of the table:
//!
//! ```text
//! cargo bench --bench stdio -- --sizes 1000,1000000 --speed 20 --edits 1000 --open 1,30 --learner idle,busy
//! ```
//!
//! `--speed 1` types at the pace of a person, where other programs push the weights out of the caches between keys.
//! `--text FILE` makes the documents of another text's sentences. `--soak MINUTES --check SECONDS` does something else: see `soak`.

#![allow(clippy::print_stdout)]

mod editor;
mod soak;
mod text;
mod typist;

use editor::{Editor, Usage};
use std::path::PathBuf;
use std::time::{Duration, Instant};
use text::Text;
use typist::{Act, Typist};

/// The rows to measure.
#[derive(Debug)]
struct Arguments {
    sizes: Vec<usize>,
    open: Vec<usize>,
    learner: Vec<String>,
    speed: f64,
    edits: usize,
    text: Option<PathBuf>,
    /// How long to soak instead.
    soak: Option<Duration>,
    /// How long between two looks.
    check: Duration,
}

/// Where the cursor is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Where {
    End,
    Middle,
}

fn main() {
    let arguments = arguments();
    let text = Text::new(arguments.text.as_deref());
    if let Some(minutes) = arguments.soak {
        return soak::run(&text, minutes, arguments.check);
    }
    cold_start(&text);
    println!(
        "| document | cursor | open | learner | first ms | p50 ms | p99 ms | p99.9 ms | longest ms | processor, ms a key | resident MB |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|---|");
    for &size in &arguments.sizes {
        for place in [Where::End, Where::Middle] {
            for &open in &arguments.open {
                for learner in &arguments.learner {
                    row(&arguments, &text, size, place, open, learner == "busy");
                }
            }
        }
    }
}

/// From starting the process to the first words, with a document of a page.
fn cold_start(text: &Text) {
    let document = text.markdown(2000, 1);
    let mut times: Vec<Duration> = (0..20)
        .map(|_| {
            let start = Instant::now();
            let mut editor = Editor::start();
            editor.open("cold.md", &document);
            editor.type_at("cold.md", editor.end(&document), " th");
            start.elapsed()
        })
        .collect();
    times.sort_unstable();
    println!(
        "from the start of the process to the first words: {} ms, at most {} ms of {}\n",
        ms(times[times.len() / 2]),
        ms(times[times.len() - 1]),
        times.len()
    );
}

fn row(
    arguments: &Arguments,
    text: &Text,
    size: usize,
    place: Where,
    open: usize,
    is_learning: bool,
) {
    let mut editor = Editor::start();
    for other in 1..open {
        let name = format!("other{other}.md");
        let document = text.markdown(100_000, 100 + other as u64);
        editor.open(&name, &document);
        editor.type_at(&name, editor.end(&document), " t");
    }
    let (before, after) = match place {
        Where::End => (text.markdown(size, 2), String::new()),
        Where::Middle => (text.markdown(size / 2, 2), text.markdown(size / 2, 3)),
    };
    editor.open("main.md", &format!("{before}\n\n{after}"));
    if is_learning {
        editor.learn(text);
    }
    let mut typist = Typist::new(7, editor.end(&before));
    let first = editor.type_at("main.md", typist.cursor(), " ");
    typist.moved(1);
    // The first answers read what stands before the cursor, which is told apart.
    let usage = editor.usage();
    let mut times = Vec::with_capacity(arguments.edits);
    while times.len() < arguments.edits {
        let (pause, act) = typist.next();
        std::thread::sleep(pause.div_f64(arguments.speed));
        match act {
            Act::Replace { range, text } => {
                times.push(editor.replace("main.md", range, &text, typist.cursor()));
            }
            Act::Wait => {}
        }
        editor.go_on_learning(text);
    }
    report(arguments, size, place, open, is_learning, first, times, {
        let now = editor.usage();
        Usage {
            processor: now.processor.saturating_sub(usage.processor),
            ..now
        }
    });
}

#[allow(clippy::too_many_arguments)] // the columns of a table
fn report(
    arguments: &Arguments,
    size: usize,
    place: Where,
    open: usize,
    is_learning: bool,
    first: Duration,
    mut times: Vec<Duration>,
    usage: Usage,
) {
    times.sort_unstable();
    let at = |q: f64| ms(times[((times.len() as f64 * q).ceil() as usize).max(1) - 1]);
    let size = match size {
        size if size >= 1_000_000 => format!("{} MB", size / 1_000_000),
        size => format!("{} kB", size / 1000),
    };
    println!(
        "| {size} | {} | {open} | {} | {} | {} | {} | {} | {} | {} | {:.0} |",
        if place == Where::End { "end" } else { "middle" },
        if is_learning { "busy" } else { "idle" },
        ms(first),
        at(0.5),
        at(0.99),
        at(0.999),
        at(1.0),
        ms(usage.processor / arguments.edits as u32),
        usage.resident as f64 / 1e6,
    );
}

fn ms(time: Duration) -> String {
    let ms = time.as_secs_f64() * 1e3;
    if ms < 10.0 {
        format!("{ms:.2}")
    } else {
        format!("{ms:.0}")
    }
}

fn arguments() -> Arguments {
    let mut arguments = Arguments {
        sizes: vec![1_000, 100_000, 1_000_000, 10_000_000],
        open: vec![1],
        learner: vec!["idle".to_owned()],
        speed: 20.0,
        edits: 1000,
        text: None,
        soak: None,
        check: Duration::from_secs(60),
    };
    let mut given = std::env::args().skip(1);
    while let Some(name) = given.next() {
        let value = match name.as_str() {
            "--bench" => continue, // what cargo says
            _ => given
                .next()
                .unwrap_or_else(|| panic!("{name} needs a value")),
        };
        let numbers = || value.split(',').map(|n| n.parse().expect("a number"));
        match name.as_str() {
            "--sizes" => arguments.sizes = numbers().collect(),
            "--open" => arguments.open = numbers().collect(),
            "--learner" => arguments.learner = value.split(',').map(str::to_owned).collect(),
            "--speed" => arguments.speed = value.parse().expect("a number"),
            "--edits" => arguments.edits = value.parse().expect("a number"),
            "--soak" => {
                let minutes: f64 = value.parse().expect("a number of minutes");
                arguments.soak = Some(Duration::from_secs_f64(60.0 * minutes));
            }
            "--check" => {
                arguments.check =
                    Duration::from_secs_f64(value.parse().expect("a number of seconds"));
            }
            "--text" => arguments.text = Some(value.into()),
            _ => panic!("no argument is called {name}"),
        }
    }
    arguments
}
