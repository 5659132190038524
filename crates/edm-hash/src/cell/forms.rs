//! Canonical forms of plain cells (`docs/formats/hash.md`, sections 3, 4 and 8), for the usual ways of writing.

use edm_model::{Country, DataType, DateOrder, Rule};

use super::classes::{PLAIN_BYTES_MAX, Plain, ROOM_BYTES, STEP, low, runs, starts};
use super::gates;
use crate::types::{card, date, iban, phone, ssn};

/// What a plain cell turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Judged {
    /// A value, whose form was written.
    Value,
    Absent,
    Placeholder,
    /// The general way must say.
    Unsure,
}

/// A canonical form and what is counted of it. Reused from cell to cell.
#[derive(Debug)]
pub(crate) struct Form {
    /// What stands behind the form's length means nothing.
    bytes: [u8; ROOM_BYTES],
    length: u32,
    pub(crate) letters: u64,
    pub(crate) digits: u64,
    /// The bits of [`crate::shape::Shape`]'s mask for what is neither letter nor digit.
    others: u8,
    pub(crate) at_sign: bool,
}

/// A rule, ready to be applied to plain cells.
#[derive(Debug, Clone)]
pub(crate) struct PlainForms {
    kind: Kind,
    /// The ignored delimiters that are ASCII: bit n is character n.
    ignored: u128,
    tokens_max: u32,
    lower: bool,
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Text,
    Digits {
        width: Option<u32>,
    },
    Email,
    Name,
    Ssn,
    Card,
    Phone {
        country: Option<Country>,
    },
    Date {
        order: Option<DateOrder>,
    },
    Iban,
    /// No plain way of writing is known.
    Other,
}

impl Form {
    pub(crate) fn new() -> Self {
        Self { bytes: [0; ROOM_BYTES], length: 0, letters: 0, digits: 0, others: 0, at_sign: false }
    }

    /// Returns the form.
    pub(crate) fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.length as usize).unwrap_or(&[])
    }

    /// Appends the form to a list of forms.
    pub(crate) fn push_to(&self, out: &mut Vec<u8>) {
        let end = out.len() + self.length as usize;
        // Room of a known size is copied without a loop; what is too much is taken off.
        out.extend_from_slice(&self.bytes);
        out.truncate(end);
    }

    /// Returns 16 bytes from a place on, of which those behind the form mean nothing.
    pub(crate) fn step(&self, at: u32) -> [u8; STEP] {
        let at = at as usize;
        self.bytes.get(at..at + STEP).and_then(|step| step.try_into().ok()).unwrap_or([0; STEP])
    }

    pub(crate) fn length(&self) -> u32 {
        self.length
    }

    /// Returns the first character of each atom.
    pub(crate) fn atom_starts(&self) -> u64 {
        starts(self.letters) | starts(self.digits)
    }

    /// Returns the last character of each atom.
    pub(crate) fn atom_ends(&self) -> u64 {
        self.letters & !(self.letters >> 1) | self.digits & !(self.digits >> 1)
    }

    /// Returns the bits of [`crate::shape::Shape`]'s mask.
    pub(crate) fn mask(&self) -> u8 {
        self.others | u8::from(self.letters != 0) | u8::from(self.digits != 0) << 1
    }

    fn clear(&mut self) {
        (self.length, self.letters, self.digits, self.others, self.at_sign) = (0, 0, 0, 0, false);
    }

    /// Appends characters of a cell.
    #[inline]
    fn push_run(&mut self, plain: &Plain, (start, end): (u32, u32)) {
        let (mut from, mut to) = (start as usize, self.length as usize);
        while from < end as usize
            && let (Some(source), Some(room)) =
                (plain.bytes.get(from..from + STEP), self.bytes.get_mut(to..to + STEP))
        {
            room.copy_from_slice(source);
            (from, to) = (from + STEP, to + STEP);
        }
        self.letters |= (plain.letters >> start & low(end - start)) << self.length;
        self.digits |= (plain.digits >> start & low(end - start)) << self.length;
        self.length += end - start;
    }

    /// Appends those characters of a cell whose bit is set.
    #[inline]
    fn push_kept(&mut self, plain: &Plain, kept: u64) {
        runs(kept).for_each(|run| self.push_run(plain, run));
    }

    /// Replaces the form by characters that are no part of the cell, digits and what is named by `others`.
    fn set(&mut self, bytes: &[u8], digits: u64, others: u8) {
        if let Some(room) = self.bytes.get_mut(..bytes.len()) {
            room.copy_from_slice(bytes);
        }
        (self.length, self.letters, self.digits, self.others) = (bytes.len() as u32, 0, digits, others);
    }

    /// Notes a character of the form that is neither letter nor digit.
    fn note(&mut self, byte: u8) {
        self.at_sign |= byte == b'@';
        self.others |= match byte {
            b' ' => SPACE,
            b'-' => DASH,
            b'.' => DOT,
            b'/' => 32,
            _ => 64,
        };
    }
}

const SPACE: u8 = 4;
const DASH: u8 = 8;
const DOT: u8 = 16;
/// No column of digits is wider here.
const WIDTH_MAX: u32 = PLAIN_BYTES_MAX as u32;

