//! Our types to and from the protocol's.

use super::event::Trigger;
use crate::document::{Change, Encoding, Position};
use crate::predict::Suggestion;
use serde::Deserialize;
use std::ops::Range;
use tower_lsp::ls_types as lsp;

/// The commands of `workspace/executeCommand`.
pub(super) const PAUSE: &str = "rnn-lsp.pause";
pub(super) const RESUME: &str = "rnn-lsp.resume";
pub(super) const TOGGLE: &str = "rnn-lsp.toggle";
pub(super) const STATUS: &str = "rnn-lsp.status";
pub(super) const LEARN: &str = "rnn-lsp.learn";
pub(super) const FORGET: &str = "rnn-lsp.forget";
pub(super) const ALLOW: &str = "rnn-lsp.allow";
pub(super) const LEARNED: &str = "rnn-lsp.learned";
pub(super) const PAUSE_LEARNING: &str = "rnn-lsp.pauseLearning";
pub(super) const RESUME_LEARNING: &str = "rnn-lsp.resumeLearning";
pub(super) const TRAIN: &str = "rnn-lsp.train";
pub(super) const ROLLBACK: &str = "rnn-lsp.rollback";

/// All of them.
const COMMANDS: [&str; 12] = [
    PAUSE,
    RESUME,
    TOGGLE,
    STATUS,
    LEARN,
    FORGET,
    ALLOW,
    LEARNED,
    PAUSE_LEARNING,
    RESUME_LEARNING,
    TRAIN,
    ROLLBACK,
];

/// After these a client asks by itself, as it does after letters. The space brings whole next words; after the others a
/// word starts or goes on.
const TRIGGERS: [&str; 9] = [" ", "(", "\"", "“", "‘", "'", "’", "-", "—"];

/// What was agreed on with the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Features {
    /// The unit of columns.
    pub(super) encoding: Encoding,
    /// Whether a completion may name what an insertion and what a replacement would take.
    pub(super) insert_replace: bool,
    /// Whether progress may be shown.
    pub(super) progress: bool,
    /// Whether settings can be asked for.
    pub(super) configuration: bool,
    /// Whether we may register for changes of settings.
    pub(super) configuration_changes: bool,
    /// Whether the client shows our state: it said so by `"experimental": {"rnn-lsp/state": true}`.
    pub(super) state: bool,
}

/// What tells such a client our state, at the start and whenever it changes.
#[derive(Debug)]
pub(super) enum State {}

impl lsp::notification::Notification for State {
    type Params = serde_json::Value;
    const METHOD: &'static str = "rnn-lsp/state";
}

impl Default for Features {
    /// What holds of a client that offers nothing.
    fn default() -> Features {
        Features::negotiate(&lsp::ClientCapabilities::default())
    }
}

impl Features {
    /// Chooses among what the client offers.
    pub(super) fn negotiate(client: &lsp::ClientCapabilities) -> Features {
        let workspace = client.workspace.as_ref();
        let item = client
            .text_document
            .as_ref()
            .and_then(|text| text.completion.as_ref()?.completion_item.as_ref());
        Features {
            encoding: encoding(client),
            insert_replace: item
                .and_then(|item| item.insert_replace_support)
                .unwrap_or(false),
            progress: client
                .window
                .as_ref()
                .and_then(|window| window.work_done_progress)
                .unwrap_or(false),
            configuration: workspace
                .and_then(|workspace| workspace.configuration)
                .unwrap_or(false),
            configuration_changes: workspace
                .and_then(|workspace| workspace.did_change_configuration?.dynamic_registration)
                .unwrap_or(false),
            state: client
                .experimental
                .as_ref()
                .and_then(|experimental| experimental.get("rnn-lsp/state")?.as_bool())
                .unwrap_or(false),
        }
    }
}

/// Bytes where the client can count them, since the text is held in bytes; else characters; else UTF-16 units, which
/// every client must know.
fn encoding(client: &lsp::ClientCapabilities) -> Encoding {
    let offered = client
        .general
        .as_ref()
        .and_then(|general| general.position_encodings.as_deref())
        .unwrap_or_default();
    if offered.contains(&lsp::PositionEncodingKind::UTF8) {
        Encoding::Utf8
    } else if offered.contains(&lsp::PositionEncodingKind::UTF32) {
        Encoding::Utf32
    } else {
        Encoding::Utf16
    }
}

