//! Writes the file of one part from sorted values (`docs/formats/generation.md`).
//!
//! ```text
//! head | column 0: directory, entries, postings, superseded | column 1 … | filters of rules
//!
//! address   | part | bucket | remainder |
//! directory   bucket → number of its first entry
//! entry       remainder, flag, row            a value of one row
//!             remainder, flag, posting list   a value of several rows: count, then differences
//! ```
//!
//! What must stay true: the bytes depend on the values alone. Two workers that build the same part
//! make the same file, and the manifest names it by the digest of its tags.

use crate::generation::build::value_sorter::ValueSorter;
use crate::generation::format::entries_file::{Statistics, bucket_of, remainder_of};
use crate::generation::format::layout::{FORMAT_VERSION, entries as at};
use crate::generation::format::part::Part;
use crate::generation::format::sealed_file::tags_bytes;
use crate::generation::prefilter::bloom;

/// Entries that a bucket of the directory has, about.
const BUCKET_ENTRIES: u64 = 8;
const BUCKET_BITS_MAX: u32 = 30;
/// Entries are written as 16 bytes, of which the next one overwrites what it does not need.
const ENTRY_BYTES_MAX: usize = 16;

/// What is written of a column.
pub(crate) enum Table {
    /// Its entries, which the filter at the position of its rule covers.
    Searchable { rule: usize, section: Section },
    /// What was counted.
    Counted(Statistics),
}

/// The values of a searchable column and how they are packed.
pub(crate) struct Section {
    gathered: ValueSorter,
    statistics: Statistics,
    postings_bytes: usize,
    bucket_bits: u32,
    entry_bytes: usize,
    value_bits: u32,
    superseded: Vec<u32>,
}

impl Section {
    /// Counts sorted values and decides how they are packed.
    pub(crate) fn measure(gathered: ValueSorter, part: Part, rows_total: u32, superseded: Vec<u32>) -> Self {
        let mut statistics = Statistics::default();
        let mut postings_bytes = 0;
        gathered.each(|_, rows| {
            statistics.count(rows.len() as u64);
            if rows.len() > 1 {
                let mut last = 0;
                let differences =
                    rows.iter().map(|row| leb128_bytes(row - std::mem::replace(&mut last, *row)));
                postings_bytes += leb128_bytes(rows.len() as u32) + differences.sum::<usize>();
            }
        });
        // A bucket of some eight entries: the directory stays small, and a look-up reads about one
        // cache line of entries.
        let bucket_bits = bits_for(statistics.distinct / BUCKET_ENTRIES).min(BUCKET_BITS_MAX);
        let value_bits = bits_for((postings_bytes as u64).max(u64::from(rows_total)));
        let entry_bytes = (64 - part.bits - bucket_bits + 1 + value_bits).div_ceil(8) as usize;
        Self { gathered, statistics, postings_bytes, bucket_bits, entry_bytes, value_bits, superseded }
    }

    fn directory_bytes(&self) -> usize {
        ((1 << self.bucket_bits) + 1) * 4
    }

    fn entries_bytes(&self) -> usize {
        self.statistics.distinct as usize * self.entry_bytes
    }

