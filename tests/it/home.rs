//! A user of the tests' own, as each system names such things.

use std::path::Path;
use std::process::Command;

/// The variables that say where a user's home, configuration and data are.
pub(crate) const FOLDERS: [&str; 3] = if cfg!(windows) {
    ["USERPROFILE", "APPDATA", "LOCALAPPDATA"]
} else {
    ["HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"]
};

/// A folder of that user's, which need not be there...
pub(crate) const NOTES: &str = if cfg!(windows) { r"C:\notes" } else { "/notes" };

/// ...and its files as editors name them: VS Code writes a drive like this.
pub(crate) const NOTES_A: &str = if cfg!(windows) {
    "file:///c%3A/notes/a.md"
} else {
    "file:///notes/a.md"
};

/// See [`NOTES_A`].
pub(crate) const NOTES_B: &str = if cfg!(windows) {
    "file:///C:/notes/b.md"
} else {
    "file:///notes/b.md"
};

/// Starts a program as a user whose home it is, with configuration and data right in it.
pub(crate) fn live_in<'a>(command: &'a mut Command, home: &Path) -> &'a mut Command {
    command.envs(FOLDERS.map(|name| (name, home)))
}

/// The URI of a file, as an editor makes it.
pub(crate) fn uri(path: &Path) -> String {
    let path = path.display().to_string().replace('\\', "/");
    let path = path.trim_start_matches("//?/"); // what Windows makes of a resolved path
    let slash = if path.starts_with('/') { "" } else { "/" };
    format!("file://{slash}{}", path.replace(':', "%3A"))
}
