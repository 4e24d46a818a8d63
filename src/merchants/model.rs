//! What screening may know of a merchant. Pure data.

/// Facts of one merchant at one moment; an absent field is unknown, never a default.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MerchantFacts {
    /// The platform's id of the merchant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Shop name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Standing: `new`, `standard`, `trusted`, `restricted`, `suspended`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tier: Option<String>,
    /// Whether the merchant's identity was verified.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verified: Option<bool>,
    /// Two-letter country of establishment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// Where its admission stands: `collecting`, `verifying`, `verified`, `remedy_requested`, `suspended`, `closed`.
    /// Derived; the platform does not tell it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// Whether its offers wait because it looks like a merchant that was shut out. Derived.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held: Option<bool>,
    /// Whether every listing is to be looked at by a person, for what its ledgers hold. Derived.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review_all: Option<bool>,
    /// Sanctions lists: `clear`, `under_review`, `confirmed`. Derived.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sanctions: Option<String>,
}

/// The tiers from the most trusted to the least.
const TIERS: [&str; 5] = ["trusted", "standard", "new", "restricted", "suspended"];

impl MerchantFacts {
    /// What the platform told, with what was derived: of two tiers the stricter one counts, and what the
    /// platform told of name and country stays.
    #[must_use]
    pub fn with_derived(self, derived: Self) -> Self {
        let rank = |tier: &Option<String>| tier.as_ref().and_then(|tier| TIERS.iter().position(|known| known == tier));
        let stricter = if rank(&derived.tier) >= rank(&self.tier) { derived.tier } else { self.tier };
        Self {
            id: self.id.or(derived.id),
            name: self.name.or(derived.name),
            tier: stricter,
            verified: derived.verified.or(self.verified),
            country: self.country.or(derived.country),
            state: derived.state,
            held: derived.held,
            review_all: derived.review_all,
            sanctions: derived.sanctions,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_two_tiers_the_stricter_one_counts_and_what_is_derived_wins_over_what_is_told() {
        let tier = |told: Option<&str>, derived: Option<&str>| {
            let facts =
                |tier: Option<&str>| MerchantFacts { tier: tier.map(str::to_owned), ..MerchantFacts::default() };
            facts(told).with_derived(facts(derived)).tier
        };
        assert_eq!(tier(Some("trusted"), Some("new")).as_deref(), Some("new"));
        assert_eq!(tier(Some("suspended"), Some("trusted")).as_deref(), Some("suspended"));
        assert_eq!(tier(Some("standard"), None).as_deref(), Some("standard"));
        assert_eq!(tier(None, Some("trusted")).as_deref(), Some("trusted"));
        let told = MerchantFacts { verified: Some(true), country: Some("DE".to_owned()), ..MerchantFacts::default() };
        let derived =
            MerchantFacts { verified: Some(false), country: Some("CN".to_owned()), ..MerchantFacts::default() };
        let both = told.with_derived(derived);
        assert_eq!((both.verified, both.country.as_deref()), (Some(false), Some("DE")));
    }
}
