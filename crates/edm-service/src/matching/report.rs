//! What a scan found, with names for positions: all that a caller needs, without the generations
//! that it came from.

use std::sync::Arc;

use edm_engine::{ActiveType, ConfidenceCount, Limit, Span};
use edm_model::{Note, Reason, SensitiveTypeId, SessionId};

use crate::serve::omission::Omission;

/// What was found in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MatchReport {
    /// The types that have a match of the requested confidence.
    pub types: Vec<MatchedType>,
    /// Why values that were found are no match; filled if the request wants it.
    pub diagnostics: Vec<TypeDiagnostic>,
    /// The named types that do not exist.
    pub unknown_type_ids: Vec<String>,
    /// The types for which the text was not searched. "Nothing found" says nothing about these.
    pub omissions: Vec<Omission>,
    /// Whether the time ran out before the end of the text.
    pub timed_out: bool,
}

/// A piece of the text.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Place {
    /// The piece itself.
    pub text: String,
    /// Where it begins, in bytes.
    pub start: usize,
    /// Where it ends, in bytes.
    pub end: usize,
    /// Where it begins, in the units of the request.
    pub offset: u64,
    /// How long it is, in the same units.
    pub length: u64,
}

/// What was found of one sensitive type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MatchedType {
    /// The type.
    pub id: SensitiveTypeId,
    /// Its name.
    pub name: String,
    /// The confidence from which a match should be acted on.
    pub recommended_confidence: u8,
    /// The highest confidence of a match.
    pub confidence: u8,
    /// Distinct primary values or records.
    pub unique_count: u32,
    /// The same for each confidence that occurs.
    pub counts: Vec<ConfidenceCount>,
    /// The matches, from the front of the text to its end.
    pub matches: Vec<FoundMatch>,
    /// Whether there are more matches than are listed.
    pub truncated: bool,
    /// Bounds that were met.
    pub limits: Vec<Limit>,
}

/// One match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundMatch {
    /// Where the primary value is.
    pub place: Place,
    /// Its column.
    pub column: String,
    /// The confidence of the best pattern that it reaches.
    pub confidence: u8,
    /// The records that reach it, and the session that brought each.
    pub rows: Vec<(u64, SessionId)>,
    /// Whether there are more such records.
    pub rows_truncated: bool,
    /// Other values of the record near it.
    pub evidences: Vec<FoundEvidence>,
}

/// A value of the same record near the primary value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundEvidence {
    /// Where it is.
    pub place: Place,
    /// Its column.
    pub column: String,
    /// Whether the pattern counted it.
    pub counted: bool,
}

/// Why values of a type's table that were found are no match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypeDiagnostic {
    /// The type.
    pub id: SensitiveTypeId,
    /// Bounds that were met.
    pub limits: Vec<Limit>,
    /// The values.
    pub unmatched: Vec<UnmatchedValue>,
}

/// A value that was found and reached no pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnmatchedValue {
    /// Why.
    pub reason: Reason,
    /// Where it is.
    pub place: Place,
    /// Its column.
    pub column: String,
    /// What is near it, and why that is not enough.
    pub notes: Vec<Note>,
}

/// What a request names and a scan does not search.
#[derive(Debug, Clone, Default)]
pub(crate) struct Unsearched {
    /// The named types that do not exist.
    pub(crate) unknown_type_ids: Vec<String>,
    pub(crate) omissions: Vec<Omission>,
}

impl MatchReport {
    /// Returns whether there is nothing to report: no match, no explanation and no problem.
    pub fn is_empty(&self) -> bool {
        let Self { types, diagnostics, unknown_type_ids, omissions, timed_out } = self;
        let nothing_found = types.is_empty() && diagnostics.is_empty();
        nothing_found && unknown_type_ids.is_empty() && omissions.is_empty() && !timed_out
    }

    /// Gives the engine's report its names.
    pub(crate) fn of(report: edm_engine::Report, types: &[Arc<ActiveType>], unsearched: Unsearched) -> Self {
        let Unsearched { unknown_type_ids, omissions } = unsearched;
        let of = |index: usize| types.get(index).expect("a report names the types of its query");
        let matched = report.types.into_iter().map(|found| matched_type(of(found.type_index), found));
        let diagnostics = report.diagnostics.into_iter().map(|found| {
            let active = of(found.type_index);
            let unmatched = found.unmatched.into_iter().map(|unmatched| UnmatchedValue {
                reason: unmatched.reason,
                place: place(unmatched.text, unmatched.span),
                column: column_name(active, unmatched.column),
                notes: unmatched.notes,
            });
            TypeDiagnostic { id: active.id, limits: found.limits, unmatched: unmatched.collect() }
        });
        Self {
            types: matched.collect(),
            diagnostics: diagnostics.collect(),
            unknown_type_ids,
            omissions,
            timed_out: report.stopped,
        }
    }
}

fn matched_type(active: &ActiveType, found: edm_engine::TypeReport) -> MatchedType {
    let matches = found.matches.into_iter().map(|found| FoundMatch {
        place: place(found.text, found.span),
        column: column_name(active, found.column),
        confidence: found.confidence,
        rows: found.rows.into_iter().map(|row| (row.record, row.session_id)).collect(),
        rows_truncated: found.rows_truncated,
        evidences: found
            .evidences
            .into_iter()
            .map(|evidence| FoundEvidence {
                place: place(evidence.text, evidence.span),
                column: column_name(active, evidence.column),
                counted: evidence.counted,
            })
            .collect(),
    });
    MatchedType {
        id: active.id,
        name: active.name.clone(),
        recommended_confidence: active.recommended_confidence,
        confidence: found.confidence,
        unique_count: found.unique_count,
        counts: found.counts,
        matches: matches.collect(),
        truncated: found.truncated,
        limits: found.limits,
    }
}

fn place(text: String, span: Span) -> Place {
    Place {
        text,
        start: span.start,
        end: span.end,
        offset: span.start_units,
        length: span.end_units.saturating_sub(span.start_units),
    }
}

fn column_name(active: &ActiveType, position: usize) -> String {
    let column = active.generation.columns().as_slice().get(position);
    column.expect("a report names columns of the generation that it was made with").name.clone()
}
