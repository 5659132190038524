//! The text without what was found, and without what only appears once that is replaced.

mod json;

use std::cmp::Reverse;

use edm_model::OffsetUnit;

use crate::query::{CandidateSpan, Query};
use crate::report::{Below, Limit, Report};
use crate::scan::{Scratch, scan};
use crate::text::offset_index::units_in;
use crate::text::span::TextSpan;
use json::Documents;

/// How often a redacted text is scanned again. Every round covers letters or digits that stay
/// covered, and texts that are not made to defeat it need one. A pattern without a primary column
/// reports one match of a record, so each place of the record may take a round.
const ROUNDS_MAX: usize = 64;
/// From this round on nothing but masks is put into the text, because a label has letters as well.
const MASKS_FROM_ROUND: usize = 3;

/// What takes the place of a value.
pub enum Redaction<'a> {
    /// `█` for every character.
    Mask,
    /// The column's name in brackets.
    Label,
    /// The column's name and a pseudonym of the value.
    Token(&'a dyn Fn(Place<'_>) -> String),
}

/// A value that is being replaced.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// The type's position in the query.
    pub type_index: usize,
    /// The position of the column in the type's table.
    pub column: usize,
    /// The value as written in the text.
    pub text: &'a str,
}

/// A redacted text, and what may be left in it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Redacted {
    /// The text.
    pub text: String,
    /// Bounds that were met when it was scanned again; those of the report are not repeated.
    pub limits: Vec<Limit>,
    /// Matches below the minimum confidence that are still in the text.
    pub left_count: u64,
    /// Why matches may be left in it; `None` if nothing was found in the last round.
    pub unfinished: Option<Unfinished>,
}

/// Why a redaction ended while matches may be left in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Unfinished {
    /// A scan was stopped before its end.
    Stopped,
    /// Something was found in every round.
    RoundsUsedUp,
}

/// Returns the text with every match of the report and its evidence replaced. `name` gives the name
/// of a type's column. Overlapping spans are replaced as one, by the name of the first.
///
/// The result is scanned again with the same query, and so on until nothing is found: what voided a
/// match may be replaced, a label may be a value itself, neighbours may have come together. What is
/// found in a replacement is masked with it.
///
/// JSON in the text stays JSON of the same shape: structure is never replaced, and what
/// takes the place of a number is in quotes.
pub fn redact(
    query: &Query<'_>,
    report: &Report,
    name: &dyn Fn(usize, usize) -> String,
    style: &Redaction<'_>,
) -> Redacted {
    let mut work = Work {
        text: query.text.to_owned(),
        inserted: Vec::new(),
        candidates: query.candidates.to_vec(),
        offset_unit: query.offset_unit,
        name,
        style,
    };
    let (mut limits, mut scratch) = (Vec::new(), Scratch::new());
    let mut found = places(report);
    let left_count = left_of(&report.below, &found);
    // A text that was not read to its end may hold more: the caller must not pass it on as
    // redacted.
    if report.stopped {
        let unfinished = Some(Unfinished::Stopped);
        return Redacted { text: work.text, limits, left_count, unfinished };
    }
    for round in 1..=ROUNDS_MAX {
        if found.is_empty() {
            return Redacted { text: work.text, limits, left_count, unfinished: None };
        }
        // Replacing may bring new neighbours together, or remove what voided a match: only a scan
        // of the result shows it.
        work.cover(found, round);
        let next_query = Query { text: &work.text, candidates: &work.candidates, ..*query };
        let again = scan(&next_query, &mut scratch);
        limits.extend(again.types.iter().flat_map(|found| found.limits.iter().copied()));
        limits.extend(again.diagnostics.iter().flat_map(|found| found.limits.iter().copied()));
        if again.stopped {
            let unfinished = Some(Unfinished::Stopped);
            return Redacted { text: work.text, limits, left_count, unfinished };
        }
        found = places(&again);
    }
    let unfinished = (!found.is_empty()).then_some(Unfinished::RoundsUsedUp);
    Redacted { text: work.text, limits, left_count, unfinished }
}

/// Returns how many of the matches that are not replaced share no character with what is.
fn left_of(below: &Below, found: &[Target]) -> u64 {
    let covered = below.places.iter().filter(|place| {
        let first = found.partition_point(|one| one.end <= place.start);
        found.get(first).is_some_and(|one| one.start < place.end)
    });
    below.count - covered.count() as u64
}

