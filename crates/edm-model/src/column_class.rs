//! Column classes, from exact counts (`docs/matching.md`). The service classifies what was uploaded
//! and the agent what it reads; both use this module.

use std::collections::BTreeMap;

use crate::column::Column;
use crate::data_type::DataType;
use crate::sensitive_type::ColumnClass;

/// A value is rare if at most this many rows contain it.
pub const RARE_ROWS_MAX: u64 = 12;
/// Below this many values, the agreement figure is too noisy, so repeats count in favour of the
/// column.
const FEW_VALUES: u64 = 200;
/// A standalone identifier uses at most one in this many of the values that its shapes allow.
const STANDALONE_SPARSITY: f64 = 1_000.0;

/// How often the values of a column repeat. A value in two rows counts twice.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ValueStatistics {
    /// The number of values.
    pub values: u64,
    /// The number of distinct values.
    pub distinct: u64,
    /// The sum of n(n−1) over the distinct values, where n is the number of rows that contain the
    /// value.
    pub repeats: u128,
    /// The number of values that at most [`RARE_ROWS_MAX`] rows contain.
    pub rare: u64,
    /// The number of rows that contain the most frequent value.
    pub largest: u64,
}

impl ValueStatistics {
    /// Adds the statistics of another part of the same column. The two parts must have no value in
    /// common.
    pub fn add(&mut self, other: &ValueStatistics) {
        self.values += other.values;
        self.distinct += other.distinct;
        self.repeats += other.repeats;
        self.rare += other.rare;
        self.largest = self.largest.max(other.largest);
    }

    /// Adds one more distinct value. `occurrences` is at least 1.
    pub fn count(&mut self, occurrences: u64) {
        self.values += occurrences;
        self.distinct += 1;
        self.largest = self.largest.max(occurrences);
        self.repeats += u128::from(occurrences) * u128::from(occurrences.saturating_sub(1));
        if occurrences <= RARE_ROWS_MAX {
            self.rare += occurrences;
        }
    }

    /// Returns the probability that two random rows with a value have the same one.
    pub fn agreement(&self) -> f64 {
        let pairs = self.values as f64 * self.values.saturating_sub(1) as f64;
        if self.values < 2 { 0.0 } else { self.repeats as f64 / pairs }
    }
}

/// Statistics of how the values of a column are written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FormStatistics {
    /// The number of values that can be the primary value of a match of a default type.
    pub anchors: u64,
    /// The number of values that parse as dates.
    pub dates: u64,
    /// The number of values by their counts of digits and letters.
    pub histogram: BTreeMap<(u8, u8), u64>,
}

/// A column's class and the figures it was derived from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ClassFigures {
    /// The class.
    pub class: ColumnClass,
    /// The probability that two random rows share a value.
    pub agreement: f64,
    /// The base-10 logarithm of the capacity: the number of values that a shape allows. 99 % of the
    /// cells have a shape of at least this capacity.
    pub capacity_log10: f64,
}

/// Why a searchable column cannot be the primary of a default type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PrimaryObstacle {
    /// It has no value.
    Empty,
    /// None of its values can be the primary value of a match.
    NoAnchor,
    /// At least half of its values parse as dates.
    Dates,
    /// More than 1 % of its values are contained in more than [`RARE_ROWS_MAX`] rows each.
    Shared,
}

impl PrimaryObstacle {
    /// Returns the reason as a clause.
    pub const fn as_str(self) -> &'static str {
        match self {
            PrimaryObstacle::Empty => "every cell is empty",
            PrimaryObstacle::NoAnchor => "no value has a digit or @ and 5 letters and digits",
            PrimaryObstacle::Dates => "half of the values or more are dates",
            PrimaryObstacle::Shared => {
                "more than 1 % of the cells share their value with more than 11 others"
            }
        }
    }
}

