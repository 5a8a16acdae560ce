//! `rnn-lsp train` from the outside: a tiny model, its files, and what goes wrong.

use crate::home::live_in;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

/// A folder with a small corpus and a place for models.
pub(crate) struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    pub(crate) fn new() -> Place {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let place = Place { folder };
        fs::create_dir(place.path("texts")).expect("space on the disk");
        for number in 0..40 {
            place.write(&format!("texts/{number:02}.md"), story(number).as_bytes());
        }
        place
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        fs::write(self.path(name), bytes).expect("space on the disk");
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// `rnn-lsp` in the folder.
    pub(crate) fn command(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rnn-lsp"));
        command
            .args(line.split_whitespace())
            .current_dir(self.folder.path());
        command
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .stdout(Stdio::piped());
        command
    }

    pub(crate) fn run(&self, line: &str) -> Output {
        self.command(line).output().expect("the program starts")
    }

    /// Trains a tiny network; the whole of its standard error.
    fn train(&self, line: &str) -> String {
        let output = self.run(&format!("train {line} {TINY}"));
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{line}: {said}");
        said
    }

    /// What training says when it fails.
    fn failure(&self, line: &str) -> String {
        let output = self.run(&format!("train {line} {TINY}"));
        assert_eq!(output.status.code(), Some(1), "{line} should fail");
        String::from_utf8_lossy(&output.stderr).into_owned()
    }
}

pub(crate) const TINY: &str = "--layers 1 --hidden 16 --embedding 12 --vocabulary 700 --batch 4 --bptt 16 --f32 --threads 2 \
    --sampled-classes 64 --dropout 0.1 --valid-every 4k --learning-rate 0.01";

/// Prose with something to learn in it, another text for each number.
fn story(number: usize) -> String {
    let names = ["Anna", "Paul", "the baker", "her brother"];
    let deeds = [
        "went to the harbor",
        "read the letter twice",
        "closed the shop",
        "waited for the rain",
    ];
    let mut text = format!("# Day {number}\n\n");
    for at in 0..40 {
        let pick = number * 7 + at * at;
        text += &format!(
            "In the morning {} {}, ",
            names[pick % 4],
            deeds[pick / 4 % 4]
        );
        text += &format!("and nobody asked {} why.", names[(pick + 1) % 4]);
        text += if at % 5 == 4 { "\n\n" } else { " " };
    }
    text
}

