//! `edm man`.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::{Args, Command};
use clap_mangen::Man;
use serde_json::json;

use crate::output::{Format, Output};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  edm man ~/.local/share/man/man1 && man edm-upload
  edm man man1 && man -l man1/edm.1")]
pub(crate) struct ManArguments {
    /// Folder for the pages; created if it is missing. Existing pages are overwritten
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
}

pub(crate) fn run(arguments: &ManArguments, program: Command, output: Output) -> anyhow::Result<()> {
    let folder = &arguments.folder;
    fs::create_dir_all(folder)
        .with_context(|| format!("cannot make the folder {}: name another one", folder.display()))?;
    // Only the version number, so that the pages change with the commands and not with each commit.
    let version = env!("CARGO_PKG_VERSION");
    let mut root = program.disable_help_subcommand(true).long_version(version);
    root.build();
    let mut names = Vec::new();
    write_pages(&root, folder, &mut names)?;
    match output.format() {
        Format::Json => Ok(output.json(&json!({ "folder": folder, "pages": names }))?),
        Format::Table => {
            Ok(output.line(&format!("{} pages written to {}", names.len(), folder.display()))?)
        }
    }
}

/// Writes the page of this command and of all its subcommands.
fn write_pages(command: &Command, folder: &Path, names: &mut Vec<String>) -> anyhow::Result<()> {
    for below in command.get_subcommands().filter(|below| !below.is_hide_set()) {
        write_pages(below, folder, names)?;
    }
    let page = Man::new(command.clone()).source(concat!("edm ", env!("CARGO_PKG_VERSION")));
    let name = page.get_filename();
    let path = folder.join(&name);
    let mut text = Vec::new();
    page.render(&mut text)?;
    fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
    names.push(name);
    Ok(())
}
