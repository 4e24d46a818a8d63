//! What the database knows of a shipment's merchant and listings, read in the gate's transaction.
//!
//! What a verdict says of a listing and what a revision says of a brand never changes, so both are
//! remembered; which verdict and which revision are in force is asked each time.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use jiff::civil::Date;

use crate::kernel::id::VerdictId;
use crate::kernel::{Instant, Market};
use crate::listings::model::Listing;
use crate::matching::text::UseKind;
use crate::merchants;
use crate::merchants::model::MerchantFacts;
use crate::registry;
use crate::registry::model::{AuthorisedSeller, BrandKey, MarkKey};
use crate::review::decision::{InForce, Standing as Decided};
use crate::review::{store as cases, store_decisions};
use crate::rules::Restriction as Restricted;
use crate::screening::store::{self as listings, ListingRow};
use crate::screening::{Decision, Verdict};
use crate::shipments::{
    BrandStanding, ListingStanding, ListingVerdict, MerchantStanding, MerchantState, Parties, Restriction,
    RestrictionKind, Sanctions, Shipment, Volume,
};
use crate::store::{StoreError, Tx};

/// Verdicts remembered; each takes about a kilobyte.
const LISTINGS_REMEMBERED: u64 = 100_000;
/// Brands remembered.
const BRANDS_REMEMBERED: u64 = 20_000;
/// Score from which a mark found in a listing means its goods are offered as the brand's: the
/// default threshold of [`crate::matching::text::MarkHit::score`].
const NAMES_THE_BRAND: f32 = 0.5;
/// Documents of which one satisfies a rule that asks for papers.
const PAPERS: [&str; 2] = ["import_permit", "ce_declaration"];

/// A listing under the verdict in force.
#[derive(Debug)]
pub(super) struct ListingFacts {
    standing: ListingStanding,
    /// Brands whose goods it offers, with the mark that says so.
    uses: Vec<(BrandKey, MarkKey)>,
}

/// A listing with what people decided about it.
#[derive(Debug)]
struct Listed {
    facts: Arc<ListingFacts>,
    decided: Option<InForce>,
    open_cases: Vec<String>,
}

/// A merchant with what people decided about it.
#[derive(Debug, Default)]
struct Decisions {
    decided: Option<InForce>,
    open_cases: Vec<String>,
}

type Sellers = Arc<[AuthorisedSeller]>;

/// Reads standing and remembers what cannot change.
pub(super) struct StandingReader {
    listings: moka::future::Cache<VerdictId, Arc<ListingFacts>>,
    brands: moka::future::Cache<(BrandKey, i64), Sellers>,
}

/// Everything that one batch of shipments may ask for.
#[derive(Debug, Default)]
pub(super) struct Register {
    listings: HashMap<String, Listed>,
    merchants: HashMap<String, (MerchantFacts, Decisions)>,
    brands: HashMap<BrandKey, Sellers>,
    /// How verdicts name the registry's state.
    pub registry_revision: String,
}

impl StandingReader {
    pub fn new() -> Self {
        Self {
            listings: moka::future::Cache::new(LISTINGS_REMEMBERED),
            brands: moka::future::Cache::new(BRANDS_REMEMBERED),
        }
    }

    /// Reads what `shipments` name.
    pub async fn read<'s>(
        &self,
        tx: &mut Tx,
        now: Instant,
        shipments: impl Iterator<Item = &'s Shipment> + Clone,
    ) -> Result<Register, StoreError> {
        let merchant_ids: BTreeSet<String> =
            shipments.clone().filter_map(|shipment| askable(shipment.merchant_id.as_deref())).collect();
        let items = shipments.flat_map(|shipment| &shipment.items);
        let listing_ids: BTreeSet<String> = items.filter_map(|item| askable(item.listing_id.as_deref())).collect();
        let mut register = Register {
            merchants: merchants_in_force(tx, merchant_ids.into_iter().collect(), now).await?,
            registry_revision: registry::store::latest_in(tx).await?.registry_name(),
            ..Register::default()
        };
        let rows = listings::listings_by_external_id(tx, listing_ids.into_iter().collect()).await?;
        let ids: Vec<_> = rows.values().map(|row| row.id).collect();
        let mut open_cases = cases::open_about_listings(tx, &ids).await?;
        let mut decided = store_decisions::listing_standings(tx, ids).await?;
        for (external_id, row) in rows {
            let facts = self.listing(tx, &row).await?;
            let decided = decided.remove(&row.id).filter(|decided| decided.holds_for(&row.digest, now));
            let open_cases = open_cases.remove(&row.id).unwrap_or_default();
            register.listings.insert(external_id, Listed { facts, decided, open_cases });
        }
        let brands: BTreeSet<&BrandKey> =
            register.listings.values().flat_map(|listed| listed.facts.uses.iter().map(|(brand, _)| brand)).collect();
        let brands: Vec<String> = brands.into_iter().map(BrandKey::to_string).collect();
        for (key, row) in registry::store::brand_rows(tx, brands).await? {
            let sellers = self.sellers(tx, &key, row.revision).await?;
            register.brands.insert(key, sellers);
        }
        Ok(register)
    }

    async fn listing(&self, tx: &mut Tx, row: &ListingRow) -> Result<Arc<ListingFacts>, StoreError> {
        if let Some(known) = self.listings.get(&row.verdict).await {
            return Ok(known);
        }
        let found = listings::version_and_verdict(tx, row).await?;
        let missing = || StoreError::Corrupt {
            column: "listing_version".to_owned(),
            problem: format!("{} has no version {}", row.id, row.version),
        };
        let (content, verdict) = found.ok_or_else(missing)?;
        let verdict: Verdict = serde_json::from_str(&verdict)
            .map_err(|problem| StoreError::Corrupt { column: "verdict".to_owned(), problem: problem.to_string() })?;
        let facts = Arc::new(listing_facts(&content, &verdict, row));
        self.listings.insert(row.verdict, Arc::clone(&facts)).await;
        Ok(facts)
    }

    async fn sellers(&self, tx: &mut Tx, key: &BrandKey, revision: i64) -> Result<Sellers, StoreError> {
        let named = (key.clone(), revision);
        if let Some(known) = self.brands.get(&named).await {
            return Ok(known);
        }
        let brand = registry::store::brand_in(tx, key.as_str()).await?;
        let sellers: Sellers = brand.map(|brand| brand.authorised_sellers).unwrap_or_default().into();
        self.brands.insert(named, Arc::clone(&sellers)).await;
        Ok(sellers)
    }
}

