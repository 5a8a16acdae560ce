//! Settings from everywhere, commands, and models that are loaded while serving.

use super::editor::{DOCUMENT, Editor, LIMIT, options};
use rnn_lsp::model::Model;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

fn setting(editor: &mut Editor, key: &str) -> Value {
    editor.status()["settings"][key].clone()
}

/// Asks until a setting has a value: the editor's answer and its next question may pass each other.
fn await_setting(editor: &mut Editor, key: &str, value: Value) {
    let start = std::time::Instant::now();
    while setting(editor, key) != value {
        assert!(start.elapsed() < LIMIT, "{key} never becomes {value}");
    }
}

/// Can be asked for settings and registered with.
fn asking() -> Value {
    json!({"workspace": {"configuration": true, "didChangeConfiguration": {"dynamicRegistration": true}}})
}

#[test]
fn later_sources_win() {
    let mut editor = Editor::start(
        options().user_settings(json!({"maxItems": 1, "minPrefix": 1, "threshold": 0.1})),
    );
    editor.settings = Some(json!({"minPrefix": 3}));
    let offered = json!({"rnn-lsp": {"minPrefix": 2, "maxItems": 2, "phraseLength": 2}});
    editor.initialize(json!({"capabilities": asking(), "initializationOptions": offered}));
    editor.await_message(|message| message["method"] == "client/registerCapability");
    editor.await_message(|message| message["method"] == "workspace/configuration");
    await_setting(&mut editor, "minPrefix", json!(3));
    let all = |editor: &mut Editor| {
        ["phraseLength", "maxItems", "minPrefix"].map(|key| setting(editor, key))
    };
    assert_eq!(all(&mut editor), [json!(2), json!(2), json!(3)]);
    editor.notify(
        "workspace/didChangeConfiguration",
        json!({"settings": {"rnn-lsp": {"minPrefix": 4}, "other": {}}}),
    );
    assert_eq!(all(&mut editor), [json!(2), json!(2), json!(4)]);
    editor.notify(
        "workspace/didChangeConfiguration",
        json!({"settings": {"rnn-lsp": {}}}),
    );
    assert_eq!(all(&mut editor), [json!(2), json!(2), json!(3)]);
}

#[test]
fn a_change_without_settings_means_ask_again() {
    let mut editor = Editor::start(options());
    editor.settings = Some(json!({"maxItems": 2}));
    editor.initialize(json!({"capabilities": asking()}));
    editor.await_message(|message| message["method"] == "workspace/configuration");
    editor.settings = Some(json!({"maxItems": 3}));
    editor.notify(
        "workspace/didChangeConfiguration",
        json!({"settings": null}),
    );
    editor.await_message(|message| message["method"] == "workspace/configuration");
    await_setting(&mut editor, "maxItems", json!(3));
    editor.settings = Some(json!({"maxItems": 4}));
    editor.notify(
        "workspace/didChangeConfiguration",
        json!({"settings": {"pylsp": {"plugins": {"token": "xyzzy"}}}}),
    );
    editor.await_message(|message| message["method"] == "workspace/configuration");
    await_setting(&mut editor, "maxItems", json!(4));
    assert_eq!(
        editor.status()["warnings"],
        json!([]),
        "others' are none of ours"
    );
}

#[test]
fn unknown_and_bad_settings_are_told_once_and_reject_nothing() {
    let mut editor = Editor::ready();
    editor.open(DOCUMENT, "markdown", "The ");
    let settings = json!({"settings": {"rnn-lsp": {"maxItms": 9, "maxItems": 1, "minPrefix": -4, "languages": 3}}});
    for _ in 0..3 {
        editor.notify("workspace/didChangeConfiguration", settings.clone());
    }
    assert_eq!(editor.complete(DOCUMENT, 0, 4).len(), 1);
    for what in ["languages", "maxItms", "minPrefix"] {
        let is_it = |message: &Value| {
            message["params"]["message"]
                .as_str()
                .is_some_and(|text| text.contains(what))
        };
        assert_eq!(editor.await_message(is_it)["method"], "window/logMessage");
    }
    editor.flush();
    assert!(editor.heard.is_empty(), "{:?}", editor.heard);
}

