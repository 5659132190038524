//! Finds every searchable value of every table in the text.
//!
//! The problem: a text of a megabyte has some hundred thousand windows whose hashes might be in an
//! index that is larger than the cache, so that a look-up waits for memory. The idea is to work in
//! batches and to look a batch up one round late, when what it prefetched has arrived:
//!
//! ```text
//! for each group of rules, each view of the text, each chunk of atoms:
//!     check whether to stop
//!     for each full batch of hashed windows (window_hasher):
//!         prefetch the filter blocks of this batch
//!         look up the batch before: filter → entries → is a live row left? → hit
//! look up the last batch
//! sort the hits; two views may have found the same value
//! ```
//!
//! What must stay true: all hits in the span are found unless the scan is stopped; a hit has at
//! least one live row, because nothing may reveal that a removed value was ever in the table.
//! `docs/decisions/0013-batched-lookup.md` has the measurements.

use std::collections::HashMap;

use edm_hash::{Alphanumerics, Hash};
use edm_model::{DataType, limits};

use crate::bit_set::BitSet;
use crate::generation::{Generation, LookupHit};
use crate::prepared::rule_groups::RuleGroup;
use crate::scan::context::Context;
use crate::scan::hits::hit::Hit;
use crate::scan::hits::window_hasher::{HasherScratch, WindowBatch, WindowHasher};
use crate::text::longer_tokens;
use crate::text::span::{ZoneSpan, partition_point};

/// Atoms that start windows between two checks whether to stop, and fewer where each starts many
/// windows.
const CHUNK_ATOMS: usize = 2_048;
const CHUNK_ATOMS_MIN: usize = 64;
/// Starting at an atom takes as long as this many row checks, and hashing and looking up a window.
const ATOM_WORK: u64 = 8;
const WINDOW_WORK: u64 = 16;
/// A chunk with more work than this makes the next one smaller.
const CHUNK_WORK_MAX: u64 = 1 << 16;
/// Whether a value is live is remembered if this many of its rows are dead; until then it is
/// cheaper to look again.
const DEAD_ROWS_KEPT: usize = 64;

/// Buffers that are reused from zone to zone and from text to text.
#[derive(Default)]
pub(crate) struct FindScratch {
    /// `None` before the first scan, and while a hasher uses it.
    hasher: Option<Box<HasherScratch>>,
    /// A batch that is looked up after the next one is hashed: by then its prefetched filter blocks
    /// have arrived.
    waiting: WindowBatch,
    may_hold: BitSet,
    /// The windows of a batch that some table may hold, and their hashes.
    windows: Vec<usize>,
    hashes: Vec<Hash>,
    /// Whether a value is still in a table, of those whose first rows are dead.
    live: HashMap<TableValue, bool>,
    /// The hits of the last zone, ordered by table, start, end, column and hash.
    pub(crate) hits: Vec<Hit>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct TableValue {
    table: usize,
    column: usize,
    hash: Hash,
}

/// Where the windows of a batch are from.
#[derive(Clone, Copy)]
struct BatchSource<'c> {
    group: &'c RuleGroup,
    view: usize,
}

/// Finds the hits that start in a span, and leaves them in the scratch: all of them, unless the
/// scan is stopped.
pub(crate) fn find_hits(context: &Context<'_>, within: ZoneSpan, scratch: &mut FindScratch) {
    scratch.hits.clear();
    scratch.live.clear();
    let mut finder = Finder { context, within, scratch, waiting: None };
    for group in context.groups.groups.iter().filter(|group| group.searchable) {
        for view in context.views.of(&group.rule) {
            finder.scan_view(BatchSource { group, view });
        }
    }
    // The last batch has no batch after it that would look it up.
    if let Some(source) = finder.waiting {
        let mut batch = std::mem::take(&mut finder.scratch.waiting);
        finder.look_up(source, &batch);
        batch.clear();
        finder.scratch.waiting = batch;
    }
    dedup_hits(&mut scratch.hits);
}

