//! Why a value that was found is no match (matching, section 6, Explain; `docs/matching.md`, Explanations). Deterministic;
//! names columns, records and offsets, never a value.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use edm_hash::Hash;
use edm_model::limits;

use crate::prepared::pattern::PatternPlan;
use crate::prepared::type_plan::{Exemption, TypePlan};
use crate::report::Unmatched;
use crate::scan::context::{Context, overlap};
use crate::scan::evidence::nearby::{EvidenceFinder, Pass};
use crate::scan::explain::near_miss::{Fate, Miss};
use crate::scan::explain::notes::{Names, RowSet, Story};
use crate::scan::hits::find::Hit;
use crate::text::runs::Stretch;

/// Hits looked at on either side of a value to find its neighbours.
const HITS_LOOKED_AT: usize = 64;
/// Rows of neighbouring values whose other values are looked for.
const FOREIGN_ROWS_MAX: usize = 10;
/// Of values with more rows it is kept whether they have one in common.
const FEW_ROWS: usize = 4;
/// Explaining a hit takes as long as so many row checks, those of its record and its neighbours aside; weighing a value of its
/// record for one pattern. A neighbour in between.
const HIT_WORK: u64 = 256;
const NEIGHBOUR_WORK: u64 = 16;
const WEIGHED_WORK: u64 = 16;

/// What the evaluation said of hits, for explanations; in offsets of the whole text.
#[derive(Default)]
pub(crate) struct Told {
    /// Hits that reached a pattern, and the row whose evidence is theirs.
    pub(crate) reached: BTreeMap<(Stretch, usize), u32>,
    /// Where these and the evidence that they counted stand: from where to where, none overlapping another.
    covered: BTreeMap<usize, usize>,
    /// Hits that reached a pattern with a row that is exempt, and that row.
    pub(crate) exempt: BTreeMap<(Stretch, usize), u32>,
    /// Hits around which not every row could be looked at.
    pub(crate) limited: BTreeSet<(Stretch, usize)>,
}

impl Told {
    /// Forgets what stands wholly before an offset.
    pub(crate) fn forget(&mut self, offset: usize) {
        let front = (offset, 0);
        self.reached = self.reached.split_off(&(front, 0));
        let last = self.covered.range(..offset).next_back().map(|(start, end)| (*start, *end));
        self.covered = self.covered.split_off(&offset);
        self.covered.extend(last.filter(|(_, end)| *end > offset));
        self.exempt = self.exempt.split_off(&(front, 0));
        self.limited = self.limited.split_off(&(front, 0));
    }

    /// Notes where a match or its counted evidence stands.
    pub(crate) fn cover(&mut self, (mut start, mut end): Stretch) {
        while let Some((first, last)) = self.covered.range(..end).next_back().map(|(at, to)| (*at, *to))
            && last > start
        {
            self.covered.remove(&first);
            (start, end) = (start.min(first), end.max(last));
        }
        self.covered.insert(start, end);
    }

    /// Says whether a hit shares a character with a match or its counted evidence.
    fn covers(&self, (start, end): Stretch) -> bool {
        self.covered.range(..end).next_back().is_some_and(|(_, covered)| *covered > start)
    }
}

/// Explains hits of one type.
pub(crate) struct Explainer<'e, 'c> {
    pub(crate) context: &'c Context<'c>,
    pub(crate) plan: &'e TypePlan,
    exemption: &'e Exemption,
    pub(crate) finder: &'e mut EvidenceFinder<'c>,
    /// The table's, in text order.
    pub(crate) hits: &'e [Hit],
    pub(crate) told: &'e Told,
    /// Codes of anchors that are also asked for by their evidence.
    codes: BTreeMap<(Stretch, usize), &'static str>,
    /// What is being explained.
    explained: Stretch,
    /// The rows of values that were asked for.
    rows: BTreeMap<(usize, Hash), Rc<RowSet>>,
    /// Whether two values have a row in common, of those that were asked about.
    shared: BTreeMap<[(usize, Hash); 2], bool>,
}

