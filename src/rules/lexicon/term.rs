//! What a term is: its folded words, the gaps between them, its plurals, and why one is refused.

use std::ops::Range;

use crate::matching::text::fold::fold;
use crate::rules::words::{cut, is_unspaced};

use super::hashing::{extend_hash, word_hash};

/// Longest term, in characters.
const MAX_TERM_LENGTH: usize = 120;
/// Most words in a term.
pub const MAX_TERM_WORDS: usize = 12;
/// Shortest beginning that `*` may extend: two letters would begin half a dictionary.
const MIN_PREFIX_LETTERS: usize = 3;

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
        return Err(format!(
            "the term \"{shown}\" is too short for a *; its last word needs {MIN_PREFIX_LETTERS} letters"
        ));
    }
    Ok(())
}

/// A folded term of a spaced script: words and the gaps between them.
pub struct SpacedForm {
    /// At least one.
    pub words: Vec<String>,
    /// One fewer than words.
    pub gaps: Vec<String>,
}

impl SpacedForm {
    /// `None` for a term without a letter or digit.
    pub fn of(term: &str) -> Option<Self> {
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

    /// The words with their gaps.
    pub fn joined(&self) -> String {
        let mut joined = String::new();
        for (place, word) in self.words.iter().enumerate() {
            if place > 0 {
                joined.push_str(&self.gaps[place - 1]);
            }
            joined.push_str(word);
        }
        joined
    }

    /// What the index files it under.
    pub fn hash(&self) -> u64 {
        let mut hash = word_hash(&self.words[0]);
        for (word, gap) in self.words[1..].iter().zip(&self.gaps) {
            hash = extend_hash(hash, gap, word_hash(word));
        }
        hash
    }
}

/// What a gap between two words compares as: any soft gap is one space, others are themselves.
/// `None` for a gap that separates: longer than three characters or over a line end.
pub fn gap_key(gap: &str) -> Option<&str> {
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
pub fn plurals(lang: &str, word: &str) -> Vec<String> {
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
