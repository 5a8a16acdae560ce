//! Typst: the markup of a document and the content blocks inside its code.
//!
//! Markup and code nest in each other; a stack of modes tells them apart. (`typst-syntax` would bring twenty-five
//! packages for this, a TOML parser and a thread pool among them.)

use super::Break;
use super::builder::Builder;
use super::inline::emphasis;
use super::lines::{blank_lines, line_break, list_marker};
use super::pieces::LENGTH;

/// Reads a piece of Typst.
pub(super) fn extract<'t>(text: &'t str, builder: &mut Builder<'t>) {
    Scanner::new(text, builder).run(usize::MAX);
}

/// The first blank line outside code and content blocks that a piece can end behind.
pub(super) fn next_cut(text: &str) -> Option<usize> {
    Scanner::new(text, &mut Builder::new(text)).run(LENGTH)
}

/// What the scanner is inside of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    /// `[...]` as part of a sentence: `#emph[...]`.
    Inline,
    /// `[...]` as a text of its own: `caption: [...]`.
    Block,
    /// `[...]` in markup: brackets as such.
    Brackets,
    /// Code in parentheses or braces.
    Code,
    /// Code up to the line's end: `#let ...`.
    Statement,
}

#[derive(Debug)]
struct Scanner<'t, 'b> {
    text: &'t str,
    builder: &'b mut Builder<'t>,
    /// Where the scanner is, and where the text begins that it has passed and not yet pushed.
    at: usize,
    from: usize,
    modes: Vec<Mode>,
    /// The line is a heading.
    heading: bool,
    /// How many modes are open outside the table that is being left out.
    silent: Option<usize>,
}

impl<'t, 'b> Scanner<'t, 'b> {
    fn new(text: &'t str, builder: &'b mut Builder<'t>) -> Self {
        Scanner {
            text,
            builder,
            at: 0,
            from: 0,
            modes: Vec::new(),
            heading: false,
            silent: None,
        }
    }

    /// Reads on to the end, or to the first paragraph that begins at `limit` or behind.
    fn run(mut self, limit: usize) -> Option<usize> {
        self.line_start();
        while self.at < self.text.len() {
            let blank = match self.modes.last() {
                Some(Mode::Code | Mode::Statement) => {
                    self.code();
                    false
                }
                _ => self.markup(),
            };
            if blank && self.at >= limit && self.modes.is_empty() && self.at < self.text.len() {
                return Some(self.at);
            }
            if blank {
                self.line_start();
            }
        }
        self.at = self.text.len();
        self.skip_to(self.at);
        None
    }

    /// Pushes what was passed and goes on at `to`.
    fn skip_to(&mut self, to: usize) {
        let is_markup = !matches!(self.modes.last(), Some(Mode::Code | Mode::Statement));
        if is_markup && self.silent.is_none() {
            self.builder.push(self.from..self.at);
        }
        (self.at, self.from) = (to, to);
    }

    fn expect(&mut self, starts: Break) {
        if self.silent.is_none() {
            self.builder.expect(starts);
        }
    }

    fn open(&mut self, mode: Mode, to: usize) {
        self.skip_to(to);
        self.modes.push(mode);
    }

