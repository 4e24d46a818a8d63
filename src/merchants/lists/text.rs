//! From bytes to text: list files are UTF-8, and what is not is refused rather than guessed.

use super::model::ReadListError;

/// The text of a file, without byte order mark.
pub fn decode(bytes: &[u8]) -> Result<&str, ReadListError> {
    if bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]) {
        return Err(ReadListError::Encoding { found: "a UTF-16 byte order mark", at: 0 });
    }
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let text = std::str::from_utf8(bytes).map_err(|error| match error.error_len() {
        None => ReadListError::Cut { problem: "it ends within a letter".to_owned() },
        Some(_) => ReadListError::Encoding { found: "a byte of another encoding", at: error.valid_up_to() },
    })?;
    match text.find('\0') {
        Some(at) => Err(ReadListError::Encoding { found: "a zero byte", at }),
        None => Ok(text),
    }
}

/// The parts of a list in one cell, trimmed, without empty ones.
pub fn parts(cell: &str, separators: &[char]) -> Vec<String> {
    let parts = cell.split(|letter| separators.contains(&letter)).map(str::trim);
    parts.filter(|part| !part.is_empty()).map(str::to_owned).collect()
}
