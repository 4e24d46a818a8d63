//! TOML tables read field by field, with the line of everything and all problems collected.

use jiff::civil::Date;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Most problems reported for one file: the rest usually follows from the first.
const MAX_PROBLEMS: usize = 50;

/// Something wrong in a pack file.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Problem {
    /// The file.
    pub path: String,
    /// Its line, from 1; 0 for the file as a whole.
    pub line: u32,
    /// The rule concerned, where one is.
    pub rule: Option<String>,
    /// One sentence.
    pub problem: String,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{}", self.path)?;
        if self.line > 0 {
            write!(out, ", line {}", self.line)?;
        }
        if let Some(rule) = &self.rule {
            write!(out, ", rule {rule}")?;
        }
        write!(out, ": {}", self.problem)
    }
}

/// One file under reading.
pub struct File<'s> {
    path: &'s str,
    text: &'s str,
    line_starts: Vec<usize>,
    /// The rule being read, for problems.
    pub rule: Option<String>,
    /// Everything wrong so far.
    pub problems: Vec<Problem>,
}

impl<'s> File<'s> {
    /// A file with nothing wrong yet.
    pub fn new(path: &'s str, text: &'s str) -> Self {
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(place, _)| place + 1);
        let line_starts = std::iter::once(0).chain(breaks).collect();
        Self { path, text, line_starts, rule: None, problems: Vec::new() }
    }

    /// The line of a byte offset, from 1.
    pub fn line(&self, offset: usize) -> u32 {
        self.line_starts.partition_point(|start| *start <= offset) as u32
    }

    /// Records a problem at a byte offset.
    pub fn refuse(&mut self, offset: usize, problem: impl Into<String>) {
        let line = self.line(offset);
        self.refuse_line(line, problem);
    }

    /// Records a problem on a line.
    pub fn refuse_line(&mut self, line: u32, problem: impl Into<String>) {
        if self.problems.len() < MAX_PROBLEMS {
            let problem = problem.into();
            self.problems.push(Problem { path: self.path.to_owned(), line, rule: self.rule.clone(), problem });
        }
    }

    /// The offset in the file of byte `inside` of a text value that spans `span`: the same line
    /// for a basic string, the right line for one over several lines.
    pub fn offset_inside(&self, span: std::ops::Range<usize>, value: &str, inside: usize) -> usize {
        let raw = self.text.get(span.clone()).unwrap_or("");
        match raw.find(value) {
            Some(start) if !value.is_empty() => span.start + start + inside.min(value.len()),
            _ => span.start,
        }
    }
}

/// A value with its place.
pub type Item<'t, 's> = &'t Spanned<DeValue<'s>>;

/// A table whose fields are read by name.
#[derive(Clone, Copy)]
pub struct Section<'t, 's> {
    table: &'t DeTable<'s>,
    /// Byte offset of its first key or bracket.
    pub start: usize,
}

impl<'t, 's> Section<'t, 's> {
    /// The table at the root of a file.
    pub fn root(table: &'t DeTable<'s>) -> Self {
        Self { table, start: 0 }
    }

    /// `item` as a table; records a problem when it is none.
    pub fn of(item: Item<'t, 's>, what: &str, file: &mut File<'_>) -> Option<Self> {
        let Some(table) = item.get_ref().as_table() else {
            file.refuse(item.span().start, format!("{what} is a table, not {}", kind_of(item)));
            return None;
        };
        let first_key = table.keys().map(|key| key.span().start).min();
        // A table of its own spans its header only; keys tell better where it is.
        Some(Self { table, start: first_key.unwrap_or(item.span().start).min(item.span().start) })
    }

    /// Records every field that is not in `known`, with the nearest known name.
    pub fn only(&self, known: &[&str], what: &str, file: &mut File<'_>) {
        for key in self.table.keys() {
            let name: &str = key.get_ref();
            if known.contains(&name) {
                continue;
            }
            let near = known.iter().find(|known| strsim::damerau_levenshtein(known, name) <= 2);
            let advice = match near {
                Some(near) => format!("did you mean {near}?"),
                None => format!("known are {}", known.join(", ")),
            };
            let shown: String = name.chars().take(40).collect();
            file.refuse(key.span().start, format!("{what} has no field \"{shown}\"; {advice}"));
        }
    }

    /// The value of a field.
    pub fn get(&self, name: &str) -> Option<Item<'t, 's>> {
        self.table.get(name)
    }

    /// All fields, in order of name.
    pub fn fields(&self) -> impl Iterator<Item = (&'t str, usize, Item<'t, 's>)> + use<'t, 's> {
        self.table.iter().map(|(key, value)| (key.get_ref().as_ref(), key.span().start, value))
    }

