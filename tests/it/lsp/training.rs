//! Weights tuned to the writer's prose: asked for, in use everywhere, taken back, forgotten.

use super::editor::{Editor, options};
use crate::home::{NOTES_A, NOTES_B};
use crate::prose::prose;
use rnn_lsp::model::Model;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// A training takes seconds, but on a machine with other work the learner waits for all of it.
const PATIENCE: Duration = Duration::from_secs(300);

fn start(folder: &Path) -> Editor {
    let mut editor = Editor::start(options().learned_folder(Some(folder.to_owned())));
    // Nothing is trained before somebody asks.
    editor.initialize(json!({"initializationOptions": {"trainMinutes": 0}}));
    editor
}

fn save(editor: &mut Editor, text: &str) {
    editor.open(NOTES_A, "markdown", text);
    editor.notify(
        "textDocument/didSave",
        json!({"textDocument": {"uri": NOTES_A}, "text": text}),
    );
}

fn learned(editor: &mut Editor) -> Value {
    editor.command("rnn-lsp.learned", json!([]))
}

/// Waits until a server uses this generation.
fn await_generation(editor: &mut Editor, expected: Value) {
    let start = Instant::now();
    loop {
        let status = editor.status();
        if status["generation"] == expected {
            return;
        }
        assert!(start.elapsed() < PATIENCE, "{status}");
        // The learner lets everything else go first, this loop too.
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn files(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap().flatten();
    let mut names: Vec<String> = entries
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| name.starts_with("personal-"))
        .collect();
    names.sort();
    names
}

/// What is offered behind a sentence.
fn offered(editor: &mut Editor) -> Vec<Value> {
    let uri = NOTES_B;
    editor.open(uri, "markdown", "The old ");
    let items = editor.complete(uri, 0, 8);
    editor.close(uri);
    items
        .iter()
        .map(|item| item["textEdit"]["newText"].clone())
        .collect()
}

#[test]
fn weights_are_tuned_when_asked_and_every_server_uses_them() {
    let folder = tempfile::tempdir().unwrap();
    let (mut one, mut two) = (start(folder.path()), start(folder.path()));
    assert_eq!(learned(&mut two)["trials"], json!([]));
    save(&mut one, &prose(0, 1500));
    // Counts alone say this already.
    learned(&mut one);
    let before = offered(&mut one);
    assert_eq!(
        one.command("rnn-lsp.train", json!([])),
        json!({"training": true})
    );
    await_generation(&mut one, json!(1));
    await_generation(&mut two, json!(1));
    assert_ne!(offered(&mut one), before, "the weights are others");
    let trial = learned(&mut one)["trials"][0].clone();
    let perplexity = |when: &str| trial["scores"][when]["perplexity"].as_f64().unwrap();
    assert!(perplexity("after") < perplexity("before"), "{trial}");
    assert_eq!(
        (&trial["generation"], &trial["reason"]),
        (&json!(1), &Value::Null)
    );
    assert_eq!(
        files(folder.path()),
        ["personal-000001.json", "personal-000001.model"]
    );

    assert_eq!(
        two.command("rnn-lsp.rollback", json!([])),
        json!({"takenBack": 1})
    );
    await_generation(&mut two, Value::Null);
    await_generation(&mut one, Value::Null);
    assert_eq!(offered(&mut one), before);
    let id = one.request(
        "workspace/executeCommand",
        json!({"command": "rnn-lsp.rollback", "arguments": []}),
    );
    assert_eq!(one.error(id), -32603);
}

#[test]
fn another_model_is_not_replaced_by_weights_of_the_built_in_one() {
    let folder = tempfile::tempdir().unwrap();
    let mut editor = start(folder.path());
    save(&mut editor, &prose(0, 1500));
    editor.command("rnn-lsp.train", json!([]));
    await_generation(&mut editor, json!(1));
    for _ in 0..5 {
        let loader = |path: Option<PathBuf>| Ok(Model::tiny(if path.is_some() { 2 } else { 1 }));
        let learned_there = Some(folder.path().to_owned());
        let mut other = Editor::start(options().learned_folder(learned_there).loader(loader));
        let settings = json!({"model": "/other", "trainMinutes": 0});
        other.initialize(json!({"initializationOptions": settings}));
        let start = Instant::now();
        while other.status()["model"] != "/other" {
            assert!(start.elapsed() < PATIENCE);
        }
        learned(&mut other);
        assert_eq!(other.status()["generation"], Value::Null);
    }
}

#[test]
fn weights_that_learned_from_what_is_forgotten_are_gone_at_once() {
    for what in [
        json!({"uri": NOTES_A}),
        json!({"word": "house"}),
        json!({"all": true}),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let (mut one, mut two) = (start(folder.path()), start(folder.path()));
        learned(&mut two);
        save(&mut one, &prose(0, 1500));
        one.command("rnn-lsp.train", json!([]));
        await_generation(&mut one, json!(1));
        await_generation(&mut two, json!(1));
        one.command("rnn-lsp.forget", json!([what]));
        assert_eq!(files(folder.path()), Vec::<String>::new(), "{what}");
        await_generation(&mut one, Value::Null);
        await_generation(&mut two, Value::Null);
    }
}

#[test]
fn nothing_is_taken_up_while_learning_is_paused() {
    let folder = tempfile::tempdir().unwrap();
    let mut editor = start(folder.path());
    assert_eq!(
        editor.command("rnn-lsp.pauseLearning", json!([])),
        json!({"learning": false})
    );
    save(&mut editor, &prose(0, 1500));
    assert_eq!(learned(&mut editor)["words"], 0);
    let id = editor.request(
        "workspace/executeCommand",
        json!({"command": "rnn-lsp.train", "arguments": []}),
    );
    assert_eq!(editor.error(id), -32603);
    assert_eq!(
        editor.command("rnn-lsp.resumeLearning", json!([])),
        json!({"learning": true})
    );
    save(&mut editor, &prose(1, 1500));
    assert!(learned(&mut editor)["words"].as_u64().unwrap() > 1000);
}

#[test]
fn a_training_ends_when_learning_is_paused_and_begins_anew() {
    let folder = tempfile::tempdir().unwrap();
    let mut editor = start(folder.path());
    save(&mut editor, &prose(0, 1500));
    editor.command("rnn-lsp.train", json!([]));
    let start = Instant::now();
    while learned(&mut editor)["training"] == false {
        assert!(start.elapsed() < PATIENCE, "it does not begin");
        std::thread::sleep(Duration::from_millis(10));
    }
    editor.command("rnn-lsp.pauseLearning", json!([]));
    assert_eq!(learned(&mut editor)["training"], false);
    editor.command("rnn-lsp.resumeLearning", json!([]));
    await_generation(&mut editor, json!(1));
}
