//! Types in paths: `sessions/microsoft.graph.exactMatchSession`. A cast to the declared type or a
//! base of it changes nothing: each element keeps its type and all of its properties. Only members
//! of the type in the cast may follow.

/// The effect of a cast on a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cast {
    /// A cast to the type that has the members. Anything may follow.
    Whole,
    /// A cast to a base of it. The derived type's navigations and actions may not follow.
    Base,
    /// A cast to a derived type whose elements are only in the collection of this name.
    Elsewhere(&'static str),
}

use Cast::{Base, Elsewhere, Whole};

const STORE: &[(&str, Cast)] =
    &[("exactMatchDataStore", Whole), ("exactMatchDataStoreBase", Base), ("entity", Base)];
const SESSION: &[(&str, Cast)] = &[
    ("exactMatchSession", Whole),
    ("exactMatchSessionBase", Base),
    ("exactMatchJobBase", Base),
    ("entity", Base),
];
const AGENT: &[(&str, Cast)] = &[("exactMatchUploadAgent", Whole), ("entity", Base)];
const TYPE: &[(&str, Cast)] = &[("sensitiveType", Whole), ("entity", Base)];
const SERVICE: &[(&str, Cast)] = &[("dataClassificationService", Whole), ("entity", Base)];
const LABEL: &[(&str, Cast)] = &[("sensitivityLabel", Whole), ("entity", Base)];
const JOB: &[(&str, Cast)] = &[
    ("jobResponseBase", Whole),
    ("classificationJobResponse", Whole),
    ("entity", Base),
    ("evaluateLabelJobResponse", Elsewhere("evaluateLabelJobs")),
    ("dlpEvaluatePoliciesJobResponse", Elsewhere("evaluateDlpPoliciesJobs")),
];
const LABEL_JOB: &[(&str, Cast)] =
    &[("evaluateLabelJobResponse", Whole), ("jobResponseBase", Whole), ("entity", Base)];
const POLICY_JOB: &[(&str, Cast)] =
    &[("dlpEvaluatePoliciesJobResponse", Whole), ("jobResponseBase", Whole), ("entity", Base)];

/// Returns the effect of a cast after a collection or navigation, or after an element of it. `None`
/// if its elements can never have that type.
pub(super) fn cast(navigation: &str, type_name: &str) -> Option<Cast> {
    let types = match navigation {
        "dataClassification" => SERVICE,
        "exactMatchDataStores" => STORE,
        "sessions" => SESSION,
        "uploadAgent" | "exactMatchUploadAgents" => AGENT,
        "sensitiveTypes" => TYPE,
        "jobs" | "classifyTextJobs" | "classifyFileJobs" => JOB,
        "evaluateLabelJobs" => LABEL_JOB,
        "evaluateDlpPoliciesJobs" => POLICY_JOB,
        "sensitivityLabels" => LABEL,
        _ => return None,
    };
    types.iter().find(|(known, _)| known.eq_ignore_ascii_case(type_name)).map(|(_, cast)| *cast)
}
