//! `cargo xtask bench`: builds the harness of `bench/`, fetches peers and prose, and runs it.

mod debian;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, bail};

/// Flags besides the groups. Anything else is refused before anything is built.
const FLAGS: [&str; 8] =
    ["--quick", "--scan", "--scale", "--ingest", "--http", "--api", "--full", "--offline"];
/// Options with a value, passed on unchanged.
const OPTIONS: [&str; 7] =
    ["--values", "--peers", "--pairs", "--corpus-mb", "--kind", "--ingest-rows", "--profile"];

/// Builds and runs the harness. `--full` measures every group and writes `docs/bench/engine.md`.
pub(crate) fn run(root: &Path, arguments: &[String]) -> anyhow::Result<ExitCode> {
    let said = |flag: &str| arguments.iter().any(|argument| argument == flag);
    check(arguments)?;
    let (full, quick) = (said("--full"), said("--quick"));
    let target = crate::ci::target_folder(root);
    let data = target.join("bench-data");
    std::fs::create_dir_all(&data)?;
    let binaries = target.join("bench/release");
    let (http, ingest, api) = (full || said("--http"), full || said("--ingest"), said("--api"));
    // Rows of a quick run say nothing about speed, so the binary of the other steps suffices.
    let profile = if quick { "debug" } else { "release" };
    let wants_edm = http || api || (ingest && !quick);
    build(root, &target, http || api, wants_edm.then_some(profile))?;
    let mut bench = Command::new(binaries.join("edm-bench"));
    bench.arg("--folder").arg(data.join("work"));
    for path in prose(root, &data, quick || said("--offline") || only_api(arguments))? {
        bench.arg("--prose").arg(path);
    }
    if !quick && !said("--profile") && !only_api(arguments) {
        add_part(&mut bench, "--hyperscan", debian::hyperscan(root, &data));
    }
    if http {
        let wrk = debian::wrk(&data).map(|(program, libraries)| {
            bench.env("LD_LIBRARY_PATH", libraries);
            program
        });
        add_part(&mut bench, "--wrk", wrk);
    }
    if http || api {
        bench.arg("--echo").arg(binaries.join("echo"));
    }
    if wants_edm {
        bench.arg("--edm").arg(target.join(profile).join("edm"));
    }
    if only_api(arguments) && !quick {
        bench.arg("--markdown").arg(root.join("docs/bench/api.md"));
    }
    bench.arg("--json").arg(data.join("result.json"));
    if full {
        let page = root.join("docs/bench/engine.md");
        std::fs::create_dir_all(root.join("docs/bench"))?;
        bench.args(["--scan", "--scale", "--ingest", "--http", "--markdown"]).arg(page);
    }
    bench.arg("--command").arg(["cargo xtask bench".to_owned(), arguments.join(" ")].join(" "));
    bench.args(arguments.iter().filter(|argument| !matches!(argument.as_str(), "--full" | "--offline")));
    let status = bench.status().context("the harness does not start")?;
    println!("the same as JSON: {}", data.join("result.json").display());
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Returns whether the API is the only group.
fn only_api(arguments: &[String]) -> bool {
    let groups = ["--scan", "--scale", "--ingest", "--http", "--full", "--profile"];
    let said = |group: &str| arguments.iter().any(|argument| argument == group);
    said("--api") && !groups.into_iter().any(said)
}

fn check(arguments: &[String]) -> anyhow::Result<()> {
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        if OPTIONS.contains(&argument.as_str()) {
            arguments.next().with_context(|| format!("{argument} wants a value: see bench/README.md"))?;
        } else if !FLAGS.contains(&argument.as_str()) {
            let known = [&FLAGS[..], &OPTIONS[..]].concat().join(", ");
            bail!("bench does not know {argument}; it knows {known}: see bench/README.md");
        }
    }
    Ok(())
}

/// Returns the command that runs the harness's tests. They are optimised like the harness, so that
/// its dependencies are built once.
pub(crate) fn tests(root: &Path) -> Command {
    harness(root, "test")
}

fn harness(root: &Path, command: &str) -> Command {
    let mut harness = cargo();
    harness.args([command, "--release", "--quiet", "--locked"]).current_dir(root.join("bench"));
    harness.env("CARGO_TARGET_DIR", crate::ci::target_folder(root).join("bench"));
    harness
}

fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// Builds the harness into a separate target folder, and the product's binary into the workspace's.
fn build(root: &Path, target: &Path, echo: bool, edm: Option<&str>) -> anyhow::Result<()> {
    let mut harness = harness(root, "build");
    if echo {
        harness.args(["--features", "echo"]);
    }
    let mut product = cargo();
    product.args(["build", "--quiet", "--locked"]).current_dir(root);
    match edm {
        Some("release") => product.args(["--release", "--package", "edm"]),
        // With the flags of the other steps, so that nothing is compiled twice.
        _ => product.args(["--workspace", "--bin", "edm"]),
    };
    product.env("CARGO_TARGET_DIR", target);
    let builds = [Some(harness), edm.map(|_| product)];
    for mut command in builds.into_iter().flatten() {
        if !command.status().context("cargo does not start")?.success() {
            bail!("the build failed: see above");
        }
    }
    Ok(())
}

/// Returns the folders of the corpus's prose. A quick run uses the project's documentation and
/// needs no network.
fn prose(root: &Path, data: &Path, own: bool) -> anyhow::Result<Vec<PathBuf>> {
    if own {
        return Ok(["docs", "ARCHITECTURE.md", "STYLE.md"].map(|path| root.join(path)).to_vec());
    }
    debian::PROSE.iter().map(|package| debian::unpacked(data, package)).collect()
}

/// Passes the path of a part on, or else the reason why it is missing, which its rows then show.
fn add_part(bench: &mut Command, option: &str, part: anyhow::Result<PathBuf>) {
    match part {
        Ok(path) => {
            bench.arg(option).arg(path);
        }
        Err(reason) => println!("without {}: {reason:#}", option.trim_start_matches('-')),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_arguments_are_refused_before_anything_is_built() {
        let refused =
            |line: &str| check(&line.split_whitespace().map(str::to_owned).collect::<Vec<_>>()).is_err();
        let cases = [
            ("", false),
            ("--quick", false),
            ("--values 10000 --http", false),
            ("--api --quick", false),
            ("--fast", true),
            ("--pairs", true),
        ];
        for (line, expected) in cases {
            assert_eq!(refused(line), expected, "{line}");
        }
    }
}
