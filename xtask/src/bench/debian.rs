//! Parts from Debian packages. They are downloaded and unpacked in the target folder, never
//! installed, so no privileges are needed and nothing outside is changed.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail};

/// English prose: the documentation of Perl (Artistic or GPL) and a book of essays (GPL). It is
/// read here and not redistributed.
pub(crate) const PROSE: [&str; 2] = ["perl-doc", "anarchism"];

/// Returns the folder of an unpacked package, and downloads the package if it is missing.
pub(crate) fn unpacked(data: &Path, package: &str) -> anyhow::Result<PathBuf> {
    let folder = data.join(package);
    if folder.exists() {
        return Ok(folder);
    }
    println!("downloading Debian's {package} into {}", data.display());
    let downloads = data.join(format!("{package}.download"));
    std::fs::create_dir_all(&downloads)?;
    let downloaded = Command::new("apt-get")
        .args(["--quiet", "--quiet", "download", package])
        .current_dir(&downloads)
        .status();
    if !downloaded.is_ok_and(|status| status.success()) {
        bail!(
            "Debian's {package} cannot be downloaded: it needs apt-get and a Debian mirror (`apt-get update` first)"
        );
    }
    let file = std::fs::read_dir(&downloads)?.next().context("apt-get downloaded nothing")??.path();
    let half = data.join(format!("{package}.half"));
    let status = Command::new("dpkg-deb")
        .arg("--extract")
        .arg(&file)
        .arg(&half)
        .status()
        .context("dpkg-deb does not start")?;
    if !status.success() {
        bail!("{} cannot be unpacked", file.display());
    }
    // Only a complete package gets its name, so an interrupted run starts again.
    std::fs::rename(&half, &folder)?;
    std::fs::remove_dir_all(&downloads)?;
    Ok(folder)
}

/// Returns the load generator, and the folder of its library.
pub(crate) fn wrk(data: &Path) -> anyhow::Result<(PathBuf, PathBuf)> {
    let program = unpacked(data, "wrk")?.join("usr/bin/wrk");
    Ok((program, library_folder(&unpacked(data, "libluajit-5.1-2")?, "libluajit-5.1.so.2")?))
}

/// Compiles `bench/peers/hyperscan.c` with Debian's library. Returns the program.
pub(crate) fn hyperscan(root: &Path, data: &Path) -> anyhow::Result<PathBuf> {
    let headers = unpacked(data, "libhyperscan-dev")?.join("usr/include");
    let library = library_folder(&unpacked(data, "libhyperscan5")?, "libhs.so.5")?;
    let program = data.join("hyperscan");
    let mut compile = Command::new("cc");
    compile
        .args(["-O2", "-o"])
        .arg(&program)
        .arg(root.join("bench/peers/hyperscan.c"))
        .arg("-I")
        .arg(headers);
    compile.arg("-L").arg(&library).arg("-l:libhs.so.5").arg(format!("-Wl,-rpath,{}", library.display()));
    if !compile.status().context("there is no C compiler `cc`")?.success() {
        bail!("bench/peers/hyperscan.c does not compile");
    }
    Ok(program)
}

fn library_folder(package: &Path, library: &str) -> anyhow::Result<PathBuf> {
    for entry in std::fs::read_dir(package.join("usr/lib"))? {
        let folder = entry?.path();
        if folder.join(library).exists() {
            return Ok(folder);
        }
    }
    bail!("{} has no {library}", package.display())
}
