//! Brand folders: `<key>/brand.toml` and the pictures it names, read into [`Brand`]s.
//!
//! Reading is all or nothing: a folder with one mistake gives no brand, and the error says
//! which file, line and field are wrong and what to do. Pictures are named, not decoded;
//! the caller hashes the bytes that [`BrandImage::bytes`] returns.

mod checks;
mod grammar;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::model::{Brand, MarkKey, ReferenceKey, ReferenceKind};

/// Largest `brand.toml`, in bytes: 5,000 marks with every field take about a third of it.
pub const MAX_TOML_BYTES: u64 = 4 << 20;
/// Largest reference picture, in bytes.
pub const MAX_IMAGE_BYTES: u64 = 20 << 20;
/// Most brand folders in one registry directory.
pub const MAX_BRANDS: usize = 200_000;

/// A brand as its folder describes it, before its pictures are hashed.
#[derive(Debug, Clone)]
pub struct BrandFile {
    /// The brand; `references` is empty until the caller has hashed `images`.
    pub brand: Brand,
    /// The reference pictures, in the order of the file.
    pub images: Vec<BrandImage>,
    /// The file the brand was read from, for messages.
    pub file: String,
}

/// A reference picture that a brand file names.
#[derive(Debug, Clone)]
pub struct BrandImage {
    /// `<brand key>/<file name>`.
    pub key: ReferenceKey,
    /// What it shows.
    pub kind: ReferenceKind,
    /// The figurative mark it depicts, if any.
    pub mark: Option<MarkKey>,
    /// Largest distance that counts as a match, in bits; absent = the kind's default.
    pub threshold: Option<u16>,
    /// Where its bytes are.
    pub source: ImageSource,
}

/// Where a picture's bytes are.
#[derive(Debug, Clone)]
pub enum ImageSource {
    /// A file inside the brand's folder.
    File(PathBuf),
    /// In memory: the folder is part of the program.
    Memory(Arc<[u8]>),
}

impl BrandImage {
    /// The picture's bytes.
    ///
    /// Fails when the file cannot be read or has more than [`MAX_IMAGE_BYTES`] bytes.
    pub fn bytes(&self) -> Result<Cow<'_, [u8]>, BrandFileError> {
        match &self.source {
            ImageSource::Memory(bytes) => Ok(Cow::Borrowed(bytes)),
            ImageSource::File(path) => read_bounded(path, MAX_IMAGE_BYTES).map(Cow::Owned),
        }
    }
}

/// Why a brand folder was refused.
#[derive(Debug, thiserror::Error)]
pub enum BrandFileError {
    /// The file or directory cannot be read.
    #[error("cannot read {file}; check that it is there and readable")]
    Read {
        /// The path.
        file: String,
        /// What the system said.
        source: io::Error,
    },
    /// The folder has no `brand.toml`.
    #[error("brand folder {folder} has no brand.toml; add one, or move the folder out of the registry")]
    NoBrandToml {
        /// The folder.
        folder: String,
    },
    /// Larger than anything sensible.
    #[error("{file} has more than {limit} bytes; make it smaller")]
    TooLarge {
        /// The file.
        file: String,
        /// The most bytes allowed.
        limit: u64,
    },
    /// Too many folders in one directory.
    #[error("{directory} has more than {MAX_BRANDS} brand folders; split it")]
    TooMany {
        /// The directory.
        directory: String,
    },
    /// A mistake in the content of `brand.toml`.
    #[error("{file}, line {line}, {field}: {problem}; {fix}")]
    Content {
        /// The file.
        file: String,
        /// Line, counted from 1.
        line: usize,
        /// The field, as it is written in the file.
        field: String,
        /// What is wrong with it.
        problem: String,
        /// What would put it right.
        fix: String,
    },
    /// Something that may occur once in a registry occurs in two brands.
    #[error("{what} is in {first} and in {second}; keep it in one of them")]
    Twice {
        /// What occurs twice.
        what: String,
        /// The file read first.
        first: String,
        /// The file read second.
        second: String,
    },
}

/// Reads one brand folder, whose name is the brand's key.
///
/// Fails as described at [`BrandFileError`]; a picture that a symbolic link leads out of the folder is refused.
pub fn read_brand_folder(folder: &Path) -> Result<BrandFile, BrandFileError> {
    let shown = folder.display().to_string();
    let name = folder.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let toml_path = folder.join("brand.toml");
    if !toml_path.is_file() {
        return Err(match std::fs::read_dir(folder) {
            Ok(_) => BrandFileError::NoBrandToml { folder: shown },
            Err(source) => BrandFileError::Read { file: shown, source },
        });
    }
    let text = read_bounded(&toml_path, MAX_TOML_BYTES)?;
    checks::parse(name, &toml_path.display().to_string(), &text, |file| {
        let path = folder.join(file);
        lies_inside(folder, &path).then_some(ImageSource::File(path))
    })
}

