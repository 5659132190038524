//! Generates texts around the values of a table: planted, changed, cut, continued, escaped, in
//! tables, or from the wrong record.

use unicode_normalization::UnicodeNormalization;

use super::cells::{self, Cell, WORDS};
use super::choices::Choices;
use super::typed;

const SEPARATORS: [&str; 16] =
    [" ", " ", " ", ", ", "\n", "", "; ", ": ", "\t", "  ", "\r\n", "\n\n", " - ", "/", "|", "-"];
const FILLERS: [&str; 22] = [
    "the",
    "invoice",
    "is",
    "2024",
    "12-34",
    "Dr.",
    "Jr.",
    "(see",
    "below)",
    "https://x.example/",
    "id=",
    "user:",
    "C:\\",
    "😀",
    "MRN",
    "WWW.",
    "~/",
    "../",
    "\u{200B}",
    "日本",
    "\"",
    "www.example.org/",
];

/// Makes a text around the rows of a table.
pub(super) fn text(choices: &mut impl Choices, rows: &[Vec<Cell>], pieces_max: usize) -> String {
    let mut text = String::new();
    let mut focus = choices.below(rows.len());
    for _ in 0..choices.between(1, pieces_max) {
        if choices.chance(12) {
            focus = choices.below(rows.len());
        }
        let piece = match choices.below(20) {
            0..=10 => planted(choices, &rows[focus]),
            11 | 12 => {
                let other = choices.below(rows.len());
                planted(choices, &rows[other])
            }
            13 => tabular(choices, rows, focus),
            14 if choices.chance(50) => form(choices, &rows[focus]),
            14 => address(choices, &rows[focus]),
            15 if choices.chance(30) => cells::odd(choices, 4),
            16 if choices.chance(10) => gap(choices),
            15 => WORDS[choices.below(WORDS.len())].to_owned(),
            _ => FILLERS[choices.below(FILLERS.len())].to_owned(),
        };
        text.push_str(&piece);
        text.push_str(choices.pick(&SEPARATORS));
        if choices.chance(3) {
            text.push_str(&" filler words".repeat(choices.between(1, 12)));
            text.push(' ');
        }
    }
    text
}

/// Writes one of the values of a row, in one of several ways.
pub(super) fn planted(choices: &mut impl Choices, row: &[Cell]) -> String {
    let cell = &row[choices.below(row.len())];
    if let Some(value) = &cell.value
        && choices.chance(65)
    {
        let written = typed::written(choices, value);
        return if choices.chance(25) { typed::changed(choices, &written) } else { written };
    }
    let cell = cell.text.as_str();
    let changed = if choices.chance(55) { changed(choices, cell) } else { cell.to_owned() };
    if choices.chance(15) { changed_again(choices, &changed) } else { changed }
}

/// Writes the first or the last word at the other end.
fn turned(choices: &mut impl Choices, cell: &str) -> String {
    let joint = choices.pick(&[" ", ", ", " ", "\n"]);
    match choices.below(2) {
        0 => cell.split_once(' ').map(|(first, rest)| format!("{rest}{joint}{first}")),
        _ => cell.rsplit_once(' ').map(|(rest, last)| format!("{last}{joint}{rest}")),
    }
    .unwrap_or_else(|| cell.to_owned())
}

/// Writes words in the middle as initials, or leaves them out.
fn without_middle(choices: &mut impl Choices, cell: &str) -> String {
    let words: Vec<&str> = cell.split(' ').collect();
    let [first, middle @ .., last] = words.as_slice() else { return cell.to_owned() };
    let sign = choices.pick(&[".", ""]);
    let initial = |word: &&str| word.chars().next().map(|initial| format!("{initial}{sign} "));
    let middle: String = match choices.below(2) {
        0 => middle.iter().filter_map(initial).collect(),
        _ => String::new(),
    };
    format!("{first} {middle}{last}")
}