impl PlainForms {
    pub(crate) fn new(rule: &Rule, tokens_max: u32) -> Self {
        let ignored = rule.delimiters.as_slice().iter().filter(|delimiter| delimiter.is_ascii());
        let kind = match rule.data_type {
            DataType::Text => Kind::Text,
            DataType::Digits { width } => Kind::Digits { width: width.map(u32::from) },
            DataType::Email => Kind::Email,
            DataType::Name => Kind::Name,
            DataType::Ssn => Kind::Ssn,
            DataType::Card => Kind::Card,
            DataType::Phone { country } => Kind::Phone { country },
            DataType::Date { order } => Kind::Date { order },
            DataType::Iban => Kind::Iban,
            DataType::Address => Kind::Other,
        };
        Self {
            kind,
            ignored: ignored.fold(0, |bits, delimiter| bits | 1 << u32::from(*delimiter)),
            tokens_max,
            lower: rule.case == edm_model::CaseRule::Insensitive,
        }
    }

    /// Returns whether letters become lower case.
    pub(crate) fn lower(&self) -> bool {
        self.lower
    }

    /// Judges a cell and writes its form, if it is a value, in place of what `form` held.
    pub(crate) fn judge(&self, plain: &Plain, form: &mut Form) -> Judged {
        if plain.alphanumerics() == 0 {
            return Judged::Absent;
        }
        if matches!(self.kind, Kind::Other) {
            return Judged::Unsure;
        }
        if gates::is_placeholder(plain) {
            return Judged::Placeholder;
        }
        let atoms = || starts(plain.letters).count_ones() + starts(plain.digits).count_ones();
        if self.tokens_max < plain.length && atoms() > self.tokens_max {
            return Judged::Unsure;
        }
        form.clear();
        let written = match self.kind {
            Kind::Text => self.text(plain, form),
            Kind::Digits { width } => self.digits(plain, width, form),
            Kind::Email => email(plain, form),
            Kind::Name => self.name(plain, form),
            Kind::Ssn => ssn_of(plain, form),
            Kind::Card => card_of(plain, form),
            Kind::Phone { country } => phone_of(plain, country, form),
            Kind::Date { order } => date_of(plain, order, form),
            Kind::Iban => self.iban(plain, form),
            Kind::Other => None,
        };
        if written.is_some() { Judged::Value } else { Judged::Unsure }
    }

    fn ignores(&self, byte: u8) -> bool {
        byte.is_ascii() && self.ignored >> byte & 1 == 1
    }

    fn text(&self, plain: &Plain, form: &mut Form) -> Option<()> {
        let inside = inside(plain);
        let gaps = inside & !plain.alphanumerics();
        // Of each run of spaces the first stays.
        let mut kept = inside & !(plain.spaces & plain.spaces << 1);
        if self.ignored != 0 {
            runs(gaps)
                .filter(|gap| (gap.0..gap.1).all(|at| self.ignores(plain.byte(at))))
                .for_each(|(start, end)| kept &= !(low(end) & !low(start)));
        }
        each(gaps & kept & !plain.spaces, |at| form.note(plain.byte(at)));
        form.others |= if gaps & kept & plain.spaces != 0 { SPACE } else { 0 };
        form.push_kept(plain, kept);
        Some(())
    }

    fn digits(&self, plain: &Plain, width: Option<u32>, form: &mut Form) -> Option<()> {
        let others = !plain.digits & span(!plain.spaces & low(plain.length));
        let mut whole = plain.letters == 0;
        each(others, |at| whole &= self.ignores(plain.byte(at)));
        let count = plain.digits.count_ones();
        let width = width.unwrap_or(count);
        if !whole || !(count..=WIDTH_MAX).contains(&width) {
            return None;
        }
        let zeros = width - count;
        if zeros > 0 {
            form.set(&[b'0'; PLAIN_BYTES_MAX][..zeros as usize], low(zeros), 0);
        }
        form.push_kept(plain, plain.digits);
        Some(())
    }

    fn name(&self, plain: &Plain, form: &mut Form) -> Option<()> {
        let inside = inside(plain);
        let gaps = inside & !plain.alphanumerics();
        form.others = if gaps == 0 { 0 } else { SPACE };
        if gaps & !(plain.spaces & !(plain.spaces << 1)) == 0 {
            form.push_kept(plain, inside);
            return Some(());
        }
        let mut joined = true;
        each(gaps, |at| {
            let byte = plain.byte(at);
            joined &= matches!(byte, b' ' | b'\'' | b'-' | b'.') || byte != b',' && self.ignores(byte);
        });
        if !joined {
            return None;
        }
        let mut from = inside.trailing_zeros();
        for (start, end) in runs(gaps) {
            form.push_run(plain, (from, start));
            if let Some(joint) = form.bytes.get_mut(form.length as usize) {
                *joint = b' ';
            }
            form.length += 1;
            from = end;
        }
        form.push_run(plain, (from, 64 - inside.leading_zeros()));
        Some(())
    }

