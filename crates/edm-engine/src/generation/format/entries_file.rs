//! Entry files: from an address to the rows that hold it. `entries_builder.rs` writes them.

pub(crate) use edm_model::ValueStatistics as Statistics;

use crate::error::Error;
use crate::generation::file_bytes::FileBytes;
use crate::generation::format::layout::{self, Reader, entries as at};
use crate::generation::prefilter::bloom::{self, Block};
use crate::prefetch::prefetch;

/// An opened entry file.
pub(crate) struct EntriesFile {
    bytes: FileBytes,
    pub(crate) part: u16,
    part_bits: u32,
    pub(crate) columns: Vec<ColumnTable>,
    filters: Vec<(usize, usize)>,
}

pub(crate) struct ColumnTable {
    pub(crate) statistics: Statistics,
    searchable: bool,
    bucket_bits: u32,
    entry_bytes: usize,
    entry_mask: u128,
    value_bits: u32,
    entries: usize,
    directory_at: usize,
    entries_at: usize,
    postings: (usize, usize),
    superseded: (usize, usize),
}

/// The rows that hold an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rows<'a> {
    One(u32),
    Posting(&'a [u8]),
}

impl Rows<'_> {
    /// Returns how many rows there are.
    pub(crate) fn len(&self) -> usize {
        match self {
            Rows::One(_) => 1,
            Rows::Posting(bytes) => read_leb128(&mut &**bytes).unwrap_or(0) as usize,
        }
    }

    /// Returns the rows, ascending.
    pub(crate) fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        let (one, mut rest) = match self {
            Rows::One(row) => (Some(*row), &[][..]),
            Rows::Posting(bytes) => (None, *bytes),
        };
        let mut left = if one.is_some() { 0 } else { read_leb128(&mut rest).unwrap_or(0) };
        let mut row = 0u32;
        one.into_iter().chain(std::iter::from_fn(move || {
            left = left.checked_sub(1)?;
            row = row.checked_add(read_leb128(&mut rest)?)?;
            Some(row)
        }))
    }
}

