//! What of a row is near a primary value.
//!
//! For a hit the windows within reach are gathered once, whatever the row: of searchable columns
//! these are hits already, of the other columns every window of their rule. Then each row of the
//! hit is tested for which of these windows it contains:
//!
//! ```text
//! windows within reach   (column, hash) …                   once for a hit
//! row check              AES(row key, row, column, hash)    rows × windows, eight at a time
//! equal to the stored check of the cell (row, column)?      then the window is a value of the row
//! ```
//!
//! A value with several rows is checked for all of them together, because the results are kept
//! (`row_checks`).
//!
//! What must stay true: rows × windows is bounded by the row checks of the text's part; where they
//! are used up, the result is `None` and the caller reports the limit.

use std::ops::Range;

use edm_hash::{Hash, RowCell};
use edm_model::DataType;

use crate::generation::Generation;
use crate::prepared::rule_groups::RuleMember;
use crate::scan::context::Context;
use crate::scan::evidence::row_match::{RowMatch, RowMatches};
use crate::scan::evidence::window_memo::{HashedWindow, WindowMemo};
use crate::scan::hits::hit::{Hit, of_table};
use crate::scan::hits::window_hasher::WindowHasher;
use crate::scan::row_checks::{ColumnHash, RowChecks, ValueRows};
use crate::text::span::{ZoneSpan, partition_point};

/// Capacity for the windows near a hit, and for the values of its row among them: mostly there are
/// fewer.
const NEAR_USUAL: usize = 64;
const MATCHES_USUAL: usize = 16;
/// Values with this many rows are checked for all of them together: each result is kept.
const ROWS_TOGETHER: usize = 4;
/// Skipping an atom whose windows are known takes a quarter of a row check.
const PASSED_ATOMS: u64 = 4;

/// Finds evidence; keeps what it hashed.
pub(crate) struct EvidenceFinder<'c> {
    context: &'c Context<'c>,
    /// Every value of a searchable column in the text, by table and place.
    hits: &'c [Hit],
    /// One entry for each table.
    tables: Vec<TableHits>,
    memos: Vec<WindowMemo<'c>>,
    near: Vec<HashedWindow>,
    cells: Vec<RowCell>,
    checks: Vec<u32>,
}

/// The hits of a table.
struct TableHits {
    /// Where they are among all.
    range: Range<usize>,
    /// The bytes of the longest.
    longest: usize,
}

/// What is searched for around a hit, and the budget that it is spent from.
#[derive(Clone, Copy)]
pub(crate) struct NearbyRequest<'r> {
    pub(crate) hit: &'r Hit,
    /// Where evidence may be.
    pub(crate) reach: ZoneSpan,
    /// The columns whose values matter, ascending.
    pub(crate) columns: &'r [usize],
    pub(crate) row_checks: &'r RowChecks,
}

/// The windows around one hit that may be values of columns of its table.
pub(crate) struct NearbyWindows {
    /// Those of the hit's column. Each of its rows holds its value there and no other.
    same_column: Vec<HashedWindow>,
    other_columns: Vec<ColumnWindow>,
}

#[derive(Debug, Clone, Copy)]
struct ColumnWindow {
    column: usize,
    window: HashedWindow,
}

/// The rows of a hit that are evaluated.
pub(crate) struct HitRows {
    pub(crate) value: ValueRows,
    /// Those of its value, ascending.
    pub(crate) of_value: Vec<u32>,
    /// Where it has more of them than are evaluated: those that other values near it name,
    /// ascending.
    pub(crate) named_near: Vec<u32>,
}

impl<'c> EvidenceFinder<'c> {
    pub(crate) fn new(context: &'c Context<'c>, hits: &'c [Hit]) -> Self {
        let tables = (0..context.groups.tables.len()).map(|table| {
            let range = of_table(hits, table);
            let longest = hits[range.clone()].iter().map(|hit| hit.span.len()).max().unwrap_or(0);
            TableHits { range, longest }
        });
        Self {
            context,
            hits,
            tables: tables.collect(),
            memos: Vec::new(),
            near: Vec::new(),
            cells: Vec::new(),
            checks: Vec::new(),
        }
    }

