use aes::Aes256;
use cmac::{Cmac, KeyInit, Mac};

use super::*;

fn tag(key: &[u8; 32], message: &[u8]) -> Hash {
    let mut mac = Cmac::<Aes256>::new(key.into());
    mac.update(message);
    mac.finalize().into_bytes().into()
}

/// The `cmac` crate, one message at a time, is the oracle of the batch on every level that the
/// machine has.
fn check(arena: &[u8], messages: &[(u32, u32)]) {
    let key = [7u8; 32];
    for level in Level::available() {
        let mut tags = vec![Hash::default()];
        CmacKey::new(&key, level).tag_all(arena, messages, &mut tags);
        assert_eq!(tags.len(), messages.len() + 1, "{level:?}: appended");
        for (own, (start, end)) in tags.iter().skip(1).zip(messages) {
            let message = arena.get(*start as usize..*end as usize).unwrap_or(&[]);
            assert_eq!(*own, tag(&key, message), "{level:?}, {start}..{end}");
        }
    }
}

fn arena(bytes: u32) -> Vec<u8> {
    (0..bytes).map(|index| (index * 31 % 251) as u8).collect()
}

#[test]
fn a_batch_is_what_cmac_says_one_by_one() {
    check(&[], &[]);
    check(&[], &[(0, 0)]);
    let mixed: Vec<(u32, u32)> = (0..700).map(|index| (index * 7, index * 7 + index * index % 97)).collect();
    check(&arena(9_000), &mixed);
    let long: Vec<(u32, u32)> = (0..40).map(|index| (index, 9_000 - index * index)).collect();
    check(&arena(9_000), &long);
    // Every number of messages up to a few flights, and every length of a message, up to the
    // arena's last byte.
    for count in 0..150 {
        let short: Vec<(u32, u32)> = (0..count).map(|index| (index * 5, index * 5 + index % 17)).collect();
        check(&arena(count * 5 + 12), &short);
    }
    for bytes in 0..70 {
        check(&arena(100), &[(100 - bytes, 100), (0, bytes), (3, 3 + bytes)]);
    }
}

#[test]
fn a_range_that_is_none_is_an_empty_message() {
    check(&arena(40), &[(41, 41), (30, 50), (20, 10), (u32::MAX, 3), (0, u32::MAX), (0, 40)]);
}
