//! Counts the occurrences of each value, exactly and in bounded memory, by an external merge sort.
//! Values are sorted and counted in memory. If they exceed it, they go to sorted runs on disk,
//! which are merged in the end.
//!
//! A value is 64 bits of a keyed hash. Among a billion distinct values, two collide with a
//! probability of 3 %; the count is then one too low.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::PathBuf;

use edm_model::ValueStatistics;

use super::scratch::Scratch;
use crate::error::Error;

/// Maximum number of runs merged at once, and so of open files.
const RUNS_MAX: usize = 64;
/// A value and its count in a run, in bytes.
const ENTRY_BYTES: usize = 16;
/// The buffer of each run during a merge, in bytes.
const BUFFER_BYTES: usize = 64 * 1024;
/// With a smaller share of the memory, a column would write a file every few values.
const COLUMN_BYTES_MIN: usize = 64 * 1024;

/// Returns each column's share of the memory.
pub(super) fn bytes_per_column(memory_bytes: usize, columns: usize) -> usize {
    (memory_bytes / columns.max(1)).max(COLUMN_BYTES_MIN)
}

/// The statistics of a column's values.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct ValueCounts {
    pub(super) statistics: ValueStatistics,
    /// The average information of a value in bits (Shannon entropy).
    pub(super) entropy_bits: f64,
}

/// Counts the values of one column.
pub(super) struct ValueCounter<'a> {
    scratch: &'a Scratch,
    /// Unsorted values.
    incoming: Vec<u64>,
    /// Sorted distinct values with their counts.
    counted: Vec<(u64, u64)>,
    runs: Vec<PathBuf>,
    incoming_max: usize,
    counted_max: usize,
}

impl<'a> ValueCounter<'a> {
    /// Makes a counter that takes at most about this much memory: an eighth for incoming values, a
    /// quarter for counted ones, and the sum of both for the merge.
    pub(super) fn new(scratch: &'a Scratch, memory_bytes: usize) -> Self {
        Self {
            scratch,
            incoming: Vec::new(),
            counted: Vec::new(),
            runs: Vec::new(),
            incoming_max: (memory_bytes / 8 / size_of::<u64>()).max(1),
            counted_max: (memory_bytes / 4 / ENTRY_BYTES).max(1),
        }
    }

    pub(super) fn add(&mut self, values: impl Iterator<Item = u64>) -> Result<(), Error> {
        for value in values {
            self.incoming.push(value);
            if self.incoming.len() >= self.incoming_max {
                self.settle()?;
            }
        }
        Ok(())
    }

    /// Merges the incoming values into the counted ones, and writes a run if there are too many.
    fn settle(&mut self) -> Result<(), Error> {
        self.incoming.sort_unstable();
        let came = self.incoming.chunk_by(|a, b| a == b);
        let came = came.filter_map(|same| Some((*same.first()?, same.len() as u64)));
        let mut merged: Vec<(u64, u64)> = Vec::with_capacity(self.counted.len() + self.incoming.len() / 4);
        // A linear merge of two sorted lists.
        let mut known = self.counted.iter().copied().peekable();
        for (value, count) in came {
            while let Some(entry) = known.next_if(|(known, _)| *known < value) {
                merged.push(entry);
            }
            let before = known.next_if(|(known, _)| *known == value).map_or(0, |(_, before)| before);
            merged.push((value, before + count));
        }
        merged.extend(known);
        self.counted = merged;
        self.incoming.clear();
        if self.counted.len() > self.counted_max {
            let counted = std::mem::take(&mut self.counted);
            let run = self.write_run(counted.into_iter().map(Ok))?;
            self.runs.push(run);
            if self.runs.len() >= RUNS_MAX {
                let runs = std::mem::take(&mut self.runs);
                self.runs = vec![self.merge_runs(&runs)?];
            }
        }
        Ok(())
    }

    fn write_run(&self, entries: impl Iterator<Item = Result<(u64, u64), Error>>) -> Result<PathBuf, Error> {
        let (path, file) = self.scratch.file()?;
        let mut out = BufWriter::with_capacity(BUFFER_BYTES, file);
        for entry in entries {
            let (value, count) = entry?;
            let written =
                out.write_all(&value.to_le_bytes()).and_then(|()| out.write_all(&count.to_le_bytes()));
            written.map_err(|error| self.scratch.error(error))?;
        }
        out.flush().map_err(|error| self.scratch.error(error))?;
        Ok(path)
    }

    fn merge_runs(&self, runs: &[PathBuf]) -> Result<PathBuf, Error> {
        let merged = self.write_run(Merge::open(self.scratch, runs)?)?;
        for run in runs {
            fs::remove_file(run).map_err(|error| self.scratch.error(error))?;
        }
        Ok(merged)
    }

    /// Returns the statistics.
    pub(super) fn finish(mut self) -> Result<ValueCounts, Error> {
        self.settle()?;
        let mut sums = Sums::default();
        if self.runs.is_empty() {
            self.counted.iter().for_each(|(_, count)| sums.add(*count));
            return Ok(sums.finish());
        }
        let last = std::mem::take(&mut self.counted);
        let last = self.write_run(last.into_iter().map(Ok))?;
        self.runs.push(last);
        for entry in Merge::open(self.scratch, &self.runs)? {
            sums.add(entry?.1);
        }
        Ok(sums.finish())
    }
}

