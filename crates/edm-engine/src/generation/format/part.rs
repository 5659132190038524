//! Parts of the space of addresses: each has an entry file of its own.

/// A part of the space of addresses: those with this number in their top bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) number: u16,
    pub(crate) bits: u32,
}

impl Part {
    /// Returns whether an address is in the part.
    pub(crate) fn holds(self, address: u64) -> bool {
        self.bits == 0 || address >> (64 - self.bits) == u64::from(self.number)
    }

    /// Returns whether some address is in both parts.
    pub(crate) fn meets(self, other: Part) -> bool {
        let bits = self.bits.min(other.bits);
        self.number >> (self.bits - bits) == other.number >> (other.bits - bits)
    }
}