    fn close(&mut self, to: usize) {
        self.skip_to(to);
        self.modes.pop();
        self.from = self.at;
        if self.silent.is_some_and(|depth| self.modes.len() <= depth) {
            self.silent = None;
        }
    }

    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    /// Reads markup up to and including the next special character; true behind a blank line.
    fn markup(&mut self) -> bool {
        let special = |b: &u8| {
            matches!(
                b,
                b'\n'
                    | b'\r'
                    | b'/'
                    | b'`'
                    | b'$'
                    | b'#'
                    | b'@'
                    | b'<'
                    | b'*'
                    | b'_'
                    | b'\\'
                    | b'['
                    | b']'
            )
        };
        let Some(found) = self.rest().bytes().position(|b| special(&b)) else {
            self.at = self.text.len();
            return false;
        };
        self.at += found;
        let all = 0..self.text.len();
        match self.text.as_bytes()[self.at] {
            b'\n' | b'\r' => return self.new_line(),
            b'#' => self.hash(),
            b'[' => {
                self.modes.push(Mode::Brackets);
                self.at += 1;
            }
            b']' => self.close_bracket(),
            b'\\' => {
                let next = self.rest().chars().nth(1);
                self.skip_to(self.at + 1);
                self.at += next
                    .filter(|c| !c.is_whitespace())
                    .map_or(0, char::len_utf8);
            }
            b'*' | b'_' => match emphasis(self.text, &all, self.at) {
                Some(marks) => self.skip_to(marks.end),
                None => self.at += 1,
            },
            _ => match self.left_out() {
                Some(end) => {
                    let start = self.at;
                    self.skip_to(end);
                    self.raw(start..end);
                }
                None => self.at += 1,
            },
        }
        false
    }

    /// Adds what was passed if it is raw text or a formula in the line: a formula with spaces at its ends stands below it.
    fn raw(&mut self, range: std::ops::Range<usize>) {
        let whole = &self.text[range.clone()];
        let enclosed = |mark| whole.strip_prefix(mark)?.strip_suffix(mark);
        let formula = enclosed('$').filter(|formula| formula.trim() == *formula);
        let code = enclosed('`').filter(|code| !code.starts_with('`'));
        if code.or(formula).is_some() && self.silent.is_none() {
            self.builder.push_code(range.start + 1..range.end - 1);
        }
    }

