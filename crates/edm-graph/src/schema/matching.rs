//! What texts are classified with, what is found in them, and the errors of both.

use super::element::{
    Property, StructuredKind, StructuredType, boolean, guid, int32, int64, moment, object, text, word,
};
use super::enums::{
    CLASSIFICATION_METHOD, MATCH_TOLERANCE, PROCESSING_ERROR_TYPE, SENSITIVE_TYPE_SCOPE,
    SENSITIVE_TYPE_SOURCE,
};
use crate::query;

/// The parts of an error that queries can compare.
pub static ERROR_PARTS: [query::Property; CLASSIFICATION_ERROR.property_count()] =
    CLASSIFICATION_ERROR.query_properties();
static INNER_ERROR_PARTS: [query::Property; CLASSIFICATION_INNER_ERROR.property_count()] =
    CLASSIFICATION_INNER_ERROR.query_properties();

/// The base of every entity.
pub static ENTITY: StructuredType = StructuredType {
    is_abstract: true,
    kind: StructuredKind::Entity,
    ..StructuredType::complex(
        "entity",
        &[text("id", "The id, made by the service.").never_null()],
        "The base of everything with an id.",
    )
};

/// The inner part of an error of processing.
pub static CLASSIFICATION_INNER_ERROR: StructuredType = StructuredType::complex(
    "classificationInnerError",
    &[
        moment("errorDateTime", "When it happened."),
        text("code", "A stable word."),
        text("clientRequestId", "The id that the client gave its request.").uncompared(),
        text("activityId", "The session, job or request in which it happened."),
    ],
    "When and where an error happened.",
);

/// An error, as Graph spells the type.
pub static CLASSIFICATION_ERROR_BASE: StructuredType = StructuredType::complex(
    "classifcationErrorBase",
    &[
        text("code", "A stable word."),
        text("message", "A sentence that says what to do."),
        text("target", "What it is about.").sometimes(),
        object("innerError", &CLASSIFICATION_INNER_ERROR, "When and where it happened.")
            .sometimes()
            .compared_by(&INNER_ERROR_PARTS),
    ],
    "An error. The missing letter is Graph's.",
);

/// An error with its parts.
pub static CLASSIFICATION_ERROR: StructuredType = StructuredType::complex(
    "classificationError",
    &[object("details", &CLASSIFICATION_ERROR_BASE, "Its parts.").many()],
    "Why a session failed, or why a part of a classification has no result.",
)
.inheriting(&CLASSIFICATION_ERROR_BASE);

/// An error of other services of Graph.
pub static PROCESSING_ERROR: StructuredType = StructuredType::complex(
    "processingError",
    &[word("errorType", &PROCESSING_ERROR_TYPE, "Whether it is temporary.").never_null()],
    "An error of other services of Graph; never sent here.",
)
.inheriting(&CLASSIFICATION_ERROR);

/// What every kind of detected content has.
pub static DETECTED_CONTENT_BASE: StructuredType = StructuredType::complex(
    "detectedSensitiveContentBase",
    &[
        guid("id", "The sensitive type."),
        text("displayName", "Its name."),
        int32(
            "uniqueCount",
            "The number of distinct primary values, or of records if any column may be the primary one.",
        ),
        int32("confidence", "The confidence of the best pattern, 1 to 100."),
        int32("recommendedConfidence", "The confidence from which a match should be acted on."),
    ],
    "The findings of one sensitive type.",
);

/// The matches of one exact match type.
pub static EXACT_MATCH_DETECTED_CONTENT: StructuredType = StructuredType::complex(
    "exactMatchDetectedSensitiveContent",
    &[
        object("matches", &LOCATION, "The matches in the order of the text.").many(),
        object("counts", &CONFIDENCE_COUNT, "Counts at each confidence.").many().added(),
    ],
    "The findings of one exact match type.",
)
.inheriting(&DETECTED_CONTENT_BASE);

/// The matches of one type, by any method.
pub static DETECTED_CONTENT: StructuredType = StructuredType::complex(
    "detectedSensitiveContent",
    &[
        object("matches", &LOCATION, "The matches in the order of the text.").many(),
        object("classificationAttributes", &CLASSIFICATION_ATTRIBUTE, "Counts at each confidence.")
            .many()
            .sometimes(),
        word("classificationMethod", &CLASSIFICATION_METHOD, "How it was found.").sometimes(),
        word("scope", &SENSITIVE_TYPE_SCOPE, "Which part of a document the type is for.").sometimes(),
        word("sensitiveTypeSource", &SENSITIVE_TYPE_SOURCE, "Who provided the type.").sometimes(),
    ],
    "The findings of one sensitive type, by any method.",
)
.inheriting(&DETECTED_CONTENT_BASE);

/// A finding of a trained classifier.
pub static MACHINE_LEARNING_CONTENT: StructuredType = StructuredType::complex(
    "machineLearningDetectedSensitiveContent",
    &[
        word("matchTolerance", &MATCH_TOLERANCE, "Its certainty."),
        text("modelVersion", "The version of the classifier."),
    ],
    "A finding of a trained classifier; never sent here.",
)
.inheriting(&DETECTED_CONTENT);

/// Counts at one confidence.
pub static CONFIDENCE_COUNT: StructuredType = StructuredType::complex(
    "exactMatchConfidenceCount",
    &[
        int32("confidence", "The confidence.").never_null().added(),
        int32("uniqueCount", "The number of distinct values.").never_null().added(),
        int32("matchCount", "The number of occurrences.").never_null().added(),
    ],
    "Counts at one confidence.",
)
.added();

