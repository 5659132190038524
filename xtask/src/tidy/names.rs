//! STYLE 4: a file is named after its main type or verb. The root contains nothing that a tool left
//! there.

use super::Finding;

const FORBIDDEN: [&str; 12] = [
    "utils", "util", "common", "misc", "helpers", "helper", "v2", "old", "new", "stuff", "shared", "prelude",
];

/// Hidden entries of the root that are ours.
const HIDDEN: [&str; 3] = [".cargo", ".ci", ".gitignore"];

pub(super) fn check(paths: &[String]) -> Vec<Finding> {
    let left_behind = paths.iter().filter(|path| {
        let entry = path.split('/').next().unwrap_or_default();
        entry.starts_with('.') && !HIDDEN.contains(&entry)
    });
    let message = "a tool left this in the root: take it out, and let the tool write below target/";
    let mut findings: Vec<Finding> = left_behind.map(|path| Finding::new(path, 1, message)).collect();
    let unnamed =
        paths.iter().filter(|path| path.ends_with(".rs") || path.ends_with(".py")).filter_map(|path| {
            let name = path.split('/').find(|part| {
                let stem = part.rsplit_once('.').map_or(*part, |(stem, _)| stem);
                FORBIDDEN.contains(&stem) || stem.ends_with("_utils") || stem.ends_with("_v2")
            })?;
            Some(Finding::new(path, 1, format!("`{name}` says nothing: name it after its main type or verb")))
        });
    findings.extend(unnamed);
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_say_nothing_are_found() {
        let check =
            |path: &str, expected: usize| assert_eq!(check(&[path.to_owned()]).len(), expected, "{path}");
        check("crates/edm-model/src/utils.rs", 1);
        check("crates/edm-model/src/common/mod.rs", 1);
        check("crates/edm-model/src/string_utils.rs", 1);
        check("crates/edm-model/src/block_v2.rs", 1);
        check("tests/conformance/helpers.py", 1);
        check("crates/edm-model/src/column.rs", 0);
        check("docs/common.md", 0);
        check(".tool/cache/manifest.json", 1);
        check(".gitignore", 0);
    }
}
