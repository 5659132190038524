//! A sensitive type as the caller gives it, and which steps of a scan may save work.

use std::sync::Arc;

use edm_model::{Pattern, SensitiveTypeId};

use crate::generation::Generation;

/// A sensitive type with the generation that it searches.
#[derive(Debug)]
pub struct ActiveType {
    /// Its id.
    pub id: SensitiveTypeId,
    /// Its name.
    pub name: String,
    /// The confidence from which a match should be acted on.
    pub recommended_confidence: u8,
    /// The confidence from which a redaction covers a match.
    pub redact_confidence: u8,
    /// Whether it is its store's default type: then only values that can identify a record are
    /// primary values (`docs/matching.md`, Patterns).
    pub default_type: bool,
    /// Its patterns, with names of the generation's columns.
    pub patterns: Vec<Pattern>,
    /// The live generation of its store.
    pub generation: Arc<Generation>,
}

/// Which of the steps that only save work are used. Switching one off changes no finding: tests
/// compare the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Accelerators {
    /// Skip windows of a shape that no value has.
    pub shapes: bool,
    /// Skip windows of several atoms of which one is in no such value.
    pub vocabulary: bool,
    /// Test the Bloom filter before the entries.
    pub filter: bool,
}

impl Default for Accelerators {
    fn default() -> Self {
        Self { shapes: true, vocabulary: true, filter: true }
    }
}
