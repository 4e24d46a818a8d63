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
}
