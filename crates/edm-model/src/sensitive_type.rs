//! The rule of a sensitive type: patterns of a primary value and the evidence around it.

use crate::column::Columns;
use crate::ids::StoreId;

/// The recommended confidence, unless a rule says otherwise.
pub const RECOMMENDED_CONFIDENCE_DEFAULT: u8 = 75;

/// The redaction confidence of types whose primary values identify by themselves.
const REDACT_CONFIDENCE_OF_IDENTIFIERS: u8 = 65;
/// The redaction confidence of all other types. It is higher so that bare account numbers do not
/// redact whole invoices.
const REDACT_CONFIDENCE_OF_OTHERS: u8 = 75;

/// The unit of the distance between evidence and the primary value (`docs/matching.md`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ProximityUnit {
    /// UTF-16 units; a run of white space counts as one.
    Characters,
    /// Atoms between the two.
    Words,
    /// The same line of a table in the text.
    Row,
    /// The same document.
    Document,
}

/// How far evidence may be from the primary value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Proximity {
    /// The unit.
    pub unit: ProximityUnit,
    /// The maximum distance, inclusive. Unused for `Row` and `Document`.
    pub distance: u32,
    /// Whether evidence on the same table row counts at any distance.
    pub or_same_row: bool,
}

impl Default for Proximity {
    fn default() -> Self {
        Self { unit: ProximityUnit::Characters, distance: 300, or_same_row: true }
    }
}

/// One group of supporting evidence: between `min_matches` and `max_matches` facts from these
/// columns.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct EvidenceGroup {
    /// The number of facts needed.
    pub min_matches: u32,
    /// The pattern fails with more facts than this; `None` means no maximum.
    pub max_matches: Option<u32>,
    /// The names of the columns whose values count.
    pub columns: Vec<String>,
}

/// One pattern: what must be found, and the confidence of the match.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Pattern {
    /// The confidence, 1 to 100.
    pub confidence: u8,
    /// The column of the primary value; `None` means any searchable column.
    pub primary: Option<String>,
    /// The proximity of the evidence.
    pub proximity: Proximity,
    /// The evidence groups. Each must be satisfied.
    pub supporting: Vec<EvidenceGroup>,
    /// Columns that are shown but never counted.
    pub not_counted: Vec<String>,
    /// Columns whose presence voids the match.
    pub void_if: Vec<String>,
}

/// The rule of a sensitive type.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ExactMatchRule {
    /// The store to match against.
    pub store_id: StoreId,
    /// The confidence from which a match should be acted on.
    pub recommended_confidence: u8,
    /// The confidence from which a redaction covers a match, unless the request says otherwise.
    pub redact_confidence: u8,
    /// The patterns, in any order. A primary value gets the highest confidence that it reaches.
    pub patterns: Vec<Pattern>,
}

/// A rule before its defaults are known. The columns of the store decide these.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RuleDraft {
    /// The store to match against.
    pub store_id: StoreId,
    /// The confidence from which a match should be acted on.
    pub recommended_confidence: u8,
    /// The confidence from which a redaction covers a match; `None` means
    /// [`redact_confidence_default`].
    pub redact_confidence: Option<u8>,
    /// The patterns, in any order.
    pub patterns: Vec<Pattern>,
}

impl RuleDraft {
    /// Fills in the defaults for a store with these columns.
    pub fn complete(self, columns: &Columns) -> ExactMatchRule {
        let redact_confidence =
            self.redact_confidence.unwrap_or_else(|| redact_confidence_default(columns, &self.patterns));
        ExactMatchRule {
            store_id: self.store_id,
            recommended_confidence: self.recommended_confidence,
            redact_confidence,
            patterns: self.patterns,
        }
    }

    /// Returns whether a rule agrees with every property that the draft sets.
    pub fn describes(&self, rule: &ExactMatchRule) -> bool {
        self.store_id == rule.store_id
            && self.recommended_confidence == rule.recommended_confidence
            && self.redact_confidence.is_none_or(|confidence| confidence == rule.redact_confidence)
            && self.patterns == rule.patterns
    }
}

impl From<ExactMatchRule> for RuleDraft {
    fn from(rule: ExactMatchRule) -> Self {
        Self {
            store_id: rule.store_id,
            recommended_confidence: rule.recommended_confidence,
            redact_confidence: Some(rule.redact_confidence),
            patterns: rule.patterns,
        }
    }
}

/// Returns the default redaction confidence. It is lower if the data type of a primary identifies a
/// value by its written form.
pub fn redact_confidence_default(columns: &Columns, patterns: &[Pattern]) -> u8 {
    let may_be_primary = |pattern: &Pattern, name: &str, searchable: bool| match &pattern.primary {
        Some(primary) => primary == name,
        None => searchable,
    };
    let lower = columns.as_slice().iter().any(|column| {
        let named = |pattern: &Pattern| may_be_primary(pattern, &column.name, column.searchable);
        column.rule.data_type.is_direct_identifier() && patterns.iter().any(named)
    });
    if lower { REDACT_CONFIDENCE_OF_IDENTIFIERS } else { REDACT_CONFIDENCE_OF_OTHERS }
}

/// What a column can be used for, from exact counts at build time (`docs/matching.md`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct ColumnClass {
    /// It can be the primary of a match.
    pub identifier: bool,
    /// Its values can be matches without evidence.
    pub standalone: bool,
    /// Its values are rare enough to count as evidence; otherwise the column is weak.
    pub evidence: bool,
}

impl ColumnClass {
    /// Returns the class's name on the wire (`class`): the strongest use that applies.
    pub const fn as_str(self) -> &'static str {
        match self {
            ColumnClass { standalone: true, .. } => "standalone",
            ColumnClass { identifier: true, .. } => "identifier",
            ColumnClass { evidence: true, .. } => "evidence",
            _ => "weak",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::column::Column;
    use crate::data_type::DataType;

    #[test]
    fn identifiers_are_covered_from_a_lower_confidence_on() {
        let check = |data_type: DataType, searchable: bool, primary: Option<&str>, expected: u8| {
            let typed = Column { searchable, ..Column::text("typed").typed(data_type.clone()) };
            let columns = Columns::new(vec![typed, Column::text("other").searchable()]).expect("columns");
            let pattern = Pattern {
                confidence: 65,
                primary: primary.map(str::to_owned),
                proximity: Proximity::default(),
                supporting: Vec::new(),
                not_counted: Vec::new(),
                void_if: Vec::new(),
            };
            let other = Pattern { primary: Some("other".to_owned()), ..pattern.clone() };
            let confidence = redact_confidence_default(&columns, &[other, pattern]);
            assert_eq!(confidence, expected, "{data_type:?} {primary:?}");
        };
        for (data_type, expected) in [
            (DataType::Ssn, 65),
            (DataType::Card, 65),
            (DataType::Iban, 65),
            (DataType::Email, 65),
            (DataType::Phone { country: None }, 65),
            (DataType::Name, 75),
            (DataType::Text, 75),
        ] {
            check(data_type.clone(), true, Some("typed"), expected);
            check(data_type.clone(), true, None, expected);
            check(data_type.clone(), true, Some("other"), 75);
            check(data_type, false, None, 75);
        }
        let columns = Columns::new(vec![Column::text("a").searchable()]).expect("columns");
        assert_eq!(redact_confidence_default(&columns, &[]), 75, "no pattern");
    }
}
