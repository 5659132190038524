//! Split-block Bloom filters over addresses (Putze, Sanders, Singler, "Cache-, hash- and space-efficient Bloom
//! filters", 2007; the eight constants are those of the Apache Parquet format).

const SALTS: [u32; 8] =
    [0x47b6_137b, 0x4497_4d91, 0x8824_ad5b, 0xa2b7_289d, 0x7054_95c7, 0x2df1_424b, 0x9efc_4947, 0x5c6b_fb31];
pub(crate) const BLOCK_BYTES: usize = 32;
const BITS_PER_ADDRESS: usize = 12;

/// Returns how many blocks a filter of so many addresses has.
pub(crate) fn blocks_for(addresses: usize) -> usize {
    (addresses * BITS_PER_ADDRESS).div_ceil(BLOCK_BYTES * 8).max(1)
}

fn block_of(address: u64, part_bits: u32, blocks: usize) -> usize {
    let spread = address << part_bits;
    (((spread >> 32) * blocks as u64) >> 32) as usize
}

fn bit(address: u64, salt: u32) -> u32 {
    1 << ((address as u32).wrapping_mul(salt) >> 27)
}

/// Adds an address to a filter of whole blocks.
pub(crate) fn insert(filter: &mut [u8], address: u64, part_bits: u32) {
    let at = block_of(address, part_bits, filter.len() / BLOCK_BYTES) * BLOCK_BYTES;
    let Some(block) = filter.get_mut(at..at + BLOCK_BYTES) else { return };
    let (words, _) = block.as_chunks_mut::<4>();
    for (word, salt) in words.iter_mut().zip(SALTS) {
        *word = (u32::from_le_bytes(*word) | bit(address, salt)).to_le_bytes();
    }
}

/// Says whether an address may have been added: never a false no.
pub(crate) fn contains(filter: &[u8], address: u64, part_bits: u32) -> bool {
    let at = block_of(address, part_bits, filter.len() / BLOCK_BYTES) * BLOCK_BYTES;
    let Some(block) = filter.get(at..at + BLOCK_BYTES) else { return false };
    let (words, _) = block.as_chunks::<4>();
    words.iter().zip(SALTS).all(|(word, salt)| {
        let bit = bit(address, salt);
        u32::from_le_bytes(*word) & bit == bit
    })
}
