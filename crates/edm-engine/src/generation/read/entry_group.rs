//! A group of entry files: together they cover every address once. A generation has one or two
//! groups: what a replace brought, and what the deltas on top of it brought.

use std::sync::Arc;

use edm_hash::{Hash, Level, address};

use crate::generation::format::entries_file::{Bucket, EntriesFile, Rows};
use crate::generation::format::part::Part;
use crate::generation::prefilter::bloom::{self, Block, Parts};

/// The filters of up to this many parts are gathered without an allocation.
const FEW_PARTS: usize = 16;

/// The entry files of one group.
pub(crate) struct EntryGroup {
    pub(crate) part_bits: u32,
    files: Vec<Arc<EntriesFile>>,
}

impl EntryGroup {
    pub(crate) fn new(part_bits: u32) -> Self {
        Self { part_bits, files: Vec::new() }
    }

    pub(crate) fn push(&mut self, file: Arc<EntriesFile>) {
        self.files.push(file);
    }

    /// Brings the files in order and says whether every part is there once.
    pub(crate) fn is_whole(&mut self) -> bool {
        self.files.sort_by_key(|file| file.part);
        self.files.len() == 1 << self.part_bits
            && self.files.iter().enumerate().all(|(index, file)| usize::from(file.part) == index)
    }

    /// Returns the file of the part that an address falls into. An opened generation has every
    /// part.
    fn file_of(&self, address: u64) -> &EntriesFile {
        // A shift by 64 is not defined.
        let part = if self.part_bits == 0 { 0 } else { address >> (64 - self.part_bits) };
        &self.files[part as usize]
    }

    /// Marks each hash that a searchable column of this rule may hold: never leaves out one that it
    /// holds.
    pub(crate) fn mark_possible(&self, rule: usize, hashes: &[Hash], marks: &mut [u64]) {
        // Most generations have few parts: then the list of their filters needs no allocation.
        let mut few = [Default::default(); FEW_PARTS];
        // Declared here so that the list lives as long as the slice of it.
        let many: Vec<&[Block]>;
        let filters = match few.get_mut(..self.files.len()) {
            Some(few) => {
                few.iter_mut().zip(&self.files).for_each(|(filter, file)| *filter = file.filter(rule));
                &*few
            }
            None => {
                many = self.files.iter().map(|file| file.filter(rule)).collect();
                &many
            }
        };
        bloom::mark(Level::current(), Parts { bits: self.part_bits, filters }, hashes, marks);
    }

    /// Prefetches what [`EntryGroup::mark_possible`] reads of the first of some hashes: it
    /// prefetches the others itself.
    pub(crate) fn prefetch_filter(&self, rule: usize, hashes: &[Hash]) {
        for hash in hashes.iter().take(bloom::ASKED_TOGETHER) {
            let address = address(hash);
            bloom::prefetch_block(self.file_of(address).filter(rule), address, self.part_bits);
        }
    }

    /// Prefetches the directory's entries of a hash: what [`EntryGroup::prefetch_entries`] reads.
    pub(crate) fn prefetch_directory(&self, column: usize, hash: &Hash) {
        let address = address(hash);
        self.file_of(address).prefetch_directory(column, address);
    }

    /// Returns the bucket of a hash and prefetches its entries: what [`EntryGroup::rows_in`] reads
    /// next.
    pub(crate) fn prefetch_entries(&self, column: usize, hash: &Hash) -> Bucket {
        let address = address(hash);
        let file = self.file_of(address);
        let bucket = file.bucket(column, address).expect("a searchable column has a directory");
        file.prefetch_entries(column, bucket);
        bucket
    }

    /// Returns the rows of a hash, given its bucket.
    pub(crate) fn rows_in(&self, column: usize, hash: &Hash, bucket: Bucket) -> Option<Rows<'_>> {
        let address = address(hash);
        self.file_of(address).rows(column, address, bucket)
    }

    pub(crate) fn rows(&self, column: usize, hash: &Hash) -> Option<Rows<'_>> {
        let address = address(hash);
        let file = self.file_of(address);
        file.rows(column, address, file.bucket(column, address)?)
    }

    /// Returns how many values of searchable columns the group holds.
    pub(crate) fn searchable_values(&self) -> u64 {
        self.files.iter().map(|file| file.searchable_values()).sum()
    }

    /// Returns how many entries a searchable column has.
    pub(crate) fn entry_count(&self, column: usize) -> usize {
        self.files.iter().map(|file| file.entry_count(column)).sum()
    }

    /// Calls `take` with the address of every entry of a searchable column, ascending.
    pub(crate) fn each_address(&self, column: usize, mut take: impl FnMut(u64)) {
        self.files.iter().for_each(|file| file.each(column, |address, _| take(address)));
    }

    /// Calls `take` with every address of the part and each row that holds it in a searchable
    /// column.
    pub(crate) fn each(&self, column: usize, part: Part, mut take: impl FnMut(u64, u32)) {
        // Parts of another generation may be cut otherwise: a file is read if any of its addresses
        // may be in the part.
        let of = |file: &&Arc<EntriesFile>| part.meets(Part { number: file.part, bits: self.part_bits });
        for file in self.files.iter().filter(of) {
            file.each(column, |address, rows| {
                if part.holds(address) {
                    rows.iter().for_each(|row| take(address, row));
                }
            });
        }
    }
}

/// The rows that hold an address, in whichever group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RowSet<'a> {
    pub(crate) base: Option<Rows<'a>>,
    pub(crate) delta: Option<Rows<'a>>,
}

impl RowSet<'_> {
    /// Returns how many rows there are.
    pub(crate) fn len(&self) -> usize {
        self.of_groups().map(Rows::len).sum()
    }

    /// Returns the rows, ascending: what a delta brings has higher numbers than all that was there.
    pub(crate) fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        self.of_groups().flat_map(Rows::iter)
    }

    fn of_groups(&self) -> impl Iterator<Item = &Rows<'_>> {
        self.base.iter().chain(&self.delta)
    }
}
