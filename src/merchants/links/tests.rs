//! What the linker promises as a whole.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;

use super::*;

fn index() -> LinkIndex {
    LinkIndex::new(LinkPolicy::shipped(), LinkKey::new(b"test"))
}

fn record(json: serde_json::Value) -> MerchantRecord {
    serde_json::from_value(json).expect("the record is well formed")
}

fn banned() -> MerchantRecord {
    record(serde_json::json!({
        "id": "old", "country": "CN", "legal_name": "深圳市海蓝科技有限公司", "store_name": "NODRIX Official",
        "reg_no": "91440300MA5EXAMPL1", "legal_rep": {"name": "王小明", "id_no": "110101199003070011"},
        "address": "深圳市福田区科技园路33号12幢1102", "phone": "139-0000-0001", "email": "wangxiaoming2024@example.org",
        "bank": {"account": "6222 0000 0000 0000 017", "holder": "深圳市海蓝科技有限公司"},
        "devices": ["00112233445566778899aabb"], "ips": ["198.51.100.7"],
        "image_phashes": ["0f1e2d3c4b5a6978", "a5a51234f00d7777", "13579bdf02468ace"]
    }))
}

/// The score of one newcomer against one banned merchant.
fn score(newcomer: serde_json::Value) -> f64 {
    let mut index = index();
    index.add(&banned());
    index.links_of(&record(newcomer)).first().map_or(0.0, |link| link.score)
}

#[rstest::rstest]
#[case::account_written_otherwise(serde_json::json!({"id": "new", "bank": {"account": "6222000000000000017"}}))]
#[case::phone_with_country(serde_json::json!({"id": "new", "country": "HK", "phone": "+86 139 0000 0001"}))]
#[case::next_mailbox_of_a_series(serde_json::json!({"id": "new", "email": "wangxiaoming2026@example.org"}))]
#[case::device(serde_json::json!({"id": "new", "devices": ["00112233445566778899AABB"]}))]
#[case::document(serde_json::json!({"id": "new", "legal_rep": {"id_no": "110101 19900307 0011"}}))]
#[case::edited_pictures(serde_json::json!({"id": "new", "image_phashes": ["0f1e2d3c4b5a6979", "a5a51234f00d7778"]}))]
#[case::two_medium_signs(serde_json::json!({"id": "new", "store_name": "N0DRIX-US",
    "address": "Rm1102 Bldg 12, 33 Kejiyuan Rd., Futian Dist., Shenzhen City, Guangdong"}))]
#[case::name_in_latin_and_company(serde_json::json!({"id": "new", "legal_rep": {"name": "Xiaoming Wang"},
    "legal_name": "Yiwu Hailan E-Commerce Co., Ltd."}))]
fn a_banned_merchant_that_returns_is_linked_strongly(#[case] newcomer: serde_json::Value) {
    assert!(score(newcomer.clone()) >= 0.5, "{newcomer}: {}", score(newcomer.clone()));
}

#[rstest::rstest]
#[case::a_common_name(serde_json::json!({"id": "new", "legal_rep": {"name": "王小明"}}))]
#[case::the_same_building(serde_json::json!({"id": "new", "address": "深圳市福田区科技园路33号12幢1102"}))]
#[case::a_shop_name(serde_json::json!({"id": "new", "store_name": "NODRIX"}))]
#[case::a_network(serde_json::json!({"id": "new", "ips": ["198.51.100.7"]}))]
#[case::one_picture(serde_json::json!({"id": "new", "image_phashes": ["0f1e2d3c4b5a6978"]}))]
#[case::a_private_network(serde_json::json!({"id": "new", "ips": ["10.0.0.1", "192.168.1.1", "::1"]}))]
fn one_weak_sign_alone_is_no_strong_link(#[case] newcomer: serde_json::Value) {
    assert!(score(newcomer.clone()) < 0.5, "{newcomer}: {}", score(newcomer.clone()));
}

#[test]
fn dependent_signs_count_once() {
    let number = score(serde_json::json!({"id": "new", "country": "CN", "reg_no": "91440300MA5EXAMPL1"}));
    let both = score(
        serde_json::json!({"id": "new", "country": "CN", "reg_no": "91440300MA5EXAMPL1", "legal_name": "深圳市海蓝科技有限公司"}),
    );
    assert_eq!(number, both);
}

