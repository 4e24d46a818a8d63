//! Separated values with a head line, columns found by name.

use super::model::ReadListError;

/// A table: its columns' names and its records.
pub struct Table {
    columns: Vec<String>,
    /// Line number and cells of each record.
    pub records: Vec<(u64, Vec<String>)>,
    layout: &'static str,
}

/// Refuses text that ends within quotes.
fn check_quotes(text: &str) -> Result<(), ReadListError> {
    if text.bytes().filter(|byte| *byte == b'"').count() % 2 == 1 {
        return Err(ReadListError::Cut { problem: "it ends within a quoted cell".to_owned() });
    }
    Ok(())
}

/// Reads records without head line; each must have `columns` cells.
pub fn records(
    text: &str,
    delimiter: u8,
    columns: usize,
    layout: &'static str,
) -> Result<Vec<(u64, Vec<String>)>, ReadListError> {
    check_quotes(text)?;
    // OFAC's files end with the end-of-file sign of DOS.
    let text = text.trim_end_matches(['\u{1a}', '\n', '\r']);
    let mut reader =
        csv::ReaderBuilder::new().delimiter(delimiter).has_headers(false).flexible(true).from_reader(text.as_bytes());
    let mut records = Vec::new();
    let mut record = csv::StringRecord::new();
    loop {
        match reader.read_record(&mut record) {
            Ok(false) => break,
            Ok(true) => {}
            Err(error) => return Err(ReadListError::Layout { layout, problem: error.to_string() }),
        }
        let line = record.position().map_or(0, csv::Position::line);
        if record.len() == 1 && record[0].trim().is_empty() {
            continue;
        }
        records.push((line, record.iter().map(|cell| cell.trim().to_owned()).collect::<Vec<_>>()));
    }
    check_widths(&records, columns, layout)?;
    Ok(records)
}

/// Every record must have all columns; a short last one shows that the file is cut.
fn check_widths(records: &[(u64, Vec<String>)], columns: usize, layout: &'static str) -> Result<(), ReadListError> {
    let last = records.len().saturating_sub(1);
    match records.iter().position(|(_, cells)| cells.len() != columns) {
        None => Ok(()),
        Some(place) if place == last && records.len() > 1 && records[place].1.len() < columns => {
            Err(ReadListError::Cut {
                problem: format!("line {} has {} of {columns} columns", records[place].0, records[place].1.len()),
            })
        }
        Some(0) => Err(ReadListError::Layout {
            layout,
            problem: format!("its first line has {} columns, not {columns}", records[0].1.len()),
        }),
        Some(place) => Err(ReadListError::Record {
            line: records[place].0,
            problem: format!("it has {} columns, not {columns}", records[place].1.len()),
        }),
    }
}

impl Table {
    /// Reads a table whose head line holds all `needed` columns; lines above it are answered too.
    ///
    /// # Errors
    /// When no line among the first ten is the head, or the file is cut.
    pub fn read(
        text: &str,
        delimiter: u8,
        needed: &[&str],
        layout: &'static str,
    ) -> Result<(Self, Vec<String>), ReadListError> {
        check_quotes(text)?;
        let mut above = Vec::new();
        let mut rest = text;
        for _ in 0..10 {
            let (line, after) = rest.split_once('\n').unwrap_or((rest, ""));
            let columns = cells(line, delimiter);
            let named = |name: &&str| columns.iter().any(|column| same_name(column, name));
            if needed.iter().all(named) {
                let records = records(after, delimiter, columns.len(), layout)?;
                let above_lines = above.len() as u64 + 1;
                let records = records.into_iter().map(|(line, cells)| (line + above_lines, cells)).collect();
                return Ok((Self { columns, records, layout }, above));
            }
            above.push(line.trim().to_owned());
            rest = after;
        }
        let problem = format!("no head line with the columns {}", needed.join(", "));
        Err(ReadListError::Layout { layout, problem })
    }

    /// The place of the first column with one of these names.
    pub fn column(&self, names: &[&str]) -> Option<usize> {
        names.iter().find_map(|name| self.columns.iter().position(|column| same_name(column, name)))
    }

    /// The place of a column that the layout cannot do without.
    pub fn needed(&self, names: &[&str]) -> Result<usize, ReadListError> {
        let problem = || format!("the column {} is missing", names.first().unwrap_or(&""));
        self.column(names).ok_or_else(|| ReadListError::Layout { layout: self.layout, problem: problem() })
    }
}

/// The cell at a column that may not exist.
pub fn cell(cells: &[String], column: Option<usize>) -> &str {
    column.and_then(|column| cells.get(column)).map_or("", |cell| cell.trim())
}

fn cells(line: &str, delimiter: u8) -> Vec<String> {
    let cells = line.trim_end_matches('\r').split(delimiter as char);
    cells.map(|cell| cell.trim().trim_matches('"').trim().to_owned()).collect()
}

/// Names of columns are compared by letters and digits: publishers change spaces and case.
fn same_name(one: &str, other: &str) -> bool {
    let plain = |name: &str| -> String {
        name.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
    };
    plain(one) == plain(other)
}
