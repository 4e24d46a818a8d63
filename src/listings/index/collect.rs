//! One pass over the matching documents: the next page, the total and the facet counts.

use std::collections::{BTreeMap, BinaryHeap, HashMap};

use tantivy::collector::{Collector, SegmentCollector};
use tantivy::columnar::{Column, StrColumn};
use tantivy::{DocAddress, DocId, Score, SegmentReader, TantivyError};

use super::cursor::SortKey;
use super::schema::column;

/// Facet values of one segment that are read by name; beyond it only the most frequent are.
/// Counts are exact while no segment holds more values of a field than this.
const VALUES_NAMED: usize = 20_000;

/// Facet fields with up to this many values in a segment are counted in an array.
const ARRAY_COUNTED: usize = 1 << 20;

/// How documents are ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    /// Best score, then newest.
    Score,
    Newest,
    Oldest,
    CheapestFirst,
    DearestFirst,
    /// By listing id, which is the order of creation.
    Id,
}

/// The first `limit` documents after a key, the total, and the counts of facet values.
pub(super) struct PageCollector {
    pub order: Order,
    /// Only documents that sort after this key are on the page.
    pub after: Option<SortKey>,
    pub limit: usize,
    /// Columns whose values are counted over all matching documents.
    pub facets: Vec<&'static str>,
}

/// What the pass found.
#[derive(Debug, Default)]
pub(super) struct Collected {
    /// The page, in order.
    pub page: Vec<(SortKey, DocAddress)>,
    /// All matching documents.
    pub total: u64,
    /// Matching documents after the key, those of the page included.
    pub remaining: u64,
    /// For each facet asked for, counts by value.
    pub facets: Vec<BTreeMap<String, u64>>,
}

impl Collector for PageCollector {
    type Fruit = Collected;
    type Child = SegmentPage;

    fn for_segment(&self, segment: u32, reader: &SegmentReader) -> tantivy::Result<SegmentPage> {
        let columns = reader.fast_fields();
        let facets: tantivy::Result<Vec<_>> =
            self.facets.iter().map(|name| Ok(columns.str(name)?.map(FacetCounter::new))).collect();
        Ok(SegmentPage {
            segment,
            order: self.order,
            after: self.after,
            limit: self.limit,
            id_high: columns.u64(column::ID_HIGH)?,
            id_low: columns.u64(column::ID_LOW)?,
            updated: columns.column_opt(column::UPDATED)?,
            price: columns.column_opt(column::PRICE)?,
            page: BinaryHeap::new(),
            total: 0,
            remaining: 0,
            facets: facets?,
        })
    }

    fn requires_scoring(&self) -> bool {
        self.order == Order::Score
    }

    fn merge_fruits(&self, segments: Vec<tantivy::Result<Collected>>) -> tantivy::Result<Collected> {
        let mut all = Collected { facets: vec![BTreeMap::new(); self.facets.len()], ..Collected::default() };
        for segment in segments {
            let segment = segment?;
            all.page.extend(segment.page);
            all.total += segment.total;
            all.remaining += segment.remaining;
            for (sum, counts) in all.facets.iter_mut().zip(segment.facets) {
                for (value, count) in counts {
                    *sum.entry(value).or_default() += count;
                }
            }
        }
        all.page.sort_unstable_by_key(|(key, _)| *key);
        all.page.truncate(self.limit);
        Ok(all)
    }
}

/// The pass over one segment.
pub(super) struct SegmentPage {
    segment: u32,
    order: Order,
    after: Option<SortKey>,
    limit: usize,
    id_high: Column<u64>,
    id_low: Column<u64>,
    updated: Option<Column<i64>>,
    price: Option<Column<i64>>,
    /// The largest key on top, to be dropped when a smaller one comes.
    page: BinaryHeap<(SortKey, DocId)>,
    total: u64,
    remaining: u64,
    facets: Vec<Option<FacetCounter>>,
}

