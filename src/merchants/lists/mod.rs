//! Lists of parties that platforms must screen against: reading their files, comparing two
//! versions, and remembering which matches a person has cleared.
//!
//! Everything here is pure: bytes in, values out. A file that cannot be trusted is refused as a
//! whole with a sentence, so that yesterday's list stays in force:
//!
//! ```text
//! bytes ─▶ read ─▶ ListFile ─▶ accept(yesterday, today, guards) ─▶ ListDiff ─▶ screen what changed
//!            │                     │
//!            ▼                     ▼
//!        ReadListError         RefusedUpdate: keep yesterday's list, tell someone
//! ```

mod clearance;
mod consolidated_csv;
mod delimited;
mod diff;
mod eu_csv;
mod eu_xml;
mod jsonl;
pub mod model;
mod ofac_csv;
mod ofac_xml;
#[cfg(test)]
mod tests;
mod text;
mod uk_csv;
mod un_xml;
mod xml;

pub use clearance::{Clearance, ClearanceKey, ClearanceState, Clearances, Reopened, merchant_digest};
pub use diff::{Guards, ListDiff, RefusedUpdate, accept, diff};
pub use model::{ListEntity, ListFile, ReadListError};

/// The layout of a list file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Layout {
    /// One JSON object a line, as [`ListEntity`] is written.
    JsonLines,
    /// OFAC `sdn_advanced.xml` and `cons_advanced.xml`.
    OfacAdvancedXml,
    /// UN Security Council consolidated list, XML.
    UnXml,
    /// EU consolidated financial sanctions list, XML 1.1.
    EuXml,
    /// EU consolidated financial sanctions list, CSV 1.1.
    EuCsv,
    /// UK Sanctions List or OFSI consolidated list, CSV.
    UkCsv,
    /// US Consolidated Screening List, CSV: the BIS lists and others.
    ConsolidatedCsv,
}

/// Reads a list of one file. `list` names it in every entity, as in `us_ofac_sdn`.
///
/// # Errors
/// When the file is cut, is not UTF-8, has another layout or too many entities.
pub fn read(layout: Layout, list: &str, bytes: &[u8]) -> Result<ListFile, ReadListError> {
    let text = text::decode(bytes)?;
    match layout {
        Layout::JsonLines => jsonl::read(list, text),
        Layout::OfacAdvancedXml => ofac_xml::read(list, text),
        Layout::UnXml => un_xml::read(list, text),
        Layout::EuXml => eu_xml::read(list, text),
        Layout::EuCsv => eu_csv::read(list, text),
        Layout::UkCsv => uk_csv::read(list, text),
        Layout::ConsolidatedCsv => consolidated_csv::read(list, text),
    }
}

/// Reads OFAC's three comma-separated files, `sdn.csv`, `alt.csv` and `add.csv` (or `cons_*.csv`).
///
/// # Errors
/// As [`read`].
pub fn read_ofac_csv(list: &str, sdn: &[u8], alt: &[u8], add: &[u8]) -> Result<ListFile, ReadListError> {
    ofac_csv::read(list, text::decode(sdn)?, text::decode(alt)?, text::decode(add)?)
}
