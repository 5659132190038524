//! `edm store`.

mod options;
mod update;

use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::{ArgGroup, Args, Subcommand, ValueEnum};
use edm_graph::{ColumnResource, DataStoreResource, purview};
use edm_model::limits;
use serde_json::{Map, Value, json};

use self::options::StoreOptions;
use crate::column_argument::{ColumnArgument, typed_of, words_of};
use crate::connection::Connection;
use crate::output::{Format, Output, grouped};
use crate::schema_file;

#[derive(Debug, Args)]
pub(crate) struct StoreArguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Creates a data store and its default sensitive type
    #[command(after_help = "\
Examples:
  edm store create --name patients --column ssn:searchable:ssn --column lastName:name --column dob:date
  edm store create --name accounts --column iban:searchable:iban --column mail:searchable:email --column mrn:key:searchable:digits=8
  edm store create --schema schema.json
  edm store create --name claims --schema purview.xml

A column is NAME[:searchable][:key][:TYPE][:case-sensitive][:fold-diacritics][:ignore=CHARS].
TYPE is text (the default), digits, digits=WIDTH, email, name, ssn, card, phone, phone=COUNTRY (US),
date, date=ORDER (ymd, dmy or mdy: how the table writes dates), iban or address.")]
    Create(CreateArguments),
    /// Changes name, description, columns or options of a data store, and prints what changed
    Update(update::UpdateArguments),
    /// Lists the data stores
    #[command(after_help = "Example:\n  edm store list --output json")]
    List(Connection),
    /// Shows a data store, its columns and what each can be used for
    #[command(after_help = "\
Examples:
  edm store show patients
  edm store show patients --schema xml > edm.xml

--schema xml writes the EdmSchema of Microsoft Purview. Properties that it cannot express, such as a
data type, become comments and are reported on standard error. `edm store create --schema` restores
everything else.")]
    Show {
        #[command(flatten)]
        named: NamedStore,
        /// Print only the schema, in the format of `edm store create --schema`
        #[arg(long, value_name = "FORMAT")]
        schema: Option<SchemaFormat>,
    },
    /// Deletes a data store with its sessions, index and default type
    #[command(after_help = "Example:\n  edm store delete patients --yes")]
    Delete {
        #[command(flatten)]
        named: NamedStore,
        /// Confirm the deletion
        #[arg(long)]
        yes: bool,
    },
    /// Makes the previous generation live again, including records that were removed since
    #[command(after_help = "Example:\n  edm store rollback patients")]
    Rollback(NamedStore),
}

/// The format of a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum SchemaFormat {
    /// Graph's JSON of a data store.
    Json,
    /// Microsoft Purview's EdmSchema.
    Xml,
}

#[derive(Debug, Args)]
struct NamedStore {
    /// Name or id of the data store
    #[arg(value_name = "STORE")]
    store: String,
    #[command(flatten)]
    connection: Connection,
}

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("definition").required(true).args(["columns", "schema"]))]
struct CreateArguments {
    /// Name of the data store; may be in the schema instead
    #[arg(long)]
    name: Option<String>,
    /// Free text for people
    #[arg(long)]
    description: Option<String>,
    /// A column; may be repeated
    #[arg(long = "column", value_name = "COLUMN")]
    columns: Vec<ColumnArgument>,
    /// Columns from a file: Graph's JSON or Purview's EdmSchema XML
    #[arg(long, value_name = "FILE")]
    schema: Option<PathBuf>,
    #[command(flatten)]
    options: StoreOptions,
    #[command(flatten)]
    connection: Connection,
}

pub(crate) async fn run(arguments: StoreArguments, output: Output) -> anyhow::Result<()> {
    match arguments.action {
        Action::Create(create) => {
            let store = create.connection.client()?.create_store(&body(&create)?).await?;
            print_store(output, &store)
        }
        Action::Update(update) => print_store(output, &update::run(&update).await?),
        Action::List(connection) => print_list(output, &connection.client()?.stores().await?),
        Action::Show { named, schema } => {
            let store = named.connection.client()?.store(&named.store).await?;
            match schema {
                None => print_store(output, &store),
                Some(SchemaFormat::Json) => Ok(output.json(&schema_of(store))?),
                Some(SchemaFormat::Xml) => {
                    let written = purview::write_schema(&store);
                    for warning in written.warnings {
                        eprintln!("edm: {warning}");
                    }
                    Ok(output.text(&written.xml)?)
                }
            }
        }
        Action::Delete { named, yes } => {
            let client = named.connection.client()?;
            let store = client.store(&named.store).await?;
            let name = store.display_name.as_deref().unwrap_or_default();
            if !yes {
                bail!("this deletes “{name}” with everything in it for good: say --yes");
            }
            client.delete_store(&store.id).await?;
            match output.format() {
                Format::Json => Ok(output.json(&json!({ "deleted": store.id }))?),
                Format::Table => Ok(output.line(&format!("deleted {name} ({})", store.id))?),
            }
        }
        Action::Rollback(named) => {
            let client = named.connection.client()?;
            let store = client.store(&named.store).await?;
            print_store(output, &client.rollback_store(&store.id).await?)
        }
    }
}

/// Returns the JSON that creates the same store, without its data.
fn schema_of(store: DataStoreResource) -> Value {
    let columns = store.columns.unwrap_or_default().into_iter();
    let columns = columns.map(|column| ColumnResource { class: None, warnings: Vec::new(), ..column });
    json!({
        "displayName": store.display_name,
        "description": store.description,
        "columns": columns.collect::<Vec<_>>(),
        "maximumNumberOfTokens": store.maximum_number_of_tokens,
        "placeholders": store.placeholders,
        "onUnserved": store.on_unserved,
    })
}

