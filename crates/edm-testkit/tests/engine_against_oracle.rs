//! The engine against the naive oracle, over random tables and texts.
//!
//! The default is five thousand cases. `EDM_ORACLE_CASES=100000 cargo test -p edm-testkit --test
//! engine_against_oracle` runs more; `EDM_ORACLE_SEED` sets the first seed.

use edm_engine::Accelerators;
use edm_testkit::differential::{
    all_findings, described, disagreement, explanation_fault, table_disagreement, take_path_of,
};
use edm_testkit::generate::{Case, Choices, Seeded, case, shrunk, strategy, table};
use proptest::test_runner::{Config, RngSeed, TestRunner};

const CASES_DEFAULT: u64 = 5_000;
/// Seeds outside the default range that once showed a difference.
const ONCE_DIFFERENT: [u64; 2] = [21_523, 211_238];

fn cases() -> u64 {
    std::env::var("EDM_ORACLE_CASES").ok().and_then(|count| count.parse().ok()).unwrap_or(CASES_DEFAULT)
}

fn first_seed() -> u64 {
    std::env::var("EDM_ORACLE_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(0)
}

/// Checks a case; a failing one is shrunk before it is shown.
fn check(seed: u64, case: Case) {
    if disagreement(&case).is_some() {
        let small = shrunk(case, &|candidate| disagreement(candidate).is_some());
        let report = disagreement(&small).unwrap_or_default();
        panic!("seed {seed}: the engine and the oracle differ\n{report}");
    }
}

#[test]
fn findings_of_seeded_cases() {
    for seed in (first_seed()..first_seed() + cases()).chain(ONCE_DIFFERENT) {
        take_path_of(seed);
        check(seed, case(&mut Seeded::new(seed)));
    }
}

/// The decoded view only contains text around escapes. Cutting it there must not change the
/// findings.
#[test]
fn findings_of_texts_with_escapes_far_apart() {
    let filler = |words: usize| -> String {
        (0..words).map(|word| ["left ", "12 ", "no. ", "x7, ", "ä "][word % 5]).collect()
    };
    for seed in first_seed()..first_seed() + cases() / 500 {
        take_path_of(seed);
        let mut case = case(&mut Seeded::new(seed));
        let own = case.question.text.clone();
        let escapes = ["\\n", "%20", "&amp;", "=3D", "\\u00e9"];
        let escape = |number: u64| escapes[(number % 5) as usize];
        case.question.text = format!(
            "{}{own}{}{own}{}{}{own}{}{}{own}",
            filler(200 + (seed % 90) as usize),
            filler((seed % 7) as usize),
            escape(seed),
            filler((seed % 150) as usize),
            escape(seed / 5),
            filler(300),
        );
        if let Some(report) = disagreement(&case) {
            panic!("seed {seed}: the engine and the oracle differ\n{report}");
        }
    }
}

#[test]
fn findings_of_generated_cases() {
    let config = Config {
        cases: 150,
        max_shrink_iters: 0,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(first_seed()),
        ..Config::default()
    };
    let outcome = TestRunner::new(config).run(&strategy(), |case| {
        check(first_seed(), case);
        Ok(())
    });
    assert!(outcome.is_ok(), "{outcome:?}");
}

#[test]
fn tables_of_seeded_cases() {
    for seed in first_seed()..first_seed() + cases() / 4 {
        let mut choices = Seeded::new(seed);
        let rows_max = [12, 60, 400][choices.below(3)];
        let difference = table_disagreement(&table(&mut choices, 5, rows_max));
        assert_eq!(difference, None, "seed {seed}\n{}", difference.clone().unwrap_or_default());
    }
}

#[test]
fn an_accelerator_changes_no_finding() {
    let all = Accelerators::default();
    let choices = [
        all,
        Accelerators { shapes: false, ..all },
        Accelerators { vocabulary: false, ..all },
        Accelerators { filter: false, ..all },
        Accelerators { shapes: false, vocabulary: false, filter: false },
    ];
    for seed in first_seed()..first_seed() + cases() / 4 {
        let case = case(&mut Seeded::new(seed));
        let found = all_findings(&case, &choices);
        for (one, choice) in found.iter().zip(choices) {
            assert_eq!(*one, found[0], "seed {seed}, {choice:?}\n{}", described(&case));
        }
    }
}

#[test]
fn explanations_are_deterministic_and_change_nothing() {
    for seed in first_seed()..first_seed() + cases() {
        let case = case(&mut Seeded::new(seed));
        let fault = explanation_fault(&case);
        assert_eq!(fault, None, "seed {seed}\n{}", fault.clone().unwrap_or_default());
    }
}
