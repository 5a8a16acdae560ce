//! Fine-tuning: from the writer's prose to weights of their own, in steps short enough to stop between two keystrokes.
//!
//! 1. *Learn*: a few rounds of truncated BPTT over the writer's prose, from the weights of the model that is shipped.
//! 2. *Blend*: between those weights and where that led lie straight-line blends. Going only part of the way is early stopping
//!    and a pull to where one came from at once: it keeps most of what was learned and loses much less of what was known
//!    (Wortsman et al. 2022, arXiv:2109.01903). Each blend is judged as it would be used, in 8 bits.
//! 3. *The gate*: the best blend that forgets little must be better on the writer's newest prose than what is in use.
//!
//! 4. *Typing*: what passes the gate types some of that prose, as what is in use did, so that the writer can be told what it brings.
//!
//! `models/adaptation` has the measurements that these settings come from.

mod general;
mod judge;
mod lanes;
mod lesson;
mod resources;
mod typing;

pub(super) use resources::{Memory, on_battery, thread_time};

use super::generations::Basis;
use super::store::Store;
use super::trials::Scores;
use crate::model::Model;
use crate::train::export;
use crate::train::network::Parameters;
use crate::train::streams::Window;
use crate::train::trainer::{self, Trainer};
use judge::{Reading, Tally};
use lanes::Lanes;
use lesson::{FEWEST_WORDS, Lesson, NONE, Tokens};
use std::sync::Arc;
use typing::{Piece, Typing};

/// How the writer's prose is learned.
const ROUNDS: usize = 2;
const LANES: usize = 4;
const STEPS: usize = 32;
const RATE: f32 = 1e-3;
const DROPOUT: f32 = 0.2;

/// Classes of the sampled softmax besides those that are met.
const CLASSES: usize = 4096;

/// How far to go from the model shipped to what was learned, until [`ENOUGH`] have forgotten little: the more prose, the further away lies
/// what was learned of it.
const BLENDS: [f32; 6] = [0.5, 0.4, 0.3, 0.22, 0.16, 0.1];

/// Whoever goes less far forgets less, and soon learns less too.
const ENOUGH: usize = 2;

/// New weights are let in when they need so many percent fewer bits for the writer's newest prose...
const MARGIN: f64 = 0.5;

/// ...and at most so many percent more for general prose.
const MOST_FORGETTING: f64 = 1.0;

/// A training under way.
#[derive(Debug)]
pub(super) struct Tuning {
    base: Arc<Model>,
    live: Arc<Model>,
    basis: Basis,
    words: usize,
    newest: Tokens,
    pieces: Vec<Piece>,
    general: Tokens,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    Learn(Box<Course>),
    /// What is in use reads the newest prose, then the model shipped general prose.
    Known(Vec<Tally>, Box<Reading>, Box<Parameters>),
    Blend(Box<Blending>),
    /// What passed the gate types.
    Type(Typing, Scores, Vec<u8>, Box<Model>),
}

/// Learning.
#[derive(Debug)]
struct Course {
    trainer: Trainer,
    lanes: Lanes,
    window: Window,
    done: usize,
    total: usize,
}

/// Trying blends.
#[derive(Debug)]
struct Blending {
    known: [Tally; 2], // on the newest prose, on general prose
    tuned: Parameters,
    tried: usize,
    faithful: usize, // that forgot little
    candidate: Option<Candidate>,
    best: Option<(Tally, f64, Vec<u8>)>,
}

#[derive(Debug)]
struct Candidate {
    bytes: Vec<u8>,
    model: Model,
    newest: Option<Tally>,
    reading: Reading,
}

/// What a training came to.
#[derive(Debug)]
pub(super) struct Verdict {
    pub(super) basis: Basis,
    pub(super) words: usize,
    pub(super) scores: Scores,
    /// A model's file, or why there is none.
    pub(super) outcome: Result<Vec<u8>, String>,
}

impl Tuning {
    /// Whether there is enough to learn from.
    pub(super) fn is_possible(store: &Store) -> Result<(), String> {
        is_enough(store.word_count())
    }

    /// Begins to learn what a store holds. `base` is the model shipped, `live` what is in use.
    pub(super) fn begin(
        store: &Store,
        base: &Arc<Model>,
        live: &Arc<Model>,
    ) -> Result<Box<Tuning>, String> {
        let lesson = Lesson::of(store, base);
        is_enough(lesson.words)?;
        Ok(Box::new(Tuning {
            basis: Basis::of(store, base),
            words: lesson.words,
            stage: Stage::Learn(Box::new(Course::new(base, lesson.own))),
            newest: lesson.newest,
            pieces: lesson.pieces,
            general: general::tokens(base),
            base: base.clone(),
            live: live.clone(),
        }))
    }

    /// What it learns from; a training whose basis does not hold any more is to be dropped.
    pub(super) fn basis(&self) -> &Basis {
        &self.basis
    }