fn changed(choices: &mut impl Choices, cell: &str) -> String {
    if cell.contains('@') && choices.chance(35) {
        return address_changed(choices, cell);
    }
    match choices.below(24) {
        21 => turned(choices, cell),
        22 => cell.replacen(' ', choices.pick(&[" J. ", " Q ", " Anna ", " J. Q. "]), 1),
        23 => without_middle(choices, cell),
        16 => {
            format!("{cell}{}", choices.pick(&["'nin", "'а", "'Jones", " Jr.", ", Sr.", " III", ", Dr. Ann"]))
        }
        17 => format!("{}{cell}", choices.pick(&["ל", "ול", "ل", "وال", "Dr. ", "Sr. ", "Ann ", "O'", "O "])),
        18 => cell.replace(' ', choices.pick(&["_", "", "-", "・", " (Bob) ", " 'Li' "])),
        19 => cell.replace(choices.pick(&["Dr. ", " Jr.", " Sr.", "Herr "]), ""),
        20 => cell.replace('ü', "ue").replace('İ', "I").replace('ı', "i").replace("ue", "ü"),
        0 => cell.to_uppercase(),
        1 => cell.to_lowercase(),
        2 => cell.replace(' ', choices.pick(&["\n", "  ", "\u{A0}", "\n> ", "\t", "\r\n", "\n\n"])),
        3 => cell.replace('-', choices.pick(&["", " ", "\u{2013}", "--", ".", " - ", "/"])),
        4 => cell.nfd().collect(),
        5 => cell.replace('\'', choices.pick(&["\u{2019}", "", " ", "&#39;", "&apos;"])),
        6 => cell.chars().filter(|character| character.is_alphanumeric()).collect(),
        7 => split(choices, cell, &["-", " ", ".", "#", "\u{AD}", "=\r\n", "·", "\n"]),
        8 => cell.chars().map(wide).collect(),
        9 => format!("{cell}{}", choices.pick(&["'s", "-0001", "s", "7", "-Jones", "\u{2019}s"])),
        10 => format!("{}{cell}", choices.pick(&["MRN", "001-", "0", "x", "Smith-", "\\n", "acct="])),
        11 => without_one(choices, cell),
        12 => cell.split(' ').rev().collect::<Vec<_>>().join(", "),
        13 => format!(
            "{}{cell}{}",
            choices.pick(&["(", "\"", "<", "https://x.example/"]),
            choices.pick(&[")", ".", ">", "\""])
        ),
        14 => in_token(choices, cell),
        _ => escaped(choices, cell),
    }
}

/// Writes an e-mail address with its domain in the other script, or joined to words and digits.
fn address_changed(choices: &mut impl Choices, cell: &str) -> String {
    const LABELS: [(&str, &str); 4] = [
        ("bücher", "xn--bcher-kva"),
        ("BÜCHER", "XN--BCHER-KVA"),
        ("例え", "xn--r8jz45g"),
        ("langer", "xn--langer-"),
    ];
    let mut address = cell.to_owned();
    if choices.chance(60) {
        let (one, other) = LABELS[choices.below(LABELS.len())];
        address = if choices.chance(50) { address.replace(one, other) } else { address.replace(other, one) };
    }
    let front = choices.pick(&["", "", "", "5550143", "x7", "Mail", "x=1", "é1", "1\u{301}"]);
    let back = choices.pick(&[
        "", "", "", "Sent", "Sent.", "2024", "2024-x", "x", "pany", "pany.", "é", "Sent.to", "-a", "7a",
    ]);
    format!("{front}{address}{back}")
}

/// Writes a cell as a part of an identifier of a machine, or of something like it.
fn in_token(choices: &mut impl Choices, cell: &str) -> String {
    const TOKENS: [(&str, &str); 32] = [
        ("550e8400-e29b-41d4-a716-", ""),
        ("x-550e8400-e29b-41d4-a716-", "-y"),
        ("", "-e29b-41d4-a716-4466554400ab"),
        ("9abc-", "-00-11"),
        ("9abc:00:11:", ":"),
        ("acc-", "-2024-11"),
        ("", " 9abcdef0 00000000 00000000"),
        ("00000000 00000000 9abcdef0 ", " 00"),
        ("00:1b:44:11:3a:", ""),
        ("001b.", ".3ab7"),
        ("192.168.", ".7"),
        ("192.168.1.", ""),
        ("fe80::", ""),
        ("1:2:3:4:5:6:7:", ""),
        ("1.2.3.", ""),
        ("v1.2.3+", "-rc"),
        ("1.2-", ""),
        ("", ".1.2"),
        ("0.", ""),
        (" -.", ""),
        ("report.", ".5"),
        ("$.", "E"),
        ("12:00:00,", ""),
        ("2024-01-02T03:04:05.", "Z"),
        ("2024/01/02 03:04 +", ""),
        ("", ".25"),
        ("Zm9vYmFyQmF6/", "+cXV4MTIz"),
        ("Zm9vYmFyQmF6_aB1-", "-cXV4MTIz"),
        ("https://x.example/Zm9vYmFyQmF6/", "/cXV4MTIz"),
        ("https://x.example/accounts/", "/view"),
        ("?acct=", "&x=1"),
        ("aaaaaaaaaaaa/", "/aaaaaaaa"),
    ];
    const PARTS: [&str; 18] = [
        "9abc",
        "00",
        "-",
        ":",
        ".",
        "/",
        " ",
        "_",
        "+",
        "1",
        "T",
        "Z",
        "255",
        "2024-01-02",
        "03:04",
        ":05",
        "aB1c",
        ",",
    ];
    let (mut front, mut behind) = TOKENS[choices.below(TOKENS.len())];
    if choices.chance(10) {
        (front, behind) = (behind, front);
    }
    let mut parts = |most: usize| -> String {
        let count = if choices.chance(25) { choices.between(1, most) } else { 0 };
        (0..count).map(|_| PARTS[choices.below(PARTS.len())]).collect()
    };
    format!("{}{front}{cell}{behind}{}", parts(6), parts(6))
}

