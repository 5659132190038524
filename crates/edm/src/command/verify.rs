//! `edm verify`: compares the catalog of a data directory with its blobs, and both with their
//! checksums.

use std::path::PathBuf;

use clap::Args;
use console::Style;
use edm_service::{Finding, Verification};
use indicatif::{HumanBytes, ProgressBar, ProgressStyle};
use serde_json::{Value, json};

use crate::data_directory;
use crate::ending::{Ending, with_two_statuses};
use crate::host::keep_new_files_private;
use crate::master_key::KeyArguments;
use crate::output::{Format, Output};

#[derive(Debug, Args)]
#[command(after_help = with_two_statuses("\
Examples:
  edm verify --data-dir data
  edm verify --data-dir data --repair
  edm verify --data-dir data --output json | jq '.findings[].code'

Reads every file of generations that are live or available for rollback, and every block of
unfinished uploads. Works while a server runs, except --repair and the search for left-over files.
--repair removes what can be recreated, and reports what must be restored or uploaded again. It
refuses to run if all blobs are missing, as on a volume that is not mounted. Remaining damage ends
with status 1. Left-over files only take space and do not."))]
pub(crate) struct VerifyArguments {
    /// Data directory of the server
    #[arg(long, value_name = "DIR")]
    data_dir: PathBuf,
    #[command(flatten)]
    key: KeyArguments,
    /// Remove what can be recreated; no server may run on the directory
    #[arg(long)]
    repair: bool,
}

pub(crate) async fn run(arguments: &VerifyArguments, output: Output) -> anyhow::Result<Ending> {
    keep_new_files_private();
    if arguments.repair {
        // Opening creates the folder, so it is checked before.
        data_directory::refuse_without_blobs(&arguments.data_dir)?;
    }
    let service = data_directory::open(&arguments.data_dir, &arguments.key).await?;
    let alone = service.claim_directory().await;
    let bar = ProgressBar::new_spinner();
    bar.set_style(ProgressStyle::with_template("{spinner} {msg}")?);
    let each = |found: &Verification| {
        bar.set_message(format!("{} files, {} read", found.files + found.blocks, HumanBytes(found.bytes)));
        bar.tick();
    };
    let verified = service.verify(each).await;
    bar.finish_and_clear();
    let outcome = match verified {
        Ok(mut found) if arguments.repair => {
            let repaired = service.repair(&mut found).await;
            repaired.map(|()| found)
        }
        other => other,
    };
    service.close().await;
    let found = outcome?;
    print(&found, alone, output)?;
    let damaged = found.findings.iter().any(|finding| finding.kind.is_damage() && !finding.repaired);
    Ok(if damaged { Ending::Failed } else { Ending::Fine })
}

fn print(found: &Verification, alone: bool, output: Output) -> anyhow::Result<()> {
    if output.format() == Format::Json {
        let findings: Vec<Value> =
            found.findings.iter().map(|finding| finding_json(found, finding)).collect();
        return Ok(output.json(&json!({
            "stores": found.stores,
            "generations": found.generations,
            "files": found.files,
            "blocks": found.blocks,
            "bytes": found.bytes,
            "leftoversLookedFor": found.leftovers_looked_for,
            "findings": findings,
        }))?);
    }
    for finding in &found.findings {
        let style = if finding.kind.is_damage() { Style::new().red().bold() } else { Style::new().yellow() };
        let code = output.style(style, finding.kind.code());
        let store = finding.store_id.map_or(String::new(), |id| format!("  data store {id}"));
        output.line(&format!("{code}{store}  {}", finding.detail))?;
        let advice = if finding.repaired { "removed" } else { found.advice(finding) };
        output.line(&format!("    {advice}"))?;
    }
    output.line(&format!(
        "{} data stores, {} generations, {} files, {} blocks, {} read: {}",
        found.stores,
        found.generations,
        found.files,
        found.blocks,
        HumanBytes(found.bytes),
        if found.findings.is_empty() {
            "all whole".to_owned()
        } else {
            format!("{} findings", found.findings.len())
        },
    ))?;
    if !alone {
        eprintln!("edm: a server works on the folder: left-over files were not looked for");
    }
    Ok(())
}

fn finding_json(found: &Verification, finding: &Finding) -> Value {
    json!({
        "code": finding.kind.code(),
        "dataStoreId": finding.store_id.map(|id| id.to_string()),
        "sessionId": finding.session_id.map(|id| id.to_string()),
        "block": finding.block,
        "detail": finding.detail,
        "repaired": finding.repaired,
        "advice": if finding.repaired { "removed" } else { found.advice(finding) },
    })
}
