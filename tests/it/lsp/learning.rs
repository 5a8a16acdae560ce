//! The writer's own prose: saved in one document, offered in another, forgotten.

use super::editor::{Editor, LIMIT, options};
use crate::home::{NOTES, NOTES_A, NOTES_B};
use rnn_lsp::server::Options;
use serde_json::{Value, json};
use std::path::Path;
use std::time::Instant;

/// Two paragraphs with a name that no vocabulary has.
const TEXT: &str = "Once Tharbolan came in.\n\nThen Tharbolan sat down.\n";

fn learning(folder: &Path) -> Options {
    options().learned_folder(Some(folder.to_owned()))
}

fn start(folder: &Path) -> Editor {
    let mut editor = Editor::start(learning(folder));
    editor.initialize(json!({}));
    editor
}

/// Opens a document and saves it as it is.
fn save(editor: &mut Editor, uri: &str, text: &str) {
    editor.open(uri, "markdown", text);
    editor.notify(
        "textDocument/didSave",
        json!({"textDocument": {"uri": uri}, "text": text}),
    );
}

/// Whether the name is offered in another document after its first letters.
fn is_offered(editor: &mut Editor) -> bool {
    editor.open(NOTES_B, "markdown", "I saw Thar");
    let items = editor.complete(NOTES_B, 0, 10);
    editor.close(NOTES_B);
    items
        .iter()
        .any(|item| item["textEdit"]["newText"] == "Tharbolan")
}

fn learned(editor: &mut Editor) -> Value {
    editor.command("rnn-lsp.learned", json!([]))
}

fn has(folder: &Path, text: &str) -> bool {
    let entries = std::fs::read_dir(folder).unwrap().flatten();
    let files = entries.map(|entry| std::fs::read(entry.path()).unwrap());
    files
        .flat_map(|bytes| {
            bytes
                .windows(text.len())
                .map(<[u8]>::to_vec)
                .collect::<Vec<_>>()
        })
        .any(|window| window == text.as_bytes())
}

#[test]
fn a_name_saved_in_one_document_is_offered_in_another() {
    let folder = tempfile::tempdir().unwrap();
    let mut editor = start(folder.path());
    assert!(!is_offered(&mut editor));
    save(&mut editor, NOTES_A, TEXT);
    let status = learned(&mut editor);
    let path = Path::new(NOTES).join("a.md");
    assert_eq!(status["files"][0]["path"], json!(path));
    assert_eq!(status["words"], 8);
    assert_eq!(status["newWords"][0][0], "Tharbolan");
    assert!(is_offered(&mut editor));
    editor.finish();

    // The next server knows it too.
    let mut editor = start(folder.path());
    learned(&mut editor);
    assert!(is_offered(&mut editor));
}

#[test]
fn a_document_goes_on_from_what_was_written_last_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut editor = start(folder.path());
    let elsewhere = NOTES_B.replace("notes", "letters");
    for uri in [NOTES_B, &elsewhere] {
        editor.open(uri, "markdown", "I ");
    }
    let both = |editor: &mut Editor| {
        learned(editor);
        [NOTES_B, &elsewhere].map(|uri| {
            let items = editor.complete(uri, 0, 2);
            let labels: Vec<Value> = items.iter().map(|item| item["label"].clone()).collect();
            labels
        })
    };
    let [beside, alone] = both(&mut editor);
    assert_eq!(beside, alone);
    // What is learned counts for both, but only one of them follows it.
    save(&mut editor, NOTES_A, TEXT);
    let [beside, alone] = both(&mut editor);
    assert_ne!(beside, alone);
    editor.command("rnn-lsp.forget", json!([{"all": true}]));
    let [beside, alone] = both(&mut editor);
    assert_eq!(beside, alone);
}

/// Waits for what the learner brings about.
fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < LIMIT, "{what}");
        std::thread::yield_now();
    }
}

#[test]
fn what_stands_behind_the_cursor_is_lent_to_its_own_document() {
    let folder = tempfile::tempdir().unwrap();
    let mut editor = start(folder.path());
    save(&mut editor, NOTES_A, TEXT);
    learned(&mut editor);
    editor.change(NOTES_A, 2, (0, 0), (0, 0), "Thar\n\n");
    eventually("it is not lent", || {
        let items = editor.complete(NOTES_A, 0, 4);
        let mut words = items.iter().map(|item| &item["textEdit"]["newText"]);
        words.any(|word| word == "Tharbolan")
    });
}

