//! The brand folders that the binary carries.

use std::collections::BTreeMap;

use super::files::{self, BrandFile, BrandFileError, MemoryFolder};

#[derive(rust_embed::RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/brand-registry"]
#[include = "*/brand.toml"]
#[include = "*.png"]
struct Shipped;

/// The shipped brands, by key.
pub fn brands() -> Result<Vec<BrandFile>, Vec<BrandFileError>> {
    let mut folders: BTreeMap<String, Vec<(String, Vec<u8>)>> = BTreeMap::new();
    for path in Shipped::iter() {
        let (Some((folder, name)), Some(file)) = (path.split_once('/'), Shipped::get(&path)) else {
            continue;
        };
        folders.entry(folder.to_owned()).or_default().push((name.to_owned(), file.data.into_owned()));
    }
    let borrowed: Vec<MemoryFolder<'_>> = folders
        .iter()
        .map(|(folder, files)| MemoryFolder {
            name: folder,
            files: files.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect(),
        })
        .collect();
    files::registry_from_files(&borrowed)
}

/// The logo of a shipped brand, as PNG bytes.
pub fn logo(brand: &str) -> Option<std::borrow::Cow<'static, [u8]>> {
    Shipped::get(&format!("{brand}/logo.png")).map(|file| file.data)
}
