//! From the cells of a record to their hashes: the end of plaintext.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use edm_model::{Columns, DataType, limits};

use crate::batch::Hash;
use crate::canonical::{Canonicaliser, CellForm, CellRefusal};
use crate::date;
use crate::fold::Folded;
use crate::key::{RuleKeys, Salt};
use crate::rows::{ColumnCounts, HashedColumn, HashedRows, RuleSummary, set_bit};
use crate::shape::{Alphanumerics, Shape, canonical_atoms};

/// More shapes than this are not listed.
const SHAPES_MAX: usize = 65_536;
/// More vocabulary tags than this, over all rules of a block, are not listed: 2 MiB.
const VOCABULARY_MAX: usize = 512 * 1024;
/// Canonical forms and atoms are hashed whenever a column or rule has gathered so many bytes of them.
const ARENA_BYTES: usize = 1024 * 1024;
/// Digits and letters in the histogram of shapes are capped here.
const HISTOGRAM_MAX: usize = 63;

/// What became of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecordOutcome {
    /// It was taken; the named cells were taken as absent.
    Accepted {
        /// Column position and reason of each cell that its column cannot hold.
        refused_cells: Vec<(usize, CellRefusal)>,
    },
    /// It was left out, and keeps its ordinal.
    Rejected(RecordRefusal),
}

/// Why a record was left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RecordRefusal {
    /// Its key cell is empty, a placeholder or refused.
    AbsentKey {
        /// The position of the key column.
        column: usize,
    },
    /// A cell is longer than a cell may be.
    CellTooLong {
        /// The position of its column.
        column: usize,
    },
    /// It has fewer or more cells than there are columns.
    WrongCellCount,
}

impl fmt::Display for RecordRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RecordRefusal::AbsentKey { .. } => f.write_str("the key cell is empty"),
            RecordRefusal::CellTooLong { .. } => {
                write!(f, "a cell is longer than {} bytes", limits::CELL_BYTES_MAX)
            }
            RecordRefusal::WrongCellCount => f.write_str("the record has the wrong number of cells"),
        }
    }
}

struct ColumnState {
    canonicaliser: Canonicaliser,
    rule: usize,
    key: bool,
    arena: Vec<u8>,
    forms: Vec<(u32, u32)>,
    hashes: Vec<Hash>,
    presence: Vec<u8>,
    histogram: BTreeMap<(u8, u8), u32>,
    counts: ColumnCounts,
}

struct RuleState {
    keys: RuleKeys,
    /// Windows of the other types are found without asking which atoms occur.
    has_vocabulary: bool,
    /// Its numbers are brought to a width.
    has_width: bool,
    shapes: BTreeSet<Shape>,
    /// Shapes seen last, so that the set is asked only for new ones.
    recent: [Option<Shape>; 64],
    atoms: Vec<u8>,
    atom_ranges: Vec<(u32, u32)>,
    vocabulary: Vec<u32>,
    /// Tags at the last time that they were sorted.
    sorted: usize,
}

/// Turns records into hashes, block after block.
pub struct RecordHasher {
    columns: Vec<ColumnState>,
    rules: Vec<RuleState>,
    rejected: Vec<u8>,
    rejected_count: u32,
    row_count: u32,
    folded: Folded,
}

impl RecordHasher {
    /// Makes one for a session's salt and columns.
    pub fn new(salt: &Salt, columns: &Columns, tokens_max: u32) -> Self {
        let rules = columns.rules();
        let column_states = columns.as_slice().iter().map(|column| ColumnState {
            canonicaliser: Canonicaliser::new(&column.rule, tokens_max),
            rule: rules.iter().position(|rule| *rule == column.rule).unwrap_or(0),
            key: column.key,
            arena: Vec::new(),
            forms: Vec::new(),
            hashes: Vec::new(),
            presence: Vec::new(),
            histogram: BTreeMap::new(),
            counts: ColumnCounts::default(),
        });
        Self {
            columns: column_states.collect(),
            rules: rules
                .iter()
                .map(|rule| RuleState {
                    keys: RuleKeys::derive(salt, rule),
                    has_width: matches!(rule.data_type, DataType::Digits { width: Some(_) }),
                    has_vocabulary: matches!(
                        rule.data_type,
                        DataType::Text | DataType::Name | DataType::Address
                    ),
                    shapes: BTreeSet::new(),
                    recent: [None; 64],
                    atoms: Vec::new(),
                    atom_ranges: Vec::new(),
                    vocabulary: Vec::new(),
                    sorted: 0,
                })
                .collect(),
            rejected: Vec::new(),
            rejected_count: 0,
            row_count: 0,
            folded: Folded::new(),
        }
    }

