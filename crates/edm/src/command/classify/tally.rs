//! The summary of a run: how much was searched, what was found, and what was not searched, which is
//! always reported.

use std::collections::BTreeSet;

use edm_graph::{ClassificationError, DetectedContent, Diagnostic, limit_kind};
use edm_model::LimitKind;
use serde_json::{Value, json};

use crate::command::upload::counted;
use crate::ending::Ending;
use crate::output::grouped;
use crate::text_input::Survey;

/// Errors of the service as a whole, which are reported once.
const OF_THE_SERVICE: [&str; 3] = ["dataUnavailable", "nothingLookedFor", "sensitiveTypeNotFound"];
/// The code for a text with base64-encoded parts of a mail.
const BASE64_PARTS: &str = "base64Parts";

/// The counts of a run.
#[derive(Debug, Default)]
pub(super) struct Tally {
    files: u64,
    bytes: u64,
    matches: u64,
    /// Matches that a redaction left in the text.
    left: u64,
    gate_tripped: bool,
    not_read: u64,
    not_whole: u64,
    /// Messages printed so far.
    printed: BTreeSet<String>,
    /// Whether the run redacts.
    redacts: bool,
}

/// The result of searching a text.
pub(super) struct Looked<'a> {
    pub(super) found: &'a [DetectedContent],
    pub(super) errors: &'a [ClassificationError],
    pub(super) diagnostics: &'a [Diagnostic],
    pub(super) survey: &'a Survey,
    /// Matches that a redaction left in the text.
    pub(super) left: u32,
}

impl Tally {
    pub(super) fn new(redacts: bool) -> Self {
        Self { redacts, ..Self::default() }
    }

    /// Counts a searched text. Prints the reasons why it was not searched as a whole, and returns
    /// their codes. `gate` is the minimum confidence of a finding; `None` means that of each type.
    pub(super) fn looked(&mut self, name: &str, looked: &Looked<'_>, gate: Option<u8>) -> Vec<String> {
        self.files += 1;
        self.bytes += looked.survey.bytes();
        self.matches += looked.found.iter().map(|found| found.matches.len() as u64).sum::<u64>();
        self.gate_tripped |=
            looked.found.iter().any(|found| found.confidence >= gate.unwrap_or(found.recommended_confidence));
        self.left += u64::from(looked.left);
        if looked.left > 0 {
            eprintln!(
                "edm: {name}: {} below the confidence of a redaction left in the text: --minimum-confidence covers more",
                counted_matches(looked.left.into())
            );
        }
        let cut_short = cut_short(looked);
        if !cut_short.is_empty() {
            self.not_whole += 1;
            self.print_reasons(name, looked, &cut_short);
        }
        cut_short
    }

    fn print_reasons(&mut self, name: &str, looked: &Looked<'_>, cut_short: &[String]) {
        for error in looked.errors {
            let code = error.code.as_str();
            let of = error.target.as_ref().map_or(String::new(), |target| format!(": {target}"));
            let sentence = format!("{} ({code}{of})", error.message);
            if !OF_THE_SERVICE.contains(&code) {
                eprintln!("edm: {name}: {sentence}");
            } else if self.printed.insert(sentence.clone()) {
                let advice = match code {
                    "nothingLookedFor" => {
                        "; upload a table with `edm upload --store NAME --file FILE --wait`"
                    }
                    _ => "",
                };
                eprintln!("edm: {sentence}{advice}");
            }
        }
        if looked.survey.has_base64_parts() {
            eprintln!(
                "edm: {name}: it holds parts of a mail in base64, in which edm does not look yet: save them as files of \
                 their own"
            );
        }
        let is_limit =
            |code: &&String| *code != BASE64_PARTS && !looked.errors.iter().any(|error| error.code == **code);
        let limits: Vec<&str> = cut_short.iter().filter(is_limit).map(String::as_str).collect();
        if !limits.is_empty() {
            eprintln!(
                "edm: {name}: not looked at as a whole: {}; cut it into smaller texts",
                limits.join(", ")
            );
        }
    }

    /// Counts an unread input and prints the reason.
    pub(super) fn not_read(&mut self, name: &str, reason: &str) {
        self.files += 1;
        self.not_read += 1;
        eprintln!("edm: not read: {name}: {reason}");
    }

    /// Counts inputs that the run did not reach.
    pub(super) fn not_reached(&mut self, count: u64) {
        self.files += count;
        self.not_read += count;
    }

    /// Returns how the run ended. `gate` says whether findings affect the status.
    pub(super) fn ending(&self, gate: bool) -> Ending {
        Ending::of_search(gate && self.gate_tripped, self.not_read + self.not_whole == 0)
    }

    /// Returns the summary record for programs.
    pub(super) fn json(&self, ending: Ending) -> Value {
        let mut summary = json!({
            "files": self.files,
            "bytes": self.bytes,
            "matches": self.matches,
            "notRead": self.not_read,
            "notReadAsAWhole": self.not_whole,
            "status": ending.status(),
        });
        if self.redacts
            && let Value::Object(summary) = &mut summary
        {
            summary.insert("belowThreshold".to_owned(), json!(self.left));
        }
        summary
    }

