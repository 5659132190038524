//! Bounds that a scan met, and explanations: why a value that was found is no match
//! (`docs/matching.md`, Explanations).
//!
//! Everything here names columns, records and offsets, never a value. The words of the wire are in
//! `edm-graph`.

use std::fmt;

use crate::{ProximityUnit, SessionId};

/// A bound that a scan met, so that something may have been left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum LimitKind {
    /// More matches were found than are listed.
    Matches,
    /// Evidence may be further away than is looked at.
    Proximity,
    /// The row checks of a part of the text were used up.
    RowChecks,
    /// A value has more rows than are looked at.
    RowSet,
    /// More distinct values or records were found than are counted.
    Unique,
}

impl LimitKind {
    /// All kinds.
    pub const ALL: [Self; 5] = [Self::Matches, Self::Proximity, Self::RowChecks, Self::RowSet, Self::Unique];

    /// Returns whether matches may be missing from a report in which this bound was met. A text
    /// with such a report is not redacted, and was not searched as a whole.
    pub const fn may_hide_matches(self) -> bool {
        match self {
            // What is beyond the proximity is no match by definition.
            Self::Proximity => false,
            Self::Matches | Self::RowChecks | Self::RowSet | Self::Unique => true,
        }
    }
}

impl fmt::Display for LimitKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Matches => "more matches were found than are listed",
            Self::Proximity => "evidence may be further away than is looked at",
            Self::RowChecks => "the row checks of a part of the text were used up",
            Self::RowSet => "a value has more rows than are looked at",
            Self::Unique => "more distinct values were found than are counted",
        })
    }
}

/// Why a value that was found is no match.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reason {
    /// All of its rows are excluded by the request, or one of those that reach its best pattern is.
    Exempt,
    /// It is in none of the given spans.
    OutsideSpans,
    /// It is a part of a longer card or account number that has check digits.
    InsideNumber,
    /// Row checks were used up around it, or not all of its rows were looked at.
    Limit,
    /// A column that voids the pattern is near.
    Voided,
    /// There are more facts than the pattern allows.
    TooManyFacts,
    /// It is joined to other characters, and has no fact.
    Attached,
    /// The record has fewer cells in the counted columns than the pattern needs.
    EmptyInRow,
    /// A fact is beyond the proximity.
    FactTooFar,
    /// A value of the record is in one run with it, or shares characters with it or with another
    /// fact.
    InOneRun,
    /// What is near belongs to another record.
    FactOfAnotherRow,
    /// A value of the record is too short to count.
    ShortValue,
    /// It has too few letters and digits to be a primary value.
    WeakValue,
    /// A value of the record is near in a column that the pattern does not count.
    NotCounted,
    /// A value of the record is near in a column whose values many records share.
    WeakColumn,
    /// Nothing else of the record was found.
    TooFewFacts,
}

/// A record by its number, and by the session that brought it where there are several.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RecordName {
    /// Its number: the first after the header is 1.
    pub record: u64,
    /// The session; `None` where one session brought all records.
    pub session: Option<SessionId>,
}

impl fmt::Display for RecordName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.session {
            Some(session) => write!(f, "row {} of session {session}", self.record),
            None => write!(f, "row {}", self.record),
        }
    }
}

/// The records of a value: the first, and how many more there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Records {
    /// The first; `None` if no record was looked at.
    pub first: Option<RecordName>,
    /// How many there are besides.
    pub more: usize,
}

impl fmt::Display for Records {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.first, self.more) {
            (None, _) => f.write_str("belongs to no row that was looked at"),
            (Some(first), 0) => write!(f, "belongs to {first}"),
            (Some(first), more) => write!(f, "belongs to {first} and {more} more"),
        }
    }
}

/// A value near the explained one: its column and its offset, in the units of the request.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ValuePlace {
    /// The name of its column.
    pub column: String,
    /// Where it begins.
    pub offset: u64,
}

impl fmt::Display for ValuePlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {}", self.column, self.offset)
    }
}

/// How many values of which columns a pattern counts.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ColumnCount {
    /// How many.
    pub count: usize,
    /// The names of the columns.
    pub columns: Vec<String>,
}

/// What became of a value of the same record near the explained one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RecordValue {
    /// It is a fact, or nothing is known against it.
    Fact,
    /// It voids the match.
    Voids,
    /// Its column is not counted.
    NotCounted,
    /// It is too short to count.
    Short,
    /// It is attached, and counts only beside values that are not.
    Attached,
    /// It is in one unbreakable run with another value.
    InOneRun,
    /// It shares characters with another value.
    Covered,
    /// It is this far away, and no more than `allowed` are.
    Far {
        /// The distance, in `unit`.
        away: u64,
        /// The largest distance that a pattern allows.
        allowed: u64,
        /// Characters or words.
        unit: ProximityUnit,
    },
    /// It is not in the same row of a table in the text.
    InAnotherTableRow,
}

