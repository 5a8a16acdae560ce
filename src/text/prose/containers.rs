//! Blocks around prose that Markdown's dialects add and CommonMark takes for code, raw HTML or text: directives in fences
//! (MyST), divisions (`:::`, of Pandoc, Docusaurus, VitePress, MyST), admonitions and tabs by indentation (Material for
//! MkDocs), footnotes and definitions whose content is indented, components alone on their line (MDX).
//!
//! Their lines are rewritten, byte for byte, into ones that CommonMark reads as meant, so that it finds their content.

use std::borrow::Cow;
use std::ops::Range;

use super::lines::{Line, lines, list_marker};
use super::rst;
use super::templates::{self, Block};

/// MyST's directives in backquotes that hold prose. Of others nothing is known: most are programs to be run (`{r}`).
const PROSE: &[&str] = &[
    "abstract",
    "admonition",
    "aside",
    "attention",
    "blockquote",
    "card",
    "caution",
    "container",
    "danger",
    "deprecated",
    "details",
    "div",
    "dropdown",
    "epigraph",
    "error",
    "exercise",
    "figure",
    "glossary",
    "grid",
    "grid-item",
    "grid-item-card",
    "hint",
    "important",
    "list-table",
    "margin",
    "note",
    "pull-quote",
    "seealso",
    "sidebar",
    "solution",
    "tab-item",
    "tab-set",
    "table",
    "tip",
    "todo",
    "topic",
    "versionadded",
    "versionchanged",
    "warning",
];

/// Directives between colons that hold none, beside those of reStructuredText.
const CODE: &[&str] = &[
    "any:bundle",
    "anywidget",
    "code-cell",
    "embed",
    "eval-rst",
    "iframe",
    "tableofcontents",
];

/// Directives whose argument is no title.
const UNTITLED: &[&str] = &[
    "code",
    "container",
    "div",
    "figure",
    "grid",
    "grid-item",
    "solution",
    "tab-set",
    "versionadded",
    "versionchanged",
    "deprecated",
];

/// Elements whose content is no Markdown wherever their tags stand.
const RAW: &[&str] = &[
    "pre", "script", "style", "svg", "table", "tbody", "td", "textarea", "th", "thead", "tr",
];

/// Nobody nests more fences, and looking through more at each line would take quadratic time.
const DEEPEST: usize = 32;

/// Text with its containers rewritten.
#[derive(Debug)]
pub(super) struct Containers<'t> {
    /// As many bytes as the text, with line breaks where that has them.
    pub text: Cow<'t, str>,
    /// In order.
    pub heads: Vec<Head>,
}

/// The first line of a container that is rewritten into an item's.
#[derive(Debug)]
pub(super) struct Head {
    pub range: Range<usize>,
    /// The part of it that is text.
    pub text: Range<usize>,
    /// Whether what follows is a paragraph of its own.
    pub is_own: bool,
    /// Whether it is a footnote's, whose text is a paragraph and no item.
    pub is_note: bool,
}

/// Rewrites the containers of a text.
pub(super) fn read(text: &str) -> Containers<'_> {
    let mut writer = Writer {
        text,
        out: None,
        heads: Vec::new(),
        fences: Vec::new(),
        options: Options::None,
        block: None,
        blank: true,
    };
    for line in lines(text) {
        writer.line(&line);
    }
    let text = writer.out.map_or(Cow::Borrowed(text), |out| {
        Cow::Owned(String::from_utf8(out).expect("whole characters are replaced"))
    });
    Containers {
        text,
        heads: writer.heads,
    }
}

#[derive(Debug)]
struct Fence {
    mark: u8,
    count: usize,
    /// Whether it stands in an item or a quote, which a line at the margin ends.
    nested: bool,
    is_prose: bool,
}

/// What the lines behind a directive's first may be.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Options {
    None,
    /// `:key: value`, or the `---` that opens YAML.
    Possible,
    /// Between `---` and `---`.
    Yaml,
}