/// Maps a signed number to an unsigned one of the same order.
fn ordered(value: i64) -> u64 {
    (value as u64) ^ (1 << 63)
}

impl SegmentPage {
    fn key(&self, doc: DocId, score: Score) -> SortKey {
        let first = |values: &Option<Column<i64>>| values.as_ref().and_then(|values| values.first(doc));
        let (high, low) = (self.id_high.first(doc).unwrap_or(0), self.id_low.first(doc).unwrap_or(0));
        let updated = || ordered(first(&self.updated).unwrap_or(i64::MIN));
        // Without a price, last in both orders.
        let price = || first(&self.price).map_or([1, 0], |price| [0, ordered(price)]);
        match self.order {
            Order::Id => [0, 0, high, low],
            Order::Oldest => [updated(), 0, high, low],
            Order::Newest => [!updated(), 0, !high, !low],
            // Scores are never negative, so their bits are in their order.
            Order::Score => [u64::from(!score.max(0.0).to_bits()), !updated(), !high, !low],
            Order::CheapestFirst => [price()[0], price()[1], high, low],
            Order::DearestFirst => [price()[0], !price()[1], high, low],
        }
    }
}

impl SegmentCollector for SegmentPage {
    type Fruit = tantivy::Result<Collected>;

    fn collect(&mut self, doc: DocId, score: Score) {
        self.total += 1;
        for counter in self.facets.iter_mut().flatten() {
            counter.count(doc);
        }
        let key = self.key(doc, score);
        if self.after.is_some_and(|after| key <= after) {
            return;
        }
        self.remaining += 1;
        if self.page.len() < self.limit {
            self.page.push((key, doc));
        } else if let Some(mut largest) = self.page.peek_mut()
            && key < largest.0
        {
            *largest = (key, doc);
        }
    }

    fn harvest(self) -> Self::Fruit {
        let address = |doc| DocAddress::new(self.segment, doc);
        let facets: tantivy::Result<Vec<_>> =
            self.facets.into_iter().map(|counter| counter.map_or(Ok(BTreeMap::new()), FacetCounter::named)).collect();
        Ok(Collected {
            page: self.page.into_iter().map(|(key, doc)| (key, address(doc))).collect(),
            total: self.total,
            remaining: self.remaining,
            facets: facets?,
        })
    }
}

/// Counts the values of one column; values are numbers until the end.
struct FacetCounter {
    values: StrColumn,
    counts: Counts,
}

enum Counts {
    Array(Vec<u32>),
    Map(HashMap<u64, u32>),
}

impl FacetCounter {
    fn new(values: StrColumn) -> Self {
        let terms = values.num_terms();
        let counts = if terms <= ARRAY_COUNTED { Counts::Array(vec![0; terms]) } else { Counts::Map(HashMap::new()) };
        Self { values, counts }
    }

    fn count(&mut self, doc: DocId) {
        for value in self.values.term_ords(doc) {
            match &mut self.counts {
                Counts::Array(counts) => {
                    if let Some(count) = counts.get_mut(value as usize) {
                        *count += 1;
                    }
                }
                Counts::Map(counts) => *counts.entry(value).or_default() += 1,
            }
        }
    }

    fn named(self) -> tantivy::Result<BTreeMap<String, u64>> {
        let mut counted: Vec<(u64, u32)> = match self.counts {
            Counts::Array(counts) => (0..).zip(counts).filter(|(_, count)| *count > 0).collect(),
            Counts::Map(counts) => counts.into_iter().collect(),
        };
        if counted.len() > VALUES_NAMED {
            // Most frequent first; values are numbered in the order of their names.
            counted.sort_unstable_by_key(|&(value, count)| (std::cmp::Reverse(count), value));
            counted.truncate(VALUES_NAMED);
        }
        let mut named = BTreeMap::new();
        for (value, count) in counted {
            let mut name = String::new();
            if self.values.ord_to_str(value, &mut name).map_err(TantivyError::from)? {
                named.insert(name, u64::from(count));
            }
        }
        Ok(named)
    }
}
