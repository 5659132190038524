//! Lists in SQL against the naive evaluator, over random rows and random queries.
//!
//! Some thousands by default. `EDM_ORACLE_CASES=100 cargo test -p edm-testkit --test lists` makes as many random catalogs, each
//! asked 200 queries a kind; `EDM_ORACLE_SEED` begins elsewhere.

use edm_testkit::generate::{Choices, Seeded};
use edm_testkit::lists::{Agreed, KINDS, RandomCatalog, filter, order};

const CATALOGS_DEFAULT: u64 = 3;
const QUERIES: u64 = 200;

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

#[tokio::test]
async fn the_catalog_finds_what_the_naive_evaluator_finds() {
    let first = number("EDM_ORACLE_SEED").unwrap_or(0);
    let catalogs = number("EDM_ORACLE_CASES").unwrap_or(CATALOGS_DEFAULT);
    let (mut asked, mut refused, mut telling) = (0, 0, 0);
    for seed in first..first + catalogs {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut choices = Seeded::new(seed);
        let catalog = RandomCatalog::build(folder.path(), &mut choices).await.expect("a catalog");
        for kind in KINDS {
            let rows = catalog.shown(kind);
            for _ in 0..QUERIES {
                let filter = filter(&mut choices, kind.properties(), &rows);
                let order = order(&mut choices, kind.properties());
                let page_count = [1, 2, 3, 100][choices.below(4)];
                asked += 1;
                match catalog.agree(kind, &filter, &order, page_count).await {
                    Ok(Agreed::Refused) => refused += 1,
                    Ok(Agreed::Found(found, of)) => telling += u64::from(found > 0 && found < of),
                    Err(report) => panic!("seed {seed}: {report}"),
                }
            }
        }
    }
    // Queries that find nothing or everything, or that are refused, say little.
    assert!(refused * 50 <= asked, "{refused} of {asked} are refused");
    assert!(telling * 4 >= asked, "{telling} of {asked} find some rows and not others");
}

/// Damages a text in a few places.
fn damaged(choices: &mut Seeded, text: &str) -> String {
    let mut characters: Vec<char> = text.chars().collect();
    for _ in 0..choices.between(1, 3) {
        let at = choices.below(characters.len() + 1);
        let other = choices
            .pick(&["(", ")", "'", ",", ":", "/", " ", "not ", " eq ", " and ", "x", "0", "-", "\u{0}", "é"]);
        match choices.below(3) {
            0 if at < characters.len() => drop(characters.remove(at)),
            1 => characters.truncate(at),
            _ => drop(characters.splice(at..at, other.chars())),
        }
    }
    characters.into_iter().collect()
}

#[tokio::test]
async fn a_damaged_query_ends_in_an_answer_too() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut choices = Seeded::new(number("EDM_ORACLE_SEED").unwrap_or(0));
    let catalog = RandomCatalog::build(folder.path(), &mut choices).await.expect("a catalog");
    let (mut asked, mut refused) = (0, 0);
    for kind in KINDS {
        let rows = catalog.shown(kind);
        for _ in 0..QUERIES {
            let filter = filter(&mut choices, kind.properties(), &rows);
            let filter = damaged(&mut choices, &filter);
            asked += 1;
            match catalog.agree(kind, &filter, "", 7).await {
                Ok(agreed) => refused += u64::from(agreed == Agreed::Refused),
                Err(report) => panic!("{report}"),
            }
        }
    }
    assert!(refused * 2 > asked && refused < asked, "{refused} of {asked} are refused");
}
