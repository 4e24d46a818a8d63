//! Hashing of the audit log, after RFC 6962 section 2.1. Pure.

use crate::kernel::Digest;

/// The hash of one entry: SHA-256(0x00 ‖ entry).
pub fn leaf_hash(entry: &[u8]) -> Digest {
    Digest::of_parts(&[&[0x00], entry])
}

/// The hash of an inner node: SHA-256(0x01 ‖ left ‖ right).
pub(super) fn node_hash(left: Digest, right: Digest) -> Digest {
    Digest::of_parts(&[&[0x01], &left.0, &right.0])
}

/// The hash that the first entry names as its predecessor.
pub const BEFORE_THE_FIRST: Digest = Digest([0; 32]);

/// The right edge of a Merkle tree: the roots of its complete subtrees, largest first.
///
/// Holds at most 64 hashes, which is all that appending and the root need.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Frontier {
    leaves: u64,
    peaks: Vec<Digest>,
}

impl Frontier {
    /// The frontier of `leaves` entries with these subtree roots.
    ///
    /// `None` when the number of roots does not fit the number of leaves.
    pub fn restore(leaves: u64, peaks: Vec<Digest>) -> Option<Self> {
        (leaves.count_ones() as usize == peaks.len()).then_some(Self { leaves, peaks })
    }

    /// How many entries the tree has.
    pub fn leaves(&self) -> u64 {
        self.leaves
    }

    /// The subtree roots, largest first.
    pub fn peaks(&self) -> &[Digest] {
        &self.peaks
    }

    /// Adds one entry by its leaf hash.
    pub fn push(&mut self, leaf: Digest) {
        let mut node = leaf;
        // Each trailing one bit is a complete subtree of the same size as `node`.
        for _ in 0..self.leaves.trailing_ones() {
            if let Some(left) = self.peaks.pop() {
                node = node_hash(left, node);
            }
        }
        self.peaks.push(node);
        self.leaves += 1;
    }

    /// The Merkle tree hash over all entries; of no entries, SHA-256 of nothing.
    pub fn root(&self) -> Digest {
        let mut smallest_first = self.peaks.iter().rev().copied();
        match smallest_first.next() {
            None => Digest::of(b""),
            Some(last) => smallest_first.fold(last, |right, left| node_hash(left, right)),
        }
    }

    /// The roots as text, as the head row keeps them.
    pub fn to_text(&self) -> String {
        let texts: Vec<String> = self.peaks.iter().map(Digest::to_string).collect();
        texts.join(" ")
    }

    /// Reads [`Frontier::to_text`].
    pub fn from_text(leaves: u64, text: &str) -> Option<Self> {
        let peaks: Option<Vec<Digest>> = text.split_whitespace().map(|peak| peak.parse().ok()).collect();
        Self::restore(leaves, peaks?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The definition of RFC 6962, section 2.1, written down literally.
    fn tree_hash(entries: &[Vec<u8>]) -> Digest {
        match entries {
            [] => Digest::of(b""),
            [only] => leaf_hash(only),
            many => {
                let mut split = 1;
                while split * 2 < many.len() {
                    split *= 2;
                }
                node_hash(tree_hash(&many[..split]), tree_hash(&many[split..]))
            }
        }
    }

    #[test]
    fn the_frontier_gives_the_root_that_the_definition_gives() {
        let entries: Vec<Vec<u8>> = (0u8..70).map(|number| vec![number; number as usize]).collect();
        let mut frontier = Frontier::default();
        for length in 0..entries.len() {
            assert_eq!(frontier.root(), tree_hash(&entries[..length]), "at {length} entries");
            let restored = Frontier::from_text(frontier.leaves(), &frontier.to_text()).unwrap();
            assert_eq!(restored, frontier);
            frontier.push(leaf_hash(&entries[length]));
        }
    }

    #[test]
    fn known_roots_of_the_certificate_transparency_test_tree() {
        // RFC 6962 reference tree of one empty leaf: SHA-256(0x00).
        let mut frontier = Frontier::default();
        frontier.push(leaf_hash(b""));
        assert_eq!(frontier.root().to_string(), "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
    }

    #[test]
    fn a_frontier_that_does_not_fit_its_count_is_refused() {
        assert!(Frontier::restore(3, vec![BEFORE_THE_FIRST]).is_none());
        assert!(Frontier::from_text(1, "nonsense").is_none());
    }
}
