//! What goes wrong where things are kept, and with the folders that are watched.
#![cfg(unix)]

use super::binary::{PROGRAM, Program, end};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::rc::Rc;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Two paragraphs with a name that no vocabulary has.
const PROSE: &str = "Once Tharbolan came in.\n\nThen Tharbolan sat down.\n";

/// Longer than anything here takes on a slow machine with other work.
const PATIENCE: Duration = Duration::from_secs(300);

fn home() -> Rc<TempDir> {
    Rc::new(tempfile::tempdir().unwrap())
}

fn data(home: &TempDir) -> PathBuf {
    home.path().join("rnn-lsp")
}

fn start(home: &Rc<TempDir>) -> Program {
    let mut program = Program::with(home, &["--stdio"], |_| ());
    program.initialize(Value::Null);
    program
}

fn save(program: &mut Program, name: &str, text: &str) {
    let uri = format!("file:///notes/{name}");
    let document = json!({"uri": uri, "languageId": "markdown", "version": 1, "text": text});
    program.notify("textDocument/didOpen", json!({"textDocument": document}));
    let saved = json!({"textDocument": {"uri": uri}, "text": text});
    program.notify("textDocument/didSave", saved);
}

fn command(program: &mut Program, command: &str, arguments: Value) -> Value {
    let params = json!({"command": format!("rnn-lsp.{command}"), "arguments": arguments});
    program.ask("workspace/executeCommand", params)
}

fn learned(program: &mut Program) -> Value {
    command(program, "learned", json!([]))
}

fn knows(learned: &Value, word: &str) -> bool {
    learned["newWords"].to_string().contains(word)
}

fn serves(program: &mut Program) {
    let uri = "file:///other.md";
    let document = json!({"uri": uri, "languageId": "markdown", "version": 1, "text": "I would "});
    program.notify("textDocument/didOpen", json!({"textDocument": document}));
    let place = json!({"textDocument": {"uri": uri}, "position": {"line": 0, "character": 8}});
    let list = program.ask("textDocument/completion", place);
    assert_eq!(list["isIncomplete"], true, "{list}");
}

fn watch(program: &mut Program, folder: &Path) {
    let settings = json!({"settings": {"rnn-lsp": {"learnFolders": [folder]}}});
    program.notify("workspace/didChangeConfiguration", settings);
}

fn await_word(program: &mut Program, word: &str) {
    let start = Instant::now();
    while !knows(&learned(program), word) {
        assert!(start.elapsed() < PATIENCE, "{word} is never learned");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let paths = entries.map(|entry| entry.path());
    paths
        .filter(|path| path.extension().is_some_and(|found| found == ending))
        .collect()
}

/// Files may grow to so many blocks of 512 bytes. The signal that would end the program is ignored, so that it sees an error as it
/// does when the disk is full.
fn limited(blocks: u32) -> String {
    format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$@\"")
}

/// No room for anything, for a list of what was forgotten, for what was learned of a short file: each is a write that fails where
/// the ones before did not.
#[test]
fn the_disk_is_full() {
    for blocks in [0, 1, 2] {
        let home = home();
        let mut program = Program::within(&home, &limited(blocks));
        program.initialize(Value::Null);
        let long = PROSE.repeat(100);
        save(&mut program, "a.md", &long);
        serves(&mut program);
        assert_eq!(learned(&mut program)["words"], 0);
        let forgotten = command(&mut program, "forget", json!([{"word": "house"}]));
        assert_eq!(forgotten.is_null(), blocks == 0, "{forgotten}");
        serves(&mut program);
        end(program);
        let folder = data(&home).join("learned");
        for left in ["source", "tmp", "damaged"] {
            assert_eq!(
                files(&folder, left),
                Vec::<PathBuf>::new(),
                "{blocks} blocks"
            );
        }
        // With room again all is as if nothing had been.
        let mut program = start(&home);
        save(&mut program, "a.md", &long);
        assert!(knows(&learned(&mut program), "Tharbolan"));
        end(program);
    }
}

