//! What of a row stands near a primary value.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use edm_hash::{Alphanumerics, Folded, Hash, RowCell, Window};
use edm_model::limits::PLACE_BYTES_MAX;

use super::context::{Context, RowChecks};
use super::find::{Hit, partition_point};
use super::group::Windower;
use super::place::Stretch;

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
    windower: Windower<'c>,
    /// For each start atom, whether its windows are in `windows`: few atoms have any.
    done: Vec<bool>,
    windows: BTreeMap<usize, Vec<Near>>,
}

impl Hashed<'_> {
    /// Hashes the windows that begin at these atoms, as far as they are not yet known.
    fn hash(&mut self, folded: &Folded, starts: Range<usize>, stretch: impl Fn(&Window) -> Stretch) {
        let mut from = starts.start;
        let unknown = |done: &[bool], from: usize| done.get(from..starts.end)?.iter().position(|done| !done);
        while let Some(offset) = unknown(&self.done, from) {
            let start = from + offset;
            from = start + 1;
            self.done.iter_mut().skip(start).take(1).for_each(|done| *done = true);
            let windows = &mut self.windows;
            self.windower.each(folded, start..from, |window| {
                let stretch = stretch(&window.window);
                if stretch.1 - stretch.0 <= PLACE_BYTES_MAX {
                    let counts = Alphanumerics::of(window.canonical).counts_as_evidence();
                    windows.entry(start).or_default().push(Near { stretch, hash: window.hash, counts });
                }
            });
        }
    }
}

/// Finds evidence; remembers what it hashed.
pub(crate) struct EvidenceFinder<'c> {
    context: &'c Context<'c>,
    hashed: HashMap<(usize, usize), Hashed<'c>>,
    cells: Vec<RowCell>,
    origins: Vec<(Stretch, bool)>,
    checks: Vec<u32>,
}

/// The windows around one hit, by column of its table.
pub(crate) struct Neighbourhood {
    near: Vec<(usize, Near)>,
}

impl<'c> EvidenceFinder<'c> {
    pub(crate) fn new(context: &'c Context<'c>) -> Self {
        Self { context, hashed: HashMap::new(), cells: Vec::new(), origins: Vec::new(), checks: Vec::new() }
    }

    /// Gathers the windows within `reach` that may be values of the columns; `None` if there are more than row checks are
    /// left.
    pub(crate) fn neighbourhood(
        &mut self,
        hit: &Hit,
        (reach, columns): (Stretch, &[usize]),
        row_checks: &RowChecks,
    ) -> Option<Neighbourhood> {
        let room = usize::try_from(row_checks.left(self.context.whole(hit.stretch))).unwrap_or(usize::MAX);
        let mut near = Vec::new();
        let generation = self.context.groups.tables.get(hit.table)?;
        let mut by_rule: HashMap<usize, Vec<usize>> = HashMap::new();
        for column in columns {
            if let Some(rule) = generation.rule_position(*column) {
                by_rule.entry(rule).or_default().push(*column);
            }
        }
        for (rule, columns) in by_rule {
            let Some(group) = self.context.groups.group_of(hit.table, rule) else { continue };
            let windows =
                self.windows(group, reach, room.saturating_sub(near.len()) / columns.len().max(1))?;
            for window in windows {
                near.extend(columns.iter().map(|column| (*column, window)));
            }
        }
        Some(Neighbourhood { near })
    }

    fn windows(&mut self, group: usize, reach: Stretch, room: usize) -> Option<Vec<Near>> {
        let context = self.context;
        let definition = context.groups.groups.get(group)?;
        let mut found = Vec::new();
        for reading in context.readings.of(&definition.rule) {
            let Some(folded) = context.readings.folded(reading) else { continue };
            let hashed = self.hashed.entry((group, reading)).or_insert_with(|| Hashed {
                windower: Windower::new(context.groups, definition, context.query.accelerators),
                done: vec![false; folded.atom_count()],
                windows: BTreeMap::new(),
            });
            let stretch = |atom: usize| context.readings.stretch(reading, atom, atom);
            let first = partition_point(folded.atom_count(), |atom| stretch(*atom).1 < reach.0);
            let last = partition_point(folded.atom_count(), |atom| stretch(*atom).0 <= reach.1);
            let first = first.saturating_sub(hashed.windower.bytes_max());
            hashed.hash(folded, first..last, |window| {
                context.readings.stretch(reading, window.first, window.last)
            });
            for windows in hashed.windows.range(first..last).map(|(_, windows)| windows) {
                found.extend(
                    windows.iter().filter(|near| near.stretch.1 >= reach.0 && near.stretch.0 <= reach.1),
                );
                if found.len() > room {
                    return None;
                }
            }
        }
        Some(found)
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
        self.cells.clear();
        self.origins.clear();
        for (column, near) in &neighbourhood.near {
            self.cells.push(RowCell { hash: near.hash, row, column: *column as u16 });
            self.origins.push((near.stretch, near.counts));
        }
        if !row_checks.spend(self.context.whole(hit.stretch), self.cells.len() as u64) {
            return None;
        }
        generation.row_key().checks(&self.cells, &mut self.checks);
        let mut stored: HashMap<usize, u32> = HashMap::new();
        let mut passes: Vec<Pass> = Vec::new();
        for ((cell, check), (stretch, counts)) in self.cells.iter().zip(&self.checks).zip(&self.origins) {
            let column = usize::from(cell.column);
            let own = *stored.entry(column).or_insert_with(|| generation.stored_check(row, column));
            if own == *check {
                passes.push(Pass { stretch: *stretch, column, counts: *counts });
            }
        }
        Some(passes)
    }
}
