//! An hour of writing without a pause: `cargo bench --bench stdio -- --soak 60`.
//!
//! One editor stays open and types at full speed into a text of 200 kB, with slips, visits, pastes and undo, and saves every few
//! hundred keys. Beside it others are started over the same folder of what is learned, type, save and are closed; what they leave
//! idle tunes weights. Every `--check` seconds the first one is asked for the same words in its own document, which has seen all
//! edits, and in one that was just opened with the same text: they must be equal. A row says what the process takes by then.
//!
//! Ends with an error when a state is not what a fresh one is, when an answer is an error, when anything was logged as a warning or
//! worse, or when memory grew: the last quarter of the rows has more than the first by a tenth and 4 MB, after a warm-up of a tenth
//! of the time.

use crate::editor::{Editor, position, uri};
use crate::text::Text;
use crate::typist::{Act, Place, Typist};
use ropey::Rope;
use serde_json::{Value, json};
use std::ops::Range;
use std::path::Path;
use std::rc::Rc;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Keys between two saves.
const SAVE: u64 = 400;

/// Keys that each of the other editors types.
const VISIT: u64 = 300;

/// What is written into.
const BYTES: usize = 200_000;

/// A document as the editor sees it.
struct Page {
    name: &'static str,
    start: String,
    text: Rope,
    typist: Typist,
    seed: u64,
}

impl Page {
    fn new(name: &'static str, start: String) -> Page {
        let mut page = Page {
            name,
            text: Rope::from_str(&start),
            typist: Typist::new(0, (0, 0)),
            start,
            seed: 0,
        };
        page.begin();
        page
    }

    /// The text as it was, the cursor at its end.
    fn begin(&mut self) {
        self.seed += 1;
        self.text = Rope::from_str(&self.start);
        let line = self.text.len_lines() - 1;
        let column = self.text.line(line).len_chars();
        self.typist = Typist::new(self.seed, (line as u32, column as u32));
    }

    /// Types one key.
    fn key(&mut self, editor: &mut Editor) {
        let (_, act) = self.typist.next();
        if let Act::Replace { range, text } = act {
            self.replace(editor, range, &text);
        }
    }

    fn replace(&mut self, editor: &mut Editor, range: Range<Place>, new: &str) {
        let (from, to) = (self.index(range.start), self.index(range.end));
        self.text.remove(from..to);
        self.text.insert(from, new);
        editor.replace(self.name, range, new, self.typist.cursor());
    }

    /// The texts have no characters that count double.
    fn index(&self, (line, column): Place) -> usize {
        self.text.line_to_char(line as usize) + column as usize
    }
}

/// Writes for so long, and looks at the server so often.
pub(crate) fn run(text: &Text, minutes: Duration, every: Duration) {
    let home = Rc::new(tempfile::tempdir().expect("a temporary folder"));
    let mut page = Page::new("main.md", text.markdown(BYTES, 2));
    let mut editor = Editor::start_in(&home);
    editor.open(page.name, &page.start);
    let (start, mut checked) = (Instant::now(), Instant::now());
    let (mut keys, mut saves, mut visits) = (0u64, 0u64, 0u64);
    let mut rows = Vec::new();
    println!(
        "| minute | keys | saves | other editors | learned words | generation | training | resident MB | threads | open files |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|");
    while start.elapsed() < minutes {
        page.key(&mut editor);
        keys += 1;
        if keys.is_multiple_of(SAVE) {
            save(&mut editor, &page);
            saves += 1;
        }
        if checked.elapsed() < every {
            continue;
        }
        visits += 1;
        visit(&home, text, visits);
        check(&mut editor, &mut page);
        let learned = learned(&mut editor);
        let row = (start.elapsed(), editor.usage().resident);
        println!(
            "| {:.1} | {keys} | {saves} | {visits} | {} | {} | {} | {:.1} | {} | {} |",
            row.0.as_secs_f64() / 60.0,
            learned["words"],
            learned["generation"],
            learned["training"],
            row.1 as f64 / 1e6,
            entries(editor.process(), "task"),
            entries(editor.process(), "fd"),
        );
        // What a training holds, it gives back.
        if learned["training"] == false {
            rows.push(row);
        }
        // Back to the beginning: the text must not be what grows.
        close(&mut editor, page.name);
        page.begin();
        editor.open(page.name, &page.start);
        checked = Instant::now();
    }
    drop(editor);
    conclude(&home, &rows, minutes);
}

