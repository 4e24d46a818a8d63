//! Queues and cases as the console shows them: texts finished, nothing left to compute in a template.

use super::decision::{Decision, DecisionState};
use super::model::{Case, CaseKind};
use super::policy::{ActionRule, Policies};
use super::priority::{self, Part, Priority};
use super::quality;
use super::reviewing::QueueView;
use super::store::CaseEventRow;
use super::store_quality::{Fate, Pair};
use crate::http::console::parts::{Fact, When};
use crate::http::console::view::{Shell, VerdictView};
use crate::kernel::Instant;
use crate::registry::model::{AuthorisedSeller, Brand};

/// `/work`: one's own cases, the queues, the clocks that end first.
#[derive(Debug, askama::Template)]
#[template(path = "work.html")]
pub struct WorkView {
    /// The surroundings.
    pub shell: Shell,
    /// Cases that this person holds.
    pub mine: Vec<CaseRow>,
    /// All queues.
    pub queues: Vec<QueueRow>,
    /// Cases whose clock ends first.
    pub due: Vec<CaseRow>,
    /// What this person decided last.
    pub decided: Vec<DecisionRow>,
    /// What was just decided and can be taken back.
    pub undo: Option<UndoBar>,
}

/// `/queues/{name}`: the cases of a queue in its order.
#[derive(Debug, askama::Template)]
#[template(path = "queue.html")]
pub struct QueuePage {
    /// The surroundings.
    pub shell: Shell,
    /// The queue.
    pub queue: QueueRow,
    /// How its order is told: `highest priority first`.
    pub order: &'static str,
    /// Its cases.
    pub rows: Vec<CaseRow>,
    /// Address of the next page.
    pub next: Option<String>,
    /// What was just decided and can be taken back.
    pub undo: Option<UndoBar>,
    /// Said when there was nothing to take.
    pub nothing_free: bool,
}

/// A queue in a list.
#[derive(Debug)]
pub struct QueueRow {
    /// Its name in addresses.
    pub name: String,
    /// Its name for people.
    pub title: String,
    /// Cases in it.
    pub cases: i64,
    /// Those held now.
    pub held: i64,
    /// When the oldest was opened.
    pub oldest: Option<When>,
    /// The nearest end of a clock.
    pub due: Option<When>,
}

/// A case in a list.
#[derive(Debug)]
pub struct CaseRow {
    /// Address of its page.
    pub href: String,
    /// One line.
    pub title: String,
    /// Why a person has to look.
    pub kind: String,
    /// The platform's id of what it is about, or its subject.
    pub subject: String,
    /// The merchant.
    pub merchant: Option<String>,
    /// The weightiest reason.
    pub reason: Option<String>,
    /// `63.5`.
    pub score: String,
    /// What the score is made of, in one line.
    pub because: String,
    /// Who holds it.
    pub holder: Option<String>,
    /// When it has to be answered.
    pub due: Option<When>,
    /// When it was opened.
    pub opened: When,
}

/// A decision in a list.
#[derive(Debug)]
pub struct DecisionRow {
    /// Its id.
    pub id: String,
    /// What was done.
    pub action: String,
    /// Address of its case.
    pub href: Option<String>,
    /// What it is about.
    pub subject: String,
    /// Where it stands.
    pub state: String,
    /// Who decided.
    pub actor: String,
    /// Who confirmed.
    pub seconded_by: Option<String>,
    /// When.
    pub at: When,
    /// The policies that were broken.
    pub findings: String,
    /// What the merchant is told.
    pub message: String,
    /// For colleagues.
    pub note: String,
    /// Whether it can be undone.
    pub can_undo: bool,
    /// Whether a second person can confirm or refuse it.
    pub proposed: bool,
    /// Why it was undone.
    pub undone_because: Option<String>,
}

/// The bar that takes a fresh decision back.
#[derive(Debug)]
pub struct UndoBar {
    /// The decision.
    pub id: String,
    /// `Take down: Northpeak jacket`.
    pub says: String,
    /// Until when, for the countdown.
    pub until: String,
    /// Whether it still can be taken back unheard.
    pub in_time: bool,
}

/// A part of the priority, for the page.
#[derive(Debug)]
pub struct PartRow {
    /// `severity`.
    pub name: String,
    /// `severity 4 of 5`.
    pub says: String,
    /// `32.0 of 40`.
    pub points: String,
    /// Width of its bar: 0 to 100.
    pub percent: u32,
}

