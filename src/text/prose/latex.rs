//! LaTeX: the text of the document's body and the arguments that are known to hold text.
//!
//! TeX can only be read by running it. This scanner knows the usual commands and environments. Of what it does not know,
//! environments are prose, and the argument of a command that has one alone is so when it reads like it; all other arguments
//! are left out.

use std::ops::Range;

use super::builder::Builder;
use super::inline::REACH;
use super::lines::{blank_lines, line_break};
use super::pieces::LENGTH;
use super::{Break, Part};

/// Commands whose last argument is part of the sentence, and how many arguments stand before it.
const INLINE: &[(&str, usize)] = &[
    ("emph", 0),
    ("textbf", 0),
    ("textit", 0),
    ("textsl", 0),
    ("textsc", 0),
    ("textsf", 0),
    ("textrm", 0),
    ("textmd", 0),
    ("textup", 0),
    ("textnormal", 0),
    ("underline", 0),
    ("uline", 0),
    ("sout", 0),
    ("hl", 0),
    ("enquote", 0),
    ("mbox", 0),
    ("text", 0),
    ("footnote", 0),
    ("footnotetext", 0),
    ("thanks", 0),
    ("marginpar", 0),
    ("sidenote", 0),
    ("marginnote", 0),
    ("textsuperscript", 0),
    ("textsubscript", 0),
    ("MakeUppercase", 0),
    ("textcolor", 1),
    ("colorbox", 1),
    ("href", 1),
    ("hyperref", 0),
    ("foreignlanguage", 1),
    ("parbox", 1),
    ("multicolumn", 2),
    ("multirow", 2),
    ("raisebox", 1),
    ("makebox", 0),
    ("framebox", 0),
    ("fbox", 0),
    ("alert", 0),
    ("structure", 0),
    ("centerline", 0),
];

/// Commands whose argument is a paragraph of its own.
const BLOCK: &[(&str, Break)] = &[
    ("part", Break::Heading),
    ("chapter", Break::Heading),
    ("section", Break::Heading),
    ("subsection", Break::Heading),
    ("subsubsection", Break::Heading),
    ("paragraph", Break::Heading),
    ("subparagraph", Break::Heading),
    ("title", Break::Heading),
    ("subtitle", Break::Heading),
    ("frametitle", Break::Heading),
    ("framesubtitle", Break::Heading),
    ("caption", Break::Paragraph),
    ("captionof", Break::Paragraph),
    ("abstract", Break::Paragraph),
    ("epigraph", Break::Quote),
];

/// What stands in the names of commands whose argument is no text, however much it reads like it.
const NO_TEXT: &[&str] = &[
    "bib",
    "cite",
    "color",
    "command",
    "counter",
    "Declare",
    "file",
    "font",
    "graphic",
    "include",
    "index",
    "input",
    "label",
    "language",
    "length",
    "math",
    "ref",
    "set",
    "skip",
    "space",
    "style",
    "tikz",
    "url",
    "usepackage",
    "usetheme",
];

/// Environments without prose.
const SKIPPED: &[&str] = &[
    "verbatim",
    "Verbatim",
    "BVerbatim",
    "lstlisting",
    "minted",
    "alltt",
    "comment",
    "code",
    "equation",
    "align",
    "alignat",
    "flalign",
    "gather",
    "multline",
    "eqnarray",
    "math",
    "displaymath",
    "dmath",
    "array",
    "tikzpicture",
    "tikzcd",
    "pgfpicture",
    "picture",
    "forest",
    "algorithm",
    "algorithmic",
    "algorithm2e",
    "filecontents",
    "thebibliography",
    "IEEEeqnarray",
    "prooftree",
    "luacode",
    "pycode",
    "asy",
    "pspicture",
    "circuitikz",
    "axis",
    "feynman",
    "ganttchart",
];

/// Environments of cells.
const TABLES: &[&str] = &[
    "tabular",
    "tabularx",
    "tabulary",
    "longtable",
    "supertabular",
    "tblr",
    "longtblr",
];

/// Reads a piece of LaTeX.
pub(super) fn extract<'t>(text: &'t str, part: Part, builder: &mut Builder<'t>) {
    let Some(body) = body(text, part) else { return };
    Scanner::new(text, body, builder).run(usize::MAX);
}

