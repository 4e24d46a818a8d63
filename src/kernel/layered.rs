//! A map that changes in time proportional to the change, not to the map.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;

/// The delta is folded into a new base when it holds this share of the base (1/8) …
const FOLD_SHARE: usize = 8;
/// … and at least this many entries.
const FOLD_MIN: usize = 1_024;

/// An immutable map in two layers: a large shared base and a small delta over it.
///
/// [`Layered::with_changes`] copies the delta only, so one change to a million entries
/// costs microseconds; now and then the layers are folded into one.
#[derive(Debug, Clone)]
pub struct Layered<K, V> {
    base: Arc<HashMap<K, V>>,
    /// `None` hides a key of the base.
    delta: Arc<HashMap<K, Option<V>>>,
}

impl<K, V> Default for Layered<K, V> {
    fn default() -> Self {
        Self { base: Arc::default(), delta: Arc::default() }
    }
}

impl<K: Eq + Hash + Clone, V: Clone> Layered<K, V> {
    /// A map of `entries`.
    pub fn new(entries: HashMap<K, V>) -> Self {
        Self { base: Arc::new(entries), delta: Arc::default() }
    }

    /// The value under `key`.
    pub fn get<Q>(&self, key: &Q) -> Option<&V>
    where
        K: std::borrow::Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        match self.delta.get(key) {
            Some(changed) => changed.as_ref(),
            None => self.base.get(key),
        }
    }

    /// The map with each change applied: a value sets, `None` removes.
    pub fn with_changes(&self, changes: impl IntoIterator<Item = (K, Option<V>)>) -> Self {
        let mut delta = HashMap::clone(&self.delta);
        delta.extend(changes);
        if delta.len() < FOLD_MIN.max(self.base.len() / FOLD_SHARE) {
            return Self { base: Arc::clone(&self.base), delta: Arc::new(delta) };
        }
        let mut base = HashMap::clone(&self.base);
        for (key, changed) in delta {
            match changed {
                Some(value) => base.insert(key, value),
                None => base.remove(&key),
            };
        }
        Self::new(base)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_run_of_changes_gives_what_a_plain_map_gives(
            changes in proptest::collection::vec((0u16..3_000, proptest::option::of(0u8..9)), 0..4_000),
        ) {
            let mut plain = HashMap::new();
            let mut layered = Layered::<u16, u8>::default();
            for chunk in changes.chunks(97) {
                layered = layered.with_changes(chunk.iter().copied());
                for (key, value) in chunk {
                    match value {
                        Some(value) => plain.insert(*key, *value),
                        None => plain.remove(key),
                    };
                }
            }
            for key in 0..3_000u16 {
                prop_assert_eq!(layered.get(&key), plain.get(&key));
            }
        }
    }
}
