//! Signed notes with Ed25519 (C2SP signed-note, signature type 0x01): the form in which a log states
//! its size and root, so that witnesses and verifiers that others wrote can read it. Pure.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};

use crate::kernel::Digest;

/// The signature type of plain Ed25519.
const ED25519: u8 = 0x01;
/// Longest note that is looked at: 16 large signatures of witnesses fit.
const MAX_NOTE_BYTES: usize = 128 * 1024;
/// Most signatures of a note.
const MAX_SIGNATURES: usize = 64;
/// Longest name of a key.
const MAX_NAME: usize = 200;

/// Why a key or a note is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// Not a usable name.
    #[error("\"{0}\" is no name of a log; use something like example.com/log, without spaces and plus signs")]
    Name(String),
    /// Not a key.
    #[error("this is no Ed25519 key in the form name+hash+base64")]
    Key,
    /// Not a note.
    #[error("this is no signed note: {0}")]
    Form(&'static str),
    /// Not signed by this key.
    #[error("the note carries no signature of {0}")]
    Unsigned(String),
    /// A signature that does not fit.
    #[error("the signature of {0} does not fit: the note was changed")]
    Signature(String),
}

fn checked_name(name: &str) -> Result<(), NoteError> {
    let bad = |letter: char| letter.is_whitespace() || letter.is_control() || letter == '+';
    if name.is_empty() || name.len() > MAX_NAME || name.contains(bad) {
        return Err(NoteError::Name(name.chars().take(60).collect()));
    }
    Ok(())
}

fn key_id(name: &str, key: &VerifyingKey) -> [u8; 4] {
    let digest = Digest::of_parts(&[name.as_bytes(), b"\n", &[ED25519], key.as_bytes()]);
    [digest.0[0], digest.0[1], digest.0[2], digest.0[3]]
}

/// A key that signs notes under a name.
pub struct NoteKey {
    name: String,
    key: SigningKey,
}

impl std::fmt::Debug for NoteKey {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "NoteKey({})", self.name)
    }
}

impl NoteKey {
    /// A key from its 32 secret bytes. Fails when the name has spaces or a plus sign.
    pub fn new(name: &str, secret: &[u8; 32]) -> Result<Self, NoteError> {
        checked_name(name)?;
        Ok(Self { name: name.to_owned(), key: SigningKey::from_bytes(secret) })
    }

    /// A key named after itself: the first 64 bits of its public key's digest.
    pub fn unnamed(secret: &[u8; 32]) -> Self {
        let key = SigningKey::from_bytes(secret);
        let digest = Digest::of(key.verifying_key().as_bytes());
        Self { name: format!("assay-log-{}", hex::encode(&digest.0[..8])), key }
    }

    /// The name under which it signs.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The key as its file holds it: `PRIVATE+KEY+name+hash+base64`.
    pub fn to_secret_text(&self) -> String {
        let bytes = [&[ED25519], self.key.as_bytes().as_slice()].concat();
        let id = hex::encode(key_id(&self.name, &self.key.verifying_key()));
        format!("PRIVATE+KEY+{}+{id}+{}", self.name, STANDARD.encode(bytes))
    }

    /// Reads [`NoteKey::to_secret_text`].
    pub fn from_secret_text(text: &str) -> Result<Self, NoteError> {
        let rest = text.trim().strip_prefix("PRIVATE+KEY+").ok_or(NoteError::Key)?;
        let (name, id, secret) = split_key(rest)?;
        let key = Self::new(name, &secret)?;
        if hex::encode(key_id(name, &key.key.verifying_key())) != id {
            return Err(NoteError::Key);
        }
        Ok(key)
    }

    /// The key that checks its signatures.
    pub fn verifier(&self) -> NoteVerifier {
        NoteVerifier { name: self.name.clone(), key: self.key.verifying_key() }
    }