/// Returns the request body that creates the store.
fn body(create: &CreateArguments) -> anyhow::Result<Value> {
    let mut body = match &create.schema {
        None => Map::new(),
        Some(path) => {
            let bytes = schema_file::bytes_of(path, limits::XML_BYTES_MAX)?;
            let schema =
                schema_file::read(&bytes).with_context(|| format!("cannot use {}", path.display()))?;
            for warning in schema.warnings {
                eprintln!("edm: {warning}");
            }
            schema.body
        }
    };
    if !create.columns.is_empty() {
        let columns: Vec<&ColumnResource> = create.columns.iter().map(|column| &column.0).collect();
        body.insert("columns".to_owned(), json!(columns));
    }
    let options = [
        ("displayName", create.name.as_ref().map(|name| json!(name))),
        ("description", create.description.as_ref().map(|text| json!(text))),
    ];
    body.extend(options.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))));
    body.extend(create.options.properties());
    if !body.contains_key("displayName") {
        bail!("the data store needs a name: say --name");
    }
    Ok(Value::Object(body))
}

fn print_list(output: Output, stores: &[DataStoreResource]) -> anyhow::Result<()> {
    if output.format() == Format::Json {
        return Ok(output.json(&stores)?);
    }
    let row = |store: &DataStoreResource| {
        let updated = store.data_last_updated_date_time.map(|moment| moment.to_string());
        vec![
            store.display_name.clone().unwrap_or_default(),
            store.id.clone(),
            store.row_count.map_or_else(|| "-".to_owned(), grouped),
            store.generation.map_or_else(|| "-".to_owned(), |generation| generation.to_string()),
            updated.unwrap_or_else(|| "never".to_owned()),
            store.data_state.clone().unwrap_or_default(),
        ]
    };
    let rows: Vec<Vec<String>> = stores.iter().map(row).collect();
    Ok(output.table(&["NAME", "ID", "ROWS", "GENERATION", "UPDATED", "DATA"], &rows)?)
}

fn print_store(output: Output, store: &DataStoreResource) -> anyhow::Result<()> {
    if output.format() == Format::Json {
        return Ok(output.json(store)?);
    }
    print_list(output, std::slice::from_ref(store))?;
    output.line("")?;
    let columns = store.columns.as_deref().unwrap_or_default();
    let rows: Vec<Vec<String>> = columns.iter().map(column_row).collect();
    output.table(&["COLUMN", "TYPE", "OPTIONS", "CLASS", "NOTES"], &rows)?;
    match store.placeholders.as_deref() {
        None => {}
        Some([]) => output.line("no word means an empty cell")?,
        Some(words) if words.len() > update::WORDS_SHOWN_MAX => {
            output.line(&format!(
                "{} words of its own mean an empty cell (--output json lists them)",
                words.len()
            ))?;
        }
        Some(words) => output.line(&format!("these words mean an empty cell: {}", words.join(", ")))?,
    }
    if let Some(message) = unreadable(store) {
        output.line(&message)?;
    }
    if store.must_upload_again == Some(true) {
        output.line(
            "! the live data was made with other columns, placeholders or an older salt, and is searched as it was made: upload the table again",
        )?;
    }
    Ok(())
}

/// Returns a message about a store whose live data cannot be read.
fn unreadable(store: &DataStoreResource) -> Option<String> {
    let what = match store.data_state.as_deref()? {
        "unserved" => "nothing is looked for in it",
        "stale" => "the table before it is searched",
        _ => return None,
    };
    let back = if may_roll_back(store) { format!(", {ROLL_BACK}") } else { String::new() };
    Some(format!(
        "! the live data cannot be read, and {what}: restore its files{back}, or upload the table again"
    ))
}

/// The advice if [`may_roll_back`] returns true.
pub(crate) const ROLL_BACK: &str =
    "roll back (`edm store rollback`, which refuses where the table before it is damaged as well)";

/// Returns whether a rollback may help a store whose live data cannot be read. It does not help if
/// no generation before the live one is kept, or if the server must search that one and cannot read
/// it either.
pub(crate) fn may_roll_back(store: &DataStoreResource) -> bool {
    let cannot_either =
        store.on_unserved.as_deref() == Some("previous") && store.data_state.as_deref() == Some("unserved");
    store.can_roll_back == Some(true) && !cannot_either
}

fn column_row(column: &ColumnResource) -> Vec<String> {
    vec![
        column.name.clone().unwrap_or_default(),
        typed_of(column),
        words_of(column),
        column.class.clone().unwrap_or_else(|| "-".to_owned()),
        column.warnings.join("; "),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A rollback was advised if the generation before was damaged as well, was no longer kept, or
    /// never existed. After a rollback the live generation is not the first, and none before it is
    /// kept.
    #[test]
    fn a_rollback_is_advised_only_where_one_is_possible() {
        let check = |can_roll_back: bool, on_unserved: &str, data_state: &str, expected: bool| {
            let store = DataStoreResource {
                generation: Some(2),
                can_roll_back: Some(can_roll_back),
                on_unserved: Some(on_unserved.to_owned()),
                data_state: Some(data_state.to_owned()),
                ..DataStoreResource::default()
            };
            let message = unreadable(&store).expect("it cannot be read");
            assert_eq!(
                (may_roll_back(&store), message.contains("rollback")),
                (expected, expected),
                "{message}"
            );
        };
        check(false, "refuse", "unserved", false);
        check(true, "refuse", "unserved", true);
        check(true, "previous", "unserved", false);
        check(true, "previous", "stale", true);
        let served =
            DataStoreResource { data_state: Some("served".to_owned()), ..DataStoreResource::default() };
        assert_eq!(unreadable(&served), None);
    }
}
