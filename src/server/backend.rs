//! The protocol's surface: decode, send an event, await the answer. Nothing is computed and nothing is kept here.
//!
//! Handlers run concurrently, and their order of arrival holds only up to the first `.await` of each: **every handler
//! sends its event first.** None awaits the client, since a client may wait for us: such requests are spawned.

use super::commands;
use super::editor;
use super::event::{Event, Notice, Place};
use super::proto::{self, Features, InlineParams};
use super::switches::{Action, Scope};
use crate::adapt::{Reply, Task};
use crate::config::{self, Layer};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, OnceLock};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::{Notify, oneshot};
use tower_lsp::jsonrpc::{Error, Result};
use tower_lsp::ls_types::{self as lsp, MessageType};
use tower_lsp::{Client, LanguageServer};

/// What a handler needs to forward. See the module.
#[derive(Debug)]
pub(super) struct Backend {
    pub(super) client: Client,
    pub(super) events: Sender<Event>,
    /// Taken by the task that forwards notices once the client may be spoken to.
    pub(super) notices: Mutex<Option<UnboundedReceiver<Notice>>>,
    pub(super) features: OnceLock<Features>,
    pub(super) signals: Arc<Signals>,
}

/// What the handlers tell the one who runs the server.
#[derive(Debug, Default)]
pub(super) struct Signals {
    /// `shutdown` was asked for.
    pub(super) has_shut_down: AtomicBool,
    /// The editor's process has ended.
    pub(super) editor_gone: Notify,
    /// `exit` was received.
    pub(super) exit: Notify,
}

impl LanguageServer for Backend {
    async fn initialize(&self, params: lsp::InitializeParams) -> Result<lsp::InitializeResult> {
        let features = Features::negotiate(&params.capabilities);
        let features = *self.features.get_or_init(|| features);
        self.send(Event::Start { features });
        if let Some(options) = params.initialization_options {
            self.send(Event::Configure {
                layer: Layer::Initialization,
                value: options,
            });
        }
        if let Some(pid) = params.process_id {
            let signals = self.signals.clone();
            editor::watch(pid, move || signals.editor_gone.notify_one());
        }
        tracing::info!(client = ?params.client_info, ?features, "initialize");
        Ok(lsp::InitializeResult {
            capabilities: proto::capabilities(features),
            server_info: Some(lsp::ServerInfo {
                name: env!("CARGO_PKG_NAME").to_owned(),
                version: Some(env!("CARGO_PKG_VERSION").to_owned()),
            }),
            ..lsp::InitializeResult::default()
        })
    }

    async fn initialized(&self, _: lsp::InitializedParams) {
        let features = self.features.get().copied().unwrap_or_default();
        let notices = self
            .notices
            .lock()
            .ok()
            .and_then(|mut notices| notices.take());
        if let Some(notices) = notices {
            tokio::spawn(forward_notices(self.client.clone(), features, notices));
        }
        if features.configuration_changes {
            tokio::spawn(register_for_settings(self.client.clone()));
        }
        if features.configuration {
            tokio::spawn(pull_settings(self.client.clone(), self.events.clone()));
        }
    }

    async fn shutdown(&self) -> Result<()> {
        self.signals.has_shut_down.store(true, Ordering::SeqCst);
        Ok(())
    }

    async fn did_open(&self, params: lsp::DidOpenTextDocumentParams) {
        let lsp::TextDocumentItem {
            uri,
            language_id,
            version,
            text,
        } = params.text_document;
        self.send(Event::Open {
            uri,
            language_id,
            version,
            text,
        });
    }

    async fn did_change(&self, params: lsp::DidChangeTextDocumentParams) {
        let lsp::VersionedTextDocumentIdentifier { uri, version } = params.text_document;
        let changes = params
            .content_changes
            .into_iter()
            .map(proto::change)
            .collect();
        self.send(Event::Change {
            uri,
            version,
            changes,
        });
    }

    async fn did_save(&self, params: lsp::DidSaveTextDocumentParams) {
        if let Some(text) = params.text {
            self.send(Event::Save {
                uri: params.text_document.uri,
                text,
            });
        }
    }

