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
    /// Password managers and mail programs show what they hold as such a file.
    #[error("a temporary file")]
    Temporary,
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

/// What a person asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// What the rules allow, also of files that were named: a shell names all of a folder for `*.md`.
    ByTheRules,
    /// Named files whatever the rules say: one that somebody chose.
    ForTheseFiles,
    /// All prose that there is, but for hidden files.
    ForAll,
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
        if names_private(path) || is_hidden(path) {
            return Err(Excluded::Private);
        }
        if is_temporary(path) {
            return Err(Excluded::Temporary);
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

    /// Why files and folders that were named themselves are not learned.
    pub fn left_out(&self, paths: &[PathBuf]) -> Vec<(PathBuf, Excluded)> {
        let reason = |path: &PathBuf| match path.is_file() {
            true => self.check(path, Language::from_path(path)).err(),
            false => names_private(path).then_some(Excluded::Private),
        };
        let reasons = paths
            .iter()
            .filter_map(|path| Some((path.clone(), reason(path)?)));
        reasons.collect()
    }

    /// The files under some paths that are to be learned. Links are not followed, and only ordinary files are looked at.
    pub fn files(&self, paths: &[PathBuf], asked: Asked) -> Vec<(PathBuf, Language)> {
        let mut found = Vec::new();
        for path in paths {
            if path.is_file() {
                let language = Language::from_path(path);
                found.extend(
                    match asked {
                        Asked::ByTheRules => self.check(path, language).ok(),
                        Asked::ForTheseFiles | Asked::ForAll => language,
                    }
                    .map(|language| (path.clone(), language)),
                );
                continue;
            }
            let mut walk = WalkBuilder::new(path);
            if asked != Asked::ForAll {
                walk.add_custom_ignore_filename(IGNORE_FILE);
            }
            let walk = walk
                .standard_filters(asked != Asked::ForAll)
                .hidden(true)
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
                let language = Language::from_path(path);
                let language = match asked {
                    Asked::ForAll => language,
                    _ => self.check(path, language).ok(),
                };
                found.extend(
                    language
                        .filter(|_| is_file)
                        .map(|language| (path.to_owned(), language)),
                );
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

/// Whether a path says that its content is nobody's business; what a home folder is called does not count.
fn names_private(path: &Path) -> bool {
    // Asked of the system once: folders have thousands of files.
    static HOME: LazyLock<Option<PathBuf>> =
        LazyLock::new(|| Some(whole(&etcetera::home_dir().ok()?)));
    let below_home = HOME.as_ref().and_then(|home| path.strip_prefix(home).ok());
    is_private_name(below_home.unwrap_or(path))
}

/// Whether a file lies where programs keep what an editor is to show once.
fn is_temporary(path: &Path) -> bool {
    /// What folders are called in which they do so.
    const PROGRAMS: [&str; 5] = ["pass.", "gopass", "mutt", "neomutt", "aerc"];
    static FOLDERS: LazyLock<[Vec<PathBuf>; 2]> = LazyLock::new(|| {
        let memory = ["/dev/shm", "/run"].map(PathBuf::from).into_iter();
        let memory = memory.chain(std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from));
        let others = ["/tmp", "/var/tmp"].map(PathBuf::from).into_iter();
        let others = others.chain([std::env::temp_dir()]);
        let known = |folder: PathBuf| folder.is_dir().then(|| whole(&folder));
        [
            memory.filter_map(known).collect(),
            others.filter_map(known).collect(),
        ]
    });
    let [memory, others] = &*FOLDERS;
    memory.iter().any(|folder| path.starts_with(folder))
        || others.iter().any(|folder| {
            let mut inner = path
                .strip_prefix(folder)
                .into_iter()
                .flat_map(Path::components);
            let first = inner
                .next()
                .map(|first| first.as_os_str().to_string_lossy().into_owned());
            let is_programs = |name: &String| PROGRAMS.iter().any(|start| name.starts_with(start));
            first.is_some_and(|first| inner.next().is_none() || is_programs(&first))
        })
}

/// Whether files of rules in the folders above say that `path` is ignored: it, or a folder that it lies in, below which nothing can be
/// taken back. The nearest rule decides. Those of git end with the repository.
fn is_ignored_by_files(path: &Path) -> bool {
    let mut in_repository = true;
    let mut all = Vec::new(); // the nearest first
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
            all.extend(builder.build().map(|rules| (folder, rules)));
        }
        in_repository &= !folder.join(".git").exists();
    }
    path.ancestors().any(|target| {
        let mut said = all
            .iter()
            .filter(|(folder, _)| target != *folder && target.starts_with(folder))
            .map(|(_, rules)| rules.matched(target, target != path));
        said.find(|said| !said.is_none())
            .is_some_and(|said| said.is_ignore())
    })
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
        let files = rules.files(&[folder.to_owned()], Asked::ByTheRules);
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
        let named = ["a.md", "draft/f.md", "passwords.md", "b/d.rs"].map(|name| root.join(name));
        let count = |asked| rules.files(&named, asked).len();
        assert_eq!(count(Asked::ByTheRules), 1);
        assert_eq!(count(Asked::ForTheseFiles), 3);
        assert_eq!(
            rules
                .files(std::slice::from_ref(&root), Asked::ForAll)
                .len(),
            7
        );
        let reasons = rules.left_out(&named);
        let reasons: Vec<Excluded> = reasons.into_iter().map(|(_, reason)| reason).collect();
        let expected = [Excluded::Ignored, Excluded::Private, Excluded::NotProse];
        assert_eq!(reasons, expected);
        let secret = root.join("The Secret Garden");
        let expected = [(secret.clone(), Excluded::Private)];
        assert_eq!(rules.left_out(&[root, secret]), expected);
    }

    #[test]
    fn below_what_is_ignored_nothing_comes_back() {
        let folder = tempfile::Builder::new().prefix("notes").tempdir().unwrap();
        let root = whole(folder.path());
        make(&root, "diary/a.md diary/deep/b.md c/d.md c/e.md");
        fs::write(root.join(".gitignore"), "diary/\nc/*\n").unwrap();
        fs::write(root.join("diary/.gitignore"), "*\n!*.md\n").unwrap();
        fs::write(root.join("c/.gitignore"), "!d.md\n").unwrap();
        let check = |name: &str, expected: bool| {
            assert_eq!(is_ignored_by_files(&root.join(name)), expected, "{name}");
        };
        check("diary/a.md", true);
        check("diary/deep/b.md", true);
        check("c/d.md", false);
        check("c/e.md", true);
    }

    #[cfg(unix)]
    #[test]
    fn what_is_shown_once_is_temporary() {
        let check = |path: &str, expected: bool| {
            assert_eq!(is_temporary(Path::new(path)), expected, "{path}");
        };
        check("/tmp/mutt-host-1000-12-34.txt", true);
        check("/tmp/pass.abc/x-bank.txt", true);
        check("/tmp/notes/a.md", false);
        check("/home/me/tmp/a.md", false);
        if Path::new("/dev/shm").is_dir() {
            check("/dev/shm/pass.abc/x-bank.txt", true);
        }
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