    /// Gathers the windows within reach that may be values of the columns; `None` if there are more
    /// than row checks are left. What may be a value of a searchable column is known: it is a hit.
    pub(crate) fn windows_near(&mut self, request: NearbyRequest<'_>) -> Option<NearbyWindows> {
        let NearbyRequest { hit, reach, columns, row_checks } = request;
        let context = self.context;
        let generation = self.generation(hit);
        let definitions = generation.columns().as_slice();
        let mut same_column: Vec<HashedWindow> = Vec::new();
        let mut other_columns: Vec<ColumnWindow> = Vec::with_capacity(NEAR_USUAL);
        let hits = self.hits_around(hit.table, reach);
        if !context.spend(row_checks, hit.span, hits.len() as u64) {
            return None;
        }
        // Hits are values of searchable columns already: they need no hashing, only the row check.
        for other in hits.iter().filter(|other| other.span.end >= reach.start) {
            let window = HashedWindow {
                span: other.span,
                hash: other.hash,
                counts_as_evidence: other.counts_as_evidence,
            };
            if other.column == hit.column {
                same_column.push(window);
            } else if columns.binary_search(&other.column).is_ok() {
                other_columns.push(ColumnWindow { column: other.column, window });
            }
        }
        // Columns of one rule have the same windows: they are hashed once.
        let rule = |column: &usize| generation.rule_position(*column);
        let mut hidden: Vec<usize> =
            columns.iter().copied().filter(|column| !definitions[*column].searchable).collect();
        hidden.sort_by_key(rule);
        for columns in hidden.chunk_by(|a, b| rule(a) == rule(b)) {
            let group = context.groups.group_of(RuleMember { table: hit.table, rule: rule(&columns[0]) });
            if !self.gather_windows(group, request) {
                return None;
            }
            let of_columns = |window: &HashedWindow| {
                let window = *window;
                columns.iter().map(move |column| ColumnWindow { column: *column, window })
            };
            other_columns.extend(self.near.iter().flat_map(of_columns));
        }
        Some(NearbyWindows { same_column, other_columns })
    }

    /// Returns the bytes of a table's longest hit.
    pub(crate) fn longest(&self, table: usize) -> usize {
        self.tables[table].longest
    }

