//! All checks that must pass before a change is merged, the cheapest first.

mod attack;
mod python;
mod step;
mod tools;
mod venv;

use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

pub(crate) use python::target_folder;
use step::{Counts, Outcome, cargo};

/// One step: its name, purpose and function.
struct Step {
    name: &'static str,
    purpose: &'static str,
    run: fn(&Path) -> anyhow::Result<Outcome>,
}

const STEPS: [Step; 15] = [
    Step { name: "fmt", purpose: "the code is formatted", run: fmt },
    Step { name: "tidy", purpose: "edges, sizes, names and absences", run: tidy },
    Step { name: "python", purpose: "make the environments of the steps in Python", run: python::prepare },
    Step {
        name: "golden",
        purpose: "the golden vectors are what independent code computes",
        run: python::golden,
    },
    Step { name: "clippy", purpose: "no warning in any target", run: clippy },
    Step { name: "agent", purpose: "edm builds without the server", run: agent },
    Step {
        name: "deny",
        purpose: "bans, licences, sources and advisories of what we depend on",
        run: tools::deny,
    },
    Step { name: "tests", purpose: "unit, table, property and integration tests", run: tools::tests },
    Step { name: "doc-tests", purpose: "the examples in the documentation", run: tools::doc_tests },
    Step { name: "build", purpose: "the binary that the conformance suite drives", run: build },
    Step {
        name: "conformance",
        purpose: "Microsoft's and Azure's own SDKs against a real `edm serve`",
        run: python::conformance,
    },
    Step {
        name: "api",
        purpose: "$metadata and /openapi.json are what they should be, and schemathesis finds no answer beside them",
        run: python::api,
    },
    Step {
        name: "attack",
        purpose: "full disks, damage, idle and hostile clients against a real `edm serve`, in short",
        run: attack::quick,
    },
    Step {
        name: "quality",
        purpose: "recall, cross-row confusions and false positives on a few hundred labelled texts",
        run: python::quick_quality,
    },
    Step {
        name: "bench",
        purpose: "the harness measures what it says, and every side finds what it must; no timing",
        run: bench,
    },
];

/// Folders with a separate workspace, which commands for the main workspace do not cover.
const OWN_WORKSPACES: [&str; 2] = ["fuzz", "bench"];

/// Runs the steps; with arguments, only those whose names start with one of them. A failed step
/// does not stop the others, so that one run reports all problems.
pub(crate) fn run(root: &Path, wanted: &[String]) -> anyhow::Result<ExitCode> {
    let chosen: Vec<&Step> = STEPS
        .iter()
        .filter(|step| wanted.is_empty() || wanted.iter().any(|word| step.name.starts_with(word.as_str())))
        .collect();
    if chosen.is_empty() {
        let names: Vec<&str> = STEPS.iter().map(|step| step.name).collect();
        anyhow::bail!("no step begins with {}; the steps are {}", wanted.join(", "), names.join(", "));
    }
    let start = Instant::now();
    let mut summary = Vec::new();
    let mut total = Counts::default();
    for step in chosen {
        println!("\n==> {}: {}", step.name, step.purpose);
        let step_start = Instant::now();
        let outcome = (step.run)(root).unwrap_or_else(|error| {
            println!("{error:#}");
            Outcome::failed()
        });
        let counts = outcome.as_counts();
        total.add(counts);
        let line = format!(
            "{} {:<12} {:>7.1} s  {} passed, {} failed{}",
            if counts.failed == 0 { "ok  " } else { "FAIL" },
            step.name,
            step_start.elapsed().as_secs_f64(),
            counts.passed,
            counts.failed,
            outcome.note.map(|note| format!("  ({note})")).unwrap_or_default(),
        );
        println!("<== {line}");
        summary.push(line);
    }
    println!("\nSummary, {:.0} s in all", start.elapsed().as_secs_f64());
    for line in &summary {
        println!("{line}");
    }
    println!("{} passed, {} failed", total.passed, total.failed);
    Ok(if total.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Measures detection on the labelled set: all of it next to other programs, writing the page; or a
/// few hundred texts with a debug binary.
pub(crate) fn quality(root: &Path, quick: bool) -> anyhow::Result<ExitCode> {
    if quick {
        return run(root, &["python", "build", "quality"].map(str::to_owned));
    }
    let outcome = python::quality(root)?;
    Ok(if outcome.is_success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Runs every attack on a release binary, or the named ones.
pub(crate) fn attack(root: &Path, names: &[String]) -> anyhow::Result<ExitCode> {
    let outcome = attack::all(root, names)?;
    Ok(if outcome.is_success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn fmt(root: &Path) -> anyhow::Result<Outcome> {
    let mut all = step::run(cargo(root, &["fmt", "--all", "--check"]))?;
    for own in OWN_WORKSPACES {
        let manifest = format!("{own}/Cargo.toml");
        let outcome = step::run(cargo(root, &["fmt", "--manifest-path", &manifest, "--check"]))?;
        if !outcome.is_success() {
            all = outcome;
        }
    }
    Ok(all)
}

fn tidy(root: &Path) -> anyhow::Result<Outcome> {
    let code = crate::tidy::run(root)?;
    Ok(if code == ExitCode::SUCCESS { Outcome::passed() } else { Outcome::failed() })
}

fn clippy(root: &Path) -> anyhow::Result<Outcome> {
    step::run(cargo(root, &["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"]))
}

fn agent(root: &Path) -> anyhow::Result<Outcome> {
    let arguments = [
        "clippy",
        "--package",
        "edm",
        "--no-default-features",
        "--features",
        "agent",
        "--",
        "-D",
        "warnings",
    ];
    step::run(cargo(root, &arguments))
}

fn bench(root: &Path) -> anyhow::Result<Outcome> {
    let tested = step::run(crate::bench::tests(root))?;
    if !tested.is_success() {
        return Ok(tested);
    }
    let groups = ["--quick", "--scan", "--scale", "--ingest", "--api"].map(str::to_owned);
    let code = crate::bench::run(root, &groups)?;
    Ok(if code == ExitCode::SUCCESS { tested } else { Outcome::failed() })
}

fn build(root: &Path) -> anyhow::Result<Outcome> {
    // With `--workspace` the features equal those of the earlier steps, so that little is compiled
    // again.
    step::run(cargo(root, &["build", "--workspace", "--bin", "edm", "--locked"]))
}
