//! What stands in running text but is no prose in any format: addresses, paths, file names, user names.
//!
//! They are neither predictable nor anybody's style, and some of them are secret.

use std::ops::Range;

/// Appends the spans of such things within `range` to `holes`.
pub(super) fn find(text: &str, range: Range<usize>, holes: &mut Vec<Range<usize>>) {
    let bytes = text.as_bytes();
    let mut at = range.start;
    // Every such thing contains one of these four, and few ordinary words do.
    while let Some(found) = bytes[at..range.end]
        .iter()
        .position(|b| matches!(b, b'.' | b'/' | b'@' | b'\\'))
    {
        let trigger = at + found;
        let inside = |b: &&u8| !breaks(**b);
        let start = trigger - bytes[at..trigger].iter().rev().take_while(inside).count();
        let end = trigger + bytes[trigger..range.end].iter().take_while(inside).count();
        let token = &text[start..end];
        at = end.max(trigger + 1);
        if let Some(span) = classify(token) {
            let span = start + span.start..start + span.end;
            let span_end = with_parentheses(text, span.clone(), end, range.end);
            holes.push(span.start..span_end);
            at = at.max(span_end);
        }
    }
}

/// Whether an ASCII character ends a token. (Other white space and quotes are rare enough to be trimmed.)
fn breaks(b: u8) -> bool {
    b.is_ascii_whitespace()
        || matches!(
            b,
            b'<' | b'>'
                | b'"'
                | b'('
                | b')'
                | b'['
                | b']'
                | b'{'
                | b'}'
                | b'|'
                | b'`'
                | b'^'
                | b','
        )
}

/// The part of a token that is an address or a path.
fn classify(token: &str) -> Option<Range<usize>> {
    let wrapping = |c: char| {
        matches!(
            c,
            '*' | '_'
                | '\''
                | '!'
                | '?'
                | ';'
                | ':'
                | '.'
                | '…'
                | '“'
                | '”'
                | '‘'
                | '’'
                | '—'
                | '–'
                | '„'
                | '«'
                | '»'
        )
    };
    let trailing = token.trim_end_matches(wrapping);
    let leading = |c: char| wrapping(c) && c != '.';
    let body = trailing.trim_start_matches(leading);
    let start = trailing.len() - body.len();
    let whole = Some(start..trailing.len());
    if let Some(colon) = body.find("://") {
        let scheme = body[..colon]
            .bytes()
            .rev()
            .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'))
            .count();
        return Some(start + colon - scheme..token.len() - trailing_marks(token));
    }
    let starts = |prefix: &str| {
        body.get(..prefix.len())
            .is_some_and(|b| b.eq_ignore_ascii_case(prefix))
    };
    if starts("www.") || starts("mailto:") {
        return whole;
    }
    if let Some(at) = body.find('@') {
        let name = body[at + 1..].starts_with(|c: char| c.is_alphanumeric() || c == '_');
        return if name { whole } else { None };
    }
    if is_path(body) || is_file_name(body) {
        return whole;
    }
    None
}

/// An address may end in a slash or a dash, but a sentence's punctuation behind it is not its own.
fn trailing_marks(token: &str) -> usize {
    let marks = |c: char| {
        matches!(
            c,
            '.' | '!' | '?' | ';' | ':' | '\'' | '*' | '_' | '’' | '”' | '…' | '»'
        )
    };
    token.len() - token.trim_end_matches(marks).len()
}

