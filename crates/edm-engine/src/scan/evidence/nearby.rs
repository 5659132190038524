//! What of a row stands near a primary value.

use std::ops::Range;

use edm_hash::{Alphanumerics, Hash, RowCell};
use edm_model::limits::PLACE_BYTES_MAX;

use crate::generation::Generation;
use crate::prepared::rule_groups::Windower;
use crate::scan::context::Context;
use crate::scan::hits::find::{Hit, partition_point};
use crate::scan::row_checks::{RowChecks, ValueRows};
use crate::text::runs::Stretch;
use crate::text::views::Reading;

/// Windows near a hit, and values of its row among them, that there mostly are at most.
const NEAR_USUAL: usize = 64;
const PASSES_USUAL: usize = 16;
/// From so many rows on it is asked of all of them together what stands near a value: each answer is kept.
const ROWS_TOGETHER: usize = 4;
/// Atoms of which windows are hashed between two looks at whether to stop.
const HASHED_ATOMS: usize = 512;
/// Hashing what begins at an atom takes as long as so many row checks, and passing over one whose windows are known as a quarter
/// of one.
const HASHED_ATOM_WORK: u64 = 16;
const PASSED_ATOMS: u64 = 4;

/// A window of the text near a hit.
#[derive(Debug, Clone, Copy)]
struct Near {
    stretch: Stretch,
    hash: Hash,
    /// Whether the value is long enough to count.
    counts: bool,
}

impl Near {
    /// Makes it the value of a column.
    fn pass(&self, column: usize) -> Pass {
        Pass { stretch: self.stretch, column, counts: self.counts }
    }
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
    /// Hashes the windows that begin at these atoms, as far as they are not yet known. False if the scan ends.
    fn hash(&mut self, text: &Reading, starts: Range<usize>, context: &Context<'_>) -> bool {
        let mut from = starts.start;
        while let Some(first) = (from..starts.end).find(|start| self.starts.get(*start).is_none()) {
            let end = starts.end.min(first + HASHED_ATOMS);
            from = (first..end).find(|start| self.starts.get(*start).is_some()).unwrap_or(end);
            if context.stop.before((from - first) as u64 * HASHED_ATOM_WORK) {
                return false;
            }
            let known = self.windows.len();
            self.hash_run(text, first..from, context);
            context.stop.before((self.windows.len() - known) as u64 * HASHED_ATOM_WORK);
        }
        true
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
        let (from, to) = self.starts.get(start).expect("what is asked for was hashed before");
        self.windows.get(from as usize..to as usize).expect("windows are only added")
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
    /// Those of its own column. Of its rows each has its value there and no other one.
    own: Vec<Near>,
    /// Those of other columns.
    near: Vec<(usize, Near)>,
}

/// A row and what of it stands near; `None` when the text has used up its row checks.
pub(crate) type RowPasses = (u32, Option<Vec<Pass>>);

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
        let generation = context.groups.tables.get(hit.table).expect("a hit is of one of the tables");
        let definitions = generation.columns().as_slice();
        let is_searchable = |column: &usize| definitions.get(*column).is_some_and(|column| column.searchable);
        let mut own: Vec<Near> = Vec::new();
        let mut near: Vec<(usize, Near)> = Vec::with_capacity(NEAR_USUAL);
        let hits = self.hits_around(hit.table, reach);
        if !context.spend(row_checks, hit.stretch, hits.len() as u64) {
            return None;
        }
        for other in hits.iter().filter(|other| other.stretch.1 >= reach.0) {
            let window = Near { stretch: other.stretch, hash: other.hash, counts: other.counts };
            if other.column == hit.column {
                own.push(window);
            } else if columns.binary_search(&other.column).is_ok() {
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
            let group = group.expect("each rule of a table is in a group");
            if !self.windows(group, (hit.stretch, reach), row_checks) {
                return None;
            }
            near.extend(self.near.iter().flat_map(|window| columns.iter().map(|column| (*column, *window))));
        }
        Some(Neighbourhood { own, near })
    }

    /// Returns the bytes of a table's longest hit.
    pub(crate) fn longest(&self, table: usize) -> usize {
        self.tables.get(table).map_or(0, |(_, longest)| *longest)
    }

