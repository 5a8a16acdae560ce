//! Making messages fit the protocol library, which drops what is not exactly as it expects.

use serde::Deserialize;
use serde_json::{Value, json};
use std::str::FromStr;
use tower_lsp::ls_types::{InitializeParams, Uri};

/// The parameters of a message in a form that the library takes, or nothing when they are in one already.
pub(super) fn repair(method: &str, params: Option<&Value>) -> Option<Value> {
    let params = params?;
    let with_uris = repair_uris(params);
    if method == "initialize" {
        return reduce(with_uris.as_ref().unwrap_or(params)).or(with_uris);
    }
    if method == "workspace/executeCommand" && params["arguments"].is_null() {
        return without_arguments(params);
    }
    with_uris
}

/// A command without the `null` that eglot sends for no arguments.
fn without_arguments(params: &Value) -> Option<Value> {
    let mut params = params.clone();
    params.as_object_mut()?.remove("arguments")?;
    Some(params)
}

/// `initialize` with only those parts that matter here, when anything in it is not what the library expects: a server
/// must not fail to start over a capability that it never looks at.
fn reduce(params: &Value) -> Option<Value> {
    let is_good = |params: &Value| InitializeParams::deserialize(params).is_ok();
    if is_good(params) {
        return None;
    }
    let mut reduced = json!({ "capabilities": {} });
    for path in USED {
        let Some(value) = params.pointer(path) else {
            continue;
        };
        let mut wider = reduced.clone();
        put(&mut wider, path, value.clone());
        if is_good(&wider) {
            reduced = wider;
        }
    }
    tracing::warn!("initialize holds something unexpected; taking what is known");
    Some(reduced)
}

/// What `initialize` is read for.
const USED: [&str; 9] = [
    "/processId",
    "/initializationOptions",
    "/clientInfo",
    "/capabilities/general/positionEncodings",
    "/capabilities/workspace/configuration",
    "/capabilities/workspace/didChangeConfiguration/dynamicRegistration",
    "/capabilities/window/workDoneProgress",
    "/capabilities/experimental",
    "/capabilities/textDocument/completion/completionItem/insertReplaceSupport",
];

/// Sets what a JSON pointer names, making the objects on the way.
fn put(value: &mut Value, pointer: &str, new: Value) {
    let place = pointer
        .split('/')
        .skip(1)
        .fold(value, |value, key| &mut value[key]);
    *place = new;
}

/// The parameters with their URIs made strict, or nothing when they are.
fn repair_uris(params: &Value) -> Option<Value> {
    // Only these hold URIs that we read; the text document is in nearly every message, so it is looked at first.
    const PLACES: [&str; 4] = [
        "/textDocument/uri",
        "/rootUri",
        "/workspaceFolders",
        "/event/added",
    ];
    let mut repaired = None;
    for place in PLACES {
        match params.pointer(place) {
            Some(Value::String(uri)) if Uri::from_str(uri).is_err() => {
                let whole = repaired.get_or_insert_with(|| params.clone());
                *whole.pointer_mut(place).expect("it was there") = Value::String(strict(uri));
            }
            Some(Value::Array(folders)) => {
                for (index, folder) in folders.iter().enumerate() {
                    let Some(uri) = folder["uri"]
                        .as_str()
                        .filter(|uri| Uri::from_str(uri).is_err())
                    else {
                        continue;
                    };
                    let whole = repaired.get_or_insert_with(|| params.clone());
                    whole.pointer_mut(place).expect("it was there")[index]["uri"] =
                        Value::String(strict(uri));
                }
            }
            _ => {}
        }
    }
    repaired
}

/// A URI with everything percent-encoded that may not stand in one. The same text always gives the same URI, and a
/// document's URI is only compared, so nothing is lost where two texts would give one.
pub(super) fn strict(uri: &str) -> String {
    if Uri::from_str(uri).is_ok() {
        return uri.to_owned();
    }
    let mut out = String::with_capacity(uri.len());
    for (at, byte) in uri.bytes().enumerate() {
        let escape = byte == b'%'
            && uri.as_bytes()[at + 1..]
                .iter()
                .take(2)
                .filter(|b| b.is_ascii_hexdigit())
                .count()
                == 2;
        if byte.is_ascii_alphanumeric() || b"-._~:/?#@!$&'()*+,;=".contains(&byte) || escape {
            out.push(byte as char);
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    // A text without a scheme is a path.
    if Uri::from_str(&out).is_err() {
        format!("file:///{}", out.replace([':', '#', '?'], "_"))
    } else {
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_initialize_that_is_not_understood_is_reduced() {
        fn check(params: Value, expected: Option<Value>) {
            assert_eq!(repair("initialize", Some(&params)), expected);
        }
        check(
            json!({"processId": 1, "capabilities": {"future": {"a": [1]}}}),
            None,
        );
        check(
            json!({
                "processId": 1, "rootUri": 7, "initializationOptions": {"maxItems": 2},
                "capabilities": {
                    "general": {"positionEncodings": ["utf-8", "utf-7"]},
                    "window": {"workDoneProgress": "yes"},
                    "textDocument": {"completion": {"completionItem": {"insertReplaceSupport": true, "tagSupport": 3}}},
                },
            }),
            Some(json!({
                "processId": 1, "initializationOptions": {"maxItems": 2},
                "capabilities": {
                    "general": {"positionEncodings": ["utf-8", "utf-7"]},
                    "textDocument": {"completion": {"completionItem": {"insertReplaceSupport": true}}},
                },
            })),
        );
        check(json!({}), Some(json!({"capabilities": {}})));
    }

    #[test]
    fn uris_become_strict() {
        fn check(uri: &str, expected: &str) {
            let params = json!({"textDocument": {"uri": uri}});
            let found = repair("m", Some(&params)).unwrap_or(params);
            let found = found["textDocument"]["uri"].as_str().unwrap();
            assert_eq!(found, expected);
            assert!(Uri::from_str(found).is_ok());
        }
        check("file:///a%20b.md", "file:///a%20b.md");
        check("untitled:Untitled-1", "untitled:Untitled-1");
        check("file:///a b.md", "file:///a%20b.md");
        check("file:///ü/[x].md", "file:///%C3%BC/%5Bx%5D.md");
        check("file:///100%.md", "file:///100%25.md");
        check("C:\\notes a.md", "C:%5Cnotes%20a.md");
        check("notes a.md", "file:///notes%20a.md");
        check("", "file:///");
    }

    #[test]
    fn uris_of_folders_become_strict() {
        let params = serde_json::json!({"rootUri": "file:///a b", "workspaceFolders": [{"uri": "file:///a b", "name": "a b"}]});
        let expected = serde_json::json!({"rootUri": "file:///a%20b", "workspaceFolders": [{"uri": "file:///a%20b", "name": "a b"}]});
        assert_eq!(repair_uris(&params), Some(expected.clone()));
        assert_eq!(repair_uris(&expected), None);
    }
}
