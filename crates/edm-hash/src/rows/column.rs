//! One column and one rule of a block that is being made.

use std::collections::BTreeSet;

use edm_model::{Column, DataType, PlaceholderWords, Rule, limits};

use crate::key::cmac::Hash;
use crate::key::keys::{RuleKeys, Salt};
use crate::rows::hashed_rows::{ColumnCounts, HashedColumn, Histogram, RuleSummary, set_bit};
use crate::rows::vocabulary::Vocabulary;
use crate::simd::level::ProcessorPath;
use crate::text::fold::Folded;
use crate::value::canonical::{Canonicaliser, CellForm, CellRefusal};
use crate::value::date::reads_as_date as date;
use crate::value::placeholder::Placeholders;
use crate::value::plain::{
    self, Chooses, Form, Judged, Looks, PLAIN_BYTES_MAX, Plain, PlainForms, ROOM_BYTES, Room, Sight, Words,
    Writes, with_sight,
};
use crate::value_summary::kinds::{KindSet, Kinds};
use crate::value_summary::shape::{Alphanumerics, Shape, canonical_atoms};
use crate::value_summary::signs::SignSet;
use crate::window::has_vocabulary;

/// Text is asked for so long before it is looked at: it was read on another processor, and comes from far.
const AHEAD_BYTES: usize = 2 * 1024;
/// More shapes than this are not listed.
const SHAPES_MAX: usize = 65_536;
/// Canonical forms are hashed whenever a column has gathered so many bytes of them: they stay in the cache.
const ARENA_BYTES: usize = 64 * 1024;
/// Digits and letters in the histogram of shapes are capped here.
const HISTOGRAM_MAX: usize = 63;

/// A cell, and perhaps the text that it stands in.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cell<'a> {
    text: &'a str,
    start: usize,
    end: usize,
}

impl<'a> Cell<'a> {
    pub(crate) fn alone(text: &'a str) -> Self {
        Self { text, start: 0, end: text.len() }
    }

    pub(crate) fn within(text: &'a str, (start, end): (u32, u32)) -> Self {
        Self { text, start: start as usize, end: end as usize }
    }

    pub(crate) fn len(&self) -> usize {
        self.end.saturating_sub(self.start)
    }

    /// Returns what stands so many bytes behind the cell's begin.
    #[inline(always)]
    fn behind(&self, bytes: usize) -> Option<&'a [u8]> {
        self.text.as_bytes().get(self.start + bytes..)
    }

    fn as_str(&self) -> &'a str {
        self.text.get(self.start..self.end).expect("a cell begins and ends at characters")
    }

    /// Looks at the cell, and at what stands behind it too where that saves copying it to `spare`.
    #[inline(always)]
    fn plain<'p>(&self, spare: &'p mut [u8; ROOM_BYTES], sight: impl Sight) -> Option<Plain<'p>>
    where
        'a: 'p,
    {
        let length = self.len();
        if length > PLAIN_BYTES_MAX {
            return None;
        }
        let rest = self.text.as_bytes().get(self.start..)?;
        match rest.first_chunk() {
            Some(bytes) => Plain::of(bytes, length, sight),
            None => alone(rest.get(..length)?, spare),
        }
    }
}

/// What is known of a column's cells since the last block.
pub(crate) struct ColumnState {
    canonicaliser: Canonicaliser,
    /// `None`: every cell goes the general way.
    plain: Option<PlainForms>,
    /// How many cells are looked at.
    path: ProcessorPath,
    rule: usize,
    short: ShortWay,
    /// The form of a cell that went the general way. Reused from cell to cell.
    scratch: Vec<u8>,
}

/// What cells leave behind, whichever way they go; the short way needs nothing else.
struct ShortWay {
    values: Values,
    tally: Tally,
    /// Holds a cell behind which too little stands to be read in whole words.
    spare: [u8; ROOM_BYTES],
}