    /// A signed note. `text` is lines without control characters, the last one ended.
    pub fn sign(&self, text: &str) -> String {
        debug_assert!(text.ends_with('\n'), "a note's text ends its last line");
        let signature = self.key.sign(text.as_bytes()).to_bytes();
        let id = key_id(&self.name, &self.key.verifying_key());
        let bytes = [id.as_slice(), signature.as_slice()].concat();
        format!("{text}\n— {} {}\n", self.name, STANDARD.encode(bytes))
    }
}

/// `name+hash+base64(type ‖ 32 bytes)` in its parts.
fn split_key(text: &str) -> Result<(&str, &str, [u8; 32]), NoteError> {
    // The base64 may hold plus signs, the name and the hash none.
    let mut parts = text.splitn(3, '+');
    let (Some(name), Some(id), Some(encoded)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(NoteError::Key);
    };
    let bytes = STANDARD.decode(encoded).map_err(|_| NoteError::Key)?;
    let (&kind, key) = bytes.split_first().ok_or(NoteError::Key)?;
    let key = key.try_into().map_err(|_| NoteError::Key)?;
    if kind == ED25519 { Ok((name, id, key)) } else { Err(NoteError::Key) }
}

/// A key that checks notes; as text `name+hash+base64`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteVerifier {
    name: String,
    key: VerifyingKey,
}

impl NoteVerifier {
    /// The name whose signatures it checks.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The text of a note that this key signed, its last line end included.
    ///
    /// Signatures of others (witnesses) are passed over. Fails when this key's signature is missing
    /// or does not fit.
    pub fn open<'note>(&self, note: &'note str) -> Result<&'note str, NoteError> {
        if note.len() > MAX_NOTE_BYTES {
            return Err(NoteError::Form("it is too long"));
        }
        if note.chars().any(|letter| letter < ' ' && letter != '\n') {
            return Err(NoteError::Form("it holds control characters"));
        }
        let split = note.rfind("\n\n").ok_or(NoteError::Form("no empty line parts text and signatures"))?;
        let (text, lines) = (&note[..=split], &note[split + 2..]);
        let lines = lines.strip_suffix('\n').ok_or(NoteError::Form("its last line has no end"))?;
        let own = key_id(&self.name, &self.key);
        let mut found = false;
        for (count, line) in lines.split('\n').enumerate() {
            if count >= MAX_SIGNATURES {
                return Err(NoteError::Form("it has too many signatures"));
            }
            let (name, signature) = read_signature(line)?;
            let Some(bytes) = signature.strip_prefix(own.as_slice()).filter(|_| name == self.name) else { continue };
            let wrong = || NoteError::Signature(self.name.clone());
            let bytes: [u8; 64] = bytes.try_into().map_err(|_| wrong())?;
            self.key.verify_strict(text.as_bytes(), &Signature::from_bytes(&bytes)).map_err(|_| wrong())?;
            found = true;
        }
        if found { Ok(text) } else { Err(NoteError::Unsigned(self.name.clone())) }
    }
}

/// A line `— name base64`: the name and the bytes.
fn read_signature(line: &str) -> Result<(&str, Vec<u8>), NoteError> {
    let wrong = NoteError::Form("a signature line is not of the form — name base64");
    let (name, encoded) = line.strip_prefix("— ").and_then(|rest| rest.split_once(' ')).ok_or(wrong.clone())?;
    let bytes = STANDARD.decode(encoded).map_err(|_| wrong.clone())?;
    if name.is_empty() || bytes.len() < 5 {
        return Err(wrong);
    }
    Ok((name, bytes))
}

impl std::fmt::Display for NoteVerifier {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let bytes = [&[ED25519], self.key.as_bytes().as_slice()].concat();
        write!(out, "{}+{}+{}", self.name, hex::encode(key_id(&self.name, &self.key)), STANDARD.encode(bytes))
    }
}

impl std::str::FromStr for NoteVerifier {
    type Err = NoteError;

