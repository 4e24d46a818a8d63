//! Transforms of the plane, fitted to pairs of points.

/// A projective transform of the plane, row by row. The last value is 1 unless it was composed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Transform(pub [f64; 9]);

/// Two points that should lie on each other, and how much that counts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pair {
    pub from: [f64; 2],
    pub to: [f64; 2],
    pub weight: f64,
}

impl Transform {
    /// Scaling by `scale`, turning by `angle`, so that `from` comes to lie on `to`.
    pub fn similarity(scale: f64, angle: f64, from: [f64; 2], to: [f64; 2]) -> Self {
        let (a, b) = (scale * angle.cos(), scale * angle.sin());
        let (x, y) = (to[0] - (a * from[0] - b * from[1]), to[1] - (b * from[0] + a * from[1]));
        Self([a, -b, x, b, a, y, 0.0, 0.0, 1.0])
    }

    /// Where a point goes; points at infinity come out as not finite.
    pub fn apply(&self, [x, y]: [f64; 2]) -> [f64; 2] {
        let m = &self.0;
        let depth = m[6] * x + m[7] * y + m[8];
        [(m[0] * x + m[1] * y + m[2]) / depth, (m[3] * x + m[4] * y + m[5]) / depth]
    }

    /// The linear part at a point: `[dx/dx, dx/dy, dy/dx, dy/dy]`.
    pub fn slope_at(&self, point: [f64; 2]) -> [f64; 4] {
        let m = &self.0;
        let depth = m[6] * point[0] + m[7] * point[1] + m[8];
        let [x, y] = self.apply(point);
        [(m[0] - m[6] * x) / depth, (m[1] - m[7] * x) / depth, (m[3] - m[6] * y) / depth, (m[4] - m[7] * y) / depth]
    }

    /// This transform after `first`.
    pub fn after(&self, first: &Self) -> Self {
        let (left, right) = (&self.0, &first.0);
        Self(std::array::from_fn(|place| {
            let (row, column) = (place / 3, place % 3);
            (0..3).map(|step| left[3 * row + step] * right[3 * step + column]).sum()
        }))
    }

    /// The way back; none for a transform that flattens the plane.
    pub fn inverse(&self) -> Option<Self> {
        let m = &self.0;
        let cofactor = |a: usize, b: usize, c: usize, d: usize| m[a] * m[d] - m[b] * m[c];
        let adjugate = [
            cofactor(4, 5, 7, 8),
            -cofactor(1, 2, 7, 8),
            cofactor(1, 2, 4, 5),
            -cofactor(3, 5, 6, 8),
            cofactor(0, 2, 6, 8),
            -cofactor(0, 2, 3, 5),
            cofactor(3, 4, 6, 7),
            -cofactor(0, 1, 6, 7),
            cofactor(0, 1, 3, 4),
        ];
        let determinant = m[0] * adjugate[0] + m[1] * adjugate[3] + m[2] * adjugate[6];
        let inverse = adjugate.map(|value| value / determinant);
        inverse.iter().all(|value| value.is_finite()).then_some(Self(inverse))
    }

    /// The similarity nearest to the pairs in the sense of least squares; needs two places.
    pub fn fit_similarity(pairs: &[Pair]) -> Option<Self> {
        let (from_middle, to_middle, _) = middles(pairs)?;
        let (mut dot, mut cross, mut size) = (0.0, 0.0, 0.0);
        for pair in pairs {
            let [x, y] = [pair.from[0] - from_middle[0], pair.from[1] - from_middle[1]];
            let [u, v] = [pair.to[0] - to_middle[0], pair.to[1] - to_middle[1]];
            dot += pair.weight * (x * u + y * v);
            cross += pair.weight * (x * v - y * u);
            size += pair.weight * (x * x + y * y);
        }
        if size < 1e-6 {
            return None;
        }
        let (a, b) = (dot / size, cross / size);
        Some(Self::similarity(a.hypot(b), b.atan2(a), from_middle, to_middle))
    }

