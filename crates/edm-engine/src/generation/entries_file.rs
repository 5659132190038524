//! Entry files: from an address to the rows that hold it.

use edm_hash::{RowsView, address};
pub(crate) use edm_model::ValueStatistics as Statistics;
use edm_model::{Columns, Rule};

use super::layout::{self, FORMAT_VERSION, Reader, entries as at};
use crate::FileBytes;
use crate::error::Error;
use crate::filter;

/// Gathers the addresses of one part and writes its file.
pub(crate) struct EntriesBuilder {
    part: u16,
    part_bits: u32,
    rows_total: u32,
    rules: Vec<Rule>,
    columns: Vec<ColumnBuilder>,
}

struct ColumnBuilder {
    searchable: bool,
    key: bool,
    rule: usize,
    /// Filled where the column is searchable.
    entries: Vec<(u64, u32)>,
    /// Filled where it is not.
    addresses: Vec<u64>,
}

#[derive(Default)]
struct Section {
    bucket_bits: u32,
    entry_bytes: usize,
    value_bits: u32,
    entries: u64,
    directory: Vec<u8>,
    packed: Vec<u8>,
    postings: Vec<u8>,
    superseded: Vec<u8>,
}

impl EntriesBuilder {
    pub(crate) fn new(columns: &Columns, part: u16, part_bits: u32, rows_total: u32) -> Self {
        let rules = columns.rules();
        let column = |column: &edm_model::Column| ColumnBuilder {
            searchable: column.searchable,
            key: column.key,
            rule: rules.iter().position(|rule| *rule == column.rule).unwrap_or(0),
            entries: Vec::new(),
            addresses: Vec::new(),
        };
        let columns = columns.as_slice().iter().map(column).collect();
        Self { part, part_bits, rows_total, rules, columns }
    }

    pub(crate) fn add(&mut self, first_row: u32, rows: &RowsView<'_>) {
        let part = u64::from(self.part);
        let (part_bits, shift) = (self.part_bits, 64 - self.part_bits);
        let inside = |address: u64| part_bits == 0 || address >> shift == part;
        for (column, view) in self.columns.iter_mut().zip(&rows.columns) {
            let values = view.values().map(|(row, hash)| (address(&hash), first_row + row));
            let values = values.filter(|(address, _)| inside(*address));
            if column.searchable {
                column.entries.extend(values);
            } else {
                column.addresses.extend(values.map(|(address, _)| address));
            }
        }
    }

    pub(crate) fn finish(mut self) -> Vec<u8> {
        let (part_bits, rows_total) = (self.part_bits, self.rows_total);
        let mut statistics = Vec::new();
        let mut sections = Vec::new();
        let mut filters: Vec<Vec<u64>> = self.rules.iter().map(|_| Vec::new()).collect();
        for column in &mut self.columns {
            let mut own = Statistics::default();
            let mut section = Section::default();
            if column.searchable {
                let mut entries = std::mem::take(&mut column.entries);
                entries.sort_unstable();
                entries.chunk_by(|a, b| a.0 == b.0).for_each(|same| own.count(same.len() as u64));
                if let Some(filter) = filters.get_mut(column.rule) {
                    filter.extend(
                        entries.chunk_by(|a, b| a.0 == b.0).filter_map(|same| same.first()).map(|e| e.0),
                    );
                }
                section = Section::pack(&entries, own.distinct, part_bits, rows_total, column.key);
            } else {
                let mut addresses = std::mem::take(&mut column.addresses);
                addresses.sort_unstable();
                addresses.chunk_by(|a, b| a == b).for_each(|same| own.count(same.len() as u64));
            }
            statistics.push(own);
            sections.push(section);
        }
        let searchable: Vec<bool> = self.columns.iter().map(|column| column.searchable).collect();
        let filters: Vec<Vec<u8>> =
            filters.into_iter().map(|addresses| build_filter(addresses, part_bits)).collect();
        let mut out = at::MAGIC.to_vec();
        out.extend_from_slice(&FORMAT_VERSION.to_le_bytes());
        out.extend_from_slice(&self.part.to_le_bytes());
        out.extend_from_slice(&[self.part_bits as u8, 0]);
        out.extend_from_slice(&(statistics.len() as u16).to_le_bytes());
        out.extend_from_slice(&(filters.len() as u16).to_le_bytes());
        let tables = at::HEADER_BYTES + at::COLUMN_BYTES * statistics.len() + at::RULE_BYTES * filters.len();
        out.resize(tables, 0);
        for (index, (own, section)) in statistics.iter().zip(&sections).enumerate() {
            let table = at::HEADER_BYTES + index * at::COLUMN_BYTES;
            let header = column_header(own, section, searchable[index], &mut out);
            out[table..table + at::COLUMN_BYTES].copy_from_slice(&header);
        }
        for (index, filter) in filters.iter().enumerate() {
            let table = at::HEADER_BYTES + at::COLUMN_BYTES * statistics.len() + index * at::RULE_BYTES;
            let start = push_section(&mut out, filter);
            out[table..table + 8].copy_from_slice(&start.to_le_bytes());
            let blocks = (filter.len() / filter::BLOCK_BYTES) as u64;
            out[table + 8..table + 16].copy_from_slice(&blocks.to_le_bytes());
        }
        layout::seal(out)
    }
}

