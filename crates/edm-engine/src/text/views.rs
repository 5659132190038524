//! The readings of a text: as it stands, and around its escapes with these decoded; each folded as the rules ask.

use std::ops::Range;

use edm_hash::{AtomSet, CHECKED_NUMBER_ATOMS_MAX, Decoded, Escapes, FoldOptions, Folded, checked_numbers};
use edm_model::Rule;

use crate::prepared::rule_groups::Groups;
use crate::scan::hits::find::partition_point;
use crate::scan::stop::Stop;
use crate::text::runs::Stretch;

/// Atoms that a value's edges and surroundings are judged by, on either side of it.
const CONTEXT_ATOMS: usize = 32;
/// So many bytes are folded in the time of a row check.
const FOLDED_BYTES: u64 = 4;

/// A text folded in one way.
pub(crate) struct Reading {
    options: FoldOptions,
    decoded: bool,
    pub(crate) folded: Folded,
    /// The atoms that values may begin with; `None`: all.
    pub(crate) starts: Option<AtomSet>,
}

/// All readings of a text. Reused from text to text.
///
/// The decoded one holds of the text what stands around escapes: everything else is found as it stands.
#[derive(Default)]
pub(crate) struct Readings {
    escapes: Escapes,
    decoded: Decoded,
    around: Surroundings,
    readings: Vec<Reading>,
    /// Those of earlier texts that are not in use.
    spare: Vec<Folded>,
    spare_starts: Vec<AtomSet>,
}

/// The surroundings of escapes, in bytes of the text.
#[derive(Default)]
struct Surroundings {
    stretches: Vec<Range<usize>>,
    /// Where in them the decoded text is other than the text, or may be told to be.
    starts: Vec<Range<usize>>,
}

impl Surroundings {
    /// Gathers them: a value has at most `span` atoms.
    fn read(&mut self, escapes: &Escapes, folded: &Folded, text_bytes: usize, span: usize) {
        self.stretches.clear();
        self.starts.clear();
        let atoms = folded.atom_count();
        let source = |atom: usize| folded.source_span(atom, atom).expect("an atom of the text");
        for place in escapes.places() {
            let first = partition_point(atoms, |atom| source(*atom).1 <= place.start);
            let last = partition_point(atoms, |atom| source(*atom).0 < place.end);
            let front = |atoms: usize| match first.checked_sub(atoms) {
                Some(atom) if atom > 0 => source(atom).0.min(place.start),
                _ => 0,
            };
            let back = |distance: usize| match last.saturating_add(distance) {
                atom if atom < atoms => source(atom).1.max(place.end),
                _ => text_bytes,
            };
            let stretch = front(span + 2 * CONTEXT_ATOMS)..back(span + 2 * CONTEXT_ATOMS);
            add(&mut self.stretches, escapes.around(stretch));
            add(&mut self.starts, front(span + CONTEXT_ATOMS)..back(CONTEXT_ATOMS));
        }
    }

    /// Returns the atoms of the decoded text that begin where its values may.
    fn mark_atoms(&self, folded: &Folded, escapes: &Decoded, set: &mut AtomSet) {
        let source = |atom: &usize| {
            let (start, end) = folded.source_span(*atom, *atom).expect("an atom of the text");
            escapes.source_span(start, end)
        };
        set.reset(folded.atom_count());
        for stretch in &self.starts {
            let first = partition_point(folded.atom_count(), |atom| source(atom).0 < stretch.start);
            let behind = partition_point(folded.atom_count(), |atom| source(atom).0 <= stretch.end);
            set.insert(first..behind);
        }
    }
}

/// Adds a stretch behind the others, or makes the last longer.
fn add(stretches: &mut Vec<Range<usize>>, own: Range<usize>) {
    match stretches.last_mut() {
        Some(last) if own.start <= last.end => last.end = last.end.max(own.end),
        _ => stretches.push(own),
    }
}

impl Drop for Readings {
    fn drop(&mut self) {
        self.forget();
    }
}

