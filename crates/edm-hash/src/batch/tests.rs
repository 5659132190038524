use cmac::{Cmac, Mac};

use super::*;

/// The `cmac` crate, one message at a time, is the oracle of the batch.
#[test]
fn a_batch_is_what_cmac_says_one_by_one() {
    let key = [7u8; 32];
    let arena: Vec<u8> = (0..9_000u32).map(|i| (i * 31 % 251) as u8).collect();
    let messages: Vec<(u32, u32)> = (0..300u32).map(|i| (i * 7, i * 7 + i * i % 97)).collect();
    let mut tags = Vec::new();
    CmacKey::new(&key).tag_all(&arena, &messages, &mut tags);
    assert_eq!(tags.len(), messages.len());
    for (tag, (start, end)) in tags.iter().zip(&messages) {
        let mut mac = Cmac::<Aes256>::new(&key.into());
        mac.update(&arena[*start as usize..*end as usize]);
        assert_eq!(tag[..], mac.finalize().into_bytes()[..], "{} bytes", end - start);
    }
}