impl<'e, 'c> Explainer<'e, 'c> {
    pub(crate) fn new(
        context: &'c Context<'c>,
        (plan, exemption): (&'e TypePlan, &'e Exemption),
        finder: &'e mut EvidenceFinder<'c>,
        hits: &'e [Hit],
        told: &'e Told,
    ) -> Self {
        let (codes, rows, shared) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        Self { context, plan, exemption, finder, hits, told, codes, explained: (0, 0), rows, shared }
    }

    /// Explains every hit that begins in the zone and is neither a match nor evidence of one, at most so many.
    pub(crate) fn unmatched(&mut self, zone: Stretch, at_most: usize) -> Vec<Unmatched> {
        let from = self.hits.partition_point(|hit| hit.stretch.0 < zone.0);
        let to = self.hits.partition_point(|hit| hit.stretch.0 < zone.1);
        let mut unmatched = Vec::new();
        for number in from..to {
            if unmatched.len() >= at_most || self.context.stop.before(HIT_WORK) {
                break;
            }
            let Some(hit) = self.hits.get(number) else { break };
            if !self.told.covers(self.context.whole(hit.stretch)) {
                self.explained = hit.stretch;
                let explained = self.explain(hit, number);
                // What was cut short may have another reason.
                unmatched.extend((!self.context.stop.is_met()).then_some(explained));
            }
        }
        unmatched
    }

    /// Returns the rows of a value, each looked for once.
    fn rows_of(&mut self, hit: &Hit) -> Rc<RowSet> {
        if let Some(known) = self.rows.get(&(hit.column, hit.hash)) {
            return known.clone();
        }
        let (rows, work) = self.plan.rows_of(hit);
        let rows = Rc::new(rows);
        self.context.spend(self.context.explain_checks, self.explained, work);
        self.rows.insert((hit.column, hit.hash), rows.clone());
        rows
    }

    /// Says whether two values have a row in common, of those that are looked at; each pair is looked at once.
    fn shares(&mut self, (hit, rows): (&Hit, &RowSet), (other, theirs): (&Hit, &RowSet)) -> bool {
        let few = rows.rows.len().min(theirs.rows.len());
        if few <= FEW_ROWS {
            return rows.shares(theirs);
        }
        let stop = self.context.stop;
        *self.shared.entry([(hit.column, hit.hash), (other.column, other.hash)]).or_insert_with(|| {
            stop.before(few as u64);
            rows.shares(theirs)
        })
    }

    fn explain(&mut self, hit: &Hit, number: usize) -> Unmatched {
        let names = Names::of(&self.plan.active.generation);
        let mut story = Story::new(self.context, names, hit);
        let code = self.code(hit, number, &mut story);
        Unmatched {
            code,
            span: self.context.span(hit.stretch),
            text: self.context.piece(hit.stretch),
            column: hit.column,
            corroborative: story.sentences,
        }
    }

