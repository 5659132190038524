//! Data stores, their columns, and upload agents.

use edm_model::{DataType, OnUnserved, limits};

use super::element::{Navigation, StructuredType, boolean, int32, int64, moment, object, text};
use super::matching::ENTITY;
use super::sessions::EXACT_MATCH_SESSION;
use crate::query;

/// The parts of a column that `any` can compare.
pub static COLUMN_PARTS: [query::Property; COLUMN.property_count()] = COLUMN.query_properties();

/// The words of a column's `dataType`.
const DATA_TYPES: &[&str] = &DataType::WORDS;
/// The words of `dataTypeOptions.order`.
const ORDERS: &[&str] = &["ymd", "dmy", "mdy"];

/// The words of `onUnserved`.
pub(crate) const ON_UNSERVED: &[&str] = &[OnUnserved::Refuse.as_str(), OnUnserved::Previous.as_str()];
/// The words of `dataState`.
const DATA_STATES: &[&str] = &["none", "served", "stale", "unserved"];

/// Options of a column's data type.
pub static DATA_TYPE_OPTIONS: StructuredType = StructuredType::complex(
    "dataTypeOptions",
    &[
        int32("width", "Digits that every value of the type digits has after padding.")
            .sometimes()
            .range(1, 64)
            .added()
            .set(),
        text("country", "The country of phone numbers without a country code, two letters of ISO 3166-1.")
            .sometimes()
            .characters(2)
            .added()
            .set(),
        text("order", "How the table writes days.").sometimes().words(ORDERS).added().set(),
    ],
    "Options of the data type of a column; one that does not belong to the type is refused.",
)
.closed()
.added();

/// A column of a store.
pub static COLUMN: StructuredType = StructuredType::complex(
    "exactDataMatchStoreColumn",
    &[
        text("name", "The name, spelled as in the header of the file.")
            .not_empty(limits::NAME_CHARACTERS_MAX)
            .needed()
            .set(),
        boolean("isSearchable", "Whether a value of the column can be found by itself.").set(),
        boolean("isCaseInsensitive", "Whether case is ignored; true by default.").set(),
        text("ignoredDelimiters", "Characters that are ignored, one per element.")
            .many()
            .characters(1)
            .elements(64)
            .uncompared()
            .set(),
        text("dataType", "The type of the values; text by default.").words(DATA_TYPES).added().set(),
        object("dataTypeOptions", &DATA_TYPE_OPTIONS, "Options of the data type, if it has any.")
            .sometimes()
            .added()
            .set(),
        boolean("isKey", "Whether the column identifies a row for deltas.").added().set(),
        boolean("foldDiacritics", "Whether letters with and without accents count as the same.")
            .added()
            .set(),
        text(
            "class",
            "The class of the column, once a generation is live: identifier, standalone, evidence or weak.",
        )
        .sometimes()
        .uncompared()
        .added(),
        text("warnings", "The reason for the class, if there is one.")
            .many()
            .sometimes()
            .uncompared()
            .added(),
    ],
    "A column of a data store and the rules by which its values are compared.",
);

/// What every store has.
pub static EXACT_MATCH_DATA_STORE_BASE: StructuredType = StructuredType::entity(
    "exactMatchDataStoreBase",
    &ENTITY,
    &[
        object("columns", &COLUMN, "The schema of the table.")
            .many()
            .compared_by(&COLUMN_PARTS)
            .elements(limits::COLUMNS_MAX)
            .set(),
        moment("dataLastUpdatedDateTime", "When the live data was published; null before the first."),
        text("description", "Free text.").characters(limits::TEXT_CHARACTERS_MAX).set(),
        text("displayName", "The name, which no other store has.")
            .not_empty(limits::NAME_CHARACTERS_MAX)
            .needed()
            .set(),
    ],
    "What every data store has.",
);

/// A table of sensitive records.
pub static EXACT_MATCH_DATA_STORE: StructuredType = StructuredType::entity(
    "exactMatchDataStore",
    &EXACT_MATCH_DATA_STORE_BASE,
    &[
        int64("rowCount", "Rows of the live generation, 0 before the first.").added(),
        int64("generation", "The number of the live generation, 0 before the first.").added(),
        text("activeSessionId", "The session whose data is live; null before the first.").added(),
        int32(
            "maximumNumberOfTokens",
            "The longest cell that is matched, in words and numbers; null means 64.",
        )
        .range(1, limits::TOKENS_MAX as u64)
        .added()
        .set(),
        text(
            "placeholders",
            "The placeholders, words that mean an empty cell, from the next upload on; null means the usual ones, an \
             empty list means none.",
        )
        .many()
        .characters(limits::PLACEHOLDER_CHARACTERS_MAX)
        .elements(limits::PLACEHOLDERS_MAX)
        .sometimes()
        .uncompared()
        .added()
        .set(),
        boolean(
            "mustUploadAgain",
            "Whether the live data has an older salt than new sessions get, or was made with other columns or another \
             maximumNumberOfTokens than the store has now.",
        )
        .added(),
        boolean("canRollBack", "Whether a generation before the live one is kept, which rollback makes live again.")
            .added(),
        text("onUnserved", "What to do if the live data cannot be read: refuse (an error; the default) or previous (search the \
             generation before, and report it in each answer).")
            .words(ON_UNSERVED)
            .added()
            .set(),
        text("dataState", "Whether this server searches the store: none (no data yet), served, stale (the generation before the live one is searched) or unserved (the live data cannot be read).")
            .words(DATA_STATES)
            .uncompared()
            .added(),
    ],
    "A table of sensitive records, of which only keyed hashes are kept.",
)
.leading_to(&[Navigation {
    name: "sessions",
    target: &EXACT_MATCH_SESSION,
    collection: true,
    expandable: true,
    inline_max: Some(limits::INLINE_SESSIONS_MAX),
    description: "The uploads to the store.",
}]);

/// One registered installation of the agent.
pub static EXACT_MATCH_UPLOAD_AGENT: StructuredType = StructuredType::entity(
    "exactMatchUploadAgent",
    &ENTITY,
    &[
        moment("creationDateTime", "When the agent was registered."),
        text("description", "Free text.").characters(limits::TEXT_CHARACTERS_MAX).set(),
    ],
    "One registered installation of the upload agent.",
);
