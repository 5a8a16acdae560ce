//! Commit messages: plain text with code in backticks, without comments, trailers and the diff.

use std::ops::Range;

use super::builder::Builder;
use super::lines::{Line, lines};
use super::pieces::LENGTH;
use super::plain::Paragraphs;

/// Reads a piece of a commit message.
pub(super) fn extract(text: &str, builder: &mut Builder) {
    let mut message = Message::default();
    for line in lines(text) {
        if !message.line(line, builder) {
            break;
        }
    }
}

/// A blank line before the diff, outside code.
pub(super) fn next_cut(text: &str) -> Option<usize> {
    let mut message = Message::default();
    let mut builder = Builder::new(text);
    let mut blank = false;
    for line in lines(text) {
        if blank
            && !line.is_blank()
            && line.start >= LENGTH
            && message.fence.is_none()
            && !is_end(line.text)
        {
            return Some(line.start);
        }
        blank = line.is_blank();
        if !message.line(line, &mut builder) {
            break;
        }
    }
    None
}

#[derive(Debug, Default)]
struct Message {
    paragraphs: Paragraphs,
    /// The fence that ends an open code block.
    fence: Option<&'static str>,
    /// Whether the line before was indented code.
    code: bool,
}

impl Message {
    /// Adds a line; false where the message ends.
    fn line(&mut self, line: Line, builder: &mut Builder) -> bool {
        if is_end(line.text) {
            return false;
        }
        let content = line.text.trim();
        let opens = ["```", "~~~"]
            .into_iter()
            .find(|fence| content.starts_with(fence));
        if let Some(fence) = self.fence {
            if opens == Some(fence) {
                self.fence = None;
            }
            return true;
        }
        if opens.is_some() {
            self.fence = opens;
            builder.end();
            return true;
        }
        if line.text.starts_with('#') || line.text.starts_with("JJ:") {
            return true;
        }
        let deep = line.text.starts_with("    ") || line.text.starts_with('\t');
        self.code = deep && (self.code || !builder.is_open());
        if self.code || is_trailer(content) {
            builder.end();
            return true;
        }
        let kind = if line.start == 0 {
            conventional_kind(line.text)
        } else {
            0
        };
        let rest = Line {
            text: &line.text[kind..],
            start: line.start + kind,
            next: line.next,
        };
        self.paragraphs.line(rest, builder);
        true
    }
}

/// The scissors or the start of a diff.
fn is_end(line: &str) -> bool {
    line.starts_with("diff --git ") || (line.contains(" >8 ---") && line.contains("--- "))
}

/// `Signed-off-by: ...`, `Change-Id: ...`, `Fixes: #1`.
fn is_trailer(line: &str) -> bool {
    let Some((name, value)) = line.split_once(": ") else {
        return false;
    };
    let known = ["Fixes", "Closes", "Refs", "Link", "Bug", "Issue", "See"].contains(&name)
        && !value.trim().contains(' ');
    let dashed = name.contains('-')
        && name.starts_with(|c: char| c.is_ascii_uppercase())
        && name.bytes().all(|b| b.is_ascii_alphabetic() || b == b'-');
    known || dashed
}

/// The length of `feat(scope)!: ` at the start of a subject.
fn conventional_kind(line: &str) -> usize {
    const KINDS: [&str; 12] = [
        "feat", "fix", "docs", "style", "refactor", "perf", "test", "tests", "build", "ci",
        "chore", "revert",
    ];
    let letters = line.bytes().take_while(u8::is_ascii_lowercase).count();
    if !KINDS.contains(&&line[..letters]) {
        return 0;
    }
    let mut rest = &line[letters..];
    if let Some(scope) = rest.strip_prefix('(') {
        rest = scope.split_once(')').map_or("", |(_, rest)| rest);
    }
    match rest.trim_start_matches('!').strip_prefix(": ") {
        Some(rest) => line.len() - rest.len(),
        None => 0,
    }
}

/// Code in backticks, also while it is being written.
pub(super) fn markup(text: &str, source: Range<usize>, holes: &mut Vec<Range<usize>>) {
    let mut at = source.start;
    while let Some(found) = memchr::memchr(b'`', &text.as_bytes()[at..source.end]) {
        let start = at + found;
        let ticks = text[start..source.end]
            .bytes()
            .take_while(|b| *b == b'`')
            .count();
        let inside = &text[start + ticks..source.end];
        at = match inside.find(&text[start..start + ticks]) {
            Some(length) => start + length + 2 * ticks,
            None => start + ticks + inside.find(['\n', '\r']).unwrap_or(inside.len()),
        };
        holes.push(start..at);
    }
}

#[cfg(test)]
mod tests {
    use super::super::Language::GitCommit;
    use super::super::tests::{check, check_cursor};

    #[test]
    fn messages() {
        check(
            GitCommit,
            "Add a thing\n\nIt does `x` so that\nall is well.\n\n- one\n- two\n# Please enter\n#\n# ---- >8 ----\nno\n",
            &[
                "P Add a thing",
                r"P It does | so that\nall is well.",
                "I one",
                "I two",
            ],
        );
        check(GitCommit, "fix(parser)!: handle it\n", &["P handle it"]);
        check(GitCommit, "fixes: handle it\n", &["P fixes: handle it"]);
        check(
            GitCommit,
            "a\n\n    code here\n    more\n\nb",
            &["P a", "P b"],
        );
        check(GitCommit, "a\n\n```\ncode\n```\nb", &["P a", "P b"]);
        check(
            GitCommit,
            "a\n\nSigned-off-by: A B <a@b.c>\nFixes: #12\n",
            &["P a"],
        );
        check(
            GitCommit,
            "a\n# ------------------------ >8 ------------------------\nno",
            &["P a"],
        );
        check(GitCommit, "a\ndiff --git a/b b/b\n+no", &["P a"]);
    }

    #[test]
    fn cursors() {
        check_cursor(
            GitCommit,
            "$0\n# Please enter the commit message",
            "Paragraph ",
        );
        check_cursor(GitCommit, "a\n\n$0\n# Please enter", "Paragraph ");
        check_cursor(GitCommit, "a\n\n# Please $0", "-");
        check_cursor(GitCommit, "a\n# ---- >8 ----\ndiff $0", "-");
        check_cursor(GitCommit, "a `b $0", "-");
        check_cursor(GitCommit, "a\n\n- $0", "Item ");
    }
}
