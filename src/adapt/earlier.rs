//! The writer's prose as an open document sees it.
//!
//! A document counts the words before the cursor as it is read. What its file told of them when it was saved would be the same words
//! once more, posing as earlier prose, so the counts that are lent to the document in use are made without them. What stands
//! behind the cursor is lent: nobody else counts it.

use super::counts::PersonalCounts;
use super::latest::Latest;
use crate::text::prose::Language;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Where somebody writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Writing {
    /// The document's file.
    pub path: PathBuf,
    /// How it is marked up.
    pub language: Language,
    /// What the document counts: the text before the cursor, or the end of it.
    pub before: String,
}

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct Earlier {
    pub(super) all: Arc<PersonalCounts>,
    /// What was written last in each folder.
    pub(super) latest: Arc<Latest>,
    /// What is lent to the document in use, if its file was learned.
    pub(super) lent: Option<(PathBuf, Arc<PersonalCounts>)>,
}

impl Earlier {
    /// Everything that was learned.
    pub fn all(&self) -> &PersonalCounts {
        &self.all
    }

    /// What a document may follow.
    pub fn latest(&self) -> &Latest {
        &self.latest
    }

    /// What is lent to the document of a file.
    pub fn lent_to(&self, path: Option<&Path>) -> &PersonalCounts {
        match &self.lent {
            Some((own, counts)) if path == Some(own) => counts,
            _ => &self.all,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapt::{Choices, Learner, News, Task};
    use crate::model::Model;
    use std::sync::mpsc;

    #[test]
    fn a_document_is_not_lent_what_it_counts() {
        let folder = tempfile::tempdir().unwrap();
        let (sender, news) = mpsc::channel();
        let learner = Learner::start(
            folder.path().to_owned(),
            Arc::new(Model::tiny(1)),
            move |news| drop(sender.send(news)),
        )
        .unwrap();
        let path = PathBuf::from("/notes/a.md");
        let text = "Once Tharbolan came in.\n\nThen Tharbolan sat down.\n\n";
        learner.tell(Task::Choose(Choices {
            learn: true,
            ..Choices::default()
        }));
        learner.tell(Task::Saved {
            path: path.clone(),
            language: Language::Markdown,
            text: text.to_owned(),
        });
        learner.tell(Task::Writing(Writing {
            path: path.clone(),
            language: Language::Markdown,
            before: text.to_owned(),
        }));
        let knows = |counts: &PersonalCounts| !counts.new_words().is_empty();
        let other = PathBuf::from("/notes/b.md");
        // The channel closes when the learner ends, so this ends too.
        let is_so = news.iter().any(|news| match news {
            News::Counts(earlier) => {
                knows(earlier.all())
                    && knows(earlier.lent_to(Some(&other)))
                    && knows(earlier.lent_to(None))
                    && !knows(earlier.lent_to(Some(&path)))
            }
            _ => false,
        });
        assert!(is_so);
    }
}
