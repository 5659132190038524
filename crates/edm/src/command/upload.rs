//! `edm upload`.

mod create;
mod sessions;

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use clap::{Args, Subcommand, ValueEnum};
use edm_agent::{
    Error, ErrorKind, ExtraColumns, GraphClient, Input, JournalPlace, Rejections, TableMode, TableOptions,
    Tolerance, UploadOptions, UploadReport, Wait, dry_run, refuse_as_output, upload, write_no_refused_lines,
    write_refused_lines,
};
use serde_json::{Value, json};

use self::create::create_store;
use self::sessions::{print_session, print_sessions};
use crate::connection::Connection;
use crate::ending::UsageError;
use crate::format_arguments::FormatArguments;
use crate::host::{core_count, state_folder};
use crate::output::{Format, Output, grouped};
use crate::progress_bar::UploadBar;

/// The prefix of a column's warnings about its part in the default type (`docs/matching.md`).
const PINNED: &str = "pinnedPatterns:";
/// Blocks sent in parallel.
const PARALLEL_BLOCKS: usize = 4;

#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    after_help = "\
Examples:
  edm upload --store patients --file people.csv --wait
  gzip -dc people.tsv.gz | edm upload --store patients --file - --separator tab
  edm upload --store people --file people.csv --create --wait
  edm upload --store patients --file people.csv --dry-run
  edm upload --store patients --file changed.csv --update-mode delta
  edm upload --store patients --file discharged.csv --delete
  edm upload list --store patients

Run the same command again to resume a killed upload of a file."
)]
pub(crate) struct UploadArguments {
    #[command(subcommand)]
    action: Option<Action>,
    /// Name or id of the data store
    #[arg(long, required = true)]
    store: Option<String>,
    /// Table with a header line, plain or gzip; - is standard input
    #[arg(long, required = true, value_name = "FILE|-")]
    file: Option<String>,
    #[command(flatten)]
    format: FormatArguments,
    /// Lines that may be left out, or lose a searchable cell, as a share or a number
    #[arg(long, value_name = "SHARE|COUNT", default_value = "0.1%", allow_hyphen_values = true)]
    allowed_bad_lines: Tolerance,
    /// Cells that may be left out of any one column that is not searchable, as a share or a number
    #[arg(long, value_name = "SHARE|COUNT", default_value = "1%", allow_hyphen_values = true)]
    allowed_bad_cells: Tolerance,
    /// Leave out the whole line if one of its cells is not a value of its column
    #[arg(long)]
    strict: bool,
    /// Create the data store if it does not exist, with the columns that the table's cells suggest
    #[arg(long, conflicts_with_all = ["delete", "update_mode"])]
    create: bool,
    /// Write the header and all lines with refused parts to this file, in plain text. Without
    /// refusals, only the header is written
    #[arg(long, value_name = "FILE")]
    refused_lines: Option<PathBuf>,
    /// Upload agent: an id, or a description, which is registered if it is new
    #[arg(long, value_name = "NAME")]
    agent: Option<String>,
    /// Check and hash the table without sending anything
    #[arg(long)]
    dry_run: bool,
    /// Ignore columns that the data store does not have
    #[arg(long)]
    ignore_extra_columns: bool,
    /// Allow the table to have far fewer rows than are live
    #[arg(long)]
    allow_shrink: bool,
    /// Effect of the table: replace all live records, or add its records, which replace those with
    /// the same key
    #[arg(
        long,
        value_enum,
        value_name = "MODE",
        default_value = "replace",
        default_value_if("delete", "true", "delta")
    )]
    update_mode: UpdateMode,
    /// Remove the records with the listed keys; other columns are ignored (a delta)
    #[arg(long)]
    delete: bool,
    /// Wait until the data is live
    #[arg(long)]
    wait: bool,
    /// Records per block [default: as many as fit]
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..))]
    rows_per_block: Option<u32>,
    /// Journal file for resuming the upload [default: in the user's state folder]
    #[arg(long, value_name = "FILE")]
    journal: Option<PathBuf>,
    #[command(flatten)]
    connection: Connection,
}

/// The values of `--update-mode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum UpdateMode {
    Replace,
    Delta,
}

impl UploadArguments {
    fn mode(&self) -> anyhow::Result<TableMode> {
        match (self.update_mode, self.delete) {
            (UpdateMode::Replace, false) => Ok(TableMode::Replace),
            (UpdateMode::Delta, false) => Ok(TableMode::Delta),
            (UpdateMode::Delta, true) => Ok(TableMode::Delete),
            (UpdateMode::Replace, true) => anyhow::bail!(
                "--delete removes single records, which is a delta: leave --update-mode out, or say delta"
            ),
        }
    }