/// Canonical forms that wait to be hashed, and the hashes of those before them.
struct Values {
    /// As long as it gets.
    arena: Box<[u8]>,
    /// Where the next form goes.
    filled: usize,
    forms: Vec<(u32, u32)>,
    hashes: Vec<Hash>,
}

/// What is counted of a column's cells.
struct Tally {
    presence: Vec<u8>,
    /// By digits, then letters.
    histogram: Box<[[u32; HISTOGRAM_MAX + 1]]>,
    counts: ColumnCounts,
}

impl ColumnState {
    /// Makes one for a column whose rule stands at this position.
    pub(crate) fn new(column: &Column, rule: usize, tokens_max: u32) -> Self {
        let placeholders = Placeholders::of_column(&PlaceholderWords::usual(), column);
        let histogram = vec![[0; HISTOGRAM_MAX + 1]; HISTOGRAM_MAX + 1].into_boxed_slice();
        Self {
            canonicaliser: Canonicaliser::new(&column.rule, tokens_max)
                .with_placeholders(placeholders.clone()),
            plain: Some(PlainForms::new(&column.rule, tokens_max, placeholders)),
            path: ProcessorPath::current(),
            rule,
            short: ShortWay {
                values: Values {
                    arena: vec![0; ARENA_BYTES + limits::CELL_BYTES_MAX.max(ROOM_BYTES)].into_boxed_slice(),
                    filled: 0,
                    forms: Vec::new(),
                    hashes: Vec::new(),
                },
                tally: Tally { presence: Vec::new(), histogram, counts: ColumnCounts::default() },
                spare: [0; ROOM_BYTES],
            },
            scratch: Vec::new(),
        }
    }

    /// Takes cells with these words as empty.
    pub(crate) fn take_as_empty(&mut self, placeholders: Placeholders) {
        if let Some(plain) = &mut self.plain {
            plain.placeholders = placeholders.clone();
        }
        self.canonicaliser = self.canonicaliser.clone().with_placeholders(placeholders);
    }

    #[cfg(test)]
    pub(crate) fn forget_short_way(&mut self) {
        self.plain = None;
    }

    #[cfg(test)]
    pub(crate) fn prefer(&mut self, path: ProcessorPath) {
        self.path = path;
    }

    pub(crate) fn rule(&self) -> usize {
        self.rule
    }

    /// Makes room for the hashes of so many rows.
    pub(crate) fn expect_hashes(&mut self, row_count: u32) {
        let hashes = &mut self.short.values.hashes;
        hashes.reserve_exact((row_count as usize).saturating_sub(hashes.len()));
    }

    /// Makes room for the presence of so many rows.
    pub(crate) fn expect_rows(&mut self, row_count: u32) {
        let bytes = (row_count as usize).div_ceil(8);
        if self.short.tally.presence.len() < bytes {
            self.short.tally.presence.resize(bytes, 0);
        }
    }

    /// Takes the cell of a row.
    pub(crate) fn take(
        &mut self,
        cell: Cell<'_>,
        row: u32,
        rule: &mut RuleState,
        folded: &mut Folded,
    ) -> Result<(), CellRefusal> {
        if let Some(forms) = &self.plain
            && self.short.take(forms, (cell, row), rule, (Words, forms))
        {
            return Ok(());
        }
        self.take_any(cell.as_str(), row, rule, folded)
    }

    /// Takes many cells, each with its record and row, and calls `refused` with the records of those that are refused.
    pub(crate) fn take_all<'a>(
        &mut self,
        cells: impl Iterator<Item = (usize, u32, Cell<'a>)>,
        rule: &mut RuleState,
        folded: &mut Folded,
        refused: impl FnMut(usize, CellRefusal),
    ) {
        match self.plain.clone() {
            Some(forms) => {
                forms.chosen(TakeAll { forms: &forms, column: self, cells, rule, folded, refused })
            }
            None => {
                let mut refused = refused;
                for (record, row, cell) in cells {
                    if let Err(refusal) = self.take_any(cell.as_str(), row, rule, folded) {
                        refused(record, refusal);
                    }
                }
            }
        }
    }

