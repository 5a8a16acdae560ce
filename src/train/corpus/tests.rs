use std::fs;
use std::io::Write;

use super::*;
use crate::text::{TokenId, Tokenizer};
use crate::train::shards::Shard;

fn folder(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (name, bytes) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a file has a folder")).expect("space on the disk");
        fs::write(path, bytes).expect("space on the disk");
    }
    folder
}

/// The documents of everything in a folder, and what was left out.
fn documents(files: &[(&str, &[u8])]) -> (Vec<String>, Vec<String>) {
    let folder = folder(files);
    let mut skips = Skips::default();
    let sources = gather(&[folder.path().to_owned()], &mut skips).expect("the folder is there");
    let mut texts = Vec::new();
    each_document(&sources, &mut skips, &mut |_, _, text| {
        texts.push(text);
        Flow::On
    });
    let prefix = format!("{}{}", folder.path().display(), std::path::MAIN_SEPARATOR);
    (
        texts,
        skips
            .named
            .iter()
            .map(|line| line.replace(&prefix, ""))
            .collect(),
    )
}

fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder
        .write_all(bytes)
        .and_then(|()| encoder.finish())
        .expect("memory takes everything")
}

fn zst(bytes: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest)
}

#[test]
fn form_feeds_and_files_separate_documents() {
    let (texts, skipped) = documents(&[
        (
            "a.txt",
            b"\x0c\none\n\nstill one\n\x0c\ntwo \x0c here\n\x0c\r\n\n\x0c\nthree",
        ),
        ("b.md", b"\xef\xbb\xbffour"),
    ]);
    assert_eq!(
        texts,
        ["one\n\nstill one\n", "two \x0c here\n", "three", "four"]
    );
    assert!(skipped.is_empty());
}

#[test]
fn compressed_files_are_read_to_their_end() {
    let twice = [gz(b"one\n"), gz(b"more\n")].concat();
    // A skippable frame of three bytes between two frames.
    let skippable = b"\x50\x2a\x4d\x18\x03\x00\x00\x00abc".to_vec();
    let frames = [zst(b"two\n"), skippable, zst(b"more\n"), zst(b"")].concat();
    let (texts, skipped) = documents(&[("a.txt.gz", &twice), ("b.txt.zst", &frames)]);
    assert_eq!(texts, ["one\nmore\n", "two\nmore\n"]);
    assert!(skipped.is_empty(), "{skipped:?}");
}

#[test]
fn what_is_not_text_is_named() {
    let whole = zst(&b"some words that repeat ".repeat(1000));
    let (texts, skipped) = documents(&[
        ("a.txt", b"caf\xe9"),
        ("b.txt", b"good\n\x0c\nb\xe4d\n\x0c\ngood too\n"),
        ("c.txt", b"\xff\xfeh\0i\0"),
        ("d.txt", b"zero\0"),
        ("e.txt.zst", b"not zstd"),
        ("f.txt.zst", &whole[..whole.len() / 2]),
    ]);
    assert_eq!(texts, ["good\n", "good too\n"]);
    assert_eq!(
        skipped[..4],
        [
            "a.txt: not UTF-8 at byte 3",
            "b.txt: document 2: not UTF-8 at byte 1",
            "c.txt: UTF-16, expected UTF-8",
            "d.txt: not text: it has zero bytes",
        ]
    );
    assert!(skipped[4].starts_with("e.txt.zst: "), "{skipped:?}");
    assert!(skipped[5].starts_with("f.txt.zst: "), "{skipped:?}");
}

#[test]
fn folders_are_walked_as_gitignore_says() {
    let (texts, _) = documents(&[
        (".gitignore", b"drafts/\n"),
        (".hidden.md", b"hidden"),
        ("drafts/a.md", b"ignored"),
        ("main.rs", b"code"),
        ("model.curve.html", b"<p>ours</p>"),
        ("notes/b.md", b"b"),
        ("notes/c.txt.gz", &gz(b"c")),
    ]);
    assert_eq!(texts, ["b", "c"]);
}

#[test]
fn a_named_file_is_read_whatever_it_is_called() {
    let folder = folder(&[("README", b"plain words")]);
    let path = folder.path().join("README");
    let sources = gather(&[path.clone(), path], &mut Skips::default()).expect("the file is there");
    assert_eq!(sources.len(), 1, "the same file counts once");
    let missing = gather(&[folder.path().join("missing")], &mut Skips::default());
    assert!(missing.is_err_and(|error| error.to_string().contains("missing")));
}

#[test]
fn a_long_line_is_cut_between_characters() {
    let (texts, skipped) = documents(&[("a.txt", "aé€😀".repeat(2 << 20).as_bytes())]);
    assert!(skipped.is_empty(), "{skipped:?}");
    assert_eq!(texts.len(), 2);
    assert_eq!(texts.concat(), "aé€😀".repeat(2 << 20));
}

#[test]
fn a_corpus_becomes_the_same_shard_on_any_number_of_threads() {
    let documents: Vec<String> = (0..300)
        .map(|n| {
            format!(
                "Chapter {n}\n\nIt was day {n} of the journey.{}\n\n",
                " And on it went.".repeat(n)
            )
        })
        .collect();
    let text = documents.join("\x0c\n");
    let folder = folder(&[
        ("a.txt", text.as_bytes()),
        ("b.txt", b""),
        ("c.txt", b"One more."),
    ]);
    let sources =
        gather(&[folder.path().to_owned()], &mut Skips::default()).expect("the folder is there");
    let drawn = sample(&sources, 20_000, &mut |_| Flow::On).expect("nobody stops it");
    assert_eq!(drawn.documents, 301);
    let size: usize = drawn.texts.iter().map(String::len).sum();
    assert!((10_000..=20_000).contains(&size), "{size}");
    let tokenizer = Tokenizer::train(drawn.texts.iter().map(String::as_str), 800);

    let out = tempfile::tempdir().expect("a temporary folder");
    let written = |threads| {
        let path = out.path().join("tokens.bin");
        let what = Encode {
            sources: &sources,
            tokenizer: &tokenizer,
            seed: 1,
            threads,
        };
        let header =
            encode(&what, &path, &mut Skips::default(), &mut |_| Flow::On).expect("a shard");
        assert_eq!(header.documents, 301);
        assert_eq!(
            header.words,
            2 + (0..300).map(|n| 2 + 7 + 4 * n).sum::<u64>()
        );
        fs::read(path).expect("the shard just written")
    };
    let one = written(1);
    assert!(one == written(3), "the number of threads changes the shard");

    let mut shard = Shard::open(&out.path().join("tokens.bin")).expect("the shard just written");
    for part in shard.documents().to_vec() {
        let mut tokens = vec![0; part.len as usize];
        shard
            .read(part.start, &mut tokens)
            .expect("the shard just written");
        let breaks = tokens.iter().filter(|&&id| id == TokenId::DOC.0).count();
        assert_eq!((tokens[0], breaks), (TokenId::DOC.0, 1));
    }
}
