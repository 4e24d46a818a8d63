//! Registry and seller JSON Lines: one object a line, unknown fields ignored.
//!
//! A bad line is reported with its number and reason; the rest goes on.

use std::collections::HashMap;
use std::io::{self, BufRead, Read};

use serde::Deserialize;

use super::model::{
    AuthorisedSeller, Brand, BrandKey, MarkKey, MarkStatus, NiceClass, Registration, Strictness, WordMark,
};
use crate::kernel::Market;

/// Longest line, in bytes; a longer one is reported and skipped without being held in memory.
pub const MAX_LINE_BYTES: usize = 4 << 20;
/// Most aliases of a brand.
const MAX_ALIASES: usize = 200;
/// Most word marks of a brand.
const MAX_MARKS: usize = 5_000;
/// Most authorised sellers of a brand.
const MAX_SELLERS: usize = 10_000;
/// Longest id, name, alias or mark, in Unicode scalar values.
const MAX_TEXT: usize = 300;

/// A line that was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct RejectedLine {
    /// Line number, from 1.
    pub line: u64,
    /// What is wrong and what would be right.
    pub reason: String,
}

/// A seller as the platform names it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Seller {
    /// The platform's id of the seller.
    pub id: String,
    /// Shop name; empty when the line has none.
    pub name: String,
}

#[derive(Deserialize)]
struct BrandLine {
    brand_id: Option<String>,
    name: Option<String>,
    aliases: Option<Vec<String>>,
    word_marks: Option<Vec<MarkEntry>>,
    nice_classes: Option<Vec<i64>>,
    categories: Option<Vec<String>>,
    common_word: Option<bool>,
    authorised_sellers: Option<Vec<SellerEntry>>,
}

#[derive(Deserialize)]
struct MarkEntry {
    text: Option<String>,
    nice: Option<Vec<i64>>,
    registration: Option<Registration>,
    territories: Option<Vec<Market>>,
    status: Option<MarkStatus>,
    expires: Option<jiff::civil::Date>,
    strictness: Option<Strictness>,
}

/// An authorised seller: its id alone, or an object that limits the authorisation.
#[derive(Deserialize)]
#[serde(untagged)]
enum SellerEntry {
    Id(String),
    Limited(AuthorisedSeller),
}

#[derive(Deserialize)]
struct SellerLine {
    id: Option<String>,
    name: Option<String>,
}

/// Reads one registry line. Word-mark keys are `<brand_id>/<n>`, counted from 1.
///
/// Fails with the reason, in one sentence, when the line is no JSON object, has no `brand_id` or
/// no name, or has a field of the wrong form.
pub fn parse_brand(line: &str) -> Result<Brand, String> {
    // Serde would read an array as an object, member by place.
    if line.trim_start().starts_with('[') {
        return Err("not a usable JSON object: this is an array".to_owned());
    }
    let parsed: BrandLine = serde_json::from_str(line).map_err(|error| json_reason(&error))?;
    let key = checked_text(parsed.brand_id.as_deref().ok_or("brand_id is missing; give the brand an id")?, "brand_id")?;
    let marks = parsed.word_marks.unwrap_or_default();
    at_most(marks.len(), MAX_MARKS, "word_marks")?;
    let word_marks =
        (1..).zip(marks).map(|(number, mark)| word_mark(&key, number, mark)).collect::<Result<Vec<_>, _>>()?;
    let name = match parsed.name.as_deref().map(str::trim).filter(|name| !name.is_empty()) {
        Some(name) => checked_text(name, "name")?,
        None => word_marks.first().map(|mark| mark.text.clone()).ok_or("name is missing; give the brand a name")?,
    };
    let sellers = parsed.authorised_sellers.unwrap_or_default();
    at_most(sellers.len(), MAX_SELLERS, "authorised_sellers")?;
    Ok(Brand {
        key: BrandKey::new(key),
        name,
        aliases: texts(parsed.aliases, "aliases")?,
        word_marks,
        figurative_marks: Vec::new(),
        references: Vec::new(),
        nice_classes: nice(parsed.nice_classes, "nice_classes")?,
        categories: texts(parsed.categories, "categories")?,
        common_word: parsed.common_word.unwrap_or(false),
        authorised_sellers: sellers.into_iter().map(authorised).collect(),
    })
}

/// Reads one seller line.
///
/// Fails with the reason when the line is no JSON object with an `id`.
pub fn parse_seller(line: &str) -> Result<Seller, String> {
    let parsed: SellerLine = serde_json::from_str(line).map_err(|error| json_reason(&error))?;
    let id = checked_text(parsed.id.as_deref().ok_or("id is missing; give the seller an id")?, "id")?;
    let name: String = parsed.name.unwrap_or_default().trim().chars().take(MAX_TEXT).collect();
    Ok(Seller { id, name })
}

