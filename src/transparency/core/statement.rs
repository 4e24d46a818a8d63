//! A statement of reasons as data: one text that the merchant, the audit log and the database get.

use std::sync::LazyLock;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::flags::Flags;
use crate::kernel::Market;
use crate::takedowns::model::Ground;

/// The members of the European Economic Area besides the Union's.
const EEA_ONLY: [&str; 3] = ["IS", "LI", "NO"];

/// A statement in the words of the transparency database.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Statement {
    /// Unique for ever on this platform.
    pub puid: String,
    /// What was done to the listing's visibility.
    pub decision_visibility: Vec<String>,
    /// Illegal content, or against the terms.
    pub decision_ground: String,
    /// The law.
    pub illegal_content_legal_ground: String,
    /// Why the content breaks it.
    pub illegal_content_explanation: String,
    /// Its category.
    pub category: String,
    /// Narrower.
    pub category_specification: Vec<String>,
    /// In words, with `KEYWORD_OTHER`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category_specification_other: Option<String>,
    /// What it is: a product.
    pub content_type: Vec<String>,
    /// Language of the listing, ISO 639-1 in capitals.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_language: Option<String>,
    /// Since when the platform hosts it.
    pub content_date: String,
    /// Since when it is restricted.
    pub application_date: String,
    /// Where: states of the European Economic Area, sorted.
    pub territorial_scope: Vec<String>,
    /// What the decision rests on.
    pub decision_facts: String,
    /// Who brought it up.
    pub source_type: String,
    /// Whether a rule or matcher found it.
    pub automated_detection: String,
    /// Whether a rule decided it.
    pub automated_decision: String,
}

/// What a restriction because of a notice is told with.
#[derive(Debug, Clone)]
pub struct NoticeRestriction<'a> {
    /// The name minted for the statement.
    pub puid: String,
    /// The right infringed.
    pub ground: Ground,
    /// The law, where whoever decided names another than usual.
    pub law: Option<&'a str>,
    /// Why, in the words of whoever decided; empty = the usual ones.
    pub explanation: &'a str,
    /// What the decision rests on.
    pub facts: String,
    /// Where the listing is offered; empty = everywhere.
    pub ships_to: &'a [Market],
    /// The language of the listing, BCP 47.
    pub language: Option<&'a str>,
    /// Since when the platform hosts the listing.
    pub content_date: Date,
    /// Today.
    pub on: Date,
    /// The derived flags.
    pub flags: Flags,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct GroundRow {
    name: Ground,
    category: String,
    keyword: String,
    law: String,
    explanation: String,
    #[serde(rename = "source")]
    _source: String,
    #[serde(rename = "confidence")]
    _confidence: String,
}

#[derive(Deserialize)]
struct GroundFile {
    ground: Vec<GroundRow>,
}

static GROUNDS: LazyLock<Vec<GroundRow>> = LazyLock::new(|| {
    let file: GroundFile =
        toml::from_str(include_str!("grounds.toml")).expect("the shipped grounds are read by a test");
    file.ground
});

fn row_of(ground: Ground) -> &'static GroundRow {
    GROUNDS.iter().find(|row| row.name == ground).expect("a test sees a row for every ground")
}

