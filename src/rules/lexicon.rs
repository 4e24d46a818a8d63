//! All packs' lexicons as one index over folded text.
//!
//! Text of scripts with spaces is cut into words once; a term is found by hashing the words
//! that could begin one, so a clean listing costs a hash and a look-up a word, whatever the
//! number of terms. Terms with letters of scripts without spaces share one automaton, which
//! runs only over text that has such letters. A hit inside an `except` phrase of its lexicon,
//! or inside a longer hit of its lexicon, is dropped.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::ops::Range;

use aho_corasick::AhoCorasick;

use super::model::Pack;
use super::words::{cut, is_unspaced, is_word_letter};
use crate::kernel::Span;
use crate::matching::text::Field;
use crate::matching::text::fold::{Folded, fold};

/// Longest term, in characters.
pub const MAX_TERM_LENGTH: usize = 120;
/// Most words in a term.
pub const MAX_TERM_WORDS: usize = 12;
/// Most terms and exceptions in all packs: about 200 MB of index.
pub const MAX_TERMS: usize = 1_000_000;
/// Most raw finds kept for one field; a text that reaches it is a list of forbidden words.
const MAX_FINDS: usize = 2_000;
/// Shortest beginning that `*` may extend: two letters would begin half a dictionary.
const MIN_PREFIX_LETTERS: usize = 3;
/// Prefix terms are filed by their first bytes: by six (three Cyrillic letters) where they have
/// so many, else by three.
const PREFIX_KEYS: [usize; 2] = [3, 6];

/// A lexicon term found in a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LexiconHit<'p> {
    /// Place of the lexicon among the lexicons of all packs.
    pub lexicon: u32,
    /// The term as the pack writes it.
    pub term: &'p str,
    /// The term's language as the pack writes it.
    pub lang: &'p str,
    /// Where.
    pub field: Field,
    /// The exact letters.
    pub span: Span,
    /// As written, cut to 200 characters.
    pub matched: String,
}

/// The folded form of `text`, as every comparison in the rules uses it.
pub fn fold_plain(text: &str) -> String {
    fold(text).text
}

/// Why a term cannot be used; `Ok` for a usable one.
pub fn check_term(term: &str) -> Result<(), String> {
    let shown: String = term.chars().take(40).collect();
    if term.chars().count() > MAX_TERM_LENGTH {
        return Err(format!("the term \"{shown}…\" is longer than {MAX_TERM_LENGTH} characters"));
    }
    let stem = term.strip_suffix('*').unwrap_or(term);
    if stem.contains('*') {
        return Err(format!("the term \"{shown}\" has a * that is not at its end"));
    }
    let folded = fold_plain(stem);
    if folded.chars().any(is_unspaced) {
        return Ok(());
    }
    let form = SpacedForm::of(stem);
    let Some(last) = form.as_ref().and_then(|form| form.words.last()) else {
        return Err(format!("the term \"{shown}\" has no letter or digit"));
    };
    let words = form.as_ref().map_or(0, |form| form.words.len());
    if words > MAX_TERM_WORDS {
        return Err(format!("the term \"{shown}\" has more than {MAX_TERM_WORDS} words"));
    }
    let letters: usize = folded.chars().filter(|letter| letter.is_alphanumeric()).count();
    if letters < 2 {
        return Err(format!("the term \"{shown}\" is a single letter; it would be found everywhere"));
    }
    if term.ends_with('*') && last.chars().count() < MIN_PREFIX_LETTERS {
        return Err(format!("the term \"{shown}\" is too short for a *; its last word needs {MIN_PREFIX_LETTERS} letters"));
    }
    Ok(())
}

/// A folded term of a spaced script: words and the gaps between them.
struct SpacedForm {
    words: Vec<String>,
    /// One fewer than words.
    gaps: Vec<String>,
}

impl SpacedForm {
    fn of(term: &str) -> Option<Self> {
        let folded = fold_plain(term);
        let mut ranges = Vec::new();
        cut(&folded, &mut ranges);
        let slice = |range: &Range<u32>| &folded[range.start as usize..range.end as usize];
        let words: Vec<String> = ranges.iter().map(|range| slice(range).to_owned()).collect();
        let gap = |pair: &[Range<u32>]| {
            let raw = &folded[pair[0].end as usize..pair[1].start as usize];
            // A gap too wide for running text is written with one space in the index.
            gap_key(raw).unwrap_or(" ").to_owned()
        };
        let gaps = ranges.windows(2).map(gap).collect();
        (!words.is_empty()).then_some(Self { words, gaps })
    }

