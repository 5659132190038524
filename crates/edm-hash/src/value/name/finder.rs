//! Finds names in a text (`docs/matching.md`, Names).
//!
//! Problem: a name is written with its words parted, joined or turned round, with a title, a
//! nickname or a suffix. All of these have one form, which has no words any more.
//!
//! Idea: a window grows atom by atom. As long as it is made of plain words, its form is these
//! words, and its length and classes grow with it. Where it has anything else it is read as a cell
//! is.
//!
//! ```text
//! for each atom that a name may begin with, and for each prefix that may be joined to it:
//!     judge the atom alone, and with the next one where they are a pair
//!     if its atoms may be in values of several words:
//!         for each atom after it, as long as that is so or it may be in a nickname:
//!             plain: ask the prefilter by length and classes; judge
//!             else:  read it as a cell; judge
//!             if no value goes on: stop
//! judge:  edges allow it, no suffix behind: call found with the form, and with each suffix
//! ```
//!
//! What must stay true: whatever rules F1 to F6 say is found; no window has more atoms than its
//! form has bytes.

use std::ops::Range;

use edm_model::Rule;

use crate::text::boundaries;
use crate::text::char_class::{DIGIT, LETTER, SIGN, class_of, mask_of};
use crate::text::fold::{AtomKind, Folded};
use crate::text::gap;
use crate::value::name::atoms::is_pair;
use crate::value::name::form::{self, ALTERNATIVE, NameForm, Run, folds};
use crate::value::name::gaps::{self, NameGap};
use crate::value::name::{letters, words};
use crate::value_summary::shape::Shape;
use crate::window::found::{Found, Window};
use crate::window::prefilter::{Prefilter, PrefilterResult};

/// The most characters of an ending behind an apostrophe.
const ENDING_CHARACTERS_MAX: usize = 6;

/// The longest suffix, with dotless letters.
const SUFFIX_BYTES_MAX: u32 = 8;

/// What a finder works in.
#[derive(Default)]
pub(crate) struct NameScratch {
    form: NameForm,
    bytes: Vec<u8>,
    turned: Vec<u8>,
}

/// Finds names; keeps its scratch from atom to atom.
pub(super) struct Finder<'a, G> {
    pub(super) rule: &'a Rule,
    pub(super) folded: &'a Folded,
    pub(super) prefilter: &'a G,
    /// Whether values have a suffix.
    pub(super) has_suffixes: bool,
    /// Whether values have alternative forms.
    pub(super) has_alternatives: bool,
    pub(super) scratch: &'a mut NameScratch,
}

/// A window as far as it goes.
#[derive(Clone, Copy)]
struct Reach<'h> {
    first: usize,
    last: usize,
    /// What stands for the first atom, where that is read without a prefix.
    head: Option<&'h str>,
    attached: bool,
    /// Whether it is made of words and joints alone.
    plain: bool,
    /// Whether an atom of it may be in no value, because it may be in a nickname or an initial.
    has_unknown: bool,
    /// The bytes of its form, at least.
    bytes: usize,
    /// How many of them are atoms of one letter behind the first.
    initial_bytes: usize,
    /// The classes of its form, if it is plain or read as text.
    mask: u8,
}

/// What an atom is in a window.
struct AtomForm {
    bytes: usize,
    mask: u8,
    plain: bool,
}

