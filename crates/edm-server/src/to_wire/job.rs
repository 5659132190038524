//! Converts jobs to Graph's resources: a stored job, without any piece of the text, and the answer
//! of the call that created it.

use edm_graph::{
    CLASSIFICATION_METHOD, ClassificationAttribute, ClassificationError, ClassificationInnerError,
    DateTimeOffset, ErrorDetail, JobContent, JobEvidence, JobLocation, JobResource, JobResult, SCOPE,
};
use edm_model::{ClassificationJob, JobFinding, JobMatch, JobPlace};
use edm_service::{FoundEvidence, FoundMatch, MatchReport, MatchedType};

/// Converts a stored job.
pub(crate) fn kept(job: &ClassificationJob) -> JobResource {
    JobResource {
        id: job.id.to_string(),
        creation_date_time: Some(DateTimeOffset::new(job.created_at)),
        start_date_time: Some(DateTimeOffset::new(job.started_at)),
        end_date_time: Some(DateTimeOffset::new(job.ended_at)),
        status: Some(job.status().to_owned()),
        tenant_id: Some(job.tenant.to_string()),
        kind: Some(job.origin.as_str().to_owned()),
        user_id: Some(job.created_by.as_str().to_owned()),
        error: error(job),
        result: job
            .findings
            .as_ref()
            .map(|findings| JobResult { classification: findings.iter().map(finding).collect() }),
    }
}

/// Converts the findings, with the found values.
pub(crate) fn found(report: MatchReport) -> JobResult {
    JobResult { classification: report.types.into_iter().map(matched_type).collect() }
}

/// The first problem is the error; the others are its details.
fn error(job: &ClassificationJob) -> Option<ClassificationError> {
    let (first, others) = job.problems.split_first()?;
    Some(ClassificationError {
        code: first.code.clone(),
        message: first.message.clone(),
        target: first.target.clone(),
        inner_error: Some(ClassificationInnerError {
            error_date_time: Some(DateTimeOffset::new(job.ended_at)),
            code: Some(first.code.clone()),
            client_request_id: None,
            activity_id: Some(job.id.to_string()),
        }),
        details: others
            .iter()
            .map(|problem| ErrorDetail {
                code: problem.code.clone(),
                message: problem.message.clone(),
                target: problem.target.clone(),
            })
            .collect(),
    })
}

fn finding(finding: &JobFinding) -> JobContent {
    JobContent {
        id: finding.type_id.to_string(),
        display_name: finding.name.clone(),
        unique_count: finding.unique_count,
        confidence: finding.confidence,
        recommended_confidence: finding.recommended_confidence,
        matches: finding.matches.iter().map(kept_match).collect(),
        classification_attributes: attributes(finding.counts.iter().copied()),
        classification_method: CLASSIFICATION_METHOD.to_owned(),
        scope: SCOPE.to_owned(),
        sensitive_type_source: "tenant".to_owned(),
    }
}

fn kept_match(found: &JobMatch) -> JobLocation {
    let evidence = |(place, counted): &(JobPlace, bool)| JobEvidence {
        matched: None,
        offset: place.offset,
        length: place.length,
        column_name: place.column.clone(),
        counted: *counted,
    };
    JobLocation {
        id_match: None,
        offset: found.place.offset,
        length: found.place.length,
        confidence: found.confidence,
        evidences: found.evidences.iter().map(evidence).collect(),
        column_name: found.place.column.clone(),
    }
}

fn matched_type(matched: MatchedType) -> JobContent {
    JobContent {
        id: matched.id.to_string(),
        display_name: matched.name,
        unique_count: matched.unique_count,
        confidence: matched.confidence,
        recommended_confidence: matched.recommended_confidence,
        classification_attributes: attributes(
            matched.counts.iter().map(|count| (count.confidence, count.match_count)),
        ),
        matches: matched.matches.into_iter().map(location).collect(),
        classification_method: CLASSIFICATION_METHOD.to_owned(),
        scope: SCOPE.to_owned(),
        sensitive_type_source: "tenant".to_owned(),
    }
}

fn location(found: FoundMatch) -> JobLocation {
    let evidence = |evidence: FoundEvidence| JobEvidence {
        matched: Some(evidence.place.text),
        offset: evidence.place.offset,
        length: evidence.place.length,
        column_name: evidence.column,
        counted: evidence.counted,
    };
    JobLocation {
        id_match: Some(found.place.text),
        offset: found.place.offset,
        length: found.place.length,
        confidence: found.confidence,
        evidences: found.evidences.into_iter().map(evidence).collect(),
        column_name: found.column,
    }
}

fn attributes(counts: impl Iterator<Item = (u8, u32)>) -> Vec<ClassificationAttribute> {
    counts.map(|(confidence, count)| ClassificationAttribute { confidence, count }).collect()
}
