//! Installs each artefact in an empty folder, and runs it there.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, bail, ensure};
use sha2::{Digest, Sha256};

use super::clean_root::{CleanRoot, Installed, is_root};
use super::tree::{Tree, unpack};
use super::{archive, debian, image, libraries};

/// The artefacts to check: their folder, version and architecture.
pub(super) struct Made<'a> {
    pub(super) folder: &'a Path,
    pub(super) version: &'a str,
    pub(super) machine: &'a str,
}

type Check = fn(&Made<'_>, &Path) -> anyhow::Result<String>;

const CHECKS: [(&str, Check); 4] =
    [("SHA256SUMS", sums), ("archive", unpacked), ("Debian package", installed), ("image", contained)];

/// Runs all checks. Returns a line for each, and whether all passed. A check that cannot run counts
/// as failed.
pub(super) fn all(made: &Made<'_>) -> (Vec<String>, bool) {
    let (mut lines, mut all_passed) = (Vec::new(), true);
    for (name, check) in CHECKS {
        let root = made.folder.join("clean-root");
        let line = match CleanRoot::new(root).and_then(|root| check(made, root.path())) {
            Ok(done) => format!("ok   {name}: {done}"),
            Err(error) => {
                all_passed = false;
                format!("FAIL {name}: {error:#}")
            }
        };
        println!("{line}");
        lines.push(line);
    }
    (lines, all_passed)
}

/// Compares every file with its checksum.
fn sums(made: &Made<'_>, _: &Path) -> anyhow::Result<String> {
    let list = std::fs::read_to_string(made.folder.join(super::SUMS)).context("SHA256SUMS")?;
    for line in list.lines() {
        let (sum, name) = line.split_once("  ").context("a line of SHA256SUMS is none")?;
        let bytes = std::fs::read(made.folder.join(name)).with_context(|| name.to_owned())?;
        ensure!(super::hex(&Sha256::digest(bytes)) == sum, "{name} has another sum");
    }
    Ok(format!("{} files are what it says", list.lines().count()))
}

/// Unpacks the archive and runs the server from it, on this system.
fn unpacked(made: &Made<'_>, root: &Path) -> anyhow::Result<String> {
    let name = archive::name(made.version, made.machine);
    let bytes = std::fs::read(made.folder.join(format!("{name}.tar.gz")))?;
    let mut plain = Vec::new();
    std::io::copy(&mut flate2::read::GzDecoder::new(bytes.as_slice()), &mut plain)?;
    unpack(&plain, root)?;
    let folder = root.join(name);
    for name in super::product::DOCUMENTS {
        ensure!(folder.join(name).is_file(), "{name} is missing");
    }
    let installed = Installed { root: None, user: None, program: folder.join("edm") };
    tells_its_version(made, &installed)?;
    let data = root.join("data").to_string_lossy().into_owned();
    installed.serve(&["--data-dir", &data])?;
    Ok("unpacked into an empty folder; --version and serve work".to_owned())
}

/// Installs the package with dpkg in a root that has a shell and the required libraries, and
/// removes it again.
fn installed(made: &Made<'_>, root: &Path) -> anyhow::Result<String> {
    needs_root()?;
    let package = made.folder.join(debian::file_name(made.version, made.machine));
    let mut base = Tree::default();
    let shell = std::fs::read("/bin/sh").context("/bin/sh")?;
    libraries::add_to(&mut base, &libraries::closure(&shell, made.machine)?)?;
    base.file("bin/sh", 0o755, shell)?;
    base.file("var/lib/dpkg/status", 0o644, status_of(&["libc6", "libgcc-s1"])?)?;
    for folder in ["var/lib/dpkg/info", "var/lib/dpkg/updates", "var/log"] {
        base.folder(folder, 0o755, super::tree::ROOT)?;
    }
    base.folder("tmp", 0o1777, super::tree::ROOT)?;
    base.write_below(root)?;
    dpkg(root, &["--install", &package.to_string_lossy()])?;
    // The libraries of the packages that it depends on, which an installed system has.
    let program = std::fs::read(root.join("usr/bin/edm")).context("usr/bin/edm")?;
    for library in libraries::closure(&program, made.machine)? {
        library.write_below(root)?;
    }
    let installed = Installed { root: Some(root.to_owned()), user: None, program: "/usr/bin/edm".into() };
    tells_its_version(made, &installed)?;
    installed.serve(&["--data-dir", "/var/lib/edm", "--config", "/etc/edm/edm.toml"])?;
    dpkg(root, &["--purge", "edm"])?;
    for gone in ["usr/bin/edm", "etc/edm/edm.toml", "lib/systemd/system/edm.service"] {
        ensure!(!root.join(gone).exists(), "/{gone} is left when the package is purged");
    }
    ensure!(root.join("var/lib/edm/master.key").exists(), "the data is gone with the package");
    Ok("installed with dpkg in a bare root; --version and serve work; purged, and its data stayed".to_owned())
}

/// Unpacks the image's layers into an empty root and runs it there as its configured user.
fn contained(made: &Made<'_>, root: &Path) -> anyhow::Result<String> {
    needs_root()?;
    let (layout, top) = (root.join("layout"), root.join("root"));
    unpack(&std::fs::read(made.folder.join(image::file_name(made.version)))?, &layout)?;
    let read = image::read(&layout, made.machine)?;
    for layer in &read.layers {
        unpack(layer, &top)?;
    }
    let words = |name: &str| -> Vec<&str> {
        read.config["config"][name]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|word| word.as_str())
            .collect()
    };
    let (entrypoint, command) = (words("Entrypoint"), words("Cmd"));
    let program = entrypoint.first().context("the image has no entry point")?;
    let installed = Installed { root: Some(top), user: Some(image::USER), program: program.into() };
    tells_its_version(made, &installed)?;
    let complaint = installed.refused(&command)?;
    ensure!(complaint.contains("/tls/tls.crt"), "without a certificate it says: {complaint}");
    installed.serve(&["--data-dir", "/data"])?;
    installed.run(&["demo", "--once", "--people", "5000"])?;
    Ok("unpacked into an empty root; --version, serve and demo work as its user".to_owned())
}

