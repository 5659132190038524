//! `/dataClassification/jobs` and the collections of one origin: stored classification jobs.
//! Actions create them, so there is no POST.

use std::borrow::Cow;

use edm_graph::query::{QueryOptions, Shape};
use edm_graph::{JobChange, JobResource, path};
use edm_model::{ClassificationJob, JobId, JobOrigin, ListQuery, Listed};
use edm_service::Revision;
use serde_json::Value;

use crate::authenticated::Call;
use crate::error::ApiError;
use crate::handlers::resource::{Address, Delete, List, Read, Resource, Update};
use crate::handlers::shapes::JOB;
use crate::{respond, to_wire};

/// A collection of jobs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum JobSet {
    All,
    Texts,
    Files,
}

impl JobSet {
    const fn path(self) -> &'static str {
        match self {
            JobSet::All => path::JOBS,
            JobSet::Texts => path::TEXT_JOBS,
            JobSet::Files => path::FILE_JOBS,
        }
    }

    const fn origin(self) -> Option<JobOrigin> {
        match self {
            JobSet::All => None,
            JobSet::Texts => Some(JobOrigin::Text),
            JobSet::Files => Some(JobOrigin::File),
        }
    }
}

/// Jobs of any origin, or of the origin in the path.
pub(crate) struct Jobs;

impl Resource for Jobs {
    type Parent = JobSet;
    type Id = JobId;
    type Item = ClassificationJob;

    fn shape(_: &Call) -> &'static Shape {
        &JOB
    }

    fn parent(call: &Call) -> Result<JobSet, ApiError> {
        let of_origin = [JobSet::Texts, JobSet::Files].into_iter();
        let mut named = of_origin.filter(|set| call.at.template.starts_with(set.path()));
        Ok(named.next().unwrap_or(JobSet::All))
    }

    fn id(call: &Call) -> Result<JobId, ApiError> {
        call.id(0)
    }

    fn collection(set: &JobSet) -> Cow<'static, str> {
        set.path().into()
    }

    async fn value(_: &Call, _: &QueryOptions, job: &ClassificationJob) -> Result<Value, ApiError> {
        Ok(respond::entity(&to_wire::job::kept(job), JobResource::TYPE, Revision::of(job)))
    }
}

impl List for Jobs {
    async fn list(
        call: &Call,
        set: &JobSet,
        query: &ListQuery,
    ) -> Result<Listed<ClassificationJob>, ApiError> {
        Ok(call.app.service.list_classification_jobs(&call.principal, set.origin(), query).await?)
    }
}

impl Read for Jobs {
    async fn get(call: &Call, at: Address<Self>) -> Result<ClassificationJob, ApiError> {
        Ok(call.app.service.get_classification_job(&call.principal, at.parent.origin(), at.id).await?)
    }
}

impl Update for Jobs {
    type Change = JobChange;

    /// No property of a job can be set, so a PATCH with a whole object changes nothing.
    async fn update(
        call: &Call,
        _: &QueryOptions,
        at: Address<Self>,
        JobChange: JobChange,
    ) -> Result<ClassificationJob, ApiError> {
        let job = Self::get(call, at).await?;
        call.expected.check(|| Revision::of(&job))?;
        Ok(job)
    }
}

impl Delete for Jobs {
    async fn delete(call: &Call, at: Address<Self>) -> Result<(), ApiError> {
        let (origin, id) = (at.parent.origin(), at.id);
        Ok(call.app.service.delete_classification_job(&call.principal, origin, id, &call.expected).await?)
    }
}
