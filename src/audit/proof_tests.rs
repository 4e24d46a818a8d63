//! Proofs held against the definitions of RFC 6962, written down literally.

use proptest::prelude::*;

use super::*;
use crate::audit::chain::leaf_hash;

/// The reference leaves of Certificate Transparency's test tree, and the roots over the first n.
const KNOWN: [(&str, &str); 8] = [
    ("", "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"),
    ("00", "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"),
    ("10", "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"),
    ("2021", "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"),
    ("3031", "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"),
    ("40414243", "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef"),
    ("5051525354555657", "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c"),
    ("606162636465666768696a6b6c6d6e6f", "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"),
];

/// MTH of the definition.
fn tree_hash(leaves: &[Digest]) -> Digest {
    match leaves {
        [] => Digest::of(b""),
        [only] => *only,
        many => {
            let split = split_of(many.len() as u64) as usize;
            node_hash(tree_hash(&many[..split]), tree_hash(&many[split..]))
        }
    }
}

/// PATH(m, D[n]) of the definition.
fn path(place: usize, leaves: &[Digest]) -> Vec<Digest> {
    if leaves.len() <= 1 {
        return Vec::new();
    }
    let split = split_of(leaves.len() as u64) as usize;
    let (left, right) = leaves.split_at(split);
    let (mut found, other) =
        if place < split { (path(place, left), right) } else { (path(place - split, right), left) };
    found.push(tree_hash(other));
    found
}

/// SUBPROOF(m, D[n], b) of the definition.
fn subproof(old: usize, leaves: &[Digest], whole: bool) -> Vec<Digest> {
    if old == leaves.len() {
        return if whole { Vec::new() } else { vec![tree_hash(leaves)] };
    }
    let split = split_of(leaves.len() as u64) as usize;
    let (left, right) = leaves.split_at(split);
    let (mut found, other) =
        if old <= split { (subproof(old, left, whole), right) } else { (subproof(old - split, right, false), left) };
    found.push(tree_hash(other));
    found
}

fn leaves(count: usize) -> Vec<Digest> {
    (0..count).map(|number| leaf_hash(&number.to_be_bytes())).collect()
}

/// Hashes of runs by way of their complete subtrees, as the store works them out.
fn hashes(runs: &[Range<u64>], leaves: &[Digest]) -> Vec<Digest> {
    let whole = |part: Subtree| {
        let from = (part.number << part.level) as usize;
        join_equal(&leaves[from..from + (1 << part.level)]).expect("a power of two")
    };
    runs.iter().map(|run| join(&subtrees(run.clone()).into_iter().map(whole).collect::<Vec<_>>())).collect()
}

fn tree(leaves: &[Digest]) -> Tree {
    Tree { size: leaves.len() as u64, root: tree_hash(leaves) }
}

#[test]
fn known_roots_and_every_proof_up_to_seventy_entries_are_those_of_the_definition() {
    let known: Vec<Digest> = KNOWN.iter().map(|(leaf, _)| leaf_hash(&hex::decode(leaf).unwrap())).collect();
    for (count, (_, root)) in KNOWN.iter().enumerate() {
        assert_eq!(tree_hash(&known[..=count]).to_string(), *root);
    }
    let all = leaves(70);
    for size in 0..=all.len() {
        let part = &all[..size];
        let root = tree_hash(part);
        for index in 0..size {
            let proof = hashes(&inclusion(index as u64, size as u64).unwrap(), &all);
            assert_eq!(proof, path(index, part), "entry {index} of {size}");
            assert_eq!(check_inclusion(all[index], index as u64, size as u64, &proof, root), Ok(()));
        }
        for old in 0..=size {
            let proof = hashes(&consistency(old as u64, size as u64).unwrap(), &all);
            let defined = if old == 0 { Vec::new() } else { subproof(old, part, true) };
            assert_eq!(proof, defined, "{old} of {size}");
            assert_eq!(check_consistency(tree(&all[..old]), tree(part), &proof), Ok(()), "{old} of {size}");
        }
        assert!(inclusion(size as u64, size as u64).is_err() && consistency(size as u64 + 1, size as u64).is_err());
    }
}

#[test]
fn sizes_near_the_end_of_the_numbers_are_planned_without_a_panic() {
    let size = u64::MAX;
    assert!(inclusion(size - 1, size).unwrap().len() <= MAX_PATH);
    assert!(consistency(size / 2 + 3, size).unwrap().len() <= MAX_PATH + 1);
    assert!(check_inclusion(Digest([0; 32]), size - 1, size, &[Digest([1; 32]); 90], Digest([2; 32])).is_err());
}

proptest! {
    #[test]
    fn a_proof_of_any_size_holds_and_no_changed_one_does(
        size in 1usize..2_000, picked: prop::sample::Index, byte in 0usize..32, bit in 0u8..8,
    ) {
        let all = leaves(size);
        let root = tree_hash(&all);
        let index = picked.index(size);
        let (at, count) = (index as u64, size as u64);
        let proof = hashes(&inclusion(at, count).unwrap(), &all);
        prop_assert_eq!(check_inclusion(all[index], at, count, &proof, root), Ok(()));
        let flip = |digest: Digest| { let mut bytes = digest.0; bytes[byte] ^= 1 << bit; Digest(bytes) };
        prop_assert!(check_inclusion(flip(all[index]), at, count, &proof, root).is_err());
        prop_assert!(check_inclusion(all[index], at, count, &proof, flip(root)).is_err());
        for other in [at ^ 1, at + 1, count] {
            prop_assert!(check_inclusion(all[index], other, count, &proof, root).is_err());
        }
        for place in 0..proof.len() {
            let mut changed = proof.clone();
            changed[place] = flip(changed[place]);
            prop_assert!(check_inclusion(all[index], at, count, &changed, root).is_err());
        }
        let longer = [proof.as_slice(), &[root]].concat();
        prop_assert!(check_inclusion(all[index], at, count, &longer, root).is_err());
        if !proof.is_empty() {
            prop_assert!(check_inclusion(all[index], at, count, &proof[1..], root).is_err());
        }
    }

    #[test]
    fn a_later_log_that_was_rewritten_is_refused(
        size in 2usize..1_500, picked: prop::sample::Index, changed: prop::sample::Index, byte in 0usize..32,
    ) {
        let all = leaves(size);
        let old = 1 + picked.index(size - 1);
        let proof = hashes(&consistency(old as u64, size as u64).unwrap(), &all);
        prop_assert_eq!(check_consistency(tree(&all[..old]), tree(&all), &proof), Ok(()));
        // Another history of the same length, whatever proof it brings.
        let mut other = all.clone();
        let place = changed.index(old);
        other[place].0[byte] ^= 1;
        let forged = hashes(&consistency(old as u64, size as u64).unwrap(), &other);
        prop_assert!(check_consistency(tree(&all[..old]), tree(&other), &forged).is_err());
        prop_assert!(check_consistency(tree(&all[..old]), tree(&other), &proof).is_err());
        for at in 0..proof.len() {
            let mut bad = proof.clone();
            bad[at].0[byte] ^= 1;
            prop_assert!(check_consistency(tree(&all[..old]), tree(&all), &bad).is_err());
        }
        let longer = [proof.as_slice(), &[all[0]]].concat();
        prop_assert!(check_consistency(tree(&all[..old]), tree(&all), &longer).is_err());
    }
}
