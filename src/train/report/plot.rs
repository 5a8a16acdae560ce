//! The learning curve as a page: perplexity over tokens read, on a logarithmic axis, and the learning rate below it.
//!
//! The drawing is SVG written by hand inside one HTML file. A plotting crate would be larger than this and would bake
//! its colors in; style sheets follow the reader's light or dark theme.

use std::fmt::Write;

use super::Point;

/// Drawing area, in SVG units: margins hold the labels.
const WIDTH: f64 = 860.0;
const LEFT: f64 = 64.0;
const RIGHT: f64 = 16.0;
/// More points than this are averaged: more cannot be told apart at this width.
const DRAWN: usize = 600;

const STYLE: &str = "\
:root { color-scheme: light dark; --ink: #1f2328; --faint: #d1d9e0; --quiet: #59636e; --page: #fff; --a: #8fa8c8; --b: #cf4a1f; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --faint: #30363d; --quiet: #9198a1; --page: #0d1117; --a: #47648a; --b: #ff8a5b; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--page); max-width: 900px; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.3rem; margin: 0 0 .5rem; } p { margin: .2rem 0; color: var(--quiet); } svg { width: 100%; height: auto; }
svg text { font-size: 12px; fill: var(--quiet); } .grid { stroke: var(--faint); } .line { fill: none; stroke-width: 2; stroke-linejoin: round; }
.a { stroke: var(--a); } .b { stroke: var(--b); } .dot { fill: var(--b); } .end { text-anchor: end; } .mid { text-anchor: middle; } .label { fill: var(--ink); }
";

/// A horizontal band of the drawing with a scale of its own.
struct Panel {
    top: f64,
    height: f64,
    low: f64,
    high: f64,
    logarithmic: bool,
}

impl Panel {
    fn y(&self, value: f64) -> f64 {
        let scale = |value: f64| if self.logarithmic { value.ln() } else { value };
        let share = (scale(value) - scale(self.low)) / (scale(self.high) - scale(self.low));
        self.top + self.height * (1.0 - share)
    }
}

/// The page.
pub fn html(points: &[Point], title: &str, notes: &[String]) -> String {
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width\">\n\
         <title>{title}</title>\n<style>\n{STYLE}</style>\n<h1>{title}</h1>\n",
        title = escaped(title)
    );
    for note in notes
        .iter()
        .map(String::as_str)
        .chain(summary(points).as_deref())
    {
        let _ = writeln!(page, "<p>{}</p>", escaped(note));
    }
    page.push_str(&drawing(points));
    page.push_str("</html>\n");
    page
}

/// Where the curve stands, in words.
fn summary(points: &[Point]) -> Option<String> {
    let last = points.last()?;
    let mut text = format!(
        "{} tokens, {:.2} epochs, {} of training, {:.0} tokens a second.",
        short(last.tokens as f64),
        last.epoch,
        duration(last.seconds),
        last.tokens as f64 / last.seconds.max(1e-9)
    );
    let validated = points
        .iter()
        .filter_map(|point| Some((point.perplexity_per_token?, point)));
    if let Some((perplexity, best)) = validated.min_by(|a, b| a.0.total_cmp(&b.0)) {
        let _ = write!(
            text,
            " Best validation perplexity {perplexity:.2} per token"
        );
        if let Some(word) = best.perplexity_per_word {
            let _ = write!(text, ", {word:.1} per word");
        }
        let _ = write!(text, ", after {} tokens.", short(best.tokens as f64));
    }
    Some(text)
}

