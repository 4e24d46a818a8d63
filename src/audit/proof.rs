//! Proofs over the log's Merkle tree, after RFC 6962 section 2.1: that an entry is in a tree, and
//! that a tree is the beginning of a later one. Pure.
//!
//! A proof is a list of hashes of runs of leaves. [`inclusion`] and [`consistency`] say which runs;
//! whoever keeps the hashes fills them in, run by run, from the complete subtrees of
//! [`subtrees`]. Checking needs nothing but the proof ([`check_inclusion`], [`check_consistency`];
//! the procedures are those of RFC 9162, sections 2.1.3.2 and 2.1.4.2).

use std::ops::Range;

use super::chain::node_hash;
use crate::kernel::Digest;

/// Most hashes in a proof: one for each bit of a 64-bit size.
pub const MAX_PATH: usize = 64;

/// A complete subtree: the `number`th run of `2^level` leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Subtree {
    /// Logarithm of its number of leaves.
    pub level: u32,
    /// Its place among the subtrees of its level, from 0.
    pub number: u64,
}

/// Why a proof does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// The entry cannot be in a tree of that size.
    #[error("entry {index} (counted from 0) lies outside a tree of {size} entries")]
    Outside {
        /// The entry, from 0.
        index: u64,
        /// The tree.
        size: u64,
    },
    /// The later tree is the smaller one.
    #[error("a tree of {old} entries cannot be the beginning of one of {size}")]
    Shrunk {
        /// The earlier tree.
        old: u64,
        /// The later tree.
        size: u64,
    },
    /// Too many or too few hashes.
    #[error("the proof has not the number of hashes that trees of these sizes need")]
    Length,
    /// The hashes do not lead to the root.
    #[error("the proof does not lead to the root: the entry or the proof was changed")]
    Root,
    /// The hashes do not lead to the earlier root.
    #[error("the later log does not begin with the earlier one: it was rewritten")]
    OldRoot,
}

/// The largest power of two below `leaves`; `leaves` is at least 2.
fn split_of(leaves: u64) -> u64 {
    1 << (u64::BITS - 1 - (leaves - 1).leading_zeros())
}

/// The runs of leaves whose hashes prove that the leaf `index` (from 0) is in a tree of `size`
/// leaves, the leaf's neighbour first (RFC 6962, section 2.1.1).
pub fn inclusion(index: u64, size: u64) -> Result<Vec<Range<u64>>, ProofError> {
    if index >= size {
        return Err(ProofError::Outside { index, size });
    }
    let (mut runs, mut tree) = (Vec::new(), 0..size);
    while tree.end - tree.start > 1 {
        let split = tree.start + split_of(tree.end - tree.start);
        if index < split {
            runs.push(split..tree.end);
            tree.end = split;
        } else {
            runs.push(tree.start..split);
            tree.start = split;
        }
    }
    runs.reverse();
    Ok(runs)
}

/// The runs of leaves whose hashes prove that a tree of `old` leaves is the beginning of one of
/// `size` leaves (RFC 6962, section 2.1.2).
pub fn consistency(old: u64, size: u64) -> Result<Vec<Range<u64>>, ProofError> {
    if old > size {
        return Err(ProofError::Shrunk { old, size });
    }
    if old == 0 {
        return Ok(Vec::new());
    }
    let (mut runs, mut tree) = (Vec::new(), 0..size);
    while old < tree.end {
        let split = tree.start + split_of(tree.end - tree.start);
        if old <= split {
            runs.push(split..tree.end);
            tree.end = split;
        } else {
            runs.push(tree.start..split);
            tree.start = split;
        }
    }
    // A whole old tree is known by its root already.
    if tree.start > 0 {
        runs.push(tree);
    }
    runs.reverse();
    Ok(runs)
}

/// The complete subtrees of a run that a proof names, largest first.
pub fn subtrees(run: Range<u64>) -> Vec<Subtree> {
    let (mut found, mut from) = (Vec::new(), run.start);
    while from < run.end {
        let level = (run.end - from).ilog2();
        found.push(Subtree { level, number: from >> level });
        from += 1 << level;
    }
    found
}