#[derive(Debug)]
struct Writer<'t> {
    text: &'t str,
    out: Option<Vec<u8>>,
    heads: Vec<Head>,
    fences: Vec<Fence>,
    options: Options,
    /// What is open and holds no prose.
    block: Option<Block>,
    /// Whether the line before was blank.
    blank: bool,
}

impl Writer<'_> {
    fn line(&mut self, line: &Line) {
        let after_blank = std::mem::replace(&mut self.blank, line.is_blank());
        let quoted = line.text.trim_start_matches([' ', '\t', '>']);
        let marker = list_marker(quoted);
        let mut content = quoted[marker..].trim_start();
        let at = line.start + line.text.len() - content.len();
        let mut rest = at..line.start + line.text.len();
        let nested = marker > 0 || line.text.trim_start().starts_with('>');
        if let Some(block) = self.block {
            self.fill(rest, b' ');
            self.block = self.block.filter(|_| !block.ends(content));
            return;
        }
        if self.option(content, &rest) {
            return;
        }
        let at_margin = !line.text.starts_with([' ', '\t', '>']);
        if after_blank && at_margin && !self.blank {
            let open = |fence: &Fence| fence.is_prose || !fence.nested;
            let kept = self.fences.iter().take_while(|f| open(f)).count();
            self.fences.truncate(kept);
        }
        if let Some(fence) = self.fences.last() {
            let run = run(content, fence.mark);
            if run >= fence.count && content[run..].trim().is_empty() {
                let code = (!fence.is_prose).then_some(b'~');
                if fence.mark == b':' || code.is_none() {
                    self.fill(rest, code.unwrap_or(b' '));
                }
                self.fences.pop();
                return;
            }
            if !fence.is_prose {
                return;
            }
        }
        if marker == 0 && content.starts_with(": ") {
            self.fill(rest.start..rest.start + 1, b'+');
            content = content[1..].trim_start();
            rest.start = rest.end - content.len();
            self.comment(content, &rest);
        }
        self.block = templates::opens(content);
        if self.block.is_some() {
            self.fill(rest, b' ');
            return;
        }
        match content.bytes().next() {
            Some(b'[') if is_note(content) => self.note(rest),
            Some(b'[') if marker == 0 => self.note_with_text(content, rest),
            Some(mark @ (b'`' | b'~' | b':')) => self.fence(content, mark, rest, nested),
            Some(b'!' | b'?' | b'=') if marker == 0 => self.admonition(content, rest),
            Some(b'<') if marker == 0 && is_tag(content) => self.fill(rest, b' '),
            _ => {}
        }
    }

    /// Whether the line is one of a directive's options, which are left out.
    fn option(&mut self, content: &str, rest: &Range<usize>) -> bool {
        let is_rule = content.trim_end() == "---";
        self.options = match self.options {
            Options::None => return false,
            Options::Possible if is_rule => Options::Yaml,
            Options::Possible if is_option(content) => Options::Possible,
            Options::Yaml if is_rule => Options::None,
            Options::Yaml if !content.is_empty() => Options::Yaml,
            _ => {
                self.options = Options::None;
                return false;
            }
        };
        self.fill(rest.clone(), b' ');
        true
    }

    fn fence(&mut self, content: &str, mark: u8, rest: Range<usize>, nested: bool) {
        let count = run(content, mark);
        let info = &content[count..];
        if count < 3 || (mark == b'`' && info.contains('`')) {
            return;
        }
        let named = directive(info);
        let is_prose = match named {
            Some((name, _)) if mark == b':' => {
                !rst::SKIPPED.contains(&name) && !CODE.contains(&name)
            }
            Some((name, _)) => PROSE.contains(&name) || name.starts_with("prf:"),
            None => mark == b':',
        };
        let is_closing = info.trim().is_empty() && mark == b':';
        if !is_closing && self.fences.len() < DEEPEST && (mark != b':' || !is_prose) {
            self.fences.push(Fence {
                mark,
                count,
                nested,
                is_prose,
            });
        }
        if !is_prose {
            if mark == b':' {
                self.fill(rest.start..rest.start + count, b'~');
                self.fill(rest.start + count..rest.end, b' ');
            }
            return;
        }
        let title = match named {
            Some((name, title)) if !UNTITLED.contains(&name) => title,
            None => bracketed(info),
            _ => "",
        };
        if named.is_some() {
            self.options = Options::Possible;
        }
        self.fill(rest.clone(), b' ');
        if let Some(found) = content.rfind(title).filter(|_| !title.is_empty()) {
            // Spaces between the mark of a heading and its text are free.
            let start = rest.start + found;
            self.keep(start..start + title.len());
            self.fill(rest.start..rest.start + 1, b'#');
        }
    }

    /// `!!! note "Title"`, `???+ note`, `=== "Tab"`: an item, whose content is indented by as much.
    fn admonition(&mut self, content: &str, rest: Range<usize>) {
        const MARKS: [&str; 6] = ["!!! ", "??? ", "???+ ", "=== ", "===+ ", "===! "];
        let Some(mark) = MARKS.iter().find(|mark| content.starts_with(**mark)) else {
            return;
        };
        let kind = content[mark.len()..].trim_start();
        let is_tab = mark.starts_with('=');
        let is_kind = |c: char| c.is_ascii_lowercase() || c == '"';
        if !kind.starts_with(if is_tab { |c| c == '"' } else { is_kind }) {
            return;
        }
        let title = match content.split_once('"') {
            Some((_, title)) => title.trim_end(),
            None => "",
        };
        let start = rest.end - title.len() - (content.len() - content.trim_end().len());
        let end = start + title.strip_suffix('"').unwrap_or(title).len();
        self.fill(rest.start..rest.start + 1, b'+');
        self.fill(rest.start + 1..rest.start + 4, b' ');
        if mark.len() > 4 {
            self.fill(rest.start + 4..rest.start + 5, b'.');
        }
        self.heads.push(Head {
            range: rest,
            text: if title.is_empty() {
                end..end
            } else {
                start..end
            },
            is_own: true,
            is_note: false,
        });
    }

    /// A comment with text behind it, which would be a block of HTML where it begins an item.
    fn comment(&mut self, content: &str, rest: &Range<usize>) {
        let close = content.find("-->").filter(|_| content.starts_with("<!--"));
        if let Some(close) = close {
            let end = rest.start + close + 3;
            self.fill(rest.start..end, b'.');
            self.heads.push(Head {
                range: rest.clone(),
                text: end..rest.end,
                is_own: false,
                is_note: false,
            });
        }
    }

    /// `[^1]:` alone on its line: an item, too, whose content is indented.
    fn note(&mut self, rest: Range<usize>) {
        self.fill(rest.clone(), b' ');
        self.fill(rest.start..rest.start + 1, b'+');
        self.heads.push(Head {
            text: rest.end..rest.end,
            range: rest,
            is_own: true,
            is_note: true,
        });
    }

    /// `[^1]: Text`: one, too, as further paragraphs of it are indented.
    fn note_with_text(&mut self, content: &str, rest: Range<usize>) {
        let Some((_, text)) = content
            .split_once("]: ")
            .filter(|(mark, _)| is_note_mark(mark))
        else {
            return;
        };
        let text = rest.end - text.trim_start().len()..rest.end;
        self.fill(rest.start..rest.start + 1, b'+');
        self.fill(rest.start + 1..rest.start + 4, b' ');
        self.fill(rest.start + 4..text.start, b'.');
        self.heads.push(Head {
            text,
            range: rest,
            is_own: false,
            is_note: true,
        });
    }

    /// Puts back a range as it was.
    fn keep(&mut self, range: Range<usize>) {
        if let Some(out) = &mut self.out {
            out[range.clone()].copy_from_slice(&self.text.as_bytes()[range]);
        }
    }

    /// Replaces a range by as many of one ASCII character.
    fn fill(&mut self, range: Range<usize>, by: u8) {
        let out = self
            .out
            .get_or_insert_with(|| self.text.as_bytes().to_vec());
        out[range].fill(by);
    }
}

