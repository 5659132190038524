//! What of a row stands near a primary value.

use std::ops::Range;

use edm_hash::{Alphanumerics, Hash, RowCell};
use edm_model::limits::PLACE_BYTES_MAX;

use super::context::{Context, RowChecks};
use super::find::{Hit, partition_point};
use super::group::Windower;
use super::place::Stretch;
use super::reading::Reading;
use crate::generation::Generation;

/// Windows near a hit, and values of its row among them, that there mostly are at most.
const NEAR_USUAL: usize = 64;
const PASSES_USUAL: usize = 16;

/// A window of the text near a hit.
#[derive(Debug, Clone, Copy)]
struct Near {
    stretch: Stretch,
    hash: Hash,
    /// Whether the value is long enough to count.
    counts: bool,
}

/// A value of the row that stands near the hit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pass {
    pub(crate) stretch: Stretch,
    pub(crate) column: usize,
    /// Whether the value is long enough to count.
    pub(crate) counts: bool,
}

/// Windows of one group in one reading, hashed once and kept.
struct Hashed<'c> {
    group: usize,
    reading: usize,
    windower: Windower<'c>,
    starts: Starts,
    windows: Vec<Near>,
}

/// Atoms of a page of [`Starts`].
const PAGE: usize = 256;

/// For each start atom where its windows stand among all; `None` where that was not asked yet. Few atoms of a text are asked
/// about, so that there are pages only for these.
#[derive(Default)]
struct Starts(Vec<Option<Page>>);

type Page = Box<[Option<(u32, u32)>; PAGE]>;

impl Starts {
    fn get(&self, start: usize) -> Option<(u32, u32)> {
        self.0.get(start / PAGE)?.as_ref()?.get(start % PAGE).copied().flatten()
    }

    fn set(&mut self, start: usize, windows: (u32, u32)) {
        if self.0.len() <= start / PAGE {
            self.0.resize(start / PAGE + 1, None);
        }
        if let Some(page) = self.0.get_mut(start / PAGE)
            && let Some(known) = page.get_or_insert_with(|| Box::new([None; PAGE])).get_mut(start % PAGE)
        {
            *known = Some(windows);
        }
    }
}

impl Hashed<'_> {
    /// Hashes the windows that begin at these atoms, as far as they are not yet known.
    fn hash(&mut self, text: &Reading, starts: Range<usize>, context: &Context<'_>) {
        let mut from = starts.start;
        while let Some(first) = (from..starts.end).find(|start| self.starts.get(*start).is_none()) {
            from = (first..starts.end).find(|start| self.starts.get(*start).is_some()).unwrap_or(starts.end);
            self.hash_run(text, first..from, context);
        }
    }

    /// Hashes what begins at atoms of which nothing is known yet.
    fn hash_run(&mut self, text: &Reading, run: Range<usize>, context: &Context<'_>) {
        let (reading, before) = (self.reading, self.windows.len());
        let mut found: Vec<(usize, Near)> = Vec::new();
        self.windower.each(text, run.clone(), |batch| {
            for (index, (window, hash)) in batch.windows.iter().zip(&batch.hashes).enumerate() {
                let stretch = context.readings.stretch(reading, window.first, window.last);
                if stretch.1 - stretch.0 <= PLACE_BYTES_MAX {
                    let counts = Alphanumerics::of(batch.canonical(index)).counts_as_evidence();
                    found.push((window.first, Near { stretch, hash: *hash, counts }));
                }
            }
        });
        // A recogniser names its windows as it finds them.
        found.sort_by_key(|(first, _)| *first);
        let mut end = before as u32;
        let mut found = found.into_iter().peekable();
        for start in run {
            let begin = end;
            while let Some((_, near)) = found.next_if(|(first, _)| *first <= start) {
                self.windows.push(near);
                end += 1;
            }
            self.starts.set(start, (begin, end));
        }
    }

    /// Returns the windows that begin at an atom.
    fn of(&self, start: usize) -> &[Near] {
        self.starts
            .get(start)
            .and_then(|(from, to)| self.windows.get(from as usize..to as usize))
            .unwrap_or(&[])
    }
}

