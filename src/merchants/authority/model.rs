//! What an authorisation is. Pure data.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::kernel::{Instant, Market};

/// Where an authorisation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AuthorisationState {
    /// The brand owner has not answered.
    Asked,
    /// The brand owner confirmed it: it is in force, within its markets and days.
    Confirmed,
    /// The brand owner did not give it.
    Refused,
    /// The brand owner took it back.
    Revoked,
}

impl AuthorisationState {
    /// Every state.
    pub const ALL: [Self; 4] = [Self::Asked, Self::Confirmed, Self::Refused, Self::Revoked];

    /// The word in the database and in answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Confirmed => "confirmed",
            Self::Refused => "refused",
            Self::Revoked => "revoked",
        }
    }

    /// Whether `next` may follow.
    pub fn may_become(self, next: Self) -> bool {
        matches!((self, next), (Self::Asked, Self::Confirmed | Self::Refused) | (Self::Confirmed, Self::Revoked))
    }
}

impl std::str::FromStr for AuthorisationState {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|state| state.as_str() == text);
        found.ok_or_else(|| "is no state of an authorisation; use asked, confirmed, refused or revoked".to_owned())
    }
}

/// What is asked for: which marks, where, when.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(as = AuthorisationScope)]
pub struct Scope {
    /// Marks by their keys in the registry; empty = all of the brand.
    pub marks: Vec<String>,
    /// Markets; empty = all.
    #[schema(value_type = Vec<String>)]
    pub markets: Vec<Market>,
    /// First day; absent = at once.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Date>,
    /// First day no longer; absent = open.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Date>,
}

/// An authorisation, asked for or given.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Authorisation {
    /// Its id.
    pub id: String,
    /// The merchant.
    pub merchant: String,
    /// The brand's key in the registry.
    pub brand: String,
    /// Where it stands.
    pub state: AuthorisationState,
    /// Which marks, where, when.
    pub scope: Scope,
    /// The letter of authority, where one was shown: a document of the merchant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub document: Option<String>,
    /// Who asked.
    pub asked_by: String,
    /// When.
    #[schema(value_type = String)]
    pub asked_at: Instant,
    /// Who decided last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<String>,
    /// When.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decided_at: Option<Instant>,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_asked_is_answered_and_only_what_is_given_is_taken_back() {
        use AuthorisationState::*;
        for from in AuthorisationState::ALL {
            for to in AuthorisationState::ALL {
                let allowed = [(Asked, Confirmed), (Asked, Refused), (Confirmed, Revoked)].contains(&(from, to));
                assert_eq!(from.may_become(to), allowed, "{from:?} to {to:?}");
            }
            assert_eq!(from.as_str().parse(), Ok(from));
        }
    }
}
