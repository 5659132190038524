//! The output of upload sessions.

use edm_graph::SessionResource;
use serde_json::{Value, json};

use crate::output::{Format, Output, grouped};

/// Prints the sessions of a store. At most one is live.
pub(super) fn print_sessions(
    output: Output,
    sessions: &[SessionResource],
    live: Option<&str>,
) -> anyhow::Result<()> {
    if output.format() == Format::Json {
        let sessions = sessions.iter().map(|session| session_json(session, live));
        return Ok(output.json(&sessions.collect::<anyhow::Result<Vec<Value>>>()?)?);
    }
    let number = |count: Option<u64>| count.map_or_else(|| "-".to_owned(), grouped);
    let row = |session: &SessionResource| {
        let created = session.creation_date_time.map(|moment| moment.to_string()).unwrap_or_default();
        let error = session.error.as_ref().map(|error| format!("{} ({})", error.message, error.code));
        vec![
            session.id.clone(),
            if is_live(session, live) { "live" } else { "-" }.to_owned(),
            session.state.clone().unwrap_or_default(),
            session.update_mode.clone().unwrap_or_default(),
            created,
            number(session.row_count),
            format!(
                "{}/{}",
                number(session.remaining_block_count.map(u64::from)),
                number(session.total_block_count.map(u64::from))
            ),
            error.unwrap_or_default(),
        ]
    };
    let rows: Vec<Vec<String>> = sessions.iter().map(row).collect();
    let heading = ["SESSION", "LIVE", "STATE", "MODE", "CREATED", "ROWS", "BLOCKS LEFT", "ERROR"];
    Ok(output.table(&heading, &rows)?)
}

/// Prints one session.
pub(super) fn print_session(
    output: Output,
    session: &SessionResource,
    live: Option<&str>,
) -> anyhow::Result<()> {
    match output.format() {
        Format::Json => Ok(output.json(&session_json(session, live)?)?),
        Format::Table => print_sessions(output, std::slice::from_ref(session), live),
    }
}

/// Returns whether the session is the live one, that is, published last and not rolled back.
fn is_live(session: &SessionResource, live: Option<&str>) -> bool {
    live.is_some_and(|live| live.eq_ignore_ascii_case(&session.id))
}

/// Returns the session's JSON, with a property that says whether it is live.
fn session_json(session: &SessionResource, live: Option<&str>) -> anyhow::Result<Value> {
    let mut value = serde_json::to_value(session)?;
    if let Value::Object(fields) = &mut value {
        fields.insert("live".to_owned(), json!(is_live(session, live)));
    }
    Ok(value)
}
