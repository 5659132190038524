//! What is distributed with the program: documents, manual, completions, notices, and the common
//! timestamp of all files.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, bail};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Documents next to the program, in every artefact.
pub(super) const DOCUMENTS: [&str; 4] = ["CHANGELOG.md", "LICENSE", "README.md", "SECURITY.md"];

/// What is equal for every architecture.
#[derive(Debug)]
pub(super) struct Product {
    pub(super) version: String,
    /// The commit.
    pub(super) revision: String,
    /// The timestamp of every file in every archive, in seconds since 1970.
    pub(super) seconds: u64,
    documents: Vec<(&'static str, Vec<u8>)>,
    /// The pages of `docs/` by path, to which the documents link.
    pub(super) pages: Vec<(String, Vec<u8>)>,
    /// Manual pages by file name.
    pub(super) manual: Vec<(String, Vec<u8>)>,
    pub(super) completions: Vec<Completion>,
    /// The licences of the dependencies.
    pub(super) notices: String,
}

/// The completion script of one shell.
#[derive(Debug)]
pub(super) struct Completion {
    /// The name in an archive.
    pub(super) name: &'static str,
    /// Its path on an installed system, relative to `/usr/share`.
    pub(super) system_path: &'static str,
    pub(super) text: Vec<u8>,
}

const SHELLS: [(&str, &str, &str); 3] = [
    ("bash", "edm.bash", "bash-completion/completions/edm"),
    ("zsh", "_edm", "zsh/vendor-completions/_edm"),
    ("fish", "edm.fish", "fish/vendor_completions.d/edm.fish"),
];

impl Product {
    /// Reads the documents of the workspace.
    pub(super) fn read(root: &Path) -> anyhow::Result<Self> {
        let mut documents = Vec::new();
        for name in DOCUMENTS {
            documents.push((name, std::fs::read(root.join(name)).context(name)?));
        }
        let git = |arguments: &[&str]| {
            let asked = Command::new("git").args(arguments).current_dir(root).stdin(Stdio::null()).output();
            let said = asked.ok().filter(|asked| asked.status.success());
            said.map(|asked| String::from_utf8_lossy(&asked.stdout).trim().to_owned())
        };
        let seconds = std::env::var("SOURCE_DATE_EPOCH").ok().or_else(|| git(&["log", "-1", "--format=%ct"]));
        let seconds = seconds.context("no commit tells the time of the files: set SOURCE_DATE_EPOCH")?;
        Ok(Self {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            revision: git(&["rev-parse", "HEAD"]).unwrap_or_default(),
            seconds: seconds.trim().parse().context("SOURCE_DATE_EPOCH is no number of seconds")?,
            documents,
            pages: pages(root)?,
            manual: Vec::new(),
            completions: Vec::new(),
            notices: super::notices::gather(root)?,
        })
    }

    /// Runs the program to get its manual pages and completions; returns a remark if it has none.
    pub(super) fn ask(&mut self, program: &Path, folder: &Path) -> anyhow::Result<Option<String>> {
        std::fs::create_dir_all(folder)?;
        let mut lacking = Vec::new();
        if said(Command::new(program).arg("man").arg(folder))?.is_none() {
            lacking.push("manual pages (`edm man`)");
        }
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            self.manual.push((name, std::fs::read(&path)?));
        }
        self.manual.sort();
        for (shell, name, system_path) in SHELLS {
            match said(Command::new(program).args(["completions", shell]))? {
                Some(text) => self.completions.push(Completion { name, system_path, text }),
                None => lacking.push(name),
            }
        }
        Ok((!lacking.is_empty()).then(|| format!("without {}: the program makes none", lacking.join(", "))))
    }

    /// Returns one of [`DOCUMENTS`].
    pub(super) fn document(&self, name: &str) -> anyhow::Result<&[u8]> {
        let found = self.documents.iter().find(|(known, _)| *known == name);
        found.map(|(_, bytes)| bytes.as_slice()).with_context(|| format!("{name} is none of the documents"))
    }

