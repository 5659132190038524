//! Tells the program the commit that it is built from. A source archive has none, and then nothing is told: the same source
//! makes the same program. `EDM_COMMIT` in the environment says it where a packager knows it.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Digits of a commit's hash that are told.
const COMMIT_DIGITS: &str = "--short=12";

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-env-changed=EDM_COMMIT");
    if let Ok(commit) = std::env::var("EDM_COMMIT") {
        println!("cargo:rustc-env=EDM_COMMIT={}", commit.trim());
        return;
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    // Without one of its own the source may lie in somebody else's repository.
    if !root.join(".git").exists() {
        return;
    }
    let Some(commit) = git(&root, &["rev-parse", COMMIT_DIGITS, "HEAD"]) else { return };
    println!("cargo:rustc-env=EDM_COMMIT={commit}");
    // Each commit and each checkout adds a line to the log. A path that is not there would make every build a new one.
    for name in ["HEAD", "logs/HEAD"] {
        let path = git(&root, &["rev-parse", "--git-path", name]).map(|path| root.join(PathBuf::from(path)));
        if let Some(path) = path.filter(|path| path.exists()) {
            println!("cargo:rerun-if-changed={}", path.display());
        }
    }
}

/// Asks git; none where it is not installed or refuses.
fn git(root: &Path, arguments: &[&str]) -> Option<String> {
    let mut command = Command::new("git");
    // A hook that builds names the repository of its own run.
    command.env_remove("GIT_DIR").env_remove("GIT_WORK_TREE").env_remove("GIT_INDEX_FILE");
    let output = command.arg("-C").arg(root).args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let text = text.trim();
    (output.status.success() && !text.is_empty()).then(|| text.to_owned())
}
