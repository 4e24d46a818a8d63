//! The words that packs use for the matchers' enums: the same as in their JSON.

use crate::matching::text::{ClaimKind, Field, Pass, UseKind};
use crate::registry::model::ReferenceKind;

/// Every use of a mark, with its word.
pub const USES: [(&str, UseKind); 4] = [
    ("infringing_use", UseKind::InfringingUse),
    ("nominative", UseKind::Nominative),
    ("authorised", UseKind::Authorised),
    ("resale", UseKind::Resale),
];

/// Every claim, with its word.
pub const CLAIMS: [(&str, ClaimKind); 5] = [
    ("replica", ClaimKind::Replica),
    ("compatible", ClaimKind::Compatible),
    ("resale", ClaimKind::Resale),
    ("genuine", ClaimKind::Genuine),
    ("contact", ClaimKind::Contact),
];

/// Every field of the text, with its word.
pub const FIELDS: [(&str, Field); 4] = [
    ("title", Field::Title),
    ("description", Field::Description),
    ("brand", Field::Brand),
    ("attribute", Field::Attribute),
];

/// Kinds of reference that a rule may name. Harmless pictures never become hits.
pub const REFERENCES: [(&str, ReferenceKind); 2] = [("product", ReferenceKind::Product), ("logo", ReferenceKind::Logo)];

/// Every pass, with its word.
pub const PASSES: [(&str, Pass); 9] = [
    ("exact", Pass::Exact),
    ("folded", Pass::Folded),
    ("squashed", Pass::Squashed),
    ("leet", Pass::Leet),
    ("masked", Pass::Masked),
    ("glued", Pass::Glued),
    ("fuzzy", Pass::Fuzzy),
    ("phonetic", Pass::Phonetic),
    ("skeleton", Pass::Skeleton),
];

/// The word of `value` in one of the tables above.
pub fn word<T: PartialEq>(table: &'static [(&'static str, T)], value: &T) -> &'static str {
    table.iter().find(|(_, known)| known == value).map_or("other", |(word, _)| word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json_words_agree<T: serde::Serialize>(table: &[(&str, T)]) {
        for (word, value) in table {
            assert_eq!(serde_json::to_value(value).unwrap(), *word);
        }
    }

    #[test]
    fn pack_words_are_the_json_words() {
        json_words_agree(&USES);
        json_words_agree(&CLAIMS);
        json_words_agree(&FIELDS);
        json_words_agree(&REFERENCES);
        json_words_agree(&PASSES);
    }
}