    /// Returns the timestamp of the files.
    pub(super) fn moment(&self) -> anyhow::Result<OffsetDateTime> {
        Ok(OffsetDateTime::from_unix_timestamp(i64::try_from(self.seconds)?)?)
    }

    pub(super) fn rfc3339(&self) -> anyhow::Result<String> {
        Ok(self.moment()?.format(&Rfc3339)?)
    }

    #[cfg(test)]
    pub(super) fn for_tests() -> Self {
        let text = |name: &str| name.as_bytes().to_vec();
        let completion =
            |(shell, name, system_path): (&str, _, _)| Completion { name, system_path, text: text(shell) };
        Self {
            version: "1.2.3-rc.1".to_owned(),
            revision: "0123abc".to_owned(),
            seconds: 1_700_000_000,
            documents: DOCUMENTS.iter().map(|name| (*name, text(name))).collect(),
            pages: vec![("docs/operations/install.md".to_owned(), text("install"))],
            manual: vec![("edm.1".to_owned(), text(".TH edm 1"))],
            completions: SHELLS.map(completion).into(),
            notices: "notices".to_owned(),
        }
    }
}

/// Returns the pages of `docs/`.
fn pages(root: &Path) -> anyhow::Result<Vec<(String, Vec<u8>)>> {
    let (mut folders, mut found) = (vec!["docs".to_owned()], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(root.join(&folder)).with_context(|| folder.clone())? {
            let entry = entry?;
            let path = format!("{folder}/{}", entry.file_name().to_string_lossy());
            if entry.file_type()?.is_dir() {
                folders.push(path);
            } else if path.ends_with(".md") {
                found.push((path, std::fs::read(entry.path())?));
            }
        }
    }
    Ok(found)
}

/// Returns the output of a command; `None` if the program does not have the command.
fn said(command: &mut Command) -> anyhow::Result<Option<Vec<u8>>> {
    let output = command.stdin(Stdio::null()).output().context("the program does not start")?;
    if output.status.success() {
        return Ok(Some(output.stdout));
    }
    let complaint = String::from_utf8_lossy(&output.stderr);
    match complaint.contains("unrecognized subcommand") {
        true => Ok(None),
        false => bail!("{command:?} failed: {}", complaint.trim()),
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    /// Uses a script as the program.
    fn asked(script: &str) -> (anyhow::Result<Option<String>>, Product) {
        let folder = tempfile::tempdir().expect("a folder");
        let program = folder.path().join("edm");
        std::fs::write(&program, format!("#!/bin/sh\n{script}\n")).expect("it writes");
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).expect("it may run");
        let mut product = Product { manual: Vec::new(), completions: Vec::new(), ..Product::for_tests() };
        let said = product.ask(&program, &folder.path().join("man"));
        (said, product)
    }

    #[test]
    fn a_program_makes_its_manual_and_completions_or_that_is_told() {
        let lacks = "echo \"error: unrecognized subcommand '$1'\" >&2; exit 2";
        let (said, product) = asked(lacks);
        let told = said.expect("both may lack").expect("a remark");
        assert!(told.contains("edm man") && told.contains("edm.bash, _edm, edm.fish"), "{told}");
        assert!(product.manual.is_empty() && product.completions.is_empty());

        let has = "case $1 in man) echo .TH > $2/edm.1; echo .TH > $2/edm-serve.1;; completions) echo for $2;; esac";
        let (said, product) = asked(has);
        assert_eq!(said.expect("both are made"), None);
        let names: Vec<&str> = product.manual.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["edm-serve.1", "edm.1"]);
        let texts: Vec<&[u8]> = product.completions.iter().map(|one| one.text.as_slice()).collect();
        assert_eq!(texts, [&b"for bash\n"[..], b"for zsh\n", b"for fish\n"]);

        // A command that exists and fails is not a missing one.
        assert!(asked("echo 'edm: cannot write' >&2; exit 1").0.is_err());
    }
}
