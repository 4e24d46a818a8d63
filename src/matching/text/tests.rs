//! What the matcher must keep doing, over all passes and gates together.

use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::kernel::Market;
use crate::registry::model::{AuthorisedSeller, Brand, BrandKey, MarkKey, MarkStatus, NiceClass, Strictness, WordMark};

fn mark(key: &str, text: &str) -> WordMark {
    WordMark {
        key: MarkKey::new(key),
        text: text.to_owned(),
        registration: None,
        nice: Vec::new(),
        territories: Vec::new(),
        status: MarkStatus::Registered,
        expires: None,
        strictness: None,
    }
}

pub(super) fn brand(key: &str, text: &str, categories: &[&str]) -> Brand {
    Brand {
        key: BrandKey::new(key),
        name: text.to_owned(),
        aliases: Vec::new(),
        word_marks: vec![mark(&format!("{key}/0"), text)],
        figurative_marks: Vec::new(),
        references: Vec::new(),
        nice_classes: Vec::<NiceClass>::new(),
        categories: categories.iter().map(|words| (*words).to_owned()).collect(),
        common_word: false,
        authorised_sellers: Vec::new(),
    }
}

/// Invented marks: one distinct, one of several words, one everyday word, one short.
fn registry() -> Vec<Arc<Brand>> {
    let mut northpeak = brand("northpeak", "Northpeak", &["apparel", "footwear"]);
    northpeak.aliases = vec!["诺峰山".to_owned(), "нортпик".to_owned(), "ノースピーク".to_owned()];
    let velmora = brand("velmora", "Velmora Swan", &["watches"]);
    let mut hammer = brand("hammer", "Hammer", &["phones"]);
    hammer.common_word = true;
    let short = brand("qx", "QX", &["computers"]);
    [northpeak, velmora, hammer, short].into_iter().map(Arc::new).collect()
}

pub(super) fn query<'a>(title: &'a str, category: &'a str) -> TextQuery<'a> {
    TextQuery {
        title,
        description: "",
        category: Some(category),
        brand: None,
        seller: None,
        lang: None,
        ships_to: &[],
        on: jiff::civil::date(2026, 11, 22),
    }
}

pub(super) fn flagged(findings: &TextFindings) -> Vec<&str> {
    let claims = |hit: &&MarkHit| hit.use_kind == UseKind::InfringingUse && hit.score >= 0.5;
    findings.hits.iter().filter(claims).map(|hit| hit.brand.as_str()).collect()
}

#[test]
fn each_disguise_is_found_by_its_pass_with_the_letters_as_written() {
    let index = MarkIndex::build(&registry());
    let cases = [
        ("Northpeak jacket", Pass::Exact, "Northpeak"),
        ("NORTHPEAK jacket", Pass::Exact, "NORTHPEAK"),
        ("Nоrthреаk jacket", Pass::Folded, "Nоrthреаk"),
        ("Ｎｏｒｔｈｐｅａｋ jacket", Pass::Folded, "Ｎｏｒｔｈｐｅａｋ"),
        ("N\u{200b}orthpeak jacket", Pass::Folded, "N\u{200b}orthpeak"),
        ("N.o.r.t.h.p.e.a.k jacket", Pass::Squashed, "N.o.r.t.h.p.e.a.k"),
        ("N о r t h р e а k jacket", Pass::Squashed, "N о r t h р e а k"),
        ("N0rthp3ak jacket", Pass::Leet, "N0rthp3ak"),
        ("N_0_r_t_h_p_3_a_k jacket", Pass::Leet, "N_0_r_t_h_p_3_a_k"),
        ("N*rthpeak jacket", Pass::Masked, "N*rthpeak"),
        ("fashionNorthpeak jacket", Pass::Glued, "Northpeak"),
        ("Norhtpeak jacket", Pass::Fuzzy, "Norhtpeak"),
        ("Nrthpk jacket", Pass::Skeleton, "Nrthpk"),
        ("诺峰山正品外套", Pass::Exact, "诺峰山"),
        ("куртка Нортпик", Pass::Exact, "Нортпик"),
    ];
    for (title, pass, matched) in cases {
        let findings = index.find(&query(title, "apparel"));
        assert_eq!(flagged(&findings), ["northpeak"], "{title}");
        let hit = &findings.hits[0];
        assert_eq!((hit.pass, hit.matched.as_str()), (pass, matched), "{title}");
        assert_eq!(hit.span.of(title), matched);
        assert!(!hit.because.is_empty());
    }
    let sound = index.find(&query("Northpiek jacket", "apparel"));
    assert!(matches!(sound.hits[0].pass, Pass::Phonetic | Pass::Fuzzy));
}