/// An action on the case page.
#[derive(Debug)]
pub struct ActionOption {
    /// Its word.
    pub name: String,
    /// For people.
    pub title: String,
    /// Its key.
    pub key: char,
    /// Whether a reason has to be chosen.
    pub needs_policy: bool,
    /// Whether a second person has to confirm.
    pub four_eyes: bool,
}

/// A reason on the case page.
#[derive(Debug)]
pub struct ReasonOption {
    /// `counterfeit/admitted-copy`.
    pub value: String,
    /// The policy's name.
    pub policy: String,
    /// The reason's name.
    pub name: String,
    /// What the merchant is told.
    pub says: String,
    /// The actions that it allows, parted by spaces.
    pub actions: String,
    /// Its key: 1 to 9.
    pub key: Option<usize>,
    /// Placeholders that have to be filled in, parted by spaces.
    pub open: String,
}

/// Something that happened to the case.
#[derive(Debug)]
pub struct EventLine {
    /// When.
    pub at: When,
    /// Who.
    pub actor: String,
    /// What.
    pub what: String,
    /// The comment or the reason.
    pub text: String,
}

/// The registry's record of a brand.
#[derive(Debug)]
pub struct BrandRecord {
    /// The brand's name.
    pub name: String,
    /// Its key.
    pub key: String,
    /// Marks, classes and categories.
    pub facts: Vec<Fact>,
    /// Who may sell, and where and until when.
    pub sellers: Vec<String>,
}

/// `/cases/{id}`: everything that is needed to decide.
#[derive(Debug, askama::Template)]
#[template(path = "case.html")]
pub struct CaseView {
    /// The surroundings.
    pub shell: Shell,
    /// The case's id.
    pub id: String,
    /// The version that is shown.
    pub version: i64,
    /// One line.
    pub title: String,
    /// Why a person has to look.
    pub kind: String,
    /// Where it stands.
    pub state: String,
    /// Name and title of its queue.
    pub queue: (String, String),
    /// `63.5`.
    pub score: String,
    /// Why this priority.
    pub parts: Vec<PartRow>,
    /// Who holds it.
    pub holder: Option<String>,
    /// Until when.
    pub lease_until: Option<When>,
    /// Whether this person holds it.
    pub mine: bool,
    /// Whether this person may take it.
    pub can_take: bool,
    /// Whether it is escalated.
    pub escalated: bool,
    /// Who else looks at it.
    pub others: Vec<String>,
    /// When it has to be answered.
    pub due: Option<When>,
    /// The platform's id, the merchant, the sales, how often it was reported.
    pub facts: Vec<Fact>,
    /// What speaks against it.
    pub reasons: Vec<String>,
    /// The verdict with its evidence, for cases about listings.
    pub evidence: Option<VerdictView>,
    /// The brands concerned.
    pub brands: Vec<BrandRecord>,
    /// What is known of the merchant.
    pub merchant: Vec<Fact>,
    /// Other cases about the same listing.
    pub earlier: Vec<CaseRow>,
    /// The decisions on this case.
    pub decisions: Vec<DecisionRow>,
    /// What happened.
    pub history: Vec<EventLine>,
    /// What can be done.
    pub actions: Vec<ActionOption>,
    /// For which reasons.
    pub options: Vec<ReasonOption>,
    /// Placeholders of the reasons that the reviewer may have to fill in.
    pub fills: Vec<String>,
    /// What was just decided and can be taken back.
    pub undo: Option<UndoBar>,
    /// Why the last step was refused.
    pub refused: Option<String>,
}

/// A word of the data for people.
pub fn spaced(word: &str) -> String {
    word.replace('_', " ")
}

fn score(priority: &Priority) -> String {
    format!("{:.1}", priority.score as f64 / 10.0)
}

/// The priority of a case now.
pub fn priority_of(weights: &priority::Weights, case: &Case, now: Instant) -> Priority {
    priority::priority(weights, &case.facts, case.due, now)
}

/// A case in a list.
pub fn case_row(weights: &priority::Weights, case: &Case, now: Instant) -> CaseRow {
    let priority = priority_of(weights, case, now);
    let told = |part: &Part| format!("{} {:.1}", part.says, part.points);
    CaseRow {
        href: format!("/cases/{}", case.id),
        title: case.title.clone(),
        kind: spaced(case.kind.as_str()),
        subject: case.facts.external_id.clone().unwrap_or_else(|| case.subject.clone()),
        merchant: case.merchant.clone(),
        reason: case.facts.reasons.first().cloned(),
        score: score(&priority),
        because: priority.parts.iter().map(told).collect::<Vec<_>>().join(" · "),
        holder: case.held_by(now).map(str::to_owned),
        due: case.due.map(When::from),
        opened: When::from(case.opened_at),
    }
}