    /// Returns the hits of a table that may touch a stretch.
    fn hits_around(&self, table: usize, reach: Stretch) -> &'c [Hit] {
        let (range, longest) = self.tables.get(table).cloned().expect("a table of the query");
        let hits: &'c [Hit] = self.hits.get(range).expect("where its hits stand");
        let from = hits.partition_point(|hit| hit.stretch.0 + longest < reach.0);
        let to = hits.partition_point(|hit| hit.stretch.0 <= reach.1);
        hits.get(from..to.max(from)).unwrap_or(&[])
    }

    /// Leaves the windows of a group within reach in `near`; false if there are more than row checks are left around the
    /// primary value, or the scan ends.
    fn windows(
        &mut self,
        group: usize,
        (primary, reach): (Stretch, Stretch),
        row_checks: &RowChecks,
    ) -> bool {
        let context = self.context;
        self.near.clear();
        let definition = context.groups.groups.get(group).expect("a group is asked for by its own number");
        for reading in context.readings.of(&definition.rule) {
            let own = context.readings.get(reading).expect("a reading is asked for by its own number");
            let folded = &own.folded;
            let known = self.hashed.iter().position(|one| (one.group, one.reading) == (group, reading));
            let known = known.unwrap_or_else(|| {
                let windower = Windower::new(context.groups, definition, context.query.accelerators);
                let (starts, windows) = (Starts::default(), Vec::new());
                self.hashed.push(Hashed { group, reading, windower, starts, windows });
                self.hashed.len() - 1
            });
            let hashed = self.hashed.get_mut(known).expect("it was found or pushed just now");
            let stretch = |atom: usize| context.readings.stretch(reading, atom, atom);
            let first = partition_point(folded.atom_count(), |atom| stretch(*atom).1 < reach.0);
            let last = partition_point(folded.atom_count(), |atom| stretch(*atom).0 <= reach.1);
            let first = first.saturating_sub(hashed.windower.bytes_max());
            let passed = last.saturating_sub(first) as u64 / PASSED_ATOMS;
            if !context.spend(row_checks, primary, passed) || !hashed.hash(own, first..last, context) {
                return false;
            }
            let room = usize::try_from(row_checks.left(context.whole(primary))).unwrap_or(usize::MAX);
            for start in first..last {
                let touches = |near: &&Near| near.stretch.1 >= reach.0 && near.stretch.0 <= reach.1;
                self.near.extend(hashed.of(start).iter().filter(touches));
                if self.near.len() > room {
                    return context.spend(row_checks, primary, self.near.len() as u64);
                }
            }
        }
        context.spend(row_checks, primary, self.near.len() as u64)
    }

    /// Returns what of a row, which need not be one of the hit's, stands in the neighbourhood; `None` when the row checks are
    /// used up, or the scan ends.
    pub(crate) fn passes(
        &mut self,
        hit: &Hit,
        neighbourhood: &Neighbourhood,
        row: u32,
        row_checks: &RowChecks,
    ) -> Option<Vec<Pass>> {
        let mut passes = Vec::with_capacity(PASSES_USUAL);
        if !self.context.spend(row_checks, hit.stretch, neighbourhood.own.len() as u64)
            || !self.add_passes((hit, neighbourhood), row, row_checks, &mut passes)
        {
            return None;
        }
        let generation = self.context.groups.tables.get(hit.table).expect("a hit is of one of the tables");
        let own = neighbourhood.own.iter();
        self.check(generation, own.clone().map(|near| (row, hit.column, near.hash)));
        let stored = generation.stored_check(row, hit.column);
        let held = own.zip(&self.checks).filter(|(_, check)| **check == stored);
        passes.extend(held.map(|(near, _)| near.pass(hit.column)));
        Some(passes)
    }

    /// Appends what of a row stands in the neighbourhood, the hit's own value aside. False when the row checks are used up, or
    /// the scan ends.
    fn add_passes(
        &mut self,
        (hit, neighbourhood): (&Hit, &Neighbourhood),
        row: u32,
        row_checks: &RowChecks,
        passes: &mut Vec<Pass>,
    ) -> bool {
        if !self.context.spend(row_checks, hit.stretch, neighbourhood.near.len() as u64) {
            return false;
        }
        let generation = self.context.groups.tables.get(hit.table).expect("a hit is of one of the tables");
        let near = neighbourhood.near.iter();
        self.check(generation, near.map(|(column, near)| (row, *column, near.hash)));
        let mut stored = vec![None; generation.columns().as_slice().len()];
        for ((column, near), check) in neighbourhood.near.iter().zip(&self.checks) {
            let stored = stored.get_mut(*column).expect("a column of the table");
            let own = *stored.get_or_insert_with(|| generation.stored_check(row, *column));
            if own == *check {
                passes.push(near.pass(*column));
            }
        }
        true
    }

    /// Returns for each of the hit's rows, ascending, what of it stands in the neighbourhood: with the hit's own value, or
    /// nothing at all. `others` are rows that it has beside those of its value.
    pub(crate) fn passes_of_all(
        &mut self,
        hit: &Hit,
        neighbourhood: &Neighbourhood,
        (value, rows, others): (ValueRows, &[u32], &[u32]),
        row_checks: &RowChecks,
    ) -> Option<Vec<RowPasses>> {
        let mut out: Vec<(u32, Vec<Pass>)> = Vec::with_capacity(rows.len() + others.len());
        let mut singly = rows;
        if rows.len() >= ROWS_TOGETHER {
            out.extend(rows.iter().map(|row| (*row, Vec::new())));
            self.add_passes_together((hit, neighbourhood), value, row_checks, &mut out)?;
            singly = &[];
        }
        for row in singly.iter().chain(others) {
            let mut passes = Vec::with_capacity(neighbourhood.near.len().min(PASSES_USUAL));
            if !self.add_passes((hit, neighbourhood), *row, row_checks, &mut passes) {
                return None;
            }
            out.push((*row, passes));
        }
        out.sort_unstable_by_key(|(row, _)| *row);
        let own = neighbourhood.own.iter().filter(|near| near.hash == hit.hash);
        let with_own = |(row, mut passes): (u32, Vec<Pass>)| {
            if !passes.is_empty() {
                passes.extend(own.clone().map(|near| near.pass(hit.column)));
            }
            (row, Some(passes))
        };
        Some(out.into_iter().map(with_own).collect())
    }

    /// Does what [`EvidenceFinder::add_passes`] does for each row of a value, asking once of each other value.
    fn add_passes_together(
        &self,
        (hit, neighbourhood): (&Hit, &Neighbourhood),
        value: ValueRows,
        row_checks: &RowChecks,
        out: &mut [(u32, Vec<Pass>)],
    ) -> Option<()> {
        let generation = self.context.groups.tables.get(hit.table).expect("a hit is of one of the tables");
        for (column, near) in &neighbourhood.near {
            let pass = near.pass(*column);
            let mut held = 0;
            let cost = row_checks.each_holder(generation, value, (*column, &near.hash), |index| {
                held += 1;
                if let Some((_, passes)) = out.get_mut(index) {
                    passes.push(pass);
                }
            });
            if !self.context.spend(row_checks, hit.stretch, cost + held) {
                return None;
            }
        }
        Some(())
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