/// Whether a line is the mark of a footnote and nothing else.
fn is_note(content: &str) -> bool {
    let mark = content.trim_end().strip_suffix("]:");
    mark.is_some_and(is_note_mark)
}

/// Whether this is the mark of a footnote, up to its closing bracket.
fn is_note_mark(mark: &str) -> bool {
    mark.strip_prefix("[^")
        .is_some_and(|name| !name.is_empty() && !name.contains([' ', ']']))
}

/// The run of a mark that a text begins with.
fn run(text: &str, mark: u8) -> usize {
    text.bytes().take_while(|b| *b == mark).count()
}

/// The name and the rest of `{name} rest`.
fn directive(info: &str) -> Option<(&str, &str)> {
    let (name, rest) = info.trim_start().strip_prefix('{')?.split_once('}')?;
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | ':' | '_');
    (name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.chars().all(is_name))
        .then(|| (name, rest.trim()))
}

/// The title in `tip[Title]`, Docusaurus's way.
fn bracketed(info: &str) -> &str {
    let is_title = info.starts_with(|c: char| c.is_ascii_alphabetic());
    let title = info.split_once('[').filter(|_| is_title);
    title.map_or("", |(_, title)| title.split(']').next().unwrap_or(title))
}

/// `:key: value`.
fn is_option(content: &str) -> bool {
    let key = |key: &str| !key.is_empty() && !key.contains(' ');
    content
        .strip_prefix(':')
        .and_then(|rest| rest.split_once(':'))
        .is_some_and(|(name, value)| key(name) && (value.is_empty() || value.starts_with(' ')))
}