    /// Returns how many records were pushed since the last block, rejected ones included.
    pub fn len(&self) -> usize {
        self.row_count as usize
    }

    /// Returns whether no record was pushed since the last block.
    pub fn is_empty(&self) -> bool {
        self.row_count == 0
    }

    /// Counts a record that the source could not read: it keeps its ordinal and has no cells.
    pub fn push_rejected(&mut self) {
        set_bit(&mut self.rejected, self.row_count, true);
        self.rejected_count += 1;
        self.row_count += 1;
    }

    /// Takes a record's cells, in the order of the store's columns.
    pub fn push<'a>(&mut self, cells: impl Iterator<Item = &'a str> + Clone) -> RecordOutcome {
        if let Err(refusal) = self.check(cells.clone()) {
            self.push_rejected();
            return RecordOutcome::Rejected(refusal);
        }
        let mut refused_cells = Vec::new();
        let row = self.row_count;
        for (position, (column, cell)) in self.columns.iter_mut().zip(cells).enumerate() {
            let from = column.arena.len();
            let present = match column.canonicaliser.cell(cell, &mut self.folded, &mut column.arena) {
                CellForm::Present => {
                    column.forms.push((from as u32, column.arena.len() as u32));
                    let canonical = column.arena.get(from..).unwrap_or(&[]);
                    column.counts.dates += u32::from(date::reads_as_date(self.folded.text()));
                    count_value(&mut column.histogram, &mut column.counts, canonical);
                    if let Some(rule) = self.rules.get_mut(column.rule) {
                        rule.see(canonical);
                        column.flush_if_full(rule);
                    }
                    true
                }
                CellForm::Absent => false,
                CellForm::Placeholder => {
                    column.counts.placeholders += 1;
                    false
                }
                CellForm::Refused(refusal) => {
                    match refusal {
                        CellRefusal::TooManyTokens => column.counts.too_long += 1,
                        _ => column.counts.refused += 1,
                    }
                    refused_cells.push((position, refusal));
                    false
                }
            };
            set_bit(&mut column.presence, row, present);
        }
        self.row_count += 1;
        RecordOutcome::Accepted { refused_cells }
    }

    fn check<'a>(&mut self, cells: impl Iterator<Item = &'a str>) -> Result<(), RecordRefusal> {
        let mut count = 0;
        let mut key = None;
        for (position, cell) in cells.enumerate() {
            if cell.len() > limits::CELL_BYTES_MAX {
                return Err(RecordRefusal::CellTooLong { column: position });
            }
            if self.columns.get(position).is_some_and(|column| column.key) {
                key = Some((position, cell));
            }
            count += 1;
        }
        if count != self.columns.len() {
            return Err(RecordRefusal::WrongCellCount);
        }
        let Some((position, cell)) = key else { return Ok(()) };
        let Some(column) = self.columns.get_mut(position) else { return Ok(()) };
        let from = column.arena.len();
        let form = column.canonicaliser.cell(cell, &mut self.folded, &mut column.arena);
        column.arena.truncate(from);
        match form {
            CellForm::Present => Ok(()),
            _ => Err(RecordRefusal::AbsentKey { column: position }),
        }
    }

    /// Hashes what was pushed and starts afresh.
    pub fn finish(&mut self) -> HashedRows {
        let row_count = std::mem::take(&mut self.row_count);
        let bytes = (row_count as usize).div_ceil(8);
        let mut rejected = std::mem::take(&mut self.rejected);
        rejected.resize(bytes, 0);
        let columns = self.columns.iter_mut().map(|column| {
            if let Some(rule) = self.rules.get(column.rule) {
                column.flush(&rule.keys);
            }
            let mut presence = std::mem::take(&mut column.presence);
            presence.resize(bytes, 0);
            HashedColumn {
                counts: std::mem::take(&mut column.counts),
                histogram: std::mem::take(&mut column.histogram).into_iter().collect(),
                presence,
                hashes: std::mem::take(&mut column.hashes),
            }
        });
        let columns = columns.collect();
        let mut room = VOCABULARY_MAX;
        let rules = self.rules.iter_mut().map(|rule| rule.finish(&mut room)).collect();
        HashedRows {
            row_count,
            rejected,
            rejected_count: std::mem::take(&mut self.rejected_count),
            columns,
            rules,
        }
    }
}

