//! The kinds of rows that can be listed, with the catalog value of each property on the wire.
//!
//! A property that is missing here can be selected but not filtered. Either the catalog does not
//! have it (a column's class, an upload URI), or a filter could be used to guess it (a salt).

use super::table::{Collection, Form, Nullness, Property, Table};
use crate::catalog::{agents, classification_jobs, sessions, stores, types};

const fn never(name: &'static str, sql: &'static str, form: Form) -> Property {
    Property { name, sql, form, nullness: Nullness::Never }
}

const fn sometimes(name: &'static str, sql: &'static str, form: Form) -> Property {
    Property { name, sql, form, nullness: Nullness::Sometimes }
}

/// Upload agents.
pub(in crate::catalog) static AGENTS: Table = Table {
    columns: agents::COLUMNS,
    from: agents::FROM,
    id: "a.id",
    created: never("", "a.created_at", Form::Moment),
    lowered: "a.lowered",
    properties: &[
        never("id", "a.id", Form::Id),
        never("creationDateTime", "a.created_at", Form::Moment),
        sometimes("description", "a.description", Form::Text),
    ],
    collections: &[],
};

/// Data stores.
pub(in crate::catalog) static STORES: Table = Table {
    columns: stores::COLUMNS,
    from: stores::FROM,
    id: "d.id",
    created: never("", "d.created_at", Form::Moment),
    lowered: "d.lowered",
    properties: &[
        never("id", "d.id", Form::Id),
        sometimes("dataLastUpdatedDateTime", "d.data_updated_at", Form::Moment),
        sometimes("description", "d.description", Form::Text),
        never("displayName", "d.name", Form::Text),
        never("rowCount", "coalesce(g.row_count, 0)", Form::Integer),
        never("generation", "coalesce(g.number, 0)", Form::Integer),
        sometimes("activeSessionId", "g.session_id", Form::Id),
        never("maximumNumberOfTokens", "d.tokens_max", Form::Integer),
        never("mustUploadAgain", stores::MUST_UPLOAD_AGAIN, Form::Boolean),
        never("canRollBack", stores::CAN_ROLL_BACK, Form::Boolean),
        never("onUnserved", "d.on_unserved", Form::Text),
    ],
    collections: &[Collection {
        name: "columns",
        sql: "d.columns",
        elements: &[
            never("name", "(element.value ->> 'name')", Form::Text),
            never("isSearchable", "(element.value ->> 'searchable')", Form::Boolean),
            never("isCaseInsensitive", "(1 - (element.value ->> 'case_sensitive'))", Form::Boolean),
            never("dataType", "(element.value ->> 'data_type')", Form::Text),
            never("isKey", "(element.value ->> 'key')", Form::Boolean),
            never("foldDiacritics", "(element.value ->> 'fold_diacritics')", Form::Boolean),
        ],
        place: "'columns/' || element.key",
    }],
};

/// Sensitive types.
pub(in crate::catalog) static TYPES: Table = Table {
    columns: types::COLUMNS,
    from: types::FROM,
    id: "t.id",
    created: never("", "t.created_at", Form::Moment),
    lowered: "t.lowered",
    properties: &[
        never("id", "t.id", Form::Id),
        never("name", "t.name", Form::Text),
        sometimes("description", "t.description", Form::Text),
        sometimes("publisherName", "t.publisher", Form::Text),
        sometimes("rulePackageId", "cast(null as text)", Form::Text),
        sometimes("rulePackageType", "cast(null as text)", Form::Text),
        sometimes("state", "cast(null as text)", Form::Text),
        never("classificationMethod", "'exactDataMatch'", Form::Text),
        never("lastModifiedDateTime", "t.modified_at", Form::Moment),
        never("scope", "'fullDocument,partialDocument'", Form::Text),
        never("sensitiveTypeSource", "'tenant'", Form::Text),
        never("exactMatch", "t.rule", Form::Whole),
        never("exactMatch/dataStoreId", "t.store_id", Form::Id),
        never("exactMatch/recommendedConfidence", "(t.rule ->> 'recommended_confidence')", Form::Integer),
        never("exactMatch/redactConfidence", "(t.rule ->> 'redact_confidence')", Form::Integer),
    ],
    collections: &[],
};

const SESSION_COLLECTIONS: &[Collection] = &[Collection {
    name: "fields",
    sql: "s.fields",
    elements: &[never("", "element.value", Form::Text)],
    place: "'fields/' || element.key",
}];

/// Upload sessions with their stored state.
pub(in crate::catalog) static SESSIONS: Table = Table {
    columns: sessions::COLUMNS,
    from: sessions::FROM,
    id: "s.id",
    created: never("", "s.created_at", Form::Moment),
    lowered: "s.lowered",
    properties: SESSION_PROPERTIES,
    collections: SESSION_COLLECTIONS,
};

