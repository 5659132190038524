//! The first pass: every searchable value of every table, wherever it stands in the text.

use std::collections::HashMap;

use edm_hash::{Alphanumerics, Hash};
use edm_model::limits;

use crate::bit_set::Marks;
use crate::generation::{Generation, Held};
use crate::prepared::rule_groups::{Batch, Group, WindowRoom, Windower};
use crate::scan::context::Context;
use crate::text::runs::Stretch;

/// Atoms that are begun with together, and fewer where much begins with each of them: so much is done between two looks at
/// whether to stop.
const CHUNK_ATOMS: usize = 2_048;
const CHUNK_ATOMS_MIN: usize = 64;
/// Beginning with an atom takes as long as so many row checks, and hashing and looking up a window.
const ATOM_WORK: u64 = 8;
const WINDOW_WORK: u64 = 16;
/// The work of a chunk from which on the next one is smaller.
const CHUNK_WORK_MAX: u64 = 1 << 16;
/// A value with at least so many rows that are no longer of the table is judged once, wherever else it stands.
const DEAD_ROWS_KEPT: usize = 64;

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

/// What is reused from zone to zone and from text to text.
#[derive(Default)]
pub(crate) struct Buffers {
    /// `None` before the first and while it is in use.
    room: Option<Box<WindowRoom>>,
    /// A batch that is looked up after the next one is hashed: by then the filter's blocks have come.
    waiting: Batch,
    marks: Marks,
    /// Those windows of a batch that some table may hold, and their hashes.
    windows: Vec<usize>,
    hashes: Vec<Hash>,
    /// Whether a value is in a table still, of those whose first rows are not: table, column, hash.
    live: HashMap<(usize, usize, Hash), bool>,
    /// The hits of the last zone, ordered by table, start, end, column and hash.
    pub(crate) hits: Vec<Hit>,
}

/// Finds the hits that begin within a stretch: all of them, if the scan does not end.
pub(crate) fn hits(context: &Context<'_>, within: Stretch, buffers: &mut Buffers) {
    buffers.hits.clear();
    buffers.live.clear();
    let mut waiting = None;
    for group in context.groups.groups.iter().filter(|group| group.searchable) {
        for reading in context.readings.of(&group.rule) {
            scan_reading(context, (group, reading), within, (buffers, &mut waiting));
        }
    }
    if let Some(of) = waiting {
        let mut batch = std::mem::take(&mut buffers.waiting);
        buffers.look_up(context, of, &batch);
        batch.clear();
        buffers.waiting = batch;
    }
    unite(&mut buffers.hits);
}

/// Orders hits, and makes one of those of one value at one place: the readings of a text may find it twice.
fn unite(hits: &mut Vec<Hit>) {
    let key = |hit: &Hit| (hit.table, hit.stretch, hit.column, hit.hash);
    hits.sort_unstable_by_key(key);
    hits.dedup_by(|again, first| {
        let same = key(again) == key(first);
        if same {
            first.attached &= again.attached;
            first.written_form |= again.written_form;
        }
        same
    });
}