/// Whether a line is one tag and nothing else: `<Aside type="tip">`, `</details>`.
fn is_tag(content: &str) -> bool {
    let Some(inner) = content
        .trim_end()
        .strip_prefix('<')
        .and_then(|c| c.strip_suffix('>'))
    else {
        return false;
    };
    let name = inner.strip_prefix('/').unwrap_or(inner);
    let length = name
        .bytes()
        .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-'))
        .count();
    let raw = RAW
        .iter()
        .any(|raw| raw.eq_ignore_ascii_case(&name[..length]));
    let ends = name[length..].is_empty() || name[length..].starts_with([' ', '/']);
    name.starts_with(|c: char| c.is_ascii_alphabetic()) && ends && !raw && !inner.contains('<')
}

#[cfg(test)]
mod tests {
    use super::super::Language::Markdown;
    use super::super::tests::{check, check_cursor};

    #[test]
    fn admonitions() {
        check(
            Markdown,
            "a\n\n!!! note \"The title\"\n\n    Text *x*.\n\n        code\n\n    - item\n\nend",
            &["P a", "I The title", "P Text |x|.", "I item", "P end"],
        );
        check(
            Markdown,
            "!!! tip inline end\n    Text\n    more\n",
            &[r"P Text\n|more"],
        );
        check(
            Markdown,
            "???+ note \"T\"\n\n    Text\n",
            &["I T", "P Text"],
        );
        check(
            Markdown,
            "=== \"One\"\n\n    ``` js\n    x\n    ```\n\n=== \"Two\"\n\n    !!! tip\n\n        Text\n",
            &["I One", "I Two", "P Text"],
        );
        check(
            Markdown,
            "1. a\n\n    !!! note\n\n        Text\n",
            &["I a", "P Text"],
        );
        check(
            Markdown,
            "!!! What is that?\n\nTitle\n===\n",
            &["P !!! What is that?", "H Title"],
        );
    }

