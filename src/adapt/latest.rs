//! What was written last in each folder: how a document in it may begin.

use super::source::{Paragraph, Source};
use crate::text::prose::Passage;
use std::cmp::Reverse;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// So many words of a file are its end: with twice as many, nothing is gained.
const WORDS: usize = 150;

/// The end of one file.
type End = (PathBuf, Arc<Passage>);

/// Of each folder the ends of the file that was written last, and of the one before it.
#[derive(Clone, Debug, Default)]
pub struct Latest {
    folders: HashMap<PathBuf, Vec<End>>,
}

impl Latest {
    /// Of what was learned.
    pub(super) fn of<'a>(sources: impl Iterator<Item = &'a Source>) -> Latest {
        let mut files: HashMap<&Path, Vec<&Source>> = HashMap::new();
        for source in sources {
            if let Some(folder) = source.path.parent() {
                files.entry(folder).or_default().push(source);
            }
        }
        let ends = |(folder, mut files): (&Path, Vec<&Source>)| {
            files.sort_by_cached_key(|source| Reverse(source.written()));
            let ends = files.into_iter().filter_map(end).take(2).collect();
            (folder.to_owned(), ends)
        };
        Latest {
            folders: files.into_iter().map(ends).collect(),
        }
    }

    /// The end of what was written last in the folder of `path`, a path as [`super::gather::whole`] makes it, other than that file.
    pub fn before(&self, path: &Path) -> Option<&Arc<Passage>> {
        let ends = self.folders.get(path.parent()?)?;
        let other = ends.iter().find(|(file, _)| file != path);
        other.map(|(_, end)| end)
    }
}

fn end(source: &Source) -> Option<End> {
    let text = |paragraph: &Paragraph| (paragraph.starts, paragraph.text());
    let paragraphs = source.paragraphs.iter().rev().map(text);
    let end = Passage::end(paragraphs, WORDS)?;
    Some((source.path.clone(), Arc::new(end)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapt::private::Withheld;
    use crate::text::prose::Break;

    fn source(path: &str, day: u32, text: &str) -> Source {
        Source {
            path: path.into(),
            fingerprint: 0,
            learned: 0,
            paragraphs: vec![Paragraph {
                day,
                starts: Break::Paragraph,
                runs: vec![text.to_owned()],
            }],
            withheld: Withheld::default(),
            withdrawn: 0,
        }
    }

    #[test]
    fn a_document_follows_what_was_written_last_beside_it() {
        let sources = [
            source("/novel/1.md", 7, "the first"),
            source("/novel/2.md", 7, "the second"),
            source("/novel/3.md", 6, "the third, older"),
            source("/novel/4.md", 9, ""),
            source("/letters/a.md", 9, "a letter"),
        ];
        let latest = Latest::of(sources.iter());
        let before = |path: &str| {
            let passage = latest.before(Path::new(path))?;
            Some(passage.0[0].1.clone())
        };
        assert_eq!(before("/novel/5.md").unwrap(), "the second");
        assert_eq!(before("/novel/2.md").unwrap(), "the first");
        assert_eq!(before("/letters/b.md").unwrap(), "a letter");
        assert_eq!(before("/letters/a.md"), None);
        assert_eq!(before("/elsewhere/a.md"), None);
    }
}
