//! What no layer may do: one crate, whose layers are kept apart by reading their sources.
//!
//! Comments and unit tests are left out. `document` may use the plain types of `predict` (a context is made by the one
//! and used by the other), but never its functions: a document does not suggest.

use std::fs;
use std::path::{Path, PathBuf};

/// What each layer may import of ours; `cli` may import everything.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("text", &[]),
    ("nn", &[]),
    ("model", &["text", "nn"]),
    ("predict", &["text", "nn", "model"]),
    ("document", &["text", "model", "predict"]),
    ("eval", &["text", "nn", "model", "predict", "document"]),
    (
        "adapt",
        &["text", "nn", "model", "predict", "eval", "train", "windows"],
    ),
    ("train", &["text", "nn", "model", "predict", "eval"]),
    ("config", &["predict", "text"]),
    ("confine", &[]),
    ("windows", &[]),
    ("pad", &["text", "model", "predict", "document"]),
    (
        "server",
        &[
            "text", "model", "predict", "document", "config", "adapt", "windows",
        ],
    ),
];

/// What may be named only here, and why. A place is a file or the start of a path.
const ONLY_IN: &[(&str, &[&str], &str)] = &[
    (
        "tower_lsp",
        &["server"],
        "the protocol's types stay at the edge",
    ),
    ("tokio", &["server"], "nothing else waits"),
    (
        "notify",
        &["adapt/watch.rs"],
        "watching is one actor's work",
    ),
    ("memmap2", &["model/file.rs"], "one place maps files"),
    (
        "safetensors",
        &["model", "train"],
        "what is in a file is the model's matter",
    ),
    (
        "ndarray",
        &["nn", "train"],
        "slices cross layers, arrays do not",
    ),
    ("ratatui", &["pad", "cli/try.rs"], "only the pad draws"),
    ("clap", &["cli"], "only the command line has arguments"),
    ("indicatif", &["cli", "train"], "only training has a bar"),
    (
        "unsafe",
        &[
            "nn/simd",
            "model/file.rs",
            "adapt/tune/resources.rs",
            "windows.rs",
        ],
        "kernels, the mapping, one call of the C library and those of Windows need it, nothing else",
    ),
    ("windows_sys", &["windows.rs"], "one place asks Windows"),
    ("println!", &["cli"], "standard output is the protocol"),
    ("print!", &["cli"], "standard output is the protocol"),
    (
        "landlock",
        &["confine.rs"],
        "one place says what the process gives up",
    ),
    (
        "seccompiler",
        &["confine.rs"],
        "one place says what the process gives up",
    ),
    ("std::net", &[], "nothing leaves this machine"),
    ("std::process::Command", &[], "nothing is started"),
];

/// The layers whose answers depend on their arguments alone.
const PURE: &[&str] = &["text", "nn", "predict", "document"];

/// What pure layers never name.
const IMPURE: &[&str] = &[
    "std::fs",
    "std::env",
    "std::time",
    "Instant",
    "SystemTime",
    "static mut",
    "thread_local!",
];