#[test]
fn each_setting_does_what_it_says() {
    let check = |settings: Value, popup: bool, ghost: bool| {
        let mut editor = Editor::ready();
        editor.open(DOCUMENT, "markdown", "The ");
        let unset = (
            !editor.complete(DOCUMENT, 0, 4).is_empty(),
            editor.inline(DOCUMENT, 0, 4, json!({})),
        );
        editor.notify(
            "workspace/didChangeConfiguration",
            json!({"settings": settings}),
        );
        assert_eq!(
            !editor.complete(DOCUMENT, 0, 4).is_empty(),
            popup,
            "{settings}"
        );
        let ghosts = editor.inline(DOCUMENT, 0, 4, json!({}));
        assert_eq!(
            ghosts,
            if ghost { unset.1 } else { Vec::new() },
            "{settings}"
        );
        editor.notify("workspace/didChangeConfiguration", json!({"settings": {}}));
        assert_eq!(
            !editor.complete(DOCUMENT, 0, 4).is_empty(),
            unset.0,
            "back on"
        );
    };
    check(json!({"enabled": false}), false, false);
    check(json!({"show": "ghost"}), false, true);
    check(json!({"show": "popup"}), true, false);
    check(json!({"show": "both"}), true, true);
    check(json!({"languages": {"markdown": false}}), false, false);
    check(
        json!({"languages": {"*": false, "markdown": true}}),
        true,
        true,
    );
    check(json!({"minPrefix": 1}), false, true);
    check(json!({"threshold": 1.0}), false, false);
    check(json!({"maxItems": 2}), true, true);
}

#[test]
fn commands_switch_documents_languages_and_everything() {
    let mut editor = Editor::ready();
    let other = "file:///b.txt";
    editor.open(DOCUMENT, "markdown", "The ");
    editor.open(other, "plaintext", "The ");
    let mut check = |command: &str, arguments: Value, markdown: bool, plain: bool| {
        editor.command(command, arguments.clone());
        let on = [DOCUMENT, other].map(|uri| !editor.complete(uri, 0, 4).is_empty());
        assert_eq!(on, [markdown, plain], "{command} {arguments}");
        let enabled = [DOCUMENT, other].map(|uri| editor.document(uri)["enabled"].clone());
        assert_eq!(enabled, [json!(markdown), json!(plain)]);
    };
    check("rnn-lsp.pause", json!([{"uri": DOCUMENT}]), false, true);
    check("rnn-lsp.resume", json!([{"uri": DOCUMENT}]), true, true);
    check("rnn-lsp.toggle", json!([{"uri": DOCUMENT}]), false, true);
    check("rnn-lsp.pause", json!([]), false, false);
    check(
        "rnn-lsp.resume",
        json!([{"languageId": "plaintext"}]),
        false,
        true,
    );
    check("rnn-lsp.toggle", json!([]), true, true);
    check("rnn-lsp.pause", json!([{"uri": DOCUMENT}]), false, true);
    check("rnn-lsp.resume", json!([{"uri": DOCUMENT}]), true, true);
    // All of a language, whatever was said of one document before.
    let markdown = json!([{"languageId": "markdown"}]);
    check("rnn-lsp.pause", markdown.clone(), false, true);
    check("rnn-lsp.resume", json!([{"uri": DOCUMENT}]), true, true);
    check("rnn-lsp.pause", markdown, false, true);
}

#[test]
fn commands_that_are_none() {
    let mut editor = Editor::ready();
    let id = editor.request(
        "workspace/executeCommand",
        json!({"command": "rnn-lsp.dance", "arguments": []}),
    );
    assert_eq!(editor.error(id), -32602);
    let id = editor.request(
        "workspace/executeCommand",
        json!({"command": "rnn-lsp.pause", "arguments": [3]}),
    );
    assert_eq!(editor.error(id), -32602);
}

