//! Which patterns may take a hit as their primary value.

use crate::prepared::pattern::{PatternOrigin, PatternPlan};
use crate::prepared::type_plan::TypePlan;
use crate::scan::context::Context;
use crate::scan::hits::hit::Hit;

/// Returns the patterns that may take this hit as their primary value, from the highest confidence
/// down.
pub(crate) fn patterns_of<'p>(plan: &'p TypePlan, hit: &Hit) -> impl Iterator<Item = &'p PatternPlan> {
    plan.patterns.iter().filter(move |pattern| can_be_primary(plan, pattern, hit))
}

/// Returns whether a pattern has this hit's column as its primary, and may take the hit's value
/// (`docs/matching.md`, Patterns).
pub(crate) fn can_be_primary(plan: &TypePlan, pattern: &PatternPlan, hit: &Hit) -> bool {
    if pattern.primary.is_some_and(|primary| primary != hit.column) {
        return false;
    }
    match pattern.origin {
        PatternOrigin::Defined => true,
        PatternOrigin::DefaultWithIdentifiers => hit.can_be_primary && suffices(plan, pattern, hit),
        PatternOrigin::DefaultWithoutIdentifiers => suffices(plan, pattern, hit),
    }
}

/// Returns whether a value needs no evidence where the pattern has none.
///
/// A default type stays as its first generation made it, whatever later ones make of the column. It
/// has the pattern of the primary alone for every column whose type has a written form. Whether
/// that pattern holds depends on the column of today and on how the value is written.
fn suffices(plan: &TypePlan, pattern: &PatternPlan, hit: &Hit) -> bool {
    let has_written_form = plan.rule(hit.column).data_type.has_written_form();
    let is_standalone = plan.classes[hit.column].standalone;
    !pattern.is_primary_alone() || !has_written_form || is_standalone || hit.written_form
}

/// Returns whether a hit is a part of a longer card or account number. A hit that has check digits
/// itself is a whole number, whatever comes after it.
pub(crate) fn is_inside_number(context: &Context<'_>, plan: &TypePlan, hit: &Hit) -> bool {
    // Cheap test first: most hits have a space and a letter on either side.
    let text = context.zone.text;
    let (before, after) = (&text[..hit.span.start], &text[hit.span.end..]);
    let joined = may_join(before.chars().next_back()) || may_join(after.chars().next());
    let rule = plan.rule(hit.column);
    joined && !rule.data_type.has_check_digits() && context.views.is_inside_number(rule, hit.span)
}

/// Returns whether a card or account number may go on over a character beside a value: over those
/// that join its groups, over those that an escape starts or ends with, and over all that folding
/// may make one of them.
fn may_join(beside: Option<char>) -> bool {
    beside.is_some_and(|character| {
        !character.is_ascii()
            || character.is_ascii_alphanumeric()
            || matches!(character, ' ' | '-' | '.' | '/' | '>' | '\n'..='\r' | '\\' | '%' | '&' | '=' | ';')
    })
}
