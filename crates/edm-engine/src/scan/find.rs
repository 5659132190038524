//! The first pass: every searchable value of every table, wherever it stands in the text.

use std::collections::HashMap;

use edm_hash::{Alphanumerics, Hash, Window};
use edm_model::limits;

use super::context::Context;
use super::group::{Group, HashedWindow, Windower};
use super::place::Stretch;
use crate::generation::Held;
use crate::marks::Marks;

/// Atoms between two looks at whether to stop.
const CHUNK_ATOMS: usize = 2_048;

/// Windows that are looked up together.
const BATCH_WINDOWS: usize = 4_096;

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
}

/// Hits by table, column, place and value: the readings of a text may find one twice, or two values at one place.
type Found = HashMap<(usize, usize, Stretch, Hash), Hit>;

/// Finds the hits that begin within a stretch, ordered by table, start, end and column. The flag says whether the scan was
/// stopped.
pub(crate) fn hits(context: &Context<'_>, within: Stretch) -> (Vec<Hit>, bool) {
    let mut found = Found::new();
    let mut stopped = false;
    for group in context.groups.groups.iter().filter(|group| group.searchable) {
        for reading in context.readings.of(&group.rule) {
            stopped |= !scan_reading(context, (group, reading), within, &mut found);
        }
    }
    let mut hits: Vec<Hit> = found.into_values().collect();
    hits.sort_unstable_by_key(|hit| (hit.table, hit.stretch, hit.column, hit.hash));
    (hits, stopped)
}

/// Scans one reading; false if it was stopped.
fn scan_reading(
    context: &Context<'_>,
    (group, reading): (&Group, usize),
    within: Stretch,
    found: &mut Found,
) -> bool {
    let Some(folded) = context.readings.folded(reading) else { return true };
    let mut windower = Windower::new(context.groups, group, context.query.accelerators);
    let mut batch = Batch::default();
    let begins_before =
        |offset: usize| move |index: &usize| context.readings.stretch(reading, *index, *index).0 < offset;
    let first = partition_point(folded.atoms().len(), begins_before(within.0));
    let atoms = partition_point(folded.atoms().len(), begins_before(within.1));
    for from in (first..atoms).step_by(CHUNK_ATOMS) {
        if (context.query.should_stop)() {
            return false;
        }
        let starts = from..(from + CHUNK_ATOMS).min(atoms);
        batch.clear();
        windower.each(folded, starts, |window| {
            batch.push(&window);
            if batch.hashes.len() == BATCH_WINDOWS {
                batch.look_up(context, group, reading, found);
            }
        });
        batch.look_up(context, group, reading, found);
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

/// Windows that are looked up together.
#[derive(Default)]
struct Batch {
    hashes: Vec<Hash>,
    /// The windows, and whether each anchors.
    windows: Vec<(Window, bool)>,
    marks: Marks,
}

impl Batch {
    fn clear(&mut self) {
        self.hashes.clear();
        self.windows.clear();
    }

    fn push(&mut self, window: &HashedWindow<'_>) {
        self.hashes.push(window.hash);
        self.windows.push((window.window, Alphanumerics::of(window.canonical).anchors));
    }

    /// Looks the windows up in every table of the group, and forgets them.
    fn look_up(&mut self, context: &Context<'_>, group: &Group, reading: usize, found: &mut Found) {
        if let Some(union) = group.union.as_ref().filter(|_| context.query.accelerators.filter) {
            self.marks.clear(self.hashes.len());
            union.mark_possible(&self.hashes, &mut self.marks);
            self.keep_marked();
        }
        for (table, rule) in &group.members {
            let Some(generation) = context.groups.tables.get(*table) else { continue };
            if context.query.accelerators.filter {
                self.marks.clear(self.hashes.len());
                generation.mark_possible(*rule, &self.hashes, &mut self.marks);
            } else {
                self.marks.mark_all(self.hashes.len());
            }
            let mut held = Vec::new();
            generation.look_up(*rule, &self.hashes, &self.marks, &mut held);
            for held in &held {
                self.keep(context, (*table, reading), held, found);
            }
        }
        self.clear();
    }

    /// Forgets the windows without a mark.
    fn keep_marked(&mut self) {
        let mut kept = 0;
        for index in self.marks.iter() {
            self.hashes.swap(kept, index);
            self.windows.swap(kept, index);
            kept += 1;
        }
        self.hashes.truncate(kept);
        self.windows.truncate(kept);
    }

    fn keep(
        &self,
        context: &Context<'_>,
        (table, reading): (usize, usize),
        held: &Held<'_>,
        found: &mut Found,
    ) {
        let (Some(generation), column) = (context.groups.tables.get(table), held.column) else { return };
        let (Some(hash), Some((window, anchors))) =
            (self.hashes.get(held.index), self.windows.get(held.index))
        else {
            return;
        };
        // The address has 64 bits of the hash, the row check of a row 32 more. What only replaced or removed rows hold
        // is in the table no more, and nothing may say that it was.
        let holds = |row: u32| generation.holds(row, column, hash);
        let rows = &held.rows;
        let beyond = rows.len() > limits::ROWS_LOOKED_AT_MAX && rows.iter().next().is_some_and(holds);
        if !beyond && !generation.live_rows(rows).any(holds) {
            return;
        }
        let stretch = context.readings.stretch(reading, window.first, window.last);
        if stretch.1 - stretch.0 > limits::PLACE_BYTES_MAX {
            return;
        }
        let hit = found.entry((table, column, stretch, *hash)).or_insert(Hit {
            table,
            column,
            stretch,
            hash: *hash,
            attached: true,
            written_form: false,
            anchors: *anchors,
        });
        hit.attached &= window.attached;
        hit.written_form |= window.written_form;
    }
}
