//! What counts as a lexicon hit.

use super::*;
use crate::rules::model::Pack;
use crate::rules::model::{Citations, Lexicon};
use proptest::prelude::*;

fn lexicon(id: &str, terms: &[(&str, &str)], except: &[(&str, &str)]) -> Lexicon {
    let owned = |list: &[(&str, &str)]| list.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
    Lexicon { id: id.into(), terms: owned(terms), except: owned(except), line: 1 }
}

fn index(lexicons: Vec<Lexicon>) -> LexiconIndex {
    let pack = Pack {
        id: "p".into(),
        version: "1".into(),
        name: "P".into(),
        citations: Citations::Unreviewed,
        path: "p.toml".into(),
        lexicons,
        rules: Vec::new(),
    };
    LexiconIndex::build(&[pack])
}

fn matched(index: &LexiconIndex, text: &str) -> Vec<String> {
    let mut hits = Vec::new();
    index.find(Field::Title, text, Some("en"), &mut hits);
    hits.iter().map(|hit| hit.matched().to_owned()).collect()
}

fn one(terms: &[(&str, &str)], except: &[(&str, &str)], text: &str) -> Vec<String> {
    matched(&index(vec![lexicon("l", terms, except)]), text)
}

#[test]
fn terms_are_found_folded_and_at_word_edges() {
    let terms = [("en", "pistol"), ("en", "lower receiver"), ("ru", "пистолет"), ("es", "munición")];
    assert_eq!(one(&terms, &[], "PISTOL, Píſtol and Pіstol"), ["PISTOL", "Píſtol", "Pіstol"]);
    assert_eq!(one(&terms, &[], "epistolary pistolero"), Vec::<String>::new());
    assert_eq!(one(&terms, &[], "AR lower-receiver kit"), ["lower-receiver"]);
    assert_eq!(one(&terms, &[], "it is lower. Receiver included"), Vec::<String>::new());
    assert_eq!(one(&terms, &[], "Пистолет и MUNICION"), ["Пистолет", "MUNICION"]);
}

#[test]
fn punctuation_between_words_is_soft_only_where_words_stay_one_thing() {
    let terms = [("und", "ak 47"), ("und", "1:1"), ("und", "3,4-mdma")];
    assert_eq!(one(&terms, &[], "AK-47 ak47 AK_47 ak, 47"), ["AK-47", "AK_47"]);
    assert_eq!(one(&terms, &[], "copy 1:1 but not 1 1"), ["1:1"]);
    assert_eq!(one(&terms, &[], "3,4-MDMA"), ["3,4-MDMA"]);
}

#[test]
fn regular_plurals_of_english_spanish_and_french_are_found() {
    assert_eq!(
        one(&[("en", "switchblade"), ("en", "machete box"), ("en", "body")], &[], "switchblades machete boxes bodies")
            .len(),
        3
    );
    assert_eq!(one(&[("es", "silenciador"), ("es", "pistola")], &[], "silenciadores pistolas").len(), 2);
    assert_eq!(one(&[("de", "pistole")], &[], "pistoles"), Vec::<String>::new());
}

#[test]
fn a_star_finds_longer_words() {
    let terms = [("de", "schalldämpfer*"), ("en", "gas blow*")];
    assert_eq!(one(&terms, &[], "Schalldämpfergehäuse, gas blowback"), ["Schalldämpfergehäuse", "gas blowback"]);
    assert_eq!(one(&terms, &[], "gas, blowback"), Vec::<String>::new());
}

#[test]
fn scripts_without_spaces_are_matched_anywhere_and_mixed_terms_at_their_latin_edge() {
    let terms = [("zh", "手枪"), ("zh", "BB枪"), ("th", "ปืนพก"), ("ja", "拳銃")];
    assert_eq!(one(&terms, &[], "全新手枪模型"), ["手枪"]);
    assert_eq!(one(&terms, &[], "BB枪 ABB枪"), ["BB枪"]);
    assert_eq!(one(&terms, &[], "ขายปืนพกราคาถูก"), ["ปืนพก"]);
    assert_eq!(one(&terms, &[("zh", "玩具手枪")], "玩具手枪 手枪"), ["手枪"]);
}

