//! Merchants as the console shows them: texts finished, nothing left to compute in a template.

use crate::http::console::marking::plain;
use crate::http::console::parts::{Fact, Outcome, Segment, When};
use crate::http::console::view::{Counter, Shell};
use crate::kernel::Instant;
use crate::merchants::authority::model::Authorisation;
use crate::merchants::dossiers::model::{Document, Dossier, Sanctions};
use crate::merchants::dossiers::store::Listed;
use crate::merchants::links::Link;
use crate::merchants::lists::ListEntity;
use crate::merchants::onboarding::State;
use crate::merchants::onboarding::model::Application;
use crate::merchants::screening::hits::{Hit, HitState};
use crate::merchants::standing::{LedgerEntry, Standing};
use crate::screening::Decision;
use crate::screening::store::Judged;

use super::csv::Import;

/// A text as one part of an address.
pub fn part(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => (byte as char).to_string(),
        other => format!("%{other:02X}"),
    };
    text.bytes().map(byte).collect()
}

/// The address of a merchant's page.
pub fn merchant_address(id: &str) -> String {
    format!("/merchants/{}", part(id))
}

/// The colour of a state.
pub fn state_colour(state: State) -> Outcome {
    match state {
        State::Verified => Outcome::Clear,
        State::Verifying | State::RemedyRequested => Outcome::Review,
        State::Suspended => Outcome::Block,
        State::New | State::Collecting | State::Closed => Outcome::Note,
    }
}

/// A word with its colour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Badge {
    /// Its colour.
    pub outcome: Outcome,
    /// The word.
    pub label: String,
}

impl Badge {
    fn new(outcome: Outcome, label: impl Into<String>) -> Self {
        Self { outcome, label: label.into() }
    }

    fn of_state(state: State) -> Self {
        Self::new(state_colour(state), state.label())
    }

    fn of_hit(state: HitState) -> Self {
        let outcome = match state {
            HitState::Open => Outcome::Review,
            HitState::Cleared => Outcome::Clear,
            HitState::Confirmed => Outcome::Block,
            HitState::Gone => Outcome::Note,
        };
        Self::new(outcome, state.as_str())
    }
}

/// A merchant in a list.
#[derive(Debug)]
pub struct MerchantRow {
    /// Address of its page.
    pub href: String,
    /// The platform's id.
    pub id: String,
    /// The shop's name.
    pub name: Vec<Segment>,
    /// Where its admission stands.
    pub state: Badge,
    /// When its clock ends.
    pub due: Option<When>,
    /// When it last changed.
    pub updated: When,
}

/// The rows of a list.
pub fn rows(listed: Vec<Listed>) -> Vec<MerchantRow> {
    let row = |own: Listed| MerchantRow {
        href: merchant_address(&own.merchant),
        name: plain(if own.name.is_empty() { "no name" } else { &own.name }),
        id: own.merchant,
        state: Badge::of_state(own.state),
        due: own.due_at.map(When::from),
        updated: When::from(own.updated_at),
    };
    listed.into_iter().map(row).collect()
}

/// `/merchants`: the vetting queue, or merchants in one state.
#[derive(Debug, askama::Template)]
#[template(path = "merchants.html")]
pub struct MerchantsView {
    /// The surroundings.
    pub shell: Shell,
    /// What is listed: `To be verified`.
    pub heading: String,
    /// States with their numbers.
    pub counters: Vec<Counter>,
    /// Open matches with lists.
    pub open_hits: i64,
    /// The rows.
    pub rows: Vec<MerchantRow>,
    /// Address of the next page.
    pub next: Option<String>,
    /// Whether the caller may import.
    pub may_import: bool,
}

/// The numbers above the list.
pub fn counters(counts: &[(State, i64)], current: Option<State>) -> Vec<Counter> {
    let number = |state: State| counts.iter().find(|(own, _)| *own == state).map_or(0, |(_, count)| *count);
    let counter = |state: State| Counter {
        label: state.label().to_owned(),
        count: number(state).to_string(),
        outcome: Some(state_colour(state)),
        href: format!("/merchants?state={}", state.as_str()),
        current: current == Some(state),
    };
    State::ALL.into_iter().filter(|state| *state != State::New).map(counter).collect()
}

/// Something missing or wrong.
#[derive(Debug)]
pub struct GapRow {
    /// What.
    pub says: String,
    /// How to mend it.
    pub cure: String,
    /// The laws.
    pub laws: String,
}

