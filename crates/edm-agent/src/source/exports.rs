//! Tables as other programs export them, intact and damaged: every record is read, or refused with
//! its lines.

use std::collections::BTreeMap;
use std::io::Cursor;

use edm_model::{Column, Columns};
use proptest::prelude::*;

use super::{ExtraColumns, RecordReader, TableFormat, open_bytes};
use crate::chunk::Chunk;
use crate::error::{Error, ErrorKind};
use crate::rejections::Rejections;

/// The result of reading a table: each record with its first line, and the refused lines.
#[derive(Debug, Default, PartialEq, Eq)]
struct Outcome {
    records: BTreeMap<u64, Vec<String>>,
    refused: Vec<u64>,
}

fn read(bytes: &[u8], format: TableFormat) -> Result<Outcome, Error> {
    let columns = ["id", "name", "city"].map(Column::text);
    let columns = Columns::new(vec![columns[0].clone().searchable(), columns[1].clone(), columns[2].clone()]);
    let source = open_bytes(Box::new(Cursor::new(bytes.to_vec())), format)?;
    let mut reader = RecordReader::new(source, &columns.expect("valid"), ExtraColumns::Refuse)?;
    let positions: Vec<Option<usize>> = reader.positions().iter().copied().map(Some).collect();
    let mut outcome = Outcome::default();
    loop {
        let (mut chunk, mut rejections) = (Chunk::default(), Rejections::default());
        reader.read(&mut chunk, 1, &positions, &mut rejections)?;
        if chunk.is_empty() {
            return Ok(outcome);
        }
        for (lines, cells) in chunk.rows(3) {
            outcome.records.insert(lines.start, cells.map(str::to_owned).collect());
        }
        // Records that are only reported as suspicious are read.
        let refused = rejections.reasons.into_iter().filter(|(reason, _)| !reason.starts_with("a line of"));
        // For each record only the first few lines are listed.
        outcome.refused.extend(refused.flat_map(|(_, count)| count.lines[0]..count.lines[0] + count.count));
    }
}

/// `line:id|name|city` for each record, `!line` for each refused line.
fn shown(outcome: &Outcome) -> String {
    let records = outcome.records.iter().map(|(line, cells)| (*line, format!("{line}:{}", cells.join("|"))));
    let refused = outcome.refused.iter().map(|line| (*line, format!("!{line}")));
    let mut all: Vec<(u64, String)> = records.chain(refused).collect();
    all.sort();
    all.into_iter().map(|(_, one)| one).collect::<Vec<_>>().join("  ")
}

fn check(program: &str, bytes: impl AsRef<[u8]>, expected: &str) {
    let outcome = read(bytes.as_ref(), TableFormat::default());
    let outcome = outcome.unwrap_or_else(|error| panic!("{program}: {error}"));
    assert_eq!(shown(&outcome), expected, "{program}");
}

fn check_refused(program: &str, bytes: impl AsRef<[u8]>, part: &str) {
    let refused = read(bytes.as_ref(), TableFormat::default()).expect_err(program);
    assert!(refused.to_string().contains(part), "{program}: {refused}");
}

fn utf16(text: &str, encode: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(encode).collect()
}

/// Once, millions of empty two-line records were examined again after each of them.
#[test]
fn what_is_empty_is_looked_at_once() {
    let text = format!("id,name,city\n1,a,b\n{}2,\"c\n\",d\n", "\"\n".repeat(1_200_000));
    let outcome = read(text.as_bytes(), TableFormat::default()).expect("a table");
    assert_eq!(outcome.records.len(), 2);
}

