//! What a platform's own titles say of words: the catalogue statistics, and how wide each
//! mark should be searched in their light.
//!
//! Words of a language are known beforehand, but not what a catalogue is full of: names of
//! models, makers and materials that happen to be somebody's mark, or one letter away from
//! one. So titles are counted: in how many a word occurs, and for which goods. A mark whose words
//! mostly stand on goods that are not its own is an everyday word there, and a word frequent on other goods is no
//! misspelt mark.
//!
//! Statistics are a value: they add up ([`CatalogueStatistics::merge`]), follow single listings
//! ([`CatalogueStatistics::learn`], [`CatalogueStatistics::forget`]), stay below a given number
//! of words, and can be stored as JSON. What a brand's record says wins over them.

use std::collections::BTreeMap;

use super::fold::fold;
use super::lexicon::LEXICON;
use super::token::{Kind, Words};
use crate::registry::model::{Brand, MarkKey, MarkStatus, Strictness};

/// Words kept unless said otherwise: about 20 MB.
const MOST_WORDS: usize = 200_000;

/// Words of one title that are counted; no honest title has more.
const MOST_TITLE_WORDS: usize = 60;

/// Letters of a word that is counted; shorter and longer ones are found exactly or not at all.
const COUNTED: std::ops::RangeInclusive<usize> = 2..=24;

/// From when on a word is held to be everyday. Staff may change these.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct LearnedLimits {
    /// Titles with known goods that a word must occur in at least.
    pub least_titles: u64,
    /// Share of all titles that it must occur in at least.
    pub least_share: f64,
    /// Share of its titles that must be for other goods than the brand's.
    pub elsewhere: f64,
    /// Share of its titles that must be for other goods of more than one kind.
    pub scattered: f64,
    /// Share of all titles from which on a word is no misspelling whatever its goods.
    pub everywhere: f64,
}

impl Default for LearnedLimits {
    /// Own choice, checked on 5,232 catalogue titles with 50,000 made-up marks added: 20 titles
    /// are enough to tell a share of 60 % from one of 40 % in five cases of six.
    fn default() -> Self {
        Self { least_titles: 20, least_share: 1e-5, elsewhere: 0.6, scattered: 0.2, everywhere: 1e-3 }
    }
}

/// In how many titles a word occurs, and for which goods.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
struct WordUse {
    titles: u64,
    /// Titles by topic of goods; a title of several topics counts for each.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    topics: BTreeMap<u8, u64>,
    /// Titles whose goods are known.
    #[serde(default)]
    placed: u64,
}

impl WordUse {
    fn change(&mut self, topics: u64, change: impl Fn(u64) -> u64) {
        self.titles = change(self.titles);
        if topics == 0 {
            return;
        }
        self.placed = change(self.placed);
        for topic in (0..64u8).filter(|topic| topics >> topic & 1 == 1) {
            let count = self.topics.entry(topic).or_default();
            *count = change(*count);
        }
        self.topics.retain(|_, count| *count > 0);
    }

    /// Titles for goods that `own` topics have nothing to do with.
    fn elsewhere(&self, own: u64) -> u64 {
        let near = |topic: u8| own >> topic & 1 == 1 || LEXICON.related(1 << topic, own);
        let here: u64 = self.topics.iter().filter(|(topic, _)| near(**topic)).map(|(_, count)| *count).sum();
        self.placed.saturating_sub(here)
    }

    /// Titles elsewhere that are not of the one topic that has most of them. An everyday word
    /// stands on goods of many kinds; a brand whose record lacks a kind of its goods stands on that one.
    fn scattered(&self, own: u64) -> u64 {
        let near = |topic: u8| own >> topic & 1 == 1 || LEXICON.related(1 << topic, own);
        let most = self.topics.iter().filter(|(topic, _)| !near(**topic)).map(|(_, count)| *count).max();
        self.elsewhere(own).saturating_sub(most.unwrap_or(0))
    }
}

/// How often words occur in a platform's titles, and for which goods.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct CatalogueStatistics {
    /// Titles counted.
    titles: u64,
    /// Most words kept.
    capacity: usize,
    /// Titles that a word which is not kept may have occurred in.
    missed: u64,
    /// Names the list of topics that the counts refer to.
    topics: u64,
    limits: LearnedLimits,
    words: BTreeMap<String, WordUse>,
}

impl Default for CatalogueStatistics {
    fn default() -> Self {
        Self::new(MOST_WORDS, LearnedLimits::default())
    }
}

