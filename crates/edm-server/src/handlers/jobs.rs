//! `/dataClassification/jobs` and its kin: classifications that were kept. They are made by actions, so POST is not served.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Path, State};
use axum::response::Response;
use edm_graph::query::{Place, project};
use edm_graph::{JobChange, JobResource, path};
use edm_model::{ClassificationJob, JobId, JobOrigin, Listed};
use edm_service::Revision;
use serde_json::Value;

use crate::app::App;
use crate::authenticated::{Call, id};
use crate::body::JsonBody;
use crate::error::{ApiError, HttpProblem};
use crate::handlers::{JOB, LABEL};
use crate::{listing, respond, to_wire};

/// One of the collections, or one that is always empty here.
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

pub(crate) fn value(job: &ClassificationJob) -> Value {
    respond::entity(&to_wire::job::kept(job), JobResource::TYPE, Revision::of(job))
}

pub(crate) async fn list(
    State(app): State<Arc<App>>,
    Extension(set): Extension<JobSet>,
    call: Call,
) -> Result<Response, ApiError> {
    let options = call.options(&JOB, Place::List)?;
    let request = listing::request(&options, call.page_count);
    let listed = app.service.list_classification_jobs(&call.principal, set.origin(), &request).await?;
    let page = listing::page(listed, &options, |job| {
        let mut value = value(&job);
        project(&mut value, &options);
        value
    });
    page.answer(&call, &options, set.path())
}

pub(crate) async fn count(
    State(app): State<Arc<App>>,
    Extension(set): Extension<JobSet>,
    call: Call,
) -> Result<Response, ApiError> {
    let options = call.options(&JOB, Place::Count)?;
    let request = listing::count_request(&options);
    let listed = app.service.list_classification_jobs(&call.principal, set.origin(), &request).await?;
    Ok(respond::count(listing::total(&listed)))
}

pub(crate) async fn read(
    State(app): State<Arc<App>>,
    Extension(set): Extension<JobSet>,
    call: Call,
    Path(job): Path<String>,
) -> Result<Response, ApiError> {
    let options = call.options(&JOB, Place::Item)?;
    let job = app.service.get_classification_job(&call.principal, set.origin(), job_id(&job)?).await?;
    respond::read(&call, value(&job), &options, set.path())
}

/// Nothing of a job can be set, so a whole object that comes back changes nothing.
pub(crate) async fn update(
    State(app): State<Arc<App>>,
    Extension(set): Extension<JobSet>,
    call: Call,
    Path(job): Path<String>,
    JsonBody(JobChange, _permit): JsonBody<JobChange>,
) -> Result<Response, ApiError> {
    let options = call.options(&JOB, Place::Item)?;
    let job = app.service.get_classification_job(&call.principal, set.origin(), job_id(&job)?).await?;
    call.expected.check(|| Revision::of(&job))?;
    Ok(respond::changed(&call, value(&job), &options, set.path()))
}

pub(crate) async fn delete(
    State(app): State<Arc<App>>,
    Extension(set): Extension<JobSet>,
    call: Call,
    Path(job): Path<String>,
) -> Result<Response, ApiError> {
    let job = job_id(&job)?;
    app.service.delete_classification_job(&call.principal, set.origin(), job, &call.expected).await?;
    Ok(respond::nothing())
}

fn job_id(text: &str) -> Result<JobId, ApiError> {
    id(text)
}

/// What Graph has here and this service has none of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EmptySet {
    LabelJobs,
    PolicyJobs,
    Labels,
}

impl EmptySet {
    const fn path(self) -> &'static str {
        match self {
            EmptySet::LabelJobs => path::LABEL_JOBS,
            EmptySet::PolicyJobs => path::POLICY_JOBS,
            EmptySet::Labels => path::LABELS,
        }
    }

    const fn shape(self) -> &'static edm_graph::query::Shape {
        match self {
            EmptySet::LabelJobs | EmptySet::PolicyJobs => &JOB,
            EmptySet::Labels => &LABEL,
        }
    }
}

pub(crate) async fn list_none(Extension(set): Extension<EmptySet>, call: Call) -> Result<Response, ApiError> {
    let options = call.options(set.shape(), Place::List)?;
    let none = Listed { items: Vec::<Value>::new(), total: options.count.then_some(0), next: None };
    listing::page(none, &options, |value| value).answer(&call, &options, set.path())
}

pub(crate) async fn count_none(
    Extension(set): Extension<EmptySet>,
    call: Call,
) -> Result<Response, ApiError> {
    call.options(set.shape(), Place::Count)?;
    Ok(respond::count(0))
}

/// Answers that nothing has the id.
pub(crate) async fn find_none(_call: Call) -> ApiError {
    HttpProblem::NoSuchItem.into()
}

/// Answers that Graph has the operation and this service does not.
pub(crate) async fn not_served(_call: Call) -> ApiError {
    HttpProblem::NotServed.into()
}
