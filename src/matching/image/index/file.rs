//! An index as one file, so that a start need not build it.
//!
//! The file holds the index's arrays as they lie in memory, each with its length and
//! checksums, and is read with plain reads into freshly taken memory. Mapping the file would
//! save copying about a hundred bytes a reference (ten million take well under two
//! seconds), but costs more than it saves: safe Rust cannot map a file, because whoever
//! changes it changes memory under the program; and a checksum has to read all of it anyway.
//!
//! A file is a cache and never trusted: any damage is found and named, and the caller builds
//! the index anew. It fits the version of the program and the byte order of the machine that
//! wrote it, and is refused by others.

use std::io::{self, Read, Write};
use std::sync::Arc;

use bytemuck::Pod;

use super::super::mih::{Chunk, MultiIndex, Starts, Words};
use super::layer::{self, Layer, Removed, Rows};
use super::names::Names;
use super::{ImageIndex, Shelf};

/// First bytes of a file.
const MAGIC: [u8; 8] = *b"ASSAYIMG";
/// Changes with the layout of the file, and with what rows of a reference are indexed.
const VERSION: u32 = 1;
/// Tells the byte order in which the file was written.
const ORDER: u32 = 0x0102_0304;
/// Longest stamp, in bytes.
const LONGEST_STAMP: usize = 4096;
/// Most shelves and tables that a file may claim.
const MOST_PARTS: u64 = 64;
/// Bytes that are read, then summed while they are at hand.
const PIECE: usize = 1 << 18;

/// Why a file gives no index. Whatever it is, building the index anew answers it.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// Reading or writing failed.
    #[error("the image index file cannot be read or written; check the disk, then delete the file to have it rebuilt")]
    Io(#[from] io::Error),
    /// Something else than such a file, or one of another version or kind of machine.
    #[error(
        "the file is no image index of version {VERSION} written on this kind of machine; delete it to have it rebuilt"
    )]
    Foreign,
    /// A checksum or a count does not fit, or the file ends early.
    #[error("the image index file is damaged ({part}); delete it to have it rebuilt")]
    Damaged {
        /// The part that does not fit.
        part: &'static str,
    },
}

/// An index read from a file.
#[derive(Debug, Clone)]
pub struct Restored {
    /// The index as it was written.
    pub index: ImageIndex,
    /// The stamp it was written with.
    pub stamp: String,
}

impl ImageIndex {
    /// Writes the index with a stamp: what it was made from, such as the registry's revision
    /// and the matcher's version, for the reader to compare. The stamp may have 4096 bytes.
    ///
    /// `out` gets few large writes. Write to a new file and rename it when this succeeds, so
    /// that a crash leaves no half file; one that is left is refused.
    pub fn write_to(&self, out: &mut impl Write, stamp: &str) -> Result<(), SnapshotError> {
        let mut out = Sink { out };
        out.out.write_all(&MAGIC)?;
        out.array(&[VERSION, ORDER])?;
        let stamp = &stamp.as_bytes()[..stamp.floor_char_boundary(LONGEST_STAMP)];
        out.array(stamp)?;
        out.array(&[self.shelves.len() as u64])?;
        for shelf in &self.shelves {
            out.shelf(shelf)?;
        }
        out.out.flush()?;
        Ok(())
    }

    /// Reads what [`Self::write_to`] wrote.
    ///
    /// Fails with the variant of [`SnapshotError`] that says why; never panics, and takes no
    /// more memory than the file has bytes and the tables that it names.
    pub fn read_from(from: &mut impl Read) -> Result<Restored, SnapshotError> {
        let mut from = Source { from };
        let mut magic = [0; 8];
        from.bytes(&mut magic, "first bytes")?;
        if magic != MAGIC || from.array::<u32>("version", 2).ok() != Some(vec![VERSION, ORDER]) {
            return Err(SnapshotError::Foreign);
        }
        let stamp = from.array::<u8>("stamp", LONGEST_STAMP as u64)?;
        let stamp = String::from_utf8(stamp).map_err(|_| SnapshotError::Damaged { part: "stamp" })?;
        let count = from.number("number of shelves", MOST_PARTS)?;
        let shelves = (0..count).map(|_| from.shelf()).collect::<Result<_, _>>()?;
        Ok(Restored { index: ImageIndex { shelves }, stamp })
    }
}

/// Where arrays are written to.
struct Sink<'a, W> {
    out: &'a mut W,
}

impl<W: Write> Sink<'_, W> {
    /// Length and its checksum, then the bytes and theirs.
    fn array<T: Pod>(&mut self, values: &[T]) -> Result<(), SnapshotError> {
        let length = (values.len() as u64).to_le_bytes();
        self.out.write_all(&length)?;
        self.out.write_all(&crc32fast::hash(&length).to_le_bytes())?;
        let bytes: &[u8] = bytemuck::cast_slice(values);
        self.out.write_all(bytes)?;
        self.out.write_all(&crc32fast::hash(bytes).to_le_bytes())?;
        Ok(())
    }

    fn names(&mut self, names: &Names) -> Result<(), SnapshotError> {
        let (count, bytes, blocks) = names.parts();
        self.array(&[count as u64])?;
        self.array(bytes)?;
        self.array(blocks)
    }

    fn rows(&mut self, rows: &Rows) -> Result<(), SnapshotError> {
        self.array(&rows.owners)?;
        self.array(&rows.lists)?;
        self.array(&[rows.reach])?;
        self.array(rows.index.hashes())?;
        self.array(&[rows.index.chunks().len() as u64])?;
        for chunk in rows.index.chunks() {
            self.array(&[chunk.from as u64, chunk.width as u64])?;
            let (blocks, ends, crowded) = chunk.starts.parts();
            self.array(blocks)?;
            self.array(ends)?;
            self.array(crowded)?;
            self.array(&chunk.rows)?;
        }
        Ok(())
    }

    fn shelf(&mut self, shelf: &Shelf) -> Result<(), SnapshotError> {
        let layer = &shelf.layer;
        self.names(&layer.keys)?;
        self.names(&layer.brands)?;
        self.array(&layer.brand_of)?;
        self.array(&layer.classes)?;
        // By name, so that the numbers may change with the program.
        let cuts = serde_json::to_vec(&layer.cuts).map_err(io::Error::from)?;
        self.array(&cuts)?;
        self.rows(&layer.near)?;
        self.rows(&layer.far)?;
        self.array(&[shelf.removed.count as u64])?;
        self.array(&shelf.removed.bits)
    }
}

