//! What a report says of a hit that is no match: a function of what is known of it. Notes name
//! columns, records and offsets, never a value; their sentences are `edm_model::Note`'s.

use edm_model::{
    ColumnCount, Note, ProximityUnit, Reason, RecordName, RecordValue, Records, ValuePlace, limits,
};

use crate::generation::Generation;
use crate::prepared::pattern::{GroupPlan, PatternPlan};
use crate::report::RowReference;
use crate::scan::context::Context;
use crate::scan::evidence::outcome::{DropReason, RowOutcome};
use crate::scan::explain::hit_outcome::{
    Cause, EvidenceOutcome, Foreign, HitOutcome, PrimaryOutcome, PrimaryVerdict, Relation, RowSet,
};
use crate::scan::hits::hit::Hit;
use crate::text::span::ZoneSpan;

/// Notes of one explanation.
const NOTES_MAX: usize = 12;

/// Returns the notes on a hit that is no match for a reason.
pub(crate) fn notes(
    context: &Context<'_>,
    generation: &Generation,
    outcome: &HitOutcome<'_>,
    reason: Reason,
) -> Vec<Note> {
    let mut writer = Writer { context, generation, hit: &outcome.hit, notes: Vec::new() };
    let column = writer.name(outcome.hit.column);
    writer.add(|writer| Note::Own { column, records: writer.records(&outcome.rows) });
    match &outcome.cause {
        Cause::NoRows => {}
        Cause::Excluded { row, columns } => writer.add(|writer| Note::Excluded {
            record: row.map(|row| writer.record(row)),
            columns: writer.names(columns),
        }),
        Cause::InsideNumber => writer.add(|_| Note::InsideNumber),
        Cause::OutsideSpans => writer.add(|_| Note::OutsideSpans),
        Cause::RowChecksUsedUp => writer.add(|_| Note::RowChecksUsedUp),
        Cause::ExplanationChecksUsedUp => writer.add(|_| Note::ExplanationChecksUsedUp),
        Cause::Primary(primary) => writer.primary(primary, reason),
        Cause::Evidence(evidence) => writer.evidence(evidence, reason),
    }
    writer.notes
}

/// Collects notes up to their bound.
struct Writer<'a, 'c> {
    context: &'a Context<'c>,
    generation: &'a Generation,
    hit: &'a Hit,
    notes: Vec<Note>,
}

