//! Logistic regression by Newton's method, with a little pull of the weights to nothing.

/// Strength of the pull: as if one row spoke against each weight.
const PULL: f64 = 1.0;
/// Steps at most; it settles in under ten.
const STEPS: usize = 25;

/// The probability that weights give to values; the first weight is the constant.
pub fn probability(weights: &[f64], values: &[f64]) -> f64 {
    let sum: f64 = weights[0] + weights[1..].iter().zip(values).map(|(weight, value)| weight * value).sum::<f64>();
    1.0 / (1.0 + (-sum).exp())
}

/// Constant and weights that fit the labels best.
pub fn fit(rows: &[Vec<f64>], labels: &[bool], columns: usize) -> Vec<f64> {
    let size = columns + 1;
    let mut weights = vec![0.0; size];
    for _ in 0..STEPS {
        let (mut slope, mut bend) = (vec![0.0; size], vec![vec![0.0; size]; size]);
        for (row, &label) in rows.iter().zip(labels) {
            let given = probability(&weights, row);
            let (miss, spread) = (f64::from(u8::from(label)) - given, given * (1.0 - given));
            let values: Vec<f64> = std::iter::once(1.0).chain(row.iter().copied()).collect();
            for ((line, slope), one) in bend.iter_mut().zip(&mut slope).zip(&values) {
                *slope += miss * one;
                line.iter_mut().zip(&values).for_each(|(cell, other)| *cell += spread * one * other);
            }
        }
        for (place, line) in bend.iter_mut().enumerate() {
            line[place] += PULL;
        }
        // The constant is pulled by the matrix alone, so that it can go where the base rate is.
        slope.iter_mut().zip(&weights).skip(1).for_each(|(slope, weight)| *slope -= PULL * weight);
        let step = solve(bend, slope);
        weights.iter_mut().zip(&step).for_each(|(weight, step)| *weight += step);
        if step.iter().all(|step| step.abs() < 1e-9) {
            break;
        }
    }
    weights
}

/// Solves a system whose matrix is symmetric and positive, so that no row has to be exchanged.
fn solve(mut matrix: Vec<Vec<f64>>, mut right: Vec<f64>) -> Vec<f64> {
    let size = right.len();
    for place in 0..size {
        let (above, below) = matrix.split_at_mut(place + 1);
        let pivot = &above[place];
        let (done, waiting) = right.split_at_mut(place + 1);
        for (line, value) in below.iter_mut().zip(waiting) {
            let factor = line[place] / pivot[place];
            line.iter_mut().zip(pivot).skip(place).for_each(|(cell, over)| *cell -= factor * over);
            *value -= factor * done[place];
        }
    }
    for place in (0..size).rev() {
        let known: f64 = (place + 1..size).map(|column| matrix[place][column] * right[column]).sum();
        right[place] = (right[place] - known) / matrix[place][place];
    }
    right
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_weights_are_found_again() {
        // Every pattern of two values, as often wrong as the weights -1, 2 and 0 say.
        let (mut rows, mut labels) = (Vec::new(), Vec::new());
        for first in [-1.0, 0.0, 1.0] {
            for second in [-1.0, 1.0] {
                let wrong = (probability(&[-1.0, 2.0, 0.0], &[first, second]) * 2_000.0).round() as usize;
                for row in 0..2_000 {
                    rows.push(vec![first, second]);
                    labels.push(row < wrong);
                }
            }
        }
        let weights = fit(&rows, &labels, 2);
        for (found, true_one) in weights.iter().zip([-1.0, 2.0, 0.0]) {
            assert!((found - true_one).abs() < 0.02, "{weights:?}");
        }
    }
}