/// An identifier with its answer.
#[derive(Debug)]
pub struct CheckRow {
    /// Which member.
    pub member: String,
    /// Its kind.
    pub kind: String,
    /// The answer.
    pub result: Badge,
}

/// A document in the list.
#[derive(Debug)]
pub struct DocumentRow {
    /// Address of its bytes.
    pub href: String,
    /// What it shows.
    pub kind: String,
    /// The name it was sent under.
    pub name: Vec<Segment>,
    /// Type and size.
    pub about: String,
    /// When it came.
    pub at: When,
}

/// A link in the list.
#[derive(Debug)]
pub struct LinkRow {
    /// Address of the other merchant.
    pub href: String,
    /// Its id.
    pub id: String,
    /// `87 %`.
    pub score: String,
    /// What they share, masked.
    pub evidence: Vec<String>,
}

/// An entry of a ledger.
#[derive(Debug)]
pub struct EntryRow {
    /// The ledger.
    pub ledger: &'static str,
    /// What happened.
    pub says: String,
    /// Where it comes from.
    pub source: String,
    /// Points that count now, of those it has.
    pub points: String,
    /// Where the appeal stands, or why fewer count.
    pub note: String,
    /// When it was recorded.
    pub at: When,
    /// When it expires.
    pub expires: When,
}

/// A match with a list, in a list.
#[derive(Debug)]
pub struct HitRow {
    /// Address of its page.
    pub href: String,
    /// The merchant.
    pub merchant: String,
    /// The list and its entry.
    pub entry: String,
    /// The merchant's name that was asked.
    pub asked: Vec<Segment>,
    /// The entry's name.
    pub name: Vec<Segment>,
    /// `0.91`.
    pub score: String,
    /// Where it stands.
    pub state: Badge,
    /// When it was found.
    pub at: When,
}

/// Rows of matches.
pub fn hit_rows(hits: &[Hit]) -> Vec<HitRow> {
    let row = |hit: &Hit| HitRow {
        href: format!("/list-hits/{}", hit.id),
        merchant: hit.merchant.clone(),
        entry: format!("{} {}", hit.found.list, hit.found.entity),
        asked: plain(&hit.found.asked),
        name: plain(&hit.found.name),
        score: format!("{:.2}", hit.found.score),
        state: Badge::of_hit(hit.state),
        at: When::from(hit.found_at),
    };
    hits.iter().map(row).collect()
}

/// A listing in the list.
#[derive(Debug)]
pub struct ListingRow {
    /// Address of its verdict.
    pub href: String,
    /// Its title.
    pub title: Vec<Segment>,
    /// The verdict.
    pub outcome: Outcome,
    /// When it last changed.
    pub at: When,
}

/// A step that may be taken now.
#[derive(Debug)]
pub struct StepChoice {
    /// The word in the form.
    pub word: &'static str,
    /// The words on the button.
    pub label: &'static str,
}

/// An authorisation in the list.
#[derive(Debug)]
pub struct AuthorisationRow {
    /// The brand.
    pub brand: String,
    /// Where and when.
    pub scope: String,
    /// Where it stands.
    pub state: Badge,
    /// When it was asked for.
    pub at: When,
}

/// `/merchants/{id}`: one merchant.
#[derive(Debug, askama::Template)]
#[template(path = "merchant.html")]
pub struct MerchantView {
    /// The surroundings.
    pub shell: Shell,
    /// The platform's id.
    pub id: String,
    /// Address of this page.
    pub href: String,
    /// The shop's name.
    pub name: Vec<Segment>,
    /// Where its admission stands.
    pub state: Badge,
    /// Why it is where it is, one sentence each.
    pub alarms: Vec<String>,
    /// `Suspended on … unless mended`.
    pub clock: Option<String>,
    /// Identity.
    pub facts: Vec<Fact>,
    /// Missing parts.
    pub gaps: Vec<GapRow>,
    /// Identifiers.
    pub checks: Vec<CheckRow>,
    /// Documents.
    pub documents: Vec<DocumentRow>,
    /// The drawing of links, complete and escaped; empty = nobody is linked.
    pub graph: String,
    /// Links.
    pub links: Vec<LinkRow>,
    /// Tier, score, measures.
    pub standing: Vec<Fact>,
    /// Ledgers.
    pub entries: Vec<EntryRow>,
    /// Matches with lists.
    pub hits: Vec<HitRow>,
    /// Listings.
    pub listings: Vec<ListingRow>,
    /// Authorisations.
    pub authorisations: Vec<AuthorisationRow>,
    /// Steps that the caller may take.
    pub steps: Vec<StepChoice>,
}

