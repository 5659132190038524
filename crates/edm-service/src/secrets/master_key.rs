//! The master key, which every secret at rest is encrypted under, and its file.

use zeroize::Zeroizing;

use crate::deps::Random;
use crate::error::{Error, ErrorKind};

pub(crate) const KEY_BYTES: usize = 32;

/// The key that a server's secrets are encrypted under. Wiped on drop, never printed.
pub struct MasterKey(Zeroizing<[u8; KEY_BYTES]>);

impl MasterKey {
    /// Returns the key's bytes, to derive others from.
    pub(crate) fn expose_for_derivation(&self) -> &[u8] {
        self.0.as_slice()
    }

    /// Makes a new key.
    pub fn generate(random: &dyn Random) -> Self {
        let mut key = Zeroizing::new([0; KEY_BYTES]);
        random.fill(key.as_mut());
        Self(key)
    }

    /// Reads the content of a key file: 64 hexadecimal digits, white space around them ignored.
    pub fn from_file_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let bad = || {
            Error::with_message(
                ErrorKind::WrongMasterKey,
                "a master key is 64 hexadecimal digits: restore it from your backup",
            )
        };
        let text = std::str::from_utf8(bytes).map_err(|_| bad())?.trim();
        let mut key = Zeroizing::new([0; KEY_BYTES]);
        // `from_str_radix` alone would take a sign for a digit.
        if text.len() != 2 * KEY_BYTES || !text.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(bad());
        }
        for (byte, pair) in key.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            let pair = std::str::from_utf8(pair).map_err(|_| bad())?;
            *byte = u8::from_str_radix(pair, 16).map_err(|_| bad())?;
        }
        Ok(Self(key))
    }

    /// Returns the content of a key file.
    pub fn to_file_text(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(2 * KEY_BYTES + 1));
        for byte in self.0.iter() {
            for nibble in [byte >> 4, byte & 15] {
                text.push(char::from_digit(u32::from(nibble), 16).expect("a nibble is below 16"));
            }
        }
        text.push('\n');
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_file_is_read_as_it_was_written() {
        let key = MasterKey::generate(&|bytes: &mut [u8]| bytes.fill(7));
        let text = key.to_file_text();
        assert_eq!(*MasterKey::from_file_bytes(text.as_bytes()).expect("reads").0, *key.0);
        for bad in ["", "00", &"g".repeat(64), &"é".repeat(32), &"+1".repeat(32), &"-0".repeat(32)] {
            assert!(MasterKey::from_file_bytes(bad.as_bytes()).is_err(), "{bad}");
        }
    }
}
