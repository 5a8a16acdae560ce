//! Markdown: CommonMark by `pulldown-cmark`, with what the dialects add to it.

use std::ops::Range;

use pulldown_cmark::{BrokenLink, CowStr, Event, LinkType, Options, Parser, Tag, TagEnd};

use super::builder::Builder;
use super::containers::{self, Head};
use super::front_matter;
use super::html;
use super::pieces::Cut;
use super::templates::{self, Block};
use super::{Break, Part};

/// Reads a piece of Markdown.
pub(super) fn extract<'t>(text: &'t str, part: Part, builder: &mut Builder<'t>) {
    let base = match part {
        Part::Opening => front_matter::extract(text, builder),
        Part::Later => 0,
    };
    let containers = containers::read(&text[base..]);
    let body = &*containers.text;
    // Definitions may stand in another piece, so every reference counts as defined.
    let mut resolve = |_: BrokenLink| Some((CowStr::Borrowed(""), CowStr::Borrowed("")));
    let parser = Parser::new_with_broken_link_callback(body, options(), Some(&mut resolve));
    let mut reader = Reader {
        text,
        body,
        base,
        skipped: 0,
        quotes: 0,
        code: None,
        heads: &containers.heads,
    };
    for (event, range) in parser.into_offset_iter() {
        reader.event(event, range, builder);
    }
    builder.end();
}

/// Definition lists are left to [`containers`]: the parser takes the `:::` of a division for one.
fn options() -> Options {
    Options::ENABLE_TABLES
        | Options::ENABLE_OLD_FOOTNOTES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_HEADING_ATTRIBUTES
        | Options::ENABLE_MATH
        | Options::ENABLE_GFM
        | Options::ENABLE_WIKILINKS
}

/// Follows the parser's events.
#[derive(Debug)]
struct Reader<'t, 'b> {
    /// What was given to read.
    text: &'t str,
    /// What is parsed.
    body: &'b str,
    /// Where it begins.
    base: usize,
    /// How many elements are open from the outermost that is left out inwards.
    skipped: usize,
    /// How many block quotes are open.
    quotes: usize,
    /// Behind the start tag of an element that holds code: its name, and where its content begins.
    code: Option<(&'static str, usize)>,
    /// The first lines of containers that are still to come or just read.
    heads: &'b [Head],
}

impl<'t> Reader<'t, '_> {
    fn event(&mut self, event: Event, range: Range<usize>, builder: &mut Builder<'t>) {
        while let [head, behind @ ..] = self.heads
            && head.range.end <= range.start
        {
            if head.is_own {
                builder.expect(Break::Paragraph);
            }
            self.heads = behind;
        }
        if self.in_code(&event, &range, builder) {
            return;
        }
        match event {
            Event::Start(_) if self.skipped > 0 => self.skipped += 1,
            Event::End(_) if self.skipped > 0 => self.skipped -= 1,
            Event::Start(tag) => self.start(&tag, range, builder),
            Event::End(tag) => self.end(tag, builder),
            // An entity's characters are not those of the source, and it is left out.
            Event::Text(seen) if self.skipped == 0 && self.body[range.clone()] == *seen => {
                builder.push(self.prose(range));
            }
            Event::Code(_) if self.skipped == 0 => {
                let inner = self.body[range.clone()].trim_start_matches('`');
                let start = range.end - inner.len();
                let code = start..start + inner.trim_end_matches('`').len();
                builder.push_code(self.prose(code));
            }
            Event::InlineMath(formula) if self.skipped == 0 => {
                let start = range.end.saturating_sub(formula.len() + 1);
                builder.push_code(self.prose(start..range.end.saturating_sub(1)));
            }
            _ => {}
        }
    }