/// A queue in a list.
pub fn queue_row(view: &QueueView) -> QueueRow {
    QueueRow {
        name: view.queue.name.clone(),
        title: view.queue.title.clone(),
        cases: view.count.cases,
        held: view.count.held,
        oldest: view.count.oldest.map(When::from),
        due: view.count.due.map(When::from),
    }
}

/// A decision in a list.
pub fn decision_row(policies: &Policies, decision: &Decision) -> DecisionRow {
    let title = policies.action(decision.action).map_or_else(String::new, |rule| rule.title.clone());
    let findings = decision.findings.iter().map(|finding| format!("{}/{}", finding.policy, finding.reason));
    DecisionRow {
        id: decision.id.to_string(),
        action: title,
        href: decision.case.map(|case| format!("/cases/{case}")),
        subject: decision.subject.clone(),
        state: spaced(decision.state.as_str()),
        actor: decision.actor.clone(),
        seconded_by: decision.seconded_by.clone(),
        at: When::from(decision.at),
        findings: findings.collect::<Vec<_>>().join(", "),
        message: decision.message.clone(),
        note: decision.note.clone(),
        can_undo: decision.state.holds(),
        proposed: decision.state == DecisionState::Proposed,
        undone_because: decision.undone_because.clone(),
    }
}

/// The bar that takes a decision back, while it holds.
pub fn undo_bar(policies: &Policies, decision: &Decision, title: &str, now: Instant) -> Option<UndoBar> {
    let until = decision.settles_at.filter(|_| decision.state.holds())?;
    let action = policies.action(decision.action).map_or_else(String::new, |rule| rule.title.clone());
    let short: String = title.chars().take(80).collect();
    Some(UndoBar {
        id: decision.id.to_string(),
        says: format!("{action}: {short}"),
        until: until.to_string(),
        in_time: now < until,
    })
}

/// The parts of a priority with the widths of their bars.
pub fn parts(priority: &Priority) -> Vec<PartRow> {
    let row = |part: &Part| PartRow {
        name: part.part.to_string(),
        says: part.says.clone(),
        points: format!("{:.1} of {:.0}", part.points, part.weight),
        percent: (part.share * 100.0).round() as u32,
    };
    priority.parts.iter().map(row).collect()
}

/// `63.5`.
pub fn shown_score(priority: &Priority) -> String {
    score(priority)
}

/// What can be done with a case of this kind.
pub fn actions(policies: &Policies, kind: CaseKind) -> Vec<ActionOption> {
    let option = |rule: &ActionRule| ActionOption {
        name: rule.name.to_string(),
        title: rule.title.clone(),
        key: rule.key,
        needs_policy: rule.needs_policy,
        four_eyes: policies.four_eyes.actions.contains(&rule.name),
    };
    policies.actions_on(kind).map(option).collect()
}

/// For which reasons.
pub fn reason_options(policies: &Policies, kind: CaseKind) -> Vec<ReasonOption> {
    let mut options = Vec::new();
    for policy in policies.policies_on(kind) {
        for reason in &policy.reasons {
            let actions: Vec<&str> = policy.actions.iter().map(|action| action.as_str()).collect();
            options.push(ReasonOption {
                value: format!("{}/{}", policy.id, reason.id),
                policy: policy.name.clone(),
                name: reason.name.clone(),
                says: format!("{} {}", reason.says, reason.cure),
                actions: actions.join(" "),
                key: Some(options.len() + 1).filter(|key| *key <= 9),
                open: policies.open_words(reason).join(" "),
            });
        }
    }
    options
}

/// The placeholders of these reasons, each once.
pub fn fills(options: &[ReasonOption]) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for word in options.iter().flat_map(|option| option.open.split_whitespace()) {
        if !words.iter().any(|known| known == word) {
            words.push(word.to_owned());
        }
    }
    words
}

/// What happened, newest first.
pub fn history(events: Vec<CaseEventRow>) -> Vec<EventLine> {
    let text = |event: &CaseEventRow| {
        let told = ["text", "reason", "because", "taken_over_from"];
        let found = told.iter().find_map(|member| event.body[*member].as_str());
        found.map(str::to_owned).unwrap_or_default()
    };
    let line = |event: CaseEventRow| EventLine {
        at: When::from(event.at),
        text: text(&event),
        actor: event.actor,
        what: spaced(&event.kind),
    };
    events.into_iter().rev().map(line).collect()
}

