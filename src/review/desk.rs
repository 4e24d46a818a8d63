//! The data that cases are handled by, read once.

use std::sync::LazyLock;

use super::priority::Weights;
use super::queues::Queues;

/// Queues and weights.
#[derive(Debug, Clone)]
pub struct Desk {
    /// Which cases lie in which queue.
    pub queues: Queues,
    /// What a priority is made of.
    pub weights: Weights,
}

static BUILT_IN: LazyLock<Desk> = LazyLock::new(|| {
    Desk::read(include_str!("../../policies/queues.toml"), include_str!("../../policies/priority.toml"))
        .expect("the shipped data are read by a test")
});

/// The data that the binary carries.
pub fn built_in() -> &'static Desk {
    &BUILT_IN
}

impl Desk {
    /// Reads the two files; the error says which one is wrong and where.
    pub fn read(queues: &str, weights: &str) -> Result<Self, String> {
        let queues: Queues = toml::from_str(queues).map_err(|error| format!("queues.toml: {error}"))?;
        queues.check().map_err(|problem| format!("queues.toml: {problem}"))?;
        let weights: Weights = toml::from_str(weights).map_err(|error| format!("priority.toml: {error}"))?;
        weights.check().map_err(|problem| format!("priority.toml: {problem}"))?;
        Ok(Self { queues, weights })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_data_are_read_and_a_wrong_file_is_named() {
        assert!(built_in().queues.all().len() > 3);
        let refused = Desk::read("", include_str!("../../policies/priority.toml")).unwrap_err();
        assert!(refused.starts_with("queues.toml: "), "{refused}");
    }
}
