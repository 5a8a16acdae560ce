//! reStructuredText: a line scanner for blocks, told by indentation, and one for inline markup.

use std::ops::Range;

use super::Break;
use super::builder::Builder;
use super::grid::Table;
use super::inline::{emphasis, enclosed, line_end, run_before};
use super::lines::{Line, list_marker, with_next};
use super::pieces::cut_at_margin;

/// Directives whose content is no prose. Of all others it is: each says how its content is read, and nearly all have it read as the
/// text around them.
pub(super) const SKIPPED: &[&str] = &[
    "aafig",
    "argparse",
    "asciinema",
    "autosummary",
    "bibliography",
    "blockdiag",
    "c:alias",
    "code",
    "code-block",
    "code-tab",
    "command-output",
    "cpp:alias",
    "csv-table",
    "date",
    "digraph",
    "doctest",
    "exec_code",
    "grammar",
    "grammar-snippet",
    "graph",
    "graphviz",
    "image",
    "include",
    "index",
    "inheritance-diagram",
    "ipython",
    "jupyter-execute",
    "literalinclude",
    "math",
    "mermaid",
    "meta",
    "nbgallery",
    "nwdiag",
    "parsed-literal",
    "plantuml",
    "plot",
    "productionlist",
    "program-output",
    "prompt",
    "pyrepl",
    "raw",
    "role",
    "runblock",
    "seqdiag",
    "sourcecode",
    "testcleanup",
    "testcode",
    "testoutput",
    "testsetup",
    "tikz",
    "toctree",
    "uml",
    "unicode",
];

/// Those whose own line is text too.
const PROSE_LINE: &[&str] = &[
    "note",
    "warning",
    "tip",
    "hint",
    "important",
    "caution",
    "danger",
    "error",
    "attention",
    "admonition",
    "seealso",
    "topic",
    "sidebar",
    "rubric",
    "centered",
    "todo",
    "epigraph",
    "highlights",
    "pull-quote",
    "table",
    "list-table",
    "impl-detail",
    "availability",
];

/// How the names begin of those whose text begins right below their own line, which is their argument: `versionadded`,
/// `version-removed`, `deprecated-removed`.
const PROSE_BELOW: &[&str] = &["version", "deprecated"];

/// Roles whose text is read as part of the sentence.
const PROSE_ROLES: &[&str] = &[
    "ref",
    "doc",
    "term",
    "any",
    "numref",
    "emphasis",
    "strong",
    "title",
    "title-reference",
    "abbr",
    "dfn",
    "sub",
    "sup",
    "subscript",
    "superscript",
    "guilabel",
    "menuselection",
];

/// Reads a piece of reStructuredText.
pub(super) fn extract(text: &str, builder: &mut Builder) {
    let mut reader = Reader::default();
    for (line, next) in with_next(text) {
        reader.line(line, next, builder);
    }
}

/// A line at the margin behind a blank one, outside tables: everything else ends there.
pub(super) fn next_cut(text: &str) -> Option<usize> {
    let mut reader = Reader::default();
    let mut builder = Builder::new(text);
    cut_at_margin(text, |line, next| {
        reader.line(line, next, &mut builder);
        reader.table.is_none()
    })
}

#[derive(Debug, Default)]
struct Reader {
    /// Lines indented deeper than this are left out.
    skipped: Option<usize>,
    /// The indentation of a paragraph that announced a literal block.
    announced: Option<usize>,
    /// The open table.
    table: Option<Table>,
    /// What may follow a directive's own line.
    head: Option<Head>,
    /// A doctest runs to the next blank line.
    doctest: bool,
    /// The indentation of the open paragraph's text.
    indent: usize,
}

/// What stands between a directive's own line and its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Head {
    /// Options.
    Options,
    /// The rest of an argument, indented deeper than this, and options. A blank line ends it.
    Argument(usize),
}

impl Reader {
    fn line(&mut self, line: Line, next: Option<Line>, builder: &mut Builder) {
        let indent = line.indent();
        let content = line.text[indent..].trim_end();
        if content.is_empty() {
            self.head = None;
            self.doctest = false;
            if self.table.as_mut().is_some_and(Table::ends_at_blank) {
                self.table = None;
            }
            return builder.expect(Break::Paragraph);
        }
        if self.skipped.is_some_and(|outside| indent > outside) || self.doctest {
            return;
        }
        self.skipped = None;
        if let Some(Head::Argument(outside)) = self.head
            && indent > outside
        {
            return;
        }
        if let Some(outside) = self.announced.take()
            && indent > outside
        {
            self.skipped = Some(outside);
            return;
        }
        if self.is_table(line, next, builder) || is_rule(content) {
            return;
        }
        if content.starts_with(">>> ") {
            self.doctest = true;
        } else if content == ".." || content.starts_with(".. ") {
            self.explicit(line, indent, builder);
        } else if content.starts_with("__ ") {
            self.skipped = Some(indent);
        } else if let Some(name) = field(content) {
            if self.head.is_none() {
                builder.begin(Break::Item);
                self.text(line, indent, indent + name, builder);
            }
        } else if next.is_some_and(|next| is_rule(next.text.trim_end()) && !builder.is_open()) {
            builder.begin(Break::Heading);
            builder.push(line.from(indent));
            builder.end();
        } else {
            self.paragraph(line, next, indent, content, builder);
        }
    }