    fn joined(&self) -> String {
        let mut joined = String::new();
        for (place, word) in self.words.iter().enumerate() {
            if place > 0 {
                joined.push_str(&self.gaps[place - 1]);
            }
            joined.push_str(word);
        }
        joined
    }

    fn hash(&self) -> u64 {
        let mut hash = word_hash(&self.words[0]);
        for (word, gap) in self.words[1..].iter().zip(&self.gaps) {
            hash = extend_hash(hash, gap, word_hash(word));
        }
        hash
    }
}

/// What a gap between two words compares as: any soft gap is one space, others are themselves.
/// `None` for a gap that separates: longer than three characters or over a line end.
fn gap_key(gap: &str) -> Option<&str> {
    let mut soft = true;
    let mut count = 0;
    let mut space = false;
    let mut point = false;
    for letter in gap.chars() {
        count += 1;
        match letter {
            ' ' | '\u{A0}' => space = true,
            '-' | '_' | '\'' | '’' | '\u{2010}'..='\u{2015}' | '·' | '+' | '&' | '®' | '™' => {}
            '.' | '/' => point = true,
            '\n' | '\r' => return None,
            _ => soft = false,
        }
    }
    if count > 3 || count == 0 {
        return None;
    }
    // "knife. Sold" ends a sentence; "a.b" and "a/b" do not.
    Some(if soft && !(space && point) { " " } else { gap })
}

/// Plural forms searched beside a term, by the language's regular endings. Irregular plurals
/// are listed by the author.
fn plurals(lang: &str, word: &str) -> Vec<String> {
    let letters = word.chars().count();
    if letters < 3 || !word.chars().all(char::is_alphabetic) {
        return Vec::new();
    }
    let ends = |endings: &[&str]| endings.iter().any(|ending| word.ends_with(ending));
    let stem = |cut: usize| &word[..word.len() - cut];
    match lang {
        "en" if ends(&["s", "x", "z", "ch", "sh"]) => vec![format!("{word}es")],
        "en" if ends(&["y"]) && !ends(&["ay", "ey", "oy", "uy"]) => vec![format!("{}ies", stem(1)), format!("{word}s")],
        "en" | "fr" if !ends(&["s"]) => vec![format!("{word}s")],
        "es" if ends(&["s"]) => Vec::new(),
        "es" if ends(&["z"]) => vec![format!("{}ces", stem(1))],
        "es" if ends(&["a", "e", "i", "o", "u"]) => vec![format!("{word}s")],
        "es" => vec![format!("{word}es"), format!("{word}s")],
        _ => Vec::new(),
    }
}

/// A term as the packs hold it.
#[derive(Debug, Clone)]
struct Term {
    lexicon: u32,
    except: bool,
    lang: u16,
    text: Box<str>,
}

/// Terms with the same folded words.
#[derive(Debug, Clone)]
struct Entry {
    /// The folded words with their gaps.
    words: Box<str>,
    count: u8,
    terms: Vec<u32>,
}

/// What a word may begin.
#[derive(Debug, Clone, Default)]
struct FirstWord {
    /// Words of the longest term that begins with it.
    longest: u8,
    /// Entries of several words whose last is a prefix.
    prefixed: Vec<u32>,
}

/// Passes hashes through: they were mixed when they were made.
#[derive(Default, Clone, Copy)]
struct Mixed(u64);

impl Hasher for Mixed {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        self.0 = word_hash_bytes(bytes);
    }
    fn write_u64(&mut self, key: u64) {
        self.0 = key;
    }
}

type MixedMap<K, V> = HashMap<K, V, BuildHasherDefault<Mixed>>;

fn mix(value: u64) -> u64 {
    // The finaliser of splitmix64 (Steele, Lea, Flood 2014).
    let value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    value ^ (value >> 31)
}

