//! JSON read without a binary float: numbers stay the text they were written as.
//!
//! `serde_json` checks the grammar; the tree is built here, because its own number type would turn
//! `39.90` into the nearest double.

use serde_json::value::RawValue;

/// Deepest nesting that is read: a shipment needs four levels.
const MAX_DEPTH: usize = 32;

/// A JSON value. Numbers keep their digits, objects their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Json {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number as written.
    Number(String),
    /// A text, unescaped.
    Text(String),
    /// A list.
    List(Vec<Json>),
    /// An object, its members in the order they were written.
    Object(Vec<(String, Json)>),
}

/// Why a text is no usable JSON.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    /// Breaks the grammar.
    #[error("is no JSON: {0}")]
    Grammar(String),
    /// Nested too deeply.
    #[error("is nested deeper than {MAX_DEPTH} levels")]
    Depth,
    /// A member stands twice, so two readers could see two things.
    #[error("names \"{0}\" twice; name each member once")]
    Twice(String),
}

impl Json {
    /// Reads one JSON text.
    pub fn parse(text: &str) -> Result<Self, JsonError> {
        let raw: &RawValue = serde_json::from_str(text).map_err(|error| JsonError::Grammar(error.to_string()))?;
        let mut reader = Reader { text: raw.get(), at: 0 };
        reader.value(0)
    }

    /// A member of an object; the first one of that name.
    pub fn get(&self, name: &str) -> Option<&Json> {
        match self {
            Json::Object(members) => members.iter().find(|(key, _)| key == name).map(|(_, value)| value),
            _ => None,
        }
    }

    /// What this is, for messages.
    pub fn kind(&self) -> &'static str {
        match self {
            Json::Null => "null",
            Json::Bool(_) => "true or false",
            Json::Number(_) => "a number",
            Json::Text(_) => "a text",
            Json::List(_) => "a list",
            Json::Object(_) => "an object",
        }
    }

    /// The first member name that stands twice in one object, at any depth.
    pub fn twice(&self) -> Option<&str> {
        match self {
            Json::List(values) => values.iter().find_map(Json::twice),
            Json::Object(members) => {
                let mut names: Vec<&str> = members.iter().map(|(name, _)| name.as_str()).collect();
                names.sort_unstable();
                let repeated = names.windows(2).find(|pair| pair[0] == pair[1]).map(|pair| pair[0]);
                repeated.or_else(|| members.iter().find_map(|(_, value)| value.twice()))
            }
            _ => None,
        }
    }

    /// One spelling for one content: members in byte order of their names, no spaces, the shortest
    /// escapes, numbers as written (`1.0` and `1.00` are two contents, because a declaration shows
    /// the digits it was given).
    ///
    /// Fails when a member stands twice.
    pub fn canonical(&self) -> Result<String, JsonError> {
        if let Some(name) = self.twice() {
            return Err(JsonError::Twice(name.chars().take(40).collect()));
        }
        let mut out = String::new();
        self.write(&mut out);
        Ok(out)
    }

    fn write(&self, out: &mut String) {
        match self {
            Json::Null => out.push_str("null"),
            Json::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
            Json::Number(text) => out.push_str(text),
            Json::Text(text) => out.push_str(&quoted(text)),
            Json::List(values) => {
                out.push('[');
                for (place, value) in values.iter().enumerate() {
                    if place > 0 {
                        out.push(',');
                    }
                    value.write(out);
                }
                out.push(']');
            }
            Json::Object(members) => {
                let mut sorted: Vec<&(String, Json)> = members.iter().collect();
                sorted.sort_by(|one, other| one.0.cmp(&other.0));
                out.push('{');
                for (place, (name, value)) in sorted.into_iter().enumerate() {
                    if place > 0 {
                        out.push(',');
                    }
                    out.push_str(&quoted(name));
                    out.push(':');
                    value.write(out);
                }
                out.push('}');
            }
        }
    }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Walks over a text whose grammar was checked.
