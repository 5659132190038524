//! A table in canonical forms, and a question about a text.

use std::collections::BTreeSet;

use edm_model::{Column, ColumnClass, Columns, Pattern, Rule};

use super::classes;
use super::dates::reads_as_date;
use super::value;

/// A table of sensitive records, in plaintext.
#[derive(Debug, Clone)]
pub struct Table {
    columns: Columns,
    /// By record; `None` for a rejected record.
    rows: Vec<Option<Vec<Option<Cell>>>>,
    /// By record: whether a later one has the same key.
    overtaken: Vec<bool>,
    tokens_max: u32,
}

/// A cell with a value.
#[derive(Debug, Clone)]
pub(crate) struct Cell {
    pub(crate) form: String,
    /// Its alternative forms.
    alternatives: Vec<String>,
    /// Whether it parses as a date.
    pub(crate) date: bool,
    /// What it adds to the vocabulary of its rule, if that is one of names.
    vocabulary: BTreeSet<String>,
}

impl Table {
    /// Takes the rows of a file in the order of its columns. A record without its key is rejected.
    /// Of records with the same key only the last can be found; the others only count in the
    /// classes.
    pub fn new(columns: Columns, rows: &[Vec<String>], tokens_max: u32) -> Self {
        let rows: Vec<Option<Vec<Option<Cell>>>> = rows
            .iter()
            .map(|cells| {
                let made = columns.as_slice().iter().zip(cells).map(|(column, cell)| {
                    let form = value::canonical(column, cell, tokens_max)?;
                    let alternatives = value::alternatives(column, cell);
                    let vocabulary = value::vocabulary(column, cell);
                    Some(Cell { form, alternatives, date: reads_as_date(cell), vocabulary })
                });
                let forms: Vec<Option<Cell>> = made.collect();
                let keyless =
                    columns.as_slice().iter().zip(&forms).any(|(column, form)| column.key && form.is_none());
                (!keyless).then_some(forms)
            })
            .collect();
        let key = columns.as_slice().iter().position(|column| column.key);
        let key_of =
            |row: usize| key.and_then(|key| Some(rows.get(row)?.as_ref()?.get(key)?.as_ref()?.form.clone()));
        let overtaken = (0..rows.len())
            .map(|row| {
                key_of(row).is_some_and(|key| {
                    (row + 1..rows.len()).any(|later| key_of(later).as_ref() == Some(&key))
                })
            })
            .collect();
        Self { columns, rows, overtaken, tokens_max }
    }

    /// Returns the columns.
    pub fn columns(&self) -> &Columns {
        &self.columns
    }

    /// Returns the number of records that can be found: neither rejected nor replaced.
    pub fn row_count(&self) -> usize {
        self.rows.iter().zip(&self.overtaken).filter(|(row, overtaken)| row.is_some() && !**overtaken).count()
    }

    /// Returns the class of each column.
    pub fn classes(&self) -> Vec<ColumnClass> {
        let columns = self.columns.as_slice().iter().enumerate();
        columns.map(|(position, column)| self.class_of(position, column)).collect()
    }

    fn class_of(&self, position: usize, column: &Column) -> ColumnClass {
        let all = self.rows.iter().flatten();
        let cells: Vec<&Cell> = all.filter_map(|cells| cells.get(position)?.as_ref()).collect();
        classes::class_of(column, &cells)
    }

    /// Returns the default type's patterns; none if no pattern can be reached.
    pub fn default_patterns(&self) -> Vec<Pattern> {
        classes::default_patterns(&self.columns, &self.classes())
    }

    /// Returns the numbers (from 1) of the records whose cell in this column has the value's
    /// canonical form.
    pub fn lookup(&self, column: usize, value: &str) -> Vec<u64> {
        let Some(form) = self.canonical(column, value) else { return Vec::new() };
        self.rows_with(column, &form).into_iter().map(|row| row as u64 + 1).collect()
    }

    /// Returns the canonical form that a cell would have in this column.
    pub(crate) fn canonical(&self, column: usize, cell: &str) -> Option<String> {
        value::canonical(self.columns.as_slice().get(column)?, cell, self.tokens_max)
    }

    /// Returns the cell of a record that can be found.
    fn cell(&self, row: usize, column: usize) -> Option<&Cell> {
        let live = !self.overtaken.get(row)?;
        let cell = self.rows.get(row)?.as_ref()?.get(column)?.as_ref()?;
        live.then_some(cell)
    }

    /// Returns whether a form of a record's cell is this one.
    pub(crate) fn holds(&self, row: usize, column: usize, form: &str) -> bool {
        let own = |cell: &Cell| cell.form == form || cell.alternatives.iter().any(|own| own == form);
        self.cell(row, column).is_some_and(own)
    }

    /// Returns all forms of a column's values.
    pub(crate) fn values(&self, column: usize) -> BTreeSet<&str> {
        let cells = (0..self.rows.len()).filter_map(|row| self.cell(row, column));
        cells
            .flat_map(|cell| std::iter::once(&cell.form).chain(&cell.alternatives))
            .map(String::as_str)
            .collect()
    }

    /// Returns the vocabulary of a rule: of all its columns and of replaced records too.
    pub(crate) fn vocabulary(&self, rule: &Rule) -> BTreeSet<String> {
        let columns = self.columns.as_slice();
        let cells = self.rows.iter().flatten().flat_map(|cells| columns.iter().zip(cells));
        cells
            .filter(|(column, _)| column.rule == *rule)
            .filter_map(|(_, cell)| cell.as_ref())
            .flat_map(|cell| cell.vocabulary.iter().cloned())
            .collect()
    }

    /// Returns the records whose cell has this main form.
    pub(crate) fn rows_with(&self, column: usize, value: &str) -> Vec<usize> {
        let has = |row: &usize| self.cell(*row, column).is_some_and(|cell| cell.form == value);
        (0..self.rows.len()).filter(has).collect()
    }

    /// Returns the records of whose cell this is a form.
    pub(crate) fn holders(&self, column: usize, form: &str) -> Vec<usize> {
        (0..self.rows.len()).filter(|row| self.holds(*row, column, form)).collect()
    }
}

/// The patterns of a question.
#[derive(Debug, Clone)]
pub enum Asked {
    /// Those of the store's default type.
    Default,
    /// Those of a type written by a person.
    Own(Vec<Pattern>),
}

/// A text and a query about it.
#[derive(Debug, Clone)]
pub struct Question {
    /// The text.
    pub text: String,
    /// The patterns.
    pub patterns: Asked,
    /// Matches below it are counted but not listed.
    pub minimum_confidence: u8,
    /// Offset and length in UTF-16 units. A primary must overlap one of them; an empty list means
    /// everywhere.
    pub candidates: Vec<(u64, u64)>,
    /// Column names and values whose rows are excluded.
    pub exempt: Vec<(String, Vec<String>)>,
}

impl Question {
    /// Makes a question with the default type and no restriction.
    pub fn new(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            patterns: Asked::Default,
            minimum_confidence: 1,
            candidates: Vec::new(),
            exempt: Vec::new(),
        }
    }
}
