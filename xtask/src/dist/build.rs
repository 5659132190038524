//! Builds the program for an architecture, or returns what is missing.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, bail};

/// The architectures with artefacts.
pub(super) const MACHINES: [&str; 2] = ["x86_64", "aarch64"];

/// Returns why the program cannot be built for an architecture, and what to do about it.
pub(super) fn obstacle(machine: &str) -> Option<String> {
    let target = target(machine);
    let is_native = cfg!(all(target_os = "linux", target_env = "gnu")) && machine == std::env::consts::ARCH;
    let linker = linker(machine);
    let lacks_linker = !is_native && Command::new(&linker).arg("--version").output().is_err();
    let lacks_target = !is_native && !has_target(&target);
    let missing = match (lacks_target, lacks_linker) {
        (false, false) => return None,
        (true, true) => format!("Rust's target and {linker} are not installed"),
        (true, false) => "Rust's target is not installed".to_owned(),
        (false, true) => format!("{linker} is not installed"),
    };
    let debian = machine.replace('_', "-");
    Some(format!(
        "{target} is left out: {missing} (`rustup target add {target}`; on Debian `apt install gcc-{debian}-linux-gnu`)"
    ))
}

fn target(machine: &str) -> String {
    format!("{machine}-unknown-linux-gnu")
}

fn linker(machine: &str) -> String {
    format!("{machine}-linux-gnu-gcc")
}

/// Returns whether the toolchain has the standard library of a target.
fn has_target(target: &str) -> bool {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let asked = Command::new(rustc)
        .args(["--print", "target-libdir", "--target", target])
        .stdin(Stdio::null())
        .output();
    asked.is_ok_and(|asked| Path::new(String::from_utf8_lossy(&asked.stdout).trim()).is_dir())
}

/// Builds the program and returns its path. It contains no path of this machine, so that builds are
/// reproducible.
pub(super) fn build(root: &Path, machine: &str) -> anyhow::Result<PathBuf> {
    // The flags differ from those of everyday builds. With a separate folder neither invalidates
    // the other.
    let folder = crate::ci::target_folder(root).join("dist-build");
    let target = target(machine);
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut fetch = Command::new(&cargo);
    run(fetch.args(["fetch", "--locked"]).current_dir(root))?;
    let mut command = Command::new(&cargo);
    command.args(["build", "--profile", "dist", "--locked", "--bin", "edm", "--target-dir"]).arg(&folder);
    command.current_dir(root).env("CARGO_ENCODED_RUSTFLAGS", remapped(root)?);
    let mut made = folder;
    if machine != std::env::consts::ARCH {
        let variable = target.to_ascii_uppercase().replace('-', "_");
        command.env(format!("CARGO_TARGET_{variable}_LINKER"), linker(machine));
        command.args(["--target", &target]);
        made.push(target);
    }
    run(&mut command)?;
    Ok(made.join("dist/edm"))
}

/// Returns flags that replace this machine's paths by fixed words.
fn remapped(root: &Path) -> anyhow::Result<String> {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cargo")));
    let mut flags = Vec::new();
    let sources = home.context("neither CARGO_HOME nor HOME is set")?.join("registry/src");
    for registry in std::fs::read_dir(&sources).with_context(|| sources.display().to_string())? {
        flags.push(format!("--remap-path-prefix={}=crates", registry?.path().display()));
    }
    flags.sort();
    flags.push(format!("--remap-path-prefix={}=edm", root.display()));
    Ok(flags.join("\u{1f}"))
}

fn run(command: &mut Command) -> anyhow::Result<()> {
    if !command.stdin(Stdio::null()).status().context("cargo does not start")?.success() {
        bail!("the release binary is not built");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_built_here_is_said_with_what_to_install() {
        if cfg!(all(target_os = "linux", target_env = "gnu")) {
            assert_eq!(obstacle(std::env::consts::ARCH), None);
        }
        // An unsupported architecture.
        let told = obstacle("sparc64").expect("no machine here builds it");
        for words in [
            "sparc64-unknown-linux-gnu is left out: ",
            "rustup target add sparc64-unknown-linux-gnu",
            "apt install gcc-sparc64-linux-gnu",
        ] {
            assert!(told.contains(words), "{told}");
        }
    }
}