impl Readings {
    /// Folds a text in each way that the groups ask for, replacing what was held before. False if the scan ends before that
    /// is done.
    pub(crate) fn read(&mut self, text: &str, groups: &Groups, stop: &Stop<'_>) -> bool {
        self.forget();
        let work = text.len() as u64 / FOLDED_BYTES;
        for options in &groups.foldings {
            if stop.before(work) {
                return false;
            }
            self.add(text, *options, false);
        }
        if stop.before(work) {
            return false;
        }
        self.escapes.read(text);
        let Some(first) = self.readings.first().filter(|_| !self.escapes.is_empty()) else { return true };
        self.around.read(&self.escapes, &first.folded, text.len(), groups.span_atoms);
        self.escapes.decode(text, &self.around.stretches, &mut self.decoded);
        let decoded = std::mem::take(&mut self.decoded);
        for options in &groups.foldings {
            if stop.before(work) {
                break;
            }
            self.add(decoded.text(), *options, true);
            if let Some(reading) = self.readings.last_mut() {
                let mut starts = self.spare_starts.pop().unwrap_or_default();
                self.around.mark_atoms(&reading.folded, &decoded, &mut starts);
                reading.starts = Some(starts);
            }
        }
        self.decoded = decoded;
        !stop.is_met()
    }

    fn add(&mut self, text: &str, options: FoldOptions, decoded: bool) {
        let mut folded = self.spare.pop().unwrap_or_default();
        folded.fold(text, options);
        self.readings.push(Reading { options, decoded, folded, starts: None });
    }

    /// Forgets the text and overwrites it, since the buffers stay for other texts.
    pub(crate) fn forget(&mut self) {
        self.decoded.wipe();
        self.escapes.wipe();
        // The first is taken first again: buffers keep to the size of what they held.
        for mut reading in self.readings.drain(..).rev() {
            reading.folded.wipe();
            self.spare.push(reading.folded);
            self.spare_starts.extend(reading.starts);
        }
    }

    /// Returns the numbers of the readings that a rule is matched in.
    pub(crate) fn of(&self, rule: &Rule) -> impl Iterator<Item = usize> + use<'_> {
        let options = FoldOptions::of(rule);
        let numbered = self.readings.iter().enumerate();
        numbered.filter(move |(_, reading)| reading.options == options).map(|(number, _)| number)
    }

    /// Returns the text as it stands, folded like that, if a rule asks for it.
    pub(crate) fn undecoded(&self, options: FoldOptions) -> Option<&Folded> {
        let alike = |reading: &&Reading| reading.options == options && !reading.decoded;
        self.readings.iter().find(alike).map(|reading| &reading.folded)
    }

    pub(crate) fn get(&self, number: usize) -> Option<&Reading> {
        self.readings.get(number)
    }

    /// Says whether a stretch is a part of a longer valid card or account number, in a reading that the rule is matched in.
    pub(crate) fn is_inside_number(&self, rule: &Rule, stretch: Stretch) -> bool {
        self.of(rule).any(|reading| {
            let Reading { folded, starts, .. } = self.get(reading).expect("one of its own");
            let low = partition_point(folded.atom_count(), |atom| {
                self.stretch(reading, *atom, *atom).1 <= stretch.0
            });
            // No number has more characters than that, be they of one atom or of as many atoms.
            let mut characters = 0;
            let before = folded.ranges().get(..low).unwrap_or(&[]).iter().rev();
            let before = before.take_while(|(start, end)| {
                characters += (end - start) as usize;
                characters < CHECKED_NUMBER_ATOMS_MAX
            });
            let near = low - before.count()..(low + 1).min(folded.atom_count());
            let mut inside = false;
            let mut check = |run: Range<usize>| {
                checked_numbers(folded, &run, |first, last| {
                    let (start, end) = self.stretch(reading, first, last);
                    inside |= start <= stretch.0 && stretch.1 <= end && (start, end) != stretch;
                });
            };
            match starts {
                Some(starts) => starts.each_run(near, check),
                None => check(near),
            }
            inside
        })
    }

    /// Returns where in the original text the atoms from `first` to `last` of a reading stand.
    pub(crate) fn stretch(&self, number: usize, first: usize, last: usize) -> Stretch {
        let reading = self.readings.get(number).expect("a reading is asked for by its own number");
        let (start, end) = reading.folded.source_span(first, last).expect("atoms of the reading");
        if reading.decoded { self.decoded.source_span(start, end) } else { (start, end) }
    }
}
