//! Searching listings: typed query in, one page with facets out.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use tantivy::schema::{Field, Value as _};
use tantivy::{DocAddress, TantivyDocument};

use crate::kernel::id::ListingId;
use crate::kernel::{Instant, Span};

use super::collect::{Order, PageCollector};
use super::cursor::{self, Fingerprint};
use super::schema::column;
use super::view::{ListingSearch, View};
use super::{IndexError, highlight, query};

/// Hits on one page at most.
const LARGEST_PAGE: usize = 100;
/// Values of a facet that are answered.
const FACET_VALUES: usize = 20;

/// What to order by. Ties go by date and id, so an order is always complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sort {
    /// Best match first: title before brand before description, side by side before apart; then newest.
    #[default]
    Relevance,
    /// Last changed first.
    Newest,
    /// First changed first.
    Oldest,
    /// Lowest price first; without a price last.
    PriceLow,
    /// Highest price first; without a price last.
    PriceHigh,
}

/// A field whose values are counted over all matching listings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FacetField {
    /// The current verdict.
    Verdict,
    /// The platform's merchant id.
    Merchant,
    /// The brand attribute, folded.
    Brand,
    /// Keys of brands whose marks or pictures were found.
    MarkBrand,
    /// Policy classes of the verdict's reasons.
    Class,
    /// Every level of the category path, folded.
    Category,
}

impl FacetField {
    fn column(self) -> &'static str {
        match self {
            Self::Verdict => column::VERDICT,
            Self::Merchant => column::MERCHANT,
            Self::Brand => column::BRAND,
            Self::MarkBrand => column::MARK,
            Self::Class => column::CLASS,
            Self::Category => column::CATEGORY,
        }
    }
}

/// A search. Empty fields do not restrict.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SearchQuery {
    /// Words as typed; all of them have to occur in title, brand or description. The last word is
    /// completed unless a space follows it. A platform id or `lst_…` id finds its listing. Any text
    /// is allowed; 512 characters and 24 words are read.
    pub words: String,
    /// Whether words of four letters and more may differ by one letter.
    pub fuzzy: bool,
    /// The brand attribute in any case, or the key of a brand that was found.
    pub brand: Option<String>,
    /// The platform's merchant id, exactly.
    pub merchant: Option<String>,
    /// `clear`, `review` or `block`.
    pub verdict: Option<String>,
    /// A policy class of the verdict's reasons, exactly.
    pub class: Option<String>,
    /// A category path or the beginning of one, level by level, in any case.
    pub category: Option<String>,
    /// Lowest price, in hundredths; compares numbers, so give the currency too.
    pub price_min: Option<i64>,
    /// Highest price, in hundredths, included.
    pub price_max: Option<i64>,
    /// ISO 4217 code of the price.
    pub currency: Option<String>,
    /// Changed at or after this.
    pub from: Option<Instant>,
    /// Changed before this.
    pub to: Option<Instant>,
    /// Order of the hits.
    pub sort: Sort,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
    /// Hits wanted, 1 to 100; other numbers are moved into that range.
    pub limit: usize,
    /// Fields to count.
    pub facets: Vec<FacetField>,
}

/// One listing that matched, as it was at the last commit.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct SearchHit {
    /// The listing.
    pub listing: ListingId,
    /// The platform's own id, cut to 256 characters.
    pub external_id: String,
    /// How well it matches; higher is better, comparable within one query. 0 in other orders than relevance.
    pub score: f32,
    /// The title as written, cut to 10,000 characters.
    pub title: String,
    /// The matching parts of the title.
    pub title_spans: Vec<Span>,
    /// The brand attribute as written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub brand: Option<String>,
    /// The platform's merchant id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub merchant: Option<String>,
    /// The verdict.
    pub verdict: String,
    /// Price in hundredths.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price_minor: Option<i64>,
    /// Currency of the price.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// When the listing or its verdict last changed.
    pub updated: Instant,
    /// Position of the change that this hit shows.
    pub position: i64,
}

/// One value of a facet.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct FacetCount {
    /// The value, as a filter takes it.
    pub value: String,
    /// Matching listings that have it.
    pub count: u64,
}

/// The most frequent values of one field, by count, then by name; at most 20.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct FacetCounts {
    /// The field.
    pub field: FacetField,
    /// Its values.
    pub values: Vec<FacetCount>,
}

/// One page of a search.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct SearchPage {
    /// The hits, in the order asked for.
    pub hits: Vec<SearchHit>,
    /// One entry for each facet asked for.
    pub facets: Vec<FacetCounts>,
    /// All matching listings, not only those of this page.
    pub total: u64,
    /// Opens the next page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
    /// Changes up to this position are in the answer.
    pub indexed_through: i64,
}