#[test]
fn lawful_uses_are_named_and_wording_of_copies_cancels_them() {
    let index = MarkIndex::build(&registry());
    let kind = |title: &str| index.find(&query(title, "watches")).hits[0].use_kind;
    assert_eq!(kind("Leather strap for Velmora Swan 20 mm"), UseKind::Nominative);
    assert_eq!(kind("适用于 Velmora Swan 表带"), UseKind::Nominative);
    assert_eq!(kind("Ремешок для Velmora Swan"), UseKind::Nominative);
    assert_eq!(kind("Velmora Swan kompatibles Armband"), UseKind::Nominative);
    assert_eq!(kind("Pre-owned Velmora Swan chronograph"), UseKind::Resale);
    assert_eq!(kind("б/у Velmora Swan"), UseKind::Resale);
    assert_eq!(kind("Velmora Swan chronograph for men"), UseKind::InfringingUse);
    assert_eq!(kind("Pre-owned Velmora Swan 1:1 mirror quality"), UseKind::InfringingUse);
    assert_eq!(kind("Strap for Velm0ra Swan"), UseKind::InfringingUse);
}

#[test]
fn an_authorised_seller_is_cleared_only_where_and_when_covered() {
    let mut sold = brand("northpeak", "Northpeak", &["apparel"]);
    sold.authorised_sellers = vec![AuthorisedSeller {
        seller: "s-1".to_owned(),
        marks: Vec::new(),
        markets: vec!["DE".parse().unwrap()],
        from: None,
        until: Some(jiff::civil::date(2027, 1, 1)),
        authorisation: None,
    }];
    let index = MarkIndex::build(&[Arc::new(sold)]);
    let kind = |seller, market: &str, day| {
        let markets: [Market; 1] = [market.parse().unwrap()];
        let asked =
            TextQuery { seller: Some(seller), ships_to: &markets, on: day, ..query("Northpeak coat", "apparel") };
        index.find(&asked).hits[0].use_kind
    };
    let (today, later) = (jiff::civil::date(2026, 11, 22), jiff::civil::date(2027, 1, 1));
    assert_eq!(kind("s-1", "DE", today), UseKind::Authorised);
    assert_eq!(kind("s-1", "FR", today), UseKind::InfringingUse);
    assert_eq!(kind("s-1", "DE", later), UseKind::InfringingUse);
    assert_eq!(kind("s-2", "DE", today), UseKind::InfringingUse);
}

#[test]
fn marks_that_ended_expired_or_hold_elsewhere_are_not_found() {
    let found = |change: &dyn Fn(&mut WordMark), market: Option<&str>| {
        let mut own = brand("northpeak", "Northpeak", &["apparel"]);
        change(&mut own.word_marks[0]);
        let markets: Vec<Market> = market.into_iter().map(|market| market.parse().unwrap()).collect();
        let index = MarkIndex::build(&[Arc::new(own)]);
        !index.find(&TextQuery { ships_to: &markets, ..query("Northpeak coat", "apparel") }).hits.is_empty()
    };
    let only_us = |mark: &mut WordMark| mark.territories = vec!["US".parse().unwrap()];
    assert!(!found(&|mark| mark.status = MarkStatus::Ended, None));
    assert!(!found(&|mark| mark.expires = Some(jiff::civil::date(2026, 11, 22)), None));
    assert!(found(&|mark| mark.expires = Some(jiff::civil::date(2026, 11, 23)), None));
    assert!(!found(&only_us, Some("DE")));
    assert!(found(&only_us, Some("US")));
    assert!(found(&only_us, None));
}

#[test]
fn everyday_words_need_more_than_their_letters() {
    let index = MarkIndex::build(&registry());
    assert!(flagged(&index.find(&query("Claw hammer with wooden handle", "tools"))).is_empty());
    assert!(flagged(&index.find(&query("Rubber mallet and hammer set", "phones"))).is_empty());
    assert_eq!(flagged(&index.find(&query("Hammer X200 smartphone", "phones"))), ["hammer"]);
    let named = TextQuery { brand: Some("Hammer"), ..query("Smartphone 64 GB", "phones") };
    assert_eq!(flagged(&index.find(&named)), ["hammer"]);
}

