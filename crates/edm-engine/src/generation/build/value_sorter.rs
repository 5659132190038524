//! Gathers the values of one column that fall into one part, and sorts them by address.
//!
//! The problem: some ten million addresses with their rows, sorted for each part, in memory that is
//! counted. The idea is a radix sort of two passes over the bits that addresses differ in. Keyed
//! hashes are spread evenly, so an insertion sort suffices for what is left:
//!
//! ```text
//! address   | part |  first digit  | second digit |  rest, hardly ever needed  |
//! gather      filter by part, branch-free: about half the values are not ours
//! pass 1             scatter by first digit     self → scratch
//! pass 2                             scatter each bucket by second digit   scratch → self
//! settle                                            insertion sort of neighbours out of order
//! ```
//!
//! What must stay true: values of one address stay in the order of their rows, since posting lists
//! ascend. `docs/decisions/0014-few-large-parts.md` has the measurements.

use std::ops::Range;

use edm_hash::{ColumnView, address};

use crate::generation::format::part::Part;
use crate::generation::format::row_positions::row_positions;

/// Values that are sifted at once: they stay in the first cache.
const BATCH: usize = 1_024;
/// Digits of the first pass over many values, at most: more streams than pages that the processor
/// keeps track of are slow.
const FIRST_DIGIT_BITS_MAX: u32 = 11;
/// A value that is out of its place by more is left to the library's sort.
const INSERTION_MAX: usize = 48;

/// Addresses and, where the column is searchable, the row of each. Two lists take 12 bytes a value
/// where pairs would take 16.
#[derive(Debug, Default)]
pub(crate) struct ValueSorter {
    pub(crate) addresses: Vec<u64>,
    pub(crate) rows: Vec<u32>,
}

impl ValueSorter {
    /// Makes an empty one. Room that is never filled costs nothing: the pages are not touched.
    pub(crate) fn with_capacity(values: usize, searchable: bool) -> Self {
        Self {
            addresses: Vec::with_capacity(values),
            rows: Vec::with_capacity(if searchable { values } else { 0 }),
        }
    }

    /// Adds a value of a searchable column.
    pub(crate) fn push(&mut self, address: u64, row: u32) {
        self.addresses.push(address);
        self.rows.push(row);
    }

    /// Adds what the part holds of a column of a searchable (`with_rows`) or another column.
    pub(crate) fn extend(&mut self, part: Part, first_row: u32, view: &ColumnView<'_>, with_rows: bool) {
        let (hashes, _) = view.hashes.as_chunks::<16>();
        let rows = row_positions(view);
        // Small arrays, so that the branch-free write below never has to check the capacity of a
        // vector.
        let (mut kept_addresses, mut kept_rows) = ([0u64; BATCH], [0u32; BATCH]);
        for (hashes, rows) in hashes.chunks(BATCH).zip(rows.chunks(BATCH)) {
            // A branch-free filter: about half the values are not ours, so a branch would
            // mispredict. Always write, advance only on a keep.
            let mut kept = 0;
            for (hash, row) in hashes.iter().zip(rows) {
                let address = address(hash);
                kept_addresses[kept] = address;
                kept_rows[kept] = first_row + row;
                kept += usize::from(part.holds(address));
            }
            self.addresses.extend_from_slice(&kept_addresses[..kept]);
            if with_rows {
                self.rows.extend_from_slice(&kept_rows[..kept]);
            }
        }
    }

    /// Brings the values in the order of their addresses; those of one address stay in the order in
    /// which they came. All of them have their top `part_bits` bits in common. What `scratch` holds
    /// is lost.
    pub(crate) fn sort(&mut self, part_bits: u32, scratch: &mut ValueSorter) {
        let values = self.addresses.len();
        // Keyed hashes are spread evenly: with that many bits most digits have one value or none.
        // More bits than that would make buckets of less than one value, and counting them would
        // cost more than the insertion sort that settles what is left.
        let bits = (usize::BITS - values.leading_zeros()).min(64 - part_bits);
        // Two passes of half the bits each: the first writes to as many streams as there are pages
        // the processor tracks, the second stays in the cache.
        let first = (bits / 2).min(FIRST_DIGIT_BITS_MAX);
        let second = Digit { above: part_bits + first, bits: bits - first };
        // All of it is written over: what is left there from the column before may stay.
        scratch.addresses.resize(values, 0);
        scratch.rows.resize(self.rows.len(), 0);
        let (mut ends, mut inner_ends) = (Vec::new(), Vec::new());
        Digit { above: part_bits, bits: first }.scatter(self.all(), scratch.all(), &mut ends);
        let mut start = 0;
        // The second pass goes back from `scratch` to `self`, bucket by bucket, so no third buffer
        // is needed.
        for end in &ends {
            let end = *end as usize;
            let (from, mut to) = (scratch.range(start..end), self.range(start..end));
            second.scatter(from, to.again(), &mut inner_ends);
            to.settle();
            start = end;
        }
    }

    fn all(&mut self) -> Slices<'_> {
        Slices { addresses: &mut self.addresses, rows: &mut self.rows }
    }

    fn range(&mut self, range: Range<usize>) -> Slices<'_> {
        // A column that is only counted has no rows: the same code then moves addresses alone.
        let rows = if self.rows.is_empty() { 0..0 } else { range.clone() };
        Slices { addresses: &mut self.addresses[range], rows: &mut self.rows[rows] }
    }

    /// Calls `take` with every address and the rows that hold it, ascending. Sorted and searchable.
    pub(crate) fn each<'a>(&'a self, mut take: impl FnMut(u64, &'a [u32])) {
        let mut rest = self.rows.as_slice();
        for same in self.addresses.chunk_by(|a, b| a == b) {
            let rows = rest.split_off(..same.len()).expect("each address has a row");
            take(same[0], rows);
        }
    }
}