    fn paragraph(
        &mut self,
        line: Line,
        next: Option<Line>,
        indent: usize,
        content: &str,
        builder: &mut Builder,
    ) {
        self.head = None;
        let marker = marker(content);
        if marker > 0 {
            builder.begin(Break::Item);
        } else if builder.is_open() && indent > self.indent {
            // The definition below a term.
            builder.expect(Break::Paragraph);
        }
        let verse = if content.starts_with("| ") { 2 } else { 0 };
        let last = next.is_none_or(|next| next.is_blank());
        if last && content.ends_with("::") {
            self.announced = Some(indent);
            let colon = usize::from(content.len() > 2 && !content.ends_with(" ::"));
            let end = line.start + indent + content.len() - 2 + colon;
            builder.push(line.start + indent + marker..end);
        } else {
            self.text(line, indent, indent + marker + verse, builder);
        }
        self.indent = indent + marker;
    }

    fn text(&mut self, line: Line, indent: usize, skip: usize, builder: &mut Builder) {
        self.indent = indent;
        builder.push(line.from(skip));
    }

    /// `.. directive::`, `.. [1] footnote`, `.. _target:`, `.. comment`.
    fn explicit(&mut self, line: Line, indent: usize, builder: &mut Builder) {
        builder.end();
        let start =
            indent + 2 + line.text[indent + 2..].len() - line.text[indent + 2..].trim_start().len();
        let body = &line.text[start..];
        if body.starts_with('[')
            && let Some(close) = body.find("] ")
        {
            builder.begin(Break::Paragraph);
            self.text(line, start, start + close + 2, builder);
            return;
        }
        let name = body.split("::").next().unwrap_or("");
        let is_name = |b: u8| b.is_ascii_alphanumeric() || b"-_.:+".contains(&b);
        let is_directive = name.len() < body.len()
            && name.starts_with(|c: char| c.is_ascii_alphanumeric())
            && name.bytes().all(is_name);
        if !is_directive || SKIPPED.contains(&name) || name.starts_with("doxygen") {
            self.skipped = Some(indent);
            return;
        }
        let argument = start + name.len() + 2;
        self.indent = indent + 3;
        let is_prose = PROSE_LINE.contains(&name);
        let is_short = is_prose || PROSE_BELOW.iter().any(|start| name.starts_with(start));
        self.head = Some(match line.text[argument..].trim().is_empty() || is_short {
            true => Head::Options,
            false => Head::Argument(indent),
        });
        if is_prose {
            builder.push(line.from(argument));
        }
    }

    /// Whether the line is in a table, or begins one.
    fn is_table(&mut self, line: Line, next: Option<Line>, builder: &mut Builder) -> bool {
        match &mut self.table {
            Some(table) => {
                if !table.line(line, next, builder) {
                    self.table = None;
                }
                true
            }
            None => {
                self.table = Table::begin(line);
                if self.table.is_some() {
                    builder.end();
                }
                self.table.is_some()
            }
        }
    }
}

/// A line of one punctuation character.
fn is_rule(line: &str) -> bool {
    let first = line.bytes().next().unwrap_or(b' ');
    line.len() >= 2
        && first.is_ascii_punctuation()
        && first != b':'
        && line.bytes().all(|b| b == first)
        && (line.len() > 2 || matches!(first, b'=' | b'-' | b'~' | b'^'))
}

/// The length of `:name: ` at the start of a field.
fn field(content: &str) -> Option<usize> {
    let inner = content.strip_prefix(':')?;
    let end = inner.find(':')?;
    let name = &inner[..end];
    let after = &inner[end + 1..];
    let plain = !name.is_empty() && !name.starts_with(' ') && !name.contains('`');
    (plain && (after.is_empty() || after.starts_with(' '))).then_some(end + 2)
}