/// Everything that the page of a merchant is made of.
pub struct Subject<'a> {
    /// The dossier.
    pub dossier: &'a Dossier,
    /// Documents.
    pub documents: &'a [Document],
    /// Links.
    pub links: &'a [Link],
    /// The drawing.
    pub graph: String,
    /// Ledgers.
    pub entries: &'a [LedgerEntry],
    /// Matches.
    pub hits: &'a [Hit],
    /// Listings.
    pub listings: &'a [Judged],
    /// Authorisations.
    pub authorisations: &'a [Authorisation],
    /// Whether the caller may decide.
    pub may_decide: bool,
}

/// The page of a merchant.
pub fn merchant(shell: Shell, of: Subject<'_>) -> MerchantView {
    let dossier = of.dossier;
    let id = dossier.merchant.clone();
    let link_row = |link: &Link| {
        let other = if link.a == id { &link.b } else { &link.a };
        LinkRow {
            href: merchant_address(other),
            id: other.clone(),
            score: format!("{:.0} %", link.score * 100.0),
            evidence: link.evidence.iter().map(|own| format!("{}: {}", own.kind.label(), own.value_hint)).collect(),
        }
    };
    let document = |own: &Document| DocumentRow {
        href: format!("{}/documents/{}", merchant_address(&id), own.id),
        kind: own.kind.as_str().replace('_', " "),
        name: plain(&own.name),
        about: format!("{}, {} bytes", own.media_type, own.bytes),
        at: When::from(own.uploaded_at),
    };
    let listing = |judged: &Judged| ListingRow {
        href: format!("/verdicts/{}", judged.row.verdict),
        title: plain(&judged.listing.title),
        outcome: match judged.row.decision {
            Decision::Clear => Outcome::Clear,
            Decision::Review => Outcome::Review,
            Decision::Block => Outcome::Block,
        },
        at: When::from(judged.row.updated_at),
    };
    MerchantView {
        shell,
        href: merchant_address(&id),
        name: plain(if dossier.name().is_empty() { &id } else { dossier.name() }),
        state: Badge::of_state(dossier.state),
        alarms: alarms(dossier),
        clock: clock(dossier),
        facts: dossier.application.as_ref().map(facts).unwrap_or_default(),
        gaps: dossier
            .body
            .gaps
            .iter()
            .map(|gap| GapRow { says: gap.says.clone(), cure: gap.cure.clone(), laws: gap.laws.join("; ") })
            .collect(),
        checks: dossier.body.checks.iter().map(check_row).collect(),
        documents: of.documents.iter().map(document).collect(),
        graph: of.graph,
        links: of.links.iter().map(link_row).collect(),
        standing: standing_facts(&dossier.standing),
        entries: entry_rows(of.entries, &dossier.standing),
        hits: hit_rows(of.hits),
        listings: of.listings.iter().map(listing).collect(),
        authorisations: of.authorisations.iter().map(authorisation_row).collect(),
        steps: if of.may_decide { steps(dossier) } else { Vec::new() },
        id,
    }
}

fn check_row(check: &crate::merchants::dossiers::model::IdentifierCheck) -> CheckRow {
    let outcome = match check.result.as_str() {
        "valid" => Outcome::Clear,
        "invalid" => Outcome::Block,
        _ => Outcome::Note,
    };
    CheckRow {
        member: check.pointer.trim_start_matches('/').replace(['/', '_'], " "),
        kind: check.kind.clone(),
        result: Badge::new(outcome, check.result.replace('_', "-")),
    }
}

fn authorisation_row(own: &Authorisation) -> AuthorisationRow {
    use crate::merchants::authority::model::AuthorisationState as S;
    let markets: Vec<String> = own.scope.markets.iter().map(ToString::to_string).collect();
    let mut scope = if markets.is_empty() { "everywhere".to_owned() } else { markets.join(", ") };
    if let Some(from) = own.scope.from {
        scope.push_str(&format!(", from {from}"));
    }
    if let Some(until) = own.scope.until {
        scope.push_str(&format!(", until {until}"));
    }
    let outcome = match own.state {
        S::Asked => Outcome::Review,
        S::Confirmed => Outcome::Clear,
        S::Refused | S::Revoked => Outcome::Block,
    };
    let state = Badge::new(outcome, own.state.as_str());
    AuthorisationRow { brand: own.brand.clone(), scope, state, at: When::from(own.asked_at) }
}