/// The hash over neighbouring subtrees, largest first; of none, the hash of nothing.
pub fn join(largest_first: &[Digest]) -> Digest {
    let mut smallest_first = largest_first.iter().rev().copied();
    match smallest_first.next() {
        None => Digest::of(b""),
        Some(last) => smallest_first.fold(last, |right, left| node_hash(left, right)),
    }
}

/// The hash of a complete subtree from those of its `2^n` equal parts; `None` for another number.
pub fn join_equal(parts: &[Digest]) -> Option<Digest> {
    if !parts.len().is_power_of_two() {
        return None;
    }
    let mut row = parts.to_vec();
    while row.len() > 1 {
        row = row.chunks_exact(2).map(|pair| node_hash(pair[0], pair[1])).collect();
    }
    row.first().copied()
}

/// Checks that the leaf with hash `leaf` is entry `index` (from 0) of the tree of `size` with `root`.
pub fn check_inclusion(leaf: Digest, index: u64, size: u64, path: &[Digest], root: Digest) -> Result<(), ProofError> {
    if index >= size {
        return Err(ProofError::Outside { index, size });
    }
    let (mut place, mut last, mut node) = (index, size - 1, leaf);
    for &other in path {
        if last == 0 {
            return Err(ProofError::Length);
        }
        if place & 1 == 1 || place == last {
            node = node_hash(other, node);
            climb_past_missing(&mut place, &mut last);
        } else {
            node = node_hash(node, other);
        }
        (place, last) = (place >> 1, last >> 1);
    }
    match (last, node == root) {
        (0, true) => Ok(()),
        (0, false) => Err(ProofError::Root),
        _ => Err(ProofError::Length),
    }
}

/// On the right edge levels without a neighbour have no hash in the proof.
fn climb_past_missing(place: &mut u64, last: &mut u64) {
    while *place & 1 == 0 && *place != 0 {
        (*place, *last) = (*place >> 1, *last >> 1);
    }
}

/// A tree as a checkpoint states it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tree {
    /// Number of entries.
    pub size: u64,
    /// Merkle root over them.
    pub root: Digest,
}

/// Checks that `old` is the beginning of `new`.
pub fn check_consistency(old: Tree, new: Tree, path: &[Digest]) -> Result<(), ProofError> {
    if old.size > new.size {
        return Err(ProofError::Shrunk { old: old.size, size: new.size });
    }
    if old.size == 0 || old.size == new.size {
        let expected = if old.size == 0 { Digest::of(b"") } else { new.root };
        return match (path.is_empty(), old.root == expected) {
            (true, true) => Ok(()),
            (true, false) => Err(ProofError::OldRoot),
            (false, _) => Err(ProofError::Length),
        };
    }
    let (mut place, mut last) = (old.size - 1, new.size - 1);
    while place & 1 == 1 {
        (place, last) = (place >> 1, last >> 1);
    }
    // A complete old tree is itself the first node; its root is not sent.
    let (first, rest) = match (old.size.is_power_of_two(), path.split_first()) {
        (true, _) => (old.root, path),
        (false, Some((first, rest))) => (*first, rest),
        (false, None) => return Err(ProofError::Length),
    };
    let (mut old_node, mut new_node) = (first, first);
    for &other in rest {
        if last == 0 {
            return Err(ProofError::Length);
        }
        if place & 1 == 1 || place == last {
            old_node = node_hash(other, old_node);
            new_node = node_hash(other, new_node);
            climb_past_missing(&mut place, &mut last);
        } else {
            new_node = node_hash(new_node, other);
        }
        (place, last) = (place >> 1, last >> 1);
    }
    if last != 0 {
        return Err(ProofError::Length);
    }
    if old_node != old.root {
        return Err(ProofError::OldRoot);
    }
    (new_node == new.root).then_some(()).ok_or(ProofError::Root)
}

#[cfg(test)]
#[path = "proof_tests.rs"]
mod tests;
