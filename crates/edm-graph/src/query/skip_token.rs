//! `$skiptoken`: where the next page begins. It is opaque to clients: base64url of a version, a
//! checksum and a place.
//!
//! The checksum covers the list's filter and order too. So a token that was cut, altered or taken
//! from another list is refused, and no wrong page is answered. It is not a secret: a forged token
//! gives a page that its caller may read anyway.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use edm_model::{Cursor, Literal, Timestamp, limits};

const VERSION: u8 = 1;
/// Version and checksum.
const HEAD_BYTES: usize = 9;

const TAG_NULL: u8 = 0;
const TAG_TEXT: u8 = 1;
const TAG_INTEGER: u8 = 2;
const TAG_DECIMAL: u8 = 3;
const TAG_BOOLEAN: u8 = 4;
const TAG_MOMENT: u8 = 5;

/// The identity of a list for its tokens: FNV-1a over everything that distinguishes it from other
/// lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fingerprint(u64);

impl Default for Fingerprint {
    fn default() -> Self {
        Self(0xCBF2_9CE4_8422_2325)
    }
}

impl Fingerprint {
    pub(super) fn with(self, bytes: &[u8]) -> Self {
        let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01B3);
        // The length is hashed too, so that bytes cannot move between neighbouring parts.
        let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX).to_le_bytes();
        Self(length.iter().chain(bytes).fold(self.0, step))
    }
}

/// Writes the place after `cursor`, after `served` elements. `None` if its keys are too long.
pub(super) fn write(cursor: &Cursor, served: u64, list: Fingerprint) -> Option<String> {
    let mut place = served.to_le_bytes().to_vec();
    place.extend_from_slice(&cursor.id);
    for key in &cursor.keys {
        match key {
            Literal::Null => place.push(TAG_NULL),
            Literal::Text(text) => {
                place.push(TAG_TEXT);
                place.extend_from_slice(&u32::try_from(text.len()).ok()?.to_le_bytes());
                place.extend_from_slice(text.as_bytes());
            }
            Literal::Integer(number) => tagged(&mut place, TAG_INTEGER, number.to_le_bytes()),
            Literal::Decimal(number) => tagged(&mut place, TAG_DECIMAL, number.to_le_bytes()),
            Literal::Boolean(held) => place.extend_from_slice(&[TAG_BOOLEAN, u8::from(*held)]),
            Literal::Moment(moment) => tagged(&mut place, TAG_MOMENT, moment.as_micros().to_le_bytes()),
        }
    }
    let mut bytes = vec![VERSION];
    bytes.extend_from_slice(&list.with(&place).0.to_le_bytes());
    bytes.extend_from_slice(&place);
    let token = URL_SAFE_NO_PAD.encode(bytes);
    (token.len() <= limits::PAGE_TOKEN_BYTES_MAX).then_some(token)
}

/// Reads a token of this list. `None` if it is of another list, or is not a token.
pub(super) fn read(token: &str, list: Fingerprint) -> Option<(Cursor, u64)> {
    if token.len() > limits::PAGE_TOKEN_BYTES_MAX {
        return None;
    }
    let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
    let (head, place) = bytes.split_at_checked(HEAD_BYTES)?;
    let (version, checksum) = head.split_first()?;
    if *version != VERSION || checksum != list.with(place).0.to_le_bytes() {
        return None;
    }
    let mut rest = place;
    let served = u64::from_le_bytes(take(&mut rest)?);
    let id = take(&mut rest)?;
    let mut keys = Vec::new();
    while let Some((tag, behind)) = rest.split_first() {
        rest = behind;
        keys.push(match *tag {
            TAG_NULL => Literal::Null,
            TAG_TEXT => {
                let length = usize::try_from(u32::from_le_bytes(take(&mut rest)?)).ok()?;
                let (text, behind) = rest.split_at_checked(length)?;
                rest = behind;
                Literal::Text(std::str::from_utf8(text).ok()?.to_owned())
            }
            TAG_INTEGER => Literal::Integer(i64::from_le_bytes(take(&mut rest)?)),
            TAG_DECIMAL => Literal::Decimal(f64::from_le_bytes(take(&mut rest)?)),
            TAG_BOOLEAN => Literal::Boolean(take::<1>(&mut rest)? != [0]),
            TAG_MOMENT => Literal::Moment(Timestamp::from_micros(i64::from_le_bytes(take(&mut rest)?))),
            _ => return None,
        });
    }
    // A count far beyond any list would overflow sums later.
    (served <= u64::from(u32::MAX)).then_some((Cursor { keys, id }, served))
}

fn tagged(place: &mut Vec<u8>, tag: u8, bytes: [u8; 8]) {
    place.push(tag);
    place.extend_from_slice(&bytes);
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, behind) = rest.split_first_chunk::<N>()?;
    *rest = behind;
    Some(*taken)
}
