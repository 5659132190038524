//! The one table of what is text, for every way to read a file.

use std::io::{self, Read};

use proptest::prelude::*;

use crate::{Error, ErrorKind, TextEncoding, Utf8Text, text_of};

/// Sizes of a read: fewer and more bytes than a reader returns without its buffer.
const ROOMS: [usize; 2] = [1, 64 * 1024];
/// Longer than the front by which a file is judged.
const LONG: usize = 9000;

/// Returns few bytes at a time, as a slow pipe may: one of a short file, else about a thousand.
struct Drip<'a>(&'a [u8]);

impl Read for Drip<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let step = if self.0.len() < 500 { 1 } else { 1009 };
        let count = self.0.len().min(step).min(out.len());
        out[..count].copy_from_slice(&self.0[..count]);
        self.0 = &self.0[count..];
        Ok(count)
    }
}

fn read_all(mut from: impl Read, room: usize) -> Result<String, Error> {
    let (mut text, mut buffer) = (Vec::new(), vec![0; room]);
    loop {
        match from.read(&mut buffer) {
            Ok(0) => return Ok(String::from_utf8(text).expect("is UTF-8")),
            Ok(count) => text.extend_from_slice(&buffer[..count]),
            Err(error) => return Err(error.downcast::<Error>().expect("is ours")),
        }
    }
}

/// The result: the text, or the start of the error's sentence.
type Expected<'a> = Result<&'a str, &'a str>;

fn hold(what: &str, got: Result<String, Error>, expected: Expected) {
    match (&got, expected) {
        (Ok(text), Ok(wanted)) => assert_eq!(text, wanted, "{what}"),
        (Err(error), Err(part)) => assert!(error.to_string().contains(part), "{what}: {error}"),
        _ => panic!("{what}: {got:?}, expected {expected:?}"),
    }
}

/// Checks a text in a declared encoding, read whole and, without a declaration, in pieces.
fn text_in(bytes: &[u8], declared: TextEncoding, expected: Expected) {
    hold(&format!("{bytes:?} whole"), text_of(bytes, declared), expected);
    if declared == TextEncoding::UTF_8 {
        for room in ROOMS {
            hold(&format!("{bytes:?} room {room}"), read_all(Utf8Text::new(bytes), room), expected);
            hold(&format!("{bytes:?} drip {room}"), read_all(Utf8Text::new(Drip(bytes)), room), expected);
        }
    }
}

fn table_in(bytes: &[u8], declared: Option<TextEncoding>, expected: Expected) {
    for room in ROOMS {
        let read = read_all(Utf8Text::of_table(bytes, declared, None), room);
        hold(&format!("table {bytes:?} room {room}"), read, expected);
        let read = read_all(Utf8Text::of_table(Drip(bytes), declared, None), room);
        hold(&format!("table {bytes:?} drip {room}"), read, expected);
    }
}

/// Checks a file that texts and tables treat alike.
fn check(bytes: &[u8], expected: Expected) {
    text_in(bytes, TextEncoding::UTF_8, expected);
    table_in(bytes, None, expected);
}

fn utf16le(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn utf16be(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_be_bytes).collect()
}

fn label(label: &str) -> TextEncoding {
    label.parse().expect("a label")
}

#[test]
fn plain_texts_are_read() {
    check(b"", Ok(""));
    check(b"a", Ok("a"));
    check(b"ab", Ok("ab"));
    check("née".as_bytes(), Ok("née"));
    check("a,é\n山田".as_bytes(), Ok("a,é\n山田"));
    check("Müller\t1\r\n😀".as_bytes(), Ok("Müller\t1\r\n😀"));
    // A Macintosh before 2001 ended lines with a carriage return.
    check(b"a,b\r1,2\r", Ok("a,b\r1,2\r"));
    // What terminals and printers write, and a delete.
    check(b"a\x07\x08\x0b\x0c\x1b[1mb\x7f", Ok("a\u{7}\u{8}\u{b}\u{c}\u{1b}[1mb\u{7f}"));
    // Control characters beyond ASCII are characters of ISO 8859.
    check("a\u{85}b".as_bytes(), Ok("a\u{85}b"));
}