/// Reads registry JSON Lines to the end. A second line with the same `brand_id` is rejected.
///
/// Fails only when the source itself cannot be read.
pub fn read_brands(source: impl BufRead) -> io::Result<(Vec<Brand>, Vec<RejectedLine>)> {
    read_all(source, parse_brand, |brand| brand.key.as_str().to_owned(), "brand_id")
}

/// Reads seller JSON Lines to the end. A second line with the same `id` is rejected.
///
/// Fails only when the source itself cannot be read.
pub fn read_sellers(source: impl BufRead) -> io::Result<(Vec<Seller>, Vec<RejectedLine>)> {
    read_all(source, parse_seller, |seller| seller.id.clone(), "id")
}

fn read_all<T>(
    mut source: impl BufRead,
    parse: impl Fn(&str) -> Result<T, String>,
    id_of: impl Fn(&T) -> String,
    id_field: &str,
) -> io::Result<(Vec<T>, Vec<RejectedLine>)> {
    let (mut taken, mut rejected) = (Vec::new(), Vec::new());
    let mut first_line: HashMap<String, u64> = HashMap::new();
    let mut bytes = Vec::new();
    let mut line: u64 = 0;
    while let Some(read) = next_line(&mut source, &mut bytes)? {
        line += 1;
        let outcome = read.and_then(|()| text_of(&bytes)).and_then(|text| match text.trim() {
            "" => Ok(None),
            text => parse(text).map(Some),
        });
        let value = match outcome {
            Ok(None) => continue,
            Ok(Some(value)) => value,
            Err(reason) => {
                rejected.push(RejectedLine { line, reason });
                continue;
            }
        };
        let id = id_of(&value);
        if let Some(first) = first_line.get(&id) {
            let reason = format!("{id_field} \"{id}\" is already on line {first}; keep one of the two");
            rejected.push(RejectedLine { line, reason });
            continue;
        }
        first_line.insert(id, line);
        taken.push(value);
    }
    Ok((taken, rejected))
}

/// Reads the next line into `bytes`, without its end. `None` at the end of the source; an inner
/// error when the line is too long, in which case it has been skipped.
fn next_line(source: &mut impl BufRead, bytes: &mut Vec<u8>) -> io::Result<Option<Result<(), String>>> {
    bytes.clear();
    let limit = MAX_LINE_BYTES as u64 + 1;
    if source.by_ref().take(limit).read_until(b'\n', bytes)? == 0 {
        return Ok(None);
    }
    if bytes.last() == Some(&b'\n') {
        bytes.pop();
        return Ok(Some(Ok(())));
    }
    if bytes.len() <= MAX_LINE_BYTES {
        return Ok(Some(Ok(())));
    }
    skip_line(source)?;
    Ok(Some(Err(format!("the line has more than {MAX_LINE_BYTES} bytes; split it"))))
}

fn skip_line(source: &mut impl BufRead) -> io::Result<()> {
    loop {
        let held = source.fill_buf()?;
        if held.is_empty() {
            return Ok(());
        }
        let end = held.iter().position(|byte| *byte == b'\n');
        let used = end.map_or(held.len(), |at| at + 1);
        source.consume(used);
        if end.is_some() {
            return Ok(());
        }
    }
}

fn text_of(bytes: &[u8]) -> Result<&str, String> {
    let text = std::str::from_utf8(bytes)
        .map_err(|error| format!("byte {} is not UTF-8; save the file as UTF-8", error.valid_up_to() + 1))?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
}

fn word_mark(brand: &str, number: usize, mark: MarkEntry) -> Result<WordMark, String> {
    let field = format!("word_marks[{}].text", number - 1);
    let text = mark.text.ok_or_else(|| format!("{field} is missing; write the mark's words"))?;
    Ok(WordMark {
        key: MarkKey::new(format!("{brand}/{number}")),
        text: checked_text(&text, &field)?,
        registration: mark.registration,
        nice: nice(mark.nice, "nice")?,
        territories: mark.territories.unwrap_or_default(),
        status: mark.status.unwrap_or_default(),
        expires: mark.expires,
        strictness: mark.strictness,
    })
}

fn authorised(entry: SellerEntry) -> AuthorisedSeller {
    match entry {
        SellerEntry::Limited(seller) => seller,
        SellerEntry::Id(seller) => AuthorisedSeller {
            seller,
            marks: Vec::new(),
            markets: Vec::new(),
            from: None,
            until: None,
            authorisation: None,
        },
    }
}

fn texts(texts: Option<Vec<String>>, field: &str) -> Result<Vec<String>, String> {
    let texts = texts.unwrap_or_default();
    at_most(texts.len(), MAX_ALIASES, field)?;
    texts.iter().map(|text| checked_text(text, field)).collect()
}

