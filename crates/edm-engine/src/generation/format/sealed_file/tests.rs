use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::generation::format::file_id::FileKind;

const KEY: [u8; 32] = [7; 32];
const ID: FileId = FileId { kind: FileKind::Rows, number: 3 };

fn key() -> GenerationKey {
    GenerationKey::new(KEY)
}

/// Bytes that differ from place to place.
fn content(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at as u32).wrapping_mul(0x9e37_79b9).to_le_bytes()[3]).collect()
}

fn opened(bytes: &[u8]) -> Result<SealedFile, Error> {
    SealedFile::open(Arc::new(bytes.to_vec()), &key(), ID)
}

fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.chars().map(|digit| digit.to_digit(16).expect("a digit") as u8).collect();
    digits.as_chunks::<2>().0.iter().map(|[high, low]| high << 4 | low).collect()
}

/// The vectors of RFC 8452, appendix C.2: the key of a message, and the bytes that it encrypts.
#[test]
fn the_keystream_is_that_of_rfc_8452() {
    let check = |plain: &str, sealed: &str| {
        let (plain, sealed) = (hex(plain), hex(sealed));
        let (cipher, tag) = sealed.split_last_chunk::<TAG_BYTES>().expect("a tag");
        let mut generation_key = [0; 32];
        generation_key[0] = 1;
        let mut nonce = [0; NONCE_BYTES];
        nonce[0] = 3;
        let mut blocks = vec![[0; BLOCK_BYTES]; plain.len().div_ceil(BLOCK_BYTES)];
        blocks.as_flattened_mut()[..cipher.len()].copy_from_slice(cipher);
        keystream(&GenerationKey::new(generation_key), nonce).apply(&counter_block(tag), 0, &mut blocks);
        assert_eq!(blocks.as_flattened()[..plain.len()], plain);
    };
    check("0100000000000000", "c2ef328e5c71c83b843122130f7364b761e0b97427e3df28");
    check("010000000000000000000000", "9aab2aeb3faa0a34aea8e2b18ca50da9ae6559e48fd10f6e5c9ca17e");
    check(
        "01000000000000000000000000000000",
        "85a01b63025ba19b7fd3ddfc033b3e76c9eac6fa700942702e90862383c6c366",
    );
    check(
        "0100000000000000000000000000000002000000000000000000000000000000",
        "4a6a9db4c8c6549201b9edb53006cba821ec9cf850948a7c86c68ac7539d027fe819e63abcd020b006a976397632eb5d",
    );
}

/// Every chunk is what the library's AES-256-GCM-SIV makes of it.
#[test]
fn a_file_is_its_chunks_and_then_their_tags() {
    for length in [0, 1, 15, 16, 17, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES + 5] {
        let plain = content(length);
        let sealed = seal(&key(), ID, plain.clone());
        assert_eq!(sealed.len() as u64, sealed_length(length as u64).expect("it fits"));
        let (body, tags) = sealed.split_at(length);
        let cipher = Aes256GcmSiv::new(&KEY.into());
        for (number, (chunk, plain)) in body.chunks(CHUNK_BYTES).zip(plain.chunks(CHUNK_BYTES)).enumerate() {
            let mut expected = plain.to_vec();
            let nonce = *b"rows\x03\0\0\0\0\0\0\0";
            let bound = [(number as u64).to_le_bytes(), (length as u64).to_le_bytes()].concat();
            let tag = cipher.encrypt_inout_detached(&nonce.into(), &bound, expected.as_mut_slice().into());
            assert_eq!(chunk, expected);
            assert_eq!(tags[number * TAG_BYTES..][..TAG_BYTES], tag.expect("it fits")[..]);
        }
        let file = opened(&sealed).expect("it opens");
        file.verify(&key()).expect("it is whole");
        assert_eq!(file.plain(0, length), Some(plain));
        assert_eq!(file.plain(0, length + 1), None);
        assert_eq!(file.read::<1>(length), None);
        assert_eq!(file.length(), length);
        assert!(file.verify(&GenerationKey::new([8; 32])).is_err() || length == 0, "another key");
    }
}

#[test]
fn one_bit_anywhere_is_seen() {
    let length = CHUNK_BYTES + 100;
    let sealed = seal(&key(), ID, content(length));
    let whole = opened(&sealed).expect("it opens");
    for at in (0..sealed.len()).step_by(997).chain(length - 1..sealed.len()) {
        for bit in 0..8 {
            let mut damaged = sealed.clone();
            damaged[at] ^= 1 << bit;
            let file = opened(&damaged).expect("its length is right");
            assert!(file.verify(&key()).is_err(), "bit {bit} of byte {at}");
            assert_eq!(file.tags_sha256() == whole.tags_sha256(), at < length, "a tag is seen when opened");
        }
    }
    for cut in [1, 15, 16, 17, 100, sealed.len() - 1] {
        let refused = opened(&sealed[..sealed.len() - cut]).and_then(|file| file.verify(&key()));
        assert!(refused.is_err(), "{cut} bytes less");
    }
}

/// Chunks of a file, and files of a generation, cannot change places.
#[test]
fn a_chunk_is_bound_to_its_place() {
    let sealed = seal(&key(), ID, content(2 * CHUNK_BYTES));
    let swapped = [
        &sealed[CHUNK_BYTES..2 * CHUNK_BYTES],
        &sealed[..CHUNK_BYTES],
        &sealed[2 * CHUNK_BYTES + TAG_BYTES..],
        &sealed[2 * CHUNK_BYTES..2 * CHUNK_BYTES + TAG_BYTES],
    ];
    assert!(opened(&swapped.concat()).expect("it opens").verify(&key()).is_err());
    for other in [FileId { number: 4, ..ID }, FileId { kind: FileKind::Delta, ..ID }] {
        let file = SealedFile::open(Arc::new(sealed.clone()), &key(), other).expect("it opens");
        assert!(file.verify(&key()).is_err());
    }
}

/// The same content gives the same bytes; two contents never share a keystream.
#[test]
fn equal_bytes_say_nothing() {
    let (mut one, mut two) = (content(1_000), content(1_000));
    assert_eq!(seal(&key(), ID, one.clone()), seal(&key(), ID, two.clone()));
    two[999] ^= 1;
    one = seal(&key(), ID, one);
    two = seal(&key(), ID, two);
    let equal = one.iter().zip(&two).filter(|(one, two)| one == two).count();
    assert!(equal < 30, "{equal} of 1,016 bytes are equal by chance");
}

proptest! {
    #[test]
    fn any_range_is_read_alone(at in 0..3 * CHUNK_BYTES, length in 0..300_usize) {
        let plain = content(2 * CHUNK_BYTES + 333);
        let file = opened(&seal(&key(), ID, plain.clone())).expect("it opens");
        let expected = plain.get(at..at + length).map(<[u8]>::to_vec);
        prop_assert_eq!(file.plain(at, length), expected);
        let rest = plain.get(at..).unwrap_or_default();
        prop_assert_eq!(file.read::<16>(at), rest.first_chunk().copied());
        prop_assert_eq!(file.read::<4>(at), rest.first_chunk().copied());
    }
}