/// The first blank line outside of everything that a piece can end behind.
pub(super) fn next_cut(text: &str, part: Part) -> Option<usize> {
    let body = body(text, part)?;
    Scanner::new(text, body, &mut Builder::new(text)).run(body.max(LENGTH))
}

/// Where the body starts: behind the preamble, if there is one.
fn body(text: &str, part: Part) -> Option<usize> {
    const BEGIN: &str = "\\begin{document}";
    match part {
        Part::Later => Some(0),
        Part::Opening => match text.find(BEGIN) {
            Some(at) => Some(at + BEGIN.len()),
            None if text.contains("\\documentclass") => None,
            None => Some(0),
        },
    }
}

/// What a closing brace ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Group {
    /// Part of a paragraph.
    Inline,
    /// A paragraph.
    Block,
}

#[derive(Debug)]
struct Scanner<'t, 'b> {
    text: &'t str,
    builder: &'b mut Builder<'t>,
    /// Where the scanner is, and where the text begins that it has passed and not yet pushed.
    at: usize,
    from: usize,
    groups: Vec<Group>,
    /// How many tables are open.
    tables: usize,
}

impl<'t, 'b> Scanner<'t, 'b> {
    fn new(text: &'t str, at: usize, builder: &'b mut Builder<'t>) -> Self {
        Scanner {
            text,
            builder,
            at,
            from: at,
            groups: Vec::new(),
            tables: 0,
        }
    }

    /// Reads on to the end, or to the first paragraph that begins at `limit` or behind.
    fn run(mut self, limit: usize) -> Option<usize> {
        let special = |b: &u8| {
            matches!(
                b,
                b'\\' | b'%' | b'$' | b'{' | b'}' | b'&' | b'~' | b'\n' | b'\r'
            )
        };
        while let Some(found) = self.text.as_bytes()[self.at..].iter().position(special) {
            self.at += found;
            match self.text.as_bytes()[self.at] {
                b'\\' => {
                    if self.command() {
                        return None;
                    }
                }
                b'%' => self.comment(),
                b'$' => self.math(),
                b'{' => {
                    self.groups.push(Group::Inline);
                    self.skip_to(self.at + 1);
                }
                b'}' => self.close(),
                // A tie is a space; one before a reference goes with it.
                b'~' if self.is_tie() => self.at += 1,
                b'~' => self.skip_to(self.at + 1),
                b'&' => {
                    self.skip_to(self.at + 1);
                    self.cell();
                }
                _ => {
                    self.at += line_break(&self.text[self.at..]);
                    self.blank_lines();
                }
            }
            if self.at >= limit && self.is_at_margin() {
                return Some(self.at);
            }
        }
        self.at = self.text.len();
        self.skip_to(self.at);
        None
    }

    /// Whether a paragraph has just ended and nothing else is open.
    fn is_at_margin(&self) -> bool {
        self.at == self.from
            && self.at < self.text.len()
            && self.groups.is_empty()
            && !self.builder.is_open()
            && self.text[..self.at].ends_with(['\n', '\r'])
    }

    /// Pushes what was passed and goes on at `to`.
    fn skip_to(&mut self, to: usize) {
        self.builder.push(self.from..self.at);
        (self.at, self.from) = (to, to);
    }

    /// At the start of a line: ends the paragraph if the line is blank.
    fn blank_lines(&mut self) {
        if let Some(next) = blank_lines(self.text, self.at) {
            self.skip_to(next);
            self.builder.expect(Break::Paragraph);
            // No argument with text goes over a blank line, so what is still open was never closed.
            self.groups.clear();
            self.tables = 0;
        }
    }

    /// Behind what may end a table's cell.
    fn cell(&mut self) {
        if self.tables > 0 {
            self.builder.expect(Break::Item);
        }
    }

    fn comment(&mut self) {
        let rest = &self.text[self.at..];
        let end = rest
            .find(['\n', '\r'])
            .map_or(rest.len(), |end| end + line_break(&rest[end..]));
        self.skip_to(self.at + end);
        self.blank_lines();
    }

    fn close(&mut self) {
        let group = self.groups.pop();
        self.skip_to(self.at + 1);
        if group == Some(Group::Block) {
            self.builder.end();
        }
    }

