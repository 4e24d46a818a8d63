//! A rough sound of Latin letters, so that `kartier` and `cartier` meet.
//!
//! Not a phonetics of any language: only exchanges that sellers make on purpose,
//! in both directions, brought to one spelling. Candidates are compared letter by
//! letter afterwards.

use super::hash::MAX_RUN;

/// Writes the sound of `letters` (at most [`MAX_RUN`] are read) into `out`; returns its length.
pub(super) fn sound(letters: &[char], out: &mut [char; MAX_RUN]) -> usize {
    let letters = &letters[..letters.len().min(MAX_RUN)];
    let mut written = 0;
    let mut at = 0;
    while at < letters.len() {
        let next = letters.get(at + 1).copied().unwrap_or(' ');
        let (heard, taken): (&[char], usize) = match (letters[at], next) {
            ('p', 'h') => (&['f'], 2),
            ('c' | 'k' | 'g', 'h') => (&['k'], 2),
            ('c', 'k') | ('k', 'c') | ('c', 'c') => (&['k'], 2),
            ('q', 'u') => (&['k'], 2),
            ('k', 's') => (&['k', 's'], 2),
            ('x', _) => (&['k', 's'], 1),
            ('c' | 'q' | 'k', _) => (&['k'], 1),
            ('t', 'h') => (&['t'], 2),
            ('s', 'h') => (&['s'], 2),
            ('z', _) => (&['s'], 1),
            ('w', _) => (&['v'], 1),
            ('g', 'e' | 'i' | 'y') => (&['j'], 1),
            ('i' | 'e' | 'y', 'i' | 'e' | 'y') | ('e', 'a') => (&['i'], 2),
            ('y', _) => (&['i'], 1),
            ('o', 'o' | 'u') => (&['u'], 2),
            ('h', _) if at > 0 => (&[], 1),
            _ => (&letters[at..=at], 1),
        };
        for &one in heard {
            let repeats = written > 0 && out[written - 1] == one;
            if !repeats && written < MAX_RUN {
                out[written] = one;
                written += 1;
            }
        }
        at += taken;
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(word: &str) -> String {
        let mut out = [' '; MAX_RUN];
        let length = sound(&word.chars().collect::<Vec<_>>(), &mut out);
        out[..length].iter().collect()
    }

    #[test]
    fn exchanges_that_keep_the_sound_meet() {
        for (one, other) in [
            ("kartier", "cartier"),
            ("filips", "philips"),
            ("roleks", "rolex"),
            ("tisot", "tissot"),
            ("oliempus", "olympus"),
            ("guchi", "gucci"),
            ("oranje", "orange"),
            ("kserox", "xerox"),
            ("ieamaha", "yamaha"),
        ] {
            assert_eq!(heard(one), heard(other), "{one} {other}");
        }
        assert_ne!(heard("canon"), heard("nikon"));
    }
}
