//! Every AES implementation of the machine gives the same result as the portable one, for any
//! ranges.
#![no_main]

use edm_hash::{Hash, Level, RowCell, RowKey, RuleKeys, Salt};
use edm_model::{Rule, SessionId, StoreId};
use libfuzzer_sys::fuzz_target;

#[derive(Debug, PartialEq)]
struct Said {
    hashes: Vec<Hash>,
    tags: Vec<u32>,
    checks: Vec<u32>,
    check: Option<u32>,
}

fn say(level: Level, salt: &Salt, arena: &[u8], ranges: &[(u32, u32)]) -> Said {
    level.prefer();
    let keys = RuleKeys::derive(salt, &Rule::default());
    let (mut hashes, mut tags, mut checks) = (Vec::new(), Vec::new(), Vec::new());
    keys.hash_all(arena, ranges, &mut hashes);
    keys.vocabulary_tags(arena, ranges, &mut tags);
    let row_key = RowKey::derive(salt, StoreId::from_bytes([1; 16]), SessionId::from_bytes([2; 16]));
    let cell = |(hash, (row, column)): (&Hash, &(u32, u32))| RowCell {
        hash: *hash,
        row: *row,
        column: *column as u16,
    };
    let cells: Vec<RowCell> = hashes.iter().zip(ranges).map(cell).collect();
    row_key.checks(&cells, &mut checks);
    let check = cells.first().map(|cell| row_key.check(cell));
    Said { hashes, tags, checks, check }
}

fuzz_target!(|bytes: &[u8]| {
    let Some((salt, bytes)) = bytes.split_at_checked(8) else { return };
    let salt: String = salt.iter().map(|byte| char::from(b'a' + byte % 26)).collect();
    let salt = Salt::new(salt).expect("eight characters are a salt");
    // The first half determines the ranges of the messages, most of them within the second half.
    let (ranges, arena) = bytes.split_at(bytes.len() / 2);
    let ranges: Vec<(u32, u32)> = ranges
        .chunks_exact(3)
        .map(|part| {
            let start = u32::from(part[0]) | u32::from(part[1]) << 8;
            let start = if part[1] == 0xff { start } else { start % (arena.len() as u32 + 1) };
            (start, (start + u32::from(part[2])).saturating_sub(4))
        })
        .collect();
    let expected = say(Level::Portable, &salt, arena, &ranges);
    for level in Level::available() {
        assert_eq!(say(level, &salt, arena, &ranges), expected, "{level:?}");
    }
});
