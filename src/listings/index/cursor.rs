//! Page cursors: the sort key of the last hit, opaque to callers.
//!
//! A page is "what sorts after this key", not "skip so many": listings that arrive or
//! vanish between two pages shift nothing. Every part of a key depends on the listing
//! alone, so it means the same after the index has grown.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::kernel::Digest;

/// What hits are ordered by, ascending: two sort values and the two halves of the id.
pub(super) type SortKey = [u64; 4];

/// Form of the cursor; raise it when the meaning of a key changes.
const FORM: u8 = 1;
const FINGERPRINT: usize = 8;
const LENGTH: usize = 1 + FINGERPRINT + 32;

/// Identifies a query, so that a cursor is not used with another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fingerprint([u8; FINGERPRINT]);

impl Fingerprint {
    /// The fingerprint of a query written out as text.
    pub fn of(query: &str) -> Self {
        let digest = Digest::of(query.as_bytes());
        let mut bytes = [0; FINGERPRINT];
        bytes.copy_from_slice(&digest.0[..FINGERPRINT]);
        Self(bytes)
    }
}

/// Writes a cursor.
pub(super) fn encode(query: Fingerprint, last: &SortKey) -> String {
    let mut bytes = Vec::with_capacity(LENGTH);
    bytes.push(FORM);
    bytes.extend(query.0);
    bytes.extend(last.iter().flat_map(|part| part.to_be_bytes()));
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Reads a cursor; `None` unless [`encode`] wrote it for the same query.
pub(super) fn decode(query: Fingerprint, cursor: &str) -> Option<SortKey> {
    let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
    let (head, key) = bytes.split_at_checked(1 + FINGERPRINT)?;
    if bytes.len() != LENGTH || head[0] != FORM || head[1..] != query.0 {
        return None;
    }
    let mut last = [0; 4];
    for (part, eight) in last.iter_mut().zip(key.chunks_exact(8)) {
        *part = u64::from_be_bytes(eight.try_into().ok()?);
    }
    Some(last)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_cursor_survives_the_round_trip_and_only_with_its_own_query(key: [u64; 4], text: String) {
            let query = Fingerprint::of(&text);
            prop_assert_eq!(decode(query, &encode(query, &key)), Some(key));
            prop_assert_eq!(decode(Fingerprint::of(&format!("{text}x")), &encode(query, &key)), None);
        }

        #[test]
        fn any_other_text_is_refused(text: String) {
            prop_assert_eq!(decode(Fingerprint::of("q"), &text), None);
        }
    }
}
