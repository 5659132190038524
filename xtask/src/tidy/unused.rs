//! STYLE 39: a dependency that no source of the crate names is only a cost.

use anyhow::Context;
use serde_json::Value;

use super::Finding;
use crate::source::SourceFile;

/// Packages whose library has a different name.
const LIBRARY_NAMES: [(&str, &str); 1] = [("md-5", "md5")];

/// Compares the output of `cargo metadata --no-deps` with the sources.
pub(super) fn check(metadata: &str, files: &[SourceFile]) -> anyhow::Result<Vec<Finding>> {
    let metadata: Value = serde_json::from_str(metadata).context("cargo metadata printed no JSON")?;
    let packages = metadata["packages"].as_array().context("cargo metadata names no packages")?;
    let mut findings = Vec::new();
    for package in packages {
        let name = package["name"].as_str().context("a package has no name")?;
        let folder = if name == "xtask" { "xtask/".to_owned() } else { format!("crates/{name}/") };
        let own: Vec<&SourceFile> = files.iter().filter(|file| file.path.starts_with(&folder)).collect();
        for dependency in package["dependencies"].as_array().into_iter().flatten() {
            let wanted = dependency["name"].as_str().unwrap_or_default();
            let library = dependency["rename"].as_str().unwrap_or(wanted);
            let library =
                LIBRARY_NAMES.iter().find(|(known, _)| *known == library).map_or(library, |(_, lib)| lib);
            let word = library.replace('-', "_");
            // The text and not the code, because an example in a doc comment counts as a use.
            if !own.iter().any(|file| names(&file.text, &word)) {
                let message = format!("{wanted} is never used: take it out of the manifest");
                findings.push(Finding::new(&format!("{folder}Cargo.toml"), 1, message));
            }
        }
    }
    Ok(findings)
}

fn names(text: &str, word: &str) -> bool {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').any(|part| part == word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unused_dependencies_are_found() {
        let check = |dependency: &str, text: &str, expected: usize| {
            let metadata = format!(
                "{{\"packages\": [{{\"name\": \"edm-a\", \"dependencies\": [{{\"name\": \"{dependency}\"}}]}}]}}"
            );
            let files = [SourceFile::new("crates/edm-a/src/lib.rs", text)];
            let findings = super::check(&metadata, &files).expect("the JSON is whole");
            assert_eq!(findings.len(), expected, "{dependency}: {text}");
        };
        check("sha2", "use sha2::Digest;", 0);
        check("sha2", "use sha256::Digest;", 1);
        check("percent-encoding", "let a = percent_encoding::encode(b);", 0);
        check("md-5", "use md5::Md5;", 0);
        check("serde", "/// serde::Serialize\nfn a() {}", 0);
    }
}