    /// Whether an event lies in an element like `<kbd>`, or begins or ends one.
    fn in_code(&mut self, event: &Event, range: &Range<usize>, builder: &mut Builder) -> bool {
        let ends_block = matches!(
            event,
            Event::End(TagEnd::Paragraph | TagEnd::Heading(_) | TagEnd::Item | TagEnd::TableCell)
        );
        if ends_block {
            self.code = None;
        }
        let tag = match event {
            Event::InlineHtml(tag) if self.skipped == 0 => html::code_tag(tag),
            _ => None,
        };
        match (self.code, tag) {
            (None, Some((name, false))) => self.code = Some((name, range.end)),
            (Some((name, start)), Some((other, true))) if name == other => {
                builder.push_code(self.prose(start..range.start));
                self.code = None;
            }
            _ => {}
        }
        // What is open inside is still counted.
        let counts = matches!(event, Event::Start(_) | Event::End(_));
        (self.code.is_some() || tag.is_some()) && !counts
    }

    /// Where a span of the body stands in the text: of a container's first line what is text.
    fn prose(&self, span: Range<usize>) -> Range<usize> {
        let span = match self.heads.first() {
            Some(Head { range, text, .. }) if range.start <= span.start => {
                let start = span.start.max(text.start);
                start..span.end.min(text.end).max(start)
            }
            _ => span,
        };
        span.start + self.base..span.end + self.base
    }

    /// Whether a footnote begins here.
    fn is_note(&self, range: &Range<usize>) -> bool {
        let head = self.heads.first();
        head.is_some_and(|head| head.is_note && head.range.start == range.start)
    }

    fn start(&mut self, tag: &Tag, range: Range<usize>, builder: &mut Builder<'t>) {
        match tag {
            Tag::HtmlBlock => {
                builder.end();
                self.html(range, builder);
                self.skipped = 1;
            }
            Tag::CodeBlock(_) | Tag::MetadataBlock(_) => {
                builder.end();
                self.skipped = 1;
            }
            Tag::Link {
                link_type: LinkType::Autolink | LinkType::Email,
                ..
            } => self.skipped = 1,
            Tag::Item if self.is_note(&range) => builder.expect(Break::Paragraph),
            Tag::Item | Tag::TableCell => builder.expect(Break::Item),
            Tag::BlockQuote(_) => {
                self.quotes += 1;
                builder.expect(Break::Quote);
            }
            Tag::Heading { .. } => builder.begin(Break::Heading),
            Tag::Paragraph | Tag::FootnoteDefinition(_) => builder.end(),
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd, builder: &mut Builder) {
        match tag {
            TagEnd::BlockQuote(_) => {
                self.quotes -= 1;
                builder.expect(Break::Paragraph);
            }
            TagEnd::Item | TagEnd::TableCell => builder.expect(Break::Paragraph),
            TagEnd::Paragraph | TagEnd::Heading(_) | TagEnd::FootnoteDefinition => builder.end(),
            _ => {}
        }
    }

    /// Reads what stands between the tags of a block of HTML, unless marks of a quotation stand in it, too, or
    /// expressions of JSX.
    fn html(&self, range: Range<usize>, builder: &mut Builder<'t>) {
        let inside = self.base + range.start..self.base + range.end;
        if self.quotes == 0 && !self.text[inside.clone()].contains(['{', '}']) {
            html::extract_from(&self.text[..inside.end], inside.start, builder);
            builder.expect(Break::Paragraph);
        }
    }
}

/// Whether a paragraph's source up to the cursor ends inside inline code, math, a link's target, a tag or a shortcode
/// that is not closed yet.
pub(super) fn unfinished(source: &str) -> bool {
    let bytes = source.as_bytes();
    let run = |at: usize| bytes[at..].iter().take_while(|b| **b == bytes[at]).count();
    let mut at = 0;
    while let Some(found) = memchr::memchr3(b'`', b'$', b'\\', &bytes[at..])
        .into_iter()
        .chain(memchr::memchr3(b'<', b'(', b'{', &bytes[at..]))
        .min()
    {
        at += found;
        let rest = &source[at..];
        let line = rest.find(['\n', '\r']).unwrap_or(rest.len());
        at += match bytes[at] {
            b'\\' => 1 + rest.chars().nth(1).map_or(0, char::len_utf8),
            b'`' => {
                let ticks = run(at);
                match closing_run(&bytes[at + ticks..], b'`', ticks) {
                    Some(length) => ticks + length,
                    None => return true,
                }
            }
            b'$' => {
                let dollars = run(at).min(2);
                let opens = dollars == 2
                    || rest[1..].starts_with(|c: char| !c.is_whitespace() && !c.is_ascii_digit());
                match rest[dollars..].find(&rest[..dollars]) {
                    Some(length) if opens => dollars + length + dollars,
                    None if opens && dollars == 2 => return true,
                    None if opens && line == rest.len() => return true,
                    _ => dollars,
                }
            }
            b'<' if code_element(rest).is_some() => match code_element(rest).flatten() {
                Some(length) => length,
                None => return true,
            },
            b'<' => match rest[..line].find('>') {
                Some(length) => length + 1,
                None if line == rest.len()
                    && rest[1..].starts_with(|c: char| {
                        c.is_ascii_alphabetic() || matches!(c, '/' | '!')
                    }) =>
                {
                    return true;
                }
                None => 1,
            },
            b'(' if source[..at].ends_with(']') => match rest[..line].find(')') {
                Some(length) => length + 1,
                None if line == rest.len() => return true,
                None => 1,
            },
            b'{' if line == rest.len() && !rest.contains('}') => return true,
            _ => 1,
        };
    }
    false
}

/// Of an element with inline code that begins here: its length, if it is closed.
fn code_element(text: &str) -> Option<Option<usize>> {
    let end = text.find('>')? + 1;
    let (name, closes) = html::code_tag(&text[..end])?;
    let found = || {
        let closing = |at: &usize| html::code_tag(&text[*at..]) == Some((name, true));
        let mut tags = text[end..].match_indices("</").map(|(at, _)| end + at);
        let at = tags.find(closing)?;
        Some(at + text[at..].find('>')? + 1)
    };
    (!closes).then(found)
}

/// The length up to and including the first run of exactly `count` times `mark`.
fn closing_run(bytes: &[u8], mark: u8, count: usize) -> Option<usize> {
    let mut at = 0;
    while let Some(found) = memchr::memchr(mark, &bytes[at..]) {
        at += found;
        let run = bytes[at..].iter().take_while(|b| **b == mark).count();
        at += run;
        if run == count {
            return Some(at);
        }
    }
    None
}

/// Finds lines before which every block is closed.
#[derive(Debug)]
pub(super) struct Cuts {
    /// Length of the front matter not yet passed.
    front: usize,
    /// The character and length of an open code fence, and whether it stands in an item or a quote.
    fence: Option<(u8, usize, bool)>,
    /// What ends an open HTML block that blank lines do not end.
    html: Option<&'static str>,
    /// What is open of [`templates`].
    block: Option<Block>,
    /// Whether the line before was blank.
    blank: bool,
}

impl Cuts {
    pub(super) fn new(text: &str, part: Part) -> Cuts {
        let front = match part {
            Part::Opening => front_matter::length(text),
            Part::Later => 0,
        };
        Cuts {
            front,
            fence: None,
            html: None,
            block: None,
            blank: false,
        }
    }

