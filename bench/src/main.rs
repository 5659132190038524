//! Measures the engine next to comparable programs in one run: `cargo xtask bench`. `README.md`
//! describes what is measured and how.

mod bounds;
mod clock;
mod control_group;
mod corpus;
mod hits;
mod mapped;
mod measure;
mod memory;
mod options;
mod ours;
mod peers;
mod people;
mod random;
mod report;
mod tables;
mod words;

use std::fs;
use std::process::ExitCode;

use anyhow::Context;
use serde_json::json;

use corpus::Corpus;
use options::Options;
use report::Row;

/// The size of the memory for random reads: that of a large index, or small in a quick run.
const READ_BYTES: usize = 1 << 30;
const READ_BYTES_QUICK: usize = 64 << 20;

fn main() -> ExitCode {
    match run() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("edm-bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> anyhow::Result<ExitCode> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    // Modes in which a run starts this program as a child process.
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["--build", folder, rows] => {
            measure::ingest::build_process(folder.as_ref(), rows.parse()?)?;
            return Ok(ExitCode::SUCCESS);
        }
        ["--limited", index, texts] => {
            measure::ingest::limited_process(index.as_ref(), texts.as_ref())?;
            return Ok(ExitCode::SUCCESS);
        }
        _ => {}
    }
    let options = Options::read(arguments.into_iter())?;
    let folder = &options.setting.folder;
    fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    let corpus = Corpus::make(options.corpus_bytes, &options.prose, options.kind)?;
    let about = format!(
        "corpus {} MB, {} planted values, SHA-256 {}; {} with {}, {} cores, {:.0} GB",
        corpus.text.len() / 1_000_000,
        corpus.planted.len(),
        corpus.sha256(),
        memory::processor(),
        memory::instruction_sets(),
        std::thread::available_parallelism()?,
        memory::total_bytes() as f64 / 1e9,
    );
    eprintln!("{about}");
    if let Some(declared) = options.profile {
        measure::scan::profile(&options.setting, &corpus, declared)?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut rows = measure_all(&options, &corpus);
    if options.quick {
        // A quick run is too short for statements about speed or size; only the findings must meet
        // their targets.
        rows.iter_mut().filter(|row| !is_about_finds(row)).for_each(|row| row.target = None);
    }
    print!("{}", report::table(&rows));
    if let Some(file) = &options.json {
        let whole = json!({
            "about": about, "pairs": options.setting.pairs, "corpusSha256": corpus.sha256(), "rows": report::json_rows(&rows),
        });
        fs::write(file, format!("{whole:#}\n"))?;
    }
    if let Some(file) = &options.markdown {
        let page = match options.groups.only_api() {
            true => measure::api::page(&options.command, &about, &report::markdown(&rows)),
            false => page(&options.command, &about, &rows),
        };
        fs::write(file, page)?;
    }
    // The run of continuous integration tests the harness. It fails if a side misses what it must
    // find, or a row is not measured.
    let found = rows.iter().filter(|row| is_about_finds(row)).all(|row| row.met() == Some(true));
    let honest = found && !rows.iter().any(|row| row.note.contains("not measured"));
    Ok(if options.quick && !honest { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn is_about_finds(row: &Row) -> bool {
    row.what.starts_with("planted")
}

/// Measures the requested groups. A group that fails becomes a row with the reason, and the other
/// measurements stay.
fn measure_all(options: &Options, corpus: &Corpus) -> Vec<Row> {
    let (setting, groups) = (&options.setting, options.groups);
    let mut rows = Vec::new();
    let mut add = |what: &str, measured: anyhow::Result<Vec<Row>>| match measured {
        Ok(measured) => rows.extend(measured),
        Err(reason) => rows.push(Row::not_measured(format!("the rest of {what}"), format!("{reason:#}"))),
    };
    if groups.scan {
        for values in &setting.values {
            add("scan", measure::scan::rows(setting, corpus, *values));
        }
    }
    if groups.scale {
        add("scale", measure::scale::rows(setting, corpus, options.quick));
    }
    if groups.ingest {
        add("ingest", measure::ingest::rows(setting, corpus, options.quick));
    }
    if groups.http {
        add("http", measure::http::rows(setting, corpus));
    }
    if groups.api {
        add("the API", measure::api::rows(setting, options.quick));
    }
    if groups.scan {
        let bytes = if options.quick { READ_BYTES_QUICK } else { READ_BYTES };
        add("the bounds", Ok(bounds::rows(&corpus.text, bytes)));
    }
    rows
}

fn page(command: &str, about: &str, rows: &[Row]) -> String {
    format!(
        "# The engine beside other programs\n\nWritten by `{command}`. [bench/README.md](../../bench/README.md) says what \
         is measured and how.\n\n{about}.\n\nOne core and CPU time, medians of interleaved pairs, unless a row says \
         otherwise. The ratio says how many times better ours is: the median of the pairs' own ratios. A row that is \
         open was not measured, and says why.\n\n{}",
        report::markdown(rows)
    )
}
