//! Telephone numbers in cells and text (`docs/formats/hash.md`, section 8, phone).

use std::ops::Range;

use edm_model::{Country, Delimiters};

use crate::simd::mask::{each, low, starts as run_starts};
use crate::text::atom_word::AtomWord;
use crate::text::boundaries;
use crate::text::fold::{Atom, AtomKind, Folded};
use crate::text::gap::{self, is_white};
use crate::value::cell_form::CellRefusal;
use crate::value::plain::form::Form;
use crate::value::plain::plain_cell::Plain;
use crate::value::plain::plain_rule::PlainRule;
use crate::value::recognised::Recogniser;
use crate::value::spelled::Spelled;
use crate::window::found::{Found, Window};
use crate::window::prefilter::Prefilter;

mod numbering;

pub use numbering::calling_code;
pub(crate) use numbering::code_of;

/// What is between the groups of a number, besides the rule's ignored delimiters.
const SEPARATORS: [char; 6] = [' ', '-', '.', '/', '(', ')'];
/// Words, in lower case, after which the digits of an extension are.
const EXTENSIONS: [&str; 24] = [
    "x",
    "xt",
    "ext",
    "extn",
    "extension",
    "extensión",
    "extensao",
    "extensão",
    "durchwahl",
    "dw",
    "app",
    "apparat",
    "nst",
    "nebenstelle",
    "poste",
    "anexo",
    "ramal",
    "interno",
    "int",
    "interne",
    "toestel",
    "tst",
    "доб",
    "内線",
];
/// The longest gap with a line break that joins two groups, in bytes.
const BROKEN_GAP_BYTES_MAX: usize = 256;
/// The most digits of an extension.
const EXTENSION_DIGITS_MAX: usize = 7;

#[derive(Clone, Copy)]
pub(crate) struct Phone<'r> {
    pub(crate) country: Option<Country>,
    pub(crate) delimiters: &'r Delimiters,
}

impl Recogniser for Phone<'_> {
    const MAY_BE_SPELLED: bool = true;

    fn push_cell(self, folded: &Folded, out: &mut Vec<u8>) -> Result<(), CellRefusal> {
        let phone = self.reader(folded);
        phone.whole(out).ok_or(CellRefusal::NotThisType)
    }

    #[inline(always)]
    fn write_plain(self, plain: &Plain<'_>, _: &PlainRule, form: &mut Form<'_>) -> Option<()> {
        self.write_groups(plain, form)
    }

    fn push_spelled(self, number: Spelled<'_>, out: &mut Vec<u8>) -> bool {
        let Spelled { folded, first, digits } = number;
        let (phone, last) = (self.reader(folded), first + digits.len() - 1);
        digits.len() <= numbering::DIGITS_MAX
            && phone.push_run(first, last, digits, phone.has_plus(first), out)
    }

    fn starts(self, word: AtomWord<'_>) -> u64 {
        word.digits()
    }

    fn candidates(self, folded: &Folded, starts: &Range<usize>, found: Found<'_>) {
        let phone = self.reader(folded);
        let mut form = Vec::new();
        // Without a country only an international number is one, and it says so by `+` or `00`.
        let begins =
            |start: &Start<'_>| start.plus || self.country.is_some() || start.digits.starts_with("00");
        phone.each_run(starts, begins, |run| {
            form.clear();
            let Run { first, last, digits, plus, .. } = *run;
            if phone.push_run(first, last, digits, plus, &mut form) && !phone.is_cut(run) {
                found(phone.placed(Window::of(first, last, phone.is_attached(run)), plus), &form);
            }
        });
    }

    fn candidates_by_values(
        self,
        folded: &Folded,
        starts: &Range<usize>,
        prefilter: &impl Prefilter,
        found: Found<'_>,
    ) {
        let phone = self.reader(folded);
        let codes = numbering::foreign(prefilter.calling_codes(), self.country);
        if codes.is_empty() {
            return;
        }
        let mut form = Vec::new();
        let begins = |start: &Start<'_>| !start.plus && !start.digits.starts_with("00");
        phone.each_run(starts, begins, |run| {
            for number in numbering::national(run.digits, &codes) {
                form.clear();
                number.push(&mut form);
                if run.last - run.first < form.len() && !phone.is_cut(run) {
                    found(phone.placed(Window::of(run.first, run.last, true), false), &form);
                }
            }
        });
    }
}

