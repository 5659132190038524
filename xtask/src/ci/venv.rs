//! Python environments of the steps.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, bail};

use super::step::{self, Outcome};

/// An environment: its folder and its requirements.
#[derive(Debug, Clone, Copy)]
pub(super) struct Venv {
    folder: &'static str,
    requirements: &'static [&'static str],
}

/// Third-party clients, for the golden vectors and the conformance suite.
pub(super) const CLIENTS: Venv =
    Venv { folder: ".venv", requirements: &["tests/conformance/requirements.txt"] };
/// Readers and testers of the descriptions of the wire.
pub(super) const API: Venv = Venv { folder: ".venv-api", requirements: &["tests/api/requirements.txt"] };
/// The dependencies of the labelled set.
pub(super) const QUALITY: Venv =
    Venv { folder: ".venv-quality", requirements: &["tests/quality/requirements.txt"] };
/// The programs compared on the labelled set. They are large, and only the full run needs them.
pub(super) const PEERS: Venv = Venv {
    folder: ".venv-peers",
    requirements: &["tests/quality/requirements.txt", "tests/quality/requirements-peers.txt"],
};

impl Venv {
    /// Creates the environment with its pinned requirements; does nothing if that was done before.
    pub(super) fn prepare(self, root: &Path) -> anyhow::Result<Outcome> {
        let Self { folder, requirements } = self;
        let named = requirements.join(" and ");
        let mut wanted = String::new();
        for file in requirements {
            wanted += &std::fs::read_to_string(root.join(file)).context(*file)?;
        }
        let marker = root.join(folder).join("installed-requirements.txt");
        if self.interpreter(root).is_file()
            && std::fs::read_to_string(&marker).is_ok_and(|done| done == wanted)
        {
            println!("{folder} holds what is named in {named}");
            return Ok(Outcome::passed());
        }
        let python = system_python()?;
        println!("making {folder} with {python} and installing {named} from PyPI");
        let mut make = Command::new(&python);
        make.args(["-m", "venv", folder]).current_dir(root);
        if !step::run(make)?.is_success() {
            bail!(
                "`{python} -m venv {folder}` failed: install Python's venv module (on Debian: apt install python3-venv)"
            );
        }
        let mut install = Command::new(self.interpreter(root));
        install.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
        install.args(requirements.iter().flat_map(|file| ["-r", file])).current_dir(root);
        let outcome = step::run(install)?;
        if !outcome.is_success() {
            bail!(
                "pip could not install {named}: the packages come from PyPI, or from the index that \
                 PIP_INDEX_URL names; make one of them reachable and run the command again"
            );
        }
        std::fs::write(&marker, wanted).with_context(|| format!("{} cannot be written", marker.display()))?;
        Ok(outcome)
    }

    /// Runs a script in the root of the workspace. Fails if the environment does not exist.
    pub(super) fn run(self, root: &Path, script: &str, arguments: &[&str]) -> anyhow::Result<Outcome> {
        let python = self.interpreter(root);
        if !python.is_file() {
            bail!("{script} needs {}, which is not there: `cargo xtask ci python` makes it", self.folder);
        }
        let mut command = Command::new(python);
        command.arg(script).args(arguments).env("PYTHONUNBUFFERED", "1").current_dir(root);
        step::run(command)
    }

    fn interpreter(self, root: &Path) -> PathBuf {
        let program = if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" };
        root.join(self.folder).join(program)
    }
}

pub(super) fn system_python() -> anyhow::Result<String> {
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
        "the golden vectors, the outside clients and the labelled set need Python 3.11 or newer, and no python3 was \
         found: install it and run the command again",
    )
}
