//! Which instructions of the processor the kernels use, detected in this file alone.

use std::fmt;
use std::str::FromStr;
use std::sync::atomic::{AtomicU8, Ordering};

/// A set of instructions. All levels give the same results; they differ in speed.
///
/// A level other than the portable one holds a token that only detection makes. So whoever has a
/// `Level` runs on a machine with its instructions, and calling a function that needs them is
/// sound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Level {
    /// What every machine has; AES by the `aes` crate.
    #[default]
    Portable,
    /// AVX2, BMI1, BMI2, LZCNT, POPCNT and AES-NI.
    Avx2(Avx2),
    /// AVX-512 (F, BW, VL, VBMI2) and VAES, besides.
    Avx512(Avx512),
}

/// The proof that the machine has the instructions of [`Level::Avx2`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Avx2(());

/// The proof that the machine has the instructions of [`Level::Avx512`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Avx512(());

impl Avx2 {
    #[cfg(target_arch = "x86_64")]
    fn detect() -> Option<Self> {
        // One level needs all of them: the loops that are compiled for it count, shift and cut bits
        // throughout.
        let has_all = is_x86_feature_detected!("avx2")
            && is_x86_feature_detected!("bmi1")
            && is_x86_feature_detected!("bmi2")
            && is_x86_feature_detected!("lzcnt")
            && is_x86_feature_detected!("popcnt")
            && is_x86_feature_detected!("aes");
        has_all.then_some(Self(()))
    }

    #[cfg(not(target_arch = "x86_64"))]
    fn detect() -> Option<Self> {
        None
    }
}

impl Avx512 {
    #[cfg(target_arch = "x86_64")]
    fn detect() -> Option<Self> {
        let has_all = Avx2::detect().is_some()
            && is_x86_feature_detected!("vaes")
            && is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512vl")
            && is_x86_feature_detected!("avx512vbmi2");
        has_all.then_some(Self(()))
    }

    #[cfg(not(target_arch = "x86_64"))]
    fn detect() -> Option<Self> {
        None
    }
}

/// Reports a level that cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LevelError {
    /// No level has this name.
    Unknown,
    /// The machine lacks the instructions of the level of this name.
    Unavailable(&'static str),
}

impl fmt::Display for LevelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown => f.write_str("a processor path is one of portable, avx2 and avx512"),
            Self::Unavailable(name) => {
                write!(f, "this machine lacks the instructions of {name}; portable runs everywhere")
            }
        }
    }
}

impl std::error::Error for LevelError {}

/// The names of the levels.
const NAMES: [&str; 3] = ["portable", "avx2", "avx512"];

impl FromStr for Level {
    type Err = LevelError;

    fn from_str(name: &str) -> Result<Self, LevelError> {
        let known = NAMES.into_iter().find(|known| *known == name).ok_or(LevelError::Unknown)?;
        Self::available().find(|level| level.name() == name).ok_or(LevelError::Unavailable(known))
    }
}

/// The level that is used, as its number plus one; 0 until it is first asked for.
static CURRENT: AtomicU8 = AtomicU8::new(0);

impl Level {
    /// Returns the levels that the machine has, the fastest last.
    pub fn available() -> impl Iterator<Item = Self> {
        let levels =
            [Some(Self::Portable), Avx2::detect().map(Self::Avx2), Avx512::detect().map(Self::Avx512)];
        levels.into_iter().flatten()
    }

    /// Returns the name by which people choose the level.
    pub fn name(self) -> &'static str {
        NAMES[usize::from(self.number())]
    }

    /// Returns the level that is used: the preferred one, else the fastest. Keys stay on the level
    /// that they were derived on.
    #[inline]
    pub fn current() -> Self {
        // Only `prefer` and `decide` store a number, and both hold a level of this machine.
        match CURRENT.load(Ordering::Relaxed) {
            1 => Self::Portable,
            2 => Self::Avx2(Avx2(())),
            3 => Self::Avx512(Avx512(())),
            _ => Self::decide(),
        }
    }

    #[cold]
    fn decide() -> Self {
        // Decided once for the process.
        let fastest = Self::available().last().unwrap_or(Self::Portable);
        fastest.prefer();
        fastest
    }

    fn number(self) -> u8 {
        match self {
            Self::Portable => 0,
            Self::Avx2(_) => 1,
            Self::Avx512(_) => 2,
        }
    }

    /// Makes the whole process use this level from now on.
    pub fn prefer(self) {
        CURRENT.store(self.number() + 1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_has_a_name_and_a_machine() {
        let available: Vec<Level> = Level::available().collect();
        assert_eq!(available.first(), Some(&Level::Portable));
        for name in NAMES {
            match name.parse::<Level>() {
                Ok(level) => {
                    assert_eq!(level.name(), name);
                    assert!(available.contains(&level), "{name}");
                    level.prefer();
                    assert_eq!(Level::current(), level);
                }
                Err(error) => {
                    assert_eq!(error, LevelError::Unavailable(name));
                    assert!(available.iter().all(|level| level.name() != name), "{name}");
                }
            }
        }
        for unknown in ["", "VAES", "aes", "vaes "] {
            assert_eq!(unknown.parse::<Level>(), Err(LevelError::Unknown), "{unknown:?}");
        }
    }
}
