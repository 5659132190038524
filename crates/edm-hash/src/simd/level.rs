//! Which instructions of the processor the hot paths use: AES, the classes of bytes, filters.

use std::fmt;
use std::str::FromStr;
use std::sync::atomic::{AtomicU8, Ordering};

/// A set of instructions. All paths give the same results; they differ in speed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProcessorPath {
    /// What every machine has; AES by the `aes` crate.
    Portable,
    /// AVX2, BMI1, BMI2, POPCNT and AES-NI.
    Avx2,
    /// AVX-512 (F, BW, VL, VBMI2) and VAES, besides.
    Avx512,
}

/// Reports a path that cannot be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProcessorPathError {
    /// No path has this name.
    Unknown,
    /// The machine lacks the instructions of this path.
    Unavailable(ProcessorPath),
}

impl fmt::Display for ProcessorPathError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown => f.write_str("a processor path is one of portable, avx2 and avx512"),
            Self::Unavailable(path) => {
                write!(f, "this machine lacks the instructions of {}; portable runs everywhere", path.name())
            }
        }
    }
}

impl std::error::Error for ProcessorPathError {}

impl FromStr for ProcessorPath {
    type Err = ProcessorPathError;

    fn from_str(name: &str) -> Result<Self, ProcessorPathError> {
        Self::ALL.into_iter().find(|path| path.name() == name).ok_or(ProcessorPathError::Unknown)
    }
}

/// The path that is taken, as its place in `ALL` plus one; 0 until it is first asked for.
static CURRENT: AtomicU8 = AtomicU8::new(0);

impl ProcessorPath {
    /// Every path, the fastest last.
    pub const ALL: [Self; 3] = [Self::Portable, Self::Avx2, Self::Avx512];

    /// Returns the name by which people choose the path.
    pub fn name(self) -> &'static str {
        match self {
            Self::Portable => "portable",
            Self::Avx2 => "avx2",
            Self::Avx512 => "avx512",
        }
    }

    /// Returns whether the machine has the instructions of the path.
    #[cfg(target_arch = "x86_64")]
    pub fn is_available(self) -> bool {
        match self {
            Self::Portable => true,
            Self::Avx2 => {
                is_x86_feature_detected!("avx2")
                    && is_x86_feature_detected!("bmi1")
                    && is_x86_feature_detected!("bmi2")
                    && is_x86_feature_detected!("popcnt")
                    && is_x86_feature_detected!("aes")
            }
            Self::Avx512 => {
                Self::Avx2.is_available()
                    && is_x86_feature_detected!("vaes")
                    && is_x86_feature_detected!("avx512f")
                    && is_x86_feature_detected!("avx512bw")
                    && is_x86_feature_detected!("avx512vl")
                    && is_x86_feature_detected!("avx512vbmi2")
            }
        }
    }

    /// Returns whether the machine has the instructions of the path.
    #[cfg(not(target_arch = "x86_64"))]
    pub fn is_available(self) -> bool {
        self == Self::Portable
    }

    /// Returns the paths that the machine has, the fastest last.
    pub fn available() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(|path| path.is_available())
    }

    /// Returns the path that is taken: the preferred one, else the fastest. Keys stay on the path that they were derived on.
    #[inline]
    pub fn current() -> Self {
        match CURRENT.load(Ordering::Relaxed) {
            1 => Self::Portable,
            2 => Self::Avx2,
            3 => Self::Avx512,
            _ => Self::decide(),
        }
    }

    #[cold]
    fn decide() -> Self {
        let fastest = Self::available().last().unwrap_or(Self::Portable);
        CURRENT.store(fastest.number(), Ordering::Relaxed);
        fastest
    }

    fn number(self) -> u8 {
        Self::ALL.iter().position(|path| *path == self).unwrap_or(0) as u8 + 1
    }

    /// Makes the whole process take this path from now on.
    ///
    /// # Errors
    /// [`ProcessorPathError::Unavailable`] where the machine lacks the path's instructions; nothing changes then.
    pub fn prefer(self) -> Result<(), ProcessorPathError> {
        if !self.is_available() {
            return Err(ProcessorPathError::Unavailable(self));
        }
        CURRENT.store(self.number(), Ordering::Relaxed);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_has_a_name_and_a_machine() {
        for path in ProcessorPath::ALL {
            assert_eq!(path.name().parse(), Ok(path));
            let preferred = path.prefer();
            assert_eq!(preferred.is_ok(), path.is_available());
            assert_eq!(ProcessorPath::available().any(|other| other == path), path.is_available());
            if preferred.is_ok() {
                assert_eq!(ProcessorPath::current(), path);
            } else {
                assert_eq!(preferred, Err(ProcessorPathError::Unavailable(path)));
            }
        }
        for unknown in ["", "VAES", "aes", "vaes "] {
            assert_eq!(unknown.parse::<ProcessorPath>(), Err(ProcessorPathError::Unknown), "{unknown:?}");
        }
    }
}
