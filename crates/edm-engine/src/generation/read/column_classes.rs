//! Passes the figures of a column from the files of a generation to the classification in
//! `edm-model`, which the agent uses too.

use edm_model::{ClassFigures, Column, ColumnSummary as Summary, FormStatistics};

use crate::generation::format::entries_file::Statistics;
use crate::generation::format::manifest::ColumnFacts;
use crate::generation::format::rules_file::ColumnSummary;

/// Classifies a column.
pub(crate) fn class_figures(
    column: &Column,
    statistics: &Statistics,
    summary: &ColumnSummary,
) -> ClassFigures {
    let forms = FormStatistics {
        anchors: summary.anchors,
        dates: summary.dates,
        histogram: summary.histogram.clone(),
    };
    edm_model::classify_column(column, statistics, &forms)
}

/// Returns sentences on what is worth knowing of a column before trusting it.
pub(crate) fn warnings(column: &Column, facts: &ColumnFacts) -> Vec<String> {
    let class_figures =
        ClassFigures { class: facts.class, agreement: facts.agreement, capacity_log10: facts.capacity_log10 };
    let summary = Summary {
        class_figures,
        values: facts.values,
        distinct: facts.distinct,
        too_long: facts.too_long,
        refused: facts.refused,
        placeholders: facts.placeholders,
    };
    edm_model::column_warnings(column, &summary)
}
