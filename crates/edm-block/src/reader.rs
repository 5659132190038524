//! Reads a block: bytes to verified rows. Everything is checked before any row is returned.

use edm_hash::{
    ALGORITHM_VERSION, ColumnCounts, ColumnView, Histogram, RowsView, RuleSummary, Shape, ShapeSummary,
    UNICODE_VERSION,
};
use edm_model::{KeyId, StoreId, limits};
use sha2::{Digest, Sha256};

use crate::error::{Error, ErrorKind};
use crate::layout::{self, BlockHeader, Operation};

/// A verified block.
#[derive(Debug)]
pub struct Block<'a> {
    header: BlockHeader,
    rows: RowsView<'a>,
    sha256: [u8; 32],
}

impl<'a> Block<'a> {
    /// Verifies the bytes of a block, its checksum included. Fails with the first problem, in the
    /// order size, magic, versions, length, checksum, content.
    pub fn open(bytes: &'a [u8]) -> Result<Self, Error> {
        Self::open_with(bytes, |content| Some(Sha256::digest(content).into()))
    }

    /// Like [`Block::open`], for bytes that were verified before and cannot have changed since, for
    /// example because authenticated encryption protected them. Skips the checksum, which is most
    /// of the work.
    pub fn reopen(bytes: &'a [u8]) -> Result<Self, Error> {
        Self::open_with(bytes, |_| None)
    }

    fn open_with(bytes: &'a [u8], digest: impl FnOnce(&[u8]) -> Option<[u8; 32]>) -> Result<Self, Error> {
        if bytes.len() > limits::BLOCK_BYTES_MAX {
            return Err(Error::new(ErrorKind::TooLarge));
        }
        if !bytes.starts_with(layout::MAGIC) {
            let short = bytes.len() < layout::MAGIC.len() && layout::MAGIC.starts_with(bytes);
            return Err(Error::new(if short { ErrorKind::Truncated } else { ErrorKind::BadMagic }));
        }
        if bytes.len() < layout::HEADER_BYTES + layout::CHECKSUM_BYTES {
            return Err(Error::new(ErrorKind::Truncated));
        }
        let mut header = Cursor { bytes, at: layout::VERSION_AT };
        let versions = [header.u16()?, header.u16()?, header.u16()?];
        if versions != [layout::FORMAT_VERSION, ALGORITHM_VERSION, UNICODE_VERSION] {
            return Err(Error::new(ErrorKind::UnknownVersion));
        }
        let length = header.at(layout::LENGTH_AT).u64()?;
        if length != bytes.len() as u64 {
            let short = length > bytes.len() as u64;
            return Err(Error::new(if short { ErrorKind::Truncated } else { ErrorKind::Malformed }));
        }
        let checksum = bytes.split_last_chunk::<{ layout::CHECKSUM_BYTES }>();
        let (content, sha256) = checksum.ok_or(Error::new(ErrorKind::Truncated))?;
        let sha256 = *sha256;
        if digest(content).is_some_and(|digest| digest != sha256) {
            return Err(Error::new(ErrorKind::BadChecksum));
        }
        let header = read_header(content)?;
        let rows = read_rows(content, &header)?;
        Ok(Self { header, rows, sha256 })
    }

    /// Returns the header.
    pub fn header(&self) -> &BlockHeader {
        &self.header
    }

    /// Returns the SHA-256 at the end of the block.
    pub fn sha256(&self) -> [u8; 32] {
        self.sha256
    }

    /// Returns the rows.
    pub fn rows(&self) -> &RowsView<'a> {
        &self.rows
    }

    /// Returns the number of rejected records.
    pub fn rejected_count(&self) -> u32 {
        self.rows.rejected_count
    }
}

const fn malformed() -> Error {
    Error::new(ErrorKind::Malformed)
}

fn read_header(content: &[u8]) -> Result<BlockHeader, Error> {
    let cursor = |at| Cursor { bytes: content, at };
    let operation = match cursor(layout::OPERATION_AT).u16()? {
        0 => Operation::Upsert,
        1 => Operation::Delete,
        _ => return Err(malformed()),
    };
    let header = BlockHeader {
        store_id: StoreId::from_bytes(cursor(layout::STORE_AT).array()?),
        key_id: KeyId::from_bytes(cursor(layout::KEY_AT).array()?),
        plan_digest: cursor(layout::PLAN_AT).array()?,
        operation,
        number: cursor(layout::NUMBER_AT).u32()?,
        first_row: cursor(layout::FIRST_ROW_AT).u64()?,
        row_count: cursor(layout::ROWS_AT).u32()?,
    };
    let past =
        header.first_row.checked_add(u64::from(header.row_count)).is_none_or(|end| end > limits::ROWS_MAX);
    let reserved = cursor(layout::REJECTED_AT + 4).take(layout::HEADER_BYTES - layout::REJECTED_AT - 4)?;
    if header.row_count == 0 || past || reserved.iter().any(|byte| *byte != 0) {
        return Err(malformed());
    }
    Ok(header)
}

fn read_rows<'a>(content: &'a [u8], header: &BlockHeader) -> Result<RowsView<'a>, Error> {
    let columns = usize::from(Cursor { bytes: content, at: layout::COLUMNS_AT }.u16()?);
    let rules = usize::from(Cursor { bytes: content, at: layout::RULES_AT }.u16()?);
    let rejected_count = Cursor { bytes: content, at: layout::REJECTED_AT }.u32()?;
    if columns == 0 || columns > limits::COLUMNS_MAX || rules == 0 || rules > columns {
        return Err(malformed());
    }
    let mut cursor = Cursor { bytes: content, at: layout::HEADER_BYTES };
    let rejected = cursor.bitmap(header.row_count)?;
    if count_ones(rejected) != rejected_count {
        return Err(malformed());
    }
    let columns = (0..columns)
        .map(|_| read_column(&mut cursor, header.row_count, rejected))
        .collect::<Result<_, _>>()?;
    let rules = (0..rules).map(|_| read_rule(&mut cursor)).collect::<Result<_, _>>()?;
    if cursor.at != content.len() {
        return Err(malformed());
    }
    Ok(RowsView { row_count: header.row_count, rejected, rejected_count, columns, rules })
}

