//! `edm lookup`.

use clap::Args;
use edm_agent::{ErrorKind, GraphClient};
use edm_graph::LookupRequest;
use edm_model::StoreId;
use serde_json::Value;

use crate::connection::Connection;
use crate::output::{Format, Output};

#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  edm lookup --store patients --key ssn 900-12-3456 901-23-4567

The answer names rows; for each column it holds a token that tells equal rows apart, never a value.")]
pub(crate) struct LookupArguments {
    /// Name or id of the data store
    #[arg(long)]
    store: String,
    /// Searchable column that the values are of
    #[arg(long, value_name = "COLUMN")]
    key: String,
    /// Column to answer with; may be repeated [default: all]
    #[arg(long = "column", value_name = "COLUMN")]
    columns: Vec<String>,
    /// Values to ask for
    #[arg(required = true, value_name = "VALUE")]
    values: Vec<String>,
    #[command(flatten)]
    connection: Connection,
}

/// Returns the id as it is, because whoever may only look values up may not read stores.
async fn store_id(client: &GraphClient, name_or_id: &str) -> anyhow::Result<String> {
    if name_or_id.parse::<StoreId>().is_ok() {
        return Ok(name_or_id.to_owned());
    }
    match client.store(name_or_id).await {
        Ok(store) => Ok(store.id),
        Err(error) if matches!(error.kind(), ErrorKind::Refused { status: 403, .. }) => {
            let told =
                "this token may not read the names of data stores: give --store the id of the data store";
            Err(anyhow::Error::new(error).context(told))
        }
        Err(error) => Err(error.into()),
    }
}

pub(crate) async fn run(arguments: LookupArguments, output: Output) -> anyhow::Result<()> {
    let client = arguments.connection.client()?;
    let store = store_id(&client, &arguments.store).await?;
    let request = LookupRequest {
        key: arguments.key,
        values: arguments.values,
        result_column_names: arguments.columns,
    };
    let rows = client.lookup(&store, &request).await?;
    if output.format() == Format::Json {
        return Ok(output.json(&rows)?);
    }
    let mut names: Vec<&str> = vec!["row"];
    for row in rows.iter().filter_map(Value::as_object) {
        names.extend(row.keys().map(String::as_str).filter(|name| !names.contains(name)).collect::<Vec<_>>());
    }
    let cell = |row: &Value, name: &str| match row.get(name) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Null) | None => "-".to_owned(),
        Some(other) => other.to_string(),
    };
    let table: Vec<Vec<String>> =
        rows.iter().map(|row| names.iter().map(|name| cell(row, name)).collect()).collect();
    Ok(output.table(&names, &table)?)
}
