//! Kernels over 64 bytes, atoms or bits at a time, for each level of the processor's instructions.

pub(crate) mod bits;
pub(crate) mod bytes;
pub(crate) mod level;
pub(crate) mod suffix;
pub(crate) mod vector;
#[cfg(target_arch = "x86_64")]
mod x86;