    /// A text field, if present and a text.
    pub fn text(&self, name: &str, file: &mut File<'_>) -> Option<&'t str> {
        let item = self.get(name)?;
        let text = item.get_ref().as_str();
        if text.is_none() {
            file.refuse(item.span().start, format!("{name} is a text in quotes, not {}", kind_of(item)));
        }
        text
    }

    /// A text field that must be there, not empty and at most `limit` characters long.
    pub fn needed_text(&self, name: &str, what: &str, limit: usize, file: &mut File<'_>) -> String {
        let Some(item) = self.get(name) else {
            file.refuse(self.start, format!("{what} has no {name}; add {name} = \"…\""));
            return String::new();
        };
        let text = self.text(name, file).unwrap_or("");
        if item.get_ref().is_str() && text.trim().is_empty() {
            file.refuse(item.span().start, format!("{name} is empty"));
        }
        if text.chars().count() > limit {
            file.refuse(item.span().start, format!("{name} is longer than {limit} characters"));
        }
        text.to_owned()
    }

    /// A list of texts; empty when the field is absent.
    pub fn texts(&self, name: &str, file: &mut File<'_>) -> Vec<(&'t str, usize)> {
        self.get(name).map_or_else(Vec::new, |item| texts_of(item, name, file))
    }

    /// A list of tables.
    pub fn sections(&self, name: &str, file: &mut File<'_>) -> Vec<Section<'t, 's>> {
        let Some(item) = self.get(name) else { return Vec::new() };
        let Some(array) = item.get_ref().as_array() else {
            file.refuse(item.span().start, format!("{name} is a list of tables, written [[{name}]]"));
            return Vec::new();
        };
        array.iter().filter_map(|element| Section::of(element, name, file)).collect()
    }

    /// A number, whole or not.
    pub fn number(&self, name: &str, file: &mut File<'_>) -> Option<f64> {
        let item = self.get(name)?;
        let number = number_text(item).and_then(|text| text.parse::<f64>().ok()).filter(|number| number.is_finite());
        if number.is_none() {
            file.refuse(item.span().start, format!("{name} is a number, not {}", kind_of(item)));
        }
        number
    }

    /// A calendar day, written without quotes.
    pub fn date(&self, name: &str, file: &mut File<'_>) -> Option<Date> {
        let item = self.get(name)?;
        let day = item.get_ref().as_datetime().filter(|at| at.time.is_none() && at.offset.is_none());
        let day = day.and_then(|at| at.date).and_then(|day| {
            Date::new(i16::try_from(day.year).ok()?, i8::try_from(day.month).ok()?, i8::try_from(day.day).ok()?).ok()
        });
        if day.is_none() {
            let problem = format!("{name} is a calendar day without quotes such as 2026-01-31, not {}", kind_of(item));
            file.refuse(item.span().start, problem);
        }
        day
    }

    /// One of the words of `table`.
    pub fn word<T: Copy>(&self, name: &str, table: &[(&str, T)], file: &mut File<'_>) -> Option<T> {
        let item = self.get(name)?;
        let text = self.text(name, file)?;
        word_of(text, item.span().start, name, table, file)
    }

    /// A list of words of `table`; one word may stand without brackets.
    pub fn words<T: Copy>(&self, name: &str, table: &[(&str, T)], file: &mut File<'_>) -> Vec<T> {
        let Some(item) = self.get(name) else { return Vec::new() };
        let texts = match item.get_ref().as_str() {
            Some(text) => vec![(text, item.span().start)],
            None => texts_of(item, name, file),
        };
        texts.into_iter().filter_map(|(text, at)| word_of(text, at, name, table, file)).collect()
    }
}

/// `text` among the words of `table`; records a problem when it is not.
pub fn word_of<T: Copy>(text: &str, at: usize, name: &str, table: &[(&str, T)], file: &mut File<'_>) -> Option<T> {
    let found = table.iter().find(|(word, _)| *word == text).map(|(_, value)| *value);
    if found.is_none() {
        let known: Vec<&str> = table.iter().map(|(word, _)| *word).collect();
        let shown: String = text.chars().take(40).collect();
        file.refuse(at, format!("{name} \"{shown}\" is unknown; known are {}", known.join(", ")));
    }
    found
}

/// The texts of a list.
pub fn texts_of<'t>(item: Item<'t, '_>, name: &str, file: &mut File<'_>) -> Vec<(&'t str, usize)> {
    let Some(array) = item.get_ref().as_array() else {
        file.refuse(
            item.span().start,
            format!("{name} is a list of texts such as [\"a\", \"b\"], not {}", kind_of(item)),
        );
        return Vec::new();
    };
    let mut texts = Vec::with_capacity(array.len());
    for element in array.iter() {
        match element.get_ref().as_str() {
            Some(text) => texts.push((text, element.span().start)),
            None => {
                file.refuse(element.span().start, format!("{name} holds texts in quotes, not {}", kind_of(element)))
            }
        }
    }
    texts
}

/// A TOML number as its decimal text.
pub fn number_text(item: Item<'_, '_>) -> Option<String> {
    match item.get_ref() {
        DeValue::Integer(number) if number.radix() == 10 => Some(number.as_str().to_owned()),
        DeValue::Float(number) => Some(number.as_str().to_owned()),
        _ => None,
    }
}

/// What a value is, for messages.
pub fn kind_of(item: Item<'_, '_>) -> String {
    let kind = item.get_ref().type_str();
    format!("{} {kind}", if kind.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" })
}
