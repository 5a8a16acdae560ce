//! Hostile model files: every damage gives an error that says what was found and what was expected, never a panic.

use rnn_lsp::model::Model;
use rnn_lsp::model::file::{Bytes, ModelFile};
use rnn_lsp::model::gates::Gates;
use rnn_lsp::model::known::WordTree;
use rnn_lsp::model::ngram::{Entry, Table, hash};
use rnn_lsp::text::TokenId;

/// A file with everything that a file can have.
fn tiny() -> Vec<u8> {
    let entry = |i: u32| Entry {
        hash: hash(&[TokenId(i), TokenId(2 * i)]),
        seen: 5 + i,
        followers: vec![(i as u16, 0.25), (300, 0.5)],
    };
    let table = Table::new((0..40).map(entry).collect());
    let model = Model::from_bytes(Model::tiny(5).with_ngram(&table)).expect("a whole file");
    let model = Model::from_bytes(model.with_gates(&Gates::default())).expect("a whole file");
    let words = (0..9).map(|i| (vec![300, 400 + i], 3 + u64::from(i)));
    model.with_known(&WordTree::new(words.collect()))
}

fn header_len(bytes: &[u8]) -> usize {
    u64::from_le_bytes(*bytes.first_chunk().expect("a header")) as usize
}

/// The file with a part of its header replaced by something of any length; spaces at the header's end make up for it.
fn with_header(find: &str, replace: &str) -> Vec<u8> {
    let bytes = tiny();
    let data = 8 + header_len(&bytes);
    let header = std::str::from_utf8(&bytes[8..data]).expect("JSON");
    assert!(header.contains(find), "{find} is not in {header}");
    let mut header = header.trim_end().replace(find, replace);
    // Aligned as before, so that nothing else is wrong with the file.
    while !(8 + header.len()).is_multiple_of(64) {
        header.push(' ');
    }
    let mut made = (header.len() as u64).to_le_bytes().to_vec();
    made.extend_from_slice(header.as_bytes());
    made.extend_from_slice(&bytes[data..]);
    made
}

fn check(bytes: Vec<u8>, expected: &[&str]) {
    let error = Model::from_bytes(bytes)
        .expect_err("a damaged file")
        .to_string();
    for part in expected {
        assert!(error.contains(part), "{error:?} does not say {part:?}");
    }
}

#[test]
fn a_whole_file_opens_and_verifies() {
    let bytes = tiny();
    assert_eq!((8 + header_len(&bytes)) % 64, 0, "data is not aligned");
    let model = Model::from_bytes(bytes).expect("a whole file");
    model.verify().expect("its checksum");
}

#[test]
fn a_file_that_was_written_opens() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("tiny.safetensors");
    rnn_lsp::model::write_whole(&path, &tiny()).expect("room on the disk");
    let model = Model::open(&path).expect("a whole file");
    let whole = Model::from_bytes(tiny()).expect("a whole file");
    assert_eq!(model.identity(), whole.identity());
    assert_eq!(
        std::fs::read_dir(folder.path()).expect("a folder").count(),
        1,
        "a temporary file was left"
    );
    let missing = Model::open(&folder.path().join("missing")).expect_err("no file");
    assert!(matches!(missing, rnn_lsp::model::Error::Io(_)));
}

/// On Windows that takes a file that is not mapped.
#[test]
fn a_file_in_use_can_be_replaced_and_removed() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("tiny.safetensors");
    rnn_lsp::model::write_whole(&path, &tiny()).expect("room on the disk");
    let model = Model::open(&path).expect("a whole file");
    rnn_lsp::model::write_whole(&path, &tiny()).expect("it can be replaced");
    let again = Model::open(&path).expect("a whole file");
    std::fs::remove_file(&path).expect("it can be removed");
    model.verify().expect("it goes on");
    again.verify().expect("it goes on");
}

#[test]
fn every_truncation_is_an_error() {
    let bytes = tiny();
    let header = 8 + header_len(&bytes);
    let lengths = (0..header + 64)
        .chain((header..bytes.len()).step_by(61))
        .chain([bytes.len() - 1]);
    for length in lengths {
        assert!(
            ModelFile::new(Bytes::Owned(bytes[..length].to_vec())).is_err(),
            "{length} bytes of {} opened",
            bytes.len()
        );
    }
    let longer = [&bytes[..], &[0]].concat();
    assert!(
        ModelFile::new(Bytes::Owned(longer)).is_err(),
        "a byte too many"
    );
}

#[test]
fn every_flip_is_noticed() {
    let bytes = tiny();
    let header = 8 + header_len(&bytes);
    for at in (0..header).chain((header..bytes.len()).step_by(13)) {
        let mut flipped = bytes.clone();
        flipped[at] ^= 1 << (at % 8);
        let verified = Model::from_bytes(flipped).and_then(|model| model.verify());
        assert!(
            verified.is_err(),
            "bit {} of byte {at} went unnoticed",
            at % 8
        );
    }
}

#[test]
fn errors_say_what_was_found_and_expected() {
    check(Vec::new(), &["0 bytes", "expected a safetensors header"]);
    check(b"%PDF-1.7 is something else".to_vec(), &["not a model"]);
    check(
        u64::MAX.to_le_bytes().repeat(9),
        &["header of 18446744073709551615"],
    );
    check(
        with_header("rnn-lsp model 1", "rnn-lsp model 2"),
        &["rnn-lsp model 2", "expected \"rnn-lsp model 1\""],
    );
    check(
        with_header("\\\"hidden\\\":24", "\\\"hidden\\\":28"),
        &["[96] of F32, expected [112] of F32"],
    );
    check(
        with_header("\\\"hidden\\\":24", "\\\"hidden\\\":0"),
        &["hidden is 0", "expected 1 to"],
    );
    check(
        with_header("\\\"hidden\\\":24", "\\\"hidden\\\":99999999999"),
        &["hidden is 99999999999"],
    );
    check(
        with_header("\\\"layers\\\":2", "\\\"layers\\\":3"),
        &["no tensor lstm.2.input"],
    );
    check(
        with_header("\\\"layers\\\":2", "\\\"layers\\\":-2"),
        &["config in the header"],
    );
    check(with_header("\"F32\"", "\"I32\""), &["expected"]);
    check(
        with_header("\"shape\":[13,5]", "\"shape\":[5,13]"),
        &["gates is [5, 13] of F32, expected [13, 5] of F32"],
    );
    check(
        with_header("ngram.buckets", "ngram.baskets"),
        &["32 tensors, expected 26"],
    );
    check(
        with_header("ngram.shares", "ngram.chairs"),
        &["no tensor ngram.shares"],
    );
    check(
        with_header("known.shares", "known.chairs"),
        &["no tensor known.shares"],
    );
    check(
        with_header("\"shape\":[80]", "\"shape\":[40,2]"),
        &["[40, 2]", "expected"],
    );
    check(
        with_header("\"crc32\":\"", "\"crc32\":\"x"),
        &["expected 8 hexadecimal digits"],
    );
}
