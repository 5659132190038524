//! Canonical forms of plain cells (`docs/formats/hash.md`, sections 3, 4 and 8), for the usual ways of writing.

use edm_model::{Country, DataType, DateOrder, Rule};

use super::plain_cell::{PLAIN_BYTES_MAX, Plain, ROOM_BYTES, STEP, low, runs, starts};
use super::quick_checks as gates;
use crate::value::placeholder::Placeholders;
use crate::value::{card, date, iban, phone, ssn};
use crate::value_summary::kinds::Kinds;

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

/// Where a canonical form is written. What stands behind it means nothing.
pub(crate) type Room = [u8; ROOM_BYTES];

/// A canonical form and what is counted of it.
#[derive(Debug)]
pub(crate) struct Form<'a> {
    bytes: &'a mut Room,
    length: u32,
    pub(crate) letters: u64,
    pub(crate) digits: u64,
    /// The bits of [`crate::value_summary::shape::Shape`]'s mask for what is neither letter nor digit.
    others: u8,
    pub(crate) at_sign: bool,
    lower: bool,
}

/// A rule, ready to be applied to plain cells.
#[derive(Debug, Clone)]
pub(crate) struct PlainForms {
    kind: Kind,
    /// The ignored delimiters that are ASCII: bit n is character n.
    ignored: u128,
    tokens_max: u32,
    lower: bool,
    /// What means an empty cell.
    pub(crate) placeholders: Placeholders,
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

impl<'a> Form<'a> {
    /// Begins a form; with `lower`, letters are written in lower case.
    #[inline(always)]
    pub(crate) fn new(bytes: &'a mut Room, lower: bool) -> Self {
        Self { bytes, length: 0, letters: 0, digits: 0, others: 0, at_sign: false, lower }
    }

