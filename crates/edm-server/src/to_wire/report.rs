//! Converts a match report to Graph's classification result.

use edm_graph::{
    ClassificationError, ClassificationLimit, ClassificationResult, ConfidenceCount, ContentEvidence,
    ContentLocation, DetectedContent, Diagnostic, Telling, UnmatchedItem, limit_code, reason_code,
};
use edm_service::{FoundMatch, Limit, MatchReport, MatchedType, TypeDiagnostic, UnmatchedValue};

/// Converts the whole report.
pub(crate) fn result(report: MatchReport, telling: Telling) -> ClassificationResult {
    let (errors, diagnostics) = (errors(&report), diagnostics(&report, telling));
    ClassificationResult { classification: classification(report.types, telling), errors, diagnostics }
}

/// Converts the types that matched.
pub(crate) fn classification(types: Vec<MatchedType>, telling: Telling) -> Vec<DetectedContent> {
    types.into_iter().map(|matched| detected(matched, telling)).collect()
}

/// Converts what could not be done: unknown types, types that were not searched, and a scan that
/// ran out of time.
pub(crate) fn errors(report: &MatchReport) -> Vec<ClassificationError> {
    let unknown = report.unknown_type_ids.iter().map(|id| ClassificationError {
        code: "sensitiveTypeNotFound".to_owned(),
        message: "there is no sensitive type of this id: list /dataClassification/sensitiveTypes".to_owned(),
        target: Some(id.clone()),
        ..ClassificationError::default()
    });
    let late = report.timed_out.then(|| ClassificationError {
        code: "timeout".to_owned(),
        message: "the time was up before the whole text was read: the result holds what was found until then"
            .to_owned(),
        target: Some("timeoutInMs".to_owned()),
        ..ClassificationError::default()
    });
    let omitted = report.omissions.iter().map(|omission| ClassificationError {
        code: omission.reason.code().to_owned(),
        message: omission.sentence().to_owned(),
        target: omission.type_id.map(|id| id.to_string()),
        ..ClassificationError::default()
    });
    unknown.chain(omitted).chain(late).collect()
}

/// Converts the limits that were reached and, if requested, why values that were found are not
/// matches.
fn diagnostics(report: &MatchReport, telling: Telling) -> Vec<Diagnostic> {
    let mut diagnostics: Vec<Diagnostic> =
        report.diagnostics.iter().map(|diagnostic| explained(diagnostic, telling)).collect();
    for matched in report.types.iter().filter(|matched| !matched.limits.is_empty()) {
        let id = matched.id.to_string();
        let limits = matched.limits.iter().map(|limit| reached(limit, &id));
        match diagnostics.iter_mut().find(|diagnostic| diagnostic.classification_id == id) {
            Some(diagnostic) => {
                for limit in limits {
                    if !diagnostic.classification_limits.contains(&limit) {
                        diagnostic.classification_limits.push(limit);
                    }
                }
            }
            None => diagnostics.push(Diagnostic {
                classification_limits: limits.collect(),
                unmatched_items: Vec::new(),
                classification_id: id,
            }),
        }
    }
    diagnostics
}

fn detected(matched: MatchedType, telling: Telling) -> DetectedContent {
    let count = |count: &edm_service::ConfidenceCount| ConfidenceCount {
        confidence: count.confidence,
        unique_count: count.unique_count,
        match_count: count.match_count,
    };
    DetectedContent {
        id: matched.id.to_string(),
        display_name: matched.name,
        unique_count: matched.unique_count,
        confidence: matched.confidence,
        recommended_confidence: matched.recommended_confidence,
        matches: matched.matches.into_iter().map(|found| location(found, telling)).collect(),
        counts: matched.counts.iter().map(count).collect(),
    }
}

/// Returns the value in the text if values were requested, and an empty text otherwise.
fn value(text: String, telling: Telling) -> String {
    if telling.include_values { text } else { String::new() }
}

fn location(found: FoundMatch, telling: Telling) -> ContentLocation {
    let evidence = |evidence: edm_service::FoundEvidence| ContentEvidence {
        matched: value(evidence.place.text, telling),
        offset: evidence.place.offset,
        length: evidence.place.length,
        column_name: evidence.column,
        counted: evidence.counted,
    };
    ContentLocation {
        id_match: value(found.place.text, telling),
        offset: found.place.offset,
        length: found.place.length,
        confidence: found.confidence,
        evidences: found.evidences.into_iter().map(evidence).collect(),
        column_name: found.column,
        rows: found.rows.iter().map(|(row, _)| *row).collect(),
        rows_truncated: found.rows_truncated,
        row_session_ids: found.rows.iter().map(|(_, session)| session.to_string()).collect(),
    }
}

fn explained(diagnostic: &TypeDiagnostic, telling: Telling) -> Diagnostic {
    let id = diagnostic.id.to_string();
    let unmatched = |item: &UnmatchedValue| UnmatchedItem {
        code: reason_code(item.reason).to_owned(),
        id_match: value(item.place.text.clone(), telling),
        offset: item.place.offset,
        length: item.place.length,
        column_name: item.column.clone(),
        corroborative_evidences: item.notes.iter().map(ToString::to_string).collect(),
    };
    Diagnostic {
        classification_limits: diagnostic.limits.iter().map(|limit| reached(limit, &id)).collect(),
        unmatched_items: diagnostic.unmatched.iter().map(unmatched).collect(),
        classification_id: id,
    }
}

fn reached(limit: &Limit, type_id: &str) -> ClassificationLimit {
    ClassificationLimit {
        code: limit_code(limit.kind).to_owned(),
        allowed_limit: i32::try_from(limit.allowed).unwrap_or(i32::MAX),
        impacted_sensitive_type_ids: vec![type_id.to_owned()],
    }
}