impl ListingSearch {
    /// Answers one page.
    ///
    /// Fails on a cursor of another query and when the engine fails; no text in the query
    /// is an error. Listings added or changed between two pages shift nothing: a listing
    /// that keeps its place is on exactly one page.
    pub fn search(&self, query: &SearchQuery) -> Result<SearchPage, IndexError> {
        let view = self.view();
        let fingerprint = fingerprint(query);
        let after = match &query.cursor {
            Some(cursor) => Some(cursor::decode(fingerprint, cursor).ok_or(IndexError::Cursor)?),
            None => None,
        };
        let limit = query.limit.clamp(1, LARGEST_PAGE);
        let wanted = query::wanted(&query.words, query.fuzzy);
        let engine_query = query::build(&view.fields, query, &wanted);
        let collector = PageCollector {
            order: order(query.sort),
            after,
            limit,
            facets: query.facets.iter().map(|facet| facet.column()).collect(),
        };
        let found = view.searcher.search(&*engine_query, &collector).map_err(IndexError::engine("search"))?;
        let last = found.page.last().map(|(key, _)| *key).filter(|_| found.remaining > found.page.len() as u64);
        let mut hits = Vec::with_capacity(found.page.len());
        for (key, address) in &found.page {
            let mut hit = read_hit(&view, *address).map_err(IndexError::engine("read a hit"))?;
            if query.sort == Sort::Relevance {
                hit.score = f32::from_bits(!(key[0] as u32));
            }
            hit.title_spans = highlight::spans(&hit.title, &wanted);
            hits.push(hit);
        }
        let facets = query.facets.iter().zip(found.facets).map(|(&field, counts)| most_frequent(field, counts));
        Ok(SearchPage {
            hits,
            facets: facets.collect(),
            total: found.total,
            next_cursor: last.map(|key| cursor::encode(fingerprint, &key)),
            indexed_through: view.indexed_through,
        })
    }
}

/// What has to stay the same from page to page.
fn fingerprint(query: &SearchQuery) -> Fingerprint {
    let same = SearchQuery { cursor: None, limit: 0, facets: Vec::new(), ..query.clone() };
    Fingerprint::of(&format!("{same:?}"))
}

fn order(sort: Sort) -> Order {
    match sort {
        Sort::Relevance => Order::Score,
        Sort::Newest => Order::Newest,
        Sort::Oldest => Order::Oldest,
        Sort::PriceLow => Order::CheapestFirst,
        Sort::PriceHigh => Order::DearestFirst,
    }
}

fn most_frequent(field: FacetField, counts: BTreeMap<String, u64>) -> FacetCounts {
    let mut values: Vec<FacetCount> = counts.into_iter().map(|(value, count)| FacetCount { value, count }).collect();
    // Stable, and the map was in the order of names.
    values.sort_by_key(|value| Reverse(value.count));
    values.truncate(FACET_VALUES);
    FacetCounts { field, values }
}

fn read_hit(view: &View, address: DocAddress) -> tantivy::Result<SearchHit> {
    let stored: TantivyDocument = view.searcher.doc(address)?;
    let columns = view.searcher.segment_reader(address.segment_ord).fast_fields();
    let text = |field: Field| stored.get_first(field).and_then(|value| value.as_str()).map(str::to_owned);
    let named = |name| -> tantivy::Result<Option<String>> {
        let Some(values) = columns.str(name)? else {
            return Ok(None);
        };
        let Some(value) = values.term_ords(address.doc_id).next() else {
            return Ok(None);
        };
        let mut name = String::new();
        Ok(values.ord_to_str(value, &mut name)?.then_some(name))
    };
    let number = |name| -> tantivy::Result<Option<i64>> {
        Ok(columns.column_opt::<i64>(name)?.and_then(|values| values.first(address.doc_id)))
    };
    let half = |name| -> tantivy::Result<u64> { Ok(columns.u64(name)?.first(address.doc_id).unwrap_or(0)) };
    let uuid = uuid::Uuid::from_u64_pair(half(column::ID_HIGH)?, half(column::ID_LOW)?);
    let updated = number(column::UPDATED)?.and_then(Instant::from_micros);
    Ok(SearchHit {
        listing: ListingId::from_uuid(uuid),
        external_id: text(view.fields.external_id).unwrap_or_default(),
        score: 0.0,
        title: text(view.fields.title).unwrap_or_default(),
        title_spans: Vec::new(),
        brand: text(view.fields.brand),
        merchant: named(column::MERCHANT)?,
        verdict: named(column::VERDICT)?.unwrap_or_default(),
        price_minor: number(column::PRICE)?,
        currency: named(column::CURRENCY)?,
        updated: updated
            .ok_or_else(|| tantivy::TantivyError::InternalError("a document carries no date".to_owned()))?,
        position: number(column::POSITION)?.unwrap_or(0),
    })
}
