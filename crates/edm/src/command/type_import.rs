//! `edm type import`: creates the sensitive types of a Purview rule package, all or none.

use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::Args;
use edm_agent::GraphClient;
use edm_graph::purview::{self, PackageType};
use edm_graph::{DataStoreResource, PatternResource, SensitiveTypeResource, columns_from_wire};
use edm_model::{Columns, limits};

use crate::connection::Connection;
use crate::schema_file;

#[derive(Debug, Args)]
pub(crate) struct ImportArguments {
    /// Rule package in UTF-8, UTF-16 or the encoding that it declares
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Check the package against the data stores without creating anything
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    connection: Connection,
}

/// The types that an import created, or would create.
pub(crate) struct Imported {
    pub(crate) types: Vec<SensitiveTypeResource>,
    /// Whether this was a dry run.
    pub(crate) rehearsed: bool,
}

/// Checks every type of the package against its data store, then creates them. If one cannot be
/// created, the ones before it are deleted.
pub(crate) async fn run(arguments: &ImportArguments) -> anyhow::Result<Imported> {
    let path = &arguments.file;
    let bytes = schema_file::bytes_of(path, limits::XML_BYTES_MAX)?;
    let package =
        purview::read_rule_package(&bytes).with_context(|| format!("cannot use {}", path.display()))?;
    for warning in &package.warnings {
        eprintln!("edm: {warning}");
    }
    let client = arguments.connection.client()?;
    let (stores, known) = (client.stores().await?, client.types().await?);
    let mut types = Vec::with_capacity(package.types.len());
    let mut problems = Vec::new();
    for one in package.types {
        match fitted(one, &stores, &known) {
            Ok(resource) => types.push(resource),
            Err(problem) => problems.push(problem),
        }
    }
    for problem in &problems {
        eprintln!("edm: {problem}");
    }
    if !problems.is_empty() {
        bail!(
            "nothing was created: correct the {} above and import again",
            counted(problems.len(), "problem")
        );
    }
    if arguments.dry_run {
        return Ok(Imported { types, rehearsed: true });
    }
    Ok(Imported { types: create(&client, &types).await?, rehearsed: false })
}

async fn create(
    client: &GraphClient,
    types: &[SensitiveTypeResource],
) -> anyhow::Result<Vec<SensitiveTypeResource>> {
    let mut created: Vec<SensitiveTypeResource> = Vec::with_capacity(types.len());
    for one in types {
        let error = match client.create_type(&serde_json::to_value(one)?).await {
            Ok(made) => {
                created.push(made);
                continue;
            }
            Err(error) => error,
        };
        let mut left = Vec::new();
        for made in &created {
            if client.delete_type(&made.id).await.is_err() {
                left.push(made.id.clone());
            }
        }
        let name = one.name.as_deref().unwrap_or_default();
        let context = match left.as_slice() {
            [] => format!("cannot create “{name}”, so nothing was created"),
            left => format!("cannot create “{name}”, and these could not be taken back: {}", left.join(", ")),
        };
        return Err(anyhow::Error::new(error).context(context));
    }
    Ok(created)
}

/// Replaces the store's name by its id. Fails with a sentence if the service would refuse the type.
fn fitted(
    one: PackageType,
    stores: &[DataStoreResource],
    known: &[SensitiveTypeResource],
) -> Result<SensitiveTypeResource, String> {
    let PackageType { line, mut resource } = one;
    let name = resource.name.clone().unwrap_or_default();
    let about = |problem: String| format!("line {line}: “{name}”: {problem}");
    let same = |other: Option<&str>, name: &str| {
        other.is_some_and(|other| other.to_lowercase() == name.to_lowercase())
    };
    if known.iter().any(|other| same(other.name.as_deref(), &name)) {
        return Err(about("a sensitive type of this name exists: delete it or rename one".to_owned()));
    }
    let rule = resource.exact_match.get_or_insert_default();
    let called = rule.data_store_id.clone();
    let store = stores.iter().find(|store| same(store.display_name.as_deref(), &called));
    let store = store.ok_or_else(|| {
        about(format!("there is no data store “{called}”: create it first, as by edm store create --schema"))
    })?;
    let columns = columns_from_wire(store.columns.as_deref().unwrap_or_default(), "columns");
    let columns =
        columns.map_err(|error| about(format!("the data store “{called}” cannot be used: {error}")))?;
    for (position, pattern) in rule.patterns.iter().enumerate() {
        let problem = unfit(pattern, &columns);
        if let Some(problem) = problem {
            return Err(about(format!("pattern {}: {problem} of the data store “{called}”", position + 1)));
        }
    }
    rule.data_store_id.clone_from(&store.id);
    Ok(resource)
}

/// Returns what is wrong with the columns that a pattern names.
fn unfit(pattern: &PatternResource, columns: &Columns) -> Option<String> {
    let evidence = pattern.supporting.iter().flat_map(|group| &group.columns).chain(&pattern.void_if);
    if let Some(unknown) =
        pattern.primary.iter().chain(evidence).find(|name| columns.position(name).is_none())
    {
        return Some(format!("“{unknown}” is no column"));
    }
    let primary = pattern.primary.as_deref()?;
    let column = columns.position(primary).and_then(|position| columns.as_slice().get(position))?;
    (!column.searchable).then(|| format!("“{primary}” is an idMatch and no searchable column"))
}

pub(crate) fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}