#[test]
fn one_account_on_ten_thousand_merchants_links_none_of_them_and_stays_bounded() {
    let mut index = index();
    let shared = serde_json::json!({"account": "DE02 1203 0000 0000 2020 51"});
    for number in 0..10_000 {
        index.add(&record(serde_json::json!({"id": format!("m{number}"), "bank": shared})));
    }
    assert!(index.links_of(&record(serde_json::json!({"id": "new", "bank": shared}))).is_empty());
    // When the crowd has gone, the value says something again.
    (1..10_000).for_each(|number| assert!(index.remove(&format!("m{number}"))));
    let links = index.links_of(&record(serde_json::json!({"id": "new", "bank": shared})));
    assert_eq!(links.iter().map(|link| link.b.as_str()).collect::<Vec<_>>(), ["m0"]);
}

#[test]
fn no_hint_and_no_debug_output_holds_a_personal_value() {
    let mut index = index();
    index.add(&banned());
    let mut newcomer = banned();
    newcomer.id = "new".to_owned();
    let links = index.links_of(&newcomer);
    assert!(links[0].score > 0.99 && links[0].evidence.len() >= 10);
    let shown = format!("{} {index:?}", serde_json::to_string(&links).unwrap());
    for secret in ["6222", "王小明", "xiaoming", "1990", "13900000001", "2024", "科技园", "0011223344", "198.51.100"]
    {
        assert!(!shown.contains(secret), "{secret} is shown");
    }
}

#[test]
fn strange_merchants_are_taken_and_link_nothing() {
    let mut index = index();
    index.add(&banned());
    let long = "王".repeat(5_000);
    let strange = [
        serde_json::json!({"id": "empty"}),
        serde_json::json!({"id": "nulls", "bank": null, "legal_rep": null, "devices": null, "country": null}),
        serde_json::json!({"id": "blank", "country": "", "legal_name": "", "store_name": " ", "reg_no": "", "phone": "",
            "email": "", "address": "", "bank": {"account": "", "holder": "", "bank": ""}, "devices": [""], "ips": [""],
            "image_phashes": ["", "zz", "0000000000000000"], "legal_rep": {"name": "", "id_no": ""}}),
        serde_json::json!({"id": "long", "legal_name": long, "store_name": long, "address": long,
            "legal_rep": {"name": long},
            "email": format!("{long}@example.org"), "listing_texts": [long]}),
        serde_json::json!({"id": "marks", "store_name": "\u{202e}\u{200f}🔥🔥\u{0}",
            "legal_name": "\u{feff}\u{202a}\u{202c}",
            "address": "🏠🏠", "legal_rep": {"name": "👩 👨"}, "phone": "☎☎☎"}),
        serde_json::json!({"id": "many", "devices": vec!["x".repeat(12); 5_000],
            "image_phashes": vec!["0123456789abcdef"; 5_000]}),
    ];
    for json in &strange {
        index.add(&record(json.clone()));
    }
    assert_eq!(index.len(), 1 + strange.len());
    for json in strange {
        assert_eq!(index.links_of(&record(json)), []);
    }
}

#[test]
fn the_same_merchant_twice_is_one_and_is_not_linked_to_itself() {
    let mut index = index();
    index.add(&banned());
    index.update(&banned());
    assert_eq!(index.len(), 1);
    assert_eq!(index.links_of(&banned()), []);
    assert!(index.remove("old") && !index.remove("old") && index.is_empty());
}

fn link(a: &str, b: &str, score: f64) -> Link {
    Link { a: a.to_owned(), b: b.to_owned(), score, evidence: Vec::new() }
}

#[test]
fn closure_goes_over_strong_links_only_and_is_as_strong_as_the_weakest_of_the_best_way() {
    let policy = LinkPolicy::shipped();
    let links = vec![link("a", "b", 0.9), link("b", "c", 0.6), link("c", "d", 0.4), link("c", "a", 0.2)];
    let closed: BTreeMap<(String, String), f64> =
        closed(links.clone(), &policy).into_iter().map(|link| ((link.a, link.b), link.score)).collect();
    let of = |a: &str, b: &str| closed.get(&(a.to_owned(), b.to_owned())).copied();
    assert_eq!(of("a", "b"), Some(0.9));
    assert_eq!(of("a", "c"), Some(0.6));
    assert_eq!(of("c", "d"), Some(0.4));
    assert_eq!(of("a", "d"), None);
    assert_eq!(clusters(&links, &policy), [["a", "b", "c"]]);
}