/// Finds evidence; remembers what it hashed.
pub(crate) struct EvidenceFinder<'c> {
    context: &'c Context<'c>,
    /// Every value of a searchable column that stands in the text, by table and place.
    hits: &'c [Hit],
    /// For each table its hits among them, and the bytes of the longest.
    tables: Vec<(Range<usize>, usize)>,
    hashed: Vec<Hashed<'c>>,
    near: Vec<Near>,
    cells: Vec<RowCell>,
    checks: Vec<u32>,
}

/// The windows around one hit that may be values of columns of its table.
pub(crate) struct Neighbourhood {
    near: Vec<(usize, Near)>,
}

impl<'c> EvidenceFinder<'c> {
    pub(crate) fn new(context: &'c Context<'c>, hits: &'c [Hit]) -> Self {
        let tables = (0..context.groups.tables.len()).map(|table| {
            let range = of_table(hits, table);
            let own = hits.get(range.clone()).unwrap_or(&[]);
            let longest = own.iter().map(|hit| hit.stretch.1 - hit.stretch.0).max().unwrap_or(0);
            (range, longest)
        });
        Self {
            context,
            hits,
            tables: tables.collect(),
            hashed: Vec::new(),
            near: Vec::new(),
            cells: Vec::new(),
            checks: Vec::new(),
        }
    }

    /// Gathers the windows within `reach` that may be values of the columns; `None` if there are more than row checks are
    /// left. What may be a value of a searchable column is known: it is a hit.
    pub(crate) fn neighbourhood(
        &mut self,
        hit: &Hit,
        (reach, columns): (Stretch, &[usize]),
        row_checks: &RowChecks,
    ) -> Option<Neighbourhood> {
        let context = self.context;
        let room = usize::try_from(row_checks.left(context.whole(hit.stretch))).unwrap_or(usize::MAX);
        let generation = context.groups.tables.get(hit.table)?;
        let definitions = generation.columns().as_slice();
        let is_searchable = |column: &usize| definitions.get(*column).is_some_and(|column| column.searchable);
        let mut near: Vec<(usize, Near)> = Vec::with_capacity(NEAR_USUAL);
        for other in self.hits_within(hit.table, reach) {
            if columns.binary_search(&other.column).is_ok() {
                let window = Near { stretch: other.stretch, hash: other.hash, counts: other.counts };
                near.push((other.column, window));
            }
        }
        let rule = |column: &usize| generation.rule_position(*column);
        let mut others: Vec<usize> =
            columns.iter().copied().filter(|column| !is_searchable(column)).collect();
        others.sort_by_key(rule);
        for columns in others.chunk_by(|a, b| rule(a) == rule(b)) {
            let group =
                columns.first().and_then(rule).and_then(|rule| context.groups.group_of(hit.table, rule));
            let Some(group) = group else { continue };
            if !self.windows(group, reach, room.saturating_sub(near.len()) / columns.len().max(1)) {
                return None;
            }
            near.extend(self.near.iter().flat_map(|window| columns.iter().map(|column| (*column, *window))));
        }
        (near.len() <= room).then_some(Neighbourhood { near })
    }

    /// Returns the bytes of a table's longest hit.
    pub(crate) fn longest(&self, table: usize) -> usize {
        self.tables.get(table).map_or(0, |(_, longest)| *longest)
    }

    /// Returns the hits of a table that touch a stretch.
    fn hits_within(&self, table: usize, reach: Stretch) -> impl Iterator<Item = &'c Hit> + use<'c> {
        let (range, longest) = self.tables.get(table).cloned().unwrap_or_default();
        let hits: &'c [Hit] = self.hits.get(range).unwrap_or(&[]);
        let from = hits.partition_point(|hit| hit.stretch.0 + longest < reach.0);
        let to = hits.partition_point(|hit| hit.stretch.0 <= reach.1);
        let near = hits.get(from..to.max(from)).unwrap_or(&[]);
        near.iter().filter(move |hit| hit.stretch.1 >= reach.0)
    }

