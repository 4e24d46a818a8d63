//! The data that cases are handled by, read once.

use std::sync::LazyLock;

use super::policy::Policies;
use super::priority::Weights;
use super::quality::QualityRule;
use super::queues::Queues;

/// The text of `policies/queues.toml`.
pub const QUEUES: &str = include_str!("../../policies/queues.toml");

/// Queues, weights, policies and second looks.
#[derive(Debug, Clone)]
pub struct Desk {
    /// Which cases lie in which queue.
    pub queues: Queues,
    /// What a priority is made of.
    pub weights: Weights,
    /// What may be decided.
    pub policies: Policies,
    /// What is looked at again.
    pub quality: QualityRule,
}

static BUILT_IN: LazyLock<Desk> = LazyLock::new(|| {
    let weights = include_str!("../../policies/priority.toml");
    let policies = include_str!("../../policies/policies.toml");
    Desk::read(QUEUES, weights, policies, include_str!("../../policies/quality.toml"))
        .expect("the shipped data are read by a test")
});

/// The data that the binary carries.
pub fn built_in() -> &'static Desk {
    &BUILT_IN
}

impl Desk {
    /// Reads the files; the error says which one is wrong and where.
    pub fn read(queues: &str, weights: &str, policies: &str, quality: &str) -> Result<Self, String> {
        let queues: Queues = toml::from_str(queues).map_err(|error| format!("queues.toml: {error}"))?;
        queues.check().map_err(|problem| format!("queues.toml: {problem}"))?;
        let weights: Weights = toml::from_str(weights).map_err(|error| format!("priority.toml: {error}"))?;
        weights.check().map_err(|problem| format!("priority.toml: {problem}"))?;
        let policies: Policies = toml::from_str(policies).map_err(|error| format!("policies.toml: {error}"))?;
        policies.check().map_err(|problem| format!("policies.toml: {problem}"))?;
        let quality: QualityRule = toml::from_str(quality).map_err(|error| format!("quality.toml: {error}"))?;
        quality.check().map_err(|problem| format!("quality.toml: {problem}"))?;
        Ok(Self { queues, weights, policies, quality })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_data_are_read_and_a_wrong_file_is_named() {
        assert!(built_in().queues.all().len() > 3);
        let refused = Desk::read("", "", "", "").unwrap_err();
        assert!(refused.starts_with("queues.toml: "), "{refused}");
    }
}