fn alarms(dossier: &Dossier) -> Vec<String> {
    let mut alarms = Vec::new();
    if let Some(stop) = dossier.stopped() {
        let score = stop.score * 100.0;
        alarms.push(format!("Offers wait: {score:.0} % like {}, which was shut out.", stop.like));
    }
    match dossier.body.sanctions {
        Sanctions::Clear => {}
        Sanctions::UnderReview => {
            alarms.push("A possible match with a sanctions list waits for a decision.".to_owned())
        }
        Sanctions::Confirmed => alarms.push("A match with a sanctions list was confirmed.".to_owned()),
    }
    if let Some(why) = &dossier.body.barred {
        alarms.push(format!("Shut out: {why}"));
    }
    if let Some(at) = dossier.body.erased_at {
        alarms.push(format!("The data were erased on {}.", at.date()));
    }
    alarms
}

fn clock(dossier: &Dossier) -> Option<String> {
    use crate::merchants::onboarding::DueKind;
    let (at, kind) = (dossier.due_at?, dossier.body.due?);
    let what = match kind {
        DueKind::Collect => "Suspended unless the data are complete",
        DueKind::Verify => "To be verified",
        DueKind::Remedy => "Suspended unless mended",
        DueKind::Recertify => "To be certified anew",
        DueKind::Erase => "Data are erased",
    };
    Some(format!("{what} by {}", When::from(at).shown))
}

fn facts(application: &Application) -> Vec<Fact> {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let kind = match application.kind {
        crate::merchants::onboarding::model::TraderKind::Company => "company",
        crate::merchants::onboarding::model::TraderKind::Individual => "individual",
    };
    let markets: Vec<String> = application.sells_to.iter().map(ToString::to_string).collect();
    let mut facts = vec![
        Fact::new("Trader", kind),
        Fact::new("Country", application.country.map(|own| own.to_string()).unwrap_or_default()),
        Fact::new("Registered name", text(&application.legal_name)),
        Fact::new("In Latin letters", text(&application.legal_name_latin)),
        Fact::new("Address", text(&application.address)),
        Fact::new("Telephone", text(&application.phone)),
        Fact::new("E-mail", text(&application.email)),
    ];
    if let Some(entry) = &application.register {
        facts.push(Fact::new("Register", text(&entry.register)));
        facts.push(Fact::new("Register number", text(&entry.number)));
    }
    if let Some(person) = &application.representative {
        facts.push(Fact::new("Representative", text(&person.name)));
        facts.push(Fact::new("Born", person.born.map(|born| born.to_string()).unwrap_or_default()));
    }
    if let Some(payment) = &application.payment {
        facts.push(Fact::new("Account", text(&payment.account)));
        facts.push(Fact::new("Account holder", text(&payment.holder)));
    }
    facts.extend(application.tax_numbers.iter().map(|own| Fact::new(format!("Tax ({})", own.kind), own.value.clone())));
    if let Some(person) = &application.responsible_person {
        facts.push(Fact::new("Responsible in EU", text(&person.name)));
    }
    for own in &application.epr {
        facts.push(Fact::new(format!("EPR {} {}", own.country, own.stream), own.number.clone()));
    }
    facts.push(Fact::new("Sells to", markets.join(", ")));
    facts.push(Fact::new("Goods", application.goods.join(", ")));
    if let Some(word) = &application.self_certification {
        facts.push(Fact::new("Certified", format!("{} on {}", word.by, word.on)));
    }
    facts.push(Fact::new("Owner", text(&application.owner)));
    // Names come from outside: what could turn the writing of the page is shown by its name.
    facts.iter_mut().for_each(|fact| fact.value = readable(&fact.value));
    facts
}

/// A text in which invisible and turning characters are named.
pub fn readable(text: &str) -> String {
    let piece = |piece: Segment| match piece.hidden {
        Some(name) => format!("[{name}]"),
        None => piece.text,
    };
    plain(text).into_iter().map(piece).collect()
}

