//! HTML: what stands between the tags, paragraph by paragraph.
//!
//! A tokenizer as small as the question: an HTML parser builds a tree or decodes text, and either loses the place of
//! what it read.

use super::Break;
use super::builder::Builder;
use super::pieces::LENGTH;

/// Elements that are code in a sentence.
const CODE: &[&str] = &["code", "kbd", "samp", "var", "tt"];

/// Elements without prose.
const SKIPPED: &[&str] = &[
    "script", "style", "pre", "code", "kbd", "samp", "var", "tt", "textarea", "svg", "math",
    "head", "template", "iframe", "object", "select", "nav", "xmp", "canvas", "audio", "video",
    "noscript",
];

/// Elements that are part of a sentence. All others begin and end paragraphs.
const INLINE: &[&str] = &[
    "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "data", "del", "dfn", "em", "font",
    "i", "img", "ins", "label", "mark", "q", "rp", "rt", "ruby", "s", "small", "span", "strike",
    "strong", "sub", "sup", "time", "u", "wbr",
];

/// Reads a piece of HTML.
pub(super) fn extract<'t>(text: &'t str, builder: &mut Builder<'t>) {
    run(text, 0, usize::MAX, builder);
}

/// Reads the HTML that stands from `start` on to the end of `text`.
pub(super) fn extract_from<'t>(text: &'t str, start: usize, builder: &mut Builder<'t>) {
    run(text, start, usize::MAX, builder);
}

/// The name of a tag of inline code, and whether it closes.
pub(super) fn code_tag(tag: &str) -> Option<(&'static str, bool)> {
    let (name, closes) = tag_name(tag);
    let known = CODE.iter().find(|known| known.eq_ignore_ascii_case(name));
    known.map(|known| (*known, closes))
}

/// The first paragraph's tag that a piece can end before.
pub(super) fn next_cut(text: &str) -> Option<usize> {
    run(text, 0, LENGTH, &mut Builder::new(text))
}

/// Reads from `start` on to the end, or to the first paragraph, heading or division that begins at `limit` or behind.
fn run<'t>(text: &'t str, start: usize, limit: usize, builder: &mut Builder<'t>) -> Option<usize> {
    let mut from = start;
    let mut at = start;
    while let Some(found) = memchr::memchr2(b'<', b'&', &text.as_bytes()[at..]) {
        at += found;
        let end = if text.as_bytes()[at] == b'&' {
            entity_end(text, at)
        } else {
            markup_end(text, at)
        };
        let Some(end) = end else {
            at += 1;
            continue;
        };
        builder.push(from..at);
        let (name, closes) = tag_name(&text[at..end]);
        let name = name.to_ascii_lowercase();
        let name = name.as_str();
        if at >= limit
            && !closes
            && matches!(
                name,
                "p" | "div" | "section" | "article" | "h1" | "h2" | "h3" | "h4" | "li"
            )
        {
            return Some(at);
        }
        at = end;
        if !name.is_empty() {
            let empty = text[..end].ends_with("/>");
            if SKIPPED.contains(&name) && !closes && !empty {
                at = element_end(text, end, name);
                let inner = &text[end..at];
                let inner = &inner[..inner.rfind("</").unwrap_or(inner.len())];
                if CODE.contains(&name) && !inner.contains(['<', '&']) {
                    builder.push_code(end..end + inner.len());
                }
            }
            if !INLINE.contains(&name) && !CODE.contains(&name) && name != "math" {
                builder.expect(starts(name, closes));
            }
        }
        from = at;
    }
    builder.push(from..text.len());
    None
}

fn starts(name: &str, closes: bool) -> Break {
    match name {
        _ if closes => Break::Paragraph,
        "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "title" => Break::Heading,
        "li" | "dt" | "dd" | "td" | "th" => Break::Item,
        "blockquote" => Break::Quote,
        _ => Break::Paragraph,
    }
}

/// Where the tag, comment, declaration or template expression at `at` ends: the text's end if it is not closed, `None`
/// if it is none.
fn markup_end(text: &str, at: usize) -> Option<usize> {
    let rest = &text[at..];
    let ending = |close: &str| {
        Some(
            rest.find(close)
                .map_or(text.len(), |length| at + length + close.len()),
        )
    };
    if rest.starts_with("<!--") {
        return ending("-->");
    }
    if rest.starts_with("<![CDATA[") {
        return ending("]]>");
    }
    if rest.starts_with("<?") {
        return ending("?>");
    }
    let name = rest[1..].trim_start_matches('/');
    if !name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '!') && !rest.starts_with("</>")
    {
        return None;
    }
    let mut quote = None;
    for (index, b) in rest.bytes().enumerate() {
        match (b, quote) {
            (b'>', None) => return Some(at + index + 1),
            // Quotes only quote behind an equals sign.
            (b'"' | b'\'', None) if rest[..index].trim_end().ends_with('=') => quote = Some(b),
            (b, Some(open)) if b == open => quote = None,
            _ => {}
        }
    }
    Some(text.len())
}