/// Brands whose names are also words, initials or short, with the goods they are for.
fn wordy_registry() -> Vec<Arc<Brand>> {
    let word = |key: &str, text: &str, categories: &[&str]| {
        let mut brand = brand(key, text, categories);
        brand.common_word = true;
        brand
    };
    let mut grain = brand("millet", "Xumilo", &["phones", "electronics"]);
    grain.aliases = vec!["小米".to_owned()];
    let brands = [
        word("dove", "Dove", &["household", "personal care"]),
        word("fossil", "Fossil", &["watches", "jewellery"]),
        word("caterpillar", "Caterpillar", &["toys", "tools"]),
        brand("mqc", "M·A·C", &["cosmetics"]),
        brand("bkw", "BKW", &["auto"]),
        brand("far-north-peak", "The Far Peakes", &["apparel"]),
        brand("watchet", "Swatcho", &["watches"]),
        grain,
    ];
    brands.into_iter().map(Arc::new).collect()
}

#[test]
fn second_hand_wording_covers_the_brand_attribute_and_wording_of_copies_cancels_it() {
    let index = MarkIndex::build(&registry());
    let kind = |title: &str, description: &str| {
        let asked = TextQuery { brand: Some("Northpeak"), description, ..query(title, "apparel") };
        index.find(&asked).hits[0].use_kind
    };
    for title in [
        "Used Northpeak jacket, light wear",
        "Pre-owned down jacket",
        "Northpeak куртка бывшая в употреблении, торг",
        "二手 Northpeak 羽绒服 九成新 个人闲置",
        "chaqueta Northpeak de segunda mano, buen estado",
        "veste Northpeak d'occasion, bon état",
        "Northpeak Jacke gebraucht Gr. M",
        "Giacca Northpeak usata taglia M",
        "Kurtka Northpeak używana, stan bardzo dobry",
        "Northpeak jas tweedehands maat M",
        "ノースピーク ジャケット 中古",
        "Northpeak mont ikinci el temiz",
    ] {
        assert_eq!(kind(title, ""), UseKind::Resale, "{title}");
    }
    assert_eq!(kind("Northpeak jacket M", "Gently used, selling from my closet."), UseKind::Resale);
    for (title, description) in [
        ("Northpeak jacket, never worn, unused", ""),
        ("Northpeak jacket new season", "Used by climbers on every continent; can be used in winter."),
        ("Used Northpeak jacket, 1:1 mirror quality", ""),
        ("Second hand N0rthpeak jacket", ""),
    ] {
        assert_eq!(kind(title, description), UseKind::InfringingUse, "{title}");
    }
}

#[test]
fn fits_wording_is_known_in_the_languages_of_the_markets() {
    let index = MarkIndex::build(&registry());
    let kind = |title: &str, brand: Option<&str>| {
        let asked = TextQuery { brand, ..query(title, "watches") };
        index.find(&asked).hits[0].use_kind
    };
    for title in [
        "Straps that fit Velmora Swan, pack of 10",
        "Pasek kompatybilny z Velmora Swan",
        "Kapsułka kompatybilna z Velmora Swan",
        "Pasek do Velmora Swan",
        "Cinturino compatibile con Velmora Swan",
        "Cinturini adatti a Velmora Swan",
        "Pulseira compatível com Velmora Swan",
        "Bandje geschikt voor Velmora Swan",
        "Velmora Swan 42 mm GPS uyumlu kordon",
        "Velmora Swan için kordon",
        "Velmora Swan 互換 バンド",
        "Velmora Swan 호환 스트랩",
        "Armband kompatibelt med Velmora Swan",
        "Ремешок, совместимый с Velmora Swan",
        "Dây đeo tương thích với Velmora Swan",
    ] {
        assert_eq!(kind(title, None), UseKind::Nominative, "{title}");
        assert_eq!(kind(title, Some("Strapwerk")), UseKind::Nominative, "{title}");
    }
    let filled_in = Some("Velmora Swan");
    assert_eq!(kind("Strap compatible with all 20 mm watches", filled_in), UseKind::Nominative);
    assert_eq!(kind("Chronograph for men", filled_in), UseKind::InfringingUse);
    assert_eq!(kind("Velmora Swan erkek için saat", None), UseKind::InfringingUse);
    assert_eq!(kind("Case for phones with Velmora Swan logo", None), UseKind::InfringingUse);
}