    fn take_any(
        &mut self,
        cell: &str,
        row: u32,
        rule: &mut RuleState,
        folded: &mut Folded,
    ) -> Result<(), CellRefusal> {
        self.scratch.clear();
        match self.canonicaliser.cell(cell, folded, &mut self.scratch) {
            CellForm::Present => {
                set_bit(&mut self.short.tally.presence, row, true);
                self.short.take_form(folded.text(), &self.scratch, rule, self.plain.is_some());
            }
            CellForm::Absent => {}
            CellForm::Placeholder => self.short.tally.counts.placeholders += 1,
            CellForm::Refused(refusal) => {
                let counts = &mut self.short.tally.counts;
                match refusal {
                    CellRefusal::TooManyTokens => counts.too_long += 1,
                    _ => counts.refused += 1,
                }
                return Err(refusal);
            }
        }
        Ok(())
    }

    /// Judges a cell and keeps nothing of it.
    pub(crate) fn form_of(&mut self, cell: Cell<'_>, folded: &mut Folded) -> CellForm {
        let mut spare = [0; ROOM_BYTES];
        if let Some(forms) = &self.plain
            && let Some(plain) = cell.plain(&mut spare, Words)
            && let Some(room) = self.short.values.room()
        {
            let mut form = Form::new(room, forms.lower());
            match forms.judge(&plain, &mut form, forms) {
                Judged::Value => return CellForm::Present,
                Judged::Absent => return CellForm::Absent,
                Judged::Placeholder => return CellForm::Placeholder,
                Judged::Unsure => {}
            }
        }
        self.scratch.clear();
        self.canonicaliser.cell(cell.as_str(), folded, &mut self.scratch)
    }

    /// Hashes what was taken and starts afresh.
    pub(crate) fn finish(&mut self, rule: &RuleState, row_count: u32) -> HashedColumn {
        self.short.values.flush(&rule.keys);
        let mut presence = std::mem::take(&mut self.short.tally.presence);
        presence.resize((row_count as usize).div_ceil(8), 0);
        HashedColumn {
            counts: std::mem::take(&mut self.short.tally.counts),
            histogram: self.short.tally.take_histogram(),
            presence,
            hashes: std::mem::take(&mut self.short.values.hashes),
        }
    }

    /// Takes a list of hashes that is not needed any more, to be filled again.
    pub(crate) fn reuse(&mut self, mut hashes: Vec<Hash>) {
        if self.short.values.hashes.capacity() < hashes.capacity() && self.short.values.hashes.is_empty() {
            hashes.clear();
            self.short.values.hashes = hashes;
        }
    }
}

/// Many cells of a column, to be taken in the way that is chosen for its rule.
struct TakeAll<'c, I, R> {
    forms: &'c PlainForms,
    column: &'c mut ColumnState,
    cells: I,
    rule: &'c mut RuleState,
    folded: &'c mut Folded,
    refused: R,
}

impl<'a, I: Iterator<Item = (usize, u32, Cell<'a>)>, R: FnMut(usize, CellRefusal)> Chooses
    for TakeAll<'_, I, R>
{
    type Answer = ();

    #[inline(always)]
    fn go_on(self, writes: impl Writes) {
        with_sight(self.column.path, TakeAllSo { all: self, writes });
    }
}

/// The same, with a way of writing that is chosen.
struct TakeAllSo<'c, I, R, W> {
    all: TakeAll<'c, I, R>,
    writes: W,
}

