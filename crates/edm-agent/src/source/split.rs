//! A text → records and cells (RFC 4180), told by their places in it. As lenient as the `csv` crate, with which a test
//! compares it: quotes inside a cell stand for themselves, and what follows a closing quote belongs to the cell.

use edm_hash::ProcessorPath;

use super::glance::{self, WINDOW};

/// So much of the text is searched for marks at a time.
const AHEAD_BYTES: usize = 64 * WINDOW;

/// Begin and end of a cell in the text.
pub(super) type Span = (usize, usize);

/// What stands at a place of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// A record, whose cells were listed, and the number of line ends in it, its own included.
    Record { lines: u64 },
    /// A line without anything.
    Blank,
    /// A record that ends behind what was read so far; it is to be asked for again.
    Unfinished,
    /// A record whose last quote is open where the text ends.
    Unclosed,
    /// The end of the text.
    End,
}

/// Goes through a text from record to record.
#[derive(Debug, Clone)]
pub(super) struct Splitter {
    delimiter: u8,
    /// Where the next record begins.
    at: usize,
    /// Where the bytes stand that `marks` tells of.
    base: usize,
    /// Bit n: byte n from `base` on is a quote, a delimiter or a line end not seen yet.
    marks: u64,
    /// The marks of the windows that follow, of which the first ones were taken.
    ahead: Vec<u64>,
    taken: usize,
    path: ProcessorPath,
    /// Cells of the record whose quotes are to be removed once it is whole: till then it may be read again.
    quoted: Vec<usize>,
}

/// A cell as it is met.
#[derive(Debug, Clone, Copy, Default)]
struct Field {
    start: usize,
    /// Whether it begins with a quote.
    quoted: bool,
    /// Whether that quote is open.
    open: bool,
    /// Where it was closed.
    closed: usize,
    /// Whether a quote inside stands for another.
    escaped: bool,
}

impl Splitter {
    /// Begins at the begin of a text whose cells this byte parts.
    pub(super) fn new(delimiter: u8) -> Self {
        let path = ProcessorPath::current();
        Self { delimiter, at: 0, base: 0, marks: 0, ahead: Vec::new(), taken: 0, path, quoted: Vec::new() }
    }

    /// Returns where the next record begins.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// Goes on at this place of another text.
    pub(super) fn seek(&mut self, at: usize) {
        // Nothing is known of what stands there.
        (self.at, self.base, self.marks) = (at, at, 0);
        self.ahead.clear();
        self.taken = 0;
    }

    /// Reads the next record, lists its cells in `cells` and removes the quotes that are not meant from the text.
    /// `ended` says that nothing follows the text.
    pub(super) fn record(&mut self, text: &mut [u8], ended: bool, cells: &mut Vec<Span>) -> Step {
        cells.clear();
        self.quoted.clear();
        if self.base == self.at && self.marks == 0 {
            self.marks = self.take_marks(text);
        }
        // Most records have no quote: nothing need be known of a cell but where it begins.
        let mut start = self.at;
        let mut met = self.next_mark(text);
        while let Some((mark, byte)) = met
            && byte != b'"'
        {
            if byte == b'\n' {
                self.at = mark + 1;
                if cells.is_empty() && start == mark {
                    return Step::Blank;
                }
                cells.push((start, mark));
                return Step::Record { lines: 1 };
            }
            cells.push((start, mark));
            start = mark + 1;
            met = self.next_mark(text);
        }
        self.any_record((text, ended), start, met, cells)
    }

