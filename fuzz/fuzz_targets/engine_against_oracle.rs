//! Turns bytes into decisions, and decisions into a table, patterns and a text. The engine must
//! find what the naive oracle finds.
#![no_main]

use edm_testkit::differential::{disagreement, take_path_of};
use edm_testkit::generate::{Listed, case};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let choices: Vec<u16> =
        bytes.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
    take_path_of(bytes.len() as u64 / 2);
    if let Some(report) = disagreement(&case(&mut Listed::new(&choices))) {
        panic!("the engine and the oracle differ\n{report}");
    }
});