/// The length of list markers, those of its own included: `#. `, `(1) `, and `* - ` of a table that is written as a list.
fn marker(content: &str) -> usize {
    let first = one_marker(content);
    match content[first..].starts_with("- ") && content.starts_with(['*', '-']) {
        true => first + 2,
        false => first,
    }
}

fn one_marker(content: &str) -> usize {
    if content.starts_with("#. ") {
        return 3;
    }
    match content.strip_prefix('(') {
        Some(inner) => match list_marker(inner) {
            0 => 0,
            length if inner.starts_with(|c: char| c.is_ascii_digit()) => length + 1,
            _ => 0,
        },
        None => list_marker(content),
    }
}

/// Literals, roles, references, emphasis.
pub(super) fn markup(text: &str, source: Range<usize>, holes: &mut Vec<Range<usize>>) {
    let bytes = text.as_bytes();
    let mut at = source.start;
    let special = |b: &u8| matches!(b, b'\\' | b'`' | b'*' | b'|' | b'_' | b'[');
    while let Some(found) = bytes[at..source.end].iter().position(special) {
        at += found;
        let hole = match bytes[at] {
            b'\\' => Some(at..at + 1),
            b'`' => {
                at = interpreted(text, &source, at, holes);
                continue;
            }
            b'*' => emphasis(text, &source, at),
            b'|' => enclosed(text, &source, at, "|", "|")
                .filter(|end| !text[at + 1..*end].starts_with(' ') && *end > at + 2)
                .map(|end| at..end),
            b'_' => reference_mark(text, &source, at),
            _ => enclosed(text, &source, at, "[", "]_")
                .filter(|end| !text[at..*end].contains(' '))
                .map(|end| at..end),
        };
        at = match hole {
            Some(hole) => {
                let escapes = bytes[at] == b'\\';
                holes.push(hole.clone());
                let next = text[hole.end..].chars().next().map_or(0, char::len_utf8);
                if escapes {
                    (hole.end + next).min(source.end)
                } else {
                    hole.end
                }
            }
            None => at + 1,
        };
    }
}

/// The underscore behind a reference: `Python_`.
fn reference_mark(text: &str, source: &Range<usize>, at: usize) -> Option<Range<usize>> {
    let run = text[at..source.end]
        .bytes()
        .take_while(|b| *b == b'_')
        .count();
    let before = text[source.start..at].ends_with(char::is_alphanumeric);
    let after = text[at + run..source.end].starts_with(|c: char| c.is_alphanumeric());
    (before && !after).then_some(at..at + run)
}

/// What begins with backquotes at `at`; the offset behind it.
fn interpreted(
    text: &str,
    source: &Range<usize>,
    at: usize,
    holes: &mut Vec<Range<usize>>,
) -> usize {
    if text[at..source.end].starts_with("``") {
        let end = enclosed(text, source, at, "``", "``").unwrap_or(source.end);
        holes.push(at..end);
        return end;
    }
    let role_length = run_before(text, source, at, |b| {
        b.is_ascii_alphanumeric() || matches!(b, b':' | b'-' | b'_' | b'.' | b'+')
    });
    let role = &text[at - role_length..at];
    let is_role = role.len() > 2 && role.starts_with(':') && role.ends_with(':');
    let start = if is_role { at - role_length } else { at };
    // What is not closed yet goes to the end of its line.
    let closed = enclosed(text, source, at, "`", "`");
    let end = closed.unwrap_or_else(|| line_end(text, source, at));
    let inner = &text[at + 1..end - usize::from(closed.is_some())];
    let marks = text[end..source.end]
        .bytes()
        .take_while(|b| *b == b'_')
        .count();
    let prose = if is_role {
        PROSE_ROLES.contains(&role.trim_matches(':'))
    } else {
        marks > 0 || inner.contains(char::is_whitespace)
    };
    if !prose {
        holes.push(start..end + marks);
        return end + marks;
    }
    let target = inner
        .rfind('<')
        .map_or(inner.len(), |target| inner[..target].trim_end().len());
    if target == inner.len() && is_role && !inner.contains(' ') && role != ":term:" {
        holes.push(start..end);
        return end;
    }
    holes.push(start..at + 1);
    holes.push(at + 1 + target..end + marks);
    end + marks
}

#[cfg(test)]
mod tests {
    use super::super::Language::Rst;
    use super::super::tests::{check, check_cursor};