    /// Whether the `~` here stands before something that is read.
    fn is_tie(&self) -> bool {
        let rest = &self.text[self.at + 1..];
        rest.starts_with(char::is_alphanumeric)
            || rest.starts_with(['$', '{', '(', '`'])
            || rest.starts_with("\\(")
    }

    /// Goes behind the formula that begins here. One in a line is read with its sentence, as code is.
    fn math(&mut self) {
        let mark = match self.text[self.at..].starts_with("$$") {
            true => "$$",
            false => "$",
        };
        let start = self.at + mark.len();
        let end = start + until(&self.text[start..], mark);
        self.formula(start..end, mark);
    }

    /// Goes behind a formula, of which the closing mark may be missing.
    fn formula(&mut self, inner: Range<usize>, mark: &str) {
        self.skip_to(inner.end);
        if mark != "$$"
            && let Some(formula) = self.text[inner.clone()].strip_suffix(mark)
        {
            self.builder
                .push_code(inner.start..inner.start + formula.len());
        }
    }

    /// A control sequence; true at the document's end.
    fn command(&mut self) -> bool {
        let rest = &self.text[self.at + 1..];
        let letters = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
        let name = &rest[..letters];
        let star = usize::from(letters > 0 && rest[letters..].starts_with('*'));
        let after = self.at + 1 + letters + star;
        match name {
            "" => self.symbol(),
            "begin" => self.begin(after),
            "end" => {
                if self.text[after..].starts_with("{document}") {
                    self.skip_to(self.text.len());
                    return true;
                }
                let end = self.group(after);
                if TABLES.contains(&environment(&self.text[after..end])) {
                    self.tables = self.tables.saturating_sub(1);
                }
                self.skip_to(end);
                self.builder.expect(Break::Paragraph);
            }
            "verb" | "lstinline" | "mintinline" => {
                let start = self.options(after);
                let start = if name == "mintinline" {
                    self.group(start)
                } else {
                    start
                };
                let end = self.delimited(start);
                self.skip_to(end);
                let mut code = self.text[start..end].chars();
                let open = code.next();
                let close = if open == Some('{') { Some('}') } else { open };
                if code.next_back() == close {
                    let first = start + open.map_or(0, char::len_utf8);
                    self.builder.push_code(first..first + code.as_str().len());
                }
            }
            "texttt" | "code" | "cmd" | "path" | "command" | "file" | "si" | "SI" | "qty"
                if self.text[after..].starts_with('{') =>
            {
                let end = self.group(after);
                self.skip_to(end);
                if self.text[..end].ends_with('}') {
                    self.builder.push_code(after + 1..end - 1);
                }
            }
            "iffalse" => {
                let rest = &self.text[after..];
                self.skip_to(
                    rest.find("\\fi")
                        .map_or(self.text.len(), |end| after + end + 3),
                );
            }
            "item" => {
                self.skip_to(self.options(after));
                self.builder.expect(Break::Item);
            }
            "cmidrule" if self.text[after..].starts_with('(') => {
                let end = balanced(self.text, after, b'(', b')');
                self.skip_to(self.group(end));
            }
            "par" => {
                self.skip_to(after);
                self.builder.end();
            }
            "def" | "gdef" | "edef" => {
                let brace = self.text[after..]
                    .find(['{', '\n'])
                    .map_or(self.text.len(), |at| after + at);
                self.skip_to(self.group(brace));
            }
            _ => self.known_or_not(name, after),
        }
        false
    }

    fn known_or_not(&mut self, name: &str, after: usize) {
        if let Some((_, starts)) = BLOCK.iter().find(|(known, _)| *known == name) {
            let mut start = self.options(after);
            if name == "captionof" {
                start = self.group(start);
            }
            if self.text[start..].starts_with('{') {
                self.skip_to(start + 1);
                self.builder.begin(*starts);
                self.groups.push(Group::Block);
                return;
            }
        }
        if let Some((_, arguments)) = INLINE.iter().find(|(known, _)| *known == name) {
            let mut start = self.options(after);
            for _ in 0..*arguments {
                start = self.group(start);
            }
            if self.text[start..].starts_with('{') {
                self.skip_to(start + 1);
                self.groups.push(Group::Inline);
                return;
            }
        }
        self.unknown(name, after);
    }

