//! The same name in another script, by sound.
//!
//! Sellers write a brand as customers say it: "найк", "νάικ". [`drafts`] proposes such spellings
//! as aliases for a brand's record, each marked as generated and by which rule, for a person to accept: rules of
//! sound are no dictionary. [`latin`] goes the other way for the search itself, so that a name in
//! Cyrillic or Greek meets marks without any alias.
//!
//! Tables: own work after the usual practice of Russian and Greek transcription (BGN/PCGN for the
//! single letters); katakana only where every consonant has its vowel, because what is inserted
//! elsewhere follows habit, not rule. Han spellings follow no rule at all and are not generated.

/// A spelling made by rule.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Draft {
    /// The spelling.
    pub text: String,
    /// The script: `cyrillic`, `greek`, `katakana`.
    pub script: String,
    /// The rule: `by_letter` or `by_sound`.
    pub rule: String,
    /// Always true: kept with the alias when it is accepted.
    pub generated: bool,
}

/// Longest name that spellings are made of, in letters.
const LONGEST: usize = 40;

/// Latin letters as Russian writes them letter by letter; longer ones first.
const CYRILLIC_LETTERS: &[(&str, &str)] = &[
    ("sch", "ш"),
    ("tch", "ч"),
    ("sh", "ш"),
    ("ch", "ч"),
    ("zh", "ж"),
    ("kh", "х"),
    ("ph", "ф"),
    ("th", "т"),
    ("ck", "к"),
    ("qu", "кв"),
    ("ts", "ц"),
    ("ya", "я"),
    ("yu", "ю"),
    ("a", "а"),
    ("b", "б"),
    ("c", "к"),
    ("d", "д"),
    ("e", "е"),
    ("f", "ф"),
    ("g", "г"),
    ("h", "х"),
    ("i", "и"),
    ("j", "дж"),
    ("k", "к"),
    ("l", "л"),
    ("m", "м"),
    ("n", "н"),
    ("o", "о"),
    ("p", "п"),
    ("q", "к"),
    ("r", "р"),
    ("s", "с"),
    ("t", "т"),
    ("u", "у"),
    ("v", "в"),
    ("w", "в"),
    ("x", "кс"),
    ("y", "и"),
    ("z", "з"),
];

/// English letter groups whose sound Russian writes otherwise; read before single letters.
const CYRILLIC_SOUNDS: &[(&str, &str)] = &[
    ("ee", "и"),
    ("ea", "и"),
    ("oo", "у"),
    ("ou", "ау"),
    ("ow", "оу"),
    ("ai", "ей"),
    ("ay", "ей"),
    ("ey", "и"),
    ("ci", "си"),
    ("ce", "с"),
    ("cy", "си"),
    ("ge", "дж"),
    ("w", "у"),
];

const GREEK_LETTERS: &[(&str, &str)] = &[
    ("th", "θ"),
    ("ph", "φ"),
    ("ch", "τσ"),
    ("sh", "σ"),
    ("ps", "ψ"),
    ("ks", "ξ"),
    ("ck", "κ"),
    ("qu", "κου"),
    ("ou", "ου"),
    ("oo", "ου"),
    ("a", "α"),
    ("b", "μπ"),
    ("c", "κ"),
    ("d", "ντ"),
    ("e", "ε"),
    ("f", "φ"),
    ("g", "γκ"),
    ("h", "χ"),
    ("i", "ι"),
    ("j", "τζ"),
    ("k", "κ"),
    ("l", "λ"),
    ("m", "μ"),
    ("n", "ν"),
    ("o", "ο"),
    ("p", "π"),
    ("q", "κ"),
    ("r", "ρ"),
    ("s", "σ"),
    ("t", "τ"),
    ("u", "ου"),
    ("v", "β"),
    ("w", "γου"),
    ("x", "ξ"),
    ("y", "ι"),
    ("z", "ζ"),
];

