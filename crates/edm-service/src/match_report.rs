//! What a scan found, with names for positions: all that a caller needs, without the generations that it came from.

use std::sync::Arc;

use edm_engine::{ActiveType, ConfidenceCount, Limit, Span};
use edm_model::{SensitiveTypeId, SessionId};

/// What was found in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MatchReport {
    /// The types that have a match of the asked confidence.
    pub types: Vec<MatchedType>,
    /// Why values that were found are no match; filled where it was asked for.
    pub diagnostics: Vec<TypeDiagnostic>,
    /// The named types that there are not.
    pub unknown_type_ids: Vec<String>,
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
    /// Where it begins, in UTF-16 units.
    pub offset_utf16: u64,
    /// How long it is, in UTF-16 units.
    pub length_utf16: u64,
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
    /// Where the primary value stands.
    pub place: Place,
    /// Its column.
    pub column: String,
    /// The confidence of the best pattern that it reaches.
    pub confidence: u8,
    /// The records that reach it, and the session that brought each.
    pub rows: Vec<(u64, SessionId)>,
    /// Whether there are more such records.
    pub rows_truncated: bool,
    /// What else of the record stands near.
    pub evidences: Vec<FoundEvidence>,
}

/// A value of the same record near the primary value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundEvidence {
    /// Where it stands.
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
    pub code: &'static str,
    /// Where it stands.
    pub place: Place,
    /// Its column.
    pub column: String,
    /// Sentences about what stands near it.
    pub corroborative: Vec<String>,
}

impl MatchReport {
    /// Says whether there is nothing to tell: no match, nothing to explain and nothing that went wrong.
    pub fn is_empty(&self) -> bool {
        let Self { types, diagnostics, unknown_type_ids, timed_out } = self;
        types.is_empty() && diagnostics.is_empty() && unknown_type_ids.is_empty() && !timed_out
    }

    /// Gives the engine's report its names.
    pub(crate) fn of(
        report: edm_engine::Report,
        types: &[Arc<ActiveType>],
        unknown_type_ids: Vec<String>,
    ) -> Self {
        let of = |type_index: usize| types.get(type_index).expect("a report names types of its own query");
        let matched = report.types.into_iter().map(|found| matched_type(of(found.type_index), found));
        let diagnostics = report.diagnostics.into_iter().map(|found| {
            let active = of(found.type_index);
            let unmatched = found.unmatched.into_iter().map(|unmatched| UnmatchedValue {
                code: unmatched.code,
                place: place(unmatched.text, unmatched.span),
                column: column_name(active, unmatched.column),
                corroborative: unmatched.corroborative,
            });
            TypeDiagnostic { id: active.id, limits: found.limits, unmatched: unmatched.collect() }
        });
        Self {
            types: matched.collect(),
            diagnostics: diagnostics.collect(),
            unknown_type_ids,
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
        offset_utf16: span.start_utf16,
        length_utf16: span.end_utf16.saturating_sub(span.start_utf16),
    }
}

fn column_name(active: &ActiveType, position: usize) -> String {
    let columns = active.generation.columns().as_slice();
    columns.get(position).expect("a report names columns of its type's table").name.clone()
}
