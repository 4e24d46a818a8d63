//! What screening a name must and must not find. All parties are invented.

use proptest::prelude::*;
use std::sync::LazyLock;

use super::*;

/// The score above which one in a hundred clean names comes.
const ALERT: f32 = 0.5;

fn party(id: &str, kind: PartyKind, names: &[&str]) -> Party {
    let name = |(place, name): (usize, &&str)| PartyName {
        name: name.trim_start_matches('*').to_owned(),
        kind: match (place, name.starts_with('*')) {
            (_, true) => NameKind::Weak,
            (0, _) => NameKind::Primary,
            _ => NameKind::Alias,
        },
    };
    Party { id: id.to_owned(), kind, names: names.iter().enumerate().map(name).collect(), facts: PartyFacts::default() }
}

/// Named parties among a few thousand made of common words, so that common and rare are known.
fn parties() -> Vec<Party> {
    use PartyKind::{Organization, Person, Vessel};
    let mut all = vec![
        party("p-1", Person, &["VERETENNIKOV, Vladimir Sergeevich", "Владимир Сергеевич Веретенников"]),
        party("p-2", Person, &["AL-QAZWANI, Abd al-Rahman Yusuf", "*Abu Yusuf"]),
        party("p-3", Person, &["PAK Chol Ung", "박철웅"]),
        party("p-4", Person, &["OUYANG, Weiming", "欧阳伟明"]),
        party("p-5", Person, &["TSHERINGWALA, Jorge Luis"]),
        party("o-1", Organization, &["NORTHPEAK MARITIME TRADING LLC"]),
        party(
            "o-2",
            Organization,
            &["OBSHCHESTVO S OGRANICHENNOI OTVETSTVENNOSTYU ZARYADKOMPLEKT", "ZARYADKOMPLEKT LLC"],
        ),
        party("o-3", Organization, &["Shandong Lukaifeng International Trading Co., Ltd."]),
        party("o-4", Organization, &["SHERKAT TAJHIZAT PARVANEH SAZ", "PARVANEHSAZ EQUIPMENT COMPANY", "*PSE"]),
        party("o-5", Organization, &["275 KESTREL REPAIR PLANT"]),
        party("v-1", Vessel, &["ALBATROSS KESTREL"]),
    ];
    let first =
        ["Ali", "Omar", "Ivan", "Sergei", "Wei", "Maria", "Jorge", "Ahmad", "Elena", "Viktor", "Hassan", "Olga"];
    let last = [
        "Hassan", "Petrov", "Wang", "Garcia", "Ivanov", "Khan", "Lopez", "Kim", "Smirnov", "Rahman", "Li", "Mahmoud",
        "Volkov",
    ];
    let business =
        ["Trading", "Shipping", "Technology", "Industrial", "Energy", "International", "General", "Logistics"];
    let style =
        ["Star", "Golden", "Pacific", "Orient", "Delta", "Sun", "Silver", "Falcon", "Crescent", "Bridge", "River"];
    for number in 0..1_500usize {
        let name = format!("{}, {} {}", last[number % 13].to_uppercase(), first[number % 12], first[number / 13 % 12]);
        all.push(party(&format!("fp-{number}"), Person, &[&name]));
        let name = format!(
            "{} {} {} {} LLC",
            style[number % 11],
            style[number / 11 % 11],
            business[number % 8],
            business[number / 8 % 8]
        );
        all.push(party(&format!("fo-{number}"), Organization, &[&name]));
    }
    all
}

static INDEX: LazyLock<NameIndex> = LazyLock::new(|| NameIndex::build(parties()));

fn ask(name: &str, kind: PartyKind) -> Vec<NameHit> {
    let query = NameQuery { name: name.to_owned(), kind, facts: PartyFacts::default() };
    INDEX.search(&query, 20, &mut Scratch::default())
}

fn score(name: &str, kind: PartyKind, id: &str) -> f32 {
    ask(name, kind).iter().find(|hit| hit.id == id).map_or(0.0, |hit| hit.score)
}

