//! Derives the columns of a data store from the cells of a table.

use edm_agent::{ColumnProfile, TableProfile};
use edm_model::{Column, DataType, limits};

use crate::column_argument::typed;

/// The minimum of cells in a thousand that must be values of a searchable column's type. Each other
/// cell makes its line bad.
const SEARCHABLE_PER_MILLE: u64 = 999;
/// The same for columns that are not searchable.
const SUPPORTING_PER_MILLE: u64 = 990;

/// Columns for a data store.
pub(crate) struct SuggestedSchema {
    pub(crate) columns: Vec<Column>,
    /// Notes for the operator, one sentence each.
    pub(crate) notes: Vec<String>,
}

/// Suggests a column for each column of the table. It is searchable if it is an identifier, and
/// typed if nearly all cells are values of the type. The first column that can be the key becomes
/// the key.
pub(crate) fn suggest(table: &TableProfile) -> SuggestedSchema {
    let mut notes = Vec::new();
    let mut searchable: Vec<bool> =
        table.columns.iter().map(|column| column.primary_obstacles.is_empty()).collect();
    if !searchable.contains(&true)
        && let Some(best) = most_telling(table)
    {
        searchable[best] = true;
        notes.push(format!(
            "no column identifies a record; “{}” is searchable because its values agree least, and is found beside others alone",
            table.columns[best].column.name
        ));
    }
    let too_many =
        searchable.iter().filter(|one| **one).count().saturating_sub(limits::SEARCHABLE_COLUMNS_MAX);
    if too_many > 0 {
        let last = searchable.iter_mut().rev().filter(|one| **one).take(too_many);
        last.for_each(|one| *one = false);
        notes.push(format!(
            "{too_many} columns could be searchable too, but a data store has at most {}",
            limits::SEARCHABLE_COLUMNS_MAX
        ));
    }
    let is_key = |(column, searchable): (&ColumnProfile, &bool)| {
        // Different texts may be the same telephone number or IBAN. As a key, their rows would
        // replace each other.
        let keeps_texts_apart = match column.suggestion.data_type {
            DataType::Text | DataType::Digits { .. } | DataType::Ssn => true,
            DataType::Email
            | DataType::Name
            | DataType::Card
            | DataType::Phone { .. }
            | DataType::Date { .. }
            | DataType::Iban
            | DataType::Address => false,
        };
        *searchable && column.key_obstacles.is_empty() && keeps_texts_apart
    };
    let key = table.columns.iter().zip(&searchable).position(is_key);
    for column in table.columns.iter().filter(|column| column.suggestion.is_either_order) {
        notes.push(format!(
            "“{}” is read as date=dmy, and every date in it could also be date=mdy: correct the column if the month comes first",
            column.column.name
        ));
    }
    let column = |(position, column): (usize, &ColumnProfile)| {
        let data_type = data_type(column, searchable[position], &mut notes);
        let mut own = Column::text(&column.column.name).typed(data_type);
        own.searchable = searchable[position];
        own.key = key == Some(position);
        own
    };
    let columns = table.columns.iter().enumerate().map(column).collect();
    SuggestedSchema { columns, notes }
}

/// Returns the column with the lowest agreement among those that are evidence.
fn most_telling(table: &TableProfile) -> Option<usize> {
    let evidence = table
        .columns
        .iter()
        .enumerate()
        .filter(|(_, column)| column.class_figures.class.evidence && column.statistics.values > 0);
    let least = evidence
        .min_by(|(_, one), (_, other)| one.class_figures.agreement.total_cmp(&other.class_figures.agreement));
    least.map(|(position, _)| position)
}

fn data_type(column: &ColumnProfile, searchable: bool, notes: &mut Vec<String>) -> DataType {
    let suggestion = &column.suggestion;
    let wanted = if searchable { SEARCHABLE_PER_MILLE } else { SUPPORTING_PER_MILLE };
    if suggestion.taken * 1_000 >= suggestion.texts * wanted {
        return suggestion.data_type.clone();
    }
    notes.push(format!(
        "“{}” is left as text: {} of {} cells are of type {}, and the others would be left out",
        column.column.name,
        suggestion.taken,
        suggestion.texts,
        typed(&suggestion.data_type)
    ));
    DataType::Text
}