/// The statement about a listing that was restricted because of a notice.
///
/// Texts are cut to what the database takes. It holds no personal data as long as `facts`,
/// `explanation` and `law` hold none; the schema's rules look for some.
pub fn for_notice(restriction: NoticeRestriction<'_>) -> Statement {
    let row = row_of(restriction.ground);
    let explanation = match restriction.explanation.trim() {
        "" => row.explanation.as_str(),
        given => given,
    };
    let law = restriction.law.map(str::trim).filter(|law| !law.is_empty()).unwrap_or(&row.law);
    let other = (row.keyword == "KEYWORD_OTHER").then(|| cut(law, 500));
    Statement {
        puid: restriction.puid,
        decision_visibility: vec!["DECISION_VISIBILITY_CONTENT_DISABLED".to_owned()],
        decision_ground: "DECISION_GROUND_ILLEGAL_CONTENT".to_owned(),
        illegal_content_legal_ground: cut(law, 500),
        illegal_content_explanation: cut(explanation, 2_000),
        category: row.category.clone(),
        category_specification: vec![row.keyword.clone()],
        category_specification_other: other,
        content_type: vec!["CONTENT_TYPE_PRODUCT".to_owned()],
        content_language: restriction.language.and_then(language_code),
        content_date: restriction.content_date.min(restriction.on).to_string(),
        application_date: restriction.on.to_string(),
        territorial_scope: territory(restriction.ships_to),
        decision_facts: cut(restriction.facts.trim(), 5_000),
        source_type: restriction.flags.source_type.to_owned(),
        automated_detection: restriction.flags.automated_detection.to_owned(),
        automated_decision: restriction.flags.automated_decision.to_owned(),
    }
}

/// The states of the European Economic Area among `markets`, sorted; all of them when none is
/// said, none when the listing is offered elsewhere only.
pub fn territory(markets: &[Market]) -> Vec<String> {
    let all = super::schema::schema().words_of("territorial_scope");
    let offered = |state: &str| {
        let Ok(state) = state.parse::<Market>() else { return false };
        markets.is_empty() || markets.iter().any(|market| market.covers(state))
    };
    debug_assert!(EEA_ONLY.iter().all(|state| all.contains(*state)), "the database takes the whole area");
    all.iter().filter(|state| offered(state)).cloned().collect()
}

/// The language as the database writes it: the primary tag in capitals, if the database knows it.
fn language_code(tag: &str) -> Option<String> {
    let primary = tag.split(['-', '_']).next()?.to_ascii_uppercase();
    super::schema::schema().words_of("content_language").contains(&primary).then_some(primary)
}

fn cut(text: &str, limit: usize) -> String {
    let cut: String = text.trim().chars().take(limit).collect();
    cut.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::super::schema::schema;
    use super::*;

    fn restriction(ground: Ground) -> NoticeRestriction<'static> {
        NoticeRestriction {
            puid: "assay-1".to_owned(),
            ground,
            law: None,
            explanation: "",
            facts: "The pictures show the mark; the merchant has no licence.".to_owned(),
            ships_to: &[],
            language: Some("de-AT"),
            content_date: "2026-10-01".parse().unwrap(),
            on: "2026-11-22".parse().unwrap(),
            flags: Flags {
                automated_detection: "No",
                automated_decision: "AUTOMATED_DECISION_NOT_AUTOMATED",
                source_type: "SOURCE_ARTICLE_16",
            },
        }
    }

    fn faults(statement: &Statement) -> Vec<super::super::schema::Fault> {
        schema().faults(&serde_json::to_value(statement).unwrap())
    }

    #[test]
    fn the_statement_of_every_ground_breaks_no_rule() {
        for ground in Ground::ALL {
            let statement = for_notice(restriction(*ground));
            assert_eq!(faults(&statement), [], "{ground}");
            assert_eq!(statement.content_language.as_deref(), Some("DE"));
            assert_eq!(statement.territorial_scope.len(), 30);
        }
    }

    #[test]
    fn long_texts_are_cut_to_what_is_taken() {
        let long = "ü ".repeat(6_000);
        let statement = for_notice(NoticeRestriction {
            law: Some(&long),
            explanation: &long,
            facts: long.clone(),
            ..restriction(Ground::Other)
        });
        assert_eq!(faults(&statement), []);
    }

    #[test]
    fn the_territory_is_where_the_listing_is_offered_in_the_area() {
        let of =
            |markets: &[&str]| territory(&markets.iter().map(|market| market.parse().unwrap()).collect::<Vec<_>>());
        assert_eq!(of(&["FR", "US", "DE", "NO"]), ["DE", "FR", "NO"]);
        assert_eq!(of(&["EU"]).len(), 27);
        assert!(of(&["US", "GB"]).is_empty());
    }
}
