//! `rnn-lsp/state`, which clients that ask for it show to the writer.

use super::editor::{DOCUMENT, Editor, options};
use rnn_lsp::model::Model;
use serde_json::{Value, json};

/// A client that shows the state.
fn showing() -> Editor {
    let mut editor = Editor::start(options().loader(|_| Ok(Model::tiny(1))));
    editor.initialize(json!({"capabilities": {"experimental": {"rnn-lsp/state": true}}}));
    editor
}

/// Waits for the next state.
fn state(editor: &mut Editor) -> Value {
    editor.await_message(|message| message["method"] == "rnn-lsp/state")["params"].clone()
}

#[test]
fn the_state_is_told_when_it_changes() {
    let mut editor = showing();
    let first = state(&mut editor);
    assert_eq!(
        first,
        json!({"enabled": true, "model": null, "generation": null, "loading": false, "learning": false, "newWords": 0, "documents": {}})
    );
    editor.open(DOCUMENT, "markdown", "The ");
    assert_eq!(state(&mut editor)["documents"], json!({DOCUMENT: true}));
    editor.command("rnn-lsp.pause", json!([{"languageId": "markdown"}]));
    assert_eq!(state(&mut editor)["documents"], json!({DOCUMENT: false}));
    let settings = json!({"settings": {"model": "/other"}});
    editor.notify("workspace/didChangeConfiguration", settings);
    let loading = state(&mut editor);
    assert_eq!(
        (&loading["model"], &loading["loading"]),
        (&Value::Null, &json!(true)),
        "the other is in use until it is there"
    );
    let loaded = state(&mut editor);
    assert_eq!(
        (&loaded["model"], &loaded["loading"]),
        (&json!("/other"), &json!(false))
    );
    editor.close(DOCUMENT);
    assert_eq!(state(&mut editor)["documents"], json!({}));
}

#[test]
fn typing_and_what_changes_nothing_tell_nothing() {
    let mut editor = showing();
    editor.open(DOCUMENT, "markdown", "The ");
    state(&mut editor);
    state(&mut editor);
    editor.change(DOCUMENT, 2, (0, 4), (0, 4), "c");
    editor.complete(DOCUMENT, 0, 5);
    editor.command("rnn-lsp.resume", json!([{"uri": DOCUMENT}]));
    editor.status();
    assert!(editor.heard.is_empty(), "{:?}", editor.heard);
}

#[test]
fn a_client_that_did_not_ask_is_told_nothing() {
    let mut editor = Editor::ready();
    editor.open(DOCUMENT, "markdown", "The ");
    editor.command("rnn-lsp.pause", json!([]));
    editor.status();
    assert!(editor.heard.is_empty(), "{:?}", editor.heard);
}
