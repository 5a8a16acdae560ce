//! When to train, and what becomes of it: one training at a time on this computer, while nobody types, within a day's budget,
//! and a new generation in use as soon as it is there, whoever made it.

use super::activity::{Activity, Lull};
use super::files;
use super::library::{Library, seconds};
use super::store::{LOCK, Store};
use super::task::Weights;
use super::trials::{Trial, Trials};
use super::tune::{Memory, Tuning, Verdict, on_battery, thread_time};
use crate::model::Model;
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

/// How long until another look where somebody else trains, or the machine runs on its battery.
const LATER: Duration = Duration::from_secs(60);

/// A training that could not go on for so long, because somebody types on and on, is given up, with the 200 MB that it holds and the
/// lock. It begins anew when there is time.
const PATIENCE: Duration = Duration::from_secs(120);

/// How often a running training looks whether the machine runs on its battery, in steps.
const BATTERY: u32 = 200;

/// So many words more or fewer than at the last training are worth another...
const FEWEST_NEW: usize = 500;

/// ...or this share of all, if that is more.
const SHARE_NEW: f64 = 0.05;

/// What may be trained.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Training {
    /// Whether weights are tuned at all, and those that were are used.
    pub on: bool,
    /// Minutes of the processor on a day.
    pub minutes: f64,
    /// Whether the machine's battery may be used.
    pub on_battery: bool,
}

impl Default for Training {
    fn default() -> Training {
        Training {
            on: true,
            minutes: 10.0,
            on_battery: false,
        }
    }
}

/// What the learner is to pass on.
#[derive(Debug)]
pub(super) enum Turn {
    /// Weights to use from now on.
    Use(Weights),
    /// A training that was asked for is so far, from 0 to 1.
    Progress(f64),
    /// It ended.
    Ended(String),
    /// Something that the user should know.
    Warning(String),
}

/// See the module.
pub(super) struct Tuner {
    folder: PathBuf,
    base: Arc<Model>,
    live: Arc<Model>,
    number: Option<u32>, // of the generation in use
    choices: Training,
    lull: Lull,
    later: Option<Instant>, // nothing before
    is_due: bool,           // something was learned or forgotten, or nobody looked yet
    is_asked: bool,         // by the user, who wants to see it
    running: Option<Running>,
}

impl Drop for Tuner {
    fn drop(&mut self) {
        self.interrupt();
    }
}

#[derive(Debug)]
struct Running {
    tuning: Box<Tuning>,
    _lock: File, // held while it is open
    seconds: Duration,
    since: Instant, // the last step
    steps: u32,
    percent: u32,
    _memory: Memory, // given back after all else
}

impl Tuner {
    pub(super) fn new(folder: &Path, base: Arc<Model>, activity: Activity) -> Tuner {
        Tuner {
            folder: folder.to_owned(),
            live: base.clone(),
            base,
            number: None,
            choices: Training {
                on: false,
                ..Training::default()
            },
            lull: Lull::new(activity, folder),
            later: None,
            is_due: true,
            is_asked: false,
            running: None,
        }
    }

    /// Goes on with other choices.
    pub(super) fn choose(&mut self, choices: Training) {
        self.choices = choices;
        self.later = None;
        self.is_due = true;
        if !choices.on {
            self.interrupt();
        }
    }

    /// Ends a training before its time: what it took counts on this day.
    fn interrupt(&mut self) {
        let Some(running) = self.running.take() else {
            return;
        };
        tracing::debug!("training interrupted");
        if running.seconds.is_zero() {
            return;
        }
        let trial = Trial {
            time: now(),
            base: running.tuning.basis().base(),
            seconds: running.seconds.as_secs_f64(),
            interrupted: true,
            ..Trial::default()
        };
        if let Err(error) = add(&self.folder, &trial) {
            tracing::warn!(error);
        }
    }

    /// Goes on from another model.
    pub(super) fn use_base(&mut self, base: Arc<Model>) {
        self.live = base.clone();
        self.base = base;
        self.number = None;
        self.interrupt();
        self.is_due = true;
    }

    /// Whether a training is under way.
    pub(super) fn is_running(&self) -> bool {
        self.running.is_some()
    }

