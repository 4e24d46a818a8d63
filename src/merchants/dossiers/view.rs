//! What others see of a dossier: trader information, links and their drawing.

use serde::Serialize;
use utoipa::ToSchema;

use super::model::Dossier;
use super::service::DossierService;
use super::store;
use crate::merchants::links::{Cluster, Link, Member, Standing as LinkStanding, draw};
use crate::merchants::onboarding::model::{Part, RegisterEntry, ResponsiblePerson, SelfCertification};
use crate::merchants::onboarding::{OnboardingPolicy, State, shown_parts};
use crate::store::StoreError;

/// Linked merchants that are drawn beside one.
const MOST_DRAWN: usize = 30;

/// What buyers are to be shown of a trader.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Trader {
    /// The platform's id.
    pub merchant: String,
    /// The shop's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub store_name: Option<String>,
    /// Whether the marketplace has checked the data.
    pub verified: bool,
    /// The registered name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Postal address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// Telephone number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// E-mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Trade register and number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub register: Option<TraderRegister>,
    /// The trader's own certification.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub self_certification: Option<SelfCertification>,
    /// Responsible person in the European Union.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub responsible_person: Option<ResponsiblePerson>,
    /// The laws by which this is shown.
    pub laws: Vec<String>,
}

/// A trade register and the number in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct TraderRegister {
    /// The register.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub register: Option<String>,
    /// The number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
}

/// What buyers are to be shown on this day; `None` where there is no application (any more).
pub fn trader(dossier: &Dossier, policy: &OnboardingPolicy, today: jiff::civil::Date) -> Option<Trader> {
    let application = dossier.application.as_ref()?;
    let shown = shown_parts(policy, application, today);
    let if_shown = |part: Part, value: &Option<String>| value.clone().filter(|_| shown.contains(&part));
    let demands = policy.demands_on(application, today);
    let mut laws: Vec<String> = demands.iter().filter(|own| own.shown).map(|own| own.law.clone()).collect();
    laws.dedup();
    let register = |own: &RegisterEntry| TraderRegister { register: own.register.clone(), number: own.number.clone() };
    Some(Trader {
        merchant: dossier.merchant.clone(),
        store_name: application.store_name.clone(),
        verified: dossier.may_trade(),
        name: if_shown(Part::LegalName, &application.legal_name),
        address: if_shown(Part::Address, &application.address),
        phone: if_shown(Part::Phone, &application.phone),
        email: if_shown(Part::Email, &application.email),
        register: application.register.as_ref().filter(|_| shown.contains(&Part::RegisterNumber)).map(register),
        self_certification: application.self_certification.clone().filter(|_| shown.contains(&Part::SelfCertification)),
        responsible_person: application.responsible_person.clone().filter(|_| shown.contains(&Part::ResponsiblePerson)),
        laws,
    })
}

/// A link as it is read.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct LinkView {
    /// The other merchant.
    pub merchant: String,
    /// How strongly, 0 to 1.
    pub score: f64,
    /// What they share.
    pub evidence: Vec<EvidenceView>,
}

/// One thing that two merchants share.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct EvidenceView {
    /// bank_account, phone, device …
    pub kind: String,
    /// The value, masked.
    pub value_hint: String,
    /// What it adds.
    pub weight: f64,
}

impl LinkView {
    /// A link as `own` sees it.
    pub fn of(link: &Link, own: &str) -> Self {
        let evidence = link.evidence.iter().map(|found| EvidenceView {
            kind: found.kind.as_str().to_owned(),
            value_hint: found.value_hint.clone(),
            weight: found.weight,
        });
        let other = if link.a == own { &link.b } else { &link.a };
        Self { merchant: other.clone(), score: link.score, evidence: evidence.collect() }
    }
}

impl DossierService {
    /// The links that were found of a merchant, from either side.
    pub async fn stored_links(&self, merchant: &str) -> Result<Vec<Link>, StoreError> {
        store::links(&self.db, merchant, self.indexes.policy()).await
    }

    /// The merchant, those it is linked with, and the links among them.
    pub async fn cluster(&self, merchant: &str) -> Result<Cluster, StoreError> {
        let own = self.stored_links(merchant).await?;
        let mut ids: Vec<String> = vec![merchant.to_owned()];
        for link in own.iter().take(MOST_DRAWN) {
            let other = if link.a == merchant { &link.b } else { &link.a };
            if !ids.contains(other) {
                ids.push(other.clone());
            }
        }
        let mut links: Vec<Link> = Vec::new();
        for id in &ids {
            let found = if id == merchant { own.clone() } else { self.stored_links(id).await? };
            for link in found.into_iter().filter(|link| ids.contains(&link.a) && ids.contains(&link.b)) {
                let same =
                    |known: &Link| (known.a == link.a && known.b == link.b) || (known.a == link.b && known.b == link.a);
                if !links.iter().any(same) {
                    links.push(link);
                }
            }
        }
        let dossiers = store::all_of(&self.db, &ids).await?;
        let member = |id: &String| {
            let dossier = dossiers.iter().find(|dossier| dossier.merchant == *id);
            let label = dossier.map(|own| own.name().to_owned()).filter(|name| !name.is_empty());
            Member {
                id: id.clone(),
                label: label.unwrap_or_else(|| id.clone()),
                standing: dossier.map_or(LinkStanding::Active, link_standing),
                subject: id == merchant,
            }
        };
        Ok(Cluster { members: ids.iter().map(member).collect(), links })
    }

    /// [`Self::cluster`] as a drawing.
    pub async fn draw_links(&self, merchant: &str) -> Result<String, StoreError> {
        Ok(draw(&self.cluster(merchant).await?))
    }
}

fn link_standing(dossier: &Dossier) -> LinkStanding {
    if dossier.body.barred.is_some() || dossier.state == State::Suspended {
        LinkStanding::Banned
    } else if dossier.may_trade() {
        LinkStanding::Active
    } else {
        LinkStanding::Applying
    }
}