#[test]
fn exports_of_programs() {
    let two = "2:1|Jane|Ulm  3:2|Ann|Rom";
    let plain = "id,name,city\n1,Jane,Ulm\n2,Ann,Rom\n";
    check("PostgreSQL, COPY CSV HEADER", plain, two);
    check("PostgreSQL, COPY TEXT", plain.replace(',', "\t"), two);
    check("Excel, CSV UTF-8", format!("\u{feff}{}", plain.replace('\n', "\r\n")), two);
    check("Excel with a German locale", plain.replace(',', ";").replace('\n', "\r\n"), two);
    let unicode_text = [b"\xff\xfe".to_vec(), utf16(&plain.replace(',', "\t"), u16::to_le_bytes)].concat();
    check("Excel, Unicode text", unicode_text, two);
    check("a report in UTF-16 without its mark", utf16(plain, u16::to_le_bytes), two);
    check("the same of a mainframe", utf16(plain, u16::to_be_bytes), two);
    check(
        "LibreOffice, all quoted",
        "\"id\",\"name\",\"city\"\n\"1\",\"Jane\",\"Ulm\"\n\"2\",\"Ann\",\"Rom\"\n",
        two,
    );
    check("pandas, quoted where needed", "id,name,city\n1,\"Roe, Jane\",Ulm\n", "2:1|Roe, Jane|Ulm");
    check("R, write.csv2", "\"id\";\"name\";\"city\"\n1;\"Jane\";\"Ulm\"\n2;\"Ann\";\"Rom\"\n", two);
    check("MySQL, OUTFILE by tabs", "id\tname\tcity\n1\tJane\tUlm\n2\tAnn\tRom\n", two);
    check("SQL*Plus by pipes", "id|name|city\n1|Jane|Ulm\n2|Ann|Rom\n", two);
    check("SAP, spaces around", "id | name | city\n1 | Jane | Ulm\n", "2:1 | Jane | Ulm");
    check(
        "DB2, spaces before quotes",
        "id, name, city\n1, \"Jane\", \"Ulm, Donau\"\n",
        "2:1|Jane|Ulm, Donau",
    );
    check("SAS, a space behind quotes", "id,name,city\n1,\"Jane\" ,Ulm\n", "2:1|Jane|Ulm");
    check("Excel told its separator", format!("sep=,\r\n{plain}"), "3:1|Jane|Ulm  4:2|Ann|Rom");
    check("a shell script without a last line end", plain.trim_end(), two);
    check(
        "a cell of two lines",
        "id,name,city\n1,\"Jane\nRoe\",Ulm\n2,Ann,Rom\n",
        "2:1|Jane\nRoe|Ulm  4:2|Ann|Rom",
    );
    check(
        "inch marks",
        "id\tname\tcity\n1\t20\" pipe\tUlm\n2\tpipe 5\"\tRom\n",
        "2:1|20\" pipe|Ulm  3:2|pipe 5\"|Rom",
    );
    check("doubled quotes", "id,name,city\n1,\"Jane \"\"JJ\"\" Roe\",Ulm\n", "2:1|Jane \"JJ\" Roe|Ulm");
    check(
        "empty lines between",
        "id,name,city\n\n1,Jane,Ulm\n\r\n2,Ann,Rom\n\n",
        "3:1|Jane|Ulm  5:2|Ann|Rom",
    );
}

#[test]
fn rows_without_any_text_are_no_records() {
    let head = "id,name,city\n1,Jane,Ulm\n";
    let first = "2:1|Jane|Ulm";
    for blank in [
        ",,",
        ",,\r",
        "\"\",\"\",\"\"",
        " , , ",
        "\t,\t,",
        ",",
        ",,,,,,,",
        "",
        " ",
        "\"\"",
        "\" \",\"\",",
        "\r",
        ",\"\n\",",
        "\u{a0}",
        ";;",
        "   ,\"  \"  ,",
        ",,\t",
        "\"\",,",
        ", ,",
        ",,,",
    ] {
        let expected = match blank {
            // The same goes for white space that is not a separator.
            "\u{a0}" | ";;" => format!("{first}  !3  4:2|Ann|Rom"),
            _ => format!("{first}  {}:2|Ann|Rom", 4 + blank.matches('\n').count()),
        };
        check(blank, format!("{head}{blank}\n2,Ann,Rom\n"), &expected);
    }
    check("before the header", "\n,,\nid,name,city\n1,Jane,Ulm\n", "4:1|Jane|Ulm");
    check("at the end", "id,name,city\n1,Jane,Ulm\n,,\n,,\n,,", first);
}

