//! Generates random cases: a table, patterns and a text. Equal decisions give equal cases, whether
//! from a seed ([`Seeded`], for long runs) or from a property test ([`strategy`], which can shrink
//! them).

mod cells;
mod choices;
mod focused;
mod op_sequences;
mod patterns;
mod shrink;
mod tables;
mod texts;
mod typed;

use proptest::strategy::Strategy;

use crate::oracle::{Asked, Question};
use cells::Cell;

pub use cells::NASTY;
pub use choices::{Choices, Listed, Seeded};
pub use op_sequences::{OpSequence, op_sequence};
pub use shrink::shrunk;
pub use tables::{Sample, table};

const COLUMNS_MAX: usize = 6;
const ROWS_MAX: usize = 60;
const PIECES_MAX: usize = 22;

/// One question about one table.
#[derive(Debug, Clone)]
pub struct Case {
    /// The table.
    pub sample: Sample,
    /// The question.
    pub question: Question,
}

/// Makes a case.
pub fn case(choices: &mut impl Choices) -> Case {
    if choices.chance(40) {
        return focused::case(choices);
    }
    let (sample, cells) = tables::with_values(choices, COLUMNS_MAX, ROWS_MAX);
    let default_percent = 30;
    let question = question(choices, (&sample, &cells), default_percent);
    Case { sample, question }
}

/// Makes a question about a table whose values are spelled as in `cells`. With a given probability
/// it uses the default type.
fn question(
    choices: &mut impl Choices,
    (sample, cells): (&Sample, &[Vec<Cell>]),
    default_percent: usize,
) -> Question {
    let text = texts::text(choices, cells, PIECES_MAX);
    let asked = if choices.chance(default_percent) {
        Asked::Default
    } else {
        Asked::Own(patterns::patterns(choices, sample.columns.as_slice()))
    };
    let mut question = Question { patterns: asked, ..Question::new(text) };
    question.minimum_confidence = [1, 1, 1, 75, 80][choices.below(5)];
    if choices.chance(10) {
        let units = question.text.encode_utf16().count();
        question.candidates = (0..choices.between(1, 3))
            .map(|_| (choices.below(units + 1) as u64, choices.between(1, 12) as u64))
            .collect();
    }
    if choices.chance(10) {
        let column = choices.below(sample.columns.as_slice().len());
        let values =
            (0..choices.between(1, 2)).map(|_| sample.rows[choices.below(sample.rows.len())][column].clone());
        question.exempt = vec![(sample.columns.as_slice()[column].name.clone(), values.collect())];
    }
    question
}

/// Makes cases for a property test.
pub fn strategy() -> impl Strategy<Value = Case> {
    proptest::collection::vec(proptest::num::u16::ANY, 0..1_500)
        .prop_map(|list| case(&mut Listed::new(&list)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    use crate::oracle::Table;
    use edm_model::DataType;

    /// Guards against a generator that no longer writes what a type accepts, and so tests nothing.
    #[test]
    fn values_of_every_type_are_found() {
        let mut found: BTreeMap<&str, usize> = BTreeMap::new();
        for seed in 0..800 {
            let case = case(&mut Seeded::new(seed));
            let table = Table::new(case.sample.columns.clone(), &case.sample.rows, 64);
            let types = case.sample.columns.as_slice().iter().map(|column| column.rule.data_type.as_str());
            let types: Vec<&str> = types.collect();
            for one in table.scan(&case.question).iter().flat_map(|found| &found.matches) {
                let evidences = one.evidences.iter().map(|evidence| evidence.column);
                for column in evidences.chain([one.column]) {
                    *found.entry(types[column]).or_default() += 1;
                }
            }
        }
        for name in DataType::WORDS {
            assert!(found.get(name).is_some_and(|count| *count >= 10), "{name}: {found:?}");
        }
    }

    #[test]
    fn cases_are_worth_asking() {
        let mut matched = 0;
        let mut supported = 0;
        for seed in 0..200 {
            let case = case(&mut Seeded::new(seed));
            let table = Table::new(case.sample.columns, &case.sample.rows, 64);
            let found = table.scan(&case.question);
            matched += usize::from(found.is_some());
            let evidence = found.iter().flat_map(|found| &found.matches).flat_map(|one| &one.evidences);
            supported += usize::from(evidence.into_iter().any(|evidence| evidence.counted));
        }
        assert!(matched > 60 && supported > 20, "{matched} of 200 match, {supported} with evidence");
        assert!(matched < 190, "{matched} of 200 match");
    }
}
