//! `/dataClassification` itself, and the lists of everything.

use super::actions;
use super::element::{Action, EnumType, Navigation, StructuredType};
use super::jobs::JOB_RESPONSE_BASE;
use super::matching::ENTITY;
use super::{enums, jobs, labels, matching, requests, sessions, stores, types};
use crate::query;

/// The namespace of the types.
pub const NAMESPACE: &str = "microsoft.graph";
/// The name of the entity container.
pub const CONTAINER: &str = "GraphService";
/// The name of the one singleton.
pub const SINGLETON: &str = "dataClassification";

/// The properties of the service itself that queries may name.
pub static SERVICE_PROPERTIES: [query::Property; SERVICE.property_count()] = SERVICE.query_properties();

/// The type of the singleton.
pub static SERVICE: StructuredType =
    StructuredType::entity("dataClassificationService", &ENTITY, &[], "The data classification service.")
        .leading_to(&[
            expandable("exactMatchDataStores", &stores::EXACT_MATCH_DATA_STORE, "The data stores."),
            expandable("exactMatchUploadAgents", &stores::EXACT_MATCH_UPLOAD_AGENT, "The upload agents."),
            expandable("sensitiveTypes", &types::SENSITIVE_TYPE, "The sensitive types."),
            many("jobs", &JOB_RESPONSE_BASE, "The jobs of every kind."),
            many("classifyTextJobs", &JOB_RESPONSE_BASE, "The classification jobs of texts."),
            many("classifyFileJobs", &JOB_RESPONSE_BASE, "The classification jobs of files."),
            many("evaluateLabelJobs", &JOB_RESPONSE_BASE, "The jobs of finding labels; none here."),
            many("evaluateDlpPoliciesJobs", &JOB_RESPONSE_BASE, "The jobs of finding policies; none here."),
            many("sensitivityLabels", &labels::SENSITIVITY_LABEL, "The labels; none here."),
        ]);

const fn many(name: &'static str, target: &'static StructuredType, description: &'static str) -> Navigation {
    Navigation { name, target, collection: true, expandable: false, inline_max: None, description }
}

const fn expandable(
    name: &'static str,
    target: &'static StructuredType,
    description: &'static str,
) -> Navigation {
    Navigation { expandable: true, ..many(name, target, description) }
}

/// Every enum.
pub static ENUMS: &[&EnumType] = &[
    &enums::CLASSIFICATION_METHOD,
    &enums::SENSITIVE_TYPE_SCOPE,
    &enums::SENSITIVE_TYPE_SOURCE,
    &enums::MATCH_TOLERANCE,
    &enums::PROCESSING_ERROR_TYPE,
    &enums::APPLICATION_MODE,
    &enums::DLP_ACTION,
    &enums::RULE_MODE,
    &enums::LABEL_TARGET,
];

/// Every entity and complex type, base types first.
pub static STRUCTURED_TYPES: &[&StructuredType] = &[
    &matching::ENTITY,
    &SERVICE,
    &stores::EXACT_MATCH_DATA_STORE_BASE,
    &stores::EXACT_MATCH_DATA_STORE,
    &stores::EXACT_MATCH_UPLOAD_AGENT,
    &sessions::EXACT_MATCH_JOB_BASE,
    &sessions::EXACT_MATCH_SESSION_BASE,
    &sessions::EXACT_MATCH_SESSION,
    &sessions::EXACT_MATCH_LOOKUP_JOB,
    &sessions::LOOKUP_RESULT_ROW,
    &types::SENSITIVE_TYPE,
    &jobs::JOB_RESPONSE_BASE,
    &jobs::CLASSIFICATION_JOB,
    &jobs::LABEL_JOB,
    &jobs::POLICIES_JOB,
    &labels::SENSITIVITY_LABEL,
    &requests::TEXT_CLASSIFICATION_REQUEST,
    &requests::FILE_CLASSIFICATION_REQUEST,
    &stores::COLUMN,
    &stores::DATA_TYPE_OPTIONS,
    &matching::CLASSIFICATION_ERROR_BASE,
    &matching::CLASSIFICATION_ERROR,
    &matching::CLASSIFICATION_INNER_ERROR,
    &matching::PROCESSING_ERROR,
    &matching::DETECTED_CONTENT_BASE,
    &matching::EXACT_MATCH_DETECTED_CONTENT,
    &matching::DETECTED_CONTENT,
    &matching::MACHINE_LEARNING_CONTENT,
    &matching::CONFIDENCE_COUNT,
    &matching::LOCATION,
    &matching::EVIDENCE,
    &matching::DETECTED_CONTENT_WRAPPER,
    &matching::CLASSIFICATION_ATTRIBUTE,
    &matching::CLASSIFICATION_RESULT,
    &matching::CLASSIFICATION,
    &matching::REDACTION,
    &matching::DIAGNOSTIC,
    &matching::DATA_DIAGNOSTIC,
    &matching::LIMIT,
    &matching::UNMATCHED,
    &types::EXACT_MATCH_RULE,
    &types::PATTERN,
    &types::PROXIMITY,
    &types::EVIDENCE_GROUP,
    &requests::CLASSIFICATION_REQUEST,
    &requests::CONTENT_CLASSIFICATION,
    &requests::MATCH_LOCATION,
    &requests::CONTENT_META_DATA,
    &requests::EXEMPT_VALUES,
    &labels::LABEL_POLICY,
    &labels::AUTO_LABELING,
    &labels::LABEL_ACTION,
    &labels::EVALUATE_LABEL_RESULT_GROUP,
    &labels::EVALUATE_LABEL_RESULT,
    &labels::RESPONSIBLE_POLICY,
    &labels::RESPONSIBLE_TYPE,
    &labels::MATCHING_LABEL,
    &labels::POLICIES_RESULT,
    &labels::MATCHING_RULE,
    &labels::ACTION_INFO,
];

/// Every action.
pub static ACTIONS: &[&Action] = &[
    &actions::COMMIT,
    &actions::CANCEL,
    &actions::RENEW,
    &actions::LOOKUP,
    &actions::ROLLBACK,
    &actions::CLASSIFY,
    &actions::REDACT,
    &actions::CLASSIFY_FILE,
    &actions::CLASSIFY_TEXT,
];
