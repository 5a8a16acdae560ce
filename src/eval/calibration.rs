//! Whether a suggestion of probability 0.4 is right 40 % of the time.

use serde::ser::{Serialize, SerializeStruct, Serializer};

const BINS: usize = 10;

/// Suggestions by their probability.
#[derive(Clone, Debug, Default)]
pub struct Calibration {
    bins: [Bin; BINS],
}

/// Suggestions of about the same probability.
#[derive(Clone, Copy, Debug, Default, serde::Serialize)]
pub struct Bin {
    /// How many there were.
    pub suggestions: usize,
    /// Sum of their probabilities: as many should have been right.
    pub expected: f64,
    /// How many were right.
    pub right: usize,
}

impl Calibration {
    /// Counts a suggestion.
    pub(super) fn add(&mut self, probability: f32, right: bool) {
        let bin = &mut self.bins[((probability * BINS as f32) as usize).min(BINS - 1)];
        bin.suggestions += 1;
        bin.expected += f64::from(probability);
        bin.right += usize::from(right);
    }

    pub(super) fn merge(&mut self, other: &Calibration) {
        for (bin, more) in self.bins.iter_mut().zip(&other.bins) {
            bin.suggestions += more.suggestions;
            bin.expected += more.expected;
            bin.right += more.right;
        }
    }

    /// By tenths of probability.
    pub fn bins(&self) -> &[Bin] {
        &self.bins
    }

    /// Expected calibration error: by how much probability and frequency differ, on average over suggestions.
    pub fn error(&self) -> f64 {
        let all: usize = self.bins.iter().map(|bin| bin.suggestions).sum();
        let off: f64 = self
            .bins
            .iter()
            .map(|bin| (bin.expected - bin.right as f64).abs())
            .sum();
        if all > 0 { off / all as f64 } else { 0.0 }
    }
}

impl Serialize for Calibration {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Calibration", 2)?;
        fields.serialize_field("error", &self.error())?;
        fields.serialize_field("bins", &self.bins)?;
        fields.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_error_is_the_distance_from_the_diagonal() {
        let mut calibration = Calibration::default();
        assert_eq!(calibration.error(), 0.0);
        for i in 0..10 {
            calibration.add(0.45, i < 4);
        }
        assert!((calibration.error() - 0.05).abs() < 1e-6);
        calibration.add(1.0, true);
        assert_eq!(calibration.bins()[9].right, 1);
    }
}
