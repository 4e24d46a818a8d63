//! Hard input: marks that are hardly marks, texts built to cost time, and the signs beside the letters.

use std::sync::Arc;

use super::tests::{brand, flagged, query};
use super::*;
use crate::registry::model::{Brand, BrandKey, MarkKey, NiceClass, Strictness};

fn index(brands: impl IntoIterator<Item = Brand>) -> MarkIndex {
    MarkIndex::build(&brands.into_iter().map(Arc::new).collect::<Vec<_>>())
}

#[test]
fn marks_that_are_hardly_marks_flag_no_ordinary_title() {
    let odd = ["X", "the", "🔥", "™", "-", "1", "&", "ß", "  "];
    let index = index(odd.iter().enumerate().map(|(number, text)| brand(&format!("odd-{number}"), text, &["apparel"])));
    for title in [
        "The new summer dress for the beach, size X",
        "🔥 Hot sale 🔥 1 & 2 ™",
        "T-shirt X - plain, pack of 1",
        "x the",
        "große Straße",
    ] {
        let found = index.find(&query(title, "apparel"));
        assert!(flagged(&found).is_empty(), "{title}: {:?}", found.hits);
    }
}

#[test]
fn a_title_of_three_thousand_marks_gives_the_surest_sixty_four() {
    let syllables = ["ba", "ko", "ri", "mu", "ze", "to", "vi", "la", "ne", "du"];
    let name = |number: usize| {
        let at = |place: u32| syllables[number / 10usize.pow(place) % 10];
        format!("q{}{}{}{}v", at(3), at(2), at(1), at(0))
    };
    let index = index((0..3_000).map(|number| brand(&format!("m-{number}"), &name(number), &["apparel"])));
    let title: Vec<String> = (0..3_000).map(name).collect();
    let title = title.join(" ");
    let found = index.find(&query(&title, "apparel"));
    assert_eq!(found.hits.len(), 64);
    assert!(found.hits.iter().all(|hit| hit.pass == Pass::Exact && hit.span.of(&title) == hit.matched));
}

#[test]
fn words_without_end_and_signs_without_words_are_answered() {
    let index = index([brand("velmora", "Velmora", &["watches"]), brand("swan", "Velmora Swan", &["watches"])]);
    let long = "velmora".repeat(1_500);
    let cases = [
        long.clone(),
        format!("#{long}"),
        "v ".repeat(5_000),
        "v*".repeat(5_000),
        "1".repeat(10_000),
        "v3lm0r4 ".repeat(2_000),
        "\u{301}".repeat(10_000),
        "\u{200b}".repeat(10_000),
        "ѵеӏмоrа".repeat(1_500),
        "velmora\u{202e}arom lev\u{202c} ".repeat(500),
        "t . me / ".repeat(2_000),
        "vx vx vx ".repeat(2_000),
    ];
    for text in &cases {
        let both = TextQuery { description: text, brand: Some(text), ..query(text, "watches") };
        let found = index.find(&both);
        assert!(found.hits.len() <= 64 && found.claims.len() <= 64);
        assert_eq!(found, index.find(&both));
    }
}

#[test]
fn mixed_directions_keep_their_places() {
    let index = index([brand("velmora", "Velmora", &["watches"])]);
    let title = "ساعة Velmora رجالية אוריגינל \u{202b}Velmora\u{202c}";
    let found = index.find(&query(title, "watches"));
    assert_eq!(flagged(&found), ["velmora"]);
    assert!(found.hits[0].span.of(title).contains("Velmora"));
}

#[test]
fn the_same_mark_of_two_owners_names_the_one_whose_goods_they_are_first() {
    let mut watches = brand("owner-a", "Zubrella", &["watches"]);
    watches.nice_classes = vec![NiceClass::try_from(14).unwrap()];
    let mut food = brand("owner-b", "Zubrella", &["food"]);
    food.nice_classes = vec![NiceClass::try_from(30).unwrap()];
    let index = index([watches, food]);
    let order = |category: &str| {
        let found = index.find(&query("Zubrella classic no. 5", category));
        let brands: Vec<String> = found.hits.iter().map(|hit| hit.brand.to_string()).collect();
        assert!(found.hits[0].score > found.hits[1].score);
        brands
    };
    assert_eq!(order("watches"), ["owner-a", "owner-b"]);
    assert_eq!(order("food"), ["owner-b", "owner-a"]);
}

#[test]
fn the_words_that_decide_are_named() {
    let index = index([brand("velmora", "Velmora", &["watches"])]);
    let reason = |title: &str, kind: UseKind| {
        let hit = index.find(&query(title, "watches")).hits.remove(0);
        assert_eq!(hit.use_kind, kind, "{title}");
        hit.because.join("; ")
    };
    assert!(reason("Strap for Velmora", UseKind::Nominative).contains("“for”"));
    assert!(reason("Pre-owned Velmora chronograph", UseKind::Resale).contains("“Pre-owned”"));
    let copy = reason("Pre-owned Velmora, 1:1 mirror quality", UseKind::InfringingUse);
    assert!(copy.contains("mirror quality") && copy.contains("“Pre-owned”"), "{copy}");
    assert!(reason("Strap for Velm0ra", UseKind::InfringingUse).contains("cancels what “for” says"));
}