impl CatalogueStatistics {
    /// Empty statistics that keep at most `capacity` words.
    pub fn new(capacity: usize, limits: LearnedLimits) -> Self {
        let topics = LEXICON.topics_name();
        Self { titles: 0, capacity: capacity.max(1), missed: 0, topics, limits, words: BTreeMap::new() }
    }

    /// Whether the counts refer to the topics of goods of this version of the program. Stored
    /// statistics that do not are to be learned anew.
    pub fn is_current(&self) -> bool {
        self.topics == LEXICON.topics_name()
    }

    /// Titles counted.
    pub fn titles(&self) -> u64 {
        self.titles
    }

    /// Words kept.
    pub fn words(&self) -> usize {
        self.words.len()
    }

    /// Counts one listing's title. Once a listing: a changed title is forgotten first.
    pub fn learn(&mut self, title: &str, category: Option<&str>) {
        self.titles += 1;
        let (words, topics) = words_of(title, category);
        for word in words {
            self.words.entry(word).or_default().change(topics, |count| count + 1);
        }
        if self.words.len() > self.capacity.saturating_mul(2) {
            self.prune();
        }
    }

    /// Takes back what [`Self::learn`] counted for the same title and category.
    pub fn forget(&mut self, title: &str, category: Option<&str>) {
        self.titles = self.titles.saturating_sub(1);
        let (words, topics) = words_of(title, category);
        for word in words {
            if let Some(known) = self.words.get_mut(&word) {
                known.change(topics, |count| count.saturating_sub(1));
                if known.titles == 0 {
                    self.words.remove(&word);
                }
            }
        }
    }

    /// Adds the counts of other titles. In any order the same, as long as nothing was dropped
    /// for want of room. Counts that refer to other topics are left out.
    pub fn merge(&mut self, other: &Self) {
        if other.topics != self.topics {
            return;
        }
        self.titles += other.titles;
        self.missed += other.missed;
        for (word, uses) in &other.words {
            let own = self.words.entry(word.clone()).or_default();
            own.titles += uses.titles;
            own.placed += uses.placed;
            for (topic, count) in &uses.topics {
                *own.topics.entry(*topic).or_default() += count;
            }
        }
        self.prune();
    }

