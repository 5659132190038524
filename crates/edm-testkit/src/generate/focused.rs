//! Generates cases about one value: a column of its type, its cell in one spelling, and a text with
//! others. In large tables the two rarely meet.

use edm_model::{Columns, DataType};

use super::cells::{self, Cell};
use super::choices::Choices;
use super::tables::{Sample, typed, varied};
use super::typed::{self, KINDS, Value};
use super::{Case, texts};
use crate::oracle::{Asked, Question};
use crate::sample::pattern;

const AROUND: [&str; 18] = [
    " ", " ", ", ", "\n", ".", " (", ") ", "x", "T00:00 ", "z ", "-", " 12 ", " +49 ", "\u{200B}", "SSN",
    "Patient ", " ACC#", "(",
];

/// Makes a case with one typed column and another one as evidence.
pub(super) fn case(choices: &mut impl Choices) -> Case {
    let kind = KINDS[choices.below(KINDS.len())];
    let (own, other) = (typed::value(choices, kind), typed::value(choices, kind));
    let data_type = typed(choices, kind);
    let mut column = varied(choices, "c0", data_type);
    column.searchable = true;
    if let (Value::Phone(phone), DataType::Phone { country }) = (&own, &mut column.rule.data_type)
        && !choices.chance(25)
    {
        *country = phone.home();
    }
    let evidence = varied(choices, "c1", DataType::Text);
    let columns = Columns::new(vec![column, evidence]).expect("names are distinct and one is searchable");
    let mut rows = Vec::new();
    for value in [&own, &other] {
        let written = typed::written(choices, value);
        let text = if choices.chance(15) { typed::changed(choices, &written) } else { written };
        let value = Some(value.clone());
        rows.push(vec![
            Cell { text, value },
            Cell { text: cells::WORDS[rows.len()].to_owned(), value: None },
        ]);
    }
    let mut text = String::new();
    for _ in 0..choices.between(1, 5) {
        let row = usize::from(choices.chance(25));
        text.push_str(choices.pick(&AROUND));
        text.push_str(&texts::planted(choices, &rows[row]));
    }
    text.push_str(choices.pick(&AROUND));
    let patterns = if choices.chance(25) {
        Asked::Default
    } else {
        Asked::Own(vec![pattern(75, Some("c0"), 1, &["c1"]), pattern(65, Some("c0"), 0, &[])])
    };
    let rows = rows.iter().map(|row| row.iter().map(|cell| cell.text.clone()).collect()).collect();
    Case { sample: Sample { columns, rows }, question: Question { patterns, ..Question::new(text) } }
}
