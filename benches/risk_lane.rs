//! The risk lane on simulated shipments with planted merchants: `cargo bench --bench risk_lane`.
//!
//! Most merchants are honest and make slips. The planted ones cheat in one way each; none of them
//! breaks a rule of the gate outright, for what a rule refuses needs no score. Every draw comes of a
//! digest, so the table is the same on every run. What amber and the drawn share of green turn out
//! to be moves the rates of headings and origins for the shipments after them.

use std::collections::BTreeMap;
use std::sync::Arc;

use assay::kernel::Digest;
use assay::shipments::study::measure;
use assay::shipments::{
    Found, Gate, GateRules, History, Inspections, Lane, ListingStanding, MerchantStanding, Parties, Shipment, Standing,
    Volume,
};
use jiff::ToSpan as _;
use jiff::civil::{Date, date};

const MERCHANTS: u64 = 400;
const DAYS: u64 = 60;
const FIRST_DAY: Date = date(2026, 9, 21);

/// What a merchant does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Way {
    /// Sells what it says.
    Honest,
    /// Sends copies, and leaves with its complaints.
    Copies,
    /// Sends other goods than it declares, under thin descriptions.
    OtherGoods,
    /// Sends through several accounts to one forwarder.
    Forwarder,
    /// Looks like any honest merchant; only inspections find it.
    Quiet,
}

impl Way {
    /// How often a shipment of it is not in order, in thousandths.
    fn wrong(self) -> u64 {
        if self == Self::Honest { 4 } else { 500 }
    }
}

/// A number below `below`, drawn from what it is for.
fn draw(parts: &[&str], below: u64) -> u64 {
    let digest = Digest::of(parts.join("/").as_bytes());
    u64::from_be_bytes(digest.0[..8].try_into().expect("eight bytes")) % below
}

struct Merchant {
    name: String,
    way: Way,
    age: u32,
    complaints: u64,
    takedowns: u64,
    goods: usize,
}

/// Code, description, material, title, price in cents.
const GOODS: [(&str, &str, &str, &str, u64); 5] = [
    ("610910", "Men's T-shirt, knitted, 100% cotton", "cotton", "Men's knitted cotton T-shirt", 1_990),
    ("640411", "Women's running shoes, textile upper, rubber sole", "textile", "Women's running shoes", 4_590),
    ("420222", "Women's handbag, outer surface of plastic sheeting", "plastic", "Women's handbag", 3_490),
    ("852380", "Empty protective case for recorded media, plastic", "plastic", "Protective media case", 990),
    ("630260", "Bath towel, terry, 100% cotton, for drying", "cotton", "Terry bath towel of cotton", 1_490),
];

fn merchant(number: u64) -> Merchant {
    let name = format!("m-{number}");
    let of = |what: &str, below: u64| draw(&[&name, what], below);
    let way = match of("way", 100) {
        0..=2 => Way::Copies,
        3..=5 => Way::OtherGoods,
        6..=7 => Way::Forwarder,
        8..=9 => Way::Quiet,
        _ => Way::Honest,
    };
    let young = if matches!(way, Way::Copies | Way::Forwarder) { of("young", 10) < 8 } else { of("young", 10) < 2 };
    Merchant {
        age: if young { of("age", 60) as u32 } else { 90 + of("age", 900) as u32 },
        complaints: if way == Way::Copies { 6 + of("complaints", 12) } else { of("complaints", 4) },
        takedowns: if way == Way::Copies { 3 + of("takedowns", 8) } else { u64::from(of("takedowns", 12) == 0) },
        // Copies are shoes and bags; others sell anything.
        goods: if way == Way::Copies { 1 + of("goods", 2) as usize } else { of("goods", GOODS.len() as u64) as usize },
        name,
        way,
    }
}

/// One shipment as JSON.
fn shipment(merchant: &Merchant, id: &str, on: Date) -> String {
    let of = |what: &str, below: u64| draw(&[id, what], below);
    let (hs6, full, material, _, cents) = GOODS[merchant.goods];
    let thin = merchant.way == Way::OtherGoods && of("thin", 10) < 7 || of("slip", 100) < 5;
    let description = if thin { full.split(',').next().unwrap_or(full) } else { full };
    let cents = cents + of("price", 500);
    let price = format!("{}.{:02}", cents / 100, cents % 100);
    let untracked = match merchant.way {
        Way::OtherGoods | Way::Forwarder => of("channel", 100) < 60,
        _ => of("channel", 100) < 5,
    };
    let channel = if untracked { "untracked" } else { "official_tracked" };
    let buyer = if merchant.way == Way::Forwarder { 7 } else { of("buyer", 100_000) };
    format!(
        r#"{{"id":"{id}","merchant_id":"{}","origin":"CN","destination":"DE","kind":"b2c","channel":"{channel}",
        "ioss":"IM2760000012","date":"{on}","gross_mass_kg":"0.600","transport_cost":"4.00","currency":"EUR",
        "consignee":{{"name":"Buyer {buyer}","country":"DE","city":"Köln","postcode":"50667"}},
        "items":[{{"listing_id":"l-{}","sku":"S","description":"{description}","material":"{material}","hs6":"{hs6}",
        "origin":"CN","quantity":1,"net_mass_kg":"0.500","declared_value":"{price}","paid_value":"{price}",
        "merchant_pid":"S","manufacturer_pid":"M"}}],"documents":[]}}"#,
        merchant.name, merchant.goods,
    )
}