fn build_filter(mut addresses: Vec<u64>, part_bits: u32) -> Vec<u8> {
    if addresses.is_empty() {
        return Vec::new();
    }
    // In order of address the blocks are filled front to back, which is many times faster than at random.
    addresses.sort_unstable();
    addresses.dedup();
    let mut filter = vec![0; filter::blocks_for(addresses.len()) * filter::BLOCK_BYTES];
    addresses.iter().for_each(|address| filter::insert(&mut filter, *address, part_bits));
    filter
}

fn push_section(out: &mut Vec<u8>, section: &[u8]) -> u64 {
    out.resize(out.len().next_multiple_of(at::SECTION_ALIGNMENT), 0);
    let start = out.len() as u64;
    out.extend_from_slice(section);
    start
}

fn column_header(
    own: &Statistics,
    section: &Section,
    searchable: bool,
    out: &mut Vec<u8>,
) -> [u8; at::COLUMN_BYTES] {
    let directory_at = push_section(out, &section.directory);
    let entries_at = push_section(out, &section.packed);
    let postings_at = push_section(out, &section.postings);
    let superseded_at = push_section(out, &section.superseded);
    let mut header = Vec::with_capacity(at::COLUMN_BYTES);
    header.extend_from_slice(&own.values.to_le_bytes());
    header.extend_from_slice(&own.distinct.to_le_bytes());
    header.extend_from_slice(&own.repeats.to_le_bytes());
    header.extend_from_slice(&own.rare.to_le_bytes());
    header.extend_from_slice(&[
        u8::from(searchable),
        section.bucket_bits as u8,
        section.entry_bytes as u8,
        section.value_bits as u8,
        0,
        0,
        0,
        0,
    ]);
    let superseded = (section.superseded.len() / 4) as u64;
    for field in [
        section.entries,
        directory_at,
        entries_at,
        postings_at,
        section.postings.len() as u64,
        superseded,
        superseded_at,
    ] {
        header.extend_from_slice(&field.to_le_bytes());
    }
    header.extend_from_slice(&own.largest.to_le_bytes());
    header.resize(at::COLUMN_BYTES, 0);
    let mut table = [0; at::COLUMN_BYTES];
    table.copy_from_slice(&header);
    table
}

fn bits_for(largest: u64) -> u32 {
    64 - largest.leading_zeros()
}

impl Section {
    /// Packs sorted entries.
    fn pack(entries: &[(u64, u32)], distinct: u64, part_bits: u32, rows_total: u32, key: bool) -> Section {
        let mut postings = Vec::new();
        let mut superseded: Vec<u32> = Vec::new();
        let mut values: Vec<(u64, u64, bool)> = Vec::with_capacity(distinct as usize);
        for same in entries.chunk_by(|a, b| a.0 == b.0) {
            let Some(((address, row), rest)) = same.split_first() else { continue };
            if rest.is_empty() {
                values.push((*address, u64::from(*row), false));
                continue;
            }
            values.push((*address, postings.len() as u64, true));
            push_posting(&mut postings, same);
            if key {
                superseded.extend(same.iter().take(same.len() - 1).map(|(_, row)| *row));
            }
        }
        superseded.sort_unstable();
        // About eight entries a bucket.
        let bucket_bits = bits_for(values.len() as u64 / 8).min(30);
        let value_bits = bits_for((postings.len() as u64).max(u64::from(rows_total)));
        let remainder_bits = 64 - part_bits - bucket_bits;
        let entry_bytes = (remainder_bits + 1 + value_bits).div_ceil(8) as usize;
        let mut directory = Vec::with_capacity((1 << bucket_bits) * 4 + 4);
        let mut packed = Vec::with_capacity(values.len() * entry_bytes);
        let mut bucket = 0u64;
        directory.extend_from_slice(&0u32.to_le_bytes());
        for (index, (address, value, posting)) in values.iter().enumerate() {
            let own = bucket_of(*address, part_bits, bucket_bits);
            while bucket < own {
                directory.extend_from_slice(&(index as u32).to_le_bytes());
                bucket += 1;
            }
            let remainder = u128::from(remainder_of(*address, remainder_bits));
            let entry = (remainder << 1 | u128::from(*posting)) << value_bits | u128::from(*value);
            packed.extend(entry.to_le_bytes().into_iter().take(entry_bytes));
        }
        while bucket < 1 << bucket_bits {
            directory.extend_from_slice(&(values.len() as u32).to_le_bytes());
            bucket += 1;
        }
        let superseded = superseded.iter().flat_map(|row| row.to_le_bytes()).collect();
        Section {
            bucket_bits,
            entry_bytes,
            value_bits,
            entries: values.len() as u64,
            directory,
            packed,
            postings,
            superseded,
        }
    }
}