/// What is to be forgotten goes, room or not.
#[test]
fn forgetting_needs_no_room() {
    for what in [
        json!({"uri": "file:///notes/a.md"}),
        json!({"path": "/notes"}),
        json!({"word": "Tharbolan"}),
        json!({"all": true}),
    ] {
        let home = home();
        let mut program = start(&home);
        save(&mut program, "a.md", PROSE);
        assert!(knows(&learned(&mut program), "Tharbolan"));
        end(program);
        let mut program = Program::within(&home, &limited(0));
        program.initialize(Value::Null);
        assert!(knows(&learned(&mut program), "Tharbolan"));
        command(&mut program, "forget", json!([what]));
        assert_eq!(learned(&mut program)["words"], 0, "{what}");
        end(program);
        assert_eq!(
            files(&data(&home).join("learned"), "source"),
            Vec::<PathBuf>::new()
        );
    }
}

/// Somebody removes what was learned while a server runs. What lies in the folder may be removed at any time; the folder that it is
/// in cannot be made again by a server that confined itself, which then says so and learns nothing.
#[test]
fn the_data_folder_is_removed() {
    let home = home();
    let mut program = start(&home);
    save(&mut program, "a.md", PROSE);
    assert!(knows(&learned(&mut program), "Tharbolan"));
    std::fs::remove_dir_all(data(&home).join("learned")).unwrap();
    let start_of_wait = Instant::now();
    while learned(&mut program)["words"] != 0 {
        assert!(start_of_wait.elapsed() < PATIENCE, "it is still known");
        std::thread::sleep(Duration::from_millis(20));
    }
    save(&mut program, "a.md", PROSE);
    assert!(knows(&learned(&mut program), "Tharbolan"));
    assert_eq!(files(&data(&home).join("learned"), "source").len(), 1);

    std::fs::remove_dir_all(data(&home)).unwrap();
    save(&mut program, "b.md", PROSE);
    let after = learned(&mut program);
    let is_kept = files(&data(&home).join("learned"), "source").len() == 1;
    // Where nothing is learned the question is answered with an error, of which this sees no result.
    assert_eq!(is_kept, knows(&after, "Tharbolan"), "{after}");
    assert_eq!(!is_kept, after.is_null(), "{after}");
    serves(&mut program);
    end(program);

    let mut program = start(&home);
    save(&mut program, "a.md", PROSE);
    assert!(knows(&learned(&mut program), "Tharbolan"));
    end(program);
}

/// A file of two gigabytes, of which the disk has nothing, costs neither time nor memory.
#[test]
fn a_huge_file_in_a_watched_folder() {
    let notes = tempfile::Builder::new().prefix("notes").tempdir().unwrap();
    let huge = std::fs::File::create(notes.path().join("huge.md")).unwrap();
    huge.set_len(2 << 30).unwrap();
    std::fs::write(notes.path().join("a.md"), PROSE).unwrap();
    let home = home();
    let mut program = start(&home);
    watch(&mut program, notes.path());
    await_word(&mut program, "Tharbolan");
    // Written to while it is watched, and asked for by its name.
    huge.set_len((2 << 30) + 1).unwrap();
    let path = notes.path().join("huge.md");
    command(&mut program, "learn", json!([{"path": path}]));
    assert_eq!(learned(&mut program)["files"].as_array().unwrap().len(), 1);
    #[cfg(target_os = "linux")]
    {
        let status = format!("/proc/{}/status", program.process.id());
        let status = std::fs::read_to_string(status).unwrap();
        let peak = status
            .lines()
            .find(|line| line.starts_with("VmHWM"))
            .unwrap();
        let kilobytes: u64 = peak.split_whitespace().nth(1).unwrap().parse().unwrap();
        assert!(kilobytes < 400 << 10, "{peak}");
    }
    serves(&mut program);
    end(program);
}

