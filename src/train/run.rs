//! The training loop: steps, validation, the learning curve, the best model, checkpoints.
//!
//! What happens when depends on tokens, not on the clock, so a resumed run does what an uninterrupted one does. Only
//! checkpoints are timed, and a run limited in minutes ends when they are over.

use std::io;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::checkpoint;
use super::corpus::Flow;
use super::files::FileError;
use super::folder::Folder;
use super::report::{Curve, Point};
use super::streams::{Cursor, Streams, Window};
use super::trainer::{Evaluator, Trainer};

/// When to do what.
#[derive(Clone, Debug)]
pub struct Plan {
    /// When to end.
    pub limit: Limit,
    /// Tokens between validations.
    pub valid_every: u64,
    /// Validations without a better model after which training ends; 0: never.
    pub patience: u32,
    /// Time between checkpoints.
    pub checkpoint_every: Duration,
}

/// When to end.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Limit {
    /// After the tokens in the trainer's settings.
    Tokens,
    /// After these seconds of training; the learning rate falls as if the speed so far lasted.
    Seconds(f64),
}

/// What is counted over a run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Ledger {
    /// Where the streams stand.
    pub cursor: Cursor,
    /// Seconds of training.
    pub seconds: f64,
    /// Validation perplexity per token of the best model.
    pub best: Option<f64>,
    /// Validations since then.
    pub stale: u32,
    /// Losses since the last point of the curve.
    losses: f64,
    /// Tokens at the last point.
    point_tokens: u64,
    /// Seconds at the last point.
    point_seconds: f64,
}

/// A run in memory.
#[derive(Debug)]
pub struct Run {
    /// The weights and their optimizer.
    pub trainer: Trainer,
    /// What is learned from.
    pub streams: Streams,
    /// What is judged by.
    pub valid: Streams,
    /// The learning curve.
    pub curve: Curve,
    /// What is counted.
    pub ledger: Ledger,
    /// Where files go.
    pub folder: Folder,
    /// What the plot says about the run, a line each.
    pub notes: Vec<String>,
}

/// How training goes.
#[derive(Clone, Debug)]
pub enum Event<'a> {
    /// A step was made.
    Step(Status),
    /// The curve has a new point.
    Point(&'a Point),
    /// The model at hand is the best so far and was written.
    Best,
    /// A checkpoint was written.
    Checkpoint,
}

/// Where training stands.
#[derive(Clone, Copy, Debug)]
pub struct Status {
    /// Tokens read.
    pub tokens: u64,
    /// Tokens to read, estimated where minutes are the limit.
    pub total: u64,
    /// Loss of the step.
    pub loss: f64,
    /// Tokens a second since the last point.
    pub speed: f64,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// All tokens were read, or the time is over.
    Finished,
    /// The validation perplexity did not fall any more.
    NoProgress,
    /// Somebody said stop.
    Interrupted,
}

/// Why a run broke off. The last checkpoint and the best model are as they were.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The tokens could not be read, or the checkpoint, the model or the curve not written.
    #[error(transparent)]
    File(#[from] FileError),
    /// The loss is not a number any more.
    #[error("the loss is {loss} after {tokens} tokens: a lower --learning-rate may help")]
    Diverged {
        /// What it is.
        loss: f64,
        /// When.
        tokens: u64,
    },
}

