//! `edm profile`.

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use edm_agent::{
    ColumnProfile, ExtraColumns, Input, ProfileOptions, TableFormat, TableProfile, profile, refuse_as_output,
};
use edm_graph::{ColumnResource, columns_from_wire};
use edm_hash::{SALT_RANDOM_BYTES, Salt};
use edm_model::{Column, Columns, DataType, limits};
use serde_json::{Value, json};

use super::upload::{counted, print_rejections, refusals_json};
use crate::column_argument::{ColumnArgument, typed};
use crate::ending::{Ending, with_statuses};
use crate::format_arguments::FormatArguments;
use crate::host::{core_count, fill_random, temporary_folder};
use crate::output::{Format, Output, grouped};
use crate::progress_bar::UploadBar;
use crate::schema_file;
use crate::suggested_schema::suggest;

/// Memory for the counts of distinct values, in bytes. Beyond it, they are sorted in a folder.
const COUNTS_BYTES: usize = 256 * 1024 * 1024;

#[derive(Debug, Args)]
#[command(after_help = with_statuses("\
Examples:
  edm profile --file people.csv
  edm profile --file people.csv --output json | jq '.columns[] | {name, class, suggestedType}'
  edm profile --file people.csv --write-schema people.json && edm store create --name people --schema people.json
  edm profile --file people.csv --schema edm.xml
  gzip -dc people.tsv.gz | edm profile --file - --separator tab

Nothing is sent, and no cell is shown; the first line must name the columns. Without --schema or
--column every column is classified as searchable text. The class is the one that the service would
give the column: standalone (a match without evidence), identifier (a match with evidence), evidence
(confirms a match), weak (shown, not counted). In a form, 9 is a digit and a is a run of letters.

It fails if the table cannot be read, or nothing in it could be found by default."))]
pub(crate) struct ProfileArguments {
    /// Table with a header line, plain or gzip; - is standard input
    #[arg(long, value_name = "FILE|-")]
    file: String,
    #[command(flatten)]
    format: FormatArguments,
    /// Write a schema for `edm store create --schema` to this file, with the type that the cells of
    /// each column have
    #[arg(long, value_name = "FILE", conflicts_with_all = ["schema", "columns"])]
    write_schema: Option<PathBuf>,
    /// Classify the columns of this schema, as for `edm store create`
    #[arg(long, value_name = "FILE", conflicts_with = "columns")]
    schema: Option<PathBuf>,
    /// Classify this column, as for `edm store create`; may be repeated
    #[arg(long = "column", value_name = "COLUMN")]
    columns: Vec<ColumnArgument>,
    /// Ignore columns that the schema does not have
    #[arg(long)]
    ignore_extra_columns: bool,
    /// Maximum number of words of a matched cell
    #[arg(long, value_name = "COUNT", default_value_t = limits::TOKENS_DEFAULT,
          value_parser = clap::value_parser!(u32).range(1..=i64::from(limits::TOKENS_MAX)))]
    max_tokens: u32,
}

pub(crate) async fn run(arguments: ProfileArguments, output: Output) -> anyhow::Result<Ending> {
    if let Some(path) = &arguments.write_schema {
        refuse_as_output(&Input::from_argument(&arguments.file), path)?;
    }
    let table = profile_table(options(&arguments)?).await?;
    print_rejections(&table.rejections);
    table.warnings.iter().for_each(|warning| eprintln!("edm: {warning}"));
    if let Some(path) = &arguments.write_schema {
        write_schema(path, &table)?;
    }
    match output.format() {
        Format::Json => output.json(&table_json(&table))?,
        Format::Table => print_table(output, &table)?,
    }
    if table.is_findable() {
        return Ok(Ending::Fine);
    }
    eprintln!(
        "edm: nothing in this table could be found by default: no column identifies a record, and fewer than three are \
         evidence with one of them searchable"
    );
    Ok(Ending::Failed)
}

