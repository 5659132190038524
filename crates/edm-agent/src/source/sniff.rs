//! Detection by the first bytes of a file: files that are not delimited text, and the separator of
//! a table.

use super::Separator;
use super::split::{Splitter, Step};
use crate::error::{Error, ErrorKind};

/// Text examined for the separator, in bytes.
pub(super) const SNIFF_BYTES: usize = 64 * 1024;
/// Records examined for the separator.
const RECORDS: usize = 100;
/// The minimum of records in ten that must have as many cells as the first.
const AGREEING_OF_TEN: usize = 8;

/// The separators tried, the most likely first.
const SEPARATORS: [Separator; 4] = [Separator::COMMA, Separator(b';'), Separator(b'\t'), Separator(b'|')];

/// Fails if the first lines are text but not delimited.
pub(super) fn refuse_other_texts(text: &[u8]) -> Result<(), Error> {
    let begin = text.trim_ascii_start();
    let is_object = begin.strip_prefix(b"{").is_some_and(|rest| rest.trim_ascii_start().starts_with(b"\""));
    let is_markup = [&b"<?xml"[..], b"<!DOCTYPE", b"<html"].iter().any(|tag| begin.starts_with(tag));
    let first_line = begin.split(|byte| *byte == b'\n').next().unwrap_or_default().trim_ascii_end();
    let is_frame = first_line.len() > 2
        && first_line.iter().all(|byte| matches!(byte, b'+' | b'-' | b'=' | b'|' | b' ' | b'*'));
    let what = match (is_object, is_markup) {
        (true, _) => "is JSON",
        _ if is_frame => "is a table drawn with lines, as programs show one at a terminal",
        (_, true) => "is XML or HTML",
        _ if text.contains(&b'\r') && !text.contains(&b'\n') && lines_by_carriage_return(text) => {
            "ends its lines with a carriage return alone, as old Macintosh programs do"
        }
        _ => return Ok(()),
    };
    Err(Error::new(ErrorKind::NotDelimited { what }))
}

/// Returns whether a carriage return occurs between characters, and not only before a line feed.
fn lines_by_carriage_return(text: &[u8]) -> bool {
    text.strip_suffix(b"\r").unwrap_or(text).contains(&b'\r')
}

/// Returns the separator that gives the first record the most cells. Separators with which nearly
/// all further records have as many cells take precedence. Returns `None` if the first record is
/// one cell with all of them. `ended` means that the text is complete.
pub(super) fn separator(text: &[u8], ended: bool) -> Option<Sniffed> {
    let mut best: Option<(Fit, Separator)> = None;
    let mut fitting = 0;
    for separator in SEPARATORS {
        let fit = fit(text, ended, separator);
        fitting += u32::from(fit.agrees && fit.cells > 1);
        if fit.cells > 1 && best.is_none_or(|(other, _)| fit > other) {
            best = Some((fit, separator));
        }
    }
    let sniffed = |(fit, separator): (Fit, Separator)| {
        // Anything but an unambiguous comma is reported, because a wrong choice changes what is
        // protected.
        let is_expected = separator == Separator::COMMA && fit.agrees && fitting == 1;
        Sniffed { separator, is_expected }
    };
    best.map(sniffed)
}

/// Returns whether the first record is one cell with this separator.
pub(super) fn is_one_cell(text: &[u8], ended: bool, separator: Separator) -> bool {
    fit(text, ended, separator).cells == 1
}

/// The detected separator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sniffed {
    pub(super) separator: Separator,
    /// Whether it is the usual one and no other fits; then it need not be reported.
    pub(super) is_expected: bool,
}

/// How well a separator fits; the greater, the better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Fit {
    /// Whether nearly all records have as many cells as the first.
    agrees: bool,
    /// The number of cells in the first record.
    cells: usize,
}

fn fit(text: &[u8], ended: bool, separator: Separator) -> Fit {
    let (mut splitter, mut cells) = (Splitter::new(separator.byte()), Vec::new());
    let (mut first, mut agreeing, mut records) = (None, 0, 0);
    while records < RECORDS {
        match splitter.record(text, ended, &mut cells) {
            Step::Blank => continue,
            Step::Record { .. } => {
                records += 1;
                agreeing += usize::from(*first.get_or_insert(cells.len()) == cells.len());
            }
            // Counts as a record that disagrees: with the wrong separator, quotes often do not
            // match.
            Step::Fault { .. } => records += 1,
            Step::Unfinished | Step::End => break,
        }
    }
    Fit { agrees: agreeing * 10 >= records * AGREEING_OF_TEN, cells: first.unwrap_or(0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn separators_are_told_by_their_cells() {
        let check = |text: &str, expected: Option<u8>| {
            let found = separator(text.as_bytes(), true).map(|sniffed| sniffed.separator.byte());
            assert_eq!(found, expected, "{text:?}");
        };
        check("", None);
        check("ssn\n1\n2\n", None);
        check("a,b\n1,2\n", Some(b','));
        check("a;b\n1,5;2,5\n3,5;4,5\n", Some(b';'));
        check("a;b;c\n1,5;2;3\n\"x;y\";2;3\n", Some(b';'));
        check("Name, Vorname;SSN\nRoe, Jane;1\nPoe, Ann;2\n", Some(b','));
        check("Name, Vorname;SSN;DOB\nRoe, Jane;1;2\nPoe, Ann;2;3\n", Some(b';'));
        check("a\tb\tc\n1\t2,5\t3\n", Some(b'\t'));
        check("a|b\n1|2\n", Some(b'|'));
        check("a|b,c|d\n1|2,3|4\n", Some(b'|'));
        check("a,b;c\n1,2\n", Some(b','));
        // In a table with broken lines, the header decides.
        check("a;b;c\n1;2\n\"1\"x;2;3\n1;2;3\n", Some(b';'));
        check("id,note\n1,\"a;b\n;c\"\n2,d\n", Some(b','));
        // A line in a cell is truncated if the text is incomplete.
        let found = separator(b"a;b\n1;2\n3;\"4", false).expect("a separator");
        assert_eq!((found.separator.byte(), found.is_expected), (b';', false));
        // If another separator fits as well, the choice is reported, so that it is not left to
        // guessing.
        let detected =
            |text: &[u8]| separator(text, true).map(|found| (found.separator.byte(), !found.is_expected));
        assert_eq!(detected(b"a,b\n1,2\n"), Some((b',', false)));
        assert_eq!(detected(b"id;price, EUR\n1;0,50\n2;1,50\n"), Some((b',', true)));
    }

    #[test]
    fn other_texts_are_called_by_name() {
        let check = |bytes: &[u8], expected: Option<&str>| {
            let refused = refuse_other_texts(bytes).err();
            let what = refused.map(|error| match error.kind() {
                ErrorKind::NotDelimited { what } => *what,
                other => panic!("{other:?}"),
            });
            assert_eq!(what, expected, "{bytes:?}");
        };
        check(b"a,b\r\n1,2\r\n", None);
        check(b"a,b\r", None);
        check(b"", None);
        check(
            b"+----+------+\n| id | name |\n",
            Some("is a table drawn with lines, as programs show one at a terminal"),
        );
        check(b" {\"ssn\": \"900-12-3456\"}\n", Some("is JSON"));
        check(b"<?xml version=\"1.0\"?>", Some("is XML or HTML"));
        let old = "ends its lines with a carriage return alone, as old Macintosh programs do";
        check(b"a,b\r1,2\r", Some(old));
    }
}
