//! The source of a generator's decisions.

/// A source of decisions. Zero is always the simplest, so that an exhausted source ends a case
/// soon.
pub trait Choices {
    /// Returns a number less than `bound` (0 if the bound is 0).
    fn below(&mut self, bound: usize) -> usize;

    /// Returns true with a probability of `percent`.
    fn chance(&mut self, percent: usize) -> bool {
        self.below(100) >= 100 - percent
    }

    /// Returns a number of the inclusive range.
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

/// Decisions from a seed (SplitMix64). Equal seeds give equal cases on every machine.
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

/// Decisions from a list, which a property test makes and can shrink.
#[derive(Debug, Clone)]
pub struct Listed<'a> {
    rest: std::slice::Iter<'a, u16>,
}

impl<'a> Listed<'a> {
    /// Reads the list from its start.
    pub fn new(list: &'a [u16]) -> Self {
        Self { rest: list.iter() }
    }
}

impl Choices for Listed<'_> {
    fn below(&mut self, bound: usize) -> usize {
        usize::from(self.rest.next().copied().unwrap_or(0)) % bound.max(1)
    }
}