fn standing_facts(standing: &Standing) -> Vec<Fact> {
    let effects: Vec<String> = standing
        .effects
        .iter()
        .map(|own| {
            let until = own.until.map(|at: Instant| format!(" until {}", at.date())).unwrap_or_default();
            format!("{}{until}", word(own.effect))
        })
        .collect();
    vec![
        Fact::new("Tier", standing.tier.as_str()),
        Fact::new("Score", format!("{} of 100", standing.score)),
        Fact::new("Because", standing.because.join("; ")),
        Fact::new("Measures", effects.join(", ")),
        Fact::new("Listings", standing.listing_limit.map(|limit| format!("at most {limit}")).unwrap_or_default()),
    ]
}

/// A word of the data model for people: `payout_hold` as `payout hold`.
fn word(value: impl serde::Serialize) -> String {
    let text = serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned));
    text.unwrap_or_default().replace('_', " ")
}

fn entry_rows(entries: &[LedgerEntry], standing: &Standing) -> Vec<EntryRow> {
    let counted = |id: &str| standing.ledgers.iter().flat_map(|own| &own.entries).find(|own| own.entry == id);
    let row = |entry: &LedgerEntry| {
        let count = counted(&entry.id);
        let appeal = match entry.appeal {
            crate::merchants::standing::Appeal::None => String::new(),
            other => format!("appeal {}", other.as_str()),
        };
        let because = count.and_then(|own| own.because.clone()).unwrap_or_default();
        EntryRow {
            ledger: entry.ledger.label(),
            says: readable(&entry.says),
            source: readable(&entry.source),
            points: format!("{} of {}", count.map_or(0, |own| own.points), entry.points),
            note: if because.is_empty() { appeal } else { because },
            at: When::from(entry.at),
            expires: When::from(entry.expires_at),
        }
    };
    entries.iter().rev().map(row).collect()
}

fn steps(dossier: &Dossier) -> Vec<StepChoice> {
    let mut steps = Vec::new();
    let mut add = |word: &'static str, label: &'static str| steps.push(StepChoice { word, label });
    if dossier.stopped().is_some() {
        add("lift_stop", "Another merchant: let it go on");
    }
    match dossier.state {
        State::Verifying => {
            add("checks_passed", "Verify");
            add("checks_failed", "Ask for a remedy");
        }
        State::Verified => add("checks_failed", "Ask for a remedy"),
        State::Suspended => add("reinstated", "Reinstate"),
        _ => {}
    }
    if !matches!(dossier.state, State::Suspended | State::Closed) {
        add("suspended", "Suspend and shut out");
    }
    if dossier.state != State::Closed {
        add("closed", "End the contract");
    }
    steps
}

/// `/list-hits`: possible matches.
#[derive(Debug, askama::Template)]
#[template(path = "list-hits.html")]
pub struct HitsView {
    /// The surroundings.
    pub shell: Shell,
    /// The rows, oldest first.
    pub rows: Vec<HitRow>,
    /// Lists in force: name, version, entities, when.
    pub lists: Vec<(String, String)>,
}

/// One line of the comparison.
#[derive(Debug)]
pub struct AlignedRow {
    /// The merchant's word.
    pub asked: String,
    /// The entry's word.
    pub listed: String,
    /// How they match.
    pub how: String,
    /// How telling it is.
    pub weight: String,
}

/// `/list-hits/{id}`: one possible match, side by side.
#[derive(Debug, askama::Template)]
#[template(path = "list-hit.html")]
pub struct HitView {
    /// The surroundings.
    pub shell: Shell,
    /// Its id.
    pub id: String,
    /// Where it stands.
    pub state: Badge,
    /// `0.91`.
    pub score: String,
    /// The merchant's page.
    pub merchant_href: String,
    /// The merchant.
    pub merchant: String,
    /// What the merchant says.
    pub ours: Vec<Fact>,
    /// What the entry says.
    pub theirs: Vec<Fact>,
    /// Word by word.
    pub aligned: Vec<AlignedRow>,
    /// Other things that counted.
    pub signals: Vec<String>,
    /// Who decided, when and why.
    pub decided: Option<String>,
    /// Whether the caller may decide.
    pub may_decide: bool,
}

