use std::path::PathBuf;
use std::sync::Arc;

use edm_hash::Salt;

use super::*;
use crate::generation::file_bytes::FileBytes;
use crate::generation::format::part::Part;

/// The committed generation of this name.
fn opened(name: &str) -> Generation {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name);
    let manifest = std::fs::read(folder.join("manifest")).expect("a committed file");
    let mut open = |name: &str| std::fs::read(folder.join(name)).map(|bytes| Arc::new(bytes) as FileBytes);
    let salt = Salt::new("0123456789abcdefghijklmnopqrstuvwxyz".to_owned()).expect("a salt");
    Generation::open(&manifest, &mut open, &salt).expect("a whole generation")
}

/// Every address that the generation holds, and as many that it does not.
fn hashes(generation: &Generation) -> Vec<Hash> {
    let mut held = Vec::new();
    for column in 0..generation.columns().as_slice().len() {
        generation
            .gather(column, Part { number: 0, bits: 0 }, true, |address, row| held.push((address, row)));
    }
    let hash = |address: u64| u128::from(address).to_le_bytes();
    held.iter().flat_map(|(address, _)| [hash(*address), hash(address.rotate_left(17) ^ 1)]).collect()
}

/// One hash after the other is the oracle of the batch.
fn check(name: &str) {
    let generation = opened(name);
    let hashes = hashes(&generation);
    assert!(hashes.len() > 1_000, "{name} holds something");
    let mut marks = BitSet::default();
    for rule in 0..generation.rules().len() {
        let mut expected = Vec::new();
        for (column, definition) in generation.columns().as_slice().iter().enumerate() {
            if definition.searchable && generation.rule_position(column) == rule {
                let held = |(index, hash)| {
                    Some(LookupHit { index, column, rows: generation.rows_of(column, hash)? })
                };
                expected.extend(hashes.iter().enumerate().filter_map(held));
            }
        }
        for count in [0, 1, 31, 32, 33, 200, hashes.len()] {
            let hashes = &hashes[..count];
            let expected: Vec<_> = expected.iter().copied().filter(|held| held.index < count).collect();
            let mut found = Vec::new();
            marks.mark_all(count);
            generation.look_up(rule, hashes, &marks, &mut found);
            assert_eq!(found, expected, "{name}: all {count} looked up");
            found.clear();
            marks.clear(count);
            generation.mark_possible(rule, hashes, &mut marks);
            generation.look_up(rule, hashes, &marks, &mut found);
            assert_eq!(found, expected, "{name}: the possible of {count} looked up");
            let passed = marks.iter().count();
            assert!(count < 1_000 || passed < count * 3 / 5, "{name}: {passed} of {count} are possible");
        }
    }
}

#[test]
fn a_batch_finds_what_one_by_one_finds() {
    ["v3", "v3-delta"].into_iter().for_each(check);
}
