//! `edm demo`: the whole workflow on one machine. It starts a real server on a temporary folder,
//! uploads a sample table, classifies five texts, and measures four proofs. Every statement is
//! checked: if a finding differs from what was planted, the exit status is 1.

mod attack;
mod fixture;
mod markup;
mod proofs;
mod samples;
mod steps;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use anyhow::Context;
use clap::Args;
use edm_agent::sample::{self, Person};
use edm_agent::{
    ExtraColumns, Input, JournalPlace, TableFormat, TableMode, TableOptions, Tolerance, UploadOptions,
    UploadReport, Wait, upload,
};
use edm_graph::{ColumnResource, DataStoreResource};
use serde_json::json;

use crate::ending::Ending;
use crate::host::{core_count, fill_random};
use crate::output::{Output, grouped};
use crate::server_lifecycle::interrupted;
use fixture::Fixture;
use steps::Steps;

/// The name of the demo's data store.
const STORE: &str = "people";
/// Small, so that even this table needs several blocks.
const ROWS_PER_BLOCK: u32 = 16_384;
/// With fewer people, the sample is too small to draw the texts from.
const PEOPLE_MIN: u32 = 5_000;
const PEOPLE_MAX: u32 = 2_000_000;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  edm demo             shows everything, then serves until interrupted
  edm demo --once      shows everything and ends; status 1 if any finding differs from what was planted
  edm demo --seed 7    the same people and texts again")]
pub(crate) struct DemoArguments {
    /// End after the proofs instead of serving
    #[arg(long)]
    once: bool,
    /// Seed of the people and the texts [default: random, and printed]
    #[arg(long, value_name = "NUMBER")]
    seed: Option<u64>,
    /// Number of people in the table
    #[arg(long, value_name = "COUNT", default_value_t = 100_000,
          value_parser = clap::value_parser!(u32).range(i64::from(PEOPLE_MIN)..=i64::from(PEOPLE_MAX)))]
    people: u32,
    /// Address to listen on; port 0 picks a free port
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    listen: SocketAddr,
}

pub(crate) async fn run(arguments: &DemoArguments, output: Output) -> anyhow::Result<Ending> {
    let seed = match arguments.seed {
        Some(seed) => seed,
        None => random_seed()?,
    };
    let fixture = Fixture::open(arguments.listen).await?;
    let result = tokio::select! {
        result = run_steps(&fixture, seed, arguments, output) => result,
        () = interrupted() => Ok(Ending::Failed),
    };
    if matches!(result, Ok(Ending::Fine)) && !arguments.once {
        interrupted().await;
    }
    // The folder is removed, whatever happened.
    let closed = fixture.close().await;
    let ending = result?;
    closed?;
    Ok(ending)
}

/// Returns a small number, because people type it.
fn random_seed() -> anyhow::Result<u64> {
    let mut bytes = [0; 4];
    fill_random(&mut bytes)?;
    Ok(u64::from(u32::from_le_bytes(bytes)))
}

async fn run_steps(
    fixture: &Fixture,
    seed: u64,
    arguments: &DemoArguments,
    output: Output,
) -> anyhow::Result<Ending> {
    let steps = Arc::new(Steps::new(output));
    steps.title(&format!(
        "edm demo: {} people who do not exist, from seed {seed}",
        grouped(u64::from(arguments.people))
    ))?;
    let started = Instant::now();
    let count = arguments.people as usize;
    let people = tokio::task::spawn_blocking(move || sample::people(seed, count)).await?;
    let people: Arc<[Person]> = people.into();
    write_table(fixture, Arc::clone(&people), None).await?;
    steps.step("make the table", started.elapsed(), "CSV with ssn, birthday, firstName, lastName, email")?;

    let store = create_store(fixture, &steps).await?;
    let report = upload_table(fixture, &steps).await?;
    let texts = samples::SampleTexts::draw(seed, &people)?;
    let mut verdicts = samples::classify_all(&texts, fixture.client(), output).await?;

    steps.title("Four proofs, measured here and now")?;
    let theft = attack::Theft {
        data_dir: fixture.data_dir(),
        table: fixture.table(),
        store_id: &store.id,
        session_id: &report.session_id,
        victim: texts.first(),
        seed,
    };
    verdicts.extend(theft.search(output).await?);
    verdicts.extend(theft.guess(fixture.client(), output).await?);
    write_table(fixture, Arc::clone(&people), Some(texts.first().row)).await?;
    verdicts.extend(proofs::removal(fixture, &steps, &texts, output).await?);
    verdicts.extend(proofs::speed(fixture.client(), &texts, output).await?);

    if judged(&verdicts) == Ending::Failed {
        return Ok(Ending::Failed);
    }
    output.line(&format!("\nAll {} findings are what was planted.", verdicts.len()))?;
    if !arguments.once {
        print_invitation(fixture, &texts, output)?;
    }
    Ok(Ending::Fine)
}