    /// Returns the table and how it is read. Fails if the options do not fit it.
    fn table(&self) -> anyhow::Result<TableOptions> {
        let file = self.file.clone().context("say --file")?;
        let table = TableOptions {
            input: Input::from_argument(&file),
            mode: self.mode()?,
            format: self.format.format(),
            extra_columns: match self.ignore_extra_columns {
                true => ExtraColumns::Ignore,
                false => ExtraColumns::Refuse,
            },
            allowed_bad_lines: self.allowed_bad_lines,
            allowed_bad_cells: self.allowed_bad_cells,
            strict: self.strict,
            rows_per_block: self.rows_per_block,
            workers: core_count(),
        };
        if let Some(path) = &self.refused_lines {
            if !table.input.is_repeatable() {
                return Err(UsageError(
                    "--refused-lines reads the table once more, which standard input and pipes cannot be: give a file",
                )
                .into());
            }
            refuse_as_output(&table.input, path)?;
        }
        Ok(table)
    }
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Lists the upload sessions of a data store, with the live one marked
    #[command(after_help = "Example:\n  edm upload list --store patients")]
    List {
        /// Name or id of the data store
        #[arg(long)]
        store: String,
        #[command(flatten)]
        connection: Connection,
    },
    /// Shows a session
    #[command(
        after_help = "Example:\n  edm upload show --store patients b84d3f36-3f36-4b84-8d3f-363f4db8363f"
    )]
    Show(NamedSession),
    /// Cancels a session; nothing of it becomes live
    #[command(
        after_help = "Example:\n  edm upload cancel --store patients b84d3f36-3f36-4b84-8d3f-363f4db8363f"
    )]
    Cancel(NamedSession),
}

#[derive(Debug, Args)]
struct NamedSession {
    /// Name or id of the data store
    #[arg(long)]
    store: String,
    /// Id of the session
    #[arg(value_name = "SESSION")]
    session: String,
    #[command(flatten)]
    connection: Connection,
}

pub(crate) async fn run(arguments: UploadArguments, output: Output) -> anyhow::Result<()> {
    match &arguments.action {
        None => upload_table(&arguments, output).await.map_err(|error| with_role(error, &arguments)),
        Some(Action::List { store, connection }) => {
            let client = connection.client()?;
            let store = client.store(store).await?;
            print_sessions(output, &client.sessions(&store.id).await?, &store)
        }
        Some(Action::Show(named)) => {
            let client = named.connection.client()?;
            let store = client.store(&named.store).await?;
            let session = client.session(&store.id, &named.session).await?;
            print_session(output, &session, &store)
        }
        Some(Action::Cancel(named)) => {
            let client = named.connection.client()?;
            let store = client.store(&named.store).await?;
            client.cancel_session(&store.id, &named.session).await?;
            let session = client.session(&store.id, &named.session).await?;
            print_session(output, &session, &store)
        }
    }
}

/// Names the role that the whole upload needs, because the server only names that of the first
/// step.
fn with_role(error: anyhow::Error, arguments: &UploadArguments) -> anyhow::Error {
    let refused = error.downcast_ref::<Error>().map(Error::kind);
    let is_denied =
        matches!(refused, Some(ErrorKind::Refused { status: 403, code, .. }) if code == "accessDenied");
    if !is_denied || arguments.dry_run {
        return error;
    }
    let role = match arguments.create {
        true => {
            "an upload with --create needs one with the role ExactMatch.Admin where it makes the data store"
        }
        false => "an upload needs one with the role ExactMatch.Upload, which reads data stores as well",
    };
    anyhow::anyhow!("the token lacks a right: {role} (accessDenied, status 403)")
}

