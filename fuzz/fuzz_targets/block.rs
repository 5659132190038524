//! Opening a block never panics, whatever bytes a client sends.
#![no_main]

use edm_block::Block;
use libfuzzer_sys::fuzz_target;
use sha2::{Digest, Sha256};

fuzz_target!(|bytes: &[u8]| {
    // The checksum is no obstacle to someone who writes blocks, so the fuzzer bypasses it.
    let mut sealed = bytes.to_vec();
    sealed.extend_from_slice(&Sha256::digest(bytes));
    if let Ok(block) = Block::open(&sealed) {
        let rows = block.rows();
        assert!(rows.columns.iter().all(|column| column.hashes.len() <= rows.row_count as usize));
    }
});
