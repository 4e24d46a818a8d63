//! How far below a brand's usual price a listing is.
//!
//! Copies are cheap, but so are used goods, accessories and mistakes: a price is one feature
//! among others and never one alone. [`PriceRanges`] learns from listings of authorised sellers and
//! takes ranges stated in brands' records; [`PriceRanges::judge`] compares a price with them and says on
//! what it rests. Prices in different currencies are never compared: exchange rates are not known here.
//!
//! Prices are counted in steps of 10 % on a logarithmic scale, so that ranges stay small, can
//! be merged and are the same in whatever order prices came.

use std::collections::BTreeMap;

use rust_decimal::prelude::ToPrimitive;

use super::lexicon::LEXICON;
use crate::kernel::Money;
use crate::registry::model::BrandKey;

/// Ratio between two steps of the scale.
const STEP: f64 = 1.1;

/// Most of a verdict that a price may be: it supports, it never decides. A rule that needs
/// 0.5 cannot be met by a price alone.
pub const MOST_STRENGTH: f32 = 0.35;

/// From when on prices are compared. Staff may change these.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct PriceLimits {
    /// Listings of authorised sellers that a range must rest on.
    pub least_listings: u64,
    /// Share of the low end of the usual range below which a price is evidence.
    pub suspicious: f64,
}

impl Default for PriceLimits {
    /// Own choice: eight listings put the tenth and ninetieth percentile inside what was seen;
    /// half of what the cheapest tenth costs lies beyond ordinary sales.
    fn default() -> Self {
        Self { least_listings: 8, suspicious: 0.5 }
    }
}

/// Prices of one brand's goods of one kind in one currency.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
struct Prices {
    /// Listings by step of the scale.
    steps: BTreeMap<i32, u64>,
}

impl Prices {
    fn count(&self) -> u64 {
        self.steps.values().sum()
    }

    /// The price that `share` of the listings do not exceed.
    fn quantile(&self, share: f64) -> f64 {
        let wanted = (share * self.count() as f64).ceil().max(1.0) as u64;
        let mut seen = 0;
        for (step, count) in &self.steps {
            seen += count;
            if seen >= wanted {
                return STEP.powi(*step);
            }
        }
        0.0
    }
}

/// Where a brand's prices are kept: goods by their topics, 0 = all goods.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
struct Shelf {
    brand: BrandKey,
    topics: u64,
    currency: String,
}

/// The usual prices of a brand's goods.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct PriceRange {
    /// Nine of ten cost more.
    pub low: f64,
    /// Half cost more.
    pub typical: f64,
    /// One of ten costs more.
    pub high: f64,
    /// Listings it rests on; 0 = stated in the brand's record.
    pub listings: u64,
    /// Whether it is of goods of the same kind, not of all goods of the brand.
    pub same_kind: bool,
}

/// How a price lies to the usual ones.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct PriceEvidence {
    /// The price over the typical one: 0.1 = a tenth.
    pub ratio: f64,
    /// What it was compared with.
    pub range: PriceRange,
    /// How far it speaks for a copy, 0 to [`MOST_STRENGTH`]. To be added to other evidence,
    /// never used alone.
    pub strength: f32,
    /// The comparison in one sentence.
    pub because: String,
}

/// Usual prices by brand, kind of goods and currency.
#[derive(Debug, Clone, PartialEq, Default, serde::Serialize, serde::Deserialize)]
pub struct PriceRanges {
    limits: PriceLimits,
    /// As a list: the keys of JSON objects are texts.
    #[serde(with = "as_list")]
    learned: BTreeMap<Shelf, Prices>,
    #[serde(with = "as_list")]
    stated: BTreeMap<Shelf, (f64, f64)>,
}

/// Maps with structured keys as lists of pairs.
mod as_list {
    use std::collections::BTreeMap;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<K: Serialize, V: Serialize, S: Serializer>(
        map: &BTreeMap<K, V>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.collect_seq(map)
    }

    pub(super) fn deserialize<'de, K: Deserialize<'de> + Ord, V: Deserialize<'de>, D: Deserializer<'de>>(
        from: D,
    ) -> Result<BTreeMap<K, V>, D::Error> {
        Ok(Vec::<(K, V)>::deserialize(from)?.into_iter().collect())
    }
}

/// An amount above zero; others say nothing of a price.
fn amount(price: &Money) -> Option<f64> {
    price.amount.to_f64().filter(|amount| amount.is_finite() && *amount > 0.0)
}

fn step(amount: f64) -> i32 {
    (amount.ln() / STEP.ln()).round() as i32
}

impl PriceRanges {
    /// No prices yet.
    pub fn new(limits: PriceLimits) -> Self {
        Self { limits, ..Self::default() }
    }

    fn shelf(brand: &BrandKey, topics: u64, price: &Money) -> Shelf {
        Shelf { brand: brand.clone(), topics, currency: price.currency.as_str().to_owned() }
    }

    /// Counts the price of a listing by an authorised seller.
    pub fn learn(&mut self, brand: &BrandKey, category: Option<&str>, price: &Money) {
        let Some(amount) = amount(price) else { return };
        let topics = category.map_or(0, |category| LEXICON.topics_of(category));
        for topics in std::iter::once(0).chain((topics != 0).then_some(topics)) {
            let prices = self.learned.entry(Self::shelf(brand, topics, price)).or_default();
            *prices.steps.entry(step(amount)).or_default() += 1;
        }
    }

    /// Notes a range stated in a brand's record, which wins over learned ones of the same goods.
    /// A range from high to low is turned round.
    pub fn state(&mut self, brand: &BrandKey, category: Option<&str>, low: &Money, high: &Money) {
        let (Some(one), Some(other)) = (amount(low), amount(high)) else { return };
        let topics = category.map_or(0, |category| LEXICON.topics_of(category));
        self.stated.insert(Self::shelf(brand, topics, low), (one.min(other), one.max(other)));
    }

