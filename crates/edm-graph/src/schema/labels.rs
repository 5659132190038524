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
        word("applicableTo", &LABEL_TARGET, "What it may be put on."),
        word("applicationMode", &APPLICATION_MODE, "How it is put on."),
        object("assignedPolicies", &LABEL_POLICY, "The policies that publish it.").many(),
        object("autoLabeling", &AUTO_LABELING, "When it is put on by itself."),
        text("description", "Free text."),
        text("displayName", "What people see."),
        boolean("isDefault", "Whether it is put on unless another is."),
        boolean("isEndpointProtectionEnabled", "Whether devices protect what bears it."),
        object("labelActions", &LABEL_ACTION, "What putting it on does.").many(),
        text("name", "The name."),
        int32("priority", "Which of two labels wins."),
        text("toolTip", "What people read when they point at it."),
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
        text("message", "What people are told."),
        text("sensitiveTypeIds", "The types whose values bring the label.").many(),
    ],
    "When a label is put on by itself.",
);

/// What a label does.
pub static LABEL_ACTION: StructuredType =
    StructuredType::complex("labelActionBase", &[text("name", "The name.")], "What putting a label on does.");

/// Labels that fit.
pub static EVALUATE_LABEL_RESULT_GROUP: StructuredType = StructuredType::complex(
    "evaluateLabelJobResultGroup",
    &[
        object("automatic", &EVALUATE_LABEL_RESULT, "The label to put on."),
        object("recommended", &EVALUATE_LABEL_RESULT, "The label to propose."),
    ],
    "The labels that fit a document.",
);

/// A label that fits.
pub static EVALUATE_LABEL_RESULT: StructuredType = StructuredType::complex(
    "evaluateLabelJobResult",
    &[
        object("responsiblePolicy", &RESPONSIBLE_POLICY, "The policy that asks for it."),
        object("responsibleSensitiveTypes", &RESPONSIBLE_TYPE, "The types whose values ask for it.").many(),
        object("sensitivityLabel", &MATCHING_LABEL, "The label."),
    ],
    "A label that fits a document, and why.",
);

/// The policy that requires a label.
pub static RESPONSIBLE_POLICY: StructuredType = StructuredType::complex(
    "responsiblePolicy",
    &[text("id", "The id."), text("name", "The name.")],
    "The policy that asks for a label.",
);

/// The type that requires a label.
pub static RESPONSIBLE_TYPE: StructuredType = StructuredType::complex(
    "responsibleSensitiveType",
    &[
        text("description", "Free text."),
        text("id", "The id."),
        text("name", "The name."),
        text("publisherName", "Who made it."),
        text("rulePackageId", "Its package."),
        text("rulePackageType", "What kind of package."),
    ],
    "The sensitive type whose values ask for a label.",
);

/// A label in a result.
pub static MATCHING_LABEL: StructuredType = StructuredType::complex(
    "matchingLabel",
    &[
        word("applicationMode", &APPLICATION_MODE, "How it is put on."),
        text("description", "Free text."),
        text("displayName", "What people see."),
        text("id", "The id."),
        boolean("isEndpointProtectionEnabled", "Whether devices protect what bears it."),
        object("labelActions", &LABEL_ACTION, "What putting it on does.").many(),
        text("name", "The name."),
        text("policyTip", "What people are told."),
        int32("priority", "Which of two labels wins."),
        text("toolTip", "What people read when they point at it."),
    ],
    "A label as a result names it.",
);

/// Policies that apply.
pub static POLICIES_RESULT: StructuredType = StructuredType::complex(
    "dlpPoliciesJobResult",
    &[
        text("auditCorrelationId", "What the audit calls it."),
        moment("evaluationDateTime", "When it was found out."),
        object("matchingRules", &MATCHING_RULE, "The rules that are met.").many(),
    ],
    "The policies that apply to a document.",
);

/// A rule that applies.
pub static MATCHING_RULE: StructuredType = StructuredType::complex(
    "matchingDlpRule",
    &[
        object("actions", &ACTION_INFO, "What is done.").many(),
        boolean("isMostRestrictive", "Whether no other rule asks for more."),
        text("policyId", "The id of its policy."),
        text("policyName", "The name of its policy."),
        int32("priority", "Which of two rules wins."),
        text("ruleId", "The id."),
        word("ruleMode", &RULE_MODE, "How far it is in force."),
        text("ruleName", "The name."),
    ],
    "A rule of a policy that is met.",
);

/// What a rule does.
pub static ACTION_INFO: StructuredType = StructuredType::complex(
    "dlpActionInfo",
    &[word("action", &DLP_ACTION, "What is done.")],
    "What a rule of a policy does.",
);
