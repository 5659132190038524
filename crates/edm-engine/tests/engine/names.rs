//! Names as people, registers and programs write them, as evidence beside an account
//! (`docs/matching.md`, Names).

use edm_engine::{PreparedTypes, Query, Scratch, scan};
use edm_model::{Column, Columns, DataType};

use crate::support;

/// Compares the evidence of `ACC-771201` in each text with what is expected: nothing, or the name
/// as it stands there. The table's other record has another name.
#[track_caller]
fn check(folds: bool, cell: &str, cases: &[(&str, &str)]) {
    let name = Column::text("name").typed(DataType::Name);
    let name = if folds { name.folding_diacritics() } else { name };
    let columns = Columns::new(vec![Column::text("account").searchable(), name]).expect("columns");
    let rows: &[&[&str]] = &[&["ACC-771201", cell], &["ACC-771202", "Wilhelmina Quist Sr."]];
    let files = support::build(&columns, rows, 2, edm_engine::build::PART_BYTES_DEFAULT);
    let types = PreparedTypes::prepare([support::active(&files.open(), None)]);
    for (written, expected) in cases {
        let text = format!("ACC-771201: {written}");
        let report = scan(&Query::new(&text, &types), &mut Scratch::new());
        let evidences = report.types.iter().flat_map(|found| &found.matches).flat_map(|own| &own.evidences);
        let found: Vec<&str> =
            evidences.map(|evidence| &text[evidence.span.start..evidence.span.end]).collect();
        let expected: Vec<&str> = Some(*expected).into_iter().filter(|own| !own.is_empty()).collect();
        assert_eq!(found, expected, "{cell:?} in {text:?}");
    }
}

#[test]
fn father_and_son_are_two() {
    check(
        false,
        "Robin Fenwick Jr.",
        &[
            ("Robin Fenwick, Jr.", "Robin Fenwick, Jr"),
            ("Mr. Robin Fenwick", "Robin Fenwick"),
            ("Fenwick Jr., Robin", "Fenwick Jr., Robin"),
            ("Robin Fenwick Sr.", ""),
            ("Fenwick, Robin, III", ""),
        ],
    );
    check(
        false,
        "Robin Fenwick",
        &[("Robin Fenwick Sr.", "Robin Fenwick Sr"), ("Robin Fenwick", "Robin Fenwick")],
    );
}

#[test]
fn names_in_one_form() {
    check(false, "Todd O'Bryan", &[("TODD OBRYAN", "TODD OBRYAN"), ("Todd O Bryan’s", "Todd O Bryan")]);
    check(false, "Sean OBrien", &[("Sean O'Brien", "Sean O'Brien"), ("O’Brien, Sean", "O’Brien, Sean")]);
    check(false, "山田 太郎", &[("山田太郎様", "山田太郎"), ("山田　太郎", "山田　太郎")]);
    check(true, "Jörg Müller", &[("Joerg Mueller", "Joerg Mueller")]);
    check(true, "Joerg Saenger", &[("Jörg Sänger", "Jörg Sänger")]);
    check(false, "ÇELİK YILMAZ", &[("Çelik Yılmaz", "Çelik Yılmaz")]);
    check(false, "דוד כהן", &[("לדוד כהן", "לדוד כהן")]);
    check(
        false,
        "Robin Fenwick",
        &[("Robin_Fenwick.pdf", "Robin_Fenwick"), ("robinFenwick", "robinFenwick")],
    );
    check(
        false,
        "Elizabeth (Lisa) Vega",
        &[("Elizabeth (Lisa) Vega", "Elizabeth (Lisa) Vega"), ("Elizabeth Vega", "Elizabeth Vega")],
    );
    check(false, "Anna / Annie Vega", &[("Anna / Annie Vega", "Anna / Annie Vega"), ("Anna Vega", "")]);
    check(false, "Wu", &[("Wu", "Wu"), ("Wuu", "")]);
}
