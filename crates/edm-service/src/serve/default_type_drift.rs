//! A store's default type keeps the patterns of the first generation of its columns, so that a
//! later table does not silently change what is reported. Where the live data would give other
//! patterns, a warning says so.

use edm_engine::Generation;
use edm_model::Pattern;

/// A supporting column of a default pattern counts as evidence from this confidence on. Below it,
/// the column is weak.
const EVIDENCE_CONFIDENCE: u8 = 75;

const REMEDY: &str = "to use what the live data gives, define a sensitive type of your own, or delete the data store and upload again";

/// How the patterns that the live data would give differ from the pinned ones.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct DefaultTypeDrift {
    differs: bool,
    /// The position of each column whose part changed, and what changed.
    columns: Vec<(usize, String)>,
}

/// The part of a column in a default type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Weak,
    Evidence,
    Primary,
}

impl Part {
    const fn word(self) -> &'static str {
        match self {
            Part::Weak => "weak",
            Part::Evidence => "evidence",
            Part::Primary => "an identifier",
        }
    }
}

impl DefaultTypeDrift {
    /// Returns the warning about the type.
    pub(crate) fn of_type(&self) -> Option<String> {
        if !self.differs {
            return None;
        }
        let changes: Vec<&str> = self.columns.iter().map(|(_, change)| change.as_str()).collect();
        let changes = if changes.is_empty() { String::new() } else { format!(": {}", changes.join(", ")) };
        Some(format!(
            "pinnedPatterns: the patterns are those of the first upload, and the live data would give others\
             {changes}; {REMEDY}"
        ))
    }

    /// Returns the warning about a column.
    pub(crate) fn of_column(&self, position: usize) -> Option<String> {
        let (_, change) = self.columns.iter().find(|(place, _)| *place == position)?;
        Some(format!("pinnedPatterns: in the store's default type {change}; {REMEDY}"))
    }
}

/// Compares the pinned patterns with those that the live data would give.
pub(crate) fn drift(pinned: &[Pattern], generation: &Generation) -> DefaultTypeDrift {
    let fresh = match generation.default_patterns() {
        Ok(fresh) if !pinned.is_empty() && fresh != pinned => fresh,
        _ => return DefaultTypeDrift::default(),
    };
    let mut columns = Vec::new();
    for (position, column) in generation.columns().as_slice().iter().enumerate() {
        let name = column.name.as_str();
        let (before, now) = (part(pinned, name), part(&fresh, name));
        if before != now {
            let change = format!("{name} is taken as {} where it is {} now", before.word(), now.word());
            columns.push((position, change));
        }
    }
    DefaultTypeDrift { differs: true, columns }
}

fn part(patterns: &[Pattern], column: &str) -> Part {
    let counts = |pattern: &Pattern| {
        let named = pattern.supporting.iter().any(|group| group.columns.iter().any(|name| name == column));
        pattern.confidence >= EVIDENCE_CONFIDENCE && named
    };
    if patterns.iter().any(|pattern| pattern.primary.as_deref() == Some(column)) {
        Part::Primary
    } else if patterns.iter().any(counts) {
        Part::Evidence
    } else {
        Part::Weak
    }
}
