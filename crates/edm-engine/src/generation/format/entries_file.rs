//! Entry files: from an address to the rows that hold it. `entries_builder.rs` writes them.

use std::ops::Range;
use std::sync::Arc;

pub(crate) use edm_model::ValueStatistics as Statistics;

use crate::error::Error;
use crate::generation::format::layout::{self, Reader, entries as at};
use crate::generation::format::posting::Posting;
use crate::generation::format::sealed_file::SealedFile;
use crate::generation::prefilter::aligned_bytes::AlignedBytes;
use crate::generation::prefilter::bloom::{self, Block};

const BLOCK_BYTES: usize = 16;
/// Blocks that are decrypted at once of a bucket. One of eight entries has six; a bucket of more
/// than this is halved until it fits.
const BUCKET_BLOCKS: usize = 16;
const BUCKET_BYTES_MAX: usize = (BUCKET_BLOCKS - 1) * BLOCK_BYTES;
/// Buckets that are decrypted at once when all entries are read.
const BUCKETS_AT_ONCE: usize = 1_024;

/// An opened entry file. Its filters are decrypted; everything else is where it is read.
pub(crate) struct EntriesFile {
    file: Arc<SealedFile>,
    pub(crate) part: u16,
    part_bits: u32,
    pub(crate) columns: Vec<ColumnTable>,
    filters: Vec<AlignedBytes>,
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

/// The numbers of the entries of a bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Bucket {
    from: u32,
    to: u32,
}

/// The rows that hold an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rows<'a> {
    One(u32),
    Several(Posting<'a>),
}

impl<'a> Rows<'a> {
    /// Returns how many rows there are.
    pub(crate) fn len(&self) -> usize {
        match self {
            Rows::One(_) => 1,
            Rows::Several(posting) => posting.len(),
        }
    }

    /// Returns the rows, ascending.
    pub(crate) fn iter(&self) -> impl Iterator<Item = u32> + use<'a> {
        let (one, several) = match self {
            Rows::One(row) => (Some(*row), None),
            Rows::Several(posting) => (None, Some(posting.rows())),
        };
        one.into_iter().chain(several.into_iter().flatten())
    }
}

impl EntriesFile {
    pub(crate) fn open(
        sealed: Arc<SealedFile>,
        columns: usize,
        rules: usize,
        part_bits: u32,
    ) -> Result<Self, Error> {
        let name = sealed.name();
        let (file, damaged) = (name.as_str(), || Error::damaged(&name));
        let head_bytes = at::HEADER_BYTES + at::COLUMN_BYTES * columns + at::RULE_BYTES * rules;
        let head = sealed.plain(0, head_bytes).ok_or_else(damaged)?;
        layout::check_head(&head, at::MAGIC, file)?;
        let mut reader = Reader { bytes: &head, at: 10, file };
        let part = reader.u16()?;
        // The caller knows these from the manifest: a file of another generation must not pass for
        // one of this.
        let header =
            (u32::from(reader.u8()?), reader.u8()?, usize::from(reader.u16()?), usize::from(reader.u16()?));
        if header != (part_bits, 0, columns, rules) {
            return Err(damaged());
        }
        reader.at = at::HEADER_BYTES;
        let length = sealed.length();
        let tables = (0..columns)
            .map(|_| ColumnTable::open(&mut reader, length, part_bits))
            .collect::<Result<Vec<_>, _>>()?;
        let mut filters = Vec::new();
        for _ in 0..rules {
            let (start, blocks) = (reader.u64()? as usize, reader.u64()? as usize);
            let bytes = blocks.checked_mul(bloom::BLOCK_BYTES).ok_or_else(damaged)?;
            inside(length, start, bytes, file)?;
            let mut filter = AlignedBytes::zeros(bytes);
            sealed.read_into(start, filter.as_mut_slice()).ok_or_else(damaged)?;
            filters.push(filter);
        }
        Ok(Self { part, part_bits, columns: tables, filters, file: sealed })
    }

    pub(crate) fn filter(&self, rule: usize) -> &[Block] {
        self.filters.get(rule).expect("a filter for each rule").as_slice().as_chunks().0
    }

