//! `edm type`.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use edm_graph::{PatternResource, SensitiveTypeResource};
use edm_model::limits;
use serde_json::{Value, json};

use super::type_import::{self, ImportArguments, Imported, counted};
use crate::connection::Connection;
use crate::output::{Format, Output};
use crate::schema_file;

#[derive(Debug, Args)]
pub(crate) struct TypeArguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Lists the sensitive types, including the default types of data stores
    #[command(after_help = "Example:\n  edm type list")]
    List(Connection),
    /// Shows a sensitive type with its patterns
    #[command(after_help = "Example:\n  edm type show patients --output json > type.json")]
    Show {
        /// Name or id of the type
        #[arg(value_name = "TYPE")]
        name: String,
        #[command(flatten)]
        connection: Connection,
    },
    /// Creates a sensitive type from a JSON file
    #[command(after_help = "\
Example:
  edm type create patient.json

patient.json:
  {\"name\": \"Patient\", \"exactMatch\": {\"dataStoreId\": \"…\", \"recommendedConfidence\": 75, \"patterns\": [
    {\"confidence\": 85, \"primary\": \"mrn\", \"supporting\": [{\"minMatches\": 2, \"columns\": [\"lastName\", \"dob\"]}]},
    {\"confidence\": 65, \"primary\": \"ssn\"}]}}

dataStoreId may be the store's name.")]
    Create {
        /// JSON file with the type in Graph's format
        #[arg(value_name = "FILE")]
        file: PathBuf,
        #[command(flatten)]
        connection: Connection,
    },
    /// Creates the sensitive types of a Microsoft Purview rule package (XML), all or none
    #[command(after_help = "\
Examples:
  edm store create --schema edm.xml
  edm type import rule-package.xml --dry-run
  edm type import rule-package.xml

Each ExactMatch becomes a sensitive type of the data store that its dataStore names. Elements without
a counterpart are refused by name and line. Differences from Purview's behaviour are reported on
standard error.")]
    Import(ImportArguments),
    /// Deletes a sensitive type; the default type of a data store is only deleted with its store
    #[command(after_help = "Example:\n  edm type delete \"Patient by SSN\" --yes")]
    Delete {
        /// Name or id of the type
        #[arg(value_name = "TYPE")]
        name: String,
        /// Confirm the deletion
        #[arg(long)]
        yes: bool,
        #[command(flatten)]
        connection: Connection,
    },
}

pub(crate) async fn run(arguments: TypeArguments, output: Output) -> anyhow::Result<()> {
    match arguments.action {
        Action::List(connection) => print_list(output, &connection.client()?.types().await?),
        Action::Show { name, connection } => {
            print_type(output, &connection.client()?.sensitive_type(&name).await?)
        }
        Action::Create { file, connection } => {
            let client = connection.client()?;
            let mut body = read(&file)?;
            if let Some(Value::String(store)) = body.pointer_mut("/exactMatch/dataStoreId") {
                *store = client.store(store).await?.id;
            }
            print_type(output, &client.create_type(&body).await?)
        }
        Action::Import(arguments) => print_imported(output, &type_import::run(&arguments).await?),
        Action::Delete { name, yes, connection } => {
            let client = connection.client()?;
            let found = client.sensitive_type(&name).await?;
            let name = found.name.as_deref().unwrap_or_default();
            if !yes {
                bail!("this deletes the sensitive type “{name}” for good: say --yes");
            }
            client.delete_type(&found.id).await?;
            match output.format() {
                Format::Json => Ok(output.json(&json!({ "deleted": found.id }))?),
                Format::Table => Ok(output.line(&format!("deleted {name} ({})", found.id))?),
            }
        }
    }
}

fn print_imported(output: Output, imported: &Imported) -> anyhow::Result<()> {
    print_list(output, &imported.types)?;
    for one in &imported.types {
        for warning in &one.warnings {
            eprintln!("edm: {}: {warning}", one.name.as_deref().unwrap_or_default());
        }
    }
    let count = counted(imported.types.len(), "sensitive type");
    match imported.rehearsed {
        true => eprintln!("edm: {count} would be created; nothing was"),
        false => eprintln!("edm: {count} created"),
    }
    Ok(())
}

fn read(file: &Path) -> anyhow::Result<Value> {
    let bytes = schema_file::bytes_of(file, limits::JSON_BODY_BYTES_MAX)?;
    serde_json::from_slice(&bytes).with_context(|| format!("{} is no JSON", file.display()))
}

fn print_list(output: Output, types: &[SensitiveTypeResource]) -> anyhow::Result<()> {
    if output.format() == Format::Json {
        return Ok(output.json(&types)?);
    }
    let row = |one: &SensitiveTypeResource| {
        let rule = one.exact_match.clone().unwrap_or_default();
        let confidences: Vec<String> =
            rule.patterns.iter().map(|pattern| pattern.confidence.to_string()).collect();
        vec![
            one.name.clone().unwrap_or_default(),
            one.id.clone(),
            rule.data_store_id,
            if confidences.is_empty() { "after the first upload".to_owned() } else { confidences.join(" ") },
        ]
    };
    let rows: Vec<Vec<String>> = types.iter().map(row).collect();
    Ok(output.table(&["NAME", "ID", "DATA STORE", "PATTERNS"], &rows)?)
}

fn print_type(output: Output, one: &SensitiveTypeResource) -> anyhow::Result<()> {
    if output.format() == Format::Json {
        return Ok(output.json(one)?);
    }
    print_list(output, std::slice::from_ref(one))?;
    output.line("")?;
    let patterns = one.exact_match.as_ref().map(|rule| rule.patterns.as_slice()).unwrap_or_default();
    let rows: Vec<Vec<String>> = patterns.iter().map(pattern_row).collect();
    output.table(&["CONFIDENCE", "PRIMARY", "WITHIN", "SUPPORTING"], &rows)?;
    for warning in &one.warnings {
        output.line(&format!("! {warning}"))?;
    }
    Ok(())
}

fn pattern_row(pattern: &PatternResource) -> Vec<String> {
    let groups: Vec<String> = pattern
        .supporting
        .iter()
        .map(|group| {
            let at_most = group.max_matches.map(|most| format!(" to {most}")).unwrap_or_default();
            format!("{}{at_most} of {}", group.min_matches, group.columns.join(", "))
        })
        .collect();
    let proximity = &pattern.proximity;
    vec![
        pattern.confidence.to_string(),
        pattern.primary.clone().unwrap_or_else(|| "any searchable".to_owned()),
        format!(
            "{}{}",
            proximity.distance.map(|distance| format!("{distance} ")).unwrap_or_default(),
            proximity.unit
        ),
        if groups.is_empty() { "-".to_owned() } else { groups.join(" and ") },
    ]
}
