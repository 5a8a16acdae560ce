//! Many messages at once, and texts that are not what the client thinks.

use super::editor::{DOCUMENT, Editor, options};
use rnn_lsp::model::Model;
use serde_json::json;
use std::sync::{Mutex, mpsc};

/// A server whose session does not begin before the gate is opened, so that messages pile up in front of it.
fn gated() -> (Editor, mpsc::Sender<()>) {
    let (gate, opened) = mpsc::channel();
    let opened = Mutex::new(opened);
    let mut editor = Editor::start(options().loader(move |_| {
        opened
            .lock()
            .unwrap()
            .recv()
            .map_err(|error| error.to_string())?;
        Ok(Model::tiny(1))
    }));
    editor.initialize(json!({}));
    (editor, gate)
}

#[test]
fn edits_arrive_in_order() {
    let (mut editor, gate) = gated();
    editor.open(DOCUMENT, "markdown", "");
    // Each begins a line that the next one needs.
    for line in 0..500 {
        editor.change(DOCUMENT, 2 + line as i32, (line, 0), (line, 0), "x\n");
        if line % 50 == 0 {
            editor.request_words(DOCUMENT, line, 0);
        }
    }
    editor.flush();
    gate.send(()).unwrap();
    let document = editor.document(DOCUMENT);
    assert_eq!(
        (&document["inStep"], &document["bytes"]),
        (&json!(true), &json!(1000))
    );
}

#[test]
fn a_question_that_was_asked_anew_answers_empty() {
    let (mut editor, gate) = gated();
    editor.open(DOCUMENT, "markdown", "The ");
    editor.open("file:///b.md", "markdown", "The ");
    let old: Vec<i64> = (0..20)
        .map(|_| editor.request_words(DOCUMENT, 0, 4))
        .collect();
    let other = editor.request_words("file:///b.md", 0, 4);
    editor.change(DOCUMENT, 2, (0, 4), (0, 4), "t");
    let new = editor.request_words(DOCUMENT, 0, 5);
    editor.flush();
    gate.send(()).unwrap();
    for id in old {
        assert_eq!(
            editor.result(id),
            json!({"isIncomplete": true, "items": []})
        );
    }
    for id in [other, new] {
        assert!(!editor.result(id)["items"].as_array().unwrap().is_empty());
    }
    assert_eq!(editor.status()["requests"]["overtaken"], 20);
}

/// VS Code asks at a word's first letter, and not again before it has the answer.
#[test]
fn a_question_that_was_not_asked_anew_is_answered_for_its_own_text() {
    let (mut editor, gate) = gated();
    editor.open(DOCUMENT, "markdown", "The t");
    let words = editor.request_words(DOCUMENT, 0, 5);
    editor.change(DOCUMENT, 2, (0, 5), (0, 5), "h");
    editor.change(DOCUMENT, 3, (0, 6), (0, 6), "e");
    let place = json!({"textDocument": {"uri": DOCUMENT}, "position": {"line": 0, "character": 7}});
    editor.request("textDocument/inlineCompletion", place);
    editor.flush();
    gate.send(()).unwrap();
    let items = editor.result(words)["items"].clone();
    let range = &items[0]["textEdit"]["range"];
    assert_eq!(range["start"]["character"], 4, "{items}");
    assert_eq!(range["end"]["character"], 5, "{items}");
}

#[test]
fn a_cancelled_question_is_not_worked_on() {
    let (mut editor, gate) = gated();
    editor.open(DOCUMENT, "markdown", "The ");
    let ids: Vec<i64> = (0..10)
        .map(|_| editor.request_words(DOCUMENT, 0, 4))
        .collect();
    for id in &ids {
        editor.notify("$/cancelRequest", json!({"id": id}));
    }
    for id in ids {
        assert_eq!(editor.error(id), -32800); // Before the session has begun.
    }
    gate.send(()).unwrap();
    assert_eq!(editor.status()["requests"]["completion"], 0);
}

#[test]
fn questions_are_answered_while_the_client_owes_an_answer() {
    let mut editor = Editor::start(options());
    editor.settings = None;
    editor.initialize(json!({"capabilities": {"workspace": {"configuration": true}}}));
    editor.open(DOCUMENT, "markdown", "The ");
    for _ in 0..8 {
        // Each asks the client, which never answers.
        editor.notify(
            "workspace/didChangeConfiguration",
            json!({"settings": null}),
        );
    }
    let ids: Vec<i64> = (0..8)
        .map(|_| editor.request_words(DOCUMENT, 0, 4))
        .collect();
    for id in ids {
        assert!(!editor.result(id)["items"].as_array().unwrap().is_empty());
    }
}

#[test]
fn several_changes_in_one_message() {
    // What Neovim sends while its popup is open: letters removed and put back.
    let mut editor = Editor::ready();
    editor.open(DOCUMENT, "markdown", "The ");
    let put = |column: u32, letter: &str| {
        let at = json!({"line": 0, "character": column});
        json!({"range": {"start": at, "end": at}, "text": letter})
    };
    let remove = |column: u32| {
        let (start, end) = (
            json!({"line": 0, "character": column}),
            json!({"line": 0, "character": column + 1}),
        );
        json!({"range": {"start": start, "end": end}, "text": ""})
    };
    let changes = [
        put(4, "t"),
        remove(4),
        put(4, "t"),
        put(5, "h"),
        remove(5),
        remove(4),
        put(4, "t"),
        put(5, "h"),
    ];
    editor.changes(DOCUMENT, 9, json!(changes));
    let document = editor.document(DOCUMENT);
    assert_eq!(
        (&document["version"], &document["bytes"]),
        (&json!(9), &json!(6))
    );
    let items = editor.complete(DOCUMENT, 0, 6);
    assert_eq!(items[0]["textEdit"]["range"]["start"]["character"], 4);
}

