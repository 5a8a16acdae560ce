//! The program itself, as an editor starts it.

use crate::home::{live_in, uri};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::rc::Rc;
use std::time::Duration;
use tempfile::TempDir;

pub(super) const PROGRAM: &str = env!("CARGO_BIN_EXE_rnn-lsp");

pub(super) struct Program {
    pub(super) process: Child,
    pub(super) input: ChildStdin,
    pub(super) output: BufReader<ChildStdout>,
    home: Rc<TempDir>,
}

impl Program {
    pub(super) fn start(arguments: &[&str]) -> Program {
        Program::at(&Rc::new(tempfile::tempdir().unwrap()), arguments)
    }

    /// With the home folder of another one.
    fn at(home: &Rc<TempDir>, arguments: &[&str]) -> Program {
        Program::with(home, arguments, |_| ())
    }

    /// With the home folder of another one, `change` having the last word.
    pub(super) fn with(
        home: &Rc<TempDir>,
        arguments: &[&str],
        change: impl FnOnce(&mut Command),
    ) -> Program {
        let mut command = Command::new(PROGRAM);
        command.args(arguments);
        Program::run(home, command, change)
    }

    /// A shell's script in which `"$@"` stands for the program and `--stdio`.
    #[cfg(unix)]
    pub(super) fn within(home: &Rc<TempDir>, script: &str) -> Program {
        let mut command = Command::new("sh");
        command.args(["-c", script, "sh", PROGRAM, "--stdio"]);
        Program::run(home, command, |_| ())
    }

    fn run(home: &Rc<TempDir>, mut command: Command, change: impl FnOnce(&mut Command)) -> Program {
        live_in(&mut command, home.path());
        change(&mut command);
        let mut process = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let input = process.stdin.take().unwrap();
        let output = BufReader::new(process.stdout.take().unwrap());
        Program {
            process,
            input,
            output,
            home: home.clone(),
        }
    }

    pub(super) fn send(&mut self, message: &Value) {
        send(&mut self.input, message);
    }

    /// Sends a request and reads up to its answer.
    pub(super) fn ask(&mut self, method: &str, params: Value) -> Value {
        self.send(&json!({"jsonrpc": "2.0", "id": method, "method": method, "params": params}));
        answer(&mut self.output, method)
    }

    pub(super) fn notify(&mut self, method: &str, params: Value) {
        self.send(&json!({"jsonrpc": "2.0", "method": method, "params": params}));
    }

    /// Reads up to a line for the editor's log that has this in it.
    #[cfg(target_os = "linux")]
    pub(super) fn await_log(&mut self, part: &str) -> String {
        loop {
            let message = message(&mut self.output);
            if let Some(text) = message["params"]["message"].as_str()
                && text.contains(part)
            {
                return text.to_owned();
            }
        }
    }

    pub(super) fn initialize(&mut self, pid: Value) {
        let params = json!({"processId": pid, "rootUri": null, "capabilities": {}});
        assert_eq!(
            self.ask("initialize", params)["serverInfo"]["name"],
            "rnn-lsp"
        );
        self.notify("initialized", json!({}));
    }

    /// Waits for the end, the input staying open.
    pub(super) fn code(mut self) -> Option<i32> {
        self.process.wait().unwrap().code()
    }
}

pub(super) fn send(input: &mut ChildStdin, message: &Value) {
    let body = message.to_string();
    write!(input, "Content-Length: {}\r\n\r\n{body}", body.len()).unwrap();
    input.flush().unwrap();
}

/// Reads up to the answer to a request.
pub(super) fn answer(output: &mut BufReader<ChildStdout>, id: &str) -> Value {
    loop {
        let message = message(output);
        if message["id"] == id {
            return message["result"].clone();
        }
    }
}

/// Reads one message.
fn message(output: &mut BufReader<ChildStdout>) -> Value {
    let mut length = 0;
    let mut line = String::new();
    while output.read_line(&mut line).unwrap() > 2 {
        length = line.trim().rsplit(' ').next().unwrap().parse().unwrap();
        line.clear();
    }
    assert_ne!(length, 0, "the server hung up");
    let mut body = vec![0; length];
    output.read_exact(&mut body).unwrap();
    serde_json::from_slice(&body).unwrap()
}

