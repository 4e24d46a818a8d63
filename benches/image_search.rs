//! Exact search among a million references, beside a plain scan of the same hashes and, where
//! Python has it, FAISS `IndexBinaryFlat` (see `faiss_flat.py`).
//!
//! `ASSAY_BENCH_REFERENCES` takes another number, such as 10000000; `ASSAY_BENCH_PYTHON` the
//! Python that has FAISS.

use std::fs::File;
use std::io::Write as _;
use std::time::Instant;

use assay::matching::image::{Hash256, ImageIndex, ReferenceEntry, Signature};
use assay::registry::model::{BrandKey, ReferenceKey, ReferenceKind};

mod support;
use support::{Candidate, Random, compare, goal, nanos, setting};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Largest distance of a match, as product pictures have it.
const RADIUS: usize = 31;
const QUERIES: usize = 400;
/// How often each query is measured; its best time counts.
const ROUNDS: usize = 5;

/// Processor time of this thread, as other work on the machine does not count; wall time
/// where the kernel does not tell. It is brought up to date every few milliseconds.
fn seconds_of(work: impl FnOnce()) -> f64 {
    let told = || -> Option<f64> {
        let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
        text.split(' ').next()?.parse::<f64>().ok().map(|nanos| nanos / 1e9)
    };
    let (started, before) = (Instant::now(), told());
    work();
    told().zip(before).map_or_else(|| started.elapsed().as_secs_f64(), |(after, before)| after - before)
}

fn hash(random: &mut Random) -> Hash256 {
    let mut bytes = [0; 32];
    for part in bytes.chunks_exact_mut(8) {
        part.copy_from_slice(&random.next().to_le_bytes());
    }
    Hash256::from_bytes(bytes)
}

fn entry(number: usize, hash: Hash256) -> ReferenceEntry {
    ReferenceEntry {
        key: ReferenceKey::new(format!("bench/{number}.png")),
        brand: BrandKey::new(format!("bench-{}", number / 3)),
        kind: ReferenceKind::Product,
        signature: Signature::plain(hash, 100, 1000, 1000),
        threshold: None,
    }
}

/// A hash `bits` away from `from`.
fn moved(from: Hash256, bits: usize, random: &mut Random) -> Hash256 {
    let mut moved = from;
    while usize::from(moved.distance(&from)) < bits {
        moved = moved.with_flipped(random.below(256));
    }
    moved
}

/// Nine in ten at random, the others near another: what a registry with variants looks like.
fn references(count: usize, random: &mut Random) -> Vec<Hash256> {
    let mut all: Vec<Hash256> = Vec::with_capacity(count);
    for number in 0..count {
        let new = if number % 10 == 9 {
            let bits = random.below(RADIUS + 1);
            moved(all[random.below(number)], bits, random)
        } else {
            hash(random)
        };
        all.push(new);
    }
    all
}

/// Half of them copies at up to the radius, every eighth at exactly the radius.
fn queries(references: &[Hash256], random: &mut Random) -> Vec<Hash256> {
    let mut query = |place: usize| match place % 8 {
        0 => moved(references[random.below(references.len())], RADIUS, random),
        1..4 => {
            let bits = random.below(RADIUS);
            moved(references[random.below(references.len())], bits, random)
        }
        _ => hash(random),
    };
    (0..QUERIES).map(&mut query).collect()
}

fn asked(hash: Hash256) -> Signature {
    Signature::plain(hash, 100, 800, 800)
}

fn within(references: &[Hash256], query: &Hash256) -> usize {
    references.iter().filter(|hash| usize::from(hash.distance(query)) <= RADIUS).count()
}

/// Best time of each query, sorted, in nanoseconds.
fn times(queries: &[Hash256], mut search: impl FnMut(&Hash256) -> usize) -> Vec<f64> {
    let mut best = vec![f64::INFINITY; queries.len()];
    for _ in 0..ROUNDS {
        for (best, query) in best.iter_mut().zip(queries) {
            let started = Instant::now();
            std::hint::black_box(search(query));
            *best = best.min(started.elapsed().as_nanos() as f64);
        }
    }
    best.sort_by(f64::total_cmp);
    best
}

