//! Checks of texts: descriptions of goods and names of parties.

use super::{CheckKind, Finding, Look};
use crate::shipments::description::{Pattern, Term};
use crate::shipments::rules::{Param, ParamKind};

const FIELDS: Param = Param::needed("fields", ParamKind::Fields);
/// Share of the shorter text's words that two texts about the same goods should have in common is
/// a parameter; below this many words nothing is compared.
const FEWEST_WORDS: usize = 2;

pub(super) const CHECKS: &[CheckKind] = &[
    CheckKind::of_declaration("text.pattern", &[FIELDS], &["field", "text", "pattern"], pattern),
    CheckKind::of_declaration(
        "text.listed",
        &[
            FIELDS,
            Param::needed("lists", ParamKind::TermLists),
            Param::optional("completed_by", ParamKind::TermLists),
            Param::optional("completed_after", ParamKind::Text),
            Param::optional("unless_lists", ParamKind::TermLists),
            Param::optional("unless_completed_by", ParamKind::TermLists),
        ],
        &["field", "text", "term", "list", "better"],
        listed,
    ),
    CheckKind::of_declaration(
        "text.listed_inside",
        &[FIELDS, Param::needed("answers", ParamKind::Whole)],
        &["field", "text", "term", "list", "better"],
        listed_inside,
    ),
    CheckKind::of_declaration(
        "description.answers",
        &[Param::needed("least", ParamKind::Whole), Param::optional("most", ParamKind::Whole)],
        &["text", "missing"],
        answers,
    ),
    CheckKind::of_standing(
        "description.agrees",
        &[Param::needed("least_share", ParamKind::Decimal)],
        &["text", "title"],
        agrees,
    ),
];

/// Texts of the fields that a rule names, unless they are empty or no words at all.
fn texts<'a>(look: &'a Look<'_>) -> impl Iterator<Item = (&'static str, Option<usize>, String)> + 'a {
    let each = look.with.fields("fields").iter().flat_map(|field| {
        let texts = field.texts(look.view.shipment).into_iter();
        texts.filter_map(|(item, text)| Some((field.short(), item, text?)))
    });
    each.filter(|(_, _, text)| Pattern::of(text).is_none())
}

fn pattern(look: &Look<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for field in look.with.fields("fields") {
        for (item, text) in field.texts(look.view.shipment) {
            let Some(text) = text else { continue };
            if let Some(pattern) = Pattern::of(&text) {
                let finding = Finding::of(item).with("field", field.short()).with("text", &text);
                found.push(finding.with("pattern", pattern.says()));
            }
        }
    }
    found
}

/// Whether a term is of `lists`, or of `completed_by` from the letter on where the printed list breaks off.
fn is_of(look: &Look<'_>, term: &Term, lists: &str, completed_by: &str) -> bool {
    let after = look.with.text("completed_after");
    let completes = look.with.texts(completed_by).contains(&term.list) && term.term.as_str() > after;
    look.with.texts(lists).contains(&term.list) || (completes && !after.is_empty())
}

fn listed(look: &Look<'_>) -> Vec<Finding> {
    let words = &look.view.facts.words;
    let mut found = Vec::new();
    for (field, item, text) in texts(look) {
        let terms = words.whole(&text, |term| is_of(look, term, "lists", "completed_by"));
        let Some(term) = terms.first() else { continue };
        // Where a stricter rule rejects the text, a warning about another list helps no one.
        let stricter = words.whole(&text, |term| is_of(look, term, "unless_lists", "unless_completed_by"));
        if stricter.is_empty() {
            found.push(told(field, item, &text, term));
        }
    }
    found
}

fn listed_inside(look: &Look<'_>) -> Vec<Finding> {
    let words = &look.view.facts.words;
    let answers = look.with.whole("answers").unwrap_or(3);
    let mut found = Vec::new();
    for (field, item, text) in texts(look) {
        let material = item.and_then(|place| look.view.shipment.items.get(place)?.material.as_deref());
        let complete = words.answers(&text, material).count() as i64 >= answers;
        let terms = words.inside(&text);
        let Some(term) = terms.first().filter(|_| !complete && words.whole(&text, |_| true).is_empty()) else {
            continue;
        };
        found.push(told(field, item, &text, term));
    }
    found
}

fn told(field: &'static str, item: Option<usize>, text: &str, term: &Term) -> Finding {
    let better = term.better.as_ref().map(|better| format!(", for example “{better}”")).unwrap_or_default();
    let finding = Finding::of(item).with("field", field).with("text", text).with("term", &term.term);
    finding.with("list", &term.list).with("better", better).sure(&term.origin.confidence)
}

fn answers(look: &Look<'_>) -> Vec<Finding> {
    let words = &look.view.facts.words;
    let least = look.with.whole("least").unwrap_or(0);
    let most = look.with.whole("most").unwrap_or(0);
    let mut found = Vec::new();
    for (place, item) in look.view.items() {
        let Some(text) = item.description.as_deref().filter(|text| Pattern::of(text).is_none()) else { continue };
        let answers = words.answers(text, item.material.as_deref());
        let count = answers.count() as i64;
        if count < least && count >= most && words.whole(text, |_| true).is_empty() {
            found.push(Finding::of(Some(place)).with("text", text).with("missing", answers.missing()));
        }
    }
    found
}

fn agrees(look: &Look<'_>) -> Vec<Finding> {
    let Some(parties) = look.view.standing.parties() else { return Vec::new() };
    let least = look.with.decimal("least_share").unwrap_or_default();
    let mut found = Vec::new();
    for (place, item) in look.view.items() {
        let listing = item.listing_id.as_ref().and_then(|id| parties.listings.get(id));
        let (Some(listing), Some(text)) = (listing, item.description.as_deref()) else { continue };
        let offer = format!("{} {}", listing.title, listing.category.as_deref().unwrap_or_default());
        if text.split_whitespace().count() < FEWEST_WORDS {
            continue;
        }
        let share = look.view.facts.words.overlap(text, &offer);
        let share = share.and_then(rust_decimal::Decimal::from_f32_retain);
        if share.is_some_and(|share| share < least) {
            found.push(Finding::of(Some(place)).with("text", text).with("title", &listing.title));
        }
    }
    found
}
