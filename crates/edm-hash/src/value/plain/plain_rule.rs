//! What the fast path must know of a rule.

use edm_model::{CaseRule, Rule};

use crate::value::placeholder::Placeholders;

/// A rule, ready to be applied to plain cells.
#[derive(Debug, Clone)]
pub(crate) struct PlainRule {
    /// The ignored delimiters that are ASCII: bit n is character n.
    pub(crate) ignored: u128,
    pub(crate) tokens_max: u32,
    /// Whether letters become lower case.
    pub(crate) lower: bool,
    /// What means an empty cell.
    pub(crate) placeholders: Placeholders,
}

impl PlainRule {
    pub(crate) fn new(rule: &Rule, tokens_max: u32, placeholders: Placeholders) -> Self {
        let ignored = rule.delimiters.as_slice().iter().filter(|delimiter| delimiter.is_ascii());
        Self {
            ignored: ignored.fold(0, |bits, delimiter| bits | 1 << u32::from(*delimiter)),
            tokens_max,
            lower: rule.case == CaseRule::Insensitive,
            placeholders,
        }
    }

    /// Returns whether a character is an ignored delimiter.
    #[inline(always)]
    pub(crate) fn ignores(&self, byte: u8) -> bool {
        byte.is_ascii() && self.ignored >> byte & 1 == 1
    }
}