/// Another editor over the same folders: types, saves, ends. It is left idle for a moment, so that it may train.
fn visit(home: &Rc<TempDir>, text: &Text, number: u64) {
    let mut editor = Editor::start_in(home);
    let mut page = Page::new("visit.md", text.markdown(20_000, 100 + number));
    editor.open(page.name, &page.start);
    for _ in 0..VISIT {
        page.key(&mut editor);
    }
    save(&mut editor, &page);
    check(&mut editor, &mut page);
    learned(&mut editor);
    std::thread::sleep(Duration::from_secs(5));
}

fn save(editor: &mut Editor, page: &Page) {
    let document = json!({"uri": uri(page.name)});
    let saved = json!({"textDocument": document, "text": page.text.to_string()});
    editor.notify("textDocument/didSave", saved);
}

fn close(editor: &mut Editor, name: &str) {
    let document = json!({"textDocument": {"uri": uri(name)}});
    editor.notify("textDocument/didClose", document);
}

/// What is offered, and for which range.
fn words(editor: &mut Editor, name: &str, cursor: Place) -> Vec<Value> {
    let question = json!({"textDocument": {"uri": uri(name)}, "position": position(cursor)});
    let id = editor.request("textDocument/completion", question);
    let (_, list) = editor.answer(id);
    let items = list["items"].as_array().expect("a list");
    items.iter().map(|item| item["textEdit"].clone()).collect()
}

/// What was learned, when all that was saved is.
fn learned(editor: &mut Editor) -> Value {
    let command = json!({"command": "rnn-lsp.learned", "arguments": []});
    let id = editor.request("workspace/executeCommand", command);
    editor.answer(id).1
}

/// Whether a document that has seen all edits offers what a fresh one offers.
fn check(editor: &mut Editor, page: &mut Page) {
    // Behind a space nothing depends on what was offered before.
    let cursor = page.typist.cursor();
    page.typist.moved(2);
    page.replace(editor, cursor..cursor, ", ");
    // What is being learned is told before it is asked for.
    learned(editor);
    let mut differences = Vec::new();
    // New counts or weights may arrive between two questions; they do not three times in a row.
    for _ in 0..3 {
        let own = words(editor, page.name, page.typist.cursor());
        // Under its own name: what a document follows, and what it is lent, depends on its file.
        close(editor, page.name);
        editor.open(page.name, &page.text.to_string());
        let expected = words(editor, page.name, page.typist.cursor());
        if own == expected {
            return;
        }
        differences.push(format!("{own:?}, expected {expected:?}"));
        // The same question would get the same answer.
        let cursor = page.typist.cursor();
        page.typist.moved(5);
        page.replace(editor, cursor..cursor, "then ");
    }
    panic!("the state drifted: {differences:#?}");
}

/// Entries of a folder that the system shows of a process.
fn entries(process: u32, folder: &str) -> usize {
    let folder = Path::new("/proc").join(process.to_string()).join(folder);
    std::fs::read_dir(folder).map_or(0, Iterator::count)
}

/// Ends with an error where something was logged or memory grew.
fn conclude(home: &TempDir, rows: &[(Duration, u64)], minutes: Duration) {
    let log = std::fs::read_to_string(home.path().join("log")).unwrap_or_default();
    assert_eq!(log, "", "something was logged");
    let warm: Vec<u64> = rows
        .iter()
        .filter(|(at, _)| *at > minutes / 10)
        .map(|(_, resident)| *resident)
        .collect();
    let quarter = warm.len() / 4;
    if quarter == 0 {
        println!("\ntoo few rows to say whether memory grows");
        return;
    }
    let mean = |part: &[u64]| part.iter().sum::<u64>() as f64 / part.len() as f64 / 1e6;
    let (first, last) = (mean(&warm[..quarter]), mean(&warm[warm.len() - quarter..]));
    println!(
        "\nresident: {first:.1} MB in the first quarter, {last:.1} MB in the last; no state drifted, nothing was logged"
    );
    assert!(last < 1.1 * first + 4.0, "memory grows");
}