/// Syllables of one consonant and one vowel.
const KATAKANA: &[(&str, &str)] = &[
    ("a", "アイウエオ"),
    ("k", "カキクケコ"),
    ("s", "サ_スセソ"),
    ("t", "タ__テト"),
    ("n", "ナニヌネノ"),
    ("h", "ハヒ_ヘホ"),
    ("m", "マミムメモ"),
    ("r", "ラリルレロ"),
    ("g", "ガギグゲゴ"),
    ("z", "ザ_ズゼゾ"),
    ("d", "ダ__デド"),
    ("b", "バビブベボ"),
    ("p", "パピプペポ"),
    ("y", "ヤ_ユ_ヨ"),
    ("l", "ラリルレロ"),
];

/// Cyrillic and Greek letters as Latin ones by sound; the ends of longer runs of letters.
const TO_LATIN: &[(&str, &str)] = &[
    ("дж", "j"),
    ("кс", "x"),
    ("μπ", "b"),
    ("ντ", "d"),
    ("γκ", "g"),
    ("τζ", "j"),
    ("τσ", "ch"),
    ("ου", "u"),
    ("а", "a"),
    ("б", "b"),
    ("в", "v"),
    ("г", "g"),
    ("д", "d"),
    ("е", "e"),
    ("ж", "zh"),
    ("з", "z"),
    ("и", "i"),
    ("й", "i"),
    ("к", "k"),
    ("л", "l"),
    ("м", "m"),
    ("н", "n"),
    ("о", "o"),
    ("п", "p"),
    ("р", "r"),
    ("с", "s"),
    ("т", "t"),
    ("у", "u"),
    ("ф", "f"),
    ("х", "h"),
    ("ц", "ts"),
    ("ч", "ch"),
    ("ш", "sh"),
    ("щ", "sh"),
    ("ъ", ""),
    ("ы", "y"),
    ("ь", ""),
    ("э", "e"),
    ("ю", "yu"),
    ("я", "ya"),
    ("і", "i"),
    ("α", "a"),
    ("β", "v"),
    ("γ", "g"),
    ("δ", "d"),
    ("ε", "e"),
    ("ζ", "z"),
    ("η", "i"),
    ("θ", "th"),
    ("ι", "i"),
    ("κ", "k"),
    ("λ", "l"),
    ("μ", "m"),
    ("ν", "n"),
    ("ξ", "x"),
    ("ο", "o"),
    ("π", "p"),
    ("ρ", "r"),
    ("σ", "s"),
    ("ς", "s"),
    ("τ", "t"),
    ("υ", "i"),
    ("φ", "f"),
    ("χ", "h"),
    ("ψ", "ps"),
    ("ω", "o"),
];

/// Writes `text` by the first fitting row of `rows` at each place; `None` where none fits.
fn rewrite(text: &str, rows: &[&[(&str, &str)]]) -> Option<String> {
    let mut out = String::with_capacity(text.len() * 2);
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        if letter == ' ' || letter == '-' {
            out.push(letter);
            rest = &rest[letter.len_utf8()..];
            continue;
        }
        let (from, to) = rows.iter().flat_map(|rows| rows.iter()).find(|(from, _)| rest.starts_with(from))?;
        out.push_str(to);
        rest = &rest[from.len()..];
    }
    Some(out)
}

/// Spellings of a name in other scripts, made by rule: by letter and by sound where they
/// differ. Empty for names that are not of 3 to 40 Latin letters, spaces and hyphens.
pub fn drafts(name: &str) -> Vec<Draft> {
    let folded = super::fold::fold(name).text;
    let letters = folded.chars().filter(char::is_ascii_lowercase).count();
    let is_plain = folded.chars().all(|letter| letter.is_ascii_lowercase() || letter == ' ' || letter == '-');
    if !is_plain || !(3..=LONGEST).contains(&letters) {
        return Vec::new();
    }
    // Doubled consonants sound once.
    let spoken = without_doubles(&folded);
    // A mute e at the end of a word is not heard.
    let heard: Vec<&str> =
        spoken.split(' ').map(|word| if word.len() > 4 { word.trim_end_matches('e') } else { word }).collect();
    let heard = heard.join(" ");
    let made = [
        ("cyrillic", "by_letter", rewrite(&folded, &[CYRILLIC_LETTERS])),
        ("cyrillic", "by_sound", rewrite(&heard, &[CYRILLIC_SOUNDS, CYRILLIC_LETTERS])),
        ("greek", "by_letter", rewrite(&spoken, &[GREEK_LETTERS]).map(final_sigma)),
        ("katakana", "by_sound", katakana(&folded)),
    ];
    let mut drafts: Vec<Draft> = Vec::new();
    for (script, rule, text) in made {
        let Some(text) = text.filter(|text| !drafts.iter().any(|draft| draft.text == *text)) else {
            continue;
        };
        drafts.push(Draft { text, script: script.to_owned(), rule: rule.to_owned(), generated: true });
    }
    drafts
}

