//! Secret keys in files of the data directory, kept apart from the database: who can write the
//! database can then not sign for it.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use rand::RngExt as _;

/// Longest key file that is read.
const MAX_BYTES: u64 = 64 * 1024;

/// Why a key's file cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("cannot use the key file {path}; check that its directory exists and can be written")]
pub struct KeyFileError {
    path: PathBuf,
    source: io::Error,
}

/// The text of a key file. A file that is not there is made, readable by its owner alone, with what
/// `make` writes of 256 random bits.
///
/// Processes that start together agree on one key. Fails when the file can be neither read nor made.
pub fn read_or_make(path: &Path, make: impl FnOnce(&[u8; 32]) -> String) -> Result<String, KeyFileError> {
    let failed = |source| KeyFileError { path: path.to_owned(), source };
    match read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        other => return other.map_err(failed),
    }
    let mut secret = [0; 32];
    rand::rng().fill(&mut secret);
    write_new(path, &make(&secret)).map_err(failed)?;
    read(path).map_err(failed)
}

fn read(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    File::open(path)?.take(MAX_BYTES).read_to_string(&mut text)?;
    Ok(text)
}

/// Writes the file whole or not at all; one that came into being meanwhile stays.
fn write_new(path: &Path, text: &str) -> io::Result<()> {
    let directory = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(directory)?;
    let mut random = [0; 8];
    rand::rng().fill(&mut random);
    let temporary = path.with_extension(format!("{}.new", hex::encode(random)));
    let written = write_private(&temporary, text).and_then(|()| match fs::hard_link(&temporary, path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        linked => linked,
    });
    fs::remove_file(&temporary)?;
    written
}

fn write_private(path: &Path, text: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(text.as_bytes())?;
    file.write_all(b"\n")?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_that_start_together_agree_on_one_key_that_only_its_owner_reads() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("keys").join("some.key");
        let texts: Vec<String> = std::thread::scope(|scope| {
            let starting: Vec<_> =
                (0..8).map(|_| scope.spawn(|| read_or_make(&path, |secret| hex::encode(secret)).unwrap())).collect();
            starting.into_iter().map(|one| one.join().unwrap()).collect()
        });
        assert!(texts.iter().all(|text| text == &texts[0] && text.trim().len() == 64));
        assert_eq!(fs::read_dir(directory.path().join("keys")).unwrap().count(), 1, "nothing is left beside it");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o077, 0);
        }
        let again = read_or_make(&path, |_| unreachable!("it is there")).unwrap();
        assert_eq!(again, texts[0]);
    }

    #[test]
    fn a_directory_that_cannot_be_had_is_named() {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("keys"), "a file").unwrap();
        let path = directory.path().join("keys").join("some.key");
        let error = read_or_make(&path, |_| String::new()).unwrap_err();
        assert!(error.to_string().contains("some.key"));
    }
}