    async fn did_close(&self, params: lsp::DidCloseTextDocumentParams) {
        self.send(Event::Close {
            uri: params.text_document.uri,
        });
    }

    async fn did_change_configuration(&self, params: lsp::DidChangeConfigurationParams) {
        let value = params.settings;
        let can_be_asked = self
            .features
            .get()
            .is_some_and(|features| features.configuration);
        let is_empty = value.as_object().is_some_and(|object| object.is_empty());
        if config::is_ours(&value) || is_empty && !can_be_asked {
            self.send(Event::Configure {
                layer: Layer::Pushed,
                value,
            });
        } else if can_be_asked {
            // "Something changed, ask": what clients send that keep settings to be asked for, or settings of other servers.
            tokio::spawn(pull_settings(self.client.clone(), self.events.clone()));
        }
    }

    async fn completion(
        &self,
        params: lsp::CompletionParams,
    ) -> Result<Option<lsp::CompletionResponse>> {
        let trigger = proto::trigger(params.context.as_ref());
        let place = place(params.text_document_position);
        let words = self
            .ask(|reply| Event::Words {
                place,
                trigger,
                reply,
            })
            .await
            .unwrap_or_default();
        Ok(Some(lsp::CompletionResponse::List(proto::completion_list(
            words,
        ))))
    }

    async fn execute_command(&self, params: lsp::ExecuteCommandParams) -> Result<Option<Value>> {
        let action = match params.command.as_str() {
            proto::STATUS => return Ok(self.ask(|reply| Event::Status { reply }).await),
            proto::LEARN
            | proto::FORGET
            | proto::ALLOW
            | proto::LEARNED
            | proto::PAUSE_LEARNING
            | proto::RESUME_LEARNING
            | proto::TRAIN
            | proto::ROLLBACK => return self.learning(params).await,
            proto::PAUSE => Action::Pause,
            proto::RESUME => Action::Resume,
            proto::TOGGLE => Action::Toggle,
            other => return Err(Error::invalid_params(format!("unknown command {other}"))),
        };
        let scope = Scope::parse(&params.arguments).map_err(Error::invalid_params)?;
        let enabled = self
            .ask(|reply| Event::Switch {
                scope,
                action,
                reply,
            })
            .await;
        Ok(enabled.map(|enabled| json!({ "enabled": enabled })))
    }

    async fn did_change_workspace_folders(&self, _: lsp::DidChangeWorkspaceFoldersParams) {}

    async fn did_change_watched_files(&self, _: lsp::DidChangeWatchedFilesParams) {}
}

/// The parameters of the request that stands for a frame that is no message.
#[derive(Debug, Deserialize)]
pub(super) struct Unreadable {
    json: bool,
}

impl Backend {
    /// `textDocument/inlineCompletion`.
    pub(super) async fn inline_completion(
        &self,
        params: InlineParams,
    ) -> Result<lsp::InlineCompletionList> {
        let selected = params.selected();
        let place = place(params.at);
        let ghost = self
            .ask(|reply| Event::Ghost {
                place,
                selected,
                reply,
            })
            .await;
        Ok(proto::inline_list(ghost.unwrap_or_default()))
    }

    /// Answers for a frame that is no message: see [`super::framing`].
    pub(super) async fn unreadable(&self, frame: Unreadable) -> Result<()> {
        Err(if frame.json {
            Error::invalid_request()
        } else {
            Error::parse_error()
        })
    }

