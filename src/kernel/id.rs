//! Typed, prefixed identifiers: `lst_01h455vb4pex5vsknk084sn02q`.
//!
//! The part after the prefix is a UUIDv7 (RFC 9562) in Crockford base 32, 26
//! lower-case characters, most significant first. Text order is therefore
//! creation order, and the prefix says what the id names wherever it is read:
//! a log line, a URL, a database row.

/// Crockford's base-32 alphabet, lower case: no i, l, o or u.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const ENCODED_LENGTH: usize = 26;

/// Why a text is not an id of the wanted kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{given}\" is not a {kind} id; expected {prefix}_ and 26 characters of base 32")]
pub struct ParseIdError {
    /// The text that was given, cut to 64 characters.
    pub given: String,
    /// What the id should name, for people: "listing".
    pub kind: &'static str,
    /// The prefix expected, without the underscore.
    pub prefix: &'static str,
}

/// Writes the 128 bits of `uuid` as 26 base-32 characters.
pub fn encode(uuid: uuid::Uuid) -> String {
    let mut bits = uuid.as_u128();
    let mut text = [b'0'; ENCODED_LENGTH];
    for place in text.iter_mut().rev() {
        *place = ALPHABET[(bits & 31) as usize];
        bits >>= 5;
    }
    text.iter().map(|&byte| byte as char).collect()
}

/// Reads what [`encode`] wrote; `None` for any other text.
pub fn decode(text: &str) -> Option<uuid::Uuid> {
    if text.len() != ENCODED_LENGTH {
        return None;
    }
    let mut bits: u128 = 0;
    for (place, byte) in text.bytes().enumerate() {
        let value = ALPHABET.iter().position(|&letter| letter == byte)? as u128;
        // 26 × 5 = 130 bits: the first character may carry three bits only.
        if place == 0 && value > 7 {
            return None;
        }
        bits = (bits << 5) | value;
    }
    Some(uuid::Uuid::from_u128(bits))
}

/// Declares an id type: `typed_id!(ListingId, "lst", "listing")`.
macro_rules! typed_id {
    ($(#[$meta:meta])* $name:ident, $prefix:literal, $kind:literal) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(uuid::Uuid);

        impl $name {
            /// The prefix before the underscore.
            pub const PREFIX: &'static str = $prefix;

            /// Wraps a UUID that the id source made.
            pub fn from_uuid(uuid: uuid::Uuid) -> Self {
                Self(uuid)
            }

            /// The UUID inside.
            pub fn uuid(self) -> uuid::Uuid {
                self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(out, "{}_{}", $prefix, $crate::kernel::id::encode(self.0))
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Display::fmt(self, out)
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::kernel::id::ParseIdError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.strip_prefix(concat!($prefix, "_"))
                    .and_then($crate::kernel::id::decode)
                    .map(Self)
                    .ok_or_else(|| $crate::kernel::id::ParseIdError {
                        given: text.chars().take(64).collect(),
                        kind: $kind,
                        prefix: $prefix,
                    })
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(from)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

typed_id!(
    /// One listing of one merchant on the platform.
    ListingId, "lst", "listing"
);
typed_id!(
    /// One verdict on one version of a listing.
    VerdictId, "vrd", "verdict"
);
typed_id!(
    /// An organisation: the platform, a brand owner, an agent or a merchant.
    OrganisationId, "org", "organisation"
);
typed_id!(
    /// A person who can sign in.
    PersonId, "per", "person"
);
typed_id!(
    /// One stay of one person, from sign-in to its end.
    SessionId, "ses", "session"
);
typed_id!(
    /// A retro-hunt over stored listings.
    HuntId, "hnt", "hunt"
);
typed_id!(
    /// A unit of background work.
    JobId, "job", "job"
);
typed_id!(
    /// An event in the outbox.
    EventId, "evt", "event"
);
typed_id!(
    /// One shipment of one merchant.
    ShipmentId, "shp", "shipment"
);
typed_id!(
    /// A certificate of release.
    CertificateId, "cert", "certificate"
);
typed_id!(
    /// An API key.
    ApiKeyId, "key", "API key"
);
typed_id!(
    /// Something that a person has to look at.
    CaseId, "case", "case"
);
typed_id!(
    /// What a person decided.
    DecisionId, "dec", "decision"
);
typed_id!(
    /// A takedown notice.
    NoticeId, "ntc", "notice"
);
typed_id!(
    /// A statement of reasons.
    StatementId, "sor", "statement of reasons"
);
typed_id!(
    /// An appeal against a decision.
    AppealId, "apl", "appeal"
);
typed_id!(
    /// A document that a merchant sent.
    DocumentId, "doc", "document"
);
typed_id!(
    /// An entry of a merchant's ledgers.
    StandingEntryId, "ste", "standing entry"
);
typed_id!(
    /// A possible match of a merchant with an entry of a list.
    ListHitId, "hit", "list hit"
);
typed_id!(
    /// A brand owner's say over a merchant, asked for or given.
    AuthorisationId, "aut", "authorisation"
);
typed_id!(
    /// An HTTP request, for logs and error instances.
    RequestId, "req", "request"
);

impl OrganisationId {
    /// The organisation that runs the service; every database has it from the start.
    pub const PLATFORM: Self = Self(uuid::Uuid::from_u128(1));
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_uuid_survives_the_round_trip_and_keeps_its_order(a: u128, b: u128) {
            let (first, second) = (uuid::Uuid::from_u128(a), uuid::Uuid::from_u128(b));
            prop_assert_eq!(decode(&encode(first)), Some(first));
            prop_assert_eq!(encode(first).cmp(&encode(second)), first.cmp(&second));
        }
    }

    /// The migrations write it out.
    #[test]
    fn the_platforms_id_is_the_one_in_the_schema() {
        assert_eq!(OrganisationId::PLATFORM.to_string(), "org_00000000000000000000000001");
    }

    #[test]
    fn an_id_of_another_kind_is_refused() {
        let listing = ListingId::from_uuid(uuid::Uuid::from_u128(7)).to_string();
        assert!(listing.parse::<VerdictId>().is_err());
        assert!("lst_".parse::<ListingId>().is_err());
        assert!("lst_zzzzzzzzzzzzzzzzzzzzzzzzzz".parse::<ListingId>().is_err());
    }
}
