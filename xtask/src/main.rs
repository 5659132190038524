//! `cargo xtask`: the project's tasks. `tidy` checks the rules of ARCHITECTURE.md and STYLE.md.
//! `ci` runs everything that must pass before a change is merged. `fuzz` runs the fuzz targets.
//! `quality` measures detection on a labelled set. `bench` measures the engine next to comparable
//! programs. `dist` makes the release artefacts.

mod bench;
mod ci;
mod dist;
mod figures;
mod functions;
mod fuzz;
mod imports;
mod source;
mod tidy;
mod tool;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};

const USAGE: &str = "usage: cargo xtask <command>

  tidy   check crate edges, sizes, names and the absences that ARCHITECTURE.md promises (seconds)
  ci     fmt, clippy, tidy, cargo-deny, tests, golden vectors, conformance, quick measures of quality and bench (minutes);
         `cargo xtask ci STEP…` runs only the steps whose names start with one of the words
  fuzz   run the fuzz targets: `cargo xtask fuzz [TARGET] [SECONDS]`, 60 seconds each unless it is said
  attack attack a real server and the agent with everything in tests/attack, on a release binary: `cargo xtask attack [NAME…]`;
         ci makes a quick choice
  quality
         measure detection on the whole labelled set, beside other programs, and write docs/bench/quality.md;
         `cargo xtask quality --quick` measures a few hundred texts, as ci does
  bench  the engine beside its peers, one table: `cargo xtask bench [--quick] [--scale] [--ingest] [--http] [--full]`;
         bench/README.md says what is measured and how
  figures
         count files, functions and comments of each crate, and write docs/bench/house.md
  dist   what is given to others, below target/dist: archives, Debian packages, an image and their sums, each installed
         and run in a clean root, for which it wants root; `cargo xtask dist --check` only installs and runs what is there";

fn main() -> ExitCode {
    match run() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> anyhow::Result<ExitCode> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let root = workspace_root()?;
    match arguments.split_first() {
        Some((command, [])) if command == "tidy" => tidy::run(&root),
        Some((command, wanted)) if command == "ci" => ci::run(&root, wanted),
        Some((command, arguments)) if command == "fuzz" => fuzz::run(&root, arguments),
        Some((command, names)) if command == "attack" => ci::attack(&root, names),
        Some((command, [])) if command == "quality" => ci::quality(&root, false),
        Some((command, [quick])) if command == "quality" && quick == "--quick" => ci::quality(&root, true),
        Some((command, arguments)) if command == "bench" => bench::run(&root, arguments),
        Some((command, [])) if command == "figures" => figures::run(&root).map(|()| ExitCode::SUCCESS),
        Some((command, arguments)) if command == "dist" => dist::run(&root, arguments),
        Some((command, _)) if command == "help" || command == "--help" => {
            println!("{USAGE}");
            Ok(ExitCode::SUCCESS)
        }
        _ => bail!("{USAGE}"),
    }
}

/// Returns the root of the workspace, whichever folder the command was started in.
fn workspace_root() -> anyhow::Result<PathBuf> {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .map(Path::to_path_buf)
        .context("xtask lies in a folder of the workspace")
}