async fn merchants_in_force(
    tx: &mut Tx,
    ids: Vec<String>,
    now: Instant,
) -> Result<HashMap<String, (MerchantFacts, Decisions)>, StoreError> {
    let mut decided = store_decisions::merchant_standings(tx, ids.clone()).await?;
    let mut open_cases = cases::open_about_merchants(tx, ids.clone()).await?;
    let known = merchants::store::all_in(tx, ids).await?.into_iter().map(|(id, facts)| {
        let in_time = |decided: &InForce| decided.until.is_none_or(|end| now < end);
        let decided = decided.remove(&id).filter(in_time);
        let decisions = Decisions { decided, open_cases: open_cases.remove(&id).unwrap_or_default() };
        (id, (facts, decisions))
    });
    Ok(known.collect())
}

/// What was told of a merchant's standing.
fn told_state(facts: &MerchantFacts) -> MerchantState {
    match (facts.state.as_deref(), facts.tier.as_deref()) {
        (Some("closed"), _) => MerchantState::Terminated,
        (Some("suspended"), _) | (_, Some("suspended")) => MerchantState::Suspended,
        _ => MerchantState::Active,
    }
}

/// An id that the database can be asked for: no stored id holds U+0000, and PostgreSQL refuses it.
pub(super) fn askable(id: Option<&str>) -> Option<String> {
    id.filter(|id| !id.contains('\0')).map(str::to_owned)
}

fn listing_facts(listing: &Listing, verdict: &Verdict, row: &ListingRow) -> ListingFacts {
    let is_said =
        |name: &str| listing.attributes.get(name).is_some_and(|value| value.trim().eq_ignore_ascii_case("yes"));
    let person = listing.attributes.get("responsible_person").map(|name| name.trim()).filter(|name| !name.is_empty());
    let mut uses: Vec<(BrandKey, MarkKey)> = Vec::new();
    for hit in &verdict.hits {
        let as_the_brand = matches!(hit.use_kind, UseKind::InfringingUse | UseKind::Authorised);
        if as_the_brand && hit.score >= NAMES_THE_BRAND && !uses.iter().any(|(brand, _)| *brand == hit.brand) {
            uses.push((hit.brand.clone(), hit.mark.clone()));
        }
    }
    let standing = ListingStanding {
        merchant_id: listing.merchant.clone().unwrap_or_default(),
        title: listing.title.clone(),
        category: listing.category.clone(),
        verdict: match verdict.decision {
            Decision::Clear => ListingVerdict::Clear,
            Decision::Review => ListingVerdict::Review,
            Decision::Block => ListingVerdict::Block,
        },
        verdict_id: Some(row.verdict.to_string()),
        restrictions: restrictions(verdict),
        dangerous_goods: is_said("dangerous_goods"),
        needs_responsible_person: is_said("ce_product"),
        responsible_person: person.map(str::to_owned),
        ..ListingStanding::default()
    };
    ListingFacts { standing, uses }
}

/// What the listing's verdict says of goods that destinations restrict.
fn restrictions(verdict: &Verdict) -> Vec<Restriction> {
    let mut all = Vec::new();
    for found in &verdict.prohibited {
        let (kind, documents) = match found.action {
            Restricted::Prohibited => (RestrictionKind::Prohibited, Vec::new()),
            Restricted::Restricted | Restricted::DocumentRequired => {
                (RestrictionKind::DocumentRequired, PAPERS.map(str::to_owned).to_vec())
            }
        };
        let law = format!("{}/{}", found.pack, found.rule);
        let markets: Vec<Option<Market>> = match found.markets.is_empty() {
            true => vec![None],
            false => found.markets.iter().copied().map(Some).collect(),
        };
        let one = |market| Restriction { market, kind, documents: documents.clone(), law: law.clone() };
        all.extend(markets.into_iter().map(one));
    }
    all
}

