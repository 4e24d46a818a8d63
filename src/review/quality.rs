//! How good decisions are: which are looked at again, how far two people agree, how many are
//! overturned. Pure.

use crate::kernel::Digest;

/// The data of `policies/quality.toml`.
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QualityRule {
    /// Share of decisions on listings that somebody else judges again, 0 to 1.
    pub second_look_share: f64,
}

impl QualityRule {
    /// Checks what the file's form does not.
    pub fn check(&self) -> Result<(), String> {
        let share = self.second_look_share;
        if (0.0..=1.0).contains(&share) { Ok(()) } else { Err(format!("the share {share} is not between 0 and 1")) }
    }

    /// Whether the thing of this id is in the sample: always the same answer, and none that
    /// whoever decides could know without reckoning.
    pub fn takes(&self, id: &str) -> bool {
        let digest = Digest::of(format!("second look {id}").as_bytes());
        let number = u32::from_be_bytes([digest.0[0], digest.0[1], digest.0[2], digest.0[3]]);
        f64::from(number) / (f64::from(u32::MAX) + 1.0) < self.second_look_share
    }
}

/// A share with its interval of 95 %.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Share {
    /// How many.
    pub of: u64,
    /// Of how many.
    pub all: u64,
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// The two-sided 95 % point of the normal distribution.
const Z: f64 = 1.959_964;

/// The share `of` in `all` with Wilson's score interval (E. B. Wilson, JASA 22, 1927); `None` of nothing.
pub fn share(of: u64, all: u64) -> Option<Share> {
    if all == 0 {
        return None;
    }
    let (n, p) = (all as f64, of as f64 / all as f64);
    let middle = (p + Z * Z / (2.0 * n)) / (1.0 + Z * Z / n);
    let half = Z / (1.0 + Z * Z / n) * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
    Some(Share { of, all, low: (middle - half).max(0.0), high: (middle + half).min(1.0) })
}

/// How far two judges agree beyond chance.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Agreement {
    /// Things that both judged.
    pub pairs: usize,
    /// Share of equal answers.
    pub equal: f64,
    /// Cohen's kappa: 1 = always equal, 0 = no more than chance.
    pub kappa: f64,
    /// The lower end of its interval of 95 %.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// Cohen's kappa over pairs of answers (J. Cohen, Educational and Psychological Measurement 20, 1960),
/// with the large-sample interval given there. `None` without pairs, or when chance alone would
/// make all answers equal: then kappa is not defined.
pub fn agreement<'a>(answers: &[(&'a str, &'a str)]) -> Option<Agreement> {
    let n = answers.len() as f64;
    let mut words: Vec<&str> = answers.iter().flat_map(|(one, other)| [*one, *other]).collect();
    words.sort_unstable();
    words.dedup();
    let first = |word: &str| answers.iter().filter(|(one, _)| *one == word).count() as f64;
    let second = |word: &str| answers.iter().filter(|(_, other)| *other == word).count() as f64;
    let equal = answers.iter().filter(|(one, other)| one == other).count() as f64 / n;
    let chance: f64 = words.iter().map(|word| first(word) * second(word)).sum::<f64>() / (n * n);
    if answers.is_empty() || chance >= 1.0 {
        return None;
    }
    let kappa = (equal - chance) / (1.0 - chance);
    let error = (equal * (1.0 - equal) / n).sqrt() / (1.0 - chance);
    let (low, high) = ((kappa - Z * error).max(-1.0), (kappa + Z * error).min(1.0));
    Some(Agreement { pairs: answers.len(), equal, kappa, low, high })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kappa_is_that_of_the_worked_example() {
        let times = |pair: (&'static str, &'static str), count: usize| vec![pair; count];
        let answers =
            [times(("yes", "yes"), 20), times(("yes", "no"), 5), times(("no", "yes"), 10), times(("no", "no"), 15)]
                .concat();
        let found = agreement(&answers).unwrap();
        assert!((found.equal - 0.7).abs() < 1e-9 && (found.kappa - 0.4).abs() < 1e-9, "{found:?}");
        assert!((found.low - 0.146).abs() < 1e-3 && (found.high - 0.654).abs() < 1e-3, "{found:?}");
    }

    #[test]
    fn agreement_is_not_defined_where_it_means_nothing() {
        assert_eq!(agreement(&[]), None);
        assert_eq!(agreement(&[("allow", "allow"); 9]), None, "everybody always says the same");
        assert!((agreement(&[("a", "a"), ("b", "b")]).unwrap().kappa - 1.0).abs() < 1e-9);
        assert!((agreement(&[("a", "b"), ("b", "a")]).unwrap().kappa + 1.0).abs() < 1e-9);
    }

    #[test]
    fn a_share_has_wilsons_interval() {
        assert_eq!(share(0, 0), None);
        let none = share(0, 10).unwrap();
        assert!(none.low.abs() < 1e-9 && (none.high - 0.2775).abs() < 1e-3, "{none:?}");
        let half = share(50, 100).unwrap();
        assert!((half.low - 0.4038).abs() < 1e-3 && (half.high - 0.5962).abs() < 1e-3, "{half:?}");
    }

    #[test]
    fn a_sample_is_the_share_that_was_asked_for_and_always_the_same() {
        let rule = QualityRule { second_look_share: 0.05 };
        let taken = (0..20_000).filter(|number| rule.takes(&format!("dec_{number}"))).count();
        assert!((800..1_200).contains(&taken), "{taken} of 20,000");
        assert!(
            QualityRule { second_look_share: 1.0 }.takes("x") && !QualityRule { second_look_share: 0.0 }.takes("x")
        );
        assert_eq!(rule.takes("dec_7"), rule.takes("dec_7"));
        assert!(QualityRule { second_look_share: 1.5 }.check().is_err());
    }
}