/// A file that somebody writes all the while is learned as it is in the end.
#[test]
fn a_file_is_written_while_it_is_read() {
    let notes = tempfile::Builder::new().prefix("notes").tempdir().unwrap();
    let path = notes.path().join("a.md");
    let home = home();
    let mut program = start(&home);
    watch(&mut program, notes.path());
    for length in 0..60 {
        // In place: it is cut, and then it grows.
        std::fs::write(&path, PROSE.repeat(200 * (1 + length % 7))).unwrap();
        serves(&mut program);
    }
    std::fs::write(
        &path,
        "Once Quibblethorpe came in.\n\nThen Quibblethorpe sat down.\n",
    )
    .unwrap();
    await_word(&mut program, "Quibblethorpe");
    assert!(!knows(&learned(&mut program), "Tharbolan"));
    end(program);
}

/// A clock that was years ahead when a file was learned, and is right now: changes of the file are learned again.
#[test]
fn the_clock_jumps_back() {
    let notes = tempfile::Builder::new().prefix("notes").tempdir().unwrap();
    let path = notes.path().join("a.md");
    std::fs::write(&path, PROSE).unwrap();
    let home = home();
    let mut program = start(&home);
    watch(&mut program, notes.path());
    await_word(&mut program, "Tharbolan");
    end(program);
    let source = files(&data(&home).join("learned"), "source").remove(0);
    learned_by_a_wrong_clock(&source);
    let mut program = start(&home);
    assert!(knows(&learned(&mut program), "Tharbolan"));
    watch(&mut program, notes.path());
    std::fs::write(&path, PROSE.replace("Tharbolan", "Irothan")).unwrap();
    await_word(&mut program, "Irothan");
    end(program);
}

/// Says that what is in a source was learned in 2100.
fn learned_by_a_wrong_clock(path: &Path) {
    let file = std::fs::read_to_string(path).unwrap();
    let (first_line, json) = file.split_once('\n').unwrap();
    let mut source: Value = serde_json::from_str(json).unwrap();
    source["learned"] = json!(4_102_444_800u64);
    let json = source.to_string();
    let name = first_line.rsplit_once(' ').unwrap().0;
    let sealed = format!("{name} {:08x}\n{json}", crc32fast::hash(json.as_bytes()));
    std::fs::write(path, sealed).unwrap();
}

/// The system has no watches left: it says so and looks now and then. In a namespace of the test's own, where one can be had.
#[cfg(target_os = "linux")]
#[test]
fn nothing_more_can_be_watched() {
    const NONE_LEFT: &str = "echo 0 > /proc/sys/user/max_inotify_instances";
    let unshare = "unshare --user --map-root-user sh -c";
    let probe = Command::new("sh")
        .args(["-c", &format!("{unshare} '{NONE_LEFT}'")])
        .output();
    if !probe.is_ok_and(|output| output.status.success()) {
        eprintln!("left out: no namespace with limits of its own can be had");
        return;
    }
    let notes = tempfile::Builder::new().prefix("notes").tempdir().unwrap();
    std::fs::write(notes.path().join("a.md"), PROSE).unwrap();
    let home = home();
    let script = format!("exec {unshare} '{NONE_LEFT}; exec \"$@\"' sh \"$@\"");
    let mut program = Program::within(&home, &script);
    program.initialize(Value::Null);
    watch(&mut program, notes.path());
    let told = program.await_log("looking every 30 seconds");
    assert!(told.contains("cannot watch"), "{told}");
    await_word(&mut program, "Tharbolan");
    serves(&mut program);
    if std::env::var_os("RUN_SLOW_TESTS").is_some() {
        std::fs::write(
            notes.path().join("b.md"),
            PROSE.replace("Tharbolan", "Irothan"),
        )
        .unwrap();
        await_word(&mut program, "Irothan");
    }
    end(program);
}

/// The program itself, without a server: it says what is wrong and ends.
#[test]
fn the_command_line_has_no_room() {
    let home = home();
    let note = home.path().join("a.md");
    std::fs::write(&note, PROSE.repeat(100)).unwrap();
    let script = limited(0);
    let output = Command::new("sh")
        .args(["-c", &script, "sh", PROGRAM, "learn"])
        .arg(&note)
        .env("HOME", home.path())
        .env("XDG_DATA_HOME", home.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(
        said.contains("cannot write") && !said.contains("panic"),
        "{said}"
    );
}
