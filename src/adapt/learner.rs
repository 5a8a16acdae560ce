//! The background learner: a thread of low priority that takes up saved files, keeps the store and hands out counts.
//!
//! Several servers may run, each with a learner. They share the store's folder and nothing else; each watches it, counts
//! anew when another has learned or forgotten something, and takes up the weights that another has tuned.

use super::accepted::{self, Accepted};
use super::activity::{self, Activity, Telling};
use super::counts::PersonalCounts;
use super::earlier::{Earlier, Writing};
use super::gather::{Asked, Excluded, Rules, whole};
use super::library::{Learned, Library, day};
use super::reception::Reception;
use super::source;
use super::status::Status;
use super::store::Store;
use super::task::{Choices, Forget, News, Task};
use super::tuner::{Tuner, Turn};
use super::watch::Watch;
use super::{Error, files};
use crate::eval::Menus;
use crate::model::Model;
use crate::text::prose::Language;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime};

/// How long nothing more must have been saved before what was saved is learned: saving often comes in bursts, and
/// editors write a file in several steps.
const PAUSE: Duration = Duration::from_millis(250);

/// Saved files wait no longer than this.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// A running learner; it ends, after learning what waits, when this is dropped.
#[derive(Debug)]
pub struct Learner {
    tasks: Sender<Task>,
    activity: Activity,
    telling: Telling,
    thread: Option<JoinHandle<()>>,
}

impl Learner {
    /// Starts one over a folder. It learns nothing before the first [`Task::Choose`].
    pub fn start(
        folder: PathBuf,
        model: Arc<Model>,
        news: impl Fn(News) + Send + 'static,
    ) -> std::io::Result<Learner> {
        let (tasks, inbox) = mpsc::channel();
        let activity = Activity::default();
        let watched = activity.clone();
        let to_itself = tasks.clone();
        let thread = std::thread::Builder::new()
            .name("learner".to_owned())
            .spawn(move || {
                step_back();
                Work::new(folder, model, watched, Box::new(news), to_itself).run(&inbox);
            })?;
        Ok(Learner {
            tasks,
            activity,
            telling: Telling::default(),
            thread: Some(thread),
        })
    }

    /// Says that somebody types: nothing is trained meanwhile, here or by other programs. Costs next to nothing.
    pub fn typed(&mut self) {
        self.activity.typed();
        if self.telling.is_due(Instant::now()) {
            self.tell(Task::Typed);
        }
    }

    /// Gives it something to do.
    pub fn tell(&self, task: Task) {
        let _ = self.tasks.send(task); // Fails only after a bug ended the thread; the server goes on without it.
    }
}

impl Drop for Learner {
    fn drop(&mut self) {
        self.tell(Task::Stop);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join(); // A bug in it was logged when it happened.
        }
    }
}

/// Lets everything else go first, where a thread can do that for itself.
fn step_back() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::nice(10) {
        tracing::debug!(%error, "the learner keeps its priority");
    }
    #[cfg(windows)]
    if !crate::windows::step_back() {
        tracing::debug!("the learner keeps its priority");
    }
}

/// The thread's own.
struct Work {
    folder: PathBuf,
    model: Arc<Model>,
    news: Box<dyn Fn(News) + Send>,
    to_itself: Sender<Task>,
    choices: Choices,
    rules: Rules,
    library: Option<Library>, // while learning is on
    watch: Watch,
    is_gone: bool,             // the store's folder, since it is watched
    is_store_changed: bool,    // perhaps by others, since it was looked at
    are_weights_changed: bool, // among that
    waiting: BTreeMap<PathBuf, Option<(Language, String)>>, // without a text: to be read
    since: Option<Instant>,    // when the first that waits arrived
    accepted: Accepted,        // and not written yet
    shown: Menus,              // the same
    reception: Reception,      // told last
    earlier: Earlier,
    is_stale: bool, // the counts are older than the store
    writing: Option<Writing>,
    is_lent_stale: bool, // what is lent was counted for another place
    tuner: Tuner,
    is_paused: bool,
}

impl Work {
    fn new(
        folder: PathBuf,
        model: Arc<Model>,
        activity: Activity,
        news: Box<dyn Fn(News) + Send>,
        to_itself: Sender<Task>,
    ) -> Work {
        Work {
            tuner: Tuner::new(&folder, model.clone(), activity),
            is_paused: false,
            folder,
            model,
            news,
            to_itself,
            choices: Choices::default(),
            rules: Rules::default(),
            library: None,
            watch: Watch::default(),
            is_gone: false,
            is_store_changed: false,
            are_weights_changed: false,
            waiting: BTreeMap::new(),
            since: None,
            accepted: Accepted::default(),
            shown: Menus::default(),
            reception: Reception::default(),
            earlier: Earlier::default(),
            is_stale: false,
            writing: None,
            is_lent_stale: false,
        }
    }

