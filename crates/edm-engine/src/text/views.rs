//! The views of a text in which values are searched for: the text as it is, and the text around its
//! escapes with these decoded. There is one view of either kind for each folding that the rules
//! need.
//!
//! ```text
//! text     … caf%C3%A9 Langer …
//! raw      … caf · c3 · a9 · langer …     every folding, the whole text
//! decoded  … cafe · langer …             every folding, around the escape only
//! ```

use std::ops::Range;

use edm_hash::{
    AtomSet, CHECKED_NUMBER_ATOMS_MAX, Decoded, Escapes, FoldOptions, Folded, Window, checked_numbers,
};
use edm_model::Rule;

use crate::text::span::{ZoneSpan, partition_point};

/// Atoms on either side of a value that decide on its edges and surroundings.
const CONTEXT_ATOMS: usize = 32;
/// This many bytes are folded in the time of a row check.
const FOLDED_BYTES: u64 = 4;

/// What the rules need of the views.
#[derive(Debug, Clone, Default)]
pub(crate) struct ViewPlan {
    /// The foldings, each once.
    pub(crate) foldings: Vec<FoldOptions>,
    /// The most atoms that a value has.
    pub(crate) value_atoms_max: usize,
}

/// A text folded in one way.
pub(crate) struct TextView {
    options: FoldOptions,
    decoded: bool,
    pub(crate) folded: Folded,
    /// The atoms that values may begin with; `None`: all.
    pub(crate) starts: Option<AtomSet>,
}

/// All views of a text. Reused from text to text.
///
/// The decoded one holds of the text what is around escapes: everything else is found in the
/// raw view.
#[derive(Default)]
pub(crate) struct TextViews {
    escapes: Escapes,
    decoded: Decoded,
    around: EscapeSurroundings,
    views: Vec<TextView>,
    /// Those of earlier texts that are not in use.
    spare: Vec<Folded>,
    spare_starts: Vec<AtomSet>,
}

/// The surroundings of escapes, in bytes of the text.
#[derive(Default)]
struct EscapeSurroundings {
    ranges: Vec<Range<usize>>,
    /// Where in them the decoded text differs from the text, or its values may start.
    starts: Vec<Range<usize>>,
}

impl EscapeSurroundings {
    /// Gathers them.
    fn read(&mut self, escapes: &Escapes, folded: &Folded, text_bytes: usize, value_atoms_max: usize) {
        self.ranges.clear();
        self.starts.clear();
        let atoms = folded.atom_count();
        let source = |atom: usize| folded.source_span(atom, atom).expect("an atom of the text");
        for place in escapes.places() {
            // The atoms beside the escape, in the text as written: a value may begin that many
            // atoms before it and end as many after.
            let first = partition_point(atoms, |atom| source(*atom).1 <= place.start);
            let last = partition_point(atoms, |atom| source(*atom).0 < place.end);
            let before = |atoms: usize| match first.checked_sub(atoms) {
                Some(atom) if atom > 0 => source(atom).0.min(place.start),
                _ => 0,
            };
            let after = |distance: usize| match last.saturating_add(distance) {
                atom if atom < atoms => source(atom).1.max(place.end),
                _ => text_bytes,
            };
            // More is decoded than the atoms at which values may start: the first of these is
            // tested by the atoms before it.
            //
            //     decoded   |context|context + value|escape|value + context|context|
            //     starts            |context + value|escape|context|
            //
            // A value that starts further away has no decoded character near it: the raw view has
            // it.
            let margin = value_atoms_max + 2 * CONTEXT_ATOMS;
            add(&mut self.ranges, escapes.around(before(margin)..after(margin)));
            add(&mut self.starts, before(value_atoms_max + CONTEXT_ATOMS)..after(CONTEXT_ATOMS));
        }
    }

    /// Returns the atoms of the decoded text that begin where its values may.
    fn mark_atoms(&self, folded: &Folded, escapes: &Decoded, set: &mut AtomSet) {
        let source = |atom: &usize| {
            let (start, end) = folded.source_span(*atom, *atom).expect("an atom of the text");
            escapes.source_span(start, end)
        };
        set.reset(folded.atom_count());
        for range in &self.starts {
            let first = partition_point(folded.atom_count(), |atom| source(atom).0 < range.start);
            let end = partition_point(folded.atom_count(), |atom| source(atom).0 <= range.end);
            set.insert(first..end);
        }
    }
}

/// Adds a range after the others, or makes the last longer.
fn add(ranges: &mut Vec<Range<usize>>, range: Range<usize>) {
    match ranges.last_mut() {
        Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
        _ => ranges.push(range),
    }
}

impl Drop for TextViews {
    fn drop(&mut self) {
        self.forget();
    }
}