#[test]
fn a_hit_inside_an_exception_or_a_longer_hit_is_dropped() {
    let terms = [("en", "pistol"), ("en", "gun"), ("en", "gun kit")];
    let except = [("en", "water pistol"), ("en", "glue gun"), ("en", "toy gun holster")];
    assert_eq!(one(&terms, &except, "water pistols, pistol"), ["pistol"]);
    assert_eq!(one(&terms, &except, "hot glue gun"), Vec::<String>::new());
    assert_eq!(one(&terms, &except, "ghost gun kit"), ["gun kit"]);
    assert_eq!(one(&terms, &except, "toy gun holster or toy gun"), ["gun"]);
}

#[test]
fn an_exception_counts_for_its_own_lexicon_only() {
    let index = index(vec![
        lexicon("a", &[("en", "pistol")], &[("en", "water pistol")]),
        lexicon("b", &[("en", "pistol")], &[]),
    ]);
    let mut hits = Vec::new();
    index.find(Field::Title, "water pistol", None, &mut hits);
    assert_eq!(hits.iter().map(|hit| hit.lexicon).collect::<Vec<_>>(), [1]);
}

#[test]
fn a_term_of_the_listings_language_is_named_where_several_agree() {
    let index = index(vec![lexicon("a", &[("de", "taser"), ("en", "taser"), ("es", "taser")], &[])]);
    for lang in ["en", "es", "de"] {
        let mut hits = Vec::new();
        index.find(Field::Title, "a Taser", Some(lang), &mut hits);
        assert_eq!(hits.len(), 1);
        assert_eq!(hits[0].lang, lang);
    }
}

#[test]
fn spans_mark_the_letters_as_written() {
    let index = index(vec![lexicon("a", &[("en", "pistol")], &[])]);
    let text = "Größe: P\u{200b}istol";
    let mut hits = Vec::new();
    index.find(Field::Title, text, None, &mut hits);
    assert_eq!(hits[0].span.of(text), "P\u{200b}istol");
}

#[test]
fn terms_that_would_match_everything_or_nothing_are_refused() {
    for (term, expected) in [
        ("", "no letter"),
        ("…!", "no letter"),
        ("a", "single letter"),
        ("ab*", "too short"),
        ("pis*tol", "not at its end"),
        ("a b c d e f g h i j k l m n", "more than 12 words"),
    ] {
        assert!(check_term(term).unwrap_err().contains(expected), "{term}");
    }
    assert!(check_term(&"x".repeat(200)).unwrap_err().contains("longer than"));
    assert!(check_term("枪").is_ok());
}

#[test]
fn a_text_of_forbidden_words_only_costs_a_bounded_list() {
    let index = index(vec![lexicon("a", &[("en", "gun"), ("zh", "枪")], &[])]);
    assert!(matched(&index, &"gun ".repeat(50_000)).len() <= MAX_FINDS);
    assert!(matched(&index, &"枪".repeat(50_000)).len() <= MAX_FINDS);
}

proptest! {
    #[test]
    fn any_text_gives_spans_inside_it(text in "(?s)[ a-cA-C枪é\u{200b}.,-]{0,40}") {
        let index = index(vec![lexicon("a", &[("en", "ab"), ("en", "a b"), ("en", "abc*"), ("zh", "枪枪"), ("en", "e")], &[("en", "b ab")])]);
        let mut hits = Vec::new();
        index.find(Field::Title, &text, None, &mut hits);
        let length = text.chars().count() as u32;
        for hit in hits {
            prop_assert!(hit.span.from < hit.span.to && hit.span.to <= length);
            prop_assert_eq!(hit.span.of(&text), hit.matched());
        }
    }

    /// The word index finds what a plain search for " term " in the folded words finds.
    #[test]
    fn single_words_are_found_like_by_a_plain_search(words in prop::collection::vec("[a-c]{1,3}", 0..12), term in "[a-c]{2,3}") {
        let index = index(vec![lexicon("a", &[("de", &term)], &[])]);
        let text = words.join(" ");
        prop_assert_eq!(matched(&index, &text).len(), words.iter().filter(|word| **word == term).count());
    }
}