/// Writes the index to a file and reads it again, as a start does.
fn file(index: ImageIndex, folder: &std::path::Path) -> ImageIndex {
    let path = folder.join("images.index");
    let wrote = seconds_of(|| {
        let mut out = File::create(&path).expect("a temporary file");
        index.write_to(&mut out, "bench").expect("is written");
    });
    drop(index);
    let mut restored = ImageIndex::empty();
    let read = seconds_of(|| {
        restored = ImageIndex::read_from(&mut File::open(&path).expect("is there")).expect("is read").index;
    });
    let bytes = path.metadata().expect("is there").len();
    println!("file of {} MB written in {wrote:.2} s", bytes / 1_000_000);
    goal("ready from the file", read, " s", 2.0, true);
    restored
}

/// Median of FAISS in nanoseconds for the first queries, where Python has it.
fn faiss(references: &[Hash256], queries: &[Hash256], folder: &std::path::Path) -> Option<f64> {
    let save = |name: &str, hashes: &[Hash256]| {
        let path = folder.join(name);
        let mut out = std::io::BufWriter::new(File::create(&path).expect("a temporary file"));
        hashes.iter().for_each(|hash| out.write_all(&hash.to_bytes()).expect("is written"));
        path
    };
    let (all, some) = (save("references", references), save("queries", &queries[..queries.len().min(40)]));
    let python = std::env::var("ASSAY_BENCH_PYTHON").unwrap_or_else(|_| "python3".into());
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/faiss_flat.py");
    let ran = std::process::Command::new(python).arg(script).args([&all, &some]).arg(RADIUS.to_string()).output();
    let told = ran.ok().filter(|ran| ran.status.success())?;
    let micros: f64 = String::from_utf8_lossy(&told.stdout).trim().parse().ok()?;
    Some(micros * 1e3)
}

fn main() {
    let count = setting("ASSAY_BENCH_REFERENCES", 1_000_000);
    let mut random = Random::new(4);
    let references = references(count, &mut random);
    let entries: Vec<ReferenceEntry> =
        references.iter().enumerate().map(|(number, hash)| entry(number, *hash)).collect();
    let mut index = ImageIndex::empty();
    let built = seconds_of(|| index = ImageIndex::build(entries));
    println!("{count} references, radius {RADIUS}; times of builds and files are of one processor");
    goal("built from scratch", built, " s", 10.0, true);
    let size = index.size();
    goal("bytes a reference, keys and brands included", size.bytes as f64 / count as f64, "", 130.0, true);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let index = file(index, folder.path());

    let queries = queries(&references, &mut random);
    let recalled =
        queries.iter().filter(|query| index.find(&asked(**query)).len() == within(&references, query).min(20));
    println!("{} of {QUERIES} queries find exactly what the plain scan finds", recalled.count());
    let searched = times(&queries, |query| index.find(&asked(*query)).len());
    println!("99th of a hundred searches: {}", nanos(searched[QUERIES * 99 / 100]));
    goal("median search", searched[QUERIES / 2] / 1e3, " µs", 250.0, true);
    let scanned = times(&queries[..40], |query| within(&references, query))[20];
    println!("plain scan: {}, {:.0} times as long", nanos(scanned), scanned / searched[QUERIES / 2]);
    match faiss(&references, &queries, folder.path()) {
        Some(peer) => {
            println!("FAISS IndexBinaryFlat: {}", nanos(peer));
            goal("FAISS over this", peer / searched[QUERIES / 2], " times", 150.0, false);
        }
        None => println!("FAISS IndexBinaryFlat: not measured, no Python with faiss-cpu (see benches/faiss_flat.py)"),
    }
    let added = vec![entry(count + 1, hash(&mut random))];
    let later = (0..1000).map(|number| entry(count + 2 + number, hash(&mut random))).collect();
    let grown = index.with_changes(&[], later);
    compare(
        "CPU time of one change",
        vec![
            Candidate::new("adding one reference to the index", 1, || {
                index.with_changes(&[], added.clone()).len() as u64
            }),
            Candidate::new("adding one reference after a thousand others", 1, || {
                grown.with_changes(&[], added.clone()).len() as u64
            }),
        ],
    );
    divan::main();
}

#[divan::bench]
fn distance_of_two_hashes(bencher: divan::Bencher<'_, '_>) {
    let mut random = Random::new(5);
    let (first, second) = (hash(&mut random), hash(&mut random));
    bencher.bench(|| std::hint::black_box(first).distance(std::hint::black_box(&second)));
}