fn is_path(body: &str) -> bool {
    let drive = |b: &[u8]| {
        b.len() > 3 && b[0].is_ascii_alphabetic() && b[1] == b':' && matches!(b[2], b'\\' | b'/')
    };
    let name = |s: &str| {
        s.chars()
            .next()
            .is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | '.'))
    };
    let rooted = ["./", "../", "~/", ".\\", "..\\", "\\\\"]
        .iter()
        .any(|root| body.strip_prefix(root).is_some_and(name))
        || body
            .strip_prefix('/')
            .and_then(|rest| rest.split_once('/'))
            .is_some_and(|(a, b)| name(a) && name(b));
    if drive(body.as_bytes()) || (rooted && body.len() > 2) {
        return true;
    }
    let Some((folder, last)) = body.rsplit_once('/') else {
        return false;
    };
    // "and/or", "he/she/they" and "1/2" are prose; "src/main", "docs/" and "a/b.txt" are not.
    let technical = |s: &str| s.contains(['_', '.', '$', '%', '~', '=']) || s.starts_with('.');
    let folders = [
        "src", "lib", "bin", "usr", "etc", "home", "tests", "docs", "target",
    ];
    !folder.is_empty() && (technical(folder) || technical(last) || folders.contains(&folder))
}

/// A name with one of the endings that files and hosts have.
fn is_file_name(body: &str) -> bool {
    const ENDINGS: &str = " com org net edu gov io dev info rs py js ts jsx tsx mjs md markdown qmd rmd txt toml json yaml \
        yml xml html htm css scss c h cc cpp hpp cs go java kt rb php sh bash zsh fish ps1 bat exe dll so lua vim el \
        tex bib rst adoc org typ pdf png jpg jpeg gif svg webp mp3 mp4 mkv zip gz tar zst xz csv tsv sql db lock log \
        conf cfg ini env docx xlsx odt ipynb ";
    let Some((stem, ending)) = body.rsplit_once('.') else {
        return false;
    };
    let known = || {
        ENDINGS.find(ending).is_some_and(|_| {
            ENDINGS
                .split_ascii_whitespace()
                .any(|known| known == ending)
        })
    };
    let stem_ok = stem
        .chars()
        .next_back()
        .is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '*'));
    let dotfile = stem.is_empty()
        && ending.len() > 2
        && ending.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    (stem_ok && known()) || dotfile
}

/// Where an address ends that goes on in balanced parentheses, as Wikipedia's do.
fn with_parentheses(text: &str, span: Range<usize>, token_end: usize, limit: usize) -> usize {
    if !text[span.clone()].contains("://") || !text[token_end..limit].starts_with('(') {
        return span.end;
    }
    match text[token_end..limit].find(|c: char| c == ')' || c.is_whitespace()) {
        Some(close) if text[token_end + close..].starts_with(')') => token_end + close + 1,
        _ => span.end,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is left of a text.
    fn check(text: &str, expected: &str) {
        let mut holes = Vec::new();
        find(text, 0..text.len(), &mut holes);
        let mut left = String::new();
        let mut at = 0;
        for hole in holes {
            left.push_str(&text[at..hole.start]);
            left.push('|');
            at = hole.end;
        }
        left.push_str(&text[at..]);
        assert_eq!(left, expected, "{text:?}");
    }

    #[test]
    fn addresses() {
        check("see https://a.b/c?d=e#f.", "see |.");
        check("(http://a.b/c), then", "(|), then");
        check("https://en.wikipedia.org/wiki/Foo_(bar) and", "| and");
        check("**https://a.b**!", "**|**!");
        check("www.example.com, or example.org: both", "|, or |: both");
        check("write to anna@example.com.", "write to |.");
        check("mailto:anna@example.com", "|");
        check("ask @anna-b, not @ or a @ b", "ask |, not @ or a @ b");
        check("git@github.com:a/b.git", "|");
    }

    #[test]
    fn paths() {
        check("in /usr/bin/env or ~/x or ./a", "in | or | or |");
        check("in src/main.rs:12 or docs/", "in | or |");
        check("C:\\Users\\x and \\\\host\\y", "| and |");
        check("edit README.md, .gitignore and *.toml", "edit |, | and *|");
    }

    #[test]
    fn ordinary_words_stay() {
        for text in [
            "and/or, he/she/they, 1/2, 24/7, w/o, /so to say/",
            "e.g. this, i.e. that, U.S. and Ph.D. etc.",
            "an end.Then a start...and so on.",
            "3.14 or 1.2.3; a / b",
            "ein Satz… “so.” ‘x.’ “y.”",
        ] {
            check(text, text);
        }
    }
}
