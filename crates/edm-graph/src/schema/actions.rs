//! Actions, all bound to an entity.

use edm_model::{OffsetUnit, limits};

use super::element::{
    Action, Primitive, Property, Returns, Source, Type, boolean, int32, object, stream, text, word,
};
use super::enums::{MATCH_TOLERANCE, SENSITIVE_TYPE_SCOPE};
use super::jobs::CLASSIFICATION_JOB;
use super::matching::{CLASSIFICATION, REDACTION};
use super::requests::{CONTENT_CLASSIFICATION, EXEMPT_VALUES};
use super::service::SERVICE;
use super::sessions::EXACT_MATCH_SESSION;
use super::stores::EXACT_MATCH_DATA_STORE;

const TEXT: Property = text("text", "The text to search.").characters(limits::JSON_BODY_BYTES_MAX).needed();
const TIMEOUT: Property =
    text("timeoutInMs", "When to stop, in milliseconds from the start; an integer is accepted too.");
const SENSITIVE_TYPE_IDS: Property =
    text("sensitiveTypeIds", "The types to look for; an empty list means all.")
        .many()
        .characters(limits::NAME_CHARACTERS_MAX)
        .elements(limits::REQUEST_ITEMS_MAX);
const MINIMUM_CONFIDENCE: Property =
    int32("minimumConfidence", "Matches below it are left out.").range(1, 100).added();

const INCLUDE_VALUES: Property =
    boolean("includeValues", "Whether the answer contains the values that were found; true by default.")
        .added();
const OFFSET_UNIT: Property =
    text("offsetUnit", "The unit of offsets and lengths, in the request and the answer; utf16 by default.")
        .words(OffsetUnit::WORDS)
        .added();

const CANDIDATES: Property = object(
    "contentClassifications",
    &CONTENT_CLASSIFICATION,
    "Candidates that the caller has already found; an empty list means everywhere.",
)
.many()
.never_null()
.elements(limits::REQUEST_ITEMS_MAX);
const EXEMPT: Property =
    object("exempt", &EXEMPT_VALUES, "Rows with one of these values are exempt.").added();

/// Ends the upload of a session.
pub static COMMIT: Action = Action {
    name: "commit",
    bound_to: &EXACT_MATCH_SESSION,
    parameters: &[],
    request_type: None,
    returns: Returns::Nothing,
    source: Source::Graph,
    description: "Declares that all blocks are uploaded; may be repeated.",
};

/// Cancels a session.
pub static CANCEL: Action =
    Action { name: "cancel", description: "Cancels the session; may be repeated.", ..COMMIT };

/// Gives a session a new upload address.
pub static RENEW: Action = Action {
    name: "renew",
    returns: Returns::One(Type::Structured(&EXACT_MATCH_SESSION)),
    description: "Gives the session a new dataUploadURI, valid for an hour.",
    ..COMMIT
};

/// Looks values up.
pub static LOOKUP: Action = Action {
    name: "lookup",
    bound_to: &EXACT_MATCH_DATA_STORE,
    parameters: &[
        text("key", "The column, which must be searchable.").characters(limits::NAME_CHARACTERS_MAX).needed(),
        text("values", "Values of that column, in clear text.")
            .many()
            .characters(limits::CELL_BYTES_MAX)
            .elements(limits::REQUEST_ITEMS_MAX)
            .needed(),
        text("resultColumnNames", "The columns to answer with; an empty list means all.")
            .many()
            .characters(limits::NAME_CHARACTERS_MAX)
            .elements(limits::COLUMNS_MAX),
    ],
    request_type: None,
    returns: Returns::Many(Type::Primitive(Primitive::Text)),
    source: Source::Graph,
    description: "Looks up values; each answer is the text of a JSON object with the number of a row and, for each \
                  column, a token of its value.",
};

/// Makes the generation before live again.
pub static ROLLBACK: Action = Action {
    name: "rollback",
    bound_to: &EXACT_MATCH_DATA_STORE,
    parameters: &[],
    request_type: None,
    returns: Returns::One(Type::Structured(&EXACT_MATCH_DATA_STORE)),
    source: Source::Addition,
    description: "Makes the previous generation live again.",
};

/// Finds records in a text.
pub static CLASSIFY: Action = Action {
    name: "classifyExactMatches",
    bound_to: &SERVICE,
    parameters: &[
        TEXT,
        TIMEOUT,
        SENSITIVE_TYPE_IDS,
        CANDIDATES,
        boolean("explain", "Whether to explain why values that were found are not matches.").added(),
        MINIMUM_CONFIDENCE,
        EXEMPT,
        INCLUDE_VALUES,
        OFFSET_UNIT,
    ],
    request_type: Some("exactMatchClassificationRequest"),
    returns: Returns::One(Type::Structured(&CLASSIFICATION)),
    source: Source::Graph,
    description: "Finds records in a text.",
};

/// Redacts records in a text.
pub static REDACT: Action = Action {
    name: "redactExactMatches",
    bound_to: &SERVICE,
    parameters: &[
        TEXT,
        SENSITIVE_TYPE_IDS,
        MINIMUM_CONFIDENCE,
        text("replacement", "What replaces a match; mask by default.")
            .words(&["mask", "label", "token"])
            .added(),
        TIMEOUT,
        INCLUDE_VALUES,
        OFFSET_UNIT,
    ],
    request_type: None,
    returns: Returns::One(Type::Structured(&REDACTION)),
    source: Source::Addition,
    description: "Redacts records in a text.",
};

/// Classifies a file.
pub static CLASSIFY_FILE: Action = Action {
    name: "classifyFile",
    bound_to: &SERVICE,
    parameters: &[
        stream("file", "The file to search.").needed(),
        SENSITIVE_TYPE_IDS,
        TIMEOUT.added(),
        CANDIDATES.added(),
        MINIMUM_CONFIDENCE,
        EXEMPT,
    ],
    request_type: Some("fileClassificationRequest"),
    returns: Returns::One(Type::Structured(&CLASSIFICATION_JOB)),
    source: Source::Graph,
    description: "Classifies a file and stores a job of it.",
};

/// Classifies a text, as Graph had it until 2022.
pub static CLASSIFY_TEXT: Action = Action {
    name: "classifyText",
    bound_to: &SERVICE,
    parameters: &[
        TEXT,
        text("fileExtension", "The file name of the text; ignored.").characters(limits::NAME_CHARACTERS_MAX),
        SENSITIVE_TYPE_IDS,
        word("scopesToRun", &SENSITIVE_TYPE_SCOPE, "The types, by their scope; ignored.").unread(),
        word("matchTolerancesToInclude", &MATCH_TOLERANCE, "How certain classifiers must be; ignored.")
            .unread(),
        TIMEOUT.added(),
        CANDIDATES.added(),
        MINIMUM_CONFIDENCE,
        EXEMPT,
    ],
    request_type: Some("textClassificationRequest"),
    returns: Returns::One(Type::Structured(&CLASSIFICATION_JOB)),
    source: Source::Graph,
    description: "Classifies a text and stores a job of it.",
};
