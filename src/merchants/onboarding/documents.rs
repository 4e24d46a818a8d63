//! What an uploaded document is, read off its bytes: papers are taken, programs are not.

/// Largest document, in bytes.
pub const MAX_DOCUMENT: usize = 15 * 1024 * 1024;

/// A form that documents may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MediaType {
    /// Portable Document Format.
    Pdf,
    /// JPEG picture.
    Jpeg,
    /// PNG picture.
    Png,
    /// WebP picture.
    Webp,
    /// TIFF picture.
    Tiff,
}

impl MediaType {
    /// The name of RFC 6838.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pdf => "application/pdf",
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Webp => "image/webp",
            Self::Tiff => "image/tiff",
        }
    }
}

/// Why a document is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DocumentFault {
    /// Nothing was sent.
    #[error("the document is empty; send a PDF or a picture")]
    Empty,
    /// Too large.
    #[error("the document is larger than 15 MiB; send a smaller scan")]
    TooLarge,
    /// Something that would run.
    #[error("the document is {0}; send a PDF or a picture")]
    Executable(&'static str),
    /// Anything else.
    #[error("the document is neither a PDF nor a JPEG, PNG, WebP or TIFF picture; scan it and send it as one of these")]
    Unknown,
}

/// Beginnings of files that something would run or unpack.
const REFUSED: [(&[u8], &str); 12] = [
    (b"MZ", "a program for Windows"),
    (b"\x7fELF", "a program for Linux"),
    (b"\xfe\xed\xfa\xce", "a program for macOS"),
    (b"\xfe\xed\xfa\xcf", "a program for macOS"),
    (b"\xce\xfa\xed\xfe", "a program for macOS"),
    (b"\xcf\xfa\xed\xfe", "a program for macOS"),
    (b"\xca\xfe\xba\xbe", "a program for macOS or Java"),
    (b"\0asm", "a WebAssembly program"),
    (b"#!", "a script"),
    (b"PK\x03\x04", "an archive or an office file"),
    (b"\xd0\xcf\x11\xe0", "an office file, which may hold macros"),
    (b"\x1f\x8b", "an archive"),
];

/// Reads what a document is off its first bytes; its name and its declared type do not count.
///
/// # Errors
/// When it is empty, too large, a program, an archive, or nothing that is known.
pub fn sniff(bytes: &[u8]) -> Result<MediaType, DocumentFault> {
    if bytes.is_empty() {
        return Err(DocumentFault::Empty);
    }
    if bytes.len() > MAX_DOCUMENT {
        return Err(DocumentFault::TooLarge);
    }
    if let Some((_, what)) = REFUSED.iter().find(|(begin, _)| bytes.starts_with(begin)) {
        return Err(DocumentFault::Executable(what));
    }
    let is_webp = bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP");
    match bytes {
        _ if bytes.starts_with(b"%PDF-") => Ok(MediaType::Pdf),
        _ if bytes.starts_with(b"\xff\xd8\xff") => Ok(MediaType::Jpeg),
        _ if bytes.starts_with(b"\x89PNG\r\n\x1a\n") => Ok(MediaType::Png),
        _ if is_webp => Ok(MediaType::Webp),
        _ if bytes.starts_with(b"II*\0") || bytes.starts_with(b"MM\0*") => Ok(MediaType::Tiff),
        _ => Err(DocumentFault::Unknown),
    }
}