    /// The affine transform nearest to the pairs; needs three places that are not in line.
    pub fn fit_affine(pairs: &[Pair]) -> Option<Self> {
        let (from_middle, to_middle, _) = middles(pairs)?;
        let mut sums = [[0.0; 5]; 2];
        for pair in pairs {
            let [x, y] = [pair.from[0] - from_middle[0], pair.from[1] - from_middle[1]];
            let [u, v] = [pair.to[0] - to_middle[0], pair.to[1] - to_middle[1]];
            for (sums, value) in sums.iter_mut().zip([u, v]) {
                for (sum, term) in sums.iter_mut().zip([x * x, x * y, y * y, x * value, y * value]) {
                    *sum += pair.weight * term;
                }
            }
        }
        let rows = sums.map(|[xx, xy, yy, xv, yv]| {
            let determinant = xx * yy - xy * xy;
            (determinant > 1e-3 * (xx + yy) * (xx + yy) * 0.05)
                .then(|| [(xv * yy - yv * xy) / determinant, (yv * xx - xv * xy) / determinant])
        });
        let ([a, b], [c, d]) = (rows[0]?, rows[1]?);
        let x = to_middle[0] - a * from_middle[0] - b * from_middle[1];
        let y = to_middle[1] - c * from_middle[0] - d * from_middle[1];
        Some(Self([a, b, x, c, d, y, 0.0, 0.0, 1.0]))
    }

    /// The projective transform nearest to the pairs, by the direct linear equations in
    /// coordinates moved to the middle and scaled to one (R. Hartley, "In defense of the
    /// eight-point algorithm", 1997).
    pub fn fit_projective(pairs: &[Pair]) -> Option<Self> {
        let (from_middle, to_middle, spread) = middles(pairs)?;
        let (from_scale, to_scale) = (1.0 / spread[0].max(1e-6), 1.0 / spread[1].max(1e-6));
        let mut equations = [[0.0; 9]; 8];
        let mut add = |row: [f64; 8], value: f64, weight: f64| {
            for (place, left) in row.iter().enumerate() {
                for (sum, right) in equations[place].iter_mut().zip(row.iter().chain([&value])) {
                    *sum += weight * left * right;
                }
            }
        };
        for pair in pairs {
            let [x, y] = [(pair.from[0] - from_middle[0]) * from_scale, (pair.from[1] - from_middle[1]) * from_scale];
            let [u, v] = [(pair.to[0] - to_middle[0]) * to_scale, (pair.to[1] - to_middle[1]) * to_scale];
            add([x, y, 1.0, 0.0, 0.0, 0.0, -u * x, -u * y], u, pair.weight);
            add([0.0, 0.0, 0.0, x, y, 1.0, -v * x, -v * y], v, pair.weight);
        }
        let h = solve_eight(equations)?;
        let inner = Self([h[0], h[1], h[2], h[3], h[4], h[5], h[6], h[7], 1.0]);
        let [fx, fy] = from_middle;
        let enter = Self([from_scale, 0.0, -fx * from_scale, 0.0, from_scale, -fy * from_scale, 0.0, 0.0, 1.0]);
        let leave = Self([1.0 / to_scale, 0.0, to_middle[0], 0.0, 1.0 / to_scale, to_middle[1], 0.0, 0.0, 1.0]);
        Some(leave.after(&inner.after(&enter)))
    }
}

/// Weighted middles of both sides and their root mean square distances from them.
fn middles(pairs: &[Pair]) -> Option<([f64; 2], [f64; 2], [f64; 2])> {
    let total: f64 = pairs.iter().map(|pair| pair.weight).sum();
    if total <= 0.0 {
        return None;
    }
    let mean = |value: fn(&Pair) -> f64| pairs.iter().map(|pair| pair.weight * value(pair)).sum::<f64>() / total;
    let from = [mean(|pair| pair.from[0]), mean(|pair| pair.from[1])];
    let to = [mean(|pair| pair.to[0]), mean(|pair| pair.to[1])];
    let square = |point: [f64; 2], middle: [f64; 2]| (point[0] - middle[0]).powi(2) + (point[1] - middle[1]).powi(2);
    let spread = pairs.iter().fold([0.0; 2], |[left, right], pair| {
        [left + pair.weight * square(pair.from, from), right + pair.weight * square(pair.to, to)]
    });
    Some((from, to, spread.map(|sum| (sum / total).sqrt())))
}