/// Profiles a table on a blocking thread.
pub(super) async fn profile_table(options: ProfileOptions) -> anyhow::Result<TableProfile> {
    let work = move || {
        let bar = UploadBar::new();
        let result = profile(&options, &bar);
        bar.finish();
        result
    };
    Ok(tokio::task::spawn_blocking(work).await??)
}

/// Writes the schema that the cells suggest.
fn write_schema(path: &Path, table: &TableProfile) -> anyhow::Result<()> {
    let schema = suggest(table);
    let columns: Vec<ColumnResource> = schema.columns.iter().map(ColumnResource::from).collect();
    let text = serde_json::to_string_pretty(&json!({ "columns": columns }))?;
    std::fs::write(path, text + "\n").with_context(|| format!("cannot write {}", path.display()))?;
    schema.notes.iter().for_each(|note| eprintln!("edm: {note}"));
    eprintln!(
        "edm: the schema is in {}: look it over, then `edm store create --name NAME --schema {}`",
        path.display(),
        path.display()
    );
    Ok(())
}

fn options(arguments: &ProfileArguments) -> anyhow::Result<ProfileOptions> {
    Ok(ProfileOptions {
        columns: columns(arguments)?,
        extra_columns: match arguments.ignore_extra_columns {
            true => ExtraColumns::Ignore,
            false => ExtraColumns::Refuse,
        },
        tokens_max: arguments.max_tokens,
        ..profile_options(Input::from_argument(&arguments.file), arguments.format.format())?
    })
}

/// Returns the options for profiling a table with any columns.
pub(super) fn profile_options(input: Input, format: TableFormat) -> anyhow::Result<ProfileOptions> {
    let mut random = [0; SALT_RANDOM_BYTES];
    fill_random(&mut random)?;
    Ok(ProfileOptions {
        input,
        format,
        columns: None,
        extra_columns: ExtraColumns::Refuse,
        tokens_max: limits::TOKENS_DEFAULT,
        workers: core_count(),
        key: Salt::generate(&random),
        scratch: temporary_folder("edm-profile")?,
        memory_bytes: COUNTS_BYTES,
    })
}

/// Returns the columns given on the command line, if any.
fn columns(arguments: &ProfileArguments) -> anyhow::Result<Option<Columns>> {
    let given: Vec<ColumnResource> = match &arguments.schema {
        Some(path) => {
            let using = || format!("cannot use {}", path.display());
            let bytes = schema_file::bytes_of(path, limits::XML_BYTES_MAX)?;
            let mut schema = schema_file::read(&bytes).with_context(using)?;
            for warning in &schema.warnings {
                eprintln!("edm: {warning}");
            }
            let columns = schema.body.remove("columns").unwrap_or_default();
            serde_json::from_value(columns).with_context(using)?
        }
        None if arguments.columns.is_empty() => return Ok(None),
        None => arguments.columns.iter().map(|column| column.0.clone()).collect(),
    };
    Ok(Some(columns_from_wire(&given, "columns")?))
}

fn print_table(output: Output, table: &TableProfile) -> anyhow::Result<()> {
    let left_out = match table.rejections.rejected_records {
        0 => String::new(),
        count => format!(", {} left out", grouped(count)),
    };
    output.line(&format!("{}{left_out}", counted(table.records, "record")))?;
    output.line("")?;
    let rows: Vec<Vec<String>> = table.columns.iter().map(row).collect();
    let heading =
        ["COLUMN", "VALUES", "EMPTY", "DISTINCT", "REPEAT", "AGREEMENT", "BITS", "LENGTH", "TYPE", "CLASS"];
    output.table(&heading, &rows)?;
    for column in &table.columns {
        output.line("")?;
        output.line(&column.column.name)?;
        for note in notes(column) {
            output.line(&format!("  {note}"))?;
        }
    }
    Ok(())
}