    /// How far it is, from 0 to 1. Learning takes most of the time.
    pub(super) fn progress(&self) -> f64 {
        match &self.stage {
            Stage::Learn(course) => 0.9 * course.done as f64 / course.total.max(1) as f64,
            Stage::Known(..) => 0.9,
            Stage::Blend(blending) => 0.92 + 0.06 * blending.tried as f64 / BLENDS.len() as f64,
            Stage::Type(..) => 0.98,
        }
    }

    /// Goes on for some hundredths of a second; the verdict when it is done.
    pub(super) fn step(mut self: Box<Self>) -> Result<Verdict, Box<Tuning>> {
        self.stage = match self.stage {
            Stage::Learn(mut course) if course.done < course.total => {
                course.step();
                Stage::Learn(course)
            }
            Stage::Learn(course) => {
                let reading = Box::new(Reading::new(&self.live));
                let tuned = Box::new(course.finish());
                Stage::Known(Vec::new(), reading, tuned)
            }
            Stage::Known(mut known, mut reading, tuned) => {
                let (model, tokens) = match known.len() {
                    0 => (&self.live, &self.newest),
                    _ => (&self.base, &self.general),
                };
                if let Some(tally) = reading.step(model, tokens) {
                    known.push(tally);
                    *reading = Reading::new(&self.base);
                }
                match <[Tally; 2]>::try_from(known) {
                    Ok(known) => Stage::Blend(Box::new(Blending::new(known, *tuned))),
                    Err(known) => Stage::Known(known, reading, tuned),
                }
            }
            Stage::Blend(mut blending) => {
                if !blending.step(&self.base, &self.newest, &self.general) {
                    Stage::Blend(blending)
                } else {
                    match blending.outcome() {
                        (scores, Ok(bytes)) => {
                            let typing = Typing::new(std::mem::take(&mut self.pieces));
                            let model = opened(bytes.clone());
                            Stage::Type(typing, scores, bytes, Box::new(model))
                        }
                        (scores, outcome) => {
                            return Ok(Verdict::new(self.basis, self.words, scores, outcome));
                        }
                    }
                }
            }
            Stage::Type(mut typing, mut scores, bytes, model) => {
                if typing.step(&self.live, &model) {
                    [scores.before.saved, scores.after.saved] = typing.saved();
                    return Ok(Verdict::new(self.basis, self.words, scores, Ok(bytes)));
                }
                Stage::Type(typing, scores, bytes, model)
            }
        };
        Err(self)
    }
}

impl Verdict {
    fn new(
        basis: Basis,
        words: usize,
        scores: Scores,
        outcome: Result<Vec<u8>, String>,
    ) -> Verdict {
        Verdict {
            basis,
            words,
            scores,
            outcome,
        }
    }
}

fn opened(bytes: Vec<u8>) -> Model {
    Model::from_bytes(bytes).expect("bytes that were just made")
}

fn is_enough(words: usize) -> Result<(), String> {
    match words {
        FEWEST_WORDS.. => Ok(()),
        _ => Err(format!(
            "{words} words of your prose were learned, expected at least {FEWEST_WORDS}"
        )),
    }
}

impl Course {
    fn new(model: &Model, own: Tokens) -> Course {
        let mut counts = vec![1u64; model.vocabulary_size()];
        for target in own.targets.iter().filter(|target| **target != NONE) {
            counts[*target as usize] += 20;
        }
        let lanes = Lanes::new(own, LANES);
        let total = ROUNDS * lanes.windows(STEPS);
        let tokens = (total * LANES * STEPS) as u64;
        let settings = trainer::Settings {
            network: model.config().clone(),
            batch: LANES,
            bptt: STEPS,
            dropout: DROPOUT,
            rate: RATE,
            warmup: tokens / 20,
            decay: 0.5,
            tokens,
            clip: 1.0,
            classes: CLASSES.min(model.vocabulary_size()),
            seed: 1,
            threads: 1,
            bf16: true,
        };
        Course {
            trainer: Trainer::new(settings, export::parameters(model), &counts),
            window: Window::new(LANES, STEPS),
            lanes,
            done: 0,
            total,
        }
    }

    /// What was learned; all else that learning needed is gone.
    fn finish(self: Box<Self>) -> Parameters {
        self.trainer.parameters
    }

    fn step(&mut self) {
        self.lanes.fill(&mut self.window);
        self.trainer.step(&self.window);
        self.done += 1;
    }
}

impl Blending {
    fn new(known: [Tally; 2], tuned: Parameters) -> Blending {
        Blending {
            known,
            tuned,
            tried: 0,
            faithful: 0,
            candidate: None,
            best: None,
        }
    }