#[test]
fn the_status_tells_no_text() {
    let mut editor = Editor::ready();
    editor.open(DOCUMENT, "markdown", "Xylophone ");
    editor.complete(DOCUMENT, 0, 10);
    let status = editor.status();
    assert_eq!(status["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(status["encoding"], "utf-16");
    assert_eq!(status["requests"]["completion"], 1);
    assert!(!status.to_string().contains("ylophone"));
}

#[test]
fn a_model_named_later_is_loaded_beside_and_shown_as_progress() {
    let mut editor =
        Editor::start(options().loader(|path| Ok(Model::tiny(if path.is_some() { 2 } else { 1 }))));
    editor.initialize(json!({"capabilities": {"window": {"workDoneProgress": true}}}));
    editor.open(DOCUMENT, "markdown", "The ");
    let before = editor.complete(DOCUMENT, 0, 4);
    editor.notify(
        "workspace/didChangeConfiguration",
        json!({"settings": {"model": "/other"}}),
    );
    editor.await_message(|message| message["method"] == "window/workDoneProgress/create");
    let begin = editor.await_message(|message| message["params"]["value"]["kind"] == "begin");
    assert_eq!(begin["params"]["value"]["title"], "Loading /other");
    editor.await_message(|message| message["params"]["value"]["kind"] == "end");
    assert_eq!(editor.status()["model"], "/other");
    assert_ne!(editor.complete(DOCUMENT, 0, 4), before);
    editor.notify("workspace/didChangeConfiguration", json!({"settings": {}}));
    editor.await_message(|message| message["params"]["value"]["kind"] == "end");
    assert_eq!(editor.complete(DOCUMENT, 0, 4), before);
}

#[test]
fn a_model_that_cannot_be_loaded_changes_nothing() {
    let only_built_in = |path: Option<std::path::PathBuf>| match path {
        None => Ok(Model::tiny(1)),
        Some(path) => Err(format!("no model in {}", path.display())),
    };
    let mut editor = Editor::start(
        options()
            .loader(only_built_in)
            .command_line_settings(json!({"model": "/first"})),
    );
    editor.initialize(json!({}));
    let told = |editor: &mut Editor, what: &str| {
        let wanted = |message: &Value| {
            message["params"]["message"]
                .as_str()
                .is_some_and(|text| text.contains(what))
        };
        assert_eq!(editor.await_message(wanted)["method"], "window/logMessage");
    };
    told(&mut editor, "no model in /first");
    editor.open(DOCUMENT, "markdown", "The ");
    assert!(!editor.complete(DOCUMENT, 0, 4).is_empty());

    let mut editor = Editor::start(options().loader(only_built_in));
    editor.initialize(json!({}));
    editor.open(DOCUMENT, "markdown", "The ");
    editor.notify(
        "workspace/didChangeConfiguration",
        json!({"settings": {"model": "/second"}}),
    );
    told(&mut editor, "no model in /second");
    assert!(!editor.complete(DOCUMENT, 0, 4).is_empty());
}

#[test]
fn a_model_that_is_there_later_is_loaded_when_it_is_asked_for_again() {
    let is_there = Arc::new(AtomicBool::new(false));
    let there = is_there.clone();
    let mut editor = Editor::start(options().loader(move |path| match path {
        Some(path) if !there.load(Ordering::Relaxed) => Err(format!("no {}", path.display())),
        path => Ok(Model::tiny(if path.is_some() { 2 } else { 1 })),
    }));
    editor.initialize(json!({}));
    let settings = json!({"settings": {"model": "/other"}});
    editor.notify("workspace/didChangeConfiguration", settings.clone());
    editor.await_message(|message| message["method"] == "window/logMessage");
    assert_eq!(editor.status()["model"], Value::Null);
    is_there.store(true, Ordering::Relaxed);
    editor.notify("workspace/didChangeConfiguration", settings);
    let start = std::time::Instant::now();
    while editor.status()["model"] != "/other" {
        assert!(start.elapsed() < LIMIT);
    }
}
