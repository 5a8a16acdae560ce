//! What editors do, seen in their traffic, and what they get for it. Decided by what a client says, never by its name.

use super::editor::{DOCUMENT, Editor, options};
use serde_json::{Value, json};

/// Asks for words with a context of the client.
fn offers(editor: &mut Editor, line: u32, column: u32, context: Value) -> bool {
    let position = json!({"line": line, "character": column});
    let mut params = json!({"textDocument": {"uri": DOCUMENT}, "position": position});
    if !context.is_null() {
        params["context"] = context;
    }
    let list = editor.ask("textDocument/completion", params);
    !list["items"].as_array().unwrap().is_empty()
}

fn set(editor: &mut Editor, settings: Value) {
    editor.notify(
        "workspace/didChangeConfiguration",
        json!({"settings": settings}),
    );
}

/// After a typed space, with the popup closed.
fn space() -> Value {
    json!({"triggerKind": 2, "triggerCharacter": " "})
}

/// A client asks so when it goes on with an open popup, whatever was typed. Neovim does after a space, too.
fn incomplete() -> Value {
    json!({"triggerKind": 3})
}

/// On demand, and in VS Code and blink.cmp at a word's first letter.
fn invoked() -> Value {
    json!({"triggerKind": 1})
}

#[test]
fn a_space_brings_words_only_where_it_may_even_with_an_open_popup() {
    let mut editor = Editor::ready();
    editor.open(DOCUMENT, "markdown", "Say the ");
    for (on, context, expected) in [
        (true, space(), true),
        (true, incomplete(), true),
        (false, space(), false),
        (false, incomplete(), false),
        // Who asks gets an answer; clients without contexts (ALE, eglot 1.9) always ask.
        (false, invoked(), true),
        (false, Value::Null, true),
    ] {
        set(&mut editor, json!({"triggerOnSpace": on}));
        assert_eq!(
            offers(&mut editor, 0, 8, context.clone()),
            expected,
            "{on} {context}"
        );
    }
    // While a word grows the setting changes nothing.
    set(&mut editor, json!({"triggerOnSpace": false}));
    editor.open(DOCUMENT, "markdown", "Say th");
    assert!(offers(&mut editor, 0, 6, incomplete()));
}

#[test]
fn nothing_comes_by_itself_where_a_line_begins() {
    // Tab indents a list's item there, and Enter ends the list: a popup or ghost text would take those keys.
    for line in ["", "- ", "  * ", "1. ", "> ", "# "] {
        let mut editor = Editor::ready();
        editor.open(DOCUMENT, "markdown", &format!("Say the other.\n\n{line}"));
        let column = line.len() as u32;
        let ghost = |editor: &mut Editor, column| {
            let context = json!({"triggerKind": 2});
            !editor.inline(DOCUMENT, 2, column, context).is_empty()
        };
        assert!(!offers(&mut editor, 2, column, space()), "{line:?}");
        assert!(!offers(&mut editor, 2, column, incomplete()), "{line:?}");
        assert!(!ghost(&mut editor, column), "{line:?}");
        assert!(offers(&mut editor, 2, column, invoked()), "{line:?}");
        // With the first letter it begins.
        editor.change(DOCUMENT, 2, (2, column), (2, column), "t");
        assert!(offers(&mut editor, 2, column + 1, invoked()), "{line:?}");
        assert!(ghost(&mut editor, column + 1), "{line:?}");
    }
}

#[test]
fn enter_stays_a_new_line() {
    // A client that preselects an item, or takes one with a commit character, takes it instead of the new line.
    let mut editor = Editor::ready();
    editor.open(DOCUMENT, "markdown", "Say t");
    for item in editor.complete(DOCUMENT, 0, 5) {
        assert!(item.get("preselect").is_none() && item.get("commitCharacters").is_none());
    }
    let capabilities = Editor::start(options()).initialize(json!({}))["capabilities"].clone();
    let provider = &capabilities["completionProvider"];
    assert!(provider.get("allCommitCharacters").is_none());
    let triggers = provider["triggerCharacters"].as_array().unwrap();
    assert!(!triggers.contains(&json!("\n")));
}

#[test]
fn an_empty_prefix_is_not_enough_where_letters_are_wanted() {
    for (column, expected) in [(4, false), (5, false), (6, true)] {
        let mut editor = Editor::ready();
        set(&mut editor, json!({"minPrefix": 2}));
        editor.open(DOCUMENT, "markdown", &"Say th"[..column as usize]);
        assert_eq!(offers(&mut editor, 0, column, invoked()), expected);
    }
}

