//! What an index says of its values before a window is hashed: cheap answers that may say "maybe"
//! too often, never "no" wrongly.

use edm_model::limits;

use crate::text::atom_set::ATOMS_A_WORD;
use crate::text::fold::AtomKind;
use crate::value_summary::calling_codes::CallingCodes;
use crate::value_summary::kinds::Kinds;
use crate::value_summary::shape::Shape;
use crate::value_summary::signs::SignSet;

/// The fewest atoms of values that have several; `None` where there are none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Several {
    /// Of values without a digit.
    pub plain: Option<usize>,
    /// Of values with digits and other atoms.
    pub mixed: Option<usize>,
    /// Of values of digits alone.
    pub digits: Option<usize>,
}

/// Says which windows are worth a hash. Each answer may be `true` too often, never too seldom.
pub trait Prefilter {
    /// The most atoms that the canonical form of a value has.
    fn atoms_max(&self) -> usize;
    /// The longest canonical form in bytes.
    fn bytes_max(&self) -> usize;
    /// The lengths in bytes of the values that are one atom of a kind (letters and clusters are
    /// one): bit 63 is 63 and more.
    fn lengths(&self, kind: AtomKind) -> u64;
    /// The lengths in bytes that the words of a value of several have together, as bits, where
    /// they may be one atom: bit 63 is 63 and more. Only names are written so.
    fn joined_lengths(&self) -> u64;
    /// Which of 64 atoms, the `word`th, may be a value of several words that is written as one.
    fn joined(&self, word: usize) -> u64 {
        let _ = word;
        u64::MAX
    }
    /// Which of 64 atoms, the `word`th, have another form in names, and which are one word with the
    /// next one; `None` where that was not looked for.
    fn other_forms(&self, word: usize) -> Option<[u64; 2]> {
        let _ = word;
        None
    }
    /// How many significant digits numbers have that are written to a width, as bits: bit 63 is 63
    /// and more.
    fn significant_digits(&self) -> u64;
    /// The fewest atoms of values that have several.
    fn several(&self) -> Several;
    /// Returns whether values of several atoms may have these kinds.
    fn kinds(&self, kinds: Kinds) -> bool;
    /// Returns whether values of several atoms may begin with these kinds.
    fn begins(&self, kinds: Kinds) -> bool;
    /// Which signs values of several atoms may hold.
    fn signs(&self) -> SignSet;
    /// Which calling codes telephone numbers may have.
    fn calling_codes(&self) -> &CallingCodes;
    /// Which of 64 atoms, the `word`th, a value of several atoms may hold.
    fn possible(&self, word: usize) -> u64;
    /// Returns whether a value may have this shape.
    fn shape(&self, shape: Shape) -> bool;

    /// What values may have to do with what has this shape.
    fn fit(&self, shape: Shape) -> PrefilterResult {
        let fit = PrefilterResult::bounded(shape, self.atoms_max(), self.bytes_max());
        PrefilterResult { may_match: fit.may_match && self.shape(shape), ..fit }
    }

    /// Returns whether a value of several atoms may hold this one.
    fn atom(&self, index: usize) -> bool {
        self.possible(index / ATOMS_A_WORD) >> (index % ATOMS_A_WORD) & 1 == 1
    }
}

/// What a prefilter answers of a piece of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PrefilterResult {
    /// Whether it may be a value.
    pub may_match: bool,
    /// Whether it, or what it is the beginning of, may be one.
    pub may_extend: bool,
}

impl PrefilterResult {
    /// Judges by nothing but the most atoms and bytes of a value.
    #[inline]
    pub fn bounded(shape: Shape, atoms_max: usize, bytes_max: usize) -> Self {
        // Without shapes, only the size of a value is known.
        let fits = usize::from(shape.atoms) <= atoms_max && usize::from(shape.bytes) <= bytes_max;
        Self { may_match: fits, may_extend: fits }
    }

    /// Returns what one of two says.
    #[inline]
    pub fn or(self, other: Self) -> Self {
        Self { may_match: self.may_match || other.may_match, may_extend: self.may_extend || other.may_extend }
    }
}

/// Lets every window of a bounded size through.
#[derive(Debug, Clone, Copy)]
pub struct OpenPrefilter {
    /// The most atoms that a value has.
    pub atoms_max: usize,
    /// The calling codes that telephone numbers have.
    pub calling_codes: CallingCodes,
}

impl OpenPrefilter {
    /// Lets through every window of at most so many atoms.
    pub fn new(atoms_max: usize) -> Self {
        Self { atoms_max, calling_codes: CallingCodes::ALL }
    }
}

impl Prefilter for OpenPrefilter {
    fn atoms_max(&self) -> usize {
        self.atoms_max
    }

    fn bytes_max(&self) -> usize {
        limits::CELL_BYTES_MAX
    }

    fn lengths(&self, _: AtomKind) -> u64 {
        u64::MAX
    }

    fn joined_lengths(&self) -> u64 {
        u64::MAX
    }

    fn significant_digits(&self) -> u64 {
        u64::MAX
    }

    fn several(&self) -> Several {
        Several { plain: Some(2), mixed: Some(2), digits: Some(2) }
    }

    fn possible(&self, _: usize) -> u64 {
        u64::MAX
    }

    fn kinds(&self, _: Kinds) -> bool {
        true
    }

    fn signs(&self) -> SignSet {
        SignSet::ALL
    }

    fn calling_codes(&self) -> &CallingCodes {
        &self.calling_codes
    }

    fn begins(&self, _: Kinds) -> bool {
        true
    }

    fn shape(&self, _: Shape) -> bool {
        true
    }
}
