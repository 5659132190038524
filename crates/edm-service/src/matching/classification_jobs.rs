//! Classifications that are kept as jobs. A job is finished when it is made, and contains no piece
//! of the text.

use std::sync::Arc;

use bytes::Bytes;
use edm_extract::{TextEncoding, text_of};
use edm_model::{
    ClassificationJob, JobFinding, JobId, JobMatch, JobOrigin, JobPlace, JobProblem, ListQuery, Listed,
    SensitiveTypeId, limits,
};
use edm_store::Catalog;

use crate::access::authorise::{ClassifyAsJob, DeleteJob, Grant, ListJobs, ReadJob};
use crate::deps::{Clock, Deps, Random, random_bytes};
use crate::error::{Error, Resource};
use crate::matching::matcher::Matching;
use crate::matching::options::{MatchOptions, Unavailable};
use crate::matching::report::{MatchReport, MatchedType, Place};
use crate::revision::{Expected, Revision};

/// What is classified.
#[derive(Debug, PartialEq, Eq)]
pub enum JobContent {
    /// A text.
    Text(String),
    /// A file that may be text, in the declared encoding.
    File(Bytes, TextEncoding),
    /// A file that is not text, according to its sender.
    OtherFile,
}

/// A job just made, with the report that the caller gets and the catalog does not.
#[derive(Debug, PartialEq, Eq)]
pub struct FinishedJob {
    /// The job as it is kept.
    pub job: ClassificationJob,
    /// What was found, with the pieces of the text; `None` if the file is not text.
    pub report: Option<MatchReport>,
}

/// The classifications of all tenants that are kept as jobs.
pub(crate) struct ClassificationJobs {
    catalog: Catalog,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    matching: Arc<Matching>,
}

impl ClassificationJobs {
    pub(crate) fn new(deps: &Deps, matching: Arc<Matching>) -> Self {
        Self {
            catalog: deps.catalog.clone(),
            clock: deps.clock.clone(),
            random: deps.random.clone(),
            matching,
        }
    }

    /// Classifies a text or file and keeps a job of it. A file that is not text makes a job that
    /// failed.
    pub(crate) async fn classify(
        &self,
        grant: &Grant<'_, ClassifyAsJob>,
        origin: JobOrigin,
        content: JobContent,
        options: MatchOptions,
    ) -> Result<FinishedJob, Error> {
        let created_at = self.clock.now();
        let text = match content {
            JobContent::Text(text) => Some(text),
            JobContent::File(bytes, encoding) => text_of(&bytes, encoding).ok(),
            JobContent::OtherFile => None,
        };
        let report = match text {
            Some(text) => {
                let options = MatchOptions { unavailable: Unavailable::Refused, ..options };
                Some(self.matching.classify(&grant.to_classify(), text, options).await?)
            }
            None => None,
        };
        let job = ClassificationJob {
            id: JobId::from_random_bytes(random_bytes(self.random.as_ref())),
            tenant: grant.tenant(),
            origin,
            created_by: grant.principal().id.clone(),
            created_at,
            started_at: created_at,
            ended_at: self.clock.now(),
            problems: report.as_ref().map_or_else(|| vec![unsupported()], problems),
            findings: report.as_ref().map(|report| findings(&report.types)),
        };
        self.catalog.insert_classification_job(&job, limits::JOBS_KEPT_MAX).await?;
        tracing::info!(job.id = %job.id, status = job.status(), "classification job kept");
        Ok(FinishedJob { job, report })
    }

    /// Lists the tenant's jobs, of this origin alone when one is given.
    pub(crate) async fn list(
        &self,
        grant: &Grant<'_, ListJobs>,
        origin: Option<JobOrigin>,
        query: &ListQuery,
    ) -> Result<Listed<ClassificationJob>, Error> {
        Ok(self.catalog.list_classification_jobs(grant.tenant(), origin, query).await?)
    }

    /// Returns a job, of this origin alone when one is given.
    pub(crate) async fn get(
        &self,
        grant: &Grant<'_, ReadJob>,
        origin: Option<JobOrigin>,
        id: JobId,
    ) -> Result<ClassificationJob, Error> {
        let job = self.catalog.classification_job(grant.tenant(), id).await;
        let job = job.map_err(|error| Error::from(error).missing(Resource::ClassificationJob))?;
        check_origin(&job, origin)?;
        Ok(job)
    }

    /// Forgets a job.
    pub(crate) async fn delete(
        &self,
        grant: &Grant<'_, DeleteJob>,
        origin: Option<JobOrigin>,
        id: JobId,
        expected: &Expected,
    ) -> Result<(), Error> {
        let deleted = self.catalog.delete_classification_job(grant.tenant(), id, |job| {
            check_origin(job, origin)?;
            expected.check(|| Revision::of(job))
        });
        deleted.await.map_err(|error| error.missing(Resource::ClassificationJob))
    }
}

fn check_origin(job: &ClassificationJob, origin: Option<JobOrigin>) -> Result<(), Error> {
    match origin.is_none_or(|origin| origin == job.origin) {
        true => Ok(()),
        false => Err(Error::not_found(Resource::ClassificationJob)),
    }
}

fn unsupported() -> JobProblem {
    JobProblem {
        code: "unsupportedFileType".to_owned(),
        message: "the file is no text in UTF-8 or UTF-16: send its text, and UTF-16 with a byte order mark"
            .to_owned(),
        target: Some("file".to_owned()),
    }
}

