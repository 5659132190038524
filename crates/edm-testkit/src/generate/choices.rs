//! Where generators take their decisions from.

/// A source of decisions. Zero is always the simplest one, so that a source that has run dry ends a case soon.
pub trait Choices {
    /// Returns a number below `bound` (0 if the bound is 0).
    fn below(&mut self, bound: usize) -> usize;

    /// Returns true in about this many of 100 cases.
    fn chance(&mut self, percent: usize) -> bool {
        self.below(100) >= 100 - percent
    }

    /// Returns a number of the range, ends included.
    fn between(&mut self, least: usize, most: usize) -> usize {
        least + self.below(most - least + 1)
    }

    /// Returns one of the items.
    fn pick<'a, T: ?Sized>(&mut self, items: &[&'a T]) -> &'a T
    where
        Self: Sized,
    {
        items[self.below(items.len())]
    }
}

/// Decisions from a seed (SplitMix64): the same seed, the same case, on every machine.
#[derive(Debug, Clone)]
pub struct Seeded(u64);

impl Seeded {
    /// Starts at a seed.
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }
}

impl Choices for Seeded {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^= mixed >> 31;
        (mixed % bound.max(1) as u64) as usize
    }
}

/// Decisions from a list that a property test has made and can shorten.
#[derive(Debug, Clone)]
pub struct Listed<'a> {
    rest: std::slice::Iter<'a, u16>,
}

impl<'a> Listed<'a> {
    /// Reads the list from its front.
    pub fn new(list: &'a [u16]) -> Self {
        Self { rest: list.iter() }
    }
}

impl Choices for Listed<'_> {
    fn below(&mut self, bound: usize) -> usize {
        usize::from(self.rest.next().copied().unwrap_or(0)) % bound.max(1)
    }
}
