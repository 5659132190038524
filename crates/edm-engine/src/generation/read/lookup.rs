//! Many hashes looked up at once: what one waits for from memory, the others wait for too
//! (`docs/decisions/0013-batched-lookup.md`).

use edm_hash::Hash;

use crate::bit_set::BitSet;
use crate::generation::format::entries_file::Bucket;
use crate::generation::read::entry_group::RowSet;
use crate::generation::read::generation::Generation;

/// Hashes whose directory and entries are prefetched before the first is looked up.
const IN_FLIGHT: usize = 32;
/// A replace's entries and those of the deltas on it.
const GROUPS_MAX: usize = 2;

/// What a searchable column holds of a batch of hashes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LookupHit<'a> {
    /// Which of the hashes it is.
    pub(crate) index: usize,
    /// The column of the table.
    pub(crate) column: usize,
    /// The rows whose value has the hash's address.
    pub(crate) rows: RowSet<'a>,
}

impl Generation {
    /// Marks each hash that a searchable column of this rule may hold: never leaves out one that it
    /// holds. Marks in words of 64, the lowest bit first; those already made stay, so that one
    /// batch can be tested against several tables.
    pub(crate) fn mark_possible(&self, rule: usize, hashes: &[Hash], marks: &mut BitSet) {
        for group in self.entry_groups() {
            group.mark_possible(rule, hashes, marks.words_mut());
        }
    }

    /// Prefetches what [`Generation::mark_possible`] reads of the first of some hashes.
    pub(crate) fn prefetch_filters(&self, rule: usize, hashes: &[Hash]) {
        self.entry_groups().for_each(|group| group.prefetch_filter(rule, hashes));
    }

    /// Appends what the searchable columns of this rule hold of the marked hashes, column by
    /// column, each in the order of the hashes. It is what [`Generation::rows_of`] says of each.
    pub(crate) fn look_up<'a>(
        &'a self,
        rule: usize,
        hashes: &[Hash],
        marks: &BitSet,
        found: &mut Vec<LookupHit<'a>>,
    ) {
        for column in self.searchable_columns(rule) {
            // A fixed array: a batch has some thousand hashes, and most are rejected by the filter.
            let mut waiting = [0; IN_FLIGHT];
            let mut count = 0;
            for index in marks.iter().take_while(|index| *index < hashes.len()) {
                waiting[count] = index;
                count += 1;
                if count == IN_FLIGHT {
                    self.look_up_together(column, hashes, &waiting, found);
                    count = 0;
                }
            }
            self.look_up_together(column, hashes, &waiting[..count], found);
        }
    }

    fn look_up_together<'a>(
        &'a self,
        column: usize,
        hashes: &[Hash],
        wanted: &[usize],
        found: &mut Vec<LookupHit<'a>>,
    ) {
        // Three passes: an entry is found by its directory, which must have arrived by then.
        for group in self.entry_groups() {
            wanted.iter().for_each(|index| group.prefetch_directory(column, &hashes[*index]));
        }
        // Directories are decrypted once, so their buckets are kept until the entries are here.
        let mut buckets = [[Bucket::default(); IN_FLIGHT]; GROUPS_MAX];
        for (group, buckets) in self.entry_groups().zip(&mut buckets) {
            for (index, bucket) in wanted.iter().zip(buckets) {
                *bucket = group.prefetch_entries(column, &hashes[*index]);
            }
        }
        let [of_base, of_delta] = buckets;
        for ((index, of_base), of_delta) in wanted.iter().zip(of_base).zip(of_delta) {
            let hash = &hashes[*index];
            let base = self.base_entries().rows_in(column, hash, of_base);
            let delta = self.delta_entries().and_then(|group| group.rows_in(column, hash, of_delta));
            if base.is_none() && delta.is_none() {
                continue;
            }
            let rows = RowSet { base, delta };
            // The caller compares the rows' checks next.
            // Row checks have a cell for every value of the table, so this one is hardly in the
            // cache.
            if let Some(row) = rows.iter().next()
                && let Some(file) = self.rows_file_of(row)
            {
                file.prefetch_check(row, column);
            }
            found.push(LookupHit { index: *index, column, rows });
        }
    }
}

#[cfg(test)]
mod tests;