    /// The generation in use.
    pub(super) fn number(&self) -> Option<u32> {
        self.number
    }

    /// The weights in use.
    pub(super) fn weights(&self) -> Weights {
        Weights {
            model: self.live.clone(),
            generation: self.number,
            base: self.base.identity(),
        }
    }

    /// Something was learned or forgotten, perhaps by others. A training that learns from what was forgotten ends, and so does
    /// the use of such a generation. Weights to use in place of those in use, if they are others.
    pub(super) fn look(&mut self, library: &mut Library) -> Option<Weights> {
        self.is_due = true;
        let holds = |running: &Running| running.tuning.basis().holds(&library.store);
        if !self.running.as_ref().is_none_or(holds) {
            self.interrupt();
        }
        let newest = match self.choices.on {
            true => library
                .generations
                .newest_number(&library.store, &self.base),
            false => None,
        };
        if newest == self.number {
            return None;
        }
        let opened = match newest {
            None => None,
            Some(_) => library.generations.newest(&library.store, &self.base),
        };
        let (number, model) = match opened {
            Some((number, model)) => (Some(number), Arc::new(model)),
            None => (None, self.base.clone()),
        };
        let changed = number != self.number;
        tracing::debug!(?number, "generation in use");
        (self.number, self.live) = (number, model);
        changed.then(|| self.weights())
    }

    /// Trains as soon as nobody types, whatever the budget and the battery say.
    pub(super) fn ask(&mut self, store: &Store) -> Result<(), String> {
        if !self.choices.on {
            return Err("training is off: the setting train is false".to_owned());
        }
        if self.running.is_none() {
            Tuning::is_possible(store)?;
        }
        self.is_asked = true;
        self.later = None;
        Ok(())
    }

    /// Goes back to the generation before the one in use: to which, and whether there was one in use.
    pub(super) fn roll_back(&mut self, library: &mut Library) -> Result<u32, String> {
        self.interrupt();
        roll_back(library, &self.base)
    }

    /// How long until [`Tuner::go_on`] is to be called, if nothing else happens. A training that has waited for too long is given up.
    pub(super) fn wait(&mut self) -> Option<Duration> {
        let has_work = self.running.is_some() || self.is_due || self.is_asked;
        if !has_work || !self.choices.on {
            return None;
        }
        let now = Instant::now();
        let at = self.lull.ends().max(self.later).unwrap_or(now);
        let since = self.running.as_ref().map(|running| running.since);
        if at > now && since.is_some_and(|since| now.duration_since(since) > PATIENCE) {
            self.give_up();
        }
        Some(at.saturating_duration_since(now))
    }

    /// Ends a training that cannot go on for now; it begins anew.
    pub(super) fn give_up(&mut self) {
        if self.running.is_some() {
            self.interrupt();
            self.is_due = true;
        }
    }

    /// Begins, or goes on for some hundredths of a second.
    pub(super) fn go_on(&mut self, library: &mut Library) -> Vec<Turn> {
        let Some(mut running) = self.running.take() else {
            return self.begin(library);
        };
        running.steps += 1;
        if running.steps.is_multiple_of(BATTERY) && self.is_held_back() {
            self.later = Some(Instant::now() + LATER);
            self.running = Some(running);
            return Vec::new();
        }
        match running.step() {
            Err(mut running) => {
                let percent = (100.0 * running.tuning.progress()) as u32;
                let is_news = self.is_asked && percent > running.percent;
                running.percent = percent;
                let turn = is_news.then_some(Turn::Progress(f64::from(percent) / 100.0));
                self.running = Some(running);
                turn.into_iter().collect()
            }
            Ok((verdict, seconds)) => self.end(verdict, seconds, library),
        }
    }

    fn is_held_back(&self) -> bool {
        !self.is_asked && !self.choices.on_battery && on_battery()
    }