impl fmt::Display for RecordValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fact => Ok(()),
            Self::Voids => f.write_str(" and voids the match"),
            Self::NotCounted => f.write_str(" and not counted"),
            Self::Short => f.write_str(" and too short to count"),
            Self::Attached => {
                f.write_str(" and attached, and only one attached value counts, beside one that is not")
            }
            Self::InOneRun => f.write_str(" and is in one run with another value, which counts once"),
            Self::Covered => f.write_str(" and shares characters with another value, which counts once"),
            Self::Far { away, allowed, unit } => {
                let unit = if *unit == ProximityUnit::Words { "words" } else { "characters" };
                write!(f, ", {away} {unit} away, and {allowed} are allowed")
            }
            Self::InAnotherTableRow => f.write_str(", and not in the same table row"),
        }
    }
}

/// One observation about a value that is no match. Its `Display` is the sentence for the client.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Note {
    /// Whose the explained value is.
    Own {
        /// Its column.
        column: String,
        /// Its records.
        records: Records,
    },
    /// Whose a value near it is.
    Neighbour {
        /// The value.
        place: ValuePlace,
        /// Its records.
        records: Records,
    },
    /// Records are excluded by the request.
    Excluded {
        /// The record; `None`: all of the value's.
        record: Option<RecordName>,
        /// The columns by whose values.
        columns: Vec<String>,
    },
    /// It is a part of a longer number.
    InsideNumber,
    /// It is in none of the given spans.
    OutsideSpans,
    /// The row checks of this part of the text are used up.
    RowChecksUsedUp,
    /// Those of explanations are.
    ExplanationChecksUsedUp,
    /// What a pattern needs, and how much of it is there.
    Needs {
        /// The pattern's confidence.
        confidence: u8,
        /// What it needs.
        groups: Vec<ColumnCount>,
        /// How many facts were found near.
        found: usize,
    },
    /// What a pattern allows at most.
    AllowsAtMost {
        /// The pattern's confidence.
        confidence: u8,
        /// What it allows.
        groups: Vec<ColumnCount>,
    },
    /// A value of the same record.
    SameRecord {
        /// The value.
        place: ValuePlace,
        /// What became of it.
        value: RecordValue,
    },
    /// Cells of the record that are empty.
    Empty {
        /// Their columns.
        columns: Vec<String>,
    },
    /// The value is joined to other characters.
    Joined {
        /// Its column.
        column: String,
    },
    /// Only some of its rows were looked at.
    RowsLookedAt {
        /// How many.
        count: usize,
    },
    /// The text goes on beyond what was looked at.
    LookedWithin {
        /// The bytes that were looked at on either side.
        bytes: usize,
    },
    /// It is in one run with a primary value of the same record.
    InOneRunWith {
        /// That value.
        place: ValuePlace,
    },
    /// A value near it is matched as another record.
    MatchedAs {
        /// That value.
        place: ValuePlace,
        /// The record.
        record: RecordName,
    },
    /// Its column is not counted by the match that is near.
    NotCountedThere {
        /// Its column.
        column: String,
    },
    /// Many records share the values of a column.
    WeakColumn {
        /// The column.
        column: String,
    },
    /// It has too few letters and digits to be a primary value.
    WeakValue,
    /// No primary value is near.
    NothingNear,
}

fn counts(groups: &[ColumnCount]) -> String {
    let group = |group: &ColumnCount| format!("{} of {}", group.count, group.columns.join(", "));
    groups.iter().map(group).collect::<Vec<_>>().join(" and ")
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Own { column, records } => write!(f, "{column} here {records}"),
            Self::Neighbour { place, records } => write!(f, "{place} {records}"),
            Self::Excluded { record: Some(record), columns } => {
                write!(f, "{record} is exempt by {}", columns.join(", "))
            }
            Self::Excluded { record: None, columns } => {
                write!(f, "all of these rows are exempt by {}", columns.join(", "))
            }
            Self::InsideNumber => f.write_str("it is a part of a longer card or account number"),
            Self::OutsideSpans => f.write_str("it is in none of the given spans"),
            Self::RowChecksUsedUp => f.write_str("the row checks of this part of the text are used up"),
            Self::ExplanationChecksUsedUp => {
                f.write_str("the row checks for explanations of this part of the text are used up")
            }
            Self::Needs { confidence, groups, found } => {
                write!(f, "confidence {confidence} needs {}; {found} found near", counts(groups))
            }
            Self::AllowsAtMost { confidence, groups } => {
                write!(f, "confidence {confidence} allows at most {}", counts(groups))
            }
            Self::SameRecord { place, value } => write!(f, "{place} is of the same record{value}"),
            Self::Empty { columns } => write!(f, "empty in the record: {}", columns.join(", ")),
            Self::Joined { column } => {
                write!(f, "{column} here is joined to other characters and needs a fact")
            }
            Self::RowsLookedAt { count } => write!(f, "only {count} of its rows were looked at"),
            Self::LookedWithin { bytes } => {
                write!(f, "nothing else of the record was found within {bytes} bytes")
            }
            Self::InOneRunWith { place } => write!(f, "it is in one run with {place}, which counts once"),
            Self::MatchedAs { place, record } => write!(f, "{place} is matched as {record}"),
            Self::NotCountedThere { column } => write!(f, "{column} is not counted there"),
            Self::WeakColumn { column } => {
                write!(f, "{column} has values that many records share, so no pattern begins with it")
            }
            Self::WeakValue => f.write_str(
                "it has fewer than 5 letters and digits, or neither a digit nor @: too little to begin with",
            ),
            Self::NothingNear => f.write_str("no value that a match begins with is near it"),
        }
    }
}
