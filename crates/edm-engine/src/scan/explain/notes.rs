//! The sentences of an explanation. They name columns, records and offsets, never a value.

use edm_model::{ProximityUnit, limits};

use crate::generation::Generation;
use crate::prepared::pattern::PatternPlan;
use crate::report::RowReference;
use crate::scan::context::Context;
use crate::scan::explain::near_miss::{Fate, Miss, Piece};
use crate::scan::hits::find::Hit;
use crate::text::runs::Stretch;

/// Sentences of one explanation.
const SENTENCES_MAX: usize = 12;

/// The names of a table's columns.
#[derive(Clone, Copy)]
pub(crate) struct Names<'g>(&'g Generation);

impl<'g> Names<'g> {
    pub(crate) fn of(generation: &'g Generation) -> Self {
        Self(generation)
    }

    fn name(self, column: usize) -> &'g str {
        self.0.columns().as_slice().get(column).map_or("", |column| column.name.as_str())
    }

    /// A row by its record, and by its session where there are several.
    fn row(self, row: u32) -> String {
        let RowReference { record, session_id } = self.0.reference(row);
        if self.0.has_deltas() {
            format!("row {record} of session {session_id}")
        } else {
            format!("row {record}")
        }
    }

    fn belongs(self, rows: &RowSet) -> String {
        match rows.rows.as_slice() {
            [] => "belongs to no row that was looked at".to_owned(),
            [row] => format!("belongs to {}", self.row(*row)),
            [row, ..] => format!("belongs to {} and {} more", self.row(*row), rows.count.saturating_sub(1)),
        }
    }

    fn list(self, columns: &[usize]) -> String {
        let names: Vec<&str> = columns.iter().map(|column| self.name(*column)).collect();
        names.join(", ")
    }
}

/// Live rows of a value, ascending: at most as many as are evaluated.
pub(crate) struct RowSet {
    pub(crate) rows: Vec<u32>,
    /// How many there are.
    pub(crate) count: usize,
}

impl RowSet {
    pub(crate) fn shares(&self, other: &Self) -> bool {
        let (few, many) = if self.rows.len() < other.rows.len() { (self, other) } else { (other, self) };
        few.rows.iter().any(|row| many.rows.binary_search(row).is_ok())
    }
}

/// What is told of one hit.
pub(crate) struct Story<'a, 'c> {
    context: &'a Context<'c>,
    names: Names<'a>,
    hit: Hit,
    pub(crate) sentences: Vec<String>,
}

impl<'a, 'c> Story<'a, 'c> {
    pub(crate) fn new(context: &'a Context<'c>, names: Names<'a>, hit: &Hit) -> Self {
        Self { context, names, hit: *hit, sentences: Vec::new() }
    }

    pub(crate) fn say(&mut self, sentence: String) {
        if !self.is_full() && !self.sentences.contains(&sentence) {
            self.sentences.push(sentence);
        }
    }

    /// Says whether nothing more is told.
    fn is_full(&self) -> bool {
        self.sentences.len() >= SENTENCES_MAX
    }

