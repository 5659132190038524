//! Sensitive types of exact data match: patterns of a primary value and the evidence around it
//! (contract, extensions, `exactMatchRule`; matching, section 6).

use crate::ids::StoreId;

/// The confidence that is recommended unless a rule says otherwise.
pub const RECOMMENDED_CONFIDENCE_DEFAULT: u8 = 75;

/// How far evidence may stand from the primary value (matching, section 5, Proximity).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ProximityUnit {
    /// UTF-16 units, a run of white space counting one.
    Characters,
    /// Atoms that stand between.
    Words,
    /// The same line of a table in the text.
    Row,
    /// The same document.
    Document,
}

/// A unit and how many of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Proximity {
    /// What is counted.
    pub unit: ProximityUnit,
    /// How many at most, inclusive; without meaning for `Row` and `Document`.
    pub distance: u32,
    /// Whether evidence on the same table row counts however far it stands.
    pub or_same_row: bool,
}

impl Default for Proximity {
    fn default() -> Self {
        Self { unit: ProximityUnit::Characters, distance: 300, or_same_row: true }
    }
}

/// One group of supporting evidence: at least `min_matches` facts, at most `max_matches`, from these columns.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct EvidenceGroup {
    /// How many facts are needed.
    pub min_matches: u32,
    /// More facts than this fail the pattern; `None` is no upper bound.
    pub max_matches: Option<u32>,
    /// The names of the columns that may bring them.
    pub columns: Vec<String>,
}

/// One way to match: what must be found, and how sure that makes us.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Pattern {
    /// 1 to 100.
    pub confidence: u8,
    /// The column whose value anchors the match; `None` is any searchable column.
    pub primary: Option<String>,
    /// How near the evidence must be.
    pub proximity: Proximity,
    /// Every group must be satisfied.
    pub supporting: Vec<EvidenceGroup>,
    /// Columns that are shown and never counted.
    pub not_counted: Vec<String>,
    /// Columns whose presence voids the match.
    pub void_if: Vec<String>,
}

/// What makes a sensitive type of a data store.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ExactMatchRule {
    /// The store whose records are looked for.
    pub store_id: StoreId,
    /// The confidence from which a match should be acted on.
    pub recommended_confidence: u8,
    /// In any order; the best that a primary value reaches counts.
    pub patterns: Vec<Pattern>,
}

/// What a column is fit for, from exact counts at build time (matching, section 5, Classes).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct ColumnClass {
    /// Can be the primary of a match.
    pub identifier: bool,
    /// Can be a match by itself.
    pub standalone: bool,
    /// Its values are rare enough to count as evidence; otherwise the column is weak.
    pub evidence: bool,
}

impl ColumnClass {
    /// Returns the class's one word on the wire (`class`): the strongest that holds.
    pub const fn as_str(self) -> &'static str {
        match self {
            ColumnClass { standalone: true, .. } => "standalone",
            ColumnClass { identifier: true, .. } => "identifier",
            ColumnClass { evidence: true, .. } => "evidence",
            _ => "weak",
        }
    }
}
