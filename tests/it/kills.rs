//! Training that is killed again and again, at any moment, ends with the model that it would have ended with.
//!
//! `RUN_SLOW_TESTS=1` kills 200 times. What learning in the background does when it is killed is in `generations` and `lsp::binary`.

use crate::cli::{Place, TINY};
use std::time::{Duration, Instant};

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
    let start = Instant::now();
    assert!(place.run(&begin("whole.model")).status.success());
    let whole = start.elapsed();
    let (mut killed, mut ended) = (0u32, 0);
    while killed < kills {
        ended += 1;
        assert!(ended < 10 * kills, "it ends before it can be killed");
        // One run, killed and gone on with until it is at its end.
        let out = format!("{ended}.model");
        let checkpoint = place.path(&format!("{out}.run/checkpoint.safetensors"));
        loop {
            let line = match checkpoint.exists() || place.path(&out).exists() {
                true => format!("train --resume --out {out} {OFTEN}"),
                false => begin(&out),
            };
            let share = (f64::from(killed + 1) * 0.618_034).fract();
            match run_for(&place, &line, whole.mul_f64(1.1 * share)) {
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

/// Runs the program for so long and kills it; or what it complained of, where it ended before.
fn run_for(place: &Place, line: &str, time: Duration) -> Option<String> {
    let deadline = Instant::now() + time;
    let mut child = place.command(line).spawn().expect("the program starts");
    while Instant::now() < deadline {
        if child.try_wait().expect("the process is ours").is_some() {
            let output = child.wait_with_output().expect("the process is ours");
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            return Some(if output.status.success() {
                String::new()
            } else {
                said
            });
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    child.kill().expect("the process is ours"); // SIGKILL: it can do nothing about it.
    child.wait().expect("the process is ours");
    None
}
