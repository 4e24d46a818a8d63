//! What is missing, by which law, and how to give it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use serde::Serialize;

use super::model::{Application, DocumentKind, Part};
use super::policy::{OnboardingPolicy, Regime};
use crate::kernel::Market;

/// A part that is asked for and is not there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, serde::Deserialize, utoipa::ToSchema)]
pub struct Gap {
    /// What is missing.
    pub part: Part,
    /// Country of a producer register number.
    #[schema(value_type = Option<String>)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<Market>,
    /// What is missing or cannot be used, in a sentence.
    pub says: String,
    /// How to give it.
    pub cure: String,
    /// The laws that ask for it.
    pub laws: Vec<String>,
}

/// Every part that is asked for on this day and is not there, each once.
pub fn gaps(
    policy: &OnboardingPolicy,
    application: &Application,
    documents: &BTreeSet<DocumentKind>,
    on: Date,
) -> Vec<Gap> {
    let mut found: BTreeMap<(Part, Option<Market>), Gap> = BTreeMap::new();
    for demand in policy.demands_on(application, on) {
        for part in &demand.parts {
            let country = part.epr_stream().and(demand.epr_country);
            let Some(problem) = problem(application, documents, *part, country) else { continue };
            let gap = found.entry((*part, country)).or_insert_with(|| Gap {
                part: *part,
                country,
                says: sentence(*part, country, problem),
                cure: policy.cure(*part).to_owned(),
                laws: Vec::new(),
            });
            if !gap.laws.contains(&demand.law) {
                gap.laws.push(demand.law.clone());
            }
        }
    }
    found.into_values().collect()
}

/// The bodies of law that ask anything of this merchant.
pub fn regimes(policy: &OnboardingPolicy, application: &Application, on: Date) -> BTreeSet<Regime> {
    policy.demands_on(application, on).into_iter().map(|demand| demand.regime).collect()
}

/// The parts that buyers are shown.
pub fn shown_parts(policy: &OnboardingPolicy, application: &Application, on: Date) -> BTreeSet<Part> {
    let shown = policy.demands_on(application, on).into_iter().filter(|demand| demand.shown);
    shown.flat_map(|demand| demand.parts.iter().copied()).collect()
}

/// Why a part is not there.
#[derive(Clone, Copy)]
enum Problem {
    Missing,
    /// Something stands there that nobody can read.
    Unreadable,
    /// Some of it is there.
    Partial(&'static str),
}

fn sentence(part: Part, country: Option<Market>, problem: Problem) -> String {
    let place = country.map(|country| format!(" in {country}")).unwrap_or_default();
    let what = part.label();
    match problem {
        Problem::Missing => format!("the {what}{place} is missing"),
        Problem::Unreadable => format!("the {what}{place} holds no letter or digit"),
        Problem::Partial(lacks) => format!("the {what}{place} lacks {lacks}"),
    }
}

fn problem(
    application: &Application,
    documents: &BTreeSet<DocumentKind>,
    part: Part,
    country: Option<Market>,
) -> Option<Problem> {
    match part {
        Part::Country => application.country.is_none().then_some(Problem::Missing),
        Part::LegalName => text(application.legal_name.as_deref()),
        Part::Address => text(application.address.as_deref()),
        Part::Phone => text(application.phone.as_deref()),
        Part::Email => match application.email.as_deref() {
            Some(email) if !looks_like_email(email) => Some(Problem::Partial("a name, @ or a domain")),
            email => text(email),
        },
        Part::IdentityDocument => missing(documents.contains(&DocumentKind::Identity)),
        Part::BusinessRecord => {
            missing(documents.contains(&DocumentKind::BusinessRecord) || documents.contains(&DocumentKind::Identity))
        }
        Part::PaymentAccount => match &application.payment {
            None => Some(Problem::Missing),
            Some(payment) if payment.account.is_none() => Some(Problem::Partial("the number")),
            Some(payment) if payment.holder.is_none() => Some(Problem::Partial("its holder")),
            Some(_) => None,
        },
        Part::RegisterNumber => match &application.register {
            None => Some(Problem::Missing),
            Some(entry) if entry.number.is_none() => Some(Problem::Partial("the number")),
            Some(entry) if entry.register.is_none() => Some(Problem::Partial("the register's name")),
            Some(_) => None,
        },
        Part::SelfCertification => missing(application.self_certification.is_some()),
        Part::TaxNumber => missing(!application.tax_numbers.is_empty()),
        Part::ResponsiblePerson => responsible_person(application),
        Part::EprPackaging | Part::EprElectrical | Part::EprBatteries => {
            let stream = part.epr_stream().unwrap_or_default();
            let own = |number: &&super::model::EprNumber| Some(number.country) == country && number.stream == stream;
            missing(application.epr.iter().any(|number| own(&number)))
        }
    }
}

fn missing(there: bool) -> Option<Problem> {
    (!there).then_some(Problem::Missing)
}

fn text(value: Option<&str>) -> Option<Problem> {
    match value {
        None => Some(Problem::Missing),
        Some(value) if !value.chars().any(char::is_alphanumeric) => Some(Problem::Unreadable),
        Some(_) => None,
    }
}

fn responsible_person(application: &Application) -> Option<Problem> {
    let Some(person) = &application.responsible_person else { return Some(Problem::Missing) };
    if person.name.is_none() {
        return Some(Problem::Partial("the name"));
    }
    if person.address.is_none() {
        return Some(Problem::Partial("the postal address"));
    }
    if person.email.is_none() {
        return Some(Problem::Partial("the e-mail address"));
    }
    match person.country {
        None => Some(Problem::Partial("the member state")),
        Some(country) if !country.is_in_eu() => Some(Problem::Partial("a seat in the European Union")),
        Some(_) => None,
    }
}

/// A mailbox, an @ and a domain with a dot: more than that only a message that arrives can show.
fn looks_like_email(text: &str) -> bool {
    let Some((mailbox, domain)) = text.rsplit_once('@') else { return false };
    !mailbox.is_empty()
        && !text.contains(char::is_whitespace)
        && domain.split('.').filter(|part| !part.is_empty()).count() > 1
}
