//! What a column is fit for, from exact counts (matching, section 5, Classes; `docs/matching.md`). The service judges
//! what was uploaded and the agent what it reads, both here.

use std::collections::BTreeMap;

use crate::column::Column;
use crate::data_type::DataType;
use crate::sensitive_type::ColumnClass;

/// Values that stand in at most so many rows are rare.
pub const RARE_ROWS_MAX: u64 = 12;
/// Below so many values, agreement says little and repeats may speak for the column.
const FEW_VALUES: u64 = 200;
/// A standalone identifier uses at most one in so many of the values that its shapes allow.
const STANDALONE_SPARSITY: f64 = 1_000.0;

/// How often a column's values repeat. Values are cells: one that stands in two rows is two.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ValueStatistics {
    /// How many values there are.
    pub values: u64,
    /// How many of them differ.
    pub distinct: u64,
    /// The sum of n(n−1) over the distinct values, each of which stands in n rows.
    pub repeats: u128,
    /// Values that stand in at most [`RARE_ROWS_MAX`] rows.
    pub rare: u64,
    /// How often the commonest value occurs.
    pub largest: u64,
}

impl ValueStatistics {
    /// Takes in another part of the same column; no value may stand in both.
    pub fn add(&mut self, other: &ValueStatistics) {
        self.values += other.values;
        self.distinct += other.distinct;
        self.repeats += other.repeats;
        self.rare += other.rare;
        self.largest = self.largest.max(other.largest);
    }

    /// Takes in one more distinct value, which occurs so often: at least once.
    pub fn count(&mut self, occurrences: u64) {
        self.values += occurrences;
        self.distinct += 1;
        self.largest = self.largest.max(occurrences);
        self.repeats += u128::from(occurrences) * u128::from(occurrences.saturating_sub(1));
        if occurrences <= RARE_ROWS_MAX {
            self.rare += occurrences;
        }
    }

    /// Returns the chance that two random rows that have a value have the same one.
    pub fn agreement(&self) -> f64 {
        let pairs = self.values as f64 * self.values.saturating_sub(1) as f64;
        if self.values < 2 { 0.0 } else { self.repeats as f64 / pairs }
    }
}

/// What a column's values look like.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FormStatistics {
    /// Values that can anchor a default type's match.
    pub anchors: u64,
    /// Values that read as dates.
    pub dates: u64,
    /// How many values have this many digits and letters.
    pub histogram: BTreeMap<(u8, u8), u64>,
}

/// A column's class and the figures behind it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Judgement {
    /// What the column is fit for.
    pub class: ColumnClass,
    /// The chance that two random rows share a value.
    pub agreement: f64,
    /// The base-10 logarithm of how many values the shapes of 99 % of the cells allow at least.
    pub capacity_log10: f64,
}

/// Why a searchable column cannot be the primary of a default type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PrimaryObstacle {
    /// It has no value.
    Empty,
    /// None of its values can anchor a match.
    NoAnchor,
    /// At least half of its values read as dates.
    Dates,
    /// More than 1 % of its values stand in more than [`RARE_ROWS_MAX`] rows each.
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

/// Returns every reason why the column cannot be a primary; none where it can, once it is searchable.
pub fn primary_obstacles(
    column: &Column,
    values: &ValueStatistics,
    forms: &FormStatistics,
) -> Vec<PrimaryObstacle> {
    if values.values == 0 {
        return vec![PrimaryObstacle::Empty];
    }
    let typed_date = matches!(column.rule.data_type, DataType::Date { .. });
    let found = [
        (forms.anchors == 0, PrimaryObstacle::NoAnchor),
        (typed_date || forms.dates * 2 >= values.values, PrimaryObstacle::Dates),
        (values.rare * 100 < values.values * 99, PrimaryObstacle::Shared),
    ];
    found.into_iter().filter_map(|(holds, obstacle)| holds.then_some(obstacle)).collect()
}

/// Judges a column.
pub fn judge(column: &Column, values: &ValueStatistics, forms: &FormStatistics) -> Judgement {
    let count = values.values;
    let pairs = u128::from(count) * u128::from(count.saturating_sub(1));
    let rarely_agrees = values.repeats * 100 <= pairs;
    let few = count < FEW_VALUES && values.largest <= 2 && values.distinct * 2 > count;
    let evidence = rarely_agrees || few;
    let identifier = column.searchable && primary_obstacles(column, values, forms).is_empty();
    let allowed = |form: &(u8, u8)| capacity(form.0, form.1) >= STANDALONE_SPARSITY * values.distinct as f64;
    let covered: u64 = forms.histogram.iter().filter(|(form, _)| allowed(form)).map(|(_, cells)| cells).sum();
    // Numbers with check digits are hardly ever met by chance.
    let checked = matches!(column.rule.data_type, DataType::Card | DataType::Iban);
    let standalone = identifier && (checked || covered * 100 >= count * 99);
    Judgement {
        class: ColumnClass { identifier, standalone, evidence },
        agreement: values.agreement(),
        capacity_log10: capacity_percentile(forms, count),
    }
}

/// How many values have these digits and letters.
fn capacity(digits: u8, letters: u8) -> f64 {
    10f64.powi(i32::from(digits)) * 26f64.powi(i32::from(letters))
}

/// The capacity that 99 % of the values reach.
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

/// What a column's cells came to, as its warnings tell it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ColumnSummary {
    /// Its judgement.
    pub judgement: Judgement,
    /// Cells that hold a value.
    pub values: u64,
    /// Distinct values.
    pub distinct: u64,
    /// Cells with too many words.
    pub too_long: u64,
    /// Cells that the data type refused.
    pub refused: u64,
    /// Cells that hold a placeholder.
    pub placeholders: u64,
}

/// Says in sentences what is worth knowing of a column before trusting it.
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
    let Judgement { class, agreement, capacity_log10 } = summary.judgement;
    if class.identifier && !class.standalone {
        let odds = (10f64.powf(capacity_log10) / summary.distinct.max(1) as f64).max(1.0);
        let alone = match column.rule.data_type {
            DataType::Ssn => "a match without evidence only where written 123-45-6789",
            _ => "never a match without evidence",
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

    /// A column of so many distinct values, each of which occurs so often, all of this many digits and letters.
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
        let judgement = judge(&Column::text("a").searchable(), &values, &forms);
        assert_eq!(judgement.class.as_str(), word, "{occurrences:?}");
        let supporting = judge(&Column::text("a"), &values, &forms).class;
        assert_eq!((supporting.identifier, supporting.evidence), (false, judgement.class.evidence));
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
