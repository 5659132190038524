use aes::Aes256;
use aes::cipher::{Array, BlockCipherEncrypt, KeyInit};
use proptest::prelude::*;

use super::*;

struct List {
    blocks: Vec<Block>,
    encrypted: Vec<Block>,
    put: usize,
}

impl Blocks for List {
    fn block(&self, index: usize) -> Block {
        self.blocks.get(index).copied().unwrap_or_default()
    }

    fn put(&mut self, index: usize, encrypted: &Block) {
        assert_eq!(index, self.put, "in order");
        self.put += 1;
        if let Some(place) = self.encrypted.get_mut(index) {
            *place = *encrypted;
        }
    }
}

/// The `aes` crate, one block at a time, is the oracle of every level that the machine has.
fn check(key: &[u8; 32], blocks: &[Block]) {
    let oracle = Aes256::new(&Array::from(*key));
    let expected: Vec<Block> = blocks
        .iter()
        .map(|block| {
            let mut block = Array::from(*block);
            oracle.encrypt_block(&mut block);
            block.into()
        })
        .collect();
    for level in Level::available() {
        let cipher = Cipher::new(key, level);
        let encrypted = vec![Block::default(); blocks.len()];
        let mut list = List { blocks: blocks.to_vec(), encrypted, put: 0 };
        cipher.encrypt(blocks.len(), &mut list);
        assert_eq!(list.encrypted, expected, "{level:?}");
        if let Some((block, expected)) = blocks.first().zip(expected.first()) {
            assert_eq!(cipher.encrypt_one(*block), *expected, "{level:?}, one");
        }
    }
}

proptest! {
    #[test]
    fn every_path_says_what_the_crate_says(
        key in any::<[u8; 32]>(),
        blocks in prop::collection::vec(any::<Block>(), 0..200),
    ) {
        check(&key, &blocks);
    }
}

/// FIPS 197, appendix C.3.
#[test]
fn the_standard_says_the_same() {
    let key: [u8; 32] = std::array::from_fn(|index| index as u8);
    let block: Block = std::array::from_fn(|index| (index * 0x11) as u8);
    let expected = 0x8ea2_b7ca_5167_45bf_eafc_4990_4b49_6089_u128.to_be_bytes();
    for level in Level::available() {
        assert_eq!(Cipher::new(&key, level).encrypt_one(block), expected, "{level:?}");
    }
}
