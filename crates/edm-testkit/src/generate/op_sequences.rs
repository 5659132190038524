//! Generates operation sequences: a table, deltas on top of it, and a question after each.

use edm_model::{Column, Columns};

use super::cells::Cell;
use super::choices::Choices;
use super::tables::{Sample, table};
use super::{COLUMNS_MAX, question};
use crate::in_memory::Change;
use crate::oracle::Question;

const DELTAS_MAX: usize = 5;

/// A table with its deltas.
#[derive(Debug, Clone)]
pub struct OpSequence {
    /// The initial table; it has a key.
    pub base: Sample,
    /// The deltas, each with a question for when it is live.
    pub deltas: Vec<(Vec<Change>, Question)>,
}

/// Makes a sequence, with small deltas that stay separate from the table and large ones that are
/// merged.
pub fn op_sequence(choices: &mut impl Choices) -> OpSequence {
    let rows_max = [12, 60, 150][choices.below(3)];
    let mut sample = table(choices, COLUMNS_MAX, rows_max);
    sample.columns = keyed(choices, &sample.columns);
    let kept = choices.between(1, sample.rows.len());
    // The rest are records for deltas to add.
    let fresh = sample.rows.split_off(kept);
    let base = sample.clone();
    let mut ever = sample;
    let mut deltas = Vec::new();
    for _ in 0..choices.between(1, DELTAS_MAX) {
        let most = if choices.chance(60) { 4 } else { ever.rows.len() };
        let changes: Vec<Change> =
            (0..choices.between(1, most)).map(|_| change(choices, &ever, &fresh)).collect();
        ever.rows.extend(changes.iter().filter(|change| !change.removes).map(|change| change.row.clone()));
        // Drawn from all records that ever existed, because removed ones must not be found.
        let cells: Vec<Vec<Cell>> =
            ever.rows.iter().map(|row| row.iter().map(|text| Cell::plain(text.clone())).collect()).collect();
        let asked = question(choices, (&ever, &cells), 0);
        deltas.push((changes, asked));
    }
    OpSequence { base, deltas }
}

/// Makes one of the searchable columns the key.
fn keyed(choices: &mut impl Choices, columns: &Columns) -> Columns {
    let searchable: Vec<usize> =
        (0..columns.as_slice().len()).filter(|column| columns.as_slice()[*column].searchable).collect();
    let key = searchable[choices.below(searchable.len())];
    let columns = columns.as_slice().iter().enumerate();
    let columns = columns.map(|(position, column)| Column { key: position == key, ..column.clone() });
    Columns::new(columns.collect()).expect("one searchable column is the key")
}

fn change(choices: &mut impl Choices, ever: &Sample, fresh: &[Vec<String>]) -> Change {
    let known = &ever.rows[choices.below(ever.rows.len())];
    if choices.chance(30) {
        let mut row = known.clone();
        if choices.chance(50) {
            let key = ever.columns.as_slice().iter().position(|column| column.key);
            let others = row.iter_mut().enumerate().filter(|(position, _)| Some(*position) != key);
            others.for_each(|(_, cell)| cell.clear());
        }
        return Change { removes: true, row };
    }
    if !fresh.is_empty() && choices.chance(40) {
        return Change { removes: false, row: fresh[choices.below(fresh.len())].clone() };
    }
    let mut row = known.clone();
    let column = choices.below(row.len());
    row[column] = ever.rows[choices.below(ever.rows.len())][column].clone();
    Change { removes: false, row }
}
