//! The short way says of every cell what the slow path says, which goes through all of folding.

use edm_model::{
    CaseRule, Column, Columns, Country, DataType, DateOrder, Delimiters, DiacriticRule, PlaceholderWords,
    Rule,
};
use proptest::prelude::*;

use crate::key::keys::Salt;
use crate::rows::record::{RecordHasher, Records};
use crate::simd::backend::{PLAIN_BYTES_MAX, ROOM_BYTES};
use crate::simd::level::Level;
use crate::simd::swar::Swar;
use crate::value::placeholder::Placeholders;
use crate::value::plain::form::Form;
use crate::value::plain::judge::{Judged, judge};
use crate::value::plain::plain_cell::Plain;
use crate::value::plain::plain_rule::PlainRule;
use crate::value::value_type::{ValueType, WithType};
use crate::value::with_type;

fn types() -> Vec<DataType> {
    let mut types = vec![
        DataType::Text,
        DataType::Email,
        DataType::Name,
        DataType::Ssn,
        DataType::Card,
        DataType::Iban,
        DataType::Address,
    ];
    types.extend([None, Some(4), Some(9), Some(64), Some(65)].map(|width| DataType::Digits { width }));
    types.extend([None, Country::new("us"), Country::new("de")].map(|country| DataType::Phone { country }));
    let orders = [DateOrder::YearMonthDay, DateOrder::DayMonthYear, DateOrder::MonthDayYear];
    types.push(DataType::Date { order: None });
    types.extend(orders.map(|order| DataType::Date { order: Some(order) }));
    types
}

/// Columns of one type under every rule that matters, and one more that shares a rule.
fn columns(data_type: &DataType) -> Columns {
    let mut columns = Vec::new();
    for delimiters in ["", "-", " -", "-. /()@,'", "·#"] {
        for case in [CaseRule::Insensitive, CaseRule::Sensitive] {
            let delimiters = Delimiters::new(delimiters.chars()).expect("delimiters");
            let rule = Rule { data_type: data_type.clone(), case, delimiters, ..Rule::default() };
            columns.push(Column { rule, ..Column::text(format!("c{}", columns.len())).searchable() });
        }
    }
    columns.push(Column { name: "again".to_owned(), ..columns[0].clone() });
    columns.push(Column {
        name: "folds".to_owned(),
        rule: Rule { diacritics: DiacriticRule::Fold, ..columns[0].rule.clone() },
        ..columns[0].clone()
    });
    Columns::new(columns).expect("distinct names")
}

fn salt() -> Salt {
    Salt::new("0123456789abcdefghijklmnopqrstuv".to_owned()).expect("a salt")
}

/// Words that a store may have, of all shapes.
const WORDS: [&str; 9] =
    ["none", "kein Eintrag", "k. A.", "12345", "n'a", "<x>", "entfällt", "not provided", "0 0"];

fn hasher(columns: &Columns, tokens_max: u32, own_words: bool) -> RecordHasher {
    let hasher = RecordHasher::new(&salt(), columns, tokens_max);
    if !own_words {
        return hasher;
    }
    let words = PlaceholderWords::new(WORDS.map(str::to_owned).to_vec()).expect("few short words");
    let names = ["none".to_owned()];
    let of = |column: &Column| Placeholders::of_column(&words, column).and_names(&names, &column.rule);
    hasher.placeholders(&columns.as_slice().iter().map(of).collect::<Vec<_>>())
}

fn hashers(columns: &Columns, tokens_max: u32, own_words: bool) -> [RecordHasher; 2] {
    [hasher(columns, tokens_max, own_words), hasher(columns, tokens_max, own_words).without_fast_path()]
}

/// Hashes each cell in every column of the type, both ways.
fn check(data_type: &DataType, cells: &[String], tokens_max: u32, own_words: bool) {
    let columns = columns(data_type);
    let [mut short, mut general] = hashers(&columns, tokens_max, own_words);
    let width = columns.as_slice().len();
    for cell in cells {
        let record = std::iter::repeat_n(cell.as_str(), width);
        assert_eq!(short.push(record.clone()), general.push(record), "{data_type:?} {cell:?}");
    }
    let (short, general) = (short.finish(), general.finish());
    let (mut text, mut spans) = (String::new(), Vec::new());
    for cell in cells {
        let start = text.len() as u32;
        text.push_str(cell);
        spans.extend(std::iter::repeat_n((start, text.len() as u32), width));
    }
    for path in Level::available() {
        let mut many = hasher(&columns, tokens_max, own_words).on_path(path);
        many.push_all(&Records { text: &text, cells: &spans, count: cells.len() as u32, left_out: &[] });
        assert_eq!(many.finish(), short, "{path:?} {data_type:?} {cells:?}");
    }
    if short != general {
        // Which cell, and what of it.
        for cell in cells {
            let [mut short, mut general] = hashers(&columns, tokens_max, own_words);
            let record = std::iter::repeat_n(cell.as_str(), width);
            short.push(record.clone());
            general.push(record);
            assert_eq!(short.finish(), general.finish(), "{data_type:?} {cell:?}");
        }
    }
    assert_eq!(short, general, "{data_type:?} {cells:?}");
}