    fn begin(&mut self, library: &mut Library) -> Vec<Turn> {
        self.is_due = false;
        if !self.is_asked {
            let trials = Trials::of(&self.folder);
            let is_worth = Tuning::is_possible(&library.store).is_ok()
                && is_worth(library, trials.last_of(self.base.identity()), &self.base);
            let is_left = trials.seconds_today() < 60.0 * self.choices.minutes;
            if !is_worth || !is_left {
                return Vec::new();
            }
            if self.is_held_back() {
                self.is_due = true;
                self.later = Some(Instant::now() + LATER);
                return Vec::new();
            }
        }
        match begin(library, &self.base, &self.live) {
            Ok(Some(running)) => {
                tracing::debug!("training begins");
                self.running = Some(running);
                Vec::new()
            }
            // Another program trains. What it makes is noticed when it is there.
            Ok(None) => {
                self.is_due = true;
                self.later = Some(Instant::now() + LATER);
                Vec::new()
            }
            Err(error) => self.ended(format!("cannot train: {error}")),
        }
    }

    fn end(&mut self, verdict: Verdict, seconds: Duration, library: &mut Library) -> Vec<Turn> {
        let outcome = conclude(verdict, seconds, library);
        let mut turns = Vec::new();
        match outcome {
            Ok(trial) => {
                tracing::info!(?trial, "training ended");
                let is_due = std::mem::take(&mut self.is_due);
                turns.extend(self.look(library).map(Turn::Use));
                self.is_due = is_due;
                turns.extend(self.ended(trial.sentence()));
            }
            Err(error) => {
                turns.extend(self.ended(error.clone()));
                turns.push(Turn::Warning(error));
            }
        }
        turns
    }

    fn ended(&mut self, sentence: String) -> Vec<Turn> {
        let is_asked = std::mem::take(&mut self.is_asked);
        is_asked
            .then_some(Turn::Ended(sentence))
            .into_iter()
            .collect()
    }
}

/// A training that somebody waits for, whatever the budget and the battery say.
#[derive(Debug)]
pub struct TrainingNow {
    running: Running,
}

impl TrainingNow {
    /// Begins one, from the weights of `base`. Nothing if another program trains.
    pub fn begin(library: &mut Library) -> Result<Option<TrainingNow>, String> {
        let base = library.model();
        let live = library.tuned().map_or_else(|| base.clone(), Arc::new);
        let running = begin(library, &base, &live)?;
        Ok(running.map(|running| TrainingNow { running }))
    }

    /// How far it is, from 0 to 1.
    pub fn progress(&self) -> f64 {
        self.running.tuning.progress()
    }

    /// Goes on for some hundredths of a second; what it came to when it is done.
    pub fn step(self, library: &mut Library) -> Result<Result<Trial, String>, TrainingNow> {
        match self.running.step() {
            Ok((verdict, seconds)) => Ok(conclude(verdict, seconds, library)),
            Err(running) => Err(TrainingNow { running }),
        }
    }
}

/// Begins a training unless another program has.
fn begin(
    library: &Library,
    base: &Arc<Model>,
    live: &Arc<Model>,
) -> Result<Option<Running>, String> {
    let Some(lock) = lock(library.store.folder())? else {
        return Ok(None);
    };
    let memory = Memory::new();
    Ok(Some(Running {
        tuning: Tuning::begin(&library.store, base, live)?,
        _lock: lock,
        seconds: Duration::ZERO,
        since: Instant::now(),
        steps: 0,
        percent: 0,
        _memory: memory,
    }))
}

impl Running {
    /// The verdict and what it took, or itself.
    fn step(mut self) -> Result<(Verdict, Duration), Running> {
        let before = thread_time();
        let step = self.tuning.step();
        self.seconds += thread_time().saturating_sub(before);
        self.since = Instant::now();
        match step {
            Ok(verdict) => Ok((verdict, self.seconds)),
            Err(tuning) => Err(Running { tuning, ..self }),
        }
    }
}

/// Holds the lock of those who train; nothing if another program does. The system gives it back when a program ends, however
/// that comes about.
fn lock(folder: &Path) -> Result<Option<File>, String> {
    let path = folder.join(format!("personal.{LOCK}"));
    let file = files::open_lock(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(format!("{}: {error}", path.display())),
    }
}

