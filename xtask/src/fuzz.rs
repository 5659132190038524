//! `cargo xtask fuzz`: runs the fuzz targets. It takes long, so it is not part of `ci`.

use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context, bail};

/// Pinned, so that all machines run the same fuzzer.
const CARGO_FUZZ: &str = "cargo-fuzz@0.13.1";
const SECONDS_DEFAULT: u64 = 60;
const SECONDS_MAX: u64 = 24 * 3_600;

/// Runs every target, or the named one, for the given seconds each: `fuzz [TARGET] [SECONDS]`.
pub(crate) fn run(root: &Path, arguments: &[String]) -> anyhow::Result<ExitCode> {
    let mut seconds = SECONDS_DEFAULT;
    let mut wanted: Vec<&str> = Vec::new();
    for argument in arguments {
        match argument.parse::<u64>() {
            Ok(number) => seconds = number.clamp(1, SECONDS_MAX),
            Err(_) => wanted.push(argument),
        }
    }
    let targets = targets(root)?;
    if let Some(unknown) = wanted.iter().find(|name| !targets.iter().any(|target| target == *name)) {
        bail!("there is no fuzz target {unknown}; there are {}", targets.join(", "));
    }
    let tool = crate::tool::installed(root, CARGO_FUZZ)?;
    let chosen = targets.iter().filter(|target| wanted.is_empty() || wanted.contains(&target.as_str()));
    let mut code = ExitCode::SUCCESS;
    for target in chosen {
        println!("==> {target}: {seconds} s");
        let mut command = Command::new(&tool);
        command.args(["run", target, "--"]).arg(format!("-max_total_time={seconds}"));
        // The sanitizers are unstable compiler options. This variable permits them without a
        // nightly compiler.
        command.current_dir(root).env("RUSTC_BOOTSTRAP", "1").stdin(Stdio::null());
        if !command.status().context("cargo-fuzz does not start")?.success() {
            println!("FAIL {target}: the input lies in fuzz/artifacts/{target}");
            code = ExitCode::FAILURE;
        }
    }
    Ok(code)
}

fn targets(root: &Path) -> anyhow::Result<Vec<String>> {
    let folder = root.join("fuzz/fuzz_targets");
    let mut names = Vec::new();
    for entry in std::fs::read_dir(&folder).with_context(|| format!("{}", folder.display()))? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "rs") {
            names.extend(path.file_stem().map(|name| name.to_string_lossy().into_owned()));
        }
    }
    names.sort_unstable();
    Ok(names)
}
