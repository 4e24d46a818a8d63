//! Outlines in a thing's own coordinates: the thing fills the square from -1 to 1.

use super::canvas::Point;

/// Straight pieces that stand for one curve.
const PIECES: usize = 14;

/// An outline being written, point by point.
pub(super) struct Outline(Vec<Point>);

impl Outline {
    /// Begins at a point.
    pub(super) fn at(x: f32, y: f32) -> Self {
        Self(vec![(x, y)])
    }

    /// A straight line to a point.
    pub(super) fn line(mut self, x: f32, y: f32) -> Self {
        self.0.push((x, y));
        self
    }

    /// A curve to (x, y), drawn towards (by_x, by_y): a quadratic Bézier curve.
    pub(super) fn curve(mut self, by_x: f32, by_y: f32, x: f32, y: f32) -> Self {
        let (from_x, from_y) = self.0[self.0.len() - 1];
        self.0.extend((1..=PIECES).map(|piece| {
            let (t, rest) = (piece as f32 / PIECES as f32, 1.0 - piece as f32 / PIECES as f32);
            let along = |from: f32, by: f32, to: f32| rest * rest * from + 2.0 * rest * t * by + t * t * to;
            (along(from_x, by_x, x), along(from_y, by_y, y))
        }));
        self
    }

    /// The finished points.
    pub(super) fn points(self) -> Vec<Point> {
        self.0
    }

    /// The outline and its mirror image to the right, as one: written from the top of the
    /// middle line down its left side.
    pub(super) fn and_mirrored(mut self) -> Vec<Point> {
        let right: Vec<Point> = self.0.iter().rev().map(|(x, y)| (-x, *y)).collect();
        self.0.extend(right);
        self.0
    }
}

/// An ellipse.
pub(super) fn ellipse(x: f32, y: f32, width: f32, height: f32) -> Vec<Point> {
    let steps = 48;
    let angle = |step: i32| step as f32 / steps as f32 * std::f32::consts::TAU;
    (0..steps).map(|step| (x + width * angle(step).cos(), y + height * angle(step).sin())).collect()
}

/// An upright rectangle from corner to corner with round corners.
pub(super) fn rounded(left: f32, top: f32, right: f32, bottom: f32, round: f32) -> Vec<Point> {
    Outline::at(left + round, top)
        .line(right - round, top)
        .curve(right, top, right, top + round)
        .line(right, bottom - round)
        .curve(right, bottom, right - round, bottom)
        .line(left + round, bottom)
        .curve(left, bottom, left, bottom - round)
        .line(left, top + round)
        .curve(left, top, left + round, top)
        .points()
}

/// Part of a ring around (x, y), between two angles in turns; 0 is to the right, 0.25 below.
pub(super) fn arc(x: f32, y: f32, radius: f32, width: f32, from: f32, to: f32) -> Vec<Point> {
    let steps = 40;
    let at = |step: i32, radius: f32| {
        let angle = (from + (to - from) * step as f32 / steps as f32) * std::f32::consts::TAU;
        (x + radius * angle.cos(), y + radius * angle.sin())
    };
    let outer = (0..=steps).map(|step| at(step, radius + width / 2.0));
    let inner = (0..=steps).rev().map(|step| at(step, radius - width / 2.0));
    outer.chain(inner).collect()
}

/// A straight stroke.
pub(super) fn stroke(from: Point, to: Point, width: f32) -> Vec<Point> {
    let (along_x, along_y) = (to.0 - from.0, to.1 - from.1);
    let length = along_x.hypot(along_y).max(1e-6);
    let (off_x, off_y) = (-along_y / length * width / 2.0, along_x / length * width / 2.0);
    vec![
        (from.0 + off_x, from.1 + off_y),
        (to.0 + off_x, to.1 + off_y),
        (to.0 - off_x, to.1 - off_y),
        (from.0 - off_x, from.1 - off_y),
    ]
}