    /// Keeps the most frequent words up to the capacity; of equally frequent ones the first
    /// in the order of letters.
    fn prune(&mut self) {
        if self.words.len() <= self.capacity {
            return;
        }
        let mut order: Vec<(u64, &String)> = self.words.iter().map(|(word, uses)| (uses.titles, word)).collect();
        order.sort_unstable_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(b.1)));
        self.missed += order.get(self.capacity).map_or(0, |(titles, _)| *titles);
        let dropped: Vec<String> = order[self.capacity..].iter().map(|(_, word)| (*word).clone()).collect();
        for word in dropped {
            self.words.remove(&word);
        }
    }

    fn is_enough(&self, titles: u64) -> bool {
        titles >= self.limits.least_titles && titles as f64 >= self.limits.least_share * self.titles as f64
    }

    /// Whether every word stands on other goods than those of `own` topics often enough to be
    /// an everyday word there.
    pub(super) fn is_everyday<'w>(&self, words: impl IntoIterator<Item = &'w str>, own: u64) -> bool {
        let mut any = false;
        let all = words.into_iter().all(|word| {
            any = true;
            self.words.get(word).is_some_and(|uses| {
                let placed = uses.placed as f64;
                self.is_enough(uses.placed)
                    && uses.elsewhere(own) as f64 >= self.limits.elsewhere * placed
                    && uses.scattered(own) as f64 >= self.limits.scattered * placed
            })
        });
        any && all && own != 0
    }

    /// Whether a written word is too frequent to be a misspelt mark of a brand for goods of
    /// `own` topics.
    pub(super) fn is_frequent(&self, letters: &[char], own: u64) -> bool {
        let word: String = letters.iter().collect();
        let titles = self.words.get(&word).map_or(0, |uses| uses.titles);
        self.is_enough(titles)
            && (titles as f64 >= self.limits.everywhere * self.titles as f64 || self.is_everyday([word.as_str()], own))
    }

    /// Titles for goods of `own` topics that hold all of `words`, at most.
    pub(super) fn titles_with(&self, words: &Words, own: u64) -> u64 {
        let uses = self.use_of_words(words, own);
        uses.placed.saturating_sub(uses.elsewhere)
    }

    /// How often a mark's words occur.
    fn use_of(&self, text: &str, own: u64) -> MarkUse {
        self.use_of_words(&Words::of(&fold(text)), own)
    }

    fn use_of_words(&self, words: &Words, own: u64) -> MarkUse {
        let texts = words.tokens.iter().map(|token| words.of_token(token).iter().collect::<String>());
        let uses: Vec<Option<&WordUse>> = texts.map(|word| self.words.get(&word)).collect();
        // The rarest word bounds how often all of them occur together.
        let rarest = uses.iter().flatten().min_by_key(|uses| uses.titles);
        match rarest {
            Some(rarest) if uses.iter().all(Option::is_some) => MarkUse {
                titles: rarest.titles,
                placed: rarest.placed,
                elsewhere: rarest.elsewhere(own),
                scattered: rarest.scattered(own),
            },
            _ => MarkUse { titles: 0, placed: 0, elsewhere: 0, scattered: 0 },
        }
    }

    /// Proposes widths of search for a brand's marks. A mark for which the record sets one, one that ended
    /// and one of which the titles say nothing are left out; nothing is changed.
    pub fn propose(&self, brand: &Brand) -> Vec<StrictnessProposal> {
        let own = brand.categories.iter().take(64).fold(0, |all, words| all | LEXICON.topics_of(words));
        let classes = brand.nice_classes.iter().chain(brand.word_marks.iter().flat_map(|mark| &mark.nice));
        let nice = classes.fold(0u64, |all, class| all | 1 << (u8::from(*class) % 64));
        let own = if own == 0 { LEXICON.topics_of_nice(nice) } else { own };
        let open = brand.word_marks.iter().filter(|mark| mark.strictness.is_none() && mark.status != MarkStatus::Ended);
        open.filter_map(|mark| {
            let uses = self.use_of(&mark.text, own);
            let (proposed, because) = self.judge(&mark.text, brand.common_word, own, uses)?;
            Some(StrictnessProposal { mark: mark.key.clone(), text: mark.text.clone(), proposed, uses, because })
        })
        .collect()
    }

    fn judge(&self, text: &str, common_word: bool, own: u64, uses: MarkUse) -> Option<(Strictness, String)> {
        let MarkUse { titles, placed, elsewhere, scattered } = uses;
        if !self.is_enough(placed) || own == 0 {
            return None;
        }
        let share = elsewhere as f64 / placed as f64;
        let percent = (share * 100.0).round();
        let is_scattered = scattered as f64 >= self.limits.scattered * placed as f64;
        if share >= self.limits.elsewhere && is_scattered && !common_word {
            let because = format!(
                "“{text}” occurs in {titles} of {} titles, {percent} % of them for other goods than the brand's",
                self.titles
            );
            return Some((Strictness::Guarded, because));
        }
        if share <= (1.0 - self.limits.elsewhere) / 4.0 && common_word {
            let because = format!(
                "noted as a common word, yet of the {titles} titles with “{text}” only {percent} % are for other goods than the brand's"
            );
            return Some((Strictness::Standard, because));
        }
        None
    }
}

/// How often a mark's words occur in titles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct MarkUse {
    /// Titles with all of them, at most.
    pub titles: u64,
    /// Those whose goods are known.
    pub placed: u64,
    /// Those for goods that the brand has nothing to do with.
    pub elsewhere: u64,
    /// Those of them that are not of the one kind of goods that has most.
    pub scattered: u64,
}

/// A width of search that the catalogue speaks for; a draft for staff.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct StrictnessProposal {
    /// The mark.
    pub mark: MarkKey,
    /// Its words.
    pub text: String,
    /// What is proposed.
    pub proposed: Strictness,
    /// What was counted.
    pub uses: MarkUse,
    /// Why, in one sentence.
    pub because: String,
}