/// Prints every finding that differs from what was planted. One is enough for a failure.
fn judged(verdicts: &[samples::Verdict]) -> Ending {
    let mut ending = Ending::Fine;
    for difference in verdicts.iter().filter_map(|verdict| verdict.as_ref().err()) {
        eprintln!("edm: DIFFERS from what was planted: {difference}");
        ending = Ending::Failed;
    }
    ending
}

/// Writes the table next to the data folder, optionally without one of its rows.
async fn write_table(fixture: &Fixture, people: Arc<[Person]>, without: Option<u64>) -> anyhow::Result<()> {
    let path = fixture.table().to_owned();
    let write = move || {
        let file = std::fs::File::create(&path)?;
        let kept =
            (1u64..).zip(people.iter()).filter(|(row, _)| Some(*row) != without).map(|(_, person)| person);
        sample::write_csv(kept, std::io::BufWriter::new(file))
    };
    tokio::task::spawn_blocking(write).await?.context("cannot write the sample table")
}

async fn create_store(fixture: &Fixture, steps: &Steps) -> anyhow::Result<DataStoreResource> {
    let columns = sample::columns()?;
    let columns: Vec<ColumnResource> = columns.as_slice().iter().map(ColumnResource::from).collect();
    let body = json!({ "displayName": STORE, "description": "people who do not exist", "columns": columns });
    let started = Instant::now();
    let store = fixture.client().create_store(&body).await?;
    steps.step("create the data store", started.elapsed(), "searchable: ssn, lastName, email")?;
    Ok(store)
}

/// Uploads the table and waits until it is live.
async fn upload_table(fixture: &Fixture, steps: &Arc<Steps>) -> anyhow::Result<UploadReport> {
    let options = UploadOptions {
        table: TableOptions {
            mode: TableMode::Replace,
            input: Input::File(fixture.table().to_owned()),
            format: TableFormat::default(),
            extra_columns: ExtraColumns::Refuse,
            allowed_bad_lines: Tolerance::Count(0),
            allowed_bad_cells: Tolerance::Count(0),
            strict: false,
            rows_per_block: Some(ROWS_PER_BLOCK),
            workers: core_count(),
        },
        store: STORE.to_owned(),
        agent: Some("edm demo".to_owned()),
        allow_shrink: false,
        parallel_blocks: 4,
        journal: JournalPlace::Nowhere,
        wait: Wait::ForLive,
    };
    steps.start_clock();
    Ok(upload(fixture.client(), options, Arc::clone(steps) as _).await?)
}

fn print_invitation(fixture: &Fixture, texts: &samples::SampleTexts, output: Output) -> anyhow::Result<()> {
    let (server, token) = (fixture.client().server(), fixture.token_file().display().to_string());
    // Its first text has no match any more, so this one is used.
    let text = json!({ "text": texts.findable(), "sensitiveTypeIds": [], "contentClassifications": [] });
    let body = text.to_string().replace('\'', "'\\''");
    output.line(&format!("\nIt serves on {server} until you press Ctrl-C. The token is in {token}\n"))?;
    output.line(&format!(
        "curl -s {server}/beta/dataClassification/classifyExactMatches -H \"Authorization: Bearer $(cat {token})\" \
         -H 'Content-Type: application/json' -d '{body}'"
    ))?;
    output.line(&format!(
        "python3 -c 'import asyncio; from kiota_abstractions.authentication import \
         BaseBearerTokenAuthenticationProvider as P, AccessTokenProvider as A; from msgraph_beta import \
         GraphServiceClient, GraphRequestAdapter; T = type(\"T\", (A,), {{\"get_authorization_token\": lambda *a, **k: \
         asyncio.sleep(0, open(\"{token}\").read().strip()), \"get_allowed_hosts_validator\": lambda s: None}}); \
         a = GraphRequestAdapter(P(T())); a.base_url = \"{server}/beta\"; print(asyncio.run(GraphServiceClient(\
         request_adapter=a).data_classification.exact_match_data_stores.get()))'   # pip install msgraph-beta-sdk"
    ))?;
    let program =
        std::env::current_exe().map_or_else(|_| "edm".to_owned(), |path| path.display().to_string());
    Ok(output.line(&format!(
        "EDM_SERVER={server} {program} upload --token-file {token} --store {STORE} --file yours.csv --allow-shrink --wait\
         \n  # yours.csv: ssn,birthday,firstName,lastName,email"
    ))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_difference_fails_the_demo() {
        let check = |verdicts: &[samples::Verdict], expected: Ending| assert_eq!(judged(verdicts), expected);
        let differs = || Err("a test's own difference".to_owned());
        check(&[], Ending::Fine);
        check(&[Ok(()), Ok(())], Ending::Fine);
        check(&[Ok(()), differs(), Ok(())], Ending::Failed);
        check(&[differs(), differs()], Ending::Failed);
    }
}