impl Run {
    /// Trains until the plan's end or until `report` says stop, which is noticed after a step and followed by a
    /// checkpoint. `write` writes the weights at hand as the model.
    pub fn train(
        &mut self,
        plan: &Plan,
        write: &mut dyn FnMut(&Trainer) -> io::Result<()>,
        report: &mut dyn FnMut(Event<'_>) -> Flow,
    ) -> Result<End, Error> {
        let mut window = Window::new(self.trainer.settings.batch, self.trainer.settings.bptt);
        let clock = Clock::start(self.ledger.seconds);
        let mut saved = Instant::now();
        loop {
            if self.is_over(plan) {
                self.draw()?;
                self.save(report)?;
                return Ok(End::Finished);
            }
            self.streams.next(&mut window)?;
            let before = self.trainer.tokens;
            let step = self.trainer.step(&window);
            self.ledger.cursor = self.streams.cursor().clone();
            self.ledger.seconds = clock.seconds();
            self.ledger.losses += step.loss * (self.trainer.tokens - before) as f64;
            if !step.loss.is_finite() {
                return Err(Error::Diverged {
                    loss: step.loss,
                    tokens: self.trainer.tokens,
                });
            }
            let tokens = self.trainer.tokens;
            let crossed = |every: u64| tokens / every.max(1) > before / every.max(1);
            let mut flow = report(Event::Step(self.status(step.loss)));
            if crossed(plan.valid_every) || self.is_over(plan) {
                flow = flow.or(self.validate(write, report)?);
                self.ledger.seconds = clock.seconds();
                if plan.patience > 0 && self.ledger.stale >= plan.patience {
                    self.save(report)?;
                    return Ok(End::NoProgress);
                }
            } else if crossed(plan.valid_every.div_ceil(POINTS)) {
                flow = flow.or(self.point(None, report)?);
            }
            if let Limit::Seconds(limit) = plan.limit {
                self.estimate_total(limit);
            }
            if flow == Flow::Stop {
                self.save(report)?;
                return Ok(End::Interrupted);
            }
            if saved.elapsed() >= plan.checkpoint_every {
                self.save(report)?;
                saved = Instant::now();
            }
        }
    }

    fn is_over(&self, plan: &Plan) -> bool {
        match plan.limit {
            Limit::Tokens => self.trainer.tokens >= self.trainer.settings.tokens,
            Limit::Seconds(limit) => self.ledger.seconds >= limit,
        }
    }

    /// The schedule counts in tokens; how many there will be is known the better the nearer the end is.
    fn estimate_total(&mut self, limit: f64) {
        let speed = self.trainer.tokens as f64 / self.ledger.seconds.max(1e-9);
        let left = (limit - self.ledger.seconds).max(0.0);
        self.trainer.settings.tokens = self.trainer.tokens + (speed * left) as u64;
    }

    fn status(&self, loss: f64) -> Status {
        let seconds = self.ledger.seconds - self.ledger.point_seconds;
        Status {
            tokens: self.trainer.tokens,
            total: self.trainer.settings.tokens,
            loss,
            speed: (self.trainer.tokens - self.ledger.point_tokens) as f64 / seconds.max(1e-9),
        }
    }

    /// Measures the perplexity on the validation streams and keeps the model if it is the best.
    pub fn validate(
        &mut self,
        write: &mut dyn FnMut(&Trainer) -> io::Result<()>,
        report: &mut dyn FnMut(Event<'_>) -> Flow,
    ) -> Result<Flow, Error> {
        let settings = &self.trainer.settings;
        let mut evaluator = Evaluator::new(settings, &self.trainer.parameters, self.valid.batch());
        let mut window = Window::new(self.valid.batch(), settings.bptt);
        let (mut loss, mut tokens) = (0.0, 0);
        self.valid.rewind();
        while self.valid.next(&mut window)? {
            loss += evaluator.loss(&self.trainer.parameters, &window);
            tokens += window.counted();
        }
        let perplexity = (loss / tokens.max(1) as f64).exp();
        let per_word = (loss / self.valid.words().max(1) as f64).exp();
        let better = self.ledger.best.is_none_or(|best| perplexity < best);
        let mut flow = self.point(Some((perplexity, per_word)), report)?;
        self.draw()?;
        if better {
            write(&self.trainer).map_err(|source| FileError::io(self.folder.model(), source))?;
            self.ledger.best = Some(perplexity);
            self.ledger.stale = 0;
            flow = flow.or(report(Event::Best));
        } else {
            self.ledger.stale += 1;
        }
        Ok(flow)
    }

    /// Adds a point to the curve.
    fn point(
        &mut self,
        perplexities: Option<(f64, f64)>,
        report: &mut dyn FnMut(Event<'_>) -> Flow,
    ) -> Result<Flow, Error> {
        let ledger = &mut self.ledger;
        let tokens = self.trainer.tokens;
        let since = (tokens - ledger.point_tokens) as f64;
        let point = Point {
            tokens,
            epoch: tokens as f64 / self.streams.epoch_tokens() as f64,
            seconds: ledger.seconds,
            loss: (since > 0.0).then(|| ledger.losses / since),
            learning_rate: f64::from(self.trainer.schedule().rate(tokens)),
            tokens_per_second: since / (ledger.seconds - ledger.point_seconds).max(1e-9),
            perplexity_per_token: perplexities.map(|(token, _)| token),
            perplexity_per_word: perplexities.map(|(_, word)| word),
        };
        ledger.losses = 0.0;
        ledger.point_tokens = tokens;
        ledger.point_seconds = ledger.seconds;
        let flow = report(Event::Point(&point));
        self.curve
            .push(point)
            .map_err(|source| FileError::io(&self.folder.curve(), source))?;
        Ok(flow)
    }

    fn draw(&self) -> Result<(), Error> {
        let name = self.folder.model().file_name().unwrap_or_default();
        let title = format!("{}: learning curve", name.display());
        let path = self.folder.plot();
        let drawn = self.curve.draw(&path, &title, &self.notes);
        drawn.map_err(|source| FileError::io(&path, source).into())
    }

    fn save(&mut self, report: &mut dyn FnMut(Event<'_>) -> Flow) -> Result<(), Error> {
        checkpoint::write(&self.folder.checkpoint(), &self.trainer, &self.ledger)?;
        report(Event::Checkpoint);
        Ok(())
    }
}

/// Points of the curve for each validation.
const POINTS: u64 = 10;

/// Seconds of training, those of earlier runs included.
struct Clock {
    before: f64,
    start: Instant,
}

impl Clock {
    fn start(before: f64) -> Clock {
        Clock {
            before,
            start: Instant::now(),
        }
    }

    fn seconds(&self) -> f64 {
        self.before + self.start.elapsed().as_secs_f64()
    }
}
