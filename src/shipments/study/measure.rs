//! How good scores are: order, finds among the highest, and whether they mean what they say.

/// Scores of a range beside what came of them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bin {
    /// Rows.
    pub rows: usize,
    /// Mean score.
    pub said: f64,
    /// Share that was wrong.
    pub was: f64,
}

/// How good scores are.
#[derive(Debug, Clone, PartialEq)]
pub struct Measures {
    /// Rows.
    pub rows: usize,
    /// Share that is wrong.
    pub base: f64,
    /// Probability that a wrong row is scored above one in order; 0.5 is chance.
    pub auc: f64,
    /// Share that is wrong among the highest scores: (share looked at, precision).
    pub precision: Vec<(f64, f64)>,
    /// Mean squared error of the scores as probabilities.
    pub brier: f64,
    /// Ten ranges with as many rows each, lowest scores first.
    pub bins: Vec<Bin>,
}

/// Measures scores against labels; `None` unless there are rows of both kinds.
pub fn measure(scored: &[(f64, bool)], shares: &[f64]) -> Option<Measures> {
    let mut sorted = scored.to_vec();
    sorted.sort_by(|one, other| one.0.total_cmp(&other.0));
    let (rows, wrong) = (sorted.len(), sorted.iter().filter(|row| row.1).count());
    if wrong == 0 || wrong == rows {
        return None;
    }
    let precision = shares.iter().map(|&share| {
        let count = ((rows as f64 * share).round() as usize).clamp(1, rows);
        let found = sorted[rows - count..].iter().filter(|row| row.1).count();
        (share, found as f64 / count as f64)
    });
    let bins = (0..10).filter_map(|bin| {
        let part = &sorted[rows * bin / 10..rows * (bin + 1) / 10];
        let count = part.len();
        let said = part.iter().map(|row| row.0).sum::<f64>() / count as f64;
        let was = part.iter().filter(|row| row.1).count() as f64 / count as f64;
        (count > 0).then_some(Bin { rows: count, said, was })
    });
    let error = |row: &(f64, bool)| (row.0 - f64::from(u8::from(row.1))).powi(2);
    Some(Measures {
        rows,
        base: wrong as f64 / rows as f64,
        auc: auc(&sorted, wrong),
        precision: precision.collect(),
        brier: sorted.iter().map(error).sum::<f64>() / rows as f64,
        bins: bins.collect(),
    })
}

/// By ranks (Mann and Whitney); equal scores share their mean rank.
fn auc(sorted: &[(f64, bool)], wrong: usize) -> f64 {
    let (mut ranks, mut from) = (0.0, 0);
    while from < sorted.len() {
        let same = sorted[from..].iter().take_while(|row| row.0 == sorted[from].0).count();
        let mean = from as f64 + (same as f64 + 1.0) / 2.0;
        ranks += mean * sorted[from..from + same].iter().filter(|row| row.1).count() as f64;
        from += same;
    }
    let (wrong, right) = (wrong as f64, (sorted.len() - wrong) as f64);
    (ranks - wrong * (wrong + 1.0) / 2.0) / (wrong * right)
}
