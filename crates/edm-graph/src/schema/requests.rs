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
        text("sensitiveTypeId", "The type that found them; ignored.").unread().set(),
        int32("uniqueCount", "The number of distinct ones; ignored.").unread().set(),
        int32("confidence", "The confidence; ignored.").unread().set(),
        object("matches", &MATCH_LOCATION, "Where they are.")
            .many()
            .elements(limits::REQUEST_ITEMS_MAX)
            .set(),
    ],
    "Candidates that the caller has already found.",
);

/// A place in a text.
pub static MATCH_LOCATION: StructuredType = StructuredType::complex(
    "matchLocation",
    &[
        int32("offset", "Where it begins, in the requested offsetUnit.").range(0, PLACE_MAX).needed().set(),
        int32("length", "How long it is, in the requested offsetUnit.").range(0, PLACE_MAX).needed().set(),
    ],
    "A place in a text.",
);

/// Values of columns whose rows are exempt.
pub static EXEMPT_VALUES: StructuredType = StructuredType {
    open: Some(Type::Primitive(Primitive::Text)),
    ..StructuredType::complex(
        "exactMatchExemptValues",
        &[],
        "For each column a collection of values; rows with one of them are exempt.",
    )
    .added()
};

/// What `classifyExactMatches` could take as one object.
pub static CLASSIFICATION_REQUEST: StructuredType = StructuredType::complex(
    "exactMatchClassificationRequest",
    &[
        text("text", "The text to search."),
        int32("timeoutInMs", "When to stop."),
        text("sensitiveTypeIds", "What to look for.").many(),
        object(
            "contentClassifications",
            &CONTENT_CLASSIFICATION,
            "Candidates that the caller has already found.",
        )
        .many(),
    ],
    "In Graph's schema, but no path accepts it: the action has its own parameters.",
);

/// A request of older versions.
pub static TEXT_CLASSIFICATION_REQUEST: StructuredType = StructuredType::entity(
    "textClassificationRequest",
    &ENTITY,
    &[
        text("text", "The text to search."),
        text("fileExtension", "The file name of the text."),
        text("sensitiveTypeIds", "What to look for.").many(),
        word("scopesToRun", &SENSITIVE_TYPE_SCOPE, "The types, by their scope."),
        word("matchTolerancesToInclude", &MATCH_TOLERANCE, "How certain trained classifiers must be."),
        object("contentMetaData", &CONTENT_META_DATA, "The origin of the text."),
    ],
    "In Graph's schema, but no path accepts it.",
);

/// The origin of a text.
pub static CONTENT_META_DATA: StructuredType = StructuredType::complex(
    "classificationRequestContentMetaData",
    &[text("sourceId", "The source.")],
    "The origin of a text.",
);

/// A request of older versions.
pub static FILE_CLASSIFICATION_REQUEST: StructuredType = StructuredType::entity(
    "fileClassificationRequest",
    &ENTITY,
    &[stream("file", "The file to search."), text("sensitiveTypeIds", "What to look for.").many()],
    "In Graph's schema, but no path accepts it.",
);
