//! The result of a profile: figures, classes and suggestions, and no cell text.

use edm_model::{
    ClassFigures, Column, ColumnSummary, DataType, DateOrder, PrimaryObstacle, ValueStatistics,
    classify_column, column_warnings, primary_obstacles,
};

use super::candidate::CANDIDATES;
use super::tally::ColumnTally;
use super::values::ValueCounts;
use crate::rejections::Rejections;

/// Maximum number of forms reported.
const FORMS_TOLD_MAX: usize = 5;
/// A form is reported if at least this percentage of the cells have it.
const FORM_PERCENT_MIN: u64 = 1;

/// The profile of a table.
#[derive(Debug, Clone)]
pub struct TableProfile {
    /// Records of the file, unusable ones included.
    pub records: u64,
    /// Unusable records and cells, by line and reason.
    pub rejections: Rejections,
    /// The columns, in order.
    pub columns: Vec<ColumnProfile>,
    /// Whether the columns were given, and with them which are searchable. Otherwise any could be.
    pub given: bool,
    /// Warnings about the file as a whole.
    pub warnings: Vec<String>,
}

impl TableProfile {
    /// Returns whether the default type of a store with these columns can match. It can if a column
    /// is an identifier, or if three are evidence and one of these is searchable.
    pub fn is_findable(&self) -> bool {
        let identifies = self.columns.iter().any(|column| column.class_figures.class.identifier);
        let evidence = self
            .columns
            .iter()
            .filter(|column| column.class_figures.class.evidence && column.statistics.values > 0);
        identifies
            || evidence.clone().count() >= 3
                && evidence.clone().any(|column| !self.given || column.column.searchable)
    }
}

/// Lengths of a column's values, in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lengths {
    /// The shortest.
    pub min: u64,
    /// The median. For values longer than 256 characters it only says that they are longer.
    pub median: u64,
    /// The longest.
    pub max: u64,
}

/// The data type that fits a column's cells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suggestion {
    /// The type.
    pub data_type: DataType,
    /// The number of cells that are values of it.
    pub taken: u64,
    /// The number of cells tested.
    pub texts: u64,
    /// Whether day and month of every date could be swapped. Then the order is a guess.
    pub is_either_order: bool,
}

/// The profile of a column.
#[derive(Debug, Clone)]
pub struct ColumnProfile {
    /// The column. If columns were not given, it is text, and searchable if it can be a primary.
    pub column: Column,
    /// Records read.
    pub cells: u64,
    /// Cells without any letter or digit.
    pub empty: u64,
    /// Cells that contain a placeholder, such as `N/A`.
    pub placeholders: u64,
    /// Cells with more words than are matched.
    pub too_long: u64,
    /// Cells that the column's data type refused.
    pub refused: u64,
    /// How often its values repeat.
    pub statistics: ValueStatistics,
    /// The average information of a value in bits (Shannon entropy).
    pub entropy_bits: f64,
    /// `None` if there is no value.
    pub lengths: Option<Lengths>,
    /// The most frequent forms and their cells: `9` is a digit, `a` is a run of letters.
    pub forms: Vec<(String, u64)>,
    /// The narrowest type that at least 95 % of the cells are values of; otherwise `text`.
    pub suggestion: Suggestion,
    /// The class and its figures, equal to those that the service would compute.
    pub class_figures: ClassFigures,
    /// Why the column cannot be a primary; empty if it can.
    pub primary_obstacles: Vec<PrimaryObstacle>,
    /// Why the column cannot be the key, as clauses; empty if it can.
    pub key_obstacles: Vec<String>,
    /// The warnings that the service would give about the column.
    pub warnings: Vec<String>,
}

