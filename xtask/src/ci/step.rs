//! Runs one command of a step. Passes its output through line by line, and collects the counts in
//! it.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Mutex;

use anyhow::Context;

/// The numbers of passed and failed tests.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) passed: u64,
    pub(super) failed: u64,
}

impl Counts {
    pub(super) fn add(&mut self, other: Counts) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

/// The result of a step.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    success: bool,
    /// The counts that the step's programs printed; `None` for a step that is a single check.
    counted: Counts,
    /// Standard output and error, for a step that inspects them.
    pub(super) lines: Vec<String>,
    /// A remark for the summary.
    pub(super) note: Option<String>,
}

impl Outcome {
    pub(super) fn passed() -> Self {
        Self { success: true, ..Self::default() }
    }

    pub(super) fn failed() -> Self {
        Self::default()
    }

    pub(super) fn is_success(&self) -> bool {
        self.success
    }

    /// Returns the counts of the step: those of its programs, or one for the step itself.
    pub(super) fn as_counts(&self) -> Counts {
        let mut counts = self.counted;
        match (self.success, counts) {
            (true, Counts { passed: 0, .. }) => counts.passed = 1,
            (false, Counts { failed: 0, .. }) => counts.failed = 1,
            _ => {}
        }
        counts
    }
}

/// Makes a cargo command in the root of the workspace.
pub(super) fn cargo(root: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned()));
    command.args(arguments).current_dir(root);
    command
}

/// Runs a command to its end without standard input. Fails only if it cannot be started.
pub(super) fn run(mut command: Command) -> anyhow::Result<Outcome> {
    let name = command.get_program().to_string_lossy().into_owned();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("{name} cannot be started"))?;
    let stdout = child.stdout.take().context("standard output is piped")?;
    let stderr = child.stderr.take().context("standard error is piped")?;
    let lines = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        scope.spawn(|| pass_through(stdout, &lines));
        scope.spawn(|| pass_through(stderr, &lines));
    });
    let status = child.wait().with_context(|| format!("{name} cannot be waited for"))?;
    let lines = lines.into_inner().unwrap_or_default();
    let mut counted = Counts::default();
    for counts in lines.iter().filter_map(|line| read_counts(line)) {
        counted.add(counts);
    }
    Ok(Outcome { success: status.success(), counted, lines, note: None })
}

fn pass_through(from: impl Read, lines: &Mutex<Vec<String>>) {
    let mut reader = BufReader::new(from);
    let mut bytes = Vec::new();
    while reader.read_until(b'\n', &mut bytes).is_ok_and(|length| length > 0) {
        let line = String::from_utf8_lossy(&bytes).trim_end().to_owned();
        println!("{line}");
        if let Ok(mut lines) = lines.lock() {
            lines.push(line);
        }
        bytes.clear();
    }
}

/// Parses the last line of nextest, of `cargo test` or of our suites.
fn read_counts(line: &str) -> Option<Counts> {
    let words: Vec<&str> =
        line.split_whitespace().map(|word| word.trim_end_matches([',', ';', '.'])).collect();
    let before = |wanted: &str| {
        let position = words.iter().position(|word| *word == wanted)?;
        words.get(position.checked_sub(1)?)?.parse::<u64>().ok()
    };
    let is_summary =
        matches!(words.as_slice(), ["Summary", ..] | ["test", "result:", ..] | [_, "passed", _, "failed"]);
    let passed = is_summary.then(|| before("passed")).flatten()?;
    Some(Counts { passed, failed: before("failed").unwrap_or(0) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn last_lines_are_read() {
        let check = |line: &str, expected: Option<(u64, u64)>| {
            let expected = expected.map(|(passed, failed)| Counts { passed, failed });
            assert_eq!(read_counts(line), expected, "{line}");
        };
        check("     Summary [   0.005s] 12 tests run: 12 passed, 3 skipped", Some((12, 0)));
        check(
            "     Summary [   0.005s] 12 tests run: 10 passed (1 slow), 2 failed, 0 skipped",
            Some((10, 2)),
        );
        check("test result: ok. 5 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out", Some((5, 0)));
        check("test result: FAILED. 5 passed; 2 failed; 0 ignored", Some((5, 2)));
        check("41 passed, 1 failed", Some((41, 1)));
        check("ok create a store: 3 passed", None);
        check("    Starting 12 tests across 3 binaries", None);
    }

    #[test]
    fn a_step_counts_as_one_where_it_counts_nothing_itself() {
        assert_eq!(Outcome::passed().as_counts(), Counts { passed: 1, failed: 0 });
        assert_eq!(Outcome::failed().as_counts(), Counts { passed: 0, failed: 1 });
        let counted = Counts { passed: 7, failed: 0 };
        let broken_after = Outcome { success: false, counted, ..Outcome::default() };
        assert_eq!(broken_after.as_counts(), Counts { passed: 7, failed: 1 });
    }
}