    /// A command that is not known. Its only argument is text if it has a word and something behind a space and ends within reach, or what
    /// is never closed would be looked through once for each command in it; while it is one word, it is read with its sentence, as code is.
    fn unknown(&mut self, name: &str, after: usize) {
        let start = self.options(after);
        let reach = self.text.floor_char_boundary(start + REACH);
        let end = group(&self.text[..reach], start);
        let is_near = end < reach || reach == self.text.len();
        let inner = &self.text[end.min(start + 1)..end];
        let is_letter = |c: char| c.is_alphabetic() || matches!(c, '-' | '\'' | '’');
        let word = inner.trim_start_matches(is_letter);
        let is_alone = is_near && self.arguments(end) == end;
        if word.len() == inner.len() || !is_alone || NO_TEXT.iter().any(|part| name.contains(part))
        {
            self.skip_to(self.arguments(after));
        } else if word
            .trim_start_matches([',', ';', ':', '.'])
            .starts_with([' ', '~', '\n', '\r'])
        {
            self.skip_to(start + 1);
            self.groups.push(Group::Inline);
        } else {
            self.skip_to(end);
            if word == "}" {
                self.builder.push_code(start + 1..end - 1);
            }
        }
    }

    /// A control symbol: `\%`, `\\`, `\(`.
    fn symbol(&mut self) {
        let rest = &self.text[self.at + 1..];
        match rest.chars().next() {
            None => self.skip_to(self.at + 1),
            Some('(') => {
                let start = self.at + 2;
                self.formula(start..start + until(&rest[1..], "\\)"), "\\)");
            }
            Some('[') => self.skip_to(self.at + 2 + until(&rest[1..], "\\]")),
            Some('%' | '&' | '$' | '#' | '_' | '{' | '}') => {
                self.skip_to(self.at + 1);
                self.at += 1;
            }
            Some(' ' | '\t' | '\n' | '\r') => self.skip_to(self.at + 1),
            Some('\\') => {
                self.skip_to(self.options(self.at + 2));
                self.cell();
            }
            Some(c) => self.skip_to(self.at + 1 + c.len_utf8()),
        }
    }

    fn begin(&mut self, after: usize) {
        let end = self.group(after);
        let name = environment(&self.text[after..end]);
        let is_code = ["code", "tikz", "listing"]
            .iter()
            .any(|part| name.contains(part));
        if SKIPPED.contains(&name) || is_code {
            let name = &self.text[after..end];
            self.skip_to(environment_end(self.text, end, name));
            return;
        }
        let mut start = self.options(end);
        if name == "frame" && self.text[start..].starts_with('{') {
            self.skip_to(start + 1);
            self.builder.begin(Break::Heading);
            self.groups.push(Group::Block);
            return;
        }
        start = self.arguments(start);
        self.skip_to(start);
        if TABLES.contains(&name) {
            self.tables += 1;
            return self.builder.expect(Break::Item);
        }
        let quote = matches!(
            name,
            "quote" | "quotation" | "displayquote" | "verse" | "epigraph"
        );
        self.builder.expect(if quote {
            Break::Quote
        } else {
            Break::Paragraph
        });
    }

    /// The end of the options, if any, that begin at `at`.
    fn options(&self, at: usize) -> usize {
        match self.text.as_bytes().get(at) {
            Some(b'[') => balanced(self.text, at, b'[', b']'),
            _ => at,
        }
    }

    /// The end of the argument, if any, that begins at `at`.
    fn group(&self, at: usize) -> usize {
        group(self.text, at)
    }

    /// The end of all options and arguments that begin at `at`.
    fn arguments(&self, mut at: usize) -> usize {
        loop {
            let next = self.group(self.options(at));
            if next == at {
                return at;
            }
            at = next;
        }
    }

    /// The end of `|code|` or `{code}`.
    fn delimited(&self, at: usize) -> usize {
        let rest = &self.text[at..];
        match rest.chars().next() {
            Some('{') => self.group(at),
            Some(mark) if !mark.is_whitespace() => {
                let start = at + mark.len_utf8();
                let length = self.text[start..].find([mark, '\n', '\r']).map_or(
                    self.text.len() - start,
                    |end| {
                        if self.text[start + end..].starts_with(mark) {
                            end + mark.len_utf8()
                        } else {
                            end
                        }
                    },
                );
                start + length
            }
            _ => at,
        }
    }
}

