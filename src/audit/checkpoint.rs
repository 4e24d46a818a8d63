//! What the log hands out, as text that others can check without us. Pure.
//!
//! - a checkpoint (C2SP tlog-checkpoint): a signed note of the log's name, size and root;
//! - an entry's proof (C2SP tlog-proof): the entry, its inclusion path and a checkpoint, in one file;
//! - what a witness is given (the body of `add-checkpoint`, C2SP tlog-witness): the size it knows, a
//!   consistency path, and a checkpoint.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::chain::leaf_hash;
use super::note::{NoteError, NoteKey, NoteVerifier};
use super::proof::{self, MAX_PATH, ProofError, Tree};
use crate::kernel::Digest;

/// First line of an entry's proof.
pub const PROOF_HEAD: &str = "c2sp.org/tlog-proof@v1";
/// Longest file that is looked at; an entry is a few kilobytes.
const MAX_BYTES: usize = 16 * 1024 * 1024;

/// Why something handed out does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CheckError {
    /// The note or its signature.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// The hashes.
    #[error(transparent)]
    Proof(#[from] ProofError),
    /// Not of the expected form.
    #[error("this cannot be read: {0}")]
    Form(&'static str),
    /// The checkpoint of another log.
    #[error("the checkpoint is that of \"{0}\"")]
    OtherLog(String),
}

/// The text of a checkpoint, to be signed.
fn checkpoint_text(log: &str, tree: Tree) -> String {
    format!("{log}\n{}\n{}\n", tree.size, STANDARD.encode(tree.root.0))
}

/// Signs a log's size and root.
pub fn sign(key: &NoteKey, tree: Tree) -> String {
    key.sign(&checkpoint_text(key.name(), tree))
}

/// The tree that a checkpoint states.
///
/// Fails unless `key` signed it and it is that log's own.
pub fn open(note: &str, key: &NoteVerifier) -> Result<Tree, CheckError> {
    let text = key.open(note)?;
    // Further lines are extensions, which the form allows.
    let mut lines = text.lines();
    let (Some(log), Some(size), Some(root)) = (lines.next(), lines.next(), lines.next()) else {
        return Err(CheckError::Form("a checkpoint has at least three lines"));
    };
    if log != key.name() {
        return Err(CheckError::OtherLog(log.chars().take(100).collect()));
    }
    Ok(Tree { size: read_number(size)?, root: read_hash(root)? })
}

fn read_number(text: &str) -> Result<u64, CheckError> {
    let number: u64 = text.parse().map_err(|_| CheckError::Form("a size or place is no number"))?;
    if number.to_string() == text { Ok(number) } else { Err(CheckError::Form("a number has leading zeroes or signs")) }
}

fn read_hash(line: &str) -> Result<Digest, CheckError> {
    let bytes = STANDARD.decode(line).ok().and_then(|bytes| bytes.try_into().ok());
    bytes.map(Digest).ok_or(CheckError::Form("a hash is not 32 bytes in base64"))
}

fn write_path(path: &[Digest], text: &mut String) {
    for hash in path {
        text.push_str(&STANDARD.encode(hash.0));
        text.push('\n');
    }
    text.push('\n');
}

/// The hashes up to the empty line, and what follows it.
fn read_path(text: &str) -> Result<(Vec<Digest>, &str), CheckError> {
    let (mut path, mut rest) = (Vec::new(), text);
    while let Some((line, after)) = rest.split_once('\n') {
        if line.is_empty() {
            return Ok((path, after));
        }
        if path.len() > MAX_PATH {
            return Err(CheckError::Form("it has more hashes than any tree needs"));
        }
        path.push(read_hash(line)?);
        rest = after;
    }
    Err(CheckError::Form("no empty line ends the hashes"))
}

/// Writes an entry's proof: `entry` are the bytes that the log holds, `index` counts from 0.
pub fn write_entry_proof(entry: &[u8], index: u64, path: &[Digest], checkpoint: &str) -> String {
    let mut text = format!("{PROOF_HEAD}\nextra {}\nindex {index}\n", STANDARD.encode(entry));
    write_path(path, &mut text);
    text.push_str(checkpoint);
    text
}

/// An entry that is proved to stand in a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProvedEntry {
    /// Its number, from 1.
    pub number: u64,
    /// Its bytes: JSON.
    pub entry: Vec<u8>,
    /// The tree it stands in.
    pub tree: Tree,
}

/// Checks an entry's proof, offline.
pub fn check_entry_proof(text: &str, key: &NoteVerifier) -> Result<ProvedEntry, CheckError> {
    if text.len() > MAX_BYTES {
        return Err(CheckError::Form("it is too long"));
    }
    let line = |text: &'_ str| text.split_once('\n').map(|(line, rest)| (line.to_owned(), rest.to_owned()));
    let missing = CheckError::Form("it is no proof in the form of c2sp.org/tlog-proof@v1 with the entry as extra data");
    let (head, rest) = line(text).ok_or(missing.clone())?;
    let (extra, rest) = line(&rest).ok_or(missing.clone())?;
    let (index, rest) = line(&rest).ok_or(missing.clone())?;
    let (Some(extra), Some(index), PROOF_HEAD) =
        (extra.strip_prefix("extra "), index.strip_prefix("index "), head.as_str())
    else {
        return Err(missing);
    };
    let entry = STANDARD.decode(extra).map_err(|_| CheckError::Form("the entry is no base64"))?;
    let index = read_number(index)?;
    let (path, note) = read_path(&rest)?;
    let tree = open(note, key)?;
    proof::check_inclusion(leaf_hash(&entry), index, tree.size, &path, tree.root)?;
    Ok(ProvedEntry { number: index + 1, entry, tree })
}

