//! What is offered: popups and ghost text.

use super::editor::{DOCUMENT, Editor, options};
use serde_json::{Value, json};

fn text(item: &Value) -> &str {
    item["textEdit"]["newText"].as_str().unwrap()
}

#[test]
fn next_words() {
    let mut editor = Editor::ready();
    editor.open(DOCUMENT, "markdown", "# A title\n\nThe ");
    let id = editor.request_words(DOCUMENT, 2, 4);
    let list = editor.result(id);
    assert_eq!(list["isIncomplete"], true);
    let items = list["items"].as_array().unwrap();
    assert!((1..=5).contains(&items.len()));
    let mut ranks = Vec::new();
    for item in items {
        let word = text(item);
        assert!(!word.is_empty() && !word.contains(' '));
        assert_eq!(
            (item["label"].as_str(), item["filterText"].as_str()),
            (Some(word), Some(word))
        );
        assert_eq!(item["kind"], 1);
        let end = json!({"line": 2, "character": 4});
        assert_eq!(item["textEdit"]["range"], json!({"start": end, "end": end}));
        for absent in [
            "commitCharacters",
            "preselect",
            "insertTextFormat",
            "insertText",
            "detail",
            "documentation",
        ] {
            assert_eq!(item.get(absent), None);
        }
        ranks.push(item["sortText"].as_str().unwrap().to_owned());
    }
    assert!(ranks.is_sorted() && ranks.windows(2).all(|pair| pair[0] != pair[1]));
    // The same question has the same answer.
    assert_eq!(&editor.complete(DOCUMENT, 2, 4), items);
}

#[test]
fn letters_narrow_the_words() {
    let mut editor = Editor::ready();
    editor.open(DOCUMENT, "markdown", "Say ");
    editor.change(DOCUMENT, 2, (0, 4), (0, 4), "t");
    let items = editor.complete(DOCUMENT, 0, 5);
    assert!(!items.is_empty());
    for item in &items {
        assert!(text(item).starts_with('t') && text(item) != "t", "{item}");
        let range =
            json!({"start": {"line": 0, "character": 4}, "end": {"line": 0, "character": 5}});
        assert_eq!(item["textEdit"]["range"], range);
    }
}

#[test]
fn filters_begin_with_the_letters_as_typed() {
    for typed in ["T", "t", "TH", "th"] {
        let mut editor = Editor::ready();
        editor.open(DOCUMENT, "markdown", &format!("say. {typed}"));
        for item in editor.complete(DOCUMENT, 0, 5 + typed.len() as u32) {
            assert!(
                item["filterText"].as_str().unwrap().starts_with(typed),
                "{item}"
            );
        }
    }
}

#[test]
fn nothing_where_there_is_no_prose() {
    let mut editor = Editor::ready();
    editor.open(
        DOCUMENT,
        "markdown",
        "Text.\n\n```rust\nlet the \n```\n\nThe ",
    );
    assert!(editor.complete(DOCUMENT, 3, 8).is_empty());
    assert!(
        editor
            .inline(DOCUMENT, 3, 8, json!({"triggerKind": 2}))
            .is_empty()
    );
    assert!(!editor.complete(DOCUMENT, 6, 4).is_empty());
}

#[test]
fn inside_of_a_word_only_clients_that_can_replace_are_offered_any() {
    let can = json!({"capabilities": {"textDocument": {"completion": {"completionItem": {"insertReplaceSupport": true}}}}});
    for (capabilities, offers) in [(json!({}), false), (can, true)] {
        let mut editor = Editor::start(options());
        editor.initialize(capabilities);
        editor.open(DOCUMENT, "markdown", "The thxx end");
        let items = editor.complete(DOCUMENT, 0, 6);
        assert_eq!(!items.is_empty(), offers);
        for item in items {
            let start = json!({"line": 0, "character": 4});
            assert_eq!(
                item["textEdit"]["insert"],
                json!({"start": start, "end": {"line": 0, "character": 6}})
            );
            assert_eq!(
                item["textEdit"]["replace"],
                json!({"start": start, "end": {"line": 0, "character": 8}})
            );
        }
        // In front of a word nothing fits, and behind it there is nothing to replace.
        assert!(editor.complete(DOCUMENT, 0, 4).is_empty());
        assert!(
            editor
                .complete(DOCUMENT, 0, 3)
                .iter()
                .all(|item| item["textEdit"].get("insert").is_none())
        );
        assert!(
            editor
                .inline(DOCUMENT, 0, 6, json!({"triggerKind": 2}))
                .is_empty()
        );
    }
}

#[test]
fn ghost_text_begins_with_the_first_word() {
    let mut editor = Editor::start(options());
    editor.initialize(json!({}));
    for (text_before, column) in [("The ", 4), ("Say t", 5)] {
        editor.open(DOCUMENT, "markdown", text_before);
        let first = editor.complete(DOCUMENT, 0, column).swap_remove(0);
        let ghosts = editor.inline(DOCUMENT, 0, column, json!({"triggerKind": 2}));
        for ghost in &ghosts {
            assert!(
                ghost["insertText"]
                    .as_str()
                    .unwrap()
                    .starts_with(text(&first)),
                "{ghost}"
            );
            assert_eq!(ghost["range"], first["textEdit"]["range"]);
        }
        // Without a context, too.
        let place = json!({"textDocument": {"uri": DOCUMENT}, "position": {"line": 0, "character": column}});
        assert_eq!(
            editor.ask("textDocument/inlineCompletion", place)["items"],
            json!(ghosts)
        );
    }
}

#[test]
fn ghost_text_goes_on_from_the_selected_item() {
    let mut editor = Editor::ready();
    editor.open(DOCUMENT, "markdown", "Say t");
    for item in editor.complete(DOCUMENT, 0, 5) {
        let selected = json!({"range": item["textEdit"]["range"], "text": text(&item)});
        let context = json!({"triggerKind": 2, "selectedCompletionInfo": selected});
        for ghost in editor.inline(DOCUMENT, 0, 5, context) {
            assert!(
                ghost["insertText"]
                    .as_str()
                    .unwrap()
                    .starts_with(text(&item)),
                "{ghost}"
            );
            assert_eq!(ghost["range"], item["textEdit"]["range"]);
        }
    }
    // Another source's item, which replaces something else.
    let range = json!({"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 5}});
    let context =
        json!({"triggerKind": 2, "selectedCompletionInfo": {"range": range, "text": "Say the"}});
    assert!(editor.inline(DOCUMENT, 0, 5, context).is_empty());
}

#[test]
fn no_ghost_text_in_front_of_words() {
    let mut editor = Editor::ready();
    editor.open(DOCUMENT, "markdown", "The  end.");
    assert!(
        editor
            .inline(DOCUMENT, 0, 4, json!({"triggerKind": 2}))
            .is_empty()
    );
}