#[test]
fn byte_order_marks_name_the_encoding() {
    check(b"\xEF\xBB\xBF", Ok(""));
    check(b"\xEF\xBB\xBFa\n", Ok("a\n"));
    check(b"\xFF\xFE", Ok(""));
    check(b"\xFE\xFF", Ok(""));
    check(b"\xFF\xFEa\0", Ok("a"));
    check(b"\xFE\xFF\0a", Ok("a"));
    check(b"\xFF\xFEa\0\x71\x5c\x3d\xd8\0\xde", Ok("a山😀"));
    check(b"\xFE\xFF\0a\x5c\x71\xd8\x3d\xde\0", Ok("a山😀"));
    check(b"\xFF\xFE\0\0a\0\0\0", Err("UTF-32"));
    check(b"\0\0\xFE\xFF\0\0\0a", Err("UTF-32"));
    // A mark overrides the declared encoding.
    text_in(b"\xFE\xFF\0a", TextEncoding::UTF_16LE, Ok("a"));
    text_in(b"\xFF\xFEa\0", TextEncoding::UTF_16, Ok("a"));
    text_in(b"\xEF\xBB\xBFabc", TextEncoding::UTF_16BE, Ok("abc"));
    table_in("\u{feff}Müller".as_bytes(), Some(label("windows-1252")), Ok("Müller"));
}

#[test]
fn utf16_without_a_mark_is_not_guessed_in_texts() {
    for bytes in [utf16le("Langer, 900-12-3456"), utf16be("Langer, 900-12-3456"), utf16le("ab")] {
        text_in(&bytes, TextEncoding::UTF_8, Err("UTF-16 without"));
        text_in(&bytes, TextEncoding::UTF_16, Err("UTF-16 without"));
    }
    // A table is: its header shows whether the guess is right.
    table_in(&utf16le("id,name\n1,山田\n"), None, Ok("id,name\n1,山田\n"));
    table_in(&utf16be("id,name\n1,山田\n"), None, Ok("id,name\n1,山田\n"));
    text_in(&utf16le("Langer"), TextEncoding::UTF_16LE, Ok("Langer"));
    text_in(&utf16be("Langer"), TextEncoding::UTF_16BE, Ok("Langer"));
    text_in(b"", TextEncoding::UTF_16BE, Ok(""));
    // Without many zeros there is no sign of UTF-16. The second byte of a Cyrillic letter is 4.
    text_in(&utf16le("Жанна"), TextEncoding::UTF_8, Err("the control character U+0016"));
}

#[test]
fn utf8_that_is_declared_as_utf16_is_not_read_as_such() {
    for declared in [TextEncoding::UTF_16LE, TextEncoding::UTF_16BE, TextEncoding::UTF_16] {
        text_in(b"abcd", declared, Err("declared as UTF-16 and is UTF-8"));
        table_in(b"id,name\n1,Langer\n", Some(declared), Err("declared as UTF-16 and is UTF-8"));
    }
    text_in(b"%PDF-1.7\n1", TextEncoding::UTF_16LE, Err("a PDF document"));
    text_in(b"PK\x03\x04\x14\0\x08\0", TextEncoding::UTF_16LE, Err("a zip archive"));
    text_in(b"\x89PNG\r\n\x1A\n", TextEncoding::UTF_16BE, Err("an image"));
}

#[test]
fn control_characters_are_in_no_text() {
    let check = |bytes: &[u8], reason: &str| text_in(bytes, TextEncoding::UTF_8, Err(reason));
    check(b"a\n\n\0", "line 3, byte 3 of the file holds a NUL");
    check(b"ab\0\xFF", "line 1, byte 2 of the file holds a NUL");
    check(b"one\0log line", "line 1, byte 3");
    check(b"\xFF\xFEa\0\0\0", "line 1, byte 4 of the file holds a NUL");
    check(b"a\0\0\0b\0\0\0", "line 1, byte 1 of the file holds a NUL");
    check(b"a\nb\x01", "line 2, byte 3 of the file holds the control character U+0001");
    check(b"\x1Aa", "U+001A");
    check(b"\xFE\xFF\0a\0\x1F", "line 1, byte 4 of the file holds the control character U+001F");
    check(b"\n\x12\x06Langer", "U+0012");
    // A late one is found as well.
    check(&[vec![b'a'; LONG], vec![0]].concat(), "line 1, byte 9000 of the file holds a NUL");
    let late = [b"\xFF\xFE".to_vec(), utf16le(&"é\n".repeat(LONG)), vec![3, 0]].concat();
    check(&late, "line 9001, byte 36002 of the file holds the control character U+0003");
    // In a table they cost their record.
    table_in(b"a,b\n1,\0\n\x01", None, Ok("a,b\n1,\0\n\x01"));
}

