//! Types in paths: `sessions/microsoft.graph.exactMatchSession`. A cast to the declared type or a
//! base of it changes nothing: each element keeps its own type and all of its properties. Only the
//! members of the type that was cast to may follow.

/// What a cast does to a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cast {
    /// To the type that has the members: anything may follow.
    Whole,
    /// To a base of it: its navigations and actions are not there.
    Base,
    /// To a derived type whose elements are in the collection of this name, and nowhere else.
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

/// Returns what a cast to a type does behind a collection or navigation, or behind an element of
/// it; nothing where its elements can never be of that type.
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
