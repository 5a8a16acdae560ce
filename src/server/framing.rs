//! What stands between the client's bytes and the protocol library.
//!
//! The library ends at the first frame it cannot decode, takes only header names spelled one way, and drops messages
//! whose URIs are not strictly RFC 3986. Editors send such things, and nobody wants to lose the server over one of
//! them. So every frame is read here first: good ones pass unchanged, parameters are mended (`repair`), and a frame that is no
//! message is replaced by a request that is answered with the error it deserves.

use super::repair::repair;
use serde_json::Value;
use std::io;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tower_lsp::jsonrpc::{Request, Response};

/// The method of the request that stands for a frame that is no message.
pub(super) const UNREADABLE: &str = "rnn-lsp/unreadable";

/// No message is longer; a length beyond this is garbage, after which no frame can be found again.
const MAX_BODY: usize = 1 << 30;

/// No header line is longer; what is longer is skipped in pieces.
const MAX_LINE: u64 = 8 << 10;

/// Forwards frames from `input` to `output` until the input ends. Calls `on_exit` when the client says `exit`.
pub(super) async fn forward(
    input: impl AsyncRead + Unpin,
    mut output: impl AsyncWrite + Unpin,
    on_exit: impl FnOnce(),
) -> io::Result<()> {
    let mut input = BufReader::new(input);
    let mut on_exit = Some(on_exit);
    while let Some(length) = read_header(&mut input).await? {
        let body = match length {
            Length::Bytes(length) => read_body(&mut input, length).await?,
            Length::Missing => Vec::new(),
        };
        let (body, method) = inspect(body);
        output
            .write_all(format!("Content-Length: {}\r\n\r\n", body.len()).as_bytes())
            .await?;
        output.write_all(&body).await?;
        output.flush().await?;
        if method == Method::Exit
            && let Some(on_exit) = on_exit.take()
        {
            on_exit();
        }
    }
    Ok(())
}

/// What a header says about its body.
#[derive(Debug, PartialEq, Eq)]
enum Length {
    Bytes(usize),
    /// Header lines, but no usable `Content-Length`: the body cannot be told from the next header.
    Missing,
}

/// Reads up to the empty line. Lines that are no header are garbage and skipped, so that a lost frame costs only itself.
async fn read_header(input: &mut (impl AsyncBufReadExt + Unpin)) -> io::Result<Option<Length>> {
    let mut length = None;
    let mut line = Vec::new();
    let mut lines = 0;
    loop {
        line.clear();
        if (&mut *input)
            .take(MAX_LINE)
            .read_until(b'\n', &mut line)
            .await?
            == 0
        {
            return Ok(None);
        }
        let text = line.trim_ascii();
        if !text.is_empty() {
            lines += 1;
            length = content_length(text).or(length);
        } else if lines > 0 {
            return match length {
                Some(length) if length > MAX_BODY => Err(io::Error::new(
                    io::ErrorKind::InvalidData,
                    format!("a message of {length} bytes, more than {MAX_BODY}"),
                )),
                Some(length) => Ok(Some(Length::Bytes(length))),
                None => Ok(Some(Length::Missing)),
            };
        }
    }
}

/// The number in a `Content-Length` line. Header names have no case; garbage may precede the name on the same line when
/// an earlier body was longer than it said.
fn content_length(line: &[u8]) -> Option<usize> {
    const NAME: &[u8] = b"content-length:";
    let at = line
        .windows(NAME.len())
        .position(|window| window.eq_ignore_ascii_case(NAME))?;
    let value = line[at + NAME.len()..].trim_ascii();
    std::str::from_utf8(value).ok()?.parse().ok()
}

async fn read_body(input: &mut (impl AsyncRead + Unpin), length: usize) -> io::Result<Vec<u8>> {
    // Grows with what arrives: a wrong length must not cost a gigabyte.
    let mut body = Vec::with_capacity(length.min(1 << 20));
    let read = input.take(length as u64).read_to_end(&mut body).await?;
    if read < length {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(body)
}

/// What [`forward`] has to know of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Method {
    Exit,
    Other,
}

