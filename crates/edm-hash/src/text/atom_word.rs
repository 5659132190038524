//! 64 atoms of a folded text as bits of a word, and what is asked of them at once.
//!
//! Whether a value may begin at an atom depends on the atoms after it, which may be in the next
//! word. So questions over neighbours are asked of two words side by side, in a `u128`:
//!
//! ```text
//! word n                word n + 1
//! 63 … 1 0              127 … 64        bit k: atom 64 n + k
//! set >> 1              bit k is set where the atom after atom k is in the set
//! ```
//!
//! The low half of an answer is what counts; the high half is there to be shifted down. What is
//! after the second word is not known, and counts as "maybe" wherever a wrong "no" would lose a
//! value.

use std::ops::RangeInclusive;

use crate::simd::suffix::{Ending, ending_with};
use crate::text::atom_set::{ATOMS_A_WORD, AtomSet};
use crate::text::fold::Folded;

/// 64 atoms of a folded text.
#[derive(Clone, Copy)]
pub(crate) struct AtomWord<'a> {
    pub(crate) folded: &'a Folded,
    pub(crate) number: usize,
}

impl<'a> AtomWord<'a> {
    pub(crate) fn digits(self) -> u64 {
        self.folded.digits().word(self.number)
    }

    /// Returns the atoms whose length is in a range of bytes; 255 is 255 and more.
    pub(crate) fn of_length(self, bytes: RangeInclusive<u8>) -> u64 {
        self.folded.of_length(self.number, bytes)
    }

    /// Returns the digits whose length is in a range of bytes, of this word and of the next.
    pub(crate) fn digits_of(self, bytes: RangeInclusive<u8>) -> u128 {
        self.with_next(|number| match self.folded.digits().word(number) {
            0 => 0,
            digits => self.folded.of_length(number, bytes.clone()) & digits,
        })
    }

    /// Returns the atoms that are followed, `distance` atoms later, by one of a set.
    pub(crate) fn followed_by(self, set: &AtomSet, distance: u32) -> u64 {
        set.word(self.number) >> distance | set.word(self.number + 1) << (64 - distance)
    }

    pub(crate) fn digits_behind(self, distance: u32) -> u64 {
        self.followed_by(self.folded.digits(), distance)
    }

    /// Returns the atoms that there are.
    pub(crate) fn all(self) -> u64 {
        match self.folded.atom_count().saturating_sub(self.number * ATOMS_A_WORD) {
            count @ 0..ATOMS_A_WORD => (1 << count) - 1,
            _ => u64::MAX,
        }
    }

    /// Returns what is known of the atoms of this word and of the next.
    pub(crate) fn with_next(self, of: impl Fn(usize) -> u64) -> u128 {
        u128::from(of(self.number)) | u128::from(of(self.number + 1)) << 64
    }

    /// Returns the atoms that end with some letters, and others that do not end with letters. The
    /// word has an atom.
    pub(crate) fn ending_with(self, endings: &[Ending]) -> u64 {
        let atoms = &self.folded.ranges()[self.number * ATOMS_A_WORD..];
        ending_with(self.folded.level(), self.folded.text().as_bytes(), atoms, endings)
    }

    /// Returns those of some atoms of the word for which `holds`, given the atom and its length in
    /// bytes.
    pub(crate) fn filtered(self, atoms: u64, mut holds: impl FnMut(usize, usize) -> bool) -> u64 {
        let base = self.number * ATOMS_A_WORD;
        let ranges = self.folded.ranges();
        let (mut rest, mut out) = (atoms, 0);
        while rest != 0 {
            let at = rest.trailing_zeros();
            rest &= rest - 1;
            let atom = base + at as usize;
            let (start, end) = ranges[atom];
            out |= u64::from(holds(atom, (end - start) as usize)) << at;
        }
        out
    }
}

/// Returns the atoms from which one of `goals` is reached over atoms of a run. What a run meets
/// after the last atom is not known, so it counts as reached.
pub(crate) fn reaching(run: u128, goals: u128) -> u128 {
    // Doubling steps: after distances 1, 2, 4, … a bit has seen all goals within 127 atoms. `open`
    // has the atoms from which a run goes on for the whole distance, so that no goal beyond a gap
    // counts.
    let mut reached = run & (goals | 1 << 127);
    let mut open = run;
    for distance in [1, 2, 4, 8, 16, 32, 64] {
        reached |= open & reached >> distance;
        open &= open >> distance;
    }
    reached
}
