//! Decides whether a cell of nines only, such as `999999`, is empty or a value in a column.
//!
//! Tables use nines for "no value", and sequential numbers reach them too. A placeholder repeats: a
//! number of nines counts as empty if more than one cell contains it, and more than one record in a
//! thousand. The first records decide, because a table is not read twice for this alone.

use std::collections::BTreeMap;

use edm_hash::Placeholders;
use edm_model::Column;

use crate::chunk::{CHUNK_RECORDS_MAX, Chunk};
use crate::error::Error;
use crate::rejections::Rejections;
use crate::source::{Extent, RecordReader};

/// A number of nines means an empty cell if more than one record in this many has it.
const RECORDS_A_VALUE: u64 = 1_000;

/// Returns whether nines in a store's column are judged by their frequency. In a key column they
/// are always values. In a column that is not searchable, or whose type has a recogniser, they are
/// always empty.
pub(crate) fn are_judged(column: &Column) -> bool {
    column.searchable && !column.key && column.rule.data_type.keeps_characters()
}

/// The decision for one column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Nines {
    pub(crate) are_values: bool,
    /// A note for the operator about the decision; `None` if there are no nines.
    pub(crate) note: Option<String>,
}

/// Reads the records and judges the nines of each column; `None` for a column that is not wanted.
pub(crate) fn judge(
    mut reader: RecordReader,
    columns: &[Column],
    is_wanted: impl Fn(&Column) -> bool,
    extent: Extent,
) -> Result<Vec<Option<Nines>>, Error> {
    // Counted by the number of digits, because 99 and 999 are different numbers.
    let mut counts: Vec<Option<BTreeMap<usize, u64>>> =
        columns.iter().map(|column| is_wanted(column).then(BTreeMap::new)).collect();
    let positions: Vec<Option<usize>> = reader.positions().iter().copied().map(Some).collect();
    let (mut chunk, mut records) = (Chunk::default(), 0);
    loop {
        reader.read(&mut chunk, CHUNK_RECORDS_MAX, &positions, &mut Rejections::default())?;
        if chunk.is_empty() {
            break;
        }
        records += u64::from(chunk.len());
        for (_, cells) in chunk.rows(columns.len()) {
            for (cell, counts) in cells.zip(&mut counts) {
                if let Some(counts) = counts.as_mut().filter(|_| Placeholders::is_nines(cell)) {
                    *counts.entry(cell.bytes().filter(u8::is_ascii_digit).count()).or_default() += 1;
                }
            }
        }
    }
    let judged = counts.into_iter().zip(columns);
    Ok(judged.map(|(counts, column)| Some(nines(&column.name, &counts?, records, extent))).collect())
}

fn nines(name: &str, counts: &BTreeMap<usize, u64>, records: u64, extent: Extent) -> Nines {
    let repeats = |count: u64| count > 1 && count * RECORDS_A_VALUE > records;
    let are_values = !counts.values().any(|count| repeats(*count));
    let cells: u64 = counts.values().sum();
    let seen = match extent {
        Extent::Whole => format!("{cells} of {records} records hold"),
        Extent::Begin => format!("{cells} of the first {records} records hold"),
    };
    let note = match are_values {
        true => format!(
            "{name}: {seen} nines alone, as 999 is, no number of them in more than 0.1 %: they are values"
        ),
        false => format!(
            "{name}: {seen} nines alone, as 999 is, a number of them in more than 0.1 %: they were taken for empty cells; in a \
             key column they would be values"
        ),
    };
    Nines { are_values, note: (cells > 0).then_some(note) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_repeats_means_none() {
        let check = |counts: &[(usize, u64)], records: u64, expected: bool| {
            let judged = nines("id", &counts.iter().copied().collect(), records, Extent::Whole);
            assert_eq!(judged.are_values, expected, "{counts:?} of {records}");
            assert_eq!(judged.note.is_some(), !counts.is_empty());
        };
        check(&[], 10, true);
        // Sequential numbers reach each of these once.
        check(&[(2, 1), (3, 1)], 10, true);
        check(&[(2, 2)], 10, false);
        check(&[(2, 1), (6, 3)], 2_999, false);
        check(&[(2, 1), (6, 3)], 3_000, true);
    }
}