/// The different words of a title, and the topics of its goods.
fn words_of(title: &str, category: Option<&str>) -> (Vec<String>, u64) {
    let words = Words::of(&fold(title));
    let by_category = category.map_or(0, |category| LEXICON.topics_of(category));
    let by_title = words.tokens.iter().fold(0, |all, token| all | token.facts.topics);
    let counted = |token: &&super::token::Token| {
        matches!(token.kind, Kind::Letters | Kind::Mixed) && COUNTED.contains(&token.length())
    };
    let tokens = words.tokens.iter().filter(counted).take(MOST_TITLE_WORDS);
    let mut texts: Vec<String> = tokens.map(|token| words.of_token(token).iter().collect()).collect();
    texts.sort_unstable();
    texts.dedup();
    (texts, if by_category == 0 { by_title } else { by_category })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::model::{BrandKey, WordMark};

    fn brand(text: &str, common_word: bool, strictness: Option<Strictness>) -> Brand {
        let mark = WordMark {
            key: MarkKey::new("m/1"),
            text: text.to_owned(),
            registration: None,
            nice: Vec::new(),
            territories: Vec::new(),
            status: MarkStatus::Registered,
            expires: None,
            strictness,
        };
        Brand {
            key: BrandKey::new("m"),
            name: text.to_owned(),
            aliases: Vec::new(),
            word_marks: vec![mark],
            figurative_marks: Vec::new(),
            references: Vec::new(),
            nice_classes: Vec::new(),
            categories: vec!["watches".to_owned()],
            common_word,
            authorised_sellers: Vec::new(),
        }
    }

    fn statistics(titles: &[(&str, &str, usize)]) -> CatalogueStatistics {
        let mut statistics = CatalogueStatistics::default();
        for (title, category, times) in titles {
            (0..*times).for_each(|_| statistics.learn(title, Some(category)));
        }
        statistics
    }

    #[test]
    fn a_mark_that_stands_on_other_goods_is_proposed_to_be_guarded() {
        let statistics = statistics(&[
            ("Zubrella cable 2 m", "computers", 60),
            ("Zubrella paste", "food", 30),
            ("Zubrella watch", "watches", 10),
        ]);
        let proposals = statistics.propose(&brand("Zubrella", false, None));
        assert_eq!(proposals[0].proposed, Strictness::Guarded);
        assert_eq!(proposals[0].uses, MarkUse { titles: 100, placed: 100, elsewhere: 90, scattered: 30 });
        assert!(proposals[0].because.contains("90 %"), "{}", proposals[0].because);
        assert!(statistics.propose(&brand("Zubrella", false, Some(Strictness::Wide))).is_empty());
        assert!(statistics.propose(&brand("Unheard", false, None)).is_empty());
    }

    #[test]
    fn a_mark_whose_record_lacks_one_kind_of_its_goods_is_left_as_it_is() {
        let statistics = statistics(&[("Zubrella cable 2 m", "computers", 90), ("Zubrella watch", "watches", 10)]);
        assert!(statistics.propose(&brand("Zubrella", false, None)).is_empty());
    }

    #[test]
    fn a_common_word_that_only_names_the_brand_is_proposed_to_be_searched_freely() {
        let statistics = statistics(&[("Zubrella watch", "watches", 60), ("Zubrella mug", "home", 1)]);
        assert_eq!(statistics.propose(&brand("Zubrella", true, None))[0].proposed, Strictness::Standard);
        assert!(statistics.propose(&brand("Zubrella", false, None)).is_empty());
    }

    #[test]
    fn learning_and_forgetting_leave_nothing_behind() {
        let mut statistics = statistics(&[("Zubrella watch", "watches", 3)]);
        let before = statistics.clone();
        statistics.learn("A Zubrella mug", Some("home"));
        statistics.forget("A Zubrella mug", Some("home"));
        assert_eq!(statistics, before);
    }

    #[test]
    fn parts_merge_to_what_was_learned_at_once_in_any_order() {
        let parts = [
            statistics(&[("Red cable", "computers", 5)]),
            statistics(&[("Red mug", "home", 7), ("Blue cable", "", 1)]),
        ];
        let whole = statistics(&[("Red cable", "computers", 5), ("Red mug", "home", 7), ("Blue cable", "", 1)]);
        for order in [[0, 1], [1, 0]] {
            let mut merged = CatalogueStatistics::default();
            order.iter().for_each(|at| merged.merge(&parts[*at]));
            assert_eq!(merged, whole);
        }
        let stored = serde_json::to_string(&whole).unwrap();
        assert_eq!(serde_json::from_str::<CatalogueStatistics>(&stored).unwrap(), whole);
        assert!(whole.is_current());
    }

    #[test]
    fn memory_is_bounded_and_the_frequent_words_stay() {
        let mut statistics = CatalogueStatistics::new(100, LearnedLimits::default());
        for number in 0..5_000u32 {
            let odd: String = number.to_string().bytes().map(|digit| char::from(digit - b'0' + b'a')).collect();
            statistics.learn(&format!("steady z{odd}z"), Some("home"));
        }
        assert!(statistics.words() <= 201, "{}", statistics.words());
        assert!(statistics.missed > 0);
        assert!(statistics.is_frequent(&"steady".chars().collect::<Vec<_>>(), 0));
    }
}