    /// Returns the form.
    pub(crate) fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.length as usize).unwrap_or(&[])
    }

    /// Returns 16 bytes from a place on, of which those behind the form mean nothing.
    pub(crate) fn step(&self, at: u32) -> [u8; STEP] {
        let step = self.bytes.get(at as usize..).and_then(|bytes| bytes.first_chunk());
        step.copied().unwrap_or([0; STEP])
    }

    pub(crate) fn length(&self) -> u32 {
        self.length
    }

    /// Returns the first character of each atom.
    pub(crate) fn atom_starts(&self) -> u64 {
        starts(self.letters) | starts(self.digits)
    }

    /// Returns its characters that are no letters and no digits.
    pub(crate) fn signs(&self) -> impl Iterator<Item = u8> + '_ {
        let mut rest = low(self.length) & !(self.letters | self.digits);
        std::iter::from_fn(move || {
            let at = (rest != 0).then(|| rest.trailing_zeros())?;
            rest &= rest - 1;
            self.bytes().get(at as usize).copied()
        })
    }

    /// Returns which of its atoms are digits.
    pub(crate) fn kinds(&self) -> Kinds {
        let (mut starts, mut kinds) = (self.atom_starts(), Kinds::default());
        while starts != 0 {
            kinds = kinds.then(self.digits >> starts.trailing_zeros() & 1 == 1);
            starts &= starts - 1;
        }
        kinds
    }

    /// Returns the last character of each atom.
    pub(crate) fn atom_ends(&self) -> u64 {
        self.letters & !(self.letters >> 1) | self.digits & !(self.digits >> 1)
    }

    /// Returns the bits of [`crate::value_summary::shape::Shape`]'s mask.
    pub(crate) fn mask(&self) -> u8 {
        self.others | u8::from(self.letters != 0) | u8::from(self.digits != 0) << 1
    }

    /// Appends characters of a cell.
    #[inline(always)]
    fn push_run(&mut self, plain: &Plain<'_>, (start, end): (u32, u32)) {
        let letters = plain.letters >> start & low(end - start);
        let (mut from, mut to) = (start as usize, self.length as usize);
        while from < end as usize
            && let Some(source) = plain.step(from)
            && let Some(room) = self.bytes.get_mut(to..).and_then(|room| room.first_chunk_mut::<STEP>())
        {
            *room = if self.lower && letters != 0 { lower_case(source) } else { *source };
            (from, to) = (from + STEP, to + STEP);
        }
        self.letters |= letters << self.length;
        self.digits |= (plain.digits >> start & low(end - start)) << self.length;
        self.length += end - start;
    }

    /// Appends a whole form that was made elsewhere.
    pub(crate) fn push_form(&mut self, plain: &Plain<'_>) {
        each(low(plain.length) & !plain.alphanumerics(), |at| self.note(plain.byte(at)));
        self.push_run(plain, (0, plain.length));
    }

    /// Appends those characters of a cell whose bit is set.
    #[inline(always)]
    fn push_kept(&mut self, plain: &Plain<'_>, kept: u64) {
        let mut rest = kept;
        while rest != 0 {
            let start = rest.trailing_zeros();
            let end = start + (rest >> start).trailing_ones();
            self.push_run(plain, (start, end));
            rest &= !low(end);
        }
    }

    /// Replaces the form by characters that are no part of the cell, digits and what is named by `others`.
    fn set(&mut self, bytes: &[u8], digits: u64, others: u8) {
        if let Some(room) = self.bytes.get_mut(..bytes.len()) {
            room.copy_from_slice(bytes);
        }
        (self.length, self.letters, self.digits, self.others) = (bytes.len() as u32, 0, digits, others);
    }

    /// Notes a character of the form that is neither letter nor digit.
    #[inline(always)]
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
    pub(crate) fn new(rule: &Rule, tokens_max: u32, placeholders: Placeholders) -> Self {
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
            placeholders,
        }
    }

    /// Returns whether letters become lower case.
    pub(crate) fn lower(&self) -> bool {
        self.lower
    }

    /// Judges a cell and writes its form, if it is a value, into `form`, which is empty. `writes` is the rule itself or what
    /// [`PlainForms::chosen`] gives.
    #[inline(always)]
    pub(crate) fn judge(&self, plain: &Plain<'_>, form: &mut Form<'_>, writes: impl Writes) -> Judged {
        if plain.alphanumerics() == 0 {
            return Judged::Absent;
        }
        if matches!(self.kind, Kind::Other) {
            return Judged::Unsure;
        }
        if gates::is_placeholder(plain, &self.placeholders) {
            return Judged::Placeholder;
        }
        let atoms = || starts(plain.letters).count_ones() + starts(plain.digits).count_ones();
        if self.tokens_max < plain.length && atoms() > self.tokens_max {
            return Judged::Unsure;
        }
        match writes.write(plain, form) {
            Some(()) => Judged::Value,
            None => Judged::Unsure,
        }
    }

    /// Chooses how forms of the rule's type are written and goes on with that: for many cells it is chosen once.
    #[inline(always)]
    pub(crate) fn chosen<C: Chooses>(&self, with: C) -> C::Answer {
        match self.kind {
            Kind::Text => with.go_on(Text(self)),
            Kind::Digits { width } => with.go_on(Digits(self, width)),
            Kind::Email => with.go_on(Email),
            Kind::Name => with.go_on(Name(self)),
            Kind::Ssn => with.go_on(Ssn),
            Kind::Card => with.go_on(Card),
            Kind::Phone { country } => with.go_on(Phone(country)),
            Kind::Date { order } => with.go_on(Date(order)),
            Kind::Iban => with.go_on(Iban(self)),
            Kind::Other => with.go_on(Nothing),
        }
    }

    #[inline(always)]
    fn ignores(&self, byte: u8) -> bool {
        byte.is_ascii() && self.ignored >> byte & 1 == 1
    }

    #[inline(always)]
    fn text(&self, plain: &Plain<'_>, form: &mut Form<'_>) -> Option<()> {
        let inside = inside(plain);
        let gaps = inside & !plain.alphanumerics();
        let spaces = gaps & plain.spaces;
        let mut folds = false;
        // Folding makes an apostrophe of it.
        each(gaps & !spaces, |at| folds |= plain.byte(at) == b'`');
        if folds {
            return None;
        }
        // Of each run of spaces the first stays.
        let mut kept = inside & !(spaces & spaces << 1);
        if self.ignored != 0 {
            let ignored = |(start, end): &(u32, u32)| (*start..*end).all(|at| self.ignores(plain.byte(at)));
            runs(gaps).filter(ignored).for_each(|(start, end)| kept &= !(low(end) & !low(start)));
        }
        each(gaps & kept & !spaces, |at| form.note(plain.byte(at)));
        form.others |= if kept & spaces != 0 { SPACE } else { 0 };
        form.push_kept(plain, kept);
        Some(())
    }

    #[inline(always)]
    fn digits(&self, plain: &Plain<'_>, width: Option<u32>, form: &mut Form<'_>) -> Option<()> {
        let (first, end) = gates::trimmed(plain);
        let mut whole = plain.letters == 0;
        each(low(end) & !low(first) & !plain.digits, |at| whole &= self.ignores(plain.byte(at)));
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

    #[inline(always)]
    fn name(&self, plain: &Plain<'_>, form: &mut Form<'_>) -> Option<()> {
        let inside = inside(plain);
        let gaps = inside & !plain.alphanumerics();
        form.others = if gaps == 0 { 0 } else { SPACE };
        if gaps & !plain.spaces == 0 && gaps & gaps << 1 == 0 {
            form.push_run(plain, (inside.trailing_zeros(), 64 - inside.leading_zeros()));
            return Some(());
        }
        let mut joined = true;
        each(gaps & !plain.spaces, |at| {
            let byte = plain.byte(at);
            joined &= matches!(byte, b'\'' | b'-' | b'.') || byte != b',' && self.ignores(byte);
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

    #[inline(always)]
    fn iban(&self, plain: &Plain<'_>, form: &mut Form<'_>) -> Option<()> {
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

/// Work that is done with one way of writing forms.
pub(crate) trait Chooses {
    /// What comes out of it.
    type Answer;
    /// Does it, with the way that was chosen.
    fn go_on(self, writes: impl Writes) -> Self::Answer;
}

/// A way of writing forms. No closure: that would be compiled for the instructions that every machine has.
pub(crate) trait Writes: Copy {
    /// Writes the form of a cell into one that is empty; `None` where the general way must say.
    fn write(self, plain: &Plain<'_>, form: &mut Form<'_>) -> Option<()>;
}

/// Chooses anew for each cell.
impl Writes for &PlainForms {
    #[inline]
    fn write(self, plain: &Plain<'_>, form: &mut Form<'_>) -> Option<()> {
        struct Once<'p, 'f, 'b>(&'p Plain<'p>, &'f mut Form<'b>);
        impl Chooses for Once<'_, '_, '_> {
            type Answer = Option<()>;
            fn go_on(self, writes: impl Writes) -> Option<()> {
                writes.write(self.0, self.1)
            }
        }
        self.chosen(Once(plain, form))
    }
}

macro_rules! writes {
    ($($way:ident $(<$life:lifetime>)? $(($($field:ty),+))? = |$own:ident, $plain:ident, $form:ident| $written:expr;)+) => { $(
        #[derive(Clone, Copy)]
        struct $way $(<$life>)? $(($($field),+))?;

        impl $(<$life>)? Writes for $way $(<$life>)? {
            #[inline(always)]
            fn write(self, $plain: &Plain<'_>, $form: &mut Form<'_>) -> Option<()> {
                let $own = self;
                $written
            }
        }
    )+ };
}

writes! {
    Text<'r>(&'r PlainForms) = |own, plain, form| own.0.text(plain, form);
    Digits<'r>(&'r PlainForms, Option<u32>) = |own, plain, form| own.0.digits(plain, own.1, form);
    Email = |_own, plain, form| email(plain, form);
    Name<'r>(&'r PlainForms) = |own, plain, form| own.0.name(plain, form);
    Ssn = |_own, plain, form| ssn_of(plain, form);
    Card = |_own, plain, form| card_of(plain, form);
    Phone(Option<Country>) = |own, plain, form| phone_of(plain, own.0, form);
    Date(Option<DateOrder>) = |own, plain, form| date_of(plain, own.0, form);
    Iban<'r>(&'r PlainForms) = |own, plain, form| own.0.iban(plain, form);
    Nothing = |_own, _plain, _form| None;
}