#[test]
fn others_are_told_that_somebody_types() {
    let folder = tempfile::tempdir().unwrap();
    let mut editor = start(folder.path());
    editor.open(NOTES_B, "markdown", "I saw ");
    learned(&mut editor);
    assert!(!folder.path().join("typing").exists());
    editor.change(NOTES_B, 2, (0, 6), (0, 6), "h");
    let is_told = || folder.path().join("typing").exists();
    eventually("nobody else knows that somebody types", is_told);
}

#[test]
fn what_is_saved_last_is_learned_before_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let mut editor = start(folder.path());
    save(&mut editor, NOTES_A, TEXT);
    editor.finish();
    assert!(has(folder.path(), "Tharbolan"));
}

#[test]
fn forgetting_leaves_no_trace() {
    for what in [
        json!({"uri": NOTES_A}),
        json!({"path": NOTES}),
        json!({"word": "tharbolan"}),
        json!({"all": true}),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let mut editor = start(folder.path());
        save(&mut editor, NOTES_A, TEXT);
        assert_eq!(
            editor.command("rnn-lsp.forget", json!([what])),
            json!({"files": 1})
        );
        assert!(!is_offered(&mut editor), "{what}");
        assert!(!has(folder.path(), "harbolan"), "{what}");
        // What was forgotten stays forgotten when it is saved again, until it is learned on purpose.
        save(&mut editor, NOTES_A, &format!("{TEXT}\nMore.\n"));
        let again = learned(&mut editor)["newWords"][0][0].clone();
        let stays = what.get("all").is_none();
        assert_eq!(again.is_null(), stays, "{what}");
    }
}

/// A word that the model knows, and the document as well.
#[test]
fn a_forgotten_word_is_not_offered_until_it_is_allowed() {
    let folder = tempfile::tempdir().unwrap();
    let text = "The morning was quiet, and the morning was cold. In the mor";
    let begin = |learn: bool| {
        let mut editor = Editor::start(learning(folder.path()));
        editor.initialize(json!({"initializationOptions": {"learn": learn}}));
        editor.open(NOTES_A, "markdown", text);
        editor
    };
    let is_offered = |editor: &mut Editor| {
        let items = editor.complete(NOTES_A, 0, text.len() as u32);
        items.iter().any(|item| item["label"] == "morning")
    };
    let word = json!([{"word": "Morning"}]);
    for learn in [true, false] {
        let mut editor = begin(learn);
        assert!(is_offered(&mut editor));
        editor.command("rnn-lsp.forget", word.clone());
        assert!(!is_offered(&mut editor));
        let ghosts = editor.inline(NOTES_A, 0, text.len() as u32, json!({"triggerKind": 1}));
        assert!(!json!(ghosts).to_string().contains("morning"), "{ghosts:?}");
        editor.finish();

        for learn in [true, false] {
            let mut later = begin(learn);
            eventually("it is wanted again", || !is_offered(&mut later));
            later.finish();
        }

        let mut editor = begin(learn);
        assert_eq!(
            editor.command("rnn-lsp.allow", word.clone()),
            json!({"wasForgotten": true})
        );
        assert!(is_offered(&mut editor));
        assert_eq!(
            editor.command("rnn-lsp.allow", word.clone()),
            json!({"wasForgotten": false})
        );
        editor.finish();
    }
}

#[test]
fn other_servers_follow() {
    let folder = tempfile::tempdir().unwrap();
    let (mut one, mut two) = (start(folder.path()), start(folder.path()));
    learned(&mut two);
    save(&mut one, NOTES_A, TEXT);
    learned(&mut one);
    let start = Instant::now();
    while !is_offered(&mut two) {
        assert!(start.elapsed() < LIMIT, "the other server does not notice");
        std::thread::yield_now();
    }
}

#[test]
fn watched_folders_are_learned_and_followed() {
    let notes = tempfile::Builder::new().prefix("notes").tempdir().unwrap();
    let root = std::fs::canonicalize(notes.path()).unwrap();
    std::fs::write(root.join("old.md"), TEXT).unwrap();
    std::fs::write(root.join("draft.md"), "Tolmarin.\n\nTolmarin.\n").unwrap();
    std::fs::write(root.join(".rnnlspignore"), "draft.md\n").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut editor = Editor::start(learning(folder.path()));
    editor.initialize(json!({"initializationOptions": {"learnFolders": [root]}}));
    assert_eq!(learned(&mut editor)["newWords"][0][0], "Tharbolan");
    // As editors save: beside the file, then in its place.
    std::fs::write(root.join("new"), "Irothan grew.\n\nIrothan fell.\n").unwrap();
    std::fs::rename(root.join("new"), root.join("new.md")).unwrap();
    let start = Instant::now();
    while !learned(&mut editor)["newWords"]
        .to_string()
        .contains("Irothan")
    {
        assert!(start.elapsed() < LIMIT, "the new file is not noticed");
        std::thread::yield_now();
    }
    assert!(!learned(&mut editor).to_string().contains("Tolmarin"));
}

