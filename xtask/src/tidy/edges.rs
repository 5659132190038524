//! The dependencies between crates: the table of ARCHITECTURE.md, checked against the manifests.

use anyhow::Context;
use serde_json::Value;

use super::Finding;

/// Every allowed edge between our crates. Any other is forbidden.
const ALLOWED: [(&str, &[&str]); 13] = [
    (
        "edm",
        &[
            "edm-server",
            "edm-agent",
            "edm-service",
            "edm-engine",
            "edm-extract",
            "edm-graph",
            "edm-hash",
            "edm-log",
            "edm-model",
        ],
    ),
    ("edm-server", &["edm-service", "edm-graph", "edm-model"]),
    ("edm-service", &["edm-engine", "edm-extract", "edm-store", "edm-block", "edm-hash", "edm-model"]),
    ("edm-agent", &["edm-graph", "edm-block", "edm-extract", "edm-hash", "edm-model"]),
    ("edm-engine", &["edm-hash", "edm-model"]),
    ("edm-block", &["edm-hash", "edm-model"]),
    ("edm-store", &["edm-model"]),
    ("edm-graph", &["edm-model"]),
    ("edm-hash", &["edm-model"]),
    ("edm-extract", &[]),
    ("edm-log", &[]),
    ("edm-model", &[]),
    ("xtask", &[]),
];

/// Crates for tests only. They may use any of our crates, and only tests may use them.
const TEST_ONLY: [&str; 1] = ["edm-testkit"];

/// Third-party crates that only these of our crates may use.
const KEPT_INSIDE: [(&str, &[&str]); 6] = [
    ("anyhow", &["edm", "xtask"]),
    ("clap", &["edm"]),
    ("hyper", &["edm-agent", "edm-server"]),
    ("object_store", &["edm-store"]),
    ("sqlx", &["edm-store"]),
    ("edm-testkit", &[]),
];

/// Crates without I/O, async and serde.
const PURE: [&str; 5] = ["edm-model", "edm-hash", "edm-block", "edm-engine", "edm-extract"];
const IMPURE: [&str; 5] = ["tokio", "serde", "serde_json", "reqwest", "tracing"];

/// Checks the output of `cargo metadata --no-deps`.
pub(super) fn check(metadata: &str) -> anyhow::Result<Vec<Finding>> {
    let metadata: Value = serde_json::from_str(metadata).context("cargo metadata printed no JSON")?;
    let packages = metadata["packages"].as_array().context("cargo metadata names no packages")?;
    let ours: Vec<&str> = packages.iter().filter_map(|package| package["name"].as_str()).collect();
    let mut findings = Vec::new();
    for package in packages {
        let name = package["name"].as_str().context("a package has no name")?;
        let manifest =
            if name == "xtask" { "xtask/Cargo.toml".to_owned() } else { format!("crates/{name}/Cargo.toml") };
        for dependency in package["dependencies"].as_array().into_iter().flatten() {
            let wanted = dependency["name"].as_str().unwrap_or_default();
            let for_tests = dependency["kind"] == "dev";
            if let Some(message) = judge(name, wanted, for_tests, ours.contains(&wanted)) {
                findings.push(Finding::new(&manifest, 1, message));
            }
        }
    }
    Ok(findings)
}

fn judge(name: &str, wanted: &str, for_tests: bool, is_ours: bool) -> Option<String> {
    if TEST_ONLY.contains(&name) || (for_tests && TEST_ONLY.contains(&wanted)) {
        return None;
    }
    if is_ours {
        let Some((_, allowed)) = ALLOWED.iter().find(|(from, _)| *from == name) else {
            return Some(format!(
                "{name} has no line in tidy's table of edges: decide what it may depend on"
            ));
        };
        // A crate's tests may name the crate itself to enable features.
        let allowed = allowed.contains(&wanted) || wanted == name;
        return (!allowed).then(|| format!("{name} must not depend on {wanted} (ARCHITECTURE.md, Code map)"));
    }
    if for_tests {
        return None;
    }
    let kept = KEPT_INSIDE.iter().find(|(outside, users)| *outside == wanted && !users.contains(&name));
    if let Some((outside, users)) = kept {
        return Some(format!("{name} must not depend on {outside}: only {} may", users.join(", ")));
    }
    (PURE.contains(&name) && IMPURE.contains(&wanted))
        .then(|| format!("{name} is pure: it must not use {wanted}"))
}

#[cfg(test)]
mod tests {
    #[test]
    fn forbidden_edges_are_found() {
        let check = |name: &str, dependency: &str, kind: &str, expected: usize| {
            let kind = if kind.is_empty() { "null".to_owned() } else { format!("\"{kind}\"") };
            let packages: Vec<String> =
                ["edm", "edm-server", "edm-agent", "edm-engine", "edm-model", "edm-hash"]
                    .iter()
                    .chain(["edm-store", "edm-testkit", "edm-unknown"].iter())
                    .map(|known| {
                        let dependencies = if *known == name {
                            format!("{{\"name\": \"{dependency}\", \"kind\": {kind}}}")
                        } else {
                            String::new()
                        };
                        format!("{{\"name\": \"{known}\", \"dependencies\": [{dependencies}]}}")
                    })
                    .collect();
            let findings = super::check(&format!("{{\"packages\": [{}]}}", packages.join(",")));
            assert_eq!(findings.expect("the JSON is whole").len(), expected, "{name} -> {dependency} {kind}");
        };
        check("edm-engine", "edm-hash", "", 0);
        check("edm-engine", "edm-store", "", 1);
        check("edm-agent", "edm-engine", "", 1);
        check("edm-agent", "edm-engine", "dev", 1);
        check("edm-agent", "edm-engine", "build", 1);
        check("edm-model", "edm-hash", "", 1);
        check("edm-server", "edm-testkit", "", 1);
        check("edm-server", "edm-testkit", "dev", 0);
        check("edm-testkit", "edm-server", "", 0);
        check("edm-unknown", "edm-model", "", 1);
        check("edm-hash", "tokio", "", 1);
        check("edm-server", "sqlx", "", 1);
        check("edm-store", "anyhow", "", 1);
        check("edm", "anyhow", "", 0);
    }
}