#[test]
fn the_same_question_is_computed_once() {
    // VS Code asks up to seven times while it starts.
    let mut editor = Editor::ready();
    editor.open(DOCUMENT, "markdown", "Say th");
    let first = editor.complete(DOCUMENT, 0, 6);
    for _ in 0..6 {
        assert_eq!(editor.complete(DOCUMENT, 0, 6), first);
    }
    let repeated = |editor: &mut Editor| editor.status()["requests"]["completionRepeated"].clone();
    assert_eq!(repeated(&mut editor), 6);
    // Another place, another text and other settings are other questions.
    editor.complete(DOCUMENT, 0, 5);
    editor.change(DOCUMENT, 2, (0, 6), (0, 6), "e");
    editor.complete(DOCUMENT, 0, 5);
    set(&mut editor, json!({"maxItems": 1}));
    editor.complete(DOCUMENT, 0, 5);
    assert_eq!(repeated(&mut editor), 6);
}

#[test]
fn what_is_taken_is_noticed_without_a_command() {
    // No item has a command, and Helix and Neovim would not send one in time anyway.
    let folder = tempfile::tempdir().unwrap();
    let mut editor = Editor::start(options().learned_folder(Some(folder.path().to_owned())));
    editor.initialize(json!({}));
    editor.open(DOCUMENT, "markdown", "Say t");
    let ghost = editor.inline(DOCUMENT, 0, 5, json!({"triggerKind": 2}));
    assert!(ghost[0].get("command").is_none());
    // What would be offered by now is not what the writer sees.
    set(&mut editor, json!({"maxItems": 3}));
    let text = ghost[0]["insertText"].as_str().unwrap().to_owned();
    // As VS Code takes all of it: the range it was offered for.
    editor.change(DOCUMENT, 2, (0, 4), (0, 5), &text);
    let learned = editor.command("rnn-lsp.learned", json!([]));
    let words = text.split(' ').count();
    let expected = json!({"words": words, "keys": text.chars().count() - 2});
    assert_eq!(learned["accepted"][0][1], expected, "{text}");
}

#[test]
fn clients_are_told_apart_by_what_they_can() {
    let answers = |name: &str| {
        let mut editor = Editor::start(options());
        editor.initialize(json!({"clientInfo": {"name": name, "version": "1"}}));
        editor.open(DOCUMENT, "markdown", "Say th");
        let ghost = editor.inline(DOCUMENT, 0, 6, json!({"triggerKind": 2}));
        (editor.complete(DOCUMENT, 0, 6), ghost)
    };
    let expected = answers("Neovim");
    for name in ["Visual Studio Code", "helix", "Emacs", "Kakoune", ""] {
        assert_eq!(answers(name), expected, "{name}");
    }
}

#[test]
fn several_editors_at_once_do_not_disturb_each_other() {
    // Each has a server of its own; they share the folder of what was learned.
    let folder = tempfile::tempdir().unwrap();
    let start = || {
        let mut editor = Editor::start(options().learned_folder(Some(folder.path().to_owned())));
        editor.initialize(json!({}));
        editor
    };
    let (mut one, mut two) = (start(), start());
    one.open(DOCUMENT, "markdown", "Say th");
    two.open(DOCUMENT, "markdown", "Say th");
    let first = one.complete(DOCUMENT, 0, 6);
    // The same file, changed in one of them only, and paused there.
    two.change(DOCUMENT, 2, (0, 0), (0, 6), "");
    two.command("rnn-lsp.pause", json!([]));
    assert_eq!(one.complete(DOCUMENT, 0, 6), first);
    assert!(two.complete(DOCUMENT, 0, 0).is_empty());
    two.finish();
    assert_eq!(one.complete(DOCUMENT, 0, 6), first);
}

#[test]
fn no_arguments_in_whatever_words() {
    let mut editor = Editor::ready();
    for arguments in [
        json!({}),
        json!({"arguments": []}),
        json!({"arguments": null}),
    ] {
        let mut params = arguments.clone();
        params["command"] = json!("rnn-lsp.toggle");
        let answer = editor.ask("workspace/executeCommand", params);
        assert!(answer["enabled"].is_boolean(), "{arguments}");
    }
}