/// A match.
pub static LOCATION: StructuredType = StructuredType::complex(
    "sensitiveContentLocation",
    &[
        text("idMatch", "The primary value as in the text; null in a stored job, absent if includeValues is false.")
            .sometimes(),
        OFFSET,
        LENGTH,
        int32("confidence", "The confidence of the pattern."),
        object("evidences", &EVIDENCE, "The facts near it.").many(),
        text("columnName", "The column that matched.").added(),
        int64(
            "rows",
            "The records that satisfy the pattern, counted from 1 after the header; at most 10; none in a job.",
        )
        .many()
        .sometimes()
        .added(),
        boolean("rowsTruncated", "True if there are more records than listed; otherwise absent.")
            .sometimes()
            .added(),
        text("rowSessionIds", "Parallel to rows: the session that uploaded each.").many().sometimes().added(),
    ],
    "A place in a text that names a record.",
);

/// A fact near a match.
pub static EVIDENCE: StructuredType = StructuredType::complex(
    "sensitiveContentEvidence",
    &[
        text("match", "The value as in the text; null in a stored job, absent if includeValues is false.")
            .sometimes(),
        OFFSET,
        LENGTH,
        text("columnName", "The column that matched.").added(),
        boolean("counted", "Whether it counted for the pattern.").added(),
    ],
    "A fact of the record near a match.",
);

const OFFSET: Property = int32("offset", "Where it begins, in the requested offsetUnit.");
const LENGTH: Property = int32("length", "How long it is, in the same unit.");

/// The result of a job.
pub static DETECTED_CONTENT_WRAPPER: StructuredType = StructuredType::complex(
    "detectedSensitiveContentWrapper",
    &[object("classification", &DETECTED_CONTENT, "One element for each type that was found.").many()],
    "The result of a classification job.",
);

/// Counts at one confidence, as in older jobs.
pub static CLASSIFICATION_ATTRIBUTE: StructuredType = StructuredType::complex(
    "classificationAttribute",
    &[int32("confidence", "The confidence."), int32("count", "The number of matches.")],
    "Counts at one confidence.",
);

/// A result that is passed to other services.
pub static CLASSIFICATION_RESULT: StructuredType = StructuredType::complex(
    "classificationResult",
    &[
        int32("confidenceLevel", "The confidence."),
        int32("count", "The number of matches."),
        text("sensitiveTypeId", "The sensitive type."),
    ],
    "A result that is passed to other services of Graph; never sent here.",
);

/// The result of `classifyExactMatches`.
pub static CLASSIFICATION: StructuredType = StructuredType::complex(
    "exactMatchClassificationResult",
    &[
        object("classification", &EXACT_MATCH_DETECTED_CONTENT, "One element for each type that matched.")
            .many(),
        object(
            "errors",
            &CLASSIFICATION_ERROR,
            "What could not be done, such as unknown types or a timeout.",
        )
        .many(),
        object(
            "diagnostics",
            &DIAGNOSTIC,
            "Present if explanations were requested or a limit was reached; otherwise absent.",
        )
        .many()
        .sometimes()
        .added(),
    ],
    "What was found in a text.",
);

/// The result of `redactExactMatches`.
pub static REDACTION: StructuredType = StructuredType::complex(
    "exactMatchRedactionResult",
    &[
        text("text", "The text with its matches replaced.").never_null().added(),
        object("classification", &EXACT_MATCH_DETECTED_CONTENT, "What was replaced.").many().added(),
        int32(
            "belowThresholdCount",
            "Matches that were found and left, because their confidence is too low.",
        )
        .never_null()
        .added(),
        object("errors", &CLASSIFICATION_ERROR, "What could not be done.").many().added(),
    ],
    "A text with its matches replaced.",
)
.added();

/// Why values of one type are not matches.
pub static DIAGNOSTIC: StructuredType = StructuredType::complex(
    "exactMatchDiagnostic",
    &[
        guid("classificationId", "The sensitive type.").never_null(),
        object("classificationLimits", &LIMIT, "Limits that were reached.").many().never_null(),
        object("unmatchedItems", &UNMATCHED, "Values that were found and are not matches.")
            .many()
            .never_null(),
    ],
    "Why values of one sensitive type are not matches.",
);

/// The same, as Graph's beta names it.
pub static DATA_DIAGNOSTIC: StructuredType = StructuredType::complex(
    "exactDataMatchDiagnostic",
    &[
        object("classificationLimits", &LIMIT, "Limits that were reached.").many(),
        object("unmatchedItems", &UNMATCHED, "Values that were found and are not matches.").many(),
    ],
    "An older form of exactMatchDiagnostic; never sent here.",
);

/// A limit that was reached.
pub static LIMIT: StructuredType = StructuredType::complex(
    "classificationLimit",
    &[
        text("code", "A stable word."),
        int32("allowedLimit", "The limit."),
        text("impactedSensitiveTypeIds", "The types whose results it cut short.").many().never_null(),
    ],
    "A limit that was reached.",
);

/// A value that is not a match.
pub static UNMATCHED: StructuredType = StructuredType::complex(
    "unmatched",
    &[
        text("code", "A stable word for the reason."),
        text("idMatch", "The value as in the text; absent if includeValues is false.").sometimes(),
        OFFSET,
        LENGTH,
        text("columnName", "The value's column.").added(),
        text("corroborativeEvidences", "Sentences about the facts near it.").many().never_null(),
    ],
    "A value that was found and is not a match.",
);