impl<G: Prefilter> Finder<'_, G> {
    /// Calls `found` with every window that begins with an atom.
    pub(super) fn from(&mut self, first: usize, found: Found<'_>) {
        let Some(attached) = self.begins(first) else { return };
        let own = self.atom(first);
        let reach = Reach {
            first,
            last: first,
            head: None,
            attached,
            plain: own.plain,
            has_unknown: false,
            bytes: own.bytes,
            initial_bytes: 0,
            mask: own.mask,
        };
        self.grow(reach, found);
        if own.mask & !(LETTER | DIGIT) == 0 {
            return;
        }
        let folded = self.folded;
        let text = folded.atom(first).filter(|atom| atom.kind == AtomKind::Letters);
        let word = letters::word(text.map_or("", |atom| folded.atom_text(atom)), folds(self.rule));
        letters::without_prefixes(&word, |rest| {
            let (bytes, mask) = (rest.len(), mask_of(rest.as_bytes()));
            self.grow(
                Reach { head: Some(rest), attached: true, plain: false, bytes, mask, ..reach },
                &mut *found,
            );
        });
    }

    fn atom(&self, atom: usize) -> AtomForm {
        let Some(own) = self.folded.atom(atom) else { return AtomForm { bytes: 0, mask: 0, plain: true } };
        let text = self.folded.atom_text(own);
        match own.kind {
            AtomKind::Digits => AtomForm { bytes: text.len(), mask: Shape::DIGITS.mask, plain: true },
            AtomKind::Cluster => AtomForm { bytes: text.len(), mask: mask_of(text.as_bytes()), plain: true },
            AtomKind::Letters => {
                let plain = !words::listed(text).is_any();
                if text.is_ascii() && !folds(self.rule) {
                    return AtomForm { bytes: text.len(), mask: Shape::LETTERS.mask, plain };
                }
                let word = letters::word(text, folds(self.rule));
                let unchanged = word.len() == text.len() && *word == *text;
                AtomForm { bytes: word.len(), mask: mask_of(word.as_bytes()), plain: plain && unchanged }
            }
        }
    }

    fn grow(&mut self, mut reach: Reach<'_>, found: Found<'_>) {
        let first = reach.first;
        let (fits, goes_on) = self.fit(reach);
        if fits || !reach.plain {
            self.short(reach, &mut *found);
        }
        let pair = is_pair(self.folded, self.rule, first);
        // What `short` has judged as an atom and its suffix.
        let is_judged = || self.suffix_behind(first) && !self.suffix_behind(first + 1);
        if pair && !is_judged() {
            let next = self.atom(first + 1);
            let reach = Reach {
                last: first + 1,
                bytes: reach.bytes + next.bytes,
                mask: reach.mask | next.mask,
                plain: reach.plain && next.plain,
                ..reach
            };
            self.short(reach, &mut *found);
        }
        if !goes_on || !self.prefilter.atom(first) {
            return;
        }
        let mut nickname = None;
        while self.step(&mut reach, &mut nickname) {
            let head = if pair { first + 1 } else { first };
            // What `short` has judged.
            let judged = reach.last <= head
                || reach.last <= head + 1 && self.suffix_behind(reach.last - 1)
                || pair && reach.last == first + 1;
            let (fits, goes_on) = self.fit(reach);
            if !judged && (fits || !reach.plain) {
                self.judge(reach, self.suffix_behind(reach.last), &mut *found);
            }
            if !goes_on {
                return;
            }
        }
    }

    /// Goes to the next atom; false where no window does.
    fn step(&mut self, reach: &mut Reach<'_>, nickname: &mut Option<usize>) -> bool {
        let (folded, delimiters) = (self.folded, &self.rule.delimiters);
        let last = reach.last;
        if last + 1 >= folded.atom_count() {
            return false;
        }
        let gap = folded.gap(last);
        if gap != " " {
            if !gap::crossing(gap, delimiters).crossed {
                return false;
            }
            let opens = gaps::nickname(folded, delimiters, [last, folded.atom_count() - 1], "");
            let kind = gaps::judge(gap, delimiters);
            let closes = nickname.is_some_and(|end| end == last);
            if let Some(end) = opens {
                *nickname = Some(end);
            }
            if opens.is_some() || closes || kind == NameGap::Comma {
                reach.plain = false;
            } else if kind == NameGap::Other {
                // From here on it is read as text, if any value is.
                reach.plain = false;
                reach.mask |= mask_of_signs(gap);
                if !self.prefilter.fit(shape(1, reach.bytes, reach.mask)).may_extend {
                    return false;
                }
            }
        }
        let next = last + 1;
        let inside = nickname.is_some_and(|end| next <= end);
        let known = self.prefilter.atom(next);
        if !known && !inside && !self.is_initial(next) {
            return false;
        }
        let own = self.atom(next);
        reach.last = next;
        reach.has_unknown |= !known;
        reach.plain &= own.plain;
        reach.mask |= own.mask;
        // What may be no part of the form counts nothing.
        if !inside && (own.plain || !form::listed(folded, next).is_any()) {
            reach.bytes += own.bytes;
            reach.initial_bytes += if self.is_initial(next) { own.bytes } else { 0 };
        }
        next - reach.first < self.prefilter.bytes_max()
    }

    /// Returns whether a window may be a value, and whether a longer one may.
    fn fit(&self, reach: Reach<'_>) -> (bool, bool) {
        // Initials may be those of middle names that the value has not.
        let least = reach.bytes - reach.initial_bytes;
        if !reach.plain {
            return (false, least <= self.prefilter.bytes_max());
        }
        let PrefilterResult { may_match, may_extend } = self.prefilter.fit(shape(1, reach.bytes, reach.mask));
        let fits = may_match
            || self.prefilter.fit(shape(2, reach.bytes, reach.mask)).may_match
            || self.has_suffixes
            || self.fits_alternative(reach);
        if reach.initial_bytes == 0 {
            return (fits, may_extend);
        }
        // Which classes its other words have is not known apart.
        (true, may_extend || least <= self.prefilter.bytes_max())
    }

    /// Returns whether a plain window may be an alternative form.
    fn fits_alternative(&self, reach: Reach<'_>) -> bool {
        let marked = || shape(2, reach.bytes + 1, reach.mask | SIGN);
        self.has_alternatives && self.prefilter.fit(marked()).may_match
    }

    fn matches(&self, form: &[u8]) -> bool {
        let mask = mask_of(form);
        [1, 2].iter().any(|atoms| self.prefilter.shape(shape(*atoms, form.len(), mask)))
    }

    /// Judges an atom or a pair, or that with the suffix behind it: of these nothing more need be
    /// known.
    fn short(&mut self, reach: Reach<'_>, found: Found<'_>) {
        match self.suffix_behind(reach.last) {
            true => {
                let reach = Reach { last: reach.last + 1, plain: false, ..reach };
                self.judge(reach, self.suffix_behind(reach.last), found);
            }
            false => self.judge(reach, false, found),
        }
    }

    /// Calls `found` with the forms of a window if it may end where it does. `suffix_behind` says
    /// whether a suffix stands behind it.
    fn judge(&mut self, reach: Reach<'_>, suffix_behind: bool, found: Found<'_>) {
        let Reach { first, last, head, .. } = reach;
        let Some(end_attached) = self.ends(last) else { return };
        if boundaries::continues(self.folded, first, last) {
            return;
        }
        if suffix_behind && reach.plain {
            return;
        }
        let mut scratch = std::mem::take(self.scratch);
        let NameScratch { form, bytes, turned } = &mut scratch;
        bytes.clear();
        let (mut suffix, mut is_text, mut whole) = (None, false, !reach.has_unknown);
        let mut ends = true;
        if reach.plain {
            for atom in first..=last {
                let own = self.folded.atom(atom).map_or("", |own| self.folded.atom_text(own));
                bytes.extend_from_slice(own.as_bytes());
            }
        } else {
            form.read(self.folded, self.rule, Run { first, last, behind: "", head });
            bytes.extend_from_slice(form.base.as_bytes());
            form::join(bytes, 0);
            (suffix, is_text) = (form.suffix, form.is_text);
            ends = self.ends_inside(form, reach) && (suffix.is_some() || !suffix_behind);
            whole = ends && (!reach.has_unknown || form.kept.iter().all(|atom| self.prefilter.atom(*atom)));
        }
        let window = Window::of(first, last, reach.attached || end_attached);
        if whole {
            self.emit(window, bytes, suffix, is_text, &mut *found);
        }
        if last > first && ends && !is_text && head.is_none() {
            if reach.plain {
                form.read(self.folded, self.rule, Run { first, last, behind: "", head });
            }
            self.other_readings(Window { attached: true, ..window }, form, [bytes, turned], found);
        }
        *self.scratch = scratch;
    }

    /// Calls `found` with what a window is beside its words in their order: turned, without middle
    /// names, as an alternative form (rules F8 to F10). Each is attached.
    fn other_readings(
        &self,
        window: Window,
        form: &NameForm,
        [bytes, turned]: [&mut Vec<u8>; 2],
        found: Found<'_>,
    ) {
        let suffix = form.suffix;
        let is_known = |words: Range<usize>| {
            let at = |word: usize| form.free.get(word).map_or(form.kept.len(), |word| word.atom);
            form.kept[at(words.start)..at(words.end)].iter().all(|atom| self.prefilter.atom(*atom))
        };
        let words = form.free.len();
        if words < 2 {
            return;
        }
        let mut offer = |reading: &[u8], marked: bool| {
            bytes.clear();
            bytes.extend(marked.then_some(ALTERNATIVE));
            let from = bytes.len();
            bytes.extend_from_slice(reading);
            form::join(bytes, from);
            self.emit(window, bytes, suffix, false, &mut *found);
        };
        if is_known(0..words) {
            if self.has_alternatives {
                offer(form.base.as_bytes(), true);
            }
            if !form.has_comma() {
                form.turned(turned);
                offer(turned, false);
                if self.has_alternatives {
                    offer(turned, true);
                }
            }
        }
        let Some(middle) = form.middle(self.folded) else { return };
        let at = |word: usize| form.free.get(word).map_or(form.kept.len(), |word| word.atom);
        let mut initials = form.kept[at(middle.start)..at(middle.end)].iter();
        if initials.all(|atom| self.is_initial(*atom)) && is_known(0..1) && is_known(middle.end..words) {
            offer(form.without_middle(&middle).as_bytes(), false);
        }
    }

    /// Returns whether an atom is one letter, which may stand for a middle name.
    fn is_initial(&self, atom: usize) -> bool {
        let own = self.folded.atom(atom).filter(|own| own.kind == AtomKind::Letters);
        own.is_some_and(|own| self.folded.atom_text(own).chars().nth(1).is_none())
    }

    /// Returns whether the ends of a window that was read are part of the name.
    fn ends_inside(&self, form: &NameForm, reach: Reach<'_>) -> bool {
        let ends_with_suffix =
            || form.suffix.is_some() && form::listed(self.folded, reach.last).suffix.is_some();
        form.kept.contains(&reach.first) && (form.kept.contains(&reach.last) || ends_with_suffix())
    }

    fn emit(
        &self,
        window: Window,
        bytes: &mut Vec<u8>,
        suffix: Option<&str>,
        is_text: bool,
        found: Found<'_>,
    ) {
        let length = bytes.len();
        // More atoms than bytes would break what `ValueType::find` promises.
        if window.last - window.first >= length {
            return;
        }
        if self.matches(bytes) {
            found(window, bytes);
        }
        if is_text || !self.has_suffixes {
            return;
        }
        for own in words::SUFFIXES.iter().filter(|own| suffix.is_none_or(|suffix| suffix == **own)) {
            bytes.push(b',');
            bytes.extend_from_slice(own.as_bytes());
            if self.matches(bytes) {
                found(window, bytes);
            }
            bytes.truncate(length);
        }
    }

    /// Returns whether a suffix stands behind an atom (rule F3).
    fn suffix_behind(&self, atom: usize) -> bool {
        let Some((start, end)) = self.folded.ranges().get(atom + 1).copied() else { return false };
        // Hardly any word begins like a suffix and is as short.
        let first = self.folded.text().as_bytes().get(start as usize).map_or(0, |byte| byte | 0x20);
        let may_be = matches!(first, b'i' | b'j' | b's' | 0x80..) && end - start <= SUFFIX_BYTES_MAX;
        if !may_be || form::listed(self.folded, atom + 1).suffix.is_none() {
            return false;
        }
        let gap = self.folded.gap(atom);
        matches!(gaps::judge(gap, &self.rule.delimiters), NameGap::Joint | NameGap::Comma)
            && gap::crossing(gap, &self.rule.delimiters).crossed
    }

    /// Returns whether a window may begin with this atom, and is attached for it.
    fn begins(&self, first: usize) -> Option<bool> {
        if first > 0 && self.is_letters(first - 1) && matches!(self.folded.gap(first - 1), "-" | "'") {
            return None;
        }
        boundaries::begins(self.folded, first)
    }

    /// Returns whether a window may end with this atom, and is attached for it.
    fn ends(&self, last: usize) -> Option<bool> {
        let gap = self.folded.gap(last);
        if matches!(gap, "-" | "'") && self.is_letters(last + 1) && !self.is_ending(last, gap) {
            return None;
        }
        boundaries::ends(self.folded, last)
    }

    fn is_letters(&self, atom: usize) -> bool {
        self.folded.atom(atom).is_some_and(|atom| atom.kind != AtomKind::Digits)
    }

    /// Returns whether what an apostrophe joins to an atom is an ending (rule F2).
    fn is_ending(&self, last: usize, gap: &str) -> bool {
        let Some(next) = self.folded.atom(last + 1).filter(|_| gap == "'") else { return false };
        let own = self.folded.atom(last).map_or("", |own| self.folded.atom_text(own));
        let ending = self.folded.atom_text(next);
        matches!(ending, "s" | "S")
            || next.kind == AtomKind::Letters
                && own.chars().nth(1).is_some()
                && ending.chars().nth(ENDING_CHARACTERS_MAX).is_none()
    }
}

/// Returns the classes that a gap has in a form that is read as text, or fewer.
fn mask_of_signs(gap: &str) -> u8 {
    // Of what follows a line break some is dropped.
    let signs = gap.bytes().take_while(|byte| !matches!(byte, b'\r' | b'\n'));
    signs.filter(|byte| !matches!(byte, b' ' | b'\t')).fold(0, |mask, byte| mask | class_of(byte))
}

fn shape(atoms: u16, bytes: usize, mask: u8) -> Shape {
    Shape { atoms, bytes: u16::try_from(bytes).unwrap_or(u16::MAX), mask }
}
