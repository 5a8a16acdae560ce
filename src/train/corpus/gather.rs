//! Which files a corpus is made of.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use ignore::WalkBuilder;

use super::{Error, Skips};
use crate::text::prose::Language;
use crate::train::files::FileError;

/// A file to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Where it is.
    pub path: PathBuf,
    /// How it is marked up.
    pub language: Language,
}

/// The files of `paths`: a file is taken as it is named; a folder is walked in order of name, without hidden and
/// ignored files and without those whose extension says that they are not prose. A path that does not exist is an
/// error, because it is a mistake in the command; what cannot be read below a folder is noted in `skips`.
pub fn gather(paths: &[PathBuf], skips: &mut Skips) -> Result<Vec<Source>, Error> {
    let mut sources = Vec::new();
    let mut seen = HashSet::new();
    let mut add = |path: &Path, language| {
        let identity = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        if seen.insert(identity) {
            sources.push(Source {
                path: path.to_owned(),
                language,
            });
        }
    };
    for path in paths {
        let metadata = std::fs::metadata(path).map_err(|source| FileError::io(path, source))?;
        if !metadata.is_dir() {
            add(path, language(path).unwrap_or(Language::Plain));
            continue;
        }
        let walk = WalkBuilder::new(path)
            .require_git(false)
            .sort_by_file_name(OsStr::cmp)
            .build();
        for entry in walk {
            match entry {
                Ok(entry) if entry.file_type().is_some_and(|kind| kind.is_file()) => {
                    if let Some(language) =
                        language(entry.path()).filter(|_| !is_ours(entry.path()))
                    {
                        add(entry.path(), language);
                    }
                }
                Ok(_) => {}
                Err(error) => skips.add(path, error),
            }
        }
    }
    Ok(sources)
}

/// The language of a file by its extension, that of the compression aside.
fn language(path: &Path) -> Option<Language> {
    match path.extension().and_then(OsStr::to_str) {
        Some("zst" | "gz") => Language::from_path(&path.with_extension("")),
        _ => Language::from_path(path),
    }
}

/// The plot beside a model is HTML, but nobody wrote it.
fn is_ours(path: &Path) -> bool {
    let name = path.file_name().and_then(OsStr::to_str);
    name.is_some_and(|name| name.ends_with(".curve.html"))
}