    /// Whether a cut is possible right before `line`, the next line.
    pub(super) fn before(&mut self, line: &str) -> Cut {
        if self.front > 0 {
            self.front = self.front.saturating_sub(line.len() + 1);
            return Cut::Not;
        }
        let after_blank = std::mem::replace(&mut self.blank, line.trim().is_empty());
        let first = line.bytes().next();
        let at_margin = first.is_some_and(|b| !matches!(b, b' ' | b'\t' | b':'));
        if let Some((_, _, nested)) = self.fence {
            let ends_container = nested && after_blank && at_margin && first != Some(b'>');
            if !ends_container {
                self.close_fence(line);
                return Cut::Not;
            }
            self.fence = None;
        }
        if let Some(end) = self.html {
            if line.contains(end) {
                self.html = None;
            }
            return Cut::Not;
        }
        if let Some(block) = self.block {
            self.block = self.block.filter(|_| !block.ends(line));
            return Cut::Not;
        }
        self.open(line);
        let heading = first == Some(b'#');
        if (after_blank && at_margin) || heading {
            Cut::Here
        } else if at_margin && first != Some(b'|') {
            Cut::Text
        } else {
            Cut::Not
        }
    }

    fn close_fence(&mut self, line: &str) {
        let Some((mark, count, _)) = self.fence else {
            return;
        };
        let content = line.trim_start_matches([' ', '\t', '>']);
        let run = content.bytes().take_while(|b| *b == mark).count();
        if run >= count && content[run..].trim().is_empty() {
            self.fence = None;
        }
    }

