//! JSON behind a line with its checksum: what is damaged is noticed before it is believed.

/// Why what was read is not what was written.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Broken {
    /// It does not start as it should.
    #[error("expected a first line of {0:?} and a checksum")]
    FirstLine(&'static str),
    /// It was changed.
    #[error("checksum {found:08x}, expected {expected:08x}")]
    Checksum {
        /// Of what is there.
        found: u32,
        /// Of what was written.
        expected: u32,
    },
}

/// `json` with `first_line` and its checksum in front.
pub(super) fn seal(first_line: &'static str, json: &[u8]) -> Vec<u8> {
    let mut bytes = format!("{first_line}{:08x}\n", crc32fast::hash(json)).into_bytes();
    bytes.extend(json);
    bytes
}

/// What [`seal`] was given.
pub(super) fn open<'a>(first_line: &'static str, bytes: &'a [u8]) -> Result<&'a [u8], Broken> {
    let parts = || {
        let rest = bytes.strip_prefix(first_line.as_bytes())?;
        let (checksum, rest) = rest.split_first_chunk::<8>()?;
        let checksum = std::str::from_utf8(checksum).ok()?;
        let expected = u32::from_str_radix(checksum, 16).ok()?;
        Some((expected, rest.strip_prefix(b"\n")?))
    };
    let (expected, json) = parts().ok_or(Broken::FirstLine(first_line))?;
    let found = crc32fast::hash(json);
    match found == expected {
        true => Ok(json),
        false => Err(Broken::Checksum { found, expected }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_flipped_bit_is_noticed() {
        let sealed = seal("a file 1 ", br#"{"a":1}"#);
        assert_eq!(open("a file 1 ", &sealed), Ok(&br#"{"a":1}"#[..]));
        for at in 0..sealed.len() {
            let mut bytes = sealed.clone();
            bytes[at] ^= 1;
            assert!(open("a file 1 ", &bytes).is_err(), "byte {at}");
        }
        assert!(open("a file 2 ", &sealed).is_err() && open("a file 1 ", b"").is_err());
    }
}
