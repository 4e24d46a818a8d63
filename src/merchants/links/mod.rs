//! Linked merchants: is the newcomer one who was banned?
//!
//! Two merchants are linked by typed evidence: an account, a device, an address, pictures … Each
//! shared value weighs what it says about identity, less the more merchants share it (a forwarding
//! agent's address is shared by hundreds), and kinds that depend on each other count once.
//! [`LinkIndex`] takes merchants one at a time and answers with the links of the next; [`closed`]
//! joins strong links to clusters and [`draw`] shows one.
//!
//! A link is a reason to look, never to ban. Personal values stand in the index as keyed hashes
//! only, and what is shown of them is masked.

mod cluster;
mod draw;
mod features;
mod index;
mod keys;
mod mask;
pub mod model;
pub mod normalise;
mod pictures;
mod policy;
mod postings;
mod score;
#[cfg(test)]
mod tests;

pub use cluster::{Cluster, Member, Standing, closed, clusters};
pub use draw::draw;
pub use features::Features;
pub use index::LinkIndex;
pub use keys::{LinkKey, Token};
pub use model::{BankAccount, Evidence, EvidenceKind, Link, MerchantRecord, Representative};
pub use policy::{KindPolicy, LinkPolicy, LinkPolicyError};