    fn run(mut self, inbox: &Receiver<Task>) {
        loop {
            // What was saved comes first, then training; without either the thread sleeps.
            let waiting = self
                .since
                .map(|since| PAUSE.min(LONGEST_PAUSE.saturating_sub(since.elapsed())));
            let wait = match (waiting, self.is_paused) {
                (None, false) => self.tuner.wait(),
                _ => waiting,
            };
            let task = match wait {
                None => inbox.recv().map_err(|_| RecvTimeoutError::Disconnected),
                Some(wait) => inbox.recv_timeout(wait),
            };
            match task {
                Ok(Task::Stop) | Err(RecvTimeoutError::Disconnected) => {
                    self.is_stale = false;
                    return self.learn_waiting();
                }
                Ok(task) => self.handle(task),
                Err(RecvTimeoutError::Timeout) if waiting.is_some() => {
                    self.since = None;
                    self.learn_waiting();
                    self.count();
                }
                // Somebody may have begun to type while this thread slept.
                Err(RecvTimeoutError::Timeout) => {
                    if self.tuner.wait() == Some(Duration::ZERO) {
                        self.train();
                    }
                }
            }
        }
    }

    fn handle(&mut self, task: Task) {
        match task {
            Task::Choose(choices) => self.choose(choices),
            Task::UseModel(model) => {
                self.model = model;
                self.tuner.use_base(self.model.clone());
                if let Some(library) = &mut self.library {
                    library.use_model(self.model.clone());
                    self.is_stale = true;
                    self.count();
                }
            }
            Task::Saved {
                path,
                language,
                text,
            } => {
                let Some(library) = self.library.as_ref().filter(|_| !self.is_paused) else {
                    return;
                };
                // A link's own name may tell, too. What was learned before it did, is looked at again.
                let target = whole(&path);
                let is_open = self.rules.check(&path, Some(language)).is_ok();
                if is_open || library.store.source(&target).is_some() {
                    self.wait_for(target, Some((language, text)));
                }
            }
            Task::Typed => {
                if self.library.is_some() && self.choices.training.on {
                    activity::tell(&self.folder);
                }
            }
            Task::Writing(writing) => {
                self.writing = Some(writing);
                self.is_lent_stale = true;
                self.since.get_or_insert_with(Instant::now);
            }
            // Written with what is saved next: not every word is worth a write.
            Task::Accepted(accepted) => self.accepted += accepted,
            Task::Shown(menus) => self.shown += *menus,
            Task::Seen(paths) => self.seen(paths),
            Task::Learn(paths, reply) => reply(self.learn_now(&paths)),
            Task::Forget(what, reply) => reply(self.forget(&what)),
            Task::Allow(word, reply) => reply(self.allow(&word)),
            Task::Status(reply) => {
                self.learn_waiting();
                self.count();
                let (number, is_training) = (self.tuner.number(), self.tuner.is_running());
                reply(self.library().map(|library| Status {
                    generation: number,
                    training: is_training,
                    ..Status::of(library)
                }));
            }
            Task::Train(reply) => {
                self.learn_waiting();
                self.count();
                reply(self.ask_for_training());
            }
            Task::RollBack(reply) => reply(self.roll_back()),
            Task::Pause(paused, reply) => {
                self.learn_waiting();
                self.is_paused = paused;
                if paused {
                    self.tuner.give_up();
                }
                reply(Ok(self.library.is_some() && !paused));
            }
            Task::Stop => {}
        }
    }

    fn choose(&mut self, choices: Choices) {
        if choices == self.choices {
            return;
        }
        self.choices = choices;
        let (rules, warnings) = Rules::new(&self.choices.ignore);
        self.rules = rules;
        warnings.into_iter().for_each(|warning| self.warn(warning));
        self.tuner.choose(self.choices.training);
        if !self.choices.learn {
            self.learn_nothing();
            return;
        }
        if let Err(error) = files::make_folder(&self.folder) {
            self.warn(format!(
                "nothing is learned: cannot make {}: {error}",
                self.folder.display()
            ));
            self.library = None;
            return;
        }
        if self.library.is_none() {
            self.library = Some(Library::open(&self.folder, self.model.clone()));
            self.is_stale = true;
        }
        let folders = self.folders();
        self.watch(&folders);
        self.look();
        self.count();
        for (path, _) in self.rules.files(&folders, Asked::ByTheRules) {
            self.wait_for(path, None);
        }
    }