#[test]
fn a_party_is_found_however_its_name_is_written() {
    use PartyKind::{Organization, Person};
    let cases = [
        ("Vladimir Sergeevich Veretennikov", Person, "p-1"),
        ("Veretennikov Vladimir", Person, "p-1"),
        ("V. S. Veretennikov", Person, "p-1"),
        ("Uladzimir Siarheevich Veretennikau", Person, "p-1"),
        ("Владимир Сергеевич ВЕРЕТЕННИКОВ", Person, "p-1"),
        ("Володимир Веретенніков", Person, "p-1"),
        ("Vlаdimir Veretennikоv", Person, "p-1"),
        ("Vladim1r Veretenn1kov", Person, "p-1"),
        ("Vladimir Sergeevich Veretenikov", Person, "p-1"),
        ("VladimirSergeevichVeretennikov", Person, "p-1"),
        ("Mr. Vladimir Sergeevich Veretennikov", Person, "p-1"),
        ("Abdulrahman Youssef Al Kazwani", Person, "p-2"),
        ("عبد الرحمن يوسف القزواني", Person, "p-2"),
        ("Park Cheol-ung", Person, "p-3"),
        ("박철웅", Person, "p-3"),
        ("欧阳伟明", Person, "p-4"),
        ("Weiming Ouyang", Person, "p-4"),
        ("Northpeak Maritime Trading", Organization, "o-1"),
        ("NORTHPEAK MARITIME TRADING FZE", Organization, "o-1"),
        ("Ｎｏｒｔｈｐｅａｋ Maritime Trading L.L.C.", Organization, "o-1"),
        ("North peak Maritime Trading", Organization, "o-1"),
        ("Nothpeak Maritime Tradng LLC", Organization, "o-1"),
        ("Northpeak Maritime Trading LLC Hong Kong", Organization, "o-1"),
        ("ООО «Зарядкомплект»", Organization, "o-2"),
        ("Zaryadkomplekt Limited Liability Company", Organization, "o-2"),
        ("山东鲁凯峰国际贸易有限公司", Organization, "o-3"),
        ("Shandong Lukaifeng Int'l Trade", Organization, "o-3"),
        ("Parvaneh Saz Equipment Co", Organization, "o-4"),
    ];
    for (name, kind, id) in cases {
        let hits = ask(name, kind);
        let first = hits.first().map(|hit| (hit.id.as_str(), hit.score));
        assert!(first.is_some_and(|(found, score)| found == id && score >= ALERT), "{name}: {first:?}");
    }
}

#[test]
fn other_parties_are_left_alone() {
    use PartyKind::{Organization, Person};
    let cases = [
        ("Vladimir Sergeevich Kondratyuk", Person),
        ("Maria Veretennova Lindqvist", Person),
        ("Abd al-Rahman Schneider", Person),
        ("Maritime Trading LLC", Organization),
        ("International Trading Company Limited", Organization),
        ("Limited Liability Company", Organization),
        ("Bluewater Shoes GmbH", Organization),
        ("276 Kestrel Shipyard", Organization),
        ("Jorge Pemberton", Person),
        ("", Person),
        ("—", Organization),
    ];
    for (name, kind) in cases {
        let hits = ask(name, kind);
        assert!(hits.first().is_none_or(|hit| hit.score < ALERT), "{name}: {:?}", hits.first());
    }
}

#[test]
fn a_weak_alias_weighs_less_than_a_good_one() {
    let good = NameIndex::build([party("a", PartyKind::Person, &["Zerimov", "Captain Nautilus"])]);
    let weak = NameIndex::build([party("a", PartyKind::Person, &["Zerimov", "*Captain Nautilus"])]);
    let query = NameQuery { name: "Nautilus".to_owned(), kind: PartyKind::Person, facts: PartyFacts::default() };
    let of = |index: &NameIndex| index.search(&query, 1, &mut Scratch::default()).first().map_or(0.0, |hit| hit.score);
    assert!(of(&good) > of(&weak) && of(&weak) > 0.0);
}