/// Returns ASCII characters in lower case. What stands behind one that is not ASCII means nothing.
#[inline(always)]
fn lower_case(step: &[u8; STEP]) -> [u8; STEP] {
    let mut lower = *step;
    lower.make_ascii_lowercase();
    lower
}

/// Returns all bits from the first that is set to the last.
#[inline(always)]
fn span(bits: u64) -> u64 {
    if bits == 0 { 0 } else { low(64 - bits.leading_zeros()) & !low(bits.trailing_zeros()) }
}

/// Returns the characters from the first atom to the last.
#[inline(always)]
fn inside(plain: &Plain<'_>) -> u64 {
    span(plain.alphanumerics())
}

#[inline(always)]
fn each(mut bits: u64, mut each: impl FnMut(u32)) {
    while bits != 0 {
        each(bits.trailing_zeros());
        bits &= bits - 1;
    }
}

/// An address that begins and ends with a letter or digit, with no other characters than most have.
#[inline(always)]
fn email(plain: &Plain<'_>, form: &mut Form<'_>) -> Option<()> {
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
#[inline(always)]
fn ssn_of(plain: &Plain<'_>, form: &mut Form<'_>) -> Option<()> {
    const GROUPS: u64 = 0b111_1011_0111;
    let grouped = || {
        let [sign, other] = [3, 6].map(|at| plain.byte(at));
        plain.digits == GROUPS && plain.length == 11 && sign == other && matches!(sign, b'-' | b' ' | b'.')
    };
    let bare = plain.digits == low(9) && plain.length == 9;
    // In one word and stored once: what is read again before it has left the processor must have been written in one piece.
    let word = u128::from_le_bytes(*plain.step(0)?);
    let word = if bare {
        word
    } else if grouped() {
        word & 0xff_ffff | (word >> 32 & 0xffff) << 24 | (word >> 56 & 0xffff_ffff) << 40
    } else {
        return None;
    };
    let number = *word.to_le_bytes().first_chunk::<9>()?;
    form.set(&number, low(9), 0);
    ssn::is_valid(&number).then_some(())
}

/// Digits, or groups of two to six with the same sign between.
#[inline(always)]
fn card_of(plain: &Plain<'_>, form: &mut Form<'_>) -> Option<()> {
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
    let valid = match form.bytes.first_chunk().filter(|_| form.length <= STEP as u32) {
        Some(digits) => is_card(digits, form.length),
        None => card::is_valid(form.bytes()),
    };
    valid.then_some(())
}

/// What [`card::is_valid`] says of at most 16 digits at the begin of a step, eight at a time in a word.
#[inline(always)]
fn is_card(digits: &[u8; STEP], length: u32) -> bool {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const EVEN: u64 = 0x00ff_00ff_00ff_00ff;
    // The last digit stands in the highest byte, zeros before the first.
    let before = 8 * (STEP as u32 - length);
    let word = (u128::from_le_bytes(*digits) & u128::from_le_bytes([0x0f; STEP])) << before;
    let last = word >> 120;
    let same = (last * u128::from_le_bytes([1; STEP])) << before;
    let checked = |half: u64| {
        let doubled = (half & EVEN) << 1;
        // Of a digit above 4, three more reach the bit of 8.
        let carried = ((half & EVEN) + 3 * (EVEN & ONES)) >> 3 & EVEN & ONES;
        (half & !EVEN) + doubled - 9 * carried
    };
    let sums = checked(word as u64) + checked((word >> 64) as u64);
    word != same && (sums.wrapping_mul(ONES) >> 56).is_multiple_of(10)
}

/// Groups of digits, each joined by one or two of the usual signs, perhaps behind a `+` or a parenthesis.
fn phone_of(plain: &Plain<'_>, country: Option<Country>, form: &mut Form<'_>) -> Option<()> {
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
#[inline(always)]
fn date_of(plain: &Plain<'_>, order: Option<DateOrder>, form: &mut Form<'_>) -> Option<()> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cards_are_checked_as_everywhere() {
        let mut valid = 0;
        for length in 1..=STEP {
            for seed in 0..2_000u64 {
                let mut digits = [b'7'; STEP];
                let mut number = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
                for digit in &mut digits[..length] {
                    *digit = b'0' + if seed < 10 { seed as u8 } else { (number % 10) as u8 };
                    number /= 10;
                }
                let expected = card::is_valid(&digits[..length]);
                assert_eq!(is_card(&digits, length as u32), expected, "{:?}", &digits[..length]);
                valid += u32::from(expected);
            }
        }
        assert!(valid > 1_000);
    }
}