fn count_value(histogram: &mut BTreeMap<(u8, u8), u32>, counts: &mut ColumnCounts, canonical: &[u8]) {
    let alphanumerics = Alphanumerics::of(canonical);
    let capped = |count: usize| count.min(HISTOGRAM_MAX) as u8;
    *histogram.entry((capped(alphanumerics.digits), capped(alphanumerics.letters))).or_default() += 1;
    counts.anchors += u32::from(alphanumerics.anchors);
}

impl ColumnState {
    fn flush_if_full(&mut self, rule: &RuleState) {
        if self.arena.len() >= ARENA_BYTES {
            self.flush(&rule.keys);
        }
    }

    fn flush(&mut self, keys: &RuleKeys) {
        keys.hash_all(&self.arena, &self.forms, &mut self.hashes);
        self.arena.clear();
        self.forms.clear();
    }
}

impl RuleState {
    fn see(&mut self, canonical: &[u8]) {
        let (bytes, ranges) = (self.atoms.len(), self.atom_ranges.len());
        let atoms = canonical_atoms(canonical, |atom| {
            let start = self.atoms.len() as u32;
            self.atoms.extend_from_slice(atom);
            self.atom_ranges.push((start, self.atoms.len() as u32));
        });
        if atoms < 2 || !self.has_vocabulary {
            self.atoms.truncate(bytes);
            self.atom_ranges.truncate(ranges);
        }
        if self.atoms.len() >= ARENA_BYTES {
            self.flush_atoms();
        }
        self.see_shape(Shape::of(canonical, atoms));
        if self.has_width {
            self.see_shape(Shape::of_significant_digits(canonical));
        }
    }

    fn see_shape(&mut self, shape: Shape) {
        let slot =
            (usize::from(shape.bytes) * 7 + usize::from(shape.atoms) * 31 + usize::from(shape.mask)) % 64;
        if self.recent[slot] != Some(shape) {
            self.recent[slot] = Some(shape);
            if self.shapes.len() <= SHAPES_MAX {
                self.shapes.insert(shape);
            }
        }
    }

    fn flush_atoms(&mut self) {
        self.keys.vocabulary_tags(&self.atoms, &self.atom_ranges, &mut self.vocabulary);
        self.atoms.clear();
        self.atom_ranges.clear();
        // Sorted whenever it has doubled, the list stays within twice its final size.
        if self.vocabulary.len() > self.sorted * 2 + VOCABULARY_MAX {
            self.vocabulary.sort_unstable();
            self.vocabulary.dedup();
            self.sorted = self.vocabulary.len();
        }
    }

    fn finish(&mut self, room: &mut usize) -> RuleSummary {
        let shapes = std::mem::take(&mut self.shapes);
        self.recent = [None; 64];
        self.flush_atoms();
        let mut vocabulary = std::mem::take(&mut self.vocabulary);
        self.sorted = 0;
        vocabulary.sort_unstable();
        vocabulary.dedup();
        let listed = vocabulary.len() <= *room;
        if listed {
            *room -= vocabulary.len();
        }
        RuleSummary {
            shapes: (shapes.len() <= SHAPES_MAX).then(|| shapes.into_iter().collect()),
            vocabulary: listed.then_some(vocabulary),
        }
    }
}
