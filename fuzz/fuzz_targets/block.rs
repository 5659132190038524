//! Whatever bytes a client sends as a block, opening it ends in an answer.
#![no_main]

use edm_block::Block;
use libfuzzer_sys::fuzz_target;
use sha2::{Digest, Sha256};

fuzz_target!(|bytes: &[u8]| {
    // A checksum is no obstacle to whoever writes blocks, so it is none to the fuzzer.
    let mut sealed = bytes.to_vec();
    sealed.extend_from_slice(&Sha256::digest(bytes));
    if let Ok(block) = Block::open(&sealed) {
        let rows = block.rows();
        assert!(rows.columns.iter().all(|column| column.hashes.len() <= rows.row_count as usize));
    }
});
