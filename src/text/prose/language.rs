//! The languages, and how editors and file names call them.

use std::path::Path;

/// How a document is marked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Language {
    /// Paragraphs separated by blank lines; mail, with its `> ` quotes, too.
    Plain,
    /// CommonMark with front matter, tables, footnotes and math; R Markdown, Quarto, MyST, MkDocs and MDX too.
    Markdown,
    /// LaTeX.
    Latex,
    /// A commit message: comment lines and the diff below scissors are left out.
    GitCommit,
    /// reStructuredText.
    Rst,
    /// AsciiDoc.
    Asciidoc,
    /// Org mode.
    Org,
    /// Typst.
    Typst,
    /// HTML.
    Html,
}

impl Language {
    /// Every language, for tests and listings.
    pub const ALL: [Language; 9] = [
        Language::Plain,
        Language::Markdown,
        Language::Latex,
        Language::GitCommit,
        Language::Rst,
        Language::Asciidoc,
        Language::Org,
        Language::Typst,
        Language::Html,
    ];

    /// Of a document, by both. An editor that knows no mode of its own for a file says that it is text.
    pub fn of(id: &str, path: Option<&Path>) -> Option<Language> {
        match Language::from_id(id)? {
            Language::Plain => path.and_then(Language::from_path).or(Some(Language::Plain)),
            language => Some(language),
        }
    }

    /// From the editor's language id (`markdown`, `plaintext`, `tex`, ...). Unknown ids are not prose.
    pub fn from_id(id: &str) -> Option<Language> {
        Some(match id.to_ascii_lowercase().as_str() {
            "plaintext" | "plain" | "text" | "txt" | "mail" | "email" | "eml" | "message" => {
                Language::Plain
            }
            "markdown" | "md" | "mdx" | "quarto" | "qmd" | "rmd" | "rmarkdown" | "pandoc"
            | "vimwiki" | "telekasten" | "markdown.mdx" | "markdown.pandoc" | "gfm" => {
                Language::Markdown
            }
            "latex" | "tex" | "plaintex" => Language::Latex,
            "git-commit"
            | "gitcommit"
            | "scminput"
            | "neogitcommitmessage"
            | "jjdescription"
            | "log-edit"
            | "git_commit" => Language::GitCommit,
            "restructuredtext" | "rst" => Language::Rst,
            "asciidoc" | "adoc" | "asciidoctor" => Language::Asciidoc,
            "org" => Language::Org,
            "typst" | "typ" => Language::Typst,
            "html" | "xhtml" | "mhtml" => Language::Html,
            _ => return None,
        })
    }

    /// From a file's name. Unknown names are not prose.
    pub fn from_path(path: &Path) -> Option<Language> {
        let name = path.file_name()?.to_str()?;
        if matches!(
            name,
            "COMMIT_EDITMSG" | "MERGE_MSG" | "TAG_EDITMSG" | "SQUASH_MSG"
        ) {
            return Some(Language::GitCommit);
        }
        let extension = path.extension()?.to_str()?.to_ascii_lowercase();
        Some(match extension.as_str() {
            "txt" | "text" | "eml" => Language::Plain,
            "md" | "markdown" | "mkd" | "qmd" | "rmd" | "mdx" => Language::Markdown,
            "tex" | "ltx" => Language::Latex,
            "rst" => Language::Rst,
            "adoc" | "asciidoc" => Language::Asciidoc,
            "org" => Language::Org,
            "typ" => Language::Typst,
            "html" | "htm" | "xhtml" => Language::Html,
            "jjdescription" => Language::GitCommit,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn editors_ids() {
        let check = |ids: &str, expected: Option<Language>| {
            for id in ids.split(' ') {
                assert_eq!(Language::from_id(id), expected, "{id}");
            }
        };
        check("plaintext text mail email", Some(Language::Plain));
        check("markdown quarto rmd mdx vimwiki", Some(Language::Markdown));
        check("latex tex plaintex", Some(Language::Latex));
        check(
            "git-commit gitcommit scminput NeogitCommitMessage",
            Some(Language::GitCommit),
        );
        check("restructuredtext rst", Some(Language::Rst));
        check("asciidoc adoc", Some(Language::Asciidoc));
        check("org", Some(Language::Org));
        check("typst", Some(Language::Typst));
        check("html xhtml", Some(Language::Html));
        check("bibtex rust json  git-rebase", None);
    }

    #[test]
    fn text_is_what_its_file_is() {
        let check = |id: &str, path: &str, expected: Option<Language>| {
            let path = Some(Path::new(path)).filter(|path| !path.as_os_str().is_empty());
            assert_eq!(Language::of(id, path), expected, "{id} {path:?}");
        };
        check("text", "/a/.git/COMMIT_EDITMSG", Some(Language::GitCommit));
        check("text", "/a/b.adoc", Some(Language::Asciidoc));
        check("text", "/a/notes", Some(Language::Plain));
        check("plaintext", "", Some(Language::Plain));
        check("markdown", "/a/b.txt", Some(Language::Markdown));
        check("rust", "/a/b.md", None);
    }

    #[test]
    fn file_names() {
        let check = |names: &str, expected: Option<Language>| {
            for name in names.split(' ') {
                assert_eq!(Language::from_path(Path::new(name)), expected, "{name}");
            }
        };
        check("a.txt b/a.TEXT", Some(Language::Plain));
        check(
            "README.md a.qmd a.Rmd a.mdx a.markdown",
            Some(Language::Markdown),
        );
        check("a.tex a.ltx", Some(Language::Latex));
        check(".git/COMMIT_EDITMSG", Some(Language::GitCommit));
        check("a.rst", Some(Language::Rst));
        check("a.adoc a.asciidoc", Some(Language::Asciidoc));
        check("a.org", Some(Language::Org));
        check("a.typ", Some(Language::Typst));
        check("a.html a.htm a.xhtml", Some(Language::Html));
        check("a.bib a.rs Makefile md", None);
    }
}
