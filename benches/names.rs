//! Screening names: time of a search and what is found, on a list of 28,000 parties and on one of a
//! million that contains it. `ASSAY_BENCH_NAMES` takes another size of the large list.
//!
//! The lists are made up of syllables and of the words and forms that companies share; a third of
//! the queries are exact, a third hold a slip, a third lack a part or add one.

use std::time::Instant;

use assay::matching::names::{NameIndex, NameKind, NameQuery, Party, PartyFacts, PartyKind, PartyName, Scratch};

mod support;
use support::{Random, memory, setting};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Size of the small list: about that of all public lists together without their aliases.
const SMALL: usize = 28_000;
const QUERIES: usize = 3_000;
/// Searches of each query; the shortest counts, because others may use the machine.
const REPEATS: usize = 3;

const STARTS: [&str; 24] = [
    "ba", "ka", "ni", "so", "tre", "val", "mo", "zhe", "kha", "lu", "per", "sta", "do", "ri", "gor", "mi", "sha", "ve",
    "al", "yu", "che", "bo", "in", "da",
];
const ENDS: [&str; 24] = [
    "nov", "lin", "ran", "shi", "mov", "dez", "kov", "ssan", "tov", "ng", "ri", "man", "rek", "lo", "dar", "sky", "mi",
    "tan", "ko", "vich", "ley", "za", "pur", "st",
];
const GIVEN: [&str; 16] = [
    "Ali", "Ivan", "Maria", "Sergei", "Wei", "Ahmad", "Jose", "Elena", "Omar", "Viktor", "Hassan", "Olga", "Yusuf",
    "Anna", "Karim", "Pavel",
];
const TRADES: [&str; 14] = [
    "Trading",
    "Shipping",
    "Technology",
    "Industrial",
    "Energy",
    "International",
    "General",
    "Logistics",
    "Bank",
    "Holding",
    "Services",
    "Electronics",
    "Construction",
    "Group",
];
const FORMS: [&str; 8] = ["LLC", "Ltd", "Co., Ltd.", "JSC", "GmbH", "S.A.", "Limited Liability Company", "FZE"];

fn word(random: &mut Random) -> String {
    let mut word = random.pick(&STARTS).to_owned();
    for _ in 0..2 + random.below(2) {
        word.push_str(random.pick(&STARTS));
    }
    word.push_str(random.pick(&ENDS));
    word
}

fn name(random: &mut Random) -> (String, PartyKind) {
    if random.chance(50) {
        let second = if random.chance(60) { format!(" {}ovich", word(random)) } else { String::new() };
        return (format!("{}, {}{second}", word(random).to_uppercase(), random.pick(&GIVEN)), PartyKind::Person);
    }
    let second = if random.chance(40) { format!(" {}", word(random)) } else { String::new() };
    (format!("{}{second} {} {}", word(random), random.pick(&TRADES), random.pick(&FORMS)), PartyKind::Organization)
}

fn party(number: usize, random: &mut Random) -> Party {
    let (first, kind) = name(random);
    let names = vec![PartyName { name: first, kind: NameKind::Primary }];
    Party { id: format!("b-{number}"), kind, names, facts: PartyFacts::default() }
}

/// The party's name as someone else would write it.
fn rewritten(name: &str, random: &mut Random) -> String {
    match random.below(3) {
        0 => name.to_owned(),
        1 => {
            let mut letters: Vec<char> = name.chars().collect();
            let at = 1 + random.below(letters.len() - 2);
            match random.below(3) {
                0 => letters.swap(at, at - 1),
                1 => {
                    letters.remove(at);
                }
                _ => letters.insert(at, 'e'),
            }
            letters.into_iter().collect()
        }
        _ => match name.split_once(", ") {
            Some((surname, given)) => format!("{} {surname}", given.split(' ').next().unwrap_or(given)),
            None => format!("{name} Hong Kong"),
        },
    }
}

/// Seconds that this thread has spent on a processor: other work on the machine does not count.
fn busy() -> f64 {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanos = told.and_then(|text| text.split(' ').next()?.parse::<f64>().ok());
    nanos.unwrap_or_default() / 1e9
}

/// Searches all queries once; prints times and the share of expected parties among the first ten.
fn measure(label: &str, index: &NameIndex, queries: &[(String, NameQuery)]) {
    let mut scratch = Scratch::default();
    for (_, query) in queries.iter().take(200) {
        std::hint::black_box(index.search(query, 20, &mut scratch));
    }
    let mut found = [0usize; 2];
    let mut times: Vec<f64> = Vec::with_capacity(queries.len());
    let started = busy();
    for (expected, query) in queries {
        let mut shortest = f64::MAX;
        let mut hits = Vec::new();
        for _ in 0..REPEATS {
            let started = Instant::now();
            hits = index.search(query, 20, &mut scratch);
            shortest = shortest.min(started.elapsed().as_secs_f64() * 1e3);
        }
        times.push(shortest);
        let place = hits.iter().position(|hit| hit.id == *expected);
        found[0] += usize::from(place == Some(0));
        found[1] += usize::from(place.is_some_and(|place| place < 10));
    }
    let mean = (busy() - started) * 1e3 / (queries.len() * REPEATS) as f64;
    times.sort_by(f64::total_cmp);
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
    let share = |count: usize| count as f64 / queries.len() as f64;
    println!(
        "{label}: mean {mean:.3} ms ({:.0}/s), p50 {:.3}, p99 {:.3}, max {:.2} ms; recall@1 {:.3}, recall@10 {:.3}",
        1e3 / mean,
        at(0.5),
        at(0.99),
        at(1.0),
        share(found[0]),
        share(found[1]),
    );
}

fn main() {
    let large = setting("ASSAY_BENCH_NAMES", 1_000_000);
    let mut random = Random::new(11);
    let small: Vec<Party> = (0..SMALL).map(|number| party(number, &mut random)).collect();
    let queries: Vec<(String, NameQuery)> = (0..QUERIES)
        .map(|_| {
            let party = &small[random.below(small.len())];
            let name = rewritten(&party.names[0].name, &mut random);
            (party.id.clone(), NameQuery { name, kind: party.kind, facts: PartyFacts::default() })
        })
        .collect();
    for size in [SMALL, large] {
        let mut random = Random::new(12);
        let others = (SMALL..size.max(SMALL)).map(|number| party(number, &mut random));
        let before = memory("VmRSS", "self");
        let started = Instant::now();
        let mut index = NameIndex::build(small.iter().cloned().chain(others));
        let built = started.elapsed().as_secs_f64();
        println!(
            "{} parties: built in {built:.1} s, {:.0} MiB resident",
            index.len(),
            memory("VmRSS", "self") - before
        );
        measure(&format!("{size} parties"), &index, &queries);
        let started = busy();
        for number in 0..100 {
            index.add(&party(size + number, &mut random));
        }
        println!("one party added in {:.3} ms", (busy() - started) * 10.0);
    }
}