/// Returns every reason why the column cannot be a primary. The list is empty for a column that can
/// be one once it is searchable.
pub fn primary_obstacles(
    column: &Column,
    values: &ValueStatistics,
    forms: &FormStatistics,
) -> Vec<PrimaryObstacle> {
    if values.values == 0 {
        return vec![PrimaryObstacle::Empty];
    }
    let typed_date = column.rule.data_type.is_date();
    let found = [
        (forms.anchors == 0, PrimaryObstacle::NoAnchor),
        (typed_date || forms.dates * 2 >= values.values, PrimaryObstacle::Dates),
        (values.rare * 100 < values.values * 99, PrimaryObstacle::Shared),
    ];
    found.into_iter().filter_map(|(holds, obstacle)| holds.then_some(obstacle)).collect()
}

/// Classifies a column.
pub fn classify_column(column: &Column, values: &ValueStatistics, forms: &FormStatistics) -> ClassFigures {
    let count = values.values;
    let pairs = u128::from(count) * u128::from(count.saturating_sub(1));
    let rarely_agrees = values.repeats * 100 <= pairs;
    let few = count < FEW_VALUES && values.largest <= 2 && values.distinct * 2 > count;
    let evidence = rarely_agrees || few;
    let identifier = column.searchable && primary_obstacles(column, values, forms).is_empty();
    let allowed = |form: &(u8, u8)| capacity(form.0, form.1) >= STANDALONE_SPARSITY * values.distinct as f64;
    let covered: u64 = forms.histogram.iter().filter(|(form, _)| allowed(form)).map(|(_, cells)| cells).sum();
    // Numbers with check digits rarely match by chance.
    let checked = column.rule.data_type.has_check_digits();
    let standalone = identifier && (checked || covered * 100 >= count * 99);
    ClassFigures {
        class: ColumnClass { identifier, standalone, evidence },
        agreement: values.agreement(),
        capacity_log10: capacity_percentile(forms, count),
    }
}

/// Returns how many values have this number of digits and letters.
fn capacity(digits: u8, letters: u8) -> f64 {
    10f64.powi(i32::from(digits)) * 26f64.powi(i32::from(letters))
}

/// Returns the capacity that 99 % of the values reach.
fn capacity_percentile(forms: &FormStatistics, values: u64) -> f64 {
    let mut capacities: Vec<(f64, u64)> =
        forms.histogram.iter().map(|(form, cells)| (capacity(form.0, form.1).log10(), *cells)).collect();
    capacities.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut left = values / 100;
    for (capacity, count) in capacities {
        if count > left {
            return capacity;
        }
        left -= count;
    }
    0.0
}

/// The figures of a column from which its warnings are written.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ColumnSummary {
    /// Its class and the figures of it.
    pub class_figures: ClassFigures,
    /// The number of cells that contain a value.
    pub values: u64,
    /// The number of distinct values.
    pub distinct: u64,
    /// The number of cells with more atoms than the store matches.
    pub too_long: u64,
    /// The number of cells that the data type refused.
    pub refused: u64,
    /// The number of cells that contain a placeholder.
    pub placeholders: u64,
}