/// The page of a match.
pub fn hit(
    shell: Shell,
    hit: &Hit,
    dossier: Option<&Dossier>,
    entry: Option<&ListEntity>,
    may_decide: bool,
) -> HitView {
    let why = &hit.found.why;
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let number = |value: &serde_json::Value| value.as_f64().map(|own| format!("{own:.2}")).unwrap_or_default();
    let mut aligned: Vec<AlignedRow> = Vec::new();
    for own in why["matched"].as_array().into_iter().flatten() {
        aligned.push(AlignedRow {
            asked: readable(&text(&own["query"])),
            listed: readable(&text(&own["listed"])),
            how: text(&own["how"]),
            weight: number(&own["weight"]),
        });
    }
    for (side, ours) in [("query_only", true), ("listed_only", false)] {
        for own in why[side].as_array().into_iter().flatten() {
            let token = readable(&text(&own["token"]));
            let (asked, listed) = if ours { (token, String::new()) } else { (String::new(), token) };
            aligned.push(AlignedRow { asked, listed, how: "no partner".to_owned(), weight: number(&own["weight"]) });
        }
    }
    let signals = why["signals"].as_array().into_iter().flatten();
    HitView {
        shell,
        id: hit.id.clone(),
        state: Badge::of_hit(hit.state),
        score: format!("{:.2}", hit.found.score),
        merchant_href: merchant_address(&hit.merchant),
        merchant: hit.merchant.clone(),
        ours: dossier.and_then(|own| own.application.as_ref()).map(facts).unwrap_or_default(),
        theirs: entry.map(entry_facts).unwrap_or_default(),
        aligned,
        signals: signals.map(|own| readable(&text(&own["says"]))).collect(),
        decided: hit
            .decided
            .as_ref()
            .map(|own| format!("{} by {}: {}", When::from(own.at).shown, own.by, readable(&own.reason))),
        may_decide: may_decide && hit.state != HitState::Gone,
    }
}

fn entry_facts(entry: &ListEntity) -> Vec<Fact> {
    let mut facts = vec![Fact::new("List", entry.list.clone()), Fact::new("Entry", entry.id.clone())];
    facts.push(Fact::new("Sort", word(entry.kind)));
    for name in entry.names.iter().take(40) {
        facts.push(Fact::new(format!("Name ({})", word(name.kind)), readable(&name.name)));
    }
    facts.push(Fact::new("Countries", entry.countries.join(", ")));
    facts.push(Fact::new("Born", entry.dob.join(", ")));
    facts.push(Fact::new("Numbers", entry.ids.join(", ")));
    facts.push(Fact::new("Programmes", entry.programmes.join(", ")));
    facts.push(Fact::new("Remarks", readable(&entry.remarks)));
    facts
}

/// `/merchant-apply`: an application by form.
#[derive(Debug, askama::Template)]
#[template(path = "merchant-apply.html")]
pub struct ApplyView {
    /// The surroundings.
    pub shell: Shell,
}

/// A row of an import.
#[derive(Debug)]
pub struct PreviewRow {
    /// Its line.
    pub line: u64,
    /// The merchant's id.
    pub id: String,
    /// The name.
    pub name: Vec<Segment>,
    /// The country.
    pub country: String,
    /// What is wrong; empty = it is taken.
    pub problems: Vec<String>,
}

/// `/merchant-import`: a file of merchants, previewed before anything is stored.
#[derive(Debug, askama::Template)]
#[template(path = "merchant-import.html")]
pub struct ImportView {
    /// The surroundings.
    pub shell: Shell,
    /// The file's text, carried along.
    pub text: String,
    /// The columns that are read.
    pub columns: String,
    /// What keeps the file from being read.
    pub problem: Option<String>,
    /// Columns that are not read.
    pub unknown: String,
    /// The rows.
    pub rows: Vec<PreviewRow>,
    /// Rows that can be stored.
    pub good: usize,
    /// What was stored, after the import.
    pub done: Option<String>,
}

/// The page of an import.
pub fn import(shell: Shell, text: String, read: Option<&Import>, done: Option<String>) -> ImportView {
    let row = |row: &super::csv::ImportRow| PreviewRow {
        line: row.line,
        id: readable(&row.id),
        name: plain(row.application.store_name.as_deref().or(row.application.legal_name.as_deref()).unwrap_or("")),
        country: row.application.country.map(|own| own.to_string()).unwrap_or_default(),
        problems: row.problems.iter().map(|problem| readable(problem)).collect(),
    };
    ImportView {
        shell,
        text,
        columns: super::csv::COLUMNS.join(", "),
        problem: read.and_then(|own| own.problem.clone()),
        unknown: read.map(|own| own.unknown.join(", ")).unwrap_or_default(),
        rows: read.map(|own| own.rows.iter().map(row).collect()).unwrap_or_default(),
        good: read.map_or(0, Import::good),
        done,
    }
}
