//! Checks of documents and of the way a shipment travels.

use super::{CheckKind, Finding, Look};
use crate::shipments::rules::{Param, ParamKind};

const KIND: Param = Param::needed("kind", ParamKind::Text);

pub(super) const CHECKS: &[CheckKind] = &[
    CheckKind::of_declaration("document.required", &[KIND], &["kind"], required),
    CheckKind::of_declaration(
        "document.number",
        &[KIND, Param::optional("refused", ParamKind::Texts), Param::optional("allowed", ParamKind::Texts)],
        &["kind", "number", "allowed"],
        number,
    ),
    // For rules whose scope (channel, destination, kind, worth) is the whole condition.
    CheckKind::of_declaration("shipment.in_scope", &[], &["channel", "destination"], in_scope),
];

fn required(look: &Look<'_>) -> Vec<Finding> {
    let kind = look.with.text("kind");
    if look.view.has_document(kind) {
        return Vec::new();
    }
    vec![Finding::of(None).with("kind", kind)]
}

fn number(look: &Look<'_>) -> Vec<Finding> {
    let kind = look.with.text("kind");
    let (refused, allowed) = (look.with.texts("refused"), look.with.texts("allowed"));
    let mut found = Vec::new();
    for document in look.view.shipment.documents.iter().filter(|document| document.kind == kind) {
        let number = document.number.as_deref().unwrap_or_default();
        let wrong = refused.iter().any(|code| code == number)
            || (!allowed.is_empty() && !allowed.iter().any(|code| code == number));
        if wrong {
            let shown = if number.is_empty() { "no number" } else { number };
            found.push(Finding::of(None).with("kind", kind).with("number", shown).with("allowed", allowed.join(", ")));
        }
    }
    found
}

fn in_scope(look: &Look<'_>) -> Vec<Finding> {
    let shipment = look.view.shipment;
    let channel = shipment.channel.map_or("unknown".to_owned(), |channel| format!("{channel:?}").to_lowercase());
    let destination = shipment.destination.as_deref().unwrap_or("unknown");
    vec![Finding::of(None).with("channel", channel).with("destination", destination)]
}