impl<'a, I, R, W> Looks for TakeAllSo<'_, I, R, W>
where
    I: Iterator<Item = (usize, u32, Cell<'a>)>,
    R: FnMut(usize, CellRefusal),
    W: Writes,
{
    #[inline(always)]
    fn look(self, sight: impl Sight) {
        let Self { mut all, writes } = self;
        for (record, row, cell) in all.cells {
            if all.column.short.take(all.forms, (cell, row), all.rule, (sight, writes)) {
                continue;
            }
            if let Err(refusal) = all.column.take_any(cell.as_str(), row, all.rule, all.folded) {
                (all.refused)(record, refusal);
            }
        }
    }
}

impl ShortWay {
    /// Takes the cell of a row; false, and nothing, where the general way must.
    #[inline(always)]
    fn take(
        &mut self,
        forms: &PlainForms,
        (cell, row): (Cell<'_>, u32),
        rule: &mut RuleState,
        (sight, writes): (impl Sight, impl Writes),
    ) -> bool {
        if let Some(soon) = cell.behind(AHEAD_BYTES) {
            sight.prefetch(soon);
        }
        let Some(plain) = cell.plain(&mut self.spare, sight) else { return false };
        let Some(room) = self.values.room() else { return false };
        let mut form = Form::new(room, forms.lower());
        match forms.judge(&plain, &mut form, writes) {
            Judged::Value => {
                self.tally.counts.dates += u32::from(plain::reads_as_date(&plain));
                self.tally.count_form(&form);
                rule.see_plain(&form);
                set_bit(&mut self.tally.presence, row, true);
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
}

impl ShortWay {
    /// Takes a cell that went the general way; `short` says that what is plain may be counted the short way.
    fn take_form(&mut self, folded: &str, form: &[u8], rule: &mut RuleState, short: bool) {
        let dates = match alone(folded.as_bytes(), &mut self.spare).filter(|_| short) {
            Some(own) => plain::reads_as_date(&own),
            None => date::reads_as_date(folded),
        };
        self.tally.counts.dates += u32::from(dates);
        if short
            && let Some(plain) = alone(form, &mut self.spare)
            && let Some(room) = self.values.room()
        {
            let mut own = Form::new(room, false);
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

/// Looks at a text that stands alone, if it is plain.
fn alone<'a>(text: &[u8], spare: &'a mut [u8; ROOM_BYTES]) -> Option<Plain<'a>> {
    if text.len() > PLAIN_BYTES_MAX {
        return None;
    }
    spare.get_mut(..text.len())?.copy_from_slice(text);
    Plain::of(spare, text.len(), Words)
}

impl Values {
    /// Returns where the form of a plain cell may be written.
    #[inline(always)]
    fn room(&mut self) -> Option<&mut Room> {
        self.arena.get_mut(self.filled..)?.first_chunk_mut()
    }

    /// Takes the form that was written there.
    #[inline(always)]
    fn push(&mut self, length: usize, rule: &RuleState) {
        // The arena is far below four gigabytes.
        self.forms.push((self.filled as u32, (self.filled + length) as u32));
        self.filled += length;
        if self.filled >= ARENA_BYTES {
            self.flush(&rule.keys);
        }
    }

    /// Takes a form that was written elsewhere, of at most as many bytes as a cell has.
    fn copy(&mut self, form: &[u8], rule: &RuleState) {
        if let Some(room) = self.arena.get_mut(self.filled..self.filled + form.len()) {
            room.copy_from_slice(form);
        }
        self.push(form.len(), rule);
    }

    fn flush(&mut self, keys: &RuleKeys) {
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
        let sign = digits > 0 || form.at_sign;
        self.counts.anchors += u32::from(sign && digits + letters >= 5);
    }

    #[inline(always)]
    fn count(&mut self, digits: usize, letters: usize) {
        let row = self.histogram.get_mut(digits.min(HISTOGRAM_MAX));
        if let Some(count) = row.and_then(|row| row.get_mut(letters.min(HISTOGRAM_MAX))) {
            *count += 1;
        }
    }

    fn take_histogram(&mut self) -> Histogram {
        let mut histogram = Histogram::new();
        for (digits, row) in (0u8..).zip(&mut self.histogram) {
            for (letters, count) in (0u8..).zip(row.iter_mut()).filter(|(_, count)| **count > 0) {
                histogram.push(((digits, letters), std::mem::take(count)));
            }
        }
        histogram
    }
}

/// What is known of the values of a rule since the last block.
pub(crate) struct RuleState {
    keys: RuleKeys,
    /// Its numbers are brought to a width.
    has_width: bool,
    /// Windows of several atoms are found by what these are, and by what stands between them.
    tells_kinds: bool,
    kinds: KindSet,
    signs: SignSet,
    shapes: BTreeSet<Shape>,
    /// Shapes seen last, each as a number, so that the set is asked only for new ones; 0 is none.
    recent: [u64; 64],
    vocabulary: Vocabulary,
}

impl RuleState {
    pub(crate) fn new(salt: &Salt, rule: &Rule) -> Self {
        Self {
            keys: RuleKeys::derive(salt, rule),
            has_width: matches!(rule.data_type, DataType::Digits { width: Some(_) }),
            tells_kinds: has_vocabulary(rule),
            kinds: KindSet::NONE,
            signs: SignSet::NONE,
            shapes: BTreeSet::new(),
            recent: [0; 64],
            vocabulary: Vocabulary::new(has_vocabulary(rule)),
        }
    }

    #[inline(always)]
    fn see_plain(&mut self, form: &Form<'_>) {
        let atoms = form.atom_starts().count_ones();
        if atoms > 1 {
            self.vocabulary.see(form, &self.keys);
            if self.tells_kinds {
                self.kinds.insert(form.kinds());
                form.signs().for_each(|sign| self.signs.insert(sign));
            }
        }
        // A plain form has at most 64 characters.
        self.see_shape(Shape { atoms: atoms as u16, bytes: form.length() as u16, mask: form.mask() });
        self.see_significant_digits(form.bytes());
    }

    fn see(&mut self, canonical: &[u8]) {
        let atoms = canonical_atoms(canonical, |_| ());
        if atoms > 1 {
            self.vocabulary.see_all(&self.keys, |each| {
                canonical_atoms(canonical, each);
            });
            if self.tells_kinds {
                self.kinds.insert(Kinds::of(canonical));
                canonical.iter().for_each(|byte| self.signs.insert(*byte));
            }
        }
        self.see_shape(Shape::of(canonical, atoms));
        self.see_significant_digits(canonical);
    }

    #[inline(always)]
    fn see_significant_digits(&mut self, canonical: &[u8]) {
        if self.has_width {
            self.see_shape(Shape::of_significant_digits(canonical));
        }
    }

    #[inline(always)]
    fn see_shape(&mut self, shape: Shape) {
        let slot =
            (usize::from(shape.bytes) * 7 + usize::from(shape.atoms) * 31 + usize::from(shape.mask)) % 64;
        let number =
            1 << 63 | u64::from(shape.atoms) << 32 | u64::from(shape.bytes) << 16 | u64::from(shape.mask);
        if self.recent[slot] != number {
            self.recent[slot] = number;
            if self.shapes.len() <= SHAPES_MAX {
                self.shapes.insert(shape);
            }
        }
    }

    /// Returns what is known and starts afresh. `room` is what is left for vocabulary tags of this block's rules.
    pub(crate) fn finish(&mut self, room: &mut usize) -> RuleSummary {
        let kinds = std::mem::replace(&mut self.kinds, KindSet::NONE);
        let signs = std::mem::replace(&mut self.signs, SignSet::NONE);
        let mut shapes = std::mem::take(&mut self.shapes);
        shapes.extend(kinds.shapes().chain(signs.shapes()));
        self.recent = [0; 64];
        RuleSummary {
            shapes: (shapes.len() <= SHAPES_MAX).then(|| shapes.into_iter().collect()),
            vocabulary: self.vocabulary.finish(&self.keys, room),
        }
    }
}
