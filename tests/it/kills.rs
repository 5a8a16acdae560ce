//! Training that is killed again and again, at any moment, ends with the model that it would have ended with.
//!
//! `RUN_SLOW_TESTS=1` kills 200 times. What learning in the background does when it is killed is in `generations` and `lsp::binary`.

use crate::cli::{Place, TINY};
use std::path::Path;
use std::time::Duration;

/// After every step, more or less.
const OFTEN: &str = "--checkpoint-every 0.00001";

#[test]
fn training_survives_any_number_of_kills() {
    let kills = if std::env::var_os("RUN_SLOW_TESTS").is_some() {
        200
    } else {
        5
    };
    let place = Place::new();
    let corpus = || {
        let texts = std::fs::read_dir(place.path("texts")).expect("a folder");
        let mut texts: Vec<_> = texts
            .flatten()
            .map(|entry| (entry.path(), std::fs::read(entry.path()).expect("a text")))
            .collect();
        texts.sort();
        texts
    };
    let before = corpus();
    let begin = |out: &str| format!("train --out {out} --tokens 12k {OFTEN} texts {TINY}");
    assert!(place.run(&begin("whole.model")).status.success());
    let (mut tried, mut killed, mut ended) = (0u32, 0, 0);
    while killed < kills {
        ended += 1;
        // One run, killed and gone on with until it is at its end.
        let out = format!("{ended}.model");
        let checkpoint = place.path(&format!("{out}.run/checkpoint.safetensors"));
        loop {
            let line = match checkpoint.exists() || place.path(&out).exists() {
                true => format!("train --resume --out {out} {OFTEN}"),
                false => begin(&out),
            };
            // Another number each time: some come before the end of the run.
            tried += 1;
            match run_for(&place, &line, &checkpoint, tried * 37 % 61) {
                Some(said) => break assert_eq!(said, "", "{line}"),
                None => killed += 1,
            }
        }
        assert!(
            place.read("whole.model") == place.read(&out),
            "{out} is another model"
        );
        std::fs::remove_dir_all(place.path(&format!("{out}.run"))).expect("what a run leaves");
    }
    assert_eq!(corpus(), before, "training writes no text");
    eprintln!("{killed} kills, {ended} runs");
}

/// Runs the program until it has written so many checkpoints and a moment more, and kills it; or what it complained of, where it
/// ended before.
fn run_for(place: &Place, line: &str, checkpoint: &Path, written: u32) -> Option<String> {
    // As its folder says: to look at the file itself is to open it on Windows, and Wine replaces no file that is open.
    let stamp = || {
        let mut beside = std::fs::read_dir(checkpoint.parent()?).ok()?.flatten();
        let entry = beside.find(|entry| entry.path() == checkpoint)?;
        let about = entry.metadata().ok()?;
        Some((about.modified().ok()?, about.len()))
    };
    let mut child = place.command(line).spawn().expect("the program starts");
    let (mut last, mut seen) = (stamp(), 0);
    while seen < written {
        if child.try_wait().expect("the process is ours").is_some() {
            let output = child.wait_with_output().expect("the process is ours");
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            return Some(match output.status.success() {
                true => String::new(),
                false => said,
            });
        }
        let now = stamp();
        if now != last {
            (last, seen) = (now, seen + 1);
        }
        std::thread::sleep(Duration::from_micros(200));
    }
    // Anywhere in what follows: no test depends on where.
    std::thread::sleep(Duration::from_micros(u64::from(written % 9) * 700));
    child.kill().expect("the process is ours"); // SIGKILL: it can do nothing about it.
    child.wait().expect("the process is ours");
    None
}