/// A span of the text that is replaced as one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Target {
    start: usize,
    end: usize,
    type_index: usize,
    column: usize,
}

impl Target {
    fn span(&self) -> TextSpan {
        TextSpan::new(self.start, self.end)
    }
}

/// Returns what of a text was found is to be replaced, in order and without overlaps.
fn places(report: &Report) -> Vec<Target> {
    let mut all = Vec::new();
    for found in &report.types {
        let type_index = found.type_index;
        for matched in &found.matches {
            let evidences = matched.evidences.iter().map(|evidence| (evidence.span, evidence.column));
            all.extend(
                [(matched.span, matched.column)].into_iter().chain(evidences).map(|(span, column)| Target {
                    start: span.start,
                    end: span.end,
                    type_index,
                    column,
                }),
            );
        }
    }
    // The longer first, so that it swallows the shorter one and gives the name.
    all.sort_by_key(|one| (one.start, Reverse(one.end), one.type_index, one.column));
    let mut merged: Vec<Target> = Vec::new();
    for one in all {
        match merged.last_mut() {
            Some(last) if one.start < last.end => last.end = last.end.max(one.end),
            _ => merged.push(one),
        }
    }
    merged
}

/// What is replaced by itself.
struct Replaced {
    one: Target,
    /// The value that it is of, or a part of.
    whole: TextSpan,
    was_inserted: bool,
    /// Whether it is a value of JSON without quotes.
    bare: bool,
}

/// A text in the middle of being redacted.
struct Work<'a> {
    text: String,
    /// What was put into it, in order and without overlaps.
    inserted: Vec<TextSpan>,
    /// The spans that primary values must overlap.
    candidates: Vec<CandidateSpan>,
    /// What those are counted in.
    offset_unit: OffsetUnit,
    name: &'a dyn Fn(usize, usize) -> String,
    style: &'a Redaction<'a>,
}

