//! Checks the rules of ARCHITECTURE.md and STYLE.md that a program can check.

mod absences;
mod circles;
mod comment_width;
mod edges;
mod indexing;
mod links;
mod names;
mod paths;
mod serde_places;
mod size;
mod tuple_parameters;
mod unfinished;
mod unsafe_places;
mod unused;

pub(crate) use size::FUNCTION_LINES_MAX;

use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Context, bail};

use crate::source::{self, SourceFile};

/// A broken rule and its location.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Finding {
    path: String,
    line: usize,
    message: String,
}

impl Finding {
    fn new(path: &str, line: usize, message: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line, message: message.into() }
    }
}

/// Checks the tree and prints the findings.
pub(crate) fn run(root: &Path) -> anyhow::Result<ExitCode> {
    let paths = tracked_files(root)?;
    let metadata = metadata(root)?;
    let mut findings = edges::check(&metadata)?;
    findings.extend(names::check(&paths));
    let texts = read_texts(root, &paths);
    let pages = links::Pages::new(&paths, &texts);
    for (path, text) in &texts {
        findings.extend(paths::check(path, text, root));
        if path.ends_with(".md") {
            findings.extend(links::check_page(&pages, path, text));
        }
    }
    let sources = source::parse_all(texts);
    findings.extend(unused::check(&metadata, &sources)?);
    for file in &sources {
        findings.extend(check_source(file));
        findings.extend(links::check_comments(&pages, file));
    }
    findings.extend(circles::check(&sources));
    findings.extend(indexing::missing(&paths));
    findings.extend(unsafe_places::missing(&paths));
    findings.sort_by(|a, b| (&a.path, a.line).cmp(&(&b.path, b.line)));
    for finding in &findings {
        println!("{}:{}: {}", finding.path, finding.line, finding.message);
    }
    if findings.is_empty() {
        println!("tidy: {} files, {} of them Rust, nothing to complain about", paths.len(), sources.len());
        return Ok(ExitCode::SUCCESS);
    }
    println!("tidy: {} findings", findings.len());
    Ok(ExitCode::FAILURE)
}

fn check_source(file: &SourceFile) -> Vec<Finding> {
    let checks = [
        size::check,
        unfinished::check,
        indexing::check,
        unsafe_places::check,
        serde_places::check,
        absences::check,
        comment_width::check,
        tuple_parameters::check,
    ];
    checks.iter().flat_map(|check| check(file)).collect()
}

/// Returns the files that git tracks or would track, so that a new file is checked before it is
/// added.
pub(crate) fn tracked_files(root: &Path) -> anyhow::Result<Vec<String>> {
    let listed = output(root, "git", &["ls-files", "-z", "--cached", "--others", "--exclude-standard"])?;
    let mut paths: Vec<String> = listed
        .split('\0')
        .filter(|path| !path.is_empty() && root.join(path).is_file())
        .map(str::to_owned)
        .collect();
    paths.sort();
    paths.dedup();
    Ok(paths)
}

fn metadata(root: &Path) -> anyhow::Result<String> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    output(root, &cargo, &["metadata", "--no-deps", "--format-version", "1", "--offline"])
}

fn output(root: &Path, program: &str, arguments: &[&str]) -> anyhow::Result<String> {
    let output = Command::new(program)
        .args(arguments)
        .current_dir(root)
        .output()
        .with_context(|| format!("tidy needs {program}, which cannot be started"))?;
    if !output.status.success() {
        bail!("{program} {} failed: {}", arguments.join(" "), String::from_utf8_lossy(&output.stderr).trim());
    }
    String::from_utf8(output.stdout).with_context(|| format!("{program} printed bytes that are not UTF-8"))
}

/// Returns the text files. A file that is not UTF-8 is a fixture and is not checked.
pub(crate) fn read_texts(root: &Path, paths: &[String]) -> Vec<(String, String)> {
    paths
        .iter()
        .filter_map(|path| std::fs::read_to_string(root.join(path)).ok().map(|text| (path.clone(), text)))
        .collect()
}
