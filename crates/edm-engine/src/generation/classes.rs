//! What a column is fit for, from exact counts (matching, section 5, Classes; `docs/matching.md`).

use edm_model::{Column, ColumnClass, DataType};

use super::entries_file::Statistics;
use super::manifest::ColumnFacts;
use super::rules_file::ColumnSummary;

/// Below so many values, agreement says little and repeats may speak for the column.
const FEW_VALUES: u64 = 200;
/// A standalone identifier uses at most one in so many of the values that its shapes allow.
const STANDALONE_SPARSITY: f64 = 1_000.0;

/// A column's class and the figures behind it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Judgement {
    pub(crate) class: ColumnClass,
    pub(crate) agreement: f64,
    /// The base-10 logarithm of how many values the shapes of 99 % of the cells allow at least.
    pub(crate) capacity_log10: f64,
}

pub(crate) fn judge(column: &Column, statistics: &Statistics, summary: &ColumnSummary) -> Judgement {
    let values = statistics.values;
    let pairs = values as f64 * (values.saturating_sub(1)) as f64;
    let agreement = if values < 2 { 0.0 } else { statistics.repeats as f64 / pairs };
    let rarely_agrees = statistics.repeats * 100 <= u128::from(values) * u128::from(values.saturating_sub(1));
    let few = values < FEW_VALUES && statistics.largest <= 2 && statistics.distinct * 2 > values;
    let evidence = rarely_agrees || few;
    let rare = statistics.rare * 100 >= values * 99;
    let dated = matches!(column.rule.data_type, DataType::Date { .. }) || summary.dates * 2 >= values;
    let identifier = column.searchable && values > 0 && summary.anchors > 0 && !dated && rare;
    let covered: u64 = summary
        .histogram
        .iter()
        .filter(|((digits, letters), _)| {
            capacity(*digits, *letters) >= STANDALONE_SPARSITY * statistics.distinct as f64
        })
        .map(|(_, values)| values)
        .sum();
    let checked = matches!(column.rule.data_type, DataType::Card | DataType::Iban);
    let standalone = identifier && (checked || covered * 100 >= values * 99);
    Judgement {
        class: ColumnClass { identifier, standalone, evidence },
        agreement,
        capacity_log10: capacity_percentile(summary, values),
    }
}

fn capacity(digits: u8, letters: u8) -> f64 {
    10f64.powi(i32::from(digits)) * 26f64.powi(i32::from(letters))
}

/// The capacity that 99 % of the values reach.
fn capacity_percentile(summary: &ColumnSummary, values: u64) -> f64 {
    let mut capacities: Vec<(f64, u64)> = summary
        .histogram
        .iter()
        .map(|((digits, letters), n)| (capacity(*digits, *letters).log10(), *n))
        .collect();
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

/// Says in sentences what is worth knowing of a column before trusting it.
pub(crate) fn warnings(column: &Column, facts: &ColumnFacts) -> Vec<String> {
    let mut out = Vec::new();
    let mut counted = |count: u64, what: &str| {
        if count > 0 {
            out.push(format!("{count} cells {what}"));
        }
    };
    counted(facts.too_long, "have more words than maximumNumberOfTokens and are not matched");
    counted(facts.refused, "are no value of the column's data type and are not matched");
    counted(facts.placeholders, "hold a placeholder and count as empty");
    if facts.values == 0 {
        out.push("every cell is empty".to_owned());
        return out;
    }
    if facts.class.identifier && !facts.class.standalone {
        let odds = (10f64.powf(facts.capacity_log10) / facts.distinct.max(1) as f64).max(1.0);
        let alone = match column.rule.data_type {
            DataType::Ssn => "a match without evidence only where written 123-45-6789",
            _ => "never a match without evidence",
        };
        out.push(format!("1 in {odds:.0} random values of this form hits: {alone}"));
    }
    if column.searchable && !facts.class.identifier {
        out.push(
            "searchable but no identifier: dates, values that many rows share and values without a digit or @ and 5 \
             letters and digits need evidence and do not anchor a match by default"
                .to_owned(),
        );
    }
    if !facts.class.evidence {
        let percent = facts.agreement * 100.0;
        out.push(format!(
            "weak: two random rows share a value in {percent:.2} % of cases, so it is not counted by default"
        ));
    }
    out
}
