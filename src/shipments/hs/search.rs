//! Search over headings: their words and those of their subheadings (BM25), and everyday words.

use std::collections::HashMap;

/// Saturation of repeated words and weight of the length of a heading's text: the usual values of
/// BM25 with a weaker length norm, because long headings of the nomenclature list more goods, not
/// more padding.
const SATURATION: f32 = 1.2;
/// See [`SATURATION`].
const LENGTH_WEIGHT: f32 = 0.4;
/// How often an everyday word counts: people write "hoodie", the nomenclature never does.
const EVERYDAY: f32 = 4.0;
/// Most words of a text that are looked up.
const MAX_WORDS: usize = 40;
/// Words of the nomenclature that say nothing about goods.
const EMPTY: [&str; 28] = [
    "of",
    "and",
    "or",
    "the",
    "other",
    "than",
    "not",
    "in",
    "for",
    "with",
    "from",
    "by",
    "to",
    "whether",
    "whole",
    "nec",
    "item",
    "heading",
    "no",
    "kind",
    "article",
    "part",
    "thereof",
    "including",
    "set",
    "new",
    "men",
    "woman",
];

/// A heading that a text suggests.
#[derive(Debug, Clone, PartialEq)]
pub struct Suggestion {
    /// Four digits.
    pub heading: String,
    /// Strength; comparable within one text only.
    pub score: f32,
}

/// The inverted index.
#[derive(Debug, Clone)]
pub struct HeadingIndex {
    headings: Vec<String>,
    places: HashMap<String, u16>,
    postings: HashMap<String, Vec<(u16, f32)>>,
}

impl HeadingIndex {
    /// Indexes all headings.
    pub fn build(rows: &[(String, String)], everyday: &[(String, String)]) -> Self {
        let headings: Vec<String> =
            rows.iter().filter(|(code, _)| code.len() == 4).map(|(code, _)| code.clone()).collect();
        let places: HashMap<String, u16> =
            headings.iter().enumerate().map(|(place, heading)| (heading.clone(), place as u16)).collect();
        let mut counts: Vec<HashMap<String, f32>> = vec![HashMap::new(); headings.len()];
        for (code, description) in rows.iter().filter(|(code, _)| code.len() >= 4) {
            let Some(place) = places.get(&code[..4]) else { continue };
            for word in words(description) {
                *counts[usize::from(*place)].entry(word).or_insert(0.0) += 1.0;
            }
        }
        for (heading, text) in everyday {
            let Some(place) = places.get(heading) else { continue };
            for word in words(text) {
                *counts[usize::from(*place)].entry(word).or_insert(0.0) += EVERYDAY;
            }
        }
        let postings = weigh(&counts);
        Self { headings, places, postings }
    }

    /// Headings that fit, best first.
    pub fn suggest(&self, text: &str, most: usize) -> Vec<Suggestion> {
        let mut scores = vec![0.0_f32; self.headings.len()];
        for word in distinct(text) {
            for (place, weight) in self.postings.get(&word).into_iter().flatten() {
                scores[usize::from(*place)] += weight;
            }
        }
        // The best few, kept in order: nearly all headings have nothing to do with a text.
        let mut best: Vec<(usize, f32)> = Vec::with_capacity(most + 1);
        for (place, score) in scores.into_iter().enumerate().filter(|(_, score)| *score > 0.0) {
            let rank = best.partition_point(|(_, other)| *other >= score);
            if rank < most {
                best.insert(rank, (place, score));
                best.truncate(most);
            }
        }
        let named = |(place, score): (usize, f32)| Suggestion { heading: self.headings[place].clone(), score };
        best.into_iter().map(named).collect()
    }

    /// The score of one heading.
    pub fn fit(&self, text: &str, heading: &str) -> f32 {
        let Some(place) = self.places.get(heading) else { return 0.0 };
        let weight = |word: String| {
            let posting = self.postings.get(&word)?;
            posting.iter().find(|(other, _)| other == place).map(|(_, weight)| *weight)
        };
        distinct(text).into_iter().filter_map(weight).sum()
    }
}

/// BM25 weights of all words.
fn weigh(counts: &[HashMap<String, f32>]) -> HashMap<String, Vec<(u16, f32)>> {
    let length = |words: &HashMap<String, f32>| {
        // Summed in order, so that the same tables give the same weights everywhere.
        let mut all: Vec<f32> = words.values().copied().collect();
        all.sort_by(f32::total_cmp);
        all.iter().sum::<f32>()
    };
    let lengths: Vec<f32> = counts.iter().map(length).collect();
    let mean = (lengths.iter().sum::<f32>() / lengths.len().max(1) as f32).max(1.0);
    let mut postings: HashMap<String, Vec<(u16, f32)>> = HashMap::new();
    for (place, words) in counts.iter().enumerate() {
        for (word, count) in words {
            let norm = SATURATION * (1.0 - LENGTH_WEIGHT + LENGTH_WEIGHT * lengths[place] / mean);
            let weight = count * (SATURATION + 1.0) / (count + norm);
            postings.entry(word.clone()).or_default().push((place as u16, weight));
        }
    }
    let total = counts.len() as f32;
    for list in postings.values_mut() {
        let known = list.len() as f32;
        let rarity = (1.0 + (total - known + 0.5) / (known + 0.5)).ln();
        for (_, weight) in list.iter_mut() {
            *weight *= rarity;
        }
        list.sort_by_key(|(place, _)| *place);
    }
    postings
}

fn distinct(text: &str) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for word in words(text) {
        if all.len() < MAX_WORDS && !all.contains(&word) {
            all.push(word);
        }
    }
    all
}

/// The words of a text, lower case, singular, without those that say nothing.
fn words(text: &str) -> impl Iterator<Item = String> {
    let text: String = text.chars().filter(|letter| *letter != '\'' && *letter != '’').collect();
    let lower = text.to_lowercase();
    let parts: Vec<String> = lower.split(|letter: char| !letter.is_alphanumeric()).map(singular).collect();
    parts.into_iter().filter(|word| word.len() > 1 && !EMPTY.contains(&word.as_str()))
}

/// The singular of a regular English plural.
fn singular(word: &str) -> String {
    let cut = |end: usize, with: &str| format!("{}{with}", &word[..word.len() - end]);
    match word {
        "womens" | "women" => "woman".to_owned(),
        "mens" => "men".to_owned(),
        "knives" => "knife".to_owned(),
        _ if word.len() > 4 && word.ends_with("ies") => cut(3, "y"),
        _ if word.len() > 4 && ["ches", "shes", "sses", "xes"].iter().any(|end| word.ends_with(end)) => cut(2, ""),
        _ if word.len() > 3 && word.ends_with('s') && !["ss", "us", "is"].iter().any(|end| word.ends_with(end)) => {
            cut(1, "")
        }
        _ => word.to_owned(),
    }
}