#[test]
fn quotes_that_do_not_fit_cost_their_lines() {
    let check = |broken: &str, expected: &str| {
        check(broken, format!("id,name,city\n1,Jane,Ulm\n{broken}\n8,Mia,Bonn\n9,Ann,Rom\n"), expected);
    };
    check("2,\"Rob\" Roe,Ulm", "2:1|Jane|Ulm  !3  4:8|Mia|Bonn  5:9|Ann|Rom");
    check("2,\"Rob\\\" Roe\",Ulm", "2:1|Jane|Ulm  !3  4:8|Mia|Bonn  5:9|Ann|Rom");
    check("2,\"Rob\"\"Roe\" x,Ulm", "2:1|Jane|Ulm  !3  4:8|Mia|Bonn  5:9|Ann|Rom");
    check("2,\"\"Rob\"\",Ulm", "2:1|Jane|Ulm  !3  4:8|Mia|Bonn  5:9|Ann|Rom");
    check("2,\"Rob\";\"Ulm\"", "2:1|Jane|Ulm  !3  4:8|Mia|Bonn  5:9|Ann|Rom");
    check("2,\"Rob'Roe\"s,Ulm", "2:1|Jane|Ulm  !3  4:8|Mia|Bonn  5:9|Ann|Rom");
    check("\"2\"x,Rob,Ulm", "2:1|Jane|Ulm  !3  4:8|Mia|Bonn  5:9|Ann|Rom");
    check("2,\"a\nb\"c,Ulm", "2:1|Jane|Ulm  !3  !4  5:8|Mia|Bonn  6:9|Ann|Rom");
    check("2,\"a\"x,\"b\nc\"", "2:1|Jane|Ulm  !3  !4  5:8|Mia|Bonn  6:9|Ann|Rom");
    check("2,\"Rob,Ulm", "2:1|Jane|Ulm  !3  !4  !5");
    check("2,Rob,\"Ulm", "2:1|Jane|Ulm  !3  !4  !5");
    check("2,Rob,Ulm\"", "2:1|Jane|Ulm  3:2|Rob|Ulm\"  4:8|Mia|Bonn  5:9|Ann|Rom");
    check("\"2,Rob,Ulm\"", "2:1|Jane|Ulm  !3  4:8|Mia|Bonn  5:9|Ann|Rom");
    check("2,\"Rob,Ulm\n3,Eva,\"Bern\"", "2:1|Jane|Ulm  !3  !4  5:8|Mia|Bonn  6:9|Ann|Rom");
    check("2,\"Rob,Ulm\n3,\"Eva\",Bern", "2:1|Jane|Ulm  !3  !4  5:8|Mia|Bonn  6:9|Ann|Rom");
    check("2,\"Rob,Ulm\n\"3\",Eva,Bern", "2:1|Jane|Ulm  !3  !4  5:8|Mia|Bonn  6:9|Ann|Rom");
    check("2,\"Rob,Ulm\n3,\", Eva\",Bern", "2:1|Jane|Ulm  !3  !4  5:8|Mia|Bonn  6:9|Ann|Rom");
    check("2,\"Rob\"\",Ulm\n3,\"Eva\",Bern", "2:1|Jane|Ulm  !3  !4  5:8|Mia|Bonn  6:9|Ann|Rom");
    // The rest of a torn cell is not a record. A valid record of two lines only needs the start of
    // a record after it.
    check("2,\"say \"hi\n3,Eva\" x,Ulm", "2:1|Jane|Ulm  !3  !4  5:8|Mia|Bonn  6:9|Ann|Rom");
    check("2,\"a\nb\",Ulm\n   ", "2:1|Jane|Ulm  3:2|a\nb|Ulm  6:8|Mia|Bonn  7:9|Ann|Rom");
    check("2,\"a\nb\",Ulm\n,,,,", "2:1|Jane|Ulm  3:2|a\nb|Ulm  6:8|Mia|Bonn  7:9|Ann|Rom");
    check("2,Rob,Ulm,extra", "2:1|Jane|Ulm  !3  4:8|Mia|Bonn  5:9|Ann|Rom");
    check("2,\"C:\\dir\\\",Ulm", "2:1|Jane|Ulm  3:2|C:\\dir\\|Ulm  4:8|Mia|Bonn  5:9|Ann|Rom");
    check("2,“Rob”,Ulm", "2:1|Jane|Ulm  3:2|“Rob”|Ulm  4:8|Mia|Bonn  5:9|Ann|Rom");
}