fn word_hash_bytes(bytes: &[u8]) -> u64 {
    let mut hash = bytes.len() as u64;
    let mut chunks = bytes.chunks_exact(8);
    for chunk in &mut chunks {
        let mut word = [0; 8];
        word.copy_from_slice(chunk);
        hash = (hash.rotate_left(5) ^ u64::from_le_bytes(word)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }
    let mut last = [0; 8];
    let rest = chunks.remainder();
    last[..rest.len()].copy_from_slice(rest);
    mix(hash.rotate_left(5) ^ u64::from_le_bytes(last))
}

fn word_hash(word: &str) -> u64 {
    word_hash_bytes(word.as_bytes())
}

fn extend_hash(hash: u64, gap: &str, word: u64) -> u64 {
    let gap = if gap == " " { 0 } else { word_hash(gap) };
    mix(hash.rotate_left(7) ^ word ^ gap)
}

/// The compiled lexicons of all packs.
#[derive(Debug, Clone, Default)]
pub struct LexiconIndex {
    terms: Vec<Term>,
    langs: Vec<Box<str>>,
    entries: Vec<Entry>,
    sequences: MixedMap<u64, Vec<u32>>,
    first_words: MixedMap<u64, FirstWord>,
    prefixes: MixedMap<u64, Vec<u32>>,
    unspaced: Option<AhoCorasick>,
    unspaced_terms: Vec<Vec<u32>>,
}

/// Something found, before exceptions: byte range in the folded text and term.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Find {
    start: u32,
    end: u32,
    term: u32,
}

/// Collects the terms before the index is complete.
#[derive(Default)]
struct Builder {
    index: LexiconIndex,
    by_words: HashMap<(Box<str>, bool), u32>,
    unspaced: HashMap<String, usize>,
    unspaced_patterns: Vec<String>,
}

impl LexiconIndex {
    /// Compiles the lexicons of `packs`, numbered through in pack order.
    ///
    /// Terms must have passed [`check_term`]; one that did not is left out.
    pub fn build(packs: &[Pack]) -> Self {
        let mut builder = Builder::default();
        let lexicons = packs.iter().flat_map(|pack| &pack.lexicons);
        for (number, lexicon) in (0_u32..).zip(lexicons) {
            for (lang, term) in &lexicon.terms {
                builder.add(number, false, lang, term);
            }
            for (lang, term) in &lexicon.except {
                builder.add(number, true, lang, term);
            }
        }
        builder.finish()
    }

    /// How many terms and exceptions it holds.
    pub fn term_count(&self) -> usize {
        self.terms.len()
    }