impl TextViews {
    /// Folds a text in each way that the plan needs, replacing the text before. Calls `stop` with
    /// the work that comes next; returns false if that says to stop.
    pub(crate) fn read(&mut self, text: &str, plan: &ViewPlan, mut stop: impl FnMut(u64) -> bool) -> bool {
        self.forget();
        // Folding is the first thing done to a text: a caller whose time is up must not pay for it.
        let work = text.len() as u64 / FOLDED_BYTES;
        for options in &plan.foldings {
            if stop(work) {
                return false;
            }
            self.add(text, *options, false);
        }
        if stop(work) {
            return false;
        }
        self.escapes.read(text);
        // Most texts have no escape: then there is no decoded view and nothing more to do.
        let Some(first) = self.views.first().filter(|_| !self.escapes.is_empty()) else { return true };
        // Any folding will do: escapes are placed by atoms only to know how far a value may reach.
        self.around.read(&self.escapes, &first.folded, text.len(), plan.value_atoms_max);
        self.escapes.decode(text, &self.around.ranges, &mut self.decoded);
        // Taken out while `add` borrows the views, and put back on every way out: `forget` wipes
        // it.
        let decoded = std::mem::take(&mut self.decoded);
        let mut stopped = false;
        for options in &plan.foldings {
            stopped = stop(work);
            if stopped {
                break;
            }
            self.add(decoded.text(), *options, true);
            let view = self.views.last_mut().expect("a view was added");
            let mut starts = self.spare_starts.pop().unwrap_or_default();
            self.around.mark_atoms(&view.folded, &decoded, &mut starts);
            view.starts = Some(starts);
        }
        self.decoded = decoded;
        !stopped
    }

    fn add(&mut self, text: &str, options: FoldOptions, decoded: bool) {
        let mut folded = self.spare.pop().unwrap_or_default();
        folded.fold(text, options);
        self.views.push(TextView { options, decoded, folded, starts: None });
    }

    /// Forgets the text and overwrites it, since the buffers stay for other texts.
    pub(crate) fn forget(&mut self) {
        self.decoded.wipe();
        self.escapes.wipe();
        // The first is taken first again: buffers keep to the size of what they held.
        for mut view in self.views.drain(..).rev() {
            view.folded.wipe();
            self.spare.push(view.folded);
            self.spare_starts.extend(view.starts);
        }
    }

    /// Returns the numbers of the views that a rule is matched in.
    pub(crate) fn of(&self, rule: &Rule) -> impl Iterator<Item = usize> + use<'_> {
        let options = FoldOptions::of(rule);
        let numbered = self.views.iter().enumerate();
        numbered.filter(move |(_, view)| view.options == options).map(|(number, _)| number)
    }

    /// Returns the text as it is, folded like that, if a rule needs it.
    pub(crate) fn undecoded(&self, options: FoldOptions) -> Option<&Folded> {
        let alike = |view: &&TextView| view.options == options && !view.decoded;
        self.views.iter().find(alike).map(|view| &view.folded)
    }

    /// Returns a view by its number, which [`TextViews::of`] gave for this text.
    #[inline]
    pub(crate) fn view(&self, number: usize) -> &TextView {
        &self.views[number]
    }

    /// Returns whether a span is a part of a longer valid card or account number, in a view that
    /// the rule is matched in.
    pub(crate) fn is_inside_number(&self, rule: &Rule, span: ZoneSpan) -> bool {
        self.of(rule).any(|number| {
            let TextView { folded, starts, .. } = self.view(number);
            // Only as many atoms are read before the hit as the longest number has: a megabyte of
            // digits must not be read for each hit.
            let low = partition_point(folded.atom_count(), |atom| {
                self.source_span(number, *atom, *atom).end <= span.start
            });
            // No number has more characters than that, be they of one atom or of as many atoms. Its
            // first atom may have more: a word that the number is joined to.
            let mut characters = 0;
            let before = folded.ranges()[..low].iter().rev();
            let before = before.take_while(|(start, end)| {
                let nearer = characters;
                characters += (end - start) as usize;
                nearer < CHECKED_NUMBER_ATOMS_MAX
            });
            let near = low - before.count()..(low + 1).min(folded.atom_count());
            let mut inside = false;
            let mut check = |run: Range<usize>| {
                checked_numbers(folded, &run, |window| {
                    let found = self.window_span(number, &window);
                    inside |= found.contains(span) && found != span;
                });
            };
            match starts {
                Some(starts) => starts.each_run(near, check),
                None => check(near),
            }
            inside
        })
    }

    /// Returns where in the held text the place of a window of a view is.
    #[inline]
    pub(crate) fn window_span(&self, number: usize, window: &Window) -> ZoneSpan {
        let view = self.view(number);
        let (start, end) = window.source_span(&view.folded).expect("a window of the view");
        let (start, end) = if view.decoded { self.decoded.source_span(start, end) } else { (start, end) };
        ZoneSpan::new(start, end)
    }

    /// Returns where in the held text the atoms from `first` to `last` of a view are.
    #[inline]
    pub(crate) fn source_span(&self, number: usize, first: usize, last: usize) -> ZoneSpan {
        let view = self.view(number);
        let (start, end) = view.folded.source_span(first, last).expect("atoms of the view");
        let (start, end) = if view.decoded { self.decoded.source_span(start, end) } else { (start, end) };
        ZoneSpan::new(start, end)
    }
}
