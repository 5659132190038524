//! Every value, in every way of writing that the page names, is found in a text as the form that
//! its cell has; and no text at all breaks a recogniser.

use proptest::prelude::*;

use super::*;

const MONTHS: [[&str; 12]; 6] = [
    [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ],
    [
        "Januar",
        "Februar",
        "März",
        "April",
        "Mai",
        "Juni",
        "Juli",
        "August",
        "September",
        "Oktober",
        "November",
        "Dezember",
    ],
    [
        "janvier",
        "février",
        "mars",
        "avril",
        "mai",
        "juin",
        "juillet",
        "août",
        "septembre",
        "octobre",
        "novembre",
        "décembre",
    ],
    [
        "enero",
        "febrero",
        "marzo",
        "abril",
        "mayo",
        "junio",
        "julio",
        "agosto",
        "septiembre",
        "octubre",
        "noviembre",
        "diciembre",
    ],
    [
        "janeiro",
        "fevereiro",
        "março",
        "abril",
        "maio",
        "junho",
        "julho",
        "agosto",
        "setembro",
        "outubro",
        "novembro",
        "dezembro",
    ],
    [
        "gennaio",
        "febbraio",
        "marzo",
        "aprile",
        "maggio",
        "giugno",
        "luglio",
        "agosto",
        "settembre",
        "ottobre",
        "novembre",
        "dicembre",
    ],
];

/// Renders a text in the digits and dashes of other scripts.
fn dressed(text: &str, dress: u8) -> String {
    let digit = |c: char, zero: u32| char::from_u32(zero + u32::from(c) - u32::from('0')).expect("a digit");
    let map = |c: char| match (dress, c) {
        (1, '0'..='9') => digit(c, 0xFF10),
        (2, '0'..='9') => digit(c, 0x660),
        (3, '-') => '\u{2011}',
        (3, ' ') => '\u{A0}',
        (4, '-') => '\u{2212}',
        (4, ' ') => '\u{2009}',
        _ => c,
    };
    text.chars().map(map).collect()
}

#[track_caller]
fn check(rule: &Rule, forms: &[String], canonical: &str) {
    for form in forms {
        for dress in 0..5 {
            let form = dressed(form, dress);
            assert_eq!(cell(rule, &form).as_deref(), Some(canonical), "cell {form:?}");
            let around = format!("see: {form}; then");
            let found = text(rule, &around);
            let same = |own: &String| own.trim_start_matches('=').split('@').next() == Some(canonical);
            assert!(found.iter().any(same), "{form:?} has no {canonical}: {found:?}");
        }
    }
}

fn grouped(text: &str, groups: &[usize], joint: &str) -> String {
    let mut rest = text;
    let mut parts = Vec::new();
    for length in groups {
        let (part, behind) = rest.split_at((*length).min(rest.len()));
        parts.push(part);
        rest = behind;
    }
    parts.push(rest);
    parts.retain(|part| !part.is_empty());
    parts.join(joint)
}

/// Returns the digits with the last one that Luhn asks for.
fn with_luhn(digits: &str) -> String {
    let sum: u32 = digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(place, digit)| {
            let value = u32::from(digit - b'0') * if place % 2 == 0 { 2 } else { 1 };
            value / 10 + value % 10
        })
        .sum();
    format!("{digits}{}", (10 - sum % 10) % 10)
}

fn german_iban(account: &str) -> String {
    let remainder =
        format!("{account}131400").bytes().fold(0, |sum, digit| (sum * 10 + u32::from(digit - b'0')) % 97);
    format!("DE{:02}{account}", 98 - remainder)
}

