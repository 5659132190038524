//! Sets `EDM_COMMIT` to the commit of the source, so that the program can print it. A source
//! archive has no commit, and then the variable stays unset, so that the same source makes the same
//! program. Packagers may set `EDM_COMMIT` in the environment.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The number of hex digits of the commit.
const COMMIT_DIGITS: &str = "--short=12";

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-env-changed=EDM_COMMIT");
    if let Ok(commit) = std::env::var("EDM_COMMIT") {
        println!("cargo:rustc-env=EDM_COMMIT={}", commit.trim());
        return;
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    // Without a repository here, git would find one in a parent folder that has nothing to do with
    // this source.
    if !root.join(".git").exists() {
        return;
    }
    let Some(commit) = git(&root, &["rev-parse", COMMIT_DIGITS, "HEAD"]) else { return };
    println!("cargo:rustc-env=EDM_COMMIT={commit}");
    // Each commit and each checkout appends to the log. Cargo rebuilds every time if a watched path
    // is missing, so missing ones are skipped.
    for name in ["HEAD", "logs/HEAD"] {
        let path = git(&root, &["rev-parse", "--git-path", name]).map(|path| root.join(PathBuf::from(path)));
        if let Some(path) = path.filter(|path| path.exists()) {
            println!("cargo:rerun-if-changed={}", path.display());
        }
    }
}

/// Runs git; returns `None` if it is missing or fails.
fn git(root: &Path, arguments: &[&str]) -> Option<String> {
    let mut command = Command::new("git");
    // A git hook that runs a build sets these for its repository.
    command.env_remove("GIT_DIR").env_remove("GIT_WORK_TREE").env_remove("GIT_INDEX_FILE");
    let output = command.arg("-C").arg(root).args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let text = text.trim();
    (output.status.success() && !text.is_empty()).then(|| text.to_owned())
}
