//! Wire types, persisted records and model types are separate. Serde derives are only allowed in
//! certain places.

use super::Finding;
use crate::source::SourceFile;

/// Crates, files and folders that may derive serde.
const CRATES: [&str; 2] = ["edm-graph", "edm-testkit"];
const FILES: [&str; 3] = [
    "crates/edm-store/src/record.rs",
    "crates/edm-agent/src/file_identity.rs",
    "crates/edm-agent/src/journal.rs",
];
/// File and folder names that may derive serde in any crate: configuration, kits and reports.
const NAMES: [&str; 4] = ["config", "kit", "report", "reports"];

pub(super) fn check(file: &SourceFile) -> Vec<Finding> {
    let named = file.path.trim_end_matches(".rs").split('/').any(|part| NAMES.contains(&part));
    if CRATES.contains(&file.crate_name()) || FILES.contains(&file.path.as_str()) || named {
        return Vec::new();
    }
    file.find("derive")
        .filter(|offset| !file.is_test(*offset))
        .filter(|offset| {
            let rest = file.code.get(*offset..).unwrap_or_default();
            let list = rest.split(')').next().unwrap_or(rest);
            ["Serialize", "Deserialize"].iter().any(|name| {
                list.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == *name)
            })
        })
        .map(|offset| {
            Finding::new(
                &file.path,
                file.line_of(offset),
                "serde is derived only in edm-graph, edm-store's record.rs, config, kit, report and journal files",
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn misplaced_derives_are_found() {
        let check = |path: &str, text: &str, expected: usize| {
            assert_eq!(check(&SourceFile::new(path, text)).len(), expected, "{path}: {text}");
        };
        let derive = "#[derive(Debug, serde::Serialize)]\nstruct A;";
        check("crates/edm-model/src/column.rs", derive, 1);
        check("crates/edm-store/src/catalog.rs", "#[derive(\n    Clone,\n    Deserialize,\n)]\nstruct A;", 1);
        check("crates/edm-store/src/record.rs", derive, 0);
        check("crates/edm-graph/src/session.rs", derive, 0);
        check("crates/edm-agent/src/journal.rs", derive, 0);
        check("crates/edm/src/config.rs", derive, 0);
        check("crates/edm-model/src/column.rs", "#[derive(Debug)]\nstruct Serialize;", 0);
    }
}
