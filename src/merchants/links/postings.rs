//! Which merchants have which token: most tokens have one holder, so one holder costs no list.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use super::keys::Token;

/// Tokens are hashes already.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct AsIs(u64);

impl Hasher for AsIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, value: u64) {
        self.0 = value;
    }

    fn write_u32(&mut self, value: u32) {
        // Small keys need spreading over the high bits that the map looks at.
        self.0 = u64::from(value).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}

pub(super) type TokenMap<Value> = HashMap<Token, Value, BuildHasherDefault<AsIs>>;

/// Marks the number of a list; otherwise the number is the one holder.
const LIST: u32 = 1 << 31;

/// Holders of tokens.
#[derive(Debug, Default)]
pub(super) struct Postings {
    places: TokenMap<u32>,
    lists: Vec<Vec<u32>>,
    unused: Vec<u32>,
}

impl Postings {
    /// Adds a holder; holders are added once per token.
    pub(super) fn add(&mut self, token: Token, holder: u32) {
        debug_assert!(holder < LIST, "more merchants than numbers");
        let Some(place) = self.places.get_mut(&token) else {
            self.places.insert(token, holder);
            return;
        };
        if *place & LIST != 0 {
            self.lists[(*place & !LIST) as usize].push(holder);
            return;
        }
        let both = vec![*place, holder];
        let number = match self.unused.pop() {
            Some(number) => {
                self.lists[number as usize] = both;
                number
            }
            None => {
                self.lists.push(both);
                self.lists.len() as u32 - 1
            }
        };
        *place = number | LIST;
    }

    /// Takes a holder away.
    pub(super) fn remove(&mut self, token: Token, holder: u32) {
        let Some(place) = self.places.get_mut(&token) else { return };
        if *place & LIST == 0 {
            if *place == holder {
                self.places.remove(&token);
            }
            return;
        }
        let number = *place & !LIST;
        let list = &mut self.lists[number as usize];
        if let Some(at) = list.iter().position(|own| *own == holder) {
            list.swap_remove(at);
        }
        if let [last] = list.as_slice() {
            *place = *last;
            self.lists[number as usize] = Vec::new();
            self.unused.push(number);
        }
    }

    /// The holders of a token, in no particular order.
    pub(super) fn holders(&self, token: Token) -> &[u32] {
        match self.places.get(&token) {
            None => &[],
            Some(place) if *place & LIST != 0 => &self.lists[(*place & !LIST) as usize],
            Some(place) => std::slice::from_ref(place),
        }
    }

    /// About how many bytes the holders take.
    pub(super) fn bytes(&self) -> usize {
        let lists: usize = self.lists.iter().map(|list| list.capacity() * 4 + 24).sum();
        self.places.capacity() * 17 + lists
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::{BTreeMap, BTreeSet};

    proptest! {
        #[test]
        fn any_run_of_changes_gives_what_plain_sets_give(
            changes in proptest::collection::vec((0u64..6, 0u32..9, any::<bool>()), 0..200),
        ) {
            let (mut postings, mut plain) = (Postings::default(), BTreeMap::<u64, BTreeSet<u32>>::new());
            for (token, holder, adds) in changes {
                let set = plain.entry(token).or_default();
                if adds && set.insert(holder) {
                    postings.add(Token(token), holder);
                } else if !adds && set.remove(&holder) {
                    postings.remove(Token(token), holder);
                }
                for (token, set) in &plain {
                    let held: BTreeSet<u32> = postings.holders(Token(*token)).iter().copied().collect();
                    prop_assert_eq!(&held, set);
                }
            }
        }
    }
}
