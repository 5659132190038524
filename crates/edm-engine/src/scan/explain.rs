//! Why a value that was found is no match (matching, section 6, Explain). Deterministic; names columns, records and
//! offsets, never a value.

use edm_model::{ProximityUnit, limits};

use super::context::{Context, overlap};
use super::evaluate::{Evaluated, TypePlan};
use super::find::Hit;
use super::place::Stretch;
use crate::generation::Generation;
use crate::report::{Diagnostic, RowReference, Unmatched};

/// Neighbours named for one value.
const NEIGHBOURS_MAX: usize = 10;
/// Hits looked at on either side of a value to find its neighbours.
const HITS_LOOKED_AT: usize = 64;

/// Explains every hit of the type's table that is neither a match nor evidence of one.
pub(crate) fn diagnostic(
    context: &Context<'_>,
    plan: &TypePlan<'_>,
    type_index: usize,
    hits: &[Hit],
    evaluated: &Evaluated,
) -> Diagnostic {
    let own: Vec<&Hit> = hits.iter().filter(|hit| hit.table == plan.table).collect();
    let mut explained: Vec<Stretch> = Vec::new();
    for reached in &evaluated.reached {
        explained.push(reached.hit.stretch);
        let counted = reached.satisfied.shown.iter().filter(|shown| shown.counted);
        explained.extend(counted.map(|shown| shown.stretch));
    }
    explained.sort_unstable();
    let longest = explained.iter().map(|stretch| stretch.1 - stretch.0).max().unwrap_or(0);
    let is_explained = |hit: &Hit| {
        // Only a stretch that begins at most the longest one's length before the hit can reach it.
        let from = explained.partition_point(|stretch| stretch.0 + longest <= hit.stretch.0);
        let mut begun = explained.iter().skip(from).take_while(|stretch| stretch.0 < hit.stretch.1);
        begun.any(|stretch| overlap(*stretch, hit.stretch))
    };
    let mut unmatched = Vec::new();
    for (number, hit) in own.iter().enumerate().filter(|(_, hit)| !is_explained(hit)) {
        if unmatched.len() >= limits::MATCHES_MAX || (context.query.should_stop)() {
            break;
        }
        let around = number.saturating_sub(HITS_LOOKED_AT)..(number + HITS_LOOKED_AT).min(own.len());
        unmatched.push(explain(context, plan, hit, own.get(around).unwrap_or(&[]), evaluated));
    }
    Diagnostic { type_index, limits: evaluated.limits.clone(), unmatched }
}

fn explain(
    context: &Context<'_>,
    plan: &TypePlan<'_>,
    hit: &Hit,
    hits: &[&Hit],
    evaluated: &Evaluated,
) -> Unmatched {
    let rows = rows_of(plan, hit);
    let name = |column: usize| {
        let columns = plan.active.generation.columns().as_slice();
        columns.get(column).map_or("", |column| column.name.as_str()).to_owned()
    };
    let mut sentences =
        vec![format!("{} here {}", name(hit.column), belongs(&plan.active.generation, &rows))];
    let (mut foreign, mut far) = (false, false);
    let neighbours =
        hits.iter().filter(|other| other.column != hit.column && !overlap(other.stretch, hit.stretch));
    for other in neighbours {
        if sentences.len() > NEIGHBOURS_MAX {
            break;
        }
        let theirs = rows_of(plan, other);
        let at = context.span(other.stretch).start_utf16;
        let shared = rows.rows.iter().any(|row| theirs.rows.contains(row));
        let near = plan
            .patterns
            .iter()
            .any(|pattern| context.is_near(&pattern.proximity, hit.stretch, other.stretch));
        let distance = context.characters_between(hit.stretch, other.stretch);
        let allowed = allowed_characters(plan);
        match (shared, near) {
            (false, true) => {
                foreign = true;
                sentences.push(format!(
                    "{} at {at} {}",
                    name(other.column),
                    belongs(&plan.active.generation, &theirs)
                ));
            }
            (true, false) => {
                far = true;
                let of = allowed.map_or(String::new(), |allowed| format!(", and {allowed} are allowed"));
                sentences.push(format!(
                    "{} at {at} is of the same record, {distance} characters away{of}",
                    name(other.column)
                ));
            }
            (true, true) => sentences.push(format!("{} at {at} is of the same record", name(other.column))),
            (false, false) => {}
        }
    }
    let empty = empty_columns(plan, &rows.rows);
    if !empty.is_empty() {
        let names: Vec<String> = empty.iter().map(|column| name(*column)).collect();
        sentences.push(format!("empty in the record: {}", names.join(", ")));
    }
    let code = code(plan, hit, (foreign, far), empty.len(), evaluated);
    if code == "weakColumn" {
        sentences
            .push(format!("{} has values that many records share and anchors no pattern", name(hit.column)));
    }
    Unmatched { code, span: context.span(hit.stretch), column: hit.column, corroborative: sentences }
}

fn code(
    plan: &TypePlan<'_>,
    hit: &Hit,
    (foreign, far): (bool, bool),
    empty: usize,
    evaluated: &Evaluated,
) -> &'static str {
    let anchors = plan.patterns.iter().any(|pattern| plan.anchors(pattern, hit));
    let columns = plan.active.generation.columns().as_slice().len();
    let weak = plan.classes.get(hit.column).is_some_and(|class| !class.evidence);
    if foreign {
        "factOfAnotherRow"
    } else if far {
        "factTooFar"
    } else if !evaluated.limits.is_empty() {
        "limit"
    } else if !anchors && weak {
        "weakColumn"
    } else if hit.attached {
        "attached"
    } else if anchors && empty + 1 >= columns {
        "emptyInRow"
    } else {
        "tooFewFacts"
    }
}

fn allowed_characters(plan: &TypePlan<'_>) -> Option<u32> {
    let units = plan.patterns.iter().map(|pattern| pattern.proximity);
    units
        .filter(|proximity| proximity.unit == ProximityUnit::Characters)
        .map(|proximity| proximity.distance)
        .max()
}

struct RowSet {
    rows: Vec<u32>,
    count: usize,
}

fn rows_of(plan: &TypePlan<'_>, hit: &Hit) -> RowSet {
    let generation = &plan.active.generation;
    let Some(rows) = generation.rows_of(hit.column, &hit.hash) else {
        return RowSet { rows: Vec::new(), count: 0 };
    };
    let live: Vec<u32> = generation.live_rows(&rows).collect();
    RowSet { count: live.len(), rows: live.into_iter().take(limits::ROW_SET_MAX).collect() }
}

/// Says which records a value belongs to.
fn belongs(generation: &Generation, rows: &RowSet) -> String {
    match rows.rows.as_slice() {
        [] => "belongs to no current row".to_owned(),
        [row] => format!("belongs to {}", named(generation, *row)),
        [row, ..] => format!("belongs to {} and {} more", named(generation, *row), rows.count - 1),
    }
}

/// Names a row by its record, and by its session where there are several.
fn named(generation: &Generation, row: u32) -> String {
    let RowReference { record, session_id } = generation.reference(row);
    if generation.has_deltas() {
        format!("row {record} of session {session_id}")
    } else {
        format!("row {record}")
    }
}

fn empty_columns(plan: &TypePlan<'_>, rows: &[u32]) -> Vec<usize> {
    let generation = &plan.active.generation;
    match rows {
        [row] => (0..generation.columns().as_slice().len())
            .filter(|c| generation.stored_check(*row, *c) == 0)
            .collect(),
        _ => Vec::new(),
    }
}
