//! A folded text and the rule that reads it.

use edm_model::Rule;

use crate::text::fold::Folded;

/// A text that was folded as a rule asks for, and that rule.
#[derive(Debug, Clone, Copy)]
pub struct RuleText<'a> {
    /// The rule.
    pub rule: &'a Rule,
    /// The text, folded by [`FoldOptions::of`](crate::FoldOptions::of) the rule.
    pub folded: &'a Folded,
}