struct Reader<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Reader<'t> {
    fn peek(&mut self) -> u8 {
        let bytes = self.text.as_bytes();
        while bytes.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
        bytes.get(self.at).copied().unwrap_or(0)
    }

    fn value(&mut self, depth: usize) -> Result<Json, JsonError> {
        if depth > MAX_DEPTH {
            return Err(JsonError::Depth);
        }
        match self.peek() {
            b'{' => self.object(depth),
            b'[' => self.list(depth),
            b'"' => Ok(Json::Text(self.string()?)),
            _ => Ok(self.plain()),
        }
    }

    fn object(&mut self, depth: usize) -> Result<Json, JsonError> {
        self.at += 1;
        let mut members = Vec::new();
        while self.peek() != b'}' {
            if self.peek() == b',' {
                self.at += 1;
                self.peek();
            }
            let name = self.string()?;
            self.peek();
            self.at += 1; // the colon
            members.push((name, self.value(depth + 1)?));
        }
        self.at += 1;
        Ok(Json::Object(members))
    }

    fn list(&mut self, depth: usize) -> Result<Json, JsonError> {
        self.at += 1;
        let mut values = Vec::new();
        while self.peek() != b']' {
            if self.peek() == b',' {
                self.at += 1;
            }
            values.push(self.value(depth + 1)?);
        }
        self.at += 1;
        Ok(Json::List(values))
    }

    fn string(&mut self) -> Result<String, JsonError> {
        let bytes = self.text.as_bytes();
        let start = self.at;
        let mut end = start + 1;
        let mut escaped = false;
        while bytes.get(end).is_some_and(|byte| *byte != b'"') {
            let step = if bytes[end] == b'\\' { 2 } else { 1 };
            escaped |= step == 2;
            end += step;
        }
        self.at = (end + 1).min(self.text.len());
        if escaped {
            let token = self.text.get(start..self.at).unwrap_or_default();
            return serde_json::from_str(token).map_err(|error| JsonError::Grammar(error.to_string()));
        }
        Ok(self.text.get(start + 1..end).unwrap_or_default().to_owned())
    }

    fn plain(&mut self) -> Json {
        let rest = &self.text[self.at..];
        let length = rest.find(|letter: char| !matches!(letter, 'a'..='z' | '0'..='9' | 'E' | '+' | '-' | '.'));
        let token: &'t str = &rest[..length.unwrap_or(rest.len())];
        // Never without progress, whatever stands here.
        self.at += token.len().max(1);
        match token {
            "true" => Json::Bool(true),
            "false" => Json::Bool(false),
            "null" | "" => Json::Null,
            number => Json::Number(number.to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_their_digits() {
        let read = Json::parse(r#" {"a": 39.90, "b":[1e3,-0, true ,null,"x\"\u00e9"], "c" : {} }"#).unwrap();
        assert_eq!(read.get("a"), Some(&Json::Number("39.90".to_owned())));
        assert_eq!(read.canonical().unwrap(), r#"{"a":39.90,"b":[1e3,-0,true,null,"x\"é"],"c":{}}"#);
    }

    #[test]
    fn order_and_spaces_do_not_change_the_canonical_form_and_content_does() {
        let one = Json::parse(r#"{"b":1,"a":"x"}"#).unwrap().canonical().unwrap();
        assert_eq!(one, Json::parse("{ \"a\" :\"x\",\n\"b\":1}").unwrap().canonical().unwrap());
        assert_ne!(one, Json::parse(r#"{"b":1.0,"a":"x"}"#).unwrap().canonical().unwrap());
    }

    #[test]
    fn a_member_named_twice_has_no_canonical_form() {
        let read = Json::parse(r#"{"items":[{"v":1,"v":2}]}"#).unwrap();
        assert_eq!(read.canonical(), Err(JsonError::Twice("v".to_owned())));
    }

    #[test]
    fn hostile_texts_are_refused_without_panic() {
        for text in ["", "{", "[1,]", "{\"a\":}", "nul", "\"\\ud800\"", "01", "1 2"] {
            assert!(Json::parse(text).is_err(), "{text}");
        }
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(Json::parse(&deep).is_err());
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_or_refused_and_the_canonical_form_reads_as_itself(text in "[\\[\\]{}\",:a-f0-9.\\\\ -]{0,40}") {
            if let Ok(read) = Json::parse(&text) && let Ok(canonical) = read.canonical() {
                proptest::prop_assert_eq!(Json::parse(&canonical).unwrap().canonical().unwrap(), canonical);
            }
        }
    }
}