#[test]
fn layers_import_only_what_lies_below_them() {
    let mut wrong = Vec::new();
    for source in sources() {
        let Some((_, allowed)) = MAY_IMPORT.iter().find(|(name, _)| *name == source.layer) else {
            let free = ["cli", "lib", "main"].contains(&source.layer.as_str());
            assert!(free, "no rule for the layer {}", source.layer);
            continue;
        };
        for import in imports(&source.code) {
            if import != source.layer && !allowed.contains(&import.as_str()) {
                wrong.push(format!("{} imports {import}", source.path));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn what_has_one_place_stays_there() {
    let mut wrong = Vec::new();
    for source in sources() {
        for (name, places, why) in ONLY_IN {
            let here = places.iter().any(|place| {
                Path::new(&source.path).starts_with(place) || source.path == format!("{place}.rs")
            });
            if !here && names(&source.code, name) {
                wrong.push(format!("{} names {name}: {why}", source.path));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn pure_layers_read_no_file_no_clock_no_environment() {
    let mut wrong = Vec::new();
    for source in sources() {
        for name in IMPURE {
            if PURE.contains(&source.layer.as_str()) && names(&source.code, name) {
                wrong.push(format!("{} names {name}", source.path));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn documents_do_not_suggest() {
    let documents = sources().into_iter().filter(|s| s.layer == "document");
    for source in documents {
        for name in ["predict::suggest", "predict::phrase", "Predictor"] {
            assert!(!names(&source.code, name), "{} names {name}", source.path);
        }
    }
}

/// A source file without comments and unit tests.
struct Source {
    path: String, // under src/, with slashes
    layer: String,
    code: String,
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    collect(&root, &mut files);
    let sources: Vec<Source> = files.iter().map(|file| source(&root, file)).collect();
    assert!(sources.len() > 20, "the sources are where they were");
    sources
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    let entries = fs::read_dir(folder).expect("the sources are there");
    for entry in entries {
        let path = entry.expect("a readable entry").path();
        let tests = path.file_stem().is_some_and(|stem| stem == "tests");
        if path.is_dir() && !tests {
            collect(&path, files);
        } else if path.extension().is_some_and(|ext| ext == "rs") && !tests {
            files.push(path);
        }
    }
}

fn source(root: &Path, file: &Path) -> Source {
    let text = fs::read_to_string(file).expect("a readable source");
    let shipped = text.split("\n#[cfg(test)]\nmod ").next();
    let lines = shipped.unwrap_or_default().lines().map(without_comment);
    let path = file.strip_prefix(root).expect("under the root");
    let first = path.components().next().expect("a name");
    Source {
        layer: Path::new(first.as_os_str())
            .with_extension("")
            .display()
            .to_string(),
        path: path.display().to_string().replace('\\', "/"),
        code: lines.collect::<Vec<_>>().join("\n"),
    }
}

fn without_comment(line: &str) -> &str {
    let comment = line
        .match_indices("//")
        .find(|(at, _)| line[..*at].matches('"').count().is_multiple_of(2));
    comment.map_or(line, |(at, _)| &line[..at])
}

/// The modules named after `crate::`, in a list too.
fn imports(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        let mut depth = 0;
        let mut first = true;
        for piece in rest.split_inclusive(|c: char| "{},;".contains(c)) {
            let name = piece.trim().split(|c: char| !word(c)).next();
            if let Some(name) = name.filter(|name| !name.is_empty())
                && (first || depth == 1)
                && name.starts_with(char::is_lowercase)
            {
                found.push(name.to_owned());
            }
            let nested = piece.ends_with('{');
            depth += i32::from(nested) - i32::from(piece.ends_with('}'));
            // `crate::text::{…}` is over with its first name; `crate::{…}` with its list.
            if first && !rest.starts_with('{') || depth <= 0 {
                break;
            }
            first = false;
        }
    }
    found
}

/// Whether the code has this name on its own, not as a part of another.
fn names(code: &str, name: &str) -> bool {
    code.match_indices(name).any(|(at, _)| {
        let before = code[..at].chars().next_back();
        let after = code[at + name.len()..].chars().next();
        !before.is_some_and(word) && (name.ends_with('!') || !after.is_some_and(word))
    })
}

fn word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

#[test]
fn the_reading_of_sources_is_right() {
    for (code, expected) in [
        ("use crate::text::{A, b::C};", vec!["text"]),
        ("use crate::{text::{A, b}, nn};", vec!["text", "nn"]),
        ("crate::model::State", vec!["model"]),
        ("use std::fs;", vec![]),
    ] {
        assert_eq!(imports(code), expected, "{code}");
    }
    assert!(names("a; unsafe { b }", "unsafe"));
    assert!(!names("#![deny(unsafe_code)]", "unsafe"));
    assert!(!names("eprintln!()", "println!"));
    assert_eq!(
        without_comment(r#"let a = "//"; // b"#),
        r#"let a = "//"; "#
    );
}
