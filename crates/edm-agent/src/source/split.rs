//! Splits a text into records and cells (RFC 4180), given by their positions.
//!
//! Problem: a missing or extra quote merges the following records into a cell, without an error.
//! Idea: anything that only a wrong quote can cause is a fault. A fault costs exactly the lines
//! that it covers.
//!
//! ```text
//! "a""b" c    a closing quote, then neither separator nor line end     fault
//! "a ⏎ … ⏎    a quote without a closing one within the line limit      fault
//! "a" , "b"   spaces around quotes                                     a and b
//! 20" pipe    a quote inside an unquoted cell is literal               20" pipe
//! "a ⏎ b",5"  but not in a record of several lines: a program that     fault
//!             quotes the first cell quotes the second too
//! ```
//!
//! A wrong quote can also end a multi-line record by chance at the start of another record. Then
//! the text that follows starts inside a cell. It shows this by a fault, by a literal quote, or by
//! another number of cells. So the reader examines the record after a multi-line one before it
//! accepts that one ([`Splitter::look_behind`]).
//!
//! Invariant: every line of the text belongs to exactly one step, and reading continues at the line
//! after a fault.

use std::fmt;

use edm_hash::Level;
use edm_model::limits;

use super::byte_scan::{self, WINDOW};

/// Bytes scanned for marks at a time.
const AHEAD_BYTES: usize = 64 * WINDOW;

/// Multi-line records examined before the one before them is accepted.
const RECORDS_AHEAD: u32 = 8;

/// Records and blank lines examined in the process. A table may have millions of empty ones.
const STEPS_AHEAD: usize = 1_000;

/// Start and end of a cell in the text.
pub(super) type Span = (usize, usize);

/// The next part of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// A record with its cells listed, its number of lines, and whether an unquoted cell contains a
    /// quote.
    Record { lines: u64, bare: bool },
    /// An empty line.
    Blank,
    /// A record that continues after the text read so far. Call again with more text.
    Unfinished,
    /// Lines in which the quotes do not match.
    Fault { lines: u64, fault: QuoteFault },
    /// The end of the text.
    End,
}

/// How the quotes of a record do not match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum QuoteFault {
    /// Text other than spaces follows a closing quote, or a multi-line record contains a literal
    /// quote.
    TextBehind,
    /// The text that follows is not the start of a record.
    TornBehind,
    /// The last quote is not closed within [`limits::RECORD_LINES_MAX`] lines.
    TooManyLines,
    /// The last quote is not closed before the end of the text.
    Unclosed,
}

impl fmt::Display for QuoteFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            QuoteFault::TextBehind => f.write_str(
                "text stands behind a closing quote: double each quote that belongs to a cell (\"\"), and close each that opens one",
            ),
            QuoteFault::TornBehind => f.write_str(
                "what follows these lines begins no record, so one of their quotes is missing or one too many",
            ),
            QuoteFault::TooManyLines => write!(
                f,
                "a quote is not closed within {} lines, the most that a record may have: close it, or double it if it belongs to \
                 the cell",
                limits::RECORD_LINES_MAX
            ),
            QuoteFault::Unclosed => f.write_str(
                "a quote is not closed before the file ends: close it, or double it if it belongs to the cell",
            ),
        }
    }
}

/// The result of examining the text after a multi-line record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Behind {
    /// No sign that the record ended inside another. The same holds for any record that ends before
    /// this position.
    Sound { looked_until: usize },
    /// There is such a sign.
    Torn,
    /// The examination needs more text.
    Unread,
}

/// Returns whether the cells contain only white space.
pub(super) fn are_blank(text: &[u8], cells: &[Span]) -> bool {
    let is_blank = |cell: &[u8]| cell.iter().all(u8::is_ascii_whitespace);
    cells.iter().all(|(start, end)| is_blank(text.get(*start..*end).expect("a cell stands in the text")))
}

