//! Classification jobs, and jobs of labels and policies. This service has none of the latter two.

use super::element::{StructuredType, moment, object, text};
use super::labels::{EVALUATE_LABEL_RESULT_GROUP, POLICIES_RESULT};
use super::matching::{CLASSIFICATION_ERROR, DETECTED_CONTENT_WRAPPER, ENTITY, ERROR_PARTS};

/// What every job has.
pub static JOB_RESPONSE_BASE: StructuredType = StructuredType::entity(
    "jobResponseBase",
    &ENTITY,
    &[
        moment("creationDateTime", "When it was created."),
        moment("startDateTime", "When its work began."),
        moment("endDateTime", "When it ended."),
        text("status", "How far it is."),
        text("tenantId", "Whose it is."),
        text("type", "What it does."),
        text("userId", "Who created it."),
        object("error", &CLASSIFICATION_ERROR, "Why it failed; null unless it did.")
            .compared_by(&ERROR_PARTS),
    ],
    "What every job has.",
);

/// A classification job.
pub static CLASSIFICATION_JOB: StructuredType = StructuredType::entity(
    "classificationJobResponse",
    &JOB_RESPONSE_BASE,
    &[object("result", &DETECTED_CONTENT_WRAPPER, "What was found; null if it failed.")],
    "A job that classifies a text or file.",
);

/// A job that finds a label.
pub static LABEL_JOB: StructuredType = StructuredType::entity(
    "evaluateLabelJobResponse",
    &JOB_RESPONSE_BASE,
    &[object("result", &EVALUATE_LABEL_RESULT_GROUP, "The labels that fit.")],
    "A job that finds a label; this service has none.",
);

/// A job that finds policies.
pub static POLICIES_JOB: StructuredType = StructuredType::entity(
    "dlpEvaluatePoliciesJobResponse",
    &JOB_RESPONSE_BASE,
    &[object("result", &POLICIES_RESULT, "The policies that apply.")],
    "A job that finds policies; this service has none.",
);
