//! Calls about texts: classify, redact, look up, and the jobs that are kept of classifications.

use std::borrow::Cow;

use edm_model::{ClassificationJob, JobId, JobOrigin, ListQuery, Listed, Principal, StoreId};

use crate::access::authorise::authorise;
use crate::error::Error;
use crate::matching::classification_jobs::{FinishedJob, JobContent};
use crate::matching::lookup::{LookupRequest, LookupRow};
use crate::matching::matcher::Matcher;
use crate::matching::options::MatchOptions;
use crate::matching::queue::Admission;
use crate::matching::redact::{Redacted, Replacement};
use crate::matching::report::MatchReport;
use crate::matching::stream::TextStream;
use crate::revision::Expected;
use crate::service::Service;

impl Service {
    /// Finds the records of the tenant's stores in a text.
    pub async fn classify<'a>(
        &self,
        principal: &Principal,
        text: impl Into<Cow<'a, str>>,
        options: MatchOptions,
    ) -> Result<MatchReport, Error> {
        self.owners.matching.classify(&authorise(principal)?, text, options).await
    }

    /// Finds the records of the tenant's stores in a text and replaces them.
    pub async fn redact(
        &self,
        principal: &Principal,
        text: impl Into<String>,
        options: MatchOptions,
        replacement: Replacement,
    ) -> Result<Redacted, Error> {
        self.owners.matching.redact(&authorise(principal)?, text, options, replacement).await
    }

    /// Returns a matcher for texts of this many bytes together. Waits for a permit, in turn with
    /// other principals; fails with `Busy` when too many wait already.
    pub async fn matcher(
        &self,
        principal: &Principal,
        options: MatchOptions,
        admission: Admission,
        text_bytes: usize,
    ) -> Result<Matcher, Error> {
        self.owners.matching.matcher(&authorise(principal)?, options, admission, text_bytes).await
    }

    /// Starts to find the records of the tenant's stores in a text that comes in pieces. A
    /// requested time limit counts from now. Without one there is none, because the length of the
    /// text is unknown. Each text has a separate thread: the caller bounds how many there are at
    /// once.
    pub async fn classify_stream(
        &self,
        principal: &Principal,
        options: MatchOptions,
    ) -> Result<TextStream, Error> {
        self.owners.matching.classify_stream(&authorise(principal)?, options).await
    }

    /// Returns the rows of the live data that contain one of the values, in the order of the file;
    /// what deltas brought follows in the order of their publication.
    pub async fn lookup(
        &self,
        principal: &Principal,
        store_id: StoreId,
        request: LookupRequest,
    ) -> Result<Vec<LookupRow>, Error> {
        self.owners.lookups.lookup(&authorise(principal)?, store_id, request).await
    }

    /// Classifies a text or file and keeps a job of it. A file that is not text makes a job that
    /// failed.
    pub async fn classify_as_job(
        &self,
        principal: &Principal,
        origin: JobOrigin,
        content: JobContent,
        options: MatchOptions,
    ) -> Result<FinishedJob, Error> {
        self.owners.classification_jobs.classify(&authorise(principal)?, origin, content, options).await
    }

    /// Lists the tenant's jobs, of this origin alone when one is given.
    pub async fn list_classification_jobs(
        &self,
        principal: &Principal,
        origin: Option<JobOrigin>,
        query: &ListQuery,
    ) -> Result<Listed<ClassificationJob>, Error> {
        self.owners.classification_jobs.list(&authorise(principal)?, origin, query).await
    }

    /// Returns a job, of this origin alone when one is given.
    pub async fn get_classification_job(
        &self,
        principal: &Principal,
        origin: Option<JobOrigin>,
        id: JobId,
    ) -> Result<ClassificationJob, Error> {
        self.owners.classification_jobs.get(&authorise(principal)?, origin, id).await
    }

    /// Forgets a job.
    pub async fn delete_classification_job(
        &self,
        principal: &Principal,
        origin: Option<JobOrigin>,
        id: JobId,
        expected: &Expected,
    ) -> Result<(), Error> {
        self.owners.classification_jobs.delete(&authorise(principal)?, origin, id, expected).await
    }
}