#[test]
fn a_cluster_that_would_grow_too_large_is_not_closed() {
    let mut policy = LinkPolicy::clone(&LinkPolicy::shipped());
    policy.largest_cluster = 3;
    let links: Vec<Link> = (0..9).map(|at| link(&format!("m{at}"), &format!("m{}", at + 1), 0.8)).collect();
    assert!(clusters(&links, &policy).iter().all(|cluster| cluster.len() <= 3));
    assert!(closed(links, &policy).len() >= 9);
}

fn cluster(label: &str) -> Cluster {
    let member = |id: &str, standing, subject| Member { id: id.to_owned(), label: label.to_owned(), standing, subject };
    let evidence = vec![Evidence { kind: EvidenceKind::Phone, value_hint: label.to_owned(), weight: 0.75 }];
    Cluster {
        members: vec![
            member("a", Standing::Banned, false),
            member("b", Standing::Applying, true),
            member("c", Standing::Active, false),
        ],
        links: vec![Link { evidence, ..link("a", "b", 0.75) }, link("a", "nobody", 0.9)],
    }
}

#[test]
fn the_drawing_says_what_it_shows_and_nothing_breaks_out_of_it() {
    let svg = draw(&cluster("<script>alert('x')</script>\"&\u{0}\u{202e}"));
    assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>") && svg.contains("role=\"img\""));
    assert!(svg.contains("<title>3 linked merchants, 1 of them banned</title>"));
    assert!(svg.contains("same telephone number") && !svg.contains("nobody"));
    assert!(!svg.contains("<script") && !svg.contains('\u{0}') && !svg.contains('\u{202e}') && !svg.contains("style="));
    for element in ["svg", "title", "desc", "line", "g", "text"] {
        let opened = svg.matches(&format!("<{element}>")).count() + svg.matches(&format!("<{element} ")).count();
        assert_eq!(opened, svg.matches(&format!("</{element}>")).count(), "{element}");
    }
}

#[test]
fn a_link_that_only_follows_from_others_is_not_drawn() {
    let mut cluster = cluster("shop");
    let through = Evidence { kind: EvidenceKind::Through, value_hint: "the link of a and b".to_owned(), weight: 0.7 };
    cluster.links.push(Link { evidence: vec![through], ..link("b", "c", 0.7) });
    assert_eq!(draw(&cluster).matches("<line ").count(), 1);
}

#[test]
fn a_drawing_is_bounded_and_an_empty_one_is_drawn() {
    let mut large = cluster("shop");
    let member = large.members[0].clone();
    large.members.extend((0..5_000).map(|at| Member { id: format!("m{at}"), ..member.clone() }));
    let evidence = large.links[0].evidence.clone();
    large.links.extend((0..5_000).map(|at| Link { evidence: evidence.clone(), ..link("a", &format!("m{at}"), 0.6) }));
    let svg = draw(&large);
    assert!(svg.len() < 100_000 && svg.contains("4943 more merchants are not drawn"), "{}", svg.len());
    assert!(draw(&Cluster::default()).contains("0 linked merchants"));
    assert!(!draw(&Cluster::default()).contains("NaN"));
}