    fn learn_nothing(&mut self) {
        self.library = None;
        if self.tuner.number().is_some() {
            self.tuner.use_base(self.model.clone());
            (self.news)(News::Weights(self.tuner.weights()));
        }
        self.watch = Watch::default();
        if self.folder.is_dir() {
            self.watch(&[]);
        }
        self.waiting.clear();
        self.lend_unwanted(Store::forgotten_words_in(&self.folder));
        self.tell_reception();
    }

    /// What was forgotten stays unwanted where nothing is learned.
    fn lend_unwanted(&mut self, unwanted: BTreeSet<u64>) {
        self.earlier = Earlier {
            all: Arc::new(PersonalCounts::unwanting(unwanted)),
            ..Earlier::default()
        };
        (self.news)(News::Counts(self.earlier.clone()));
    }

    /// The chosen folders.
    fn folders(&self) -> Vec<PathBuf> {
        let folders = self.choices.folders.iter();
        folders.map(|folder| whole(folder)).collect()
    }

    /// Watches folders, and the store's.
    fn watch(&mut self, folders: &[PathBuf]) {
        let tasks = self.to_itself.clone();
        let watched = [folders, &[whole(&self.folder)]].concat();
        let (watch, warnings) = Watch::start(&watched, move |mut paths| {
            paths.retain(|path| !activity::is_mark(path) && !files::is_unfinished(path));
            if !paths.is_empty() {
                let _ = tasks.send(Task::Seen(paths)); // Nobody listens at the end.
            }
        });
        self.watch = watch;
        self.is_gone = false;
        warnings.into_iter().for_each(|warning| self.warn(warning));
    }

    /// Makes the store's folder anew where somebody removed it, which is not done before there is something to keep: who removes it
    /// may not be done.
    fn make_again(&mut self) {
        self.is_gone |= !self.folder.is_dir();
        if !self.is_gone || self.library.is_none() {
            return;
        }
        match files::make_folder(&self.folder) {
            Ok(()) => {
                self.watch(&self.folders());
            }
            // A server that confined itself may write below the folder that was there when it started, and in no other.
            Err(error) => {
                self.warn(format!(
                    "the folder {} was removed and cannot be made again ({error}): nothing is learned until the server is started anew",
                    self.folder.display()
                ));
                self.learn_nothing();
            }
        }
    }

    /// Paths changed on disk: in the store's folder, or in one that is watched.
    fn seen(&mut self, paths: Vec<PathBuf>) {
        let store = whole(&self.folder);
        let (ours, others): (Vec<_>, Vec<_>) =
            paths.into_iter().partition(|path| path.starts_with(&store));
        if self.library.is_none() {
            let unwanted = Store::forgotten_words_in(&self.folder);
            if unwanted != self.earlier.all.unwanted {
                self.lend_unwanted(unwanted);
            }
            return;
        }
        if !ours.is_empty() {
            // Somebody who learns a thousand files writes a thousand, and each look is at all of them.
            self.is_store_changed = true;
            self.are_weights_changed |= ours.iter().any(|path| is_generation(path));
            self.since.get_or_insert_with(Instant::now);
        }
        let folders = self.folders();
        if others.iter().any(|path| is_above(path, &folders)) {
            // A folder came, went, or another has its name.
            self.watch(&folders);
            if !self.is_paused {
                for (path, _) in self.rules.files(&folders, Asked::ByTheRules) {
                    self.wait_for(path, None);
                }
            }
            return;
        }
        if self.is_paused {
            return;
        }
        for path in others {
            if path.is_dir() && !path.is_symlink() {
                // A folder that was moved here brings its files without a word.
                for (path, _) in self.rules.files(&[path], Asked::ByTheRules) {
                    self.wait_for(path, None);
                }
            } else if self.rules.check(&path, Language::from_path(&path)).is_ok() && is_file(&path)
            {
                self.wait_for(path, None);
            }
        }
    }

    /// Looks at what changed in the store's folder.
    fn look_again(&mut self) {
        let Some(library) = &mut self.library else {
            return;
        };
        if std::mem::take(&mut self.is_store_changed) {
            self.is_stale |= library.store.refresh();
            self.is_gone |= !self.folder.is_dir();
            if std::mem::take(&mut self.are_weights_changed) {
                self.look();
            }
        }
    }

