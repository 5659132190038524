//! The licences of the dependencies compiled into the program. Most of them must be distributed
//! with it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, bail};
use serde_json::Value;

/// The prefixes of licence files' names.
const NAMES: [&str; 6] = ["license", "licence", "copying", "copyright", "notice", "unlicense"];

/// Returns every licence text once, with the packages that it applies to.
pub(super) fn gather(root: &Path) -> anyhow::Result<String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let arguments =
        ["metadata", "--locked", "--format-version", "1", "--filter-platform", "x86_64-unknown-linux-gnu"];
    let asked = Command::new(cargo).args(arguments).current_dir(root).stdin(Stdio::null()).output()?;
    if !asked.status.success() {
        bail!("cargo metadata failed: {}", String::from_utf8_lossy(&asked.stderr).trim());
    }
    let metadata: Value = serde_json::from_slice(&asked.stdout).context("cargo metadata printed no JSON")?;
    let mut by_text: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut list = String::new();
    for package in linked(&metadata)? {
        let of = |name: &str| package[name].as_str().unwrap_or_default();
        let name = format!("{} {}", of("name"), of("version"));
        list += &format!("{name}: {} {}\n", of("license"), of("repository"));
        let folder = Path::new(of("manifest_path")).parent().context("a manifest lies in a folder")?;
        for text in texts(folder)? {
            by_text.entry(text).or_default().push(name.clone());
        }
    }
    let mut notices = format!(
        "edm is compiled together with these packages, under these licences; and with the standard library of Rust, under\n\
         the Apache License 2.0 or the MIT licence. The texts follow.\n\n{list}"
    );
    for (text, packages) in by_text {
        notices += &format!("\n{}\n{}\n\n{text}\n", "-".repeat(100), packages.join(", "));
    }
    Ok(notices)
}

/// Returns the third-party packages linked into the program, by name.
fn linked(metadata: &Value) -> anyhow::Result<Vec<&Value>> {
    let packages = metadata["packages"].as_array().context("cargo metadata names no packages")?;
    let nodes = metadata["resolve"]["nodes"].as_array().context("cargo metadata resolves nothing")?;
    let id_of = |value: &Value| value["id"].as_str().unwrap_or_default().to_owned();
    let start =
        packages.iter().find(|package| package["name"] == "edm").context("there is no package edm")?;
    let (mut wanted, mut seen) = (vec![id_of(start)], BTreeSet::new());
    while let Some(id) = wanted.pop() {
        if !seen.insert(id.clone()) {
            continue;
        }
        let node = nodes.iter().find(|node| node["id"] == *id).context("a package is not resolved")?;
        for dependency in node["deps"].as_array().into_iter().flatten() {
            let kinds = dependency["dep_kinds"].as_array();
            if kinds.is_some_and(|kinds| kinds.iter().any(|kind| kind["kind"].is_null())) {
                wanted.extend(dependency["pkg"].as_str().map(str::to_owned));
            }
        }
    }
    let is_macro = |package: &Value| {
        let targets = package["targets"].as_array().into_iter().flatten();
        targets
            .flat_map(|target| target["kind"].as_array().into_iter().flatten())
            .any(|kind| kind == "proc-macro")
    };
    let foreign = packages.iter().filter(|package| package["source"].is_string() && !is_macro(package));
    let mut found: Vec<&Value> = foreign.filter(|package| seen.contains(&id_of(package))).collect();
    found.sort_by_key(|package| (package["name"].to_string(), package["version"].to_string()));
    Ok(found)
}

fn texts(folder: &Path) -> anyhow::Result<Vec<String>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).with_context(|| format!("{} cannot be read", folder.display()))? {
        let path = entry?.path();
        let name =
            path.file_name().map(|name| name.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
        if path.is_file() && NAMES.iter().any(|wanted| name.starts_with(wanted)) {
            let text = String::from_utf8_lossy(&std::fs::read(&path)?).replace("\r\n", "\n");
            found.push(text.trim().to_owned());
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_linked_is_named_and_what_only_builds_or_tests_is_not() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace");
        let notices = gather(root).expect("the workspace is resolved");
        for linked in ["\nring ", "\nrustls ", "\nlibsqlite3-sys ", "\nserde "] {
            assert!(notices.contains(linked), "{linked}");
        }
        for other in ["\nproptest ", "\ninsta ", "\nserde_derive ", "\ncc ", "\nedm-model "] {
            assert!(!notices.contains(other), "{other}");
        }
        assert!(notices.contains("Permission is hereby granted, free of charge"), "the texts are there");
    }
}