#[test]
fn second_signals_tell_two_bearers_of_one_name_apart() {
    let with = |id: &str, birth: &str, country: &str| {
        let mut one = party(id, PartyKind::Person, &["ZERIMOV, Ivan"]);
        one.facts =
            PartyFacts { births: vec![birth.to_owned()], countries: vec![country.to_owned()], numbers: Vec::new() };
        one
    };
    let index = NameIndex::build([with("a", "8.12.1967", "Latvia"), with("b", "1990", "Peru")]);
    let facts =
        PartyFacts { births: vec!["1967-12-08".to_owned()], countries: vec!["Latvia".to_owned()], numbers: Vec::new() };
    let query = NameQuery { name: "Ivan Zerimov".to_owned(), kind: PartyKind::Person, facts };
    let hits = index.search(&query, 5, &mut Scratch::default());
    assert_eq!(hits.iter().map(|hit| hit.id.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    let plain = index.search(&NameQuery { facts: PartyFacts::default(), ..query }, 5, &mut Scratch::default());
    assert!(hits[0].score > plain[0].score && hits[1].score < plain[0].score, "{hits:?}");
    assert_eq!(hits[0].why.signals.len(), 2);
}

#[test]
fn a_hit_explains_its_tokens_and_weights() {
    let hits = ask("Dr Vladimir S. Veretenikov", PartyKind::Person);
    let why = &hits[0].why;
    let told: Vec<(&str, &str, How)> =
        why.matched.iter().map(|pair| (pair.query.as_str(), pair.listed.as_str(), pair.how)).collect();
    assert!(told.contains(&("Vladimir", "vladimir", How::Same)), "{told:?}");
    assert!(told.contains(&("S", "sergeevich", How::Initial)), "{told:?}");
    assert!(told.contains(&("Veretenikov", "veretennikov", How::Sound)), "{told:?}");
    assert_eq!(why.query_only.iter().map(|left| left.token.as_str()).collect::<Vec<_>>(), ["Dr"]);
    let surname = why.matched.iter().find(|pair| pair.query == "Veretenikov").map_or(0.0, |pair| pair.weight);
    assert!(why.matched.iter().all(|pair| pair.weight <= surname), "{why:?}");
}

#[test]
fn variants_are_learned_from_the_list_itself() {
    let named = |number: usize, name: [&str; 2]| party(&format!("x-{number}"), PartyKind::Organization, &name);
    let learning = [
        named(1, ["Zorvex Gradostroy", "Zorvex Urbanika"]),
        named(2, ["Malvino Gradostroy", "Malvino Urbanika"]),
        named(3, ["Perundas Gradostroy", "Perundas Urbanika"]),
        party("x-4", PartyKind::Organization, &["Kelmorin Gradostroy"]),
    ];
    let query =
        NameQuery { name: "Kelmorin Urbanika".to_owned(), kind: PartyKind::Organization, facts: PartyFacts::default() };
    let mut index = NameIndex::default();
    learning.iter().for_each(|party| {
        index.add(party);
    });
    let of = |index: &NameIndex| {
        index.search(&query, 4, &mut Scratch::default()).iter().find(|hit| hit.id == "x-4").map_or(0.0, |hit| hit.score)
    };
    let before = of(&index);
    index.learn();
    assert!(of(&index) > before + 0.1, "{before} {}", of(&index));
}

#[test]
fn an_index_changed_step_by_step_answers_like_one_built_at_once() {
    let all = parties();
    let mut stepped = NameIndex::default();
    for party in all.iter().rev() {
        stepped.add(party);
    }
    for party in all.iter().take(700) {
        assert!(stepped.remove(&party.id));
    }
    assert!(!stepped.remove("nobody"));
    for party in all.iter().take(700) {
        stepped.add(party);
        stepped.add(party);
    }
    stepped.learn();
    assert_eq!(stepped.len(), INDEX.len());
    for name in ["Ali Hassan", "Star Delta Trading", "Veretennikov", "Golden Sun Shipping LLC", "Pak Chol", "Kestrel"] {
        for kind in [PartyKind::Person, PartyKind::Organization] {
            let query = NameQuery { name: name.to_owned(), kind, facts: PartyFacts::default() };
            let (one, other) = (
                INDEX.search(&query, 20, &mut Scratch::default()),
                stepped.search(&query, 20, &mut Scratch::default()),
            );
            assert_eq!(one, other, "{name}");
        }
    }
}

#[test]
fn a_removed_party_is_not_found_and_a_changed_one_by_its_new_name_only() {
    let mut index = NameIndex::build(parties());
    let ask = |index: &NameIndex, name: &str| {
        let query = NameQuery { name: name.to_owned(), kind: PartyKind::Organization, facts: PartyFacts::default() };
        index.search(&query, 5, &mut Scratch::default()).iter().find(|hit| hit.id == "o-1").map_or(0.0, |hit| hit.score)
    };
    assert!(ask(&index, "Northpeak Maritime") > ALERT);
    index.add(&party("o-1", PartyKind::Organization, &["Summerhill Seafaring"]));
    assert!(ask(&index, "Northpeak Maritime") < 0.1 && ask(&index, "Summerhill Seafaring") > ALERT);
    index.remove("o-1");
    assert_eq!(ask(&index, "Summerhill Seafaring"), 0.0);
}

#[test]
fn hostile_names_are_answered() {
    let long = "Vladimir ".repeat(700);
    let letters = "x".repeat(5_000);
    let repeated = "a ".repeat(2_500);
    for name in [
        long.as_str(),
        &letters,
        &repeated,
        "\u{202e}vokinneterev\u{202c}",
        "🙂🙂🙂",
        "((((",
        "a.k.a. a.k.a.",
        ",",
        "'",
        "\u{0}",
        "ال",
        "한",
        "公司",
    ] {
        for kind in [PartyKind::Person, PartyKind::Organization, PartyKind::Vessel, PartyKind::Other] {
            assert!(ask(name, kind).len() <= 20, "{name}");
        }
    }
    let mut index = NameIndex::default();
    assert!(!index.add(&party("empty", PartyKind::Person, &[])));
    assert!(!index.add(&party("signs", PartyKind::Person, &["—"])));
    assert!(index.add(&party("long", PartyKind::Person, &[&long])));
    assert_eq!(index.len(), 3);
}

/// A listed party and one of its names.
fn listed_name() -> impl Strategy<Value = (Party, String)> {
    (0..INDEX.len()).prop_map(|place| {
        let party = parties().swap_remove(place);
        let name = party.names[0].name.clone();
        (party, name)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_listed_name_itself_scores_highest((party, name) in listed_name()) {
        let hits = ask(&name, party.kind);
        let own = hits.iter().find(|hit| hit.id == party.id).map(|hit| hit.score);
        prop_assert_eq!(own, hits.first().map(|hit| hit.score));
        prop_assert!(own.is_some_and(|score| score > 0.3));
    }

    #[test]
    fn the_order_of_tokens_hardly_matters((party, name) in listed_name(), turn in 1usize..4) {
        let name = name.replace(',', "");
        let mut words: Vec<&str> = name.split(' ').collect();
        let straight = score(&words.join(" "), party.kind, &party.id);
        let count = words.len();
        words.rotate_left(turn % count);
        let turned = score(&words.join(" "), party.kind, &party.id);
        prop_assert!((straight - turned).abs() < 0.12, "{} {}", straight, turned);
    }

    #[test]
    fn a_generic_word_never_lifts_an_unrelated_party_above_alert(
        place in 0..INDEX.len(),
        word in proptest::sample::select(vec!["Company", "LLC", "International", "Trading", "Group", "Limited", "Hong Kong", "Global", "Mr", "al"]),
    ) {
        let party = parties().swap_remove(place);
        let before = ask("Quillabamba Wexforth", party.kind);
        prop_assert!(before.iter().all(|hit| hit.score < ALERT));
        let after = ask(&format!("Quillabamba Wexforth {word}"), party.kind);
        prop_assert!(after.iter().all(|hit| hit.score < ALERT), "{word}: {:?}", after.first());
    }

    #[test]
    fn any_name_is_answered_alike_twice(name in "\\PC{0,60}") {
        let hits = ask(&name, PartyKind::Organization);
        prop_assert_eq!(&hits, &ask(&name, PartyKind::Organization));
        for hit in &hits {
            prop_assert!((0.0..=1.0).contains(&hit.score));
        }
    }
}
