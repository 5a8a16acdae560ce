//! The arguments of the commands about learning.

use super::paths::file_path;
use super::repair;
use crate::adapt::Forget;
use serde_json::{Map, Value};
use std::path::PathBuf;
use std::str::FromStr;
use tower_lsp::ls_types::Uri;

/// What to learn: `{"uri": …}` or `{"path": …}`, once or more.
pub(super) fn paths(arguments: &[Value]) -> Result<Vec<PathBuf>, String> {
    let expected = r#"expected {"uri": …} or {"path": …}"#;
    if arguments.is_empty() {
        return Err(expected.to_owned());
    }
    let path = |argument: &Value| argument.as_object().and_then(path);
    arguments
        .iter()
        .map(|argument| path(argument).ok_or_else(|| expected.to_owned()))
        .collect()
}

/// What to forget: `{"uri": …}`, `{"path": …}`, `{"word": …}` or `{"all": true}`.
pub(super) fn forget(arguments: &[Value]) -> Result<Forget, String> {
    let what = match arguments {
        [Value::Object(object)] => match (path(object), word_of(object), object.get("all")) {
            (Some(path), None, None) => Some(Forget::Path(path)),
            (None, Some(word), None) => Some(Forget::Word(word.to_owned())),
            (None, None, Some(Value::Bool(true))) => Some(Forget::All),
            _ => None,
        },
        _ => None,
    };
    what.ok_or_else(|| {
        r#"expected {"uri": …}, {"path": …}, {"word": …} or {"all": true}"#.to_owned()
    })
}

/// What to offer again: `{"word": …}`.
pub(super) fn word(arguments: &[Value]) -> Result<String, String> {
    let word = match arguments {
        [Value::Object(object)] if object.len() == 1 => word_of(object),
        _ => None,
    };
    word.map(str::to_owned)
        .ok_or_else(|| r#"expected {"word": …}"#.to_owned())
}

fn word_of(object: &Map<String, Value>) -> Option<&str> {
    let word = object.get("word")?.as_str()?;
    (!word.is_empty()).then_some(word)
}

/// A whole path, given as such or as the address of a document.
fn path(object: &Map<String, Value>) -> Option<PathBuf> {
    let path = match (object.get("uri"), object.get("path")) {
        (Some(Value::String(uri)), None) => file_path(&Uri::from_str(&repair::strict(uri)).ok()?)?,
        (None, Some(Value::String(path))) => PathBuf::from(path),
        _ => return None,
    };
    path.is_absolute().then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::path::Path;

    /// Where whole paths begin.
    const ROOT: &str = if cfg!(windows) { "C:/" } else { "/" };

    fn address(rest: &str) -> String {
        format!("file:///{}{rest}", ROOT.trim_start_matches('/'))
    }

    fn below_root(rest: &str) -> PathBuf {
        Path::new(ROOT).join(rest)
    }

    #[test]
    fn what_to_forget() {
        let check =
            |argument: Value, expected: Forget| assert_eq!(forget(&[argument]), Ok(expected));
        check(
            json!({"uri": address("a%20b.md")}),
            Forget::Path(below_root("a b.md")),
        );
        let file = below_root("a.md");
        check(json!({"path": file}), Forget::Path(file.clone()));
        check(json!({"word": "Tharb"}), Forget::Word("Tharb".to_owned()));
        check(json!({"all": true}), Forget::All);
        for bad in [
            json!({}),
            json!({"all": false}),
            json!({"path": "a.md"}),
            json!({"word": ""}),
            json!({"uri": "untitled:a"}),
            json!({"path": file, "all": true}),
            json!("all"),
        ] {
            assert!(forget(std::slice::from_ref(&bad)).is_err(), "{bad}");
        }
        assert!(forget(&[]).is_err());
    }

    #[test]
    fn what_to_offer_again() {
        assert_eq!(word(&[json!({"word": "Tharb"})]), Ok("Tharb".to_owned()));
        for bad in [
            json!({"word": ""}),
            json!({"word": "a", "all": true}),
            json!("a"),
        ] {
            assert!(word(std::slice::from_ref(&bad)).is_err(), "{bad}");
        }
        assert!(word(&[]).is_err());
    }

    #[test]
    fn what_to_learn() {
        let paths_of = |arguments: Value| paths(arguments.as_array().unwrap());
        assert_eq!(
            paths_of(json!([{"path": below_root("a")}, {"uri": address("b")}])),
            Ok(vec![below_root("a"), below_root("b")])
        );
        assert!(paths_of(json!([])).is_err() && paths_of(json!([{"path": "a"}])).is_err());
    }
}
