//! A client may send anything: the server goes on, and ends when its input does.

use super::input::Input;
use rnn_lsp::model::Model;
use rnn_lsp::server::{Ended, Options, serve};
use serde_json::{Value, json};
use std::sync::{Arc, LazyLock};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

static MODEL: LazyLock<Arc<Vec<u8>>> = LazyLock::new(|| Arc::new(Model::tiny_bytes(1)));

/// A document, so that messages have something to be about.
const URI: &str = "file:///a.md";

/// The server must be done by then, whatever it was sent.
const LIMIT: Duration = Duration::from_secs(120);

/// Parts: bytes as they are, bodies with the header they should have, or messages whose values are bytes.
pub(crate) fn run(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let mut sent = Vec::new();
    let hello = json!({"processId": null, "rootUri": null, "capabilities": {}});
    sent.extend(framed(&request("initialize", hello)));
    sent.extend(framed(&notification("initialized", json!({}))));
    let document =
        json!({"uri": URI, "languageId": "markdown", "version": 1, "text": "I would like the "});
    let open = json!({"textDocument": document});
    sent.extend(framed(&notification("textDocument/didOpen", open)));
    while !input.is_over() {
        let (kind, count) = (input.byte(), usize::from(input.byte()));
        match kind % 8 {
            0 => sent.extend(input.bytes(count)),
            1 => {
                let body = input.bytes(4 * count);
                sent.extend(format!("Content-Length: {}\r\n\r\n", body.len()).as_bytes());
                sent.extend(body);
            }
            _ => sent.extend(framed(&message(&mut input))),
        }
    }
    let ended = served(&sent);
    assert_ne!(ended, Ended::Failed, "{}", String::from_utf8_lossy(&sent));
}

fn request(method: &str, params: Value) -> Value {
    json!({"jsonrpc": "2.0", "id": method, "method": method, "params": params})
}

fn notification(method: &str, params: Value) -> Value {
    json!({"jsonrpc": "2.0", "method": method, "params": params})
}

