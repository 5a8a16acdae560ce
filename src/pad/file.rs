//! Reading and writing the page's file. A save is whole or not at all, and never over what someone else wrote.

use crate::model::patiently;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// Longer texts are for an editor: the pad lays out the whole page at every key.
const LONGEST: u64 = 1 << 20;

/// Why a file could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The system said so.
    #[error("{0}: {1}")]
    Io(PathBuf, #[source] io::Error),
    /// A folder, a device.
    #[error("{0} is not a file")]
    NotAFile(PathBuf),
    /// Not text, so that saving it would change it.
    #[error("{0} is not UTF-8 text")]
    NotText(PathBuf),
    /// More than the pad takes.
    #[error("{0} has {1} bytes, and the pad takes {LONGEST}; open it in an editor")]
    TooLong(PathBuf, u64),
    /// The file on disk is not what was read or saved last.
    #[error("{0} is not as it was left")]
    Changed(PathBuf),
}

/// What a save expects to find on the disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expected {
    /// No file yet.
    Absent,
    /// This text, as it was read or saved last.
    Text(String),
    /// Anything: the writer said that it may be overwritten.
    Anything,
}

/// The text of a file; `None` where there is no file yet.
pub fn read(path: &Path) -> Result<Option<String>, Error> {
    let failed = |error| Error::Io(path.into(), error);
    let metadata = match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        metadata => metadata.map_err(failed)?,
    };
    if !metadata.is_file() {
        return Err(Error::NotAFile(path.into()));
    }
    if metadata.len() > LONGEST {
        return Err(Error::TooLong(path.into(), metadata.len()));
    }
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(failed)?;
    file.take(LONGEST + 1)
        .read_to_end(&mut bytes)
        .map_err(failed)?;
    if bytes.len() as u64 > LONGEST {
        return Err(Error::TooLong(path.into(), bytes.len() as u64));
    }
    String::from_utf8(bytes)
        .map(Some)
        .map_err(|_| Error::NotText(path.into()))
}

/// Writes a file whole: to a new file beside it, which then takes its name.
pub fn save(path: &Path, text: &str, expected: &Expected) -> Result<(), Error> {
    let failed = |error| Error::Io(path.into(), error);
    let found = match fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        found => Some(found.map_err(failed)?),
    };
    let as_left = match expected {
        Expected::Anything => true,
        Expected::Absent => found.is_none(),
        // A file that is gone can be written again.
        Expected::Text(text) => found.as_ref().is_none_or(|found| found == text.as_bytes()),
    };
    if !as_left {
        return Err(Error::Changed(path.into()));
    }
    // A link stays a link; what it points to is written, be it there or not.
    let target = fs::canonicalize(path).unwrap_or_else(|_| match fs::read_link(path) {
        Ok(link) => path.parent().unwrap_or(Path::new("")).join(link),
        Err(_) => path.to_owned(),
    });
    if target.is_dir() {
        return Err(Error::NotAFile(path.into()));
    }
    // Who may not write a file may not replace it either, though the system would let them.
    if found.is_some() {
        OpenOptions::new()
            .write(true)
            .open(&target)
            .map_err(failed)?;
    }
    let mut name = target.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.tmp", std::process::id()));
    let beside = target.with_file_name(name);
    let readers = match found {
        Some(_) => Readers::Owner,
        None => Readers::AsUsual,
    };
    let written = write_new(&beside, text, readers).and_then(|()| {
        // Windows knows but one of them: that a file is not to be written. Then it may not be replaced either.
        if cfg!(unix)
            && let Ok(metadata) = fs::metadata(&target)
        {
            fs::set_permissions(&beside, metadata.permissions())?;
        }
        patiently(|| fs::rename(&beside, &target))
    });
    written.map_err(|error| {
        // Nothing more can be done about a leftover than to try.
        let _ = fs::remove_file(&beside);
        failed(error)
    })
}

