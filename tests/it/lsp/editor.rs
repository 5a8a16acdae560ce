//! An editor for tests: the client's side of the protocol over an in-memory pipe, one call at a time.

use rnn_lsp::model::Model;
use rnn_lsp::server::{Ended, Options, serve};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::future::Future;
use std::sync::mpsc;
use std::time::Duration;
use tokio::io::{
    AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, DuplexStream, ReadHalf, WriteHalf,
};
use tokio::runtime::Runtime;

pub(crate) const DOCUMENT: &str = "file:///notes/a.md";

/// Nothing in these tests takes a second; a minute means that something hangs.
pub(crate) const LIMIT: Duration = Duration::from_secs(60);

/// A running server and a client that has not said anything yet.
pub(crate) struct Editor {
    runtime: Runtime,
    input: Option<WriteHalf<DuplexStream>>,
    output: BufReader<ReadHalf<DuplexStream>>,
    ended: mpsc::Receiver<Ended>,
    next_id: i64,
    answers: HashMap<String, Value>,
    /// What the editor answers to `workspace/configuration`; it does not answer at all without.
    pub(crate) settings: Option<Value>,
    /// Requests and notifications of the server, by arrival.
    pub(crate) heard: Vec<Value>,
}

/// Options with a small model that offers everything it can think of.
pub(crate) fn options() -> Options {
    Options::default()
        .loader(|_| Ok(Model::tiny(1)))
        .user_settings(json!({"threshold": 0.0, "phraseThreshold": 0.0}))
}

impl Editor {
    /// Starts a server.
    pub(crate) fn start(options: Options) -> Editor {
        let (ours, theirs) = tokio::io::duplex(1 << 16);
        let (sender, ended) = mpsc::channel();
        std::thread::spawn(move || {
            let runtime = runtime();
            let (input, output) = tokio::io::split(theirs);
            let _ = sender.send(runtime.block_on(serve(input, output, options)));
        });
        let (output, input) = tokio::io::split(ours);
        Editor {
            runtime: runtime(),
            input: Some(input),
            output: BufReader::new(output),
            ended,
            next_id: 0,
            answers: HashMap::new(),
            settings: Some(Value::Null),
            heard: Vec::new(),
        }
    }

    /// Starts a server with [`options`] and says `initialize` and `initialized`.
    pub(crate) fn ready() -> Editor {
        let mut editor = Editor::start(options());
        editor.initialize(json!({}));
        editor
    }

    /// Says `initialize` and `initialized`; `more` is added to the usual parameters.
    pub(crate) fn initialize(&mut self, more: Value) -> Value {
        let mut params = json!({"processId": null, "rootUri": null, "capabilities": {}});
        params
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        let result = self.ask("initialize", params);
        self.notify("initialized", json!({}));
        result
    }

    /// Sends a request; returns its id.
    pub(crate) fn request(&mut self, method: &str, params: Value) -> i64 {
        self.next_id += 1;
        self.send(
            &json!({"jsonrpc": "2.0", "id": self.next_id, "method": method, "params": params}),
        );
        self.next_id
    }

    /// Sends a request and waits for its result.
    pub(crate) fn ask(&mut self, method: &str, params: Value) -> Value {
        let id = self.request(method, params);
        self.result(id)
    }

    pub(crate) fn notify(&mut self, method: &str, params: Value) {
        self.send(&json!({"jsonrpc": "2.0", "method": method, "params": params}));
    }

    /// The whole answer to a request.
    pub(crate) fn answer(&mut self, id: impl Into<Value>) -> Value {
        let id = id.into().to_string();
        loop {
            if let Some(answer) = self.answers.remove(&id) {
                return answer;
            }
            self.hear();
        }
    }

    /// The result of a request.
    pub(crate) fn result(&mut self, id: i64) -> Value {
        let answer = self.answer(id);
        answer
            .get("result")
            .unwrap_or_else(|| panic!("no result: {answer}"))
            .clone()
    }

    /// The error code of a request.
    pub(crate) fn error(&mut self, id: impl Into<Value>) -> i64 {
        let answer = self.answer(id);
        answer["error"]["code"]
            .as_i64()
            .unwrap_or_else(|| panic!("no error: {answer}"))
    }

    /// Waits for a request or notification of the server and takes it out of what was heard.
    pub(crate) fn await_message(&mut self, wanted: impl Fn(&Value) -> bool) -> Value {
        loop {
            if let Some(index) = self.heard.iter().position(&wanted) {
                return self.heard.remove(index);
            }
            self.hear();
        }
    }

    /// Returns when the server has handed all that was sent before to its session: messages are taken up in order, and
    /// this one is answered without it.
    pub(crate) fn flush(&mut self) {
        let id = self.request("tests/unknown", json!({}));
        assert_eq!(self.error(id), -32601);
    }

    /// Closes the server's input.
    pub(crate) fn hang_up(&mut self) {
        if let Some(mut input) = self.input.take() {
            self.runtime.block_on(within(input.shutdown())).unwrap();
        }
    }

