//! The sentences told to merchants: templates whose holes were checked when the pack was loaded.

use super::condition::HitKind;

/// Longest filled sentence, in characters.
const MAX_FILLED: usize = 600;

/// Longest single value put into a hole, in characters.
const MAX_VALUE: usize = 80;

/// A hole in a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Placeholder {
    Matched,
    Field,
    Term,
    Mark,
    Brand,
    Reference,
    Distance,
    Nearness,
    Image,
    Class,
    Markets,
}

/// Every placeholder with its word.
const PLACEHOLDERS: [(&str, Placeholder); 11] = [
    ("matched", Placeholder::Matched),
    ("field", Placeholder::Field),
    ("term", Placeholder::Term),
    ("mark", Placeholder::Mark),
    ("brand", Placeholder::Brand),
    ("reference", Placeholder::Reference),
    ("distance", Placeholder::Distance),
    ("nearness", Placeholder::Nearness),
    ("image", Placeholder::Image),
    ("class", Placeholder::Class),
    ("markets", Placeholder::Markets),
];

/// The placeholders that a hit of `kind` can fill.
fn fillable(kind: HitKind) -> &'static [Placeholder] {
    use Placeholder::*;
    match kind {
        HitKind::Lexicon => &[Matched, Field, Term, Class, Markets],
        HitKind::Mark => &[Matched, Mark, Brand, Field, Class, Markets],
        HitKind::Image => &[Brand, Reference, Distance, Nearness, Image, Class, Markets],
        HitKind::Claim | HitKind::Attribute => &[Matched, Field, Class, Markets],
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    Hole(Placeholder),
}

/// A sentence with holes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Template {
    pieces: Vec<Piece>,
}

impl Template {
    /// Reads a template for hits of `kind`. `{{` and `}}` write braces.
    ///
    /// Fails with a sentence when a hole is unknown, or cannot be filled by this kind of hit.
    pub fn parse(text: &str, kind: HitKind) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some(place) = rest.find(['{', '}']) {
            plain.push_str(&rest[..place]);
            let brace = &rest[place..=place];
            rest = &rest[place + 1..];
            if let Some(after) = rest.strip_prefix(brace) {
                plain.push_str(brace);
                rest = after;
                continue;
            }
            let name = rest.find('}').map(|end| &rest[..end]).filter(|_| brace == "{");
            let Some(name) = name else {
                return Err(format!(
                    "a lone \"{brace}\"; write {brace}{brace} for a brace, {{matched}} for a placeholder"
                ));
            };
            rest = &rest[name.len() + 1..];
            let hole = hole_named(name, kind)?;
            if !plain.is_empty() {
                pieces.push(Piece::Text(std::mem::take(&mut plain)));
            }
            pieces.push(Piece::Hole(hole));
        }
        plain.push_str(rest);
        if !plain.is_empty() {
            pieces.push(Piece::Text(plain));
        }
        Ok(Self { pieces })
    }

    /// Fills the holes. Values are cut and freed of control and direction characters, so that
    /// a merchant's own words cannot rearrange the sentence around them.
    pub fn fill(&self, value: impl Fn(Placeholder) -> String) -> String {
        let mut filled = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => filled.push_str(text),
                Piece::Hole(hole) => filled.push_str(&tidy(&value(*hole), MAX_VALUE)),
            }
        }
        tidy(&filled, MAX_FILLED)
    }
}

fn hole_named(name: &str, kind: HitKind) -> Result<Placeholder, String> {
    let words = |holes: &[Placeholder]| {
        let known = PLACEHOLDERS.iter().filter(|(_, hole)| holes.contains(hole));
        known.map(|(word, _)| format!("{{{word}}}")).collect::<Vec<_>>().join(", ")
    };
    let Some((_, hole)) = PLACEHOLDERS.iter().find(|(word, _)| *word == name) else {
        let shown: String = name.chars().take(40).collect();
        return Err(format!("unknown placeholder {{{shown}}}; this rule can use {}", words(fillable(kind))));
    };
    if !fillable(kind).contains(hole) {
        let can = words(fillable(kind));
        return Err(format!("a rule triggered by {} hits cannot fill {{{name}}}; it can use {can}", kind.text()));
    }
    Ok(*hole)
}

/// Cuts `text` to `limit` characters and takes out control characters and the characters that
/// change writing direction (Unicode bidirectional formatting, UAX 9). Line breaks become spaces.
pub fn tidy(text: &str, limit: usize) -> String {
    let direction = |letter: char| matches!(letter, '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    let kept = text
        .chars()
        .map(|letter| if matches!(letter, '\n' | '\r' | '\t' | '\u{2028}' | '\u{2029}') { ' ' } else { letter })
        .filter(|letter| !letter.is_control() && !direction(*letter));
    let mut tidied: String = kept.clone().take(limit).collect();
    if kept.count() > limit {
        tidied.pop();
        tidied.push('…');
    }
    tidied
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holes_are_filled_and_braces_written() {
        let template = Template::parse("{{x}} offers “{matched}” in the {field}", HitKind::Lexicon).unwrap();
        let filled = template.fill(|hole| if hole == Placeholder::Matched { "9mm".into() } else { "title".into() });
        assert_eq!(filled, "{x} offers “9mm” in the title");
    }

    #[test]
    fn holes_that_the_trigger_cannot_fill_are_refused() {
        assert!(Template::parse("{distance}", HitKind::Lexicon).unwrap_err().contains("cannot fill {distance}"));
        assert!(Template::parse("{nonsense}", HitKind::Mark).unwrap_err().contains("unknown placeholder"));
        assert!(Template::parse("a { b", HitKind::Mark).is_err());
        assert!(Template::parse("a } b", HitKind::Mark).is_err());
    }

    #[test]
    fn a_merchants_words_cannot_rearrange_the_sentence() {
        let template = Template::parse("uses “{matched}” here", HitKind::Claim).unwrap();
        let filled = template.fill(|_| "a\u{202e}b\u{7}\nc".into());
        assert_eq!(filled, "uses “ab c” here");
        let long = template.fill(|_| "x".repeat(10_000));
        assert!(long.chars().count() < 120 && long.contains('…'));
    }
}