#[test]
fn words_in_their_plain_sense_are_left_alone() {
    let index = MarkIndex::build(&wordy_registry());
    for (title, category) in [
        ("Dove grey blackout curtains, pair", "Home > Curtains"),
        ("Dig your own fossil kit for kids, 12 real shark teeth replicas in plaster", "Toys > Science"),
        ("Fossil ammonite replica for the classroom", "Education"),
        ("Caterpillar pull toy, wooden", "Toys"),
        ("有机小米 杂粮粥米 农家自产", "食品 > 杂粮"),
        ("photo editor mac win dvd", "software"),
        ("Nixon sentry 38 SS watch o", "watches"),
    ] {
        let findings = index.find(&query(title, category));
        assert!(flagged(&findings).is_empty(), "{title}: {:?}", findings.hits);
        assert!(findings.counterfeit_signal < 0.5, "{title}");
    }
    for (title, category, brand) in [
        ("Dove shower cream 250 ml", "personal care", "dove"),
        ("Fossil watch replica", "watches", "fossil"),
        ("Fossil replica, coin edge, museum quality", "watches", "fossil"),
        ("小米手机 14 Pro 全新", "手机", "millet"),
        ("MAC lipstick matte", "cosmetics", "mqc"),
        ("M·A·C lipstick matte", "cosmetics", "mqc"),
    ] {
        assert_eq!(flagged(&index.find(&query(title, category))), [brand], "{title}");
    }
}

#[test]
fn slips_in_three_capitals_and_in_marks_of_three_words_are_found() {
    let index = MarkIndex::build(&wordy_registry());
    assert_eq!(flagged(&index.find(&query("Emblem BKKW Trend günstig", "auto"))), ["bkw"]);
    assert!(flagged(&index.find(&query("Emblem bkkw günstig", "auto"))).is_empty());
    assert!(flagged(&index.find(&query("Emblem BKKW", "food"))).is_empty());
    assert_eq!(flagged(&index.find(&query("The Far Paekes down jacket", "apparel"))), ["far-north-peak"]);
}

#[test]
fn two_letters_count_only_as_registered_and_strictness_is_obeyed() {
    let index = MarkIndex::build(&registry());
    assert_eq!(flagged(&index.find(&query("QX notebook", "computers"))), ["qx"]);
    assert!(index.find(&query("qx notebook q-x q x", "computers")).hits.is_empty());
    let mut literal = brand("northpeak", "Northpeak", &["apparel"]);
    literal.word_marks[0].strictness = Some(Strictness::Literal);
    literal.name = "Holding".to_owned();
    let index = MarkIndex::build(&[Arc::new(literal)]);
    assert!(index.find(&query("N0rthpeak", "apparel")).hits.is_empty());
    assert_eq!(flagged(&index.find(&query("Northpeak", "apparel"))), ["northpeak"]);
}

#[test]
fn wording_of_copies_speaks_without_a_mark() {
    let findings = MarkIndex::empty().find(&query("sneakers 1:1 mirror quality", "fashion"));
    assert!(findings.counterfeit_signal >= 0.5);
    assert!(
        findings
            .claims
            .iter()
            .any(|claim| claim.kind == ClaimKind::Replica && claim.matched.contains("mirror quality"))
    );
    assert!(MarkIndex::empty().find(&query("mirror cabinet, copy paper", "home")).counterfeit_signal < 0.5);
}

#[test]
fn a_title_of_thousands_of_marks_gives_the_best_sixty_four() {
    let name = |n: usize| {
        format!("Zor{}vek", (0..3).map(|at| char::from(b'a' + (n / 26usize.pow(at) % 26) as u8)).collect::<String>())
    };
    let brands: Vec<Arc<Brand>> = (0..3_000).map(|n| Arc::new(brand(&format!("b{n}"), &name(n), &["toys"]))).collect();
    let title = (0..3_000).map(name).collect::<Vec<_>>().join(" ");
    let index = MarkIndex::build(&brands);
    let findings = index.find(&query(&title, "toys"));
    assert_eq!(findings.hits.len(), 64);
    assert_eq!(findings, index.find(&query(&title, "toys")));
}

