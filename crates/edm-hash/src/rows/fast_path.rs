//! The fast path of a column: a cell of at most 64 bytes of printable ASCII becomes a canonical
//! form in words of bits, without folding and without atoms (decision 0017).
//!
//! ```text
//! cell      " Mary-Jane  O'Neil"        64 bytes at most
//! letters   .1111.1111..1.1111          one bit a character, from one load (simd/backend)
//! spaces    1.........11......
//! judge     empty? a placeholder? too many atoms? else the type writes its form
//! form      "mary jane o neil"          written into the arena, 16 bytes a step
//! count     digits, letters, atoms and classes follow from the masks of the form
//! hash      when the arena has 64 KiB of forms, all at once (key/cmac)
//! ```
//!
//! What must stay true: the answer is the slow path's for every cell, or [`Judged::Unsure`], and
//! then nothing was kept of the cell. A property test holds both paths against each other, for
//! every type and level.
//!
//! Measured: 241 ns a row of five typed columns where it was 292 (`docs/bench/cells.md`). No
//! better: 128 records at a time instead of 256, and whole chunks of 256 KiB column by column.

use edm_model::limits;

use crate::key::cmac::Hash;
use crate::key::keys::RuleKeys;
use crate::rows::cell::{PlacedCell, alone};
use crate::rows::hashed_rows::{ColumnCounts, Histogram, set_bit};
use crate::rows::rule_state::RuleState;
use crate::simd::backend::{ROOM_BYTES, Simd};
use crate::value::date::reads_as_date::reads_as_date;
use crate::value::plain::form::{Form, Room};
use crate::value::plain::judge::{Judged, judge};
use crate::value::plain::plain_rule::PlainRule;
use crate::value::plain::quick_checks;
use crate::value::value_type::ValueType;
use crate::value_summary::shape::Alphanumerics;

/// Prefetch distance. The text was filled by the reader's thread, so it is not in this core's
/// cache.
const AHEAD_BYTES: usize = 2 * 1024;
/// Canonical forms are hashed whenever a column has gathered this many bytes of them: they stay in
/// the cache.
const ARENA_BYTES: usize = 64 * 1024;
/// Digits and letters in the histogram of shapes are capped here.
const HISTOGRAM_MAX: usize = 63;

/// What cells leave in a column, whichever path they take; the fast one needs nothing else.
pub(crate) struct FastPath {
    pub(crate) values: Values,
    pub(crate) tally: Tally,
    /// Holds a cell at the end of its text: whole words are loaded, and too few bytes follow it.
    pub(crate) spare: [u8; ROOM_BYTES],
}

/// Canonical forms that wait to be hashed, and the hashes of those before them.
pub(crate) struct Values {
    /// As long as it gets.
    arena: Box<[u8]>,
    /// Where the next form goes.
    filled: usize,
    forms: Vec<(u32, u32)>,
    pub(crate) hashes: Vec<Hash>,
}

/// What is counted of a column's cells.
pub(crate) struct Tally {
    pub(crate) presence: Vec<u8>,
    /// By digits, then letters.
    histogram: Box<[[u32; HISTOGRAM_MAX + 1]]>,
    pub(crate) counts: ColumnCounts,
}

impl FastPath {
    pub(crate) fn new() -> Self {
        let histogram = vec![[0; HISTOGRAM_MAX + 1]; HISTOGRAM_MAX + 1].into_boxed_slice();
        Self {
            values: Values {
                arena: vec![0; ARENA_BYTES + limits::CELL_BYTES_MAX.max(ROOM_BYTES)].into_boxed_slice(),
                filled: 0,
                forms: Vec::new(),
                hashes: Vec::new(),
            },
            tally: Tally { presence: Vec::new(), histogram, counts: ColumnCounts::default() },
            spare: [0; ROOM_BYTES],
        }
    }