/// Scans one reading, unless the scan ends. `waiting` says whose windows the batch has that is not looked up yet.
fn scan_reading<'c>(
    context: &'c Context<'_>,
    (group, reading): (&'c Group, usize),
    within: Stretch,
    (buffers, waiting): (&mut Buffers, &mut Option<(&'c Group, usize)>),
) {
    let own = context.readings.get(reading).expect("a reading is asked for by its own number");
    let room = buffers.room.take().unwrap_or_default();
    let mut windower = Windower::within(room, context.groups, group, context.query.accelerators);
    let begin_before = |offset: usize| match offset {
        0 => 0,
        // All of a text that is one zone.
        all if all >= context.text.len() => own.folded.atom_count(),
        _ => partition_point(own.folded.atom_count(), |index| {
            context.readings.stretch(reading, *index, *index).0 < offset
        }),
    };
    let (first, atoms) = (begin_before(within.0), begin_before(within.1));
    let (mut from, mut chunk) = (first, CHUNK_ATOMS);
    while from < atoms {
        let starts = from..(from + chunk).min(atoms);
        from = starts.end;
        if context.stop.before(starts.len() as u64 * ATOM_WORK) {
            break;
        }
        let mut work = 0;
        windower.each(own, starts, |batch| {
            work += batch.windows.len() as u64 * WINDOW_WORK;
            context.groups.prefetch_filters(group, &batch.hashes);
            std::mem::swap(batch, &mut buffers.waiting);
            if let Some(before) = waiting.replace((group, reading)) {
                buffers.look_up(context, before, batch);
            }
        });
        context.stop.before(work);
        chunk = match work > CHUNK_WORK_MAX {
            true => (chunk / 2).max(CHUNK_ATOMS_MIN),
            false => (chunk * 2).min(CHUNK_ATOMS),
        };
    }
    buffers.room = Some(windower.into_room());
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

impl Buffers {
    /// Looks a batch up in every table of its group.
    fn look_up(&mut self, context: &Context<'_>, (group, reading): (&Group, usize), batch: &Batch) {
        let filters = context.query.accelerators.filter;
        self.hashes.clear();
        self.windows.clear();
        match group.union.as_ref().filter(|_| filters) {
            Some(union) => {
                self.marks.clear(batch.hashes.len());
                union.mark_possible(&batch.hashes, &mut self.marks);
                self.windows.extend(self.marks.iter());
                let hash = |index| batch.hashes.get(index).expect("only hashes are marked");
                self.hashes.extend(self.marks.iter().map(hash));
            }
            None => {
                self.windows.extend(0..batch.hashes.len());
                self.hashes.extend_from_slice(&batch.hashes);
            }
        }
        for (table, rule) in &group.members {
            let generation = context.groups.tables.get(*table).expect("a member is one of the tables");
            if filters {
                self.marks.clear(self.hashes.len());
                generation.mark_possible(*rule, &self.hashes, &mut self.marks);
            } else {
                self.marks.mark_all(self.hashes.len());
            }
            let mut held = Vec::new();
            generation.look_up(*rule, &self.hashes, &self.marks, &mut held);
            for held in &held {
                let window = *self.windows.get(held.index).expect("held is one of the hashes asked about");
                let hash = self.hashes.get(held.index).expect("each window has a hash");
                if is_live(generation, (*table, hash), held, &mut self.live) {
                    keep(context, (*table, reading), (batch, window), held.column, &mut self.hits);
                }
            }
        }
    }
}

/// Says whether a row of the table holds a value still. What only replaced or removed rows hold is in the table no more, and
/// nothing may say that it was. Of more rows than are looked at the first tells.
fn is_live(
    generation: &Generation,
    (table, hash): (usize, &Hash),
    held: &Held<'_>,
    known: &mut HashMap<(usize, usize, Hash), bool>,
) -> bool {
    // The address has 64 bits of the hash, the row check of a row 32 more.
    let holds = |row: u32| generation.holds(row, held.column, hash);
    let rows = &held.rows;
    if rows.len() > limits::ROWS_LOOKED_AT_MAX && rows.iter().next().is_some_and(holds) {
        return true;
    }
    let mut dead = 0;
    for row in rows.iter().take(DEAD_ROWS_KEPT.min(limits::ROWS_LOOKED_AT_MAX)) {
        if !generation.is_tombstone(row) && holds(row) {
            return true;
        }
        dead += 1;
    }
    dead == DEAD_ROWS_KEPT
        && *known.entry((table, held.column, *hash)).or_insert_with(|| generation.live_rows(rows).any(holds))
}

/// Makes a hit of a window that a table holds.
fn keep(
    context: &Context<'_>,
    (table, reading): (usize, usize),
    (batch, index): (&Batch, usize),
    column: usize,
    hits: &mut Vec<Hit>,
) {
    let hash = batch.hashes.get(index).expect("each window of a batch has a hash");
    let window = batch.windows.get(index).expect("a batch is asked for its own windows");
    let stretch = context.readings.stretch(reading, window.first, window.last);
    if stretch.1 - stretch.0 > limits::PLACE_BYTES_MAX {
        return;
    }
    let alphanumerics = Alphanumerics::of(batch.canonical(index));
    hits.push(Hit {
        table,
        column,
        stretch,
        hash: *hash,
        attached: window.attached,
        written_form: window.written_form,
        anchors: alphanumerics.anchors,
        counts: alphanumerics.counts_as_evidence(),
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A hit is written as its place, its hash, whether it is attached, whether it stands in its written form.
    type Short = (Stretch, u8, bool, bool);

    fn check(found: &[Short], expected: &[Short]) {
        let hit = |(stretch, hash, attached, written_form): &Short| Hit {
            table: 0,
            column: 0,
            stretch: *stretch,
            hash: [*hash; 16],
            attached: *attached,
            written_form: *written_form,
            anchors: true,
            counts: true,
        };
        let mut hits: Vec<Hit> = found.iter().map(hit).collect();
        unite(&mut hits);
        let short = |hit: &Hit| (hit.stretch, hit.hash[0], hit.attached, hit.written_form);
        assert_eq!(hits.iter().map(short).collect::<Vec<_>>(), expected, "{found:?}");
    }

    #[test]
    fn a_value_at_one_place_is_one_hit() {
        check(&[], &[]);
        check(
            &[((4, 9), 1, true, true), ((0, 3), 1, true, false)],
            &[((0, 3), 1, true, false), ((4, 9), 1, true, true)],
        );
        check(
            &[((0, 3), 1, true, false), ((0, 3), 2, true, false)],
            &[((0, 3), 1, true, false), ((0, 3), 2, true, false)],
        );
        // Whichever reading finds it alone, or written like that, decides.
        check(
            &[((0, 3), 1, true, false), ((0, 3), 1, false, true), ((0, 3), 1, true, false)],
            &[((0, 3), 1, false, true)],
        );
    }
}
