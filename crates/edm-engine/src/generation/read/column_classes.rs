//! Hands what a generation's files say of a column to its judgement, which is `edm-model`'s: the
//! agent judges by the same.

use edm_model::{Column, ColumnSummary as Summary, FormStatistics, Judgement};

use crate::generation::format::entries_file::Statistics;
use crate::generation::format::manifest::ColumnFacts;
use crate::generation::format::rules_file::ColumnSummary;

pub(crate) fn judge(column: &Column, statistics: &Statistics, summary: &ColumnSummary) -> Judgement {
    let forms = FormStatistics {
        anchors: summary.anchors,
        dates: summary.dates,
        histogram: summary.histogram.clone(),
    };
    edm_model::judge(column, statistics, &forms)
}

/// Returns sentences on what is worth knowing of a column before trusting it.
pub(crate) fn warnings(column: &Column, facts: &ColumnFacts) -> Vec<String> {
    let judgement =
        Judgement { class: facts.class, agreement: facts.agreement, capacity_log10: facts.capacity_log10 };
    let summary = Summary {
        judgement,
        values: facts.values,
        distinct: facts.distinct,
        too_long: facts.too_long,
        refused: facts.refused,
        placeholders: facts.placeholders,
    };
    edm_model::column_warnings(column, &summary)
}