    /// Appends the sections, fills the filter and returns where the sections begin.
    fn write(&self, part: Part, out: &mut Vec<u8>, filter: &mut Filter) -> [usize; 4] {
        // Space for directory and entries is made first: both are then written in one pass over the
        // sorted values, from start to end.
        let directory_at = aligned(out);
        out.resize(directory_at + self.directory_bytes(), 0);
        let entries_at = aligned(out);
        let entries_end = entries_at + self.entries_bytes();
        // Each entry is written as 16 bytes, so the last one may write beyond its end; that is cut
        // off below.
        out.resize(entries_end + ENTRY_BYTES_MAX, 0);
        let mut postings = Vec::with_capacity(self.postings_bytes);
        let (directory, entries) = out.split_at_mut(entries_at);
        let (directory, _) = directory[directory_at..].as_chunks_mut::<4>();
        let remainder_bits = 64 - part.bits - self.bucket_bits;
        let (mut index, mut bucket) = (0u32, 0usize);
        self.gathered.each(|address, rows| {
            // The directory says for each bucket where its entries begin. Buckets without a value
            // begin where the next one does.
            let entry_bucket = bucket_of(address, part.bits, self.bucket_bits) as usize;
            while bucket < entry_bucket {
                bucket += 1;
                directory[bucket] = index.to_le_bytes();
            }
            // Mostly a value is in one row, which then is in the entry itself; only repeats need a
            // posting list.
            let (value, posting) = match rows {
                [row] => (u64::from(*row), 0),
                rows => (push_posting(&mut postings, rows), 1),
            };
            // The bucket number holds the top bits of the address, so an entry needs the rest only.
            //
            //     bits   | remainder | 1: posting list | row or place of the list |   little-endian
            //            remainder_bits                  value_bits
            //
            let remainder = u128::from(remainder_of(address, remainder_bits));
            let entry = (remainder << 1 | posting) << self.value_bits | u128::from(value);
            let at = index as usize * self.entry_bytes;
            entries[at..at + ENTRY_BYTES_MAX].copy_from_slice(&entry.to_le_bytes());
            index += 1;
            // Inserted here and not in a second pass: the addresses are in order now, so the
            // filter's blocks are too.
            filter.insert(address, part.bits);
        });
        // Buckets after the last value, and the end of the last bucket.
        directory[bucket + 1..=1 << self.bucket_bits].fill(index.to_le_bytes());
        out.truncate(entries_end);
        let postings_at = aligned(out);
        out.extend_from_slice(&postings);
        let superseded_at = aligned(out);
        out.extend(self.superseded.iter().flat_map(|row| row.to_le_bytes()));
        [directory_at, entries_at, postings_at, superseded_at]
    }
}

/// The filter of one rule while it is filled.
pub(crate) struct Filter(Vec<u8>);

impl Filter {
    /// Makes an empty filter of the size for the addresses of the rule's columns, of which equal
    /// ones count once.
    pub(crate) fn sized(tables: &[Table], rule: usize) -> Self {
        let sections = tables.iter().filter_map(|table| match table {
            Table::Searchable { rule: column_rule, section } if *column_rule == rule => Some(section),
            _ => None,
        });
        // A filter is sized by distinct addresses: a value of two columns of the rule sets the same
        // bits.
        let sections: Vec<&Section> = sections.filter(|section| section.statistics.values > 0).collect();
        let addresses = match sections[..] {
            [] => return Self(Vec::new()),
            [only] => only.statistics.distinct as usize,
            _ => {
                distinct_count(sections.iter().map(|section| section.gathered.addresses.as_slice()).collect())
            }
        };
        Self(vec![0; bloom::blocks_for(addresses) * bloom::BLOCK_BYTES])
    }

    /// In order of address the blocks are filled front to back, which is many times faster than at
    /// random.
    fn insert(&mut self, address: u64, part_bits: u32) {
        bloom::insert(&mut self.0, address, part_bits);
    }
}

/// Counts the distinct addresses of sorted lists.
fn distinct_count(mut rests: Vec<&[u64]>) -> usize {
    let mut addresses = 0;
    // A merge of sorted lists that only counts.
    while let Some(next) = rests.iter().filter_map(|rest| rest.first()).min().copied() {
        addresses += 1;
        for rest in &mut rests {
            let equal = rest.iter().take_while(|address| **address == next).count();
            *rest = &rest[equal..];
        }
    }
    addresses
}

/// Returns the content of the file.
pub(crate) fn file(part: Part, tables: Vec<Table>, mut filters: Vec<Filter>) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes_for(&tables, &filters));
    out.extend_from_slice(at::MAGIC);
    out.extend_from_slice(&FORMAT_VERSION.to_le_bytes());
    out.extend_from_slice(&part.number.to_le_bytes());
    out.extend_from_slice(&[part.bits as u8, 0]);
    out.extend_from_slice(&(tables.len() as u16).to_le_bytes());
    out.extend_from_slice(&(filters.len() as u16).to_le_bytes());
    let rules_at = at::HEADER_BYTES + at::COLUMN_BYTES * tables.len();
    // The head is filled in when the sections are written and their places are known.
    out.resize(rules_at + at::RULE_BYTES * filters.len(), 0);
    for (index, table) in tables.into_iter().enumerate() {
        let header = match &table {
            Table::Searchable { rule, section } => {
                let places = section.write(part, &mut out, &mut filters[*rule]);
                column_header(&section.statistics, Some(section), places)
            }
            Table::Counted(statistics) => {
                let end = aligned(&mut out);
                column_header(statistics, None, [end; 4])
            }
        };
        let table_at = at::HEADER_BYTES + index * at::COLUMN_BYTES;
        out[table_at..table_at + at::COLUMN_BYTES].copy_from_slice(&header);
    }
    for (index, Filter(filter)) in filters.into_iter().enumerate() {
        let table_at = rules_at + index * at::RULE_BYTES;
        let start = aligned(&mut out);
        out.extend_from_slice(&filter);
        out[table_at..table_at + 8].copy_from_slice(&(start as u64).to_le_bytes());
        let blocks = (filter.len() / bloom::BLOCK_BYTES) as u64;
        out[table_at + 8..table_at + 16].copy_from_slice(&blocks.to_le_bytes());
    }
    out
}

