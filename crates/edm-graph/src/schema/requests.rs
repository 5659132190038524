//! Types of requests: Graph's request types, which no path accepts, and the parts of action
//! parameters.

use edm_model::limits;

use super::element::{Primitive, StructuredType, Type, int32, object, stream, text, word};
use super::enums::{MATCH_TOLERANCE, SENSITIVE_TYPE_SCOPE};
use super::matching::ENTITY;

const PLACE_MAX: u64 = i32::MAX as u64;

/// Candidates that the caller has already found.
pub static CONTENT_CLASSIFICATION: StructuredType = StructuredType::complex(
    "contentClassification",
    &[
        text("sensitiveTypeId", "The type that found them; not looked at.").unread().set(),
        int32("uniqueCount", "How many distinct ones; not looked at.").unread().set(),
        int32("confidence", "How sure; not looked at.").unread().set(),
        object("matches", &MATCH_LOCATION, "Where they are.")
            .many()
            .elements(limits::REQUEST_ITEMS_MAX)
            .set(),
    ],
    "Candidates that the caller found already.",
);

/// A place in a text.
pub static MATCH_LOCATION: StructuredType = StructuredType::complex(
    "matchLocation",
    &[
        int32("offset", "Where it begins, in the asked offsetUnit.").range(0, PLACE_MAX).needed().set(),
        int32("length", "How long it is, in the asked offsetUnit.").range(0, PLACE_MAX).needed().set(),
    ],
    "A place in a text.",
);

/// Values of columns whose rows are exempt.
pub static EXEMPT_VALUES: StructuredType = StructuredType {
    open: Some(Type::Primitive(Primitive::Text)),
    ..StructuredType::complex(
        "exactMatchExemptValues",
        &[],
        "For each column a collection of values; rows that hold one of them are exempt.",
    )
    .added()
};

/// What `classifyExactMatches` could take as one object.
pub static CLASSIFICATION_REQUEST: StructuredType = StructuredType::complex(
    "exactMatchClassificationRequest",
    &[
        text("text", "The text to look in."),
        int32("timeoutInMs", "When to stop."),
        text("sensitiveTypeIds", "What to look for.").many(),
        object(
            "contentClassifications",
            &CONTENT_CLASSIFICATION,
            "Candidates that the caller found already.",
        )
        .many(),
    ],
    "In Graph's schema, but no path takes it: the action has parameters of its own.",
);

/// A request of older versions.
pub static TEXT_CLASSIFICATION_REQUEST: StructuredType = StructuredType::entity(
    "textClassificationRequest",
    &ENTITY,
    &[
        text("text", "The text to look in."),
        text("fileExtension", "What the text would be called as a file."),
        text("sensitiveTypeIds", "What to look for.").many(),
        word("scopesToRun", &SENSITIVE_TYPE_SCOPE, "Which types, by their scope."),
        word("matchTolerancesToInclude", &MATCH_TOLERANCE, "How near trained classifiers must come."),
        object("contentMetaData", &CONTENT_META_DATA, "Where the text is from."),
    ],
    "In Graph's schema, but no path takes it.",
);

/// The origin of a text.
pub static CONTENT_META_DATA: StructuredType = StructuredType::complex(
    "classificationRequestContentMetaData",
    &[text("sourceId", "The source.")],
    "Where a text is from.",
);

/// A request of older versions.
pub static FILE_CLASSIFICATION_REQUEST: StructuredType = StructuredType::entity(
    "fileClassificationRequest",
    &ENTITY,
    &[stream("file", "The file to look in."), text("sensitiveTypeIds", "What to look for.").many()],
    "In Graph's schema, but no path takes it.",
);
