//! The steps that need Python: golden vectors, third-party clients, and the labelled set.

use std::path::{Path, PathBuf};

use anyhow::bail;

use super::step::{self, Outcome, cargo};
use super::venv::{API, CLIENTS, PEERS, QUALITY};

const LABELLED_SET: &str = "tests/quality/run.py";
/// The page that a full run of the labelled set writes.
const QUALITY_PAGE: &str = "docs/bench/quality.md";

/// Creates the environments of the steps below.
pub(super) fn prepare(root: &Path) -> anyhow::Result<Outcome> {
    for environment in [CLIENTS, API] {
        let prepared = environment.prepare(root)?;
        if !prepared.is_success() {
            return Ok(prepared);
        }
    }
    QUALITY.prepare(root)
}

/// Computes the golden vectors again in Python, and compares them.
pub(super) fn golden(root: &Path) -> anyhow::Result<Outcome> {
    CLIENTS.run(root, "tests/golden/make_vectors.py", &["--check"])
}

/// Drives a real server with Microsoft's and Azure's SDKs.
pub(super) fn conformance(root: &Path) -> anyhow::Result<Outcome> {
    CLIENTS.run(root, "tests/conformance/run.py", &["--binary", &binary(root, "debug")?])
}

/// Reads the descriptions of the wire with third-party tools, and tests a real server with them.
pub(super) fn api(root: &Path) -> anyhow::Result<Outcome> {
    API.run(root, "tests/api/run.py", &["--binary", &binary(root, "debug")?])
}

/// Measures a few hundred texts of the labelled set; fails if a target is missed.
pub(super) fn quick_quality(root: &Path) -> anyhow::Result<Outcome> {
    QUALITY.run(root, LABELLED_SET, &["--quick", "--binary", &binary(root, "debug")?])
}

/// Measures the whole labelled set with a release binary, next to other programs, and writes the
/// page.
pub(super) fn quality(root: &Path) -> anyhow::Result<Outcome> {
    PEERS.prepare(root)?;
    let built = step::run(cargo(root, &["build", "--release", "--bin", "edm", "--locked"]))?;
    if !built.is_success() {
        return Ok(built);
    }
    let binary = binary(root, "release")?;
    PEERS.run(root, LABELLED_SET, &["--binary", &binary, "--write", QUALITY_PAGE])
}

pub(super) fn binary(root: &Path, profile: &str) -> anyhow::Result<String> {
    let binary = target_folder(root).join(profile).join(format!("edm{}", std::env::consts::EXE_SUFFIX));
    if !binary.is_file() {
        bail!("{} is not there: the build step must pass first", binary.display());
    }
    Ok(binary.to_string_lossy().into_owned())
}

/// Returns the target folder, which `CARGO_TARGET_DIR` may change.
pub(crate) fn target_folder(root: &Path) -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |folder| root.join(folder))
}
