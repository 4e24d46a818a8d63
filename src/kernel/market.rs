//! Markets: the places a listing ships to and a right is valid in.

use std::fmt;
use std::str::FromStr;

/// A two-letter market: an ISO 3166-1 alpha-2 country, or `EU` for the Union.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Market([u8; 2]);

/// The text is not two letters.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is not a market; use a two-letter ISO 3166-1 country code such as DE, or EU")]
pub struct ParseMarketError(pub String);

/// Member states of the European Union since 2020-02-01 (Treaty on European Union, art. 52;
/// withdrawal of the United Kingdom), ISO 3166-1 alpha-2, sorted.
const EU_MEMBERS: [&[u8; 2]; 27] = [
    b"AT", b"BE", b"BG", b"CY", b"CZ", b"DE", b"DK", b"EE", b"ES", b"FI", b"FR", b"GR", b"HR", b"HU", b"IE", b"IT",
    b"LT", b"LU", b"LV", b"MT", b"NL", b"PL", b"PT", b"RO", b"SE", b"SI", b"SK",
];

impl Market {
    /// The European Union as one market.
    pub const EU: Market = Market(*b"EU");

    /// Whether this is a member state of the European Union.
    pub fn is_in_eu(self) -> bool {
        EU_MEMBERS.iter().any(|member| **member == self.0)
    }

    /// Whether a right or rule for `self` covers `destination`: the same market,
    /// or `self` is the Union and `destination` one of its members.
    pub fn covers(self, destination: Market) -> bool {
        self == destination || (self == Self::EU && destination.is_in_eu())
    }

    /// The two letters.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("??")
    }
}

impl FromStr for Market {
    type Err = ParseMarketError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.as_bytes() {
            [a, b] if a.is_ascii_alphabetic() && b.is_ascii_alphabetic() => {
                let letters = [a.to_ascii_uppercase(), b.to_ascii_uppercase()];
                // "UK" is reserved for the United Kingdom in ISO 3166-1; callers write it often.
                Ok(Self(if &letters == b"UK" { *b"GB" } else { letters }))
            }
            _ => Err(ParseMarketError(text.chars().take(16).collect())),
        }
    }
}

impl fmt::Display for Market {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

impl fmt::Debug for Market {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

impl serde::Serialize for Market {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Market {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(from)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_union_covers_its_members_and_nothing_else() {
        let market = |text: &str| text.parse::<Market>().unwrap();
        assert!(Market::EU.covers(market("de")));
        assert!(!Market::EU.covers(market("GB")));
        assert!(!market("DE").covers(Market::EU));
        assert_eq!(market("uk"), market("GB"));
        assert!("DEU".parse::<Market>().is_err());
    }
}
