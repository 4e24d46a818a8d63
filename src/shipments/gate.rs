//! The decision: rules over one shipment on one day.

use jiff::civil::Date;

use super::charges;
use super::checks::Finding;
use super::model::{GateAnswer, Lane, Outcome, Reason, Shipment, StandingState};
use super::rules::{GateRules, Rule, State, WhenUnknown};
use super::standing::Standing;
use super::view::View;

/// Most reasons of one rule: a thousand items with one fault are one message with examples.
const MAX_REASONS_OF_RULE: usize = 20;

/// The gate.
#[derive(Debug, Clone, Copy)]
pub struct Gate;

impl Gate {
    /// Judges a shipment by the law of `on`.
    ///
    /// Pure: the same rules, shipment, standing and day always give the same answer, byte for byte.
    /// The certificate is left empty; it is signed by who holds the key.
    pub fn evaluate(rules: &GateRules, shipment: &Shipment, standing: &Standing, on: Date) -> GateAnswer {
        Self::evaluate_as_live(rules, shipment, standing, on, None)
    }

    /// As [`Gate::evaluate`], with one rule as if it were live, for its cases.
    pub(super) fn evaluate_as_live(
        rules: &GateRules,
        shipment: &Shipment,
        standing: &Standing,
        on: Date,
        as_live: Option<&str>,
    ) -> GateAnswer {
        let view = View::new(shipment, standing, rules.facts(), on);
        let mut notes = standing_notes(standing.state());
        let (mut reasons, mut shadow) = (Vec::new(), Vec::new());
        for rule in rules.rules() {
            let live = rule.state == State::Live || as_live == Some(rule.id.as_str());
            if !rule.holds_on(on) || (!live && rule.state == State::Retired) {
                continue;
            }
            let found = judge(rule, &view, &mut notes);
            if live { reasons.extend(found) } else { shadow.extend(found) }
        }
        // Stable: equals stay in the order of rules and items.
        reasons.sort_by_key(|reason| std::cmp::Reverse((reason.outcome, reason.lane)));
        let estimate = charges::estimate(&view);
        notes.extend(estimate.notes);
        let risk = rules.risk.score(&view, &reasons);
        let outcome = reasons.iter().map(|reason| reason.outcome).max().unwrap_or(Outcome::Release);
        let by_reasons = reasons.iter().map(|reason| reason.lane).max().unwrap_or(Lane::Green);
        let lane = by_reasons.max(rules.risk.lane(risk.score));
        GateAnswer {
            id: shipment.id.clone(),
            outcome,
            lane,
            reasons,
            risk,
            charges: estimate.charges,
            certificate: None,
            standing: standing.state(),
            notes,
            on,
            rules_version: rules.version().to_owned(),
            shadow,
        }
    }
}

fn standing_notes(state: StandingState) -> Vec<String> {
    match state {
        StandingState::DeclarationOnly => {
            vec!["only the declaration was checked; listing and merchant standing were not looked up".to_owned()]
        }
        StandingState::Unavailable | StandingState::LookedUp => Vec::new(),
    }
}

fn judge(rule: &Rule, view: &View<'_>, notes: &mut Vec<String>) -> Vec<Reason> {
    if (rule.check.needs_standing && view.standing.parties().is_none()) || !rule.scope.covers(view) {
        return Vec::new();
    }
    let found = rule.check.run(view, &rule.with);
    if found.len() > MAX_REASONS_OF_RULE {
        let more = found.len() - MAX_REASONS_OF_RULE;
        notes.push(format!("{} speaks of {more} more items than are listed", rule.id));
    }
    found.into_iter().take(MAX_REASONS_OF_RULE).filter_map(|finding| reason(rule, finding)).collect()
}

fn reason(rule: &Rule, finding: Finding) -> Option<Reason> {
    let (outcome, lane) = match (finding.undecided, rule.unknown) {
        (false, _) => (rule.outcome, rule.lane),
        (true, WhenUnknown::Skip) => return None,
        (true, WhenUnknown::Note) => (Outcome::Release, Lane::Amber),
        (true, WhenUnknown::Hold) => (Outcome::Hold, Lane::Amber),
    };
    let unsure = if finding.undecided { " (not certain: an exchange rate is missing)" } else { "" };
    Some(Reason {
        rule: rule.id.clone(),
        version: rule.version.clone(),
        item: finding.item,
        says: format!("{}{unsure}", rule.says.fill(&finding.slots)),
        cure: rule.cure.fill(&finding.slots),
        law: rule.law.clone(),
        outcome,
        lane,
        confidence: finding.confidence,
    })
}
