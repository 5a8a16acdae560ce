//! Files that only their owner can read, whole or not there: written under a temporary name, synced, renamed.

use crate::model::patiently;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::SystemTime;

/// How the names of files end that are being written.
const UNFINISHED: &str = "tmp";

/// Makes a folder, and those above it, that only the user can enter.
pub fn make_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)?;
    #[cfg(unix)]
    fs::set_permissions(folder, std::os::unix::fs::PermissionsExt::from_mode(0o700))?;
    Ok(())
}

/// Replaces a file by `bytes`.
pub fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let unfinished = format!("{name}.{}-{count}.{UNFINISHED}", std::process::id());
    let unfinished = path.with_file_name(unfinished);
    let written = create(&unfinished).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()?;
        patiently(|| fs::rename(&unfinished, path))
    });
    if written.is_err() {
        let _ = fs::remove_file(&unfinished); // What is reported is why writing failed.
    }
    written
}

/// Adds to the end of a file, at once.
pub(super) fn append(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.write_all(bytes)
}

/// Opens a file to be read. A pipe that nobody writes into, or a terminal, is opened as well, but does not hold anybody up.
pub(super) fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(target_os = "linux")]
    std::os::unix::fs::OpenOptionsExt::custom_flags(
        &mut options,
        libc::O_NONBLOCK | libc::O_NOCTTY,
    );
    options.open(path)
}

/// Makes a file's time of change now; one that is not there is made, empty.
pub(super) fn touch(path: &Path) -> io::Result<()> {
    open_lock(path)?.set_modified(SystemTime::now())
}

/// Opens an empty file that is there to be locked.
pub(super) fn open_lock(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// A new file of the user's own.
fn create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Removes a file; that it is gone already is fine.
pub(super) fn remove(path: &Path) -> io::Result<()> {
    match patiently(|| fs::remove_file(path)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Whether a file is one that is being written.
pub(super) fn is_unfinished(path: &Path) -> bool {
    path.extension()
        .is_some_and(|extension| extension == UNFINISHED)
}

/// What a crash left of writing `name`, or of any file where no name is given.
pub(super) fn unfinished(folder: &Path, name: Option<&str>) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let is_left = |path: &PathBuf| {
        let file = path.file_name().unwrap_or_default().to_string_lossy();
        file.ends_with(UNFINISHED) && name.is_none_or(|name| file.starts_with(name))
    };
    entries
        .flatten()
        .map(|entry| entry.path())
        .filter(is_left)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole_and_belongs_to_its_owner() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("a/b");
        make_folder(&inner).unwrap();
        let path = inner.join("file");
        write(&path, b"old").unwrap();
        write(&path, b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert!(unfinished(&inner, None).is_empty());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
            assert_eq!((mode(&inner), mode(&path)), (0o700, 0o600));
        }
        remove(&path).unwrap();
        remove(&path).unwrap();
    }

    #[test]
    fn what_a_crash_left_is_found_by_its_name() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("one.source.12-0.tmp"), "x").unwrap();
        fs::write(folder.path().join("two.source.12-1.tmp"), "x").unwrap();
        assert_eq!(unfinished(folder.path(), None).len(), 2);
        assert_eq!(unfinished(folder.path(), Some("one.source")).len(), 1);
    }
}