    /// Where the comment, raw text, math, reference or label ends that begins here, if one does.
    fn left_out(&self) -> Option<usize> {
        let rest = self.rest();
        let name = |text: &str| {
            text.bytes()
                .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b':' | b'.'))
                .count()
        };
        let length = match rest.as_bytes()[0] {
            b'/' if rest.starts_with("/*") => rest.find("*/").map_or(rest.len(), |end| end + 2),
            b'/' if rest.starts_with("//") && !self.text[..self.at].ends_with(':') => {
                rest.find(['\n', '\r']).unwrap_or(rest.len())
            }
            b'`' => raw(rest),
            b'$' => math(rest),
            b'@' => match name(&rest[1..]) {
                0 => return None,
                length => 1 + rest[1..1 + length].trim_end_matches(['.', ':']).len(),
            },
            b'<' => {
                let length = name(&rest[1..]);
                if length == 0 || !rest[1 + length..].starts_with('>') {
                    return None;
                }
                length + 2
            }
            _ => return None,
        };
        Some(self.at + length)
    }

    /// At a line break in markup; true if blank lines follow.
    fn new_line(&mut self) -> bool {
        self.at += line_break(self.rest());
        if let Some(next) = blank_lines(self.text, self.at) {
            self.skip_to(next);
            self.expect(Break::Paragraph);
            return true;
        }
        self.line_start();
        false
    }

    /// Headings, items and terms; indentation is left out.
    fn line_start(&mut self) {
        let rest = self.rest();
        let indent = rest.len() - rest.trim_start_matches([' ', '\t']).len();
        let line = &rest[indent..];
        let equals = line.bytes().take_while(|b| *b == b'=').count();
        let after = self.at + indent;
        let was_heading = std::mem::take(&mut self.heading);
        let next = if equals > 0 && line[equals..].starts_with(' ') {
            Some((Break::Heading, equals + 1))
        } else if line.starts_with("/ ") {
            Some((Break::Item, 2))
        } else if !line.starts_with('*') && list_marker(line) > 0 {
            Some((Break::Item, list_marker(line)))
        } else {
            was_heading.then_some((Break::Paragraph, 0))
        };
        match next {
            Some((starts, marker)) => {
                self.heading = starts == Break::Heading;
                self.skip_to(after + marker);
                self.expect(starts);
            }
            None if indent > 0 => self.skip_to(after),
            None => {}
        }
    }

    /// Code in markup.
    fn hash(&mut self) {
        const STATEMENTS: [&str; 10] = [
            "let", "set", "show", "import", "include", "if", "for", "while", "return", "context",
        ];
        let after = &self.rest()[1..];
        let start = self.at + 1;
        match after.bytes().next() {
            Some(b'{' | b'(') => self.open(Mode::Code, start + 1),
            Some(b'[') => self.open(Mode::Inline, start + 1),
            Some(b'"') => self.skip_to(start + string(after)),
            Some(b) if b.is_ascii_alphabetic() || b == b'_' => {
                let name = &after[..identifier(after)];
                if STATEMENTS.contains(&name) {
                    self.open(Mode::Statement, start + name.len());
                } else {
                    self.skip_to(start + name.len());
                    self.postfix();
                }
            }
            _ => self.at += 1,
        }
    }

    /// Behind a name or a closing bracket in markup: fields, arguments and content that follow without a space.
    fn postfix(&mut self) {
        loop {
            let rest = self.rest();
            match rest.bytes().next() {
                Some(b'.') if identifier(&rest[1..]) > 0 => {
                    self.skip_to(self.at + 1 + identifier(&rest[1..]))
                }
                Some(b'(') => return self.parenthesis(),
                Some(b'[') => return self.open(Mode::Inline, self.at + 1),
                Some(b';') => return self.skip_to(self.at + 1),
                _ => return,
            }
        }
    }

    fn parenthesis(&mut self) {
        let before = &self.text[..self.at];
        if self.silent.is_none() && (before.ends_with("table") || before.ends_with("grid")) {
            self.skip_to(self.at);
            self.silent = Some(self.modes.len());
        }
        self.open(Mode::Code, self.at + 1);
    }

    fn close_bracket(&mut self) {
        match self.modes.last() {
            Some(Mode::Brackets) => {
                self.modes.pop();
                self.at += 1;
            }
            Some(mode) => {
                let inline = *mode == Mode::Inline;
                self.close(self.at + 1);
                if !inline {
                    self.expect(Break::Paragraph);
                } else if !matches!(self.modes.last(), Some(Mode::Code | Mode::Statement)) {
                    self.postfix();
                }
            }
            None => self.at += 1,
        }
    }

    /// Reads code up to and including the next special character.
    fn code(&mut self) {
        let special = |b: u8| {
            matches!(
                b,
                b'"' | b'/'
                    | b'`'
                    | b'$'
                    | b'('
                    | b')'
                    | b'{'
                    | b'}'
                    | b'['
                    | b']'
                    | b'\n'
                    | b'\r'
                    | b';'
            )
        };
        let Some(found) = self.rest().bytes().position(special) else {
            self.skip_to(self.text.len());
            return;
        };
        self.at += found;
        let statement = self.modes.last() == Some(&Mode::Statement);
        match self.text.as_bytes()[self.at] {
            b'"' => self.skip_to(self.at + string(self.rest())),
            b'(' => self.parenthesis(),
            b'{' => self.open(Mode::Code, self.at + 1),
            b')' | b'}' if !statement => {
                self.close(self.at + 1);
                if !matches!(self.modes.last(), Some(Mode::Code | Mode::Statement)) {
                    self.postfix();
                }
            }
            b'[' => {
                self.expect(Break::Paragraph);
                self.open(Mode::Block, self.at + 1);
                self.line_start();
            }
            // The content block around unfinished code ends.
            b']' if self.modes.len() > 1 => self.close(self.at),
            b'\n' | b'\r' if statement => self.close(self.at),
            b';' if statement => self.close(self.at + 1),
            _ => {
                let end = self.left_out().unwrap_or(self.at + 1);
                self.skip_to(end);
            }
        }
    }
}