    /// Goes on with a record in the cell that begins at `start`, of which this mark is met.
    fn any_record(
        &mut self,
        (text, ended): (&mut [u8], bool),
        start: usize,
        mut met: Option<(usize, u8)>,
        cells: &mut Vec<Span>,
    ) -> Step {
        let mut field = Field { start, ..Field::default() };
        let mut lines = 0;
        while let Some((mark, byte)) = met {
            match byte {
                b'"' if field.open => match text.get(mark + 1) {
                    Some(b'"') => {
                        field.escaped = true;
                        self.next_mark(text);
                    }
                    None if !ended => break,
                    _ => (field.open, field.closed) = (false, mark),
                },
                b'"' if mark == field.start => (field.quoted, field.open) = (true, true),
                b'\n' if field.open => lines += 1,
                b'"' => {}
                _ if field.open => {}
                b'\n' => {
                    self.at = mark + 1;
                    if cells.is_empty() && field.start == mark {
                        return Step::Blank;
                    }
                    self.push(field, mark, cells);
                    self.unescape(text, cells);
                    return Step::Record { lines: lines + 1 };
                }
                _ => {
                    self.push(field, mark, cells);
                    field = Field { start: mark + 1, ..Field::default() };
                }
            }
            met = self.next_mark(text);
        }
        if !ended {
            self.seek(self.at);
            return Step::Unfinished;
        }
        self.end(text, field, lines, cells)
    }

    fn end(&mut self, text: &mut [u8], field: Field, lines: u64, cells: &mut Vec<Span>) -> Step {
        if field.open {
            return Step::Unclosed;
        }
        self.seek(text.len());
        if cells.is_empty() && field.start == text.len() {
            return Step::End;
        }
        self.push(field, text.len(), cells);
        self.unescape(text, cells);
        Step::Record { lines }
    }

    /// Lists a cell that ends here, without its quotes if that takes nothing out of the middle.
    #[inline]
    fn push(&mut self, field: Field, end: usize, cells: &mut Vec<Span>) {
        cells.push(match field.quoted {
            false => (field.start, end),
            true if !field.escaped && field.closed + 1 == end => (field.start + 1, field.closed),
            true => {
                self.quoted.push(cells.len());
                (field.start, end)
            }
        });
    }

    fn unescape(&self, text: &mut [u8], cells: &mut [Span]) {
        for index in &self.quoted {
            let (start, end) = cells.get_mut(*index).expect("a cell whose quotes go was listed");
            *end = *start + unescape(text.get_mut(*start..*end).expect("a cell stands in the text"));
        }
    }

    /// Returns the next quote, delimiter or line end, and its place.
    #[inline]
    fn next_mark(&mut self, text: &[u8]) -> Option<(usize, u8)> {
        while self.marks == 0 {
            self.base += WINDOW;
            if self.base >= text.len() {
                return None;
            }
            self.marks = self.take_marks(text);
        }
        let mark = self.base + self.marks.trailing_zeros() as usize;
        self.marks &= self.marks - 1;
        Some((mark, *text.get(mark)?))
    }

    /// Returns the marks of the window at `base`.
    #[inline]
    fn take_marks(&mut self, text: &[u8]) -> u64 {
        if self.taken == self.ahead.len() {
            let rest = text.get(self.base..).unwrap_or_default();
            self.ahead.clear();
            let near = rest.get(..AHEAD_BYTES).unwrap_or(rest);
            glance::append_marks(self.path, near, self.delimiter, &mut self.ahead);
            self.taken = 0;
        }
        let marks = self.ahead.get(self.taken).copied().unwrap_or(0);
        self.taken += 1;
        marks
    }
}

