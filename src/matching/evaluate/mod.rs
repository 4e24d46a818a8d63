//! Measuring the matchers on somebody's own labelled data.
//!
//! Labels and results go in, rates with their uncertainty come out: how much is found, by
//! family of disguise or edit; how often an alarm is false, by kind of harmless listing; how
//! many of all alarms would be right when a given share of listings is bad; and how all this
//! moves with the threshold. A platform chooses its threshold from that.
//!
//! [`Truth::parse`] and [`Answer::parse`] read one JSON object a line; [`pair`] brings them
//! together to [`Case`]s; [`Report::of`] counts; [`curve_svg`] draws. Pure: the same lines give
//! the same report, byte for byte.
//!
//! Labels of texts, one line each (fields not named here are ignored):
//!
//! ```text
//! {"id": "l-1", "kind": "positive", "family": "leet", "hits": [{"brand_id": "b-1", "type": "infringing_use"}]}
//! {"id": "l-2", "kind": "nominative", "hits": [{"brand_id": "b-1", "type": "nominative"}]}
//! {"id": "l-3", "kind": "clean"}
//! {"id": "l-4", "kind": "positive", "family": "marker_only", "counterfeit_signal": true}
//! ```
//!
//! Labels of pictures: `{"query": "q-1", "kind": "pos", "family": "crop", "track": "product",
//! "ref": "r-1", "neutral": ["r-2"]}`, and `"kind": "neg"` for pictures that show no reference.
//! `label` (`positive`, `negative`, true, false, 1, 0) may stand for `kind`; `attack`, `edit` and
//! `category` for `family`; `brands` or `refs` (lists of names) for what is expected.

mod curve;
mod read;
mod report;
#[cfg(test)]
mod tests;

pub use curve::curve_svg;
pub use read::{Answer, Given, Task, Truth, Unreadable};
pub use report::{Case, CurvePoint, Group, Precision, Rate, Report, ReportOptions, Threshold, TypeCase, pair};