fn framed(message: &Value) -> Vec<u8> {
    let body = message.to_string();
    format!("Content-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

/// A message of the protocol with parameters that are nearly right.
fn message(input: &mut Input<'_>) -> Value {
    let document = json!({"uri": uri(input), "version": whole(input)});
    match input.byte() % 12 {
        0 | 1 => {
            let changes: Vec<Value> = (0..input.byte() % 4).map(|_| change(input)).collect();
            let params = json!({"textDocument": document, "contentChanges": changes});
            notification("textDocument/didChange", params)
        }
        2 | 3 => {
            let mut params = json!({"textDocument": document, "position": place(input)});
            params["context"] = context(input);
            request("textDocument/completion", params)
        }
        4 => {
            let params = json!({"textDocument": document, "position": place(input), "context": context(input)});
            request("textDocument/inlineCompletion", params)
        }
        5 => {
            let languages = ["markdown", "latex", "plaintext", "", "rust", "git-commit"];
            let document = json!({"uri": uri(input), "languageId": input.pick(&languages), "version": whole(input), "text": text(input)});
            notification("textDocument/didOpen", json!({"textDocument": document}))
        }
        6 => notification("textDocument/didClose", json!({"textDocument": document})),
        7 => {
            let params = json!({"textDocument": document, "text": any(input, 2)});
            notification("textDocument/didSave", params)
        }
        8 => {
            let settings = json!({"settings": {"rnn-lsp": any(input, 3)}});
            notification("workspace/didChangeConfiguration", settings)
        }
        9 => {
            let commands = [
                "pause", "resume", "toggle", "status", "learn", "forget", "learned", "train", "x",
            ];
            let command = format!("rnn-lsp.{}", input.pick(&commands));
            let params = json!({"command": command, "arguments": any(input, 3)});
            request("workspace/executeCommand", params)
        }
        10 => {
            let methods = ["$/cancelRequest", "shutdown", "initialize", "$/x", "y"];
            notification(input.pick(&methods), any(input, 3))
        }
        _ => request(&text(input), any(input, 4)),
    }
}

fn change(input: &mut Input<'_>) -> Value {
    let range = json!({"start": place(input), "end": place(input)});
    match input.byte() % 4 {
        0 => json!({"text": text(input)}),
        _ => json!({"range": range, "text": text(input)}),
    }
}

fn context(input: &mut Input<'_>) -> Value {
    match input.byte() % 4 {
        0 => any(input, 2),
        1 => json!({"triggerKind": whole(input), "triggerCharacter": text(input)}),
        2 => {
            let selected =
                json!({"range": {"start": place(input), "end": place(input)}, "text": text(input)});
            json!({"triggerKind": 1, "selectedCompletionInfo": selected})
        }
        _ => json!({"triggerKind": 3}),
    }
}

fn uri(input: &mut Input<'_>) -> Value {
    match input.byte() % 16 {
        0 => any(input, 1),
        1 => json!(text(input)),
        2 => json!("untitled:a b%ZZ"),
        _ => json!(URI),
    }
}

fn place(input: &mut Input<'_>) -> Value {
    json!({"line": whole(input), "character": whole(input)})
}

fn whole(input: &mut Input<'_>) -> Value {
    match input.byte() {
        255 => json!(u64::MAX),
        254 => json!(u32::MAX),
        253 => json!(-1),
        252 => json!(1.5),
        small => json!(small % 20),
    }
}

fn text(input: &mut Input<'_>) -> String {
    let count = usize::from(input.byte()) % 32;
    String::from_utf8_lossy(input.bytes(count)).into_owned()
}

/// Any JSON, so deep at most.
fn any(input: &mut Input<'_>, depth: u8) -> Value {
    let kinds = if depth == 0 { 5 } else { 7 };
    let keys = [
        "uri",
        "path",
        "word",
        "all",
        "languageId",
        "maxItems",
        "threshold",
        "languages",
        "learn",
        "show",
    ];
    match input.byte() % kinds {
        0 => Value::Null,
        1 => json!(input.byte().is_multiple_of(2)),
        2 => whole(input),
        3 => json!(text(input)),
        4 => uri_or(input),
        5 => (0..input.byte() % 4)
            .map(|_| any(input, depth - 1))
            .collect(),
        _ => (0..input.byte() % 4)
            .map(|_| (input.pick(&keys).to_owned(), any(input, depth - 1)))
            .collect(),
    }
}

fn uri_or(input: &mut Input<'_>) -> Value {
    json!(if input.byte().is_multiple_of(2) {
        URI
    } else {
        "/"
    })
}

/// Serves these bytes to their end.
fn served(sent: &[u8]) -> Ended {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .expect("a runtime");
    let model = MODEL.clone();
    let options = Options::default()
        .loader(move |path| match path {
            None => Model::from_bytes(model.to_vec()).map_err(|error| error.to_string()),
            Some(_) => Err("there is one model only".to_owned()),
        })
        .user_settings(json!({"threshold": 0.0, "phraseThreshold": 0.0}));
    runtime.block_on(async {
        let (mut input, theirs) = tokio::io::duplex(1 << 16);
        let (answers, mut output) = tokio::io::duplex(1 << 16);
        let sending = async move {
            // The server may have ended before its input did.
            let _ = input.write_all(sent).await;
            drop(input);
            std::future::pending::<()>().await
        };
        let hearing = async {
            let mut heard = [0; 4096];
            while output.read(&mut heard).await.is_ok_and(|count| count > 0) {}
            std::future::pending::<()>().await
        };
        let serving = async { serve(theirs, answers, options).await };
        tokio::select! {
            ended = serving => ended,
            () = sending => unreachable!("it waits for ever"),
            () = hearing => unreachable!("it waits for ever"),
            () = tokio::time::sleep(LIMIT) => panic!("the server hangs"),
        }
    })
}
