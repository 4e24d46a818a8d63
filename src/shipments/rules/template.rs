//! Sentences with places for facts: `declares {share} of the price`.

/// Longest value that is put into a sentence.
const MAX_VALUE: usize = 120;

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    Slot(String),
}

/// A sentence with named places.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template(Vec<Piece>);

impl Template {
    /// Reads a sentence; fails on a name that is not in `known` or a brace without its partner.
    pub fn parse(text: &str, known: &[&str]) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some(open) = rest.find('{') {
            let Some(length) = rest[open..].find('}') else { return Err("has a { without }".to_owned()) };
            let name = &rest[open + 1..open + length];
            if !known.contains(&name) {
                let advice = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
                return Err(format!("has no place {{{name}}}; known are {advice}"));
            }
            pieces.push(Piece::Text(rest[..open].to_owned()));
            pieces.push(Piece::Slot(name.to_owned()));
            rest = &rest[open + length + 1..];
        }
        pieces.push(Piece::Text(rest.to_owned()));
        Ok(Self(pieces))
    }

    /// The sentence with its places filled.
    pub fn fill(&self, slots: &[(&'static str, String)]) -> String {
        let mut out = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Text(text) => out.push_str(text),
                Piece::Slot(name) => {
                    let value = slots.iter().find(|(slot, _)| slot == name).map_or("unknown", |(_, value)| value);
                    out.extend(value.chars().filter(|letter| !letter.is_control()).take(MAX_VALUE));
                }
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_filled_and_unknown_ones_refused() {
        let template = Template::parse("item {a} of {b}.", &["a", "b"]).unwrap();
        assert_eq!(template.fill(&[("b", "two\n".to_owned()), ("a", "1".to_owned())]), "item 1 of two.");
        assert!(Template::parse("{c}", &["a"]).unwrap_err().contains("known are a"));
        assert!(Template::parse("{a", &["a"]).is_err());
    }
}
