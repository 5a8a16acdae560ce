//! What goes wrong around a server, and what the writer notices of it: at most that nothing is learned.

use super::binary::{Program, answer, end, send};
use crate::home::FOLDERS;
use rnn_lsp::model::Model;
use serde_json::{Value, json};
use std::io::Write;
use std::path::Path;
#[cfg(unix)]
use std::process::Command;
use std::rc::Rc;
use std::time::Duration;
use tempfile::TempDir;

const URI: &str = "file:///a.md";

fn home() -> Rc<TempDir> {
    Rc::new(tempfile::tempdir().unwrap())
}

fn with_model(home: &Rc<TempDir>, model: &Path) -> Program {
    let model = model.to_str().unwrap();
    Program::with(home, &["--stdio", "--model", model], |_| ())
}

/// Opens a document and asks for words: whether the server is still one.
fn serves(program: &mut Program) {
    let text = "I would like ";
    let document = json!({"uri": URI, "languageId": "markdown", "version": 1, "text": text});
    program.notify("textDocument/didOpen", json!({"textDocument": document}));
    let list = program.ask("textDocument/completion", place(13));
    assert_eq!(list["isIncomplete"], true, "{list}");
}

fn place(character: usize) -> Value {
    json!({"textDocument": {"uri": URI}, "position": {"line": 0, "character": character}})
}

/// Windows knows one for everybody.
#[cfg(unix)]
#[test]
fn there_is_no_home() {
    let mut program = Program::with(&home(), &["--stdio"], |command| {
        for name in FOLDERS {
            command.env_remove(name);
        }
    });
    program.initialize(Value::Null);
    serves(&mut program);
    end(program);
}

#[test]
fn the_data_folder_cannot_be_made() {
    let home = home();
    let file = home.path().join("file");
    std::fs::write(&file, "").unwrap();
    let mut program = Program::with(&home, &["--stdio"], |command| {
        command.env(FOLDERS[2], &file);
    });
    program.initialize(Value::Null);
    serves(&mut program);
    let saved = json!({"textDocument": {"uri": URI}, "text": "I would like Quibblethorpe."});
    program.notify("textDocument/didSave", saved);
    serves(&mut program);
    end(program);
    assert_eq!(std::fs::read(&file).unwrap(), b"");
}

/// A model that is written over, or cut, while a server uses it.
#[test]
fn the_models_file_shrinks() {
    let home = home();
    let path = home.path().join("m.safetensors");
    std::fs::write(&path, Model::tiny_bytes(1)).unwrap();
    let mut program = with_model(&home, &path);
    program.initialize(Value::Null);
    serves(&mut program);
    std::fs::write(&path, "").unwrap();
    serves(&mut program);
    std::fs::remove_file(&path).unwrap();
    serves(&mut program);
    end(program);
}

#[test]
fn the_model_is_none() {
    let home = home();
    let cut = home.path().join("cut.safetensors");
    let whole = Model::tiny_bytes(1);
    std::fs::write(&cut, &whole[..whole.len() / 2]).unwrap();
    let missing = home.path().join("missing.safetensors");
    for path in [cut.as_path(), missing.as_path(), home.path()] {
        let mut program = with_model(&home, path);
        program.initialize(Value::Null);
        // The one that is built in serves.
        serves(&mut program);
        end(program);
    }
}

/// A client that asks and cancels as fast as it can, and reads late.
#[test]
fn a_flood_of_questions() {
    let mut program = Program::start(&["--stdio"]);
    program.initialize(Value::Null);
    serves(&mut program);
    let question = |id: &str| {
        let method = "textDocument/completion";
        json!({"jsonrpc": "2.0", "id": id, "method": method, "params": place(13)})
    };
    let Program { input, output, .. } = &mut program;
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for flood in 0..3000 {
                let id = format!("flood {flood}");
                send(input, &question(&id));
                let params = json!({"id": id});
                let method = "$/cancelRequest";
                send(
                    input,
                    &json!({"jsonrpc": "2.0", "method": method, "params": params}),
                );
            }
            send(input, &question("last"));
        });
        // By then both pipes are full.
        std::thread::sleep(Duration::from_millis(100));
        assert_eq!(answer(output, "last")["isIncomplete"], true);
    });
    end(program);
}

/// A client that dies in the middle of a message.
#[test]
fn half_a_message() {
    for half in ["Content-Le", "Content-Length: 100\r\n\r\n{\"jsonrpc\":"] {
        let mut program = Program::start(&["--stdio"]);
        program.initialize(Value::Null);
        program.input.write_all(half.as_bytes()).unwrap();
        let Program {
            mut process, input, ..
        } = program;
        drop(input);
        assert_eq!(process.wait().unwrap().code(), Some(1), "{half}");
    }
}

/// A FIFO, a link that leads to itself and a device in a folder that is watched: none is read, and prose beside them is.
#[cfg(unix)]
#[test]
fn strange_things_in_a_watched_folder() {
    let notes = tempfile::Builder::new().prefix("notes").tempdir().unwrap();
    let at = |name: &str| notes.path().join(name);
    std::os::unix::fs::symlink(at("loop.md"), at("loop.md")).unwrap();
    std::os::unix::fs::symlink(notes.path(), at("folder")).unwrap();
    std::os::unix::fs::symlink("/dev/zero", at("zero.md")).unwrap();
    let made = Command::new("mkfifo").arg(at("pipe.md")).status().unwrap();
    assert!(made.success());
    let mut invalid = b"Words that are not UTF-8: \xff\xfe\x00.\n\n".to_vec();
    invalid.extend_from_slice(
        "Once Quibblethorpe came in.\n\nThen Quibblethorpe sat down.\n".as_bytes(),
    );
    std::fs::write(at("invalid.md"), invalid).unwrap();
    std::fs::write(
        at("a.md"),
        "Once Pomfrettle came in.\n\nThen Pomfrettle sat down.\n",
    )
    .unwrap();
    let mut program = Program::start(&["--stdio"]);
    program.initialize(Value::Null);
    let settings = json!({"settings": {"rnn-lsp": {"learnFolders": [notes.path()]}}});
    program.notify("workspace/didChangeConfiguration", settings);
    let command = json!({"command": "rnn-lsp.learn", "arguments": [{"path": notes.path()}]});
    program.ask("workspace/executeCommand", command);
    let command = json!({"command": "rnn-lsp.learned", "arguments": []});
    let learned = program.ask("workspace/executeCommand", command);
    assert!(
        learned["newWords"].to_string().contains("Pomfrettle"),
        "{learned}"
    );
    serves(&mut program);
    end(program);
}

/// A server that has been started has given up sockets and privileges, as the system tells.
#[cfg(target_os = "linux")]
#[test]
fn a_server_is_confined() {
    let mut program = Program::start(&["--stdio"]);
    program.initialize(Value::Null);
    let status = format!("/proc/{}/status", program.process.id());
    let status = std::fs::read_to_string(status).unwrap();
    if std::path::Path::new("/proc/sys/kernel/seccomp").exists() {
        assert!(status.contains("NoNewPrivs:\t1"), "{status}");
        assert!(status.contains("Seccomp:\t2"), "{status}");
    }
    serves(&mut program);
    end(program);
}