/// The registry's record of a brand.
pub fn brand(brand: &Brand) -> BrandRecord {
    let words: Vec<&str> = brand.word_marks.iter().take(20).map(|mark| mark.text.as_str()).collect();
    let classes: Vec<String> = brand.nice_classes.iter().map(|class| u8::from(*class).to_string()).collect();
    let seller = |seller: &AuthorisedSeller| {
        let markets: Vec<&str> = seller.markets.iter().map(|market| market.as_str()).collect();
        let places = if markets.is_empty() { "everywhere".to_owned() } else { format!("in {}", markets.join(", ")) };
        let from = seller.from.map_or_else(String::new, |day| format!(" from {day}"));
        let until = seller.until.map_or_else(String::new, |day| format!(" until {day}"));
        format!("{} {places}{from}{until}", seller.seller)
    };
    BrandRecord {
        name: brand.name.clone(),
        key: brand.key.to_string(),
        facts: vec![
            Fact::new("Word marks", words.join(", ")),
            Fact::new("Classes", classes.join(", ")),
            Fact::new("Known for", brand.categories.join(", ")),
            Fact::new("References", brand.references.len().to_string()),
        ],
        sellers: brand.authorised_sellers.iter().take(20).map(seller).collect(),
    }
}

/// `/quality`: how far people agree, and what was overturned.
#[derive(Debug, askama::Template)]
#[template(path = "quality.html")]
pub struct QualityView {
    /// The surroundings.
    pub shell: Shell,
    /// Second looks that were answered.
    pub pairs: usize,
    /// The agreement in one sentence.
    pub agreement: String,
    /// Which share of decisions is looked at again.
    pub share: String,
    /// Where the two differ.
    pub apart: Vec<ApartLine>,
    /// Overturned decisions, by rule and by person.
    pub tables: Vec<FateTable>,
}

/// A second look that differs from the first.
#[derive(Debug)]
pub struct ApartLine {
    /// The case of the decision that was looked at again.
    pub href: Option<String>,
    /// `take down, then allow`.
    pub says: String,
    /// The rule that asked for a person.
    pub rule: String,
}

/// What became of decisions, in one table.
#[derive(Debug)]
pub struct FateTable {
    /// For the page's own links.
    pub id: &'static str,
    /// What it is about.
    pub title: &'static str,
    /// The name of its first column.
    pub column: &'static str,
    /// Its rows.
    pub rows: Vec<FateRow>,
}

/// A row of it.
#[derive(Debug)]
pub struct FateRow {
    /// The rule or the person.
    pub name: String,
    /// How many decisions.
    pub all: i64,
    /// How many of them were reversed.
    pub reversed: i64,
    /// `4.0 % (1.1 to 13.5)`.
    pub share: String,
}

/// The agreement of second looks in one sentence.
pub fn agreement_words(pairs: &[Pair]) -> String {
    let answers: Vec<(&str, &str)> = pairs.iter().map(|pair| (pair.first.as_str(), pair.second.as_str())).collect();
    match quality::agreement(&answers) {
        None if pairs.is_empty() => "No second look was answered yet.".to_owned(),
        None => format!("All {} answers are the same; kappa is not defined.", pairs.len()),
        Some(found) => format!(
            "Kappa {:.2} ({:.2} to {:.2}); {:.0} % of {} answers are equal.",
            found.kappa,
            found.low,
            found.high,
            found.equal * 100.0,
            found.pairs
        ),
    }
}

/// Second looks that differ from the first.
pub fn apart(pairs: &[Pair]) -> Vec<ApartLine> {
    let differ = pairs.iter().filter(|pair| pair.first != pair.second).take(50);
    let line = |pair: &Pair| ApartLine {
        href: pair.case.map(|id| format!("/cases/{id}")),
        says: format!("{}, then {}", spaced(&pair.first), spaced(&pair.second)),
        rule: pair.rule.clone().unwrap_or_default(),
    };
    differ.map(line).collect()
}

/// A row of what became of decisions.
pub fn fate_row(fate: &Fate) -> FateRow {
    let number = |number: i64| u64::try_from(number).unwrap_or(0);
    let share = quality::share(number(fate.reversed), number(fate.all));
    FateRow {
        name: fate.name.clone(),
        all: fate.all,
        reversed: fate.reversed,
        share: share.map_or_else(String::new, |found| {
            let percent = found.of as f64 / found.all as f64 * 100.0;
            format!("{percent:.1} % ({:.1} to {:.1})", found.low * 100.0, found.high * 100.0)
        }),
    }
}
