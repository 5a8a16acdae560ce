//! What Markdown's dialects and template languages add to it, found in the text that CommonMark leaves.

use std::ops::Range;

use super::inline::{emphasis, enclosed, line_end, run_before};

/// Shortcodes and template tags, attributes and expressions in braces, comments (`%%`), emoji by name, highlighting,
/// LaTeX commands, and the imports and exports of MDX.
pub(super) fn markup(text: &str, source: Range<usize>, holes: &mut Vec<Range<usize>>) {
    if is_module_line(&text[source.clone()]) {
        holes.push(source);
        return;
    }
    let bytes = text.as_bytes();
    let mut at = source.start;
    let special = |b: &u8| matches!(b, b'{' | b':' | b'%' | b'^' | b'=' | b'\\');
    while let Some(found) = bytes[at..source.end].iter().position(special) {
        at += found;
        let hole = match bytes[at] {
            b'{' => template(text, &source, at).or_else(|| braces(text, &source, at)),
            b':' => emoji(text, &source, at),
            b'%' => enclosed(text, &source, at, "%%", "%%").map(|end| at..end),
            b'^' => text[at..source.end].starts_with("^[").then(|| at..at + 1),
            b'=' => emphasis(text, &source, at).filter(|run| run.len() == 2),
            _ => command(text, &source, at),
        };
        at = match hole {
            Some(hole) => {
                let end = hole.end;
                holes.push(hole);
                end
            }
            None => at + 1,
        };
    }
}

/// Template tags alone, for formats in which the rest means nothing.
pub(super) fn templates(text: &str, source: Range<usize>, holes: &mut Vec<Range<usize>>) {
    let mut at = source.start;
    while let Some(found) = memchr::memchr(b'{', &text.as_bytes()[at..source.end]) {
        at += found;
        let hole = template(text, &source, at);
        at = hole.as_ref().map_or(at + 1, |hole| hole.end);
        holes.extend(hole);
    }
}

/// `{{...}}` and `{%...%}`, over several lines.
fn template(text: &str, source: &Range<usize>, at: usize) -> Option<Range<usize>> {
    let end = enclosed(text, source, at, "{{", "}}")
        .or_else(|| enclosed(text, source, at, "{%", "%}"))?;
    Some(at..end)
}

/// `{.class}`, `{props.name}`: braces in prose are rare enough.
fn braces(text: &str, source: &Range<usize>, at: usize) -> Option<Range<usize>> {
    let end = enclosed(text, source, at, "{", "}")?;
    (end <= line_end(text, source, at)).then_some(at..end)
}

/// `:tada:`
fn emoji(text: &str, source: &Range<usize>, at: usize) -> Option<Range<usize>> {
    let name =
        |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'_' | b'+' | b'-');
    let length = text.as_bytes()[at + 1..source.end]
        .iter()
        .take_while(|b| name(b))
        .count();
    let end = at + length + 2;
    let closes = length > 1 && end <= source.end && text.as_bytes()[end - 1] == b':';
    let word = run_before(text, source, at, |b| b.is_ascii_alphanumeric()) > 0;
    let letters = closes && text[at + 1..end].contains(|c: char| c.is_ascii_lowercase());
    (letters && !word).then_some(at..end)
}

/// `\begin{align}...\end{align}`, `\newpage`, `\vspace{1cm}`; while it is being typed, `\` alone.
fn command(text: &str, source: &Range<usize>, at: usize) -> Option<Range<usize>> {
    if text[at..source.end].starts_with("\\begin{") {
        let close = enclosed(text, source, at, "\\begin{", "\\end{")
            .map_or(source.end, |end| line_end(text, source, end));
        return Some(at..close);
    }
    let rest = &text[at + 1..source.end];
    let letters = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
    if letters == 0 {
        return None;
    }
    let mut end = at + 1 + letters;
    while let Some(close) =
        enclosed(text, source, end, "{", "}").or_else(|| enclosed(text, source, end, "[", "]"))
    {
        end = close;
    }
    Some(at..end)
}

/// `import A from "a"`, `export const ...`
fn is_module_line(source: &str) -> bool {
    let line = source
        .lines()
        .next()
        .unwrap_or("")
        .trim_end()
        .trim_end_matches(';');
    let quoted = line.ends_with(['"', '\'']);
    let import = source.starts_with("import ")
        && quoted
        && (line.contains(" from ")
            || line.starts_with("import \"")
            || line.starts_with("import '"));
    let export = [
        "const ",
        "let ",
        "var ",
        "default ",
        "function ",
        "{",
        "* from",
    ];
    import
        || source
            .strip_prefix("export ")
            .is_some_and(|rest| export.iter().any(|word| rest.starts_with(word)))
}

#[cfg(test)]
mod tests {
    use super::super::Language::Markdown;
    use super::super::tests::{check, check_cursor};

    #[test]
    fn dialects() {
        check(
            Markdown,
            "a {{< ref \"x_y_z\" >}} b {% if x %} c",
            &["P a | b | c"],
        );
        check(Markdown, "::: {.note}\nText.\n:::\n", &["P Text."]);
        check(Markdown, "> ::: x\n> Text.", &["Q Text."]);
        check(
            Markdown,
            "a [b]{.c} :tada: %%no%% ==d== 10:30:45 {e}",
            &["P a |b| | | |d| 10:30:45"],
        );
        check(
            Markdown,
            "import A from './a'\n\nexport const x = 1;\n\nimport your things from home.",
            &["P import your things from home."],
        );
        check(
            Markdown,
            "\\begin{align}\nno\n\\end{align}\n\nyes \\newpage",
            &["P yes"],
        );
        check(
            Markdown,
            "`{` and `}` and a^[A note.]",
            &["P  and | and a|A note."],
        );
        check(
            Markdown,
            "as [@knuth, p. 3] or @knuth says",
            &["P as |, p. 3| or | says"],
        );
        check(Markdown, "a = b; x == y: z", &["P a = b; x == y: z"]);
    }

    #[test]
    fn cursors() {
        check_cursor(Markdown, "::: $0", "-");
        check_cursor(Markdown, "::: note\n$0\n:::", "Paragraph ");
        check_cursor(Markdown, "a {{< $0", "-");
    }
}
