//! The key of the hashes by which merchants are linked: made once, kept beside the data, never in the database.

use std::path::Path;

use crate::merchants::links::LinkKey;

/// The file in the data directory.
pub const FILE: &str = "links.key";
/// Bytes of the key.
const LENGTH: usize = 32;

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file cannot be read or written.
    #[error("cannot use the key file {path}; check that the data directory can be written")]
    File {
        /// The file.
        path: String,
        /// The operating system's error.
        source: std::io::Error,
    },
    /// The file holds something else.
    #[error("{0} does not hold 64 hexadecimal digits; put back the file that the database was made with")]
    Form(String),
}

/// The key of this data directory; where there is none yet, `fresh` becomes it. Replicas share the directory,
/// and of two that start at once the one whose file appears first decides.
///
/// # Errors
/// When the file cannot be read or written, or holds no key.
pub fn load(directory: &Path, fresh: [u8; LENGTH]) -> Result<LinkKey, KeyError> {
    let path = directory.join(FILE);
    let failed = |source| KeyError::File { path: path.display().to_string(), source };
    if !path.exists() {
        // Written whole under another name and linked: nobody ever reads half a key.
        let draft = directory.join(format!("{FILE}.{}", hex::encode(&fresh[..8])));
        write_private(&draft, &hex::encode(fresh)).map_err(failed)?;
        let linked = std::fs::hard_link(&draft, &path);
        let _ = std::fs::remove_file(&draft);
        match linked {
            Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => return Err(failed(error)),
            _ => {}
        }
    }
    let text = std::fs::read_to_string(&path).map_err(failed)?;
    let bytes = hex::decode(text.trim()).ok().filter(|bytes| bytes.len() == LENGTH);
    bytes.map(|bytes| LinkKey::new(&bytes)).ok_or_else(|| KeyError::Form(path.display().to_string()))
}

fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    use std::io::Write as _;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_key_stays_and_nobody_else_may_read_it() {
        let directory = tempfile::tempdir().unwrap();
        let token = |key: &LinkKey| key.token("phone", "+4930");
        let first = load(directory.path(), [1; LENGTH]).unwrap();
        let second = load(directory.path(), [2; LENGTH]).unwrap();
        assert_eq!(token(&first), token(&second));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = std::fs::metadata(directory.path().join(FILE)).unwrap().permissions().mode();
            assert_eq!(mode & 0o077, 0);
        }
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1, "no draft is left");
        std::fs::write(directory.path().join(FILE), "short").unwrap();
        assert!(load(directory.path(), [1; LENGTH]).unwrap_err().to_string().contains("64 hexadecimal"));
    }
}
