//! Sessions and the jobs that they inherit from.

use edm_model::limits;

use super::element::{Navigation, StructuredType, boolean, int32, int64, moment, object, text};
use super::matching::{CLASSIFICATION_ERROR, ENTITY, ERROR_PARTS};
use super::stores::EXACT_MATCH_UPLOAD_AGENT;

const INT32_MAX: u64 = i32::MAX as u64;

/// What every exact match job has.
pub static EXACT_MATCH_JOB_BASE: StructuredType = StructuredType {
    is_abstract: true,
    ..StructuredType::entity(
        "exactMatchJobBase",
        &ENTITY,
        &[
            moment("creationDateTime", "When it was created."),
            moment("startDateTime", "When its work began; null before."),
            moment("lastUpdatedDateTime", "When it last changed."),
            moment("completionDateTime", "When it reached a final state; null before."),
            object("error", &CLASSIFICATION_ERROR, "Why it failed; null unless it did.")
                .compared_by(&ERROR_PARTS),
        ],
        "What every exact match job has.",
    )
};

/// What every session has.
pub static EXACT_MATCH_SESSION_BASE: StructuredType = StructuredType::entity(
    "exactMatchSessionBase",
    &EXACT_MATCH_JOB_BASE,
    &[
        text("dataStoreId", "The data store; always that of the path."),
        text("datastoreId", "The same, in Graph's spelling until 2021.").added(),
        text(
            "state",
            "UploadInProgress, ProcessingInProgress, Completed, Failed, Cancelled or Expired; not an enum, so that a \
             client does not fail on a future state.",
        ),
        int32("totalBlockCount", "The number of blocks; null while unknown.")
            .range(1, limits::BLOCKS_MAX as u64)
            .set(),
        int32("remainingBlockCount", "The number of blocks still missing; null while the total is unknown."),
        int32("totalJobCount", "The number of processing jobs; null before commit."),
        int32("remainingJobCount", "The number of unfinished processing jobs; null before commit."),
        moment("uploadCompletionDateTime", "When commit was accepted; null before."),
        moment("processingCompletionDateTime", "When the last processing job ended; null before."),
    ],
    "What every session has.",
);

/// One upload of a table.
pub static EXACT_MATCH_SESSION: StructuredType = StructuredType::entity(
    "exactMatchSession",
    &EXACT_MATCH_SESSION_BASE,
    &[
        text("checksum", "The digest over the blocks, compared at commit; null means no comparison.")
            .characters(limits::TEXT_CHARACTERS_MAX)
            .set(),
        text(
            "dataUploadURI",
            "The address for blocks, for callers who may upload, while the session accepts blocks; otherwise null.",
        )
        .secret(),
        text("fields", "The column names in the order of the file.")
            .many()
            .characters(limits::NAME_CHARACTERS_MAX)
            .elements(limits::COLUMNS_MAX)
            .set_once(),
        text("fileName", "The name of the file, for people.")
            .characters(limits::TEXT_CHARACTERS_MAX)
            .set_once(),
        int32("rowsPerBlock", "Rows of a block; the last may have fewer.").range(1, INT32_MAX).set_once(),
        text(
            "salt",
            "The key of the hashes. Only its creator gets it: in the answer that creates the session, and by $select.",
        )
        .not_empty(limits::SALT_CHARACTERS_MAX)
        .secret()
        .sometimes()
        .set_once(),
        text("uploadAgentId", "The agent that uploads.").characters(limits::TEXT_CHARACTERS_MAX).set_once(),
        text("updateMode", "Whether the upload replaces the table or changes some of its rows.")
            .words(&["replace", "delta"])
            .added()
            .set_once(),
        moment("expirationDateTime", "When dataUploadURI stops working; renew gives a new one.").added(),
        int64("rowCount", "Rows that the agent sealed; null while unknown.")
            .range(0, limits::ROWS_MAX)
            .added()
            .set(),
        int64("rejectedRowCount", "Rows that the agent left out; null while unknown.")
            .range(0, limits::ROWS_MAX)
            .added()
            .set(),
        boolean("allowShrink", "Whether a replace may leave less than 80 % of the live rows.").added().set_once(),
        text("keyId", "The id of the salt of the hashes: random, not derived from the salt.").added(),
    ],
    "One upload of a table to a data store.",
)
.leading_to(&[Navigation {
    name: "uploadAgent",
    target: &EXACT_MATCH_UPLOAD_AGENT,
    collection: false,
    expandable: true,
    inline_max: None,
    description: "The agent that uploads, if the session names one that exists.",
}]);

/// A job that looks up rows; no path leads to one.
pub static EXACT_MATCH_LOOKUP_JOB: StructuredType = StructuredType::entity(
    "exactMatchLookupJob",
    &EXACT_MATCH_JOB_BASE,
    &[text("state", "The progress of the job.")],
    "A job that looks up rows. No path leads to one, because look-ups are answered at once.",
)
.leading_to(&[Navigation {
    name: "matchingRows",
    target: &LOOKUP_RESULT_ROW,
    collection: true,
    expandable: false,
    inline_max: None,
    description: "The rows that were found.",
}]);

/// A row that a look-up job found.
pub static LOOKUP_RESULT_ROW: StructuredType = StructuredType::entity(
    "lookupResultRow",
    &ENTITY,
    &[text("row", "The row.")],
    "A row that a look-up job found.",
);
