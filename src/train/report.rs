//! The learning curve: JSON lines as the training goes, and a plot of them.
//!
//! A line is written as soon as its numbers are known, so a killed run keeps its curve; a resumed one goes on at its
//! checkpoint.

mod plot;

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

use crate::model::write_whole;
use serde::{Deserialize, Serialize};

pub use plot::html;

/// A point of the learning curve.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// Tokens read since the start.
    pub tokens: u64,
    /// How often the corpus was read.
    pub epoch: f64,
    /// Seconds of training since the start, interruptions not counted.
    pub seconds: f64,
    /// Mean training loss per token since the point before, in nats; over the sampled classes where there are any.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub loss: Option<f64>,
    /// Learning rate now.
    pub learning_rate: f64,
    /// Tokens a second since the point before.
    pub tokens_per_second: f64,
    /// Validation perplexity per token, where it was measured.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub perplexity_per_token: Option<f64>,
    /// Validation perplexity per word, where it was measured.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub perplexity_per_word: Option<f64>,
}

/// A learning curve on disk.
#[derive(Debug)]
pub struct Curve {
    path: PathBuf,
    file: File,
    points: Vec<Point>,
}

impl Curve {
    /// Starts a curve at `path`, in place of one that is there.
    pub fn create(path: &Path) -> io::Result<Curve> {
        Ok(Curve {
            path: path.to_owned(),
            file: File::create(path)?,
            points: Vec::new(),
        })
    }

    /// Goes on with the curve at `path` as it was after `tokens` tokens: what was written after the checkpoint that
    /// training goes on from will be written again.
    pub fn resume(path: &Path, tokens: u64) -> io::Result<Curve> {
        let mut points = match read(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            read => read?,
        };
        points.retain(|point| point.tokens <= tokens);
        let lines: String = points.iter().map(line).collect();
        write_whole(path, lines.as_bytes())?;
        Ok(Curve {
            path: path.to_owned(),
            file: OpenOptions::new().append(true).open(path)?,
            points,
        })
    }

    /// Adds a point.
    pub fn push(&mut self, point: Point) -> io::Result<()> {
        self.file.write_all(line(&point).as_bytes())?;
        self.points.push(point);
        Ok(())
    }

    /// The points so far.
    pub fn points(&self) -> &[Point] {
        &self.points
    }

    /// Draws the curve so far as one self-contained HTML file; `title` and `notes` stand above it.
    pub fn draw(&self, path: &Path, title: &str, notes: &[String]) -> io::Result<()> {
        write_whole(path, html(&self.points, title, notes).as_bytes())
    }

    /// Where the lines are.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// The points of a curve on disk. A last line that was cut off by a crash is no point.
pub fn read(path: &Path) -> io::Result<Vec<Point>> {
    let mut points = Vec::new();
    for line in BufReader::new(File::open(path)?).lines() {
        match serde_json::from_str(&line?) {
            Ok(point) => points.push(point),
            Err(_) => break,
        }
    }
    Ok(points)
}

fn line(point: &Point) -> String {
    let mut line = serde_json::to_string(point).expect("a plain struct of numbers");
    line.push('\n');
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(tokens: u64) -> Point {
        Point {
            tokens,
            loss: Some(5.0),
            perplexity_per_token: tokens.is_multiple_of(3).then_some(100.0),
            ..Point::default()
        }
    }

    #[test]
    fn goes_on_at_the_checkpoint() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("model.curve.jsonl");
        let mut curve = Curve::create(&path).expect("a new file");
        for tokens in 1..=9 {
            curve.push(point(tokens)).expect("space on the disk");
        }
        // A crash in the middle of a line.
        curve
            .file
            .write_all(b"{\"tokens\":1")
            .expect("space on the disk");
        drop(curve);

        let mut curve = Curve::resume(&path, 6).expect("the curve just written");
        assert_eq!(curve.points().len(), 6);
        curve.push(point(7)).expect("space on the disk");
        let expected: Vec<Point> = (1..=7).map(point).collect();
        assert_eq!(read(&path).expect("the curve just written"), expected);
    }

    #[test]
    fn a_run_without_a_curve_starts_one() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let curve = Curve::resume(&folder.path().join("model.curve.jsonl"), 6).expect("a new file");
        assert!(curve.points().is_empty());
    }
}
