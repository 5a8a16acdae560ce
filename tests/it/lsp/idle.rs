//! A server that nobody asks for anything sleeps: not one of its threads wakes up.
#![cfg(target_os = "linux")]

use super::binary::{Program, end};
use crate::prose::prose;
use rnn_lsp::model::Model;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

/// How often each thread has gone to sleep so far. One that does not wake up does not do so again.
fn sleeps(process: u32) -> BTreeMap<String, u64> {
    let tasks = Path::new("/proc").join(process.to_string()).join("task");
    let tasks = std::fs::read_dir(tasks).expect("a process").flatten();
    let of = |task: &Path| {
        let status = std::fs::read_to_string(task.join("status")).ok()?;
        let field = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name))?;
            Some(line.trim().to_owned())
        };
        let id = task.file_name()?.to_string_lossy().into_owned();
        let sleeps = field("voluntary_ctxt_switches:")?.parse().ok()?;
        Some((format!("{} {id}", field("Name:")?), sleeps))
    };
    tasks.filter_map(|task| of(&task.path())).collect()
}

/// Thirty documents, a folder that is watched and was learned, weights that were tuned, an editor whose process is watched.
#[test]
fn nothing_wakes_an_idle_server() {
    let is_slow = std::env::var_os("RUN_SLOW_TESTS").is_some();
    let (quiet, measured) = match is_slow {
        true => (Duration::from_secs(5), Duration::from_secs(180)),
        false => (Duration::from_secs(1), Duration::from_secs(2)),
    };
    let notes = tempfile::Builder::new().prefix("notes").tempdir().unwrap();
    std::fs::write(notes.path().join("a.md"), prose(0, 1500)).unwrap();
    // Tuning the shipped model takes a while.
    let model = notes.path().join("tiny.safetensors");
    std::fs::write(&model, Model::tiny_bytes(1)).unwrap();
    let mut program = match is_slow {
        true => Program::start(&["--stdio"]),
        false => Program::start(&["--stdio", "--model", model.to_str().unwrap()]),
    };
    program.initialize(json!(std::process::id()));
    let settings =
        json!({"settings": {"rnn-lsp": {"learnFolders": [notes.path()], "trainOnBattery": true}}});
    program.notify("workspace/didChangeConfiguration", settings);
    for number in 0..30 {
        let uri = format!("file:///{number}.md");
        let document =
            json!({"uri": uri, "languageId": "markdown", "version": 1, "text": prose(number, 300)});
        program.notify("textDocument/didOpen", json!({"textDocument": document}));
        let place = json!({"textDocument": {"uri": uri}, "position": {"line": 0, "character": 7}});
        program.ask("textDocument/completion", place);
    }
    let saved = json!({"textDocument": {"uri": "file:///1.md"}, "text": prose(1, 300)});
    program.notify("textDocument/didSave", saved);
    let command = json!({"command": "rnn-lsp.learned", "arguments": []});
    let learned = |program: &mut Program| program.ask("workspace/executeCommand", command.clone());
    // Reading ahead, learning and a training come first.
    let start = Instant::now();
    while learned(&mut program)["trials"] == json!([]) {
        assert!(
            start.elapsed() < Duration::from_secs(600),
            "it never trains"
        );
        std::thread::sleep(Duration::from_millis(200));
    }
    let process = program.process.id();
    loop {
        let before = sleeps(process);
        std::thread::sleep(quiet);
        if sleeps(process) == before {
            break;
        }
        assert!(
            start.elapsed() < Duration::from_secs(600),
            "never quiet: {before:?}"
        );
    }
    let before = sleeps(process);
    std::thread::sleep(measured);
    let after = sleeps(process);
    eprintln!("{} threads, {measured:?}: {after:?}", after.len());
    assert_eq!(before, after, "something wakes up");
    assert_eq!(learned(&mut program)["training"], Value::Bool(false));
    end(program);
}
