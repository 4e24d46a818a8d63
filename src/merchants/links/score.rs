//! Adds up evidence: the strongest of each group, and the groups as independent signs.

use super::model::{Evidence, EvidenceKind};
use super::policy::LinkPolicy;

/// What pictures or texts together can say at most.
const MOST_OF_A_PILE: f64 = 0.9;

/// One shared value: kind, place of its hint, weight after hub control.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Shared {
    pub(super) kind: EvidenceKind,
    pub(super) hint: usize,
    pub(super) weight: f64,
}

/// The chance that at least one of independent signs is right: 1 − Π (1 − weight).
pub(super) fn noisy_or(weights: impl IntoIterator<Item = f64>) -> f64 {
    1.0 - weights.into_iter().map(|weight| 1.0 - weight.clamp(0.0, 1.0)).product::<f64>()
}

/// The score of all that two merchants share, and the evidence that made it, strongest first.
pub(super) fn judge(shared: &[Shared], hints: &[String], policy: &LinkPolicy) -> (f64, Vec<Evidence>) {
    let mut evidence: Vec<(usize, Evidence)> = Vec::new();
    for kind in EvidenceKind::MATCHED {
        let own = || shared.iter().filter(|shared| shared.kind == kind);
        // Where two values weigh the same, the one that stands first in the record is named.
        let Some(best) = own().max_by(|a, b| a.weight.total_cmp(&b.weight).then(b.hint.cmp(&a.hint))) else { continue };
        let hint = hints.get(best.hint).cloned().unwrap_or_default();
        let count = own().count();
        let (weight, value_hint) = match kind {
            EvidenceKind::Images | EvidenceKind::ListingTexts if count > 1 => (
                noisy_or(own().map(|shared| shared.weight)).min(MOST_OF_A_PILE),
                format!("{count} shared, such as {hint}"),
            ),
            _ => (best.weight, hint),
        };
        if weight > 0.0 {
            evidence.push((policy.group(kind), Evidence { kind, value_hint, weight: rounded(weight) }));
        }
    }
    evidence.sort_by(|a, b| b.1.weight.total_cmp(&a.1.weight).then(a.1.kind.cmp(&b.1.kind)));
    let mut groups: Vec<usize> = Vec::new();
    let counted = evidence.iter().filter(|(group, _)| {
        let first = !groups.contains(group);
        groups.push(*group);
        first
    });
    let score = noisy_or(counted.map(|(_, evidence)| evidence.weight));
    (rounded(score), evidence.into_iter().map(|(_, evidence)| evidence).collect())
}

/// Four decimals, so that the same evidence gives the same bytes whatever the order of sums.
fn rounded(value: f64) -> f64 {
    (value * 10_000.0).round() / 10_000.0
}
