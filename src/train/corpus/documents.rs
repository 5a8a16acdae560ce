//! The documents of a file, one at a time.
//!
//! A line with nothing but a form feed ends a document. Memory is bounded by [`LONGEST_UNCUT`], so a file may be larger
//! than memory, and a line without end (a device, a dump) does not grow forever.

use std::io::{self, BufRead, Read};
use std::path::Path;

use super::{Flow, Skips, unpack};

/// A document longer than this is read as several, cut at a blank line where there is one.
const LONGEST: usize = 8 << 20;
/// The same, cut anywhere: a text without blank lines.
const LONGEST_UNCUT: usize = 2 * LONGEST;

/// Calls `each` with every document of the file, in order, until it says stop. What is not UTF-8 text is noted in
/// `skips` and left out: the file, or only the document where the file has several.
pub(super) fn each_document(
    path: &Path,
    skips: &mut Skips,
    each: &mut dyn FnMut(String) -> Flow,
) -> Flow {
    let reader = match unpack::open(path) {
        Ok(reader) => reader,
        Err(error) => {
            skips.add(path, error);
            return Flow::On;
        }
    };
    let mut documents = Documents {
        reader,
        carried: Vec::new(),
    };
    let mut count = 0;
    loop {
        let bytes = match documents.next() {
            Ok(Some(bytes)) => bytes,
            Ok(None) => return Flow::On,
            Err(error) => {
                let place = if count == 0 {
                    String::new()
                } else {
                    format!("after document {count}: ")
                };
                skips.add(path, format!("{place}{error}"));
                return Flow::On;
            }
        };
        count += 1;
        match text(bytes) {
            Ok(text) => {
                if each(text) == Flow::Stop {
                    return Flow::Stop;
                }
            }
            Err(what) if count == 1 && documents.at_end() => skips.add(path, what),
            Err(what) => skips.add(path, format!("document {count}: {what}")),
        }
    }
}

struct Documents {
    reader: Box<dyn BufRead>,
    /// The start of the next document, where one was cut inside a character.
    carried: Vec<u8>,
}

impl Documents {
    /// The bytes of the next document; `None` at the end of the file.
    fn next(&mut self) -> io::Result<Option<Vec<u8>>> {
        let mut document = std::mem::take(&mut self.carried);
        loop {
            let before = document.len();
            let mut reader = self.reader.by_ref().take((LONGEST_UNCUT - before) as u64);
            if reader.read_until(b'\n', &mut document)? == 0 {
                return Ok((!document.is_empty()).then_some(document));
            }
            let blank = document[before..].trim_ascii().is_empty();
            if blank && document[before] == b'\x0c' {
                document.truncate(before);
                // Two separators in a row, or one at the start, have nothing between them.
                if document.trim_ascii().is_empty() {
                    document.clear();
                    continue;
                }
                return Ok(Some(document));
            }
            if blank && document.len() >= LONGEST {
                return Ok(Some(document));
            }
            if document.len() == LONGEST_UNCUT {
                self.carried = document.split_off(last_boundary(&document));
                return Ok(Some(document));
            }
        }
    }

    fn at_end(&mut self) -> bool {
        self.reader.fill_buf().is_ok_and(<[u8]>::is_empty)
    }
}

/// Where the last character starts that may be cut off.
fn last_boundary(bytes: &[u8]) -> usize {
    let tail = bytes.iter().rev().take(4);
    let continuations = tail.take_while(|&&byte| byte & 0xc0 == 0x80).count();
    bytes.len().saturating_sub(continuations + 1)
}

/// The document's text, or what is wrong with it.
fn text(bytes: Vec<u8>) -> Result<String, String> {
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        return Err("UTF-16, expected UTF-8".to_owned());
    }
    let text = String::from_utf8(bytes)
        .map_err(|error| format!("not UTF-8 at byte {}", error.utf8_error().valid_up_to()))?;
    if text.contains('\0') {
        return Err("not text: it has zero bytes".to_owned());
    }
    match text.strip_prefix('\u{feff}') {
        Some(rest) => Ok(rest.to_owned()),
        None => Ok(text),
    }
}
