//! From blocks to an index: size, build time, opening, and an index that exceeds the memory.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, bail};
use edm_model::{Column, Columns};

use super::server::{Server, write_csv};
use super::{Setting, short};
use crate::clock::{median, percentile, wall_seconds};
use crate::control_group::{self, ControlGroup};
use crate::corpus::Corpus;
use crate::mapped;
use crate::memory;
use crate::people;
use crate::report::{Row, Target};
use crate::tables::{self, Table, every_value};

/// The number of texts to scan with limited memory.
const LIMITED_TEXTS: usize = 10_000;
const LIMITED_TEXT_BYTES: usize = 1_024;
/// The number of times the generation is opened.
const OPENINGS: usize = 5;

/// Returns the rows of the group. A quick run omits what needs the product's binary or a memory
/// limit.
pub(crate) fn rows(setting: &Setting, corpus: &Corpus, quick: bool) -> anyhow::Result<Vec<Row>> {
    let size_rows = setting.ingest_rows / 10;
    let mut rows = vec![
        size(setting, "10 columns, 3 searchable", wide(size_rows), 8.0)?,
        size(setting, "5 columns, all searchable", Table::narrow(size_rows), 16.0)?,
    ];
    let folder = setting.folder.join("build");
    rows.extend(build(setting, &folder)?);
    rows.push(open(setting, &folder.join("index"))?);
    rows.push(build_twice(setting)?);
    if !quick {
        rows.push(limited(setting, corpus, &folder.join("index")));
        rows.push(agent(setting)?);
    }
    Ok(rows)
}

/// Returns a table of ten columns, three of them searchable.
fn wide(rows: u64) -> Table {
    let mut columns: Vec<Column> = Table::narrow(1).columns.as_slice().to_vec();
    for (position, column) in columns.iter_mut().enumerate() {
        column.searchable = position < 3;
    }
    columns.extend(["address", "city", "joined", "branch", "balance"].map(Column::text));
    Table {
        columns: Columns::new(columns).expect("ten names"),
        rows: 0..rows,
        store: 1,
        cells: |row, out| {
            out.extend(people::cells(row));
            let city = out.last().and_then(|address| address.split_once(", ")).map_or("", |(_, city)| city);
            let city = city.to_owned();
            let joined = format!("20{:02}-{:02}-{:02}", row % 26, 1 + row % 12, 1 + row % 28);
            out.extend([
                city,
                joined,
                format!("branch {}", row % 400),
                format!("{}.{:02}", row * 37 % 90_001, row % 100),
            ]);
        },
    }
}

fn size(setting: &Setting, what: &str, table: Table, bytes_max: f64) -> anyhow::Result<Row> {
    let folder = setting.folder.join("size");
    let cells = (table.rows.end - table.rows.start) * table.columns.as_slice().len() as u64;
    drop(table.generation(&folder)?);
    let bytes = tables::bytes_on_disk(&folder)?;
    fs::remove_dir_all(&folder)?;
    let row = Row::own(format!("index on disk, {what}"), "bytes a cell", bytes as f64 / cells as f64);
    Ok(row.noted(format!("{} cells", short(cells))).must(Target::AtMost(bytes_max)))
}

/// Builds this many rows from blocks on disk in a child process, so that its peak memory is that of
/// the build. Returns seconds and peak bytes.
fn build_rows(folder: &Path, rows: u64) -> anyhow::Result<(f64, f64)> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    Table::narrow(rows).write_blocks(&folder.join("blocks"))?;
    let own = std::env::current_exe()?;
    let output = Command::new(own).arg("--build").arg(folder).arg(rows.to_string()).output()?;
    let said = String::from_utf8_lossy(&output.stdout);
    let Some((seconds, peak)) = said.trim().split_once(' ') else {
        bail!("the build ended with {}: {}", output.status, String::from_utf8_lossy(&output.stderr).trim());
    };
    fs::remove_dir_all(folder.join("blocks"))?;
    Ok((seconds.parse()?, peak.parse()?))
}

fn build(setting: &Setting, folder: &Path) -> anyhow::Result<Vec<Row>> {
    let (seconds, peak) = build_rows(folder, setting.ingest_rows)?;
    let what = format!("build from blocks, {} rows x 5, 2 threads, wall clock", short(setting.ingest_rows));
    let rate =
        Row::own(what, "rows/s", setting.ingest_rows as f64 / seconds).must(Target::AtLeast(1_500_000.0));
    Ok(vec![rate, peak_row(setting.ingest_rows, peak)])
}

/// Checks that twice as many cells need no more memory.
fn build_twice(setting: &Setting) -> anyhow::Result<Row> {
    let (folder, rows) = (setting.folder.join("build-twice"), setting.ingest_rows * 2);
    let (seconds, peak) = build_rows(&folder, rows)?;
    fs::remove_dir_all(&folder)?;
    Ok(peak_row(rows, peak).noted(format!("{:.1} s by wall clock", seconds)))
}

fn peak_row(rows: u64, bytes: f64) -> Row {
    let what = format!("peak memory of the build of {} cells", short(rows * 5));
    Row::own(what, "MiB", bytes / f64::from(1 << 20)).must(Target::AtMost(1_024.0))
}

/// The child process of [`build_rows`]: builds, and prints seconds and peak bytes.
pub(crate) fn build_process(folder: &Path, rows: u64) -> anyhow::Result<()> {
    let table = Table::narrow(rows);
    let facts = block_facts(&folder.join("blocks"))?;
    let mut built = Ok(Vec::new());
    let seconds =
        wall_seconds(|| built = table.build(&folder.join("blocks"), facts, &folder.join("index"), 2));
    built?;
    println!("{seconds} {}", memory::peak_bytes());
    Ok(())
}