fn read_column<'a>(
    cursor: &mut Cursor<'a>,
    row_count: u32,
    rejected: &[u8],
) -> Result<ColumnView<'a>, Error> {
    let present = cursor.u32()?;
    let counts = ColumnCounts {
        too_long: cursor.u32()?,
        refused: cursor.u32()?,
        placeholders: cursor.u32()?,
        anchors: cursor.u32()?,
        dates: cursor.u32()?,
    };
    let histogram = read_histogram(cursor, present)?;
    let presence = cursor.bitmap(row_count)?;
    let both = presence.iter().zip(rejected).any(|(presence, rejected)| presence & rejected != 0);
    let absent = [counts.too_long, counts.refused, counts.placeholders].map(u64::from).iter().sum::<u64>();
    let inside = counts.anchors <= present && counts.dates <= present;
    if count_ones(presence) != present
        || both
        || !inside
        || absent + u64::from(present) > u64::from(row_count)
    {
        return Err(malformed());
    }
    let hashes = cursor.take((present as usize).checked_mul(16).ok_or_else(malformed)?)?;
    Ok(ColumnView { counts, histogram, presence, hashes })
}

fn read_histogram(cursor: &mut Cursor<'_>, present: u32) -> Result<Histogram, Error> {
    let count = cursor.u32()?;
    if count > layout::HISTOGRAM_MAX {
        return Err(malformed());
    }
    let mut histogram: Histogram = Vec::with_capacity(count as usize);
    for _ in 0..count {
        let [digits, letters] = cursor.array()?;
        let values = cursor.u32()?;
        let ascends = histogram.last().is_none_or(|(last, _)| *last < (digits, letters));
        if !ascends || digits > 63 || letters > 63 || values == 0 {
            return Err(malformed());
        }
        histogram.push(((digits, letters), values));
    }
    let total: u64 = histogram.iter().map(|(_, values)| u64::from(*values)).sum();
    if total != u64::from(present) {
        return Err(malformed());
    }
    Ok(histogram)
}

fn read_rule(cursor: &mut Cursor<'_>) -> Result<RuleSummary, Error> {
    let shapes = match cursor.u32()? {
        layout::NOT_LISTED => None,
        count if count > layout::SHAPES_MAX => return Err(malformed()),
        count => {
            let (entries, _) =
                cursor.take(count as usize * layout::SHAPE_BYTES)?.as_chunks::<{ layout::SHAPE_BYTES }>();
            let shape = |[a, b, c, d, mask]: &[u8; layout::SHAPE_BYTES]| Shape {
                atoms: u16::from_le_bytes([*a, *b]),
                bytes: u16::from_le_bytes([*c, *d]),
                mask: *mask,
            };
            let list: Vec<Shape> = entries.iter().map(shape).collect();
            if !list.is_sorted_by(|a, b| a < b) || !list.iter().all(is_possible) {
                return Err(malformed());
            }
            Some(ShapeSummary::decode(&list).ok_or_else(malformed)?)
        }
    };
    let vocabulary = match cursor.u32()? {
        layout::NOT_LISTED => None,
        count => {
            let length = (count as usize).checked_mul(4).ok_or_else(malformed)?;
            let (tags, _) = cursor.take(length)?.as_chunks::<4>();
            Some(tags.iter().map(|tag| u32::from_le_bytes(*tag)).collect::<Vec<_>>())
        }
    };
    let tags_ascend = vocabulary.as_ref().is_none_or(|list| list.is_sorted_by(|a, b| a < b));
    if !tags_ascend {
        return Err(malformed());
    }
    Ok(RuleSummary { shapes, vocabulary })
}

/// Returns whether a shape is plausible: no empty atom, and no more bytes than a cell.
fn is_possible(shape: &Shape) -> bool {
    shape.atoms <= shape.bytes && usize::from(shape.bytes) <= limits::CELL_BYTES_MAX
}

fn count_ones(bitmap: &[u8]) -> u32 {
    bitmap.iter().map(|byte| byte.count_ones()).sum()
}

/// A cursor over the bytes. It only moves forward, and never past the end.
struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    fn at(&self, at: usize) -> Cursor<'a> {
        Cursor { bytes: self.bytes, at }
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], Error> {
        let end = self.at.checked_add(length).ok_or_else(malformed)?;
        let taken = self.bytes.get(self.at..end).ok_or_else(malformed)?;
        self.at = end;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        self.take(N)?.try_into().map_err(|_| malformed())
    }

    fn u16(&mut self) -> Result<u16, Error> {
        self.array().map(u16::from_le_bytes)
    }

    fn u32(&mut self) -> Result<u32, Error> {
        self.array().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Result<u64, Error> {
        self.array().map(u64::from_le_bytes)
    }

    /// Reads one bit per row. The padding bits after the last row must be 0.
    fn bitmap(&mut self, rows: u32) -> Result<&'a [u8], Error> {
        let bitmap = self.take((rows as usize).div_ceil(8))?;
        let spare = rows % 8;
        if spare != 0 && bitmap.last().is_some_and(|byte| byte >> spare != 0) {
            return Err(malformed());
        }
        Ok(bitmap)
    }
}