/// Puts a page that could not be saved where it can be found again, and says where: beside its file, else in the
/// folder for temporary files.
pub fn rescue(path: Option<&Path>, text: &str) -> io::Result<PathBuf> {
    let stem = path.unwrap_or(Path::new("rnn-lsp-page"));
    let name = stem.file_name().unwrap_or_default().to_string_lossy();
    let name = format!("{name}.{}.rescued", std::process::id());
    let beside = stem.with_file_name(&name);
    match write_new(&beside, text, Readers::Owner) {
        Ok(()) => Ok(beside),
        Err(_) => {
            let elsewhere = std::env::temp_dir().join(name);
            write_new(&elsewhere, text, Readers::Owner).map(|()| elsewhere)
        }
    }
}

/// Who may read a new file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Readers {
    /// The user alone.
    Owner,
    /// Whoever may read new files of the user's.
    AsUsual,
}

/// Writes a file that is not there yet; where that fails, it still is not.
fn write_new(path: &Path, text: &str, readers: Readers) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    if readers == Readers::Owner {
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    }
    #[cfg(not(unix))]
    let _ = readers; // Folders say it there.
    let mut file = options.open(path)?;
    let written = file
        .write_all(text.as_bytes())
        .and_then(|()| file.sync_all());
    written.inspect_err(|_| {
        let _ = fs::remove_file(path); // What is reported is why writing failed.
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn saves_whole_and_leaves_nothing_else() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.md");
        assert!(matches!(read(&path), Ok(None)));
        save(&path, "one", &Expected::Absent).expect("saved");
        save(&path, "two\r\n", &Expected::Text("one".into())).expect("saved");
        assert_eq!(read(&path).expect("read").as_deref(), Some("two\r\n"));
        assert_eq!(fs::read_dir(folder.path()).expect("listed").count(), 1);
    }

    #[test]
    fn never_overwrites_what_it_did_not_read() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.md");
        fs::write(&path, "theirs").expect("written");
        for expected in [Expected::Absent, Expected::Text("ours".into())] {
            let result = save(&path, "new", &expected);
            assert!(matches!(result, Err(Error::Changed(_))), "{expected:?}");
        }
        assert_eq!(fs::read(&path).expect("read"), b"theirs");
        save(&path, "new", &Expected::Anything).expect("saved");
        assert_eq!(fs::read(&path).expect("read"), b"new");
    }

    #[test]
    fn refuses_what_it_could_not_write_back() {
        let folder = tempfile::tempdir().expect("a folder");
        assert!(matches!(read(folder.path()), Err(Error::NotAFile(_))));
        let path = folder.path().join("latin1.txt");
        fs::write(&path, b"caf\xe9").expect("written");
        assert!(matches!(read(&path), Err(Error::NotText(_))));
        let long = vec![b'a'; LONGEST as usize + 1];
        fs::write(&path, long).expect("written");
        assert!(matches!(read(&path), Err(Error::TooLong(..))));
    }

    #[cfg(unix)]
    #[test]
    fn keeps_links_and_permissions() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let folder = tempfile::tempdir().expect("a folder");
        let (file, link) = (folder.path().join("file"), folder.path().join("link"));
        fs::write(&file, "one").expect("written");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).expect("set");
        symlink(&file, &link).expect("linked");
        save(&link, "two", &Expected::Text("one".into())).expect("saved");
        assert!(link.is_symlink());
        assert_eq!(fs::read(&file).expect("read"), b"two");
        let mode = fs::metadata(&file).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o640);
        let (absent, link) = (folder.path().join("absent"), folder.path().join("second"));
        symlink("absent", &link).expect("linked");
        save(&link, "one", &Expected::Absent).expect("saved");
        assert!(link.is_symlink());
        assert_eq!(fs::read(&absent).expect("read"), b"one");
    }

    #[test]
    fn a_page_is_rescued_beside_its_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.md");
        let rescued = rescue(Some(&path), "text").expect("rescued");
        assert_eq!(rescued.parent(), Some(folder.path()));
        assert_eq!(fs::read(&rescued).expect("read"), b"text");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(rescued).expect("there").permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }
}
