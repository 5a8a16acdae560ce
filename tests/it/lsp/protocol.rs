//! Beginning, end, and what no client should send.

use super::editor::{DOCUMENT, Editor, options};
use rnn_lsp::server::Ended;
use serde_json::{Value, json};

#[test]
fn capabilities() {
    let mut editor = Editor::start(options());
    let result = editor.initialize(json!({}));
    let capabilities = &result["capabilities"];
    assert_eq!(result["serverInfo"]["name"], "rnn-lsp");
    assert_eq!(capabilities["positionEncoding"], "utf-16");
    assert_eq!(capabilities["textDocumentSync"]["openClose"], true);
    assert_eq!(capabilities["textDocumentSync"]["change"], 2);
    assert_eq!(
        capabilities["textDocumentSync"]["save"]["includeText"],
        true
    );
    assert_eq!(capabilities["inlineCompletionProvider"], true);
    let triggers = capabilities["completionProvider"]["triggerCharacters"]
        .as_array()
        .unwrap();
    assert!(triggers.contains(&json!(" ")));
    let commands = capabilities["executeCommandProvider"]["commands"]
        .as_array()
        .unwrap();
    assert_eq!(commands.len(), 12);
}

#[test]
fn an_initialize_from_the_future() {
    let mut editor = Editor::start(options());
    let general = json!({"positionEncodings": ["utf-8"], "staleRequestSupport": "maybe"});
    let result = editor.initialize(json!({"trace": 3, "capabilities": {"general": general}}));
    assert_eq!(result["capabilities"]["positionEncoding"], "utf-8");
}

#[test]
fn encodings_are_negotiated() {
    fn check(offered: Value, chosen: &str, columns: u32) {
        let mut editor = Editor::start(options());
        let general = json!({"capabilities": {"general": {"positionEncodings": offered}}});
        let result = editor.initialize(general);
        assert_eq!(result["capabilities"]["positionEncoding"], chosen);
        // "😀" is 4 bytes, 2 UTF-16 units or 1 character; the letter behind it is replaced.
        editor.open(DOCUMENT, "markdown", "😀ab th");
        editor.change(DOCUMENT, 2, (0, columns), (0, columns + 1), "\n");
        let items = editor.complete(DOCUMENT, 1, 4);
        assert_eq!(editor.document(DOCUMENT)["inStep"], true);
        assert!(!items.is_empty());
        assert_eq!(
            items[0]["textEdit"]["range"]["start"],
            json!({"line": 1, "character": 2})
        );
    }
    check(json!(["utf-8", "utf-16", "utf-32"]), "utf-8", 4);
    check(json!(["utf-16", "utf-8"]), "utf-8", 4);
    check(json!(["utf-16", "utf-32"]), "utf-32", 1);
    check(json!(["utf-16"]), "utf-16", 2);
    check(Value::Null, "utf-16", 2);
}

#[test]
fn shutdown_and_exit_with_the_input_open() {
    assert_eq!(Editor::ready().finish(), Ended::ShutDown);
}

#[test]
fn exit_without_shutdown_with_the_input_open() {
    let mut editor = Editor::ready();
    editor.notify("exit", Value::Null);
    assert_eq!(editor.ended(), Ended::Abruptly);
    assert_eq!(Ended::Abruptly.code(), 1);
}

#[test]
fn exit_before_initialize() {
    let mut editor = Editor::start(options());
    editor.notify("exit", Value::Null);
    assert_eq!(editor.ended(), Ended::Abruptly);
}

#[test]
fn the_end_of_the_input() {
    let mut editor = Editor::ready();
    editor.hang_up();
    assert_eq!(editor.ended(), Ended::Abruptly);
    let mut editor = Editor::ready();
    editor.ask("shutdown", Value::Null);
    editor.hang_up();
    assert_eq!(editor.ended(), Ended::ShutDown);
}

#[test]
fn exit_while_an_answer_is_awaited_from_the_client() {
    let mut editor = Editor::start(options());
    editor.settings = None;
    editor.initialize(json!({"capabilities": {"workspace": {"configuration": true}}}));
    editor.await_message(|message| message["method"] == "workspace/configuration");
    assert_eq!(editor.finish(), Ended::ShutDown);
}

#[test]
fn requests_out_of_season() {
    let mut editor = Editor::start(options());
    let early = editor.request_words(DOCUMENT, 0, 0);
    assert_eq!(editor.error(early), -32002);
    editor.initialize(json!({}));
    let again = editor.request("initialize", json!({"capabilities": {}}));
    assert_eq!(editor.error(again), -32600);
    editor.ask("shutdown", Value::Null);
    let late = editor.request_words(DOCUMENT, 0, 0);
    assert_eq!(editor.error(late), -32600);
}

#[test]
fn unknown_methods() {
    let mut editor = Editor::ready();
    editor.notify("textDocument/didFrobnicate", json!({"a": 1}));
    editor.notify("$/setTrace", json!({"value": "off"}));
    let id = editor.request("textDocument/frobnicate", json!({"a": 1}));
    assert_eq!(editor.error(id), -32601);
    let id = editor.request(
        "textDocument/hover",
        json!({"textDocument": {"uri": DOCUMENT}, "position": {"line": 0, "character": 0}}),
    );
    assert_eq!(editor.error(id), -32601);
}

#[test]
fn broken_messages_cost_only_themselves() {
    let mut editor = Editor::ready();
    editor.open(DOCUMENT, "markdown", "The ");
    for broken in ["{", "[]", "null", r#"{"jsonrpc":"2.0","method":"#, "\u{0}"] {
        editor.send_bytes(format!("Content-Length: {}\r\n\r\n{broken}", broken.len()).as_bytes());
        assert_eq!(editor.error(Value::Null), -32700, "{broken}");
    }
    let broken = r#"{"jsonrpc":"1.0","id":77,"method":"shutdown"}"#;
    editor.send_bytes(format!("Content-Length: {}\r\n\r\n{broken}", broken.len()).as_bytes());
    assert_eq!(editor.error(77), -32600);
    editor.send_bytes(b"Content-Length: x\r\n\r\n");
    assert_eq!(editor.error(Value::Null), -32700);
    let wrong = editor.request("textDocument/completion", json!({"textDocument": 3}));
    assert_eq!(editor.error(wrong), -32602);
    assert!(!editor.complete(DOCUMENT, 0, 4).is_empty());
}

#[test]
fn uris_that_are_not_strict() {
    for uri in [
        "untitled:Untitled-1",
        "file:///a b/ü [1].md",
        "/plain/path.md",
        "vscode-vfs://github/x/y.md",
    ] {
        let mut editor = Editor::ready();
        editor.open(uri, "markdown", "The ");
        editor.change(uri, 2, (0, 4), (0, 4), "th");
        assert!(!editor.complete(uri, 0, 6).is_empty(), "{uri}");
        assert_eq!(
            editor.command("rnn-lsp.pause", json!([{"uri": uri}])),
            json!({"enabled": false})
        );
        assert!(editor.complete(uri, 0, 6).is_empty(), "{uri}");
    }
}
