//! Hints to the CPU what is read soon (`docs/decisions/0013-batched-lookup.md`). It changes no
//! result, only when bytes come.

/// Prefetches the cache line of the first of these bytes.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
#[allow(unsafe_code, reason = "the CPU's own instructions are the decision of record 0013")]
pub(crate) fn prefetch(bytes: &[u8]) {
    use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
    // SAFETY: the instruction reads nothing that a program could see and never faults, and SSE is
    // part of x86-64.
    unsafe { _mm_prefetch::<_MM_HINT_T0>(bytes.as_ptr().cast()) };
}

/// Other machines bring the bytes when they are read.
#[cfg(not(target_arch = "x86_64"))]
pub(crate) fn prefetch(_: &[u8]) {}
