//! The wire's words for limits that a scan reached, and for the reasons of explanations.

use edm_model::{LimitKind, Reason};

/// Returns the word for a limit.
pub const fn limit_code(kind: LimitKind) -> &'static str {
    match kind {
        LimitKind::Matches => "matchLimit",
        LimitKind::Proximity => "proximityLimit",
        LimitKind::RowChecks => "rowCheckLimit",
        LimitKind::RowSet => "rowSetLimit",
        LimitKind::Unique => "uniqueLimit",
    }
}

/// Returns the limit that a word means; `None` if the word is unknown, as of a later version.
pub fn limit_kind(code: &str) -> Option<LimitKind> {
    LimitKind::ALL.into_iter().find(|kind| limit_code(*kind) == code)
}

/// Returns the word for a reason (`docs/matching.md`, Explanations).
pub const fn reason_code(reason: Reason) -> &'static str {
    match reason {
        Reason::Exempt => "exempt",
        Reason::OutsideSpans => "outsideContentClassifications",
        Reason::InsideNumber => "insideNumber",
        Reason::Limit => "limit",
        Reason::Voided => "voided",
        Reason::TooManyFacts => "tooManyFacts",
        Reason::Attached => "attached",
        Reason::EmptyInRow => "emptyInRow",
        Reason::FactTooFar => "factTooFar",
        Reason::InOneRun => "inOneRun",
        Reason::FactOfAnotherRow => "factOfAnotherRow",
        Reason::ShortValue => "shortValue",
        Reason::WeakValue => "weakValue",
        Reason::NotCounted => "notCounted",
        Reason::WeakColumn => "weakColumn",
        Reason::TooFewFacts => "tooFewFacts",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_limit_has_a_word_of_its_own() {
        for kind in LimitKind::ALL {
            assert_eq!(limit_kind(limit_code(kind)), Some(kind));
        }
        assert_eq!(limit_kind("matchlimit"), None);
    }
}