/// Few values, so that generated merchants share them.
fn arbitrary_record() -> impl Strategy<Value = MerchantRecord> {
    (0..12_u8, 0..4_u8, 0..4_u8, 0..3_u8, 0..5_u64, 0..4_u8).prop_map(|(id, account, phone, shop, picture, device)| {
        let shops = ["StarMart", "LuxBags Store", "NODRIX"];
        record(serde_json::json!({
            "id": format!("m{id}"), "country": "DE", "bank": {"account": format!("DE0000000{account}")},
            "phone": format!("+49 30 123450{phone}"), "store_name": shops[usize::from(shop)],
            "image_phashes": [format!("{:016x}", 0x0f1e_2d3c_4b5a_6978_u64.rotate_left(picture as u32 * 7))],
            "devices": [format!("device-00{device}")],
        }))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn an_index_that_saw_many_changes_answers_like_a_fresh_one(
        changes in proptest::collection::vec((arbitrary_record(), any::<bool>()), 1..60),
        newcomer in arbitrary_record(),
    ) {
        let policy: Arc<LinkPolicy> = LinkPolicy::shipped();
        let (mut changed, mut plain) = (index(), BTreeMap::new());
        for (record, adds) in changes {
            if adds {
                changed.add(&record);
                plain.insert(record.id.clone(), record);
            } else {
                prop_assert_eq!(changed.remove(&record.id), plain.remove(&record.id).is_some());
            }
        }
        let mut fresh = LinkIndex::new(policy, LinkKey::new(b"test"));
        plain.values().for_each(|record| fresh.add(record));
        prop_assert_eq!(changed.links_of(&newcomer), fresh.links_of(&newcomer));
        for record in plain.values() {
            prop_assert_eq!(changed.links_of(record), fresh.links_of(record));
        }
    }

    #[test]
    fn scores_lie_between_nothing_and_certainty_and_are_the_same_from_both_sides(
        records in proptest::collection::vec(arbitrary_record(), 2..20),
    ) {
        let mut index = index();
        records.iter().for_each(|record| index.add(record));
        let last: BTreeMap<String, MerchantRecord> =
            records.into_iter().map(|record| (record.id.clone(), record)).collect();
        for record in last.values() {
            for link in index.links_of(record) {
                prop_assert!((0.0..1.0).contains(&link.score));
                let back = index.links_of(&last[&link.b]).into_iter().find(|back| back.b == link.a);
                prop_assert_eq!(back.map(|back| back.score), Some(link.score));
            }
        }
    }

    #[test]
    fn any_text_in_any_field_is_taken(text in "\\PC{0,80}", other in "\\PC{0,20}") {
        let mut index = index();
        let odd = record(serde_json::json!({
            "id": "odd", "country": other, "legal_name": text, "store_name": text, "reg_no": text, "address": text,
            "phone": text, "email": format!("{text}@{other}"), "legal_rep": {"name": text, "id_no": text},
            "bank": {"account": text, "holder": text, "bank": other}, "devices": [text, other], "ips": [text],
            "image_phashes": [text], "listing_texts": [text, other],
        }));
        index.add(&odd);
        prop_assert_eq!(index.links_of(&odd), vec![]);
        let twin = MerchantRecord { id: "twin".to_owned(), ..odd };
        prop_assert!(index.links_of(&twin).len() <= 1);
    }
}

#[test]
fn an_index_filled_from_sketches_links_as_one_filled_from_records() {
    let (mut from_records, mut from_sketches) = (index(), index());
    from_records.add(&banned());
    let sketch = from_records.read(&banned()).sketch();
    assert!(from_sketches.add_sketch("old", &sketch));
    let newcomer = record(serde_json::json!({
        "id": "new", "bank": {"account": "6222000000000000017"}, "image_phashes": ["0f1e2d3c4b5a6978"],
        "store_name": "NODRIX EU"
    }));
    assert_eq!(from_records.links_of(&newcomer), from_sketches.links_of(&newcomer));
    assert!(!from_sketches.add_sketch("old", &sketch[..sketch.len() - 1]), "bytes that are no sketch are told apart");
    assert!(from_sketches.links_of(&newcomer).is_empty(), "and link with nobody");
}

#[test]
fn what_was_left_behind_adds_up_and_what_was_told_is_replaced() {
    let index = index();
    let read = |json: serde_json::Value| index.read(&record(json));
    let first = read(
        serde_json::json!({"id": "m", "phone": "+493055501", "devices": ["00112233445566"], "ips": ["198.51.100.7"]}),
    );
    let second = read(serde_json::json!({"id": "m", "phone": "+493055502", "devices": ["99887766554433"]}));
    let both = second.clone().with_traces_of(&first);
    let of = |features: &Features, kind: EvidenceKind| features.values.iter().filter(|own| own.kind == kind).count();
    assert_eq!(of(&both, EvidenceKind::Phone), 1);
    assert_eq!((of(&both, EvidenceKind::Device), of(&both, EvidenceKind::Network)), (2, 1));
    assert_eq!(both.clone().with_traces_of(&first), both, "the same again adds nothing");
    let many: Vec<String> = (0..64).map(|number| format!("device-{number:08}")).collect();
    let mut all = second;
    for round in 0..20 {
        let devices: Vec<String> = many.iter().map(|device| format!("{round}{device}")).collect();
        all = all.with_traces_of(&read(serde_json::json!({"id": "m", "devices": devices})));
    }
    assert_eq!(of(&all, EvidenceKind::Device), 512, "the number that is kept is bounded");
    assert_eq!(all.without_hints().hints.iter().filter(|hint| *hint != "erased").count(), 0);
}
