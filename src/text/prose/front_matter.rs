//! Front matter: data about a document at its start, some of which is prose.

use super::Break;
use super::builder::Builder;
use super::lines::{Line, lines};
use super::pieces::OPENING;

/// Reads the prose of front matter, and says where that ends.
pub(super) fn extract(text: &str, builder: &mut Builder) -> usize {
    let end = length(text);
    // Whether the value of an earlier line may go on, and is prose.
    let mut is_open = false;
    for line in lines(&text[..end]) {
        let is_indented = line.text.starts_with([' ', '\t']);
        if is_open && line.is_blank() {
            builder.end();
        } else if is_open && is_indented {
            builder.push(line.from(line.indent()));
        } else {
            builder.expect(Break::Paragraph);
            is_open = begin(&line, builder).is_some();
        }
    }
    builder.expect(Break::Paragraph);
    end
}

/// Begins a paragraph where a line's key says that its value is prose.
fn begin(line: &Line, builder: &mut Builder) -> Option<()> {
    let (key, value) = line.text.split_once([':', '='])?;
    let starts = match key.trim_end().to_ascii_lowercase().as_str() {
        "title" | "subtitle" => Break::Heading,
        "abstract" | "caption" | "description" | "excerpt" | "lead" | "summary" => Break::Paragraph,
        _ => return None,
    };
    let value = value.trim_start();
    if value.starts_with(['[', '{', '&', '*', '#', '!']) {
        return None;
    }
    builder.expect(starts);
    // `>` and `|`: the value is the lines below.
    if !value.starts_with(['>', '|']) {
        let inner = value.trim_start_matches(['"', '\'']);
        let quotes = value.len() - inner.len();
        let start = line.start + line.text.len() - inner.len();
        let mut end = inner.trim_end();
        if quotes > 0 {
            end = end.trim_end_matches(&value[..1]);
        }
        builder.push(start..start + end.len());
    }
    Some(())
}

/// Where front matter ends that stands at the start: YAML between `---` lines, TOML between `+++` lines; 0 without any.
/// While it is being written its closing line is missing; then it ends at the first blank line. It is looked for in the
/// first bytes only, so that an edit far behind cannot turn a thematic break into its end.
pub(super) fn length(text: &str) -> usize {
    let text = &text[..text.floor_char_boundary(OPENING)];
    let mut all = lines(text.strip_prefix('\u{feff}').unwrap_or(text));
    let offset = text.len() - text.trim_start_matches('\u{feff}').len();
    let Some(fence) = all.next() else { return 0 };
    let fence = fence.text.trim_end();
    if fence != "---" && fence != "+++" {
        return 0;
    }
    let mut blank = None;
    for (number, line) in all.enumerate() {
        let content = line.text.trim_end();
        if content == fence || (content == "..." && fence == "---") {
            return offset + line.next;
        }
        if number == 0 && !is_key(content) && !content.starts_with('#') {
            return 0;
        }
        if content.is_empty() && blank.is_none() {
            blank = Some(line.start);
        }
    }
    offset + blank.unwrap_or(text.len() - offset)
}

/// `title: ...` or `title = ...`.
fn is_key(line: &str) -> bool {
    let end = line.find([':', '=']).unwrap_or(0);
    end > 0 && !line[..end].trim_end().contains(' ')
}

#[cfg(test)]
mod tests {
    use super::super::Language::Markdown;
    use super::super::tests::{check, check_cursor};

    #[test]
    fn where_it_ends() {
        check(Markdown, "---\ndate: x\n\nother: y\n---\ntext", &["P text"]);
        check(Markdown, "+++\ndraft = 1\n+++\ntext", &["P text"]);
        check(Markdown, "---\ndate: x\n...\ntext", &["P text"]);
        check(Markdown, "---\n\ntext", &["P text"]);
        check(
            Markdown,
            "---\nA sentence. It: is\n",
            &["P A sentence. It: is"],
        );
        check_cursor(Markdown, "---\ndate: a $0", "-");
    }

    #[test]
    fn prose_in_it() {
        check(
            Markdown,
            "---\ntitle: \"The title\"\ndate: today\ndescription: >-\n  One line\n  and more.\n\n  Two.\ntags: [a]\n---\ntext",
            &["H The title", r"P One line\n|and more.", "P Two.", "P text"],
        );
        check(
            Markdown,
            "+++\ntitle = 'A b'\n[extra]\nsummary = \"It's c.\"\n+++\n- d",
            &["H A b", "P It's c.", "I d"],
        );
        check(Markdown, "---\ntitle: [a]\nauthor: b\n---\n", &[]);
        check(Markdown, "---\ntitle: a\n---\n- b", &["H a", "I b"]);
        check_cursor(Markdown, "---\ntitle: $0", "Heading ");
        check_cursor(Markdown, "---\ntitle: a $0\n---\n", "Heading a ");
        check_cursor(Markdown, "---\ntitle: \"$0\"\n---\n", "Heading ");
        check_cursor(
            Markdown,
            "---\nabstract: |\n  a b $0\n---\n",
            "Paragraph a b ",
        );
    }
}
