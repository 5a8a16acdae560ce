//! Generations of weights from the outside: a program that dies while it trains loses nothing.

use crate::home::FOLDERS;
use crate::prose::prose;
use rnn_lsp::model::Model;
use serde_json::{Value, json};
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// A home with a tiny model in its settings and notes to learn.
struct Home(tempfile::TempDir);

impl Home {
    fn new() -> Home {
        // Hidden files are not learned, so the folder's name must not start with a dot.
        let home = Home(tempfile::Builder::new().prefix("home").tempdir().unwrap());
        let model = home.path("tiny.safetensors");
        fs::write(&model, Model::tiny_bytes(1)).unwrap();
        fs::create_dir_all(home.path("config/rnn-lsp")).unwrap();
        let settings = json!({"model": model});
        fs::write(
            home.path("config/rnn-lsp/settings.json"),
            settings.to_string(),
        )
        .unwrap();
        fs::create_dir(home.path("notes")).unwrap();
        home.note(0);
        home
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn note(&self, number: usize) {
        fs::write(
            self.path(&format!("notes/{number}.md")),
            prose(number, 1200),
        )
        .unwrap();
    }

    fn command(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rnn-lsp"));
        command
            .args(line.split(' '))
            .current_dir(self.0.path())
            .env(FOLDERS[0], self.0.path())
            .env(FOLDERS[1], self.path("config"))
            .env(FOLDERS[2], self.path("data"))
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .stdout(Stdio::piped());
        command
    }

    fn run(&self, line: &str) -> String {
        let output = self.command(line).output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{line}: {said} {complaint}");
        assert!(!complaint.contains("warning"), "{line}: {complaint}");
        said
    }

    fn status(&self) -> Value {
        serde_json::from_str(&self.run("status --json")).unwrap()
    }
}

#[test]
fn learning_tunes_the_weights_and_rollback_takes_them_back() {
    let home = Home::new();
    let said = home.run("learn notes");
    assert!(said.contains("generation 1 is in use"), "{said}");
    assert_eq!(home.status()["generation"], 1);
    assert!(
        home.run("status")
            .contains("generation 1, tuned to your prose")
    );
    let said = home.run("rollback");
    assert!(
        said.contains("the model's own weights are in use"),
        "{said}"
    );
    assert_eq!(home.status()["generation"], Value::Null);
    assert!(!home.command("rollback").output().unwrap().status.success());
}

#[test]
fn the_last_three_generations_are_kept() {
    let home = Home::new();
    for number in 1..=5 {
        home.note(number);
        home.run("learn notes");
    }
    let kept = |status: &Value| {
        status["trials"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|trial| trial["generation"].is_u64())
            .count()
    };
    let made = kept(&home.status());
    assert!(made >= 1, "{}", home.status());
    let data = fs::read_dir(home.path("data/rnn-lsp/learned"))
        .unwrap()
        .flatten();
    let weights = data.filter(|entry| entry.path().extension().is_some_and(|is| is == "model"));
    assert_eq!(weights.count(), made.min(3));
}

/// Kills the program at random moments of learning; every time it must start again, with generations that are whole.
#[test]
fn a_program_that_is_killed_while_it_trains_loses_nothing() {
    let rounds = if std::env::var_os("RUN_SLOW_TESTS").is_some() {
        50
    } else {
        6
    };
    let home = Home::new();
    let start = Instant::now();
    home.run("learn notes");
    let whole = start.elapsed();
    let first = home.status()["generation"].as_u64().unwrap();
    let notes = || {
        let entries = fs::read_dir(home.path("notes")).unwrap().flatten();
        let mut notes: Vec<_> = entries
            .map(|entry| (entry.path(), fs::read(entry.path()).unwrap()))
            .collect();
        notes.sort();
        notes
    };
    let mut last = first;
    for round in 1..=rounds {
        home.note(round % 4);
        let before = notes();
        let mut child = home.command("learn notes").spawn().unwrap();
        let share = (round as f64 * 0.618_034).fract();
        std::thread::sleep(Duration::from_secs_f64(1.1 * share * whole.as_secs_f64()));
        child.kill().unwrap(); // SIGKILL: it can do nothing about it.
        child.wait().unwrap();
        let now = home.status()["generation"]
            .as_u64()
            .expect("a generation is in use");
        assert!(now >= last, "round {round}");
        last = now;
        assert_eq!(notes(), before, "round {round}");
    }
    eprintln!("{rounds} rounds, generations {first} to {last}"); // `--nocapture` shows it
    // Nobody holds the lock any more.
    home.note(9);
    assert!(!home.run("learn notes").contains("another program"));
}