/// What is written in cells: values of all types, nearly so, and anything.
fn cell() -> impl Strategy<Value = String> {
    let written = prop_oneof![
        "[0-9]{3}([- ./][0-9]{2}[- ./]|[0-9]{2})[0-9]{4}",
        "[09]{1,11}",
        "[0-9]{1,19}",
        "4[0-9]{3}([ -][0-9]{4}){3}",
        "(4111 1111 1111 1111|4111-1111-1111-1111|378282246310005|5555 5555 5555 4444|411111111111 1111)",
        "(DE89 3704 0044 0532 0130 00|DE89370400440532013000|gb29NWBK60161331926819|GB29-NWBK-6016-1331-9268-19)",
        "[1-2][089][0-9]{2}[-/. ][0-1]?[0-9][-/. ][0-3]?[0-9]",
        "[0-3]?[0-9][-/. ][0-3]?[0-9][-/. ]([0-9]{2}|[1-2][089][0-9]{2})",
        "(1900-01-01|01/01/1900|1900-1-1T00:00|1.1.1900 00:00|19000101|1900 1 1)",
        "[0-3]?[0-9](st|th|\\.)? (Jan|march|Mai|december|dez)[.,]? [0-9]{2,4}",
        "(\\+|\\+1 |\\(|00|011|\\+49)?[0-9]{2,4}[-) ./]{0,2}[0-9]{2,4}[- ./]{0,3}[0-9]{3,5}( x[0-9]{2})?",
        "[A-Za-z]{1,8}([ .'-][A-Za-z]{1,8}){0,4}(, [A-Z][a-z]{1,6})?",
        "(Dr\\. |sr |Prof )?[A-Z][a-z]{1,6}( \\([A-Z][a-z]{1,4}\\)| '[a-z]{2}'|_[a-z]{3}|ue[a-z])? [A-Z][a-z]{1,6}(,? Jr\\.?| III| Ph\\.D\\.|, MD| M\\.D)?",
        "[A-Za-z0-9._+%-]{1,12}@[a-z0-9-]{1,9}\\.[a-z.]{1,6}",
        "[a-c0-9._@-]{1,6}@[a-c0-9_+.@-]{1,6}\\.[a-z]",
        "[0-9]{1,4} [A-Z][a-z]{2,8} (St|Street|Ave|N\\.)[.,]? ?[A-Za-z ]{0,12}[0-9]{0,5}",
        "(null|N/A|#n/a|unknown|NULL |nul|unknow|n a)",
        "(kein  ?Eintrag|K\\. ?a\\.|12345|N[`']A|<X>|[Nn]one|ENTFÄLLT|0 0|99|[0-9]?99999)",
        "(none|NaN|\\(Null\\)|<NA>|\\\\N|#REF!|#DIV/0!|not( {1,2}|\\t|\\n)(provided|given|on file)|T\\.?B\\.?D\\.?|k\\. ?A\\.|n`a)",
        "[A-Za-z0-9]{1,24}([ -][A-Za-z0-9]{1,20}){0,4}",
        "\\PC{0,24}",
        "[ -~]{0,80}",
        "[ \\-.,/'@()0-9a-cA-C]{0,24}",
    ];
    // Cells of all lengths around a whole word, and with one character that does not belong there.
    (
        written,
        "[ ]{0,2}",
        "[ ]{0,2}",
        prop::option::weighted(0.2, (any::<prop::sample::Index>(), "[ -~\t`é０]")),
    )
        .prop_map(|(mut cell, before, behind, odd)| {
            if let Some((place, odd)) = odd {
                let places: Vec<usize> = cell.char_indices().map(|(at, _)| at).chain([cell.len()]).collect();
                cell.insert_str(places[place.index(places.len())], &odd);
            }
            format!("{before}{cell}{behind}")
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn both_ways_say_the_same(cells in prop::collection::vec(cell(), 24), tokens_max in prop_oneof![Just(2u32), Just(64)], own_words: bool) {
        types().iter().for_each(|data_type| check(data_type, &cells, tokens_max, own_words));
    }

    /// However records come, one by one or many at once, they are hashed alike.
    #[test]
    fn batches_are_what_their_records_are(cells in prop::collection::vec((cell(), cell(), prop::bool::weighted(0.1)), 0..40), cut in 0usize..40) {
        let columns = Columns::new(vec![
            Column::text("name").typed(DataType::Name).searchable(),
            Column { key: true, ..Column::text("number").typed(DataType::Digits { width: Some(9) }).searchable() },
        ]).expect("two columns");
        let mut single = RecordHasher::new(&salt(), &columns, 64);
        let mut batches = RecordHasher::new(&salt(), &columns, 64);
        let (front, behind) = cells.split_at(cut.min(cells.len()));
        for records in [front, behind] {
            let mut expected = Vec::new();
            let (mut text, mut spans, mut left_out) = ("§".to_owned(), Vec::new(), Vec::new());
            for (record, (name, number, is_left_out)) in (0u32..).zip(records) {
                if *is_left_out {
                    single.push_rejected();
                    left_out.push(record);
                    continue;
                }
                for cell in [name, number] {
                    let start = text.len() as u32;
                    text.push_str(cell);
                    spans.push((start, text.len() as u32));
                }
                let outcome = single.push([name.as_str(), number.as_str()].into_iter());
                if outcome != (crate::rows::record::RecordOutcome::Accepted { refused_cells: Vec::new() }) {
                    expected.push((record, outcome));
                }
            }
            let count = records.len() as u32;
            let outcomes = batches.push_all(&Records { text: &text, cells: &spans, count, left_out: &left_out });
            prop_assert_eq!(outcomes, expected);
        }
        prop_assert_eq!(batches.finish(), single.finish());
    }
}

/// Judges one cell with the type of a rule.
struct One<'a, 'f> {
    plain: Plain<'a>,
    rule: &'a PlainRule,
    form: &'a mut Form<'f>,
}

impl WithType for One<'_, '_> {
    type Output = Judged;

    fn with_type<T: ValueType>(self, data_type: T) -> Judged {
        judge(data_type, &self.plain, self.rule, self.form)
    }
}

/// The usual ways of writing take the fast path, or it would be none.
#[test]
fn usual_cells_take_the_fast_path() {
    let check = |data_type: DataType, delimiters: &str, cell: &str, expected: &str| {
        let delimiters = Delimiters::new(delimiters.chars()).expect("delimiters");
        let rule = Rule { data_type, delimiters, ..Rule::default() };
        let mut bytes = [b'x'; ROOM_BYTES];
        bytes[..cell.len()].copy_from_slice(cell.as_bytes());
        let plain = Plain::of(&bytes, cell.len(), Swar).expect("plain");
        let (mut room, plain_rule) = ([0; ROOM_BYTES], PlainRule::new(&rule, 64, Placeholders::none(&rule)));
        let mut form = Form::new(&mut room, true);
        let judged = with_type(&rule, One { plain, rule: &plain_rule, form: &mut form });
        assert_eq!(judged, Judged::Value, "{cell:?}");
        assert_eq!(std::str::from_utf8(form.bytes()), Ok(expected));
    };
    let digits = |width| DataType::Digits { width };
    check(DataType::Text, "", "  The  Old-Mill ", "the old-mill");
    check(DataType::Text, "-", "Old-Mill - 7", "oldmill - 7");
    check(digits(None), "-", "900-11-2222", "900112222");
    check(digits(Some(9)), "", "12345", "000012345");
    check(DataType::Email, "", "Ann.Lee7@Mail.Example.org", "ann.lee7@mail.example.org");
    check(DataType::Name, "", "Mary-Jane O'Neil", "mary jane o neil");
    check(DataType::Ssn, "", "900-11-2222", "900112222");
    check(DataType::Card, "", "4111 1111 1111 1111", "4111111111111111");
    check(DataType::Phone { country: Country::new("us") }, "", "(415) 555-0123", "+14155550123");
    check(DataType::Date { order: None }, "", "1961-07-31", "1961-07-31");
    check(DataType::Date { order: Some(DateOrder::DayMonthYear) }, "", "3.11.1961", "1961-11-03");
    check(DataType::Iban, "", "DE89 3704 0044 0532 0130 00", "de89370400440532013000");
    check(DataType::Text, "", &"a".repeat(PLAIN_BYTES_MAX), &"a".repeat(PLAIN_BYTES_MAX));
}