/// Reads one brand folder from memory: `files` are its names and bytes.
///
/// Fails as [`read_brand_folder`] does.
pub fn from_files(folder: &str, files: &[(&str, &[u8])]) -> Result<BrandFile, BrandFileError> {
    let bytes_of = |wanted: &str| files.iter().find(|(name, _)| *name == wanted).map(|(_, bytes)| *bytes);
    let Some(text) = bytes_of("brand.toml") else {
        return Err(BrandFileError::NoBrandToml { folder: folder.to_owned() });
    };
    let file = format!("{folder}/brand.toml");
    if text.len() as u64 > MAX_TOML_BYTES {
        return Err(BrandFileError::TooLarge { file, limit: MAX_TOML_BYTES });
    }
    checks::parse(folder, &file, text, |name| bytes_of(name).map(|bytes| ImageSource::Memory(bytes.into())))
}

/// Reads every brand folder in `directory`, in the order of their names.
///
/// Plain files beside the folders, and what begins with a dot, are passed over. When anything is
/// wrong, all mistakes are returned and no brand is: a registry is imported whole or not at all.
pub fn read_registry_dir(directory: &Path) -> Result<Vec<BrandFile>, Vec<BrandFileError>> {
    let folders = list_folders(directory).map_err(|error| vec![error])?;
    collect(folders.iter().map(|folder| read_brand_folder(folder)))
}

/// A brand folder held in memory.
#[derive(Debug, Clone)]
pub struct MemoryFolder<'a> {
    /// The folder's name: the brand's key.
    pub name: &'a str,
    /// Names and bytes of its files.
    pub files: Vec<(&'a str, &'a [u8])>,
}

/// Reads brand folders from memory.
///
/// Fails as [`read_registry_dir`] does.
pub fn registry_from_files(folders: &[MemoryFolder<'_>]) -> Result<Vec<BrandFile>, Vec<BrandFileError>> {
    collect(folders.iter().map(|folder| from_files(folder.name, &folder.files)))
}

fn collect(
    read: impl Iterator<Item = Result<BrandFile, BrandFileError>>,
) -> Result<Vec<BrandFile>, Vec<BrandFileError>> {
    let (mut brands, mut errors) = (Vec::new(), Vec::new());
    for outcome in read {
        match outcome {
            Ok(brand) => brands.push(brand),
            Err(error) => errors.push(error),
        }
    }
    errors.extend(repeated(&brands));
    if errors.is_empty() { Ok(brands) } else { Err(errors) }
}

/// What occurs in two of `brands` and may occur in one only: brand keys, mark ids, and
/// registrations (one number of one office is one mark of one owner).
fn repeated(brands: &[BrandFile]) -> Vec<BrandFileError> {
    let mut seen: BTreeMap<String, &str> = BTreeMap::new();
    let mut errors = Vec::new();
    for brand in brands {
        let word_marks = brand.brand.word_marks.iter().map(|mark| (&mark.key, &mark.registration));
        let figures = brand.brand.figurative_marks.iter().map(|mark| (&mark.key, &mark.registration));
        let mut once = vec![format!("brand key \"{}\"", brand.brand.key)];
        for (key, registration) in word_marks.chain(figures) {
            once.push(format!("mark id \"{key}\""));
            once.extend(registration.as_ref().map(|entry| format!("registration {} {}", entry.office, entry.number)));
        }
        for what in once {
            if let Some(first) = seen.insert(what.clone(), &brand.file) {
                errors.push(BrandFileError::Twice { what, first: first.to_owned(), second: brand.file.clone() });
            }
        }
    }
    errors
}

fn list_folders(directory: &Path) -> Result<Vec<PathBuf>, BrandFileError> {
    let shown = || directory.display().to_string();
    let failed = |source| BrandFileError::Read { file: shown(), source };
    let mut folders = Vec::new();
    for entry in std::fs::read_dir(directory).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let hidden = path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        if hidden || !path.is_dir() {
            continue;
        }
        if folders.len() == MAX_BRANDS {
            return Err(BrandFileError::TooMany { directory: shown() });
        }
        folders.push(path);
    }
    folders.sort();
    Ok(folders)
}