    /// Takes the cell of a row; `false`, and nothing, where the slow path must take it.
    #[inline(always)]
    pub(crate) fn take(
        &mut self,
        plain_rule: &PlainRule,
        cell: PlacedCell<'_>,
        rule: &mut RuleState,
        simd: impl Simd,
        data_type: impl ValueType,
    ) -> bool {
        // Before anything else: by the time that this cell is done, the later one is on its way.
        if let Some(soon) = cell.cell.behind(AHEAD_BYTES) {
            simd.prefetch(soon);
        }
        // Not ASCII, a control character, or too long: the slow path.
        let Some(plain) = cell.cell.plain(&mut self.spare, simd) else { return false };
        let mut form = Form::new(self.values.room(), plain_rule.lower);
        match judge(data_type, &plain, plain_rule, &mut form) {
            Judged::Value => {
                self.tally.counts.dates += u32::from(quick_checks::reads_as_date(&plain));
                self.tally.count_form(&form);
                rule.see_plain(&form);
                set_bit(&mut self.tally.presence, cell.row, true);
                let length = form.length() as usize;
                self.values.push(length, rule);
                true
            }
            Judged::Absent => true,
            Judged::Placeholder => {
                self.tally.counts.placeholders += 1;
                true
            }
            Judged::Unsure => false,
        }
    }

    /// Takes a cell that took the slow path; `fast` says that what is plain may be counted by its
    /// masks.
    pub(crate) fn take_form(&mut self, folded: &str, form: &[u8], rule: &mut RuleState, fast: bool) {
        // The form is known; its counts are taken from masks where it is plain.
        let dates = match alone(folded.as_bytes(), &mut self.spare).filter(|_| fast) {
            Some(own) => quick_checks::reads_as_date(&own),
            None => reads_as_date(folded),
        };
        self.tally.counts.dates += u32::from(dates);
        if fast && let Some(plain) = alone(form, &mut self.spare) {
            let mut own = Form::new(self.values.room(), false);
            own.push_form(&plain);
            self.tally.count_form(&own);
            rule.see_plain(&own);
            self.values.push(form.len(), rule);
            return;
        }
        let alphanumerics = Alphanumerics::of(form);
        self.tally.counts.anchors += u32::from(alphanumerics.anchors);
        self.tally.count(alphanumerics.digits, alphanumerics.letters);
        rule.see(form);
        self.values.copy(form, rule);
    }
}

impl Values {
    /// Returns where the form of a plain cell may be written.
    #[inline(always)]
    pub(crate) fn room(&mut self) -> &mut Room {
        let rest = &mut self.arena[self.filled..];
        rest.first_chunk_mut().expect("the arena has room for one more form of any length")
    }

    /// Takes the form that was written there.
    #[inline(always)]
    fn push(&mut self, length: usize, rule: &RuleState) {
        // The arena is far below four gigabytes.
        self.forms.push((self.filled as u32, (self.filled + length) as u32));
        self.filled += length;
        // Checked after each form: the arena has room for one more form of any length.
        if self.filled >= ARENA_BYTES {
            self.flush(&rule.keys);
        }
    }

    /// Takes a form that was written elsewhere, of at most as many bytes as a cell has.
    fn copy(&mut self, form: &[u8], rule: &RuleState) {
        self.arena[self.filled..self.filled + form.len()].copy_from_slice(form);
        self.push(form.len(), rule);
    }

    pub(crate) fn flush(&mut self, keys: &RuleKeys) {
        keys.hash_all(&self.arena, &self.forms, &mut self.hashes);
        self.forms.clear();
        self.filled = 0;
    }
}

impl Tally {
    #[inline(always)]
    fn count_form(&mut self, form: &Form<'_>) {
        let (digits, letters) = (form.digits.count_ones(), form.letters.count_ones());
        self.count(digits as usize, letters as usize);
        // What can identify: a digit or `@`, and five letters or digits.
        let sign = digits > 0 || form.at_sign;
        self.counts.anchors += u32::from(sign && digits + letters >= 5);
    }

    #[inline(always)]
    fn count(&mut self, digits: usize, letters: usize) {
        self.histogram[digits.min(HISTOGRAM_MAX)][letters.min(HISTOGRAM_MAX)] += 1;
    }

    pub(crate) fn take_histogram(&mut self) -> Histogram {
        let mut histogram = Histogram::new();
        for (digits, row) in (0u8..).zip(&mut self.histogram) {
            for (letters, count) in (0u8..).zip(row.iter_mut()).filter(|(_, count)| **count > 0) {
                histogram.push(((digits, letters), std::mem::take(count)));
            }
        }
        histogram
    }
}