/// Some of the bits of an address.
#[derive(Debug, Clone, Copy)]
struct Digit {
    /// Bits above them.
    above: u32,
    bits: u32,
}

impl Digit {
    fn of(self, address: u64) -> usize {
        if self.bits == 0 { 0 } else { ((address << self.above) >> (64 - self.bits)) as usize }
    }

    /// Copies values by digit, those of one digit in the order in which they came, and says where
    /// each digit ends.
    fn scatter(self, from: Slices<'_>, to: Slices<'_>, ends: &mut Vec<u32>) {
        ends.clear();
        ends.resize(1 << self.bits, 0);
        // Counting sort: first how many values each digit has, then where each digit begins, then
        // the values. When all are placed, the beginnings have become the ends.
        from.addresses.iter().for_each(|address| ends[self.of(*address)] += 1);
        let mut start = 0;
        for end in ends.iter_mut() {
            start += std::mem::replace(end, start);
        }
        // Two loops, so that the common loop has no test for rows in it.
        if from.rows.is_empty() {
            for address in from.addresses {
                let at = &mut ends[self.of(*address)];
                to.addresses[*at as usize] = *address;
                *at += 1;
            }
            return;
        }
        for (address, row) in from.addresses.iter().zip(from.rows) {
            let at = &mut ends[self.of(*address)];
            to.addresses[*at as usize] = *address;
            to.rows[*at as usize] = *row;
            *at += 1;
        }
    }
}

/// Values of one column; without rows where it is not searchable.
struct Slices<'a> {
    addresses: &'a mut [u64],
    rows: &'a mut [u32],
}

impl Slices<'_> {
    fn again(&mut self) -> Slices<'_> {
        Slices { addresses: self.addresses, rows: self.rows }
    }

    /// Sorts values that are nearly sorted: only those of equal digits, which are few or equal, can
    /// be in disorder.
    fn settle(mut self) {
        for end in 1..self.addresses.len() {
            let address = self.addresses[end];
            if self.addresses[end - 1] <= address {
                continue;
            }
            // Equal digits are few, so a value is out of place by little. If it is not, the hashes
            // are not spread as expected and a sort with a bound takes over.
            let lowest = end.saturating_sub(INSERTION_MAX);
            let mut at = end;
            while at > lowest && self.addresses[at - 1] > address {
                at -= 1;
            }
            if at == lowest && at > 0 {
                return self.sort_stably();
            }
            self.addresses[at..=end].rotate_right(1);
            // A column that is only counted has no rows.
            if !self.rows.is_empty() {
                self.rows[at..=end].rotate_right(1);
            }
        }
    }

    /// For the odd table of which many values share their digits and differ.
    fn sort_stably(&mut self) {
        // Padded with zeros where the column has no rows, so that one sort serves both.
        let rows = self.rows.iter().copied().chain(std::iter::repeat(0));
        let mut pairs: Vec<(u64, u32)> = self.addresses.iter().copied().zip(rows).collect();
        pairs.sort_by_key(|(address, _)| *address);
        self.addresses.iter_mut().zip(&pairs).for_each(|(slot, (address, _))| *slot = *address);
        self.rows.iter_mut().zip(&pairs).for_each(|(slot, (_, row))| *slot = *row);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers that look as if drawn at random.
    fn drawn(state: &mut u64) -> u64 {
        *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (*state ^ *state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    fn check(values: usize, part_bits: u32, make: impl Fn(u64) -> u64) {
        let mut state = 7;
        let kept = if part_bits == 0 { u64::MAX } else { u64::MAX >> part_bits };
        let mut sorter = ValueSorter::default();
        for row in 0..values {
            sorter.push(make(drawn(&mut state)) & kept, row as u32);
        }
        let mut expected: Vec<(u64, u32)> =
            sorter.addresses.iter().copied().zip(sorter.rows.iter().copied()).collect();
        expected.sort_unstable();
        let mut alone = ValueSorter { addresses: sorter.addresses.clone(), rows: Vec::new() };
        let mut scratch = ValueSorter::default();
        sorter.sort(part_bits, &mut scratch);
        alone.sort(part_bits, &mut scratch);
        assert!(
            sorter.addresses.iter().copied().zip(sorter.rows.iter().copied()).eq(expected.iter().copied())
        );
        assert_eq!(alone.addresses, sorter.addresses, "without rows");
        assert!(alone.rows.is_empty());
        let mut again = Vec::new();
        sorter.each(|address, rows| again.extend(rows.iter().map(|row| (address, *row))));
        assert_eq!(again, expected);
    }

    #[test]
    fn values_are_sorted_by_address_and_row() {
        for values in [0, 1, 2, 3, 7, 100, 5_000, 60_000] {
            for part_bits in [0, 1, 12] {
                check(values, part_bits, |drawn| drawn);
                check(values, part_bits, |_| 42);
                check(values, part_bits, |drawn| drawn % 3);
                check(values, part_bits, |drawn| drawn % 1_000);
                check(values, part_bits, |drawn| (drawn % 400).wrapping_mul(0x9e37_79b9_7f4a_7c15));
                check(values, part_bits, |drawn| if drawn % 2 == 0 { drawn } else { u64::MAX });
            }
        }
    }
}