fn block_facts(folder: &Path) -> anyhow::Result<Vec<edm_engine::build::BlockFacts>> {
    let mut facts = Vec::new();
    let mut names: Vec<_> = fs::read_dir(folder)?.collect::<Result<_, _>>()?;
    names.sort_by_key(fs::DirEntry::path);
    for entry in names {
        let bytes = fs::read(entry.path())?;
        let block = edm_block::Block::open(&bytes)?;
        let header = block.header();
        facts.push(edm_engine::build::BlockFacts {
            number: header.number,
            first_row: header.first_row,
            row_count: header.row_count,
        });
    }
    Ok(facts)
}

fn open(setting: &Setting, index: &Path) -> anyhow::Result<Row> {
    let mut times = Vec::new();
    for _ in 0..OPENINGS {
        let mut opened = None;
        times.push(wall_seconds(|| opened = Some(tables::open(index))) * 1e3);
        opened.context("it was opened")??;
    }
    let row =
        Row::own(format!("open a generation of {} rows", short(setting.ingest_rows)), "ms", median(&times));
    Ok(row.noted("files in the page cache; filters and vocabulary are decrypted").must(Target::AtMost(150.0)))
}

/// Scans with an index twice as large as the memory limit of the process. Only a control group can
/// set this limit, because `ulimit` does not count mapped files.
fn limited(setting: &Setting, corpus: &Corpus, index: &Path) -> Row {
    let what =
        format!("index of twice the memory limit, p99 of {} texts of 1 KiB", short(LIMITED_TEXTS as u64));
    let run = || -> anyhow::Result<Row> {
        let texts = setting.folder.join("limited-texts");
        fs::write(&texts, pieces(corpus))?;
        mapped::forget(index)?;
        let limit = tables::bytes_on_disk(index)? / 2;
        let (program, group) = (std::env::current_exe()?, ControlGroup::with_memory(limit));
        let mut limited = match &group {
            Some(group) => group.command(&program),
            None => control_group::systemd_scope(limit, &program),
        };
        limited.arg("--limited").arg(index).arg(&texts);
        let output = limited.output().context("what sets the limit does not start")?;
        let said = String::from_utf8_lossy(&output.stdout);
        let figures: Vec<f64> = said.split_whitespace().filter_map(|word| word.parse().ok()).collect();
        let [count, p50, p99, most] = figures[..] else {
            bail!("no limit can be set here: {}", String::from_utf8_lossy(&output.stderr).trim());
        };
        if count as usize != LIMITED_TEXTS {
            bail!("{count} texts were scanned, not {LIMITED_TEXTS}");
        }
        let row = Row::own(&what, "ms", p99);
        Ok(row.noted(format!(
            "no error; median {p50:.2} ms, longest {most:.2} ms, limit {} MiB, the index in no cache before",
            limit >> 20
        )))
    };
    run().unwrap_or_else(|reason| Row::not_measured(&what, format!("{reason:#}")))
}

/// Returns enough of the corpus for the texts. A short corpus is repeated.
fn pieces(corpus: &Corpus) -> String {
    let mut text = String::with_capacity(LIMITED_TEXTS * LIMITED_TEXT_BYTES);
    for character in corpus.text.chars().cycle() {
        if text.len() + character.len_utf8() > LIMITED_TEXTS * LIMITED_TEXT_BYTES {
            break;
        }
        text.push(character);
    }
    text
}

/// The child process of [`limited`]: scans text by text and prints the number, and the median, p99
/// and maximum in milliseconds.
pub(crate) fn limited_process(index: &Path, texts: &Path) -> anyhow::Result<()> {
    let (types, mut scratch) = (every_value([tables::open(index)?]), edm_engine::Scratch::new());
    let text = fs::read_to_string(texts)?;
    let mut times = Vec::new();
    let mut start = 0;
    for number in 1..=LIMITED_TEXTS {
        let end = text.floor_char_boundary(number * LIMITED_TEXT_BYTES);
        let piece =
            text.get(start..end).filter(|piece| !piece.is_empty()).context("the texts are too few")?;
        let query = edm_engine::Query::new(piece, &types);
        times.push(wall_seconds(|| drop(edm_engine::scan(&query, &mut scratch))) * 1e3);
        start = end;
    }
    println!("{} {} {} {}", times.len(), median(&times), percentile(&times, 99), percentile(&times, 100));
    Ok(())
}

/// Measures the agent's binary, from a CSV file to sealed blocks that are discarded.
fn agent(setting: &Setting) -> anyhow::Result<Row> {
    let what = "agent: CSV to sealed blocks, 5 columns";
    let Some(edm) = &setting.edm else { return Ok(Row::not_measured(what, "no edm binary was given")) };
    let server = Server::start(edm, &setting.folder.join("agent-server"))?;
    let (file, rows) = (setting.folder.join("agent.csv"), setting.ingest_rows / 5);
    write_csv(&file, rows)?;
    server.create_store()?;
    let mut rates = Vec::new();
    for _ in 0..setting.pairs {
        let before = crate::clock::children_cpu();
        server.edm(&["upload", "--store", "bench", "--dry-run", "--file", &file.display().to_string()])?;
        rates.push(rows as f64 / (crate::clock::children_cpu() - before).as_secs_f64());
    }
    let row = Row::own(what, "rows/s a core", median(&rates)).must(Target::AtLeast(2_500_000.0));
    Ok(row.noted("`edm upload --dry-run`, user and system time of the whole process"))
}
