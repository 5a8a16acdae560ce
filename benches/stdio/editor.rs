//! An editor: starts the program, speaks the protocol, and measures.

use crate::text::Text;
use crate::typist::Place;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::ops::Range;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::rc::Rc;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// See the module.
pub(crate) struct Editor {
    process: Child,
    input: ChildStdin,
    answers: Receiver<(Instant, Value)>,
    home: Rc<TempDir>,
    versions: HashMap<String, i32>,
    requests: u64,
    /// The request to learn that was not answered yet, and how many there were.
    learning: Option<u64>,
    lessons: u64,
}

/// What the process has used.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Usage {
    /// Of all its threads.
    pub(crate) processor: Duration,
    /// Bytes.
    pub(crate) resident: u64,
}

/// No answer takes longer, even of the learner, which lets everything else go first.
const TOO_LONG: Duration = Duration::from_secs(600);

impl Editor {
    /// In a home folder of its own.
    pub(crate) fn start() -> Editor {
        Editor::start_in(&Rc::new(tempfile::tempdir().expect("a temporary folder")))
    }

    /// In a home folder that others may use as well. What the program complains of is added to `log` in it.
    pub(crate) fn start_in(home: &Rc<TempDir>) -> Editor {
        let log = home.path().join("log");
        let mut process = Command::new(env!("CARGO_BIN_EXE_rnn-lsp"))
            .args(["--stdio", "--log-level", "warn", "--log-file"])
            .arg(&log)
            .env("HOME", home.path())
            .env("XDG_CONFIG_HOME", home.path())
            .env("XDG_DATA_HOME", home.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts");
        let input = process.stdin.take().expect("piped");
        let output = BufReader::new(process.stdout.take().expect("piped"));
        let (arrived, answers) = channel();
        std::thread::spawn(move || read(output, |at, message| arrived.send((at, message)).is_ok()));
        let mut editor = Editor {
            process,
            input,
            answers,
            home: home.clone(),
            versions: HashMap::new(),
            requests: 0,
            learning: None,
            lessons: 0,
        };
        let id = editor.request(
            "initialize",
            json!({"processId": null, "rootUri": null, "capabilities": {}}),
        );
        editor.answer(id);
        editor.notify("initialized", json!({}));
        editor
    }

    pub(crate) fn open(&mut self, name: &str, text: &str) {
        self.versions.insert(name.to_owned(), 1);
        self.notify(
            "textDocument/didOpen",
            json!({"textDocument": {"uri": uri(name), "languageId": "markdown", "version": 1, "text": text}}),
        );
    }

    /// The process.
    pub(crate) fn process(&self) -> u32 {
        self.process.id()
    }

    /// The end of a text.
    pub(crate) fn end(&self, text: &str) -> Place {
        let line = text.rsplit('\n').next().unwrap_or_default();
        let lines = text.bytes().filter(|&byte| byte == b'\n').count();
        (lines as u32, line.encode_utf16().count() as u32)
    }

    /// Types text and asks for words once.
    pub(crate) fn type_at(&mut self, name: &str, at: Place, text: &str) -> Duration {
        let cursor = (at.0, at.1 + text.len() as u32);
        self.replace(name, at..at, text, cursor)
    }

    /// Changes a document and asks for words; the time from the change to the answer.
    pub(crate) fn replace(
        &mut self,
        name: &str,
        range: Range<Place>,
        text: &str,
        cursor: Place,
    ) -> Duration {
        let version = self.versions.entry(name.to_owned()).or_default();
        *version += 1;
        let change = json!({
            "textDocument": {"uri": uri(name), "version": *version},
            "contentChanges": [{"range": {"start": position(range.start), "end": position(range.end)}, "text": text}],
        });
        let question = json!({"textDocument": {"uri": uri(name)}, "position": position(cursor)});
        let start = Instant::now();
        self.notify("textDocument/didChange", change);
        let id = self.request("textDocument/completion", question);
        self.answer(id).0.duration_since(start)
    }

    /// Has the server learn a folder of notes.
    pub(crate) fn learn(&mut self, text: &Text) {
        self.lessons += 1;
        let folder = self.home.path().join("notes");
        std::fs::create_dir_all(&folder).expect("a folder");
        for file in 0..100 {
            let notes = text.markdown(20_000, 1000 * self.lessons + file);
            std::fs::write(folder.join(format!("{file}.md")), notes).expect("a file");
        }
        let arguments = json!([{"path": folder}]);
        self.learning = Some(self.request(
            "workspace/executeCommand",
            json!({"command": "rnn-lsp.learn", "arguments": arguments}),
        ));
    }

    /// Gives the server more to learn as soon as it is done.
    pub(crate) fn go_on_learning(&mut self, text: &Text) {
        if self.lessons == 0 {
            return;
        }
        while let Ok((_, message)) = self.answers.try_recv() {
            self.note(&message);
        }
        if self.learning.is_none() {
            self.learn(text);
        }
    }

    /// What the process has used so far, where the system tells.
    pub(crate) fn usage(&self) -> Usage {
        let process = Path::new("/proc").join(self.process().to_string());
        let status = std::fs::read_to_string(process.join("status")).unwrap_or_default();
        let kilobytes = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB"));
        let tasks = std::fs::read_dir(process.join("task"))
            .into_iter()
            .flatten();
        let nanoseconds = tasks.flatten().filter_map(|task| {
            let stat = std::fs::read_to_string(task.path().join("schedstat")).ok()?;
            stat.split(' ').next()?.parse::<u64>().ok()
        });
        Usage {
            processor: Duration::from_nanos(nanoseconds.sum()),
            resident: kilobytes.map_or(0, |kb| 1024 * kb.parse::<u64>().unwrap_or(0)),
        }
    }

    pub(crate) fn notify(&mut self, method: &str, params: Value) {
        self.send(&json!({"jsonrpc": "2.0", "method": method, "params": params}));
    }

    pub(crate) fn request(&mut self, method: &str, params: Value) -> u64 {
        self.requests += 1;
        let id = self.requests;
        self.send(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}));
        id
    }

    fn send(&mut self, message: &Value) {
        let body = message.to_string();
        let frame = format!("Content-Length: {}\r\n\r\n{body}", body.len());
        self.input
            .write_all(frame.as_bytes())
            .expect("the program reads");
        self.input.flush().expect("the program reads");
    }

    /// When the answer arrived, and what it says.
    pub(crate) fn answer(&mut self, id: u64) -> (Instant, Value) {
        loop {
            let (at, message) = self.answers.recv_timeout(TOO_LONG).expect("an answer");
            self.note(&message);
            if message["id"] == id {
                assert!(message.get("error").is_none(), "{message}");
                return (at, message["result"].clone());
            }
        }
    }

    fn note(&mut self, message: &Value) {
        if self.learning.is_some_and(|id| message["id"] == id) {
            self.learning = None;
        }
    }
}

impl Drop for Editor {
    fn drop(&mut self) {
        let id = self.request("shutdown", Value::Null);
        self.answer(id);
        self.notify("exit", Value::Null);
        let _ = self.process.wait();
    }
}

pub(crate) fn uri(name: &str) -> String {
    format!("file:///bench/{name}")
}

pub(crate) fn position((line, character): Place) -> Value {
    json!({"line": line, "character": character})
}

/// Reads messages until the end or until nobody wants them; each with the moment at which it was there.
fn read(mut output: impl BufRead, mut arrived: impl FnMut(Instant, Value) -> bool) {
    loop {
        let (mut length, mut line) = (0, String::new());
        while output.read_line(&mut line).is_ok_and(|n| n > 2) {
            length = line
                .trim()
                .rsplit(' ')
                .next()
                .and_then(|n| n.parse().ok())
                .unwrap_or(0);
            line.clear();
        }
        let mut body = vec![0; length];
        if length == 0 || output.read_exact(&mut body).is_err() {
            return;
        }
        let at = Instant::now();
        let message = serde_json::from_slice(&body).expect("JSON");
        if !arrived(at, message) {
            return;
        }
    }
}