/// Removes the quotes of a cell that begins with one, and returns its length; spaces stand behind it.
fn unescape(cell: &mut [u8]) -> usize {
    let (mut length, mut at) = (0, 1);
    while let Some(byte) = cell.get(at).copied() {
        at += 1;
        if byte == b'"' && cell.get(at) != Some(&b'"') {
            // What is quoted ends here, and what follows stands for itself.
            let rest = cell.len() - at;
            cell.copy_within(at.., length);
            length += rest;
            break;
        }
        at += usize::from(byte == b'"');
        if let Some(place) = cell.get_mut(length) {
            *place = byte;
        }
        length += 1;
    }
    cell.iter_mut().skip(length).for_each(|place| *place = b' ');
    length
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Splits a text that comes in pieces; each record as its cells, and the line ends that were counted.
    fn split(text: &str, delimiter: u8, piece_bytes: usize) -> Result<(Vec<Vec<String>>, u64), Step> {
        let mut records = Vec::new();
        let (mut splitter, mut cells, mut lines) = (Splitter::new(delimiter), Vec::new(), 0);
        let mut bytes: Vec<u8> = Vec::new();
        let mut pieces = text.as_bytes().chunks(piece_bytes.max(1));
        let mut ended = false;
        loop {
            match splitter.record(&mut bytes, ended, &mut cells) {
                Step::Record { lines: own } => {
                    lines += own;
                    let cell =
                        |(start, end): &Span| String::from_utf8_lossy(&bytes[*start..*end]).into_owned();
                    records.push(cells.iter().map(cell).collect());
                    assert!(std::str::from_utf8(&bytes[..splitter.at()]).is_ok(), "{text:?}");
                }
                Step::Blank => lines += 1,
                Step::Unfinished => match pieces.next() {
                    Some(piece) => bytes.extend_from_slice(piece),
                    None => ended = true,
                },
                Step::Unclosed => return Err(Step::Unclosed),
                Step::End => return Ok((records, lines)),
            }
        }
    }

    /// What the csv crate reads, with the settings that this crate used it with.
    fn reference(text: &str, delimiter: u8) -> Vec<Vec<String>> {
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(delimiter)
            .has_headers(false)
            .flexible(true)
            .terminator(csv::Terminator::Any(b'\n'))
            .from_reader(text.as_bytes());
        let record = |record: csv::StringRecord| record.iter().map(str::to_owned).collect();
        reader.records().map(|found| record(found.expect("text"))).collect()
    }

    #[test]
    fn records_of_rfc_4180_and_others() {
        let check = |text: &str, expected: Result<&[&[&str]], Step>| {
            for piece_bytes in [1, 3, 64, 1000] {
                let got = split(text, b',', piece_bytes).map(|(records, _)| records);
                let expected = expected.map(|records| {
                    records.iter().map(|record| record.iter().map(ToString::to_string).collect()).collect()
                });
                assert_eq!(got, expected, "{text:?}");
            }
        };
        check("", Ok(&[]));
        check("\n\n", Ok(&[]));
        check("a,b\nc,d", Ok(&[&["a", "b"], &["c", "d"]]));
        check("a,\n,\n\nb\n", Ok(&[&["a", ""], &["", ""], &["b"]]));
        check("\"a,\n\"\"b\"\"\",c\n", Ok(&[&["a,\n\"b\"", "c"]]));
        check("\"\"\n\"a\"b\"c\"\n", Ok(&[&[""], &["ab\"c\""]]));
        check("a\"b,\"c\"\"\",\"é\"\"山\"\n", Ok(&[&["a\"b", "c\"", "é\"山"]]));
        check("a\n\"b,c\n", Err(Step::Unclosed));
        check("a\n\"b\"\"", Err(Step::Unclosed));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn splits_as_the_csv_crate(text in "([a-b\"\"\",,;;\n\r é山]{0,90}|([a-b]{0,9}|\"[a,\n]{0,9}(\"\")?\")([,\n](\"[a-b;,]{0,30}\"|[a-b é]{0,40})){0,12})", piece_bytes in 1usize..100, semicolon in any::<bool>()) {
            let delimiter = if semicolon { b';' } else { b',' };
            match split(&text, delimiter, piece_bytes) {
                Ok((records, lines)) => {
                    prop_assert_eq!(records, reference(&text, delimiter));
                    prop_assert_eq!(lines, text.matches('\n').count() as u64);
                }
                // The csv crate takes the rest of the file for a cell.
                Err(_) => {
                    let closed = reference(&format!("{text}\"\n\u{1}\n"), delimiter);
                    let end = reference(&format!("{text}\n\u{1}\n"), delimiter);
                    let mark = vec!["\u{1}".to_owned()];
                    prop_assert_eq!(closed.last(), Some(&mark));
                    prop_assert_ne!(end.last(), Some(&mark));
                }
            }
        }
    }
}
