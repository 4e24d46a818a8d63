//! What is compared: parties with their names, and what is asked of them.

use serde::{Deserialize, Serialize};

/// Longest name that is read, in Unicode scalars; the rest of a longer one is passed over.
pub const MAX_NAME: usize = 400;
/// Most names of one party that are indexed. The longest official entries have fewer than 200.
pub const MAX_NAMES: usize = 400;

/// How sure a list is that a name is this party's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum NameKind {
    /// The main name.
    Primary,
    /// Another good name: also known as, formerly known as, in another script.
    Alias,
    /// A name the list itself calls weak: a nickname, an abbreviation.
    Weak,
}

impl<'de> Deserialize<'de> for NameKind {
    /// Reads a kind. Lists have many words for aliases (aka, fka, script …): what is neither
    /// primary nor weak is an alias, so that no name is lost to a word.
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let kind = std::borrow::Cow::<str>::deserialize(deserializer)?;
        Ok(match kind.as_ref() {
            "primary" | "main" | "name" => Self::Primary,
            "weak" | "low" | "nickname" => Self::Weak,
            _ => Self::Alias,
        })
    }
}

/// What sort of party bears a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PartyKind {
    /// A human being.
    #[serde(alias = "individual")]
    Person,
    /// A company, an authority, a group.
    #[serde(alias = "entity", alias = "company", alias = "organisation")]
    Organization,
    /// A ship.
    Vessel,
    /// An aircraft.
    Aircraft,
    /// Something else, or not told.
    #[serde(other)]
    Other,
}

/// One name of a party.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PartyName {
    /// As written.
    pub name: String,
    /// How sure it is.
    #[serde(default = "PartyName::usual_kind")]
    pub kind: NameKind,
}

impl PartyName {
    fn usual_kind() -> NameKind {
        NameKind::Alias
    }
}

/// What may tell two bearers of one name apart. Every list may be empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct PartyFacts {
    /// Countries as names or two-letter codes.
    pub countries: Vec<String>,
    /// Dates or years of birth as the source writes them.
    #[serde(rename = "dob")]
    pub births: Vec<String>,
    /// Registration, identity, ship and tax numbers.
    #[serde(rename = "ids")]
    pub numbers: Vec<String>,
}

/// A party that names are compared with: an entry of a list, or a merchant.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Party {
    /// Unique within an index.
    pub id: String,
    /// What sort it is.
    #[serde(rename = "type", default = "Party::usual_kind")]
    pub kind: PartyKind,
    /// All its names.
    pub names: Vec<PartyName>,
    /// What else is known.
    #[serde(flatten)]
    pub facts: PartyFacts,
}

impl Party {
    fn usual_kind() -> PartyKind {
        PartyKind::Other
    }
}

/// A name to look for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NameQuery {
    /// As written.
    pub name: String,
    /// What sort of party bears it.
    #[serde(rename = "type", default = "Party::usual_kind")]
    pub kind: PartyKind,
    /// What else is known of the bearer.
    #[serde(flatten)]
    pub facts: PartyFacts,
}

/// How two tokens were found to be one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// The same letters.
    Same,
    /// The same sounds, spelled otherwise.
    Sound,
    /// Forms of one name or word, from the tables or learned from the list's own aliases.
    Variant,
    /// Letters left out, put in, exchanged or replaced.
    Typo,
    /// The same consonants; vowels differ or are not written.
    Consonants,
    /// One letter stands for the name.
    Initial,
    /// The start of the longer word.
    Abbreviation,
    /// Several words on one side are one word on the other.
    Joined,
}

/// One pair of aligned tokens.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TokenMatch {
    /// The asked token or tokens.
    pub query: String,
    /// The listed token or tokens.
    pub listed: String,
    /// How they match.
    pub how: How,
    /// How well, 0 to 1.
    pub likeness: f32,
    /// How telling the token is, 0 to 1: a rare word 1, a legal form nearly 0.
    pub weight: f32,
}

/// A token that the other side lacks.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TokenLeft {
    /// The token.
    pub token: String,
    /// How telling it is, 0 to 1.
    pub weight: f32,
}

/// Something beside the letters that moved the score.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Signal {
    /// What was compared, in words.
    pub says: String,
    /// What it added to the score's log-odds.
    pub adds: f32,
}

/// Why a hit has its score.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Why {
    /// Tokens that match.
    pub matched: Vec<TokenMatch>,
    /// Asked tokens that the listed name lacks.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub query_only: Vec<TokenLeft>,
    /// Listed tokens that were not asked.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub listed_only: Vec<TokenLeft>,
    /// Everything else that counted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub signals: Vec<Signal>,
}

/// A party whose name resembles the asked one. A possible match, never a verdict.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NameHit {
    /// The party.
    pub id: String,
    /// 0 to 1, comparable over queries.
    pub score: f32,
    /// The listed name that matches best, as written.
    pub name: String,
    /// The explanation.
    pub why: Why,
}