/// Returns the bytes of the file at most, its tags among them, so that it need not be moved as it
/// grows.
fn bytes_for(tables: &[Table], filters: &[Filter]) -> usize {
    let sections = tables.iter().map(|table| match table {
        Table::Searchable { section, .. } => {
            let lists = section.postings_bytes + section.superseded.len() * 4 + ENTRY_BYTES_MAX;
            section.directory_bytes() + section.entries_bytes() + lists + 4 * at::SECTION_ALIGNMENT
        }
        Table::Counted(_) => at::SECTION_ALIGNMENT,
    });
    let filters = filters.iter().map(|Filter(filter)| filter.len() + at::RULE_BYTES + at::SECTION_ALIGNMENT);
    let tables = at::HEADER_BYTES + at::COLUMN_BYTES * tables.len();
    let content = tables + sections.sum::<usize>() + filters.sum::<usize>();
    content + tags_bytes(content)
}

/// Fills up to where a section may begin, and returns where that is.
fn aligned(out: &mut Vec<u8>) -> usize {
    out.resize(out.len().next_multiple_of(at::SECTION_ALIGNMENT), 0);
    out.len()
}

/// Returns what the head of the file says of a column, given where its sections begin.
fn column_header(
    statistics: &Statistics,
    section: Option<&Section>,
    places: [usize; 4],
) -> [u8; at::COLUMN_BYTES] {
    let mut header = Vec::with_capacity(at::COLUMN_BYTES);
    header.extend_from_slice(&statistics.values.to_le_bytes());
    header.extend_from_slice(&statistics.distinct.to_le_bytes());
    header.extend_from_slice(&statistics.repeats.to_le_bytes());
    header.extend_from_slice(&statistics.rare.to_le_bytes());
    let packing = section.map_or([0; 4], |section| {
        [1, section.bucket_bits as u8, section.entry_bytes as u8, section.value_bits as u8]
    });
    header.extend_from_slice(&packing);
    header.extend_from_slice(&[0; 4]);
    let entries = section.map_or(0, |section| section.statistics.distinct);
    let postings_bytes = section.map_or(0, |section| section.postings_bytes);
    let superseded = section.map_or(0, |section| section.superseded.len());
    let [directory_at, entries_at, postings_at, superseded_at] = places;
    let fields = [directory_at, entries_at, postings_at, postings_bytes, superseded, superseded_at];
    header.extend_from_slice(&entries.to_le_bytes());
    fields.iter().for_each(|field| header.extend_from_slice(&(*field as u64).to_le_bytes()));
    header.extend_from_slice(&statistics.largest.to_le_bytes());
    // The rest of the header is zeros: later versions may use it.
    let mut table = [0; at::COLUMN_BYTES];
    table[..header.len()].copy_from_slice(&header);
    table
}

fn bits_for(largest: u64) -> u32 {
    64 - largest.leading_zeros()
}

/// Appends a posting list and returns where it begins.
fn push_posting(out: &mut Vec<u8>, rows: &[u32]) -> u64 {
    let start = out.len() as u64;
    push_leb128(out, rows.len() as u32);
    let mut last = 0;
    for row in rows {
        // Rows ascend, so their differences are small and take a byte or two each.
        push_leb128(out, row - last);
        last = *row;
    }
    start
}

fn push_leb128(out: &mut Vec<u8>, mut value: u32) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn leb128_bytes(value: u32) -> usize {
    bits_for(u64::from(value)).div_ceil(7).max(1) as usize
}
