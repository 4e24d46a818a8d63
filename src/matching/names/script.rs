//! Writing a word of any script in ASCII letters, so that names meet across scripts.
//!
//! Cyrillic, Arabic and Hangul have tables of their own, because the names on official
//! lists follow other customs than a general table (BGN/PCGN for Cyrillic, no vowels for
//! Arabic, McCune-Reischauer for Korean). Everything else goes through `any_ascii`.

use any_ascii::any_ascii_char;

/// How the letters of a word relate to its sounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Writing {
    /// Letters for all sounds: Latin, Cyrillic, Greek, Georgian, Indic, Kana, Hangul …
    Letters,
    /// Consonants and long vowels only: Arabic, Hebrew.
    Consonants,
    /// One sign a syllable, read by its Mandarin sound: Han.
    Signs,
}

/// The script of one letter, as far as it matters here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Script {
    /// Latin, and digits.
    Latin,
    /// Cyrillic.
    Cyrillic,
    /// Arabic and Persian.
    Arabic,
    /// Hebrew.
    Hebrew,
    /// Han.
    Han,
    /// Korean syllables.
    Hangul,
    /// Any other letters.
    Other,
}

/// The script of a letter or digit.
pub fn script_of(letter: char) -> Script {
    match letter as u32 {
        0..=0x36F | 0x1E00..=0x1EFF => Script::Latin,
        0x400..=0x52F | 0x1C80..=0x1C8F | 0x2DE0..=0x2DFF | 0xA640..=0xA69F => Script::Cyrillic,
        0x590..=0x5FF => Script::Hebrew,
        0x600..=0x6FF | 0x750..=0x77F | 0x8A0..=0x8FF | 0xFB50..=0xFDFF | 0xFE70..=0xFEFF => Script::Arabic,
        0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0xF900..=0xFAFF | 0x20000..=0x323AF => Script::Han,
        0xAC00..=0xD7A3 => Script::Hangul,
        _ => Script::Other,
    }
}

/// The word in ASCII lower case. `script` is that of its letters.
pub fn romanise(word: &str, script: Script) -> String {
    let mut out = String::with_capacity(word.len() + 4);
    match script {
        Script::Cyrillic => cyrillic(word, &mut out),
        Script::Arabic => arabic(word, &mut out),
        Script::Hebrew => hebrew(word, &mut out),
        Script::Hangul => hangul(word, &mut out),
        _ => word.chars().for_each(|letter| push_general(letter, &mut out)),
    }
    out
}

/// Writes one letter by the general table, letters and digits only.
fn push_general(letter: char, out: &mut String) {
    if letter.is_ascii_alphanumeric() {
        out.push(letter.to_ascii_lowercase());
        return;
    }
    let ascii = any_ascii_char(letter);
    out.extend(ascii.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_lowercase()));
}

/// Russian by BGN/PCGN without signs; Ukrainian and Belarusian letters by their own customs.
fn cyrillic(word: &str, out: &mut String) {
    let lower = word.to_lowercase();
    // Letters that only Ukrainian or Belarusian have turn the ambiguous ones.
    let western = lower.contains(['і', 'ї', 'є', 'ґ', 'ў']);
    let belarusian = lower.contains(['ў', 'ы', 'э']);
    for letter in lower.chars() {
        let text = match letter {
            'а' => "a",
            'б' => "b",
            'в' => "v",
            'г' if western => "h",
            'г' | 'ґ' => "g",
            'д' => "d",
            'е' | 'є' | 'э' | 'ѣ' => "e",
            'ё' => "yo",
            'ж' => "zh",
            'з' => "z",
            'и' if western && !belarusian => "y",
            'и' | 'і' => "i",
            'ї' => "yi",
            'й' | 'ј' => "y",
            'к' => "k",
            'л' => "l",
            'м' => "m",
            'н' => "n",
            'о' => "o",
            'п' => "p",
            'р' => "r",
            'с' => "s",
            'т' => "t",
            'у' | 'ў' => "u",
            'ф' => "f",
            'х' => "kh",
            'ц' => "ts",
            'ч' => "ch",
            'ш' => "sh",
            'щ' => "shch",
            'ъ' | 'ь' => "",
            'ы' => "y",
            'ю' => "yu",
            'я' => "ya",
            'љ' => "lj",
            'њ' => "nj",
            'ћ' => "c",
            'ђ' => "dj",
            'џ' => "dz",
            other => {
                push_general(other, out);
                continue;
            }
        };
        out.push_str(text);
    }
}