#[test]
fn a_change_that_does_not_fit_silences_until_a_full_text_comes() {
    let check = |back: fn(&mut Editor)| {
        let mut editor = Editor::ready();
        editor.open(DOCUMENT, "markdown", "The ");
        editor.change(DOCUMENT, 2, (7, 0), (7, 0), "x");
        assert!(editor.complete(DOCUMENT, 0, 4).is_empty());
        assert_eq!(editor.document(DOCUMENT)["inStep"], false);
        editor.change(DOCUMENT, 3, (0, 0), (0, 0), "x");
        assert!(editor.complete(DOCUMENT, 0, 5).is_empty());
        back(&mut editor);
        assert!(!editor.complete(DOCUMENT, 0, 2).is_empty());
    };
    check(|editor| editor.changes(DOCUMENT, 4, json!([{"text": "A "}])));
    check(|editor| {
        editor.notify(
            "textDocument/didSave",
            json!({"textDocument": {"uri": DOCUMENT}, "text": "A "}),
        )
    });
    check(|editor| {
        editor.close(DOCUMENT);
        editor.open(DOCUMENT, "markdown", "A ");
    });
}

#[test]
fn the_saved_text_is_the_truth() {
    let mut editor = Editor::ready();
    editor.open(DOCUMENT, "markdown", "The ");
    let save = |text: &str| json!({"textDocument": {"uri": DOCUMENT}, "text": text});
    editor.notify("textDocument/didSave", save("The other "));
    assert_eq!(editor.document(DOCUMENT)["bytes"], 10);
    editor.notify(
        "textDocument/didSave",
        json!({"textDocument": {"uri": DOCUMENT}}),
    );
    editor.notify(
        "textDocument/didSave",
        json!({"textDocument": {"uri": "file:///b.md"}, "text": "b"}),
    );
    assert_eq!(editor.document(DOCUMENT)["bytes"], 10);
}

#[test]
fn documents_that_are_not_open() {
    let mut editor = Editor::ready();
    editor.change(DOCUMENT, 2, (0, 0), (0, 0), "x");
    editor.close(DOCUMENT);
    assert!(editor.complete(DOCUMENT, 0, 0).is_empty());
    assert!(
        editor
            .inline(DOCUMENT, 0, 0, json!({"triggerKind": 2}))
            .is_empty()
    );
    editor.open(DOCUMENT, "markdown", "The ");
    assert!(!editor.complete(DOCUMENT, 0, 4).is_empty());
    editor.close(DOCUMENT);
    assert!(editor.complete(DOCUMENT, 0, 4).is_empty());
}

#[test]
fn positions_that_are_not_in_the_text() {
    let mut editor = Editor::ready();
    editor.open(DOCUMENT, "markdown", "The ");
    assert!(editor.complete(DOCUMENT, 9, 0).is_empty());
    assert!(editor.complete(DOCUMENT, u32::MAX, u32::MAX).is_empty());
    // A column past the end is the end.
    assert_eq!(
        editor.complete(DOCUMENT, 0, 99),
        editor.complete(DOCUMENT, 0, 4)
    );
    assert_eq!(editor.document(DOCUMENT)["inStep"], true);
}

#[test]
fn versions_that_go_backwards() {
    let mut editor = Editor::ready();
    editor.open(DOCUMENT, "markdown", "The ");
    editor.change(DOCUMENT, 7, (0, 4), (0, 4), "t");
    editor.change(DOCUMENT, 3, (0, 5), (0, 5), "h");
    editor.change(DOCUMENT, 3, (0, 6), (0, 6), "e");
    let document = editor.document(DOCUMENT);
    assert_eq!(
        (
            &document["version"],
            &document["bytes"],
            &document["inStep"]
        ),
        (&json!(3), &json!(7), &json!(true))
    );
}

#[test]
fn documents_do_not_mix() {
    let mut editor = Editor::ready();
    editor.open(DOCUMENT, "markdown", "The ");
    let alone = editor.complete(DOCUMENT, 0, 4);
    editor.open(
        "file:///b.txt",
        "plaintext",
        "Another text, and a longer one, with ",
    );
    let other = editor.complete("file:///b.txt", 0, 37);
    assert_eq!(editor.complete(DOCUMENT, 0, 4), alone);
    editor.change(DOCUMENT, 2, (0, 0), (0, 4), "");
    assert_eq!(editor.complete("file:///b.txt", 0, 37), other);
}

#[test]
fn a_change_of_language_closes_and_opens() {
    let mut editor = Editor::ready();
    editor.open(DOCUMENT, "python", "The ");
    assert!(editor.complete(DOCUMENT, 0, 4).is_empty());
    assert_eq!(editor.document(DOCUMENT)["isProse"], false);
    editor.change(DOCUMENT, 2, (0, 4), (0, 4), "th");
    editor.close(DOCUMENT);
    editor.open(DOCUMENT, "markdown", "The th");
    assert!(!editor.complete(DOCUMENT, 0, 6).is_empty());
    // Some clients open again without closing.
    editor.open(DOCUMENT, "python", "The th");
    assert!(editor.complete(DOCUMENT, 0, 6).is_empty());
}
