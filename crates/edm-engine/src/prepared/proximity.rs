//! How far around a primary value a scan looks, in bytes: what a proximity allows, and what a zone
//! needs for it.

use std::sync::Arc;

use edm_model::{Proximity, ProximityUnit, limits};

use crate::prepared::active_type::ActiveType;

/// Returns whether evidence in the same row of a table is near, however far away it is.
pub(crate) fn looks_in_row(proximity: &Proximity) -> bool {
    proximity.or_same_row || proximity.unit == ProximityUnit::Row
}

/// Returns how far evidence may be from a primary value in bytes, whatever is between them, table
/// rows aside.
pub(crate) fn reach_bytes(proximity: &Proximity) -> usize {
    let each = match proximity.unit {
        ProximityUnit::Characters => limits::PROXIMITY_CHARACTER_BYTES,
        ProximityUnit::Words => limits::PROXIMITY_WORD_BYTES,
        ProximityUnit::Row => return 0,
        ProximityUnit::Document => return limits::DOCUMENT_BYTES_MAX,
    };
    let bytes =
        (proximity.distance as usize).saturating_mul(each).saturating_add(limits::PROXIMITY_SLACK_BYTES);
    bytes.min(limits::DOCUMENT_BYTES_MAX)
}

/// How far around a value a scan looks, in bytes.
///
/// ```text
///           |<---- around --->|                     |<---- around --->|
/// held text |~~~~~~~~~~~~~~~~~|######## zone #######|~~~~~~~~~~~~~~~~~|
///                  |<- hits ->|                     |<- hits ->|
/// explained                      |########|<- lag ->|
/// ```
#[derive(Debug, Clone, Copy)]
pub(crate) struct Margins {
    /// As far as evidence may be.
    reach: usize,
    /// How far explanations follow the findings, so that all matches are known that a value may be
    /// evidence of.
    pub(crate) lag: usize,
    /// How far beyond that they look.
    explained: usize,
    /// What must be known of the text on either side of a zone.
    pub(crate) around: usize,
}

impl Margins {
    pub(crate) fn new(types: &[Arc<ActiveType>], explain: bool) -> Self {
        let patterns = || types.iter().flat_map(|active| &active.patterns);
        let in_row = patterns().any(|pattern| looks_in_row(&pattern.proximity));
        let reach = patterns().map(|pattern| reach_bytes(&pattern.proximity)).max().unwrap_or(0);
        let reach = reach.max(if in_row { limits::TABLE_ROW_BYTES_MAX } else { 0 });
        let (lag, explained) = match explain {
            true => (reach + limits::PLACE_BYTES_MAX, limits::EXPLAIN_BYTES_MAX),
            false => (0, 0),
        };
        let lag = lag.next_multiple_of(limits::ROW_CHECKS_BYTES);
        // The value at the far end of the reach, then what its place depends on: its run, its line,
        // its neighbour's line.
        let beyond = limits::PLACE_BYTES_MAX
            + limits::RUN_BYTES_MAX.max(limits::TABLE_ROW_BYTES_MAX + limits::TABLE_GAP_BYTES_MAX)
            + limits::PLACE_BYTES_MAX;
        let around = lag + reach.max(explained) + beyond;
        Self { reach, lag, explained, around: around.next_multiple_of(limits::ROW_CHECKS_BYTES) }
    }

    /// Returns how far from a zone hits are searched for: those that may be evidence of its values
    /// may start before what is reached.
    pub(crate) fn hits(self) -> usize {
        self.reach.max(self.lag + self.explained) + limits::PLACE_BYTES_MAX
    }
}