/// Iterates over the records of a text.
#[derive(Debug, Clone)]
pub(super) struct Splitter {
    delimiter: u8,
    /// The start of the next record.
    at: usize,
    /// The position of the window that `marks` describes.
    base: usize,
    /// Bit n is set if byte n of the window is a quote, delimiter or line end that was not consumed
    /// yet.
    marks: u64,
    /// The marks of the following windows, of which the first `taken` were consumed.
    ahead: Vec<u64>,
    taken: usize,
    level: Level,
    /// Cells of the record that contain escaped quotes. They are unescaped once the record is
    /// accepted, since until then it may be read again.
    quoted: Vec<usize>,
}

/// The state of the current cell.
#[derive(Debug, Clone, Copy, Default)]
struct Field {
    start: usize,
    /// Whether it starts with a quote.
    quoted: bool,
    /// Whether that quote is open.
    open: bool,
    /// The position of the closing quote.
    closed: usize,
    /// Whether it contains an escaped quote.
    escaped: bool,
}

impl Splitter {
    /// Makes a splitter for the start of a text with this separator.
    pub(super) fn new(delimiter: u8) -> Self {
        let level = Level::current();
        Self { delimiter, at: 0, base: 0, marks: 0, ahead: Vec::new(), taken: 0, level, quoted: Vec::new() }
    }

    /// Returns the start of the next record.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// Returns the separator.
    pub(super) fn delimiter(&self) -> u8 {
        self.delimiter
    }

    /// Continues at this position of another text.
    pub(super) fn seek(&mut self, at: usize) {
        // The marks belong to the old text.
        (self.at, self.base, self.marks) = (at, at, 0);
        self.ahead.clear();
        self.taken = 0;
    }

