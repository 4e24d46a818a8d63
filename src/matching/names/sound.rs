//! Keys under which spellings of one name meet: how it sounds, and its consonants.
//!
//! Romanisations disagree on the same points everywhere: kh/h, zh/j, w/v/f, ts/tz/c,
//! doubled letters, y/i/e, ou/u/o. The sound key removes what they disagree on. The
//! consonant key also drops vowels, for names written in scripts that leave them out.

/// Longest token whose keys are made; a longer one is cut.
pub const MAX_TOKEN: usize = 40;

/// The sounds of `text`, ASCII lower case letters and digits.
///
/// One byte a sound: consonants as themselves, `S` for sh, `C` for ch, `j` for zh and j,
/// `h` for kh, and three vowel classes `i` (e, i, y), `a`, `u` (o, u).
pub fn sound_key(text: &str) -> Vec<u8> {
    let mut key = Vec::with_capacity(text.len());
    let raw = phones(text.as_bytes(), &mut |phone| {
        let class = match phone {
            b'e' | b'i' | b'y' => b'i',
            b'o' | b'u' => b'u',
            b'f' | b'w' => b'v',
            b'q' => b'k',
            b'c' => b's',
            other => other,
        };
        if key.last() != Some(&class) {
            key.push(class);
        }
    });
    debug_assert!(raw <= text.len());
    // "Sarah" and "Sara": a closing h after a vowel is not heard.
    if key.len() > 2 && key.ends_with(b"h") && is_vowel(key[key.len() - 2]) {
        key.pop();
    }
    key
}

/// The consonants of `text`; a vowel at the start becomes `a`, w and y go with the vowels.
pub fn consonant_key(text: &str) -> Vec<u8> {
    let mut key: Vec<u8> = Vec::with_capacity(text.len());
    let mut first = true;
    let mut last = 0;
    phones(text.as_bytes(), &mut |phone| {
        let class = match phone {
            b'e' | b'i' | b'y' | b'o' | b'u' | b'a' => 0,
            b'v' | b'w' if !first => 0,
            b'v' => b'w',
            b'h' if !first => 0,
            b'z' | b'c' => b's',
            b'q' | b'g' => b'k',
            other => other,
        };
        if first && class == 0 {
            key.push(b'a');
        } else if class != 0 && class != last {
            key.push(class);
        }
        last = class;
        first = false;
    });
    key
}

/// Whether a sound of [`sound_key`] is a vowel.
pub fn is_vowel(sound: u8) -> bool {
    matches!(sound, b'a' | b'i' | b'u')
}

/// Letter groups that are one sound, longest first within a letter.
const GROUPS: [(&[u8], u8); 20] = [
    (b"shch", b'S'),
    (b"sch", b'S'),
    (b"sh", b'S'),
    (b"tsch", b'C'),
    (b"tch", b'C'),
    (b"ch", b'C'),
    (b"cz", b'C'),
    (b"ck", b'k'),
    (b"dzh", b'j'),
    (b"dj", b'j'),
    (b"zh", b'j'),
    (b"kh", b'h'),
    (b"gh", b'g'),
    (b"ph", b'f'),
    (b"th", b't'),
    (b"dh", b'd'),
    (b"ts", b'c'),
    (b"tz", b'c'),
    (b"qu", b'k'),
    (b"ou", b'u'),
];

/// Speaks `text` sound by sound; answers how many sounds it had.
fn phones(text: &[u8], say: &mut impl FnMut(u8)) -> usize {
    let mut at = 0;
    let mut count = 0;
    while at < text.len() {
        count += 1;
        let rest = &text[at..];
        let group = match rest[0] {
            b's' | b't' | b'c' | b'd' | b'z' | b'k' | b'g' | b'p' | b'q' | b'o' => {
                GROUPS.iter().find(|(letters, _)| rest.starts_with(letters))
            }
            _ => None,
        };
        if let Some((letters, phone)) = group {
            say(*phone);
            at += letters.len();
            continue;
        }
        match rest[0] {
            b'c' if matches!(rest.get(1), Some(b'e' | b'i' | b'y')) => say(b'c'),
            b'c' => say(b'k'),
            b'x' => {
                say(b'k');
                say(b's');
            }
            letter => say(letter),
        }
        at += 1;
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sounds_alike(one: &str, other: &str) -> bool {
        sound_key(one) == sound_key(other)
    }

    #[test]
    fn romanisations_of_one_name_sound_alike() {
        let pairs = [
            ("alekseyevich", "alekseevich"),
            ("yelena", "elena"),
            ("khalid", "halid"),
            ("izhevsk", "ijevsk"),
            ("network", "netvork"),
            ("yury", "yuri"),
            ("tsentr", "centr"),
            ("aleksandr", "alexandr"),
            ("kareem", "karim"),
            ("youssef", "yusef"),
            ("shcherba", "scherba"),
            ("sarah", "sara"),
        ];
        for (one, other) in pairs {
            assert!(sounds_alike(one, other), "{one} {other}");
        }
        for (one, other) in [("ivanov", "petrov"), ("mohamed", "mahmud"), ("gazprom", "gazprod")] {
            assert!(!sounds_alike(one, other), "{one} {other}");
        }
    }

    #[test]
    fn unwritten_vowels_leave_the_consonants() {
        for (written, spoken) in [("ashrf", "ashraf"), ("nwry", "nouri"), ("mhmd", "mohammed"), ("qzwany", "gazwani")] {
            assert_eq!(consonant_key(written), consonant_key(spoken), "{written} {spoken}");
        }
        assert_ne!(consonant_key("salim"), consonant_key("karim"));
    }
}