    /// Goes on; `true` when no other blend is to be tried.
    fn step(&mut self, base: &Model, newest: &Tokens, general: &Tokens) -> bool {
        let Some(candidate) = &mut self.candidate else {
            let Some(share) = BLENDS.get(self.tried).filter(|_| self.faithful < ENOUGH) else {
                return true;
            };
            self.candidate = Some(Candidate::new(base, &self.tuned, *share));
            return false;
        };
        let Candidate { model, reading, .. } = candidate;
        match candidate.newest {
            None => {
                candidate.newest = reading.step(model, newest);
                if candidate.newest.is_some() {
                    *reading = Reading::new(model);
                }
            }
            Some(own) => {
                if let Some(general) = reading.step(model, general) {
                    let forgetting = 100.0 * (general.nats / self.known[1].nats - 1.0);
                    let bytes = std::mem::take(&mut candidate.bytes);
                    self.tried += 1;
                    self.candidate = None;
                    self.enter(own, forgetting, bytes);
                }
            }
        }
        false
    }

    /// Of those that forget little the one that is best on the newest prose; where none does, the one that forgets least.
    fn enter(&mut self, own: Tally, forgetting: f64, bytes: Vec<u8>) {
        self.faithful += usize::from(forgetting <= MOST_FORGETTING);
        let is_better = self.best.as_ref().is_none_or(|(best, least, _)| {
            match (forgetting <= MOST_FORGETTING, *least <= MOST_FORGETTING) {
                (true, true) => own.nats < best.nats,
                (true, false) => true,
                (false, true) => false,
                (false, false) => forgetting < *least,
            }
        });
        if is_better {
            self.best = Some((own, forgetting, bytes));
        }
    }

    fn outcome(self) -> (Scores, Result<Vec<u8>, String>) {
        let (own, forgetting, bytes) = self.best.expect("there are blends");
        let scores = Scores {
            before: self.known[0].score(),
            after: own.score(),
            forgetting,
        };
        let gain = 100.0 * (1.0 - own.nats / self.known[0].nats);
        (scores, gate(gain, forgetting).map(|()| bytes))
    }
}

impl Candidate {
    fn new(model: &Model, tuned: &Parameters, share: f32) -> Candidate {
        let mut blend = export::parameters(model);
        blend.pull_to(tuned, share);
        let bytes = model.with_network(&export::network(&blend));
        drop(blend);
        let model = opened(bytes.clone());
        Candidate {
            newest: None,
            reading: Reading::new(&model),
            bytes,
            model,
        }
    }
}

/// Lets weights in that need `gain` percent fewer bits for the writer's newest prose and `forgetting` percent more for general
/// prose, or says why not.
fn gate(gain: f64, forgetting: f64) -> Result<(), String> {
    if !gain.is_finite() || !forgetting.is_finite() {
        Err("the new weights came to no number".to_owned())
    } else if forgetting > MOST_FORGETTING {
        Err(format!(
            "general prose takes {forgetting:.2} % more bits, expected at most {MOST_FORGETTING} %"
        ))
    } else if gain < MARGIN {
        Err(format!(
            "your newest prose takes {gain:.2} % fewer bits, expected at least {MARGIN} %"
        ))
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gate_lets_in_what_gains_and_forgets_little() {
        assert_eq!(gate(2.0, 0.9), Ok(()));
        assert_eq!(gate(2.0, -3.0), Ok(()));
        for (gain, forgetting, why) in [
            (0.1, 0.1, "newest prose takes 0.10 % fewer"),
            (-4.0, 0.1, "newest prose takes -4.00 % fewer"),
            (9.0, 1.1, "general prose takes 1.10 % more"),
            (f64::NAN, 0.0, "no number"),
            (2.0, f64::INFINITY, "no number"),
        ] {
            let reason = gate(gain, forgetting).unwrap_err();
            assert!(reason.contains(why), "{reason}");
        }
    }

    #[test]
    fn blends_are_tried_until_enough_forget_little() {
        let model = Model::tiny(1);
        let parameters = || export::parameters(&model);
        let known = [Tally::of(100.0), Tally::of(100.0)];
        let nothing = Tokens {
            inputs: Vec::new(),
            targets: Vec::new(),
        };
        let tried = |forgetting: &[f64]| {
            let mut blending = Blending::new(known, parameters());
            for &forgetting in forgetting {
                blending.tried += 1;
                blending.enter(Tally::of(90.0), forgetting, Vec::new());
            }
            blending.step(&model, &nothing, &nothing)
        };
        assert!(!tried(&[0.9]) && tried(&[0.9, 0.6]));
        assert!(!tried(&[3.0, 2.0, 1.5, 0.9]) && tried(&[3.0, 2.0, 1.5, 0.9, 0.6]));
        assert!(tried(&[3.0; BLENDS.len()]));
    }

    #[test]
    fn of_several_blends_the_best_that_forgets_little_is_judged() {
        let known = [Tally::of(100.0), Tally::of(100.0)];
        let model = Model::tiny(1);
        let mut blending = Blending::new(known, export::parameters(&model));
        for (own, forgetting) in [(90.0, 3.0), (96.0, 0.9), (95.0, 0.5), (97.0, 0.1)] {
            blending.enter(Tally::of(own), forgetting, vec![own as u8]);
        }
        let (scores, outcome) = blending.outcome();
        assert_eq!((outcome, scores.forgetting), (Ok(vec![95]), 0.5));
    }
}
