//! What is known of a hit that is no match: `explainer` gathers it, `reason` decides by it and
//! `notes` describes it.

use std::rc::Rc;

use edm_model::Reason;

use crate::prepared::pattern::PatternPlan;
use crate::scan::evidence::outcome::{RowOutcome, Weighed};
use crate::scan::hits::hit::Hit;

/// Live rows of a value, ascending: at most as many as are evaluated.
pub(crate) struct RowSet {
    pub(crate) rows: Vec<u32>,
    /// How many there are.
    pub(crate) count: usize,
}

impl RowSet {
    /// Returns whether the sets have a row in common.
    pub(crate) fn shares(&self, other: &Self) -> bool {
        let (few, many) = if self.rows.len() < other.rows.len() { (self, other) } else { (other, self) };
        few.rows.iter().any(|row| many.rows.binary_search(row).is_ok())
    }
}

/// A hit that is no match, and what is known of it.
pub(crate) struct HitOutcome<'p> {
    pub(crate) hit: Hit,
    /// The rows of its value, excluded ones included.
    pub(crate) rows: Rc<RowSet>,
    pub(crate) cause: Cause<'p>,
}

/// What kept a hit from being a match.
pub(crate) enum Cause<'p> {
    /// None of its rows was checked.
    NoRows,
    /// Rows are excluded by the request: one that reached a pattern, or all.
    Excluded { row: Option<u32>, columns: Vec<usize> },
    /// It is a part of a longer number.
    InsideNumber,
    /// It is in none of the given spans.
    OutsideSpans,
    /// The row checks around it were used up when it was evaluated.
    RowChecksUsedUp,
    /// Those of explanations are.
    ExplanationChecksUsedUp,
    /// It may be a primary value, and reaches no pattern.
    Primary(PrimaryOutcome<'p>),
    /// It may be evidence only.
    Evidence(EvidenceOutcome<'p>),
}

/// The pattern that a primary value misses by least.
pub(crate) struct PrimaryOutcome<'p> {
    pub(crate) pattern: &'p PatternPlan,
    /// What that pattern makes of the row that lacks least, as far around as explanations look.
    pub(crate) outcome: RowOutcome,
    /// Values near it of other records.
    pub(crate) foreign: Vec<Foreign>,
    /// Counted columns that hold a value in that row, and those that do not.
    pub(crate) filled: usize,
    pub(crate) empty: Vec<usize>,
}

/// A value of another record.
pub(crate) enum Foreign {
    /// A hit.
    Hit { hit: Hit, rows: Rc<RowSet> },
    /// A value of a column that cannot be searched for, of a row that a neighbour names.
    Value { value: Weighed, row: u32 },
}

/// What is around a value that may be evidence only.
pub(crate) struct EvidenceOutcome<'p> {
    /// A primary value of the same record that shares characters with it: nothing else is gathered
    /// then.
    pub(crate) holder: Option<Hit>,
    pub(crate) neighbours: Vec<Neighbour<'p>>,
    /// Whether a pattern begins with its column.
    pub(crate) begins_pattern: bool,
    /// Whether many records share the values of its column.
    pub(crate) is_weak_column: bool,
}

/// A hit near the explained one.
pub(crate) struct Neighbour<'p> {
    pub(crate) hit: Hit,
    pub(crate) relation: Relation<'p>,
}

/// What a neighbour is to the explained hit.
pub(crate) enum Relation<'p> {
    /// A primary value of the same record, near enough.
    Near(PrimaryVerdict),
    /// A primary value of the same record, too far away for these patterns.
    Far(Vec<&'p PatternPlan>),
    /// Of the same record, and no primary value.
    SameRecord,
    /// A primary value of other records, near enough.
    Foreign(Rc<RowSet>),
}

/// What became of a primary value near the explained hit.
pub(crate) enum PrimaryVerdict {
    /// It is a match of another row.
    MatchedAs(u32),
    /// It is a match and in one run with the explained hit.
    InOneRun,
    /// It is a match, and many records share the values of the explained hit's column.
    WeakColumn,
    /// It is a match that does not use the explained hit; whether one of its patterns counts the
    /// column.
    NotUsed { counted: bool },
    /// It is no match either.
    NoMatch(Reason),
}