#[test]
fn a_nul_costs_its_record() {
    for (cell, is_refused) in [
        ("a\0b", true),
        ("\0", true),
        ("\0\0\0", true),
        ("a\0", true),
        ("\0a", true),
        ("\"a\0b\"", true),
        ("a\u{1}b", false),
        ("\u{7f}", false),
        ("a\u{fffd}b", false),
        ("\u{200b}", false),
        ("0", false),
        ("\\0", false),
        ("%00", false),
        ("&#0;", false),
        ("\u{2400}", false),
        ("\u{feff}a", false),
        ("a\u{85}b", false),
        ("a\u{c}b", false),
        ("a\u{b}b", false),
        ("a\u{1b}[0mb", false),
    ] {
        let expected = match is_refused {
            true => "!2  3:2|Ann|Rom".to_owned(),
            false => format!("2:1|{cell}|Ulm  3:2|Ann|Rom"),
        };
        check(&format!("{cell:?}"), format!("id,name,city\n1,{cell},Ulm\n2,Ann,Rom\n"), &expected);
    }
    check_refused("a binary file", b"id,na\0me,city\n1,a,b\n", "holds NUL bytes");
}

#[test]
fn what_is_no_delimited_text_is_called_by_name() {
    check_refused("Windows", b"id,name,city\n1,M\xfcller,Ulm\n", "--encoding");
    check_refused("JSON lines", b"{\"id\": 1, \"name\": \"a\"}\n", "is JSON");
    check_refused("old Macintosh", b"id,name,city\r1,Jane,Ulm\r", "carriage return");
    check_refused("Parquet", b"PAR1\x15\x04\x15\x10", "Parquet");
    check_refused("a database", b"SQLite format 3\0\x10\x00", "SQLite");
    check_refused("old Excel", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0", "old office document");
    check_refused("fixed widths", "id  name    city\n1   Jane    Ulm\n", "lacks: id, name, city");
}

#[test]
fn an_encoding_may_be_said() {
    let check = |label: &str, bytes: &[u8], expected: &str| {
        let format = TableFormat { encoding: Some(label.parse().expect(label)), separator: None };
        assert_eq!(shown(&read(bytes, format).expect(label)), expected, "{label}");
    };
    check("windows-1252", b"id;name;city\n1;M\xfcller \x80;Ulm\n", "2:1|Müller €|Ulm");
    check("latin1", b"id,name,city\n1,M\xfcller,Ulm\n", "2:1|Müller|Ulm");
    check("windows-1250", b"id,name,city\n1,Dvo\xf8\xe1k,Brno\n", "2:1|Dvořák|Brno");
    check("koi8-r", b"id,name,city\n1,\xe9\xd7\xc1\xce,\xf5\xcc\xd8\xcd\n", "2:1|Иван|Ульм");
    check("shift_jis", b"id,name,city\n1,\x8eR\x93c,\x93\x8c\x8b\x9e\n", "2:1|山田|東京");
    check("utf-8", "\u{feff}id,name,city\n1,Müller,Ulm\n".as_bytes(), "2:1|Müller|Ulm");
    check("windows-1252", "\u{feff}id,name,city\n1,Müller,Ulm\n".as_bytes(), "2:1|Müller|Ulm");
    check("utf-16le", &utf16("id,name,city\n1,山田,Ulm\n", u16::to_le_bytes), "2:1|山田|Ulm");
    let wrong = TableFormat { encoding: Some("shift_jis".parse().expect("a label")), separator: None };
    let refused = read(b"id,name,city\n1,M\xfc\xff,Ulm\n", wrong).expect_err("no Shift_JIS");
    assert!(
        matches!(refused.kind(), ErrorKind::TableEncoding { line: 2, declared: Some("Shift_JIS"), .. }),
        "{refused}"
    );
    assert!("utf-9".parse::<edm_extract::TextEncoding>().is_err());
}

/// A style in which programs write tables.
#[derive(Debug, Clone, Copy)]
struct Dialect {
    delimiter: char,
    line_end: &'static str,
    /// Whether cells are quoted without need.
    quotes_all: bool,
}

/// The csv of Python and pandas, Excel's with comma and semicolon, PostgreSQL's, MySQL's with
/// quotes, and pipes.
const DIALECTS: [Dialect; 6] = [
    Dialect { delimiter: ',', line_end: "\r\n", quotes_all: false },
    Dialect { delimiter: ',', line_end: "\n", quotes_all: false },
    Dialect { delimiter: ';', line_end: "\r\n", quotes_all: false },
    Dialect { delimiter: '\t', line_end: "\n", quotes_all: false },
    Dialect { delimiter: ',', line_end: "\n", quotes_all: true },
    Dialect { delimiter: '|', line_end: "\n", quotes_all: true },
];

impl Dialect {
    /// Writes a table. Returns it with the first line of each record.
    fn write(self, rows: &[[String; 3]]) -> (String, Vec<u64>) {
        let mut text = String::new();
        let mut starts = Vec::new();
        for row in rows {
            starts.push(1 + text.matches('\n').count() as u64);
            let cells = row.iter().map(|cell| {
                let needs_quotes = cell.contains(['"', '\r', '\n', self.delimiter]) || cell.starts_with(' ');
                match needs_quotes || self.quotes_all {
                    true => format!("\"{}\"", cell.replace('"', "\"\"")),
                    false => cell.clone(),
                }
            });
            text += &cells.collect::<Vec<_>>().join(&self.delimiter.to_string());
            text += self.line_end;
        }
        (text, starts)
    }
}

fn rows() -> impl Strategy<Value = Vec<[String; 3]>> {
    let cell = "[a-z]{1,6}|[a-z ,;|\t\"'\n]{0,12}|[0-9]{1,9}|[a-zé山]{0,3}\n[a-z,]{0,4}";
    // Each record has a unique number, by which it is recognised.
    proptest::collection::vec([cell, cell], 1..12).prop_map(|rows| {
        let header = ["id", "name", "city"].map(str::to_owned);
        let numbered =
            rows.into_iter().enumerate().map(|(number, [name, city])| [format!("R{number:04}"), name, city]);
        std::iter::once(header).chain(numbered).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    /// Every record of a well-formed table is read unchanged, whichever program wrote it.
    #[test]
    fn sound_tables_are_read_whole(rows in rows(), dialect in 0..DIALECTS.len()) {
        let dialect = DIALECTS[dialect];
        let (text, starts) = dialect.write(&rows);
        let format = TableFormat { separator: Some(dialect.delimiter.to_string().parse().expect("one")), encoding: None };
        let outcome = read(text.as_bytes(), format).expect("reads");
        prop_assert!(outcome.refused.is_empty(), "{text:?}: {:?}", outcome.refused);
        let expected: BTreeMap<u64, Vec<String>> =
            starts.into_iter().zip(&rows).skip(1).map(|(line, row)| (line, row.to_vec())).collect();
        prop_assert_eq!(outcome.records, expected, "{:?}", text);
    }

    /// If a quote is lost or added, each record is read unchanged or each of its lines is refused.
    /// The changed record itself may be read differently, since the file differs. A line of a cell
    /// that looks like a whole record cannot be told from one, so the generator makes none.
    #[test]
    fn a_broken_quote_costs_lines_and_never_in_silence(
        mut rows in rows(), dialect in 0..DIALECTS.len(), place in any::<prop::sample::Index>(), is_lost in any::<bool>(),
    ) {
        let dialect = DIALECTS[dialect];
        let is_like_a_record = |line: &str| line.matches(dialect.delimiter).count() == 2;
        for cell in rows.iter_mut().flatten().filter(|cell| cell.split('\n').any(is_like_a_record)) {
            *cell = cell.replace('\n', " ");
        }
        let (text, starts) = dialect.write(&rows);
        let header = text.find('\n').expect("a header") + 1;
        let quotes: Vec<usize> = text.match_indices('"').map(|(at, _)| at).filter(|at| *at >= header).collect();
        let mut broken = text.clone();
        let at = match is_lost && !quotes.is_empty() {
            true => {
                let at = quotes[place.index(quotes.len())];
                broken.remove(at);
                at
            }
            false => {
                let places: Vec<usize> = text.char_indices().map(|(at, _)| at).filter(|at| *at >= header).collect();
                let at = places[place.index(places.len())];
                broken.insert(at, '"');
                at
            }
        };
        let format = TableFormat { separator: Some(dialect.delimiter.to_string().parse().expect("one")), encoding: None };
        let outcome = read(broken.as_bytes(), format).expect("reads");
        let line = 1 + text[..at].matches('\n').count() as u64;
        let ends = starts.iter().skip(1).copied().chain([u64::MAX]);
        for ((start, end), row) in starts.iter().copied().zip(ends).zip(&rows).skip(1) {
            let is_broken = (start..end).contains(&line);
            let is_whole = outcome.records.get(&start).is_some_and(|cells| cells == row);
            let is_told = outcome.refused.contains(&start);
            prop_assert!(is_broken || is_whole || is_told, "record {} of {:?}: {:?}", row[0], broken, outcome);
        }
    }
}