fn changed_again(choices: &mut impl Choices, cell: &str) -> String {
    changed(choices, cell)
}

fn split(choices: &mut impl Choices, cell: &str, with: &[&str]) -> String {
    let count = cell.chars().count();
    let at = choices.below(count + 1);
    let head: String = cell.chars().take(at).collect();
    let tail: String = cell.chars().skip(at).collect();
    format!("{head}{}{tail}", with[choices.below(with.len())])
}

fn without_one(choices: &mut impl Choices, cell: &str) -> String {
    let at = choices.below(cell.chars().count());
    cell.chars().enumerate().filter(|(position, _)| *position != at).map(|(_, character)| character).collect()
}

fn wide(character: char) -> char {
    match character {
        '!'..='~' => char::from_u32(u32::from(character) + 0xFEE0).unwrap_or(character),
        other => other,
    }
}

/// Returns the letter of the other script that a letter looks like, if the table has it.
fn look_alike(character: char) -> char {
    const LOOK_ALIKES: [(char, char); 12] = [
        ('a', 'а'),
        ('e', 'е'),
        ('o', 'о'),
        ('A', 'А'),
        ('C', 'С'),
        ('o', 'σ'),
        ('A', 'Α'),
        ('v', 'ν'),
        ('i', 'ӏ'),
        ('n', 'и'),
        ('r', 'г'),
        ('a', 'ҽ'),
    ];
    let other = LOOK_ALIKES.iter().find_map(|(one, other)| match character {
        c if c == *one => Some(*other),
        c if c == *other => Some(*one),
        _ => None,
    });
    other.unwrap_or(character)
}

fn escaped(choices: &mut impl Choices, cell: &str) -> String {
    let how = choices.below(12);
    let mut result = String::new();
    for character in cell.chars() {
        let plain = character.is_ascii();
        match how {
            0 if !plain => {
                let mut units = [0; 2];
                for unit in character.encode_utf16(&mut units) {
                    result.push_str(&format!("\\u{unit:04x}"));
                }
            }
            0 | 1 if character == ' ' => result.push_str("\\n"),
            1 if character == '/' => result.push_str("\\/"),
            2 if character == '@' => result.push_str("%40"),
            2 if character == ' ' => result.push_str("%20"),
            3 if !plain || character == '=' => {
                let mut bytes = [0; 4];
                for byte in character.encode_utf8(&mut bytes).bytes() {
                    result.push_str(&format!("={byte:02X}"));
                }
            }
            4 if !plain || character == '\'' => result.push_str(&format!("&#{};", u32::from(character))),
            4 if character == ' ' => result.push_str("&nbsp;"),
            5 if !plain => {
                let mut bytes = [0; 4];
                for byte in character.encode_utf8(&mut bytes).bytes() {
                    result.push_str(&format!("%{byte:02X}"));
                }
            }
            6 if !plain || character == '\'' => {
                let mut bytes = [0; 4];
                for byte in character.encode_utf8(&mut bytes).bytes() {
                    result.push_str(&format!("%25{byte:02X}"));
                }
            }
            7 if !plain || character == '\'' => result.push_str(&format!("&amp;#{};", u32::from(character))),
            8 if !plain => {
                let mut bytes = [0; 4];
                let latin = u8::try_from(u32::from(character));
                let written =
                    latin.map_or(character.encode_utf8(&mut bytes).as_bytes().to_vec(), |one| vec![one]);
                written.iter().for_each(|byte| result.push_str(&format!("\\x{byte:02x}")));
            }
            8 if character == '\'' => result.push_str("\\'"),
            10 | 11 if choices.chance(60) => result.push(look_alike(character)),
            9 if character.is_ascii_punctuation() || character == ' ' => {
                result.push_str(&format!("={:02X}", u32::from(character)));
            }
            _ => result.push(character),
        }
    }
    result
}