/// Waits for something to be true, because a test must not sleep for a fixed time and hope.
fn wait_until(what: &str, condition: impl Fn() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(
            start.elapsed() < Duration::from_secs(120),
            "waited in vain: {what}"
        );
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn trains_a_model_that_can_be_measured() {
    let place = Place::new();
    place.write("texts/latin1.txt", b"caf\xe9");
    let said = place.train("--out m.model --tokens 40k texts");
    assert!(said.contains("latin1.txt: not UTF-8 at byte 3"), "{said}");
    assert!(said.contains("40 documents"), "{said}");
    assert!(said.contains("the best so far"), "{said}");

    let curve = String::from_utf8(place.read("m.model.curve.jsonl")).expect("JSON lines");
    let points: Vec<serde_json::Value> = curve
        .lines()
        .map(|line| serde_json::from_str(line).expect("a line of JSON"))
        .collect();
    let perplexities: Vec<f64> = points
        .iter()
        .filter_map(|point| point["perplexity_per_token"].as_f64())
        .collect();
    assert!(perplexities.len() >= 9, "{curve}");
    assert!(
        perplexities[perplexities.len() - 1] < perplexities[0] / 2.0,
        "{perplexities:?}"
    );
    let plot = String::from_utf8(place.read("m.model.curve.html")).expect("a page");
    assert!(plot.contains("<svg") && !plot.contains("NaN"));

    let report = place.run("eval m.model texts/03.md --json");
    assert!(
        report.status.success(),
        "{}",
        String::from_utf8_lossy(&report.stderr)
    );
    let report: serde_json::Value = serde_json::from_slice(&report.stdout).expect("JSON");
    assert!(report.is_object());
}

#[test]
fn same_seed_same_bytes() {
    let place = Place::new();
    place.train("--out a.model --tokens 12k texts");
    place.train("--out b.model --tokens 12k texts");
    place.train("--out c.model --tokens 12k --seed 2 texts");
    assert!(place.read("a.model") == place.read("b.model"));
    assert!(place.read("a.model") != place.read("c.model"));
}

#[test]
fn mixes_counts_into_a_model() {
    let place = Place::new();
    place.train("--out a.model --tokens 12k texts");
    let mix = |line: &str| {
        let output = place.run(&format!("mix {line}"));
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{line}: {said}");
        said
    };
    let said = mix("a.model --out b.model --size 0.02");
    assert!(
        said.contains("followers") && said.contains("bits each with the table"),
        "{said}"
    );
    mix("a.model --out c.model --size 0.02");
    let (plain, mixed) = (place.read("a.model").len(), place.read("b.model").len());
    assert!(
        (plain + 1_000..plain + 22_000).contains(&mixed),
        "{plain} bytes became {mixed}"
    );
    assert!(place.read("b.model") == place.read("c.model"));
    // On texts that are given, with the table that is there.
    mix("b.model --out d.model --keep-table --texts texts/00.md texts/01.md");
    assert!(place.read("d.model").len() == mixed && place.read("d.model") != place.read("b.model"));
    let eval = place.run("eval b.model texts/00.md --max-words 20");
    assert!(eval.status.success());
    let lost = place.run("mix a.model --run other --out e.model");
    let said = String::from_utf8_lossy(&lost.stderr);
    assert!(
        said.contains("error: other.run") && !place.path("e.model").exists(),
        "{said}"
    );
}

#[test]
fn a_killed_run_goes_on_to_the_same_bytes() {
    let place = Place::new();
    place.train("--out whole.model --tokens 30k texts");
    let often = "--checkpoint-every 0.0001";
    let mut child = place
        .command(&format!(
            "train --out killed.model --tokens 30k {often} texts {TINY}"
        ))
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts");
    wait_until("a checkpoint", || {
        place
            .path("killed.model.run/checkpoint.safetensors")
            .exists()
    });
    child.kill().expect("the process is ours");
    child.wait().expect("the process is ours");
    let resumed = place.run("train --resume --out killed.model --checkpoint-every 3");
    assert!(
        resumed.status.success(),
        "{}",
        String::from_utf8_lossy(&resumed.stderr)
    );
    assert!(place.read("whole.model") == place.read("killed.model"));

    let curve = |name: &str| -> Vec<(u64, Option<f64>)> {
        let text = String::from_utf8(place.read(name)).expect("JSON lines");
        let point = |line: &str| -> serde_json::Value {
            serde_json::from_str(line).expect("a line of JSON")
        };
        let points = text.lines().map(point);
        points
            .map(|p| {
                (
                    p["tokens"].as_u64().expect("a count"),
                    p["perplexity_per_token"].as_f64(),
                )
            })
            .collect()
    };
    assert_eq!(
        curve("whole.model.curve.jsonl"),
        curve("killed.model.curve.jsonl")
    );
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_in_order_and_says_how_to_go_on() {
    let place = Place::new();
    let child = place
        .command(&format!("train --out m.model --tokens 50M texts {TINY}"))
        .spawn()
        .expect("the program starts");
    wait_until("a model", || place.path("m.model.curve.jsonl").exists());
    let interrupted = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(interrupted.is_ok_and(|status| status.success()));
    let output = child.wait_with_output().expect("the process is ours");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(130), "{said}");
    assert!(
        said.contains("rnn-lsp train --resume --out m.model goes on"),
        "{said}"
    );
    // The length may be told anew, the network may not.
    let wider = place.run("train --resume --out m.model --hidden 64");
    let said = String::from_utf8_lossy(&wider.stderr).into_owned();
    assert!(said.contains("--hidden is 64 now and was 16"), "{said}");
    let shorter = place.run("train --resume --out m.model --tokens 1");
    assert!(
        shorter.status.success(),
        "{}",
        String::from_utf8_lossy(&shorter.stderr)
    );
}

#[test]
fn goes_on_from_a_model() {
    let place = Place::new();
    place.train("--out base.model --tokens 20k texts");
    let learning = "--batch 4 --bptt 16 --f32 --threads 2 --learning-rate 0.001 --valid-every 2k";
    let output = place.run(&format!(
        "train --from base.model --out tuned.model --tokens 4k {learning} texts/01.md"
    ));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    // The base model is judged first: it is the one to beat.
    assert!(
        said.contains("0 tokens, 0 s: validation perplexity"),
        "{said}"
    );
    assert!(place.path("tuned.model").exists());
}

#[test]
fn other_trainers_read_the_tokens_and_leave_a_checkpoint() {
    let place = Place::new();
    place.train("--out m.model texts --prepare");
    assert!(place.path("m.model.run/tokens.bin").exists() && !place.path("m.model").exists());
    assert!(
        place
            .failure("--out m.model --pack")
            .contains("checkpoint.safetensors: ")
    );
    place.train("--out m.model --resume --tokens 8k");
    let trained = place.read("m.model");
    assert!(place.failure("--out m.model --pack").contains("--force"));
    let said = place.train("--out m.model --pack --force");
    assert!(said.contains("the weights after 8"), "{said}");
    assert_eq!(place.read("m.model"), trained, "the last weights are best");

    let same = "--out m.model --pack --force --average m.model.run/checkpoint.safetensors";
    assert!(place.train(same).contains("averaged with 1 more"));
    assert_eq!(place.read("m.model"), trained);
    place.train("--out longer.model --tokens 12k texts");
    let average = |out: &str, other: &str| {
        format!(
            "--out {out}.model --pack --force --average {other}.model.run/checkpoint.safetensors"
        )
    };
    place.train(&average("m", "longer"));
    place.train(&average("longer", "m"));
    let (mean, mirrored) = (place.read("m.model"), place.read("longer.model"));
    assert!(mean != trained && mean.len() == mirrored.len());
    let wide = TINY.replace("--hidden 16", "--hidden 24");
    let output = place.run(&format!("train --out wide.model --tokens 4k texts {wide}"));
    assert!(output.status.success());
    let said = place.failure(&average("m", "wide"));
    assert!(
        said.contains("hidden: 24") && said.contains("expected"),
        "{said}"
    );
    assert_eq!(place.read("m.model"), mean);
}

#[test]
fn errors_say_what_is_wrong_and_touch_nothing() {
    let place = Place::new();
    place.write("empty.txt", b" \n\n ");
    place.write("old.model", b"precious");
    place.write("notes.txt", b"not a model");
    let check = |line: &str, expected: &str| {
        let said = place.failure(line);
        assert!(said.contains(expected), "{line}: {said}");
        assert_eq!(
            said.lines()
                .filter(|line| line.starts_with("error: "))
                .count(),
            1,
            "{line}: {said}"
        );
    };
    check("--out m.model empty.txt", "no prose in empty.txt");
    check("--out m.model texts missing", "missing: ");
    check(
        "--out old.model texts",
        "old.model exists: --force replaces it",
    );
    check("--out m.model --resume", "nothing to resume");
    check(
        "--out nowhere/m.model texts/00.md --valid empty.txt --tokens 1k",
        "no prose in empty.txt",
    );
    let from = place.run("train --out m.model --from notes.txt texts");
    let said = String::from_utf8_lossy(&from.stderr);
    assert!(
        said.contains("notes.txt: ") && !from.status.success(),
        "{said}"
    );
    assert_eq!(place.read("old.model"), b"precious");
    assert!(!place.path("m.model").exists() && !place.path("m.model.run").exists());
    place.train("--out old.model --force --tokens 4k texts");
    assert_ne!(place.read("old.model"), b"precious");
    assert!(
        place
            .failure("--out old.model texts")
            .contains("--resume goes on")
    );
}

#[test]
fn the_version_at_length() {
    let place = Place::new();
    let said = |line: &str| String::from_utf8(place.run(line).stdout).expect("UTF-8");
    let short = said("--version");
    assert_eq!(short.lines().count(), 1, "{short}");
    for line in ["--version --verbose", "--verbose -V"] {
        let long = said(line);
        assert!(long.starts_with(&short), "{long}");
        assert!(
            long.contains("portable") && long.contains("tokens"),
            "{long}"
        );
    }
}

#[test]
fn a_run_is_locked() {
    let place = Place::new();
    let mut child = place
        .command(&format!("train --out m.model --tokens 50M texts {TINY}"))
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts");
    wait_until("training", || place.path("m.model.curve.jsonl").exists());
    let said = place.failure("--out m.model --force texts");
    child.kill().expect("the process is ours");
    child.wait().expect("the process is ours");
    assert!(said.contains("in use by another run"), "{said}");
}

/// What a disk without space does to a run: an error that names the file, and the last checkpoint as it was.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_named() {
    let place = Place::new();
    place.train("--out m.model --tokens 8k texts");
    let checkpoint = place.read("m.model.run/checkpoint.safetensors");
    // A limit on the size of files stands for the disk: writing past it fails, as there.
    let program = env!("CARGO_BIN_EXE_rnn-lsp");
    let limited = format!(
        "trap '' XFSZ; ulimit -f 16; exec {program} train --resume --out m.model --tokens 16k"
    );
    let output = Command::new("bash")
        .args(["-c", &limited])
        .current_dir(place.folder.path())
        .output()
        .expect("bash starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(
        said.contains("too large") && said.contains("the last checkpoint is kept"),
        "{said}"
    );
    assert!(place.read("m.model.run/checkpoint.safetensors") == checkpoint);
    assert!(leftovers(&place.path("m.model.run")).is_empty());
    assert!(leftovers(place.folder.path()).is_empty());
}