/// Where the character reference at `at` ends, if it is one.
fn entity_end(text: &str, at: usize) -> Option<usize> {
    let name = text[at + 1..].trim_start_matches('#');
    let length = name
        .bytes()
        .take(32)
        .take_while(u8::is_ascii_alphanumeric)
        .count();
    (length > 0 && name[length..].starts_with(';')).then(|| text.len() - name.len() + length + 1)
}

/// The name of a tag, empty for other markup, and whether the tag closes.
fn tag_name(tag: &str) -> (&str, bool) {
    let inner = tag.trim_start_matches('<');
    let name = inner.trim_start_matches('/');
    let length = name
        .bytes()
        .take_while(|b| b.is_ascii_alphanumeric() || *b == b'-')
        .count();
    let is_tag = tag.starts_with('<') && name.starts_with(|c: char| c.is_ascii_alphabetic());
    (
        if is_tag { &name[..length] } else { "" },
        name.len() < inner.len(),
    )
}

/// Where the element ends whose start tag ends at `at`; the text's end if it is not closed.
fn element_end(text: &str, at: usize, name: &str) -> usize {
    let nests = !matches!(name, "script" | "style" | "textarea" | "xmp");
    let mut depth = 1;
    let mut index = at;
    while let Some(found) = memchr::memchr(b'<', &text.as_bytes()[index..]) {
        index += found + 1;
        let rest = &text.as_bytes()[index..];
        let closes = rest.first() == Some(&b'/');
        let rest = if closes { &rest[1..] } else { rest };
        let same = rest.len() >= name.len()
            && rest[..name.len()].eq_ignore_ascii_case(name.as_bytes())
            && !rest.get(name.len()).is_some_and(u8::is_ascii_alphanumeric);
        if same && closes {
            depth -= 1;
        } else if same && nests {
            depth += 1;
        }
        if depth == 0 {
            return memchr::memchr(b'>', &text.as_bytes()[index..])
                .map_or(text.len(), |end| index + end + 1);
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::super::Language::Html;
    use super::super::tests::{check, check_cursor};

    #[test]
    fn elements() {
        check(
            Html,
            "<!doctype html><html><head><title>no</title></head><body><h1>Title</h1>\n<p class=\"a>b\">One <b>two</b>.</p><p>Three</body></html>",
            &["H Title", "P One |two|.", "P Three"],
        );
        check(
            Html,
            "<ul><li>one<li>two <code>x</code> more</ul>",
            &["I one", "I two | more"],
        );
        check(Html, "<blockquote><p>said</p></blockquote>", &["P said"]);
        check(
            Html,
            "<blockquote>said</blockquote>after",
            &["Q said", "P after"],
        );
        check(
            Html,
            "<script>if (a < b) '<p>'</script><STYLE>x</STYLE><pre>no</pre>yes",
            &["P yes"],
        );
        check(
            Html,
            "<table><tr><th>Name<th>Use<tr><td>One <b>two</b></td><td>7</td></table>after",
            &["I Name", "I Use", "I One |two", "I 7", "P after"],
        );
        check(Html, "<nav><nav></nav>no</nav>yes", &["P yes"]);
        check(
            Html,
            "a<!-- no -->b &amp; c&nbsp;d < e & f",
            &["P a|b | c|d < e & f"],
        );
        check(Html, "<p>a {{ b.c }} d {% if x %}e</p>", &["P a | d |e"]);
        check(Html, "one<br>two", &["P one", "P two"]);
        check(Html, "<p>a\nb\n\nc</p>", &[r"P a\nb\n\nc"]);
        check(Html, "<?php echo 1 ?>a<![CDATA[no]]>b", &["P a|b"]);
    }

    #[test]
    fn cursors() {
        check_cursor(Html, "<p>$0</p>", "Paragraph ");
        check_cursor(Html, "<p>One $0", "Paragraph One ");
        check_cursor(Html, "<li>$0</li>", "Item ");
        check_cursor(Html, "<h2>$0</h2>", "Heading ");
        check_cursor(Html, "<p>One <b>$0</b></p>", "Paragraph One ");
        check_cursor(Html, "<p cl$0", "-");
        check_cursor(Html, "<a href=\"$0\">x</a>", "-");
        check_cursor(Html, "<code>a $0", "-");
        check_cursor(Html, "<!-- a $0", "-");
        check_cursor(Html, "<script>$0</script>", "-");
    }
}
