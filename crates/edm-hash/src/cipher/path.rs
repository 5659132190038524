//! Which of the ways through AES is taken.

use std::fmt;
use std::str::FromStr;
use std::sync::atomic::{AtomicU8, Ordering};

/// A way to compute AES. All give the same bytes; they differ in speed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CipherPath {
    /// The `aes` crate, on every machine.
    Portable,
    /// AES-NI: one block an instruction.
    AesNi,
    /// VAES on the registers of AVX-512: four blocks an instruction.
    Vaes,
}

/// Reports a path that cannot be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CipherPathError {
    /// No path has this name.
    Unknown,
    /// The machine lacks the instructions of this path.
    Unavailable(CipherPath),
}

impl fmt::Display for CipherPathError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown => f.write_str("a way to compute AES is one of portable, aes-ni and vaes"),
            Self::Unavailable(path) => {
                write!(f, "this machine lacks the instructions of {}; portable runs everywhere", path.name())
            }
        }
    }
}

impl std::error::Error for CipherPathError {}

impl FromStr for CipherPath {
    type Err = CipherPathError;

    fn from_str(name: &str) -> Result<Self, CipherPathError> {
        Self::ALL.into_iter().find(|path| path.name() == name).ok_or(CipherPathError::Unknown)
    }
}

/// The path of keys that are derived from now on, as its place in `ALL` plus one; 0 until somebody prefers one.
static PREFERRED: AtomicU8 = AtomicU8::new(0);

impl CipherPath {
    /// Every path, the fastest last.
    pub const ALL: [Self; 3] = [Self::Portable, Self::AesNi, Self::Vaes];

    /// Returns the name by which people choose the path.
    pub fn name(self) -> &'static str {
        match self {
            Self::Portable => "portable",
            Self::AesNi => "aes-ni",
            Self::Vaes => "vaes",
        }
    }

    /// Returns whether the machine has the instructions of the path.
    #[cfg(target_arch = "x86_64")]
    pub fn is_available(self) -> bool {
        match self {
            Self::Portable => true,
            Self::AesNi => is_x86_feature_detected!("aes"),
            Self::Vaes => {
                Self::AesNi.is_available()
                    && is_x86_feature_detected!("vaes")
                    && is_x86_feature_detected!("avx512f")
                    && is_x86_feature_detected!("avx512bw")
                    && is_x86_feature_detected!("avx512vl")
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

    /// Returns the path of keys that are derived now: the preferred one, else the fastest.
    pub fn current() -> Self {
        let preferred = usize::from(PREFERRED.load(Ordering::Relaxed)).checked_sub(1);
        preferred
            .and_then(|place| Self::ALL.get(place).copied())
            .or_else(|| Self::available().last())
            .unwrap_or(Self::Portable)
    }

    /// Makes the whole process take this path for every key that it derives from now on.
    ///
    /// # Errors
    /// [`CipherPathError::Unavailable`] where the machine lacks the path's instructions; nothing changes then.
    pub fn prefer(self) -> Result<(), CipherPathError> {
        if !self.is_available() {
            return Err(CipherPathError::Unavailable(self));
        }
        let place = Self::ALL.iter().position(|path| *path == self).unwrap_or(0);
        PREFERRED.store(place as u8 + 1, Ordering::Relaxed);
        Ok(())
    }
}
