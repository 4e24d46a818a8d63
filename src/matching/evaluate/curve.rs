//! The threshold curve as a picture: recall and precision above, false alarms below.
//!
//! Plain SVG without script or style sheets, so that it can be mailed, printed and put into a document.

use std::fmt::Write as _;

use super::report::{CurvePoint, Report};

const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 520.0;
/// Left and right edges of both panels.
const LEFT: f64 = 64.0;
const RIGHT: f64 = 744.0;
/// Top and bottom of the panel of recall and precision.
const UPPER: (f64, f64) = (48.0, 296.0);
/// Top and bottom of the panel of false alarms.
const LOWER: (f64, f64) = (336.0, 472.0);
/// Smallest share of false alarms drawn: one in ten thousand.
const LEAST: f64 = 1e-4;

/// Text for SVG: the five letters that mean something there are written out, control characters left out.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars().filter(|letter| !letter.is_control()) {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}

struct Axis {
    least: f64,
    most: f64,
}

impl Axis {
    fn of(curve: &[CurvePoint]) -> Self {
        let least = curve.first().map_or(0.0, |point| point.threshold);
        let most = curve.last().map_or(1.0, |point| point.threshold);
        Self { least, most: if most > least { most } else { least + 1.0 } }
    }

    fn x(&self, threshold: f64) -> f64 {
        let share = ((threshold - self.least) / (self.most - self.least)).clamp(0.0, 1.0);
        LEFT + share * (RIGHT - LEFT)
    }
}

fn y(share: f64, (top, bottom): (f64, f64)) -> f64 {
    bottom - share.clamp(0.0, 1.0) * (bottom - top)
}

/// The place of a share on the scale of powers of ten from one in ten thousand to all.
fn log_share(share: f64) -> f64 {
    if share <= 0.0 { 0.0 } else { (share.max(LEAST).log10() - LEAST.log10()) / -LEAST.log10() }
}

fn line(out: &mut String, (x1, y1): (f64, f64), (x2, y2): (f64, f64), colour: &str) {
    let _ = writeln!(
        out,
        r#"<line x1="{x1:.1}" y1="{y1:.1}" x2="{x2:.1}" y2="{y2:.1}" stroke="{colour}" stroke-width="1"/>"#
    );
}

fn label(out: &mut String, (x, y): (f64, f64), anchor: &str, colour: &str, text: &str) {
    let text = escaped(text);
    let _ = writeln!(out, r#"<text x="{x:.1}" y="{y:.1}" text-anchor="{anchor}" fill="{colour}">{text}</text>"#);
}

fn path(out: &mut String, points: impl Iterator<Item = (f64, f64)>, colour: &str) {
    let places: Vec<String> = points.map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
    let _ =
        writeln!(out, r#"<polyline points="{}" fill="none" stroke="{colour}" stroke-width="2"/>"#, places.join(" "));
}

/// Draws the curve of `report` under `title`, with a line at its threshold.
pub fn curve_svg(report: &Report, title: &str) -> String {
    let (curve, axis) = (report.curve.as_slice(), Axis::of(&report.curve));
    let prevalence = report.precision.first().map_or(0.01, |precision| precision.prevalence);
    let (grid, ink, recall, precision, alarms) = ("#d8d8d8", "#333333", "#1f6fb2", "#b25a1f", "#a02040");
    let mut out = String::new();
    let _ = writeln!(
        out,
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12" role="img">"#
    );
    let _ = writeln!(out, "<title>{}</title>", escaped(title));
    let _ = writeln!(out, r##"<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>"##);
    label(&mut out, (LEFT, 22.0), "start", ink, title);
    for tenth in (0..=10).step_by(2) {
        let share = f64::from(tenth) / 10.0;
        line(&mut out, (LEFT, y(share, UPPER)), (RIGHT, y(share, UPPER)), grid);
        label(&mut out, (LEFT - 8.0, y(share, UPPER) + 4.0), "end", ink, &format!("{} %", tenth * 10));
        let threshold = axis.least + (axis.most - axis.least) * share;
        label(&mut out, (axis.x(threshold), LOWER.1 + 18.0), "middle", ink, &format!("{threshold:.2}"));
    }
    for (share, name) in [(1.0, "100 %"), (0.1, "10 %"), (0.01, "1 %"), (0.001, "0.1 %"), (0.0, "0.01 %")] {
        let place = y(log_share(share), LOWER);
        line(&mut out, (LEFT, place), (RIGHT, place), grid);
        label(&mut out, (LEFT - 8.0, place + 4.0), "end", ink, name);
    }
    let x = |point: &CurvePoint| axis.x(point.threshold);
    path(&mut out, curve.iter().map(|point| (x(point), y(point.recall, UPPER))), recall);
    path(&mut out, curve.iter().map(|point| (x(point), y(point.precision, UPPER))), precision);
    path(&mut out, curve.iter().map(|point| (x(point), y(log_share(point.false_alarms), LOWER))), alarms);
    let chosen = axis.x(report.threshold);
    line(&mut out, (chosen, UPPER.0), (chosen, LOWER.1), ink);
    label(&mut out, (LEFT + 4.0, UPPER.0 - 8.0), "start", recall, "recall");
    label(
        &mut out,
        (LEFT + 64.0, UPPER.0 - 8.0),
        "start",
        precision,
        &format!("precision if {} % are bad", prevalence * 100.0),
    );
    label(&mut out, (LEFT + 4.0, LOWER.0 - 8.0), "start", alarms, "false alarms");
    label(&mut out, (RIGHT, LOWER.1 + 36.0), "end", ink, &format!("threshold (line: {:.3})", report.threshold));
    out.push_str("</svg>\n");
    out
}
