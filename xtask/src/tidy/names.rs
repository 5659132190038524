//! STYLE 4: a file is named after its main type or verb.

use super::Finding;

const FORBIDDEN: [&str; 12] = [
    "utils", "util", "common", "misc", "helpers", "helper", "v2", "old", "new", "stuff", "shared", "prelude",
];

pub(super) fn check(paths: &[String]) -> Vec<Finding> {
    paths
        .iter()
        .filter(|path| path.ends_with(".rs") || path.ends_with(".py"))
        .filter_map(|path| {
            let name = path.split('/').find(|part| {
                let stem = part.rsplit_once('.').map_or(*part, |(stem, _)| stem);
                FORBIDDEN.contains(&stem) || stem.ends_with("_utils") || stem.ends_with("_v2")
            })?;
            Some(Finding::new(path, 1, format!("`{name}` says nothing: name it after its main type or verb")))
        })
        .collect()
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
    }
}