    fn iban(&self, plain: &Plain, form: &mut Form) -> Option<()> {
        let gaps = low(plain.length) & !plain.alphanumerics();
        let mut joined =
            self.lower && plain.letters & 7 == 3 && gaps & (gaps << 1 | 1 << (plain.length - 1)) == 0;
        each(gaps, |at| joined &= matches!(plain.byte(at), b' ' | b'-'));
        if !joined {
            return None;
        }
        form.push_kept(plain, plain.alphanumerics());
        iban::is_whole(form.bytes()).then_some(())
    }
}

/// Returns all bits from the first that is set to the last.
fn span(bits: u64) -> u64 {
    if bits == 0 { 0 } else { low(64 - bits.leading_zeros()) & !low(bits.trailing_zeros()) }
}

/// Returns the characters from the first atom to the last.
fn inside(plain: &Plain) -> u64 {
    span(plain.alphanumerics())
}

fn each(mut bits: u64, mut each: impl FnMut(u32)) {
    while bits != 0 {
        each(bits.trailing_zeros());
        bits &= bits - 1;
    }
}

/// An address that begins and ends with a letter or digit, with no other characters than most have.
fn email(plain: &Plain, form: &mut Form) -> Option<()> {
    let words = plain.alphanumerics();
    if words & 1 == 0 || words >> (plain.length - 1) & 1 == 0 {
        return None;
    }
    let (mut sign, mut last_dot, mut usual) = (None, 0, true);
    each(low(plain.length) & !words, |at| {
        let byte = plain.byte(at);
        form.note(byte);
        match byte {
            b'@' if sign.is_none() => sign = Some(at),
            b'.' => last_dot = at,
            b'-' => {}
            b'_' | b'+' => usual &= sign.is_none(),
            _ => usual = false,
        }
    });
    let sign = sign.filter(|sign| usual && last_dot > *sign)?;
    if words >> (sign - 1) & 1 == 0 || words >> (sign + 1) & 1 == 0 {
        return None;
    }
    form.push_run(plain, (0, plain.length));
    Some(())
}

/// Nine digits, or groups of three, two and four with the same sign between.
fn ssn_of(plain: &Plain, form: &mut Form) -> Option<()> {
    const GROUPS: u64 = 0b111_1011_0111;
    let grouped = || {
        let [sign, other] = [3, 6].map(|at| plain.byte(at));
        plain.digits == GROUPS && plain.length == 11 && sign == other && matches!(sign, b'-' | b' ' | b'.')
    };
    let bare = plain.digits == low(9) && plain.length == 9;
    if !bare && !grouped() {
        return None;
    }
    form.push_kept(plain, plain.digits);
    form.bytes().try_into().is_ok_and(ssn::is_valid).then_some(())
}

/// Digits, or groups of two to six with the same sign between.
fn card_of(plain: &Plain, form: &mut Form) -> Option<()> {
    let gaps = low(plain.length) & !plain.digits;
    if !(12..=19).contains(&plain.digits.count_ones()) {
        return None;
    }
    if gaps != 0 {
        let sign = plain.byte(gaps.trailing_zeros());
        let mut same = matches!(sign, b' ' | b'-');
        each(gaps, |at| same &= plain.byte(at) == sign);
        if !same || !runs(plain.digits).all(|(start, end)| (2..=6).contains(&(end - start))) {
            return None;
        }
        // One sign between two groups, none around them.
        if starts(plain.digits).count_ones() != gaps.count_ones() + 1 {
            return None;
        }
    }
    form.push_kept(plain, plain.digits);
    card::is_valid(form.bytes()).then_some(())
}

/// Groups of digits, each joined by one or two of the usual signs, perhaps behind a `+` or a parenthesis.
fn phone_of(plain: &Plain, country: Option<Country>, form: &mut Form) -> Option<()> {
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
    let mut number = [0; phone::FORM_BYTES_MAX];
    let groups = starts(plain.digits).count_ones() as usize;
    let digits = std::str::from_utf8(form.bytes()).ok()?;
    let length = phone::push_groups(digits, groups, front.first() == Some(&b'+'), country, &mut number)?;
    form.set(number.get(..length)?, low(length as u32) & !1, 64);
    Some(())
}

/// Three numbers with the same sign between, one of them a year of four digits.
fn date_of(plain: &Plain, order: Option<DateOrder>, form: &mut Form) -> Option<()> {
    let gaps = low(plain.length) & !plain.digits;
    if plain.letters != 0 || gaps.count_ones() != 2 || plain.digits & 1 == 0 {
        return None;
    }
    let (first, second) = (gaps.trailing_zeros(), 63 - gaps.leading_zeros());
    let sign = plain.byte(first);
    if plain.byte(second) != sign || !matches!(sign, b'-' | b'/' | b'.' | b' ') {
        return None;
    }
    let number = |start: u32, end: u32| date::number(plain.text().get(start as usize..end as usize)?);
    let numbers = [number(0, first)?, number(first + 1, second)?, number(second + 1, plain.length)?];
    let day = date::of_numbers(numbers, order)?;
    form.set(&day, 0b11_0110_1111, DASH);
    Some(())
}