impl Listed {
    /// The verdict in force, and above it what a person decided.
    fn standing(&self, shipment: &Shipment) -> ListingStanding {
        let mut standing = ListingStanding { open_cases: self.open_cases.clone(), ..self.facts.standing.clone() };
        let Some(decided) = &self.decided else { return standing };
        let destination: Option<Market> = shipment.destination.as_deref().and_then(|text| text.parse().ok());
        let is_here = destination.is_some_and(|to| decided.markets.iter().any(|market| market.covers(to)));
        if !decided.markets.is_empty() && !is_here {
            return standing;
        }
        match decided.standing {
            Decided::Allowed => {
                standing.verdict = ListingVerdict::Clear;
                // What still asks for papers asks for them; a prohibition was looked at.
                standing.restrictions.retain(|one| one.kind != RestrictionKind::Prohibited);
            }
            Decided::Removed | Decided::Suspended | Decided::Terminated => {
                standing.verdict = ListingVerdict::Block;
                standing.verdict_id = Some(decided.decision.to_string());
            }
        }
        standing
    }
}

impl Register {
    /// Merchant and listings of one shipment; `volume` is what its merchant sent so far.
    pub fn parties(&self, shipment: &Shipment, on: Date, (sent, volume): (u64, Option<Volume>)) -> Parties {
        let merchant = shipment.merchant_id.as_deref().and_then(|id| Some((id, self.merchants.get(id)?)));
        let merchant = merchant.map(|(id, (facts, decisions))| MerchantStanding {
            id: id.to_owned(),
            state: match decisions.decided.as_ref().map(|decided| decided.standing) {
                Some(Decided::Terminated) => MerchantState::Terminated,
                Some(Decided::Suspended) => MerchantState::Suspended,
                _ => told_state(facts),
            },
            sanctions: match facts.sanctions.as_deref() {
                Some("confirmed") => Sanctions::Confirmed,
                Some("under_review") => Sanctions::UnderReview,
                _ => Sanctions::Clear,
            },
            open_cases: decisions.open_cases.clone(),
            verified: facts.verified.unwrap_or(false),
            tier: facts.tier.clone(),
            shipments: sent,
            volume,
            ..MerchantStanding::default()
        });
        let ids = shipment.items.iter().filter_map(|item| item.listing_id.as_ref());
        let listing = |id: &String| {
            let listed = self.listings.get(id)?;
            let brands = listed.facts.uses.iter().filter_map(|used| self.brand(used, shipment, on)).collect();
            Some((id.clone(), ListingStanding { brands, ..listed.standing(shipment) }))
        };
        Parties { merchant, listings: ids.filter_map(listing).collect() }
    }

    /// A brand that says who may sell: whether this merchant may, at this destination and on this day.
    fn brand(&self, (brand, mark): &(BrandKey, MarkKey), shipment: &Shipment, on: Date) -> Option<BrandStanding> {
        let sellers = self.brands.get(brand).filter(|sellers| !sellers.is_empty())?;
        let destination: Option<Market> = shipment.destination.as_deref().and_then(|text| text.parse().ok());
        let covers = |seller: &AuthorisedSeller| {
            Some(seller.seller.as_str()) == shipment.merchant_id.as_deref()
                && seller.covers(mark, destination.as_slice(), on)
        };
        let authorised_for = destination.filter(|_| sellers.iter().any(covers)).into_iter().collect();
        Some(BrandStanding { brand: brand.to_string(), authorisation_needed: true, authorised_for })
    }

    /// Ids of the verdicts that a shipment's listings stand under, each once.
    pub fn verdicts(&self, shipment: &Shipment) -> Vec<String> {
        let ids: BTreeSet<&String> = shipment.items.iter().filter_map(|item| item.listing_id.as_ref()).collect();
        let verdicts: BTreeSet<String> =
            ids.into_iter().filter_map(|id| self.listings.get(id)?.facts.standing.verdict_id.clone()).collect();
        verdicts.into_iter().collect()
    }

    /// What a shipment names, by kind, so that it is found when that turns bad.
    pub fn references(&self, shipment: &Shipment) -> BTreeSet<(&'static str, String)> {
        let mut all = BTreeSet::new();
        for item in &shipment.items {
            for (kind, value) in [("listing", &item.listing_id), ("gtin", &item.gtin), ("batch", &item.batch)] {
                all.extend(askable(value.as_deref()).map(|value| (kind, value)));
            }
            let facts = item.listing_id.as_ref().and_then(|id| self.listings.get(id));
            let brands = facts.into_iter().flat_map(|listed| &listed.facts.uses);
            all.extend(brands.map(|(brand, _)| ("brand", brand.to_string())));
        }
        all
    }
}
