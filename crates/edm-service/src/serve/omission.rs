//! The types for which a text is not searched, and why.

use edm_model::SensitiveTypeId;

/// A type for which a text was not searched, or not with the data that is live.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Omission {
    /// The type; `None` if nothing at all was searched for.
    pub type_id: Option<SensitiveTypeId>,
    /// Why.
    pub reason: OmissionReason,
}

/// Why a text was not searched for a type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OmissionReason {
    /// Its data store has no data yet.
    NoData,
    /// Its data store has data, and no pattern of the type fits it.
    NoPattern,
    /// Its data store has data, and some patterns of the type name columns that the data lacks.
    SomePatterns,
    /// The live data cannot be read.
    DataUnavailable,
    /// The live data cannot be read; the text was searched with the data before it.
    DataStale,
}

impl OmissionReason {
    /// Returns the code that a caller may rely on.
    pub const fn code(self) -> &'static str {
        match self {
            OmissionReason::NoData | OmissionReason::NoPattern => "nothingLookedFor",
            OmissionReason::SomePatterns => "patternsSkipped",
            OmissionReason::DataUnavailable => "dataUnavailable",
            OmissionReason::DataStale => "dataStale",
        }
    }
}

impl Omission {
    /// Returns the sentence for a caller: what was not searched for, and what to do.
    pub const fn sentence(self) -> &'static str {
        match (self.reason, self.type_id) {
            (OmissionReason::NoData, None) => {
                "no data store has data yet, so nothing was looked for: upload a table first"
            }
            (OmissionReason::NoData, Some(_)) => {
                "the data store of this type has no data yet, so nothing was looked for: upload its table first"
            }
            (OmissionReason::NoPattern, _) => {
                "no pattern of this type fits the live data of its data store, so nothing was looked for: see the type's \
                 warnings"
            }
            (OmissionReason::SomePatterns, _) => {
                "some patterns of this type name columns that the live data does not have, so nothing was looked for by \
                 them: see the type's warnings"
            }
            (OmissionReason::DataUnavailable, _) => {
                "the live data of this type cannot be read, so the text was not searched for it: restore its files from \
                 a backup, or upload its table again"
            }
            (OmissionReason::DataStale, _) => {
                "the live data of this type cannot be read, so the text was searched with the table before it: restore \
                 its files from a backup, or upload its table again"
            }
        }
    }
}
