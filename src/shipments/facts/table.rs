//! Comma-separated tables (RFC 4180) with named columns, read strictly.

use jiff::civil::Date;
use rust_decimal::Decimal;

/// A table that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}, line {line}: {problem}")]
pub struct FactError {
    /// The file.
    pub path: String,
    /// Its line, from 1.
    pub line: u32,
    /// One sentence.
    pub problem: String,
}

/// Days from and to which a row holds; an open end is `None`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Validity {
    /// First day.
    pub from: Option<Date>,
    /// Last day.
    pub to: Option<Date>,
}

impl Validity {
    /// Whether `on` lies within.
    pub fn holds_on(&self, on: Date) -> bool {
        self.from.is_none_or(|from| from <= on) && self.to.is_none_or(|to| on <= to)
    }
}

/// Where a fact comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The source named.
    pub source: String,
    /// How sure it is.
    pub confidence: String,
}

/// One row under reading.
pub struct Row<'t> {
    path: &'t str,
    line: u32,
    columns: &'t [String],
    values: Vec<String>,
}

impl Row<'_> {
    /// A problem of this row.
    pub fn refuse(&self, problem: impl Into<String>) -> FactError {
        FactError { path: self.path.to_owned(), line: self.line, problem: problem.into() }
    }

    /// A column's text, empty when the column is empty.
    pub fn text(&self, column: &str) -> Result<&str, FactError> {
        let place = self.columns.iter().position(|name| name == column);
        let place = place.ok_or_else(|| self.refuse(format!("the table has no column {column}")))?;
        Ok(self.values.get(place).map_or("", String::as_str))
    }

    /// A column's text, which must not be empty.
    pub fn needed(&self, column: &str) -> Result<String, FactError> {
        match self.text(column)? {
            "" => Err(self.refuse(format!("{column} is empty"))),
            text => Ok(text.to_owned()),
        }
    }

    /// A decimal number.
    pub fn decimal(&self, column: &str) -> Result<Decimal, FactError> {
        let text = self.text(column)?;
        Decimal::from_str_exact(text).map_err(|_| self.refuse(format!("{column} \"{text}\" is no decimal number")))
    }

    /// A day, or none where the column is empty.
    pub fn day(&self, column: &str) -> Result<Option<Date>, FactError> {
        match self.text(column)? {
            "" => Ok(None),
            text => text.parse().map(Some).map_err(|_| self.refuse(format!("{column} \"{text}\" is no day"))),
        }
    }

    /// `valid_from` and `valid_to`.
    pub fn validity(&self) -> Result<Validity, FactError> {
        let validity = Validity { from: self.day("valid_from")?, to: self.day("valid_to")? };
        if let (Some(from), Some(to)) = (validity.from, validity.to)
            && to < from
        {
            return Err(self.refuse(format!("valid_to {to} is before valid_from {from}")));
        }
        Ok(validity)
    }

    /// `source` and `confidence`, both of which must be there.
    pub fn origin(&self) -> Result<Origin, FactError> {
        Ok(Origin { source: self.needed("source")?, confidence: self.needed("confidence")? })
    }
}

/// Reads `text` and hands each row to `take`.
pub fn read<T>(
    path: &str,
    text: &str,
    mut take: impl FnMut(&Row<'_>) -> Result<T, FactError>,
) -> Result<Vec<T>, FactError> {
    let mut lines = records(text);
    let Some((_, columns)) = lines.next() else {
        return Err(FactError {
            path: path.to_owned(),
            line: 1,
            problem: "is empty; give a line of column names".to_owned(),
        });
    };
    let mut rows = Vec::new();
    for (line, values) in lines {
        let row = Row { path, line, columns: &columns, values };
        if row.values.len() != columns.len() {
            return Err(row.refuse(format!(
                "has {} columns; the first line names {}",
                row.values.len(),
                columns.len()
            )));
        }
        rows.push(take(&row)?);
    }
    Ok(rows)
}

/// The records of a text with the line each starts on; blank lines are passed over.
fn records(text: &str) -> impl Iterator<Item = (u32, Vec<String>)> {
    let mut letters = text.chars().peekable();
    let mut line = 1;
    std::iter::from_fn(move || {
        loop {
            letters.peek()?;
            let start = line;
            let (mut values, mut value, mut quoted) = (Vec::new(), String::new(), false);
            while let Some(letter) = letters.next() {
                match letter {
                    '"' if quoted && letters.peek() == Some(&'"') => {
                        letters.next();
                        value.push('"');
                    }
                    '"' => quoted = !quoted,
                    ',' if !quoted => values.push(std::mem::take(&mut value)),
                    '\n' if !quoted => break,
                    '\r' if !quoted => {}
                    letter => value.push(letter),
                }
                line += u32::from(letter == '\n');
            }
            line += 1;
            values.push(value);
            if values.len() > 1 || !values[0].trim().is_empty() {
                let trimmed = values.into_iter().map(|value| value.trim().to_owned()).collect();
                return Some((start, trimmed));
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_commas_and_line_numbers_are_read() {
        let text = "a,b\n\"x, \"\"y\"\"\",2\n\n3,\"two\nlines\"\n5,6\n";
        let rows = read("t.csv", text, |row| Ok((row.line, row.text("a")?.to_owned(), row.text("b")?.to_owned())));
        let expected = [(2, "x, \"y\"", "2"), (4, "3", "two\nlines"), (6, "5", "6")];
        let expected = expected.map(|(line, a, b)| (line, a.to_owned(), b.to_owned()));
        assert_eq!(rows.unwrap(), expected);
    }

    #[test]
    fn a_bad_row_is_named_by_file_and_line() {
        let short = read("t.csv", "a,b\n1\n", |_| Ok(())).unwrap_err();
        assert_eq!(short.to_string(), "t.csv, line 2: has 1 columns; the first line names 2");
        let number = read("t.csv", "a\n1,5x\n".replace(",5", "").as_str(), |row| row.decimal("a")).unwrap_err();
        assert_eq!(number.to_string(), "t.csv, line 2: a \"1x\" is no decimal number");
        assert!(read("t.csv", "", |_| Ok(())).is_err());
    }
}