#[test]
fn a_folder_that_comes_later_goes_and_comes_again_is_followed() {
    let home = tempfile::Builder::new().prefix("home").tempdir().unwrap();
    let root = std::fs::canonicalize(home.path()).unwrap();
    let notes = root.join("disk/notes");
    let folder = tempfile::tempdir().unwrap();
    let mut editor = Editor::start(learning(folder.path()));
    editor.initialize(json!({"initializationOptions": {"learnFolders": [notes]}}));
    learned(&mut editor);
    for name in ["Tharbolan", "Irothan"] {
        std::fs::create_dir_all(&notes).unwrap();
        let text = format!("{name} grew.\n\n{name} fell.\n");
        std::fs::write(notes.join(format!("{name}.md")), text).unwrap();
        std::fs::write(root.join("beside.md"), "Tolmarin.\n\nTolmarin.\n").unwrap();
        let start = Instant::now();
        while !learned(&mut editor)["newWords"].to_string().contains(name) {
            assert!(start.elapsed() < LIMIT, "{name} is not noticed");
            std::thread::yield_now();
        }
        std::fs::remove_dir_all(root.join("disk")).unwrap();
    }
    assert!(!learned(&mut editor).to_string().contains("Tolmarin"));
}

#[test]
fn what_may_not_be_learned_any_more_goes() {
    let notes = tempfile::Builder::new().prefix("notes").tempdir().unwrap();
    let root = std::fs::canonicalize(notes.path()).unwrap();
    let uri = format!("file://{}/a.md", root.display());
    let folder = tempfile::tempdir().unwrap();
    let mut editor = start(folder.path());
    save(&mut editor, &uri, TEXT);
    assert_ne!(learned(&mut editor)["words"], 0);
    std::fs::write(root.join(".rnnlspignore"), "a.md\n").unwrap();
    editor.notify(
        "textDocument/didSave",
        json!({"textDocument": {"uri": uri}, "text": TEXT}),
    );
    assert_eq!(learned(&mut editor)["words"], 0);
    assert!(!has(folder.path(), "Tharbolan"));
}

#[test]
fn nothing_is_learned_where_it_is_switched_off() {
    let folder = tempfile::tempdir().unwrap();
    let mut editor = Editor::start(learning(folder.path()));
    editor.initialize(json!({"initializationOptions": {"learn": false}}));
    save(&mut editor, NOTES_A, TEXT);
    let id = editor.request(
        "workspace/executeCommand",
        json!({"command": "rnn-lsp.learned", "arguments": []}),
    );
    assert_eq!(editor.error(id), -32603);
    editor.finish();
    assert!(!has(folder.path(), "Tharbolan"));

    // Nor in a document that is paused.
    let mut editor = start(folder.path());
    editor.open(NOTES_A, "markdown", "");
    editor.command("rnn-lsp.pause", json!([{"uri": NOTES_A}]));
    save(&mut editor, NOTES_A, TEXT);
    assert_eq!(learned(&mut editor)["words"], 0);
}

#[test]
fn keystrokes_saved_are_counted() {
    let folder = tempfile::tempdir().unwrap();
    let mut editor = start(folder.path());
    editor.open(NOTES_A, "markdown", "The t");
    let word = editor.complete(NOTES_A, 0, 5)[0]["textEdit"]["newText"].clone();
    let word = word.as_str().unwrap();
    editor.change(NOTES_A, 2, (0, 4), (0, 5), word);
    // A letter that is typed, though it were offered, saves nothing.
    let end = 4 + word.len() as u32;
    editor.change(NOTES_A, 3, (0, end), (0, end), "s");
    let saved = learned(&mut editor)["accepted"][0][1].clone();
    assert_eq!(saved, json!({"words": 1, "keys": word.len() - 2}));
}

/// Writes words that are offered: the first ones of their menus, after so many letters of theirs.
fn take_words(editor: &mut Editor, uri: &str, words: i32, letters: usize) {
    editor.open(uri, "markdown", "The ");
    let (mut column, mut version) = (4, 1);
    for _ in 0..words {
        let start = column;
        let word = |items: &[Value]| items[0]["textEdit"]["newText"].as_str().unwrap().to_owned();
        let first = word(&editor.complete(uri, 0, column));
        for letter in first.chars().take(letters) {
            version += 1;
            editor.change(uri, version, (0, column), (0, column), &letter.to_string());
            column += 1;
            editor.complete(uri, 0, column);
        }
        version += 1;
        editor.change(uri, version, (0, start), (0, column), &format!("{first} "));
        column = start + first.chars().count() as u32 + 1;
    }
}