    fn wait_for(&mut self, path: PathBuf, text: Option<(Language, String)>) {
        // What the editor saved is what will be on disk.
        let waiting = self.waiting.entry(path).or_default();
        *waiting = text.or(waiting.take());
        self.since.get_or_insert_with(Instant::now);
    }

    fn learn_waiting(&mut self) {
        self.look_again();
        if !self.waiting.is_empty() || self.accepted != Accepted::default() {
            self.make_again();
        }
        self.write_accepted();
        for (path, text) in std::mem::take(&mut self.waiting) {
            if let Err(error) = self.learn(&path, text) {
                self.warn(format!("{} was not learned: {error}", path.display()));
            }
        }
        self.pass_on_warnings();
    }

    fn write_accepted(&mut self) {
        let accepted = std::mem::take(&mut self.accepted);
        if accepted != Accepted::default()
            && self.library.is_some()
            && let Err(error) = accepted::add(&self.folder, day(SystemTime::now()), accepted)
        {
            self.warn(format!("keystrokes saved are not counted: {error}"));
        }
        let shown = std::mem::take(&mut self.shown);
        if shown.count() > 0.0
            && let Some(library) = &self.library
            && let Err(error) = library.store.keep_menus(&shown)
        {
            self.warn(format!("what is taken is not counted: {error}"));
        }
        self.tell_reception();
    }

    /// Hands out how menus are taken if that has changed.
    fn tell_reception(&mut self) {
        let reception = match &self.library {
            Some(_) => Reception::of(&self.folder),
            None => Reception::default(),
        };
        if reception != std::mem::replace(&mut self.reception, reception) {
            (self.news)(News::Reception(Box::new(reception)));
        }
    }

    /// Learns a file that may be learned; without a text it is read.
    fn learn(&mut self, path: &Path, text: Option<(Language, String)>) -> Result<(), Error> {
        let Some(library) = &mut self.library else {
            return Ok(());
        };
        let language = text
            .as_ref()
            .map(|(language, _)| *language)
            .or_else(|| Language::from_path(path));
        let language = match self.rules.check(path, language) {
            Ok(language) => language,
            Err(reason) => {
                tracing::debug!(%reason, "not learned");
                // What was learned before the rule was there goes as well.
                let is_ruled_out = matches!(reason, Excluded::Private | Excluded::Ignored);
                if is_ruled_out && library.store.source(path).is_some() {
                    library.store.drop_source(path)?;
                    self.is_stale = true;
                }
                return Ok(());
            }
        };
        let (text, written) = match text {
            Some((_, text)) if text.len() > source::MOST_BYTES => {
                tracing::debug!(bytes = text.len(), "not learned: too long");
                return Ok(());
            }
            Some((_, text)) => (text, SystemTime::now()),
            None => match read(path, library) {
                Some(read) => read,
                None => return Ok(()),
            },
        };
        let learned = library.learn(path, language, &text, written)?;
        tracing::debug!(?learned, "saved prose");
        self.is_stale |= matches!(learned, Learned::Words(_));
        Ok(())
    }

    fn learn_now(&mut self, paths: &[PathBuf]) -> Result<usize, String> {
        let files = self.rules.files(
            &paths.iter().map(|path| whole(path)).collect::<Vec<_>>(),
            Asked::ForTheseFiles,
        );
        let library = self.library()?;
        let mut learned = 0;
        for path in paths {
            library
                .store
                .allow(&whole(path))
                .map_err(|error| error.to_string())?;
        }
        for (path, language) in files {
            let Some((text, written)) = read(&path, library) else {
                continue;
            };
            let outcome = library
                .learn(&path, language, &text, written)
                .map_err(|error| error.to_string())?;
            learned += usize::from(matches!(outcome, Learned::Words(_)));
        }
        self.is_stale = true;
        self.count();
        Ok(learned)
    }

    fn forget(&mut self, what: &Forget) -> Result<usize, String> {
        // A file saved a moment ago is forgotten as well.
        self.learn_waiting();
        self.change(|library| library.forget(what))
    }

    fn allow(&mut self, word: &str) -> Result<bool, String> {
        self.change(|library| library.allow_word(word))
    }

    /// Changes what is kept, which can be done where nothing is learned, too.
    fn change<T>(
        &mut self,
        change: impl FnOnce(&mut Library) -> Result<T, Error>,
    ) -> Result<T, String> {
        let changed = match &mut self.library {
            Some(library) => {
                self.is_stale = true;
                change(library)
            }
            None => change(&mut Library::open(&self.folder, self.model.clone())),
        };
        match self.library {
            Some(_) => self.count(),
            None => self.learn_nothing(),
        }
        changed.map_err(|error| error.to_string())
    }