    /// Returns the summary line.
    pub(super) fn line(&self) -> String {
        let found = match self.redacts {
            true => format!(
                "{} covered, {} left below the confidence",
                counted_matches(self.matches),
                grouped(self.left)
            ),
            false => counted_matches(self.matches),
        };
        let mut line = format!("{}, {}, {found}", counted(self.files, "file"), counted(self.bytes, "byte"));
        let mut not = Vec::new();
        if self.not_read > 0 {
            not.push(format!("{} not read", counted(self.not_read, "file")));
        }
        if self.not_whole > 0 {
            not.push(format!("{} not looked at as a whole", counted(self.not_whole, "file")));
        }
        line.push_str("; ");
        if self.files == 0 {
            line.push_str("there was no file to read");
        } else if not.is_empty() {
            line.push_str("all was read");
        } else {
            line.push_str(&not.join(", "));
            line.push_str(", so there may be more matches");
        }
        line
    }
}

fn counted_matches(count: u64) -> String {
    format!("{} match{}", grouped(count), if count == 1 { "" } else { "es" })
}

/// Returns whether a limit may have hidden matches. A code that this program does not know may.
fn may_hide_matches(code: &str) -> bool {
    limit_kind(code).is_none_or(LimitKind::may_hide_matches)
}

/// Returns the codes of the reasons why the server did not search the whole text for every type.
fn cut_short(looked: &Looked<'_>) -> Vec<String> {
    let limits = looked.diagnostics.iter().flat_map(|diagnostic| &diagnostic.classification_limits);
    let limits = limits.map(|limit| &limit.code).filter(|code| may_hide_matches(code));
    let mut codes: Vec<String> =
        looked.errors.iter().map(|error| &error.code).chain(limits).cloned().collect();
    if looked.survey.has_base64_parts() {
        codes.push(BASE64_PARTS.to_owned());
    }
    codes.sort_unstable();
    codes.dedup();
    codes
}

#[cfg(test)]
mod tests {
    use edm_graph::ClassificationLimit;

    use super::*;

    fn error(code: &str) -> ClassificationError {
        ClassificationError { code: code.to_owned(), ..Default::default() }
    }

    #[test]
    fn a_text_is_looked_at_unless_an_error_or_a_limit_cut_the_search() {
        let check = |errors: &[&str], limits: &[&str], expected: &[&str]| {
            let limit = |code: &&str| ClassificationLimit {
                code: (*code).to_owned(),
                allowed_limit: 1,
                impacted_sensitive_type_ids: Vec::new(),
            };
            let diagnostic = Diagnostic {
                classification_limits: limits.iter().map(limit).collect(),
                unmatched_items: Vec::new(),
                classification_id: String::new(),
            };
            let errors: Vec<ClassificationError> = errors.iter().copied().map(error).collect();
            let looked = Looked {
                found: &[],
                errors: &errors,
                diagnostics: &[diagnostic],
                survey: &Survey::default(),
                left: 0,
            };
            let mut tally = Tally::default();
            assert_eq!(tally.looked("text", &looked, None), expected, "{errors:?}");
            let ending = if expected.is_empty() { Ending::Fine } else { Ending::NotRead };
            assert_eq!((tally.ending(false), tally.ending(true)), (ending, ending), "{errors:?}");
        };
        check(&[], &[], &[]);
        check(&[], &["proximityLimit"], &[]);
        check(&["timeout"], &[], &["timeout"]);
        check(&["dataUnavailable"], &[], &["dataUnavailable"]);
        check(&["nothingLookedFor"], &[], &["nothingLookedFor"]);
        check(&["sensitiveTypeNotFound", "timeout"], &[], &["sensitiveTypeNotFound", "timeout"]);
        check(&[], &["rowCheckLimit", "rowSetLimit"], &["rowCheckLimit", "rowSetLimit"]);
        check(&[], &["matchLimit", "matchLimit"], &["matchLimit"]);
    }

    #[test]
    fn a_gate_goes_by_the_confidence_that_was_asked_for_or_the_types_own() {
        let check = |confidence: u8, gate: Option<u8>, cut: &[&str], expected: Ending| {
            let found = DetectedContent { confidence, recommended_confidence: 75, ..Default::default() };
            let errors: Vec<ClassificationError> = cut.iter().copied().map(error).collect();
            let looked = Looked {
                found: &[found],
                errors: &errors,
                diagnostics: &[],
                survey: &Survey::default(),
                left: 0,
            };
            let mut tally = Tally::default();
            tally.looked("text", &looked, gate);
            assert_eq!(tally.ending(true), expected, "{confidence} {gate:?} {cut:?}");
            assert_ne!(tally.ending(false), Ending::Findings);
        };
        check(65, None, &[], Ending::Fine);
        check(75, None, &[], Ending::Findings);
        check(65, Some(60), &[], Ending::Findings);
        check(75, Some(80), &[], Ending::Fine);
        check(65, None, &["timeout"], Ending::NotRead);
        check(75, None, &["timeout"], Ending::FindingsAndNotRead);
    }

    #[test]
    fn the_closing_line_says_what_was_not_read() {
        let check = |tally: &Tally, expected: &str| assert_eq!(tally.line(), expected);
        check(&Tally::new(false), "0 files, 0 bytes, 0 matches; there was no file to read");
        let clean = Tally { files: 1, bytes: 1234, matches: 1, ..Tally::default() };
        check(&clean, "1 file, 1,234 bytes, 1 match; all was read");
        let unread = Tally { files: 9, not_read: 3, not_whole: 1, ..Tally::default() };
        check(
            &unread,
            "9 files, 0 bytes, 0 matches; 3 files not read, 1 file not looked at as a whole, so there may be more matches",
        );
        let redacted = Tally { files: 1, matches: 2, left: 1, ..Tally::new(true) };
        check(&redacted, "1 file, 0 bytes, 2 matches covered, 1 left below the confidence; all was read");
    }
}
