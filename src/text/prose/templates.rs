//! Blocks of template languages and comments in Markdown that hold no prose and go over lines, blank ones too: shortcodes
//! and tags that hold code (Hugo, Jekyll, Liquid), comments (Obsidian, Hugo, MDX), and imports of MDX.

/// Shortcodes and tags whose content is code, a diagram, a formula or a comment.
const CODE: &[&str] = &[
    "code",
    "code-toggle",
    "codeblock",
    "comment",
    "highlight",
    "katex",
    "latex",
    "math",
    "mermaid",
    "plantuml",
    "raw",
    "verbatim",
];

/// What ends an open block.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Block {
    /// A line that contains this.
    Until(&'static str),
    /// A line with this tag's closing one.
    Tag(&'static str),
    /// A line that begins with a closing brace.
    Brace,
}

/// The block that begins with a line and does not end in it.
pub(super) fn opens(content: &str) -> Option<Block> {
    let (block, skip) = begins(content)?;
    (!block.ends(&content[skip..])).then_some(block)
}

fn begins(content: &str) -> Option<(Block, usize)> {
    const COMMENTS: [(&str, &str); 4] =
        [("%%", "%%"), ("{/*", "*/}"), ("{{/*", "*/}}"), ("{#", "#}")];
    let comment = |(open, close): (&str, &'static str)| {
        let is_open = content.starts_with(open);
        is_open.then_some((Block::Until(close), open.len()))
    };
    let found = COMMENTS.into_iter().find_map(comment);
    // `{#id}` is an attribute.
    let found = found.filter(|_| !content.starts_with("{#") || content.starts_with("{# "));
    if found.is_some() {
        return found;
    }
    if module(content) {
        return Some((Block::Brace, content.find('{').map_or(0, |at| at + 1)));
    }
    let tag = tag(content).filter(|tag| !tag.is_closing)?;
    let known = CODE.iter().find(|known| **known == tag.name)?;
    let length = tag.rest.find(tag.close)?;
    let closes_itself = tag.rest[..length].trim_end().ends_with('/');
    let skip = content.len() - tag.rest.len() + length + tag.close.len();
    (!closes_itself).then_some((Block::Tag(known), skip))
}

/// A tag: `{{< highlight go >}}`, `{{</ highlight >}}`, `{%- endhighlight -%}`.
struct Tag<'t> {
    name: &'t str,
    /// Whether a slash stands before the name.
    is_closing: bool,
    /// What follows the name.
    rest: &'t str,
    /// What the tag closes with.
    close: &'static str,
}

/// The tag that a text begins with.
fn tag(content: &str) -> Option<Tag<'_>> {
    const TAGS: [(&str, &str); 3] = [("{{<", ">}}"), ("{{%", "%}}"), ("{%", "%}")];
    let (open, close) = TAGS.into_iter().find(|(o, _)| content.starts_with(o))?;
    let inner = content[open.len()..].trim_start_matches(['-', ' ', '\t']);
    let slash = inner.strip_prefix('/').map(str::trim_start);
    let name = slash.unwrap_or(inner);
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let length = name.find(|c| !is_name(c)).unwrap_or(name.len());
    Some(Tag {
        name: &name[..length],
        is_closing: slash.is_some(),
        rest: &name[length..],
        close,
    })
}

/// Whether a line begins an import or export of names that goes on: `import {`.
fn module(content: &str) -> bool {
    let names = ["import {", "import type {", "export {"];
    names.iter().any(|start| content.starts_with(start)) && content.trim_end().ends_with(['{', ','])
}

impl Block {
    /// Whether the block ends in this line, which is its own to the end.
    pub(super) fn ends(self, line: &str) -> bool {
        match self {
            Block::Until(close) => line.contains(close),
            Block::Brace => line.trim_start().starts_with('}'),
            Block::Tag(name) => line
                .match_indices('{')
                .filter_map(|(at, _)| tag(&line[at..]))
                .any(|tag| tag.closes(name)),
        }
    }
}

impl Tag<'_> {
    /// Whether it closes the tag of a name: `/highlight`, `endhighlight`.
    fn closes(&self, name: &str) -> bool {
        (self.is_closing && self.name == name) || self.name.strip_prefix("end") == Some(name)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Language::Markdown;
    use super::super::tests::{check, check_cursor};

    #[test]
    fn code() {
        check(
            Markdown,
            "a\n\n{{< highlight go >}}\n// no\n\nno\n{{</ highlight >}}\n\nb",
            &["P a", "P b"],
        );
        check(
            Markdown,
            "a\n\n{% highlight ruby %}\n# no\n\n# no\n{%- endhighlight -%}\nb",
            &["P a", "P b"],
        );
        check(
            Markdown,
            "- a\n\n  {{% code-toggle file=hugo %}}\n  no\n  {{% /code-toggle %}}\n\n- b {{< ref x >}}",
            &["I a", "I b"],
        );
        check(
            Markdown,
            "{{< code-toggle config=x />}}\n\na\n\n{{< note >}}\nb\n{{< /note >}}\n\n{% raw %}\nno\n{% endraw %}\nc\n",
            &["P a", "P b", "P c"],
        );
    }

    #[test]
    fn what_stands_alone_silences_nothing() {
        check(Markdown, "{{< gist a 1 >}}\n\nb", &["P b"]);
        check(Markdown, "{{< /highlight >}}\n\nb", &["P b"]);
        check(Markdown, "{% endraw %}\n\nb", &["P b"]);
        check(Markdown, "{% include code.html %}\n\nb", &["P b"]);
        check(
            Markdown,
            "{{< katex.inline >}}x{{</ katex.inline >}}\n\nb",
            &["P x", "P b"],
        );
        check(Markdown, "{{< highlight\n\nb", &["P {{< highlight", "P b"]);
    }

    #[test]
    fn comments_and_imports() {
        check(Markdown, "a\n\n%%\nno\n\nno\n%%\n\nb", &["P a", "P b"]);
        check(
            Markdown,
            "{/* no\n\nno */}\n\na\n\n{{/* no */}}\n\n%%no%% b {#id}",
            &["P a", "P b"],
        );
        check(
            Markdown,
            "import {\n  A,\n  B,\n} from 'x'\n\na\n\nimport { what you like }",
            &["P a", "P import"],
        );
        check(Markdown, "# Title {#id}\n\n{#id}\na", &["H Title", "P a"]);
    }

    #[test]
    fn cursors() {
        check_cursor(Markdown, "{{< highlight go >}}\n// a $0", "-");
        check_cursor(
            Markdown,
            "{{< highlight go >}}\nx\n{{< /highlight >}}\n$0",
            "Paragraph ",
        );
        check_cursor(Markdown, "%%\na $0\n%%", "-");
        check_cursor(Markdown, "```\n%%\n```\n\na $0", "Paragraph a ");
    }
}