fn problems(report: &MatchReport) -> Vec<JobProblem> {
    let unknown = report.unknown_type_ids.iter().map(|id| JobProblem {
        code: "sensitiveTypeNotFound".to_owned(),
        message: "there is no sensitive type of this id: list /dataClassification/sensitiveTypes".to_owned(),
        // A caller may write anything here; only an id is kept.
        target: id.parse::<SensitiveTypeId>().ok().map(|id| id.to_string()),
    });
    let late = report.timed_out.then(|| JobProblem {
        code: "timeout".to_owned(),
        message: "the time was up before the whole text was read: the result holds what was found until then"
            .to_owned(),
        target: None,
    });
    let cut = (place_count(&report.types) > limits::JOB_PLACES_MAX).then(|| JobProblem {
        code: "resultTruncated".to_owned(),
        message: format!(
            "more was found than is kept: at most {} types, matches and evidences together",
            limits::JOB_PLACES_MAX
        ),
        target: None,
    });
    let omitted = report.omissions.iter().map(|omission| JobProblem {
        code: omission.reason.code().to_owned(),
        message: omission.sentence().to_owned(),
        target: omission.type_id.map(|id| id.to_string()),
    });
    late.into_iter().chain(cut).chain(omitted).chain(unknown).take(limits::JOB_PROBLEMS_MAX).collect()
}

fn place_count(types: &[MatchedType]) -> usize {
    let of_type = |matched: &MatchedType| -> usize {
        1 + matched.matches.iter().map(|found| 1 + found.evidences.len()).sum::<usize>()
    };
    types.iter().map(of_type).sum()
}

/// Returns what is kept: the first types, each with its first matches, up to the bound.
fn findings(types: &[MatchedType]) -> Vec<JobFinding> {
    let mut left = limits::JOB_PLACES_MAX;
    let mut take = |count: usize| match left.checked_sub(count) {
        Some(rest) => {
            left = rest;
            true
        }
        None => false,
    };
    let mut findings = Vec::new();
    for matched in types {
        if !take(1) {
            break;
        }
        let mut matches = Vec::new();
        for found in &matched.matches {
            if !take(1 + found.evidences.len()) {
                break;
            }
            let evidences = found.evidences.iter();
            matches.push(JobMatch {
                place: position(&found.place, &found.column),
                confidence: found.confidence,
                evidences: evidences
                    .map(|evidence| (position(&evidence.place, &evidence.column), evidence.counted))
                    .collect(),
            });
        }
        findings.push(JobFinding {
            type_id: matched.id,
            name: matched.name.clone(),
            confidence: matched.confidence,
            recommended_confidence: matched.recommended_confidence,
            unique_count: matched.unique_count,
            counts: matched.counts.iter().map(|count| (count.confidence, count.match_count)).collect(),
            matches,
        });
    }
    findings
}

/// Drops the piece of the text.
fn position(place: &Place, column: &str) -> JobPlace {
    JobPlace { offset: place.offset, length: place.length, column: column.to_owned() }
}

#[cfg(test)]
mod tests {
    use edm_model::SessionId;

    use super::*;
    use crate::matching::report::{FoundEvidence, FoundMatch};

    fn place(offset: u64) -> Place {
        Place { text: "900-33-4444".to_owned(), start: 0, end: 11, offset, length: 11 }
    }

    fn report(match_count: u64) -> MatchReport {
        let evidence = FoundEvidence { place: place(0), column: "lastName".to_owned(), counted: true };
        let found = |offset| FoundMatch {
            place: place(offset),
            column: "ssn".to_owned(),
            confidence: 85,
            rows: vec![(1, SessionId::from_bytes([1; 16]))],
            rows_truncated: false,
            evidences: vec![evidence.clone()],
        };
        let matched = MatchedType {
            id: SensitiveTypeId::from_bytes([1; 16]),
            name: "people".to_owned(),
            recommended_confidence: 75,
            confidence: 85,
            unique_count: 1,
            counts: Vec::new(),
            matches: (0..match_count).map(found).collect(),
            truncated: false,
            limits: Vec::new(),
        };
        MatchReport {
            types: vec![matched],
            diagnostics: Vec::new(),
            unknown_type_ids: Vec::new(),
            omissions: Vec::new(),
            timed_out: false,
        }
    }

    /// A type and its matches of two places each.
    #[test]
    fn a_job_keeps_so_many_places_and_says_when_there_were_more() {
        let check = |match_count: u64, kept_count: usize, is_cut: bool| {
            let report = report(match_count);
            let kept = findings(&report.types);
            assert_eq!(kept.iter().map(|finding| finding.matches.len()).sum::<usize>(), kept_count);
            let is_reported = problems(&report).iter().any(|problem| problem.code == "resultTruncated");
            assert_eq!(is_reported, is_cut, "{match_count}");
            assert!(!format!("{kept:?}").contains("4444"), "a piece of the text is kept");
        };
        let most = limits::JOB_PLACES_MAX / 2 - 1;
        check(0, 0, false);
        check(most as u64, most, false);
        check(most as u64 + 1, most, true);
        check(10 * most as u64, most, true);
    }

    #[test]
    fn so_many_problems_are_kept_and_no_text_that_is_no_id() {
        let mut report = report(0);
        report.timed_out = true;
        report.unknown_type_ids = vec!["900-33-4444".to_owned(); 2 * limits::JOB_PROBLEMS_MAX];
        let kept = problems(&report);
        assert_eq!(kept.len(), limits::JOB_PROBLEMS_MAX);
        assert_eq!(kept.first().map(|problem| problem.code.as_str()), Some("timeout"));
        assert!(kept.iter().all(|problem| problem.target.is_none()));
    }
}
