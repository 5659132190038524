//! What a loop over cells asks of the processor, and how it is compiled for each level.
//!
//! A kernel that calls one instruction for each cell must be inlined into a function with that
//! `target_feature`, or each cell pays a call. So a loop is a value that implements [`WithSimd`];
//! [`with_simd`](super::with_simd) calls it inside such a function, once for the whole loop, with a
//! [`Simd`] whose methods become the instructions:
//!
//! ```text
//! with_simd(level, work)
//!    portable  work.with_simd(Swar)                                     eight bytes in a u64
//!    AVX2      #[target_feature(avx2, bmi…)]    work.with_simd(Avx2)    two registers of 32 bytes
//!    AVX-512   #[target_feature(avx512bw, …)]   work.with_simd(Avx512)  one register of 64 bytes
//! ```
//!
//! Everything below that is called for each cell is `#[inline(always)]` and not a closure: a
//! closure is compiled for the instructions that every machine has. Compiling the loop as a whole,
//! not the look at the cell alone, took it from 500 to 460 ns a row (`docs/bench/cells.md`).

/// The longest cell that has a mask, in bytes: one bit of a word each.
pub(crate) const PLAIN_BYTES_MAX: usize = 64;
/// Bytes that are copied at a time. Buffers have as many more, so that no copy needs a length.
pub(crate) const STEP: usize = 16;
/// Room for a cell and one step after it.
pub(crate) const ROOM_BYTES: usize = PLAIN_BYTES_MAX + STEP;

/// The characters of a cell: the bit of each says what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CellMasks {
    pub(crate) letters: u64,
    pub(crate) digits: u64,
    /// The spaces of ASCII.
    pub(crate) spaces: u64,
    /// Whether all are printable ASCII.
    pub(crate) printable: bool,
}

/// The instructions of one level.
pub(crate) trait Simd: Copy {
    /// Classifies the characters of a cell of at most [`PLAIN_BYTES_MAX`] bytes at the start of
    /// `bytes`.
    fn classify(self, bytes: &[u8; ROOM_BYTES], length: usize) -> CellMasks;

    /// Prefetches what is at the start of `bytes`.
    #[inline(always)]
    fn prefetch(self, bytes: &[u8]) {
        let _ = bytes;
    }
}

/// A loop that is compiled for each level. Implementations are `#[inline(always)]`, and so is what
/// they call for each round.
pub(crate) trait WithSimd {
    /// Runs the loop with the instructions of a level.
    fn with_simd(self, simd: impl Simd);
}