/// The length of the identifier that `text` begins with.
fn identifier(text: &str) -> usize {
    let starts = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    let inside = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
    if starts {
        text.bytes().take_while(|b| inside(b)).count()
    } else {
        0
    }
}

/// The length of the string that `text` begins with.
fn string(text: &str) -> usize {
    let mut escaped = false;
    for (index, b) in text.bytes().enumerate().skip(1) {
        match b {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return index + 1,
            _ => {}
        }
    }
    text.len()
}

/// The length of the raw text that `text` begins with.
fn raw(text: &str) -> usize {
    let ticks = text.bytes().take_while(|b| *b == b'`').count();
    if ticks == 2 {
        return 2;
    }
    text[ticks..]
        .find(&text[..ticks])
        .map_or(text.len(), |end| end + 2 * ticks)
}

/// The length of the math that `text` begins with; without an end, that of its paragraph.
fn math(text: &str) -> usize {
    let mut escaped = true;
    for (index, b) in text.bytes().enumerate() {
        match b {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'$' => return index + 1,
            b'\n' | b'\r' if blank_lines(text, index + line_break(&text[index..])).is_some() => {
                return index;
            }
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::super::Language::Typst;
    use super::super::tests::{check, check_cursor};

    #[test]
    fn blocks() {
        check(
            Typst,
            "= One *two*\nText\nmore.\n\nNext\n",
            &["H One |two", r"P Text\nmore.", "P Next"],
        );
        check(
            Typst,
            "- one\n  more\n+ two\n/ Term: three\n",
            &[r"I one\n|more", "I two", "I Term: three"],
        );
        check(
            Typst,
            "#set page(width: 1cm)\n#show: x.with(\n  a: 1,\n)\n#let f(x) = {\n  x\n\n}\nText",
            &["P Text"],
        );
        check(Typst, "a\n```rust\nno\n\nno\n```\nb", &[r"P a\n|\nb"]);
        check(
            Typst,
            "#figure(\n  image(\"a.png\"),\n  caption: [A #emph[nice] figure.],\n) <fig>\n\nText",
            &["P A |nice| figure.", "P Text"],
        );
        check(
            Typst,
            "#table(columns: 2, [no], [no])\nText #figure(table([no])) end",
            &["P Text | end"],
        );
        check(
            Typst,
            "#if x [yes] else [no]\nText",
            &["P yes", "P no", "P Text"],
        );
        check(
            Typst,
            "#block[\n  = Head\n  One\n\n  Two\n]\nText",
            &["H Head", "P One", r"P Two\n|\nText"],
        );
    }

    #[test]
    fn spans() {
        check(
            Typst,
            "a `b` $x$ *c* _d e_ @ref <label> // no\nf",
            &[r"P a | | |c| |d e| | | |\nf"],
        );
        check(
            Typst,
            "a#footnote[A note.] b #link(\"http://a.b\")[the text].",
            &["P a|A note.| b |the text|."],
        );
        check(
            Typst,
            "a \\# b [c] #x.y; d /* no */ e https://a.b f",
            &["P a |# b [c] | d | e | f"],
        );
        check(
            Typst,
            "5 #sym.arrow #(1 + 2) #{ \"no\" } end",
            &["P 5 | | | end"],
        );
    }

    #[test]
    fn cursors() {
        check_cursor(Typst, "= $0", "Heading ");
        check_cursor(Typst, "= One\n$0", "Paragraph ");
        check_cursor(Typst, "- $0", "Item ");
        check_cursor(Typst, "#emph[$0]", "Paragraph ");
        check_cursor(Typst, "#let x = $0", "-");
        check_cursor(Typst, "a $x + $0", "-");
        check_cursor(Typst, "a `b $0", "-");
        check_cursor(Typst, "#fig$0", "-");
        check_cursor(Typst, "#figure(caption: [A $0", "Paragraph A ");
        check_cursor(Typst, "// a $0", "-");
    }
}