    /// Finds the terms in one field, in the order of the text. Where terms of several languages
    /// have the same letters, that of `lang` is named.
    pub fn find<'p>(&'p self, field: Field, original: &str, lang: Option<&str>, hits: &mut Vec<LexiconHit<'p>>) {
        if original.is_empty() || self.terms.is_empty() {
            return;
        }
        let folded = fold(original);
        let mut words = Vec::with_capacity(original.len() / 5);
        let has_unspaced = cut(&folded.text, &mut words);
        let mut finds = Vec::new();
        self.find_words(&folded.text, &words, &mut finds);
        if has_unspaced {
            self.find_unspaced(&folded.text, &mut finds);
        }
        if !finds.is_empty() {
            self.keep(field, original, &folded, finds, lang, hits);
        }
    }

    fn find_words(&self, text: &str, words: &[Range<u32>], finds: &mut Vec<Find>) {
        let slice = |range: &Range<u32>| &text[range.start as usize..range.end as usize];
        for (place, range) in words.iter().enumerate() {
            if finds.len() >= MAX_FINDS {
                return;
            }
            let word = slice(range);
            for key in PREFIX_KEYS.into_iter().filter_map(|length| prefix_key(word, length)) {
                let candidates = self.prefixes.get(&key).into_iter().flatten();
                let begins = |entry: &&u32| word.starts_with(&*self.entries[**entry as usize].words);
                for entry in candidates.filter(begins) {
                    self.push(*entry, range.start, range.end, finds);
                }
            }
            let hash = word_hash(word);
            if let Some(first) = self.first_words.get(&hash) {
                self.find_from(text, &words[place..], hash, first, finds);
            }
        }
    }

    /// Terms that begin with the first of `words`.
    fn find_from(&self, text: &str, words: &[Range<u32>], hash: u64, first: &FirstWord, finds: &mut Vec<Find>) {
        let slice = |range: &Range<u32>| &text[range.start as usize..range.end as usize];
        let mut hash = hash;
        for length in 1..=usize::from(first.longest).min(words.len()) {
            let end = words[length - 1].end;
            if length > 1 {
                let Some(gap) = gap_key(&text[words[length - 2].end as usize..words[length - 1].start as usize]) else { break };
                hash = extend_hash(hash, gap, word_hash(slice(&words[length - 1])));
            }
            for entry in self.sequences.get(&hash).into_iter().flatten() {
                let found = &self.entries[*entry as usize];
                if usize::from(found.count) == length && spells(text, &words[..length], &found.words, false) {
                    self.push(*entry, words[0].start, end, finds);
                }
            }
        }
        for entry in &first.prefixed {
            let found = &self.entries[*entry as usize];
            let length = usize::from(found.count);
            if length <= words.len() && spells(text, &words[..length], &found.words, true) {
                self.push(*entry, words[0].start, words[length - 1].end, finds);
            }
        }
    }

    fn push(&self, entry: u32, start: u32, end: u32, finds: &mut Vec<Find>) {
        finds.extend(self.entries[entry as usize].terms.iter().map(|term| Find { start, end, term: *term }));
    }

    fn find_unspaced(&self, text: &str, finds: &mut Vec<Find>) {
        let Some(automaton) = &self.unspaced else { return };
        for found in automaton.find_overlapping_iter(text) {
            if finds.len() >= MAX_FINDS {
                return;
            }
            if at_word_edges(text, found.start(), found.end()) {
                let place = |term: &u32| Find { start: found.start() as u32, end: found.end() as u32, term: *term };
                finds.extend(self.unspaced_terms[found.pattern().as_usize()].iter().map(place));
            }
        }
    }

    /// Drops what lies in exceptions or in longer hits, and turns the rest into hits.
    fn keep<'p>(
        &'p self,
        field: Field,
        original: &str,
        folded: &Folded,
        mut finds: Vec<Find>,
        lang: Option<&str>,
        hits: &mut Vec<LexiconHit<'p>>,
    ) {
        let lang = lang.map(|lang| lang.split('-').next().unwrap_or(lang));
        let other_lang = |find: &Find| Some(self.lang(find.term)) != lang;
        // Exceptions first at the same place, then the longer, so that one sweep sees whatever
        // contains a find before the find itself.
        finds.sort_by_key(|find| {
            let term = &self.terms[find.term as usize];
            (term.lexicon, find.start, u32::MAX - find.end, !term.except, other_lang(find), find.term)
        });
        let first_new = hits.len();
        let mut lexicon = u32::MAX;
        let mut covered_to = 0;
        for find in finds {
            let term = &self.terms[find.term as usize];
            if term.lexicon != lexicon {
                (lexicon, covered_to) = (term.lexicon, 0);
            }
            if find.end <= covered_to {
                continue;
            }
            covered_to = find.end;
            if term.except {
                continue;
            }
            let span = folded.span_of_bytes(find.start as usize, find.end as usize);
            let matched = span.of(original).chars().take(200).collect();
            hits.push(LexiconHit { lexicon, term: &term.text, lang: self.lang(find.term), field, span, matched });
        }
        hits[first_new..].sort_by_key(|hit| (hit.span, hit.lexicon));
    }

    fn lang(&self, term: u32) -> &str {
        &self.langs[usize::from(self.terms[term as usize].lang)]
    }
}

/// Whether `words` of `text` spell `wanted`; with `prefix`, the last word may be longer.
fn spells(text: &str, words: &[Range<u32>], wanted: &str, prefix: bool) -> bool {
    let mut rest = wanted;
    for (place, range) in words.iter().enumerate() {
        let word = &text[range.start as usize..range.end as usize];
        if place > 0 {
            let gap = gap_key(&text[words[place - 1].end as usize..range.start as usize]);
            match gap.and_then(|gap| rest.strip_prefix(gap)) {
                Some(after) => rest = after,
                None => return false,
            }
        }
        if prefix && place + 1 == words.len() {
            return word.starts_with(rest);
        }
        match rest.strip_prefix(word) {
            Some(after) => rest = after,
            None => return false,
        }
    }
    rest.is_empty()
}

/// Whether a find may stand at `start..end`: letters of spaced scripts at its ends must be
/// whole words ("BB枪" is not in "ABB枪").
fn at_word_edges(text: &str, start: usize, end: usize) -> bool {
    let joined = |left: Option<char>, right: Option<char>| {
        left.is_some_and(is_word_letter) && right.is_some_and(is_word_letter)
    };
    let last = |text: &str| text.chars().next_back();
    let first = |text: &str| text.chars().next();
    !joined(last(&text[..start]), first(&text[start..])) && !joined(last(&text[..end]), first(&text[end..]))
}

