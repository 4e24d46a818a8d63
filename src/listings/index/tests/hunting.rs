use proptest::prelude::*;

use super::super::{HuntQuery, IndexDocument, IndexError, ListingSearch};
use super::{fill, id, index_of, listing};

fn all_pages(search: &ListingSearch, hunt: &HuntQuery, limit: usize) -> Vec<u64> {
    let pages = search.candidates(hunt, None, limit).unwrap();
    pages.flat_map(|page| page.unwrap().listings).map(|listing| listing.uuid().as_u64_pair().1).collect()
}

fn marks(texts: &[&str]) -> HuntQuery {
    HuntQuery::Marks(texts.iter().map(ToString::to_string).collect())
}

fn titled(titles: &[&str]) -> Vec<IndexDocument> {
    (0..).zip(titles).map(|(number, title)| listing(number, title)).collect()
}

#[test]
fn a_new_mark_finds_every_spelling_the_matcher_knows() {
    let spellings = [
        "Northpeak jacket",
        "NÖRTHPEAK",
        "N0RTHP3AK shell",
        "N.o.r.t.h.p.e.a.k",
        "n o r t h p e a k coat",
        "nor thpeak",
        "nor th peak",
        "north-peak",
        "Nоrthреаk",
        "N*rthpeak",
        "No**hpeak",
        "northpeakjacket",
        "mynorthpeakshop",
        "Nortpeak",
        "Northpaek",
        "Norrthpeak",
        "Nortpeac",
        "ΝORTHPEAK",
        "Nordpeak",
        "nrthpk style",
        "#NorthPeak2026",
        "𝓝𝓸𝓻𝓽𝓱𝓹𝓮𝓪𝓴",
        "nor\u{200B}thpeak",
        "northpe@k",
        "North Peak",
        "Jacke (Northpeak™)",
        "ｎｏｒｔｈｐｅａｋ",
    ];
    let (_home, index) = index_of(titled(&spellings));
    let found = all_pages(&index.search_handle(), &marks(&["Northpeak"]), 100);
    let missed: Vec<&str> =
        (0..).zip(spellings).filter(|(number, _)| !found.contains(number)).map(|(_, title)| title).collect();
    assert!(missed.is_empty(), "{missed:?}");
}

#[test]
fn short_and_several_word_marks_are_found_misspelt_in_each_word() {
    let titles =
        ["Nikke air", "kartier watch", "Roleks", "Nw Blnc 247", "New Balanke", "Daniel Welling*on", "A M D A8"];
    let (_home, index) = index_of(titled(&titles));
    let texts = ["Nike", "Cartier", "Rolex", "New Balance", "Daniel Wellington", "AMD"];
    assert_eq!(all_pages(&index.search_handle(), &marks(&texts), 100), [0, 1, 2, 3, 4, 5, 6]);
}

#[test]
fn a_new_mark_does_not_find_the_whole_catalogue() {
    let unrelated = ["Peak cap", "Southern jacket", "Rucksack Norden", "Running shoes", "红色运动鞋", "np"];
    let (_home, index) = index_of(titled(&unrelated));
    assert_eq!(all_pages(&index.search_handle(), &marks(&["Northpeak"]), 100), [0; 0]);
}

#[test]
fn marks_are_found_in_descriptions_brands_and_scripts_without_spaces() {
    let (_home, index) = index_of(vec![
        IndexDocument { description: "like n0rthpeak".to_owned(), ..listing(0, "Coat") },
        IndexDocument { brand: Some("Northpeak".to_owned()), ..listing(1, "Coat") },
        listing(2, "红色北峰鞋"),
        listing(3, "北方的山峰"),
        listing(4, "YSL® bag"),
        listing(5, "stylish"),
    ]);
    let search = index.search_handle();
    assert_eq!(all_pages(&search, &marks(&["northpeak", "北峰"]), 100), [0, 1, 2]);
    assert_eq!(all_pages(&search, &marks(&["峰"]), 100), [2, 3]);
    assert_eq!(all_pages(&search, &marks(&["YSL"]), 100), [4]);
    assert_eq!(all_pages(&search, &marks(&["", "™", " - "]), 100), [0; 0]);
}

#[test]
fn lexicon_terms_need_all_their_words_and_a_star_completes() {
    let (_home, index) =
        index_of(titled(&["Glue gun set", "gun cabinet", "Schalldämpferset", "Dämpfer", "t-shirt", "手枪模型"]));
    let search = index.search_handle();
    let terms = |texts: &[&str]| HuntQuery::Terms(texts.iter().map(ToString::to_string).collect());
    assert_eq!(all_pages(&search, &terms(&["glue gun"]), 9), [0]);
    assert_eq!(all_pages(&search, &terms(&["schalldämpfer*"]), 9), [2]);
    assert_eq!(all_pages(&search, &terms(&["schalldämpfer", "*", ""]), 9), [0; 0]);
    assert_eq!(all_pages(&search, &terms(&["T-Shirt", "手枪"]), 9), [4, 5]);
}

