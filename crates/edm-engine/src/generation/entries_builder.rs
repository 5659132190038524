//! Gathers the entries of one part of the address space and writes their file.

use std::sync::Arc;

use edm_hash::{Hash, RowsView, address};
use edm_model::{Columns, Rule};

use super::entries_file::{Statistics, bucket_of, remainder_of};
use super::group::Part;
use super::layout::{self, FORMAT_VERSION, entries as at};
use super::reader::Generation;
use crate::filter;

/// Gathers the addresses of one part and writes its file.
pub(crate) struct EntriesBuilder {
    part: Part,
    rows_total: u32,
    rules: Vec<Rule>,
    columns: Vec<ColumnBuilder>,
    /// What a delta changes; `None` in a whole table.
    update: Option<Update>,
}

/// What a delta builds on, and what its rows do to it.
struct Update {
    base: Arc<Generation>,
    /// Whether the base's own entries are gathered too, not only those of earlier deltas.
    compacts: bool,
    /// The keys that the delta names.
    keys: Vec<Hash>,
    /// Addresses of keys to be removed, each with the row of the delta that says so.
    removals: Vec<(u64, u32)>,
    /// Rows of the delta that hold no record. Kept by the first part, for all.
    removing_rows: Vec<u32>,
}

impl Update {
    /// Returns the rows that can be found no longer: of the base, those whose key the delta names; of the delta, those
    /// whose key a later row names, and those that only say what is removed.
    fn superseded(&mut self, key_column: usize, mut own: Vec<(u64, u32)>) -> Vec<u32> {
        own.append(&mut self.removals);
        own.sort_unstable();
        let mut superseded = overtaken(&own);
        superseded.append(&mut self.removing_rows);
        // Once for each key, however often the delta names it: its rows in the base may be many.
        self.keys.sort_unstable();
        self.keys.dedup();
        for hash in &self.keys {
            let Some(rows) = self.base.rows_of(key_column, hash) else { continue };
            let held = |row: &u32| !self.base.is_tombstone(*row) && self.base.holds(*row, key_column, hash);
            superseded.extend(rows.iter().filter(held));
        }
        superseded.sort_unstable();
        superseded.dedup();
        superseded
    }
}

/// Returns the rows of sorted entries whose address a later row has too.
fn overtaken(entries: &[(u64, u32)]) -> Vec<u32> {
    let rows = entries.windows(2).filter_map(|pair| match pair {
        [(address, row), (next, _)] if address == next => Some(*row),
        _ => None,
    });
    let mut rows: Vec<u32> = rows.collect();
    rows.sort_unstable();
    rows
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
    pub(crate) fn new(columns: &Columns, part: Part, rows_total: u32) -> Self {
        let rules = columns.rules();
        let column = |column: &edm_model::Column| ColumnBuilder {
            searchable: column.searchable,
            key: column.key,
            rule: rules.iter().position(|rule| *rule == column.rule).unwrap_or(0),
            entries: Vec::new(),
            addresses: Vec::new(),
        };
        let columns = columns.as_slice().iter().map(column).collect();
        Self { part, rows_total, rules, columns, update: None }
    }

    /// Builds on a generation: gathers what earlier deltas brought and, where it compacts, what they built on.
    pub(crate) fn on(mut self, base: Arc<Generation>, compacts: bool) -> Self {
        let (keys, removals, removing_rows) = (Vec::new(), Vec::new(), Vec::new());
        self.update = Some(Update { base, compacts, keys, removals, removing_rows });
        self
    }

    pub(crate) fn add(&mut self, first_row: u32, rows: &RowsView<'_>) {
        let part = self.part;
        for (column, view) in self.columns.iter_mut().zip(&rows.columns) {
            let values = view.values().filter(|(_, hash)| part.holds(address(hash)));
            let values = values.map(|(row, hash)| (address(&hash), first_row + row));
            if column.searchable {
                column.entries.extend(values);
            } else if self.update.is_none() {
                // Counted for the classes, which a delta leaves as they are.
                column.addresses.extend(values.map(|(address, _)| address));
            }
            if let Some(update) = self.update.as_mut().filter(|_| column.key) {
                update
                    .keys
                    .extend(view.values().map(|(_, hash)| hash).filter(|hash| part.holds(address(hash))));
            }
        }
    }

    /// Takes rows that name the keys of records to be removed; their other cells count for nothing.
    pub(crate) fn remove(&mut self, first_row: u32, rows: &RowsView<'_>) {
        let Some(update) = &mut self.update else { return };
        if self.part.number == 0 {
            let rejected = |row: u32| {
                let byte = rows.rejected.get(row as usize / 8).copied().unwrap_or(0);
                byte >> (row % 8) & 1 == 1
            };
            let removing = (0..rows.row_count).filter(|row| !rejected(*row));
            update.removing_rows.extend(removing.map(|row| first_row + row));
        }
        for (column, view) in self.columns.iter().zip(&rows.columns).filter(|(column, _)| column.key) {
            debug_assert!(column.searchable, "a key column is searchable");
            for (row, hash) in view.values().filter(|(_, hash)| self.part.holds(address(hash))) {
                update.keys.push(hash);
                update.removals.push((address(&hash), first_row + row));
            }
        }
    }

    pub(crate) fn finish(mut self) -> Vec<u8> {
        let (part_bits, rows_total) = (self.part.bits, self.rows_total);
        let mut statistics = Vec::new();
        let mut sections = Vec::new();
        let mut filters: Vec<Vec<u64>> = self.rules.iter().map(|_| Vec::new()).collect();
        for (index, column) in self.columns.iter_mut().enumerate() {
            let mut own = Statistics::default();
            let mut section = Section::default();
            if column.searchable {
                let mut entries = std::mem::take(&mut column.entries);
                let mut superseded = Vec::new();
                if let Some(update) = &mut self.update {
                    if column.key {
                        superseded = update.superseded(index, entries.clone());
                    }
                    update.base.gather(index, self.part, update.compacts, &mut entries);
                    entries.sort_unstable();
                } else {
                    entries.sort_unstable();
                    if column.key {
                        superseded = overtaken(&entries);
                    }
                }
                entries.chunk_by(|a, b| a.0 == b.0).for_each(|same| own.count(same.len() as u64));
                if let Some(filter) = filters.get_mut(column.rule) {
                    filter.extend(
                        entries.chunk_by(|a, b| a.0 == b.0).filter_map(|same| same.first()).map(|e| e.0),
                    );
                }
                section = Section::pack(&entries, own.distinct, part_bits, rows_total);
                section.superseded = superseded.iter().flat_map(|row| row.to_le_bytes()).collect();
            } else {
                let mut addresses = std::mem::take(&mut column.addresses);
                addresses.sort_unstable();
                addresses.chunk_by(|a, b| a == b).for_each(|same| own.count(same.len() as u64));
            }
            statistics.push(own);
            sections.push(section);
        }
        let filters: Vec<Vec<u8>> =
            filters.into_iter().map(|addresses| build_filter(addresses, part_bits)).collect();
        let searchable: Vec<bool> = self.columns.iter().map(|column| column.searchable).collect();
        let columns: Vec<(Statistics, Section, bool)> = statistics
            .into_iter()
            .zip(sections)
            .zip(searchable)
            .map(|((own, section), searchable)| (own, section, searchable))
            .collect();
        written(self.part, &columns, &filters)
    }
}

