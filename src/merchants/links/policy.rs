//! The weights of evidence as data: read, checked, asked.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use super::model::EvidenceKind;

/// How one kind of evidence counts.
#[derive(Debug, Clone, PartialEq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KindPolicy {
    /// What one shared value says, 0 to 1.
    pub weight: f64,
    /// Merchants that may share a value before it says less.
    pub free: u32,
    /// How fast it says less after that.
    pub power: f64,
    /// Merchants beyond which a value says nothing.
    pub most: u32,
    /// Kinds of one group are not independent; the strongest counts.
    pub group: String,
}

impl KindPolicy {
    /// What is left of a value's weight when `sharing` merchants have it, 0 to 1.
    pub fn hub_factor(&self, sharing: u32) -> f64 {
        match sharing {
            _ if sharing <= self.free => 1.0,
            _ if sharing > self.most => 0.0,
            _ => (f64::from(self.free) / f64::from(sharing)).powf(self.power),
        }
    }
}

#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct PolicyFile {
    version: String,
    strong: f64,
    reported: f64,
    largest_cluster: usize,
    kind: BTreeMap<String, KindPolicy>,
}

/// The weights in force.
#[derive(Debug, Clone, PartialEq)]
pub struct LinkPolicy {
    /// Date of the file, kept with what is judged by it.
    pub version: String,
    /// Score from which a link is strong.
    pub strong: f64,
    /// Score from which a link is reported.
    pub reported: f64,
    /// Most merchants of a closed cluster.
    pub largest_cluster: usize,
    kinds: [KindPolicy; EvidenceKind::MATCHED.len()],
    groups: [usize; EvidenceKind::MATCHED.len()],
}

/// A file of weights that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LinkPolicyError {
    /// Not TOML of the expected form.
    #[error("the link weights cannot be read; compare them with the shipped file")]
    Read(#[from] toml::de::Error),
    /// A kind is missing.
    #[error("the link weights lack [kind.{0}]; add it, with weight 0 to switch it off")]
    Missing(&'static str),
    /// A number is out of its range.
    #[error("{0} in the link weights is out of range; weights and scores lie between 0 and 1, free is at least 1")]
    Range(String),
}

impl LinkPolicy {
    /// Reads and checks a file of weights.
    pub fn parse(text: &str) -> Result<Self, LinkPolicyError> {
        let mut file: PolicyFile = toml::from_str(text)?;
        let mut kinds = Vec::with_capacity(EvidenceKind::MATCHED.len());
        for kind in EvidenceKind::MATCHED {
            let own = file.kind.remove(kind.as_str()).ok_or(LinkPolicyError::Missing(kind.as_str()))?;
            let fits = (0.0..1.0).contains(&own.weight) && own.free >= 1 && own.power >= 0.0 && own.most <= 1_000;
            if !fits {
                return Err(LinkPolicyError::Range(format!("[kind.{}]", kind.as_str())));
            }
            kinds.push(own);
        }
        if let Some(unknown) = file.kind.keys().next() {
            return Err(LinkPolicyError::Range(format!("[kind.{unknown}], which is no kind of evidence,")));
        }
        if !(0.0..=1.0).contains(&file.strong) || !(0.0..=1.0).contains(&file.reported) || file.largest_cluster > 1_000
        {
            return Err(LinkPolicyError::Range("strong, reported or largest_cluster (at most 1000)".to_owned()));
        }
        let first_of_group = |at: usize| kinds.iter().position(|kind| kind.group == kinds[at].group).unwrap_or(at);
        let groups = std::array::from_fn(first_of_group);
        let kinds: [KindPolicy; EvidenceKind::MATCHED.len()] =
            kinds.try_into().map_err(|_| LinkPolicyError::Missing("every kind"))?;
        let PolicyFile { version, strong, reported, largest_cluster, .. } = file;
        Ok(Self { version, strong, reported, largest_cluster, kinds, groups })
    }

    /// The shipped weights.
    pub fn shipped() -> Arc<Self> {
        static SHIPPED: LazyLock<Arc<LinkPolicy>> = LazyLock::new(|| {
            Arc::new(LinkPolicy::parse(include_str!("data/weights.toml")).expect("the shipped weights are tested"))
        });
        Arc::clone(&SHIPPED)
    }

    /// How `kind` counts; [`EvidenceKind::Through`] counts like nothing.
    pub fn of(&self, kind: EvidenceKind) -> Option<&KindPolicy> {
        self.kinds.get(kind as usize)
    }

    /// Number of the group that `kind` belongs to.
    pub(super) fn group(&self, kind: EvidenceKind) -> usize {
        self.groups.get(kind as usize).copied().unwrap_or(usize::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_weights_are_in_order() {
        let policy = LinkPolicy::shipped();
        assert_eq!(policy.group(EvidenceKind::RegistrationNumber), policy.group(EvidenceKind::CompanyName));
        assert_ne!(policy.group(EvidenceKind::Phone), policy.group(EvidenceKind::EMail));
        for (at, kind) in EvidenceKind::MATCHED.into_iter().enumerate() {
            assert_eq!(kind as usize, at, "policies are looked up by place");
        }
    }

    #[test]
    fn a_value_says_less_the_more_share_it_and_never_more() {
        let policy = LinkPolicy::shipped();
        for kind in EvidenceKind::MATCHED {
            let own = policy.of(kind).unwrap();
            assert_eq!(own.hub_factor(2), 1.0);
            assert!((2..200).all(|sharing| own.hub_factor(sharing + 1) <= own.hub_factor(sharing)));
            assert_eq!(own.hub_factor(own.most + 1), 0.0);
        }
    }

    #[test]
    fn a_faulty_file_is_refused_with_the_place() {
        let shipped = include_str!("data/weights.toml");
        let outside = shipped.replacen("weight = 0.85", "weight = 1.85", 1);
        assert!(LinkPolicy::parse(&outside).unwrap_err().to_string().contains("[kind.bank_account]"));
        let missing = shipped.replace("[kind.phone]", "[kind.fax]");
        assert!(LinkPolicy::parse(&missing).unwrap_err().to_string().contains("[kind.phone]"));
    }
}
