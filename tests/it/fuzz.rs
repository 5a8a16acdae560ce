//! What `fuzz/` runs for hours, for a second: every seed, and each with a few bytes exchanged, the same ones every time.

mod edits;
mod input;
mod learned;
mod messages;
mod model;
mod prose;
mod settings;
mod tokenizer;

use std::path::Path;

/// Runs a target on its seeds in `fuzz/seeds` and on so many changes of them.
fn check(target: &str, run: fn(&[u8]), changes: usize) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fuzz/seeds")
        .join(target);
    let entries = std::fs::read_dir(&folder).expect("seeds");
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("a seed").path()).collect();
    paths.sort();
    let seeds: Vec<Vec<u8>> = paths
        .iter()
        .map(|path| std::fs::read(path).expect("a seed"))
        .collect();
    assert!(!seeds.is_empty(), "no seeds in {}", folder.display());
    for (seed, path) in seeds.iter().zip(&paths) {
        told(run, seed, &path.display().to_string());
    }
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    for change in 0..changes {
        let input = changed(&seeds, &mut random);
        told(run, &input, &format!("change {change} of {target}"));
    }
}

/// Runs a target; what it failed on is told.
fn told(run: fn(&[u8]), input: &[u8], name: &str) {
    let failed = std::panic::catch_unwind(|| run(input));
    assert!(failed.is_ok(), "{name} fails: {input:?}");
}

/// A seed with some bytes exchanged, removed or put in, perhaps with the end of another.
fn changed(seeds: &[Vec<u8>], random: &mut Random) -> Vec<u8> {
    let mut input = seeds[random.below(seeds.len())].clone();
    if random.below(4) == 0 {
        let other = &seeds[random.below(seeds.len())];
        input.truncate(random.below(input.len() + 1));
        input.extend(&other[random.below(other.len() + 1)..]);
    }
    for _ in 0..1 + random.below(6) {
        let at = random.below(input.len() + 1);
        let byte = random.below(256) as u8;
        match random.below(3) {
            0 if at < input.len() => input[at] = byte,
            1 if at < input.len() => drop(input.remove(at)),
            _ => input.insert(at, byte),
        }
    }
    input
}

/// Marsaglia's xorshift.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        ((self.0 >> 16) % bound as u64) as usize
    }
}

#[test]
fn edits() {
    check("edits", edits::run, 150);
}

#[test]
fn tokens() {
    check("tokenizer", tokenizer::run, 1500);
}

#[test]
fn prose() {
    check("prose", prose::run, 1500);
}

#[test]
fn model_files() {
    check("model", model::run, 150);
}

#[test]
fn messages() {
    check("messages", messages::run, 60);
}

#[test]
fn settings() {
    check("settings", settings::run, 1500);
}

#[test]
fn what_was_learned() {
    check("learned", learned::run, 60);
}
