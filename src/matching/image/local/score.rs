//! From what was measured on a pair of pictures to one strength.

use super::aligned::Agreement;

/// What speaks for and against two pictures showing the same thing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Measures {
    /// Features that agree with the transform.
    pub inliers: f32,
    /// The same, each weighed by how alike the two are.
    pub evidence: f32,
    /// Features of the query and of the reference in the overlap: how many could have agreed.
    pub query_inside: f32,
    pub reference_inside: f32,
    /// Part of the features that could agree and do, near the reference's edge and in its middle.
    pub edge_rate: f32,
    pub middle_rate: f32,
    /// Smaller standard deviation of the paired features' places, in units.
    pub spread: f32,
    /// The aligned check.
    pub agreement: Agreement,
}

/// Strength of a match: log odds, fitted by logistic regression on 1,770 proposals (485 of
/// them true) for photographs and logos edited as sellers edit them and for unrelated
/// photographs of the same makers and sellers. Every weight is positive except the offset:
/// more agreement is never weaker.
pub(super) fn strength(measures: &Measures) -> f32 {
    let agreement = &measures.agreement;
    let inliers = measures.inliers.ln_1p();
    let possible = measures.query_inside.min(measures.reference_inside).max(1.0);
    let within = agreement.within.max(0.0);
    let terms = [
        (0.185, measures.evidence.ln_1p()),
        (0.245, inliers),
        (4.558, (measures.inliers / possible).min(1.0).sqrt()),
        (0.670, agreement.central.max(0.0)),
        (0.856, measures.spread.ln_1p()),
        (0.344, agreement.local.max(0.0) * agreement.agreeing.ln_1p()),
        (1.921, within),
        (0.334, within * inliers),
        (2.355, measures.middle_rate.min(1.0).sqrt()),
        (0.491, agreement.covered.clamp(0.0, 1.0).sqrt()),
    ];
    OFFSET + terms.iter().map(|(weight, value)| weight * value).sum::<f32>()
}

/// The regression's constant, and 8 added so that what is worth showing is positive.
const OFFSET: f32 = 8.0 - 12.755;

/// Of unrelated photographs, the share whose strongest match with any of 250 references is
/// at least so strong. Counted on 1,379 photographs, plain and edited, of garments, groceries
/// and logos that none of the references shows but which partly come from the same sellers
/// (same floors) and makers (sibling packs), 500 features from 512 pixels on both sides; the
/// last row is an extrapolation, as the strongest reached 9.3. Larger registries have
/// proportionally more: count there again.
const FALSE_MATCHES: [(f32, f32); 12] = [
    (-4.0, 1.0),
    (-2.0, 0.246),
    (0.0, 0.212),
    (2.0, 0.162),
    (3.0, 0.102),
    (4.0, 0.059),
    (5.0, 0.032),
    (6.0, 0.012),
    (7.0, 0.0036),
    (8.0, 0.0022),
    (9.0, 0.0015),
    (10.0, 0.001),
];

/// The share of unrelated photographs that would be as strong against some reference.
///
/// Read from a table, interpolated in the logarithm; beyond its end the last slope goes on.
/// Never rises with `raw`. Not a number counts as no strength at all.
pub fn false_match_rate(raw: f32) -> f32 {
    let (first, last) = (FALSE_MATCHES[0], FALSE_MATCHES[FALSE_MATCHES.len() - 1]);
    if raw.is_nan() || raw <= first.0 {
        return first.1;
    }
    let after = FALSE_MATCHES.iter().position(|(strength, _)| *strength >= raw).unwrap_or(FALSE_MATCHES.len() - 1);
    let (lower, upper) = (FALSE_MATCHES[after - 1], FALSE_MATCHES[after]);
    let slope = (upper.1.ln() - lower.1.ln()) / (upper.0 - lower.0);
    let from = if raw > last.0 { last } else { lower };
    (from.1.ln() + slope * (raw - from.0)).exp().clamp(0.0, first.1)
}
