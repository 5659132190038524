//! Sensitive types of exact data match: patterns of a primary value and the evidence around it
//! (contract, extensions, `exactMatchRule`; matching, section 6).

use crate::column::Columns;
use crate::data_type::DataType;
use crate::ids::StoreId;

/// The confidence that is recommended unless a rule says otherwise.
pub const RECOMMENDED_CONFIDENCE_DEFAULT: u8 = 75;

/// The confidence from which a redaction covers a match of a type whose primaries identify by themselves.
const REDACT_CONFIDENCE_OF_IDENTIFIERS: u8 = 65;
/// That of every other type: bare account numbers blacken no invoices.
const REDACT_CONFIDENCE_OF_OTHERS: u8 = 75;

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
    /// The confidence from which a redaction covers a match, unless the request says another.
    pub redact_confidence: u8,
    /// In any order; the best that a primary value reaches counts.
    pub patterns: Vec<Pattern>,
}

/// What a rule is made from: all of it but what its store's columns decide where nobody says it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RuleDraft {
    /// The store whose records are looked for.
    pub store_id: StoreId,
    /// The confidence from which a match should be acted on.
    pub recommended_confidence: u8,
    /// The confidence from which a redaction covers a match; `None`: what [`redact_confidence_default`] says.
    pub redact_confidence: Option<u8>,
    /// In any order.
    pub patterns: Vec<Pattern>,
}

impl RuleDraft {
    /// Makes the rule for a store of these columns.
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

    /// Says whether a rule is as the draft has it, where the draft says something.
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

/// Returns the confidence from which a redaction covers a match of these patterns: lower where a primary's type is that of an
/// identifier that is one wherever it stands.
pub fn redact_confidence_default(columns: &Columns, patterns: &[Pattern]) -> u8 {
    let identifies = |data_type: &DataType| {
        matches!(
            data_type,
            DataType::Ssn | DataType::Card | DataType::Iban | DataType::Email | DataType::Phone { .. }
        )
    };
    let may_be_primary = |pattern: &Pattern, name: &str, searchable: bool| match &pattern.primary {
        Some(primary) => primary == name,
        None => searchable,
    };
    let lower = columns.as_slice().iter().any(|column| {
        let named = |pattern: &Pattern| may_be_primary(pattern, &column.name, column.searchable);
        identifies(&column.rule.data_type) && patterns.iter().any(named)
    });
    if lower { REDACT_CONFIDENCE_OF_IDENTIFIERS } else { REDACT_CONFIDENCE_OF_OTHERS }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::column::Column;

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
