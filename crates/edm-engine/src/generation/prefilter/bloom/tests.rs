use proptest::prelude::*;

use super::*;

/// The slow twin: one address of one filter, word by word.
fn contains(filter: &[u8], address: u64, part_bits: u32) -> bool {
    let at = block_of(address, part_bits, filter.len() / BLOCK_BYTES) * BLOCK_BYTES;
    let Some(block) = filter.get(at..at + BLOCK_BYTES) else { return false };
    let (words, _) = block.as_chunks::<4>();
    words.iter().zip(SALTS).all(|(word, salt)| {
        let bit = bit(address, salt);
        u32::from_le_bytes(*word) & bit == bit
    })
}

fn hash(address: u64) -> Hash {
    (u128::from(address) | 0xABCD << 100).to_le_bytes()
}

fn check(part_bits: u32, added: &[u64], asked: &[u64]) {
    let part = |address: u64| if part_bits == 0 { 0 } else { (address >> (64 - part_bits)) as usize };
    let mut filters: Vec<Vec<u8>> = Vec::new();
    for number in 0..1usize << part_bits {
        let own: Vec<u64> = added.iter().copied().filter(|address| part(*address) == number).collect();
        let blocks = if own.is_empty() { 0 } else { blocks_for(own.len()) };
        filters.push(vec![0; blocks * BLOCK_BYTES]);
        own.iter().for_each(|address| insert(&mut filters[number], *address, part_bits));
    }
    let slices: Vec<&[Block]> = filters.iter().map(|filter| filter.as_chunks().0).collect();
    let hashes: Vec<Hash> = asked.iter().map(|address| hash(*address)).collect();
    for path in Level::available() {
        for before in [0, 1 << 3] {
            let mut marks = vec![0u64; hashes.len().div_ceil(64)];
            marks.first_mut().into_iter().for_each(|word| *word = before);
            mark(path, Parts { bits: part_bits, filters: &slices }, &hashes, &mut marks);
            for (index, address) in asked.iter().enumerate() {
                let expected = contains(&filters[part(*address)], *address, part_bits);
                assert!(expected || !added.contains(address), "never leaves one out");
                let marked = marks[index / 64] >> (index % 64) & 1 == 1;
                assert_eq!(marked, expected || (index == 3 && before != 0), "{path:?}, {index}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn a_batch_is_marked_as_one_by_one(
        part_bits in 0u32..4,
        added in prop::collection::vec(any::<u64>(), 0..200),
        strange in prop::collection::vec(any::<u64>(), 0..200),
    ) {
        let asked: Vec<u64> = strange.iter().copied().chain(added.iter().copied().step_by(2)).collect();
        check(part_bits, &added, &asked);
    }
}

#[test]
fn the_ends_of_the_space_are_marked() {
    check(0, &[0, u64::MAX], &[0, u64::MAX, 1, u64::MAX - 1]);
    check(3, &[0, u64::MAX, 1 << 61], &[0, u64::MAX, 1 << 61, (1 << 61) - 1]);
    check(2, &[], &[0, u64::MAX]);
    check(0, &[5], &[]);
}
