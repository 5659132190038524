//! The steps that need a cargo subcommand which may not be installed.

use std::path::Path;
use std::process::{Command, Stdio};

use super::step::{self, Outcome, cargo};

/// Pinned, so that all machines check alike.
const CARGO_DENY: &str = "cargo-deny@0.20.2";

/// Runs cargo-deny. If its advisory database is unreachable, the result has a remark.
pub(super) fn deny(root: &Path) -> anyhow::Result<Outcome> {
    let tool = crate::tool::installed(root, CARGO_DENY)?;
    let checked = step::run(deny_command(&tool, root, &["bans", "licenses", "sources"]))?;
    if !checked.is_success() {
        return Ok(checked);
    }
    let mut advisories = step::run(deny_command(&tool, root, &["advisories"]))?;
    if !advisories.is_success()
        && advisories.lines.iter().any(|line| line.contains("failed to fetch advisory"))
    {
        println!("advisories were not checked: the database on github.com cannot be reached from here");
        advisories = Outcome::passed();
        advisories.note = Some("advisories not checked: database out of reach".to_owned());
    }
    Ok(advisories)
}

fn deny_command(tool: &Path, root: &Path, checks: &[&str]) -> Command {
    let mut command = Command::new(tool);
    command.args(["--workspace", "check", "--hide-inclusion-graph"]).args(checks);
    command.current_dir(root).env("GIT_TERMINAL_PROMPT", "0");
    command
}

/// Runs every test except documentation tests.
pub(super) fn tests(root: &Path) -> anyhow::Result<Outcome> {
    if has_nextest(root) {
        return step::run(cargo(root, &["nextest", "run", "--workspace", "--locked", "--no-fail-fast"]));
    }
    println!("cargo-nextest is not installed: cargo test, which is slower, takes its place");
    step::run(cargo(
        root,
        &["test", "--workspace", "--locked", "--no-fail-fast", "--lib", "--bins", "--tests"],
    ))
}

/// Runs the documentation tests, which nextest does not support.
pub(super) fn doc_tests(root: &Path) -> anyhow::Result<Outcome> {
    step::run(cargo(root, &["test", "--workspace", "--locked", "--doc", "--quiet"]))
}

fn has_nextest(root: &Path) -> bool {
    let mut command = cargo(root, &["nextest", "--version"]);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}
