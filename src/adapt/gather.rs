//! Which files are the writer's prose.

use super::private::is_private_name;
use super::source::MOST_BYTES;
use crate::text::prose::Language;
use ignore::WalkBuilder;
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use std::borrow::Cow;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

/// Rules of our own, in the syntax of `.gitignore`, in any folder above a file.
pub const IGNORE_FILE: &str = ".rnnlspignore";

/// Deeper folders are not looked into.
const DEEPEST: usize = 32;

/// No folder of a person's prose has more files.
const MOST_FILES: usize = 20_000;

/// Whether `Drafts` and `drafts` are one folder, as usual on these systems; git matches rules accordingly there.
const ONE_CASE: bool = cfg!(any(windows, target_os = "macos"));

/// Why a file is not learned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Excluded {
    /// Its name says so.
    #[error("its name says that it is private")]
    Private,
    /// A rule says so.
    #[error("ignored by .gitignore, {IGNORE_FILE} or the setting learnIgnore")]
    Ignored,
    /// Its kind is not learned.
    #[error("not a file of prose")]
    NotProse,
}

/// Rules of the settings.
#[derive(Debug)]
pub struct Rules(Gitignore);

impl Default for Rules {
    fn default() -> Rules {
        Rules(Gitignore::empty())
    }
}

impl Rules {
    /// From patterns in the syntax of `.gitignore`; with them a sentence for each that is none.
    pub fn new(patterns: &[String]) -> (Rules, Vec<String>) {
        let mut builder = rules_below(Path::new("/"));
        let mut warnings = Vec::new();
        for pattern in patterns {
            if let Err(error) = builder.add_line(None, &without_drive(pattern)) {
                warnings.push(format!("learnIgnore: {error}"));
            }
        }
        match builder.build() {
            Ok(rules) => (Rules(rules), warnings),
            Err(error) => (Rules::default(), vec![format!("learnIgnore: {error}")]),
        }
    }

    /// Whether a file, given by its whole path, may be learned. How it is marked up, if it may.
    pub fn check(&self, path: &Path, language: Option<Language>) -> Result<Language, Excluded> {
        // Commit messages are written anew into one file, half of it by git.
        let language = language
            .filter(|language| *language != Language::GitCommit)
            .ok_or(Excluded::NotProse)?;
        // Asked of the system once: folders have thousands of files.
        static HOME: LazyLock<Option<PathBuf>> =
            LazyLock::new(|| Some(whole(&etcetera::home_dir().ok()?)));
        let below_home = HOME.as_ref().and_then(|home| path.strip_prefix(home).ok());
        if is_private_name(below_home.unwrap_or(path)) || is_hidden(path) {
            return Err(Excluded::Private);
        }
        if self.is_ignored(path) || is_ignored_by_files(path) {
            return Err(Excluded::Ignored);
        }
        Ok(language)
    }

    fn is_ignored(&self, path: &Path) -> bool {
        // The patterns are relative to the root, on Windows to that of the drive.
        let relative: PathBuf = path
            .components()
            .filter(|c| matches!(c, std::path::Component::Normal(_)))
            .collect();
        self.0
            .matched_path_or_any_parents(&relative, false)
            .is_ignore()
    }

    /// The files under some paths that may be learned; a file named itself is taken even where a rule of a folder
    /// speaks against it. Links are not followed, and only ordinary files are looked at.
    pub fn files(&self, paths: &[PathBuf]) -> Vec<(PathBuf, Language)> {
        let mut found = Vec::new();
        for path in paths {
            if path.is_file() {
                found.extend(Language::from_path(path).map(|language| (path.clone(), language)));
                continue;
            }
            let walk = WalkBuilder::new(path)
                .add_custom_ignore_filename(IGNORE_FILE)
                .require_git(false)
                .follow_links(false)
                .ignore_case_insensitive(ONE_CASE)
                .max_depth(Some(DEEPEST))
                .max_filesize(Some(MOST_BYTES as u64))
                .sort_by_file_path(Path::cmp)
                .build();
            for entry in walk.flatten() {
                if found.len() == MOST_FILES {
                    break;
                }
                let path = entry.path();
                let is_file = entry.file_type().is_some_and(|kind| kind.is_file());
                if is_file && let Ok(language) = self.check(path, Language::from_path(path)) {
                    found.push((path.to_owned(), language));
                }
            }
        }
        found.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        found.dedup_by(|a, b| a.0 == b.0);
        found
    }
}

