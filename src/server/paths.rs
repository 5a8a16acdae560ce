//! Which file a document is.

use std::path::PathBuf;
use tower_lsp::ls_types::Uri;

/// The path of a document that is a file.
pub(super) fn file_path(uri: &Uri) -> Option<PathBuf> {
    path_on(uri, cfg!(windows))
}

/// On Windows a path begins with a drive or a machine: what does not is no file, since it would be sought beside whatever the server
/// was started in.
fn path_on(uri: &Uri, windows: bool) -> Option<PathBuf> {
    if !uri.scheme().as_str().eq_ignore_ascii_case("file") {
        return None;
    }
    let path = uri.path().decode().to_string_lossy();
    if !windows {
        return (!path.is_empty()).then(|| PathBuf::from(path.into_owned()));
    }
    let host = uri.authority().map_or("", |authority| authority.host());
    let path = path.replace('/', r"\");
    if !host.is_empty() && !host.eq_ignore_ascii_case("localhost") {
        let host = host.replace("%24", "$"); // `wsl$`
        return Some(format!(r"\\{host}{path}").into());
    }
    let path = path.strip_prefix('\\')?;
    let has_drive =
        matches!(path.as_bytes(), [letter, b':', b'\\', ..] if letter.is_ascii_alphabetic());
    has_drive.then(|| path.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::str::FromStr;

    #[test]
    fn documents_that_are_files_have_their_path() {
        let check = |text: &str, windows: bool, expected: Option<&str>| {
            let found = path_on(&Uri::from_str(text).unwrap(), windows);
            assert_eq!(found, expected.map(PathBuf::from), "{text}");
        };
        check("file:///home/me/a%20b.md", false, Some("/home/me/a b.md"));
        check("untitled:Untitled-1", false, None);
        check(
            "file:///c%3A/Users/me/a.md",
            true,
            Some(r"c:\Users\me\a.md"),
        );
        check(
            "file:///C:/Users/me/a%20b.md",
            true,
            Some(r"C:\Users\me\a b.md"),
        );
        check("file://localhost/C:/a.md", true, Some(r"C:\a.md"));
        check(
            "file://server/share/a.md",
            true,
            Some(r"\\server\share\a.md"),
        );
        check(
            "file://wsl%24/Debian/a.md",
            true,
            Some(r"\\wsl$\Debian\a.md"),
        );
        check("file:///home/me/a.md", true, None);
        check("untitled:Untitled-1", true, None);
    }
}
