//! Import circles between the modules of a crate. Each must be listed here with its reason.

use std::collections::{BTreeMap, BTreeSet};

use super::Finding;
use crate::imports::{Modules, Path};
use crate::source::SourceFile;

/// An allowed circle.
struct Circle {
    krate: &'static str,
    /// The modules in it.
    modules: &'static [&'static str],
    reason: &'static str,
}

/// The list may only shrink.
const ALLOWED: [Circle; 3] = [
    Circle {
        krate: "edm-graph",
        modules: &["schema::actions", "schema::service"],
        reason: "Graph binds actions to the service, and the service lists them",
    },
    Circle {
        krate: "edm-graph",
        modules: &["schema::sessions", "schema::stores"],
        reason: "the two entity types of Graph navigate to one another",
    },
    Circle {
        krate: "edm",
        modules: &["command::profile", "command::upload", "command::upload::create"],
        reason: "an upload may make the store by the table's profile, and a profile prints what an upload would refuse",
    },
];

pub(super) fn check(files: &[SourceFile]) -> Vec<Finding> {
    let folders: BTreeSet<&str> =
        files.iter().filter_map(|file| Some(file.path.split_at(file.path.find("/src/")? + 5).0)).collect();
    let ours = folders.into_iter().filter(|folder| folder.starts_with("crates/") || *folder == "xtask/src/");
    let mut findings = Vec::new();
    for folder in ours {
        let krate = folder.trim_start_matches("crates/").trim_end_matches("/src/");
        let modules = Modules::of_crate(files, folder);
        for circle in circles(&modules.imports()) {
            let names: Vec<String> = circle.iter().map(|path| path.join("::")).collect();
            if !ALLOWED.iter().any(|allowed| allowed.holds(krate, &names)) {
                let message = format!(
                    "a circle of {} modules: {}. Move what they share below them, or name it in tidy's list",
                    names.len(),
                    names.join(", ")
                );
                findings.push(Finding::new(folder, 1, message));
            }
        }
    }
    findings
}

impl Circle {
    fn holds(&self, krate: &str, names: &[String]) -> bool {
        let is_named = |name: &String| self.modules.contains(&name.as_str());
        !self.reason.is_empty() && self.krate == krate && names.iter().all(is_named)
    }
}

/// Returns the sets of modules that reach one another. A module's use of its ancestors' items is
/// left out, because it is a part of them.
fn circles<'a>(imports: &BTreeMap<&'a Path, BTreeSet<&'a Path>>) -> Vec<Vec<&'a Path>> {
    let reached: BTreeMap<&Path, BTreeSet<&Path>> =
        imports.keys().map(|module| (*module, reachable(module, imports))).collect();
    let meet = |a: &'a Path, b: &'a Path| {
        reached.get(a).is_some_and(|set| set.contains(b)) && reached.get(b).is_some_and(|set| set.contains(a))
    };
    let mut left: Vec<&Path> = imports.keys().copied().filter(|module| meet(module, module)).collect();
    let mut circles = Vec::new();
    while let Some(first) = left.first().copied() {
        let (circle, rest) = left.into_iter().partition(|module| meet(first, module));
        circles.push(circle);
        left = rest;
    }
    circles
}

fn reachable<'a>(from: &'a Path, imports: &BTreeMap<&'a Path, BTreeSet<&'a Path>>) -> BTreeSet<&'a Path> {
    let (mut reached, mut waiting) = (BTreeSet::new(), vec![from]);
    while let Some(module) = waiting.pop() {
        for next in imports.get(module).into_iter().flatten() {
            if !module.starts_with(next) && reached.insert(*next) {
                waiting.push(next);
            }
        }
    }
    reached
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn circles_are_found() {
        let check = |modules: &[(&str, &[&str])], expected: &[&str]| {
            let path = |name: &str| name.split('/').map(str::to_owned).collect::<Path>();
            let owned: Vec<(Path, Vec<Path>)> = modules
                .iter()
                .map(|(name, uses)| (path(name), uses.iter().map(|name| path(name)).collect()))
                .collect();
            let imports = owned.iter().map(|(name, uses)| (name, uses.iter().collect())).collect();
            let found: Vec<String> = circles(&imports)
                .iter()
                .map(|circle| circle.iter().map(|path| path.join("/")).collect::<Vec<_>>().join(" "))
                .collect();
            assert_eq!(found, expected);
        };
        check(&[("a", &["b"]), ("b", &["c"]), ("c", &[])], &[]);
        check(&[("a", &["b"]), ("b", &["c"]), ("c", &["a"]), ("d", &["a"])], &["a b c"]);
        check(&[("a", &["b"]), ("b", &["a"]), ("c", &["d"]), ("d", &["c", "a"])], &["a b", "c d"]);
        // A child may use what its parent defines.
        check(&[("a", &["a/b"]), ("a/b", &["a"])], &[]);
        check(&[("a", &["a/b"]), ("a/b", &["c"]), ("c", &["a"])], &["a a/b c"]);
    }
}
