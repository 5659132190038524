//! The output of upload sessions.

use edm_graph::{DataStoreResource, SessionResource};
use serde_json::{Value, json};

use super::counted;
use crate::output::{Format, Output, grouped};
use crate::row_origin::printable;

/// Prints the sessions of a store. At most one is live.
pub(super) fn print_sessions(
    output: Output,
    sessions: &[SessionResource],
    store: &DataStoreResource,
) -> anyhow::Result<()> {
    if output.format() == Format::Json {
        let sessions = sessions.iter().map(|session| session_json(session, store));
        return Ok(output.json(&sessions.collect::<anyhow::Result<Vec<Value>>>()?)?);
    }
    let number = |count: Option<u64>| count.map_or_else(|| "-".to_owned(), grouped);
    let row = |session: &SessionResource| {
        let created = session.creation_date_time.map(|moment| moment.to_string()).unwrap_or_default();
        let error = session.error.as_ref().map(|error| format!("{} ({})", error.message, error.code));
        vec![
            session.id.clone(),
            if is_live(session, store) { "live" } else { "-" }.to_owned(),
            session.state.clone().unwrap_or_default(),
            session.update_mode.clone().unwrap_or_default(),
            created,
            number(session.row_count),
            format!(
                "{}/{}",
                number(session.remaining_block_count.map(u64::from)),
                number(session.total_block_count.map(u64::from))
            ),
            session.file_name.as_deref().map(printable).unwrap_or_default(),
            error.unwrap_or_default(),
        ]
    };
    let rows: Vec<Vec<String>> = sessions.iter().map(row).collect();
    let heading = ["SESSION", "LIVE", "STATE", "MODE", "CREATED", "ROWS", "BLOCKS LEFT", "FILE", "ERROR"];
    output.table(&heading, &rows)?;
    let live = sessions.iter().find(|session| is_live(session, store));
    if let (true, Some(count)) = (live.is_some_and(is_delta), store.row_count) {
        let rows = counted(count, "row");
        output.line(&format!(
            "live in all: {rows}, those of the table before the live delta with its changes"
        ))?;
    }
    Ok(())
}

/// Prints one session.
pub(super) fn print_session(
    output: Output,
    session: &SessionResource,
    store: &DataStoreResource,
) -> anyhow::Result<()> {
    match output.format() {
        Format::Json => Ok(output.json(&session_json(session, store)?)?),
        Format::Table => print_sessions(output, std::slice::from_ref(session), store),
    }
}

/// Returns whether the session is the live one, that is, published last and not rolled back.
fn is_live(session: &SessionResource, store: &DataStoreResource) -> bool {
    store.active_session_id.as_deref().is_some_and(|live| live.eq_ignore_ascii_case(&session.id))
}

/// Returns whether the session's `rowCount` counts only its changes.
fn is_delta(session: &SessionResource) -> bool {
    session.update_mode.as_deref() == Some("delta")
}

/// Returns the session's JSON. Properties are added for whether it is live, and for the number of
/// live rows.
fn session_json(session: &SessionResource, store: &DataStoreResource) -> anyhow::Result<Value> {
    let mut value = serde_json::to_value(session)?;
    if let Value::Object(fields) = &mut value {
        let live = is_live(session, store);
        fields.insert("live".to_owned(), json!(live));
        fields.insert("liveRowCount".to_owned(), json!(store.row_count.filter(|_| live)));
    }
    Ok(value)
}