impl ColumnProfile {
    /// Classifies a column as given, or as if it were searchable.
    pub(super) fn of(mut column: Column, given: bool, tally: &ColumnTally, counts: &ValueCounts) -> Self {
        let statistics = counts.statistics;
        column.searchable |= !given;
        let class_figures = classify_column(&column, &statistics, &tally.forms_seen);
        // The columns were not chosen yet, so there is no choice to warn about.
        column.searchable &= given || class_figures.class.identifier;
        let summary = ColumnSummary {
            class_figures,
            values: statistics.values,
            distinct: statistics.distinct,
            too_long: tally.too_long,
            refused: tally.refused,
            placeholders: tally.placeholders,
        };
        Self {
            cells: tally.cells,
            empty: tally.empty,
            placeholders: tally.placeholders,
            too_long: tally.too_long,
            refused: tally.refused,
            statistics,
            entropy_bits: counts.entropy_bits,
            lengths: lengths(tally),
            forms: forms(tally),
            suggestion: suggestion(tally, class_figures.class.evidence),
            class_figures,
            primary_obstacles: primary_obstacles(&column, &statistics, &tally.forms_seen),
            key_obstacles: key_obstacles(tally.cells, &statistics),
            warnings: [column_warnings(&column, &summary), tally.damage.warnings(&column)].concat(),
            column,
        }
    }

    /// Returns the share of distinct values, 0 to 1.
    pub fn distinct_share(&self) -> f64 {
        self.statistics.distinct as f64 / self.statistics.values.max(1) as f64
    }
}

fn lengths(tally: &ColumnTally) -> Option<Lengths> {
    let min = tally.lengths.iter().position(|count| *count > 0)?;
    let mut left = tally.texts / 2;
    let median = tally.lengths.iter().position(|count| {
        let is_there = *count > left;
        left = left.saturating_sub(*count);
        is_there
    })?;
    Some(Lengths { min: min as u64, median: median as u64, max: tally.longest })
}

fn forms(tally: &ColumnTally) -> Vec<(String, u64)> {
    let mut forms = tally.forms.by_count();
    // A form that few cells have could identify a person.
    forms.retain(|(_, cells)| *cells * 100 >= tally.texts * FORM_PERCENT_MIN);
    forms.truncate(FORMS_TOLD_MAX);
    forms
}

fn suggestion(tally: &ColumnTally, evidence: bool) -> Suggestion {
    let fitting =
        CANDIDATES.iter().zip(&tally.taken).find(|(one, taken)| one.fits(**taken, tally.texts, evidence));
    let tokens_max = u32::try_from(tally.text.tokens_max()).expect("it was made of 32 bits");
    let (data_type, taken) = match fitting {
        Some((one, taken)) => (one.data_type.clone(), *taken),
        None => match tally.phones.country(tally.texts, tokens_max) {
            Some((country, taken)) => (DataType::Phone { country: Some(country) }, taken),
            None => (DataType::Text, tally.texts),
        },
    };
    let takes_all = |order: DateOrder| {
        let dates = CANDIDATES
            .iter()
            .zip(&tally.taken)
            .filter(|(one, _)| one.data_type == DataType::Date { order: Some(order) });
        dates.map(|(_, taken)| *taken).any(|taken| taken >= tally.texts)
    };
    let has_order = data_type.options().order.is_some();
    let is_either_order =
        has_order && takes_all(DateOrder::DayMonthYear) && takes_all(DateOrder::MonthDayYear);
    Suggestion { data_type, taken, texts: tally.texts, is_either_order }
}

/// Returns why the column cannot be the key, which identifies the row of a delta.
fn key_obstacles(cells: u64, statistics: &ValueStatistics) -> Vec<String> {
    let mut out = Vec::new();
    let absent = cells.saturating_sub(statistics.values);
    if absent > 0 {
        out.push(format!("{absent} of {cells} cells hold no value: their rows would be left out"));
    }
    let repeated = statistics.values - statistics.distinct;
    if repeated > 0 {
        let values = statistics.values;
        out.push(format!("{repeated} of {values} values repeat an earlier one, whose row would be replaced"));
    }
    out
}