/// What the server can do. Everything is always advertised: what settings switch off answers empty, so that it can be
/// switched on again without a restart in clients that know no dynamic registration.
pub(super) fn capabilities(features: Features) -> lsp::ServerCapabilities {
    lsp::ServerCapabilities {
        position_encoding: Some(match features.encoding {
            Encoding::Utf8 => lsp::PositionEncodingKind::UTF8,
            Encoding::Utf16 => lsp::PositionEncodingKind::UTF16,
            Encoding::Utf32 => lsp::PositionEncodingKind::UTF32,
        }),
        text_document_sync: Some(lsp::TextDocumentSyncCapability::Options(
            lsp::TextDocumentSyncOptions {
                open_close: Some(true),
                change: Some(lsp::TextDocumentSyncKind::INCREMENTAL),
                // The saved text brings a document back that got out of step.
                save: Some(lsp::TextDocumentSyncSaveOptions::SaveOptions(
                    lsp::SaveOptions {
                        include_text: Some(true),
                    },
                )),
                ..lsp::TextDocumentSyncOptions::default()
            },
        )),
        completion_provider: Some(lsp::CompletionOptions {
            trigger_characters: Some(TRIGGERS.map(str::to_owned).to_vec()),
            ..lsp::CompletionOptions::default()
        }),
        inline_completion_provider: Some(lsp::OneOf::Left(true)),
        execute_command_provider: Some(lsp::ExecuteCommandOptions {
            commands: COMMANDS.map(str::to_owned).to_vec(),
            ..lsp::ExecuteCommandOptions::default()
        }),
        ..lsp::ServerCapabilities::default()
    }
}

/// A position as the client counts.
pub(super) fn position(position: lsp::Position) -> Position {
    Position {
        line: position.line,
        column: position.character,
    }
}

fn range(range: &Range<Position>) -> lsp::Range {
    let position = |position: Position| lsp::Position {
        line: position.line,
        character: position.column,
    };
    lsp::Range {
        start: position(range.start),
        end: position(range.end),
    }
}

/// One change of a `didChange`.
pub(super) fn change(event: lsp::TextDocumentContentChangeEvent) -> Change {
    match event.range {
        None => Change::Full(event.text),
        Some(range) => Change::Partial(position(range.start)..position(range.end), event.text),
    }
}

/// Why a client asks for words; some say nothing of it.
pub(super) fn trigger(context: Option<&lsp::CompletionContext>) -> Trigger {
    match context {
        Some(context) if context.trigger_character.as_deref() == Some(" ") => Trigger::Space,
        Some(context)
            if context.trigger_kind
                == lsp::CompletionTriggerKind::TRIGGER_FOR_INCOMPLETE_COMPLETIONS =>
        {
            Trigger::Incomplete
        }
        _ => Trigger::Other,
    }
}

/// The words for a popup.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Words {
    /// The unfinished word before the cursor, as typed.
    pub(super) prefix: String,
    /// Where it stands.
    pub(super) range: Range<Position>,
    /// Where the word ends that the cursor stands in; the cursor itself at a word's end.
    pub(super) word_end: Position,
    /// Whether white space stands before the cursor.
    pub(super) after_space: bool,
    /// Whether nothing of the line is written yet.
    pub(super) begins_line: bool,
    /// Best first.
    pub(super) items: Vec<Suggestion>,
}

/// The popup's list. Always incomplete: the next letter may bring other words, and clients that filter an old list would
/// not ask.
pub(super) fn completion_list(words: Words) -> lsp::CompletionList {
    let items = words
        .items
        .iter()
        .enumerate()
        .map(|(rank, item)| completion_item(&words, rank, &item.text))
        .collect();
    lsp::CompletionList {
        is_incomplete: true,
        items,
    }
}