fn nice(numbers: Option<Vec<i64>>, field: &str) -> Result<Vec<NiceClass>, String> {
    let class = |number: i64| {
        let known = u8::try_from(number).ok().and_then(|number| NiceClass::try_from(number).ok());
        known.ok_or_else(|| format!("{field}: Nice class {number} does not exist; classes run from 1 to 45"))
    };
    numbers.unwrap_or_default().into_iter().map(class).collect()
}

fn checked_text(text: &str, field: &str) -> Result<String, String> {
    let text = text.trim();
    match text.chars().count() {
        0 => Err(format!("{field} is empty; write 1 to {MAX_TEXT} characters")),
        length if length > MAX_TEXT => Err(format!("{field} has {length} characters; at most {MAX_TEXT} are taken")),
        _ => Ok(text.to_owned()),
    }
}

fn at_most(count: usize, limit: usize, field: &str) -> Result<(), String> {
    if count <= limit { Ok(()) } else { Err(format!("{field} has {count} entries; at most {limit} are taken")) }
}

/// The reader's message without its own line number, which is always 1 here.
fn json_reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let message = text.split(" at line ").next().unwrap_or(&text);
    format!("not a usable JSON object: {message} (column {})", error.column())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    #[test]
    fn a_registry_line_becomes_a_brand() {
        let line = r#"{"brand_id":"b-acme","name":"Acme","aliases":["艾克"],"word_marks":[{"text":"ACME","nice":[25]},{"text":"Acme Air"}],
            "nice_classes":[18],"categories":["footwear"],"common_word":true,"authorised_sellers":["s-1",{"seller":"s-2","until":"2027-01-01"}],"new_field":{"x":1}}"#;
        let brand = parse_brand(line).unwrap();
        let keys: Vec<_> = brand.word_marks.iter().map(|mark| mark.key.as_str()).collect();
        assert_eq!(keys, ["b-acme/1", "b-acme/2"]);
        assert!(brand.common_word);
        assert_eq!(brand.authorised_sellers[0].seller, "s-1");
        assert_eq!(brand.authorised_sellers[1].until, Some(jiff::civil::date(2027, 1, 1)));
    }

    #[rstest]
    #[case("[]", "not a usable JSON object")]
    #[case("{\"brand_id\":", "not a usable JSON object")]
    #[case("{\"name\":\"A\"}", "brand_id is missing")]
    #[case("{\"brand_id\":\" \",\"name\":\"A\"}", "brand_id is empty")]
    #[case("{\"brand_id\":\"b\"}", "name is missing")]
    #[case("{\"brand_id\":\"b\",\"name\":\"A\",\"nice_classes\":[46]}", "Nice class 46 does not exist")]
    #[case("{\"brand_id\":\"b\",\"name\":\"A\",\"word_marks\":[{\"nice\":[1]}]}", "word_marks[0].text is missing")]
    #[case("{\"brand_id\":\"b\",\"name\":\"A\",\"aliases\":\"x\"}", "invalid type")]
    fn a_bad_line_says_why(#[case] line: &str, #[case] says: &str) {
        let reason = parse_brand(line).unwrap_err();
        assert!(reason.contains(says), "{reason}");
    }

    #[test]
    fn bad_lines_are_numbered_and_the_rest_goes_on() {
        let good = |id: &str| format!("{{\"brand_id\":\"{id}\",\"name\":\"N\"}}");
        let long = " ".repeat(MAX_LINE_BYTES + 10);
        let mut source = format!("\u{feff}{}\n\nnonsense\n{}\n{long}\n", good("a"), good("a")).into_bytes();
        source.extend_from_slice(b"\xff\n");
        source.extend_from_slice(good("b").as_bytes());
        let (brands, rejected) = read_brands(source.as_slice()).unwrap();
        let keys: Vec<_> = brands.iter().map(|brand| brand.key.as_str()).collect();
        assert_eq!(keys, ["a", "b"]);
        let lines: Vec<_> = rejected.iter().map(|rejected| rejected.line).collect();
        assert_eq!(lines, [3, 4, 5, 6]);
        assert!(rejected[1].to_string().contains("line 4: brand_id \"a\" is already on line 1"), "{}", rejected[1]);
    }

    #[test]
    fn sellers_need_an_id_only() {
        let (sellers, rejected) = read_sellers(&b"{\"id\":\"s-1\"}\n{\"name\":\"Shop\"}\n"[..]).unwrap();
        assert_eq!(sellers, [Seller { id: "s-1".into(), name: String::new() }]);
        assert_eq!(rejected[0].line, 2);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic_and_every_line_is_accounted_for(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            let (brands, rejected) = read_brands(bytes.as_slice()).unwrap();
            let lines = bytes.split(|byte| *byte == b'\n').count();
            prop_assert!(brands.len() + rejected.len() <= lines);
        }
    }
}