#[test]
fn ways_round_the_platform_are_claims_and_support_the_signal() {
    let index = index([brand("velmora", "Velmora", &["watches"])]);
    let look = |description: &str| {
        let found = index.find(&TextQuery { description, ..query("Steel watch 40 mm", "watches") });
        let contacts = found.claims.iter().filter(|claim| claim.kind == ClaimKind::Contact).count();
        (contacts, found.counterfeit_signal)
    };
    for text in [
        "DM for logo",
        "more on my yupoo album",
        "懂的来，看我相册",
        "логотип скрыт",
        "ทักแชทดูรูปจริง",
        "logo kapatılmıştır",
    ] {
        let (contacts, signal) = look(text);
        assert!(contacts >= 1 && signal >= 0.5, "{text}: {contacts} {signal}");
    }
    for text in ["Questions? WhatsApp +49 151 00000000", "add my whatsapp"] {
        let (contacts, signal) = look(text);
        assert!(contacts >= 1 && signal < 0.4, "{text}: {contacts} {signal}");
    }
    assert_eq!(look("Ships from Hamburg, see measurements below"), (0, 0.0));
}

#[test]
fn a_mark_in_another_attribute_is_found_there_and_weighs_little() {
    let index = index([brand("velmora", "Velmora", &["watches"])]);
    let asked = query("Steel watch 40 mm", "watches");
    let attributes = [("Model", "Velmora Classic"), ("Colour", "black")];
    let text = PreparedText::of(&asked).with_attributes(attributes);
    let hit = index.find_in(&text, &asked).hits.remove(0);
    assert_eq!((hit.field, hit.matched.as_str()), (Field::Attribute, "Velmora"));
    assert!(hit.because.iter().any(|reason| reason.contains("“Model”")), "{:?}", hit.because);
    assert!(hit.score < 0.99);
    assert!(index.find(&asked).hits.is_empty());
    assert_eq!(text.folded(Field::Title).unwrap().text, "steel watch 40 mm");
}

#[test]
fn names_in_cyrillic_and_greek_meet_marks_without_an_alias() {
    let index = index([brand("velmora", "Velmora", &["watches"]), brand("northpeak", "Northpeak", &["apparel"])]);
    assert_eq!(flagged(&index.find(&query("часы Велмора мужские", "watches"))), ["velmora"]);
    assert_eq!(flagged(&index.find(&query("куртка Нортпик мужская", "apparel"))), ["northpeak"]);
    assert_eq!(flagged(&index.find(&query("ρολόι Βελμόρα", "watches"))), ["velmora"]);
    assert!(flagged(&index.find(&query("мужские кварцевые наручные часы с ремешком", "watches"))).is_empty());
}

#[test]
fn the_catalogue_makes_words_ordinary_and_brands_likely_and_the_record_wins() {
    let mut catalogue = CatalogueStatistics::default();
    for category in ["computers", "food", "home", "toys"] {
        (0..30).for_each(|_| catalogue.learn("Zubrella plain 3 m", Some(category)));
    }
    let catalogue = Some(Arc::new(catalogue));
    let build = |strictness: Option<Strictness>| {
        let mut own = brand("zubrella", "Zubrella", &["watches"]);
        own.word_marks[0].strictness = strictness;
        MarkIndex::build_with(&[Arc::new(own)], catalogue.clone())
    };
    let title = query("Steel drum Zubrella plain", "watches");
    assert_eq!(flagged(&index([brand("zubrella", "Zubrella", &["watches"])]).find(&title)), ["zubrella"]);
    assert!(flagged(&build(None).find(&title)).is_empty());
    assert_eq!(flagged(&build(Some(Strictness::Standard)).find(&title)), ["zubrella"]);
    // A word frequent elsewhere is no misspelling of a mark that is near it.
    let near = MarkIndex::build_with(&[Arc::new(brand("zubrello", "Zubrello", &["watches"]))], catalogue.clone());
    assert!(near.find(&query("Zubrella X500", "watches")).hits.is_empty());
    let changed = MarkIndex::build_with(&[], catalogue.clone())
        .with_changes(&[], &[Arc::new(brand("zubrella", "Zubrella", &["watches"]))]);
    assert_eq!(changed.find(&title), build(None).find(&title));
}

#[test]
fn in_a_crowded_registry_chance_is_doubted_and_plain_letters_are_not() {
    let (onsets, vowels) =
        (["b", "d", "f", "g", "k", "l", "m", "n", "p", "r", "s", "t", "v", "z"], ["a", "e", "i", "o", "u"]);
    let syllable = |number: usize| format!("{}{}", onsets[number % 14], vowels[number / 14 % 5]);
    let name =
        |number: usize| format!("{}{}{}", syllable(number), syllable(number / 70), syllable(number / 4_900 + number));
    let crowd = (0..9_000).map(|number| brand(&format!("c-{number}"), &name(number), &["watches"]));
    let own = || brand("velmor", "Velmor", &["watches"]);
    let (alone, crowded) = (index([own()]), index(crowd.chain([own()])));
    let score = |index: &MarkIndex, title: &str| {
        let found = index.find(&query(title, "watches"));
        found.hits.iter().find(|hit| hit.brand == BrandKey::new("velmor")).map_or(0.0, |hit| hit.score)
    };
    assert_eq!(score(&alone, "Velmor steel watch"), score(&crowded, "Velmor steel watch"));
    assert!(score(&alone, "Velnor steel watch") > score(&crowded, "Velnor steel watch") + 0.1);
    let key = MarkKey::new("velmor/0");
    assert!(crowded.find(&query("Velmor steel watch", "watches")).hits.iter().any(|hit| hit.mark == key));
}