    fn open(&mut self, line: &str) {
        let quoted = line.trim_start_matches([' ', '\t', '>']);
        let marker = super::lines::list_marker(quoted);
        let content = quoted[marker..].trim_start();
        match content.bytes().next() {
            Some(mark @ (b'`' | b'~')) => {
                let count = content.bytes().take_while(|b| *b == mark).count();
                let info = &content[count..];
                if count >= 3 && !(mark == b'`' && info.contains('`')) {
                    let nested = marker > 0 || line.trim_start().starts_with('>');
                    self.fence = Some((mark, count, nested));
                }
            }
            Some(b'<') => {
                self.html = html_end(content).filter(|end| !content[1..].contains(end));
            }
            _ => self.block = templates::opens(content),
        }
    }
}

/// What ends an HTML block that may contain blank lines.
fn html_end(content: &str) -> Option<&'static str> {
    const BLOCKS: [(&str, &str); 6] = [
        ("<!--", "-->"),
        ("<?", "?>"),
        ("<script", "</script>"),
        ("<pre", "</pre>"),
        ("<style", "</style>"),
        ("<textarea", "</textarea>"),
    ];
    BLOCKS
        .iter()
        .find(|(start, _)| {
            content
                .get(..start.len())
                .is_some_and(|c| c.eq_ignore_ascii_case(start))
        })
        .map(|(_, end)| *end)
}

#[cfg(test)]
mod tests {
    use super::super::Language::Markdown;
    use super::super::tests::{check, check_cursor};

    #[test]
    fn blocks() {
        check(
            Markdown,
            "# Title\ntext\nmore\n",
            &["H Title", r"P text\nmore"],
        );
        check(Markdown, "Title\n===\n\ntext", &["H Title", "P text"]);
        check(Markdown, "# Title {#id .c}\n", &["H Title"]);
        check(
            Markdown,
            "- one\n- two\n  more\n\n  next\n",
            &["I one", r"I two\n|more", "P next"],
        );
        check(Markdown, "1. one\n   - inner\n", &["I one", "I inner"]);
        check(Markdown, "- [ ] todo\n- [x] done", &["I todo", "I done"]);
        check(
            Markdown,
            "> one\n> two\n>\n> three",
            &[r"Q one\n|two", "P three"],
        );
        check(Markdown, "> [!NOTE]\n> text", &["Q text"]);
        check(Markdown, "a\n\n```rust\nlet x;\n```\n\nb", &["P a", "P b"]);
        check(Markdown, "a\n\n    code\n\nb", &["P a", "P b"]);
        check(Markdown, "~~~\nnever closed\n\n# no\n", &[]);
        check(
            Markdown,
            "| a | `b` |\n|---|---|\n| c *d* | |\n\nend",
            &["I a", "I c |d", "P end"],
        );
        check(Markdown, "<div>\nraw\n</div>\n\nend", &["P raw", "P end"]);
        check(Markdown, "<p>{x}</p>\n\nend", &["P end"]);
        check(Markdown, "<!-- a\n\nb -->\n\nend", &["P end"]);
        check(Markdown, "[a]: http://b.c \"title\"\n\nend", &["P end"]);
        check(
            Markdown,
            "x[^1]\n\n[^1]: The note.",
            &["P x", "P The note."],
        );
        check(Markdown, "a\r\nb\r\rc", &[r"P a\r\nb", "P c"]);
        check(
            Markdown,
            "Term\n: definition\n",
            &["P Term", "I definition"],
        );
        check(Markdown, "***\n\na", &["P a"]);
    }

