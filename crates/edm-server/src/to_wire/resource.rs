//! Converts stores, sessions, agents and sensitive types to Graph's resources.

use edm_graph::{
    CLASSIFICATION_METHOD, ClassificationError, ClassificationInnerError, ColumnResource, DataStoreResource,
    DateTimeOffset, ExactMatchRuleResource, SCOPE, SensitiveTypeResource, SessionResource,
    UploadAgentResource,
};
use edm_model::{ColumnClass, Session, SessionFailure, UploadAgent};
use edm_service::{LookupRow, StoreView, TypeView};
use serde_json::{Map, Value, json};

/// Converts a store.
pub(crate) fn store(view: &StoreView) -> DataStoreResource {
    let store = &view.store;
    let live = store.live.as_ref();
    let columns = store.columns.as_slice().iter().enumerate().map(|(position, column)| {
        let mut resource = ColumnResource::from(column);
        if let Some(facts) = view.columns.get(position) {
            resource.class = facts.class.map(ColumnClass::as_str).map(str::to_owned);
            resource.warnings.clone_from(&facts.warnings);
        }
        resource
    });
    DataStoreResource {
        id: store.id.to_string(),
        columns: Some(columns.collect()),
        data_last_updated_date_time: store.data_updated_at.map(DateTimeOffset::new),
        description: store.description.clone(),
        display_name: Some(store.name.clone()),
        row_count: Some(live.map_or(0, |live| live.row_count)),
        generation: Some(live.map_or(0, |live| live.number)),
        active_session_id: live.map(|live| live.session_id.to_string()),
        maximum_number_of_tokens: Some(store.tokens_max),
        placeholders: store.placeholders.as_ref().map(|words| words.as_slice().to_vec()),
        must_upload_again: Some(view.must_upload_again),
        can_roll_back: Some(view.can_roll_back),
        on_unserved: Some(store.on_unserved.as_str().to_owned()),
        data_state: Some(view.data_state.as_str().to_owned()),
        sessions: None,
    }
}

/// Converts a session. `upload_uri` is `Some` if the caller may use it.
pub(crate) fn session(session: &Session, upload_uri: Option<String>) -> SessionResource {
    SessionResource {
        id: session.id.to_string(),
        creation_date_time: Some(DateTimeOffset::new(session.created_at)),
        start_date_time: session.started_at.map(DateTimeOffset::new),
        last_updated_date_time: Some(DateTimeOffset::new(session.updated_at)),
        completion_date_time: session.completed_at.map(DateTimeOffset::new),
        error: session.failure.as_ref().map(|failure| session_error(session, failure)),
        data_store_id: Some(session.store_id.to_string()),
        datastore_id: Some(session.store_id.to_string()),
        state: Some(session.state.as_str().to_owned()),
        total_block_count: session.total_block_count,
        remaining_block_count: session.remaining_block_count(),
        total_job_count: session.total_job_count,
        remaining_job_count: session.remaining_job_count,
        upload_completion_date_time: session.upload_completed_at.map(DateTimeOffset::new),
        processing_completion_date_time: session.processing_completed_at.map(DateTimeOffset::new),
        checksum: session.checksum.clone(),
        data_upload_uri: upload_uri,
        fields: Some(session.fields.clone()),
        file_name: session.file_name.clone(),
        rows_per_block: session.rows_per_block,
        salt: None,
        upload_agent_id: session.upload_agent_id.clone(),
        upload_agent: None,
        update_mode: Some(session.update_mode.as_str().to_owned()),
        expiration_date_time: Some(DateTimeOffset::new(session.upload_expires_at)),
        row_count: session.row_count,
        rejected_row_count: session.rejected_row_count,
        allow_shrink: Some(session.allow_shrink),
        key_id: Some(session.key_id.to_string()),
    }
}

fn session_error(session: &Session, failure: &SessionFailure) -> ClassificationError {
    ClassificationError {
        code: failure.code.clone(),
        message: failure.message.clone(),
        target: failure.target.clone(),
        inner_error: Some(ClassificationInnerError {
            error_date_time: Some(DateTimeOffset::new(failure.at)),
            code: Some(failure.code.clone()),
            client_request_id: None,
            activity_id: Some(session.id.to_string()),
        }),
        details: Vec::new(),
    }
}

/// Converts an upload agent.
pub(crate) fn agent(agent: &UploadAgent) -> UploadAgentResource {
    UploadAgentResource {
        id: agent.id.to_string(),
        creation_date_time: Some(DateTimeOffset::new(agent.created_at)),
        description: agent.description.clone(),
    }
}

/// Converts a sensitive type.
pub(crate) fn sensitive_type(view: &TypeView) -> SensitiveTypeResource {
    let known = &view.sensitive_type;
    SensitiveTypeResource {
        id: known.id.to_string(),
        name: Some(known.name.clone()),
        description: known.description.clone(),
        publisher_name: known.publisher.clone(),
        rule_package_id: None,
        rule_package_type: None,
        state: None,
        classification_method: Some(CLASSIFICATION_METHOD.to_owned()),
        last_modified_date_time: Some(DateTimeOffset::new(known.modified_at)),
        scope: Some(SCOPE.to_owned()),
        sensitive_type_source: Some("tenant".to_owned()),
        exact_match: Some(ExactMatchRuleResource::from(&known.rule)),
        warnings: view.warnings.clone(),
    }
}

/// Converts a row of a lookup to the text of one JSON object.
pub(crate) fn lookup_row(row: &LookupRow) -> String {
    let mut fields = Map::new();
    for (name, token) in &row.columns {
        let token = token.map(|bytes| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>());
        fields.insert(name.to_string(), token.map_or(Value::Null, Value::from));
    }
    // Last, so that a column of such a name cannot hide the row.
    fields.insert("row".to_owned(), json!(row.row));
    fields.insert("rowSessionId".to_owned(), json!(row.session_id.to_string()));
    Value::Object(fields).to_string()
}
