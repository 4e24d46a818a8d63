//! Exact search among a million references, beside a plain scan of the same hashes.
//! `ASSAY_BENCH_REFERENCES` takes another number.

use assay::matching::image::{Hash256, ImageIndex, ReferenceEntry, Signature};
use assay::registry::model::{BrandKey, ReferenceKey, ReferenceKind};

mod support;
use support::{Candidate, Random, compare, memory, setting};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

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

/// The reference at `place` with some bits turned, or a picture of nothing known.
fn query(references: &[Hash256], place: usize, random: &mut Random) -> Signature {
    let mut asked = if place.is_multiple_of(2) { references[random.below(references.len())] } else { hash(random) };
    for _ in 0..random.below(20) {
        asked = asked.with_flipped(random.below(256));
    }
    Signature::plain(asked, 100, 800, 800)
}

fn main() {
    let count = setting("ASSAY_BENCH_REFERENCES", 1_000_000);
    let mut random = Random::new(4);
    let before = memory("VmRSS", "self");
    let references: Vec<Hash256> = (0..count).map(|_| hash(&mut random)).collect();
    let started = std::time::Instant::now();
    let index = ImageIndex::build(references.iter().enumerate().map(|(number, hash)| entry(number, *hash)).collect());
    println!(
        "{count} references: built in {:.1} s, {:.0} MiB resident",
        started.elapsed().as_secs_f64(),
        memory("VmRSS", "self") - before,
    );
    let queries: Vec<Signature> = (0..40).map(|place| query(&references, place, &mut random)).collect();
    let scan = |asked: &Signature| references.iter().filter(|hash| hash.distance(&asked.hash) <= 31).count() as u64;
    let found: usize = queries.iter().map(|asked| index.find(asked).len()).sum();
    println!("{} of {} queries are copies of a reference; {found} hits found", queries.len() / 2, queries.len());
    let added = vec![entry(count + 1, hash(&mut random))];
    compare(
        "CPU time of one search",
        vec![
            Candidate::new("plain scan, distance 31", queries.len(), || queries.iter().map(scan).sum()),
            Candidate::new("index, each reference within its own threshold", queries.len(), || {
                queries.iter().map(|asked| index.find(asked).len() as u64).sum()
            }),
        ],
    );
    compare(
        "CPU time of one change",
        vec![Candidate::new("adding one reference to the index", 1, || {
            index.with_changes(&[], added.clone()).len() as u64
        })],
    );
    divan::main();
}

#[divan::bench]
fn distance_of_two_hashes(bencher: divan::Bencher<'_, '_>) {
    let mut random = Random::new(5);
    let (first, second) = (hash(&mut random), hash(&mut random));
    bencher.bench(|| std::hint::black_box(first).distance(std::hint::black_box(&second)));
}