fn tells_its_version(made: &Made<'_>, installed: &Installed) -> anyhow::Result<()> {
    let told = installed.run(&["--version"])?;
    ensure!(told.starts_with(&format!("edm {}", made.version)), "--version prints {told}");
    Ok(())
}

fn needs_root() -> anyhow::Result<()> {
    ensure!(
        is_root(),
        "not checked: only root may change into another root; run `cargo xtask dist --check` as root"
    );
    Ok(())
}

/// Returns the dpkg status of packages, so that packages that depend on them can be installed.
fn status_of(packages: &[&str]) -> anyhow::Result<Vec<u8>> {
    let asked = Command::new("dpkg-query").arg("--status").args(packages).stdin(Stdio::null()).output();
    let asked =
        asked.context("not checked: dpkg is not installed here, and the package is installed with it")?;
    ensure!(asked.status.success(), "dpkg-query: {}", String::from_utf8_lossy(&asked.stderr).trim());
    let text = String::from_utf8_lossy(&asked.stdout);
    // Both depend on further packages, which this root does not need.
    let kept = text.lines().filter(|line| !line.starts_with("Depends:") && !line.starts_with("Pre-Depends:"));
    Ok(kept.flat_map(|line| [line, "\n"]).collect::<String>().into_bytes())
}

fn dpkg(root: &Path, arguments: &[&str]) -> anyhow::Result<()> {
    let mut command = Command::new("dpkg");
    command.arg(format!("--root={}", root.display())).arg("--force-not-root").args(arguments);
    let output = command.stdin(Stdio::null()).output().context("dpkg does not start")?;
    if !output.status.success() {
        let printed = [output.stdout, output.stderr].concat();
        bail!("dpkg {}: {}", arguments.join(" "), String::from_utf8_lossy(&printed).trim());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_not_what_its_sum_says_is_found() {
        let folder = tempfile::tempdir().expect("a folder");
        let made = Made { folder: folder.path(), version: "1.2.3", machine: "x86_64" };
        let files = [("a.deb".to_owned(), b"one".to_vec()), ("b.tar.gz".to_owned(), b"two".to_vec())];
        let mut summary = Vec::new();
        super::super::write(folder.path(), &files, &mut summary).expect("it writes");
        assert_eq!(sums(&made, folder.path()).expect("they are right"), "2 files are what it says");
        std::fs::write(folder.path().join("a.deb"), b"One").expect("it writes");
        assert!(sums(&made, folder.path()).is_err());
        std::fs::remove_file(folder.path().join("a.deb")).expect("it is there");
        assert!(sums(&made, folder.path()).is_err());
        // A missing artefact counts as failed.
        let (lines, passed) = all(&made);
        assert!(
            !passed && lines.len() == CHECKS.len() && lines.iter().all(|line| line.starts_with("FAIL")),
            "{lines:?}"
        );
    }
}