fn bucket_of(address: u64, part_bits: u32, bucket_bits: u32) -> u64 {
    if bucket_bits == 0 { 0 } else { (address << part_bits) >> (64 - bucket_bits) }
}

fn remainder_of(address: u64, remainder_bits: u32) -> u64 {
    if remainder_bits == 64 { address } else { address & ((1 << remainder_bits) - 1) }
}

fn push_posting(out: &mut Vec<u8>, same: &[(u64, u32)]) {
    push_leb128(out, same.len() as u32);
    let mut last = 0;
    for (_, row) in same {
        push_leb128(out, row - last);
        last = *row;
    }
}

fn push_leb128(out: &mut Vec<u8>, mut value: u32) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

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
            let length = blocks.checked_mul(filter::BLOCK_BYTES).ok_or_else(|| Error::damaged(file))?;
            filters.push((start, inside(content, start, length, file)?));
        }
        Ok(Self { part, part_bits, columns: tables, filters, bytes })
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        (*self.bytes).as_ref()
    }

    pub(crate) fn filter(&self, rule: usize) -> &[u8] {
        self.filters.get(rule).and_then(|(start, end)| self.bytes().get(*start..*end)).unwrap_or(&[])
    }

    pub(crate) fn superseded(&self) -> impl Iterator<Item = u32> + '_ {
        self.columns.iter().flat_map(|table| {
            let (start, end) = table.superseded;
            let (rows, _) = self.bytes().get(start..end).unwrap_or(&[]).as_chunks::<4>();
            rows.iter().map(|row| u32::from_le_bytes(*row))
        })
    }

    /// Returns the rows of a searchable column that hold an address of this part.
    pub(crate) fn rows(&self, column: usize, address: u64) -> Option<Rows<'_>> {
        let table = self.columns.get(column).filter(|table| table.searchable)?;
        let bucket = bucket_of(address, self.part_bits, table.bucket_bits) as usize;
        let (from, to) = (self.directory(table, bucket)?, self.directory(table, bucket + 1)?);
        let remainder_bits = 64 - self.part_bits - table.bucket_bits;
        let wanted = remainder_of(address, remainder_bits);
        let (mut low, mut high) = (from, to.min(table.entries));
        while low < high {
            let middle = low + (high - low) / 2;
            let entry = self.entry(table, middle)?;
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

    fn directory(&self, table: &ColumnTable, bucket: usize) -> Option<usize> {
        let at = table.directory_at + bucket * 4;
        let number = self.bytes().get(at..at + 4)?.try_into().ok()?;
        Some(u32::from_le_bytes(number) as usize)
    }

    fn entry(&self, table: &ColumnTable, index: usize) -> Option<u128> {
        let at = table.entries_at + index * table.entry_bytes;
        let bytes = self.bytes().get(at..at + table.entry_bytes)?;
        let mut wide = [0; 16];
        wide.get_mut(..bytes.len())?.copy_from_slice(bytes);
        Some(u128::from_le_bytes(wide))
    }

    fn value(&self, table: &ColumnTable, entry: u128) -> Option<Rows<'_>> {
        let value = (entry & ((1 << table.value_bits) - 1)) as usize;
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
            value_bits,
            entries,
            directory_at,
            entries_at,
            postings: (postings_at, inside(content, postings_at, postings_bytes, file)?),
            superseded: (superseded_at, inside(content, superseded_at, superseded_bytes, file)?),
        })
    }
}