proptest! {
    #[test]
    fn numbers_of_people(area in 1u32..1000, group in 1u32..100, serial in 1u32..10_000) {
        prop_assume!(area != 666 && !(area == 999 && group == 99 && serial == 9_999));
        let canonical = format!("{area:03}{group:02}{serial:04}");
        let forms = ["-", " ", ".", "/", " - ", ""].map(|joint| format!("{area:03}{joint}{group:02}{joint}{serial:04}"));
        check(&rule(DataType::Ssn, ""), &forms, &canonical);
        let bare = canonical.trim_start_matches('0');
        prop_assert_eq!(cell(&rule(DataType::Ssn, ""), bare), Some(canonical.clone()));
    }

    #[test]
    fn cards(digits in "[2-6][0-9]{10,17}") {
        let canonical = with_luhn(&digits);
        prop_assume!(canonical.bytes().any(|digit| Some(&digit) != canonical.as_bytes().first()));
        let mut forms = vec![canonical.clone()];
        for joint in [" ", "-", ".", "/", "  ", " - ", ". "] {
            forms.push(grouped(&canonical, &[4, 4, 4, 4], joint));
            forms.push(grouped(&canonical, &[4, 6, 5], joint));
            forms.push(grouped(&canonical, &[3, 3, 3, 3, 3, 3], joint));
        }
        check(&rule(DataType::Card, ""), &forms, &canonical);
    }

    #[test]
    fn accounts(account in "[0-9]{18}") {
        let canonical = german_iban(&account);
        let forms = [
            canonical.clone(),
            grouped(&canonical, &[4, 4, 4, 4, 4], " "),
            grouped(&canonical, &[4, 4, 4, 4, 4], "-"),
            grouped(&canonical, &[2, 2, 8], " "),
            grouped(&canonical, &[4, 4, 4, 4, 4], "."),
            grouped(&canonical, &[4, 4, 4, 4, 4], "  "),
            grouped(&canonical, &[4, 8, 5], " / "),
            grouped(&canonical.to_lowercase(), &[4, 8, 5], " "),
        ];
        check(&rule(DataType::Iban, ""), &forms, &canonical.to_lowercase());
    }

    #[test]
    fn days(year in 1000u16..3000, month in 1usize..13, day in 1u8..29, language in 0usize..6) {
        use edm_model::DateOrder::{DayMonthYear, MonthDayYear};
        prop_assume!((year, month, day) != (1900, 1, 1));
        let canonical = format!("{year}-{month:02}-{day:02}");
        let name = MONTHS[language][month - 1];
        let upper = name.to_uppercase();
        let mut forms = vec![format!("{year}{month:02}{day:02}"), format!("{year}年{month}月{day}日")];
        for joint in ["-", "/", ".", " "] {
            forms.push(format!("{year}{joint}{month}{joint}{day}"));
            forms.push(format!("{day:02}{joint}{name}{joint}{year}"));
        }
        forms.push(format!("{day} {upper} {year}"));
        forms.push(format!("{day}. {name} {year}"));
        forms.push(format!("{day} de {name} de {year}"));
        forms.push(format!("{day}th of {name}, {year}"));
        forms.push(format!("{name} {day}, {year}"));
        forms.push(format!("{name} {day}th {year}"));
        forms.push(format!("{day}{upper}{year}"));
        check(&rule(DataType::Date { order: None }, ""), &forms, &canonical);
        for joint in ["-", "/", ".", " ", ". "] {
            let day_first = [format!("{day}{joint}{month}{joint}{year}"), format!("{day:02}{joint}{month:02}{joint}{year}")];
            check(&rule(DataType::Date { order: Some(DayMonthYear) }, ""), &day_first, &canonical);
            let month_first = [format!("{month}{joint}{day}{joint}{year}"), format!("{month:02}{joint}{day:02}{joint}{year}")];
            check(&rule(DataType::Date { order: Some(MonthDayYear) }, ""), &month_first, &canonical);
        }
        if (1930..2030).contains(&year) {
            let short = format!("{:02}", year % 100);
            let forms = [format!("{day}/{month}/{short}"), format!("{day:02}-{name}-{short}")];
            check(&rule(DataType::Date { order: Some(DayMonthYear) }, ""), &forms, &canonical);
        }
    }

    #[test]
    fn any_text_is_survived(own in "\\PC{0,60}", near in "([0-9]{1,9}|May|de|DE89|GB|\\.|-| |/|\n|T|年|月|日|００|é){0,24}") {
        let types = [DataType::Ssn, DataType::Card, DataType::Iban, DataType::Date { order: None }];
        for data_type in types {
            for delimiters in ["", "- /"] {
                let rule = rule(data_type.clone(), delimiters);
                for text_of_both in [&own, &near] {
                    cell(&rule, text_of_both);
                    for found in text(&rule, text_of_both) {
                        // What a text has is, cut out, a cell of the same form, unless a text has
                        // more readings.
                        let (form, piece) = found.trim_start_matches(['~', '=']).split_once('@').expect("form@piece");
                        let same = cell(&rule, piece).is_none_or(|cell| cell == form);
                        let readings = matches!(rule.data_type, DataType::Date { .. });
                        prop_assert!(same || readings, "{found:?}");
                    }
                }
            }
        }
    }
}