    #[test]
    fn spans() {
        check(
            Markdown,
            "use `x` **now** or *la_te_r*.",
            &["P use | |now| or |la_te_r|."],
        );
        check(Markdown, "a $x^2$ b\n\n$$\ny\n$$\n", &["P a | b"]);
        check(Markdown, "costs $5 and $6.", &["P costs $5 and $6."]);
        check(
            Markdown,
            "[text](http://a.b) and [ref][x] and [y]",
            &["P text| and |ref| and |y"],
        );
        check(Markdown, "![alt](a.png) <http://a.b> <a@b.c>", &["P alt"]);
        check(Markdown, "a <b>c</b> d<br>e", &["P a |c| d|e"]);
        check(
            Markdown,
            "Press <kbd>Enter</kbd> and <code>git *checkout*</code> x</code>.\n\n| <kbd>a |\n|---|\n| b |\n\nopen <code>no\n\nend",
            &["P Press | and | x|.", "I b", "P open", "P end"],
        );
        check(Markdown, "a &amp; b \\* c", &["P a | b |* c"]);
        check(
            Markdown,
            "line  \nnext\\\nthird",
            &[r"P line  \nnext|\nthird"],
        );
        check(Markdown, "see `x`\nand", &[r"P see |\nand"]);
        check(
            Markdown,
            "[[Page]] and [[Page|name]]",
            &["P Page| and |name"],
        );
    }

    #[test]
    fn cursors() {
        check_cursor(Markdown, "- $0", "Item ");
        check_cursor(Markdown, "- a\n- $0", "Item ");
        check_cursor(Markdown, "- [ ] $0", "Item ");
        check_cursor(Markdown, "# $0", "Heading ");
        check_cursor(Markdown, "| a | b |\n|---|---|\n| c | $0 |", "Item ");
        check_cursor(Markdown, "| a | b |\n|---|---|\n| c | d e$0", "Item d e");
        check_cursor(Markdown, "> $0", "Quote ");
        check_cursor(Markdown, "> a\n> b $0\n> c", "Quote a\\nb ");
        check_cursor(Markdown, "a **b $0", "Paragraph a **b ");
        check_cursor(Markdown, "a **$0**", "Paragraph a ");
        check_cursor(Markdown, "a **b$0** c", "Paragraph a b");
        check_cursor(Markdown, "a **b**$0 c", "Paragraph a b^");
        check_cursor(Markdown, "a `b`$0", "Paragraph a ^");
        check_cursor(Markdown, "a `b` $0", "Paragraph a  ");
        check_cursor(Markdown, "a `b$0`", "-");
        check_cursor(Markdown, "a `b $0", "-");
        check_cursor(Markdown, "a `b` c `d $0", "-");
        check_cursor(Markdown, "a [b $0", "Paragraph a [b ");
        check_cursor(Markdown, "a [b](htt$0", "-");
        check_cursor(Markdown, "a [b](c) $0", "Paragraph a b ");
        check_cursor(Markdown, "Press <kbd>Ent$0", "-");
        check_cursor(Markdown, "Press <kbd>Ent$0</kbd> to", "-");
        check_cursor(
            Markdown,
            "Press <kbd>Enter</kbd> to$0",
            "Paragraph Press  to",
        );
        check_cursor(Markdown, "a <span cl$0", "-");
        check_cursor(Markdown, "a < b $0", "Paragraph a < b ");
        check_cursor(Markdown, "a $x + $0", "-");
        check_cursor(Markdown, "a $5 and $0", "Paragraph a $5 and ");
        check_cursor(Markdown, "<summary>$0</summary>", "Paragraph ");
        check_cursor(Markdown, "<div align=\"center\">\na $0", "Paragraph a ");
        check_cursor(Markdown, "<table>\n<td>a $0\n</table>", "Item a ");
        check_cursor(Markdown, "<table>\n<td wid$0", "-");
        check_cursor(Markdown, "<p class=\"a\">{b} $0", "-");
        check_cursor(Markdown, "> <p>a $0", "-");
        check_cursor(Markdown, "```\na $0", "-");
        check_cursor(Markdown, "```\na\n```\n$0", "Paragraph ");
        check_cursor(Markdown, "a\n\n    $0", "-");
        check_cursor(Markdown, "| a | b $0|\n|---|---|\n", "Item b ");
    }
}