fn drawing(points: &[Point]) -> String {
    let training: Vec<(f64, f64)> = averaged(points, |point| Some(point.loss?.exp()));
    let validation: Vec<(f64, f64)> = points
        .iter()
        .filter_map(|point| Some((point.tokens as f64, point.perplexity_per_token?)))
        .collect();
    let rate: Vec<(f64, f64)> = averaged(points, |point| Some(point.learning_rate));
    let finite = |values: &[(f64, f64)]| -> Vec<f64> {
        values
            .iter()
            .map(|&(_, y)| y)
            .filter(|y| y.is_finite() && *y > 0.0)
            .collect()
    };
    let perplexities = [finite(&training), finite(&validation)].concat();
    let (Some(last), false) = (points.last(), perplexities.is_empty()) else {
        return "<p>No points yet.</p>\n".to_owned();
    };
    let (low, high) = bounds(&perplexities);
    let perplexity = Panel {
        top: 24.0,
        height: 380.0,
        low: low / 1.1,
        high: high * 1.1,
        logarithmic: true,
    };
    let (_, fastest) = bounds(&[finite(&rate), vec![1e-9]].concat());
    let learning = Panel {
        top: 450.0,
        height: 80.0,
        low: 0.0,
        high: fastest * 1.1,
        logarithmic: false,
    };

    let most = (last.tokens as f64).max(1.0);
    let x = |tokens: f64| LEFT + (WIDTH - LEFT - RIGHT) * tokens / most;
    let mut svg =
        format!("<svg viewBox=\"0 0 {WIDTH} 580\" role=\"img\" aria-label=\"learning curve\">\n");
    for (panel, name, ticks) in [
        (
            &perplexity,
            "perplexity per token",
            logarithmic_ticks(&perplexity),
        ),
        (&learning, "learning rate", vec![0.0, fastest]),
    ] {
        let _ = writeln!(
            svg,
            "<text class=\"label\" x=\"{LEFT}\" y=\"{:.1}\">{name}</text>",
            panel.top - 8.0
        );
        for tick in ticks {
            let y = panel.y(tick);
            let _ = writeln!(
                svg,
                "<line class=\"grid\" x1=\"{LEFT}\" x2=\"{:.1}\" y1=\"{y:.1}\" y2=\"{y:.1}\"/>\
                 <text class=\"end\" x=\"{:.1}\" y=\"{:.1}\">{}</text>",
                WIDTH - RIGHT,
                LEFT - 8.0,
                y + 4.0,
                short(tick)
            );
        }
    }
    let bottom = learning.top + learning.height;
    for tick in linear_ticks(most) {
        let (x, y) = (x(tick), bottom + 18.0);
        let _ = writeln!(
            svg,
            "<text class=\"mid\" x=\"{x:.1}\" y=\"{y:.1}\">{}</text>",
            short(tick)
        );
    }
    let _ = writeln!(
        svg,
        "<text class=\"mid\" x=\"{:.1}\" y=\"{:.1}\">tokens read</text>",
        x(most / 2.0),
        bottom + 38.0
    );
    svg.push_str(&polyline(&training, "a", x, &perplexity));
    svg.push_str(&polyline(&validation, "b", x, &perplexity));
    svg.push_str(&polyline(&rate, "a", x, &learning));
    for &(tokens, value) in &validation {
        let (cx, cy) = (x(tokens), perplexity.y(value));
        let _ = writeln!(
            svg,
            "<circle class=\"dot\" cx=\"{cx:.1}\" cy=\"{cy:.1}\" r=\"3\"><title>{} tokens: {value:.2}</title></circle>",
            short(tokens)
        );
    }
    for (at, (class, name)) in [("a", "training"), ("b", "validation")]
        .into_iter()
        .enumerate()
    {
        let (x, y) = (
            WIDTH - RIGHT - 220.0 + 110.0 * at as f64,
            perplexity.top - 12.0,
        );
        let _ = writeln!(
            svg,
            "<line class=\"line {class}\" x1=\"{x:.1}\" x2=\"{:.1}\" y1=\"{y:.1}\" y2=\"{y:.1}\"/>\
             <text x=\"{:.1}\" y=\"{:.1}\">{name}</text>",
            x + 24.0,
            x + 32.0,
            y + 4.0
        );
    }
    svg.push_str("</svg>\n");
    svg
}

fn polyline(values: &[(f64, f64)], class: &str, x: impl Fn(f64) -> f64, panel: &Panel) -> String {
    let mut line = format!("<polyline class=\"line {class}\" points=\"");
    for &(tokens, value) in values.iter().filter(|(_, value)| value.is_finite()) {
        let _ = write!(
            line,
            "{:.1},{:.1} ",
            x(tokens),
            panel.y(value.max(panel.low))
        );
    }
    line.push_str("\"/>\n");
    line
}

