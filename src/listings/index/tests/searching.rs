use std::collections::BTreeSet;

use proptest::prelude::*;

use super::super::{FacetField, IndexDocument, IndexError, ListingSearch, SearchPage, SearchQuery, Sort};
use super::{at, fill, id, index_of, listing};

fn words(words: &str) -> SearchQuery {
    SearchQuery { words: words.to_owned(), limit: 100, ..SearchQuery::default() }
}

fn numbers(search: &ListingSearch, query: &SearchQuery) -> Vec<u64> {
    let page = search.search(query).unwrap();
    page.hits.iter().map(|hit| hit.listing.uuid().as_u64_pair().1).collect()
}

fn catalogue() -> Vec<IndexDocument> {
    vec![
        IndexDocument {
            description: "Waterproof trail shoe".to_owned(),
            brand: Some("North Peak".to_owned()),
            merchant: Some("m-1".to_owned()),
            category: Some("Shoes > Running".to_owned()),
            price_minor: Some(7_990),
            currency: Some("EUR".to_owned()),
            brands: vec!["northpeak".to_owned()],
            ..listing(1, "North Peak running shoes")
        },
        IndexDocument {
            verdict: "block".to_owned(),
            merchant: Some("m-2".to_owned()),
            category: Some("shoes/running/trail".to_owned()),
            price_minor: Some(1_500),
            currency: Some("USD".to_owned()),
            brands: vec!["northpeak".to_owned()],
            classes: vec!["counterfeit".to_owned()],
            ..listing(2, "Crème brûlée set, shoes of sugar")
        },
        IndexDocument {
            verdict: "review".to_owned(),
            merchant: Some("m-2".to_owned()),
            price_minor: Some(500),
            currency: Some("EUR".to_owned()),
            ..listing(3, "红色运动鞋 38码")
        },
        IndexDocument { description: "also shoes".to_owned(), merchant: Some("M-2".to_owned()), ..listing(4, "Socks") },
    ]
}

#[test]
fn every_field_finds_its_listings_and_no_others() {
    let (_home, index) = index_of(catalogue());
    let search = index.search_handle();
    let some = |text: &str| Some(text.to_owned());
    let all = || SearchQuery { limit: 100, sort: Sort::Oldest, ..SearchQuery::default() };
    let cases: Vec<(SearchQuery, Vec<u64>)> = vec![
        (all(), vec![1, 2, 3, 4]),
        (SearchQuery { brand: some("NORTH  peak"), ..all() }, vec![1]),
        (SearchQuery { brand: some("northpeak"), ..all() }, vec![1, 2]),
        (SearchQuery { merchant: some("m-2"), ..all() }, vec![2, 3]),
        (SearchQuery { verdict: some("review"), ..all() }, vec![3]),
        (SearchQuery { class: some("counterfeit"), ..all() }, vec![2]),
        (SearchQuery { category: some("Shoes|RUNNING"), ..all() }, vec![1, 2]),
        (SearchQuery { category: some("shoes > running > trail"), ..all() }, vec![2]),
        (SearchQuery { category: some("running"), ..all() }, vec![]),
        (SearchQuery { category: some(" > "), ..all() }, vec![]),
        (SearchQuery { price_min: Some(500), price_max: Some(1_500), ..all() }, vec![2, 3]),
        (SearchQuery { price_min: Some(501), ..all() }, vec![1, 2]),
        (SearchQuery { price_max: Some(1_500), currency: some("eur"), ..all() }, vec![3]),
        (SearchQuery { from: Some(at(2)), to: Some(at(4)), ..all() }, vec![2, 3]),
        (SearchQuery { verdict: some("clear"), words: "shoes".to_owned(), ..all() }, vec![1, 4]),
        (words("sku-3"), vec![3]),
        (words(&id(4).to_string()), vec![4]),
    ];
    for (query, expected) in cases {
        assert_eq!(numbers(&search, &query), expected, "{query:?}");
    }
}

#[test]
fn all_words_have_to_occur_and_the_last_is_completed() {
    let (_home, index) = index_of(catalogue());
    let search = index.search_handle();
    assert_eq!(numbers(&search, &words("shoes waterproof")), [1]);
    assert_eq!(numbers(&search, &words("run")), [1]);
    assert_eq!(numbers(&search, &words("run ")), [0; 0]);
    assert_eq!(numbers(&search, &words("creme BRULEE ")), [2]);
    assert_eq!(numbers(&search, &words("运动鞋")), [3]);
    assert_eq!(numbers(&search, &words("鞋")), [3]);
    assert_eq!(numbers(&search, &words("运鞋")), [0; 0]);
}

