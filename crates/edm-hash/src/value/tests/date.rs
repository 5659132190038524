use edm_model::DateOrder;

use super::*;

const FIFTH: Option<&str> = Some("1960-05-05");
const THIRTEENTH: Option<&str> = Some("1960-05-13");

fn date(order: Option<DateOrder>) -> Rule {
    rule(DataType::Date { order }, "")
}

#[test]
fn cells_of_one_reading() {
    for order in
        [None, Some(DateOrder::YearMonthDay), Some(DateOrder::DayMonthYear), Some(DateOrder::MonthDayYear)]
    {
        check_cells(
            &date(order),
            &[
                ("1960-05-05", FIFTH),
                (" 1960/5/5 ", FIFTH),
                ("1960.05.05", FIFTH),
                ("1960 05 05", FIFTH),
                ("19600505", FIFTH),
                ("05/05/1960", FIFTH),
                ("13/05/1960", THIRTEENTH),
                ("05/13/1960", THIRTEENTH),
                ("13.5.60", THIRTEENTH),
                ("13. 5. 1960", THIRTEENTH),
                ("13–05–1960", THIRTEENTH),
                ("１３／０５／１９６０", THIRTEENTH),
                ("١٣/٠٥/١٩٦٠", THIRTEENTH),
                ("13\u{a0}05\u{a0}1960", THIRTEENTH),
                ("5 May 1960", FIFTH),
                ("5th of May, 1960", FIFTH),
                ("May 5, 1960", FIFTH),
                ("MAY 5TH 1960", FIFTH),
                ("5-May-1960", FIFTH),
                ("5-May-60", FIFTH),
                ("05MAY1960", FIFTH),
                ("1960-May-05", FIFTH),
                ("5. Mai 1960", FIFTH),
                ("5 mai 1960", FIFTH),
                ("1er mai 1960", Some("1960-05-01")),
                ("5 de mayo de 1960", FIFTH),
                ("5 de maio de 1960", FIFTH),
                ("5 maggio 1960", FIFTH),
                ("1º maggio 1960", Some("1960-05-01")),
                ("1.º de maio de 1960", Some("1960-05-01")),
                ("1. März 1960", Some("1960-03-01")),
                ("1 août 1960", Some("1960-08-01")),
                ("Sept. 9, 1960", Some("1960-09-09")),
                ("9 déc. 1960", Some("1960-12-09")),
                ("Thursday, 5 May 1960", FIFTH),
                ("Do. 5. Mai 1960", FIFTH),
                ("quinta-feira, 5 de maio de 1960", FIFTH),
                ("mar 3 mag 1960", Some("1960-05-03")),
                ("1960年5月5日", FIFTH),
                ("1960 年 5 月 5 日", FIFTH),
                ("1960년 5월 5일", FIFTH),
                ("1960-05-05T00:00:00", FIFTH),
                ("1960-05-05 00:00:00.000", FIFTH),
                ("1960-05-05T00:00:00Z", FIFTH),
                ("1960-05-05T00:00:00+00:00", FIFTH),
                ("5/5/1960 12:00:00 AM", FIFTH),
                ("1960-05-05Z", FIFTH),
                ("2000-02-29", Some("2000-02-29")),
                ("5-May-29", Some("2029-05-05")),
                ("5-May-30", Some("1930-05-05")),
                ("1960-05-05T10:20:30", None),
                ("5/5/1960 12:00:00 PM", None),
                ("1960-05-05 x", None),
                ("x 1960-05-05", None),
                ("born 5 May 1960", None),
                ("1900-02-29", None),
                ("1960-13-13", None),
                ("32/01/1960", None),
                ("0999-05-05", None),
                ("3000-05-05", None),
                ("5/5-1960", None),
                ("5 May", None),
                ("May 1960", None),
                ("5 Mei 1960", FIFTH),
                ("5 Foo 1960", None),
                ("123-45-6789", None),
                ("1960505", None),
                ("22041", None),
                ("1900-01-01", None),
            ],
        );
    }
}