#[derive(Default)]
struct Sums {
    statistics: ValueStatistics,
    /// Σ n log₂ n.
    weighted: f64,
}

impl Sums {
    fn add(&mut self, count: u64) {
        self.statistics.count(count);
        self.weighted += count as f64 * (count as f64).log2();
    }

    fn finish(self) -> ValueCounts {
        let values = self.statistics.values as f64;
        let entropy_bits = if values > 0.0 { (values.log2() - self.weighted / values).max(0.0) } else { 0.0 };
        ValueCounts { statistics: self.statistics, entropy_bits }
    }
}

/// A k-way merge of several runs: ascending entries, each value once.
struct Merge<'a> {
    scratch: &'a Scratch,
    runs: Vec<BufReader<File>>,
    /// A heap with the next entry of each run, the smallest value first.
    heads: BinaryHeap<Reverse<(u64, usize, u64)>>,
    failed: bool,
}

impl<'a> Merge<'a> {
    fn open(scratch: &'a Scratch, runs: &[PathBuf]) -> Result<Self, Error> {
        let mut merge = Self { scratch, runs: Vec::new(), heads: BinaryHeap::new(), failed: false };
        for run in runs {
            let mut file = File::open(run).map_err(|error| scratch.error(error))?;
            file.seek(SeekFrom::Start(0)).map_err(|error| scratch.error(error))?;
            merge.runs.push(BufReader::with_capacity(BUFFER_BYTES, file));
            merge.advance(merge.runs.len() - 1)?;
        }
        Ok(merge)
    }

    /// Moves the next entry of a run into the heap.
    fn advance(&mut self, run: usize) -> Result<(), Error> {
        let Some(reader) = self.runs.get_mut(run) else { return Ok(()) };
        let mut entry = [0; ENTRY_BYTES];
        match reader.read_exact(&mut entry) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(()),
            Err(error) => return Err(self.scratch.error(error)),
        }
        let [value, count] = [0, 8].map(|at| {
            let bytes = entry.get(at..at + 8).and_then(|bytes| bytes.try_into().ok());
            u64::from_le_bytes(bytes.expect("an entry is two numbers of eight bytes"))
        });
        self.heads.push(Reverse((value, run, count)));
        Ok(())
    }

    fn next_entry(&mut self) -> Result<Option<(u64, u64)>, Error> {
        let Some(Reverse((value, run, mut count))) = self.heads.pop() else { return Ok(None) };
        self.advance(run)?;
        while let Some(Reverse((other, run, more))) =
            self.heads.peek().copied().filter(|head| head.0.0 == value)
        {
            debug_assert_eq!(other, value);
            self.heads.pop();
            count += more;
            self.advance(run)?;
        }
        Ok(Some((value, count)))
    }
}

impl Iterator for Merge<'_> {
    type Item = Result<(u64, u64), Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let entry = self.next_entry().transpose();
        self.failed = matches!(entry, Some(Err(_)));
        entry
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    /// Counts the same values in memory and with runs.
    fn check(values: &[u64], memory_bytes: usize, spills: bool) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("scratch");
        let scratch = Scratch::new(path.clone());
        let mut counter = ValueCounter::new(&scratch, memory_bytes);
        for part in values.chunks(97) {
            counter.add(part.iter().copied()).expect("writes");
        }
        assert_eq!(path.exists(), spills);
        let counts = counter.finish().expect("reads");
        let mut naive: BTreeMap<u64, u64> = BTreeMap::new();
        values.iter().for_each(|value| *naive.entry(*value).or_default() += 1);
        let mut expected = ValueStatistics::default();
        naive.values().for_each(|count| expected.count(*count));
        assert_eq!(counts.statistics, expected);
        let total = values.len() as f64;
        let entropy: f64 = naive.values().map(|n| *n as f64 / total).map(|p| -p * p.log2()).sum();
        assert!((counts.entropy_bits - entropy).abs() < 1e-9, "{} {entropy}", counts.entropy_bits);
        drop(scratch);
        assert!(!path.exists());
    }

    #[test]
    fn counts_are_exact_however_little_memory_there_is() {
        // A fixed sequence without a pattern, and one in which few values repeat often.
        let mixed = |n: u64| n.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ (n >> 3);
        let distinct: Vec<u64> = (0..20_000).map(mixed).collect();
        let few: Vec<u64> = (0..20_000).map(|n| mixed(n % 7)).collect();
        let skewed: Vec<u64> = (0..20_000).map(|n| if n % 3 == 0 { 7 } else { mixed(n % 4_000) }).collect();
        for values in [&distinct, &skewed] {
            check(values, 16 * 1024 * 1024, false);
            check(values, 4 * 1024, true);
            // Enough runs for an intermediate merge.
            check(values, 256, true);
        }
        check(&few, 4 * 1024, false);
        check(&[], 4 * 1024, false);
        check(&[1], 4 * 1024, false);
        check(&[u64::MAX, 0, u64::MAX], 64, true);
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_told() {
        let folder = tempfile::tempdir().expect("a folder");
        let scratch = Scratch::new(folder.path().join("missing").join("scratch"));
        let mut counter = ValueCounter::new(&scratch, 64);
        let error = counter.add(0..1_000).expect_err("no such folder");
        assert!(error.to_string().contains("TMPDIR"), "{error}");
    }
}