impl Writer<'_, '_> {
    /// Adds a note, unless it was made before or there are enough. Offsets take time to count, so a
    /// note is made only if it is wanted.
    fn add(&mut self, note: impl FnOnce(&Self) -> Note) {
        if self.notes.len() >= NOTES_MAX {
            return;
        }
        let note = note(self);
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    fn name(&self, column: usize) -> String {
        self.generation.columns().as_slice()[column].name.clone()
    }

    fn names(&self, columns: &[usize]) -> Vec<String> {
        columns.iter().map(|column| self.name(*column)).collect()
    }

    /// Names a row by its record, and by its session where there are several.
    fn record(&self, row: u32) -> RecordName {
        let RowReference { record, session_id } = self.generation.reference(row);
        RecordName { record, session: self.generation.has_deltas().then_some(session_id) }
    }

    fn records(&self, rows: &RowSet) -> Records {
        let first = rows.rows.first().map(|row| self.record(*row));
        let more = if rows.rows.len() > 1 { rows.count.saturating_sub(1) } else { 0 };
        Records { first, more }
    }

    fn place(&self, column: usize, span: ZoneSpan) -> ValuePlace {
        ValuePlace { column: self.name(column), offset: self.context.span(span).start_units }
    }

    fn place_of(&self, hit: &Hit) -> ValuePlace {
        self.place(hit.column, hit.span)
    }

    fn same_record(&mut self, hit: &Hit) {
        self.add(|writer| Note::SameRecord { place: writer.place_of(hit), value: RecordValue::Fact });
    }

    fn neighbour(&mut self, hit: &Hit, rows: &RowSet) {
        self.add(|writer| Note::Neighbour { place: writer.place_of(hit), records: writer.records(rows) });
    }

    fn primary(&mut self, primary: &PrimaryOutcome<'_>, reason: Reason) {
        let PrimaryOutcome { pattern, outcome, foreign, empty, .. } = primary;
        self.needs(pattern, outcome);
        for weighed in &outcome.weighed {
            self.add(|writer| Note::SameRecord {
                place: writer.place(weighed.column, weighed.span),
                value: match weighed.dropped {
                    None => RecordValue::Fact,
                    Some(DropReason::Voids) => RecordValue::Voids,
                    Some(DropReason::NotCounted) => RecordValue::NotCounted,
                    Some(DropReason::Short) => RecordValue::Short,
                    Some(DropReason::InOneRun) => RecordValue::InOneRun,
                    Some(DropReason::Covered) => RecordValue::Covered,
                    Some(DropReason::Far) => writer.far(weighed.span, &[*pattern]),
                },
            });
        }
        for foreign in foreign {
            match foreign {
                Foreign::Hit { hit, rows } => self.neighbour(hit, rows),
                Foreign::Value { value, row } => self.add(|writer| Note::Neighbour {
                    place: writer.place(value.column, value.span),
                    records: Records { first: Some(writer.record(*row)), more: 0 },
                }),
            }
        }
        if !empty.is_empty() {
            self.add(|writer| Note::Empty { columns: writer.names(empty) });
        }
        match reason {
            Reason::Attached if outcome.lacking == 0 => {
                self.add(|writer| Note::Joined { column: writer.name(writer.hit.column) });
            }
            Reason::Limit => self.add(|_| Note::RowsLookedAt { count: limits::ROW_SET_MAX }),
            Reason::TooFewFacts if self.context.goes_beyond(self.context.explained_reach(self.hit.span)) => {
                self.add(|_| Note::LookedWithin { bytes: limits::EXPLAIN_BYTES_MAX });
            }
            _ => {}
        }
    }

    /// Adds what the pattern needs, or what it allows where there is too much.
    fn needs(&mut self, pattern: &PatternPlan, outcome: &RowOutcome) {
        let counted = |writer: &Self, count: fn(&GroupPlan) -> Option<usize>| -> Vec<ColumnCount> {
            let counted = pattern.groups.iter().filter_map(|group| {
                Some(ColumnCount { count: count(group)?, columns: writer.names(&group.columns) })
            });
            counted.collect()
        };
        let confidence = pattern.confidence;
        if outcome.surplus {
            self.add(|writer| Note::AllowsAtMost { confidence, groups: counted(writer, |group| group.max) });
        } else if outcome.lacking > 0 {
            let min: fn(&GroupPlan) -> Option<usize> = |group| (group.min > 0).then_some(group.min);
            self.add(|writer| Note::Needs {
                confidence,
                groups: counted(writer, min),
                found: outcome.facts(),
            });
        }
    }

    /// Returns how far a span is, and how far it may be.
    fn far(&self, span: ZoneSpan, patterns: &[&PatternPlan]) -> RecordValue {
        let most = |unit| {
            let of_unit = patterns.iter().filter(|pattern| pattern.proximity.unit == unit);
            of_unit.map(|pattern| u64::from(pattern.proximity.distance)).max()
        };
        if let Some(allowed) = most(ProximityUnit::Characters) {
            let away = self.context.characters_between(self.hit.span, span);
            return RecordValue::Far { away, allowed, unit: ProximityUnit::Characters };
        }
        if let Some(allowed) = most(ProximityUnit::Words) {
            let away = self.context.words_between(self.hit.span, span);
            return RecordValue::Far { away, allowed, unit: ProximityUnit::Words };
        }
        RecordValue::InAnotherTableRow
    }

    fn evidence(&mut self, evidence: &EvidenceOutcome<'_>, reason: Reason) {
        if let Some(holder) = &evidence.holder {
            return self.add(|writer| Note::InOneRunWith { place: writer.place_of(holder) });
        }
        for neighbour in &evidence.neighbours {
            let other = &neighbour.hit;
            match &neighbour.relation {
                Relation::Near(verdict) => {
                    self.same_record(other);
                    self.beside(other, verdict);
                }
                Relation::Far(patterns) => self.add(|writer| Note::SameRecord {
                    place: writer.place_of(other),
                    value: writer.far(other.span, patterns),
                }),
                Relation::SameRecord => self.same_record(other),
                Relation::Foreign(rows) => self.neighbour(other, rows),
            }
        }
        // A neighbour that is no primary value explains nothing. If there is no other, the last
        // note says what is wrong with the value itself.
        let decided = |relation: &Relation<'_>| !matches!(relation, Relation::SameRecord);
        if evidence.neighbours.iter().any(|neighbour| decided(&neighbour.relation)) {
            return;
        }
        match reason {
            Reason::WeakValue => self.add(|_| Note::WeakValue),
            Reason::WeakColumn => self.weak_column(),
            _ => self.add(|_| Note::NothingNear),
        }
    }

    fn weak_column(&mut self) {
        self.add(|writer| Note::WeakColumn { column: writer.name(writer.hit.column) });
    }

    /// Adds why the value is no evidence of a primary value of its record.
    fn beside(&mut self, primary: &Hit, verdict: &PrimaryVerdict) {
        match verdict {
            PrimaryVerdict::MatchedAs(row) => self.add(|writer| Note::MatchedAs {
                place: writer.place_of(primary),
                record: writer.record(*row),
            }),
            PrimaryVerdict::InOneRun => {
                self.add(|writer| Note::InOneRunWith { place: writer.place_of(primary) });
            }
            PrimaryVerdict::WeakColumn => self.weak_column(),
            PrimaryVerdict::NotUsed { .. } => {
                self.add(|writer| Note::NotCountedThere { column: writer.name(writer.hit.column) });
            }
            PrimaryVerdict::NoMatch(_) => {}
        }
    }
}