#[test]
fn how_menus_are_read_is_learned_at_once_and_kept() {
    let folder = tempfile::tempdir().unwrap();
    let passed_over = |editor: &mut Editor| editor.status()["passedOver"].as_f64().unwrap();
    let mut editor = start(folder.path());
    let unknown = passed_over(&mut editor);
    take_words(&mut editor, NOTES_A, 20, 0);
    let reader = passed_over(&mut editor);
    assert!(reader < 0.6 * unknown, "{reader} of {unknown}");
    // What was saved with a document is known after the next start.
    save(&mut editor, NOTES_B, TEXT);
    learned(&mut editor);
    drop(editor);
    let mut editor = start(folder.path());
    learned(&mut editor);
    assert!((passed_over(&mut editor) - reader).abs() < 1e-3);
    take_words(&mut editor, NOTES_A, 40, 1);
    let glancer = passed_over(&mut editor);
    assert!(glancer > 1.5 * reader, "{glancer} after {reader}");
}

#[test]
fn what_is_not_shown_is_not_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    let options = learning(folder.path()).user_settings(json!({"minPrefix": 1, "threshold": 0.0}));
    let mut editor = Editor::start(options);
    editor.initialize(json!({}));
    let unknown = editor.status()["passedOver"].as_f64().unwrap();
    editor.open(NOTES_A, "markdown", "The ");
    let (mut column, mut version) = (4, 1);
    for _ in 0..20 {
        assert!(editor.complete(NOTES_A, 0, column).is_empty());
        editor.change(NOTES_A, version + 1, (0, column), (0, column), "t");
        let items = editor.complete(NOTES_A, 0, column + 1);
        let word = items[0]["textEdit"]["newText"].as_str().unwrap();
        let end = (0, column + 1);
        editor.change(NOTES_A, version + 2, (0, column), end, &format!("{word} "));
        (column, version) = (column + word.chars().count() as u32 + 1, version + 2);
    }
    let passed_over = editor.status()["passedOver"].as_f64().unwrap();
    assert!(passed_over < 0.6 * unknown, "{passed_over} of {unknown}");
}

#[test]
fn ghost_text_beside_a_popup_says_nothing() {
    let shown = |with_popup: bool| {
        let folder = tempfile::tempdir().unwrap();
        let settings = json!({"threshold": 0.0, "phraseThreshold": 0.0});
        let mut editor = Editor::start(learning(folder.path()).user_settings(settings));
        editor.initialize(json!({}));
        editor.open(NOTES_A, "markdown", "The ");
        let (mut column, mut version) = (4, 1);
        for _ in 0..5 {
            if with_popup {
                assert!(!editor.complete(NOTES_A, 0, column).is_empty());
            }
            let ghost = &editor.inline(NOTES_A, 0, column, json!({"triggerKind": 1}))[0];
            let text = format!("{} ", ghost["insertText"].as_str().unwrap());
            version += 1;
            editor.change(NOTES_A, version, (0, column), (0, column), &text);
            column += text.chars().count() as u32;
        }
        save(&mut editor, NOTES_B, TEXT);
        learned(&mut editor);
        let menus = std::fs::read_to_string(folder.path().join("menus")).unwrap();
        let menus: Value = serde_json::from_str(menus.lines().next().unwrap()).unwrap();
        let shown = menus["phrases"]["shown"].as_array().unwrap();
        shown.iter().map(|n| n.as_f64().unwrap()).sum::<f64>()
    };
    // Weak ghost text is not counted.
    assert!(shown(false) >= 1.0);
    assert_eq!(shown(true), 0.0);
}

#[test]
fn learning_on_purpose() {
    let notes = tempfile::Builder::new().prefix("notes").tempdir().unwrap();
    std::fs::write(notes.path().join("a.md"), TEXT).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut editor = start(folder.path());
    let answer = editor.command("rnn-lsp.learn", json!([{"path": notes.path()}]));
    assert_eq!(answer, json!({"files": 1}));
    assert!(is_offered(&mut editor));
    let id = editor.request(
        "workspace/executeCommand",
        json!({"command": "rnn-lsp.forget", "arguments": [{"everything": true}]}),
    );
    assert_eq!(editor.error(id), -32602);
}
