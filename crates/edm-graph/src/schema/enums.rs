//! Graph's enums.

use super::element::EnumType;

/// How a sensitive type finds its values.
pub static CLASSIFICATION_METHOD: EnumType = EnumType {
    name: "classificationMethod",
    flags: false,
    members: &[("patternMatch", 0), ("exactDataMatch", 1), ("fingerprint", 2), ("machineLearning", 3)],
    description: "How a sensitive type finds its values.",
};

/// Which part of a document a type is for.
pub static SENSITIVE_TYPE_SCOPE: EnumType = EnumType {
    name: "sensitiveTypeScope",
    flags: true,
    members: &[("fullDocument", 1), ("partialDocument", 2)],
    description: "Which part of a document a sensitive type is for.",
};

/// Who provided a type.
pub static SENSITIVE_TYPE_SOURCE: EnumType = EnumType {
    name: "sensitiveTypeSource",
    flags: false,
    members: &[("outOfBox", 0), ("tenant", 1)],
    description: "Who provided a sensitive type.",
};

/// How certain a trained classifier must be.
pub static MATCH_TOLERANCE: EnumType = EnumType {
    name: "mlClassificationMatchTolerance",
    flags: true,
    members: &[("exact", 1), ("near", 2)],
    description: "How certain a trained classifier must be.",
};

/// Whether an error is temporary.
pub static PROCESSING_ERROR_TYPE: EnumType = EnumType {
    name: "contentProcessingErrorType",
    flags: false,
    members: &[("transient", 0), ("permanent", 1), ("unknownFutureValue", 2)],
    description: "Whether an error of processing is temporary.",
};

/// How a label was applied.
pub static APPLICATION_MODE: EnumType = EnumType {
    name: "applicationMode",
    flags: false,
    members: &[("manual", 0), ("automatic", 1), ("recommended", 2)],
    description: "How a label is applied.",
};

/// The action when a policy's rule applies.
pub static DLP_ACTION: EnumType = EnumType {
    name: "dlpAction",
    flags: false,
    members: &[("notifyUser", 0), ("blockAccess", 1), ("deviceRestriction", 2)],
    description: "The action when the rule of a policy applies.",
};

/// To what extent a policy's rule is enforced.
pub static RULE_MODE: EnumType = EnumType {
    name: "ruleMode",
    flags: false,
    members: &[("audit", 0), ("auditAndNotify", 1), ("enforce", 2), ("pendingDeletion", 3), ("test", 4)],
    description: "To what extent the rule of a policy is enforced.",
};

/// The kinds of item that a label may be applied to.
pub static LABEL_TARGET: EnumType = EnumType {
    name: "sensitivityLabelTarget",
    flags: true,
    members: &[("email", 1), ("site", 2), ("unifiedGroup", 4), ("unknownFutureValue", 8)],
    description: "The kinds of item that a label may be applied to.",
};