async fn upload_table(arguments: &UploadArguments, output: Output) -> anyhow::Result<()> {
    if arguments.create && arguments.dry_run {
        return Err(UsageError(
            "--create makes a data store and --dry-run changes nothing: `edm profile --file FILE` says which columns --create would give it",
        )
        .into());
    }
    let store = arguments.store.clone().context("say --store")?;
    let table = arguments.table()?;
    let client = arguments.connection.client()?;
    let made = match arguments.create {
        true => create_store(&client, &store, &table).await?,
        false => None,
    };
    if arguments.dry_run {
        let result = rehearse(&client, &store, table.clone()).await?;
        let kept = keep_refused(arguments, &client, &store, &table, &result).await;
        print_result(output, result, &Outcome::default())?;
        return kept;
    }
    let options = UploadOptions {
        table,
        store,
        agent: arguments.agent.clone(),
        allow_shrink: arguments.allow_shrink,
        parallel_blocks: PARALLEL_BLOCKS,
        journal: match &arguments.journal {
            Some(path) => JournalPlace::File(path.clone()),
            None => JournalPlace::Folder(state_folder()),
        },
        wait: if arguments.wait { Wait::ForLive } else { Wait::ForCommit },
    };
    let bar = Arc::new(UploadBar::new());
    let store = options.store.clone();
    let before = match options.table.mode {
        // Only for the number of removed rows. The upload itself reports problems with the server
        // or the store.
        TableMode::Delete => client.store(&store).await.ok().and_then(|store| store.row_count),
        TableMode::Replace | TableMode::Delta => None,
    };
    let table = options.table.clone();
    let result = upload(&client, options, bar.clone()).await;
    bar.finish();
    let kept = keep_refused(arguments, &client, &store, &table, &result).await;
    let result = match (result, made) {
        (Err(error), Some(made)) => Err(made.take_back(&client, error).await),
        (result, _) => result,
    };
    let outcome = match &result {
        Ok(report) if report.state == "Completed" => Outcome::of(&client, &store, report, before).await,
        _ => Outcome::default(),
    };
    // The table is live, whatever happened to the file of refused lines.
    print_result(output, result, &outcome)?;
    kept
}

/// What the store reports once the upload is live.
#[derive(Default)]
struct Outcome {
    /// The number of live rows; `None` if the command did not wait.
    live: Option<u64>,
    /// The number of rows that a removal removed; `None` if the earlier number is unknown.
    removed: Option<u64>,
    warnings: Vec<String>,
}

impl Outcome {
    async fn of(client: &GraphClient, store: &str, report: &UploadReport, before: Option<u64>) -> Self {
        let store = match client.store(store).await {
            Ok(store) => store,
            Err(error) => {
                // The table is live, even if this request fails. But the failure must be reported.
                let warning = format!(
                    "the store did not say what is live now, nor what it warns of: ask with `edm store show` ({error})"
                );
                return Self { warnings: vec![warning], ..Self::default() };
            }
        };
        let columns = store.columns.unwrap_or_default();
        let warnings = columns.into_iter().flat_map(|column| column.warnings);
        // The store's default type stays as the first upload made it.
        let mut warnings: Vec<String> = warnings.filter(|warning| warning.starts_with(PINNED)).collect();
        let brought = report.records - report.rejections.rejected_records;
        let (mut removed, live) = (None, store.row_count);
        match (report.mode, before, live) {
            (TableMode::Replace, _, Some(live)) if live < brought => {
                let replaced = counted(brought - live, "row");
                warnings.push(format!("{replaced} not live: a later row of the file has the same key"));
            }
            (TableMode::Delete, Some(before), Some(live)) => {
                let gone = before.saturating_sub(live);
                removed = Some(gone);
                if gone < brought {
                    let unknown = counted(brought - gone, "listed record");
                    warnings
                        .push(format!("{unknown} removed nothing: their keys are not live, or listed twice"));
                }
            }
            _ => {}
        }
        Self { live, removed, warnings }
    }
}

/// Writes the refused lines, if that was requested.
async fn keep_refused(
    arguments: &UploadArguments,
    client: &GraphClient,
    store: &str,
    table: &TableOptions,
    result: &Result<UploadReport, Error>,
) -> anyhow::Result<()> {
    let (Some(path), Some(rejections)) = (arguments.refused_lines.clone(), rejections_of(result)) else {
        return Ok(());
    };
    let is_whole = rejections.reasons.is_empty();
    let store = client.store(store).await?;
    let (table, to) = (table.clone(), path.clone());
    if is_whole {
        // A file from an earlier run would look like the result of this one.
        tokio::task::spawn_blocking(move || write_no_refused_lines(&store, &table, &to)).await??;
        return Ok(());
    }
    let written = tokio::task::spawn_blocking(move || write_refused_lines(&store, &table, &to)).await??;
    eprintln!("edm: {} written to {}", counted(written, "refused record"), path.display());
    Ok(())
}

/// Returns the refusals, also those of an error.
fn rejections_of(result: &Result<UploadReport, Error>) -> Option<&Rejections> {
    match result {
        Ok(report) => Some(&report.rejections),
        Err(error) => error.rejections(),
    }
}

async fn rehearse(
    client: &GraphClient,
    store: &str,
    table: TableOptions,
) -> anyhow::Result<Result<UploadReport, Error>> {
    let store = client.store(store).await?;
    let rehearsal = move || {
        let bar = UploadBar::new();
        let result = dry_run(&store, &table, &bar);
        bar.finish();
        result
    };
    Ok(tokio::task::spawn_blocking(rehearsal).await?)
}