    #[test]
    fn blocks() {
        check(
            Rst,
            "=====\nTitle\n=====\n\nText\nmore.\n\nNext\n----\n",
            &["H Title", r"P Text\nmore.", "H Next"],
        );
        check(
            Rst,
            "Code::\n\n    no\n\n    no\n\nyes",
            &["P Code:", "P yes"],
        );
        check(Rst, "Code\n\n::\n\n  no\n\nyes", &["P Code", "P yes"]);
        check(
            Rst,
            ".. code-block:: rust\n   :linenos:\n\n   no\n\nyes",
            &["P yes"],
        );
        check(
            Rst,
            ".. note:: Be careful\n   here.\n\n   And here.\n",
            &[r"P Be careful\n|here.", "P And here."],
        );
        check(
            Rst,
            ".. figure:: a.png\n   :width: 3\n\n   The caption.\n",
            &["P The caption."],
        );
        check(
            Rst,
            ".. _target:\n\n.. a comment\n   no\n\n.. |s| image:: x\n\nyes",
            &["P yes"],
        );
        check(Rst, ".. [1] A footnote.\n", &["P A footnote."]);
        check(
            Rst,
            "- one\n  more\n- two\n\n#. three\n(4) four\n",
            &[r"I one\n|more", "I two", "I three", "I four"],
        );
        check(
            Rst,
            "==== ====\na    b\n==== ====\nc    d\n\ne    f\n==== ====\n\nyes",
            &["I a", "I b", "I c", "I d", "I e", "I f", "P yes"],
        );
        check(Rst, "+---+\n| a |\n+---+\n\nyes", &["I a", "P yes"]);
        check(Rst, ">>> 1 + 1\n2\n\nyes", &["P yes"]);
        check(
            Rst,
            "term\n  Its definition.\n",
            &["P term", "P Its definition."],
        );
        check(Rst, ":param x: The number.\n", &["I The number."]);
    }

    #[test]
    fn what_directives_hold_is_prose_unless_it_is_known_not_to_be() {
        check(
            Rst,
            ".. confval:: no\n   :type: no\n   :default: no\n\n   What it is.\n   More.\n\n   .. versionadded:: 9.0\n      The option.\n",
            &[r"P What it is.\n|More.", "P The option."],
        );
        check(
            Rst,
            ".. py:function:: f(a)\n                 g(b)\n   :noindex:\n\n   It counts.\n\n   :param a: The number.\n",
            &["P It counts.", "I The number."],
        );
        check(
            Rst,
            ".. function:: f\n.. function:: g\n\n   Both.\n",
            &["P Both."],
        );
        check(
            Rst,
            ".. hlist::\n   :columns: 3\n\n   * one\n   * two\n",
            &["I one", "I two"],
        );
        check(
            Rst,
            ".. container:: no\n\n   yes\n\n.. tab-item::\n   yes too\n",
            &["P yes", "P yes too"],
        );
        check(
            Rst,
            ".. list-table:: Its title\n   :header-rows: 1\n\n   * - One\n     - Two\n",
            &["P Its title", "I One", "I Two"],
        );
        for code in ["toctree", "math", "graphviz", "doxygenclass", "c:alias"] {
            let text = format!(".. {code}:: no\n   :no: no\n\n   no\n\nyes");
            check(Rst, &text, &["P yes"]);
        }
        check(Rst, ".. not a directive:: no\n   no\n\nyes", &["P yes"]);
    }

    #[test]
    fn spans() {
        check(Rst, "a ``b c`` *d* **e f** g", &["P a | |d| |e f| g"]);
        check(
            Rst,
            ":ref:`the text <x>` and :func:`f` and :doc:`x`",
            &["P the text| and | and "],
        );
        check(
            Rst,
            "`Link text <http://a.b>`_ and Python_ [1]_ |sub| \\*",
            &["P Link text| and Python| | | |*"],
        );
        check(Rst, "`x` or `a title`", &["P  or |a title"]);
        check(Rst, "a ``b\nc`` d", &["P a | d"]);
    }

    #[test]
    fn cursors() {
        check_cursor(Rst, "a ``b $0", "-");
        check_cursor(Rst, "a :ref:`b$0", "-");
        check_cursor(Rst, "a :ref:`b c$0", "Paragraph a b c");
        check_cursor(Rst, "a :func:`b c$0", "-");
        check_cursor(Rst, "a `b$0", "-");
        check_cursor(Rst, "a `b c$0", "Paragraph a b c");
        check_cursor(Rst, "- $0", "Item ");
        check_cursor(Rst, "a::\n\n   $0", "-");
        check_cursor(Rst, ".. note::\n\n   $0", "Paragraph ");
        check_cursor(Rst, ".. code-block:: c\n\n   $0", "-");
        check_cursor(Rst, ".. function:: $0", "-");
        check_cursor(Rst, ".. function:: f\n\n   $0", "Paragraph ");
        check_cursor(Rst, "Title$0\n=====\n", "Heading Title");
    }
}