    fn library(&mut self) -> Result<&mut Library, String> {
        self.library.as_mut().ok_or_else(|| {
            "learning is off: the setting learn is false, or there is no data folder".to_owned()
        })
    }

    /// Hands out counts of what the store holds now, and the weights that hold for it.
    fn count(&mut self) {
        if std::mem::take(&mut self.is_stale)
            && let Some(library) = &self.library
        {
            self.earlier = Earlier {
                all: Arc::new(library.counts(SystemTime::now())),
                latest: Arc::new(library.latest()),
                lent: self.count_lent(),
            };
            (self.news)(News::Counts(self.earlier.clone()));
            self.look();
            self.tell_reception();
        } else if self.is_lent_stale {
            let lent = self.count_lent();
            if lent.is_some() || self.earlier.lent.is_some() {
                self.earlier.lent = lent;
                (self.news)(News::Counts(self.earlier.clone()));
            }
        }
        self.is_lent_stale = false;
        self.pass_on_warnings();
    }

    fn count_lent(&self) -> Option<(PathBuf, Arc<PersonalCounts>)> {
        let (library, writing) = (self.library.as_ref()?, self.writing.as_ref()?);
        let counts = library.counts_for(writing, SystemTime::now())?;
        Some((writing.path.clone(), Arc::new(counts)))
    }

    /// Hands out other weights if those in use are not the newest that hold.
    fn look(&mut self) {
        if let Some(library) = &mut self.library
            && let Some(weights) = self.tuner.look(library)
        {
            (self.news)(News::Weights(weights));
        }
    }

    fn train(&mut self) {
        let Some(library) = &mut self.library else {
            return;
        };
        for turn in self.tuner.go_on(library) {
            (self.news)(match turn {
                Turn::Use(weights) => News::Weights(weights),
                Turn::Progress(share) => News::Training(format!("{:.0} %", 100.0 * share)),
                Turn::Ended(sentence) => News::Trained(sentence),
                Turn::Warning(warning) => News::Warning(warning),
            });
        }
        self.pass_on_warnings();
    }

    fn ask_for_training(&mut self) -> Result<(), String> {
        self.library()?;
        if self.is_paused {
            return Err("learning is paused".to_owned());
        }
        if let Some(library) = &self.library {
            self.tuner.ask(&library.store)?;
        }
        (self.news)(News::Training("waiting until nobody types".to_owned()));
        Ok(())
    }

    fn roll_back(&mut self) -> Result<u32, String> {
        self.library()?;
        let taken = self
            .library
            .as_mut()
            .map_or(Ok(0), |library| self.tuner.roll_back(library));
        self.look();
        taken
    }

    fn pass_on_warnings(&mut self) {
        let warnings = self.library.as_mut().map(Library::take_warnings);
        warnings
            .into_iter()
            .flatten()
            .for_each(|warning| self.warn(warning));
    }

    fn warn(&self, warning: String) {
        (self.news)(News::Warning(warning));
    }
}

/// The text of a file and when it was written. Nothing if it is not text, or was learned since.
fn read(path: &Path, library: &Library) -> Option<(String, SystemTime)> {
    let now = SystemTime::now();
    // What is asked of the open file holds for what is read of it, whatever takes its name meanwhile.
    let file = files::open(path).ok()?;
    let metadata = file.metadata().ok().filter(fs::Metadata::is_file)?;
    let written = metadata.modified().unwrap_or(now);
    // A file written in the second in which it was learned may have been written after it. Learned later than now, it was learned by
    // a clock that went wrong, which says nothing.
    let known = library.store.source(path).map(|source| source.learned);
    let known = known.filter(|&learned| learned <= super::seconds(now));
    if known.is_some_and(|learned| super::seconds(written) < learned)
        || metadata.len() > source::MOST_BYTES as u64
    {
        return None;
    }
    let mut bytes = Vec::new();
    // It may grow while it is read.
    let most = source::MOST_BYTES as u64 + 1;
    file.take(most).read_to_end(&mut bytes).ok()?;
    let text = source::text(bytes);
    text.inspect_err(|reason| tracing::debug!(%reason, "not learned"))
        .ok()
        .map(|text| (text, written))
}

/// Whether a path is one of these folders, or lies above one.
fn is_above(path: &Path, folders: &[PathBuf]) -> bool {
    folders.iter().any(|folder| folder.starts_with(path))
}

/// Whether a change of this file is one of the generations.
fn is_generation(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.starts_with("personal-") && name.ends_with(".json")
}

fn is_file(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_file())
}
