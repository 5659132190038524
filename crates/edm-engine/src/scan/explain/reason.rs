//! Why a hit is no match: a function of what is known of it. The order of the tests is that of
//! `docs/matching.md`, Explanations.

use edm_model::{Reason, limits};

use crate::prepared::type_plan::TypePlan;
use crate::scan::evidence::outcome::DropReason;
use crate::scan::explain::hit_outcome::{
    Cause, EvidenceOutcome, HitOutcome, PrimaryOutcome, PrimaryVerdict, Relation,
};

/// Returns the first reason that holds.
pub(crate) fn reason(plan: &TypePlan, outcome: &HitOutcome<'_>) -> Reason {
    match &outcome.cause {
        Cause::NoRows | Cause::RowChecksUsedUp | Cause::ExplanationChecksUsedUp => Reason::Limit,
        Cause::Excluded { .. } => Reason::Exempt,
        Cause::InsideNumber => Reason::InsideNumber,
        Cause::OutsideSpans => Reason::OutsideSpans,
        Cause::Primary(primary) => of_primary(plan, outcome, primary),
        Cause::Evidence(evidence) => of_evidence(evidence),
    }
}

/// Returns whether a pattern needs more facts than its row has cells.
fn lacks_cells(primary: &PrimaryOutcome<'_>) -> bool {
    let needed = primary.pattern.facts_needed();
    needed > 0 && primary.filled < needed
}

/// Returns the reason of a value that patterns begin with.
fn of_primary(plan: &TypePlan, outcome: &HitOutcome<'_>, primary: &PrimaryOutcome<'_>) -> Reason {
    // Several reasons may hold, and the first one is reported. First comes what the pattern
    // refuses, then what is near and does not count, then what is missing.
    let row = &primary.outcome;
    let not_counted = || row.weighed.iter().filter(|one| one.dropped == Some(DropReason::NotCounted));
    let is_weak = |column: usize| !plan.is_evidence(column);
    if row.drops(DropReason::Voids) {
        Reason::Voided
    } else if row.surplus {
        Reason::TooManyFacts
    } else if row.lacking == 0 {
        Reason::Attached
    } else if lacks_cells(primary) {
        Reason::EmptyInRow
    } else if row.drops(DropReason::Far) {
        Reason::FactTooFar
    } else if row.drops(DropReason::InOneRun) || row.drops(DropReason::Covered) {
        Reason::InOneRun
    } else if !primary.foreign.is_empty() {
        Reason::FactOfAnotherRow
    } else if outcome.rows.count > limits::ROW_SET_MAX {
        Reason::Limit
    } else if row.drops(DropReason::Short) {
        Reason::ShortValue
    } else if not_counted().any(|one| !is_weak(one.column)) {
        Reason::NotCounted
    } else if not_counted().any(|one| is_weak(one.column)) {
        Reason::WeakColumn
    } else if outcome.hit.needs_evidence && row.facts() == 0 {
        Reason::Attached
    } else {
        Reason::TooFewFacts
    }
}

/// Returns the reason of a value that may be evidence only.
fn of_evidence(evidence: &EvidenceOutcome<'_>) -> Reason {
    let has = |wanted: fn(&Relation<'_>) -> bool| evidence.neighbours.iter().any(|one| wanted(&one.relation));
    let near = evidence.neighbours.iter().find_map(|one| match &one.relation {
        Relation::Near(verdict) => Some(beside(verdict)),
        Relation::Far(_) | Relation::SameRecord | Relation::Foreign(_) => None,
    });
    if evidence.holder.is_some() {
        Reason::InOneRun
    } else if let Some(reason) = near {
        reason
    } else if has(|relation| matches!(relation, Relation::Far(_))) {
        Reason::FactTooFar
    } else if has(|relation| matches!(relation, Relation::Foreign(_))) {
        Reason::FactOfAnotherRow
    } else if evidence.begins_pattern {
        Reason::WeakValue
    } else if evidence.is_weak_column {
        Reason::WeakColumn
    } else {
        Reason::TooFewFacts
    }
}

/// Returns why a value is no evidence of a primary value of its record that is near.
fn beside(verdict: &PrimaryVerdict) -> Reason {
    match verdict {
        PrimaryVerdict::MatchedAs(_) => Reason::FactOfAnotherRow,
        PrimaryVerdict::InOneRun | PrimaryVerdict::NotUsed { counted: true } => Reason::InOneRun,
        PrimaryVerdict::WeakColumn => Reason::WeakColumn,
        PrimaryVerdict::NotUsed { counted: false } => Reason::NotCounted,
        PrimaryVerdict::NoMatch(reason) => *reason,
    }
}