    /// Reads the next record and lists its cells in `cells`. Some may still contain escaped quotes,
    /// which `unescape` removes. `ended` means that the text is complete.
    pub(super) fn record(&mut self, text: &[u8], ended: bool, cells: &mut Vec<Span>) -> Step {
        cells.clear();
        self.quoted.clear();
        // Only at the start of a text: later records continue in the current window.
        if self.base == self.at && self.marks == 0 {
            self.marks = self.take_marks(text);
        }
        // Fast path: most records have no quote, and then only the start of each cell matters.
        let mut start = self.at;
        // Skip the second quote of the pair.
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
                return Step::Record { lines: 1, bare: false };
            }
            cells.push((start, mark));
            start = mark + 1;
            met = self.next_mark(text);
        }
        self.any_record(text, ended, start, met, cells)
    }

    /// Slow path: continues a record in the cell that starts at `start`, at its first mark.
    fn any_record(
        &mut self,
        text: &[u8],
        ended: bool,
        start: usize,
        mut met: Option<(usize, u8)>,
        cells: &mut Vec<Span>,
    ) -> Step {
        let mut field = Field { start, ..Field::default() };
        let (mut lines, mut torn, mut bare) = (0, false, false);
        while let Some((mark, byte)) = met {
            match byte {
                b'"' if field.open => match text.get(mark + 1) {
                    Some(b'"') => {
                        field.escaped = true;
                        self.next_mark(text);
                    }
                    // The next byte decides whether this quote closes the cell or is the first of
                    // an escaped one.
                    None if !ended => break,
                    _ => (field.open, field.closed) = (false, mark),
                },
                b'"' if !field.quoted && are_spaces(text, field.start, mark) => {
                    field = Field { start: mark, quoted: true, open: true, ..Field::default() };
                }
                b'\n' if field.open => {
                    lines += 1;
                    if lines == limits::RECORD_LINES_MAX {
                        self.at = mark + 1;
                        return Step::Fault { lines, fault: QuoteFault::TooManyLines };
                    }
                }
                b'"' => bare |= !field.quoted,
                _ if field.open => {}
                b'\n' => {
                    self.at = mark + 1;
                    if cells.is_empty() && field.start == mark {
                        return Step::Blank;
                    }
                    torn |= field.is_torn(text, mark);
                    self.push(field, mark, cells);
                    return whole(lines + 1, torn, bare);
                }
                _ => {
                    torn |= field.is_torn(text, mark);
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
        self.seek(text.len());
        if field.open {
            // The last line may lack a line end.
            let begun = u64::from(text.last() != Some(&b'\n'));
            return Step::Fault { lines: lines + begun, fault: QuoteFault::Unclosed };
        }
        if cells.is_empty() && field.start == text.len() {
            return Step::End;
        }
        torn |= field.is_torn(text, text.len());
        self.push(field, text.len(), cells);
        whole(lines + 1, torn, bare)
    }

    /// Looks for a sign that the record before the next one ended inside another. If the next
    /// record has several lines too, the one after it must show no sign either, and so on for a
    /// few. `width` is the number of cells in a record.
    pub(super) fn look_behind(&self, text: &[u8], ended: bool, width: usize) -> Behind {
        let mut ahead = Self::new(self.delimiter);
        let mut cells = Vec::new();
        ahead.seek(self.at);
        let (mut left, mut looked_until) = (RECORDS_AHEAD, self.at);
        for _ in 0..STEPS_AHEAD {
            let start = ahead.at;
            match ahead.record(text, ended, &mut cells) {
                Step::Blank => {}
                Step::Unfinished => return Behind::Unread,
                Step::Record { .. } if are_blank(text, &cells) => {}
                Step::Fault { .. } | Step::Record { bare: true, .. } => return Behind::Torn,
                Step::Record { .. } if cells.len() != width => return Behind::Torn,
                // A multi-line record may itself be torn, so it proves nothing: look further, but
                // not without end.
                Step::Record { lines: 2.., .. } if left > 1 => (left, looked_until) = (left - 1, start),
                Step::Record { lines: 2.., .. } => return Behind::Sound { looked_until },
                Step::Record { .. } | Step::End => return Behind::Sound { looked_until: ahead.at },
            }
        }
        // This many blank lines are no sign. They must not be examined again after each of them.
        Behind::Sound { looked_until: ahead.at }
    }

    /// Removes the escaped quotes from the cells of the last record, once.
    pub(super) fn unescape(&mut self, text: &mut [u8], cells: &mut [Span]) {
        for index in self.quoted.drain(..) {
            let (start, end) = cells.get_mut(index).expect("a cell whose quotes go was listed");
            *end = *start + unescape(text.get_mut(*start..*end).expect("a cell stands in the text"));
        }
    }

    /// Lists a cell that ends here. Its quotes are excluded by the range unless some are in the
    /// middle.
    #[inline]
    fn push(&mut self, field: Field, end: usize, cells: &mut Vec<Span>) {
        cells.push(match field.quoted {
            false => (field.start, end),
            true if !field.escaped => (field.start + 1, field.closed),
            true => {
                self.quoted.push(cells.len());
                (field.start, field.closed + 1)
            }
        });
    }

    /// Returns the next quote, delimiter or line end with its position.
    #[inline]
    fn next_mark(&mut self, text: &[u8]) -> Option<(usize, u8)> {
        while self.marks == 0 {
            self.base += WINDOW;
            if self.base >= text.len() {
                return None;
            }
            self.marks = self.take_marks(text);
        }
        // Take the lowest set bit: the nearest mark.
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
            byte_scan::append_marks(self.level, near, self.delimiter, &mut self.ahead);
            self.taken = 0;
        }
        let marks = self.ahead.get(self.taken).copied().unwrap_or(0);
        self.taken += 1;
        marks
    }
}

impl Field {
    /// Returns whether text other than spaces, and a CR before the line end, is between the closing
    /// quote and the end of the cell.
    fn is_torn(&self, text: &[u8], end: usize) -> bool {
        if !self.quoted {
            return false;
        }
        let behind = text.get(self.closed + 1..end).expect("a cell ends behind its closing quote");
        !behind.strip_suffix(b"\r").unwrap_or(behind).iter().all(|byte| *byte == b' ')
    }
}

/// Returns the step of a complete record of `lines` lines.
fn whole(lines: u64, torn: bool, bare: bool) -> Step {
    match torn || bare && lines > 1 {
        true => Step::Fault { lines, fault: QuoteFault::TextBehind },
        false => Step::Record { lines, bare },
    }
}

fn are_spaces(text: &[u8], start: usize, end: usize) -> bool {
    text.get(start..end).is_some_and(|between| between.iter().all(|byte| *byte == b' '))
}

/// Unescapes a cell that starts and ends with a quote, in place. Returns its new length; spaces
/// fill the rest.
fn unescape(cell: &mut [u8]) -> usize {
    let (mut length, mut at) = (0, 1);
    while let Some(byte) = cell.get(at).copied() {
        at += 1;
        if byte == b'"' && cell.get(at) != Some(&b'"') {
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

    /// What a part of a text is read as.
    #[derive(Debug, Clone, PartialEq, Eq)]
    enum Item {
        Record(Vec<String>),
        Fault(QuoteFault),
    }

    /// An item and its number of lines.
    type Read = (Item, u64);

    /// Splits a text that arrives in pieces.
    fn split(text: &str, delimiter: u8, piece_bytes: usize) -> Vec<Read> {
        let mut items = Vec::new();
        let (mut splitter, mut cells) = (Splitter::new(delimiter), Vec::new());
        let mut bytes: Vec<u8> = Vec::new();
        let mut pieces = text.as_bytes().chunks(piece_bytes.max(1));
        let mut ended = false;
        loop {
            match splitter.record(&bytes, ended, &mut cells) {
                Step::Record { lines, .. } => {
                    splitter.unescape(&mut bytes, &mut cells);
                    let cell =
                        |(start, end): &Span| String::from_utf8_lossy(&bytes[*start..*end]).into_owned();
                    items.push((Item::Record(cells.iter().map(cell).collect()), lines));
                    assert!(std::str::from_utf8(&bytes[..splitter.at()]).is_ok(), "{text:?}");
                }
                Step::Fault { lines, fault } => items.push((Item::Fault(fault), lines)),
                Step::Blank => {}
                Step::Unfinished => match pieces.next() {
                    Some(piece) => bytes.extend_from_slice(piece),
                    None => ended = true,
                },
                Step::End => return items,
            }
        }
    }

    /// The same, character by character and straight from the rules.
    fn naive(text: &str, delimiter: char) -> Vec<Read> {
        let mut items = Vec::new();
        let mut rest: &str = text;
        while !rest.is_empty() {
            let (item, length) = naive_record(rest, delimiter);
            let (own, behind) = rest.split_at(length);
            let lines = own.matches('\n').count() as u64 + u64::from(!own.ends_with('\n'));
            if item != Item::Record(vec![String::new()]) || own.contains('"') {
                items.push((item, lines));
            }
            rest = behind;
        }
        items
    }

    fn naive_record(text: &str, delimiter: char) -> (Item, usize) {
        let (mut cells, mut torn, mut bare, mut lines) = (Vec::new(), false, false, 0);
        let mut at = 0;
        loop {
            let begin = &text[at..];
            let spaces = begin.len() - begin.trim_start_matches(' ').len();
            let mut cell = String::new();
            if begin[spaces..].starts_with('"') && (delimiter != ' ' || spaces == 0) {
                at += spaces + 1;
                loop {
                    let Some(next) = text[at..].chars().next() else {
                        return (Item::Fault(QuoteFault::Unclosed), text.len());
                    };
                    at += next.len_utf8();
                    match next {
                        '"' if text[at..].starts_with('"') => at += 1,
                        '"' => break,
                        '\n' => {
                            lines += 1;
                            if lines == limits::RECORD_LINES_MAX {
                                return (Item::Fault(QuoteFault::TooManyLines), at);
                            }
                        }
                        _ => {}
                    }
                    cell.push(next);
                }
                let length = text[at..].find([delimiter, '\n']).unwrap_or(text.len() - at);
                let behind = &text[at..at + length];
                torn |= !behind.strip_suffix('\r').unwrap_or(behind).chars().all(|sign| sign == ' ');
                at += length;
            } else {
                let length = begin.find([delimiter, '\n']).unwrap_or(begin.len());
                cell.push_str(&begin[..length]);
                bare |= cell.contains('"');
                at += length;
            }
            cells.push(cell);
            let end = text[at..].chars().next();
            at += end.map_or(0, char::len_utf8);
            if end != Some(delimiter) {
                let item = if torn || bare && lines > 0 {
                    Item::Fault(QuoteFault::TextBehind)
                } else {
                    Item::Record(cells)
                };
                return (item, at);
            }
        }
    }

    /// What the csv crate reads.
    fn by_the_csv_crate(text: &str, delimiter: u8) -> Vec<Item> {
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(delimiter)
            .has_headers(false)
            .flexible(true)
            .terminator(csv::Terminator::Any(b'\n'))
            .from_reader(text.as_bytes());
        let record = |record: csv::StringRecord| record.iter().map(str::to_owned).collect();
        reader.records().map(|found| Item::Record(record(found.expect("text")))).collect()
    }

    #[test]
    fn records_of_rfc_4180_and_faults() {
        let check = |text: &str, expected: &[Read]| {
            for piece_bytes in [1, 3, 64, 1000] {
                assert_eq!(split(text, b',', piece_bytes), expected, "{text:?}");
            }
            assert_eq!(naive(text, ','), expected, "{text:?}, naively");
        };
        let record =
            |cells: &[&str], lines| (Item::Record(cells.iter().map(ToString::to_string).collect()), lines);
        let fault = |fault, lines| (Item::Fault(fault), lines);
        let (behind, unclosed) = (QuoteFault::TextBehind, QuoteFault::Unclosed);
        check("", &[]);
        check("\n\n", &[]);
        check("a,b\nc,d", &[record(&["a", "b"], 1), record(&["c", "d"], 1)]);
        check("a,\n,\n\nb\n", &[record(&["a", ""], 1), record(&["", ""], 1), record(&["b"], 1)]);
        check("\"a,\n\"\"b\"\"\",c\n", &[record(&["a,\n\"b\"", "c"], 2)]);
        check("a\"b,\"c\"\"\",\"é\"\"山\"\n", &[record(&["a\"b", "c\"", "é\"山"], 1)]);
        check("a, \"b,c\" ,d \"e\"\n", &[record(&["a", "b,c", "d \"e\""], 1)]);
        check("\"a\"\r\n\"b\"\r", &[record(&["a"], 1), record(&["b"], 1)]);
        check("\"\"\n\"a\"b\"c\"\nd\n", &[record(&[""], 1), fault(behind, 1), record(&["d"], 1)]);
        check("\"a\\\"b\"\nc\n", &[fault(behind, 1), record(&["c"], 1)]);
        // A missing quote takes the lines up to the one that reveals it, and no more.
        let swallowing = "1,\"a\n2,b\n3,\"c\"\n4,d\n";
        check(swallowing, &[fault(behind, 3), record(&["4", "d"], 1)]);
        check("1,\"a\"x,\"b\nc\",d\n2\n", &[fault(behind, 2), record(&["2"], 1)]);
        check("1,\"a\nb\",5\"\n2\n", &[fault(behind, 2), record(&["2"], 1)]);
        check("a\n\"b,c\n", &[record(&["a"], 1), fault(unclosed, 1)]);
        check("a\n\"b\"\"", &[record(&["a"], 1), fault(unclosed, 1)]);
        let long = format!("1,\"{}2,b\n", "a\n".repeat(limits::RECORD_LINES_MAX as usize));
        check(&long, &[fault(QuoteFault::TooManyLines, limits::RECORD_LINES_MAX), record(&["2", "b"], 1)]);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn splits_by_the_rules(text in "([a-b\"\"\",,;;\n\r é山]{0,90}|([a-b]{0,9}|\"[a,\n]{0,9}(\"\")?\")([,\n](\"[a-b;,]{0,30}\"|[a-b é]{0,40})){0,12}|(\"\n{90,110}\"?[a,]){0,3})", piece_bytes in 1usize..100, semicolon in any::<bool>()) {
            let delimiter = if semicolon { ';' } else { ',' };
            let items = split(&text, delimiter as u8, piece_bytes);
            prop_assert_eq!(&items, &naive(&text, delimiter));
            // What is well-formed for this splitter is well-formed for the csv crate.
            let faults = items.iter().any(|(item, _)| matches!(item, Item::Fault(_)));
            if !faults && !text.contains(" \"") && !text.contains("\" ") && !text.contains("\"\r") {
                let records: Vec<Item> = items.into_iter().map(|(item, _)| item).collect();
                prop_assert_eq!(records, by_the_csv_crate(&text, delimiter as u8));
            }
        }
    }
}
