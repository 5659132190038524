//! Attacks on a real server (`tests/attack`): a quick selection is a step of `ci`, all of them a
//! command.

use std::path::Path;
use std::process::Command;

use super::python::binary;
use super::step::{self, Outcome, cargo};
use super::venv::system_python;

const RUN: &str = "tests/attack/run.py";

/// Runs the attacks that take seconds, on a debug binary.
pub(super) fn quick(root: &Path) -> anyhow::Result<Outcome> {
    step::run(attack(root, "debug", &["--quick".to_owned()])?)
}

/// Runs every attack, or the named ones, on a release binary.
pub(super) fn all(root: &Path, names: &[String]) -> anyhow::Result<Outcome> {
    let built = step::run(cargo(root, &["build", "--release", "--bin", "edm", "--locked"]))?;
    if !built.is_success() {
        return Ok(built);
    }
    step::run(attack(root, "release", names)?)
}

fn attack(root: &Path, profile: &str, arguments: &[String]) -> anyhow::Result<Command> {
    let mut command = Command::new(system_python()?);
    command.args([RUN, "--binary", &binary(root, profile)?]).args(arguments).current_dir(root);
    Ok(command)
}
