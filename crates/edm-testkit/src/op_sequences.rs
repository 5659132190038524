//! Tests deltas against the oracle: after each delta, the engine must answer as if the resulting
//! table had been uploaded as a whole.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use edm_engine::{Accelerators, ActiveType, Generation, IndexFiles, RowReference};
use edm_model::{RECOMMENDED_CONFIDENCE_DEFAULT, SensitiveTypeId, SessionId};

use crate::differential::{ROWS_PER_BLOCK, TOKENS_MAX, described_sample, reports, translated};
use crate::generate::OpSequence;
use crate::in_memory::{Change, SESSION, Shape, delta, open, whole};
use crate::oracle::{Asked, Question, Table};

const SHAPE: Shape = Shape { tokens_max: TOKENS_MAX, rows_per_block: ROWS_PER_BLOCK };

/// What occurred in a sequence, so that a test can check its coverage.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Seen {
    /// Deltas that stayed separate from the table.
    pub apart: usize,
    /// Deltas that were merged with it.
    pub merged: usize,
    /// Questions with findings.
    pub found: usize,
}

/// A record of the table with its origin.
struct Record {
    origin: RowReference,
    key: String,
    row: Vec<String>,
}

/// The table as plain rows, with deltas applied naively.
struct Ledger {
    /// Only for the canonical forms of keys.
    forms: Table,
    key: usize,
    records: Vec<Record>,
}

impl Ledger {
    fn new(sequence: &OpSequence) -> Self {
        let columns = sequence.base.columns.clone();
        let key = columns.as_slice().iter().position(|column| column.key).unwrap_or(0);
        let mut own = Self { forms: Table::new(columns, &[], TOKENS_MAX), key, records: Vec::new() };
        let rows = sequence.base.rows.iter();
        let changes: Vec<Change> = rows.map(|row| Change { removes: false, row: row.clone() }).collect();
        own.apply(SESSION, &changes);
        own
    }

    fn apply(&mut self, session_id: SessionId, changes: &[Change]) {
        for (record, change) in (1..).zip(changes) {
            // A record without its key is rejected.
            let Some(key) = self.forms.canonical(self.key, &change.row[self.key]) else { continue };
            self.records.retain(|known| known.key != key);
            if !change.removes {
                let origin = RowReference { record, session_id };
                self.records.push(Record { origin, key, row: change.row.clone() });
            }
        }
    }

    fn rows(&self) -> Vec<Vec<String>> {
        self.records.iter().map(|record| record.row.clone()).collect()
    }

    /// Returns the record's number in the table as uploaded as a whole; 0 if it is not in the
    /// table.
    fn number(&self, origin: &RowReference) -> u64 {
        self.records.iter().position(|record| record.origin == *origin).map_or(0, |place| place as u64 + 1)
    }
}

/// Returns where the engine and the oracle differ in a sequence, or else its coverage.
pub fn disagreement(sequence: &OpSequence) -> Result<Seen, String> {
    let mut ledger = Ledger::new(sequence);
    let mut stored = whole(&sequence.base.columns, &sequence.base.rows, SHAPE);
    let mut seen = Seen::default();
    let mut values: Vec<Vec<String>> = sequence.base.rows.clone();
    for (number, (changes, question)) in (3u8..).zip(&sequence.deltas) {
        let session = SessionId::from_bytes([number; 16]);
        ledger.apply(session, changes);
        let before = open(&stored);
        stored = delta(&stored, session, changes, SHAPE);
        if stored.files.keys().any(|name| name.starts_with("delta-")) {
            seen.apart += 1;
        } else {
            seen.merged += 1;
        }
        values.extend(changes.iter().map(|change| change.row.clone()));
        let generation = Arc::new(open(&stored));
        let mut text = pinned(&before, &generation);
        text += &looked_up(&ledger, &generation, &values);
        text += &scanned(&ledger, &generation, question, &mut seen);
        if !text.is_empty() {
            let step = number - 2;
            return Err(format!(
                "{}{:#?}\nafter delta {step}: {text}",
                described_sample(&sequence.base),
                sequence.deltas
            ));
        }
    }
    reopened(&stored)?;
    Ok(seen)
}

/// Returns what a delta changed although only a replace may.
fn pinned(before: &Generation, after: &Generation) -> String {
    let of = |generation: &Generation| (generation.classes(), generation.default_patterns().ok());
    let mut text = String::new();
    if of(before) != of(after) {
        let _ = writeln!(text, "classes {:?} became {:?}", before.classes(), after.classes());
    }
    if before.session_id() == after.session_id() || !after.has_deltas() {
        let _ = writeln!(text, "the generation does not name its session");
    }
    text
}

fn looked_up(ledger: &Ledger, generation: &Generation, values: &[Vec<String>]) -> String {
    let table = Table::new(generation.columns().clone(), &ledger.rows(), TOKENS_MAX);
    let mut text = String::new();
    if table.row_count() as u64 != generation.row_count() {
        let _ = writeln!(text, "rows: oracle {}, engine {}", table.row_count(), generation.row_count());
    }
    let columns = generation.columns().as_slice().iter().enumerate();
    for (column, definition) in columns.filter(|(_, column)| column.searchable) {
        for row in values {
            let own = table.lookup(column, &row[column]);
            let engine = generation.lookup(column, &row[column], usize::MAX);
            let engine: Vec<u64> =
                engine.iter().map(|row| ledger.number(&generation.reference(*row))).collect();
            if own != engine {
                let value = &row[column];
                let _ = writeln!(
                    text,
                    "lookup of {value:?} in {}: oracle {own:?}, engine {engine:?}",
                    definition.name
                );
            }
        }
    }
    text
}

fn scanned(ledger: &Ledger, generation: &Arc<Generation>, question: &Question, seen: &mut Seen) -> String {
    let Asked::Own(patterns) = &question.patterns else { return String::new() };
    let table = Table::new(generation.columns().clone(), &ledger.rows(), TOKENS_MAX);
    let expected = table.scan(question);
    seen.found += usize::from(expected.is_some());
    let active = Arc::new(ActiveType {
        id: SensitiveTypeId::from_bytes([4; 16]),
        name: "op_sequence".to_owned(),
        recommended_confidence: RECOMMENDED_CONFIDENCE_DEFAULT,
        redact_confidence: RECOMMENDED_CONFIDENCE_DEFAULT,
        default_type: false,
        patterns: patterns.clone(),
        generation: generation.clone(),
    });
    let all = Accelerators::default();
    let none = Accelerators { shapes: false, vocabulary: false, filter: false };
    let mut text = String::new();
    for (choice, report) in [all, none].iter().zip(reports(question, &active, &[all, none])) {
        let found = report.types.first().map(|found| translated(found, |row| Some(ledger.number(row))));
        if found != expected {
            let _ =
                writeln!(text, "{:?}\n{choice:?}\noracle: {expected:?}\nengine: {found:?}", question.text);
        }
    }
    text
}

/// Reopens the files and checks that they contain the same, with an origin for every row exactly
/// once.
fn reopened(stored: &IndexFiles) -> Result<(), String> {
    let (one, two) = (open(stored), open(stored));
    let mut origins: BTreeMap<(SessionId, u64), u32> = BTreeMap::new();
    for row in 0..u32::try_from(one.row_count()).unwrap_or(u32::MAX) {
        let origin = one.reference(row);
        if two.reference(row) != origin || origins.insert((origin.session_id, origin.record), row).is_some() {
            return Err(format!("row {row} has no origin of its own: {origin:?}"));
        }
    }
    Ok(())
}
