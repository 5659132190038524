//! The resources that Graph has besides exact data match and that do not exist here: labels, and
//! jobs about labels and policies.

use std::borrow::Cow;
use std::convert::Infallible;

use edm_graph::path;
use edm_graph::query::{QueryOptions, Shape};
use edm_model::{ListQuery, Listed};
use serde_json::Value;

use crate::authenticated::Call;
use crate::error::{ApiError, HttpProblem};
use crate::exchange::Answering;
use crate::handlers::resource::{List, Resource};
use crate::handlers::shapes::{JOB, LABEL};
use crate::message::Request;

/// A collection that is always empty.
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

    /// Returns the collection that a call's path names.
    fn of(call: &Call) -> Self {
        let mut jobs = [EmptySet::LabelJobs, EmptySet::PolicyJobs].into_iter();
        jobs.find(|set| call.at.template.starts_with(set.path())).unwrap_or(EmptySet::Labels)
    }
}

/// Elements of the empty collections.
pub(crate) struct Nothing;

impl Resource for Nothing {
    type Parent = EmptySet;
    type Id = Infallible;
    type Item = Infallible;

    fn shape(call: &Call) -> &'static Shape {
        match EmptySet::of(call) {
            EmptySet::LabelJobs | EmptySet::PolicyJobs => &JOB,
            EmptySet::Labels => &LABEL,
        }
    }

    fn parent(call: &Call) -> Result<EmptySet, ApiError> {
        Ok(EmptySet::of(call))
    }

    fn id(_: &Call) -> Result<Infallible, ApiError> {
        Err(HttpProblem::NoSuchItem.into())
    }

    fn collection(set: &EmptySet) -> Cow<'static, str> {
        set.path().into()
    }

    async fn value(_: &Call, _: &QueryOptions, item: &Infallible) -> Result<Value, ApiError> {
        match *item {}
    }
}

impl List for Nothing {
    async fn list(_: &Call, _: &EmptySet, query: &ListQuery) -> Result<Listed<Infallible>, ApiError> {
        Ok(Listed { items: Vec::new(), total: query.with_total.then_some(0), next: None })
    }
}

/// Answers that no element has the id.
pub(crate) fn find_none(_: Call, _: Request) -> Answering {
    Box::pin(std::future::ready(Err(HttpProblem::NoSuchItem.into())))
}

/// Answers that Graph has the operation and this service does not have it.
pub(crate) fn not_served(_: Call, _: Request) -> Answering {
    Box::pin(std::future::ready(Err(HttpProblem::NotServed.into())))
}
