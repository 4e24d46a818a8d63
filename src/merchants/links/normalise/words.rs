//! The word lists of `data/words.toml`, folded once.

use std::collections::HashSet;
use std::sync::LazyLock;

use super::text;

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct WordsFile {
    legal_forms: String,
    generic_company: String,
    generic_store: String,
    places: String,
    han_places: String,
    han_generic: String,
    titles: String,
    address_noise: String,
    road_words: String,
    role_mailboxes: String,
    pooled_accounts: String,
}

/// The lists, ready for look-up.
pub(super) struct Words {
    pub(super) company: HashSet<String>,
    pub(super) store: HashSet<String>,
    pub(super) places: HashSet<String>,
    /// Longest first, so that a short word never cuts a long one.
    pub(super) han_places: Vec<String>,
    pub(super) han_generic: Vec<String>,
    pub(super) titles: HashSet<String>,
    pub(super) address: HashSet<String>,
    pub(super) roads: HashSet<String>,
    pub(super) roles: HashSet<String>,
    pub(super) pooled: HashSet<String>,
}

pub(super) static WORDS: LazyLock<Words> = LazyLock::new(|| {
    let file: WordsFile = toml::from_str(include_str!("../data/words.toml")).expect("the shipped words are tested");
    let set = |list: &str| list.split_whitespace().map(text::fold).collect::<HashSet<String>>();
    let longest_first = |list: &str| {
        let mut words: Vec<String> = list.split_whitespace().map(str::to_owned).collect();
        words.sort_by_key(|word| std::cmp::Reverse(word.chars().count()));
        words
    };
    let mut company = set(&file.legal_forms);
    company.extend(set(&file.generic_company));
    Words {
        company,
        store: set(&file.generic_store),
        places: set(&file.places),
        han_places: longest_first(&file.han_places),
        han_generic: longest_first(&file.han_generic),
        titles: set(&file.titles),
        address: set(&file.address_noise),
        roads: set(&file.road_words),
        roles: set(&file.role_mailboxes),
        pooled: set(&file.pooled_accounts),
    }
});
