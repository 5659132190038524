//! The first pass: every searchable value of every table, wherever it stands in the text.

use std::collections::HashMap;

use edm_hash::{Alphanumerics, Hash};
use edm_model::limits;

use super::context::Context;
use super::group::{Group, HashedWindow, Windower};
use super::place::Stretch;

/// Atoms between two looks at whether to stop.
const CHUNK_ATOMS: usize = 2_048;

/// A searchable value that stands in the text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Hit {
    pub(crate) table: usize,
    pub(crate) column: usize,
    pub(crate) stretch: Stretch,
    pub(crate) hash: Hash,
    /// It may match only with evidence.
    pub(crate) attached: bool,
    /// It stands in its column's own written form (`edm_hash::Window`).
    pub(crate) written_form: bool,
    /// It can anchor a default type's match.
    pub(crate) anchors: bool,
    /// It is long enough to count as evidence.
    pub(crate) counts: bool,
}

/// Hits by table, column, place and value: the readings of a text may find one twice, or two values at one place.
type Found = HashMap<(usize, usize, Stretch, Hash), Hit>;

/// What is reused from zone to zone and from text to text.
#[derive(Default)]
pub(crate) struct Buffers {
    found: Found,
    /// The hits of the last zone, ordered by table, start, end, column and hash.
    pub(crate) hits: Vec<Hit>,
}

/// Finds the hits that begin within a stretch. Returns whether the scan was stopped.
pub(crate) fn hits(context: &Context<'_>, within: Stretch, buffers: &mut Buffers) -> bool {
    let Buffers { found, hits } = buffers;
    let mut stopped = false;
    for group in context.groups.groups.iter().filter(|group| group.searchable) {
        for reading in context.readings.of(&group.rule) {
            stopped |= !scan_reading(context, (group, reading), within, found);
        }
    }
    hits.clear();
    hits.extend(found.drain().map(|(_, hit)| hit));
    hits.sort_unstable_by_key(|hit| (hit.table, hit.stretch, hit.column, hit.hash));
    stopped
}

/// Scans one reading; false if it was stopped.
fn scan_reading(
    context: &Context<'_>,
    (group, reading): (&Group, usize),
    within: Stretch,
    found: &mut Found,
) -> bool {
    let Some(own) = context.readings.get(reading) else { return true };
    let mut windower = Windower::new(context.groups, group, context.query.accelerators);
    let begins_before =
        |offset: usize| move |index: &usize| context.readings.stretch(reading, *index, *index).0 < offset;
    let first = partition_point(own.folded.atom_count(), begins_before(within.0));
    let atoms = partition_point(own.folded.atom_count(), begins_before(within.1));
    for from in (first..atoms).step_by(CHUNK_ATOMS) {
        if (context.query.should_stop)() {
            return false;
        }
        let starts = from..(from + CHUNK_ATOMS).min(atoms);
        windower.each(own, starts, |window| {
            for (table, rule) in &group.members {
                look_up(context, (*table, *rule), reading, &window, found);
            }
        });
    }
    true
}

/// Returns how many of so many indices come before the first for which `before` does not hold.
pub(crate) fn partition_point(count: usize, before: impl Fn(&usize) -> bool) -> usize {
    let (mut low, mut high) = (0, count);
    while low < high {
        let middle = low + (high - low) / 2;
        if before(&middle) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low
}

fn look_up(
    context: &Context<'_>,
    (table, rule): (usize, usize),
    reading: usize,
    window: &HashedWindow<'_>,
    found: &mut Found,
) {
    let Some(generation) = context.groups.tables.get(table) else { return };
    if context.query.accelerators.filter && !generation.may_hold(rule, &window.hash) {
        return;
    }
    for (column, definition) in generation.columns().as_slice().iter().enumerate() {
        if !definition.searchable || generation.rule_position(column) != Some(rule) {
            continue;
        }
        let Some(rows) = generation.rows_of(column, &window.hash) else { continue };
        // The address has 64 bits of the hash, the row check of a row 32 more. What only replaced or removed rows hold
        // is in the table no more, and nothing may say that it was.
        let holds = |row: u32| generation.holds(row, column, &window.hash);
        let beyond = rows.len() > limits::ROWS_LOOKED_AT_MAX && rows.iter().next().is_some_and(holds);
        if !beyond && !generation.live_rows(&rows).any(holds) {
            continue;
        }
        let stretch = context.readings.stretch(reading, window.window.first, window.window.last);
        if stretch.1 - stretch.0 > limits::PLACE_BYTES_MAX {
            continue;
        }
        let alphanumerics = Alphanumerics::of(window.canonical);
        let hit = found.entry((table, column, stretch, window.hash)).or_insert(Hit {
            table,
            column,
            stretch,
            hash: window.hash,
            attached: true,
            written_form: false,
            anchors: alphanumerics.anchors,
            counts: alphanumerics.counts_as_evidence(),
        });
        hit.attached &= window.window.attached;
        hit.written_form |= window.window.written_form;
    }
}