/// Sorts the hits, and merges those of one value at one place: several views may find it.
fn dedup_hits(hits: &mut Vec<Hit>) {
    let key = |hit: &Hit| (hit.table, hit.span, hit.column, hit.hash);
    hits.sort_unstable_by_key(key);
    hits.dedup_by(|again, first| {
        let same = key(again) == key(first);
        if same {
            first.needs_evidence &= again.needs_evidence;
            first.written_form |= again.written_form;
        }
        same
    });
}

struct Finder<'f, 'c, 'q> {
    context: &'c Context<'q>,
    within: ZoneSpan,
    scratch: &'f mut FindScratch,
    /// Where the waiting batch is from; `None` if none waits.
    waiting: Option<BatchSource<'c>>,
}

impl<'c> Finder<'_, 'c, '_> {
    /// Scans one view for one group, unless the scan is stopped.
    fn scan_view(&mut self, source: BatchSource<'c>) {
        let (context, within) = (self.context, self.within);
        let view = context.views.view(source.view);
        let hasher_scratch = self.scratch.hasher.take().unwrap_or_default();
        let accelerators = context.query.accelerators;
        let mut hasher =
            WindowHasher::with_scratch(hasher_scratch, context.groups, source.group, accelerators);
        let atoms_before = |offset: usize| match offset {
            0 => 0,
            // The whole text is one zone: no need to search.
            all if all >= context.zone.text.len() => view.folded.atom_count(),
            _ => partition_point(view.folded.atom_count(), |atom| {
                context.views.source_span(source.view, *atom, *atom).start < offset
            }),
        };
        // A place may begin inside its window's first atom, or before it by a sign.
        let first = atoms_before(within.start).saturating_sub(1);
        let atoms = (atoms_before(within.end) + 1).min(view.folded.atom_count());
        let (mut from, mut chunk) = (first, CHUNK_ATOMS);
        while from < atoms {
            let starts = from..(from + chunk).min(atoms);
            from = starts.end;
            if context.stop.before(starts.len() as u64 * ATOM_WORK) {
                break;
            }
            let mut work = 0;
            hasher.each(view, starts, |batch| {
                work += batch.windows.len() as u64 * WINDOW_WORK;
                context.groups.prefetch_filters(source.group, &batch.hashes);
                // Swapping keeps both allocations: the batch before is looked up and then reused.
                std::mem::swap(batch, &mut self.scratch.waiting);
                if let Some(before) = self.waiting.replace(source) {
                    self.look_up(before, batch);
                }
            });
            context.stop.before(work);
            // A short text is one chunk. A dense one must not run for seconds between two checks.
            chunk = match work > CHUNK_WORK_MAX {
                true => (chunk / 2).max(CHUNK_ATOMS_MIN),
                false => (chunk * 2).min(CHUNK_ATOMS),
            };
        }
        self.scratch.hasher = Some(hasher.into_scratch());
    }

    /// Looks a batch up in every table of its group.
    fn look_up(&mut self, source: BatchSource<'_>, batch: &WindowBatch) {
        // Three numberings, each a selection of the one before:
        //
        //     batch.windows, batch.hashes     0 1 2 3 4 5     all windows of the batch
        //     scratch.windows                 1 4             those that pass the combined filter
        //     scratch.hashes                  h1 h4           their hashes
        //     found.index                     1               counts in these: window 4
        let scratch = &mut *self.scratch;
        let filters = self.context.query.accelerators.filter;
        scratch.hashes.clear();
        scratch.windows.clear();
        // One filter for all tables first: a hash that none of them holds is not tested against
        // each.
        match source.group.combined.as_ref().filter(|_| filters) {
            Some(combined) => {
                scratch.may_hold.clear(batch.hashes.len());
                combined.mark_possible(&batch.hashes, &mut scratch.may_hold);
                scratch.windows.extend(scratch.may_hold.iter());
                scratch.hashes.extend(scratch.may_hold.iter().map(|index| batch.hashes[index]));
            }
            None => {
                scratch.windows.extend(0..batch.hashes.len());
                scratch.hashes.extend_from_slice(&batch.hashes);
            }
        }
        for member in &source.group.members {
            let generation = &*self.context.groups.tables[member.table];
            if filters {
                scratch.may_hold.clear(scratch.hashes.len());
                generation.mark_possible(member.rule, &scratch.hashes, &mut scratch.may_hold);
            } else {
                scratch.may_hold.mark_all(scratch.hashes.len());
            }
            // Not kept in the scratch: it borrows from the table, and is empty for most batches.
            let mut found = Vec::new();
            generation.look_up(member.rule, &scratch.hashes, &scratch.may_hold, &mut found);
            for found in &found {
                let hash = scratch.hashes[found.index];
                let value = TableValue { table: member.table, column: found.column, hash };
                if is_live(generation, value, found, &mut scratch.live) {
                    let window = scratch.windows[found.index];
                    scratch.hits.extend(hit(self.context, source.view, value, batch, window));
                }
            }
        }
    }
}