fn row(column: &ColumnProfile) -> Vec<String> {
    let statistics = &column.statistics;
    let length = column.lengths.map(|lengths| match lengths.min == lengths.max {
        true => lengths.min.to_string(),
        false => format!("{}–{}", lengths.min, lengths.max),
    });
    vec![
        column.column.name.clone(),
        grouped(statistics.values),
        grouped(column.empty + column.placeholders),
        format!("{:.1} %", column.distinct_share() * 100.0),
        grouped(statistics.largest),
        format!("{:.3} %", column.class_figures.agreement * 100.0),
        format!("{:.1}", column.entropy_bits),
        length.unwrap_or_else(|| "-".to_owned()),
        typed(&column.suggestion.data_type),
        column.class_figures.class.as_str().to_owned(),
    ]
}

fn notes(column: &ColumnProfile) -> Vec<String> {
    let mut notes = Vec::new();
    let share = |cells: u64| cells as f64 * 100.0 / column.suggestion.texts.max(1) as f64;
    if !column.forms.is_empty() {
        let forms = column.forms.iter().map(|(form, cells)| format!("{form} ({:.1} %)", share(*cells)));
        notes.push(format!("forms: {}", forms.collect::<Vec<_>>().join(", ")));
    }
    let primary: Vec<&str> = column.primary_obstacles.iter().map(|one| one.as_str()).collect();
    notes.push(match primary.as_slice() {
        [] => "primary: yes".to_owned(),
        reasons => format!("primary: no: {}", reasons.join("; ")),
    });
    notes.push(match column.key_obstacles.as_slice() {
        [] => "key: yes".to_owned(),
        reasons => format!("key: no: {}", reasons.join("; ")),
    });
    notes.extend(column.warnings.iter().map(|warning| format!("! {warning}")));
    notes
}

fn table_json(table: &TableProfile) -> Value {
    json!({
        "recordCount": table.records,
        "rejectedRecordCount": table.rejections.rejected_records,
        "badLineCount": table.rejections.bad_lines,
        "refusals": refusals_json(&table.rejections),
        "warnings": table.warnings,
        "columns": table.columns.iter().map(column_json).collect::<Vec<_>>(),
    })
}

/// Returns the options of a type in the form of the wire.
fn type_options(data_type: &DataType) -> Value {
    let column = ColumnResource::from(&Column::text("").typed(data_type.clone()));
    json!(column.data_type_options)
}

fn column_json(column: &ColumnProfile) -> Value {
    let statistics = &column.statistics;
    let forms: Vec<Value> =
        column.forms.iter().map(|(form, cells)| json!({ "form": form, "count": cells })).collect();
    let primary: Vec<&str> = column.primary_obstacles.iter().map(|one| one.as_str()).collect();
    json!({
        "name": column.column.name,
        "isSearchable": column.column.searchable,
        "dataType": column.column.rule.data_type.as_str(),
        "cellCount": column.cells,
        "valueCount": statistics.values,
        "emptyCount": column.empty,
        "placeholderCount": column.placeholders,
        "tooLongCount": column.too_long,
        "asTextCount": column.as_text,
        "refusedCount": column.refused,
        "distinctCount": statistics.distinct,
        "distinctShare": column.distinct_share(),
        "longestRepeat": statistics.largest,
        "agreement": column.class_figures.agreement,
        "entropyBits": column.entropy_bits,
        "lengths": column.lengths.map(|lengths| json!({ "min": lengths.min, "median": lengths.median, "max": lengths.max })),
        "forms": forms,
        "suggestedType": column.suggestion.data_type.as_str(),
        "suggestedTypeOptions": type_options(&column.suggestion.data_type),
        "suggestedTypeShare": column.suggestion.taken as f64 / column.suggestion.texts.max(1) as f64,
        "class": column.class_figures.class.as_str(),
        "isFitAsPrimary": primary.is_empty(),
        "notPrimaryBecause": primary,
        "isFitAsKey": column.key_obstacles.is_empty(),
        "notKeyBecause": column.key_obstacles,
        "warnings": column.warnings,
    })
}