#[test]
fn cells_that_the_order_decides() {
    use DateOrder::{DayMonthYear, MonthDayYear, YearMonthDay};
    let cases: &[(&str, [Option<&str>; 4])] = &[
        ("03/04/1960", [None, None, Some("1960-04-03"), Some("1960-03-04")]),
        ("3.4.60", [None, None, Some("1960-04-03"), Some("1960-03-04")]),
        ("03-04-05", [None, Some("2003-04-05"), Some("2005-04-03"), Some("2005-03-04")]),
        ("60-05-13", [None, Some("1960-05-13"), None, None]),
        ("60/5/3", [None, Some("1960-05-03"), None, None]),
        ("13-05-60", [Some("1960-05-13"), Some("1960-05-13"), Some("1960-05-13"), Some("1960-05-13")]),
        ("05/05/60", [FIFTH, FIFTH, FIFTH, FIFTH]),
        ("3 4 1960 00:00", [None, None, Some("1960-04-03"), Some("1960-03-04")]),
        ("6/5/3", [None, None, None, None]),
    ];
    for (column, order) in
        [None, Some(YearMonthDay), Some(DayMonthYear), Some(MonthDayYear)].into_iter().enumerate()
    {
        for (own, expected) in cases {
            assert_eq!(cell(&date(order), own).as_deref(), expected[column], "{own} {order:?}");
        }
    }
}

#[test]
fn texts() {
    check_texts(
        &date(None),
        &[
            ("born 1960-05-05.", &["1960-05-05@1960-05-05"]),
            ("13/05/1960", &["1960-05-13@13/05/1960"]),
            ("03/04/1960", &["1960-03-04@03/04/1960", "1960-04-03@03/04/1960"]),
            ("13.5.60", &["1960-05-13@13.5.60", "2060-05-13@13.5.60"]),
            ("05-May-60", &["1960-05-05@05-May-60", "2060-05-05@05-May-60"]),
            ("60-05-13", &["1960-05-13@60-05-13", "2060-05-13@60-05-13"]),
            ("13. 5. 1960", &["1960-05-13@13. 5. 1960"]),
            ("１９６０年５月５日生まれ", &["1960-05-05@１９６０年５月５日"]),
            ("am 5. Mai 1960 in", &["1960-05-05@5. Mai 1960"]),
            ("le 1er mai 1960", &["1960-05-01@1er mai 1960"]),
            ("5 de mayo\nde 1960", &["1960-05-05@5 de mayo\nde 1960"]),
            ("Thursday, May 5th, 1960, at", &["1960-05-05@May 5th, 1960"]),
            ("05MAY1960", &["1960-05-05@05MAY1960"]),
            ("1960-05-05T10:20:30Z", &["1960-05-05@1960-05-05"]),
            ("1960-05-05 10:20", &["1960-05-05@1960-05-05"]),
            ("19600505T102030", &["1960-05-05@19600505"]),
            ("1960-05-05Z", &["1960-05-05@1960-05-05"]),
            ("20 minutes, 19600505;", &["1960-05-05@19600505"]),
            ("DOB19600505", &["~1960-05-05@19600505"]),
            ("DOB1960-05-05", &[]),
            ("1960-05-05x", &[]),
            ("123-45-6789", &[]),
            ("1-1960-05-05", &[]),
            ("05-05-1960-12", &[]),
            ("10.12.05.60", &[]),
            ("1960\t05\t05", &[]),
            ("1960-5/5", &[]),
            ("2023-02-29 31.04.1960 1960-00-10", &[]),
            ("in May 1960 or 5 May", &[]),
            ("1960\u{2010}05\u{2010}05", &["1960-05-05@1960\u{2010}05\u{2010}05"]),
            ("१३/०५/१९६०", &["1960-05-13@१३/०५/१९६०"]),
        ],
    );
    check_texts(&rule(DataType::Date { order: None }, "_"), &[("1960_05_05", &["1960-05-05@1960_05_05"])]);
    let sensitive = Column::text("x").typed(DataType::Date { order: None }).case_sensitive().rule;
    check_texts(&sensitive, &[("5TH OF MÄRZ 1960", &["1960-03-05@5TH OF MÄRZ 1960"])]);
}
