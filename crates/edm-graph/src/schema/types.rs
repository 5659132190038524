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
        text("publisherName", "Who created it.").characters(limits::NAME_CHARACTERS_MAX).set(),
        text("rulePackageId", "Not used here; null."),
        text("rulePackageType", "Not used here; null."),
        text("state", "Not used here; null."),
        word(
            "classificationMethod",
            &CLASSIFICATION_METHOD,
            "Always exactDataMatch; no other can be created.",
        )
        .words(&["exactDataMatch"])
        .set(),
        moment("lastModifiedDateTime", "When it last changed."),
        word("scope", &SENSITIVE_TYPE_SCOPE, "Which part of a document it is for."),
        word("sensitiveTypeSource", &SENSITIVE_TYPE_SOURCE, "Who provided it: always tenant."),
        object("exactMatch", &EXACT_MATCH_RULE, "What it matches.")
            .compared_by(&RULE_PARTS)
            .added()
            .needed()
            .set(),
        text("warnings", "Warnings about it; absent if there are none.")
            .many()
            .uncompared()
            .sometimes()
            .added(),
    ],
    "What texts are searched for.",
);

/// What a type matches.
pub static EXACT_MATCH_RULE: StructuredType = StructuredType::complex(
    "exactMatchRule",
    &[
        text("dataStoreId", "The store whose records are searched for, a GUID.")
            .guid_text()
            .added()
            .needed()
            .set(),
        int32("recommendedConfidence", "The confidence from which a match should be acted on.").range(1, 100).added().set(),
        int32(
            "redactConfidence",
            "The confidence from which a redaction covers a match; by default 65 if a primary is typed ssn, card, iban, \
             email or phone, otherwise 75.",
        )
        .range(1, 100)
        .added()
        .set(),
        object("patterns", &PATTERN, "The patterns, in any order; the best one that is satisfied counts.")
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
        int32("confidence", "The confidence of a match of the pattern.").range(1, 100).added().needed().set(),
        text("primary", "The column of the primary value; null means any searchable one.")
            .characters(limits::NAME_CHARACTERS_MAX)
            .added()
            .set(),
        object("proximity", &PROXIMITY, "The proximity of the evidence.").added().set(),
        object("supporting", &EVIDENCE_GROUP, "Groups of evidence; all must be satisfied.")
            .many()
            .elements(limits::COLUMNS_MAX)
            .added()
            .set(),
        text("notCounted", "Columns whose values are shown and never count.")
            .many()
            .characters(limits::NAME_CHARACTERS_MAX)
            .elements(limits::COLUMNS_MAX)
            .added()
            .set(),
        text("voidIf", "Columns whose values nearby void the match.")
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
        text("unit", "The unit of the distance.")
            .words(&["characters", "words", "row", "document"])
            .added()
            .set(),
        int32("distance", "The distance; absent for row and document.")
            .sometimes()
            .range(0, limits::PROXIMITY_MAX as u64)
            .added()
            .set(),
        boolean("orSameRow", "Whether values in the same row of a table in the text count at any distance.")
            .added()
            .set(),
    ],
    "The proximity of the evidence.",
)
.added();

/// One group of evidence.
pub static EVIDENCE_GROUP: StructuredType = StructuredType::complex(
    "exactMatchEvidenceGroup",
    &[
        int32("minMatches", "The number of facts that are required.")
            .range(0, limits::COLUMNS_MAX as u64)
            .added()
            .set(),
        int32("maxMatches", "With more facts than this the pattern fails; null means no limit.")
            .range(0, limits::COLUMNS_MAX as u64)
            .added()
            .set(),
        text("columns", "The columns whose values may be the facts.")
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