    fn code(&mut self, hit: &Hit, number: usize, story: &mut Story<'_, '_>) -> &'static str {
        let plan = self.plan;
        let rows = self.rows_of(hit);
        story.belongs(&rows);
        if rows.rows.is_empty() {
            return "limit";
        }
        if let Some(row) = self.told.exempt.get(&(self.context.whole(hit.stretch), hit.column)) {
            story.exempt(&RowSet { rows: vec![*row], count: 1 }, &self.exemption.columns(*row));
            return "exempt";
        }
        self.context.stop.before(rows.rows.len() as u64 * self.exemption.work());
        let open: Vec<u32> = rows.rows.iter().copied().filter(|row| !self.exemption.covers(*row)).collect();
        if let (true, Some(row)) = (open.is_empty(), rows.rows.first()) {
            story.exempt(&rows, &self.exemption.columns(*row));
            return "exempt";
        }
        if plan.is_inside_number(self.context, hit) {
            story.say("it is a part of a longer card or account number".to_owned());
            return "insideNumber";
        }
        let anchored: Vec<&PatternPlan> =
            plan.patterns.iter().filter(|pattern| plan.anchors(pattern, hit)).collect();
        let rows = RowSet { rows: open, count: rows.count };
        if anchored.is_empty() {
            return self.as_evidence(hit, number, &rows, story);
        }
        let code = self.as_anchor(hit, number, (&rows, &anchored), story);
        self.codes.insert((hit.stretch, hit.column), code);
        code
    }

    /// Why a hit that patterns begin with reaches none of them.
    fn as_anchor(
        &mut self,
        hit: &Hit,
        number: usize,
        (rows, patterns): (&RowSet, &[&PatternPlan]),
        story: &mut Story<'_, '_>,
    ) -> &'static str {
        if !self.context.is_candidate(hit.stretch) {
            story.say("it stands in none of the given contentClassifications".to_owned());
            return "outsideContentClassifications";
        }
        if self.told.limited.contains(&(self.context.whole(hit.stretch), hit.column)) {
            story.say("the row checks of this part of the text are used up".to_owned());
            return "limit";
        }
        let Some((row, pattern, miss)) = self.nearest_miss(hit, rows, patterns) else {
            story.say("the row checks for explanations of this part of the text are used up".to_owned());
            return "limit";
        };
        story.pattern(pattern, &miss);
        story.pieces(pattern, &miss);
        let foreign = self.foreign(hit, number, (rows, pattern), story);
        let empty = self.empty_columns(row, pattern);
        let lacks_cells = pattern.wants() > 0 && empty.filled < pattern.wants();
        story.empty(&empty.names);
        self.anchor_code(hit, (rows, &miss), (foreign, lacks_cells), story)
    }

    fn anchor_code(
        &self,
        hit: &Hit,
        (rows, miss): (&RowSet, &Miss),
        (foreign, lacks_cells): (bool, bool),
        story: &mut Story<'_, '_>,
    ) -> &'static str {
        let is_weak = |column: usize| self.plan.classes.get(column).is_some_and(|class| !class.evidence);
        let shown = miss.pieces.iter().filter(|piece| piece.fate == Fate::NotCounted);
        let (weak, other): (Vec<usize>, Vec<usize>) =
            shown.map(|piece| piece.column).partition(|column| is_weak(*column));
        if miss.has(Fate::Voids) {
            "voided"
        } else if miss.surplus {
            "tooManyFacts"
        } else if miss.lacking == 0 {
            story.say(format!(
                "{} here is joined to other characters and needs a fact",
                story.name(hit.column)
            ));
            "attached"
        } else if lacks_cells {
            "emptyInRow"
        } else if miss.has(Fate::Far) {
            "factTooFar"
        } else if miss.has(Fate::InOneRun) || miss.has(Fate::Covered) {
            "inOneRun"
        } else if foreign {
            "factOfAnotherRow"
        } else if rows.count > limits::ROW_SET_MAX {
            story.say(format!("only {} of its rows were looked at", limits::ROW_SET_MAX));
            "limit"
        } else if miss.has(Fate::Short) {
            "shortValue"
        } else if !other.is_empty() {
            "notCounted"
        } else if !weak.is_empty() {
            "weakColumn"
        } else if hit.attached && miss.facts() == 0 {
            "attached"
        } else {
            story.look_bound();
            "tooFewFacts"
        }
    }

    /// Returns the row and pattern that lack least, with what stands of that row as far as explanations look; `None` where the
    /// row checks do not suffice.
    fn nearest_miss<'p>(
        &mut self,
        hit: &Hit,
        rows: &RowSet,
        patterns: &[&'p PatternPlan],
    ) -> Option<(u32, &'p PatternPlan, Miss)> {
        let context = self.context;
        let reach = context.reach_of(patterns, hit.stretch, |_| ());
        let mut columns: Vec<usize> = patterns.iter().flat_map(|pattern| pattern.columns()).collect();
        columns.push(hit.column);
        columns.sort_unstable();
        columns.dedup();
        let mut best: Option<(u32, &PatternPlan, Miss)> = None;
        let near = self.finder.neighbourhood(hit, (reach, &columns), context.explain_checks)?;
        for row in &rows.rows {
            let passes = self.finder.passes(hit, &near, *row, context.explain_checks)?;
            let weighed = passes.len() as u64 * patterns.len() as u64 * WEIGHED_WORK;
            if !context.spend(context.explain_checks, hit.stretch, weighed) {
                return None;
            }
            for pattern in patterns {
                let miss = pattern.miss(context, hit, &passes);
                let better = best.as_ref().is_none_or(|(_, _, known)| {
                    (miss.lacking, usize::MAX - miss.facts()) < (known.lacking, usize::MAX - known.facts())
                });
                if better {
                    best = Some((*row, pattern, miss));
                }
            }
        }
        let (row, pattern, miss) = best?;
        let far = context.explained_reach(hit.stretch);
        let far = (far.0.min(reach.0), far.1.max(reach.1));
        let wide = self.passes_within(hit, far, &columns, row);
        let miss = wide.map_or(miss, |passes| pattern.miss(context, hit, &passes));
        Some((row, pattern, miss))
    }

    fn passes_within(&mut self, hit: &Hit, reach: Stretch, columns: &[usize], row: u32) -> Option<Vec<Pass>> {
        let checks = self.context.explain_checks;
        let near = self.finder.neighbourhood(hit, (reach, columns), checks)?;
        let passes = self.finder.passes(hit, &near, row, checks)?;
        let weighed = passes.len() as u64 * WEIGHED_WORK;
        self.context.spend(checks, hit.stretch, weighed).then_some(passes)
    }

    /// Tells of values near a hit that are of other records, and says whether there are any.
    fn foreign(
        &mut self,
        hit: &Hit,
        number: usize,
        (rows, pattern): (&RowSet, &PatternPlan),
        story: &mut Story<'_, '_>,
    ) -> bool {
        let context = self.context;
        let mut others: BTreeSet<u32> = BTreeSet::new();
        let mut found = false;
        for other in self.around(hit, number) {
            let theirs = self.rows_of(other);
            let near = context.is_near(&pattern.proximity, hit.stretch, other.stretch);
            if !near || theirs.rows.is_empty() || self.shares((hit, rows), (other, &theirs)) {
                continue;
            }
            others.extend(theirs.rows.iter().take(FOREIGN_ROWS_MAX));
            if pattern.counts(other.column) || pattern.groups.is_empty() {
                found = true;
                story.neighbour_belongs(other, &theirs);
            }
        }
        // Values of columns that cannot be searched for, of the rows that the neighbours name.
        let reach = context.reach(&pattern.proximity, hit.stretch);
        let columns: Vec<usize> = pattern.columns().collect();
        for row in others.into_iter().take(FOREIGN_ROWS_MAX) {
            let Some(passes) = self.passes_within(hit, reach, &columns, row) else { break };
            for piece in pattern.miss(context, hit, &passes).pieces {
                let searchable = self.plan.is_searchable(piece.column);
                if piece.fate == Fate::Fact && !searchable {
                    found = true;
                    story.belongs_to(piece, row);
                }
            }
        }
        found
    }

    /// Why a hit of a column that no pattern begins with is evidence of no match.
    fn as_evidence(
        &mut self,
        hit: &Hit,
        number: usize,
        rows: &RowSet,
        story: &mut Story<'_, '_>,
    ) -> &'static str {
        let context = self.context;
        if let Some(holder) = self.holder(hit, rows) {
            story.in_one_run(holder);
            return "inOneRun";
        }
        let (mut near_code, mut far, mut foreign) = (None, false, false);
        for other in self.around(hit, number) {
            let theirs = self.rows_of(other);
            let anchored = self.plan.patterns.iter().filter(|pattern| self.plan.anchors(pattern, other));
            let anchored: Vec<&PatternPlan> = anchored.collect();
            let near = anchored.iter().any(|p| context.is_near(&p.proximity, other.stretch, hit.stretch));
            match (self.shares((hit, rows), (other, &theirs)), near) {
                (true, true) => {
                    let code = self.code_beside(hit, other, (rows, &anchored), story);
                    near_code = near_code.or(Some(code));
                }
                (true, false) if !anchored.is_empty() => {
                    far = true;
                    story.far(other, &anchored);
                }
                (true, false) => story.of_the_same(other),
                (false, true) => {
                    foreign = true;
                    story.neighbour_belongs(other, &theirs);
                }
                (false, false) => {}
            }
        }
        let class = self.plan.classes.get(hit.column);
        if let Some(code) = near_code {
            code
        } else if far {
            "factTooFar"
        } else if foreign {
            "factOfAnotherRow"
        } else if self.plan.patterns.iter().any(|pattern| pattern.primary == Some(hit.column)) {
            story.say(
                "it has fewer than 5 letters and digits, or neither a digit nor @: too little to begin with"
                    .to_owned(),
            );
            "weakValue"
        } else if class.is_some_and(|class| !class.evidence) {
            story.weak(hit.column);
            "weakColumn"
        } else {
            story.say("no value that a match begins with stands near it".to_owned());
            "tooFewFacts"
        }
    }

    /// Why a hit is no evidence of an anchor of its record that stands near.
    fn code_beside(
        &mut self,
        hit: &Hit,
        anchor: &Hit,
        (rows, patterns): (&RowSet, &[&PatternPlan]),
        story: &mut Story<'_, '_>,
    ) -> &'static str {
        let context = self.context;
        story.of_the_same(anchor);
        let key = (context.whole(anchor.stretch), anchor.column);
        if let Some(row) = self.told.reached.get(&key) {
            if !rows.rows.contains(row) {
                story.matched_as(anchor, *row);
                return "factOfAnotherRow";
            }
            let runs = context.places().single_runs(anchor.stretch);
            if runs.iter().any(|run| overlap(*run, hit.stretch)) {
                story.in_one_run(anchor);
                return "inOneRun";
            }
            if self.plan.classes.get(hit.column).is_some_and(|class| !class.evidence) {
                story.weak(hit.column);
                return "weakColumn";
            }
            story.say(format!("{} is not counted there", story.name(hit.column)));
            return if patterns.iter().any(|p| p.counts(hit.column)) { "inOneRun" } else { "notCounted" };
        }
        if let Some(code) = self.codes.get(&(anchor.stretch, anchor.column)) {
            return code;
        }
        let names = Names::of(&self.plan.active.generation);
        let number = self.hits.partition_point(|other| other.stretch < anchor.stretch);
        let mut other_story = Story::new(context, names, anchor);
        self.code(anchor, number, &mut other_story)
    }

    /// Returns an anchor of the same record that a hit shares characters with.
    fn holder(&mut self, hit: &Hit, rows: &RowSet) -> Option<&'e Hit> {
        let hits: &'e [Hit] = self.hits;
        let from = hit.stretch.0.saturating_sub(self.finder.longest(hit.table));
        let from = hits.partition_point(|other| other.stretch.0 < from);
        let to = hits.partition_point(|other| other.stretch.0 < hit.stretch.1);
        let begun = hits.get(from..to.max(from)).unwrap_or(&[]);
        self.context.stop.before(begun.len() as u64);
        begun.iter().find(|other| {
            other.column != hit.column
                && overlap(other.stretch, hit.stretch)
                && self.plan.patterns.iter().any(|pattern| self.plan.anchors(pattern, other))
                && {
                    let theirs = self.rows_of(other);
                    self.shares((hit, rows), (other, &theirs))
                }
        })
    }

    /// The hits around one, in text order: other columns', not overlapping it, within what explanations look at.
    fn around(&self, hit: &Hit, number: usize) -> Vec<&'e Hit> {
        let reach = self.context.explained_reach(hit.stretch);
        let range = number.saturating_sub(HITS_LOOKED_AT)..(number + HITS_LOOKED_AT).min(self.hits.len());
        self.context.stop.before(range.len() as u64 * NEIGHBOUR_WORK);
        let others = self.hits.get(range).unwrap_or(&[]).iter();
        others
            .filter(|other| other.column != hit.column && !overlap(other.stretch, hit.stretch))
            .filter(|other| reach.0 <= other.stretch.0 && other.stretch.1 <= reach.1)
            .collect()
    }

    fn empty_columns(&self, row: u32, pattern: &PatternPlan) -> Emptiness {
        let generation = &self.plan.active.generation;
        let mut columns: Vec<usize> =
            pattern.groups.iter().flat_map(|group| group.columns.iter().copied()).collect();
        columns.sort_unstable();
        columns.dedup();
        let (filled, empty): (Vec<usize>, Vec<usize>) =
            columns.into_iter().partition(|column| generation.stored_check(row, *column) != 0);
        Emptiness { filled: filled.len(), names: empty }
    }
}

struct Emptiness {
    /// How many of the columns that a pattern counts hold a value.
    filled: usize,
    names: Vec<usize>,
}
