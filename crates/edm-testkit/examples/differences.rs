//! Lists differences between the engine and the oracle, each shrunk: `differences FIRST_SEED COUNT
//! [SHOW]`.

use edm_testkit::differential::{disagreement, take_path_of};
use edm_testkit::generate::{Seeded, case, shrunk};

fn main() {
    let number = |position: usize, other: u64| {
        std::env::args().nth(position).and_then(|argument| argument.parse().ok()).unwrap_or(other)
    };
    let (first, count, show) = (number(1, 0), number(2, 1_000), number(3, 3));
    let mut different = 0;
    for seed in first..first + count {
        take_path_of(seed);
        let case = case(&mut Seeded::new(seed));
        if disagreement(&case).is_none() {
            continue;
        }
        different += 1;
        if different <= show {
            let small = shrunk(case, &|candidate| disagreement(candidate).is_some());
            println!("--- seed {seed}\n{}", disagreement(&small).unwrap_or_default());
        }
    }
    println!("{different} of {count} cases differ");
}