macro_rules! session_properties {
    ($state:literal, $completed:literal, $processed:literal, $remaining_jobs:literal) => {
        &[
            never("id", "s.id", Form::Id),
            never("creationDateTime", "s.created_at", Form::Moment),
            sometimes("startDateTime", "s.started_at", Form::Moment),
            never("lastUpdatedDateTime", "s.updated_at", Form::Moment),
            sometimes("completionDateTime", $completed, Form::Moment),
            sometimes("error", "s.failure", Form::Whole),
            sometimes("error/code", "(s.failure ->> 'code')", Form::Text),
            sometimes("error/message", "(s.failure ->> 'message')", Form::Text),
            sometimes("error/target", "(s.failure ->> 'target')", Form::Text),
            sometimes("error/innerError", "s.failure", Form::Whole),
            sometimes("error/innerError/errorDateTime", "(s.failure ->> 'at')", Form::Moment),
            sometimes("error/innerError/code", "(s.failure ->> 'code')", Form::Text),
            sometimes(
                "error/innerError/activityId",
                "case when s.failure is not null then s.id end",
                Form::Id,
            ),
            never("dataStoreId", "s.store_id", Form::Id),
            never("state", $state, Form::Text),
            sometimes("totalBlockCount", "s.total_block_count", Form::Integer),
            sometimes(
                "remainingBlockCount",
                "case when s.total_block_count > s.staged_block_count \
                 then s.total_block_count - s.staged_block_count \
                 when s.total_block_count is not null then 0 end",
                Form::Integer,
            ),
            sometimes("totalJobCount", "s.total_job_count", Form::Integer),
            sometimes("remainingJobCount", $remaining_jobs, Form::Integer),
            sometimes("uploadCompletionDateTime", "s.upload_completed_at", Form::Moment),
            sometimes("processingCompletionDateTime", $processed, Form::Moment),
            sometimes("checksum", "s.checksum", Form::Text),
            sometimes("fileName", "s.file_name", Form::Text),
            sometimes("rowsPerBlock", "s.rows_per_block", Form::Integer),
            sometimes("uploadAgentId", "s.upload_agent_id", Form::Text),
            never("updateMode", "s.update_mode", Form::Text),
            never("expirationDateTime", "s.upload_expires_at", Form::Moment),
            sometimes("rowCount", "s.row_count", Form::Integer),
            sometimes("rejectedRowCount", "s.rejected_row_count", Form::Integer),
            never("allowShrink", "s.allow_shrink", Form::Boolean),
            never("keyId", "s.key_id", Form::Id),
        ]
    };
}

const SESSION_PROPERTIES: &[Property] = session_properties!(
    "s.state",
    "s.completed_at",
    "s.processing_completed_at",
    "case when s.total_job_count > s.finished_job_count then s.total_job_count - s.finished_job_count \
     when s.total_job_count is not null then 0 end"
);

/// Upload sessions of a node that does not serve the live data yet. It shows the live session as
/// still in processing.
pub(in crate::catalog) static SESSIONS_LIVE_NOT_SERVED: Table = Table {
    columns: sessions::COLUMNS,
    from: sessions::FROM,
    id: "s.id",
    created: never("", "s.created_at", Form::Moment),
    lowered: "s.lowered",
    properties: session_properties!(
        "case when s.state = 'Completed' and s.id is not distinct from d.live_session_id \
         then 'ProcessingInProgress' else s.state end",
        "case when s.state <> 'Completed' or s.id is distinct from d.live_session_id then s.completed_at end",
        "case when s.state <> 'Completed' or s.id is distinct from d.live_session_id \
         then s.processing_completed_at end",
        "case when s.total_job_count is null then null \
         when s.state = 'Completed' and s.id is not distinct from d.live_session_id then 1 \
         when s.total_job_count > s.finished_job_count then s.total_job_count - s.finished_job_count else 0 end"
    ),
    collections: SESSION_COLLECTIONS,
};

macro_rules! job_table {
    ($from:expr) => {
        Table {
            columns: classification_jobs::COLUMNS,
            from: $from,
            id: "j.id",
            created: never("", "j.created_at", Form::Moment),
            lowered: "j.lowered",
            properties: JOB_PROPERTIES,
            collections: &[],
        }
    };
}

/// Classification jobs.
pub(in crate::catalog) static JOBS: Table = job_table!(classification_jobs::FROM);
/// Classification jobs for texts.
pub(in crate::catalog) static TEXT_JOBS: Table = job_table!(classification_jobs::FROM_TEXTS);
/// Classification jobs for files.
pub(in crate::catalog) static FILE_JOBS: Table = job_table!(classification_jobs::FROM_FILES);

const JOB_PROPERTIES: &[Property] = &[
    never("id", "j.id", Form::Id),
    never("creationDateTime", "j.created_at", Form::Moment),
    never("startDateTime", "j.started_at", Form::Moment),
    never("endDateTime", "j.ended_at", Form::Moment),
    never("status", "j.status", Form::Text),
    never("tenantId", "j.tenant_id", Form::Id),
    never("type", "j.origin", Form::Text),
    never("userId", "j.created_by", Form::Text),
    sometimes("error", "nullif(j.problems, '[]')", Form::Whole),
    sometimes("error/code", "(j.problems -> 0 ->> 'code')", Form::Text),
    sometimes("error/message", "(j.problems -> 0 ->> 'message')", Form::Text),
    sometimes("error/target", "(j.problems -> 0 ->> 'target')", Form::Text),
    sometimes("error/innerError", "nullif(j.problems, '[]')", Form::Whole),
    sometimes(
        "error/innerError/errorDateTime",
        "case when j.problems <> '[]' then j.ended_at end",
        Form::Moment,
    ),
    sometimes("error/innerError/code", "(j.problems -> 0 ->> 'code')", Form::Text),
    sometimes("error/innerError/activityId", "case when j.problems <> '[]' then j.id end", Form::Id),
];