    #[test]
    fn notes_and_definitions() {
        check(
            Markdown,
            "x\n\n  [^1]:\n    Text\n    more.\n\n    Last\n\nend",
            &["P x", r"P Text\n|more.", "P Last", "P end"],
        );
        check(
            Markdown,
            "x[^1]\n\n[^1]: The *note*\nand more.\n\n    Last *one*.\n[^b]: more\n\n[^c]: - x\n\nend",
            &[
                "P x",
                r"P The |note|\nand more.",
                "P Last |one|.",
                "P more",
                "P - x",
                "P end",
            ],
        );
        check(
            Markdown,
            "[^1]:\n    Text\n[^2]:\n    more\n",
            &["P Text", "P more"],
        );
        check(
            Markdown,
            "`x`\n\n:   Text\n    more\n\n    Last\n\nTerm\n: one\n: two\n",
            &[r"I Text\n|more", "P Last", "P Term", "I one", "I two"],
        );
        check(
            Markdown,
            ":   <!-- x --> Text *y* z\n    more\n\n    Last\n",
            &[r"I Text |y| z\n|more", "P Last"],
        );
        check(
            Markdown,
            ":   !!! tip \"T\"\n\n        Text\n",
            &["I T", "P Text"],
        );
    }

    #[test]
    fn directives() {
        check(
            Markdown,
            "a\n```{note} The *title*\n:class: x\n:name: y\nText\n```\nend",
            &["P a", "H The |title", "P Text", "P end"],
        );
        check(
            Markdown,
            "```{r}\nx <- 1\n```\n\n```{code-block} c\nx\n```\n",
            &[],
        );
        check(
            Markdown,
            "````{tip}\n---\nkey: value\n---\nText\n```c\nx\n```\nmore\n````\n",
            &["P Text", "P more"],
        );
        check(Markdown, "```\n```{note}\nx\n```\n", &[]);
        check(
            Markdown,
            "::::{grid} 2\n:::{card} Title\nText\n:::\n::::\n",
            &["H Title", "P Text"],
        );
        check(
            Markdown,
            ":::{math}\n:label: x\ny = x\n:::\n\nend",
            &["P end"],
        );
        check(
            Markdown,
            ":::tip[A title]\n\nText\n\n:::\n::: {.note}\nmore\n:::\n",
            &["H A title", "P Text", "P more"],
        );
        check(
            Markdown,
            "- a\n  ```{note}\n  Text\n  ```\n- b",
            &["I a", "P Text", "I b"],
        );
    }

    #[test]
    fn components() {
        check(
            Markdown,
            "<Aside type=\"tip\">\nText *x*.\n</Aside>\n\n<details>\n<summary>x</summary>\n\nmore\n</details>",
            &["P Text |x|.", "P x", "P more"],
        );
        check(
            Markdown,
            "<pre>\nx\n</pre>\n\n<script>\n<b>\n\ny\n</script>\n",
            &[],
        );
        check(Markdown, "<table>\n<tr>\n<td>\nx\n</table>\n", &["I x"]);
    }

    #[test]
    fn cursors() {
        check_cursor(Markdown, "!!! note\n\n    $0", "Paragraph ");
        check_cursor(Markdown, "!!! note\n    a $0", "Paragraph a ");
        check_cursor(Markdown, "!!! note \"a $0", "Item a ");
        check_cursor(Markdown, "!!! note$0", "-");
        check_cursor(Markdown, "=== \"$0\"", "Item ");
        check_cursor(Markdown, "```{note}\n$0", "Paragraph ");
        check_cursor(Markdown, "```{note}\na $0\n```", "Paragraph a ");
        check_cursor(Markdown, "```{note} $0\n```", "Heading ");
        check_cursor(Markdown, "```{note}\n:class: $0\n```", "-");
        check_cursor(Markdown, "```{python}\n$0\n```", "-");
        check_cursor(Markdown, ":::note\n$0\n:::", "Paragraph ");
        check_cursor(Markdown, ":::note $0", "-");
        check_cursor(Markdown, "<Aside>\na $0\n</Aside>", "Paragraph a ");
        check_cursor(Markdown, "<Aside $0>", "-");
    }
}