/// Arabic and Persian letters; a carrier of a vowel at the start becomes `a`.
fn arabic(word: &str, out: &mut String) {
    for (index, letter) in word.chars().enumerate() {
        let first = index == 0;
        let text = match letter {
            'ا' | 'أ' | 'آ' | 'ٱ' => "a",
            'إ' => "i",
            'ع' | 'ء' if first => "a",
            'ع' | 'ء' | 'ـ' | '\u{200c}' | '\u{200d}' => "",
            'ؤ' => "u",
            'ئ' => "y",
            'ب' => "b",
            'پ' => "p",
            'ت' | 'ط' | 'ٹ' => "t",
            'ث' => "th",
            'ج' => "j",
            'چ' => "ch",
            'ح' | 'ه' | 'ہ' | 'ھ' => "h",
            'خ' => "kh",
            'د' | 'ض' | 'ڈ' => "d",
            'ذ' => "dh",
            'ر' | 'ڑ' => "r",
            'ز' | 'ظ' => "z",
            'ژ' => "zh",
            'س' | 'ص' => "s",
            'ش' => "sh",
            'غ' => "gh",
            'ف' => "f",
            'ق' => "q",
            'ك' | 'ک' => "k",
            'گ' => "g",
            'ل' => "l",
            'م' => "m",
            'ن' | 'ں' => "n",
            'و' => "w",
            'ة' | 'ۀ' => "a",
            'ى' | 'ي' | 'ی' | 'ې' | 'ﻯ' | 'ﻰ' => "y",
            other => {
                push_general(other, out);
                continue;
            }
        };
        out.push_str(text);
    }
}

/// Hebrew letters; a carrier of a vowel at the start becomes `a`.
fn hebrew(word: &str, out: &mut String) {
    for (index, letter) in word.chars().enumerate() {
        let text = match letter {
            'א' | 'ע' if index == 0 => "a",
            'א' | 'ע' => "",
            'ב' => "b",
            'ג' => "g",
            'ד' => "d",
            'ה' => "h",
            'ו' => "v",
            'ז' => "z",
            'ח' => "h",
            'ט' | 'ת' => "t",
            'י' => "y",
            'כ' | 'ך' | 'ק' => "k",
            'ל' => "l",
            'מ' | 'ם' => "m",
            'נ' | 'ן' => "n",
            'ס' => "s",
            'פ' | 'ף' => "p",
            'צ' | 'ץ' => "ts",
            'ר' => "r",
            'ש' => "sh",
            other => {
                push_general(other, out);
                continue;
            }
        };
        out.push_str(text);
    }
}

const KOREAN_INITIALS: [&str; 19] =
    ["k", "kk", "n", "t", "tt", "r", "m", "p", "pp", "s", "ss", "", "j", "jj", "ch", "k", "t", "p", "h"];
const KOREAN_VOWELS: [&str; 21] = [
    "a", "ae", "ya", "yae", "o", "e", "yo", "ye", "o", "wa", "wae", "oe", "yo", "u", "wo", "we", "wi", "yu", "u", "ui",
    "i",
];
const KOREAN_FINALS: [&str; 28] = [
    "", "k", "k", "k", "n", "n", "n", "t", "l", "k", "m", "l", "l", "l", "p", "l", "m", "p", "p", "t", "t", "ng", "t",
    "t", "k", "t", "p", "t",
];

/// Korean syllables by McCune-Reischauer without signs; between voiced sounds k, t, p become g, d, b.
fn hangul(word: &str, out: &mut String) {
    for letter in word.chars() {
        let Some(number) = (letter as u32).checked_sub(0xAC00).filter(|number| *number < 11_172) else {
            push_general(letter, out);
            continue;
        };
        let number = number as usize;
        let initial = KOREAN_INITIALS[number / 588];
        let voiced = out.ends_with(['a', 'e', 'i', 'o', 'u', 'n', 'm', 'l', 'g']);
        out.push_str(match initial {
            "k" if voiced && number / 588 == 0 => "g",
            "t" if voiced && number / 588 == 3 => "d",
            "p" if voiced && number / 588 == 7 => "b",
            other => other,
        });
        out.push_str(KOREAN_VOWELS[number % 588 / 28]);
        out.push_str(KOREAN_FINALS[number % 28]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_written_as_lists_write_them() {
        let cases = [
            ("Щербаков", "shcherbakov"),
            ("Светлая", "svetlaya"),
            ("Сергійович", "serhiyovych"),
            ("Леанідаўна", "leanidauna"),
            ("القزواني", "alqzwany"),
            ("علیرضا", "alyrda"),
            ("מיכאלה", "myklh"),
            ("박철웅", "pakcholung"),
            ("대구", "taegu"),
            ("Έλλη", "elli"),
            ("北京", "beijing"),
            ("Łódź", "lodz"),
            ("トヨタ", "toyota"),
        ];
        for (word, expected) in cases {
            let script = script_of(word.chars().next().unwrap());
            assert_eq!(romanise(word, script), expected, "{word}");
        }
    }

    #[test]
    fn every_letter_gives_ascii() {
        for number in (0..0x11_0000).step_by(7) {
            let Some(letter) = char::from_u32(number) else { continue };
            let written = romanise(&letter.to_string(), script_of(letter));
            assert!(written.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{letter:?} {written}");
        }
    }
}
