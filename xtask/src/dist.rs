//! `cargo xtask dist`: makes the release artefacts in `target/dist`: archives, Debian packages, an
//! image, and checksums. The same commit gives the same files. Each artefact is installed in a
//! clean root and run there before it counts as made.

mod archive;
mod build;
mod check;
mod clean_root;
mod debian;
mod elf;
mod image;
mod libraries;
mod notices;
mod product;
mod tree;

use std::fmt::Write as _;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, bail};
use sha2::{Digest, Sha256};

use product::Product;

const SUMS: &str = "SHA256SUMS";

/// Makes all artefacts and checks them; with `--check` only checks them.
pub(crate) fn run(root: &Path, arguments: &[String]) -> anyhow::Result<ExitCode> {
    let folder = crate::ci::target_folder(root).join("dist");
    let mut summary = match arguments {
        [] => make(root, &folder)?,
        [flag] if flag == "--check" => Vec::new(),
        _ => bail!("usage: cargo xtask dist [--check]"),
    };
    let version = env!("CARGO_PKG_VERSION");
    let mut passed = true;
    for machine in
        build::MACHINES.into_iter().filter(|machine| folder.join(archive_file(version, machine)).is_file())
    {
        if machine != std::env::consts::ARCH {
            summary.push(format!(
                "what is for {machine} was not run: this machine is {}",
                std::env::consts::ARCH
            ));
            continue;
        }
        let (lines, all) = check::all(&check::Made { folder: &folder, version, machine });
        summary.extend(lines);
        passed &= all;
    }
    if summary.is_empty() {
        bail!("{} holds nothing to check: `cargo xtask dist` makes it", folder.display());
    }
    println!("\nSummary of {}", folder.display());
    summary.iter().for_each(|line| println!("{line}"));
    Ok(if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn archive_file(version: &str, machine: &str) -> String {
    format!("{}.tar.gz", archive::name(version, machine))
}

/// Makes the artefacts. Returns a line for each, and one for each omitted one.
fn make(root: &Path, folder: &Path) -> anyhow::Result<Vec<String>> {
    if folder.exists() {
        std::fs::remove_dir_all(folder)?;
    }
    std::fs::create_dir_all(folder)?;
    let mut product = Product::read(root)?;
    let (mut summary, mut programs) = (Vec::new(), Vec::new());
    for machine in build::MACHINES {
        match build::obstacle(machine) {
            Some(sentence) => summary.push(sentence),
            None => programs.push((machine, build::build(root, machine)?)),
        }
    }
    let native = programs.iter().find(|(machine, _)| *machine == std::env::consts::ARCH);
    let (_, native) = native.context("no program runs on this machine: dist wants Linux with glibc")?;
    summary.extend(product.ask(native, &folder.join("man"))?);
    std::fs::remove_dir_all(folder.join("man"))?;
    let mut files = Vec::new();
    let mut platforms = Vec::new();
    let programs: Vec<(&str, Vec<u8>)> = programs
        .into_iter()
        .map(|(machine, path)| Ok((machine, std::fs::read(path)?)))
        .collect::<anyhow::Result<_>>()?;
    for (machine, program) in &programs {
        files.push((archive_file(&product.version, machine), archive::archive(&product, machine, program)?));
        let package = debian::package(&product, machine, program)?;
        files.push((debian::file_name(&product.version, machine), package));
        match libraries::closure(program, machine) {
            Ok(libraries) => platforms.push(image::Platform { machine, program, libraries }),
            Err(error) => summary.push(format!("the image is left out for {machine}: {error:#}")),
        }
    }
    if !platforms.is_empty() {
        match image::layout(&product, &platforms) {
            Ok(layout) => files.push((image::file_name(&product.version), layout)),
            Err(error) => summary.push(format!("the image is left out: {error:#}")),
        }
    }
    write(folder, &files, &mut summary)?;
    Ok(summary)
}

fn write(folder: &Path, files: &[(String, Vec<u8>)], summary: &mut Vec<String>) -> anyhow::Result<()> {
    let mut sums = Vec::new();
    for (name, bytes) in files {
        std::fs::write(folder.join(name), bytes).with_context(|| name.clone())?;
        sums.push(format!("{}  {name}\n", hex(&Sha256::digest(bytes))));
        summary.push(format!("made {name}, {} KiB", bytes.len() / 1024));
    }
    // By name, as `sha256sum *` prints them.
    sums.sort_by(|a, b| a.get(64..).cmp(&b.get(64..)));
    std::fs::write(folder.join(SUMS), sums.concat())?;
    Ok(())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