#[test]
fn a_misspelt_word_is_found_only_when_asked_for() {
    let (_home, index) = index_of(catalogue());
    let search = index.search_handle();
    for misspelt in ["nroth peak ", "runing peka ", "waterprof "] {
        assert_eq!(numbers(&search, &words(misspelt)), [0; 0], "{misspelt}");
        assert_eq!(numbers(&search, &SearchQuery { fuzzy: true, ..words(misspelt) }), [1], "{misspelt}");
    }
}

#[test]
fn relevance_puts_the_title_before_the_description_and_neighbours_before_strangers() {
    let (_home, index) = index_of(vec![
        IndexDocument { description: "red jacket".to_owned(), ..listing(1, "Coat") },
        listing(2, "jacket in red"),
        listing(3, "red jacket"),
        listing(4, "red lined jacket"),
    ]);
    assert_eq!(numbers(&index.search_handle(), &words("red jacket ")), [3, 4, 2, 1]);
}

#[test]
fn prices_sort_both_ways_with_unpriced_listings_last() {
    let (_home, index) = index_of(catalogue());
    let sorted = |sort| numbers(&index.search_handle(), &SearchQuery { sort, limit: 9, ..SearchQuery::default() });
    assert_eq!(sorted(Sort::PriceLow), [3, 2, 1, 4]);
    assert_eq!(sorted(Sort::PriceHigh), [1, 2, 3, 4]);
    assert_eq!(sorted(Sort::Newest), [4, 3, 2, 1]);
}

#[test]
fn facets_count_all_matches_by_count_then_name_across_segments() {
    let (_home, mut index) = index_of(catalogue());
    // A second commit makes a second segment; listing 4 moves into it.
    fill(&mut index, vec![listing(4, "Socks"), IndexDocument { verdict: "review".to_owned(), ..listing(5, "Hat") }]);
    let facets = vec![FacetField::Verdict, FacetField::Merchant, FacetField::Category, FacetField::MarkBrand];
    let page = index.search_handle().search(&SearchQuery { facets, limit: 1, ..SearchQuery::default() }).unwrap();
    let counts = |place: usize| -> Vec<(String, u64)> {
        page.facets[place].values.iter().map(|value| (value.value.clone(), value.count)).collect()
    };
    let pairs = |of: &[(&str, u64)]| of.iter().map(|&(name, count)| (name.to_owned(), count)).collect::<Vec<_>>();
    assert_eq!((page.total, page.hits.len()), (5, 1));
    assert_eq!(counts(0), pairs(&[("clear", 2), ("review", 2), ("block", 1)]));
    assert_eq!(counts(1), pairs(&[("m-2", 2), ("m-1", 1)]));
    assert_eq!(counts(2), pairs(&[("shoes", 2), ("shoes > running", 2), ("shoes > running > trail", 1)]));
    assert_eq!(counts(3), pairs(&[("northpeak", 2)]));
}

#[test]
fn no_more_than_twenty_facet_values_are_answered() {
    let with_class = |number| IndexDocument { classes: vec![format!("class-{number:02}")], ..listing(number, "x") };
    let (_home, index) = index_of((0..30).map(with_class).collect());
    let query = SearchQuery { facets: vec![FacetField::Class], limit: 1, ..SearchQuery::default() };
    let values = index.search_handle().search(&query).unwrap().facets.remove(0).values;
    assert_eq!(values.len(), 20);
    assert_eq!(values[0].value, "class-00");
}

#[test]
fn a_hit_shows_the_listing_and_marks_the_letters_that_matched() {
    let (_home, index) = index_of(catalogue());
    let hit = index.search_handle().search(&words("brulee shoes ")).unwrap().hits.remove(0);
    let marked: Vec<String> = hit.title_spans.iter().map(|span| span.of(&hit.title)).collect();
    assert_eq!(marked, ["brûlée", "shoes"]);
    assert_eq!((hit.external_id.as_str(), hit.verdict.as_str(), hit.position), ("sku-2", "block", 2));
    assert_eq!(
        (hit.price_minor, hit.currency.as_deref(), hit.merchant.as_deref()),
        (Some(1_500), Some("USD"), Some("m-2"))
    );
    assert_eq!(hit.updated, at(2));
    assert!(hit.score > 0.0);
}