    /// Waits for the server's end.
    pub(crate) fn ended(&self) -> Ended {
        self.ended.recv_timeout(LIMIT).expect("the server ends")
    }

    /// Says `shutdown` and `exit`, leaving the pipe open.
    pub(crate) fn finish(&mut self) -> Ended {
        assert_eq!(self.ask("shutdown", Value::Null), Value::Null);
        self.notify("exit", Value::Null);
        self.ended()
    }

    pub(crate) fn open(&mut self, uri: &str, language_id: &str, text: &str) {
        let document = json!({"uri": uri, "languageId": language_id, "version": 1, "text": text});
        self.notify("textDocument/didOpen", json!({"textDocument": document}));
    }

    pub(crate) fn close(&mut self, uri: &str) {
        self.notify(
            "textDocument/didClose",
            json!({"textDocument": {"uri": uri}}),
        );
    }

    /// Replaces from (line, column) to (line, column).
    pub(crate) fn change(
        &mut self,
        uri: &str,
        version: i32,
        from: (u32, u32),
        to: (u32, u32),
        text: &str,
    ) {
        let change = json!({"range": {"start": at(from), "end": at(to)}, "text": text});
        self.changes(uri, version, json!([change]));
    }

    pub(crate) fn changes(&mut self, uri: &str, version: i32, changes: Value) {
        let document = json!({"uri": uri, "version": version});
        self.notify(
            "textDocument/didChange",
            json!({"textDocument": document, "contentChanges": changes}),
        );
    }

    /// The items of a popup.
    pub(crate) fn complete(&mut self, uri: &str, line: u32, column: u32) -> Vec<Value> {
        let id = self.request_words(uri, line, column);
        items(&self.result(id))
    }

    pub(crate) fn request_words(&mut self, uri: &str, line: u32, column: u32) -> i64 {
        let place = json!({"textDocument": {"uri": uri}, "position": at((line, column))});
        self.request("textDocument/completion", place)
    }

    /// The ghost texts at a position.
    pub(crate) fn inline(
        &mut self,
        uri: &str,
        line: u32,
        column: u32,
        context: Value,
    ) -> Vec<Value> {
        let document = json!({"uri": uri});
        let params =
            json!({"textDocument": document, "position": at((line, column)), "context": context});
        items(&self.ask("textDocument/inlineCompletion", params))
    }

    pub(crate) fn status(&mut self) -> Value {
        self.command("rnn-lsp.status", json!([]))
    }

    pub(crate) fn command(&mut self, command: &str, arguments: Value) -> Value {
        self.ask(
            "workspace/executeCommand",
            json!({"command": command, "arguments": arguments}),
        )
    }

    /// What the status says of a document.
    pub(crate) fn document(&mut self, uri: &str) -> Value {
        let status = self.status();
        let documents = status["documents"].as_array().unwrap();
        documents
            .iter()
            .find(|document| document["uri"] == uri)
            .unwrap_or(&Value::Null)
            .clone()
    }

    pub(crate) fn send_bytes(&mut self, bytes: &[u8]) {
        let input = self.input.as_mut().expect("not hung up");
        self.runtime
            .block_on(within(input.write_all(bytes)))
            .unwrap();
    }

    fn send(&mut self, message: &Value) {
        let body = message.to_string();
        self.send_bytes(format!("Content-Length: {}\r\n\r\n{body}", body.len()).as_bytes());
    }

    /// Reads one message and answers it as an editor does.
    fn hear(&mut self) {
        let message = self.runtime.block_on(within(read(&mut self.output)));
        if message.get("method").is_none() {
            self.answers.insert(message["id"].to_string(), message);
            return;
        }
        if let Some(id) = message.get("id") {
            let result = match message["method"].as_str() {
                Some("workspace/configuration") => {
                    self.settings.clone().map(|settings| json!([settings]))
                }
                _ => Some(Value::Null),
            };
            if let Some(result) = result {
                self.send(&json!({"jsonrpc": "2.0", "id": id, "result": result}));
            }
        }
        self.heard.push(message);
    }
}

/// A position of the protocol.
pub(crate) fn at((line, character): (u32, u32)) -> Value {
    json!({"line": line, "character": character})
}

fn items(list: &Value) -> Vec<Value> {
    list["items"]
        .as_array()
        .unwrap_or_else(|| panic!("not a list: {list}"))
        .clone()
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap()
}

async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(LIMIT, future)
        .await
        .expect("something hangs")
}

async fn read(output: &mut BufReader<ReadHalf<DuplexStream>>) -> Value {
    let mut length = 0;
    loop {
        let mut line = String::new();
        assert_ne!(
            output.read_line(&mut line).await.unwrap(),
            0,
            "the server hung up"
        );
        match line.trim() {
            "" => break,
            line => {
                if let Some(value) = line.strip_prefix("Content-Length: ") {
                    length = value.parse().unwrap();
                }
            }
        }
    }
    let mut body = vec![0; length];
    output.read_exact(&mut body).await.unwrap();
    serde_json::from_slice(&body).unwrap()
}
