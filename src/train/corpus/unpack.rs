//! Reading files as they are and decompressed.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

/// Bytes read from a file at a time.
const BUFFER: usize = 1 << 16;
/// Bytes decompressed at a time.
const BLOCK: usize = 1 << 17;

/// Opens a file for reading, decompressed as its extension says, a buffer at a time.
pub(super) fn open(path: &Path) -> io::Result<Box<dyn BufRead>> {
    let file = BufReader::with_capacity(BUFFER, File::open(path)?);
    Ok(match path.extension().and_then(OsStr::to_str) {
        Some("zst") => Box::new(BufReader::with_capacity(BLOCK, Zstd::new(file))),
        Some("gz") => Box::new(BufReader::with_capacity(BLOCK, MultiGzDecoder::new(file))),
        _ => Box::new(file),
    })
}

/// All frames of a zstd file one after the other. (`StreamingDecoder` stops after the first, and `cat a.zst b.zst` or
/// a parallel compressor makes several.)
struct Zstd<R> {
    source: R,
    decoder: FrameDecoder,
}

impl<R: BufRead> Zstd<R> {
    fn new(source: R) -> Zstd<R> {
        Zstd {
            source,
            decoder: FrameDecoder::new(),
        }
    }

    /// Starts the next frame; `false` at the end of the file.
    fn next_frame(&mut self) -> io::Result<bool> {
        while !self.source.fill_buf()?.is_empty() {
            match self.decoder.reset(&mut self.source) {
                Ok(()) => return Ok(true),
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                    length,
                    ..
                })) => {
                    let mut skipped = (&mut self.source).take(u64::from(length));
                    io::copy(&mut skipped, &mut io::sink())?;
                }
                Err(error) => return Err(io::Error::new(io::ErrorKind::InvalidData, error)),
            }
        }
        Ok(false)
    }

    fn check(&self) -> io::Result<()> {
        match (
            self.decoder.get_checksum_from_data(),
            self.decoder.get_calculated_checksum(),
        ) {
            (Some(stored), Some(computed)) if stored != computed => Err(io::Error::new(
                io::ErrorKind::InvalidData,
                format!("checksum {computed:08x}, expected {stored:08x}"),
            )),
            _ => Ok(()),
        }
    }
}

impl<R: BufRead> Read for Zstd<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while !out.is_empty() {
            if self.decoder.can_collect() > 0 {
                return self.decoder.read(out);
            }
            if !self.decoder.is_finished() {
                let strategy = BlockDecodingStrategy::UptoBytes(BLOCK);
                self.decoder
                    .decode_blocks(&mut self.source, strategy)
                    .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
                continue;
            }
            self.check()?;
            if !self.next_frame()? {
                break;
            }
        }
        Ok(0)
    }
}