/// Gaussian elimination with row exchange.
fn solve_eight(mut rows: [[f64; 9]; 8]) -> Option<[f64; 8]> {
    for column in 0..8 {
        let best =
            (column..8).max_by(|&left, &right| rows[left][column].abs().total_cmp(&rows[right][column].abs()))?;
        rows.swap(column, best);
        if rows[column][column].abs() < 1e-9 {
            return None;
        }
        for row in column + 1..8 {
            let factor = rows[row][column] / rows[column][column];
            let pivot = rows[column];
            for (value, above) in rows[row].iter_mut().zip(pivot).skip(column) {
                *value -= factor * above;
            }
        }
    }
    let mut answer = [0.0; 8];
    for row in (0..8).rev() {
        let known: f64 = (row + 1..8).map(|column| rows[row][column] * answer[column]).sum();
        answer[row] = (rows[row][8] - known) / rows[row][row];
    }
    answer.iter().all(|value: &f64| value.is_finite()).then_some(answer)
}

/// The part of a polygon inside the rectangle from 0,0 (Sutherland and Hodgman, 1974).
pub(super) fn clipped(polygon: &[[f64; 2]], width: f64, height: f64) -> Vec<[f64; 2]> {
    let sides: [(usize, f64, f64); 4] = [(0, 0.0, 1.0), (0, width, -1.0), (1, 0.0, 1.0), (1, height, -1.0)];
    let mut points = polygon.to_vec();
    for (axis, limit, sign) in sides {
        let depth = |point: &[f64; 2]| sign * (point[axis] - limit);
        let mut kept = Vec::with_capacity(points.len() + 2);
        for (place, point) in points.iter().enumerate() {
            let next = &points[(place + 1) % points.len()];
            let (here, there) = (depth(point), depth(next));
            if here >= 0.0 {
                kept.push(*point);
            }
            if (here >= 0.0) != (there >= 0.0) {
                let part = here / (here - there);
                kept.push([point[0] + part * (next[0] - point[0]), point[1] + part * (next[1] - point[1])]);
            }
        }
        points = kept;
    }
    points
}

/// Area of a polygon, positive when it runs clockwise on a screen.
pub(super) fn area(polygon: &[[f64; 2]]) -> f64 {
    let pairs = polygon.iter().zip(polygon.iter().cycle().skip(1));
    0.5 * pairs.map(|(here, next)| here[0] * next[1] - here[1] * next[0]).sum::<f64>()
}

/// The convex hull of points, counter-clockwise in the plane (A. M. Andrew, 1979).
pub(super) fn hull(mut points: Vec<[f64; 2]>) -> Vec<[f64; 2]> {
    points.sort_by(|left, right| left[0].total_cmp(&right[0]).then(left[1].total_cmp(&right[1])));
    let turn = |a: [f64; 2], b: [f64; 2], c: [f64; 2]| (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
    let half = |points: &mut dyn Iterator<Item = [f64; 2]>| {
        let mut chain: Vec<[f64; 2]> = Vec::new();
        for point in points {
            while chain.len() >= 2 && turn(chain[chain.len() - 2], chain[chain.len() - 1], point) <= 0.0 {
                chain.pop();
            }
            chain.push(point);
        }
        chain.pop();
        chain
    };
    let mut lower = half(&mut points.iter().copied());
    lower.extend(half(&mut points.iter().rev().copied()));
    lower
}

/// Where a horizontal line runs through a convex polygon: from and to.
pub(super) fn chord(polygon: &[[f64; 2]], y: f64) -> Option<(f64, f64)> {
    let mut ends: Option<(f64, f64)> = None;
    for (here, next) in polygon.iter().zip(polygon.iter().cycle().skip(1)) {
        if (here[1] <= y) != (next[1] <= y) {
            let x = here[0] + (y - here[1]) / (next[1] - here[1]) * (next[0] - here[0]);
            ends = Some(ends.map_or((x, x), |(least, most)| (least.min(x), most.max(x))));
        }
    }
    ends
}
