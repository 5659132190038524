//! Generates values of the types with a recogniser, each in many spellings, and text that only
//! looks like them.

use edm_model::Country;

use super::choices::Choices;

/// The types.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Ssn,
    Card,
    Phone,
    Date,
    Iban,
    Address,
}

pub(super) const KINDS: [Kind; 6] =
    [Kind::Ssn, Kind::Card, Kind::Phone, Kind::Date, Kind::Iban, Kind::Address];

/// A value before it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    Ssn(String),
    Card(String),
    Phone(Phone),
    Date(usize, usize, usize),
    Iban(&'static str),
    Address(&'static [&'static [&'static str]]),
}

/// A telephone number: country, calling code, national prefix, groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Phone(&'static str, &'static str, &'static str, &'static [&'static str]);

impl Phone {
    /// The country in which it may be written without a calling code.
    pub(super) fn home(self) -> Option<Country> {
        Country::new(self.0)
    }
}

const PHONES: [Phone; 16] = [
    Phone("de", "49", "0", &["30", "1234567"]),
    Phone("de", "49", "0", &["30", "12345"]),
    Phone("de", "49", "0", &["151", "234", "567", "89"]),
    Phone("us", "1", "1", &["212", "555", "0100"]),
    Phone("us", "1", "1", &["212", "555", "0101"]),
    Phone("de", "49", "0", &["49", "15", "12345678"]),
    Phone("it", "39", "", &["0049", "1234", "56"]),
    Phone("it", "39", "", &["06", "1234", "5678"]),
    Phone("hu", "36", "06", &["1", "234", "5678"]),
    Phone("ru", "7", "8", &["912", "345", "67", "89"]),
    Phone("mx", "52", "01", &["55", "1234", "5678"]),
    Phone("fr", "33", "0", &["1", "23", "45", "67", "89"]),
    Phone("gb", "44", "0", &["20", "7946", "0958"]),
    Phone("jp", "81", "0", &["3", "1234", "5678"]),
    Phone("no", "47", "", &["22", "12", "34", "56"]),
    Phone("by", "375", "8", &["29", "123", "45", "67"]),
];

const IBANS: [&str; 12] = [
    "DE89370400440532013000",
    "GB29NWBK60161331926819",
    "GB82WEST12345698765432",
    "FR1420041010050500013M02606",
    "NO9386011117947",
    "CH9300762011623852957",
    "MT84MALT011000012345MTLCAST001S",
    "BE68539007547034",
    "NL91ABNA0417164300",
    "LC55HEMM000100010012001200023015",
    "IT60X0542811101000000123456",
    "SE4550000000058398257466",
];

/// Digits of cards without the check digit.
const CARDS: [&str; 12] = [
    "411111111111111",
    "401288888888188",
    "37828224631000",
    "3056930902590",
    "630400000000",
    "63040000000",
    "422222222222",
    "555555555555444",
    "601100099013942",
    "411111111111111123",
    "00000000000000",
    "88888888888",
];

/// Addresses by part, each part in its spellings.
const ADDRESSES: [&[&[&str]]; 27] = [
    &[
        &["12", "No. 12", "# 12", "Nr.12"],
        &["Main"],
        &["St", "Street", "St.", "STREET"],
        &["Apt 5", "Apartment 5"],
    ],
    &[&["12"], &["Main"], &["Rd", "Road", "road."], &["Boston", "BOSTON"]],
    &[
        &["Hauptstr.", "Hauptstraße", "Haupt Str.", "HAUPTSTRASSE", "haupt-strasse"],
        &["5", "Nr. 5", "5th"],
        &["10115 Berlin", "10115"],
    ],
    &[&["Müllerstrasse", "Müllerstr", "Müllerstraße"], &["7a", "7 a", "7A"]],
    &[
        &["P.za", "Piazza", "Plaza", "P.ZZA"],
        &["Garibaldi"],
        &["n.o 5", "5", "n. 5", "n° 5", "N.ro 5", "n 5"],
    ],
    &[
        &["1st", "First", "1 st"],
        &["Ave", "Avenue", "av."],
        &["NE", "Northeast", "N.E."],
        &["12", "number 12"],
    ],
    &[&["King's", "Kings", "King\u{2019}s", "King"], &["Road", "Rd."], &["4"]],
    &[
        &["東京都千代田区"],
        &["丸の内"],
        &["1丁目2番3号", "1-2-3", "一丁目二番三号", "1の2の3", "1丁目2番地3", "１ー２ー３"],
    ],
    &[
        &["京都市"],
        &["二十一丁目3番", "21丁目3番", "21-3", "二一丁目3番", "二〇丁目3番"],
        &["101号室", "101"],
    ],
    &[
        &["C/", "Calle", "calle", "C."],
        &["Mayor", "mayor"],
        &["núm. 3", "3", "nº 3", "numero 3"],
        &["28013 Madrid", "Madrid"],
    ],
    &[&["Rua", "R.", "rue"], &["São João", "Sao Joao"], &["100", "n.º 100"], &["3º", "3o"]],
    &[&["S.da", "Strada", "str."], &["Nuova"], &["7-9", "7/9"]],
    &[&["12"], &["Old", "old"], &["King's", "King", "Kings"]],
    &[&["大阪市"], &["三丁目", "3丁目", "３丁目"], &["3番", "3番街", "三番", "3番町", "三番街"]],
    &[
        &["横浜市"],
        &["十二丁目", "12丁目", "一二丁目"],
        &["二十番地の三号", "20番地の3号", "20-3", "二〇番三号"],
    ],
    &[
        &["12", "#12", "12 2nd floor", "12 5."],
        &["Pine", "Pine Ste"],
        &["St", "Street", "St."],
        &[
            "Apt 10",
            "#10",
            "Unit No. 10",
            "Ste 10",
            "# 10",
            "suite #10",
            "unit 10 B",
            "#10b",
            "Apt B",
            "apt b-4",
            "#10.",
        ],
        &["CA", "California", "Calif.", "floor 2", "FL"],
    ],
    &[
        &["Apt 4", "Flat 4", "2nd Floor", "Unit B", "2. Etage", "ste 4 c", "first floor", "Etage 2", "7."],
        &["12", "No. 12", "5th"],
        &["Main", "Oak"],
        &["Rd", "Road"],
        &["", "Apt 4", "2nd floor", "#4"],
    ],
    &[
        &[
            "P.O. Box",
            "PO Box",
            "Post Office Box",
            "POB",
            "Postfach",
            "P O B",
            "B.P.",
            "Apartado de Correos",
            "P.O. post office box",
        ],
        &["255", "No. 255", "postale 255", "255.", "#255", "de 255"],
        &["Springfield", "Spring field", "post", "Apt 4 p", "box 7"],
        &["IL", "Illinois", "D.C.", "DC", "d.c.d.c"],
    ],
    &[
        &["5"],
        &["Post", "post office", "P", "de"],
        &["Rd", "Road", "Box"],
        &["NY", "New York", "N.Y.", "n.y.n.y"],
    ],
    &[
        &["ul. Długa", "ulica Długa", "Długa", "UL Długa", "ul. ul. Długa", "ul.5"],
        &["5", "nr 5", "5A"],
        &["m. 12", "lok. 12", "12", "/12", "m 12", "m: 12"],
    ],
    &[
        &["Storgatan", "Storg.", "Storgata", "Stor gade", "storgt."],
        &["5", "5 b", "5B"],
        &["2 tr", "lgh 7", ""],
    ],
    &[&["Ringvägen", "Ringv.", "ringvei", "Ring vej", "Rv."], &["12"], &["Oslo"]],
    &[&["Aleksanterinkatu", "Aleksanterink.", "ak."], &["5"], &["katu", ""]],
    &[&["Rua", "R.", "r"], &["das Flores"], &["s/n", "S/Nº", "sn", "s/no 5", "s n", "nº 5"], &["", "Lisboa"]],
    &[
        &["Moda Mah.", "Moda Mahallesi"],
        &["Bahariye Cad.", "Bahariye Caddesi"],
        &["No:12", "No 12", "12"],
        &["D:5", "Daire 5", "d. 5", "/5", "Kat:2", "K 2"],
    ],
    &[&["ул. Ленина", "улица Ленина"], &["д. 5", "дом 5", "5"], &["кв. 12", "кв 12", "12"]],
    &[
        &["Hauptstr. 5", "Hauptweg 5", "Hauptwg. 5"],
        &["2. Etage", "Etage 2", "2. OG", "2 Etage", "22. Stock"],
        &["#7", "Whg. 7", ""],
    ],
];

const MONTHS: [&str; 12] = [
    "jan januar gennaio января styczeń Ocak",
    "February fev. févr лютого ŞUBAT unora",
    "March März marzo марта Μαρτίου març",
    "April abr avr. kwietnia απρ أبريل",
    "May mai maggio мая mei máj",
    "Jun juin giu червня kesäkuuta haziran",
    "July julho Lug липень července Ιουλίου",
    "AUG août agosto августа augustus ağustos",
    "Sept set. septiembre września szeptember eylül",
    "Oct Oktober out października οκτωβρίου жовт",
    "nov novembre Nov. listopada marraskuuta Kasım",
    "dec dezembro dic grudnia ديسمبر במרץ",
];

/// Makes a value.
pub(super) fn value(choices: &mut impl Choices, kind: Kind) -> Value {
    match kind {
        Kind::Ssn => Value::Ssn(match choices.below(8) {
            0 => choices.pick(&["666123456", "000123456", "123006789", "123450000"]).to_owned(),
            1 | 2 => format!("{:09}", 1_234_567 + choices.below(4) * 10_000_001),
            _ => (123_456_789 + choices.below(12) * 1_111).to_string(),
        }),
        Kind::Card => {
            let front = choices.pick(&CARDS);
            let last = (0..10).find(|last| luhn(&format!("{front}{last}"))).unwrap_or(0);
            Value::Card(format!("{front}{last}"))
        }
        Kind::Phone => Value::Phone(PHONES[choices.below(PHONES.len())]),
        Kind::Date => {
            let year =
                [1960, 1961, 2004, 1999, 1930, 2029, 1861, 2012, 1989, 2019, 1926, 1912][choices.below(12)];
            let day = if choices.chance(5) { 31 } else { choices.between(1, 28) };
            Value::Date(year, choices.between(1, 12), if choices.chance(40) { day.min(12) } else { day })
        }
        Kind::Iban => Value::Iban(choices.pick(&IBANS)),
        Kind::Address => Value::Address(ADDRESSES[choices.below(ADDRESSES.len())]),
    }
}

fn luhn(number: &str) -> bool {
    let digits = number.chars().rev().filter_map(|digit| digit.to_digit(10));
    let sum: u32 =
        digits.zip([1, 2].into_iter().cycle()).map(|(digit, by)| digit * by / 10 + digit * by % 10).sum();
    sum.is_multiple_of(10)
}

/// Writes a value in one of its spellings.
pub(super) fn written(choices: &mut impl Choices, value: &Value) -> String {
    match value {
        Value::Ssn(digits) => ssn(choices, digits),
        Value::Card(digits) => {
            let sizes: &[usize] = [
                &[4, 4, 4, 4, 3][..],
                &[19],
                &[4, 6, 5],
                &[4, 6, 4],
                &[8, 8, 8],
                &[2; 10],
                &[1, 18],
                &[4, 1, 1, 13],
            ][choices.below(8)];
            if choices.chance(10) { spelled(choices, digits) } else { grouped(choices, digits, sizes) }
        }
        Value::Phone(number) => phone(choices, *number),
        Value::Date(year, month, day) => date(choices, (*year, *month, *day)),
        Value::Iban(number) => {
            let sizes: &[usize] =
                [&[4; 9][..], &[40], &[2, 2, 4, 4, 30], &[3; 12], &[2, 38]][choices.below(5)];
            let label = choices.pick(&["", "", "", "IBAN ", "IBAN: ", "iban.", "IBAN", "Kontoé", "?31"]);
            let number = if choices.chance(20) { number.to_lowercase() } else { (*number).to_owned() };
            format!("{label}{}", grouped(choices, &number, sizes))
        }
        Value::Address(parts) => address(choices, parts),
    }
}

/// Writes characters in groups, joined by one separator, or sometimes by several.
fn grouped(choices: &mut impl Choices, characters: &str, sizes: &[usize]) -> String {
    const JOINTS: [&str; 18] = [
        " ", "-", " ", "-", "", ".", "  ", "/", " - ", "\n", " \n", "-\n", "--", ". ", " //", " -\n> ",
        "   ", "-.",
    ];
    let joint = JOINTS[choices.below(JOINTS.len())];
    let mut result = String::new();
    let mut rest = characters;
    for size in sizes {
        let (group, behind) = rest.split_at((*size).min(rest.len()));
        if group.is_empty() {
            break;
        }
        if !result.is_empty() {
            let other = choices.chance(4);
            result.push_str(if other { JOINTS[choices.below(JOINTS.len())] } else { joint });
        }
        result.push_str(group);
        rest = behind;
    }
    result.push_str(rest);
    result
}

fn ssn(choices: &mut impl Choices, digits: &str) -> String {
    match choices.below(7) {
        0 => digits.to_owned(),
        1 => digits.trim_start_matches('0').to_owned(),
        2 => spelled(choices, digits),
        _ => grouped(choices, digits, &[3, 2, 4]),
    }
}

/// Writes digits one by one.
pub(super) fn spelled(choices: &mut impl Choices, digits: &str) -> String {
    const GAPS: [&str; 14] =
        [" ", " ", ".", "|", " | ", "│", "_", "][", " - ", "  ", "|-|", "\n", "    ", ","];
    let gap = GAPS[choices.below(GAPS.len())];
    let mut result = String::from(choices.pick(&["", "", "|", "[", "7", "7 "]));
    for (number, digit) in digits.chars().enumerate() {
        if number > 0 {
            let other = choices.chance(8);
            result.push_str(if other { GAPS[choices.below(GAPS.len())] } else { gap });
        }
        result.push(digit);
    }
    result.push_str(choices.pick(&["", "", "|", "]", "7", " 7", "-1"]));
    result
}

fn phone(choices: &mut impl Choices, number: Phone) -> String {
    let Phone(_, code, prefix, groups) = number;
    let joint = choices.pick(&[" ", "-", ".", "/", " ", "", " / ", " - ", "\n", "  "]);
    let mut national = groups.join(joint);
    if groups.len() > 1 && choices.chance(20) {
        let broken = ["\n", "-\n", " \r\n> ", ")\n", "\n(", "\n\n"][choices.below(6)];
        let at = choices.between(1, groups.len() - 1);
        national = format!("{}{broken}{}", groups[..at].join(joint), groups[at..].join(joint));
    }
    if choices.chance(6) {
        national = spelled(choices, &groups.concat());
    }
    let (area, rest) = (groups[0], groups[1..].join(joint));
    let number = match choices.below(12) {
        0 | 1 => format!("+{code} {national}"),
        2 => format!("+{code} ({prefix}){national}"),
        3 => format!("00{code}{joint}{national}"),
        4 => format!("({prefix}{area}) {rest}"),
        5 => format!("{code}{joint}{national}"),
        6 => format!("+{code}{}", groups.concat()),
        7 => format!("011 {code} {national}"),
        8 => format!("{}{code}){joint}{national}", choices.pick(&["+(", "(+", "+ ("])),
        9 => national,
        _ => format!("{prefix}{national}"),
    };
    match choices.below(10) {
        0 => format!(
            "{number}{}",
            choices.pick(&[" ext. 12", "x5", " #7", ", Durchwahl: 123", " (ext 1)", "DW12", " -12"])
        ),
        1 => format!("{}{number}", choices.pick(&["Tel.: ", "tel ", "TEL:", "Tel. (", "T "])),
        _ => number,
    }
}

fn date(choices: &mut impl Choices, (year, month, day): (usize, usize, usize)) -> String {
    let joint = choices.pick(&["-", "/", ".", " ", ". ", "-", "/", "", ", ", "\n"]);
    let words: Vec<&str> = MONTHS[month - 1].split(' ').collect();
    let word = words[choices.below(words.len())];
    let short = year % 100;
    let ordinal = choices.pick(&["", "", "th", "st", "er", ".", ".º", "º", "a", ","]);
    let small = choices.pick(&["", "", " de", " of", " del", " di"]);
    let date = match choices.below(20) {
        0 | 1 => format!("{year}{joint}{month:02}{joint}{day:02}"),
        2 | 3 => format!("{day:02}{joint}{month:02}{joint}{year}"),
        4 => format!("{month}{joint}{day}{joint}{year}"),
        5 => format!("{day}{joint}{month}{joint}{short:02}"),
        6 => format!("{short:02}{joint}{month}{joint}{day}"),
        7 => format!("{year}{month:02}{day:02}"),
        8 => format!("{year}年{month}月{day}日"),
        9 => format!("{year}년 {month}월 {day}일"),
        10 => format!("{day}{ordinal}{small} {word}{small} {year}"),
        11 => format!("{word} {day}{ordinal}{small} {year}"),
        12 => format!("{day:02}{joint}{word}{joint}{short:02}"),
        13 => format!(
            "{day}{} {word}{small}{}'{short:02}",
            choices.pick(&["", "-го", "e"]),
            choices.pick(&[" ", ", ", ""])
        ),
        14 => format!("{word} {day}{}'{short:02}", choices.pick(&[" ", ", ", "\n", " '"])),
        15 => format!("{day:02}{month:02}{year}"),
        16 => format!("{month:02}{day:02}{year}"),
        17 | 18 => in_era(choices, (year, month, day), joint),
        _ => format!("{year} {word}{small} {day}"),
    };
    let weekday = ["Mon, ", "Do., ", "segunda-feira, ", "sáb ", "mar ", "Sunday"];
    let time = [
        " 00:00",
        "T00:00:00Z",
        "Z",
        " 12:00 AM",
        ", 00:00:00.000 UTC",
        "T000000",
        " 0:00 a.m. +0100",
        " 11:30",
        "T12:00",
        "T00:00:00.000+02:00",
        " 00:00:00",
    ];
    match choices.below(10) {
        0 => format!("{date}{}", choices.pick(&time)),
        1 => format!("{}{date}", choices.pick(&weekday)),
        2 => format!("{date}{}", choices.pick(&[".", " г.", "г", " roku", "r.", " р", ".z", " х."])),
        _ => date,
    }
}

/// Writes a date in an era that it is of, or in a wrong one.
fn in_era(choices: &mut impl Choices, (year, month, day): (usize, usize, usize), joint: &str) -> String {
    const ERAS: [(usize, &[&str]); 6] = [
        (1867, &["明治", "明", "M"]),
        (1911, &["大正", "T", "民国"]),
        (1925, &["昭和", "S", "昭", "s", "㍼"]),
        (1988, &["平成", "H", "平"]),
        (2018, &["令和", "R", "r"]),
        (1925, &["昭和 ", "S.", "昭和.", "昭\u{301}和", "ś", "S "]),
    ];
    let own = ERAS.iter().take(5).rposition(|(before, _)| *before < year).unwrap_or(0);
    let (before, names) = if choices.chance(75) { ERAS[own] } else { ERAS[choices.below(ERAS.len())] };
    let name = choices.pick(names);
    let number = match year.saturating_sub(before) {
        1 if choices.chance(60) => "元".to_owned(),
        number => number.to_string(),
    };
    match choices.below(4) {
        0 => format!("{name}{number}{joint}{month}{joint}{day}"),
        1 => format!("{name}{number} 年 {month} 月 {day} 日"),
        2 => format!("{name}{number:0>2}.{month:02}.{day:02}"),
        _ => format!("{name}{number}年{month}月{day}{}", choices.pick(&["日", "号", "目", "號"])),
    }
}

fn address(choices: &mut impl Choices, parts: &[&[&str]]) -> String {
    let joint = choices.pick(&[" ", " ", ", ", "\n", "  ", ",", " - "]);
    let clusters = !parts[0][0].is_ascii();
    let mut result = String::new();
    for ways in parts {
        if choices.chance(6) {
            continue;
        }
        let close = result.is_empty() || (clusters && choices.chance(70));
        if !close {
            result.push_str(if choices.chance(70) { " " } else { joint });
        }
        let way = if choices.chance(80) { choices.below(ways.len()) } else { 0 };
        result.push_str(ways[way]);
    }
    result
}

/// Cuts a part out of a card or an account number, as another column may contain it.
pub(super) fn part(choices: &mut impl Choices) -> String {
    choices
        .pick(&[
            "3704 0044",
            "0532013000",
            "1111",
            "1111 1111",
            "4111-1111",
            "NWBK",
            "WEST12345698",
            "8888",
            "822463",
            "5428",
            "DE89",
        ])
        .to_owned()
}

/// Changes the spelling or the value of a number, in ways that matter to some type.
pub(super) fn changed(choices: &mut impl Choices, written: &str) -> String {
    let digits: Vec<usize> =
        written.char_indices().filter(|(_, c)| c.is_ascii_digit()).map(|(at, _)| at).collect();
    let mut result = written.to_owned();
    match choices.below(7) {
        0 if !digits.is_empty() => {
            let at = digits[choices.below(digits.len())];
            result.replace_range(at..=at, &choices.below(10).to_string());
        }
        1 => result.push_str(choices.pick(&["7", " 7", "-12", " 1234", "-1234"])),
        2 => result.insert_str(0, choices.pick(&["7", "7 ", "12-", "1234 ", "+", "00"])),
        3 => result = written.chars().map(|character| in_script(character, '٠')).collect(),
        4 => result = written.chars().map(|character| in_script(character, '०')).collect(),
        5 => {
            result = written.replace(
                [' ', '-'],
                choices.pick(&["\n", "\r\n", "-\n", "\n> ", " \n", ".", "", " - ", "\u{A0}"]),
            )
        }
        _ => {
            result =
                written.replace([' ', '-', '.', '/'], choices.pick(&["-", " ", ".", "/", "", "\u{2011}"]))
        }
    }
    result
}

fn in_script(character: char, zero: char) -> char {
    let digit = character.to_digit(10).and_then(|digit| char::from_u32(u32::from(zero) + digit));
    digit.unwrap_or(character)
}