/// The body to pass on.
fn inspect(body: Vec<u8>) -> (Vec<u8>, Method) {
    if let Ok(request) = serde_json::from_slice::<Request>(&body)
        && !request.method().is_empty()
    {
        let method = if request.method() == "exit" {
            Method::Exit
        } else {
            Method::Other
        };
        let repaired = repair(request.method(), request.params()).map(|params| {
            let mut whole: Value = serde_json::from_slice(&body).expect("it parsed as a request");
            whole["params"] = params;
            whole.to_string().into_bytes()
        });
        return (repaired.unwrap_or(body), method);
    }
    if serde_json::from_slice::<Response>(&body).is_ok() {
        return (body, Method::Other);
    }
    // The text may be prose: only its size is logged.
    tracing::warn!(bytes = body.len(), "a message that is not JSON-RPC 2.0");
    let id = serde_json::from_slice::<Value>(&body)
        .ok()
        .and_then(|value| match value.get("id") {
            Some(id @ (Value::Number(_) | Value::String(_))) => Some(id.clone()),
            _ => None,
        });
    let readable = id.is_some();
    let request = serde_json::json!({
        "jsonrpc": "2.0", "id": id, "method": UNREADABLE, "params": { "json": readable },
    });
    (request.to_string().into_bytes(), Method::Other)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bodies that reach the library, and whether `exit` was seen.
    fn forwarded(input: &[u8]) -> (Vec<String>, bool) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        let mut output = Vec::new();
        let mut exit = false;
        let _ = runtime.block_on(forward(input, &mut output, || exit = true));
        let text = String::from_utf8(output).unwrap();
        let bodies = text.split("Content-Length: ").skip(1);
        (
            bodies
                .map(|frame| frame.split_once("\r\n\r\n").unwrap().1.to_owned())
                .collect(),
            exit,
        )
    }

    fn frame(body: &str) -> String {
        format!("Content-Length: {}\r\n\r\n{body}", body.len())
    }

    const PING: &str = r#"{"jsonrpc":"2.0","method":"ping","id":1}"#;

    #[test]
    fn good_frames_pass_unchanged() {
        let answer = r#"{"jsonrpc":"2.0","result":null,"id":3}"#;
        let (bodies, exit) = forwarded((frame(PING) + &frame(answer)).as_bytes());
        assert_eq!(bodies, [PING, answer]);
        assert!(!exit);
    }

    #[test]
    fn exit_is_noticed() {
        assert!(forwarded(frame(r#"{"jsonrpc":"2.0","method":"exit"}"#).as_bytes()).1);
    }

    #[test]
    fn headers_are_read_generously() {
        let check = |header: &str| {
            let input = format!("{header}\r\n\r\n{PING}").replace("LEN", &PING.len().to_string());
            assert_eq!(forwarded(input.as_bytes()).0, [PING], "{header}");
        };
        check("content-length: LEN");
        check("Content-Length:LEN");
        check("Content-Type: application/vscode-jsonrpc\r\nContent-Length: LEN");
        check(
            "Content-Length: LEN\r\nContent-Type: application/vscode-jsonrpc; charset=utf8\r\nX-A: b\r\nX-C: d",
        );
        check("rest of a body that was longer than it saidContent-Length: LEN");
    }

    #[test]
    fn a_broken_frame_costs_only_itself() {
        let check = |broken: &str, expected: &str| {
            let (bodies, _) = forwarded((broken.to_owned() + &frame(PING)).as_bytes());
            assert_eq!(bodies.len(), 2, "{broken}");
            assert!(
                bodies[0].contains(UNREADABLE) && bodies[0].contains(expected),
                "{}",
                bodies[0]
            );
            assert_eq!(bodies[1], PING);
        };
        check(&frame("{"), r#""id":null"#);
        check(&frame("[]"), r#""id":null"#);
        check(
            &frame(r#"{"jsonrpc":"1.0","method":"x","id":7}"#),
            r#""id":7"#,
        );
        check(&frame(r#"{"jsonrpc":"2.0","id":"a"}"#), r#""id":"a""#);
        check("X: y\r\n\r\n", r#""id":null"#);
        check("Content-Length: many\r\n\r\n", r#""id":null"#);
    }

    #[test]
    fn an_absurd_length_ends_the_input() {
        assert!(
            forwarded(b"Content-Length: 99999999999\r\n\r\n")
                .0
                .is_empty()
        );
        assert!(forwarded(b"Content-Length: 1000\r\n\r\n{}").0.is_empty());
    }
}
