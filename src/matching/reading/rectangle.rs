//! The smallest turned rectangle around a set of points.

/// A rectangle that may be turned. Lengths and places in pixels, y downwards.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Rectangle {
    /// Its middle.
    pub centre: [f64; 2],
    /// Unit vector of its width: within 45° of pointing right.
    pub along: [f64; 2],
    /// Length along `along`.
    pub width: f64,
    /// Length across it.
    pub height: f64,
}

impl Rectangle {
    /// The smallest rectangle by area around `points`; `None` without points.
    pub fn around(points: &[[i32; 2]]) -> Option<Self> {
        let hull = hull(points);
        let first = *hull.first()?;
        if hull.len() == 1 {
            let centre = first.map(f64::from);
            return Some(Self { centre, along: [1.0, 0.0], width: 0.0, height: 0.0 });
        }
        let edges = hull.iter().zip(hull.iter().cycle().skip(1));
        let along_edge = |(from, to): (&[i32; 2], &[i32; 2])| {
            let (x, y) = (f64::from(to[0] - from[0]), f64::from(to[1] - from[1]));
            let length = x.hypot(y);
            Self::spanning(&hull, [x / length, y / length])
        };
        // The upright one first: of equal areas it wins.
        let mut best = Self::spanning(&hull, [1.0, 0.0]);
        for candidate in edges.map(along_edge) {
            if candidate.width * candidate.height < best.width * best.height - 1e-9 {
                best = candidate;
            }
        }
        Some(best)
    }

    /// The rectangle with sides along and across `along` that holds all of `points`.
    fn spanning(points: &[[i32; 2]], along: [f64; 2]) -> Self {
        let along = pointing_right(along);
        let across = [-along[1], along[0]];
        let (mut low, mut high) = ([f64::INFINITY; 2], [f64::NEG_INFINITY; 2]);
        for point in points {
            for (axis, direction) in [along, across].into_iter().enumerate() {
                let place = f64::from(point[0]) * direction[0] + f64::from(point[1]) * direction[1];
                low[axis] = low[axis].min(place);
                high[axis] = high[axis].max(place);
            }
        }
        let middle = [(low[0] + high[0]) / 2.0, (low[1] + high[1]) / 2.0];
        let centre = [middle[0] * along[0] + middle[1] * across[0], middle[0] * along[1] + middle[1] * across[1]];
        Self { centre, along, width: high[0] - low[0], height: high[1] - low[1] }
    }

    /// Unit vector of its height: within 45° of pointing down.
    pub fn across(&self) -> [f64; 2] {
        [-self.along[1], self.along[0]]
    }

    /// The same with `by` added on every side.
    pub fn widened(&self, by: f64) -> Self {
        Self { width: self.width + 2.0 * by, height: self.height + 2.0 * by, ..*self }
    }

    /// Its corners: left top, right top, right foot, left foot.
    pub fn corners(&self) -> [[f64; 2]; 4] {
        [(-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)].map(|(right, down)| self.place(right, down))
    }

    /// The place `right` widths and `down` heights from its middle.
    pub fn place(&self, right: f64, down: f64) -> [f64; 2] {
        let across = self.across();
        let (right, down) = (right * self.width, down * self.height);
        [
            self.centre[0] + right * self.along[0] + down * across[0],
            self.centre[1] + right * self.along[1] + down * across[1],
        ]
    }

    /// Whether a place lies in it, its edge included.
    pub fn holds(&self, place: [f64; 2]) -> bool {
        let (x, y) = (place[0] - self.centre[0], place[1] - self.centre[1]);
        let across = self.across();
        let right = x * self.along[0] + y * self.along[1];
        let down = x * across[0] + y * across[1];
        right.abs() <= self.width / 2.0 + 1e-6 && down.abs() <= self.height / 2.0 + 1e-6
    }
}

/// Of the four directions of a rectangle's sides the one that points right.
fn pointing_right([x, y]: [f64; 2]) -> [f64; 2] {
    let level = if x.abs() >= y.abs() { [x, y] } else { [-y, x] };
    if level[0] < 0.0 { [-level[0], -level[1]] } else { level }
}

/// The convex hull, each corner once (Andrew's monotone chain).
fn hull(points: &[[i32; 2]]) -> Vec<[i32; 2]> {
    let mut sorted = points.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    if sorted.len() < 3 {
        return sorted;
    }
    let mut hull = half_hull(sorted.iter());
    hull.pop();
    let mut back = half_hull(sorted.iter().rev());
    back.pop();
    hull.append(&mut back);
    hull
}

fn half_hull<'a>(points: impl Iterator<Item = &'a [i32; 2]>) -> Vec<[i32; 2]> {
    let mut chain: Vec<[i32; 2]> = Vec::new();
    for point in points {
        while let [.., before, last] = chain[..] {
            let turn = i64::from(last[0] - before[0]) * i64::from(point[1] - before[1])
                - i64::from(last[1] - before[1]) * i64::from(point[0] - before[0]);
            if turn > 0 {
                break;
            }
            chain.pop();
        }
        chain.push(*point);
    }
    chain
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_upright_block_has_itself_as_rectangle() {
        let points: Vec<[i32; 2]> = (3..=9).flat_map(|x| (5..=7).map(move |y| [x, y])).collect();
        let found = Rectangle::around(&points).expect("points");
        assert_eq!((found.centre, found.width, found.height), ([6.0, 6.0], 6.0, 2.0));
        assert_eq!(found.along, [1.0, 0.0]);
        assert_eq!(found.corners()[0], [3.0, 5.0]);
    }

    #[test]
    fn a_slanted_bar_has_a_slanted_rectangle() {
        let points: Vec<[i32; 2]> = (0..100).flat_map(|x| [[x, x / 2], [x, x / 2 + 10]]).collect();
        let found = Rectangle::around(&points).expect("points");
        let slope = found.along[1] / found.along[0];
        assert!((slope - 0.5).abs() < 0.02, "{found:?}");
        assert!(found.width > 100.0 && found.height < 12.0, "{found:?}");
    }

    #[test]
    fn one_point_and_one_line_have_flat_rectangles_and_no_points_have_none() {
        assert_eq!(Rectangle::around(&[]), None);
        assert_eq!(Rectangle::around(&[[4, 5], [4, 5]]).map(|one| (one.width, one.height)), Some((0.0, 0.0)));
        let line = Rectangle::around(&[[0, 0], [5, 5], [10, 10]]).expect("points");
        assert!(line.height < 1e-9 && (line.width - 200.0_f64.sqrt()).abs() < 1e-9, "{line:?}");
    }

    proptest! {
        #[test]
        fn every_point_lies_in_the_rectangle_and_it_points_right(
            points in prop::collection::vec([-200..200_i32, -200..200_i32], 1..40)
        ) {
            let found = Rectangle::around(&points).expect("points");
            prop_assert!(points.iter().all(|point| found.holds(point.map(f64::from))));
            prop_assert!(found.along[0] >= found.along[1].abs() - 1e-9);
        }
    }
}
