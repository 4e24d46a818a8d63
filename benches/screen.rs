//! The screening core on text: 100,000 marks and all shipped rules, one core.
//!
//! Prints the CPU time of a listing for the whole, for its parts, for two simpler matchers
//! over the same marks, and for merely reading the bytes, all in one run.
//! `ASSAY_BENCH_TEXT=FILE` takes real listings; `ASSAY_BENCH_MARKS` and
//! `ASSAY_BENCH_MANY` other numbers of marks.

use std::sync::{Arc, LazyLock};

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use assay::kernel::{Digest, Instant};
use assay::listings::model::Listing;
use assay::matching::text::{MarkIndex, TextFindings, TextQuery};
use assay::merchants::model::MerchantFacts;
use assay::registry::model::Brand;
use assay::rules::{Facts, Packs};
use assay::screening::{Snapshot, screen};

mod support;
use support::{Candidate, compare, goal, setting, text};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The goal for one listing, in microseconds.
const GOAL_MICROS: f64 = 60.0;
/// The goal for finding marks in one listing with its description, in microseconds.
const GOAL_TEXT_MICROS: f64 = 35.0;
/// The goal for finding a million marks in one title, in microseconds.
const GOAL_TITLE_MICROS: f64 = 40.0;
/// Listings that the slowest peer gets.
const FEW: usize = 200;

struct Bench {
    brands: Vec<Arc<Brand>>,
    snapshot: Snapshot,
    listings: Vec<Listing>,
    source: &'static str,
    now: Instant,
}

static BENCH: LazyLock<Bench> = LazyLock::new(|| {
    let brands = text::brands(setting("ASSAY_BENCH_MARKS", 100_000));
    let packs = Packs::load_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/rules")).expect("the shipped rules load");
    let snapshot = Snapshot::build(1, "bench".to_owned(), &brands, Arc::new(packs));
    let (listings, source) = text::listings_to_screen(4_000, &brands);
    let now = "2026-11-22T12:00:00.000000Z".parse().expect("is an instant");
    Bench { brands, snapshot, listings, source, now }
});

fn query<'a>(listing: &'a Listing, now: Instant) -> TextQuery<'a> {
    TextQuery {
        title: &listing.title,
        description: &listing.description,
        category: listing.category.as_deref(),
        brand: listing.brand.as_deref(),
        seller: listing.merchant.as_deref(),
        lang: listing.lang.as_deref(),
        ships_to: &listing.ships_to,
        on: now.date(),
    }
}

impl Bench {
    fn screen_all(&self, merchant: &MerchantFacts) -> u64 {
        self.listings
            .iter()
            .map(|listing| screen(&self.snapshot, listing, merchant, self.now).reasons.len() as u64)
            .sum()
    }

    fn match_all(&self) -> u64 {
        self.listings.iter().map(|listing| self.snapshot.marks.find(&query(listing, self.now)).hits.len() as u64).sum()
    }

    fn judge_all(&self, merchant: &MerchantFacts, found: &[TextFindings]) -> u64 {
        let pairs = self.listings.iter().zip(found);
        let judged = pairs.map(|(listing, text)| {
            let facts =
                Facts { listing, merchant, text, images: &[], prepared: None, brand_names: None, now: self.now };
            self.snapshot.packs.evaluate(&facts).reasons.len() as u64
        });
        judged.sum()
    }

    /// Marks as the registry writes them, the shortest ones left out as any matcher must.
    fn mark_texts(&self, most: usize) -> Vec<&str> {
        let marks = self.brands.iter().flat_map(|brand| &brand.word_marks);
        marks.map(|mark| mark.text.as_str()).filter(|text| text.len() > 3).take(most).collect()
    }

    fn for_each_text(&self, mut count: impl FnMut(&str) -> u64) -> u64 {
        self.listings.iter().map(|listing| count(&listing.title) + count(&listing.description)).sum()
    }
}

/// Whole-word matches of the plain automaton.
fn automaton_matches(automaton: &AhoCorasick, text: &str) -> u64 {
    let bytes = text.as_bytes();
    let is_edge = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_none_or(|byte| !byte.is_ascii_alphanumeric());
    let whole =
        automaton.find_iter(text).filter(|found| is_edge(found.start().checked_sub(1)) && is_edge(Some(found.end())));
    whole.count() as u64
}

