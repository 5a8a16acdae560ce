//! Standard input and output, with as few changes of thread as there can be.
//!
//! The runtime's own give each read and each write to a pool of threads: a message changes threads four times, its answer
//! three, and on a busy machine each change waits for its turn. Here one thread reads all the time, and answers are
//! written at once where that cannot block.

use std::io::{self, Read};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf, Stdout};
use tokio::sync::mpsc;

/// Bytes read at once.
const CHUNK: usize = 64 << 10;

/// Chunks that may wait: a client that sends faster than messages are decoded is held up.
const CHUNKS: usize = 4;

/// Bytes that a pipe or a socket takes without blocking when it says that it takes any.
#[cfg(unix)]
const AT_ONCE: usize = if cfg!(target_os = "linux") { 4096 } else { 512 };

/// See [`input`].
#[derive(Debug)]
pub(super) struct Input {
    chunks: mpsc::Receiver<io::Result<Vec<u8>>>,
    chunk: Vec<u8>,
    taken: usize,
}

/// Standard input, read by a thread of its own, which ends with the process.
pub(super) fn input() -> io::Result<Input> {
    let (sender, chunks) = mpsc::channel(CHUNKS);
    std::thread::Builder::new()
        .name("input".to_owned())
        .stack_size(128 << 10)
        .spawn(move || read(&mut io::stdin().lock(), &sender))?;
    Ok(Input {
        chunks,
        chunk: Vec::new(),
        taken: 0,
    })
}

/// Passes on all that can be read, until the end, an error, or until nobody listens.
fn read(input: &mut impl Read, chunks: &mpsc::Sender<io::Result<Vec<u8>>>) {
    let mut buffer = vec![0; CHUNK];
    loop {
        let chunk = match input.read(&mut buffer) {
            Ok(0) => return,
            Ok(count) => Ok(buffer[..count].to_vec()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => Err(error),
        };
        let is_last = chunk.is_err();
        if chunks.blocking_send(chunk).is_err() || is_last {
            return;
        }
    }
}

impl AsyncRead for Input {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        out: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.taken == self.chunk.len() {
            match ready!(self.chunks.poll_recv(context)) {
                Some(chunk) => (self.chunk, self.taken) = (chunk?, 0),
                None => return Poll::Ready(Ok(())),
            }
        }
        let rest = &self.chunk[self.taken..];
        let count = rest.len().min(out.remaining());
        out.put_slice(&rest[..count]);
        self.taken += count;
        Poll::Ready(Ok(()))
    }
}

/// Standard output. What it does not take at once goes through the runtime's.
#[derive(Debug)]
pub(super) struct Output {
    slow: Stdout,
    is_slow: bool, // until what went through the runtime's is flushed
}

/// Standard output.
pub(super) fn output() -> Output {
    Output {
        slow: tokio::io::stdout(),
        is_slow: false,
    }
}

impl AsyncWrite for Output {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if !self.is_slow
            && let Some(result) = write_at_once(bytes)
        {
            return Poll::Ready(result);
        }
        self.is_slow = true;
        Pin::new(&mut self.slow).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.is_slow {
            ready!(Pin::new(&mut self.slow).poll_flush(context))?;
            self.is_slow = false;
        }
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_flush(context)
    }
}

/// Writes as much as cannot block; `None` if anything might.
#[cfg(unix)]
fn write_at_once(bytes: &[u8]) -> Option<io::Result<usize>> {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use rustix::io::Errno;

    let stdout = io::stdout();
    let mut state = [PollFd::new(&stdout, PollFlags::OUT)];
    let now = Timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    let is_ready = poll(&mut state, Some(&now)).is_ok() && state[0].revents() == PollFlags::OUT;
    if !is_ready {
        return None;
    }
    match rustix::io::write(&stdout, &bytes[..bytes.len().min(AT_ONCE)]) {
        Ok(count) => Some(Ok(count)),
        Err(Errno::INTR | Errno::AGAIN) => None,
        Err(error) => Some(Err(error.into())),
    }
}

#[cfg(not(unix))]
fn write_at_once(_: &[u8]) -> Option<io::Result<usize>> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::AsyncReadExt;

    #[test]
    fn what_is_read_arrives_whole() {
        let bytes: Vec<u8> = (0..1_000_000u32).map(|i| i.to_le_bytes()[1]).collect();
        let (sender, chunks) = mpsc::channel(CHUNKS);
        let input = bytes.clone();
        std::thread::spawn(move || read(&mut &*input, &sender));
        let mut input = Input {
            chunks,
            chunk: Vec::new(),
            taken: 0,
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .expect("a runtime");
        let mut found = Vec::new();
        let count = runtime.block_on(input.read_to_end(&mut found));
        assert_eq!(count.expect("no error"), bytes.len());
        assert_eq!(found, bytes);
    }
}