fn standing(merchant: &Merchant, day: u64, today: u64, inspections: &Inspections, shared: u32) -> Standing {
    let jump = merchant.way == Way::Forwarder;
    let known = MerchantStanding {
        id: merchant.name.clone(),
        verified: true,
        age_days: Some(merchant.age + day as u32),
        shipments: 40 + day * 4,
        complaints: merchant.complaints,
        takedowns: merchant.takedowns,
        volume: Some(Volume { today: if jump { today * 6 } else { today }, usual: 4 }),
        ..MerchantStanding::default()
    };
    let listing = ListingStanding {
        merchant_id: merchant.name.clone(),
        title: GOODS[merchant.goods].3.to_owned(),
        ..ListingStanding::default()
    };
    let parties = Parties { merchant: Some(known), listings: [(format!("l-{}", merchant.goods), listing)].into() };
    let history =
        History { inspections: Arc::new(inspections.clone()), address_merchants: shared, ..History::default() };
    Standing::found(parties).with_history(history)
}

struct Seen {
    score: f64,
    lane: Lane,
    sampled: bool,
    wrong: bool,
    way: Way,
    day: u64,
}

fn count(found: &mut Found, wrong: bool) {
    found.inspected += 1;
    found.wrong += u32::from(wrong);
}

/// Sends all shipments; `back` = what inspections find comes back.
fn simulate(rules: &GateRules, back: bool) -> Vec<Seen> {
    let merchants: Vec<Merchant> = (0..MERCHANTS).map(merchant).collect();
    let forwarders = merchants.iter().filter(|one| one.way == Way::Forwarder).count() as u32;
    let mut inspections = Inspections::default();
    let mut seen = Vec::new();
    for day in 0..DAYS {
        let on = FIRST_DAY.saturating_add((day as i64).days());
        let known = inspections.clone();
        for merchant in &merchants {
            let today = draw(&[&merchant.name, "volume", &day.to_string()], 3);
            for number in 0..today {
                let id = format!("{}-{day}-{number}", merchant.name);
                let declared = Shipment::parse(&shipment(merchant, &id, on)).expect("a shipment");
                let shared = if merchant.way == Way::Forwarder { forwarders - 1 } else { 0 };
                let answer = Gate::evaluate(rules, &declared, &standing(merchant, day, today, &known, shared), on);
                let wrong = draw(&[&id, "wrong"], 1_000) < merchant.way.wrong();
                if back && (answer.lane != Lane::Green || answer.risk.sampled) {
                    count(&mut inspections.all, wrong);
                    let heading = GOODS[merchant.goods].0[..4].to_owned();
                    count(inspections.by_heading.entry(heading).or_default(), wrong);
                    count(inspections.by_origin.entry("CN".to_owned()).or_default(), wrong);
                }
                let (score, sampled) = (answer.risk.score, answer.risk.sampled);
                seen.push(Seen { score, lane: answer.lane, sampled, wrong, way: merchant.way, day });
            }
        }
    }
    seen
}

fn share(rows: &[&Seen]) -> String {
    let wrong = rows.iter().filter(|row| row.wrong).count();
    format!("{:>7} {:>7} {:>7.1} %", rows.len(), wrong, 100.0 * wrong as f64 / rows.len().max(1) as f64)
}

fn report(seen: &[Seen]) {
    println!("{:<28} {:>7} {:>7} {:>9}", "", "rows", "wrong", "share");
    let part = |name: &str, take: &dyn Fn(&Seen) -> bool| {
        println!("{name:<28} {}", share(&seen.iter().filter(|row| take(row)).collect::<Vec<_>>()));
    };
    part("all", &|_| true);
    part("green", &|row| row.lane == Lane::Green);
    part("green, drawn for inspection", &|row| row.lane == Lane::Green && row.sampled);
    part("amber", &|row| row.lane == Lane::Amber);
    part("red", &|row| row.lane == Lane::Red);
    let mut ways: BTreeMap<Way, Vec<&Seen>> = BTreeMap::new();
    seen.iter().for_each(|row| ways.entry(row.way).or_default().push(row));
    println!("\n{:<28} {:>7} {:>14} {:>11}", "merchants", "rows", "not green", "mean score");
    for (way, rows) in ways {
        let looked = rows.iter().filter(|row| row.lane != Lane::Green).count() as f64 / rows.len() as f64;
        let mean = rows.iter().map(|row| row.score).sum::<f64>() / rows.len() as f64;
        println!("{:<28} {:>7} {:>12.1} % {mean:>11.3}", format!("{way:?}"), rows.len(), 100.0 * looked);
    }
}

fn order(name: &str, seen: &[Seen], from: u64) {
    let scored: Vec<(f64, bool)> =
        seen.iter().filter(|row| row.day >= from).map(|row| (row.score, row.wrong)).collect();
    let measures = measure(&scored, &[0.01, 0.05, 0.1]).expect("both kinds");
    let [one, five, ten] = [0, 1, 2].map(|place| measures.precision[place].1);
    println!("{name:<28} {:>7.3} {one:>8.3} {five:>8.3} {ten:>8.3} {:>8.4}", measures.auc, measures.brier);
}

fn main() {
    let rules = GateRules::shipped().expect("the shipped rules load");
    let (with, without) = (simulate(&rules, true), simulate(&rules, false));
    report(&with);
    println!("\n{:<28} {:>7} {:>8} {:>8} {:>8} {:>8}", "days 31 to 60", "AUC", "at 1 %", "at 5 %", "at 10 %", "Brier");
    order("finds come back", &with, DAYS / 2);
    order("finds do not come back", &without, DAYS / 2);
    let scored: Vec<(f64, bool)> = with.iter().map(|row| (row.score, row.wrong)).collect();
    println!("\n{:<28} {:>7} {:>8} {:>8}", "tenths by score", "rows", "said", "was");
    for (place, bin) in measure(&scored, &[]).expect("both kinds").bins.iter().enumerate() {
        println!("{:<28} {:>7} {:>8.3} {:>8.3}", place + 1, bin.rows, bin.said, bin.was);
    }
}