fn main() {
    let bench = &*BENCH;
    let merchant = MerchantFacts::default();
    let count = bench.listings.len();
    let bytes: usize = bench.listings.iter().map(|listing| listing.title.len() + listing.description.len()).sum();
    println!(
        "{} marks, {} rules with {} terms, {count} {} of {} bytes on average",
        bench.snapshot.marks.mark_count(),
        bench.snapshot.packs.rule_count(),
        bench.snapshot.packs.term_count(),
        bench.source,
        bytes / count,
    );
    let found: Vec<TextFindings> =
        bench.listings.iter().map(|listing| bench.snapshot.marks.find(&query(listing, bench.now))).collect();
    let verdicts: Vec<_> =
        bench.listings.iter().map(|listing| screen(&bench.snapshot, listing, &merchant, bench.now)).collect();
    let hits: usize = found.iter().map(|found| found.hits.len()).sum();
    let reasons: usize = verdicts.iter().map(|verdict| verdict.reasons.len()).sum();
    println!("{:.2} mark hits and {:.2} reasons a listing", hits as f64 / count as f64, reasons as f64 / count as f64);

    let without = |listing: &Listing| Listing { description: String::new(), ..listing.clone() };
    let titles: Vec<Listing> = bench.listings.iter().map(without).collect();
    let automaton = AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .match_kind(MatchKind::LeftmostLongest)
        .kind(Some(AhoCorasickKind::ContiguousNFA))
        .build(bench.mark_texts(usize::MAX))
        .expect("the marks fit");
    let few = bench.mark_texts(5_000).into_iter().map(regex::escape).collect::<Vec<_>>().join("|");
    let pattern =
        regex::RegexBuilder::new(&format!(r"\b(?:{few})\b")).case_insensitive(true).size_limit(1 << 30).build();
    let pattern = pattern.expect("the marks fit");
    let mut copy = Vec::new();
    let times = compare(
        "CPU time of one listing",
        vec![
            Candidate::new("screen: marks, rules, verdict", count, || bench.screen_all(&merchant)),
            Candidate::new("screen: the same listings without their descriptions", count, || {
                titles
                    .iter()
                    .map(|listing| screen(&bench.snapshot, listing, &merchant, bench.now).reasons.len() as u64)
                    .sum()
            }),
            Candidate::new("of it: finding marks", count, || bench.match_all()),
            Candidate::new("of it: judging by the rules", count, || bench.judge_all(&merchant, &found)),
            Candidate::new("beside it: the verdict as JSON", count, || {
                verdicts.iter().map(|verdict| verdict.to_json().len() as u64).sum()
            }),
            Candidate::new("peer: Aho-Corasick, same marks, exact letters only", count, || {
                bench.for_each_text(|text| automaton_matches(&automaton, text))
            }),
            Candidate::new("peer: regex alternation of 1,000 of the marks, whole words", FEW, || {
                let few = bench.listings.iter().take(FEW);
                few.map(|listing| {
                    pattern.find_iter(&listing.title).count() + pattern.find_iter(&listing.description).count()
                })
                .sum::<usize>() as u64
            }),
            Candidate::new("limit: SHA-256 of the same bytes", count, || {
                bench.for_each_text(|text| u64::from(Digest::of(text.as_bytes()).0[0]))
            }),
            Candidate::new("limit: copying the same bytes", count, || {
                bench.for_each_text(|text| {
                    copy.clear();
                    copy.extend_from_slice(text.as_bytes());
                    std::hint::black_box(&copy).len() as u64
                })
            }),
        ],
    );
    goal("\nscreen, one listing", times[0] / 1e3, " µs", GOAL_MICROS, true);
    goal("finding marks, one listing", times[2] / 1e3, " µs", GOAL_TEXT_MICROS, true);
    with_many_marks(bench, &titles);
    divan::main();
}

/// Finding marks in titles with as many marks as a national register has, the memory they
/// take, and how soon a new one is found.
fn with_many_marks(bench: &Bench, titles: &[Listing]) {
    let index = MarkIndex::build(&text::brands(setting("ASSAY_BENCH_MANY", 1_000_000)));
    let bytes: usize = titles.iter().map(|listing| listing.title.len()).sum();
    println!("\n{} marks, titles of {} bytes on average", index.mark_count(), bytes / titles.len());
    let find_all = |index: &MarkIndex| -> u64 {
        titles.iter().map(|listing| index.find(&query(listing, bench.now)).hits.len() as u64).sum()
    };
    let added: Vec<Arc<Brand>> = text::brands(200).into_iter().take(100).collect();
    let changed = index.with_changes(&[], &added);
    let mut next = added.iter().cycle();
    let times = compare(
        "CPU time of one title, and of one change",
        vec![
            Candidate::new("finding marks", titles.len(), || find_all(&index)),
            Candidate::new("the same with a hundred brands changed since the last merge", titles.len(), || {
                find_all(&changed)
            }),
            Candidate::new("one more brand with two marks, beside the hundred", 1, || {
                let one = next.next().expect("cycles");
                changed.with_changes(&[], std::slice::from_ref(one)).mark_count() as u64
            }),
        ],
    );
    goal("\nfinding marks, one title", times[0] / 1e3, " µs", GOAL_TITLE_MICROS, true);
    goal("a new mark is found after", times[2] / 1e6, " ms", 50.0, true);
    goal("memory of the index", index.memory() as f64 / 1e6, " MB", 300.0, true);
}

#[divan::bench]
fn screen_one_listing(bencher: divan::Bencher<'_, '_>) {
    let (bench, merchant) = (&*BENCH, MerchantFacts::default());
    let mut next = bench.listings.iter().cycle();
    bencher.bench_local(|| screen(&bench.snapshot, next.next().expect("cycles"), &merchant, bench.now));
}

#[divan::bench]
fn find_marks_of_one_listing(bencher: divan::Bencher<'_, '_>) {
    let bench = &*BENCH;
    let mut next = bench.listings.iter().cycle();
    bencher.bench_local(|| bench.snapshot.marks.find(&query(next.next().expect("cycles"), bench.now)));
}

#[divan::bench(sample_count = 5, sample_size = 1)]
fn build_the_index_of_marks() -> usize {
    MarkIndex::build(&BENCH.brands).mark_count()
}