    /// Adds the counts of other listings; stated ranges of `other` win.
    pub fn merge(&mut self, other: &Self) {
        for (shelf, prices) in &other.learned {
            let own = self.learned.entry(shelf.clone()).or_default();
            for (step, count) in &prices.steps {
                *own.steps.entry(*step).or_default() += count;
            }
        }
        self.stated.extend(other.stated.iter().map(|(shelf, range)| (shelf.clone(), *range)));
    }

    /// The usual prices of a brand's goods of a kind, or of all its goods; `None` when too
    /// little is known.
    pub fn range(&self, brand: &BrandKey, category: Option<&str>, price: &Money) -> Option<PriceRange> {
        let topics = category.map_or(0, |category| LEXICON.topics_of(category));
        let shelves = [Some(topics).filter(|topics| *topics != 0), Some(0)];
        shelves.into_iter().flatten().find_map(|topics| {
            let (shelf, same_kind) = (Self::shelf(brand, topics, price), topics != 0);
            if let Some((low, high)) = self.stated.get(&shelf) {
                let typical = (low * high).sqrt();
                return Some(PriceRange { low: *low, typical, high: *high, listings: 0, same_kind });
            }
            let prices = self.learned.get(&shelf)?;
            let listings = prices.count();
            (listings >= self.limits.least_listings.max(1)).then(|| PriceRange {
                low: prices.quantile(0.1),
                typical: prices.quantile(0.5),
                high: prices.quantile(0.9),
                listings,
                same_kind,
            })
        })
    }

    /// Compares a price with the usual ones; `None` when nothing is known or the price is zero.
    pub fn judge(&self, brand: &BrandKey, category: Option<&str>, price: &Money) -> Option<PriceEvidence> {
        let amount = amount(price)?;
        let range = self.range(brand, category, price)?;
        let ratio = amount / range.typical;
        let limit = range.low * self.limits.suspicious;
        // Full strength at a fifth of the limit: copies of watches and bags cost 2 to 10 % of the original.
        let depth = (limit / amount).ln() / 5f64.ln();
        let share = if range.same_kind { 1.0 } else { 0.5 };
        let strength = (depth.clamp(0.0, 1.0) * share) as f32 * MOST_STRENGTH;
        let percent = (ratio * 100.0).round();
        let basis = match (range.listings, range.same_kind) {
            (0, _) => "as the brand's record states".to_owned(),
            (count, true) => format!("by {count} listings of authorised sellers for such goods"),
            (count, false) => format!("by {count} listings of authorised sellers for all its goods"),
        };
        let because = format!("{price} is {percent} % of the typical {:.2}, {basis}", range.typical);
        Some(PriceEvidence { ratio, range, strength, because })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn money(amount: &str, currency: &str) -> Money {
        Money { amount: amount.parse().unwrap(), currency: currency.parse().unwrap() }
    }

    fn ranges() -> (PriceRanges, BrandKey) {
        let brand = BrandKey::new("velmora");
        let mut ranges = PriceRanges::default();
        for price in 0..20 {
            ranges.learn(&brand, Some("watches"), &money(&format!("{}", 400 + price * 20), "EUR"));
        }
        (ranges, brand)
    }

    #[test]
    fn a_price_far_below_the_usual_supports_but_never_decides() {
        let (ranges, brand) = ranges();
        let cheap = ranges.judge(&brand, Some("Wristwatches"), &money("19.90", "EUR")).unwrap();
        assert!((cheap.ratio - 0.034).abs() < 0.005, "{}", cheap.ratio);
        assert!(cheap.strength > 0.3 && cheap.strength <= MOST_STRENGTH);
        assert!(cheap.because.contains("20 listings"), "{}", cheap.because);
        let usual = ranges.judge(&brand, Some("watches"), &money("499", "EUR")).unwrap();
        assert_eq!(usual.strength, 0.0);
        let sale = ranges.judge(&brand, Some("watches"), &money("300", "EUR")).unwrap();
        assert_eq!(sale.strength, 0.0);
    }

    #[test]
    fn other_goods_weigh_less_and_other_currencies_are_not_compared() {
        let (ranges, brand) = ranges();
        let same = ranges.judge(&brand, Some("watches"), &money("20", "EUR")).unwrap();
        let other = ranges.judge(&brand, Some("perfume"), &money("20", "EUR")).unwrap();
        assert!(other.strength < same.strength && !other.range.same_kind);
        assert!(ranges.judge(&brand, Some("watches"), &money("20", "USD")).is_none());
        assert!(ranges.judge(&brand, Some("watches"), &money("0", "EUR")).is_none());
        assert!(ranges.judge(&BrandKey::new("unheard"), None, &money("20", "EUR")).is_none());
    }

    #[test]
    fn a_stated_range_wins_and_parts_merge_in_any_order() {
        let (learned, brand) = ranges();
        let mut stated = PriceRanges::default();
        stated.state(&brand, Some("watches"), &money("9000", "EUR"), &money("4000", "EUR"));
        let mut one = learned.clone();
        one.merge(&stated);
        let mut other = stated.clone();
        other.merge(&learned);
        assert_eq!(one, other);
        let range = one.range(&brand, Some("watches"), &money("1", "EUR")).unwrap();
        assert_eq!((range.low, range.typical, range.high, range.listings), (4000.0, 6000.0, 9000.0, 0));
        let stored = serde_json::to_string(&one).unwrap();
        assert_eq!(serde_json::from_str::<PriceRanges>(&stored).unwrap(), one);
    }
}