/// Returns the bytes of the file.
fn written(part: Part, columns: &[(Statistics, Section, bool)], filters: &[Vec<u8>]) -> Vec<u8> {
    let mut out = at::MAGIC.to_vec();
    out.extend_from_slice(&FORMAT_VERSION.to_le_bytes());
    out.extend_from_slice(&part.number.to_le_bytes());
    out.extend_from_slice(&[part.bits as u8, 0]);
    out.extend_from_slice(&(columns.len() as u16).to_le_bytes());
    out.extend_from_slice(&(filters.len() as u16).to_le_bytes());
    let tables = at::HEADER_BYTES + at::COLUMN_BYTES * columns.len() + at::RULE_BYTES * filters.len();
    out.resize(tables, 0);
    for (index, (own, section, searchable)) in columns.iter().enumerate() {
        let table = at::HEADER_BYTES + index * at::COLUMN_BYTES;
        let header = column_header(own, section, *searchable, &mut out);
        out[table..table + at::COLUMN_BYTES].copy_from_slice(&header);
    }
    for (index, filter) in filters.iter().enumerate() {
        let table = at::HEADER_BYTES + at::COLUMN_BYTES * columns.len() + index * at::RULE_BYTES;
        let start = push_section(&mut out, filter);
        out[table..table + 8].copy_from_slice(&start.to_le_bytes());
        let blocks = (filter.len() / filter::BLOCK_BYTES) as u64;
        out[table + 8..table + 16].copy_from_slice(&blocks.to_le_bytes());
    }
    layout::seal(out)
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
    fn pack(entries: &[(u64, u32)], distinct: u64, part_bits: u32, rows_total: u32) -> Section {
        let mut postings = Vec::new();
        let mut values: Vec<(u64, u64, bool)> = Vec::with_capacity(distinct as usize);
        for same in entries.chunk_by(|a, b| a.0 == b.0) {
            let Some(((address, row), rest)) = same.split_first() else { continue };
            if rest.is_empty() {
                values.push((*address, u64::from(*row), false));
                continue;
            }
            values.push((*address, postings.len() as u64, true));
            push_posting(&mut postings, same);
        }
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
        Section {
            bucket_bits,
            entry_bytes,
            value_bits,
            entries: values.len() as u64,
            directory,
            packed,
            postings,
            superseded: Vec::new(),
        }
    }
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
