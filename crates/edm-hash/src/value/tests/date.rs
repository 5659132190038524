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

const FOURTH: Option<&str> = Some("1982-03-04");

/// The fourth of March 1982, as people of other languages write it, and what is near it.
#[test]
fn months_of_other_languages() {
    for (own, expected) in [
        ("4 maart 1982", FOURTH),
        ("4e maart 1982", FOURTH),
        ("4 mrt. '82", FOURTH),
        ("4 marca 1982 r.", FOURTH),
        ("4 marca 1982r.", FOURTH),
        ("4 MARCA 1982 roku", FOURTH),
        ("4 марта 1982 г.", FOURTH),
        ("4 марта 1982г.", FOURTH),
        ("4-го марта 1982 года", FOURTH),
        ("4 МАР 1982", FOURTH),
        ("4 березня 1982 р.", FOURTH),
        ("4 Mart 1982", FOURTH),
        ("4 mars 1982", FOURTH),
        ("4. marts 1982", FOURTH),
        ("4. maaliskuuta 1982", FOURTH),
        ("4. maalisk. 1982", FOURTH),
        ("4. března 1982", FOURTH),
        ("4.brezna 1982", FOURTH),
        ("1982. március 4.", FOURTH),
        ("1982. márc. 4", FOURTH),
        ("4 martie 1982", FOURTH),
        ("4 Μαρτίου 1982", FOURTH),
        ("4 ΜΑΡΤΙΟΥ 1982", FOURTH),
        ("4 Μαρ 1982", FOURTH),
        ("4 de març de 1982", FOURTH),
        ("4 مارس 1982", FOURTH),
        ("٤ مارس ١٩٨٢", FOURTH),
        ("4 במרץ 1982", FOURTH),
        ("4 Mar '82", FOURTH),
        ("Mar 4 '82", FOURTH),
        ("Mar. 4, ’82", FOURTH),
        ("4Mar'82", FOURTH),
        ("4 de marzo de '82", FOURTH),
        ("środa, 4 marca 1982", FOURTH),
        ("Perşembe, 4 Mart 1982", FOURTH),
        ("4 ŞUBAT 1982", Some("1982-02-04")),
        ("4 lutego 1982", Some("1982-02-04")),
        ("4 ağustos 1982", Some("1982-08-04")),
        ("4 października 1982", Some("1982-10-04")),
        ("4 серпня 1982", Some("1982-08-04")),
        ("31 września 1982", None),
        ("30 лютого 1982", None),
        ("4 mars", None),
        ("4 marta 1982x", None),
        ("4 Mar '982", None),
        ("4 Mar ''82", None),
        ("4 маартa 1982", None),
        ("4 марта 1982 гг. х", None),
    ] {
        assert_eq!(cell(&date(None), own).as_deref(), expected, "cell {own:?}");
        let form = expected.unwrap_or("-");
        let found = text(&date(None), &format!("born {own}, in"));
        assert_eq!(
            found.iter().any(|found| found.starts_with(&format!("{form}@"))),
            expected.is_some(),
            "{own:?} {found:?}"
        );
    }
}

#[test]
fn eras() {
    check_cells(
        &date(None),
        &[
            ("昭和57年3月4日", FOURTH),
            ("昭和５７年３月４日", FOURTH),
            ("昭和 57 年 3 月 4 日", FOURTH),
            ("昭和57.3.4", FOURTH),
            ("昭和57/03/04", FOURTH),
            ("㍼57年3月4日", FOURTH),
            ("昭57-3-4", FOURTH),
            ("昭57年3月4日", FOURTH),
            ("S57.3.4", FOURTH),
            ("s57/3/4", FOURTH),
            ("Ｓ５７．３．４", FOURTH),
            ("S.57.3.4", FOURTH),
            ("S57年3月4日", FOURTH),
            ("民國71年3月4日", FOURTH),
            ("1982年3月4号", FOURTH),
            ("令和元年5月1日", Some("2019-05-01")),
            ("R1.5.1", Some("2019-05-01")),
            ("平成元年1月8日", Some("1989-01-08")),
            ("H31.4.30", Some("2019-04-30")),
            ("T15.12.25", Some("1926-12-25")),
            ("M45.7.30", Some("1912-07-30")),
            ("令和元.5.1", Some("2019-05-01")),
            ("R元年5月1日", Some("2019-05-01")),
            ("昭和64年1月8日", None),
            ("平成31年5月1日", None),
            ("H1.1.7", None),
            ("R0.5.1", None),
            ("令和1年4月30日", None),
            ("S57.3/4", None),
            ("S 57.3.4", None),
            ("X57.3.4", None),
            ("SS57.3.4", None),
            ("昭和57年3月", None),
            ("昭和57年3月4目", None),
            ("昭平57年3月4日", None),
            ("昭和100年3月4日", None),
        ],
    );
    check_texts(
        &date(None),
        &[
            ("生年月日:昭和57年3月4日生", &["1982-03-04@昭和57年3月4日"]),
            ("昭和５７．３．４", &["1982-03-04@昭和５７．３．４"]),
            ("(S57.3.4)", &["~1982-03-04@S57.3.4"]),
            ("昭57.3.4", &["~1982-03-04@昭57.3.4"]),
            ("令和元年5月1日", &["2019-05-01@令和元年5月1日"]),
            ("xS57.3.4 S57.3.4.5 1S57.3.4", &[]),
            ("release R1.5.0", &[]),
            ("昭和64年3月4日", &[]),
            ("57.3.4", &["1957-03-04@57.3.4", "2057-03-04@57.3.4"]),
            ("1982-03-04г", &["1982-03-04@1982-03-04"]),
        ],
    );
}

#[test]
fn eight_digits_in_the_order_of_the_column() {
    use DateOrder::{DayMonthYear, MonthDayYear, YearMonthDay};
    let cases: &[(&str, [Option<&str>; 4])] = &[
        ("04031982", [None, None, FOURTH, Some("1982-04-03")]),
        ("03041982", [None, None, Some("1982-04-03"), FOURTH]),
        ("19820304", [FOURTH, FOURTH, FOURTH, FOURTH]),
        ("13051960", [None, None, THIRTEENTH, None]),
        ("05131960", [None, None, None, THIRTEENTH]),
        ("04031899", [None, None, None, None]),
        ("04032100", [None, None, None, None]),
        ("32011982", [None, None, None, None]),
        ("4031982", [None, None, None, None]),
    ];
    let orders = [None, Some(YearMonthDay), Some(DayMonthYear), Some(MonthDayYear)];
    for (column, order) in orders.into_iter().enumerate() {
        for (own, expected) in cases {
            assert_eq!(cell(&date(order), own).as_deref(), expected[column], "{own} {order:?}");
        }
    }
    check_texts(
        &date(Some(DayMonthYear)),
        &[
            ("born 04031982.", &["~1982-03-04@04031982"]),
            ("born 19820304.", &["1982-03-04@19820304"]),
            ("account 99031982", &[]),
        ],
    );
    check_texts(&date(None), &[("born 04031982.", &[])]);
}