/// A value at each point, or the means of as many neighbors as it takes to have [`DRAWN`] values.
fn averaged(points: &[Point], value: impl Fn(&Point) -> Option<f64>) -> Vec<(f64, f64)> {
    let values: Vec<(f64, f64)> = points
        .iter()
        .filter_map(|point| Some((point.tokens as f64, value(point)?)))
        .collect();
    let mean = |chunk: &[(f64, f64)]| {
        let count = chunk.len() as f64;
        let sum = chunk
            .iter()
            .fold((0.0, 0.0), |sum, value| (sum.0 + value.0, sum.1 + value.1));
        (sum.0 / count, sum.1 / count)
    };
    values
        .chunks(values.len().div_ceil(DRAWN).max(1))
        .map(mean)
        .collect()
}

fn bounds(values: &[f64]) -> (f64, f64) {
    let each = values.iter().copied();
    (
        each.clone().fold(f64::INFINITY, f64::min),
        each.fold(0.0, f64::max),
    )
}

/// 1, 2 and 5 times powers of ten, or more where that leaves few.
fn logarithmic_ticks(panel: &Panel) -> Vec<f64> {
    let first = panel.low.log10().floor() as i32;
    let last = panel.high.log10().ceil() as i32;
    let ticks = |steps: &[f64]| -> Vec<f64> {
        let powers = (first..=last).map(|power| 10f64.powi(power));
        let all = powers.flat_map(|power| steps.iter().map(move |step| step * power));
        all.filter(|tick| (panel.low..=panel.high).contains(tick))
            .collect()
    };
    match ticks(&[1.0, 2.0, 5.0]) {
        few if few.len() < 4 => ticks(&[1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]),
        enough => enough,
    }
}

/// Multiples of 1, 2 or 5 times a power of ten, five to ten of them.
fn linear_ticks(most: f64) -> Vec<f64> {
    let power = 10f64.powf((most / 5.0).log10().floor());
    let step = [5.0, 2.0, 1.0]
        .map(|step| step * power)
        .into_iter()
        .find(|step| most / step >= 4.0);
    let step = step.unwrap_or(power);
    (0..)
        .map(|n| f64::from(n) * step)
        .take_while(|tick| *tick <= most)
        .collect()
}

/// A number as people write it: `1.5 M`, `20`, `0.002`.
fn short(value: f64) -> String {
    let trimmed = |text: String| match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    };
    match value {
        v if v >= 1e9 => trimmed(format!("{:.2}", v / 1e9)) + " G",
        v if v >= 1e6 => trimmed(format!("{:.2}", v / 1e6)) + " M",
        v if v >= 1e4 => trimmed(format!("{:.1}", v / 1e3)) + " k",
        v if v >= 1.0 || v == 0.0 => trimmed(format!("{v:.2}")),
        v if v >= 1e-4 => trimmed(format!("{v:.5}")),
        v => format!("{v:.1e}"),
    }
}

fn duration(seconds: f64) -> String {
    let minutes = (seconds / 60.0) as u64;
    match (minutes / 60, minutes % 60) {
        (0, 0) => format!("{seconds:.0} s"),
        (0, minutes) => format!("{minutes} min"),
        (hours, minutes) => format!("{hours} h {minutes:02} min"),
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_as_people_write_them() {
        let check = |value, expected: &str| assert_eq!(short(value), expected);
        check(0.0, "0");
        check(20.0, "20");
        check(500_000.0, "500 k");
        check(1_500_000.0, "1.5 M");
        check(0.002, "0.002");
        check(0.00002, "2.0e-5");
    }

    #[test]
    fn any_curve_can_be_drawn() {
        let point = |tokens: u64, loss: f64| Point {
            tokens,
            loss: Some(loss),
            learning_rate: 1e-3,
            ..Point::default()
        };
        let check = |points: &[Point]| {
            let page = html(points, "a < b", &["notes & more".to_owned()]);
            assert!(
                page.contains("a &lt; b") && !page.contains("NaN") && !page.contains("inf"),
                "{page}"
            );
        };
        check(&[]);
        check(&[point(0, f64::NAN)]);
        check(&[point(0, 9.0)]);
        check(&[point(100, 1e9), point(200, f64::INFINITY), point(300, 7.0)]);
        check(
            &(1..5000)
                .map(|n| point(n * 1000, 9.0 / n as f64))
                .collect::<Vec<_>>(),
        );
    }
}
