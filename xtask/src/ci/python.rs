//! The steps that need Python: golden vectors and the outside clients.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, bail};

use super::step::{self, Outcome};

const REQUIREMENTS: &str = "tests/conformance/requirements.txt";

/// Makes `.venv` with what `requirements.txt` pins; does nothing when that was done before.
pub(super) fn prepare(root: &Path) -> anyhow::Result<Outcome> {
    let wanted = std::fs::read_to_string(root.join(REQUIREMENTS)).context(REQUIREMENTS)?;
    let marker = root.join(".venv/installed-requirements.txt");
    if interpreter(root).is_file() && std::fs::read_to_string(&marker).is_ok_and(|done| done == wanted) {
        println!(".venv holds what {REQUIREMENTS} names");
        return Ok(Outcome::passed());
    }
    let python = system_python()?;
    println!("making .venv with {python} and installing {REQUIREMENTS} from PyPI");
    let mut make = Command::new(&python);
    make.args(["-m", "venv", ".venv"]).current_dir(root);
    if !step::run(make)?.is_success() {
        bail!(
            "`{python} -m venv .venv` failed: install Python's venv module (on Debian: apt install python3-venv)"
        );
    }
    let mut install = Command::new(interpreter(root));
    install.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", REQUIREMENTS]);
    let outcome = step::run(in_root(install, root))?;
    if outcome.is_success() {
        std::fs::write(&marker, wanted).with_context(|| format!("{} cannot be written", marker.display()))?;
    }
    Ok(outcome)
}

/// Computes the golden vectors again, in Python, and compares.
pub(super) fn golden(root: &Path) -> anyhow::Result<Outcome> {
    run_script(root, "tests/golden/make_vectors.py", &["--check"])
}

/// Drives a real server with Microsoft's and Azure's SDKs.
pub(super) fn conformance(root: &Path) -> anyhow::Result<Outcome> {
    let binary = target_folder(root).join("debug").join(format!("edm{}", std::env::consts::EXE_SUFFIX));
    if !binary.is_file() {
        bail!("{} is not there: the build step must pass first", binary.display());
    }
    run_script(root, "tests/conformance/run.py", &["--binary", &binary.to_string_lossy()])
}

fn run_script(root: &Path, script: &str, arguments: &[&str]) -> anyhow::Result<Outcome> {
    let python = interpreter(root);
    if !python.is_file() {
        bail!("{script} needs .venv, which is not there: `cargo xtask ci python` makes it");
    }
    let mut command = Command::new(python);
    command.arg(script).args(arguments).env("PYTHONUNBUFFERED", "1");
    step::run(in_root(command, root))
}

fn in_root(mut command: Command, root: &Path) -> Command {
    command.current_dir(root);
    command
}

fn interpreter(root: &Path) -> PathBuf {
    root.join(if cfg!(windows) { ".venv/Scripts/python.exe" } else { ".venv/bin/python" })
}

/// Returns the folder of build results, which `CARGO_TARGET_DIR` may move.
pub(crate) fn target_folder(root: &Path) -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |folder| root.join(folder))
}

fn system_python() -> anyhow::Result<String> {
    let works = |name: &&str| {
        let asked = Command::new(*name)
            .args(["-c", "import sys; sys.exit(sys.version_info < (3, 11))"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        asked.is_ok_and(|status| status.success())
    };
    ["python3", "python"].into_iter().find(works).map(str::to_owned).context(
        "the golden vectors and the conformance suite need Python 3.11 or newer, and no python3 was found: \
         install it and run the command again",
    )
}