/// Where arrays are read from.
struct Source<'a, R> {
    from: &'a mut R,
}

impl<R: Read> Source<'_, R> {
    fn bytes(&mut self, into: &mut [u8], part: &'static str) -> Result<(), SnapshotError> {
        self.from.read_exact(into).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => SnapshotError::Damaged { part },
            _ => SnapshotError::Io(error),
        })
    }

    fn checksum(&mut self, expected: u32, part: &'static str) -> Result<(), SnapshotError> {
        let mut found = [0; 4];
        self.bytes(&mut found, part)?;
        if u32::from_le_bytes(found) == expected { Ok(()) } else { Err(SnapshotError::Damaged { part }) }
    }

    /// An array of at most `most` values.
    fn array<T: Pod>(&mut self, part: &'static str, most: u64) -> Result<Vec<T>, SnapshotError> {
        let mut length = [0; 8];
        self.bytes(&mut length, part)?;
        // The length has a checksum of its own: memory is taken by it.
        self.checksum(crc32fast::hash(&length), part)?;
        let length = u64::from_le_bytes(length);
        if length > most {
            return Err(SnapshotError::Damaged { part });
        }
        let mut values = vec![T::zeroed(); length as usize];
        let mut sum = crc32fast::Hasher::new();
        for piece in bytemuck::cast_slice_mut::<T, u8>(&mut values).chunks_mut(PIECE) {
            self.bytes(piece, part)?;
            sum.update(piece);
        }
        self.checksum(sum.finalize(), part)?;
        Ok(values)
    }

    fn number(&mut self, part: &'static str, most: u64) -> Result<u64, SnapshotError> {
        match self.array::<u64>(part, 1)?.as_slice() {
            [number] if *number <= most => Ok(*number),
            _ => Err(SnapshotError::Damaged { part }),
        }
    }

    fn names(&mut self, sorted: bool) -> Result<Names, SnapshotError> {
        let part = "names";
        let count = self.number(part, MOST_VALUES)? as usize;
        let bytes = self.array(part, MOST_BYTES)?;
        let blocks = self.array(part, MOST_VALUES)?;
        Names::from_parts(count, bytes, blocks, sorted).ok_or(SnapshotError::Damaged { part })
    }

    fn rows(&mut self) -> Result<Rows, SnapshotError> {
        let part = "hashes";
        let owners = self.array(part, MOST_VALUES)?;
        let lists = self.array(part, MOST_VALUES)?;
        let &[reach] = self.array::<u16>(part, 1)?.as_slice() else {
            return Err(SnapshotError::Damaged { part });
        };
        let hashes: Vec<Words> = self.array(part, MOST_VALUES)?;
        let part = "tables";
        let count = self.number(part, MOST_PARTS)?;
        let mut chunks = Vec::new();
        for _ in 0..count {
            let &[from, width] = self.array::<u64>(part, 2)?.as_slice() else {
                return Err(SnapshotError::Damaged { part });
            };
            let (from, width) = (from as usize, width.min(32) as usize);
            let (blocks, ends) = (self.array(part, MOST_VALUES)?, self.array(part, MOST_VALUES)?);
            let crowded = self.array(part, MOST_VALUES)?;
            let starts = Starts::from_parts(width, hashes.len(), blocks, ends, crowded);
            let starts = starts.ok_or(SnapshotError::Damaged { part })?;
            chunks.push(Chunk { from, width, starts, rows: self.array(part, MOST_VALUES)? });
        }
        let index = MultiIndex::from_parts(hashes, chunks, reach).ok_or(SnapshotError::Damaged { part })?;
        Ok(Rows { index, owners, lists, reach })
    }

    fn shelf(&mut self) -> Result<Shelf, SnapshotError> {
        let part = "references";
        let keys = self.names(true)?;
        let brands = self.names(false)?;
        let brand_of = self.array(part, MOST_VALUES)?;
        let classes = self.array(part, MOST_VALUES)?;
        let cuts = self.array::<u8>(part, LONGEST_STAMP as u64)?;
        let cuts = serde_json::from_slice(&cuts).map_err(|_| SnapshotError::Damaged { part })?;
        let (near, far) = (self.rows()?, self.rows()?);
        let layer = Layer { keys, brands, brand_of, classes, cuts, near, far };
        let count = self.number(part, MOST_VALUES)? as usize;
        let removed = Removed { count, bits: self.array(part, MOST_VALUES)? };
        let marked: usize = removed.bits.iter().map(|bits| bits.count_ones() as usize).sum();
        if !layer::is_sound(&layer) || marked != removed.count || removed.count > layer.len() {
            return Err(SnapshotError::Damaged { part });
        }
        Ok(Shelf { layer: Arc::new(layer), removed: Arc::new(removed) })
    }
}

/// Most values and bytes that an array may claim: rows are numbered with 32 bits.
const MOST_VALUES: u64 = 1 << 32;
const MOST_BYTES: u64 = 1 << 40;
