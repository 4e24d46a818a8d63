//! What the CEL parser never gets to see: text too long, too deep or too dense.

use super::{ConditionProblem, MAX_CONDITION_BYTES, MAX_NESTING};

/// Most operators and names in one condition, so that the parser's time is bounded too.
const MAX_TOKENS: usize = 600;

/// Refuses text that the parser should not even see: too long, too deep, too dense.
pub fn check_shape(source: &str) -> Result<(), ConditionProblem> {
    let refuse = |offset: usize, problem: String| Err(ConditionProblem { problem, offset });
    if source.len() > MAX_CONDITION_BYTES {
        let problem =
            format!("the condition has {} bytes; {MAX_CONDITION_BYTES} are allowed, split the rule", source.len());
        return refuse(0, problem);
    }
    let bytes = source.as_bytes();
    let mut open: Vec<u8> = Vec::new();
    let (mut place, mut tokens, mut run, mut conditionals) = (0, 0_usize, 0_usize, 0_usize);
    while place < bytes.len() {
        let byte = bytes[place];
        let start = place;
        place += 1;
        if matches!(byte, b')' | b']') && open.pop() != Some(if byte == b')' { b'(' } else { b'[' }) {
            return refuse(start, format!("\"{}\" closes nothing", char::from(byte)));
        }
        match byte {
            b'"' | b'\'' => {
                place = match end_of_string(bytes, start) {
                    Some(end) => end,
                    None => return refuse(start, "the text that begins here has no closing quote".into()),
                };
            }
            b'(' | b'[' => open.push(byte),
            b'{' | b'}' => return refuse(start, "maps and messages (\"{…}\") are not used in conditions".into()),
            b'`' | b'\\' => return refuse(start, format!("\"{}\" is not used outside quotes", char::from(byte))),
            b'/' if bytes.get(place) == Some(&b'/') => {
                return refuse(start, "comments belong into the TOML, with #".into());
            }
            b'?' => conditionals += 1,
            _ => {}
        }
        if starts_token(bytes, start) {
            tokens += 1;
        }
        run = if matches!(byte, b'!' | b'-') {
            run + 1
        } else if byte.is_ascii_whitespace() {
            run
        } else {
            0
        };
        if open.len() > MAX_NESTING || run > MAX_NESTING || conditionals > MAX_NESTING {
            return refuse(start, format!("the condition is nested deeper than {MAX_NESTING} levels; split the rule"));
        }
        if tokens > MAX_TOKENS {
            return refuse(
                start,
                format!("the condition has more than {MAX_TOKENS} names and operators; split the rule"),
            );
        }
    }
    match open.last() {
        Some(bracket) => refuse(source.len(), format!("\"{}\" is never closed", char::from(*bracket))),
        None if source.trim().is_empty() => refuse(0, "the condition is empty; leave `when` out".into()),
        None => Ok(()),
    }
}

/// The offset after the string literal that begins at `start`; `None` when it never ends.
fn end_of_string(bytes: &[u8], start: usize) -> Option<usize> {
    let quote = bytes[start];
    let raw = start > 0 && matches!(bytes[start - 1], b'r' | b'R');
    let triple = bytes.get(start + 1) == Some(&quote) && bytes.get(start + 2) == Some(&quote);
    let mut place = start + if triple { 3 } else { 1 };
    while let Some(byte) = bytes.get(place) {
        if *byte == b'\\' && !raw {
            place += 2;
            continue;
        }
        if *byte == quote {
            if !triple {
                return Some(place + 1);
            }
            if bytes.get(place + 1) == Some(&quote) && bytes.get(place + 2) == Some(&quote) {
                return Some(place + 3);
            }
        }
        place += 1;
    }
    None
}

/// Whether the byte at `place` begins a name, number or operator.
fn starts_token(bytes: &[u8], place: usize) -> bool {
    let in_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let goes_on = place > 0 && in_word(bytes[place]) && in_word(bytes[place - 1]);
    !goes_on && !bytes[place].is_ascii_whitespace()
}
