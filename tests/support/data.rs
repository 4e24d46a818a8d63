//! Brands, rules and listings to judge. All names are invented.

use std::sync::Arc;

use assay::app::Core;
use assay::kernel::{Clock, Ids};
use assay::listings::model::Listing;
use assay::registry::jsonl;
use assay::registry::keeper::SnapshotKeeper;
use assay::registry::model::Brand;
use assay::registry::packs::PackService;
use assay::registry::service::{Change, ImportReport};
use assay::screening::recorder::{KeyUse, Submission};
use assay::screening::{Snapshot, screen};
use assay::store::Db;
use assay::system::{RandomIds, SystemClock};

/// A small pack: copies of marks are blocked, other uses of them reviewed, one word prohibited.
pub const SMALL_PACK: &str = r#"
[pack]
id = "small"
version = "1.0.0"
name = "Small"
citations = "unreviewed"

[[lexicon]]
id = "forbidden"
[lexicon.terms]
en = ["zorbium"]

[[rule]]
id = "forbidden-word"
class = "forbidden_goods"
severity = 5
state = "live"
trigger = { lexicon = "forbidden", fields = ["title", "description"] }
score = 0.9
action = { default = "prohibited" }
says = "offers “{matched}”"
cure = "Remove the offer."
sources = ["test"]
[[rule.match]]
title = "zorbium powder"
[[rule.miss]]
title = "flour"

[[rule]]
id = "mark-use"
class = "trademark"
severity = 3
state = "live"
trigger = { mark = ["infringing_use"] }
score = 0.8
action = { default = "review" }
says = "uses {mark} (“{matched}”)"
cure = "Take the mark out or prove the goods genuine."
sources = ["test"]
[[rule.match]]
title = "Northpeak jacket"
marks = [{ brand = "northpeak", mark = "Northpeak", score = 0.9 }]
[[rule.miss]]
title = "Jacket"
"#;

/// The path under which [`SMALL_PACK`] is stored.
pub const SMALL_PATH: &str = "small.toml";

pub fn clock() -> Arc<dyn Clock> {
    Arc::new(SystemClock)
}

pub fn ids() -> Arc<dyn Ids> {
    Arc::new(RandomIds::default())
}

/// Stores [`SMALL_PACK`] as the only pack, so that a service does not start with the shipped ones.
pub async fn store_small_pack(db: &Db) {
    let keeper = SnapshotKeeper::open(db.clone()).await.expect("an empty registry has a snapshot");
    let packs = PackService::new(db.clone(), keeper, clock(), ids());
    let small = vec![(SMALL_PATH.to_owned(), SMALL_PACK.to_owned())];
    packs.replace_all(small, "test").await.expect("the small pack loads");
}

/// The database, registry and rules of a place that holds the small pack.
pub async fn small_core(place: &super::Place) -> Core {
    let db = place.open().await;
    store_small_pack(&db).await;
    db.close().await;
    Core::open(&place.app_options()).await.expect("the core opens")
}

/// A brand with these word marks.
pub fn brand(key: &str, name: &str, marks: &[&str]) -> Brand {
    let marks: Vec<serde_json::Value> = marks.iter().map(|text| serde_json::json!({"text": text})).collect();
    let line = serde_json::json!({"brand_id": key, "name": name, "word_marks": marks, "nice_classes": [25]});
    jsonl::parse_brand(&line.to_string()).expect("the brand is readable")
}

/// The `number`-th of many brands, each with a name of its own that no word of a language is.
pub fn numbered_brand(number: usize) -> Brand {
    let name = numbered_name(number);
    brand(&format!("b{number}"), &name, &[&name])
}

/// An invented name: no two numbers share one.
pub fn numbered_name(number: usize) -> String {
    const PARTS: [&str; 20] = [
        "vor", "zim", "kel", "dra", "phu", "quo", "tir", "bex", "lun", "gaf", "wop", "hyz", "mip", "sto", "nur", "cax",
        "jev", "rul", "fid", "oth",
    ];
    let mut rest = number;
    let mut name = String::new();
    for _ in 0..4 {
        name.push_str(PARTS[rest % PARTS.len()]);
        rest /= PARTS.len();
    }
    name
}

/// Imports brands as the tests do.
pub async fn import(core: &Core, brands: Vec<Brand>) -> ImportReport {
    let change = Change { actor: "test", cause: "test" };
    core.registry.import(brands, change, None).await.expect("the brands are imported")
}

/// A listing of nothing but an id and a title.
pub fn listing(external_id: &str, title: &str) -> Listing {
    let json = serde_json::json!({"external_id": external_id, "title": title});
    serde_json::from_value(json).expect("a listing of id and title")
}

/// The listing, judged with `snapshot` and ready to be recorded.
pub fn submission(snapshot: &Snapshot, listing: Listing) -> Submission {
    let facts = snapshot.merchant(listing.merchant.as_deref());
    let verdict = screen(snapshot, &listing, &facts, SystemClock.now());
    Submission {
        listing,
        facts,
        verdict,
        revision: snapshot.revision,
        cause: "submitted".to_owned(),
        actor: "test".to_owned(),
        key: None,
        expected_version: None,
        only_changes: false,
        look: false,
    }
}

/// A use of an idempotency key.
pub fn key_use(key: &str, fingerprint: &str) -> Option<KeyUse> {
    Some(KeyUse { key: key.to_owned(), fingerprint: fingerprint.to_owned() })
}
