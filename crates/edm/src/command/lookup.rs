//! `edm lookup`.

use anyhow::Context;
use clap::Args;
use edm_agent::{ErrorKind, GraphClient, refused_value};
use edm_graph::{DataStoreResource, LookupRequest};
use edm_model::StoreId;
use serde_json::{Map, Value, json};

use crate::connection::Connection;
use crate::ending::{Ending, with_statuses};
use crate::output::{Format, Output};
use crate::row_origin::RowOrigins;

/// The number of the looked-up value that the row contains, added to the row's properties.
const VALUE_NUMBER: &str = "valueNumber";
/// The number of the record in the file of its session.
const ROW: &str = "row";
const SESSION: &str = "rowSessionId";

#[derive(Debug, Args)]
#[command(after_help = with_statuses("\
Example:
  edm lookup --store patients --key ssn 900-12-3456 901-23-4567

The result names rows. For each column it contains a token, which is equal for equal values, never a
value. valueNumber says which of the given values a row contains, counted from 1. Values that no row
contains are reported on standard error by their number. With a token that may read data stores, the
report also says why no row can contain them."))]
pub(crate) struct LookupArguments {
    /// Name or id of the data store
    #[arg(long)]
    store: String,
    /// Searchable column of the values
    #[arg(long, value_name = "COLUMN")]
    key: String,
    /// Column to return; may be repeated [default: all]
    #[arg(long = "column", value_name = "COLUMN")]
    columns: Vec<String>,
    /// Values to look up
    #[arg(required = true, value_name = "VALUE")]
    values: Vec<String>,
    #[command(flatten)]
    connection: Connection,
}

/// Returns the id of the store with this name. An id is returned without a request, because a token
/// with only the Lookup role may not read stores.
async fn store_id(client: &GraphClient, name_or_id: &str) -> anyhow::Result<String> {
    if name_or_id.parse::<StoreId>().is_ok() {
        return Ok(name_or_id.to_owned());
    }
    match client.store(name_or_id).await {
        Ok(store) => Ok(store.id),
        Err(error) if is_forbidden(&error) => {
            let advice = "this token may not read the names of data stores: give --store the id of the data store; a token with \
                 the role ExactMatch.Read shows it by `edm store list`";
            Err(anyhow::Error::new(error).context(advice))
        }
        Err(error) => Err(error.into()),
    }
}

fn is_forbidden(error: &edm_agent::Error) -> bool {
    matches!(error.kind(), ErrorKind::Refused { status: 403, .. })
}

pub(crate) async fn run(arguments: LookupArguments, output: Output) -> anyhow::Result<Ending> {
    let client = arguments.connection.client()?;
    let id = store_id(&client, &arguments.store).await?;
    let count = arguments.values.len();
    let mut rows = Vec::new();
    let mut unknown = Vec::new();
    for (number, value) in (1..).zip(arguments.values) {
        let request = LookupRequest {
            key: arguments.key.clone(),
            values: vec![value.clone()],
            result_column_names: arguments.columns.clone(),
        };
        // One request per value, because a row does not say which value it contains.
        let found = match client.lookup(&id, &request).await {
            Err(error) if error.is_no_live_data() => {
                eprintln!("edm: {error}");
                return Ok(Ending::NotRead);
            }
            found => found?,
        };
        if found.is_empty() {
            unknown.push((number, value));
        }
        for row in found {
            rows.push(numbered(number, row)?);
        }
    }
    let mut origins = RowOrigins::default();
    if output.format() == Format::Table {
        let sessions = rows.iter().filter_map(|row| row.get(SESSION).and_then(Value::as_str));
        origins.learn(&client, Some(&id), sessions.map(str::to_owned).collect()).await;
    }
    print(output, &rows, &origins)?;
    if unknown.is_empty() {
        return Ok(Ending::Fine);
    }
    // A token that may only look values up may not read the column's type.
    let store = client.store(&id).await.ok();
    for (number, value) in unknown {
        let outcome = outcome_of(store.as_ref(), &arguments.key, &value);
        eprintln!("edm: value {number} of {count}: {outcome}");
    }
    Ok(Ending::Fine)
}

/// Describes what is known of a value that no row contains.
fn outcome_of(store: Option<&DataStoreResource>, key: &str, value: &str) -> String {
    let Some(store) = store else {
        return "no row holds it; whether one could is unknown, because the data store could not be read"
            .to_owned();
    };
    match refused_value(store, key, value) {
        Some(reason) => format!("{reason}: no row can hold it"),
        None => "no row holds it".to_owned(),
    }
}

/// Returns the row with the number of the value that it contains.
fn numbered(number: u64, row: Value) -> anyhow::Result<Map<String, Value>> {
    let Value::Object(mut row) = row else {
        return Err(edm_agent::Error::new(ErrorKind::BadAnswer)).context("a row of the answer is no object");
    };
    row.insert(VALUE_NUMBER.to_owned(), json!(number));
    Ok(row)
}

fn print(output: Output, rows: &[Map<String, Value>], origins: &RowOrigins) -> anyhow::Result<()> {
    if output.format() == Format::Json {
        return Ok(output.json(&rows)?);
    }
    if rows.is_empty() {
        return Ok(output.line("no row")?);
    }
    let mut names: Vec<&str> = vec![VALUE_NUMBER, ROW];
    for row in rows {
        // The session is printed with the row.
        let further = row.keys().map(String::as_str).filter(|name| !names.contains(name) && *name != SESSION);
        names.extend(further.collect::<Vec<_>>());
    }
    let cell = |row: &Map<String, Value>, name: &str| match row.get(name) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Null) | None => "-".to_owned(),
        Some(number) if name == ROW => {
            let session = row.get(SESSION).and_then(Value::as_str);
            format!("{number}{}", session.map_or_else(String::new, |session| origins.of(session)))
        }
        Some(other) => other.to_string(),
    };
    let table: Vec<Vec<String>> =
        rows.iter().map(|row| names.iter().map(|name| cell(row, name)).collect()).collect();
    Ok(output.table(&names, &table)?)
}