/// Whether enough has changed since the last training from the same model.
fn is_worth(library: &mut Library, last: Option<Trial>, base: &Model) -> bool {
    let Some(last) = last else {
        return true;
    };
    let all = library.store.word_count();
    let needed = FEWEST_NEW.max((SHARE_NEW * last.learned as f64) as usize);
    let is_lost = last.generation.is_some_and(|number| {
        let newest = library.generations.newest_number(&library.store, base);
        newest.is_none_or(|newest| newest < number)
    });
    is_lost || all.abs_diff(last.learned) >= needed
}

/// Writes down what a training came to, and keeps the generation if the gate let it in and nothing that it learned from was
/// forgotten meanwhile.
pub(super) fn conclude(
    verdict: Verdict,
    seconds: Duration,
    library: &mut Library,
) -> Result<Trial, String> {
    let Verdict {
        basis,
        words,
        scores,
        outcome,
    } = verdict;
    library.store.refresh();
    library.generations.remove_lost(&library.store);
    let outcome = outcome.and_then(|bytes| match basis.holds(&library.store) {
        true => library.generations.add(&basis, &bytes),
        false => Err("something that it learned from was forgotten meanwhile".to_owned()),
    });
    let (generation, reason) = match outcome {
        Ok(number) => (Some(number), None),
        Err(reason) => (None, Some(reason)),
    };
    let trial = Trial {
        time: now(),
        base: basis.base(),
        learned: library.store.word_count(),
        words,
        seconds: seconds.as_secs_f64(),
        interrupted: false,
        generation,
        reason,
        scores: Some(scores),
    };
    add(library.store.folder(), &trial)?;
    Ok(trial)
}

/// Takes the generation in use back: which it was.
pub(super) fn roll_back(library: &mut Library, base: &Model) -> Result<u32, String> {
    let Library {
        store, generations, ..
    } = library;
    let number = generations
        .roll_back(store, base)
        .ok_or("there are no personal weights to go back from")?;
    // The same would only be made again: the next training waits for more prose.
    let trial = Trial {
        time: now(),
        base: base.identity(),
        learned: store.word_count(),
        reason: Some(format!("generation {number} was taken back")),
        ..Trial::default()
    };
    add(store.folder(), &trial)?;
    Ok(number)
}

fn add(folder: &Path, trial: &Trial) -> Result<(), String> {
    let added = Trials::of(folder).add(trial);
    added.map_err(|error| format!("a training cannot be written down: {error}"))
}

