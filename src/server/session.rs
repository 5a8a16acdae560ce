//! The owner of all mutable state of the server: documents, settings, the model in use.
//!
//! It runs on a thread of its own and handles one [`Event`] at a time, so nothing here is locked and every answer
//! belongs to the text as it was when the question arrived.

mod queue;
mod status;

pub(super) use queue::run;

use super::event::{Event, Notice, Place, Trigger};
use super::loading::{Loader, Loading};
use super::open::{Open, Tools};
use super::paths::file_path;
use super::proto::{Features, Ghost, Selected, Words};
use super::switches::{Action, Scope, Switches};
use crate::adapt::{Choices, Earlier, Learner, Menus, News, Reception, Task, Training};
use crate::config::{Layer, Layers, Settings, Show};
use crate::document::Change;
use crate::model::Model;
use crate::predict;
use serde_json::Value;
use status::Counts;
use std::collections::{HashMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::Sender;
use tokio::sync::mpsc::UnboundedSender;
use tower_lsp::ls_types::Uri;
use tracing::level_filters::LevelFilter;

/// Changes how much is logged.
pub(super) type LogControl = Box<dyn Fn(LevelFilter) + Send>;

/// What a session starts from.
pub(super) struct Start {
    pub(super) layers: Layers,
    pub(super) loader: Loader,
    pub(super) log_control: LogControl,
    /// Where what is learned is kept; nothing is learned without.
    pub(super) learned: Option<PathBuf>,
    /// To itself, for what is done on other threads.
    pub(super) events: Sender<Event>,
    pub(super) notices: UnboundedSender<Notice>,
}

/// See the module.
pub(super) struct Session {
    features: Features,
    layers: Layers,
    settings: Settings,
    switches: Switches,
    documents: HashMap<Uri, Open>,
    /// The document that was opened or changed last, until it has been read or asked about.
    ahead: Option<Uri>,
    /// The document that was asked about last.
    writing: Option<Uri>,
    /// The document that was asked about last, until what comes next is foreseen.
    asked: Option<Uri>,
    tools: Tools,
    loading: Loading,
    learner: Option<Learner>,
    is_learning_paused: bool,
    /// How this writer takes what is shown, as far as the learner knows.
    reception: Reception,
    /// Menus that the learner has not heard of.
    menus: Menus,
    /// The identity of the model that was loaded last.
    base: u64,
    /// The generation of weights in use, where they are the user's own.
    generation: Option<u32>,
    /// Whether the user is shown how a training goes.
    shows_training: bool,
    warned: HashSet<String>,
    counts: Counts,
    log_control: LogControl,
    notices: UnboundedSender<Notice>,
    /// The state that the client was told last.
    told: Value,
}

impl Session {
    fn new(start: Start) -> Session {
        let Start {
            layers,
            loader,
            log_control,
            learned,
            events,
            notices,
        } = start;
        let (settings, warnings) = layers.settings();
        let mut loading = Loading::new(loader, events.clone());
        let (model, load_error) = loading.first(settings.model.clone());
        let base = model.identity();
        let learner = learned.and_then(|folder| start_learner(folder, model.clone(), events));
        let earlier = Earlier::default();
        let reception = Reception::default();
        let mut session = Session {
            features: Features::default(),
            layers,
            tools: Tools::new(model, earlier, predict_options(&settings, &reception)),
            reception,
            menus: Menus::default(),
            settings,
            switches: Switches::default(),
            documents: HashMap::new(),
            ahead: None,
            writing: None,
            asked: None,
            loading,
            learner,
            is_learning_paused: false,
            base,
            generation: None,
            shows_training: false,
            warned: HashSet::new(),
            counts: Counts::default(),
            log_control,
            notices,
            told: Value::Null,
        };
        (session.log_control)(session.settings.log_level);
        session.choose();
        for warning in warnings.into_iter().chain(load_error) {
            session.warn_once(warning);
        }
        session
    }

    /// Handles an event; a panic costs the document that it was about, not the server. That document's text can be half
    /// changed, so it stays silent until the client sends it whole.
    fn survive(&mut self, event: Event) {
        let document = event.document().cloned();
        let is_typing = event.is_typing();
        let version = document
            .as_ref()
            .and_then(|uri| self.documents.get(uri)?.version());
        let span = tracing::debug_span!(
            "event",
            document = document.as_ref().map(|uri| uri.as_str()),
            version
        );
        let _entered = span.enter();
        if catch_unwind(AssertUnwindSafe(|| self.handle(event))).is_err() {
            self.counts.failures += 1;
            tracing::error!("a bug: handling an event failed");
            self.tools.forget();
            if let Some(open) = document.and_then(|uri| self.documents.get_mut(&uri)) {
                open.lose();
            }
        }
        if self.features.state && !is_typing {
            self.tell_state();
        }
    }

    fn handle(&mut self, event: Event) {
        match event {
            Event::Start { features } => self.features = features,
            Event::Configure { layer, value } => self.configure(layer, value),
            Event::Open {
                uri,
                language_id,
                version,
                text,
            } => {
                self.ahead = Some(uri.clone());
                let mut open = Open::new(file_path(&uri), language_id, version, &text);
                open.follow(self.tools.earlier.latest());
                self.documents.insert(uri, open);
            }
            Event::Change {
                uri,
                version,
                changes,
            } => self.change(&uri, version, &changes),
            Event::Save { uri, text } => {
                self.save(&uri, text);
            }
            Event::Close { uri } => drop(self.documents.remove(&uri)),
            Event::Words {
                place,
                trigger,
                reply,
            } => {
                let words = self.words(&place, trigger).unwrap_or_default();
                self.counts.words += 1;
                self.counts.empty += u64::from(words.items.is_empty());
                let _ = reply.send(words); // The asker may have gone meanwhile.
                self.write_in(&place.uri);
            }
            Event::Ghost {
                place,
                selected,
                reply,
            } => {
                self.counts.ghosts += 1;
                let _ = reply.send(self.ghost(&place, selected.as_ref()).unwrap_or_default());
            }
            Event::Switch {
                scope,
                action,
                reply,
            } => {
                let _ = reply.send(self.switch(scope, action));
            }
            Event::Status { reply } => {
                let _ = reply.send(self.status());
            }
            Event::News(news) => self.hear(news),
            Event::Learning(task) => {
                if let Task::Pause(paused, _) = &task {
                    self.is_learning_paused = *paused;
                }
                match &self.learner {
                    Some(learner) => learner.tell(task),
                    None => tracing::debug!(?task, "there is no learner"),
                }
            }
            Event::Loaded(model) => self.loaded(model),
            Event::Stop => {}
            #[cfg(test)]
            Event::Panic { .. } => panic!("as asked"),
        }
    }

    fn configure(&mut self, layer: Layer, value: Value) {
        self.layers.set(layer, value);
        let (settings, warnings) = self.layers.settings();
        for warning in warnings {
            self.warn_once(warning);
        }
        self.loading.try_again();
        if settings == self.settings {
            return self.load();
        }
        tracing::debug!(?settings, "settings changed");
        self.settings = settings;
        (self.log_control)(self.settings.log_level);
        self.use_options();
        self.choose();
        self.load();
    }

    /// Tells the learner what may be learned.
    fn choose(&self) {
        let choices = Choices {
            learn: self.settings.learn,
            folders: self.settings.learn_folders.clone(),
            ignore: self.settings.learn_ignore.clone(),
            training: Training {
                on: self.settings.train,
                minutes: f64::from(self.settings.train_minutes),
                on_battery: self.settings.train_on_battery,
            },
        };
        self.learn(Task::Choose(choices));
    }

    fn learn(&self, task: Task) {
        if let Some(learner) = &self.learner {
            learner.tell(task);
        }
    }

    /// What was saved is the truth about the document, and is learned.
    fn save(&mut self, uri: &Uri, text: String) {
        let menus = std::mem::take(&mut self.menus);
        if menus.count() > 0.0 {
            self.reception.add(&menus);
            self.learn(Task::Shown(Box::new(menus)));
        }
        let Some(open) = self.documents.get_mut(uri) else {
            return;
        };
        let language = open.language();
        let path = open.path().map(Path::to_owned);
        if let (Some(language), Some(path)) = (language, path)
            && self.is_on(uri)
        {
            let text = text.clone();
            self.learn(Task::Saved {
                path,
                language,
                text,
            });
        }
        if let Some(open) = self.documents.get_mut(uri) {
            open.save(text);
        }
    }

    fn hear(&mut self, news: News) {
        match news {
            News::Counts(earlier) => {
                tracing::debug!("counts of learned prose");
                self.tools.earlier = earlier;
                for open in self.documents.values_mut() {
                    open.follow(self.tools.earlier.latest());
                }
                self.outdate_answers();
            }
            // Others were under way while another model was loaded.
            News::Weights(weights) if weights.base == self.base => {
                tracing::debug!(weights.generation, "weights changed");
                self.generation = weights.generation;
                self.use_model(weights.model);
            }
            News::Weights(_) => {}
            News::Reception(reception) => {
                self.reception = *reception;
                self.use_options();
                let predict::Options {
                    threshold,
                    attention,
                    ..
                } = self.tools.options;
                tracing::debug!(threshold, ?attention, "follows what is taken");
            }
            News::Training(progress) => {
                if !std::mem::replace(&mut self.shows_training, true) {
                    self.tell(Notice::Begin("Learning your prose".to_owned()));
                }
                self.tell(Notice::Report(progress));
            }
            News::Trained(sentence) => {
                self.shows_training = false;
                self.tell(Notice::End(sentence));
            }
            News::Warning(warning) => self.warn_once(warning),
        }
    }

    /// States of another model mean nothing to this one: documents are read anew, when they are asked about.
    fn use_model(&mut self, model: Arc<Model>) {
        self.tools = Tools::new(model, self.tools.earlier.clone(), self.tools.options);
        self.outdate_answers();
    }

    fn change(&mut self, uri: &Uri, version: i32, changes: &[Change]) {
        if let Some(learner) = &mut self.learner {
            learner.typed();
        }
        let Some(open) = self.documents.get_mut(uri) else {
            // The client is wrong, and there is nothing to apply the change to.
            tracing::warn!(
                document = uri.as_str(),
                version,
                "a change of a document that is not open"
            );
            return;
        };
        let accepted = open.accepted(changes);
        let answer = open.answer(changes, &self.tools);
        self.menus += answer;
        self.tools.options.attention += answer.attention;
        open.change(version, changes, self.features.encoding);
        self.ahead = Some(uri.clone());
        if let Some(accepted) = accepted {
            self.learn(Task::Accepted(accepted));
        }
    }

    /// Reads a small part of what stands before the place that a question is to be expected about; whether there is more.
    fn read_ahead(&mut self) -> bool {
        let Some(uri) = self.ahead.take() else {
            return false;
        };
        let is_more = self.beforehand(&uri, Open::read_ahead).unwrap_or(false);
        self.ahead = is_more.then_some(uri);
        is_more
    }

    /// Computes what the next question will need if the word asked about last is finished.
    fn foresee(&mut self, uri: &Uri) {
        self.beforehand(uri, Open::foresee);
    }

    /// Does something with a document that nobody has asked for.
    fn beforehand<T>(
        &mut self,
        uri: &Uri,
        work: impl FnOnce(&mut Open, &mut Tools) -> T,
    ) -> Option<T> {
        if !self.is_on(uri) {
            return None;
        }
        let tools = &mut self.tools;
        let open = self.documents.get_mut(uri)?;
        let done = catch_unwind(AssertUnwindSafe(|| work(open, tools)));
        if done.is_err() {
            tracing::error!("a bug: working ahead failed");
            tools.forget();
            open.lose();
        }
        done.ok()
    }

    fn words(&mut self, place: &Place, trigger: Trigger) -> Option<Words> {
        self.ahead = None;
        self.asked = Some(place.uri.clone());
        let space_may = self.settings.trigger_on_space;
        let is_wanted =
            self.settings.show != Show::Ghost && (trigger != Trigger::Space || space_may);
        if !is_wanted || !self.is_on(&place.uri) {
            return None;
        }
        let open = self.documents.get_mut(&place.uri)?;
        self.counts.repeated += u64::from(open.knows_words(place.position));
        let words = open.words(place.position, self.features.encoding, &mut self.tools)?;
        let is_typed = words.prefix.chars().count() >= self.settings.min_prefix;
        // In front of a word nothing is offered, since it would be glued to it. Inside of one only where the client can
        // replace the word's rest.
        let is_at_end = words.word_end == words.range.end;
        let fits = is_at_end || self.features.insert_replace && !words.prefix.is_empty();
        // Whole next words that nobody asked for: not at the beginning of a line, and after a space only where that may be.
        // An open popup asks by itself, too, and then no space is named.
        let is_unasked = trigger != Trigger::Other && words.prefix.is_empty();
        let intrudes = is_unasked && (words.begins_line || words.after_space && !space_may);
        if !is_typed || !fits || intrudes {
            return None;
        }
        open.show(&mut self.tools);
        Some(words)
    }

    fn ghost(&mut self, place: &Place, selected: Option<&Selected>) -> Option<Ghost> {
        self.ahead = None;
        if self.settings.show == Show::Popup || !self.is_on(&place.uri) {
            return None;
        }
        let open = self.documents.get_mut(&place.uri)?;
        open.ghost(
            place.position,
            selected,
            self.features.encoding,
            &mut self.tools,
        )
    }

    /// Tells the learner which words are not to be lent to themselves.
    fn write_in(&mut self, uri: &Uri) {
        let is_other = self.writing.as_ref() != Some(uri);
        let open = self.documents.get_mut(uri);
        if let Some(writing) = open.and_then(|open| open.writing(is_other)) {
            self.writing = Some(uri.clone());
            self.learn(Task::Writing(writing));
        }
    }

    fn is_on(&self, uri: &Uri) -> bool {
        self.documents.get(uri).is_some_and(|open| {
            self.switches.document(
                uri,
                open.language_id(),
                self.settings.serves(open.language_id()),
            )
        })
    }

    fn switch(&mut self, scope: Scope, action: Action) -> bool {
        let on = match (action, &scope) {
            (Action::Pause, _) => false,
            (Action::Resume, _) => true,
            (Action::Toggle, Scope::Everywhere) => !self.switches.everywhere(self.settings.enabled),
            (Action::Toggle, Scope::Language(language)) => !self
                .switches
                .language(language, self.settings.serves(language)),
            (Action::Toggle, Scope::Document(uri)) => !self.is_on(uri),
        };
        tracing::info!(?action, on, "switched");
        if let Scope::Language(language) = &scope {
            let of_language = |(_, open): &(&Uri, &Open)| open.language_id() == language;
            let documents = self.documents.iter().filter(of_language);
            self.switches
                .forget_documents(documents.map(|(uri, _)| uri));
        }
        self.switches.set(scope, on);
        on
    }

    /// Loads the model that the settings name.
    fn load(&mut self) {
        if let Some(title) = self.loading.begin(self.settings.model.as_ref()) {
            self.tell(Notice::Begin(title));
        }
    }

    fn loaded(&mut self, model: Result<Arc<Model>, String>) {
        self.loading.end(model.is_ok());
        match model {
            Ok(model) => {
                tracing::info!("model loaded");
                self.learn(Task::UseModel(model.clone()));
                (self.base, self.generation) = (model.identity(), None);
                self.use_model(model);
                self.tell(Notice::End("Loaded".to_owned()));
            }
            Err(error) => {
                self.tell(Notice::End("Not loaded".to_owned()));
                self.warn_once(error);
            }
        }
        // The setting may have changed while it was loading.
        self.load();
    }

    /// The settings, or the threshold that stands in for theirs, are others.
    fn use_options(&mut self) {
        self.tools.options = predict_options(&self.settings, &self.reception);
        self.tools.options.attention += self.menus.attention;
        self.outdate_answers();
    }

    fn outdate_answers(&mut self) {
        self.documents.values_mut().for_each(Open::outdate_answers);
    }

    /// The same mistake in the settings comes with every change of them; once is enough.
    fn warn_once(&mut self, warning: String) {
        if self.warned.insert(warning.clone()) {
            tracing::warn!("{warning}");
            self.tell(Notice::Warning(warning));
        }
    }

    fn tell(&self, notice: Notice) {
        let _ = self.notices.send(notice); // The client may be gone.
    }
}

/// A learner that tells the session; without one nothing is learned.
fn start_learner(folder: PathBuf, model: Arc<Model>, events: Sender<Event>) -> Option<Learner> {
    let news = move |news| {
        let _ = events.send(Event::News(news)); // The session may have ended.
    };
    Learner::start(folder, model, news)
        .inspect_err(|error| tracing::warn!(%error, "no thread for the learner"))
        .ok()
}

fn predict_options(settings: &Settings, reception: &Reception) -> predict::Options {
    predict::Options {
        max_items: settings.max_items,
        threshold: settings.threshold.unwrap_or_else(|| reception.threshold()),
        max_phrase_words: settings.phrase_length,
        phrase_threshold: settings
            .phrase_threshold
            .unwrap_or_else(|| reception.phrase_threshold()),
        attention: reception.menus().attention,
        ..predict::Options::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Position;
    use serde_json::json;
    use std::str::FromStr;
    use std::sync::mpsc;
    use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
    use tokio::sync::oneshot;

    fn uri(text: &str) -> Uri {
        Uri::from_str(text).unwrap()
    }

    fn open(name: &str, text: &str) -> Event {
        Event::Open {
            uri: uri(name),
            language_id: "markdown".to_owned(),
            version: 1,
            text: text.to_owned(),
        }
    }

    fn change(name: &str, text: &str) -> Event {
        let changes = vec![Change::Full(text.to_owned())];
        Event::Change {
            uri: uri(name),
            version: 2,
            changes,
        }
    }

    /// Runs a session over the events that `say` sends.
    fn session(say: impl FnOnce(&Sender<Event>)) -> UnboundedReceiver<Notice> {
        let (events, inbox) = mpsc::channel();
        let (notices, told) = unbounded_channel();
        let mut layers = Layers::default();
        layers.set(Layer::User, json!({"threshold": 0.0, "logLevel": "trace"}));
        let start = Start {
            layers,
            loader: Arc::new(|_| Ok(Model::tiny(1))),
            log_control: Box::new(|level| assert_eq!(level, LevelFilter::TRACE)),
            learned: None,
            events: events.clone(),
            notices,
        };
        let thread = std::thread::spawn(move || run(start, &inbox));
        say(&events);
        events.send(Event::Stop).unwrap();
        thread.join().unwrap();
        told
    }

    /// How many words are offered after a document's first four characters.
    fn words(events: &Sender<Event>, name: &str) -> usize {
        let (reply, answer) = oneshot::channel();
        let position = Position { line: 0, column: 4 };
        let place = Place {
            uri: uri(name),
            position,
        };
        let trigger = Trigger::Other;
        events
            .send(Event::Words {
                place,
                trigger,
                reply,
            })
            .unwrap();
        answer.blocking_recv().unwrap().items.len()
    }

    #[test]
    fn a_failure_costs_the_document_not_the_session() {
        let mut told = session(|events| {
            events.send(open("a:1", "The ")).unwrap();
            events.send(open("a:2", "The ")).unwrap();
            let before = words(events, "a:1");
            assert!(before > 0);
            events.send(Event::Panic { uri: uri("a:1") }).unwrap();
            assert_eq!(words(events, "a:1"), 0);
            assert_eq!(words(events, "a:2"), before);
            events.send(change("a:1", "The ")).unwrap();
            assert_eq!(words(events, "a:1"), before);
        });
        assert!(told.try_recv().is_err());
    }
}