#[cfg(target_os = "linux")]
fn leftovers(folder: &std::path::Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder");
    let names = entries.map(|entry| {
        entry
            .expect("a folder")
            .file_name()
            .to_string_lossy()
            .into_owned()
    });
    names.filter(|name| name.contains("partial")).collect()
}

#[test]
fn learning_looking_and_forgetting() {
    let home = tempfile::tempdir().unwrap();
    let notes = tempfile::Builder::new().prefix("notes").tempdir().unwrap();
    let text = "Once Quibblethorpe came in.\n\nThen Quibblethorpe sat down.\n";
    fs::write(notes.path().join("a.md"), text).unwrap();
    fs::write(notes.path().join("b.md"), "My password is Zanthorel.\n").unwrap();
    let run = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rnn-lsp"));
        let output = live_in(&mut command, home.path())
            .args(arguments)
            .current_dir(notes.path())
            .output()
            .unwrap();
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(run(&["status"]).contains("Nothing was learned yet"));
    assert!(run(&["learn", "."]).contains("from 2 files"));
    assert!(run(&["learn", "."]).contains("2 were learned before"));
    let status = run(&["status"]);
    for part in [
        "words learned from 2 files",
        "left out: 1 secrets",
        "Quibblethorpe",
        "a.md",
    ] {
        assert!(status.contains(part), "{part}: {status}");
    }
    assert!(!status.contains("Zanthorel"));
    run(&["status", "--html", "page.html"]);
    let page = fs::read_to_string(notes.path().join("page.html")).unwrap();
    assert!(page.contains("Quibblethorpe"));
    let json: serde_json::Value = serde_json::from_str(&run(&["status", "--json"])).unwrap();
    assert_eq!(json["newWords"][0][0], "Quibblethorpe");

    run(&["export", "all"]);
    assert!(run(&["forget", "a.md"]).contains("forgot 1 file;"));
    assert!(!run(&["status"]).contains("Quibblethorpe"));
    run(&["forget", "--all"]);
    assert!(run(&["import", "all"]).contains("took over 2 files"));
    assert!(run(&["forget", "quibblethorpe"]).contains("which was in 1 file"));
    assert!(run(&["status"]).contains("words learned from 2 files"));
    assert!(run(&["status"]).contains("1 word that you forgot is never offered"));
    assert!(run(&["allow", "Quibblethorpe"]).contains("is offered again"));
    assert!(run(&["allow", "Quibblethorpe"]).contains("was not forgotten"));
    run(&["learn", "."]);
    assert!(run(&["status"]).contains("Quibblethorpe"));
}
