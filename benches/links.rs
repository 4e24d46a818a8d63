//! Linking one newcomer among a million merchants: how long, and how much memory.
//!
//! `cargo bench --bench links` generates merchants from a fixed seed (no file, no real data),
//! fills an index, and prints percentiles. `ASSAY_BENCH_MERCHANTS` takes another number.

use std::time::Instant;

use assay::merchants::links::{BankAccount, LinkIndex, LinkKey, LinkPolicy, MerchantRecord, Representative};

mod support;
use support::{Random, memory, setting};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Times that each newcomer is asked about: the best is its time, so that other work on the
/// machine does not count.
const ROUNDS: usize = 5;

fn word(random: &mut Random, syllables: usize) -> String {
    const PARTS: [&str; 20] = [
        "ka", "li", "mo", "ren", "to", "shi", "yu", "bei", "lan", "dor", "vi", "ges", "pa", "nor", "te", "hau", "zi",
        "qun", "fa", "wel",
    ];
    (0..syllables).map(|_| random.pick(&PARTS)).collect()
}

fn digits(random: &mut Random, count: u32) -> String {
    let number = random.next() % 10_u64.pow(count);
    format!("{number:0width$}", width = count as usize)
}

const SHOP_WORDS: [&str; 24] = [
    "Star", "Lux", "Home", "Bright", "Sunny", "Pixel", "Urban", "Wild", "Eco", "Silk", "Prime", "Zen", "Bags", "Shoes",
    "Toys", "Pets", "Kids", "Garden", "Audio", "Light", "Beauty", "Wear", "Tech", "Kitchen",
];

fn merchant(number: usize, random: &mut Random) -> MerchantRecord {
    let (given, family) = (word(random, 3), word(random, 3));
    // One in ten uses an agent, a pooled account and a stock photo.
    let hub = random.chance(10);
    let account = if hub { format!("POOLED{:04}", random.below(100)) } else { format!("DE{}", digits(random, 18)) };
    let shop = match random.chance(50) {
        true => format!("{}{} Store", random.pick(&SHOP_WORDS), random.pick(&SHOP_WORDS)),
        false => word(random, 4).to_uppercase(),
    };
    let mut pictures: Vec<String> = (0..4 + random.below(6)).map(|_| format!("{:016x}", random.next())).collect();
    if hub {
        let stock = Random::new(random.below(200) as u64).next();
        pictures.push(format!("{:016x}", stock ^ 1 << random.below(64) ^ 1 << random.below(64)));
    }
    let mailbox = match hub {
        true => format!("agent{}@agents.example", random.below(100)),
        false => format!("{given}{family}{}@mail.example", random.below(10_000)),
    };
    let place = random.pick(&["Shenzhen", "Yiwu", "Hangzhou"]);
    let numbers = [random.below(900) + 1, random.below(30) + 1, random.below(3_000) + 100];
    let address = format!("{} {} Road, Building {}, Room {}", numbers[0], word(random, 4), numbers[1], numbers[2]);
    let network = |random: &mut Random| {
        format!("{}.{}.{}.{}", random.below(200) + 11, random.below(256), random.below(256), random.below(256))
    };
    MerchantRecord {
        id: format!("m{number}"),
        country: Some((*random.pick(&["CN", "DE", "US", "GB", "HK"])).to_owned()),
        legal_name: Some(format!("{place} {} Trading Co., Ltd.", word(random, 4))),
        store_name: Some(shop),
        reg_no: Some(format!("9144{}", digits(random, 14))),
        legal_rep: Some(Representative { name: Some(format!("{given} {family}")), id_no: Some(digits(random, 18)) }),
        address: Some(address),
        phone: Some(format!("+86 1{}", digits(random, 10))),
        email: Some(mailbox),
        bank: Some(BankAccount { account: Some(account), ..BankAccount::default() }),
        devices: Some(
            (0..=random.below(2)).map(|_| format!("{:016x}{:08x}", random.next(), random.next() as u32)).collect(),
        ),
        ips: Some((0..=random.below(3)).map(|_| network(random)).collect()),
        image_phashes: Some(pictures),
        ..MerchantRecord::default()
    }
}

fn percentiles(what: &str, mut micros: Vec<f64>) {
    micros.sort_by(f64::total_cmp);
    let at = |share: f64| micros[((micros.len() - 1) as f64 * share) as usize];
    println!(
        "{what}: p50 {:.0} µs, p99 {:.0} µs, most {:.0} µs ({} merchants)",
        at(0.5),
        at(0.99),
        at(1.0),
        micros.len()
    );
}

fn best_of(mut work: impl FnMut()) -> f64 {
    let times = (0..ROUNDS).map(|_| {
        let started = Instant::now();
        work();
        started.elapsed().as_secs_f64() * 1e6
    });
    times.fold(f64::INFINITY, f64::min)
}

fn main() {
    if std::env::args().any(|argument| argument == "--list") {
        return;
    }
    let count = setting("ASSAY_BENCH_MERCHANTS", 1_000_000);
    let mut random = Random::new(7);
    let mut index = LinkIndex::new(LinkPolicy::shipped(), LinkKey::new(b"bench"));
    let (before, started) = (memory("VmRSS", "self"), Instant::now());
    for number in 0..count {
        index.add(&merchant(number, &mut random));
    }
    let (seconds, held) = (started.elapsed().as_secs_f64(), memory("VmRSS", "self") - before);
    println!("{count} merchants made and taken in, {:.0} a second", count as f64 / seconds);
    println!("memory: {held:.0} MiB resident, {:.0} MiB by own count", index.bytes() as f64 / 1_048_576.0);

    let newcomers: Vec<MerchantRecord> = (0..1_000).map(|number| merchant(count + number, &mut random)).collect();
    let links: usize = newcomers.iter().map(|newcomer| index.links_of(newcomer).len()).sum();
    let asked = newcomers.iter().map(|newcomer| best_of(|| drop(std::hint::black_box(index.links_of(newcomer)))));
    percentiles("links of a newcomer", asked.collect());
    println!("links reported: {:.2} a newcomer", links as f64 / newcomers.len() as f64);
    let taken = newcomers.iter().map(|newcomer| best_of(|| index.add(newcomer)));
    percentiles("taking a newcomer in", taken.collect());

    let shared = MerchantRecord {
        bank: Some(BankAccount { account: Some("DE02120300000000202051".to_owned()), ..BankAccount::default() }),
        image_phashes: Some(vec!["0123456789abcdef".to_owned()]),
        ..MerchantRecord::default()
    };
    for number in 0..10_000 {
        index.add(&MerchantRecord { id: format!("shared{number}"), ..shared.clone() });
    }
    let newcomer = MerchantRecord { id: "newcomer".to_owned(), ..shared };
    let asked = (0..500).map(|_| best_of(|| assert!(index.links_of(&newcomer).is_empty())));
    percentiles("links of one whose account and picture 10,000 share", asked.collect());
}