fn completion_item(words: &Words, rank: usize, text: &str) -> lsp::CompletionItem {
    let edit = if words.word_end == words.range.end {
        lsp::CompletionTextEdit::Edit(lsp::TextEdit {
            range: range(&words.range),
            new_text: text.to_owned(),
        })
    } else {
        lsp::CompletionTextEdit::InsertAndReplace(lsp::InsertReplaceEdit {
            new_text: text.to_owned(),
            insert: range(&words.range),
            replace: range(&(words.range.start..words.word_end)),
        })
    };
    lsp::CompletionItem {
        label: text.to_owned(),
        kind: Some(lsp::CompletionItemKind::TEXT),
        sort_text: Some(format!("{rank:02}")),
        filter_text: Some(filter_text(&words.prefix, text)),
        text_edit: Some(edit),
        ..lsp::CompletionItem::default()
    }
}

/// What the client matches against the letters typed. The plain word, but with those letters as they were typed: for
/// "paris" typed and "Paris" offered, a client that minds case would drop the word or move it below others.
fn filter_text(prefix: &str, text: &str) -> String {
    if text.starts_with(prefix) {
        return text.to_owned();
    }
    prefix
        .chars()
        .chain(text.chars().skip(prefix.chars().count()))
        .collect()
}

/// Ghost text.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Ghost {
    /// What is replaced.
    pub(super) range: Range<Position>,
    /// What stands there now.
    pub(super) replaced: String,
    /// What it becomes; nothing is shown when empty.
    pub(super) text: String,
    /// That it is what the writer types next.
    pub(super) probability: f32,
}

/// The answer to `textDocument/inlineCompletion`.
pub(super) fn inline_list(ghost: Ghost) -> lsp::InlineCompletionList {
    let item = |ghost: Ghost| lsp::InlineCompletionItem {
        filter_text: (!ghost.text.starts_with(&ghost.replaced))
            .then(|| filter_text(&ghost.replaced, &ghost.text)),
        range: Some(range(&ghost.range)),
        insert_text: ghost.text,
        command: None,
        insert_text_format: None,
    };
    let items = if ghost.text.is_empty() {
        Vec::new()
    } else {
        vec![item(ghost)]
    };
    lsp::InlineCompletionList { items }
}

/// The parameters of `textDocument/inlineCompletion`, as much as is needed. Not the library's type, because that one
/// insists on a `context` and a trigger kind, which change nothing here.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct InlineParams {
    #[serde(flatten)]
    pub(super) at: lsp::TextDocumentPositionParams,
    #[serde(default)]
    context: Option<InlineContext>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct InlineContext {
    #[serde(default)]
    selected_completion_info: Option<lsp::SelectedCompletionInfo>,
}

/// The item that is selected in the popup while ghost text is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Selected {
    /// What it would replace.
    pub(super) range: Range<Position>,
    /// With what.
    pub(super) text: String,
}

impl InlineParams {
    /// The popup's selected item, if the popup is open.
    pub(super) fn selected(&self) -> Option<Selected> {
        let info = self.context.as_ref()?.selected_completion_info.as_ref()?;
        Some(Selected {
            range: position(info.range.start)..position(info.range.end),
            text: info.text.clone(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filter_texts_begin_with_what_was_typed() {
        fn check(prefix: &str, text: &str, expected: &str) {
            assert_eq!(filter_text(prefix, text), expected);
        }
        check("", "word", "word");
        check("wo", "word", "word");
        check("paris", "Paris", "paris");
        check("pa", "Paris", "paris");
        check("É", "état", "État");
        check("don\u{2019}", "don't", "don\u{2019}t");
        check("longer", "x", "longer");
    }

    #[test]
    fn bytes_are_preferred_then_characters() {
        fn check(offered: Option<&[&'static str]>, expected: Encoding) {
            let encodings = offered.map(|names| {
                names
                    .iter()
                    .map(|name| lsp::PositionEncodingKind::new(name))
                    .collect()
            });
            let general = lsp::GeneralClientCapabilities {
                position_encodings: encodings,
                ..Default::default()
            };
            let client = lsp::ClientCapabilities {
                general: Some(general),
                ..Default::default()
            };
            assert_eq!(encoding(&client), expected, "{offered:?}");
        }
        check(None, Encoding::Utf16);
        check(Some(&["utf-16"]), Encoding::Utf16);
        check(Some(&["utf-16", "utf-32"]), Encoding::Utf32);
        check(Some(&["utf-16", "utf-32", "utf-8"]), Encoding::Utf8);
        check(Some(&["ebcdic"]), Encoding::Utf16);
    }
}