    /// Returns the hits of a table that may touch a span.
    fn hits_around(&self, table: usize, reach: ZoneSpan) -> &'c [Hit] {
        let TableHits { range, longest } = &self.tables[table];
        let hits = &self.hits[range.clone()];
        // Hits are in order of their starts; one that starts before the reach may still touch it.
        let from = hits.partition_point(|hit| hit.span.start + longest < reach.start);
        let to = hits.partition_point(|hit| hit.span.start <= reach.end);
        &hits[from..to.max(from)]
    }

    /// Leaves the windows of a group within reach in `near`; returns false if there are more than
    /// row checks are left around the primary value, or the scan is stopped.
    fn gather_windows(&mut self, group: usize, request: NearbyRequest<'_>) -> bool {
        let NearbyRequest { hit, reach, row_checks, .. } = request;
        let (context, primary) = (self.context, hit.span);
        self.near.clear();
        let definition = &context.groups.groups[group];
        for number in context.views.of(&definition.rule) {
            let view = context.views.view(number);
            let atoms = view.folded.atom_count();
            let known = self.memos.iter().position(|memo| (memo.group, memo.view) == (group, number));
            let known = known.unwrap_or_else(|| {
                let hasher = WindowHasher::new(context.groups, definition, context.query.accelerators);
                self.memos.push(WindowMemo::new(group, number, hasher));
                self.memos.len() - 1
            });
            let memo = &mut self.memos[known];
            let span = |atom: usize| context.views.source_span(number, atom, atom);
            let first = partition_point(atoms, |atom| span(*atom).end < reach.start);
            let last = partition_point(atoms, |atom| span(*atom).start <= reach.end);
            // The place of a telephone number begins before its first atom: with its `+`.
            let signed = matches!(definition.rule.data_type, DataType::Phone { .. });
            let last = (last + usize::from(signed)).min(atoms);
            // A window that starts before the reach may end in it.
            let first = first.saturating_sub(memo.hasher.bytes_max());
            let passed = last.saturating_sub(first) as u64 / PASSED_ATOMS;
            if !context.spend(row_checks, primary, passed) || !memo.hash(view, first..last, context) {
                return false;
            }
            let left = row_checks.left(context.zone.text_span(primary));
            let room = usize::try_from(left).unwrap_or(usize::MAX);
            for start in first..last {
                let touches =
                    |near: &&HashedWindow| near.span.end >= reach.start && near.span.start <= reach.end;
                self.near.extend(memo.at(start).iter().filter(touches));
                // More windows than row checks are left: every row would need them all, so it is
                // not worth going on.
                if self.near.len() > room {
                    return context.spend(row_checks, primary, self.near.len() as u64);
                }
            }
        }
        context.spend(row_checks, primary, self.near.len() as u64)
    }

    /// Returns what of a row, which need not be one of the hit's, is among the windows; `None` when
    /// the row checks are used up, or the scan is stopped.
    pub(crate) fn row_matches(
        &mut self,
        hit: &Hit,
        windows: &NearbyWindows,
        row: u32,
        row_checks: &RowChecks,
    ) -> Option<Vec<RowMatch>> {
        let mut matches = Vec::with_capacity(MATCHES_USUAL);
        if !self.add_matches(hit, windows, row, row_checks, &mut matches) {
            return None;
        }
        // `add_matches` is done with the checks of the other columns: they are overwritten.
        let generation = self.generation(hit);
        let same_column = windows.same_column.iter();
        self.check(generation, same_column.clone().map(|near| cell(row, hit.column, near.hash)));
        let stored = generation.stored_check(row, hit.column);
        let held = same_column.zip(&self.checks).filter(|(_, check)| **check == stored);
        matches.extend(held.map(|(near, _)| near.matched(hit.column)));
        Some(matches)
    }

    /// Appends what of a row is among the windows, the hit's column aside. Returns false when
    /// the row checks are used up, or the scan is stopped.
    fn add_matches(
        &mut self,
        hit: &Hit,
        windows: &NearbyWindows,
        row: u32,
        row_checks: &RowChecks,
        matches: &mut Vec<RowMatch>,
    ) -> bool {
        if !self.context.spend(row_checks, hit.span, windows.other_columns.len() as u64) {
            return false;
        }
        let generation = self.generation(hit);
        self.check(
            generation,
            windows.other_columns.iter().map(|near| cell(row, near.column, near.window.hash)),
        );
        // A cell is read once, however many windows are compared with it.
        let mut stored = vec![None; generation.columns().as_slice().len()];
        for (near, check) in windows.other_columns.iter().zip(&self.checks) {
            let stored =
                *stored[near.column].get_or_insert_with(|| generation.stored_check(row, near.column));
            if stored == *check {
                matches.push(near.window.matched(near.column));
            }
        }
        true
    }

    /// Returns for each of the hit's rows, ascending, what of it is among the windows: with the
    /// hit's value, or nothing at all.
    pub(crate) fn matches_of_rows(
        &mut self,
        hit: &Hit,
        windows: &NearbyWindows,
        rows: &HitRows,
        row_checks: &RowChecks,
    ) -> Option<Vec<RowMatches>> {
        let mut out: Vec<(u32, Vec<RowMatch>)> =
            Vec::with_capacity(rows.of_value.len() + rows.named_near.len());
        // The memo of pairs knows the rows of a value as a set. Rows that were named by neighbours
        // are not in such a set, so they are always checked one by one.
        let mut singly = rows.of_value.as_slice();
        if singly.len() >= ROWS_TOGETHER {
            out.extend(singly.iter().map(|row| (*row, Vec::new())));
            self.add_matches_together(hit, windows, rows.value, row_checks, &mut out)?;
            singly = &[];
        }
        for row in singly.iter().chain(&rows.named_near) {
            let mut matches = Vec::with_capacity(windows.other_columns.len().min(MATCHES_USUAL));
            if !self.add_matches(hit, windows, *row, row_checks, &mut matches) {
                return None;
            }
            out.push((*row, matches));
        }
        out.sort_unstable_by_key(|(row, _)| *row);
        let same_value = windows.same_column.iter().filter(|near| near.hash == hit.hash);
        let with_same_value = |(row, mut matches): (u32, Vec<RowMatch>)| {
            // The value itself is no evidence; it matters only because what is at its span is not
            // counted either.
            if !matches.is_empty() {
                matches.extend(same_value.clone().map(|near| near.matched(hit.column)));
            }
            RowMatches { row, matches: Some(matches) }
        };
        Some(out.into_iter().map(with_same_value).collect())
    }

    /// Does what [`EvidenceFinder::add_matches`] does for each row of a value, with one look-up for
    /// each other value.
    fn add_matches_together(
        &self,
        hit: &Hit,
        windows: &NearbyWindows,
        value: ValueRows,
        row_checks: &RowChecks,
        out: &mut [(u32, Vec<RowMatch>)],
    ) -> Option<()> {
        let generation = self.generation(hit);
        for near in &windows.other_columns {
            let matched = near.window.matched(near.column);
            let other = ColumnHash { column: near.column, hash: near.window.hash };
            // `each_holder` counts in the rows of the value, and these are the first of `out`, in
            // the same order.
            let mut held = 0;
            let cost = row_checks.each_holder(generation, value, other, |index| {
                held += 1;
                out[index].1.push(matched);
            });
            if !self.context.spend(row_checks, hit.span, cost + held) {
                return None;
            }
        }
        Some(())
    }

    /// Leaves the row checks of values in `checks`, in their order.
    fn check(&mut self, generation: &Generation, values: impl Iterator<Item = RowCell>) {
        self.cells.clear();
        self.cells.extend(values);
        generation.row_checks(&self.cells, &mut self.checks);
    }

    fn generation(&self, hit: &Hit) -> &'c Generation {
        &self.context.groups.tables[hit.table]
    }
}

fn cell(row: u32, column: usize, hash: Hash) -> RowCell {
    RowCell { hash, row, column: column as u16 }
}
