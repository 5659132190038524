//! Deltas against the naive oracle, over random operation sequences.
//!
//! The default is a few hundred. `EDM_ORACLE_CASES=100000 cargo test -p edm-testkit --test
//! deltas_against_oracle` runs more; `EDM_ORACLE_SEED` sets the first seed.

use edm_testkit::generate::{Seeded, op_sequence};
use edm_testkit::op_sequences::{Seen, disagreement};

const CASES_DEFAULT: u64 = 300;

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

#[test]
fn a_delta_answers_as_the_table_that_it_leaves() {
    let first = number("EDM_ORACLE_SEED").unwrap_or(0);
    let cases = number("EDM_ORACLE_CASES").unwrap_or(CASES_DEFAULT);
    let mut all = Seen::default();
    for seed in first..first + cases {
        let mut sequence = op_sequence(&mut Seeded::new(seed));
        match disagreement(&sequence) {
            Ok(seen) => {
                all.apart += seen.apart;
                all.merged += seen.merged;
                all.found += seen.found;
            }
            Err(mut report) => {
                while sequence.deltas.len() > 1 {
                    let last = sequence.deltas.pop();
                    match disagreement(&sequence) {
                        Err(shorter) => report = shorter,
                        Ok(_) => {
                            sequence.deltas.extend(last);
                            break;
                        }
                    }
                }
                panic!("seed {seed}: the engine and the oracle differ\n{report}");
            }
        }
    }
    let least = cases as usize / 5;
    assert!(all.apart > least && all.merged > least && all.found > least, "{all:?} of {cases}");
}
