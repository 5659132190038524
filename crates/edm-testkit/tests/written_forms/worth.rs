//! What texts are worth against a table of one row, by the engine and the oracle.

use edm_engine::Accelerators;
use edm_testkit::differential::{disagreement, findings};
use edm_testkit::generate::{Case, Sample};
use edm_testkit::oracle::{Asked, Question};
use edm_testkit::sample::{columns, pattern, rows};

/// What a text without another value of the row is worth.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Worth {
    /// It is a match by itself.
    Alone,
    /// It is a match beside another value of the row.
    WithFact,
    /// It is none.
    Nothing,
}

/// Returns the confidences and places of the findings of a text.
fn found(case: &Case) -> Vec<(u8, String)> {
    let found = findings(case, Accelerators::default());
    let text = &case.question.text;
    let matches = found.iter().flat_map(|found| &found.matches);
    matches.map(|one| (one.confidence, text[one.span.start..one.span.end].to_owned())).collect()
}

/// Checks texts against a table of one row: a cell, and the name Langer. In a text the place is
/// between `{` and `}`.
pub(crate) fn check(column: &str, cell: &str, cases: &[(&str, Worth)]) {
    let name = column.split(['*', ' ']).next();
    let patterns = vec![pattern(75, name, 1, &["nm"]), pattern(65, name, 0, &[])];
    for (marked, worth) in cases {
        let (front, behind) = marked.split_once('{').unwrap_or((marked, "}"));
        let (place, behind) = behind.split_once('}').expect("the place ends");
        let text = [front, place, behind].concat();
        for (text, confidence) in [(text.clone(), 65), (format!("Langer: {text}"), 75)] {
            let case = Case {
                sample: Sample {
                    columns: columns(&[column, "nm name"]),
                    rows: rows(&[&format!("{cell}|Langer")]),
                },
                question: Question { patterns: Asked::Own(patterns.clone()), ..Question::new(text) },
            };
            assert_eq!(disagreement(&case), None);
            let is_match = *worth == Worth::Alone || *worth == Worth::WithFact && confidence == 75;
            let expected = is_match.then(|| (confidence, place.to_owned()));
            assert_eq!(
                found(&case),
                Vec::from_iter(expected),
                "{column}: {cell} in {:?}",
                case.question.text
            );
        }
    }
}