/// An environment's name, of its argument.
fn environment(argument: &str) -> &str {
    argument.trim_matches(['{', '}']).trim_end_matches('*')
}

/// The length up to and including `mark`; without one, up to the next blank line.
fn until(text: &str, mark: &str) -> usize {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if text.is_char_boundary(at) && text[at..].starts_with(mark) {
            return at + mark.len();
        }
        match bytes[at] {
            b'\\' => at += 1,
            b'\n' | b'\r' if blank_lines(text, at + line_break(&text[at..])).is_some() => {
                return at;
            }
            _ => {}
        }
        at += 1;
    }
    text.len()
}

/// The end of the argument, if any, that begins at `at`.
fn group(text: &str, at: usize) -> usize {
    match text.as_bytes().get(at) {
        Some(b'{') => balanced(text, at, b'{', b'}'),
        _ => at,
    }
}

/// The end of the group that begins at `at`; a group that is not closed ends with its paragraph.
fn balanced(text: &str, at: usize, open: u8, close: u8) -> usize {
    let bytes = text.as_bytes();
    let mut depth = 0usize;
    let mut index = at;
    while index < bytes.len() {
        match bytes[index] {
            b'\\' => index += 1,
            b'%' => {
                index +=
                    memchr::memchr2(b'\n', b'\r', &bytes[index..]).unwrap_or(bytes.len() - index);
                continue;
            }
            b if b == open => depth += 1,
            b if b == close => {
                depth -= 1;
                if depth == 0 {
                    return index + 1;
                }
            }
            b'\n' | b'\r' if blank_lines(text, index + line_break(&text[index..])).is_some() => {
                return index;
            }
            _ => {}
        }
        index += 1;
    }
    text.len()
}