fn rules_below(folder: &Path) -> GitignoreBuilder {
    let mut builder = GitignoreBuilder::new(folder);
    let _ = builder.case_insensitive(ONE_CASE); // It never fails.
    builder
}

/// The syntax knows no drives, and `\` takes a sign's meaning in it: `C:\Users\me\drafts` is `/Users/me/drafts`, on any drive.
fn without_drive(pattern: &str) -> Cow<'_, str> {
    let rest = pattern.strip_prefix('!').unwrap_or(pattern);
    match rest.as_bytes() {
        [letter, b':', b'/' | b'\\', ..] if cfg!(windows) && letter.is_ascii_alphabetic() => {
            let not = &pattern[..pattern.len() - rest.len()];
            Cow::Owned(format!("{not}{}", rest[2..].replace('\\', "/")))
        }
        _ => Cow::Borrowed(pattern),
    }
}

/// Whether a file of rules in a folder above says that `path` is ignored; the nearest rule decides. Those of git end
/// with the repository.
fn is_ignored_by_files(path: &Path) -> bool {
    let mut in_repository = true;
    for folder in path.ancestors().skip(1) {
        for name in [IGNORE_FILE, ".gitignore"] {
            let file = folder.join(name);
            if (name == ".gitignore" && !in_repository)
                || !fs::metadata(&file).is_ok_and(|file| file.is_file())
            {
                continue;
            }
            let mut builder = rules_below(folder);
            builder.add(&file); // A line that is no pattern costs itself, not the others.
            let Ok(rules) = builder.build() else { continue };
            let matched = rules.matched_path_or_any_parents(path, false);
            if !matched.is_none() {
                return matched.is_ignore();
            }
        }
        in_repository &= !folder.join(".git").exists();
    }
    false
}

/// A path as it is kept: absolute, links resolved as far as it exists, so that a file has the same one when it is gone.
pub fn whole(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    for above in absolute.ancestors() {
        let Ok(found) = fs::canonicalize(above) else {
            continue;
        };
        let found = plain(found);
        return match absolute.strip_prefix(above) {
            Ok(rest) if !rest.as_os_str().is_empty() => found.join(rest),
            _ => found,
        };
    }
    absolute
}