/// What a word's first `length` bytes are filed under.
fn prefix_key(word: &str, length: usize) -> Option<u64> {
    let mut key = [0; 8];
    key[..length].copy_from_slice(word.as_bytes().get(..length)?);
    Some(mix(u64::from_le_bytes(key)))
}

impl Builder {
    fn add(&mut self, lexicon: u32, except: bool, lang: &str, text: &str) {
        if check_term(text).is_err() || self.index.terms.len() >= MAX_TERMS {
            return;
        }
        let term = self.index.terms.len() as u32;
        let lang_number = self.lang_number(lang);
        self.index.terms.push(Term { lexicon, except, lang: lang_number, text: text.into() });
        let stem = text.strip_suffix('*').unwrap_or(text);
        let folded = fold_plain(stem);
        if folded.chars().any(is_unspaced) {
            self.add_unspaced(folded.trim(), term);
            return;
        }
        let Some(mut form) = SpacedForm::of(stem) else { return };
        let is_prefix = text.ends_with('*');
        self.add_form(&form, is_prefix, term);
        if is_prefix {
            return;
        }
        let Some(last) = form.words.pop() else { return };
        for plural in plurals(lang, &last) {
            form.words.push(plural);
            self.add_form(&form, false, term);
            form.words.pop();
        }
    }

    fn lang_number(&mut self, lang: &str) -> u16 {
        let langs = &mut self.index.langs;
        let known = langs.iter().position(|known| &**known == lang);
        let place = known.unwrap_or_else(|| {
            langs.push(lang.into());
            langs.len() - 1
        });
        // Tags have two or three letters: 26² + 26³ of them fit.
        u16::try_from(place).unwrap_or(0)
    }

    fn add_unspaced(&mut self, folded: &str, term: u32) {
        let place = *self.unspaced.entry(folded.to_owned()).or_insert_with(|| {
            self.unspaced_patterns.push(folded.to_owned());
            self.unspaced_patterns.len() - 1
        });
        if place == self.index.unspaced_terms.len() {
            self.index.unspaced_terms.push(Vec::new());
        }
        self.index.unspaced_terms[place].push(term);
    }

    fn add_form(&mut self, form: &SpacedForm, is_prefix: bool, term: u32) {
        let index = &mut self.index;
        let words: Box<str> = form.joined().into();
        if let Some(entry) = self.by_words.get(&(words.clone(), is_prefix)) {
            index.entries[*entry as usize].terms.push(term);
            return;
        }
        let entry = index.entries.len() as u32;
        let count = form.words.len().min(MAX_TERM_WORDS) as u8;
        index.entries.push(Entry { words: words.clone(), count, terms: vec![term] });
        self.by_words.insert((words.clone(), is_prefix), entry);
        match (is_prefix, count) {
            (true, 1) => {
                if let Some(key) = PREFIX_KEYS.into_iter().rev().find_map(|length| prefix_key(&words, length)) {
                    index.prefixes.entry(key).or_default().push(entry);
                }
            }
            (true, _) => index.first_words.entry(word_hash(&form.words[0])).or_default().prefixed.push(entry),
            (false, _) => {
                index.sequences.entry(form.hash()).or_default().push(entry);
                let first = index.first_words.entry(word_hash(&form.words[0])).or_default();
                first.longest = first.longest.max(count);
            }
        }
    }

    fn finish(mut self) -> LexiconIndex {
        if !self.unspaced_patterns.is_empty() {
            // A million short terms stay far below the automaton's limit of 2³¹ states.
            self.index.unspaced = AhoCorasick::new(&self.unspaced_patterns).ok();
        }
        self.index
    }
}

#[cfg(test)]
mod tests {
    use super::*;
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
        hits.into_iter().map(|hit| hit.matched).collect()
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
        assert_eq!(one(&[("en", "switchblade"), ("en", "machete box"), ("en", "body")], &[], "switchblades machete boxes bodies").len(), 3);
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
        let index = index(vec![lexicon("a", &[("en", "pistol")], &[("en", "water pistol")]), lexicon("b", &[("en", "pistol")], &[])]);
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
                prop_assert_eq!(hit.span.of(&text), hit.matched);
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
}
