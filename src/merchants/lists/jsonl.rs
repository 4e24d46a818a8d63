//! A list in JSON Lines: for lists of the platform's own and any that has been converted.

use super::model::{ListEntity, ListFile, ReadListError};

/// Reads the list. Every line counts: a list with a hole is refused.
pub fn read(list: &str, text: &str) -> Result<ListFile, ReadListError> {
    let lines: Vec<(usize, &str)> = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()).collect();
    let mut entities = Vec::with_capacity(lines.len());
    for (place, (number, line)) in lines.iter().enumerate() {
        match serde_json::from_str::<ListEntity>(line) {
            Ok(mut entity) => {
                if entity.list.is_empty() {
                    entity.list = list.to_owned();
                }
                entities.push(entity);
            }
            Err(error) if error.is_eof() && place + 1 == lines.len() => {
                return Err(ReadListError::Cut { problem: format!("line {} is not complete", number + 1) });
            }
            Err(error) => {
                return Err(ReadListError::Record { line: *number as u64 + 1, problem: error.to_string() });
            }
        }
    }
    ListFile::settled(list, None, entities)
}