/// Writes what a witness that knows the first `old` entries is given.
pub fn write_for_witness(old: u64, path: &[Digest], checkpoint: &str) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "old {old}");
    write_path(path, &mut text);
    text.push_str(checkpoint);
    text
}

/// Checks what a witness is given against the checkpoint that it knows.
pub fn check_for_witness(text: &str, known: Tree, key: &NoteVerifier) -> Result<Tree, CheckError> {
    if text.len() > MAX_BYTES {
        return Err(CheckError::Form("it is too long"));
    }
    let (head, rest) = text.split_once('\n').ok_or(CheckError::Form("it has one line"))?;
    let old = head.strip_prefix("old ").ok_or(CheckError::Form("its first line is not \"old\" and a size"))?;
    if read_number(old)? != known.size {
        return Err(CheckError::Form("it begins at another size than the checkpoint known"));
    }
    let (path, note) = read_path(rest)?;
    let tree = open(note, key)?;
    proof::check_consistency(known, tree, &path)?;
    Ok(tree)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::proof::{consistency, inclusion, join, join_equal, subtrees};

    fn entries() -> Vec<Vec<u8>> {
        (1..=21).map(|number| format!(r#"{{"seq":{number}}}"#).into_bytes()).collect()
    }

    fn hashes(runs: Vec<std::ops::Range<u64>>) -> Vec<Digest> {
        let leaves: Vec<Digest> = entries().iter().map(|entry| leaf_hash(entry)).collect();
        let whole = |part: proof::Subtree| {
            let from = (part.number << part.level) as usize;
            join_equal(&leaves[from..from + (1 << part.level)]).unwrap()
        };
        runs.into_iter().map(|run| join(&subtrees(run).into_iter().map(whole).collect::<Vec<_>>())).collect()
    }

    fn tree(size: u64) -> Tree {
        Tree { size, root: hashes(std::iter::once(0..size).collect())[0] }
    }

    fn key() -> NoteKey {
        NoteKey::new("example.com/log", &[3; 32]).unwrap()
    }

    fn proof_of(index: u64) -> String {
        let path = hashes(inclusion(index, 21).unwrap());
        write_entry_proof(&entries()[index as usize], index, &path, &sign(&key(), tree(21)))
    }

    #[test]
    fn a_checkpoint_is_three_lines_and_a_signature() {
        let note = sign(&key(), tree(21));
        let lines: Vec<&str> = note.lines().collect();
        assert_eq!((lines[0], lines[1], lines[3], lines.len()), ("example.com/log", "21", "", 5));
        assert_eq!(open(&note, &key().verifier()), Ok(tree(21)));
        let foreign = key().sign("example.org/log\n21\nAAAA\n");
        assert_eq!(open(&foreign, &key().verifier()), Err(CheckError::OtherLog("example.org/log".to_owned())));
        for bad in ["example.com/log\n21\n", "example.com/log\n021\nAAAA\n", "example.com/log\n1\nAAAA\n"] {
            assert!(matches!(open(&key().sign(bad), &key().verifier()), Err(CheckError::Form(_))), "{bad:?}");
        }
    }

    #[test]
    fn every_entry_is_proved_and_every_changed_bit_refused() {
        for index in 0..21 {
            let proved = check_entry_proof(&proof_of(index), &key().verifier()).unwrap();
            assert_eq!((proved.number, &proved.entry), (index + 1, &entries()[index as usize]));
        }
        let text = proof_of(11);
        for bit in 0..text.len() * 8 {
            let mut bytes = text.clone().into_bytes();
            bytes[bit / 8] ^= 1 << (bit % 8);
            if let Ok(changed) = String::from_utf8(bytes) {
                assert!(check_entry_proof(&changed, &key().verifier()).is_err(), "bit {bit}");
            }
        }
        for length in 0..text.len() {
            if let Some(cut) = text.get(..length) {
                assert!(check_entry_proof(cut, &key().verifier()).is_err(), "cut at {length}");
            }
        }
    }

    #[test]
    fn a_witness_sees_that_a_log_only_grew() {
        for old in 0..=21 {
            let given = write_for_witness(old, &hashes(consistency(old, 21).unwrap()), &sign(&key(), tree(21)));
            assert_eq!(check_for_witness(&given, tree(old), &key().verifier()), Ok(tree(21)));
            if old > 0 {
                let other = Tree { root: Digest::of(b"another history"), ..tree(old) };
                assert!(check_for_witness(&given, other, &key().verifier()).is_err());
            }
            let elsewhere = Tree { size: old + 1, ..tree(old) };
            assert!(check_for_witness(&given, elsewhere, &key().verifier()).is_err());
        }
        let endless = format!("old 3\n{}", format!("{}\n", STANDARD.encode([0; 32])).repeat(100));
        assert!(matches!(check_for_witness(&endless, tree(3), &key().verifier()), Err(CheckError::Form(_))));
    }
}