/// Prints the report, also that of a table with too many bad lines.
fn print_result(
    output: Output,
    result: Result<UploadReport, Error>,
    outcome: &Outcome,
) -> anyhow::Result<()> {
    if let Some(rejections) = rejections_of(&result) {
        print_rejections(rejections);
    }
    match result {
        Ok(report) => {
            for warning in report.warnings.iter().chain(&outcome.warnings) {
                eprintln!("edm: {warning}");
            }
            let rows = report.records - report.rejections.rejected_records;
            for (column, cells) in &report.unfilled {
                let (cells, rows) = (grouped(*cells), grouped(rows));
                eprintln!(
                    "edm: {column}: {cells} of {rows} cells are empty or placeholders and are not looked for"
                );
            }
            match output.format() {
                Format::Json => Ok(output.json(&report_json(&report, outcome))?),
                Format::Table => Ok(output.line(&report_line(&report, outcome))?),
            }
        }
        Err(error) => Err(error.into()),
    }
}

/// Prints the refusals on standard error.
pub(super) fn print_rejections(rejections: &Rejections) {
    for (reason, count) in &rejections.reasons {
        let lines: Vec<String> = count.lines.iter().map(u64::to_string).collect();
        let more = if count.count > count.lines.len() as u64 { ", …" } else { "" };
        eprintln!("edm: {} × {reason}: line {}{more}", grouped(count.count), lines.join(", "));
    }
}

/// Returns the refusals by reason.
pub(super) fn refusals_json(rejections: &Rejections) -> Vec<Value> {
    let reasons = rejections.reasons.iter();
    reasons
        .map(|(reason, count)| json!({ "reason": reason, "count": count.count, "lines": count.lines }))
        .collect()
}

fn report_json(report: &UploadReport, outcome: &Outcome) -> Value {
    let rejections = &report.rejections;
    let warnings = [report.warnings.as_slice(), &outcome.warnings].concat();
    json!({
        "sessionId": report.session_id,
        "state": report.state,
        "updateMode": report.mode.update_mode(),
        "delete": report.mode == TableMode::Delete,
        "rowCount": report.records - rejections.rejected_records,
        "rejectedRowCount": rejections.rejected_records,
        "badLineCount": rejections.bad_lines,
        "leftOutCellCount": left_out_cells(rejections),
        "refusals": refusals_json(rejections),
        "totalBlockCount": report.blocks,
        "sentBlockCount": report.blocks_sent,
        "liveRowCount": outcome.live,
        "removedRowCount": outcome.removed,
        "emptyCellCounts": report.unfilled,
        "warnings": warnings,
    })
}

/// Returns the number of refused cells in live rows.
fn left_out_cells(rejections: &Rejections) -> u64 {
    rejections.left_out_cells.values().sum()
}

fn report_line(report: &UploadReport, outcome: &Outcome) -> String {
    let rejected = report.rejections.rejected_records;
    let row_count = report.records - rejected;
    let rows = counted(row_count, "row");
    let are = if row_count == 1 { "is" } else { "are" };
    let mut left_out = String::new();
    let lines = report.rejections.bad_lines;
    if lines > 0 {
        let share = lines as f64 * 100.0 / (report.records + report.rejections.further_lines).max(1) as f64;
        left_out = format!(", {} ({share:.3} %) not protected", counted(lines, "line"));
    }
    let cells = left_out_cells(&report.rejections);
    if cells > 0 {
        left_out += &format!(", {} left out of rows that are", counted(cells, "cell"));
    }
    match report.state.as_str() {
        "" => format!(
            "{rows}{left_out} would make {}; nothing was sent",
            counted(report.blocks.into(), "block")
        ),
        "Completed" => {
            let live = outcome.live.map_or_else(|| "the table is".to_owned(), |live| counted(live, "row"));
            let done = match (report.mode, outcome.removed) {
                (TableMode::Delete, Some(removed)) => format!("{} removed, ", counted(removed, "row")),
                (TableMode::Delta, _) => format!("{rows}{left_out} added or replaced, "),
                _ => left_out.trim_start_matches(", ").to_owned(),
            };
            let comma = if report.mode == TableMode::Replace && !done.is_empty() { ", " } else { "" };
            format!("{done}{comma}{live} live (session {})", report.session_id)
        }
        _ => format!(
            "{rows}{left_out} {are} committed and being indexed (session {}); --wait stays until the table is live",
            report.session_id
        ),
    }
}

/// Formats a number with its noun.
pub(super) fn counted(count: u64, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", grouped(count))
}