/// Says goodbye and waits for the end.
pub(super) fn end(mut program: Program) {
    program.ask("shutdown", Value::Null);
    program.notify("exit", Value::Null);
    assert_eq!(program.code(), Some(0));
}

#[test]
fn from_start_to_end() {
    for arguments in [
        &["--stdio"][..],
        &[],
        &["serve", "--stdio", "--log-level", "debug"],
    ] {
        let mut program = Program::start(arguments);
        program.initialize(Value::Null);
        let document = json!({"uri": "file:///a.md", "languageId": "markdown", "version": 1, "text": "I would like "});
        program.notify("textDocument/didOpen", json!({"textDocument": document}));
        let place = json!({"textDocument": {"uri": "file:///a.md"}, "position": {"line": 0, "character": 13}});
        assert_eq!(
            program.ask("textDocument/completion", place)["isIncomplete"],
            true
        );
        program.ask("shutdown", Value::Null);
        program.notify("exit", Value::Null);
        assert_eq!(program.code(), Some(0), "{arguments:?}");
    }
}

/// Killed while it learns, it leaves nothing that the next one could not use, and the user's file as it was.
#[test]
fn killed_while_learning() {
    let kills = if std::env::var_os("RUN_SLOW_TESTS").is_some() {
        50
    } else {
        8
    };
    let home = Rc::new(tempfile::tempdir().unwrap());
    let notes = tempfile::Builder::new().prefix("notes").tempdir().unwrap();
    let path = notes.path().join("a.md");
    let uri = uri(&path);
    let text = "Once Quibblethorpe came in.\n\nThen Quibblethorpe sat down.\n".repeat(200);
    std::fs::write(&path, &text).unwrap();
    let save = |program: &mut Program, text: &str| {
        let document = json!({"uri": uri, "languageId": "markdown", "version": 1, "text": text});
        program.notify("textDocument/didOpen", json!({"textDocument": document}));
        let saved = json!({"textDocument": {"uri": uri}, "text": text});
        program.notify("textDocument/didSave", saved);
    };
    for kill in 0..kills {
        let mut program = Program::at(&home, &["--stdio"]);
        program.initialize(Value::Null);
        save(&mut program, &format!("{text}{kill}"));
        // Learning begins a quarter of a second after the last save: some are killed before, some in it, some after.
        std::thread::sleep(Duration::from_millis(150 + 40 * (kill % 8)));
        program.process.kill().unwrap();
        program.process.wait().unwrap();
    }
    let mut program = Program::at(&home, &["--stdio"]);
    program.initialize(Value::Null);
    save(&mut program, &text);
    let command = json!({"command": "rnn-lsp.learned", "arguments": []});
    let learned = program.ask("workspace/executeCommand", command);
    assert_eq!(learned["files"].as_array().unwrap().len(), 1, "{learned}");
    assert_eq!(learned["newWords"][0][0], "Quibblethorpe");
    let folder = program.home.path().join("rnn-lsp/learned");
    let names = std::fs::read_dir(folder).unwrap().flatten();
    assert!(
        names
            .map(|entry| entry.file_name())
            .all(|name| !name.to_string_lossy().ends_with("damaged"))
    );
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
}

#[test]
fn exit_without_shutdown() {
    let mut program = Program::start(&["--stdio"]);
    program.initialize(Value::Null);
    program.notify("exit", Value::Null);
    assert_eq!(program.code(), Some(1));
}

#[test]
fn the_editor_dies_and_somebody_else_holds_the_pipe() {
    // Both live until their input is closed.
    let mut editor = match cfg!(windows) {
        true => Command::new("cmd"),
        false => Command::new("cat"),
    };
    let mut editor = editor
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let mut program = Program::start(&["--stdio"]);
    program.initialize(json!(editor.id()));
    drop(editor.stdin.take());
    editor.wait().unwrap();
    assert_eq!(program.code(), Some(1));
}
