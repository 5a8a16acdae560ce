//! What the user switched off and on by commands.

use super::repair;
use serde_json::Value;
use std::collections::HashMap;
use std::str::FromStr;
use tower_lsp::ls_types::Uri;

/// Which documents a command is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    /// All of them.
    Everywhere,
    /// Those with this language id.
    Language(String),
    /// This one.
    Document(Uri),
}

impl Scope {
    /// From a command's arguments: none is everywhere, `{"languageId": …}` a language, `{"uri": …}` a document.
    pub(super) fn parse(arguments: &[Value]) -> Result<Scope, String> {
        let expected = || r#"expected no argument, {"uri": …} or {"languageId": …}"#.to_owned();
        match arguments {
            [] | [Value::Null] => Ok(Scope::Everywhere),
            [Value::Object(object)] => match (object.get("uri"), object.get("languageId")) {
                (None, None) if object.is_empty() => Ok(Scope::Everywhere),
                (Some(Value::String(uri)), _) => Uri::from_str(&repair::strict(uri))
                    .map(Scope::Document)
                    .map_err(|error| error.to_string()),
                (None, Some(Value::String(language))) => Ok(Scope::Language(language.clone())),
                _ => Err(expected()),
            },
            _ => Err(expected()),
        }
    }
}

/// What a command does to its scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    Pause,
    Resume,
    Toggle,
}

/// On or off for each scope that a command named. The narrowest scope that was named decides.
#[derive(Clone, Debug, Default)]
pub(super) struct Switches {
    everywhere: Option<bool>,
    languages: HashMap<String, bool>,
    documents: HashMap<Uri, bool>,
}

impl Switches {
    /// Whether a document is on; without any command `otherwise` decides.
    pub(super) fn document(&self, uri: &Uri, language_id: &str, otherwise: bool) -> bool {
        self.documents
            .get(uri)
            .copied()
            .unwrap_or_else(|| self.language(language_id, otherwise))
    }

    /// Whether documents are on that nothing narrower was said of.
    pub(super) fn everywhere(&self, otherwise: bool) -> bool {
        self.everywhere.unwrap_or(otherwise)
    }

    /// Whether a language is on.
    pub(super) fn language(&self, language_id: &str, otherwise: bool) -> bool {
        self.languages
            .get(language_id)
            .copied()
            .or(self.everywhere)
            .unwrap_or(otherwise)
    }

    /// A command for a language means all of it: forgets the switches of documents, which are those in that language.
    pub(super) fn forget_documents<'a>(&mut self, documents: impl Iterator<Item = &'a Uri>) {
        for uri in documents {
            self.documents.remove(uri);
        }
    }

    /// Sets a scope. A command for everywhere means everywhere: narrower switches are forgotten. A document keeps its
    /// own when it is closed, since a change of language closes and opens it.
    pub(super) fn set(&mut self, scope: Scope, on: bool) {
        match scope {
            Scope::Everywhere => {
                *self = Switches {
                    everywhere: Some(on),
                    ..Switches::default()
                }
            }
            Scope::Language(language) => drop(self.languages.insert(language, on)),
            Scope::Document(uri) => drop(self.documents.insert(uri, on)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn uri(text: &str) -> Uri {
        Uri::from_str(text).unwrap()
    }

    #[test]
    fn the_narrowest_switch_decides() {
        let mut switches = Switches::default();
        let on = |switches: &Switches, name: &str, language: &str| {
            switches.document(&uri(name), language, true)
        };
        assert!(on(&switches, "a:1", "markdown"));
        switches.set(Scope::Language("markdown".to_owned()), false);
        switches.set(Scope::Document(uri("a:1")), true);
        assert!(
            on(&switches, "a:1", "markdown")
                && !on(&switches, "a:2", "markdown")
                && on(&switches, "a:2", "latex")
        );
        switches.set(Scope::Everywhere, false);
        assert!(!on(&switches, "a:1", "markdown") && !on(&switches, "a:2", "latex"));
        switches.set(Scope::Document(uri("a:1")), true);
        assert!(on(&switches, "a:1", "markdown"));
    }

    #[test]
    fn settings_decide_where_nothing_was_switched() {
        assert!(!Switches::default().document(&uri("a:1"), "markdown", false));
    }

    #[test]
    fn scopes_of_commands() {
        assert_eq!(Scope::parse(&[]), Ok(Scope::Everywhere));
        assert_eq!(Scope::parse(&[json!({})]), Ok(Scope::Everywhere));
        assert_eq!(
            Scope::parse(&[json!({"uri": "a:1"})]),
            Ok(Scope::Document(uri("a:1")))
        );
        assert_eq!(
            Scope::parse(&[json!({"languageId": "tex"})]),
            Ok(Scope::Language("tex".to_owned()))
        );
        for bad in [json!("a"), json!({"uri": 1}), json!({"file": "a"})] {
            assert!(Scope::parse(std::slice::from_ref(&bad)).is_err(), "{bad}");
        }
    }
}