fn now() -> u64 {
    seconds(SystemTime::now())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapt::activity::{self, QUIET};
    use crate::adapt::{Forget, day};
    use crate::text::prose::Language;

    const PATH: &str = "/notes/a.md";

    fn library(folder: &Path) -> Library {
        let mut library = Library::open(folder, Arc::new(Model::tiny(1)));
        let line =
            |n: usize| format!("The old man had been reading since day {n} of the future.\n\n");
        let text: String = (0..150).map(line).collect();
        library
            .learn(
                Path::new(PATH),
                Language::Markdown,
                &text,
                SystemTime::now(),
            )
            .unwrap();
        library
    }

    fn tuner(library: &Library, activity: &Activity) -> Tuner {
        let mut tuner = Tuner::new(library.store.folder(), library.model(), activity.clone());
        tuner.choose(Training {
            on_battery: true,
            ..Training::default()
        });
        tuner
    }

    #[test]
    fn nothing_is_trained_while_somebody_types() {
        let folder = tempfile::tempdir().unwrap();
        let (mut library, activity) = (library(folder.path()), Activity::default());
        let mut tuner = tuner(&library, &activity);
        assert_eq!(tuner.wait(), Some(Duration::ZERO));
        tuner.go_on(&mut library);
        assert!(tuner.is_running());
        activity.typed();
        assert!(tuner.wait() >= Some(QUIET));
    }

    #[test]
    fn a_training_that_nobody_lets_go_on_is_given_up() {
        let folder = tempfile::tempdir().unwrap();
        let (mut library, activity) = (library(folder.path()), Activity::default());
        let mut tuner = tuner(&library, &activity);
        tuner.go_on(&mut library);
        tuner.go_on(&mut library);
        let waited = |tuner: &mut Tuner, time: Duration| {
            let running = tuner.running.as_mut().unwrap();
            running.since = Instant::now().checked_sub(time).unwrap();
            running.seconds = Duration::from_secs(7);
        };
        waited(&mut tuner, 2 * PATIENCE);
        assert_eq!(tuner.wait(), Some(Duration::ZERO));
        assert!(tuner.is_running(), "nobody types: it goes on");
        activity.typed();
        waited(&mut tuner, PATIENCE / 2);
        assert!(tuner.wait().is_some() && tuner.is_running());
        waited(&mut tuner, 2 * PATIENCE);
        assert!(tuner.wait().is_some() && !tuner.is_running());
        let mut other = self::tuner(&library, &Activity::default());
        other.go_on(&mut library);
        assert!(other.is_running(), "the lock is free");
        drop(other);
        tuner.go_on(&mut library);
        assert!(tuner.is_running(), "it begins anew");
        let seconds = Trials::of(folder.path()).seconds_today();
        assert!(seconds >= 7.0, "what it took counts: {seconds}");
        assert_eq!(Trials::of(folder.path()).all(), vec![]);
    }

    #[test]
    fn nothing_is_trained_while_somebody_types_in_another_editor() {
        let folder = tempfile::tempdir().unwrap();
        let mut library = library(folder.path());
        let mut tuner = tuner(&library, &Activity::default());
        tuner.go_on(&mut library);
        assert_eq!(tuner.wait(), Some(Duration::ZERO));
        activity::tell(folder.path());
        assert!(tuner.wait() >= Some(QUIET));
    }

    #[test]
    fn one_program_trains_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let (mut library, activity) = (library(folder.path()), Activity::default());
        let (mut one, mut two) = (tuner(&library, &activity), tuner(&library, &activity));
        one.go_on(&mut library);
        two.go_on(&mut library);
        assert_eq!((one.is_running(), two.is_running()), (true, false));
        assert!(two.wait() > Some(LATER / 2), "it looks again");
        assert!(TrainingNow::begin(&mut library).unwrap().is_none());
        drop(one);
        assert!(TrainingNow::begin(&mut library).unwrap().is_some());
    }

    #[test]
    fn what_is_forgotten_while_it_is_learned_ends_the_training() {
        let folder = tempfile::tempdir().unwrap();
        let mut library = library(folder.path());
        let mut tuner = tuner(&library, &Activity::default());
        tuner.go_on(&mut library);
        library.forget(&Forget::Path(PATH.into())).unwrap();
        tuner.look(&mut library);
        assert!(!tuner.is_running());
        // Another program's training notices at the end.
        let basis = crate::adapt::generations::Basis::of(&library.store, &library.model());
        assert!(basis.holds(&library.store));
        library.forget(&Forget::Word("future".to_owned())).unwrap();
        assert!(!basis.holds(&library.store));
    }

    #[test]
    fn a_training_needs_a_reason_and_a_budget() {
        let folder = tempfile::tempdir().unwrap();
        let mut library = library(folder.path());
        let words = library.store.word_count();
        let base = library.model();
        let last = |learned: usize, generation: Option<u32>| Trial {
            base: base.identity(),
            learned,
            generation,
            seconds: 601.0,
            time: now(),
            ..Trial::default()
        };
        assert!(is_worth(&mut library, None, &base), "the first");
        assert!(!is_worth(
            &mut library,
            Some(last(words - 499, None)),
            &base
        ));
        assert!(is_worth(&mut library, Some(last(words - 500, None)), &base));
        assert!(
            is_worth(&mut library, Some(last(words, Some(1))), &base),
            "its generation is gone"
        );
        let trials = Trials::of(folder.path());
        trials.add(&last(0, None)).unwrap();
        assert_eq!(trials.seconds_on(day(SystemTime::now())), 601.0);
        let mut tuner = tuner(&library, &Activity::default());
        tuner.go_on(&mut library);
        assert!(!tuner.is_running(), "ten minutes are over");
        tuner.ask(&library.store).unwrap();
        tuner.go_on(&mut library);
        assert!(tuner.is_running(), "asked for, it is trained all the same");
    }
}