#[test]
fn stored_verdicts_are_found_by_brand_class_and_merchant() {
    let (_home, index) = index_of(vec![
        IndexDocument { brands: vec!["a".to_owned(), "b".to_owned()], ..listing(0, "x") },
        IndexDocument { classes: vec!["counterfeit".to_owned()], ..listing(1, "x") },
        IndexDocument { merchant: Some("m-1".to_owned()), ..listing(2, "x") },
        listing(3, "x"),
    ]);
    let search = index.search_handle();
    let one = |text: &str| vec![text.to_owned()];
    assert_eq!(all_pages(&search, &HuntQuery::Brands(one("b")), 9), [0]);
    assert_eq!(all_pages(&search, &HuntQuery::Classes(one("counterfeit")), 9), [1]);
    assert_eq!(all_pages(&search, &HuntQuery::Merchants(one("m-1")), 9), [2]);
    let either = HuntQuery::AnyOf(vec![HuntQuery::Brands(one("a")), HuntQuery::Merchants(one("m-1"))]);
    assert_eq!(all_pages(&search, &either, 9), [0, 2]);
}

#[test]
fn hunts_come_in_id_order_and_resume_after_any_id_while_the_index_grows() {
    let (_home, mut index) = index_of((0..25).map(|number| listing(number * 2, "northpeak")).collect());
    let search = index.search_handle();
    for hunt in [HuntQuery::All, marks(&["northpeak"])] {
        let whole = all_pages(&search, &hunt, 7);
        assert!(whole.is_sorted() && whole.len() as u64 == search.documents(), "{hunt:?}");
        let half = search.candidates(&hunt, None, 10).unwrap().next().unwrap().unwrap();
        assert_eq!((half.listings.len(), half.remaining), (10, whole.len() as u64));
        // Another segment, with ids on both sides of the place, and a replaced document.
        fill(&mut index, vec![listing(1, "northpeak"), listing(47, "northpeak"), listing(48, "northpeak again")]);
        let after = half.listings.last().copied();
        let rest: Vec<_> =
            search.candidates(&hunt, after, 4).unwrap().flat_map(|page| page.unwrap().listings).collect();
        assert!(rest.is_sorted_by(|a, b| a < b) && rest.contains(&id(47)) && !rest.contains(&id(1)));
        assert_eq!(rest.iter().filter(|&&listing| listing == id(48)).count(), 1);
        index.remove(&[id(1), id(47)]).unwrap();
        index.commit(30).unwrap();
    }
}

#[test]
fn a_removed_listing_is_no_candidate() {
    let (_home, mut index) = index_of(titled(&["northpeak", "northpeak"]));
    index.remove(&[id(0)]).unwrap();
    index.commit(3).unwrap();
    let search = index.search_handle();
    assert_eq!(search.all(None, 10).unwrap().listings, [id(1)]);
    assert_eq!(search.candidates_for_mark(&["northpeak".to_owned()], None, 10).unwrap().listings, [id(1)]);
    assert_eq!(search.all(Some(id(1)), 10).unwrap().remaining, 0);
}

#[test]
fn a_hunt_out_of_bounds_says_what_is_allowed() {
    let (_home, index) = index_of(Vec::new());
    let search = index.search_handle();
    let too_far = search.candidates_for_image(&[[0; 32]], 32, None, 1).unwrap_err();
    assert_eq!(too_far.to_string(), "image candidates reach up to distance 31, not 32");
    let too_many = search.candidates_for_mark(&vec!["x".to_owned(); 5_001], None, 1);
    assert!(matches!(too_many, Err(IndexError::Query(_))));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn an_image_within_the_radius_is_always_a_candidate(
        reference: [u8; 32],
        bits in proptest::collection::btree_set(0usize..256, 0..=31),
    ) {
        let mut hash = reference;
        for bit in &bits {
            hash[bit / 8] ^= 1 << (bit % 8);
        }
        let (_home, index) = index_of(vec![IndexDocument { image_hashes: vec![[7; 32], hash], ..listing(0, "x") }]);
        let search = index.search_handle();
        prop_assert_eq!(search.candidates_for_image(&[reference], 31, None, 10).unwrap().listings, vec![id(0)]);
        if bits.len() < 16 {
            prop_assert_eq!(search.candidates_for_image(&[reference], 15, None, 10).unwrap().listings, vec![id(0)]);
        }
    }

    #[test]
    fn no_mark_or_term_is_an_error(text: String) {
        let (_home, index) = index_of(titled(&["northpeak"]));
        let search = index.search_handle();
        prop_assert!(search.candidates_for_mark(std::slice::from_ref(&text), None, 10).is_ok());
        let terms = [format!("{text}*"), text];
        prop_assert!(search.candidates_for_terms(&terms, None, 10).is_ok());
    }

    #[test]
    fn a_mark_is_found_with_one_edit_or_two_cuts(
        mark in "[a-z]{5,14}", at in 0usize..14, letter in "[a-z0-9]", cut in 1usize..4, second in 1usize..4,
    ) {
        let edited = format!("{}{letter}{}", &mark[..at.min(mark.len())], mark.get(at + 1..).unwrap_or(""));
        let (one, two) = (cut.min(mark.len() - 2), (cut + second).min(mark.len() - 1));
        let cut = format!("{} {} {}", &mark[..one], &mark[one..two], &mark[two..]);
        let (_home, index) = index_of(titled(&[&edited, &cut]));
        prop_assert_eq!(all_pages(&index.search_handle(), &marks(&[&mark]), 10), vec![0, 1]);
    }
}
