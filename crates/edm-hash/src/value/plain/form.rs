//! A canonical form that is written from a plain cell, and what is counted of it on the way.

use crate::simd::backend::{ROOM_BYTES, STEP};
use crate::simd::mask::{each, low, starts};
use crate::text::char_class::{BLANK, DASH, DOT, SIGN, SLASH};
use crate::value::plain::plain_cell::Plain;
use crate::value_summary::kinds::Kinds;

/// Where a canonical form is written. What follows it means nothing.
pub(crate) type Room = [u8; ROOM_BYTES];

/// A canonical form and what is counted of it.
#[derive(Debug)]
pub(crate) struct Form<'a> {
    pub(crate) bytes: &'a mut Room,
    pub(crate) length: u32,
    pub(crate) letters: u64,
    pub(crate) digits: u64,
    /// The bits of [`Shape`](crate::value_summary::shape::Shape)'s mask for what is neither letter
    /// nor digit.
    pub(crate) others: u8,
    pub(crate) at_sign: bool,
    lower: bool,
}

impl<'a> Form<'a> {
    /// Begins a form; with `lower`, letters are written in lower case.
    #[inline(always)]
    pub(crate) fn new(bytes: &'a mut Room, lower: bool) -> Self {
        Self { bytes, length: 0, letters: 0, digits: 0, others: 0, at_sign: false, lower }
    }

    /// Returns the form.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes[..self.length as usize]
    }

    /// Returns 16 bytes from a place on, of which those after the form mean nothing.
    pub(crate) fn step(&self, at: u32) -> [u8; STEP] {
        *self.bytes[at as usize..].first_chunk().expect("a room has one step after the longest form")
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
            Some(self.bytes[at as usize])
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

    /// Returns the bits of [`Shape`](crate::value_summary::shape::Shape)'s mask.
    pub(crate) fn mask(&self) -> u8 {
        self.others | u8::from(self.letters != 0) | u8::from(self.digits != 0) << 1
    }

    /// Appends characters of a cell.
    #[inline(always)]
    pub(crate) fn push_run(&mut self, plain: &Plain<'_>, start: u32, end: u32) {
        let letters = plain.letters >> start & low(end - start);
        let (mut from, mut to) = (start as usize, self.length as usize);
        // Whole steps of 16 bytes: one load and one store each. What is written too much is
        // overwritten by what follows, or ignored.
        while from < end as usize {
            let source = plain.step(from);
            let room = self.bytes[to..].first_chunk_mut().expect("no form is longer than its cell");
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
        self.push_run(plain, 0, plain.length);
    }

    /// Appends those characters of a cell whose bit is set.
    #[inline(always)]
    pub(crate) fn push_kept(&mut self, plain: &Plain<'_>, kept: u64) {
        // A run at a time: most cells have few.
        let mut rest = kept;
        while rest != 0 {
            let start = rest.trailing_zeros();
            let end = start + (rest >> start).trailing_ones();
            self.push_run(plain, start, end);
            rest &= !low(end);
        }
    }

    /// Replaces the form by characters that are no part of the cell, digits and what is named by
    /// `others`.
    pub(crate) fn set(&mut self, bytes: &[u8], digits: u64, others: u8) {
        self.bytes[..bytes.len()].copy_from_slice(bytes);
        (self.length, self.letters, self.digits, self.others) = (bytes.len() as u32, 0, digits, others);
    }

    /// Notes a character of the form that is neither letter nor digit.
    #[inline(always)]
    pub(crate) fn note(&mut self, byte: u8) {
        self.at_sign |= byte == b'@';
        self.others |= match byte {
            b' ' => BLANK,
            b'-' => DASH,
            b'.' => DOT,
            b'/' => SLASH,
            _ => SIGN,
        };
    }
}

/// Returns ASCII characters in lower case. What follows one that is not ASCII means nothing.
#[inline(always)]
fn lower_case(step: &[u8; STEP]) -> [u8; STEP] {
    let mut lower = *step;
    lower.make_ascii_lowercase();
    lower
}