impl<'r> Phone<'r> {
    fn reader<'a>(self, folded: &'a Folded) -> PhoneReader<'a>
    where
        'r: 'a,
    {
        PhoneReader { folded, country: self.country, delimiters: self.delimiters }
    }

    /// Writes groups of digits, each joined by one or two of the usual signs, perhaps after a `+`
    /// or a parenthesis. Not inlined into the loops over cells: looking up a plan costs more than
    /// a call.
    #[inline(never)]
    fn write_groups(self, plain: &Plain<'_>, form: &mut Form<'_>) -> Option<()> {
        let first = plain.digits.trailing_zeros();
        let front = plain.text().get(..first as usize)?;
        if plain.letters != 0
            || plain.digits >> (plain.length - 1) & 1 == 0
            || !matches!(front, b"" | b"+" | b"(" | b"+(")
        {
            return None;
        }
        let gaps = low(plain.length) & !low(first) & !plain.digits;
        let mut joined = gaps & gaps << 1 & gaps << 2 == 0;
        each(gaps, |at| joined &= matches!(plain.byte(at), b' ' | b'-' | b'.' | b'/' | b'(' | b')'));
        if !joined {
            return None;
        }
        form.push_kept(plain, plain.digits);
        let mut number = [0; FORM_BYTES_MAX];
        let groups = run_starts(plain.digits).count_ones() as usize;
        let digits = std::str::from_utf8(form.bytes()).ok()?;
        let length = push_groups(digits, groups, front.first() == Some(&b'+'), self.country, &mut number)?;
        form.set(number.get(..length)?, low(length as u32) & !1, 64);
        Some(())
    }
}

/// The longest canonical form, in bytes.
const FORM_BYTES_MAX: usize = 16;

/// Writes the number that groups of digits are, and returns its length; `None` if they are none.
fn push_groups(
    digits: &str,
    groups: usize,
    plus: bool,
    country: Option<Country>,
    out: &mut [u8; FORM_BYTES_MAX],
) -> Option<usize> {
    let (calling_code, national) = numbering::number(digits, plus, country)?;
    let bytes = [b"+", calling_code.as_bytes(), national.as_bytes()];
    let length = bytes.iter().map(|part| part.len()).sum();
    if digits.len() > numbering::DIGITS_MAX || groups > length || length > FORM_BYTES_MAX {
        return None;
    }
    out.iter_mut().zip(bytes.into_iter().flatten()).for_each(|(place, byte)| *place = *byte);
    Some(length)
}

/// Where a number is read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Within {
    /// In a cell, where a line break ends it.
    Cell,
    /// In a text, where it may go on in the next line.
    Text,
}

/// A group of digits that a number may begin with.
#[derive(Clone, Copy)]
struct Start<'a> {
    digits: &'a str,
    /// Whether a `+` is before it.
    plus: bool,
}

/// Groups of digits that may be a number.
struct Run<'a> {
    first: usize,
    last: usize,
    digits: &'a str,
    /// Whether a `+` is before it.
    plus: bool,
    /// Line breaks between its groups.
    breaks: usize,
    /// The last atom of a number after a `+` further ahead that may go over its first atom.
    reach: Option<usize>,
}

struct PhoneReader<'a> {
    folded: &'a Folded,
    country: Option<Country>,
    delimiters: &'a Delimiters,
}

impl<'a> PhoneReader<'a> {
    fn atom(&self, index: usize) -> Option<Atom> {
        self.folded.atom(index)
    }

