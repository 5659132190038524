//! Revisions: which state of a resource a caller has seen, and which state its change expects.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use sha2::{Digest, Sha256};

use crate::error::{Error, ErrorKind};

const REVISION_BYTES: usize = 16;

/// Identifies one state of a store, session, agent, type or job: a digest of everything that is
/// shown of it, so that equal states have equal revisions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Revision([u8; REVISION_BYTES]);

/// Reports a text that is no revision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ParseRevisionError;

/// Feeds what is hashed to a cryptographic digest, so that a collision cannot be constructed.
struct DigestOf(Sha256);

impl Hasher for DigestOf {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// Never used: the digest is longer.
    fn finish(&self) -> u64 {
        0
    }
}

impl Revision {
    /// Returns the revision of something as it is shown.
    pub fn of(shown: &impl Hash) -> Self {
        let mut digest = DigestOf(Sha256::new());
        shown.hash(&mut digest);
        let digest = digest.0.finalize();
        let mut bytes = [0; REVISION_BYTES];
        bytes.iter_mut().zip(digest).for_each(|(byte, from)| *byte = from);
        Self(bytes)
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl FromStr for Revision {
    type Err = ParseRevisionError;

    fn from_str(text: &str) -> Result<Self, ParseRevisionError> {
        let digits = text.as_bytes();
        if digits.len() != 2 * REVISION_BYTES {
            return Err(ParseRevisionError);
        }
        let mut bytes = [0; REVISION_BYTES];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            let pair = std::str::from_utf8(pair).map_err(|_| ParseRevisionError)?;
            *byte = u8::from_str_radix(pair, 16).map_err(|_| ParseRevisionError)?;
        }
        Ok(Self(bytes))
    }
}

/// Some states, or any.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Revisions {
    /// Any state.
    Any,
    /// One of these; an empty list contains no state.
    These(Vec<Revision>),
}

impl Revisions {
    /// Returns whether the state is among them.
    pub fn contain(&self, revision: Revision) -> bool {
        match self {
            Revisions::Any => true,
            Revisions::These(known) => known.contains(&revision),
        }
    }
}

/// The state that a change expects. It is checked in the transaction of the change, so that of two
/// changes that expect the same state one is refused.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Expected {
    /// The state must be among these.
    pub is: Option<Revisions>,
    /// The state must not be among these.
    pub is_not: Option<Revisions>,
}

impl Expected {
    /// Accepts any state.
    pub const ANYTHING: Expected = Expected { is: None, is_not: None };

    /// Fails with `Changed` unless the state is as expected. `current` is called only if something
    /// is expected.
    pub fn check(&self, current: impl FnOnce() -> Revision) -> Result<(), Error> {
        if *self == Self::ANYTHING {
            return Ok(());
        }
        let current = current();
        let is = self.is.as_ref().is_none_or(|revisions| revisions.contain(current));
        let is_not = self.is_not.as_ref().is_none_or(|revisions| !revisions.contain(current));
        if is && is_not { Ok(()) } else { Err(Error::of(ErrorKind::Changed)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_expected_or_not() {
        let (one, two) = (Revision::of(&"one"), Revision::of(&"two"));
        assert_eq!(one.to_string().parse(), Ok(one));
        assert_ne!(one, two);
        for text in ["", "*", "00", &"g".repeat(32), &"é".repeat(16)] {
            assert_eq!(text.parse::<Revision>(), Err(ParseRevisionError), "{text}");
        }
        let these = |known: &[Revision]| Some(Revisions::These(known.to_vec()));
        let check = |is: Option<Revisions>, is_not: Option<Revisions>, expected: bool| {
            let met = Expected { is: is.clone(), is_not: is_not.clone() }.check(|| one).is_ok();
            assert_eq!(met, expected, "{is:?} {is_not:?}");
        };
        check(None, None, true);
        check(Some(Revisions::Any), None, true);
        check(these(&[two, one]), None, true);
        check(these(&[two]), None, false);
        check(these(&[]), None, false);
        check(None, Some(Revisions::Any), false);
        check(None, these(&[one]), false);
        check(None, these(&[two]), true);
        check(these(&[one]), these(&[one]), false);
    }
}