#[test]
fn bytes_of_other_encodings_are_refused_at_their_place() {
    check(b"M\xFCller", Err("line 1, byte 1 of the file: this is neither UTF-8"));
    check(b"a,b\n1,M\xFCller\n", Err("line 2, byte 7"));
    // Windows-1251, Mac Roman, EBCDIC.
    check(b"\xCB\xE0\xED\xE3\xE5\xF0\n", Err("line 1, byte 0"));
    check(b"M\x9Fller\r", Err("line 1, byte 1"));
    check(b"\xD3\x81\x95\x87\x85\x99", Err("line 1, byte 2"));
    // An overlong form, a surrogate, a code point beyond the last.
    check(b"\xC3(", Err("line 1, byte 0"));
    check(b"a\xC0\xAF", Err("line 1, byte 1"));
    check(b"a\xED\xA0\x80", Err("line 1, byte 1"));
    check(b"a\xF4\x90\x80\x80", Err("line 1, byte 1"));
    // Cut off: a character, a pair, a unit.
    check(b"abc\xE5\xB1", Err("line 1, byte 3"));
    check(b"\xFF\xFEa\0\n\0\0\xDC", Err("line 2, byte 6"));
    check(b"\xFF\xFE\0\xDEa\0", Err("line 1, byte 2"));
    check(b"\xFF\xFEa\0\x3D\xD8", Err("line 1, byte 4"));
    check(b"\xFF\xFEa\0b", Err("line 1, byte 4"));
    let long = [b"\xFF\xFE".to_vec(), utf16le(&"é".repeat(LONG * 8))].concat();
    let end = format!("line 1, byte {}", long.len());
    check(&[long.as_slice(), b"\x3D\xD8"].concat(), Err(&end));
    check(&[long.as_slice(), b"b"].concat(), Err(&end));
    check(&[vec![b'a'; LONG * 8], vec![0xE9]].concat(), Err("line 1, byte 72000"));
}

#[test]
fn tables_are_read_in_their_declared_encoding() {
    let check = |name: &str, bytes: &[u8], expected: Expected| table_in(bytes, Some(label(name)), expected);
    check("windows-1252", b"M\xFCller \x80", Ok("Müller €"));
    check("latin1", b"M\xFCller", Ok("Müller"));
    check("windows-1251", b"\xCB\xE0\xED\xE3\xE5\xF0", Ok("Лангер"));
    check("macintosh", b"M\x9Fller\r", Ok("Müller\r"));
    check("shift_jis", b"\x8E\x52\x93\x63", Ok("山田"));
    check("shift_jis", b"a\nM\xFC\xFF", Err("line 2, byte 3 of the file: this is not Shift_JIS"));
    check("utf-16le", &utf16le("Жанна"), Ok("Жанна"));
    check("utf-8", b"M\xFCller", Err("this is not UTF-8"));
    assert_eq!("utf-9".parse::<TextEncoding>().map_err(|error| error.kind()), Err(ErrorKind::UnknownLabel));
}