impl Work<'_> {
    /// Replaces the targets; one that touches what was put in takes all of that with it.
    fn cover(&mut self, found: Vec<Target>, round: usize) {
        let found = self.parted(self.widened(found));
        let text = std::mem::take(&mut self.text);
        let mut out = String::with_capacity(text.len());
        let mut kept = Vec::new();
        let mut before = std::mem::take(&mut self.inserted).into_iter().peekable();
        let mut units = Units::new(self.offset_unit);
        let mut copied = 0;
        // The text is copied from `copied` on, with the replacements. What earlier rounds inserted
        // is moved along (`kept`), or swallowed by a replacement that covers it.
        //
        //     text   ……|old|……|== one ==|……          out   ……|old|……[label]
        //                     ^ copied                              ^ out.len()
        for Replaced { one, whole, was_inserted, bare } in found {
            while let Some(old) = before.next_if(|old| old.start < one.start) {
                kept.push(TextSpan::new(old.start - copied + out.len(), old.end - copied + out.len()));
            }
            while before.next_if(|old| old.start < one.end).is_some() {}
            out.push_str(text.get(copied..one.start).expect("what is replaced begins at a character"));
            let value =
                text.get(whole.start..whole.end).expect("what is replaced begins and ends at characters");
            let from = out.len();
            if bare {
                out.push('"');
            }
            let start = out.len();
            match self.style {
                Redaction::Label if !was_inserted && round < MASKS_FROM_ROUND => {
                    out.push_str(&format!("[{}]", self.label(&one)));
                }
                Redaction::Token(pseudonym) if !was_inserted && round < MASKS_FROM_ROUND => {
                    let place = Place { type_index: one.type_index, column: one.column, text: value };
                    out.push_str(&format!("[{}:{}]", self.label(&one), pseudonym(place)));
                }
                _ => {
                    let masked = text.get(one.start..one.end).expect("a part of it does so too");
                    // The quotes take the place of two: nothing after them moves.
                    // A number of one digit has nothing left but the quotes.
                    let masked = if bare { masked.get(2..).unwrap_or("") } else { masked };
                    masked.chars().for_each(|c| mask(c, &mut out));
                }
            }
            // What is found there later is what was put in: the quotes stay.
            kept.push(TextSpan::new(start, out.len()));
            if bare {
                out.push('"');
            }
            units.replaced(&text, one.span(), out.get(from..).expect("where it began to grow"));
            copied = one.end;
        }
        let moved =
            |old: TextSpan| TextSpan::new(old.start - copied + out.len(), old.end - copied + out.len());
        kept.extend(before.map(moved));
        out.push_str(text.get(copied..).expect("what is replaced ends at a character"));
        self.candidates.iter_mut().for_each(|candidate| units.shift(candidate));
        self.text = out;
        self.inserted = kept;
    }

    /// Cuts targets where JSON has something between that must stay.
    fn parted(&self, found: Vec<(Target, bool)>) -> Vec<Replaced> {
        let documents = Documents::of(&self.text);
        let mut out: Vec<Replaced> = Vec::with_capacity(found.len());
        for (one, was_inserted) in found {
            for part in documents.parts(&self.text, one.span()) {
                let target = Target { start: part.start, end: part.end, ..one };
                let whole = one.span();
                match out.last_mut() {
                    // Two values in one number, or with an escape between.
                    Some(last) if target.start < last.one.end => {
                        last.one.end = last.one.end.max(target.end);
                        last.was_inserted |= was_inserted;
                    }
                    _ => out.push(Replaced { one: target, whole, was_inserted, bare: part.bare }),
                }
            }
        }
        out
    }

    /// Grows each target by what was put in and it touches, and says whether there was such.
    fn widened(&self, found: Vec<Target>) -> Vec<(Target, bool)> {
        let mut out: Vec<(Target, bool)> = Vec::with_capacity(found.len());
        for mut one in found {
            // A part of a label is no text of the caller: if one is found, all of the label is
            // replaced, and by a mask, so that rounds come to an end.
            let first = self.inserted.partition_point(|old| old.end <= one.start);
            let (mut touches, found_end) = (false, one.end);
            for old in self.inserted[first..].iter().take_while(|old| old.start < found_end) {
                (one.start, one.end, touches) = (one.start.min(old.start), one.end.max(old.end), true);
            }
            match out.last_mut() {
                Some((last, touched)) if one.start < last.end => {
                    last.end = last.end.max(one.end);
                    *touched |= touches;
                }
                _ => out.push((one, touches)),
            }
        }
        out
    }

    /// Returns the name of a column as it may be written into any text: what has a meaning in JSON,
    /// HTML or a table is left out.
    fn label(&self, place: &Target) -> String {
        let plain = |c: char| if c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ' ') { c } else { '_' };
        (self.name)(place.type_index, place.column).chars().map(plain).collect()
    }
}

/// Masks a character, keeping white space and the number of UTF-16 units, so that offsets after it
/// stay.
fn mask(character: char, out: &mut String) {
    if character.is_whitespace() {
        out.push(character);
    } else {
        out.extend(std::iter::repeat_n('█', character.len_utf16()));
    }
}

/// How replacements move offsets.
struct Units {
    unit: OffsetUnit,
    /// The text's bytes that were counted, and their units.
    counted: (usize, u64),
    /// Each replaced span before and after.
    spans: Vec<((u64, u64), (u64, u64))>,
}

impl Units {
    fn new(unit: OffsetUnit) -> Self {
        Self { unit, counted: (0, 0), spans: Vec::new() }
    }

    fn replaced(&mut self, text: &str, span: TextSpan, replacement: &str) {
        let before = (self.at(text, span.start), self.at(text, span.end));
        let grown = self.spans.last().map_or(0, |(before, after)| i128::from(after.1) - i128::from(before.1));
        let moved = u64::try_from(i128::from(before.0) + grown).expect("text before it has a length");
        self.spans.push((before, (moved, moved + units_in(replacement, self.unit))));
    }

    /// Returns the units before a byte. Bytes must be passed in ascending order.
    fn at(&mut self, text: &str, byte: usize) -> u64 {
        let (from, units) = self.counted;
        let units = units
            + units_in(text.get(from..byte).expect("offsets are passed in order, at characters"), self.unit);
        self.counted = (byte, units);
        units
    }

    /// Moves a candidate; one that reaches into a replaced span reaches over all that took its
    /// place.
    fn shift(&self, candidate: &mut CandidateSpan) {
        let start = candidate.offset_units;
        let end = start.saturating_add(candidate.length_units);
        let (start, end) = (self.moved(start, |after| after.0), self.moved(end, |after| after.1));
        *candidate = CandidateSpan { offset_units: start, length_units: end.saturating_sub(start) };
    }