fn without_doubles(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        if !out.ends_with(letter) || "aeiou ".contains(letter) {
            out.push(letter);
        }
    }
    out
}

/// Greek writes s at the end of a word in its own form.
fn final_sigma(text: String) -> String {
    let words: Vec<String> = text
        .split(' ')
        .map(|word| word.strip_suffix('σ').map_or_else(|| word.to_owned(), |stem| format!("{stem}ς")))
        .collect();
    words.join(" ")
}

/// A name wholly of syllables that kana have; `None` otherwise.
fn katakana(name: &str) -> Option<String> {
    let letters: Vec<char> = name.chars().collect();
    let mut out = String::new();
    let mut at = 0;
    while at < letters.len() {
        let vowel = |letter: char| "aiueo".find(letter);
        let syllable = |row: &str, vowel: usize| {
            let (_, row) = KATAKANA.iter().find(|(consonant, _)| *consonant == row)?;
            row.chars().nth(vowel).filter(|letter| *letter != '_')
        };
        let (letter, next) = (letters[at], letters.get(at + 1).copied().unwrap_or(' '));
        if letter == ' ' {
            out.push('・');
            at += 1;
        } else if let Some(vowel) = vowel(letter) {
            out.push(syllable("a", vowel)?);
            at += 1;
        } else if let Some(vowel) = vowel(next) {
            out.push(syllable(letter.encode_utf8(&mut [0; 4]), vowel)?);
            at += 2;
        } else if letter == 'n' {
            out.push('ン');
            at += 1;
        } else {
            return None;
        }
    }
    Some(out)
}

/// A word in Cyrillic or Greek letters as Latin ones by sound; `None` for other scripts.
pub(super) fn latin(letters: &[char]) -> Option<String> {
    let of_script = |letter: &char| matches!(*letter as u32, 0x370..=0x45F);
    if letters.len() < 4 || letters.len() > 24 || !letters.iter().all(of_script) {
        return None;
    }
    rewrite(&letters.iter().collect::<String>(), &[TO_LATIN])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &str, script: &str) -> Vec<String> {
        drafts(name)
            .into_iter()
            .filter(|draft| draft.script == script && draft.generated)
            .map(|draft| draft.text)
            .collect()
    }

    #[test]
    fn names_are_written_in_other_scripts_by_letter_and_by_sound() {
        assert_eq!(of("Velmora", "cyrillic"), ["велмора"]);
        assert_eq!(of("Northpeak", "cyrillic"), ["нортпеак", "нортпик"]);
        assert_eq!(of("Velmora Swans", "greek"), ["βελμορα σγουανς"]);
        assert_eq!(of("Nikona", "katakana"), ["ニコナ"]);
        assert!(of("Northpeak", "katakana").is_empty());
        assert!(drafts("小米").is_empty() && drafts("X1").is_empty() && drafts("").is_empty());
    }

    #[test]
    fn words_of_other_scripts_are_read_by_sound() {
        let latin = |word: &str| latin(&word.chars().collect::<Vec<_>>());
        assert_eq!(latin("нортпик").as_deref(), Some("nortpik"));
        assert_eq!(latin("βελμορα").as_deref(), Some("velmora"));
        assert_eq!(latin("rolex"), None);
        assert_eq!(latin("часы2"), None);
    }
}