    /// Returns the rows that others took the place of.
    pub(crate) fn superseded(&self) -> Vec<u32> {
        let lists = self.columns.iter().flat_map(|table| {
            let (start, end) = table.superseded;
            self.file.plain(start, end - start).expect("inside the file since it was opened")
        });
        lists.collect::<Vec<u8>>().as_chunks::<4>().0.iter().map(|row| u32::from_le_bytes(*row)).collect()
    }

    /// Returns the rows of a searchable column that hold an address of this part, given the bucket
    /// of the address.
    pub(crate) fn rows(&self, column: usize, address: u64, bucket: Bucket) -> Option<Rows<'_>> {
        let table = self.searchable(column)?;
        let remainder_bits = 64 - self.part_bits - table.bucket_bits;
        let wanted = remainder_of(address, remainder_bits);
        // A damaged directory may name any number: entries are read with bounds, so the worst is a
        // value that is not found, and `verify` reports the damage.
        let (mut low, mut high) = (bucket.from as usize, (bucket.to as usize).min(table.entries));
        // Only a bucket that is much larger than usual is halved in the file.
        while high.checked_sub(low)? * table.entry_bytes > BUCKET_BYTES_MAX {
            let middle = low + (high - low) / 2;
            match self.entry(table, middle)? {
                entry if table.remainder(entry) > wanted => high = middle,
                _ => low = middle,
            }
        }
        if low == high {
            return None;
        }
        // The rest is decrypted in one go, which takes hardly longer than one entry.
        let start = table.entries_at + low * table.entry_bytes;
        let within = start % BLOCK_BYTES;
        let count = high - low;
        // One block more: entries are read as 16 bytes.
        let mut blocks = [[0; BLOCK_BYTES]; BUCKET_BLOCKS + 1];
        let used = (within + count * table.entry_bytes).div_ceil(BLOCK_BYTES);
        self.file.blocks(start / BLOCK_BYTES, blocks.get_mut(..used)?)?;
        let bytes = blocks.as_flattened().get(within..)?;
        let (mut low, mut high) = (0, count);
        while low < high {
            let middle = low + (high - low) / 2;
            let entry = table.entry_in(bytes, middle)?;
            let remainder = table.remainder(entry);
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

    /// Prefetches the directory's entries of an address: what [`EntriesFile::bucket`] reads.
    pub(crate) fn prefetch_directory(&self, column: usize, address: u64) {
        let Some(table) = self.searchable(column) else { return };
        self.file.prefetch(table.directory_at + self.bucket_number(table, address) * 4);
    }

    /// Prefetches the entries of a bucket: what [`EntriesFile::rows`] reads next.
    pub(crate) fn prefetch_entries(&self, column: usize, bucket: Bucket) {
        let Some(table) = self.searchable(column) else { return };
        // A bucket is two cache lines at most, mostly.
        let at = |index: u32| table.entries_at + index as usize * table.entry_bytes;
        self.file.prefetch(at(bucket.from));
        self.file.prefetch(at(bucket.to).saturating_sub(1));
    }

    /// Returns the bucket of an address in a searchable column.
    pub(crate) fn bucket(&self, column: usize, address: u64) -> Option<Bucket> {
        let table = self.searchable(column)?;
        let at = table.directory_at + self.bucket_number(table, address) * 4;
        let [a, b, c, d, e, f, g, h] = self.file.read(at)?;
        Some(Bucket { from: u32::from_le_bytes([a, b, c, d]), to: u32::from_le_bytes([e, f, g, h]) })
    }

    fn searchable(&self, column: usize) -> Option<&ColumnTable> {
        self.columns.get(column).filter(|table| table.searchable)
    }

    fn bucket_number(&self, table: &ColumnTable, address: u64) -> usize {
        bucket_of(address, self.part_bits, table.bucket_bits) as usize
    }

    /// Returns whether a column of the file has entries to look up.
    pub(crate) fn is_searchable(&self, column: usize) -> bool {
        self.searchable(column).is_some()
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
        let buckets = 1usize << table.bucket_bits;
        for first in (0..buckets).step_by(BUCKETS_AT_ONCE) {
            let some = first..buckets.min(first + BUCKETS_AT_ONCE);
            // Only a damaged file ends here.
            if self.each_in(table, some, &mut take).is_none() {
                return;
            }
        }
    }

    fn each_in(
        &self,
        table: &ColumnTable,
        buckets: Range<usize>,
        take: &mut impl FnMut(u64, Rows<'_>),
    ) -> Option<()> {
        // An address is put together again from the part, the bucket and the remainder.
        let bucket_shift = 64 - self.part_bits - table.bucket_bits;
        let above = |value: u64, shift: u32| value.checked_shl(shift).unwrap_or(0);
        let part = above(u64::from(self.part), 64 - self.part_bits);
        let directory = self.file.plain(table.directory_at + buckets.start * 4, (buckets.len() + 1) * 4)?;
        let (bounds, _) = directory.as_chunks::<4>();
        let bound = |number: &[u8; 4]| (u32::from_le_bytes(*number) as usize).min(table.entries);
        let (first, last) = (bound(bounds.first()?), bound(bounds.last()?));
        let bytes = last.checked_sub(first)? * table.entry_bytes;
        let mut entries = self.file.plain(table.entries_at + first * table.entry_bytes, bytes)?;
        // Entries are read as 16 bytes.
        entries.resize(bytes + BLOCK_BYTES, 0);
        for (bucket, bounds) in buckets.zip(bounds.array_windows()) {
            let [from, to] = bounds;
            for index in bound(from)..bound(to) {
                let entry = table.entry_in(&entries, index.checked_sub(first)?)?;
                if let Some(rows) = self.value(table, entry) {
                    take(part | above(bucket as u64, bucket_shift) | table.remainder(entry), rows);
                }
            }
        }
        Some(())
    }

    fn entry(&self, table: &ColumnTable, index: usize) -> Option<u128> {
        let mut entry = [0; BLOCK_BYTES];
        let bytes = entry.get_mut(..table.entry_bytes)?;
        self.file.read_into(table.entries_at + index * table.entry_bytes, bytes)?;
        Some(u128::from_le_bytes(entry))
    }

    fn value(&self, table: &ColumnTable, entry: u128) -> Option<Rows<'_>> {
        let value = (entry & ((1 << table.value_bits) - 1)) as usize;
        // The flag says whether the value is a row or where a posting list begins.
        if entry >> table.value_bits & 1 == 0 {
            return Some(Rows::One(value as u32));
        }
        let (start, end) = table.postings;
        let at = start.checked_add(value).filter(|at| *at < end)?;
        Some(Rows::Several(Posting::new(&self.file, at, end)))
    }
}

fn inside(content: usize, start: usize, length: usize, file: &str) -> Result<usize, Error> {
    start.checked_add(length).filter(|end| *end <= content).ok_or_else(|| Error::damaged(file))
}

impl ColumnTable {
    /// Reads what the head says of a column, given the bytes of the whole file.
    fn open(reader: &mut Reader<'_>, content: usize, part_bits: u32) -> Result<Self, Error> {
        let file = reader.file;
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
        // Only with sane bits can the others be counted.
        let wide = |bits: u32| bits.div_ceil(8) as usize == entry_bytes;
        if !sane || searchable && !wide(65 - part_bits - bucket_bits + value_bits) {
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

    /// Returns an entry of some that follow one another in `bytes`.
    fn entry_in(&self, bytes: &[u8], index: usize) -> Option<u128> {
        // 16 bytes are read faster than fewer.
        let wide = bytes.get(index * self.entry_bytes..)?.first_chunk()?;
        Some(u128::from_le_bytes(*wide) & self.entry_mask)
    }

    /// Returns the low bits of an entry's address. An entry is remainder, posting flag and value,
    /// from the top down.
    fn remainder(&self, entry: u128) -> u64 {
        (entry >> (self.value_bits + 1)) as u64
    }
}

pub(crate) fn bucket_of(address: u64, part_bits: u32, bucket_bits: u32) -> u64 {
    if bucket_bits == 0 { 0 } else { (address << part_bits) >> (64 - bucket_bits) }
}

pub(crate) fn remainder_of(address: u64, remainder_bits: u32) -> u64 {
    if remainder_bits == 64 { address } else { address & ((1 << remainder_bits) - 1) }
}
