//! The program itself, as an editor starts it.

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

struct Program {
    process: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    _home: tempfile::TempDir,
}

impl Program {
    fn start(arguments: &[&str]) -> Program {
        let home = tempfile::tempdir().unwrap();
        let mut process = Command::new(env!("CARGO_BIN_EXE_rnn-lsp"))
            .args(arguments)
            .env("HOME", home.path())
            .env("XDG_CONFIG_HOME", home.path())
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
            _home: home,
        }
    }

    fn send(&mut self, message: &Value) {
        let body = message.to_string();
        write!(self.input, "Content-Length: {}\r\n\r\n{body}", body.len()).unwrap();
        self.input.flush().unwrap();
    }

    /// Sends a request and reads up to its answer.
    fn ask(&mut self, method: &str, params: Value) -> Value {
        self.send(&json!({"jsonrpc": "2.0", "id": method, "method": method, "params": params}));
        loop {
            let mut length = 0;
            let mut line = String::new();
            while self.output.read_line(&mut line).unwrap() > 2 {
                length = line.trim().rsplit(' ').next().unwrap().parse().unwrap();
                line.clear();
            }
            assert_ne!(length, 0, "the server hung up");
            let mut body = vec![0; length];
            self.output.read_exact(&mut body).unwrap();
            let message: Value = serde_json::from_slice(&body).unwrap();
            if message["id"] == method {
                return message["result"].clone();
            }
        }
    }

    fn notify(&mut self, method: &str, params: Value) {
        self.send(&json!({"jsonrpc": "2.0", "method": method, "params": params}));
    }

    fn initialize(&mut self, pid: Value) {
        let params = json!({"processId": pid, "rootUri": null, "capabilities": {}});
        assert_eq!(
            self.ask("initialize", params)["serverInfo"]["name"],
            "rnn-lsp"
        );
        self.notify("initialized", json!({}));
    }

    /// Waits for the end, the input staying open.
    fn code(mut self) -> Option<i32> {
        self.process.wait().unwrap().code()
    }
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

#[test]
fn exit_without_shutdown() {
    let mut program = Program::start(&["--stdio"]);
    program.initialize(Value::Null);
    program.notify("exit", Value::Null);
    assert_eq!(program.code(), Some(1));
}

#[test]
fn the_editor_dies_and_somebody_else_holds_the_pipe() {
    let mut editor = Command::new("cat")
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
