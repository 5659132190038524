//! Graph's error shapes: the answer to a failed request, and the error of a failed session.

use edm_model::Timestamp;
use serde::{Deserialize, Serialize};

use crate::date_time::DateTimeOffset;

/// The body of every answer that is not a success (`docs/api/errors.md`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorEnvelope {
    /// The error.
    pub error: ErrorBody,
}

/// A code for programs, a sentence for people.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ErrorBody {
    /// A stable word.
    pub code: String,
    /// A sentence that says what to do.
    pub message: String,
    /// The property or parameter at fault.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// Several parts of one error.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub details: Vec<ErrorDetail>,
    /// What the operator needs to find the request in the log.
    #[serde(rename = "innerError", skip_serializing_if = "Option::is_none")]
    pub inner_error: Option<InnerError>,
}

/// One part of an error.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ErrorDetail {
    /// A stable word.
    pub code: String,
    /// A sentence.
    pub message: String,
    /// The property, parameter or range at fault.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
}

/// The time and the id of a request.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct InnerError {
    /// The date has no fraction and no offset. If Microsoft's SDK cannot parse it, the SDK loses
    /// the whole error.
    pub date: String,
    /// The request's id in the server's log.
    #[serde(rename = "request-id")]
    pub request_id: String,
    /// The id that the client sent, if it sent one.
    #[serde(rename = "client-request-id", skip_serializing_if = "Option::is_none")]
    pub client_request_id: Option<String>,
}

impl InnerError {
    /// Makes the inner part of an error.
    pub fn new(at: Timestamp, request_id: &str, client_request_id: Option<&str>) -> Self {
        Self {
            date: DateTimeOffset::new(at).without_fraction(),
            request_id: request_id.to_owned(),
            client_request_id: client_request_id.map(str::to_owned),
        }
    }
}

/// Graph's `classificationError`: why a session failed, or why a part of a classification has no
/// result.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ClassificationError {
    /// A stable word.
    pub code: String,
    /// A sentence.
    pub message: String,
    /// What it is about.
    pub target: Option<String>,
    /// When and where it happened.
    pub inner_error: Option<ClassificationInnerError>,
    /// Its parts.
    pub details: Vec<ErrorDetail>,
}

/// Graph's `classificationInnerError`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ClassificationInnerError {
    /// When it happened.
    pub error_date_time: Option<DateTimeOffset>,
    /// A stable word.
    pub code: Option<String>,
    /// The id that the client sent.
    pub client_request_id: Option<String>,
    /// The job or request in which it happened.
    pub activity_id: Option<String>,
}