    fn from_str(text: &str) -> Result<Self, NoteError> {
        let (name, id, bytes) = split_key(text.trim())?;
        checked_name(name)?;
        let key = VerifyingKey::from_bytes(&bytes).map_err(|_| NoteError::Key)?;
        if key.is_weak() || hex::encode(key_id(name, &key)) != id {
            return Err(NoteError::Key);
        }
        Ok(Self { name: name.to_owned(), key })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the Go package golang.org/x/mod/sumdb/note, which this form comes from.
    const KNOWN_KEY: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    const KNOWN_NOTE: &str = "If you think cryptography is the answer to your problem,\n\
         then you don't know what your problem is.\n\n\
         — PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

    fn key() -> NoteKey {
        NoteKey::new("example.com/log", &[7; 32]).unwrap()
    }

    #[test]
    fn a_note_that_another_program_signed_opens() {
        let verifier: NoteVerifier = KNOWN_KEY.parse().unwrap();
        let text = verifier.open(KNOWN_NOTE).unwrap();
        assert!(text.ends_with("your problem is.\n") && text.starts_with("If you"));
        assert_eq!(verifier.to_string(), KNOWN_KEY);
    }

    #[test]
    fn a_key_survives_its_file() {
        let read = NoteKey::from_secret_text(&format!("{}\n", key().to_secret_text())).unwrap();
        assert_eq!(read.verifier(), key().verifier());
        assert_eq!(key().verifier().to_string().parse::<NoteVerifier>(), Ok(key().verifier()));
        assert!(NoteKey::from_secret_text(&key().to_secret_text().replace("example.com", "example.org")).is_err());
        for bad in ["", "two words", "plus+sign", "tab\tbed"] {
            assert!(NoteKey::new(bad, &[7; 32]).is_err(), "{bad:?}");
        }
        assert!(!format!("{:?}", key()).contains("PRIVATE"));
        assert_ne!(NoteKey::unnamed(&[1; 32]).name(), NoteKey::unnamed(&[2; 32]).name());
    }

    #[test]
    fn every_changed_bit_of_a_note_is_refused() {
        let note = key().sign("example.com/log\n42\nAAAA\n");
        let verifier = key().verifier();
        assert_eq!(verifier.open(&note), Ok("example.com/log\n42\nAAAA\n"));
        for bit in 0..note.len() * 8 {
            let mut bytes = note.clone().into_bytes();
            bytes[bit / 8] ^= 1 << (bit % 8);
            if let Ok(changed) = String::from_utf8(bytes) {
                assert!(verifier.open(&changed).is_err(), "bit {bit}");
            }
        }
    }

    #[test]
    fn signatures_of_others_are_passed_over_and_a_wrong_one_of_ours_is_not() {
        let note = key().sign("text\n");
        let witness = NoteKey::new("witness.example", &[9; 32]).unwrap().sign("text\n");
        let line = witness.strip_prefix("text\n\n").unwrap();
        assert_eq!(key().verifier().open(&format!("{note}{line}")), Ok("text\n"));
        assert_eq!(key().verifier().open(&witness), Err(NoteError::Unsigned("example.com/log".to_owned())));
        let other = key().sign("other\n");
        let wrong = format!("{note}{}", other.strip_prefix("other\n\n").unwrap());
        assert!(matches!(key().verifier().open(&wrong), Err(NoteError::Signature(_))));
        for bad in ["", "\n", "text\n\n", "text\n\n— a b\n", "text\n\nx\n", "te\u{7}xt\n\n— a AAAAAAAA\n", "text\n\n— "]
        {
            assert!(matches!(key().verifier().open(bad), Err(NoteError::Form(_))), "{bad:?}");
        }
        let many = format!("{note}{}", line.repeat(MAX_SIGNATURES));
        assert!(matches!(key().verifier().open(&many), Err(NoteError::Form(_))));
    }
}
