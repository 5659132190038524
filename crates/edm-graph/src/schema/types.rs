//! Sensitive types and their rules.

use edm_model::limits;

use super::element::{StructuredType, boolean, int32, moment, object, text, word};
use super::enums::{CLASSIFICATION_METHOD, SENSITIVE_TYPE_SCOPE, SENSITIVE_TYPE_SOURCE};
use super::matching::ENTITY;
use crate::query;

/// The parts of a rule that queries can compare.
static RULE_PARTS: [query::Property; EXACT_MATCH_RULE.property_count()] = EXACT_MATCH_RULE.query_properties();

/// What texts are searched for.
pub static SENSITIVE_TYPE: StructuredType = StructuredType::entity(
    "sensitiveType",
    &ENTITY,
    &[
        text("name", "The name.").not_empty(limits::NAME_CHARACTERS_MAX).needed().set(),
        text("description", "Free text.").characters(limits::TEXT_CHARACTERS_MAX).set(),
        text("publisherName", "Who made it.").characters(limits::NAME_CHARACTERS_MAX).set(),
        text("rulePackageId", "Without meaning here; null."),
        text("rulePackageType", "Without meaning here; null."),
        text("state", "Without meaning here; null."),
        word("classificationMethod", &CLASSIFICATION_METHOD, "Always exactDataMatch; no other can be made.")
            .words(&["exactDataMatch"])
            .set(),
        moment("lastModifiedDateTime", "When it was changed last."),
        word("scope", &SENSITIVE_TYPE_SCOPE, "Which part of a document it is for."),
        word("sensitiveTypeSource", &SENSITIVE_TYPE_SOURCE, "Who brought it: always tenant."),
        object("exactMatch", &EXACT_MATCH_RULE, "What it matches.")
            .compared_by(&RULE_PARTS)
            .added()
            .needed()
            .set(),
        text("warnings", "What is doubtful about it; absent if nothing is.")
            .many()
            .uncompared()
            .sometimes()
            .added(),
    ],
    "What texts are looked through for.",
);

/// What a type matches.
pub static EXACT_MATCH_RULE: StructuredType = StructuredType::complex(
    "exactMatchRule",
    &[
        text("dataStoreId", "The store whose records are looked for, a GUID.")
            .guid_text()
            .added()
            .needed()
            .set(),
        int32("recommendedConfidence", "From where a match should be acted on.").range(1, 100).added().set(),
        int32(
            "redactConfidence",
            "From where a redaction covers a match; if left out, 65 where a primary is typed ssn, card, iban, email or phone, \
             else 75.",
        )
        .range(1, 100)
        .added()
        .set(),
        object("patterns", &PATTERN, "In any order; the best one reached counts.")
            .many()
            .at_least_one(limits::PATTERNS_MAX)
            .added()
            .needed()
            .set(),
    ],
    "What a sensitive type matches.",
)
.added();

/// One pattern of a rule.
pub static PATTERN: StructuredType = StructuredType::complex(
    "exactMatchPattern",
    &[
        int32("confidence", "What a match of the pattern is worth.").range(1, 100).added().needed().set(),
        text("primary", "The column that anchors a match; null is any searchable one.")
            .characters(limits::NAME_CHARACTERS_MAX)
            .added()
            .set(),
        object("proximity", &PROXIMITY, "How near the evidence must be.").added().set(),
        object("supporting", &EVIDENCE_GROUP, "Groups of evidence; every one must be met.")
            .many()
            .elements(limits::COLUMNS_MAX)
            .added()
            .set(),
        text("notCounted", "Columns that are shown and never counted.")
            .many()
            .characters(limits::NAME_CHARACTERS_MAX)
            .elements(limits::COLUMNS_MAX)
            .added()
            .set(),
        text("voidIf", "Columns whose value nearby voids the match.")
            .many()
            .characters(limits::NAME_CHARACTERS_MAX)
            .elements(limits::COLUMNS_MAX)
            .added()
            .set(),
    ],
    "One pattern of a rule.",
)
.added();

/// The proximity of the evidence.
pub static PROXIMITY: StructuredType = StructuredType::complex(
    "exactMatchProximity",
    &[
        text("unit", "What the distance counts.")
            .words(&["characters", "words", "row", "document"])
            .added()
            .set(),
        int32("distance", "How far; absent for row and document.")
            .sometimes()
            .range(0, limits::PROXIMITY_MAX as u64)
            .added()
            .set(),
        boolean("orSameRow", "Whether the same row of a table in the text counts however far.").added().set(),
    ],
    "How near the evidence must be.",
)
.added();

/// One group of evidence.
pub static EVIDENCE_GROUP: StructuredType = StructuredType::complex(
    "exactMatchEvidenceGroup",
    &[
        int32("minMatches", "How many facts are needed.").range(0, limits::COLUMNS_MAX as u64).added().set(),
        int32("maxMatches", "More than this fail the pattern; null is any number.")
            .range(0, limits::COLUMNS_MAX as u64)
            .added()
            .set(),
        text("columns", "The columns that may bring them.")
            .many()
            .characters(limits::NAME_CHARACTERS_MAX)
            .at_least_one(limits::COLUMNS_MAX)
            .added()
            .needed()
            .set(),
    ],
    "One group of evidence.",
)
.added();