/// Whether `path` is a plain file that, links followed, lies in `folder`.
fn lies_inside(folder: &Path, path: &Path) -> bool {
    match (folder.canonicalize(), path.canonicalize()) {
        (Ok(folder), Ok(path)) => path.is_file() && path.starts_with(&folder),
        _ => false,
    }
}

fn read_bounded(path: &Path, limit: u64) -> Result<Vec<u8>, BrandFileError> {
    let shown = || path.display().to_string();
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(limit + 1).read_to_end(&mut bytes))
        .map_err(|source| BrandFileError::Read { file: shown(), source })?;
    if bytes.len() as u64 > limit {
        return Err(BrandFileError::TooLarge { file: shown(), limit });
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINIMAL: &str = "key = \"acme\"\nname = \"Acme\"\n\n[[word_mark]]\ntext = \"ACME\"\n";

    fn folder_with(files: &[(&str, &str)]) -> tempfile::TempDir {
        let directory = tempfile::tempdir().unwrap();
        for (name, content) in files {
            let path = directory.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, content).unwrap();
        }
        directory
    }

    #[test]
    fn a_folder_without_brand_toml_is_named() {
        let registry = folder_with(&[("acme/brand.toml", MINIMAL), ("stray/notes.txt", "x"), ("README.md", "x")]);
        let errors = read_registry_dir(registry.path()).unwrap_err();
        assert_eq!(errors.len(), 1);
        assert!(errors[0].to_string().contains("stray has no brand.toml"), "{}", errors[0]);
    }

    #[test]
    fn a_directory_and_memory_give_the_same_brand() {
        let toml = format!("{MINIMAL}\n[[image]]\nfile = \"logo.png\"\nkind = \"logo\"\n");
        let registry = folder_with(&[("acme/brand.toml", &toml), ("acme/logo.png", "bytes")]);
        let from_disk = read_registry_dir(registry.path()).unwrap();
        let from_memory = from_files("acme", &[("brand.toml", toml.as_bytes()), ("logo.png", b"bytes")]).unwrap();
        assert_eq!(from_disk[0].brand, from_memory.brand);
        assert_eq!(from_disk[0].images[0].bytes().unwrap(), from_memory.images[0].bytes().unwrap());
        assert_eq!(from_memory.images[0].key.as_str(), "acme/logo.png");
    }

    #[cfg(unix)]
    #[test]
    fn a_link_out_of_the_folder_is_refused() {
        let toml = format!("{MINIMAL}\n[[image]]\nfile = \"logo.png\"\nkind = \"logo\"\n");
        let registry = folder_with(&[("acme/brand.toml", &toml), ("secret", "x")]);
        std::os::unix::fs::symlink(registry.path().join("secret"), registry.path().join("acme/logo.png")).unwrap();
        let error = read_brand_folder(&registry.path().join("acme")).unwrap_err().to_string();
        assert!(error.contains("line 8") && error.contains("is not in the folder"), "{error}");
    }

    #[test]
    fn one_registration_cannot_belong_to_two_brands() {
        let with = |key: &str| {
            format!(
                "key = \"{key}\"\nname = \"X\"\n[[word_mark]]\ntext = \"X\"\nregistration = {{ office = \"EUIPO\", number = \"1\" }}\n"
            )
        };
        let (first, second) = (with("one"), with("two"));
        let folder = |name, text: &'static str| MemoryFolder { name, files: vec![("brand.toml", text.as_bytes())] };
        let folders = [folder("one", first.leak()), folder("two", second.leak())];
        let errors = registry_from_files(&folders).unwrap_err();
        assert_eq!(
            errors[0].to_string(),
            "registration EUIPO 1 is in one/brand.toml and in two/brand.toml; keep it in one of them"
        );
    }

    #[test]
    fn a_folder_of_another_name_than_the_key_is_refused() {
        let error = from_files("copy-of-acme", &[("brand.toml", MINIMAL.as_bytes())]).unwrap_err().to_string();
        assert!(error.contains("line 1, key") && error.contains("copy-of-acme"), "{error}");
    }

    #[test]
    fn every_shipped_brand_is_read() {
        let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("brand-registry");
        let brands = read_registry_dir(&shipped).unwrap_or_else(|errors| panic!("{}", errors[0]));
        let with_logo = brands.iter().filter(|brand| !brand.images.is_empty()).count();
        assert!(with_logo >= 300, "{with_logo} brands with a logo");
    }
}