    /// Leaves the windows of a group within reach in `near`; false if there are more than there is room for.
    fn windows(&mut self, group: usize, reach: Stretch, room: usize) -> bool {
        let context = self.context;
        self.near.clear();
        let Some(definition) = context.groups.groups.get(group) else { return true };
        for reading in context.readings.of(&definition.rule) {
            let Some(own) = context.readings.get(reading) else { continue };
            let folded = &own.folded;
            let known = self.hashed.iter().position(|one| (one.group, one.reading) == (group, reading));
            let known = known.unwrap_or_else(|| {
                let windower = Windower::new(context.groups, definition, context.query.accelerators);
                let (starts, windows) = (Starts::default(), Vec::new());
                self.hashed.push(Hashed { group, reading, windower, starts, windows });
                self.hashed.len() - 1
            });
            let Some(hashed) = self.hashed.get_mut(known) else { continue };
            let stretch = |atom: usize| context.readings.stretch(reading, atom, atom);
            let first = partition_point(folded.atom_count(), |atom| stretch(*atom).1 < reach.0);
            let last = partition_point(folded.atom_count(), |atom| stretch(*atom).0 <= reach.1);
            let first = first.saturating_sub(hashed.windower.bytes_max());
            hashed.hash(own, first..last, context);
            for start in first..last {
                let touches = |near: &&Near| near.stretch.1 >= reach.0 && near.stretch.0 <= reach.1;
                self.near.extend(hashed.of(start).iter().filter(touches));
                if self.near.len() > room {
                    return false;
                }
            }
        }
        true
    }

    /// Returns what of the row stands in the neighbourhood; `None` when the row checks are used up.
    pub(crate) fn passes(
        &mut self,
        hit: &Hit,
        neighbourhood: &Neighbourhood,
        row: u32,
        row_checks: &RowChecks,
    ) -> Option<Vec<Pass>> {
        let generation = self.context.groups.tables.get(hit.table)?;
        if !row_checks.spend(self.context.whole(hit.stretch), neighbourhood.near.len() as u64) {
            return None;
        }
        let near = neighbourhood.near.iter();
        self.check(generation, near.map(|(column, near)| (row, *column, near.hash)));
        let mut stored = vec![None; generation.columns().as_slice().len()];
        let mut passes: Vec<Pass> = Vec::with_capacity(neighbourhood.near.len().min(PASSES_USUAL));
        for ((column, near), check) in neighbourhood.near.iter().zip(&self.checks) {
            let Some(stored) = stored.get_mut(*column) else { continue };
            let own = *stored.get_or_insert_with(|| generation.stored_check(row, *column));
            if own == *check {
                passes.push(Pass { stretch: near.stretch, column: *column, counts: near.counts });
            }
        }
        Some(passes)
    }

    /// Keeps those of the rows that hold the hit's value in its column.
    pub(crate) fn keep_holding(&mut self, generation: &Generation, hit: &Hit, rows: &mut Vec<u32>) {
        self.check(generation, rows.iter().map(|row| (*row, hit.column, hit.hash)));
        let mut checks = self.checks.iter();
        rows.retain(|row| checks.next() == Some(&generation.stored_check(*row, hit.column)));
    }

    /// Leaves the row checks of values in `checks`.
    fn check(&mut self, generation: &Generation, values: impl Iterator<Item = (u32, usize, Hash)>) {
        self.cells.clear();
        self.cells.extend(values.map(|(row, column, hash)| RowCell { hash, row, column: column as u16 }));
        generation.row_key().checks(&self.cells, &mut self.checks);
    }
}

/// Returns where one table's hits stand among all.
pub(crate) fn of_table(hits: &[Hit], table: usize) -> Range<usize> {
    hits.partition_point(|hit| hit.table < table)..hits.partition_point(|hit| hit.table <= table)
}