    /// The commands that are about learning.
    async fn learning(&self, params: lsp::ExecuteCommandParams) -> Result<Option<Value>> {
        let arguments = &params.arguments;
        let answer = match params.command.as_str() {
            proto::LEARN => {
                let paths = commands::paths(arguments).map_err(Error::invalid_params)?;
                let files = self.ask_learner(|reply| Task::Learn(paths, reply)).await?;
                json!({ "files": files })
            }
            proto::FORGET => {
                let what = commands::forget(arguments).map_err(Error::invalid_params)?;
                let files = self.ask_learner(|reply| Task::Forget(what, reply)).await?;
                json!({ "files": files })
            }
            proto::PAUSE_LEARNING | proto::RESUME_LEARNING => {
                let paused = params.command == proto::PAUSE_LEARNING;
                let learning = self.ask_learner(|reply| Task::Pause(paused, reply)).await?;
                json!({ "learning": learning })
            }
            proto::TRAIN => {
                self.ask_learner(Task::Train).await?;
                json!({ "training": true })
            }
            proto::ALLOW => {
                let word = commands::word(&params.arguments).map_err(Error::invalid_params)?;
                let forgotten = self.ask_learner(|reply| Task::Allow(word, reply)).await?;
                json!({ "wasForgotten": forgotten })
            }
            proto::ROLLBACK => {
                let generation = self.ask_learner(Task::RollBack).await?;
                json!({ "takenBack": generation })
            }
            _ => json!(self.ask_learner(Task::Status).await?),
        };
        Ok(Some(answer))
    }

    /// Sends the learner a task by way of the session, so that it comes after what was saved before.
    async fn ask_learner<T: Send + 'static>(
        &self,
        task: impl FnOnce(Reply<T>) -> Task,
    ) -> Result<T> {
        let (reply, answer) = oneshot::channel();
        self.send(Event::Learning(task(Box::new(|outcome| {
            let _ = reply.send(outcome); // The asker may have gone meanwhile.
        }))));
        let failed = |message: String| Error {
            message: message.into(),
            ..Error::internal_error()
        };
        match answer.await {
            Ok(outcome) => outcome.map_err(failed),
            Err(_) => Err(failed("nothing can be learned here".to_owned())),
        }
    }

    fn send(&self, event: Event) {
        // Fails only when the session has ended, and then the server is about to.
        let _ = self.events.send(event);
    }

    /// Sends a question, then awaits the answer; none comes when the question was overtaken.
    async fn ask<T>(&self, question: impl FnOnce(oneshot::Sender<T>) -> Event) -> Option<T> {
        let (reply, answer) = oneshot::channel();
        self.send(question(reply));
        answer.await.ok()
    }
}

fn place(at: lsp::TextDocumentPositionParams) -> Place {
    Place {
        uri: at.text_document.uri,
        position: proto::position(at.position),
    }
}

async fn register_for_settings(client: Client) {
    let registration = lsp::Registration {
        id: "rnn-lsp.settings".to_owned(),
        method: "workspace/didChangeConfiguration".to_owned(),
        register_options: Some(json!({ "section": config::SECTION })),
    };
    if let Err(error) = client.register_capability(vec![registration]).await {
        tracing::info!(%error, "changes of settings will not be told");
    }
}

async fn pull_settings(client: Client, events: Sender<Event>) {
    let item = lsp::ConfigurationItem {
        scope_uri: None,
        section: Some(config::SECTION.to_owned()),
    };
    match client.configuration(vec![item]).await {
        Ok(mut values) if !values.is_empty() => {
            let _ = events.send(Event::Configure {
                layer: Layer::Workspace,
                value: values.swap_remove(0),
            });
        }
        Ok(_) => {}
        Err(error) => tracing::info!(%error, "the client has no settings for us"),
    }
}

/// Passes on what the session has to say, in order.
async fn forward_notices(
    client: Client,
    features: Features,
    mut notices: UnboundedReceiver<Notice>,
) {
    let mut ongoing = None;
    let mut count = 0;
    while let Some(notice) = notices.recv().await {
        match notice {
            Notice::Warning(text) => client.log_message(MessageType::WARNING, text).await,
            Notice::Begin(title) if features.progress => {
                count += 1;
                let token = lsp::ProgressToken::String(format!("rnn-lsp/{count}"));
                if client
                    .create_work_done_progress(token.clone())
                    .await
                    .is_ok()
                {
                    ongoing = Some(client.progress(token, title).begin().await);
                }
            }
            Notice::Begin(title) => client.log_message(MessageType::INFO, title).await,
            Notice::Report(message) => {
                if let Some(progress) = &ongoing {
                    progress.report(message).await;
                }
            }
            Notice::End(message) => {
                if let Some(progress) = ongoing.take() {
                    progress.finish_with_message(message).await;
                }
            }
            Notice::State(state) => client.send_notification::<proto::State>(state).await,
        }
    }
}