/// Windows resolves links to `\\?\C:\notes`, which is the same as `C:\notes`, but no editor, setting or person says so.
#[cfg(windows)]
fn plain(path: PathBuf) -> PathBuf {
    use std::ffi::OsString;
    use std::path::{Component, Prefix};

    let mut components = path.components();
    let Some(Component::Prefix(prefix)) = components.next() else {
        return path;
    };
    let start = match prefix.kind() {
        Prefix::VerbatimDisk(letter) => OsString::from(format!("{}:", char::from(letter))),
        Prefix::VerbatimUNC(server, share) => {
            let mut start = OsString::from(r"\\");
            start.push(server);
            start.push(r"\");
            start.push(share);
            start
        }
        _ => return path,
    };
    PathBuf::from(start).join(components.as_path())
}

#[cfg(not(windows))]
fn plain(path: PathBuf) -> PathBuf {
    path
}

/// Whether a file is hidden by something else than its name, as on Windows.
#[cfg(windows)]
fn is_hidden(path: &Path) -> bool {
    use std::os::windows::fs::MetadataExt;
    /// FILE_ATTRIBUTE_HIDDEN
    const HIDDEN: u32 = 2;
    fs::metadata(path).is_ok_and(|file| file.file_attributes() & HIDDEN != 0)
}

#[cfg(not(windows))]
fn is_hidden(_path: &Path) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Makes files with their own names as text.
    fn make(folder: &Path, names: &str) {
        for name in names.split(' ') {
            let path = folder.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, name).unwrap();
        }
    }

    fn names(rules: &Rules, folder: &Path) -> Vec<String> {
        let files = rules.files(&[folder.to_owned()]);
        files
            .iter()
            .map(|(path, _)| path.strip_prefix(folder).unwrap().display().to_string())
            .map(|name| name.replace('\\', "/"))
            .collect()
    }

    #[test]
    fn a_folder_of_notes() {
        let folder = tempfile::Builder::new().prefix("notes").tempdir().unwrap();
        let root = whole(folder.path());
        make(
            &root,
            "a.md b/c.txt b/d.rs .hidden/e.md passwords.md draft/f.md draft/keep.md g/h.md i.tex",
        );
        fs::write(root.join(IGNORE_FILE), "draft/*\n!draft/keep.md\n").unwrap();
        fs::write(root.join("g/.gitignore"), "h.md\n").unwrap();
        let (rules, warnings) = Rules::new(&["*.tex".to_owned()]);
        assert_eq!(
            (names(&rules, &root), warnings),
            (
                ["a.md", "b/c.txt", "draft/keep.md"]
                    .map(str::to_owned)
                    .to_vec(),
                vec![]
            )
        );
        let check = |name: &str, expected: Result<(), Excluded>| {
            let path = root.join(name);
            assert_eq!(
                rules.check(&path, Language::from_path(&path)).map(drop),
                expected,
                "{name}"
            );
        };
        check("a.md", Ok(()));
        check("draft/keep.md", Ok(()));
        check("draft/f.md", Err(Excluded::Ignored));
        check("g/h.md", Err(Excluded::Ignored));
        check("i.tex", Err(Excluded::Ignored));
        check("passwords.md", Err(Excluded::Private));
        check(".hidden/e.md", Err(Excluded::Private));
        check("b/d.rs", Err(Excluded::NotProse));
        check("COMMIT_EDITMSG", Err(Excluded::NotProse));
    }

    #[test]
    fn a_path_is_the_same_when_its_file_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        make(folder.path(), "a/b.md");
        let file = folder.path().join("a/b.md");
        let (found, elsewhere) = (whole(&file), whole(&folder.path().join("a/../a/b.md")));
        assert_eq!(found, elsewhere);
        assert!(!found.display().to_string().contains('?'), "{found:?}");
        fs::remove_dir_all(folder.path().join("a")).unwrap();
        assert_eq!(whole(&file), found);
    }

    #[cfg(windows)]
    #[test]
    fn drives_and_backslashes() {
        let check = |pattern: &str, path: &str, expected: bool| {
            let (rules, warnings) = Rules::new(&["*.txt".to_owned(), pattern.to_owned()]);
            let path = Path::new(path);
            assert_eq!(
                (rules.is_ignored(path), warnings),
                (expected, vec![]),
                "{pattern}"
            );
        };
        check(r"C:\Users\me\drafts", r"C:\Users\me\drafts\a.md", true);
        check("c:/Users/me/drafts/", r"C:\Users\me\drafts\a.md", true);
        check(r"!C:\Users\me\*.txt", r"C:\Users\me\a.txt", false);
        check("Drafts/", r"C:\Users\me\drafts\a.md", true);
        check("/Users/me/drafts", r"C:\Users\you\drafts\a.md", false);
    }

    #[cfg(windows)]
    #[test]
    fn resolved_paths_are_told_plainly() {
        let check =
            |path: &str, expected: &str| assert_eq!(plain(path.into()), Path::new(expected));
        check(r"\\?\C:\notes\a b.md", r"C:\notes\a b.md");
        check(r"\\?\C:\", r"C:\");
        check(r"\\?\UNC\server\share\a.md", r"\\server\share\a.md");
        check(r"\\server\share\a.md", r"\\server\share\a.md");
    }

    #[test]
    fn patterns_that_are_none() {
        let (_, warnings) = Rules::new(&["{a".to_owned(), "b".to_owned()]);
        assert_eq!(warnings.len(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn links_and_pipes_are_left_alone() {
        let folder = tempfile::Builder::new().prefix("notes").tempdir().unwrap();
        let root = whole(folder.path());
        make(&root, "a.md");
        std::os::unix::fs::symlink(&root, root.join("loop")).unwrap();
        std::os::unix::fs::symlink(root.join("a.md"), root.join("b.md")).unwrap();
        let made = std::process::Command::new("mkfifo")
            .arg(root.join("c.md"))
            .status();
        assert!(made.is_ok_and(|status| status.success()));
        assert_eq!(names(&Rules::default(), &root), ["a.md"]);
    }
}