/// Returns whether a row of the table still holds a value. What only replaced or removed rows hold
/// is no longer in the table, and nothing may reveal that it was. Of values with more rows than a
/// scan looks at, the first row decides.
fn is_live(
    generation: &Generation,
    value: TableValue,
    found: &LookupHit<'_>,
    known: &mut HashMap<TableValue, bool>,
) -> bool {
    // Nearly always the first row decides. A value with many dead rows is the exception: it is
    // searched once for the zone and not once for each of its windows.
    //
    // An address has 64 bits of the hash; the row check compares 32 more.
    let holds = |row: u32| generation.holds(row, value.column, &value.hash);
    let rows = &found.rows;
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
    dead == DEAD_ROWS_KEPT && *known.entry(value).or_insert_with(|| generation.live_rows(rows).any(holds))
}

/// Makes a hit of a window that a table holds; `None` if it is longer than a value may be in a
/// text.
fn hit(
    context: &Context<'_>,
    view: usize,
    value: TableValue,
    batch: &WindowBatch,
    index: usize,
) -> Option<Hit> {
    let window = &batch.windows[index];
    let span = context.views.window_span(view, window);
    let is_part = || is_part_of_token(context, value, batch.canonical(index), span);
    let alphanumerics = Alphanumerics::of(batch.canonical(index));
    (span.len() <= limits::PLACE_BYTES_MAX).then(|| Hit {
        table: value.table,
        column: value.column,
        span,
        hash: value.hash,
        needs_evidence: window.attached || is_part(),
        written_form: window.written_form,
        can_be_primary: alphanumerics.anchors,
        counts_as_evidence: alphanumerics.counts_as_evidence(),
    })
}

/// Returns whether a value is digits of an identifier of a machine, which hold for nothing by
/// themselves. Only values that a table holds are judged, so this costs nothing in other texts.
fn is_part_of_token(context: &Context<'_>, value: TableValue, canonical: &[u8], span: ZoneSpan) -> bool {
    let columns = context.groups.tables[value.table].columns().as_slice();
    let is_number = match columns[value.column].rule.data_type {
        DataType::Digits { .. } | DataType::Ssn | DataType::Card | DataType::Phone { .. } => true,
        DataType::Text => canonical.is_ascii() && !canonical.iter().any(u8::is_ascii_alphabetic),
        DataType::Email | DataType::Name | DataType::Date { .. } | DataType::Iban | DataType::Address => {
            false
        }
    };
    is_number && longer_tokens::hold(context.zone.text, span)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A hit is written as its place, its hash, whether it needs evidence, whether it is in its
    /// written form.
    type Short = ((usize, usize), u8, bool, bool);

    fn check(found: &[Short], expected: &[Short]) {
        let hit = |(span, hash, needs_evidence, written_form): &Short| Hit {
            table: 0,
            column: 0,
            span: ZoneSpan::new(span.0, span.1),
            hash: [*hash; 16],
            needs_evidence: *needs_evidence,
            written_form: *written_form,
            can_be_primary: true,
            counts_as_evidence: true,
        };
        let mut hits: Vec<Hit> = found.iter().map(hit).collect();
        dedup_hits(&mut hits);
        let short =
            |hit: &Hit| ((hit.span.start, hit.span.end), hit.hash[0], hit.needs_evidence, hit.written_form);
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
        // Whichever view finds it alone, or written like that, decides.
        check(
            &[((0, 3), 1, true, false), ((0, 3), 1, false, true), ((0, 3), 1, true, false)],
            &[((0, 3), 1, false, true)],
        );
    }
}