/// Returns sentences about a column that an operator should read before the upload.
pub fn column_warnings(column: &Column, summary: &ColumnSummary) -> Vec<String> {
    let mut out = Vec::new();
    let mut counted = |count: u64, what: &str| {
        if count > 0 {
            out.push(format!("{count} cells {what}"));
        }
    };
    counted(summary.too_long, "have more words than maximumNumberOfTokens and are not matched");
    counted(summary.refused, "are no value of the column's data type and are not matched");
    counted(summary.placeholders, "hold a placeholder and count as empty");
    if summary.values == 0 {
        out.push("every cell is empty".to_owned());
        return out;
    }
    let ClassFigures { class, agreement, capacity_log10 } = summary.class_figures;
    if class.identifier && !class.standalone {
        let odds = (10f64.powf(capacity_log10) / summary.distinct.max(1) as f64).max(1.0);
        let alone = match column.rule.data_type {
            DataType::Ssn => "a match without evidence only where written 123-45-6789",
            DataType::Text
            | DataType::Digits { .. }
            | DataType::Email
            | DataType::Name
            | DataType::Card
            | DataType::Phone { .. }
            | DataType::Date { .. }
            | DataType::Iban
            | DataType::Address => "never a match without evidence",
        };
        out.push(format!("1 in {odds:.0} random values of this form hits: {alone}"));
    }
    if column.searchable && !class.identifier {
        out.push(
            "searchable but no identifier: dates, values that many rows share and values without a digit or @ and 5 \
             letters and digits need evidence and do not anchor a match by default"
                .to_owned(),
        );
    }
    if !class.evidence {
        let percent = agreement * 100.0;
        out.push(format!(
            "weak: two random rows share a value in {percent:.2} % of cases, so it is not counted by default"
        ));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Classifies a column given as pairs (distinct values, occurrences of each), all of one form.
    fn check(
        occurrences: &[(u64, u64)],
        form: (u8, u8),
        others: (u64, u64),
        word: &str,
        obstacles: &[PrimaryObstacle],
    ) {
        let mut values = ValueStatistics::default();
        for (distinct, times) in occurrences {
            (0..*distinct).for_each(|_| values.count(*times));
        }
        let (anchors, dates) = others;
        let forms = FormStatistics { anchors, dates, histogram: BTreeMap::from([(form, values.values)]) };
        let searchable = Column::text("a").searchable();
        assert_eq!(primary_obstacles(&searchable, &values, &forms), obstacles, "{occurrences:?}");
        let class_figures = classify_column(&Column::text("a").searchable(), &values, &forms);
        assert_eq!(class_figures.class.as_str(), word, "{occurrences:?}");
        let supporting = classify_column(&Column::text("a"), &values, &forms).class;
        assert_eq!((supporting.identifier, supporting.evidence), (false, class_figures.class.evidence));
    }

    #[test]
    fn classes() {
        use PrimaryObstacle::{Dates, Empty, NoAnchor, Shared};
        check(&[], (9, 0), (0, 0), "evidence", &[Empty]);
        check(&[(1_000, 1)], (9, 0), (1_000, 0), "standalone", &[]);
        check(&[(1_000, 1)], (7, 0), (1_000, 0), "standalone", &[]);
        check(&[(1_000, 1)], (5, 0), (1_000, 0), "identifier", &[]);
        check(&[(1_000, 1)], (0, 9), (0, 0), "evidence", &[NoAnchor]);
        check(&[(1_000, 1)], (8, 0), (1_000, 500), "evidence", &[Dates]);
        check(&[(1_000, 1)], (8, 0), (1_000, 499), "standalone", &[]);
        check(&[(1_000, 12)], (9, 0), (1_000, 0), "standalone", &[]);
        check(&[(1_000, 13)], (9, 0), (1_000, 0), "evidence", &[Shared]);
        // Exactly 1 % of the cells, and one more.
        check(&[(9_900, 1), (1, 100)], (9, 0), (1_000, 0), "standalone", &[]);
        check(&[(9_900, 1), (1, 101)], (9, 0), (1_000, 0), "evidence", &[Shared]);
        check(&[(2, 500)], (0, 1), (0, 0), "weak", &[NoAnchor, Shared]);
        // Few values: each at most twice, and more than half of them distinct.
        check(&[(3, 1), (1, 2)], (0, 6), (0, 0), "evidence", &[NoAnchor]);
        check(&[(2, 2)], (0, 6), (0, 0), "weak", &[NoAnchor]);
    }

    #[test]
    fn agreement_and_parts() {
        let mut whole = ValueStatistics::default();
        let mut part = ValueStatistics::default();
        [1, 2, 3].into_iter().for_each(|times| whole.count(times));
        [4, 20].into_iter().for_each(|times| part.count(times));
        whole.add(&part);
        let expected =
            ValueStatistics { values: 30, distinct: 5, repeats: 2 + 6 + 12 + 380, rare: 10, largest: 20 };
        assert_eq!(whole, expected);
        assert!((whole.agreement() - 400.0 / 870.0).abs() < 1e-12);
        assert_eq!(ValueStatistics::default().agreement(), 0.0);
    }
}