    pub(crate) fn name(&self, column: usize) -> &'a str {
        self.names.name(column)
    }

    fn at(&self, column: usize, stretch: Stretch) -> String {
        format!("{} at {}", self.name(column), self.context.span(stretch).start_units)
    }

    pub(crate) fn belongs(&mut self, rows: &RowSet) {
        self.say(format!("{} here {}", self.name(self.hit.column), self.names.belongs(rows)));
    }

    pub(crate) fn exempt(&mut self, rows: &RowSet, columns: &[usize]) {
        let which = match rows.rows.as_slice() {
            [row] => format!("{} is", self.names.row(*row)),
            _ => "all of these rows are".to_owned(),
        };
        self.say(format!("{which} exempt by {}", self.names.list(columns)));
    }

    /// What the pattern asks for.
    pub(crate) fn pattern(&mut self, pattern: &PatternPlan, miss: &Miss) {
        let needs: Vec<String> = pattern
            .groups
            .iter()
            .filter(|group| group.min > 0)
            .map(|group| format!("{} of {}", group.min, self.names.list(&group.columns)))
            .collect();
        if miss.surplus {
            let most: Vec<String> = pattern
                .groups
                .iter()
                .filter_map(|group| Some(format!("{} of {}", group.max?, self.names.list(&group.columns))))
                .collect();
            self.say(format!("confidence {} allows at most {}", pattern.confidence, most.join(" and ")));
        } else if miss.lacking > 0 {
            let there = miss.facts();
            let needs = needs.join(" and ");
            self.say(format!("confidence {} needs {needs}; {there} found near", pattern.confidence));
        }
    }

    /// What stands of the record.
    pub(crate) fn pieces(&mut self, pattern: &PatternPlan, miss: &Miss) {
        for piece in &miss.pieces {
            if self.is_full() {
                break;
            }
            let at = self.at(piece.column, piece.stretch);
            let sentence = match piece.fate {
                Fate::Fact => format!("{at} is of the same record"),
                Fate::Voids => format!("{at} is of the same record and voids the match"),
                Fate::NotCounted => format!("{at} is of the same record and not counted"),
                Fate::Short => format!("{at} is of the same record and too short to count"),
                Fate::InOneRun => {
                    format!(
                        "{at} is of the same record and stands in one run with another value, which counts once"
                    )
                }
                Fate::Covered => {
                    format!(
                        "{at} is of the same record and shares characters with another value, which counts once"
                    )
                }
                Fate::Far => self.far_sentence(&at, piece.stretch, &[pattern]),
            };
            self.say(sentence);
        }
    }

    fn far_sentence(&self, at: &str, stretch: Stretch, patterns: &[&PatternPlan]) -> String {
        let most = |unit| {
            let of_unit = patterns.iter().filter(|pattern| pattern.proximity.unit == unit);
            of_unit.map(|pattern| u64::from(pattern.proximity.distance)).max()
        };
        if let Some(allowed) = most(ProximityUnit::Characters) {
            let away = self.context.characters_between(self.hit.stretch, stretch);
            return format!("{at} is of the same record, {away} characters away, and {allowed} are allowed");
        }
        if let Some(allowed) = most(ProximityUnit::Words) {
            let away = self.context.words_between(self.hit.stretch, stretch);
            return format!("{at} is of the same record, {away} words away, and {allowed} are allowed");
        }
        format!("{at} is of the same record, and not in the same table row")
    }

    pub(crate) fn far(&mut self, other: &Hit, patterns: &[&PatternPlan]) {
        if self.is_full() {
            return;
        }
        let at = self.at(other.column, other.stretch);
        self.say(self.far_sentence(&at, other.stretch, patterns));
    }

    pub(crate) fn of_the_same(&mut self, other: &Hit) {
        if self.is_full() {
            return;
        }
        let at = self.at(other.column, other.stretch);
        self.say(format!("{at} is of the same record"));
    }

    pub(crate) fn neighbour_belongs(&mut self, other: &Hit, rows: &RowSet) {
        if self.is_full() {
            return;
        }
        let at = self.at(other.column, other.stretch);
        self.say(format!("{at} {}", self.names.belongs(rows)));
    }

    pub(crate) fn belongs_to(&mut self, piece: Piece, row: u32) {
        if self.is_full() {
            return;
        }
        let at = self.at(piece.column, piece.stretch);
        self.say(format!("{at} belongs to {}", self.names.row(row)));
    }

    pub(crate) fn matched_as(&mut self, anchor: &Hit, row: u32) {
        let at = self.at(anchor.column, anchor.stretch);
        self.say(format!("{at} is matched as {}", self.names.row(row)));
    }

    pub(crate) fn in_one_run(&mut self, anchor: &Hit) {
        let at = self.at(anchor.column, anchor.stretch);
        self.say(format!("it stands in one run with {at}, which counts once"));
    }

    pub(crate) fn weak(&mut self, column: usize) {
        let name = self.name(column);
        self.say(format!("{name} has values that many records share and anchors no pattern"));
    }

    pub(crate) fn empty(&mut self, columns: &[usize]) {
        if !columns.is_empty() {
            self.say(format!("empty in the record: {}", self.names.list(columns)));
        }
    }

    /// Says how far was looked, where the text goes on beyond.
    pub(crate) fn look_bound(&mut self) {
        if self.context.goes_beyond(self.context.explained_reach(self.hit.stretch)) {
            let bound = limits::EXPLAIN_BYTES_MAX;
            self.say(format!("nothing else of the record stands within {bound} bytes"));
        }
    }
}