    fn digits(&self, index: usize) -> Option<&'a str> {
        let atom = self.atom(index).filter(|atom| atom.kind == AtomKind::Digits)?;
        Some(self.folded.atom_text(atom))
    }

    /// Returns what is between an atom and the one before it, or the text's start.
    fn before(&self, index: usize) -> &'a str {
        let atoms = self.folded.ranges();
        let start = index.checked_sub(1).map_or(0, |before| atoms[before].1);
        self.folded.slice(start, atoms[index].0)
    }

    /// Returns whether a `+` is before an atom, with at most a space and a parenthesis between.
    fn has_plus(&self, index: usize) -> bool {
        let before = self.before(index);
        ["+", "+(", "+ ", "+ ("].iter().any(|sign| before.ends_with(sign))
    }

    /// Returns how many line breaks the gap after an atom has, none or one, if it joins two groups
    /// of a number.
    fn joins(&self, index: usize, within: Within) -> Option<usize> {
        let gap = self.folded.gap(index);
        if !gap.contains(['\r', '\n']) {
            return self.is_joint(gap).then_some(0);
        }
        if within == Within::Cell || gap.len() > BROKEN_GAP_BYTES_MAX {
            return None;
        }
        // A line break counts as a space: a mail program may have broken the number there.
        let (mut spaced, mut breaks) = (String::new(), 0);
        gap::plain(gap, |character| match character {
            '\n' => {
                spaced.truncate(spaced.trim_end_matches(' ').len());
                spaced.push(' ');
                breaks += 1;
            }
            other => spaced.push(other),
        });
        (breaks == 1 && self.is_joint(&spaced)).then_some(1)
    }

    /// Returns whether a gap is up to two separators, or one between spaces.
    fn is_joint(&self, gap: &str) -> bool {
        let count = gap.chars().take(4).count();
        let spaced = matches!(gap, " - " | " / " | " . ");
        let separates = |c: char| SEPARATORS.contains(&c) || self.delimiters.contains(c);
        (1..=2).contains(&count) && gap.chars().all(separates) || spaced
    }

    /// Calls `each` with every run that begins at an atom of `starts`, where that may begin a
    /// number.
    fn each_run(
        &self,
        starts: &Range<usize>,
        begins: impl Fn(&Start<'_>) -> bool,
        mut each: impl FnMut(&Run<'_>),
    ) {
        for first in starts.clone() {
            let Some(digits) = self.digits(first) else { continue };
            let plus = self.has_plus(first);
            if !begins(&Start { digits, plus }) {
                continue;
            }
            // What ends within a number after a `+` further ahead is a part of it.
            let reach = if plus { None } else { self.outer(first).and_then(|outer| self.reach(outer)) };
            self.each_end(first, Within::Text, |last, digits, breaks| {
                each(&Run { first, last, digits, plus, breaks, reach });
            });
        }
    }

    /// Returns whether a run is a part of a longer number.
    fn is_cut(&self, run: &Run<'_>) -> bool {
        boundaries::continues(self.folded, run.first, run.last)
            || run.reach.is_some_and(|reach| reach >= run.last)
    }

    /// Returns whether a number is attached (`docs/formats/hash.md`, rules N4 and N7).
    fn is_attached(&self, run: &Run<'_>) -> bool {
        let joined = || !run.plus && boundaries::is_joined_before(self.folded, run.first);
        run.breaks > 0 || joined() || self.is_joined_after(run.last)
    }

    /// Calls `each` with every atom that a number from `first` on may end with, its digits so far,
    /// and how many line breaks are between them; returns the last of them.
    fn each_end(
        &self,
        first: usize,
        within: Within,
        mut each: impl FnMut(usize, &str, usize),
    ) -> Option<usize> {
        let mut digits = String::with_capacity(2 * numbering::DIGITS_MAX);
        let (mut end, mut breaks) = (None, 0);
        for last in first.. {
            let Some(group) = self.digits(last) else { break };
            // No number is longer, so neither are the windows that are tried.
            if digits.len() + group.len() > numbering::DIGITS_MAX {
                break;
            }
            digits.push_str(group);
            end = Some(last);
            each(last, &digits, breaks);
            breaks += match self.joins(last, within) {
                Some(own) if breaks + own <= 1 => own,
                _ => break,
            };
        }
        end
    }

    /// Appends the number that a run of groups is. More groups than its canonical form has bytes
    /// are no number.
    fn push_run(&self, first: usize, last: usize, digits: &str, plus: bool, out: &mut Vec<u8>) -> bool {
        let from = out.len();
        let is_number = numbering::push_number(digits, plus, self.country, out);
        // More atoms than bytes would break what `ValueType::find` promises.
        if is_number && last - first < out.len() - from {
            return true;
        }
        out.truncate(from);
        false
    }

    /// Returns whether a number that ends with this atom is attached for it.
    fn is_joined_after(&self, last: usize) -> bool {
        // `555 0123 ext. 4`: the number ends before the extension, and its digits do not continue
        // it.
        let extended = || {
            let word = self.atom(last + 1).map(|atom| self.folded.atom_text(atom).to_lowercase());
            word.is_some_and(|word| EXTENSIONS.contains(&word.as_str())) && self.digits(last + 2).is_some()
        };
        boundaries::is_joined_after(self.folded, last) && !extended()
    }

    /// Returns a number with its `+` and its parentheses (`docs/formats/hash.md`, rule N8).
    fn placed(&self, number: Window, plus: bool) -> Window {
        let atoms = self.folded.ranges();
        let ((first, _), (_, end)) = (atoms[number.first], atoms[number.last]);
        let before = self.before(number.first);
        let front = if plus { before.rsplit_once('+').map_or("", |(front, _)| front) } else { before };
        let signs = before.len() - front.len();
        // Parentheses that are still open, and those that none of its own opens.
        let (mut open, mut closed) = (0, 0);
        for byte in self.folded.slice(first - signs as u32, end).bytes() {
            match byte {
                b'(' => open += 1,
                b')' if open > 0 => open -= 1,
                b')' => closed += 1,
                _ => {}
            }
        }
        let opens = closed > 0 && front.ends_with('(');
        let closes = open > 0 && self.folded.text().as_bytes().get(end as usize) == Some(&b')');
        // Four characters at most: a parenthesis, a sign, a space and a parenthesis.
        let start_offset = -((signs + usize::from(opens)) as i32);
        Window { start_offset, end_offset: i32::from(closes), ..number }
    }

    /// Returns the atom before, after a `+`, from which on an international number is written that
    /// may go over this atom. What begins with the zeros of a call abroad is no such number: they
    /// may be the end of a time or of a code.
    fn outer(&self, first: usize) -> Option<usize> {
        let mut count = 0;
        // Bounded: groups have a digit each, and a number at most DIGITS_MAX of them.
        for index in (0..first).rev() {
            let joins = self.joins(index, Within::Text).is_some();
            let digits = self.digits(index).filter(|_| joins)?;
            count += digits.len();
            if count > numbering::DIGITS_MAX {
                return None;
            }
            if self.has_plus(index) {
                return Some(index);
            }
        }
        None
    }

    /// Returns the last atom of the longest number from `outer` on.
    fn reach(&self, outer: usize) -> Option<usize> {
        let (plus, mut form, mut reach) = (self.has_plus(outer), Vec::new(), None);
        self.each_end(outer, Within::Text, |end, digits, _| {
            form.clear();
            if self.push_run(outer, end, digits, plus, &mut form) {
                reach = Some(end);
            }
        });
        reach
    }

    /// Appends the number that the whole text is, without its label and its extension.
    fn whole(&self, out: &mut Vec<u8>) -> Option<()> {
        let first = (0..self.folded.atom_count()).find(|index| self.digits(*index).is_some())?;
        let start = self.atom(first)?.start;
        let mut front = self.folded.slice(0, start).trim_matches(is_white);
        if let Some((label, rest)) = front.split_at_checked("tel".len())
            && label.eq_ignore_ascii_case("tel")
        {
            front = rest.trim_start_matches(['.', ':']).trim_matches(is_white);
        }
        let plus = self.has_plus(first);
        // What may be before a number in a cell: a label, a parenthesis and one `+`.
        let opens = |c: char| matches!(c, '(' | '+') || is_white(c);
        if !front.chars().all(opens) || front.matches('+').count() != usize::from(plus) {
            return None;
        }
        let mut digits = String::new();
        let last = self.each_end(first, Within::Cell, |_, own, _| own.clone_into(&mut digits))?;
        let rest = self.folded.behind(self.atom(last)?);
        let ends =
            is_extension(rest) || rest.chars().all(|c| is_white(c) || matches!(c, ')' | '.' | ',' | ';'));
        (ends && self.push_run(first, last, &digits, plus, out)).then_some(())
    }
}

/// Returns whether what follows a number is an extension: a marker and digits.
fn is_extension(rest: &str) -> bool {
    let rest = rest.trim_start_matches(|c| is_white(c) || matches!(c, ')' | '(' | ',' | ';' | '.'));
    let rest = rest.trim_end_matches(|c| is_white(c) || matches!(c, ')' | '.' | ',' | ';'));
    let marker = rest.trim_end_matches(|c: char| c.is_ascii_digit());
    let digits = rest.len() - marker.len();
    let marker = marker.trim_end_matches(|c| is_white(c) || matches!(c, '.' | ':' | '='));
    let known = marker == "#" || EXTENSIONS.contains(&marker.to_lowercase().as_str());
    known && (1..=EXTENSION_DIGITS_MAX).contains(&digits)
}

#[cfg(test)]
mod tests;