fn read_leb128(bytes: &mut &[u8]) -> Option<u32> {
    let mut value = 0u32;
    for shift in (0..35).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u32::from(byte & 0x7F).checked_shl(shift)?;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

impl EntriesFile {
    pub(crate) fn open(
        bytes: FileBytes,
        columns: usize,
        rules: usize,
        part_bits: u32,
        file: &str,
    ) -> Result<Self, Error> {
        let whole: &[u8] = (*bytes).as_ref();
        let content = layout::content(whole, at::MAGIC, file)?;
        let mut reader = Reader { bytes: content, at: 10, file };
        let part = reader.u16()?;
        // The caller knows these from the manifest: a file of another generation must not pass for
        // one of this.
        let header =
            (u32::from(reader.u8()?), reader.u8()?, usize::from(reader.u16()?), usize::from(reader.u16()?));
        if header != (part_bits, 0, columns, rules) {
            return Err(Error::damaged(file));
        }
        reader.at = at::HEADER_BYTES;
        let tables =
            (0..columns).map(|_| ColumnTable::open(&mut reader, part_bits)).collect::<Result<Vec<_>, _>>()?;
        let mut filters = Vec::new();
        for _ in 0..rules {
            let (start, blocks) = (reader.u64()? as usize, reader.u64()? as usize);
            let length = blocks.checked_mul(bloom::BLOCK_BYTES).ok_or_else(|| Error::damaged(file))?;
            filters.push((start, inside(content, start, length, file)?));
        }
        Ok(Self { part, part_bits, columns: tables, filters, bytes })
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        (*self.bytes).as_ref()
    }

    pub(crate) fn filter(&self, rule: usize) -> &[Block] {
        let bytes = self.filters.get(rule).and_then(|(start, end)| self.bytes().get(*start..*end));
        bytes.expect("a filter for each rule, inside the file since it was opened").as_chunks().0
    }

    pub(crate) fn superseded(&self) -> impl Iterator<Item = u32> + '_ {
        self.columns.iter().flat_map(|table| {
            let (start, end) = table.superseded;
            let (rows, _) =
                self.bytes().get(start..end).expect("inside the file since it was opened").as_chunks::<4>();
            rows.iter().map(|row| u32::from_le_bytes(*row))
        })
    }

    /// Returns the rows of a searchable column that hold an address of this part.
    pub(crate) fn rows(&self, column: usize, address: u64) -> Option<Rows<'_>> {
        let table = self.searchable(column)?;
        let bucket = self.bucket(table, address);
        // A damaged directory may name any number: entries are read with bounds, so the worst is a
        // value that is not found, and `verify` reports the damage.
        let (from, to) = (self.directory(table, bucket)?, self.directory(table, bucket + 1)?);
        let remainder_bits = 64 - self.part_bits - table.bucket_bits;
        let wanted = remainder_of(address, remainder_bits);
        // A bucket has about eight entries: three steps find one.
        let (mut low, mut high) = (from, to.min(table.entries));
        while low < high {
            let middle = low + (high - low) / 2;
            let entry = self.entry(table, middle)?;
            // An entry is remainder, posting flag, value, from the top down: comparing the
            // remainder needs one shift.
            let remainder = (entry >> (table.value_bits + 1)) as u64;
            if remainder == wanted {
                return self.value(table, entry);
            }
            if remainder < wanted {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        None
    }

    /// Prefetches the directory's entries of an address: the first thing that `rows` reads.
    pub(crate) fn prefetch_directory(&self, column: usize, address: u64) {
        let Some(table) = self.searchable(column) else { return };
        let at = table.directory_at + self.bucket(table, address) * 4;
        prefetch(self.bytes().get(at..).unwrap_or(&[]));
    }

    /// Prefetches the middle of an address's bucket: what `rows` reads next.
    pub(crate) fn prefetch_entries(&self, column: usize, address: u64) {
        let Some(table) = self.searchable(column) else { return };
        let bucket = self.bucket(table, address);
        let (Some(from), Some(to)) = (self.directory(table, bucket), self.directory(table, bucket + 1))
        else {
            return;
        };
        // The middle is what the binary search reads first, and a bucket is two cache lines at
        // most.
        let middle = from + to.saturating_sub(from) / 2;
        let at = middle.checked_mul(table.entry_bytes).and_then(|at| at.checked_add(table.entries_at));
        prefetch(at.and_then(|at| self.bytes().get(at..)).unwrap_or(&[]));
    }

    fn searchable(&self, column: usize) -> Option<&ColumnTable> {
        self.columns.get(column).filter(|table| table.searchable)
    }

    fn bucket(&self, table: &ColumnTable, address: u64) -> usize {
        bucket_of(address, self.part_bits, table.bucket_bits) as usize
    }

    /// Returns how many values of searchable columns the file holds.
    pub(crate) fn searchable_values(&self) -> u64 {
        self.columns.iter().filter(|table| table.searchable).map(|table| table.statistics.values).sum()
    }

    /// Returns how many entries a searchable column has.
    pub(crate) fn entry_count(&self, column: usize) -> usize {
        self.searchable(column).map_or(0, |table| table.entries)
    }

    /// Calls `take` with every address of a searchable column and its rows, in ascending order.
    pub(crate) fn each(&self, column: usize, mut take: impl FnMut(u64, Rows<'_>)) {
        let Some(table) = self.searchable(column) else { return };
        // An address is put together again from the part, the bucket and the remainder.
        let bucket_shift = 64 - self.part_bits - table.bucket_bits;
        let above = |value: u64, shift: u32| value.checked_shl(shift).unwrap_or(0);
        let part = above(u64::from(self.part), 64 - self.part_bits);
        for bucket in 0..1usize << table.bucket_bits {
            let (from, to) = (self.directory(table, bucket), self.directory(table, bucket + 1));
            for index in from.unwrap_or(0)..to.unwrap_or(0).min(table.entries) {
                // Only a damaged file ends here.
                let Some(entry) = self.entry(table, index) else { return };
                let remainder = (entry >> (table.value_bits + 1)) as u64;
                if let Some(rows) = self.value(table, entry) {
                    take(part | above(bucket as u64, bucket_shift) | remainder, rows);
                }
            }
        }
    }

    fn directory(&self, table: &ColumnTable, bucket: usize) -> Option<usize> {
        let at = table.directory_at + bucket * 4;
        let number = self.bytes().get(at..at + 4)?.try_into().ok()?;
        Some(u32::from_le_bytes(number) as usize)
    }

    fn entry(&self, table: &ColumnTable, index: usize) -> Option<u128> {
        let at = table.entries_at + index * table.entry_bytes;
        // What follows an entry is in the file too, at least its checksum: 16 bytes are read faster
        // than fewer.
        let wide = self.bytes().get(at..)?.first_chunk()?;
        Some(u128::from_le_bytes(*wide) & table.entry_mask)
    }

    fn value(&self, table: &ColumnTable, entry: u128) -> Option<Rows<'_>> {
        let value = (entry & ((1 << table.value_bits) - 1)) as usize;
        // The flag says whether the value is a row or where a posting list begins.
        if entry >> table.value_bits & 1 == 0 {
            return Some(Rows::One(value as u32));
        }
        let (start, end) = table.postings;
        self.bytes().get(start.checked_add(value)?..end).map(Rows::Posting)
    }
}

fn inside(content: &[u8], start: usize, length: usize, file: &str) -> Result<usize, Error> {
    start.checked_add(length).filter(|end| *end <= content.len()).ok_or_else(|| Error::damaged(file))
}

impl ColumnTable {
    fn open(reader: &mut Reader<'_>, part_bits: u32) -> Result<Self, Error> {
        let (content, file) = (reader.bytes, reader.file);
        let end = reader.at + at::COLUMN_BYTES;
        let mut statistics = Statistics {
            values: reader.u64()?,
            distinct: reader.u64()?,
            repeats: reader.u128()?,
            rare: reader.u64()?,
            largest: 0,
        };
        let searchable = reader.u8()? == 1;
        let (bucket_bits, entry_bytes, value_bits) =
            (u32::from(reader.u8()?), usize::from(reader.u8()?), u32::from(reader.u8()?));
        reader.take(4)?;
        let mut field = || reader.u64().map(|field| field as usize);
        let (entries, directory_at, entries_at) = (field()?, field()?, field()?);
        let (postings_at, postings_bytes) = (field()?, field()?);
        let (superseded, superseded_at) = (field()?, field()?);
        statistics.largest = reader.u64()?;
        reader.at = end;
        // Bounds that the shifts below rely on: a file that breaks them must be refused here, since
        // nothing checks them later.
        let sane =
            bucket_bits <= 30 && value_bits <= 40 && part_bits + bucket_bits <= 64 && entry_bytes <= 16;
        let wide =
            !searchable || (65 - part_bits - bucket_bits + value_bits).div_ceil(8) as usize == entry_bytes;
        if !sane || !wide {
            return Err(Error::damaged(file));
        }
        if searchable {
            inside(content, directory_at, ((1 << bucket_bits) + 1) * 4, file)?;
        }
        let packed = entries.checked_mul(entry_bytes).ok_or_else(|| Error::damaged(file))?;
        inside(content, entries_at, packed, file)?;
        let superseded_bytes = superseded.checked_mul(4).ok_or_else(|| Error::damaged(file))?;
        Ok(Self {
            statistics,
            searchable,
            bucket_bits,
            entry_bytes,
            entry_mask: u128::MAX.checked_shr(128 - entry_bytes as u32 * 8).unwrap_or(0),
            value_bits,
            entries,
            directory_at,
            entries_at,
            postings: (postings_at, inside(content, postings_at, postings_bytes, file)?),
            superseded: (superseded_at, inside(content, superseded_at, superseded_bytes, file)?),
        })
    }
}

pub(crate) fn bucket_of(address: u64, part_bits: u32, bucket_bits: u32) -> u64 {
    if bucket_bits == 0 { 0 } else { (address << part_bits) >> (64 - bucket_bits) }
}

pub(crate) fn remainder_of(address: u64, remainder_bits: u32) -> u64 {
    if remainder_bits == 64 { address } else { address & ((1 << remainder_bits) - 1) }
}