#[test]
fn other_formats_are_named() {
    check(b"%PDF-1.7\n1 0 obj", Err("a PDF document"));
    check(b"%!PS-Adobe-3.0\n", Err("a PostScript document"));
    check(b"{\\rtf1\\ansi 900}", Err("an RTF document"));
    check(b"\xEF\xBB\xBF{\\rtf1 900}", Err("an RTF document"));
    check(&[b"\xFF\xFE".to_vec(), utf16le("{\\rtf1 900}")].concat(), Err("an RTF document"));
    check(b"PK\x03\x04\x14\0word/document.xml", Err("a zip archive"));
    check(b"PK\x05\x06\0\0", Err("a zip archive"));
    check(b"PK\x03\x04\x14\0\0[Content_Types].xml", Err("an office document"));
    check(b"PK\x03\x04\x14\0\0mimetypeapplication/vnd.oasis.opendocument.text", Err("an office document"));
    check(b"\xD0\xCF\x11\xE0\xA1\xB1", Err("an old office document"));
    check(b"\x1F\x8B\x08\0", Err("packed with gzip"));
    check(b"\xFD7zXZ\0\0", Err("packed with xz"));
    check(b"\x28\xB5\x2F\xFD\x24", Err("packed with zstd"));
    check(b"BZh91AY&SY\xAA", Err("packed with bzip2"));
    check(b"7z\xBC\xAF\x27\x1C\0", Err("a 7z archive"));
    check(b"Rar!\x1A\x07\0", Err("a RAR archive"));
    check(&[b"a.txt".as_slice(), &[0; 252], b"ustar\x0000Langer"].concat(), Err("a tar archive"));
    check(b"SQLite format 3\0\x10", Err("an SQLite database"));
    check(b"PAR1\x15\x04\x15", Err("a Parquet file"));
    check(b"Obj\x01\x04\x16avro.schema", Err("an Avro file"));
    check(b"ORC\n\x06\0", Err("an ORC file"));
    check(b"PGDMP\x01\x0E\0", Err("a dump of PostgreSQL"));
    check(b"!BDN\0\0", Err("an Outlook mailbox (pst)"));
    check(b"\x89PNG\r\n\x1A\n\0", Err("an image"));
    check(b"\xFF\xD8\xFF\xE0", Err("an image"));
    check(b"GIF89a\x01\0", Err("an image"));
    check(b"\x7FELF\x02", Err("a program"));
    check(b"MZ\x90\0", Err("a program"));
}

#[test]
fn texts_that_begin_like_another_format_are_read() {
    for text in [
        "ORCID,name\n0000-0002-1825-0097,Langer\n",
        "PAR1 is how Parquet begins",
        "PGDMP;x\n",
        "MZ is a station",
        "GIF87a, GIF89a\n",
        "!BDN!\n",
        "BZh9 and others\n",
        "PKV Muster, Langer\n",
        "PK;name\n1;Langer\n",
        "see {\\rtf1} and %PDF-1.7\n",
    ] {
        check(text.as_bytes(), Ok(text));
    }
    let like_tar = ["a".repeat(257).as_str(), "ustar"].concat();
    check(like_tar.as_bytes(), Ok(&like_tar));
    table_in(b"MZ;Gr\xF6\xDFe\n", Some(label("windows-1252")), Ok("MZ;Größe\n"));
}

proptest! {
    /// A text is read to its last character or not at all, however its bytes arrive.
    #[test]
    fn every_way_of_reading_gives_the_same(
        bytes in proptest::collection::vec(prop_oneof![8 => 0x20u8..0x7f, 1 => any::<u8>(), 1 => Just(b'\n')], 0..64),
        mark in prop_oneof![Just(&b""[..]), Just(&b"\xEF\xBB\xBF"[..]), Just(&b"\xFF\xFE"[..]), Just(&b"\xFE\xFF"[..])],
        padding in prop_oneof![Just(0), Just(LONG)],
    ) {
        let bytes = [mark, &b"xy".repeat(padding), bytes.as_slice()].concat();
        let whole = text_of(&bytes, TextEncoding::UTF_8);
        for room in ROOMS {
            prop_assert_eq!(&read_all(Utf8Text::new(bytes.as_slice()), room), &whole);
            prop_assert_eq!(&read_all(Utf8Text::new(Drip(&bytes)), room), &whole);
        }
        if let (Ok(text), b"") = (&whole, mark) {
            prop_assert_eq!(text.as_bytes(), &bytes);
        }
    }
}