/// Where the environment `{name}` ends whose `\begin{name}` ends at `at`; the text's end if it is not closed.
fn environment_end(text: &str, at: usize, name: &str) -> usize {
    let verbatim = ["verbatim", "lstlisting", "minted", "comment", "code"]
        .iter()
        .any(|v| name.contains(v));
    let mut depth = 1;
    let mut index = at;
    while let Some(found) = text[index..].find(name) {
        let before = &text[..index + found];
        index += found + name.len();
        if before.ends_with("\\end") {
            depth -= 1;
        } else if before.ends_with("\\begin") && !verbatim {
            depth += 1;
        }
        if depth == 0 {
            return index;
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::super::Language::Latex;
    use super::super::tests::{check, check_cursor};

    #[test]
    fn blocks() {
        check(
            Latex,
            "\\documentclass[a4]{article}\n\\title{No}\n\\begin{document}\n\\section*{One \\emph{two}}\nText.\n\\end{document}\nno",
            &["H One |two", "P Text."],
        );
        check(Latex, "\\documentclass{article}\nno", &[]);
        check(
            Latex,
            "a\nb\n\nc % no\n%no\n\nd",
            &[r"P a\nb", "P c", "P d"],
        );
        check(Latex, "a\r\nb\r\n\r\nc", &[r"P a\r\nb", "P c"]);
        check(
            Latex,
            "\\begin{itemize}\n\\item one\n\\item[x] two\n\\end{itemize}\nend",
            &["I one", "I two", "P end"],
        );
        check(
            Latex,
            "a\n\\begin{verbatim}\n\\section{no}\n\n\\end{verbatim}\nb",
            &[r"P a\n|\nb"],
        );
        check(
            Latex,
            "\\begin{tabular}[t]{ll}\n\\hline\n a \\emph{b} & c\\& \\\\[2pt]\n\\cmidrule(lr){1-2} 1 & \\multicolumn{2}{c}{d}\n\\end{tabular}\nb & c",
            &["I a |b", r"I c|&", "I 1", "I d", "P b | c"],
        );
        check(
            Latex,
            "We have\n\\begin{align*}\nx &= y\\\\\n\\end{align*}\nwhere",
            &[r"P We have\n|\nwhere"],
        );
        check(Latex, "\\begin{quote}\nsaid\n\\end{quote}\n", &["Q said"]);
        check(
            Latex,
            "\\begin{figure}[ht]\n\\centering\n\\includegraphics[width=1cm]{a}\n\\caption[short]{A \\textbf{bold} figure.}\\label{f}\n\\end{figure}",
            &["P A |bold| figure."],
        );
        check(
            Latex,
            "\\begin{frame}{Title}\ntext\n\\end{frame}",
            &["H Title", "P text"],
        );
        check(
            Latex,
            "\\newcommand{\\x}[1]{no \\emph{no}}\n\\def\\y#1{no}\ntext",
            &["P text"],
        );
        check(
            Latex,
            "\\begin{tabular}{l} never & closed\n\na & b \\\\ c",
            &["I never", "I closed", "P a | b | c"],
        );
    }

    #[test]
    fn spans() {
        check(
            Latex,
            "a $x$ b \\(y\\) c \\[z\n\\] d $$w$$ e",
            &["P a | b | c | d | e"],
        );
        check(
            Latex,
            "50\\% of A\\&B, \\LaTeX{} \\cite[p.~1]{x}.",
            &["P 50|% of A|&B, | |."],
        );
        check(
            Latex,
            "see Figure~\\ref{x} by D.~Knuth",
            &["P see Figure| by D.~Knuth"],
        );
        check(
            Latex,
            "a\\footnote{A note.} b {\\bf c}",
            &["P a|A note.| b | c"],
        );
        check(
            Latex,
            "\\href{http://a.b}{text} and \\url{http://a.b}",
            &["P text| and"],
        );
        check(
            Latex,
            "\\verb|x| a \\verb*+y+ b \\lstinline{z} c",
            &["P  a | b | c"],
        );
        check(Latex, "a% comment\nb\\\\[2pt] c", &[r"P a|\nb| c"]);
        check(
            Latex,
            "Run \\texttt{git checkout} or \\code{sudo x} \\iffalse no \\fi now",
            &["P Run | or | | now"],
        );
        check(
            Latex,
            "a\n\n\\begin{circuitikz}\nno no\n\\end{circuitikz}\n\\begin{pythoncode}\nno no\n\\end{pythoncode}\n\nb",
            &["P a", "P b"],
        );
        check(Latex, "``quoted'' --- and", &["P ``quoted'' --- and"]);
        check(
            Latex,
            "a \\term{universal property} of \\term[x]{it, too} \\index{no no} \\pair{no no}{no} \\size{2 cm} b",
            &["P a |universal property| of |it, too| | | | b"],
        );
        let long = format!("a \\term{{no {}}} b", "no ".repeat(2000));
        check(Latex, &long, &["P a | b"]);
        check(
            Latex,
            "open \\textbf{brace\n\nnext } end",
            &["P open |brace", "P next | end"],
        );
    }

    #[test]
    fn cursors() {
        check_cursor(Latex, "\\section{$0}", "Heading ");
        check_cursor(Latex, "\\section{On $0", "Heading On ");
        check_cursor(Latex, "\\item $0", "Item ");
        check_cursor(Latex, "a \\emph{b $0", "Paragraph a b ");
        check_cursor(Latex, "a \\emph{b}$0", "Paragraph a b^");
        check_cursor(Latex, "a \\cite{b$0", "-");
        check_cursor(Latex, "a \\term{b$0", "-");
        check_cursor(Latex, "a \\term{b c$0", "Paragraph a b c");
        check_cursor(Latex, "a \\texttt{b c$0", "-");
        check_cursor(Latex, "a~b$0", "Paragraph a b");
        check_cursor(Latex, "\\begin{tabular}{ll}\na & b c$0 & d\\\\", "Item b c");
        check_cursor(Latex, "\\begin{tabular}{l$0", "-");
        check_cursor(Latex, "a \\sec$0", "-");
        check_cursor(Latex, "a $x + $0", "-");
        check_cursor(Latex, "a $x$ $0", "Paragraph a  ");
        check_cursor(Latex, "a % b $0", "-");
        check_cursor(Latex, "\\begin{equation}\n$0\n\\end{equation}", "-");
        check_cursor(
            Latex,
            "\\documentclass{article}\n$0\n\\begin{document}\n",
            "-",
        );
        check_cursor(
            Latex,
            "\\documentclass{article}\n\\begin{document}\n$0\n\\end{document}\n",
            "Paragraph ",
        );
    }
}