/// Reads all pages; between two pages `between` may change the index.
fn read_through(search: &ListingSearch, query: &SearchQuery, mut between: impl FnMut(usize)) -> Vec<u64> {
    let (mut query, mut seen) = (query.clone(), Vec::new());
    for page in 0.. {
        let answer: SearchPage = search.search(&query).unwrap();
        seen.extend(answer.hits.iter().map(|hit| hit.listing.uuid().as_u64_pair().1));
        query.cursor = answer.next_cursor;
        if query.cursor.is_none() {
            return seen;
        }
        between(page);
    }
    unreachable!("the pages end");
}

#[test]
fn pages_have_no_gaps_and_no_duplicates_while_listings_are_added() {
    for sort in [Sort::Relevance, Sort::Newest, Sort::Oldest, Sort::PriceLow, Sort::PriceHigh] {
        let numbered = |number: u64| IndexDocument {
            price_minor: (!number.is_multiple_of(3)).then_some((number % 5) as i64 * 100),
            // Many listings share a date, so that ties are paged through as well.
            updated: at((number / 10) as i64),
            ..listing(number, if number.is_multiple_of(2) { "red shoe" } else { "shoe, red" })
        };
        let (_home, mut index) = index_of((0..50).map(|number| numbered(number * 2)).collect());
        let query = SearchQuery { sort, limit: 7, ..words("red shoe ") };
        let search = index.search_handle();
        let seen = read_through(&search, &query, |page| {
            // An order that new listings sort to the end of would otherwise never end.
            if page >= 5 {
                return;
            }
            fill(&mut index, (0..10).map(|number| numbered(page as u64 * 20 + number * 2 + 1)).collect());
        });
        let once: BTreeSet<u64> = seen.iter().copied().collect();
        assert_eq!(once.len(), seen.len(), "{sort:?}: a listing came twice");
        assert!((0..50).all(|number| once.contains(&(number * 2))), "{sort:?}: a listing is missing");
    }
}

#[test]
fn a_cursor_of_another_query_is_refused() {
    let (_home, index) = index_of(catalogue());
    let search = index.search_handle();
    let first = SearchQuery { limit: 1, ..SearchQuery::default() };
    let cursor = search.search(&first).unwrap().next_cursor;
    assert!(cursor.is_some());
    let other = SearchQuery { cursor: cursor.clone(), verdict: Some("clear".to_owned()), ..first.clone() };
    assert!(matches!(search.search(&other), Err(IndexError::Cursor)));
    let garbage = SearchQuery { cursor: Some("%%%".to_owned()), ..first.clone() };
    assert!(matches!(search.search(&garbage), Err(IndexError::Cursor)));
    assert!(search.search(&SearchQuery { cursor, ..first }).is_ok());
}

#[test]
fn hostile_text_is_searched_like_any_other() {
    let (_home, index) = index_of(catalogue());
    let search = index.search_handle();
    let hostile = [
        "title:\"",
        "(((((",
        "a AND OR NOT",
        "[* TO *]",
        "\\",
        "/.*/",
        "{\"$gt\":1}",
        "\u{0}\u{FFFF}",
        "~~~^^^",
        "\u{202E}abc",
        "𝕏",
        "*",
        "'",
        "ก็",
        "\u{301}\u{301}",
    ];
    for text in hostile.iter().map(ToString::to_string).chain([")".repeat(100_000), "aé鞋 ".repeat(50_000)]) {
        for fuzzy in [false, true] {
            let shown: String = text.chars().take(20).collect();
            assert!(search.search(&SearchQuery { fuzzy, ..words(&text) }).is_ok(), "{shown}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn no_text_in_any_field_is_an_error(text: String, fuzzy: bool, limit: usize, low: i64, high: i64) {
        thread_local! {
            static SHARED: (tempfile::TempDir, super::super::ListingIndex) = index_of(catalogue());
        }
        let one = || Some(text.clone());
        let queries = [
            SearchQuery { fuzzy, ..words(&text) },
            SearchQuery { brand: one(), merchant: one(), verdict: one(), class: one(), category: one(), ..words("") },
            SearchQuery { currency: one(), price_min: Some(low), price_max: Some(high), limit, ..words(&text) },
        ];
        for query in queries {
            let page = SHARED.with(|(_, index)| index.search_handle().search(&query));
            prop_assert!(page.is_ok(), "{query:?}");
        }
    }
}
