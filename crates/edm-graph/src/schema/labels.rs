//! Labels and policies: types below `dataClassification` in Graph's schema. This service has no
//! values of them.

use super::element::{Navigation, StructuredType, boolean, int32, moment, object, text, word};
use super::enums::{APPLICATION_MODE, DLP_ACTION, LABEL_TARGET, RULE_MODE};
use super::matching::ENTITY;
use crate::query;

/// The properties of a label that queries may name.
pub static SENSITIVITY_LABEL_PROPERTIES: [query::Property; SENSITIVITY_LABEL.property_count()] =
    SENSITIVITY_LABEL.query_properties();

/// A label.
pub static SENSITIVITY_LABEL: StructuredType = StructuredType::entity(
    "sensitivityLabel",
    &ENTITY,
    &[
        word("applicableTo", &LABEL_TARGET, "What it may be applied to."),
        word("applicationMode", &APPLICATION_MODE, "How it is applied."),
        object("assignedPolicies", &LABEL_POLICY, "The policies that publish it.").many(),
        object("autoLabeling", &AUTO_LABELING, "When it is applied automatically."),
        text("description", "Free text."),
        text("displayName", "The name that people see."),
        boolean("isDefault", "Whether it is the default label."),
        boolean("isEndpointProtectionEnabled", "Whether devices protect items with this label."),
        object("labelActions", &LABEL_ACTION, "The actions when it is applied.").many(),
        text("name", "The name."),
        int32("priority", "The priority among labels."),
        text("toolTip", "The tooltip."),
    ],
    "A label of documents; this service has none.",
)
.leading_to(&[Navigation {
    name: "sublabels",
    target: &SENSITIVITY_LABEL,
    collection: true,
    expandable: false,
    inline_max: None,
    description: "The labels below it.",
}]);

/// The policy of a label.
pub static LABEL_POLICY: StructuredType = StructuredType::complex(
    "labelPolicy",
    &[text("id", "The id."), text("name", "The name.")],
    "A policy that publishes a label.",
);

/// When a label is applied automatically.
pub static AUTO_LABELING: StructuredType = StructuredType::complex(
    "autoLabeling",
    &[
        text("message", "The message for people."),
        text("sensitiveTypeIds", "The types whose values cause the label.").many(),
    ],
    "When a label is applied automatically.",
);

/// What a label does.
pub static LABEL_ACTION: StructuredType = StructuredType::complex(
    "labelActionBase",
    &[text("name", "The name.")],
    "The actions when a label is applied.",
);

/// Labels that fit.
pub static EVALUATE_LABEL_RESULT_GROUP: StructuredType = StructuredType::complex(
    "evaluateLabelJobResultGroup",
    &[
        object("automatic", &EVALUATE_LABEL_RESULT, "The label to apply."),
        object("recommended", &EVALUATE_LABEL_RESULT, "The label to recommend."),
    ],
    "The labels that fit a document.",
);

/// A label that fits.
pub static EVALUATE_LABEL_RESULT: StructuredType = StructuredType::complex(
    "evaluateLabelJobResult",
    &[
        object("responsiblePolicy", &RESPONSIBLE_POLICY, "The policy that requires it."),
        object("responsibleSensitiveTypes", &RESPONSIBLE_TYPE, "The types whose values require it.").many(),
        object("sensitivityLabel", &MATCHING_LABEL, "The label."),
    ],
    "A label that fits a document, and why.",
);

/// The policy that requires a label.
pub static RESPONSIBLE_POLICY: StructuredType = StructuredType::complex(
    "responsiblePolicy",
    &[text("id", "The id."), text("name", "The name.")],
    "The policy that requires a label.",
);

/// The type that requires a label.
pub static RESPONSIBLE_TYPE: StructuredType = StructuredType::complex(
    "responsibleSensitiveType",
    &[
        text("description", "Free text."),
        text("id", "The id."),
        text("name", "The name."),
        text("publisherName", "Who created it."),
        text("rulePackageId", "Its package."),
        text("rulePackageType", "The kind of package."),
    ],
    "The sensitive type whose values require a label.",
);

/// A label in a result.
pub static MATCHING_LABEL: StructuredType = StructuredType::complex(
    "matchingLabel",
    &[
        word("applicationMode", &APPLICATION_MODE, "How it is applied."),
        text("description", "Free text."),
        text("displayName", "The name that people see."),
        text("id", "The id."),
        boolean("isEndpointProtectionEnabled", "Whether devices protect items with this label."),
        object("labelActions", &LABEL_ACTION, "The actions when it is applied.").many(),
        text("name", "The name."),
        text("policyTip", "The message for people."),
        int32("priority", "The priority among labels."),
        text("toolTip", "The tooltip."),
    ],
    "A label in a result.",
);

/// Policies that apply.
pub static POLICIES_RESULT: StructuredType = StructuredType::complex(
    "dlpPoliciesJobResult",
    &[
        text("auditCorrelationId", "Its name in the audit."),
        moment("evaluationDateTime", "When it was determined."),
        object("matchingRules", &MATCHING_RULE, "The rules that apply.").many(),
    ],
    "The policies that apply to a document.",
);

/// A rule that applies.
pub static MATCHING_RULE: StructuredType = StructuredType::complex(
    "matchingDlpRule",
    &[
        object("actions", &ACTION_INFO, "What is done.").many(),
        boolean("isMostRestrictive", "Whether it is the most restrictive rule."),
        text("policyId", "The id of its policy."),
        text("policyName", "The name of its policy."),
        int32("priority", "The priority among rules."),
        text("ruleId", "The id."),
        word("ruleMode", &RULE_MODE, "To what extent it is enforced."),
        text("ruleName", "The name."),
    ],
    "A rule of a policy that applies.",
);

/// What a rule does.
pub static ACTION_INFO: StructuredType = StructuredType::complex(
    "dlpActionInfo",
    &[word("action", &DLP_ACTION, "What is done.")],
    "An action of a rule of a policy.",
);
