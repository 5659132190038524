//! Cargo subcommands that may not be installed.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, bail};

/// Returns the program of a package in exactly this version, such as `cargo-deny@0.20.2`. Installs
/// it into the target folder if it is missing, which takes about a minute, unoptimised. Fails if
/// the registry is unreachable.
pub(crate) fn installed(root: &Path, package: &str) -> anyhow::Result<PathBuf> {
    let (name, version) = package.split_once('@').context("a tool is pinned to a version")?;
    let program = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    let folder = crate::ci::target_folder(root).join("tools");
    let own = folder.join("bin").join(&program);
    if let Some(found) = [own.clone(), PathBuf::from(&program)].into_iter().find(|at| is_version(at, version))
    {
        return Ok(found);
    }
    println!("installing {package} into {}", folder.display());
    let mut install = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    install.args(["install", "--locked", "--debug", "--quiet", package, "--root"]).arg(&folder);
    // A separate target folder, because the workspace's profiles and lock file must not affect it.
    install.current_dir(root).env("CARGO_TARGET_DIR", folder.join("build")).stdin(Stdio::null());
    if !install.status().context("cargo does not start")?.success() {
        bail!("{name} cannot be installed: it comes from the registry that every other crate comes from");
    }
    Ok(own)
}

fn is_version(program: &Path, version: &str) -> bool {
    let asked = Command::new(program).arg("--version").stdin(Stdio::null()).output();
    asked.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).contains(version))
}