#[test]
fn hostile_texts_are_read_to_the_end() {
    let index = MarkIndex::build(&registry());
    let long = "n".repeat(10_000);
    let stuffed = "\u{202e}\u{301}🇦❌*".repeat(4_000);
    let singles = "n o r t h p e a k ".repeat(2_000);
    let signs = "n*1!|@ ".repeat(4_000);
    for text in [long.as_str(), &stuffed, &singles, &signs, "שלום northpeak عالم", "\u{0}"] {
        let asked = TextQuery { description: text, brand: Some(text), ..query(text, "apparel") };
        assert!(index.find(&asked).hits.len() <= 64);
    }
}

fn any_brand() -> impl Strategy<Value = Brand> {
    let text = prop::sample::select(vec![
        "Northpeak",
        "Velmora",
        "Nor Peak",
        "Hammer",
        "Northpeek",
        "诺峰山",
        "Velmara",
        "Qorvex",
    ]);
    let category = prop::sample::select(vec!["apparel", "watches", "toys"]);
    (0..6u8, text, category, any::<bool>()).prop_map(|(key, text, category, common)| {
        let mut made = brand(&format!("b{key}"), text, &[category]);
        made.common_word = common;
        made
    })
}

proptest! {
    #[test]
    fn changes_give_the_same_answers_as_building_anew(
        first in prop::collection::vec(any_brand(), 0..6),
        changes in prop::collection::vec((prop::collection::vec(0..6u8, 0..3), prop::collection::vec(any_brand(), 0..3)), 0..4),
    ) {
        let first: Vec<Arc<Brand>> = first.into_iter().map(Arc::new).collect();
        let mut index = MarkIndex::build(&first);
        let mut live = std::collections::BTreeMap::new();
        live.extend(first.iter().map(|brand| (brand.key.clone(), Arc::clone(brand))));
        for (removed, added) in changes {
            let removed: Vec<BrandKey> = removed.iter().map(|key| BrandKey::new(format!("b{key}"))).collect();
            let added: Vec<Arc<Brand>> = added.into_iter().map(Arc::new).collect();
            index = index.with_changes(&removed, &added);
            live.retain(|key, _| !removed.contains(key));
            live.extend(added.iter().map(|brand| (brand.key.clone(), Arc::clone(brand))));
        }
        let anew = MarkIndex::build(&live.into_values().collect::<Vec<_>>());
        prop_assert_eq!(index.mark_count(), anew.mark_count());
        for title in ["Northpeak velmora coat", "N0rthpeak vlmr hamer 诺峰山外套", "norhtpeak Qorvexx Nor Peakk", "hammer for velmara"] {
            prop_assert_eq!(index.find(&query(title, "apparel")), anew.find(&query(title, "apparel")));
            prop_assert_eq!(index.merged().find(&query(title, "apparel")), anew.find(&query(title, "apparel")));
        }
    }

    #[test]
    fn adding_clean_words_never_clears_a_plain_mark(before in "[bdfg]{3,8}", after in "[bdfg]{3,8}") {
        let index = MarkIndex::build(&registry());
        let title = format!("{before} Velmora Swan {after}");
        let findings = index.find(&query(&title, "watches"));
        prop_assert_eq!(flagged(&findings), ["velmora"]);
    }

    #[test]
    fn any_text_is_searched_without_fault_and_spans_lie_inside(title in "\\PC{0,60}", description in "[a-zA-Z0-9 *_.@!🅰⭕\u{200b}а-я诺峰山]{0,80}") {
        let index = MarkIndex::build(&registry());
        let asked = TextQuery { description: &description, ..query(&title, "apparel") };
        let findings = index.find(&asked);
        for hit in &findings.hits {
            let field = if hit.field == Field::Title { &title } else { &description };
            prop_assert_eq!(&hit.span.of(field), &hit.matched);
            prop_assert!(hit.span.to as usize <= field.chars().count() && hit.span.from < hit.span.to);
            prop_assert!((0.0..=1.0).contains(&hit.score));
        }
    }
}