/// Writes a few records as lines of a table, sometimes with the cells of a column shifted by a
/// line.
fn tabular(choices: &mut impl Choices, rows: &[Vec<Cell>], focus: usize) -> String {
    let separator = choices.pick(&["\t", "|", ";", ",", "<td>", " | ", "  ", "  "]);
    let shifted = choices.chance(30).then(|| choices.below(rows[focus].len()));
    let mut lines = String::from(choices.pick(&["\n", "", "\n\n"]));
    for offset in 0..choices.between(1, 3) {
        let row = (focus + offset) % rows.len();
        let cells: Vec<String> = (0..rows[row].len())
            .map(|column| {
                let from = if shifted == Some(column) { (row + 1) % rows.len() } else { row };
                let cell = rows[from][column].text.clone();
                if choices.chance(10) { format!("\"{cell}\"") } else { cell }
            })
            .collect();
        if offset > 0 && choices.chance(20) {
            lines.push_str(choices.pick(&["|---|:-:|\n", "--- ===\n", "+--+--+\r\n", "--\n", "\n \n"]));
        }
        if separator == "  " {
            lines.push_str(&aligned(choices, &cells));
        } else if separator == "<td>" {
            lines.push_str(&format!("<tr><td>{}</td></tr>", cells.join("</td><td>")));
        } else {
            lines.push_str(&cells.join(separator));
            lines.push_str(choices.pick(&["\n", "\r\n", "\n\n", " "]));
        }
    }
    lines
}

/// Pads cells to columns of equal width; a longer cell shifts the others.
fn aligned(choices: &mut impl Choices, cells: &[String]) -> String {
    let mut line = String::new();
    for cell in cells {
        let cell = if choices.chance(10) { "" } else { cell.as_str() };
        let width = cell.chars().count();
        line.push_str(cell);
        line.push_str(&" ".repeat(15_usize.saturating_sub(width).max(2)));
    }
    if choices.chance(50) {
        line.truncate(line.trim_end_matches(' ').len());
    }
    line.push_str(choices.pick(&["\n", "\r\n", "\n\n"]));
    line
}

/// Writes a gap just short enough to cross, or just too long.
fn gap(choices: &mut impl Choices) -> String {
    choices.pick(&[" ", "\n>", "\t", "> "]).repeat([3, 85, 128, 129, 255, 256, 257][choices.below(7)])
}

/// Writes some cells of a record as a query, a form body, a path or fields.
fn form(choices: &mut impl Choices, row: &[Cell]) -> String {
    let mut form = choices.pick(&["https://x.example/u?", "", "", "x@y.example:", "/a/"]).to_owned();
    let between = choices.pick(&["&", "&", "&", "&amp;", "/", ":", "%26", "\\n", "?", "#", "+"]);
    for number in 0..choices.between(1, 4) {
        if number > 0 {
            form.push_str(between);
        }
        if between.starts_with('&') || choices.chance(20) {
            form.push_str(choices.pick(&["a=", "name=", "k[0]=", "=", "b"]));
        }
        let cell = planted(choices, row);
        let space = choices.pick(&["+", "+", "%20", "_", " "]);
        form.push_str(&match choices.below(4) {
            0 => cell,
            1 => cell.replace(' ', space).replace('@', "%40"),
            2 => cell.replace('+', "%2B").replace(' ', space),
            _ => cell.replace([' ', '-'], space),
        });
    }
    form
}

/// Writes an address made from the words of a record.
fn address(choices: &mut impl Choices, row: &[Cell]) -> String {
    let word = |cell: &str| cell.chars().filter(|c| c.is_alphanumeric()).collect::<String>();
    let (first, last) =
        (word(&row[choices.below(row.len())].text), word(&row[choices.below(row.len())].text));
    format!("{first}.{last}@{}", choices.pick(&["example.org", "x.example.org.", "gmail.example"]))
}