    fn moved(&self, offset: u64, inside: impl Fn((u64, u64)) -> u64) -> u64 {
        // Replaced spans are in order: the last one that starts before the offset contains it, or
        // says by how much everything after it has moved.
        let next = self.spans.partition_point(|((start, _), _)| *start < offset);
        match next.checked_sub(1).and_then(|last| self.spans.get(last)) {
            None => offset,
            Some((before, after)) if offset < before.1 => inside(*after),
            Some((before, after)) => after.1.saturating_add(offset - before.1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(start: usize, end: usize) -> Target {
        Target { start, end, type_index: 0, column: 0 }
    }

    fn work<'a>(text: &str, name: &'a dyn Fn(usize, usize) -> String, style: &'a Redaction<'a>) -> Work<'a> {
        let (inserted, candidates, offset_unit) = (Vec::new(), Vec::new(), OffsetUnit::Utf16);
        Work { text: text.to_owned(), inserted, candidates, offset_unit, name, style }
    }

    #[test]
    fn labels_fit_into_any_text() {
        for (name, label) in
            [("ssn", "[ssn]"), ("last name.x-y_z", "[last name.x-y_z]"), ("a\"<b>]\\", "[a__b___]")]
        {
            let name = |_, _| name.to_owned();
            let mut work = work("{\"x\": \"value\"}", &name, &Redaction::Label);
            work.cover(vec![target(7, 12)], 1);
            assert_eq!(work.text, format!("{{\"x\": \"{label}\"}}"));
        }
    }

    #[test]
    fn masks_keep_white_space_and_units() {
        let name = |_, _| String::new();
        let text = "a 😀\r\n> Bérg\u{3000}é z";
        let mut work = work(text, &name, &Redaction::Mask);
        work.cover(vec![target(2, text.len() - 2)], 1);
        assert_eq!(work.text, "a ██\r\n█ ████\u{3000}█ z");
        assert_eq!(work.text.encode_utf16().count(), text.encode_utf16().count());
    }

    /// What is found in a replacement takes the whole replacement with it, and leaves a mask.
    #[test]
    fn rounds() {
        let name = |_, _| "ssn".to_owned();
        let token = |place: Place<'_>| place.text.to_uppercase();
        let style = Redaction::Token(&token);
        let mut work = work("x abc y def z", &name, &style);
        work.cover(vec![target(2, 5), target(8, 11)], 1);
        assert_eq!(work.text, "x [ssn:ABC] y [ssn:DEF] z");
        assert_eq!(work.inserted, [TextSpan::new(2, 11), TextSpan::new(14, 23)]);
        // A part of the second one, and the text after it.
        work.cover(vec![target(19, 25)], 2);
        assert_eq!(work.text, "x [ssn:ABC] y █████████ █");
        assert_eq!(work.inserted, [TextSpan::new(2, 11), TextSpan::new(14, work.text.len())]);
        work.cover(vec![target(0, 1), target(12, 13)], 2);
        assert_eq!(work.text, "[ssn:X] [ssn:ABC] [ssn:Y] █████████ █");
        work.cover(vec![target(0, 2), target(9, 10)], 3);
        assert_eq!(work.text, "███████ █████████ [ssn:Y] █████████ █");
    }

    #[test]
    fn candidates_move_with_the_text() {
        let name = |_, _| "n".to_owned();
        let check = |offset: u64, length: u64, expected: (u64, u64)| {
            // Two units for the face: the values are at 3–8 and 11–13.
            let mut work = work("😀 value - ab end", &name, &Redaction::Label);
            work.candidates = vec![CandidateSpan { offset_units: offset, length_units: length }];
            work.cover(vec![target(5, 10), target(13, 15)], 1);
            assert_eq!(work.text, "😀 [n] - [n] end");
            let moved = work.candidates[0];
            assert_eq!((moved.offset_units, moved.length_units), expected, "{offset} {length}");
        };
        check(0, 3, (0, 3));
        check(3, 5, (3, 3));
        check(5, 1, (3, 3));
        check(9, 1, (7, 1));
        check(0, 17, (0, 16));
        check(14, 3, (13, 3));
    }
}
