//! What to look for in a text, and how.

use edm_engine::CandidateSpan;
use edm_model::{OffsetUnit, limits};

use crate::error::{Error, ErrorKind, Resource};

/// What to look for in a text, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MatchOptions {
    /// The types to look for, as they were named; empty is all of them.
    pub type_ids: Vec<String>,
    /// Matches below this are counted, not listed. `None` lists all matches of a classification; a
    /// redaction then goes by the redact confidence of each type.
    pub minimum_confidence: Option<u8>,
    /// Where primary values must be; everywhere if empty.
    pub candidates: Vec<CandidateSpan>,
    /// The unit of offsets: those of candidates and those in the report.
    pub offset_unit: OffsetUnit,
    /// Columns, and values whose rows are left out.
    pub exempt: Vec<(String, Vec<String>)>,
    /// Whether to say why values that were found are no match.
    pub explain: bool,
    /// How long a text may take.
    pub timeout_ms: Option<u64>,
    /// What happens where the live data of a type cannot be read.
    pub unavailable: Unavailable,
}

/// What happens where no type is named and the live data of one cannot be read. A request that
/// names the type is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Unavailable {
    /// The report names the omission.
    #[default]
    Reported,
    /// The request is refused: a redaction must be complete, and the result of a job is not
    /// checked again.
    Refused,
}

impl Default for MatchOptions {
    /// Everything, everywhere.
    fn default() -> Self {
        Self {
            type_ids: Vec::new(),
            minimum_confidence: None,
            candidates: Vec::new(),
            offset_unit: OffsetUnit::Utf16,
            exempt: Vec::new(),
            explain: false,
            timeout_ms: None,
            unavailable: Unavailable::Reported,
        }
    }
}

impl MatchOptions {
    /// Fails unless every option is within its bounds.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let allowed = limits::REQUEST_ITEMS_MAX;
        let exempt_count: usize = self.exempt.iter().map(|(_, values)| values.len() + 1).sum();
        let counts = [
            ("sensitiveTypeIds", self.type_ids.len()),
            ("contentClassifications", self.candidates.len()),
            ("exempt", exempt_count),
        ];
        if let Some((target, _)) = counts.iter().find(|(_, count)| *count > allowed) {
            let allowed = allowed as u64;
            return Err(Error::of(ErrorKind::TooMany { what: Resource::RequestItem, allowed }).at(*target));
        }
        if self.minimum_confidence.is_some_and(|confidence| !(1..=100).contains(&confidence)) {
            return Err(Error::invalid("minimumConfidence", "minimumConfidence is 1 to 100"));
        }
        if self.timeout_ms == Some(0) {
            return Err(Error::invalid("timeoutInMs", "timeoutInMs is a positive number of milliseconds"));
        }
        Ok(())
    }
}
